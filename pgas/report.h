/*
 * report.h - the table of GIGA_STATS, and how reports write numbers.
 */
#ifndef PGAS_REPORT_H
#define PGAS_REPORT_H

#include <giga/stats.h>

#include "job.h"

/* Print the table on rank 0. Collective, while giga runs. */
void gi_report_stats(gi_job *job, const giga_stats *mine, int64_t ns, bool near);

/* "12.3 MiB", in `text` of GI_REPORT_WIDTH bytes. */
enum { GI_REPORT_WIDTH = 32 };
const char *gi_report_bytes(uint64_t bytes, char *text);

#endif
