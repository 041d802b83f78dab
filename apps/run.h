/*
 * run.h - what the graph programs share: options, start and end, JSON, a progress bar.
 */
#ifndef APPS_RUN_H
#define APPS_RUN_H

#include <argp.h>
#include <giga/giga.h>
#include <giga/graph.h>
#include <jansson.h>

/* Options that every graph program has. */
typedef struct run_options {
    const char *graph;
    giga_graph_opts open;
    bool validate, degrees;
    const char *output, *json;
    bool account;
    const char *plot;
    bool help, usage, version;
} run_options;

/* Their parser, a child of each program's own; its input is a run_options. The second has only
 * the options of opening a graph, for programs that have no result per vertex. */
extern const struct argp run_argp, run_graph_argp;

/* Keys of options without a letter start here; those of run_argp end before the second. */
enum { RUN_KEY_USAGE = 999, RUN_KEYS = 1000, RUN_KEYS_END = 1100 };

/*
 * Start giga, read the command line on every rank, run `body`, stop. What goes wrong is said
 * once, by rank 0, as "PROGRAM: sentence".
 *
 * Returns the exit status: 0, 1 when something failed, 64 for a wrong command line.
 */
int run_main(int argc, char **argv, const struct argp *argp, void *config, run_options *options,
             giga_status (*body)(void *config));

/*
 * A whole decimal number in [low, high], or a usage error naming the option: then EINVAL, which
 * a parser has to return, since argp_error() itself does not end the parsing here.
 */
error_t run_parse_count(struct argp_state *state, const char *option, const char *text,
                        uint64_t low, uint64_t high, uint64_t *value_out);
error_t run_parse_real(struct argp_state *state, const char *option, const char *text, double low,
                       double high, double *value_out);

/* Open the graph of the options and say what it is. Collective. */
giga_status run_open(const run_options *options, giga_graph **graph_out);

/* The next random vertex that has an edge; the same on every rank, and for every number of ranks
 * and nodes. A fixed generator (splitmix64, Steele et al., OOPSLA14), so that a seed names its
 * sources. The graph has a vertex. Collective. */
uint64_t run_random_source(const giga_graph *graph, uint64_t *state);

/* Seconds on a clock that only runs on. */
double run_seconds(void);

/* printf on rank 0 only. */
void run_say(const char *format, ...) GIGA_PRINTF(1, 2);

/* A progress bar on stderr, when that is a terminal and the work is long. */
void run_progress(void *argument, const char *stage, double fraction);
void run_progress_end(void);

/*
 * Where the time of the last run on the graph went, as its library kept it: one line; with
 * --account a table; with --plot a picture; and "account" and "communication" in what run_json()
 * makes afterwards. To be called once after the algorithm, before anything else is run on the
 * graph. `what` names it in the picture. Collective.
 */
giga_status run_account(const run_options *options, const giga_graph *graph, const char *what);

/* Put the last account into an object; run_json() does so. */
void run_account_json(json_t *json);

/* Traffic between nodes counts for the next account from here on; run_open() does this too. */
void run_account_begin(void);

/* The parts of the JSON that are alike: program, ranks, nodes, graph. Owned by the caller. */
json_t *run_json(const char *program, const giga_graph_info *graph);

/* Write it (on rank 0, beside the old file, then in its place) and free it. Collective. */
giga_status run_json_write(json_t *json, const char *path);

/* A vertex id; as a string above 2^63 - 1, where JSON's usual integers end. */
json_t *run_json_id(uint64_t id);

/* Median of a list, which is sorted. `count` is not 0. */
double run_median(double *values, size_t count);

#endif
