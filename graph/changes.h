/*
 * changes.h - one 8-byte value per vertex that changes from round to round, and who changed.
 *
 * Words: the *mirror* and the *ghosts* are those of ghosts.h. A round writes the mirror at this
 * node's vertices and sets their bits in `now`; gr_changes_publish() ends it.
 *
 * Between nodes a round costs what is cheaper: all ghosts' values without ids, 8 bytes each, or
 * the changed ones with theirs, 16 bytes each. Rounds in which little changes thus cost little.
 *
 * Invariants:
 *   C1  between two publications nobody reads `now` or writes `was`
 *   C2  after a publication the mirror holds the values of this node's vertices and its ghosts;
 *       unless `all`, `was` has exactly the bits of those among them that changed in the round
 *   C3  after a publication `now` is empty
 */
#ifndef GR_CHANGES_H
#define GR_CHANGES_H

#include "exchange.h"
#include "ghosts.h"

typedef struct gr_changes {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_exchange exchange;
    gr_node_object mirror_object, bits_object[2];
    uint64_t *mirror;           /* by vertex of the graph */
    uint64_t *was, *now;        /* bits by vertex of the graph */
    uint64_t copies;            /* ghosts of all nodes together */
    bool all;                   /* any vertex may have changed: `was` does not say */
    uint64_t bytes, messages;   /* this rank: sent to other nodes since it was cleared here */
} gr_changes;

/* Ghosts are the other ends of arcs in both directions. Collective; also after a failure it has
 * to be freed. */
giga_status gr_changes_make(giga_graph *graph, gr_changes *changes);
giga_status gr_changes_free(gr_changes *changes);

/* End a round. Collective, after a barrier behind the last write; ends with a barrier. With
 * `dense` all ghosts are sent, whatever changed. */
giga_status gr_changes_publish(gr_changes *changes, bool dense);

#endif
