/*
 * stats.h - counters: a tally per thread, the calls around which time is taken, per object.
 *
 * Words: a *tally* holds the counters of one thread; nobody else writes it, so counting takes
 * no lock and no locked instruction. A *call* is a public function from its begin to its end;
 * calls nest, and what the inner ones move and send belongs to the outermost one's class.
 *
 * Use, in a function that may wait or communicate:
 *
 *     gi_call call;
 *     gi_call_begin(&call, GIGA_STATS_LOCK, "giga_lock");
 *     ... gi_count_bytes(bytes); gi_count_message(); ...
 *     gi_call_end(&call);
 *
 * which counts the operation, its waiting time and, with GIGA_TRACE, draws its span.
 *
 * Threads: any.
 */
#ifndef PGAS_STATS_H
#define PGAS_STATS_H

#include <giga/stats.h>
#include <stdatomic.h>

#include "job.h"

/* All words are counters: they are summed over threads word by word. */
typedef struct gi_counts {
    giga_stats stats;
    uint64_t atomics[2];       /* deferred ones of 4 and of 8 bytes: one word to count each */
    struct {
        uint64_t pieces, bytes;
        uint64_t extra;        /* pieces beyond the first of a run */
    } runs[2];                 /* short deferred gets and puts */
} gi_counts;

typedef struct gi_tally {
    gi_counts counts;
    uint32_t depth;            /* calls this thread is in */
    giga_stats_class current;  /* class of the outermost */
    uint64_t outstanding;      /* deferred operations since the last quiet: profile.c */
    const void *last_site;     /* of the last of them */
    const char *last_function;
    uint64_t groups;           /* calls with elements so far, in strict mode */
    int32_t thread;            /* number of this thread in the process, from 0 */
    const char *name;          /* of a thread of the library's own, else NULL */
    _Atomic bool owned;        /* by a live thread; else the next new thread takes it */
    struct gi_tally *next;
} gi_tally;

#if defined(__GNUC__)
#define GI_FAST_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define GI_FAST_THREAD_LOCAL _Thread_local
#endif
extern GI_FAST_THREAD_LOCAL gi_tally *gi_tally_of_thread;

gi_tally *gi_tally_make(void);
/* All tallies one after another, first after NULL. */
const gi_tally *gi_tally_next(const gi_tally *t);

static inline gi_tally *gi_tally_mine(void)
{
    gi_tally *t = gi_tally_of_thread;

    return __builtin_expect(t != NULL, 1) ? t : gi_tally_make();
}

/* Only this thread writes; giga_stats_get() of another may read. */
static inline void gi_add(uint64_t *counter, uint64_t by)
{
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + by, __ATOMIC_RELAXED);
}

/* ---- deferred operations: hot ---- */

static inline void gi_count_atomic(size_t width)
{
    gi_add(&gi_tally_mine()->counts.atomics[width >> 3], 1);
}

static inline void gi_count_run(giga_stats_class class, uint64_t pieces, uint64_t bytes)
{
    gi_counts *c = &gi_tally_mine()->counts;
    unsigned which = class == GIGA_STATS_PUT;

    gi_add(&c->runs[which].pieces, pieces);
    gi_add(&c->runs[which].bytes, bytes);
    if (pieces > 1)
        gi_add(&c->runs[which].extra, pieces - 1);
}

/* ---- everything else ---- */

typedef struct gi_call {
    gi_tally *tally;
    const char *function;
    giga_stats_class class;
    int64_t began;
    uint64_t bytes;            /* told in the trace; set by who knows */
    bool near;                 /* it turned out not to communicate: not counted */
} gi_call;

void gi_call_begin(gi_call *call, giga_stats_class class, const char *function);
/* Returns the nanoseconds since its begin. */
int64_t gi_call_end(gi_call *call);

/* Part of the call this thread is in. */
static inline giga_stats_op *gi_count_here(void)
{
    gi_tally *t = gi_tally_mine();

    return &t->counts.stats.op[t->current];
}

static inline void gi_count_message(void)
{
    gi_add(&gi_count_here()->messages, 1);
}

static inline void gi_count_bytes(uint64_t bytes)
{
    gi_add(&gi_count_here()->bytes, bytes);
}

/* What the network did, whoever asked for it. `fetched`: by a get. */
void gi_count_sent(int32_t to, uint64_t bytes);
void gi_count_received(uint64_t bytes);
void gi_count_transfer(int32_t home, uint64_t bytes, bool fetched);
/* Of both the bytes alone, per node; for what travels by MPI. */
void gi_count_traffic(int32_t rank, uint64_t bytes, bool fetched);
void gi_count_batch(uint64_t elements);

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t gi_now(void);

/* ---- per object, with GIGA_STATS ---- */

typedef struct gi_object gi_object;
struct gi_access;

/* What happened to objects of one place and length, one after another; `where` is that of the
 * first one's allocation. */
typedef struct gi_object_record {
    uint64_t address, bytes, lives;
    const void *site;
    uint64_t operations, moved, messages, batched, wait_ns, near_operations, near_bytes;
} gi_object_record;

typedef struct gi_stats gi_stats;

giga_status gi_stats_start(gi_job *job);
/* Once the nodes are known: count per node, 16 bytes each. */
giga_status gi_stats_start_traffic(gi_job *job);
void gi_stats_stop(gi_job *job);

/* An object has come, or goes; `site` is where the program asked for it. */
void gi_stats_object_made(gi_job *job, gi_object *object, const void *site);
void gi_stats_object_gone(gi_job *job, gi_object *object);
void gi_stats_object_add(gi_object *object, const struct gi_access *access);

/* What this thread has counted for a class, deferred words and runs not included. */
const giga_stats_op *gi_stats_mine(giga_stats_class class);

/* All records of this rank, live objects included; to be freed. NULL when there are none. */
gi_object_record *gi_stats_objects(gi_job *job, size_t *count_out);

#endif
