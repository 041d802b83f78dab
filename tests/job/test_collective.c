/*
 * test_collective.c - collectives against what a serial loop over the ranks gives.
 *
 * Runs at 1, 3 and 5 ranks on one node, 3 on nodes of one, 5 on nodes of two, and across
 * virtual hosts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

static uint64_t rank(void)
{
    return (uint64_t)giga_rank();
}

static uint64_t size(void)
{
    return (uint64_t)giga_size();
}

static void a_barrier_separates_the_writes_of_its_two_sides(void)
{
    void *object;

    JOB_OK(giga_alloc(8 * 1000, NULL, &object));
    uint64_t *word = object, wrong = 0;
    for (uint64_t round = 1; round <= 300; round++) {
        if (round % size() == rank())
            giga_store(&word[round % 1000], round);
        JOB_OK(giga_barrier());
        wrong += giga_load(&word[round % 1000]) != round;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_free(object));
}

static void broadcast_gives_every_rank_the_bytes_of_any_root(void)
{
    static const size_t lengths[] = {0, 1, 13, 4096, 3000001};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char *buffer = calloc(1, lengths[i] + 1);
        for (int32_t root = 0; root < giga_size(); root++) {
            job_fill(buffer, rank() + 10 * i, 0, lengths[i]);
            JOB_OK(giga_broadcast(buffer, lengths[i], root));
            CU_ASSERT_EQUAL(job_wrong(buffer, (uint64_t)root + 10 * i, 0, lengths[i]), 0);
            CU_ASSERT_EQUAL(buffer[lengths[i]], 0);
        }
        free(buffer);
    }
    CU_ASSERT_EQUAL(giga_broadcast(NULL, 0, giga_size()), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_broadcast(NULL, 0, -1), GIGA_ERR_ARG);
}

/* Element i of rank r, small enough that sums of floats are exact. */
static int64_t value(uint64_t r, uint64_t i)
{
    return (int64_t)(job_word(r + 77, i) % 2001) - 1000;
}

static int64_t folded(uint64_t i, giga_op op, uint64_t ranks)
{
    int64_t all = value(0, i);

    for (uint64_t r = 1; r < ranks; r++) {
        int64_t v = value(r, i);
        all = op == GIGA_SUM   ? all + v
              : op == GIGA_MIN ? (v < all ? v : all)
              : op == GIGA_MAX ? (v > all ? v : all)
              : op == GIGA_BAND ? (all & v)
                                : (all | v);
    }
    return all;
}

enum { MOST = 5000 };

/* One type: fill from value(), reduce to another buffer and in place, compare. */
#define CHECK_REDUCTION(type, code, op, count)                                            \
    do {                                                                                  \
        type *in = malloc(MOST * sizeof *in), *out = malloc(MOST * sizeof *out);          \
        uint64_t wrong = 0;                                                               \
        for (uint64_t i = 0; i < (count); i++)                                            \
            in[i] = (type)value(rank(), i);                                               \
        JOB_OK(giga_allreduce(in, out, count, code, op));                                 \
        JOB_OK(giga_allreduce(in, in, count, code, op));                                  \
        for (uint64_t i = 0; i < (count); i++)                                            \
            wrong += in[i] != (type)folded(i, op, size()) || out[i] != in[i];             \
        CU_ASSERT_EQUAL(wrong, 0);                                                        \
        free(in);                                                                         \
        free(out);                                                                        \
    } while (0)

static void allreduce_folds_every_type_with_every_operator(void)
{
    static const uint64_t counts[] = {0, 1, 7, MOST};

    for (size_t c = 0; c < 4; c++) {
        for (giga_op op = GIGA_SUM; op <= GIGA_BOR; op++) {
            CHECK_REDUCTION(int32_t, GIGA_I32, op, counts[c]);
            CHECK_REDUCTION(int64_t, GIGA_I64, op, counts[c]);
            if (op == GIGA_MIN || op == GIGA_MAX) /* of signed values, not of their bits */
                continue;
            CHECK_REDUCTION(uint32_t, GIGA_U32, op, counts[c]);
            CHECK_REDUCTION(uint64_t, GIGA_U64, op, counts[c]);
        }
        for (giga_op op = GIGA_SUM; op <= GIGA_MAX; op++) {
            CHECK_REDUCTION(float, GIGA_F32, op, counts[c]);
            CHECK_REDUCTION(double, GIGA_F64, op, counts[c]);
        }
    }
}

static void unsigned_extremes_compare_as_unsigned(void)
{
    uint64_t mine = rank() == 0 ? UINT64_MAX : rank(), out;
    uint32_t half = rank() == 0 ? UINT32_MAX : (uint32_t)rank(), out_half;

    JOB_OK(giga_allreduce(&mine, &out, 1, GIGA_U64, GIGA_MAX));
    CU_ASSERT_EQUAL(out, UINT64_MAX);
    JOB_OK(giga_allreduce(&mine, &out, 1, GIGA_U64, GIGA_MIN));
    CU_ASSERT_EQUAL(out, size() == 1 ? UINT64_MAX : 1);
    JOB_OK(giga_allreduce(&half, &out_half, 1, GIGA_U32, GIGA_MAX));
    CU_ASSERT_EQUAL(out_half, UINT32_MAX);
}

static void reductions_of_one_value_are_the_same_everywhere(void)
{
    CU_ASSERT_EQUAL(giga_allreduce_sum(rank()), size() * (size() - 1) / 2);
    CU_ASSERT_EQUAL(giga_allreduce_min((int64_t)-giga_rank()), -(int64_t)(size() - 1));
    CU_ASSERT_EQUAL(giga_allreduce_max((double)giga_rank() + 0.5), (double)size() - 0.5);
    CU_ASSERT_EQUAL(giga_allreduce_max((int32_t)-giga_rank() - 1), -1);
}

static void exscan_folds_the_lower_ranks_and_gives_rank_0_nothing(void)
{
    static const uint64_t counts[] = {0, 1, 1000};

    for (size_t c = 0; c < 3; c++) {
        int64_t in[1000] = {0}, out[1000] = {0};
        double real[1000] = {0};
        uint64_t wrong = 0;
        for (uint64_t i = 0; i < counts[c]; i++) {
            in[i] = value(rank(), i);
            real[i] = (double)in[i];
        }
        JOB_OK(giga_exscan(in, out, counts[c], GIGA_I64, GIGA_SUM));
        JOB_OK(giga_exscan(real, real, counts[c], GIGA_F64, GIGA_SUM));
        for (uint64_t i = 0; i < counts[c]; i++) {
            int64_t expected = rank() == 0 ? 0 : folded(i, GIGA_SUM, rank());
            wrong += out[i] != expected || real[i] != (double)expected;
        }
        CU_ASSERT_EQUAL(wrong, 0);
    }
    uint64_t word = 1;
    CU_ASSERT_EQUAL(giga_exscan(&word, &word, 1, GIGA_U64, GIGA_MAX), GIGA_ERR_ARG);
}

static void allgather_puts_the_ranks_in_order(void)
{
    static const size_t lengths[] = {0, 1, 8, 100003};

    for (size_t i = 0; i < 4; i++) {
        size_t bytes = lengths[i];
        char *in = malloc(bytes + 1), *out = malloc(bytes * size() + 1);
        job_fill(in, rank() + i, 0, bytes);
        JOB_OK(giga_allgather(in, bytes, out));
        for (uint64_t r = 0; r < size(); r++)
            CU_ASSERT_EQUAL(job_wrong(out + r * bytes, r + i, 0, bytes), 0);
        free(in);
        free(out);
    }
}

/* Bytes that one rank sends another: many parts are empty, some are long. */
static uint64_t part(uint64_t from, uint64_t to, uint64_t round)
{
    uint64_t word = job_word(from * 100 + to, round);

    return word % 3 == 0 ? 0 : word % 3 == 1 ? word / 3 % 50 : word / 3 % 200000;
}

static void alltoallv_delivers_uneven_and_empty_parts_in_rank_order(void)
{
    uint64_t *send = calloc(size(), 8), *recv = calloc(size(), 8);

    for (uint64_t round = 0; round < 6; round++) {
        uint64_t sent = 0, received = 0;
        for (uint64_t r = 0; r < size(); r++) { /* round 5: nobody sends anything */
            sent += send[r] = round == 5 ? 0 : part(rank(), r, round);
            received += recv[r] = round == 5 ? 0 : part(r, rank(), round);
        }
        char *in = malloc(sent + 1), *out = malloc(received + 1), *at = in;
        for (uint64_t r = 0; r < size(); at += send[r++])
            job_fill(at, rank() * 100 + r, round, send[r]);
        out[received] = 'x';
        JOB_OK(giga_alltoallv(in, send, out, recv));
        at = out;
        for (uint64_t r = 0; r < size(); at += recv[r++])
            CU_ASSERT_EQUAL(job_wrong(at, r * 100 + rank(), round, recv[r]), 0);
        CU_ASSERT_EQUAL(out[received], 'x');
        free(in);
        free(out);
    }
    free(send);
    free(recv);
}

static void window_memory_serves_as_a_buffer(void)
{
    void *object;

    JOB_OK(giga_alloc_blocks(8 * size(), NULL, &object));
    uint64_t *mine = giga_local(object, NULL), word = rank() * 3;
    JOB_OK(giga_allgather(&word, 8, mine));
    for (uint64_t r = 0; r < size(); r++)
        CU_ASSERT_EQUAL(mine[r], r * 3);
    JOB_OK(giga_allreduce(mine, mine, size(), GIGA_U64, GIGA_SUM));
    CU_ASSERT_EQUAL(mine[size() - 1], (size() - 1) * 3 * size());
    JOB_OK(giga_free(object));
}

static void wrong_arguments_are_refused_before_anyone_waits(void)
{
    double real = 1, out;

    CU_ASSERT_EQUAL(giga_allreduce(&real, &out, 1, GIGA_F64, GIGA_BOR), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_allreduce(&real, &out, 1, (giga_type)99, GIGA_SUM), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_allreduce(&real, &out, 1, GIGA_F64, (giga_op)99), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_allreduce(NULL, &out, 1, GIGA_F64, GIGA_SUM), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_alltoallv(&real, NULL, &out, NULL), GIGA_ERR_ARG);
}

static void agree_returns_the_failure_of_the_lowest_rank_on_all(void)
{
    JOB_OK(giga_agree(GIGA_OK));
    for (int32_t first = 0; first < giga_size(); first++) {
        giga_status mine = GIGA_OK;
        char expected[64];
        snprintf(expected, sizeof expected, "rank %d found nothing", first);
        if (giga_rank() == first)
            mine = giga_fail(GIGA_ERR_NOT_FOUND, "%s", expected);
        else if (giga_rank() > first)
            mine = giga_fail(GIGA_ERR_IO, "rank %d is not the first", giga_rank());
        CU_ASSERT_EQUAL(giga_agree(mine), GIGA_ERR_NOT_FOUND);
        CU_ASSERT_STRING_EQUAL(giga_error(), expected);
    }
    char long_text[1100];
    memset(long_text, 'a', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    giga_status mine = giga_rank() == 0 ? giga_fail(GIGA_ERR_IO, "%s", long_text) : GIGA_OK;
    CU_ASSERT_EQUAL(giga_agree(mine), GIGA_ERR_IO);
    CU_ASSERT_EQUAL(strlen(giga_error()), 1023);
}

static const job_test tests[] = {
    {"a_barrier_separates_the_writes_of_its_two_sides",
     a_barrier_separates_the_writes_of_its_two_sides},
    {"broadcast_gives_every_rank_the_bytes_of_any_root",
     broadcast_gives_every_rank_the_bytes_of_any_root},
    {"allreduce_folds_every_type_with_every_operator",
     allreduce_folds_every_type_with_every_operator},
    {"unsigned_extremes_compare_as_unsigned", unsigned_extremes_compare_as_unsigned},
    {"reductions_of_one_value_are_the_same_everywhere",
     reductions_of_one_value_are_the_same_everywhere},
    {"exscan_folds_the_lower_ranks_and_gives_rank_0_nothing",
     exscan_folds_the_lower_ranks_and_gives_rank_0_nothing},
    {"allgather_puts_the_ranks_in_order", allgather_puts_the_ranks_in_order},
    {"alltoallv_delivers_uneven_and_empty_parts_in_rank_order",
     alltoallv_delivers_uneven_and_empty_parts_in_rank_order},
    {"window_memory_serves_as_a_buffer", window_memory_serves_as_a_buffer},
    {"wrong_arguments_are_refused_before_anyone_waits",
     wrong_arguments_are_refused_before_anyone_waits},
    {"agree_returns_the_failure_of_the_lowest_rank_on_all",
     agree_returns_the_failure_of_the_lowest_rank_on_all},
};

int main(void)
{
    return JOB_RUN("collective", tests);
}
