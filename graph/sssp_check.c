/*
 * sssp_check.c - proof of shortest paths on all ranks, in one pass over the arcs.
 *
 * Distances are right, and to the bit, when no arc offers less (then no path is shorter than
 * they say) and every vertex but the source has a tight arc from a vertex that leads on to the
 * source (then they are lengths of paths). A tight arc from a nearer vertex leads on, since
 * distances along it fall; where tight arcs only join equal distances (weight 0), vertices are
 * *anchored* in rounds, from those that have a nearer one. With parents, only the arc from the
 * parent counts.
 *
 * Rules: reads the adjacency as it was built and shares no code with the search, only the exchange
 * of ghosts. Rounds change anchors in place, so that mostly few are needed.
 *
 * Memory per node: 8 bytes per vertex of the graph (only pages with ghosts), ghosts.h; the same
 * again, and lists, when there are vertices to anchor.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "bfs.h"
#include "ghosts.h"

enum {
    CHUNK = 1024,       /* vertices drawn at a time */
    AHEAD = 48,         /* arcs whose ends' distances are fetched ahead */
};

typedef struct checker {
    giga_graph *graph;
    uint64_t source;
    gr_ghosts ghosts;
    gr_node_object distance_object, parent_object, anchored_object;
    double *distance;           /* of all vertices, by index */
    uint64_t *parent;           /* of this node's, or NULL */
    uint64_t *anchored;         /* of all: 0 or 1 */
    uint64_t *loose;            /* this rank's vertices that are not anchored yet: local */
    uint64_t loose_count, loose_room;
    uint64_t bytes;
} checker;

static giga_status broken(const checker *c, const char *law, uint64_t local)
{
    return giga_fail(GIGA_ERR_INVALID, "shortest paths from %" PRIu64 " break a law: %s (vertex "
                     "%" PRIu64 ")", giga_graph_id(c->graph, c->source), law,
                     gr_own_id(c->graph, local));
}

static inline double weight_of(const gr_csr *csr, uint64_t arc)
{
    return csr->weights ? csr->weights[arc] : 1.0;
}

/* ---- what concerns a vertex alone ---- */

static giga_status check_vertex(const checker *c, uint64_t local)
{
    double distance = c->distance[c->graph->first + local];
    bool source = c->graph->first + local == c->source;

    if (!(distance >= 0))
        return broken(c, "a distance is 0 or more", local);
    if (source && distance != 0)
        return broken(c, "the source is at 0", local);
    if (!c->parent)
        return GIGA_OK;
    if (source && c->parent[local] != c->source)
        return broken(c, "the source is its own parent", local);
    if (isinf(distance) != (c->parent[local] == GIGA_NO_VERTEX))
        return broken(c, "a vertex has a parent if and only if it is reached", local);
    return GIGA_OK;
}

/* ---- arcs ---- */

static inline bool offers_less(const checker *c, bool wide, uint64_t local)
{
    const gr_csr *out = &c->graph->out;
    double mine = c->distance[c->graph->first + local];

    if (isinf(mine))
        return false;
    for (uint64_t i = out->rows[local]; i < out->rows[local + 1]; i++) {
        if (mine + weight_of(out, i) < c->distance[gr_end(out, wide, i)])
            return true;
    }
    return false;
}

typedef enum tight { TIGHT_NEARER, TIGHT_FLAT, TIGHT_NONE } tight;

/* The best tight arc to a vertex (from its parent, where there are parents). */
static inline tight find_tight(const checker *c, bool wide, uint64_t local)
{
    const gr_csr *in = &c->graph->in;
    double mine = c->distance[c->graph->first + local];
    tight found = TIGHT_NONE;

    for (uint64_t i = in->rows[local]; i < in->rows[local + 1]; i++) {
        uint64_t end = gr_end(in, wide, i);
        double from = c->distance[end];
        if (from + weight_of(in, i) != mine || (c->parent && c->parent[local] != end))
            continue;
        if (from < mine)
            return TIGHT_NEARER;
        found = TIGHT_FLAT;
    }
    return found;
}

/* Both at once, where a row holds the arcs of both directions. */
static inline tight find_both(const checker *c, bool wide, uint64_t local, bool *less)
{
    const gr_csr *csr = &c->graph->out;
    double mine = c->distance[c->graph->first + local];
    uint64_t parent = c->parent ? c->parent[local] : GIGA_NO_VERTEX;
    bool any = !c->parent, worse = false, nearer = false, flat = false;
    uint64_t last_arc = csr->arcs ? csr->arcs - 1 : 0;

    for (uint64_t i = csr->rows[local]; i < csr->rows[local + 1]; i++) {
        uint64_t ahead = i + AHEAD < last_arc ? i + AHEAD : last_arc; /* rows follow each other */
        __builtin_prefetch(&c->distance[gr_end(csr, wide, ahead)]);
        uint64_t end = gr_end(csr, wide, i);
        double weight = weight_of(csr, i), other = c->distance[end];
        bool joins = (other + weight == mine) & (any | (end == parent));
        worse |= mine + weight < other;
        nearer |= joins & (other < mine);
        flat |= joins;
    }
    *less = worse;
    return nearer ? TIGHT_NEARER : flat ? TIGHT_FLAT : TIGHT_NONE;
}

static giga_status keep_loose(checker *c, uint64_t local)
{
    if (c->loose_count == c->loose_room) {
        uint64_t room = c->loose_room ? 2 * c->loose_room : 256;
        uint64_t *loose = realloc(c->loose, room * sizeof *loose);
        if (!loose)
            return giga_fail(GIGA_ERR_MEMORY, "giga_sssp_validate: out of memory");
        c->loose = loose;
        c->loose_room = room;
    }
    c->loose[c->loose_count++] = local;
    return GIGA_OK;
}

static inline giga_status check_arcs(checker *c, bool wide, uint64_t local)
{
    const giga_graph *graph = c->graph;
    bool less;
    tight found;

    if (graph->info.directed) {
        less = offers_less(c, wide, local);
        found = find_tight(c, wide, local);
    } else {
        found = find_both(c, wide, local, &less);
    }
    if (less)
        return broken(c, "no arc offers a shorter way than there is, but one from here does", local);
    if (graph->first + local == c->source || isinf(c->distance[graph->first + local]))
        return GIGA_OK;
    if (found == TIGHT_NONE)
        return broken(c, c->parent ? "the arc from the parent makes exactly the distance"
                                   : "an arc makes exactly the distance", local);
    return found == TIGHT_FLAT ? keep_loose(c, local) : GIGA_OK;
}

/* All chunks are drawn whatever is found, as the others rely on it. */
static giga_status check_all(checker *c)
{
    const giga_graph *graph = c->graph;
    gr_work work = gr_work_begin(c->graph, graph->last - graph->first, CHUNK);
    giga_status status = GIGA_OK;

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last && status == GIGA_OK; l++) {
            status = check_vertex(c, l);
            if (status == GIGA_OK)
                status = graph->wide ? check_arcs(c, true, l) : check_arcs(c, false, l);
        }
    }
    return status;
}

/* ---- anchoring ---- */

static bool finds_anchor(const checker *c, uint64_t local)
{
    const gr_csr *in = &c->graph->in;
    double mine = c->distance[c->graph->first + local];

    for (uint64_t i = in->rows[local]; i < in->rows[local + 1]; i++) {
        uint64_t end = gr_end(in, c->graph->wide, i);
        if (c->distance[end] + weight_of(in, i) == mine &&
            (!c->parent || c->parent[local] == end) &&
            __atomic_load_n(&c->anchored[end], __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

/* One round over this rank's loose vertices; returns how many it has anchored. */
static uint64_t anchor_some(checker *c)
{
    uint64_t count = c->loose_count;

    c->loose_count = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (finds_anchor(c, c->loose[i]))
            __atomic_store_n(&c->anchored[c->graph->first + c->loose[i]], 1, __ATOMIC_RELAXED);
        else
            c->loose[c->loose_count++] = c->loose[i];
    }
    return count - c->loose_count;
}

static giga_status mark_anchored(checker *c)
{
    uint64_t first, last;
    giga_status status = gr_node_alloc(c->graph->n * 8, giga_nodes() > 1, &c->anchored_object);

    if (status != GIGA_OK)
        return status;
    c->anchored = c->anchored_object.at;
    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        c->anchored[v] = isinf(c->distance[v]) ? 0 : 1;
    status = giga_barrier();
    for (uint64_t i = 0; i < c->loose_count; i++)
        c->anchored[c->graph->first + c->loose[i]] = 0;
    return status == GIGA_OK ? giga_barrier() : status;
}

static giga_status anchor_all(checker *c)
{
    giga_status status = GIGA_OK;
    uint64_t some = giga_allreduce_sum(c->loose_count);

    if (some == 0)
        return GIGA_OK;
    status = mark_anchored(c);
    while (status == GIGA_OK && some > 0) {
        status = gr_ghosts_refresh(c->graph, &c->ghosts, c->anchored, &c->bytes);
        if (status == GIGA_OK)
            status = giga_barrier();
        if (status == GIGA_OK)
            some = giga_allreduce_sum(anchor_some(c));
    }
    if (status == GIGA_OK && c->loose_count > 0)
        status = broken(c, "following tight arcs back leads to the source", c->loose[0]);
    status = giga_agree(status);
    giga_status freed = gr_node_free(&c->anchored_object);
    return status != GIGA_OK ? status : freed;
}

/* ---- all ---- */

static giga_status check_arguments(const giga_graph *graph, uint64_t source,
                                   const giga_array *distance, const giga_array *parent)
{
    giga_status status = gr_check_values("giga_sssp_validate", graph, distance);

    if (status == GIGA_OK && parent)
        status = gr_check_values("giga_sssp_validate", graph, parent);
    if (status == GIGA_OK && source >= graph->n)
        status = giga_fail(GIGA_ERR_ARG, "giga_sssp_validate: no such source");
    return status;
}

/* Both arrays into node memory, each rank its vertices, and the ghosts' distances. */
static giga_status collect(checker *c, const giga_array *distance, const giga_array *parent)
{
    const giga_graph *graph = c->graph;
    uint64_t first, last;
    giga_status status = gr_node_alloc(graph->n * 8, giga_nodes() > 1, &c->distance_object);

    if (status == GIGA_OK && parent)
        status = gr_node_alloc((graph->last - graph->first) * 8, false, &c->parent_object);
    if (status == GIGA_OK)
        status = gr_ghosts_make(c->graph, GR_ARCS_BOTH, &c->ghosts);
    if (status != GIGA_OK)
        return status;
    c->distance = c->distance_object.at;
    c->parent = parent ? c->parent_object.at : NULL;
    gr_my_vertices(graph, &first, &last);
    status = giga_array_get(distance, first, last - first, c->distance + first);
    if (status == GIGA_OK && parent)
        status = giga_array_get(parent, first, last - first, c->parent + (first - graph->first));
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(c->graph, &c->ghosts, c->distance, &c->bytes);
    return status == GIGA_OK ? giga_barrier() : status;
}

giga_status giga_sssp_validate(giga_graph *graph, uint64_t source, const giga_array *distance,
                               const giga_array *parent)
{
    checker c = {.graph = graph, .source = source};
    giga_status status = giga_agree(check_arguments(graph, source, distance, parent));

    if (status != GIGA_OK)
        return status;
    status = collect(&c, distance, parent);
    if (status == GIGA_OK)
        status = giga_agree(check_all(&c));
    if (status == GIGA_OK)
        status = anchor_all(&c);
    free(c.loose);
    giga_status freed = giga_nodes() > 1 ? gr_ghosts_free(&c.ghosts) : GIGA_OK;
    gr_node_object *all[] = {&c.distance_object, &c.parent_object};
    for (size_t i = 0; i < 2 && freed == GIGA_OK; i++)
        freed = gr_node_free(all[i]);
    return status != GIGA_OK ? status : freed;
}
