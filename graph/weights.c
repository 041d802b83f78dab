/*
 * weights.c - see weights.h. Rows are sorted by insertion when short, else by digits of the
 * weight's bits, which order as the numbers do while these are not negative.
 *
 * Sorts are stable: rows come in canonical order (model.h) and equal weights keep it.
 */
#include "weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 256,        /* rows drawn at a time */
    SHORT = 48,         /* arcs of a row that are sorted by insertion */
    DIGITS = 256,
};

/* What the weights are like; this rank's part, then the job's. */
typedef struct survey {
    double share;       /* of the mean: weights divided by the number of all arcs */
    uint64_t finite;
    bool exact;         /* in single precision */
} survey;

/* ---- looking ---- */

static giga_status refuse(const giga_graph *graph, uint64_t local, uint64_t arc)
{
    uint64_t end = gr_end(&graph->out, graph->wide, arc);
    double weight = graph->out.weights[arc];

    return giga_fail(GIGA_ERR_INVALID, "the weight of the arc from %" PRIu64 " to %" PRIu64 " is %g, "
                     "shortest paths need weights of 0 or more", gr_own_id(graph, local),
                     giga_graph_id(graph, end), isnan(weight) ? NAN : weight);
}

/* This rank's rows. */
static giga_status look(const giga_graph *graph, survey *s)
{
    double all = graph->info.arcs ? (double)graph->info.arcs : 1.0;
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++) {
        for (uint64_t i = graph->out.rows[l]; i < graph->out.rows[l + 1]; i++) {
            double w = graph->out.weights[i];
            if (!(w >= 0))
                return refuse(graph, l, i);
            s->exact = s->exact && (isinf(w) || (fabs(w) <= 0x1p127 && (double)(float)w == w));
            if (!isinf(w)) {
                s->share += w / all;
                s->finite++;
            }
        }
    }
    return GIGA_OK;
}

/* ---- sorting ---- */

/* The two forms differ in types alone. */
#define WEIGHT_SORT(name, arc, bits_type, ends)                                         \
    static inline bits_type bits_##name(const arc *a)                                   \
    {                                                                                   \
        bits_type bits;                                                                 \
        memcpy(&bits, &a->weight, sizeof bits);                                         \
        return bits;                                                                    \
    }                                                                                   \
                                                                                        \
    static void insert_##name(arc *row, uint64_t count)                                 \
    {                                                                                   \
        for (uint64_t i = 1; i < count; i++) {                                          \
            arc a = row[i];                                                             \
            uint64_t at = i;                                                            \
            for (; at > 0 && row[at - 1].weight > a.weight; at--)                       \
                row[at] = row[at - 1];                                                  \
            row[at] = a;                                                                \
        }                                                                               \
    }                                                                                   \
                                                                                        \
    static void spread_##name(const arc *from, arc *to, uint64_t count, unsigned shift, \
                              uint64_t *places)                                         \
    {                                                                                   \
        uint64_t sum = 0;                                                               \
        for (int d = 0; d < DIGITS; d++) {                                              \
            uint64_t here = places[d];                                                  \
            places[d] = sum;                                                            \
            sum += here;                                                                \
        }                                                                               \
        for (uint64_t i = 0; i < count; i++)                                            \
            to[places[bits_##name(&from[i]) >> shift & (DIGITS - 1)]++] = from[i];      \
    }                                                                                   \
                                                                                        \
    static void sort_##name(arc *row, arc *scratch, uint64_t count)                     \
    {                                                                                   \
        arc *from = row, *to = scratch;                                                 \
        if (count <= SHORT) {                                                           \
            insert_##name(row, count);                                                  \
            return;                                                                     \
        }                                                                               \
        for (unsigned shift = 0; shift < 8 * sizeof(bits_type); shift += 8) {           \
            uint64_t counts[DIGITS] = {0};                                              \
            for (uint64_t i = 0; i < count; i++)                                        \
                counts[bits_##name(&from[i]) >> shift & (DIGITS - 1)]++;                \
            if (counts[bits_##name(&from[0]) >> shift & (DIGITS - 1)] == count)         \
                continue;                                                               \
            spread_##name(from, to, count, shift, counts);                              \
            arc *swap = from;                                                           \
            from = to;                                                                  \
            to = swap;                                                                  \
        }                                                                               \
        if (from != row)                                                                \
            memcpy(row, from, count * sizeof *row);                                     \
    }                                                                                   \
                                                                                        \
    static void copy_##name(const gr_csr *csr, bool wide, uint64_t first, uint64_t last, \
                            arc *arcs)                                                  \
    {                                                                                   \
        for (uint64_t i = first; i < last; i++) {                                       \
            arcs[i].end = (ends)gr_end(csr, wide, i);                                   \
            arcs[i].weight = csr->weights[i] + 0.0; /* no negative zero */              \
        }                                                                               \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion" /* compact weights lose nothing: look() knows */
#pragma GCC diagnostic ignored "-Wfloat-conversion"
WEIGHT_SORT(compact, gr_compact_arc, uint32_t, uint32_t)
WEIGHT_SORT(full, gr_full_arc, uint64_t, uint64_t)
#pragma GCC diagnostic pop

static uint64_t longest_row(const giga_graph *graph, const gr_csr *csr)
{
    uint64_t longest = 0;

    for (uint64_t l = 0; l < graph->last - graph->first; l++) {
        uint64_t count = csr->rows[l + 1] - csr->rows[l];
        longest = count > longest ? count : longest;
    }
    return longest;
}

static void sort_row(const gr_weights *w, const gr_weighted *side, uint64_t row, uint64_t end,
                     void *scratch)
{
    if (w->form == GR_WEIGHTS_COMPACT) {
        gr_compact_arc *arcs = side->arcs_object.at;
        copy_compact(side->csr, w->wide, row, end, arcs);
        sort_compact(arcs + row, scratch, end - row);
    } else {
        gr_full_arc *arcs = side->arcs_object.at;
        copy_full(side->csr, w->wide, row, end, arcs);
        sort_full(arcs + row, scratch, end - row);
    }
}

static giga_status make_side(giga_graph *graph, const gr_weights *w, const gr_csr *csr,
                             gr_weighted *side)
{
    uint64_t size = w->form == GR_WEIGHTS_COMPACT ? sizeof(gr_compact_arc) : sizeof(gr_full_arc);

    side->csr = csr;
    if (w->form == GR_WEIGHTS_UNIT)
        return GIGA_OK;
    giga_status status = gr_node_alloc(csr->arcs * size, false, &side->arcs_object);
    if (status != GIGA_OK)
        return status;
    side->arcs = side->arcs_object.at;
    void *scratch = malloc((longest_row(graph, csr) + 1) * size);
    status = giga_agree(scratch ? GIGA_OK
                                : giga_fail(GIGA_ERR_MEMORY, "giga_sssp: out of memory for sorting"));
    if (status == GIGA_OK) {
        gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);
        for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
            for (; l < last; l++)
                sort_row(w, side, csr->rows[l], csr->rows[l + 1], scratch);
        }
        status = giga_barrier();
    }
    free(scratch);
    return status;
}

giga_status gr_weights_make(giga_graph *graph, gr_weights *w)
{
    survey s = {.exact = true};

    *w = (gr_weights){.form = GR_WEIGHTS_UNIT, .wide = graph->wide, .mean = 1.0};
    if (graph->info.weighted) {
        giga_status status = giga_agree(look(graph, &s));
        if (status != GIGA_OK)
            return status;
        double mean = giga_allreduce_sum(s.share); /* decides about speed, not about results */
        uint64_t finite = giga_allreduce_sum(s.finite);
        if (finite > 0 && mean > 0 && !isinf(mean))
            w->mean = mean * ((double)graph->info.arcs / (double)finite);
        bool compact = giga_allreduce_min((uint64_t)s.exact) == 1 && !graph->wide;
        w->form = compact ? GR_WEIGHTS_COMPACT : GR_WEIGHTS_FULL;
    }
    giga_status status = make_side(graph, w, &graph->out, &w->out);
    if (status == GIGA_OK && graph->info.directed)
        status = make_side(graph, w, &graph->in, &w->in);
    else
        w->in = w->out;
    return status;
}

giga_status gr_weights_free(giga_graph *graph, gr_weights *w)
{
    giga_status status = gr_node_free(&w->out.arcs_object);

    if (status == GIGA_OK && graph->info.directed)
        status = gr_node_free(&w->in.arcs_object);
    return status;
}
