/*
 * algorithms.h - more algorithms on graphs. Link giga-graph.
 *
 *     giga_array *component;
 *     giga_graph_values(web, sizeof(uint64_t), &component);
 *     giga_wcc(web, component, NULL);
 *
 * Breadth-first search and PageRank stand in graph.h. Words (vertex, id, index, edge, arc) do
 * too. Results that name vertices name them by id. Each algorithm is collective, called by one
 * thread, deterministic, and gives the same result for every number of ranks and nodes; each
 * has a check of its result that costs less than the run, and that shares no code with it.
 *
 * Common errors: GIGA_ERR_ARG when an array does not have one 8-byte element per vertex or
 * options make no sense; GIGA_ERR_MEMORY; GIGA_ERR_NET. Validators return GIGA_ERR_INVALID
 * with a sentence that names the broken law and a vertex.
 */
#ifndef GIGA_ALGORITHMS_H
#define GIGA_ALGORITHMS_H

#include <giga/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a run did. The same on every rank; per rank and step: giga_graph_account(). */
typedef struct giga_run_stats {
    uint64_t steps;              /**< levels, iterations, buckets or rounds */
    uint64_t arcs;               /**< looked at */
    uint64_t bytes;              /**< sent between nodes */
    double seconds;
} giga_run_stats;

/* ---- components ---- */

/**
 * Weakly connected components: arcs count in both directions.
 *
 * @param component  array of uint64_t: the smallest id in the vertex' component
 * @param stats      NULL, or filled
 */
giga_status giga_wcc(giga_graph *graph, giga_array *component, giga_run_stats *stats);

/** Check: labels agree along every arc; a label is an id of its own component (the vertex with
 * that id carries it), and no vertex has a smaller id than its label; every tree of hooks found
 * in the check reaches it, so that one label is one component. */
giga_status giga_wcc_validate(giga_graph *graph, const giga_array *component);

/**
 * Labels after a batch of changes, from the labels before it: to the byte what giga_wcc() gives.
 *
 * Insertions join labels; of deletions only the components that lost an edge are searched again.
 * Cost: of insertions alone a sweep over the labels, no arc is looked at; of deletions the arcs of
 * those components, which in a graph with one giant component is most of giga_wcc(). Memory: on
 * every node 64 bytes per pair of labels that the batch joins, 8 per vertex when some are searched.
 *
 * @param graph      the graph, changed by giga_graph_update() with just this batch
 * @param batch      the batch, divided among the ranks in any way
 * @param component  in: the labels before the batch; out: after it
 * @param stats      NULL, or filled; arcs are 0 when nothing had to be searched
 * @return as giga_wcc(); GIGA_ERR_NOT_FOUND for an id that no vertex has.
 */
giga_status giga_wcc_update(giga_graph *graph, const giga_graph_batch *batch, giga_array *component,
                            giga_run_stats *stats);

/* ---- shortest paths ---- */

/** Options of giga_sssp(); start from GIGA_SSSP_OPTS_INIT. */
typedef struct giga_sssp_opts {
    size_t struct_bytes;         /**< sizeof, set by GIGA_SSSP_OPTS_INIT */
    double delta;                /**< width of a bucket; 0: chosen from weights and degrees */
} giga_sssp_opts;

#define GIGA_SSSP_OPTS_INIT { .struct_bytes = sizeof(giga_sssp_opts) }

/**
 * Sort the arcs by weight, as giga_sssp() needs them. The first giga_sssp() on a graph does it when
 * it was not done before, and does not count it in its seconds. Kept until the graph is closed: 8
 * bytes per arc (of a directed graph 16, and twice as much when ends or weights do not fit 4 bytes).
 *
 * @return GIGA_OK; GIGA_ERR_INVALID when a weight is negative or not a number, with its arc.
 */
giga_status giga_sssp_prepare(giga_graph *graph);

/**
 * Shortest paths from a vertex by delta-stepping (Meyer, Sanders, J. Algorithms 2003) with
 * fused buckets, lightest arcs first. A graph without weights counts 1 per arc. Weights of 0 are
 * allowed, and of INFINITY: such an arc is no way.
 *
 * Equal bits for every number of ranks: a distance is the minimum over paths of the sum of
 * weights taken from the source on, in double precision, which no order of work changes. A parent
 * is the vertex before on a shortest path that comes by the lightest arc, of these the first in
 * the row; a vertex as far as all of its candidates (arcs of weight 0) comes after one of them
 * that needs the fewest such arcs. So parents are a tree, the same for every number of ranks.
 *
 * @param source    index of the source
 * @param distance  array of double; INFINITY where there is no path
 * @param parent    NULL, or array of uint64_t: index of the vertex before on a shortest path
 *                  (source: itself; unreached: GIGA_NO_VERTEX)
 * @param stats     NULL, or filled: steps are buckets, or levels without weights
 * @return GIGA_OK; GIGA_ERR_INVALID when a weight is negative or not a number, with its arc.
 */
giga_status giga_sssp(giga_graph *graph, uint64_t source, const giga_sssp_opts *opts,
                      giga_array *distance, giga_array *parent, giga_run_stats *stats);

/**
 * Check distances, and parents when they are given: the source is at 0 and its own parent; no arc
 * offers a shorter way; a vertex is at exactly the distance that its parent (without parents: an
 * in-neighbour) and the arc from there make, and following these leads to the source. That proves
 * the distances right, bit by bit.
 */
giga_status giga_sssp_validate(giga_graph *graph, uint64_t source, const giga_array *distance,
                               const giga_array *parent);

/* ---- communities ---- */

/**
 * Community detection by label propagation, as LDBC Graphalytics defines it: synchronous;
 * every vertex starts with its id and takes the most frequent label of its neighbours, of
 * equally frequent ones the smallest. On a directed graph an arc in each direction counts
 * once, so that arcs u->v and v->u count twice; kept duplicates count each time, a kept loop
 * counts the vertex' own label. A vertex without neighbours keeps its id. Iterations that
 * would change nothing are left out; `steps` of the stats are those that ran.
 *
 * @param iterations  how many; LDBC's reference for p2p-31 has 10
 * @param label       array of uint64_t: ids
 * @param before      NULL, or another such array: the labels one iteration before, which the
 *                    check wants; with 0 iterations the ids
 * @param stats       NULL, or filled; arcs are those at vertices that were not left out
 */
giga_status giga_cdlp(giga_graph *graph, uint64_t iterations, giga_array *label, giga_array *before,
                      giga_run_stats *stats);

/**
 * Check labels against those one iteration before: every label is an id; every label is the
 * smallest of the most frequent labels that the neighbours had before; around a sample of
 * vertices (all, in a small graph) all iterations are computed anew from the ids, where the
 * neighbourhood up to that distance is small. So a wrong last iteration and damage to either
 * array are found; an error that later iterations took over correctly only by the sample.
 * Costs about one iteration.
 */
giga_status giga_cdlp_validate(giga_graph *graph, uint64_t iterations, const giga_array *label,
                               const giga_array *before);

/**
 * Local clustering coefficient, as LDBC Graphalytics defines it: of the ordered pairs of
 * different neighbours (in either direction), the share that an arc joins, from the first to the
 * second; 0 with fewer than two neighbours. Loops and duplicates are aside. On a graph without
 * directions this is the usual one: triangles of the vertex by pairs of neighbours.
 *
 * Equal bits for every number of ranks: two integers, divided once.
 *
 * @param coefficient  array of double
 * @param stats        NULL, or filled: `arcs` are edges whose ends' lists met, `steps` rounds of
 *                     messages (one node: 1)
 */
giga_status giga_lcc(giga_graph *graph, giga_array *coefficient, giga_run_stats *stats);

/**
 * Check coefficients: each is from 0 to 1 and, times its pairs of neighbours, an integer (even, when
 * edges have no direction); vertices drawn at random are recounted from the plain adjacency
 * (all, in a small graph), and must be equal to the bit; of many pairs of neighbours drawn at random
 * over the whole graph, as many are joined as the coefficients say.
 *
 * What it proves: with r of n vertices recounted, k wrong ones get past with probability
 * (1 - r/n)^k at most, wrong hubs, that are too much work to recount, only as far as the sum over
 * all pairs hides in the spread of the sample; a right result is refused with less than 1e-9.
 */
giga_status giga_lcc_validate(giga_graph *graph, const giga_array *coefficient);

/**
 * Two numbers for the whole graph, from its coefficients: their average, and the transitivity, the
 * share of all pairs of neighbours that is joined (3 times triangles by paths of two edges, when
 * edges have no direction). The same bits for every number of ranks.
 */
giga_status giga_clustering(giga_graph *graph, const giga_array *coefficient, double *average_out,
                            double *transitivity_out);

/**
 * Triangles: sets of three vertices that are joined pairwise, directions, loops and multiplicities
 * aside.
 *
 * Without counts it is several times faster.
 *
 * @param count      NULL on all ranks, or array of uint64_t: triangles that the vertex is part of
 * @param total_out  triangles of the graph
 * @param stats      as in giga_lcc()
 */
giga_status giga_triangles(giga_graph *graph, giga_array *count, uint64_t *total_out,
                           giga_run_stats *stats);

/**
 * Check counts: they sum to 3 times the total; none is above the pairs of neighbours; vertices
 * drawn at random are recounted from the plain adjacency (all, in a small graph); of many pairs of
 * neighbours drawn at random over the whole graph, as many are joined as the total says.
 *
 * What it proves: one wrong count, or a wrong total with right counts, is always found, by the sum;
 * k wrong counts whose errors cancel, as in giga_lcc_validate(). Without counts only the draw of
 * pairs and, in a small graph, the recount stand behind the total.
 *
 * @param count  NULL on all ranks, or the counts
 */
giga_status giga_triangles_validate(giga_graph *graph, const giga_array *count, uint64_t total);

/** Paths of two edges, 3 in each triangle: pairs of different neighbours over all vertices,
 * directions, loops and multiplicities aside. */
giga_status giga_wedges(giga_graph *graph, uint64_t *count_out);

/**
 * Core numbers: the largest k such that the vertex is in a subgraph where every vertex has k
 * neighbours or more. Directions, loops and multiplicities aside: as networkx.core_number of
 * the simple undirected graph.
 *
 * On one node by peeling (Kabir, Madduri, IPDPSW 2017), `steps` are levels that removed
 * something; on several by sinking estimates (Montresor et al., PODC 2011), then they are
 * rounds. The numbers are the same.
 *
 * @param core         array of uint64_t
 * @param largest_out  NULL, or the largest core number; 0 in a graph without vertices
 * @param stats        NULL, or filled
 */
giga_status giga_kcore(giga_graph *graph, giga_array *core, uint64_t *largest_out,
                       giga_run_stats *stats);

/**
 * Prove core numbers: every vertex has as many neighbours as its number says whose numbers are
 * not smaller (so it is not too large), and the vertices can be removed, by ascending
 * numbers, such that each has no more than its number left when its turn comes (so it is not
 * too small). Any wrong number is found. Costs two sweeps over the arcs at most.
 */
giga_status giga_kcore_validate(giga_graph *graph, const giga_array *core);

/* ---- centrality ---- */

/** Options of giga_betweenness(); start from GIGA_BETWEENNESS_OPTS_INIT. */
typedef struct giga_betweenness_opts {
    size_t struct_bytes;         /**< sizeof, set by GIGA_BETWEENNESS_OPTS_INIT */
    giga_semantics semantics;    /**< NETWORKX: sums over sources, each undirected pair once
                                  *   (halved), not normalised unless asked; GAP: sums over
                                  *   the sources, divided by the largest; LDBC is refused */
    bool normalised;             /**< NETWORKX: divided by (n-1)(n-2) instead of halved */
    uint64_t samples;            /**< different sources drawn at random (GAP: that have arcs),
                                  *   scaled up by n / samples in NETWORKX semantics; 0: all
                                  *   vertices, exact */
    uint64_t seed;               /**< of the draw: the same ids for every number of ranks */
    const uint64_t *sources;     /**< NULL, or indices of sources to use instead, not scaled up,
                                  *   the same list on every rank; may repeat */
    uint64_t source_count;
} giga_betweenness_opts;

#define GIGA_BETWEENNESS_OPTS_INIT \
    { .struct_bytes = sizeof(giga_betweenness_opts), .semantics = GIGA_SEMANTICS_NETWORKX }

/**
 * Betweenness centrality of shortest paths (Brandes, J. Math. Sociol. 2001): over sources s and
 * all t, the sum of the share of shortest paths from s to t that the vertex is inside of. Weights
 * are not looked at; kept duplicates make different paths. Numbers of paths may exceed what a
 * double holds; each value has a relative error of a few roundings per level.
 *
 * Call:   collective; options agree on all ranks.
 * Cost:   each arc is read twice per source; a barrier per level, twice. The account has a step
 *         per level with up to 16 sources, else up to about a thousand steps for all sources.
 *
 * @param opts        NULL or options
 * @param centrality  array of double
 * @param stats       NULL, or filled; steps are levels, forward and backward
 * @return GIGA_OK; GIGA_ERR_ARG also for a source that is no vertex, for sources both drawn and
 *         listed, for GAP values that are to be normalised, and for LDBC semantics.
 */
giga_status giga_betweenness(giga_graph *graph, const giga_betweenness_opts *opts,
                             giga_array *centrality, giga_run_stats *stats);

/**
 * Check values, of the same options, for half to four fifths of the cost of a run: none is
 * negative; a vertex with one neighbour has 0; they sum to distance - 1 over all pairs; weighted with random numbers
 * of the vertices they sum to the mean weights inside shortest paths; in GAP semantics the
 * largest is 1. A wrong value is seen when it is off by more than 1e-10 or so of the sum of all.
 */
giga_status giga_betweenness_validate(giga_graph *graph, const giga_betweenness_opts *opts,
                                      const giga_array *centrality);

/* ---- where the time went ---- */

/** One step of the last run on a graph, as this rank saw it. */
typedef struct giga_step {
    const char *what;            /**< "top-down", "iteration", "bucket" ... */
    uint64_t vertices;           /**< found, settled or changed by this rank */
    uint64_t arcs;               /**< looked at by this rank */
    uint64_t bytes, messages;    /**< sent by this rank to other nodes */
    double compute_seconds;      /**< working on its part */
    double wait_seconds;         /**< in barriers, reductions and exchanges */
} giga_step;

/**
 * The steps of the last algorithm that ran on a graph, this rank's part of each. Call: local.
 *
 * @param count_out  steps
 * @return the steps, valid until the next run; NULL when there are none
 */
const giga_step *giga_graph_account(const giga_graph *graph, uint64_t *count_out);

#ifdef __cplusplus
}
#endif

#endif
