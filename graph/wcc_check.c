/*
 * wcc_check.c - the laws of a labelling of components, on all ranks. Shares no code with wcc.c.
 *
 * Words: a *label vertex* is one whose label is its own id.
 *
 * Laws: L1 no arc joins two labels. L2 a label is at most the vertex' id. L3 what carries a label
 * is connected to the label vertex: with L1, one label is one component, and by L2 and the
 * label vertex itself the label is the smallest id in it.
 *
 * L1 looks at the arcs of all vertices but those that carry the most frequent label: an arc that
 * breaks it has an end elsewhere. L3 is a walk: label vertices are reached; then, in sweeps over
 * the vertices, whoever has a reached neighbour. Sweeps change direction, so that a mesh is reached
 * in a few; what a sweep reaches, it goes on from (a list per rank).
 *
 * Memory per node: 1 bit per vertex of the graph, lists of what was reached; with several nodes 8
 * bytes per own vertex and ghost, and 4 in a list of vertices that border on others.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "bfs.h"
#include "ghosts.h"

enum { CHUNK = 1024, SAMPLES = 512, LIST = 1 << 16 };

typedef struct checker {
    giga_graph *graph;
    const uint64_t *label;      /* by index, of own vertices; with several nodes ghosts too */
    uint64_t *flag;             /* several nodes: whether a vertex is reached, as owners say */
    gr_node_object label_object, flag_object, reached_object;
    uint64_t *reached;          /* a bit per vertex of the graph; own and ghosts */
    gr_ghosts ghosts;
    uint64_t list[LIST], listed; /* reached, neighbours not looked at yet */
    uint64_t bytes;
} checker;

static giga_status broken(const checker *c, const char *law, uint64_t vertex)
{
    return giga_fail(GIGA_ERR_INVALID, "WCC breaks a law: %s (vertex %" PRIu64 ")", law,
                     gr_own_id(c->graph, vertex - c->graph->first));
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* Some frequent label; every rank of a node may take another, which then has its arcs looked at. */
static uint64_t frequent_label(const checker *c)
{
    uint64_t locals = c->graph->last - c->graph->first, sample[SAMPLES], best = 0, most = 0, run = 0;

    for (uint64_t i = 0; i < SAMPLES && locals > 0; i++)
        sample[i] = c->label[c->graph->first + (i * UINT64_C(0x9e3779b97f4a7c15) >> 11) % locals];
    if (locals == 0)
        return 0;
    qsort(sample, SAMPLES, sizeof *sample, ascending);
    for (uint64_t i = 0; i < SAMPLES; i++) {
        run = i > 0 && sample[i] == sample[i - 1] ? run + 1 : 1;
        best = run > most ? sample[i] : best;
        most = run > most ? run : most;
    }
    return best;
}

static giga_status check_row(const checker *c, const gr_csr *csr, uint64_t v)
{
    uint64_t l = v - c->graph->first;

    for (uint64_t i = csr->rows[l]; i < csr->rows[l + 1]; i++) {
        if (c->label[gr_end(csr, c->graph->wide, i)] != c->label[v])
            return broken(c, "an arc joins vertices of one component", v);
    }
    return GIGA_OK;
}

/* L1 and L2. */
static giga_status check_arcs(checker *c)
{
    giga_graph *graph = c->graph;
    uint64_t skip = 0, sample = frequent_label(c);
    giga_status status = giga_allreduce(&sample, &skip, 1, GIGA_U64, GIGA_MIN); /* one for all */
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last && status == GIGA_OK; l++) {
            uint64_t v = graph->first + l;
            if (c->label[v] > gr_own_id(graph, l))
                status = broken(c, "a label is the smallest id of its component", v);
            if (status == GIGA_OK && c->label[v] != skip)
                status = check_row(c, &graph->out, v);
            if (status == GIGA_OK && c->label[v] != skip && graph->info.directed)
                status = check_row(c, &graph->in, v);
        }
    }
    return giga_agree(status);
}

/* ---- L3 ---- */

static void reach(checker *c, uint64_t v)
{
    if (gr_claim(c->reached, v) && c->listed < LIST && v >= c->graph->first && v < c->graph->last)
        c->list[c->listed++] = v;
}

static void reach_row(checker *c, const gr_csr *csr, uint64_t v)
{
    uint64_t l = v - c->graph->first;

    for (uint64_t i = csr->rows[l]; i < csr->rows[l + 1]; i++)
        reach(c, gr_end(csr, c->graph->wide, i));
}

static bool has_reached(const checker *c, const gr_csr *csr, uint64_t v)
{
    uint64_t l = v - c->graph->first;

    for (uint64_t i = csr->rows[l]; i < csr->rows[l + 1]; i++) {
        if (gr_bit(c->reached, gr_end(csr, c->graph->wide, i)))
            return true;
    }
    return false;
}

/* On from what a sweep reached, depth first: a path is no reason to sweep again and again. */
static uint64_t follow_list(checker *c)
{
    uint64_t followed = 0;

    for (; c->listed > 0; followed++) {
        uint64_t v = c->list[--c->listed];
        reach_row(c, &c->graph->out, v);
        if (c->graph->info.directed)
            reach_row(c, &c->graph->in, v);
    }
    return followed;
}

/* One sweep over the vertices not reached yet; returns how many of them are now. Only the first
 * sweep does not follow: then most are reached by looking at one neighbour. */
static uint64_t sweep(checker *c, uint64_t turn)
{
    giga_graph *graph = c->graph;
    uint64_t words = gr_words(graph->last) - graph->first / 64, found = 0;
    gr_work work = gr_work_begin(graph, words, CHUNK / 64);

    for (uint64_t w, last; graph->last > graph->first && gr_work_draw(&work, &w, &last);) {
        for (uint64_t k = w; k < last; k++) {
            uint64_t word = graph->first / 64 + (turn % 2 ? words - 1 - k : k);
            uint64_t behind = graph->last - 64 * word;
            uint64_t todo = ~__atomic_load_n(&c->reached[word], __ATOMIC_RELAXED);
            todo &= behind >= 64 ? UINT64_MAX : (UINT64_C(1) << behind) - 1;
            for (; todo; todo &= todo - 1) {
                uint64_t v = 64 * word + (uint64_t)__builtin_ctzll(todo);
                if (!has_reached(c, &graph->out, v) &&
                    !(graph->info.directed && has_reached(c, &graph->in, v)))
                    continue;
                found += gr_claim(c->reached, v);
                if (turn > 1 && c->listed < LIST)
                    c->list[c->listed++] = v;
            }
            found += follow_list(c);
        }
    }
    return found;
}

/* Tell the other nodes which of their ghosts are reached. */
static giga_status share_reached(checker *c)
{
    giga_graph *graph = c->graph;
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        c->flag[v] = gr_bit(c->reached, v);
    giga_status status = giga_barrier();
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &c->ghosts, c->flag, &c->bytes);
    for (uint64_t w = c->ghosts.first_word; w < c->ghosts.last_word && status == GIGA_OK; w++) {
        for (uint64_t rest = c->ghosts.need[w]; rest; rest &= rest - 1) {
            uint64_t v = 64 * w + (uint64_t)__builtin_ctzll(rest);
            if (c->flag[v])
                gr_claim(c->reached, v);
        }
    }
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

static giga_status check_connected(checker *c)
{
    giga_graph *graph = c->graph;
    uint64_t first, last, found = 1;
    giga_status status = GIGA_OK;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++) {
        if (c->label[v] == gr_own_id(graph, v - graph->first))
            gr_claim(c->reached, v);
    }
    status = giga_barrier();
    for (uint64_t turn = 0; found > 0 && status == GIGA_OK; turn++) {
        if (giga_nodes() > 1)
            status = share_reached(c);
        uint64_t mine = status == GIGA_OK ? sweep(c, turn) : 0;
        giga_status met = giga_allreduce(&mine, &found, 1, GIGA_U64, GIGA_SUM);
        status = status != GIGA_OK ? status : met;
    }
    status = giga_agree(status);
    for (uint64_t v = first; v < last && status == GIGA_OK; v++) {
        if (!gr_bit(c->reached, v))
            status = broken(c, "a vertex is connected to the one with its label's id", v);
    }
    return giga_agree(status);
}

/* ---- all ---- */

/* Labels where the checks can read them: the array itself, or a mirror with the ghosts. */
static giga_status bring_labels(checker *c, const giga_array *component)
{
    giga_graph *graph = c->graph;
    uint64_t first, last;

    c->label = giga_nodes() == 1 ? gr_values_at(graph, component) : NULL;
    if (c->label)
        return GIGA_OK;
    giga_status status = gr_node_alloc(graph->n * 8, true, &c->label_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(giga_nodes() > 1 ? graph->n * 8 : 0, true, &c->flag_object);
    if (status != GIGA_OK)
        return status;
    uint64_t *label = c->label_object.at;
    c->label = label;
    c->flag = c->flag_object.at;
    gr_my_vertices(graph, &first, &last);
    status = giga_agree(giga_array_get(component, first, last - first, label + first));
    return status == GIGA_OK ? gr_ghosts_refresh(graph, &c->ghosts, label, &c->bytes) : status;
}

giga_status giga_wcc_validate(giga_graph *graph, const giga_array *component)
{
    giga_status status = gr_check_values("giga_wcc_validate", graph, component);
    checker *c = calloc(1, sizeof *c);

    if (status == GIGA_OK && !c)
        status = giga_fail(GIGA_ERR_MEMORY, "giga_wcc_validate: out of memory");
    status = giga_agree(status);
    if (status != GIGA_OK || graph->n == 0) {
        free(c);
        return status;
    }
    c->graph = graph;
    status = gr_node_alloc(gr_words(graph->n) * 8, false, &c->reached_object);
    c->reached = c->reached_object.at;
    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &c->ghosts);
    if (status == GIGA_OK)
        status = bring_labels(c, component);
    if (status == GIGA_OK)
        status = check_arcs(c);
    if (status == GIGA_OK)
        status = check_connected(c);
    gr_node_object *all[] = {&c->reached_object, &c->label_object, &c->flag_object};
    giga_status freed = gr_ghosts_free(&c->ghosts);
    for (size_t i = 0; i < sizeof all / sizeof *all && freed == GIGA_OK; i++)
        freed = gr_node_free(all[i]);
    free(c);
    return status != GIGA_OK ? status : freed;
}
