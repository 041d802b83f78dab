/*
 * lcc.c - giga-lcc: local clustering coefficients of a graph, timed, checked, written out.
 */
#include <giga/algorithms.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "run.h"

enum { KEY_TRIALS = RUN_KEYS_END };

enum { TRIALS_MAX = 1000 };

typedef struct config {
    run_options run;
    uint64_t trials;
} config;

static const struct argp_option options[] = {
    {"trials", KEY_TRIALS, "N", 0, "Compute them N times, and say the median time (default 1)", 0},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->trials = 1;
        state->child_inputs[0] = &c->run;
        return 0;
    case KEY_TRIALS: return run_parse_count(state, "trials", text, 1, TRIALS_MAX, &c->trials);
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* What the runs found. */
typedef struct result {
    double average, transitivity, median;
    double *seconds;            /* of each trial */
    giga_run_stats stats;       /* of the last */
} result;

static giga_status compute(const config *c, giga_graph *graph, giga_array *coefficient, result *r)
{
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < c->trials && status == GIGA_OK; i++) {
        status = giga_lcc(graph, coefficient, &r->stats);
        r->seconds[i] = r->stats.seconds;
    }
    if (status == GIGA_OK)
        status = run_account(&c->run, graph, "Clustering");
    if (status == GIGA_OK)
        status = giga_clustering(graph, coefficient, &r->average, &r->transitivity);
    if (status != GIGA_OK)
        return status;
    r->median = run_median(r->seconds, c->trials);
    run_say("local clustering coefficients, LDBC semantics: average %.9g, transitivity %.9g, "
            "%.6f s\n", r->average, r->transitivity, r->median);
    if (giga_nodes() > 1)
        run_say("  %" PRIu64 " rounds, %.1f MiB between nodes\n", r->stats.steps,
                (double)r->stats.bytes / 0x1p20);
    return GIGA_OK;
}

static giga_status report(const config *c, const giga_graph *graph, const result *r)
{
    giga_graph_info info = giga_graph_get_info(graph);

    if (!c->run.json)
        return GIGA_OK;
    json_t *json = run_json("giga-lcc", &info), *seconds = json_array();
    for (uint64_t i = 0; i < c->trials; i++)
        json_array_append_new(seconds, json_real(r->seconds[i]));
    json_t *more = json_pack("{s:s, s:f, s:f, s:f, s:o, s:I, s:I, s:I}", "semantics", "ldbc",
                             "average", r->average, "transitivity", r->transitivity, "seconds",
                             r->median, "trials", seconds, "rounds", (json_int_t)r->stats.steps,
                             "arcs_met", (json_int_t)r->stats.arcs, "bytes",
                             (json_int_t)r->stats.bytes);
    json_object_update(json, more);
    json_decref(more);
    json_object_set_new(json, "validated", json_boolean(c->run.validate));
    return run_json_write(json, c->run.json);
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    giga_array *coefficient;
    result r = {.seconds = calloc(c->trials, sizeof *r.seconds)};
    giga_status status = giga_agree(r.seconds ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY,
                                                                    "out of memory"));

    if (status == GIGA_OK)
        status = run_open(&c->run, &graph);
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(double), &coefficient);
    if (status == GIGA_OK)
        status = compute(c, graph, coefficient, &r);
    if (status == GIGA_OK && c->run.validate) {
        status = giga_lcc_validate(graph, coefficient);
        if (status == GIGA_OK)
            run_say("  valid: as recounted vertices and drawn pairs of neighbours say\n");
    }
    if (status == GIGA_OK && c->run.output)
        status = giga_graph_write(graph, coefficient, GIGA_VALUE_REAL, c->run.output);
    if (status == GIGA_OK)
        status = report(c, graph, &r);
    free(r.seconds);
    return status; /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH",
        "Local clustering coefficients of a graph in global memory. GRAPH is a file (edge list, CSV, "
        "Matrix Market, LDBC, binary pairs; gzip and zstd), kron:SCALE[:EDGEFACTOR] or "
        "uniform:SCALE[:EDGEFACTOR].\v"
        "The semantics are LDBC Graphalytics': of the ordered pairs of different neighbours, in "
        "either direction, the share that an arc joins. The result is the same to the bit for every "
        "number of ranks. Run it under mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
