/*
 * wcc.c - weakly connected components in the batch driver: see batch.h.
 */
#include "batch.h"

static giga_status run(work *w)
{
    return giga_wcc(w->graph, w->values, NULL);
}

static giga_status check(const work *w, uint64_t total)
{
    (void)total;
    return giga_wcc_validate(w->graph, w->values);
}

static void relabel(const work *w, result *r, uint64_t from, uint64_t to)
{
    for (uint64_t v = 0; v < w->vertices; v++) {
        if (r->count[v] == from)
            r->count[v] = to;
    }
}

/* The first vertex whose label is another's id, or GIGA_NO_VERTEX. */
static uint64_t first_with_company(const work *w, const result *r)
{
    uint64_t v = 0;

    while (v < w->vertices && r->count[v] == w->ids[v])
        v++;
    return v < w->vertices ? v : GIGA_NO_VERTEX;
}

static bool own_label(const work *w, result *r)
{
    uint64_t v = first_with_company(w, r);

    if (v == GIGA_NO_VERTEX)
        return false;
    r->count[v] = w->ids[v];
    return true;
}

static bool not_the_smallest(const work *w, result *r)
{
    uint64_t v = first_with_company(w, r);

    if (v == GIGA_NO_VERTEX)
        return false;
    relabel(w, r, r->count[v], w->ids[v]);
    return true;
}

/* Two components that no arc joins, all under the smaller id of theirs. */
static bool two_as_one(const work *w, result *r)
{
    for (uint64_t v = 1; v < w->vertices; v++) {
        uint64_t a = r->count[0], b = r->count[v];
        if (a != b) {
            relabel(w, r, a > b ? a : b, a > b ? b : a);
            return true;
        }
    }
    return false;
}

static bool all_as_one(const work *w, result *r)
{
    uint64_t least = UINT64_MAX;

    for (uint64_t v = 0; v < w->vertices; v++)
        least = r->count[v] < least ? r->count[v] : least;
    bool several = false;
    for (uint64_t v = 0; v < w->vertices; v++) {
        several |= r->count[v] != least;
        r->count[v] = least;
    }
    return several;
}

/* Everywhere, so that arcs join equal labels: 2^63 - 1 is the largest id of the graphs. */
static bool label_above_all_ids(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    relabel(w, r, r->count[0], UINT64_C(1) << 63);
    return true;
}

static bool label_below_all_ids(const work *w, result *r)
{
    for (uint64_t v = 0; v < w->vertices; v++) {
        if (w->ids[v] == 0)
            return false;
    }
    if (w->vertices == 0)
        return false;
    relabel(w, r, r->count[0], 0);
    return true;
}

static const spoil spoils[] = {{"a vertex under its own id", own_label},
                               {"a label that is not the smallest id", not_the_smallest},
                               {"two components as one", two_as_one},
                               {"all components as one", all_as_one},
                               {"a label above all ids", label_above_all_ids},
                               {"a label below all ids", label_below_all_ids},
                               {0}};

const algorithm wcc_batch = {GIGA_VALUE_COUNT, .run = run, .check = check, .spoils = spoils};
