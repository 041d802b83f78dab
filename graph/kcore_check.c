/*
 * kcore_check.c - a proof that core numbers are right. Shares no code with kcore*.c.
 *
 * Let c be what is claimed and k(v) the core number of v.
 *
 * 1. Every v has c(v) neighbours u or more with c(u) >= c(v). So the vertices with c >= x are a
 *    subgraph where all have x neighbours, for every x: k(v) >= c(v).
 * 2. The vertices can be removed, in an order by c, such that every v has at most c(v)
 *    neighbours left when its turn comes. Take the subgraph that makes k(v) what it is, and
 *    the first of its vertices in that order: it has k(v) neighbours behind it, so k(v) <=
 *    its claim <= c(v).
 *
 * Within 2 vertices of different c need not wait for each other: when v's turn comes all
 * with less are gone and all with more are there. So there are no levels: `left` is counted at
 * once as in 1, and removals only reach neighbours with the same c. A rank follows its own
 * removals on its node; those of other nodes' vertices are sent as one word, in rounds.
 *
 * Cost: one sweep over all arcs and one over those whose ends have equal core numbers. Between
 * nodes 8 bytes per ghost, and 8 per arc between nodes whose ends have equal ones.
 *
 * Invariants:
 *   V1  left[v] is at least the neighbours with c >= c(v) that are not removed
 *   V2  a vertex is removed by the rank that brought left[v] down to c(v), or that found it
 *       there when it counted
 */
#include <inttypes.h>
#include <stdlib.h>

#include "bfs.h"
#include "exchange.h"
#include "ghosts.h"

typedef struct checker {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_exchange exchange;
    gr_node_object mirror_object, left_object;
    uint64_t *core;             /* mirror */
    uint64_t *left;             /* of this node's vertices */
    uint64_t first, last;       /* this rank's vertices */
    uint64_t *stack, count, room; /* this rank: to be removed, by local index */
    uint64_t removed;           /* by this rank */
    bool failed;                /* no memory for the stack or a batch */
} checker;

static giga_status broken(const checker *c, const char *law, uint64_t vertex)
{
    return giga_fail(GIGA_ERR_INVALID, "k-core breaks a law: %s (vertex %" PRIu64 " has %" PRIu64
                     ")", law, giga_graph_id(c->graph, vertex), c->core[vertex]);
}

static void push(checker *c, uint64_t local)
{
    if (c->count == c->room) {
        uint64_t room = 2 * c->room + 256, *stack = realloc(c->stack, room * sizeof *stack);
        if (!stack) {
            c->failed = true;
            return;
        }
        c->stack = stack;
        c->room = room;
    }
    c->stack[c->count++] = local;
}

/* ---- neighbours ---- */

/* Whether an arc of a row is the first to its end, and not a loop. */
static inline bool is_new(const gr_csr *csr, bool wide, uint64_t row, uint64_t arc, uint64_t vertex)
{
    uint64_t end = gr_end(csr, wide, arc);

    return end != vertex && (arc == row || gr_end(csr, wide, arc - 1) != end);
}

/* Whether a row, from *at on, has an end; ends are asked for in ascending order. */
static inline bool has_end(const checker *c, const gr_csr *csr, bool wide, uint64_t *at,
                           uint64_t stop, uint64_t end)
{
    uint64_t order = gr_order(c->graph, end);

    while (*at < stop && gr_order(c->graph, gr_end(csr, wide, *at)) < order)
        ++*at;
    return *at < stop && gr_end(csr, wide, *at) == end;
}

static void lose_one(checker *c, uint64_t vertex);

/* Neighbours with as much or more; with `removing`, those with as much lose one. Out-arcs, then
 * in-arcs whose ends have no out-arc. */
static inline uint64_t for_neighbours(checker *c, bool wide, uint64_t local, bool removing)
{
    const giga_graph *graph = c->graph;
    const gr_csr *out = &graph->out, *in = &graph->in;
    uint64_t vertex = graph->first + local, own = c->core[vertex], count = 0;

    for (int k = 0; k < (graph->info.directed ? 2 : 1); k++) {
        const gr_csr *csr = k ? in : out;
        uint64_t row = csr->rows[local], stop = csr->rows[local + 1], other = out->rows[local];
        for (uint64_t i = row; i < stop; i++) {
            uint64_t end = gr_end(csr, wide, i);
            if (c->core[end] < own || !is_new(csr, wide, row, i, vertex) ||
                (k && has_end(c, out, wide, &other, out->rows[local + 1], end)))
                continue;
            count++;
            if (removing && c->core[end] == own)
                lose_one(c, end);
        }
    }
    return count;
}

static uint64_t visit(checker *c, uint64_t local, bool removing)
{
    return c->graph->wide ? for_neighbours(c, true, local, removing)
                          : for_neighbours(c, false, local, removing);
}

/* ---- law 1 ---- */

static giga_status count_mine(checker *c)
{
    for (uint64_t v = c->first; v < c->last; v++) {
        uint64_t local = v - c->graph->first;
        c->left[local] = visit(c, local, false);
        if (c->left[local] < c->core[v])
            return broken(c, "a vertex has as many neighbours as its core number says, with that "
                          "core number or more", v);
        if (c->left[local] == c->core[v])
            push(c, local);
    }
    return GIGA_OK;
}

/* ---- law 2 ---- */

/* V2. After the vertex was removed left may sink below c: nobody asks any more. */
static void lose_one(checker *c, uint64_t vertex)
{
    const giga_graph *graph = c->graph;

    if (vertex < graph->first || vertex >= graph->last) {
        uint64_t *record = gr_exchange_add(&c->exchange, gr_owner(graph, vertex));
        if (record)
            *record = vertex;
        c->failed = c->failed || !record;
        return;
    }
    uint64_t local = vertex - graph->first;
    if (__atomic_fetch_sub(&c->left[local], 1, __ATOMIC_RELAXED) == c->core[vertex] + 1)
        push(c, local);
}

static void remove_all(checker *c)
{
    while (c->count > 0 && !c->failed) {
        uint64_t local = c->stack[--c->count];
        c->removed++;
        visit(c, local, true);
    }
}

static giga_status out_of_memory(const checker *c)
{
    return c->failed ? giga_fail(GIGA_ERR_MEMORY, "giga_kcore_validate: rank %d is out of memory",
                                 giga_rank())
                     : GIGA_OK;
}

static giga_status receive(checker *c)
{
    giga_status status = gr_exchange_run(&c->exchange);
    const uint64_t *vertex = (const uint64_t *)(const void *)c->exchange.received;

    for (uint64_t i = 0; i < c->exchange.received_count && status == GIGA_OK; i++)
        lose_one(c, vertex[i]);
    return status;
}

/* Rounds until nothing is removed any more. */
static giga_status remove_rounds(checker *c)
{
    giga_status status = GIGA_OK;

    for (uint64_t waiting = 1; waiting > 0 && status == GIGA_OK;) {
        remove_all(c);
        status = giga_agree(out_of_memory(c));
        if (status != GIGA_OK || giga_nodes() == 1)
            return status;
        waiting = giga_allreduce_sum(c->exchange.count);
        if (waiting > 0)
            status = receive(c);
    }
    return status;
}

static giga_status check_removed(const checker *c)
{
    if (giga_allreduce_sum(c->removed) == c->graph->n)
        return GIGA_OK;
    giga_status status = GIGA_OK;
    for (uint64_t v = c->first; v < c->last && status == GIGA_OK; v++) {
        if (c->left[v - c->graph->first] > c->core[v])
            status = broken(c, "a vertex has no larger core number than it says", v);
    }
    return giga_agree(status);
}

/* ---- all of it ---- */

static giga_status load(checker *c, const giga_array *core)
{
    giga_graph *graph = c->graph;
    uint64_t bytes = 0;
    giga_status status = giga_agree(gr_exchange_init(&c->exchange, 8));

    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &c->ghosts);
    if (status == GIGA_OK)
        status = gr_node_alloc(graph->n * 8, giga_nodes() > 1, &c->mirror_object);
    if (status == GIGA_OK)
        status = gr_node_alloc((graph->last - graph->first) * 8, false, &c->left_object);
    if (status != GIGA_OK)
        return status;
    gr_my_vertices(graph, &c->first, &c->last);
    c->core = c->mirror_object.at;
    c->left = c->left_object.at;
    status = giga_agree(giga_array_get(core, c->first, c->last - c->first, c->core + c->first));
    return status == GIGA_OK ? gr_ghosts_refresh(graph, &c->ghosts, c->core, &bytes) : status;
}

static giga_status unload(checker *c)
{
    giga_status status = gr_ghosts_free(&c->ghosts);

    free(c->stack);
    gr_exchange_free(&c->exchange);
    if (status == GIGA_OK)
        status = gr_node_free(&c->mirror_object);
    return status == GIGA_OK ? gr_node_free(&c->left_object) : status;
}

giga_status giga_kcore_validate(giga_graph *graph, const giga_array *core)
{
    checker c = {.graph = graph};
    giga_status status = giga_agree(gr_check_values("giga_kcore_validate", graph, core));

    if (status != GIGA_OK)
        return status;
    status = load(&c, core);
    if (status == GIGA_OK)
        status = giga_agree(count_mine(&c));
    if (status == GIGA_OK)
        status = remove_rounds(&c);
    if (status == GIGA_OK)
        status = check_removed(&c);
    giga_status freed = unload(&c);
    return status != GIGA_OK ? status : freed;
}
