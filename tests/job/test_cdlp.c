/*
 * test_cdlp.c - label propagation and core numbers through <giga/algorithms.h>.
 *
 * Runs at 1 and 3 ranks on one node, 3 on nodes of one, 5 on nodes of two. Expected values come
 * from serial programs below that work on a list of edges by definition, or are known for
 * cliques, paths, cycles and stars.
 *
 * Files are written by rank 0 to a directory of its own, which is removed at the end.
 */
#include <giga/algorithms.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

/* ---- a graph as a list of edges, on every rank ---- */

enum { N_MAX = 2048, M_MAX = 20000 };

typedef struct edges {
    uint64_t n, m;
    uint64_t id[N_MAX];             /* ascending */
    uint64_t from[M_MAX], to[M_MAX]; /* places in id[] */
    bool directed, keep_loops, keep_duplicates;
} edges;

static edges list;

static char folder[64], file_e[128], file_v[128];

static void make_folder(void)
{
    if (giga_rank() == 0 && !folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/giga-test-cdlp-XXXXXX");
        CU_ASSERT_PTR_NOT_NULL(mkdtemp(folder));
    }
    giga_broadcast(folder, sizeof folder, 0);
    snprintf(file_e, sizeof file_e, "%s/g.e", folder);
    snprintf(file_v, sizeof file_v, "%s/g.v", folder);
}

static void remove_folder(void)
{
    if (giga_rank() == 0 && folder[0]) {
        remove(file_e);
        remove(file_v);
        CU_ASSERT_EQUAL(rmdir(folder), 0);
    }
}

static void write_list(void)
{
    make_folder();
    if (giga_rank() != 0)
        return;
    FILE *e = fopen(file_e, "w"), *v = fopen(file_v, "w");
    for (uint64_t i = 0; i < list.n; i++)
        fprintf(v, "%" PRIu64 "\n", list.id[i]);
    for (uint64_t i = 0; i < list.m; i++)
        fprintf(e, "%" PRIu64 " %" PRIu64 "\n", list.id[list.from[i]], list.id[list.to[i]]);
    CU_ASSERT_EQUAL(fclose(e), 0);
    CU_ASSERT_EQUAL(fclose(v), 0);
}

typedef struct subject {
    giga_graph *graph;
    giga_array *value, *before;
    uint64_t *place;                /* in id[], of every index */
} subject;

static subject open_name(const char *name, const giga_graph_opts *opts)
{
    subject s = {0};

    CU_ASSERT_EQUAL_FATAL(job_same(giga_graph_open(name, opts, &s.graph)), GIGA_OK);
    JOB_OK(giga_graph_values(s.graph, 8, &s.value));
    JOB_OK(giga_graph_values(s.graph, 8, &s.before));
    return s;
}

static void find_places(subject *s)
{
    s->place = calloc(list.n + 1, sizeof *s->place);
    CU_ASSERT_EQUAL_FATAL(giga_graph_get_info(s->graph).vertices, list.n);
    for (uint64_t p = 0; p < list.n && giga_rank() == 0; p++) {
        uint64_t index = 0;
        JOB_OK(giga_graph_find(s->graph, list.id[p], &index));
        s->place[index] = p;
    }
    JOB_OK(giga_broadcast(s->place, list.n * sizeof *s->place, 0));
}

static subject open_list(void)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;

    write_list();
    JOB_OK(giga_barrier());
    opts.direction = list.directed ? GIGA_DIRECTED : GIGA_UNDIRECTED;
    opts.keep_loops = list.keep_loops;
    opts.keep_duplicates = list.keep_duplicates;
    subject s = open_name(file_e, &opts);
    find_places(&s);
    return s;
}

static void end_subject(subject *s)
{
    JOB_OK(giga_array_destroy(s->value));
    JOB_OK(giga_array_destroy(s->before));
    JOB_OK(giga_graph_close(s->graph));
    free(s->place);
}

/* All values, by place. */
static void read_values(const subject *s, const giga_array *from, uint64_t *values)
{
    uint64_t *raw = calloc(list.n + 1, sizeof *raw);

    JOB_OK(giga_barrier());
    JOB_OK(giga_array_get(from, 0, list.n, raw));
    JOB_OK(giga_barrier());
    for (uint64_t i = 0; i < list.n; i++)
        values[s->place[i]] = raw[i];
    free(raw);
}

static uint64_t wrong_values(const subject *s, const giga_array *from, const uint64_t *expected)
{
    static uint64_t values[N_MAX];
    uint64_t wrong = 0;

    read_values(s, from, values);
    for (uint64_t p = 0; p < list.n; p++)
        wrong += values[p] != expected[p];
    return wrong;
}

/* Rank 0 puts one value; all see it. */
static void put_one(giga_array *to, uint64_t index, uint64_t value)
{
    JOB_OK(giga_barrier());
    if (giga_rank() == 0)
        JOB_OK(giga_array_put(to, index, 1, &value));
    JOB_OK(giga_barrier());
}

/* ---- serial references, by definition ---- */

/* What of the list is an edge of the graph: loops and repetitions aside unless kept. */
static bool counts(uint64_t i)
{
    if (list.from[i] == list.to[i] && !list.keep_loops)
        return false;
    for (uint64_t k = 0; k < i && !list.keep_duplicates; k++) {
        if (list.from[k] == list.from[i] && list.to[k] == list.to[i])
            return false;
        if (!list.directed && list.from[k] == list.to[i] && list.to[k] == list.from[i])
            return false;
    }
    return true;
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static uint64_t most_frequent(uint64_t *labels, uint64_t count)
{
    uint64_t best = 0, most = 0;

    qsort(labels, count, sizeof *labels, ascending);
    for (uint64_t i = 0, run = 0; i < count; i++) {
        run = i > 0 && labels[i] == labels[i - 1] ? run + 1 : 1;
        if (run > most) {
            most = run;
            best = labels[i];
        }
    }
    return best;
}

static bool is_edge[M_MAX];

static void find_edges(void)
{
    for (uint64_t i = 0; i < list.m; i++)
        is_edge[i] = counts(i);
}

/* A loop of an undirected graph is one arc, of a directed one an out-arc and an in-arc. */
static void propagate(uint64_t *label)
{
    static uint64_t next[N_MAX], around[2 * M_MAX];

    for (uint64_t p = 0; p < list.n; p++) {
        uint64_t count = 0;
        for (uint64_t i = 0; i < list.m; i++) {
            if (is_edge[i] && list.from[i] == p)
                around[count++] = label[list.to[i]];
            if (is_edge[i] && list.to[i] == p && (list.directed || list.from[i] != p))
                around[count++] = label[list.from[i]];
        }
        next[p] = count ? most_frequent(around, count) : label[p];
    }
    memcpy(label, next, list.n * sizeof *label);
}

static bool joined[N_MAX][N_MAX];

/* The core number by its definition: remove what has fewer than k neighbours, for each k. */
static void find_cores(uint64_t *core)
{
    static bool there[N_MAX];

    memset(joined, 0, sizeof joined);
    for (uint64_t i = 0; i < list.m; i++)
        joined[list.from[i]][list.to[i]] = joined[list.to[i]][list.from[i]] =
            list.from[i] != list.to[i];
    memset(there, true, sizeof there);
    for (uint64_t k = 0, left = list.n; left > 0; k++) {
        for (bool again = true; again;) {
            again = false;
            for (uint64_t p = 0; p < list.n; p++) {
                uint64_t degree = 0;
                for (uint64_t q = 0; q < list.n && there[p]; q++)
                    degree += there[q] && joined[p][q];
                if (there[p] && degree < k) {
                    there[p] = false;
                    core[p] = k - 1;
                    again = true;
                    left--;
                }
            }
        }
    }
}

/* ---- lists ---- */

static void new_list(uint64_t n)
{
    memset(&list, 0, sizeof list);
    list.n = n;
    for (uint64_t p = 0; p < n; p++)
        list.id[p] = p;
}

static void add(uint64_t from, uint64_t to)
{
    list.from[list.m] = from;
    list.to[list.m++] = to;
}

/* Any kind of graph: gaps between ids, hubs, loops, repetitions, both directions. Fewer are tried on
 * several nodes, where each takes long to open when ranks share cores. */
static void random_list(void)
{
    job_random *r = &job_everywhere;
    uint64_t gap = 1 + job_below(r, 3) * 1000000007, m = 0;

    new_list(1 + job_below(r, 60));
    m = job_below(r, 5 * list.n);
    for (uint64_t p = 0; p < list.n; p++)
        list.id[p] = (p ? list.id[p - 1] : 0) + 1 + job_below(r, gap);
    list.directed = job_below(r, 2);
    list.keep_loops = job_below(r, 2);
    list.keep_duplicates = job_below(r, 2);
    uint64_t hubs = 1 + job_below(r, list.n);
    for (uint64_t i = 0; i < m; i++)
        add(job_below(r, list.n), job_below(r, job_below(r, 2) ? hubs : list.n));
}

/* The edges of a graph that giga generated; its ids are 0 to n - 1. */
static void list_of(const giga_graph *graph)
{
    uint64_t ends[N_MAX];

    new_list(giga_graph_get_info(graph).vertices);
    for (uint64_t v = 0; v < list.n && giga_rank() == 0; v++) {
        uint64_t degree = giga_graph_degree(graph, v), id = giga_graph_id(graph, v);
        JOB_OK(giga_graph_neighbours(graph, v, 0, degree, ends));
        for (uint64_t i = 0; i < degree; i++) {
            uint64_t end = giga_graph_id(graph, ends[i]);
            if (end > id)
                add(id, end);
        }
    }
    JOB_OK(giga_broadcast(&list, sizeof list, 0));
}

/* ---- label propagation ---- */

/* Labels after 0, 1, 2, 4 ... iterations up to `most` are those of the reference. */
static uint64_t wrong_labels(subject *s, uint64_t most)
{
    static uint64_t label[N_MAX], before[N_MAX];
    uint64_t wrong = 0;

    memcpy(label, list.id, sizeof label);
    memcpy(before, list.id, sizeof before);
    for (uint64_t k = 0; k <= most; k++) {
        if (k > 0) {
            memcpy(before, label, sizeof before);
            propagate(label);
        }
        if ((k & (k - 1)) != 0)
            continue;
        JOB_OK(job_same(giga_cdlp(s->graph, k, s->value, s->before, NULL)));
        wrong += wrong_values(s, s->value, label) + wrong_values(s, s->before, before);
        giga_status status = giga_cdlp_validate(s->graph, k, s->value, s->before);
        CU_ASSERT_EQUAL(job_same(status), GIGA_OK);
    }
    return wrong;
}

static void labels_are_those_of_a_serial_propagation(void)
{
    enum { ITERATIONS = 4 };

    for (int i = 0; i < (giga_nodes() > 1 ? 5 : 16); i++) {
        random_list();
        find_edges();
        subject s = open_list();
        CU_ASSERT_EQUAL(wrong_labels(&s, ITERATIONS), 0);
        end_subject(&s);
    }
}

/* Large enough that vertices are left out, hubs counted, and few changes sent with their ids. */
static void labels_of_a_skewed_graph_are_those_of_a_serial_propagation(void)
{
    subject s = open_name("kron:9:8", NULL);

    list_of(s.graph);
    find_edges();
    find_places(&s);
    CU_ASSERT_EQUAL(wrong_labels(&s, 8), 0);
    end_subject(&s);
}

static void iterations_end_when_nothing_changes(void)
{
    enum { CLIQUE = 70 };
    static uint64_t zero[N_MAX];
    giga_run_stats stats;

    new_list(CLIQUE);
    for (uint64_t p = 0; p < CLIQUE; p++) {
        for (uint64_t q = 0; q < p; q++)
            add(p, q);
    }
    subject s = open_list();
    /* All take 0, which itself takes 1; then all have 0; then nothing changes. */
    JOB_OK(job_same(giga_cdlp(s.graph, 100, s.value, s.before, &stats)));
    CU_ASSERT_EQUAL(stats.steps, 3);
    CU_ASSERT_EQUAL(wrong_values(&s, s.value, zero), 0);
    CU_ASSERT_EQUAL(wrong_values(&s, s.before, zero), 0);
    JOB_OK(job_same(giga_cdlp_validate(s.graph, 100, s.value, s.before)));
    end_subject(&s);
}

/* Synchronous labels of a star swap for ever: the hub's among the leaves, 0's in the hub. */
static void labels_of_a_star_swap(void)
{
    enum { STAR = 100, HUB = 50 };
    static uint64_t expected[N_MAX];

    new_list(STAR);
    for (uint64_t p = 0; p < STAR; p++) {
        if (p != HUB)
            add(HUB, p);
    }
    subject s = open_list();
    for (uint64_t k = 1; k <= 4; k++) {
        for (uint64_t p = 0; p < STAR; p++)
            expected[p] = (p == HUB) == (k % 2 == 1) ? 0 : HUB;
        JOB_OK(job_same(giga_cdlp(s.graph, k, s.value, NULL, NULL)));
        CU_ASSERT_EQUAL(wrong_values(&s, s.value, expected), 0);
    }
    end_subject(&s);
}

/* Every label is determined by those before, so any other one is wrong. */
static void wrong_labels_are_refused(void)
{
    for (int i = 0; i < 2; i++) {
        random_list();
        subject s = open_list();
        JOB_OK(job_same(giga_cdlp(s.graph, 3, s.value, s.before, NULL)));
        for (uint64_t k = 0; k < 6; k++) {
            uint64_t v = job_below(&job_everywhere, list.n);
            uint64_t good = 0, bad = list.id[job_below(&job_everywhere, list.n)];
            uint64_t good_before = 0;
            JOB_OK(giga_barrier());
            JOB_OK(giga_array_get(s.value, v, 1, &good));
            JOB_OK(giga_array_get(s.before, v, 1, &good_before));
            if (bad == good)
                bad = UINT64_MAX;
            put_one(s.value, v, bad);
            giga_status status = giga_cdlp_validate(s.graph, 3, s.value, s.before);
            CU_ASSERT_EQUAL(job_same(status), GIGA_ERR_INVALID);
            put_one(s.value, v, good);
            put_one(s.before, v, list.id[list.n - 1] + 1); /* no id */
            status = giga_cdlp_validate(s.graph, 3, s.value, s.before);
            CU_ASSERT_EQUAL(job_same(status), GIGA_ERR_INVALID);
            put_one(s.before, v, good_before);
        }
        end_subject(&s);
    }
}

/* A fixed point of the rule that no run from the ids comes to: only computing anew finds it. */
static void labels_that_fit_each_other_but_not_the_ids_are_refused(void)
{
    new_list(6);
    for (uint64_t p = 0; p < 6; p++)
        add(p, (p + 1) % 6);
    subject s = open_list();
    for (uint64_t v = 0; v < 6; v++) {
        put_one(s.value, v, 5);
        put_one(s.before, v, 5);
    }
    CU_ASSERT_EQUAL(job_same(giga_cdlp_validate(s.graph, 4, s.value, s.before)), GIGA_ERR_INVALID);
    end_subject(&s);
}

/* ---- core numbers ---- */

static void expect_cores(subject *s, const uint64_t *core)
{
    uint64_t largest = 99, expected = 0;
    giga_run_stats stats;

    for (uint64_t p = 0; p < list.n; p++)
        expected = core[p] > expected ? core[p] : expected;
    JOB_OK(job_same(giga_kcore(s->graph, s->value, &largest, &stats)));
    CU_ASSERT_EQUAL(largest, expected);
    CU_ASSERT_EQUAL(wrong_values(s, s->value, core), 0);
    giga_status status = giga_kcore_validate(s->graph, s->value);
    if (status != GIGA_OK && giga_rank() == 0)
        fprintf(stderr, "%s\n", giga_error());
    CU_ASSERT_EQUAL(job_same(status), GIGA_OK);
}

static void core_numbers_are_those_of_the_definition(void)
{
    static uint64_t core[N_MAX];

    for (int i = 0; i < (giga_nodes() > 1 ? 8 : 30); i++) {
        random_list();
        find_cores(core);
        subject s = open_list();
        expect_cores(&s, core);
        end_subject(&s);
    }
}

static void core_numbers_of_a_skewed_graph_are_those_of_the_definition(void)
{
    static uint64_t core[N_MAX];
    subject s = open_name("kron:9:8", NULL);

    list_of(s.graph);
    find_places(&s);
    find_cores(core);
    expect_cores(&s, core);
    end_subject(&s);
}

/* A clique of 9 with a path of 1500 at it, a cycle of 40 and a vertex alone. */
static void core_numbers_of_cliques_paths_and_cycles_are_known(void)
{
    enum { CLIQUE = 9, PATH = 1500, CYCLE = 40 };
    static uint64_t core[N_MAX];
    uint64_t p = 0;

    new_list(CLIQUE + PATH + CYCLE + 1);
    for (; p < CLIQUE; p++) {
        core[p] = CLIQUE - 1;
        for (uint64_t q = 0; q < p; q++)
            add(p, q);
    }
    for (; p < CLIQUE + PATH; p++) {
        core[p] = 1;
        add(p, p - 1);
    }
    for (uint64_t first = p; p < first + CYCLE; p++) {
        core[p] = 2;
        add(p, p + 1 < first + CYCLE ? p + 1 : first);
    }
    core[p] = 0;
    subject s = open_list();
    expect_cores(&s, core);
    end_subject(&s);
}

/* Too large breaks the first law, too small the second, one vertex or all of them. */
static void wrong_core_numbers_are_refused(void)
{
    for (int graphs = 0; graphs < 2; graphs++) {
        random_list();
        subject s = open_list();
        JOB_OK(job_same(giga_kcore(s.graph, s.value, NULL, NULL)));
        for (uint64_t i = 0; i < 8; i++) {
            uint64_t good = 0, v = job_below(&job_everywhere, list.n);
            JOB_OK(giga_array_get(s.value, v, 1, &good));
            const uint64_t bad[] = {good + 1, good - 1, good ? 0 : 3, UINT64_C(1) << 40};
            for (size_t k = good ? 0 : 2; k < 4; k++) {
                put_one(s.value, v, bad[k]);
                CU_ASSERT_EQUAL(job_same(giga_kcore_validate(s.graph, s.value)), GIGA_ERR_INVALID);
            }
            put_one(s.value, v, good);
        }
        JOB_OK(job_same(giga_kcore_validate(s.graph, s.value)));
        end_subject(&s);
    }
}

/* All of a cycle claim 1, or 3: each fits its neighbours. */
static void core_numbers_that_fit_each_other_but_are_wrong_are_refused(void)
{
    enum { CYCLE = 30 };

    new_list(CYCLE);
    for (uint64_t p = 0; p < CYCLE; p++)
        add(p, (p + 1) % CYCLE);
    subject s = open_list();
    for (uint64_t claim = 0; claim < 4; claim++) {
        for (uint64_t v = 0; v < CYCLE; v++)
            put_one(s.value, v, claim);
        CU_ASSERT_EQUAL(job_same(giga_kcore_validate(s.graph, s.value)),
                        claim == 2 ? GIGA_OK : GIGA_ERR_INVALID);
    }
    end_subject(&s);
}

/* ---- small, empty, refused, accounted ---- */

static void small_and_empty_graphs_work(void)
{
    for (uint64_t n = 0; n <= 2; n++) {
        uint64_t core[2] = {n / 2, n / 2}, largest = 9;
        giga_run_stats stats = {.steps = 9};
        new_list(n);
        list.directed = true;
        find_edges();
        if (n == 2)
            add(0, 1);
        find_edges();
        subject s = open_list();
        CU_ASSERT_EQUAL(wrong_labels(&s, 3), 0);
        expect_cores(&s, core);
        JOB_OK(job_same(giga_cdlp(s.graph, 0, s.value, NULL, &stats)));
        CU_ASSERT_EQUAL(stats.steps, 0);
        JOB_OK(job_same(giga_kcore(s.graph, s.value, &largest, NULL)));
        CU_ASSERT_EQUAL(largest, n / 2);
        end_subject(&s);
    }
}

static void arrays_of_another_shape_are_refused(void)
{
    giga_array *narrow;

    new_list(3);
    add(0, 1);
    subject s = open_list();
    JOB_OK(giga_graph_values(s.graph, 4, &narrow));
    CU_ASSERT_EQUAL(job_same(giga_cdlp(s.graph, 1, narrow, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_cdlp(s.graph, 1, s.value, narrow, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_cdlp(s.graph, 1, s.value, s.value, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_cdlp(s.graph, 1, NULL, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_cdlp_validate(s.graph, 1, narrow, s.value)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_cdlp_validate(s.graph, 1, s.value, narrow)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_kcore(s.graph, narrow, NULL, NULL)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_kcore_validate(s.graph, narrow)), GIGA_ERR_ARG);
    JOB_OK(giga_array_destroy(narrow));
    end_subject(&s);
}

/* The account of a run adds up to its stats. */
static void every_step_is_accounted_for(void)
{
    subject s = open_name("kron:9:8", NULL);
    giga_run_stats stats;

    for (int which = 0; which < 2; which++) {
        uint64_t steps, arcs = 0;
        giga_status status = which ? giga_kcore(s.graph, s.value, NULL, &stats)
                                   : giga_cdlp(s.graph, 5, s.value, NULL, &stats);
        CU_ASSERT_EQUAL(job_same(status), GIGA_OK);
        const giga_step *step = giga_graph_account(s.graph, &steps);
        CU_ASSERT_EQUAL(steps, stats.steps);
        for (uint64_t i = 0; i < steps; i++) {
            CU_ASSERT_TRUE(step[i].compute_seconds >= 0 && step[i].wait_seconds >= 0);
            arcs += step[i].arcs;
        }
        CU_ASSERT_EQUAL(giga_allreduce_sum(arcs), stats.arcs);
        CU_ASSERT_TRUE((stats.bytes > 0) == (giga_nodes() > 1));
    }
    end_subject(&s);
}

static void the_files_are_removed(void)
{
    JOB_OK(giga_barrier());
    remove_folder();
}

int main(void)
{
    static const job_test tests[] = {
        JOB_LAW(labels_are_those_of_a_serial_propagation),
        JOB_LAW(labels_of_a_skewed_graph_are_those_of_a_serial_propagation),
        JOB_LAW(iterations_end_when_nothing_changes),
        JOB_LAW(labels_of_a_star_swap),
        JOB_LAW(wrong_labels_are_refused),
        JOB_LAW(labels_that_fit_each_other_but_not_the_ids_are_refused),
        JOB_LAW(core_numbers_are_those_of_the_definition),
        JOB_LAW(core_numbers_of_a_skewed_graph_are_those_of_the_definition),
        JOB_LAW(core_numbers_of_cliques_paths_and_cycles_are_known),
        JOB_LAW(wrong_core_numbers_are_refused),
        JOB_LAW(core_numbers_that_fit_each_other_but_are_wrong_are_refused),
        JOB_LAW(small_and_empty_graphs_work),
        JOB_LAW(arrays_of_another_shape_are_refused),
        JOB_LAW(every_step_is_accounted_for),
        JOB_LAW(the_files_are_removed),
    };

    return JOB_RUN("cdlp and k-core", tests);
}
