/*
 * spread.h - records about vertices of this node, for the nodes that have them as ghosts.
 *
 * Where only some values change in a step, a record {vertex, value} to each node that joins
 * the vertex costs less than a refresh of all ghosts (ghosts.h).
 */
#ifndef GR_SPREAD_H
#define GR_SPREAD_H

#include "exchange.h"
#include "ghosts.h"

/* Put a copy of the record, of x->record_bytes, into the exchange for each node that needs
 * `vertex` of this node. Call: local; one test of a bit per node. Of the ranks of a node, those
 * that send divide those that receive among them. */
giga_status gr_spread(const giga_graph *graph, const gr_ghosts *ghosts, gr_exchange *x,
                      uint64_t vertex, const void *record);

#endif
