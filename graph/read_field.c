/*
 * read_field.c - fields of a line, and whole fields as numbers.
 *
 * This is the law for fields and numbers; read_number.h has the same law for the plain
 * cases, faster. Not here: quoted newlines in CSV, since a file is cut at newlines.
 */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

/* The longest number written out: a double has at most 767 significant digits. */
enum { WEIGHT_BYTES = 1100 };

bool gr_blank_runs(const gr_input *in)
{
    return gr_is_blank(in->delimiter) && in->format != GR_FORMAT_CSV;
}

bool gr_is_comment(gr_format format, char c)
{
    if (format == GR_FORMAT_CSV)
        return false;
    if (format == GR_FORMAT_DIMACS)
        return c == 'c';
    bool hashes = format != GR_FORMAT_MATRIX_MARKET && format != GR_FORMAT_METIS;
    return c == '%' || (c == '#' && hashes);
}

static gr_text trimmed(const char *begin, const char *end)
{
    while (begin < end && gr_is_blank(*begin))
        begin++;
    while (begin < end && gr_is_blank(end[-1]))
        end--;
    return (gr_text){begin, end};
}

static bool next_run(const char **at, const char *end, gr_text *field)
{
    const char *p = *at;

    while (p < end && gr_is_blank(*p))
        p++;
    field->begin = p;
    while (p < end && !gr_is_blank(*p))
        p++;
    field->end = p;
    *at = p;
    return field->begin < field->end;
}

/* Where the quoted field that begins at `p` ends: behind its closing quote, "" being one
 * quote inside. A quote that is never closed is no quote. */
static const char *behind_quotes(const char *p, const char *end)
{
    for (const char *q = p + 1; q < end; q++) {
        if (*q != '"')
            continue;
        if (q + 1 == end || q[1] != '"')
            return q + 1;
        q++;
    }
    return p;
}

bool gr_next_field(char delimiter, bool runs, const char **at, const char *end,
                   gr_text *field)
{
    if (runs)
        return next_run(at, end, field);
    if (!*at)
        return false;
    const char *p = *at;
    while (p < end && *p == ' ')
        p++;
    if (p < end && *p == '"')
        p = behind_quotes(p, end);
    const char *stop = p < end ? memchr(p, delimiter, (size_t)(end - p)) : NULL;
    *field = trimmed(*at, stop ? stop : end);
    *at = stop ? stop + 1 : NULL;
    if (field->end - field->begin >= 2 && *field->begin == '"' && field->end[-1] == '"')
        *field = (gr_text){field->begin + 1, field->end - 1};
    return true;
}

bool gr_id_of(gr_text token, uint64_t *id)
{
    uint64_t number = 0;

    for (const char *p = token.begin; p < token.end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit > 9 || __builtin_mul_overflow(number, (uint64_t)10, &number) ||
            __builtin_add_overflow(number, (uint64_t)digit, &number))
            return false;
    }
    *id = number;
    return token.begin < token.end;
}

static const char *behind_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before the e. */
static bool is_decimal(gr_text token)
{
    const char *p = token.begin, *end = token.end;

    p += p < end && (*p == '+' || *p == '-');
    const char *whole = behind_digits(p, end);
    bool digits = whole > p;
    p = whole;
    if (p < end && *p == '.') {
        const char *part = behind_digits(p + 1, end);
        digits |= part > p + 1;
        p = part;
    }
    if (digits && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        const char *exponent = behind_digits(p, end);
        digits = exponent > p;
        p = exponent;
    }
    return digits && p == end;
}

/*
 * strtod() knows more than decimals - hexadecimal, names for infinity, and the decimal
 * comma of the user's locale - so the token is checked first and the locale is C, which
 * the C library has ready.
 */
bool gr_weight_of(gr_text token, double *weight)
{
    size_t length = (size_t)(token.end - token.begin);
    char text[WEIGHT_BYTES + 1];

    if (length > WEIGHT_BYTES || !is_decimal(token))
        return false;
    memcpy(text, token.begin, length);
    text[length] = 0;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c)
        return false;
    double value = strtod_l(text, NULL, c);
    freelocale(c);
    *weight = value;
    return isfinite(value);
}
