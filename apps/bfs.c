/*
 * bfs.c - giga-bfs: breadth-first search over a graph, timed, checked, written out.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "run.h"

enum { KEY_SOURCE = RUN_KEYS_END, KEY_TRIALS, KEY_PARENTS, KEY_TREE };

typedef struct config {
    run_options run;
    bool has_source;
    uint64_t source, trials;
    const char *parents;
    bool tree;
} config;

static const struct argp_option options[] = {
    {"source", KEY_SOURCE, "ID", 0,
     "Start at the vertex with this id (default: random vertices with edges)", 0},
    {"trials", KEY_TRIALS, "N", 0, "Search so many times and give the median (default 1)", 0},
    {"parents", KEY_PARENTS, "FILE", 0, "Write `id parent` of the first search; -1: unreached", 0},
    {"tree", KEY_TREE, NULL, 0,
     "Time parents alone, without levels, as Graph500 and GAP do", 0},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->trials = 1;
        state->child_inputs[0] = &c->run;
        return 0;
    case KEY_SOURCE:
        c->has_source = true;
        return run_parse_count(state, "source", text, 0, UINT64_MAX, &c->source);
    case KEY_TRIALS: return run_parse_count(state, "trials", text, 1, 1000000, &c->trials);
    case KEY_PARENTS: c->parents = text; return 0;
    case KEY_TREE: c->tree = true; return 0;
    case ARGP_KEY_END:
        if (c->tree && (c->run.validate || c->run.output)) {
            argp_error(state, "--tree leaves no levels for --%s",
                       c->run.validate ? "validate" : "output");
            return EINVAL;
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static json_t *levels_json(const giga_bfs_stats *s)
{
    json_t *levels = json_array();

    for (uint64_t d = 0; d <= s->depth; d++)
        json_array_append_new(
            levels, json_pack("{s:I, s:s, s:I, s:I, s:I, s:f}", "level", (json_int_t)d, "direction",
                              s->levels[d].bottom_up ? "bottom-up" : "top-down", "vertices",
                              (json_int_t)s->levels[d].vertices, "arcs",
                              (json_int_t)s->levels[d].arcs, "bytes",
                              (json_int_t)s->levels[d].bytes, "seconds", s->levels[d].seconds));
    return levels;
}

static void show_levels(const giga_bfs_stats *s)
{
    enum { SHOWN = 20 };

    run_say("  level    vertices        arcs  direction     seconds\n");
    for (uint64_t d = 0; d <= s->depth && d < SHOWN; d++)
        run_say("  %5" PRIu64 " %11" PRIu64 " %11" PRIu64 "  %-9s  %10.6f\n", d,
                s->levels[d].vertices, s->levels[d].arcs,
                d == 0                     ? "source"
                : s->levels[d].bottom_up   ? "bottom-up"
                                           : "top-down",
                s->levels[d].seconds);
    if (s->depth >= SHOWN)
        run_say("  ... to level %" PRIu64 "\n", s->depth);
}

typedef struct results {
    giga_array *level, *parent;
    double *seconds, *teps;
    json_t *trials;
} results;

static giga_status run_trial(const config *c, giga_graph *graph, uint64_t source, uint64_t trial,
                             results *r)
{
    giga_bfs_stats stats = {0};
    giga_status status = giga_bfs(graph, source, c->tree ? NULL : r->level, r->parent, &stats);

    if (status != GIGA_OK)
        return status;
    double teps = stats.seconds > 0 ? (double)stats.edges / stats.seconds : 0;
    r->seconds[trial] = stats.seconds;
    r->teps[trial] = teps;
    uint64_t id = giga_graph_id(graph, source);
    run_say("search from %" PRIu64 ": %" PRIu64 " vertices reached, depth %" PRIu64
            ", %.6f s, %.1f MTEPS\n", id, stats.reached, stats.depth, stats.seconds, teps / 1e6);
    if (trial == 0)
        show_levels(&stats);
    json_array_append_new(
        r->trials, json_pack("{s:o, s:I, s:I, s:I, s:f, s:f, s:o}", "source", run_json_id(id),
                             "reached", (json_int_t)stats.reached, "depth", (json_int_t)stats.depth,
                             "edges", (json_int_t)stats.edges, "seconds", stats.seconds, "teps",
                             teps, "levels", levels_json(&stats)));
    giga_bfs_stats_clear(&stats);
    if (trial == 0)
        status = run_account(&c->run, graph, "Breadth-first search");
    if (status == GIGA_OK && c->run.validate) {
        double begin = run_seconds();
        status = giga_bfs_validate(graph, source, r->level, r->parent);
        if (status == GIGA_OK)
            run_say("  valid: all five laws hold (%.6f s)\n", run_seconds() - begin);
    }
    return status;
}

static giga_status write_first(const config *c, const giga_graph *graph, const results *r)
{
    giga_status status = GIGA_OK;

    if (c->run.output)
        status = giga_graph_write(graph, r->level, GIGA_VALUE_COUNT, c->run.output);
    if (status == GIGA_OK && c->parents)
        status = giga_graph_write(graph, r->parent, GIGA_VALUE_VERTEX, c->parents);
    return status;
}

static giga_status run_trials(const config *c, giga_graph *graph, results *r)
{
    uint64_t random = c->run.open.seed, source = 0;
    giga_status status = GIGA_OK;

    if (!c->has_source && giga_graph_get_info(graph).vertices == 0)
        return giga_fail(GIGA_ERR_NOT_FOUND, "%s has no vertices: there is no source to search from",
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

static giga_status report(const config *c, const giga_graph_info *info, results *r)
{
    double seconds = run_median(r->seconds, c->trials), teps = run_median(r->teps, c->trials);

    if (c->trials > 1)
        run_say("median of %" PRIu64 " searches: %.6f s, %.1f MTEPS\n", c->trials, seconds,
                teps / 1e6);
    if (!c->run.json)
        return GIGA_OK;
    json_t *json = run_json("giga-bfs", info);
    json_object_set_new(json, "median_seconds", json_real(seconds));
    json_object_set_new(json, "median_teps", json_real(teps));
    json_object_set_new(json, "validated", json_boolean(c->run.validate));
    json_object_set(json, "trials", r->trials);
    return run_json_write(json, c->run.json);
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    results r = {.trials = json_array()};
    giga_status status = run_open(&c->run, &graph);

    r.seconds = calloc(c->trials, sizeof *r.seconds);
    r.teps = calloc(c->trials, sizeof *r.teps);
    if (status == GIGA_OK)
        status = giga_agree(r.seconds && r.teps && r.trials
                                ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(uint64_t), &r.level);
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(uint64_t), &r.parent);
    if (status == GIGA_OK)
        status = run_trials(c, graph, &r);
    if (status == GIGA_OK) {
        giga_graph_info info = giga_graph_get_info(graph);
        status = report(c, &info, &r);
    }
    free(r.seconds);
    free(r.teps);
    json_decref(r.trials);
    return status; /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH",
        "Breadth-first search with changing direction over a graph in global memory. GRAPH is a "
        "file (edge list, CSV, Matrix Market, LDBC, binary pairs; gzip and zstd), kron:SCALE"
        "[:EDGEFACTOR] or uniform:SCALE[:EDGEFACTOR].\vLevels are written in LDBC Graphalytics' "
        "format: an unreached vertex has 9223372036854775807. Run it under mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
