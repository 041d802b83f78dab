/*
 * test_graph.c - graphs and algorithms through <giga/graph.h>.
 *
 * Runs at 1, 3 and 5 ranks on one node, 2, 3 and 5 on nodes of one, 5 on nodes of two, and
 * across virtual hosts. Expected values are written by hand or follow from a formula; that
 * a graph does not depend on the number of ranks is held against the same graph opened
 * before, in a job of one rank (MPI_COMM_SELF).
 *
 * Files are written by rank 0 to a directory of its own, which is removed at the end.
 */
#include <ftw.h>
#include <giga/graph.h>
#include <giga/mpi.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "job.h"

/* ---- files ---- */

enum { ROOM = 4096 };

static char folder[64];
static bool folder_is_mine;

static const char *path(const char *name)
{
    static char shown[128];

    if (!folder[0]) {
        if (giga_rank() == 0) {
            snprintf(folder, sizeof folder, "/tmp/giga-test-graph-XXXXXX");
            folder_is_mine = mkdtemp(folder) != NULL;
        }
        giga_broadcast(folder, sizeof folder, 0);
    }
    snprintf(shown, sizeof shown, "%s/%s", folder, name);
    return shown;
}

static void write_bytes(const char *name, const void *data, size_t bytes)
{
    const char *to = path(name);

    if (giga_rank() == 0) {
        FILE *file = fopen(to, "wb");
        CU_ASSERT_PTR_NOT_NULL(file);
        if (file) {
            CU_ASSERT_EQUAL(fwrite(data, 1, bytes, file), bytes);
            CU_ASSERT_EQUAL(fclose(file), 0);
        }
    }
    JOB_OK(giga_barrier());
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void write_gzip(const char *name, const char *text)
{
    const char *to = path(name);

    if (giga_rank() == 0) {
        gzFile file = gzopen(to, "wb");
        CU_ASSERT_EQUAL(gzputs(file, text), (int)strlen(text));
        gzclose(file);
    }
    JOB_OK(giga_barrier());
}

static void write_zstd(const char *name, const char *text)
{
    char packed[ROOM];

    write_bytes(name, packed, ZSTD_compress(packed, sizeof packed, text, strlen(text), 3));
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(name);
}

static void remove_files(void)
{
    if (folder_is_mine)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- graphs ---- */

/* A vertex as it should be: its id, and the indices its arcs lead to. */
typedef struct row {
    uint64_t id, degree, ends[8];
} row;

static giga_graph *open_with(const char *name, giga_graph_opts opts)
{
    giga_graph *graph = NULL;

    if (job_same(giga_graph_open(name, &opts, &graph)) != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    return graph;
}

static giga_graph *open_as(const char *name, giga_direction direction)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;

    opts.direction = direction;
    return open_with(name, opts);
}

static giga_graph *open_text(const char *text, giga_direction direction)
{
    write_text("text.el", text);
    return open_as(path("text.el"), direction);
}

static void close_graph(giga_graph *graph)
{
    JOB_OK(giga_graph_close(graph));
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* Ends of arcs, in any order, are the vertices with the places of a row; arc by arc too. */
static void expect_ends(const giga_graph *graph, uint64_t index, const row *wanted)
{
    uint64_t ends[8] = {0}, expected[8];

    JOB_OK(giga_graph_neighbours(graph, index, 0, wanted->degree, ends));
    for (uint64_t i = 0; i < wanted->degree; i++) {
        uint64_t end = UINT64_MAX;
        JOB_OK(giga_graph_neighbours(graph, index, i, 1, &end));
        CU_ASSERT_EQUAL(end, ends[i]);
        expected[i] = giga_graph_sorted(graph, wanted->ends[i]);
    }
    qsort(ends, wanted->degree, sizeof *ends, ascending);
    qsort(expected, wanted->degree, sizeof *expected, ascending);
    CU_ASSERT_EQUAL(memcmp(ends, expected, wanted->degree * sizeof *ends), 0);
}

/* Every rank looks at every vertex. */
static void expect_rows(const giga_graph *graph, const row *rows, uint64_t n)
{
    giga_graph_info info = giga_graph_get_info(graph);
    uint64_t arcs = 0, largest = 0;

    CU_ASSERT_EQUAL_FATAL(info.vertices, n);
    CU_ASSERT_EQUAL(info.lowest_id, rows[0].id);
    CU_ASSERT_EQUAL(info.highest_id, rows[n - 1].id);
    for (uint64_t v = 0; v < n; v++) {
        uint64_t index = UINT64_MAX;
        CU_ASSERT_EQUAL(giga_graph_find(graph, rows[v].id, &index), GIGA_OK);
        CU_ASSERT_EQUAL(giga_graph_id(graph, index), rows[v].id);
        CU_ASSERT_EQUAL(giga_graph_sorted(graph, v), index);
        CU_ASSERT_EQUAL_FATAL(giga_graph_degree(graph, index), rows[v].degree);
        expect_ends(graph, index, &rows[v]);
        arcs += rows[v].degree;
        largest = rows[v].degree > largest ? rows[v].degree : largest;
    }
    CU_ASSERT_EQUAL(info.arcs, arcs);
    CU_ASSERT_EQUAL(info.largest_degree, largest);
}

/* Seven edges: 1-2, 1-3, 2-3, 2-1, 3-4, a loop at 5, 3-4 again. Ids are indices plus one. */
static const char *const SEVEN = "1 2\n1 3\n2 3\n2 1\n3 4\n5 5\n3 4\n";
static const row SEVEN_UNDIRECTED[5] = {
    {1, 2, {1, 2}}, {2, 2, {0, 2}}, {3, 3, {0, 1, 3}}, {4, 1, {2}}, {5, 0, {0}}};
static const row SEVEN_DIRECTED[5] = {
    {1, 2, {1, 2}}, {2, 2, {0, 2}}, {3, 1, {3}}, {4, 0, {0}}, {5, 0, {0}}};

static void expect_seven(const char *name)
{
    giga_graph *graph = open_as(path(name), GIGA_UNDIRECTED);
    giga_graph_info info = giga_graph_get_info(graph);

    CU_ASSERT_EQUAL(info.edges, 4);
    CU_ASSERT_EQUAL(info.edges_read, 7);
    CU_ASSERT_EQUAL(info.loops, 1);
    CU_ASSERT_EQUAL(info.duplicates, 2);
    CU_ASSERT_EQUAL(info.isolated, 1);
    CU_ASSERT_FALSE(info.directed);
    CU_ASSERT_STRING_EQUAL(info.direction_from, "option");
    expect_rows(graph, SEVEN_UNDIRECTED, 5);
    close_graph(graph);
    graph = open_as(path(name), GIGA_DIRECTED);
    info = giga_graph_get_info(graph);
    CU_ASSERT_EQUAL(info.edges, 5);
    CU_ASSERT_EQUAL(info.loops, 1);
    CU_ASSERT_EQUAL(info.duplicates, 1);
    CU_ASSERT_EQUAL(info.isolated, 1);
    CU_ASSERT_TRUE(info.directed);
    expect_rows(graph, SEVEN_DIRECTED, 5);
    close_graph(graph);
}

static void a_graph_is_the_same_in_every_text_format(void)
{
    static const char mtx[] = "%%MatrixMarket matrix coordinate pattern general\n"
                              "% a comment\n5 5 7\n1 2\n1 3\n2 3\n2 1\n3 4\n5 5\n3 4\n";

    write_text("g.el", SEVEN);
    expect_seven("g.el");
    write_text("g2.el", "# a comment\n% and another\n\n1\t2\r\n1  3\n2 3\n2 1\n3 4\n5 5\n3 4");
    expect_seven("g2.el");
    write_text("weighted.el", "1 2 .5\n1 3 1\n2 3 2e3\n2 1 -1\n3 4 1\n5 5 7\n3 4 1\n");
    expect_seven("weighted.el");
    write_text("g.csv", "source,target\n1,2\n1,3\n2,3\n2,1\n3,4\n5,5\n3,4\n");
    expect_seven("g.csv");
    write_text("g2.csv", "name,target,source\na,2,1\n\"b,c\",3,1\n,3,2\n,1,2\n,4,3\n,5,5\n,4,3\n");
    expect_seven("g2.csv");
    write_text("g.mtx", mtx);
    expect_seven("g.mtx");
    write_text("pair.e", SEVEN);
    write_text("pair.v", "1\n2\n3\n4\n5\n");
    expect_seven("pair.e");
    expect_seven("pair");
}

static void a_graph_is_the_same_compressed(void)
{
    write_gzip("g.el.gz", SEVEN);
    expect_seven("g.el.gz");
    write_zstd("g.el.zst", SEVEN);
    expect_seven("g.el.zst");
    write_zstd("g.csv.zst", "source,target\n1,2\n1,3\n2,3\n2,1\n3,4\n5,5\n3,4\n");
    expect_seven("g.csv.zst");
}

static void a_graph_is_the_same_in_binary_pairs(void)
{
    static const uint32_t narrow[] = {1, 2, 1, 3, 2, 3, 2, 1, 3, 4, 5, 5, 3, 4};
    uint64_t wide[14];

    for (size_t i = 0; i < 14; i++)
        wide[i] = narrow[i];
    write_bytes("g.bin32", narrow, sizeof narrow);
    expect_seven("g.bin32");
    write_bytes("g.bin64", wide, sizeof wide);
    expect_seven("g.bin64");
}

/* The lower triangle; read as directed, an entry is two arcs. */
static void a_symmetric_matrix_has_both_arcs_of_an_entry(void)
{
    static const giga_direction directions[] = {GIGA_DIRECTION_AUTO, GIGA_UNDIRECTED, GIGA_DIRECTED};

    write_text("s.mtx", "%%MatrixMarket matrix coordinate integer symmetric\n5 5 5\n"
                        "2 1 7\n3 1 7\n3 2 7\n4 3 7\n5 5 7\n");
    for (size_t i = 0; i < 3; i++) {
        giga_graph *graph = open_as(path("s.mtx"), directions[i]);
        giga_graph_info info = giga_graph_get_info(graph);
        CU_ASSERT_EQUAL(info.loops, 1);
        CU_ASSERT_EQUAL(info.duplicates, 0);
        CU_ASSERT_EQUAL(info.directed, directions[i] == GIGA_DIRECTED);
        expect_rows(graph, SEVEN_UNDIRECTED, 5);
        close_graph(graph);
    }
}

/* Rows or columns, whichever are more, are vertices; so are lines of a .v file. */
static void vertices_without_edges_exist_where_a_format_has_them(void)
{
    static const row rows[4] = {{1, 1, {1}}, {2, 1, {0}}, {3, 0, {0}}, {4, 0, {0}}};
    static const row ldbc[4] = {{0, 0, {0}}, {2, 1, {2}}, {7, 1, {1}}, {900, 0, {0}}};
    giga_graph *graph;

    write_text("i.mtx", "%%MatrixMarket matrix coordinate pattern general\n2 4 1\n1 2\n");
    graph = open_as(path("i.mtx"), GIGA_UNDIRECTED);
    expect_rows(graph, rows, 4);
    close_graph(graph);
    write_text("i.v", "900\n2\n7\n0\n");
    write_text("i.e", "7 2\n");
    graph = open_as(path("i.e"), GIGA_UNDIRECTED);
    CU_ASSERT_EQUAL(giga_graph_get_info(graph).isolated, 2);
    expect_rows(graph, ldbc, 4);
    close_graph(graph);
}

static void loops_and_duplicates_are_kept_by_option(void)
{
    static const row loops[5] = {
        {1, 2, {1, 2}}, {2, 2, {0, 2}}, {3, 3, {0, 1, 3}}, {4, 1, {2}}, {5, 1, {4}}};
    static const row again[5] = {
        {1, 3, {1, 1, 2}}, {2, 3, {0, 0, 2}}, {3, 4, {0, 1, 3, 3}}, {4, 2, {2, 2}}, {5, 0, {0}}};
    static const row all[5] = {
        {1, 3, {1, 1, 2}}, {2, 3, {0, 0, 2}}, {3, 4, {0, 1, 3, 3}}, {4, 2, {2, 2}}, {5, 1, {4}}};
    static const row directed[5] = {
        {1, 2, {1, 2}}, {2, 2, {0, 2}}, {3, 2, {3, 3}}, {4, 0, {0}}, {5, 1, {4}}};
    static const struct {
        giga_direction direction;
        bool loops, duplicates;
        const row *rows;
        uint64_t edges, again;
    } cases[] = {{GIGA_UNDIRECTED, true, false, loops, 5, 2},
                 {GIGA_UNDIRECTED, false, true, again, 6, 2},
                 {GIGA_UNDIRECTED, true, true, all, 7, 2},
                 {GIGA_DIRECTED, true, true, directed, 7, 1}};

    write_text("g.el", SEVEN);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
        opts.direction = cases[i].direction;
        opts.keep_loops = cases[i].loops;
        opts.keep_duplicates = cases[i].duplicates;
        giga_graph *graph = open_with(path("g.el"), opts);
        giga_graph_info info = giga_graph_get_info(graph);
        CU_ASSERT_EQUAL(info.edges, cases[i].edges);
        CU_ASSERT_EQUAL(info.loops, 1);
        CU_ASSERT_EQUAL(info.duplicates, cases[i].again);
        CU_ASSERT_EQUAL(info.loops_kept, cases[i].loops);
        CU_ASSERT_EQUAL(info.duplicates_kept, cases[i].duplicates);
        expect_rows(graph, cases[i].rows, 5);
        close_graph(graph);
    }
}

#define TOP UINT64_MAX
#define HALF (UINT64_C(1) << 63)

static void ids_may_lie_anywhere_in_64_bits(void)
{
    static const row scattered[6] = {{0, 1, {3}},        {7, 1, {5}},        {HALF - 1, 1, {3}},
                                     {HALF, 2, {0, 2}},  {HALF + 1, 1, {5}}, {TOP, 2, {1, 4}}};
    static const row top[3] = {{TOP - 2, 1, {1}}, {TOP - 1, 2, {0, 2}}, {TOP, 1, {1}}};
    static const row gaps[4] = {{1000, 1, {1}}, {1003, 2, {0, 2}}, {1070, 2, {1, 3}}, {1500, 1, {2}}};
    static const uint64_t pairs[] = {0, HALF, HALF, HALF - 1, HALF + 1, TOP, 7, TOP};
    giga_graph *graph;
    uint64_t index;

    write_bytes("scattered.bin64", pairs, sizeof pairs);
    graph = open_as(path("scattered.bin64"), GIGA_UNDIRECTED);
    expect_rows(graph, scattered, 6);
    CU_ASSERT_EQUAL(giga_graph_find(graph, 1, &index), GIGA_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(giga_graph_find(graph, TOP - 1, &index), GIGA_ERR_NOT_FOUND);
    close_graph(graph);
    graph = open_text("9223372036854775808 0\n9223372036854775807 9223372036854775808\n"
                      "18446744073709551615 9223372036854775809\n7 18446744073709551615\n",
                      GIGA_UNDIRECTED);
    expect_rows(graph, scattered, 6);
    close_graph(graph);
    graph = open_text("18446744073709551613 18446744073709551614\n"
                      "18446744073709551614 18446744073709551615\n", GIGA_UNDIRECTED);
    expect_rows(graph, top, 3);
    CU_ASSERT_EQUAL(giga_graph_find(graph, TOP - 3, &index), GIGA_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(giga_graph_find(graph, 0, &index), GIGA_ERR_NOT_FOUND);
    close_graph(graph);
    graph = open_text("1003 1000\n1070 1003\n1500 1070\n", GIGA_UNDIRECTED);
    expect_rows(graph, gaps, 4);
    CU_ASSERT_EQUAL(giga_graph_find(graph, 1001, &index), GIGA_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(giga_graph_find(graph, 999, &index), GIGA_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(giga_graph_find(graph, 1501, &index), GIGA_ERR_NOT_FOUND);
    close_graph(graph);
}

static void arcs_that_do_not_exist_are_out_of_range(void)
{
    giga_graph *graph = open_text(SEVEN, GIGA_UNDIRECTED);
    uint64_t ends[8];

    JOB_OK(giga_graph_neighbours(graph, 2, 3, 0, NULL));
    CU_ASSERT_EQUAL(giga_graph_neighbours(graph, 2, 0, 4, ends), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_graph_neighbours(graph, 2, 4, 0, ends), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_graph_neighbours(graph, 2, 1, UINT64_MAX, ends), GIGA_ERR_RANGE);
    CU_ASSERT_EQUAL(giga_graph_neighbours(graph, 5, 0, 0, ends), GIGA_ERR_RANGE);
    close_graph(graph);
}

/* ---- generators: the same graph as in a job of one rank ---- */

enum { SCALE8 = 256, MODELS = 3 };

static const char *const MODEL_NAMES[MODELS] = {"kron:8", "uniform:8", "kron:8:3"};

typedef struct model {
    giga_graph_info info;
    uint64_t *ends[SCALE8], degree[SCALE8], level[SCALE8];
    double rank[SCALE8];
} model;

static model alone[MODELS], together;

/* Values of an array of 8-byte elements in order of ids. */
static bool by_id(const giga_graph *graph, const giga_array *values, void *out)
{
    uint64_t all[SCALE8];
    bool good = giga_array_get(values, 0, SCALE8, all) == GIGA_OK;

    for (uint64_t v = 0; good && v < SCALE8; v++)
        memcpy((char *)out + 8 * v, &all[giga_graph_sorted(graph, v)], 8);
    return good;
}

/* All of a graph by ids, its levels from vertex 0, and its ranks; whether all of that worked. */
static bool study(giga_graph *graph, model *m)
{
    giga_array *level = NULL, *rank = NULL;
    bool good = true;

    m->info = giga_graph_get_info(graph);
    for (uint64_t v = 0; v < SCALE8; v++) {
        uint64_t index = giga_graph_sorted(graph, v);
        m->degree[v] = giga_graph_degree(graph, index);
        m->ends[v] = malloc((m->degree[v] + 1) * sizeof *m->ends[v]);
        good = good && giga_graph_neighbours(graph, index, 0, m->degree[v], m->ends[v]) == GIGA_OK;
        for (uint64_t i = 1; i < m->degree[v] && giga_nodes() == 1; i++)
            good = good && m->ends[v][i - 1] < m->ends[v][i]; /* sorted, and no end twice */
        for (uint64_t i = 0; i < m->degree[v] && good; i++)
            m->ends[v][i] = giga_graph_id(graph, m->ends[v][i]);
    }
    good = good && giga_graph_values(graph, sizeof(uint64_t), &level) == GIGA_OK &&
           giga_graph_values(graph, sizeof(double), &rank) == GIGA_OK &&
           giga_bfs(graph, giga_graph_sorted(graph, 0), level, NULL, NULL) == GIGA_OK &&
           giga_pagerank(graph, NULL, rank, NULL) == GIGA_OK && giga_barrier() == GIGA_OK &&
           by_id(graph, level, m->level) && by_id(graph, rank, m->rank) &&
           giga_barrier() == GIGA_OK;
    return giga_array_destroy(level) == GIGA_OK && giga_array_destroy(rank) == GIGA_OK && good;
}

static void forget(model *m)
{
    for (uint64_t v = 0; v < SCALE8; v++)
        free(m->ends[v]);
}

static bool has_end(const model *m, uint64_t v, uint64_t end)
{
    for (uint64_t i = 0; i < m->degree[v]; i++) {
        if (m->ends[v][i] == end)
            return true;
    }
    return false;
}

static void generated_graphs_do_not_depend_on_the_ranks(void)
{
    for (size_t k = 0; k < MODELS; k++) {
        giga_graph *graph = open_as(MODEL_NAMES[k], GIGA_UNDIRECTED);
        const model *m = &alone[k];
        CU_ASSERT_TRUE_FATAL(study(graph, &together));
        CU_ASSERT_EQUAL(together.info.edges, m->info.edges);
        CU_ASSERT_EQUAL(together.info.arcs, m->info.arcs);
        CU_ASSERT_EQUAL(together.info.loops, m->info.loops);
        CU_ASSERT_EQUAL(together.info.duplicates, m->info.duplicates);
        CU_ASSERT_EQUAL(together.info.isolated, m->info.isolated);
        CU_ASSERT_EQUAL(together.info.largest_degree, m->info.largest_degree);
        for (uint64_t v = 0; v < SCALE8; v++) {
            CU_ASSERT_EQUAL(together.degree[v], m->degree[v]);
            if (together.degree[v] == m->degree[v])
                CU_ASSERT_EQUAL(memcmp(together.ends[v], m->ends[v],
                                       m->degree[v] * sizeof *m->ends[v]), 0);
        }
        CU_ASSERT_EQUAL(memcmp(together.level, m->level, sizeof m->level), 0);
        CU_ASSERT_EQUAL(memcmp(together.rank, m->rank, sizeof m->rank), 0); /* to the bit */
        forget(&together);
        close_graph(graph);
    }
}

static void generated_graphs_are_symmetric_sorted_and_complete(void)
{
    static const uint64_t factors[MODELS] = {16, 16, 3};

    for (size_t k = 0; k < MODELS; k++) {
        const model *m = &alone[k];
        uint64_t arcs = 0, isolated = 0, wrong = 0;
        for (uint64_t v = 0; v < SCALE8; v++) {
            arcs += m->degree[v];
            isolated += m->degree[v] == 0;
            for (uint64_t i = 0; i < m->degree[v]; i++) {
                wrong += m->ends[v][i] >= SCALE8 || m->ends[v][i] == v;
                wrong += m->ends[v][i] < SCALE8 && !has_end(m, m->ends[v][i], v);
            }
        }
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT_EQUAL(arcs, m->info.arcs);
        CU_ASSERT_EQUAL(isolated, m->info.isolated);
        CU_ASSERT_EQUAL(m->info.vertices, SCALE8);
        CU_ASSERT_EQUAL(m->info.edges_read, factors[k] * SCALE8);
        CU_ASSERT_EQUAL(m->info.edges + m->info.loops + m->info.duplicates, m->info.edges_read);
    }
}

static void another_seed_is_another_graph(void)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;

    opts.seed = 1;
    giga_graph *graph = open_with("kron:8", opts);
    uint64_t same = 0;
    for (uint64_t v = 0; v < SCALE8; v++)
        same += giga_graph_degree(graph, v) == alone[0].degree[v];
    CU_ASSERT_TRUE(same < SCALE8);
    close_graph(graph);
}

/* ---- small and empty ---- */

static void a_graph_of_one_vertex_works(void)
{
    giga_graph *graph = open_as("uniform:0:1", GIGA_UNDIRECTED);
    giga_array *level, *parent, *rank;
    uint64_t found[2] = {9, 9};
    double one = 0;

    CU_ASSERT_EQUAL(giga_graph_get_info(graph).vertices, 1);
    CU_ASSERT_EQUAL(giga_graph_get_info(graph).loops, 1);
    JOB_OK(giga_graph_values(graph, 8, &level));
    JOB_OK(giga_graph_values(graph, 8, &parent));
    JOB_OK(giga_graph_values(graph, 8, &rank));
    JOB_OK(giga_bfs(graph, 0, level, parent, NULL));
    JOB_OK(giga_bfs_validate(graph, 0, level, parent));
    JOB_OK(giga_pagerank(graph, NULL, rank, NULL));
    JOB_OK(giga_barrier());
    JOB_OK(giga_array_get(level, 0, 1, &found[0]));
    JOB_OK(giga_array_get(parent, 0, 1, &found[1]));
    JOB_OK(giga_array_get(rank, 0, 1, &one));
    CU_ASSERT_EQUAL(found[0], 0);
    CU_ASSERT_EQUAL(found[1], 0);
    CU_ASSERT_DOUBLE_EQUAL(one, 1.0, 1e-15);
    close_graph(graph);
}

static void an_empty_graph_works(void)
{
    giga_graph *graph = open_text("# nothing here\n", GIGA_DIRECTION_AUTO);
    giga_graph_info info = giga_graph_get_info(graph);
    giga_pagerank_stats stats;
    giga_array *values;
    uint64_t index;
    double residual = 1;

    CU_ASSERT_EQUAL(info.vertices, 0);
    CU_ASSERT_EQUAL(info.edges, 0);
    CU_ASSERT_EQUAL(info.lowest_id, 0);
    CU_ASSERT_STRING_EQUAL(info.direction_from, "default");
    CU_ASSERT_EQUAL(giga_graph_find(graph, 0, &index), GIGA_ERR_NOT_FOUND);
    JOB_OK(giga_graph_values(graph, 8, &values));
    CU_ASSERT_EQUAL(giga_array_count(values), 0);
    CU_ASSERT_EQUAL(job_same(giga_bfs(graph, 0, values, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_pagerank(graph, NULL, values, &stats)), GIGA_OK);
    CU_ASSERT_EQUAL(stats.iterations, 0);
    giga_pagerank_stats_clear(&stats);
    CU_ASSERT_EQUAL(job_same(giga_pagerank_validate(graph, NULL, values, 0, &residual)), GIGA_OK);
    CU_ASSERT_EQUAL(residual, 0.0);
    JOB_OK(giga_graph_write(graph, values, GIGA_VALUE_REAL, path("empty.out")));
    CU_ASSERT_EQUAL(access(path("empty.out"), F_OK), 0);
    close_graph(graph);
}

/* ---- refusals ---- */

static void what_cannot_be_opened_fails_alike_everywhere(void)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT, bad = GIGA_GRAPH_OPTS_INIT;
    giga_graph *graph = (giga_graph *)&opts;

    CU_ASSERT_EQUAL(job_same(giga_graph_open(path("none.el"), NULL, &graph)), GIGA_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NULL(graph);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "none.el"));
    CU_ASSERT_EQUAL(job_same(giga_graph_open(path(""), NULL, &graph)), GIGA_ERR_IO);
    CU_ASSERT_EQUAL(job_same(giga_graph_open("kron:41", NULL, &graph)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_graph_open("kron:40", NULL, &graph)), GIGA_ERR_MEMORY);
    CU_ASSERT_EQUAL(job_same(giga_graph_open(NULL, NULL, &graph)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_graph_open("", NULL, &graph)), GIGA_ERR_ARG);
    bad.struct_bytes = 1;
    CU_ASSERT_EQUAL(job_same(giga_graph_open("kron:4", &bad, &graph)), GIGA_ERR_ARG);
    bad = opts;
    bad.format = (giga_format)99;
    CU_ASSERT_EQUAL(job_same(giga_graph_open("kron:4", &bad, &graph)), GIGA_ERR_ARG);
    write_text("bad.el", "1 2\n2 x\n");
    CU_ASSERT_EQUAL(job_same(giga_graph_open(path("bad.el"), NULL, &graph)), GIGA_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "line 2, byte 7"));
    CU_ASSERT_PTR_NULL(graph);
    CU_ASSERT_EQUAL(giga_graph_close(NULL), GIGA_OK);
}

static void arrays_of_another_shape_are_refused(void)
{
    giga_graph *graph = open_text(SEVEN, GIGA_UNDIRECTED);
    giga_dist dist = {.kind = GIGA_DIST_BLOCK};
    giga_array *good, *longer, *narrow;

    JOB_OK(giga_graph_values(graph, 8, &good));
    JOB_OK(giga_array_create(6, 8, dist, NULL, &longer));
    JOB_OK(giga_graph_values(graph, 4, &narrow));
    for (int i = 0; i < 2; i++) {
        giga_array *bad = i ? longer : narrow;
        CU_ASSERT_EQUAL(job_same(giga_bfs(graph, 0, bad, NULL, NULL)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(job_same(giga_bfs(graph, 0, good, bad, NULL)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(job_same(giga_bfs_validate(graph, 0, bad, good)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(job_same(giga_bfs_validate(graph, 0, good, bad)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(job_same(giga_pagerank(graph, NULL, bad, NULL)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(job_same(giga_pagerank_validate(graph, NULL, bad, 1, NULL)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(job_same(giga_graph_write(graph, bad, GIGA_VALUE_COUNT, path("x"))),
                        GIGA_ERR_ARG);
    }
    CU_ASSERT_EQUAL(job_same(giga_bfs(graph, 5, good, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_bfs_validate(graph, 5, good, good)), GIGA_ERR_ARG);
    CU_ASSERT_NOT_EQUAL(access(path("x"), F_OK), 0);
    JOB_OK(giga_array_destroy(longer));
    JOB_OK(giga_array_destroy(narrow));
    JOB_OK(giga_array_destroy(good));
    close_graph(graph);
}

/* ---- BFS ---- */

/* A square 0-1-3-2-0 with a tail 3-4 and a twig 0-7; 5-6 apart. */
static const char *const SQUARE = "0 1\n0 2\n1 3\n2 3\n3 4\n5 6\n0 7\n";
static const uint64_t SQUARE_LEVELS[8] = {0, 1, 1, 2, 3, GIGA_UNREACHED, GIGA_UNREACHED, 1};

typedef struct search {
    giga_graph *graph;
    giga_array *level, *parent;
} search;

static search make_search(const char *text, giga_direction direction)
{
    search s = {.graph = open_text(text, direction)};

    JOB_OK(giga_graph_values(s.graph, 8, &s.level));
    JOB_OK(giga_graph_values(s.graph, 8, &s.parent));
    return s;
}

static void end_search(search *s)
{
    JOB_OK(giga_array_destroy(s->level));
    JOB_OK(giga_array_destroy(s->parent));
    close_graph(s->graph);
}

static void read_all(const giga_array *from, void *to)
{
    JOB_OK(giga_barrier());
    JOB_OK(giga_array_get(from, 0, giga_array_count(from), to));
    JOB_OK(giga_barrier());
}

/* Rank 0 puts one value; all see it. */
static void put_one(giga_array *to, uint64_t index, const void *value)
{
    JOB_OK(giga_barrier());
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(to, index, 1, value));
    JOB_OK(giga_barrier());
}

static void levels_and_parents_are_those_of_a_search_by_hand(void)
{
    search s = make_search(SQUARE, GIGA_UNDIRECTED);
    uint64_t level[8], parent[8];
    giga_bfs_stats stats;

    CU_ASSERT_EQUAL(job_same(giga_bfs(s.graph, 0, s.level, s.parent, &stats)), GIGA_OK);
    read_all(s.level, level);
    read_all(s.parent, parent);
    CU_ASSERT_EQUAL(memcmp(level, SQUARE_LEVELS, sizeof level), 0);
    CU_ASSERT_EQUAL(parent[0], 0);
    CU_ASSERT_EQUAL(parent[1], 0);
    CU_ASSERT_EQUAL(parent[2], 0);
    CU_ASSERT_TRUE(parent[3] == 1 || parent[3] == 2);
    CU_ASSERT_EQUAL(parent[4], 3);
    CU_ASSERT_EQUAL(parent[5], GIGA_NO_VERTEX);
    CU_ASSERT_EQUAL(parent[6], GIGA_NO_VERTEX);
    CU_ASSERT_EQUAL(parent[7], 0);
    CU_ASSERT_EQUAL(stats.reached, 6);
    CU_ASSERT_EQUAL(stats.edges, 6);
    CU_ASSERT_EQUAL_FATAL(stats.depth, 3);
    CU_ASSERT_EQUAL(stats.levels[0].vertices, 1);
    CU_ASSERT_EQUAL(stats.levels[1].vertices, 3);
    CU_ASSERT_EQUAL(stats.levels[2].vertices, 1);
    CU_ASSERT_EQUAL(stats.levels[3].vertices, 1);
    giga_bfs_stats_clear(&stats);
    CU_ASSERT_EQUAL(job_same(giga_bfs_validate(s.graph, 0, s.level, s.parent)), GIGA_OK);
    /* Again from another source: nothing of the first search is left. */
    JOB_OK(giga_bfs(s.graph, 6, s.level, NULL, NULL));
    read_all(s.level, level);
    for (uint64_t v = 0; v < 8; v++)
        CU_ASSERT_EQUAL(level[v], v == 6 ? 0 : v == 5 ? 1 : GIGA_UNREACHED);
    end_search(&s);
}

static void a_directed_search_follows_arcs_one_way(void)
{
    static const uint64_t expected[5] = {0, 1, 2, GIGA_UNREACHED, 3};
    search s = make_search("0 1\n1 2\n2 0\n3 0\n2 4\n", GIGA_DIRECTED);
    uint64_t level[5], parent[5];

    JOB_OK(giga_bfs(s.graph, 0, s.level, s.parent, NULL));
    read_all(s.level, level);
    read_all(s.parent, parent);
    CU_ASSERT_EQUAL(memcmp(level, expected, sizeof level), 0);
    CU_ASSERT_EQUAL(parent[2], 1);
    CU_ASSERT_EQUAL(parent[3], GIGA_NO_VERTEX);
    CU_ASSERT_EQUAL(parent[4], 2);
    CU_ASSERT_EQUAL(job_same(giga_bfs_validate(s.graph, 0, s.level, s.parent)), GIGA_OK);
    end_search(&s);
}

/* The levels of a path are the distances along it: many levels, each of one vertex. */
static void a_path_has_as_many_levels_as_vertices(void)
{
    enum { LENGTH = 300 };
    static char text[LENGTH * 10];
    static uint64_t level[LENGTH];
    size_t used = 0;

    for (int i = 0; i + 1 < LENGTH; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d %d\n", i, i + 1);
    search s = make_search(text, GIGA_UNDIRECTED);
    JOB_OK(giga_bfs(s.graph, 100, s.level, s.parent, NULL));
    read_all(s.level, level);
    for (uint64_t v = 0; v < LENGTH; v++)
        CU_ASSERT_EQUAL(level[v], v > 100 ? v - 100 : 100 - v);
    CU_ASSERT_EQUAL(job_same(giga_bfs_validate(s.graph, 100, s.level, s.parent)), GIGA_OK);
    end_search(&s);
}

typedef struct change {
    uint64_t vertex, level, parent;
} change;

/* One or two vertices get another level and parent; the laws must notice. */
static void wrong_searches_are_refused(void)
{
    static const change cases[][2] = {
        {{4, 2, 3}, {4, 2, 3}},                                /* too near */
        {{4, 4, 3}, {4, 4, 3}},                                /* too far */
        {{1, 0, 0}, {1, 0, 0}},                                /* a second source */
        {{4, 3, 7}, {4, 3, 7}},                                /* parent not above */
        {{3, 2, 7}, {3, 2, 7}},                                /* above, but no edge */
        {{4, 3, 4}, {4, 3, 4}},                                /* its own parent */
        {{4, 3, 99}, {4, 3, 99}},                              /* no such parent */
        {{4, 3, GIGA_NO_VERTEX}, {4, 3, GIGA_NO_VERTEX}},      /* no parent */
        {{4, GIGA_UNREACHED, GIGA_NO_VERTEX}, {4, GIGA_UNREACHED, GIGA_NO_VERTEX}},
        {{4, GIGA_UNREACHED, 3}, {4, GIGA_UNREACHED, 3}},
        {{5, 1, 0}, {5, 1, 0}},                                /* reached through no edge */
        {{5, 2, 6}, {6, 1, 5}},                                /* a cycle */
        {{5, 0, 5}, {6, 1, 5}},                                /* a tree of its own */
        {{0, 1, 0}, {0, 1, 0}},                                /* the source */
        {{0, 0, 1}, {0, 0, 1}},
    };
    search s = make_search(SQUARE, GIGA_UNDIRECTED);
    uint64_t parent[8];

    JOB_OK(giga_bfs(s.graph, 0, s.level, s.parent, NULL));
    read_all(s.parent, parent);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < 2; k++) {
            put_one(s.level, cases[i][k].vertex, &cases[i][k].level);
            put_one(s.parent, cases[i][k].vertex, &cases[i][k].parent);
        }
        giga_status status = giga_bfs_validate(s.graph, 0, s.level, s.parent);
        if (status != GIGA_ERR_INVALID && giga_rank() == 0)
            fprintf(stderr, "case %zu was not noticed\n", i);
        CU_ASSERT_EQUAL(job_same(status), GIGA_ERR_INVALID);
        for (size_t k = 0; k < 2; k++) {
            put_one(s.level, cases[i][k].vertex, &SQUARE_LEVELS[cases[i][k].vertex]);
            put_one(s.parent, cases[i][k].vertex, &parent[cases[i][k].vertex]);
        }
        CU_ASSERT_EQUAL(job_same(giga_bfs_validate(s.graph, 0, s.level, s.parent)), GIGA_OK);
    }
    end_search(&s);
}

/* In a triangle 0, 1, 2 is a tree whose levels differ by one, but 0-2 spans two. */
static void a_tree_that_is_not_of_shortest_paths_is_refused(void)
{
    search s = make_search("0 1\n1 2\n0 2\n", GIGA_UNDIRECTED);
    uint64_t level = 2, parent = 1;

    JOB_OK(giga_bfs(s.graph, 0, s.level, s.parent, NULL));
    put_one(s.level, 2, &level);
    put_one(s.parent, 2, &parent);
    CU_ASSERT_EQUAL(job_same(giga_bfs_validate(s.graph, 0, s.level, s.parent)), GIGA_ERR_INVALID);
    end_search(&s);
}

/* ---- PageRank ---- */

#define D 0.85

typedef struct ranking {
    giga_graph *graph;
    giga_array *rank;
    giga_pagerank_opts opts;
    giga_pagerank_stats stats;
    double values[16];
} ranking;

static ranking make_ranking(const char *text, giga_direction direction)
{
    ranking r = {.graph = open_text(text, direction), .opts = GIGA_PAGERANK_OPTS_INIT};

    JOB_OK(giga_graph_values(r.graph, sizeof(double), &r.rank));
    r.opts.tolerance = 1e-14;
    r.opts.max_iterations = 1000;
    return r;
}

/* Run with the options; the laws hold, the values are read. */
static void rank_all(ranking *r)
{
    CU_ASSERT_EQUAL_FATAL(job_same(giga_pagerank(r->graph, &r->opts, r->rank, &r->stats)), GIGA_OK);
    double last = r->stats.iterations ? r->stats.change : 2.0;
    CU_ASSERT_EQUAL(job_same(giga_pagerank_validate(r->graph, &r->opts, r->rank, last, NULL)),
                    GIGA_OK);
    read_all(r->rank, r->values);
}

static void end_ranking(ranking *r)
{
    giga_pagerank_stats_clear(&r->stats);
    JOB_OK(giga_array_destroy(r->rank));
    close_graph(r->graph);
}

static void in_a_cycle_all_ranks_are_equal(void)
{
    ranking r = make_ranking("10 20\n20 30\n30 40\n40 50\n50 10\n", GIGA_DIRECTED);

    rank_all(&r);
    CU_ASSERT_TRUE(r.stats.converged);
    for (size_t v = 0; v < 5; v++)
        CU_ASSERT_DOUBLE_EQUAL(r.values[v], 0.2, 1e-15);
    end_ranking(&r);
}

/*
 * A star of k leaves, n = k + 1: a leaf has l = (1-d)/n + d c/k, the centre
 * c = (1-d)/n + d k l. Put l in: c (1 - d^2) = (1-d) (1 + d k) / n, so
 * c = (1 + d k) / (n (1 + d)), and the leaves share the rest.
 */
static void in_a_star_ranks_have_a_closed_form(void)
{
    ranking r = make_ranking("9 1\n9 2\n9 3\n9 4\n9 5\n9 6\n", GIGA_UNDIRECTED);
    double k = 6, n = 7, centre = (1 + D * k) / (n * (1 + D));

    rank_all(&r);
    CU_ASSERT_TRUE(r.stats.converged);
    CU_ASSERT_DOUBLE_EQUAL(r.values[6], centre, 1e-13);
    for (size_t v = 0; v < 6; v++)
        CU_ASSERT_DOUBLE_EQUAL(r.values[v], (1 - centre) / k, 1e-13);
    end_ranking(&r);
}

/*
 * One arc 0 -> 1; 1 dangles and gives half of itself to each. The first iteration, from 1/2:
 * (1-d)/2 + d/4 and that plus d/2. The fixed point, with r0 + r1 = 1:
 * r0 = (1-d)/2 + d (1 - r0)/2, so r0 = 1 / (2 + d).
 */
static void a_dangling_vertex_gives_to_all(void)
{
    ranking r = make_ranking("0 1\n", GIGA_DIRECTED);

    r.opts.tolerance = 0;
    r.opts.max_iterations = 1;
    rank_all(&r);
    CU_ASSERT_EQUAL(r.stats.iterations, 1);
    CU_ASSERT_FALSE(r.stats.converged);
    CU_ASSERT_DOUBLE_EQUAL(r.values[0], (1 - D) / 2 + D / 4, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(r.values[1], (1 - D) / 2 + D / 2 + D / 4, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(r.stats.change, D / 2, 1e-15);
    giga_pagerank_stats_clear(&r.stats);
    r.opts.tolerance = 1e-14;
    r.opts.max_iterations = 1000;
    rank_all(&r);
    CU_ASSERT_DOUBLE_EQUAL(r.values[0], 1 / (2 + D), 1e-13);
    CU_ASSERT_DOUBLE_EQUAL(r.values[1], (1 + D) / (2 + D), 1e-13);
    end_ranking(&r);
}

static void without_damping_or_iterations_all_ranks_are_equal(void)
{
    ranking r = make_ranking(SEVEN, GIGA_DIRECTED);

    r.opts.max_iterations = 0;
    rank_all(&r);
    CU_ASSERT_EQUAL(r.stats.iterations, 0);
    CU_ASSERT_FALSE(r.stats.converged);
    for (size_t v = 0; v < 5; v++)
        CU_ASSERT_EQUAL(r.values[v], 1.0 / 5);
    giga_pagerank_stats_clear(&r.stats);
    r.opts.max_iterations = 3;
    r.opts.damping = 0;
    rank_all(&r);
    for (size_t v = 0; v < 5; v++)
        CU_ASSERT_DOUBLE_EQUAL(r.values[v], 1.0 / 5, 1e-16);
    end_ranking(&r);
}

static void the_tolerance_stops_at_the_first_change_below_it(void)
{
    ranking r = make_ranking(SQUARE, GIGA_UNDIRECTED);

    r.opts.tolerance = 1e-4;
    rank_all(&r);
    CU_ASSERT_TRUE(r.stats.converged);
    CU_ASSERT_TRUE_FATAL(r.stats.iterations > 1 && r.stats.iterations < 1000);
    CU_ASSERT_TRUE(r.stats.change < 1e-4);
    CU_ASSERT_EQUAL(r.stats.change, r.stats.steps[r.stats.iterations - 1].change);
    for (uint64_t i = 0; i + 1 < r.stats.iterations; i++)
        CU_ASSERT_TRUE(r.stats.steps[i].change >= 1e-4);
    end_ranking(&r);
}

/* Ranks of all vertices by another way than the default. */
static void rank_by(giga_graph *graph, giga_pagerank_method method, const uint64_t *sources,
                    giga_semantics semantics, double damping, double *values)
{
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;
    giga_pagerank_stats stats = {0};
    giga_array *rank;

    opts.method = method;
    opts.damping = damping;
    opts.tolerance = 1e-13;
    opts.sources = sources;
    opts.source_count = sources ? 2 : 0;
    opts.semantics = semantics;
    JOB_OK(giga_graph_values(graph, sizeof(double), &rank));
    CU_ASSERT_EQUAL(job_same(giga_pagerank(graph, &opts, rank, &stats)), GIGA_OK);
    CU_ASSERT_TRUE(stats.converged);
    CU_ASSERT_EQUAL(job_same(giga_pagerank_validate(graph, &opts, rank, stats.change, NULL)),
                    GIGA_OK);
    CU_ASSERT_TRUE(by_id(graph, rank, values));
    JOB_OK(giga_barrier());
    JOB_OK(giga_array_destroy(rank));
    giga_pagerank_stats_clear(&stats);
}

static void all_methods_have_one_fixed_point(void)
{
    static const giga_direction directions[] = {GIGA_UNDIRECTED, GIGA_DIRECTED};
    static const double damping[] = {D, 0.5}; /* with 0.5 in a quarter of the iterations */

    for (size_t d = 0; d < 2; d++) {
        giga_graph *graph = open_as("kron:8:3", directions[d]);
        uint64_t sources[2] = {giga_graph_sorted(graph, 3), giga_graph_sorted(graph, 200)};
        for (int semantics = GIGA_SEMANTICS_LDBC; semantics <= GIGA_SEMANTICS_NETWORKX; semantics++) {
            double pull[2][SCALE8], other[SCALE8];
            for (int k = 0; k < 2; k++) {
                const uint64_t *from = k ? sources : NULL;
                double most = 0;
                rank_by(graph, GIGA_PAGERANK_PULL, from, (giga_semantics)semantics, damping[d],
                        pull[k]);
                for (int m = GIGA_PAGERANK_ASYNCHRONOUS; m <= GIGA_PAGERANK_RESIDUAL; m++) {
                    rank_by(graph, (giga_pagerank_method)m, from, (giga_semantics)semantics,
                            damping[d], other);
                    for (uint64_t v = 0; v < SCALE8; v++)
                        most = fmax(most, fabs(other[v] - pull[k][v]));
                }
                CU_ASSERT_TRUE(most < 1e-11);
            }
            CU_ASSERT_NOT_EQUAL(memcmp(pull[0], pull[1], sizeof pull[0]), 0);
        }
        close_graph(graph);
    }
}

static void wrong_ranks_are_refused(void)
{
    static const struct {
        double add[2]; /* to vertices 0 and 3 */
    } cases[] = {{{-1.0, 1.0}}, {{0.5, 0}}, {{-0.01, 0}}, {{0.01, -0.01}}, {{NAN, 0}},
                 {{INFINITY, 0}}, {{1e-6, -1e-6}}};
    ranking r = make_ranking(SQUARE, GIGA_UNDIRECTED);

    rank_all(&r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double first = r.values[0] + cases[i].add[0], second = r.values[3] + cases[i].add[1];
        put_one(r.rank, 0, &first);
        put_one(r.rank, 3, &second);
        giga_status status = giga_pagerank_validate(r.graph, &r.opts, r.rank, r.stats.change, NULL);
        if (status != GIGA_ERR_INVALID && giga_rank() == 0)
            fprintf(stderr, "case %zu was not noticed\n", i);
        CU_ASSERT_EQUAL(job_same(status), GIGA_ERR_INVALID);
    }
    put_one(r.rank, 0, &r.values[0]);
    put_one(r.rank, 3, &r.values[3]);
    double residual = 1;
    CU_ASSERT_EQUAL(job_same(giga_pagerank_validate(r.graph, &r.opts, r.rank, r.stats.change,
                                                    &residual)), GIGA_OK);
    CU_ASSERT_TRUE(residual >= 0 && residual < 1e-13);
    end_ranking(&r);
}

static void options_that_make_no_sense_are_refused(void)
{
    static const struct {
        double damping, tolerance;
    } cases[] = {{1.5, 0}, {-0.1, 0}, {NAN, 0}, {D, -1}, {D, NAN}, {D, INFINITY}};
    ranking r = make_ranking(SEVEN, GIGA_DIRECTED);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        r.opts.damping = cases[i].damping;
        r.opts.tolerance = cases[i].tolerance;
        CU_ASSERT_EQUAL(job_same(giga_pagerank(r.graph, &r.opts, r.rank, NULL)), GIGA_ERR_ARG);
    }
    r.opts = (giga_pagerank_opts)GIGA_PAGERANK_OPTS_INIT;
    r.opts.struct_bytes++;
    CU_ASSERT_EQUAL(job_same(giga_pagerank(r.graph, &r.opts, r.rank, NULL)), GIGA_ERR_ARG);
    end_ranking(&r);
}

/* ---- results as files ---- */

static void expect_text(const char *name, const char *expected)
{
    char text[ROOM] = "";
    FILE *file = fopen(path(name), "r");

    CU_ASSERT_PTR_NOT_NULL(file);
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    CU_ASSERT_STRING_EQUAL(text, expected);
    JOB_OK(giga_barrier());
}

static void results_are_lines_of_id_and_value_sorted_by_id(void)
{
    search s = make_search("30 100\n4 30\n18446744073709551615 5\n", GIGA_UNDIRECTED);
    uint64_t source = UINT64_MAX;

    JOB_OK(giga_graph_find(s.graph, 100, &source));
    CU_ASSERT_EQUAL(source, 3);
    JOB_OK(giga_bfs(s.graph, source, s.level, s.parent, NULL));
    write_text("levels", "what was there before, and longer than what comes\n"
                         "what was there before, and longer than what comes\n"
                         "what was there before, and longer than what comes\n");
    CU_ASSERT_EQUAL(job_same(giga_graph_write(s.graph, s.level, GIGA_VALUE_COUNT, path("levels"))),
                    GIGA_OK);
    expect_text("levels", "4 2\n5 9223372036854775807\n30 1\n100 0\n"
                          "18446744073709551615 9223372036854775807\n");
    JOB_OK(giga_graph_write(s.graph, s.parent, GIGA_VALUE_VERTEX, path("parents")));
    expect_text("parents", "4 30\n5 -1\n30 100\n100 100\n18446744073709551615 -1\n");
    CU_ASSERT_EQUAL(job_same(giga_graph_write(s.graph, s.level, GIGA_VALUE_COUNT, path("no/x"))),
                    GIGA_ERR_IO);
    CU_ASSERT_EQUAL(job_same(giga_graph_write(s.graph, s.level, GIGA_VALUE_COUNT, path(""))),
                    GIGA_ERR_IO);
    CU_ASSERT_EQUAL(job_same(giga_graph_write(s.graph, s.level, GIGA_VALUE_COUNT, "")),
                    GIGA_ERR_ARG);
    end_search(&s);
}

/* Before the job of all ranks, each rank is a job of its own. */
static int study_alone(void)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;

    if (giga_init_comm(MPI_COMM_SELF, NULL) != GIGA_OK)
        return 2;
    opts.direction = GIGA_UNDIRECTED;
    for (size_t k = 0; k < MODELS; k++) {
        giga_graph *graph;
        if (giga_graph_open(MODEL_NAMES[k], &opts, &graph) != GIGA_OK ||
            !study(graph, &alone[k]) || giga_graph_close(graph) != GIGA_OK)
            return 2;
    }
    return giga_fini();
}

int main(int argc, char **argv)
{
    static const job_test tests[] = {
        {"a graph is the same in every text format", a_graph_is_the_same_in_every_text_format},
        {"a graph is the same compressed", a_graph_is_the_same_compressed},
        {"a graph is the same in binary pairs", a_graph_is_the_same_in_binary_pairs},
        {"a symmetric matrix has both arcs of an entry",
         a_symmetric_matrix_has_both_arcs_of_an_entry},
        {"vertices without edges exist where a format has them",
         vertices_without_edges_exist_where_a_format_has_them},
        {"loops and duplicates are kept by option", loops_and_duplicates_are_kept_by_option},
        {"ids may lie anywhere in 64 bits", ids_may_lie_anywhere_in_64_bits},
        {"arcs that do not exist are out of range", arcs_that_do_not_exist_are_out_of_range},
        {"generated graphs do not depend on the ranks",
         generated_graphs_do_not_depend_on_the_ranks},
        {"generated graphs are symmetric, sorted and complete",
         generated_graphs_are_symmetric_sorted_and_complete},
        {"another seed is another graph", another_seed_is_another_graph},
        {"a graph of one vertex works", a_graph_of_one_vertex_works},
        {"an empty graph works", an_empty_graph_works},
        {"what cannot be opened fails alike everywhere",
         what_cannot_be_opened_fails_alike_everywhere},
        {"arrays of another shape are refused", arrays_of_another_shape_are_refused},
        {"levels and parents are those of a search by hand",
         levels_and_parents_are_those_of_a_search_by_hand},
        {"a directed search follows arcs one way", a_directed_search_follows_arcs_one_way},
        {"a path has as many levels as vertices", a_path_has_as_many_levels_as_vertices},
        {"wrong searches are refused", wrong_searches_are_refused},
        {"a tree that is not of shortest paths is refused",
         a_tree_that_is_not_of_shortest_paths_is_refused},
        {"in a cycle all ranks are equal", in_a_cycle_all_ranks_are_equal},
        {"in a star ranks have a closed form", in_a_star_ranks_have_a_closed_form},
        {"a dangling vertex gives to all", a_dangling_vertex_gives_to_all},
        {"without damping or iterations all ranks are equal",
         without_damping_or_iterations_all_ranks_are_equal},
        {"the tolerance stops at the first change below it",
         the_tolerance_stops_at_the_first_change_below_it},
        {"all methods have one fixed point", all_methods_have_one_fixed_point},
        {"wrong ranks are refused", wrong_ranks_are_refused},
        {"options that make no sense are refused", options_that_make_no_sense_are_refused},
        {"results are lines of id and value, sorted by id",
         results_are_lines_of_id_and_value_sorted_by_id},
    };
    int provided;

    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
    int status = study_alone();
    if (status != 0)
        fprintf(stderr, "a job of one rank: %s\n", giga_error());
    else
        status = JOB_RUN("graph", tests);
    for (size_t k = 0; k < MODELS; k++)
        forget(&alone[k]);
    remove_files();
    MPI_Finalize();
    return status;
}
