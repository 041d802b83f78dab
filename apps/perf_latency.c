/*
 * perf_latency.c - 8-byte blocking get, put and fetch-add on a rank of another node, one at a
 * time; a figure is the median over single operations.
 *
 * Rank 0 works on the target's block. What the target does meanwhile is
 *   waiting     in giga_barrier()
 *   computing   in a loop without any call of giga, until rank 0 puts a word
 *   idle        in giga_barrier(), and rank 0 sleeps 100 ms before each operation
 */
#include <stdlib.h>

#include "perf.h"
#include "run.h"

enum { WORDS = 512, WARM_UP = 200, IDLE_NS = 100000000 };
enum { GET, PUT, ADD, VERBS = 3, WAITING = 0, COMPUTING = 4, IDLE = 8, STATES = 12 };

typedef struct block {
    uint64_t table[WORDS];   /* of gets: perf_mix(0, i) */
    uint64_t written[WORDS]; /* of puts */
    uint64_t counted[WORDS]; /* of fetch-adds */
    uint64_t over;           /* ends the computing */
} block;

typedef struct state {
    perf_round *round;
    block *there;
    uint64_t shadow[WORDS];  /* what `counted` holds */
    int verb, doing;
    uint64_t warm_up, samples;
} state;

static uint64_t place_of(uint64_t operation)
{
    return operation * 205 % WORDS;
}

/* Returns its nanoseconds. */
static double operate(state *s, uint64_t i)
{
    uint64_t at = place_of(i), value = perf_mix(1, i), old = 0;
    double begin = perf_now_ns();

    if (s->verb == GET)
        perf_must(giga_get(&old, &s->there->table[at], sizeof old), "giga_get");
    else if (s->verb == PUT)
        perf_must(giga_put(&s->there->written[at], &value, sizeof value), "giga_put");
    else
        old = giga_fetch_add(&s->there->counted[at], value);
    double ns = perf_now_ns() - begin;

    if (s->verb == GET)
        s->round->wrong += old != perf_mix(0, at);
    if (s->verb == ADD) {
        s->round->wrong += old != s->shadow[at];
        s->shadow[at] += value;
    }
    return ns;
}

static void measure(state *s, double *samples)
{
    uint64_t i = 0;

    for (; i < s->warm_up; i++)
        operate(s, i);
    for (uint64_t sample = 0; sample < s->samples; sample++, i++) {
        if (s->doing == IDLE)
            nanosleep(&(struct timespec){.tv_nsec = IDLE_NS}, NULL);
        samples[sample] = operate(s, i);
    }
    s->round->figure = run_median(samples, s->samples) / 1e3;
}

/* Work of its own, until rank 0's put, which giga_store() releases. */
static void compute_until(const uint64_t *word)
{
    uint64_t work = 1;

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0) {
        for (int i = 0; i < 1000; i++)
            work = work * UINT64_C(6364136223846793005) + 1;
        __asm__ volatile("" ::"r"(work));
    }
}

/* The target, with plain loads: what the operations have left behind. */
static void check(state *s)
{
    uint64_t count = s->warm_up + s->samples;

    for (uint64_t i = 0; s->verb == ADD && i < count; i++)
        s->shadow[place_of(i)] += perf_mix(1, i);
    for (uint64_t at = 0; s->verb == ADD && at < WORDS; at++)
        s->round->wrong += s->there->counted[at] != s->shadow[at];
    for (uint64_t i = count > WORDS ? count - WORDS : 0; s->verb == PUT && i < count; i++)
        s->round->wrong += s->there->written[place_of(i)] != perf_mix(1, i);
}

static void play(state *s, int32_t target, double *samples)
{
    for (uint64_t i = 0; giga_rank() == target && i < WORDS; i++)
        s->there->table[i] = perf_mix(0, i);
    perf_must(giga_barrier(), "giga_barrier");
    if (giga_rank() == 0) {
        measure(s, samples);
        giga_store(&s->there->over, UINT64_C(1));
    } else if (giga_rank() == target && s->doing == COMPUTING) {
        compute_until(&s->there->over);
    }
    perf_must(giga_barrier(), "giga_barrier");
    if (giga_rank() == target)
        check(s);
}

static giga_status run(perf_round *round)
{
    int32_t target = perf_target(PERF_REMOTE);
    state s = {.round = round, .verb = round->self->way % 4, .doing = round->self->way / 4 * 4};
    void *object, *there, *samples;
    giga_status status = perf_block(target, sizeof(block), &object, &there);

    if (status != GIGA_OK)
        return status;
    s.there = there;
    s.warm_up = s.doing == IDLE ? 0 : round->quick ? 10 : WARM_UP;
    s.samples = s.doing == IDLE ? (round->quick ? 1 : 5) : round->quick ? 20 : 2000;
    status = perf_memory(s.samples, sizeof(double), &samples);
    if (status == GIGA_OK)
        play(&s, target, samples);
    free(samples);
    giga_status freed = giga_free(object);
    return status != GIGA_OK ? status : freed;
}

#define CASE(state, place, verb, name, what, when) \
    {"remote." place name, "us", PERF_REMOTE, (state) + (verb), 0, run, what ", " when}
#define CASES(state, place, when)                                 \
    CASE(state, place, GET, "get8", "blocking get of 8 bytes", when), \
    CASE(state, place, PUT, "put8", "blocking put of 8 bytes", when), \
    CASE(state, place, ADD, "fetch_add8", "fetch-add of 8 bytes", when)

static const perf_case cases[] = {
    CASES(WAITING, "", "the target waits in giga"),
    CASES(COMPUTING, "computing.", "the target computes"),
    CASES(IDLE, "idle.", "the first after 100 ms of nothing")};

const perf_family perf_latency = PERF_FAMILY(cases);
