/*
 * heap.h - an arena: memory of one rank, handed out in blocks and taken back, by any rank that
 * has it mapped.
 *
 * Words: a *unit* is 64 bytes; an *edge* is a unit at which a block starts, live or free; a
 * *class* is a range of lengths whose free blocks hang on one list; free memory is *warm* when
 * it holds pages although nobody needs them.
 *
 * The arena knows nothing of ranks and windows: it is memory at `base`, all zero at first, of
 * the same length everywhere, and a way to give pages back.
 */
#ifndef PGAS_HEAP_H
#define PGAS_HEAP_H

#include <giga/types.h>

enum {
    GI_HEAP_UNIT = 64,       /* a cache line: no two objects share one */
    GI_HEAP_LEVELS = 8,      /* of the tree of edges: 64^8 units */
    GI_HEAP_TAG_MAX = 63,    /* a tag has 6 bits */
    GI_HEAP_SLICE = 8 << 20, /* bytes given back under one hold of the lock: about 2 ms */
};

/* Where things lie in arenas of a length; offsets in bytes. */
typedef struct gi_heap_layout {
    uint64_t bytes, units;
    uint64_t level_at[GI_HEAP_LEVELS]; /* tree of edges: bit per unit, then bit per word */
    uint64_t live_at;                  /* bit per unit: a live block starts there */
    uint64_t first;                    /* of the memory handed out, a multiple of the page */
    uint64_t page;
    int levels;
} gi_heap_layout;

/* An arena as this process sees it. `discard` makes whole pages read zero and gives their
 * memory back; false when it cannot. */
typedef struct gi_heap {
    const gi_heap_layout *layout;
    char *base;
    bool (*discard)(void *context, uint64_t at, uint64_t bytes);
    void *context;
} gi_heap;

/* false when an arena of so few bytes has no room for a page behind its tables. */
bool gi_heap_lay_out(uint64_t bytes, uint64_t page, gi_heap_layout *out);

/*
 * A block of at least `bytes` zero bytes at a multiple of `alignment`, a power of two.
 * GIGA_ERR_WINDOW: no free run is long enough; GIGA_ERR_INVALID: the arena is damaged.
 */
giga_status gi_heap_take(const gi_heap *heap, uint64_t bytes, uint64_t alignment, uint64_t *at_out);

/* Remember a tag with a live block of at least 512 bytes; 0 until then. */
void gi_heap_set_tag(const gi_heap *heap, uint64_t at, unsigned tag);

/*
 * Give a block back, or the last GI_HEAP_SLICE bytes of a long one: call again until nothing is
 * left. `freed` receives the bytes given back now. GIGA_ERR_ADDRESS: no live block starts there.
 */
typedef struct gi_heap_freed {
    uint64_t freed, left;
} gi_heap_freed;
giga_status gi_heap_give(const gi_heap *heap, uint64_t at, gi_heap_freed *out);

/*
 * Leave a live block of at least 512 bytes to its home: from now on it is not live, nor is it free
 * until the home has collected it, which makes it live again, and given it. `false` when no live
 * block starts there, and when there is nothing to collect.
 */
bool gi_heap_leave(const gi_heap *heap, uint64_t at);
bool gi_heap_collect(const gi_heap *heap, uint64_t *at_out);

/* The live block around an address; takes no lock. false when there is none. */
typedef struct gi_heap_block {
    uint64_t at, bytes;
    unsigned tag;
} gi_heap_block;
bool gi_heap_find(const gi_heap *heap, uint64_t at, gi_heap_block *out);

/* The end of the highest block there ever was: what lies behind has not been handed out. */
uint64_t gi_heap_high(const gi_heap *heap);

/* Whether the whole arena obeys H1-H4; for tests, with nobody else inside. */
bool gi_heap_is_valid(const gi_heap *heap);

#endif
