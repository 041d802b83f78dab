/*
 * remote.h - messages between nodes: their kinds, who takes them, and the barrier of nodes.
 *
 * The *home* executes requests in gi_net_poll, whichever thread polls, on the alias of its
 * node's blocks, and answers to the slot that the request names.
 */
#ifndef PGAS_REMOTE_H
#define PGAS_REMOTE_H

#include "net.h"
#include "node.h"
#include "object.h"

enum gi_kind {
    /* to a home (home.h) */
    GI_KIND_GET, GI_KIND_PUT, GI_KIND_ATOMIC, GI_KIND_KEY, GI_KIND_BATCH,
    GI_KIND_NOTIFY, GI_KIND_FREE, GI_KIND_LOCK,
    /* answers: to a request (request.h), to a batch (aggregate.h) */
    GI_KIND_DATA, GI_KIND_DONE, GI_KIND_KEY_ANSWER, GI_KIND_BATCH_DONE,
    GI_KIND_LOCK_ANSWER, /* to a node that asked for a lock (lock.h) */
    GI_KIND_MEET,
    GI_KINDS
};

giga_status gi_remote_start(gi_job *job, gi_remote **out);
void gi_remote_stop(gi_job *job);

/* A message has arrived; called by the network, under its lock. */
void gi_remote_receive(gi_job *job, const gi_message *message, const void *body,
                       size_t body_bytes);

/* The network lost a peer. Ends the job unless it is ending already. */
void gi_remote_fail(gi_job *job, const char *why);

/* From here on a lost peer is one that has left first. */
void gi_remote_closing(gi_job *job);

/* Meet the other leaders of a meeting; called by leaders. */
void gi_remote_meet(gi_job *job, gi_meeting *meeting);

/* Free an object of one rank, or its last part, at home: as gi_one_give(). */
giga_status gi_remote_free(gi_job *job, int32_t home, uint64_t offset, uint64_t *left_out);

/* Forget keys of an object that is being freed. */
void gi_remote_forget(gi_job *job, gi_object *object);

#endif
