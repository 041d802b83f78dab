/*
 * bfs.h - memory of the search, kept with the graph between searches.
 */
#ifndef GR_BFS_H
#define GR_BFS_H

#include "model.h"

giga_status gr_bfs_free(giga_graph *graph);

/* The values of vertices [first, last) of an array of 8-byte elements that this rank
 * looks after, copied to or from private or near memory. */
giga_status gr_check_values(const char *function, const giga_graph *graph,
                            const giga_array *values);

#endif
