/*
 * test_update.c - batches of changes through <giga/graph.h> and <giga/algorithms.h>.
 *
 * Beside every graph stands a list of its edges, which the test changes one edge at a time, on
 * every rank the same. Rows, weights included, are held against the list (the graph's own fields
 * are read for that: no public function tells a weight); what info says, components and ranks
 * against the list's graph opened afresh. Runs at 1 and 3 ranks on one node, 3 on nodes of one, 5
 * on nodes of two.
 */
#include <giga/algorithms.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../graph/model.h"
#include "job.h"

enum { N_MAX = 512, M_MAX = 8192, B_MAX = 4096 };

typedef struct edge {
    uint64_t u, v;
    double w;
} edge;

/* The list. */
static struct {
    uint64_t n, m, spread;
    bool directed, weighted, loops, duplicates, skewed;
    edge e[M_MAX];
} l;

static giga_graph *graph;

/* A batch as all ranks know it. */
static struct {
    uint64_t deletions, insertions;
    edge d[B_MAX], i[B_MAX];
} b;

/* Every how manieth case is run: fewer between nodes, where a collective call costs more. */
static unsigned step(void)
{
    return giga_nodes() > 1 ? 3 : 1;
}

/* ---- the list ---- */

static uint64_t id_of(uint64_t i)
{
    return l.spread ? 3 + 7 * i * i : 10 + i;
}

static uint64_t any_vertex(void)
{
    uint64_t i = job_below(&job_everywhere, l.n);

    return id_of(l.skewed ? i * i / l.n * i / l.n : i);
}

static edge any_edge(void)
{
    edge e = {any_vertex(), any_vertex(), l.weighted ? (double)job_below(&job_everywhere, 9) / 4 : 1};

    return e;
}

static bool same(const edge *a, const edge *c)
{
    return (a->u == c->u && a->v == c->v) || (!l.directed && a->u == c->v && a->v == c->u);
}

static void list_delete(const edge *e, giga_update_stats *stats)
{
    uint64_t to = 0;

    for (uint64_t i = 0; i < l.m; i++) {
        if (!same(&l.e[i], e))
            l.e[to++] = l.e[i];
    }
    stats->deleted += l.m - to;
    stats->absent += l.m == to;
    l.m = to;
}

static void list_insert(const edge *e, giga_update_stats *stats)
{
    edge *there = NULL;

    if (e->u == e->v && !l.loops) {
        stats->loops++;
        return;
    }
    for (uint64_t i = 0; i < l.m && !there; i++)
        there = same(&l.e[i], e) ? &l.e[i] : NULL;
    stats->present += there != NULL;
    if (there && !l.duplicates) {
        there->w = e->w < there->w ? e->w : there->w;
        return;
    }
    CU_ASSERT_TRUE_FATAL(l.m < M_MAX);
    l.e[l.m++] = *e;
    stats->inserted++;
}

static void list_change(giga_update_stats *stats)
{
    *stats = (giga_update_stats){0};
    for (uint64_t i = 0; i < b.deletions; i++)
        list_delete(&b.d[i], stats);
    for (uint64_t i = 0; i < b.insertions; i++)
        list_insert(&b.i[i], stats);
}

static int by_end(const void *left, const void *right)
{
    const edge *a = left, *c = right;

    if (a->v != c->v)
        return a->v < c->v ? -1 : 1;
    return (a->w > c->w) - (a->w < c->w);
}

/* The arcs of a vertex, sorted by the id of the end and weight. */
static uint64_t list_row(uint64_t id, bool in, edge *row)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < l.m; i++) {
        const edge *e = &l.e[i];
        if ((in ? e->v : e->u) == id)
            row[count++] = (edge){id, in ? e->u : e->v, e->w};
        else if (!l.directed && (in ? e->u : e->v) == id)
            row[count++] = (edge){id, in ? e->v : e->u, e->w};
    }
    qsort(row, count, sizeof *row, by_end);
    return count;
}

/* ---- the list as a file, and as a graph ---- */

static giga_graph *open_list(void)
{
    static char folder[64], name[80];
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    giga_graph *opened = NULL;

    if (giga_rank() == 0) {
        snprintf(folder, sizeof folder, "/tmp/giga-test-update-XXXXXX");
        CU_ASSERT_PTR_NOT_NULL(mkdtemp(folder));
        snprintf(name, sizeof name, "%s/l.v", folder);
        FILE *v = fopen(name, "w");
        snprintf(name, sizeof name, "%s/l.e", folder);
        FILE *e = fopen(name, "w");
        for (uint64_t i = 0; i < l.n && v; i++)
            fprintf(v, "%llu\n", (unsigned long long)id_of(i));
        for (uint64_t i = 0; i < l.m && e; i++) {
            fprintf(e, "%llu %llu", (unsigned long long)l.e[i].u, (unsigned long long)l.e[i].v);
            if (l.weighted)
                fprintf(e, " %g", l.e[i].w);
            fprintf(e, "\n");
        }
        CU_ASSERT_TRUE(v && e && fclose(v) == 0 && fclose(e) == 0);
    }
    JOB_OK(giga_broadcast(name, sizeof name, 0));
    opts.direction = l.directed ? GIGA_DIRECTED : GIGA_UNDIRECTED;
    opts.keep_loops = l.loops;
    opts.keep_duplicates = l.duplicates;
    if (job_same(giga_graph_open(name, &opts, &opened)) != GIGA_OK)
        fprintf(stderr, "%s\n", giga_error());
    CU_ASSERT_PTR_NOT_NULL_FATAL(opened);
    if (giga_rank() == 0) {
        unlink(name);
        name[strlen(name) - 1] = 'v';
        unlink(name);
        rmdir(folder);
    }
    return opened;
}

static void begin(uint64_t n, uint64_t m, unsigned kind)
{
    giga_update_stats ignored = {0};

    l.n = n;
    l.m = 0;
    l.directed = kind & 1;
    l.spread = kind & 2;
    l.skewed = kind & 4;
    l.weighted = kind & 8;
    l.loops = kind & 16;
    l.duplicates = kind & 32;
    for (uint64_t i = 0; i < m; i++) {
        edge e = any_edge();
        list_insert(&e, &ignored);
    }
    l.weighted = l.weighted && l.m > 0; /* a file without an edge says nothing of weights */
    graph = open_list();
}

static void end(void)
{
    JOB_OK(giga_graph_close(graph));
}

/* ---- batches ---- */

static void make_batch(uint64_t deletions, uint64_t insertions)
{
    b.deletions = deletions;
    b.insertions = insertions;
    for (uint64_t i = 0; i < deletions; i++) {
        b.d[i] = l.m > 0 && job_below(&job_everywhere, 4) ? l.e[job_below(&job_everywhere, l.m)]
                                                          : any_edge();
        if (!l.directed && job_below(&job_everywhere, 2))
            b.d[i] = (edge){b.d[i].v, b.d[i].u, 1};
    }
    for (uint64_t i = 0; i < insertions; i++) {
        uint64_t like = job_below(&job_everywhere, 8);
        b.i[i] = any_edge();
        if (like == 0 && l.m > 0)
            b.i[i] = l.e[job_below(&job_everywhere, l.m)];
        if (like == 1 && deletions > 0)
            b.i[i] = b.d[job_below(&job_everywhere, deletions)];
        if (like == 2 && i > 0)
            b.i[i] = (edge){b.i[i - 1].u, b.i[i - 1].v, any_edge().w};
    }
}

/* This rank's share: edges are dealt by a number, so that ranks have more, less or nothing. */
static giga_graph_batch share(uint64_t deal)
{
    static uint64_t at[4][B_MAX];
    static double weight[B_MAX];
    giga_graph_batch batch = GIGA_GRAPH_BATCH_INIT;
    uint64_t ranks = (uint64_t)giga_size(), me = (uint64_t)giga_rank();

    for (uint64_t i = 0; i < b.deletions; i++) {
        if (i * deal % ranks == me) {
            at[0][batch.deletions] = b.d[i].u;
            at[1][batch.deletions++] = b.d[i].v;
        }
    }
    for (uint64_t i = 0; i < b.insertions; i++) {
        if ((i + 1) * deal % ranks == me) {
            at[2][batch.insertions] = b.i[i].u;
            weight[batch.insertions] = b.i[i].w;
            at[3][batch.insertions++] = b.i[i].v;
        }
    }
    batch.delete_from = at[0];
    batch.delete_to = at[1];
    batch.insert_from = at[2];
    batch.insert_to = at[3];
    batch.insert_weight = l.weighted ? weight : NULL;
    return batch;
}

/* ---- the graph against the list ---- */

static void expect_row(const gr_csr *csr, uint64_t local, bool in)
{
    static edge expected[M_MAX], found[M_MAX];
    uint64_t id = gr_own_id(graph, local), first = csr->rows[local], count = csr->rows[local + 1] - first;
    bool sorted = true;

    CU_ASSERT_EQUAL(list_row(id, in, expected), count);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t index = gr_end(csr, graph->wide, first + i);
        found[i] = (edge){id, giga_graph_id(graph, index), csr->weights ? csr->weights[first + i] : 1};
        sorted = sorted && (i == 0 || gr_order(graph, gr_end(csr, graph->wide, first + i - 1)) <=
                                          gr_order(graph, index));
    }
    CU_ASSERT_TRUE(sorted);
    qsort(found, count, sizeof *found, by_end);
    CU_ASSERT_EQUAL(memcmp(found, expected, count * sizeof *found), 0);
}

static void expect_rows(void)
{
    uint64_t first, last;

    CU_ASSERT_TRUE((graph->out.weights != NULL) == l.weighted || graph->out.arcs == 0);
    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++) {
        expect_row(&graph->out, v - graph->first, false);
        expect_row(&graph->in, v - graph->first, true);
    }
    CU_ASSERT_EQUAL(graph->out.rows[graph->last - graph->first], graph->out.arcs);
    JOB_OK(giga_barrier());
}

static void expect_info(const giga_graph_info *fresh)
{
    giga_graph_info info = giga_graph_get_info(graph);

    CU_ASSERT_EQUAL(info.vertices, fresh->vertices);
    CU_ASSERT_EQUAL(info.edges, fresh->edges);
    CU_ASSERT_EQUAL(info.arcs, fresh->arcs);
    CU_ASSERT_EQUAL(info.isolated, fresh->isolated);
    CU_ASSERT_EQUAL(info.largest_degree, fresh->largest_degree);
    CU_ASSERT_EQUAL(memcmp(info.degree_histogram, fresh->degree_histogram,
                           sizeof info.degree_histogram), 0);
    CU_ASSERT_TRUE(info.graph_bytes > 0 || info.vertices == 0);
}

static void expect_stats(const giga_update_stats *stats, const giga_update_stats *expected)
{
    CU_ASSERT_EQUAL(stats->deleted, expected->deleted);
    CU_ASSERT_EQUAL(stats->absent, expected->absent);
    CU_ASSERT_EQUAL(stats->inserted, expected->inserted);
    CU_ASSERT_EQUAL(stats->present, expected->present);
    CU_ASSERT_EQUAL(stats->loops, expected->loops);
}

static void change(uint64_t deletions, uint64_t insertions, uint64_t deal)
{
    giga_update_stats stats, expected;

    make_batch(deletions, insertions);
    giga_graph_batch batch = share(deal);
    CU_ASSERT_EQUAL(job_same(giga_graph_update(graph, &batch, &stats)), GIGA_OK);
    list_change(&expected);
    expect_stats(&stats, &expected);
    expect_rows();
}

static void expect_search(void)
{
    giga_array *level, *parent;

    if (graph->n == 0)
        return;
    JOB_OK(giga_graph_values(graph, 8, &level));
    JOB_OK(giga_graph_values(graph, 8, &parent));
    JOB_OK(giga_bfs(graph, graph->n / 2, level, parent, NULL));
    CU_ASSERT_EQUAL(job_same(giga_bfs_validate(graph, graph->n / 2, level, parent)), GIGA_OK);
    JOB_OK(giga_array_destroy(parent));
    JOB_OK(giga_array_destroy(level));
}

static void rows_are_those_of_the_edges_that_are_left(void)
{
    for (unsigned kind = 0; kind < 64; kind += 5 * step()) {
        begin(1 + job_below(&job_everywhere, 200), job_below(&job_everywhere, 600), kind);
        expect_rows();
        expect_search();
        for (uint64_t round = 0; round < 3; round++)
            change(job_below(&job_everywhere, 100), job_below(&job_everywhere, 100), round);
        expect_search();
        giga_graph *fresh = open_list();
        giga_graph_info info = giga_graph_get_info(fresh);
        expect_info(&info);
        JOB_OK(giga_graph_close(fresh));
        end();
    }
}

static void everything_goes_and_comes_back(void)
{
    for (unsigned kind = 0; kind < 8; kind += 3) {
        begin(300, 900, kind);
        b.deletions = l.m;
        b.insertions = 0;
        memcpy(b.d, l.e, l.m * sizeof *l.e);
        giga_graph_batch batch = share(1);
        giga_update_stats stats, expected;
        CU_ASSERT_EQUAL(job_same(giga_graph_update(graph, &batch, &stats)), GIGA_OK);
        list_change(&expected);
        expect_stats(&stats, &expected);
        giga_graph_info info = giga_graph_get_info(graph);
        CU_ASSERT_TRUE(l.m == 0 && info.edges == 0 && info.arcs == 0 && info.isolated == 300);
        expect_rows();
        change(0, 2000, 1);
        change(1, 0, 1);
        end();
    }
}

static void graphs_of_few_vertices_or_none_change_too(void)
{
    for (uint64_t n = 0; n < 4; n++) {
        for (unsigned kind = 0; kind < 64; kind += 23) {
            begin(n, n ? 3 : 0, kind & ~12u);
            change(n ? 2 : 0, n ? 3 : 0, 1);
            change(0, 0, 1);
            end();
        }
    }
}

static void a_name_that_no_vertex_has_changes_nothing(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        begin(100, 300, kind);
        make_batch(10, 10);
        edge *wrong = kind & 1 ? &b.d[9] : &b.i[4];
        wrong->v = kind & 2 ? 4 : 110;
        giga_graph_batch batch = share(1);
        CU_ASSERT_EQUAL(job_same(giga_graph_update(graph, &batch, NULL)), GIGA_ERR_NOT_FOUND);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), kind & 2 ? "no vertex 4:" : "no vertex 110:"));
        expect_rows();
        giga_graph_batch bad = GIGA_GRAPH_BATCH_INIT;
        bad.insertions = giga_rank() == giga_size() - 1;
        CU_ASSERT_EQUAL(job_same(giga_graph_update(graph, &bad, NULL)), GIGA_ERR_ARG);
        bad = (giga_graph_batch){0};
        CU_ASSERT_EQUAL(job_same(giga_graph_update(graph, &bad, NULL)), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(job_same(giga_graph_update(graph, NULL, NULL)), GIGA_OK);
        expect_rows();
        end();
    }
}

/* ---- shortest paths: what is kept with a graph is dropped ---- */

static void find_paths(giga_graph *of, double *by_place)
{
    double found[N_MAX];
    giga_array *distance;
    uint64_t source, index;

    JOB_OK(giga_graph_values(of, 8, &distance));
    JOB_OK(giga_graph_find(of, id_of(l.n / 3), &source));
    JOB_OK(giga_sssp(of, source, NULL, distance, NULL, NULL));
    JOB_OK(giga_array_get(distance, 0, l.n, found));
    for (uint64_t i = 0; i < l.n; i++) {
        JOB_OK(giga_graph_find(of, id_of(i), &index));
        by_place[i] = found[index];
    }
    JOB_OK(giga_array_destroy(distance));
}

static void paths_are_those_of_the_graph_opened_afresh(void)
{
    double found[N_MAX], expected[N_MAX];

    for (unsigned kind = 8; kind < 16; kind += 3 * step()) {
        begin(300, 900, kind);
        find_paths(graph, found);
        change(200, 100, 1);
        find_paths(graph, found);
        giga_graph *fresh = open_list();
        find_paths(fresh, expected);
        CU_ASSERT_EQUAL(memcmp(found, expected, l.n * sizeof *found), 0);
        JOB_OK(giga_graph_close(fresh));
        end();
    }
}

/* ---- components ---- */

/* Labels by relaxation over the list. */
static void list_components(uint64_t *label)
{
    bool changed = true;

    for (uint64_t i = 0; i < l.n; i++)
        label[i] = id_of(i);
    while (changed) {
        changed = false;
        for (uint64_t i = 0; i < l.m; i++) {
            uint64_t u = 0, v = 0;
            while (id_of(u) != l.e[i].u)
                u++;
            while (id_of(v) != l.e[i].v)
                v++;
            uint64_t low = label[u] < label[v] ? label[u] : label[v];
            changed = changed || label[u] != low || label[v] != low;
            label[u] = label[v] = low;
        }
    }
}

static void expect_labels(const giga_array *component, const giga_array *scratch)
{
    uint64_t found[N_MAX], again[N_MAX], expected[N_MAX], index;

    JOB_OK(giga_array_get(component, 0, l.n, found));
    JOB_OK(giga_array_get(scratch, 0, l.n, again));
    CU_ASSERT_EQUAL(memcmp(found, again, l.n * 8), 0);
    list_components(expected);
    for (uint64_t i = 0; i < l.n; i++) {
        JOB_OK(giga_graph_find(graph, id_of(i), &index));
        CU_ASSERT_EQUAL(found[index], expected[i]);
    }
}

static void labels_follow_the_changes(void)
{
    static const uint64_t parts[][3] = {{1, 8, 8},  {1, 40, 0}, {1, 0, 60}, {3, 5, 5},
                                        {3, 0, 5},  {3, 9, 0},  {8, 30, 30}, {8, 400, 0}};
    giga_array *component, *scratch;
    giga_run_stats stats;

    for (unsigned k = 0; k < 16; k += step()) {
        const uint64_t *part = parts[k % 8];
        begin(200 + job_below(&job_everywhere, 200), 150 * part[0], k % 8 + (k & 8) * 6);
        JOB_OK(giga_graph_values(graph, 8, &component));
        JOB_OK(giga_graph_values(graph, 8, &scratch));
        JOB_OK(giga_wcc(graph, component, NULL));
        for (uint64_t round = 0; round < 3; round++) {
            change(part[1], part[2], round);
            giga_graph_batch batch = share(round + 1);
            CU_ASSERT_EQUAL(job_same(giga_wcc_update(graph, &batch, component, &stats)), GIGA_OK);
            CU_ASSERT_TRUE(b.deletions > 0 || stats.arcs == 0);
            JOB_OK(giga_wcc(graph, scratch, NULL));
            expect_labels(component, scratch);
        }
        CU_ASSERT_EQUAL(job_same(giga_wcc_update(graph, NULL, NULL, NULL)), GIGA_ERR_ARG);
        JOB_OK(giga_array_destroy(scratch));
        JOB_OK(giga_array_destroy(component));
        end();
    }
}

/* A chain across all nodes is cut and mended, one edge at a time. */
static void a_chain_is_cut_and_mended(void)
{
    giga_array *component, *scratch;

    begin(200, 0, 2);
    JOB_OK(giga_graph_values(graph, 8, &component));
    JOB_OK(giga_graph_values(graph, 8, &scratch));
    JOB_OK(giga_wcc(graph, component, NULL));
    for (int turn = 0; turn < 7; turn++) {
        giga_update_stats ignored;
        b.deletions = b.insertions = 0;
        for (uint64_t i = 0; i < 199 && turn == 0; i++)
            b.i[b.insertions++] = (edge){id_of(i), id_of(i + 1), 1};
        if (turn % 2)
            b.d[b.deletions++] = (edge){id_of(31 * (uint64_t)turn), id_of(31 * (uint64_t)turn + 1), 1};
        else if (turn > 0)
            b.i[b.insertions++] = (edge){id_of(150), id_of(3 + (uint64_t)turn), 1};
        giga_graph_batch batch = share(1);
        CU_ASSERT_EQUAL(job_same(giga_graph_update(graph, &batch, NULL)), GIGA_OK);
        list_change(&ignored);
        CU_ASSERT_EQUAL(job_same(giga_wcc_update(graph, &batch, component, NULL)), GIGA_OK);
        JOB_OK(giga_wcc(graph, scratch, NULL));
        expect_labels(component, scratch);
    }
    JOB_OK(giga_array_destroy(scratch));
    JOB_OK(giga_array_destroy(component));
    end();
}

/* ---- PageRank ---- */

static void rank_by_place(giga_graph *of, const giga_array *array, double *rank)
{
    double by_index[N_MAX];
    uint64_t index;

    JOB_OK(giga_array_get(array, 0, l.n, by_index));
    for (uint64_t i = 0; i < l.n; i++) {
        JOB_OK(giga_graph_find(of, id_of(i), &index));
        rank[i] = by_index[index];
    }
}

static void expect_near(const double *a, const double *c)
{
    double worst = 0;

    for (uint64_t i = 0; i < l.n; i++)
        worst = fabs(a[i] - c[i]) > worst ? fabs(a[i] - c[i]) : worst;
    CU_ASSERT_TRUE(worst <= 1e-9);
}

static void expect_ranks(giga_semantics semantics, giga_array *before, giga_array *after)
{
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;
    giga_pagerank_stats stats;
    double expected[N_MAX], found[N_MAX];
    giga_graph *fresh = open_list();
    giga_array *afresh;

    opts.semantics = semantics;
    opts.tolerance = 1e-13;
    opts.max_iterations = 1000;
    JOB_OK(giga_graph_values(fresh, 8, &afresh));
    JOB_OK(giga_pagerank(fresh, &opts, afresh, NULL));
    rank_by_place(fresh, afresh, expected);
    opts.start = before;
    for (int method = GIGA_PAGERANK_PULL; method <= GIGA_PAGERANK_RESIDUAL; method++) {
        opts.method = (giga_pagerank_method)method;
        CU_ASSERT_EQUAL(job_same(giga_pagerank(graph, &opts, after, &stats)), GIGA_OK);
        CU_ASSERT_TRUE(stats.converged);
        rank_by_place(graph, after, found);
        expect_near(found, expected);
        JOB_OK(giga_pagerank_validate(graph, &opts, after, stats.change, NULL));
        giga_pagerank_stats_clear(&stats);
    }
    JOB_OK(giga_array_destroy(afresh));
    JOB_OK(giga_graph_close(fresh));
}

static void ranks_begun_before_the_changes_end_where_others_do(void)
{
    giga_array *before, *after;

    for (unsigned k = 0; k < 6; k += step()) {
        giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;
        opts.semantics = k % 2 ? GIGA_SEMANTICS_GAP : GIGA_SEMANTICS_LDBC;
        begin(300, 300 + 100 * k, k * 7 % 8 + (k & 1) * 32);
        JOB_OK(giga_graph_values(graph, 8, &before));
        JOB_OK(giga_graph_values(graph, 8, &after));
        JOB_OK(giga_pagerank(graph, &opts, before, NULL));
        change(30, 30, 1);
        expect_ranks(opts.semantics, before, after);
        JOB_OK(giga_array_destroy(after));
        JOB_OK(giga_array_destroy(before));
        end();
    }
}

static void ranks_at_their_end_stay_there(void)
{
    giga_pagerank_opts opts = GIGA_PAGERANK_OPTS_INIT;
    giga_pagerank_stats stats;
    giga_array *rank, *few;

    begin(300, 900, 4);
    JOB_OK(giga_graph_values(graph, 8, &rank));
    opts.tolerance = 1e-12;
    JOB_OK(giga_pagerank(graph, &opts, rank, NULL));
    opts.start = rank; /* the result's own array */
    for (int method = GIGA_PAGERANK_PULL; method <= GIGA_PAGERANK_RESIDUAL; method++) {
        opts.method = (giga_pagerank_method)method;
        JOB_OK(giga_pagerank(graph, &opts, rank, &stats));
        CU_ASSERT_TRUE(stats.converged && stats.iterations <= 2);
        giga_pagerank_stats_clear(&stats);
    }
    double wrong = -0.5;
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(rank, 7, 1, &wrong));
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(job_same(giga_pagerank(graph, &opts, rank, NULL)), GIGA_ERR_ARG);
    JOB_OK(giga_array_create(3, 8, (giga_dist){.kind = GIGA_DIST_BLOCK}, NULL, &few));
    opts.start = few;
    CU_ASSERT_EQUAL(job_same(giga_pagerank(graph, &opts, rank, NULL)), GIGA_ERR_ARG);
    JOB_OK(giga_array_destroy(few));
    JOB_OK(giga_array_destroy(rank));
    end();
}

static const job_test tests[] = {
    JOB_LAW(rows_are_those_of_the_edges_that_are_left),
    JOB_LAW(everything_goes_and_comes_back),
    JOB_LAW(graphs_of_few_vertices_or_none_change_too),
    JOB_LAW(a_name_that_no_vertex_has_changes_nothing),
    JOB_LAW(paths_are_those_of_the_graph_opened_afresh),
    JOB_LAW(labels_follow_the_changes),
    JOB_LAW(a_chain_is_cut_and_mended),
    JOB_LAW(ranks_begun_before_the_changes_end_where_others_do),
    JOB_LAW(ranks_at_their_end_stay_there),
};

int main(void)
{
    return JOB_RUN("update", tests);
}
