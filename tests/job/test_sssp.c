/*
 * test_sssp.c - shortest paths, their validator, and generated weights.
 *
 * Runs at 1, 3 and 5 ranks on one node, 2 and 3 on nodes of one, 5 on nodes of two. Expected distances
 * come from a serial Bellman-Ford over the edge list that the test itself has written; random
 * numbers of the generators from the library Random123.
 *
 * Files are written by rank 0 to a directory of its own, which is removed at the end.
 */
#include <Random123/philox.h>
#include <giga/algorithms.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

enum { VERTICES_MAX = 400, EDGES_MAX = 6000 };

typedef struct edge {
    uint64_t u, v;
    double weight;
} edge;

typedef struct edge_list {
    uint64_t n, count;          /* ids are 10 * vertex + 3 */
    bool directed, weighted;
    edge edges[EDGES_MAX];
} edge_list;

static edge_list list;

static uint64_t id_of(uint64_t vertex)
{
    return 10 * vertex + 3;
}

/* ---- files ---- */

static char folder[64];

static const char *path(const char *name)
{
    static char shown[128];

    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/giga-test-sssp-XXXXXX");
        if (giga_rank() == 0)
            CU_ASSERT_PTR_NOT_NULL(mkdtemp(folder));
        giga_broadcast(folder, sizeof folder, 0);
    }
    snprintf(shown, sizeof shown, "%s/%s", folder, name);
    return shown;
}

/* All vertices exist, with or without edges. */
static void write_list(const edge_list *l)
{
    if (giga_rank() == 0) {
        FILE *file = fopen(path("g.v"), "w");
        for (uint64_t v = 0; v < l->n; v++)
            fprintf(file, "%" PRIu64 "\n", id_of(v));
        fclose(file);
        file = fopen(path("g.e"), "w");
        for (uint64_t i = 0; i < l->count; i++) {
            fprintf(file, "%" PRIu64 " %" PRIu64, id_of(l->edges[i].u), id_of(l->edges[i].v));
            if (l->weighted)
                fprintf(file, " %.17g", l->edges[i].weight);
            fprintf(file, "\n");
        }
        fclose(file);
    } else {
        path("g.v"); /* its broadcast */
    }
    JOB_OK(giga_barrier());
}

static void remove_files(void)
{
    static const char *const names[] = {"g.v", "g.e"};

    for (size_t i = 0; i < 2 && giga_rank() == 0 && folder[0]; i++)
        unlink(path(names[i]));
    if (giga_rank() == 0 && folder[0])
        rmdir(folder);
}

static giga_graph *open_list(const edge_list *l, bool keep)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    giga_graph *graph = NULL;

    opts.direction = l->directed ? GIGA_DIRECTED : GIGA_UNDIRECTED;
    opts.keep_loops = opts.keep_duplicates = keep;
    write_list(l);
    if (job_same(giga_graph_open(path("g.e"), &opts, &graph)) != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    return graph;
}

/* ---- the serial reference ---- */

static void bellman_ford(const edge_list *l, uint64_t source, double *distance)
{
    bool changed = true;

    for (uint64_t v = 0; v < l->n; v++)
        distance[v] = INFINITY;
    distance[source] = 0;
    while (changed) {
        changed = false;
        for (uint64_t i = 0; i < l->count; i++) {
            const edge *e = &l->edges[i];
            double w = l->weighted ? e->weight : 1.0;
            if (distance[e->u] + w < distance[e->v]) {
                distance[e->v] = distance[e->u] + w;
                changed = true;
            }
            if (!l->directed && distance[e->v] + w < distance[e->u]) {
                distance[e->u] = distance[e->v] + w;
                changed = true;
            }
        }
    }
}

/* ---- comparing ---- */

typedef struct arrays {
    giga_array *distance, *parent;
} arrays;

static arrays make_arrays(const giga_graph *graph)
{
    arrays a;

    JOB_OK(giga_graph_values(graph, sizeof(double), &a.distance));
    JOB_OK(giga_graph_values(graph, sizeof(uint64_t), &a.parent));
    return a;
}

static void destroy_arrays(arrays a)
{
    JOB_OK(giga_array_destroy(a.distance));
    JOB_OK(giga_array_destroy(a.parent));
}

static double distance_at(arrays a, uint64_t index)
{
    double value = NAN;

    JOB_OK(giga_array_get(a.distance, index, 1, &value));
    return value;
}

static uint64_t index_of(const giga_graph *graph, uint64_t vertex)
{
    uint64_t index = UINT64_MAX;

    JOB_OK(giga_graph_find(graph, id_of(vertex), &index));
    return index;
}

/* Every rank looks at every vertex. */
static void expect_distances(const giga_graph *graph, arrays a, uint64_t n, const double *expected)
{
    uint64_t wrong = 0;

    for (uint64_t v = 0; v < n; v++) {
        double found = distance_at(a, index_of(graph, v));
        wrong += memcmp(&found, &expected[v], sizeof found) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void expect_valid(giga_graph *graph, uint64_t source, arrays a, bool parents)
{
    int status = job_same(giga_sssp_validate(graph, source, a.distance, parents ? a.parent : NULL));

    CU_ASSERT_EQUAL(status, GIGA_OK);
    if (status != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
}

static void expect_list(const edge_list *l, uint64_t source, double delta)
{
    static double expected[VERTICES_MAX];
    giga_sssp_opts opts = GIGA_SSSP_OPTS_INIT;
    giga_graph *graph = open_list(l, delta > 1);
    arrays a = make_arrays(graph);
    uint64_t from = index_of(graph, source);
    giga_run_stats stats;

    opts.delta = delta;
    bellman_ford(l, source, expected);
    JOB_OK(job_same(giga_sssp(graph, from, &opts, a.distance, a.parent, &stats)));
    expect_distances(graph, a, l->n, expected);
    expect_valid(graph, from, a, true);
    expect_valid(graph, from, a, false);
    JOB_OK(job_same(giga_sssp(graph, from, NULL, a.distance, NULL, NULL))); /* again, memory in use */
    expect_distances(graph, a, l->n, expected);
    destroy_arrays(a);
    JOB_OK(giga_graph_close(graph));
}

typedef enum kind { INTEGERS, REALS, ZEROS, ALL_ZERO, SPREAD, EQUAL, KINDS } kind;

static double random_weight(kind k)
{
    uint64_t random = job_next(&job_everywhere);
    double real = (double)(random >> 11) * 0x1p-53;

    switch (k) {
    case INTEGERS: return 1 + (double)(random % 255);
    case REALS: return real;
    case ZEROS: return random % 3 ? real : 0;
    case ALL_ZERO: return 0;
    case SPREAD: return ldexp(real, (int)(random % 120) - 80);
    case EQUAL: return 0.1;
    case KINDS: break;
    }
    return NAN;
}

static void fill_random(uint64_t n, uint64_t count, kind k, bool directed)
{
    list.n = n;
    list.count = count;
    list.directed = directed;
    list.weighted = true;
    for (uint64_t i = 0; i < count; i++)
        list.edges[i] = (edge){job_below(&job_everywhere, n), job_below(&job_everywhere, n),
                               random_weight(k)};
}

static void distances_equal_bellman_ford_on_random_graphs(void)
{
    static const struct {
        uint64_t n, count;
        double delta;
    } sizes[] = {{40, 50, 0}, {300, 700, 0}, {200, 3000, 0}, {60, 900, 0.01}, {150, 5000, 50}};

    for (int k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            fill_random(sizes[i].n, sizes[i].count, (kind)k, (i + (size_t)k) % 2);
            expect_list(&list, job_below(&job_everywhere, sizes[i].n), sizes[i].delta);
        }
    }
}

static void without_weights_an_arc_counts_one(void)
{
    for (int directed = 0; directed < 2; directed++) {
        fill_random(300, 500, EQUAL, directed);
        list.weighted = false;
        expect_list(&list, 7, 0);
    }
}

/* Weights of 0 in a row, one after the other, and in circles; a heavy way round them. */
static void ways_of_weight_zero_are_followed_to_their_end(void)
{
    for (int directed = 0; directed < 2; directed++) {
        list = (edge_list){.n = 200, .directed = directed, .weighted = true};
        for (uint64_t v = 0; v + 1 < 150; v++) {
            list.edges[list.count++] = (edge){v, v + 1, 0};
            list.edges[list.count++] = (edge){0, v + 1, 1e-300};
        }
        list.edges[list.count++] = (edge){149, 20, 0};
        list.edges[list.count++] = (edge){149, 150, 1e300};
        list.edges[list.count++] = (edge){150, 151, 1}; /* lost in rounding */
        list.edges[list.count++] = (edge){151, 152, 0};
        list.edges[list.count++] = (edge){160, 161, 0}; /* never reached */
        expect_list(&list, 0, 0);
        expect_list(&list, 5, 0);
    }
}

static void a_star_a_path_and_a_clique(void)
{
    list = (edge_list){.n = 300, .weighted = true};
    for (uint64_t v = 1; v < 300; v++)
        list.edges[list.count++] = (edge){0, v, (double)v};
    expect_list(&list, 0, 0);
    expect_list(&list, 299, 0);
    list.count = 0;
    for (uint64_t v = 1; v < 300; v++)
        list.edges[list.count++] = (edge){v - 1, v, 1.0 / (double)v};
    expect_list(&list, 0, 0);
    expect_list(&list, 150, 1e-6);
    list = (edge_list){.n = 60, .weighted = true};
    for (uint64_t u = 0; u < 60; u++)
        for (uint64_t v = 0; v < u; v++)
            list.edges[list.count++] = (edge){u, v, (double)((u * v) % 50 + 1)};
    expect_list(&list, 59, 0);
}

static void graphs_smaller_than_the_job(void)
{
    list = (edge_list){.n = 1, .weighted = true};
    expect_list(&list, 0, 0);
    list = (edge_list){.n = 2, .count = 2, .directed = true, .weighted = true,
                       .edges = {{1, 0, 2.5}, {0, 0, 1}}};
    expect_list(&list, 1, 0);
    expect_list(&list, 0, 2);
}

/* Parents are the lightest tight arcs: the same ids at every number of ranks, here by hand. */
static void a_parent_comes_by_the_lightest_arc(void)
{
    list = (edge_list){.n = 5, .count = 6, .weighted = true,
                       .edges = {{0, 1, 1}, {0, 2, 2}, {1, 3, 3}, {2, 3, 2}, {0, 3, 4}, {3, 4, 0}}};
    static const uint64_t parents[] = {0, 0, 0, 2, 3};
    giga_graph *graph = open_list(&list, false);
    arrays a = make_arrays(graph);

    JOB_OK(job_same(giga_sssp(graph, index_of(graph, 0), NULL, a.distance, a.parent, NULL)));
    for (uint64_t v = 0; v < 5; v++) {
        uint64_t parent = UINT64_MAX;
        JOB_OK(giga_array_get(a.parent, index_of(graph, v), 1, &parent));
        CU_ASSERT_EQUAL(parent, index_of(graph, parents[v]));
    }
    destroy_arrays(a);
    JOB_OK(giga_graph_close(graph));
}

/* ---- what is refused ---- */

static void negative_weights_are_refused_with_their_arc(void)
{
    list = (edge_list){.n = 4, .count = 3, .directed = true, .weighted = true,
                       .edges = {{0, 1, 1}, {2, 3, -0.5}, {1, 2, -0.0}}};
    giga_graph *graph = open_list(&list, false);
    arrays a = make_arrays(graph);

    CU_ASSERT_EQUAL(job_same(giga_sssp(graph, 0, NULL, a.distance, NULL, NULL)), GIGA_ERR_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "from 23 to 33 is -0.5"));
    CU_ASSERT_EQUAL(job_same(giga_sssp_prepare(graph)), GIGA_ERR_INVALID);
    destroy_arrays(a);
    JOB_OK(giga_graph_close(graph));
}

static void arguments_that_make_no_sense_are_refused(void)
{
    list = (edge_list){.n = 4, .count = 1, .weighted = true, .edges = {{0, 1, 1}}};
    giga_graph *graph = open_list(&list, false);
    arrays a = make_arrays(graph);
    giga_sssp_opts opts = GIGA_SSSP_OPTS_INIT;

    CU_ASSERT_EQUAL(job_same(giga_sssp(graph, 4, NULL, a.distance, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_sssp(graph, 0, NULL, NULL, NULL, NULL)), GIGA_ERR_ARG);
    opts.delta = -1;
    CU_ASSERT_EQUAL(job_same(giga_sssp(graph, 0, &opts, a.distance, NULL, NULL)), GIGA_ERR_ARG);
    opts.delta = NAN;
    CU_ASSERT_EQUAL(job_same(giga_sssp(graph, 0, &opts, a.distance, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_sssp_validate(graph, 9, a.distance, NULL)), GIGA_ERR_ARG);
    destroy_arrays(a);
    JOB_OK(giga_graph_close(graph));
}

/* ---- the validator ---- */

static void put_one(giga_array *values, uint64_t index, const void *value)
{
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(values, index, 1, value));
    JOB_OK(giga_barrier());
}

static void expect_caught(giga_graph *graph, uint64_t source, arrays a, bool parents, const char *law)
{
    CU_ASSERT_EQUAL(job_same(giga_sssp_validate(graph, source, a.distance, parents ? a.parent : NULL)),
                    GIGA_ERR_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), law));
}

static void the_validator_catches_a_distance_that_is_off_by_a_bit(void)
{
    for (int directed = 0; directed < 2; directed++) {
        fill_random(100, 2500, REALS, directed);
        giga_graph *graph = open_list(&list, false);
        arrays a = make_arrays(graph);
        uint64_t from = index_of(graph, 0), at = index_of(graph, 50);
        JOB_OK(job_same(giga_sssp(graph, from, NULL, a.distance, a.parent, NULL)));
        double good = distance_at(a, at), more = nextafter(good, INFINITY), less = nextafter(good, 0);
        JOB_OK(giga_barrier());
        put_one(a.distance, at, &more);
        expect_caught(graph, from, a, false, "law");
        expect_caught(graph, from, a, true, "law");
        put_one(a.distance, at, &less);
        expect_caught(graph, from, a, false, "exactly the distance");
        put_one(a.distance, at, &(double){INFINITY});
        expect_caught(graph, from, a, false, "no arc offers");
        put_one(a.distance, at, &(double){NAN});
        expect_caught(graph, from, a, false, "0 or more");
        put_one(a.distance, at, &good);
        expect_valid(graph, from, a, true);
        put_one(a.distance, from, &(double){1});
        expect_caught(graph, from, a, false, "law");
        destroy_arrays(a);
        JOB_OK(giga_graph_close(graph));
    }
}

static void the_validator_catches_wrong_parents(void)
{
    list = (edge_list){.n = 5, .count = 4, .weighted = true,
                       .edges = {{0, 1, 1}, {1, 2, 1}, {0, 2, 3}, {2, 3, 1}}};
    giga_graph *graph = open_list(&list, false);
    arrays a = make_arrays(graph);
    uint64_t from = index_of(graph, 0), two = index_of(graph, 2), none = GIGA_NO_VERTEX, good;

    JOB_OK(job_same(giga_sssp(graph, from, NULL, a.distance, a.parent, NULL)));
    JOB_OK(giga_array_get(a.parent, two, 1, &good));
    JOB_OK(giga_barrier());
    put_one(a.parent, two, &from); /* an arc, but not a tight one */
    expect_caught(graph, from, a, true, "parent makes exactly");
    put_one(a.parent, two, &none);
    expect_caught(graph, from, a, true, "if and only if");
    put_one(a.parent, two, &good);
    put_one(a.parent, from, &two);
    expect_caught(graph, from, a, true, "own parent");
    put_one(a.parent, from, &from);
    put_one(a.parent, index_of(graph, 4), &from); /* not reached */
    expect_caught(graph, from, a, true, "if and only if");
    put_one(a.parent, index_of(graph, 4), &none);
    expect_valid(graph, from, a, true);
    destroy_arrays(a);
    JOB_OK(giga_graph_close(graph));
}

/* Tight arcs of weight 0 hold each other up, away from the source. */
static void the_validator_catches_an_island_and_a_circle(void)
{
    list = (edge_list){.n = 6, .count = 5, .weighted = true,
                       .edges = {{0, 1, 0}, {1, 2, 0}, {2, 3, 0}, {4, 5, 0}, {1, 3, 0}}};
    giga_graph *graph = open_list(&list, false);
    arrays a = make_arrays(graph);
    uint64_t from = index_of(graph, 0), two = index_of(graph, 2), three = index_of(graph, 3);

    JOB_OK(job_same(giga_sssp(graph, from, NULL, a.distance, a.parent, NULL)));
    expect_valid(graph, from, a, true);
    put_one(a.parent, two, &three);
    put_one(a.parent, three, &two);
    expect_valid(graph, from, a, false);
    expect_caught(graph, from, a, true, "leads to the source");
    put_one(a.distance, index_of(graph, 4), &(double){2});
    put_one(a.distance, index_of(graph, 5), &(double){2});
    expect_caught(graph, from, a, false, "leads to the source");
    destroy_arrays(a);
    JOB_OK(giga_graph_close(graph));
}

/* ---- generators ---- */

static giga_graph *generate(const char *name, giga_weights weights, uint64_t seed)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    giga_graph *graph = NULL;

    opts.weights = weights;
    opts.seed = seed;
    JOB_OK(job_same(giga_graph_open(name, &opts, &graph)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    return graph;
}

static philox4x32_ctr_t block(uint64_t edge_number, uint32_t draw, uint64_t seed)
{
    philox4x32_ctr_t counter = {{(uint32_t)edge_number, (uint32_t)(edge_number >> 32), draw, 0}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};

    return philox4x32(counter, key);
}

/* uniform:8:6 made again here, edge by edge. */
static void generated_weights_are_a_function_of_seed_and_edge(void)
{
    static double expected[VERTICES_MAX];
    const uint64_t seed = UINT64_C(0x123456789abcdef);

    for (int integer = 0; integer < 2; integer++) {
        list = (edge_list){.n = 256, .count = 256 * 6, .weighted = true};
        for (uint64_t i = 0; i < list.count; i++) {
            philox4x32_ctr_t ends = block(i, 0, seed), w = block(i, 64, seed);
            list.edges[i] = (edge){ends.v[0] & 255, ends.v[2] & 255,
                                   integer ? 1 + (double)((uint64_t)w.v[0] * 255 >> 32)
                                           : (double)(w.v[0] >> 8) / 16777216};
        }
        giga_graph *graph = generate("uniform:8:6", integer ? GIGA_WEIGHTS_INTEGER : GIGA_WEIGHTS_REAL,
                                     seed);
        arrays a = make_arrays(graph);
        bellman_ford(&list, 77, expected);
        uint64_t from = UINT64_MAX, wrong = 0;
        JOB_OK(giga_graph_find(graph, 77, &from));
        JOB_OK(job_same(giga_sssp(graph, from, NULL, a.distance, NULL, NULL)));
        for (uint64_t v = 0; v < 256; v++) {
            uint64_t index = 0;
            JOB_OK(giga_graph_find(graph, v, &index));
            wrong += distance_at(a, index) != expected[v];
        }
        CU_ASSERT_EQUAL(wrong, 0);
        destroy_arrays(a);
        JOB_OK(giga_graph_close(graph));
    }
}

/* From a few sources each: skewed, even and of large diameter. */
static void generated_graphs_pass_the_validator(void)
{
    static const char *const names[] = {"kron:10", "uniform:10", "mesh:10", "kron:5:1", "mesh:1"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int w = GIGA_WEIGHTS_NONE; w <= GIGA_WEIGHTS_INTEGER; w++) {
            giga_graph *graph = generate(names[i], (giga_weights)w, 1);
            arrays a = make_arrays(graph);
            uint64_t n = giga_graph_get_info(graph).vertices;
            for (uint64_t k = 0; k < 3; k++) {
                uint64_t from = giga_graph_sorted(graph, k * (n - 1) / 2);
                JOB_OK(job_same(giga_sssp(graph, from, NULL, a.distance, a.parent, NULL)));
                expect_valid(graph, from, a, true);
            }
            destroy_arrays(a);
            JOB_OK(giga_graph_close(graph));
        }
    }
}

static void a_mesh_is_a_lattice_without_a_twentieth_of_its_edges(void)
{
    giga_graph *graph = generate("mesh:13", GIGA_WEIGHTS_NONE, 5); /* 128 rows of 64 */
    giga_graph_info info = giga_graph_get_info(graph);
    double places = 128 * 63 + 127 * 64, kept = (double)info.edges / places;

    CU_ASSERT_EQUAL(info.vertices, 8192);
    CU_ASSERT_TRUE(kept > 0.94 && kept < 0.96); /* four standard deviations */
    CU_ASSERT_EQUAL(info.loops + info.duplicates, 0);
    uint64_t from = UINT64_MAX, ends[4], degree, wrong = 0;
    JOB_OK(giga_graph_find(graph, 63 + 64 * 9, &from));
    degree = giga_graph_degree(graph, from);
    CU_ASSERT_FATAL(degree <= 3); /* at the right side */
    JOB_OK(giga_graph_neighbours(graph, from, 0, degree, ends));
    for (uint64_t i = 0; i < degree; i++) {
        uint64_t id = giga_graph_id(graph, ends[i]);
        wrong += id != 62 + 64 * 9 && id != 63 + 64 * 8 && id != 63 + 64 * 10;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_graph_close(graph));
}

static void names_and_weights_of_generators_are_checked(void)
{
    static const char *const wrong[] = {"mesh:", "mesh:3:2", "mesh:41", "kron:3:0", "uniform:x"};
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    giga_graph *graph;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(job_same(giga_graph_open(wrong[i], NULL, &graph)), GIGA_ERR_ARG);
    opts.weights = GIGA_WEIGHTS_REAL;
    CU_ASSERT_EQUAL(job_same(giga_graph_open("a_file", &opts, &graph)), GIGA_ERR_ARG);
    opts.weights = (giga_weights)9;
    CU_ASSERT_EQUAL(job_same(giga_graph_open("kron:3", &opts, &graph)), GIGA_ERR_ARG);
    opts.weights = GIGA_WEIGHTS_REAL;
    opts.ignore_weights = true;
    JOB_OK(job_same(giga_graph_open("kron:3", &opts, &graph)));
    CU_ASSERT_FALSE(giga_graph_get_info(graph).weighted);
    JOB_OK(giga_graph_close(graph));
}

static void clean_up(void)
{
    remove_files();
}

static const job_test tests[] = {
    JOB_LAW(distances_equal_bellman_ford_on_random_graphs),
    JOB_LAW(without_weights_an_arc_counts_one),
    JOB_LAW(ways_of_weight_zero_are_followed_to_their_end),
    JOB_LAW(a_star_a_path_and_a_clique),
    JOB_LAW(graphs_smaller_than_the_job),
    JOB_LAW(a_parent_comes_by_the_lightest_arc),
    JOB_LAW(negative_weights_are_refused_with_their_arc),
    JOB_LAW(arguments_that_make_no_sense_are_refused),
    JOB_LAW(the_validator_catches_a_distance_that_is_off_by_a_bit),
    JOB_LAW(the_validator_catches_wrong_parents),
    JOB_LAW(the_validator_catches_an_island_and_a_circle),
    JOB_LAW(generated_weights_are_a_function_of_seed_and_edge),
    JOB_LAW(generated_graphs_pass_the_validator),
    JOB_LAW(a_mesh_is_a_lattice_without_a_twentieth_of_its_edges),
    JOB_LAW(names_and_weights_of_generators_are_checked),
    JOB_LAW(clean_up),
};

int main(void)
{
    return JOB_RUN("sssp", tests);
}
