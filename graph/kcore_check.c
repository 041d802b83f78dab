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
 * with less are gone and all with more are there. So there are no levels: neighbours are counted
 * once as in 1, and removals only reach neighbours with the same c. A rank follows its own
 * removals on its node; those of other nodes' vertices are sent as one word, in rounds.
 *
 * Cost: one sweep over all arcs and one over those whose ends have equal core numbers. Between
 * nodes 8 bytes per ghost, and 8 per arc between nodes whose ends have equal ones.
 *
 * A word per vertex holds c in its upper half and in the lower one, for this node's vertices, how
 * many neighbours there are to lose, so that a neighbour costs one place in memory. (A core
 * number of 2^32 would take 2^63 edges.)
 *
 * Invariants:
 *   V1  c(v) + lower half is at least the neighbours with c >= c(v) that are not removed
 *   V2  a vertex is removed by the rank that brought the lower half to 0, or that found it 0 when
 *       it counted; nobody takes from 0. Of a ghost it is 1, and its owner is told.
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
    gr_node_object mirror_object;
    uint64_t *word;             /* mirror */
    uint64_t first, last;       /* this rank's vertices */
    uint64_t *stack, count, room; /* this rank: to be removed, by local index */
    uint64_t removed;           /* by this rank */
    bool simple;                /* rows hold neighbours, each once */
    bool failed;                /* no memory for the stack or a batch */
} checker;

enum { HALF = 32 };

static inline uint64_t load_word(const checker *c, uint64_t vertex)
{
    return __atomic_load_n(&c->word[vertex], __ATOMIC_RELAXED);
}

static inline uint64_t core_of(const checker *c, uint64_t vertex)
{
    return load_word(c, vertex) >> HALF;
}

static giga_status broken(const checker *c, const char *law, uint64_t vertex)
{
    return giga_fail(GIGA_ERR_INVALID, "k-core breaks a law: %s (vertex %" PRIu64 " has %" PRIu64
                     ")", law, giga_graph_id(c->graph, vertex), core_of(c, vertex));
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

/* Whether a vertex with this word has the core number `own` and something to lose. */
static inline bool may_lose(uint64_t word, uint64_t own)
{
    return word - (own << HALF) - 1 < UINT32_MAX;
}

/* V2. */
static inline void lose_one(checker *c, uint64_t vertex)
{
    if ((uint32_t)load_word(c, vertex) == 0)
        return;
    uint64_t before = __atomic_fetch_sub(&c->word[vertex], 1, __ATOMIC_RELAXED);
    if ((uint32_t)before == 1)
        push(c, vertex - c->graph->first);
}

static inline void tell(checker *c, uint64_t vertex)
{
    const giga_graph *graph = c->graph;

    if (vertex >= graph->first && vertex < graph->last) {
        lose_one(c, vertex);
        return;
    }
    uint64_t *record = gr_exchange_add(&c->exchange, gr_owner(graph, vertex));
    if (record)
        *record = vertex;
    c->failed = c->failed || !record;
}

/* Neighbours with as much or more; with `removing`, those that have as much, and something to
 * lose, lose one instead. Out-arcs, then in-arcs whose ends have no out-arc. */
static inline uint64_t for_neighbours(checker *c, bool wide, uint64_t local, bool removing)
{
    const giga_graph *graph = c->graph;
    const gr_csr *out = &graph->out, *in = &graph->in;
    uint64_t vertex = graph->first + local, own = core_of(c, vertex), count = 0;

    for (int k = 0; k < (graph->info.directed ? 2 : 1); k++) {
        const gr_csr *csr = k ? in : out;
        uint64_t row = csr->rows[local], stop = csr->rows[local + 1], other = out->rows[local];
        for (uint64_t i = row; i < stop; i++) {
            uint64_t end = gr_end(csr, wide, i), word = load_word(c, end);
            if (removing ? !may_lose(word, own) : word >> HALF < own)
                continue;
            if (!is_new(csr, wide, row, i, vertex) ||
                (k && has_end(c, out, wide, &other, out->rows[local + 1], end)))
                continue;
            count++;
            if (removing)
                tell(c, end);
        }
    }
    return count;
}

/* The same where every arc is a neighbour. Without jumps that cannot be foreseen. */
static inline uint64_t count_simple(const checker *c, bool wide, uint64_t local)
{
    const gr_csr *out = &c->graph->out;
    uint64_t own = core_of(c, c->graph->first + local), count = 0;

    for (uint64_t i = out->rows[local]; i < out->rows[local + 1]; i++)
        count += core_of(c, gr_end(out, wide, i)) >= own;
    return count;
}

static inline void remove_simple(checker *c, bool wide, uint64_t local)
{
    const gr_csr *out = &c->graph->out;
    uint64_t own = core_of(c, c->graph->first + local);

    for (uint64_t i = out->rows[local]; i < out->rows[local + 1]; i++) {
        uint64_t end = gr_end(out, wide, i);
        if (may_lose(load_word(c, end), own))
            tell(c, end);
    }
}

static bool is_simple(const giga_graph_info *info)
{
    return !info->directed && !info->loops_kept && !info->duplicates_kept;
}

static inline uint64_t count_neighbours(checker *c, bool wide, uint64_t local)
{
    return c->simple ? count_simple(c, wide, local) : for_neighbours(c, wide, local, false);
}

static inline void remove_vertex(checker *c, bool wide, uint64_t local)
{
    if (c->simple)
        remove_simple(c, wide, local);
    else
        for_neighbours(c, wide, local, true);
}

/* ---- law 1 ---- */

static giga_status count_mine(checker *c)
{
    for (uint64_t v = c->first; v < c->last; v++) {
        uint64_t local = v - c->graph->first, core = core_of(c, v);
        uint64_t count = c->graph->wide ? count_neighbours(c, true, local)
                                        : count_neighbours(c, false, local);
        if (count < core)
            return broken(c, "a vertex has as many neighbours as its core number says, with that "
                          "core number or more", v);
        if (count - core > UINT32_MAX)
            return giga_fail(GIGA_ERR_UNSUPPORTED, "giga_kcore_validate: vertex %" PRIu64 " has more "
                             "than 2^32 neighbours", giga_graph_id(c->graph, v));
        if (count == core)
            push(c, local);
        __atomic_store_n(&c->word[v], core << HALF | (count - core), __ATOMIC_RELAXED);
    }
    return GIGA_OK;
}

/* ---- law 2 ---- */

static void remove_all(checker *c)
{
    while (c->count > 0 && !c->failed) {
        uint64_t local = c->stack[--c->count];
        c->removed++;
        if (c->graph->wide)
            remove_vertex(c, true, local);
        else
            remove_vertex(c, false, local);
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
        if ((uint32_t)load_word(c, v) > 0)
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
    if (status != GIGA_OK)
        return status;
    gr_my_vertices(graph, &c->first, &c->last);
    c->word = c->mirror_object.at;
    status = giga_array_get(core, c->first, c->last - c->first, c->word + c->first);
    for (uint64_t v = c->first; v < c->last && status == GIGA_OK; v++) {
        if (c->word[v] > UINT32_MAX)
            status = giga_fail(GIGA_ERR_INVALID, "k-core breaks a law: a core number is less than "
                               "2^32 (vertex %" PRIu64 ")", giga_graph_id(graph, v));
        c->word[v] = c->word[v] << HALF | 1; /* a ghost may always lose */
    }
    status = giga_agree(status);
    return status == GIGA_OK ? gr_ghosts_refresh(graph, &c->ghosts, c->word, &bytes) : status;
}

static giga_status unload(checker *c)
{
    giga_status status = gr_ghosts_free(&c->ghosts);

    free(c->stack);
    gr_exchange_free(&c->exchange);
    return status == GIGA_OK ? gr_node_free(&c->mirror_object) : status;
}

giga_status giga_kcore_validate(giga_graph *graph, const giga_array *core)
{
    checker c = {.graph = graph, .simple = is_simple(&graph->info)};
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
