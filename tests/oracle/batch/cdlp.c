/*
 * cdlp.c - label propagation in the batch driver: see batch.h. Beside the labels stand those of
 * one iteration before.
 */
#include "batch.h"

static giga_status run(work *w)
{
    return giga_cdlp(w->graph, w->iterations, w->values, w->beside, NULL);
}

static giga_status check(const work *w, uint64_t total)
{
    (void)total;
    return giga_cdlp_validate(w->graph, w->iterations, w->values, w->beside);
}

static bool no_id(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    r->count[w->vertices - 1] = UINT64_C(1) << 63; /* above all ids of the graphs */
    return true;
}

/* The check recomputes every vertex of a graph as small as these. */
static bool other_id(const work *w, result *r)
{
    if (w->vertices < 2)
        return false;
    uint64_t last = w->vertices - 1;
    r->count[last] = w->ids[r->count[last] == w->ids[0] ? 1 : 0];
    return true;
}

static bool before_no_id(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    r->beside[0] = UINT64_C(1) << 63;
    return true;
}

static const spoil spoils[] = {
    {"a label that is no id", no_id},
    {"another's label", other_id},
    {"a label before that is no id", before_no_id},
    {0}};

const algorithm cdlp_batch = {
    GIGA_VALUE_COUNT, .beside = LABELS_BEFORE, .run = run, .check = check,
    .spoils = spoils};
