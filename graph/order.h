/*
 * order.h - the order of vertices: from places (ascending ids) to canonical numbers.
 *
 * Words: the *place* of a vertex is the position of its id among all ids. Its *canonical number*
 * orders vertices by degree where that pays, and does not depend on ranks and nodes. Its *index*
 * is the canonical number, or, where vertices are dealt to several nodes, a bijection of it
 * (model.h: gr_index, gr_order).
 */
#ifndef GR_ORDER_H
#define GR_ORDER_H

#include "edges.h"
#include "model.h"
#include "numbering.h"

typedef struct gr_ordering {
    gr_node_object table_object;    /* canonical number of every place, on every node */
    gr_node_object degree_object;   /* arcs of every place that this node's staged edges make */
    uint32_t *table;                /* NULL: canonical numbers are places */
    uint32_t *degree;
} gr_ordering;

/* Look at the degrees, decide, number. `edges` hold places, and canonical numbers afterwards.
 * Sets what gr_index() needs in the placed graph. Collective. */
giga_status gr_order_vertices(giga_graph *graph, gr_edges *edges, gr_ordering *out);

/* The same of vertices whose degrees are known, for a graph without staged edges on one node:
 * `degree` has those of this rank's places, and is used up. Collective. */
giga_status gr_order_degrees(giga_graph *graph, uint32_t *degree, gr_ordering *out);

/* Keep with the graph the ids of its vertices, and where the vertex at each place is. Collective. */
giga_status gr_order_keep(const gr_ordering *ordering, const gr_numbering *numbering,
                          giga_graph *graph);

giga_status gr_ordering_free(gr_ordering *ordering);

/* The indices of the vertices at places [first, last), which are this rank's own. Call: local. */
void gr_indices_at(const giga_graph *graph, uint64_t first, uint64_t last, uint64_t *indices);

#endif
