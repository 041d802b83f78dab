/*
 * remote.h - operations on the blocks of other nodes, and their execution at home.
 *
 * Words: a *request* is what a rank waits for; it has a slot, and one or more messages in
 * flight. The *home* executes messages in gi_net_poll, whichever thread polls, on the
 * alias of its block, and answers to the slot.
 */
#ifndef PGAS_REMOTE_H
#define PGAS_REMOTE_H

#include "net.h"
#include "object.h"

giga_status gi_remote_start(gi_job *job, gi_remote **out);
void gi_remote_stop(gi_job *job);

/* A message has arrived; called by the network, under its lock. */
void gi_remote_receive(gi_job *job, const gi_message *message, const void *body,
                       size_t body_bytes);

/* The network lost a peer. Ends the job unless it is ending already. */
void gi_remote_fail(gi_job *job, const char *why);

/* From here on a lost peer is one that has left first. */
void gi_remote_closing(gi_job *job);

/* Meet the leaders of all nodes; called by leaders. */
void gi_remote_meet(gi_job *job);

/* Wait for all deferred operations; returns and forgets their first failure. */
giga_status gi_remote_quiet(gi_job *job);

/* Free an object of one rank, or its last part, at home: as gi_one_give(). */
giga_status gi_remote_free(gi_job *job, int32_t home, uint64_t offset, uint64_t *left_out);

/* Forget keys of an object that is being freed. */
void gi_remote_forget(gi_job *job, gi_object *object);

#endif
