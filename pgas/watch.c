/*
 * watch.c - see watch.h: what is on, and who is told.
 */
#include "watch.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "profile.h"
#include "report.h"
#include "trace.h"

/* What this rank's variables ask for. */
static uint32_t wanted(const gi_job *job)
{
    const gi_env *env = &job->env;
    uint32_t watch = 0;

    if (job->rank == 0 && strcmp(env->trace.text, "none") != 0) /* rank 0 writes it */
        watch |= GI_WATCH_TRACE;

    if (strcmp(env->stats.text, "0") != 0)
        watch |= GI_WATCH_OBJECTS;
    if (strcmp(env->stats.text, "all") == 0)
        watch |= GI_WATCH_NEAR;
    if (strcmp(env->profile.text, "0") != 0)
        watch |= GI_WATCH_PROFILE;
    if (strcmp(env->check.text, "calls") != 0)
        watch |= GI_WATCH_CHECK;
    if (strcmp(env->check.text, "abort") == 0)
        watch |= GI_WATCH_ABORT;
    return watch;
}

giga_status gi_watch_start(gi_job *job)
{
    uint32_t mine = wanted(job), all;
    giga_status status = gi_boot_allreduce(job->boot, &mine, &all, 1, GIGA_U32, GIGA_BOR);

    if (status != GIGA_OK)
        return status;
    job->watch = all & ~(uint32_t)GI_WATCH_TRACE; /* which works once it has been started */
    status = gi_stats_start(job);
    if (status == GIGA_OK && all & GI_WATCH_PROFILE)
        status = gi_profile_start(job);
    if (status == GIGA_OK && all & GI_WATCH_CHECK)
        status = gi_check_start(job);
    status = giga_agree(status);
    if (status == GIGA_OK && all & GI_WATCH_TRACE)
        status = gi_trace_start(job);
    if (status == GIGA_OK)
        job->watch = all;
    return status;
}

static void say_conflicts(const gi_job *job)
{
    uint64_t found = giga_allreduce_u64(gi_conflicts_found(job), GIGA_SUM);

    if (found > 0 && job->rank == 0)
        fprintf(stderr,
                "giga: warning: %llu operations of %d ranks touched what an earlier one had "
                "not completed (GIGA_CHECK)\n",
                (unsigned long long)found, job->size);
}

void gi_watch_finish(gi_job *job)
{
    unsigned watch = job->watch;
    giga_stats mine;

    giga_stats_get(&mine);
    int64_t ns = gi_now() - job->began;
    job->watch = 0; /* what the reports do is not reported */
    if (watch & GI_WATCH_TRACE)
        gi_trace_write(job);
    if (watch & GI_WATCH_CHECK)
        say_conflicts(job);
    if (watch & GI_WATCH_PROFILE)
        gi_profile_report(job);
    if (watch & GI_WATCH_OBJECTS)
        gi_report_stats(job, &mine, ns, watch & GI_WATCH_NEAR);
}

void gi_watch_stop(gi_job *job)
{
    job->watch = 0;
    gi_trace_stop(job);
    gi_check_stop(job);
    gi_profile_stop(job);
    gi_stats_stop(job);
}

uint64_t gi_watch_granules(const gi_job *job, uint64_t granules)
{
    return job->watch & (GI_WATCH_NEAR | GI_WATCH_CHECK) ? 0 : granules;
}

/* Inside another call: that one tells of itself. */
static bool inside(void)
{
    return gi_tally_mine()->depth > 0;
}

void gi_watch_before(gi_job *job, gi_access *a)
{
    a->messages = gi_stats_mine(a->class)->messages;
    if (job->watch & GI_WATCH_CHECK && !inside())
        gi_conflicts_access(job, a);
}

void gi_watch_piece(gi_job *job, const gi_access *piece)
{
    if (job->watch & GI_WATCH_CHECK)
        gi_conflicts_access(job, piece);
}

/* Near operations come here only in the modes that let them. */
static void count_near(const gi_access *a)
{
    giga_stats_op *op = &gi_tally_mine()->counts.stats.op[a->class];

    if (a->remote == 0 && a->class <= GIGA_STATS_ATOMIC)
        gi_add(&op->near_operations, 1);
    gi_add(&op->near_bytes, a->bytes - a->remote);
}

void gi_watch_after(gi_job *job, const gi_access *access)
{
    gi_access a = *access;

    if (inside())
        return;
    a.messages = gi_stats_mine(a.class)->messages - a.messages;
    if (job->watch & GI_WATCH_NEAR)
        count_near(&a);
    if (job->watch & GI_WATCH_OBJECTS)
        gi_stats_object_add(a.object, &a);
    if (job->watch & GI_WATCH_PROFILE)
        gi_profile_access(job, &a);
}

void gi_watch_quiet(gi_job *job)
{
    if (job->watch & GI_WATCH_CHECK)
        gi_conflicts_complete(job);
    if (job->watch & GI_WATCH_PROFILE)
        gi_profile_quiet(job, inside());
}
