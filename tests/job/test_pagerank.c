/*
 * test_pagerank.c - PageRank of graphs that are large enough for tiles.
 *
 * The expected ranks are a serial loop's over an edge list, which adds up in ascending order of
 * ids: the order that DESIGN.md promises for graphs without hubs. So on an undirected graph, where
 * nothing dangles, they are equal but for the last rounding (what a vertex gives, times its degree)
 * for every number of ranks and nodes, along rows (between nodes, few iterations) and by tiles (one
 * node, many).
 *
 * Files are written by rank 0 to a directory of its own, which is removed at the end.
 */
#include <giga/graph.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

enum { N = 70001, ARCS = 9, MOST = 2 * ARCS * N, SOURCES = 3 };

static char name[64];
static bool file_is_mine;

typedef struct pair {
    uint32_t from, to;
} pair;

/* Arcs that go far; every fifth vertex has none out. */
static size_t make_pairs(pair *pairs)
{
    size_t count = 0;

    for (uint32_t v = 0; v < N; v++) {
        for (uint32_t k = 0; k < ARCS && v % 5 != 0; k++) {
            uint32_t to = (uint32_t)((v * UINT64_C(5) + k * UINT64_C(8191) + 17 * k * k) % N);
            if (to != v)
                pairs[count++] = (pair){v, to};
        }
    }
    return count;
}

static int by_ends(const void *left, const void *right)
{
    const pair *a = left, *b = right;

    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    return (a->from > b->from) - (a->from < b->from);
}

/* Both directions of each arc, each once; sorted by `to`, then by `from`. */
static size_t make_both(pair *pairs)
{
    size_t count = make_pairs(pairs), once = 0;

    for (size_t i = 0; i < count; i++)
        pairs[count + i] = (pair){pairs[i].to, pairs[i].from};
    qsort(pairs, 2 * count, sizeof *pairs, by_ends);
    for (size_t i = 0; i < 2 * count; i++) {
        if (once == 0 || by_ends(&pairs[once - 1], &pairs[i]) != 0)
            pairs[once++] = pairs[i];
    }
    return once;
}

static giga_graph *open_pairs(giga_direction direction)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    giga_graph *graph = NULL;

    if (!name[0]) {
        snprintf(name, sizeof name, "/tmp/giga-test-pagerank-XXXXXX");
        if (giga_rank() == 0) {
            pair *pairs = malloc(MOST * sizeof *pairs);
            int fd = mkstemp(name);
            CU_ASSERT_PTR_NOT_NULL_FATAL(pairs);
            size_t bytes = make_pairs(pairs) * sizeof *pairs;
            file_is_mine = fd >= 0;
            CU_ASSERT_EQUAL(write(fd, pairs, bytes), (ssize_t)bytes);
            close(fd);
            free(pairs);
        }
        giga_broadcast(name, sizeof name, 0);
    }
    opts.direction = direction;
    opts.format = GIGA_FORMAT_BINARY32;
    CU_ASSERT_EQUAL(job_same(giga_graph_open(name, &opts, &graph)), GIGA_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    return graph;
}

/* The ranks after some iterations by one loop over sorted arcs. */
static double *serial(const pair *pairs, size_t count, uint64_t iterations, const uint64_t *sources,
                      bool lossy)
{
    double *rank = calloc(N, sizeof *rank), *sum = calloc(N, sizeof *sum);
    uint64_t *degree = calloc(N, sizeof *degree);
    double homes = sources ? SOURCES : N;

    CU_ASSERT_TRUE_FATAL(rank && sum && degree);
    for (size_t i = 0; i < count; i++)
        degree[pairs[i].from]++;
    for (uint64_t v = 0; v < N && !sources; v++)
        rank[v] = 1.0 / N;
    for (int s = 0; s < SOURCES && sources; s++)
        rank[sources[s]] = 1.0 / SOURCES;
    for (uint64_t k = 0; k < iterations; k++) {
        double dangling = 0;
        memset(sum, 0, N * sizeof *sum);
        for (uint64_t v = 0; v < N; v++)
            dangling += degree[v] || lossy ? 0 : rank[v];
        for (size_t i = 0; i < count; i++)
            sum[pairs[i].to] += rank[pairs[i].from] / (double)degree[pairs[i].from];
        double base = (1.0 - 0.85) / homes + 0.85 * dangling / homes;
        for (uint64_t v = 0; v < N; v++)
            rank[v] = (sources ? 0 : base) + 0.85 * sum[v];
        for (int s = 0; s < SOURCES && sources; s++)
            rank[sources[s]] += base;
    }
    free(sum);
    free(degree);
    return rank;
}

/* The largest relative difference to the serial loop's ranks; on rank 0, else 0. */
static double compare(giga_direction direction, giga_semantics semantics, uint64_t iterations,
                      const uint64_t *source_ids)
{
    giga_graph *graph = open_pairs(direction);
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;
    uint64_t sources[SOURCES];
    giga_array *ranks;
    double most = 0;

    for (int s = 0; s < SOURCES && source_ids; s++)
        JOB_OK(giga_graph_find(graph, source_ids[s], &sources[s]));
    opts.tolerance = 0;
    opts.max_iterations = iterations;
    opts.semantics = semantics;
    opts.sources = source_ids ? sources : NULL;
    opts.source_count = source_ids ? SOURCES : 0;
    JOB_OK(giga_graph_values(graph, sizeof(double), &ranks));
    CU_ASSERT_EQUAL(giga_graph_get_info(graph).vertices, N);
    CU_ASSERT_EQUAL(job_same(giga_pagerank(graph, &opts, ranks, NULL)), GIGA_OK);
    if (giga_rank() == 0) {
        pair *pairs = malloc(MOST * sizeof *pairs);
        double *got = malloc(N * sizeof *got);
        CU_ASSERT_TRUE_FATAL(pairs && got);
        size_t count = direction == GIGA_DIRECTED ? make_pairs(pairs) : make_both(pairs);
        qsort(pairs, count, sizeof *pairs, by_ends);
        double *expected = serial(pairs, count, iterations, source_ids,
                                  semantics == GIGA_SEMANTICS_GAP);
        JOB_OK(giga_array_get(ranks, 0, N, got)); /* no hubs: indices are in the order of ids */
        for (uint64_t v = 0; v < N; v++) {
            CU_ASSERT_EQUAL_FATAL(giga_graph_id(graph, v), v);
            most = fmax(most, fabs(got[v] - expected[v]) / fmax(expected[v], 1e-9));
        }
        free(expected);
        free(got);
        free(pairs);
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_array_destroy(ranks));
    JOB_OK(giga_graph_close(graph));
    return most;
}

static void sums_are_added_up_in_the_order_of_ids(void)
{
    CU_ASSERT_TRUE(compare(GIGA_UNDIRECTED, GIGA_SEMANTICS_LDBC, 5, NULL) < 5e-16);
    CU_ASSERT_TRUE(compare(GIGA_UNDIRECTED, GIGA_SEMANTICS_LDBC, 12, NULL) < 5e-16);
}

static void dangling_vertices_give_to_all(void)
{
    CU_ASSERT_TRUE(compare(GIGA_DIRECTED, GIGA_SEMANTICS_LDBC, 12, NULL) < 1e-12);
    CU_ASSERT_TRUE(compare(GIGA_DIRECTED, GIGA_SEMANTICS_GAP, 12, NULL) < 1e-12);
}

static void sources_get_what_else_all_get(void)
{
    static const uint64_t sources[SOURCES] = {0, 4711, N - 1};

    CU_ASSERT_TRUE(compare(GIGA_DIRECTED, GIGA_SEMANTICS_LDBC, 12, sources) < 1e-12);
    CU_ASSERT_TRUE(compare(GIGA_UNDIRECTED, GIGA_SEMANTICS_LDBC, 12, sources) < 1e-12);
}

int main(void)
{
    static const job_test tests[] = {
        JOB_LAW(sums_are_added_up_in_the_order_of_ids),
        JOB_LAW(dangling_vertices_give_to_all),
        JOB_LAW(sources_get_what_else_all_get),
    };
    int status = JOB_RUN("pagerank", tests);

    if (file_is_mine)
        remove(name);
    return status;
}
