/*
 * save.h - between save.c, which knows the formats, and save_rows.c, which brings the rows.
 *
 * Words: the *place* of a vertex is the number of vertices with a smaller id (order.h). A *name* is
 * what a format calls a vertex: its id, or its place. Places and ids ascend together.
 */
#ifndef GR_SAVE_H
#define GR_SAVE_H

#include "model.h"
#include "sort.h"

typedef enum gr_name { GR_NAME_ID, GR_NAME_PLACE } gr_name;

/* Places of this node's vertices, 4 bytes each; only where indices are not places. Collective. */
giga_status gr_places_make(const giga_graph *graph, gr_node_object *places);

enum { GR_ROWS = 2048, GR_ROWS_ARCS = 1 << 15 };

/* Consecutive places with their whole rows, in names. */
typedef struct gr_rows {
    uint64_t count;             /* rows */
    const uint64_t *names;      /* of the rows, ascending */
    const uint64_t *starts;     /* count + 1; row k is ends[starts[k]] to ends[starts[k + 1]] */
    const uint64_t *ends;       /* each row ascending by name, then weight, if that was asked for */
    const double *weights;      /* NULL when the graph has none */
} gr_rows;

/* A walk over the rows of some places, in order. Bounded memory: GR_ROWS rows of together
 * about GR_ROWS_ARCS arcs, or one row that is longer. */
typedef struct gr_rows_walk {
    const giga_graph *graph;
    const gr_csr *csr;          /* NULL: names only, rows are empty */
    gr_name name;
    const gr_node_object *places_object;
    bool sorted;                /* rows ascend; set by gr_rows_open(), may be cleared */
    bool upper;                 /* only ends that are not before the row's vertex; may be set */
    uint64_t next, last;        /* places */
    uint64_t held, used;        /* rows in the arrays below, and those handed out */
    uint64_t *names, *index, *bounds, *starts;
    uint64_t room;              /* arcs */
    uint64_t *ends;
    uint32_t *narrow;           /* indices as they arrive, then 8 bytes each */
    double *weights;
    gr_sorter sorter;
} gr_rows_walk;

/* `places` is needed for GR_NAME_PLACE only. */
giga_status gr_rows_open(const giga_graph *graph, const gr_csr *csr, gr_name name,
                         const gr_node_object *places, uint64_t first, uint64_t last,
                         gr_rows_walk *walk);

/* The next rows; count is 0 at the end. They stay until the next call. */
giga_status gr_rows_next(gr_rows_walk *walk, gr_rows *rows);

/* Arcs of the rows of some places. */
giga_status gr_rows_count(const giga_graph *graph, const gr_csr *csr, uint64_t first, uint64_t last,
                          uint64_t *arcs_out);

void gr_rows_close(gr_rows_walk *walk);

#endif
