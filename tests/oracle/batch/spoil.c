/*
 * spoil.c - spoils that several algorithms share, and choices of vertices: see batch.h.
 */
#include <math.h>

#include "batch.h"

bool spoil_not_a_number(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    r->real[0] = NAN;
    return true;
}

bool spoil_negative(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    r->real[0] = r->real[0] > 0 ? -r->real[0] : -1;
    return true;
}

bool spoil_one_more(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    r->count[0]++;
    return true;
}

bool spoil_more(const work *w, result *r)
{
    if (w->vertices == 0)
        return false;
    uint64_t last = w->vertices - 1;
    r->real[last] = 2 * r->real[last] + 1;
    return true;
}

uint64_t first_count(const work *w, const result *r, bool (*wanted)(uint64_t value))
{
    for (uint64_t v = 0; v < w->vertices; v++) {
        if (wanted(r->count[v]))
            return v;
    }
    return GIGA_NO_VERTEX;
}

uint64_t largest_id(const work *w)
{
    uint64_t last = 0;

    for (uint64_t v = 1; v < w->vertices; v++)
        last = w->ids[v] > w->ids[last] ? v : last;
    return last;
}
