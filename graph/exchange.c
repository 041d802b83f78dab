/*
 * exchange.c - see exchange.h.
 */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

enum { ROUND = 1 << 17, ROOM_MIN = 1024 };

typedef struct arc {
    uint64_t row, end;
    double weight;
} arc;

giga_status gr_exchange_init(gr_exchange *x, size_t record_bytes)
{
    size_t size = (size_t)giga_size();

    *x = (gr_exchange){.record_bytes = record_bytes};
    x->send = malloc(3 * size * sizeof *x->send);
    if (!x->send)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for an exchange", giga_rank());
    x->recv = x->send + size;
    x->eight = x->recv + size;
    for (size_t r = 0; r < size; r++)
        x->eight[r] = 8;
    return GIGA_OK;
}

void gr_exchange_free(gr_exchange *x)
{
    free(x->records);
    free(x->to);
    free(x->sorted);
    free(x->received);
    free(x->send);
    *x = (gr_exchange){0};
}

static bool grow(gr_exchange *x)
{
    uint64_t room = x->room ? 2 * x->room : ROOM_MIN;
    char *records = realloc(x->records, room * x->record_bytes);
    if (records)
        x->records = records;
    int32_t *to = realloc(x->to, room * sizeof *to);
    if (to)
        x->to = to;
    free(x->sorted);
    x->sorted = malloc(room * x->record_bytes);
    if (!records || !to || !x->sorted)
        return false;
    x->room = room;
    return true;
}

void *gr_exchange_add(gr_exchange *x, int32_t to)
{
    if (x->count == x->room && !grow(x))
        return NULL;
    x->to[x->count] = to;
    return x->records + x->count++ * x->record_bytes;
}

static giga_status make_room(gr_exchange *x, uint64_t bytes)
{
    if (bytes <= x->received_room)
        return GIGA_OK;
    free(x->received);
    x->received = malloc(bytes);
    x->received_room = x->received ? bytes : 0;
    return x->received ? GIGA_OK
                       : giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for %llu bytes of an "
                                   "exchange", giga_rank(), (unsigned long long)bytes);
}

/* Records by rank, in the order they were added. */
static void sort_by_rank(gr_exchange *x)
{
    int32_t size = giga_size();
    uint64_t *place = x->recv; /* not in use yet */
    uint64_t at = 0;

    memset(x->send, 0, (size_t)size * sizeof *x->send);
    for (uint64_t i = 0; i < x->count; i++)
        x->send[x->to[i]] += x->record_bytes;
    for (int32_t r = 0; r < size; r++) {
        place[r] = at;
        at += x->send[r];
    }
    for (uint64_t i = 0; i < x->count; i++) {
        memcpy(x->sorted + place[x->to[i]], x->records + i * x->record_bytes, x->record_bytes);
        place[x->to[i]] += x->record_bytes;
    }
    x->bytes_sent += at - x->send[giga_rank()];
}

giga_status gr_exchange_run(gr_exchange *x)
{
    uint64_t bytes = 0;

    sort_by_rank(x);
    giga_status status = giga_alltoallv(x->send, x->eight, x->recv, x->eight);
    for (int32_t r = 0; r < giga_size(); r++)
        bytes += status == GIGA_OK ? x->recv[r] : 0;
    if (status == GIGA_OK)
        status = giga_agree(make_room(x, bytes));
    if (status == GIGA_OK)
        status = giga_alltoallv(x->sorted, x->send, x->received, x->recv);
    x->received_count = bytes / x->record_bytes;
    x->count = 0;
    return status;
}

int32_t gr_owner(const giga_graph *graph, uint64_t vertex)
{
    int32_t position = (int32_t)(vertex / graph->span);

    return graph->order ? graph->order[position] : position;
}

/* `row` and `end` are canonical numbers: the row goes by its index, the end stays what it is. */
static giga_status add_arc(gr_exchange *x, const giga_graph *graph, uint64_t row, uint64_t end,
                           double weight)
{
    uint64_t index = gr_index(graph, row);
    arc *to = gr_exchange_add(x, gr_owner(graph, index));

    if (!to)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for an exchange", giga_rank());
    *to = (arc){index, end, weight};
    return GIGA_OK;
}

/* One round: about ROUND records; *more is false when the walk has ended. */
static giga_status fill_round(gr_exchange *x, const giga_graph *graph, gr_edges_walk *walk,
                              gr_arcs arcs, bool *more)
{
    giga_status status = GIGA_OK;
    gr_edge_block b;

    while (status == GIGA_OK && x->count < ROUND && (*more = gr_edges_next_block(walk, &b))) {
        for (size_t i = 0; i < b.count && status == GIGA_OK; i++) {
            double w = b.w ? b.w[i] : 1.0;
            if (b.u[i] == b.v[i] && !graph->info.loops_kept)
                continue;
            if (arcs != GR_ARCS_IN)
                status = add_arc(x, graph, b.u[i], b.v[i], w);
            bool back = arcs == GR_ARCS_IN || (arcs == GR_ARCS_BOTH && b.u[i] != b.v[i]);
            if (status == GIGA_OK && back)
                status = add_arc(x, graph, b.v[i], b.u[i], w);
        }
    }
    return status;
}

static giga_status keep_round(const gr_exchange *x, gr_edges *received)
{
    const arc *arcs = (const arc *)(const void *)x->received;
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < x->received_count && status == GIGA_OK; i++)
        status = gr_edges_append(received, arcs[i].row, arcs[i].end, arcs[i].weight);
    return status;
}

giga_status gr_exchange_arcs(giga_graph *graph, gr_edges *edges, bool consume, gr_arcs arcs,
                             gr_edges *received)
{
    gr_exchange x;
    gr_edges_walk walk;
    bool mine = true;
    uint64_t more = 1;
    giga_status status = giga_agree(gr_exchange_init(&x, sizeof(arc)));

    gr_edges_walk_begin(edges, consume, &walk);
    while (status == GIGA_OK && more) {
        status = giga_agree(mine ? fill_round(&x, graph, &walk, arcs, &mine) : GIGA_OK);
        if (status == GIGA_OK)
            status = gr_exchange_run(&x);
        if (status == GIGA_OK)
            status = giga_agree(keep_round(&x, received));
        if (status == GIGA_OK)
            more = giga_allreduce_max((uint64_t)mine);
    }
    gr_exchange_free(&x);
    return status == GIGA_OK ? giga_agree(gr_edges_seal(received)) : status;
}
