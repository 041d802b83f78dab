/*
 * objects.h - objects that tests of one-sided operations work on, and their serial copies.
 *
 * A *copy* is private memory laid out like the object, kept by every rank; what all ranks did
 * is done to it again, serially. Threads: as giga's.
 */
#ifndef TESTS_OBJECTS_H
#define TESTS_OBJECTS_H

#include <string.h>

#include "job.h"

static inline uint64_t rank(void)
{
    return (uint64_t)giga_rank();
}

static inline uint64_t size(void)
{
    return (uint64_t)giga_size();
}

static inline uint64_t next_rank(void)
{
    return (rank() + 1) % size();
}

static inline void *alloc(uint64_t bytes)
{
    void *object = NULL;

    CU_ASSERT_EQUAL_FATAL(giga_alloc(bytes, NULL, &object), GIGA_OK);
    return object;
}

/* A block of `mine` bytes on this rank. */
static inline void *alloc_blocks(uint64_t mine)
{
    void *object = NULL;

    CU_ASSERT_EQUAL_FATAL(giga_alloc_blocks(mine, NULL, &object), GIGA_OK);
    return object;
}

static inline void *block_of(void *object, uint64_t which)
{
    return (char *)object + which * giga_stride(object);
}

static inline bool is_near(uint64_t which)
{
    return giga_node_of((int32_t)which) == giga_node_of(giga_rank());
}

/* Rank 0 writes bytes [0, bytes) of pattern `which` into an object; every rank meets. */
static inline void fill_object(void *object, uint64_t which, size_t bytes, char *copy)
{
    job_fill(copy, which, 0, bytes);
    if (rank() == 0)
        JOB_OK(giga_put(object, copy, bytes));
    JOB_OK(giga_barrier());
}

/* Bytes of an object that differ from its copy; `scratch` holds as many. */
static inline size_t differing(const void *object, const char *copy, size_t bytes, char *scratch)
{
    size_t wrong = 0;

    JOB_OK(giga_get(scratch, object, bytes));
    for (size_t i = 0; i < bytes; i++)
        wrong += scratch[i] != copy[i];
    return wrong;
}

#endif
