/*
 * gate.h - who is inside a lock, and who waits, as one node sees it. The rules of the queue.
 *
 * Words: the *gate* of a lock is its 64 bytes when the home is of this node; for a lock of
 * another node it is in a *proxy*, which this node has while one of its threads holds or awaits
 * the lock. A gate *allows* what its node may do: at the home everything, in a proxy what the
 * home has granted. Waiting threads stand in the gate's *near* line, nodes that asked the home
 * in its *far* line. To *pass* is to enter before the first of the near line.
 *
 * Invariants:
 *   G1  a gate, its lines and the cells in them change only while its guard is shut
 *   G2  when nobody is inside and the near line is not empty, then its first has been called and
 *       will look again, or, in a proxy that allows nothing, the home has been asked
 *   G3  the first of the near line is passed at most GIGA_LOCK_PASSES times, and a node enters
 *       at most that often in a row while another waits; a proxy takes that for granted
 *   G4  nobody waits in the far line while the lock is free, unless G2's first has been called
 *
 * Cells are the node's: a waiting thread, a node that waits here, a proxy. All-zero memory is
 * a space without cells in use, and a gate that is open.
 *
 * Threads: any process of the node, with the gate's guard shut unless a function says not.
 * Nothing here waits or sends: what is to be done afterwards is left as an errand.
 */
#ifndef PGAS_GATE_H
#define PGAS_GATE_H

#include "guard.h"
#include "progress.h"

enum gi_mode { GI_MODE_NONE, GI_MODE_READ, GI_MODE_WRITE };

typedef struct gi_line {
    uint32_t first, last;     /* cell numbers, 0: none */
} gi_line;

typedef struct gi_gate {
    gi_guard guard;           /* of a proxy: not used, the guard of its bucket is */
    uint32_t readers;         /* threads of this node, and nodes that may read */
    uint64_t writer;          /* the thread or node inside to write, 0: none */
    gi_line near, far;
    uint16_t passes;          /* of the first of the near line */
    uint16_t turns;           /* entries of this node while another node waits */
    uint8_t denied;           /* 0: writing is allowed; 1: only reading; 2: nothing */
    uint8_t proxy;
} gi_gate;

/* What a waiting thread is told. Failures are negative. */
enum { GI_OUTCOME_ENTERED = GIGA_OK, GI_OUTCOME_WAITING = 1, GI_OUTCOME_BUSY = 2 };

typedef struct gi_cell {
    _Alignas(128) uint32_t next; /* in a line, a bucket, or the free cells */
    int32_t rank;                /* of a far line: who asked; of a proxy: the home */
    uint64_t offset;             /* of a proxy: the lock's, in the window */
    uint64_t self;               /* of a line: who waits */
    uint8_t mode;                /* of a line; of a proxy: what the home was asked for */
    bool called;                 /* of the near line: told to look again */
    bool awake;                  /* of the near line: spins, so the lock may be handed over */
    bool trying;                 /* of the near line: only asks whether the lock is free */
    _Atomic int32_t outcome;     /* of the near line */
    gi_event event;              /* of the near line: changes with called and outcome */
    gi_gate gate;                /* of a proxy */
} gi_cell;

enum { GI_LOCK_BUCKETS = 512 };

typedef struct gi_bucket {
    _Alignas(64) gi_guard guard;
    uint32_t first;           /* proxy */
} gi_bucket;

/* A node's cells and proxies, in its control file. */
typedef struct gi_lock_space {
    _Alignas(128) gi_guard guard; /* of the cells; shut after a gate's, never before */
    uint32_t used, free;
    gi_bucket buckets[GI_LOCK_BUCKETS];
    gi_cell cells[];
} gi_lock_space;

/* Cells of a node: for each of its ranks a thousand threads that wait, or locks of other nodes
 * that it holds; and for each rank of the job one that waits here for its node. */
uint32_t gi_lock_cells(int32_t near_ranks, int32_t ranks);
size_t gi_lock_space_bytes(int32_t near_ranks, int32_t ranks);

/* What is to be done when the guard is open again. */
enum { GI_WAKES = 8 };
typedef struct gi_errands {
    gi_event *wake[GI_WAKES];
    int wakes;
    uint32_t granted;         /* cells of the far line that have entered, linked */
    uint8_t give, ask;        /* of a proxy: modes to give back to, and ask of, the home */
    bool trying;              /* the home is to refuse rather than let wait */
    bool idle;                /* of a proxy: nobody is inside or waits, nothing was asked */
} gi_errands;

/* A cell of the space, zero but for its event; 0 when none is free. No guard but the gate's. */
uint32_t gi_cell_take(gi_lock_space *space, uint32_t most);
void gi_cell_give(gi_lock_space *space, uint32_t cell);
gi_cell *gi_cell_at(gi_lock_space *space, uint32_t cell);

void gi_line_join(gi_lock_space *space, gi_line *line, uint32_t cell);

/* Whether nobody inside is in the way, and the node may. */
bool gi_gate_free(const gi_gate *gate, enum gi_mode mode);

/* Whether a thread that comes now may enter; then it does, perhaps passing others. */
bool gi_gate_enter(gi_gate *gate, enum gi_mode mode, uint64_t self);

/* The same for a node that asks its home. */
bool gi_gate_enter_far(gi_gate *gate, enum gi_mode mode, uint64_t self);

/* The first of the near line, awake, finds the lock free and takes it. */
bool gi_gate_enter_first(gi_lock_space *space, gi_gate *gate, uint32_t cell);

/* Somebody has left, or the home has granted something: who is next? */
void gi_gate_serve(gi_lock_space *space, gi_gate *gate, gi_errands *errands);

/* All that wait in the near line, or its first only, are told how it ended. */
void gi_gate_dismiss(gi_lock_space *space, gi_gate *gate, int32_t outcome, bool all,
                     gi_errands *errands);

/* A proxy's home is asked for what the first of the near line wants. */
void gi_gate_ask(gi_lock_space *space, gi_gate *gate, gi_errands *errands);

/* Wake who was called, with the guard open. */
void gi_errands_wake(gi_errands *errands);

#endif
