/*
 * rma.h - one-sided operations on any address of the window.
 *
 * A near address is plain memory: the operation is the memory access itself, inlined.
 * A remote one is a message to its home, which answers also while it computes.
 *
 * Blocking operations are complete when they return. Deferred ones (`_nbi`) are
 * complete after giga_quiet(). giga_fence() orders without waiting for completion.
 * Operations that return a status return an error of misuse at the call; those that
 * return a value, or nothing, end the job with a sentence.
 *
 * Atomicity: 4- and 8-byte operations on naturally aligned addresses are atomic with
 * one another and with the home node's own C11 atomics. Longer gets and puts are not.
 */
#ifndef GIGA_RMA_H
#define GIGA_RMA_H

#include <giga/types.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The fast path: one table lookup tells whether [address, address + bytes) is plain
 * memory here. Part of the ABI, not of the API: names with a final underscore are not
 * for programs. The window is cut into granules; an object owns whole granules; a
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

GIGA_API giga_status giga_get_far_(void *dst, const void *src, size_t bytes);
GIGA_API giga_status giga_put_far_(void *dst, const void *src, size_t bytes);
GIGA_API giga_status giga_get_nbi_far_(void *dst, const void *src, size_t bytes);
GIGA_API giga_status giga_put_nbi_far_(void *dst, const void *src, size_t bytes);
GIGA_API uint32_t giga_fetch_add_far32_(void *at, uint32_t value);
GIGA_API uint64_t giga_fetch_add_far64_(void *at, uint64_t value);
GIGA_API uint32_t giga_cas_far32_(void *at, uint32_t expected, uint32_t desired);
GIGA_API uint64_t giga_cas_far64_(void *at, uint64_t expected, uint64_t desired);
GIGA_API void giga_add_nbi_far32_(void *at, uint32_t value);
GIGA_API void giga_add_nbi_far64_(void *at, uint64_t value);

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
static inline giga_status giga_get(void *dst, const void *src, size_t bytes)
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
static inline giga_status giga_put(void *dst, const void *src, size_t bytes)
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
static inline giga_status giga_get_nbi(void *dst, const void *src, size_t bytes)
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
static inline giga_status giga_put_nbi(void *dst, const void *src, size_t bytes)
{
    if (bytes != 0 && giga_is_near_(dst, bytes)) {
        memcpy(dst, src, bytes);
        return GIGA_OK;
    }
    return giga_put_nbi_far_(dst, src, bytes);
}

/**
 * Complete all operations of this rank, of all its threads.
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
 * Values. Each takes a pointer into the window, aligned to its size, to int32_t,
 * uint32_t, int64_t or uint64_t (giga_load and giga_store also float and double).
 *
 * giga_fetch_add(p, v)         add, wrapping, and return the value before
 * giga_cas(p, expected, v)     store v if *p == expected; return the value before
 * giga_add_nbi(p, v)           deferred add
 * giga_load(p), giga_store(p, v)  get and put of one value
 */
static inline uint32_t giga_fetch_add_u32_(uint32_t *at, uint32_t value)
{
    if (giga_is_near_(at, 4) && ((uintptr_t)at & 3) == 0)
        return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
    return giga_fetch_add_far32_(at, value);
}

static inline uint64_t giga_fetch_add_u64_(uint64_t *at, uint64_t value)
{
    if (giga_is_near_(at, 8) && ((uintptr_t)at & 7) == 0)
        return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
    return giga_fetch_add_far64_(at, value);
}

static inline uint32_t giga_cas_u32_(uint32_t *at, uint32_t expected, uint32_t desired)
{
    if (!giga_is_near_(at, 4) || ((uintptr_t)at & 3) != 0)
        return giga_cas_far32_(at, expected, desired);
    __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
}

static inline uint64_t giga_cas_u64_(uint64_t *at, uint64_t expected, uint64_t desired)
{
    if (!giga_is_near_(at, 8) || ((uintptr_t)at & 7) != 0)
        return giga_cas_far64_(at, expected, desired);
    __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
}

static inline void giga_add_nbi_u32_(uint32_t *at, uint32_t value)
{
    if (giga_is_near_(at, 4) && ((uintptr_t)at & 3) == 0)
        __atomic_fetch_add(at, value, __ATOMIC_RELAXED); /* ordered by fence and quiet */
    else
        giga_add_nbi_far32_(at, value);
}

static inline void giga_add_nbi_u64_(uint64_t *at, uint64_t value)
{
    if (giga_is_near_(at, 8) && ((uintptr_t)at & 7) == 0)
        __atomic_fetch_add(at, value, __ATOMIC_RELAXED); /* ordered by fence and quiet */
    else
        giga_add_nbi_far64_(at, value);
}

/* Loads and stores of a value that must succeed: a failure ends the job. */
GIGA_API uint64_t giga_load_far_(const void *at, size_t bytes);
GIGA_API void giga_store_far_(void *at, uint64_t bits, size_t bytes);

#define GIGA_VALUE_(type, name, word)                                                   \
    static inline type giga_load_##name##_(const type *at)                              \
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
    static inline void giga_store_##name##_(type *at, type value)                       \
    {                                                                                   \
        word bits;                                                                      \
        memcpy(&bits, &value, sizeof bits);                                             \
        if (giga_is_near_(at, sizeof bits) && ((uintptr_t)at & (sizeof bits - 1)) == 0) \
            __atomic_store_n((word *)(void *)at, bits, __ATOMIC_RELAXED);               \
        else                                                                            \
            giga_store_far_(at, bits, sizeof bits);                                     \
    }

GIGA_VALUE_(int32_t, i32, uint32_t)
GIGA_VALUE_(uint32_t, u32, uint32_t)
GIGA_VALUE_(int64_t, i64, uint64_t)
GIGA_VALUE_(uint64_t, u64, uint64_t)
GIGA_VALUE_(float, f32, uint32_t)
GIGA_VALUE_(double, f64, uint64_t)
#undef GIGA_VALUE_

#define GIGA_SIGNED_(bits)                                                              \
    static inline int##bits##_t giga_fetch_add_i##bits##_(int##bits##_t *at,            \
                                                          int##bits##_t value)          \
    {                                                                                   \
        return (int##bits##_t)giga_fetch_add_u##bits##_((uint##bits##_t *)(void *)at,   \
                                                        (uint##bits##_t)value);         \
    }                                                                                   \
    static inline int##bits##_t giga_cas_i##bits##_(int##bits##_t *at,                  \
                                                    int##bits##_t expected,             \
                                                    int##bits##_t desired)              \
    {                                                                                   \
        return (int##bits##_t)giga_cas_u##bits##_((uint##bits##_t *)(void *)at,         \
                                                  (uint##bits##_t)expected,             \
                                                  (uint##bits##_t)desired);             \
    }                                                                                   \
    static inline void giga_add_nbi_i##bits##_(int##bits##_t *at, int##bits##_t value)  \
    {                                                                                   \
        giga_add_nbi_u##bits##_((uint##bits##_t *)(void *)at, (uint##bits##_t)value);   \
    }

GIGA_SIGNED_(32)
GIGA_SIGNED_(64)
#undef GIGA_SIGNED_

#ifdef __cplusplus
}
#define GIGA_OVERLOAD_(type, name)                                                      \
    static inline type giga_fetch_add(type *p, type v)                                  \
    {                                                                                   \
        return giga_fetch_add_##name##_(p, v);                                          \
    }                                                                                   \
    static inline type giga_cas(type *p, type e, type d)                                \
    {                                                                                   \
        return giga_cas_##name##_(p, e, d);                                             \
    }                                                                                   \
    static inline void giga_add_nbi(type *p, type v) { giga_add_nbi_##name##_(p, v); }
#define GIGA_OVERLOAD_VALUE_(type, name)                                                \
    static inline type giga_load(const type *p) { return giga_load_##name##_(p); }      \
    static inline void giga_store(type *p, type v) { giga_store_##name##_(p, v); }
GIGA_OVERLOAD_(int32_t, i32)
GIGA_OVERLOAD_(uint32_t, u32)
GIGA_OVERLOAD_(int64_t, i64)
GIGA_OVERLOAD_(uint64_t, u64)
GIGA_OVERLOAD_VALUE_(int32_t, i32)
GIGA_OVERLOAD_VALUE_(uint32_t, u32)
GIGA_OVERLOAD_VALUE_(int64_t, i64)
GIGA_OVERLOAD_VALUE_(uint64_t, u64)
GIGA_OVERLOAD_VALUE_(float, f32)
GIGA_OVERLOAD_VALUE_(double, f64)
#undef GIGA_OVERLOAD_
#undef GIGA_OVERLOAD_VALUE_
#else
#define GIGA_PICK_(verb, p)                                                             \
    _Generic((p), int32_t *: giga_##verb##_i32_, uint32_t *: giga_##verb##_u32_,        \
             int64_t *: giga_##verb##_i64_, uint64_t *: giga_##verb##_u64_)
#define GIGA_PICK_VALUE_(verb, p)                                                       \
    _Generic(*(p), int32_t: giga_##verb##_i32_, uint32_t: giga_##verb##_u32_,           \
             int64_t: giga_##verb##_i64_, uint64_t: giga_##verb##_u64_,                 \
             float: giga_##verb##_f32_, double: giga_##verb##_f64_)
#define giga_fetch_add(p, v) GIGA_PICK_(fetch_add, p)((p), (v))
#define giga_cas(p, expected, desired) GIGA_PICK_(cas, p)((p), (expected), (desired))
#define giga_add_nbi(p, v) GIGA_PICK_(add_nbi, p)((p), (v))
#define giga_load(p) GIGA_PICK_VALUE_(load, p)((p))
#define giga_store(p, v) GIGA_PICK_VALUE_(store, p)((p), (v))
#endif

#endif
