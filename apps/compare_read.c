/*
 * compare_read.c - lines `id value` of a result file, strictly: what is anything else is named
 * with its line. Empty lines and those that begin with # or % are skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"

enum { TOKEN_MAX = 400 }; /* a double written out has at most 309 digits before the point */

/* A line taken apart. */
typedef struct fields {
    const char *id, *id_end, *value, *value_end;
} fields;

static bool complain(const char *path, const char *what)
{
    fprintf(stderr, "giga-compare: %s %s\n", path, what);
    return false;
}

/* Where `at` is: counted only for the sentence. */
static uint64_t line_of(const table *t, const char *at)
{
    uint64_t line = 1;

    for (const char *p = t->text; (p = memchr(p, '\n', (size_t)(at - p))) != NULL; p++)
        line++;
    return line;
}

static bool misread(const table *t, const char *line, const char *expected, const char *found,
                    const char *found_end)
{
    int shown = found_end - found > 40 ? 40 : (int)(found_end - found);

    fprintf(stderr, "giga-compare: %s, line %" PRIu64 ": expected %s, found %s%.*s%s\n", t->path,
            line_of(t, line), expected, shown ? "\"" : "the end of the line", shown, found,
            shown ? "\"" : "");
    return false;
}

static inline bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && blank(*p))
        p++;
    return p;
}

static inline const char *skip_word(const char *p, const char *end)
{
    while (p < end && !blank(*p))
        p++;
    return p;
}

/* Whether a line holds data; if so its fields, of which some may be empty. */
static bool take_apart(const char *line, const char *end, fields *f)
{
    if (end > line && end[-1] == '\r')
        end--;
    f->id = skip_blanks(line, end);
    if (f->id == end || *f->id == '#' || *f->id == '%')
        return false;
    f->id_end = skip_word(f->id, end);
    f->value = skip_blanks(f->id_end, end);
    f->value_end = skip_word(f->value, end);
    return true;
}

/* A whole token of digits below 2^64. */
static bool whole(const char *p, const char *end, uint64_t *out)
{
    uint64_t value = 0;

    if (p == end)
        return false;
    for (; p < end; p++) {
        unsigned d = (unsigned)(unsigned char)*p - '0';
        if (d > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)d, &value))
            return false;
    }
    *out = value;
    return true;
}

/* Any decimal number, infinity or NaN; not C's hexadecimal ones. */
static bool any_number(const char *p, const char *end, double *out)
{
    char copy[TOKEN_MAX], *stop;
    size_t length = (size_t)(end - p);

    if (length == 0 || length >= sizeof copy || memchr(p, 'x', length) || memchr(p, 'X', length) ||
        memchr(p, '(', length) || memchr(p, '\0', length))
        return false;
    memcpy(copy, p, length);
    copy[length] = '\0';
    *out = strtod(copy, &stop);
    return *stop == '\0';
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double as_double(const table *t, uint64_t integer)
{
    return t->negative && !t->large ? (double)(int64_t)integer : (double)integer;
}

/* The first value that is no integer: what was read before becomes real too. */
static void become_real(table *t)
{
    if (t->real)
        return;
    for (uint64_t i = 0; i < t->count; i++)
        t->entries[i].value = bits_of(as_double(t, t->entries[i].value));
    t->real = true;
}

/* A negative whole number above -2^63. */
static bool negative_whole(const fields *f, uint64_t *magnitude)
{
    return *f->value == '-' && whole(f->value + 1, f->value_end, magnitude) &&
           *magnitude <= INT64_MAX;
}

static bool take_value(table *t, const char *line, const fields *f, uint64_t *out)
{
    uint64_t value;
    double real;

    if (!t->real && whole(f->value, f->value_end, &value)) {
        t->large = t->large || value > INT64_MAX;
        *out = value;
    } else if (!t->real && negative_whole(f, &value)) {
        t->negative = t->negative || value > 0;
        *out = 0 - value;
    } else if (any_number(f->value, f->value_end, &real)) {
        become_real(t);
        *out = bits_of(real);
    } else {
        return misread(t, line, "a number as the value", f->value, f->value_end);
    }
    if (t->negative && t->large && !t->real)
        return misread(t, line, "either numbers below 0 or numbers from 2^63 on, not both",
                       f->value, f->value_end);
    return true;
}

static bool take_line(table *t, const char *line, const char *end)
{
    fields f;
    entry *e = &t->entries[t->count];

    if (!take_apart(line, end, &f))
        return true;
    if (!whole(f.id, f.id_end, &e->id))
        return misread(t, line, "a vertex id (0 to 18446744073709551615)", f.id, f.id_end);
    if (!take_value(t, line, &f, &e->value))
        return false;
    const char *rest = skip_blanks(f.value_end, end);
    if (rest < end && *rest != '\r')
        return misread(t, line, "nothing behind the value", rest, end);
    t->count++;
    return true;
}

static uint64_t count_lines(const table *t)
{
    const char *end = t->text + t->bytes;
    uint64_t lines = t->bytes > 0;

    for (const char *p = t->text; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        lines++;
    return lines;
}

static bool take_all(table *t)
{
    const char *end = t->text + t->bytes;

    t->entries = malloc((count_lines(t) + 1) * sizeof *t->entries);
    if (!t->entries)
        return complain(t->path, "is too long: there is no memory for 16 bytes per line");
    for (const char *line = t->text; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next : end;
        if (!take_line(t, line, next))
            return false;
        line = next + 1;
    }
    return true;
}

static bool map_file(int file, table *t)
{
    struct stat st;

    if (fstat(file, &st) != 0)
        return complain(t->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return complain(t->path, "is not a regular file: expected lines `id value`");
    t->bytes = (size_t)st.st_size;
    if (t->bytes == 0)
        return true;
    void *text = mmap(NULL, t->bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (text == MAP_FAILED)
        return complain(t->path, strerror(errno));
    madvise(text, t->bytes, MADV_SEQUENTIAL);
    t->text = text;
    return true;
}

bool table_read(const char *path, table *out)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    *out = (table){.path = path};
    if (file < 0) {
        fprintf(stderr, "giga-compare: cannot open %s: %s\n", path, strerror(errno));
        return false;
    }
    bool good = map_file(file, out);
    close(file);
    return good && take_all(out);
}

void table_free(table *t)
{
    if (t->text)
        munmap((void *)(uintptr_t)t->text, t->bytes);
    free(t->entries);
    *t = (table){0};
}

bool table_find(const table *t, uint64_t id, uint64_t *line_out, char *value, size_t room)
{
    const char *end = t->text + t->bytes;
    uint64_t number = 0, found;
    fields f;

    for (const char *line = t->text; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next : end;
        number++;
        if (number > *line_out && take_apart(line, next, &f) && whole(f.id, f.id_end, &found) &&
            found == id) {
            snprintf(value, room, "%.*s", (int)(f.value_end - f.value), f.value);
            *line_out = number;
            return true;
        }
        line = next + 1;
    }
    return false;
}

bool table_sort(table *t)
{
    char value[TOKEN_MAX];
    uint64_t first = 0, second;

    entries_sort(t->entries, t->count, false);
    for (uint64_t i = 1; i < t->count; i++) {
        uint64_t id = t->entries[i].id;
        if (id != t->entries[i - 1].id)
            continue;
        table_find(t, id, &first, value, sizeof value);
        second = first;
        table_find(t, id, &second, value, sizeof value);
        fprintf(stderr, "giga-compare: %s, line %" PRIu64 ": expected every id once, found %" PRIu64
                ", which stands in line %" PRIu64 " too\n", t->path, second, id, first);
        return false;
    }
    return true;
}
