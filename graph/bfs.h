/*
 * bfs.h - memory of the search, kept with the graph between searches.
 */
#ifndef GR_BFS_H
#define GR_BFS_H

#include "model.h"

giga_status gr_bfs_free(giga_graph *graph);

/* When to go bottom-up: the frontier has more than one in `alpha` of the arcs that are left. */
typedef struct gr_bfs_tuning {
    uint64_t alpha;             /* of the next search */
    int best, tried;            /* places in the table of thresholds */
    double nanoseconds[16];     /* per vertex reached, with each threshold */
    uint64_t searches[16];
} gr_bfs_tuning;

void gr_bfs_tuning_start(gr_bfs_tuning *tuning, uint64_t alpha);

/* A search has taken so long, the same on all ranks, and reached so many of n vertices. */
void gr_bfs_tuning_note(gr_bfs_tuning *tuning, uint64_t nanoseconds, uint64_t reached, uint64_t n);

/* The values of vertices [first, last) of an array of 8-byte elements that this rank
 * looks after, copied to or from private or near memory. */
giga_status gr_check_values(const char *function, const giga_graph *graph,
                            const giga_array *values);

#endif
