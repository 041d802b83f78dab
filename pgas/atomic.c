/*
 * atomic.c - the far half of giga/atomic.h, and its execution at a home.
 *
 * The near halves of the public header do the work here too: there is one meaning of an
 * operation.
 */
#include "atomic.h"

#include <inttypes.h>
#include <string.h>

#include "aggregate.h"
#include "request.h"
#include "watch.h"

bool gi_atomic_known(unsigned opcode)
{
    unsigned type = opcode & 7;
    bool real = type == GIGA_ON_F32_ || type == GIGA_ON_F64_;

    return opcode < GI_OPCODES && type <= GIGA_ON_F64_ &&
           (!real || gi_atomic_verb(opcode) == GIGA_OP_ADD_ || gi_atomic_verb(opcode) == GIGA_OP_SWAP_);
}

/* One case: the operand's bits become a value, the value before becomes bits. */
#define CASE(verb, VERB, type, name, NAME, bits)                            \
    case GIGA_OPCODE_(VERB, NAME): {                                        \
        bits word = (bits)a;                                                \
        type value;                                                         \
        memcpy(&value, &word, sizeof value);                                \
        value = giga_near_##verb##_##name##_(at, value, __ATOMIC_SEQ_CST);  \
        memcpy(&word, &value, sizeof word);                                 \
        return word;                                                        \
    }
#define CASE_CAS(type, NAME)                                                              \
    case GIGA_OPCODE_(CAS, NAME): {                                                       \
        type before = (type)a;                                                            \
        __atomic_compare_exchange_n((type *)at, &before, (type)b, false, __ATOMIC_SEQ_CST, \
                                    __ATOMIC_SEQ_CST);                                    \
        return before;                                                                    \
    }
#define CASES_REAL(type, name, NAME, bits)    \
    CASE(add, ADD, type, name, NAME, bits)    \
    CASE(swap, SWAP, type, name, NAME, bits)
#define CASES(type, name, NAME, bits)         \
    CASES_REAL(type, name, NAME, bits)        \
    CASE(and, AND, type, name, NAME, bits)    \
    CASE(or, OR, type, name, NAME, bits)      \
    CASE(xor, XOR, type, name, NAME, bits)    \
    CASE(min, MIN, type, name, NAME, bits)    \
    CASE(max, MAX, type, name, NAME, bits)    \
    CASE_CAS(bits, NAME)

uint64_t gi_atomic_apply(unsigned opcode, void *at, uint64_t a, uint64_t b)
{
    switch (opcode) {
    CASES(int32_t, i32, I32, uint32_t)
    CASES(uint32_t, u32, U32, uint32_t)
    CASES(int64_t, i64, I64, uint64_t)
    CASES(uint64_t, u64, U64, uint64_t)
    CASES_REAL(float, f32, F32, uint32_t)
    CASES_REAL(double, f64, F64, uint64_t)
    default: return 0;
    }
}

const char *gi_atomic_name(unsigned opcode, bool deferred, bool fetches)
{
    static const char *const names[3][8] = {
        {"giga_fetch_add", "giga_fetch_and", "giga_fetch_or", "giga_fetch_xor", "giga_fetch_min",
         "giga_fetch_max", "giga_swap", "giga_cas"},
        {"giga_add_nbi", "giga_and_nbi", "giga_or_nbi", "giga_xor_nbi", "giga_min_nbi",
         "giga_max_nbi", "giga_swap_nbi", "giga_cas_nbi"},
        {"giga_fetch_add_nbi", "giga_fetch_and_nbi", "giga_fetch_or_nbi", "giga_fetch_xor_nbi",
         "giga_fetch_min_nbi", "giga_fetch_max_nbi", "giga_swap_nbi", "giga_cas_nbi"},
    };

    return names[deferred ? 1 + fetches : 0][gi_atomic_verb(opcode) & 7];
}

gi_place gi_place_word(const char *function, const void *at, size_t width)
{
    gi_place place;

    if (gi_job_runs(function) != GIGA_OK)
        giga_abort("%s", giga_error());
    if ((uintptr_t)at % width != 0)
        giga_abort("%s: rank %d: address %p is not aligned to %zu bytes", function, gi_the_job.rank,
                   at, width);
    if (gi_object_place(&gi_the_job, function, at, width, &place) != GIGA_OK)
        giga_abort("%s", giga_error());
    return place;
}

/* One request to the home, and its answer. */
static uint64_t ask_home(gi_job *job, const char *function, const gi_place *place, void *at,
                         unsigned opcode, uint64_t a, uint64_t b)
{
    gi_message message = {.kind = GI_KIND_ATOMIC, .width = (uint16_t)opcode, .a = a, .b = b,
                          .offset = (uint64_t)(uintptr_t)at - job->window_base};
    uint64_t before;

    if (gi_job_check(function) != GIGA_OK)
        giga_abort("%s", giga_error());
    giga_status status = gi_request_ask(job, place->home, &message, &before);
    if (status != GIGA_OK)
        giga_abort("%s: rank %d: the home, rank %d, refused the word at %p: it leaves its block",
                   function, job->rank, place->home, at);
    return before;
}

static uint64_t perform(gi_job *job, const char *function, const gi_place *place, void *at,
                        unsigned opcode, uint64_t a, uint64_t b, int64_t *ns_out)
{
    gi_call call;

    if (place->near)
        return gi_atomic_apply(opcode, at, a, b);
    gi_call_begin(&call, GIGA_STATS_ATOMIC, function);
    uint64_t before = ask_home(job, function, place, at, opcode, a, b);
    call.bytes = gi_atomic_width(opcode);
    gi_count_bytes(call.bytes);
    *ns_out = gi_call_end(&call);
    return before;
}

static void store_before(void *before_out, uint64_t before, size_t width)
{
    uint32_t half = (uint32_t)before;

    if (before_out)
        memcpy(before_out, width == 8 ? (const void *)&before : &half, width);
}

static inline void perform_nbi(gi_job *job, const gi_place *place, void *at, unsigned opcode,
                               uint64_t a, uint64_t b, void *before_out)
{
    size_t width = gi_atomic_width(opcode);

    if (place->near) {
        store_before(before_out, gi_atomic_apply(opcode, at, a, b), width);
    } else {
        if (gi_job_check(gi_atomic_name(opcode, true, before_out)) != GIGA_OK)
            giga_abort("%s", giga_error());
        gi_aggregate_atomic(job, place->home, at, opcode, a, b, before_out);
        gi_count_atomic(width);
    }
}

/* The same while somebody watches; deferred or not. */
__attribute__((noinline)) static uint64_t
perform_watched(gi_job *job, const gi_place *place, void *at, unsigned opcode, uint64_t a,
                uint64_t b, void *before_out, gi_how how, const void *site)
{
    const char *function = gi_atomic_name(opcode, how == GI_DEFERRED, how == GI_BLOCKING || before_out);
    size_t width = gi_atomic_width(opcode);
    uint64_t before = 0;
    gi_access access = {.class = GIGA_STATS_ATOMIC, .function = function, .site = site,
                        .object = place->object, .at = at, .bytes = width, .private = before_out,
                        .private_bytes = before_out ? width : 0, .does = GI_UPDATES, .how = how,
                        .operations = 1};

    gi_watch_before(job, &access);
    if (how == GI_BLOCKING)
        before = perform(job, function, place, at, opcode, a, b, &access.ns);
    else
        perform_nbi(job, place, at, opcode, a, b, before_out);
    access.remote = place->near ? 0 : width;
    access.batched = !place->near && how == GI_DEFERRED;
    gi_watch_after(job, &access);
    return before;
}

uint64_t giga_atomic_far_(void *at, unsigned opcode, uint64_t a, uint64_t b)
{
    gi_job *job = &gi_the_job;
    const char *function = gi_atomic_name(opcode, false, true);
    gi_place place = gi_place_word(function, at, gi_atomic_width(opcode));
    int64_t ns;

    if (__builtin_expect(job->watch != 0, 0))
        return perform_watched(job, &place, at, opcode, a, b, NULL, GI_BLOCKING,
                               __builtin_return_address(0));
    return perform(job, function, &place, at, opcode, a, b, &ns);
}

/* Apart, so that the quick way saves no registers for it. */
__attribute__((noinline)) static void careful_nbi(void *at, unsigned opcode, uint64_t a, uint64_t b,
                                                  void *before_out, const void *site)
{
    gi_job *job = &gi_the_job;
    gi_place place = gi_place_word(gi_atomic_name(opcode, true, before_out), at, gi_atomic_width(opcode));

    if (job->watch)
        perform_watched(job, &place, at, opcode, a, b, before_out, GI_DEFERRED, site);
    else
        perform_nbi(job, &place, at, opcode, a, b, before_out);
}

void giga_atomic_nbi_far_(void *at, unsigned opcode, uint64_t a, uint64_t b, void *before_out)
{
    gi_job *job = &gi_the_job;

    if (!job->watch && !before_out && gi_atomic_verb(opcode) != GIGA_OP_CAS_ &&
        gi_aggregate_quick(job, at, opcode, a))
        gi_count_atomic(gi_atomic_width(opcode));
    else
        careful_nbi(at, opcode, a, b, before_out, __builtin_return_address(0));
}
