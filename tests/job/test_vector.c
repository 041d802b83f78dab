/*
 * test_vector.c - gather, scatter, scatter-add and boxes, against loops over a private copy.
 *
 * Runs on one node, on nodes of one and two ranks, by messages, and across virtual hosts.
 * Every rank makes the lists of all ranks from one stream, so that each can do serially what
 * all did together.
 */
#include <stdio.h>
#include <stdlib.h>

#include "objects.h"

static const size_t widths[] = {1, 2, 3, 4, 5, 8, 12, 16, 100, 255, 256, 257, 1000, 1023, 1024};
enum { WIDTHS = sizeof widths / sizeof widths[0], LIST = 150, LONGEST = 1024 };

static void random_list(uint64_t *index, uint64_t count, uint64_t limit)
{
    for (uint64_t i = 0; i < count; i++)
        index[i] = job_below(&job_everywhere, limit);
}

/* ---- gather ---- */

static size_t gather_wrong(const char *base, const char *copy, size_t width, const uint64_t *index,
                           uint64_t count, bool deferred)
{
    static char got[LIST * LONGEST];
    size_t wrong = 0;

    memset(got, 0x55, sizeof got);
    if (deferred) {
        JOB_OK(giga_gather_nbi(got, base, width, index, count));
        JOB_OK(giga_quiet());
    } else {
        JOB_OK(giga_gather(got, base, width, index, count));
    }
    for (uint64_t i = 0; i < count; i++)
        wrong += memcmp(got + i * width, copy + index[i] * width, width) != 0;
    for (size_t i = count * width; i < sizeof got; i++)
        wrong += got[i] != 0x55;
    return wrong;
}

/* Bases and widths that put elements across blocks; unsorted lists with repetitions. */
static void gather_of_any_width_returns_what_the_indices_name(void)
{
    const uint64_t bytes = 9000 * size() + 77;
    char *object = alloc(bytes), *copy = malloc(bytes);
    uint64_t index[LIST], wrong = 0;

    fill_object(object, 3, bytes, copy);
    for (int w = 0; w < WIDTHS; w++) {
        for (uint64_t shift = 0; shift < 30; shift += 7) {
            random_list(index, LIST, (bytes - shift) / widths[w]);
            index[1] = index[0];
            index[2] = (bytes - shift) / widths[w] - 1; /* the last one */
            wrong += gather_wrong(object + shift, copy + shift, widths[w], index, LIST, false);
            wrong += gather_wrong(object + shift, copy + shift, widths[w], index, LIST, true);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_barrier());
    free(copy);
    JOB_OK(giga_free(object));
}

static void an_empty_list_and_a_list_of_one_are_lists(void)
{
    const uint64_t bytes = 5000 * size();
    char *object = alloc(bytes), *copy = malloc(bytes);
    uint64_t last = bytes / 8 - 1, word = 7, wrong = 0;

    fill_object(object, 4, bytes, copy);
    wrong += gather_wrong(object, copy, 8, NULL, 0, false);
    wrong += gather_wrong(object, copy, 8, NULL, 0, true);
    wrong += gather_wrong(object, copy, 8, &last, 1, false);
    wrong += gather_wrong(object, copy, 8, &last, 1, true);
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_gather(NULL, object, 8, NULL, 0));
    JOB_OK(giga_scatter(object, NULL, 8, NULL, 0));
    JOB_OK(giga_scatter_nbi(object, NULL, 8, NULL, 0));
    JOB_OK(giga_scatter_add(object, NULL, GIGA_I32, NULL, 0));
    JOB_OK(giga_barrier());
    if (rank() == size() - 1)
        JOB_OK(giga_scatter(object, &word, 8, &last, 1));
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_load((uint64_t *)(void *)object + last), 7);
    JOB_OK(giga_barrier());
    free(copy);
    JOB_OK(giga_free(object));
}

/* ---- scatter ---- */

/* Rank r scatters to elements r, r + size, ... of its list: no two ranks to one element. */
static void scatter_all(char *object, char *copy, size_t width, uint64_t elements, bool deferred)
{
    static char src[LIST * LONGEST];
    uint64_t index[LIST];

    for (uint64_t r = 0; r < size(); r++) {
        uint64_t count = 0, which = job_next(&job_everywhere);
        for (uint64_t e = r; e < elements && count < LIST; e += size() * (1 + e % 3))
            index[count++] = e;
        for (uint64_t i = count; i > 1; i--) { /* any order */
            uint64_t j = job_below(&job_everywhere, i), held = index[i - 1];
            index[i - 1] = index[j];
            index[j] = held;
        }
        job_fill(src, which, 0, count * width);
        for (uint64_t i = 0; i < count; i++)
            memcpy(copy + index[i] * width, src + i * width, width);
        if (r != rank())
            continue;
        JOB_OK(deferred ? giga_scatter_nbi(object, src, width, index, count)
                        : giga_scatter(object, src, width, index, count));
        memset(src, 0x77, sizeof src); /* both may be reused at once */
        memset(index, 0x77, sizeof index);
    }
}

static void scatter_of_any_width_writes_those_elements_and_no_others(void)
{
    const uint64_t bytes = 9000 * size() + 77;
    char *object = alloc(bytes), *copy = malloc(bytes), *scratch = malloc(bytes);
    size_t wrong = 0;

    fill_object(object, 5, bytes, copy);
    for (int w = 0; w < WIDTHS; w++) {
        uint64_t shift = (uint64_t)w;
        scatter_all(object + shift, copy + shift, widths[w], (bytes - shift) / widths[w], w % 2);
        JOB_OK(giga_barrier());
        wrong += differing(object, copy, bytes, scratch);
        JOB_OK(giga_barrier());
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(copy);
    free(scratch);
    JOB_OK(giga_free(object));
}

static void of_values_scattered_to_one_element_one_wins_whole(void)
{
    enum { SAME = 500 };
    uint64_t *object = alloc_blocks(64), values[SAME], index[SAME], base = 3;

    for (uint64_t i = 0; i < SAME; i++) {
        values[i] = rank() * SAME + i + 1;
        index[i] = (next_rank() * giga_stride(object)) / 8 + base + i % 2;
    }
    JOB_OK(giga_scatter(object, values, 8, index, SAME));
    JOB_OK(giga_barrier());
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t from = (rank() + size() - 1) % size() * SAME;
        uint64_t won = ((uint64_t *)giga_local(object, NULL))[base + i] - 1 - from;
        CU_ASSERT(won < SAME && won % 2 == i);
    }
    JOB_OK(giga_free(object));
}

/* ---- scatter-add ---- */

/* Values of at most 1000 are exact in all types, and so are their sums here. */
#define ADDS(type, code, deferred)                                                                 \
    do {                                                                                           \
        const uint64_t count = 6000 * size() / sizeof(type), lists = 700;                          \
        type *object = alloc(count * sizeof(type)), values[700];                                   \
        type *copy = calloc(count, sizeof *copy);                                                  \
        char *scratch = malloc(count * sizeof *copy);                                              \
        uint64_t index[700];                                                                       \
        for (uint64_t r = 0; r < size(); r++) {                                                    \
            random_list(index, lists, r % 2 ? count : 40);                                         \
            for (uint64_t i = 0; i < lists; i++) {                                                 \
                values[i] = (type)job_below(&job_everywhere, 1000);                                \
                copy[index[i]] = (type)(copy[index[i]] + values[i]);                               \
            }                                                                                      \
            if (r == rank())                                                                       \
                JOB_OK((deferred) ? giga_scatter_add_nbi(object, values, code, index, lists)       \
                                  : giga_scatter_add(object, values, code, index, lists));         \
        }                                                                                          \
        JOB_OK(giga_barrier());                                                                    \
        CU_ASSERT_EQUAL(differing(object, (char *)copy, count * sizeof(type), scratch), 0);        \
        JOB_OK(giga_barrier());                                                                    \
        free(copy);                                                                                \
        free(scratch);                                                                             \
        JOB_OK(giga_free(object));                                                                 \
    } while (0)

static void scatter_add_of_all_ranks_adds_up_in_every_type(void)
{
    for (int deferred = 0; deferred < 2; deferred++) {
        ADDS(int32_t, GIGA_I32, deferred);
        ADDS(uint32_t, GIGA_U32, deferred);
        ADDS(int64_t, GIGA_I64, deferred);
        ADDS(uint64_t, GIGA_U64, deferred);
        ADDS(float, GIGA_F32, deferred);
        ADDS(double, GIGA_F64, deferred);
    }
}

/* ---- boxes ---- */

static void copy_box(char *dst, const uint64_t *to, const char *src, const uint64_t *from,
                     const giga_box *box)
{
    uint64_t n[3] = {1, 1, 1}, d[3] = {0}, s[3] = {0};

    for (int32_t i = 0; i < box->dims; i++) {
        n[i] = box->extent[i];
        d[i] = to[i];
        s[i] = from[i];
    }
    for (uint64_t i = 0; i < n[0]; i++)
        for (uint64_t j = 0; j < n[1]; j++)
            for (uint64_t k = 0; k < n[2]; k++)
                memcpy(dst + i * d[0] + j * d[1] + k * d[2], src + i * s[0] + j * s[1] + k * s[2],
                       box->element_bytes);
}

/* Strides that keep places apart, with random gaps; returns the bytes from first to last. */
static uint64_t random_strides(const giga_box *box, bool gaps, uint64_t *stride)
{
    uint64_t span = box->element_bytes;

    for (int32_t d = box->dims - 1; d >= 0; d--) {
        stride[d] = span + (gaps ? job_below(&job_everywhere, 20) : 0);
        span += stride[d] * (box->extent[d] - 1);
    }
    return span;
}

static giga_box random_box(void)
{
    giga_box box = {.element_bytes = 1 + job_below(&job_everywhere, 20)};

    box.dims = 1 + (int32_t)job_below(&job_everywhere, 3);
    if (job_below(&job_everywhere, 6) == 0)
        box.element_bytes = 1 + job_below(&job_everywhere, 10000);
    for (int32_t d = 0; d < box.dims; d++)
        box.extent[d] = 1 + job_below(&job_everywhere, box.element_bytes > 100 ? 3 : 12);
    return box;
}

enum { ROUNDS = 60, ROOM = 600000 };

static void boxes_are_read_like_three_loops_read_them(void)
{
    char *object = alloc(ROOM * 2), *copy = malloc(ROOM * 2);
    char *got = malloc(ROOM), *expected = malloc(ROOM);
    size_t wrong = 0;

    fill_object(object, 8, ROOM * 2, copy);
    for (int round = 0; round < ROUNDS; round++) {
        giga_box box = random_box();
        uint64_t window[3], private[3];
        uint64_t span = random_strides(&box, round % 3 != 0, window);
        uint64_t at = job_below(&job_everywhere, 2 * ROOM - span + 1);
        random_strides(&box, round % 2 == 0, private);
        memset(got, 0x55, ROOM);
        memset(expected, 0x55, ROOM);
        copy_box(expected, private, copy + at, window, &box);
        const uint64_t *packed = round % 2 ? NULL : private; /* odd rounds are packed anyway */
        JOB_OK(round % 4 < 2 ? giga_get_box(got, packed, object + at, window, &box)
                             : giga_get_box_nbi(got, packed, object + at, window, &box));
        JOB_OK(giga_quiet());
        wrong += memcmp(got, expected, ROOM) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_barrier());
    free(copy);
    free(got);
    free(expected);
    JOB_OK(giga_free(object));
}

/* Every rank writes boxes into a stretch of its own; the gaps of a box stay. */
static void boxes_are_written_like_three_loops_write_them(void)
{
    const uint64_t bytes = ROOM * size();
    char *object = alloc(bytes), *copy = malloc(bytes), *src = malloc(ROOM),
         *scratch = malloc(bytes);
    size_t wrong = 0;

    fill_object(object, 9, bytes, copy);
    for (uint64_t round = 0; round < ROUNDS / size() * size(); round++) {
        giga_box box = random_box();
        uint64_t window[3], private[3], who = round % size();
        uint64_t span = random_strides(&box, round % 3 != 0, window);
        uint64_t at = ROOM * ((who + 1) % size()) + job_below(&job_everywhere, ROOM - span + 1);
        random_strides(&box, round % 2 == 0, private);
        job_fill(src, 1000 + round, 0, ROOM);
        copy_box(copy + at, window, src, private, &box);
        if (who != rank())
            continue;
        JOB_OK(round % 4 < 2 ? giga_put_box(object + at, window, src, private, &box)
                             : giga_put_box_nbi(object + at, window, src, private, &box));
        memset(src, 0x66, ROOM);
        JOB_OK(giga_fence()); /* boxes of one rank may overlap */
    }
    JOB_OK(giga_barrier());
    wrong += differing(object, copy, bytes, scratch);
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_barrier());
    free(copy);
    free(src);
    free(scratch);
    JOB_OK(giga_free(object));
}

/* Long rows travel as runs of their own, more of them than are under way at once. */
static void the_source_of_a_deferred_box_may_be_reused_at_once(void)
{
    enum { ROWS = 50, ROW = 100000, PITCH = 120000 };
    char *object = alloc_blocks(ROWS * PITCH), *src = malloc((size_t)ROWS * ROW);
    giga_box box = {ROW, 1, {ROWS}};
    uint64_t pitch = PITCH, wrong = 0;

    for (int round = 0; round < 3; round++) {
        job_fill(src, 20 + rank(), 0, (size_t)ROWS * ROW);
        JOB_OK(giga_put_box_nbi(block_of(object, next_rank()), &pitch, src, NULL, &box));
        memset(src, 0x11, (size_t)ROWS * ROW);
        JOB_OK(giga_barrier());
        const char *mine = giga_local(object, NULL);
        for (size_t r = 0; r < ROWS; r++)
            wrong += job_wrong(mine + r * PITCH, 20 + (rank() + size() - 1) % size(), r * ROW, ROW);
        JOB_OK(giga_barrier());
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(src);
    JOB_OK(giga_free(object));
}

/* A stride of 0 on the side that is read repeats one place. */
static void a_source_stride_of_zero_spreads_one_element(void)
{
    uint64_t *object = alloc_blocks(800 * 8), *to = block_of(object, next_rank());
    uint64_t value = 77 + rank(), got[20], strides[2] = {0, 0}, wrong = 0;
    giga_box box = {8, 2, {20, 40}};

    JOB_OK(giga_put_box(to, NULL, &value, strides, &box));
    JOB_OK(giga_barrier());
    const uint64_t *mine = giga_local(object, NULL);
    for (int i = 0; i < 800; i++)
        wrong += mine[i] != 77 + (rank() + size() - 1) % size();
    giga_box column = {8, 1, {20}};
    JOB_OK(giga_get_box(got, NULL, &to[5], strides, &column));
    for (int i = 0; i < 20; i++)
        wrong += got[i] != value;
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void a_box_of_nothing_moves_nothing_and_one_of_one_moves_one(void)
{
    uint32_t *object = alloc_blocks(64), *to = block_of(object, next_rank()), value = 9, got = 1;
    giga_box none = {4, 3, {5, 0, 5}}, one = {4, 3, {1, 1, 1}};

    JOB_OK(giga_put_box(to, NULL, NULL, NULL, &none));
    JOB_OK(giga_get_box(NULL, NULL, to, NULL, &none));
    CU_ASSERT_EQUAL(giga_load(to), 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_put_box(to + 3, NULL, &value, NULL, &one));
    JOB_OK(giga_get_box(&got, NULL, to + 3, NULL, &one));
    CU_ASSERT_EQUAL(got, 9);
    CU_ASSERT_EQUAL(giga_load(to + 4), 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- refusals ---- */

static void an_index_past_the_end_is_named_and_nothing_moves(void)
{
    const uint64_t bytes = 8192 * size(), elements = bytes / 8;
    uint64_t *object = alloc(bytes), values[3] = {1, 2, 3}, got[3] = {4, 5, 6};
    uint64_t index[3] = {0, elements, 1}, huge[3] = {0, UINT64_MAX, 1},
             wrap[3] = {0, UINT64_MAX / 8 + 2, 1};
    char name[32];

    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_gather(got, object, 8, index, 3), GIGA_ERR_RANGE);
    snprintf(name, sizeof name, "index %llu", (unsigned long long)elements);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), name));
    CU_ASSERT_EQUAL(giga_gather_nbi(got, object, 8, huge, 3), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_scatter(object, values, 8, wrap, 3), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_scatter_nbi(object, values, 8, index, 3), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_scatter_add(object, values, GIGA_U64, index, 3), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_scatter_add_nbi(object, values, GIGA_U64, huge, 3), GIGA_ERR_RANGE);
    JOB_OK(giga_barrier());
    CU_ASSERT(got[0] == 4 && got[1] == 5 && got[2] == 6);
    CU_ASSERT_EQUAL(giga_load(object), 0);
    CU_ASSERT_EQUAL(giga_load(object + 1), 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Behind the last byte, but in the pages and granules that the object owns. */
static void a_base_past_the_end_has_no_elements(void)
{
    const uint64_t bytes = 100;
    char *object = alloc(bytes), got[8] = "same";
    uint64_t index = 0, far = 1000;

    CU_ASSERT_EQUAL(giga_gather(got, object + bytes, 1, &index, 1), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_gather(got, object + bytes + 8, 1, &index, 1), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_gather(got, object + bytes + 8, 1, &far, 1), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_scatter(object + bytes + 1, got, 4, &far, 1), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_scatter_add(object + bytes + 12, got, GIGA_U64, &index, 1),
                    GIGA_ERR_RANGE);
    CU_ASSERT_STRING_EQUAL(got, "same");
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Blocks of 24 bytes of which each rank looks behind the end, near and remote. */
static void an_element_behind_a_shorter_block_is_refused_and_the_others_done(void)
{
    uint64_t *object = alloc_blocks(24), step = giga_stride(object) / 8;

    for (uint64_t r = 0; r < size(); r++) {
        uint64_t index[3] = {r * step, r * step + 3, r * step + 2}, got[3] = {7, 7, 7};
        CU_ASSERT_EQUAL(giga_gather(got, object, 8, index, 3), GIGA_ERR_RANGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_gather"));
        giga_status at_call = giga_gather_nbi(got, object, 8, index, 3);
        giga_status at_quiet = giga_quiet();
        CU_ASSERT_EQUAL(at_call == GIGA_OK ? at_quiet : at_call, GIGA_ERR_RANGE);
        CU_ASSERT_EQUAL(giga_scatter_add(object, got, GIGA_U64, index, 3), GIGA_ERR_RANGE);
        JOB_OK(giga_quiet());
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* An element of 1000 bytes that begins in a block of 4000 and ends behind it. */
static void an_element_that_leaves_a_shorter_block_is_refused(void)
{
    char *object = alloc_blocks(4000), got[1000];

    for (uint64_t r = 0; r < size(); r++) {
        uint64_t index = 0;
        char *base = (char *)block_of(object, r) + 3500;
        CU_ASSERT_EQUAL(giga_gather(got, base, 1000, &index, 1), GIGA_ERR_RANGE);
        CU_ASSERT_EQUAL(giga_scatter(base, got, 1000, &index, 1), GIGA_ERR_RANGE);
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* One element over the end of a full block into the next one, where blocks touch. */
static void an_element_over_two_unequal_blocks_moves_or_is_refused_whole(void)
{
    char *object = alloc_blocks(rank() % 2 ? 100 : 4096), got[64], all[64];
    uint64_t index = 0;

    memset(giga_local(object, NULL), (int)rank() + 1, rank() % 2 ? 100 : 4096);
    JOB_OK(giga_barrier());
    for (uint64_t r = 0; r + 1 < size(); r++) {
        char *base = (char *)block_of(object, r + 1) - 32;
        memset(got, 0x55, sizeof got);
        memset(all, 0x55, sizeof all);
        giga_status status = giga_gather(got, base, 64, &index, 1);
        CU_ASSERT(status == GIGA_OK || status == GIGA_ERR_RANGE);
        if (status == GIGA_OK) {
            memset(all, (int)r + 1, 32);
            memset(all + 32, (int)r + 2, 32);
            CU_ASSERT_EQUAL(memcmp(got, all, 64), 0);
            CU_ASSERT_EQUAL(giga_stride(object), 4096); /* else there is a gap between them */
            CU_ASSERT_EQUAL(r % 2, 0);
        }
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void boxes_past_the_end_are_refused_with_nothing_moved(void)
{
    const uint64_t bytes = 8192 * size();
    char *object = alloc(bytes), got[64] = "unchanged", ones[512];
    giga_box box = {1, 2, {4, 4}}, vast = {8, 3, {UINT64_C(1) << 40, UINT64_C(1) << 40, 2}};
    uint64_t pitch[3] = {bytes / 3, 1, 1}, wrap[2] = {UINT64_C(1) << 63, 1};

    memset(ones, 1, sizeof ones);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_get_box(got, NULL, object + 4, pitch, &box), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_get_box(got, NULL, object, wrap, &box), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_get_box_nbi(got, NULL, object, NULL, &vast), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_put_box(object + bytes - 15, NULL, ones, NULL, &box), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_put_box_nbi(object + 4, pitch, ones, NULL, &box), GIGA_ERR_RANGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_put_box_nbi"));
    CU_ASSERT_STRING_EQUAL(got, "unchanged");
    JOB_OK(giga_put_box(object + bytes - 16, NULL, ones, NULL, &box)); /* just fits */
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_load((uint64_t *)(void *)object), 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void lists_and_boxes_that_make_no_sense_are_refused(void)
{
    uint64_t *object = alloc(8192), index[1] = {0}, value[1] = {3};
    giga_box good = {8, 1, {1}}, flat = {8, 0, {1}}, deep = {8, 4, {1}}, thin = {0, 1, {1}};

    CU_ASSERT_EQUAL(giga_gather(value, object, 0, index, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_gather(value, object, GIGA_COPY_MAX + 1, index, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_gather(NULL, object, 8, index, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_scatter(object, value, 8, NULL, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_scatter_add(object, value, (giga_type)77, index, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_scatter_add((char *)object + 4, value, GIGA_U64, index, 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_gather(value, value, 8, index, 1), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_get_box(value, NULL, object, NULL, &flat), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_get_box(value, NULL, object, NULL, &deep), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_get_box(value, NULL, object, NULL, &thin), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_get_box(value, NULL, object, NULL, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_put_box(object, NULL, NULL, NULL, &good), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_put_box(value, NULL, value, NULL, &good), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(value[0], 3);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_load(object), 0);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static const job_test tests[] = {
    JOB_LAW(gather_of_any_width_returns_what_the_indices_name),
    JOB_LAW(an_empty_list_and_a_list_of_one_are_lists),
    JOB_LAW(scatter_of_any_width_writes_those_elements_and_no_others),
    JOB_LAW(of_values_scattered_to_one_element_one_wins_whole),
    JOB_LAW(scatter_add_of_all_ranks_adds_up_in_every_type),
    JOB_LAW(boxes_are_read_like_three_loops_read_them),
    JOB_LAW(boxes_are_written_like_three_loops_write_them),
    JOB_LAW(the_source_of_a_deferred_box_may_be_reused_at_once),
    JOB_LAW(a_source_stride_of_zero_spreads_one_element),
    JOB_LAW(a_box_of_nothing_moves_nothing_and_one_of_one_moves_one),
    JOB_LAW(an_index_past_the_end_is_named_and_nothing_moves),
    JOB_LAW(a_base_past_the_end_has_no_elements),
    JOB_LAW(an_element_behind_a_shorter_block_is_refused_and_the_others_done),
    JOB_LAW(an_element_that_leaves_a_shorter_block_is_refused),
    JOB_LAW(an_element_over_two_unequal_blocks_moves_or_is_refused_whole),
    JOB_LAW(boxes_past_the_end_are_refused_with_nothing_moved),
    JOB_LAW(lists_and_boxes_that_make_no_sense_are_refused),
};

int main(void)
{
    return JOB_RUN("vector", tests);
}
