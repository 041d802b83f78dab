/*
 * test_heap.c - objects of one rank: allocated by it alone, used by all, freed by any.
 *
 * Runs at 1, 3 and 5 ranks on one node, 2 and 3 on nodes of one, 5 on nodes of two, 2 by messages
 * only, and across 2 and 3 virtual hosts. What is live is kept beside it in plain lists.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

enum { MANY = 200, THREADS = 3, EACH = 60 }; /* EACH: objects of a thread */

static bool is_near(int32_t rank)
{
    return giga_node_of(rank) == giga_node_of(giga_rank());
}

static void *take(uint64_t bytes)
{
    void *object = NULL;

    JOB_OK(giga_alloc_one(bytes, NULL, &object));
    CU_ASSERT_PTR_NOT_NULL(object);
    return object;
}

static uint64_t object_bytes(void)
{
    giga_info_host host = {0};

    JOB_OK(giga_info_get_host(&host));
    return host.object_bytes;
}

/* A table with `each` pointers of each rank, at places that all ranks know. */
static void **open_table(uint64_t each)
{
    void *object = NULL;

    CU_ASSERT_EQUAL_FATAL(giga_alloc_blocks(each * sizeof(void *), NULL, &object), GIGA_OK);
    return object;
}

static void **row_of(void **table, int32_t rank)
{
    return (void **)((char *)table + (uint64_t)rank * giga_stride(table));
}

static void *read_pointer(void **at)
{
    void *pointer = NULL;

    JOB_OK(giga_get(&pointer, at, sizeof pointer));
    return pointer;
}

/* ---- one rank for itself ---- */

typedef struct piece {
    char *at;
    uint64_t bytes, number;
} piece;

static void check_new(const piece *all, size_t count, piece mine)
{
    uint64_t wrong = 0;

    for (size_t i = 0; i < count; i++)
        wrong += mine.at < all[i].at + all[i].bytes && all[i].at < mine.at + mine.bytes;
    for (uint64_t i = 0; i < mine.bytes; i++)
        wrong += mine.at[i] != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL((uintptr_t)mine.at % 64, 0);
    CU_ASSERT_EQUAL(giga_home(mine.at), giga_rank());
}

static void objects_are_zero_aligned_and_apart_and_keep_their_bytes(void)
{
    static piece all[MANY];
    size_t count = 0;

    for (uint64_t step = 1; step < 2000; step++) {
        if (count == 0 || (count < MANY && job_below(&job_here, 10) < 6)) {
            uint64_t most = job_below(&job_here, 30) == 0 ? 400000 : 3000;
            piece new = {NULL, job_below(&job_here, most), step};
            new.at = take(new.bytes);
            check_new(all, count, new);
            job_fill(new.at, step, 0, new.bytes);
            all[count++] = new;
        } else {
            size_t which = job_below(&job_here, count);
            CU_ASSERT_EQUAL(job_wrong(all[which].at, all[which].number, 0, all[which].bytes), 0);
            JOB_OK(giga_free_one(all[which].at));
            all[which] = all[--count];
        }
    }
    while (count > 0)
        JOB_OK(giga_free_one(all[--count].at));
}

static void an_alignment_that_is_asked_for_is_kept(void)
{
    for (size_t alignment = 1; alignment <= 1 << 22; alignment *= 2) {
        giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
        void *objects[3];
        opts.alignment = alignment;
        for (uint64_t i = 0; i < 3; i++) {
            JOB_OK(giga_alloc_one(100 * i + 1, &opts, &objects[i]));
            CU_ASSERT_EQUAL((uintptr_t)objects[i] % alignment, 0);
            CU_ASSERT_EQUAL((uintptr_t)objects[i] % 64, 0);
        }
        for (int i = 0; i < 3; i++)
            JOB_OK(giga_free_one(objects[i]));
    }
}

/* ---- between ranks ---- */

static void an_address_is_good_on_every_rank_however_it_gets_there(void)
{
    const size_t bytes = 300000;
    void **table = open_table(1);
    char *mine = take(bytes), *copy = malloc(bytes);

    *row_of(table, giga_rank()) = mine;
    job_fill(mine, (uint64_t)giga_rank(), 0, bytes - 64);
    JOB_OK(giga_barrier());
    for (int32_t r = 0; r < giga_size(); r++) {
        char *object = read_pointer(row_of(table, r));
        uint64_t *sum = (uint64_t *)(void *)(object + (bytes - 64) / 8 * 8);
        JOB_OK(giga_get(copy, object, bytes - 64));
        CU_ASSERT_EQUAL(job_wrong(copy, (uint64_t)r, 0, bytes - 64), 0);
        giga_fetch_add(&sum[0], (uint64_t)giga_rank() + 1);
        giga_add_nbi(&sum[1], 1);
        if (is_near(r))
            CU_ASSERT_EQUAL(job_wrong(object, (uint64_t)r, 0, bytes - 64), 0);
    }
    JOB_OK(giga_barrier());
    uint64_t *sum = (uint64_t *)(void *)(mine + (bytes - 64) / 8 * 8),
             ranks = (uint64_t)giga_size();
    CU_ASSERT_EQUAL(sum[0], ranks * (ranks + 1) / 2);
    CU_ASSERT_EQUAL(sum[1], ranks);
    char *next = read_pointer(row_of(table, (giga_rank() + 1) % giga_size()));
    job_fill(copy, 77 + (uint64_t)giga_rank(), 0, 200000);
    JOB_OK(giga_put(next + 3, copy, 200000));
    JOB_OK(giga_barrier());
    uint64_t before = (uint64_t)((giga_rank() + giga_size() - 1) % giga_size());
    CU_ASSERT_EQUAL(job_wrong(mine + 3, 77 + before, 0, 200000), 0);
    JOB_OK(giga_free_one(mine));
    free(copy);
    JOB_OK(giga_free(table));
}

typedef struct link {
    struct link *next;
    uint64_t value;
} link_of_ranks;

/* Built backwards, a link by each rank in turn; every rank walks it. */
static void a_list_over_all_ranks_is_walked_by_each(void)
{
    enum { ROUNDS = 20 };
    void **head = open_table(1);
    link_of_ranks *mine[ROUNDS];
    uint64_t seen = 0, ranks = (uint64_t)giga_size();

    for (int round = 0; round < ROUNDS; round++) {
        for (int32_t r = 0; r < giga_size(); r++) {
            if (r == giga_rank()) {
                mine[round] = take(sizeof *mine[round]);
                mine[round]->next = read_pointer(row_of(head, 0));
                mine[round]->value = (uint64_t)round * ranks + (uint64_t)r;
                JOB_OK(giga_put(row_of(head, 0), &mine[round], sizeof mine[round]));
            }
            JOB_OK(giga_barrier());
        }
    }
    for (link_of_ranks *at = read_pointer(row_of(head, 0)), link; at; at = link.next, seen++) {
        JOB_OK(giga_get(&link, at, sizeof link));
        CU_ASSERT_EQUAL(link.value, ROUNDS * ranks - 1 - seen);
        CU_ASSERT_EQUAL(giga_home(at), (int32_t)(link.value % ranks));
    }
    CU_ASSERT_EQUAL(seen, ROUNDS * ranks);
    JOB_OK(giga_barrier());
    for (int round = 0; round < ROUNDS; round++)
        JOB_OK(giga_free_one(mine[round]));
    JOB_OK(giga_free(head));
}

/* Each rank's objects are freed by the rank `step` further, so by near and by remote ones. */
static void free_for_each_other(void **table, int32_t step)
{
    void **mine = row_of(table, giga_rank());
    void **other = row_of(table, (giga_rank() + step) % giga_size());

    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t bytes = 1 + (i * 37 + (uint64_t)giga_rank()) % 5000;
        mine[i] = take(bytes);
        unsigned char *bytes_of = mine[i];
        CU_ASSERT_EQUAL(bytes_of[0] | bytes_of[bytes - 1], 0);
        memset(mine[i], 0xee, bytes);
    }
    JOB_OK(giga_barrier());
    for (int i = 0; i < MANY; i++)
        JOB_OK(giga_free_one(read_pointer(&other[i])));
    JOB_OK(giga_barrier());
}

static void any_rank_frees_and_the_memory_is_used_again(void)
{
    void **table = open_table(MANY);
    uint64_t before = object_bytes();

    JOB_OK(giga_barrier());
    for (int32_t step = 0; step < giga_size(); step++) {
        free_for_each_other(table, step);
        CU_ASSERT_EQUAL(object_bytes(), before);
        JOB_OK(giga_barrier());
    }
    JOB_OK(giga_free(table));
}

/* What a thread does: allocate here, and free what the next rank's thread has allocated. */
typedef struct worker {
    void **table;
    uint64_t number, wrong;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    void **mine = row_of(w->table, giga_rank()) + w->number * EACH;
    void **other = row_of(w->table, (giga_rank() + 1) % giga_size()) + w->number * EACH;

    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t *object = NULL, *theirs = NULL, bytes = 16 + (i * 61 + w->number) % 2000;
        w->wrong += giga_alloc_one(bytes, NULL, (void **)&object) != GIGA_OK;
        if (!object)
            continue;
        w->wrong += object[0] != 0;
        object[0] = (uint64_t)(uintptr_t)object;
        giga_store((uint64_t *)(void *)&mine[i], (uint64_t)(uintptr_t)object);
        while (!(theirs = (uint64_t *)(uintptr_t)giga_load((uint64_t *)(void *)&other[i])))
            sched_yield();
        w->wrong += giga_load(theirs) != (uint64_t)(uintptr_t)theirs;
        w->wrong += giga_free_one(theirs) != GIGA_OK;
    }
    return NULL;
}

static void threads_of_all_ranks_allocate_and_free_at_once(void)
{
    void **table = open_table(THREADS * EACH);
    uint64_t before = object_bytes();
    pthread_t threads[THREADS];
    worker workers[THREADS];

    JOB_OK(giga_barrier());
    for (uint64_t t = 0; t < THREADS; t++) {
        workers[t] = (worker){table, t, 0};
        CU_ASSERT_EQUAL(pthread_create(&threads[t], NULL, work, &workers[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        CU_ASSERT_EQUAL(workers[t].wrong, 0);
    }
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(object_bytes(), before);
    JOB_OK(giga_free(table));
}

/* ---- where an address lives ---- */

static void an_object_of_one_rank_has_one_block_there(void)
{
    void **table = open_table(1);
    char *mine = take(1000);
    size_t bytes = 1;

    *row_of(table, giga_rank()) = mine;
    CU_ASSERT_PTR_EQUAL(giga_local(mine + 999, &bytes), mine);
    CU_ASSERT_EQUAL(bytes, 1024); /* rounded up to 64 */
    JOB_OK(giga_barrier());
    for (int32_t r = 0; r < giga_size(); r++) {
        char *object = read_pointer(row_of(table, r));
        CU_ASSERT_EQUAL(giga_home(object), r);
        CU_ASSERT_EQUAL(giga_home(object + 999), r);
        CU_ASSERT_EQUAL(giga_stride(object), 0);
        CU_ASSERT_PTR_EQUAL(giga_near(object + 24, &bytes), is_near(r) ? object + 24 : NULL);
        CU_ASSERT_EQUAL(bytes, is_near(r) ? 1000 : 0);
        if (r != giga_rank()) {
            CU_ASSERT_PTR_NULL(giga_local(object, &bytes));
            CU_ASSERT_EQUAL(bytes, 0);
        }
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free_one(mine));
    CU_ASSERT_EQUAL(giga_home(mine), -1);
    CU_ASSERT_PTR_NULL(giga_near(mine, &bytes));
    CU_ASSERT_PTR_NULL(giga_local(mine, NULL));
    JOB_OK(giga_free(table));
}

/* From another node the home looks at every run; near ones are plain memory. */
static void runs_that_leave_an_object_are_refused_by_its_home(void)
{
    void **table = open_table(2);
    void **mine = row_of(table, giga_rank());
    char copy[2000];

    mine[0] = take(1000);
    mine[1] = take(64);
    JOB_OK(giga_free_one(mine[1]));
    JOB_OK(giga_barrier());
    for (int32_t r = 0; r < giga_size(); r++) {
        char *object = read_pointer(&row_of(table, r)[0]);
        if (is_near(r))
            continue;
        JOB_OK(giga_get(copy, object, 1024));
        CU_ASSERT_EQUAL(giga_get(copy, object, 1025), GIGA_ERR_RANGE);
        CU_ASSERT_EQUAL(giga_put(object + 1000, copy, 100), GIGA_ERR_RANGE);
        CU_ASSERT_EQUAL(giga_get(copy, read_pointer(&row_of(table, r)[1]), 8), GIGA_ERR_ADDRESS);
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free_one(mine[0]));
    JOB_OK(giga_free(table));
}

/* ---- memory ---- */

static void freed_memory_goes_back_to_the_machine_from_any_rank(void)
{
    const uint64_t bytes = UINT64_C(20) << 20; /* of several parts */
    const uint64_t keeps = UINT64_C(3) << 20;  /* what an arena may keep of earlier tests */
    void **table = open_table(1);
    JOB_OK(giga_barrier());
    uint64_t before = object_bytes(), empty = job_node_memory(), near = (uint64_t)giga_near_size();

    JOB_OK(giga_barrier());
    void *mine = take(bytes);
    *row_of(table, giga_rank()) = mine;
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(object_bytes() - before, near * bytes);
    CU_ASSERT(job_node_memory() < empty + near * keeps); /* taken when touched */
    JOB_OK(giga_barrier());
    memset(mine, 1, bytes);
    JOB_OK(giga_barrier());
    CU_ASSERT(job_node_memory() + near * keeps >= empty + near * bytes);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free_one(read_pointer(row_of(table, (giga_rank() + 1) % giga_size()))));
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(object_bytes(), before);
    CU_ASSERT(job_node_memory() < empty + near * keeps);
    JOB_OK(giga_barrier());
    const char *again = take(bytes); /* zero again */
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < bytes; i += 512)
        wrong += again[i] != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_free_one((void *)(uintptr_t)again));
    JOB_OK(giga_free(table));
}

static void a_node_that_is_full_says_so_and_goes_on(void)
{
    enum { MOST = 4096 };
    static void *objects[MOST];
    const uint64_t bytes = UINT64_C(1) << 30;
    int count = 0;
    giga_status status = GIGA_OK;
    uint64_t before = object_bytes();

    JOB_OK(giga_barrier());
    while (count < MOST && (status = giga_alloc_one(bytes, NULL, &objects[count])) == GIGA_OK)
        count++;
    CU_ASSERT(status == GIGA_ERR_MEMORY);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "GiB"));
    CU_ASSERT_PTR_NULL(objects[count]);
    JOB_OK(giga_barrier());
    while (count > 0)
        JOB_OK(giga_free_one(objects[--count]));
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(object_bytes(), before);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free_one(take(bytes / 1024)));
}

static void addresses_used_up_are_said_and_come_back(void)
{
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    giga_info_host host = {0};
    void *half = NULL, *other = &host;

    JOB_OK(giga_barrier());
    JOB_OK(giga_info_get_host(&host));
    opts.sparse = true;
    uint64_t most = host.one_bytes / 16 * 9;
    for (int round = 0; round < 3; round++) {
        JOB_OK(giga_alloc_one(most, &opts, &half));
        CU_ASSERT_EQUAL(giga_alloc_one(most, &opts, &other), GIGA_ERR_WINDOW);
        CU_ASSERT_PTR_NULL(other);
        ((char *)half)[most - 1] = 1;
        CU_ASSERT_EQUAL(object_bytes(), host.object_bytes); /* sparse: not counted */
        JOB_OK(giga_free_one(half));
    }
    CU_ASSERT_EQUAL(giga_alloc_one(host.one_bytes + 1, &opts, &other), GIGA_ERR_WINDOW);
    CU_ASSERT_EQUAL(giga_alloc_one(UINT64_MAX, NULL, &other), GIGA_ERR_WINDOW);
    CU_ASSERT_EQUAL(giga_alloc_one(UINT64_MAX - 62, &opts, &other), GIGA_ERR_WINDOW);
    JOB_OK(giga_barrier());
}

/* ---- misuse ---- */

static void check_refused(void *address)
{
    CU_ASSERT_EQUAL(giga_free_one(address), GIGA_ERR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_free_one: rank"));
}

static void what_is_not_a_live_object_of_one_rank_cannot_be_freed_as_one(void)
{
    void **table = open_table(2);
    void **mine = row_of(table, giga_rank());
    giga_info_host host;
    char *object = take(5000);

    JOB_OK(giga_info_get_host(&host));
    JOB_OK(giga_free_one(NULL));
    memset(object, 0xff, 5000);
    mine[0] = object;
    mine[1] = take(100);
    JOB_OK(giga_free_one(mine[1]));
    JOB_OK(giga_barrier());
    uint64_t held = object_bytes();
    for (int32_t r = 0; r < giga_size(); r++) {
        char *other = read_pointer(&row_of(table, r)[0]);
        check_refused(other + 64);
        check_refused(other + 1);
        check_refused(other + 4992);
        check_refused(read_pointer(&row_of(table, r)[1])); /* twice */
        check_refused(row_of(table, r));
    }
    char *window = (char *)(uintptr_t)host.window_base;
    char *nowhere[] = {(char *)&host,
                       window - 64,
                       window,
                       window + host.window_bytes,
                       window + host.window_bytes - 64,
                       (char *)64};
    for (size_t i = table == (void *)window; i < sizeof nowhere / sizeof nowhere[0]; i++)
        check_refused(nowhere[i]);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(object_bytes(), held);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(object[4999], (char)0xff);
    JOB_OK(giga_free_one(object));
    check_refused(object);
    JOB_OK(giga_free(table));
}

static void giga_free_refuses_objects_of_one_rank(void)
{
    void **table = open_table(1);

    *row_of(table, giga_rank()) = take(100);
    JOB_OK(giga_barrier());
    void *first = read_pointer(row_of(table, 0));
    CU_ASSERT_EQUAL(job_same(giga_free(first)), GIGA_ERR_ADDRESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_free_one"));
    JOB_OK(giga_free_one(*row_of(table, giga_rank())));
    JOB_OK(giga_free(table));
}

static void options_that_make_no_sense_are_refused(void)
{
    giga_alloc_opts none = {0}, odd = GIGA_ALLOC_OPTS_INIT;
    void *object = &none;

    CU_ASSERT_EQUAL(giga_alloc_one(8, &none, &object), GIGA_ERR_ARG);
    CU_ASSERT_PTR_NULL(object);
    CU_ASSERT_EQUAL(giga_alloc_one(8, NULL, NULL), GIGA_ERR_ARG);
    odd.alignment = 96;
    CU_ASSERT_EQUAL(giga_alloc_one(8, &odd, &object), GIGA_ERR_ARG);
    odd.alignment = (size_t)1 << 63;
    CU_ASSERT_EQUAL(giga_alloc_one(8, &odd, &object), GIGA_ERR_WINDOW);
    odd = (giga_alloc_opts)GIGA_ALLOC_OPTS_INIT;
    odd.pages = GIGA_PAGES_HUGE;
    CU_ASSERT_EQUAL(giga_alloc_one(8, &odd, &object), GIGA_ERR_UNSUPPORTED);
    odd.pages = GIGA_PAGES_HUGE_PREFERRED;
    JOB_OK(giga_alloc_one(8, &odd, &object));
    JOB_OK(giga_free_one(object));
}

/* ---- placement ---- */

static uint64_t bits_of(const giga_memory_info *info)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < sizeof info->numa_mask / sizeof info->numa_mask[0]; i++)
        bits += (uint64_t)__builtin_popcountll(info->numa_mask[i]);
    return bits;
}

static void an_object_has_the_placement_it_asks_for_on_pages_of_its_own(void)
{
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    giga_memory_info info;
    giga_info_host host;
    char *before = take(64), *object, *after;

    JOB_OK(giga_info_get_host(&host));
    opts.placement = GIGA_PLACE_INTERLEAVE;
    JOB_OK(giga_alloc_one(100, &opts, (void **)&object));
    after = take(64);
    CU_ASSERT_EQUAL((uintptr_t)object % host.page_bytes, 0);
    CU_ASSERT((uintptr_t)after / host.page_bytes != (uintptr_t)object / host.page_bytes);
    *object = 1;
    JOB_OK(giga_memory_of(object, &info));
    CU_ASSERT_EQUAL(info.home, giga_rank());
    CU_ASSERT_EQUAL(info.page_bytes, host.page_bytes);
    CU_ASSERT_EQUAL(info.placement, GIGA_PLACE_INTERLEAVE);
    CU_ASSERT(bits_of(&info) >= 1);
    CU_ASSERT(info.numa_node >= 0 && info.numa_node < host.numa_nodes);
    JOB_OK(giga_memory_of(before, &info));
    CU_ASSERT_EQUAL(info.placement, GIGA_PLACE_HOME);
    JOB_OK(giga_free_one(object));
    char *next = take(host.page_bytes); /* the policy went with the object */
    JOB_OK(giga_memory_of(next, &info));
    CU_ASSERT_EQUAL(info.placement, GIGA_PLACE_HOME);
    CU_ASSERT_EQUAL(giga_memory_of(&info, &info), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_memory_of(next, NULL), GIGA_ERR_ARG);
    JOB_OK(giga_free_one(next));
    JOB_OK(giga_free_one(before));
    JOB_OK(giga_free_one(after));
}

static void a_placement_ends_with_its_object_whoever_frees_it(void)
{
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    void **table = open_table(1), **mine = row_of(table, giga_rank());
    giga_memory_info info;
    uint64_t before = object_bytes();

    JOB_OK(giga_barrier());
    opts.placement = GIGA_PLACE_INTERLEAVE;
    for (int32_t step = 0; step < giga_size(); step++) {
        JOB_OK(giga_alloc_one(50000, &opts, mine));
        memset(*mine, 1, 50000);
        JOB_OK(giga_barrier());
        void *other = read_pointer(row_of(table, (giga_rank() + step) % giga_size()));
        JOB_OK(giga_free_one(other));
        check_refused(other);
        JOB_OK(giga_barrier());
        CU_ASSERT_EQUAL(object_bytes(), before);
        JOB_OK(giga_barrier());
        char *again = take(50000);
        JOB_OK(giga_memory_of(again, &info));
        CU_ASSERT_EQUAL(info.placement, GIGA_PLACE_HOME);
        CU_ASSERT_EQUAL(again[0] | again[49999], 0);
        JOB_OK(giga_free_one(again));
        JOB_OK(giga_barrier());
    }
    JOB_OK(giga_free(table));
}

/* Whatever this machine knows: given and told, or refused; preferred: given or fallen back. */
static void a_kind_of_memory_is_given_and_told_or_refused_with_a_sentence(void)
{
    for (int kind = GIGA_MEMORY_BANDWIDTH; kind <= GIGA_MEMORY_CAPACITY; kind++) {
        giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
        giga_memory_info info;
        void *object = NULL;
        opts.memory = (giga_memory)kind;
        opts.memory_required = true;
        giga_status status = giga_alloc_one(5000, &opts, &object);
        CU_ASSERT(status == GIGA_OK || status == GIGA_ERR_UNSUPPORTED);
        CU_ASSERT_EQUAL(status == GIGA_OK, object != NULL);
        if (status == GIGA_OK) {
            JOB_OK(giga_memory_of(object, &info));
            CU_ASSERT_EQUAL(info.memory, (giga_memory)kind);
            CU_ASSERT_EQUAL(bits_of(&info), 1);
        } else {
            CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_alloc_one: rank"));
        }
        JOB_OK(giga_free_one(object));
        opts.memory_required = false;
        JOB_OK(giga_alloc_one(5000, &opts, &object));
        JOB_OK(giga_memory_of(object, &info));
        CU_ASSERT_EQUAL(info.memory, status == GIGA_OK ? opts.memory : GIGA_MEMORY_DEFAULT);
        JOB_OK(giga_free_one(object));
    }
}

static const job_test tests[] = {
#define LAW(law)                                                                                   \
    {                                                                                              \
#law, law                                                                                  \
    }
    LAW(objects_are_zero_aligned_and_apart_and_keep_their_bytes),
    LAW(an_alignment_that_is_asked_for_is_kept),
    LAW(an_address_is_good_on_every_rank_however_it_gets_there),
    LAW(a_list_over_all_ranks_is_walked_by_each),
    LAW(any_rank_frees_and_the_memory_is_used_again),
    LAW(threads_of_all_ranks_allocate_and_free_at_once),
    LAW(an_object_of_one_rank_has_one_block_there),
    LAW(runs_that_leave_an_object_are_refused_by_its_home),
    LAW(freed_memory_goes_back_to_the_machine_from_any_rank),
    LAW(a_node_that_is_full_says_so_and_goes_on),
    LAW(addresses_used_up_are_said_and_come_back),
    LAW(what_is_not_a_live_object_of_one_rank_cannot_be_freed_as_one),
    LAW(giga_free_refuses_objects_of_one_rank),
    LAW(options_that_make_no_sense_are_refused),
    LAW(an_object_has_the_placement_it_asks_for_on_pages_of_its_own),
    LAW(a_placement_ends_with_its_object_whoever_frees_it),
    LAW(a_kind_of_memory_is_given_and_told_or_refused_with_a_sentence),
};

/* Before the start and after the stop. */
static int refused_without_giga(void)
{
    giga_memory_info info;
    void *object = &info;
    bool refused = giga_alloc_one(8, NULL, &object) == GIGA_ERR_STATE && !object &&
                   giga_free_one(&info) == GIGA_ERR_STATE &&
                   giga_free_one(NULL) == GIGA_ERR_STATE &&
                   giga_memory_of(&info, &info) == GIGA_ERR_STATE;

    if (!refused)
        fprintf(stderr, "test_heap: calls without a running giga are not refused\n");
    return !refused;
}

int main(void)
{
    int failed = refused_without_giga();

    failed |= JOB_RUN("heap", tests);
    return failed | refused_without_giga();
}
