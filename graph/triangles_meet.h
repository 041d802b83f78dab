/*
 * triangles_meet.h - how two forward lists meet: what the files of triangle counting share.
 *
 * The list of u is *marked*, hubs as bits and the rest in a filter of bits, and the lists of its v
 * are held against the marks. In a filter different vertices may have the same bit, so what it
 * lets through is searched in the list.
 *
 * Invariants:
 *   T1  every triangle is found once: u is its last vertex in the order, v the one before
 *   T2  tallies are indexed by canonical number; ranks add to them by atomics, to hubs in memory of
 *       their own, which they add to the tallies at the end
 *   T3  marks are empty between two lists
 */
#ifndef GR_TRIANGLES_MEET_H
#define GR_TRIANGLES_MEET_H

#include "exchange.h"
#include "forward.h"
#include "triangles.h"

enum {
    GR_FILTER_MIN = 1 << 15,    /* bits: 4 KiB, a small part of a first-level cache */
    GR_FILTER_LOAD = 64,        /* bits per end in it */
};

/* A forward list, on this node or received. */
typedef struct gr_list {
    uint64_t number;            /* whose it is */
    const uint16_t *hubs;
    const void *rest;
    uint64_t hub_count, rest_count;
} gr_list;

/* What counting needs, and one rank's part of it. */
typedef struct gr_counting {
    giga_graph *graph;
    gr_forward forward;
    gr_tally what;
    bool direct;                        /* without forward lists */
    uint64_t *hub_marks, *both_marks;   /* T3: bits of u's hubs; those with both arcs */
    uint64_t *filter, filter_mask, filter_room;
    uint64_t *hub_tally, *tally;        /* T2 */
    uint64_t total;                     /* triangles found by this rank */
    uint64_t arcs;                      /* (u, v) whose lists met here */
    uint64_t bytes, rounds;             /* sent to other nodes */
} gr_counting;

/* How an inlined function is specialised. */
typedef struct gr_kind {
    bool wide;                  /* ends in `rest` have 8 bytes */
    bool tallied;
    bool marked;                /* ends tell whether both arcs exist */
} gr_kind;

/* What takes a kind: always inlined, or a compiler that finds it large would test it at run time. */
#define GR_BY_KIND static inline __attribute__((always_inline))

/* Call function(..., kind) with the kind as a constant. */
#define GR_CALL_KIND(c, function, ...)                                                       \
    ((c)->what == GR_TALLY_TOTAL                                                            \
         ? ((c)->forward.wide ? function(__VA_ARGS__, (gr_kind){true, false, false})        \
                              : function(__VA_ARGS__, (gr_kind){false, false, false}))      \
     : (c)->what == GR_TALLY_EACH                                                           \
         ? ((c)->forward.wide ? function(__VA_ARGS__, (gr_kind){true, true, false})         \
                              : function(__VA_ARGS__, (gr_kind){false, true, false}))       \
         : ((c)->forward.wide ? function(__VA_ARGS__, (gr_kind){true, true, true})          \
                              : function(__VA_ARGS__, (gr_kind){false, true, true})))

/* triangles_block.c: all u and v of this node. Begins one phase of work. */
giga_status gr_count_near(gr_counting *c);

/* triangles_send.c: v of other nodes; and tallies to where their vertices are. Collective. */
giga_status gr_count_far(gr_counting *c);
giga_status gr_send_tallies(gr_counting *c, uint64_t *own);

/* triangles_direct.c: whether counting without forward lists is better, and that. */
giga_status gr_is_direct(giga_graph *graph, bool *direct);
void gr_count_direct(gr_counting *c);

/* triangles.c: room in the filter for a list. */
giga_status gr_grow_filter(gr_counting *c, uint64_t ends);

/* ---- ends and tallies ---- */

GR_BY_KIND uint64_t gr_number_of(gr_kind k, uint64_t end)
{
    return k.marked ? end >> 1 : end;
}

/* Arcs that an end stands for, as the tallies count them. */
GR_BY_KIND uint64_t gr_weight_of(gr_kind k, uint64_t end)
{
    return k.marked ? 1 + (end & 1) : 1;
}

GR_BY_KIND uint64_t gr_bit_weight(gr_kind k, const uint64_t *both, uint64_t at)
{
    return k.marked ? 1 + (uint64_t)gr_bit(both, at) : 1;
}

GR_BY_KIND uint64_t gr_rest_at(const gr_list *u, gr_kind k, uint64_t i)
{
    return k.wide ? ((const uint64_t *)u->rest)[i] : ((const uint32_t *)u->rest)[i];
}

GR_BY_KIND void gr_add_tally(gr_counting *c, gr_kind k, uint64_t number, uint64_t value)
{
    if (!k.tallied || value == 0)
        return;
    if (number < c->forward.hubs)
        c->hub_tally[number] += value;
    else
        __atomic_fetch_add(&c->tally[number], value, __ATOMIC_RELAXED);
}

/* What one u and one v find together: triangles, and what their tallies get. */
typedef struct gr_found {
    uint64_t count, u, v;
} gr_found;

/* The forward list of a vertex of this node. */
GR_BY_KIND gr_list gr_list_of(const gr_counting *c, gr_kind k, uint64_t local)
{
    const gr_forward *f = &c->forward;
    uint64_t rest = f->rest_rows[local];
    gr_list u = {.number = gr_order(c->graph, c->graph->first + local),
                 .rest = (const char *)f->rest_ends + rest * (k.wide ? 8 : 4),
                 .rest_count = f->rest_rows[local + 1] - rest};

    if (f->hubs > 0) {
        u.hubs = f->hub_ends + f->hub_rows[local];
        u.hub_count = f->hub_rows[local + 1] - f->hub_rows[local];
    }
    return u;
}

/* The place of the first end in the rest of a list that is not below a number. */
GR_BY_KIND uint64_t gr_seek_rest(const gr_list *u, gr_kind k, uint64_t number)
{
    uint64_t low = 0, high = u->rest_count;

    while (high - low > 8) {
        uint64_t middle = low + (high - low) / 2;
        if (gr_number_of(k, gr_rest_at(u, k, middle)) < number)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < high && gr_number_of(k, gr_rest_at(u, k, low)) < number)
        low++;
    return low;
}

/* ---- marks ---- */

GR_BY_KIND void gr_mark_hubs(gr_counting *c, gr_kind k, const gr_list *u)
{
    for (uint64_t i = 0; i < u->hub_count; i++) {
        uint64_t v = gr_number_of(k, u->hubs[i]);
        c->hub_marks[v / 64] |= UINT64_C(1) << v % 64;
        if (k.marked)
            c->both_marks[v / 64] |= (uint64_t)(u->hubs[i] & 1) << v % 64;
    }
}

GR_BY_KIND void gr_unmark_hubs(gr_counting *c, gr_kind k, const gr_list *u)
{
    for (uint64_t i = 0; i < u->hub_count; i++) {
        uint64_t v = gr_number_of(k, u->hubs[i]);
        c->hub_marks[v / 64] = 0;
        if (k.marked)
            c->both_marks[v / 64] = 0;
    }
}

GR_BY_KIND giga_status gr_mark_rest(gr_counting *c, gr_kind k, const gr_list *u)
{
    if (u->rest_count * GR_FILTER_LOAD > c->filter_mask + 1) {
        giga_status status = gr_grow_filter(c, u->rest_count);
        if (status != GIGA_OK)
            return status;
    }
    for (uint64_t i = 0; i < u->rest_count; i++) {
        uint64_t at = gr_number_of(k, gr_rest_at(u, k, i)) & c->filter_mask;
        c->filter[at / 64] |= UINT64_C(1) << at % 64;
    }
    return GIGA_OK;
}

GR_BY_KIND void gr_unmark_rest(gr_counting *c, gr_kind k, const gr_list *u)
{
    for (uint64_t i = 0; i < u->rest_count; i++)
        c->filter[(gr_number_of(k, gr_rest_at(u, k, i)) & c->filter_mask) / 64] = 0;
    c->filter_mask = GR_FILTER_MIN - 1;
}

/* ---- the list of v against the marks of u ---- */

GR_BY_KIND void gr_meet_hubs(gr_counting *c, gr_kind k, const gr_list *v, uint64_t uv,
                                gr_found *f)
{
    for (uint64_t i = 0; i < v->hub_count; i++) {
        uint64_t w = gr_number_of(k, v->hubs[i]);
        uint64_t hit = c->hub_marks[w / 64] >> w % 64 & 1;
        f->count += hit;
        if (!k.tallied)
            continue;
        c->hub_tally[w] += hit * uv;
        f->u += hit * gr_weight_of(k, v->hubs[i]);
        f->v += hit * gr_bit_weight(k, c->both_marks, w);
    }
}

GR_BY_KIND void gr_meet_rest(gr_counting *c, gr_kind k, const gr_list *u, const gr_list *v,
                                uint64_t uv, gr_found *f)
{
    const uint64_t *filter = c->filter;
    uint64_t mask = c->filter_mask;

    for (uint64_t i = 0; i < v->rest_count; i++) {
        uint64_t end = gr_rest_at(v, k, i), w = gr_number_of(k, end);
        if (!gr_bit(filter, w & mask))
            continue;
        uint64_t at = gr_seek_rest(u, k, w);
        uint64_t own = at < u->rest_count ? gr_rest_at(u, k, at) : UINT64_MAX;
        if (at == u->rest_count || gr_number_of(k, own) != w)
            continue;
        f->count++;
        f->u += gr_weight_of(k, end);
        f->v += gr_weight_of(k, own);
        gr_add_tally(c, k, w, uv);
    }
}

/* All that u and v find; `uv` is the weight of the end that names v in u's list, which is in u's
 * rest itself: so alone there it meets nothing. */
GR_BY_KIND gr_found gr_meet(gr_counting *c, gr_kind k, const gr_list *u, const gr_list *v,
                               uint64_t uv)
{
    gr_found f = {0, 0, 0};

    c->arcs++;
    if (u->hub_count > 0)
        gr_meet_hubs(c, k, v, uv, &f);
    if (u->rest_count > 1)
        gr_meet_rest(c, k, u, v, uv, &f);
    return f;
}

#endif
