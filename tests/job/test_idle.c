/*
 * test_idle.c - what waiting costs.
 *
 * Runs at 4 ranks: on one node, on nodes of one, across virtual hosts. Rank 0 sleeps outside
 * giga for three seconds while the others wait for it; the CPU time all of them used
 * meanwhile, threads included, is printed. The promise is under 2% of a core; asserted is a
 * figure so generous that only a rank that polls all the time can miss it.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "job.h"

enum { SLEEP_SECONDS = 3, MOST_PERCENT = 25 };

static double cpu_seconds(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_utime.tv_sec + (double)use.ru_stime.tv_sec +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void check_waiting(const char *where, giga_status (*wait)(void))
{
    JOB_OK(giga_barrier());
    double before = cpu_seconds();
    if (giga_rank() == 0)
        nanosleep(&(struct timespec){.tv_sec = SLEEP_SECONDS}, NULL);
    JOB_OK(wait());
    double used = giga_allreduce_sum(cpu_seconds() - before);
    double percent = used / SLEEP_SECONDS * 100;
    if (giga_rank() == 0)
        printf("\n    %d ranks waiting in %s: %.2f%% of a core\n", giga_size(), where, percent);
    CU_ASSERT(percent < MOST_PERCENT);
}

static giga_status reduce(void)
{
    uint64_t one = 1;

    return giga_allreduce(&one, &one, 1, GIGA_U64, GIGA_SUM);
}

static void ranks_that_wait_in_a_barrier_sleep(void)
{
    check_waiting("giga_barrier", giga_barrier);
}

static void ranks_that_wait_in_a_collective_sleep(void)
{
    check_waiting("giga_allreduce", reduce);
}

static giga_team *team;

static giga_status meet_team(void)
{
    return giga_team_barrier(team);
}

static giga_status reduce_in_team(void)
{
    uint64_t word[100] = {1}; /* too long for shared memory */

    return giga_team_allreduce(team, word, word, 100, GIGA_U64, GIGA_SUM);
}

/* One team of all; then pairs, of which only the one with rank 0 has to wait. */
static void ranks_that_wait_for_one_of_their_team_sleep(void)
{
    JOB_OK(giga_team_split(NULL, 0, -giga_rank(), &team));
    check_waiting("giga_team_barrier", meet_team);
    check_waiting("giga_team_allreduce", reduce_in_team);
    JOB_OK(giga_team_destroy(team));
    JOB_OK(giga_team_split(NULL, giga_rank() % 2, 0, &team));
    check_waiting("giga_team_barrier of pairs", meet_team);
    JOB_OK(giga_team_destroy(team));
}

static giga_lock *the_lock;

/* Rank 0 holds it already, and lets go after its sleep. */
static giga_status lock_in_turn(void)
{
    giga_status status = giga_rank() == 0 ? GIGA_OK : giga_lock_acquire(the_lock);

    return status == GIGA_OK ? giga_lock_release(the_lock) : status;
}

static void ranks_that_wait_for_a_lock_sleep(void)
{
    JOB_OK(giga_alloc(4096 * (uint64_t)giga_size(), NULL, (void **)&the_lock));
    if (giga_rank() == 0)
        JOB_OK(giga_lock_acquire(the_lock));
    check_waiting("giga_lock_acquire", lock_in_turn);
    JOB_OK(giga_free(the_lock));
}

/* Also when there was traffic just before, so that everybody is awake at first. */
static void traffic_before_does_not_keep_ranks_awake(void)
{
    void *object;

    JOB_OK(giga_alloc_blocks(800, NULL, &object));
    uint64_t *to = (uint64_t *)object + (uint64_t)((giga_rank() + 1) % giga_size()) *
                                            (giga_stride(object) / 8);
    for (uint64_t i = 0; i < 2000; i++)
        giga_fetch_add(&to[i % 100], 1);
    check_waiting("giga_barrier after traffic", giga_barrier);
    JOB_OK(giga_free(object));
}

static const job_test tests[] = {
    {"ranks_that_wait_in_a_barrier_sleep", ranks_that_wait_in_a_barrier_sleep},
    {"ranks_that_wait_in_a_collective_sleep", ranks_that_wait_in_a_collective_sleep},
    {"ranks_that_wait_for_one_of_their_team_sleep", ranks_that_wait_for_one_of_their_team_sleep},
    {"ranks_that_wait_for_a_lock_sleep", ranks_that_wait_for_a_lock_sleep},
    {"traffic_before_does_not_keep_ranks_awake", traffic_before_does_not_keep_ranks_awake},
};

int main(void)
{
    return JOB_RUN("idle", tests);
}
