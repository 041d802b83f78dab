/*
 * pagerank.c - PageRank by pulling, to the same bits for every number of ranks.
 *
 * A vertex adds up what its in-neighbours give, in the order of its sorted row; sums over
 * vertices are exact (exact.h). So nothing depends on how the work is divided. The asynchronous
 * and the residual-driven method (pagerank_residual.c) use the same sums on values that change
 * under them: they reach the same fixed point by another way. What dangling vertices hold is
 * given to all as the rest is, so that x = d P x + c is solved by the solution without a pot,
 * scaled to the sum 1: in place there is no pot, which would be out of date. Sweeps in place do not
 * keep the sum as iterations do, and it would settle slowly: ranks are kept as multiples of a
 * scale that after every sweep makes what comes in equal to what goes out.
 *
 * Memory per node: two mirrors of 8 bytes per vertex of the graph (of other nodes' vertices
 * only the pages with ghosts), one when not by iterations; 8 bytes per vertex of the node, and
 * a bit when some are sources.
 */
#include "pagerank.h"

#include <math.h>
#include <stdlib.h>

enum {
    CHUNK = 1024,
    AHEAD = 512,        /* arcs ahead of their use that go past the caches */
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
    if (status == GIGA_OK)
        status = gr_node_alloc((graph->last - graph->first) * 8, false, &p->rank_object);
    for (int i = 0; i < (in_place ? 1 : 2) && status == GIGA_OK; i++)
        status = gr_node_alloc(graph->n * 8, giga_nodes() > 1, &p->mirror_object[i]);
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

    gr_node_object *all[] = {&p->rank_object, &p->mirror_object[0], &p->mirror_object[1],
                             &p->home_object, &p->active_object[0], &p->active_object[1]};

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    return status;
}

/* The sum over in-arcs, in four strands so that additions overlap; always the same four. What is
 * read once goes past the caches, where it would take the place of what is read often. */
static inline double pull(const gr_csr *in, const double *gives, bool wide, uint64_t i,
                          uint64_t last)
{
    uint64_t width = wide ? 8 : 4;
    double a = 0, b = 0, c = 0, d = 0;

    for (uint64_t line = i; line < last; line += 64 / width)
        __builtin_prefetch((const char *)in->ends + (line + AHEAD) * width, 0, 0);
    for (; last - i >= 4; i += 4) {
        a += gives[gr_end(in, wide, i)];
        b += gives[gr_end(in, wide, i + 1)];
        c += gives[gr_end(in, wide, i + 2)];
        d += gives[gr_end(in, wide, i + 3)];
    }
    if (last - i > 0)
        a += gives[gr_end(in, wide, i)];
    if (last - i > 1)
        b += gives[gr_end(in, wide, i + 1)];
    if (last - i > 2)
        c += gives[gr_end(in, wide, i + 2)];
    return (a + b) + (c + d);
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

static inline void iterate_one(gr_pagerank *p, bool wide, uint64_t local, const bases *base,
                               int which, gr_shares *s, gr_exact_run *change)
{
    const gr_csr *in = &p->graph->in;
    uint64_t first = in->rows[local], end = in->rows[local + 1];
    bool home = p->home && gr_bit(p->home, local);

    if (first == end && !home && !p->each && gr_out_degree(p->graph, local) == 0) {
        s->isolated++; /* all alike: see settle_isolated() */
        return;
    }
    double sum = pull(in, p->gives[which], wide, first, end);
    double rank = (home ? base->home : base->other) + p->opts->damping * sum;
    double moved = fabs(rank - p->rank[local]);
    p->arcs += end - first;
    gr_exact_run_add(change, moved);
    p->rank[local] = rank;
    gr_give(p, local, rank, 1 - which, s);
    if (p->threshold > 0 && moved > p->threshold)
        tell_neighbours(p, wide, local);
}

/* The common case, with nothing to look up but the graph: no sources, no threshold, no check. */
static inline void iterate_plain(gr_pagerank *p, bool wide, uint64_t local, uint64_t last,
                                 double base, int which, gr_shares *s)
{
    const gr_csr *in = &p->graph->in;
    const uint64_t *rows = in->rows, *out = p->graph->out.rows;
    const double *now = p->gives[which];
    double *next = p->gives[1 - which] + p->graph->first, *ranks = p->rank;
    double damping = p->opts->damping;
    gr_exact_run change = {0, 0};

    p->arcs += rows[last] - rows[local];
    for (; local < last; local++) {
        uint64_t first = rows[local], end = rows[local + 1], degree = out[local + 1] - out[local];
        if (first == end && degree == 0) {
            s->isolated++; /* all alike: see settle_isolated() */
            continue;
        }
        double rank = base + damping * pull(in, now, wide, first, end);
        gr_exact_run_add(&change, fabs(rank - ranks[local]));
        ranks[local] = rank;
        next[local] = degree ? rank / (double)degree : 0.0;
        if (degree == 0)
            gr_exact_add(&s->sums[GR_DANGLING], rank);
    }
    gr_exact_run_end(&s->sums[GR_CHANGE], &change);
}

static inline void iterate_chunk(gr_pagerank *p, bool wide, bool some, uint64_t local, uint64_t last,
                                 const bases *base, int which, gr_shares *s)
{
    gr_exact_run change = {0, 0};

    if (!some && !p->home && !p->each && !p->in_place) {
        iterate_plain(p, wide, local, last, base->other, which, s);
        return;
    }
    for (; local < last; local++) {
        if (!some || gr_bit(p->active[0], local))
            iterate_one(p, wide, local, base, which, s, &change);
    }
    gr_exact_run_end(&s->sums[GR_CHANGE], &change);
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
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    *s = (gr_shares){{0, 0, 0}, 0};
    p->bytes = p->arcs = 0;
    for (uint64_t local, last; gr_work_draw(&work, &local, &last);) {
        if (graph->wide)
            iterate_chunk(p, true, some, local, last, &base, which, s);
        else if (some)
            iterate_chunk(p, false, true, local, last, &base, which, s);
        else
            iterate_chunk(p, false, false, local, last, &base, which, s);
    }
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
    double *rank = p->rank + (first - graph->first);
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
    for (uint64_t local = first - graph->first; local < last - graph->first; local++) {
        if (p->start)
            p->rank[local] /= unit;
        else
            p->rank[local] = !p->home || gr_bit(p->home, local) ? each : 0.0;
        gr_give(p, local, p->rank[local], 0, &s);
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
    uint64_t first, last;
    gr_pagerank p;
    giga_status status = giga_agree(gr_pagerank_check("giga_pagerank", graph, opts, rank, &all));

    if (status == GIGA_OK && graph->n == 0) {
        if (stats)
            *stats = (giga_pagerank_stats){.converged = true};
        return GIGA_OK;
    }
    if (status == GIGA_OK)
        status = gr_pagerank_start(&p, graph, &all);
    if (status != GIGA_OK)
        return status;
    double begin = gr_seconds();
    gr_account_begin(&graph->account);
    status = all.method == GIGA_PAGERANK_RESIDUAL ? gr_pagerank_residual(&p, &done) : run(&p, &done);
    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first && done.iterations > 0; l++) {
        bool alone = graph->in.rows[l] == graph->in.rows[l + 1] && gr_out_degree(graph, l) == 0;
        if (alone && !(p.home && gr_bit(p.home, l)))
            p.rank[l] = p.base;
        if (p.in_place)
            p.rank[l] *= all.semantics == GIGA_SEMANTICS_GAP ? p.scale : 1 / p.total;
    }
    if (status == GIGA_OK)
        status = giga_agree(giga_array_put(rank, first, last - first,
                                           p.rank + (first - graph->first)));
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

