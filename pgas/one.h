/*
 * one.h - objects that live on one rank, allocated by it alone and freed by any.
 *
 * Each rank has an arena (heap.h) in the window, all of one length; together they look to the
 * rest of pgas like one object with a block per rank. What an address in it belongs to, the
 * arena's tables say: here on the home's node, there after a message.
 */
#ifndef PGAS_ONE_H
#define PGAS_ONE_H

#include "object.h"

/* Reserve the arenas; local, the same on every rank. */
giga_status gi_one_start(gi_job *job);
void gi_one_stop(gi_job *job);

uint64_t gi_one_bytes(const gi_job *job); /* of this rank's arena; 0 when there is none */

/* As gi_object_place(), and giga_local(), for addresses in the arenas. */
giga_status gi_one_place(const gi_job *job, const char *function, const void *address,
                         uint64_t bytes, gi_place *out);
void *gi_one_local(const gi_job *job, const void *address, size_t *bytes_out);

giga_memory gi_one_memory(const gi_job *job, const void *address); /* near ones only */

/* For requests of other nodes, at home, without a sentence: whether one live object has these
 * bytes; and freeing one, or a part of it, as gi_heap_give(). */
giga_status gi_one_holds(const gi_job *job, uint64_t offset, uint64_t bytes);
giga_status gi_one_give(gi_job *job, uint64_t offset, uint64_t *left_out);

#endif
