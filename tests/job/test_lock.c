/*
 * test_lock.c - giga/lock.h.
 *
 * Runs at 1, 2, 3, 5, 8 and 16 ranks: on one node, on nodes of one and of two, by messages,
 * across virtual hosts. Most tests change data by get and put, without atomics, so that two
 * holders at a time would lose a change; the expected sums are counted outside the locks.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "job.h"

enum { THREADS = 3, MANY = 3000 };

/* A lock and what it guards, somewhere in the window. */
typedef struct record {
    giga_lock lock;
    uint64_t count, spare[7];
} record;

typedef struct shared_record {
    giga_rwlock lock;
    uint64_t first, second, spare[6];
} shared_record;

/* An object of `count` elements; every rank gets it. */
static void *alloc(uint64_t count, size_t bytes)
{
    void *object = NULL;

    if (giga_alloc(count * bytes, NULL, &object) != GIGA_OK)
        giga_abort("test_lock: %s", giga_error());
    return object;
}

/* The first element in the block of a rank. All records are 128 bytes, 32 of them a page. */
static uint64_t first_of(const void *object, int32_t rank, size_t element_bytes)
{
    return (uint64_t)rank * giga_stride(object) / element_bytes;
}

static uint64_t read_word(const uint64_t *at)
{
    uint64_t value = 0;

    if (giga_get(&value, at, sizeof value) != GIGA_OK)
        giga_abort("test_lock: %s", giga_error());
    return value;
}

static void write_word(uint64_t *at, uint64_t value)
{
    if (giga_put(at, &value, sizeof value) != GIGA_OK)
        giga_abort("test_lock: %s", giga_error());
}

static bool good(giga_status status)
{
    if (status != GIGA_OK)
        fprintf(stderr, "rank %d: %s\n", giga_rank(), giga_error());
    return status == GIGA_OK;
}

/* How often to do what costs messages: less when cores are shared by many. */
static uint64_t times(uint64_t near)
{
    uint64_t all = giga_nodes() == 1 ? near : near / 10;

    return all / (uint64_t)giga_size() + 1;
}

/* ---- mutual exclusion ---- */

static void every_change_under_a_lock_counts(void)
{
    record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
    uint64_t each = times(10000);
    bool all_good = true;

    for (int32_t home = 0; home<giga_size(); home += giga_size()> 5 ? 5 : 1) {
        record *at = &r[first_of(r, home, sizeof *r)];
        /* what it guards has another home than the lock */
        uint64_t *count = &r[first_of(r, (home + 1) % giga_size(), sizeof *r)].spare[3];
        for (uint64_t i = 0; i < each; i++) {
            all_good &= good(giga_lock_acquire(&at->lock));
            write_word(count, read_word(count) + 1);
            all_good &= good(giga_lock_release(&at->lock));
        }
        giga_barrier();
        CU_ASSERT_EQUAL(read_word(count), each * (uint64_t)giga_size());
    }
    CU_ASSERT(all_good);
    JOB_OK(giga_free(r));
}

static void a_release_completes_deferred_writes(void)
{
    record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
    uint64_t each = times(5000);

    giga_barrier();
    for (uint64_t i = 0; i < each; i++) {
        giga_lock_acquire(&r->lock);
        for (int32_t rank = 0; rank < giga_size(); rank++) { /* all have the same value */
            uint64_t *count = &r[first_of(r, rank, sizeof *r)].count;
            uint64_t next = read_word(count) + 1;
            giga_put_nbi(count, &next, sizeof next);
        }
        giga_lock_release(&r->lock);
    }
    giga_barrier();
    for (int32_t rank = 0; rank < giga_size(); rank++)
        CU_ASSERT_EQUAL(read_word(&r[first_of(r, rank, sizeof *r)].count),
                        each * (uint64_t)giga_size());
    JOB_OK(giga_free(r));
}

static void thousands_of_locks_are_locks_each(void)
{
    record *r = alloc(MANY, sizeof *r);
    uint64_t step = 1 + 2 * job_below(&job_here, 100), first = job_below(&job_here, MANY);
    bool all_good = true;

    while (MANY % step == 0 && step > 1) /* 3000 = 2^3 3 5^3: a step prime to it meets all */
        step += 2;
    step = step % 3 == 0 || step % 5 == 0 ? 7 : step;
    for (uint64_t i = 0; i < MANY; i++) {
        record *at = &r[(first + i * step) % MANY];
        all_good &= good(giga_lock_acquire(&at->lock));
        write_word(&at->count, read_word(&at->count) + 1);
        all_good &= good(giga_lock_release(&at->lock));
    }
    giga_barrier();
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < MANY; i++)
        wrong += giga_rank() == 0 && read_word(&r[i].count) != (uint64_t)giga_size();
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(all_good);
    JOB_OK(giga_free(r));
}

/* Each rank holds every giga_size()th lock, up to 500, wherever they live. */
static void a_rank_may_hold_hundreds_of_locks(void)
{
    record *r = alloc(MANY, sizeof *r);
    uint64_t size = (uint64_t)giga_size(), mine = MANY / size < 500 ? MANY / size : 500;
    bool all_good = true, all_taken = true, taken;

    for (uint64_t i = 0; i < mine; i++)
        all_good &= good(giga_lock_acquire(&r[i * size + (uint64_t)giga_rank()].lock));
    giga_barrier();
    for (uint64_t i = 0; i < mine && size > 1; i += 50) {
        giga_lock_try(&r[i * size + ((uint64_t)giga_rank() + 1) % size].lock, &taken);
        all_taken &= !taken;
    }
    giga_barrier();
    for (uint64_t i = 0; i < mine; i++)
        all_good &= good(giga_lock_release(&r[i * size + (uint64_t)giga_rank()].lock));
    CU_ASSERT(all_good);
    CU_ASSERT(all_taken);
    JOB_OK(giga_free(r));
}

/* Move one unit between two of 40 accounts, both locked in order of their numbers. */
static void nested_locks_in_order_end_and_conserve(void)
{
    enum { ACCOUNTS = 40, START = 1000 };
    record *r = alloc(ACCOUNTS * 64, sizeof *r); /* on all ranks' pages */
    uint64_t each = times(4000), sum = 0;

    for (uint64_t i = 0; i < ACCOUNTS && giga_rank() == 0; i++)
        write_word(&r[i * 64].count, START);
    giga_barrier();
    for (uint64_t i = 0; i < each; i++) {
        uint64_t a = job_below(&job_here, ACCOUNTS - 1);
        uint64_t b = a + 1 + job_below(&job_here, ACCOUNTS - 1 - a);
        giga_lock_acquire(&r[a * 64].lock);
        giga_lock_acquire(&r[b * 64].lock);
        write_word(&r[a * 64].count, read_word(&r[a * 64].count) - 1);
        write_word(&r[b * 64].count, read_word(&r[b * 64].count) + 1);
        giga_lock_release(i % 2 ? &r[a * 64].lock : &r[b * 64].lock);
        giga_lock_release(i % 2 ? &r[b * 64].lock : &r[a * 64].lock);
    }
    giga_barrier();
    for (uint64_t i = 0; i < ACCOUNTS; i++)
        sum += read_word(&r[i * 64].count);
    CU_ASSERT_EQUAL(sum, ACCOUNTS * START);
    JOB_OK(giga_free(r));
}

typedef struct work {
    record *records;
    uint64_t each, seed;
    bool good;
} work;

static void *work_on_locks(void *argument)
{
    work *w = argument;
    job_random random = {w->seed};

    w->good = true;
    for (uint64_t i = 0; i < w->each; i++) {
        record *at = &w->records[32 * job_below(&random, 4)]; /* the 4 hold all the sums */
        w->good &= giga_lock_acquire(&at->lock) == GIGA_OK;
        write_word(&at->count, read_word(&at->count) + 1);
        w->good &= giga_lock_release(&at->lock) == GIGA_OK;
    }
    return NULL;
}

static void threads_of_a_rank_exclude_each_other(void)
{
    record *r = alloc(32 * 4, sizeof *r);
    pthread_t threads[THREADS];
    work works[THREADS];
    uint64_t each = times(5000), sum = 0;

    for (int i = 0; i < THREADS; i++) {
        works[i] = (work){r, each, job_next(&job_here), false};
        pthread_create(&threads[i], NULL, work_on_locks, &works[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT(works[i].good);
    }
    giga_barrier();
    for (uint64_t i = 0; i < 4; i++)
        sum += read_word(&r[32 * i].count);
    CU_ASSERT_EQUAL(sum, each * THREADS * (uint64_t)giga_size());
    JOB_OK(giga_free(r));
}

/* ---- try ---- */

static void try_takes_a_free_lock_and_no_other(void)
{
    record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
    int32_t last = giga_size() - 1;
    bool taken = false;

    for (int32_t home = 0; home < giga_size(); home++) {
        giga_lock *lock = &r[first_of(r, home, sizeof *r)].lock;
        if (giga_rank() == last) {
            JOB_OK(giga_lock_try(lock, &taken));
            CU_ASSERT(taken);
        }
        giga_barrier();
        if (giga_rank() != last) {
            JOB_OK(giga_lock_try(lock, &taken));
            CU_ASSERT(!taken);
        }
        giga_barrier();
        if (giga_rank() == last)
            JOB_OK(giga_lock_release(lock));
        giga_barrier();
    }
    JOB_OK(giga_free(r));
}

/* All try and count; nobody else waits, so in the end somebody succeeds. */
static void try_excludes_too(void)
{
    record *r = alloc(1, sizeof *r);
    uint64_t each = times(3000), mine = 0;
    bool taken;

    giga_barrier();
    while (mine < each) {
        if (mine % 3 == 0) {
            giga_lock_acquire(&r->lock);
            taken = true;
        } else if (giga_lock_try(&r->lock, &taken) != GIGA_OK) {
            break;
        }
        if (!taken) {
            sched_yield();
            continue;
        }
        write_word(&r->count, read_word(&r->count) + 1);
        giga_lock_release(&r->lock);
        mine++;
    }
    giga_barrier();
    CU_ASSERT_EQUAL(read_word(&r->count), each * (uint64_t)giga_size());
    JOB_OK(giga_free(r));
}

/* ---- who is next ---- */

/* Ranks go on acquiring until each has acquired often: somebody starved would hang this. */
static void nobody_starves(void)
{
    const uint64_t often = giga_nodes() == 1 ? 200 : 20;

    for (int32_t home = 0; home<giga_size(); home += giga_size()> 3 ? giga_size() - 1 : 1) {
        record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
        record *at = &r[first_of(r, home, sizeof *r)];
        uint64_t mine = 0, satisfied = 0;
        giga_barrier();
        while (satisfied < (uint64_t)giga_size()) {
            giga_lock_acquire(&at->lock);
            satisfied = read_word(&at->count) + (++mine == often);
            if (mine == often)
                write_word(&at->count, satisfied);
            giga_lock_release(&at->lock);
        }
        CU_ASSERT(mine >= often);
        giga_barrier();
        JOB_OK(giga_free(r));
    }
}

/* State of a process as Linux has it, '?' when it is not to be seen from here. */
static char process_state(uint64_t pid)
{
    char path[64], text[512] = "";

    snprintf(path, sizeof path, "/proc/%llu/stat", (unsigned long long)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return '?';
    size_t bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[bytes] = '\0';
    const char *end = strrchr(text, ')');
    return end && end[1] == ' ' ? end[2] : '?';
}

typedef struct race {
    giga_lock lock;
    uint64_t waiter, go, passed, done, spare[4];
} race;

static void wait_in_race(race *r)
{
    r->waiter = (uint64_t)getpid(); /* near: the lock is at home here */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    giga_lock_acquire(&r->lock);
    uint64_t passed = read_word(&r->passed);
    write_word(&r->done, 1);
    giga_lock_release(&r->lock);
    /* one node: the word of lock.h; several: its bound with nobody before on the waiter's node */
    uint64_t bound = GIGA_LOCK_PASSES + 1;
    if (giga_nodes() > 1)
        bound *= 2 * (2 * (uint64_t)giga_nodes() - 1);
    if (passed > bound)
        fprintf(stderr, "passed %llu times\n", (unsigned long long)passed);
    CU_ASSERT(passed <= bound);
}

static void pass_in_race(race *r, bool holds)
{
    for (char state = 'R'; holds && state != 'S' && state != '?';) {
        uint64_t pid = read_word(&r->waiter);
        state = pid == 0 ? 'R' : process_state(pid); /* asleep: it stands in line */
        sched_yield();
    }
    if (holds) {
        write_word(&r->go, 1);
        giga_lock_release(&r->lock);
    }
    while (read_word(&r->go) == 0)
        sched_yield();
    for (bool done = false; !done;) {
        giga_lock_acquire(&r->lock);
        done = read_word(&r->done) != 0;
        if (!done)
            write_word(&r->passed, read_word(&r->passed) + 1);
        giga_lock_release(&r->lock);
    }
}

/* The last rank waits; when it sleeps, all others acquire as fast as they can. */
static void who_waits_is_passed_boundedly(void)
{
    for (int round = 0; round < 10 && giga_size() > 1; round++) {
        race *all = alloc(32 * (uint64_t)giga_size(), sizeof *all);
        race *r = (race *)(void *)((char *)all + (uint64_t)(giga_size() - 1) * giga_stride(all));
        giga_barrier();
        if (giga_rank() == 0)
            giga_lock_acquire(&r->lock);
        giga_barrier();
        if (giga_rank() == giga_size() - 1)
            wait_in_race(r);
        else
            pass_in_race(r, giga_rank() == 0);
        giga_barrier();
        JOB_OK(giga_free(all));
    }
}

/* ---- readers and writers ---- */

static void all_readers_are_inside_at_once(void)
{
    shared_record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);

    for (int32_t home = 0; home < giga_size(); home++) {
        giga_rwlock *lock = &r[first_of(r, home, sizeof *r)].lock;
        JOB_OK(giga_rwlock_acquire_read(lock));
        giga_barrier(); /* ends only when all are inside */
        JOB_OK(giga_rwlock_release_read(lock));
    }
    giga_barrier();
    JOB_OK(giga_free(r));
}

/* They wait for a writer in line, then are inside together. */
static void readers_in_line_enter_together(void)
{
    shared_record *r = alloc(1, sizeof *r);

    for (int round = 0; round < 5; round++) {
        if (giga_rank() == 0)
            giga_rwlock_acquire_write(&r->lock);
        giga_barrier();
        if (giga_rank() == 0)
            JOB_OK(giga_rwlock_release_write(&r->lock));
        JOB_OK(giga_rwlock_acquire_read(&r->lock));
        giga_barrier();
        JOB_OK(giga_rwlock_release_read(&r->lock));
        giga_barrier();
    }
    JOB_OK(giga_free(r));
}

static void readers_see_no_writer_and_writers_nobody(void)
{
    shared_record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
    uint64_t each = times(6000), torn = 0, written = 0;

    for (int32_t home = 0; home<giga_size(); home += giga_size()> 3 ? 4 : 1) {
        shared_record *at = &r[first_of(r, home, sizeof *r)];
        written = 0;
        for (uint64_t i = 0; i < each; i++) {
            if (job_below(&job_here, 4) == 0) {
                giga_rwlock_acquire_write(&at->lock);
                uint64_t next = read_word(&at->first) + 1;
                write_word(&at->first, next);
                write_word(&at->second, next);
                giga_rwlock_release_write(&at->lock);
                written++;
            } else {
                giga_rwlock_acquire_read(&at->lock);
                torn += read_word(&at->first) != read_word(&at->second);
                giga_rwlock_release_read(&at->lock);
            }
        }
        uint64_t sum = giga_allreduce_sum(written);
        CU_ASSERT_EQUAL(read_word(&at->first), sum);
    }
    CU_ASSERT_EQUAL(torn, 0);
    giga_barrier();
    JOB_OK(giga_free(r));
}

/* Readers come without end until the writer has been inside; so with the roles changed. */
static void neither_readers_nor_writers_starve(void)
{
    for (int writers = 0; writers < 2 && giga_size() > 1; writers++) {
        shared_record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
        bool many = giga_rank() != 0;
        bool write = many == (writers == 1);
        giga_barrier();
        for (uint64_t done = 0; done == 0;) {
            JOB_OK(write ? giga_rwlock_acquire_write(&r->lock)
                         : giga_rwlock_acquire_read(&r->lock));
            if (!many)
                write_word(&r->first, 1);
            done = read_word(&r->first);
            JOB_OK(write ? giga_rwlock_release_write(&r->lock)
                         : giga_rwlock_release_read(&r->lock));
        }
        giga_barrier();
        JOB_OK(giga_free(r));
    }
}

static void try_lets_readers_in_beside_readers_only(void)
{
    shared_record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
    giga_rwlock *lock = &r[first_of(r, giga_size() - 1, sizeof *r)].lock;
    bool taken = false;

    if (giga_rank() == 0)
        JOB_OK(giga_rwlock_acquire_read(lock));
    for (int32_t rank = 0; rank < giga_size(); rank++) { /* one after another: see lock.h */
        giga_barrier();
        if (giga_rank() == rank) {
            JOB_OK(giga_rwlock_try_read(lock, &taken));
            CU_ASSERT(taken);
        }
    }
    giga_barrier();
    bool written = true;
    JOB_OK(giga_rwlock_try_write(lock, &written));
    CU_ASSERT(!written);
    giga_barrier();
    if (taken)
        JOB_OK(giga_rwlock_release_read(lock));
    if (giga_rank() == 0)
        JOB_OK(giga_rwlock_release_read(lock));
    giga_barrier();
    if (giga_rank() == 0) {
        JOB_OK(giga_rwlock_try_write(lock, &written));
        CU_ASSERT(written);
    }
    giga_barrier();
    CU_ASSERT_EQUAL(giga_rwlock_try_read(lock, &taken),
                    giga_rank() == 0 ? GIGA_ERR_STATE : GIGA_OK); /* it is the writer itself */
    CU_ASSERT(!taken);
    giga_barrier();
    if (giga_rank() == 0)
        JOB_OK(giga_rwlock_release_write(lock));
    giga_barrier();
    JOB_OK(giga_free(r));
}

/* ---- misuse, and the end ---- */

static void bad_addresses_are_refused(void)
{
    char *object = alloc((uint64_t)giga_size(), 4096);
    giga_lock private = {{0}};
    char *last = object + (uint64_t)giga_size() * 4096;
    bool taken = true;

    CU_ASSERT_EQUAL(giga_lock_acquire((giga_lock *)(void *)(object + 4)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_lock_try((giga_lock *)(void *)(object + 1), &taken), GIGA_ERR_ARG);
    CU_ASSERT(!taken);
    CU_ASSERT_EQUAL(giga_lock_acquire(&private), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_lock_release(&private), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_lock_acquire(NULL), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_lock_acquire((giga_lock *)(void *)(last - 8)), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_lock_acquire((giga_lock *)(void *)last), GIGA_ERR_RANGE);
    CU_ASSERT(strstr(giga_error(), "giga_lock_acquire") != NULL);
    giga_barrier();
    JOB_OK(giga_free(object));
}

/* A block's end is known to its home alone. */
static void a_lock_that_leaves_its_block_is_refused(void)
{
    void *object;

    JOB_OK(giga_alloc_blocks(giga_rank() % 2 ? 100 : 64, NULL, &object));
    for (int32_t rank = 0; rank < giga_size(); rank++) {
        char *block = (char *)object + (uint64_t)rank * giga_stride(object);
        CU_ASSERT_EQUAL(giga_lock_acquire((giga_lock *)(void *)(block + 40)), GIGA_ERR_RANGE);
        JOB_OK(giga_lock_acquire((giga_lock *)(void *)block));
        JOB_OK(giga_lock_release((giga_lock *)(void *)block));
    }
    giga_barrier();
    JOB_OK(giga_free(object));
}

static void bytes_that_are_no_lock_are_refused(void)
{
    record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
    record *mine = &r[first_of(r, giga_rank(), sizeof *r)];
    record *other = &r[first_of(r, (giga_rank() + 1) % giga_size(), sizeof *r)];

    memset(&mine->lock, 0x5a, sizeof mine->lock);
    giga_barrier();
    CU_ASSERT_EQUAL(giga_lock_acquire(&other->lock), GIGA_ERR_ARG);
    CU_ASSERT(strstr(giga_error(), "no lock") != NULL);
    giga_barrier();
    CU_ASSERT_EQUAL(mine->lock.words_[0], UINT64_C(0x5a5a5a5a5a5a5a5a));
    memset(&mine->lock, 0, sizeof mine->lock);
    giga_barrier();
    JOB_OK(giga_lock_acquire(&other->lock));
    JOB_OK(giga_lock_release(&other->lock));
    giga_barrier();
    JOB_OK(giga_free(r));
}

static void only_the_holder_releases_and_once(void)
{
    record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
    shared_record *s = alloc(32 * (uint64_t)giga_size(), sizeof *s);
    bool taken;

    for (int32_t home = 0; home < giga_size(); home++) {
        giga_lock *lock = &r[first_of(r, home, sizeof *r)].lock;
        giga_rwlock *shared = &s[first_of(s, home, sizeof *s)].lock;
        CU_ASSERT_EQUAL(giga_lock_release(lock), GIGA_ERR_STATE);
        CU_ASSERT_EQUAL(giga_rwlock_release_read(shared), GIGA_ERR_STATE);
        CU_ASSERT_EQUAL(giga_rwlock_release_write(shared), GIGA_ERR_STATE);
        giga_barrier();
        if (giga_rank() == 0) {
            JOB_OK(giga_lock_acquire(lock));
            CU_ASSERT_EQUAL(giga_lock_acquire(lock), GIGA_ERR_STATE);
            CU_ASSERT_EQUAL(giga_lock_try(lock, &taken), GIGA_ERR_STATE);
            CU_ASSERT(!taken);
            JOB_OK(giga_rwlock_acquire_write(shared));
            CU_ASSERT_EQUAL(giga_rwlock_acquire_read(shared), GIGA_ERR_STATE);
            CU_ASSERT_EQUAL(giga_rwlock_release_read(shared), GIGA_ERR_STATE);
        }
        giga_barrier();
        if (giga_rank() != 0) {
            CU_ASSERT_EQUAL(giga_lock_release(lock), GIGA_ERR_STATE);
            CU_ASSERT_EQUAL(giga_rwlock_release_write(shared), GIGA_ERR_STATE);
        }
        giga_barrier();
        if (giga_rank() == 0) {
            JOB_OK(giga_lock_release(lock));
            JOB_OK(giga_rwlock_release_write(shared));
            CU_ASSERT_EQUAL(giga_lock_release(lock), GIGA_ERR_STATE);
        }
        giga_barrier();
    }
    JOB_OK(giga_free(r));
    JOB_OK(giga_free(s));
}

/* Memory that was a lock until a barrier is the program's afterwards. */
static void after_a_barrier_no_message_of_a_lock_is_under_way(void)
{
    for (int round = 0; round < 10; round++) {
        record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);
        record *other = &r[first_of(r, (giga_rank() + 1) % giga_size(), sizeof *r)];
        for (int i = 0; i < 5; i++) {
            giga_lock_acquire(&other->lock);
            giga_lock_release(&other->lock);
        }
        giga_barrier();
        record *mine = &r[first_of(r, giga_rank(), sizeof *r)];
        uint64_t changed = 0;
        for (size_t i = 0; i < 8; i++)
            changed += mine->lock.words_[i] != 0;
        CU_ASSERT_EQUAL(changed, 0);
        JOB_OK(giga_free(r));
    }
}

/* The last test: job_run stops giga with these held. */
static void a_job_may_end_with_locks_held(void)
{
    record *r = alloc(32 * (uint64_t)giga_size(), sizeof *r);

    JOB_OK(giga_lock_acquire(&r[first_of(r, (giga_rank() + 1) % giga_size(), sizeof *r)].lock));
    JOB_OK(giga_lock_acquire(&r[1 + first_of(r, giga_rank(), sizeof *r)].lock));
}


static const job_test tests[] = {
    JOB_LAW(every_change_under_a_lock_counts),
    JOB_LAW(a_release_completes_deferred_writes),
    JOB_LAW(thousands_of_locks_are_locks_each),
    JOB_LAW(a_rank_may_hold_hundreds_of_locks),
    JOB_LAW(nested_locks_in_order_end_and_conserve),
    JOB_LAW(threads_of_a_rank_exclude_each_other),
    JOB_LAW(try_takes_a_free_lock_and_no_other),
    JOB_LAW(try_excludes_too),
    JOB_LAW(nobody_starves),
    JOB_LAW(who_waits_is_passed_boundedly),
    JOB_LAW(all_readers_are_inside_at_once),
    JOB_LAW(readers_in_line_enter_together),
    JOB_LAW(readers_see_no_writer_and_writers_nobody),
    JOB_LAW(neither_readers_nor_writers_starve),
    JOB_LAW(try_lets_readers_in_beside_readers_only),
    JOB_LAW(bad_addresses_are_refused),
    JOB_LAW(a_lock_that_leaves_its_block_is_refused),
    JOB_LAW(bytes_that_are_no_lock_are_refused),
    JOB_LAW(only_the_holder_releases_and_once),
    JOB_LAW(after_a_barrier_no_message_of_a_lock_is_under_way),
    JOB_LAW(a_job_may_end_with_locks_held),
};

int main(void)
{
    return JOB_RUN("lock", tests);
}
