/*
 * build.h - staged edges become the adjacency of a placed graph.
 */
#ifndef GR_BUILD_H
#define GR_BUILD_H

#include "edges.h"
#include "model.h"

/* Which arcs an edge (u, v) makes in an adjacency. */
typedef enum gr_arcs {
    GR_ARCS_OUT,    /* row u, end v */
    GR_ARCS_IN,     /* row v, end u */
    GR_ARCS_BOTH    /* both; a loop once */
} gr_arcs;

/*
 * Build one adjacency. `edges` hold indices; with `consume` they are used up. Duplicates are
 * dropped unless the graph keeps them; *duplicates_out counts the arcs that had the same
 * row and end as another, *loops_out arcs from a vertex to itself that remain, both on
 * this node. Collective.
 */
giga_status gr_build(giga_graph *graph, gr_edges *edges, bool consume, gr_arcs arcs,
                     bool weighted, gr_csr *out, uint64_t *duplicates_out, uint64_t *loops_out);

/* Memory for the rows of this node's vertices, and for csr->arcs ends. Collective. */
giga_status gr_allocate_rows(const giga_graph *graph, gr_csr *csr);
giga_status gr_allocate_arcs(const giga_graph *graph, bool weighted, gr_csr *csr);

/* length[l], of every row of this node, becomes where row l ends; *arcs_out where the last does.
 * `csr` has its rows allocated, and length[] may lie in them. Collective. */
giga_status gr_sum_rows(const giga_graph *graph, const gr_csr *csr, uint64_t *length,
                        uint64_t *arcs_out);

giga_status gr_csr_free(gr_csr *csr);

/* Bring what info says of degrees and memory up to date with the adjacencies. Collective. */
giga_status gr_survey(giga_graph *graph);

#endif
