/*
 * test_wcc.c - components through <giga/algorithms.h>.
 *
 * Expected labels come from serial relaxation below over giga_graph_neighbours(), directions
 * aside: nothing of it is shared with wcc.c. Runs at 1 and
 * 3 ranks on one node, 3 on nodes of one, 5 on nodes of two.
 */
#include <giga/algorithms.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum { N_MAX = 4096 };

typedef struct subject {
    giga_graph *graph;
    giga_array *component;
    uint64_t n, id[N_MAX], expected[N_MAX]; /* by index */
} subject;

static subject s;

/* Labels fall to the smallest id until no arc lowers one: Bellman and Ford's way. */
static void expect_serially(void)
{
    bool changed = true;

    for (uint64_t v = 0; v < s.n; v++)
        s.expected[v] = s.id[v] = giga_graph_id(s.graph, v);
    while (changed) {
        changed = false;
        for (uint64_t v = 0; v < s.n; v++) {
            uint64_t ends[N_MAX], degree = giga_graph_degree(s.graph, v);
            JOB_OK(giga_graph_neighbours(s.graph, v, 0, degree, ends));
            for (uint64_t i = 0; i < degree; i++) {
                uint64_t low = s.expected[v] < s.expected[ends[i]] ? s.expected[v] : s.expected[ends[i]];
                changed = changed || s.expected[v] != low || s.expected[ends[i]] != low;
                s.expected[v] = s.expected[ends[i]] = low;
            }
        }
    }
}

static void open_graph(const char *name, giga_direction direction)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;

    opts.direction = direction;
    CU_ASSERT_EQUAL_FATAL(job_same(giga_graph_open(name, &opts, &s.graph)), GIGA_OK);
    s.n = giga_graph_get_info(s.graph).vertices;
    CU_ASSERT_TRUE_FATAL(s.n <= N_MAX);
    JOB_OK(giga_graph_values(s.graph, 8, &s.component));
}

static void close_graph(void)
{
    JOB_OK(giga_array_destroy(s.component));
    JOB_OK(giga_graph_close(s.graph));
}

static void expect_components(void)
{
    uint64_t found[N_MAX];
    giga_run_stats stats;

    expect_serially();
    JOB_OK(giga_wcc(s.graph, s.component, &stats));
    JOB_OK(giga_array_get(s.component, 0, s.n, found));
    CU_ASSERT_EQUAL(memcmp(found, s.expected, s.n * 8), 0);
    CU_ASSERT_EQUAL(job_same(giga_wcc_validate(s.graph, s.component)), GIGA_OK);
}

static void sparse_graphs_fall_into_the_components_of_a_serial_search(void)
{
    static const char *const names[] = {"uniform:9:1", "kron:9:1", "kron:8:4", "uniform:8:2",
                                        "kron:4:1", "uniform:1:1", "uniform:0:1"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        open_graph(names[i], GIGA_UNDIRECTED);
        expect_components();
        close_graph();
    }
}

static void directions_do_not_matter(void)
{
    static const char *const names[] = {"uniform:9:1", "kron:8:1"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        open_graph(names[i], GIGA_DIRECTED);
        expect_components();
        close_graph();
    }
}

/* Put a label in place of another, check, and put it back. */
static void expect_refusal(uint64_t vertex, uint64_t label)
{
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(s.component, vertex, 1, &label));
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(job_same(giga_wcc_validate(s.graph, s.component)), GIGA_ERR_INVALID);
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(s.component, vertex, 1, &s.expected[vertex]));
    JOB_OK(giga_barrier());
}

static void wrong_labels_are_refused(void)
{
    open_graph("uniform:9:1", GIGA_UNDIRECTED);
    expect_components();
    uint64_t other = 0, isolated = GIGA_NO_VERTEX;
    for (uint64_t v = 0; v < s.n; v++) {
        other = s.expected[v] != s.expected[0] ? s.expected[v] : other;
        isolated = giga_graph_degree(s.graph, v) == 0 ? v : isolated;
    }
    for (uint64_t v = 0; v < s.n; v += 151) {
        expect_refusal(v, s.id[v] + 1);                       /* larger than its id, or no label */
        if (s.expected[v] != s.id[v])
            expect_refusal(v, s.id[v]);                       /* a component of its own */
        expect_refusal(v, s.expected[v] == other ? s.expected[0] : other);
    }
    CU_ASSERT_NOT_EQUAL_FATAL(isolated, GIGA_NO_VERTEX);
    expect_refusal(isolated, s.expected[0] < s.id[isolated] ? s.expected[0] : s.id[isolated] + 1);
    CU_ASSERT_EQUAL(job_same(giga_wcc_validate(s.graph, s.component)), GIGA_OK);
    close_graph();
}

/* Two components under one label: no arc breaks a law, but one of them has no label vertex. */
static void two_components_under_one_label_are_refused(void)
{
    open_graph("kron:8:1", GIGA_UNDIRECTED);
    expect_components();
    uint64_t small = UINT64_MAX, large = 0;
    for (uint64_t v = 0; v < s.n; v++) {
        small = s.expected[v] < small ? s.expected[v] : small;
        large = s.expected[v] > large ? s.expected[v] : large;
    }
    CU_ASSERT_NOT_EQUAL_FATAL(small, large);
    for (uint64_t v = 0; v < s.n && giga_rank() == 0; v++) {
        if (s.expected[v] == large)
            JOB_OK(giga_array_put(s.component, v, 1, &small));
    }
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(job_same(giga_wcc_validate(s.graph, s.component)), GIGA_ERR_INVALID);
    close_graph();
}

static void arrays_of_another_shape_are_refused(void)
{
    giga_array *few;

    open_graph("kron:4:1", GIGA_UNDIRECTED);
    JOB_OK(giga_array_create(3, 8, (giga_dist){.kind = GIGA_DIST_BLOCK}, NULL, &few));
    CU_ASSERT_EQUAL(job_same(giga_wcc(s.graph, few, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_wcc(s.graph, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_wcc_validate(s.graph, few)), GIGA_ERR_ARG);
    JOB_OK(giga_array_destroy(few));
    close_graph();
}

static const job_test tests[] = {
    JOB_LAW(sparse_graphs_fall_into_the_components_of_a_serial_search),
    JOB_LAW(directions_do_not_matter),
    JOB_LAW(wrong_labels_are_refused),
    JOB_LAW(two_components_under_one_label_are_refused),
    JOB_LAW(arrays_of_another_shape_are_refused),
};

int main(void)
{
    return JOB_RUN("wcc", tests);
}
