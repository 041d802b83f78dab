/*
 * exact.h - sums of doubles that do not depend on the order of addition.
 *
 * Terms from 0 to 4 are added as multiples of 2^-100 in 128-bit integers, which is exact,
 * so any split over ranks gives the same sum to the bit. What a term has below 2^-100 is cut
 * off: n terms lose less than n * 2^-100.
 */
#ifndef GR_EXACT_H
#define GR_EXACT_H

#include <giga/runtime.h>
#include <string.h>

typedef unsigned __int128 gr_exact;

enum { GR_EXACT_FRACTION = 100 };

static inline void gr_exact_add(gr_exact *sum, double term)
{
    uint64_t bits;

    memcpy(&bits, &term, sizeof bits);
    int exponent = (int)(bits >> 52 & 2047);
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    int shift = exponent - 1075 + GR_EXACT_FRACTION; /* 1075: bias 1023 and 52 bits */
    if (exponent == 0)
        return; /* zero, or far below what is kept */
    if (shift >= 0)
        *sum += (gr_exact)mantissa << shift;
    else if (shift > -53)
        *sum += mantissa >> -shift;
}

/* The same sums for many terms in a row, without a branch: a term is cut into multiples of 2^-61
 * and of 2^-100. At most 2^24 terms before the run is added to a sum. */
typedef struct gr_exact_run {
    gr_exact high;
    uint64_t low;
} gr_exact_run;

static inline void gr_exact_run_add(gr_exact_run *run, double term)
{
    double scaled = term * 0x1p61;
    int64_t high = (int64_t)scaled;

    run->high += (uint64_t)high;
    run->low += (uint64_t)(int64_t)((scaled - (double)high) * 0x1p39);
}

static inline void gr_exact_run_end(gr_exact *sum, const gr_exact_run *run)
{
    *sum += (run->high << (GR_EXACT_FRACTION - 61)) + run->low;
}

/* So many times the same term. */
static inline void gr_exact_add_times(gr_exact *sum, double term, uint64_t count)
{
    gr_exact one = 0;

    gr_exact_add(&one, term);
    *sum += one * count;
}

static inline double gr_exact_value(gr_exact sum)
{
    return (double)sum * 0x1p-100;
}

/* The sums over all ranks of one to three exact sums and of one count. Collective. 32-bit
 * limbs leave room for 2^32 ranks. */
static inline giga_status gr_exact_reduce(gr_exact *sums, int count, uint64_t *also)
{
    uint64_t limbs[13] = {0};

    for (int i = 0; i < 4 * count; i++)
        limbs[i] = (uint64_t)(sums[i / 4] >> (32 * (i % 4))) & UINT32_MAX;
    limbs[12] = also ? *also : 0;
    giga_status status = giga_allreduce(limbs, limbs, 13, GIGA_U64, GIGA_SUM);
    for (int s = 0; s < count; s++) {
        sums[s] = 0;
        for (int i = 3; i >= 0; i--)
            sums[s] = (sums[s] << 32) + limbs[4 * s + i];
    }
    if (also)
        *also = limbs[12];
    return status;
}

#endif
