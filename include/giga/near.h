/*
 * near.h - is an address plain memory here? The fast path of every operation.
 *
 * Part of the ABI, not of the API: names with a final underscore are not for programs.
 */
#ifndef GIGA_NEAR_H
#define GIGA_NEAR_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One table lookup tells whether [address, address + bytes) is plain memory here. The window is cut into granules; an object owns whole granules; a
 * granule knows the near run that covers it, as offsets into the window.
 */
#define GIGA_GRANULE_SHIFT_ 28 /* 256 MiB: a 1 TiB object touches 64 KiB of table */

typedef struct giga_run_ {
    uint64_t first, bytes;
} giga_run_;

typedef struct giga_window_ {
    uint64_t base, granules;
    const giga_run_ *runs;
} giga_window_;

GIGA_API extern giga_window_ giga_the_window_;

static inline bool giga_is_near_(const void *address, size_t bytes)
{
    uint64_t offset = (uint64_t)(uintptr_t)address - giga_the_window_.base;
    uint64_t granule = offset >> GIGA_GRANULE_SHIFT_;

    if (granule >= giga_the_window_.granules)
        return false;
    const giga_run_ *run = &giga_the_window_.runs[granule];
    uint64_t at = offset - run->first;
    return at < run->bytes && bytes <= run->bytes - at;
}

#ifdef __cplusplus
}
#endif

#endif
