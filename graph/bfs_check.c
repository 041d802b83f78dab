/*
 * bfs_check.c - the five laws of Graph500 for the result of a search, on all ranks.
 *
 * Shares no code with bfs.c. Every rank checks vertices that it draws: that their parent is one
 * level above and joined to them, and that no arc spans more than one level.
 *
 * The last law need not be checked on every arc. Let an arc from level a to level b break it, so
 * b >= a + 2, an unreached vertex being at infinity. For any level t, either a <= t, and the arc is
 * seen among the arcs from levels up to t, or b >= t + 3, and it is seen among the arcs to levels
 * from t + 3 on. So the arcs of levels t + 1 and t + 2 are never looked at; t is chosen such that
 * those are the most. In a graph of small diameter they are nearly all.
 *
 * Levels are looked up at random: one byte each, which stay in the caches, and are all that is
 * fetched from other nodes. Only a search of 254 levels and more is checked with 8 bytes.
 *
 * Memory per node: one byte per vertex of the graph, 8 when it is deep and there are several nodes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bfs.h"

enum {
    CHUNK = 1024,
    FIRST = 4,      /* arcs of a row that are compared before it is bisected */
    AHEAD = 32,     /* vertices whose parents' levels, and rows, are fetched ahead */
    DEEP = 4096,    /* levels that are counted; deeper ones are all looked at */
};

typedef struct checker {
    giga_graph *graph;
    const uint64_t *level;      /* by index, of this node's vertices; deep: of all */
    const uint64_t *parent;     /* of this node's, by index */
    const uint8_t *brief;       /* levels of all vertices; NULL: deep */
    gr_node_object levels_object, parents_object, brief_object;
    uint64_t source;
    uint64_t low, high;         /* arcs from levels up to low - 1, and to levels from high on */
} checker;

enum { FAR = UINT8_MAX, BRIEF_MAX = FAR - 1 }; /* an unreached vertex; the largest level but one */

static inline uint64_t level_of(const checker *c, uint64_t v)
{
    if (!c->brief)
        return c->level[v];
    return c->brief[v] == FAR ? GIGA_UNREACHED : c->brief[v];
}

static giga_status broken(const checker *c, const char *law, uint64_t vertex)
{
    return giga_fail(GIGA_ERR_INVALID, "BFS from %" PRIu64 " breaks a law: %s (vertex %" PRIu64 ")",
                     giga_graph_id(c->graph, c->source), law, giga_graph_id(c->graph, vertex));
}

/* Rows are sorted by gr_order(): first the arcs that most parents come by, then bisection. */
static bool has_arc_from(const giga_graph *graph, uint64_t vertex, uint64_t from)
{
    uint64_t low = graph->in.rows[vertex - graph->first];
    uint64_t high = graph->in.rows[vertex - graph->first + 1];

    for (uint64_t few = 0; few < FIRST && low < high; few++, low++) {
        if (gr_end(&graph->in, graph->wide, low) == from)
            return true;
    }
    uint64_t wanted = gr_order(graph, from);
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
    uint64_t parent = c->parent[v], level = c->level[v];

    if (v == c->source)
        return level == 0 && parent == v
                   ? GIGA_OK : broken(c, "the source has level 0 and is its own parent", v);
    if ((level == GIGA_UNREACHED) != (parent == GIGA_NO_VERTEX))
        return broken(c, "a vertex has a parent if and only if it is reached", v);
    if (level == GIGA_UNREACHED)
        return GIGA_OK;
    if (parent >= c->graph->n || level == 0 || level_of(c, parent) != level - 1)
        return broken(c, "a parent is a vertex one level above", v);
    if (!has_arc_from(c->graph, v, parent))
        return broken(c, "an edge of the tree is an edge of the graph", v);
    return GIGA_OK;
}

/* The two ends of an arc. */
static giga_status check_arc(const checker *c, uint64_t from, uint64_t to)
{
    if (level_of(c, from) == GIGA_UNREACHED)
        return GIGA_OK;
    if (level_of(c, to) == GIGA_UNREACHED)
        return broken(c, "what an edge joins to a reached vertex is reached", to);
    if (level_of(c, to) > level_of(c, from) + 1)
        return broken(c, "an edge spans at most one level", from);
    return GIGA_OK;
}

static giga_status check_arcs(const checker *c, uint64_t v)
{
    const giga_graph *graph = c->graph;
    uint64_t l = v - graph->first;
    giga_status status = GIGA_OK;

    if (c->level[v] < c->low) {
        for (uint64_t i = graph->out.rows[l]; i < graph->out.rows[l + 1] && status == GIGA_OK; i++)
            status = check_arc(c, v, gr_end(&graph->out, graph->wide, i));
    }
    if (c->level[v] >= c->high) {
        for (uint64_t i = graph->in.rows[l]; i < graph->in.rows[l + 1] && status == GIGA_OK; i++)
            status = check_arc(c, gr_end(&graph->in, graph->wide, i), v);
    }
    return status;
}

/* ---- which levels' arcs need not be looked at ---- */

typedef struct histogram {
    uint64_t out[DEEP + 1], in[DEEP + 1]; /* arcs of each level; the last: deeper, and unreached */
} histogram;

/* t + 1 for the t with the fewest arcs to look at. Deep levels count as unreached ones do. */
static void choose(checker *c, const histogram *h)
{
    uint64_t above = 0, below = 0, least;

    for (uint64_t d = 0; d <= DEEP; d++)
        below += h->in[d];
    below -= h->in[0] + h->in[1]; /* nothing from above: only levels 0 and 1 are left out */
    least = below;
    c->low = 0;
    for (uint64_t t = 0; t + 2 < DEEP; t++) {
        above += h->out[t];
        below -= h->in[t + 2];
        if (above + below < least) {
            least = above + below;
            c->low = t + 1;
        }
    }
    c->high = c->low + 2;
}

/* Sums over all ranks: of a shallow search a few words, which need no message on one node. */
static giga_status add_up(histogram *h, bool directed)
{
    uint64_t used = DEEP;

    while (used > 0 && h->out[used - 1] == 0 && h->in[used - 1] == 0)
        used--;
    used = giga_allreduce_max(used);
    uint64_t *levels[] = {h->out, h->in};
    giga_status status = GIGA_OK;
    for (int i = 0; i <= directed && status == GIGA_OK; i++) {
        uint64_t deep = levels[i][DEEP];
        levels[i][used] = used < DEEP ? deep : levels[i][used]; /* beside the others */
        status = giga_allreduce(levels[i], levels[i], used + 1, GIGA_U64, GIGA_SUM);
        deep = levels[i][used];
        levels[i][used] = 0;
        levels[i][DEEP] = deep;
    }
    if (!directed)
        memcpy(h->in, h->out, sizeof h->in);
    return status;
}

/* One pass over the vertices of this rank: arcs of each level, and a byte for each vertex;
 * returns whether bytes say it all. */
static bool read_levels(checker *c, histogram *h)
{
    const giga_graph *graph = c->graph;
    const uint64_t *out = graph->out.rows - graph->first, *in = graph->in.rows - graph->first;
    uint8_t *brief = c->brief_object.at;
    uint64_t first, last;
    bool good = true;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++) {
        uint64_t level = c->level[v], d = level < DEEP ? level : DEEP;
        good = good && (level < BRIEF_MAX || level == GIGA_UNREACHED);
        brief[v] = level < BRIEF_MAX ? (uint8_t)level : FAR;
        h->out[d] += out[v + 1] - out[v];
        if (graph->info.directed)
            h->in[d] += in[v + 1] - in[v];
    }
    return good;
}

/* ---- all ---- */

static void fetch_ahead(const checker *c, uint64_t l)
{
    const gr_csr *in = &c->graph->in;
    uint64_t parent = c->parent[c->graph->first + l];

    if (parent < c->graph->n)
        __builtin_prefetch(c->brief ? (const void *)&c->brief[parent] : &c->level[parent]);
    __builtin_prefetch((const char *)in->ends + in->rows[l] * (c->graph->wide ? 8 : 4));
}

static giga_status check_all(const checker *c)
{
    giga_graph *graph = c->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);
    giga_status status = GIGA_OK;

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last && status == GIGA_OK; l++) {
            if (l + AHEAD < last)
                fetch_ahead(c, l + AHEAD);
            status = check_tree(c, graph->first + l);
            if (status == GIGA_OK)
                status = check_arcs(c, graph->first + l);
        }
    }
    return giga_agree(status);
}

/* Values of this node's vertices, or of all, in near memory: the array itself on one node. */
static giga_status bring(const giga_graph *graph, const giga_array *values, bool all,
                         gr_node_object *object, const uint64_t **out)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t first = all ? 0 : graph->first, last = all ? graph->n : graph->last;
    const uint64_t *direct = giga_nodes() == 1 || !all ? gr_values_at(graph, values) : NULL;

    *out = direct;
    if (direct)
        return GIGA_OK;
    giga_status status = gr_node_alloc((last - first) * 8, false, object);
    if (status != GIGA_OK)
        return status;
    uint64_t *to = object->at;
    uint64_t begin = first + (last - first) / ranks * mine;
    uint64_t end = mine + 1 == ranks ? last : first + (last - first) / ranks * (mine + 1);
    status = giga_agree(giga_array_get(values, begin, end - begin, to + (begin - first)));
    *out = to - first;
    return status == GIGA_OK ? giga_barrier() : status;
}

/* The other nodes' bytes. */
static giga_status fetch_brief(checker *c)
{
    const giga_graph *graph = c->graph;
    int32_t mine = giga_node_of(giga_rank());
    giga_status status = GIGA_OK;

    for (int32_t k = giga_near_index(); k < giga_nodes() && status == GIGA_OK; k += giga_near_size()) {
        uint64_t first = graph->starts[k], last = graph->starts[k + 1];
        if (k != mine && last > first)
            status = giga_get_nbi((uint8_t *)c->brief_object.at + first,
                                  (const uint8_t *)gr_node_at(&c->brief_object, k) + first, last - first);
    }
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

static giga_status bring_levels(checker *c, const giga_array *level)
{
    histogram *h = calloc(1, sizeof *h);
    giga_status status = giga_agree(h ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY,
                                                            "giga_bfs_validate: out of memory"));
    bool good = false;

    if (status == GIGA_OK)
        status = bring(c->graph, level, false, &c->levels_object, &c->level);
    if (status == GIGA_OK)
        status = gr_node_alloc(c->graph->n, false, &c->brief_object);
    if (status == GIGA_OK) {
        good = read_levels(c, h);
        status = add_up(h, c->graph->info.directed); /* also the barrier behind the writing */
    }
    if (status == GIGA_OK)
        choose(c, h);
    free(h);
    if (status != GIGA_OK)
        return status;
    if (giga_allreduce_min((uint64_t)good)) {
        c->brief = c->brief_object.at;
        return giga_nodes() > 1 ? giga_agree(fetch_brief(c)) : GIGA_OK;
    }
    if (giga_nodes() == 1)
        return GIGA_OK;
    if (c->levels_object.object)
        status = gr_node_free(&c->levels_object);
    return status == GIGA_OK ? bring(c->graph, level, true, &c->levels_object, &c->level) : status;
}

giga_status giga_bfs_validate(giga_graph *graph, uint64_t source, const giga_array *level,
                              const giga_array *parent)
{
    checker c = {.graph = graph, .source = source};
    giga_status status = gr_check_values("giga_bfs_validate", graph, level);

    if (status == GIGA_OK)
        status = gr_check_values("giga_bfs_validate", graph, parent);
    if (status == GIGA_OK && source >= graph->n)
        status = giga_fail(GIGA_ERR_ARG, "giga_bfs_validate: no such source");
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = bring_levels(&c, level);
    if (status == GIGA_OK)
        status = bring(graph, parent, false, &c.parents_object, &c.parent);
    if (status == GIGA_OK)
        status = check_all(&c);
    gr_node_object *all[] = {&c.levels_object, &c.parents_object, &c.brief_object};
    giga_status freed = GIGA_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all && freed == GIGA_OK; i++)
        freed = all[i]->object ? gr_node_free(all[i]) : GIGA_OK;
    return status != GIGA_OK ? status : freed;
}
