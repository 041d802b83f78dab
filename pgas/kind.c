/*
 * kind.c - see kind.h. The only file of pgas that sees hwloc.
 *
 * Rule: a kind is what hwloc's memory attributes say, never a guess from a name. Bandwidth and
 * latency are known where firmware tells them (HMAT) or an administrator describes them; where
 * they are not, no memory is "the fastest", and a request for it is not met. Capacity is always
 * known.
 *
 * Threads: any; a topology is loaded once per kind and process, which takes milliseconds.
 */
#include "kind.h"

#include <errno.h>
#include <hwloc.h>
#include <hwloc/memattrs.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"

enum { NODES_MAX = 1024 }; /* NUMA nodes: what Linux can have (CONFIG_NODES_SHIFT 10) */

const char *gi_kind_name(giga_memory kind)
{
    switch (kind) {
    case GIGA_MEMORY_DEFAULT: return "default";
    case GIGA_MEMORY_BANDWIDTH: return "highest bandwidth";
    case GIGA_MEMORY_LATENCY: return "lowest latency";
    case GIGA_MEMORY_CAPACITY: return "largest capacity";
    }
    return "unknown";
}

static struct hwloc_location near_cpus(hwloc_const_cpuset_t cpus)
{
    struct hwloc_location where = {.type = HWLOC_LOCATION_TYPE_CPUSET};

    where.location.cpuset = (hwloc_cpuset_t)(uintptr_t)cpus; /* only read */
    return where;
}

static int best_by(hwloc_topology_t topology, hwloc_const_cpuset_t cpus,
                   hwloc_memattr_id_t attribute)
{
    struct hwloc_location from = near_cpus(cpus);
    hwloc_obj_t node = NULL;

    if (hwloc_memattr_get_best_target(topology, attribute, &from, 0, &node, NULL) != 0 || !node)
        return GI_KIND_NONE;
    return (int)node->os_index;
}

/* Largest of the memories these CPUs are local to, and of those without CPUs (far memory); of
 * equal ones the first. */
static int largest(hwloc_topology_t topology, hwloc_const_cpuset_t cpus)
{
    hwloc_uint64_t most = 0, bytes;
    int best = GI_KIND_NONE;

    for (hwloc_obj_t node = NULL;
         (node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node));) {
        bool local =
            hwloc_bitmap_isincluded(cpus, node->cpuset) || hwloc_bitmap_iszero(node->cpuset);
        if (local &&
            hwloc_memattr_get_value(topology, HWLOC_MEMATTR_ID_CAPACITY, node, NULL, 0, &bytes) ==
                0 &&
            bytes > most) {
            most = bytes;
            best = (int)node->os_index;
        }
    }
    return best;
}

int gi_kind_choose(hwloc_topology_t topology, hwloc_const_cpuset_t cpus, giga_memory kind)
{
    switch (kind) {
    case GIGA_MEMORY_BANDWIDTH: return best_by(topology, cpus, HWLOC_MEMATTR_ID_BANDWIDTH);
    case GIGA_MEMORY_LATENCY: return best_by(topology, cpus, HWLOC_MEMATTR_ID_LATENCY);
    case GIGA_MEMORY_CAPACITY: return largest(topology, cpus);
    case GIGA_MEMORY_DEFAULT: break;
    }
    return GI_KIND_NONE;
}

/* For the CPUs this process may use; when these are in several places, for where it runs, or, in
 * a machine that is only described, for the first of them. */
static int choose_here(hwloc_topology_t topology, giga_memory kind)
{
    hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
    int node = GI_KIND_NONE;

    if (cpus && hwloc_get_cpubind(topology, cpus, HWLOC_CPUBIND_PROCESS) == 0)
        node = gi_kind_choose(topology, cpus, kind);
    if (node == GI_KIND_NONE && cpus &&
        hwloc_get_last_cpu_location(topology, cpus, HWLOC_CPUBIND_THREAD) == 0)
        node = gi_kind_choose(topology, cpus, kind);
    if (node == GI_KIND_NONE && cpus && hwloc_bitmap_weight(cpus) > 1) {
        hwloc_bitmap_only(cpus, (unsigned)hwloc_bitmap_first(cpus));
        node = gi_kind_choose(topology, cpus, kind);
    }
    hwloc_bitmap_free(cpus);
    return node;
}

static hwloc_topology_t load(void)
{
    hwloc_topology_t topology;

    if (hwloc_topology_init(&topology) != 0)
        return NULL;
    if (hwloc_topology_load(topology) == 0)
        return topology;
    hwloc_topology_destroy(topology);
    return NULL;
}

/* What came of a search for a kind. */
typedef enum finding { UNASKED, UNKNOWN, ELSEWHERE, FOUND } finding;

/* Remembered in the job as finding + 8 * node, so that any thread may look it up. */
static finding find(gi_job *job, giga_memory kind, int *node_out)
{
    int32_t known = atomic_load_explicit(&job->kinds[kind], memory_order_relaxed);

    if (known == UNASKED) {
        hwloc_topology_t topology = load();
        int node = topology ? choose_here(topology, kind) : GI_KIND_NONE;
        known = UNKNOWN;
        if (node >= 0 && node < NODES_MAX)
            known = (hwloc_topology_is_thissystem(topology) ? FOUND : ELSEWHERE) + 8 * node;
        if (topology)
            hwloc_topology_destroy(topology);
        atomic_store_explicit(&job->kinds[kind], known, memory_order_relaxed);
    }
    *node_out = known / 8;
    return (finding)(known % 8);
}

static giga_status refuse(gi_job *job, const char *function, giga_memory kind, finding found,
                          int node)
{
    if (found == UNKNOWN)
        return giga_fail(GIGA_ERR_UNSUPPORTED,
                         "%s: rank %d: this host does not say which of its "
                         "memories has the %s",
                         function, job->rank, gi_kind_name(kind));
    return giga_fail(GIGA_ERR_UNSUPPORTED,
                     "%s: rank %d: the memory of %s is NUMA node %d of a "
                     "topology that is not this machine's (HWLOC_XMLFILE, HWLOC_SYNTHETIC)",
                     function, job->rank, gi_kind_name(kind), node);
}

giga_status gi_kind_place(gi_job *job, const char *function, void *at, uint64_t bytes,
                          const giga_alloc_opts *opts, gi_kind_got *out)
{
    bool required = opts->memory_required;
    uint64_t need = opts->sparse ? 0 : bytes;
    int node = -1;

    *out = (gi_kind_got){GIGA_MEMORY_DEFAULT, false};
    finding found = opts->memory == GIGA_MEMORY_DEFAULT ? UNASKED : find(job, opts->memory, &node);
    bool fits = found == FOUND && (!required || gi_memory_node_free(node) >= need);
    if (fits && gi_memory_bind(at, bytes, node, required)) {
        *out = (gi_kind_got){opts->memory, true};
        return GIGA_OK;
    }
    int error = fits ? errno : 0;
    if (found == UNASKED || !required) {
        out->policy = gi_memory_place(at, bytes, opts->placement);
        return GIGA_OK;
    }
    if (found != FOUND)
        return refuse(job, function, opts->memory, found, node);
    return giga_fail(GIGA_ERR_MEMORY,
                     "%s: rank %d: NUMA node %d, the memory of %s, has %.3f GiB "
                     "free for %.3f GiB%s%s",
                     function, job->rank, node, gi_kind_name(opts->memory),
                     (double)gi_memory_node_free(node) / 0x1p30, (double)bytes / 0x1p30,
                     error ? ": " : "", error ? strerror(error) : "");
}

/* ---- for people ---- */

static size_t say_value(hwloc_topology_t topology, hwloc_obj_t node, hwloc_memattr_id_t attribute,
                        const char *format, char *text, size_t bytes)
{
    struct hwloc_location from = near_cpus(node->cpuset);
    hwloc_uint64_t value;

    if (hwloc_memattr_get_value(topology, attribute, node, &from, 0, &value) != 0)
        return 0;
    int wrote = snprintf(text, bytes, format, (unsigned long long)value);
    return wrote > 0 ? (size_t)wrote : 0;
}

static size_t say_node(hwloc_topology_t topology, hwloc_obj_t node, char *text, size_t bytes)
{
    char line[256];
    size_t used = (size_t)snprintf(line, sizeof line, "NUMA node %u: %.32s, %.1f GiB",
                                   node->os_index, node->subtype ? node->subtype : "DRAM",
                                   (double)node->attr->numanode.local_memory / 0x1p30);

    used += say_value(topology, node, HWLOC_MEMATTR_ID_BANDWIDTH, ", %llu MiB/s", line + used,
                      sizeof line - used);
    say_value(topology, node, HWLOC_MEMATTR_ID_LATENCY, ", %llu ns", line + used,
              sizeof line - used);
    int wrote = snprintf(text, bytes, "%s\n", line);
    return wrote > 0 ? (size_t)wrote : 0;
}

static size_t say_kind(hwloc_topology_t topology, giga_memory kind, char *text, size_t bytes)
{
    int node = choose_here(topology, kind);
    int wrote = node == GI_KIND_NONE
                    ? snprintf(text, bytes, "%s: not known\n", gi_kind_name(kind))
                    : snprintf(text, bytes, "%s: NUMA node %d%s\n", gi_kind_name(kind), node,
                               hwloc_topology_is_thissystem(topology) ? "" : " of another machine");

    return wrote > 0 ? (size_t)wrote : 0;
}

void gi_kind_list(char *text, size_t text_bytes)
{
    hwloc_topology_t topology = load();
    size_t used = 0;

    text[0] = '\0';
    if (!topology)
        return;
    for (hwloc_obj_t node = NULL; used < text_bytes && (node = hwloc_get_next_obj_by_type(
                                                            topology, HWLOC_OBJ_NUMANODE, node));)
        used += say_node(topology, node, text + used, text_bytes - used);
    for (int kind = GIGA_MEMORY_BANDWIDTH; kind <= GIGA_MEMORY_CAPACITY && used < text_bytes;
         kind++)
        used += say_kind(topology, (giga_memory)kind, text + used, text_bytes - used);
    hwloc_topology_destroy(topology);
}
