/*
 * ghosts.h - values of other nodes' vertices, kept up to date without sending ids.
 *
 * Words: a *ghost* is a vertex of another node that an arc of this node joins; the
 * *mirror* is a node object with one 8-byte value per vertex of the graph, of which a node
 * writes its own vertices and receives its ghosts. Pages nobody needs take no memory.
 *
 * Once, every node tells the owners by bitmap which vertices it needs. Then each refresh
 * moves bare values in ascending order of vertex: 8 bytes per ghost on the wire.
 */
#ifndef GR_GHOSTS_H
#define GR_GHOSTS_H

#include "build.h"
#include "model.h"

typedef struct gr_ghosts {
    gr_node_object need_object, starts_object, wanted_object, inbox_object;
    uint64_t *need;             /* bit per vertex: this node's ghosts */
    uint64_t *starts;           /* in the inbox: first value of each node; nodes + 1 */
    uint64_t *wanted;           /* for each node, bits of this node's vertices it needs */
    uint64_t words;             /* of one node's bits in wanted */
    uint64_t *inbox;              /* values of this node's ghosts, in order of vertex */
    /* This rank's part of the work, per node: */
    uint64_t *place;            /* where in that node's inbox this rank's values go */
    uint64_t *packed;             /* this rank's values for all nodes */
    uint64_t packed_count;
    uint64_t first_word, last_word, first_value; /* of need: what this rank unpacks */
} gr_ghosts;

/* Find the ghosts: other ends of in-arcs, out-arcs or both. Collective. On one node there are
 * none. */
giga_status gr_ghosts_make(giga_graph *graph, gr_arcs arcs, gr_ghosts *ghosts);
giga_status gr_ghosts_free(gr_ghosts *ghosts);

/* Bring the values of all ghosts into the mirror, in which every node has written its own
 * vertices before a barrier. Collective. Adds to *bytes what this rank sent. */
giga_status gr_ghosts_refresh(giga_graph *graph, gr_ghosts *ghosts, void *mirror,
                              uint64_t *bytes);

#endif
