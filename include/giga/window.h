/*
 * window.h - objects in the one address space, and where an address lives.
 *
 * The window is one range of virtual addresses, the same in every process of the
 * job. An object is one allocation in it. It consists of one block per rank, at
 * `object + rank * stride`; the rank that provides a block is its home. On the home's
 * node a block is plain memory.
 */
#ifndef GIGA_WINDOW_H
#define GIGA_WINDOW_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Pages behind an object. */
typedef enum giga_pages {
    GIGA_PAGES_DEFAULT,       /**< huge pages when they are to be had, else small ones */
    GIGA_PAGES_SMALL,         /**< the machine's base pages */
    GIGA_PAGES_HUGE,          /**< huge pages, or the allocation fails */
    GIGA_PAGES_HUGE_PREFERRED /**< huge pages also behind short blocks; small ones, on all ranks,
                                   when a node has too few or GIGA_HUGE_PAGES is no */
} giga_pages;

/** How a block is spread over the NUMA nodes of its host. */
typedef enum giga_placement {
    GIGA_PLACE_HOME,          /**< the NUMA node the home runs on */
    GIGA_PLACE_INTERLEAVE,    /**< round robin over the host's NUMA nodes */
    GIGA_PLACE_FIRST_TOUCH    /**< the NUMA node of who touches a page first */
} giga_placement;

/**
 * Which of the host's memories holds a block, by the memory attributes that hwloc knows, seen from
 * the CPUs the home may use. A kind that this host does not tell cannot be had: bandwidth and
 * latency are known only where the firmware says them. giga-info shows what each comes to.
 */
typedef enum giga_memory {
    GIGA_MEMORY_DEFAULT,      /**< as giga_placement says */
    GIGA_MEMORY_BANDWIDTH,    /**< the local memory of the highest bandwidth */
    GIGA_MEMORY_LATENCY,      /**< the local memory of the lowest latency */
    GIGA_MEMORY_CAPACITY      /**< the largest local memory, or memory without CPUs */
} giga_memory;

/** Options of an allocation; start from GIGA_ALLOC_OPTS_INIT, NULL means the defaults. */
typedef struct giga_alloc_opts {
    size_t struct_bytes;      /**< sizeof(giga_alloc_opts), set by GIGA_ALLOC_OPTS_INIT */
    size_t element_bytes;     /**< blocks end between elements of this size; 0 is 1 */
    giga_pages pages;
    giga_placement placement; /**< GIGA_PLACE_HOME where `memory` asks for a kind */
    bool sparse;              /**< most of it will never be touched: not counted as used */
    bool memory_required;     /**< fail where `memory` cannot be had; else fall back to `placement`,
                                   of which giga_memory_of() tells */
    giga_memory memory;
    size_t alignment;         /**< of giga_alloc_one(): a power of two; 0 is 64. Blocks of other
                                   objects start at pages */
} giga_alloc_opts;

#define GIGA_ALLOC_OPTS_INIT { .struct_bytes = sizeof(giga_alloc_opts) }

/**
 * Allocate an object of `bytes` zero bytes, in equal contiguous blocks over the ranks:
 * byte i has the address `object + i` on every rank, and the home i / stride.
 * Blocks are whole pages, so the last ranks may hold less or nothing.
 *
 * Call:      collective; `bytes` and `opts` must agree.
 * On return: usable on every rank. Memory is taken when it is first touched.
 *
 * @param bytes       size of the object; 0 gives an object with empty blocks
 * @param opts        NULL or options
 * @param object_out  the same address on every rank; NULL on failure
 * @return GIGA_OK, or the same error on every rank: GIGA_ERR_MEMORY when a node does
 *         not have its part (the sentence says which and how much), GIGA_ERR_WINDOW
 *         when no run of addresses is free, GIGA_ERR_UNSUPPORTED when a host does not have the
 *         kind of memory that is required, GIGA_ERR_ARG, GIGA_ERR_MISMATCH, GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_alloc(uint64_t bytes, const giga_alloc_opts *opts, void **object_out);

/**
 * Allocate an object whose blocks differ in length: this rank provides `my_bytes`
 * zero bytes at `object + giga_rank() * giga_stride(object)`.
 *
 * Call: collective; `opts` must agree, `my_bytes` is each rank's own.
 *
 * The rest as giga_alloc().
 */
GIGA_API giga_status giga_alloc_blocks(uint64_t my_bytes, const giga_alloc_opts *opts,
                                       void **object_out);

/**
 * Free an object. NULL is allowed.
 *
 * Call: collective; `object` must agree. All ranks are done with it when they call.
 *
 * @return GIGA_OK; GIGA_ERR_ADDRESS when it is not the first address of a live object;
 *         GIGA_ERR_MISMATCH; GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_free(void *object);

/**
 * Allocate an object of `bytes` zero bytes that lives on this rank alone. The address is good on
 * every rank at once, however it gets there: ranks of this node load and store, all get, put and
 * use atomics.
 *
 * Call:      one-sided. Threads: any.
 * On return: usable everywhere. Memory is taken when it is first touched.
 * Order:     a rank that reads the address where this one has put it, or is told of it, finds
 *            zeros or what was written after this call.
 * Cost:      0.2 us, without a message, and a page fault where memory is new. The length is rounded
 *            up to 64 bytes.
 *
 * A rank has a quarter of the window divided by the ranks for these objects, at most 1 TiB.
 *
 * @param bytes       0 gives an object of its own, too
 * @param opts        NULL or options. `alignment` counts. `placement` and `memory` as in
 *                    giga_alloc(), and then the object has pages of its own. `sparse` is as there.
 *                    These objects have small pages: GIGA_PAGES_HUGE is not supported,
 *                    GIGA_PAGES_HUGE_PREFERRED falls back. `element_bytes` has no meaning.
 * @param object_out  a multiple of 64, or of `alignment`; NULL on failure
 * @return GIGA_OK; GIGA_ERR_MEMORY when the node does not have so much; GIGA_ERR_WINDOW when this
 *         rank's addresses are used up, or the window is too small to have any;
 *         GIGA_ERR_UNSUPPORTED; GIGA_ERR_ARG; GIGA_ERR_INVALID when something wrote to memory
 *         after freeing it, so that it cannot be used again; GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_alloc_one(uint64_t bytes, const giga_alloc_opts *opts,
                                    void **object_out);

/**
 * Free an object of giga_alloc_one(). NULL is allowed.
 *
 * Call:      one-sided, from any rank. Threads: any. All are done with the object, whatever
 *            the rank: operations of this one are completed as by giga_fence().
 * On return: its memory may be used by the next allocation.
 * Cost:      near 0.1 us; remote one round trip. A long object takes time to give its memory back:
 *            0.25 ms for a MiB that was touched and, remote, a round trip for 8 MiB.
 *
 * @return GIGA_OK; GIGA_ERR_ADDRESS with nothing done when `object` is not the first address of a
 *         live object of giga_alloc_one(); GIGA_ERR_INVALID as above: it is freed, but not joined
 *         with free memory beside it; GIGA_ERR_NET; GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_free_one(void *object);

/**
 * This rank's own block of the object that `address` lies in.
 *
 * Call: local. Threads: any.
 *
 * @param bytes_out  NULL, or receives the length of the block
 * @return the first byte of the block, also when it is empty; NULL, with *bytes_out 0,
 *         when `address` lies in no live object, or in one of giga_alloc_one() on another rank.
 */
GIGA_API void *giga_local(const void *address, size_t *bytes_out);

/**
 * The plain memory that starts at an address.
 *
 * Call: local. Threads: any.
 *
 * @param bytes_out  NULL, or receives how many bytes from there on are plain memory:
 *                   to the end of the block, and on through the blocks behind it as
 *                   long as they touch and are near
 * @return `address` when it is near, else NULL.
 */
GIGA_API void *giga_near(const void *address, size_t *bytes_out);

/**
 * The home of an address, or -1 when it lies in no block of a live object. Of blocks of unequal
 * length on other nodes only the home knows the end: the gap behind one counts as its, and so does
 * what is free among the objects of giga_alloc_one() there. Call: local.
 */
GIGA_API int32_t giga_home(const void *address);

/** Distance in bytes between the blocks of an object, 0 for no object and for one with a single
 * block, of giga_alloc_one(). Call: local. */
GIGA_API uint64_t giga_stride(const void *address);

/** What a request for memory has come to, at one address. */
typedef struct giga_memory_info {
    int32_t home;
    int32_t numa_node;        /**< that holds the page; -1 while this rank has not touched it */
    uint64_t page_bytes;      /**< of the pages as reserved: base pages or huge ones */
    giga_memory memory;       /**< the kind asked for; the default when it could not be had */
    giga_placement placement; /**< in force, as the kernel tells it */
    uint64_t numa_mask[16];   /**< NUMA nodes asked for, bit n % 64 of word n / 64; all 0: any */
} giga_memory_info;

/**
 * Tell what the memory at a near address is.
 *
 * Call: local. Threads: any. Cost: some system calls.
 *
 * @return GIGA_OK; GIGA_ERR_ADDRESS when `address` is not near, or in no live object;
 *         GIGA_ERR_ARG; GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_memory_of(const void *address, giga_memory_info *out);

#ifdef __cplusplus
}
#endif

#endif
