/*
 * sssp_parents.c - the tree of shortest paths, the same for every number of ranks.
 *
 * An arc is *tight* when its weight makes exactly the difference of two distances. First every
 * vertex takes its first tight arc, lightest first, from a vertex that is nearer to the source:
 * such arcs alone cannot close a circle. What has none was reached by arcs that add nothing (weight
 * 0, or lost in rounding), called *flat*. It gets its parent by rounds from the vertices that have
 * one: in each round the candidate that is first in canonical order. Weights of 0 are rare, so there
 * are mostly no rounds.
 *
 * Invariants:
 *   P1  a vertex is done when it has a parent and the round that gave it is over; only vertices
 *       that are not done take offers, by compare-and-swap, and the best offer of a round wins
 *   P2  who makes the first offer to a vertex has it in its own list for the next round
 *
 * Memory: lists of the vertices of a round.
 */
#include <stdlib.h>

#include "sssp.h"

enum { CHUNK = 1024 };

typedef struct list {
    uint64_t *vertices;         /* local */
    uint64_t count, room;
} list;

typedef struct chooser {
    giga_graph *graph;
    gr_sssp *p;
    uint64_t *parent;           /* by local index */
    uint64_t *done;             /* bit per vertex of this node */
    uint64_t without;           /* this rank: vertices that have none yet */
    list now, next;
    gr_exchange exchange;
} chooser;

typedef struct offer {
    uint64_t vertex, parent;
} offer;

static inline uint64_t first_tight(const chooser *c, gr_weight_form form, bool wide,
                                   uint64_t local)
{
    const gr_weighted *in = &c->p->weights.in;
    uint64_t mine = c->p->distance[c->graph->first + local];
    double distance = gr_real_of(mine);

    for (uint64_t i = in->csr->rows[local]; i < in->csr->rows[local + 1]; i++) {
        double weight = gr_weighted_weight(in, form, i);
        if (weight > distance)
            break;
        uint64_t end = gr_weighted_end(in, form, wide, i), bits = c->p->distance[end];
        if (bits < mine && gr_real_of(bits) + weight == distance)
            return end;
    }
    return GIGA_NO_VERTEX;
}

static inline void choose(chooser *c, gr_weight_form form, bool wide, uint64_t source)
{
    const giga_graph *graph = c->graph;
    gr_work work = gr_work_begin(c->graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last; l++) {
            bool reached = c->p->distance[graph->first + l] < GR_INFINITE;
            if (graph->first + l == source)
                c->parent[l] = source;
            else
                c->parent[l] = reached ? first_tight(c, form, wide, l) : GIGA_NO_VERTEX;
            c->without += reached && c->parent[l] == GIGA_NO_VERTEX;
        }
    }
}

/* ---- rounds of flat arcs ---- */

static giga_status append(list *to, uint64_t vertex)
{
    if (to->count == to->room) {
        uint64_t room = to->room ? 2 * to->room : 256;
        uint64_t *vertices = realloc(to->vertices, room * sizeof *vertices);
        if (!vertices)
            return giga_fail(GIGA_ERR_MEMORY, "giga_sssp: rank %d: out of memory", giga_rank());
        to->vertices = vertices;
        to->room = room;
    }
    to->vertices[to->count++] = vertex;
    return GIGA_OK;
}

/* P1, P2. */
static giga_status take(chooser *c, uint64_t local, uint64_t parent)
{
    uint64_t old = __atomic_load_n(&c->parent[local], __ATOMIC_RELAXED);

    if (gr_bit(c->done, local))
        return GIGA_OK;
    while (old == GIGA_NO_VERTEX || gr_order(c->graph, parent) < gr_order(c->graph, old)) {
        if (__atomic_compare_exchange_n(&c->parent[local], &old, parent, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return old == GIGA_NO_VERTEX ? append(&c->next, local) : GIGA_OK;
    }
    return GIGA_OK;
}

static inline giga_status offer_flat(chooser *c, gr_weight_form form, bool wide, uint64_t local)
{
    const giga_graph *graph = c->graph;
    const gr_weighted *out = &c->p->weights.out;
    uint64_t mine = c->p->distance[graph->first + local];
    double distance = gr_real_of(mine);
    giga_status status = GIGA_OK;

    for (uint64_t i = out->csr->rows[local]; i < out->csr->rows[local + 1] && status == GIGA_OK; i++) {
        uint64_t end = gr_weighted_end(out, form, wide, i);
        if (distance + gr_weighted_weight(out, form, i) > distance)
            break;
        if (c->p->distance[end] != mine)
            continue;
        if (end - graph->first < graph->last - graph->first) {
            status = take(c, end - graph->first, graph->first + local);
        } else {
            offer *o = gr_exchange_add(&c->exchange, gr_owner(graph, end));
            if (!o)
                return giga_fail(GIGA_ERR_MEMORY, "giga_sssp: rank %d: out of memory", giga_rank());
            *o = (offer){end, graph->first + local};
        }
    }
    return status;
}

static giga_status offer_all(chooser *c)
{
    gr_weight_form form = c->p->weights.form;
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < c->now.count && status == GIGA_OK; i++) {
        if (form == GR_WEIGHTS_COMPACT)
            status = offer_flat(c, GR_WEIGHTS_COMPACT, false, c->now.vertices[i]);
        else
            status = offer_flat(c, GR_WEIGHTS_FULL, true, c->now.vertices[i]);
    }
    return status;
}

static giga_status take_offers(chooser *c, uint64_t *bytes)
{
    const offer *offers;
    uint64_t before = c->exchange.bytes_sent;
    giga_status status = gr_exchange_run(&c->exchange);

    offers = (const offer *)(const void *)c->exchange.received;
    for (uint64_t i = 0; i < c->exchange.received_count && status == GIGA_OK; i++)
        status = take(c, offers[i].vertex - c->graph->first, offers[i].parent);
    *bytes += c->exchange.bytes_sent - before;
    return status;
}

/* The vertices that have a parent, this rank's. */
static giga_status begin_rounds(chooser *c)
{
    uint64_t first, last;
    giga_status status = GIGA_OK;

    gr_my_vertices(c->graph, &first, &last);
    memset(c->done + (first - c->graph->first) / 64, 0, (gr_words(last) - first / 64) * 8 * (last > first));
    for (uint64_t l = first - c->graph->first; l < last - c->graph->first; l++) {
        if (c->parent[l] == GIGA_NO_VERTEX)
            continue;
        gr_claim(c->done, l);
        if (status == GIGA_OK)
            status = append(&c->now, l);
    }
    return giga_agree(status);
}

static giga_status run_rounds(chooser *c, uint64_t *bytes)
{
    giga_status status = begin_rounds(c);
    uint64_t more = 1;

    while (status == GIGA_OK && more > 0) {
        status = giga_agree(offer_all(c));
        if (status == GIGA_OK && giga_nodes() > 1)
            status = giga_agree(take_offers(c, bytes));
        for (uint64_t i = 0; i < c->next.count && status == GIGA_OK; i++)
            gr_claim(c->done, c->next.vertices[i]);
        list swap = c->now;
        c->now = c->next;
        c->next = swap;
        c->next.count = 0;
        if (status == GIGA_OK)
            more = giga_allreduce_sum(c->now.count);
    }
    return status;
}

giga_status gr_sssp_parents(giga_graph *graph, uint64_t source, uint64_t *parent, uint64_t *bytes)
{
    gr_sssp *p = graph->sssp;
    chooser c = {.graph = graph, .p = p, .parent = parent, .done = p->seen};
    giga_status status = giga_barrier();

    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &p->ghosts, p->distance, bytes);
    if (status == GIGA_OK && giga_nodes() > 1)
        status = giga_barrier();
    if (status != GIGA_OK)
        return status;
    if (p->weights.form == GR_WEIGHTS_COMPACT)
        choose(&c, GR_WEIGHTS_COMPACT, false, source);
    else if (p->weights.form == GR_WEIGHTS_FULL)
        choose(&c, GR_WEIGHTS_FULL, true, source);
    else if (graph->wide)
        choose(&c, GR_WEIGHTS_UNIT, true, source);
    else
        choose(&c, GR_WEIGHTS_UNIT, false, source);
    if (giga_allreduce_sum(c.without) == 0)
        return GIGA_OK;
    status = giga_agree(gr_exchange_init(&c.exchange, sizeof(offer)));
    if (status == GIGA_OK)
        status = run_rounds(&c, bytes);
    gr_exchange_free(&c.exchange);
    free(c.now.vertices);
    free(c.next.vertices);
    return status;
}
