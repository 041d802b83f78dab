/*
 * test_handle.c - get and put with a handle, and the three ways to wait for one.
 *
 * Runs on one node, where every handle is done at once, on nodes of one and two ranks, by
 * messages, and across virtual hosts. Expected bytes come from a formula of the place.
 */
#include <pthread.h>
#include <stdlib.h>

#include "objects.h"

enum { MANY = 100, PIECE = 3000, HANDLES = 2048 };

static bool remote(void)
{
    return !is_near(next_rank());
}

/* ---- waiting ---- */

static void what_was_put_is_at_its_home_once_the_handle_is_done(void)
{
    static const size_t lengths[] = {1, 8, 1000, GIGA_COPY_MAX, GIGA_COPY_MAX + 1, 200000};
    enum { LENGTHS = sizeof lengths / sizeof lengths[0], ROOM = 200000 };
    char *object = alloc_blocks(ROOM), *to = block_of(object, next_rank()), *source = malloc(ROOM);
    char *back = malloc(ROOM);
    size_t wrong = 0;

    for (size_t i = 0; i < 3 * LENGTHS; i++) {
        size_t bytes = lengths[i % LENGTHS], way = i / LENGTHS, which;
        giga_handle handle = 12345;
        job_fill(source, i + 1, 0, bytes);
        JOB_OK(giga_put_nb(to, source, bytes, &handle));
        CU_ASSERT(remote() || handle == GIGA_HANDLE_DONE);
        if (bytes <= GIGA_COPY_MAX) /* may be reused at once */
            memset(source, 0x31, bytes);
        bool done = way != 0;
        while (!done)
            JOB_OK(giga_test(&handle, &done));
        if (way == 1)
            JOB_OK(giga_wait(&handle));
        if (way == 2)
            JOB_OK(giga_wait_any(&handle, 1, &which));
        CU_ASSERT_EQUAL(handle, GIGA_HANDLE_DONE);
        memset(back, 0, bytes);
        JOB_OK(giga_get_nb(back, to, bytes, &handle));
        JOB_OK(giga_wait(&handle));
        wrong += job_wrong(back, i + 1, 0, bytes);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(source);
    free(back);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Each completion names another handle, whose bytes are there; then there is none left. */
static void wait_any_names_each_of_a_hundred_handles_once(void)
{
    char *object = alloc_blocks(MANY * PIECE), *from = block_of(object, next_rank());
    char *to = malloc((size_t)MANY * PIECE);
    giga_handle handles[MANY];
    bool seen[MANY] = {0};
    size_t index, wrong = 0, done = 0;

    job_fill(giga_local(object, NULL), rank(), 0, (size_t)MANY * PIECE);
    JOB_OK(giga_barrier());
    memset(to, 0, (size_t)MANY * PIECE);
    for (size_t i = 0; i < MANY; i++) {
        JOB_OK(giga_get_nb(to + i * PIECE, from + i * PIECE, 1 + i * 29, &handles[i]));
        seen[i] = handles[i] == GIGA_HANDLE_DONE; /* passed over */
    }
    for (;; done++) {
        JOB_OK(giga_wait_any(handles, MANY, &index));
        if (index >= MANY || done > MANY)
            break;
        wrong += seen[index] || handles[index] != GIGA_HANDLE_DONE;
        seen[index] = true;
    }
    CU_ASSERT_EQUAL(index, MANY);
    for (size_t i = 0; i < MANY; i++) {
        wrong += !seen[i];
        wrong += job_wrong(to + i * PIECE, next_rank(), i * PIECE, 1 + i * 29);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(to);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void a_done_handle_may_be_waited_for_again_and_counts_for_none(void)
{
    giga_handle handles[3] = {GIGA_HANDLE_DONE, GIGA_HANDLE_DONE, GIGA_HANDLE_DONE};
    bool done = false;
    size_t index = 77;

    JOB_OK(giga_wait(&handles[0]));
    JOB_OK(giga_test(&handles[0], &done));
    CU_ASSERT(done);
    JOB_OK(giga_wait_any(handles, 3, &index));
    CU_ASSERT_EQUAL(index, 3);
    JOB_OK(giga_wait_any(handles, 0, &index));
    CU_ASSERT_EQUAL(index, 0);
    JOB_OK(giga_wait_any(NULL, 0, &index));
    CU_ASSERT_EQUAL(index, 0);
}

/* One run over all blocks, near and remote, is one handle. */
static void a_run_over_many_homes_is_one_handle(void)
{
    const uint64_t bytes = 5000 * size() + 123;
    char *object = alloc(bytes), *copy = malloc(bytes), *got = malloc(bytes);
    giga_handle handle;

    fill_object(object, 6, bytes, copy);
    memset(got, 0, bytes);
    JOB_OK(giga_get_nb(got, object, bytes, &handle));
    JOB_OK(giga_wait(&handle));
    CU_ASSERT_EQUAL(memcmp(got, copy, bytes), 0);
    JOB_OK(giga_get_nb(got, object + 1, 0, &handle)); /* nothing at all */
    CU_ASSERT_EQUAL(handle, GIGA_HANDLE_DONE);
    free(copy);
    free(got);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Quiet completes everything but what has a handle: that stays valid. */
static void quiet_leaves_handles_to_their_owners(void)
{
    uint64_t *object = alloc_blocks(64), *to = block_of(object, next_rank()), value = 5;
    giga_handle handle;

    JOB_OK(giga_put_nb(to, &value, 8, &handle));
    giga_add_nbi(&to[1], 1);
    JOB_OK(giga_quiet());
    CU_ASSERT(remote() == (handle != GIGA_HANDLE_DONE));
    JOB_OK(giga_wait(&handle));
    CU_ASSERT_EQUAL(giga_load(&to[0]), 5);
    CU_ASSERT_EQUAL(giga_load(&to[1]), 1);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

typedef struct other {
    pthread_t thread;
    giga_handle handle;
    giga_status status;
} other;

static void *wait_for_it(void *argument)
{
    other *o = argument;

    o->status = giga_wait(&o->handle);
    return NULL;
}

static void another_thread_may_wait_for_a_handle(void)
{
    enum { THREADS = 4, LONG = 100000 };
    char *object = alloc_blocks((uint64_t)THREADS * LONG), *from = block_of(object, next_rank());
    char *to = malloc((size_t)THREADS * LONG);
    other others[THREADS];

    job_fill(giga_local(object, NULL), rank() + 3, 0, (size_t)THREADS * LONG);
    JOB_OK(giga_barrier());
    for (size_t i = 0; i < THREADS; i++)
        JOB_OK(giga_get_nb(to + i * LONG, from + i * LONG, LONG, &others[i].handle));
    for (size_t i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_create(&others[i].thread, NULL, wait_for_it, &others[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(others[i].thread, NULL);
        JOB_OK(others[i].status);
        CU_ASSERT_EQUAL(others[i].handle, GIGA_HANDLE_DONE);
    }
    CU_ASSERT_EQUAL(job_wrong(to, next_rank() + 3, 0, (size_t)THREADS * LONG), 0);
    free(to);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* ---- misuse ---- */

static void a_handle_used_twice_is_refused(void)
{
    uint64_t *object = alloc_blocks(64), *from = block_of(object, next_rank()), got;
    giga_handle handle, second, third[2];
    bool done = true;
    size_t index;

    JOB_OK(giga_get_nb(&got, from, 8, &handle));
    second = handle;
    JOB_OK(giga_wait(&handle));
    if (second != GIGA_HANDLE_DONE) {
        CU_ASSERT_EQUAL(giga_wait(&second), GIGA_ERR_ARG);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_wait"));
        CU_ASSERT_EQUAL(giga_test(&second, &done), GIGA_ERR_ARG);
        CU_ASSERT(!done);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_test"));
        /* its slot is used again, by another: the old handle still means nothing */
        JOB_OK(giga_get_nb(&got, from, 8, &third[0]));
        CU_ASSERT_EQUAL(giga_wait(&second), GIGA_ERR_ARG);
        third[1] = second;
        giga_status status = GIGA_OK;
        for (int i = 0; i < 2 && status == GIGA_OK; i++)
            status = giga_wait_any(third, 2, &index);
        CU_ASSERT_EQUAL(status, GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(index, 1);
        JOB_OK(giga_wait(&third[0]));
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static void a_number_that_is_no_handle_is_refused(void)
{
    static const giga_handle wrong[] = {
        1, 4096, 4097, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX, UINT64_C(0x1234567800000009)};
    bool done;
    size_t index;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        giga_handle handle = wrong[i];
        CU_ASSERT_EQUAL(giga_test(&handle, &done), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_wait(&handle), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_wait_any(&handle, 1, &index), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(handle, wrong[i]);
    }
}

static void too_many_handles_are_refused_and_come_back(void)
{
    uint64_t *object = alloc_blocks(8 * 8), *from = block_of(object, next_rank());
    uint64_t *got = calloc(HANDLES + 1, 8), value = 9;
    giga_handle *handles = calloc(HANDLES + 1, sizeof *handles);

    job_fill(giga_local(object, NULL), rank(), 0, 64);
    JOB_OK(giga_barrier());
    for (int round = 0; round < 3 && remote(); round++) {
        for (size_t i = 0; i < HANDLES; i++)
            JOB_OK(giga_get_nb(&got[i], &from[i % 8], 8, &handles[i]));
        handles[HANDLES] = 4711;
        CU_ASSERT_EQUAL(giga_get_nb(&got[HANDLES], from, 8, &handles[HANDLES]), GIGA_ERR_MEMORY);
        CU_ASSERT_EQUAL(handles[HANDLES], GIGA_HANDLE_DONE);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_get_nb"));
        CU_ASSERT_EQUAL(giga_put_nb(from, &value, 8, &handles[HANDLES]), GIGA_ERR_MEMORY);
        /* the other operations go on */
        CU_ASSERT_EQUAL(giga_load(&from[3]), job_word(next_rank(), 3));
        JOB_OK(giga_get_nbi(&value, &from[2], 8));
        JOB_OK(giga_quiet());
        CU_ASSERT_EQUAL(value, job_word(next_rank(), 2));
        for (size_t i = 0; i < HANDLES; i++) {
            JOB_OK(giga_wait(&handles[i]));
            CU_ASSERT_EQUAL(got[i], job_word(next_rank(), i % 8));
        }
    }
    free(got);
    free(handles);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Boxes with long rows take handles of their own when there are any. */
static void a_box_moves_also_when_all_handles_are_taken(void)
{
    enum { ROWS = 40, ROW = 10000 };
    char *object = alloc_blocks((uint64_t)ROWS * ROW), *to = block_of(object, next_rank());
    char *source = malloc((size_t)ROWS * ROW), *back = malloc((size_t)ROWS * ROW);
    giga_handle *handles = calloc(HANDLES, sizeof *handles);
    uint64_t *got = calloc(HANDLES, 8), pitch[2] = {ROW, 1};
    giga_box box = {1, 2, {ROWS, ROW}};

    job_fill(source, 4, 0, (size_t)ROWS * ROW);
    for (size_t i = 0; i < HANDLES; i++)
        JOB_OK(giga_get_nb(&got[i], to, 8, &handles[i]));
    JOB_OK(giga_put_box(to, pitch, source, pitch, &box));
    JOB_OK(giga_get_box(back, pitch, to, pitch, &box));
    CU_ASSERT_EQUAL(memcmp(back, source, (size_t)ROWS * ROW), 0);
    for (size_t i = 0; i < HANDLES; i++)
        JOB_OK(giga_wait(&handles[i]));
    free(source);
    free(back);
    free(handles);
    free(got);
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* Only the home knows where its shorter block ends; the handle brings its refusal. */
static void a_run_that_the_home_refuses_fails_when_it_is_waited_for(void)
{
    char *object = alloc_blocks(100), *to = (char *)block_of(object, next_rank()) + 96;
    char bytes[16] = {0};
    giga_handle handle = 5;
    bool done = false;

    giga_status status = giga_put_nb(to, bytes, 8, &handle);
    CU_ASSERT_EQUAL(status, remote() ? GIGA_OK : GIGA_ERR_RANGE);
    if (remote()) {
        CU_ASSERT_EQUAL(giga_wait(&handle), GIGA_ERR_RANGE);
        CU_ASSERT_EQUAL(handle, GIGA_HANDLE_DONE);
        JOB_OK(giga_get_nb(bytes, to, 8, &handle));
        while (!done && status == GIGA_OK)
            status = giga_test(&handle, &done);
        CU_ASSERT_EQUAL(status, GIGA_ERR_RANGE);
        CU_ASSERT(done);
    }
    CU_ASSERT_EQUAL(handle, GIGA_HANDLE_DONE);
    JOB_OK(giga_wait(&handle));
    JOB_OK(giga_quiet()); /* it was nothing deferred */
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

static const job_test tests[] = {
    JOB_LAW(what_was_put_is_at_its_home_once_the_handle_is_done),
    JOB_LAW(wait_any_names_each_of_a_hundred_handles_once),
    JOB_LAW(a_done_handle_may_be_waited_for_again_and_counts_for_none),
    JOB_LAW(a_run_over_many_homes_is_one_handle),
    JOB_LAW(quiet_leaves_handles_to_their_owners),
    JOB_LAW(another_thread_may_wait_for_a_handle),
    JOB_LAW(a_handle_used_twice_is_refused),
    JOB_LAW(a_number_that_is_no_handle_is_refused),
    JOB_LAW(too_many_handles_are_refused_and_come_back),
    JOB_LAW(a_box_moves_also_when_all_handles_are_taken),
    JOB_LAW(a_run_that_the_home_refuses_fails_when_it_is_waited_for),
};

int main(void)
{
    return JOB_RUN("handle", tests);
}
