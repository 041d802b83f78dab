/*
 * pagerank.c - PageRank by pulling, to the same bits for every number of ranks.
 *
 * A vertex adds up what its in-neighbours give, in the order of its sorted row; sums over
 * vertices are exact (exact.h). So nothing depends on how the work is divided.
 *
 * Memory per node: two mirrors of 8 bytes per vertex of the graph (of other nodes' vertices
 * only the pages with ghosts), 8 bytes per vertex of the node.
 */
#include <math.h>
#include <stdlib.h>

#include "bfs.h"
#include "exact.h"
#include "ghosts.h"

enum {
    CHUNK = 1024,
    AHEAD = 512,        /* arcs ahead of their use that go past the caches */
};

typedef struct pagerank {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_node_object rank_object, mirror_object[2];
    double *rank;               /* of this node's vertices */
    double *gives[2];           /* rank / out-degree, of all vertices: now, and next */
    double damping;
    double base;                /* the rank of a vertex without an arc, in the last iteration */
    bool each;                  /* ... but every rank is what it is: a check */
    uint64_t bytes;             /* this rank: sent in this iteration */
} pagerank;

/* This rank's share of the two sums of an iteration. */
typedef struct shares {
    gr_exact sums[2];
    uint64_t isolated;          /* vertices without an arc */
} shares;

enum { DANGLING, CHANGE };

static giga_status start(pagerank *p, giga_graph *graph, double damping)
{
    giga_status status;

    *p = (pagerank){.graph = graph, .damping = damping};
    status = gr_ghosts_make(graph, GR_ARCS_IN, &p->ghosts);
    if (status == GIGA_OK)
        status = gr_node_alloc((graph->last - graph->first) * 8, false, &p->rank_object);
    for (int i = 0; i < 2 && status == GIGA_OK; i++)
        status = gr_node_alloc(graph->n * 8, giga_nodes() > 1, &p->mirror_object[i]);
    p->rank = p->rank_object.at;
    p->gives[0] = p->mirror_object[0].at;
    p->gives[1] = p->mirror_object[1].at;
    return status;
}

static giga_status stop(pagerank *p)
{
    giga_status status = gr_ghosts_free(&p->ghosts);

    if (status == GIGA_OK)
        status = gr_node_free(&p->rank_object);
    for (int i = 0; i < 2 && status == GIGA_OK; i++)
        status = gr_node_free(&p->mirror_object[i]);
    return status;
}

static inline uint64_t out_degree(const giga_graph *graph, uint64_t local)
{
    return graph->out.rows[local + 1] - graph->out.rows[local];
}

/* What a vertex gives to each out-neighbour; a dangling one gives to the common pot. */
static inline void give(pagerank *p, uint64_t local, double rank, int which, shares *s)
{
    uint64_t degree = out_degree(p->graph, local);

    p->gives[which][p->graph->first + local] = degree ? rank / (double)degree : 0.0;
    if (degree == 0)
        gr_exact_add(&s->sums[DANGLING], rank);
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

static inline void iterate_chunk(pagerank *p, bool wide, uint64_t local, uint64_t last, double base,
                                 int which, shares *s)
{
    const gr_csr *in = &p->graph->in;
    gr_exact_run change = {0, 0};

    for (; local < last; local++) {
        uint64_t first = in->rows[local], end = in->rows[local + 1];
        if (first == end && !p->each && out_degree(p->graph, local) == 0) {
            s->isolated++; /* all alike: see settle_isolated() */
            continue;
        }
        double rank = base + p->damping * pull(in, p->gives[which], wide, first, end);
        gr_exact_run_add(&change, fabs(rank - p->rank[local]));
        p->rank[local] = rank;
        give(p, local, rank, 1 - which, s);
    }
    gr_exact_run_end(&s->sums[CHANGE], &change);
}

/* Vertices without an arc have the base, all of them; they stand in the sums, and get their rank
 * at the end. */
static void settle_isolated(pagerank *p, double base, shares *s)
{
    gr_exact_add_times(&s->sums[CHANGE], fabs(base - p->base), s->isolated);
    gr_exact_add_times(&s->sums[DANGLING], base, s->isolated);
    p->base = base;
}

/* One iteration: reads gives[which], writes rank and gives[1 - which]. */
static giga_status iterate(pagerank *p, double dangling, int which, shares *s)
{
    giga_graph *graph = p->graph;
    double n = (double)graph->n;
    double base = (1.0 - p->damping) / n + p->damping * dangling / n;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    *s = (shares){{0, 0}, 0};
    p->bytes = 0;
    for (uint64_t local, last; gr_work_draw(&work, &local, &last);) {
        if (graph->wide)
            iterate_chunk(p, true, local, last, base, which, s);
        else
            iterate_chunk(p, false, local, last, base, which, s);
    }
    settle_isolated(p, base, s);
    if (giga_nodes() == 1)
        return GIGA_OK; /* the sums that follow are the barrier */
    giga_status status = giga_barrier();
    return status == GIGA_OK
               ? gr_ghosts_refresh(graph, &p->ghosts, p->gives[1 - which], &p->bytes)
               : status;
}

/* All ranks 1/n; what that gives. */
static giga_status first_gifts(pagerank *p, gr_exact *dangling)
{
    giga_graph *graph = p->graph;
    uint64_t first, last;
    shares s = {{0, 0}, 0};

    gr_my_vertices(graph, &first, &last);
    for (uint64_t local = first - graph->first; local < last - graph->first; local++) {
        p->rank[local] = 1.0 / (double)graph->n;
        give(p, local, p->rank[local], 0, &s);
    }
    giga_status status = giga_barrier();
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &p->ghosts, p->gives[0], &p->bytes);
    *dangling = s.sums[DANGLING];
    p->base = 1.0 / (double)graph->n;
    return status == GIGA_OK ? gr_exact_reduce(dangling, 1, NULL) : status;
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

static giga_status run(pagerank *p, const giga_pagerank_opts *opts, giga_pagerank_stats *stats)
{
    gr_exact dangling;
    giga_status status = first_gifts(p, &dangling);

    for (uint64_t k = 0; k < opts->max_iterations && status == GIGA_OK && !stats->converged; k++) {
        double begin = gr_seconds();
        shares s;
        status = iterate(p, gr_exact_value(dangling), (int)(k % 2), &s);
        if (status == GIGA_OK)
            status = gr_exact_reduce(s.sums, 2, &p->bytes);
        dangling = s.sums[DANGLING];
        double change = gr_exact_value(s.sums[CHANGE]);
        if (status == GIGA_OK && !note_step(stats, change, gr_seconds() - begin, p->bytes))
            status = giga_fail(GIGA_ERR_MEMORY, "giga_pagerank: out of memory for the steps");
        stats->converged = opts->tolerance > 0 && change < opts->tolerance;
        if (opts->progress)
            opts->progress(opts->progress_argument, "PageRank",
                           (double)(k + 1) / (double)opts->max_iterations);
    }
    return status;
}

static giga_status check(const giga_graph *graph, const giga_pagerank_opts *opts,
                         const giga_array *rank, giga_pagerank_opts *out)
{
    giga_pagerank_opts all = GIGA_PAGERANK_OPTS_INIT;

    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "giga_pagerank: options were not started from "
                         "GIGA_PAGERANK_OPTS_INIT");
    *out = opts ? *opts : all;
    if (!(out->damping >= 0.0 && out->damping <= 1.0))
        return giga_fail(GIGA_ERR_ARG, "giga_pagerank: the damping is %g, expected 0 to 1",
                         out->damping);
    if (!(out->tolerance >= 0.0) || isinf(out->tolerance))
        return giga_fail(GIGA_ERR_ARG, "giga_pagerank: the tolerance is %g, expected 0 or more",
                         out->tolerance);
    return gr_check_values("giga_pagerank", graph, rank);
}

giga_status giga_pagerank(giga_graph *graph, const giga_pagerank_opts *opts, giga_array *rank,
                          giga_pagerank_stats *stats)
{
    giga_pagerank_opts all = {0};
    giga_pagerank_stats done = {0};
    uint64_t first, last;
    pagerank p;
    giga_status status = giga_agree(check(graph, opts, rank, &all));

    if (status == GIGA_OK && graph->n == 0) {
        if (stats)
            *stats = (giga_pagerank_stats){.converged = true};
        return GIGA_OK;
    }
    if (status == GIGA_OK)
        status = start(&p, graph, all.damping);
    if (status != GIGA_OK)
        return status;
    double begin = gr_seconds();
    status = run(&p, &all, &done);
    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first && done.iterations > 0; l++) {
        if (graph->in.rows[l] == graph->in.rows[l + 1] && out_degree(graph, l) == 0)
            p.rank[l] = p.base;
    }
    if (status == GIGA_OK)
        status = giga_agree(giga_array_put(rank, first, last - first,
                                           p.rank + (first - graph->first)));
    done.seconds = gr_seconds() - begin;
    giga_status freed = stop(&p);
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

/* ---- validation: one more iteration, and its laws ---- */

/* Every rank brings its vertices' ranks; returns what they sum to and what is dangling. */
static giga_status load_ranks(pagerank *p, const giga_array *rank, gr_exact *sum,
                              gr_exact *dangling)
{
    giga_graph *graph = p->graph;
    uint64_t first, last, bad = UINT64_MAX;
    shares s = {{0, 0}, 0};

    gr_my_vertices(graph, &first, &last);
    double *mine = p->rank + (first - graph->first);
    giga_status status = giga_array_get(rank, first, last - first, mine);
    *sum = 0;
    for (uint64_t v = first; v < last && status == GIGA_OK; v++) {
        if (!(mine[v - first] >= 0.0 && mine[v - first] <= 2.0)) { /* not negative, nor NaN */
            bad = v;
            break;
        }
        gr_exact_add(sum, mine[v - first]);
        give(p, v - graph->first, mine[v - first], 0, &s);
    }
    if (status == GIGA_OK && bad != UINT64_MAX)
        status = giga_fail(GIGA_ERR_INVALID, "PageRank breaks a law: a rank is from 0 to 1 (vertex "
                           "%llu has %g)", (unsigned long long)giga_graph_id(graph, bad),
                           mine[bad - first]);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &p->ghosts, p->gives[0], &p->bytes);
    s.sums[CHANGE] = *sum;
    if (status == GIGA_OK)
        status = gr_exact_reduce(s.sums, 2, NULL);
    *dangling = s.sums[DANGLING];
    *sum = s.sums[CHANGE];
    return status;
}

static giga_status check_laws(pagerank *p, const giga_array *rank, double change, double *residual)
{
    gr_exact sum, dangling;
    shares s;
    giga_status status = load_ranks(p, rank, &sum, &dangling);

    if (status == GIGA_OK)
        status = iterate(p, gr_exact_value(dangling), 0, &s);
    if (status == GIGA_OK)
        status = gr_exact_reduce(s.sums, 2, NULL);
    if (status != GIGA_OK)
        return status;
    /* n roundings of relative size 2^-53 in each of a few operations. */
    double slack = 1e-12, total = gr_exact_value(sum);
    *residual = gr_exact_value(s.sums[CHANGE]);
    if (fabs(total - 1.0) > 1e-9)
        return giga_fail(GIGA_ERR_INVALID, "PageRank breaks a law: the ranks sum to 1 (they sum to "
                         "%.15g)", total);
    if (*residual > p->damping * change + slack)
        return giga_fail(GIGA_ERR_INVALID, "PageRank breaks a law: one more iteration changes the "
                         "ranks by at most damping * last change = %g (it changes them by %g)",
                         p->damping * change, *residual);
    return GIGA_OK;
}

giga_status giga_pagerank_validate(giga_graph *graph, const giga_pagerank_opts *opts,
                                   const giga_array *rank, double change, double *residual_out)
{
    giga_pagerank_opts all = {0};
    double residual = 0;
    pagerank p;
    giga_status status = giga_agree(check(graph, opts, rank, &all));

    if (status == GIGA_OK && graph->n > 0) {
        status = start(&p, graph, all.damping);
        if (status == GIGA_OK) {
            p.each = true;
            status = check_laws(&p, rank, change, &residual);
            giga_status freed = stop(&p);
            status = status != GIGA_OK ? status : freed;
        }
    }
    if (residual_out)
        *residual_out = residual;
    return status;
}
