/*
 * read_arcs.h - one arc of an adjacency to the staged edges: the inner loop of its readers.
 */
#ifndef GR_READ_ARCS_H
#define GR_READ_ARCS_H

#include <string.h>

#include "read.h"

/* A hash of an edge. Sums of it tell two lists apart, whatever their order. */
static inline uint64_t gr_arc_hash(uint64_t low, uint64_t high, double w)
{
    uint64_t bits, hash = (low * 0x9e3779b97f4a7c15u ^ high) * 0xd6e8feb86659fd93u;

    memcpy(&bits, &w, sizeof bits);
    hash = (hash ^ hash >> 32 ^ bits) * 0xff51afd7ed558ccdu;
    return (hash ^ hash >> 29) * 0xc4ceb9fe1a85ec53u;
}

static inline giga_status gr_stage_arc(const gr_input *in, uint64_t u, uint64_t v, double w,
                                       gr_edges *edges, gr_input_counts *counts)
{
    if (in->listing != GR_LISTED_ONCE) {
        bool up = u < v, down = u > v;
        uint64_t hash = gr_arc_hash(up ? u : v, up ? v : u, w);
        counts->up += up;
        counts->down += down;
        counts->loops += u == v;
        counts->balance += up ? hash : down ? -hash : 0;
        if (down && in->listing == GR_LISTED_TWICE)
            return GIGA_OK;
    }
    return gr_edges_append(edges, u, v, w);
}

#endif
