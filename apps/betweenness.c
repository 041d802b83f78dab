/*
 * betweenness.c - giga-betweenness: betweenness centrality of a graph, timed, checked, written out.
 */
#include <errno.h>
#include <giga/algorithms.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

enum { KEY_SAMPLES = RUN_KEYS_END, KEY_SOURCES, KEY_SEMANTICS, KEY_NORMALISED, KEY_TOP, KEY_TRIALS };

enum { TOP_MAX = 10000 };

typedef struct config {
    run_options run;
    giga_betweenness_opts how;
    const char *sources;        /* ids, or a file of them; NULL */
    uint64_t *list;             /* their indices */
    uint64_t top, trials;
} config;

static const struct argp_option options[] = {
    {"samples", KEY_SAMPLES, "K", 0, "Paths from K random sources (default: from all vertices)", 0},
    {"sources", KEY_SOURCES, "LIST", 0,
     "Paths from these: ids with commas between them, or a file of ids", 0},
    {"semantics", KEY_SEMANTICS, "NAME", 0,
     "networkx (default): sums, halved when undirected; or gap: sums divided by the largest", 0},
    {"normalised", KEY_NORMALISED, NULL, 0, "Divide by the number of pairs of other vertices", 0},
    {"top", KEY_TOP, "K", 0, "Show the K highest values (default 10)", 0},
    {"trials", KEY_TRIALS, "N", 0, "Run so many times and give the median (default 1)", 0},
    {0}};

/* LDBC is known, so that the library's sentence says why it is refused. */
static error_t parse_semantics(struct argp_state *state, const char *text, giga_semantics *out)
{
    static const char *const names[] = {
        [GIGA_SEMANTICS_LDBC] = "ldbc", [GIGA_SEMANTICS_GAP] = "gap",
        [GIGA_SEMANTICS_NETWORKX] = "networkx"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (giga_semantics)i;
            return 0;
        }
    }
    argp_error(state, "--semantics is '%s', expected networkx or gap", text);
    return EINVAL;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->how = (giga_betweenness_opts)GIGA_BETWEENNESS_OPTS_INIT;
        c->top = 10;
        c->trials = 1;
        state->child_inputs[0] = &c->run;
        return 0;
    case KEY_SAMPLES:
        return run_parse_count(state, "samples", text, 1, UINT64_MAX, &c->how.samples);
    case KEY_SOURCES: c->sources = text; return 0;
    case KEY_SEMANTICS: return parse_semantics(state, text, &c->how.semantics);
    case KEY_NORMALISED: c->how.normalised = true; return 0;
    case KEY_TOP: return run_parse_count(state, "top", text, 0, TOP_MAX, &c->top);
    case KEY_TRIALS: return run_parse_count(state, "trials", text, 1, 1000000, &c->trials);
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- sources ---- */

/* One more id, as an index. `room` grows by doubling. */
static giga_status add_source(config *c, const giga_graph *graph, uint64_t id, uint64_t *room)
{
    uint64_t index;
    giga_status status = giga_graph_find(graph, id, &index);

    if (status == GIGA_OK && c->how.source_count == *room) {
        uint64_t more = *room ? 2 * *room : 64;
        uint64_t *list = realloc(c->list, more * sizeof *list);
        if (!list)
            return giga_fail(GIGA_ERR_MEMORY, "out of memory for the sources");
        c->list = list;
        *room = more;
    }
    if (status == GIGA_OK)
        c->list[c->how.source_count++] = index;
    return status;
}

/* Ids with any of `between` between them. */
static giga_status add_sources(config *c, const giga_graph *graph, const char *text,
                               const char *between, const char *where, uint64_t *room)
{
    giga_status status = GIGA_OK;

    for (text += strspn(text, between); *text && status == GIGA_OK; text += strspn(text, between)) {
        char *end;
        errno = 0;
        uint64_t id = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || errno != 0 || (*end && !strchr(between, *end)))
            return giga_fail(GIGA_ERR_FORMAT, "%s: expected a vertex id instead of '%.*s'", where,
                             (int)strcspn(text, between), text);
        status = add_source(c, graph, id, room);
        text = end;
    }
    return status;
}

static giga_status read_sources(config *c, const giga_graph *graph, uint64_t *room)
{
    FILE *file = fopen(c->sources, "re");
    giga_status status = GIGA_OK;
    char *line = NULL, where[512];
    size_t size = 0;
    uint64_t number = 0;

    if (!file)
        return giga_fail(errno == ENOENT ? GIGA_ERR_NOT_FOUND : GIGA_ERR_IO,
                         "--sources: cannot open %s: %s", c->sources, strerror(errno));
    while (status == GIGA_OK && getline(&line, &size, file) >= 0) {
        number++;
        if (line[0] == '#' || line[0] == '%')
            continue;
        snprintf(where, sizeof where, "%.400s, line %" PRIu64, c->sources, number);
        status = add_sources(c, graph, line, ", \t\r\n", where, room);
    }
    if (status == GIGA_OK && ferror(file)) /* such as a directory */
        status = giga_fail(GIGA_ERR_IO, "--sources: cannot read %s: %s", c->sources, strerror(errno));
    free(line);
    fclose(file);
    return status;
}

/* Every rank reads them: all have the same command line, and see the same file. */
static giga_status find_sources(config *c, const giga_graph *graph)
{
    uint64_t room = 0;
    giga_status status = GIGA_OK;

    if (!c->sources)
        return GIGA_OK;
    if (c->sources[strspn(c->sources, "0123456789,")] == '\0')
        status = add_sources(c, graph, c->sources, ",", "--sources", &room);
    else
        status = read_sources(c, graph, &room);
    if (status == GIGA_OK && c->how.source_count == 0)
        status = giga_fail(GIGA_ERR_ARG, "--sources names no vertex");
    c->how.sources = c->list;
    return giga_agree(status);
}

/* ---- the highest values ---- */

typedef struct entry {
    double value;
    uint64_t id;
} entry;

static int by_value(const void *left, const void *right)
{
    const entry *a = left, *b = right;

    if (a->value != b->value)
        return a->value < b->value ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

/* This rank's highest: a list kept sorted, to which few vertices ever get. The rest has -1. */
static void own_top(const giga_graph *graph, const giga_array *values, entry *list, uint64_t room)
{
    uint64_t mine;
    const double *own = giga_array_local(values, &mine);

    for (uint64_t i = 0; i < room; i++)
        list[i] = (entry){-1.0, 0};
    for (uint64_t i = 0; i < mine && room > 0; i++) {
        if (own[i] < list[room - 1].value)
            continue;
        entry e = {own[i], giga_graph_id(graph, giga_array_index(values, i))};
        uint64_t at = room;
        for (; at > 0 && by_value(&e, &list[at - 1]) < 0; at--) {
            if (at < room)
                list[at] = list[at - 1];
        }
        if (at < room)
            list[at] = e;
    }
}

static giga_status show_top(const config *c, const giga_graph *graph, const giga_array *values,
                            json_t **json_out)
{
    uint64_t room = c->top < giga_array_count(values) ? c->top : giga_array_count(values);
    size_t size = (size_t)giga_size(), bytes = room * sizeof(entry);
    entry *mine = malloc(bytes + 1), *all = malloc(size * bytes + 1);
    giga_status status = giga_agree(mine && all ? GIGA_OK
                                                : giga_fail(GIGA_ERR_MEMORY, "out of memory"));

    *json_out = json_array();
    if (status == GIGA_OK && room > 0) {
        own_top(graph, values, mine, room);
        status = giga_allgather(mine, bytes, all);
        qsort(all, size * room, sizeof *all, by_value);
    }
    for (uint64_t i = 0; i < room && status == GIGA_OK; i++) {
        run_say("  %3" PRIu64 ". %-20" PRIu64 " %.17g\n", i + 1, all[i].id, all[i].value);
        json_array_append_new(*json_out, json_pack("{s:o, s:f}", "id", run_json_id(all[i].id),
                                                   "betweenness", all[i].value));
    }
    free(mine);
    free(all);
    return status;
}

/* ---- the run ---- */

static const char *semantics_name(const config *c)
{
    return c->how.semantics == GIGA_SEMANTICS_GAP ? "gap" : "networkx";
}

/* How many sources; 0 is all. */
static uint64_t source_count(const config *c)
{
    return c->how.sources ? c->how.source_count : c->how.samples;
}

static void say_run(const config *c, const giga_run_stats *stats, double median)
{
    run_say("betweenness, %s semantics%s, ", semantics_name(c),
            c->how.normalised ? ", normalised" : "");
    if (source_count(c) == 0)
        run_say("exact:\n");
    else
        run_say("from %" PRIu64 " sources:\n", source_count(c));
    run_say("  %" PRIu64 " levels, %" PRIu64 " arcs, %.6f s%s\n", stats->steps, stats->arcs, median,
            c->trials > 1 ? " (median)" : "");
}

static giga_status run_trials(const config *c, giga_graph *graph, giga_array *values,
                              giga_run_stats *stats, double *seconds)
{
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < c->trials && status == GIGA_OK; i++) {
        status = giga_betweenness(graph, &c->how, values, stats);
        seconds[i] = stats->seconds;
        if (status == GIGA_OK && c->trials > 1)
            run_say("trial %" PRIu64 ": %.6f s\n", i + 1, seconds[i]);
    }
    if (status == GIGA_OK)
        say_run(c, stats, run_median(seconds, c->trials));
    return status;
}

static giga_status report(const config *c, const giga_graph *graph, const giga_run_stats *stats,
                          const double *seconds, json_t *top)
{
    giga_graph_info info = giga_graph_get_info(graph);
    json_t *times = json_array();

    if (!c->run.json) {
        json_decref(top);
        json_decref(times);
        return GIGA_OK;
    }
    for (uint64_t i = 0; i < c->trials; i++)
        json_array_append_new(times, json_real(seconds[i]));
    json_t *json = run_json("giga-betweenness", &info);
    json_t *result = json_pack(
        "{s:s, s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:b}", "semantics", semantics_name(c), "normalised",
        c->how.normalised, "sources", (json_int_t)source_count(c), "levels",
        (json_int_t)stats->steps, "arcs", (json_int_t)stats->arcs, "bytes",
        (json_int_t)stats->bytes, "seconds", times, "top", top, "validated", c->run.validate);
    json_object_update(json, result);
    json_decref(result);
    return run_json_write(json, c->run.json);
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    giga_array *values;
    giga_run_stats stats = {0};
    json_t *top = NULL;
    double *seconds = calloc(c->trials, sizeof *seconds);
    giga_status status = giga_agree(seconds ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));

    if (status == GIGA_OK)
        status = run_open(&c->run, &graph);
    if (status == GIGA_OK)
        status = find_sources(c, graph);
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(double), &values);
    c->how.seed = c->run.open.seed;
    if (status == GIGA_OK)
        status = run_trials(c, graph, values, &stats, seconds);
    if (status == GIGA_OK && c->run.validate) {
        status = giga_betweenness_validate(graph, &c->how, values);
        if (status == GIGA_OK)
            run_say("  valid: not negative, and the sums over all shortest paths\n");
    }
    if (status == GIGA_OK && c->run.output)
        status = giga_graph_write(graph, values, GIGA_VALUE_REAL, c->run.output);
    if (status == GIGA_OK)
        status = show_top(c, graph, values, &top);
    if (status == GIGA_OK)
        status = report(c, graph, &stats, seconds, top);
    free(c->list);
    free(seconds);
    return status; /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH",
        "Betweenness centrality of a graph in global memory. GRAPH is a file (edge list, CSV, Matrix "
        "Market, LDBC, binary pairs; gzip and zstd), kron:SCALE[:EDGEFACTOR] or "
        "uniform:SCALE[:EDGEFACTOR].\v"
        "Shortest paths count arcs; weights are not looked at. The result is the same to the bit for "
        "every number of ranks. Run it under mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
