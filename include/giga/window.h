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
    GIGA_PAGES_HUGE           /**< huge pages, or the allocation fails */
} giga_pages;

/** Which of the machine's memories holds a block. */
typedef enum giga_placement {
    GIGA_PLACE_HOME,          /**< the NUMA node the home runs on */
    GIGA_PLACE_INTERLEAVE,    /**< round robin over the host's NUMA nodes */
    GIGA_PLACE_FIRST_TOUCH    /**< the NUMA node of who touches a page first */
} giga_placement;

/** Options of an allocation; start from GIGA_ALLOC_OPTS_INIT, NULL means the defaults. */
typedef struct giga_alloc_opts {
    size_t struct_bytes;      /**< sizeof(giga_alloc_opts), set by GIGA_ALLOC_OPTS_INIT */
    size_t element_bytes;     /**< blocks end between elements of this size; 0 is 1 */
    giga_pages pages;
    giga_placement placement;
    bool sparse;              /**< most of it will never be touched: not counted as used */
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
 *         when no run of addresses is free, GIGA_ERR_ARG, GIGA_ERR_MISMATCH,
 *         GIGA_ERR_STATE.
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
 * This rank's own block of the object that `address` lies in.
 *
 * Call: local. Threads: any.
 *
 * @param bytes_out  NULL, or receives the length of the block
 * @return the first byte of the block, also when it is empty; NULL, with *bytes_out 0,
 *         when `address` lies in no live object.
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
 * length on other nodes only the home knows the end: the gap behind one counts as its. Call: local.
 */
GIGA_API int32_t giga_home(const void *address);

/** Distance in bytes between the blocks of an object, 0 for no object. Call: local. */
GIGA_API uint64_t giga_stride(const void *address);

#ifdef __cplusplus
}
#endif

#endif
