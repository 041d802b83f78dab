/*
 * triangles.h - what triangle counting gives to clustering coefficients.
 */
#ifndef GR_TRIANGLES_H
#define GR_TRIANGLES_H

#include "model.h"

typedef enum gr_tally {
    GR_TALLY_TOTAL,     /* triangles of the graph */
    GR_TALLY_EACH,      /* and of every vertex */
    GR_TALLY_ARCS       /* arcs between neighbours of every vertex, two of them where there are
                         * both; of a directed graph */
} gr_tally;

typedef struct gr_triangles {
    uint64_t total;             /* the same on all ranks */
    gr_node_object tally_object;
    const uint64_t *tally;      /* of this node's vertices; NULL for the total only */
} gr_triangles;

/* Count. Keeps the account of the run. Collective. */
giga_status gr_triangles_count(giga_graph *graph, gr_tally what, gr_triangles *out,
                               giga_run_stats *stats);
giga_status gr_triangles_free(gr_triangles *t);

#endif
