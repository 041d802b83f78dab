/*
 * ids.h - a growing array of vertex ids, in private memory.
 *
 * Threads: one at a time per array. Not here: order, duplicates.
 */
#ifndef GR_IDS_H
#define GR_IDS_H

#include <giga/types.h>

/** An array of ids. `at` may be read, and sorted, by anyone. */
typedef struct gr_ids {
    uint64_t *at; /**< NULL while empty */
    size_t count;
    size_t room; /* ids that fit before it must grow */
} gr_ids;

/** Make an empty array. Call: local. */
void gr_ids_init(gr_ids *ids);

/** Make room for one more id. Call: local; by gr_ids_append() only. Errors: as there. */
giga_status gr_ids_grow(gr_ids *ids);

/**
 * Add an id at the end. Call: local.
 *
 * @return GIGA_OK, or with the array unchanged GIGA_ERR_MEMORY.
 */
static inline giga_status gr_ids_append(gr_ids *ids, uint64_t id)
{
    if (ids->count == ids->room) {
        giga_status status = gr_ids_grow(ids);
        if (status != GIGA_OK)
            return status;
    }
    ids->at[ids->count++] = id;
    return GIGA_OK;
}

/** Drop all ids and free their memory. Call: local. The array is empty, and usable. */
void gr_ids_clear(gr_ids *ids);

#endif
