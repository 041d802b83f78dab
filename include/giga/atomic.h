/*
 * atomic.h - atomic operations on any address of the window.
 *
 * Each takes a pointer into the window, aligned to its size, to int32_t, uint32_t, int64_t
 * or uint64_t; add and swap also to float or double. All are atomic with one another, with
 * 4- and 8-byte gets and puts, and with the home node's own C11 atomics. Integers wrap.
 *
 *     value before     done on return      deferred              deferred, value before
 *     giga_fetch_add   giga_add            giga_add_nbi          giga_fetch_add_nbi
 *     giga_fetch_and   giga_and            giga_and_nbi          giga_fetch_and_nbi
 *     giga_fetch_or    giga_or             giga_or_nbi           giga_fetch_or_nbi
 *     giga_fetch_xor   giga_xor            giga_xor_nbi          giga_fetch_xor_nbi
 *     giga_fetch_min   giga_min            giga_min_nbi          giga_fetch_min_nbi
 *     giga_fetch_max   giga_max            giga_max_nbi          giga_fetch_max_nbi
 *     giga_swap        giga_store          giga_store_nbi        giga_swap_nbi
 *     giga_cas                                                   giga_cas_nbi
 *
 *     before = giga_fetch_add(p, v)           giga_add(p, v)           giga_add_nbi(p, v)
 *     before = giga_cas(p, expected, v)       giga_fetch_add_nbi(&before, p, v)
 *     giga_cas_nbi(&before, p, expected, v)
 *
 * Call:      one-sided; the home's program takes no part. Threads: any.
 * On return: the blocking ones are complete and sequentially consistent. Deferred ones are
 *            complete, and `before` is written, after giga_quiet(); until then they have no
 *            order among themselves or with other operations, unless giga_fence() gives one.
 * Cost:      near the instruction itself (min, max and real numbers a compare-and-swap loop);
 *            remote one round trip, or, deferred, 8 to 16 bytes of a message to the node.
 * Failure:   misuse (an address in no object, a misaligned one) ends the job with a sentence.
 */
#ifndef GIGA_ATOMIC_H
#define GIGA_ATOMIC_H

#include <giga/near.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What names an operation to the far half and to a home: a verb and a type. */
enum {
    GIGA_OP_ADD_, GIGA_OP_AND_, GIGA_OP_OR_, GIGA_OP_XOR_, GIGA_OP_MIN_, GIGA_OP_MAX_,
    GIGA_OP_SWAP_, GIGA_OP_CAS_
};
enum { GIGA_ON_I32_, GIGA_ON_U32_, GIGA_ON_F32_, GIGA_ON_I64_, GIGA_ON_U64_, GIGA_ON_F64_ };
#define GIGA_OPCODE_(verb, type) ((unsigned)(GIGA_OP_##verb##_) << 3 | (unsigned)GIGA_ON_##type##_)

/* The value before, as bits; `b` is the new value of a compare-and-swap, `a` every other operand. */
GIGA_API uint64_t giga_atomic_far_(void *at, unsigned opcode, uint64_t a, uint64_t b);
/* Deferred; `before_out` is NULL or as wide as the word. */
GIGA_API void giga_atomic_nbi_far_(void *at, unsigned opcode, uint64_t a, uint64_t b,
                                   void *before_out);

#define GIGA_IS_NEAR_WORD_(at) \
    (giga_is_near_((at), sizeof *(at)) && ((uintptr_t)(at) & (sizeof *(at) - 1)) == 0)

/*
 * Near halves: giga_near_VERB_TYPE_(at, value, order) on plain memory, the value before.
 */
#define GIGA_NEAR_BUILTIN_(verb, type, name)                                                \
    static inline type giga_near_##verb##_##name##_(type *at, type value, int order)        \
    {                                                                                       \
        return order == __ATOMIC_RELAXED ? __atomic_fetch_##verb(at, value, __ATOMIC_RELAXED) \
                                         : __atomic_fetch_##verb(at, value, __ATOMIC_SEQ_CST); \
    }

#define GIGA_NEAR_LOOP_(verb, type, name, bits, result)                                     \
    static inline type giga_near_##verb##_##name##_(type *at, type value, int order)        \
    {                                                                                       \
        bits old = __atomic_load_n((bits *)(void *)at, __ATOMIC_RELAXED), next;             \
        type was, now;                                                                      \
        (void)order; /* a loop of seq_cst exchanges either way */                           \
        do {                                                                                \
            memcpy(&was, &old, sizeof was);                                                 \
            now = (result);                                                                 \
            memcpy(&next, &now, sizeof next);                                               \
        } while (!__atomic_compare_exchange_n((bits *)(void *)at, &old, next, true,         \
                                              __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));         \
        return was;                                                                         \
    }

#define GIGA_NEAR_SWAP_(type, name, bits)                                                   \
    static inline type giga_near_swap_##name##_(type *at, type value, int order)            \
    {                                                                                       \
        bits now, old;                                                                      \
        (void)order;                                                                        \
        memcpy(&now, &value, sizeof now);                                                   \
        old = __atomic_exchange_n((bits *)(void *)at, now, __ATOMIC_SEQ_CST);               \
        memcpy(&value, &old, sizeof value);                                                 \
        return value;                                                                       \
    }

/*
 * The operations on one word: giga_fetch_VERB_TYPE_, and with a place for the value before,
 * giga_fetch_VERB_nbi_TYPE_; and giga_VERB_nbi_TYPE_.
 */
#define GIGA_WORD_(verb, VERB, type, name, NAME, bits)                                      \
    static inline type giga_fetch_##verb##_##name##_(type *at, type value)                  \
    {                                                                                       \
        bits a, before;                                                                     \
        if (GIGA_IS_NEAR_WORD_(at))                                                         \
            return giga_near_##verb##_##name##_(at, value, __ATOMIC_SEQ_CST);               \
        memcpy(&a, &value, sizeof a);                                                       \
        before = (bits)giga_atomic_far_(at, GIGA_OPCODE_(VERB, NAME), a, 0);                \
        memcpy(&value, &before, sizeof value);                                              \
        return value;                                                                       \
    }                                                                                       \
    static inline void giga_fetch_##verb##_nbi_##name##_(type *before_out, type *at, type value) \
    {                                                                                       \
        bits a;                                                                             \
        if (GIGA_IS_NEAR_WORD_(at)) {                                                       \
            *before_out = giga_near_##verb##_##name##_(at, value, __ATOMIC_RELAXED);        \
        } else {                                                                            \
            memcpy(&a, &value, sizeof a);                                                   \
            giga_atomic_nbi_far_(at, GIGA_OPCODE_(VERB, NAME), a, 0, before_out);           \
        }                                                                                   \
    }

#define GIGA_WORD_NBI_(verb, VERB, type, name, NAME, bits)                                  \
    static inline void giga_##verb##_nbi_##name##_(type *at, type value)                    \
    {                                                                                       \
        bits a;                                                                             \
        if (GIGA_IS_NEAR_WORD_(at)) {                                                       \
            (void)giga_near_##verb##_##name##_(at, value, __ATOMIC_RELAXED);                \
        } else {                                                                            \
            memcpy(&a, &value, sizeof a);                                                   \
            giga_atomic_nbi_far_(at, GIGA_OPCODE_(VERB, NAME), a, 0, NULL);                 \
        }                                                                                   \
    }

/* Additions to long words of large objects wait for their lines. */
#define GIGA_ADD_NBI_(type, name, NAME)                                                     \
    static inline void giga_add_nbi_##name##_(type *at, type value)                         \
    {                                                                                       \
        const giga_run_ *run = giga_near_run_(at, sizeof *at);                              \
        if (!run || ((uintptr_t)at & (sizeof *at - 1)) != 0)                                \
            giga_atomic_nbi_far_(at, GIGA_OPCODE_(ADD, NAME), (uint64_t)value, 0, NULL);    \
        else if (run->bytes >= GIGA_RING_FROM_)                                             \
            giga_add_later_((uint64_t *)(void *)at, (uint64_t)value);                       \
        else                                                                                \
            __atomic_fetch_add(at, value, __ATOMIC_RELAXED);                                \
    }

#define GIGA_CAS_(type, name, NAME, bits)                                                   \
    static inline type giga_cas_##name##_(type *at, type expected, type desired)            \
    {                                                                                       \
        if (!GIGA_IS_NEAR_WORD_(at))                                                        \
            return (type)giga_atomic_far_(at, GIGA_OPCODE_(CAS, NAME), (bits)expected,      \
                                          (bits)desired);                                   \
        __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST,        \
                                    __ATOMIC_SEQ_CST);                                      \
        return expected;                                                                    \
    }                                                                                       \
    static inline void giga_cas_nbi_##name##_(type *before_out, type *at, type expected,    \
                                              type desired)                                 \
    {                                                                                       \
        if (GIGA_IS_NEAR_WORD_(at))                                                         \
            *before_out = giga_cas_##name##_(at, expected, desired);                        \
        else                                                                                \
            giga_atomic_nbi_far_(at, GIGA_OPCODE_(CAS, NAME), (bits)expected, (bits)desired, \
                                 before_out);                                               \
    }

#define GIGA_BITWISE_(verb, VERB, type, name, NAME, bits) \
    GIGA_NEAR_BUILTIN_(verb, type, name)                  \
    GIGA_WORD_(verb, VERB, type, name, NAME, bits)        \
    GIGA_WORD_NBI_(verb, VERB, type, name, NAME, bits)

#define GIGA_INTEGER_(type, name, NAME, bits)                                    \
    GIGA_NEAR_BUILTIN_(add, type, name)                                          \
    GIGA_WORD_(add, ADD, type, name, NAME, bits)                                 \
    GIGA_BITWISE_(and, AND, type, name, NAME, bits)                              \
    GIGA_BITWISE_(or, OR, type, name, NAME, bits)                                \
    GIGA_BITWISE_(xor, XOR, type, name, NAME, bits)                              \
    GIGA_NEAR_LOOP_(min, type, name, bits, value < was ? value : was)            \
    GIGA_WORD_(min, MIN, type, name, NAME, bits)                                 \
    GIGA_WORD_NBI_(min, MIN, type, name, NAME, bits)                             \
    GIGA_NEAR_LOOP_(max, type, name, bits, value > was ? value : was)            \
    GIGA_WORD_(max, MAX, type, name, NAME, bits)                                 \
    GIGA_WORD_NBI_(max, MAX, type, name, NAME, bits)                             \
    GIGA_NEAR_SWAP_(type, name, bits)                                            \
    GIGA_WORD_(swap, SWAP, type, name, NAME, bits)                               \
    GIGA_CAS_(type, name, NAME, bits)

#define GIGA_REAL_(type, name, NAME, bits)                                       \
    GIGA_NEAR_LOOP_(add, type, name, bits, was + value)                          \
    GIGA_WORD_(add, ADD, type, name, NAME, bits)                                 \
    GIGA_WORD_NBI_(add, ADD, type, name, NAME, bits)                             \
    GIGA_NEAR_SWAP_(type, name, bits)                                            \
    GIGA_WORD_(swap, SWAP, type, name, NAME, bits)

GIGA_INTEGER_(int32_t, i32, I32, uint32_t)
GIGA_INTEGER_(uint32_t, u32, U32, uint32_t)
GIGA_INTEGER_(int64_t, i64, I64, uint64_t)
GIGA_INTEGER_(uint64_t, u64, U64, uint64_t)
GIGA_REAL_(float, f32, F32, uint32_t)
GIGA_REAL_(double, f64, F64, uint64_t)
GIGA_WORD_NBI_(add, ADD, int32_t, i32, I32, uint32_t)
GIGA_WORD_NBI_(add, ADD, uint32_t, u32, U32, uint32_t)
GIGA_ADD_NBI_(int64_t, i64, I64)
GIGA_ADD_NBI_(uint64_t, u64, U64)

#undef GIGA_NEAR_BUILTIN_
#undef GIGA_NEAR_LOOP_
#undef GIGA_NEAR_SWAP_
#undef GIGA_WORD_
#undef GIGA_WORD_NBI_
#undef GIGA_ADD_NBI_
#undef GIGA_CAS_
#undef GIGA_BITWISE_
#undef GIGA_INTEGER_
#undef GIGA_REAL_

#ifdef __cplusplus
}
#define GIGA_OVERLOAD_VERB_(verb, type, name)                                               \
    static inline type giga_fetch_##verb(type *p, type v)                                   \
    {                                                                                       \
        return giga_fetch_##verb##_##name##_(p, v);                                         \
    }                                                                                       \
    static inline void giga_##verb(type *p, type v) { giga_fetch_##verb##_##name##_(p, v); } \
    static inline void giga_##verb##_nbi(type *p, type v) { giga_##verb##_nbi_##name##_(p, v); } \
    static inline void giga_fetch_##verb##_nbi(type *before, type *p, type v)               \
    {                                                                                       \
        giga_fetch_##verb##_nbi_##name##_(before, p, v);                                    \
    }
#define GIGA_OVERLOAD_SWAP_(type, name)                                                     \
    static inline type giga_swap(type *p, type v) { return giga_fetch_swap_##name##_(p, v); } \
    static inline void giga_swap_nbi(type *before, type *p, type v)                         \
    {                                                                                       \
        giga_fetch_swap_nbi_##name##_(before, p, v);                                        \
    }
#define GIGA_OVERLOAD_(type, name)                                                          \
    GIGA_OVERLOAD_VERB_(add, type, name)                                                    \
    GIGA_OVERLOAD_VERB_(and, type, name)                                                    \
    GIGA_OVERLOAD_VERB_(or, type, name)                                                     \
    GIGA_OVERLOAD_VERB_(xor, type, name)                                                    \
    GIGA_OVERLOAD_VERB_(min, type, name)                                                    \
    GIGA_OVERLOAD_VERB_(max, type, name)                                                    \
    GIGA_OVERLOAD_SWAP_(type, name)                                                         \
    static inline type giga_cas(type *p, type e, type d)                                    \
    {                                                                                       \
        return giga_cas_##name##_(p, e, d);                                                 \
    }                                                                                       \
    static inline void giga_cas_nbi(type *before, type *p, type e, type d)                  \
    {                                                                                       \
        giga_cas_nbi_##name##_(before, p, e, d);                                            \
    }
GIGA_OVERLOAD_(int32_t, i32)
GIGA_OVERLOAD_(uint32_t, u32)
GIGA_OVERLOAD_(int64_t, i64)
GIGA_OVERLOAD_(uint64_t, u64)
GIGA_OVERLOAD_VERB_(add, float, f32)
GIGA_OVERLOAD_VERB_(add, double, f64)
GIGA_OVERLOAD_SWAP_(float, f32)
GIGA_OVERLOAD_SWAP_(double, f64)
#undef GIGA_OVERLOAD_VERB_
#undef GIGA_OVERLOAD_SWAP_
#undef GIGA_OVERLOAD_
#else
#define GIGA_PICK_(verb, p)                                                             \
    _Generic((p), int32_t *: giga_##verb##_i32_, uint32_t *: giga_##verb##_u32_,        \
             int64_t *: giga_##verb##_i64_, uint64_t *: giga_##verb##_u64_)
#define GIGA_PICK_ANY_(verb, p)                                                         \
    _Generic((p), int32_t *: giga_##verb##_i32_, uint32_t *: giga_##verb##_u32_,        \
             int64_t *: giga_##verb##_i64_, uint64_t *: giga_##verb##_u64_,             \
             float *: giga_##verb##_f32_, double *: giga_##verb##_f64_)
#define giga_fetch_add(p, v) GIGA_PICK_ANY_(fetch_add, p)((p), (v))
#define giga_fetch_and(p, v) GIGA_PICK_(fetch_and, p)((p), (v))
#define giga_fetch_or(p, v) GIGA_PICK_(fetch_or, p)((p), (v))
#define giga_fetch_xor(p, v) GIGA_PICK_(fetch_xor, p)((p), (v))
#define giga_fetch_min(p, v) GIGA_PICK_(fetch_min, p)((p), (v))
#define giga_fetch_max(p, v) GIGA_PICK_(fetch_max, p)((p), (v))
#define giga_swap(p, v) GIGA_PICK_ANY_(fetch_swap, p)((p), (v))
#define giga_cas(p, expected, desired) GIGA_PICK_(cas, p)((p), (expected), (desired))
#define giga_add(p, v) ((void)giga_fetch_add(p, v))
#define giga_and(p, v) ((void)giga_fetch_and(p, v))
#define giga_or(p, v) ((void)giga_fetch_or(p, v))
#define giga_xor(p, v) ((void)giga_fetch_xor(p, v))
#define giga_min(p, v) ((void)giga_fetch_min(p, v))
#define giga_max(p, v) ((void)giga_fetch_max(p, v))
#define giga_add_nbi(p, v) GIGA_PICK_ANY_(add_nbi, p)((p), (v))
#define giga_and_nbi(p, v) GIGA_PICK_(and_nbi, p)((p), (v))
#define giga_or_nbi(p, v) GIGA_PICK_(or_nbi, p)((p), (v))
#define giga_xor_nbi(p, v) GIGA_PICK_(xor_nbi, p)((p), (v))
#define giga_min_nbi(p, v) GIGA_PICK_(min_nbi, p)((p), (v))
#define giga_max_nbi(p, v) GIGA_PICK_(max_nbi, p)((p), (v))
#define giga_fetch_add_nbi(before, p, v) GIGA_PICK_ANY_(fetch_add_nbi, p)((before), (p), (v))
#define giga_fetch_and_nbi(before, p, v) GIGA_PICK_(fetch_and_nbi, p)((before), (p), (v))
#define giga_fetch_or_nbi(before, p, v) GIGA_PICK_(fetch_or_nbi, p)((before), (p), (v))
#define giga_fetch_xor_nbi(before, p, v) GIGA_PICK_(fetch_xor_nbi, p)((before), (p), (v))
#define giga_fetch_min_nbi(before, p, v) GIGA_PICK_(fetch_min_nbi, p)((before), (p), (v))
#define giga_fetch_max_nbi(before, p, v) GIGA_PICK_(fetch_max_nbi, p)((before), (p), (v))
#define giga_swap_nbi(before, p, v) GIGA_PICK_ANY_(fetch_swap_nbi, p)((before), (p), (v))
#define giga_cas_nbi(before, p, expected, desired) \
    GIGA_PICK_(cas_nbi, p)((before), (p), (expected), (desired))
#endif

#endif
