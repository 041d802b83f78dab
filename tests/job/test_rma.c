/*
 * test_rma.c - get, put, atomics, fence and quiet on near and remote addresses.
 *
 * Runs at 1, 3 and 5 ranks on one node, at 2, 3 and 5 on nodes of one and of two ranks, with
 * get and put as messages, and across virtual hosts. Expected bytes come from a formula of
 * the place, or from a copy of the object that every rank keeps in private memory.
 */
#include <pthread.h>
#include <stdatomic.h>
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

static void *alloc(uint64_t bytes)
{
    void *object = NULL;

    CU_ASSERT_EQUAL_FATAL(giga_alloc(bytes, NULL, &object), GIGA_OK);
    return object;
}

/* An object of `words` words in the block of every rank, and the block of a rank. */
static uint64_t *alloc_words(uint64_t words)
{
    void *object = NULL;

    CU_ASSERT_EQUAL_FATAL(giga_alloc_blocks(words * 8, NULL, &object), GIGA_OK);
    return object;
}

static uint64_t *block_of(uint64_t *object, uint64_t which)
{
    return object + which * (giga_stride(object) / 8);
}

static uint64_t next_rank(void)
{
    return (rank() + 1) % size();
}

/* ---- runs ---- */

/* Put a run, and look at it and at the 8 bytes on either side. */
static size_t put_and_check(char *at, size_t bytes, uint64_t which, char *scratch)
{
    static const char guard[8] = "guarded";
    size_t wrong = 0;

    JOB_OK(giga_put(at - 8, guard, 8));
    JOB_OK(giga_put(at + bytes, guard, 8));
    job_fill(scratch, which, 0, bytes);
    JOB_OK(giga_put(at, scratch, bytes));
    memset(scratch, 0x55, bytes + 16);
    JOB_OK(giga_get(scratch, at - 8, bytes + 16));
    wrong += memcmp(scratch, guard, 8) != 0;
    wrong += memcmp(scratch + 8 + bytes, guard, 8) != 0;
    wrong += job_wrong(scratch + 8, which, 0, bytes);
    memset(scratch, 0x55, bytes);
    JOB_OK(giga_get(scratch, at, bytes));
    return wrong + job_wrong(scratch, which, 0, bytes);
}

/* Each rank works where the next rank's block begins; the last one inside its own. */
static void short_runs_cross_a_block_boundary_at_every_alignment(void)
{
    char *object = alloc(8192 * size()), scratch[128];
    uint64_t boundary = giga_stride(object) * (rank() + 1);
    size_t wrong = 0;

    if (rank() == size() - 1)
        boundary -= 4096;
    for (size_t bytes = 0; bytes <= 70; bytes++) {
        for (size_t shift = 0; shift < 8; shift++)
            wrong += put_and_check(object + boundary - bytes / 2 - shift, bytes, bytes * 8 + shift,
                                   scratch);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_free(object));
}

static void runs_of_every_kind_of_length_arrive_whole(void)
{
    static const size_t lengths[] = {
        1023, 1024, 1025, 8191, 65537, (128 << 10) - 1, 128 << 10, (128 << 10) + 1,
        (256 << 10) - 1, (256 << 10) + 1, (21 << 20) + 5};
    enum { LONGEST = (21 << 20) + 5 }; /* more than all bodies that may be in flight */
    uint64_t *object = alloc_words(LONGEST / 8 + 16);
    char *scratch = malloc(LONGEST + 16), *block = (char *)block_of(object, next_rank());
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        wrong += put_and_check(block + 8 + i, lengths[i], 100 + i, scratch);
    CU_ASSERT_EQUAL(wrong, 0);
    free(scratch);
    JOB_OK(giga_free(object));
}

/* In turn one rank writes random runs, which every rank also makes in its copy. */
static void random_runs_over_many_homes_agree_with_a_serial_model(void)
{
    const uint64_t bytes = 150000 * size() + 1001;
    char *object = alloc(bytes), *model = calloc(1, bytes), *scratch = malloc(bytes);
    size_t wrong = 0;

    for (uint64_t round = 0; round < 2 * size(); round++) {
        for (int i = 0; i < 20; i++) {
            uint64_t first = job_below(&job_everywhere, bytes + 1);
            uint64_t most = i % 4 == 0 ? bytes - first : 300;
            uint64_t length = job_below(&job_everywhere, most + 1);
            uint64_t which = job_next(&job_everywhere);
            if (length > bytes - first)
                length = bytes - first;
            job_fill(model + first, which, 0, length);
            if (round % size() == rank())
                JOB_OK(giga_put(object + first, model + first, length));
        }
        JOB_OK(giga_barrier());
        for (int i = 0; i < 20; i++) {
            uint64_t first = job_below(&job_here, bytes + 1);
            uint64_t length = job_below(&job_here, bytes - first + 1);
            JOB_OK(giga_get(scratch, object + first, length));
            wrong += memcmp(scratch, model + first, length) != 0;
        }
        JOB_OK(giga_barrier());
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(model);
    free(scratch);
    JOB_OK(giga_free(object));
}

static void plain_loads_at_home_see_what_was_put(void)
{
    uint64_t *object = alloc_words(1000), wrong = 0, buffer[1000];

    for (uint64_t i = 0; i < 1000; i++)
        buffer[i] = job_word(rank(), i);
    JOB_OK(giga_put(block_of(object, next_rank()), buffer, sizeof buffer));
    JOB_OK(giga_barrier());
    const uint64_t *mine = giga_local(object, NULL);
    for (uint64_t i = 0; i < 1000; i++)
        wrong += mine[i] != job_word((rank() + size() - 1) % size(), i);
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_free(object));
}

static void gets_see_the_plain_stores_made_before_a_barrier(void)
{
    uint64_t *object = alloc_words(20000), *mine = giga_local(object, NULL);
    uint64_t *buffer = malloc(160000);

    for (uint64_t round = 0; round < 3; round++) {
        job_fill(mine, rank() + round * 100, 0, 160000);
        JOB_OK(giga_barrier());
        JOB_OK(giga_get(buffer, block_of(object, next_rank()), 160000));
        CU_ASSERT_EQUAL(job_wrong(buffer, next_rank() + round * 100, 0, 160000), 0);
        JOB_OK(giga_barrier());
    }
    free(buffer);
    JOB_OK(giga_free(object));
}

/* ---- deferred ---- */

static void the_source_of_a_short_deferred_put_may_be_reused_at_once(void)
{
    enum { RUNS = 200 };
    static const size_t lengths[] = {1, 8, 100, GIGA_COPY_MAX};
    uint64_t *object = alloc_words(RUNS * GIGA_COPY_MAX / 8);
    char source[GIGA_COPY_MAX], *to = (char *)block_of(object, next_rank()), *mine;
    size_t wrong = 0;

    for (size_t i = 0; i < RUNS; i++) {
        size_t length = lengths[i % 4];
        job_fill(source, rank() * RUNS + i, 0, length);
        JOB_OK(giga_put_nbi(to + i * GIGA_COPY_MAX, source, length));
        memset(source, 0xee, length);
    }
    JOB_OK(giga_quiet());
    JOB_OK(giga_barrier());
    mine = giga_local(object, NULL);
    for (size_t i = 0; i < RUNS; i++)
        wrong += job_wrong(mine + i * GIGA_COPY_MAX, (rank() + size() - 1) % size() * RUNS + i, 0,
                           lengths[i % 4]);
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_free(object));
}

static void quiet_completes_long_and_short_deferred_puts(void)
{
    enum { RUNS = 12, LONG = 300000 };
    uint64_t *object = alloc_words(RUNS * LONG / 8);
    char *to = (char *)block_of(object, next_rank()), *source = malloc((size_t)RUNS * LONG);
    char *back = malloc((size_t)RUNS * LONG);

    job_fill(source, rank() + 50, 0, (size_t)RUNS * LONG);
    for (size_t at = 0, i = 0; at < (size_t)RUNS * LONG; i++) {
        size_t length = i % 2 == 0 ? 777 : LONG - 777;
        JOB_OK(giga_put_nbi(to + at, source + at, length));
        at += length;
    }
    JOB_OK(giga_quiet());
    JOB_OK(giga_get(back, to, (size_t)RUNS * LONG));
    CU_ASSERT_EQUAL(memcmp(back, source, (size_t)RUNS * LONG), 0);
    free(source);
    free(back);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void quiet_completes_more_deferred_gets_than_there_are_slots(void)
{
    enum { WORDS = 6000 };
    uint64_t *object = alloc_words(WORDS), *to = malloc(WORDS * 8), *from;

    job_fill(giga_local(object, NULL), rank() + 9, 0, WORDS * 8);
    JOB_OK(giga_barrier());
    from = block_of(object, next_rank());
    for (size_t i = 0; i < WORDS; i++)
        JOB_OK(giga_get_nbi(&to[i], &from[i], 8));
    JOB_OK(giga_quiet());
    CU_ASSERT_EQUAL(job_wrong(to, next_rank() + 9, 0, WORDS * 8), 0);
    free(to);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void ten_thousand_deferred_adds_of_each_rank_are_all_made(void)
{
    enum { ADDS = 10000, WORDS = 64 };
    uint64_t *object = alloc(WORDS * 8 * size()), expected = 0, sum = 0;
    uint32_t *half = alloc(WORDS * 4 * size());
    size_t bytes;

    for (uint64_t i = 0; i < ADDS; i++) {
        uint64_t at = job_below(&job_here, WORDS * size());
        giga_add_nbi(&object[at], i + 1);
        giga_add_nbi(&half[at], (uint32_t)-1);
        expected += i + 1;
    }
    JOB_OK(giga_barrier());
    const uint64_t *mine = giga_local(object, &bytes);
    for (size_t i = 0; i < bytes / 8; i++)
        sum += mine[i];
    CU_ASSERT_EQUAL(giga_allreduce_sum(sum), giga_allreduce_sum(expected));
    uint32_t count = 0;
    const uint32_t *my_half = giga_local(half, &bytes);
    for (size_t i = 0; i < bytes / 4; i++)
        count += my_half[i];
    CU_ASSERT_EQUAL((uint32_t)giga_allreduce_sum(count), (uint32_t)-(ADDS * size()));
    JOB_OK(giga_free(object));
    JOB_OK(giga_free(half));
}

/* Message passing: who sees the flag sees what was put before the fence. */
static void fence_makes_data_visible_before_the_flag(void)
{
    enum { ROUNDS = 100, WORDS = 40 };
    uint64_t *object = alloc_words(WORDS + 2), data[WORDS];
    uint64_t *to = block_of(object, next_rank()), *mine = giga_local(object, NULL);
    uint64_t wrong = 0;

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (uint64_t i = 0; i < WORDS; i++)
            data[i] = job_word(round, i);
        JOB_OK(giga_put_nbi(to, data, sizeof data));
        JOB_OK(giga_fence());
        JOB_OK(giga_put_nbi(&to[WORDS], &round, 8));
        JOB_OK(giga_quiet());
        while (__atomic_load_n(&mine[WORDS], __ATOMIC_ACQUIRE) != round)
            continue;
        for (uint64_t i = 0; i < WORDS; i++)
            wrong += mine[i] != job_word(round, i);
        JOB_OK(giga_barrier());
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_free(object));
}

/* ---- atomics ---- */

static void fetch_adds_of_all_ranks_return_every_value_once(void)
{
    const uint64_t each = 400, all = each * size();
    uint64_t *counter = alloc(8), *before = malloc(each * 8), *every = malloc(all * 8);
    unsigned char *seen = calloc(1, all);
    uint64_t wrong = 0, out_of_order = 0;

    for (uint64_t i = 0; i < each; i++)
        before[i] = giga_fetch_add(counter, 1);
    for (uint64_t i = 1; i < each; i++)
        out_of_order += before[i] <= before[i - 1];
    JOB_OK(giga_allgather(before, each * 8, every));
    for (uint64_t i = 0; i < all; i++)
        wrong += every[i] >= all || seen[every[i]]++ != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(out_of_order, 0);
    CU_ASSERT_EQUAL(giga_load(counter), all);
    free(before);
    free(every);
    free(seen);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(counter));
}

static void increments_by_cas_lose_nothing(void)
{
    uint64_t *object = alloc_words(2);
    uint64_t *word = block_of(object, size() / 2);
    uint32_t *half = (uint32_t *)(void *)(word + 1);

    for (int i = 0; i < 100; i++) {
        for (uint64_t old = giga_load(word), seen; (seen = giga_cas(word, old, old + 3)) != old;)
            old = seen;
        for (uint32_t old = giga_load(half), seen; (seen = giga_cas(half, old, old - 1)) != old;)
            old = seen;
    }
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_load(word), 300 * size());
    CU_ASSERT_EQUAL(giga_load(half), (uint32_t)-(100 * size()));
    CU_ASSERT_EQUAL(giga_load(half + 1), 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Also a law of blocking puts: complete before the unlocking store that follows. */
static void a_cas_lock_protects_what_is_not_atomic(void)
{
    uint64_t *object = alloc_words(4), record[3];
    uint64_t *lock = block_of(object, 0), *shared = block_of(object, size() - 1) + 1;
    uint64_t torn = 0;

    for (int i = 0; i < 50; i++) {
        while (giga_cas(lock, 0, rank() + 1) != 0)
            continue;
        JOB_OK(giga_get(record, shared, sizeof record));
        torn += record[1] != 2 * record[0] || record[2] != 3 * record[0];
        record[0] += 1;
        record[1] += 2;
        record[2] += 3;
        JOB_OK(giga_put(shared, record, sizeof record));
        giga_store(lock, 0);
    }
    CU_ASSERT_EQUAL(torn, 0);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_load(shared), 50 * size());
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void remote_adds_and_the_homes_own_atomics_add_up(void)
{
    uint64_t *object = alloc_words(1);
    _Atomic uint64_t *mine = giga_local(object, NULL);
    enum { ADDS = 2000 };

    for (int i = 0; i < ADDS; i++) {
        giga_add_nbi(block_of(object, next_rank()), 1);
        atomic_fetch_add(mine, 1 << 20);
    }
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(atomic_load(mine), ADDS + ((uint64_t)ADDS << 20));
    JOB_OK(giga_free(object));
}

static void signed_and_short_words_wrap_like_c_unsigned_ones(void)
{
    uint64_t *object = alloc_words(8), *at = block_of(object, next_rank());
    int64_t *i64 = (int64_t *)(void *)&at[0];
    int32_t *i32 = (int32_t *)(void *)&at[1];
    uint32_t *u32 = (uint32_t *)(void *)&at[2];

    CU_ASSERT_EQUAL(giga_fetch_add(i64, INT64_C(-5)), 0);
    CU_ASSERT_EQUAL(giga_fetch_add(i64, INT64_MIN), -5);
    CU_ASSERT_EQUAL(giga_load(i64), INT64_MAX - 4);
    CU_ASSERT_EQUAL(giga_fetch_add(i32, INT32_MAX), 0);
    CU_ASSERT_EQUAL(giga_fetch_add(i32, 1), INT32_MAX);
    CU_ASSERT_EQUAL(giga_load(i32), INT32_MIN);
    CU_ASSERT_EQUAL(giga_cas(i32, INT32_MIN, -1), INT32_MIN);
    CU_ASSERT_EQUAL(giga_cas(i32, 7, 8), -1);
    CU_ASSERT_EQUAL(giga_load(i32), -1);
    CU_ASSERT_EQUAL(giga_load(i32 + 1), 0);
    CU_ASSERT_EQUAL(giga_fetch_add(u32, UINT32_MAX), 0);
    CU_ASSERT_EQUAL(giga_fetch_add(u32, 2), UINT32_MAX);
    CU_ASSERT_EQUAL(giga_load(u32), 1);
    CU_ASSERT_EQUAL(giga_load(u32 + 1), 0);
    CU_ASSERT_EQUAL(giga_cas(i64, INT64_C(1), INT64_C(2)), INT64_MAX - 4);
    giga_add_nbi(i64, INT64_C(-1));
    giga_add_nbi(i32, -1);
    JOB_OK(giga_quiet());
    CU_ASSERT_EQUAL(giga_load(i64), INT64_MAX - 5);
    CU_ASSERT_EQUAL(giga_load(i32), -2);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void loads_return_what_stores_stored_in_every_type(void)
{
    uint64_t *object = alloc_words(8), *at = block_of(object, next_rank());
    double *f64 = (double *)(void *)&at[0];
    float *f32 = (float *)(void *)&at[1];
    int32_t *i32 = (int32_t *)(void *)&at[2];

    giga_store(f64, -1.5e300);
    giga_store(f32, 0.1f);
    giga_store(f32 + 1, -0.0f);
    giga_store(i32, -2);
    giga_store(&at[3], UINT64_MAX);
    CU_ASSERT_EQUAL(giga_load(f64), -1.5e300);
    CU_ASSERT_EQUAL(giga_load(f32), 0.1f);
    CU_ASSERT_EQUAL(giga_load((uint32_t *)(void *)(f32 + 1)), 0x80000000u);
    CU_ASSERT_EQUAL(giga_load(i32), -2);
    CU_ASSERT_EQUAL(giga_load(i32 + 1), 0);
    CU_ASSERT_EQUAL(giga_load(&at[3]), UINT64_MAX);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- threads ---- */

enum { THREADS = 4, STEPS = 60, PIECE = 5000 };

typedef struct work {
    pthread_t thread;
    uint64_t *counter;
    char *area;       /* of this thread in another rank's block */
    uint64_t which, wrong, sum;
} work;

static void *use_everything(void *argument)
{
    work *w = argument;
    char *buffer = malloc(PIECE);

    for (uint64_t step = 0; step < STEPS; step++) {
        size_t bytes = step % 3 == 0 ? 8 : step % 3 == 1 ? 600 : PIECE;
        job_fill(buffer, w->which, step, bytes);
        if (step % 2 == 0)
            w->wrong += giga_put(w->area, buffer, bytes) != GIGA_OK;
        else
            w->wrong += giga_put_nbi(w->area, buffer, bytes) != GIGA_OK ||
                        giga_quiet() != GIGA_OK;
        memset(buffer, 0, bytes);
        w->wrong += giga_get(buffer, w->area, bytes) != GIGA_OK;
        w->wrong += job_wrong(buffer, w->which, step, bytes);
        w->sum += giga_fetch_add(w->counter, 1);
        giga_add_nbi(w->counter + 1, step);
    }
    free(buffer);
    return NULL;
}

static void threads_of_a_rank_operate_side_by_side(void)
{
    const uint64_t all = THREADS * STEPS * size();
    uint64_t *object = alloc_words(2 + THREADS * PIECE / 8 + 8), sum = 0;
    work threads[THREADS];

    for (uint64_t t = 0; t < THREADS; t++) {
        threads[t] = (work){.counter = block_of(object, 0), .which = rank() * THREADS + t};
        threads[t].area = (char *)(block_of(object, next_rank()) + 2) + t * PIECE;
        pthread_create(&threads[t].thread, NULL, use_everything, &threads[t]);
    }
    JOB_OK(giga_quiet()); /* while they run */
    for (int t = 0; t < THREADS; t++) {
        pthread_join(threads[t].thread, NULL);
        CU_ASSERT_EQUAL(threads[t].wrong, 0);
        sum += threads[t].sum;
    }
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_allreduce_sum(sum), all * (all - 1) / 2);
    CU_ASSERT_EQUAL(giga_load(block_of(object, 0) + 1),
                    (uint64_t)STEPS * (STEPS - 1) / 2 * THREADS * size());
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

typedef struct crowd {
    pthread_t thread;
    uint64_t *at;
    uint64_t sum;
    _Atomic bool *stop;
} crowd;

static void *add_until_told(void *argument)
{
    crowd *c = argument;

    for (; !atomic_load(c->stop) || c->sum == 0; c->sum++)
        giga_fetch_add(c->at, 1);
    return NULL;
}

static void one_thread_calls_collectives_while_others_operate(void)
{
    uint64_t *object = alloc_words(1);
    _Atomic bool stop = false;
    enum { OTHERS = 2 };
    crowd others[OTHERS];
    uint64_t sum = 0;

    for (int t = 0; t < OTHERS; t++) {
        others[t] = (crowd){.at = block_of(object, next_rank()), .stop = &stop};
        pthread_create(&others[t].thread, NULL, add_until_told, &others[t]);
    }
    for (uint64_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(giga_allreduce_sum(rank() + i), size() * (size() - 1) / 2 + i * size());
        JOB_OK(giga_barrier());
        void *extra;
        JOB_OK(giga_alloc(100, NULL, &extra));
        JOB_OK(giga_free(extra));
    }
    atomic_store(&stop, true);
    for (int t = 0; t < OTHERS; t++) {
        pthread_join(others[t].thread, NULL);
        sum += others[t].sum;
    }
    JOB_OK(giga_barrier());
    uint64_t arrived = *(uint64_t *)giga_local(object, NULL);
    CU_ASSERT_EQUAL(giga_allreduce_sum(arrived), giga_allreduce_sum(sum));
    JOB_OK(giga_free(object));
}

/* ---- misuse that has a status ---- */

/* Whether the last rank's block must be reached through the network from rank 0. */
static bool last_is_remote(void)
{
    return giga_node_of(0) != giga_node_of(giga_size() - 1);
}

static void a_refused_deferred_put_fails_no_collective(void)
{
    char *object, *other;
    uint64_t value = 1;

    JOB_OK(giga_alloc_blocks(100, NULL, (void **)&object));
    if (giga_rank() == 0 && last_is_remote())
        JOB_OK(giga_put_nbi(object + giga_stride(object) * (size() - 1) + 1000, &value, 8));
    JOB_OK(giga_alloc(4096, NULL, (void **)&other));
    JOB_OK(giga_free(other));
    giga_status expected = giga_rank() == 0 && last_is_remote() ? GIGA_ERR_RANGE : GIGA_OK;
    CU_ASSERT_EQUAL(giga_quiet(), expected);
    JOB_OK(giga_quiet());
    JOB_OK(giga_free(object));
}

static void a_long_put_past_a_shorter_block_writes_nothing(void)
{
    enum { BLOCK = 300000, RUN = 400000 };
    static char ones[RUN];
    char *object;
    size_t bytes;

    memset(ones, 1, sizeof ones);
    JOB_OK(giga_alloc_blocks(BLOCK, NULL, (void **)&object));
    if (giga_rank() == 0)
        CU_ASSERT_EQUAL(giga_put(object + giga_stride(object) * (size() - 1), ones, RUN),
                        GIGA_ERR_RANGE);
    JOB_OK(giga_barrier());
    const char *mine = giga_local(object, &bytes);
    size_t written = 0;
    for (size_t i = 0; i < bytes; i++)
        written += mine[i] != 0;
    CU_ASSERT_EQUAL(written, 0);
    JOB_OK(giga_free(object));
}

static void runs_outside_an_object_are_refused_with_nothing_moved(void)
{
    const uint64_t bytes = 5000 * size() + 3;
    char *object = alloc(bytes), copy[16] = "unchanged", private[8] = {0};
    volatile size_t most = SIZE_MAX; /* volatile: or the compiler warns of the overflow */
    giga_info_host host;

    JOB_OK(giga_info_get_host(&host));
    char *window = (char *)(uintptr_t)host.window_base;
    CU_ASSERT_EQUAL(giga_get(copy, window + host.window_bytes - 4, 4), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_get(copy, private, 4), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_put(private, copy, 4), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_put_nbi(private, copy, 4), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_get(copy, object + bytes, 1), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_get(copy, object + bytes - 1, 2), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_put(object + bytes - 3, copy, 4), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_get_nbi(copy, object + bytes - 3, 4), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_get(copy, object + 1, most), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_get(copy, object, (size_t)bytes + 1), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_get(copy, object + giga_stride(object) * size() + 4096, 1),
                    GIGA_ERR_RANGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_get"));
    CU_ASSERT_STRING_EQUAL(copy, "unchanged");
    CU_ASSERT_EQUAL(memcmp(private, (char[8]){0}, 8), 0);
    JOB_OK(giga_get(NULL, object, 0));
    JOB_OK(giga_put(object, NULL, 0));
    JOB_OK(giga_get(NULL, NULL, 0));
    JOB_OK(giga_quiet());
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Only the home knows how long its block is when lengths differ. */
static void runs_past_the_end_of_a_shorter_block_are_refused(void)
{
    void *object;
    char bytes[64] = {0};

    JOB_OK(giga_alloc_blocks(rank() == 0 ? 100000 : 40, NULL, &object));
    char *shorter = (char *)object + (size() - 1) * giga_stride(object);
    if (size() > 1) {
        CU_ASSERT_EQUAL(giga_get(bytes, shorter + 32, 16), GIGA_ERR_RANGE);
        CU_ASSERT_EQUAL(giga_put(shorter + 40, bytes, 1), GIGA_ERR_RANGE);
        CU_ASSERT_EQUAL(giga_put(shorter + 50000, bytes, 8), GIGA_ERR_RANGE);
        JOB_OK(giga_get(bytes, shorter + 32, 8));
        giga_status at_call = giga_put_nbi(shorter + 39, bytes, 2);
        giga_status at_quiet = giga_quiet();
        CU_ASSERT_EQUAL(at_call == GIGA_OK ? at_quiet : at_call, GIGA_ERR_RANGE);
        JOB_OK(giga_quiet()); /* told once */
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static const job_test tests[] = {
    {"short_runs_cross_a_block_boundary_at_every_alignment",
     short_runs_cross_a_block_boundary_at_every_alignment},
    {"runs_of_every_kind_of_length_arrive_whole", runs_of_every_kind_of_length_arrive_whole},
    {"random_runs_over_many_homes_agree_with_a_serial_model",
     random_runs_over_many_homes_agree_with_a_serial_model},
    {"plain_loads_at_home_see_what_was_put", plain_loads_at_home_see_what_was_put},
    {"gets_see_the_plain_stores_made_before_a_barrier",
     gets_see_the_plain_stores_made_before_a_barrier},
    {"the_source_of_a_short_deferred_put_may_be_reused_at_once",
     the_source_of_a_short_deferred_put_may_be_reused_at_once},
    {"quiet_completes_long_and_short_deferred_puts", quiet_completes_long_and_short_deferred_puts},
    {"quiet_completes_more_deferred_gets_than_there_are_slots",
     quiet_completes_more_deferred_gets_than_there_are_slots},
    {"ten_thousand_deferred_adds_of_each_rank_are_all_made",
     ten_thousand_deferred_adds_of_each_rank_are_all_made},
    {"fence_makes_data_visible_before_the_flag", fence_makes_data_visible_before_the_flag},
    {"fetch_adds_of_all_ranks_return_every_value_once",
     fetch_adds_of_all_ranks_return_every_value_once},
    {"increments_by_cas_lose_nothing", increments_by_cas_lose_nothing},
    {"a_cas_lock_protects_what_is_not_atomic", a_cas_lock_protects_what_is_not_atomic},
    {"remote_adds_and_the_homes_own_atomics_add_up", remote_adds_and_the_homes_own_atomics_add_up},
    {"signed_and_short_words_wrap_like_c_unsigned_ones",
     signed_and_short_words_wrap_like_c_unsigned_ones},
    {"loads_return_what_stores_stored_in_every_type",
     loads_return_what_stores_stored_in_every_type},
    {"threads_of_a_rank_operate_side_by_side", threads_of_a_rank_operate_side_by_side},
    {"one_thread_calls_collectives_while_others_operate",
     one_thread_calls_collectives_while_others_operate},
    {"runs_outside_an_object_are_refused_with_nothing_moved",
     runs_outside_an_object_are_refused_with_nothing_moved},
    {"a_refused_deferred_put_fails_no_collective", a_refused_deferred_put_fails_no_collective},
    {"a_long_put_past_a_shorter_block_writes_nothing",
     a_long_put_past_a_shorter_block_writes_nothing},
    {"runs_past_the_end_of_a_shorter_block_are_refused",
     runs_past_the_end_of_a_shorter_block_are_refused},
};

int main(void)
{
    return JOB_RUN("rma", tests);
}
