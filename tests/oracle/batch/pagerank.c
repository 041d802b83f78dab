/*
 * pagerank.c - PageRank in the batch driver: see batch.h.
 */
#include <math.h>

#include "batch.h"

static giga_pagerank_opts exactly(const work *w)
{
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;

    opts.tolerance = 0;
    opts.max_iterations = w->iterations;
    return opts;
}

static giga_status run(work *w)
{
    giga_pagerank_opts opts = exactly(w);
    giga_pagerank_stats stats = {0};
    giga_status status = giga_pagerank(w->graph, &opts, w->values, &stats);

    w->change = stats.change;
    giga_pagerank_stats_clear(&stats);
    return status;
}

static giga_status check(const work *w, uint64_t total)
{
    giga_pagerank_opts opts = exactly(w);

    (void)total;
    return giga_pagerank_validate(w->graph, &opts, w->values, w->change, NULL);
}

/*
 * The sum stays. What moves, m in sum, makes one more iteration change the ranks by
 * (1 - d) m at least, less d times the last change, which must be above d times that.
 */
static bool half_a_rank_moved(const work *w, result *r)
{
    double d = 0.85, moved = w->vertices > 0 ? r->real[0] / 2 : 0;

    if (w->vertices < 2 || (1 - d) * 2 * moved < 2 * d * w->change + 1e-6)
        return false;
    r->real[0] -= moved;
    r->real[w->vertices - 1] += moved;
    return true;
}

static const spoil spoils[] = {{"a negative rank", spoil_negative},
                               {"a rank more than twice as large", spoil_more},
                               {"half a rank moved", half_a_rank_moved},
                               {"a rank that is not a number", spoil_not_a_number},
                               {0}};

const algorithm pagerank_batch = {
    GIGA_VALUE_REAL, .run = run, .check = check, .spoils = spoils};
