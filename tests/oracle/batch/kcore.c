/*
 * kcore.c - core numbers in the batch driver: see batch.h.
 */
#include "batch.h"

static giga_status run(work *w)
{
    return giga_kcore(w->graph, w->values, &w->total, NULL);
}

static giga_status check(const work *w, uint64_t total)
{
    (void)total;
    return giga_kcore_validate(w->graph, w->values);
}

static bool some(uint64_t core)
{
    return core > 0;
}

static bool one_less(const work *w, result *r)
{
    uint64_t v = first_count(w, r, some);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->count[v]--;
    return true;
}

/* These agree with their neighbours: each is what the neighbours' numbers allow. */
static bool all_zero(const work *w, result *r)
{
    uint64_t v = first_count(w, r, some);

    for (uint64_t u = 0; u < w->vertices; u++)
        r->count[u] = 0;
    return v != GIGA_NO_VERTEX;
}

static bool all_one_more(const work *w, result *r)
{
    for (uint64_t u = 0; u < w->vertices; u++)
        r->count[u]++;
    return w->vertices > 0;
}

static const spoil spoils[] = {{"a core number one too large", spoil_one_more},
                               {"a core number one too small", one_less},
                               {"all core numbers 0", all_zero},
                               {"all core numbers one too large", all_one_more},
                               {0}};

const algorithm kcore_batch = {
    GIGA_VALUE_COUNT, .total = true, .run = run, .check = check, .spoils = spoils};
