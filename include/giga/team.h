/*
 * team.h - teams: some ranks of a job, in an order of their own, and collectives over them.
 *
 * Wherever a team is taken NULL means the whole job. A rank may be in any number of teams.
 * "Collective over a team" is what "collective" is in runtime.h, for the team's ranks: all call,
 * in the same order, one collective at a time of a rank. Teams without a rank in common need
 * not know of each other. Where two teams share ranks, these call both teams' collectives in
 * the same order.
 *
 * A rank that asked for no team, by GIGA_TEAM_NONE, gets a team without ranks instead: its
 * size is 0, this rank's number in it is -1, its collectives are refused with GIGA_ERR_ARG.
 * It is not NULL, because NULL is the job.
 *
 * A team is one rank's handle: it means nothing on another rank, and nothing after
 * giga_team_destroy() or giga_fini(), which destroys those that are left.
 */
#ifndef GIGA_TEAM_H
#define GIGA_TEAM_H

#include <giga/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct giga_team giga_team;

/** The color of ranks that go into no team. */
#define GIGA_TEAM_NONE ((int32_t)-1)

/**
 * Divide a team: ranks that pass the same color become a team.
 *
 * Call:      collective over `parent`. Threads: one.
 * On return: the parent goes on to exist, and may be destroyed before its parts.
 * Order:     ranks are numbered by key, those of equal keys as in the parent.
 * Cost:      a few small MPI collectives. Memory: per rank 400 bytes and what MPI needs for a
 *            communicator, 4 bytes for each member when all are on one node; per node 384 bytes.
 *            A node has room for 255 teams and 16 for each of its ranks; teams of one rank
 *            do not count.
 *
 * @param parent    a team, or NULL for the job
 * @param color     0 or more, or GIGA_TEAM_NONE
 * @param key       any number
 * @param team_out  this rank's new team, to be given to giga_team_destroy(); with
 *                  GIGA_TEAM_NONE the team without ranks
 * @return GIGA_OK on every rank of the parent, or the same error on every rank and no team
 *         for any: GIGA_ERR_ARG for another negative color or a NULL `team_out`,
 *         GIGA_ERR_MEMORY when a node has no room for another team, GIGA_ERR_MPI.
 *         GIGA_ERR_STATE when giga does not run, GIGA_ERR_ARG when this rank is not in the parent.
 */
GIGA_API giga_status giga_team_split(giga_team *parent, int32_t color, int32_t key,
                                     giga_team **team_out);

/**
 * The ranks of this node, in rank order; and the leaders of all nodes, in the order of the
 * nodes, where a rank that is no leader gets the team without ranks.
 *
 * Call: collective over the job. Threads: one. Cost and errors: as giga_team_split().
 */
GIGA_API giga_status giga_team_near(giga_team **team_out);
GIGA_API giga_status giga_team_leaders(giga_team **team_out);

/**
 * Destroy a team; NULL and the team without ranks are allowed and left as they are.
 *
 * Call: collective over the team. Threads: one. Operations need not be complete.
 *
 * @return GIGA_OK; GIGA_ERR_STATE when giga does not run.
 */
GIGA_API giga_status giga_team_destroy(giga_team *team);

/** This rank's number in a team, 0 to giga_team_size() - 1; -1 in the team without ranks and
 * when giga does not run. Call: local. Threads: any. */
GIGA_API int32_t giga_team_rank(const giga_team *team);

/** Number of ranks of a team; 0 of the team without ranks and when giga does not run.
 * Call: local. Threads: any. */
GIGA_API int32_t giga_team_size(const giga_team *team);

/**
 * The rank in the job of a rank of a team; -1 for no such rank.
 *
 * Call: local. Threads: one, the one that calls collectives.
 * Cost: MPI's table of the team is asked, in time up to the number of ranks of the job: giga
 *       keeps none.
 */
GIGA_API int32_t giga_team_job_rank(const giga_team *team, int32_t team_rank);

/** The rank in a team of a rank of the job; -1 when it is not in the team.
 * As giga_team_job_rank(). */
GIGA_API int32_t giga_team_rank_of(const giga_team *team, int32_t job_rank);

/**
 * Complete this rank's operations, then meet the ranks of a team. What any of them wrote
 * before it, by operations or by plain stores to near memory, all of them see after it.
 *
 * Call: collective over the team. Threads: one.
 * Cost: inside a node shared memory; between nodes log2(nodes of the team) messages. A waiting
 *       rank spins briefly, then sleeps.
 *
 * @return GIGA_OK; GIGA_ERR_STATE; GIGA_ERR_ARG when this rank is not in the team;
 *         GIGA_ERR_NET when an operation before it failed.
 */
GIGA_API giga_status giga_team_barrier(giga_team *team);

/**
 * The collectives of runtime.h over a team; `root`, `r` and "rank order" are ranks of the team.
 * Arguments are checked before anyone is waited for: a rank that passes nonsense which
 * another does not leaves the others waiting.
 *
 * Call: collective over the team. Threads: one.
 * Cost: entered only when every rank of the team is there; reductions of up to 256 bytes
 *       inside a node are done in shared memory.
 *
 * giga_team_broadcast   `bytes` bytes from `root` to all; the same `bytes` everywhere.
 * giga_team_allreduce   out[i] = op over ranks of in[i]; `in` may equal `out`.
 * giga_team_exscan      out[i] = sum over the lower ranks of in[i]; rank 0 gets 0. GIGA_SUM
 *                       is the only operator. `in` may equal `out`.
 * giga_team_allgather   `bytes` bytes of each rank to all, in rank order.
 * giga_team_alltoallv   send_bytes[r] bytes to rank r, recv_bytes[r] bytes from it; both
 *                       buffers hold the ranks' parts one after another, without gaps.
 *
 * @return GIGA_OK, GIGA_ERR_STATE, GIGA_ERR_MPI, or GIGA_ERR_ARG: this rank is not in the
 *         team, no such root, type or operator, or a NULL buffer that is not empty.
 */
GIGA_API giga_status giga_team_broadcast(giga_team *team, void *buffer, size_t bytes,
                                         int32_t root);
GIGA_API giga_status giga_team_allreduce(giga_team *team, const void *in, void *out, size_t count,
                                         giga_type type, giga_op op);
GIGA_API giga_status giga_team_exscan(giga_team *team, const void *in, void *out, size_t count,
                                      giga_type type, giga_op op);
GIGA_API giga_status giga_team_allgather(giga_team *team, const void *in, size_t bytes, void *out);
GIGA_API giga_status giga_team_alltoallv(giga_team *team, const void *in,
                                         const uint64_t *send_bytes, void *out,
                                         const uint64_t *recv_bytes);

/**
 * Make the ranks of a team agree whether something succeeded: the status of the lowest rank
 * of the team that failed, with its sentence, on every rank of the team.
 *
 * Call: collective over the team. Threads: one.
 *
 * @param mine  this rank's status; when it is not GIGA_OK its sentence is giga_error()
 * @return GIGA_OK when all passed GIGA_OK; else the failure, the same everywhere.
 */
GIGA_API giga_status giga_team_agree(giga_team *team, giga_status mine);

#ifdef __cplusplus
}
#endif

#endif
