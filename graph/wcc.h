/*
 * wcc.h - components found anew, of all vertices or of some.
 */
#ifndef GR_WCC_H
#define GR_WCC_H

#include "model.h"

/*
 * As giga_wcc(), whose arguments have been checked. `kept`: NULL, or a node object's words by
 * local index: UINT64_MAX for vertices whose label is to be found, else the label that stays. The
 * arcs of vertices to be found are followed, also to others, whose labels then count as ids.
 */
giga_status gr_wcc_find(giga_graph *graph, const uint64_t *kept, giga_array *component,
                        giga_run_stats *stats);

#endif
