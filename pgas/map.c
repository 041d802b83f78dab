/*
 * map.c - reserve the window at the same address everywhere; map blocks into it.
 *
 * Rule: an address is never chosen alone. Every rank tries a candidate, all agree, and
 * only then the next is tried; the reservation uses MAP_FIXED_NOREPLACE, so nothing that
 * was mapped before can be overwritten.
 */
#include "map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"
#include "node.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Far from the heap, the stack, mmap's area and ASan's shadow on 47-bit user space. */
static const uint64_t candidates[] = {
    UINT64_C(32) << 40, UINT64_C(48) << 40, UINT64_C(40) << 40, UINT64_C(56) << 40,
    UINT64_C(64) << 40, UINT64_C(24) << 40,
};

static void *reserve(uint64_t base, uint64_t bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *wanted = (void *)(uintptr_t)base;
    void *at = mmap(wanted, bytes, PROT_NONE, flags | (base ? MAP_FIXED_NOREPLACE : 0), -1, 0);

    if (at != MAP_FAILED && base && at != wanted) { /* a kernel older than 4.17: only a hint */
        munmap(at, bytes);
        errno = EEXIST;
        return MAP_FAILED;
    }
    return at;
}

/* Whether every rank has the window at `base`; a failure names the first that has not. */
static giga_status try_base(gi_job *job, uint64_t base)
{
    giga_status mine = GIGA_OK;
    void *at = reserve(base, job->window_bytes);

    if (at == MAP_FAILED)
        mine = giga_fail(GIGA_ERR_WINDOW,
                         "giga_init: rank %d cannot reserve %llu bytes of addresses at 0x%llx: %s",
                         job->rank, (unsigned long long)job->window_bytes,
                         (unsigned long long)base,
                         errno == EEXIST ? "the range is taken" : strerror(errno));
    giga_status all = giga_agree(mine);
    if (all == GIGA_OK)
        job->window_base = base;
    else if (at != MAP_FAILED)
        munmap(at, job->window_bytes);
    return all;
}

static giga_status check_request(gi_job *job, uint64_t base, uint64_t bytes)
{
    uint64_t granule = UINT64_C(1) << GIGA_GRANULE_SHIFT_;
    uint64_t mine[4] = {base, bytes, ~base, ~bytes}, most[4];
    giga_status status = gi_boot_allreduce(job->boot, mine, most, 4, GIGA_U64, GIGA_MAX);

    if (status != GIGA_OK)
        return status;
    if (most[0] != ~most[2] || most[1] != ~most[3])
        return giga_fail(GIGA_ERR_MISMATCH,
                         "giga_init: the ranks ask for different windows; rank %d asks for 0x%llx, "
                         "%llu bytes", job->rank, (unsigned long long)base,
                         (unsigned long long)bytes);
    if (base % granule != 0 || bytes % granule != 0 || bytes == 0 || base + bytes < base)
        return giga_fail(GIGA_ERR_ARG,
                         "giga_init: window base 0x%llx and size %llu must be multiples of %llu",
                         (unsigned long long)base, (unsigned long long)bytes,
                         (unsigned long long)granule);
    return GIGA_OK;
}

giga_status gi_map_start(gi_job *job, const giga_opts *opts)
{
    uint64_t base = opts->window_base ? opts->window_base : job->env.window_base.number;
    uint64_t bytes = opts->window_bytes ? opts->window_bytes : job->env.window_bytes.number;
    giga_status status = check_request(job, base, bytes);

    if (status != GIGA_OK)
        return status;
    job->window_bytes = bytes;
    if (base != 0) {
        status = try_base(job, base);
    } else {
        status = GIGA_ERR_WINDOW;
        for (size_t i = 0; status == GIGA_ERR_WINDOW && i < sizeof candidates / sizeof base; i++)
            status = try_base(job, candidates[i]);
    }
    if (status != GIGA_OK)
        return status;
    void *alias = reserve(0, bytes);
    if (alias == MAP_FAILED)
        status = giga_fail(GIGA_ERR_WINDOW, "giga_init: rank %d cannot reserve the alias: %s",
                           job->rank, strerror(errno));
    else
        job->alias_base = (uint64_t)(uintptr_t)alias;
    return giga_agree(status);
}

void gi_map_stop(gi_job *job)
{
    if (job->window_base)
        munmap((void *)(uintptr_t)job->window_base, job->window_bytes);
    if (job->alias_base)
        munmap((void *)(uintptr_t)job->alias_base, job->window_bytes);
    job->window_base = job->alias_base = 0;
}

static giga_status map_at(gi_job *job, uint64_t base, uint64_t offset, uint64_t bytes, bool huge)
{
    int file = huge ? gi_node_huge_file(job->node) : gi_node_memory_file(job->node);
    void *at = (void *)(uintptr_t)(base + offset);

    if (bytes == 0)
        return GIGA_OK;
    if (mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, (off_t)offset) ==
        MAP_FAILED)
        return giga_fail(GIGA_ERR_MEMORY, "giga_alloc: rank %d cannot map %llu bytes%s: %s",
                         job->rank, (unsigned long long)bytes, huge ? " of huge pages" : "",
                         strerror(errno));
    if (!huge && strcmp(job->env.huge_pages.text, "auto") == 0 && bytes >= GI_HUGE_PAGE)
        madvise(at, bytes, MADV_HUGEPAGE); /* only a wish: the machine's setting decides */
    madvise(at, bytes, MADV_DONTDUMP);     /* a core file of shared data is P times the data */
    return GIGA_OK;
}

giga_status gi_map_view(gi_job *job, uint64_t offset, uint64_t bytes, bool huge)
{
    return map_at(job, job->window_base, offset, bytes, huge);
}

giga_status gi_map_alias(gi_job *job, uint64_t offset, uint64_t bytes, bool huge)
{
    return map_at(job, job->alias_base, offset, bytes, huge);
}

void gi_map_drop(gi_job *job, uint64_t offset, uint64_t bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;

    if (bytes == 0)
        return;
    mmap((void *)(uintptr_t)(job->window_base + offset), bytes, PROT_NONE, flags, -1, 0);
    mmap((void *)(uintptr_t)(job->alias_base + offset), bytes, PROT_NONE, flags, -1, 0);
}

bool gi_map_release(gi_job *job, uint64_t offset, uint64_t bytes)
{
    int files[2] = {gi_node_memory_file(job->node), gi_node_huge_file(job->node)};
    bool released = true;

    for (int i = 0; i < 2 && bytes > 0; i++) {
        if (files[i] >= 0 && fallocate(files[i], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                       (off_t)offset, (off_t)bytes) != 0)
            released = false;
    }
    return released;
}
