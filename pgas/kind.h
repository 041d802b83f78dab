/*
 * kind.h - kinds of memory: which NUMA node is asked for, and putting a block there.
 *
 * Choosing and binding are apart: a choice is made in any topology, also one described by a
 * file (HWLOC_XMLFILE, HWLOC_SYNTHETIC); only in the machine's own is it carried out.
 */
#ifndef PGAS_KIND_H
#define PGAS_KIND_H

#include "job.h"

struct hwloc_topology;
struct hwloc_bitmap_s;

enum { GI_KIND_NONE = -1 };

/*
 * The operating system's number of the NUMA node that is the best of a kind for these CPUs;
 * GI_KIND_NONE when the topology does not say. Not for GIGA_MEMORY_DEFAULT.
 */
int gi_kind_choose(struct hwloc_topology *topology, const struct hwloc_bitmap_s *cpus,
                   giga_memory kind);

/*
 * Place a block of this rank as its options ask. With a kind that is required it fails, with a
 * preferred one it falls back to the home's NUMA node. Bytes may be 0.
 */
typedef struct gi_kind_got {
    giga_memory memory;
    bool policy; /* one was set, for gi_memory_place_like() to take back */
} gi_kind_got;
giga_status gi_kind_place(gi_job *job, const char *function, void *at, uint64_t bytes,
                          const giga_alloc_opts *opts, gi_kind_got *out);

/* What hwloc knows of the host's memory, and what each kind comes to; one per line. */
void gi_kind_list(char *text, size_t text_bytes);

const char *gi_kind_name(giga_memory kind);

#endif
