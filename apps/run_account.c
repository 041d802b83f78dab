/*
 * run_account.c - see run_account.h.
 */
#include "run_account.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256, ROWS_SHOWN = 40, FIELDS = 6 };

/* ---- traffic since the graph was opened, or since the last account ---- */

static uint64_t *mark; /* what giga had counted then: sent to each node, fetched from each */

void run_account_begin(void)
{
    size_t nodes = (size_t)giga_nodes();

    if (!mark)
        mark = calloc(2 * nodes, sizeof *mark); /* without memory: all traffic since the start */
    if (mark)
        giga_stats_get_traffic(mark, mark + nodes);
}

static int32_t bin_of(int32_t index, int32_t count, int32_t bins)
{
    return (int32_t)((int64_t)index * bins / count);
}

/* Every rank fills in its row by what it sent, and its column by what it fetched. */
static giga_status collect_matrix(run_sums *s)
{
    int32_t nodes = giga_nodes(), bins = s->bins;
    int32_t here = bin_of(giga_node_of(giga_rank()), nodes, bins);
    uint64_t *now = calloc(2 * (size_t)nodes, sizeof *now);

    s->matrix = calloc((size_t)bins * (size_t)bins, sizeof *s->matrix);
    giga_status status = giga_agree(now && s->matrix ? GIGA_OK
                                                     : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK)
        status = giga_stats_get_traffic(now, now + nodes);
    for (int32_t k = 0; k < nodes && status == GIGA_OK; k++) {
        int32_t there = bin_of(k, nodes, bins);
        s->matrix[here * bins + there] += now[k] - (mark ? mark[k] : 0);
        s->matrix[there * bins + here] += now[nodes + k] - (mark ? mark[nodes + k] : 0);
    }
    free(now);
    return status == GIGA_OK ? giga_allreduce(s->matrix, s->matrix, (size_t)bins * (size_t)bins,
                                              GIGA_U64, GIGA_SUM)
                             : status;
}

/* On one node there is no traffic; what is worth seeing is how ranks share the work. */
static giga_status collect_ranks(const giga_step *steps, run_sums *s)
{
    int32_t here = bin_of(giga_rank(), giga_size(), s->bins);
    size_t bins = (size_t)s->bins;
    double ranks[RUN_ACCOUNT_BINS] = {0};

    s->compute = calloc(bins, sizeof *s->compute);
    s->wait = calloc(bins, sizeof *s->wait);
    giga_status status = giga_agree(s->compute && s->wait
                                        ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status != GIGA_OK)
        return status;
    ranks[here] = 1;
    for (uint64_t i = 0; i < s->count; i++) {
        s->compute[here] += steps[i].compute_seconds;
        s->wait[here] += steps[i].wait_seconds;
    }
    status = giga_allreduce(ranks, ranks, bins, GIGA_F64, GIGA_SUM);
    if (status == GIGA_OK)
        status = giga_allreduce(s->compute, s->compute, bins, GIGA_F64, GIGA_SUM);
    if (status == GIGA_OK)
        status = giga_allreduce(s->wait, s->wait, bins, GIGA_F64, GIGA_SUM);
    for (size_t b = 0; b < bins; b++) {
        s->compute[b] /= ranks[b];
        s->wait[b] /= ranks[b];
    }
    return status;
}

/* ---- steps ---- */

/* Up to BLOCK steps: sums of counts, sums and maxima of times. */
static giga_status collect_block(const giga_step *from, uint64_t count, run_step *to)
{
    uint64_t counts[4 * BLOCK];
    double sums[2 * BLOCK], largest[BLOCK];

    for (uint64_t i = 0; i < count; i++) {
        uint64_t four[] = {from[i].vertices, from[i].arcs, from[i].bytes, from[i].messages};
        memcpy(&counts[4 * i], four, sizeof four);
        sums[2 * i] = largest[i] = from[i].compute_seconds;
        sums[2 * i + 1] = from[i].wait_seconds;
    }
    giga_status status = giga_allreduce(counts, counts, 4 * count, GIGA_U64, GIGA_SUM);
    if (status == GIGA_OK)
        status = giga_allreduce(sums, sums, 2 * count, GIGA_F64, GIGA_SUM);
    if (status == GIGA_OK)
        status = giga_allreduce(largest, largest, count, GIGA_F64, GIGA_MAX);
    double ranks = (double)giga_size();
    for (uint64_t i = 0; i < count; i++)
        to[i] = (run_step){from[i].what,        counts[4 * i],    counts[4 * i + 1],
                           counts[4 * i + 2],   counts[4 * i + 3], sums[2 * i] / ranks,
                           largest[i],          sums[2 * i + 1] / ranks};
    return status;
}

static double ratio(double above, double below, double otherwise)
{
    return below > 0 ? above / below : otherwise;
}

static void sum_up(run_sums *s)
{
    double compute = 0, slowest = 0, wait = 0;

    for (uint64_t i = 0; i < s->count; i++) {
        compute += s->steps[i].compute;
        slowest += s->steps[i].compute_max;
        wait += s->steps[i].wait;
        s->bytes += s->steps[i].bytes;
        s->messages += s->steps[i].messages;
    }
    s->share = ratio(wait, wait + compute, 0);
    s->imbalance = ratio(slowest, compute, 1);
}

giga_status run_sums_collect(const giga_step *steps, uint64_t count, run_sums *out)
{
    int32_t parts = giga_nodes() > 1 ? giga_nodes() : giga_size();

    /* A rank that had no memory for a step has fewer. */
    *out = (run_sums){.count = giga_allreduce_min(count),
                      .bins = parts < RUN_ACCOUNT_BINS ? parts : RUN_ACCOUNT_BINS};
    out->steps = calloc(out->count + 1, sizeof *out->steps);
    giga_status status = giga_agree(out->steps ? GIGA_OK
                                               : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    for (uint64_t i = 0; i < out->count && status == GIGA_OK; i += BLOCK) {
        uint64_t some = out->count - i < BLOCK ? out->count - i : BLOCK;
        status = collect_block(steps + i, some, out->steps + i);
    }
    if (status == GIGA_OK)
        status = giga_nodes() > 1 ? collect_matrix(out) : collect_ranks(steps, out);
    sum_up(out);
    return status;
}

void run_sums_clear(run_sums *s)
{
    free(s->steps);
    free(s->matrix);
    free(s->compute);
    free(s->wait);
    *s = (run_sums){0};
}

/* ---- words ---- */

static void show_step(const char *number, const run_step *s)
{
    run_say("  %6s %-12.12s %12" PRIu64 " %13" PRIu64 " %13" PRIu64 " %9" PRIu64
            "  %9.6f %9.6f %9.6f  %6.2f\n", number, s->what, s->vertices, s->arcs, s->bytes,
            s->messages, s->compute, s->compute_max, s->wait, ratio(s->compute_max, s->compute, 1));
}

static void show_table(const run_sums *s)
{
    run_step all = {.what = "all"};
    char number[24];

    run_say("  %6s %-12s %12s %13s %13s %9s  %9s %9s %9s  %6s\n", "step", "", "vertices", "arcs",
            "bytes", "messages", "compute", "slowest", "wait", "imbal.");
    for (uint64_t i = 0; i < s->count; i++) {
        const run_step *step = &s->steps[i];
        all = (run_step){"all", all.vertices + step->vertices, all.arcs + step->arcs,
                         all.bytes + step->bytes, all.messages + step->messages,
                         all.compute + step->compute, all.compute_max + step->compute_max,
                         all.wait + step->wait};
        snprintf(number, sizeof number, "%" PRIu64, i);
        if (i < ROWS_SHOWN)
            show_step(number, step);
    }
    if (s->count > ROWS_SHOWN)
        run_say("     ... to step %" PRIu64 "\n", s->count - 1);
    show_step("", &all);
    run_say("  (seconds: mean of the ranks, the slowest rank, mean of the ranks; bytes and messages "
            "between nodes)\n");
}

/* ---- JSON ---- */

static json_t *step_json(const run_step *s)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "what", s->what, "vertices",
                     (json_int_t)s->vertices, "arcs", (json_int_t)s->arcs, "bytes",
                     (json_int_t)s->bytes, "messages", (json_int_t)s->messages, "compute_seconds",
                     s->compute, "compute_seconds_max", s->compute_max, "wait_seconds", s->wait,
                     "imbalance", ratio(s->compute_max, s->compute, 1));
}

static json_t *communication_json(const run_sums *s)
{
    json_t *rows = json_array();

    for (int32_t i = 0; i < s->bins && s->matrix; i++) {
        json_t *row = json_array();
        for (int32_t j = 0; j < s->bins; j++)
            json_array_append_new(row, json_integer((json_int_t)s->matrix[i * s->bins + j]));
        json_array_append_new(rows, row);
    }
    return json_pack("{s:f, s:f, s:I, s:I, s:o}", "share", s->share, "imbalance", s->imbalance,
                     "bytes", (json_int_t)s->bytes, "messages", (json_int_t)s->messages, "matrix",
                     rows);
}

/* What a rank tells of a step. */
typedef struct row {
    uint64_t counts[4];
    double times[2];
} row;

static json_t *rank_json(const row *rows, uint64_t stride, int32_t ranks)
{
    static const char *const names[FIELDS] = {"vertices", "arcs",            "bytes",
                                              "messages", "compute_seconds", "wait_seconds"};
    json_t *fields = json_object();

    for (int f = 0; f < FIELDS; f++) {
        json_t *list = json_array();
        for (int32_t r = 0; r < ranks; r++) {
            const row *at = &rows[(uint64_t)r * stride];
            json_array_append_new(list, f < 4 ? json_integer((json_int_t)at->counts[f])
                                              : json_real(at->times[f - 4]));
        }
        json_object_set_new(fields, names[f], list);
    }
    return fields;
}

/* Some steps of all ranks, to the end of `list`. */
static giga_status add_ranks(const giga_step *steps, uint64_t first, uint64_t count, row *mine,
                             row *all, json_t *list)
{
    for (uint64_t i = 0; i < count; i++) {
        const giga_step *s = &steps[first + i];
        mine[i] = (row){{s->vertices, s->arcs, s->bytes, s->messages},
                        {s->compute_seconds, s->wait_seconds}};
    }
    giga_status status = giga_allgather(mine, count * sizeof *mine, all);
    for (uint64_t i = 0; i < count && status == GIGA_OK && giga_rank() == 0; i++)
        json_object_set_new(json_array_get(list, first + i), "ranks",
                            rank_json(all + i, count, giga_size()));
    return status;
}

/* "ranks" in every step: gathered in blocks, so that a rank holds some 1 MiB of it. */
static giga_status add_all_ranks(const giga_step *steps, uint64_t count, json_t *list)
{
    uint64_t ranks = (uint64_t)giga_size(), block = (1 << 20) / (ranks * sizeof(row)) + 1;

    if (count > RUN_ACCOUNT_ROWS / ranks) {
        run_say("  (%" PRIu64 " steps of %" PRIu64 " ranks are too many for the JSON: it has their "
                "sums)\n", count, ranks);
        return GIGA_OK;
    }
    row *mine = malloc(block * sizeof *mine), *all = malloc(block * ranks * sizeof *all);
    giga_status status = giga_agree(mine && all ? GIGA_OK
                                                : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    for (uint64_t i = 0; i < count && status == GIGA_OK; i += block)
        status = add_ranks(steps, i, count - i < block ? count - i : block, mine, all, list);
    free(mine);
    free(all);
    return status;
}

static giga_status add_json(const run_options *o, const giga_step *steps, const run_sums *s,
                            json_t *json)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < s->count && giga_rank() == 0; i++)
        json_array_append_new(list, step_json(&s->steps[i]));
    giga_status status = o->account ? add_all_ranks(steps, s->count, list) : GIGA_OK;
    json_object_set_new(json, "account", list);
    json_object_set_new(json, "communication", communication_json(s));
    return status;
}

/* ---- the account ---- */

giga_status run_account_steps(const run_options *o, const char *title, const giga_step *steps,
                              uint64_t count, json_t *json)
{
    run_sums s;
    giga_status status = run_sums_collect(steps, count, &s);

    if (status == GIGA_OK && s.count > 0) {
        if (o->account)
            show_table(&s);
        run_say("  communication: %.0f %% of the time (waiting and exchanging), imbalance %.2f, %"
                PRIu64 " bytes and %" PRIu64 " messages between nodes\n", 100 * s.share,
                s.imbalance, s.bytes, s.messages);
    }
    /* Looked at on all ranks alike: the options are the same, and `json` is there or not. */
    if (status == GIGA_OK && json && o->json)
        status = add_json(o, steps, &s, json);
    if (status == GIGA_OK && o->plot && s.count > 0)
        status = giga_agree(giga_rank() == 0 ? run_account_draw(&s, title, o->plot) : GIGA_OK);
    else if (status == GIGA_OK && o->plot)
        run_say("  no steps: nothing is drawn\n");
    run_sums_clear(&s);
    run_account_begin(); /* what follows is another run's */
    return status;
}

static json_t *kept; /* for run_json() */

void run_account_json(json_t *json)
{
    if (kept)
        json_object_update(json, kept);
}

giga_status run_account(const run_options *o, const giga_graph *graph, const char *what)
{
    uint64_t count;
    const giga_step *steps = giga_graph_account(graph, &count);
    giga_graph_info info = giga_graph_get_info(graph);
    char title[512];

    snprintf(title, sizeof title, "%s of %s: %" PRIu64 " vertices, %" PRIu64 " edges; %d ranks on %d "
             "node%s", what, info.name, info.vertices, info.edges, (int)giga_size(),
             (int)giga_nodes(), giga_nodes() == 1 ? "" : "s");
    json_decref(kept);
    kept = json_object();
    return run_account_steps(o, title, steps, count, kept);
}
