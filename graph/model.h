/*
 * model.h - a graph as it lies in global memory, and the few things all its files share.
 *
 * Words: ranks are put in order of their nodes; the *position* of a rank in that order
 * owns `span` consecutive vertices, so a node owns one run of vertices [first, last).
 * A *node object* is an object whose one block, on the node's leader, all ranks of the
 * node use as plain memory. A vertex of this node has the *local* index v - first.
 *
 * The adjacency of a node's vertices is one CSR in node objects: rows[local] to
 * rows[local + 1] are places in ends[], which hold vertex indices of 4 bytes when all fit
 * (narrow) and 8 when not (wide). Rows are sorted by gr_order().
 */
#ifndef GR_MODEL_H
#define GR_MODEL_H

#include <giga/giga.h>
#include <giga/graph.h>

#include "account.h"

/* An object with a block on every node's leader; `at` is this node's. */
typedef struct gr_node_object {
    void *object;
    void *at;
} gr_node_object;

/* One adjacency: the arcs from this node's vertices (out) or to them (in). */
typedef struct gr_csr {
    gr_node_object rows_object, ends_object, weights_object;
    const uint64_t *rows;       /* local vertices + 1 */
    const void *ends;
    const double *weights;      /* NULL when the graph has none */
    uint64_t arcs;              /* of this node */
} gr_csr;

/* Counters that the ranks of a node draw chunks of work from. */
enum { GR_COUNTERS = 8 };
typedef struct gr_counter {
    _Alignas(128) uint64_t next;
} gr_counter;

typedef struct gr_bfs gr_bfs;
typedef struct gr_sssp gr_sssp;

struct giga_graph {
    giga_graph_info info;
    uint64_t n;
    uint64_t span;              /* vertices per position, a multiple of 64 */
    bool whole_pages;           /* a block array of 8-byte values has `span` in a block */
    uint64_t first, last;       /* vertices of this node */
    uint64_t *starts;           /* first vertex of every node, and n; nodes + 1 of them */
    const int32_t *order;       /* rank at each position; NULL when they are the same */
    gr_node_object starts_object, order_object;
    bool wide;
    gr_csr out, in;             /* in is out when undirected */
    bool skewed;                /* hubs have a good part of the arcs */
    bool reordered;             /* canonical numbers are not places, see order.h */
    bool dealt;                 /* indices are not canonical numbers: */
    uint64_t full, extra;       /* positions with whole runs, words of the next one but one */
    bool contiguous;            /* the ids are all of lowest_id .. lowest_id + n - 1 */
    bool identity;              /* id = lowest_id + index; else ids[] */
    gr_node_object ids_object;
    const uint64_t *ids;        /* of this node's vertices */
    gr_node_object index_object; /* reordered: index of the vertex at each place of this node */
    gr_node_object counters_object;
    gr_counter *counters;
    uint64_t phase;             /* of work drawn from the counters; the same on all ranks */
    gr_bfs *bfs;                /* kept between searches */
    gr_sssp *sssp;              /* the same */
    gr_account account;         /* of the last run */
};

/* The id of a vertex of this node. */
static inline uint64_t gr_own_id(const giga_graph *graph, uint64_t local)
{
    return graph->identity ? graph->info.lowest_id + graph->first + local : graph->ids[local];
}

/*
 * Canonical numbers do not depend on ranks and nodes; rows are sorted by them. They are the
 * indices, unless vertices are dealt: then words of 64 go round the positions that still have
 * room, `full` of them with span / 64 words and one with `extra` + 1, whose last word, perhaps
 * not a whole one, keeps its number: indices have no gaps.
 */
static inline uint64_t gr_index(const giga_graph *graph, uint64_t number)
{
    uint64_t word = number / 64, run = graph->span / 64, round = graph->full + 1;

    if (!graph->dealt || word == graph->full * run + graph->extra)
        return number;
    uint64_t mixed = graph->extra * round, at; /* words dealt while all positions have room */
    if (word < mixed)
        at = word % round * run + word / round;
    else
        at = (word - mixed) % graph->full * run + graph->extra + (word - mixed) / graph->full;
    return at * 64 + number % 64;
}

/* The canonical number of a vertex: the inverse of gr_index(). */
static inline uint64_t gr_order(const giga_graph *graph, uint64_t index)
{
    uint64_t word = index / 64, run = graph->span / 64, round = graph->full + 1;

    if (!graph->dealt || word == graph->full * run + graph->extra)
        return index;
    uint64_t position = word / run, turn = word % run, at;
    if (turn < graph->extra)
        at = turn * round + position;
    else
        at = graph->extra * round + (turn - graph->extra) * graph->full + position;
    return at * 64 + index % 64;
}

/* ---- place.c: who owns what, node objects, drawing work ---- */

/* Decide who owns which vertices; sets n, span, first, last, starts, counters. Collective. */
giga_status gr_place_vertices(giga_graph *graph, uint64_t n);

/* A node object of `bytes` on this node. Collective; freed with gr_node_free. */
giga_status gr_node_alloc(uint64_t bytes, bool sparse, gr_node_object *out);
giga_status gr_node_free(gr_node_object *object);

/* Fresh memory of this node, the same on its ranks, in huge pages; a wish. Each does a share. */
void gr_wish_for_huge_pages(void *at, uint64_t bytes);

/* Where another node's block of a node object is. Local. */
void *gr_node_at(const gr_node_object *object, int32_t node);

int32_t gr_node_of_vertex(const giga_graph *graph, uint64_t vertex);

/* An array of values as one C array by index, when this node's vertices lie in this node's memory
 * there; else NULL, and values are copied. The same on all ranks. Collective. */
void *gr_values_at(const giga_graph *graph, const giga_array *values);

/* The vertices of this rank's position: an even share of the node's, whole 64s. */
void gr_my_vertices(const giga_graph *graph, uint64_t *first, uint64_t *last);

/* Draw chunks of [0, total) with the other ranks of the node. All ranks begin a phase
 * together, after a barrier, and draw until the work is gone. */
typedef struct gr_work {
    uint64_t *next;
    uint64_t total, chunk;
} gr_work;
gr_work gr_work_begin(giga_graph *graph, uint64_t total, uint64_t chunk);

static inline bool gr_work_draw(gr_work *work, uint64_t *first, uint64_t *last)
{
    *first = __atomic_fetch_add(work->next, work->chunk, __ATOMIC_RELAXED);
    if (*first >= work->total)
        return false;
    *last = work->total - *first < work->chunk ? work->total : *first + work->chunk;
    return true;
}

/* ---- inline access; `wide` is a constant in each kernel ---- */

static inline uint64_t gr_end(const gr_csr *csr, bool wide, uint64_t arc)
{
    return wide ? ((const uint64_t *)csr->ends)[arc] : ((const uint32_t *)csr->ends)[arc];
}

static inline bool gr_bit(const uint64_t *bits, uint64_t at)
{
    return bits[at / 64] >> (at % 64) & 1;
}

/* Set a bit that other ranks may set too; true when it was not set before. */
static inline bool gr_claim(uint64_t *bits, uint64_t at)
{
    uint64_t mask = UINT64_C(1) << (at % 64);

    if (__atomic_load_n(&bits[at / 64], __ATOMIC_RELAXED) & mask)
        return false;
    return !(__atomic_fetch_or(&bits[at / 64], mask, __ATOMIC_RELAXED) & mask);
}

static inline uint64_t gr_words(uint64_t bits)
{
    return (bits + 63) / 64;
}

double gr_seconds(void);

#endif
