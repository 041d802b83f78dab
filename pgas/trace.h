/*
 * trace.h - GIGA_TRACE: spans and instants of all ranks in one file for Perfetto.
 *
 * Every gi_call (stats.h) draws its span by itself. What is no call of the program draws one
 * with gi_trace_span(), or a point in time with gi_trace_instant(), after looking whether
 * job->watch has GI_WATCH_TRACE. Names and units are string constants.
 *
 * A rank keeps GI_TRACE_EVENTS; what comes later is counted, not kept.
 *
 * Threads: any.
 */
#ifndef PGAS_TRACE_H
#define PGAS_TRACE_H

#include "watch.h"

enum { GI_TRACE_EVENTS = 1 << 17 }; /* 56 bytes each, touched as they come */

/* Opens the file on rank 0, and finds how far the clocks of hosts are apart. Collective. */
giga_status gi_trace_start(gi_job *job);
void gi_trace_stop(gi_job *job);

/* [began, began + ns) by gi_now(), of this thread; `value` is told as `unit`, "bytes" say. */
void gi_trace_span(const char *name, int64_t began, int64_t ns, const char *unit, uint64_t value);
void gi_trace_instant(const char *name, const char *unit, uint64_t value);

/* Write the file. Collective, at the end of a running job, when nothing is traced any more. */
void gi_trace_write(gi_job *job);

#endif
