/*
 * boot_mpi.c - the only file that sees <mpi.h>.
 *
 * Rule: nothing here waits inside MPI longer than MPI_Init itself. Every collective is
 * started in its non-blocking form and tested under back-off, so a rank that waits for
 * others yields, then sleeps. Threads: one at a time, as the callers promise.
 */
#include "boot.h"

#include <giga/mpi.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "job.h"
#include "team.h"

struct gi_boot {
    MPI_Comm comm[GI_SCOPES];
    int rank[GI_SCOPES], size[GI_SCOPES];
    bool owns_mpi;
};

/* The largest piece of one MPI call: MPI counts are int. */
enum { PIECE = 1 << 30 };

static giga_status mpi_failed(const char *what, int code)
{
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;

    MPI_Error_string(code, text, &length);
    return giga_fail(GIGA_ERR_MPI, "%s failed: %.*s", what, length, text);
}

/* Sleep longer the longer it takes, to 1 ms: what is waited for is then already late. */
static void back_off(unsigned tries)
{
    if (tries < 1000)
        return;
    if (tries < 1100) {
        sched_yield();
        return;
    }
    long ns = 10000L * (tries - 1099);
    nanosleep(&(struct timespec){.tv_nsec = ns < 1000000 ? ns : 1000000}, NULL);
}

static giga_status finish(const char *what, int code, MPI_Request *request)
{
    int done = 0;

    for (unsigned tries = 0; code == MPI_SUCCESS && !done; tries++) {
        code = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (!done)
            back_off(tries);
    }
    return code == MPI_SUCCESS ? GIGA_OK : mpi_failed(what, code);
}

/*
 * A job on one host needs no network listener. Open MPI's tcp and UCX transports would open
 * one in every rank, so only shared memory is named, unless the user chose himself. It also
 * starts in 0.1 s instead of 0.3 s; "all but tcp" would look for hardware for a second.
 */
static void drop_listener_on_one_host(void)
{
    const char *local = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    const char *world = getenv("OMPI_COMM_WORLD_SIZE");
    bool one_host = local && world ? strcmp(local, world) == 0 : !getenv("SLURM_JOB_ID");

    if (one_host) {
        setenv("OMPI_MCA_pml", "ob1", 0);
        setenv("OMPI_MCA_btl", "self,vader", 0);
    }
}

static giga_status start_mpi(bool *owns_mpi)
{
    int initialized, finalized, provided;

    MPI_Finalized(&finalized);
    if (finalized)
        return giga_fail(GIGA_ERR_STATE, "giga_init: MPI is finalised already");
    MPI_Initialized(&initialized);
    *owns_mpi = !initialized;
    if (initialized)
        return GIGA_OK;
    drop_listener_on_one_host();
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    return code == MPI_SUCCESS ? GIGA_OK : mpi_failed("MPI_Init_thread", code);
}

giga_status gi_boot_start(const void *comm, gi_boot **out)
{
    bool owns_mpi = false;
    giga_status status = start_mpi(&owns_mpi);
    if (status != GIGA_OK)
        return status;
    if (comm && owns_mpi) {
        MPI_Finalize();
        return giga_fail(GIGA_ERR_STATE, "giga_init_comm: MPI is not initialised");
    }

    gi_boot *boot = calloc(1, sizeof *boot);
    if (!boot)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    boot->owns_mpi = owns_mpi;
    boot->comm[GI_SCOPE_NODE] = MPI_COMM_NULL;
    int code = MPI_Comm_dup(comm ? *(const MPI_Comm *)comm : MPI_COMM_WORLD,
                            &boot->comm[GI_SCOPE_JOB]);
    if (code != MPI_SUCCESS) {
        free(boot);
        return mpi_failed("MPI_Comm_dup", code);
    }
    MPI_Comm_set_errhandler(boot->comm[GI_SCOPE_JOB], MPI_ERRORS_RETURN);
    MPI_Comm_rank(boot->comm[GI_SCOPE_JOB], &boot->rank[GI_SCOPE_JOB]);
    MPI_Comm_size(boot->comm[GI_SCOPE_JOB], &boot->size[GI_SCOPE_JOB]);
    *out = boot;
    return GIGA_OK;
}

void gi_boot_stop(gi_boot *boot)
{
    bool owns_mpi = boot->owns_mpi;

    if (boot->comm[GI_SCOPE_NODE] != MPI_COMM_NULL)
        MPI_Comm_free(&boot->comm[GI_SCOPE_NODE]);
    gi_boot_barrier(boot, GI_SCOPE_JOB); /* MPI_Finalize polls: enter it together */
    MPI_Comm_free(&boot->comm[GI_SCOPE_JOB]);
    free(boot);
    if (owns_mpi)
        MPI_Finalize();
}

giga_status gi_boot_split(gi_boot *boot, int32_t ranks_per_node, int32_t *host_ranks_out)
{
    MPI_Comm host, node;
    int host_rank, host_size;
    int code = MPI_Comm_split_type(boot->comm[GI_SCOPE_JOB], MPI_COMM_TYPE_SHARED,
                                   boot->rank[GI_SCOPE_JOB], MPI_INFO_NULL, &host);
    if (code != MPI_SUCCESS)
        return mpi_failed("MPI_Comm_split_type", code);
    MPI_Comm_rank(host, &host_rank);
    MPI_Comm_size(host, &host_size);
    *host_ranks_out = host_size;

    int color = ranks_per_node > 0 ? host_rank / ranks_per_node : 0;
    code = MPI_Comm_split(host, color, host_rank, &node);
    MPI_Comm_free(&host);
    if (code != MPI_SUCCESS)
        return mpi_failed("MPI_Comm_split", code);
    MPI_Comm_set_errhandler(node, MPI_ERRORS_RETURN);
    boot->comm[GI_SCOPE_NODE] = node;
    MPI_Comm_rank(node, &boot->rank[GI_SCOPE_NODE]);
    MPI_Comm_size(node, &boot->size[GI_SCOPE_NODE]);
    return GIGA_OK;
}

gi_boot *gi_boot_open_team(void)
{
    gi_boot *team = calloc(1, sizeof *team);

    for (int scope = 0; team && scope < GI_SCOPES; scope++)
        team->comm[scope] = MPI_COMM_NULL;
    return team;
}

void gi_boot_close_team(gi_boot *team)
{
    if (team && team->comm[GI_SCOPE_JOB] != MPI_COMM_NULL)
        MPI_Comm_free(&team->comm[GI_SCOPE_JOB]);
    free(team);
}

static void take_over(gi_boot *team, MPI_Comm comm)
{
    team->comm[GI_SCOPE_JOB] = comm;
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm, &team->rank[GI_SCOPE_JOB]);
    MPI_Comm_size(comm, &team->size[GI_SCOPE_JOB]);
}

giga_status gi_boot_divide(const gi_boot *parent, int32_t color, int32_t key, gi_boot *team)
{
    MPI_Comm part;
    int code = MPI_Comm_split(parent->comm[GI_SCOPE_JOB], color < 0 ? MPI_UNDEFINED : color, key,
                              &part);

    if (code != MPI_SUCCESS)
        return mpi_failed("MPI_Comm_split", code);
    if (part != MPI_COMM_NULL)
        take_over(team, part);
    return GIGA_OK;
}

/* The ranks that the first `count` ranks of one communicator have in another. */
static void translate(MPI_Comm from, int count, const int *ranks, MPI_Comm to, int *found)
{
    MPI_Group here, there;

    MPI_Comm_group(from, &here);
    MPI_Comm_group(to, &there);
    for (int i = 0; i < count; i++)
        found[i] = MPI_UNDEFINED;
    MPI_Group_translate_ranks(here, count, ranks, there, found);
    MPI_Group_free(&here);
    MPI_Group_free(&there);
}

int32_t gi_boot_translate(const gi_boot *from, int32_t rank, const gi_boot *to)
{
    int found;

    translate(from->comm[GI_SCOPE_JOB], 1, &rank, to->comm[GI_SCOPE_JOB], &found);
    return found == MPI_UNDEFINED ? -1 : found;
}

/* Whether a process of `comm` is not in the job; the same on all of them that are. */
static bool has_strangers(const gi_boot *job, MPI_Comm comm)
{
    int size;
    bool some = false;

    MPI_Comm_size(comm, &size);
    if (size > job->size[GI_SCOPE_JOB])
        return true;
    int *ranks = malloc(2 * (size_t)size * sizeof *ranks);
    if (!ranks)
        giga_abort("giga_team_create_comm: rank %d: out of memory", job->rank[GI_SCOPE_JOB]);
    for (int i = 0; i < size; i++)
        ranks[i] = i;
    translate(comm, size, ranks, job->comm[GI_SCOPE_JOB], ranks + size);
    for (int i = 0; i < size; i++)
        some |= ranks[size + i] == MPI_UNDEFINED;
    free(ranks);
    return some;
}

static giga_status check_comm(const gi_boot *job, MPI_Comm comm)
{
    int between = 0;

    if (comm != MPI_COMM_NULL)
        MPI_Comm_test_inter(comm, &between);
    if (comm == MPI_COMM_NULL || between)
        return giga_fail(GIGA_ERR_ARG, "giga_team_create_comm: not an intracommunicator");
    if (has_strangers(job, comm))
        return giga_fail(GIGA_ERR_ARG, "giga_team_create_comm: the communicator has a process "
                                       "that is not a rank of this job");
    return GIGA_OK;
}

/* The reduction is also where the ranks wait for each other: MPI_Comm_dup polls. */
giga_status gi_boot_adopt(const gi_boot *job, const void *comm, giga_status mine, gi_boot *team)
{
    MPI_Comm theirs = *(const MPI_Comm *)comm, copy;
    MPI_Request request;
    int worst = mine;
    giga_status status = check_comm(job, theirs);

    if (status != GIGA_OK)
        return status;
    int code = MPI_Iallreduce(MPI_IN_PLACE, &worst, 1, MPI_INT, MPI_MIN, theirs, &request);
    status = finish("MPI_Iallreduce", code, &request);
    if (status != GIGA_OK || mine != GIGA_OK)
        return status != GIGA_OK ? status : mine;
    if (worst != GIGA_OK)
        return giga_fail((giga_status)worst, "giga_team_create_comm: it failed on another rank");
    code = MPI_Comm_dup(theirs, &copy);
    if (code != MPI_SUCCESS)
        return mpi_failed("MPI_Comm_dup", code);
    take_over(team, copy);
    return GIGA_OK;
}

int32_t gi_boot_rank(const gi_boot *boot, gi_scope scope)
{
    return boot->rank[scope];
}

int32_t gi_boot_size(const gi_boot *boot, gi_scope scope)
{
    return boot->size[scope];
}

giga_status gi_boot_barrier(gi_boot *boot, gi_scope scope)
{
    MPI_Request request;
    int code = MPI_Ibarrier(boot->comm[scope], &request);
    return finish("MPI_Ibarrier", code, &request);
}

giga_status gi_boot_broadcast(gi_boot *boot, gi_scope scope, void *buffer, size_t bytes,
                              int32_t root)
{
    char *at = buffer;

    for (size_t left = bytes; left > 0;) {
        size_t piece = left < PIECE ? left : PIECE;
        MPI_Request request;
        int code = MPI_Ibcast(at, (int)piece, MPI_BYTE, root, boot->comm[scope], &request);
        giga_status status = finish("MPI_Ibcast", code, &request);
        if (status != GIGA_OK)
            return status;
        at += piece;
        left -= piece;
    }
    return GIGA_OK;
}

/* A contiguous type of `bytes` bytes, so that a count of 1 moves more than an int's worth. */
static int bytes_type(size_t bytes, MPI_Datatype *out)
{
    enum { UNIT = 1 << 20 };
    MPI_Datatype unit = MPI_DATATYPE_NULL;
    int lengths[2] = {(int)(bytes / UNIT), (int)(bytes % UNIT)};
    MPI_Aint places[2] = {0, (MPI_Aint)(bytes - bytes % UNIT)};
    int code = MPI_Type_contiguous(UNIT, MPI_BYTE, &unit);

    if (code == MPI_SUCCESS)
        code = MPI_Type_create_struct(2, lengths, places, (MPI_Datatype[]){unit, MPI_BYTE}, out);
    if (code == MPI_SUCCESS)
        code = MPI_Type_commit(out);
    if (unit != MPI_DATATYPE_NULL)
        MPI_Type_free(&unit);
    return code;
}

giga_status gi_boot_allgather(gi_boot *boot, gi_scope scope, const void *in, size_t bytes,
                              void *out)
{
    MPI_Request request;
    MPI_Datatype type;

    if (bytes == 0)
        return GIGA_OK;
    if (bytes < INT_MAX) {
        int code = MPI_Iallgather(in, (int)bytes, MPI_BYTE, out, (int)bytes, MPI_BYTE,
                                  boot->comm[scope], &request);
        return finish("MPI_Iallgather", code, &request);
    }
    int code = bytes_type(bytes, &type);
    if (code != MPI_SUCCESS)
        return mpi_failed("MPI_Type_create_struct", code);
    code = MPI_Iallgather(in, 1, type, out, 1, type, boot->comm[scope], &request);
    giga_status status = finish("MPI_Iallgather", code, &request);
    MPI_Type_free(&type);
    return status;
}

static MPI_Datatype type_of(giga_type type)
{
    switch (type) {
    case GIGA_I32: return MPI_INT32_T;
    case GIGA_U32: return MPI_UINT32_T;
    case GIGA_I64: return MPI_INT64_T;
    case GIGA_U64: return MPI_UINT64_T;
    case GIGA_F32: return MPI_FLOAT;
    case GIGA_F64: return MPI_DOUBLE;
    }
    return MPI_DATATYPE_NULL;
}

static MPI_Op op_of(giga_op op)
{
    switch (op) {
    case GIGA_SUM: return MPI_SUM;
    case GIGA_MIN: return MPI_MIN;
    case GIGA_MAX: return MPI_MAX;
    case GIGA_BAND: return MPI_BAND;
    case GIGA_BOR: return MPI_BOR;
    }
    return MPI_OP_NULL;
}

typedef int (*reduction)(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm,
                         MPI_Request *);

static giga_status reduce_in_pieces(gi_boot *boot, const char *what, reduction call,
                                    const void *in, void *out, size_t count, giga_type type,
                                    giga_op op)
{
    size_t width = gi_type_bytes(type);

    for (size_t first = 0; first < count; first += PIECE) {
        size_t piece = count - first < PIECE ? count - first : PIECE;
        const void *from = (const char *)in + first * width;
        void *to = (char *)out + first * width;
        MPI_Request request;
        int code = call(from == to ? MPI_IN_PLACE : from, to, (int)piece, type_of(type), op_of(op),
                        boot->comm[GI_SCOPE_JOB], &request);
        giga_status status = finish(what, code, &request);
        if (status != GIGA_OK)
            return status;
    }
    return GIGA_OK;
}

giga_status gi_boot_allreduce(gi_boot *boot, const void *in, void *out, size_t count,
                              giga_type type, giga_op op)
{
    return reduce_in_pieces(boot, "MPI_Iallreduce", MPI_Iallreduce, in, out, count, type, op);
}

giga_status gi_boot_exscan(gi_boot *boot, const void *in, void *out, size_t count,
                           giga_type type, giga_op op)
{
    giga_status status = reduce_in_pieces(boot, "MPI_Iexscan", MPI_Iexscan, in, out, count, type,
                                          op);
    if (status == GIGA_OK && boot->rank[GI_SCOPE_JOB] == 0)
        memset(out, 0, count * gi_type_bytes(type)); /* MPI leaves rank 0's result undefined */
    return status;
}

/* One round of an all-to-all: at most `cap` bytes between two ranks. */
typedef struct exchange {
    int *send_counts, *send_places, *recv_counts, *recv_places;
} exchange;

/* Cut the next piece of every part; false when the displacements do not fit an int. */
static bool next_counts(int size, const uint64_t *bytes, uint64_t done, uint64_t cap, int *counts,
                        int *places)
{
    uint64_t place = 0;

    for (int r = 0; r < size; r++) {
        uint64_t left = bytes[r] > done ? bytes[r] - done : 0;
        counts[r] = (int)(left < cap ? left : cap);
        places[r] = (int)place;
        place += (uint64_t)counts[r];
    }
    return place <= INT_MAX;
}

/* Move the pieces of all parts between their places and a dense buffer. */
static void pack(int size, const uint64_t *bytes, uint64_t done, const int *counts, char *dense,
                 char *parts, bool to_dense)
{
    uint64_t place = 0;

    for (int r = 0; r < size; r++) {
        size_t piece = (size_t)counts[r];
        if (piece > 0 && to_dense)
            memcpy(dense, parts + place + done, piece);
        else if (piece > 0)
            memcpy(parts + place + done, dense, piece);
        dense += piece;
        place += bytes[r];
    }
}

static giga_status exchange_in_rounds(gi_boot *boot, exchange *x, char *in,
                                      const uint64_t *send_bytes, char *out,
                                      const uint64_t *recv_bytes, uint64_t longest)
{
    int size = boot->size[GI_SCOPE_JOB];
    uint64_t cap = (UINT64_C(256) << 20) / (uint64_t)size; /* 256 MiB a round, bounded memory */
    giga_status status = GIGA_OK;

    if (cap == 0)
        cap = 1;
    char *send = malloc(cap * (size_t)size), *recv = malloc(cap * (size_t)size);
    if (!send || !recv)
        giga_abort("giga_alltoallv: rank %d: out of memory for %llu bytes",
                   boot->rank[GI_SCOPE_JOB], (unsigned long long)cap * (unsigned)size * 2);
    for (uint64_t done = 0; done < longest && status == GIGA_OK; done += cap) {
        MPI_Request request;
        next_counts(size, send_bytes, done, cap, x->send_counts, x->send_places);
        next_counts(size, recv_bytes, done, cap, x->recv_counts, x->recv_places);
        pack(size, send_bytes, done, x->send_counts, send, in, true);
        int code = MPI_Ialltoallv(send, x->send_counts, x->send_places, MPI_BYTE, recv,
                                  x->recv_counts, x->recv_places, MPI_BYTE,
                                  boot->comm[GI_SCOPE_JOB], &request);
        status = finish("MPI_Ialltoallv", code, &request);
        pack(size, recv_bytes, done, x->recv_counts, recv, out, false);
    }
    free(send);
    free(recv);
    return status;
}

static giga_status exchange_all(gi_boot *boot, exchange *x, const void *in,
                                const uint64_t *send_bytes, void *out, const uint64_t *recv_bytes)
{
    int size = boot->size[GI_SCOPE_JOB];
    uint64_t mine[2] = {0, 0}, most[2]; /* this rank's larger side; the longest part */
    uint64_t sent = 0, received = 0;

    for (int r = 0; r < size; r++) {
        sent += send_bytes[r];
        received += recv_bytes[r];
        mine[1] = send_bytes[r] > mine[1] ? send_bytes[r] : mine[1];
    }
    mine[0] = sent > received ? sent : received;
    giga_status status = gi_boot_allreduce(boot, mine, most, 2, GIGA_U64, GIGA_MAX);
    if (status != GIGA_OK)
        return status;
    if (most[0] > INT_MAX)
        return exchange_in_rounds(boot, x, (char *)in, send_bytes, out, recv_bytes, most[1]);

    MPI_Request request;
    next_counts(size, send_bytes, 0, INT_MAX, x->send_counts, x->send_places);
    next_counts(size, recv_bytes, 0, INT_MAX, x->recv_counts, x->recv_places);
    int code = MPI_Ialltoallv(in, x->send_counts, x->send_places, MPI_BYTE, out, x->recv_counts,
                              x->recv_places, MPI_BYTE, boot->comm[GI_SCOPE_JOB], &request);
    return finish("MPI_Ialltoallv", code, &request);
}

giga_status gi_boot_alltoallv(gi_boot *boot, const void *in, const uint64_t *send_bytes, void *out,
                              const uint64_t *recv_bytes)
{
    size_t size = (size_t)boot->size[GI_SCOPE_JOB];
    int *counts = malloc(4 * size * sizeof *counts);
    if (!counts)
        giga_abort("giga_alltoallv: rank %d: out of memory", boot->rank[GI_SCOPE_JOB]);
    exchange x = {counts, counts + size, counts + 2 * size, counts + 3 * size};
    giga_status status = exchange_all(boot, &x, in, send_bytes, out, recv_bytes);
    free(counts);
    return status;
}

void gi_boot_poll(gi_boot *boot)
{
    int found;

    MPI_Iprobe(MPI_ANY_SOURCE, 0, boot->comm[GI_SCOPE_JOB], &found, MPI_STATUS_IGNORE);
}

void gi_boot_abort(gi_boot *boot)
{
    MPI_Abort(boot ? boot->comm[GI_SCOPE_JOB] : MPI_COMM_WORLD, 1);
    _Exit(1);
}

const char *gi_boot_version(void)
{
    static char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;

    if (!text[0]) {
        MPI_Get_library_version(text, &length);
        char *comma = strchr(text, ',');
        if (comma)
            *comma = '\0';
    }
    return text;
}

giga_status giga_init_comm(MPI_Comm comm, const giga_opts *opts)
{
    int initialized;

    MPI_Initialized(&initialized);
    if (!initialized)
        return giga_fail(GIGA_ERR_STATE, "giga_init_comm: MPI is not initialised");
    return gi_job_start(&comm, opts);
}

giga_status giga_team_create_comm(MPI_Comm comm, giga_team **team_out)
{
    return gi_team_adopt(&comm, team_out);
}
