/*
 * perf_long.c - 1 MiB at a time: blocking, deferred, and by handles while computing.
 *
 * Rank 0 works on the target's block. Before each transfer, one word of each 4 KiB of where it
 * goes to (of a get) or comes from (of a put) is written anew; these words are compared after
 * each get, and all words at the end, by who has them.
 */
#include <stdlib.h>
#include <string.h>

#include "perf.h"
#include "run.h"

enum {
    LONG = 1 << 20,
    STAMP = 4096 / 8,
    RUNS = 16, /* of deferred transfers, before a quiet */
    HANDLES = 8,
};
enum { GET, PUT, DEFERRED = 2, OVERLAP = 4 };

typedef struct area {
    uint64_t run[RUNS][LONG / 8];
} area;

typedef struct state {
    perf_round *round;
    int32_t target;
    area *here, *there;
    double *ns;
    uint64_t samples, runs, salt;
    bool put, deferred, plain;
} state;

/* What a run holds: all of pattern `which`, but its stamps of pattern `stamps`. */
static void fill(uint64_t *run, uint64_t which, uint64_t step)
{
    for (uint64_t i = 0; i < LONG / 8; i += step)
        run[i] = perf_mix(which, i);
}

static uint64_t count_wrong(const uint64_t *run, uint64_t which, uint64_t stamps, uint64_t step)
{
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < LONG / 8; i += step)
        wrong += run[i] != perf_mix(i % STAMP ? which : stamps, i);
    return wrong;
}

static void move_plain(const state *s, uint64_t i)
{
    if (s->put)
        memcpy(s->there->run[i], s->here->run[i], LONG);
    else
        memcpy(s->here->run[i], s->there->run[i], LONG);
    PERF_CLOBBER();
}

static void move(const state *s, uint64_t i)
{
    void *here = s->here->run[i], *there = s->there->run[i];

    if (s->put)
        perf_must(s->deferred ? giga_put_nbi(there, here, LONG) : giga_put(there, here, LONG),
                  "put");
    else
        perf_must(s->deferred ? giga_get_nbi(here, there, LONG) : giga_get(here, there, LONG),
                  "get");
}

static double sample(state *s, uint64_t number)
{
    for (uint64_t i = 0; i < s->runs; i++)
        fill(s->here->run[i], s->put ? s->salt + RUNS + number : ~s->salt, STAMP);
    double begin = perf_now_ns();
    for (uint64_t i = 0; i < s->runs && s->plain; i++)
        move_plain(s, i);
    for (uint64_t i = 0; i < s->runs && !s->plain; i++)
        move(s, i);
    if (s->deferred)
        perf_must(giga_quiet(), "giga_quiet");
    double ns = perf_now_ns() - begin;
    for (uint64_t i = 0; i < s->runs && !s->put; i++)
        s->round->wrong += count_wrong(s->here->run[i], s->salt + i, s->salt + i, STAMP);
    return ns;
}

static void check(const state *s)
{
    for (uint64_t i = 0; i < s->runs && s->put && giga_rank() == s->target; i++)
        s->round->wrong += count_wrong(s->there->run[i], s->salt + i,
                                       s->salt + RUNS + s->samples - 1, 1);
    for (uint64_t i = 0; i < s->runs && !s->put && giga_rank() == 0; i++)
        s->round->wrong += count_wrong(s->here->run[i], s->salt + i, s->salt + i, 1);
}

/* Returns MB/s, of rank 0. */
static double measure(state *s, int pass)
{
    area *source = s->put ? s->here : s->there;

    s->salt = (s->round->number * 2 + (uint64_t)pass + 1) << 32;
    for (uint64_t i = 0; i < s->runs && giga_rank() == (s->put ? 0 : s->target); i++)
        fill(source->run[i], s->salt + i, 1);
    perf_must(giga_barrier(), "giga_barrier");
    for (uint64_t i = 0; i < s->samples && giga_rank() == 0; i++)
        s->ns[i] = sample(s, i);
    perf_must(giga_barrier(), "giga_barrier");
    check(s);
    return (double)(s->runs * LONG) / run_median(s->ns, s->samples) * 1e3;
}

static void measure_both(state *s)
{
    int passes = s->round->self->place == PERF_NEAR ? 2 : 1;

    for (int pass = 0; pass < passes; pass++) {
        s->plain = passes == 2 && perf_plain(s->round, pass);
        *(s->plain ? &s->round->limit : &s->round->figure) = measure(s, pass);
    }
}

/* ---- Overlap ---- */

/* Rounds of work of which the compiler can skip none. */
static void compute(uint64_t rounds)
{
    uint64_t work = 1;

    for (uint64_t i = 0; i < rounds; i++) {
        work = work * UINT64_C(6364136223846793005) + 1;
        __asm__ volatile("" : "+r"(work));
    }
}

static double overlapped(state *s, uint64_t rounds)
{
    giga_handle handles[HANDLES];

    for (uint64_t i = 0; i < HANDLES; i++)
        fill(s->here->run[i], ~s->salt, STAMP);
    double begin = perf_now_ns();
    for (uint64_t i = 0; i < HANDLES; i++)
        perf_must(giga_get_nb(s->here->run[i], s->there->run[i], LONG, &handles[i]), "giga_get_nb");
    compute(rounds);
    for (uint64_t i = 0; i < HANDLES; i++)
        perf_must(giga_wait(&handles[i]), "giga_wait");
    double ns = perf_now_ns() - begin;
    for (uint64_t i = 0; i < HANDLES; i++)
        s->round->wrong += count_wrong(s->here->run[i], s->salt + i, s->salt + i, STAMP);
    return ns;
}

static double overlapped_us(state *s, uint64_t rounds)
{
    for (uint64_t i = 0; i < s->samples; i++)
        s->ns[i] = overlapped(s, rounds);
    return run_median(s->ns, s->samples) / 1e3;
}

/* The limit is what the transfers take alone; the figure, with as much computing beside them. */
static void measure_overlap(state *s)
{
    enum { TRIED = 100000 };

    s->runs = HANDLES;
    s->salt = (s->round->number + 1) << 32;
    for (uint64_t i = 0; i < HANDLES && giga_rank() == s->target; i++)
        fill(s->there->run[i], s->salt + i, 1);
    perf_must(giga_barrier(), "giga_barrier");
    if (giga_rank() == 0) {
        s->round->limit = overlapped_us(s, 0);
        double begin = perf_now_ns();
        compute(TRIED);
        double us = (perf_now_ns() - begin) / 1e3;
        s->round->figure = overlapped_us(s, (uint64_t)(s->round->limit / us * TRIED));
        check(s);
    }
    perf_must(giga_barrier(), "giga_barrier");
}

/* ---- The cases ---- */

static giga_status run(perf_round *round)
{
    int way = round->self->way;
    state s = {.round = round, .target = perf_target(round->self->place), .put = way & PUT,
               .deferred = way & DEFERRED, .runs = way & DEFERRED ? RUNS : 1,
               .samples = round->quick ? 2 : 50};
    void *object, *there, *here = NULL, *ns = NULL;
    giga_status status = perf_block(s.target, sizeof(area), &object, &there);

    if (status != GIGA_OK)
        return status;
    status = perf_memory(giga_rank() == 0 ? sizeof(area) : 0, 1, &here);
    if (status == GIGA_OK)
        status = perf_memory(s.samples, sizeof *s.ns, &ns);
    s.here = here;
    s.there = there;
    s.ns = ns;
    if (status == GIGA_OK && way & OVERLAP)
        measure_overlap(&s);
    else if (status == GIGA_OK)
        measure_both(&s);
    free(ns);
    free(here);
    giga_status freed = giga_free(object);
    return status != GIGA_OK ? status : freed;
}

static const perf_case cases[] = {
    {"near.get1M", "MB/s", PERF_NEAR, GET, 0, run, "blocking get of 1 MiB"},
    {"near.put1M", "MB/s", PERF_NEAR, PUT, 0, run, "blocking put of 1 MiB"},
    {"remote.get1M", "MB/s", PERF_REMOTE, GET, 0, run, "blocking get of 1 MiB"},
    {"remote.put1M", "MB/s", PERF_REMOTE, PUT, 0, run, "blocking put of 1 MiB"},
    {"remote.get_nbi1M", "MB/s", PERF_REMOTE, GET | DEFERRED, 0, run,
     "16 deferred gets of 1 MiB, then quiet"},
    {"remote.put_nbi1M", "MB/s", PERF_REMOTE, PUT | DEFERRED, 0, run,
     "16 deferred puts of 1 MiB, then quiet"},
    {"remote.overlap", "us", PERF_REMOTE, GET | OVERLAP, 0, run,
     "8 gets of 1 MiB by handles, beside computing that takes as long"}};

const perf_family perf_long = PERF_FAMILY(cases);
