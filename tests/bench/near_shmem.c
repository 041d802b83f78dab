/*
 * near_shmem.c - near.c's measurement with OpenSHMEM: shmem_getmem, shmem_putmem +
 * shmem_quiet, and the 8-byte atomic fetch-add.
 *
 * Runs at 2 PEs on one node: near_shmem [OPERATIONS]. PE 0 works on PE 1's memory.
 */
#include <shmem.h>
#include <stdint.h>

static inline uint64_t get_word(const uint64_t *at)
{
    uint64_t value;

    shmem_getmem(&value, at, sizeof value, 1);
    return value;
}

static inline void put_word(uint64_t *at, uint64_t value)
{
    shmem_putmem(at, &value, sizeof value, 1);
    shmem_quiet();
}

static inline uint64_t add_word(uint64_t *at, uint64_t value)
{
    /* Not the uint64 form: Open MPI 4.1's headers have it under a wrong name. */
    return shmem_ulong_atomic_fetch_add(at, value, 1);
}

#include "near.h"

int main(int argc, char **argv)
{
    uint64_t ops = count_argument(argc, argv, 1, 1000000);
    bool right = true;

    shmem_init();
    uint64_t *mine = shmem_n_pes() == 2 ? shmem_malloc(BYTES) : NULL;
    if (!mine) {
        fprintf(stderr, "near_shmem: runs at 2 PEs, with 12 KiB of symmetric heap\n");
        shmem_global_exit(2);
    }
    if (shmem_my_pe() == 1)
        prepare(mine);
    shmem_barrier_all();
    if (shmem_my_pe() == 0)
        right = measure_all("", mine, ops);
    shmem_barrier_all();
    if (!right)
        fprintf(stderr, "near_shmem: wrong results\n");
    shmem_free(mine);
    shmem_finalize();
    return !right;
}
