/*
 * betweenness_sources.c - options of betweenness, its sources, its last multiplication.
 *
 * A sample is drawn without replacement and without regard to indices: the vertices with the
 * smallest hashes of their ids. The hash is a bijection, so there are no ties.
 */
#include "betweenness.h"

#include <stdlib.h>
#include <string.h>

#include "bfs.h"

typedef struct choice {
    uint64_t key, vertex;
} choice;

giga_status gr_betweenness_check(const char *function, const giga_graph *graph,
                                 const giga_betweenness_opts *opts, const giga_array *centrality,
                                 giga_betweenness_opts *out)
{
    giga_betweenness_opts all = GIGA_BETWEENNESS_OPTS_INIT;

    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "%s: options were not started from "
                         "GIGA_BETWEENNESS_OPTS_INIT", function);
    *out = opts ? *opts : all;
    if (out->semantics == GIGA_SEMANTICS_LDBC)
        return giga_fail(GIGA_ERR_ARG, "%s: LDBC Graphalytics does not define betweenness; the "
                         "semantics are networkx or gap", function);
    if (out->semantics != GIGA_SEMANTICS_GAP && out->semantics != GIGA_SEMANTICS_NETWORKX)
        return giga_fail(GIGA_ERR_ARG, "%s: no semantics of number %d", function,
                         (int)out->semantics);
    if (out->normalised && out->semantics == GIGA_SEMANTICS_GAP)
        return giga_fail(GIGA_ERR_ARG, "%s: gap semantics divide by the largest, not by the number "
                         "of pairs", function);
    if (out->samples > 0 && out->sources)
        return giga_fail(GIGA_ERR_ARG, "%s: sources are either drawn or listed", function);
    if (out->source_count > 0 && !out->sources)
        return giga_fail(GIGA_ERR_ARG, "%s: %llu sources, but no list of them", function,
                         (unsigned long long)out->source_count);
    for (uint64_t i = 0; i < out->source_count; i++) {
        if (out->sources[i] >= graph->n)
            return giga_fail(GIGA_ERR_ARG, "%s: no source vertex of index %llu", function,
                             (unsigned long long)out->sources[i]);
    }
    return gr_check_values(function, graph, centrality);
}

double gr_betweenness_scale(const giga_graph *graph, const giga_betweenness_opts *opts,
                            uint64_t sources)
{
    double n = (double)graph->n;
    double scale = graph->info.directed ? 1.0 : 0.5; /* a pair was met from both ends */

    if (opts->normalised)
        scale = graph->n > 2 ? 1.0 / ((n - 1.0) * (n - 2.0)) : 1.0;
    return opts->sources || sources == 0 ? scale : scale * (n / (double)sources);
}

/* ---- drawing ---- */

static int by_key(const void *left, const void *right)
{
    const choice *a = left, *b = right;

    return (a->key > b->key) - (a->key < b->key);
}

/* Of this rank's vertices those with a key of at most `bound`, in order of keys. */
static choice *own_choices(const giga_graph *graph, const giga_betweenness_opts *o, uint64_t bound,
                           uint64_t *count)
{
    uint64_t first, last, salt = gr_scatter(o->seed);
    bool gap = o->semantics == GIGA_SEMANTICS_GAP;

    gr_my_vertices(graph, &first, &last);
    choice *list = malloc((last - first + 1) * sizeof *list);
    *count = 0;
    for (uint64_t v = first; v < last && list; v++) {
        uint64_t local = v - graph->first, id = gr_own_id(graph, local);
        uint64_t key = o->samples ? gr_scatter(id ^ salt) : id;
        if (key > bound || (gap && graph->out.rows[local + 1] == graph->out.rows[local]))
            continue;
        list[(*count)++] = (choice){key, v};
    }
    if (list)
        qsort(list, *count, sizeof *list, by_key);
    return list;
}

/* A bound that about twice as many keys as wanted are below, and some; all without samples. */
static uint64_t first_bound(const giga_graph *graph, const giga_betweenness_opts *o)
{
    uint64_t each = UINT64_MAX / graph->n, wanted = o->samples;

    if (wanted == 0 || wanted > graph->n / 4 || 2 * wanted + 64 > graph->n)
        return UINT64_MAX;
    return each * (2 * wanted + 64);
}

/* How many of a sorted list have a key of at most `bound`. */
static uint64_t count_up_to(const choice *list, uint64_t count, uint64_t bound)
{
    uint64_t low = 0, high = count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (list[middle].key <= bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many of this rank's belong to the `wanted` smallest of all: bisection of the bound. */
static uint64_t own_share(const choice *list, uint64_t count, uint64_t wanted)
{
    uint64_t low = 0, high = UINT64_MAX;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (giga_allreduce_sum(count_up_to(list, count, middle)) >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return count_up_to(list, count, low);
}

/* Where this rank's part begins, and how many there are together. */
static giga_status place_share(uint64_t share, uint64_t *at, uint64_t *total)
{
    uint64_t *all = malloc((size_t)giga_size() * sizeof *all);
    giga_status status = giga_agree(all ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));

    *at = *total = 0;
    if (status == GIGA_OK)
        status = giga_allgather(&share, sizeof share, all);
    for (int32_t r = 0; r < giga_size() && status == GIGA_OK; r++) {
        *at += r < giga_rank() ? all[r] : 0;
        *total += all[r];
    }
    free(all);
    return status;
}

/* Everybody's choices, on every rank, through an array. */
static giga_status collect(const choice *mine, uint64_t share, choice **all_out, uint64_t *count)
{
    giga_dist dist = {.kind = GIGA_DIST_BLOCK};
    uint64_t at;
    giga_array *array;
    giga_status status = place_share(share, &at, count);

    *all_out = NULL;
    if (status != GIGA_OK || *count == 0)
        return status;
    status = giga_array_create(*count, sizeof(choice), dist, NULL, &array);
    if (status != GIGA_OK)
        return status;
    choice *all = malloc(*count * sizeof *all);
    status = all ? giga_array_put(array, at, share, mine)
                 : giga_fail(GIGA_ERR_MEMORY, "out of memory for %llu sources",
                             (unsigned long long)*count);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = giga_barrier();
    if (status == GIGA_OK)
        status = giga_agree(giga_array_get(array, 0, *count, all));
    giga_status freed = giga_array_destroy(array);
    *all_out = all;
    return status != GIGA_OK ? status : freed;
}

/* The same with enough of them on all ranks together: with a bound, or without. */
static giga_status enough_choices(const giga_graph *graph, const giga_betweenness_opts *o,
                                  choice **mine, uint64_t *count)
{
    uint64_t bound = first_bound(graph, o);
    giga_status status;

    for (bool again = true; again; bound = UINT64_MAX) {
        *mine = own_choices(graph, o, bound, count);
        status = giga_agree(*mine ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
        again = status == GIGA_OK && bound < UINT64_MAX && giga_allreduce_sum(*count) < o->samples;
        if (again)
            free(*mine);
    }
    return status;
}

static giga_status draw(const giga_graph *graph, const giga_betweenness_opts *o, uint64_t **list_out,
                        uint64_t *count_out)
{
    uint64_t count;
    choice *all = NULL, *mine;
    giga_status status = enough_choices(graph, o, &mine, &count);

    if (status == GIGA_OK) {
        uint64_t share = o->samples ? own_share(mine, count, o->samples) : count;
        status = collect(mine, share, &all, count_out);
    }
    free(mine);
    if (status == GIGA_OK) {
        uint64_t *list = (uint64_t *)all; /* grows behind what is read */
        if (all)
            qsort(all, *count_out, sizeof *all, by_key);
        for (uint64_t i = 0; i < *count_out; i++)
            list[i] = all[i].vertex;
        *list_out = list;
    } else {
        free(all);
    }
    return status;
}

giga_status gr_betweenness_sources(const giga_graph *graph, const giga_betweenness_opts *o,
                                   uint64_t **list_out, uint64_t *count_out)
{
    *list_out = NULL;
    *count_out = 0;
    if (!o->sources)
        return draw(graph, o, list_out, count_out);
    uint64_t *list = malloc((o->source_count + 1) * sizeof *list);
    giga_status status = giga_agree(list ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK && o->source_count > 0)
        memcpy(list, o->sources, o->source_count * sizeof *list);
    *list_out = list;
    *count_out = status == GIGA_OK ? o->source_count : 0;
    return status;
}
