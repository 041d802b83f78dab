/*
 * betweenness.c - betweenness in the batch driver: see batch.h.
 *
 * Three forms: exact; exact and normalised, on small graphs only, since it is the same work
 * again; GAP's, from two sources, the one of the list and the vertex with the largest id.
 */
#include "batch.h"

static giga_status check_by(const work *w, const giga_betweenness_opts *opts)
{
    return giga_betweenness_validate(w->graph, opts, w->values);
}

static giga_status run_exact(work *w)
{
    return giga_betweenness(w->graph, NULL, w->values, NULL);
}

static giga_status check_exact(const work *w, uint64_t total)
{
    (void)total;
    return check_by(w, NULL);
}

static giga_betweenness_opts normalised(void)
{
    giga_betweenness_opts opts = GIGA_BETWEENNESS_OPTS_INIT;

    opts.normalised = true;
    return opts;
}

static giga_status run_normalised(work *w)
{
    giga_betweenness_opts opts = normalised();

    return giga_betweenness(w->graph, &opts, w->values, NULL);
}

static giga_status check_normalised(const work *w, uint64_t total)
{
    giga_betweenness_opts opts = normalised();

    (void)total;
    return check_by(w, &opts);
}

static giga_betweenness_opts from_two(const work *w, uint64_t sources[2])
{
    giga_betweenness_opts opts = GIGA_BETWEENNESS_OPTS_INIT;
    uint64_t last = largest_id(w);

    sources[0] = w->source;
    sources[1] = last;
    opts.semantics = GIGA_SEMANTICS_GAP;
    opts.sources = sources;
    opts.source_count = last == w->source ? 1 : 2;
    return opts;
}

static giga_status run_gap(work *w)
{
    uint64_t sources[2];
    giga_betweenness_opts opts = from_two(w, sources);

    return giga_betweenness(w->graph, &opts, w->values, NULL);
}

static giga_status check_gap(const work *w, uint64_t total)
{
    uint64_t sources[2];
    giga_betweenness_opts opts = from_two(w, sources);

    (void)total;
    return check_by(w, &opts);
}

static const spoil spoils[] = {{"a negative centrality", spoil_negative},
                               {"a centrality more than twice as large", spoil_more},
                               {"a centrality that is not a number", spoil_not_a_number},
                               {0}};

const algorithm betweenness_batch = {
    GIGA_VALUE_REAL, .from_all = true, .run = run_exact, .check = check_exact, .spoils = spoils};
const algorithm betweenness_normalised_batch = {
    GIGA_VALUE_REAL, .from_all = true, .most_vertices = 50, .run = run_normalised,
    .check = check_normalised, .spoils = spoils};
const algorithm betweenness_gap_batch = {
    GIGA_VALUE_REAL, .from_source = true, .run = run_gap, .check = check_gap, .spoils = spoils};
