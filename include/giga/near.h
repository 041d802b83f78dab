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

/* The near run that [address, address + bytes) lies in, or NULL. */
static inline const giga_run_ *giga_near_run_(const void *address, size_t bytes)
{
    uint64_t offset = (uint64_t)(uintptr_t)address - giga_the_window_.base;
    uint64_t granule = offset >> GIGA_GRANULE_SHIFT_;

    if (granule >= giga_the_window_.granules)
        return NULL;
    const giga_run_ *run = &giga_the_window_.runs[granule];
    uint64_t at = offset - run->first;
    return at < run->bytes && bytes <= run->bytes - at ? run : NULL;
}

static inline bool giga_is_near_(const void *address, size_t bytes)
{
    return giga_near_run_(address, bytes) != NULL;
}

/*
 * Deferred additions to near words that are spread over more memory than a core's own cache
 * holds: a thread keeps the last few back while their lines are being fetched, because an
 * atomic addition that misses stalls the core until its line is there. giga_quiet() and
 * giga_fence() make them, also those of other threads, for which they stop the thread: it is
 * `inside` while it changes its ring, and stays out while it is `stopped` (pgas/bias.h tells
 * why two plain words are enough).
 */
enum { GIGA_RING_ = 32 }; /* enough to hide a miss at 5 ns an addition; 64 was no faster */
#define GIGA_RING_FROM_ ((uint64_t)1 << 20) /* a core's own cache today */

typedef struct giga_ring_ {
    bool inside, stopped;
    uint64_t next;            /* additions taken in so far */
    uint64_t *at[GIGA_RING_];
    uint64_t value[GIGA_RING_];
} giga_ring_;

GIGA_API extern __thread giga_ring_ *giga_my_ring_; /* NULL before the first addition */
GIGA_API void giga_ring_first_(uint64_t *at, uint64_t value);
GIGA_API void giga_ring_wait_(giga_ring_ *ring);

static inline void giga_add_later_(uint64_t *at, uint64_t value)
{
    giga_ring_ *ring = giga_my_ring_;

    if (!ring) {
        giga_ring_first_(at, value);
        return;
    }
    __builtin_prefetch(at, 1);
    __atomic_store_n(&ring->inside, true, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(__atomic_load_n(&ring->stopped, __ATOMIC_ACQUIRE), 0))
        giga_ring_wait_(ring);
    uint64_t next = __atomic_load_n(&ring->next, __ATOMIC_RELAXED), place = next % GIGA_RING_;
    uint64_t *old = ring->at[place], add = ring->value[place];
    ring->at[place] = at;
    ring->value[place] = value;
    __atomic_store_n(&ring->next, next + 1, __ATOMIC_RELAXED);
    if (old)
        __atomic_fetch_add(old, add, __ATOMIC_RELAXED);
    __atomic_store_n(&ring->inside, false, __ATOMIC_RELEASE);
}

#ifdef __cplusplus
}
#endif

#endif
