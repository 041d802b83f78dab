/*
 * runtime.c - start and stop of a job, and who is who.
 *
 * Order of start: environment, MPI, nodes, window, objects, network, progress, arenas. Stop runs
 * it backwards and is also the way out of a failed start: every part may be missing.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "aggregate.h"
#include "check.h"
#include "bias.h"
#include "call.h"
#include "channel.h"
#include "job.h"
#include "kind.h"
#include "map.h"
#include "memory.h"
#include "node.h"
#include "object.h"
#include "one.h"
#include "progress.h"
#include "remote.h"
#include "request.h"
#include "team.h"
#include "watch.h"

gi_job gi_the_job;

giga_status gi_job_runs(const char *function)
{
    if (gi_the_job.running)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_STATE, "%s: giga does not run (giga_init has not been called, has "
                     "failed, or giga_fini has been)", function);
}

giga_status gi_job_check(const char *function)
{
    if (gi_inside_function)
        return giga_fail(GIGA_ERR_STATE, "%s: rank %d: inside a shipped function nothing may wait or "
                         "send a message", function, gi_the_job.rank);
    return gi_job_runs(function);
}

/* Tear down what is there, in reverse order. */
static void stop_parts(gi_job *job)
{
    if (job->progress)
        gi_progress_stop(job);
    gi_aggregate_stop(job);
    gi_net_stop(job->net);
    gi_remote_stop(job);
    gi_one_stop(job);
    gi_channels_stop(job);
    gi_functions_stop(job);
    gi_objects_stop(job);
    gi_teams_stop(job);
    gi_watch_stop(job);
    gi_map_stop(job);
    gi_node_stop(job->node);
    if (job->boot)
        gi_boot_stop(job->boot);
    *job = (gi_job){0};
}

static giga_status check_opts(const giga_opts *opts, giga_opts *out)
{
    giga_opts all = GIGA_OPTS_INIT;

    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "giga_init: options were not started from GIGA_OPTS_INIT");
    *out = opts ? *opts : all;
    if (out->ranks_per_node < 0)
        return giga_fail(GIGA_ERR_ARG, "giga_init: ranks_per_node is %d, expected 0 or more",
                         out->ranks_per_node);
    return GIGA_OK;
}

/* 128 random bits that only this job knows; made on rank 0, spread by MPI. */
static giga_status share_token(gi_job *job)
{
    uint64_t token[2] = {0, 0};
    giga_status status = GIGA_OK;

    if (job->rank == 0 && getrandom(token, sizeof token, 0) != (ssize_t)sizeof token)
        status = giga_fail(GIGA_ERR_NET, "giga_init: the kernel gives no random numbers");
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gi_boot_broadcast(job->boot, GI_SCOPE_JOB, token, sizeof token, 0);
    if (status == GIGA_OK)
        gi_net_set_token(job->net, token);
    return status;
}

static bool several_nodes(gi_job *job)
{
    return gi_boot_size(job->boot, GI_SCOPE_NODE) < job->size;
}

/* The network exists only when there is another node. All ranks come to the same answer
 * because a node that holds all ranks is the only node. */
static giga_status start_network(gi_job *job)
{
    uint8_t address[GI_ADDRESS_MAX];
    size_t address_bytes = 0;
    giga_status status = GIGA_OK;

    if (several_nodes(job)) {
        status = gi_remote_start(job, &job->remote);
        if (status == GIGA_OK)
            status = gi_net_start(job, &job->net);
        if (status == GIGA_OK)
            status = gi_net_address(job->net, address, &address_bytes);
        status = giga_agree(status);
    }
    if (status == GIGA_OK)
        status = giga_agree(gi_node_publish(job, address, address_bytes));
    if (status == GIGA_OK && job->net)
        status = giga_agree(gi_aggregate_start(job));
    if (status == GIGA_OK && job->net)
        status = share_token(job);
    if (status == GIGA_OK && job->net)
        status = giga_agree(gi_progress_run(job));
    return status;
}

static void warn_of_unknown(gi_job *job)
{
    const char *unknown = job->rank == 0 ? gi_env_unknown() : NULL;

    if (unknown)
        fprintf(stderr, "giga: warning: %.*s is not a variable of giga (giga-info lists them)\n",
                (int)strcspn(unknown, "="), unknown);
}

static giga_status start_parts(gi_job *job, const giga_opts *opts)
{
    giga_opts all;
    giga_status status = giga_agree(gi_env_read(&job->env));

    if (status == GIGA_OK)
        status = giga_agree(check_opts(opts, &all));
    if (status != GIGA_OK)
        return status;
    warn_of_unknown(job);
    status = gi_watch_start(job);
    if (status != GIGA_OK)
        return status;
    job->cores = gi_memory_cores();
    int32_t per_node = all.ranks_per_node ? all.ranks_per_node
                                          : (int32_t)job->env.ranks_per_node.number;
    status = gi_boot_split(job->boot, per_node, &job->host_ranks);
    if (status == GIGA_OK)
        status = giga_agree(gi_progress_start(job));
    if (status == GIGA_OK)
        status = gi_map_start(job, &all);
    if (status == GIGA_OK)
        status = giga_agree(gi_node_start(job, &job->node));
    if (status == GIGA_OK)
        status = giga_agree(gi_objects_start(job, &job->objects));
    if (status == GIGA_OK)
        status = giga_agree(gi_functions_start(job));
    if (status == GIGA_OK)
        status = start_network(job);
    if (status == GIGA_OK)
        status = giga_agree(gi_one_start(job));
    if (status == GIGA_OK)
        status = giga_agree(gi_stats_start_traffic(job));
    return status;
}

giga_status gi_job_start(const void *comm, const giga_opts *opts)
{
    gi_job *job = &gi_the_job;

    if (job->running)
        return giga_fail(GIGA_ERR_STATE, "giga_init: giga runs already");
    gi_bias_start();
    giga_status status = gi_boot_start(comm, &job->boot);
    if (status != GIGA_OK)
        return status;
    job->rank = gi_boot_rank(job->boot, GI_SCOPE_JOB);
    job->size = gi_boot_size(job->boot, GI_SCOPE_JOB);
    status = start_parts(job, opts);
    if (status != GIGA_OK) {
        if (job->rank == 0 && opts && opts->struct_bytes == sizeof *opts && opts->program)
            fprintf(stderr, "%s: %s\n", opts->program, giga_error());
        stop_parts(job);
        return status;
    }
    job->running = true;
    gi_leave_mpi(job, NULL); /* others may still be in the last collective of the start */
    job->began = gi_now();
    giga_stats_reset(); /* what the start has counted is not the program's */
    return GIGA_OK;
}

giga_status giga_init(const giga_opts *opts)
{
    return gi_job_start(NULL, opts);
}

int giga_fini(void)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_fini");
    gi_call call;

    if (status != GIGA_OK)
        return status;
    gi_call_begin(&call, GIGA_STATS_BARRIER, "giga_fini");
    if (gi_check_collective("giga_fini", NULL, NULL, 0) != GIGA_OK)
        giga_abort("%s", giga_error()); /* hardly anybody looks at what giga_fini returns */
    if (job->net)
        gi_request_finish_handles(job);
    giga_barrier();
    gi_call_end(&call);
    gi_watch_finish(job);
    if (job->net) {
        gi_remote_closing(job);
        gi_node_meet(job, gi_node_meeting(job->node), gi_remote_meet);
        gi_objects_forget(job);
        gi_boot_barrier(job->boot, GI_SCOPE_JOB); /* not by the network that is closing */
    }
    job->running = false;
    stop_parts(job);
    return 0;
}

void giga_abort(const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "giga: %s\n", text);
    fflush(NULL);
    if (gi_the_job.boot)
        gi_boot_abort(gi_the_job.boot);
    _exit(1);
}

int32_t giga_rank(void)
{
    return gi_the_job.running ? gi_the_job.rank : -1;
}

int32_t giga_size(void)
{
    return gi_the_job.running ? gi_the_job.size : 0;
}

int32_t giga_node_of(int32_t rank)
{
    if (!gi_the_job.running || rank < 0 || rank >= gi_the_job.size)
        return -1;
    return gi_node_peer(&gi_the_job, rank)->node;
}

int32_t giga_nodes(void)
{
    return gi_the_job.running ? gi_node_count(gi_the_job.node) : 0;
}

int32_t giga_node_leader(int32_t node)
{
    if (!gi_the_job.running || node < 0 || node >= gi_node_count(gi_the_job.node))
        return -1;
    return gi_node_leader(gi_the_job.node, node);
}

int32_t giga_near_size(void)
{
    return gi_the_job.running ? gi_node_size(gi_the_job.node) : 0;
}

int32_t giga_near_index(void)
{
    return gi_the_job.running ? gi_node_index(gi_the_job.node) : -1;
}

int32_t giga_near_rank(int32_t index)
{
    if (!gi_the_job.running || index < 0 || index >= gi_node_size(gi_the_job.node))
        return -1;
    return gi_node_rank(gi_the_job.node, index);
}

giga_status giga_info_get_host(giga_info_host *out)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_info_get_host");

    if (status == GIGA_OK && !out)
        status = giga_fail(GIGA_ERR_ARG, "giga_info_get_host: out is NULL");
    if (status != GIGA_OK)
        return status;
    *out = (giga_info_host){
        .cores = job->cores,
        .host_ranks = job->host_ranks,
        .numa_nodes = gi_memory_numa_nodes(),
        .memory_bytes = gi_memory_total(job),
        .available_bytes = gi_memory_available(),
        .object_bytes = gi_node_commit(job->node, 0),
        .page_bytes = gi_memory_page(),
        .huge_page_bytes = gi_memory_huge_free() || gi_memory_huge_on_advice() ? GI_HUGE_PAGE : 0,
        .huge_pages_free = gi_memory_huge_free(),
        .huge_on_advice = gi_memory_huge_on_advice(),
        .window_base = job->window_base,
        .window_bytes = job->window_bytes,
        .one_bytes = gi_one_bytes(job),
    };
    gethostname(out->name, sizeof out->name - 1);
    snprintf(out->transports, sizeof out->transports, "%s",
             job->net ? gi_net_transports(job->net) : "none");
    snprintf(out->device, sizeof out->device, "%s", job->net ? gi_net_device(job->net) : "none");
    snprintf(out->rma, sizeof out->rma, "%s",
             !job->net ? "none" : gi_net_onesided(job->net) ? "onesided" : "message");
    return GIGA_OK;
}

const char *giga_info_versions(void)
{
    static char text[256];

    snprintf(text, sizeof text, "giga %d.%d.%d, %s, UCX %s", GIGA_VERSION_MAJOR, GIGA_VERSION_MINOR,
             GIGA_VERSION_PATCH, gi_boot_version(), gi_net_version());
    return text;
}

giga_status giga_info_memory_kinds(char *text, size_t text_bytes)
{
    giga_status status = gi_job_check("giga_info_memory_kinds");

    if (status == GIGA_OK && !text)
        return giga_fail(GIGA_ERR_ARG, "giga_info_memory_kinds: text is NULL");
    if (status == GIGA_OK && text_bytes > 0)
        gi_kind_list(text, text_bytes);
    return status;
}
