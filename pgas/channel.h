/*
 * channel.h - the parts of a channel; include/giga/channel.h says what one is.
 *
 * Words: a *destination* is a node (two hops) or a rank (direct). A *batch* gathers records for
 * one destination. It goes to a *slot*, in memory that the node shares: of the sender, when the
 * destination is near, else of one rank of the destination, the same for all batches of this
 * sender. There the records are sorted by rank into *segments*, which go to the *inbox* of their
 * rank. What a rank has taken out of its inbox is a *piece*.
 *
 *     send: batch --near--> slot of this rank      --segments--> inboxes --> pieces --> handler
 *           batch --message-> slot of a rank there --segments--> inboxes --> pieces --> handler
 *
 * A slot is free again when all its segments are done with. Whoever is done last tells its owner,
 * who answers the sender; so a sender always knows that a slot is free before it sends, and what
 * arrives always has a place.
 *
 * Invariants:
 *   C1  a batch has a number of its sender and destination; number n goes to slot n mod
 *       GI_WINDOW of that pair, when it is free, and into the inboxes after number n - 1: all
 *       records from a rank to a rank pass through one owner, so they keep their order,
 *       although messages may overtake each other
 *   C2  `left` of a slot counts its segments that are in an inbox or held by a piece; what is in
 *       a slot changes only while left is 0, by its owner, under its lock (near) or the lock of
 *       the network
 *   C3  a batch is free, open at one destination, or under way: then `busy` of the destination
 *       has its slot's bit. What is open is never empty
 *   C4  pieces of one source stay in the order in which they came; `ready` holds those of this
 *       rank's phase, `later` those of ranks whose finish has returned already
 *   C5  who waits takes its own inbox of every channel: by handling, or into private memory; no
 *       slot is held by a handler that runs. So no slot waits for another one
 *
 * Locks: a channel's lock guards everything without a note below. It is never held while
 * sending, waiting, or in a handler; it may be taken under the lock of the network, so that is
 * never taken under it.
 *
 * Threads: any of the program; arrivals and answers under the lock of the network.
 */
#ifndef PGAS_CHANNEL_H
#define PGAS_CHANNEL_H

#include <giga/channel.h>
#include <stdatomic.h>

#include "net.h"
#include "object.h"
#include "progress.h"

enum {
    GI_WINDOW = 8,           /* batches under way per pair: 128 KiB hide the round trip of TCP */
    GI_BATCH_MAX = 16 << 10, /* of 4 to 64 KiB the best for 16-byte records near */
    GI_BATCH_MIN = 1 << 10,
    GI_BATCHES_MIN = 4,
    GI_CHILDREN = 2,         /* of a node in the tree of finish */
};

/* Records of a slot for one rank; in shared memory. */
typedef struct gi_segment {
    uint64_t next;           /* in the inbox, or in whose list it is: an offset in the object */
    uint64_t slot;           /* offset of its slot */
    uint64_t total;          /* of a fragment: bytes of its record */
    uint32_t begin, bytes;   /* in the slot's data */
    uint32_t count;          /* records; of a fragment 1 when it is the last of its record */
    uint32_t stream;         /* 0, or which of the source's long records this is a fragment of */
} gi_segment;

typedef struct gi_slot {
    _Alignas(64) _Atomic uint32_t left; /* C2 */
    int32_t source, owner;   /* a rank; a position in this node */
    uint32_t batch;          /* at the source, for the answer */
    uint32_t phase;
    uint64_t next;           /* among the owner's that are done */
    gi_segment segments[];   /* one per rank that the destination has; then the data */
} gi_slot;

/* Head of a rank's block of the shared memory; its slots follow. */
typedef struct gi_inbox {
    _Alignas(128) _Atomic uint64_t segments; /* a stack, offset of the newest; 0: empty */
    _Alignas(128) _Atomic uint64_t done;     /* a stack of slots whose sender awaits an answer */
    _Alignas(128) _Atomic uint64_t arrived;  /* a leader's: its node's reports of all waves */
    _Atomic uint64_t verdict;                /* a leader's: 2 x wave + (1: everything is handled) */
    uint64_t total;                          /* of that wave: records sent by all */
    uint64_t sent, handled;                  /* this rank's report */
} gi_inbox;

/* What is known of a batch beside its records. */
typedef struct gi_label {
    uint64_t total;
    int32_t source;
    uint32_t id, phase, count, bytes, stream;
    bool one;                /* all records are for one rank */
} gi_label;

/* Records for one destination: frames from the front, targets (16 bits) from the end. */
typedef struct gi_batch_out {
    struct gi_batch_out *next_free;
    char *data;              /* `capacity` bytes */
    uint64_t number, total;
    uint32_t id, bytes, count, room, stream, place;
    int32_t destination;
    uint16_t target;         /* of the first record */
    bool one, under_way;
} gi_batch_out;

typedef struct gi_destination {
    gi_batch_out *open;
    uint64_t next;           /* number of the next batch (C1) */
    uint32_t busy;           /* bit k: slot k is used; of near ones the slot itself says it */
    int32_t to;              /* rank that owns the slots, plus 1; 0: not yet known */
} gi_destination;

/* Batches of one sender of another node; under the lock of the network. */
typedef struct gi_lane {
    uint64_t next;           /* number that goes to the inboxes next (C1) */
    uint32_t here;           /* bit k: slot k holds a batch that waits for that */
} gi_lane;

/* Records for this rank, out of its inbox. */
typedef struct gi_piece {
    struct gi_piece *next;
    gi_segment *segment;     /* where they are; NULL: in `copy` */
    char *copy;
    const char *data;
    uint64_t total;
    uint32_t bytes, at;      /* `at`: what has been received of it */
    uint32_t count, stream, phase;
    int32_t source;
} gi_piece;

typedef struct gi_queue {
    gi_piece *first, *last;
} gi_queue;

/* A long record that is arriving in fragments. */
typedef struct gi_partial {
    struct gi_partial *next;
    char *data;              /* 8 bytes unused, its length, the record */
    uint64_t total, filled;
    int32_t source;
    uint32_t stream;
} gi_partial;

typedef struct gi_report {
    uint64_t wave, sent, handled;
} gi_report;

struct giga_channel {
    _Atomic bool busy;       /* its lock */
    gi_job *job;
    giga_channel *next;      /* of the job's; changed under the lock of the network */
    uint32_t id;
    gi_event *event;         /* this rank's: something to take, or room */

    size_t record_bytes;     /* these do not change */
    giga_channel_handler *handler;
    void *context;
    bool direct;
    uint32_t capacity;       /* bytes of a batch */
    uint32_t targets;        /* segments of a slot */
    uint32_t own_lanes, all_lanes, per_node;
    uint64_t slot_bytes, data_at;
    gi_object *object;
    char *memory;            /* the object, as this process sees it */

    gi_destination *destinations;
    gi_batch_out **batches, **open, *free;
    uint32_t made, most, open_count, under_way;
    uint64_t sent, handled;  /* records, since the channel was created */
    uint32_t streams;

    gi_lane *lanes;          /* of other nodes' senders */

    gi_queue ready, later;   /* C4 */
    uint32_t held;           /* pieces of the two queues that are in shared memory */
    bool handling;           /* a thread runs the handler: nobody else may */
    char *in_hand;           /* `capacity` bytes: what it is given */
    gi_piece *free_pieces;
    gi_partial *partials;
    uint32_t phase;          /* finishes that have returned */

    uint64_t wave;           /* this rank has reported for, or will next */
    bool reported;
    uint64_t finished;       /* sent by all ranks at the last finish */
    uint64_t passed_on;      /* a leader's: wave whose sum it has passed on */
    uint64_t handled_before; /* the first leader's: by all ranks, in the wave before */
    gi_report children[GI_CHILDREN];
};

/* Whether this thread is inside a handler. */
extern _Thread_local bool gi_channel_handling;

static inline void *gi_channel_at(const giga_channel *ch, uint64_t offset)
{
    return ch->memory + offset;
}

/* The head of a near rank's block. */
static inline gi_inbox *gi_channel_inbox(const giga_channel *ch, int32_t rank)
{
    return gi_channel_at(ch, (uint64_t)rank * ch->object->stride);
}

void gi_channel_lock(giga_channel *ch);
void gi_channel_unlock(giga_channel *ch);
void gi_event_tell(gi_event *event);

/* The live channel, or an end with a sentence; also checks that giga may be used here. */
giga_status gi_channel_check(const char *function, const giga_channel *ch, bool collective);

/* ---- channel_send.c ---- */

/* Send what is open and has a free slot; the lock is held and given up meanwhile. Returns
 * whether something was sent. */
bool gi_channel_push(giga_channel *ch);

/* ---- channel_slot.c ---- */

/* Slot `which` of a lane of this rank; lanes of near senders (this rank itself) come first. */
gi_slot *gi_channel_slot(const giga_channel *ch, uint32_t lane, uint64_t number);

/* Sort a batch into a free slot; false when it makes no sense. */
bool gi_channel_sort(const giga_channel *ch, gi_slot *slot, const gi_label *label,
                     const char *frames, const char *targets);
/* Put its segments into the inboxes. */
void gi_channel_deliver(giga_channel *ch, gi_slot *slot);

/* The records of a segment are not needed any more; without locks. */
void gi_channel_release(giga_channel *ch, gi_segment *segment);

/* ---- channel_take.c ---- */

/* Take what has arrived on all channels: run handlers, if this is not one; move what cannot be
 * handled into private memory; both (C5); or, for who waits with a record in hand that must leave
 * before what handlers send, move all of it. Returns whether anything was taken. */
typedef enum gi_attention { GI_HANDLE, GI_WAIT, GI_KEEP } gi_attention;
bool gi_channels_attend(gi_job *job, gi_attention how);

/* Whether nothing of this phase is left to be handled; the lock is held. */
bool gi_channel_quiet(const giga_channel *ch);
/* The next phase begins. */
void gi_channel_next_phase(giga_channel *ch);
void gi_channel_free_pieces(giga_channel *ch);

/* ---- messages, under the lock of the network ---- */

void gi_channel_receive(gi_job *job, const gi_message *message, const void *body, size_t bytes);

/* What a message says: its width. */
enum {
    GI_CHANNEL_BATCH,   /* to the owner of a slot */
    GI_CHANNEL_ANSWER,  /* to the sender: the slot is free */
    GI_CHANNEL_DONE,    /* to an owner of the same node: look at your slots that are done */
    GI_CHANNEL_REPORT,  /* to the leader of the node above: sums of a wave */
    GI_CHANNEL_VERDICT, /* to leaders below: what has become of it */
};
enum { GI_CHANNEL_ONE = 0x100 }; /* of a batch: with one target */

void gi_channel_take_batch(giga_channel *ch, const gi_message *message, const char *body,
                           size_t bytes);
void gi_channel_answer_done(giga_channel *ch);
void gi_channel_take_answer(giga_channel *ch, const gi_message *message);
void gi_channel_take_report(giga_channel *ch, const gi_message *message);
void gi_channel_take_verdict(giga_channel *ch, uint64_t verdict, uint64_t total);

/* At the end of the job: those that were not destroyed. */
void gi_channels_stop(gi_job *job);

#endif
