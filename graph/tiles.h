/*
 * tiles.h - the in-arcs of one node's graph once more, so that adding up along them stays in cache.
 *
 * Words: vertices are cut into *chunks* as ends of arcs and into *pieces* as their beginnings. The
 * arcs of a chunk lie together, ordered by where they begin. So values are read in sequence, and
 * sums are added to one chunk's sums, which the second-level cache holds: the propagation blocking
 * of Beamer et al. (IPDPS17) with nothing written in between, since every rank does whole chunks.
 *
 * Every sum is added up in ascending order of the other end, as along the sorted row: to the same
 * bits.
 */
#ifndef GR_TILES_H
#define GR_TILES_H

#include "model.h"

typedef struct gr_tiles {
    gr_node_object cuts_object, starts_object, arcs_object;
    uint64_t chunks;            /* 0: there are no tiles */
    uint64_t pieces, blocks;
    const uint64_t *chunk_first;    /* first vertex of each chunk, and n; groups of GR_TILE_GROUP */
    const uint64_t *block_piece;    /* first piece of each block of 2^16 vertices, and `pieces` */
    const uint64_t *starts;     /* chunks x (pieces + 1): first arc of each piece in each chunk */
    const uint32_t *arcs;       /* end in its chunk << 16 | beginning in its block */
    double *sums;               /* this rank's: of the vertices of the chunk last added up */
} gr_tiles;

enum { GR_TILE_GROUP = 8 };     /* chunks begin at multiples of it */

/* Make tiles where `rounds` rounds along all arcs pay for them; else, between nodes and where
 * memory is short, there are none, and that is no error. Collective. */
giga_status gr_tiles_make(giga_graph *graph, uint64_t rounds, gr_tiles *tiles);
giga_status gr_tiles_free(gr_tiles *tiles);

/* sums[i] = the sum of values[] over the in-neighbours of the chunk's i-th vertex. Local. */
void gr_tiles_add(const gr_tiles *tiles, uint64_t chunk, const double *values);

#endif
