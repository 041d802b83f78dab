/*
 * bfs_check.c - the five laws of Graph500 for the result of a search, on all ranks.
 *
 * Every node takes a copy of all levels (8 bytes per vertex of the graph); every rank
 * checks its vertices: their parents, and all their arcs. Shares no code with bfs.c.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "bfs.h"

typedef struct checker {
    const giga_graph *graph;
    const uint64_t *level;      /* of all vertices */
    const uint64_t *parent;     /* of this rank's, from `first` */
    uint64_t first, last, source;
} checker;

static giga_status broken(const checker *c, const char *law, uint64_t vertex)
{
    return giga_fail(GIGA_ERR_INVALID, "BFS from %" PRIu64 " breaks a law: %s (vertex %" PRIu64 ")",
                     giga_graph_id(c->graph, c->source), law, giga_graph_id(c->graph, vertex));
}

/* Rows are sorted by gr_order(): bisection. */
static bool has_arc_from(const giga_graph *graph, uint64_t vertex, uint64_t from)
{
    uint64_t wanted = gr_order(graph, from);
    uint64_t low = graph->in.rows[vertex - graph->first];
    uint64_t high = graph->in.rows[vertex - graph->first + 1];

    while (low < high) {
        uint64_t middle = low + (high - low) / 2, end = gr_end(&graph->in, graph->wide, middle);
        if (end == from)
            return true;
        if (gr_order(graph, end) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static giga_status check_tree(const checker *c, uint64_t v)
{
    uint64_t parent = c->parent[v - c->first], level = c->level[v];

    if (v == c->source)
        return level == 0 && parent == v
                   ? GIGA_OK : broken(c, "the source has level 0 and is its own parent", v);
    if ((level == GIGA_UNREACHED) != (parent == GIGA_NO_VERTEX))
        return broken(c, "a vertex has a parent if and only if it is reached", v);
    if (level == GIGA_UNREACHED)
        return GIGA_OK;
    if (parent >= c->graph->n || level == 0 || c->level[parent] != level - 1)
        return broken(c, "a parent is a vertex one level above", v);
    if (!has_arc_from(c->graph, v, parent))
        return broken(c, "an edge of the tree is an edge of the graph", v);
    return GIGA_OK;
}

static giga_status check_arcs(const checker *c, uint64_t v)
{
    const gr_csr *out = &c->graph->out;
    uint64_t local = v - c->graph->first;

    if (c->level[v] == GIGA_UNREACHED)
        return GIGA_OK;
    for (uint64_t i = out->rows[local]; i < out->rows[local + 1]; i++) {
        uint64_t end = gr_end(out, c->graph->wide, i);
        if (c->level[end] == GIGA_UNREACHED)
            return broken(c, "what an edge joins to a reached vertex is reached", end);
        if (c->level[end] > c->level[v] + 1)
            return broken(c, "an edge spans at most one level", v);
    }
    return GIGA_OK;
}

static giga_status check_mine(const checker *c)
{
    giga_status status = GIGA_OK;

    for (uint64_t v = c->first; v < c->last && status == GIGA_OK; v++) {
        status = check_tree(c, v);
        if (status == GIGA_OK)
            status = check_arcs(c, v);
    }
    return status;
}

/* All levels on every node, each rank a share. */
static giga_status collect_levels(const giga_graph *graph, const giga_array *level, uint64_t *all)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t share = graph->n / ranks + 1, first = mine * share < graph->n ? mine * share : graph->n;
    uint64_t count = graph->n - first < share ? graph->n - first : share;
    giga_status status = giga_agree(giga_array_get(level, first, count, all + first));

    return status == GIGA_OK ? giga_barrier() : status;
}

giga_status giga_bfs_validate(giga_graph *graph, uint64_t source, const giga_array *level,
                              const giga_array *parent)
{
    checker c = {.graph = graph, .source = source};
    gr_node_object levels;
    uint64_t *parents = NULL;
    giga_status status = gr_check_values("giga_bfs_validate", graph, level);

    if (status == GIGA_OK)
        status = gr_check_values("giga_bfs_validate", graph, parent);
    if (status == GIGA_OK && source >= graph->n)
        status = giga_fail(GIGA_ERR_ARG, "giga_bfs_validate: no such source");
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_node_alloc(graph->n * 8, false, &levels);
    if (status != GIGA_OK)
        return status;
    gr_my_vertices(graph, &c.first, &c.last);
    parents = malloc((c.last - c.first + 1) * 8);
    status = parents ? giga_array_get(parent, c.first, c.last - c.first, parents)
                     : giga_fail(GIGA_ERR_MEMORY, "giga_bfs_validate: out of memory");
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = collect_levels(graph, level, levels.at);
    c.level = levels.at;
    c.parent = parents;
    if (status == GIGA_OK)
        status = giga_agree(check_mine(&c));
    free(parents);
    giga_status freed = gr_node_free(&levels);
    return status != GIGA_OK ? status : freed;
}
