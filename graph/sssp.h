/*
 * sssp.h - memory of the shortest paths, kept with the graph between searches, and what the
 * search and the choice of parents share.
 *
 * A distance is kept as the bits of a double: those of numbers that are not negative are in the
 * order of the numbers, so the smallest of two is found by comparing integers.
 */
#ifndef GR_SSSP_H
#define GR_SSSP_H

#include <string.h>

#include "exchange.h"
#include "ghosts.h"
#include "weights.h"

typedef struct gr_sssp {
    gr_weights weights;
    gr_ghosts ghosts;           /* other ends of arcs; none on one node */
    gr_exchange exchange;
    gr_node_object distance_object, cursor_object, bits_object, lists_object, tails_object;
    uint64_t *distance;         /* bits; by index, of all vertices: of other nodes' see S2. On one
                                 * node in the array of the search, if that can be */
    uint64_t *cursor;           /* of this node's vertices: first arc not yet relaxed */
    uint64_t *seen, *queued;    /* bit per vertex of this node */
    uint64_t *told;             /* bit per vertex of the graph; NULL on one node */
    uint64_t *frontier;         /* local vertices; afterwards parents */
    uint64_t *pending[2];       /* local vertices with arcs that wait for their turn */
    gr_counter *tails;
} gr_sssp;

/* Allocate, sort arcs by weight; once per graph. Collective. */
giga_status gr_sssp_make(giga_graph *graph);
giga_status gr_sssp_free(giga_graph *graph);

/* Parents of all vertices after a search, into `parent`, by local index: the index of the vertex
 * before, GIGA_NO_VERTEX. Collective. Adds to *bytes what this rank sent. */
giga_status gr_sssp_parents(giga_graph *graph, uint64_t source, uint64_t *parent, uint64_t *bytes);

static inline uint64_t gr_bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double gr_real_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

#define GR_INFINITE UINT64_C(0x7ff0000000000000) /* bits of INFINITY */

#endif
