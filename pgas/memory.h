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
void gi_memory_kinds(char *text, size_t text_bytes);

/* Place a range of shared memory; a machine with one NUMA node has nothing to choose. */
void gi_memory_place(void *at, size_t bytes, giga_placement placement);

#endif
