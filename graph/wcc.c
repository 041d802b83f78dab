/*
 * wcc.c - weakly connected components: the smallest id of each.
 *
 * M. Sutton, T. Ben-Nun, A. Barak: Optimizing Parallel Graph Connectivity Computation via
 * Subgraph Sampling, IPDPS 2018 (Afforest): a few arcs of every vertex join most of the giant
 * component; who is in it then need not look at its other arcs.
 *
 * Each node joins what its own arcs join, other nodes' vertices included, in one forest. Between
 * nodes only the smallest id of every tree travels, to those who know a vertex of it, until
 * nothing changes: as many rounds as a component has nodes in a row, not vertices.
 *
 * Invariants:
 *   W1  root[v] <= v; a tree's root points to itself; only a root is hooked, to a smaller one
 *   W2  after the joining roots stay; least[r] of a root is the smallest id known in its tree, and
 *       only falls; it begins with none, where a vertex is found to be a root, which it is until
 *       it is hooked
 *   W3  an arc between two nodes is never left out: the giant component of one node says nothing
 *       about the other's
 *
 * Memory per node: 4 bytes per vertex of the graph (wide 8), 8 per root, and with several nodes
 * 8 per own vertex and ghost.
 */
#include <stdlib.h>

#include "bfs.h"
#include "ghosts.h"
#include "wcc.h"

enum {
    CHUNK = 8192,       /* vertices drawn at a time */
    FEW = 8,            /* arcs that are all looked at for a first neighbour */
    SAMPLED_ARCS = 2,   /* arcs of every vertex that are joined first: join_first, join_second */
    AHEAD = 12,         /* vertices whose ends and roots are fetched ahead */
    SAMPLES = 1024,     /* vertices that are asked for the giant component */
};

typedef struct wcc {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_node_object root_object, least_object, mirror_object;
    void *root;             /* of every vertex of the graph; 4 or 8 bytes each */
    uint64_t *least;        /* of every root; other words are never touched */
    uint64_t *mirror;       /* several nodes: what owners know of their vertices */
    const uint64_t *kept;   /* see wcc.h */
    uint64_t arcs, bytes;   /* this rank */
} wcc;

/* ---- the forest; `wide` is a constant in each kernel ---- */

static inline uint64_t get_root(const void *root, bool wide, uint64_t v)
{
    return wide ? __atomic_load_n((const uint64_t *)root + v, __ATOMIC_RELAXED)
                : __atomic_load_n((const uint32_t *)root + v, __ATOMIC_RELAXED);
}

static inline void set_root(void *root, bool wide, uint64_t v, uint64_t to)
{
    if (wide)
        __atomic_store_n((uint64_t *)root + v, to, __ATOMIC_RELAXED);
    else
        __atomic_store_n((uint32_t *)root + v, (uint32_t)to, __ATOMIC_RELAXED);
}

/* W1: hook a root to a smaller vertex, unless somebody was quicker. */
static inline bool hook(void *root, bool wide, uint64_t high, uint64_t low)
{
    uint64_t wide_self = high;
    uint32_t self = (uint32_t)high;

    if (wide)
        return __atomic_compare_exchange_n((uint64_t *)root + high, &wide_self, low, false,
                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return __atomic_compare_exchange_n((uint32_t *)root + high, &self, (uint32_t)low, false,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline void join(void *root, bool wide, uint64_t u, uint64_t v)
{
    uint64_t a = get_root(root, wide, u), b = get_root(root, wide, v);

    while (a != b) {
        uint64_t high = a > b ? a : b, low = a > b ? b : a, above = get_root(root, wide, high);
        if (above == low || (above == high && hook(root, wide, high, low)))
            return;
        a = get_root(root, wide, get_root(root, wide, high));
        b = get_root(root, wide, low);
    }
}

static inline uint64_t find_root(void *root, bool wide, uint64_t v)
{
    uint64_t first = get_root(root, wide, v), at = first, above;

    while ((above = get_root(root, wide, at)) != at)
        at = above;
    if (at != first)
        set_root(root, wide, v, at);
    return at;
}

/* A vertex that keeps its label: its arcs are not looked at. */
static inline bool stays(const wcc *w, uint64_t local)
{
    return w->kept && w->kept[local] != UINT64_MAX;
}

/* ---- joining what this node's arcs join ---- */

static inline void fetch(const void *at, bool wide, uint64_t i)
{
    __builtin_prefetch((const char *)at + i * (wide ? 8 : 4));
}

/* A neighbour to begin with: the first, which in a skewed graph is a hub; in a graph of few arcs
 * the closest that is smaller, whose tree is likely to be flat already. */
static inline uint64_t first_neighbour(const giga_graph *graph, bool wide, uint64_t l)
{
    const gr_csr *out = &graph->out;
    uint64_t v = graph->first + l, i = out->rows[l], last = out->rows[l + 1], best;

    if (i == last)
        return v;
    best = gr_end(out, wide, i);
    if (graph->skewed || last - i > FEW)
        return best;
    for (i++; i < last; i++) {
        uint64_t end = gr_end(out, wide, i);
        best = end < v && (end > best || best > v) ? end : best;
    }
    return best;
}

/* Every vertex is joined to a neighbour that is smaller, if it has one: W1 without a race, since
 * nobody hooks yet. This is also where trees begin. */
static inline void join_first(wcc *w, bool wide)
{
    const giga_graph *graph = w->graph;
    const uint64_t *rows = graph->out.rows;
    uint64_t locals = graph->last - graph->first;
    gr_work work = gr_work_begin(w->graph, locals, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        uint64_t chunk = graph->first + l;
        for (; l < last; l++) {
            if (l + AHEAD < locals)
                fetch(graph->out.ends, wide, rows[l + AHEAD]);
            uint64_t v = graph->first + l, end = stays(w, l) ? v : first_neighbour(graph, wide, l);
            if (end < v && end >= chunk) /* set just now, by this rank */
                end = get_root(w->root, wide, end);
            set_root(w->root, wide, v, end < v ? end : v);
            w->arcs += rows[l] < rows[l + 1] && !stays(w, l);
        }
    }
}

/* The second arc of every vertex; ends are fetched ahead, then what is known of them. */
static inline void join_second(wcc *w, bool wide)
{
    const giga_graph *graph = w->graph;
    const uint64_t *rows = graph->out.rows;
    uint64_t locals = graph->last - graph->first;
    gr_work work = gr_work_begin(w->graph, locals, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last; l++) {
            if (l + 2 * AHEAD < locals)
                fetch(graph->out.ends, wide, rows[l + 2 * AHEAD] + 1);
            if (l + AHEAD < locals && rows[l + AHEAD] + 1 < rows[l + AHEAD + 1])
                fetch(w->root, wide, gr_end(&graph->out, wide, rows[l + AHEAD] + 1));
            if (rows[l] + 1 >= rows[l + 1] || stays(w, l))
                continue;
            w->arcs++;
            join(w->root, wide, graph->first + l, gr_end(&graph->out, wide, rows[l] + 1));
        }
    }
}

/* All arcs, but of the vertices of the root `skip`, whose arcs to vertices of other roots are
 * these vertices' arcs, too. */
static inline void join_rows(wcc *w, bool wide, const gr_csr *csr, uint64_t skip)
{
    const giga_graph *graph = w->graph;
    gr_work work = gr_work_begin(w->graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last; l++) {
            uint64_t v = graph->first + l, i = csr->rows[l], end = csr->rows[l + 1];
            if (i >= end || stays(w, l) || (skip != GIGA_NO_VERTEX && get_root(w->root, wide, v) == skip))
                continue;
            w->arcs += end - i;
            for (; i < end; i++)
                join(w->root, wide, v, gr_end(csr, wide, i));
        }
    }
}

/* Trees of this node's vertices made flat. Who is a root the last time may be one in the end: W2. */
static inline giga_status flatten(wcc *w, bool wide, bool last_time)
{
    const giga_graph *graph = w->graph;
    gr_work work = gr_work_begin(w->graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last; l++) {
            if (find_root(w->root, wide, graph->first + l) == graph->first + l && last_time)
                w->least[graph->first + l] = UINT64_MAX;
        }
    }
    gr_account_wait(&w->graph->account);
    giga_status status = giga_barrier();
    gr_account_work(&w->graph->account);
    return status;
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* The most frequent root among some vertices. Every rank may take another: it only saves work. */
static uint64_t guess_giant(const wcc *w, bool wide)
{
    const giga_graph *graph = w->graph;
    uint64_t locals = graph->last - graph->first, sample[SAMPLES], best = 0, most = 0, run = 0;

    if (locals == 0)
        return GIGA_NO_VERTEX;
    for (uint64_t i = 0; i < SAMPLES; i++) /* a low-discrepancy walk over the vertices */
        sample[i] = get_root(w->root, wide, graph->first + (i * UINT64_C(0x9e3779b97f4a7c15) >> 11) % locals);
    qsort(sample, SAMPLES, sizeof *sample, ascending);
    for (uint64_t i = 0; i < SAMPLES; i++) {
        run = i > 0 && sample[i] == sample[i - 1] ? run + 1 : 1;
        if (run > most) {
            most = run;
            best = sample[i];
        }
    }
    return best;
}

static inline giga_status join_node(wcc *w, bool wide)
{
    const giga_graph *graph = w->graph;

    giga_status status = GIGA_OK;

    for (uint64_t k = 0; k < SAMPLED_ARCS && status == GIGA_OK; k++) {
        uint64_t before = w->arcs;
        if (k == 0)
            join_first(w, wide);
        else
            join_second(w, wide);
        gr_account_wait(&w->graph->account);
        status = giga_barrier();
        gr_account_work(&w->graph->account);
        if (status == GIGA_OK)
            status = flatten(w, wide, k + 1 == SAMPLED_ARCS);
        gr_account_step(&w->graph->account, "first arcs", 0, w->arcs - before, 0, 0);
    }
    if (status != GIGA_OK)
        return status;
    uint64_t before = w->arcs, skip = giga_nodes() == 1 ? guess_giant(w, wide) : GIGA_NO_VERTEX; /* W3 */
    join_rows(w, wide, &graph->out, skip);
    if (graph->info.directed)
        join_rows(w, wide, &graph->in, skip);
    status = giga_barrier();
    gr_account_step(&w->graph->account, "other arcs", 0, w->arcs - before, 0, 0);
    return status;
}

/* ---- the smallest id of every tree ---- */

/* W2. Returns whether it fell. */
static inline bool lower(uint64_t *at, uint64_t id)
{
    uint64_t now = __atomic_load_n(at, __ATOMIC_RELAXED);

    while (id < now) {
        if (__atomic_compare_exchange_n(at, &now, id, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

/* Other nodes' vertices that are roots: their trees begin without an id, too. */
static inline void start_ghosts(wcc *w, bool wide)
{
    const gr_ghosts *g = &w->ghosts;

    for (uint64_t word = g->first_word; word < g->last_word && giga_nodes() > 1; word++) {
        for (uint64_t rest = g->need[word]; rest; rest &= rest - 1) {
            uint64_t v = 64 * word + (uint64_t)__builtin_ctzll(rest);
            if (get_root(w->root, wide, v) == v)
                w->least[v] = UINT64_MAX;
        }
    }
}

/* W2: every vertex of this node brings its id to its root. */
static inline giga_status start_least(wcc *w, bool wide)
{
    start_ghosts(w, wide);
    giga_status status = giga_nodes() > 1 ? giga_barrier() : GIGA_OK;
    gr_work work = gr_work_begin(w->graph, w->graph->last - w->graph->first, CHUNK);

    for (uint64_t l, end; gr_work_draw(&work, &l, &end);) {
        for (; l < end; l++)
            lower(&w->least[find_root(w->root, wide, w->graph->first + l)],
                  stays(w, l) ? w->kept[l] : gr_own_id(w->graph, l));
    }
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* One round between nodes; *changed_out over all ranks. */
static inline giga_status exchange_least(wcc *w, bool wide, uint64_t *changed_out)
{
    giga_graph *graph = w->graph;
    uint64_t first, last, changed = 0, before = w->bytes;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        w->mirror[v] = w->least[get_root(w->root, wide, v)];
    gr_account_wait(&graph->account);
    giga_status status = giga_barrier();
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &w->ghosts, w->mirror, &w->bytes);
    gr_account_work(&graph->account);
    for (uint64_t word = w->ghosts.first_word; word < w->ghosts.last_word && status == GIGA_OK; word++) {
        for (uint64_t rest = w->ghosts.need[word]; rest; rest &= rest - 1) {
            uint64_t v = 64 * word + (uint64_t)__builtin_ctzll(rest);
            changed += lower(&w->least[find_root(w->root, wide, v)], w->mirror[v]);
        }
    }
    giga_status reduced = giga_allreduce(&changed, changed_out, 1, GIGA_U64, GIGA_SUM);
    gr_account_step(&graph->account, "between nodes", changed, 0, w->bytes - before,
                    (uint64_t)giga_nodes() - 1);
    return status != GIGA_OK ? giga_agree(status) : reduced;
}

static inline giga_status find_components(wcc *w, bool wide, uint64_t *steps)
{
    giga_status status = join_node(w, wide);
    uint64_t changed = giga_nodes() > 1;

    if (status == GIGA_OK)
        status = start_least(w, wide);
    for (*steps = 0; changed && status == GIGA_OK; ++*steps)
        status = exchange_least(w, wide, &changed);
    return status;
}

static inline giga_status put_out(wcc *w, bool wide, giga_array *component)
{
    giga_graph *graph = w->graph;
    uint64_t *direct = gr_values_at(graph, component), first, last;
    giga_status status = GIGA_OK;

    gr_my_vertices(graph, &first, &last);
    uint64_t *to = direct ? direct + first : malloc((last - first + 1) * sizeof *to);
    status = giga_agree(to ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_wcc: out of memory"));
    for (uint64_t v = first; v < last && status == GIGA_OK; v++)
        to[v - first] = stays(w, v - graph->first) ? w->kept[v - graph->first]
                                                   : w->least[get_root(w->root, wide, v)];
    if (!direct && status == GIGA_OK)
        status = giga_array_put(component, first, last - first, to);
    if (!direct)
        free(to);
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* ---- all ---- */

static giga_status start(wcc *w, giga_graph *graph)
{
    uint64_t width = graph->wide ? 8 : 4, ranks = (uint64_t)giga_near_size();
    uint64_t mine = (uint64_t)giga_near_index(), n = graph->n;
    giga_status status;

    *w = (wcc){.graph = graph};
    status = gr_node_alloc(n * width, false, &w->root_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(n * 8, true, &w->least_object);
    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &w->ghosts);
    if (status == GIGA_OK && giga_nodes() > 1)
        status = gr_node_alloc(n * 8, true, &w->mirror_object);
    if (status != GIGA_OK)
        return status;
    w->root = w->root_object.at;
    w->least = w->least_object.at;
    w->mirror = w->mirror_object.at;
    for (uint64_t v = n / ranks * mine; v < (mine + 1 == ranks ? n : n / ranks * (mine + 1)); v++) {
        if (v < graph->first || v >= graph->last) /* own vertices begin with their first arc */
            set_root(w->root, graph->wide, v, v);
    }
    return giga_barrier();
}

static giga_status stop(wcc *w)
{
    giga_status status = gr_ghosts_free(&w->ghosts);
    gr_node_object *all[] = {&w->root_object, &w->least_object, &w->mirror_object};

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    return status;
}

giga_status gr_wcc_find(giga_graph *graph, const uint64_t *kept, giga_array *component,
                        giga_run_stats *stats)
{
    uint64_t steps = 0;
    wcc w;
    giga_status status = start(&w, graph); /* before the clock starts, as in giga_bfs() */

    w.kept = kept;
    double begin = gr_seconds();
    gr_account_begin(&graph->account);
    if (status == GIGA_OK)
        status = graph->wide ? find_components(&w, true, &steps) : find_components(&w, false, &steps);
    if (status == GIGA_OK)
        status = graph->wide ? put_out(&w, true, component) : put_out(&w, false, component);
    double seconds = gr_seconds() - begin;
    if (status != GIGA_OK)
        return status;
    if (stats)
        *stats = (giga_run_stats){steps + 2, giga_allreduce_sum(w.arcs),
                                  giga_allreduce_sum(w.bytes), giga_allreduce_max(seconds)};
    return stop(&w);
}

giga_status giga_wcc(giga_graph *graph, giga_array *component, giga_run_stats *stats)
{
    giga_status status = giga_agree(gr_check_values("giga_wcc", graph, component));

    if (stats)
        *stats = (giga_run_stats){0};
    return status != GIGA_OK || graph->n == 0 ? status : gr_wcc_find(graph, NULL, component, stats);
}
