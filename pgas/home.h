/*
 * home.h - execution of requests from other nodes.
 *
 * Invariant:
 *   R4  a home touches only near blocks of live objects, exact to the byte, checked per
 *       message and per operation of a batch
 *
 * Threads: under the lock of the network, in whichever thread polls. Nothing here waits.
 */
#ifndef PGAS_HOME_H
#define PGAS_HOME_H

#include "net.h"
#include "remote.h"

void gi_home_get(gi_job *job, const gi_message *message);
void gi_home_put(gi_job *job, const gi_message *message, const void *body, size_t bytes);
void gi_home_atomic(gi_job *job, const gi_message *message);
void gi_home_key(gi_job *job, const gi_message *message);
void gi_home_batch(gi_job *job, const gi_message *message, const void *body, size_t bytes);

void gi_home_free(gi_job *job, const gi_message *message);

/* notify.c */
void gi_home_notify(gi_job *job, const gi_message *message, const void *body, size_t bytes);

/* The alias of [offset, offset + bytes) when that is near memory of one object, else NULL
 * with a status that says what it is not. */
void *gi_home_bytes(gi_job *job, uint64_t offset, uint64_t bytes, giga_status *status_out);

/* Answer a request: GI_KIND_DONE with a value, or GI_KIND_DATA with a body. */
void gi_home_answer(gi_job *job, const gi_message *to, enum gi_kind kind, giga_status status,
                    uint64_t value, const void *body, size_t bytes);

#endif
