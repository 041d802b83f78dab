/*
 * triangles.c - triangles in the batch driver: see batch.h.
 */
#include "batch.h"

static giga_status run(work *w)
{
    return giga_triangles(w->graph, w->values, &w->total, NULL);
}

static giga_status check(const work *w, uint64_t total)
{
    return giga_triangles_validate(w->graph, w->values, total);
}

static bool total_too_large(const work *w, result *r)
{
    (void)w;
    r->total++;
    return true;
}

static bool one_triangle_more(const work *w, result *r)
{
    if (w->vertices < 3)
        return false;
    for (uint64_t v = 0; v < 3; v++)
        r->count[v]++;
    r->total++;
    return true;
}

static const spoil spoils[] = {{"a count one too large", spoil_one_more},
                               {"a total one too large", total_too_large},
                               {"one triangle too many in counts and total", one_triangle_more},
                               {0}};

const algorithm triangles_batch = {
    GIGA_VALUE_COUNT, .total = true, .run = run, .check = check, .spoils = spoils};
