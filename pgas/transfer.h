/*
 * transfer.h - one-sided transfers to and from the blocks of other nodes.
 *
 * Invariant:
 *   R5  one-sided transfers are used only towards a block whose key, address and length
 *       have been fetched from its home
 *
 * Threads: under the lock of the network.
 */
#ifndef PGAS_TRANSFER_H
#define PGAS_TRANSFER_H

#include "request.h"

/* Start a get (`dst`) or a put (`src`, then `dst` is NULL) of a piece of one block. */
void gi_transfer_start(gi_job *job, gi_request *q, const gi_place *place, uint64_t bytes,
                       char *dst, const char *src);

/* Add to a request that what was put one-sidedly so far is at its home. */
void gi_transfer_flush(gi_job *job, gi_request *q);

/* What deferred operations put one-sidedly so far is at its home when this returns. */
giga_status gi_transfer_settle(gi_job *job);

void gi_transfer_take_key(gi_job *job, gi_request *q, const gi_message *message,
                          const void *body);

#endif
