/*
 * save.h - between save.c, which knows the formats, and save_rows.c, which brings the rows.
 *
 * Words: the *position* of a vertex is the number of vertices with a smaller id. A *name* is
 * what a format calls a vertex: its id, or its position. Positions and ids ascend together.
 */
#ifndef GR_SAVE_H
#define GR_SAVE_H

#include "model.h"
#include "sort.h"

typedef enum gr_name { GR_NAME_ID, GR_NAME_POSITION } gr_name;

enum { GR_ROWS = 2048, GR_ROWS_ARCS = 1 << 15 };

/* Consecutive positions with their whole rows, in names. */
typedef struct gr_rows {
    uint64_t count;             /* rows */
    const uint64_t *names;      /* of the rows, ascending */
    const uint64_t *starts;     /* count + 1; row k is ends[starts[k]] to ends[starts[k + 1]] */
    const uint64_t *ends;       /* each row ascending by name, then weight */
    const double *weights;      /* NULL when the graph has none */
} gr_rows;

/* A walk over the rows of some positions, in order. Bounded memory: GR_ROWS rows of together
 * about GR_ROWS_ARCS arcs, or one row that is longer. */
typedef struct gr_rows_walk {
    const giga_graph *graph;
    const gr_csr *csr;          /* NULL: names only, rows are empty */
    gr_name name;
    uint64_t next, last;        /* positions */
    uint64_t held, used;        /* rows in the arrays below, and those handed out */
    uint64_t *names, *index, *bounds, *starts;
    uint64_t room;              /* arcs */
    uint64_t *ends;
    uint32_t *narrow;           /* indices as they arrive, then 8 bytes each */
    double *weights;
    gr_sorter sorter;
} gr_rows_walk;

giga_status gr_rows_open(const giga_graph *graph, const gr_csr *csr, gr_name name, uint64_t first,
                         uint64_t last, gr_rows_walk *walk);

/* The next rows; count is 0 at the end. They stay until the next call. */
giga_status gr_rows_next(gr_rows_walk *walk, gr_rows *rows);

/* Arcs of all positions of a walk that has not begun. */
giga_status gr_rows_count(const giga_graph *graph, const gr_csr *csr, uint64_t first, uint64_t last,
                          uint64_t *arcs_out);

void gr_rows_close(gr_rows_walk *walk);

#endif
