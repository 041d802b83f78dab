/*
 * sssp.c - giga-sssp: shortest paths over a graph, timed, checked, written out.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include <giga/algorithms.h>

#include "run.h"

enum { KEY_SOURCE = RUN_KEYS_END, KEY_TRIALS, KEY_DELTA, KEY_PARENTS };

typedef struct config {
    run_options run;
    giga_sssp_opts how;
    bool has_source;
    uint64_t source, trials;
    const char *parents;
} config;

static const struct argp_option options[] = {
    {"source", KEY_SOURCE, "ID", 0,
     "Start at the vertex with this id (default: random vertices with edges)", 0},
    {"trials", KEY_TRIALS, "N", 0, "Search so many times and give the median (default 1)", 0},
    {"delta", KEY_DELTA, "D", 0, "Width of a bucket (default: chosen from weights and degrees)", 0},
    {"parents", KEY_PARENTS, "FILE", 0, "Write `id parent` of the first search; -1: unreached", 0},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->how = (giga_sssp_opts)GIGA_SSSP_OPTS_INIT;
        c->trials = 1;
        state->child_inputs[0] = &c->run;
        return 0;
    case KEY_SOURCE:
        c->has_source = true;
        return run_parse_count(state, "source", text, 0, UINT64_MAX, &c->source);
    case KEY_TRIALS: return run_parse_count(state, "trials", text, 1, 1000000, &c->trials);
    case KEY_DELTA: return run_parse_real(state, "delta", text, DBL_MIN, DBL_MAX, &c->how.delta);
    case KEY_PARENTS: c->parents = text; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

typedef struct results {
    giga_array *distance, *parent;
    double *seconds;
    json_t *trials;
} results;

/* Vertices reached, and how far the farthest of them is. */
typedef struct extent {
    uint64_t reached;
    double farthest;
} extent;

static extent measure(const giga_array *distance)
{
    extent e = {0, 0};
    uint64_t count;
    const double *mine = giga_array_local(distance, &count);

    for (uint64_t i = 0; i < count; i++) {
        e.reached += !isinf(mine[i]);
        e.farthest = !isinf(mine[i]) && mine[i] > e.farthest ? mine[i] : e.farthest;
    }
    return (extent){giga_allreduce_sum(e.reached), giga_allreduce_max(e.farthest)};
}

static giga_status run_trial(const config *c, giga_graph *graph, uint64_t source, uint64_t trial,
                             results *r)
{
    giga_run_stats stats;
    giga_array *parent = c->parents || c->run.validate ? r->parent : NULL;
    giga_status status = giga_sssp(graph, source, &c->how, r->distance, parent, &stats);

    if (status != GIGA_OK)
        return status;
    extent e = measure(r->distance);
    uint64_t id = giga_graph_id(graph, source);
    r->seconds[trial] = stats.seconds;
    run_say("paths from %" PRIu64 ": %" PRIu64 " vertices reached, farthest %.17g, %" PRIu64
            " steps, %" PRIu64 " arcs looked at, %.6f s\n", id, e.reached, e.farthest, stats.steps,
            stats.arcs, stats.seconds);
    json_array_append_new(
        r->trials, json_pack("{s:o, s:I, s:f, s:I, s:I, s:I, s:f}", "source", run_json_id(id),
                             "reached", (json_int_t)e.reached, "farthest", e.farthest, "steps",
                             (json_int_t)stats.steps, "arcs", (json_int_t)stats.arcs, "bytes",
                             (json_int_t)stats.bytes, "seconds", stats.seconds));
    if (c->run.validate) {
        status = giga_sssp_validate(graph, source, r->distance, parent);
        if (status == GIGA_OK)
            run_say("  valid: no arc offers less, every parent makes exactly its distance\n");
    }
    return status;
}

static giga_status write_first(const config *c, const giga_graph *graph, const results *r)
{
    giga_status status = GIGA_OK;

    if (c->run.output)
        status = giga_graph_write(graph, r->distance, GIGA_VALUE_REAL, c->run.output);
    if (status == GIGA_OK && c->parents)
        status = giga_graph_write(graph, r->parent, GIGA_VALUE_VERTEX, c->parents);
    return status;
}

static giga_status run_trials(const config *c, giga_graph *graph, results *r)
{
    uint64_t random = c->run.open.seed, source = 0;
    giga_status status = GIGA_OK;

    if (!c->has_source && giga_graph_get_info(graph).vertices == 0)
        return giga_fail(GIGA_ERR_NOT_FOUND, "%s has no vertices: there is no source to start from",
                         c->run.graph);
    if (c->has_source)
        status = giga_graph_find(graph, c->source, &source);
    if (status == GIGA_ERR_NOT_FOUND)
        status = giga_fail(status, "no such source: %s", giga_error());
    for (uint64_t trial = 0; trial < c->trials && status == GIGA_OK; trial++) {
        if (!c->has_source)
            source = run_random_source(graph, &random);
        status = run_trial(c, graph, source, trial, r);
        if (trial == 0 && status == GIGA_OK)
            status = write_first(c, graph, r);
    }
    return status;
}

static giga_status report(const config *c, const giga_graph_info *info, double prepare, results *r)
{
    double seconds = run_median(r->seconds, c->trials);

    if (c->trials > 1)
        run_say("median of %" PRIu64 " searches: %.6f s\n", c->trials, seconds);
    if (!c->run.json)
        return GIGA_OK;
    json_t *json = run_json("giga-sssp", info);
    json_object_set_new(json, "prepare_seconds", json_real(prepare));
    json_object_set_new(json, "median_seconds", json_real(seconds));
    json_object_set_new(json, "validated", json_boolean(c->run.validate));
    json_object_set(json, "trials", r->trials);
    return run_json_write(json, c->run.json);
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    results r = {.trials = json_array()};
    double prepare = 0;
    giga_status status = run_open(&c->run, &graph);

    r.seconds = calloc(c->trials, sizeof *r.seconds);
    if (status == GIGA_OK)
        status = giga_agree(r.seconds && r.trials ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(double), &r.distance);
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(uint64_t), &r.parent);
    if (status == GIGA_OK) {
        prepare = run_seconds();
        status = giga_sssp_prepare(graph);
        prepare = run_seconds() - prepare;
    }
    if (status == GIGA_OK) {
        run_say("  arcs sorted by weight in %.3f s\n", prepare);
        status = run_trials(c, graph, &r);
    }
    if (status == GIGA_OK) {
        giga_graph_info info = giga_graph_get_info(graph);
        status = report(c, &info, prepare, &r);
    }
    free(r.seconds);
    json_decref(r.trials);
    return status; /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH",
        "Shortest paths from a vertex of a graph in global memory. GRAPH is a file (edge list, CSV, "
        "Matrix Market, LDBC, binary pairs; gzip and zstd), kron:SCALE[:EDGEFACTOR], "
        "uniform:SCALE[:EDGEFACTOR] or mesh:SCALE.\vDistances are written in LDBC Graphalytics' "
        "format: an unreached vertex has Infinity. Run it under mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
