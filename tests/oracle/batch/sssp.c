/*
 * sssp.c - shortest paths in the batch driver: see batch.h.
 */
#include <math.h>

#include "batch.h"

static giga_status run(work *w)
{
    giga_sssp_opts opts = GIGA_SSSP_OPTS_INIT;

    opts.delta = w->delta;
    return giga_sssp(w->graph, w->source, &opts, w->values, w->beside, NULL);
}

static giga_status check(const work *w, uint64_t total)
{
    (void)total;
    return giga_sssp_validate(w->graph, w->source, w->values, w->beside);
}

/* The first vertex at a distance above `least`, or GIGA_NO_VERTEX. */
static uint64_t first_away(const work *w, const result *r, double least)
{
    for (uint64_t v = 0; v < w->vertices; v++) {
        if (v != w->source && r->real[v] >= least && r->real[v] < INFINITY)
            return v;
    }
    return GIGA_NO_VERTEX;
}

static uint64_t first_unreached(const work *w, const result *r)
{
    for (uint64_t v = 0; v < w->vertices; v++) {
        if (isinf(r->real[v]))
            return v;
    }
    return GIGA_NO_VERTEX;
}

/* Its parent offers the shorter way. */
static bool too_far(const work *w, result *r)
{
    uint64_t v = first_away(w, r, 0);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->real[v] = 2 * r->real[v] + 1;
    return true;
}

/* The next double, which a tolerance would not see. */
static bool a_bit_too_far(const work *w, result *r)
{
    uint64_t v = first_away(w, r, 0);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->real[v] = nextafter(r->real[v], INFINITY);
    return true;
}

/* No arc comes from where half the distance would be right. */
static bool too_near(const work *w, result *r)
{
    uint64_t v = first_away(w, r, 1e-300);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->real[v] /= 2;
    return true;
}

static bool source_away(const work *w, result *r)
{
    r->real[w->source] = 1;
    return true;
}

static bool reached_called_unreached(const work *w, result *r)
{
    uint64_t v = first_away(w, r, 0);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->real[v] = INFINITY;
    r->beside[v] = GIGA_NO_VERTEX;
    return true;
}

static bool unreached_called_reached(const work *w, result *r)
{
    uint64_t v = first_unreached(w, r);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->real[v] = 5;
    return true;
}

static bool unreached_its_own_parent(const work *w, result *r)
{
    uint64_t v = first_unreached(w, r);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->real[v] = 5;
    r->beside[v] = v;
    return true;
}

static bool own_parent(const work *w, result *r)
{
    uint64_t v = first_away(w, r, 0);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->beside[v] = v;
    return true;
}

static bool no_number(const work *w, result *r)
{
    uint64_t v = first_away(w, r, 0);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->real[v] = NAN;
    return true;
}

static bool no_parent(const work *w, result *r)
{
    uint64_t v = first_away(w, r, 0);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->beside[v] = GIGA_NO_VERTEX;
    return true;
}

/* An unreached vertex that arcs lead to from `v` and back, among the first few. */
static uint64_t unreached_friend(const work *w, const result *r, uint64_t v)
{
    enum { FEW = 16 };
    uint64_t ends[FEW], back[FEW];
    uint64_t degree = giga_graph_degree(w->graph, v), count = degree < FEW ? degree : FEW;

    if (giga_graph_neighbours(w->graph, v, 0, count, ends) != GIGA_OK)
        return GIGA_NO_VERTEX;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t d = giga_graph_degree(w->graph, ends[i]), most = d < FEW ? d : FEW;
        if (ends[i] == v || !isinf(r->real[ends[i]]) ||
            giga_graph_neighbours(w->graph, ends[i], 0, most, back) != GIGA_OK)
            continue;
        for (uint64_t j = 0; j < most; j++) {
            if (back[j] == v)
                return ends[i];
        }
    }
    return GIGA_NO_VERTEX;
}

/*
 * Unreached vertices that have each other as parents, all at 5: where the arcs weigh nothing
 * each gives exactly the other's distance, and only the tree shows that it does not begin at
 * the source.
 */
static bool tree_in_the_air(const work *w, result *r)
{
    bool some = false;

    for (uint64_t v = 0; v < w->vertices; v++) {
        uint64_t other = isinf(r->real[v]) ? unreached_friend(w, r, v) : GIGA_NO_VERTEX;
        if (other != GIGA_NO_VERTEX) {
            r->beside[v] = other;
            some = true;
        }
    }
    for (uint64_t v = 0; v < w->vertices; v++) {
        if (isinf(r->real[v]) && r->beside[v] != GIGA_NO_VERTEX)
            r->real[v] = 5;
    }
    return some;
}

static const spoil spoils[] = {{"a distance too long", too_far},
                               {"a distance too long by the last bit", a_bit_too_far},
                               {"a distance too short", too_near},
                               {"the source at a distance", source_away},
                               {"a reached vertex called unreached", reached_called_unreached},
                               {"an unreached vertex called reached", unreached_called_reached},
                               {"an unreached vertex from itself", unreached_its_own_parent},
                               {"a vertex that is its own parent", own_parent},
                               {"a reached vertex without a parent", no_parent},
                               {"a tree that does not begin at the source", tree_in_the_air},
                               {"a distance that is not a number", no_number},
                               {0}};

const algorithm sssp_batch = {
    GIGA_VALUE_REAL, .from_source = true, .beside = PARENTS, .run = run, .check = check,
    .spoils = spoils};
