/*
 * read_number.h - digits to numbers, eight at a time.
 *
 * The loop over the lines of a file spends its time here, and in it on the branch that
 * ends a number: it is mispredicted about once per id. So eight bytes are looked at
 * together: one addition finds where the digits end, a shift drops what
 * follows them, three multiplications add them up (pairs, fours, eight).
 *
 * These take plain short numbers only, and read up to 8 bytes past them. Everything else
 * - long numbers, exponents, mistakes - they refuse, and gr_id_of() and gr_weight_of()
 * decide.
 */
#ifndef GR_READ_NUMBER_H
#define GR_READ_NUMBER_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes that gr_fast_id() and gr_fast_weight() may look at from where they start. */
enum { GR_FAST_ID_READS = 24, GR_FAST_WEIGHT_READS = 1 + 2 * GR_FAST_ID_READS };

/* Powers of ten that a double holds exactly, as far as 15 digits need them. */
static const uint64_t gr_tens[16] = {1ull,
                                     10ull,
                                     100ull,
                                     1000ull,
                                     10000ull,
                                     100000ull,
                                     1000000ull,
                                     10000000ull,
                                     100000000ull,
                                     1000000000ull,
                                     10000000000ull,
                                     100000000000ull,
                                     1000000000000ull,
                                     10000000000000ull,
                                     100000000000000ull,
                                     1000000000000000ull};

/* Eight bytes with '0' taken off: digits are 0 to 9, everything else is more. */
static inline uint64_t gr_eight_bytes(const char *at)
{
    uint64_t bytes;

    memcpy(&bytes, at, sizeof bytes);
    return le64toh(bytes) ^ 0x3030303030303030ull;
}

/* How many of the eight bytes, from the first, are digits. */
static inline unsigned gr_digits_in(uint64_t bytes)
{
    uint64_t others = ((bytes + 0x7676767676767676ull) | bytes) & 0x8080808080808080ull;

    return others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

/* The number that eight digit bytes spell, the first one the most significant. */
static inline uint64_t gr_eight_digits(uint64_t bytes)
{
    const uint64_t mask = 0x000000ff000000ffull;

    bytes = bytes * 10 + (bytes >> 8);
    bytes = (bytes & mask) * (100 + (1000000ull << 32)) +
            (bytes >> 16 & mask) * (1 + (10000ull << 32));
    return bytes >> 32;
}

/* The first `count` (1 to 7) of eight bytes as a number: zeros come in before them. */
static inline uint64_t gr_some_digits(uint64_t bytes, unsigned count)
{
    return gr_eight_digits(bytes << (64 - 8 * count));
}

/*
 * A number of 1 to 15 digits at `*at`, which moves behind it. `count` is set to the
 * digits it had. False, with `*at` unmoved, for more digits or none.
 */
static inline bool gr_fast_digits(const char **at, uint64_t *number, unsigned *count)
{
    uint64_t bytes = gr_eight_bytes(*at);
    unsigned digits = gr_digits_in(bytes);

    if (digits == 0)
        return false;
    if (digits < 8) {
        *number = gr_some_digits(bytes, digits);
    } else {
        uint64_t more = gr_eight_bytes(*at + 8);
        unsigned rest = gr_digits_in(more);
        if (rest == 8)
            return false;
        *number = gr_eight_digits(bytes);
        if (rest)
            *number = *number * gr_tens[rest] + gr_some_digits(more, rest);
        digits += rest;
    }
    *count = digits;
    *at += digits;
    return true;
}

/* A number of 1 to 15 digits. */
static inline bool gr_fast_id(const char **at, uint64_t *id)
{
    unsigned count;

    return gr_fast_digits(at, id, &count);
}

/*
 * A weight such as 7, -2.5 or 0.125, with at most 15 digits. Its digits are an integer
 * below 2^53 and the power of ten is below 10^16: both exact in a double, so that their
 * quotient is rounded once and is the nearest double (Clinger 1990). What must follow,
 * the end of the line, the caller checks; an exponent is refused there.
 */
static inline bool gr_fast_weight(const char **at, double *weight)
{
    const char *p = *at;
    bool negative = *p == '-';
    uint64_t whole, part = 0;
    unsigned digits, decimals = 0;

    p += negative;
    if (!gr_fast_digits(&p, &whole, &digits))
        return false;
    if (*p == '.') {
        p++;
        if (!gr_fast_digits(&p, &part, &decimals) || digits + decimals > 15)
            return false;
    }
    double value = (double)(whole * gr_tens[decimals] + part) / (double)gr_tens[decimals];
    *weight = negative ? -value : value;
    *at = p;
    return true;
}

#endif
