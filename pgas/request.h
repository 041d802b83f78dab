/*
 * request.h - what a rank waits for: requests, their slots, and the batches beside them.
 *
 * Words: a *request* is what a thread waits for; it has a slot, and one or more messages or
 * transfers in flight. A *batch* (aggregate.h) is one message that carries many deferred
 * operations. An *answer* names the slot, or the batch.
 *
 * Invariants:
 *   R1  a request's fields change only under the lock of the network; `done` alone is
 *       read without it, after which the request belongs to its waiter
 *   R2  `pending` counts messages and transfers of a request that are not answered; it is
 *       done when it is closed (nothing more will be started) and pending is 0
 *   R3  at most SLOTS requests, IN_FLIGHT bodies and GIGA_AGGREGATE bytes of batches are
 *       under way: beyond that the caller waits, so memory is bounded however many
 *       operations are deferred
 *
 * Threads: everything here is called under the lock of the network, unless it says not.
 */
#ifndef PGAS_REQUEST_H
#define PGAS_REQUEST_H

#include "net.h"
#include "object.h"
#include "progress.h"
#include "remote.h"

enum {
    GI_SLOTS = 4096,    /* requests under way: 4096 x 80 bytes, fixed */
    GI_HANDLES = 2048,  /* of them, with a handle: the others always find a slot again */
    GI_IN_FLIGHT = 16,  /* bodies of GI_NET_BODY_MAX under way: 2 MiB, what a 100 Gbit/s link
                           holds in 160 us; over TCP 8 MiB halved the bandwidth */
};

struct gi_block_key;

typedef struct gi_request {
    char *dst;                 /* of a get, or of what a call returns */
    struct gi_block_key *key;  /* of a request for a key */
    uint64_t bytes;            /* of dst: what an answer may write */
    uint64_t result;           /* of an atomic; bytes that a call returned */
    uint32_t pending;
    uint32_t generation;       /* moves on when the slot is given back: old handles are seen */
    int32_t next_free;
    giga_status status;
    bool closed, deferred;
    bool handled;              /* a handle of the program names it */
    bool unflushed;            /* put one-sidedly: done only after a flush */
    bool large;                /* its messages count as bodies in flight (R3) */
    uint8_t turn;              /* of a deferred one */
    _Atomic bool done;
} gi_request;

struct gi_remote {
    gi_request slots[GI_SLOTS];
    int32_t first_free;
    uint32_t handles;                /* slots that a handle names */
    uint32_t deferred[2];            /* deferred requests and batches, this turn and the last */
    uint32_t turn;                   /* moved on by giga_quiet, which waits for those before */
    uint32_t flushing;               /* flushes under way */
    uint32_t bodies;                 /* large messages in flight */
    bool unflushed;                  /* deferred one-sided puts since the last flush */
    bool closing;
    giga_status failure;             /* first failure of a deferred operation */
    uint64_t failed_at;              /* its window offset, 0 when not known */
    gi_event event;                  /* counts completions */
};

/* A free slot; waits for one. */
gi_request *gi_request_open(gi_job *job, bool deferred);
/* No more messages will be added. */
void gi_request_close(gi_job *job, gi_request *q);
/* One message or transfer of it has come to its end. */
void gi_request_answered(gi_job *job, gi_request *q, giga_status status);
/* Wait for all that a handle names, whether or not the program will. Without the lock. */
void gi_request_finish_handles(gi_job *job);

/* Wait for one that is not deferred, and give its slot back. */
giga_status gi_request_finish(gi_job *job, gi_request *q);
void gi_request_release(gi_remote *r, gi_request *q);

/* Send a message of a request; a failed send is an answer too. */
void gi_request_send(gi_job *job, gi_request *q, int32_t to, gi_message *message,
                     const void *body, size_t bytes);

/* One message to a home and its answer, whose value is *result_out. Without the lock. */
giga_status gi_request_ask(gi_job *job, int32_t home, gi_message *message, uint64_t *result_out);

/* Wait, with the lock given up meanwhile, until something has completed. */
void gi_request_wait(gi_job *job);
/* Something has completed, or there is room again. */
void gi_request_signal(gi_remote *r);

/* The first failure of a deferred operation stays for giga_quiet(). */
void gi_request_failed(gi_remote *r, giga_status status, uint64_t offset);

/* Place of a naturally aligned word, or the end of the job: for calls without a status.
 * Without the lock. */
gi_place gi_place_word(const char *function, const void *at, size_t width);

/* An answer from a home. */
void gi_request_receive(gi_job *job, const gi_message *message, const void *body, size_t bytes);

#endif
