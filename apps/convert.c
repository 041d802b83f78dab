/*
 * convert.c - giga-convert: a graph read or generated, and written in another format.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "run.h"

enum { KEY_TO = RUN_KEYS_END, KEY_IGNORE_WEIGHTS };

typedef struct config {
    run_options run;
    const char *out;
    giga_format to;
} config;

static const struct argp_option options[] = {
    {"to", KEY_TO, "FORMAT", 0,
     "Write as: edgelist, csv, mtx, ldbc, bin32, bin64 or gapbs; else the ending of OUT says it", 0},
    {"ignore-weights", KEY_IGNORE_WEIGHTS, NULL, 0, "Read no weights", 0},
    {0}};

static error_t parse_to(struct argp_state *state, const char *text, giga_format *out)
{
    static const struct {
        const char *name;
        giga_format format;
    } all[] = {{"edgelist", GIGA_FORMAT_EDGE_LIST}, {"csv", GIGA_FORMAT_CSV},
               {"mtx", GIGA_FORMAT_MATRIX_MARKET},  {"ldbc", GIGA_FORMAT_LDBC},
               {"bin32", GIGA_FORMAT_BINARY32},     {"bin64", GIGA_FORMAT_BINARY64},
               {"gapbs", GIGA_FORMAT_GAPBS}};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(text, all[i].name) == 0) {
            *out = all[i].format;
            return 0;
        }
    }
    argp_error(state, "--to is '%s', expected edgelist, csv, mtx, ldbc, bin32, bin64 or gapbs", text);
    return EINVAL;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &c->run; return 0;
    case KEY_TO: return parse_to(state, text, &c->to);
    case KEY_IGNORE_WEIGHTS: c->run.open.ignore_weights = true; return 0;
    case ARGP_KEY_ARG:
        if (!c->run.graph || c->out)
            return ARGP_ERR_UNKNOWN; /* the first is the graph, a third is refused with it */
        c->out = text;
        return 0;
    case ARGP_KEY_END:
        if (c->run.graph && !c->out && !c->run.help && !c->run.usage && !c->run.version) {
            argp_error(state, "no file to write is named");
            return EINVAL;
        }
        return ARGP_ERR_UNKNOWN;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static giga_status body(void *argument)
{
    config *c = argument;
    giga_graph *graph;
    giga_status status = giga_graph_save(NULL, c->to, c->out); /* only whether it can be written */

    if (status == GIGA_OK)
        status = run_open(&c->run, &graph);
    if (status != GIGA_OK)
        return status;
    double begin = now();
    status = giga_graph_save(graph, c->to, c->out);
    if (status == GIGA_OK)
        run_say("written to %s in %.3f s\n", c->out, now() - begin);
    return status; /* giga_fini() frees what is left in the window */
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp_child children[] = {{&run_graph_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse_option, "GRAPH OUT",
        "Read or generate a graph and write it in another format. GRAPH is a file (edge list, CSV, "
        "Matrix Market, LDBC, binary pairs; gzip and zstd), kron:SCALE[:EDGEFACTOR] or uniform:SCALE"
        "[:EDGEFACTOR].\vThe bytes are the same for every number of ranks. An undirected edge is "
        "written once, with the smaller id first. Run it under mpirun or srun.",
        children, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
