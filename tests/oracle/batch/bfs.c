/*
 * bfs.c - breadth-first search in the batch driver: see batch.h.
 */
#include "batch.h"

static giga_status run(work *w)
{
    return giga_bfs(w->graph, w->source, w->values, w->beside, NULL);
}

static giga_status check(const work *w, uint64_t total)
{
    (void)total;
    return giga_bfs_validate(w->graph, w->source, w->values, w->beside);
}

static bool below_source(uint64_t level)
{
    return level > 0 && level != GIGA_UNREACHED;
}

static bool two_below(uint64_t level)
{
    return level > 1 && level != GIGA_UNREACHED;
}

static bool unreached(uint64_t level)
{
    return level == GIGA_UNREACHED;
}

static bool level_too_large(const work *w, result *r)
{
    uint64_t v = first_count(w, r, below_source);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->count[v]++;
    return true;
}

static bool level_too_small(const work *w, result *r)
{
    uint64_t v = first_count(w, r, two_below);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->count[v]--;
    return true;
}

static bool source_has_a_level(const work *w, result *r)
{
    r->count[w->source] = 1;
    return true;
}

static bool unreached_at_level_one(const work *w, result *r)
{
    uint64_t v = first_count(w, r, unreached);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->count[v] = 1;
    return true;
}

static bool reached_called_unreached(const work *w, result *r)
{
    uint64_t v = first_count(w, r, below_source);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->count[v] = GIGA_UNREACHED;
    r->beside[v] = GIGA_NO_VERTEX;
    return true;
}

static bool own_parent(const work *w, result *r)
{
    uint64_t v = first_count(w, r, below_source);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->beside[v] = v;
    return true;
}

static bool parent_too_high(const work *w, result *r)
{
    uint64_t v = first_count(w, r, two_below);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->beside[v] = w->source;
    return true;
}

static bool parent_out_of_range(const work *w, result *r)
{
    uint64_t v = first_count(w, r, below_source);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->beside[v] = w->vertices;
    return true;
}

static const spoil spoils[] = {
    {"a level one too large", level_too_large},
    {"a level one too small", level_too_small},
    {"the source at level 1", source_has_a_level},
    {"an unreached vertex at level 1", unreached_at_level_one},
    {"a reached vertex called unreached", reached_called_unreached},
    {"a vertex that is its own parent", own_parent},
    {"a parent two levels up", parent_too_high},
    {"a parent that is no vertex", parent_out_of_range},
    {0}};

const algorithm bfs_batch = {
    GIGA_VALUE_COUNT, .from_source = true, .beside = PARENTS, .run = run, .check = check,
    .spoils = spoils};
