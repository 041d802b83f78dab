/*
 * perf_box.c - pieces of a matrix of doubles at another rank: a square in the middle of it, and a
 * column, one call each; a figure is the median over single calls.
 *
 * Rank 0 works on the target's block; the limit of the near ones is a memcpy per row, or a loop.
 * A square that is read arrives packed, in a buffer that was something else before; of one that
 * was put, the target looks at the whole matrix.
 */
#include <stdlib.h>
#include <string.h>

#include "perf.h"
#include "run.h"

enum { GET, PUT, COLUMN };

typedef struct state {
    perf_round *round;
    int32_t target;
    double *matrix, *here, *ns;
    uint64_t size, part, row, column; /* of the matrix; of the square, and where it begins */
    uint64_t samples;
    int verb;
    bool plain;
} state;

/* What an element is after `turn` puts; exact in a double. */
static double element(const state *s, uint64_t row, uint64_t column, uint64_t turn)
{
    return (double)(row * s->size + column) + 0.25 * (double)turn;
}

static uint64_t rows(const state *s)
{
    return s->verb == COLUMN ? s->size : s->part;
}

static uint64_t columns(const state *s)
{
    return s->verb == COLUMN ? 1 : s->part;
}

static uint64_t first_row(const state *s)
{
    return s->verb == COLUMN ? 0 : s->row;
}

static void fill_here(state *s, uint64_t turn)
{
    for (uint64_t i = 0; i < rows(s); i++)
        for (uint64_t j = 0; j < columns(s); j++)
            s->here[i * columns(s) + j] =
                s->verb == PUT ? element(s, s->row + i, s->column + j, turn) : -1;
}

static void check_here(state *s)
{
    for (uint64_t i = 0; i < rows(s); i++)
        for (uint64_t j = 0; j < columns(s); j++)
            s->round->wrong += s->here[i * columns(s) + j] !=
                element(s, first_row(s) + i, s->column + j, 0);
}

static void check_matrix(state *s, uint64_t turn)
{
    for (uint64_t i = 0; i < s->size; i++)
        for (uint64_t j = 0; j < s->size; j++) {
            bool inside = i >= s->row && i < s->row + s->part && j >= s->column &&
                j < s->column + s->part;
            s->round->wrong += s->matrix[i * s->size + j] != element(s, i, j, inside ? turn : 0);
        }
}

static void move_plain(const state *s, double *there)
{
    for (uint64_t i = 0; i < rows(s); i++) {
        if (s->verb == COLUMN)
            s->here[i] = there[i * s->size];
        else if (s->verb == PUT)
            memcpy(there + i * s->size, s->here + i * s->part, s->part * sizeof *there);
        else
            memcpy(s->here + i * s->part, there + i * s->size, s->part * sizeof *there);
    }
    PERF_CLOBBER();
}

static void move(const state *s, double *there)
{
    uint64_t stride[] = {s->size * sizeof *there, sizeof *there};
    giga_box box = {.element_bytes = sizeof *there, .dims = 2, .extent = {rows(s), columns(s)}};

    if (s->verb == PUT)
        perf_must(giga_put_box(there, stride, s->here, NULL, &box), "giga_put_box");
    else
        perf_must(giga_get_box(s->here, NULL, there, stride, &box), "giga_get_box");
}

/* Returns the median in microseconds; `turn` counts the puts. */
static double measure(state *s, uint64_t *turn)
{
    double *there = s->matrix + first_row(s) * s->size + s->column;

    for (uint64_t sample = 0; sample < s->samples; sample++) {
        fill_here(s, ++*turn);
        double begin = perf_now_ns();
        if (s->plain)
            move_plain(s, there);
        else
            move(s, there);
        s->ns[sample] = perf_now_ns() - begin;
        if (s->verb != PUT)
            check_here(s);
    }
    return run_median(s->ns, s->samples) / 1e3;
}

static void measure_both(state *s)
{
    int passes = s->round->self->place == PERF_NEAR ? 2 : 1;
    uint64_t turn = 0;

    for (uint64_t i = 0; i < s->size && giga_rank() == s->target; i++)
        for (uint64_t j = 0; j < s->size; j++)
            s->matrix[i * s->size + j] = element(s, i, j, 0);
    perf_must(giga_barrier(), "giga_barrier");
    for (int pass = 0; pass < passes; pass++) {
        s->plain = passes == 2 && perf_plain(s->round, pass);
        if (giga_rank() == 0)
            *(s->plain ? &s->round->limit : &s->round->figure) = measure(s, &turn);
        perf_must(giga_barrier(), "giga_barrier");
        if (giga_rank() == s->target && s->verb == PUT)
            check_matrix(s, ((uint64_t)pass + 1) * s->samples);
        perf_must(giga_barrier(), "giga_barrier");
    }
}

static giga_status run(perf_round *round)
{
    state s = {.round = round, .target = perf_target(round->self->place), .verb = round->self->way,
               .size = round->quick ? 256 : 4096, .samples = round->quick ? 2 : 40};
    void *object, *matrix, *here = NULL, *ns = NULL;
    giga_status status = perf_block(s.target, s.size * s.size * sizeof *s.matrix, &object, &matrix);

    if (status != GIGA_OK)
        return status;
    s.part = s.size / 16;
    s.row = s.size / 4;
    s.column = s.size / 2;
    uint64_t square = s.part * s.part;
    status = perf_memory(square > s.size ? square : s.size, sizeof *s.here, &here);
    if (status == GIGA_OK)
        status = perf_memory(s.samples, sizeof *s.ns, &ns);
    s.matrix = matrix;
    s.here = here;
    s.ns = ns;
    if (status == GIGA_OK)
        measure_both(&s);
    free(ns);
    free(here);
    giga_status freed = giga_free(object);
    return status != GIGA_OK ? status : freed;
}

#define BOTH(name, verb, about)                          \
    {"near." name, "us", PERF_NEAR, verb, 0, run, about}, \
    {"remote." name, "us", PERF_REMOTE, verb, 0, run, about}

static const perf_case cases[] = {
    BOTH("get_box", GET, "giga_get_box, 256 x 256 of 4096 x 4096 doubles"),
    BOTH("put_box", PUT, "giga_put_box, 256 x 256 of 4096 x 4096 doubles"),
    BOTH("get_column", COLUMN, "giga_get_box, a column of 4096 doubles, 32 KiB apart")};

const perf_family perf_box = PERF_FAMILY(cases);
