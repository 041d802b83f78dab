/*
 * collective.c - the collectives of runtime.h and, with a team, of team.h.
 *
 * Rules: MPI polls, so a rank enters it only when all ranks are there: every collective first
 * meets by giga's own means (node.h), where waiting sleeps. And MPI moves only while somebody
 * calls it: a rank that has completed its part may still hold what another one waits for. So
 * all ranks meet again before they leave, and look after MPI while they wait for that.
 *
 * Short reductions on one node do without MPI: values in shared memory, and a meeting or two.
 *
 * Arguments are checked before anything is sent, so a rank that passes nonsense which
 * another does not leaves the others waiting.
 */
#include <string.h>

#include "check.h"
#include "remote.h"
#include "stats.h"
#include "team.h"

void gi_team_meet(gi_job *job, giga_team *team)
{
    gi_node_meet(job, team ? &team->meeting : gi_node_meeting(job->node), gi_remote_meet);
}

_Thread_local bool gi_leaving_mpi;

void gi_leave_mpi(gi_job *job, giga_team *team)
{
    gi_leaving_mpi = true;
    gi_team_meet(job, team);
    gi_leaving_mpi = false;
}

void gi_settle_and_meet(gi_job *job)
{
    giga_fence(); /* completes, and keeps what failed */
    gi_team_meet(job, NULL);
}

static giga_status do_barrier(const char *function, giga_team *team)
{
    giga_status status = gi_team_check(function, team);

    if (status != GIGA_OK)
        return status;
    status = giga_quiet();
    gi_team_meet(&gi_the_job, team);
    return status;
}

/* Wait until every rank is there; returns what MPI is to be called with. */
static gi_boot *gather_ranks(giga_team *team)
{
    gi_team_meet(&gi_the_job, team);
    return gi_team_boot(&gi_the_job, team);
}

static giga_status leave(giga_team *team, giga_status status)
{
    gi_leave_mpi(&gi_the_job, team);
    return status;
}

/* Of `count` elements, or bytes, at least one is not there. */
static giga_status check_buffers(const char *function, uint64_t count, const void *a, const void *b)
{
    return count == 0 || (a && b) ? GIGA_OK
                                  : giga_fail(GIGA_ERR_ARG, "%s: a buffer is NULL", function);
}

static giga_status check_reduction(const char *function, giga_type type, giga_op op, size_t count,
                                   const void *in, const void *out)
{
    bool real = type == GIGA_F32 || type == GIGA_F64;

    if (type < GIGA_I32 || type > GIGA_F64 || op < GIGA_SUM || op > GIGA_BOR)
        return giga_fail(GIGA_ERR_ARG, "%s: unknown type or operator", function);
    if (real && (op == GIGA_BAND || op == GIGA_BOR))
        return giga_fail(GIGA_ERR_ARG, "%s: bitwise operators take integers only", function);
    return check_buffers(function, count, in, out);
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

/* Whether a reduction can be done in the mailboxes of this node. */
static bool fits_node(const gi_job *job, const giga_team *team, size_t bytes)
{
    return (team ? team->near != NULL : !job->net) && bytes <= GI_MAILBOX_BYTES;
}

/*
 * Every rank combines all ranks' values in rank order, so all have the same result. The job
 * takes turns with two sets of mailboxes: who writes one again has met all who have read it.
 * Teams cannot take turns, because a rank may be in several; they meet again after reading.
 */
static void reduce_on_node(gi_job *job, giga_team *team, const void *in, void *out, size_t count,
                           giga_type type, giga_op op)
{
    size_t bytes = count * gi_type_bytes(type);
    unsigned turn = team ? GI_MAILBOX_TEAM : job->reductions++ % 2;
    int32_t size = gi_boot_size(gi_team_boot(job, team), GI_SCOPE_JOB);

    if (bytes > 0)
        memcpy(gi_node_mailbox(job->node, gi_node_index(job->node), turn), in, bytes);
    gi_team_meet(job, team);
    for (int32_t i = 0; i < size && bytes > 0; i++) {
        const void *from = gi_node_mailbox(job->node, team ? team->near[i] : i, turn);
        if (i == 0)
            memcpy(out, from, bytes);
        else
            combine(out, from, count, type, op);
    }
    if (team)
        gi_team_meet(job, team);
}

static giga_status do_broadcast(const char *function, giga_team *team, void *buffer, size_t bytes,
                                int32_t root)
{
    giga_status status = gi_team_check(function, team);

    if (status == GIGA_OK && (root < 0 || root >= giga_team_size(team)))
        status = giga_fail(GIGA_ERR_ARG, "%s: root %d is no rank", function, root);
    if (status == GIGA_OK)
        status = check_buffers(function, bytes, buffer, buffer);
    if (status != GIGA_OK)
        return status;
    gi_boot *boot = gather_ranks(team);
    return leave(team, gi_boot_broadcast(boot, GI_SCOPE_JOB, buffer, bytes, root));
}

static giga_status do_allreduce(const char *function, giga_team *team, const void *in, void *out,
                                size_t count, giga_type type, giga_op op)
{
    giga_status status = gi_team_check(function, team);

    if (status == GIGA_OK)
        status = check_reduction(function, type, op, count, in, out);
    if (status != GIGA_OK)
        return status;
    if (count <= GI_MAILBOX_BYTES && fits_node(&gi_the_job, team, count * gi_type_bytes(type))) {
        reduce_on_node(&gi_the_job, team, in, out, count, type, op);
        return GIGA_OK;
    }
    gi_boot *boot = gather_ranks(team);
    return leave(team, gi_boot_allreduce(boot, in, out, count, type, op));
}

static giga_status do_exscan(const char *function, giga_team *team, const void *in, void *out,
                             size_t count, giga_type type, giga_op op)
{
    giga_status status = gi_team_check(function, team);

    if (status == GIGA_OK)
        status = check_reduction(function, type, op, count, in, out);
    if (status == GIGA_OK && op != GIGA_SUM)
        status = giga_fail(GIGA_ERR_ARG, "%s: the operator is GIGA_SUM", function);
    if (status != GIGA_OK)
        return status;
    gi_boot *boot = gather_ranks(team);
    return leave(team, gi_boot_exscan(boot, in, out, count, type, op));
}

static giga_status do_allgather(const char *function, giga_team *team, const void *in, size_t bytes,
                                void *out)
{
    giga_status status = gi_team_check(function, team);

    if (status == GIGA_OK)
        status = check_buffers(function, bytes, in, out);
    if (status != GIGA_OK)
        return status;
    gi_boot *boot = gather_ranks(team);
    return leave(team, gi_boot_allgather(boot, GI_SCOPE_JOB, in, bytes, out));
}

static giga_status check_parts(const char *function, int32_t size, const void *buffer,
                               const uint64_t *bytes)
{
    bool empty = true;

    if (!bytes)
        return giga_fail(GIGA_ERR_ARG, "%s: the counts are NULL", function);
    for (int32_t r = 0; r < size; r++)
        empty &= bytes[r] == 0;
    return check_buffers(function, !empty, buffer, buffer);
}

static giga_status do_alltoallv(giga_team *team, const void *in, const uint64_t *send_bytes,
                                void *out, const uint64_t *recv_bytes)
{
    gi_boot *boot = gather_ranks(team);

    for (int32_t r = 0; r < gi_boot_size(boot, GI_SCOPE_JOB) && gi_the_job.net; r++) {
        int32_t rank = team ? giga_team_job_rank(team, r) : r;
        if (send_bytes[r] > 0 && giga_node_of(rank) != giga_node_of(gi_the_job.rank))
            gi_count_traffic(rank, send_bytes[r], false);
    }
    return leave(team, gi_boot_alltoallv(boot, in, send_bytes, out, recv_bytes));
}

/* The sentence of the lowest failing rank, prefixed by nothing: it names its rank itself. */
static giga_status spread_failure(gi_job *job, giga_team *team, giga_status mine, int32_t loser)
{
    gi_boot *boot = gi_team_boot(job, team);
    struct {
        int32_t status;
        char text[1024];
    } failure = {0};

    if (gi_boot_rank(boot, GI_SCOPE_JOB) == loser) {
        failure.status = mine;
        strncpy(failure.text, giga_error(), sizeof failure.text - 1);
    }
    giga_status status =
        job->running ? do_broadcast("giga_agree", team, &failure, sizeof failure, loser)
                     : gi_boot_broadcast(boot, GI_SCOPE_JOB, &failure, sizeof failure, loser);
    return status != GIGA_OK ? status
                             : giga_fail((giga_status)failure.status, "%s", failure.text);
}

/* Also used while giga starts, before there is a place to meet at. */
static giga_status do_agree(gi_job *job, giga_team *team, giga_status mine)
{
    gi_boot *boot = gi_team_boot(job, team);
    uint32_t rank = (uint32_t)gi_boot_rank(boot, GI_SCOPE_JOB);
    uint32_t loser = mine == GIGA_OK ? UINT32_MAX : rank;
    giga_status status =
        job->running ? do_allreduce("giga_agree", team, &loser, &loser, 1, GIGA_U32, GIGA_MIN)
                     : gi_boot_allreduce(boot, &loser, &loser, 1, GIGA_U32, GIGA_MIN);

    if (status != GIGA_OK || loser == UINT32_MAX)
        return status;
    return spread_failure(job, team, mine, (int32_t)loser);
}

/* ---- the same, timed and counted, and in strict mode compared over the ranks ---- */

/* In a function with `function` and `team`; `call` is an expression of the functions above, and
 * what must be the same on all ranks follows it. */
#define COLLECTIVE(class, call, ...)                                                       \
    do {                                                                                   \
        const gi_argument same[] = {__VA_ARGS__};                                          \
        gi_call timed;                                                                     \
        gi_call_begin(&timed, GIGA_STATS_##class, function);                               \
        giga_status status = gi_check_collective(function, team, same, GI_ARGUMENTS(same)); \
        status = status == GIGA_OK ? (call) : status;                                      \
        gi_call_end(&timed);                                                               \
        return status;                                                                     \
    } while (0)

static const char *const type_names[] = {"I32", "U32", "I64", "U64", "F32", "F64", NULL};
static const char *const op_names[] = {"SUM", "MIN", "MAX", "BAND", "BOR", NULL};

static giga_status barrier(const char *function, giga_team *team)
{
    COLLECTIVE(BARRIER, do_barrier(function, team), GI_SAME(NULL, 0));
}

static giga_status broadcast(const char *function, giga_team *team, void *buffer, size_t bytes,
                             int32_t root)
{
    COLLECTIVE(COLLECTIVE, do_broadcast(function, team, buffer, bytes, root),
               GI_SAME("bytes", bytes), GI_SAME("root", (uint64_t)root),
               GI_NULL(bytes > 0 && !buffer));
}

static giga_status allreduce(const char *function, giga_team *team, const void *in, void *out,
                             size_t count, giga_type type, giga_op op)
{
    COLLECTIVE(COLLECTIVE, do_allreduce(function, team, in, out, count, type, op),
               GI_SAME("count", count), GI_NAMED("type", type, type_names),
               GI_NAMED("op", op, op_names), GI_NULL(count > 0 && (!in || !out)));
}

static giga_status exscan(const char *function, giga_team *team, const void *in, void *out,
                          size_t count, giga_type type, giga_op op)
{
    COLLECTIVE(COLLECTIVE, do_exscan(function, team, in, out, count, type, op),
               GI_SAME("count", count), GI_NAMED("type", type, type_names),
               GI_NAMED("op", op, op_names), GI_NULL(count > 0 && (!in || !out)));
}

static giga_status allgather(const char *function, giga_team *team, const void *in, size_t bytes,
                             void *out)
{
    COLLECTIVE(COLLECTIVE, do_allgather(function, team, in, bytes, out), GI_SAME("bytes", bytes),
               GI_NULL(bytes > 0 && (!in || !out)));
}

static giga_status check_then_alltoallv(const char *function, giga_team *team, const void *in,
                                        const uint64_t *send_bytes, void *out,
                                        const uint64_t *recv_bytes)
{
    giga_status status = gi_team_check(function, team);

    if (status == GIGA_OK)
        status = check_parts(function, giga_team_size(team), in, send_bytes);
    if (status == GIGA_OK)
        status = check_parts(function, giga_team_size(team), out, recv_bytes);
    status = gi_check_parts(function, team, send_bytes, recv_bytes, status);
    return status == GIGA_OK ? do_alltoallv(team, in, send_bytes, out, recv_bytes) : status;
}

static giga_status alltoallv(const char *function, giga_team *team, const void *in,
                             const uint64_t *send_bytes, void *out, const uint64_t *recv_bytes)
{
    COLLECTIVE(COLLECTIVE, check_then_alltoallv(function, team, in, send_bytes, out, recv_bytes),
               GI_NULL(!send_bytes || !recv_bytes));
}

static giga_status agree(const char *function, giga_team *team, giga_status mine)
{
    COLLECTIVE(COLLECTIVE, do_agree(&gi_the_job, team, mine), GI_SAME(NULL, 0));
}

/* ---- over the job ---- */

giga_status giga_barrier(void)
{
    return barrier("giga_barrier", NULL);
}

giga_status giga_broadcast(void *buffer, size_t bytes, int32_t root)
{
    return broadcast("giga_broadcast", NULL, buffer, bytes, root);
}

giga_status giga_allreduce(const void *in, void *out, size_t count, giga_type type, giga_op op)
{
    return allreduce("giga_allreduce", NULL, in, out, count, type, op);
}

giga_status giga_exscan(const void *in, void *out, size_t count, giga_type type, giga_op op)
{
    return exscan("giga_exscan", NULL, in, out, count, type, op);
}

giga_status giga_allgather(const void *in, size_t bytes, void *out)
{
    return allgather("giga_allgather", NULL, in, bytes, out);
}

giga_status giga_alltoallv(const void *in, const uint64_t *send_bytes, void *out,
                           const uint64_t *recv_bytes)
{
    return alltoallv("giga_alltoallv", NULL, in, send_bytes, out, recv_bytes);
}

giga_status giga_agree(giga_status mine)
{
    if (!gi_the_job.boot)
        return mine != GIGA_OK ? mine : gi_job_check("giga_agree");
    return agree("giga_agree", NULL, mine);
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

/* ---- over a team ---- */

giga_status giga_team_barrier(giga_team *team)
{
    return barrier("giga_team_barrier", team);
}

giga_status giga_team_broadcast(giga_team *team, void *buffer, size_t bytes, int32_t root)
{
    return broadcast("giga_team_broadcast", team, buffer, bytes, root);
}

giga_status giga_team_allreduce(giga_team *team, const void *in, void *out, size_t count,
                                giga_type type, giga_op op)
{
    return allreduce("giga_team_allreduce", team, in, out, count, type, op);
}

giga_status giga_team_exscan(giga_team *team, const void *in, void *out, size_t count,
                             giga_type type, giga_op op)
{
    return exscan("giga_team_exscan", team, in, out, count, type, op);
}

giga_status giga_team_allgather(giga_team *team, const void *in, size_t bytes, void *out)
{
    return allgather("giga_team_allgather", team, in, bytes, out);
}

giga_status giga_team_alltoallv(giga_team *team, const void *in, const uint64_t *send_bytes,
                                void *out, const uint64_t *recv_bytes)
{
    return alltoallv("giga_team_alltoallv", team, in, send_bytes, out, recv_bytes);
}

giga_status giga_team_agree(giga_team *team, giga_status mine)
{
    giga_status status = gi_team_check("giga_team_agree", team);

    if (status != GIGA_OK)
        return mine != GIGA_OK ? mine : status;
    return agree("giga_team_agree", team, mine);
}
