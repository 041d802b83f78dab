/*
 * lcc.c - local clustering coefficients, from triangles.
 *
 * The coefficient of a vertex with d neighbours is a number of arcs between them, divided once by
 * d (d - 1): both are integers, so it is the same to the bit for every number of ranks. Where edges
 * have no direction, each triangle of the vertex has two such arcs.
 */
#include "bfs.h"
#include "exact.h"
#include "forward.h"
#include "triangles.h"

enum { STEP = 512 };    /* values put or got at a time */

static double coefficient_of(uint64_t joined, uint64_t neighbours)
{
    if (neighbours < 2)
        return 0.0;
    return (double)joined / ((double)neighbours * (double)(neighbours - 1));
}

/* Each rank the coefficients of its vertices. */
static giga_status put_coefficients(const giga_graph *graph, const uint64_t *tally,
                                    giga_array *coefficient)
{
    uint64_t first, last, arcs = graph->info.directed ? 1 : 2;
    double part[STEP];
    giga_status status = GIGA_OK;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last && status == GIGA_OK; v += STEP) {
        uint64_t count = last - v < STEP ? last - v : STEP;
        for (uint64_t i = 0; i < count; i++) {
            uint64_t local = v + i - graph->first;
            part[i] = coefficient_of(arcs * tally[local], gr_neighbours(graph, local));
        }
        status = giga_array_put(coefficient, v, count, part);
    }
    return giga_agree(status);
}

giga_status giga_lcc(giga_graph *graph, giga_array *coefficient, giga_run_stats *stats)
{
    giga_run_stats done;
    gr_triangles t;
    giga_status status = giga_agree(gr_check_values("giga_lcc", graph, coefficient));

    if (status != GIGA_OK)
        return status;
    double begin = gr_seconds();
    status = gr_triangles_count(graph, graph->info.directed ? GR_TALLY_ARCS : GR_TALLY_EACH, &t,
                                &done);
    if (status == GIGA_OK)
        status = put_coefficients(graph, t.tally, coefficient);
    giga_status freed = gr_triangles_free(&t);
    done.seconds = gr_seconds() - begin;
    if (status == GIGA_OK && stats)
        *stats = done;
    return status != GIGA_OK ? status : freed;
}

/* ---- of the whole graph ---- */

/* Sums over vertices: of coefficients, of joined ordered pairs of neighbours, and of all pairs. */
typedef struct sums {
    gr_exact coefficients;
    uint64_t joined, pairs;
} sums;

/* A coefficient times the pairs is the integer it was made of, up to 2^52. */
static giga_status sum_up(const giga_graph *graph, const giga_array *coefficient, sums *s)
{
    uint64_t first, last;
    double part[STEP];
    giga_status status = GIGA_OK;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last && status == GIGA_OK; v += STEP) {
        uint64_t count = last - v < STEP ? last - v : STEP;
        status = giga_array_get(coefficient, v, count, part);
        for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
            uint64_t d = gr_neighbours(graph, v + i - graph->first);
            uint64_t pairs = d < 2 ? 0 : d * (d - 1);
            gr_exact_add(&s->coefficients, part[i]);
            s->joined += (uint64_t)(part[i] * (double)pairs + 0.5);
            s->pairs += pairs;
        }
    }
    return status;
}

giga_status giga_clustering(giga_graph *graph, const giga_array *coefficient, double *average_out,
                            double *transitivity_out)
{
    sums s = {0, 0, 0};
    uint64_t counts[2];
    giga_status status = giga_agree(gr_check_values("giga_clustering", graph, coefficient));

    if (status == GIGA_OK)
        status = giga_agree(sum_up(graph, coefficient, &s));
    counts[0] = s.joined;
    counts[1] = s.pairs;
    if (status == GIGA_OK)
        status = giga_allreduce(counts, counts, 2, GIGA_U64, GIGA_SUM);
    if (status == GIGA_OK)
        status = gr_exact_reduce(&s.coefficients, 1, NULL);
    if (status != GIGA_OK)
        return status;
    *average_out = graph->n == 0 ? 0.0 : gr_exact_value(s.coefficients) / (double)graph->n;
    *transitivity_out = counts[1] == 0 ? 0.0 : (double)counts[0] / (double)counts[1];
    return GIGA_OK;
}
