/*
 * lcc.c - local clustering coefficients in the batch driver: see batch.h.
 */
#include "batch.h"

static giga_status run(work *w)
{
    return giga_lcc(w->graph, w->values, NULL);
}

static giga_status check(const work *w, uint64_t total)
{
    (void)total;
    return giga_lcc_validate(w->graph, w->values);
}

/* Still a share: only counting again shows it. */
static bool another_share(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    r->real[0] += r->real[0] > 0.5 ? -0.25 : 0.25;
    return true;
}

static const spoil spoils[] = {{"a negative coefficient", spoil_negative},
                               {"a coefficient above 1", spoil_more},
                               {"another share", another_share},
                               {"a coefficient that is not a number", spoil_not_a_number},
                               {0}};

const algorithm lcc_batch = {GIGA_VALUE_REAL, .run = run, .check = check, .spoils = spoils};
