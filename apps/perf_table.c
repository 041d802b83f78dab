/*
 * perf_table.c - the naive loops over a table: histogram and index gather with deferred
 * operations, and the calls that take a list of indices.
 *
 * All ranks work at once, at random places drawn before, of the whole table (remote) or of the
 * part that lies on their node (near); a figure is million updates a second, of all ranks
 * together, from one barrier to the next. The limit of the near ones is the plain loop, with
 * C11 atomics where it updates.
 *
 * Verified without the operations: what was added is told by a sum over the table weighted with a
 * random number per place, and the same sum over the list of indices; what was read, by value.
 */
#include <stdlib.h>

#include "perf.h"

enum { CALL = 1 << 16 }; /* indices per call of giga_gather() and giga_scatter_add() */
enum { QUICK_UPDATES = 20000, QUICK_SHRINK = 256 };
enum { HISTOGRAM, INDEX_GATHER, GATHER, SCATTER_ADD };

/* A part of the table, in words. */
typedef struct extent {
    uint64_t first, words;
} extent;

typedef struct state {
    perf_round *round;
    uint64_t *at, words;    /* the table */
    uint64_t *index, count; /* this rank's places */
    uint64_t *value;        /* what is added there, or read */
    extent *parts;          /* that places are drawn from */
    uint64_t parts_count;
    int kind;
} state;

static bool reads(const state *s)
{
    return s->kind == INDEX_GATHER || s->kind == GATHER;
}

/* The blocks of this node, or the whole table. */
static void find_parts(state *s)
{
    uint64_t stride = giga_stride(s->at) / sizeof *s->at;

    if (s->round->self->place != PERF_NEAR || giga_nodes() == 1) {
        s->parts[s->parts_count++] = (extent){0, s->words};
        return;
    }
    for (int32_t k = 0; k < giga_near_size(); k++) {
        uint64_t first = (uint64_t)giga_near_rank(k) * stride;
        if (first < s->words)
            s->parts[s->parts_count++] =
                (extent){first, stride < s->words - first ? stride : s->words - first};
    }
}

/* 32 random bits to a number below `limit`, which is below 2^32. */
static uint64_t below(uint64_t limit, uint64_t bits)
{
    return (bits & UINT32_MAX) * limit >> 32;
}

static void draw(state *s)
{
    uint64_t seed = (s->round->number + 1) << 32 | (uint64_t)giga_rank();

    if (s->parts_count == 0)
        s->count = 0; /* nothing of the table lies on this node */
    for (uint64_t i = 0; i < s->count; i++) {
        uint64_t bits = perf_mix(seed, i);
        const extent *part = &s->parts[below(s->parts_count, bits >> 48 << 16)]; /* other bits */
        s->index[i] = part->first + below(part->words, bits);
        s->value[i] = s->kind == SCATTER_ADD ? i % 7 + 1 : 0;
    }
}

/* This rank's own part of the table. */
static extent own_part(const state *s)
{
    uint64_t first = (uint64_t)giga_rank() * (giga_stride(s->at) / sizeof *s->at);
    size_t bytes;

    giga_local(s->at, &bytes);
    if (first >= s->words)
        return (extent){0, 0};
    uint64_t words = bytes / sizeof *s->at;
    return (extent){first, words < s->words - first ? words : s->words - first};
}

static void fill(const state *s)
{
    extent mine = own_part(s);

    for (uint64_t i = mine.first; i < mine.first + mine.words; i++)
        s->at[i] = reads(s) ? perf_mix(0, i) : 0;
}

/* Every rank maps what it will reach of its node: page faults are alloc.touch's. */
static void map_near(const state *s)
{
    enum { PAGE_WORDS = 4096 / sizeof *s->at };

    for (uint64_t k = 0; k < s->parts_count; k++) {
        const extent *part = &s->parts[k];
        for (uint64_t i = part->first; i < part->first + part->words; i += PAGE_WORDS) {
            if (giga_near(&s->at[i], NULL))
                (void)*(volatile uint64_t *)&s->at[i];
        }
    }
}

/* ---- The loops ---- */

static void work(const state *s)
{
    uint64_t *at = s->at, *value = s->value;
    const uint64_t *index = s->index;

    if (s->kind == HISTOGRAM)
        for (uint64_t i = 0; i < s->count; i++)
            giga_add_nbi(&at[index[i]], 1);
    if (s->kind == INDEX_GATHER)
        for (uint64_t i = 0; i < s->count; i++)
            perf_must(giga_get_nbi(&value[i], &at[index[i]], sizeof *value), "giga_get_nbi");
    for (uint64_t i = 0; i < s->count; i += CALL) {
        uint64_t part = s->count - i < CALL ? s->count - i : CALL;
        if (s->kind == GATHER)
            perf_must(giga_gather(&value[i], at, sizeof *value, &index[i], part), "giga_gather");
        if (s->kind == SCATTER_ADD)
            perf_must(giga_scatter_add(at, &value[i], GIGA_U64, &index[i], part),
                      "giga_scatter_add");
    }
}

static void work_plain(const state *s)
{
    uint64_t *at = s->at, *value = s->value;
    const uint64_t *index = s->index;

    if (s->kind == HISTOGRAM)
        for (uint64_t i = 0; i < s->count; i++)
            __atomic_fetch_add(&at[index[i]], 1, __ATOMIC_RELAXED);
    else if (s->kind == SCATTER_ADD)
        for (uint64_t i = 0; i < s->count; i++)
            __atomic_fetch_add(&at[index[i]], value[i], __ATOMIC_RELAXED);
    else
        for (uint64_t i = 0; i < s->count; i++)
            value[i] = at[index[i]];
}

/* ---- Verification ---- */

static void check_read(const state *s)
{
    for (uint64_t i = 0; i < s->count; i++) {
        s->round->wrong += s->value[i] != perf_mix(0, s->index[i]);
        s->value[i] = 0;
    }
}

/* After `passes` runs of the same updates. */
static void check_added(const state *s, uint64_t passes)
{
    extent mine = own_part(s);
    uint64_t found = 0, expected = 0;

    for (uint64_t i = mine.first; i < mine.first + mine.words; i++)
        found += s->at[i] * perf_mix(1, i);
    for (uint64_t i = 0; i < s->count; i++)
        expected += (s->kind == SCATTER_ADD ? s->value[i] : 1) * perf_mix(1, s->index[i]);
    found = giga_allreduce_sum(found);
    expected = giga_allreduce_sum(expected);
    s->round->wrong += found != expected * passes;
}

/* ---- A round ---- */

static double measure(const state *s, bool plain)
{
    perf_must(giga_barrier(), "giga_barrier");
    double begin = perf_now_ns();
    if (plain)
        work_plain(s);
    else
        work(s);
    perf_must(giga_barrier(), "giga_barrier");
    double ns = giga_allreduce_max(perf_now_ns() - begin);
    return (double)giga_allreduce_sum(s->count) / ns * 1e3;
}

static void measure_both(state *s)
{
    int passes = s->round->self->place == PERF_NEAR ? 2 : 1;

    for (int pass = 0; pass < passes; pass++) {
        bool plain = passes == 2 && perf_plain(s->round, pass);
        *(plain ? &s->round->limit : &s->round->figure) = measure(s, plain);
        if (reads(s))
            check_read(s);
        else
            check_added(s, (uint64_t)pass + 1);
    }
}

static giga_status prepare(state *s)
{
    void *index = NULL, *value = NULL, *parts = NULL;
    giga_status status = perf_memory(s->count, sizeof *s->index, &index);

    if (status == GIGA_OK)
        status = perf_memory(s->count, sizeof *s->value, &value);
    if (status == GIGA_OK)
        status = perf_memory((uint64_t)giga_near_size(), sizeof *s->parts, &parts);
    s->index = index;
    s->value = value;
    s->parts = parts;
    return status;
}

static giga_status run(perf_round *round)
{
    state s = {.round = round, .kind = round->self->way, .count = round->updates};
    void *object;

    if (s.count == 0)
        s.count = round->quick ? QUICK_UPDATES : 10000000;
    s.words = round->self->bytes / (round->quick ? QUICK_SHRINK : 1) / sizeof *s.at;
    giga_status status = giga_alloc(s.words * sizeof *s.at, NULL, &object);
    if (status != GIGA_OK)
        return status;
    s.at = object;
    status = prepare(&s);
    if (status == GIGA_OK) {
        find_parts(&s);
        draw(&s);
        fill(&s);
        perf_must(giga_barrier(), "giga_barrier");
        map_near(&s);
        measure_both(&s);
    }
    free(s.parts);
    free(s.value);
    free(s.index);
    giga_status freed = giga_free(object);
    return status != GIGA_OK ? status : freed;
}

#define MIB UINT64_C(1048576)
#define BOTH(name, size, kind, about)                                                    \
    {"near." name, "M/s", PERF_NEAR, kind, (size) * MIB, run, about ", of the node's part"}, \
    {"remote." name, "M/s", PERF_REMOTE, kind, (size) * MIB, run, about ", of all ranks'"}

static const perf_case cases[] = {
    BOTH("histogram32M", 32, HISTOGRAM, "giga_add_nbi to random words of 32 MiB"),
    BOTH("histogram256M", 256, HISTOGRAM, "giga_add_nbi to random words of 256 MiB"),
    BOTH("index_gather32M", 32, INDEX_GATHER, "giga_get_nbi of random words of 32 MiB"),
    BOTH("index_gather256M", 256, INDEX_GATHER, "giga_get_nbi of random words of 256 MiB"),
    BOTH("gather32M", 32, GATHER, "giga_gather, 65536 random words of 32 MiB a call"),
    BOTH("scatter_add32M", 32, SCATTER_ADD,
         "giga_scatter_add, 65536 random words of 32 MiB a call")};

const perf_family perf_table = PERF_FAMILY(cases);
