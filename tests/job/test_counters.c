/*
 * test_counters.c - places and counts of arcs beyond 2^32.
 *
 * A graph is laid out as building lays it out, by the inner functions, but for the ends of its
 * arcs, which nothing here looks at: 2^16 vertices with 2^17 or 2^17 - 1 arcs each, 34 GB of ends.
 */
#include <stdlib.h>
#include <string.h>

#include "../../graph/build.h"
#include "job.h"

enum { N = 1 << 16, DEGREE = 1 << 17 };

static const uint64_t arcs = (uint64_t)N * DEGREE - N / 2; /* 8,589,901,824 */

static uint64_t degree_of(uint64_t v)
{
    return DEGREE - v % 2;
}

/* Arcs of the vertices below v. */
static uint64_t arcs_below(uint64_t v)
{
    return v * DEGREE - v / 2;
}

static giga_graph *lay_out(void)
{
    giga_graph *graph = calloc(1, sizeof *graph);
    uint64_t first, last;

    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    JOB_OK(gr_place_vertices(graph, N));
    JOB_OK(gr_allocate_rows(graph, &graph->out));
    uint64_t *rows = graph->out.rows_object.at;
    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        rows[v - graph->first + 1] = degree_of(v);
    JOB_OK(giga_barrier());
    JOB_OK(gr_sum_rows(graph, &graph->out, rows + 1, &graph->out.arcs));
    graph->in = graph->out;
    graph->identity = true;
    graph->info.vertices = N;
    graph->info.highest_id = N - 1;
    return graph;
}

static void clear(giga_graph *graph)
{
    JOB_OK(giga_barrier());
    JOB_OK(gr_node_free(&graph->out.rows_object));
    JOB_OK(gr_node_free(&graph->counters_object));
    JOB_OK(gr_node_free(&graph->order_object));
    JOB_OK(gr_node_free(&graph->starts_object));
    free(graph);
}

static void rows_begin_beyond_two_to_the_32(void)
{
    giga_graph *graph = lay_out();
    uint64_t before = arcs_below(graph->first), wrong = 0;

    for (uint64_t v = graph->first; v <= graph->last; v++)
        wrong += graph->out.rows[v - graph->first] != arcs_below(v) - before;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(graph->out.arcs, arcs_below(graph->last) - before);
    uint64_t mine = giga_near_index() == 0 ? graph->out.arcs : 0;
    CU_ASSERT_EQUAL(giga_allreduce_sum(mine), arcs);
    clear(graph);
}

static void a_survey_counts_in_64_bits(void)
{
    giga_graph *graph = lay_out();

    JOB_OK(gr_survey(graph));
    giga_graph_info info = giga_graph_get_info(graph);
    CU_ASSERT_EQUAL(info.largest_degree, DEGREE);
    CU_ASSERT_EQUAL(info.isolated, 0);
    CU_ASSERT_EQUAL(info.degree_histogram[17], N / 2); /* 2^16 to 2^17 - 1 */
    CU_ASSERT_EQUAL(info.degree_histogram[18], N / 2);
    CU_ASSERT_EQUAL(info.graph_bytes, 4 * arcs + 8 * (uint64_t)N);
    for (uint64_t v = 0; v < N; v += N / 8 + 1)
        CU_ASSERT_EQUAL(giga_graph_degree(graph, v), degree_of(v));
    CU_ASSERT_EQUAL(giga_graph_degree(graph, N - 1), degree_of(N - 1));
    clear(graph);
}

static void arcs_that_do_not_exist_are_told_from_those_2_to_the_32_before(void)
{
    giga_graph *graph = lay_out();
    uint64_t end;

    CU_ASSERT_EQUAL(giga_graph_neighbours(graph, N - 1, (UINT64_C(1) << 32) + 1, 1, &end),
                    GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_graph_neighbours(graph, N - 1, 1, UINT64_C(1) << 32, &end),
                    GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_graph_neighbours(graph, N - 1, 1, UINT64_MAX, &end), GIGA_ERR_RANGE);
    clear(graph);
}

int main(void)
{
    static const job_test tests[] = {
        JOB_LAW(rows_begin_beyond_two_to_the_32),
        JOB_LAW(a_survey_counts_in_64_bits),
        JOB_LAW(arcs_that_do_not_exist_are_told_from_those_2_to_the_32_before),
    };

    return JOB_RUN("counters", tests);
}
