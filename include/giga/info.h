/*
 * info.h - what giga found on this machine, and what can be set; for giga-info and for
 * programs that report their surroundings.
 */
#ifndef GIGA_INFO_H
#define GIGA_INFO_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GIGA_VERSION_MAJOR 0
#define GIGA_VERSION_MINOR 1
#define GIGA_VERSION_PATCH 0

/** An environment variable; `value` is NULL when it is not set. */
typedef struct giga_info_variable {
    const char *name, *type, *preset, *help, *value;
} giga_info_variable;

/** Number of environment variables. Call: local, also before giga_init(). */
GIGA_API size_t giga_info_variables(void);

/** One of them; all NULL past the end. Call: local, also before giga_init(). */
GIGA_API giga_info_variable giga_info_variable_at(size_t index);

/** What this rank sees of its host and of giga's choices. */
typedef struct giga_info_host {
    char name[64];              /**< host name */
    int32_t cores;              /**< cores this rank may run on */
    int32_t host_ranks;         /**< ranks of the job on this host, pretended nodes merged */
    int32_t numa_nodes;         /**< NUMA nodes of the host */
    uint64_t memory_bytes;      /**< physical memory, or the cgroup's limit if lower */
    uint64_t available_bytes;   /**< of it, available now */
    uint64_t object_bytes;      /**< held by objects on this node, as allocated */
    uint64_t page_bytes;        /**< base page */
    uint64_t huge_page_bytes;   /**< huge page, 0 when none can be had */
    uint64_t huge_pages_free;   /**< reserved huge pages free now */
    bool huge_on_advice;        /**< transparent huge pages for shared memory on madvise */
    uint64_t window_base, window_bytes;
    uint64_t one_bytes;         /**< of it, what this rank may hand out by giga_alloc_one() */
    char transports[64];        /**< UCX transports between nodes, "none" on one node */
    char device[64];            /**< network interface between nodes, "none" on one node */
    char rma[16];               /**< remote get and put: "none", "message" or "onesided" */
} giga_info_host;

/** Call: local, while giga runs. @return GIGA_OK or GIGA_ERR_STATE. */
GIGA_API giga_status giga_info_get_host(giga_info_host *out);

/** Versions of giga, MPI and UCX in one line. Call: local. */
GIGA_API const char *giga_info_versions(void);

/**
 * The memories of this host that hwloc knows (DRAM, high-bandwidth, far, with bytes, bandwidth and
 * latency), and which of them each giga_memory is for this rank, one per line.
 *
 * Call: local, while giga runs.
 */
GIGA_API giga_status giga_info_memory_kinds(char *text, size_t text_bytes);

#ifdef __cplusplus
}
#endif

#endif
