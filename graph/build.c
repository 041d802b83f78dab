/*
 * build.c - the adjacency of a node, built by its ranks together in shared memory.
 *
 * Steps: arcs go to the node that owns their row (only between nodes); every rank counts
 * its arcs per row; rows are added up to places; every rank puts its arcs in place; rows
 * are sorted and freed of duplicates; if there were any, what is left moves together.
 *
 * Invariants:
 *   B1  while places are counted, rows[l + 2] is the length of row l; after the sum,
 *       rows[l + 1] is its start; each arc put in place moves rows[l + 1] on, so that at the
 *       end rows[l + 1] is the end of row l: no second array of cursors
 *   B2  an arc dropped as a duplicate is replaced by the largest number at the end of its
 *       row, which no vertex has, until rows move together
 *   B3  staged edges hold canonical numbers (model.h), and so do ends, by which rows are sorted,
 *       until rows are whole; then ends become indices, which on one node are the same
 *
 * Memory: staged edges are freed as they are put in place, 8 bytes each when ids are
 * small; an adjacency is 4 bytes per arc (narrow) and 8 per vertex.
 */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "sort.h"

enum {
    SORT_CHUNK = 256,   /* rows drawn at a time */
    ENDS_CHUNK = 1 << 16, /* ends drawn at a time */
    AHEAD = 24,         /* edges that a cursor is fetched ahead of its use: a memory latency */
};

/* ---- counting and placing ---- */

static inline uint64_t bump(uint64_t *at)
{
    return __atomic_fetch_add(at, 1, __ATOMIC_RELAXED);
}

/* Whether loops stay, here and below. Between nodes those that do not are never sent, and a row
 * equal to a number (B3) means nothing. */
static bool loops_stay(const giga_graph *graph)
{
    return graph->info.loops_kept || giga_nodes() > 1;
}

static void count_rows(const giga_graph *graph, gr_edges *edges, gr_arcs arcs, uint64_t *rows)
{
    uint64_t *length = rows + 2 - graph->first; /* B1; `first` is subtracted once */
    bool loops = loops_stay(graph);
    gr_edges_walk walk;
    gr_edge_block b;

    gr_edges_walk_begin(edges, false, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        for (size_t i = 0; i < b.count; i++) {
            size_t ahead = i + AHEAD < b.count ? i + AHEAD : i;
            __builtin_prefetch(&length[arcs == GR_ARCS_IN ? b.v[ahead] : b.u[ahead]], 1);
            if (arcs == GR_ARCS_BOTH)
                __builtin_prefetch(&length[b.v[ahead]], 1);
            if (b.u[i] == b.v[i] && !loops)
                continue;
            if (arcs != GR_ARCS_IN)
                bump(&length[b.u[i]]);
            if (arcs == GR_ARCS_IN || (arcs == GR_ARCS_BOTH && b.u[i] != b.v[i]))
                bump(&length[b.v[i]]);
        }
    }
}

static uint64_t *sums_of(const giga_graph *graph, const gr_csr *csr)
{
    return (uint64_t *)csr->rows_object.at + (graph->last - graph->first + 2);
}

giga_status gr_sum_rows(const giga_graph *graph, const gr_csr *csr, uint64_t *length,
                        uint64_t *arcs_out)
{
    uint64_t first, last, sum = 0, before = 0, total = 0, *sums = sums_of(graph, csr);

    gr_my_vertices(graph, &first, &last);
    first -= graph->first;
    last -= graph->first;
    for (uint64_t l = first; l < last; l++)
        sum += length[l];
    sums[giga_near_index()] = sum;
    giga_status status = giga_barrier();
    for (int32_t i = 0; i < giga_near_size(); i++) {
        before += i < giga_near_index() ? sums[i] : 0;
        total += sums[i];
    }
    /* length[l] is read by its own rank only. */
    uint64_t start = before;
    for (uint64_t l = first; l < last; l++) {
        start += length[l];
        length[l] = start;
    }
    *arcs_out = total;
    return status == GIGA_OK ? giga_barrier() : status;
}

typedef struct placer {
    const giga_graph *graph;
    uint64_t *cursor;       /* of row 0 of the whole graph */
    void *ends;
    double *weights;
} placer;

enum { SKIPPED = 0 };       /* a place is kept as place + 1, so that 0 is none */

/* Draw places for one direction of a block; what they point at is fetched meanwhile. */
static inline void draw_places(const placer *p, bool wide, const uint64_t *rows,
                               const uint64_t *ends, size_t count, bool loops, uint64_t *places)
{
    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(&p->cursor[rows[i + AHEAD < count ? i + AHEAD : i]], 1);
        places[i] = SKIPPED;
        if (rows[i] == ends[i] && !loops)
            continue;
        uint64_t at = bump(&p->cursor[rows[i]]);
        __builtin_prefetch((char *)p->ends + at * (wide ? 8 : 4), 1);
        places[i] = at + 1;
    }
}

static inline void fill_places(const placer *p, bool wide, const uint64_t *places,
                               const uint64_t *ends, const double *weights, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t at = places[i] - 1;
        if (places[i] == SKIPPED)
            continue;
        if (wide)
            ((uint64_t *)p->ends)[at] = ends[i];
        else
            ((uint32_t *)p->ends)[at] = (uint32_t)ends[i];
        if (p->weights)
            p->weights[at] = weights ? weights[i] : 1.0;
    }
}

/* Two passes over a block of 2048 edges, so that its cache misses overlap. */
static inline void place_all(gr_edges *edges, bool consume, gr_arcs arcs, const placer *p,
                             bool wide)
{
    uint64_t places[GR_BLOCK_EDGES];
    bool loops = loops_stay(p->graph);
    gr_edges_walk walk;
    gr_edge_block b;

    gr_edges_walk_begin(edges, consume, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        if (arcs != GR_ARCS_IN) {
            draw_places(p, wide, b.u, b.v, b.count, loops, places);
            fill_places(p, wide, places, b.v, b.w, b.count);
        }
        if (arcs != GR_ARCS_OUT) {
            draw_places(p, wide, b.v, b.u, b.count, loops && arcs == GR_ARCS_IN, places);
            fill_places(p, wide, places, b.u, b.w, b.count);
        }
    }
}

/* ---- rows: sort, drop duplicates, move together ---- */

typedef struct tally {
    uint64_t duplicates, loops;
} tally;

static inline uint64_t end_at(const void *ends, bool wide, uint64_t i)
{
    return wide ? ((const uint64_t *)ends)[i] : ((const uint32_t *)ends)[i];
}

static inline void set_end(void *ends, bool wide, uint64_t i, uint64_t end)
{
    if (wide)
        ((uint64_t *)ends)[i] = end;
    else
        ((uint32_t *)ends)[i] = (uint32_t)end;
}

/* One sorted row. B2. With weights the smallest of equal arcs stays: it is the first. */
static void drop_duplicates(const giga_graph *graph, const gr_csr *csr, double *weights,
                            uint64_t local, tally *t)
{
    bool wide = graph->wide, keep = graph->info.duplicates_kept;
    void *ends = (void *)(uintptr_t)csr->ends;
    uint64_t first = csr->rows[local], last = csr->rows[local + 1], to = first;
    uint64_t self = gr_order(graph, graph->first + local); /* B3 */

    for (uint64_t i = first; i < last; i++) {
        uint64_t end = end_at(ends, wide, i);
        bool again = i > first && end == end_at(ends, wide, to - 1);
        t->duplicates += again;
        if (again && !keep)
            continue;
        t->loops += end == self;
        set_end(ends, wide, to, end);
        if (weights)
            weights[to] = weights[i];
        to++;
    }
    for (; to < last; to++)
        set_end(ends, wide, to, UINT64_MAX);
}

static giga_status sort_rows(giga_graph *graph, const gr_csr *csr, double *weights, tally *t)
{
    gr_sorter sorter = {0};
    gr_work work = gr_work_begin(graph, graph->last - graph->first, SORT_CHUNK);
    giga_status status = GIGA_OK;

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last && status == GIGA_OK; l++) {
            uint64_t first = csr->rows[l], count = csr->rows[l + 1] - first;
            char *ends = (char *)(uintptr_t)csr->ends + first * (graph->wide ? 8 : 4);
            if (weights)
                status = gr_sort_weighted(&sorter, graph->wide, ends, weights + first, count);
            else if (graph->wide)
                status = gr_sort_u64(&sorter, (uint64_t *)(void *)ends, count);
            else
                status = gr_sort_u32(&sorter, (uint32_t *)(void *)ends, count);
            if (status == GIGA_OK)
                drop_duplicates(graph, csr, weights, l, t);
        }
    }
    gr_sorter_free(&sorter);
    return giga_agree(status);
}

/* Arcs left in a row from `low` to `high` (B2): the largest number marks the others, at
 * the end, where most rows have none. */
static uint64_t left_in_row(const giga_graph *graph, const gr_csr *csr, uint64_t low,
                            uint64_t high)
{
    uint64_t none = graph->wide ? UINT64_MAX : UINT32_MAX, first = low;

    if (low == high || gr_end(csr, graph->wide, high - 1) != none)
        return high - low;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (gr_end(csr, graph->wide, middle) == none)
            high = middle;
        else
            low = middle + 1;
    }
    return low - first;
}

giga_status gr_allocate_arcs(const giga_graph *graph, bool weighted, gr_csr *csr)
{
    giga_status status = gr_node_alloc(csr->arcs * (graph->wide ? 8 : 4), false,
                                       &csr->ends_object);
    if (status == GIGA_OK && weighted)
        status = gr_node_alloc(csr->arcs * 8, false, &csr->weights_object);
    csr->ends = csr->ends_object.at;
    csr->weights = weighted ? csr->weights_object.at : NULL;
    return status;
}

giga_status gr_allocate_rows(const giga_graph *graph, gr_csr *csr)
{
    /* Behind the rows: a spare (B1), and two words per rank for sums. */
    uint64_t words = graph->last - graph->first + 2 + 2 * (uint64_t)giga_near_size();
    giga_status status = gr_node_alloc(words * 8, false, &csr->rows_object);

    csr->rows = csr->rows_object.at;
    return status;
}

/* Move the rows of this rank together, to where the first of them is; rows[] names their
 * new places. Returns the arcs that are left. */
static uint64_t close_gaps(const giga_graph *graph, const gr_csr *csr, uint64_t first,
                           uint64_t last, uint64_t end_of_last)
{
    uint64_t *rows = csr->rows_object.at, width = graph->wide ? 8 : 4;
    char *ends = csr->ends_object.at;
    double *weights = csr->weights_object.at;
    uint64_t to = first < last ? rows[first] : 0, begin = to, from = to;

    for (uint64_t l = first; l < last; l++) {
        uint64_t end = l + 1 < last ? rows[l + 1] : end_of_last;
        uint64_t count = left_in_row(graph, csr, from, end);
        if (to != from) {
            memmove(ends + to * width, ends + from * width, count * width);
            if (csr->weights)
                memmove(weights + to, weights + from, count * 8);
        }
        rows[l] = to;
        to += count;
        from = end;
    }
    return to - begin;
}

/* The leader moves what the ranks have left, each in one piece, towards the front. */
static void join_pieces(const giga_graph *graph, const gr_csr *csr, const uint64_t *sums,
                        const uint64_t *begins)
{
    uint64_t width = graph->wide ? 8 : 4, to = 0;
    char *ends = csr->ends_object.at;
    double *weights = csr->weights_object.at;

    for (int32_t i = 0; i < giga_near_size(); i++) {
        if (sums[i] > 0 && to != begins[i]) {
            memmove(ends + to * width, ends + begins[i] * width, sums[i] * width);
            if (csr->weights)
                memmove(weights + to, weights + begins[i], sums[i] * 8);
        }
        to += sums[i];
    }
}

/* Drop the arcs that B2 has marked, in place: what is left moves once or twice, which costs
 * less than new memory. */
static giga_status move_together(const giga_graph *graph, gr_csr *csr)
{
    uint64_t *rows = csr->rows_object.at, *sums = sums_of(graph, csr);
    uint64_t *begins = sums + giga_near_size();
    uint64_t first, last, before = 0, total = 0;

    gr_my_vertices(graph, &first, &last);
    first -= graph->first;
    last -= graph->first;
    uint64_t begin = rows[first], end = rows[last];
    giga_status status = giga_barrier(); /* the next rank changes rows[last] */
    sums[giga_near_index()] = close_gaps(graph, csr, first, last, end);
    begins[giga_near_index()] = begin;
    if (status == GIGA_OK)
        status = giga_barrier();
    if (giga_near_index() == 0)
        join_pieces(graph, csr, sums, begins);
    for (int32_t i = 0; i < giga_near_size(); i++) {
        before += i < giga_near_index() ? sums[i] : 0;
        total += sums[i];
    }
    for (uint64_t l = first; l < last; l++)
        rows[l] -= begin - before;
    csr->arcs = total;
    if (status == GIGA_OK)
        status = giga_barrier();
    if (giga_near_index() == 0)
        rows[graph->last - graph->first] = total;
    return status == GIGA_OK ? giga_barrier() : status;
}

/* B3: canonical numbers to indices. */
static giga_status name_ends(giga_graph *graph, const gr_csr *csr)
{
    gr_work work = gr_work_begin(graph, csr->arcs, ENDS_CHUNK);

    for (uint64_t i, last; gr_work_draw(&work, &i, &last);) {
        for (; i < last; i++)
            set_end(csr->ends_object.at, graph->wide, i,
                    gr_index(graph, gr_end(csr, graph->wide, i)));
    }
    return giga_barrier();
}

/* ---- all ---- */

static giga_status build_here(giga_graph *graph, gr_edges *edges, bool consume, gr_arcs arcs,
                              bool weighted, gr_csr *csr)
{
    giga_status status = gr_allocate_rows(graph, csr);
    if (status != GIGA_OK)
        return status;
    uint64_t *rows = csr->rows_object.at;
    count_rows(graph, edges, arcs, rows);
    status = giga_barrier();
    if (status == GIGA_OK)
        status = gr_sum_rows(graph, csr, rows + 2, &csr->arcs);
    if (status == GIGA_OK)
        status = gr_allocate_arcs(graph, weighted, csr);
    if (status != GIGA_OK)
        return status;
    placer p = {graph, rows + 1 - graph->first, csr->ends_object.at,
                weighted ? csr->weights_object.at : NULL};
    if (graph->wide)
        place_all(edges, consume, arcs, &p, true);
    else
        place_all(edges, consume, arcs, &p, false);
    return giga_barrier();
}

giga_status gr_build(giga_graph *graph, gr_edges *edges, bool consume, gr_arcs arcs,
                     bool weighted, gr_csr *out, uint64_t *duplicates_out, uint64_t *loops_out)
{
    gr_edges received;
    tally t = {0, 0};
    giga_status status = GIGA_OK;
    bool here = giga_nodes() == 1;

    *out = (gr_csr){0};
    gr_edges_init(&received, weighted);
    if (!here)
        status = gr_exchange_arcs(graph, edges, consume, arcs, &received);
    if (status == GIGA_OK)
        status = here ? build_here(graph, edges, consume, arcs, weighted, out)
                      : build_here(graph, &received, true, GR_ARCS_OUT, weighted, out);
    gr_edges_clear(&received);
    if (status == GIGA_OK)
        status = sort_rows(graph, out, weighted ? out->weights_object.at : NULL, &t);
    if (status != GIGA_OK)
        return status;
    *duplicates_out = giga_allreduce_sum(t.duplicates);
    *loops_out = giga_allreduce_sum(t.loops);
    if (*duplicates_out > 0 && !graph->info.duplicates_kept)
        status = move_together(graph, out);
    if (status == GIGA_OK && graph->dealt)
        status = name_ends(graph, out);
    return status;
}

giga_status gr_csr_free(gr_csr *csr)
{
    gr_node_object *all[] = {&csr->rows_object, &csr->ends_object, &csr->weights_object};
    giga_status status = GIGA_OK;

    for (size_t i = 0; i < 3 && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    csr->rows = NULL;
    csr->ends = NULL;
    return status;
}
