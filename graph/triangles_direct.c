/*
 * triangles_direct.c - the triangles of a graph with short rows whose neighbours lie near each other
 * (a mesh, a road map), from the adjacency as it is.
 *
 * There, making forward lists takes longer than all counting. Rows are sorted by canonical number,
 * which on one node is the index, so the forward list of u is the beginning of its row, and the
 * parts of two rows that matter are merged. No row has more than DEGREE_MAX ends: the work is
 * at most that squared per vertex whatever the order is.
 */
#include "triangles_meet.h"

enum {
    CHUNK = 4096,           /* vertices drawn at a time */
    DEGREE_MAX = 32,
    SAMPLE = 64,            /* one vertex in so many is looked at, to decide */
    WINDOW = 1 << 15,       /* a neighbour not further than this is near */
    FAR_SHARE = 8,          /* one in so many may be far */
};

giga_status gr_is_direct(giga_graph *graph, bool *direct)
{
    const giga_graph_info *info = &graph->info;
    uint64_t first, last, arcs[2] = {0, 0};

    *direct = giga_nodes() == 1 && !info->directed && !info->loops_kept &&
              !info->duplicates_kept && info->largest_degree <= DEGREE_MAX;
    if (!*direct)
        return GIGA_OK;
    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v += SAMPLE) {
        for (uint64_t i = graph->out.rows[v]; i < graph->out.rows[v + 1]; i++) {
            uint64_t end = gr_end(&graph->out, graph->wide, i);
            arcs[0] += end + WINDOW - v > 2 * WINDOW;
            arcs[1]++;
        }
    }
    giga_status status = giga_allreduce(arcs, arcs, 2, GIGA_U64, GIGA_SUM);
    *direct = arcs[0] <= arcs[1] / FAR_SHARE;
    return status;
}

static inline void found_triangle(gr_counting *c, uint64_t u, uint64_t v, uint64_t w)
{
    c->total++;
    if (!c->tally)
        return;
    __atomic_fetch_add(&c->tally[u], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&c->tally[v], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&c->tally[w], 1, __ATOMIC_RELAXED);
}

/* What the rows [a, a_last) and [b, ...) have in common below v; the first has no more. */
static inline void merge(gr_counting *c, bool wide, uint64_t u, uint64_t v, uint64_t a,
                         uint64_t a_last)
{
    const gr_csr *csr = &c->graph->out;
    uint64_t b = csr->rows[v], b_last = csr->rows[v + 1];

    while (a < a_last && b < b_last) {
        uint64_t x = gr_end(csr, wide, a), y = gr_end(csr, wide, b);
        if (x == y)
            found_triangle(c, u, v, x);
        a += x <= y;
        b += y <= x;
    }
}

static inline void count_chunk(gr_counting *c, bool wide, uint64_t u, uint64_t last)
{
    const gr_csr *csr = &c->graph->out;

    for (; u < last; u++) {
        uint64_t begin = csr->rows[u], end = csr->rows[u + 1];
        for (uint64_t i = begin; i < end; i++) {
            uint64_t v = gr_end(csr, wide, i);
            if (v > u)
                break;
            c->arcs++;
            if (i > begin)
                merge(c, wide, u, v, begin, i);
        }
    }
}

void gr_count_direct(gr_counting *c)
{
    giga_graph *graph = c->graph;
    gr_work work = gr_work_begin(graph, graph->n, CHUNK);

    for (uint64_t u, last; gr_work_draw(&work, &u, &last);) {
        if (graph->wide)
            count_chunk(c, true, u, last);
        else
            count_chunk(c, false, u, last);
    }
}
