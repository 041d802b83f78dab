/*
 * graph500.c - giga-graph500: the Graph500 benchmark, with its rules and its output.
 *
 * Specification 2.0 and later (graph500.org): the edge list is generated, not timed; kernel 1 makes
 * the graph of it; kernels 2 and 3 search it, breadth first and by shortest paths, from random keys
 * that have an edge, each result checked. Edges that TEPS count are those of the part that was
 * reached, without loops and with each edge once: fewer than the rules would allow.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <giga/algorithms.h>

#include "run.h"
#include "spread.h"

enum {
    KEY_SCALE = RUN_KEYS, KEY_EDGEFACTOR, KEY_BFS_ONLY, KEY_SSSP_ONLY, KEY_ROOTS, KEY_SKIP, KEY_SEED
};

enum { SCALE_MAX = 40, ROOTS_MAX = 100000 };

typedef struct config {
    run_options run;
    uint64_t scale, edgefactor, roots, seed;
    bool bfs_only, sssp_only, skip_validation;
} config;

static const struct argp_option options[] = {
    {"scale", KEY_SCALE, "S", 0, "2^S vertices, 1 to 40 (default 16)", 0},
    {"edgefactor", KEY_EDGEFACTOR, "N", 0, "Edges per vertex (default 16)", 0},
    {"bfs-only", KEY_BFS_ONLY, NULL, 0, "Leave kernel 3, shortest paths, and weights out", 0},
    {"sssp-only", KEY_SSSP_ONLY, NULL, 0, "Leave kernel 2, breadth-first search, out", 0},
    {"roots", KEY_ROOTS, "N", 0, "Search keys (default 64, as the rules say)", 0},
    {"skip-validation", KEY_SKIP, NULL, 0, "Do not check results: not a run by the rules", 0},
    {"seed", KEY_SEED, "NUMBER", 0, "Of the graph and of the keys (default 0)", 0},
    {"help", 'h', NULL, 0, "Say this", -1},
    {"usage", RUN_KEY_USAGE, NULL, 0, "Say it in short", -1},
    {"version", 'V', NULL, 0, "Say which version this is", -1},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->scale = c->edgefactor = 16;
        c->roots = 64;
        return 0;
    case KEY_SCALE: return run_parse_count(state, "scale", text, 1, SCALE_MAX, &c->scale);
    case KEY_EDGEFACTOR:
        return run_parse_count(state, "edgefactor", text, 1, UINT32_MAX, &c->edgefactor);
    case KEY_BFS_ONLY: c->bfs_only = true; return 0;
    case KEY_SSSP_ONLY: c->sssp_only = true; return 0;
    case KEY_ROOTS: return run_parse_count(state, "roots", text, 1, ROOTS_MAX, &c->roots);
    case KEY_SKIP: c->skip_validation = true; return 0;
    case KEY_SEED: return run_parse_count(state, "seed", text, 0, UINT64_MAX, &c->seed);
    case 'h': c->run.help = true; return 0;
    case RUN_KEY_USAGE: c->run.usage = true; return 0;
    case 'V': c->run.version = true; return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "the graph is generated: '%s' makes no sense", text);
        return EINVAL;
    case ARGP_KEY_END:
        if (c->bfs_only && c->sssp_only) {
            argp_error(state, "--bfs-only and --sssp-only exclude each other");
            return EINVAL;
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* What was measured of a kernel, per key. */
typedef struct kernel {
    double *seconds, *per_edge, *validate;
} kernel;

typedef struct bench {
    const config *c;
    giga_graph *graph;
    giga_array *value, *parent;
    uint64_t *keys, count;
    double generation, construction;
    double *edges;
    kernel bfs, sssp;
} bench;

/* ---- keys ---- */

static bool chosen(const bench *b, uint64_t key)
{
    for (uint64_t i = 0; i < b->count; i++) {
        if (b->keys[i] == key)
            return true;
    }
    return false;
}

/* Different vertices that have an edge to another; all of them, if there are fewer than wanted. */
static giga_status choose_keys(bench *b)
{
    giga_graph_info info = giga_graph_get_info(b->graph);
    uint64_t live = info.vertices - info.isolated, random = b->c->seed;
    uint64_t wanted = b->c->roots < live ? b->c->roots : live;

    if (live == 0)
        return giga_fail(GIGA_ERR_NOT_FOUND, "the graph has no edge between two vertices: there is no "
                         "search key");
    while (b->count < wanted) {
        uint64_t key = run_random_source(b->graph, &random);
        if (!chosen(b, key) && giga_graph_degree(b->graph, key) > 0)
            b->keys[b->count++] = key;
    }
    return GIGA_OK;
}

/* ---- kernels ---- */

static giga_status build(bench *b)
{
    const config *c = b->c;
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    char name[64];

    opts.seed = c->seed;
    opts.weights = c->bfs_only ? GIGA_WEIGHTS_NONE : GIGA_WEIGHTS_REAL;
    opts.direction = GIGA_UNDIRECTED;
    opts.progress = run_progress;
    snprintf(name, sizeof name, "kron:%" PRIu64 ":%" PRIu64, c->scale, c->edgefactor);
    giga_status status = giga_graph_open(name, &opts, &b->graph);
    run_progress_end();
    if (status != GIGA_OK)
        return status;
    giga_graph_info info = giga_graph_get_info(b->graph);
    double start = run_seconds();
    if (!c->bfs_only)
        status = giga_sssp_prepare(b->graph); /* part of making the graph ready: counted */
    b->generation = info.read_seconds;
    b->construction = info.build_seconds + run_seconds() - start;
    return status;
}

static void note(const bench *b, kernel *k, uint64_t i, double seconds, double validate)
{
    k->seconds[i] = seconds;
    k->per_edge[i] = seconds / (b->edges[i] > 0 ? b->edges[i] : 1);
    k->validate[i] = validate;
}

static giga_status run_bfs(bench *b, uint64_t i, bool timed)
{
    giga_bfs_stats stats = {0};
    double start = 0, end = 0;
    giga_status status = giga_bfs(b->graph, b->keys[i], b->value, b->parent, &stats);

    if (status != GIGA_OK)
        return status;
    b->edges[i] = (double)stats.edges;
    if (timed && !b->c->skip_validation) {
        start = run_seconds();
        status = giga_bfs_validate(b->graph, b->keys[i], b->value, b->parent);
        end = run_seconds();
    }
    if (timed)
        note(b, &b->bfs, i, stats.seconds, end - start);
    giga_bfs_stats_clear(&stats);
    return status;
}

static giga_status run_sssp(bench *b, uint64_t i)
{
    giga_run_stats stats;
    double start = 0, end = 0;
    giga_status status = giga_sssp(b->graph, b->keys[i], NULL, b->value, b->parent, &stats);

    if (status == GIGA_OK && !b->c->skip_validation) {
        start = run_seconds();
        status = giga_sssp_validate(b->graph, b->keys[i], b->value, b->parent);
        end = run_seconds();
    }
    if (status == GIGA_OK)
        note(b, &b->sssp, i, stats.seconds, end - start);
    return status;
}

/* The first search allocates what later ones use again, so it runs once before it is timed; it
 * also counts edges when only shortest paths are asked for. */
static giga_status run_kernels(bench *b)
{
    giga_status status = run_bfs(b, 0, false);

    for (uint64_t i = 0; i < b->count && status == GIGA_OK; i++)
        status = run_bfs(b, i, !b->c->sssp_only);
    for (uint64_t i = 0; i < b->count && status == GIGA_OK && !b->c->bfs_only; i++)
        status = run_sssp(b, i);
    return status;
}

/* ---- output: keys and their order are the benchmark's ---- */

static void say_spread(const char *prefix, const char *quantity, const spread *s, int digits)
{
    const struct {
        const char *name;
        double value;
    } lines[] = {{"min", s->min}, {"firstquartile", s->first_quartile}, {"median", s->median},
                 {"thirdquartile", s->third_quartile}, {"max", s->max}, {"mean", s->mean},
                 {"stddev", s->stddev}};
    char key[64];

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(key, sizeof key, "%s%s_%s:", prefix, lines[i].name, quantity);
        run_say("%-32s%.*g\n", key, digits, lines[i].value);
    }
}

static void say_rates(const char *prefix, const spread *s)
{
    const struct {
        const char *name;
        double value;
    } lines[] = {{"min_TEPS:", s->min}, {"firstquartile_TEPS:", s->first_quartile},
                 {"median_TEPS:", s->median}, {"thirdquartile_TEPS:", s->third_quartile},
                 {"max_TEPS:", s->max}, {"harmonic_mean_TEPS:     !", s->mean},
                 {"harmonic_stddev_TEPS:", s->stddev}};
    char key[64];

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(key, sizeof key, "%s%s", prefix, lines[i].name);
        run_say("%-32s%g\n", key, lines[i].value);
    }
}

static void say_kernel_times(const bench *b, const char *name, const kernel *k)
{
    spread s = spread_of(k->seconds, b->count);

    say_spread(name, "time", &s, 6);
}

static void say_kernel_rates(const bench *b, const char *name, const kernel *k)
{
    spread s = spread_of_rates(k->per_edge, b->count);

    say_rates(name, &s);
}

static void say_kernel_checks(const bench *b, const char *name, const kernel *k)
{
    spread s = spread_of(k->validate, b->count);

    say_spread(name, "validate", &s, 6);
}

static void report(const bench *b)
{
    const config *c = b->c;
    spread edges = spread_of(b->edges, b->count);
    void (*const parts[])(const bench *, const char *, const kernel *) = {
        say_kernel_times, say_kernel_rates, say_kernel_checks};

    run_say("%-32s%" PRIu64 "\n%-32s%" PRIu64 "\n%-32s%" PRIu64 "\n", "SCALE:", c->scale,
            "edgefactor:", c->edgefactor, "NBFS:", b->count);
    run_say("%-32s%g\n%-32s%d\n%-32s%g\n", "graph_generation:", b->generation, "num_mpi_processes:",
            (int)giga_size(), "construction_time:", b->construction);
    for (size_t i = 0; i < sizeof parts / sizeof *parts - (c->skip_validation ? 1 : 0); i++) {
        if (!c->sssp_only)
            parts[i](b, "bfs  ", &b->bfs);
        if (!c->bfs_only)
            parts[i](b, "sssp ", &b->sssp);
        if (i == 0)
            say_spread("", "nedge", &edges, 11);
    }
}

/* ---- all ---- */

static giga_status allocate(bench *b)
{
    double **all[] = {&b->edges, &b->bfs.seconds, &b->bfs.per_edge, &b->bfs.validate,
                      &b->sssp.seconds, &b->sssp.per_edge, &b->sssp.validate};
    bool good = (b->keys = calloc(b->c->roots, sizeof *b->keys)) != NULL;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        good = (*all[i] = calloc(b->c->roots, sizeof **all[i])) != NULL && good;
    return giga_agree(good ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
}

static void release(bench *b)
{
    double *all[] = {b->edges, b->bfs.seconds, b->bfs.per_edge, b->bfs.validate, b->sssp.seconds,
                     b->sssp.per_edge, b->sssp.validate};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(b->keys);
}

static giga_status body(void *argument)
{
    bench b = {.c = argument};
    giga_status status = allocate(&b);

    if (status == GIGA_OK)
        status = build(&b);
    if (status == GIGA_OK)
        status = choose_keys(&b);
    if (status == GIGA_OK)
        status = giga_graph_values(b.graph, 8, &b.value);
    if (status == GIGA_OK)
        status = giga_graph_values(b.graph, 8, &b.parent);
    if (status == GIGA_OK)
        status = run_kernels(&b);
    if (status == GIGA_OK)
        report(&b);
    release(&b);
    return status; /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp argp = {
        options, parse_option, NULL,
        "The Graph500 benchmark: a Kronecker graph is made, then searched breadth first and by "
        "shortest paths from 64 random keys, every result checked.\vThe statistics are printed as the "
        "reference code prints them. Run it under mpirun or srun.",
        NULL, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
