/*
 * graph.c - opening and closing a graph, and looking at it.
 *
 * Order of opening: edges are read or generated; ids become places; degrees decide the order of
 * vertices; vertices are placed; adjacencies are built. Every step is collective and fails on all ranks alike.
 */
#include <giga/graph.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bfs.h"
#include "build.h"
#include "load.h"
#include "load_rows.h"
#include "numbering.h"
#include "order.h"
#include "sssp.h"

/* Addresses of today's machines have at most 57 bits; a vertex takes 8 bytes or more. */
#define VERTICES_MAX (UINT64_C(1) << 54)

static giga_status check_opts(const char *name, const giga_graph_opts *opts, giga_graph_opts *out)
{
    giga_graph_opts all = GIGA_GRAPH_OPTS_INIT;

    if (!name || !name[0])
        return giga_fail(GIGA_ERR_ARG, "giga_graph_open: no name of a graph");
    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "giga_graph_open: options were not started from "
                         "GIGA_GRAPH_OPTS_INIT");
    *out = opts ? *opts : all;
    if (out->direction < GIGA_DIRECTION_AUTO || out->direction > GIGA_UNDIRECTED ||
        out->format < GIGA_FORMAT_AUTO || out->format >= GIGA_FORMATS)
        return giga_fail(GIGA_ERR_ARG, "giga_graph_open: unknown direction or format");
    if (out->weights < GIGA_WEIGHTS_NONE || out->weights > GIGA_WEIGHTS_INTEGER)
        return giga_fail(GIGA_ERR_ARG, "giga_graph_open: unknown weights");
    if (out->weights != GIGA_WEIGHTS_NONE && !gr_is_generator(name))
        return giga_fail(GIGA_ERR_ARG, "%s: generated weights go with a generated graph; a file brings "
                         "its own", name);
    return GIGA_OK;
}

/* Ids to places, in place: the place of an id is at most the id. Returns the loops. */
static uint64_t translate(const gr_numbering *numbering, gr_edges *edges)
{
    uint64_t u[GR_BLOCK_EDGES], v[GR_BLOCK_EDGES], loops = 0;
    gr_edges_walk walk;
    gr_edge_block b;

    gr_edges_walk_begin(edges, false, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        for (size_t i = 0; i < b.count; i++) {
            u[i] = gr_number(numbering, b.u[i]);
            v[i] = gr_number(numbering, b.v[i]);
            loops += b.u[i] == b.v[i];
        }
        gr_edges_put_back(&walk, &b, u, v);
    }
    return loops;
}

static giga_status number_vertices(gr_loaded *loaded, gr_numbering *numbering)
{
    if (!loaded->fixed_range)
        return gr_numbering_make(&loaded->edges, &loaded->vertices, numbering);
    /* A header's word alone: bytes per vertex must not overflow before memory is asked for. */
    if (loaded->n > VERTICES_MAX)
        return giga_fail(GIGA_ERR_MEMORY, "%llu vertices are more than any memory holds",
                         (unsigned long long)loaded->n);
    *numbering = (gr_numbering){.n = loaded->n, .lowest = loaded->lowest,
                                .highest = loaded->lowest + (loaded->n ? loaded->n - 1 : 0)};
    return GIGA_OK;
}

static giga_status build_both(giga_graph *graph, gr_loaded *loaded)
{
    giga_graph_info *info = &graph->info;
    uint64_t duplicates, loops, again, ignored;
    giga_status status;

    if (!info->directed) {
        status = gr_build(graph, &loaded->edges, true, GR_ARCS_BOTH, loaded->weighted, &graph->out,
                          &duplicates, &loops);
        graph->in = graph->out;
    } else {
        status = gr_build(graph, &loaded->edges, false, GR_ARCS_OUT, loaded->weighted, &graph->out,
                          &duplicates, &loops);
        if (status == GIGA_OK)
            status = gr_build(graph, &loaded->edges, true, GR_ARCS_IN, loaded->weighted, &graph->in,
                              &again, &ignored);
    }
    if (status != GIGA_OK)
        return status;
    info->arcs = giga_allreduce_sum(giga_near_index() == 0 ? graph->out.arcs : 0);
    info->edges = info->directed ? info->arcs : (info->arcs - loops) / 2 + loops;
    info->duplicates = info->edges_read - info->edges - (info->loops_kept ? 0 : info->loops);
    if (info->duplicates_kept)
        info->duplicates = info->directed ? duplicates : duplicates / 2;
    return GIGA_OK;
}

/* Degrees tell what is isolated; weights do not matter for that. */
giga_status gr_survey(giga_graph *graph)
{
    uint64_t first, last, isolated = 0, largest = 0, node_bytes, histogram[64] = {0};

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++) {
        uint64_t out = graph->out.rows[l + 1] - graph->out.rows[l];
        uint64_t in = graph->in.rows[l + 1] - graph->in.rows[l];
        isolated += out + in == 0;
        largest = out > largest ? out : largest;
        histogram[out ? 64 - __builtin_clzll(out) : 0]++;
    }
    giga_status status = giga_allreduce(histogram, graph->info.degree_histogram, 64, GIGA_U64,
                                        GIGA_SUM);
    if (graph->n > 0)
        graph->info.unused_ids =
            graph->info.highest_id - graph->info.lowest_id - (graph->n - 1);
    graph->info.isolated = giga_allreduce_sum(isolated);
    graph->info.largest_degree = giga_allreduce_max(largest);
    uint64_t per_arc = (graph->wide ? 8u : 4u) + (graph->info.weighted ? 8u : 0u);
    uint64_t sides = graph->info.directed ? 2 : 1;
    uint64_t per_vertex = sides * 8 + (graph->identity ? 0u : 8u) + (graph->reordered ? 4u : 0u);
    node_bytes = sides * graph->out.arcs * per_arc + (graph->last - graph->first) * per_vertex;
    graph->info.graph_bytes = giga_allreduce_sum(giga_near_index() == 0 ? node_bytes : 0);
    return status;
}

static giga_status assemble(giga_graph *graph, gr_loaded *loaded, const giga_graph_opts *opts)
{
    gr_numbering numbering = {0};
    gr_ordering ordering = {0};
    giga_status status = number_vertices(loaded, &numbering);

    gr_ids_clear(&loaded->vertices);
    if (opts->progress)
        opts->progress(opts->progress_argument, "building", 0.1);
    if (status == GIGA_OK) {
        graph->info.loops = giga_allreduce_sum(translate(&numbering, &loaded->edges));
        graph->info.vertices = numbering.n;
        if (!graph->starts) /* a file of rows has placed as many, see load_rows.h */
            status = gr_place_vertices(graph, numbering.n);
    }
    if (status == GIGA_OK)
        status = gr_order_vertices(graph, &loaded->edges, &ordering);
    if (status == GIGA_OK)
        status = gr_order_keep(&ordering, &numbering, graph);
    if (status == GIGA_OK) /* a failure frees nothing here: it may not be the same everywhere */
        status = gr_ordering_free(&ordering);
    if (status == GIGA_OK)
        status = gr_numbering_free(&numbering);
    if (opts->progress)
        opts->progress(opts->progress_argument, "building", 0.4);
    if (status == GIGA_OK)
        status = build_both(graph, loaded);
    if (status == GIGA_OK)
        status = gr_survey(graph);
    return status;
}

static void describe(giga_graph *graph, const char *name, const gr_loaded *loaded,
                     const giga_graph_opts *opts)
{
    giga_graph_info *info = &graph->info;

    snprintf(info->name, sizeof info->name, "%s", name);
    snprintf(info->format, sizeof info->format, "%s", loaded->format);
    snprintf(info->direction_from, sizeof info->direction_from, "%s", loaded->direction_from);
    info->directed = loaded->directed;
    info->weighted = loaded->weighted;
    info->loops_kept = opts->keep_loops;
    info->duplicates_kept = opts->keep_duplicates;
    info->edges_read += giga_allreduce_sum(gr_edges_count(&loaded->edges));
}

/* Edges of a file, or at once the graph: then `whole_out` is set. */
static giga_status load(giga_graph *graph, const char *name, const giga_graph_opts *opts,
                        gr_loaded *loaded, bool *whole_out)
{
    static gr_input in; /* 8 KiB, and collective calls are made by one thread */
    giga_status status = gr_look_at_file(name, opts, &in);

    if (status == GIGA_OK)
        status = gr_load_rows(graph, &in, opts, whole_out);
    if (status != GIGA_OK)
        return status;
    if (!*whole_out)
        return gr_load_file(&in, opts, loaded);
    gr_describe_file(&in, opts, loaded);
    return GIGA_OK;
}

giga_status giga_graph_open(const char *name, const giga_graph_opts *opts, giga_graph **graph_out)
{
    giga_graph_opts all;
    gr_loaded loaded = {0};

    if (!graph_out)
        return giga_fail(GIGA_ERR_ARG, "giga_graph_open: graph_out is NULL");
    *graph_out = NULL;
    giga_status status = check_opts(name, opts, &all);
    giga_graph *graph = status == GIGA_OK ? calloc(1, sizeof *graph) : NULL;
    if (status == GIGA_OK && !graph)
        status = giga_fail(GIGA_ERR_MEMORY, "giga_graph_open: out of memory");
    status = giga_agree(status);
    if (status != GIGA_OK) {
        free(graph);
        return status;
    }
    bool whole = false;
    double start = gr_seconds();
    status = gr_is_generator(name) ? gr_generate(name, &all, &loaded)
                                   : load(graph, name, &all, &loaded, &whole);
    double read = gr_seconds();
    if (status == GIGA_OK) {
        describe(graph, name, &loaded, &all);
        status = whole ? gr_survey(graph) : assemble(graph, &loaded, &all);
    }
    gr_loaded_clear(&loaded);
    if (status != GIGA_OK) {
        char sentence[1024];
        snprintf(sentence, sizeof sentence, "%s", giga_error());
        giga_graph_close(graph);
        bool named = strstr(sentence, name) != NULL; /* what knows of no graph speaks of bytes */
        return giga_fail(status, "%.400s%s%s", named ? "" : name, named ? "" : ": ", sentence);
    }
    graph->info.read_seconds = giga_allreduce_max(read - start);
    graph->info.build_seconds = giga_allreduce_max(gr_seconds() - read);
    *graph_out = graph;
    return GIGA_OK;
}

giga_status giga_graph_close(giga_graph *graph)
{
    giga_status status = GIGA_OK;

    if (!graph)
        return GIGA_OK;
    status = gr_bfs_free(graph);
    if (status == GIGA_OK)
        status = gr_sssp_free(graph);
    if (status == GIGA_OK && graph->info.directed)
        status = gr_csr_free(&graph->in);
    if (status == GIGA_OK)
        status = gr_csr_free(&graph->out);
    gr_node_object *rest[] = {&graph->ids_object, &graph->index_object, &graph->counters_object,
                              &graph->order_object, &graph->starts_object};
    for (size_t i = 0; i < sizeof rest / sizeof *rest && status == GIGA_OK; i++)
        status = gr_node_free(rest[i]);
    gr_account_free(&graph->account);
    free(graph);
    return status;
}

giga_graph_info giga_graph_get_info(const giga_graph *graph)
{
    return graph->info;
}

/* ---- looking at single vertices: one-sided, wherever they live ---- */

/* Where element `local` of a node object of 8-byte words lies. */
static const uint64_t *word_at(const gr_node_object *object, int32_t node, uint64_t local)
{
    return (const uint64_t *)gr_node_at(object, node) + local;
}

uint64_t giga_graph_id(const giga_graph *graph, uint64_t index)
{
    if (graph->identity)
        return graph->info.lowest_id + index;
    int32_t node = gr_node_of_vertex(graph, index);
    return giga_load(word_at(&graph->ids_object, node, index - graph->starts[node]));
}

uint64_t giga_graph_sorted(const giga_graph *graph, uint64_t place)
{
    if (!graph->reordered)
        return place;
    int32_t node = gr_node_of_vertex(graph, place);
    return giga_load((const uint32_t *)gr_node_at(&graph->index_object, node) +
                     (place - graph->starts[node]));
}

giga_status giga_graph_find(const giga_graph *graph, uint64_t id, uint64_t *index_out)
{
    uint64_t low = 0, high = graph->n;

    if (graph->contiguous && id >= graph->info.lowest_id && id - graph->info.lowest_id < graph->n) {
        *index_out = giga_graph_sorted(graph, id - graph->info.lowest_id);
        return GIGA_OK;
    }
    while (!graph->contiguous && low < high) {
        uint64_t middle = low + (high - low) / 2, index = giga_graph_sorted(graph, middle);
        uint64_t found = giga_graph_id(graph, index);
        if (found == id) {
            *index_out = index;
            return GIGA_OK;
        }
        if (found < id)
            low = middle + 1;
        else
            high = middle;
    }
    return giga_fail(GIGA_ERR_NOT_FOUND, "%s has no vertex %llu: it has %llu vertices, ids %llu to "
                     "%llu", graph->info.name, (unsigned long long)id, (unsigned long long)graph->n,
                     (unsigned long long)graph->info.lowest_id,
                     (unsigned long long)graph->info.highest_id);
}

/* rows[local] and rows[local + 1] of any vertex. */
static void row_of(const giga_graph *graph, uint64_t index, int32_t *node_out, uint64_t row[2])
{
    int32_t node = gr_node_of_vertex(graph, index);

    *node_out = node;
    for (uint64_t i = 0; i < 2; i++)
        row[i] = giga_load(word_at(&graph->out.rows_object, node,
                                   index - graph->starts[node] + i));
}

uint64_t giga_graph_degree(const giga_graph *graph, uint64_t index)
{
    uint64_t row[2];
    int32_t node;

    row_of(graph, index, &node, row);
    return row[1] - row[0];
}

giga_status giga_graph_neighbours(const giga_graph *graph, uint64_t index, uint64_t first,
                                  uint64_t count, uint64_t *ends)
{
    uint64_t row[2], width = graph->wide ? 8 : 4;
    int32_t node;

    if (index >= graph->n)
        return giga_fail(GIGA_ERR_RANGE, "giga_graph_neighbours: no vertex of index %llu",
                         (unsigned long long)index);
    row_of(graph, index, &node, row);
    if (first > row[1] - row[0] || count > row[1] - row[0] - first)
        return giga_fail(GIGA_ERR_RANGE, "giga_graph_neighbours: arcs %llu to %llu of %llu",
                         (unsigned long long)first, (unsigned long long)(first + count),
                         (unsigned long long)(row[1] - row[0]));
    char *at = (char *)gr_node_at(&graph->out.ends_object, node) + (row[0] + first) * width;
    if (graph->wide)
        return giga_get(ends, at, count * width);
    /* Narrow ends arrive in the back half of the buffer and widen from the front. */
    uint32_t *narrow = (uint32_t *)(void *)ends + count;
    giga_status status = giga_get(narrow, at, count * width);
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        uint32_t end;
        memcpy(&end, &narrow[i], sizeof end);
        ends[i] = end;
    }
    return status;
}

giga_status giga_graph_values(const giga_graph *graph, size_t element_bytes,
                              giga_array **array_out)
{
    giga_dist dist = {.kind = GIGA_DIST_BLOCK_CYCLIC, .run = graph->span};

    if (element_bytes == 8 && graph->whole_pages)
        dist.kind = GIGA_DIST_BLOCK; /* blocks of `span`, see place.c */
    giga_status status = giga_array_create(graph->n, element_bytes, dist, NULL, array_out);
    uint64_t *at = status == GIGA_OK && element_bytes == 8 ? gr_values_at(graph, *array_out) : NULL;
    if (at)
        gr_wish_for_huge_pages(at + graph->first, (graph->last - graph->first) * 8);
    return status;
}
