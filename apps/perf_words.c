/*
 * perf_words.c - 8-byte blocking get, put and fetch-add on another rank of this node, beside
 * the same instructions on the same memory without giga.
 *
 * Rank 0 works on the target's block; everybody else waits in a barrier. Two kinds of object:
 * blocks that follow one another, and blocks of unequal length, each in a near run of its own.
 *
 * What keeps the compiler honest: a get's address is computed from the result of the one before,
 * and memory is clobbered between two operations. The loops are inlined for giga and for plain
 * C, so that they differ by the operation alone.
 */
#include "perf.h"

enum { WORDS = 512 };
enum { GET, PUT, ADD, UNEQUAL = 4 };

typedef struct words {
    uint64_t chain[WORDS];   /* each leads to the next */
    uint64_t written[WORDS], counted[WORDS];
} words;

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t get_word(const uint64_t *at, bool plain)
{
    uint64_t value;

    if (plain)
        return *at;
    perf_must(giga_get(&value, at, sizeof value), "giga_get");
    return value;
}

INLINE void put_word(uint64_t *at, uint64_t value, bool plain)
{
    if (plain)
        *at = value;
    else
        perf_must(giga_put(at, &value, sizeof value), "giga_put");
}

INLINE uint64_t add_word(uint64_t *at, bool plain)
{
    return plain ? __atomic_fetch_add(at, 1, __ATOMIC_SEQ_CST) /* as giga's, with which it races */
                 : giga_fetch_add(at, 1);
}

/* A permutation of full cycle: odd increment, multiplier 1 mod 4 (Hull and Dobell). */
static inline uint64_t next_word(uint64_t at)
{
    return (at * 205 + 91) % WORDS;
}

/* `ops` is a multiple of WORDS everywhere: the walk ends where it began. */
INLINE double gets(perf_round *round, const words *w, uint64_t ops, bool plain)
{
    uint64_t at = 0, sum = 0;
    double begin = perf_now_ns();

    for (uint64_t i = 0; i < ops; i++) {
        at = get_word(&w->chain[at], plain);
        sum += at;
        PERF_CLOBBER();
    }
    double ns = perf_now_ns() - begin;
    round->wrong += at != 0 || sum != ops / WORDS * (WORDS * (WORDS - 1) / 2);
    return ns / (double)ops;
}

INLINE double puts_(perf_round *round, words *w, uint64_t ops, bool plain)
{
    uint64_t at = 0, salt = perf_mix(round->number, plain);
    double begin = perf_now_ns();

    for (uint64_t i = 0; i < ops; i++) {
        put_word(&w->written[at], i ^ salt, plain);
        at = next_word(at);
        PERF_CLOBBER();
    }
    double ns = perf_now_ns() - begin;
    for (uint64_t i = ops - WORDS; i < ops; i++) {
        round->wrong += w->written[at] != (i ^ salt);
        at = next_word(at);
    }
    return ns / (double)ops;
}

INLINE double adds(perf_round *round, words *w, uint64_t ops, bool plain)
{
    uint64_t at = 0, sum = 0, visits = ops / WORDS, old = w->counted[0];
    double begin = perf_now_ns();

    for (uint64_t i = 0; i < ops; i++) {
        sum += add_word(&w->counted[at], plain);
        at = next_word(at);
        PERF_CLOBBER();
    }
    double ns = perf_now_ns() - begin;
    for (uint64_t i = 0; i < WORDS; i++)
        round->wrong += w->counted[i] != old + visits;
    round->wrong += sum != WORDS * (visits * old + visits * (visits - 1) / 2);
    return ns / (double)ops;
}

INLINE double measure(perf_round *round, words *w, bool plain)
{
    uint64_t ops = round->quick ? 2 * WORDS : 2000 * WORDS;

    switch (round->self->way & ~UNEQUAL) {
    case GET: return gets(round, w, ops, plain);
    case PUT: return puts_(round, w, ops, plain);
    default: return adds(round, w, ops, plain);
    }
}

static giga_status allocate(const perf_round *round, void **object)
{
    uint64_t bytes = sizeof(words), size = (uint64_t)giga_size();

    if (round->self->way & UNEQUAL)
        return giga_alloc_blocks(bytes + (giga_rank() == 0 ? 8 : 0), NULL, object);
    return giga_alloc(bytes * size, NULL, object);
}

static giga_status run(perf_round *round)
{
    int32_t target = perf_target(PERF_NEAR);
    void *object;
    giga_status status = allocate(round, &object);

    if (status != GIGA_OK)
        return status;
    words *w = (words *)(void *)((char *)object + (uint64_t)target * giga_stride(object));
    if (giga_home(w) != target || giga_home(&w->counted[WORDS - 1]) != target)
        giga_abort("giga-perf: rank %d has no block of its own", target);
    for (uint64_t i = 0; giga_rank() == target && i < WORDS; i++)
        w->chain[i] = next_word(i);
    perf_must(giga_barrier(), "giga_barrier");
    for (int pass = 0; giga_rank() == 0 && pass < 2; pass++) {
        if (perf_plain(round, pass))
            round->limit = measure(round, w, true);
        else
            round->figure = measure(round, w, false);
    }
    perf_must(giga_barrier(), "giga_barrier");
    return giga_free(object);
}

static const perf_case cases[] = {
    {"near.get8", "ns", PERF_NEAR, GET, 0, run, "blocking get of 8 bytes, one after another"},
    {"near.put8", "ns", PERF_NEAR, PUT, 0, run, "blocking put of 8 bytes, complete on return"},
    {"near.fetch_add8", "ns", PERF_NEAR, ADD, 0, run, "fetch-add of 8 bytes"},
    {"near.blocks.get8", "ns", PERF_NEAR, GET | UNEQUAL, 0, run,
     "near.get8 in an object of unequal blocks"},
    {"near.blocks.put8", "ns", PERF_NEAR, PUT | UNEQUAL, 0, run,
     "near.put8 in an object of unequal blocks"},
    {"near.blocks.fetch_add8", "ns", PERF_NEAR, ADD | UNEQUAL, 0, run,
     "near.fetch_add8 in an object of unequal blocks"}};

const perf_family perf_words = PERF_FAMILY(cases);
