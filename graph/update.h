/*
 * update.h - a batch of changes as indices, for all who look at it.
 */
#ifndef GR_UPDATE_H
#define GR_UPDATE_H

#include "model.h"

/* Ends of this rank's share of a batch: from and to of edge i are ends[2 * i] and ends[2 * i + 1],
 * deletions before insertions. */
typedef struct gr_batch {
    uint64_t *ends;
    uint64_t deletions, insertions;
    const double *weight;       /* of insertions; NULL: 1 */
} gr_batch;

/* Names become indices. Collective: the same failure on every rank; to be freed in any case. */
giga_status gr_batch_make(const char *function, const giga_graph *graph,
                          const giga_graph_batch *batch, gr_batch *out);
void gr_batch_free(gr_batch *batch);

#endif
