/*
 * triangles.c - triangles: for each vertex u and each v of its forward list, what the forward lists
 * of both have in common.
 *
 * T. Schank, D. Wagner: Finding, Counting and Listing All Triangles in Large Graphs, WEA 2005
 * (the order); P. Sanders, T. N. Uhl: Engineering a Distributed-Memory Triangle Counting Algorithm,
 * IPDPS 2023 (lists sent between nodes, what is near counted without).
 *
 * Where rows are short and neighbours near, that is done on the adjacency (triangles_direct.c). Else:
 *
 *   v a hub      u and v meet in the matrix: word by word, or bit by bit of u's hubs before v,
 *                whichever is less. All rows are on all nodes.
 *   v another    u's list is marked, v's held against it, on v's node. Where that is not u's, u
 *                sends its list there, once, with all v it has there.
 *
 * Invariants T1-T3 stand in triangles_meet.h.
 *
 * Memory per rank: hubs / 4 bytes of marks, tallied 8 per hub more; a filter of 64 bits per end of
 * the longest forward list, which has O(sqrt(arcs)); a block (triangles_block.c); between nodes
 * a round of messages (triangles_send.c). Per node: the forward lists; tallied, 8 bytes per vertex
 * of the graph, of which pages nobody needs are not touched.
 */
#include <stdlib.h>

#include "bfs.h"
#include "triangles_meet.h"

enum { CHUNK = 1024 };      /* vertices drawn at a time */

giga_status gr_grow_filter(gr_counting *c, uint64_t ends)
{
    uint64_t bits = GR_FILTER_MIN;

    while (bits < ends * GR_FILTER_LOAD)
        bits *= 2;
    if (bits > c->filter_room) {
        free(c->filter); /* T3: it is empty */
        c->filter = calloc(bits / 64, 8);
        c->filter_room = c->filter ? bits : 0;
        if (!c->filter)
            return giga_fail(GIGA_ERR_MEMORY, "giga_triangles: rank %d: out of memory for a list of "
                             "%llu vertices", giga_rank(), (unsigned long long)ends);
    }
    c->filter_mask = bits - 1;
    return GIGA_OK;
}

/* ---- tallies at the end ---- */

/* T2: all tallies to those of this node's vertices. */
static giga_status gather_tallies(gr_counting *c, gr_node_object *tally_object)
{
    uint64_t locals = c->graph->last - c->graph->first;
    gr_node_object own = {NULL, NULL};

    for (uint64_t h = 0; h < c->forward.hubs && h < c->graph->n; h++) {
        if (c->hub_tally[h] > 0)
            __atomic_fetch_add(&c->tally[h], c->hub_tally[h], __ATOMIC_RELAXED);
    }
    giga_status status = giga_barrier();
    if (status != GIGA_OK || giga_nodes() == 1)
        return status;
    status = gr_node_alloc(locals * 8, false, &own);
    if (status == GIGA_OK)
        status = gr_send_tallies(c, own.at);
    giga_status freed = gr_node_free(tally_object);
    *tally_object = own;
    return status != GIGA_OK ? status : freed;
}

/* ---- a run ---- */

/* Forward lists and marks. */
static giga_status start_lists(gr_counting *c)
{
    gr_forward *f = &c->forward;
    giga_status status = gr_forward_make(c->graph, c->what == GR_TALLY_ARCS, f);

    if (status != GIGA_OK)
        return status;
    c->bytes = f->bytes;
    c->hub_marks = calloc(f->hubs / 32 + f->hubs + 1, 8);
    c->both_marks = c->hub_marks + f->hubs / 64;
    c->hub_tally = c->both_marks + f->hubs / 64;
    status = c->hub_marks ? gr_grow_filter(c, 0)
                          : giga_fail(GIGA_ERR_MEMORY, "giga_triangles: rank %d: out of memory",
                                      giga_rank());
    gr_account_step(&c->graph->account, "forward lists", c->graph->last - c->graph->first, 0,
                    c->bytes, 0);
    return giga_agree(status);
}

static giga_status start(gr_counting *c, giga_graph *graph, gr_tally what, gr_node_object *tally)
{
    giga_status status;

    *c = (gr_counting){.graph = graph, .what = what};
    *tally = (gr_node_object){NULL, NULL};
    gr_account_begin(&graph->account);
    status = gr_is_direct(graph, &c->direct);
    if (status == GIGA_OK && what != GR_TALLY_TOTAL)
        status = gr_node_alloc(graph->n * 8, giga_nodes() > 1, tally);
    c->tally = tally->at;
    return status == GIGA_OK && !c->direct ? start_lists(c) : status;
}

static giga_status stop(gr_counting *c)
{
    free(c->hub_marks);
    free(c->filter);
    return gr_forward_free(&c->forward);
}

static giga_status count_all(gr_counting *c, gr_triangles *out)
{
    gr_account *account = &c->graph->account;
    giga_status status = GIGA_OK;

    if (c->direct)
        gr_count_direct(c);
    else
        status = gr_count_near(c);
    gr_account_wait(account);
    status = giga_agree(status);
    gr_account_step(account, c->direct ? "direct" : "near", 0, c->arcs, 0, 0);
    c->rounds = 1;
    if (status == GIGA_OK && giga_nodes() > 1)
        status = gr_count_far(c);
    if (status == GIGA_OK && c->what != GR_TALLY_TOTAL)
        status = gather_tallies(c, &out->tally_object);
    uint64_t sums[3] = {c->total, c->arcs, c->bytes};
    if (status == GIGA_OK)
        status = giga_allreduce(sums, sums, 3, GIGA_U64, GIGA_SUM);
    c->total = sums[0];
    c->arcs = sums[1];
    c->bytes = sums[2];
    out->total = sums[0];
    out->tally = out->tally_object.at;
    return status;
}

giga_status gr_triangles_count(giga_graph *graph, gr_tally what, gr_triangles *out,
                               giga_run_stats *stats)
{
    double begin = gr_seconds();
    gr_counting c;

    *out = (gr_triangles){0};
    giga_status status = start(&c, graph, what, &out->tally_object);
    if (status == GIGA_OK)
        status = count_all(&c, out);
    *stats = (giga_run_stats){c.rounds, c.arcs, c.bytes, 0};
    giga_status stopped = stop(&c);
    stats->seconds = gr_seconds() - begin;
    return status != GIGA_OK ? status : stopped;
}

giga_status gr_triangles_free(gr_triangles *t)
{
    giga_status status = gr_node_free(&t->tally_object);

    *t = (gr_triangles){0};
    return status;
}

static giga_status check(const giga_graph *graph, const giga_array *count, const uint64_t *total_out)
{
    if (!total_out)
        return giga_fail(GIGA_ERR_ARG, "giga_triangles: there is no place for the total");
    return count ? gr_check_values("giga_triangles", graph, count) : GIGA_OK;
}

giga_status giga_triangles(giga_graph *graph, giga_array *count, uint64_t *total_out,
                           giga_run_stats *stats)
{
    uint64_t first, last, each = count != NULL;
    giga_run_stats done = {0};
    gr_triangles t;
    giga_status status = giga_agree(check(graph, count, total_out));

    if (status == GIGA_OK && giga_allreduce_max(each) != giga_allreduce_min(each))
        status = giga_fail(GIGA_ERR_ARG, "giga_triangles: some ranks want counts, others do not");
    if (status != GIGA_OK)
        return status;
    double begin = gr_seconds();
    status = gr_triangles_count(graph, count ? GR_TALLY_EACH : GR_TALLY_TOTAL, &t, &done);
    gr_my_vertices(graph, &first, &last);
    if (status == GIGA_OK && count)
        status = giga_agree(giga_array_put(count, first, last - first,
                                           t.tally + (first - graph->first)));
    uint64_t total = t.total;
    giga_status freed = gr_triangles_free(&t);
    status = status != GIGA_OK ? status : freed;
    if (status != GIGA_OK)
        return status;
    *total_out = total;
    done.seconds = gr_seconds() - begin;
    if (stats)
        *stats = done;
    return GIGA_OK;
}

/* ---- paths of two edges ---- */

/* d * (d - 1) / 2, which fits as long as d is below 2^32; then at most the largest number. */
static uint64_t pairs(uint64_t d)
{
    unsigned __int128 all = (unsigned __int128)d * (d > 0 ? d - 1 : 0) / 2;

    return all > UINT64_MAX ? UINT64_MAX : (uint64_t)all;
}

giga_status giga_wedges(giga_graph *graph, uint64_t *count_out)
{
    uint64_t sum = 0;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        for (; l < last; l++)
            sum += pairs(gr_neighbours(graph, l));
    }
    return giga_allreduce(&sum, count_out, 1, GIGA_U64, GIGA_SUM);
}
