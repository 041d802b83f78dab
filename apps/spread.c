/*
 * spread.c - see spread.h.
 */
#include "spread.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The middle of the two values a quarter, or half, in from an end: they are one when `parts` divides
 * the way to the other end. */
static double middle(const double *sorted, size_t count, size_t parts, bool from_top)
{
    size_t low = (count - 1) / parts, high = count / parts;

    if (from_top) {
        low = count - 1 - low;
        high = count - 1 - high;
    }
    return (sorted[low] + sorted[high]) / 2;
}

spread spread_of(const double *values, size_t count)
{
    spread s = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    double *sorted = malloc(count * sizeof *sorted), squares = 0, n = (double)count;

    if (!sorted)
        return s;
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    s = (spread){.min = sorted[0], .first_quartile = middle(sorted, count, 4, false),
                 .median = middle(sorted, count, 2, false),
                 .third_quartile = middle(sorted, count, 4, true), .max = sorted[count - 1]};
    for (size_t i = 0; i < count; i++)
        s.mean += values[i] / n;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - s.mean) * (values[i] - s.mean);
    s.stddev = count > 1 ? sqrt(squares / (n - 1)) : 0;
    free(sorted);
    return s;
}

/* The deviation of a harmonic mean: N. Norris, The Standard Errors of the Geometric and Harmonic
 * Means, Annals of Mathematical Statistics 11 (1940). */
spread spread_of_rates(const double *inverted, size_t count)
{
    spread s = spread_of(inverted, count);
    double n = (double)count;

    return (spread){.min = 1 / s.max, .first_quartile = 1 / s.third_quartile, .median = 1 / s.median,
                    .third_quartile = 1 / s.first_quartile, .max = 1 / s.min, .mean = 1 / s.mean,
                    .stddev = count > 1 ? s.stddev / (s.mean * s.mean * sqrt(n - 1)) : 0};
}
