/*
 * one.c - see one.h: giga_alloc_one() and giga_free_one() on arenas.
 *
 * Rules: only a rank itself takes from its arena; any rank of its node gives back to it directly,
 * others by a message to it. What is handed out is promised by the node like blocks of other
 * objects (gi_node_commit), but for sparse ones. Remote get and put of these addresses are
 * messages also where the network is one-sided: registering an arena would pin all of it, and
 * memory given back under a registration would be another's.
 *
 * Threads: any. The lock of an arena is held for no message and no wait, so a handler that runs
 * under the lock of the network may take it.
 *
 * Not here: huge pages. An arena grows and shrinks by small pages (object.c, map_arenas).
 */
#include "one.h"

#include <inttypes.h>
#include <stdlib.h>

#include "heap.h"
#include "kind.h"
#include "map.h"
#include "memory.h"
#include "node.h"
#include "remote.h"
#include "stats.h"

enum {
    WINDOW_SHARE = 4,      /* the part of the window that is arenas: a quarter */
    LOOK_BYTES = 16 << 20, /* handed out between two looks at the memory that is free, which
                              cost 50 us each */
    TAG_POLICY = 1,        /* the object's pages have a NUMA policy of their own, which only the
                              home can take back (memory.c): to it others of the node leave them */
    TAG_SPARSE = 2,        /* it was not promised */
    TAG_KIND = 4,          /* times the giga_memory it has */
};

/* More than the memory of most nodes; of a larger part of the window others have more use. */
static const uint64_t arena_max = UINT64_C(1) << 40;

struct gi_one {
    gi_heap_layout layout;   /* of every arena; 0 bytes when there are none */
    _Atomic uint64_t total;  /* memory of this node, once asked for */
    _Atomic uint64_t unseen; /* handed out since the last look */
    _Atomic bool placed;     /* the arena is where its home runs */
};

/* The same on every rank: it depends on the window and the ranks alone. */
static uint64_t stride_of_arenas(const gi_job *job)
{
    uint64_t granule = UINT64_C(1) << GIGA_GRANULE_SHIFT_, size = (uint64_t)job->size;
    uint64_t all = job->window_bytes / WINDOW_SHARE / granule * granule, stride = all / size;

    stride = stride / granule > 0 ? stride / granule * granule
                                  : stride / gi_memory_page() * gi_memory_page();
    return stride < arena_max ? stride : arena_max;
}

giga_status gi_one_start(gi_job *job)
{
    gi_one *one = calloc(1, sizeof *one);
    gi_heap_layout layout;

    if (!one)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    job->one = one;
    if (!gi_heap_lay_out(stride_of_arenas(job), gi_memory_page(), &layout))
        return GIGA_OK; /* a window too small: giga_alloc_one() says so */
    one->layout = layout;
    giga_status status = gi_object_reserve(job, layout.bytes);
    if (status == GIGA_OK)
        gi_stats_object_made(job, job->arenas, NULL);
    return status;
}

void gi_one_stop(gi_job *job)
{
    free(job->one);
    job->one = NULL;
}

uint64_t gi_one_bytes(const gi_job *job)
{
    return job->one->layout.bytes - job->one->layout.first;
}

/* ---- arenas ---- */

static bool discard(void *base, uint64_t at, uint64_t bytes)
{
    gi_job *job = &gi_the_job;

    return gi_map_release(job, (uint64_t)(uintptr_t)base - job->window_base + at, bytes);
}

/* The arena of a near rank. */
static gi_heap heap_of(const gi_job *job, int32_t rank)
{
    const gi_object *arenas = job->arenas;
    char *base =
        (char *)(uintptr_t)(job->window_base + arenas->offset + (uint64_t)rank * arenas->stride);

    return (gi_heap){&job->one->layout, base, discard, base};
}

static bool is_near(const gi_job *job, int32_t rank)
{
    return gi_node_peer(job, rank)->node == gi_node_mine(job);
}

/* Home of an offset in the arenas, and the place in its arena. */
static int32_t home_of(const gi_job *job, uint64_t offset, uint64_t *at_out)
{
    const gi_object *arenas = job->arenas;
    uint64_t at = offset - arenas->offset;

    *at_out = at % arenas->stride;
    return (int32_t)(at / arenas->stride);
}

static uint64_t offset_of(const gi_job *job, const void *address)
{
    return (uint64_t)(uintptr_t)address - job->window_base;
}

/* The live object around an offset whose home is near. */
static bool find(const gi_job *job, uint64_t offset, gi_heap_block *out)
{
    uint64_t at;
    gi_heap heap = heap_of(job, home_of(job, offset, &at));

    return gi_heap_find(&heap, at, out);
}

/* The inlined operations learn of a granule when it is first used through here. */
static void publish(const gi_job *job, const gi_heap *heap, uint64_t at)
{
    uint64_t arena = offset_of(job, heap->base);

    gi_object_publish(job, arena + at, arena + heap->layout->first, arena + gi_heap_high(heap));
}

giga_status gi_one_place(const gi_job *job, const char *function, const void *address,
                         uint64_t bytes, gi_place *out)
{
    gi_place place = {.object = job->arenas};
    gi_heap_block block = {.at = job->one->layout.first, .tag = 0};

    block.bytes = job->one->layout.bytes - block.at; /* what is known of remote ones */
    place.home = home_of(job, offset_of(job, address), &place.at);
    place.near = is_near(job, place.home);
    if ((place.near && !find(job, offset_of(job, address), &block)) || place.at < block.at)
        return giga_fail(GIGA_ERR_ADDRESS,
                         "%s: rank %d: address %p lies in no object: rank %d has "
                         "none there",
                         function, job->rank, address, place.home);
    place.left = block.at + block.bytes - place.at;
    if (bytes > place.left)
        return giga_fail(GIGA_ERR_RANGE,
                         "%s: rank %d: the %" PRIu64 " bytes at %p leave their "
                         "object of %" PRIu64 " bytes on rank %d",
                         function, job->rank, bytes, address, block.bytes, place.home);
    if (place.near) {
        gi_heap heap = heap_of(job, place.home);
        publish(job, &heap, place.at);
    }
    *out = place;
    return GIGA_OK;
}

void *gi_one_local(const gi_job *job, const void *address, size_t *bytes_out)
{
    gi_heap_block block = {0};
    uint64_t at;
    bool mine = home_of(job, offset_of(job, address), &at) == job->rank &&
                find(job, offset_of(job, address), &block);

    if (bytes_out)
        *bytes_out = block.bytes;
    return mine ? heap_of(job, job->rank).base + block.at : NULL;
}

giga_memory gi_one_memory(const gi_job *job, const void *address)
{
    gi_heap_block block;

    return find(job, offset_of(job, address), &block) ? (giga_memory)(block.tag / TAG_KIND)
                                                      : GIGA_MEMORY_DEFAULT;
}

giga_status gi_one_holds(const gi_job *job, uint64_t offset, uint64_t bytes)
{
    gi_heap_block block;
    uint64_t at;

    home_of(job, offset, &at);
    if (!find(job, offset, &block))
        return GIGA_ERR_ADDRESS;
    return bytes <= block.at + block.bytes - at ? GIGA_OK : GIGA_ERR_RANGE;
}

/* ---- allocation ---- */

/* The total is read from files, so only once. */
static uint64_t memory_total(gi_job *job)
{
    uint64_t total = atomic_load_explicit(&job->one->total, memory_order_relaxed);

    if (total == 0) {
        total = gi_memory_total(job);
        atomic_store_explicit(&job->one->total, total, memory_order_relaxed);
    }
    return total;
}

/* Memory that is free now: looked at for long objects, and now and then for short ones. */
static uint64_t memory_free(gi_job *job, uint64_t bytes)
{
    gi_one *one = job->one;

    if (atomic_fetch_add_explicit(&one->unseen, bytes, memory_order_relaxed) + bytes < LOOK_BYTES)
        return UINT64_MAX;
    atomic_store_explicit(&one->unseen, 0, memory_order_relaxed);
    return gi_memory_available();
}

static giga_status promise(gi_job *job, uint64_t bytes)
{
    uint64_t total = memory_total(job), held = gi_node_commit(job->node, 0);

    if (bytes <= memory_free(job, bytes) && gi_node_promise(job->node, bytes, total, &held))
        return GIGA_OK;
    return giga_fail(GIGA_ERR_MEMORY,
                     "giga_alloc_one: node %d of rank %d needs %.3f GiB for this "
                     "object and holds %.3f GiB in others, but has %.3f GiB, %.3f GiB of it free",
                     gi_node_mine(job), job->rank, (double)bytes / 0x1p30,
                     (double)held / 0x1p30, (double)total / 0x1p30,
                     (double)gi_memory_available() / 0x1p30);
}

static giga_status no_block(gi_job *job, giga_status status, uint64_t bytes)
{
    if (status == GIGA_ERR_INVALID)
        return giga_fail(status,
                         "giga_alloc_one: rank %d: an object of this rank was written to "
                         "after it was freed",
                         job->rank);
    return giga_fail(status,
                     "giga_alloc_one: rank %d has no run of %" PRIu64 " free bytes among the "
                     "%" PRIu64 " that it may hand out (GIGA_WINDOW_SIZE)",
                     job->rank, bytes, gi_one_bytes(job));
}

/* Give the object's pages their policy, and remember what it has come to. */
static giga_status settle(gi_job *job, const gi_heap *heap, uint64_t at, uint64_t bytes,
                          const giga_alloc_opts *opts)
{
    gi_kind_got got;
    giga_status status = gi_kind_place(job, "giga_alloc_one", heap->base + at, bytes, opts, &got);

    if (status == GIGA_OK)
        gi_heap_set_tag(heap, at,
                        (got.policy ? TAG_POLICY : 0U) | (opts->sparse ? TAG_SPARSE : 0U) |
                            (unsigned)got.memory * TAG_KIND);
    return status;
}

/* A policy of the whole arena, so that those of its objects are told from those beside it. */
static void place_arena(const gi_job *job, const gi_heap *heap)
{
    if (!gi_memory_place(heap->base, job->one->layout.bytes, GIGA_PLACE_HOME))
        gi_memory_place_like(heap->base, job->one->layout.bytes, NULL);
}

/* An object of this rank that is not counted any more, if it ever was. */
static void give_whole(const gi_heap *heap, uint64_t at)
{
    gi_heap_block block;
    gi_heap_freed part;

    if (gi_heap_find(heap, at, &block) && block.tag & TAG_POLICY)
        gi_memory_place_like(heap->base + at, block.bytes, heap->base);
    while (gi_heap_give(heap, at, &part) == GIGA_OK && part.left > 0)
        continue;
}

static giga_status allocate(gi_job *job, uint64_t bytes, const giga_alloc_opts *opts, void **out)
{
    bool special =
        opts->sparse || opts->memory != GIGA_MEMORY_DEFAULT || opts->placement != GIGA_PLACE_HOME;
    uint64_t unit = special ? gi_memory_page() : GI_HEAP_UNIT, at;
    gi_heap heap = heap_of(job, job->rank);

    if (bytes > gi_one_bytes(job))
        return no_block(job, GIGA_ERR_WINDOW, bytes);
    uint64_t length = (bytes ? bytes + unit - 1 : unit) / unit * unit;
    giga_status status = opts->sparse ? GIGA_OK : promise(job, length);
    if (status != GIGA_OK)
        return status;
    if (!atomic_exchange_explicit(&job->one->placed, true, memory_order_relaxed))
        place_arena(job, &heap);
    for (uint64_t old; gi_heap_collect(&heap, &old);)
        give_whole(&heap, old);
    status = gi_heap_take(&heap, length, opts->alignment > unit ? opts->alignment : unit, &at);
    if (status != GIGA_OK) {
        status = no_block(job, status, length);
    } else if (special) {
        status = settle(job, &heap, at, length, opts);
        if (status != GIGA_OK)
            give_whole(&heap, at);
    }
    if (status == GIGA_OK) {
        publish(job, &heap, at);
        *out = heap.base + at;
    } else if (!opts->sparse) {
        gi_node_commit(job->node, -(int64_t)length);
    }
    return status;
}

giga_status giga_alloc_one(uint64_t bytes, const giga_alloc_opts *opts, void **object_out)
{
    gi_job *job = &gi_the_job;
    giga_alloc_opts all;

    if (object_out)
        *object_out = NULL;
    giga_status status = gi_job_check("giga_alloc_one");
    if (status != GIGA_OK)
        return status;
    if (!object_out)
        return giga_fail(GIGA_ERR_ARG, "giga_alloc_one: object_out is NULL");
    status = gi_object_check_opts("giga_alloc_one", opts, &all);
    if (status != GIGA_OK)
        return status;
    if (all.pages == GIGA_PAGES_HUGE)
        return giga_fail(GIGA_ERR_UNSUPPORTED,
                         "giga_alloc_one: objects of one rank have small "
                         "pages; giga_alloc_blocks() can have huge ones on one rank alone");
    if (job->one->layout.bytes == 0)
        return giga_fail(GIGA_ERR_WINDOW,
                         "giga_alloc_one: a window of %" PRIu64 " bytes has no room "
                         "for objects of one of %d ranks (GIGA_WINDOW_SIZE)",
                         job->window_bytes, job->size);
    return allocate(job, bytes, &all, object_out);
}

/* ---- freeing ---- */

giga_status gi_one_give(gi_job *job, uint64_t offset, uint64_t *left_out)
{
    gi_object *arenas = job->arenas;
    gi_heap_block block;
    gi_heap_freed part;
    uint64_t at;

    *left_out = 0;
    if (!arenas || gi_object_at(job, offset) != arenas)
        return GIGA_ERR_ADDRESS;
    int32_t home = home_of(job, offset, &at);
    if (!is_near(job, home))
        return GIGA_ERR_ADDRESS;
    gi_heap heap = heap_of(job, home);
    if (!gi_heap_find(&heap, at, &block) || block.at != at)
        return GIGA_ERR_ADDRESS;
    giga_status status = GIGA_OK;
    if (!(block.tag & TAG_POLICY)) {
        status = gi_heap_give(&heap, at, &part);
    } else if (home == job->rank) { /* before its first part can be taken again */
        gi_memory_place_like(heap.base + at, block.bytes, heap.base);
        gi_heap_set_tag(&heap, at, block.tag & ~(unsigned)TAG_POLICY);
        status = gi_heap_give(&heap, at, &part);
    } else {
        part = (gi_heap_freed){block.bytes, 0};
        status = gi_heap_leave(&heap, at) ? GIGA_OK : GIGA_ERR_ADDRESS;
    }
    if (status == GIGA_ERR_ADDRESS)
        return status;
    if (!(block.tag & TAG_SPARSE))
        gi_node_commit(job->node, -(int64_t)part.freed);
    *left_out = part.left;
    return status;
}

/* Part by part, so that nobody waits for long. */
static giga_status give_parts(gi_job *job, int32_t home, uint64_t offset)
{
    bool near = is_near(job, home);
    giga_status status, first = GIGA_OK;
    uint64_t left = 0;

    if (!near)
        giga_fence(); /* what this rank wrote must not arrive after it */
    do {
        status = near ? gi_one_give(job, offset, &left) : gi_remote_free(job, home, offset, &left);
        first = first == GIGA_OK ? status : first;
    } while ((status == GIGA_OK || status == GIGA_ERR_INVALID) && left > 0);
    return first;
}

giga_status giga_free_one(void *object)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_free_one");
    uint64_t at;

    if (status != GIGA_OK || !object)
        return status;
    const gi_object *found = gi_object_find(job, object);
    if (found && !found->arenas)
        return giga_fail(GIGA_ERR_ADDRESS,
                         "giga_free_one: rank %d: %p is of an object of all ranks, "
                         "which giga_free() frees",
                         job->rank, object);
    int32_t home = found ? home_of(job, offset_of(job, object), &at) : -1;
    status = found ? give_parts(job, home, offset_of(job, object)) : GIGA_ERR_ADDRESS;
    if (status == GIGA_ERR_ADDRESS)
        return giga_fail(status,
                         "giga_free_one: rank %d: %p is not the first address of a live "
                         "object of giga_alloc_one()",
                         job->rank, object);
    if (status == GIGA_ERR_INVALID)
        return giga_fail(status,
                         "giga_free_one: rank %d: beside %p an object of rank %d was written "
                         "to after it was freed",
                         job->rank, object, home);
    return status;
}
