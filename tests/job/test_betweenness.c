/*
 * test_betweenness.c - betweenness centrality through <giga/algorithms.h>.
 *
 * Expected values are formulas (paths, stars, grids, layers), or come from a serial sum over
 * pairs, paths(s, v) * paths(v, t) / paths(s, t), which shares nothing with the algorithm; and
 * that bits do not depend on the number of ranks is held against a job of one rank.
 *
 * Files are written by rank 0 to a directory of its own, which is removed at the end.
 */
#include <giga/algorithms.h>
#include <giga/mpi.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

enum { MOST = 64 };

static char folder[64];
static bool folder_is_mine;

static const char *path(void)
{
    static char shown[128];

    if (!folder[0]) {
        if (giga_rank() == 0) {
            snprintf(folder, sizeof folder, "/tmp/giga-test-between-XXXXXX");
            folder_is_mine = mkdtemp(folder) != NULL;
        }
        giga_broadcast(folder, sizeof folder, 0);
    }
    snprintf(shown, sizeof shown, "%s/pairs", folder);
    return shown;
}

static void remove_files(void)
{
    char name[128];

    if (folder_is_mine) {
        snprintf(name, sizeof name, "%s/pairs", folder);
        remove(name);
        rmdir(folder);
    }
}

/* A graph of pairs of ids, loops and duplicates dropped. */
static giga_graph *open_pairs(const uint32_t *pairs, size_t count, giga_direction direction)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    giga_graph *graph = NULL;
    const char *name = path();

    if (giga_rank() == 0) {
        FILE *file = fopen(name, "wb");
        CU_ASSERT_PTR_NOT_NULL(file);
        if (file) {
            CU_ASSERT_EQUAL(fwrite(pairs, 8, count, file), count);
            if (count == 0) /* as text */
                fputs("# nothing here\n", file);
            fclose(file);
        }
    }
    JOB_OK(giga_barrier());
    opts.direction = direction;
    opts.format = count > 0 ? GIGA_FORMAT_BINARY32 : GIGA_FORMAT_EDGE_LIST;
    CU_ASSERT_EQUAL(job_same(giga_graph_open(name, &opts, &graph)), GIGA_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    return graph;
}

static giga_betweenness_opts defaults(void)
{
    return (giga_betweenness_opts)GIGA_BETWEENNESS_OPTS_INIT;
}

/* Run, validate, and read the value of the vertex with id i into values[i]. */
static giga_array *run(giga_graph *graph, const giga_betweenness_opts *opts, double *values,
                       uint64_t ids)
{
    giga_array *array = NULL;
    uint64_t index;

    JOB_OK(giga_graph_values(graph, 8, &array));
    CU_ASSERT_EQUAL(job_same(giga_betweenness(graph, opts, array, NULL)), GIGA_OK);
    giga_status status = job_same(giga_betweenness_validate(graph, opts, array));
    CU_ASSERT_EQUAL(status, GIGA_OK);
    if (status != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
    for (uint64_t id = 0; id < ids; id++) {
        values[id] = -1.0; /* no such vertex */
        if (giga_graph_find(graph, id, &index) == GIGA_OK)
            JOB_OK(giga_array_get(array, index, 1, &values[id]));
    }
    JOB_OK(giga_barrier());
    return array;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(1.0, fabs(b));
}

/* ---- formulas ---- */

static void a_path_has_the_products_of_what_lies_on_both_sides(void)
{
    enum { N = 40 };
    uint32_t pairs[2 * (N - 1)];
    double values[N];

    for (uint32_t i = 0; i + 1 < N; i++) {
        pairs[2 * i] = i;
        pairs[2 * i + 1] = i + 1;
    }
    for (int directed = 0; directed < 2; directed++) {
        giga_graph *graph = open_pairs(pairs, N - 1, directed ? GIGA_DIRECTED : GIGA_UNDIRECTED);
        giga_betweenness_opts opts = defaults();
        JOB_OK(giga_array_destroy(run(graph, NULL, values, N)));
        for (int i = 0; i < N; i++)
            CU_ASSERT_EQUAL(values[i], (double)(i * (N - 1 - i)));
        opts.normalised = true;
        JOB_OK(giga_array_destroy(run(graph, &opts, values, N)));
        for (int i = 0; i < N; i++)
            CU_ASSERT_TRUE(near(values[i], (directed ? 1.0 : 2.0) * i * (N - 1 - i) /
                                               ((N - 1.0) * (N - 2.0))));
        opts = defaults();
        opts.semantics = GIGA_SEMANTICS_GAP;
        JOB_OK(giga_array_destroy(run(graph, &opts, values, N)));
        CU_ASSERT_EQUAL(values[N / 2], 1.0);
        CU_ASSERT_TRUE(near(values[1], (N - 2.0) / (N / 2 * (N - 1 - N / 2))));
        JOB_OK(giga_graph_close(graph));
    }
}

static void a_star_has_all_pairs_in_its_middle(void)
{
    enum { N = 50 };
    uint32_t pairs[2 * (N - 1)];
    double values[N];

    for (uint32_t i = 0; i + 1 < N; i++) {
        pairs[2 * i] = 7;
        pairs[2 * i + 1] = i < 7 ? i : i + 1;
    }
    giga_graph *graph = open_pairs(pairs, N - 1, GIGA_UNDIRECTED);
    JOB_OK(giga_array_destroy(run(graph, NULL, values, N)));
    for (int i = 0; i < N; i++)
        CU_ASSERT_EQUAL(values[i], i == 7 ? (N - 1) * (N - 2) / 2.0 : 0.0);
    JOB_OK(giga_graph_close(graph));
}

/* Every vertex of a layer is joined to all of the next: 32^210 paths, more than a double holds.
 * From a vertex before the first, a vertex has behind it its share of each later layer. */
static void numbers_of_paths_may_exceed_doubles(void)
{
    enum { WIDTH = 32, LAYERS = 210, EDGES = WIDTH + (LAYERS - 1) * WIDTH * WIDTH };
    enum { N = 1 + WIDTH * LAYERS };
    uint32_t *pairs = malloc(2 * EDGES * sizeof *pairs), *to = pairs;
    double *values = malloc(N * sizeof *values);
    uint64_t source, wrong = 0;

    for (uint32_t i = 0; i < WIDTH; i++) {
        *to++ = 0;
        *to++ = 1 + i;
    }
    for (uint32_t k = 0; k < (LAYERS - 1) * WIDTH * WIDTH; k++) {
        uint32_t layer = k / (WIDTH * WIDTH);
        *to++ = 1 + layer * WIDTH + k / WIDTH % WIDTH;
        *to++ = 1 + (layer + 1) * WIDTH + k % WIDTH;
    }
    for (int directed = 0; directed < 2; directed++) {
        giga_graph *graph = open_pairs(pairs, EDGES, directed ? GIGA_DIRECTED : GIGA_UNDIRECTED);
        giga_betweenness_opts opts = defaults();
        JOB_OK(giga_graph_find(graph, 0, &source));
        opts.sources = &source;
        opts.source_count = 1;
        JOB_OK(giga_array_destroy(run(graph, &opts, values, N)));
        for (uint32_t v = 1; v < N; v++) {
            double behind = LAYERS - 1 - (v - 1) / WIDTH;
            wrong += !near(values[v], directed ? behind : behind / 2);
        }
        JOB_OK(giga_graph_close(graph));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(pairs);
    free(values);
}

/*
 * From the corner of a grid there are C(i + j, i) shortest paths to (i, j), which differ within
 * a level by any factor. Of those to (i + 1, j) the share (i + 1) / (i + j + 1) comes by (i, j):
 * so dependencies are known without any number of paths.
 */
static void check_grid(uint32_t side)
{
    uint32_t *pairs = malloc(4 * (size_t)side * side * sizeof *pairs), *to = pairs;
    double *expected = calloc((size_t)(side + 1) * (side + 1), sizeof *expected);
    double *values = malloc((size_t)side * side * sizeof *values);
    uint64_t source, wrong = 0;
    giga_betweenness_opts opts = defaults();

    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            uint32_t v = i * side + j;
            if (i + 1 < side) {
                *to++ = v;
                *to++ = v + side;
            }
            if (j + 1 < side) {
                *to++ = v;
                *to++ = v + 1;
            }
        }
    }
    giga_graph *graph = open_pairs(pairs, (size_t)(to - pairs) / 2, GIGA_UNDIRECTED);
    JOB_OK(giga_graph_find(graph, 0, &source));
    opts.sources = &source;
    opts.source_count = 1;
    JOB_OK(giga_array_destroy(run(graph, &opts, values, (uint64_t)side * side)));
    for (uint32_t i = side; i-- > 0;) {
        for (uint32_t j = side; j-- > 0;) {
            double sum = 0, all = i + j + 1.0, *at = &expected[i * (side + 1) + j];
            if (i + 1 < side)
                sum += (i + 1) / all * (1 + at[side + 1]);
            if (j + 1 < side)
                sum += (j + 1) / all * (1 + at[1]);
            *at = sum;
            wrong += i + j > 0 && !near(values[i * side + j], sum / 2);
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_graph_close(graph));
    free(pairs);
    free(expected);
    free(values);
}

static void a_grid_has_what_binomials_say(void)
{
    bool quick = giga_nodes() > 1 || giga_size() > 2; /* more ranks than cores: many barriers */

    check_grid(5);
    check_grid(quick ? 140 : 600); /* up to C(278, 139) = 2^274, or 2^1193 */
}

/* ---- against sums over pairs ---- */

/* A small graph as a matrix, with distances and numbers of paths of all pairs. */
typedef struct small {
    uint64_t n;
    bool arc[MOST][MOST];
    int distance[MOST][MOST];   /* -1: none */
    double paths[MOST][MOST];
} small;

static void measure(small *g)
{
    for (uint64_t s = 0; s < g->n; s++) {
        for (uint64_t v = 0; v < g->n; v++) {
            g->distance[s][v] = v == s ? 0 : -1;
            g->paths[s][v] = v == s;
        }
        for (int d = 0; d < (int)g->n; d++) {
            for (uint64_t u = 0; u < g->n; u++) {
                for (uint64_t v = 0; v < g->n && g->distance[s][u] == d; v++) {
                    if (!g->arc[u][v] || u == v || (g->distance[s][v] >= 0 && g->distance[s][v] <= d))
                        continue;
                    g->distance[s][v] = d + 1;
                    g->paths[s][v] += g->paths[s][u];
                }
            }
        }
    }
}

static double by_pairs(const small *g, uint64_t s, uint64_t v)
{
    double sum = 0;

    for (uint64_t t = 0; t < g->n; t++) {
        if (t == s || t == v || s == v || g->distance[s][t] < 0 || g->distance[s][v] < 0 ||
            g->distance[v][t] < 0 || g->distance[s][v] + g->distance[v][t] != g->distance[s][t])
            continue;
        sum += g->paths[s][v] * g->paths[v][t] / g->paths[s][t];
    }
    return sum;
}

static giga_graph *random_graph(small *g, uint32_t n, uint32_t edges, bool directed)
{
    uint32_t pairs[8 * MOST];

    memset(g, 0, sizeof *g);
    g->n = n;
    for (uint32_t i = 0; i < edges; i++) {
        pairs[2 * i] = (uint32_t)job_below(&job_everywhere, n);
        pairs[2 * i + 1] = (uint32_t)job_below(&job_everywhere, n);
        g->arc[pairs[2 * i]][pairs[2 * i + 1]] = true;
        if (!directed)
            g->arc[pairs[2 * i + 1]][pairs[2 * i]] = true;
    }
    measure(g);
    return open_pairs(pairs, edges, directed ? GIGA_DIRECTED : GIGA_UNDIRECTED);
}

/* What `count` sources (ids) give to each vertex, times `scale`. */
static void expect(const small *g, const uint64_t *sources, uint64_t count, double scale,
                   const double *values)
{
    uint64_t wrong = 0;

    for (uint64_t v = 0; v < g->n; v++) {
        double sum = 0;
        for (uint64_t i = 0; i < count; i++)
            sum += by_pairs(g, sources ? sources[i] : i, v);
        wrong += values[v] >= 0 && !near(values[v], sum * scale);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void values_are_those_of_sums_over_pairs(void)
{
    static const uint32_t shapes[][2] = {{1, 1}, {2, 1}, {3, 4}, {9, 12}, {24, 25}, {40, 130}};
    static small g;
    double values[MOST];

    for (size_t k = 0; k < 2 * sizeof shapes / sizeof *shapes; k++) {
        bool directed = k % 2;
        giga_graph *graph = random_graph(&g, shapes[k / 2][0], shapes[k / 2][1], directed);
        JOB_OK(giga_array_destroy(run(graph, NULL, values, g.n)));
        expect(&g, NULL, g.n, directed ? 1.0 : 0.5, values);
        JOB_OK(giga_graph_close(graph));
    }
}

static void listed_sources_count_as_often_as_they_stand_there(void)
{
    static small g;
    uint64_t ids[4] = {3, 17, 3, 29}, indices[4], known = 0;
    double values[MOST];

    for (int directed = 0; directed < 2; directed++) {
        giga_graph *graph = random_graph(&g, 40, 120, directed);
        giga_betweenness_opts opts = defaults();
        known = 0;
        for (int i = 0; i < 4; i++) {
            if (giga_graph_find(graph, ids[i], &indices[known]) == GIGA_OK)
                ids[known++] = ids[i];
        }
        opts.sources = indices;
        opts.source_count = known;
        JOB_OK(giga_array_destroy(run(graph, &opts, values, g.n)));
        expect(&g, ids, known, directed ? 1.0 : 0.5, values);
        opts.source_count = 0; /* from nowhere there is nothing */
        JOB_OK(giga_array_destroy(run(graph, &opts, values, g.n)));
        expect(&g, ids, 0, 1.0, values);
        JOB_OK(giga_graph_close(graph));
    }
}

/* Of samples it is only known that they are vertices, and as many as were asked for: then
 * as many as there are is exact, and a seed gives the same ones again. */
static void samples_are_of_vertices_and_repeat(void)
{
    static small g;
    double values[MOST], again[MOST], other[MOST];
    giga_graph *graph = random_graph(&g, 60, 240, false);
    uint64_t n = giga_graph_get_info(graph).vertices;
    giga_betweenness_opts opts = defaults();

    opts.samples = 1000;
    JOB_OK(giga_array_destroy(run(graph, &opts, values, g.n)));
    expect(&g, NULL, g.n, 0.5, values);
    opts.samples = 5;
    opts.seed = 9;
    JOB_OK(giga_array_destroy(run(graph, &opts, values, g.n)));
    JOB_OK(giga_array_destroy(run(graph, &opts, again, g.n)));
    CU_ASSERT_EQUAL(memcmp(values, again, g.n * sizeof *values), 0);
    opts.seed = 10;
    JOB_OK(giga_array_destroy(run(graph, &opts, other, g.n)));
    CU_ASSERT_NOT_EQUAL(memcmp(values, other, g.n * sizeof *values), 0);
    double sum = 0, all = 0; /* of five sources, times n / 5, halved */
    for (uint64_t v = 0; v < g.n; v++)
        sum += values[v] > 0 ? values[v] : 0;
    for (uint64_t s = 0; s < g.n; s++) /* which are less than all */
        for (uint64_t v = 0; v < g.n; v++)
            all += by_pairs(&g, s, v);
    CU_ASSERT_TRUE(sum > 0 && sum < all * (double)n / 5 / 2);
    JOB_OK(giga_graph_close(graph));
}

/* ---- the same bits ---- */

enum { SCALE9 = 512 };

static const char *const MODELS[] = {"kron:9", "uniform:9:3"};
static double alone[2][SCALE9];

static bool study(const char *name, double *values)
{
    giga_graph_opts open = GIGA_GRAPH_OPTS_INIT;
    giga_betweenness_opts opts = defaults();
    giga_graph *graph;
    giga_array *array;

    open.direction = GIGA_UNDIRECTED;
    opts.samples = 20;
    bool good = giga_graph_open(name, &open, &graph) == GIGA_OK &&
                giga_graph_values(graph, 8, &array) == GIGA_OK &&
                giga_betweenness(graph, &opts, array, NULL) == GIGA_OK && giga_barrier() == GIGA_OK;
    for (uint64_t id = 0; id < SCALE9 && good; id++) {
        uint64_t index;
        good = giga_graph_find(graph, id, &index) == GIGA_OK &&
               giga_array_get(array, index, 1, &values[id]) == GIGA_OK;
    }
    return good && giga_barrier() == GIGA_OK && giga_graph_close(graph) == GIGA_OK &&
           giga_array_destroy(array) == GIGA_OK;
}

static void bits_do_not_depend_on_the_ranks(void)
{
    double together[SCALE9];

    for (size_t k = 0; k < 2; k++) {
        CU_ASSERT_TRUE(study(MODELS[k], together));
        CU_ASSERT_EQUAL(memcmp(together, alone[k], sizeof together), 0);
    }
}

/* ---- what is wrong ---- */

static void put_one(giga_array *to, uint64_t index, double value)
{
    JOB_OK(giga_barrier());
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(to, index, 1, &value));
    JOB_OK(giga_barrier());
}

static int judge(giga_graph *graph, const giga_betweenness_opts *opts, const giga_array *values)
{
    return job_same(giga_betweenness_validate(graph, opts, values));
}

static void wrong_values_are_refused(void)
{
    static small g;
    double values[MOST];
    giga_graph *graph = random_graph(&g, 60, 150, false);
    uint64_t a = 0, b = 0;

    for (int gap = 0; gap < 2; gap++) {
        giga_betweenness_opts opts = defaults();
        opts.semantics = gap ? GIGA_SEMANTICS_GAP : GIGA_SEMANTICS_NETWORKX;
        opts.samples = 7; /* the check runs often */
        giga_array *array = run(graph, &opts, values, g.n);
        for (uint64_t id = 0; id < g.n; id++) { /* two that differ, neither the largest */
            if (values[id] > 0 && values[id] < 1 + 1e9 * !gap && values[id] > values[a])
                a = id;
        }
        for (uint64_t id = 0; id < g.n; id++) {
            if (id != a && values[id] > 0 && values[id] < values[a])
                b = id;
        }
        uint64_t at_a, at_b;
        JOB_OK(giga_graph_find(graph, a, &at_a));
        JOB_OK(giga_graph_find(graph, b, &at_b));
        CU_ASSERT_TRUE(values[a] > values[b] && values[b] > 0);
        const double wrong[] = {values[b] * (1 + 1e-6), values[b] * (1 - 1e-6), 0.0, -values[b],
                                (double)NAN, (double)INFINITY};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            put_one(array, at_b, wrong[i]);
            CU_ASSERT_EQUAL(judge(graph, &opts, array), GIGA_ERR_INVALID);
        }
        put_one(array, at_a, values[b]); /* changed places: the sum is right */
        put_one(array, at_b, values[a]);
        CU_ASSERT_EQUAL(judge(graph, &opts, array), GIGA_ERR_INVALID);
        put_one(array, at_a, values[a]);
        put_one(array, at_b, values[b]);
        CU_ASSERT_EQUAL(judge(graph, &opts, array), GIGA_OK);
        opts.samples = 6; /* of other sources */
        CU_ASSERT_EQUAL(judge(graph, &opts, array), GIGA_ERR_INVALID);
        JOB_OK(giga_array_destroy(array));
    }
    JOB_OK(giga_graph_close(graph));
}

static void scaled_values_are_refused(void)
{
    uint32_t pairs[] = {0, 1, 1, 2, 2, 3, 3, 4};
    double values[5];
    giga_graph *graph = open_pairs(pairs, 4, GIGA_UNDIRECTED);

    for (int gap = 0; gap < 2; gap++) {
        giga_betweenness_opts opts = defaults();
        opts.semantics = gap ? GIGA_SEMANTICS_GAP : GIGA_SEMANTICS_NETWORKX;
        giga_array *array = run(graph, &opts, values, 5);
        for (uint64_t id = 0; id < 5; id++) {
            uint64_t index;
            JOB_OK(giga_graph_find(graph, id, &index));
            put_one(array, index, values[id] / 2);
        }
        CU_ASSERT_EQUAL(judge(graph, &opts, array), GIGA_ERR_INVALID);
        JOB_OK(giga_array_destroy(array));
    }
    JOB_OK(giga_graph_close(graph));
}

static void options_that_make_no_sense_are_refused(void)
{
    uint32_t pairs[] = {0, 1, 1, 2};
    giga_graph *graph = open_pairs(pairs, 2, GIGA_UNDIRECTED);
    uint64_t source = 3;
    giga_array *good, *narrow;
    giga_betweenness_opts all[6];

    JOB_OK(giga_graph_values(graph, 8, &good));
    JOB_OK(giga_graph_values(graph, 4, &narrow));
    for (int i = 0; i < 6; i++)
        all[i] = defaults();
    all[0].semantics = GIGA_SEMANTICS_LDBC;
    all[1].semantics = GIGA_SEMANTICS_GAP;
    all[1].normalised = true;
    all[2].sources = &source; /* no such vertex */
    all[2].source_count = 1;
    all[3].source_count = 1;
    all[4].struct_bytes = 8;
    all[5].sources = &source;
    all[5].samples = 1;
    for (int i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(job_same(giga_betweenness(graph, &all[i], good, NULL)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(judge(graph, &all[i], good), GIGA_ERR_ARG);
    }
    CU_ASSERT_EQUAL(job_same(giga_betweenness(graph, NULL, narrow, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_betweenness(graph, NULL, NULL, NULL)), GIGA_ERR_ARG);
    JOB_OK(giga_array_destroy(good));
    JOB_OK(giga_array_destroy(narrow));
    JOB_OK(giga_graph_close(graph));
}

static void graphs_without_edges_or_vertices_work(void)
{
    uint32_t loop[] = {5, 5};
    double values[6];
    giga_run_stats stats = {.steps = 9};
    giga_array *array;
    giga_graph *graph = open_pairs(loop, 1, GIGA_UNDIRECTED);

    JOB_OK(giga_array_destroy(run(graph, NULL, values, 6)));
    CU_ASSERT_EQUAL(values[5], 0.0);
    JOB_OK(giga_graph_close(graph));
    graph = open_pairs(loop, 0, GIGA_UNDIRECTED);
    JOB_OK(giga_graph_values(graph, 8, &array));
    CU_ASSERT_EQUAL(job_same(giga_betweenness(graph, NULL, array, &stats)), GIGA_OK);
    CU_ASSERT_EQUAL(stats.steps, 0);
    CU_ASSERT_EQUAL(judge(graph, NULL, array), GIGA_OK);
    JOB_OK(giga_array_destroy(array));
    JOB_OK(giga_graph_close(graph));
}

/* Before the job of all ranks, each rank is a job of its own. */
static int study_alone(void)
{
    if (giga_init_comm(MPI_COMM_SELF, NULL) != GIGA_OK)
        return 2;
    for (size_t k = 0; k < 2; k++) {
        if (!study(MODELS[k], alone[k]))
            return 2;
    }
    return giga_fini();
}

int main(int argc, char **argv)
{
    static const job_test tests[] = {
        JOB_LAW(a_path_has_the_products_of_what_lies_on_both_sides),
        JOB_LAW(a_star_has_all_pairs_in_its_middle),
        JOB_LAW(numbers_of_paths_may_exceed_doubles),
        JOB_LAW(a_grid_has_what_binomials_say),
        JOB_LAW(values_are_those_of_sums_over_pairs),
        JOB_LAW(listed_sources_count_as_often_as_they_stand_there),
        JOB_LAW(samples_are_of_vertices_and_repeat),
        JOB_LAW(bits_do_not_depend_on_the_ranks),
        JOB_LAW(wrong_values_are_refused),
        JOB_LAW(scaled_values_are_refused),
        JOB_LAW(options_that_make_no_sense_are_refused),
        JOB_LAW(graphs_without_edges_or_vertices_work),
    };

    int provided;

    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
    int status = study_alone();
    if (status != 0)
        fprintf(stderr, "a job of one rank: %s\n", giga_error());
    else
        status = JOB_RUN("betweenness", tests);
    remove_files();
    MPI_Finalize();
    return status;
}
