/*
 * array.h - distributed arrays: an object and a rule that says where element i is.
 *
 * The address layout of an object never changes; a distribution is an index map on
 * top of it. A block array is one contiguous C array: `&first[i]` is element i.
 */
#ifndef GIGA_ARRAY_H
#define GIGA_ARRAY_H

#include <giga/window.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How elements are dealt to ranks. */
typedef enum giga_dist_kind {
    GIGA_DIST_BLOCK,          /**< equal contiguous runs */
    GIGA_DIST_CYCLIC,         /**< element i on rank i mod size */
    GIGA_DIST_BLOCK_CYCLIC,   /**< runs of `run` elements, dealt round robin */
    GIGA_DIST_EXPLICIT        /**< rank r holds the next `mine` elements, its own choice */
} giga_dist_kind;

/** A distribution. */
typedef struct giga_dist {
    giga_dist_kind kind;
    uint64_t run;             /**< GIGA_DIST_BLOCK_CYCLIC: elements per run, not 0 */
    uint64_t mine;            /**< GIGA_DIST_EXPLICIT: elements this rank holds */
} giga_dist;

/** A distributed array. */
typedef struct giga_array giga_array;

/**
 * Create an array of zero bytes.
 *
 * Call: collective; all arguments but dist.mine must agree. For GIGA_DIST_EXPLICIT
 *       the sum of dist.mine is `count`.
 *
 * @param count          elements, 0 is allowed
 * @param element_bytes  size of one element, not 0
 * @param dist           distribution
 * @param opts           NULL or options of the memory; element_bytes is taken from here
 * @param array_out      the array; NULL on failure
 * @return GIGA_OK, or the same error on every rank: those of giga_alloc(), and
 *         GIGA_ERR_ARG when count * element_bytes does not fit in 64 bits or the
 *         counts of an explicit distribution do not add up.
 */
GIGA_API giga_status giga_array_create(uint64_t count, size_t element_bytes, giga_dist dist,
                                       const giga_alloc_opts *opts, giga_array **array_out);

/** Destroy an array. Call: collective. NULL is allowed. */
GIGA_API giga_status giga_array_destroy(giga_array *array);

/** Number of elements. Call: local. */
GIGA_API uint64_t giga_array_count(const giga_array *array);

/** Size of an element in bytes. Call: local. */
GIGA_API size_t giga_array_element(const giga_array *array);

/**
 * The first element when the elements lie one behind the other in the address space
 * in index order (a block array whose blocks end between elements and pages, and every
 * array on one rank), so that `first[i]` is element i; else NULL. Call: local.
 */
GIGA_API void *giga_array_contiguous(const giga_array *array);

/**
 * The address of element `index`.
 *
 * Call:  local; for GIGA_DIST_EXPLICIT one-sided: log2(size) small gets when the element
 *        is not in the run that was looked up last.
 * @return the address, the same on every rank; NULL, with a sentence, for an index past
 *         the end.
 */
GIGA_API void *giga_at(const giga_array *array, uint64_t index);

/** The home of element `index`, or -1 past the end. Call: as giga_at(). */
GIGA_API int32_t giga_array_home(const giga_array *array, uint64_t index);

/**
 * This rank's own elements, as plain memory, in the order of their indices.
 *
 * Call: local.
 * @param count_out  receives their number
 * @return the first of them, or NULL when there are none
 */
GIGA_API void *giga_array_local(const giga_array *array, uint64_t *count_out);

/**
 * The index of this rank's own element at position `position` of giga_array_local().
 * Call: local. `position` is below its count.
 */
GIGA_API uint64_t giga_array_index(const giga_array *array, uint64_t position);

/**
 * Read or write a run of elements.
 *
 * Call:      one-sided; the homes take no part. Threads: any.
 * On return: complete, as giga_get() and giga_put().
 * Cost:      one message per contiguous remote run; memcpy where the run is near.
 *
 * @param first  index of the first element
 * @param count  elements; 0 is allowed, then the buffer may be NULL
 * @return GIGA_OK, or with nothing moved GIGA_ERR_RANGE when the run does not lie inside
 *         the array; GIGA_ERR_NET with the run undefined.
 */
GIGA_API giga_status giga_array_get(const giga_array *array, uint64_t first, uint64_t count,
                                    void *dst);
GIGA_API giga_status giga_array_put(giga_array *array, uint64_t first, uint64_t count,
                                    const void *src);

#ifdef __cplusplus
}
#endif

#endif
