/*
 * sort.c - see sort.h. Rows are mostly short: insertion; long ones: radix, 8 bits a pass.
 */
#include "sort.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT = 40, DIGITS = 256 };

typedef struct pair {
    uint64_t end;
    double weight;
} pair;

static giga_status reserve(gr_sorter *sorter, uint64_t bytes)
{
    if (bytes <= sorter->bytes)
        return GIGA_OK;
    void *scratch = realloc(sorter->scratch, bytes);
    if (!scratch)
        return giga_fail(GIGA_ERR_MEMORY, "out of memory for sorting");
    sorter->scratch = scratch;
    sorter->bytes = bytes;
    return GIGA_OK;
}

void gr_sorter_free(gr_sorter *sorter)
{
    free(sorter->scratch);
    *sorter = (gr_sorter){NULL, 0};
}

static void turn_into_starts(uint64_t *counts)
{
    uint64_t sum = 0;

    for (int d = 0; d < DIGITS; d++) {
        uint64_t count = counts[d];
        counts[d] = sum;
        sum += count;
    }
}

/* One sort for both widths of key; the copies differ in the type alone. */
#define RADIX_SORT(name, type)                                                          \
    static void insert_##name(type *keys, uint64_t count)                               \
    {                                                                                   \
        for (uint64_t i = 1; i < count; i++) {                                          \
            type key = keys[i];                                                         \
            uint64_t at = i;                                                            \
            for (; at > 0 && keys[at - 1] > key; at--)                                  \
                keys[at] = keys[at - 1];                                                \
            keys[at] = key;                                                             \
        }                                                                               \
    }                                                                                   \
                                                                                        \
    giga_status gr_sort_##name(gr_sorter *sorter, type *keys, uint64_t count)           \
    {                                                                                   \
        if (count <= SHORT) {                                                           \
            insert_##name(keys, count);                                                 \
            return GIGA_OK;                                                             \
        }                                                                               \
        giga_status status = reserve(sorter, count * sizeof(type));                     \
        if (status != GIGA_OK)                                                          \
            return status;                                                              \
        type *from = keys, *to = sorter->scratch;                                       \
        for (unsigned shift = 0; shift < 8 * sizeof(type); shift += 8) {                \
            uint64_t counts[DIGITS] = {0};                                              \
            for (uint64_t i = 0; i < count; i++)                                        \
                counts[from[i] >> shift & 255]++;                                       \
            if (counts[from[0] >> shift & 255] == count)                                \
                continue;                                                               \
            turn_into_starts(counts);                                                   \
            for (uint64_t i = 0; i < count; i++)                                        \
                to[counts[from[i] >> shift & 255]++] = from[i];                         \
            type *swap = from;                                                          \
            from = to;                                                                  \
            to = swap;                                                                  \
        }                                                                               \
        if (from != keys)                                                               \
            memcpy(keys, from, count * sizeof(type));                                   \
        return GIGA_OK;                                                                 \
    }

RADIX_SORT(u64, uint64_t)
RADIX_SORT(u32, uint32_t)

static bool before(const pair *a, const pair *b)
{
    return a->end < b->end || (a->end == b->end && a->weight < b->weight);
}

static void insert_pairs(pair *pairs, uint64_t count)
{
    for (uint64_t i = 1; i < count; i++) {
        pair p = pairs[i];
        uint64_t at = i;
        for (; at > 0 && before(&p, &pairs[at - 1]); at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = p;
    }
}

/* By end; returns which of the two it has ended in. */
static pair *radix_pairs(pair *from, pair *to, uint64_t count, unsigned bits)
{
    for (unsigned shift = 0; shift < bits; shift += 8) {
        uint64_t counts[DIGITS] = {0};
        for (uint64_t i = 0; i < count; i++)
            counts[from[i].end >> shift & 255]++;
        if (counts[from[0].end >> shift & 255] == count)
            continue;
        turn_into_starts(counts);
        for (uint64_t i = 0; i < count; i++)
            to[counts[from[i].end >> shift & 255]++] = from[i];
        pair *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* Many equal ends (the same edge over and over) are no case for insertion. */
static int compare_weights(const void *left, const void *right)
{
    const pair *a = left, *b = right;

    return (a->weight > b->weight) - (a->weight < b->weight);
}

static void sort_equal_ends(pair *pairs, uint64_t count)
{
    for (uint64_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && pairs[last].end == pairs[first].end;)
            last++;
        if (last - first > SHORT)
            qsort(pairs + first, last - first, sizeof *pairs, compare_weights);
        else
            insert_pairs(pairs + first, last - first);
    }
}

giga_status gr_sort_weighted(gr_sorter *sorter, bool wide, void *ends, double *weights,
                             uint64_t count)
{
    uint64_t *wide_ends = ends;
    uint32_t *narrow_ends = ends;
    if (count < 2)
        return GIGA_OK;
    giga_status status = reserve(sorter, 2 * count * sizeof(pair));

    if (status != GIGA_OK)
        return status;
    pair *pairs = sorter->scratch;
    for (uint64_t i = 0; i < count; i++)
        pairs[i] = (pair){wide ? wide_ends[i] : narrow_ends[i], weights[i]};
    if (count <= SHORT) {
        insert_pairs(pairs, count);
    } else {
        pairs = radix_pairs(pairs, pairs + count, count, wide ? 64 : 32);
        sort_equal_ends(pairs, count);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (wide)
            wide_ends[i] = pairs[i].end;
        else
            narrow_ends[i] = (uint32_t)pairs[i].end;
        weights[i] = pairs[i].weight;
    }
    return GIGA_OK;
}
