/*
 * load_rows.h - a file whose rows are those of the graph: straight into the adjacency.
 */
#ifndef GR_LOAD_ROWS_H
#define GR_LOAD_ROWS_H

#include "input.h"
#include "model.h"

/*
 * Read and build at once what gr_load_file() and gr_build() would, from a plain GAPBS file of an
 * undirected graph on one node. The rows must be what a graph's are: ascending, no loop, no
 * duplicate, every edge in both. *whole_out is false where they are not, or where the file is
 * another: then nothing is kept but where vertices lie (gr_place_vertices), and the file is still
 * to be read, by those who can say what is wrong with it. Collective.
 */
giga_status gr_load_rows(giga_graph *graph, const gr_input *in, const giga_graph_opts *opts,
                         bool *whole_out);

#endif
