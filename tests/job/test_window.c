/*
 * test_window.c - objects, and where an address lives.
 *
 * Runs at 1, 3 and 5 ranks on one node, 3 ranks on nodes of one, 5 on nodes of two, and
 * across two virtual hosts. Expected places come from the definitions in window.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

static uint64_t rank_count(void)
{
    return (uint64_t)giga_size();
}

static bool is_near(int32_t rank)
{
    return giga_node_of(rank) == giga_node_of(giga_rank());
}

static char *alloc(uint64_t bytes)
{
    void *object = NULL;

    CU_ASSERT_EQUAL_FATAL(giga_alloc(bytes, NULL, &object), GIGA_OK);
    return object;
}

static void an_object_has_the_same_address_on_all_ranks(void)
{
    static const uint64_t sizes[] = {0, 1, 4096, 1000003, UINT64_C(300) << 20};
    void *object;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        JOB_OK(giga_alloc(sizes[i], NULL, &object));
        uint64_t address = (uint64_t)(uintptr_t)object;
        CU_ASSERT_NOT_EQUAL(address, 0);
        CU_ASSERT_EQUAL(giga_allreduce_min(address), giga_allreduce_max(address));
        JOB_OK(giga_free(object));
    }
}

/* All that window.h says of one address of a uniform object. */
static void check_place(char *object, uint64_t bytes, uint64_t at)
{
    uint64_t stride = giga_stride(object), home = at / stride;
    size_t near = 1;

    CU_ASSERT_EQUAL(giga_home(object + at), (int32_t)home);
    CU_ASSERT_EQUAL(giga_stride(object + at), stride);
    void *plain = giga_near(object + at, &near);
    if (!is_near((int32_t)home)) {
        CU_ASSERT_PTR_NULL(plain);
        CU_ASSERT_EQUAL(near, 0);
        return;
    }
    CU_ASSERT_PTR_EQUAL(plain, object + at);
    uint64_t end = home + 1;
    while (end < rank_count() && is_near((int32_t)end))
        end++;
    CU_ASSERT_EQUAL(near, (end * stride < bytes ? end * stride : bytes) - at);
}

static void byte_i_lives_at_object_plus_i_in_the_block_of_rank_i_over_stride(void)
{
    const uint64_t bytes = 5 * 4096 * rank_count() + 17;
    char *object = alloc(bytes);
    uint64_t stride = giga_stride(object);
    size_t mine;

    CU_ASSERT(stride * rank_count() >= bytes);
    for (uint64_t r = 0; r * stride < bytes; r++) {
        check_place(object, bytes, r * stride);
        if (r > 0)
            check_place(object, bytes, r * stride - 1);
    }
    check_place(object, bytes, bytes - 1);
    for (int i = 0; i < 200; i++)
        check_place(object, bytes, job_below(&job_here, bytes));

    uint64_t begin = (uint64_t)giga_rank() * stride;
    uint64_t expected = begin >= bytes ? 0 : bytes - begin < stride ? bytes - begin : stride;
    CU_ASSERT_PTR_EQUAL(giga_local(object, &mine), object + begin);
    CU_ASSERT_EQUAL(mine, expected);
    CU_ASSERT_EQUAL(giga_allreduce_sum((uint64_t)mine), bytes);
    CU_ASSERT_EQUAL(giga_home(object + bytes), -1);
    JOB_OK(giga_free(object));
}

static void near_blocks_are_plain_memory_of_the_whole_node(void)
{
    const uint64_t words = 3000 * rank_count();
    uint64_t *object = (uint64_t *)(void *)alloc(words * 8);
    size_t bytes, near_bytes = 0;
    uint64_t *mine = giga_local(object, &bytes), wrong = 0;

    for (size_t i = 0; i < bytes / 8; i++)
        mine[i] = job_word(1, (uint64_t)(&mine[i] - object));
    JOB_OK(giga_barrier());
    for (uint64_t i = 0; i < words; i++) {
        if (!giga_near(&object[i], NULL))
            continue;
        near_bytes += 8;
        wrong += object[i] != job_word(1, i);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(near_bytes >= bytes);
    JOB_OK(giga_free(object));
}

/* Lengths that differ by a lot, with empty blocks; the same on every rank. */
static uint64_t uneven(uint64_t rank)
{
    static const uint64_t lengths[] = {1, 0, 70000, 4096, 0, 9000000, 4097, 8};

    return lengths[(rank + 2) % 8];
}

static void blocks_may_differ_in_length_and_be_empty(void)
{
    void *object;
    uint64_t longest = 0;
    size_t bytes;

    JOB_OK(giga_alloc_blocks(uneven((uint64_t)giga_rank()), NULL, &object));
    char *base = object, *mine = giga_local(object, &bytes);
    uint64_t stride = giga_stride(object);
    for (uint64_t r = 0; r < rank_count(); r++)
        longest = uneven(r) > longest ? uneven(r) : longest;
    CU_ASSERT(stride >= longest);
    CU_ASSERT_EQUAL(bytes, uneven((uint64_t)giga_rank()));
    CU_ASSERT_PTR_EQUAL(mine, base + (uint64_t)giga_rank() * stride);
    if (bytes > 0)
        memset(mine, giga_rank() + 1, bytes);
    JOB_OK(giga_barrier());
    for (uint64_t r = 0; r < rank_count(); r++) {
        char *block = base + r * stride, last = 0;
        if (uneven(r) == 0) {
            CU_ASSERT(!is_near((int32_t)r) || giga_home(block) == -1);
            continue;
        }
        CU_ASSERT_EQUAL(giga_home(block), (int32_t)r);
        CU_ASSERT_EQUAL(giga_home(block + uneven(r) - 1), (int32_t)r);
        JOB_OK(giga_get(&last, block + uneven(r) - 1, 1));
        CU_ASSERT_EQUAL(last, (char)(r + 1));
        if (is_near((int32_t)r)) {
            CU_ASSERT_PTR_EQUAL(giga_near(block, &bytes), block);
            CU_ASSERT_EQUAL(bytes, uneven(r));
        }
    }
    JOB_OK(giga_free(object));
}

static void one_rank_alone_may_hold_all_of_an_object(void)
{
    void *object;
    int32_t holder = giga_size() - 1;
    char byte = 'x';

    JOB_OK(giga_alloc_blocks(giga_rank() == holder ? 100 : 0, NULL, &object));
    char *at = (char *)object + (uint64_t)holder * giga_stride(object) + 99;
    JOB_OK(giga_get(&byte, at, 1));
    CU_ASSERT_EQUAL(byte, 0);
    CU_ASSERT_NOT_EQUAL(giga_get(&byte, at + 1, 1), GIGA_OK);
    JOB_OK(giga_free(object));
}

static void an_object_of_zero_bytes_has_empty_blocks_and_can_be_freed(void)
{
    char *object = alloc(0);
    size_t bytes = 1;

    CU_ASSERT_PTR_NOT_NULL(giga_local(object, &bytes));
    CU_ASSERT_EQUAL(bytes, 0);
    CU_ASSERT_EQUAL(giga_home(object), -1);
    JOB_OK(giga_get(&bytes, object, 0));
    CU_ASSERT_EQUAL(giga_get(&bytes, object, 1), GIGA_ERR_RANGE);
    JOB_OK(giga_free(object));
    JOB_OK(giga_free(NULL));
}

static void addresses_are_used_again_after_free(void)
{
    char *first = alloc(UINT64_C(600) << 20), *between = alloc(1), *again;

    JOB_OK(giga_free(first));
    CU_ASSERT_PTR_NULL(giga_local(first, NULL));
    CU_ASSERT_EQUAL(giga_home(first), -1);
    again = alloc(UINT64_C(500) << 20);
    CU_ASSERT_PTR_EQUAL(again, first);
    JOB_OK(giga_free(again));
    JOB_OK(giga_free(between));
    for (int i = 0; i < 12; i++) { /* more than the window holds, were it not reused */
        void *large;
        giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
        opts.sparse = true;
        CU_ASSERT_EQUAL_FATAL(giga_alloc(UINT64_C(2) << 40, &opts, &large), GIGA_OK);
        JOB_OK(giga_free(large));
    }
}

static void new_memory_is_zero_also_where_freed_memory_was(void)
{
    const size_t bytes = (size_t)rank_count() * 100000;
    size_t mine, wrong = 0;

    for (int round = 0; round < 3; round++) {
        char *object = alloc(bytes), *block = giga_local(object, &mine);
        for (size_t i = 0; i < mine; i++)
            wrong += block[i] != 0;
        if (mine > 0)
            memset(block, 0xff, mine);
        JOB_OK(giga_free(object));
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void freed_memory_goes_back_to_the_machine(void)
{
    const uint64_t bytes = UINT64_C(24) << 20;
    giga_info_host before, during, after;
    size_t mine;

    JOB_OK(giga_barrier());
    uint64_t empty = job_node_memory();
    JOB_OK(giga_info_get_host(&before));
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    void *object;
    opts.pages = GIGA_PAGES_SMALL;
    JOB_OK(giga_alloc(bytes, &opts, &object));
    void *block = giga_local(object, &mine);
    if (mine > 0)
        memset(block, 1, mine);
    JOB_OK(giga_barrier());
    JOB_OK(giga_info_get_host(&during));
    uint64_t near = 0, all = 0;
    for (int32_t r = 0; r < giga_size(); r++) {
        uint64_t begin = (uint64_t)r * giga_stride(object), end = begin + giga_stride(object);
        uint64_t held = begin >= bytes ? 0 : (end < bytes ? end : bytes) - begin;
        all += held;
        near += is_near(r) ? held : 0;
    }
    CU_ASSERT_EQUAL(all, bytes);
    CU_ASSERT_EQUAL(during.object_bytes - before.object_bytes, near);
    CU_ASSERT(job_node_memory() >= empty + near);
    JOB_OK(giga_free(object));
    JOB_OK(giga_info_get_host(&after));
    CU_ASSERT_EQUAL(after.object_bytes, before.object_bytes);
    CU_ASSERT_EQUAL(job_node_memory(), empty);
}

static void a_sparse_tebibyte_holds_values_at_both_ends_of_every_block(void)
{
    const uint64_t words = UINT64_C(1) << 37; /* 1 TiB of 8-byte words */
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    void *object;

    opts.sparse = true;
    CU_ASSERT_EQUAL_FATAL(giga_alloc(words * 8, &opts, &object), GIGA_OK);
    uint64_t *word = object, per_rank = giga_stride(object) / 8;
    if (giga_rank() == giga_size() - 1) { /* one rank writes them all, most are not its own */
        for (uint64_t r = 0; r < rank_count(); r++) {
            uint64_t last = (r + 1) * per_rank < words ? (r + 1) * per_rank : words;
            giga_store(&word[r * per_rank], r + 1);
            giga_store(&word[last - 1], ~r);
        }
    }
    JOB_OK(giga_barrier());
    for (uint64_t r = 0; r < rank_count(); r++) {
        uint64_t last = (r + 1) * per_rank < words ? (r + 1) * per_rank : words;
        CU_ASSERT_EQUAL(giga_load(&word[r * per_rank]), r + 1);
        CU_ASSERT_EQUAL(giga_load(&word[last - 1]), ~r);
    }
    CU_ASSERT_EQUAL(giga_home(&word[words - 1]), (int32_t)((words - 1) / per_rank));
    JOB_OK(giga_free(object));
}

static void blocks_end_between_elements(void)
{
    static const size_t widths[] = {1, 3, 8, 24, 1000, 4097};

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
        void *object;
        size_t mine;
        opts.element_bytes = widths[i];
        const uint64_t bytes = widths[i] * (1000 * rank_count() + 1);
        JOB_OK(giga_alloc(bytes, &opts, &object));
        CU_ASSERT_EQUAL(giga_stride(object) % widths[i], 0);
        giga_local(object, &mine);
        CU_ASSERT_EQUAL(mine % widths[i], 0);
        CU_ASSERT_EQUAL(giga_allreduce_sum((uint64_t)mine), bytes);
        JOB_OK(giga_free(object));
    }
}

static void an_address_in_no_object_has_no_home(void)
{
    char *object = alloc(100);
    giga_info_host host;
    size_t bytes = 1;

    JOB_OK(giga_info_get_host(&host));
    const char *window = (const char *)(uintptr_t)host.window_base;
    const char *nowhere[] = {NULL, (const char *)&host, window - 1, window + host.window_bytes,
                             window + host.window_bytes - 1, (const char *)UINTPTR_MAX};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        CU_ASSERT_EQUAL(giga_home(nowhere[i]), -1);
        CU_ASSERT_EQUAL(giga_stride(nowhere[i]), 0);
        CU_ASSERT_PTR_NULL(giga_near(nowhere[i], &bytes));
        CU_ASSERT_EQUAL(bytes, 0);
        bytes = 1;
        CU_ASSERT_PTR_NULL(giga_local(nowhere[i], &bytes));
        CU_ASSERT_EQUAL(bytes, 0);
    }
    JOB_OK(giga_free(object));
}

static void many_objects_live_side_by_side(void)
{
    enum { OBJECTS = 60 };
    uint64_t *objects[OBJECTS], wrong = 0;

    for (uint64_t i = 0; i < OBJECTS; i++) {
        objects[i] = (uint64_t *)(void *)alloc((1 + i) * 100 * rank_count());
        if (giga_rank() == (int32_t)(i % rank_count()))
            giga_store(objects[i], i + 7);
    }
    JOB_OK(giga_barrier());
    for (uint64_t i = 0; i < OBJECTS; i++)
        wrong += giga_load(objects[i]) != i + 7;
    CU_ASSERT_EQUAL(wrong, 0);
    for (uint64_t i = 0; i < OBJECTS; i++)
        JOB_OK(giga_free(objects[(i * 37) % OBJECTS]));
}

static void huge_pages_are_given_or_refused_with_a_sentence(void)
{
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    void *object;

    opts.pages = GIGA_PAGES_HUGE;
    giga_status status = giga_alloc((UINT64_C(2) << 20) * rank_count(), &opts, &object);
    CU_ASSERT_EQUAL(job_same(status), status);
    CU_ASSERT(status == GIGA_OK || status == GIGA_ERR_MEMORY);
    if (status != GIGA_OK) {
        CU_ASSERT_PTR_NULL(object);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "huge pages"));
    }
    JOB_OK(giga_free(object));
}

static void preferred_huge_pages_are_given_or_small_ones_on_all_ranks_alike(void)
{
    const uint64_t bytes = (UINT64_C(2) << 20) * rank_count();
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
    giga_memory_info info = {0};
    giga_info_host host = {0};
    void *object;
    size_t mine;

    JOB_OK(giga_info_get_host(&host));
    opts.pages = GIGA_PAGES_HUGE_PREFERRED;
    JOB_OK(giga_alloc(bytes, &opts, &object));
    CU_ASSERT_EQUAL(giga_stride(object), UINT64_C(2) << 20); /* whatever the pages */
    memset(giga_local(object, &mine), 1, UINT64_C(2) << 20);
    CU_ASSERT_EQUAL(mine, UINT64_C(2) << 20);
    JOB_OK(giga_memory_of(giga_local(object, NULL), &info));
    CU_ASSERT(info.page_bytes == host.page_bytes || info.page_bytes == UINT64_C(2) << 20);
    CU_ASSERT_EQUAL(giga_allreduce_min(info.page_bytes), giga_allreduce_max(info.page_bytes));
    CU_ASSERT_EQUAL(info.home, giga_rank());
    JOB_OK(giga_free(object));
}

/* The kind of every near block is known on all ranks of its node. */
static void check_kind(char *object, giga_memory expected)
{
    giga_memory_info info;

    for (int32_t r = 0; r < giga_size(); r++) {
        char *block = object + (uint64_t)r * giga_stride(object);
        giga_status status = giga_memory_of(block, &info);
        CU_ASSERT_EQUAL(status, is_near(r) ? GIGA_OK : GIGA_ERR_ADDRESS);
        if (status != GIGA_OK)
            continue;
        CU_ASSERT_EQUAL(info.memory, expected);
        CU_ASSERT_EQUAL(info.home, r);
    }
}

static void a_kind_of_memory_is_given_to_all_or_refused_to_all(void)
{
    for (int kind = GIGA_MEMORY_BANDWIDTH; kind <= GIGA_MEMORY_CAPACITY; kind++) {
        giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;
        void *object;
        opts.memory = (giga_memory)kind;
        opts.memory_required = true;
        giga_status status = giga_alloc_blocks(10000, &opts, &object);
        CU_ASSERT_EQUAL(job_same(status), status);
        CU_ASSERT(status == GIGA_OK || status == GIGA_ERR_UNSUPPORTED);
        CU_ASSERT(status == GIGA_OK || strstr(giga_error(), "giga_alloc_blocks: rank"));
        if (status == GIGA_OK)
            check_kind(object, opts.memory);
        JOB_OK(giga_free(object));
        opts.memory_required = false;
        JOB_OK(giga_alloc_blocks(10000, &opts, &object));
        check_kind(object, status == GIGA_OK ? opts.memory : GIGA_MEMORY_DEFAULT);
        JOB_OK(giga_free(object));
    }
}

static void a_placement_is_in_force_and_ends_with_its_object(void)
{
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;

    for (int round = 0; round < 4; round++) {
        giga_memory_info info = {0};
        void *object;
        opts.placement = round % 2 == 0 ? GIGA_PLACE_INTERLEAVE : GIGA_PLACE_FIRST_TOUCH;
        JOB_OK(giga_alloc(8192 * rank_count(), &opts, &object));
        JOB_OK(giga_memory_of(giga_local(object, NULL), &info));
        CU_ASSERT_EQUAL(info.placement == GIGA_PLACE_INTERLEAVE, round % 2 == 0);
        JOB_OK(giga_free(object));
    }
}

static void wrong_arguments_fail_alike_and_leave_no_object(void)
{
    giga_alloc_opts none = {0}, odd = GIGA_ALLOC_OPTS_INIT;
    giga_info_host before, after;
    void *object = &none;

    JOB_OK(giga_info_get_host(&before));
    CU_ASSERT_EQUAL(job_same(giga_alloc(8, &none, &object)), GIGA_ERR_ARG);
    CU_ASSERT_PTR_NULL(object);
    odd.placement = (giga_placement)77;
    CU_ASSERT_EQUAL(job_same(giga_alloc(8, &odd, &object)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_alloc(8, NULL, NULL)), GIGA_ERR_ARG);
    odd = (giga_alloc_opts)GIGA_ALLOC_OPTS_INIT;
    odd.memory = (giga_memory)9;
    CU_ASSERT_EQUAL(job_same(giga_alloc(8, &odd, &object)), GIGA_ERR_ARG);
    odd.memory = GIGA_MEMORY_CAPACITY;
    odd.placement = GIGA_PLACE_INTERLEAVE;
    CU_ASSERT_EQUAL(job_same(giga_alloc(8, &odd, &object)), GIGA_ERR_ARG);
    odd = (giga_alloc_opts)GIGA_ALLOC_OPTS_INIT;
    odd.alignment = (size_t)1 << 30;
    CU_ASSERT_EQUAL(job_same(giga_alloc(8, &odd, &object)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_alloc(UINT64_C(1) << 50, NULL, &object)), GIGA_ERR_WINDOW);
    CU_ASSERT_EQUAL(job_same(giga_alloc(UINT64_MAX, NULL, &object)), GIGA_ERR_WINDOW);
    CU_ASSERT_EQUAL(job_same(giga_alloc(UINT64_C(10) << 40, NULL, &object)), GIGA_ERR_MEMORY);
    CU_ASSERT_PTR_NULL(object);
    if (giga_size() > 1) {
        uint64_t bytes = giga_rank() == 1 ? 4096 : 8192;
        CU_ASSERT_EQUAL(job_same(giga_alloc(bytes, NULL, &object)), GIGA_ERR_MISMATCH);
        odd = (giga_alloc_opts)GIGA_ALLOC_OPTS_INIT;
        odd.element_bytes = giga_rank() == 1 ? 3 : 5;
        CU_ASSERT_EQUAL(job_same(giga_alloc_blocks(8, &odd, &object)), GIGA_ERR_MISMATCH);
        odd = (giga_alloc_opts)GIGA_ALLOC_OPTS_INIT;
        odd.memory = giga_rank() == 1 ? GIGA_MEMORY_LATENCY : GIGA_MEMORY_BANDWIDTH;
        CU_ASSERT_EQUAL(job_same(giga_alloc(8, &odd, &object)), GIGA_ERR_MISMATCH);
        odd.memory = GIGA_MEMORY_CAPACITY;
        odd.memory_required = giga_rank() == 1;
        CU_ASSERT_EQUAL(job_same(giga_alloc(8, &odd, &object)), GIGA_ERR_MISMATCH);
    }
    JOB_OK(giga_info_get_host(&after));
    CU_ASSERT_EQUAL(after.object_bytes, before.object_bytes);
}

static void ranks_and_nodes_agree_with_one_another(void)
{
    int32_t near = 0, highest = -1;

    for (int32_t r = 0; r < giga_size(); r++) {
        int32_t node = giga_node_of(r);
        CU_ASSERT(node >= 0 && node < giga_nodes());
        CU_ASSERT(node <= highest + 1); /* numbered by their lowest rank */
        highest = node > highest ? node : highest;
        if (node == giga_node_of(giga_rank())) {
            CU_ASSERT_EQUAL(giga_near_rank(near), r);
            near++;
        }
    }
    CU_ASSERT_EQUAL(highest + 1, giga_nodes());
    CU_ASSERT_EQUAL(near, giga_near_size());
    CU_ASSERT_EQUAL(giga_near_rank(giga_near_index()), giga_rank());
    CU_ASSERT_EQUAL(giga_node_of(-1), -1);
    CU_ASSERT_EQUAL(giga_node_of(giga_size()), -1);
    CU_ASSERT_EQUAL(giga_near_rank(giga_near_size()), -1);
}

static const job_test tests[] = {
    {"ranks_and_nodes_agree_with_one_another", ranks_and_nodes_agree_with_one_another},
    {"an_object_has_the_same_address_on_all_ranks", an_object_has_the_same_address_on_all_ranks},
    {"byte_i_lives_at_object_plus_i_in_the_block_of_rank_i_over_stride",
     byte_i_lives_at_object_plus_i_in_the_block_of_rank_i_over_stride},
    {"near_blocks_are_plain_memory_of_the_whole_node",
     near_blocks_are_plain_memory_of_the_whole_node},
    {"blocks_may_differ_in_length_and_be_empty", blocks_may_differ_in_length_and_be_empty},
    {"one_rank_alone_may_hold_all_of_an_object", one_rank_alone_may_hold_all_of_an_object},
    {"an_object_of_zero_bytes_has_empty_blocks_and_can_be_freed",
     an_object_of_zero_bytes_has_empty_blocks_and_can_be_freed},
    {"addresses_are_used_again_after_free", addresses_are_used_again_after_free},
    {"new_memory_is_zero_also_where_freed_memory_was",
     new_memory_is_zero_also_where_freed_memory_was},
    {"freed_memory_goes_back_to_the_machine", freed_memory_goes_back_to_the_machine},
    {"a_sparse_tebibyte_holds_values_at_both_ends_of_every_block",
     a_sparse_tebibyte_holds_values_at_both_ends_of_every_block},
    {"blocks_end_between_elements", blocks_end_between_elements},
    {"an_address_in_no_object_has_no_home", an_address_in_no_object_has_no_home},
    {"many_objects_live_side_by_side", many_objects_live_side_by_side},
    {"huge_pages_are_given_or_refused_with_a_sentence",
     huge_pages_are_given_or_refused_with_a_sentence},
    {"preferred_huge_pages_are_given_or_small_ones_on_all_ranks_alike",
     preferred_huge_pages_are_given_or_small_ones_on_all_ranks_alike},
    {"a_kind_of_memory_is_given_to_all_or_refused_to_all",
     a_kind_of_memory_is_given_to_all_or_refused_to_all},
    {"a_placement_is_in_force_and_ends_with_its_object",
     a_placement_is_in_force_and_ends_with_its_object},
    {"wrong_arguments_fail_alike_and_leave_no_object",
     wrong_arguments_fail_alike_and_leave_no_object},
};

int main(void)
{
    return JOB_RUN("window", tests);
}
