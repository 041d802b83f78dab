/*
 * test_formats.c - random graphs in every adjacency format, opened by all ranks.
 *
 * The files are written by graph_files.h, which shares no code with the readers; what a
 * graph must be - its vertices, edges, loops, degrees - is counted here from the list of
 * edges. Directions: a file that says it, one that does not, and options against the file.
 */
#include <giga/graph.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "../unit/graph_files.h"
#include "job.h"

static char folder[64];

static const char *path(const char *name)
{
    static char shown[128];

    if (!folder[0]) {
        if (giga_rank() == 0) {
            snprintf(folder, sizeof folder, "/tmp/giga-test-formats-XXXXXX");
            CU_ASSERT_PTR_NOT_NULL(mkdtemp(folder));
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
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        CU_ASSERT_EQUAL(fwrite(data, 1, bytes, file), bytes);
        CU_ASSERT_EQUAL(fclose(file), 0);
    }
    JOB_OK(giga_barrier());
}

/* ---- what a graph must be ---- */

typedef struct facts {
    uint64_t edges, loops, duplicates, isolated, largest, histogram[64];
} facts;

static void count_facts(const file_graph *g, bool directed, facts *f)
{
    static unsigned char seen[FILE_VERTICES][FILE_VERTICES];
    uint64_t out[FILE_VERTICES] = {0}, any[FILE_VERTICES] = {0};

    memset(seen, 0, sizeof seen);
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < g->m; i++) {
        uint64_t u = g->u[i], v = g->v[i], low = u < v ? u : v, high = u < v ? v : u;
        unsigned char *mine = directed ? &seen[u][v] : &seen[low][high];
        if (u == v) {
            f->loops++;
        } else if ((*mine)++) {
            f->duplicates++;
        } else {
            f->edges++;
            out[u]++;
            out[v] += !directed;
            any[u]++;
            any[v]++;
        }
    }
    for (uint64_t v = 0; v < g->n; v++) {
        int k = 0;
        for (uint64_t d = out[v]; d; d /= 2)
            k++;
        f->histogram[k]++;
        f->isolated += any[v] == 0;
        f->largest = out[v] > f->largest ? out[v] : f->largest;
    }
}

static void expect_graph(const file_graph *g, giga_format format, const char *name,
                         giga_direction direction, bool directed, const char *from)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    giga_graph *graph = NULL;
    facts f;

    opts.format = format;
    opts.direction = direction;
    if (job_same(giga_graph_open(name, &opts, &graph)) != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    giga_graph_info info = giga_graph_get_info(graph);
    uint64_t base = format == GIGA_FORMAT_METIS || format == GIGA_FORMAT_DIMACS;
    count_facts(g, directed, &f);
    CU_ASSERT_EQUAL(info.directed, directed);
    CU_ASSERT_STRING_EQUAL(info.direction_from, from);
    CU_ASSERT_EQUAL(info.vertices, g->n);
    CU_ASSERT_EQUAL(info.edges, f.edges);
    CU_ASSERT_EQUAL(info.isolated, f.isolated);
    CU_ASSERT_EQUAL(info.largest_degree, f.largest);
    CU_ASSERT_EQUAL(memcmp(info.degree_histogram, f.histogram, sizeof f.histogram), 0);
    CU_ASSERT_EQUAL(info.lowest_id, base);
    CU_ASSERT_EQUAL(info.highest_id, base + g->n - 1);
    CU_ASSERT_EQUAL(info.unused_ids, 0);
    CU_ASSERT_EQUAL(info.loops, f.loops);
    if (directed == g->directed) {
        CU_ASSERT_EQUAL(info.edges_read, g->m);
        CU_ASSERT_EQUAL(info.duplicates, f.duplicates);
    }
    JOB_OK(giga_graph_close(graph));
}

/* ---- graphs ---- */

static void make_graph(file_graph *g, bool directed, bool weighted)
{
    memset(g, 0, sizeof *g);
    g->directed = directed;
    g->weighted = weighted;
    g->n = 1 + job_below(&job_everywhere, FILE_VERTICES);
    g->m = job_below(&job_everywhere, 3) ? job_below(&job_everywhere, FILE_EDGES) : 2;
    uint64_t ends = job_below(&job_everywhere, 2) ? g->n : (g->n + 9) / 10;
    for (size_t i = 0; i < g->m; i++) {
        g->u[i] = job_below(&job_everywhere, ends);
        g->v[i] = job_below(&job_everywhere, ends);
        g->w[i] = (int)((g->u[i] + g->v[i]) * 7 % 100); /* the same whenever it comes again */
    }
}

static const struct {
    gr_format inside;
    giga_format format;
    bool asked; /* by option: the name and the first bytes do not say it */
} formats[] = {
    {GR_FORMAT_GAPBS, GIGA_FORMAT_GAPBS, false},
    {GR_FORMAT_GAPBS_WEIGHTED, GIGA_FORMAT_GAPBS_WEIGHTED, false},
    {GR_FORMAT_GALOIS, GIGA_FORMAT_GALOIS, false},
    {GR_FORMAT_GALOIS_REAL, GIGA_FORMAT_GALOIS_REAL, true},
    {GR_FORMAT_ADJACENCY, GIGA_FORMAT_ADJACENCY, false},
    {GR_FORMAT_METIS, GIGA_FORMAT_METIS, true},
    {GR_FORMAT_DIMACS, GIGA_FORMAT_DIMACS, false},
    {GR_FORMAT_GRAPH_TOOL, GIGA_FORMAT_GRAPH_TOOL, false},
};

enum { FORMATS = sizeof formats / sizeof *formats };

static bool lists_arcs(gr_format format)
{
    return format == GR_FORMAT_GALOIS || format == GR_FORMAT_GALOIS_REAL ||
           format == GR_FORMAT_ADJACENCY;
}

/* Of a list of arcs: whether every one has its reverse. */
static bool is_symmetric(const file_graph *g)
{
    static int64_t arcs[FILE_VERTICES][FILE_VERTICES];
    bool same = true;

    memset(arcs, 0, sizeof arcs);
    for (size_t i = 0; i < g->m; i++) {
        arcs[g->u[i]][g->v[i]]++;
        arcs[g->v[i]][g->u[i]]--;
    }
    for (uint64_t u = 0; u < g->n; u++)
        for (uint64_t v = 0; v < g->n; v++)
            same &= arcs[u][v] == 0;
    return same;
}

static void a_graph_is_the_same_in_every_adjacency_format(void)
{
    static file_graph g;
    static file_bytes file;
    static char packed[1 << 17];

    for (int i = 0; i < 12; i++) {
        make_graph(&g, i % 2, i / 2 % 2);
        for (size_t k = 0; k < FORMATS; k++) {
            gr_format inside = formats[k].inside;
            if (!file_write(&g, inside, &file))
                continue;
            bool arcs = lists_arcs(inside), directed = g.directed;
            if (arcs && g.directed && is_symmetric(&g))
                continue; /* by chance: then it is undirected, with other duplicates */
            giga_format asked = formats[k].asked ? formats[k].format : GIGA_FORMAT_AUTO;
            const char *from = arcs ? "arcs" : "file";
            write_bytes("r", file.at, file.count);
            /* `format` in expect_graph() is the base of ids, too. */
            expect_graph(&g, asked ? asked : formats[k].format, path("r"), GIGA_DIRECTION_AUTO,
                         directed, from);
            if (!directed && arcs)
                expect_graph(&g, formats[k].format, path("r"), GIGA_UNDIRECTED, false, "option");
            if (i < 4)
                write_bytes("r", packed,
                            ZSTD_compress(packed, sizeof packed, file.at, file.count, 3));
            if (i < 4)
                expect_graph(&g, formats[k].format, path("r"), GIGA_DIRECTION_AUTO, directed, from);
        }
    }
}

/* An undirected adjacency by option directed: both arcs of every edge. */
static void both_arcs_are_there_when_an_undirected_file_is_read_as_directed(void)
{
    static file_graph g;
    static file_bytes file;
    static const gr_format inside[] = {GR_FORMAT_METIS, GR_FORMAT_GAPBS, GR_FORMAT_ADJACENCY};
    static const giga_format outside[] = {GIGA_FORMAT_METIS, GIGA_FORMAT_GAPBS,
                                          GIGA_FORMAT_ADJACENCY};

    make_graph(&g, false, false);
    for (int k = 0; k < 3; k++) {
        giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
        giga_graph *graph = NULL;
        facts f;
        file_write(&g, inside[k], &file);
        write_bytes("d", file.at, file.count);
        opts.format = outside[k];
        opts.direction = GIGA_DIRECTED;
        CU_ASSERT_EQUAL(job_same(giga_graph_open(path("d"), &opts, &graph)), GIGA_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
        count_facts(&g, false, &f);
        CU_ASSERT_EQUAL(giga_graph_get_info(graph).edges, 2 * f.edges);
        CU_ASSERT_EQUAL(memcmp(giga_graph_get_info(graph).degree_histogram, f.histogram,
                               sizeof f.histogram), 0);
        JOB_OK(giga_graph_close(graph));
    }
}

/* ---- rows as a graph has them, and rows that are not ---- */

enum { ROWS = 300, LONE = 7 };

/* Hubs, vertices of few edges and of none: vertices are put in order of degree. The last vertex is
 * not a neighbour of LONE. */
static bool joined(uint64_t u, uint64_t v)
{
    uint64_t low = u < v ? u : v, high = u < v ? v : u;

    if (u == v || high % 11 == 3 || low % 11 == 3 || (low == LONE && high == ROWS - 1))
        return false;
    return low % 50 == LONE || (low * 31 + high * 17) % 97 < 2;
}

/* A .sg or .wsg; with `down` its rows descend. */
static size_t write_rows(char *to, bool weighted, bool down)
{
    uint64_t arcs = 0, sum = 0, n = ROWS;
    char *at = to + 17;

    for (uint64_t u = 0; u < n; u++)
        for (uint64_t v = 0; v < n; v++)
            arcs += joined(u, v);
    to[0] = 0;
    memcpy(to + 1, &arcs, 8);
    memcpy(to + 9, &n, 8);
    for (uint64_t u = 0; u <= n; u++, at += 8) {
        memcpy(at, &sum, 8);
        for (uint64_t v = 0; v < n && u < n; v++)
            sum += joined(u, v);
    }
    for (uint64_t u = 0; u < n; u++) {
        for (uint64_t i = 0; i < n; i++) {
            uint32_t v = (uint32_t)(down ? n - 1 - i : i), weight = (uint32_t)(u * v % 100);
            if (!joined(u, v))
                continue;
            memcpy(at, &v, 4);
            memcpy(at + 4, &weight, weighted ? 4 : 0);
            at += weighted ? 8 : 4;
        }
    }
    return (size_t)(at - to);
}

static void expect_same_rows(const giga_graph *a, const giga_graph *b)
{
    giga_graph_info of_a = giga_graph_get_info(a), of_b = giga_graph_get_info(b);
    static uint64_t ends_a[ROWS], ends_b[ROWS];
    bool same = true;

    CU_ASSERT_EQUAL(of_a.edges, of_b.edges);
    CU_ASSERT_EQUAL(of_a.edges_read, of_b.edges_read);
    CU_ASSERT_EQUAL(of_a.isolated, of_b.isolated);
    CU_ASSERT_EQUAL(of_a.graph_bytes, of_b.graph_bytes);
    CU_ASSERT_STRING_EQUAL(of_a.direction_from, of_b.direction_from);
    for (uint64_t i = 0; i < ROWS; i++) {
        uint64_t count = giga_graph_degree(a, i);
        same = same && count == giga_graph_degree(b, i) && giga_graph_id(a, i) == giga_graph_id(b, i);
        same = same && giga_graph_sorted(a, i) == giga_graph_sorted(b, i);
        same = same && giga_graph_neighbours(a, i, 0, count, ends_a) == GIGA_OK &&
               giga_graph_neighbours(b, i, 0, count, ends_b) == GIGA_OK &&
               memcmp(ends_a, ends_b, count * sizeof *ends_a) == 0;
    }
    CU_ASSERT(same);
}

static void expect_failure(const char *name, const char *words);

/* Rows that ascend go straight into the adjacency, where ranks share memory; others do not. */
static void rows_that_ascend_make_the_graph_of_rows_that_do_not(void)
{
    static char bytes[17 + 8 * (ROWS + 1) + 8 * ROWS * ROWS];
    uint32_t last = ROWS - 1;
    uint64_t end;

    for (int weighted = 0; weighted < 2; weighted++) {
        const char *name = weighted ? "rows.wsg" : "rows.sg", *down = weighted ? "down.wsg" : "down.sg";
        giga_graph *graph[2] = {NULL, NULL};
        write_bytes(name, bytes, write_rows(bytes, weighted, false));
        CU_ASSERT_EQUAL(job_same(giga_graph_open(path(name), NULL, &graph[0])), GIGA_OK);
        write_bytes(down, bytes, write_rows(bytes, weighted, true));
        CU_ASSERT_EQUAL(job_same(giga_graph_open(path(down), NULL, &graph[1])), GIGA_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(graph[0]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(graph[1]);
        expect_same_rows(graph[0], graph[1]);
        JOB_OK(giga_barrier());
        JOB_OK(giga_graph_close(graph[0]));
        JOB_OK(giga_graph_close(graph[1]));
        /* An arc that has no reverse, in a row that still ascends. */
        size_t count = write_rows(bytes, weighted, false), stride = weighted ? 8 : 4;
        memcpy(&end, bytes + 17 + 8 * (LONE + 1), 8);
        memcpy(bytes + 17 + 8 * (ROWS + 1) + (end - 1) * stride, &last, 4);
        write_bytes(name, bytes, count);
        expect_failure(name, "expected every edge in the rows of both its ends");
        if (!weighted)
            continue;
        count = write_rows(bytes, weighted, false); /* another weight than its reverse has */
        bytes[17 + 8 * (ROWS + 1) + end * stride - 4]++;
        write_bytes(name, bytes, count);
        expect_failure(name, "with the same weight");
    }
}

static void ids_that_no_vertex_has_are_counted(void)
{
    giga_graph *graph = NULL;

    write_bytes("gaps.el", "10 12\n12 13\n20 10\n", 18);
    CU_ASSERT_EQUAL(job_same(giga_graph_open(path("gaps.el"), NULL, &graph)), GIGA_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    giga_graph_info info = giga_graph_get_info(graph);
    CU_ASSERT_EQUAL(info.lowest_id, 10);
    CU_ASSERT_EQUAL(info.highest_id, 20);
    CU_ASSERT_EQUAL(info.unused_ids, 7);
    CU_ASSERT_EQUAL(info.degree_histogram[1], 2);
    CU_ASSERT_EQUAL(info.degree_histogram[2], 2);
    JOB_OK(giga_graph_close(graph));
    write_bytes("ends.el", "0 18446744073709551615\n", 23);
    CU_ASSERT_EQUAL(job_same(giga_graph_open(path("ends.el"), NULL, &graph)), GIGA_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    CU_ASSERT_EQUAL(giga_graph_get_info(graph).unused_ids, UINT64_MAX - 1);
    JOB_OK(giga_graph_close(graph));
}

static void expect_failure(const char *name, const char *words)
{
    giga_graph *graph = NULL;

    CU_ASSERT_EQUAL(job_same(giga_graph_open(path(name), NULL, &graph)), GIGA_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), words));
    CU_ASSERT_PTR_NULL(graph);
}

static void what_is_wrong_in_one_rank_fails_on_all(void)
{
    static file_graph g = {.n = 200, .m = 300};
    static file_bytes file;

    for (size_t i = 0; i < g.m; i++) {
        g.u[i] = i % 200;
        g.v[i] = (i * 7 + 1) % 200;
    }
    file_write(&g, GR_FORMAT_GAPBS, &file);
    file.at[file.count - 2] = 1;
    write_bytes("x.sg", file.at, file.count);
    expect_failure("x.sg", "expected the end of an arc (0 to 199)");
    file_write(&g, GR_FORMAT_GAPBS, &file);
    file.at[17 + 8 * 100] ^= 127;
    write_bytes("x.sg", file.at, file.count);
    expect_failure("x.sg", "offset");
    file_write(&g, GR_FORMAT_METIS, &file);
    write_bytes("x.graph", file.at, file.count - 20);
    expect_failure("x.graph", "x.graph");
    file_write(&g, GR_FORMAT_ADJACENCY, &file);
    file.at[file.count - 2] = 'x';
    write_bytes("x.adj", file.at, file.count);
    expect_failure("x.adj", "expected the end of an arc (0 to 199), found \"");
}

static void files_go(void)
{
    static const char *const names[] = {"r", "d", "gaps.el", "ends.el", "x.sg", "x.graph", "x.adj",
                                        "rows.sg", "down.sg", "rows.wsg", "down.wsg"};

    JOB_OK(giga_barrier());
    for (size_t i = 0; i < 11 && giga_rank() == 0; i++)
        unlink(path(names[i]));
    if (giga_rank() == 0)
        CU_ASSERT_EQUAL(rmdir(folder), 0);
}

int main(void)
{
    static const job_test tests[] = {
        JOB_LAW(a_graph_is_the_same_in_every_adjacency_format),
        JOB_LAW(both_arcs_are_there_when_an_undirected_file_is_read_as_directed),
        JOB_LAW(rows_that_ascend_make_the_graph_of_rows_that_do_not),
        JOB_LAW(ids_that_no_vertex_has_are_counted),
        JOB_LAW(what_is_wrong_in_one_rank_fails_on_all),
        JOB_LAW(files_go),
    };

    return JOB_RUN("formats", tests);
}
