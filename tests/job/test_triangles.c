/*
 * test_triangles.c - triangles and local clustering coefficients.
 *
 * Runs at 1 and 3 ranks on one node, 3 on nodes of one, 5 on nodes of two. Expected values are
 * theorems (cliques, stars, wheels, bipartite graphs), or come from a table of all pairs that every
 * rank fills from the edges as they were drawn, and counts in three nested loops.
 */
#include <ftw.h>
#include <giga/algorithms.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

enum { IDS = 256 };     /* of graphs that are counted by a table: 0 to IDS - 1 */

/* Edges as they are written to a file, and which pairs they join: a[u][v] an arc from u to v. */
typedef struct drawing {
    FILE *file;
    bool a[IDS][IDS], present[IDS];
} drawing;

static drawing d;
static char path[64];
static bool path_is_mine;

static void begin(void)
{
    if (!path[0]) {
        if (giga_rank() == 0) {
            int file;
            snprintf(path, sizeof path, "/tmp/giga-test-triangles-XXXXXX");
            file = mkstemp(path);
            path_is_mine = file >= 0;
            if (file >= 0)
                close(file);
        }
        giga_broadcast(path, sizeof path, 0);
    }
    memset(&d, 0, sizeof d);
    d.file = giga_rank() == 0 ? fopen(path, "w") : NULL;
}

static void edge(uint64_t u, uint64_t v)
{
    d.a[u][v] = d.present[u] = d.present[v] = true;
    if (d.file)
        fprintf(d.file, "%" PRIu64 " %" PRIu64 "\n", u, v);
}

static giga_graph *finish(giga_graph_opts opts)
{
    giga_graph *graph = NULL;

    if (d.file)
        CU_ASSERT_EQUAL(fclose(d.file), 0);
    JOB_OK(giga_barrier());
    if (opts.format == GIGA_FORMAT_AUTO)
        opts.format = GIGA_FORMAT_EDGE_LIST;
    if (job_same(giga_graph_open(path, &opts, &graph)) != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    return graph;
}

static giga_graph_opts options(giga_direction direction)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;

    opts.direction = direction;
    return opts;
}

/* ---- the table's own count ---- */

static bool joined(uint64_t u, uint64_t v)
{
    return u != v && (d.a[u][v] || d.a[v][u]);
}

static uint64_t triangles_at(uint64_t u)
{
    uint64_t count = 0;

    for (uint64_t v = 0; v < IDS; v++) {
        for (uint64_t w = v + 1; joined(u, v) && w < IDS; w++)
            count += joined(u, w) && joined(v, w);
    }
    return count;
}

static uint64_t neighbours_of(uint64_t u)
{
    uint64_t count = 0;

    for (uint64_t v = 0; v < IDS; v++)
        count += joined(u, v);
    return count;
}

static double coefficient_at(uint64_t u, bool directed)
{
    uint64_t arcs = 0, k = neighbours_of(u);

    for (uint64_t v = 0; v < IDS; v++) {
        for (uint64_t w = 0; joined(u, v) && w < IDS; w++)
            arcs += joined(u, w) && v != w && (directed ? d.a[v][w] : joined(v, w));
    }
    return k < 2 ? 0 : (double)arcs / (double)(k * (k - 1));
}

/* ---- what is compared: each rank its share of the ids ---- */

static bool is_mine(uint64_t id)
{
    return d.present[id] && id % (uint64_t)giga_size() == (uint64_t)giga_rank();
}

static uint64_t count_of(const giga_graph *graph, const giga_array *count, uint64_t id)
{
    uint64_t index = 0, value = UINT64_MAX;

    JOB_OK(giga_graph_find(graph, id, &index));
    JOB_OK(giga_array_get(count, index, 1, &value));
    return value;
}

static double coefficient_of(const giga_graph *graph, const giga_array *coefficient, uint64_t id)
{
    uint64_t index = 0;
    double value = -1;

    JOB_OK(giga_graph_find(graph, id, &index));
    JOB_OK(giga_array_get(coefficient, index, 1, &value));
    return value;
}

static void compare_counts(giga_graph *graph, const giga_array *count, uint64_t total)
{
    uint64_t sum = 0, pairs = 0, wedges = 0;

    for (uint64_t u = 0; u < IDS; u++) {
        uint64_t k = neighbours_of(u), here = triangles_at(u);
        if (is_mine(u))
            CU_ASSERT_EQUAL(count_of(graph, count, u), here);
        sum += here;
        pairs += k > 0 ? k * (k - 1) / 2 : 0;
    }
    CU_ASSERT_EQUAL(total, sum / 3);
    JOB_OK(giga_wedges(graph, &wedges));
    CU_ASSERT_EQUAL(wedges, pairs);
}

/* The drawn graph against its table, in all ways to count. */
static void expect_as_drawn(giga_graph_opts opts)
{
    giga_graph *graph = finish(opts);
    bool directed = giga_graph_get_info(graph).directed;
    giga_array *count = NULL, *coefficient = NULL;
    giga_run_stats stats = {0};
    uint64_t total = 0, again = 1;

    JOB_OK(giga_graph_values(graph, 8, &count));
    JOB_OK(giga_graph_values(graph, 8, &coefficient));
    JOB_OK(giga_triangles(graph, count, &total, &stats));
    compare_counts(graph, count, total);
    CU_ASSERT(stats.steps >= 1);
    CU_ASSERT(giga_nodes() > 1 || stats.bytes == 0);
    JOB_OK(giga_triangles(graph, NULL, &again, NULL));
    CU_ASSERT_EQUAL(again, total);
    JOB_OK(giga_triangles_validate(graph, count, total));
    JOB_OK(giga_triangles_validate(graph, NULL, total));
    JOB_OK(giga_lcc(graph, coefficient, NULL));
    for (uint64_t u = 0; u < IDS; u++) {
        if (is_mine(u))
            CU_ASSERT_EQUAL(coefficient_of(graph, coefficient, u), coefficient_at(u, directed));
    }
    JOB_OK(giga_lcc_validate(graph, coefficient));
    JOB_OK(giga_array_destroy(count));
    JOB_OK(giga_array_destroy(coefficient));
    JOB_OK(giga_graph_close(graph));
}

static void draw_clique(uint64_t first, uint64_t count)
{
    for (uint64_t u = first; u < first + count; u++) {
        for (uint64_t v = u + 1; v < first + count; v++)
            edge(u, v);
    }
}

static void draw_random(uint64_t vertices, uint64_t edges)
{
    for (uint64_t i = 0; i < edges; i++) {
        uint64_t u = job_below(&job_everywhere, vertices);
        edge(u, job_below(&job_everywhere, vertices));
    }
}

/* ---- laws ---- */

static void an_empty_graph_has_none(void)
{
    giga_graph_opts opts = options(GIGA_UNDIRECTED);
    giga_graph *graph;
    giga_array *values = NULL;
    uint64_t total = 1, wedges = 1;
    double average = 1, transitivity = 1;

    opts.format = GIGA_FORMAT_MATRIX_MARKET;
    begin();
    if (d.file)
        fputs("%%MatrixMarket matrix coordinate pattern general\n0 0 0\n", d.file);
    graph = finish(opts);
    JOB_OK(giga_graph_values(graph, 8, &values));
    JOB_OK(giga_triangles(graph, values, &total, NULL));
    CU_ASSERT_EQUAL(total, 0);
    JOB_OK(giga_triangles_validate(graph, values, 0));
    JOB_OK(giga_wedges(graph, &wedges));
    CU_ASSERT_EQUAL(wedges, 0);
    JOB_OK(giga_lcc(graph, values, NULL));
    JOB_OK(giga_lcc_validate(graph, values));
    JOB_OK(giga_clustering(graph, values, &average, &transitivity));
    CU_ASSERT_EQUAL(average, 0);
    CU_ASSERT_EQUAL(transitivity, 0);
    JOB_OK(giga_array_destroy(values));
    JOB_OK(giga_graph_close(graph));
}

static void one_vertex_with_a_loop_has_none(void)
{
    giga_graph_opts opts = options(GIGA_UNDIRECTED);

    begin();
    edge(7, 7);
    expect_as_drawn(opts);
    begin();
    edge(7, 7);
    opts.keep_loops = true;
    expect_as_drawn(opts);
}

static void one_triangle_is_found_whatever_its_edges_look_like(void)
{
    giga_graph_opts opts = options(GIGA_UNDIRECTED);

    for (int keep = 0; keep < 2; keep++) {
        for (int directed = 0; directed < 2; directed++) {
            opts.direction = directed ? GIGA_DIRECTED : GIGA_UNDIRECTED;
            opts.keep_loops = opts.keep_duplicates = keep;
            begin();
            edge(3, 200), edge(200, 3), edge(3, 200), edge(200, 200);
            edge(9, 200), edge(9, 200), edge(9, 3), edge(9, 9), edge(9, 9), edge(4, 9);
            expect_as_drawn(opts);
        }
    }
}

/* n over 3 triangles, (n - 1) over 2 at each vertex, all coefficients 1. */
static void a_clique_has_all_triangles(void)
{
    for (uint64_t n = 3; n <= 243; n = 3 * n) {
        giga_graph *graph;
        giga_array *values = NULL;
        uint64_t total = 0;
        double average = 0, transitivity = 0;
        begin();
        draw_clique(0, n);
        graph = finish(options(GIGA_UNDIRECTED));
        JOB_OK(giga_graph_values(graph, 8, &values));
        JOB_OK(giga_triangles(graph, values, &total, NULL));
        CU_ASSERT_EQUAL(total, n * (n - 1) * (n - 2) / 6);
        CU_ASSERT_EQUAL(count_of(graph, values, n - 1), (n - 1) * (n - 2) / 2);
        JOB_OK(giga_triangles_validate(graph, values, total));
        JOB_OK(giga_lcc(graph, values, NULL));
        CU_ASSERT_EQUAL(coefficient_of(graph, values, 0), 1.0);
        JOB_OK(giga_clustering(graph, values, &average, &transitivity));
        CU_ASSERT_EQUAL(average, 1.0);
        CU_ASSERT_EQUAL(transitivity, 1.0);
        JOB_OK(giga_array_destroy(values));
        JOB_OK(giga_graph_close(graph));
    }
}

static void a_star_has_none_and_a_wheel_one_per_spoke(void)
{
    begin();
    for (uint64_t v = 0; v < 200; v++)
        edge(255, v);
    expect_as_drawn(options(GIGA_UNDIRECTED));
    begin();
    for (uint64_t v = 0; v < 200; v++)
        edge(255, v), edge(v, (v + 1) % 200);
    expect_as_drawn(options(GIGA_UNDIRECTED));
}

static void paths_grids_and_bipartite_graphs_have_none(void)
{
    begin();
    for (uint64_t v = 0; v + 1 < IDS; v++)
        edge(v, v + 1);
    expect_as_drawn(options(GIGA_DIRECTED));
    begin();
    for (uint64_t u = 0; u < 60; u++) {
        for (uint64_t v = 100; v < 160; v++)
            edge(u, v);
    }
    expect_as_drawn(options(GIGA_UNDIRECTED));
}

/* Degrees that are neither skewed nor small: the order is made from degrees. */
static void hubs_at_any_place_of_the_order_are_right(void)
{
    begin();
    draw_clique(120, 20);
    for (uint64_t v = 0; v < 250; v += 2)
        edge(v, 251), edge(v, (v + 2) % 250);
    expect_as_drawn(options(GIGA_UNDIRECTED));
    begin();
    draw_random(250, 2500);
    for (uint64_t v = 0; v < 250; v++)
        edge(125, v);
    expect_as_drawn(options(GIGA_DIRECTED));
}

static void disconnected_parts_are_counted_each(void)
{
    begin();
    draw_clique(0, 70);
    draw_clique(100, 5);
    edge(200, 201), edge(202, 203), edge(203, 204), edge(204, 202);
    expect_as_drawn(options(GIGA_UNDIRECTED));
}

static void random_graphs_are_as_a_table_of_pairs_says(void)
{
    static const uint64_t vertices[] = {2, 5, 40, 200, 256, 256};
    static const uint64_t edges[] = {3, 12, 100, 800, 4000, 20000};

    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        giga_graph_opts opts = options(GIGA_UNDIRECTED);
        for (int directed = 0; directed < 2; directed++) {
            opts.direction = directed ? GIGA_DIRECTED : GIGA_UNDIRECTED;
            opts.keep_duplicates = i % 2;
            opts.keep_loops = i % 3 == 0;
            begin();
            draw_random(vertices[i], edges[i]);
            expect_as_drawn(opts);
        }
    }
}

/* ---- larger graphs: rows of the adjacency, read by rank 0 ---- */

static uint64_t *read_rows(const giga_graph *graph, uint64_t *starts)
{
    giga_graph_info info = giga_graph_get_info(graph);
    uint64_t *ends = malloc((info.arcs + 1) * sizeof *ends);

    starts[0] = 0;
    for (uint64_t v = 0; v < info.vertices; v++) {
        uint64_t degree = giga_graph_degree(graph, v);
        JOB_OK(giga_graph_neighbours(graph, v, 0, degree, ends + starts[v]));
        starts[v + 1] = starts[v] + degree;
    }
    return ends;
}

/* Closed paths of three edges, by marks: six for every triangle. */
static uint64_t count_by_marks(const giga_graph *graph)
{
    uint64_t n = giga_graph_get_info(graph).vertices, closed = 0;
    uint64_t *starts = malloc((n + 1) * sizeof *starts), *ends = read_rows(graph, starts);
    bool *marked = calloc(n, sizeof *marked);

    for (uint64_t u = 0; u < n; u++) {
        for (uint64_t i = starts[u]; i < starts[u + 1]; i++)
            marked[ends[i]] = true;
        for (uint64_t i = starts[u]; i < starts[u + 1]; i++) {
            for (uint64_t j = starts[ends[i]]; j < starts[ends[i] + 1]; j++)
                closed += marked[ends[j]];
        }
        for (uint64_t i = starts[u]; i < starts[u + 1]; i++)
            marked[ends[i]] = false;
    }
    free(marked);
    free(starts);
    free(ends);
    return closed / 6;
}

static void generated_graphs_are_as_marks_say(void)
{
    static const char *const names[] = {"kron:10", "kron:11:4", "kron:9:60", "uniform:11:20"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        giga_graph *graph = NULL;
        giga_array *values = NULL;
        uint64_t total = 0, again = 0;
        JOB_OK(giga_graph_open(names[i], NULL, &graph));
        JOB_OK(giga_graph_values(graph, 8, &values));
        JOB_OK(giga_triangles(graph, NULL, &total, NULL));
        CU_ASSERT(giga_rank() != 0 || total == count_by_marks(graph));
        JOB_OK(giga_triangles(graph, values, &again, NULL));
        CU_ASSERT_EQUAL(again, total);
        JOB_OK(giga_triangles_validate(graph, values, total));
        JOB_OK(giga_array_destroy(values));
        JOB_OK(giga_graph_close(graph));
    }
}

/* ---- wrong results ---- */

/* Add to the value of one vertex. */
static void corrupt(giga_array *count, uint64_t index, uint64_t by)
{
    uint64_t value = 0;

    if (giga_rank() == 0) {
        JOB_OK(giga_array_get(count, index, 1, &value));
        value += by;
        JOB_OK(giga_array_put(count, index, 1, &value));
    }
    JOB_OK(giga_barrier());
}

static void refused(giga_status status)
{
    CU_ASSERT_EQUAL(job_same(status), GIGA_ERR_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "law"));
}

static void wrong_counts_are_refused(void)
{
    giga_graph *graph = NULL;
    giga_array *count = NULL;
    uint64_t total = 0;

    JOB_OK(giga_graph_open("kron:7", NULL, &graph));
    JOB_OK(giga_graph_values(graph, 8, &count));
    JOB_OK(giga_triangles(graph, count, &total, NULL));
    uint64_t n = giga_graph_get_info(graph).vertices;
    for (uint64_t v = 0; v < n; v += 31) {
        corrupt(count, v, 1);
        refused(giga_triangles_validate(graph, count, total)); /* the sum */
        corrupt(count, v, UINT64_MAX);
    }
    corrupt(count, 2, 3);
    corrupt(count, 70, UINT64_MAX - 2);
    refused(giga_triangles_validate(graph, count, total)); /* a recount: the sum is right */
    corrupt(count, 2, UINT64_MAX - 2);
    corrupt(count, 70, 3);
    corrupt(count, 5, 3);
    refused(giga_triangles_validate(graph, count, total + 1)); /* the same */
    corrupt(count, 5, UINT64_MAX - 2);
    refused(giga_triangles_validate(graph, count, total + 1));
    refused(giga_triangles_validate(graph, NULL, total - 1));
    refused(giga_triangles_validate(graph, count, UINT64_MAX / 3 + total + 1));
    JOB_OK(giga_triangles_validate(graph, count, total));
    JOB_OK(giga_array_destroy(count));
    JOB_OK(giga_graph_close(graph));
}

/* In a graph of which only a part is recounted: the drawn pairs. */
static void a_total_that_is_far_off_is_refused(void)
{
    giga_graph *graph = NULL;
    uint64_t total = 0;

    JOB_OK(giga_graph_open("kron:14", NULL, &graph));
    JOB_OK(giga_triangles(graph, NULL, &total, NULL));
    JOB_OK(giga_triangles_validate(graph, NULL, total));
    refused(giga_triangles_validate(graph, NULL, total + total / 4));
    refused(giga_triangles_validate(graph, NULL, total - total / 4));
    refused(giga_triangles_validate(graph, NULL, 0));
    JOB_OK(giga_graph_close(graph));
}

static void replace(giga_array *coefficient, uint64_t index, double by, double *before)
{
    JOB_OK(giga_array_get(coefficient, index, 1, before));
    JOB_OK(giga_barrier());
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(coefficient, index, 1, &by));
    JOB_OK(giga_barrier());
}

static void wrong_coefficients_are_refused(void)
{
    static const double wrong[] = {-0.0625, 1.5, 1e-300, 0.123456789, NAN};
    giga_graph *graph = NULL;
    giga_array *coefficient = NULL;
    uint64_t index = 0;
    double right, found;

    begin();
    draw_random(60, 500);
    graph = finish(options(GIGA_DIRECTED));
    JOB_OK(giga_graph_values(graph, 8, &coefficient));
    JOB_OK(giga_lcc(graph, coefficient, NULL));
    JOB_OK(giga_graph_find(graph, 17, &index));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        replace(coefficient, index, wrong[i], &right);
        refused(giga_lcc_validate(graph, coefficient));
        replace(coefficient, index, right, &found);
    }
    double k = (double)neighbours_of(17); /* one arc more */
    replace(coefficient, index, right + 1 / (k * (k - 1)), &found);
    refused(giga_lcc_validate(graph, coefficient));
    replace(coefficient, index, right, &found);
    JOB_OK(giga_lcc_validate(graph, coefficient));
    JOB_OK(giga_array_destroy(coefficient));
    JOB_OK(giga_graph_close(graph));
}

static void arguments_that_make_no_sense_are_refused(void)
{
    giga_graph *graph = NULL;
    giga_array *small = NULL;
    uint64_t total = 0;

    begin();
    draw_clique(0, 5);
    graph = finish(options(GIGA_UNDIRECTED));
    JOB_OK(giga_graph_values(graph, 4, &small));
    CU_ASSERT_EQUAL(job_same(giga_triangles(graph, NULL, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_triangles(graph, small, &total, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_triangles_validate(graph, small, 10)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_lcc(graph, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_lcc_validate(graph, small)), GIGA_ERR_ARG);
    JOB_OK(giga_array_destroy(small));
    JOB_OK(giga_graph_close(graph));
}

static void the_account_has_the_steps_of_the_last_run(void)
{
    giga_graph *graph = NULL;
    uint64_t total = 0, steps = 0;

    JOB_OK(giga_graph_open("kron:8", NULL, &graph));
    JOB_OK(giga_triangles(graph, NULL, &total, NULL));
    const giga_step *step = giga_graph_account(graph, &steps);
    CU_ASSERT_EQUAL(steps, giga_nodes() > 1 ? 3 : 2);
    CU_ASSERT_STRING_EQUAL(step[0].what, "forward lists");
    CU_ASSERT_STRING_EQUAL(step[1].what, "near");
    JOB_OK(giga_graph_close(graph));
}

static void files_are_removed(void)
{
    CU_ASSERT(!path_is_mine || unlink(path) == 0);
}

int main(void)
{
    static const job_test tests[] = {
        JOB_LAW(an_empty_graph_has_none),
        JOB_LAW(one_vertex_with_a_loop_has_none),
        JOB_LAW(one_triangle_is_found_whatever_its_edges_look_like),
        JOB_LAW(a_clique_has_all_triangles),
        JOB_LAW(a_star_has_none_and_a_wheel_one_per_spoke),
        JOB_LAW(paths_grids_and_bipartite_graphs_have_none),
        JOB_LAW(hubs_at_any_place_of_the_order_are_right),
        JOB_LAW(disconnected_parts_are_counted_each),
        JOB_LAW(random_graphs_are_as_a_table_of_pairs_says),
        JOB_LAW(generated_graphs_are_as_marks_say),
        JOB_LAW(wrong_counts_are_refused),
        JOB_LAW(a_total_that_is_far_off_is_refused),
        JOB_LAW(wrong_coefficients_are_refused),
        JOB_LAW(arguments_that_make_no_sense_are_refused),
        JOB_LAW(the_account_has_the_steps_of_the_last_run),
        JOB_LAW(files_are_removed),
    };

    return JOB_RUN("triangles", tests);
}
