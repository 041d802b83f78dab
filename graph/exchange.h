/*
 * exchange.h - records sent to the ranks that own vertices.
 *
 * A batch is filled with records, each for a rank, then exchanged by all ranks together.
 * Memory: 24 bytes per rank of the job, and twice the batch.
 */
#ifndef GR_EXCHANGE_H
#define GR_EXCHANGE_H

#include "build.h"
#include "edges.h"
#include "model.h"

typedef struct gr_exchange {
    size_t record_bytes;
    uint64_t count, room;       /* records waiting to be sent */
    char *records;
    int32_t *to;                /* the rank each is for */
    char *sorted;               /* by rank, to be sent */
    char *received;
    uint64_t received_count, received_room;
    uint64_t *send, *recv, *eight;  /* bytes per rank; 8 per rank */
    uint64_t bytes_sent;        /* to other ranks, since gr_exchange_init */
} gr_exchange;

giga_status gr_exchange_init(gr_exchange *x, size_t record_bytes);
void gr_exchange_free(gr_exchange *x);

/* Room for one more record for a rank; NULL when memory is out. */
void *gr_exchange_add(gr_exchange *x, int32_t to);

/* Send all records; x->received then holds x->received_count records. Collective. */
giga_status gr_exchange_run(gr_exchange *x);

/* The rank that owns a vertex. */
int32_t gr_owner(const giga_graph *graph, uint64_t vertex);

/* Append to `received` the arcs of all edges whose row is on this node. Collective. */
giga_status gr_exchange_arcs(giga_graph *graph, gr_edges *edges, bool consume, gr_arcs arcs,
                             gr_edges *received);

#endif
