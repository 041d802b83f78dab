/*
 * betweenness.h - what the run and its check have to agree on: sources, and the last division.
 */
#ifndef GR_BETWEENNESS_H
#define GR_BETWEENNESS_H

#include <giga/algorithms.h>

#include "model.h"

/* Fill in defaults, and refuse what makes no sense. Call: local; the same on every rank. */
giga_status gr_betweenness_check(const char *function, const giga_graph *graph,
                                 const giga_betweenness_opts *opts, const giga_array *centrality,
                                 giga_betweenness_opts *out);

/*
 * The sources, as indices, in an order that neither ranks nor indices decide: those that the
 * options list, as listed; all vertices by id; or samples by their number from a hash of id and
 * seed, the smallest first. In GAP semantics only vertices with out-arcs are drawn.
 *
 * Collective. Memory: 16 bytes per source on every rank, 8 per vertex while samples are drawn.
 *
 * @param list_out  freed by the caller
 */
giga_status gr_betweenness_sources(const giga_graph *graph, const giga_betweenness_opts *opts,
                                   uint64_t **list_out, uint64_t *count_out);

/* What sums over `sources` sources are multiplied with in NETWORKX semantics. */
double gr_betweenness_scale(const giga_graph *graph, const giga_betweenness_opts *opts,
                            uint64_t sources);

/* A number that looks random, another for each x (splitmix64, Steele et al., OOPSLA14). */
static inline uint64_t gr_scatter(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

#endif
