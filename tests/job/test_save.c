/*
 * test_save.c - giga_graph_save(): the bytes of every format.
 *
 * Runs at 1, 3 and 5 ranks on one node, on nodes of one and of two, and across virtual hosts.
 * Expected bytes are made here, by sorting a list of edges and printing it: they know nothing of
 * ranks, so that equality at every number of ranks follows.
 *
 * Files are written by rank 0 to a directory of its own, which is removed at the end.
 */
#include <ftw.h>
#include <giga/graph.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job.h"

/* ---- files ---- */

static char folder[64];
static bool folder_is_mine;

static const char *path(const char *name)
{
    static char shown[128];

    if (!folder[0]) {
        if (giga_rank() == 0) {
            snprintf(folder, sizeof folder, "/tmp/giga-test-save-XXXXXX");
            folder_is_mine = mkdtemp(folder) != NULL;
        }
        giga_broadcast(folder, sizeof folder, 0);
    }
    snprintf(shown, sizeof shown, "%s/%s", folder, name);
    return shown;
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

/* All bytes of a file; NULL when there is none. */
static char *read_all(const char *name, size_t *bytes)
{
    FILE *file = fopen(path(name), "rb");
    char *data = NULL;

    *bytes = 0;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    data = malloc(*bytes + 1);
    CU_ASSERT_EQUAL(fread(data, 1, *bytes, file), *bytes);
    fclose(file);
    return data;
}

/* ---- a graph as a list ---- */

typedef struct edge {
    uint64_t u, v;
    double w;
} edge;

typedef struct model {
    edge *edges;
    uint64_t *ids;              /* ascending */
    size_t count, n;
    giga_graph_opts opts;
    bool weighted;
} model;

static int by_ends(const void *left, const void *right)
{
    const edge *a = left, *b = right;

    if (a->u != b->u)
        return a->u < b->u ? -1 : 1;
    if (a->v != b->v)
        return a->v < b->v ? -1 : 1;
    return (a->w > b->w) - (a->w < b->w);
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static bool directed(const model *m)
{
    return m->opts.direction == GIGA_DIRECTED;
}

/* Rank 0: the list as LDBC files, in the order it is in. */
static void write_input(const model *m)
{
    FILE *v = fopen(path("in.v"), "w");

    for (size_t i = m->n; i-- > 0;)
        fprintf(v, "%" PRIu64 "\n", m->ids[i]);
    fclose(v);
    FILE *e = fopen(path("in.e"), "w");
    for (size_t i = 0; i < m->count; i++) {
        fprintf(e, "%" PRIu64 " %" PRIu64, m->edges[i].u, m->edges[i].v);
        fprintf(e, m->weighted ? " %.17g\n" : "\n", m->edges[i].w);
    }
    fclose(e);
}

/* What the graph keeps of the list, in the order in which it has to be written. */
static void settle(model *m)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->count; i++) {
        edge e = m->edges[i];
        if (!m->weighted)
            e.w = 1;
        if (!directed(m) && e.u > e.v)
            e = (edge){e.v, e.u, e.w};
        if (e.u != e.v || m->opts.keep_loops)
            m->edges[kept++] = e;
    }
    qsort(m->edges, kept, sizeof *m->edges, by_ends);
    m->count = 0;
    for (size_t i = 0; i < kept; i++) {
        edge e = m->edges[i];
        bool again = m->count > 0 && m->edges[m->count - 1].u == e.u && m->edges[m->count - 1].v == e.v;
        if (!again || m->opts.keep_duplicates)
            m->edges[m->count++] = e;
    }
}

static uint64_t place_of(const model *m, uint64_t id)
{
    const uint64_t *at = bsearch(&id, m->ids, m->n, sizeof id, by_value);

    return (uint64_t)(at - m->ids);
}

/* ---- expected bytes ---- */

static void print_weight(FILE *f, double w)
{
    char text[40];

    for (int decimals = 0; decimals <= 6; decimals++) { /* the first that is the same number */
        snprintf(text, sizeof text, "%.*f", decimals, w);
        if (strtod(text, NULL) == w && fabs(w) < 1e9) {
            fputs(text, f);
            return;
        }
    }
    fprintf(f, "%.17g", w);
}

static void print_edges(const model *m, FILE *f, char between)
{
    for (size_t i = 0; i < m->count; i++) {
        fprintf(f, "%" PRIu64 "%c%" PRIu64, m->edges[i].u, between, m->edges[i].v);
        if (m->weighted) {
            fputc(between, f);
            print_weight(f, m->edges[i].w);
        }
        fputc('\n', f);
    }
}

static void print_el(const model *m, FILE *f)
{
    print_edges(m, f, ' ');
}

static void print_csv(const model *m, FILE *f)
{
    fputs(m->weighted ? "source,target,weight\n" : "source,target\n", f);
    print_edges(m, f, ',');
}

static void print_vertices(const model *m, FILE *f)
{
    for (size_t i = 0; i < m->n; i++)
        fprintf(f, "%" PRIu64 "\n", m->ids[i]);
}

static void print_properties(const model *m, FILE *f)
{
    fprintf(f, "graph.out.directed = %s\n", directed(m) ? "true" : "false");
}

static void print_mtx(const model *m, FILE *f)
{
    fprintf(f, "%%%%MatrixMarket matrix coordinate %s %s\n%zu %zu %zu\n",
            m->weighted ? "real" : "pattern", directed(m) ? "general" : "symmetric", m->n, m->n,
            m->count);
    for (size_t i = 0; i < m->count; i++) {
        uint64_t u = place_of(m, m->edges[i].u) + 1, v = place_of(m, m->edges[i].v) + 1;
        fprintf(f, "%" PRIu64 " %" PRIu64, directed(m) ? u : v, directed(m) ? v : u);
        if (m->weighted) {
            fputc(' ', f);
            print_weight(f, m->edges[i].w);
        }
        fputc('\n', f);
    }
}

static void print_bin32(const model *m, FILE *f)
{
    for (size_t i = 0; i < m->count; i++) {
        uint32_t pair[2] = {(uint32_t)m->edges[i].u, (uint32_t)m->edges[i].v};
        fwrite(pair, sizeof pair, 1, f);
    }
}

static void print_bin64(const model *m, FILE *f)
{
    for (size_t i = 0; i < m->count; i++) {
        uint64_t pair[2] = {m->edges[i].u, m->edges[i].v};
        fwrite(pair, sizeof pair, 1, f);
    }
}

/* Starts and ends of arcs, which are edges from places to places. */
static void print_csr(const model *m, edge *arcs, size_t count, FILE *f)
{
    size_t at = 0;

    qsort(arcs, count, sizeof *arcs, by_ends);
    for (size_t v = 0; v <= m->n; v++) {
        while (at < count && arcs[at].u < v)
            at++;
        int64_t start = (int64_t)at;
        fwrite(&start, sizeof start, 1, f);
    }
    for (size_t i = 0; i < count; i++) {
        int32_t cell[2] = {(int32_t)arcs[i].v, (int32_t)arcs[i].w};
        fwrite(cell, m->weighted ? 8 : 4, 1, f);
    }
}

static void print_sg(const model *m, FILE *f)
{
    edge *arcs = malloc((2 * m->count + 1) * sizeof *arcs);
    size_t count = 0;

    for (size_t i = 0; i < m->count; i++) {
        uint64_t u = place_of(m, m->edges[i].u), v = place_of(m, m->edges[i].v);
        arcs[count++] = (edge){u, v, m->edges[i].w};
        if (!directed(m) && u != v)
            arcs[count++] = (edge){v, u, m->edges[i].w};
    }
    int64_t head[2] = {(int64_t)count, (int64_t)m->n};
    fputc(directed(m), f);
    fwrite(head, sizeof head, 1, f);
    print_csr(m, arcs, count, f);
    for (size_t i = 0; i < count; i++)
        arcs[i] = (edge){arcs[i].v, arcs[i].u, arcs[i].w};
    if (directed(m))
        print_csr(m, arcs, count, f);
    free(arcs);
}

/* ---- the law ---- */

typedef void printer(const model *m, FILE *f);

static void expect_file(const model *m, const char *name, printer *print)
{
    size_t bytes, expected_bytes;
    char *expected;

    if (giga_rank() != 0)
        return;
    FILE *f = open_memstream(&expected, &expected_bytes);
    print(m, f);
    fclose(f);
    char *data = read_all(name, &bytes);
    CU_ASSERT_PTR_NOT_NULL(data);
    CU_ASSERT_EQUAL(bytes, expected_bytes);
    CU_ASSERT_TRUE(data && bytes == expected_bytes && memcmp(data, expected, bytes) == 0);
    free(data);
    free(expected);
}

static void expect_format(const model *m, const giga_graph *graph, giga_format format,
                          const char *name, printer *print)
{
    CU_ASSERT_EQUAL(job_same(giga_graph_save(graph, format, path(name))), GIGA_OK);
    expect_file(m, name, print);
}

static void expect_refusal(const giga_graph *graph, const char *name, giga_status why,
                           const char *words)
{
    struct stat st;

    CU_ASSERT_EQUAL(job_same(giga_graph_save(graph, GIGA_FORMAT_AUTO, path(name))), why);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), words));
    CU_ASSERT_NOT_EQUAL(stat(path(name), &st), 0);
}

static bool fits_32(const model *m)
{
    return m->n == 0 || m->ids[m->n - 1] <= UINT32_MAX;
}

static bool whole_weights(const model *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->edges[i].w != (int32_t)m->edges[i].w)
            return false;
    }
    return true;
}

static void save_all(const model *m, const giga_graph *graph)
{
    expect_format(m, graph, GIGA_FORMAT_AUTO, "out.el", print_el);
    expect_format(m, graph, GIGA_FORMAT_EDGE_LIST, "other", print_el);
    expect_format(m, graph, GIGA_FORMAT_AUTO, "out.csv", print_csv);
    expect_format(m, graph, GIGA_FORMAT_AUTO, "out.mtx", print_mtx);
    expect_format(m, graph, GIGA_FORMAT_AUTO, "out.e", print_el);
    expect_file(m, "out.v", print_vertices);
    expect_file(m, "out.properties", print_properties);
    if (m->weighted) {
        expect_refusal(graph, "w.bin32", GIGA_ERR_UNSUPPORTED, "no place for weights");
        expect_refusal(graph, "w.bin64", GIGA_ERR_UNSUPPORTED, "no place for weights");
        expect_refusal(graph, "w.sg", GIGA_ERR_UNSUPPORTED, "name it .wsg");
        if (whole_weights(m))
            expect_format(m, graph, GIGA_FORMAT_AUTO, "out.wsg", print_sg);
        else
            expect_refusal(graph, "w.wsg", GIGA_ERR_UNSUPPORTED, "is not an integer");
        return;
    }
    expect_format(m, graph, GIGA_FORMAT_AUTO, "out.bin64", print_bin64);
    if (fits_32(m))
        expect_format(m, graph, GIGA_FORMAT_AUTO, "out.bin32", print_bin32);
    else
        expect_refusal(graph, "w.bin32", GIGA_ERR_UNSUPPORTED, "the highest id is");
    expect_format(m, graph, GIGA_FORMAT_AUTO, "out.sg", print_sg);
    expect_refusal(graph, "n.wsg", GIGA_ERR_UNSUPPORTED, "has none");
}

/* Opens the list, writes it in all formats; then opens what was written and writes it again. */
static void check(model *m)
{
    giga_graph *graph = NULL, *second = NULL;
    giga_graph_opts opts = m->opts;

    if (giga_rank() == 0)
        write_input(m);
    JOB_OK(giga_barrier());
    if (job_same(giga_graph_open(path("in.e"), &opts, &graph)) != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    settle(m);
    save_all(m, graph);
    opts.direction = GIGA_DIRECTION_AUTO; /* the files know */
    if (m->count > 0) {
        const char *written = m->opts.keep_loops ? "out.e" : "out.mtx";
        JOB_OK(job_same(giga_graph_open(path(written), &opts, &second)));
        CU_ASSERT_PTR_NOT_NULL_FATAL(second);
        CU_ASSERT_EQUAL(giga_graph_get_info(second).directed, directed(m));
        expect_format(m, second, GIGA_FORMAT_AUTO, "out.mtx", print_mtx);
        JOB_OK(giga_graph_close(second));
    }
    JOB_OK(giga_graph_close(graph));
    free(m->edges);
    free(m->ids);
}

/* ---- graphs ---- */

static giga_graph_opts opts_of(int kind)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;

    opts.direction = kind & 1 ? GIGA_DIRECTED : GIGA_UNDIRECTED;
    opts.keep_loops = kind & 2;
    opts.keep_duplicates = kind & 4;
    return opts;
}

static double weight(bool whole)
{
    static const double some[] = {0.1, 2.5, 0, 1e-300, 1.0 / 3, 123456.789, 1e22, 4, 0.0001};

    return whole ? (double)(int64_t)job_below(&job_everywhere, 200) - 100
                 : some[job_below(&job_everywhere, 9)];
}

/* `skewed`: one end in three is one of four hubs. Ids are `step` apart and begin at `low`. */
static model random_model(size_t n, size_t count, bool skewed, uint64_t low, uint64_t step, int kind,
                          int weights)
{
    model m = {.n = n, .count = count, .opts = opts_of(kind), .weighted = weights > 0};

    m.ids = malloc((n + 1) * sizeof *m.ids);
    m.edges = malloc((count + 1) * sizeof *m.edges);
    for (size_t i = 0; i < n; i++)
        m.ids[i] = low + i * step;
    for (size_t i = 0; i < count; i++) {
        uint64_t u = job_below(&job_everywhere, n), v = job_below(&job_everywhere, n);
        if (skewed && job_below(&job_everywhere, 3) == 0)
            u = n / 2 + job_below(&job_everywhere, 4);
        m.edges[i] = (edge){m.ids[u], m.ids[v], weights ? weight(weights == 1) : 1};
    }
    return m;
}

static void plain_graphs_in_every_format(void)
{
    static const int kinds[] = {0, 1, 6, 7}; /* all dropped, all kept */

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        model m = random_model(500, 3000, false, 7, 1, kinds[i], 0);
        check(&m);
    }
}

static void skewed_graphs_in_every_format(void)
{
    for (int kind = 0; kind < 8; kind += 4) { /* dense ids, and scattered ones */
        model m = random_model(1500, 3000, true, 0, 1, kind, 0);
        check(&m);
        m = random_model(1500, 3000, true, 5, (UINT64_C(1) << 53) - 1, kind + 3, 0);
        check(&m);
    }
}

static void weighted_graphs_in_every_format(void)
{
    for (int kind = 0; kind < 8; kind += 6) {
        model m = random_model(300, 2000, kind & 2, 1, 1000003, kind, 1);
        check(&m);
        m = random_model(300, 2000, kind & 4, 1, 1, kind + 1, 2); /* directed */
        check(&m);
    }
}

static void small_graphs(void)
{
    static const struct {
        size_t n, edges;
    } sizes[] = {{1, 0}, {2, 5}, {65, 200}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int kind = 0; kind < 4; kind += 3) {
            model m = random_model(sizes[i].n, sizes[i].edges, false, 3, 2, kind, 0);
            if (m.count == 0) { /* LDBC's .e with nothing in it is a comment */
                m.count = 1;
                m.edges[0] = (edge){m.ids[0], m.ids[0], 1};
            }
            check(&m);
        }
    }
}

/* A row longer than what is brought at once, and many short ones beside it. */
static void a_star_and_a_clique(void)
{
    model m = random_model(40000, 39999, false, 10, 1, 0, 0);

    for (size_t i = 0; i < m.count; i++)
        m.edges[i] = (edge){m.ids[i < 20000 ? i : i + 1], m.ids[20000], 1};
    check(&m);
    m = random_model(60, 60 * 60, false, 0, 3, 3, 0);
    for (size_t i = 0; i < m.count; i++)
        m.edges[i] = (edge){m.ids[i / 60], m.ids[i % 60], 1};
    check(&m);
}

static void a_graph_without_vertices(void)
{
    giga_graph_opts opts = opts_of(1);
    model m = {.opts = opts};
    giga_graph *graph = NULL;

    if (giga_rank() == 0) {
        FILE *f = fopen(path("empty.el"), "w");
        fputs("# nothing\n", f);
        fclose(f);
    }
    JOB_OK(giga_barrier());
    JOB_OK(job_same(giga_graph_open(path("empty.el"), &opts, &graph)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    save_all(&m, graph);
    JOB_OK(giga_graph_close(graph));
}

static void what_cannot_be_written_leaves_what_is_there(void)
{
    giga_graph *graph = NULL;
    size_t bytes;
    char long_path[5000];

    JOB_OK(job_same(giga_graph_open("uniform:6", NULL, &graph)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    expect_refusal(graph, "x.png", GIGA_ERR_ARG, "the ending does not say a format");
    expect_refusal(graph, "x.el.gz", GIGA_ERR_ARG, "the ending does not say a format");
    expect_refusal(graph, "none/x.el", GIGA_ERR_IO, "cannot create");
    expect_refusal(NULL, "x.png", GIGA_ERR_ARG, "the ending");
    JOB_OK(giga_graph_save(NULL, GIGA_FORMAT_AUTO, "x.el"));
    memset(long_path, 'a', sizeof long_path);
    memcpy(long_path + sizeof long_path - 4, ".el", 4);
    CU_ASSERT_EQUAL(giga_graph_save(graph, GIGA_FORMAT_AUTO, long_path), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_graph_save(graph, GIGA_FORMAT_EDGE_LIST, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_graph_save(graph, GIGA_FORMAT_EDGE_LIST, "/dev/null")), GIGA_ERR_IO);
    JOB_OK(giga_graph_close(graph));

    /* A weight that does not fit is found late: the old file stays, and nothing else. */
    if (giga_rank() == 0) {
        FILE *f = fopen(path("keep.wsg"), "w");
        fputs("old", f);
        fclose(f);
        f = fopen(path("weights.wel"), "w");
        for (int i = 0; i < 1000; i++)
            fprintf(f, "%d %d %s\n", i, i + 1, i == 700 ? "3000000000" : "3");
        fclose(f);
    }
    JOB_OK(giga_barrier());
    JOB_OK(job_same(giga_graph_open(path("weights.wel"), NULL, &graph)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(graph);
    CU_ASSERT_EQUAL(job_same(giga_graph_save(graph, GIGA_FORMAT_AUTO, path("keep.wsg"))),
                    GIGA_ERR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "the weight 3000000000 at vertices 700 and 701"));
    JOB_OK(giga_graph_close(graph));
    if (giga_rank() == 0) {
        char *old = read_all("keep.wsg", &bytes);
        CU_ASSERT_TRUE(old && bytes == 3 && memcmp(old, "old", 3) == 0);
        free(old);
    }
    JOB_OK(giga_barrier());
}

int main(void)
{
    static const job_test tests[] = {
        JOB_LAW(plain_graphs_in_every_format),
        JOB_LAW(skewed_graphs_in_every_format),
        JOB_LAW(weighted_graphs_in_every_format),
        JOB_LAW(small_graphs),
        JOB_LAW(a_star_and_a_clique),
        JOB_LAW(a_graph_without_vertices),
        JOB_LAW(what_cannot_be_written_leaves_what_is_there),
    };
    int status = JOB_RUN("save", tests);

    remove_files();
    return status;
}
