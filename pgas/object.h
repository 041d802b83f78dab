/*
 * object.h - live objects: where they are, what of them is near.
 *
 * Words: `offset` is an address minus the window's base; `span` the addresses an object owns,
 * whole granules, in the first of which it begins at `offset`; a *uniform* object has equal
 * blocks of `stride` bytes that end at `bytes`.
 */
#ifndef PGAS_OBJECT_H
#define PGAS_OBJECT_H

#include <giga/stats.h>

#include "job.h"

typedef struct gi_object {
    uint64_t offset, span;
    uint64_t stride;
    unsigned shift;            /* log2 of the stride; 0: it is no power of two */
    uint64_t bytes;            /* uniform: length of the object */
    uint64_t mine;             /* length of this rank's block */
    uint64_t *near_bytes;      /* length of each near block, by near index */
    uint64_t committed;        /* bytes of this node's memory promised to it */
    uint64_t *near_memory;     /* NULL, or the giga_memory each near block has */
    bool uniform, huge;
    bool policy;               /* this rank's block has a NUMA policy, to be taken back */
    bool arenas;               /* not an object but the memory of all one-rank objects (one.h) */
    struct giga_stats *counts; /* stats.c: operations on it; NULL: not counted */
    const void *site;          /* where the program allocated it */
    void *key;                 /* remote.c: this rank's block as registered for peers */
    void *keys;                /* remote.c: keys of other ranks' blocks, on first use */
} gi_object;

/* What to create; agreed by all ranks, but for `mine`. */
typedef struct gi_object_plan {
    bool uniform;
    uint64_t bytes;            /* uniform */
    uint64_t stride;           /* uniform; else found from the longest block */
    uint64_t mine;             /* not uniform */
    giga_alloc_opts opts;
} gi_object_plan;

/* Where an address lives. */
typedef struct gi_place {
    gi_object *object;
    int32_t home;
    uint64_t at;               /* offset within the home's block */
    uint64_t left;             /* known bytes of the block from there; remote blocks of
                                  unequal length: to the end of the stride */
    bool near;
} gi_place;

giga_status gi_objects_start(gi_job *job, gi_objects **out);
void gi_objects_forget(gi_job *job); /* keys of live objects, before the network stops */
void gi_objects_stop(gi_job *job);

/* Collective over the job. The same result, and address, on every rank. */
giga_status gi_object_create(gi_job *job, const char *function, const gi_object_plan *plan,
                             gi_object **out);
giga_status gi_object_destroy(gi_job *job, const char *function, gi_object *object);

/* Reserve an arena of `stride` bytes for each rank near the end of the window. Local; once. */
giga_status gi_object_reserve(gi_job *job, uint64_t stride);

/* Let the inlined operations know that of a near arena [first, end) may be used, as far as the
 * granule of `offset` goes. Any thread. */
void gi_object_publish(const gi_job *job, uint64_t offset, uint64_t first, uint64_t end);

/* The object an address lies in, gaps between blocks included; NULL when none. */
gi_object *gi_object_find(const gi_job *job, const void *address);

/* The live object after one in the order of addresses, the first after NULL; NULL at the end. */
gi_object *gi_object_next(const gi_job *job, const gi_object *object);

/* The object at an offset of the window, for requests from other nodes; NULL when none. */
static inline gi_object *gi_object_at(const gi_job *job, uint64_t offset)
{
    uint64_t granule = offset >> GIGA_GRANULE_SHIFT_;

    if (job->arenas && offset >= job->arenas_from)
        return offset - job->arenas_from < job->arenas->bytes ? job->arenas : NULL;
    return granule < job->granules ? job->by_granule[granule] : NULL;
}

/* Whether [offset, offset + bytes) is near memory of one object, exact to the byte. */
bool gi_object_near_slowly(const gi_job *job, uint64_t offset, uint64_t bytes);
static inline bool gi_object_near(const gi_job *job, uint64_t offset, uint64_t bytes)
{
    uint64_t granule = offset >> GIGA_GRANULE_SHIFT_;

    if (granule >= job->granules)
        return false;
    uint64_t at = offset - job->runs[granule].first, length = job->runs[granule].bytes;
    /* Only the longest of several runs in a granule is in the table. */
    return (at < length && bytes <= length - at) || gi_object_near_slowly(job, offset, bytes);
}

/* The near run that the table has for the granule of an offset. */
const giga_run_ *gi_object_run(const gi_job *job, uint64_t offset);

/* Place of the first of `bytes` bytes; checks that the run stays inside the object. */
giga_status gi_object_place(const gi_job *job, const char *function, const void *address,
                            uint64_t bytes, gi_place *out);

/* Length of a rank's block; UINT64_MAX when only its home knows. */
uint64_t gi_object_block(const gi_job *job, const gi_object *object, int32_t rank);

/* Options, or the defaults for NULL; GIGA_ERR_ARG for what makes no sense in any allocation. */
giga_status gi_object_check_opts(const char *function, const giga_alloc_opts *opts,
                                 giga_alloc_opts *out);

/* Block alignment for elements of a size: whole pages and whole elements; 0 if absurd. */
uint64_t gi_object_unit(uint64_t element_bytes, giga_pages pages);

#endif
