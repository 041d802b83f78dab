/*
 * ids.c - a growing array of vertex ids.
 *
 * It grows by half. Past a few hundred KiB the C library moves such an array by
 * remapping its pages, so growing copies nothing and the old array does not stay beside
 * the new one.
 */
#include "ids.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1024 };

void gr_ids_init(gr_ids *ids)
{
    *ids = (gr_ids){0};
}

giga_status gr_ids_grow(gr_ids *ids)
{
    size_t room = ids->room ? ids->room + ids->room / 2 : FIRST_ROOM;
    uint64_t *at = NULL;

    if (room <= SIZE_MAX / sizeof *at)
        at = realloc(ids->at, room * sizeof *at);
    if (!at)
        return giga_fail(GIGA_ERR_MEMORY, "no memory for %zu vertex ids", room);
    ids->at = at;
    ids->room = room;
    return GIGA_OK;
}

void gr_ids_clear(gr_ids *ids)
{
    free(ids->at);
    gr_ids_init(ids);
}
