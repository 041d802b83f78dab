/*
 * pagerank.c - PageRank by pulling, to the same bits for every number of ranks.
 *
 * A vertex adds up what its in-neighbours give, in the order of its sorted row, along the row or
 * by tiles (tiles.h), which is the same order; sums over vertices are exact (exact.h). So nothing
 * depends on how the work is divided. The asynchronous
 * and the residual-driven method (pagerank_residual.c) use the same sums on values that change
 * under them: they reach the same fixed point by another way. What dangling vertices hold is
 * given to all as the rest is, so that x = d P x + c is solved by the solution without a pot,
 * scaled to the sum 1: in place there is no pot, which would be out of date. Sweeps in place do not
 * keep the sum as iterations do, and it would settle slowly: ranks are kept as multiples of a
 * scale that after every sweep makes what comes in equal to what goes out.
 *
 * By iterations only what is given is kept, not the ranks: they are that times the out-degree.
 *
 * Memory per node: two mirrors of 8 bytes per vertex of the graph (of other nodes' vertices
 * only the pages with ghosts); when not by iterations one, and 8 bytes per vertex of the node;
 * a bit each when some are sources; tiles.
 */
#include "pagerank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 1024,
    BLOCK = 128,        /* vertices whose sums are kept before they settle */
    SHORT = 4,          /* arcs of a row that are added up without a branch */
    GROUP = 8,          /* vertices whose changes are added up before they go into the exact sum;
                           aligned, so that no split into chunks or nodes parts them */
};

/* Sources as bits, each once; the leader of a node marks its own. */
static giga_status mark_homes(gr_pagerank *p)
{
    giga_graph *graph = p->graph;
    uint64_t locals = graph->last - graph->first, count = 0;
    giga_status status = gr_node_alloc(gr_words(locals) * 8, false, &p->home_object);

    p->home = p->home_object.at;
    for (uint64_t i = 0; status == GIGA_OK && giga_near_index() == 0 && i < p->opts->source_count; i++) {
        uint64_t v = p->opts->sources[i];
        count += v >= graph->first && v < graph->last && gr_claim(p->home, v - graph->first);
    }
    p->homes = (double)giga_allreduce_sum(count);
    return status;
}

giga_status gr_pagerank_start(gr_pagerank *p, giga_graph *graph, const giga_pagerank_opts *opts)
{
    bool in_place = opts->method != GIGA_PAGERANK_PULL;
    giga_status status;

    *p = (gr_pagerank){.graph = graph, .opts = opts, .start = opts->start, .homes = (double)graph->n,
                       .in_place = in_place, .total = 1, .scale = 1};
    status = gr_ghosts_make(graph, GR_ARCS_IN, &p->ghosts);
    if (status == GIGA_OK && in_place)
        status = gr_node_alloc((graph->last - graph->first) * 8, false, &p->rank_object);
    for (int i = 0; i < (in_place ? 1 : 2) && status == GIGA_OK; i++)
        status = gr_node_alloc((graph->n + 1) * 8, giga_nodes() > 1, &p->mirror_object[i]);
    if (status == GIGA_OK && !in_place)
        status = gr_tiles_make(graph, opts->max_iterations, &p->tiles);
    if (status == GIGA_OK && opts->sources)
        status = mark_homes(p);
    p->rank = p->rank_object.at;
    p->gives[0] = p->mirror_object[0].at;
    p->gives[1] = p->mirror_object[in_place ? 0 : 1].at;
    return status;
}

giga_status gr_pagerank_stop(gr_pagerank *p)
{
    giga_status status = gr_ghosts_free(&p->ghosts);

    if (status == GIGA_OK)
        status = gr_tiles_free(&p->tiles);
    gr_node_object *all[] = {&p->rank_object, &p->mirror_object[0], &p->mirror_object[1],
                             &p->home_object, &p->active_object[0], &p->active_object[1]};

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    return status;
}

typedef uint32_t short_row __attribute__((vector_size(4 * SHORT)));

/* The sum over in-arcs [i, last), in their order. Short rows, of which a mesh has nothing else, go
 * without a branch that would be guessed wrongly: what is not there counts as vertex n. */
static inline double pull(const gr_csr *in, const double *gives, bool wide, uint32_t nobody,
                          uint64_t i, uint64_t last)
{
    static const short_row there[SHORT + 1] = {
        {0, 0, 0, 0}, {~0U, 0, 0, 0}, {~0U, ~0U, 0, 0}, {~0U, ~0U, ~0U, 0}, {~0U, ~0U, ~0U, ~0U}};
    double sum = 0;

    if (!wide && i + SHORT <= in->arcs) {
        const short_row absent = {nobody, nobody, nobody, nobody};
        short_row mask = there[last - i < SHORT ? last - i : SHORT];
        short_row row;
        memcpy(&row, (const uint32_t *)in->ends + i, sizeof row);
        row = (row & mask) | (absent & ~mask);
        sum = gives[row[0]] + gives[row[1]] + gives[row[2]] + gives[row[3]];
        i += SHORT;
    }
    for (; i < last; i++)
        sum += gives[gr_end(in, wide, i)];
    return sum;
}

/* What everybody, or every source, gets. */
typedef struct bases {
    double home, other;
} bases;

static bases bases_of(const gr_pagerank *p, double dangling)
{
    double damping = p->opts->damping;
    bool lost = p->opts->semantics == GIGA_SEMANTICS_GAP || p->in_place;
    double base = (1.0 - damping) / p->homes + (lost ? 0.0 : damping * dangling / p->homes);

    base = p->in_place ? base / p->scale : base;
    return (bases){base, p->home ? 0.0 : base};
}

/* A change that matters: neighbours are to be looked at again. */
static inline void tell_neighbours(gr_pagerank *p, bool wide, uint64_t local)
{
    const giga_graph *graph = p->graph;

    for (uint64_t i = graph->out.rows[local]; i < graph->out.rows[local + 1]; i++) {
        uint64_t end = gr_end(&graph->out, wide, i);
        if (end >= graph->first && end < graph->last)
            gr_claim(p->active[1], end - graph->first);
    }
}

/* In place: what the vertex gives is there for those that are looked at after it. */
static inline void sweep_one(gr_pagerank *p, bool wide, uint64_t local, const bases *base,
                             gr_exact_run *change, gr_shares *s)
{
    const giga_graph *graph = p->graph;
    const gr_csr *in = &graph->in;
    uint64_t first = in->rows[local], end = in->rows[local + 1];
    bool home = p->home && gr_bit(p->home, local);

    if (first == end && !home && !p->each && gr_out_degree(graph, local) == 0) {
        s->isolated++; /* all alike: see settle_isolated() */
        return;
    }
    double sum = pull(in, p->gives[0], wide, (uint32_t)graph->n, first, end);
    double rank = (home ? base->home : base->other) + p->opts->damping * sum;
    double moved = fabs(rank - p->rank[local]);
    p->arcs += end - first;
    gr_exact_run_add(change, moved);
    p->rank[local] = rank;
    gr_give(p, local, rank, 0, s);
    if (p->threshold > 0 && moved > p->threshold)
        tell_neighbours(p, wide, local);
}

static inline void sweep_chunk(gr_pagerank *p, bool wide, bool some, uint64_t local, uint64_t last,
                               const bases *base, gr_shares *s)
{
    gr_exact_run change = {0, 0};

    for (; local < last; local++) {
        if (!some || gr_bit(p->active[0], local))
            sweep_one(p, wide, local, base, &change, s);
    }
    gr_exact_run_end(&s->sums[GR_CHANGE], &change);
}

/* Where the values of one group are. */
typedef struct group {
    const uint64_t *out;        /* rows */
    const double *now, *sums;
    double *next;
} group;

/* The new ranks of `count` vertices of a group, some of which may be sources. */
static void settle_some(const gr_pagerank *p, const group *g, uint64_t local, uint64_t count,
                        const bases *base, gr_shares *s)
{
    double moved = 0, dangling = 0;

    for (uint64_t i = 0; i < count; i++) {
        uint64_t degree = g->out[i + 1] - g->out[i];
        double many = degree ? (double)degree : 1.0;
        bool home = p->home && gr_bit(p->home, local + i);
        double rank = (home ? base->home : base->other) + p->opts->damping * g->sums[i];
        moved += fabs(rank - g->now[i] * many);
        dangling += degree ? 0.0 : rank;
        g->next[i] = rank / many;
    }
    gr_exact_add(&s->sums[GR_CHANGE], moved);
    gr_exact_add(&s->sums[GR_DANGLING], dangling);
}

typedef double doubles __attribute__((vector_size(8 * GROUP / 2)));
typedef int64_t longs __attribute__((vector_size(8 * GROUP / 2)));

/* The same of half a group without sources, all at once. */
static inline void settle_half(const group *g, uint64_t first, double damping, double base,
                               doubles *moved, doubles *dangling)
{
    longs degree, next, here;
    doubles now, sums;

    memcpy(&next, g->out + first + 1, sizeof next);
    memcpy(&here, g->out + first, sizeof here);
    memcpy(&now, g->now + first, sizeof now);
    memcpy(&sums, g->sums + first, sizeof sums);
    degree = next - here;
    longs none = degree == 0, sign = (longs)(-(doubles){0});
    /* An integer below 2^52 is the low bits of that double; where there is none, 0 becomes 1. */
    doubles many = (doubles)(degree | (longs)((doubles){0} + 0x1p52)) - 0x1p52;
    many = (doubles)((longs)many | (none & (longs)((doubles){0} + 1.0)));
    doubles rank = base + damping * sums, gives = rank / many;
    *moved += (doubles)((longs)(rank - now * many) & ~sign);
    *dangling += (doubles)((longs)rank & none);
    memcpy(g->next + first, &gives, sizeof gives);
}

static inline void settle_group(const group *g, double damping, double base, gr_shares *s)
{
    doubles moved = {0}, dangling = {0};

    settle_half(g, 0, damping, base, &moved, &dangling);
    settle_half(g, GROUP / 2, damping, base, &moved, &dangling);
    gr_exact_add(&s->sums[GR_CHANGE], (moved[0] + moved[1]) + (moved[2] + moved[3]));
    gr_exact_add(&s->sums[GR_DANGLING], (dangling[0] + dangling[1]) + (dangling[2] + dangling[3]));
}

static void settle(gr_pagerank *p, uint64_t local, uint64_t last, const double *sums,
                   const bases *base, int which, gr_shares *s)
{
    const uint64_t *in = p->graph->in.rows, *out = p->graph->out.rows;
    const double *now = p->gives[which] + p->graph->first;
    double *next = p->gives[1 - which] + p->graph->first, damping = p->opts->damping;

    for (; local < last; local += GROUP, sums += GROUP) {
        uint64_t count = last - local < GROUP ? last - local : GROUP;
        const group g = {out + local, now + local, sums, next + local};
        if (p->home || count < GROUP)
            settle_some(p, &g, local, count, base, s);
        else if (p->each || in[local + GROUP] > in[local] || out[local + GROUP] > out[local])
            settle_group(&g, damping, base->other, s);
        else
            s->isolated += count; /* all alike: see settle_isolated() */
    }
}

static inline void pull_block(gr_pagerank *p, bool wide, uint64_t local, uint64_t last, int which,
                              double *sums)
{
    const gr_csr *in = &p->graph->in;
    uint64_t first = in->rows[local];

    p->arcs += in->rows[last] - first;
    for (; local < last; local++) {
        uint64_t end = in->rows[local + 1];
        *sums++ = pull(in, p->gives[which], wide, (uint32_t)p->graph->n, first, end);
        first = end;
    }
}

static void iterate_rows(gr_pagerank *p, const bases *base, int which, gr_shares *s)
{
    giga_graph *graph = p->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);
    double sums[BLOCK];

    for (uint64_t first, end; gr_work_draw(&work, &first, &end);) {
        for (uint64_t local = first, last; local < end; local = last) {
            last = end - local < BLOCK ? end : local + BLOCK;
            if (graph->wide)
                pull_block(p, true, local, last, which, sums);
            else
                pull_block(p, false, local, last, which, sums);
            settle(p, local, last, sums, base, which, s);
        }
    }
}

static void iterate_tiles(gr_pagerank *p, const bases *base, int which, gr_shares *s)
{
    const gr_tiles *tiles = &p->tiles;
    gr_work work = gr_work_begin(p->graph, tiles->chunks, 1);

    for (uint64_t chunk, end; gr_work_draw(&work, &chunk, &end);) {
        uint64_t first = tiles->chunk_first[chunk], last = tiles->chunk_first[end];
        gr_tiles_add(tiles, chunk, p->gives[which]);
        settle(p, first, last, tiles->sums, base, which, s);
        p->arcs += p->graph->in.rows[last] - p->graph->in.rows[first];
    }
}

static void sweep(gr_pagerank *p, const bases *base, bool some, gr_shares *s)
{
    giga_graph *graph = p->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    for (uint64_t local, last; gr_work_draw(&work, &local, &last);) {
        if (graph->wide)
            sweep_chunk(p, true, some, local, last, base, s);
        else
            sweep_chunk(p, false, some, local, last, base, s);
    }
}

/* Vertices without an arc have the base, all of them; they stand in the sums, and get their rank
 * at the end. */
static void settle_isolated(gr_pagerank *p, double base, gr_shares *s)
{
    gr_exact_add_times(&s->sums[GR_CHANGE], fabs(base - p->base), s->isolated);
    gr_exact_add_times(&s->sums[GR_DANGLING], base, s->isolated);
    gr_exact_add_times(&s->sums[GR_TOTAL], base, s->isolated);
    p->base = base;
}

giga_status gr_pagerank_iterate(gr_pagerank *p, double dangling, int which, bool some, gr_shares *s)
{
    giga_graph *graph = p->graph;
    bases base = bases_of(p, dangling);

    *s = (gr_shares){{0, 0, 0}, 0};
    p->bytes = p->arcs = 0;
    if (p->in_place)
        sweep(p, &base, some, s);
    else if (p->tiles.chunks > 0)
        iterate_tiles(p, &base, which, s);
    else
        iterate_rows(p, &base, which, s);
    if (!some)
        settle_isolated(p, base.other, s);
    p->each = p->each && !p->start; /* after one iteration the isolated are alike again */
    gr_account_wait(&graph->account);
    if (giga_nodes() == 1)
        return GIGA_OK; /* the sums that follow are the barrier */
    giga_status status = giga_barrier();
    return status == GIGA_OK
               ? gr_ghosts_refresh(graph, &p->ghosts, p->gives[1 - which], &p->bytes)
               : status;
}

/* In place: the scale at which (1 - d) comes in and (1 - d) of the total, and d of what dangling
 * vertices hold, goes out. */
static void balance(gr_pagerank *p, double total, double dangling)
{
    double damping = p->opts->damping, out = (1.0 - damping) * total + damping * dangling;

    p->total = total;
    if (out > 0 && damping < 1.0)
        p->scale = (1.0 - damping) / out;
}

/* Ranks as they are given. Returns what they are multiples of: their sum, but that of GAP's ranks
 * is not 1, and they are taken as they are when nothing else scales them. */
static giga_status load_start(gr_pagerank *p, double *unit)
{
    const giga_graph *graph = p->graph;
    uint64_t first, last;
    gr_exact sum = 0;

    gr_my_vertices(graph, &first, &last);
    double *rank = gr_pagerank_own(p) + (first - graph->first);
    giga_status status = giga_array_get(p->start, first, last - first, rank);
    for (uint64_t i = 0; i < last - first && status == GIGA_OK; i++) {
        if (!(rank[i] >= 0.0 && rank[i] <= 1.0))
            status = giga_fail(GIGA_ERR_ARG, "giga_pagerank: vertex %llu starts with %g, expected 0 "
                               "to 1", (unsigned long long)giga_graph_id(graph, first + i), rank[i]);
        else
            gr_exact_add(&sum, rank[i]);
    }
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_exact_reduce(&sum, 1, NULL);
    if (status == GIGA_OK && sum == 0)
        status = giga_fail(GIGA_ERR_ARG, "giga_pagerank: all vertices start with 0");
    *unit = p->in_place || p->opts->semantics != GIGA_SEMANTICS_GAP ? gr_exact_value(sum) : 1.0;
    p->each = true;
    return status;
}

giga_status gr_pagerank_first(gr_pagerank *p, gr_exact *dangling)
{
    giga_graph *graph = p->graph;
    uint64_t first, last;
    double each = 1.0 / p->homes, unit = 1.0;
    gr_shares s = {{0, 0, 0}, 0};
    giga_status status = p->start ? load_start(p, &unit) : GIGA_OK;

    if (status != GIGA_OK)
        return status;
    gr_my_vertices(graph, &first, &last);
    double *own = gr_pagerank_own(p);
    for (uint64_t local = first - graph->first; local < last - graph->first; local++) {
        double rank = !p->home || gr_bit(p->home, local) ? each : 0.0;
        if (p->start)
            rank = own[local] / unit;
        if (p->in_place)
            p->rank[local] = rank;
        gr_give(p, local, rank, 0, &s);
    }
    status = giga_barrier();
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &p->ghosts, p->gives[0], &p->bytes);
    *dangling = s.sums[GR_DANGLING];
    p->base = p->home ? 0.0 : each;
    if (status == GIGA_OK)
        status = gr_exact_reduce(dangling, 1, NULL);
    if (p->in_place && p->start)
        balance(p, 1.0, gr_exact_value(*dangling));
    return status;
}

static bool note_step(giga_pagerank_stats *stats, double change, double seconds, uint64_t bytes)
{
    uint64_t count = stats->iterations;

    if ((count & (count - 1)) == 0) { /* room doubles at powers of two */
        giga_pagerank_step *steps = realloc(stats->steps, (2 * count + 1) * sizeof *steps);
        if (!steps)
            return false;
        stats->steps = steps;
    }
    stats->steps[stats->iterations++] = (giga_pagerank_step){change, seconds, bytes};
    stats->change = change;
    return true;
}

giga_status gr_pagerank_note(gr_pagerank *p, gr_shares *s, bool full, double begin,
                             giga_pagerank_stats *stats)
{
    const giga_pagerank_opts *opts = p->opts;
    uint64_t mine = p->bytes, locals = p->graph->last - p->graph->first;
    giga_status status = gr_exact_reduce(s->sums, 3, &p->bytes);

    gr_account_step(&p->graph->account, "iteration", locals / (uint64_t)giga_near_size(), p->arcs,
                    mine, mine ? (uint64_t)giga_nodes() - 1 : 0);
    if (p->in_place && full)
        balance(p, gr_exact_value(s->sums[GR_TOTAL]), gr_exact_value(s->sums[GR_DANGLING]));
    if (status == GIGA_OK && !note_step(stats, gr_exact_value(s->sums[GR_CHANGE]) / p->total,
                                        gr_seconds() - begin, p->bytes))
        status = giga_fail(GIGA_ERR_MEMORY, "giga_pagerank: out of memory for the steps");
    if (opts->progress)
        opts->progress(opts->progress_argument, "PageRank",
                       (double)stats->iterations / (double)opts->max_iterations);
    return status;
}

static giga_status run(gr_pagerank *p, giga_pagerank_stats *stats)
{
    const giga_pagerank_opts *opts = p->opts;
    gr_exact dangling;
    giga_status status = gr_pagerank_first(p, &dangling);

    for (uint64_t k = 0; k < opts->max_iterations && status == GIGA_OK && !stats->converged; k++) {
        double begin = gr_seconds();
        gr_shares s;
        status = gr_pagerank_iterate(p, gr_exact_value(dangling), (int)(k % 2), false, &s);
        if (status == GIGA_OK)
            status = gr_pagerank_note(p, &s, true, begin, stats);
        dangling = s.sums[GR_DANGLING];
        stats->converged = opts->tolerance > 0 && stats->change < opts->tolerance;
    }
    return status;
}

/* This rank's vertices' ranks as they are told to the caller: where the caller wants them, if that
 * is near, else over what was given one iteration ago. Collective. */
static giga_status give_ranks(gr_pagerank *p, const giga_pagerank_stats *done, giga_array *rank)
{
    const giga_graph *graph = p->graph;
    bool gap = p->opts->semantics == GIGA_SEMANTICS_GAP;
    const double *gives = p->gives[done->iterations % 2] + graph->first;
    double *there = gr_values_at(graph, rank);
    double *own = there ? there + graph->first
                        : p->in_place ? p->rank : p->gives[1 - done->iterations % 2] + graph->first;
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++) {
        uint64_t degree = gr_out_degree(graph, l);
        bool alone = degree == 0 && graph->in.rows[l] == graph->in.rows[l + 1];
        double value = p->in_place ? p->rank[l] : degree ? gives[l] * (double)degree : gives[l];
        if (alone && done->iterations > 0 && !(p->home && gr_bit(p->home, l)))
            value = p->base;
        own[l] = p->in_place ? value * (gap ? p->scale : 1 / p->total) : value;
    }
    return giga_agree(there ? GIGA_OK : giga_array_put(rank, first, last - first,
                                                       own + (first - graph->first)));
}

static giga_status check_sources(const char *function, const giga_graph *graph,
                                 const giga_pagerank_opts *opts)
{
    for (uint64_t i = 0; opts->sources && i < opts->source_count; i++) {
        if (opts->sources[i] >= graph->n)
            return giga_fail(GIGA_ERR_ARG, "%s: no source vertex of index %llu", function,
                             (unsigned long long)opts->sources[i]);
    }
    if (opts->sources && opts->source_count == 0 && graph->n > 0)
        return giga_fail(GIGA_ERR_ARG, "%s: a list of no sources", function);
    return GIGA_OK;
}

giga_status gr_pagerank_check(const char *function, const giga_graph *graph,
                              const giga_pagerank_opts *opts, const giga_array *rank,
                              giga_pagerank_opts *out)
{
    giga_pagerank_opts all = GIGA_PAGERANK_OPTS_INIT;

    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "%s: options were not started from "
                         "GIGA_PAGERANK_OPTS_INIT", function);
    *out = opts ? *opts : all;
    if (!(out->damping >= 0.0 && out->damping <= 1.0))
        return giga_fail(GIGA_ERR_ARG, "%s: the damping is %g, expected 0 to 1", function,
                         out->damping);
    if (!(out->tolerance >= 0.0) || isinf(out->tolerance))
        return giga_fail(GIGA_ERR_ARG, "%s: the tolerance is %g, expected 0 or more", function,
                         out->tolerance);
    if (out->semantics < GIGA_SEMANTICS_LDBC || out->semantics > GIGA_SEMANTICS_NETWORKX ||
        out->method < GIGA_PAGERANK_PULL || out->method > GIGA_PAGERANK_RESIDUAL)
        return giga_fail(GIGA_ERR_ARG, "%s: unknown semantics or method", function);
    if (out->method == GIGA_PAGERANK_RESIDUAL && out->tolerance == 0)
        return giga_fail(GIGA_ERR_ARG, "%s: the residual method needs a tolerance above 0", function);
    giga_status status = check_sources(function, graph, out);
    if (status == GIGA_OK && out->start)
        status = gr_check_values(function, graph, out->start);
    return status == GIGA_OK ? gr_check_values(function, graph, rank) : status;
}

giga_status giga_pagerank(giga_graph *graph, const giga_pagerank_opts *opts, giga_array *rank,
                          giga_pagerank_stats *stats)
{
    giga_pagerank_opts all = {0};
    giga_pagerank_stats done = {0};
    gr_pagerank p;
    giga_status status = giga_agree(gr_pagerank_check("giga_pagerank", graph, opts, rank, &all));

    if (status == GIGA_OK && graph->n == 0) {
        if (stats)
            *stats = (giga_pagerank_stats){.converged = true};
        return GIGA_OK;
    }
    double begin = gr_seconds();
    if (status == GIGA_OK)
        status = gr_pagerank_start(&p, graph, &all);
    if (status != GIGA_OK)
        return status;
    gr_account_begin(&graph->account);
    status = all.method == GIGA_PAGERANK_RESIDUAL ? gr_pagerank_residual(&p, &done) : run(&p, &done);
    giga_status given = give_ranks(&p, &done, rank);
    status = status != GIGA_OK ? status : given;
    done.seconds = gr_seconds() - begin;
    giga_status freed = gr_pagerank_stop(&p);
    status = status != GIGA_OK ? status : freed;
    if (status == GIGA_OK && stats)
        *stats = done;
    else
        giga_pagerank_stats_clear(&done);
    return status;
}

void giga_pagerank_stats_clear(giga_pagerank_stats *stats)
{
    free(stats->steps);
    stats->steps = NULL;
}

