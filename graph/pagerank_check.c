/*
 * pagerank_check.c - laws of a PageRank: one more iteration, and what it may change.
 */
#include <math.h>
#include <stdlib.h>

#include "pagerank.h"

/* Every rank brings its vertices' ranks; returns what they sum to and what is dangling. */
static giga_status load_ranks(gr_pagerank *p, const giga_array *rank, gr_exact *sum,
                              gr_exact *dangling)
{
    giga_graph *graph = p->graph;
    uint64_t first, last, bad = UINT64_MAX;
    gr_shares s = {{0, 0, 0}, 0};

    gr_my_vertices(graph, &first, &last);
    double *mine = gr_pagerank_own(p) + (first - graph->first);
    giga_status status = giga_array_get(rank, first, last - first, mine);
    *sum = 0;
    for (uint64_t v = first; v < last && status == GIGA_OK; v++) {
        if (!(mine[v - first] >= 0.0 && mine[v - first] <= 2.0)) { /* not negative, nor NaN */
            bad = v;
            break;
        }
        gr_exact_add(sum, mine[v - first]);
        gr_give(p, v - graph->first, mine[v - first], 0, &s);
    }
    if (status == GIGA_OK && bad != UINT64_MAX)
        status = giga_fail(GIGA_ERR_INVALID, "PageRank breaks a law: a rank is from 0 to 1 (vertex "
                           "%llu has %g)", (unsigned long long)giga_graph_id(graph, bad),
                           mine[bad - first]);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &p->ghosts, p->gives[0], &p->bytes);
    s.sums[GR_CHANGE] = *sum;
    if (status == GIGA_OK)
        status = gr_exact_reduce(s.sums, 2, NULL);
    *dangling = s.sums[GR_DANGLING];
    *sum = s.sums[GR_CHANGE];
    return status;
}

static giga_status check_laws(gr_pagerank *p, const giga_array *rank, double change, double *residual)
{
    gr_exact sum, dangling;
    gr_shares s;
    giga_status status = load_ranks(p, rank, &sum, &dangling);

    if (status == GIGA_OK)
        status = gr_pagerank_iterate(p, gr_exact_value(dangling), 0, false, &s);
    if (status == GIGA_OK)
        status = gr_exact_reduce(s.sums, 2, NULL);
    if (status != GIGA_OK)
        return status;
    /* n roundings of relative size 2^-53 in each of a few operations. */
    double slack = 1e-12, total = gr_exact_value(sum);
    *residual = gr_exact_value(s.sums[GR_CHANGE]);
    bool lossy = p->opts->semantics == GIGA_SEMANTICS_GAP;
    if (lossy ? total > 1.0 + 1e-9 : fabs(total - 1.0) > 1e-9)
        return giga_fail(GIGA_ERR_INVALID, "PageRank breaks a law: the ranks sum to 1 (they sum to "
                         "%.15g)", total);
    if (*residual > p->opts->damping * change + slack)
        return giga_fail(GIGA_ERR_INVALID, "PageRank breaks a law: one more iteration changes the "
                         "ranks by at most damping * last change = %g (it changes them by %g)",
                         p->opts->damping * change, *residual);
    return GIGA_OK;
}

giga_status giga_pagerank_validate(giga_graph *graph, const giga_pagerank_opts *opts,
                                   const giga_array *rank, double change, double *residual_out)
{
    giga_pagerank_opts all = {0};
    double residual = 0;
    gr_pagerank p;
    giga_status status = giga_agree(gr_pagerank_check("giga_pagerank_validate", graph, opts, rank, &all));

    if (status == GIGA_OK && graph->n > 0) {
        all.method = GIGA_PAGERANK_PULL; /* what is checked is the fixed point */
        all.start = NULL;
        status = gr_pagerank_start(&p, graph, &all);
        if (status == GIGA_OK) {
            p.each = true;
            status = check_laws(&p, rank, change, &residual);
            giga_status freed = gr_pagerank_stop(&p);
            status = status != GIGA_OK ? status : freed;
        }
    }
    if (residual_out)
        *residual_out = residual;
    return status;
}
