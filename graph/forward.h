/*
 * forward.h - every edge of a graph once, from its later to its earlier end: what triangles are
 * counted on.
 *
 * Words: vertices stand in an *order*, those with many arcs first. The *forward list* of a vertex
 * has its neighbours that come before it; directions, loops and multiplicities are aside. *Hubs*
 * are the vertices with canonical numbers below `hubs`, where arcs are so dense that one bit for
 * each pair is less work than lists: the *matrix*, of which every node has all rows. A forward
 * list is kept in two parts, sorted: hubs in 2 bytes each, the rest in 4 or 8.
 *
 * Ends are canonical numbers (gr_order), not indices: the same on every node. With `marked` an
 * end is 2 * number + 1 where both arcs of the edge exist in a directed graph, 2 * number where
 * one does.
 */
#ifndef GR_FORWARD_H
#define GR_FORWARD_H

#include "model.h"

enum {
    GR_HUBS_MAX = 1 << 14,  /* 16 MiB of matrix; marked, a hub still fits 16 bits */
};

typedef struct gr_forward {
    gr_node_object hub_rows_object, rest_rows_object, hub_ends_object, rest_ends_object,
        matrix_object, both_object;
    bool wide, marked;
    bool by_number;             /* the order is that of numbers; else there are no hubs */
    uint64_t bytes;             /* this rank fetched from other nodes */
    bool local;                 /* nearly all ends are near their vertices (a mesh) */
    uint64_t hubs;              /* a multiple of 64, or 0 */
    const uint64_t *hub_rows;   /* of this node's vertices: places in hub_ends; NULL: no hubs */
    const uint64_t *rest_rows;
    const uint16_t *hub_ends;
    const void *rest_ends;
    const uint64_t *matrix;     /* rows of hubs: bits of the hubs in their forward lists */
    const uint64_t *both;       /* marked: bits of those that are joined by both arcs */
} gr_forward;

/* Make the forward lists. Collective. */
giga_status gr_forward_make(giga_graph *graph, bool marked, gr_forward *out);
giga_status gr_forward_free(gr_forward *f);

/* Different neighbours of a vertex of this node, in either direction, itself aside. Call: local. */
uint64_t gr_neighbours(const giga_graph *graph, uint64_t local);

/* Where the row of a hub begins: row v has v bits, in whole cache lines of 512. */
static inline uint64_t gr_matrix_row(uint64_t v)
{
    uint64_t before = v == 0 ? 0 : v - 1, whole = before / 512;

    return 8 * (256 * whole * (whole + 1) + before % 512 * (whole + 1));
}

static inline uint64_t gr_rest_end(const gr_forward *f, bool wide, uint64_t at)
{
    return wide ? ((const uint64_t *)f->rest_ends)[at] : ((const uint32_t *)f->rest_ends)[at];
}

/* Is the vertex with this number on this node, and where? */
static inline bool gr_local(const giga_graph *graph, uint64_t number, uint64_t *local)
{
    *local = gr_index(graph, number) - graph->first;
    return *local < graph->last - graph->first;
}

#endif
