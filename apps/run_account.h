/*
 * run_account.h - where the time of a run went: collected from all ranks, shown, drawn.
 *
 * Words: *compute* is the time a rank works on its part of a step, *wait* what it spends in
 * barriers, reductions and exchanges. The *imbalance* of a step is the compute time of the slowest
 * rank over the mean; that of a run is weighted by time.
 *
 * Memory: 100 bytes per step on every rank; RUN_ACCOUNT_BINS squared words for the matrix.
 */
#ifndef APPS_RUN_ACCOUNT_H
#define APPS_RUN_ACCOUNT_H

#include <giga/algorithms.h>

#include "run.h"

/* Nodes, or ranks, shown one by one; more are put together. And rows of a step and a rank in JSON;
 * more are left out. */
enum { RUN_ACCOUNT_BINS = 32, RUN_ACCOUNT_ROWS = 1 << 18 };

/* One step of all ranks. */
typedef struct run_step {
    const char *what;
    uint64_t vertices, arcs, bytes, messages;   /* sums */
    double compute, compute_max, wait;          /* means, and of the slowest rank */
} run_step;

/* A run. The same on every rank. */
typedef struct run_sums {
    run_step *steps;
    uint64_t count;
    double share;               /* of the time that is waiting, 0 to 1 */
    double imbalance;
    uint64_t bytes, messages;
    int32_t bins;               /* of nodes; of ranks when there is one node */
    uint64_t *matrix;           /* bins * bins: bytes from nodes to nodes; NULL on one node */
    double *compute, *wait;     /* bins: means over the ranks of a bin; NULL on several nodes */
} run_sums;

/* The same for steps that are not a graph's. Collective. */
giga_status run_account_steps(const run_options *options, const char *title, const giga_step *steps,
                              uint64_t count, json_t *json);

/* Collect; to be freed with run_sums_clear(). Collective. */
giga_status run_sums_collect(const giga_step *steps, uint64_t count, run_sums *out);
void run_sums_clear(run_sums *sums);

/* The picture. Call: local, on one rank. */
giga_status run_account_draw(const run_sums *sums, const char *title, const char *path);

#endif
