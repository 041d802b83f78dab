/*
 * giga.h - one address space for an MPI job.
 *
 * Every rank of the job sees one range of 64-bit addresses, the window. An object
 * allocated in it has the same address on every rank, so a C pointer into it means the
 * same everywhere:
 *
 *     uint64_t *table;
 *     giga_alloc(n * sizeof *table, NULL, (void **)&table);    // collective, over all ranks
 *     giga_alloc_one(sizeof *node, NULL, (void **)&node);      // or one rank by itself
 *
 * Where the bytes are near (on this node) they are plain memory:
 *
 *     size_t bytes;
 *     uint64_t *mine = giga_local(table, &bytes);              // my block: loads, stores
 *
 * From anywhere, the same pointer works with one-sided calls; near they are the memory
 * access itself, remote a message that the home answers also while it computes:
 *
 *     uint64_t old = giga_fetch_add(&table[i], 1);             // atomic
 *     giga_get(copy, &table[i], 100 * sizeof *table);          // a run over many homes
 *     giga_add_nbi(&table[j], 1);                              // deferred
 *     giga_barrier();                                          // complete, then meet
 *
 * runtime.h   start, stop, ranks and nodes, collectives
 * team.h      teams of ranks, and collectives over them
 * window.h    objects of all ranks or of one, their memory, and where an address lives
 * rma.h       get, put, load, store, handles, fence, quiet
 * atomic.h    atomic operations
 * notify.h    notified puts, and waiting for them
 * lock.h      locks, and locks that readers share
 * vector.h    gather, scatter, scatter-add; boxes of 2-D and 3-D arrays
 * channel.h   records sent to a rank or a home, handled there in batches
 * call.h      functions shipped to the data
 * array.h     distributed arrays: block, cyclic, block-cyclic, explicit
 * graph.h     graphs in global memory, BFS, PageRank (link giga-graph)
 * stats.h     what calls cost, counted
 * info.h      what giga found on this machine
 * mpi.h       starting on an MPI communicator; includes <mpi.h>, so not included here
 *
 * What can fail returns a giga_status; giga_error() is the sentence behind it.
 */
#ifndef GIGA_GIGA_H
#define GIGA_GIGA_H

#include <giga/array.h>
#include <giga/atomic.h>
#include <giga/call.h>
#include <giga/channel.h>
#include <giga/info.h>
#include <giga/lock.h>
#include <giga/notify.h>
#include <giga/rma.h>
#include <giga/runtime.h>
#include <giga/stats.h>
#include <giga/team.h>
#include <giga/types.h>
#include <giga/vector.h>
#include <giga/window.h>

#endif
