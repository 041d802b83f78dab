/*
 * test_misuse.c - every public function, called as it must not be.
 *
 * Before the start and after the stop, with NULL, outside, past the end, misaligned, with the
 * wrong object. A function with a status returns the right one, with a sentence that names it;
 * one without ends the job with a sentence that names it: giga_abort() is wrapped by the
 * linker, and comes back here. unit/misuse_cases sees to it that no function is missing.
 *
 * Runs on one node, on nodes of one and two ranks, and across virtual hosts. What ends a real
 * job is in fault/.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "misuse.h"
#include "objects.h"

/* ---- the ways a mistake may end ---- */

jmp_buf way_out;
char said[1024];

void __wrap_giga_abort(const char *format, ...);
void __wrap_giga_abort(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(said, sizeof said, format, args);
    va_end(args);
    longjmp(way_out, 1);
}

void judge(const char *function, int line, bool good, const char *sentence)
{
    if (!good || !strstr(sentence, function))
        fprintf(stderr, "misuse: rank %d: line %d, %s '%s'\n", giga_rank(), line, function,
                sentence);
    CU_ASSERT(good);
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence, function));
}

/* ---- words ---- */

static volatile uint64_t sink;

/* Every operation on a word, at an address `p` of a bad kind; `v` is a value of its type. */
#define ON_INTEGERS(p, v, b)                                                                       \
    ENDS(giga_fetch_and, giga_fetch_and(p, v));                                                    \
    ENDS(giga_fetch_or, giga_fetch_or(p, v));                                                      \
    ENDS(giga_fetch_xor, giga_fetch_xor(p, v));                                                    \
    ENDS(giga_fetch_min, giga_fetch_min(p, v));                                                    \
    ENDS(giga_fetch_max, giga_fetch_max(p, v));                                                    \
    ENDS(giga_cas, giga_cas(p, v, v));                                                             \
    ENDS_AS(giga_and, "giga_fetch_and", giga_and(p, v));                                           \
    ENDS_AS(giga_or, "giga_fetch_or", giga_or(p, v));                                              \
    ENDS_AS(giga_xor, "giga_fetch_xor", giga_xor(p, v));                                           \
    ENDS_AS(giga_min, "giga_fetch_min", giga_min(p, v));                                           \
    ENDS_AS(giga_max, "giga_fetch_max", giga_max(p, v));                                           \
    ENDS(giga_and_nbi, giga_and_nbi(p, v));                                                        \
    ENDS(giga_or_nbi, giga_or_nbi(p, v));                                                          \
    ENDS(giga_xor_nbi, giga_xor_nbi(p, v));                                                        \
    ENDS(giga_min_nbi, giga_min_nbi(p, v));                                                        \
    ENDS(giga_max_nbi, giga_max_nbi(p, v));                                                        \
    ENDS(giga_fetch_and_nbi, giga_fetch_and_nbi(b, p, v));                                         \
    ENDS(giga_fetch_or_nbi, giga_fetch_or_nbi(b, p, v));                                           \
    ENDS(giga_fetch_xor_nbi, giga_fetch_xor_nbi(b, p, v));                                         \
    ENDS(giga_fetch_min_nbi, giga_fetch_min_nbi(b, p, v));                                         \
    ENDS(giga_fetch_max_nbi, giga_fetch_max_nbi(b, p, v));                                         \
    ENDS(giga_cas_nbi, giga_cas_nbi(b, p, v, v))
#define ON_WORDS(p, v, b)                                                                          \
    ENDS(giga_fetch_add, giga_fetch_add(p, v));                                                    \
    ENDS(giga_swap, giga_swap(p, v));                                                              \
    ENDS_AS(giga_add, "giga_fetch_add", giga_add(p, v));                                           \
    ENDS(giga_add_nbi, giga_add_nbi(p, v));                                                        \
    ENDS(giga_fetch_add_nbi, giga_fetch_add_nbi(b, p, v));                                         \
    ENDS(giga_swap_nbi, giga_swap_nbi(b, p, v));                                                   \
    ENDS(giga_load, (sink = (uint64_t)giga_load(p)));                                              \
    ENDS(giga_store, giga_store(p, v));                                                            \
    ENDS(giga_store_nbi, giga_store_nbi(p, v))

#define AS(type, at) ((type *)(void *)(at))

/* All types; returns so that each is a function of its own and stays short to compile. */
#define WORDS_OF(type, both, v)                                                                    \
    static void words_of_##type(void *at)                                                          \
    {                                                                                              \
        static type before;                                                                        \
        before = (type)5;                                                                          \
        both;                                                                                      \
        CU_ASSERT(before == (type)5);                                                              \
    }
WORDS_OF(int32_t, ON_WORDS(AS(int32_t, at), 1, &before);
         ON_INTEGERS(AS(int32_t, at), 1, &before), 1)
WORDS_OF(uint32_t, ON_WORDS(AS(uint32_t, at), 1, &before);
         ON_INTEGERS(AS(uint32_t, at), 1, &before), 1)
WORDS_OF(int64_t, ON_WORDS(AS(int64_t, at), 1, &before);
         ON_INTEGERS(AS(int64_t, at), 1, &before), 1)
WORDS_OF(uint64_t, ON_WORDS(AS(uint64_t, at), 1, &before);
         ON_INTEGERS(AS(uint64_t, at), 1, &before), 1)
WORDS_OF(float, ON_WORDS(AS(float, at), 1, &before), 1)
WORDS_OF(double, ON_WORDS(AS(double, at), 1, &before), 1)

static void words_at(char *at, bool aligned_to_4)
{
    if (!aligned_to_4) {
        words_of_int32_t(at);
        words_of_uint32_t(at);
        words_of_float(at);
    }
    words_of_int64_t(at);
    words_of_uint64_t(at);
    words_of_double(at);
}

/* ---- giga does not run ---- */

static void nothing_works_without_giga(void)
{
    static char room[4096];
    uint64_t word = 5, index = 0, got = 7;
    void *object = &word;
    giga_handle handle = 1;
    giga_array *array = (giga_array *)&word;
    giga_team *team = NULL;
    giga_box box = {8, 1, {1}};
    giga_info_host host;
    giga_memory_info memory;
    bool done = true;
    size_t which = 0, bytes = 3;
    const giga_dist dist = {.kind = GIGA_DIST_BLOCK};
    const giga_status no = GIGA_ERR_STATE;

    memset(room, 3, sizeof room);
    REFUSED(giga_get, no, giga_get(&got, &word, 8));
    REFUSED(giga_put, no, giga_put(&word, &got, 8));
    REFUSED(giga_get_nbi, no, giga_get_nbi(&got, &word, 8));
    REFUSED(giga_put_nbi, no, giga_put_nbi(&word, &got, 8));
    REFUSED(giga_get_nb, no, giga_get_nb(&got, &word, 8, &handle));
    CU_ASSERT_EQUAL(handle, GIGA_HANDLE_DONE);
    handle = 1;
    REFUSED(giga_put_nb, no, giga_put_nb(&word, &got, 8, &handle));
    CU_ASSERT_EQUAL(handle, GIGA_HANDLE_DONE);
    handle = 1;
    REFUSED(giga_test, no, giga_test(&handle, &done));
    CU_ASSERT(!done);
    REFUSED(giga_wait, no, giga_wait(&handle));
    REFUSED(giga_wait_any, no, giga_wait_any(&handle, 1, &which));
    REFUSED(giga_quiet, no, giga_quiet());
    REFUSED(giga_fence, no, giga_fence());
    REFUSED(giga_notify, no, giga_notify(&word, 1));
    REFUSED(giga_put_notify, no, giga_put_notify(&word, &got, 8, &word, 1));
    REFUSED(giga_await, no, giga_await(&word, GIGA_EQ, 5, NULL));
    REFUSED(giga_gather, no, giga_gather(&got, &word, 8, &index, 1));
    REFUSED(giga_gather_nbi, no, giga_gather_nbi(&got, &word, 8, &index, 1));
    REFUSED(giga_scatter, no, giga_scatter(&word, &got, 8, &index, 1));
    REFUSED(giga_scatter_nbi, no, giga_scatter_nbi(&word, &got, 8, &index, 1));
    REFUSED(giga_scatter_add, no, giga_scatter_add(&word, &got, GIGA_U64, &index, 1));
    REFUSED(giga_scatter_add_nbi, no, giga_scatter_add_nbi(&word, &got, GIGA_U64, &index, 1));
    REFUSED(giga_get_box, no, giga_get_box(&got, NULL, &word, NULL, &box));
    REFUSED(giga_get_box_nbi, no, giga_get_box_nbi(&got, NULL, &word, NULL, &box));
    REFUSED(giga_put_box, no, giga_put_box(&word, NULL, &got, NULL, &box));
    REFUSED(giga_put_box_nbi, no, giga_put_box_nbi(&word, NULL, &got, NULL, &box));
    words_at((char *)&word, false);

    REFUSED(giga_alloc, no, giga_alloc(8, NULL, &object));
    REFUSED(giga_alloc_blocks, no, giga_alloc_blocks(8, NULL, &object));
    REFUSED(giga_alloc_one, no, giga_alloc_one(8, NULL, &object));
    CU_ASSERT_PTR_NULL(object);
    REFUSED(giga_free, no, giga_free(&word));
    REFUSED(giga_free_one, no, giga_free_one(&word));
    REFUSED(giga_memory_of, no, giga_memory_of(&word, &memory));
    CALM(giga_local, giga_local(&word, &bytes) == NULL && bytes == 0);
    CALM(giga_near, giga_near(&word, NULL) == NULL);
    CALM(giga_home, giga_home(&word) == -1);
    CALM(giga_stride, giga_stride(&word) == 0);

    REFUSED(giga_barrier, no, giga_barrier());
    REFUSED(giga_broadcast, no, giga_broadcast(&word, 8, 0));
    REFUSED(giga_allreduce, no, giga_allreduce(&word, &got, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_exscan, no, giga_exscan(&word, &got, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_allgather, no, giga_allgather(&word, 8, room));
    REFUSED(giga_alltoallv, no, giga_alltoallv(&word, &index, room, &index));
    REFUSED(giga_agree, no, giga_agree(GIGA_OK));
    ENDS_AS(giga_allreduce_u64, "giga_allreduce", giga_allreduce_u64(1, GIGA_SUM));
    ENDS_AS(giga_allreduce_i64, "giga_allreduce", giga_allreduce_i64(1, GIGA_SUM));
    ENDS_AS(giga_allreduce_f64, "giga_allreduce", giga_allreduce_f64(1, GIGA_SUM));
    ENDS_AS(giga_allreduce_sum, "giga_allreduce", giga_allreduce_sum(word));
    ENDS_AS(giga_allreduce_min, "giga_allreduce", giga_allreduce_min(word));
    ENDS_AS(giga_allreduce_max, "giga_allreduce", giga_allreduce_max(word));
    CALM(giga_rank, giga_rank() == -1);
    CALM(giga_size, giga_size() == 0);
    CALM(giga_nodes, giga_nodes() == 0);
    CALM(giga_node_of, giga_node_of(0) == -1);
    CALM(giga_node_leader, giga_node_leader(0) == -1);
    CALM(giga_near_size, giga_near_size() == 0);
    CALM(giga_near_index, giga_near_index() == -1);
    CALM(giga_near_rank, giga_near_rank(0) == -1);
    REFUSED(giga_fini, no, (giga_status)giga_fini());

    REFUSED(giga_team_split, no, giga_team_split(NULL, 0, 0, &team));
    REFUSED_AS(giga_team_near, "giga_team_split", no, giga_team_near(&team));
    REFUSED_AS(giga_team_leaders, "giga_team_split", no, giga_team_leaders(&team));
    REFUSED(giga_team_destroy, no, giga_team_destroy(NULL));
    REFUSED(giga_team_barrier, no, giga_team_barrier(NULL));
    REFUSED(giga_team_broadcast, no, giga_team_broadcast(NULL, &word, 8, 0));
    REFUSED(giga_team_allreduce, no, giga_team_allreduce(NULL, &word, &got, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_team_exscan, no, giga_team_exscan(NULL, &word, &got, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_team_allgather, no, giga_team_allgather(NULL, &word, 8, room));
    REFUSED(giga_team_alltoallv, no, giga_team_alltoallv(NULL, &word, &index, room, &index));
    REFUSED(giga_team_agree, no, giga_team_agree(NULL, GIGA_OK));
    CALM(giga_team_rank, giga_team_rank(NULL) == -1);
    CALM(giga_team_size, giga_team_size(NULL) == 0);
    CALM(giga_team_job_rank, giga_team_job_rank(NULL, 0) == -1);
    CALM(giga_team_rank_of, giga_team_rank_of(NULL, 0) == -1);

    REFUSED(giga_array_create, no, giga_array_create(8, 8, dist, NULL, &array));
    REFUSED(giga_array_destroy, no, giga_array_destroy(NULL));
    REFUSED(giga_array_get, no, giga_array_get(NULL, 0, 1, &got));
    REFUSED(giga_array_put, no, giga_array_put(NULL, 0, 1, &got));
    CALM(giga_at, giga_at(NULL, 0) == NULL);
    CALM(giga_array_home, giga_array_home(NULL, 0) == -1);
    CALM(giga_array_local, giga_array_local(NULL, &index) == NULL && index == 0);
    REFUSED(giga_info_get_host, no, giga_info_get_host(&host));
    REFUSED(giga_info_memory_kinds, no, giga_info_memory_kinds(room, sizeof room));
    CU_ASSERT_EQUAL(word, 5);
    CU_ASSERT_EQUAL(got, 7);
    CU_ASSERT_EQUAL(room[0], 3);
}

/* What tells of giga itself works in any state. */
static void what_needs_no_giga_works_without_it(void)
{
    CALM(giga_info_variables, giga_info_variables() > 5);
    CALM(giga_info_variable_at, giga_info_variable_at(SIZE_MAX).name == NULL);
    CALM(giga_info_versions, strncmp(giga_info_versions(), "giga ", 5) == 0);
    CALM(giga_status_name, strcmp(giga_status_name((giga_status)12345), "GIGA_OK") != 0);
    CALM(giga_fail, giga_fail(GIGA_ERR_IO, "%s", "words") == GIGA_ERR_IO);
    CALM(giga_error, strcmp(giga_error(), "words") == 0);
    CALM(giga_fail, giga_fail(GIGA_ERR_IO, "%s", giga_error()) == GIGA_ERR_IO);
    CALM(giga_error, strcmp(giga_error(), "words") == 0);
}

/* ---- giga runs ---- */

static char *object, *gaps; /* of 4096 bytes and of 40 bytes a rank */
static uint64_t bytes_of_object;
static giga_array *array;

static void start(void)
{
    CU_ASSERT_EQUAL_FATAL(giga_init(NULL), GIGA_OK);
    bytes_of_object = 4096 * size() - 8;
    object = alloc(bytes_of_object);
    gaps = alloc_blocks(40);
    JOB_OK(giga_array_create(100, 8, (giga_dist){.kind = GIGA_DIST_CYCLIC}, NULL, &array));
    REFUSED(giga_init, GIGA_ERR_STATE, giga_init(NULL));
}

/* Runs at [at, at + 8), whose status is `expected`. */
static void runs_at(char *at, giga_status expected)
{
    uint64_t got = 7, index = 0;
    giga_box box = {8, 1, {1}};
    giga_handle handle = 1;

    REFUSED(giga_get, expected, giga_get(&got, at, 8));
    REFUSED(giga_put, expected, giga_put(at, &got, 8));
    REFUSED(giga_get_nbi, expected, giga_get_nbi(&got, at, 8));
    REFUSED(giga_put_nbi, expected, giga_put_nbi(at, &got, 8));
    REFUSED(giga_get_nb, expected, giga_get_nb(&got, at, 8, &handle));
    CU_ASSERT_EQUAL(handle, GIGA_HANDLE_DONE);
    REFUSED(giga_put_nb, expected, giga_put_nb(at, &got, 8, &handle));
    REFUSED(giga_notify, expected, giga_notify(AS(uint64_t, at), 1));
    REFUSED(giga_put_notify, expected, giga_put_notify(at, &got, 8, AS(uint64_t, object), 1));
    REFUSED(giga_put_notify, expected, giga_put_notify(object, &got, 8, AS(uint64_t, at), 1));
    REFUSED(giga_await, expected, giga_await(AS(uint64_t, at), GIGA_EQ, 0, NULL));
    REFUSED(giga_gather, expected, giga_gather(&got, at, 8, &index, 1));
    REFUSED(giga_gather_nbi, expected, giga_gather_nbi(&got, at, 8, &index, 1));
    REFUSED(giga_scatter, expected, giga_scatter(at, &got, 8, &index, 1));
    REFUSED(giga_scatter_nbi, expected, giga_scatter_nbi(at, &got, 8, &index, 1));
    REFUSED(giga_scatter_add, expected, giga_scatter_add(at, &got, GIGA_U64, &index, 1));
    REFUSED(giga_scatter_add_nbi, expected, giga_scatter_add_nbi(at, &got, GIGA_U64, &index, 1));
    REFUSED(giga_get_box, expected, giga_get_box(&got, NULL, at, NULL, &box));
    REFUSED(giga_get_box_nbi, expected, giga_get_box_nbi(&got, NULL, at, NULL, &box));
    REFUSED(giga_put_box, expected, giga_put_box(at, NULL, &got, NULL, &box));
    REFUSED(giga_put_box_nbi, expected, giga_put_box_nbi(at, NULL, &got, NULL, &box));
    JOB_OK(giga_quiet());
    CU_ASSERT_EQUAL(got, 7);
}

static void addresses_in_no_object_are_refused(void)
{
    static uint64_t private;
    giga_info_host host;
    giga_memory_info memory;
    size_t bytes = 3;

    JOB_OK(giga_info_get_host(&host));
    char *places[] = {NULL, (char *)&private,
                      (char *)(uintptr_t)(host.window_base + host.window_bytes),
                      (char *)(uintptr_t)(host.window_base - 8), (char *)(uintptr_t)UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        runs_at(places[i], GIGA_ERR_ADDRESS);
        words_at(places[i], false);
        CALM(giga_local, giga_local(places[i], &bytes) == NULL && bytes == 0);
        CALM(giga_near, giga_near(places[i], &bytes) == NULL && bytes == 0);
        CALM(giga_home, giga_home(places[i]) == -1);
        CALM(giga_stride, giga_stride(places[i]) == 0);
        REFUSED(giga_memory_of, GIGA_ERR_ADDRESS, giga_memory_of(places[i], &memory));
    }
    REFUSED(giga_memory_of, GIGA_ERR_ARG, giga_memory_of(object, NULL));
    CU_ASSERT_EQUAL(private, 0);
}

/* The object ends 8 bytes before its last page does. */
static void runs_and_words_past_the_end_are_refused(void)
{
    static const uint64_t behind[] = {0, 8, 4096, 1 << 20};

    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        runs_at(object + bytes_of_object + behind[i], GIGA_ERR_RANGE);
        words_at(object + bytes_of_object + behind[i], false);
    }
    CALM(giga_home, giga_home(object + bytes_of_object) == -1);
    CALM(giga_near, giga_near(object + bytes_of_object, NULL) == NULL);
    JOB_OK(giga_quiet());
}

/* Whatever the alignment asked for, on near and on remote words. */
static void misaligned_words_end_the_job(void)
{
    for (uint64_t r = 0; r < size(); r++) {
        char *block = block_of(object, r);
        words_at(block + 1, false);
        words_at(block + 2, false);
        words_at(block + 4, true);
        if (r + 1 < size())
            words_at(block + 4093, false); /* over the end of a block */
    }
    REFUSED(giga_notify, GIGA_ERR_ARG, giga_notify(AS(uint64_t, object + 4), 1));
    REFUSED(giga_await, GIGA_ERR_ARG, giga_await(AS(uint64_t, object + 4), GIGA_EQ, 0, NULL));
    JOB_OK(giga_quiet());
}

/* Behind a block of unequal length: blocking calls end the job, near ones all of them. */
static void blocking_words_behind(char *at)
{
    ENDS(giga_fetch_add, giga_fetch_add(AS(uint64_t, at), 1));
    ENDS(giga_cas, giga_cas(AS(uint32_t, at), 1, 2));
    ENDS(giga_load, (sink = giga_load(AS(uint64_t, at))));
    ENDS(giga_store, giga_store(AS(double, at), 1));
}

static void words_behind_a_shorter_block_end_the_job(void)
{
    for (uint64_t r = 0; r < size(); r++) {
        char *at = (char *)block_of(gaps, r) + 40;
        blocking_words_behind(at);
        if (is_near(r))
            words_at(at, false);
    }
    JOB_OK(giga_quiet());
}

static void outputs_and_buffers_that_are_null_are_refused(void)
{
    uint64_t index = 0, word = 1;
    size_t which;
    giga_handle handle = GIGA_HANDLE_DONE;
    bool done;
    giga_box box = {8, 1, {1}};
    const giga_status no = GIGA_ERR_ARG;
    char *far = (char *)block_of(object, next_rank());
    (void)far;

    REFUSED(giga_test, no, giga_test(NULL, &done));
    REFUSED(giga_test, no, giga_test(&handle, NULL));
    REFUSED(giga_wait, no, giga_wait(NULL));
    REFUSED(giga_wait_any, no, giga_wait_any(NULL, 1, &which));
    REFUSED(giga_wait_any, no, giga_wait_any(&handle, 1, NULL));
    REFUSED(giga_put_notify, no, giga_put_notify(object, NULL, 8, AS(uint64_t, object), 1));
    REFUSED(giga_gather, no, giga_gather(NULL, object, 8, &index, 1));
    REFUSED(giga_scatter, no, giga_scatter(object, NULL, 8, &index, 1));
    REFUSED(giga_scatter_add, no, giga_scatter_add(object, &word, GIGA_U64, NULL, 1));
    REFUSED(giga_get_box, no, giga_get_box(NULL, NULL, object, NULL, &box));
    REFUSED(giga_put_box, no, giga_put_box(object, NULL, &word, NULL, NULL));
    REFUSED(giga_info_get_host, no, giga_info_get_host(NULL));
    REFUSED(giga_info_memory_kinds, no, giga_info_memory_kinds(NULL, 8));
    REFUSED(giga_alloc, no, giga_alloc(8, NULL, NULL));
    REFUSED(giga_alloc_blocks, no, giga_alloc_blocks(8, NULL, NULL));
    REFUSED(giga_alloc_one, no, giga_alloc_one(8, NULL, NULL));
    REFUSED(giga_allreduce, no, giga_allreduce(NULL, &word, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_exscan, no, giga_exscan(&word, NULL, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_broadcast, no, giga_broadcast(NULL, 8, 0));
    REFUSED(giga_allgather, no, giga_allgather(NULL, 8, NULL));
    REFUSED(giga_alltoallv, no, giga_alltoallv(&word, NULL, &word, NULL));
    REFUSED(giga_team_split, no, giga_team_split(NULL, 0, 0, NULL));
    REFUSED(giga_team_broadcast, no, giga_team_broadcast(NULL, NULL, 8, 0));
    if (!is_near(next_rank())) { /* the fast path of near ones does not look */
        REFUSED(giga_get, no, giga_get(NULL, far, 8));
        REFUSED(giga_put, no, giga_put(far, NULL, 8));
        REFUSED(giga_get_nbi, no, giga_get_nbi(NULL, far, 8));
        REFUSED(giga_put_nbi, no, giga_put_nbi(far, NULL, 8));
        REFUSED(giga_get_nb, no, giga_get_nb(NULL, far, 8, &handle));
        REFUSED(giga_put_nb, no, giga_put_nb(far, NULL, 8, &handle));
    }
}

static void values_that_mean_nothing_are_refused(void)
{
    uint64_t word = 1, index = 0;
    giga_team *team = NULL;
    giga_alloc_opts opts = {0};
    giga_opts start_opts = {0};
    const giga_status no = GIGA_ERR_ARG;
    void *out = &word;

    REFUSED(giga_broadcast, no, giga_broadcast(&word, 8, giga_size()));
    REFUSED(giga_broadcast, no, giga_broadcast(&word, 8, -1));
    REFUSED(giga_allreduce, no, giga_allreduce(&word, &word, 1, (giga_type)9, GIGA_SUM));
    REFUSED(giga_allreduce, no, giga_allreduce(&word, &word, 1, GIGA_F64, GIGA_BAND));
    REFUSED(giga_exscan, no, giga_exscan(&word, &word, 1, GIGA_U64, GIGA_MAX));
    ENDS_AS(giga_allreduce_u64, "giga_allreduce", giga_allreduce_u64(1, (giga_op)99));
    ENDS_AS(giga_allreduce_f64, "giga_allreduce", giga_allreduce_f64(1, GIGA_BOR));
    REFUSED(giga_team_allreduce, no,
            giga_team_allreduce(NULL, &word, &word, 1, (giga_type)9, GIGA_SUM));
    REFUSED(giga_team_exscan, no, giga_team_exscan(NULL, &word, &word, 1, GIGA_U64, GIGA_MIN));
    REFUSED(giga_team_split, no, giga_team_split(NULL, -7, 0, &team));
    REFUSED(giga_alloc, no, giga_alloc(8, &opts, &out));
    REFUSED(giga_alloc_blocks, no, giga_alloc_blocks(8, &opts, &out));
    REFUSED(giga_alloc_one, no, giga_alloc_one(8, &opts, &out));
    REFUSED(giga_init, GIGA_ERR_STATE, giga_init(&start_opts));
    REFUSED(giga_scatter_add, no, giga_scatter_add(object, &word, (giga_type)-1, &index, 1));
    REFUSED(giga_await, no, giga_await(giga_local(object, NULL), (giga_cmp)77, 0, NULL));
    CALM(giga_node_of, giga_node_of(giga_size()) == -1 && giga_node_of(-1) == -1);
    CALM(giga_node_leader, giga_node_leader(giga_nodes()) == -1 && giga_node_leader(-1) == -1);
    CALM(giga_near_rank, giga_near_rank(giga_near_size()) == -1 && giga_near_rank(-1) == -1);
    CALM(giga_team_job_rank, giga_team_job_rank(NULL, giga_size()) == -1);
    CALM(giga_team_rank_of, giga_team_rank_of(NULL, -1) == -1);
}

static void objects_of_another_kind_are_refused(void)
{
    void *one = NULL;
    uint64_t private;
    giga_team *none = NULL, *left = NULL;

    JOB_OK(giga_alloc_one(100, NULL, &one));
    REFUSED(giga_free, GIGA_ERR_ADDRESS, giga_free(one));
    REFUSED(giga_free, GIGA_ERR_ADDRESS, giga_free(object + 8));
    REFUSED(giga_free, GIGA_ERR_ADDRESS, giga_free(&private));
    REFUSED(giga_free_one, GIGA_ERR_ADDRESS, giga_free_one(object));
    REFUSED(giga_free_one, GIGA_ERR_ADDRESS, giga_free_one((char *)one + 64));
    REFUSED(giga_free_one, GIGA_ERR_ADDRESS, giga_free_one(&private));
    JOB_OK(giga_free_one(one));
    REFUSED(giga_free_one, GIGA_ERR_ADDRESS, giga_free_one(one));

    JOB_OK(giga_team_split(NULL, GIGA_TEAM_NONE, 0, &none));
    REFUSED(giga_team_barrier, GIGA_ERR_ARG, giga_team_barrier(none));
    REFUSED(giga_team_broadcast, GIGA_ERR_ARG, giga_team_broadcast(none, &private, 8, 0));
    REFUSED(giga_team_allreduce, GIGA_ERR_ARG,
            giga_team_allreduce(none, &private, &private, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_team_exscan, GIGA_ERR_ARG,
            giga_team_exscan(none, &private, &private, 1, GIGA_U64, GIGA_SUM));
    REFUSED(giga_team_allgather, GIGA_ERR_ARG, giga_team_allgather(none, &private, 8, &private));
    REFUSED(giga_team_alltoallv, GIGA_ERR_ARG,
            giga_team_alltoallv(none, &private, &private, &private, &private));
    REFUSED(giga_team_agree, GIGA_ERR_ARG, giga_team_agree(none, GIGA_OK));
    REFUSED(giga_team_split, GIGA_ERR_ARG, giga_team_split(none, 0, 0, &left));
    CALM(giga_team_rank, giga_team_rank(none) == -1);
    CALM(giga_team_size, giga_team_size(none) == 0);
    JOB_OK(giga_team_destroy(none));
}

static void arrays_refuse_what_is_outside_them(void)
{
    uint64_t got = 7, count = 5;
    giga_array *other = array;
    giga_dist dist = {.kind = GIGA_DIST_BLOCK}, odd = {.kind = (giga_dist_kind)9};

    REFUSED(giga_array_get, GIGA_ERR_RANGE, giga_array_get(array, 99, 2, &got));
    REFUSED(giga_array_put, GIGA_ERR_RANGE, giga_array_put(array, 101, 0, &got));
    REFUSED(giga_array_get, GIGA_ERR_RANGE, giga_array_get(array, 1, UINT64_MAX, &got));
    REFUSED(giga_array_get, GIGA_ERR_ARG, giga_array_get(NULL, 0, 1, &got));
    REFUSED(giga_array_put, GIGA_ERR_ARG, giga_array_put(NULL, 0, 1, &got));
    REFUSED(giga_at, true, giga_at(array, 100) == NULL);
    REFUSED(giga_at, true, giga_at(NULL, 0) == NULL);
    CALM(giga_array_home, giga_array_home(array, 100) == -1 && giga_array_home(NULL, 0) == -1);
    CALM(giga_array_local, giga_array_local(NULL, &count) == NULL && count == 0);
    CALM(giga_array_local, giga_array_local(NULL, NULL) == NULL);
    CALM(giga_array_index, giga_array_index(NULL, 0) == UINT64_MAX);
    CALM(giga_array_count, giga_array_count(NULL) == 0);
    CALM(giga_array_element, giga_array_element(NULL) == 0);
    CALM(giga_array_contiguous, giga_array_contiguous(NULL) == NULL);
    REFUSED(giga_array_create, GIGA_ERR_ARG, giga_array_create(8, 0, dist, NULL, &other));
    REFUSED(giga_array_create, GIGA_ERR_ARG, giga_array_create(8, 8, odd, NULL, &other));
    REFUSED(giga_array_create, GIGA_ERR_ARG, giga_array_create(UINT64_MAX, 8, dist, NULL, &other));
    REFUSED(giga_array_create, GIGA_ERR_ARG, giga_array_create(8, 8, dist, NULL, NULL));
    CU_ASSERT_EQUAL(got, 7);
}

/* After all of this the object is as it was, and everything works. */
static void nothing_was_written_by_mistake(void)
{
    char *all = malloc(bytes_of_object);
    size_t written = 0;

    JOB_OK(giga_barrier());
    JOB_OK(giga_get(all, object, bytes_of_object));
    for (uint64_t i = 0; i < bytes_of_object; i++)
        written += all[i] != 0;
    CU_ASSERT_EQUAL(written, 0);
    JOB_OK(giga_barrier());
    giga_fetch_add(AS(uint64_t, block_of(object, next_rank())), 1);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(*(uint64_t *)giga_local(object, NULL), 1);
    free(all);
}

static void stop(void)
{
    CU_ASSERT_EQUAL(giga_fini(), 0);
    REFUSED(giga_init, GIGA_ERR_STATE, giga_init(NULL)); /* MPI is finalised */
}

/* What was near once is not, and an array of that time leads nowhere. */
static void addresses_and_arrays_of_before_the_stop_lead_nowhere(void)
{
    uint64_t got = 7;

    REFUSED(giga_get, GIGA_ERR_STATE, giga_get(&got, object, 8));
    REFUSED(giga_put, GIGA_ERR_STATE, giga_put(object, &got, 8));
    ENDS(giga_load, (sink = giga_load(AS(uint64_t, object))));
    ENDS(giga_add_nbi, giga_add_nbi(AS(uint64_t, object), 1));
    REFUSED(giga_array_get, GIGA_ERR_STATE, giga_array_get(array, 0, 1, &got));
    REFUSED(giga_array_put, GIGA_ERR_STATE, giga_array_put(array, 0, 1, &got));
    REFUSED(giga_at, true, giga_at(array, 1) == NULL);
    CALM(giga_array_home, giga_array_home(array, 1) == -1);
    CU_ASSERT_EQUAL(got, 7);
}

static const job_test tests[] = {
    JOB_LAW(nothing_works_without_giga),
    JOB_LAW(no_service_works_without_giga),
    JOB_LAW(what_needs_no_giga_works_without_it),
    JOB_LAW(start),
    JOB_LAW(addresses_in_no_object_are_refused),
    JOB_LAW(runs_and_words_past_the_end_are_refused),
    JOB_LAW(misaligned_words_end_the_job),
    JOB_LAW(words_behind_a_shorter_block_end_the_job),
    JOB_LAW(outputs_and_buffers_that_are_null_are_refused),
    JOB_LAW(values_that_mean_nothing_are_refused),
    JOB_LAW(objects_of_another_kind_are_refused),
    JOB_LAW(arrays_refuse_what_is_outside_them),
    JOB_LAW(channels_refuse_what_makes_no_sense),
    JOB_LAW(calls_refuse_what_makes_no_sense),
    JOB_LAW(locks_refuse_what_is_no_lock),
    JOB_LAW(counters_are_of_live_objects),
    JOB_LAW(nothing_was_written_by_mistake),
    JOB_LAW(stop),
    {"nothing_works_after_the_stop", nothing_works_without_giga},
    {"no_service_works_after_the_stop", no_service_works_without_giga},
    {"what_needs_no_giga_works_after_the_stop", what_needs_no_giga_works_without_it},
    JOB_LAW(addresses_and_arrays_of_before_the_stop_lead_nowhere),
};

int main(void)
{
    const char *text = getenv("OMPI_COMM_WORLD_RANK");

    return job_run_bare("misuse", text ? (int32_t)strtol(text, NULL, 10) : 0, tests,
                        sizeof tests / sizeof tests[0]);
}
