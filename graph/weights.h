/*
 * weights.h - the arcs of a node again, lightest first in each row, end and weight side by side.
 *
 * Shortest paths look at the light arcs of a row and leave the heavy ones alone, which they know
 * without looking. Of equally heavy arcs the first in the adjacency's canonical order is first,
 * so rows are the same for every number of ranks and nodes.
 *
 * Forms: compact (4-byte end, single-precision weight) when both lose nothing by it; full (8 and 8)
 * otherwise; and unit for a graph without weights, which has no arcs here: ends are the
 * adjacency's, in its order, and every weight is 1.
 *
 * Rules: weights are not negative and not NaN, a negative zero is zero; rows are those of the
 * adjacency, so an arc has the same place range as there.
 */
#ifndef GR_WEIGHTS_H
#define GR_WEIGHTS_H

#include "model.h"

typedef enum gr_weight_form { GR_WEIGHTS_UNIT, GR_WEIGHTS_COMPACT, GR_WEIGHTS_FULL } gr_weight_form;

typedef struct gr_compact_arc {
    uint32_t end;
    float weight;
} gr_compact_arc;

typedef struct gr_full_arc {
    uint64_t end;
    double weight;
} gr_full_arc;

/* One side of the graph. */
typedef struct gr_weighted {
    gr_node_object arcs_object;
    const gr_csr *csr;
    const void *arcs;           /* gr_compact_arc or gr_full_arc, as the form says */
} gr_weighted;

typedef struct gr_weights {
    gr_weight_form form;        /* the same on every node */
    bool wide;
    double mean;                /* of the finite weights; 1 when there are none but 0 */
    gr_weighted out, in;        /* the same when undirected */
} gr_weights;

/* Check the weights and sort the arcs. Collective. GIGA_ERR_INVALID names an arc whose weight is
 * negative or not a number. Node memory: 8 (compact) or 16 bytes per arc and side. */
giga_status gr_weights_make(giga_graph *graph, gr_weights *weights);
giga_status gr_weights_free(giga_graph *graph, gr_weights *weights);

/* An arc; `form` and `wide` are constants in each kernel. */
static inline uint64_t gr_weighted_end(const gr_weighted *side, gr_weight_form form, bool wide,
                                       uint64_t arc)
{
    if (form == GR_WEIGHTS_COMPACT)
        return ((const gr_compact_arc *)side->arcs)[arc].end;
    if (form == GR_WEIGHTS_FULL)
        return ((const gr_full_arc *)side->arcs)[arc].end;
    return gr_end(side->csr, wide, arc);
}

static inline double gr_weighted_weight(const gr_weighted *side, gr_weight_form form, uint64_t arc)
{
    if (form == GR_WEIGHTS_COMPACT)
        return (double)((const gr_compact_arc *)side->arcs)[arc].weight;
    if (form == GR_WEIGHTS_FULL)
        return ((const gr_full_arc *)side->arcs)[arc].weight;
    return 1.0;
}

#endif
