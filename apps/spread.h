/*
 * spread.h - how a sample is spread, with the quantities of Graph500's output.
 */
#ifndef APPS_SPREAD_H
#define APPS_SPREAD_H

#include <stddef.h>

typedef struct spread {
    double min, first_quartile, median, third_quartile, max;
    double mean, stddev;            /* stddev of a sample: n - 1; 0 of a single value */
} spread;

/* Of `count` values, not 0, which are left as they are. A quartile that falls between two values
 * is the middle of them. Returns a spread of NAN when memory is out. */
spread spread_of(const double *values, size_t count);

/* The same of rates that are `count` inverted values (seconds per edge to edges per second): order
 * turns round, the mean is the harmonic one, and the deviation that of the harmonic mean. */
spread spread_of_rates(const double *inverted, size_t count);

#endif
