/*
 * order.c - see order.h.
 *
 * P. Faldu, J. Diamond, B. Grot: A Closer Look at Lightweight Graph Reordering, IISWC 2019:
 * vertices in bins of degree, the highest first, in the order of their ids inside a bin. What
 * is looked at most lies together, and the locality that ids may have is kept inside a bin.
 *
 * Invariants:
 *   N1  canonical numbers are a function of the edges alone: of degrees before duplicates are
 *       dropped, and of ids
 *   N2  vertices without an edge come last, unless nothing is reordered
 *   N3  a skewed graph is dealt to the positions in runs of 64 canonical numbers, so that each
 *       has its share of every bin; others keep runs of neighbours together
 *
 * Memory while it lasts: 8 bytes per vertex of the graph and node. Kept: 4 bytes per vertex, and 8
 * for its id.
 */
#include "order.h"

#include <stdlib.h>
#include <string.h>

enum {
    BINS = 34,              /* 0, 1, 2-3, 4-7 ...: degrees below 2^32, and those that are not */
    AHEAD = 24,             /* edges that a counter is fetched ahead of its use */
    FEW_ISOLATED = 16,      /* fewer than one in so many are left where they are */
    SKEW = 3,               /* a bin of 2^3 times the mean degree is a hub's */
    HUB_SHARE = 5,          /* hubs with one in so many arcs make a graph skewed */
    STEP = 8192,            /* places handled at a time */
};

typedef struct survey {
    uint64_t vertices[BINS], arcs[BINS];
} survey;

static unsigned bin_of(uint32_t degree)
{
    return degree == 0 ? 0 : 32 - (unsigned)__builtin_clz(degree);
}

/* A counter that has reached its end stays there: such a vertex is in the last bin anyway. */
static inline void count_one(uint32_t *at)
{
    if (__atomic_load_n(at, __ATOMIC_RELAXED) < UINT32_MAX / 2)
        __atomic_fetch_add(at, 1, __ATOMIC_RELAXED);
}

static void count_degrees(gr_edges *edges, bool loops, uint32_t *degree)
{
    gr_edges_walk walk;
    gr_edge_block b;

    gr_edges_walk_begin(edges, false, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        for (size_t i = 0; i < b.count; i++) {
            size_t ahead = i + AHEAD < b.count ? i + AHEAD : i;
            __builtin_prefetch(&degree[b.u[ahead]], 1);
            __builtin_prefetch(&degree[b.v[ahead]], 1);
            if (b.u[i] == b.v[i] && !loops)
                continue;
            count_one(&degree[b.u[i]]);
            if (b.u[i] != b.v[i])
                count_one(&degree[b.v[i]]);
        }
    }
}

/* This rank's share of places, by rank, not by position: prefix sums go over ranks. */
static void share_of(const giga_graph *graph, uint64_t *first, uint64_t *last)
{
    uint64_t rank = (uint64_t)giga_rank();

    *first = rank * graph->span < graph->n ? rank * graph->span : graph->n;
    *last = graph->n - *first < graph->span ? graph->n : *first + graph->span;
}

/* Degrees of this rank's places over all nodes. */
static giga_status sum_degrees(const giga_graph *graph, const gr_ordering *o, uint32_t *sum)
{
    uint64_t first, last;
    uint32_t part[STEP];
    giga_status status = GIGA_OK;

    share_of(graph, &first, &last);
    memset(sum, 0, (last - first) * sizeof *sum);
    for (int32_t k = 0; k < giga_nodes() && status == GIGA_OK; k++) {
        const uint32_t *theirs = gr_node_at(&o->degree_object, k);
        for (uint64_t at = first; at < last && status == GIGA_OK; at += STEP) {
            uint64_t count = last - at < STEP ? last - at : STEP;
            status = giga_get(part, theirs + at, count * sizeof *part);
            for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
                uint64_t both = (uint64_t)sum[at - first + i] + part[i];
                sum[at - first + i] = both < UINT32_MAX ? (uint32_t)both : UINT32_MAX;
            }
        }
    }
    return status;
}

static survey look_at(const uint32_t *degree, uint64_t count)
{
    survey s = {{0}, {0}};

    for (uint64_t i = 0; i < count; i++) {
        unsigned bin = bin_of(degree[i]);
        s.vertices[bin]++;
        s.arcs[bin] += degree[i];
    }
    return s;
}

/* Hubs have a good part of all arcs: then what is used most is worth having together. */
static bool is_skewed(const survey *all, uint64_t n)
{
    uint64_t arcs = 0, hubs = 0, connected = n - all->vertices[0];

    for (unsigned b = 0; b < BINS; b++)
        arcs += all->arcs[b];
    if (connected == 0)
        return false;
    uint64_t mean = arcs / connected;
    unsigned from = bin_of(mean < UINT32_MAX ? (uint32_t)mean : UINT32_MAX) + SKEW;
    for (unsigned b = from; b < BINS; b++)
        hubs += all->arcs[b];
    return hubs >= arcs / HUB_SHARE && hubs > 0;
}

/* Where the numbers of this rank's vertices in each bin begin. */
static giga_status begin_bins(const survey *mine, const survey *all, uint64_t *next)
{
    uint64_t before[BINS], at = 0;
    giga_status status = giga_exscan(mine->vertices, before, BINS, GIGA_U64, GIGA_SUM);

    if (giga_rank() == 0)
        memset(before, 0, sizeof before);
    for (unsigned b = BINS; b-- > 0;) {
        next[b] = at + before[b];
        at += all->vertices[b];
    }
    return status;
}

/* Give this rank's places their numbers, and tell all nodes. */
static giga_status number_share(const giga_graph *graph, gr_ordering *o, uint32_t *degree,
                                const survey *mine, const survey *all, bool skewed)
{
    uint64_t first, last, next[BINS];
    giga_status status = begin_bins(mine, all, next);

    share_of(graph, &first, &last);
    for (uint64_t i = 0; i < last - first; i++) {
        unsigned bin = skewed ? bin_of(degree[i]) : degree[i] > 0;
        degree[i] = (uint32_t)next[bin]++;
    }
    for (int32_t k = 0; k < giga_nodes() && status == GIGA_OK && last > first; k++)
        status = giga_put_nbi((uint32_t *)gr_node_at(&o->table_object, k) + first, degree,
                              (last - first) * sizeof *degree);
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* Two bins are enough to set the isolated apart. */
static survey two_bins(const survey *s)
{
    survey two = {{s->vertices[0]}, {0}};

    for (unsigned b = 1; b < BINS; b++)
        two.vertices[1] += s->vertices[b];
    return two;
}

/* N3: how words of 64 canonical numbers are dealt, see gr_index(). */
static void deal(giga_graph *graph)
{
    uint64_t words = gr_words(graph->n), run = graph->span / 64;

    graph->dealt = giga_nodes() > 1 && words > 1;
    if (!graph->dealt)
        return;
    graph->full = (words - 1) / run;
    graph->extra = (words - 1) % run;
}

static void renumber(const uint32_t *table, gr_edges *edges)
{
    uint64_t u[GR_BLOCK_EDGES], v[GR_BLOCK_EDGES];
    gr_edges_walk walk;
    gr_edge_block b;

    gr_edges_walk_begin(edges, false, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        for (size_t i = 0; i < b.count; i++) {
            u[i] = table[b.u[i]];
            v[i] = table[b.v[i]];
        }
        gr_edges_put_back(&walk, &b, u, v);
    }
}

giga_status gr_order_degrees(giga_graph *graph, uint32_t *degree, gr_ordering *o)
{
    uint64_t first, last;

    share_of(graph, &first, &last);
    survey mine = look_at(degree, last - first), all = mine;
    giga_status status = giga_allreduce(&mine, &all, 2 * BINS, GIGA_U64, GIGA_SUM);
    if (status != GIGA_OK)
        return status;
    graph->skewed = is_skewed(&all, graph->n);
    if (!graph->skewed && all.vertices[0] <= graph->n / FEW_ISOLATED)
        return GIGA_OK;
    if (!graph->skewed) {
        mine = two_bins(&mine);
        all = two_bins(&all);
    } else {
        deal(graph);
    }
    status = gr_node_alloc(graph->n * sizeof *o->table, false, &o->table_object);
    if (status != GIGA_OK)
        return status;
    o->table = o->table_object.at;
    return number_share(graph, o, degree, &mine, &all, graph->skewed);
}

giga_status gr_order_vertices(giga_graph *graph, gr_edges *edges, gr_ordering *o)
{
    uint64_t first, last;

    *o = (gr_ordering){0};
    if (graph->wide || graph->n == 0)
        return GIGA_OK; /* tables have 4 bytes per vertex */
    giga_status status = gr_node_alloc(graph->n * sizeof *o->degree, false, &o->degree_object);
    if (status != GIGA_OK)
        return status;
    o->degree = o->degree_object.at;
    count_degrees(edges, graph->info.loops_kept, o->degree);
    share_of(graph, &first, &last);
    uint32_t *mine = malloc((last - first + 1) * sizeof *mine);
    status = giga_agree(mine ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory for degrees"));
    if (status == GIGA_OK)
        status = giga_agree(sum_degrees(graph, o, mine));
    if (status == GIGA_OK)
        status = gr_order_degrees(graph, mine, o);
    free(mine);
    if (status == GIGA_OK && o->table)
        renumber(o->table, edges);
    return status;
}

giga_status gr_ordering_free(gr_ordering *o)
{
    giga_status status = gr_node_free(&o->table_object), freed = gr_node_free(&o->degree_object);

    *o = (gr_ordering){0};
    return status != GIGA_OK ? status : freed;
}

/* ---- what stays ---- */

/* Ids of the vertices of this node, each rank looking through a share of all places. */
static giga_status keep_ids(const gr_ordering *o, const gr_numbering *numbering, giga_graph *graph)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t share = (graph->n / ranks / STEP + 1) * STEP, ids[STEP];
    giga_status status = gr_node_alloc((graph->last - graph->first) * 8, false, &graph->ids_object);

    if (status != GIGA_OK)
        return status;
    uint64_t *own = graph->ids_object.at;
    graph->ids = own;
    for (uint64_t at = mine * share; at < (mine + 1) * share && at < graph->n; at += STEP) {
        uint64_t end = graph->n - at < STEP ? graph->n : at + STEP;
        gr_numbering_ids(numbering, at, end, ids);
        for (uint64_t place = at; place < end; place++) {
            uint64_t index = gr_index(graph, o->table ? o->table[place] : place);
            if (index >= graph->first && index < graph->last)
                own[index - graph->first] = ids[place - at];
        }
    }
    return giga_barrier();
}

static giga_status keep_indices(const gr_ordering *o, giga_graph *graph)
{
    uint64_t first, last;
    giga_status status = gr_node_alloc((graph->last - graph->first) * sizeof(uint32_t), false,
                                       &graph->index_object);

    if (status != GIGA_OK)
        return status;
    gr_my_vertices(graph, &first, &last);
    uint32_t *own = (uint32_t *)graph->index_object.at + (first - graph->first);
    for (uint64_t place = first; place < last; place++)
        own[place - first] = (uint32_t)gr_index(graph, o->table[place]);
    return giga_barrier();
}

giga_status gr_order_keep(const gr_ordering *o, const gr_numbering *numbering, giga_graph *graph)
{
    giga_status status = GIGA_OK;

    graph->info.lowest_id = numbering->lowest;
    graph->info.highest_id = numbering->highest;
    graph->contiguous = numbering->form == GR_IDENTITY;
    graph->reordered = o->table != NULL;
    graph->identity = graph->contiguous && !graph->reordered;
    if (!graph->identity)
        status = keep_ids(o, numbering, graph);
    if (status == GIGA_OK && graph->reordered)
        status = keep_indices(o, graph);
    return status;
}

void gr_indices_at(const giga_graph *graph, uint64_t first, uint64_t last, uint64_t *indices)
{
    const uint32_t *at = graph->index_object.at;

    for (uint64_t place = first; place < last; place++)
        indices[place - first] = graph->reordered ? at[place - graph->first] : place;
}
