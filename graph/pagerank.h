/*
 * pagerank.h - what the files of PageRank share: the state of a run, and one iteration of it.
 */
#ifndef GR_PAGERANK_H
#define GR_PAGERANK_H

#include "bfs.h"
#include "exact.h"
#include "ghosts.h"
#include "tiles.h"

typedef struct gr_pagerank {
    giga_graph *graph;
    const giga_pagerank_opts *opts;
    const giga_array *start;    /* opts' */
    gr_ghosts ghosts;
    gr_node_object rank_object, mirror_object[2], home_object, active_object[2];
    double *rank;               /* of this node's vertices; only in place */
    double *gives[2];           /* rank / out-degree, of all vertices: now, and next; in place the
                                   same. A dangling vertex, which nobody asks, has its rank there.
                                   gives[n] is 0 */
    gr_tiles tiles;             /* or none */
    uint64_t *home;             /* personalised: a bit per vertex of this node, that it is a source */
    double homes;               /* vertices that share what is given to all: sources, or n */
    uint64_t *active[2];        /* residual-driven: vertices of this node to look at; now and next */
    double threshold;           /* ... a change that is told to neighbours; 0: none is */
    double base;                /* the rank of a vertex without an arc, in the last iteration */
    bool in_place;              /* no pot, and scaled: see pagerank.c */
    double total;               /* ... what the ranks added up to in the last full iteration */
    double scale;               /* ... what they are multiples of */
    bool each;                  /* ... but every rank is what it is: a check */
    uint64_t arcs;              /* this rank: looked at in this iteration */
    uint64_t bytes;             /* this rank: sent in this iteration */
} gr_pagerank;

/* This rank's share of the sums of an iteration. */
typedef struct gr_shares {
    gr_exact sums[3];
    uint64_t isolated;          /* vertices without an arc */
} gr_shares;

enum { GR_DANGLING, GR_CHANGE, GR_TOTAL };

static inline uint64_t gr_out_degree(const giga_graph *graph, uint64_t local)
{
    return graph->out.rows[local + 1] - graph->out.rows[local];
}

/* What a vertex gives to each out-neighbour; a dangling one gives to the common pot. */
static inline void gr_give(gr_pagerank *p, uint64_t local, double rank, int which, gr_shares *s)
{
    uint64_t degree = gr_out_degree(p->graph, local);

    p->gives[which][p->graph->first + local] = degree ? rank / (double)degree : rank;
    if (degree == 0)
        gr_exact_add(&s->sums[GR_DANGLING], rank);
    if (p->in_place)
        gr_exact_add(&s->sums[GR_TOTAL], rank);
}

giga_status gr_pagerank_check(const char *function, const giga_graph *graph,
                              const giga_pagerank_opts *opts, const giga_array *rank,
                              giga_pagerank_opts *out);
giga_status gr_pagerank_start(gr_pagerank *p, giga_graph *graph, const giga_pagerank_opts *opts);
giga_status gr_pagerank_stop(gr_pagerank *p);

/* Where this node's ranks are as such: always in place, else before the first iteration. */
static inline double *gr_pagerank_own(const gr_pagerank *p)
{
    return p->in_place ? p->rank : p->gives[1] + p->graph->first;
}

/* What vertices begin with, and what that gives. Collective. */
giga_status gr_pagerank_first(gr_pagerank *p, gr_exact *dangling);

/* One iteration: reads gives[which], writes rank and gives[1 - which]. With `some`, only of the
 * active vertices. Collective; the sums are this rank's share. */
giga_status gr_pagerank_iterate(gr_pagerank *p, double dangling, int which, bool some,
                                gr_shares *s);

/* Bring the shares of all together and note the iteration, in which all vertices were looked at
 * when it is a full one. */
giga_status gr_pagerank_note(gr_pagerank *p, gr_shares *s, bool full, double begin,
                             giga_pagerank_stats *stats);

/* The residual-driven method. Collective. */
giga_status gr_pagerank_residual(gr_pagerank *p, giga_pagerank_stats *stats);

#endif
