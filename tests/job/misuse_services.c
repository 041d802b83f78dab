/*
 * misuse_services.c - channels, shipped functions, locks and counters, called as they must
 * not be; part of test_misuse.c.
 */
#include "misuse.h"
#include "objects.h"

static void take_nothing(void *context, const giga_records *batch)
{
    (void)context;
    (void)batch;
}

static size_t return_nothing(void *at, const void *arguments, size_t argument_bytes, void *result,
                             size_t result_max)
{
    (void)at, (void)arguments, (void)argument_bytes, (void)result, (void)result_max;
    return 0;
}

void no_service_works_without_giga(void)
{
    const giga_status no = GIGA_ERR_STATE;
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    giga_channel *channel = (giga_channel *)&opts;
    giga_function_id id = 0;
    static giga_lock lock;
    static giga_rwlock rwlock;
    static giga_stats stats;
    uint64_t word = 5, count = 0;
    bool found = true;
    size_t bytes = 0;
    int32_t source = 0;

    REFUSED(giga_channel_create, no, giga_channel_create(&opts, &channel));
    REFUSED(giga_channel_destroy, no, giga_channel_destroy(NULL));
    REFUSED(giga_channel_send, no, giga_channel_send(channel, 0, &word, 8));
    REFUSED(giga_channel_send_home, no, giga_channel_send_home(channel, &word, &word, 8));
    REFUSED(giga_channel_poll, no, giga_channel_poll(channel, &count));
    REFUSED(giga_channel_flush, no, giga_channel_flush(channel));
    REFUSED(giga_channel_receive, no,
            giga_channel_receive(channel, &word, 8, &found, &bytes, &source));
    REFUSED(giga_channel_finish, no, giga_channel_finish(channel, &count));
    REFUSED(giga_function_register, no, giga_function_register("none", return_nothing, &id));
    REFUSED(giga_call, no, giga_call(&word, 0, NULL, 0, NULL, 0, NULL));
    REFUSED(giga_call_nbi, no, giga_call_nbi(&word, 0, NULL, 0, NULL, 0));
    REFUSED(giga_lock_acquire, no, giga_lock_acquire(&lock));
    REFUSED(giga_lock_try, no, giga_lock_try(&lock, &found));
    REFUSED(giga_lock_release, no, giga_lock_release(&lock));
    REFUSED(giga_rwlock_acquire_read, no, giga_rwlock_acquire_read(&rwlock));
    REFUSED(giga_rwlock_acquire_write, no, giga_rwlock_acquire_write(&rwlock));
    REFUSED(giga_rwlock_try_read, no, giga_rwlock_try_read(&rwlock, &found));
    REFUSED(giga_rwlock_try_write, no, giga_rwlock_try_write(&rwlock, &found));
    REFUSED(giga_rwlock_release_read, no, giga_rwlock_release_read(&rwlock));
    REFUSED(giga_rwlock_release_write, no, giga_rwlock_release_write(&rwlock));
    REFUSED(giga_stats_get, no, giga_stats_get(&stats));
    REFUSED(giga_stats_get_object, no, giga_stats_get_object(&word, &stats));
    REFUSED(giga_stats_reset, no, giga_stats_reset());
    CALM(giga_stats_name, strcmp(giga_stats_name((giga_stats_class)-1), "?") == 0);
    CALM(giga_stats_name, strcmp(giga_stats_name(GIGA_STATS_CLASSES), "?") == 0);
    CU_ASSERT_EQUAL(word, 5);
}

/* One channel takes records of 8 bytes by hand, the other has a handler. */
void channels_refuse_what_makes_no_sense(void)
{
    const giga_status no = GIGA_ERR_ARG;
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT, unset = {0};
    giga_channel *channel = NULL, *handled = NULL, *gone, *none = NULL;
    uint64_t word = 5;
    bool found = true;
    size_t bytes = 0;
    int32_t source = 0;

    opts.record_bytes = 8;
    JOB_OK(giga_channel_create(&opts, &channel));
    opts.handler = take_nothing;
    JOB_OK(giga_channel_create(&opts, &handled));
    REFUSED(giga_channel_create, no, giga_channel_create(&unset, &none));
    REFUSED(giga_channel_create, no, giga_channel_create(&opts, NULL));
    opts.record_bytes = GIGA_RECORD_FIXED_MAX + 1;
    REFUSED(giga_channel_create, no, giga_channel_create(&opts, &none));
    CU_ASSERT_PTR_NULL(none);
    REFUSED(giga_channel_send, no, giga_channel_send(channel, giga_size(), &word, 8));
    REFUSED(giga_channel_send, no, giga_channel_send(channel, -1, &word, 8));
    REFUSED(giga_channel_send, no, giga_channel_send(channel, 0, &word, 7));
    REFUSED(giga_channel_send, no, giga_channel_send(channel, 0, NULL, 8));
    REFUSED(giga_channel_send, no, giga_channel_send(NULL, 0, &word, 8));
    REFUSED(giga_channel_send_home, GIGA_ERR_ADDRESS,
            giga_channel_send_home(channel, &word, &word, 8));
    REFUSED(giga_channel_send_home, no, giga_channel_send_home(NULL, &word, &word, 8));
    REFUSED(giga_channel_poll, no, giga_channel_poll(NULL, NULL));
    REFUSED(giga_channel_flush, no, giga_channel_flush(NULL));
    REFUSED(giga_channel_finish, no, giga_channel_finish(NULL, NULL));
    REFUSED(giga_channel_receive, no,
            giga_channel_receive(channel, &word, 8, NULL, &bytes, &source));
    REFUSED(giga_channel_receive, no,
            giga_channel_receive(NULL, &word, 8, &found, &bytes, &source));
    REFUSED(giga_channel_receive, GIGA_ERR_STATE,
            giga_channel_receive(handled, &word, 8, &found, &bytes, &source));
    gone = channel;
    JOB_OK(giga_channel_destroy(channel));
    JOB_OK(giga_channel_destroy(handled));
    REFUSED(giga_channel_send, no, giga_channel_send(gone, 0, &word, 8));
    giga_records batch = {.record_bytes = 8};
    CALM(giga_record_next, giga_record_next(&batch, NULL, &bytes) == NULL); /* an empty batch */
}

void calls_refuse_what_makes_no_sense(void)
{
    const giga_status no = GIGA_ERR_ARG;
    char *object = alloc(4096), *past = object + 4096;
    uint64_t word = 5;
    giga_function_id id = 0, other;

    REFUSED(giga_function_register, no, giga_function_register(NULL, return_nothing, &id));
    REFUSED(giga_function_register, no, giga_function_register("", return_nothing, &id));
    REFUSED(giga_function_register, no, giga_function_register("none", NULL, &id));
    REFUSED(giga_function_register, no, giga_function_register("none", return_nothing, NULL));
    JOB_OK(giga_function_register("misuse", return_nothing, &id));
    other = id + 1000000;
    REFUSED(giga_call, no, giga_call(object, other, NULL, 0, NULL, 0, NULL));
    REFUSED(giga_call, no, giga_call(object, id, NULL, 8, NULL, 0, NULL));
    REFUSED(giga_call, no, giga_call(object, id, NULL, 0, NULL, 8, NULL));
    REFUSED(giga_call, no, giga_call(object, id, &word, GIGA_CALL_MAX + 1, NULL, 0, NULL));
    REFUSED(giga_call, GIGA_ERR_ADDRESS, giga_call(&word, id, NULL, 0, NULL, 0, NULL));
    REFUSED(giga_call, GIGA_ERR_ADDRESS, giga_call(NULL, id, NULL, 0, NULL, 0, NULL));
    REFUSED(giga_call, GIGA_ERR_RANGE, giga_call(past, id, NULL, 0, NULL, 0, NULL));
    REFUSED(giga_call_nbi, no, giga_call_nbi(object, other, NULL, 0, NULL, 0));
    REFUSED(giga_call_nbi, no, giga_call_nbi(object, id, NULL, 8, NULL, 0));
    REFUSED(giga_call_nbi, GIGA_ERR_ADDRESS, giga_call_nbi(&word, id, NULL, 0, NULL, 0));
    REFUSED(giga_call_nbi, GIGA_ERR_RANGE, giga_call_nbi(past, id, NULL, 0, NULL, 0));
    JOB_OK(giga_quiet());
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

/* All nine on an address that is none of a lock. */
static void no_lock_at(void *at, giga_status expected)
{
    giga_lock *lock = at;
    giga_rwlock *rwlock = at;
    bool taken = true;

    REFUSED(giga_lock_acquire, expected, giga_lock_acquire(lock));
    REFUSED(giga_lock_try, expected, giga_lock_try(lock, &taken));
    REFUSED(giga_lock_release, expected, giga_lock_release(lock));
    REFUSED(giga_rwlock_acquire_read, expected, giga_rwlock_acquire_read(rwlock));
    REFUSED(giga_rwlock_acquire_write, expected, giga_rwlock_acquire_write(rwlock));
    REFUSED(giga_rwlock_try_read, expected, giga_rwlock_try_read(rwlock, &taken));
    REFUSED(giga_rwlock_try_write, expected, giga_rwlock_try_write(rwlock, &taken));
    REFUSED(giga_rwlock_release_read, expected, giga_rwlock_release_read(rwlock));
    REFUSED(giga_rwlock_release_write, expected, giga_rwlock_release_write(rwlock));
}

void locks_refuse_what_is_no_lock(void)
{
    static giga_lock private;
    char *object = alloc_blocks(256);
    giga_lock *mine = giga_local(object, NULL);
    giga_rwlock *shared = (giga_rwlock *)(void *)(mine + 1);

    no_lock_at(NULL, GIGA_ERR_ADDRESS);
    no_lock_at(&private, GIGA_ERR_ADDRESS);
    no_lock_at((char *)mine + 4, GIGA_ERR_ARG);
    no_lock_at((char *)mine + 232, GIGA_ERR_RANGE); /* the last 24 bytes of the block */
    REFUSED(giga_lock_release, GIGA_ERR_STATE, giga_lock_release(mine));
    REFUSED(giga_lock_try, GIGA_ERR_ARG, giga_lock_try(mine, NULL));
    REFUSED(giga_rwlock_try_read, GIGA_ERR_ARG, giga_rwlock_try_read(shared, NULL));
    REFUSED(giga_rwlock_release_read, GIGA_ERR_STATE, giga_rwlock_release_read(shared));
    REFUSED(giga_rwlock_release_write, GIGA_ERR_STATE, giga_rwlock_release_write(shared));
    JOB_OK(giga_lock_acquire(mine));
    REFUSED(giga_lock_acquire, GIGA_ERR_STATE, giga_lock_acquire(mine));
    JOB_OK(giga_lock_release(mine));
    memset(mine + 2, 0xa5, 64); /* no lock, nor memory that could become one */
    REFUSED(giga_lock_acquire, GIGA_ERR_ARG, giga_lock_acquire(mine + 2));
    JOB_OK(giga_barrier());
    JOB_OK(giga_free(object));
}

void counters_are_of_live_objects(void)
{
    static giga_stats stats;
    uint64_t word = 5;

    giga_status status = giga_stats_get_object(&word, &stats);
    CU_ASSERT(status == GIGA_ERR_ADDRESS || status == GIGA_ERR_STATE); /* with GIGA_STATS=0 */
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_stats_get_object"));
    REFUSED(giga_stats_get, GIGA_ERR_ARG, giga_stats_get(NULL));
    JOB_OK(giga_stats_reset());
}
