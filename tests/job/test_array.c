/*
 * test_array.c - distributed arrays against a description of each distribution.
 *
 * Runs at 1, 3 and 5 ranks on one node, 3 on nodes of one, 5 on nodes of two, and across
 * virtual hosts. Where element i belongs is written here a second time, by dealing the
 * elements one after another as array.h says; only the length of a block, which the
 * library chooses, is taken from it and checked for sense.
 */
#include <stdlib.h>
#include <string.h>

#include "job.h"

static uint64_t size(void)
{
    return (uint64_t)giga_size();
}

/* Elements that rank r asks for in an explicit distribution of `count`: some ask for none,
 * the last for what is left. */
static uint64_t share(uint64_t count, uint64_t r)
{
    uint64_t given = 0, mine = 0;

    for (uint64_t i = 0; i <= r; i++) {
        uint64_t left = count - given;
        mine = i == size() - 1 ? left : i % 2 == 1 ? 0 : left / 2;
        given += mine;
    }
    return mine;
}

/* Home of each element, by dealing; `block` is used by the block distribution only. */
static void deal(giga_dist dist, uint64_t count, uint64_t block, int32_t *home)
{
    uint64_t r = 0, in_run = 0, run = 1;

    if (dist.kind == GIGA_DIST_BLOCK)
        run = block;
    if (dist.kind == GIGA_DIST_BLOCK_CYCLIC)
        run = dist.run;
    for (uint64_t i = 0; i < count; i++) {
        if (dist.kind == GIGA_DIST_EXPLICIT) {
            for (; in_run == share(count, r); in_run = 0)
                r++;
        } else if (in_run == run) {
            r = (r + 1) % size();
            in_run = 0;
        }
        home[i] = (int32_t)r;
        in_run++;
    }
}

static giga_dist distribution(giga_dist_kind kind, uint64_t count)
{
    giga_dist dist = {.kind = kind, .run = 3};

    if (kind == GIGA_DIST_EXPLICIT)
        dist.mine = share(count, (uint64_t)giga_rank());
    return dist;
}

/* The run of each rank in the block distribution: as long as that of rank 0. */
static uint64_t block_length(const giga_array *array, uint64_t count)
{
    uint64_t length = 0;

    while (length < count && giga_array_home(array, length) == 0)
        length++;
    CU_ASSERT(length * size() >= count);
    return length;
}

static void check_look_ups(giga_array *array, giga_dist dist, uint64_t count, size_t width,
                           const int32_t *home)
{
    uint64_t mine, seen = 0, wrong = 0;
    char *local = giga_array_local(array, &mine), *first = giga_array_contiguous(array);

    for (uint64_t i = 0; i < count; i++) {
        char *at = giga_at(array, i);
        wrong += giga_array_home(array, i) != home[i] || giga_home(at) != home[i];
        wrong += first && at != first + i * width;
        if (home[i] == giga_rank()) {
            wrong += at != local + seen * width || giga_array_index(array, seen) != i;
            seen++;
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(seen, mine);
    CU_ASSERT_EQUAL(giga_array_count(array), count);
    CU_ASSERT((mine == 0) == (local == NULL));
    CU_ASSERT_PTR_NULL(giga_at(array, count));
    CU_ASSERT_PTR_NULL(giga_at(array, UINT64_MAX));
    CU_ASSERT_EQUAL(giga_array_home(array, count), -1);
    if (size() == 1 || (dist.kind == GIGA_DIST_BLOCK && giga_nodes() == 1))
        CU_ASSERT_PTR_NOT_NULL(first);
}

/* One rank puts all, every rank gets random runs, the homes look at their own. */
static void check_runs(giga_array *array, uint64_t count, size_t width)
{
    char *all = malloc(count * width + 1), *part = malloc(count * width + 1);
    uint64_t mine, wrong = 0;

    job_fill(all, width, 0, count * width);
    if (giga_rank() == giga_size() - 1) {
        uint64_t cut = count / 3;
        JOB_OK(giga_array_put(array, cut, count - cut, all + cut * width));
        JOB_OK(giga_array_put(array, 0, cut, all));
    }
    JOB_OK(giga_barrier());
    const char *local = giga_array_local(array, &mine);
    for (uint64_t i = 0; i < mine; i++)
        wrong += memcmp(local + i * width, all + giga_array_index(array, i) * width, width) != 0;
    for (int i = 0; i < 6; i++) {
        uint64_t first = job_below(&job_here, count + 1);
        uint64_t length = i == 0 ? count - first : job_below(&job_here, count - first + 1);
        memset(part, 0, length * width);
        JOB_OK(giga_array_get(array, first, length, part));
        wrong += memcmp(part, all + first * width, length * width) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_array_get(array, 0, 0, NULL));
    JOB_OK(giga_array_get(array, count, 0, NULL));
    JOB_OK(giga_array_put(array, count, 0, NULL));
    CU_ASSERT_EQUAL(giga_array_get(array, count + 1, 0, part), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_array_get(array, 0, count + 1, part), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_array_put(array, 1, UINT64_MAX, all), GIGA_ERR_RANGE);
    JOB_OK(giga_barrier());
    free(all);
    free(part);
}

static void check_array(giga_dist_kind kind, uint64_t count, size_t width)
{
    giga_dist dist = distribution(kind, count);
    giga_array *array;
    int32_t *home = malloc((count + 1) * sizeof *home);

    CU_ASSERT_EQUAL_FATAL(giga_array_create(count, width, dist, NULL, &array), GIGA_OK);
    deal(dist, count, kind == GIGA_DIST_BLOCK ? block_length(array, count) : 0, home);
    check_look_ups(array, dist, count, width, home);
    check_runs(array, count, width);
    JOB_OK(giga_array_destroy(array));
    free(home);
}

static void check_kind(giga_dist_kind kind)
{
    static const size_t widths[] = {1, 3, 8, 24, 1000, 4097};

    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        check_array(kind, 0, widths[w]);
        check_array(kind, 1, widths[w]);
        check_array(kind, size() - 1, widths[w]);
        check_array(kind, 7 * size() + 2, widths[w]);
    }
    check_array(kind, 300 * size() + 1, 8);
}

static void block_arrays_hold_equal_contiguous_runs(void)
{
    check_kind(GIGA_DIST_BLOCK);
    check_array(GIGA_DIST_BLOCK, 9000, 1021); /* whole elements and pages: a unit of 4 MiB */
    check_array(GIGA_DIST_BLOCK, 40000, 1021);
}

static void cyclic_arrays_deal_single_elements(void)
{
    check_kind(GIGA_DIST_CYCLIC);
}

static void block_cyclic_arrays_deal_runs(void)
{
    check_kind(GIGA_DIST_BLOCK_CYCLIC);
}

static void explicit_arrays_follow_the_ranks_choices_also_of_nothing(void)
{
    check_kind(GIGA_DIST_EXPLICIT);
}

static void all_elements_on_the_last_rank_is_a_distribution_too(void)
{
    giga_dist dist = {.kind = GIGA_DIST_EXPLICIT, .mine = giga_rank() == giga_size() - 1 ? 10 : 0};
    giga_array *array;
    uint64_t mine;

    CU_ASSERT_EQUAL_FATAL(giga_array_create(10, 8, dist, NULL, &array), GIGA_OK);
    for (uint64_t i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(giga_array_home(array, i), giga_size() - 1);
    giga_array_local(array, &mine);
    CU_ASSERT_EQUAL(mine, dist.mine);
    JOB_OK(giga_array_destroy(array));
}

/* A length that does not fit 32 bits, touched at a few places. */
static void indices_are_64_bits_wide(void)
{
    const uint64_t count = (UINT64_C(5) << 32) + 12345;
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;

    opts.sparse = true;
    for (giga_dist_kind kind = GIGA_DIST_BLOCK; kind <= GIGA_DIST_BLOCK_CYCLIC; kind++) {
        giga_array *array;
        giga_dist dist = {.kind = kind, .run = 1000003};
        CU_ASSERT_EQUAL_FATAL(giga_array_create(count, 8, dist, &opts, &array), GIGA_OK);
        for (uint64_t i = 0; i < 40; i++) {
            uint64_t at = i == 0 ? count - 1 : job_below(&job_everywhere, count), back = 0;
            uint64_t value = at ^ 0x5555;
            if ((int32_t)(i % size()) == giga_rank())
                JOB_OK(giga_array_put(array, at, 1, &value));
            JOB_OK(giga_barrier());
            JOB_OK(giga_array_get(array, at, 1, &back));
            CU_ASSERT_EQUAL(back, value);
            CU_ASSERT_EQUAL(giga_load((uint64_t *)giga_at(array, at)), value);
            JOB_OK(giga_barrier());
        }
        JOB_OK(giga_array_destroy(array));
    }
}

static void new_arrays_are_zero(void)
{
    giga_array *array;
    uint64_t mine, wrong = 0;

    JOB_OK(giga_array_create(10001, 8, (giga_dist){.kind = GIGA_DIST_CYCLIC}, NULL, &array));
    const uint64_t *local = giga_array_local(array, &mine);
    for (uint64_t i = 0; i < mine; i++)
        wrong += local[i] != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(giga_allreduce_sum(mine), 10001);
    JOB_OK(giga_array_destroy(array));
    JOB_OK(giga_array_destroy(NULL));
}

static giga_status try_create(uint64_t count, size_t width, giga_dist dist)
{
    giga_array *array = (giga_array *)(uintptr_t)1;
    giga_status status = giga_array_create(count, width, dist, NULL, &array);

    CU_ASSERT(status == GIGA_OK || array == NULL);
    if (status == GIGA_OK)
        giga_array_destroy(array);
    return (giga_status)job_same(status);
}

static void arguments_that_make_no_sense_fail_alike_everywhere(void)
{
    giga_dist block = {.kind = GIGA_DIST_BLOCK};
    bool odd = giga_rank() == 1;

    CU_ASSERT_EQUAL(try_create(5, 0, block), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(try_create(UINT64_MAX / 2, 3, block), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(try_create(5, 8, (giga_dist){.kind = (giga_dist_kind)9}), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(try_create(5, 8, (giga_dist){.kind = GIGA_DIST_BLOCK_CYCLIC}), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(try_create(size() + 1, 8, (giga_dist){.kind = GIGA_DIST_EXPLICIT, .mine = 1}),
                    GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(try_create(3, 8, (giga_dist){.kind = GIGA_DIST_EXPLICIT, .mine = 4}),
                    GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_array_create(5, 8, block, NULL, NULL), GIGA_ERR_ARG);
    if (size() > 1) {
        CU_ASSERT_EQUAL(try_create(odd ? 5 : 6, 8, block), GIGA_ERR_MISMATCH);
        CU_ASSERT_EQUAL(try_create(5, odd ? 4 : 8, block), GIGA_ERR_MISMATCH);
    }
}

static const job_test tests[] = {
    {"block_arrays_hold_equal_contiguous_runs", block_arrays_hold_equal_contiguous_runs},
    {"cyclic_arrays_deal_single_elements", cyclic_arrays_deal_single_elements},
    {"block_cyclic_arrays_deal_runs", block_cyclic_arrays_deal_runs},
    {"explicit_arrays_follow_the_ranks_choices_also_of_nothing",
     explicit_arrays_follow_the_ranks_choices_also_of_nothing},
    {"all_elements_on_the_last_rank_is_a_distribution_too",
     all_elements_on_the_last_rank_is_a_distribution_too},
    {"indices_are_64_bits_wide", indices_are_64_bits_wide},
    {"new_arrays_are_zero", new_arrays_are_zero},
    {"arguments_that_make_no_sense_fail_alike_everywhere",
     arguments_that_make_no_sense_fail_alike_everywhere},
};

int main(void)
{
    return JOB_RUN("array", tests);
}
