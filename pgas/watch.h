/*
 * watch.h - the slow ways of seeing, switched on by variables: what is on, and what an
 * operation tells them.
 *
 * job->watch is 0 when nothing is on; an operation looks at it once. When it is not 0, the
 * operation describes itself in a gi_access, calls gi_watch_before(), works, notes what became
 * of it, and calls gi_watch_after(). Both may print, and take locks; they are called without
 * the lock of the network.
 *
 * With GI_WATCH_NEAR or GI_WATCH_CHECK the inlined operations find no near address (the table of
 * granules has length 0), so that every operation comes to its far half.
 *
 * The values of rank 0 and of all other ranks are joined at start, so job->watch is the same
 * on all ranks, and what is collective about it stays so.
 */
#ifndef PGAS_WATCH_H
#define PGAS_WATCH_H

#include "object.h"
#include "stats.h"

enum {
    GI_WATCH_OBJECTS = 1,  /* GIGA_STATS: count per object, print the table */
    GI_WATCH_NEAR = 2,     /* GIGA_STATS=all: count near operations too */
    GI_WATCH_PROFILE = 4,  /* GIGA_PROFILE */
    GI_WATCH_TRACE = 8,    /* GIGA_TRACE */
    GI_WATCH_CHECK = 16,   /* GIGA_CHECK=full or abort */
    GI_WATCH_ABORT = 32,   /* GIGA_CHECK=abort: what is only warned of ends the job */
};

typedef enum gi_does { GI_READS, GI_WRITES, GI_UPDATES } gi_does;
typedef enum gi_how { GI_BLOCKING, GI_DEFERRED, GI_HANDLED } gi_how;

/* One operation on a run of the window. */
typedef struct gi_access {
    giga_stats_class class;
    const char *function;
    const void *site;          /* where the program called */
    gi_object *object;
    const void *at;
    uint64_t bytes;
    const void *private;       /* NULL, or the caller's memory */
    uint64_t private_bytes;
    gi_does does;              /* to the window; to `private` the reverse */
    gi_how how;
    bool reads_private;        /* of an update: it adds what is there, else it writes there */
    uint64_t group;            /* 0, or the number of the call that this is an element of */
    /* What became of it. */
    uint64_t operations;       /* 1; elements are told of together */
    uint64_t remote;           /* bytes that went to other nodes */
    uint64_t messages;         /* of its own */
    uint64_t batched;          /* elements that went in batches */
    int64_t ns;                /* that the caller waited */
} gi_access;

giga_status gi_watch_start(gi_job *job);
/* The reports. Collective, at the end of a running job. */
void gi_watch_finish(gi_job *job);
void gi_watch_stop(gi_job *job);

/* The granules that the inlined operations may look at. */
uint64_t gi_watch_granules(const gi_job *job, uint64_t granules);

void gi_watch_before(gi_job *job, gi_access *access);
/* One of many runs of a call, for which gi_watch_before() has been called. */
void gi_watch_piece(gi_job *job, const gi_access *piece);
void gi_watch_after(gi_job *job, const gi_access *access);

/* Everything deferred is about to be completed. */
void gi_watch_quiet(gi_job *job);

#endif
