/*
 * aggregate.h - deferred small operations, gathered into one message per destination node.
 *
 * Words: a *batch* is a message under construction or under way, for one node. A *context*
 * holds the open batches of one thread; nobody else appends to them, so threads of a rank
 * share no lock while they defer, but quiet, and the progress thread when they are old, may
 * take them away to send them. An operation of a batch has a *head*, a word that says what
 * and where, and 0 to 2 words of operands or the bytes of a put.
 *
 * A batch goes to one rank of the node, which executes all of it: the whole node's memory is
 * plain memory there. So a rank has at most one open batch per node and thread, whatever the
 * number of ranks.
 *
 * Invariants:
 *   A1  a batch is free, open in one context, or under way; of the latter two its turn counts
 *       it in deferred[], or its request in pending, from the moment it is opened
 *   A2  an open batch changes only under its context's lock; the lock is never held while
 *       sending or waiting, and never taken under the lock of the network
 *   A3  a batch's memory is not touched between sending and its answer
 *   A4  batches hold at most GIGA_AGGREGATE bytes together: who needs one more waits
 *
 * Threads: any, without the lock of the network, unless it says so.
 */
#ifndef PGAS_AGGREGATE_H
#define PGAS_AGGREGATE_H

#include "net.h"
#include "object.h"

typedef struct gi_context gi_context;
typedef struct gi_request gi_request;

/* Heads: opcode in bits 48 to 55, length of a short get or put above, window offset below. */
enum {
    GI_HEAD_OFFSET_BITS = 48,
    GI_HEAD_FETCH = 0x40,  /* with an atomic's opcode: the value before is wanted */
    GI_HEAD_GET = 0x80,    /* `length` bytes; 0: the length is the operand */
    GI_HEAD_PUT = 0x81,    /* the same, then the bytes, padded to words */
    GI_HEAD_CALL = 0x82,   /* gi_call_word(), then the arguments, padded to words */
};

/* Flags of a batch's message. */
enum {
    GI_BATCH_SAME = 1,     /* one operand word, in the message's b, serves every operation */
};

giga_status gi_aggregate_start(gi_job *job);
void gi_aggregate_stop(gi_job *job);

/* Defer one operation on memory of another node; may wait for a free batch (A4). */
void gi_aggregate_atomic(gi_job *job, int32_t home, const void *at, unsigned opcode, uint64_t a,
                         uint64_t b, void *before_out);
void gi_aggregate_get(gi_job *job, int32_t home, const void *src, void *dst, size_t bytes);
void gi_aggregate_put(gi_job *job, int32_t home, const void *dst, const void *src, size_t bytes);

/* The same for a naturally aligned word of another node's part of a uniform object, quickly;
 * false: not that simple, nothing done. */
bool gi_aggregate_quick(gi_job *job, const void *at, unsigned opcode, uint64_t a);
bool gi_aggregate_quick_get(gi_job *job, const void *src, void *dst, size_t bytes);
bool gi_aggregate_quick_put(gi_job *job, const void *dst, const void *src, size_t bytes);
/* `word` is a gi_call_word(), which says how long arguments and result are. */
void gi_aggregate_call(gi_job *job, int32_t home, const void *at, uint64_t word,
                       const void *arguments, void *result);

/* While a thread runs a shipped function, its context is hidden: the quick ways above are closed,
 * and the careful ones refuse. */
void *gi_aggregate_hide(void);
void gi_aggregate_show(void *hidden);

/* Batches opened by this rank so far. */
uint64_t gi_aggregate_openings(const gi_job *job);

/* Send what of the first `upto` openings is still open, in all contexts. */
void gi_aggregate_flush(gi_job *job, uint64_t upto);

/* The progress thread looks in: send what has been open since its last look. Returns
 * whether anything is still open. */
bool gi_aggregate_age(gi_job *job);

/* An answer; under the lock of the network. */
void gi_aggregate_receive(gi_job *job, const gi_message *message, const void *body, size_t bytes);

/*
 * A batch context of a call's own, for many operations that are one request: append with
 * gi_gather_*, then gi_gather_finish sends the rest. The request stays open meanwhile.
 */
gi_context *gi_gather_begin(gi_job *job, gi_request *request);
void gi_gather_get(gi_context *c, int32_t home, const void *src, void *dst, size_t bytes);
void gi_gather_put(gi_context *c, int32_t home, const void *dst, const void *src, size_t bytes);
void gi_gather_atomic(gi_context *c, int32_t home, const void *at, unsigned opcode, uint64_t a);
void gi_gather_finish(gi_context *c);

#endif
