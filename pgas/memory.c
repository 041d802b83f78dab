/*
 * memory.c - what libnuma and /proc say about this host's memory.
 *
 * Threads: start-up and allocation only; not on a hot path.
 */
#include "memory.h"

#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODES_MAX = 8 * sizeof((giga_memory_info *)0)->numa_mask }; /* what Linux can have */

uint64_t gi_memory_page(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The number behind `key` in a file of "key value" lines; `missing` when there is none. */
static uint64_t number_in(const char *path, const char *key, uint64_t missing)
{
    char line[256];
    unsigned long long value = missing;
    FILE *file = fopen(path, "re");

    if (!file)
        return missing;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0) {
            if (sscanf(line + strlen(key), "%llu", &value) != 1)
                value = missing;
            break;
        }
    }
    fclose(file);
    return value;
}

static uint64_t cgroup_limit(void)
{
    uint64_t v2 = number_in("/sys/fs/cgroup/memory.max", "", UINT64_MAX);
    uint64_t v1 = number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", "", UINT64_MAX);

    return v1 < v2 ? v1 : v2;
}

uint64_t gi_memory_total(const gi_job *job)
{
    uint64_t total = number_in("/proc/meminfo", "MemTotal:", 0) << 10, limit = cgroup_limit();

    if (job->env.memory_limit.number > 0)
        return job->env.memory_limit.number;
    return limit < total ? limit : total;
}

uint64_t gi_memory_available(void)
{
    return number_in("/proc/meminfo", "MemAvailable:", 0) << 10;
}

uint64_t gi_memory_huge_free(void)
{
    uint64_t size = number_in("/proc/meminfo", "Hugepagesize:", 0) << 10;

    if (size != GI_HUGE_PAGE)
        return 0;
    uint64_t free_pages = number_in("/proc/meminfo", "HugePages_Free:", 0);
    uint64_t reserved = number_in("/proc/meminfo", "HugePages_Rsvd:", 0);
    return free_pages > reserved ? free_pages - reserved : 0;
}

bool gi_memory_huge_on_advice(void)
{
    char text[128] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "re");

    if (!file)
        return false;
    bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    return read && (strstr(text, "[always]") || strstr(text, "[within_size]") ||
                    strstr(text, "[advise]") || strstr(text, "[force]"));
}

int32_t gi_memory_cores(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    return (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

int32_t gi_memory_host_cores(void)
{
    return (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

int32_t gi_memory_numa_nodes(void)
{
    return numa_available() < 0 ? 1 : numa_max_node() + 1;
}

/*
 * A policy holds for whole pages. Only the home sets one on its block: the kernel remembers it for
 * the file and for the mapping of this process, and believes the latter when it joins and splits.
 */
static bool set_policy(void *at, uint64_t bytes, int mode, const unsigned long *nodes,
                       unsigned long max)
{
    uint64_t inside = (uint64_t)(uintptr_t)at % gi_memory_page();

    return bytes == 0 || mbind((char *)at - inside, bytes + inside, mode, nodes, max, 0) == 0;
}

bool gi_memory_bind(void *at, uint64_t bytes, int32_t node, bool strict)
{
    struct bitmask *nodes = numa_available() < 0 ? NULL : numa_allocate_nodemask();

    if (!nodes) {
        errno = ENOSYS;
        return false;
    }
    numa_bitmask_setbit(nodes, (unsigned)node);
    bool set = set_policy(at, bytes, strict ? MPOL_BIND : MPOL_PREFERRED, nodes->maskp,
                          nodes->size + 1);
    int error = errno;
    numa_bitmask_free(nodes);
    errno = error;
    return set;
}

bool gi_memory_place(void *at, uint64_t bytes, giga_placement placement)
{
    int cpu = sched_getcpu();

    if (numa_available() < 0 || placement == GIGA_PLACE_FIRST_TOUCH)
        return false;
    if (placement == GIGA_PLACE_INTERLEAVE)
        return set_policy(at, bytes, MPOL_INTERLEAVE, numa_all_nodes_ptr->maskp,
                          numa_all_nodes_ptr->size + 1);
    int node = cpu >= 0 && gi_memory_numa_nodes() > 1 ? numa_node_of_cpu(cpu) : -1;
    /* Preferred: a full node spills instead of killing the rank. */
    return node >= 0 && gi_memory_bind(at, bytes, node, false);
}

/*
 * A policy belongs to the file and outlives an object, so it is taken back: not to the default,
 * for which the kernel would join this range with its neighbours and take theirs back too, but
 * to "where it is touched first", which is what the default amounts to.
 */
void gi_memory_place_like(void *at, uint64_t bytes, const void *like)
{
    unsigned long nodes[NODES_MAX / (8 * sizeof(unsigned long))] = {0};
    int mode = MPOL_LOCAL;

    if (numa_available() < 0)
        return;
    if (like && get_mempolicy(&mode, nodes, NODES_MAX, (void *)(uintptr_t)like, MPOL_F_ADDR) != 0)
        mode = MPOL_LOCAL;
    if (mode == MPOL_LOCAL || mode == MPOL_DEFAULT)
        set_policy(at, bytes, MPOL_LOCAL, NULL, 0);
    else
        set_policy(at, bytes, mode, nodes, NODES_MAX);
}

uint64_t gi_memory_node_free(int32_t node)
{
    long long available = 0;

    if (numa_available() < 0 || numa_node_size64(node, &available) < 0)
        return 0;
    return available > 0 ? (uint64_t)available : 0;
}

/* The page of an address; -1 when this process has not touched it. */
static int32_t node_of_page(const void *address)
{
    void *page = (void *)(uintptr_t)((uint64_t)(uintptr_t)address / gi_memory_page() *
                                     gi_memory_page());
    int node = -1;

    return move_pages(0, 1, &page, NULL, &node, 0) == 0 && node >= 0 ? node : -1;
}

void gi_memory_look(const void *address, giga_memory_info *out)
{
    unsigned long nodes[NODES_MAX / (8 * sizeof(unsigned long))] = {0};
    int mode = MPOL_DEFAULT;

    out->numa_node = node_of_page(address);
    out->placement = gi_memory_numa_nodes() > 1 ? GIGA_PLACE_FIRST_TOUCH : GIGA_PLACE_HOME;
    if (numa_available() < 0 ||
        get_mempolicy(&mode, nodes, NODES_MAX, (void *)(uintptr_t)address, MPOL_F_ADDR) != 0)
        return;
    if (mode == MPOL_INTERLEAVE)
        out->placement = GIGA_PLACE_INTERLEAVE;
    else if (mode == MPOL_BIND || mode == MPOL_PREFERRED)
        out->placement = GIGA_PLACE_HOME;
    memcpy(out->numa_mask, nodes, sizeof nodes);
}
