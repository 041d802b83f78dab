/*
 * edges.c - staged edges in a chain of chunks.
 *
 * The open chunk is one mapping of 64-bit arrays that is used again and again; when it
 * is full its edges move, packed where they fit, into a closed chunk of just the right
 * size. Chunks are mappings of their own, not malloc'ed: what is unmapped has left the
 * process, whatever the allocator's thresholds are by then.
 */
#include "edges.h"

#include <string.h>
#include <sys/mman.h>

/* The head of a closed chunk; then u[], v[] (4 or 8 bytes each, so a pair of runs always
 * ends on 8), then w[]. */
struct gr_chunk {
    gr_chunk *next;
    size_t count;
    size_t bytes; /* of the mapping */
    bool packed;
};

enum { HEAD = 64 }; /* a cache line, so that the arrays start on one */

_Static_assert(sizeof(gr_chunk) <= HEAD, "the head of a chunk has outgrown its place");
_Static_assert(HEAD + GR_CHUNK_EDGES * 8 == 1 << 19, "a packed chunk is 512 KiB");

/* With MAP_POPULATE the pages are there at once: a quarter of a reader's time were faults. */
static void *map(size_t bytes, int flags)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
                    -1, 0);

    if (at != MAP_FAILED)
        return at;
    giga_fail(GIGA_ERR_MEMORY, "no memory for %zu more bytes of staged edges", bytes);
    return NULL;
}

static char *payload(gr_chunk *chunk)
{
    return (char *)chunk + HEAD;
}

static size_t id_bytes(const gr_chunk *chunk)
{
    return chunk->packed ? sizeof(uint32_t) : sizeof(uint64_t);
}

static double *weights(gr_chunk *chunk)
{
    return (double *)(void *)(payload(chunk) + 2 * chunk->count * id_bytes(chunk));
}

/* One pass without a branch: cheaper than keeping the answer up to date per edge. */
static bool fits_32_bits(const uint64_t *ids, size_t count)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < count; i++)
        bits |= ids[i];
    return bits >> 32 == 0;
}

static void narrow(uint32_t *to, const uint64_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (uint32_t)from[i];
}

static void widen(uint64_t *to, const uint32_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

static void store_ids(gr_chunk *chunk, const uint64_t *u, const uint64_t *v)
{
    size_t count = chunk->count;

    if (chunk->packed) {
        uint32_t *ids = (uint32_t *)(void *)payload(chunk);
        narrow(ids, u, count);
        narrow(ids + count, v, count);
    } else {
        uint64_t *ids = (uint64_t *)(void *)payload(chunk);
        memcpy(ids, u, count * sizeof *u);
        memcpy(ids + count, v, count * sizeof *v);
    }
}

/* Move the edges of the open chunk into a closed one at the end of the chain. */
static giga_status close_chunk(gr_edges *edges)
{
    size_t count = edges->filled;
    bool packed =
        fits_32_bits(edges->open_u, count) && fits_32_bits(edges->open_v, count);
    size_t id = packed ? sizeof(uint32_t) : sizeof(uint64_t);
    size_t bytes = HEAD + 2 * count * id + (edges->weighted ? 8 * count : 0);
    gr_chunk *chunk = map(bytes, MAP_POPULATE);

    if (!chunk)
        return GIGA_ERR_MEMORY;
    *chunk = (gr_chunk){.count = count, .bytes = bytes, .packed = packed};
    store_ids(chunk, edges->open_u, edges->open_v);
    if (edges->weighted)
        memcpy(weights(chunk), edges->open_w, count * sizeof(double));
    if (edges->last)
        edges->last->next = chunk;
    else
        edges->first = chunk;
    edges->last = chunk;
    edges->closed += count;
    edges->filled = 0;
    return GIGA_OK;
}

static size_t open_bytes(const gr_edges *edges)
{
    return (size_t)GR_CHUNK_EDGES * (edges->weighted ? 24 : 16);
}

static giga_status open_chunk(gr_edges *edges)
{
    uint64_t *at = map(open_bytes(edges), 0);

    if (!at)
        return GIGA_ERR_MEMORY;
    edges->open_u = at;
    edges->open_v = at + GR_CHUNK_EDGES;
    edges->open_w = edges->weighted ? (double *)(void *)(at + 2 * GR_CHUNK_EDGES) : NULL;
    edges->room = GR_CHUNK_EDGES;
    return GIGA_OK;
}

static void drop_open_chunk(gr_edges *edges)
{
    if (edges->room)
        munmap(edges->open_u, open_bytes(edges));
    edges->open_u = edges->open_v = NULL;
    edges->open_w = NULL;
    edges->room = edges->filled = 0;
}

void gr_edges_init(gr_edges *edges, bool weighted)
{
    *edges = (gr_edges){.weighted = weighted};
}

giga_status gr_edges_turn(gr_edges *edges)
{
    return edges->room ? close_chunk(edges) : open_chunk(edges);
}

giga_status gr_edges_append_run(gr_edges *edges, const uint64_t *u, const uint64_t *v,
                                const double *w, size_t count)
{
    while (count) {
        giga_status status =
            edges->filled == edges->room ? gr_edges_turn(edges) : GIGA_OK;
        if (status != GIGA_OK)
            return status;
        size_t room = edges->room - edges->filled, run = count < room ? count : room;
        memcpy(edges->open_u + edges->filled, u, run * sizeof *u);
        memcpy(edges->open_v + edges->filled, v, run * sizeof *v);
        if (edges->weighted)
            memcpy(edges->open_w + edges->filled, w, run * sizeof *w);
        edges->filled += run;
        u += run;
        v += run;
        w += edges->weighted ? run : 0;
        count -= run;
    }
    return GIGA_OK;
}

giga_status gr_edges_seal(gr_edges *edges)
{
    giga_status status = edges->filled ? close_chunk(edges) : GIGA_OK;

    if (status == GIGA_OK)
        drop_open_chunk(edges);
    return status;
}

uint64_t gr_edges_bytes(const gr_edges *edges)
{
    uint64_t bytes = edges->room ? open_bytes(edges) : 0;

    for (const gr_chunk *chunk = edges->first; chunk; chunk = chunk->next)
        bytes += chunk->bytes;
    return bytes;
}

void gr_edges_walk_begin(gr_edges *edges, bool consume, gr_edges_walk *walk)
{
    walk->edges = edges;
    walk->chunk = edges->first;
    walk->walked = 0;
    walk->consume = consume;
}

static void drop_first_chunk(gr_edges *edges)
{
    gr_chunk *chunk = edges->first;

    edges->first = chunk->next;
    if (!edges->first)
        edges->last = NULL;
    edges->closed -= chunk->count;
    munmap(chunk, chunk->bytes);
}

static void leave_chunk(gr_edges_walk *walk)
{
    gr_chunk *next = walk->chunk->next;

    if (walk->consume)
        drop_first_chunk(walk->edges);
    walk->chunk = next;
    walk->walked = 0;
}

/* Point the block at ids from `at`: into the chunk, or at an unpacked copy. */
static void show_ids(gr_edges_walk *walk, size_t at, gr_edge_block *block)
{
    gr_chunk *chunk = walk->chunk;

    if (chunk->packed) {
        const uint32_t *ids = (const uint32_t *)(void *)payload(chunk);
        widen(walk->u, ids + at, block->count);
        widen(walk->v, ids + chunk->count + at, block->count);
        block->u = walk->u;
        block->v = walk->v;
    } else {
        const uint64_t *ids = (const uint64_t *)(void *)payload(chunk);
        block->u = ids + at;
        block->v = ids + chunk->count + at;
    }
}

bool gr_edges_next_block(gr_edges_walk *walk, gr_edge_block *block)
{
    if (walk->chunk && walk->walked == walk->chunk->count)
        leave_chunk(walk);
    if (!walk->chunk)
        return false;
    size_t at = walk->walked, left = walk->chunk->count - at;
    block->count = left < GR_BLOCK_EDGES ? left : GR_BLOCK_EDGES;
    show_ids(walk, at, block);
    block->w = walk->edges->weighted ? weights(walk->chunk) + at : NULL;
    walk->walked += block->count;
    return true;
}

/* Ids that do not grow fit where the old ones were, packed or not. */
void gr_edges_put_back(gr_edges_walk *walk, const gr_edge_block *block, const uint64_t *u,
                       const uint64_t *v)
{
    gr_chunk *chunk = walk->chunk;
    size_t at = walk->walked - block->count;

    if (chunk->packed) {
        uint32_t *ids = (uint32_t *)(void *)payload(chunk);
        narrow(ids + at, u, block->count);
        narrow(ids + chunk->count + at, v, block->count);
    } else {
        uint64_t *ids = (uint64_t *)(void *)payload(chunk);
        memcpy(ids + at, u, block->count * sizeof *u);
        memcpy(ids + chunk->count + at, v, block->count * sizeof *v);
    }
}

void gr_edges_clear(gr_edges *edges)
{
    while (edges->first)
        drop_first_chunk(edges);
    drop_open_chunk(edges);
}
