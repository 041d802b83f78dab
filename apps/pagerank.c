/*
 * pagerank.c - giga-pagerank: PageRank of a graph, timed, checked, written out.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

enum {
    KEY_DAMPING = RUN_KEYS_END, KEY_TOLERANCE, KEY_MAX, KEY_ITERATIONS, KEY_TOP, KEY_NAMES, KEY_SEMANTICS,
    KEY_METHOD, KEY_PERSONAL
};

enum { TOP_MAX = 10000 };

typedef struct config {
    run_options run;
    giga_pagerank_opts how;
    uint64_t top;
    const char *names, *personal;
} config;

static const char *const semantics[] = {"ldbc", "gap", "networkx"};
static const char *const methods[] = {"pull", "asynchronous", "residual"};

static const struct argp_option options[] = {
    {"damping", KEY_DAMPING, "D", 0, "Damping factor, 0 to 1 (default 0.85)", 0},
    {"tolerance", KEY_TOLERANCE, "T", 0,
     "Stop when the ranks change by less in sum (default 1e-9)", 0},
    {"max-iterations", KEY_MAX, "N", 0, "Stop after so many at the latest (default 200)", 0},
    {"iterations", KEY_ITERATIONS, "N", 0, "Run exactly so many", 0},
    {"top", KEY_TOP, "K", 0, "Show the K highest ranks (default 10)", 0},
    {"names", KEY_NAMES, "FILE", 0, "Names to show: lines of an id, a blank, a name", 0},
    {"semantics", KEY_SEMANTICS, "WHOSE", 0,
     "ldbc (default), gap: what dangling vertices hold is lost, or networkx: as ldbc", 0},
    {"method", KEY_METHOD, "HOW", 0,
     "pull (default; the same bits for any number of ranks), asynchronous or residual", 0},
    {"personal", KEY_PERSONAL, "IDS", 0,
     "Personalised: only these vertices, ids with commas between, get what else all get", 0},
    {0}};

/* The place of a word in a list of `count`, or a usage error. */
static error_t parse_word(struct argp_state *state, const char *option, const char *text,
                          const char *const *words, int count, int *place_out)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *place_out = i;
            return 0;
        }
    }
    argp_error(state, "--%s is '%s', expected %s, %s or %s", option, text, words[0], words[1], words[2]);
    return EINVAL;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        c->how = (giga_pagerank_opts)GIGA_PAGERANK_OPTS_INIT;
        c->top = 10;
        state->child_inputs[0] = &c->run;
        return 0;
    case KEY_DAMPING: return run_parse_real(state, "damping", text, 0, 1, &c->how.damping);
    case KEY_TOLERANCE: return run_parse_real(state, "tolerance", text, 0, 1, &c->how.tolerance);
    case KEY_MAX:
        return run_parse_count(state, "max-iterations", text, 0, UINT32_MAX,
                               &c->how.max_iterations);
    case KEY_ITERATIONS:
        c->how.tolerance = 0;
        return run_parse_count(state, "iterations", text, 0, UINT32_MAX, &c->how.max_iterations);
    case KEY_TOP: return run_parse_count(state, "top", text, 0, TOP_MAX, &c->top);
    case KEY_NAMES: c->names = text; return 0;
    case KEY_PERSONAL: c->personal = text; return 0;
    case KEY_SEMANTICS: {
        int place = 0;
        error_t error = parse_word(state, "semantics", text, semantics, 3, &place);
        c->how.semantics = (giga_semantics)place;
        return error;
    }
    case KEY_METHOD: {
        int place = 0;
        error_t error = parse_word(state, "method", text, methods, 3, &place);
        c->how.method = (giga_pagerank_method)place;
        return error;
    }
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the highest ranks ---- */

typedef struct entry {
    double rank;
    uint64_t vertex, id;
    char *name;
} entry;

static int by_rank(const void *left, const void *right)
{
    const entry *a = left, *b = right;

    if (a->rank != b->rank)
        return a->rank < b->rank ? 1 : -1;
    return (a->vertex > b->vertex) - (a->vertex < b->vertex);
}

/* This rank's highest: a list kept sorted, to which few vertices ever get. */
static uint64_t own_top(const giga_array *rank, entry *list, uint64_t room)
{
    uint64_t mine, count = 0;
    const double *values = giga_array_local(rank, &mine);

    for (uint64_t i = 0; i < mine && room > 0; i++) {
        entry e = {.rank = values[i], .vertex = giga_array_index(rank, i)};
        if (count == room && by_rank(&e, &list[count - 1]) > 0)
            continue;
        uint64_t at = count < room ? count++ : count - 1;
        for (; at > 0 && by_rank(&e, &list[at - 1]) < 0; at--)
            list[at] = list[at - 1];
        list[at] = e;
    }
    return count;
}

/* The highest of all ranks, on every rank. */
static giga_status find_top(const giga_graph *graph, const giga_array *rank, uint64_t room,
                            entry **list_out, uint64_t *count_out)
{
    size_t size = (size_t)giga_size();
    entry *mine = calloc(room + 1, sizeof *mine), *all = calloc(size * (room + 1), sizeof *all);
    giga_status status = giga_agree(mine && all ? GIGA_OK
                                                : giga_fail(GIGA_ERR_MEMORY, "out of memory"));

    if (status == GIGA_OK) {
        uint64_t count = own_top(rank, mine, room);
        for (uint64_t i = count; i <= room; i++)
            mine[i] = (entry){.rank = -1, .vertex = GIGA_NO_VERTEX};
        status = giga_allgather(mine, (room + 1) * sizeof *mine, all);
    }
    free(mine);
    if (status != GIGA_OK) {
        free(all);
        return status;
    }
    qsort(all, size * (room + 1), sizeof *all, by_rank);
    *count_out = 0;
    while (*count_out < room && all[*count_out].vertex != GIGA_NO_VERTEX)
        ++*count_out;
    for (uint64_t i = 0; i < *count_out; i++) {
        all[i].id = giga_graph_id(graph, all[i].vertex);
        all[i].name = NULL;
    }
    *list_out = all;
    return GIGA_OK;
}

/* Names of the ids in the list, on rank 0. */
static giga_status read_names(const char *path, entry *list, uint64_t count)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t number = 0;
    giga_status status = GIGA_OK;
    FILE *file = fopen(path, "re");

    if (!file)
        return giga_fail(errno == ENOENT ? GIGA_ERR_NOT_FOUND : GIGA_ERR_IO, "cannot open %s: %s",
                         path, strerror(errno));
    while (status == GIGA_OK && getline(&line, &room, file) >= 0) {
        char *end;
        number++;
        if (line[0] == '\n' || line[0] == '#' || line[0] == '%')
            continue;
        errno = 0;
        uint64_t id = strtoull(line, &end, 10);
        if (line[0] < '0' || line[0] > '9' || errno != 0 || !strchr(" \t\n", *end))
            status = giga_fail(GIGA_ERR_FORMAT, "%s, line %" PRIu64 ": expected a vertex id, a blank "
                               "and a name", path, number);
        end += strspn(end, " \t");
        end[strcspn(end, "\r\n")] = '\0';
        for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
            if (list[i].id == id && !list[i].name)
                list[i].name = strdup(end);
        }
    }
    if (status == GIGA_OK && ferror(file)) /* such as a directory */
        status = giga_fail(GIGA_ERR_IO, "cannot read %s: %s", path, strerror(errno));
    free(line);
    fclose(file);
    return status;
}

static json_t *top_json(const entry *list, uint64_t count)
{
    json_t *top = json_array();

    for (uint64_t i = 0; i < count; i++) {
        json_t *e = json_pack("{s:o, s:f}", "id", run_json_id(list[i].id), "rank", list[i].rank);
        if (list[i].name)
            json_object_set_new(e, "name", json_string(list[i].name));
        json_array_append_new(top, e);
    }
    return top;
}

static giga_status show_top(const config *c, const giga_graph *graph, const giga_array *rank,
                            json_t **json_out)
{
    entry *list = NULL;
    uint64_t count = 0;
    giga_status status = find_top(graph, rank, c->top, &list, &count);

    if (status == GIGA_OK && c->names)
        status = giga_agree(giga_rank() == 0 ? read_names(c->names, list, count) : GIGA_OK);
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        run_say("  %3" PRIu64 ". %-20" PRIu64 " %.9g  %s\n", i + 1, list[i].id, list[i].rank,
                list[i].name ? list[i].name : "");
    if (status == GIGA_OK)
        *json_out = top_json(list, count);
    for (uint64_t i = 0; i < count; i++)
        free(list[i].name);
    free(list);
    return status;
}

/* ---- the run ---- */

static json_t *steps_json(const giga_pagerank_stats *s)
{
    json_t *steps = json_array();

    for (uint64_t i = 0; i < s->iterations; i++)
        json_array_append_new(steps, json_pack("{s:f, s:f, s:I}", "change", s->steps[i].change,
                                               "seconds", s->steps[i].seconds, "bytes",
                                               (json_int_t)s->steps[i].bytes));
    return steps;
}

static giga_status validate(const config *c, giga_graph *graph, const giga_array *rank,
                            const giga_pagerank_stats *stats)
{
    double residual;
    /* Without an iteration there is no last change: 2 bounds any. */
    double change = stats->iterations > 0 ? stats->change : 2.0;
    giga_status status = giga_pagerank_validate(graph, &c->how, rank, change, &residual);

    if (status == GIGA_OK)
        run_say("  valid: not negative, sum 1, residual %.3g\n", residual);
    return status;
}

static giga_status report(const config *c, const giga_graph *graph,
                          const giga_pagerank_stats *stats, json_t *top)
{
    giga_graph_info info = giga_graph_get_info(graph);

    if (!c->run.json) {
        json_decref(top);
        return GIGA_OK;
    }
    json_t *json = run_json("giga-pagerank", &info);
    json_t *result = json_pack(
        "{s:s, s:f, s:f, s:I, s:b, s:f, s:f, s:o, s:o}", "semantics",
        semantics[c->how.semantics], "damping",
        c->how.damping, "tolerance", c->how.tolerance, "iterations", (json_int_t)stats->iterations,
        "converged", stats->converged, "change", stats->change, "seconds", stats->seconds, "steps",
        steps_json(stats), "top", top);
    json_object_update(json, result);
    json_decref(result);
    json_object_set_new(json, "validated", json_boolean(c->run.validate));
    return run_json_write(json, c->run.json);
}

/* Ids with commas between, to indices. Collective. */
static giga_status find_sources(config *c, const giga_graph *graph, uint64_t **sources_out)
{
    uint64_t count = 1, *sources;
    const char *at = c->personal;
    giga_status status = GIGA_OK;

    for (const char *k = at; *k; k++)
        count += *k == ',';
    sources = calloc(count, sizeof *sources);
    status = giga_agree(sources ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        char *end;
        errno = 0;
        uint64_t id = strtoull(at, &end, 10);
        if (at[0] < '0' || at[0] > '9' || errno != 0 || (*end != ',' && *end != '\0'))
            status = giga_fail(GIGA_ERR_ARG, "--personal is '%s', expected ids with commas between",
                               c->personal);
        else
            status = giga_graph_find(graph, id, &sources[i]);
        at = end + 1;
    }
    c->how.sources = sources;
    c->how.source_count = count;
    *sources_out = sources;
    return giga_agree(status);
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    giga_array *rank;
    giga_pagerank_stats stats = {0};
    json_t *top = NULL;
    uint64_t *sources = NULL;
    giga_status status = run_open(&c->run, &graph);

    c->how.progress = run_progress;
    if (status == GIGA_OK && c->personal)
        status = find_sources(c, graph, &sources);
    if (status == GIGA_OK)
        status = giga_graph_values(graph, sizeof(double), &rank);
    if (status == GIGA_OK)
        status = giga_pagerank(graph, &c->how, rank, &stats);
    if (status != GIGA_OK) {
        free(sources);
        return status;
    }
    run_progress_end();
    run_say("PageRank, %s semantics (%s), double precision, damping %g:\n  %" PRIu64
            " iterations%s, last change %.3g, %.6f s\n", semantics[c->how.semantics],
            c->how.semantics == GIGA_SEMANTICS_GAP ? "what dangling vertices hold is lost"
            : c->personal ? "dangling vertices give to the sources" : "dangling vertices give to all",
            c->how.damping, stats.iterations, stats.converged ? ", converged" : "", stats.change, stats.seconds);
    status = run_account(&c->run, graph, "PageRank");
    if (status == GIGA_OK && c->run.validate)
        status = validate(c, graph, rank, &stats);
    if (status == GIGA_OK && c->run.output)
        status = giga_graph_write(graph, rank, GIGA_VALUE_REAL, c->run.output);
    if (status == GIGA_OK)
        status = show_top(c, graph, rank, &top);
    if (status == GIGA_OK)
        status = report(c, graph, &stats, top);
    giga_pagerank_stats_clear(&stats);
    free(sources);
    return status; /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH",
        "PageRank of a graph in global memory. GRAPH is a file (edge list, CSV, Matrix Market, LDBC, "
        "binary pairs; gzip and zstd), kron:SCALE[:EDGEFACTOR] or uniform:SCALE[:EDGEFACTOR].\v"
        "The semantics are LDBC Graphalytics': what dangling vertices hold is given to all "
        "vertices alike. The result is the same to the bit for every number of ranks. Run it under "
        "mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
