/*
 * map.h - the range of addresses itself: reserved once, blocks mapped into it.
 */
#ifndef PGAS_MAP_H
#define PGAS_MAP_H

#include "job.h"

/* Reserve the window, at an address all ranks agree on. Collective over the job. */
giga_status gi_map_start(gi_job *job, const giga_opts *opts);
void gi_map_stop(gi_job *job);

/* Map [offset, offset + bytes) of the node's memory into the window (its view) or, with
 * `alias`, into this process's second range. Offset and bytes are whole pages. */
giga_status gi_map_view(gi_job *job, uint64_t offset, uint64_t bytes, bool huge);
giga_status gi_map_alias(gi_job *job, uint64_t offset, uint64_t bytes, bool huge);

/* Make the range inaccessible again, view and alias; `release` gives the memory back, after which
 * it reads zero: false when the kernel refuses. */
void gi_map_drop(gi_job *job, uint64_t offset, uint64_t bytes);
bool gi_map_release(gi_job *job, uint64_t offset, uint64_t bytes);

#endif
