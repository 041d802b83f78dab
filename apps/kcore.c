/*
 * kcore.c - giga-kcore: core numbers of a graph, timed, checked, written out.
 */
#include <giga/algorithms.h>
#include <inttypes.h>

#include "run.h"

typedef struct config {
    run_options run;
} config;

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    (void)text;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = &c->run;
    return 0;
}

/* Vertices with a value, on all ranks. */
static uint64_t count_value(const giga_array *values, uint64_t value)
{
    uint64_t count, found = 0;
    const uint64_t *mine = giga_array_local(values, &count);

    for (uint64_t i = 0; i < count; i++)
        found += mine[i] == value;
    return giga_allreduce_sum(found);
}

static void say(uint64_t largest, uint64_t vertices, const giga_run_stats *stats)
{
    run_say("core numbers: the largest core is the %" PRIu64 "-core with %" PRIu64 " vertices; %"
            PRIu64 " steps, %" PRIu64 " arcs looked at, %" PRIu64 " bytes between nodes, %.6f s\n",
            largest, vertices, stats->steps, stats->arcs, stats->bytes, stats->seconds);
}

static giga_status report(const config *c, const giga_graph *graph, uint64_t largest,
                          uint64_t vertices, const giga_run_stats *stats)
{
    if (!c->run.json)
        return GIGA_OK;
    giga_graph_info info = giga_graph_get_info(graph);
    json_t *json = run_json("giga-kcore", &info);
    json_t *result = json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:b}", "largest_core",
                               (json_int_t)largest, "largest_core_vertices", (json_int_t)vertices,
                               "steps", (json_int_t)stats->steps, "arcs", (json_int_t)stats->arcs,
                               "bytes", (json_int_t)stats->bytes, "seconds", stats->seconds,
                               "validated", c->run.validate);
    json_object_update(json, result);
    json_decref(result);
    return run_json_write(json, c->run.json);
}

static giga_status validate(giga_graph *graph, const giga_array *core)
{
    giga_status status = giga_kcore_validate(graph, core);

    if (status == GIGA_OK)
        run_say("  valid: proved that no number is too large or too small\n");
    return status;
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    giga_array *core;
    giga_run_stats stats;
    uint64_t largest = 0, vertices = 0;
    giga_status status = run_open(&c->run, &graph);

    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(uint64_t), &core);
    if (status == GIGA_OK)
        status = giga_kcore(graph, core, &largest, &stats);
    if (status == GIGA_OK) {
        vertices = count_value(core, largest);
        say(largest, vertices, &stats);
        status = run_account(&c->run, graph, "Core numbers");
    }
    if (status == GIGA_OK && c->run.validate)
        status = validate(graph, core);
    if (status == GIGA_OK && c->run.output)
        status = giga_graph_write(graph, core, GIGA_VALUE_COUNT, c->run.output);
    return status == GIGA_OK ? report(c, graph, largest, vertices, &stats) : status;
    /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        NULL, parse_option, "GRAPH",
        "Core numbers of a graph in global memory. GRAPH is a file (edge list, CSV, Matrix Market, "
        "LDBC, binary pairs; gzip and zstd), kron:SCALE[:EDGEFACTOR] or uniform:SCALE"
        "[:EDGEFACTOR].\vThe core number of a vertex is the largest k such that it is in a subgraph "
        "where all have k neighbours; directions, loops and duplicates do not count. Run it under "
        "mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
