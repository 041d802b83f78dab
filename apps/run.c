/*
 * run.c - see run.h.
 *
 * Every rank parses the same command line, so all come to the same decision without a
 * message; only rank 0 speaks.
 */
#include "run.h"

#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "run_plot.h"

enum {
    KEY_DIRECTED = RUN_KEYS, KEY_UNDIRECTED, KEY_VALIDATE, KEY_JSON, KEY_FORMAT, KEY_KEEP_LOOPS,
    KEY_KEEP_DUPLICATES, KEY_SEED, KEY_DEGREES, KEY_ACCOUNT, KEY_PLOT, KEY_WEIGHTS
};

enum { EXIT_USAGE = 64 };

static const struct argp_option result_options[] = {
    {"validate", KEY_VALIDATE, NULL, 0, "Check the result inside the job; exit 1 if it is wrong", 0},
    {"output", 'o', "FILE", 0, "Write a line `id value` for every vertex, sorted by id", 0},
    {"json", KEY_JSON, "FILE", 0, "Write what was done, with all times, as JSON", 0},
    {"account", KEY_ACCOUNT, NULL, 0,
     "Say where the time of each step went; in the JSON also for each rank", 0},
    {"plot", KEY_PLOT, "FILE", 0,
     "Draw steps, times and communication with gnuplot, as .svg or .png", 0},
    {0}};

static const struct argp_option graph_options[] = {
    {"directed", KEY_DIRECTED, NULL, 0, "Edges have a direction", 0},
    {"undirected", KEY_UNDIRECTED, NULL, 0,
     "Edges go both ways (the default when the file does not say)", 0},
    {"format", KEY_FORMAT, "FORMAT", 0,
     "Read the file as: edgelist, csv, mtx, ldbc, bin32, bin64, bin32f, graph500, dimacs, metis, "
     "adj, sg, wsg, galois, galoisf or gt; else it is found out", 0},
    {"degrees", KEY_DEGREES, NULL, 0, "Say how many vertices have which degree", 0},
    {"keep-loops", KEY_KEEP_LOOPS, NULL, 0, "Keep edges from a vertex to itself", 0},
    {"keep-duplicates", KEY_KEEP_DUPLICATES, NULL, 0, "Keep an edge that comes again", 0},
    {"seed", KEY_SEED, "NUMBER", 0, "Of the generators and of random sources (default 0)", 0},
    {"weights", KEY_WEIGHTS, "KIND", 0,
     "Weights of a generated graph: real (0 to 1, Graph500) or integer (1 to 255, GAP)", 0},
    {"help", 'h', NULL, 0, "Say this", -1},
    {"usage", RUN_KEY_USAGE, NULL, 0, "Say it in short", -1},
    {"version", 'V', NULL, 0, "Say which version this is", -1},
    {0}};

error_t run_parse_count(struct argp_state *state, const char *option, const char *text,
                        uint64_t low, uint64_t high, uint64_t *value_out)
{
    char *end;

    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < low || value > high) {
        argp_error(state, "--%s is '%s', expected a number from %llu to %llu", option, text,
                   (unsigned long long)low, (unsigned long long)high);
        return EINVAL;
    }
    *value_out = value;
    return 0;
}

error_t run_parse_real(struct argp_state *state, const char *option, const char *text, double low,
                       double high, double *value_out)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= low && value <= high)) {
        argp_error(state, "--%s is '%s', expected a number from %g to %g", option, text, low, high);
        return EINVAL;
    }
    *value_out = value;
    return 0;
}

static error_t parse_format(struct argp_state *state, const char *text, giga_format *format_out)
{
    static const struct {
        const char *name;
        giga_format format;
    } all[] = {{"edgelist", GIGA_FORMAT_EDGE_LIST}, {"csv", GIGA_FORMAT_CSV},
               {"mtx", GIGA_FORMAT_MATRIX_MARKET},  {"ldbc", GIGA_FORMAT_LDBC},
               {"bin32", GIGA_FORMAT_BINARY32},     {"bin64", GIGA_FORMAT_BINARY64},
               {"bin32f", GIGA_FORMAT_BINARY32_REAL}, {"graph500", GIGA_FORMAT_GRAPH500},
               {"dimacs", GIGA_FORMAT_DIMACS},      {"metis", GIGA_FORMAT_METIS},
               {"adj", GIGA_FORMAT_ADJACENCY},      {"sg", GIGA_FORMAT_GAPBS},
               {"wsg", GIGA_FORMAT_GAPBS_WEIGHTED}, {"galois", GIGA_FORMAT_GALOIS},
               {"galoisf", GIGA_FORMAT_GALOIS_REAL}, {"gt", GIGA_FORMAT_GRAPH_TOOL}};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(text, all[i].name) == 0) {
            *format_out = all[i].format;
            return 0;
        }
    }
    argp_error(state, "--format is '%s', expected edgelist, csv, mtx, ldbc, bin32, bin64, bin32f, "
               "graph500, dimacs, metis, adj, sg, wsg, galois, galoisf or gt", text);
    return EINVAL;
}

static error_t parse_weights(struct argp_state *state, const char *text, giga_weights *weights_out)
{
    if (strcmp(text, "real") != 0 && strcmp(text, "integer") != 0) {
        argp_error(state, "--weights is '%s', expected real or integer", text);
        return EINVAL;
    }
    *weights_out = text[0] == 'r' ? GIGA_WEIGHTS_REAL : GIGA_WEIGHTS_INTEGER;
    return 0;
}

static error_t set_direction(struct argp_state *state, run_options *o, giga_direction direction)
{
    if (o->open.direction != GIGA_DIRECTION_AUTO && o->open.direction != direction) {
        argp_error(state, "--directed and --undirected exclude each other");
        return EINVAL;
    }
    o->open.direction = direction;
    return 0;
}

static error_t parse_graph_option(int key, char *text, struct argp_state *state)
{
    run_options *o = state->input;

    switch (key) {
    case KEY_DIRECTED: return set_direction(state, o, GIGA_DIRECTED);
    case KEY_UNDIRECTED: return set_direction(state, o, GIGA_UNDIRECTED);
    case KEY_FORMAT: return parse_format(state, text, &o->open.format);
    case KEY_KEEP_LOOPS: o->open.keep_loops = true; return 0;
    case KEY_KEEP_DUPLICATES: o->open.keep_duplicates = true; return 0;
    case KEY_SEED: return run_parse_count(state, "seed", text, 0, UINT64_MAX, &o->open.seed);
    case KEY_DEGREES: o->degrees = true; return 0;
    case KEY_WEIGHTS: return parse_weights(state, text, &o->open.weights);
    case 'h': o->help = true; return 0;
    case RUN_KEY_USAGE: o->usage = true; return 0;
    case 'V': o->version = true; return 0;
    case ARGP_KEY_ARG:
        if (o->graph) {
            argp_error(state, "one graph at a time: '%s' and '%s'", o->graph, text);
            return EINVAL;
        }
        o->graph = text;
        return 0;
    case ARGP_KEY_END:
        if (!o->graph && !o->help && !o->usage && !o->version) {
            argp_error(state, "no graph is named");
            return EINVAL;
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_plot(struct argp_state *state, const char *text, const char **out)
{
    if (!run_plot_has_ending(text)) {
        argp_error(state, "--plot is '%s', expected a name that ends in .svg or .png", text);
        return EINVAL;
    }
    *out = text;
    return 0;
}

static error_t parse_result_option(int key, char *text, struct argp_state *state)
{
    run_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o; return 0;
    case KEY_VALIDATE: o->validate = true; return 0;
    case KEY_JSON: o->json = text; return 0;
    case KEY_ACCOUNT: o->account = true; return 0;
    case KEY_PLOT: return parse_plot(state, text, &o->plot);
    case 'o': o->output = text; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp run_graph_argp = {.options = graph_options, .parser = parse_graph_option};

static const struct argp_child graph_child[] = {{&run_graph_argp, 0, NULL, 0}, {0}};

const struct argp run_argp = {.options = result_options, .parser = parse_result_option,
                              .children = graph_child};

static bool parse_line(int argc, char **argv, const struct argp *argp, void *config)
{
    /* Rank 0 speaks, through argp's own stream; the others parse in silence. */
    unsigned flags = ARGP_NO_EXIT | ARGP_NO_HELP | (giga_rank() == 0 ? 0 : ARGP_SILENT);

    return argp_parse(argp, argc, argv, flags, NULL, config) == 0;
}

static int answer_questions(const struct argp *argp, const run_options *o, char *program)
{
    if (o->help && giga_rank() == 0)
        argp_help(argp, stdout, ARGP_HELP_LONG | ARGP_HELP_USAGE | ARGP_HELP_DOC, program);
    else if (o->usage && giga_rank() == 0)
        argp_help(argp, stdout, ARGP_HELP_USAGE, program);
    else if (o->version && giga_rank() == 0)
        printf("%s\n", giga_info_versions());
    return 0;
}

/* A result that cannot be written is known before the work, not after it. */
static giga_status check_place(const char *verb, const char *path)
{
    char *copy = path ? strdup(path) : NULL;
    giga_status status = GIGA_OK;

    if (copy && access(dirname(copy), W_OK) != 0)
        status = giga_fail(GIGA_ERR_IO, "cannot %s %s: %s", verb, path, strerror(errno));
    free(copy);
    return status;
}

static giga_status check_places(const run_options *o)
{
    giga_status status = GIGA_OK;

    if (giga_rank() == 0) {
        status = check_place("create", o->output);
        if (status == GIGA_OK)
            status = check_place("write", o->json);
        if (status == GIGA_OK)
            status = check_place("write", o->plot);
        if (status == GIGA_OK && o->plot)
            status = run_plot_check(o->plot);
    }
    return giga_agree(status);
}

static int finish(const char *program, giga_status status)
{
    run_progress_end();
    if (status != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s: %s\n", program, giga_error());
    fflush(NULL);
    giga_fini();
    return status == GIGA_OK ? 0 : 1;
}

int run_main(int argc, char **argv, const struct argp *argp, void *config, run_options *o,
             giga_status (*body)(void *config))
{
    char *slash = strrchr(argv[0], '/'), *program = slash ? slash + 1 : argv[0];
    giga_opts start = GIGA_OPTS_INIT;

    o->open = (giga_graph_opts)GIGA_GRAPH_OPTS_INIT;
    start.program = program;
    argv[0] = program; /* getopt's errors begin with it as it stands */
    if (giga_init(&start) != GIGA_OK)
        return 1;
    if (!parse_line(argc, argv, argp, config)) {
        giga_fini();
        return EXIT_USAGE;
    }
    if (o->help || o->usage || o->version) {
        int status = answer_questions(argp, o, program);
        giga_fini();
        return status;
    }
    o->open.progress = run_progress;
    giga_status status = check_places(o);
    return finish(program, status == GIGA_OK ? body(config) : status);
}

void run_say(const char *format, ...)
{
    va_list args;

    if (giga_rank() != 0)
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

/* Lines `degree vertices` for the degrees that there are, in classes of powers of two. */
static void say_degrees(const giga_graph_info *g)
{
    for (int k = 0; k < 64; k++) {
        uint64_t low = k ? UINT64_C(1) << (k - 1) : 0, high = k ? low - 1 + low : 0;
        if (g->degree_histogram[k] == 0)
            continue;
        if (low == high)
            run_say("  degree %llu: ", (unsigned long long)low);
        else
            run_say("  degree %llu to %llu: ", (unsigned long long)low, (unsigned long long)high);
        run_say("%llu vertices\n", (unsigned long long)g->degree_histogram[k]);
    }
}

giga_status run_open(const run_options *o, giga_graph **graph_out)
{
    giga_status status = giga_graph_open(o->graph, &o->open, graph_out);
    if (status != GIGA_OK)
        return status;
    run_progress_end();
    giga_graph_info g = giga_graph_get_info(*graph_out);
    run_say("graph %s: %s, %s (%s), %llu vertices (%llu isolated), %llu edges\n", g.name, g.format,
            g.directed ? "directed" : "undirected", g.direction_from,
            (unsigned long long)g.vertices, (unsigned long long)g.isolated,
            (unsigned long long)g.edges);
    run_say("  %llu loops %s, %llu duplicates %s, largest degree %llu, %.1f MiB; read %.3f s, built "
            "%.3f s\n", (unsigned long long)g.loops, g.loops_kept ? "kept" : "dropped",
            (unsigned long long)g.duplicates, g.duplicates_kept ? "kept" : "dropped",
            (unsigned long long)g.largest_degree, (double)g.graph_bytes / 0x1p20, g.read_seconds,
            g.build_seconds);
    run_say("  ids %llu to %llu, %llu of them unused; %s\n", (unsigned long long)g.lowest_id,
            (unsigned long long)g.highest_id, (unsigned long long)g.unused_ids,
            g.weighted ? "weights" : "no weights");
    if (o->degrees)
        say_degrees(&g);
    run_account_begin();
    return GIGA_OK;
}

/* ---- progress ---- */

static struct {
    double started, shown;
    bool on_screen;
} bar;

double run_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void run_progress(void *argument, const char *stage, double fraction)
{
    enum { WIDTH = 40 };
    static const char full[] = "########################################";
    double t = run_seconds();

    (void)argument;
    if (giga_rank() != 0 || !isatty(STDERR_FILENO))
        return;
    if (bar.started == 0.0)
        bar.started = t;
    if (t - bar.started < 1.0 || t - bar.shown < 0.1)
        return;
    bar.shown = t;
    bar.on_screen = true;
    int done = (int)(fraction * WIDTH + 0.5);
    done = done < 0 ? 0 : done > WIDTH ? WIDTH : done;
    fprintf(stderr, "\r%-12s [%-*.*s] %3.0f %%", stage, WIDTH, done, full, 100.0 * fraction);
}

void run_progress_end(void)
{
    if (bar.on_screen)
        fprintf(stderr, "\r%-70s\r", "");
    bar.on_screen = false;
    bar.started = 0.0;
}

/* ---- sources ---- */

uint64_t run_random_source(const giga_graph *graph, uint64_t *state)
{
    uint64_t n = giga_graph_get_info(graph).vertices, vertex = 0;

    for (int tries = 0; tries < 1000; tries++) {
        uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        vertex = giga_graph_sorted(graph, (z ^ z >> 31) % n);
        if (giga_graph_degree(graph, vertex) > 0)
            break;
    }
    return vertex;
}

/* ---- JSON ---- */

/* Up to the last degree there is. */
static json_t *degrees_json(const giga_graph_info *g)
{
    json_t *all = json_array();
    int last = 64;

    while (last > 0 && g->degree_histogram[last - 1] == 0)
        last--;
    for (int k = 0; k < last; k++)
        json_array_append_new(all, json_integer((json_int_t)g->degree_histogram[k]));
    return all;
}

json_t *run_json(const char *program, const giga_graph_info *g)
{
    json_t *graph = json_pack(
        "{s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "name",
        g->name, "format", g->format, "direction_from", g->direction_from, "directed", g->directed,
        "weighted", g->weighted, "vertices", (json_int_t)g->vertices, "edges", (json_int_t)g->edges,
        "arcs", (json_int_t)g->arcs, "edges_read", (json_int_t)g->edges_read, "loops",
        (json_int_t)g->loops, "duplicates", (json_int_t)g->duplicates, "isolated",
        (json_int_t)g->isolated, "largest_degree", (json_int_t)g->largest_degree, "bytes",
        (json_int_t)g->graph_bytes, "read_seconds", g->read_seconds, "build_seconds",
        g->build_seconds);
    json_object_set_new(graph, "lowest_id", run_json_id(g->lowest_id));
    json_object_set_new(graph, "highest_id", run_json_id(g->highest_id));
    json_object_set_new(graph, "unused_ids", run_json_id(g->unused_ids));
    json_object_set_new(graph, "degree_histogram", degrees_json(g));
    json_object_set_new(graph, "loops_dropped", json_boolean(!g->loops_kept));
    json_object_set_new(graph, "duplicates_dropped", json_boolean(!g->duplicates_kept));
    json_t *json = json_pack("{s:s, s:s, s:i, s:i, s:o}", "program", program, "versions",
                     giga_info_versions(), "ranks", (int)giga_size(), "nodes", (int)giga_nodes(),
                     "graph", graph);
    run_account_json(json);
    return json;
}

static giga_status write_file(const json_t *json, const char *path)
{
    char temporary[4096];
    giga_status status = GIGA_OK;

    int length = snprintf(temporary, sizeof temporary, "%s.%ld.part", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return giga_fail(GIGA_ERR_ARG, "the path of the JSON file is too long");
    errno = 0;
    if (json_dump_file(json, temporary, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) != 0)
        status = giga_fail(GIGA_ERR_IO, "cannot write %s: %s", path, strerror(errno));
    else if (rename(temporary, path) != 0)
        status = giga_fail(GIGA_ERR_IO, "cannot write %s: %s", path, strerror(errno));
    if (status != GIGA_OK)
        unlink(temporary);
    return status;
}

giga_status run_json_write(json_t *json, const char *path)
{
    giga_status status = giga_rank() == 0 ? write_file(json, path) : GIGA_OK;

    json_decref(json);
    return giga_agree(status);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

json_t *run_json_id(uint64_t id)
{
    char text[24];

    if (id <= INT64_MAX)
        return json_integer((json_int_t)id);
    snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    return json_string(text);
}

double run_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}
