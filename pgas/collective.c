/*
 * collective.c - the collectives of runtime.h.
 *
 * Rules: MPI polls, so a rank enters it only when all ranks are there: every collective first
 * meets at giga's own barrier, where waiting sleeps. And MPI moves only while somebody calls
 * it: a rank that has completed its part may still hold what another one waits for. So all
 * ranks meet again before they leave, and look after MPI while they wait for that.
 *
 * Short reductions on one node do without MPI: values in shared memory, and one barrier.
 *
 * Arguments are checked before anything is sent, so a rank that passes nonsense which
 * another does not leaves the others waiting.
 */
#include <string.h>

#include "job.h"
#include "node.h"
#include "remote.h"

static void meet(gi_job *job)
{
    gi_node_barrier(job, job->net ? gi_remote_meet : NULL);
}

_Thread_local bool gi_leaving_mpi;

void gi_leave_mpi(gi_job *job)
{
    gi_leaving_mpi = true;
    meet(job);
    gi_leaving_mpi = false;
}

void gi_settle_and_meet(gi_job *job)
{
    giga_fence(); /* completes, and keeps what failed */
    meet(job);
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

static giga_status leave(giga_status status)
{
    gi_leave_mpi(&gi_the_job);
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

/* to[i] = to[i] op from[i]; sums of integers wrap. */
#define COMBINE(type)                                                              \
    for (size_t i = 0; i < count; i++) {                                           \
        type *a = (type *)to + i;                                                  \
        type b = ((const type *)from)[i];                                          \
        *a = op == GIGA_SUM ? *a + b : (op == GIGA_MIN) == (b < *a) ? b : *a;      \
    }

#define COMBINE_BITS(type)                                                         \
    for (size_t i = 0; i < count; i++)                                             \
        ((type *)to)[i] = op == GIGA_BAND ? ((type *)to)[i] & ((const type *)from)[i] \
                                          : ((type *)to)[i] | ((const type *)from)[i];

static void combine_bits(void *to, const void *from, size_t count, size_t width, giga_op op)
{
    if (width == 4) {
        COMBINE_BITS(uint32_t)
    } else {
        COMBINE_BITS(uint64_t)
    }
}

static void combine(void *to, const void *from, size_t count, giga_type type, giga_op op)
{
    if (op == GIGA_BAND || op == GIGA_BOR) {
        combine_bits(to, from, count, gi_type_bytes(type), op);
        return;
    }
    if (op == GIGA_SUM && type == GIGA_I32) /* signed sums wrap too */
        type = GIGA_U32;
    if (op == GIGA_SUM && type == GIGA_I64)
        type = GIGA_U64;
    switch (type) {
    case GIGA_I32: COMBINE(int32_t) return;
    case GIGA_U32: COMBINE(uint32_t) return;
    case GIGA_I64: COMBINE(int64_t) return;
    case GIGA_U64: COMBINE(uint64_t) return;
    case GIGA_F32: COMBINE(float) return;
    case GIGA_F64: COMBINE(double) return;
    }
}

/* Every rank combines all ranks' values in rank order, so all have the same result. Two
 * sets of mailboxes take turns: who writes one again has met all who have read it. */
static void reduce_on_node(gi_job *job, const void *in, void *out, size_t count, giga_type type,
                           giga_op op)
{
    size_t bytes = count * gi_type_bytes(type);
    unsigned turn = job->reductions++ % 2;

    if (bytes > 0)
        memcpy(gi_node_mailbox(job->node, gi_node_index(job->node), turn), in, bytes);
    meet(job);
    if (bytes > 0)
        memcpy(out, gi_node_mailbox(job->node, 0, turn), bytes);
    for (int32_t i = 1; i < job->size && bytes > 0; i++)
        combine(out, gi_node_mailbox(job->node, i, turn), count, type, op);
}

giga_status giga_broadcast(void *buffer, size_t bytes, int32_t root)
{
    if (root < 0 || (gi_the_job.running && root >= gi_the_job.size))
        return giga_fail(GIGA_ERR_ARG, "giga_broadcast: root %d is no rank", root);
    giga_status status = gather_ranks("giga_broadcast");
    return status == GIGA_OK
               ? leave(gi_boot_broadcast(gi_the_job.boot, GI_SCOPE_JOB, buffer, bytes, root))
               : status;
}

giga_status giga_allreduce(const void *in, void *out, size_t count, giga_type type, giga_op op)
{
    giga_status status = check_reduction("giga_allreduce", type, op, count, in, out);

    if (status == GIGA_OK)
        status = gi_job_check("giga_allreduce");
    if (status == GIGA_OK && gi_the_job.running && !gi_the_job.net &&
        count * gi_type_bytes(type) <= GI_MAILBOX_BYTES) {
        reduce_on_node(&gi_the_job, in, out, count, type, op);
        return GIGA_OK;
    }
    if (status == GIGA_OK)
        status = gather_ranks("giga_allreduce");
    return status == GIGA_OK ? leave(gi_boot_allreduce(gi_the_job.boot, in, out, count, type, op))
                             : status;
}

giga_status giga_exscan(const void *in, void *out, size_t count, giga_type type, giga_op op)
{
    giga_status status = check_reduction("giga_exscan", type, op, count, in, out);

    if (status == GIGA_OK && op != GIGA_SUM)
        status = giga_fail(GIGA_ERR_ARG, "giga_exscan: the operator is GIGA_SUM");
    if (status == GIGA_OK)
        status = gather_ranks("giga_exscan");
    return status == GIGA_OK ? leave(gi_boot_exscan(gi_the_job.boot, in, out, count, type, op))
                             : status;
}

giga_status giga_allgather(const void *in, size_t bytes, void *out)
{
    giga_status status = gather_ranks("giga_allgather");

    return status == GIGA_OK
               ? leave(gi_boot_allgather(gi_the_job.boot, GI_SCOPE_JOB, in, bytes, out))
               : status;
}

giga_status giga_alltoallv(const void *in, const uint64_t *send_bytes, void *out,
                           const uint64_t *recv_bytes)
{
    if (!send_bytes || !recv_bytes)
        return giga_fail(GIGA_ERR_ARG, "giga_alltoallv: the counts are NULL");
    giga_status status = gather_ranks("giga_alltoallv");
    return status == GIGA_OK
               ? leave(gi_boot_alltoallv(gi_the_job.boot, in, send_bytes, out, recv_bytes))
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
    giga_status status =
        job->running ? giga_broadcast(&failure, sizeof failure, loser)
                     : gi_boot_broadcast(job->boot, GI_SCOPE_JOB, &failure, sizeof failure, loser);
    return status != GIGA_OK ? status
                             : giga_fail((giga_status)failure.status, "%s", failure.text);
}

/* Also used while giga starts, before there is a barrier to meet at. */
giga_status giga_agree(giga_status mine)
{
    gi_job *job = &gi_the_job;

    if (!job->boot)
        return mine != GIGA_OK ? mine : gi_job_check("giga_agree");
    uint32_t loser = mine == GIGA_OK ? UINT32_MAX : (uint32_t)job->rank;
    giga_status status =
        job->running ? giga_allreduce(&loser, &loser, 1, GIGA_U32, GIGA_MIN)
                     : gi_boot_allreduce(job->boot, &loser, &loser, 1, GIGA_U32, GIGA_MIN);
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
