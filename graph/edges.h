/*
 * edges.h - staged edges: a growing list between a reader and the builder of a graph.
 *
 * Rule: a list costs 8 bytes per edge while ids are small (both ends of all edges of a
 * chunk below 2^32), 16 where they are not, and 8 more when edges have weights; a walk
 * that consumes gives every chunk back to the system as it leaves it, so that a list
 * and what is built from it are never both whole in memory.
 *
 * Private memory, no MPI, no runtime. Threads: one at a time per list; different lists
 * are independent. Not here: order, duplicates, loops - a list keeps what it is given.
 */
#ifndef GR_EDGES_H
#define GR_EDGES_H

#include <giga/types.h>

/** Edges per chunk: with its 64-byte head a packed chunk is 512 KiB to the byte. */
enum { GR_CHUNK_EDGES = 65528 };

/** Edges per block of a walk: three arrays of it stay in the first two caches. */
enum { GR_BLOCK_EDGES = 2048 };

typedef struct gr_chunk gr_chunk;

/** A list of edges. Its fields belong to edges.c and the inline functions here. */
typedef struct gr_edges {
    bool weighted;
    size_t filled;    /* edges in the open chunk */
    size_t room;      /* edges it can hold: 0 or GR_CHUNK_EDGES */
    uint64_t *open_u; /* the open chunk: three arrays in one mapping */
    uint64_t *open_v;
    double *open_w;  /* NULL without weights */
    uint64_t closed; /* edges in the chunks behind it */
    gr_chunk *first;
    gr_chunk *last;
} gr_edges;

/** A run of edges in a walk. */
typedef struct gr_edge_block {
    const uint64_t *u; /**< first ends */
    const uint64_t *v; /**< second ends */
    const double *w;   /**< weights; NULL in a list without them */
    size_t count;      /**< edges, not 0 */
} gr_edge_block;

/** A walk over a list. 32 KiB: it lives on a stack and needs no memory of its own. */
typedef struct gr_edges_walk {
    gr_edges *edges;
    gr_chunk *chunk; /* the one being walked */
    size_t walked;   /* edges of it that were yielded */
    bool consume;
    uint64_t u[GR_BLOCK_EDGES];
    uint64_t v[GR_BLOCK_EDGES];
} gr_edges_walk;

/**
 * Make an empty list. Call: local. It holds no memory before the first edge.
 *
 * @param edges     list, not in use
 * @param weighted  whether edges keep their weights
 */
void gr_edges_init(gr_edges *edges, bool weighted);

/**
 * Close the open chunk, which is full, and open the next. Call: local; by
 * gr_edges_append() only. Errors: as there.
 */
giga_status gr_edges_turn(gr_edges *edges);

/**
 * Add an edge at the end.
 *
 * Call: local.
 * Cost: three stores; once in 65528 edges a copy of the chunk.
 *
 * @param w  weight; ignored in a list without weights
 * @return GIGA_OK, or with the list unchanged GIGA_ERR_MEMORY.
 */
static inline giga_status gr_edges_append(gr_edges *edges, uint64_t u, uint64_t v,
                                          double w)
{
    if (edges->filled == edges->room) {
        giga_status status = gr_edges_turn(edges);
        if (status != GIGA_OK)
            return status;
    }
    size_t at = edges->filled++;
    edges->open_u[at] = u;
    edges->open_v[at] = v;
    if (edges->weighted)
        edges->open_w[at] = w;
    return GIGA_OK;
}

/**
 * Add a run of edges at the end.
 *
 * Call: local.
 *
 * @param w  weights; not read, and may be NULL, in a list without weights
 * @return GIGA_OK, or GIGA_ERR_MEMORY with the first of them appended.
 */
giga_status gr_edges_append_run(gr_edges *edges, const uint64_t *u, const uint64_t *v,
                                const double *w, size_t count);

/**
 * Pack the open chunk, so that the list can be walked and holds no more than it must.
 * Edges may be appended again afterwards.
 *
 * Call: local.
 * @return GIGA_OK, or with the list unchanged GIGA_ERR_MEMORY.
 */
giga_status gr_edges_seal(gr_edges *edges);

/** Number of edges appended and not consumed. Call: local. */
static inline uint64_t gr_edges_count(const gr_edges *edges)
{
    return edges->closed + edges->filled;
}

/** Bytes of memory the list holds. Call: local. Cost: a step per chunk. */
uint64_t gr_edges_bytes(const gr_edges *edges);

/**
 * Begin a walk from the first edge; in the order they were appended.
 *
 * Call:    local.
 * Threads: walks that do not consume may go over one list at the same time.
 *
 * @param edges    a sealed list, not appended to while it is walked
 * @param consume  free every chunk as soon as it is walked. A walk that is given up
 *                 half way leaves the rest, from the start of its chunk, in the list.
 * @param walk     set
 */
void gr_edges_walk_begin(gr_edges *edges, bool consume, gr_edges_walk *walk);

/**
 * Yield the next run of edges, unpacked.
 *
 * Call: local.
 *
 * @param block  set when there is one; valid until the next call
 * @return false when all edges have been walked
 */
bool gr_edges_next_block(gr_edges_walk *walk, gr_edge_block *block);

/**
 * Replace the ids of the block that was yielded last, in place.
 *
 * Call: local.
 *
 * @param u  block.count first ends, none of them larger than the one it replaces
 * @param v  the same for second ends
 */
void gr_edges_put_back(gr_edges_walk *walk, const gr_edge_block *block, const uint64_t *u,
                       const uint64_t *v);

/** Drop all edges and give their memory back. Call: local. The list is empty, and usable.
 */
void gr_edges_clear(gr_edges *edges);

#endif
