/*
 * compare.c - giga-compare: whether two result files say the same, by LDBC Graphalytics' three
 * rules (specification, section "Output validation"): exact, equivalence, epsilon.
 *
 * Serial, without giga's runtime: it needs no mpirun. Memory: 16 bytes per line of both files.
 */
#include <argp.h>
#include <float.h>
#include <giga/info.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1, EXIT_BAD_INPUT = 2, EXIT_USAGE = 64 };
enum { KEY_MATCH = 1000, KEY_EPSILON, KEY_USAGE };

/* What LDBC allows: 0.01 %. */
#define LDBC_EPSILON 1e-4

typedef enum match { MATCH_EXACT, MATCH_EQUIVALENCE, MATCH_EPSILON } match;

static const char *const match_names[] = {"exact", "equivalence", "epsilon"};

typedef struct config {
    match match;
    double epsilon;
    const char *paths[2];
    int count;
    bool help, usage, version;
} config;

static const struct argp_option options[] = {
    {"match", KEY_MATCH, "RULE", 0,
     "exact: the same numbers (the default); equivalence: labels that divide the vertices in the "
     "same way; epsilon: numbers that differ little", 0},
    {"epsilon", KEY_EPSILON, "E", 0,
     "How much a value of B may differ, as a part of A's (default 1e-4)", 0},
    {"help", 'h', NULL, 0, "Say this", -1},
    {"usage", KEY_USAGE, NULL, 0, "Say it in short", -1},
    {"version", 'V', NULL, 0, "Say which version this is", -1},
    {0}};

static error_t parse_match(struct argp_state *state, const char *text, match *out)
{
    for (size_t i = 0; i < sizeof match_names / sizeof *match_names; i++) {
        if (strcmp(text, match_names[i]) == 0) {
            *out = (match)i;
            return 0;
        }
    }
    argp_error(state, "--match is '%s', expected exact, equivalence or epsilon", text);
    return EINVAL;
}

static error_t parse_epsilon(struct argp_state *state, const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    if (end != text && *end == '\0' && *out >= 0 && *out <= 1)
        return 0;
    argp_error(state, "--epsilon is '%s', expected a number from 0 to 1", text);
    return EINVAL;
}

static error_t take_path(struct argp_state *state, config *c, const char *text)
{
    if (c->count == 2) {
        argp_error(state, "two files are compared: '%s' is not expected", text);
        return EINVAL;
    }
    c->paths[c->count++] = text;
    return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case KEY_MATCH: return parse_match(state, text, &c->match);
    case KEY_EPSILON: return parse_epsilon(state, text, &c->epsilon);
    case 'h': c->help = true; return 0;
    case KEY_USAGE: c->usage = true; return 0;
    case 'V': c->version = true; return 0;
    case ARGP_KEY_ARG: return take_path(state, c, text);
    case ARGP_KEY_END:
        if (c->count < 2 && !c->help && !c->usage && !c->version) {
            argp_error(state, "two result files are expected");
            return EINVAL;
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the rules ---- */

static double real_value(const table *t, uint64_t value)
{
    double real;

    if (!t->real)
        return t->negative ? (double)(int64_t)value : (double)value;
    memcpy(&real, &value, sizeof real);
    return real;
}

/* A distance; infinite in any of the spellings of programs that have no infinity. */
static double distance(const table *t, uint64_t value)
{
    double real = real_value(t, value);

    return real == 0x1p63 || real >= DBL_MAX ? INFINITY : real; /* 2^63 - 1, as a double */
}

/* The difference in parts of A's value; infinite when nothing near is good enough. */
static double difference(double a, double b)
{
    if (a == b)
        return 0;
    double parts = fabs(a - b) / fabs(a);
    return isnan(parts) ? INFINITY : parts;
}

static bool same_exactly(const table *a, uint64_t x, const table *b, uint64_t y)
{
    if (!a->real && !b->real) /* below 0 and 2^63 or more may have the same bits */
        return x == y && !(x > INT64_MAX && a->negative != b->negative);
    return real_value(a, x) == real_value(b, y);
}

/* What was found. */
typedef struct findings {
    uint64_t both;           /* ids in both files */
    uint64_t different;      /* of them: values that do not match */
    uint64_t missing[2];     /* ids that A, that B lacks */
    bool any;
    uint64_t first;          /* the smallest id with a difference of any kind */
    double largest;          /* difference in parts, of all */
} findings;

static void note(findings *f, uint64_t *counter, uint64_t id)
{
    ++*counter;
    if (!f->any)
        f->first = id;
    f->any = true;
}

static bool matches(const config *c, const table *a, uint64_t x, const table *b, uint64_t y,
                    findings *f)
{
    if (c->match == MATCH_EXACT)
        return same_exactly(a, x, b, y);
    if (c->match == MATCH_EQUIVALENCE)
        return x == y;
    double parts = difference(distance(a, x), distance(b, y));
    f->largest = parts > f->largest ? parts : f->largest;
    return parts <= c->epsilon;
}

/* Both are sorted by id: one walk along the two. */
static findings compare(const config *c, const table *a, const table *b)
{
    findings f = {0};
    uint64_t i = 0, j = 0;

    while (i < a->count || j < b->count) {
        if (j == b->count || (i < a->count && a->entries[i].id < b->entries[j].id)) {
            note(&f, &f.missing[1], a->entries[i++].id);
        } else if (i == a->count || b->entries[j].id < a->entries[i].id) {
            note(&f, &f.missing[0], b->entries[j++].id);
        } else {
            f.both++;
            if (!matches(c, a, a->entries[i].value, b, b->entries[j].value, &f))
                note(&f, &f.different, a->entries[i].id);
            i++;
            j++;
        }
    }
    return f;
}

/* ---- the answer ---- */

static void show_place(const table *t, uint64_t id)
{
    char value[64];
    uint64_t line = 0;

    if (table_find(t, id, &line, value, sizeof value))
        printf("%s, line %" PRIu64 ": %s", t->path, line, value);
    else
        printf("%s: no such id", t->path);
}

static int answer(const config *c, const table *a, const table *b, const findings *f)
{
    printf("%s and %s %s by %s match", a->path, b->path, f->any ? "differ" : "are equal",
           match_names[c->match]);
    if (c->match == MATCH_EPSILON)
        printf(" (%g; the largest difference is %.3g)", c->epsilon, f->largest);
    printf(": %" PRIu64 " of %" PRIu64 " vertices have %s, ids missing: %" PRIu64 " in %s, %" PRIu64
           " in %s\n", f->different, f->both,
           c->match == MATCH_EQUIVALENCE ? "another set of companions" : "another value",
           f->missing[0], a->path, f->missing[1], b->path);
    if (!f->any)
        return EXIT_SAME;
    printf("first difference: id %" PRIu64 ": ", f->first);
    show_place(a, f->first);
    printf("; ");
    show_place(b, f->first);
    printf("\n");
    return EXIT_DIFFERENT;
}

static int run(const config *c)
{
    table tables[2] = {{0}};
    bool good = true;

    for (int i = 0; i < 2 && good; i++)
        good = table_read(c->paths[i], &tables[i]) && table_sort(&tables[i]);
    for (int i = 0; i < 2 && good && c->match == MATCH_EQUIVALENCE; i++)
        table_canonical(&tables[i]);
    int status = EXIT_BAD_INPUT;
    if (good) {
        findings f = compare(c, &tables[0], &tables[1]);
        status = answer(c, &tables[0], &tables[1], &f);
    }
    for (int i = 0; i < 2; i++)
        table_free(&tables[i]);
    return status;
}

int main(int argc, char **argv)
{
    static config c = {.epsilon = LDBC_EPSILON};
    static const struct argp argp = {
        options, parse_option, "A B",
        "Compare two result files: lines `id value`, in any order. A is the one that is right.\v"
        "Exit status: 0 when they are equal by the rule, 1 when they differ, 2 when a file is not "
        "what it should be.", NULL, NULL, NULL};
    char *slash = strrchr(argv[0], '/');

    argv[0] = slash ? slash + 1 : argv[0]; /* getopt's errors begin with it as it stands */
    if (argp_parse(&argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, &c) != 0)
        return EXIT_USAGE;
    if (c.help)
        argp_help(&argp, stdout, ARGP_HELP_LONG | ARGP_HELP_USAGE | ARGP_HELP_DOC, argv[0]);
    else if (c.usage)
        argp_help(&argp, stdout, ARGP_HELP_USAGE, argv[0]);
    else if (c.version)
        printf("%s\n", giga_info_versions());
    else
        return run(&c);
    return EXIT_SAME;
}
