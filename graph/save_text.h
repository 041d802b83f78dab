/*
 * save_text.h - numbers to text, fast. They need no final NUL and write none.
 *
 * A graph of a billion edges is some 20 GB of digits: sprintf takes longer than the disk.
 */
#ifndef GR_SAVE_TEXT_H
#define GR_SAVE_TEXT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the longest unsigned number, and of the longest real one. */
enum { GR_TEXT_COUNT_MAX = 20, GR_TEXT_REAL_MAX = 32 };

/* 00 to 99, so that a division gives two digits. */
static const char gr_digit_pairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
    "949596979899";

/* From the number of bits, by 1233 / 4096 = log10(2) but for 10^-5, one too few at most. */
static inline unsigned gr_text_digits(uint64_t value)
{
    static const uint64_t powers[20] = {
        0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
        100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
        10000000000000000, 100000000000000000, 1000000000000000000, 10000000000000000000u};
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1), low = bits * 1233 >> 12;

    return low + (value >= powers[low]);
}

/* Returns one past the last digit. */
static inline char *gr_text_count(char *to, uint64_t value)
{
    char *end = to + gr_text_digits(value), *at = end;

    while (value >= 100) {
        at -= 2;
        memcpy(at, gr_digit_pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(at - 2, gr_digit_pairs + 2 * value, 2);
    else
        at[-1] = (char)('0' + value);
    return end;
}

/* `digits` digits of which the last `decimals` stand behind the point. */
static inline char *gr_text_decimal(char *to, uint64_t digits, uint64_t power, size_t decimals)
{
    to = gr_text_count(to, digits / power);
    *to++ = '.';
    uint64_t part = digits % power;
    for (char *at = to + decimals; at > to; part /= 10)
        *--at = (char)('0' + part % 10);
    return to + decimals;
}

/*
 * A double so that reading it gives the same double. With few decimals it is an integer below
 * 2^53 over a power of ten: both exact, so that the quotient is rounded once and is the double
 * nearest to what is written; if it is `value`, that is the text. Else 17 digits.
 */
static inline char *gr_text_real(char *to, double value)
{
    static const double powers[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
    double size = fabs(value);

    for (size_t k = 0; k < sizeof powers / sizeof *powers && size * powers[k] < 0x1p53; k++) {
        uint64_t digits = (uint64_t)(size * powers[k] + 0.5);
        if ((double)digits / powers[k] != size)
            continue;
        if (signbit(value) && digits > 0)
            *to++ = '-';
        return k == 0 ? gr_text_count(to, digits)
                      : gr_text_decimal(to, digits, (uint64_t)powers[k], k);
    }
    return to + snprintf(to, GR_TEXT_REAL_MAX, "%.17g", value);
}

#endif
