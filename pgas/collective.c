/*
 * collective.c - the collectives of runtime.h.
 *
 * Rule: MPI polls, so a rank enters it only when all ranks are there. Every collective
 * first meets at giga's own barrier, where waiting sleeps; then MPI's own algorithm runs.
 * Arguments are checked before that, and reported without entering, so a rank that
 * passes nonsense which another does not leaves the others waiting: GIGA_CHECK is to come.
 */
#include <string.h>

#include "job.h"
#include "node.h"
#include "remote.h"

static void meet(gi_job *job)
{
    gi_node_barrier(job, job->net ? gi_remote_meet : NULL);
}

giga_status giga_barrier(void)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_barrier");

    if (status != GIGA_OK)
        return status;
    status = giga_quiet();
    meet(job);
    return status;
}

/* Ready for a collective: giga runs, and every rank is there. */
static giga_status gather_ranks(const char *function)
{
    giga_status status = gi_job_check(function);

    if (status == GIGA_OK)
        meet(&gi_the_job);
    return status;
}

static giga_status check_reduction(const char *function, giga_type type, giga_op op, size_t count,
                                   const void *in, const void *out)
{
    bool real = type == GIGA_F32 || type == GIGA_F64;

    if (type < GIGA_I32 || type > GIGA_F64 || op < GIGA_SUM || op > GIGA_BOR)
        return giga_fail(GIGA_ERR_ARG, "%s: unknown type or operator", function);
    if (real && (op == GIGA_BAND || op == GIGA_BOR))
        return giga_fail(GIGA_ERR_ARG, "%s: bitwise operators take integers only", function);
    if (count > 0 && (!in || !out))
        return giga_fail(GIGA_ERR_ARG, "%s: a buffer is NULL", function);
    return GIGA_OK;
}

giga_status giga_broadcast(void *buffer, size_t bytes, int32_t root)
{
    if (root < 0 || (gi_the_job.running && root >= gi_the_job.size))
        return giga_fail(GIGA_ERR_ARG, "giga_broadcast: root %d is no rank", root);
    giga_status status = gather_ranks("giga_broadcast");
    return status == GIGA_OK
               ? gi_boot_broadcast(gi_the_job.boot, GI_SCOPE_JOB, buffer, bytes, root)
               : status;
}

giga_status giga_allreduce(const void *in, void *out, size_t count, giga_type type, giga_op op)
{
    giga_status status = check_reduction("giga_allreduce", type, op, count, in, out);

    if (status == GIGA_OK)
        status = gather_ranks("giga_allreduce");
    return status == GIGA_OK ? gi_boot_allreduce(gi_the_job.boot, in, out, count, type, op)
                             : status;
}

giga_status giga_exscan(const void *in, void *out, size_t count, giga_type type, giga_op op)
{
    giga_status status = check_reduction("giga_exscan", type, op, count, in, out);

    if (status == GIGA_OK && op != GIGA_SUM)
        status = giga_fail(GIGA_ERR_ARG, "giga_exscan: the operator is GIGA_SUM");
    if (status == GIGA_OK)
        status = gather_ranks("giga_exscan");
    return status == GIGA_OK ? gi_boot_exscan(gi_the_job.boot, in, out, count, type, op) : status;
}

giga_status giga_allgather(const void *in, size_t bytes, void *out)
{
    giga_status status = gather_ranks("giga_allgather");

    return status == GIGA_OK ? gi_boot_allgather(gi_the_job.boot, GI_SCOPE_JOB, in, bytes, out)
                             : status;
}

giga_status giga_alltoallv(const void *in, const uint64_t *send_bytes, void *out,
                           const uint64_t *recv_bytes)
{
    if (!send_bytes || !recv_bytes)
        return giga_fail(GIGA_ERR_ARG, "giga_alltoallv: the counts are NULL");
    giga_status status = gather_ranks("giga_alltoallv");
    return status == GIGA_OK
               ? gi_boot_alltoallv(gi_the_job.boot, in, send_bytes, out, recv_bytes)
               : status;
}

/* The sentence of the lowest failing rank, prefixed by nothing: it names its rank itself. */
static giga_status spread_failure(gi_job *job, giga_status mine, int32_t loser)
{
    struct {
        int32_t status;
        char text[1024];
    } failure = {0};

    if (job->rank == loser) {
        failure.status = mine;
        strncpy(failure.text, giga_error(), sizeof failure.text - 1);
    }
    giga_status status = gi_boot_broadcast(job->boot, GI_SCOPE_JOB, &failure, sizeof failure,
                                           loser);
    return status != GIGA_OK ? status
                             : giga_fail((giga_status)failure.status, "%s", failure.text);
}

/* Also used while giga starts, before there is a barrier to meet at. */
giga_status giga_agree(giga_status mine)
{
    gi_job *job = &gi_the_job;

    if (!job->boot)
        return mine != GIGA_OK ? mine : gi_job_check("giga_agree");
    if (job->running)
        meet(job);
    uint32_t loser = mine == GIGA_OK ? UINT32_MAX : (uint32_t)job->rank;
    giga_status status = gi_boot_allreduce(job->boot, &loser, &loser, 1, GIGA_U32, GIGA_MIN);
    if (status != GIGA_OK || loser == UINT32_MAX)
        return status;
    return spread_failure(job, mine, (int32_t)loser);
}

#define REDUCE_ONE(type, name, code)                                        \
    type giga_allreduce_##name(type value, giga_op op)                      \
    {                                                                       \
        type result = value;                                                \
        if (giga_allreduce(&value, &result, 1, code, op) != GIGA_OK)        \
            giga_abort("%s", giga_error());                                 \
        return result;                                                      \
    }

REDUCE_ONE(uint64_t, u64, GIGA_U64)
REDUCE_ONE(int64_t, i64, GIGA_I64)
REDUCE_ONE(double, f64, GIGA_F64)
