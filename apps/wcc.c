/*
 * wcc.c - giga-wcc: weakly connected components of a graph, timed, checked, written out.
 */
#include <giga/algorithms.h>
#include <inttypes.h>
#include <stdlib.h>

#include "run.h"

enum { KEY_TRIALS = RUN_KEYS_END };

typedef struct config {
    run_options run;
    uint64_t trials;
} config;

static const struct argp_option options[] = {
    {"trials", KEY_TRIALS, "N", 0, "Do it so many times and give the median (default 1)", 0}, {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->trials = 1;
        state->child_inputs[0] = &c->run;
        return 0;
    case KEY_TRIALS: return run_parse_count(state, "trials", text, 1, 1000000, &c->trials);
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Components: vertices that carry their own id. */
static uint64_t count_components(const giga_graph *graph, const giga_array *component)
{
    uint64_t count, found = 0;
    const uint64_t *mine = giga_array_local(component, &count);

    for (uint64_t i = 0; i < count; i++)
        found += mine[i] == giga_graph_id(graph, giga_array_index(component, i));
    return giga_allreduce_sum(found);
}

static giga_status run_trials(const config *c, giga_graph *graph, giga_array *component,
                              double *seconds, giga_run_stats *stats)
{
    giga_status status = GIGA_OK;

    for (uint64_t t = 0; t < c->trials && status == GIGA_OK; t++) {
        status = giga_wcc(graph, component, stats);
        seconds[t] = stats->seconds;
    }
    return status;
}

static giga_status report(const config *c, const giga_graph *graph, uint64_t components,
                          const giga_run_stats *stats, double median)
{
    if (!c->run.json)
        return GIGA_OK;
    giga_graph_info info = giga_graph_get_info(graph);
    json_t *json = run_json("giga-wcc", &info);
    json_t *result = json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:b}", "components",
                               (json_int_t)components, "steps", (json_int_t)stats->steps, "arcs",
                               (json_int_t)stats->arcs, "bytes", (json_int_t)stats->bytes,
                               "seconds", stats->seconds, "median_seconds", median, "validated",
                               c->run.validate);
    json_object_update(json, result);
    json_decref(result);
    return run_json_write(json, c->run.json);
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    giga_array *component;
    giga_run_stats stats = {0};
    double *seconds = calloc(c->trials, sizeof *seconds);
    giga_status status = run_open(&c->run, &graph);

    if (status == GIGA_OK)
        status = giga_agree(seconds ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(uint64_t), &component);
    if (status == GIGA_OK)
        status = run_trials(c, graph, component, seconds, &stats);
    if (status != GIGA_OK) {
        free(seconds);
        return status;
    }
    double median = run_median(seconds, c->trials);
    uint64_t components = count_components(graph, component);
    free(seconds);
    run_say("weakly connected components: %" PRIu64 ", %" PRIu64 " arcs looked at, %.6f s\n",
            components, stats.arcs, median);
    status = run_account(&c->run, graph, "Components");
    if (status == GIGA_OK && c->run.validate) {
        status = giga_wcc_validate(graph, component);
        if (status == GIGA_OK)
            run_say("  valid: labels are components and their smallest ids\n");
    }
    if (status == GIGA_OK && c->run.output)
        status = giga_graph_write(graph, component, GIGA_VALUE_COUNT, c->run.output);
    return status == GIGA_OK ? report(c, graph, components, &stats, median) : status;
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH",
        "Weakly connected components of a graph in global memory: directions aside. GRAPH is a "
        "file (edge list, CSV, Matrix Market, LDBC, binary pairs; gzip and zstd), kron:SCALE"
        "[:EDGEFACTOR] or uniform:SCALE[:EDGEFACTOR].\vA vertex' value is the smallest id in its "
        "component. Run it under mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
