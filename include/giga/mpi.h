/*
 * mpi.h - for programs that use MPI themselves; the only header that includes <mpi.h>.
 */
#ifndef GIGA_MPI_H
#define GIGA_MPI_H

#include <giga/runtime.h>
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

#ifdef __cplusplus
}
#endif

#endif
