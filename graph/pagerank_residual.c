/*
 * pagerank_residual.c - PageRank that leaves alone what hardly changes.
 *
 * J. J. Whang et al.: Scalable Data-driven PageRank, Euro-Par 2015, by pulling. Ranks are used as
 * soon as they are there. A vertex that moved by more than a threshold tells its out-neighbours,
 * which are looked at in the next round; so do, between nodes, all that have a ghost among their
 * in-neighbours. When few are left, or after some rounds, a sweep over all vertices measures the true change: when
 * that is below the tolerance, the run ends; else on with
 * a smaller threshold. So the result is as good as the other methods', whatever was left alone.
 */
#include <stdlib.h>
#include <string.h>

#include "pagerank.h"

enum {
    ROUNDS = 8,     /* between sweeps */
    FEW = 64,       /* one in so many vertices is too few for a round */
    SMALLER = 2,    /* threshold: a share of the mean change of the last sweep */
};

/* Vertices with an in-arc from another node: what they hang on may have changed unseen. */
static void look_at_borders(gr_pagerank *p)
{
    const giga_graph *graph = p->graph;
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first && giga_nodes() > 1; l++) {
        for (uint64_t i = graph->in.rows[l]; i < graph->in.rows[l + 1]; i++) {
            uint64_t end = gr_end(&graph->in, graph->wide, i);
            if (end < graph->first || end >= graph->last) {
                gr_claim(p->active[1], l);
                break;
            }
        }
    }
}

/* What was marked becomes what is looked at. Returns how many vertices, over all ranks. */
static giga_status turn_round(gr_pagerank *p, uint64_t *count_out)
{
    const giga_graph *graph = p->graph;
    uint64_t first, last, count = 0;
    giga_status status = giga_barrier();

    gr_my_vertices(graph, &first, &last);
    for (uint64_t w = (first - graph->first) / 64; w < gr_words(last - graph->first) && last > first; w++) {
        p->active[0][w] = p->active[1][w];
        p->active[1][w] = 0;
        count += (uint64_t)__builtin_popcountll(p->active[0][w]);
    }
    giga_status met = giga_allreduce(&count, count_out, 1, GIGA_U64, GIGA_SUM);
    return status != GIGA_OK ? status : met;
}

/* Rounds over active vertices, until few are left. */
static giga_status run_rounds(gr_pagerank *p, giga_pagerank_stats *stats)
{
    uint64_t active = 0;
    giga_status status = GIGA_OK;

    for (int round = 0; round < ROUNDS && status == GIGA_OK; round++) {
        double begin = gr_seconds();
        gr_shares s;
        look_at_borders(p);
        status = turn_round(p, &active);
        if (active <= p->graph->n / FEW || stats->iterations >= p->opts->max_iterations)
            return status;
        if (status == GIGA_OK)
            status = gr_pagerank_iterate(p, 0, 0, true, &s);
        if (status == GIGA_OK)
            status = gr_pagerank_note(p, &s, false, begin, stats);
    }
    return status;
}

giga_status gr_pagerank_residual(gr_pagerank *p, giga_pagerank_stats *stats)
{
    const giga_pagerank_opts *opts = p->opts;
    uint64_t words = gr_words(p->graph->last - p->graph->first);
    gr_exact dangling;
    giga_status status = gr_pagerank_first(p, &dangling);

    for (int i = 0; i < 2 && status == GIGA_OK; i++) {
        status = gr_node_alloc(words * 8, false, &p->active_object[i]);
        p->active[i] = p->active_object[i].at;
    }
    p->threshold = 1.0 / (double)p->graph->n / SMALLER;
    while (status == GIGA_OK && stats->iterations < opts->max_iterations) {
        double begin = gr_seconds();
        gr_shares s;
        status = gr_pagerank_iterate(p, 0, 0, false, &s);
        if (status == GIGA_OK)
            status = gr_pagerank_note(p, &s, true, begin, stats);
        stats->converged = status == GIGA_OK && stats->change < opts->tolerance;
        if (status != GIGA_OK || stats->converged)
            break;
        p->threshold = stats->change / (double)p->graph->n / SMALLER;
        status = run_rounds(p, stats);
    }
    return status;
}
