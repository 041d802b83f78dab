/*
 * near.c - 8-byte blocking get, put and fetch-add to the other rank of a node.
 *
 * Runs at 2 ranks on one node: near [OPERATIONS]. Rank 0 works on rank 1's block; rank 1
 * waits in a barrier. Prints `name ns_per_op` per case, with `blocks.` in front for an object
 * of giga_alloc_blocks(); exit status 1 for a wrong result.
 */
#include <giga/giga.h>

static inline uint64_t get_word(const uint64_t *at)
{
    uint64_t value;

    if (giga_get(&value, at, sizeof value) != GIGA_OK)
        giga_abort("giga_get: %s", giga_error());
    return value;
}

static inline void put_word(uint64_t *at, uint64_t value)
{
    if (giga_put(at, &value, sizeof value) != GIGA_OK)
        giga_abort("giga_put: %s", giga_error());
}

static inline uint64_t add_word(uint64_t *at, uint64_t value)
{
    return giga_fetch_add(at, value);
}

#include "near.h"

/* Both kinds of object: blocks that follow one another, and blocks of unequal length. */
static bool measure_object(const char *prefix, bool unequal, uint64_t ops)
{
    uint64_t *object;
    bool right = true;

    giga_status status = unequal
        ? giga_alloc_blocks(giga_rank() == 0 ? BYTES + 8 : BYTES, NULL, (void **)&object)
        : giga_alloc(2 * BYTES, NULL, (void **)&object);
    if (status != GIGA_OK)
        giga_abort("near: %s", giga_error());
    uint64_t *theirs = object + giga_stride(object) / sizeof *object;
    if (giga_home(theirs) != 1)
        giga_abort("near: rank 1 has no block of its own");
    if (giga_rank() == 1)
        prepare(theirs);
    giga_barrier();
    if (giga_rank() == 0)
        right = measure_all(prefix, theirs, ops);
    giga_barrier();
    giga_free(object);
    return right;
}

int main(int argc, char **argv)
{
    uint64_t ops = count_argument(argc, argv, 1, 1000000);

    if (giga_init(NULL) != GIGA_OK) {
        fprintf(stderr, "giga_init: %s\n", giga_error());
        return 2;
    }
    if (giga_size() != 2 || giga_nodes() != 1)
        giga_abort("near: runs at 2 ranks on one node");
    bool right = measure_object("", false, ops);
    right &= measure_object("blocks.", true, ops);
    if (!right)
        fprintf(stderr, "near: wrong results\n");
    right = giga_allreduce_min((uint64_t)right);
    return giga_fini() != GIGA_OK || !right;
}
