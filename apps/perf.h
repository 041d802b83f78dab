/*
 * perf.h - a case of giga-perf: what it needs, and what it gives back each round.
 *
 * A family is a file perf_NAME.c with a table of cases. A new one is named in perf.c's list
 * and in CMakeLists.txt, and its cases in man/giga-perf.1, which a test compares.
 *
 * The rules of a case: every rank of the job runs it; it uses the public API only; it
 * allocates, measures, verifies and frees within one call, so that a round repeats all of it;
 * where it has a raw limit, plain C on the same memory, it measures both, and which of them
 * goes first changes from round to round. What fails on one rank only ends the job (perf_must).
 * Threads: one.
 */
#ifndef APPS_PERF_H
#define APPS_PERF_H

#include <giga/giga.h>
#include <time.h>

/* Where a case works, and so what it needs. */
typedef enum perf_place {
    PERF_ALL,    /* any job */
    PERF_NEAR,   /* two ranks on the node of rank 0 */
    PERF_REMOTE  /* two nodes */
} perf_place;

typedef struct perf_case perf_case;

/* A round of a case: what it is told, and below that what it answers. */
typedef struct perf_round {
    const perf_case *self;
    uint64_t number;    /* of the round, from 0 */
    uint64_t updates;   /* per rank, of the loops over a table */
    bool quick;         /* tiny sizes: does it work? */

    double figure;      /* rank 0's counts */
    double limit;       /* the same of plain C, 0 when there is nothing of the kind */
    uint64_t wrong;     /* wrong values that this rank has found */
} perf_round;

struct perf_case {
    const char *name;   /* begins with near. or remote. as the place says */
    const char *unit;   /* ns and us: less is better; M/s (all ranks) and MB/s (10^6): more */
    perf_place place;
    int way;            /* the family's own: which verb, which kind */
    uint64_t bytes;     /* the family's own: the size of a table */
    giga_status (*run)(perf_round *round); /* the same status on every rank */
    const char *about;
};

typedef struct perf_family {
    const perf_case *cases;
    size_t count;
} perf_family;

#define PERF_FAMILY(table) { (table), sizeof(table) / sizeof *(table) }

extern const perf_family perf_words, perf_latency, perf_long, perf_table, perf_box, perf_sync,
    perf_lock, perf_alloc;

/* The rank that rank 0 works on: the lowest other one of the place; -1 when there is none. */
int32_t perf_target(perf_place place);

/* An object of one block of `bytes`, at rank `home`. Collective. */
giga_status perf_block(int32_t home, uint64_t bytes, void **object_out, void **block_out);

/* Private memory, zeroed and touched, or GIGA_ERR_MEMORY on every rank. Collective. */
giga_status perf_memory(uint64_t count, size_t bytes, void **memory_out);

/* End the job when an operation of this rank failed. */
static inline void perf_must(giga_status status, const char *what)
{
    if (__builtin_expect(status != GIGA_OK, 0))
        giga_abort("giga-perf: %s: %s", what, giga_error());
}

static inline double perf_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Splitmix64's mixer (Steele et al., OOPSLA14): word `at` of pattern `which`. */
static inline uint64_t perf_mix(uint64_t which, uint64_t at)
{
    uint64_t z = which * UINT64_C(0x9e3779b97f4a7c15) + at;

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Pass 0 and 1 of a case with a limit: is this one plain C's? */
static inline bool perf_plain(const perf_round *round, int pass)
{
    return ((uint64_t)pass + round->number) % 2 != 0;
}

/* The compiler may keep nothing of memory across this. */
#define PERF_CLOBBER() __asm__ volatile("" ::: "memory")

#endif
