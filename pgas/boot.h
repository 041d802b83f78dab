/*
 * boot.h - what giga needs of MPI: to find its ranks, and the collectives.
 *
 * boot_mpi.c is the only file behind it that knows <mpi.h>. Every call that waits for
 * other ranks backs off to sleep, so that it does not burn a core. The calls are made
 * by one thread at a time.
 */
#ifndef PGAS_BOOT_H
#define PGAS_BOOT_H

#include <giga/runtime.h>

/* The ranks of the job, or of a team. */
typedef struct gi_boot gi_boot;

/* Which ranks take part in a collective. A team has the scope GI_SCOPE_JOB only, and it means
 * the team. */
typedef enum gi_scope { GI_SCOPE_JOB, GI_SCOPE_NODE, GI_SCOPES } gi_scope;

/*
 * Join the job. `comm` is an MPI_Comm * of the caller, or NULL for MPI_COMM_WORLD, which
 * initialises MPI when nobody has. Collective.
 */
giga_status gi_boot_start(const void *comm, gi_boot **out);

/* Leave it; finalises MPI when gi_boot_start initialised it. Collective. */
void gi_boot_stop(gi_boot *boot);

/* Ranks that share physical memory become the node scope, `ranks_per_node` of them at
 * most when that is not 0. host_ranks_out: ranks on this host before that. Collective. */
giga_status gi_boot_split(gi_boot *boot, int32_t ranks_per_node, int32_t *host_ranks_out);

/* A team, as yet without ranks; NULL when out of memory. And its end: NULL is allowed; may poll
 * until all are there. Collective over the team. */
gi_boot *gi_boot_open_team(void);
void gi_boot_close_team(gi_boot *team);

/*
 * Divide the ranks of `parent` by color, ordered by key and then rank; with a negative color
 * the team stays without ranks. Polls until all are through, so ranks enter it together.
 * Collective over `parent`.
 */
giga_status gi_boot_divide(const gi_boot *parent, int32_t color, int32_t key, gi_boot *team);

/*
 * Make a team of the ranks of an MPI_Comm *; GIGA_ERR_ARG, on all alike, when they are not all
 * ranks of the job. `mine` is how this rank fared so far; when one failed, all fail, and
 * `team` may be NULL where it did. Collective over the communicator.
 */
giga_status gi_boot_adopt(const gi_boot *job, const void *comm, giga_status mine, gi_boot *team);

/* The rank that a rank of `from` has in `to`; -1 when none. */
int32_t gi_boot_translate(const gi_boot *from, int32_t rank, const gi_boot *to);

/* Bytes of an element of a reduction. */
static inline size_t gi_type_bytes(giga_type type)
{
    return type == GIGA_I32 || type == GIGA_U32 || type == GIGA_F32 ? 4 : 8;
}

int32_t gi_boot_rank(const gi_boot *boot, gi_scope scope);
int32_t gi_boot_size(const gi_boot *boot, gi_scope scope);

giga_status gi_boot_barrier(gi_boot *boot, gi_scope scope);
giga_status gi_boot_broadcast(gi_boot *boot, gi_scope scope, void *buffer, size_t bytes,
                              int32_t root);
giga_status gi_boot_allgather(gi_boot *boot, gi_scope scope, const void *in, size_t bytes,
                              void *out);
giga_status gi_boot_allreduce(gi_boot *boot, const void *in, void *out, size_t count,
                              giga_type type, giga_op op);
giga_status gi_boot_exscan(gi_boot *boot, const void *in, void *out, size_t count,
                           giga_type type, giga_op op);
giga_status gi_boot_alltoallv(gi_boot *boot, const void *in, const uint64_t *send_bytes,
                              void *out, const uint64_t *recv_bytes);

/* Let MPI move what it has queued: a rank that has completed a collective may still hold
 * what another one waits for. */
void gi_boot_poll(gi_boot *boot);

/* End every process of the job with a non-zero status. Does not return. */
void gi_boot_abort(gi_boot *boot) __attribute__((noreturn));

/* One line naming the MPI library. */
const char *gi_boot_version(void);

#endif
