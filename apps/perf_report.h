/*
 * perf_report.h - what giga-perf makes of the figures of its rounds.
 */
#ifndef APPS_PERF_REPORT_H
#define APPS_PERF_REPORT_H

#include "perf.h"

/* A case over all rounds; only rank 0's figures are of use. */
typedef struct perf_result {
    const perf_case *of;
    double *figures, *limits; /* a place per round */
    size_t rounds;            /* measured so far */
    bool wanted, failed;
    double reference;         /* from --reference, 0 when it says nothing */
} perf_result;

/*
 * Read references from a file, an object {"name": value} of JSON or lines `name value`, into the
 * results they belong to. Collective; fails for a file that cannot be read, for a name that is no
 * case's, and for a value that is no number above 0.
 */
giga_status perf_report_read(const char *path, perf_result *results, size_t count);

/* Print the table, on rank 0, and write the JSON when `json` is not NULL. Collective. */
giga_status perf_report(perf_result *results, size_t count, const char *json);

#endif
