/*
 * test_call.c - functions shipped to the data run at the home, once, and give their result back.
 *
 * Runs on one node, on nodes of one and of two, with messages, and across virtual hosts. The
 * functions work on an array of words; expected values are computed by the caller from job.h's
 * patterns, or follow from counting.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum { WORDS = 4096, LONG = GIGA_CALL_MAX };

static uint64_t *array; /* WORDS words, in equal blocks */
static giga_function_id add_up, echo, count_up, push_min, too_long;

/* ---- the functions ---- */

/* Add the arguments, words, to the words at the address; the result is the sums. */
static size_t add_words(void *at, const void *arguments, size_t bytes, void *result, size_t most)
{
    uint64_t *to = at, *out = result;
    const uint64_t *from = arguments;

    for (size_t i = 0; i < bytes / 8; i++) {
        uint64_t sum = giga_fetch_add(&to[i], from[i]) + from[i];
        if (8 * (i + 1) <= most)
            out[i] = sum;
    }
    return bytes < most ? bytes : most;
}

/* The arguments backwards; judges what it is promised of alignment and zeros. */
static size_t reverse(void *at, const void *arguments, size_t bytes, void *result, size_t most)
{
    const char *in = arguments;
    char *out = result;
    bool good = (uintptr_t)arguments % 16 == 0 && (uintptr_t)result % 16 == 0;

    (void)at;
    for (size_t i = 0; i < most; i++)
        good &= out[i] == 0;
    for (size_t i = 0; i < bytes && i < most; i++)
        out[i] = (char)(in[bytes - 1 - i] ^ !good);
    return bytes < most ? bytes : most;
}

static size_t count_one(void *at, const void *arguments, size_t bytes, void *result, size_t most)
{
    (void)arguments, (void)result, (void)bytes, (void)most;
    atomic_fetch_add((_Atomic uint64_t *)at, 1);
    return 0;
}

/* Something no atomic of giga does: two words that change together, under a lock beside them. */
static size_t push_lowest(void *at, const void *arguments, size_t bytes, void *result, size_t most)
{
    uint64_t *cell = at; /* lock, key, value */
    uint64_t offer[2];

    memcpy(offer, arguments, bytes);
    while (__atomic_exchange_n(&cell[0], 1, __ATOMIC_ACQUIRE)) /* pairs with the store below */
        ;
    bool lower = cell[1] == 0 || offer[0] < cell[1];
    if (lower) {
        cell[1] = offer[0];
        cell[2] = offer[1];
    }
    __atomic_store_n(&cell[0], 0, __ATOMIC_RELEASE);
    if (most > 0)
        *(char *)result = lower;
    return most > 0;
}

static size_t want_hundred(void *at, const void *arguments, size_t bytes, void *result, size_t most)
{
    (void)at, (void)arguments, (void)bytes, (void)result, (void)most;
    return 100;
}

static void register_all(void)
{
    JOB_OK(giga_function_register("add words", add_words, &add_up));
    JOB_OK(giga_function_register("reverse", reverse, &echo));
    JOB_OK(giga_function_register("count one", count_one, &count_up));
    JOB_OK(giga_function_register("push lowest", push_lowest, &push_min));
    JOB_OK(giga_function_register("want hundred", want_hundred, &too_long));
    CU_ASSERT_EQUAL_FATAL(giga_alloc(WORDS * 8, NULL, (void **)&array), GIGA_OK);
}

/* The first word of a rank's block; blocks of a uniform object may be empty. */
static uint64_t *some_word(void)
{
    return &array[job_below(&job_here, WORDS)];
}

static void clear(void)
{
    size_t bytes;

    JOB_OK(giga_barrier());
    void *mine = giga_local(array, &bytes);
    memset(mine, 0, bytes);
    JOB_OK(giga_barrier());
}

/* ---- laws ---- */

static void a_registered_function_has_the_same_number_everywhere(void)
{
    register_all();
    CU_ASSERT_EQUAL(giga_allreduce_max((uint64_t)too_long), too_long);
    CU_ASSERT_EQUAL(giga_allreduce_min((uint64_t)too_long), too_long);
    CU_ASSERT_NOT_EQUAL(add_up, echo);
}

static void a_call_runs_once_at_the_home(void)
{
    enum { CALLS = 300 };
    uint64_t sum = 0;
    size_t bytes;

    clear();
    for (int i = 0; i < CALLS; i++) {
        size_t length = 7;
        JOB_OK(giga_call(some_word(), count_up, NULL, 0, NULL, 0, &length));
        CU_ASSERT_EQUAL(length, 0);
    }
    JOB_OK(giga_barrier());
    uint64_t *mine = giga_local(array, &bytes);
    for (size_t i = 0; i < bytes / 8; i++)
        sum += mine[i];
    CU_ASSERT_EQUAL(giga_allreduce_sum(sum), CALLS * (uint64_t)giga_size());
}

static void a_result_comes_back_with_its_length_and_zeros_behind(void)
{
    char *in = malloc(LONG + 1), *out = malloc(LONG + 1);
    static const size_t lengths[] = {0, 1, 8, 15, 1024, 1025, 8000, 65535, LONG};
    uint64_t wrong = 0;

    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        for (int odd = 0; odd < 2; odd++) { /* also where the buffers are not aligned */
            size_t bytes = lengths[k], room = bytes + 100 < LONG ? bytes + 100 : LONG, length = 0;
            job_fill(in + odd, k, 0, bytes);
            char *from = in + odd, *at = out + odd;
            memset(out, 1, LONG + 1);
            JOB_OK(giga_call(some_word(), echo, from, bytes, at, room, &length));
            wrong += length != bytes;
            for (size_t i = 0; i < room; i++)
                wrong += at[i] != (i < bytes ? from[bytes - 1 - i] : 0);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(in);
    free(out);
}

static void deferred_calls_run_once_and_give_their_results(void)
{
    enum { CALLS = 3000 };
    uint64_t sum = 0, wrong = 0, *results = malloc(CALLS * sizeof *results);
    size_t bytes;

    clear();
    for (uint64_t i = 0; i < CALLS; i++) {
        uint64_t add[2] = {1, i}; /* copied at the call */
        switch (job_below(&job_here, 3)) {
        case 0: JOB_OK(giga_call_nbi(some_word(), count_up, NULL, 0, NULL, 0)); break;
        case 1: JOB_OK(giga_call_nbi(some_word(), add_up, add, 8, NULL, 0)); break;
        case 2: giga_add_nbi(some_word(), 1); break; /* in the same batches */
        }
        results[i] = ~UINT64_C(0);
        JOB_OK(giga_call_nbi(array, echo, &add[1], 8, &results[i], 8));
    }
    JOB_OK(giga_quiet());
    for (uint64_t i = 0; i < CALLS; i++)
        wrong += results[i] != __builtin_bswap64(i);
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_barrier());
    uint64_t *mine = giga_local(array, &bytes);
    for (size_t i = 0; i < bytes / 8; i++)
        sum += mine[i];
    CU_ASSERT_EQUAL(giga_allreduce_sum(sum), CALLS * (uint64_t)giga_size());
    free(results);
}

static void long_deferred_calls_give_their_results(void)
{
    enum { CALLS = 40 };
    char *in = malloc(CALLS * LONG), *out = malloc(CALLS * LONG);
    size_t length[CALLS];
    uint64_t wrong = 0;

    memset(out, 1, CALLS * LONG);
    for (size_t i = 0; i < CALLS; i++) {
        length[i] = job_below(&job_here, 2) ? job_below(&job_here, 1100)
                                            : job_below(&job_here, LONG + 1);
        job_fill(in + i * LONG, i, 0, length[i]);
        JOB_OK(giga_call_nbi(some_word(), echo, in + i * LONG, length[i], out + i * LONG, LONG));
    }
    JOB_OK(giga_quiet());
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t k = 0; k < LONG; k++)
            wrong += out[i * LONG + k] != (k < length[i] ? in[i * LONG + length[i] - 1 - k] : 0);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(in);
    free(out);
}

static void functions_of_many_ranks_exclude_each_other_by_locks_in_the_data(void)
{
    enum { CELLS = 8, CALLS = 400 };
    uint64_t lowest[CELLS], all[CELLS], wrong = 0, cell[3];

    clear();
    memset(lowest, 0xff, sizeof lowest);
    for (int i = 0; i < CALLS; i++) {
        uint64_t which = job_below(&job_here, CELLS), key = 1 + job_next(&job_here) / 2;
        uint64_t offer[2] = {key, job_word(key, 1)};
        char lower;
        lowest[which] = key < lowest[which] ? key : lowest[which];
        uint64_t *at = &array[which * WORDS / CELLS]; /* spread over the homes */
        JOB_OK(i % 2 ? giga_call(at, push_min, offer, 16, &lower, 1, NULL)
                     : giga_call_nbi(at, push_min, offer, 16, NULL, 0));
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_allreduce(lowest, all, CELLS, GIGA_U64, GIGA_MIN));
    for (uint64_t c = 0; c < CELLS; c++) {
        JOB_OK(giga_get(cell, &array[c * WORDS / CELLS], sizeof cell));
        wrong += cell[0] != 0 || cell[1] != all[c] || cell[2] != job_word(all[c], 1);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* ---- what a function may not do ---- */

/* Calls on an address that is on another node, if there is one, and calls that wait. */
typedef struct attempt {
    uint64_t *far;
    giga_channel *channel;
} attempt;

static size_t misbehave(void *at, const void *arguments, size_t bytes, void *result, size_t most)
{
    attempt a;
    uint64_t word = 0;
    int32_t *out = result;
    giga_handle handle = GIGA_HANDLE_DONE;
    bool far;

    memcpy(&a, arguments, bytes);
    far = a.far && !giga_near(a.far, NULL);
    memset(out, 0, most);
    out[0] = giga_quiet();
    out[1] = giga_barrier();
    out[2] = giga_channel_send(a.channel, 0, &word, 8);
    out[3] = giga_channel_finish(a.channel, NULL);
    out[4] = giga_await(at, GIGA_GE, 0, NULL);
    out[5] = giga_allreduce(&word, &word, 1, GIGA_U64, GIGA_SUM);
    out[6] = far ? giga_get(&word, a.far, 8) : GIGA_ERR_STATE;
    out[7] = far ? giga_put_nbi(a.far, &word, 8) : GIGA_ERR_STATE;
    out[8] = far ? giga_put_nb(a.far, &word, 8, &handle) : GIGA_ERR_STATE;
    out[9] = far ? giga_notify(a.far, 1) : GIGA_ERR_STATE;
    out[10] = far ? giga_call(a.far, count_up, NULL, 0, NULL, 0, NULL) : GIGA_ERR_STATE;
    /* What it may do. */
    out[11] = giga_call(at, count_up, NULL, 0, NULL, 0, NULL);
    out[12] = giga_get(&word, at, 8);
    out[13] = giga_notify(at, 0);
    return 14 * sizeof *out;
}

static void a_function_may_neither_wait_nor_send(void)
{
    giga_function_id id;
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    attempt a;
    int32_t status[14];

    opts.record_bytes = 8;
    JOB_OK(giga_function_register("misbehave", misbehave, &id));
    JOB_OK(giga_channel_create(&opts, &a.channel));
    for (uint64_t i = 0; i < 64; i++) {
        a.far = some_word();
        memset(status, 0, sizeof status);
        JOB_OK(giga_call(some_word(), id, &a, sizeof a, status, sizeof status, NULL));
        for (int k = 0; k < 14; k++)
            CU_ASSERT_EQUAL(status[k], k < 11 ? GIGA_ERR_STATE : GIGA_OK);
    }
    JOB_OK(giga_channel_destroy(a.channel));
}

/* ---- misuse ---- */

static void mistakes_of_a_call_run_nothing(void)
{
    char *long_one = calloc(1, LONG + 1);
    uint64_t private = 0;
    size_t length = 0;

    CU_ASSERT_EQUAL(giga_call(&private, count_up, NULL, 0, NULL, 0, NULL), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_call(&array[WORDS], count_up, NULL, 0, NULL, 0, NULL), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_call_nbi(&array[WORDS], count_up, NULL, 0, NULL, 0), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_call(array, 1000, NULL, 0, NULL, 0, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_call_nbi(array, UINT32_MAX, NULL, 0, NULL, 0), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_call(array, echo, NULL, 1, NULL, 0, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_call(array, echo, NULL, 0, NULL, 1, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_call(array, echo, long_one, LONG + 1, NULL, 0, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_call(array, echo, NULL, 0, long_one, LONG + 1, NULL), GIGA_ERR_ARG);
    for (int i = 0; i < 20; i++) {
        uint64_t *at = some_word();
        CU_ASSERT_EQUAL(giga_call(at, too_long, NULL, 0, long_one, 99, &length), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(length, 100);
        giga_status now = giga_call_nbi(at, too_long, NULL, 0, long_one, 99);
        CU_ASSERT_EQUAL(giga_near(at, NULL) ? now : giga_quiet(), GIGA_ERR_ARG);
        JOB_OK(giga_quiet());
    }
    free(long_one);
}

static void mistakes_of_a_registration_are_found_on_all_ranks(void)
{
    giga_function_id id = 77;
    char name[65];

    memset(name, 'n', 64);
    name[64] = '\0';
    CU_ASSERT_EQUAL(job_same(giga_function_register(NULL, count_one, &id)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_function_register("", count_one, &id)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_function_register(name, count_one, &id)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_function_register("none", NULL, &id)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_function_register("lost", count_one, NULL)), GIGA_ERR_ARG);
    if (giga_size() > 1)
        CU_ASSERT_EQUAL(job_same(giga_function_register(giga_rank() ? "one" : "other", count_one,
                                                        &id)), GIGA_ERR_MISMATCH);
    CU_ASSERT_EQUAL(id, 77);
    while (giga_function_register("fill", count_one, &id) == GIGA_OK)
        ;
    CU_ASSERT_EQUAL(id, GIGA_FUNCTIONS_MAX - 1);
    CU_ASSERT_EQUAL(job_same(giga_function_register("fill", count_one, &id)), GIGA_ERR_MEMORY);
    JOB_OK(giga_call(some_word(), id, NULL, 0, NULL, 0, NULL));
    JOB_OK(giga_free(array));
}

int main(void)
{
    static const job_test tests[] = {
        {"a_registered_function_has_the_same_number_everywhere",
         a_registered_function_has_the_same_number_everywhere},
        {"a_call_runs_once_at_the_home", a_call_runs_once_at_the_home},
        {"a_result_comes_back_with_its_length_and_zeros_behind",
         a_result_comes_back_with_its_length_and_zeros_behind},
        {"deferred_calls_run_once_and_give_their_results",
         deferred_calls_run_once_and_give_their_results},
        {"long_deferred_calls_give_their_results", long_deferred_calls_give_their_results},
        {"functions_of_many_ranks_exclude_each_other_by_locks_in_the_data",
         functions_of_many_ranks_exclude_each_other_by_locks_in_the_data},
        {"a_function_may_neither_wait_nor_send", a_function_may_neither_wait_nor_send},
        {"mistakes_of_a_call_run_nothing", mistakes_of_a_call_run_nothing},
        {"mistakes_of_a_registration_are_found_on_all_ranks",
         mistakes_of_a_registration_are_found_on_all_ranks},
    };

    return JOB_RUN("call", tests);
}
