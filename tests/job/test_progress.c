/*
 * test_progress.c - a rank that computes without calling giga answers.
 *
 * Runs at 2 and 3 ranks on one node, on nodes of one, with messages, and across virtual
 * hosts. Rank 0 computes until a word in its own block, which the last rank sets by a put,
 * says that the others are done: no clock decides anything, a rank that does not answer
 * hangs the test. The latencies are printed, not judged.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "job.h"

enum { GETS = 1000, WORDS = 4096, WARM_UP_NS = 2000000 };

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Loads of plain memory and arithmetic, no call of giga, until the word is set. */
static uint64_t compute_until(const uint64_t *word, uint64_t value)
{
    uint64_t work = 1;

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
        for (int i = 0; i < 1000; i++)
            work = work * UINT64_C(6364136223846793005) + 1;
    }
    return work;
}

static void print_latencies(const char *what, double *us, size_t count)
{
    qsort(us, count, sizeof *us, by_value);
    printf("\n    rank 0 computes, rank %d %s: median %.1f us, 99%% %.1f us, worst %.1f us\n",
           giga_rank(), what, us[count / 2], us[count * 99 / 100], us[count - 1]);
    fflush(stdout);
}

static uint64_t *start(void)
{
    void *object = NULL;

    CU_ASSERT_EQUAL_FATAL(giga_alloc_blocks(WORDS * 8, NULL, &object), GIGA_OK);
    job_fill(giga_local(object, NULL), 1 + (uint64_t)giga_rank(), 0, WORDS * 8 - 16);
    JOB_OK(giga_barrier());
    return object; /* rank 0's block is its first */
}

/* Word WORDS - 1 counts who is done; the last to add sets word WORDS - 2. */
static void say_done(uint64_t *object)
{
    if (giga_fetch_add(&object[WORDS - 1], 1) == (uint64_t)giga_size() - 2)
        giga_store(&object[WORDS - 2], 1);
}

static void finish(uint64_t *object)
{
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void a_computing_rank_answers_a_thousand_gets(void)
{
    uint64_t *object = start(), wrong = 0;
    double us[GETS];

    if (giga_rank() == 0 && giga_size() > 1) {
        CU_ASSERT_NOT_EQUAL(compute_until(&object[WORDS - 2], 1), 0);
    } else if (giga_size() > 1) {
        for (size_t i = 0; i < GETS; i++) {
            uint64_t at = job_below(&job_here, WORDS - 2), word;
            double before = now_us();
            wrong += giga_get(&word, &object[at], 8) != GIGA_OK;
            us[i] = now_us() - before;
            wrong += word != job_word(1, at);
        }
        say_done(object);
        if (giga_rank() == 1)
            print_latencies("gets 8 bytes", us, GETS);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    finish(object);
}

/* The first after idleness finds the home's progress asleep. */
static void a_computing_rank_answers_after_idleness(void)
{
    enum { ROUNDS = 50 };
    uint64_t *object = start(), wrong = 0;
    double us[ROUNDS];

    if (giga_rank() == 0 && giga_size() > 1) {
        CU_ASSERT_NOT_EQUAL(compute_until(&object[WORDS - 2], 1), 0);
    } else if (giga_size() > 1) {
        for (size_t i = 0; i < ROUNDS; i++) {
            uint64_t word;
            nanosleep(&(struct timespec){.tv_nsec = WARM_UP_NS}, NULL);
            double before = now_us();
            wrong += giga_get(&word, &object[i], 8) != GIGA_OK || word != job_word(1, i);
            us[i] = now_us() - before;
        }
        say_done(object);
        if (giga_rank() == 1)
            print_latencies("gets 8 bytes after 2 ms of rest", us, ROUNDS);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    finish(object);
}

static void a_computing_rank_answers_puts_atomics_and_long_runs(void)
{
    uint64_t *object = start(), wrong = 0, back[1000];
    uint64_t others = (uint64_t)giga_size() - 1, rank = (uint64_t)giga_rank();

    if (rank == 0 && others > 0) {
        CU_ASSERT_NOT_EQUAL(compute_until(&object[WORDS - 2], 1), 0);
        CU_ASSERT_EQUAL(object[0], job_word(1, 0) + 300 * others);
    } else if (others > 0) {
        uint64_t *area = object + 1000 + rank * 1000 % 2000;
        for (uint64_t i = 0; i < 100; i++) {
            giga_fetch_add(&object[0], 1);
            giga_add_nbi(&object[0], 2);
            job_fill(back, rank * 1000 + i, 0, sizeof back);
            wrong += giga_put(area, back, sizeof back) != GIGA_OK;
            wrong += giga_get(back, area, sizeof back) != GIGA_OK;
            wrong += others <= 2 && job_wrong(back, rank * 1000 + i, 0, sizeof back) != 0;
        }
        JOB_OK(giga_quiet());
        say_done(object);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    finish(object);
}

static const job_test tests[] = {
    {"a_computing_rank_answers_a_thousand_gets", a_computing_rank_answers_a_thousand_gets},
    {"a_computing_rank_answers_after_idleness", a_computing_rank_answers_after_idleness},
    {"a_computing_rank_answers_puts_atomics_and_long_runs",
     a_computing_rank_answers_puts_atomics_and_long_runs},
};

int main(void)
{
    return JOB_RUN("progress", tests);
}
