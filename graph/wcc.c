/*
 * wcc.c - weakly connected components: the smallest id of each.
 *
 * M. Sutton, T. Ben-Nun, A. Barak: Optimizing Parallel Graph Connectivity Computation via
 * Subgraph Sampling, IPDPS 2018 (Afforest): a few arcs of every vertex join most of the giant
 * component; who is in it then need not look at its other arcs.
 *
 * Vertices are planted one after the other, each below the root of a smaller neighbour. That is
 * a plain store: who is not planted yet cannot be hooked. The few whose neighbour another rank
 * has still to plant come again later. Of a short row all smaller ends are joined at once, so
 * that of a mesh nothing is left; of a long one the first two.
 *
 * Each node joins what its own arcs join, other nodes' vertices included, in one forest. Between
 * nodes only the smallest id of every tree travels, to those who know a vertex of it, until
 * nothing changes: as many rounds as a component has nodes in a row, not vertices.
 *
 * Invariants:
 *   W1  a planted vertex has parent <= itself, a root itself; only a root is hooked, to a smaller
 *       one; the word of one that is not planted is 0, and only the rank that drew it writes it
 *   W2  after the joining roots stay; least[r] of a root is the smallest id known in its tree, and
 *       only falls; it begins with none, where a vertex is found to be a root, which it is until
 *       it is hooked
 *   W3  an arc between two nodes is never left out: the giant component of one node says nothing
 *       about the other's
 *   W4  all ranks of a node leave out the same giant component: else an arc between two of them
 *       would be nobody's
 *   W5  on one node, where indices ascend with ids, a root is the smallest id of its tree: `least`
 *       is not needed, and labels are written as trees are made flat; again if there was a hook
 *
 * Memory per node: 4 bytes per vertex of the graph (wide 8), a bit per own vertex, 8 bytes per
 * root (but W5), and with several nodes 8 per own vertex and ghost.
 */
#include <stdlib.h>

#include "bfs.h"
#include "ghosts.h"
#include "wcc.h"

enum {
    CHUNK = 8192,       /* vertices drawn at a time */
    PLANTED = 65536,    /* the same at most while they are planted: a neighbour in a part that */
    PARTS = 16,         /* another rank is at makes one late; so many parts a rank, for balance */
    FEW = 8,            /* arcs that are all joined at once, */
    FIRST = 2,          /* else so many */
    AHEAD = 12,         /* vertices whose ends and parents are fetched ahead */
    SAMPLES = 1024,     /* vertices that are asked for the giant component */
};

typedef struct wcc {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_node_object parent_object, late_object, least_object, mirror_object;
    void *parent;           /* + 1 of every vertex of the graph; 4 or 8 bytes each */
    uint64_t *late;         /* a bit per own vertex: a neighbour was not planted */
    uint64_t *least;        /* of every root; other words are never touched */
    uint64_t *mirror;       /* several nodes: what owners know of their vertices */
    const uint64_t *kept;   /* see wcc.h */
    uint64_t *direct;       /* the result as one C array, or NULL */
    bool roots_are_labels;  /* W5 */
    bool labelled;          /* the result is complete */
    uint64_t giant;         /* a root, or GIGA_NO_VERTEX */
    uint64_t arcs, hooks, bytes; /* this rank */
} wcc;

static const uint64_t UNSET = UINT64_MAX;

/* Part of a kernel: wide is a constant in each of its copies. */
#define KERNEL __attribute__((always_inline)) static inline

/* ---- the forest ---- */

/* UNSET where nothing is planted. */
KERNEL uint64_t get_parent(const void *parent, bool wide, uint64_t v)
{
    return (wide ? __atomic_load_n((const uint64_t *)parent + v, __ATOMIC_RELAXED)
                 : __atomic_load_n((const uint32_t *)parent + v, __ATOMIC_RELAXED)) - UINT64_C(1);
}

KERNEL void set_parent(void *parent, bool wide, uint64_t v, uint64_t to)
{
    if (wide)
        __atomic_store_n((uint64_t *)parent + v, to + 1, __ATOMIC_RELAXED);
    else
        __atomic_store_n((uint32_t *)parent + v, (uint32_t)(to + 1), __ATOMIC_RELAXED);
}

/* W1: hook a root to a smaller vertex, unless somebody was quicker. */
KERNEL bool hook(void *parent, bool wide, uint64_t high, uint64_t low)
{
    uint64_t wide_self = high + 1;
    uint32_t self = (uint32_t)(high + 1);

    if (wide)
        return __atomic_compare_exchange_n((uint64_t *)parent + high, &wide_self, low + 1, false,
                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return __atomic_compare_exchange_n((uint32_t *)parent + high, &self, (uint32_t)(low + 1), false,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* The root; the way there is made short. UNSET if something on it is not planted, as far as this
 * rank can see: planting is not ordered. */
KERNEL uint64_t find_root(void *parent, bool wide, uint64_t v)
{
    uint64_t first = get_parent(parent, wide, v), at = first, above = first;

    while (at != UNSET && (above = get_parent(parent, wide, at)) != at)
        at = above;
    if (at != first && at != UNSET)
        set_parent(parent, wide, v, at);
    return at;
}

/* Join the trees of two roots, as far as is known; returns the root of both, or UNSET as
 * find_root(). Rare: most arcs join what is joined. */
__attribute__((noinline)) static uint64_t join(wcc *w, bool wide, uint64_t a, uint64_t b)
{
    while (a != b && a != UNSET && b != UNSET) {
        uint64_t high = a > b ? a : b, low = a > b ? b : a;
        if (hook(w->parent, wide, high, low)) {
            w->hooks++;
            return low;
        }
        a = find_root(w->parent, wide, high);
        b = find_root(w->parent, wide, low);
    }
    return a == UNSET ? a : b;
}

/* A vertex that keeps its label: its arcs are not looked at. */
static inline bool stays(const wcc *w, uint64_t local)
{
    return w->kept && w->kept[local] != UINT64_MAX;
}

/* ---- joining what this node's arcs join ---- */

/* A row, and what is needed beside it, where the compiler can keep it in registers. */
typedef struct row_reader {
    const uint64_t *rows;
    const void *ends;
    void *parent;
    uint64_t first, locals;
    bool ascends;           /* rows ascend */
    uint64_t known;         /* a root found last */
    uint64_t arcs;
} row_reader;

static row_reader read_rows(const wcc *w, const gr_csr *csr)
{
    const giga_graph *graph = w->graph;

    return (row_reader){csr->rows, csr->ends, w->parent, graph->first, graph->last - graph->first,
                        !graph->dealt, GIGA_NO_VERTEX, 0};
}

KERNEL uint64_t end_at(const row_reader *r, bool wide, uint64_t i)
{
    return wide ? ((const uint64_t *)r->ends)[i] : ((const uint32_t *)r->ends)[i];
}

KERNEL void look_ahead(const row_reader *r, bool wide, uint64_t l)
{
    if (l + AHEAD < r->locals)
        __builtin_prefetch((const char *)r->ends + r->rows[l + AHEAD] * (wide ? 8 : 4));
}

/* The root of a planted vertex, or one that was it a moment ago: enough to join to. */
KERNEL uint64_t recent_root(row_reader *r, bool wide, uint64_t v)
{
    uint64_t above = get_parent(r->parent, wide, v);

    if (above != r->known)
        r->known = above = find_root(r->parent, wide, v);
    return above;
}

/* Join the first smaller ends of a vertex to `root`; returns the root of all. A vertex that is
 * not `planted` is its own root until there is another, below which it can be planted. */
KERNEL uint64_t join_smaller(wcc *w, bool wide, bool planted, row_reader *r, uint64_t l,
                             uint64_t root, bool *late)
{
    uint64_t v = r->first + l, i = r->rows[l], last = r->rows[l + 1];
    uint64_t stop = last - i > FEW ? i + FIRST : last;

    r->arcs += stop - i;
    for (; i < stop; i++) {
        uint64_t end = end_at(r, wide, i), other;
        if (end >= v) {
            if (r->ascends)
                break;
            continue;
        }
        other = recent_root(r, wide, end);
        if (other != root && (planted || root != v))
            other = join(w, wide, root, other);
        if (other == UNSET)
            *late = true;
        else
            root = other;
    }
    r->arcs -= stop - i;
    return root;
}

/* The same in both directions. Hubs come first in the rows of a skewed graph: one is enough. */
KERNEL uint64_t join_first(wcc *w, bool wide, bool planted, row_reader *out, row_reader *in,
                           uint64_t l, uint64_t root, bool *late)
{
    const giga_graph *graph = w->graph;
    uint64_t v = out->first + l;

    root = join_smaller(w, wide, planted, out, l, root, late);
    if (in->rows && (root == v || !graph->skewed))
        root = join_smaller(w, wide, planted, in, l, root, late);
    return root;
}

/* A chunk is whole words of `late`. */
KERNEL void plant_chunk(wcc *w, bool wide, row_reader *out, row_reader *in, uint64_t l,
                        uint64_t last)
{
    for (uint64_t word = 0; l < last; l++) {
        uint64_t v = out->first + l, root = v;
        bool late = false;
        look_ahead(out, wide, l);
        if (!stays(w, l))
            root = join_first(w, wide, false, out, in, l, v, &late);
        set_parent(out->parent, wide, v, root);
        word |= (uint64_t)late << (l % 64);
        if (word && (l % 64 == 63 || l + 1 == last)) {
            w->late[l / 64] = word;
            word = 0;
        }
    }
}

KERNEL void plant(wcc *w, bool wide)
{
    giga_graph *graph = w->graph;
    row_reader out = read_rows(w, &graph->out), in = {0};
    uint64_t part = out.locals / ((uint64_t)giga_near_size() * PARTS * 64) * 64;
    uint64_t chunk = part < 64 ? 64 : part > PLANTED ? PLANTED : part;
    gr_work work = gr_work_begin(graph, out.locals, chunk);

    if (graph->info.directed)
        in = read_rows(w, &graph->in);
    for (uint64_t l, last; gr_work_draw(&work, &l, &last);)
        plant_chunk(w, wide, &out, &in, l, last);
    w->arcs += out.arcs + in.arcs;
}

/* Now that all are planted. */
KERNEL void plant_late(wcc *w, bool wide)
{
    giga_graph *graph = w->graph;
    row_reader out = read_rows(w, &graph->out), in = {0};
    gr_work work = gr_work_begin(graph, gr_words(out.locals), CHUNK / 64);
    bool late = false;

    if (graph->info.directed)
        in = read_rows(w, &graph->in);
    for (uint64_t word, last; gr_work_draw(&work, &word, &last);) {
        for (; word < last; word++) {
            for (uint64_t rest = w->late[word]; rest; rest &= rest - 1) {
                uint64_t l = 64 * word + (uint64_t)__builtin_ctzll(rest);
                uint64_t root = find_root(w->parent, wide, out.first + l);
                join_first(w, wide, true, &out, &in, l, root, &late);
            }
        }
    }
    w->arcs += out.arcs + in.arcs;
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* The most frequent root among some vertices: W4, since nobody hooks meanwhile. */
KERNEL uint64_t guess_giant(const wcc *w, bool wide)
{
    const giga_graph *graph = w->graph;
    uint64_t locals = graph->last - graph->first, sample[SAMPLES], best = 0, most = 0, run = 0;

    if (locals == 0)
        return GIGA_NO_VERTEX;
    for (uint64_t i = 0; i < SAMPLES; i++) /* a low-discrepancy walk over the vertices */
        sample[i] = find_root(w->parent, wide,
                              graph->first + (i * UINT64_C(0x9e3779b97f4a7c15) >> 11) % locals);
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

/* All arcs of a vertex; of one that is in the giant component only those to other nodes, W3: the
 * others are the arcs of the vertices outside of it, too. */
KERNEL void join_row(wcc *w, bool wide, const gr_csr *csr, uint64_t l, bool in_giant)
{
    const giga_graph *graph = w->graph;
    uint64_t v = graph->first + l, i = csr->rows[l], last = csr->rows[l + 1];
    uint64_t root = find_root(w->parent, wide, v);

    w->arcs += last - i;
    for (; i < last; i++) {
        uint64_t end = gr_end(csr, wide, i);
        if (!in_giant || end < graph->first || end >= graph->last)
            root = join(w, wide, root, find_root(w->parent, wide, end));
    }
}

static inline uint64_t id_of(const giga_graph *graph, uint64_t v)
{
    return gr_own_id(graph, v - graph->first);
}

/* All arcs that are left of a vertex; returns its root. */
static uint64_t settle(wcc *w, bool wide, uint64_t l)
{
    const giga_graph *graph = w->graph;
    uint64_t v = graph->first + l, root = find_root(w->parent, wide, v);
    bool in_giant = root == w->giant;

    if (root == v && !w->roots_are_labels)
        w->least[v] = UINT64_MAX; /* W2 */
    if (stays(w, l) || (in_giant && giga_nodes() == 1))
        return root;
    join_row(w, wide, &graph->out, l, in_giant);
    if (graph->info.directed)
        join_row(w, wide, &graph->in, l, in_giant);
    return find_root(w->parent, wide, v);
}

/* On one node: who is in the giant component, be it below `other`, the last parent that turned
 * out to be in it, is passed over. Labels are written as if nobody hooked any more. */
KERNEL void settle_chunk(wcc *w, bool wide, uint64_t l, uint64_t last)
{
    const uint64_t first = w->graph->first, giant = w->giant, giant_id = id_of(w->graph, giant);
    uint64_t *labels = w->roots_are_labels ? w->direct : NULL, other = giant;
    const void *parent = w->parent;

    for (; l < last; l++) {
        uint64_t above = get_parent(parent, wide, first + l), id = giant_id;
        if ((above != giant && above != other) || first + l == giant) {
            uint64_t root = settle(w, wide, l);
            other = root == giant ? above : other;
            id = root == giant ? giant_id : id_of(w->graph, root);
        }
        if (labels)
            labels[first + l] = id;
    }
}

KERNEL void settle_all(wcc *w, bool wide)
{
    const giga_graph *graph = w->graph;
    gr_work work = gr_work_begin(w->graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        if (giga_nodes() == 1)
            settle_chunk(w, wide, l, last);
        for (; giga_nodes() > 1 && l < last; l++)
            settle(w, wide, l);
    }
}

static giga_status meet(wcc *w)
{
    gr_account_wait(&w->graph->account);
    giga_status status = giga_barrier();
    gr_account_work(&w->graph->account);
    return status;
}

KERNEL giga_status join_node(wcc *w, bool wide)
{
    uint64_t hooks;

    plant(w, wide);
    giga_status status = meet(w);
    if (status != GIGA_OK)
        return status;
    plant_late(w, wide);
    status = meet(w);
    gr_account_step(&w->graph->account, "first arcs", 0, w->arcs, 0, 0);
    if (status != GIGA_OK)
        return status;
    uint64_t before = w->arcs;
    w->giant = guess_giant(w, wide);
    status = meet(w); /* W4 */
    if (status != GIGA_OK)
        return status;
    w->hooks = 0;
    settle_all(w, wide);
    gr_account_wait(&w->graph->account);
    status = giga_allreduce(&w->hooks, &hooks, 1, GIGA_U64, GIGA_SUM);
    w->labelled = w->roots_are_labels && w->direct && hooks == 0;
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
KERNEL void start_ghosts(wcc *w, bool wide)
{
    const gr_ghosts *g = &w->ghosts;

    for (uint64_t word = g->first_word; word < g->last_word && giga_nodes() > 1; word++) {
        for (uint64_t rest = g->need[word]; rest; rest &= rest - 1) {
            uint64_t v = 64 * word + (uint64_t)__builtin_ctzll(rest);
            if (get_parent(w->parent, wide, v) == v)
                w->least[v] = UINT64_MAX;
        }
    }
}

/* W2: every vertex of this node brings its id to its root. Trees are flat afterwards. */
KERNEL giga_status start_least(wcc *w, bool wide)
{
    start_ghosts(w, wide);
    giga_status status = giga_nodes() > 1 ? giga_barrier() : GIGA_OK;
    gr_work work = gr_work_begin(w->graph, w->graph->last - w->graph->first, CHUNK);
    uint64_t known = GIGA_NO_VERTEX, least = UINT64_MAX; /* of the root of the vertex before */

    for (uint64_t l, end; gr_work_draw(&work, &l, &end);) {
        for (; l < end; l++) {
            uint64_t root = find_root(w->parent, wide, w->graph->first + l);
            uint64_t id = stays(w, l) ? w->kept[l] : gr_own_id(w->graph, l);
            if (root == known && id >= least)
                continue;
            known = root;
            least = id;
            lower(&w->least[root], id);
        }
    }
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* One round between nodes; *changed_out over all ranks. */
KERNEL giga_status exchange_least(wcc *w, bool wide, uint64_t *changed_out)
{
    giga_graph *graph = w->graph;
    uint64_t first, last, changed = 0, before = w->bytes;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        w->mirror[v] = w->least[get_parent(w->parent, wide, v)];
    gr_account_wait(&graph->account);
    giga_status status = giga_barrier();
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &w->ghosts, w->mirror, &w->bytes);
    gr_account_work(&graph->account);
    for (uint64_t word = w->ghosts.first_word; word < w->ghosts.last_word && status == GIGA_OK; word++) {
        for (uint64_t rest = w->ghosts.need[word]; rest; rest &= rest - 1) {
            uint64_t v = 64 * word + (uint64_t)__builtin_ctzll(rest);
            changed += lower(&w->least[find_root(w->parent, wide, v)], w->mirror[v]);
        }
    }
    giga_status reduced = giga_allreduce(&changed, changed_out, 1, GIGA_U64, GIGA_SUM);
    gr_account_step(&graph->account, "between nodes", changed, 0, w->bytes - before,
                    (uint64_t)giga_nodes() - 1);
    return status != GIGA_OK ? giga_agree(status) : reduced;
}

KERNEL giga_status find_components(wcc *w, bool wide, uint64_t *steps)
{
    giga_status status = join_node(w, wide);
    uint64_t changed = giga_nodes() > 1;

    if (status == GIGA_OK && !w->roots_are_labels)
        status = start_least(w, wide);
    for (*steps = 0; changed && status == GIGA_OK; ++*steps)
        status = exchange_least(w, wide, &changed);
    return status;
}

/* What the result says of a vertex. */
KERNEL uint64_t label(const wcc *w, bool wide, uint64_t v)
{
    uint64_t local = v - w->graph->first;

    if (w->roots_are_labels)
        return id_of(w->graph, find_root(w->parent, wide, v));
    return stays(w, local) ? w->kept[local] : w->least[get_parent(w->parent, wide, v)];
}

KERNEL giga_status put_out(wcc *w, bool wide, giga_array *component)
{
    uint64_t first, last, *to;
    giga_status status = GIGA_OK;

    if (w->labelled)
        return giga_barrier();
    gr_my_vertices(w->graph, &first, &last);
    to = w->direct ? w->direct + first : malloc((last - first + 1) * sizeof *to);
    status = giga_agree(to ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_wcc: out of memory"));
    for (uint64_t v = first; v < last && status == GIGA_OK; v++)
        to[v - first] = label(w, wide, v);
    if (!w->direct && status == GIGA_OK)
        status = giga_array_put(component, first, last - first, to);
    if (!w->direct)
        free(to);
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* ---- all ---- */

/* Other nodes' vertices are planted before all: nobody here draws them. */
static void plant_others(wcc *w)
{
    const giga_graph *graph = w->graph;
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index(), n = graph->n;

    for (uint64_t v = n / ranks * mine; v < (mine + 1 == ranks ? n : n / ranks * (mine + 1)); v++) {
        if (v < graph->first || v >= graph->last)
            set_parent(w->parent, graph->wide, v, v);
    }
}

static giga_status start(wcc *w, giga_graph *graph, const uint64_t *kept, giga_array *component)
{
    uint64_t width = graph->wide ? 8 : 4, n = graph->n;
    giga_status status;

    *w = (wcc){.graph = graph, .kept = kept, .giant = GIGA_NO_VERTEX};
    w->roots_are_labels = giga_nodes() == 1 && !graph->reordered && !kept;
    status = gr_node_alloc(n * width, false, &w->parent_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(gr_words(graph->last - graph->first) * 8, false, &w->late_object);
    if (status == GIGA_OK && !w->roots_are_labels)
        status = gr_node_alloc(n * 8, true, &w->least_object);
    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &w->ghosts);
    if (status == GIGA_OK && giga_nodes() > 1)
        status = gr_node_alloc(n * 8, true, &w->mirror_object);
    if (status != GIGA_OK)
        return status;
    w->parent = w->parent_object.at;
    w->late = w->late_object.at;
    w->least = w->least_object.at;
    w->mirror = w->mirror_object.at;
    w->direct = gr_values_at(graph, component);
    if (giga_nodes() > 1)
        plant_others(w);
    return giga_barrier();
}

static giga_status stop(wcc *w)
{
    giga_status status = gr_ghosts_free(&w->ghosts);
    gr_node_object *all[] = {&w->parent_object, &w->late_object, &w->least_object,
                             &w->mirror_object};

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    return status;
}

giga_status gr_wcc_find(giga_graph *graph, const uint64_t *kept, giga_array *component,
                        giga_run_stats *stats)
{
    uint64_t steps = 0;
    wcc w;
    giga_status status = start(&w, graph, kept, component); /* before the clock, as in giga_bfs() */

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
