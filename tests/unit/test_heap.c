/*
 * test_heap.c - the arena of pgas/heap.c, alone in one process.
 *
 * What is live is kept beside it in a plain list, which knows nothing of edges and classes. The
 * seed is printed; SEED repeats a run.
 */
#include "../../pgas/heap.h"

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIVE_MAX = 2000, PAGE = 4096 };

typedef struct live {
    uint64_t at, bytes, number;
} live;

static uint64_t state;

static uint64_t next(uint64_t *from) /* xorshift64*: Vigna, 2016 */
{
    *from ^= *from >> 12;
    *from ^= *from << 25;
    *from ^= *from >> 27;
    return *from * UINT64_C(2685821657736338717);
}

static bool give_pages_back(void *base, uint64_t at, uint64_t bytes)
{
    return madvise((char *)base + at, bytes, MADV_DONTNEED) == 0;
}

static bool refuse(void *base, uint64_t at, uint64_t bytes)
{
    (void)base, (void)at, (void)bytes;
    return false;
}

static gi_heap open_arena(gi_heap_layout *layout, uint64_t bytes)
{
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CU_ASSERT_FATAL(base != MAP_FAILED);
    CU_ASSERT_FATAL(gi_heap_lay_out(bytes, PAGE, layout));
    return (gi_heap){layout, base, give_pages_back, base};
}

static void close_arena(const gi_heap *heap)
{
    CU_ASSERT(gi_heap_is_valid(heap));
    munmap(heap->base, heap->layout->bytes);
}

static void give_whole(const gi_heap *heap, uint64_t at)
{
    gi_heap_freed part;

    do {
        CU_ASSERT_EQUAL(gi_heap_give(heap, at, &part), GIGA_OK);
    } while (part.left > 0);
}

static uint64_t resident(const gi_heap *heap)
{
    uint64_t pages = heap->layout->bytes / PAGE, count = 0;
    unsigned char *in = malloc(pages);

    if (mincore(heap->base, heap->layout->bytes, in) == 0) {
        for (uint64_t i = 0; i < pages; i++)
            count += in[i] & 1;
    }
    free(in);
    return count * PAGE;
}

/* Short ones mostly, some of pages, few of megabytes. */
static uint64_t some_length(uint64_t *from)
{
    uint64_t kind = next(from) % 100, bits = kind < 70 ? 9 : kind < 97 ? 15 : 21;

    return next(from) % (UINT64_C(1) << bits);
}

static void check_new(const gi_heap *heap, const live *all, size_t count, live mine,
                      uint64_t alignment)
{
    uint64_t wrong = 0;

    CU_ASSERT_EQUAL(mine.at % alignment, 0);
    CU_ASSERT(mine.at >= heap->layout->first && mine.at + mine.bytes <= heap->layout->bytes);
    for (size_t i = 0; i < count; i++)
        wrong += mine.at < all[i].at + all[i].bytes && all[i].at < mine.at + mine.bytes;
    for (uint64_t i = 0; i < mine.bytes; i++)
        wrong += heap->base[mine.at + i] != 0;
    CU_ASSERT_EQUAL(wrong, 0);
}

static void check_old(const gi_heap *heap, live mine)
{
    gi_heap_block block = {0, 0, 0};
    uint64_t wrong = 0, inside = mine.bytes ? next(&state) % mine.bytes : 0;

    for (uint64_t i = 0; i < mine.bytes; i++)
        wrong += heap->base[mine.at + i] != (char)(mine.number + i);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(gi_heap_find(heap, mine.at + inside, &block));
    CU_ASSERT_EQUAL(block.at, mine.at);
    CU_ASSERT(block.bytes >= mine.bytes && block.bytes < mine.bytes + 2 * GI_HEAP_UNIT);
    CU_ASSERT_EQUAL(block.tag, mine.bytes >= 512 ? mine.number % (GI_HEAP_TAG_MAX + 1) : 0);
}

static size_t take_some(const gi_heap *heap, live *all, size_t count, uint64_t number)
{
    live mine = {0, some_length(&state), number};
    uint64_t alignment = UINT64_C(64) << (next(&state) % 8 == 0 ? next(&state) % 10 : 0);
    giga_status status = gi_heap_take(heap, mine.bytes, alignment, &mine.at);

    CU_ASSERT(status == GIGA_OK || status == GIGA_ERR_WINDOW);
    if (status != GIGA_OK)
        return count;
    check_new(heap, all, count, mine, alignment);
    if (mine.bytes >= 512)
        gi_heap_set_tag(heap, mine.at, (unsigned)(number % (GI_HEAP_TAG_MAX + 1)));
    for (uint64_t i = 0; i < mine.bytes; i++)
        heap->base[mine.at + i] = (char)(number + i);
    all[count] = mine;
    return count + 1;
}

static size_t give_some(const gi_heap *heap, live *all, size_t count)
{
    size_t which = next(&state) % count;

    check_old(heap, all[which]);
    give_whole(heap, all[which].at);
    all[which] = all[count - 1];
    return count - 1;
}

static void run_random(const gi_heap *heap, int steps)
{
    static live all[LIVE_MAX];
    size_t count = 0;
    uint64_t whole = heap->layout->bytes - heap->layout->first, at;

    for (int step = 0; step < steps; step++) {
        bool grow = step / 1000 % 2 == 0; /* fill up and empty by turns */
        if (count == 0 || (count < LIVE_MAX && next(&state) % 10 < (grow ? 7 : 3)))
            count = take_some(heap, all, count, (uint64_t)step);
        else
            count = give_some(heap, all, count);
        if (step % 500 == 0)
            CU_ASSERT(gi_heap_is_valid(heap));
    }
    while (count > 0)
        count = give_some(heap, all, count);
    CU_ASSERT_EQUAL(gi_heap_take(heap, whole, 64, &at), GIGA_OK); /* all is one block again */
    give_whole(heap, at);
}

static void blocks_are_zero_and_apart_keep_their_bytes_and_join_when_free(void)
{
    static const uint64_t sizes[] = {UINT64_C(64) << 20, UINT64_C(300) << 10, UINT64_C(5) << 20};
    gi_heap_layout layout;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        gi_heap heap = open_arena(&layout, sizes[i]);
        run_random(&heap, 6000);
        close_arena(&heap);
    }
}

static void memory_that_cannot_be_given_back_is_cleared_instead(void)
{
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(64) << 20);

    heap.discard = refuse;
    run_random(&heap, 3000);
    close_arena(&heap);
}

static void an_arena_of_any_number_of_pages_gives_all_its_memory(void)
{
    for (uint64_t pages = 0; pages < 600; pages += pages < 20 ? 1 : 37) {
        gi_heap_layout layout;
        uint64_t at;
        if (!gi_heap_lay_out(pages * PAGE, PAGE, &layout)) {
            CU_ASSERT(pages <= 2);
            continue;
        }
        gi_heap heap = open_arena(&layout, pages * PAGE);
        CU_ASSERT_EQUAL(gi_heap_take(&heap, layout.bytes - layout.first, PAGE, &at), GIGA_OK);
        CU_ASSERT_EQUAL(at, layout.first);
        CU_ASSERT_EQUAL(gi_heap_take(&heap, 1, 64, &at), GIGA_ERR_WINDOW);
        give_whole(&heap, layout.first);
        close_arena(&heap);
    }
}

static void lengths_that_cannot_be_are_refused(void)
{
    static const uint64_t lengths[] = {UINT64_MAX, UINT64_MAX - 63, UINT64_C(1) << 63,
                                       UINT64_C(2) << 20};
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(2) << 20);
    uint64_t at = 7;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        CU_ASSERT_EQUAL(gi_heap_take(&heap, lengths[i], 64, &at), GIGA_ERR_WINDOW);
    CU_ASSERT_EQUAL(gi_heap_take(&heap, 1, UINT64_C(1) << 63, &at), GIGA_ERR_WINDOW);
    CU_ASSERT_EQUAL(gi_heap_take(&heap, 1, UINT64_C(4) << 20, &at), GIGA_ERR_WINDOW);
    CU_ASSERT_EQUAL(at, 7);
    close_arena(&heap);
}

static void only_the_first_address_of_a_live_block_can_be_given_back(void)
{
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(8) << 20);
    gi_heap_freed part;
    gi_heap_block block;
    uint64_t first, second;

    CU_ASSERT_EQUAL(gi_heap_give(&heap, layout.first, &part), GIGA_ERR_ADDRESS); /* never used */
    CU_ASSERT_EQUAL(gi_heap_take(&heap, 10000, 64, &first), GIGA_OK);
    CU_ASSERT_EQUAL(gi_heap_take(&heap, 64, 64, &second), GIGA_OK);
    memset(heap.base + first, 0xff, 10000); /* nothing a program writes makes an address good */
    const uint64_t bad[] = {
        0,           64,           first + 64,        first + 1,  first + 9984,
        second + 64, layout.bytes, layout.bytes - 64, UINT64_MAX, UINT64_MAX - 63};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_EQUAL(gi_heap_give(&heap, bad[i], &part), GIGA_ERR_ADDRESS);
    give_whole(&heap, first);
    CU_ASSERT_EQUAL(gi_heap_give(&heap, first, &part), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(part.freed, 0);
    CU_ASSERT_FALSE(gi_heap_find(&heap, first + 5000, &block));
    CU_ASSERT(gi_heap_find(&heap, second + 63, &block));
    give_whole(&heap, second);
    CU_ASSERT_EQUAL(gi_heap_give(&heap, second, &part), GIGA_ERR_ADDRESS);
    close_arena(&heap);
}

static void a_long_block_goes_back_in_parts_and_stays_whole_until_then(void)
{
    const uint64_t bytes = 3 * (uint64_t)GI_HEAP_SLICE + 4096;
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(128) << 20);
    gi_heap_freed part = {0, bytes};
    uint64_t at, other, freed = 0;

    CU_ASSERT_EQUAL(gi_heap_take(&heap, bytes, 4096, &at), GIGA_OK);
    gi_heap_set_tag(&heap, at, 5);
    memset(heap.base + at, 1, bytes);
    for (uint64_t left = bytes; left > 0; left = part.left) {
        gi_heap_block block;
        CU_ASSERT(gi_heap_find(&heap, at + left - 1, &block));
        CU_ASSERT_EQUAL(block.bytes, left);
        CU_ASSERT_EQUAL(block.tag, 5);
        CU_ASSERT_EQUAL(gi_heap_give(&heap, at, &part), GIGA_OK);
        CU_ASSERT(part.freed <= GI_HEAP_SLICE);
        freed += part.freed;
        CU_ASSERT_EQUAL(freed + part.left, bytes);
    }
    CU_ASSERT_EQUAL(gi_heap_take(&heap, bytes, 4096, &other), GIGA_OK);
    CU_ASSERT_EQUAL(other, at);
    give_whole(&heap, other);
    close_arena(&heap);
}

static void a_block_left_to_its_home_is_neither_live_nor_free_until_collected(void)
{
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(8) << 20);
    gi_heap_freed part;
    gi_heap_block block;
    uint64_t at[4], got, sum = 0;

    CU_ASSERT_FALSE(gi_heap_collect(&heap, &got));
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(gi_heap_take(&heap, 8192, 4096, &at[i]), GIGA_OK);
        gi_heap_set_tag(&heap, at[i], (unsigned)i);
        memset(heap.base + at[i], 1, 8192);
    }
    for (int i = 1; i < 3; i++) {
        CU_ASSERT(gi_heap_leave(&heap, at[i]));
        CU_ASSERT_FALSE(gi_heap_leave(&heap, at[i]));
        CU_ASSERT_FALSE(gi_heap_find(&heap, at[i] + 100, &block));
        CU_ASSERT_EQUAL(gi_heap_give(&heap, at[i], &part), GIGA_ERR_ADDRESS);
    }
    give_whole(&heap, at[0]); /* beside one that was left: not joined with it */
    give_whole(&heap, at[3]);
    CU_ASSERT(gi_heap_is_valid(&heap));
    for (int i = 0; i < 2; i++) {
        CU_ASSERT(gi_heap_collect(&heap, &got));
        CU_ASSERT(gi_heap_find(&heap, got, &block));
        sum += block.tag;
        give_whole(&heap, got);
    }
    CU_ASSERT_EQUAL(sum, 1 + 2);
    CU_ASSERT_FALSE(gi_heap_collect(&heap, &got));
    CU_ASSERT_EQUAL(gi_heap_take(&heap, layout.bytes - layout.first, 64, &got), GIGA_OK);
    give_whole(&heap, got);
    close_arena(&heap);
}

static void free_memory_goes_back_to_the_machine_long_or_short(void)
{
    enum { SHORT = 20000 };
    static uint64_t at[SHORT];
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(256) << 20);

    CU_ASSERT_EQUAL(gi_heap_take(&heap, 100 << 20, 64, &at[0]), GIGA_OK);
    CU_ASSERT(resident(&heap) < 1 << 20); /* taking touches nothing */
    memset(heap.base + at[0], 1, 100 << 20);
    give_whole(&heap, at[0]);
    CU_ASSERT(resident(&heap) < 1 << 20);
    for (int i = 0; i < SHORT; i++) {
        CU_ASSERT_EQUAL(gi_heap_take(&heap, 4000, 64, &at[i]), GIGA_OK);
        memset(heap.base + at[i], 1, 4000);
    }
    CU_ASSERT(resident(&heap) > SHORT * 4000);
    for (int i = 0; i < SHORT; i++)
        give_whole(&heap, at[(uint64_t)i * 7919 % SHORT]);
    CU_ASSERT(resident(&heap) < 3 << 20);
    close_arena(&heap);
}

static void writing_to_freed_memory_is_found_and_crashes_nothing(void)
{
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(8) << 20);
    gi_heap_freed part;
    uint64_t at[64], again, found = 0;

    for (int i = 0; i < 64; i++)
        CU_ASSERT_EQUAL(gi_heap_take(&heap, 1000, 64, &at[i]), GIGA_OK);
    for (int i = 0; i < 64; i += 2)
        CU_ASSERT_EQUAL(gi_heap_give(&heap, at[i], &part), GIGA_OK);
    for (int i = 0; i < 64; i += 2) {
        for (int j = 0; j < 1000; j++)
            heap.base[at[i] + (uint64_t)j] = (char)next(&state);
    }
    for (int i = 0; i < 100; i++)
        found += gi_heap_take(&heap, 1000, 64, &again) == GIGA_ERR_INVALID;
    CU_ASSERT(found > 0);
    for (int i = 1; i < 64; i += 2)
        found += gi_heap_give(&heap, at[i], &part) == GIGA_ERR_INVALID;
    CU_ASSERT(found > 100);
    munmap(heap.base, layout.bytes);
}

typedef struct worker {
    const gi_heap *heap;
    uint64_t seed, wrong;
} worker;

static void *work(void *argument)
{
    enum { MINE = 40 };
    worker *w = argument;
    live all[MINE] = {0};

    for (int step = 0; step < 20000; step++) {
        live *mine = &all[next(&w->seed) % MINE];
        gi_heap_freed part;
        gi_heap_block block;
        if (mine->number != 0) {
            w->wrong +=
                !gi_heap_find(w->heap, mine->at + mine->bytes - 1, &block) || block.at != mine->at;
            for (uint64_t i = 0; i < mine->bytes; i++)
                w->wrong += w->heap->base[mine->at + i] != (char)mine->number;
            w->wrong += gi_heap_give(w->heap, mine->at, &part) != GIGA_OK || part.left != 0;
            mine->number = 0;
            continue;
        }
        mine->bytes = 1 + next(&w->seed) % 3000;
        if (gi_heap_take(w->heap, mine->bytes, 64, &mine->at) != GIGA_OK)
            continue;
        mine->number = next(&w->seed) | 1;
        for (uint64_t i = 0; i < mine->bytes; i++)
            w->wrong += w->heap->base[mine->at + i] != 0;
        memset(w->heap->base + mine->at, (char)mine->number, mine->bytes);
    }
    return NULL;
}

static void threads_may_take_give_and_look_at_once(void)
{
    enum { THREADS = 4 };
    gi_heap_layout layout;
    gi_heap heap = open_arena(&layout, UINT64_C(1) << 20);
    pthread_t threads[THREADS];
    worker workers[THREADS];

    for (uint64_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){&heap, next(&state) | 1, 0};
        CU_ASSERT_EQUAL(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(workers[i].wrong, 0);
    }
    close_arena(&heap);
}

int main(void)
{
    const char *text = getenv("SEED");
    state = text ? strtoull(text, NULL, 0) | 1 : 20240229;
    printf("seed %llu (SEED)\n", (unsigned long long)state);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite suite = CU_add_suite("heap", NULL, NULL);
#define ADD(law) CU_add_test(suite, #law, law)
    ADD(blocks_are_zero_and_apart_keep_their_bytes_and_join_when_free);
    ADD(memory_that_cannot_be_given_back_is_cleared_instead);
    ADD(an_arena_of_any_number_of_pages_gives_all_its_memory);
    ADD(lengths_that_cannot_be_are_refused);
    ADD(only_the_first_address_of_a_live_block_can_be_given_back);
    ADD(a_long_block_goes_back_in_parts_and_stays_whole_until_then);
    ADD(a_block_left_to_its_home_is_neither_live_nor_free_until_collected);
    ADD(free_memory_goes_back_to_the_machine_long_or_short);
    ADD(writing_to_freed_memory_is_found_and_crashes_nothing);
    ADD(threads_may_take_give_and_look_at_once);
#undef ADD
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
