/*
 * sort.h - sorting what graphs are made of: ids, and rows of an adjacency.
 *
 * Private memory, one thread. Radix sorts skip digits that are the same in all keys.
 */
#ifndef GR_SORT_H
#define GR_SORT_H

#include <giga/types.h>

/* Scratch memory of a sorter; grows to the largest run sorted. Zero it to begin. */
typedef struct gr_sorter {
    void *scratch;
    uint64_t bytes;
} gr_sorter;

/* Ascending. GIGA_ERR_MEMORY leaves the keys as they were. */
giga_status gr_sort_u64(gr_sorter *sorter, uint64_t *keys, uint64_t count);
giga_status gr_sort_u32(gr_sorter *sorter, uint32_t *keys, uint64_t count);

/* By end, then weight. `wide`: ends are 8 bytes, else 4. */
giga_status gr_sort_weighted(gr_sorter *sorter, bool wide, void *ends, double *weights,
                             uint64_t count);

void gr_sorter_free(gr_sorter *sorter);

#endif
