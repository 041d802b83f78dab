/*
 * pagerank.c - PageRank in the batch driver: see batch.h. Three forms: LDBC's, GAP's, personal.
 */
#include <math.h>

#include "batch.h"

static giga_status run_by(work *w, giga_pagerank_opts opts)
{
    giga_pagerank_stats stats = {0};

    opts.tolerance = 0;
    giga_status status = giga_pagerank(w->graph, &opts, w->values, &stats);
    w->change = stats.change;
    giga_pagerank_stats_clear(&stats);
    return status;
}

static giga_status check_by(const work *w, giga_pagerank_opts opts)
{
    opts.tolerance = 0;
    return giga_pagerank_validate(w->graph, &opts, w->values, w->change, NULL);
}

static giga_pagerank_opts exactly(const work *w)
{
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;

    opts.max_iterations = w->iterations;
    return opts;
}

static giga_status run(work *w)
{
    return run_by(w, exactly(w));
}

static giga_status check(const work *w, uint64_t total)
{
    (void)total;
    return check_by(w, exactly(w));
}

/* Four times as many iterations, so that the last change leaves spoils no room: the ranks of
 * these forms need not sum to 1. */
static giga_pagerank_opts gap(const work *w)
{
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;

    opts.max_iterations = 4 * w->iterations;
    opts.semantics = GIGA_SEMANTICS_GAP;
    return opts;
}

static giga_status run_gap(work *w)
{
    return run_by(w, gap(w));
}

static giga_status check_gap(const work *w, uint64_t total)
{
    (void)total;
    return check_by(w, gap(w));
}

/* Two sources: the one of the list and the vertex with the largest id. */
static giga_pagerank_opts personal(const work *w, uint64_t sources[2])
{
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;

    sources[0] = w->source;
    sources[1] = largest_id(w);
    opts.max_iterations = 4 * w->iterations;
    opts.sources = sources;
    opts.source_count = 2; /* the same vertex twice counts once */
    return opts;
}

static giga_status run_personal(work *w)
{
    uint64_t sources[2];

    return run_by(w, personal(w, sources));
}

static giga_status check_personal(const work *w, uint64_t total)
{
    uint64_t sources[2];

    (void)total;
    return check_by(w, personal(w, sources));
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
const algorithm pagerank_gap_batch = {
    GIGA_VALUE_REAL, .run = run_gap, .check = check_gap, .spoils = spoils};
const algorithm pagerank_personal_batch = {
    GIGA_VALUE_REAL, .from_source = true, .run = run_personal, .check = check_personal,
    .spoils = spoils};
