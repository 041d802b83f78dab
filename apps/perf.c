/*
 * perf.c - giga-perf: what giga's operations cost, near and remote, beside their raw limits.
 *
 * A round runs every case once; so cases and limits are interleaved, and what disturbs the
 * machine for a while disturbs them alike.
 */
#include "perf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf_report.h"
#include "run.h"

static const perf_family *const families[] = {&perf_words, &perf_latency, &perf_long, &perf_table,
                                              &perf_box,   &perf_sync,    &perf_lock, &perf_alloc};

enum { KEY_LIST = RUN_KEYS, KEY_QUICK, KEY_REFERENCE, KEY_ROUNDS, KEY_UPDATES, KEY_JSON };

static const struct argp_option options[] = {
    {"json", KEY_JSON, "FILE", 0, "Write the figures as JSON", 0},
    {"list", KEY_LIST, NULL, 0, "List the cases: name, unit, where, what", 0},
    {"quick", KEY_QUICK, NULL, 0, "Tiny sizes: does it work? No figures of use", 0},
    {"reference", KEY_REFERENCE, "FILE", 0,
     "Compare with these: {\"name\": value} or lines `name value`", 0},
    {"rounds", KEY_ROUNDS, "N", 0, "Run every case so many times and give the median (default 5)",
     0},
    {"updates", KEY_UPDATES, "N", 0, "Of each rank, in loops over a table (default 10000000)", 0},
    {"help", 'h', NULL, 0, "Say this", -1},
    {"usage", RUN_KEY_USAGE, NULL, 0, "Say it in short", -1},
    {"version", 'V', NULL, 0, "Say which version this is", -1},
    {0}};

typedef struct config {
    run_options run;
    perf_result *results; /* one per case, in the order of the families */
    size_t count;
    bool named;           /* some cases are asked for by name */
    bool list, quick;
    uint64_t rounds, updates;
    const char *reference;
} config;

/* ---- What perf.h promises the cases ---- */

int32_t perf_target(perf_place place)
{
    for (int32_t rank = 1; rank < giga_size(); rank++) {
        if ((giga_node_of(rank) == giga_node_of(0)) == (place == PERF_NEAR))
            return rank;
    }
    return -1;
}

giga_status perf_block(int32_t home, uint64_t bytes, void **object_out, void **block_out)
{
    giga_status status = giga_alloc_blocks(giga_rank() == home ? bytes : 0, NULL, object_out);

    if (status == GIGA_OK)
        *block_out = (char *)*object_out + (uint64_t)home * giga_stride(*object_out);
    return status;
}

giga_status perf_memory(uint64_t count, size_t bytes, void **memory_out)
{
    enum { PAGE = 4096 };
    volatile char *memory = calloc(count ? count : 1, bytes);

    *memory_out = (void *)(uintptr_t)memory;
    if (giga_agree(memory ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory")) != GIGA_OK) {
        free(*memory_out);
        *memory_out = NULL;
        return GIGA_ERR_MEMORY;
    }
    for (uint64_t at = 0; at < count * bytes; at += PAGE)
        memory[at] = 0;
    return GIGA_OK;
}

/* ---- The command line ---- */

static error_t want(config *c, struct argp_state *state, const char *name)
{
    size_t length = strlen(name), found = 0;

    for (size_t i = 0; i < c->count; i++) {
        const char *of = c->results[i].of->name;
        if (strncmp(of, name, length) == 0 && (of[length] == '\0' || of[length] == '.')) {
            c->results[i].wanted = true;
            found++;
        }
    }
    if (found == 0) {
        argp_error(state, "there is no case '%s'; --list says which there are", name);
        return EINVAL;
    }
    c->named = true;
    return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case KEY_LIST: c->list = true; return 0;
    case KEY_QUICK: c->quick = true; return 0;
    case KEY_REFERENCE: c->reference = text; return 0;
    case KEY_ROUNDS: return run_parse_count(state, "rounds", text, 1, 10000, &c->rounds);
    case KEY_UPDATES: return run_parse_count(state, "updates", text, 1, 1000000000, &c->updates);
    case KEY_JSON: c->run.json = text; return 0;
    case 'h': c->run.help = true; return 0;
    case RUN_KEY_USAGE: c->run.usage = true; return 0;
    case 'V': c->run.version = true; return 0;
    case ARGP_KEY_ARG: return want(c, state, text);
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- The cases ---- */

static bool possible(const perf_case *of)
{
    return of->place == PERF_ALL || perf_target(of->place) >= 0;
}

static const char *place_name(perf_place place)
{
    return place == PERF_ALL ? "all" : place == PERF_NEAR ? "near" : "remote";
}

static giga_status list(const config *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const perf_case *of = c->results[i].of;
        run_say("%-27s %-5s %-7s %s\n", of->name, of->unit, place_name(of->place), of->about);
    }
    return GIGA_OK;
}

/* Those asked for, without those that this job cannot run; at least one. */
static giga_status choose(config *c)
{
    size_t chosen = 0;

    for (size_t i = 0; i < c->count; i++) {
        perf_result *r = &c->results[i];
        r->wanted = (r->wanted || !c->named) && possible(r->of);
        chosen += r->wanted;
    }
    if (chosen == 0)
        return giga_fail(GIGA_ERR_UNSUPPORTED, "this job can run none of the cases named: near "
                         "ones need two ranks on the node of rank 0, remote ones two nodes");
    return GIGA_OK;
}

/* A failure that leaves the job alive is this case's alone. */
static giga_status run_case(const config *c, perf_result *r, uint64_t number)
{
    perf_round round = {.self = r->of, .number = number, .updates = c->updates, .quick = c->quick};
    giga_status status = r->of->run(&round);

    if (status == GIGA_OK && giga_allreduce_sum(round.wrong) != 0)
        status = giga_fail(GIGA_ERR_INVALID, "wrong values");
    if (status == GIGA_OK) {
        r->figures[r->rounds] = round.figure;
        r->limits[r->rounds++] = round.limit;
        return GIGA_OK;
    }
    r->failed = true;
    if (giga_rank() == 0)
        fprintf(stderr, "giga-perf: %s: %s\n", r->of->name, giga_error());
    return status > GIGA_ERR_NET ? GIGA_OK : status;
}

static giga_status run_rounds(const config *c)
{
    giga_status status = GIGA_OK;

    for (uint64_t round = 0; round < c->rounds; round++) {
        for (size_t i = 0; i < c->count && status == GIGA_OK; i++) {
            perf_result *r = &c->results[i];
            double done = (double)(round * c->count + i) / (double)(c->rounds * c->count);
            run_progress(NULL, "measuring", done);
            if (r->wanted && !r->failed)
                status = run_case(c, r, round);
        }
    }
    run_progress_end();
    return status;
}

static giga_status allocate_rounds(config *c)
{
    bool enough = true;

    for (size_t i = 0; i < c->count; i++) {
        c->results[i].figures = calloc(c->rounds, sizeof(double));
        c->results[i].limits = calloc(c->rounds, sizeof(double));
        enough &= c->results[i].figures && c->results[i].limits;
    }
    return giga_agree(enough ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
}

static giga_status judge(const config *c)
{
    size_t failed = 0;

    for (size_t i = 0; i < c->count; i++)
        failed += c->results[i].failed;
    if (failed > 0)
        return giga_fail(GIGA_ERR_INVALID, "%zu cases FAILED", failed);
    return GIGA_OK;
}

static giga_status body(void *argument)
{
    config *c = argument;

    if (c->list)
        return list(c);
    giga_status status = choose(c);
    if (status == GIGA_OK && c->reference)
        status = perf_report_read(c->reference, c->results, c->count);
    if (status == GIGA_OK)
        status = allocate_rounds(c);
    if (status != GIGA_OK)
        return status;
    run_say("%s\n%d ranks, %d nodes, %" PRIu64 " rounds%s\n", giga_info_versions(), giga_size(),
            giga_nodes(), c->rounds, c->quick ? ", quick: no figures of use" : "");
    status = run_rounds(c);
    if (status == GIGA_OK)
        status = perf_report(c->results, c->count, c->run.json);
    return status == GIGA_OK ? judge(c) : status;
}

static bool gather_cases(config *c)
{
    enum { FAMILIES = sizeof families / sizeof *families };

    for (size_t f = 0; f < FAMILIES; f++)
        c->count += families[f]->count;
    c->results = calloc(c->count, sizeof *c->results);
    for (size_t f = 0, at = 0; c->results && f < FAMILIES; f++) {
        for (size_t i = 0; i < families[f]->count; i++)
            c->results[at++].of = &families[f]->cases[i];
    }
    return c->results;
}

static void free_cases(config *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->results[i].figures);
        free(c->results[i].limits);
    }
    free(c->results);
}

int main(int argc, char **argv)
{
    static config c = {.rounds = 5};
    static const struct argp argp = {
        options, parse_option, "[CASE...]",
        "Measure giga's operations, near and remote, beside their raw limits. Without CASE, "
        "everything that the job as it was started can run; a CASE may be the part of its name "
        "before a dot.", NULL, NULL, NULL};

    if (!gather_cases(&c)) {
        fprintf(stderr, "giga-perf: out of memory\n");
        return 1;
    }
    int status = run_main(argc, argv, &argp, &c, &c.run, body);
    free_cases(&c);
    return status;
}
