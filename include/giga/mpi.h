/*
 * mpi.h - for programs that use MPI themselves; the only header that includes <mpi.h>.
 */
#ifndef GIGA_MPI_H
#define GIGA_MPI_H

#include <giga/runtime.h>
#include <giga/team.h>
#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Start giga on the ranks of a communicator, which giga duplicates. The caller has
 * initialised MPI and finalises it after giga_fini(). With less than
 * MPI_THREAD_SERIALIZED, giga's collectives are called by the thread that
 * initialised MPI.
 *
 * Call: collective over `comm`; giga's ranks are the ranks of `comm`. Threads: one.
 *
 * @return as giga_init(), and GIGA_ERR_STATE when MPI is not initialised.
 */
GIGA_API giga_status giga_init_comm(MPI_Comm comm, const giga_opts *opts);

/**
 * Make a team of the ranks of a communicator, in its order. giga duplicates it; the caller may
 * free his own at once.
 *
 * Call:    collective over `comm`, on which nothing else is under way.
 * Threads: one.
 * Cost:    a few small MPI collectives; memory as giga_team_split().
 *
 * @param comm      an intracommunicator of ranks of this job
 * @param team_out  the team, to be given to giga_team_destroy()
 * @return GIGA_OK on every rank of `comm`, or the same status on every rank and no team:
 *         GIGA_ERR_ARG for MPI_COMM_NULL, an intercommunicator, one with a process that is not
 *         a rank of this job, or a NULL `team_out`; GIGA_ERR_MEMORY; GIGA_ERR_MPI.
 *         GIGA_ERR_STATE where giga does not run, told to that process alone.
 */
GIGA_API giga_status giga_team_create_comm(MPI_Comm comm, giga_team **team_out);

#ifdef __cplusplus
}
#endif

#endif
