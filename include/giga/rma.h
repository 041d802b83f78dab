/*
 * rma.h - one-sided operations on any address of the window.
 *
 * A near address is plain memory: the operation is the memory access itself, inlined.
 * A remote one is a message to its home, which answers also while it computes.
 *
 * Blocking operations are complete when they return.
 *
 * Deferred ones (`_nbi`) are complete after giga_quiet(). Small ones (at most
 * GIGA_COPY_MAX bytes) are gathered into batches, one per destination node, so that the
 * naive loop runs at the speed of hand-written aggregation; any number may be outstanding,
 * in a fixed amount of memory (GIGA_AGGREGATE): when it is used up, the call waits. A
 * batch leaves when it is full, when its memory is wanted, at giga_quiet() or
 * giga_fence(), and when it is old (a millisecond while there is traffic, else at most
 * 200). Until giga_quiet() or giga_fence() a deferred operation has no order with any other.
 *
 * Those with a handle (`_nb`) start at once, and are complete when giga_test() or
 * giga_wait() says so.
 *
 * Operations that return a status return an error of misuse at the call; those that
 * return a value, or nothing, end the job with a sentence.
 *
 * Atomicity: 4- and 8-byte operations on naturally aligned addresses are atomic with
 * one another and with the home node's own C11 atomics. Longer gets and puts are not.
 */
#ifndef GIGA_RMA_H
#define GIGA_RMA_H

#include <giga/atomic.h>
#include <giga/near.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An operation under way; a value, 0 when it is complete already. */
typedef uint64_t giga_handle;
#define GIGA_HANDLE_DONE ((giga_handle)0)

GIGA_API giga_status giga_get_far_(void *dst, const void *src, size_t bytes);
GIGA_API giga_status giga_put_far_(void *dst, const void *src, size_t bytes);
GIGA_API giga_status giga_get_nbi_far_(void *dst, const void *src, size_t bytes);
GIGA_API giga_status giga_put_nbi_far_(void *dst, const void *src, size_t bytes);
GIGA_API giga_status giga_get_nb_far_(void *dst, const void *src, size_t bytes,
                                      giga_handle *handle_out);
GIGA_API giga_status giga_put_nb_far_(void *dst, const void *src, size_t bytes,
                                      giga_handle *handle_out);

/**
 * Copy from the window into private or near memory.
 *
 * Call:      one-sided; the home takes no part. Threads: any.
 * On return: `dst` holds the bytes.
 * Cost:      near a memcpy; remote one round trip per home touched.
 *
 * @param dst    `bytes` bytes of private or near memory
 * @param src    window address; the run may span blocks of one object
 * @param bytes  0 is allowed, then the buffer may be NULL
 * @return GIGA_OK; GIGA_ERR_ADDRESS or GIGA_ERR_RANGE with nothing written;
 *         GIGA_ERR_STATE; GIGA_ERR_NET with `dst` undefined.
 */
GIGA_INLINE_ giga_status giga_get(void *dst, const void *src, size_t bytes)
{
    if (bytes != 0 && giga_is_near_(src, bytes)) {
        memcpy(dst, src, bytes);
        return GIGA_OK;
    }
    return giga_get_far_(dst, src, bytes);
}

/**
 * Copy from private or near memory into the window.
 *
 * On return: complete: `src` may be reused, and a get by any rank that starts later
 *            returns the new bytes.
 *
 * The rest as giga_get(); after GIGA_ERR_NET the run is undefined.
 */
GIGA_INLINE_ giga_status giga_put(void *dst, const void *src, size_t bytes)
{
    if (bytes != 0 && giga_is_near_(dst, bytes)) {
        memcpy(dst, src, bytes);
        return GIGA_OK;
    }
    return giga_put_far_(dst, src, bytes);
}

/**
 * Deferred get: `dst` is undefined until giga_quiet(), and must stay in place.
 *
 * @return as giga_get(); a failure of the network is returned by giga_quiet().
 */
GIGA_INLINE_ giga_status giga_get_nbi(void *dst, const void *src, size_t bytes)
{
    if (bytes != 0 && giga_is_near_(src, bytes)) {
        memcpy(dst, src, bytes);
        return GIGA_OK;
    }
    return giga_get_nbi_far_(dst, src, bytes);
}

/**
 * Deferred put: complete at giga_quiet(). A source of at most GIGA_COPY_MAX bytes is
 * copied at the call and may be reused at once; a longer one must stay unchanged until
 * giga_quiet().
 */
#define GIGA_COPY_MAX 1024
GIGA_INLINE_ giga_status giga_put_nbi(void *dst, const void *src, size_t bytes)
{
    if (bytes != 0 && giga_is_near_(dst, bytes)) {
        memcpy(dst, src, bytes);
        return GIGA_OK;
    }
    return giga_put_nbi_far_(dst, src, bytes);
}

/**
 * Get and put with a handle: they start at once, and are not gathered.
 *
 * Call:      one-sided. Threads: any; a handle may be waited for by another thread, once.
 * On return: *handle_out is to be passed to giga_test(), giga_wait() or giga_wait_any()
 *            until one of them has said that it is complete; till then `dst` of a get is
 *            undefined and `src` of a put longer than GIGA_COPY_MAX must stay unchanged.
 *            A near operation is complete at once: the handle is GIGA_HANDLE_DONE.
 * Cost:      as the blocking ones, without the waiting. A rank has 2,048 handles; when
 *            all are in use the call fails.
 *
 * @return as giga_get(), and GIGA_ERR_MEMORY when no handle is free; on failure the
 *         handle is GIGA_HANDLE_DONE.
 */
GIGA_INLINE_ giga_status giga_get_nb(void *dst, const void *src, size_t bytes,
                                      giga_handle *handle_out)
{
    if (handle_out && bytes != 0 && giga_is_near_(src, bytes)) {
        memcpy(dst, src, bytes);
        *handle_out = GIGA_HANDLE_DONE;
        return GIGA_OK;
    }
    return giga_get_nb_far_(dst, src, bytes, handle_out);
}

GIGA_INLINE_ giga_status giga_put_nb(void *dst, const void *src, size_t bytes,
                                      giga_handle *handle_out)
{
    if (handle_out && bytes != 0 && giga_is_near_(dst, bytes)) {
        memcpy(dst, src, bytes);
        *handle_out = GIGA_HANDLE_DONE;
        return GIGA_OK;
    }
    return giga_put_nb_far_(dst, src, bytes, handle_out);
}

/**
 * Is an operation complete? Once it is, *handle becomes GIGA_HANDLE_DONE, which may be
 * tested and waited for again.
 *
 * Call: one-sided. Threads: any, one at a time per handle.
 *
 * giga_test      sets *done_out; does not wait, but lets the network move
 * giga_wait      waits: spins shortly, then sleeps
 * giga_wait_any  waits for one of `count`; handles that are GIGA_HANDLE_DONE on entry are
 *                passed over, and when all are, *index_out is `count`
 *
 * @return GIGA_OK; the failure of the operation, which is over then too: GIGA_ERR_NET, or
 *         GIGA_ERR_RANGE or GIGA_ERR_ADDRESS from the home; GIGA_ERR_ARG for a handle that
 *         is none or was completed before; GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_test(giga_handle *handle, bool *done_out);
GIGA_API giga_status giga_wait(giga_handle *handle);
GIGA_API giga_status giga_wait_any(giga_handle *handles, size_t count, size_t *index_out);

/**
 * Complete all operations of this rank, of all its threads, but those with a handle.
 *
 * Call: one-sided. Threads: any.
 * @return GIGA_OK, or the first failure since the last giga_quiet(): GIGA_ERR_NET or,
 *         when a home refused a run, GIGA_ERR_RANGE or GIGA_ERR_ADDRESS; GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_quiet(void);

/**
 * Order: what this rank wrote to a home before it becomes visible there before what
 * it writes to that home after it. Does not complete anything.
 *
 * Call: one-sided. Threads: any.
 */
GIGA_API giga_status giga_fence(void);

/*
 * Values: get and put of one int32_t, uint32_t, int64_t, uint64_t, float or double. They
 * must succeed: a failure ends the job.
 *
 *     v = giga_load(p)    giga_store(p, v)    giga_store_nbi(p, v)
 */
GIGA_API uint64_t giga_load_far_(const void *at, size_t bytes);
GIGA_API void giga_store_far_(void *at, uint64_t bits, size_t bytes);
GIGA_API void giga_store_nbi_far_(void *at, uint64_t bits, size_t bytes);

#define GIGA_VALUE_(type, name, word)                                                   \
    GIGA_INLINE_ type giga_load_##name##_(const type *at)                              \
    {                                                                                   \
        word bits;                                                                      \
        type value;                                                                     \
        if (giga_is_near_(at, sizeof bits) && ((uintptr_t)at & (sizeof bits - 1)) == 0) \
            bits = __atomic_load_n((const word *)(const void *)at, __ATOMIC_RELAXED);   \
        else                                                                            \
            bits = (word)giga_load_far_(at, sizeof bits);                               \
        memcpy(&value, &bits, sizeof value);                                            \
        return value;                                                                   \
    }                                                                                   \
    GIGA_INLINE_ void giga_store_##name##_(type *at, type value)                       \
    {                                                                                   \
        word bits;                                                                      \
        memcpy(&bits, &value, sizeof bits);                                             \
        if (giga_is_near_(at, sizeof bits) && ((uintptr_t)at & (sizeof bits - 1)) == 0) \
            __atomic_store_n((word *)(void *)at, bits, __ATOMIC_RELAXED);               \
        else                                                                            \
            giga_store_far_(at, bits, sizeof bits);                                     \
    }                                                                                   \
    GIGA_INLINE_ void giga_store_nbi_##name##_(type *at, type value)                   \
    {                                                                                   \
        word bits;                                                                      \
        memcpy(&bits, &value, sizeof bits);                                             \
        if (giga_is_near_(at, sizeof bits) && ((uintptr_t)at & (sizeof bits - 1)) == 0) \
            __atomic_store_n((word *)(void *)at, bits, __ATOMIC_RELAXED);               \
        else                                                                            \
            giga_store_nbi_far_(at, bits, sizeof bits);                                 \
    }

GIGA_VALUE_(int32_t, i32, uint32_t)
GIGA_VALUE_(uint32_t, u32, uint32_t)
GIGA_VALUE_(int64_t, i64, uint64_t)
GIGA_VALUE_(uint64_t, u64, uint64_t)
GIGA_VALUE_(float, f32, uint32_t)
GIGA_VALUE_(double, f64, uint64_t)
#undef GIGA_VALUE_

#ifdef __cplusplus
}
#define GIGA_OVERLOAD_VALUE_(type, name)                                                \
    GIGA_INLINE_ type giga_load(const type *p) { return giga_load_##name##_(p); }      \
    GIGA_INLINE_ void giga_store(type *p, type v) { giga_store_##name##_(p, v); }      \
    GIGA_INLINE_ void giga_store_nbi(type *p, type v) { giga_store_nbi_##name##_(p, v); }
GIGA_OVERLOAD_VALUE_(int32_t, i32)
GIGA_OVERLOAD_VALUE_(uint32_t, u32)
GIGA_OVERLOAD_VALUE_(int64_t, i64)
GIGA_OVERLOAD_VALUE_(uint64_t, u64)
GIGA_OVERLOAD_VALUE_(float, f32)
GIGA_OVERLOAD_VALUE_(double, f64)
#undef GIGA_OVERLOAD_VALUE_
#else
#define GIGA_PICK_VALUE_(verb, p)                                                       \
    _Generic(*(p), int32_t: giga_##verb##_i32_, uint32_t: giga_##verb##_u32_,           \
             int64_t: giga_##verb##_i64_, uint64_t: giga_##verb##_u64_,                 \
             float: giga_##verb##_f32_, double: giga_##verb##_f64_)
#define giga_load(p) GIGA_PICK_VALUE_(load, p)((p))
#define giga_store(p, v) GIGA_PICK_VALUE_(store, p)((p), (v))
#define giga_store_nbi(p, v) GIGA_PICK_VALUE_(store_nbi, p)((p), (v))
#endif

#endif
