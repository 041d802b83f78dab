/*
 * numbering.h - arbitrary 64-bit ids mapped to dense places, in ascending order of id.
 *
 * Three forms, chosen by what the ids are:
 *   identity  the ids are all of lowest .. lowest + n - 1: nothing to store
 *   bitmap    they are dense enough: one bit per possible id and a count per 512 of them,
 *             on every node; a place is a count plus population counts in one cache line
 *   table     they are scattered: the sorted ids, on every node, with an index of buckets
 */
#ifndef GR_NUMBERING_H
#define GR_NUMBERING_H

#include "edges.h"
#include "ids.h"
#include "model.h"

typedef enum gr_numbering_form { GR_IDENTITY, GR_BITMAP, GR_TABLE } gr_numbering_form;

typedef struct gr_numbering {
    gr_numbering_form form;
    uint64_t n, lowest, highest;
    gr_node_object bits_object, counts_object;   /* bitmap */
    const uint64_t *bits, *counts;
    gr_node_object table_object, buckets_object; /* table */
    const uint64_t *table, *buckets;
    unsigned shift;
} gr_numbering;

/* Number every id in `edges` and `vertices`. Collective. */
giga_status gr_numbering_make(gr_edges *edges, gr_ids *vertices, gr_numbering *out);

/* The ids at places [first, last). Call: local. */
void gr_numbering_ids(const gr_numbering *numbering, uint64_t first, uint64_t last, uint64_t *ids);

giga_status gr_numbering_free(gr_numbering *numbering);

/* The place of an id that was numbered. */
static inline uint64_t gr_number(const gr_numbering *numbering, uint64_t id)
{
    uint64_t at = id - numbering->lowest;

    if (numbering->form == GR_IDENTITY)
        return at;
    if (numbering->form == GR_BITMAP) {
        const uint64_t *word = &numbering->bits[at / 512 * 8], *mine = &numbering->bits[at / 64];
        uint64_t index = numbering->counts[at / 512];
        for (; word < mine; word++)
            index += (uint64_t)__builtin_popcountll(*word);
        return index + (uint64_t)__builtin_popcountll(*mine & ((UINT64_C(1) << at % 64) - 1));
    }
    uint64_t low = numbering->buckets[at >> numbering->shift];
    uint64_t high = numbering->buckets[(at >> numbering->shift) + 1];
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (numbering->table[middle] <= id)
            low = middle;
        else
            high = middle;
    }
    return low;
}

#endif
