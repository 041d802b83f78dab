/*
 * bench.h - clock, order statistics and option reading of the benchmark programs.
 *
 * Knows neither giga nor a peer, so that every program measures in the same way.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts; `share` 0.5 is the median. */
static inline double quantile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, by_value);
    return values[(size_t)(share * (double)(count - 1) + 0.5)];
}

/* Argument `at` as a number from 1 on; the preset when it is not given. */
static inline uint64_t count_argument(int argc, char **argv, int at, uint64_t preset)
{
    char *end = NULL;
    uint64_t value = argc > at ? strtoull(argv[at], &end, 10) : preset;

    if (value == 0 || (end && *end != '\0')) {
        fprintf(stderr, "%s: argument %d is a count, not '%s'\n", argv[0], at, argv[at]);
        exit(2);
    }
    return value;
}

#endif
