/*
 * job.h - the state of a running giga, and how its parts start and stop.
 *
 * There is one job per process (the window is one). Its parts hang off it; each is
 * described in the header of the file that owns it.
 */
#ifndef PGAS_JOB_H
#define PGAS_JOB_H

#include <stdatomic.h>

#include <giga/info.h>
#include <giga/runtime.h>
#include <giga/rma.h>
#include <giga/team.h>
#include <giga/window.h>

#include "boot.h"
#include "env.h"

typedef struct gi_node gi_node;         /* node.h: memory and meeting place of a node */
typedef struct gi_net gi_net;           /* net.h: messages and one-sided calls between nodes */
typedef struct gi_progress gi_progress; /* progress.h: waiting, and answering meanwhile */
typedef struct gi_objects gi_objects;   /* object.h: live objects */
typedef struct gi_remote gi_remote;     /* request.h: operations on other nodes */
typedef struct gi_aggregate gi_aggregate; /* aggregate.h: deferred ones, in batches */
typedef struct gi_one gi_one;           /* one.h: objects of one rank */

typedef struct gi_job {
    bool running;
    bool failed;                  /* an operation failed: what it said is in `failure` */
    unsigned watch;               /* watch.h: what of seeing and checking is on; 0: nothing */
    gi_boot *boot;
    gi_node *node;
    gi_objects *objects;
    gi_net *net;                  /* NULL on one node */
    gi_progress *progress;
    gi_remote *remote;            /* NULL on one node */
    gi_aggregate *aggregate;      /* NULL on one node */
    giga_team *teams;             /* live ones, the youngest first */
    gi_one *one;
    _Atomic int32_t kinds[GIGA_MEMORY_CAPACITY + 1]; /* kind.c: where each was found */
    int64_t began;                /* when it started running, by gi_now() */
    struct gi_stats *stats;       /* stats.h: counters */
    struct gi_profile *profile;   /* profile.h: which lines communicate; NULL: off */
    struct gi_trace *trace;       /* trace.h: spans; NULL: off */
    struct gi_check *check;       /* check.h: strict mode; NULL: off */
    struct gi_conflicts *conflicts; /* the same: what is outstanding */
    unsigned reductions;          /* short ones on one node, which take turns */
    int32_t rank, size;
    int32_t host_ranks;           /* ranks on this host, pretended nodes merged */
    int32_t cores;                /* cores this rank may run on */
    uint64_t window_base, window_bytes;
    struct gi_object *const *by_granule; /* of object.c, for gi_object_at() */
    struct gi_object *arenas;     /* of one-rank objects; NULL where the window is too small */
    uint64_t arenas_from;         /* their window offset: objects of all ranks lie below */
    const giga_run_ *runs;
    uint64_t granules;
    const char *peers;            /* of node.c, for gi_node_peer() */
    size_t peer_stride;
    int32_t my_node;
    uint64_t alias_base;          /* unguarded second view, of this process only */
    gi_env env;                   /* long: behind what operations look at */
} gi_job;

extern gi_job gi_the_job;

/* Waits of this thread must let MPI move: see collective.c. */
extern _Thread_local bool gi_leaving_mpi;

/* giga_init() with `comm` an MPI_Comm * or NULL. */
giga_status gi_job_start(const void *comm, const giga_opts *opts);

/* Complete this rank's operations and meet all ranks, like giga_barrier(), but leave failures of
 * deferred operations to giga_quiet(): a collective must not fail on one rank alone. */
void gi_settle_and_meet(gi_job *job);

/* Meet the ranks of a team, or with NULL of the job, while MPI keeps moving. Afterwards none
 * of them waits for MPI. Collective. */
void gi_leave_mpi(gi_job *job, giga_team *team);

/* GIGA_OK, or GIGA_ERR_STATE with a sentence naming the function that was called. */
giga_status gi_job_check(const char *function);

#endif
