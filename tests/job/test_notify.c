/*
 * test_notify.c - notified puts, and waiting for a counter.
 *
 * Runs on one node, on nodes of one and two ranks, by messages, and across virtual hosts.
 * Rank r sends to rank r + 1 unless a test says otherwise.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "objects.h"

enum { COUNTERS = 64 };

static uint64_t previous(void)
{
    return (rank() + size() - 1) % size();
}

/* ---- order ---- */

/* The bytes of a round are there when its addition is seen, whatever their length. */
static void who_sees_the_addition_sees_the_bytes(void)
{
    static const size_t lengths[] = {0,    1,     4,      8,      13,    1000, GIGA_COPY_MAX,
                                     1025, 65537, 131072, 131073, 700001};
    enum { LENGTHS = sizeof lengths / sizeof lengths[0], ROOM = 700001, ROUNDS = 3 * LENGTHS };
    uint64_t *object = alloc_blocks(COUNTERS * 8 + ROOM + 8), *mine = giga_local(object, NULL);
    uint64_t *to = block_of(object, next_rank()), seen = 0;
    char *source = malloc(ROOM);
    size_t wrong = 0;

    for (uint64_t round = 0; round < ROUNDS; round++) {
        size_t bytes = lengths[round % LENGTHS], shift = round % 3;
        job_fill(source, round * 100 + rank(), 0, bytes);
        JOB_OK(giga_put_notify((char *)&to[COUNTERS] + shift, source, bytes, &to[0], 2));
        if (bytes <= GIGA_COPY_MAX) /* may be reused at once */
            memset(source, 0x42, bytes);
        JOB_OK(giga_await(&mine[0], GIGA_GE, 2 * round + 2, &seen));
        CU_ASSERT_EQUAL(seen, 2 * round + 2);
        wrong += job_wrong((char *)&mine[COUNTERS] + shift, round * 100 + previous(), 0, bytes);
        JOB_OK(giga_barrier()); /* its quiet completes the long ones */
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(source);
    JOB_OK(giga_free(object));
}

/* A token goes round the ranks; everybody adds to what it carries. */
static void a_notification_comes_after_what_was_completed_before_it(void)
{
    enum { TURNS = 20, BYTES = 3000 };
    uint64_t *object = alloc_blocks(COUNTERS * 8 + BYTES), *mine = giga_local(object, NULL);
    uint64_t *to = block_of(object, next_rank()), wrong = 0;
    char *source = malloc(BYTES);

    for (uint64_t turn = 0; turn < TURNS; turn++) {
        if (rank() != 0 || turn > 0) {
            JOB_OK(giga_await(&mine[0], GIGA_GE, turn + (rank() != 0), NULL));
            wrong += job_wrong(&mine[COUNTERS], turn * size() + rank() - 1, 0, BYTES);
        }
        job_fill(source, turn * size() + rank(), 0, BYTES);
        if (turn % 3 == 0) {
            JOB_OK(giga_put(&to[COUNTERS], source, BYTES));
        } else {
            JOB_OK(giga_put_nbi(&to[COUNTERS], source, BYTES));
            JOB_OK(turn % 3 == 1 ? giga_fence() : giga_quiet());
        }
        JOB_OK(giga_notify(&to[0], 1));
    }
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(mine[0], TURNS);
    CU_ASSERT_EQUAL(wrong, 0);
    free(source);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void near_stores_come_before_the_notification_that_follows_them(void)
{
    enum { ROUNDS = 200 };
    uint64_t *object = alloc_blocks(64 * 8), *to = block_of(object, next_rank());
    uint64_t *mine = giga_local(object, NULL), wrong = 0;

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (int i = 1; i < 20; i++)
            giga_store(&to[i], round * 100 + (uint64_t)i);
        JOB_OK(giga_notify(&to[0], 1));
        JOB_OK(giga_await(&mine[0], GIGA_GE, round, NULL));
        for (int i = 1; i < 20; i++)
            wrong += mine[i] != round * 100 + (uint64_t)i;
        JOB_OK(giga_notify(&((uint64_t *)block_of(object, previous()))[63], 1));
        JOB_OK(giga_await(&mine[63], GIGA_GE, round, NULL));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- counters ---- */

static void notifications_of_all_ranks_to_all_add_up(void)
{
    enum { EACH = 300 };
    uint64_t *object = alloc_blocks(COUNTERS * 8), *mine = giga_local(object, NULL), sum = 0, i;

    for (i = 0; i < EACH; i++) {
        for (uint64_t r = 0; r < size(); r++)
            JOB_OK(giga_notify((uint64_t *)block_of(object, r) + (i + r) % COUNTERS, i));
    }
    for (i = 0; i < COUNTERS; i++) {
        uint64_t expected = 0;
        for (uint64_t k = 0; k < EACH; k++)
            expected += (k + rank()) % COUNTERS == i ? k * size() : 0;
        JOB_OK(giga_await(&mine[i], GIGA_EQ, expected, NULL));
        sum += mine[i];
    }
    CU_ASSERT_EQUAL(sum, (uint64_t)EACH * (EACH - 1) / 2 * size());
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void each_comparison_is_of_unsigned_numbers(void)
{
    uint64_t *object = alloc_blocks(8), *mine = giga_local(object, NULL), seen = 0;
    const uint64_t high = UINT64_C(1) << 63;

    *mine = high;
    JOB_OK(giga_await(mine, GIGA_EQ, high, &seen));
    CU_ASSERT_EQUAL(seen, high);
    JOB_OK(giga_await(mine, GIGA_NE, 5, &seen));
    JOB_OK(giga_await(mine, GIGA_GT, high - 1, NULL));
    JOB_OK(giga_await(mine, GIGA_GE, high, NULL));
    JOB_OK(giga_await(mine, GIGA_LT, UINT64_MAX, NULL));
    JOB_OK(giga_await(mine, GIGA_LE, high, NULL));
    JOB_OK(giga_notify(mine, high + 3)); /* wraps */
    JOB_OK(giga_await(mine, GIGA_LT, 4, &seen));
    CU_ASSERT_EQUAL(seen, 3);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- waiters ---- */

typedef struct waiter {
    pthread_t thread;
    uint64_t *counter, value, seen;
    giga_status status;
} waiter;

static void *await_it(void *argument)
{
    waiter *w = argument;

    w->status = giga_await(w->counter, GIGA_GE, w->value, &w->seen);
    return NULL;
}

/* Several threads sleep on one counter and on others, every rank of a node on the leader's. */
static void every_waiter_of_a_counter_is_woken(void)
{
    enum { WAITERS = 6 };
    uint64_t *object = alloc_blocks(COUNTERS * 8), *mine = giga_local(object, NULL);
    uint64_t *leader = block_of(object, (uint64_t)giga_near_rank(0));
    waiter waiters[WAITERS];

    for (uint64_t i = 0; i < WAITERS; i++) {
        waiters[i] = (waiter){.counter = i < 3 ? &mine[5] : &leader[i], .value = i < 3 ? i + 1 : 1};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&waiters[i].thread, NULL, await_it, &waiters[i]), 0);
    }
    JOB_OK(giga_barrier());
    for (int i = 0; i < 3; i++)
        JOB_OK(giga_notify((uint64_t *)block_of(object, next_rank()) + 5, 1));
    if (rank() == 0) {
        for (uint64_t r = 0; r < size(); r++) {
            for (int i = 3; i < WAITERS; i++)
                JOB_OK(giga_notify((uint64_t *)block_of(object, r) + i, 1));
        }
    }
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(waiters[i].thread, NULL);
        JOB_OK(waiters[i].status);
        CU_ASSERT(waiters[i].seen >= waiters[i].value);
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* What other operations made of the counter is seen when a notification wakes the waiter. */
static void a_notification_of_nothing_makes_a_waiter_look_again(void)
{
    uint64_t *object = alloc_blocks(8), *mine = giga_local(object, NULL);
    uint64_t *to = block_of(object, next_rank());
    waiter one = {.counter = mine, .value = 100};

    CU_ASSERT_EQUAL_FATAL(pthread_create(&one.thread, NULL, await_it, &one), 0);
    giga_add(to, 100);
    JOB_OK(giga_notify(to, 0));
    pthread_join(one.thread, NULL);
    JOB_OK(one.status);
    CU_ASSERT_EQUAL(one.seen, 100);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- refusals ---- */

static void a_refused_notification_changes_nothing(void)
{
    uint64_t *object = alloc(8192 * size()), private = 3, value[2] = {1, 2};
    uint64_t *odd = (uint64_t *)(void *)((char *)object + 4), *far = block_of(object, next_rank());
    const uint64_t *end = object + 1024 * size();

    CU_ASSERT_EQUAL(giga_notify(&private, 1), GIGA_ERR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_notify"));
    CU_ASSERT_EQUAL(giga_notify(NULL, 1), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_notify(odd, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_notify((uint64_t *)(uintptr_t)end, 1), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_put_notify(&private, &private, 8, object, 1), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_put_notify(object, &private, 8, &private, 1), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_put_notify(object, NULL, 8, object + 1, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_put_notify(object, &private, 8, odd, 1), GIGA_ERR_ARG);
    if (size() > 1) {
        CU_ASSERT_EQUAL(giga_put_notify(object + 1, &private, 8, block_of(object, 1), 1),
                        GIGA_ERR_ARG);
        if (next_rank() != size() - 1) /* over the end of a block into the next one */
            CU_ASSERT_EQUAL(giga_put_notify(far + 1023, value, 16, far, 1), GIGA_ERR_ARG);
    }
    CU_ASSERT_EQUAL(giga_put_notify((char *)(uintptr_t)end - 4, value, 8, object, 1),
                    GIGA_ERR_RANGE);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_load(object), 0);
    CU_ASSERT_EQUAL(giga_load(far), 0);
    CU_ASSERT_EQUAL(giga_load(object + 1), 0);
    CU_ASSERT_EQUAL(private, 3);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Of blocks of unequal length the home alone knows: then quiet says it, and nothing is done. */
static void what_a_home_refuses_is_told_by_quiet(void)
{
    uint64_t *object = alloc_blocks(40), *to = block_of(object, next_rank()), value[2] = {1, 2};

    giga_status call = giga_notify(&to[5], 1), quiet = giga_quiet();
    CU_ASSERT_EQUAL(call == GIGA_OK ? quiet : call, GIGA_ERR_RANGE);
    call = giga_put_notify(&to[4], value, 16, &to[0], 1);
    quiet = giga_quiet();
    CU_ASSERT(call == GIGA_ERR_RANGE || call == GIGA_ERR_ARG || quiet == GIGA_ERR_RANGE);
    call = giga_put_notify(&to[0], value, 8, &to[5], 1);
    quiet = giga_quiet();
    CU_ASSERT_EQUAL(call == GIGA_OK ? quiet : call, GIGA_ERR_RANGE);
    JOB_OK(giga_quiet()); /* told once */
    JOB_OK(giga_barrier());
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(giga_load(&to[i]), 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void only_near_counters_can_be_awaited(void)
{
    uint64_t *object = alloc_blocks(16), *mine = giga_local(object, NULL), private = 0;

    CU_ASSERT_EQUAL(giga_await(&private, GIGA_EQ, 0, NULL), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_await((uint64_t *)(void *)((char *)mine + 4), GIGA_EQ, 0, NULL),
                    GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_await(mine, (giga_cmp)6, 0, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_await(mine, (giga_cmp)-1, 0, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_await(mine + 2, GIGA_EQ, 0, NULL), GIGA_ERR_RANGE);
    if (!is_near(next_rank())) {
        CU_ASSERT_EQUAL(giga_await(block_of(object, next_rank()), GIGA_EQ, 0, NULL),
                        GIGA_ERR_ADDRESS);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_await"));
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static const job_test tests[] = {
    JOB_LAW(who_sees_the_addition_sees_the_bytes),
    JOB_LAW(a_notification_comes_after_what_was_completed_before_it),
    JOB_LAW(near_stores_come_before_the_notification_that_follows_them),
    JOB_LAW(notifications_of_all_ranks_to_all_add_up),
    JOB_LAW(each_comparison_is_of_unsigned_numbers),
    JOB_LAW(every_waiter_of_a_counter_is_woken),
    JOB_LAW(a_notification_of_nothing_makes_a_waiter_look_again),
    JOB_LAW(a_refused_notification_changes_nothing),
    JOB_LAW(what_a_home_refuses_is_told_by_quiet),
    JOB_LAW(only_near_counters_can_be_awaited),
};

int main(void)
{
    return JOB_RUN("notify", tests);
}
