/*
 * spread.c - see spread.h.
 */
#include "spread.h"

#include <string.h>

/* A rank of node k, another for each rank that sends. */
static int32_t receiver(const giga_graph *graph, int32_t k)
{
    uint64_t vertices = graph->starts[k + 1] - graph->starts[k];
    uint64_t owners = (vertices + graph->span - 1) / graph->span;

    return gr_owner(graph, graph->starts[k] + (uint64_t)giga_near_index() % owners * graph->span);
}

giga_status gr_spread(const giga_graph *graph, const gr_ghosts *ghosts, gr_exchange *x,
                      uint64_t vertex, const void *record)
{
    uint64_t local = vertex - graph->first;
    int32_t mine = giga_node_of(giga_rank());

    for (int32_t k = 0; k < giga_nodes(); k++) {
        if (k == mine || !gr_bit(ghosts->wanted + (uint64_t)k * ghosts->words, local))
            continue;
        void *to = gr_exchange_add(x, receiver(graph, k));
        if (!to)
            return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for records to other nodes",
                             giga_rank());
        memcpy(to, record, x->record_bytes);
    }
    return GIGA_OK;
}
