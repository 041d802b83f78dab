/*
 * cdlp.c - giga-cdlp: communities of a graph by label propagation, timed, checked, written out.
 */
#include <giga/algorithms.h>
#include <inttypes.h>

#include "run.h"

enum { KEY_ITERATIONS = RUN_KEYS_END };

typedef struct config {
    run_options run;
    uint64_t iterations;
} config;

static const struct argp_option options[] = {
    {"iterations", KEY_ITERATIONS, "N", 0, "Propagate labels so many times (default 10)", 0},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->iterations = 10;
        state->child_inputs[0] = &c->run;
        return 0;
    case KEY_ITERATIONS:
        return run_parse_count(state, "iterations", text, 0, UINT32_MAX, &c->iterations);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void say(const config *c, const giga_run_stats *stats)
{
    run_say("CDLP, LDBC semantics: %" PRIu64 " of %" PRIu64 " iterations%s, %" PRIu64 " arcs looked "
            "at, %" PRIu64 " bytes between nodes, %.6f s\n", stats->steps, c->iterations,
            stats->steps < c->iterations ? " (then nothing changes)" : "", stats->arcs, stats->bytes,
            stats->seconds);
}

static giga_status report(const config *c, const giga_graph *graph, const giga_run_stats *stats)
{
    if (!c->run.json)
        return GIGA_OK;
    giga_graph_info info = giga_graph_get_info(graph);
    json_t *json = run_json("giga-cdlp", &info);
    json_t *result = json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:b}", "semantics", "ldbc",
                               "iterations", (json_int_t)c->iterations, "steps",
                               (json_int_t)stats->steps, "arcs", (json_int_t)stats->arcs, "bytes",
                               (json_int_t)stats->bytes, "seconds", stats->seconds, "validated",
                               c->run.validate);
    json_object_update(json, result);
    json_decref(result);
    return run_json_write(json, c->run.json);
}

static giga_status validate(const config *c, giga_graph *graph, const giga_array *label,
                            const giga_array *before)
{
    giga_status status = giga_cdlp_validate(graph, c->iterations, label, before);

    if (status == GIGA_OK)
        run_say("  valid: labels are ids, the most frequent of the iteration before, and as computed "
                "anew around a sample\n");
    return status;
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    giga_array *label, *before = NULL;
    giga_run_stats stats;
    giga_status status = run_open(&c->run, &graph);

    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(uint64_t), &label);
    if (status == GIGA_OK && c->run.validate)
        status = giga_graph_values(graph, sizeof(uint64_t), &before);
    if (status == GIGA_OK)
        status = giga_cdlp(graph, c->iterations, label, before, &stats);
    if (status == GIGA_OK)
        say(c, &stats);
    if (status == GIGA_OK)
        status = run_account(&c->run, graph, "Label propagation");
    if (status == GIGA_OK && c->run.validate)
        status = validate(c, graph, label, before);
    if (status == GIGA_OK && c->run.output)
        status = giga_graph_write(graph, label, GIGA_VALUE_COUNT, c->run.output);
    return status == GIGA_OK ? report(c, graph, &stats) : status;
    /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH",
        "Communities of a graph in global memory, by label propagation. GRAPH is a file (edge list, "
        "CSV, Matrix Market, LDBC, binary pairs; gzip and zstd), kron:SCALE[:EDGEFACTOR] or "
        "uniform:SCALE[:EDGEFACTOR].\vThe semantics are LDBC Graphalytics': all vertices at once "
        "take the most frequent label around them, of equally frequent ones the smallest. Run it "
        "under mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
