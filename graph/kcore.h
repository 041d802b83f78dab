/*
 * kcore.h - what the two ways to core numbers share: distinct neighbours, and the run.
 *
 * A neighbour is another vertex with an arc in either direction, once, however many arcs.
 */
#ifndef GR_KCORE_H
#define GR_KCORE_H

#include "model.h"

/* A walk over the neighbours of a vertex of this node, in the order of its rows. */
typedef struct gr_walk {
    const giga_graph *graph;
    uint64_t at[2], end[2];     /* in out, and in in when directed */
    uint64_t self, last;        /* the vertex; the neighbour before */
} gr_walk;

static inline gr_walk gr_walk_begin(const giga_graph *graph, uint64_t local)
{
    gr_walk w = {graph, {graph->out.rows[local], 0}, {graph->out.rows[local + 1], 0},
                 graph->first + local, GIGA_NO_VERTEX};

    if (graph->info.directed) {
        w.at[1] = graph->in.rows[local];
        w.end[1] = graph->in.rows[local + 1];
    }
    return w;
}

/* The next end of either row: the rows are merged, so that equal ends follow each other. */
static inline uint64_t gr_walk_end(gr_walk *w, bool wide)
{
    const giga_graph *graph = w->graph;

    if (w->at[1] == w->end[1])
        return gr_end(&graph->out, wide, w->at[0]++);
    if (w->at[0] == w->end[0])
        return gr_end(&graph->in, wide, w->at[1]++);
    uint64_t a = gr_end(&graph->out, wide, w->at[0]), b = gr_end(&graph->in, wide, w->at[1]);
    if (gr_order(graph, a) <= gr_order(graph, b)) {
        w->at[0]++;
        return a;
    }
    w->at[1]++;
    return b;
}

/* The next neighbour; false when there is none. */
static inline bool gr_walk_next(gr_walk *w, bool wide, uint64_t *neighbour)
{
    while (w->at[0] < w->end[0] || w->at[1] < w->end[1]) {
        uint64_t end = gr_walk_end(w, wide);
        if (end == w->last || end == w->self)
            continue;
        *neighbour = w->last = end;
        return true;
    }
    return false;
}

/* Whether rows hold neighbours, each once, so that no walk is needed. */
static inline bool gr_is_simple(const giga_graph *graph)
{
    return !graph->info.directed && !graph->info.loops_kept && !graph->info.duplicates_kept;
}

static inline uint64_t gr_walk_count(const giga_graph *graph, bool wide, uint64_t local)
{
    uint64_t count = 0, neighbour;

    if (gr_is_simple(graph))
        return graph->out.rows[local + 1] - graph->out.rows[local];
    for (gr_walk w = gr_walk_begin(graph, local); gr_walk_next(&w, wide, &neighbour);)
        count++;
    return count;
}

/* A list of vertices, private to a rank. */
typedef struct gr_stack {
    uint64_t *at;
    uint64_t count, room;
} gr_stack;

/* False when memory is out. */
bool gr_stack_grow(gr_stack *stack);

static inline bool gr_stack_push(gr_stack *stack, uint64_t value)
{
    if (stack->count == stack->room && !gr_stack_grow(stack))
        return false;
    stack->at[stack->count++] = value;
    return true;
}

/* Core numbers of a graph on several nodes, put into `core`. Adds to the stats. Collective. */
giga_status gr_kcore_nodes(giga_graph *graph, giga_array *core, giga_run_stats *done);

#endif
