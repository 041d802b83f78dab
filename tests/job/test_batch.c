/*
 * test_batch.c - deferred operations in great number: results, memory, refusals, threads, age.
 *
 * Runs with batches of the default size and, as `aggregate` variants, with GIGA_AGGREGATE at
 * 64K and 1M, where calls must wait for memory all the time. A million operations of each kind
 * are outstanding as far as the program can tell: nothing is completed before the one quiet.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "objects.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MILLION = 100000, MEASURED = 0 }; /* a sanitizer's own memory grows */
#else
enum { MILLION = 1000000, MEASURED = 1 };
#endif

/*
 * Bytes that a rank may grow by while a million operations are outstanding: its batches
 * (GIGA_AGGREGATE, 16 MiB unless set), as much again that UCX and the kernel hold of messages
 * under way, answers to other ranks' batches, and some room. A million fetching operations
 * with 24 bytes of state each would alone be 24 MB, with a slot of 80 bytes 80 MB.
 */
static uint64_t most_growth(void)
{
    const char *text = getenv("GIGA_AGGREGATE");
    char *suffix = NULL;
    uint64_t aggregate = text ? strtoull(text, &suffix, 0) : 16;

    if (!text || *suffix == 'M')
        aggregate <<= 20;
    else if (*suffix == 'K')
        aggregate <<= 10;
    return 2 * aggregate + (UINT64_C(16) << 20);
}

/* Peak private memory, without pages shared with other processes, which are the objects. */
static uint64_t resident(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[128];
    unsigned long long kilobytes = 0;

    while (file && fgets(line, sizeof line, file))
        sscanf(line, "RssAnon: %llu", &kilobytes);
    if (file)
        fclose(file);
    return kilobytes << 10;
}

/* Looked at every so often, because the kernel has no peak of anonymous memory alone. */
static uint64_t before_all, most_seen;

static void begin_watch(void)
{
    before_all = most_seen = resident();
}

static void watch(uint64_t i)
{
    if (i % (MILLION / 50) == 0) {
        uint64_t now = resident();
        most_seen = now > most_seen ? now : most_seen;
    }
}

static void end_watch(const char *what)
{
    watch(0);
    uint64_t growth = most_seen - before_all;
    if (MEASURED && growth > most_growth())
        fprintf(stderr, "%s: rank %d grew by %llu KiB\n", what, giga_rank(),
                (unsigned long long)growth >> 10);
    CU_ASSERT(!MEASURED || growth <= most_growth());
}

/* The place of the i-th word of this rank's own million, scattered over all other blocks. */
enum { WORDS = 1 << 16 };

static uint64_t *spread(uint64_t *object, uint64_t i)
{
    uint64_t *block = block_of(object, (rank() + 1 + i % (size() > 1 ? size() - 1 : 1)) % size());

    return &block[i * 40503 % WORDS];
}

/* ---- a million of each kind ---- */

static void a_million_additions_are_made_in_bounded_memory(void)
{
    uint64_t *object = alloc_blocks(WORDS * 8), sum = 0;

    begin_watch();
    for (uint64_t i = 0; i < MILLION; i++, watch(i))
        giga_add_nbi(spread(object, i), i % 2 ? 1 : i);
    JOB_OK(giga_quiet());
    end_watch("add_nbi");
    JOB_OK(giga_barrier());
    const uint64_t *mine = giga_local(object, NULL);
    for (uint64_t i = 0; i < WORDS; i++)
        sum += mine[i];
    const uint64_t half = MILLION / 2, expected = half + half * (half - 1);
    CU_ASSERT_EQUAL(giga_allreduce_sum(sum), expected * size());
    JOB_OK(giga_free(object));
}

static void a_million_gets_return_their_words_in_bounded_memory(void)
{
    uint64_t *object = alloc_blocks(WORDS * 8), wrong = 0;
    uint64_t *got = malloc((size_t)MILLION * 8);

    job_fill(giga_local(object, NULL), rank(), 0, WORDS * 8);
    memset(got, 0, (size_t)MILLION * 8); /* touched: not growth */
    JOB_OK(giga_barrier());
    begin_watch();
    for (uint64_t i = 0; i < MILLION; i++, watch(i))
        giga_get_nbi(&got[i], spread(object, i), 8);
    JOB_OK(giga_quiet());
    end_watch("get_nbi");
    for (uint64_t i = 0; i < MILLION; i++) {
        uint64_t from = (rank() + 1 + i % (size() > 1 ? size() - 1 : 1)) % size();
        wrong += got[i] != job_word(from, i * 40503 % WORDS);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(got);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Each rank has words of its own in every block: the k-th of a group of `size` words. */
static void a_million_puts_leave_the_words_in_bounded_memory(void)
{
    enum { EACH = 4096 };
    uint64_t *object = alloc_blocks(EACH * size() * 8), wrong = 0, to = next_rank();
    uint64_t *block = block_of(object, to);

    begin_watch();
    for (uint64_t i = 0; i < MILLION; i++, watch(i)) {
        uint64_t place = i % EACH, word = job_word(rank(), place);
        uint64_t *at = &block[place * size() + rank()];
        switch (i % 3) {
        case 0: giga_put_nbi(at, &word, 8); break;
        case 1: giga_store_nbi(at, word); break;
        default: giga_put_nbi(at, &word, 5);
        }
    }
    JOB_OK(giga_quiet());
    end_watch("put_nbi");
    JOB_OK(giga_barrier());
    uint64_t from = (rank() + size() - 1) % size();
    const uint64_t *mine = giga_local(object, NULL);
    for (uint64_t i = 0; i < EACH; i++)
        wrong += mine[i * size() + from] != job_word(from, i);
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Tickets: together the ranks draw every number below their sum once. */
static void a_million_fetching_additions_deliver_every_value_once(void)
{
    enum { COUNTERS = 64 };
    uint64_t *object = alloc_blocks(COUNTERS * 8), *drawn = malloc((size_t)MILLION * 8);
    uint64_t sums[2] = {0, 0}, all[2], expected[2] = {0, 0};

    memset(drawn, 0xff, (size_t)MILLION * 8);
    begin_watch();
    for (uint64_t i = 0; i < MILLION; i++, watch(i))
        giga_fetch_add_nbi(&drawn[i], (uint64_t *)block_of(object, i % size()) + i % COUNTERS, 1);
    JOB_OK(giga_quiet());
    end_watch("fetch_add_nbi");
    for (uint64_t i = 0; i < MILLION; i++) {
        sums[0] += drawn[i];
        sums[1] += job_word(5, drawn[i]);
    }
    JOB_OK(giga_allreduce(sums, all, 2, GIGA_U64, GIGA_SUM));
    for (uint64_t r = 0; r < size(); r++) {
        for (uint64_t c = 0; c < COUNTERS; c++) {
            uint64_t last = giga_load((uint64_t *)block_of(object, r) + c);
            for (uint64_t n = 0; n < last; n++) {
                expected[0] += n;
                expected[1] += job_word(5, n);
            }
        }
    }
    CU_ASSERT_EQUAL(all[0], expected[0]);
    CU_ASSERT_EQUAL(all[1], expected[1]);
    free(drawn);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Every rank has a million words of its own, so every second one of its exchanges succeeds. */
static void a_million_deferred_compare_and_swaps_return_what_was_there(void)
{
    uint32_t *object = alloc_blocks(MILLION * size() * 4), *before = malloc((size_t)MILLION * 4);
    uint32_t *block = (uint32_t *)block_of(object, next_rank()) + rank() * MILLION;
    uint64_t wrong = 0;

    memset(before, 0xff, (size_t)MILLION * 4);
    begin_watch();
    for (uint32_t i = 0; i < MILLION; i++, watch(i))
        giga_cas_nbi(&before[i], &block[i], i % 2, i + 3);
    JOB_OK(giga_quiet());
    end_watch("cas_nbi");
    for (uint32_t i = 0; i < MILLION; i++) {
        wrong += before[i] != 0;
        giga_cas_nbi(&before[i], &block[i], i % 2 ? 0 : i + 3, i + 3);
    }
    JOB_OK(giga_quiet());
    for (uint32_t i = 0; i < MILLION; i++)
        wrong += before[i] != (i % 2 ? 0 : i + 3);
    CU_ASSERT_EQUAL(wrong, 0);
    free(before);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- lengths ---- */

/* Every length of a short run at every alignment of both sides, and some long ones between. */
static void runs_of_every_short_length_arrive_whole_and_alone(void)
{
    enum { ROOM = 1300, STEP = 3 };
    char *object = alloc_blocks((uint64_t)ROOM * (GIGA_COPY_MAX / STEP + 4)), *block, *got;
    char source[3 * ROOM];
    static char longer[5000];
    size_t wrong = 0, slots = 0;

    block = block_of(object, next_rank());
    for (size_t bytes = 1; bytes <= GIGA_COPY_MAX + 2; bytes += STEP, slots++) {
        size_t shift = bytes % 9;
        job_fill(source + shift, bytes, 0, bytes);
        JOB_OK(giga_put_nbi(block + slots * ROOM + bytes % 8, source + shift, bytes));
        if (bytes <= GIGA_COPY_MAX)
            memset(source, 0x99, sizeof source);
        else
            JOB_OK(giga_quiet());
    }
    JOB_OK(giga_fence());
    got = malloc(slots * ROOM + 8);
    memset(got, 0x44, slots * ROOM + 8);
    for (size_t i = 0; i < slots; i++) {
        size_t bytes = 1 + i * STEP;
        JOB_OK(giga_get_nbi(got + i * ROOM + bytes % 7, block + i * ROOM + bytes % 8, bytes));
        if (i % 50 == 0)
            JOB_OK(giga_get_nbi(longer, block, sizeof longer));
    }
    JOB_OK(giga_quiet());
    for (size_t i = 0; i < slots; i++) {
        size_t bytes = 1 + i * STEP, from = i * ROOM + bytes % 7;
        wrong += job_wrong(got + from, bytes, 0, bytes);
        wrong += got[from + bytes] != 0x44;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(got);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- refusals ---- */

static void an_operation_refused_in_a_batch_is_named_and_the_others_are_done(void)
{
    enum { GOOD = 500 };
    const uint64_t other = next_rank();
    uint64_t *object = alloc_blocks(GOOD * 8), *block = block_of(object, other);
    uint64_t value = 5, got[3] = {1, 1, 1}, kept = 9, wrong = 0;
    char name[32];

    if (is_near(other)) { /* refused at the call: nothing to see here */
        JOB_OK(giga_barrier());
        JOB_OK(giga_free(object));
        return;
    }
    for (uint64_t i = 0; i < GOOD; i++)
        giga_add_nbi(&block[i], i);
    JOB_OK(giga_put_nbi(&block[GOOD], &value, 8)); /* the first that is refused */
    JOB_OK(giga_get_nbi(&kept, &block[GOOD + 5], 8));
    giga_fetch_add_nbi(&got[0], &block[1], 10);
    giga_add_nbi(&block[GOOD + 3], 1);
    JOB_OK(giga_put_nbi((char *)&block[GOOD] - 3, &value, 7)); /* begins inside, ends behind */
    for (uint64_t i = 0; i < GOOD; i++)
        giga_add_nbi(&block[i], 1);
    CU_ASSERT_EQUAL(giga_quiet(), GIGA_ERR_RANGE);
    snprintf(name, sizeof name, "%p", (void *)&block[GOOD]);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_quiet"));
    if (is_near(0) || size() == 2) /* with more ranks, batches may be refused in any order */
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), name));
    JOB_OK(giga_quiet()); /* told once */
    for (uint64_t i = 0; i < GOOD; i++)
        wrong += giga_load(&block[i]) != i + 1 + (i == 1 ? 10 : 0);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(got[0] == 1 || got[0] == 2);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- threads ---- */

enum { THREADS = 4 };

typedef struct helper {
    pthread_t thread;
    uint64_t *at, *got, count, which;
    _Atomic bool *stop;
    _Atomic uint64_t *made;
} helper;

static void start(helper *h, void *(*run)(void *))
{
    CU_ASSERT_EQUAL_FATAL(pthread_create(&h->thread, NULL, run, h), 0);
}

static void *defer_and_leave(void *argument)
{
    helper *h = argument;

    for (uint64_t i = 0; i < h->count; i++) {
        giga_add_nbi(&h->at[0], 1);
        giga_store_nbi(&h->at[1 + h->which], i + 1);
        giga_fetch_add_nbi(&h->got[i], &h->at[20], 1);
    }
    return NULL;
}

/* Waves of threads, so that later ones take over what earlier ones left open. */
static void what_a_thread_left_open_is_completed_by_the_quiet_of_another(void)
{
    enum { WAVES = 6, COUNT = 25 };
    uint64_t *object = alloc_blocks(256), *block = block_of(object, next_rank()), wrong = 0;
    static uint64_t got[WAVES][THREADS][COUNT];
    helper helpers[THREADS];

    memset(got, 0xff, sizeof got);
    for (int wave = 0; wave < WAVES; wave++) {
        for (uint64_t t = 0; t < THREADS; t++) {
            helpers[t] = (helper){.at = block, .got = got[wave][t], .count = COUNT, .which = t};
            start(&helpers[t], defer_and_leave);
        }
        for (int t = 0; t < THREADS; t++)
            pthread_join(helpers[t].thread, NULL);
        if (wave % 2) {
            JOB_OK(giga_quiet());
            CU_ASSERT_EQUAL(giga_load(&block[0]), (uint64_t)(wave + 1) * THREADS * COUNT);
        }
    }
    for (uint64_t i = 0; i < (uint64_t)WAVES * THREADS * COUNT; i++)
        wrong += ((uint64_t *)got)[i] >= (uint64_t)WAVES * THREADS * COUNT;
    CU_ASSERT_EQUAL(wrong, 0);
    for (uint64_t t = 0; t < THREADS; t++)
        CU_ASSERT_EQUAL(giga_load(&block[1 + t]), COUNT);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void *defer_until_told(void *argument)
{
    helper *h = argument;

    for (uint64_t i = 0; !atomic_load(h->stop); i++) {
        giga_add_nbi(&h->at[i % 8], 1);
        atomic_fetch_add(h->made, 1);
    }
    return NULL;
}

/* Quiet returns although the others never pause, and covers this thread's own. */
static void quiet_ends_while_other_threads_keep_deferring(void)
{
    uint64_t *object = alloc_blocks(256), *block = block_of(object, next_rank()), sum = 0;
    _Atomic bool stop = false;
    _Atomic uint64_t made = 0;
    helper helpers[2];

    for (int t = 0; t < 2; t++) {
        helpers[t] = (helper){.at = block, .stop = &stop, .made = &made};
        start(&helpers[t], defer_until_told);
    }
    for (uint64_t i = 1; i <= 50; i++) {
        giga_add_nbi(&block[10], 1);
        JOB_OK(i % 5 ? giga_quiet() : giga_fence());
        CU_ASSERT_EQUAL(giga_load(&block[10]), i);
    }
    atomic_store(&stop, true);
    for (int t = 0; t < 2; t++)
        pthread_join(helpers[t].thread, NULL);
    JOB_OK(giga_quiet());
    for (int i = 0; i < 8; i++)
        sum += giga_load(&block[i]);
    CU_ASSERT_EQUAL(sum, atomic_load(&made));
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- age ---- */

/* The origin computes, calling nothing of giga, until its own word has come: each rank waits for
 * what its neighbour deferred and does not complete. */
static void what_is_never_completed_arrives_all_the_same(void)
{
    uint64_t *object = alloc_blocks(64), *mine = giga_local(object, NULL);
    uint64_t *block = block_of(object, next_rank()), from = (rank() + size() - 1) % size();

    JOB_OK(giga_barrier());
    giga_store_nbi(&block[0], 7 + rank());
    giga_add_nbi(&block[1], 8 + rank());
    while (__atomic_load_n(&mine[0], __ATOMIC_ACQUIRE) != 7 + from ||
           __atomic_load_n(&mine[1], __ATOMIC_ACQUIRE) != 8 + from)
        continue; /* computing */
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void *get_until_told(void *argument)
{
    helper *h = argument;

    while (!atomic_load(h->stop))
        h->count += giga_load(&h->at[5]);
    return NULL;
}

/* The same while another thread of the origin is in the network without a pause. */
static void what_is_never_completed_arrives_beside_a_busy_thread(void)
{
    uint64_t *object = alloc_blocks(64), *mine = giga_local(object, NULL);
    uint64_t *block = block_of(object, next_rank());
    _Atomic bool stop = false;
    helper other = {.at = block, .stop = &stop};

    start(&other, get_until_told);
    JOB_OK(giga_barrier());
    giga_add_nbi(&block[0], 1);
    while (__atomic_load_n(&mine[0], __ATOMIC_ACQUIRE) != 1)
        continue;
    JOB_OK(giga_barrier());
    atomic_store(&stop, true);
    pthread_join(other.thread, NULL);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- order ---- */

static void fence_orders_deferred_data_before_a_deferred_flag(void)
{
    enum { ROUNDS = 200, LENGTH = 50 };
    uint64_t *object = alloc_blocks((LENGTH + 1) * 8), *mine = giga_local(object, NULL);
    uint64_t *block = block_of(object, next_rank()), wrong = 0;

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (uint64_t i = 0; i < LENGTH; i++)
            giga_store_nbi(&block[i], job_word(round, i));
        JOB_OK(giga_fence());
        giga_store_nbi(&block[LENGTH], round);
        if (round % 2)
            JOB_OK(giga_quiet());
        while (__atomic_load_n(&mine[LENGTH], __ATOMIC_ACQUIRE) != round)
            continue; /* in even rounds age brings it */
        for (uint64_t i = 0; i < LENGTH; i++)
            wrong += mine[i] != job_word(round, i);
        JOB_OK(giga_barrier());
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_free(object));
}

static const job_test tests[] = {
    JOB_LAW(a_million_additions_are_made_in_bounded_memory),
    JOB_LAW(a_million_gets_return_their_words_in_bounded_memory),
    JOB_LAW(a_million_puts_leave_the_words_in_bounded_memory),
    JOB_LAW(a_million_fetching_additions_deliver_every_value_once),
    JOB_LAW(a_million_deferred_compare_and_swaps_return_what_was_there),
    JOB_LAW(runs_of_every_short_length_arrive_whole_and_alone),
    JOB_LAW(an_operation_refused_in_a_batch_is_named_and_the_others_are_done),
    JOB_LAW(what_a_thread_left_open_is_completed_by_the_quiet_of_another),
    JOB_LAW(quiet_ends_while_other_threads_keep_deferring),
    JOB_LAW(what_is_never_completed_arrives_all_the_same),
    JOB_LAW(what_is_never_completed_arrives_beside_a_busy_thread),
    JOB_LAW(fence_orders_deferred_data_before_a_deferred_flag),
};

int main(void)
{
    return JOB_RUN("batch", tests);
}
