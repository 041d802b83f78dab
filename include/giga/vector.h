/*
 * vector.h - many elements in one call: index lists, and boxes of 2-D and 3-D arrays.
 *
 * What goes to one node travels together: a call sends one message per 64 KiB or so and
 * destination node, not one per element. Index lists may name elements in any order and
 * repeat them. The near part is done by the calling thread, with the lines fetched ahead.
 *
 * Call:      one-sided; the homes take no part. Threads: any.
 * On return: the plain forms are complete. The `_nbi` forms are complete after
 *            giga_quiet(); `index` may be reused when they return, `src` too, and `dst` of
 *            a gather must stay in place.
 * Order:     none between the elements of a call; of elements scattered to one place one
 *            wins. Elements of 4 and 8 bytes are single-copy atomic, adds are atomic.
 * Errors:    GIGA_OK, or with nothing moved GIGA_ERR_RANGE (the sentence names the first
 *            index that leaves the object), GIGA_ERR_ADDRESS, GIGA_ERR_ARG, GIGA_ERR_STATE;
 *            GIGA_ERR_NET with the elements undefined. An element behind the end of a block
 *            of unequal length is refused: GIGA_ERR_RANGE with the others done (by the
 *            `_nbi` forms at the call when it is near, else by giga_quiet()).
 */
#ifndef GIGA_VECTOR_H
#define GIGA_VECTOR_H

#include <giga/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Gather: dst[i] = base[index[i]], for i below `count`; elements of `element_bytes` bytes.
 *
 * @param dst            count * element_bytes bytes of private or near memory
 * @param base           window address of element 0
 * @param element_bytes  1 to GIGA_COPY_MAX
 * @param index          `count` indices; elements are inside the object `base` lies in
 */
GIGA_API giga_status giga_gather(void *dst, const void *base, size_t element_bytes,
                                 const uint64_t *index, uint64_t count);
GIGA_API giga_status giga_gather_nbi(void *dst, const void *base, size_t element_bytes,
                                     const uint64_t *index, uint64_t count);

/** Scatter: base[index[i]] = src[i]. Parameters as giga_gather(). */
GIGA_API giga_status giga_scatter(void *base, const void *src, size_t element_bytes,
                                  const uint64_t *index, uint64_t count);
GIGA_API giga_status giga_scatter_nbi(void *base, const void *src, size_t element_bytes,
                                      const uint64_t *index, uint64_t count);

/**
 * Scatter-add: base[index[i]] += src[i], atomically; integers wrap.
 *
 * @param base  aligned to the type's size
 */
GIGA_API giga_status giga_scatter_add(void *base, const void *src, giga_type type,
                                      const uint64_t *index, uint64_t count);
GIGA_API giga_status giga_scatter_add_nbi(void *base, const void *src, giga_type type,
                                          const uint64_t *index, uint64_t count);

/**
 * A box: `extent[d]` places in dimension d, of up to GIGA_BOX_DIMS, the last varying fastest,
 * each of `element_bytes` bytes. A 256 x 256 piece of a row-major matrix of doubles with
 * `cols` columns is {8, 2, {256, 256}}, with stride {cols * 8, 8}.
 */
#define GIGA_BOX_DIMS 3
typedef struct giga_box {
    size_t element_bytes;
    int32_t dims;                        /**< 1 to GIGA_BOX_DIMS */
    uint64_t extent[GIGA_BOX_DIMS];      /**< places per dimension; 0 is an empty box */
} giga_box;

/**
 * Copy a box between the window and private or near memory.
 *
 * @param dst, src     address of the box's first element; `src` of get_box and `dst` of
 *                     put_box are in the window, and the whole box inside one object
 * @param dst_stride   bytes between neighbours in each dimension; NULL: packed
 * @param src_stride   the same for the source
 */
GIGA_API giga_status giga_get_box(void *dst, const uint64_t *dst_stride, const void *src,
                                  const uint64_t *src_stride, const giga_box *box);
GIGA_API giga_status giga_get_box_nbi(void *dst, const uint64_t *dst_stride, const void *src,
                                      const uint64_t *src_stride, const giga_box *box);
GIGA_API giga_status giga_put_box(void *dst, const uint64_t *dst_stride, const void *src,
                                  const uint64_t *src_stride, const giga_box *box);
GIGA_API giga_status giga_put_box_nbi(void *dst, const uint64_t *dst_stride, const void *src,
                                      const uint64_t *src_stride, const giga_box *box);

#ifdef __cplusplus
}
#endif

#endif
