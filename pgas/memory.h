/*
 * memory.h - the machine's memory: how much there is, of which kind, and how to place it.
 */
#ifndef PGAS_MEMORY_H
#define PGAS_MEMORY_H

#include "job.h"

#define GI_HUGE_PAGE (UINT64_C(2) << 20)

uint64_t gi_memory_page(void);
uint64_t gi_memory_total(const gi_job *job);     /* this node may use; env, cgroup, machine */
uint64_t gi_memory_available(void);              /* free now, page cache counted as free */
uint64_t gi_memory_huge_free(void);              /* reserved huge pages that nobody uses */
bool gi_memory_huge_on_advice(void);             /* shared memory takes MADV_HUGEPAGE */
int32_t gi_memory_cores(void);                   /* that this process may run on */
int32_t gi_memory_host_cores(void);              /* of the host: its ranks are bound apart */
int32_t gi_memory_numa_nodes(void);

/* Place a range of shared memory, as far as this machine has places. true when that set a policy,
 * which must be taken back before the range is used for something else: */
bool gi_memory_place(void *at, uint64_t bytes, giga_placement placement);

/* Give a range the policy of another address, or with NULL that of first touch. */
void gi_memory_place_like(void *at, uint64_t bytes, const void *like);

/* Place it on one NUMA node, strictly or as long as there is room. false, with errno: refused. */
bool gi_memory_bind(void *at, uint64_t bytes, int32_t node, bool strict);
uint64_t gi_memory_node_free(int32_t node);

/* Fill in where an address of this process lies and may lie: numa_node, numa_mask, placement. */
void gi_memory_look(const void *address, giga_memory_info *out);

#endif
