/*
 * batch.c - the names in a batch of changes become indices.
 *
 * A name is looked for by bisection as in giga_graph_find(). All names of a block take the same
 * number of steps, and a step of all of them is one round of deferred gets: between nodes a block
 * waits 2 log2(vertices) times, not each name.
 */
#include <stdlib.h>

#include "update.h"

enum { BLOCK = 1024 };

static const void *element_at(const giga_graph *graph, const gr_node_object *object, uint64_t at,
                              uint64_t bytes)
{
    int32_t node = gr_node_of_vertex(graph, at);

    return (const char *)gr_node_at(object, node) + (at - graph->starts[node]) * bytes;
}

/* The vertices at places in the order of ids. */
static giga_status fetch_indices(const giga_graph *graph, const uint64_t *places, uint64_t count,
                                 uint64_t *indices)
{
    uint32_t narrow[BLOCK];
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK && graph->reordered; i++)
        status = giga_get_nbi(&narrow[i], element_at(graph, &graph->index_object, places[i], 4), 4);
    if (graph->reordered && status == GIGA_OK)
        status = giga_quiet();
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        indices[i] = graph->reordered ? narrow[i] : places[i];
    return status;
}

static giga_status fetch_ids(const giga_graph *graph, const uint64_t *indices, uint64_t count,
                             uint64_t *ids)
{
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        status = giga_get_nbi(&ids[i], element_at(graph, &graph->ids_object, indices[i], 8), 8);
    return status == GIGA_OK ? giga_quiet() : status;
}

/* Says what is not there. */
static giga_status fail_to_find(const giga_graph *graph, uint64_t id)
{
    uint64_t index;

    return giga_graph_find(graph, id, &index);
}

/* A place for each name: the last whose id is not larger. */
static giga_status search(const giga_graph *graph, const uint64_t *ids, uint64_t count,
                          uint64_t *indices)
{
    uint64_t base[BLOCK] = {0}, probe[BLOCK], found[BLOCK];
    giga_status status = graph->n > 0 || count == 0 ? GIGA_OK : fail_to_find(graph, ids[0]);

    for (uint64_t size = graph->n, half = 1; half > 0 && status == GIGA_OK; size -= half) {
        half = size / 2; /* 0 at last: what has been found */
        for (uint64_t i = 0; i < count; i++)
            probe[i] = base[i] + half;
        status = fetch_indices(graph, probe, count, indices);
        if (status == GIGA_OK)
            status = fetch_ids(graph, indices, count, found);
        for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
            base[i] = found[i] <= ids[i] ? probe[i] : base[i];
    }
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        if (found[i] != ids[i])
            status = fail_to_find(graph, ids[i]);
    }
    return status;
}

static giga_status compute(const giga_graph *graph, const uint64_t *ids, uint64_t count,
                           uint64_t *indices)
{
    uint64_t places[BLOCK];

    for (uint64_t i = 0; i < count; i++) {
        places[i] = ids[i] - graph->info.lowest_id;
        if (ids[i] < graph->info.lowest_id || places[i] >= graph->n)
            return fail_to_find(graph, ids[i]);
    }
    return fetch_indices(graph, places, count, indices);
}

/* Every other word of `ends` from the first on. */
static giga_status find_ends(const giga_graph *graph, const uint64_t *ids, uint64_t count,
                             uint64_t *ends)
{
    uint64_t indices[BLOCK];
    giga_status status = GIGA_OK;

    for (uint64_t at = 0; at < count && status == GIGA_OK; at += BLOCK) {
        uint64_t some = count - at < BLOCK ? count - at : BLOCK;
        status = graph->contiguous ? compute(graph, ids + at, some, indices)
                                   : search(graph, ids + at, some, indices);
        for (uint64_t i = 0; i < some && status == GIGA_OK; i++)
            ends[2 * (at + i)] = indices[i];
    }
    return status;
}

static giga_status check(const char *function, const giga_graph_batch *batch)
{
    if (batch->struct_bytes != sizeof *batch)
        return giga_fail(GIGA_ERR_ARG, "%s: the batch was not started from GIGA_GRAPH_BATCH_INIT",
                         function);
    if ((batch->deletions > 0 && (!batch->delete_from || !batch->delete_to)) ||
        (batch->insertions > 0 && (!batch->insert_from || !batch->insert_to)))
        return giga_fail(GIGA_ERR_ARG, "%s: a batch has edges, but no ids of their ends", function);
    if (batch->deletions > SIZE_MAX / 64 || batch->insertions > SIZE_MAX / 64)
        return giga_fail(GIGA_ERR_ARG, "%s: a batch of more edges than any memory holds", function);
    for (uint64_t i = 0; batch->insert_weight && i < batch->insertions; i++) {
        if (batch->insert_weight[i] != batch->insert_weight[i])
            return giga_fail(GIGA_ERR_ARG, "%s: the weight of insertion %llu is not a number",
                             function, (unsigned long long)i);
    }
    return GIGA_OK;
}

static giga_status find_all(const char *function, const giga_graph *graph,
                            const giga_graph_batch *batch, gr_batch *out)
{
    giga_status status = check(function, batch);

    if (status != GIGA_OK)
        return status;
    *out = (gr_batch){.deletions = batch->deletions, .insertions = batch->insertions,
                      .weight = batch->insert_weight};
    out->ends = malloc((2 * (out->deletions + out->insertions) + 1) * sizeof *out->ends);
    if (!out->ends)
        return giga_fail(GIGA_ERR_MEMORY, "%s: out of memory for a batch", function);
    uint64_t *inserted = out->ends + 2 * out->deletions;
    status = find_ends(graph, batch->delete_from, batch->deletions, out->ends);
    if (status == GIGA_OK)
        status = find_ends(graph, batch->delete_to, batch->deletions, out->ends + 1);
    if (status == GIGA_OK)
        status = find_ends(graph, batch->insert_from, batch->insertions, inserted);
    if (status == GIGA_OK)
        status = find_ends(graph, batch->insert_to, batch->insertions, inserted + 1);
    return status;
}

giga_status gr_batch_make(const char *function, const giga_graph *graph,
                          const giga_graph_batch *batch, gr_batch *out)
{
    giga_graph_batch nothing = GIGA_GRAPH_BATCH_INIT;

    *out = (gr_batch){0};
    return giga_agree(graph ? find_all(function, graph, batch ? batch : &nothing, out)
                            : giga_fail(GIGA_ERR_ARG, "%s: no graph", function));
}

void gr_batch_free(gr_batch *batch)
{
    free(batch->ends);
    *batch = (gr_batch){0};
}
