/*
 * memory.c - what hwloc, libnuma and /proc say about this host's memory.
 *
 * Threads: start-up and allocation only; not on a hot path.
 */
#include "memory.h"

#include <hwloc.h>
#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The NUMA node that hwloc finds next to the core this thread runs on. */
static int nearest_numa_node(void)
{
    hwloc_topology_t topology;
    int node = -1;

    if (hwloc_topology_init(&topology) != 0)
        return -1;
    hwloc_bitmap_t cpus = hwloc_bitmap_alloc(), nodes = hwloc_bitmap_alloc();
    if (cpus && nodes && hwloc_topology_load(topology) == 0 &&
        hwloc_get_last_cpu_location(topology, cpus, HWLOC_CPUBIND_THREAD) == 0) {
        hwloc_cpuset_to_nodeset(topology, cpus, nodes);
        node = hwloc_bitmap_first(nodes);
    }
    hwloc_bitmap_free(cpus);
    hwloc_bitmap_free(nodes);
    hwloc_topology_destroy(topology);
    return node;
}

void gi_memory_place(void *at, size_t bytes, giga_placement placement)
{
    if (bytes == 0 || gi_memory_numa_nodes() < 2)
        return;
    /* A policy belongs to the file and outlives an object, so it is always set anew; it holds
     * for whole pages. */
    uint64_t inside = (uint64_t)(uintptr_t)at % gi_memory_page();
    at = (char *)at - inside;
    bytes += inside;
    if (placement == GIGA_PLACE_FIRST_TOUCH) {
        mbind(at, bytes, MPOL_DEFAULT, NULL, 0, 0);
        return;
    }
    if (placement == GIGA_PLACE_INTERLEAVE) {
        numa_interleave_memory(at, bytes, numa_all_nodes_ptr);
        return;
    }
    int node = nearest_numa_node();
    if (node >= 0) {
        numa_set_bind_policy(0); /* preferred: a full node spills instead of killing the rank */
        numa_tonode_memory(at, bytes, node);
    }
}

void gi_memory_kinds(char *text, size_t text_bytes)
{
    hwloc_topology_t topology;
    size_t used = 0;

    text[0] = '\0';
    if (hwloc_topology_init(&topology) != 0)
        return;
    if (hwloc_topology_load(topology) == 0) {
        int count = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE);
        for (int i = 0; i < count && used < text_bytes; i++) {
            hwloc_obj_t node = hwloc_get_obj_by_type(topology, HWLOC_OBJ_NUMANODE, (unsigned)i);
            const char *kind = node->subtype ? node->subtype : "DRAM";
            int wrote = snprintf(text + used, text_bytes - used, "NUMA node %u: %s, %.1f GiB\n",
                                 node->os_index, kind,
                                 (double)node->attr->numanode.local_memory / 1073741824.0);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
    }
    hwloc_topology_destroy(topology);
}
