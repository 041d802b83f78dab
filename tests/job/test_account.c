/*
 * test_account.c - the account of a run, from steps made up here.
 *
 * Runs at 1, 3 and 5 ranks on one node, on nodes of one and of two. What ranks tell is a formula
 * of rank and step, so that sums and maxima are formulas too. Pictures are drawn when gnuplot is
 * there; here it is only checked that there is one, of the right kind.
 */
#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../apps/run_account.h"
#include "../../apps/run_plot.h"
#include "job.h"

enum { MANY = 1000 };

/* ---- steps ---- */

static giga_step step_of(uint64_t rank, uint64_t i)
{
    return (giga_step){i % 2 ? "odd" : "even", rank + 1,     10 * i + rank,
                       rank * rank,            i + 2 * rank, 0.001 * (double)((rank + 1) * (i + 1)),
                       0.0005 * (double)(rank + i)};
}

static giga_step *make_steps(uint64_t count)
{
    giga_step *steps = malloc((count + 1) * sizeof *steps);

    for (uint64_t i = 0; i < count; i++)
        steps[i] = step_of((uint64_t)giga_rank(), i);
    return steps;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

static void expect_step(const run_step *s, uint64_t i)
{
    run_step e = {.what = i % 2 ? "odd" : "even"};
    double ranks = (double)giga_size();

    for (uint64_t r = 0; r < (uint64_t)giga_size(); r++) {
        giga_step one = step_of(r, i);
        e.vertices += one.vertices;
        e.arcs += one.arcs;
        e.bytes += one.bytes;
        e.messages += one.messages;
        e.compute += one.compute_seconds / ranks;
        e.wait += one.wait_seconds / ranks;
        e.compute_max = fmax(e.compute_max, one.compute_seconds);
    }
    CU_ASSERT_STRING_EQUAL(s->what, e.what);
    CU_ASSERT_EQUAL(s->vertices, e.vertices);
    CU_ASSERT_EQUAL(s->arcs, e.arcs);
    CU_ASSERT_EQUAL(s->bytes, e.bytes);
    CU_ASSERT_EQUAL(s->messages, e.messages);
    CU_ASSERT_TRUE(near(s->compute, e.compute) && near(s->wait, e.wait));
    CU_ASSERT_TRUE(near(s->compute_max, e.compute_max));
}

static void sums_and_maxima_over_the_ranks(void)
{
    static const uint64_t counts[] = {0, 1, 2, 255, 256, 257, MANY};

    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        giga_step *steps = make_steps(counts[c]);
        run_sums sums;
        JOB_OK(run_sums_collect(steps, counts[c], &sums));
        CU_ASSERT_EQUAL_FATAL(sums.count, counts[c]);
        for (uint64_t i = 0; i < sums.count; i++)
            expect_step(&sums.steps[i], i);
        CU_ASSERT_TRUE(sums.share >= 0 && sums.share < 1 && sums.imbalance >= 1);
        run_sums_clear(&sums);
        free(steps);
    }
}

/* Rank r computes r + 1 and waits ranks - r, seconds, in each of two steps. */
static void share_and_imbalance_of_a_run(void)
{
    double n = giga_size(), r = giga_rank();
    giga_step steps[2] = {{.what = "a", .compute_seconds = r + 1, .wait_seconds = n - r},
                          {.what = "b", .compute_seconds = r + 1, .wait_seconds = n - r}};
    run_sums sums;

    JOB_OK(run_sums_collect(steps, 2, &sums));
    CU_ASSERT_TRUE(near(sums.share, 0.5));                    /* both sum to n (n + 1) / 2 */
    CU_ASSERT_TRUE(near(sums.imbalance, n / ((n + 1) / 2)));
    run_sums_clear(&sums);
    steps[0] = (giga_step){.what = "nothing"};
    JOB_OK(run_sums_collect(steps, 1, &sums));
    CU_ASSERT_TRUE(sums.share == 0 && sums.imbalance == 1);
    run_sums_clear(&sums);
}

/* A rank that lost steps: the account has those that all ranks have. */
static void steps_that_a_rank_lacks_are_left_out(void)
{
    giga_step *steps = make_steps(20);
    run_sums sums;

    JOB_OK(run_sums_collect(steps, giga_rank() == giga_size() - 1 ? 7 : 20, &sums));
    CU_ASSERT_EQUAL_FATAL(sums.count, 7);
    expect_step(&sums.steps[6], 6);
    run_sums_clear(&sums);
    free(steps);
}

static void the_matrix_counts_from_the_last_account_on(void)
{
    enum { BYTES = 8192, SLACK = 4000 }; /* whole pages */
    int32_t next = (giga_rank() + 1) % giga_size();
    char *object, buffer[BYTES] = {0};
    giga_step step = step_of(0, 0);
    run_sums sums;

    JOB_OK(giga_alloc((uint64_t)giga_size() * BYTES, NULL, (void **)&object));
    JOB_OK(giga_put(object + (uint64_t)next * giga_stride(object), buffer, BYTES));
    run_account_begin();
    JOB_OK(giga_barrier());
    JOB_OK(giga_put(object + (uint64_t)next * giga_stride(object), buffer, BYTES));
    JOB_OK(giga_barrier());
    JOB_OK(run_sums_collect(&step, 1, &sums));
    CU_ASSERT_EQUAL(sums.matrix == NULL, giga_nodes() == 1);
    uint64_t total = 0, expected = 0;
    for (int32_t i = 0; i < sums.bins * sums.bins && sums.matrix; i++)
        total += sums.matrix[i];
    for (int32_t r = 0; r < giga_size(); r++)
        expected += giga_node_of(r) != giga_node_of((r + 1) % giga_size()) ? BYTES : 0;
    CU_ASSERT_TRUE(total >= expected && total < expected + SLACK);
    run_sums_clear(&sums);
    JOB_OK(giga_free(object));
}

/* ---- JSON ---- */

static double number_at(json_t *list, size_t i, const char *name)
{
    return json_number_value(json_object_get(json_array_get(list, i), name));
}

static void json_has_the_steps_and_on_demand_the_ranks(void)
{
    for (int with = 0; with < 2; with++) {
        giga_step *steps = make_steps(300);
        run_options o = {.account = with, .json = "a.json"};
        json_t *json = json_object();
        JOB_OK(run_account_steps(&o, "steps", steps, 300, json));
        json_t *list = json_object_get(json, "account");
        CU_ASSERT_PTR_NOT_NULL(json_object_get(json_object_get(json, "communication"), "share"));
        for (size_t i = 0; i < 300 && giga_rank() == 0; i++) {
            json_t *ranks = json_object_get(json_array_get(list, i), "ranks");
            CU_ASSERT_EQUAL(ranks != NULL, with);
            CU_ASSERT_EQUAL(number_at(list, i, "bytes"), (giga_size() - 1) * giga_size() *
                                                             (2 * giga_size() - 1) / 6);
            for (int32_t r = 0; r < giga_size() && ranks; r++) {
                giga_step one = step_of((uint64_t)r, i);
                json_t *arcs = json_object_get(ranks, "arcs"), *wait = json_object_get(ranks, "wait_seconds");
                CU_ASSERT_EQUAL(json_array_size(arcs), (size_t)giga_size());
                CU_ASSERT_EQUAL(json_integer_value(json_array_get(arcs, (size_t)r)), (json_int_t)one.arcs);
                CU_ASSERT_EQUAL(json_real_value(json_array_get(wait, (size_t)r)), one.wait_seconds);
            }
        }
        json_decref(json);
        free(steps);
    }
}

/* ---- pictures ---- */

static char folder[64];

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(name);
}

static void expect_picture(const run_sums *sums, const char *title, const char *name)
{
    char path[256], begin[8] = "";
    bool png = strstr(name, ".png") != NULL;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (run_account_draw(sums, title, path) != GIGA_OK) {
        fprintf(stderr, "%s\n", giga_error());
        CU_FAIL("no picture");
        return;
    }
    FILE *f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fread(begin, 1, sizeof begin, f), sizeof begin);
    CU_ASSERT_EQUAL(memcmp(begin, png ? "\x89PNG\r\n\x1a\n" : "<?xml ve", 8), 0);
    fclose(f);
}

static void draw(uint64_t count, const char *title, const char *name)
{
    giga_step *steps = make_steps(count);
    run_sums sums;

    JOB_OK(run_sums_collect(steps, count, &sums));
    if (giga_rank() == 0)
        expect_picture(&sums, title, name);
    run_sums_clear(&sums);
    free(steps);
    JOB_OK(giga_barrier());
}

static void pictures_of_few_and_many_steps(void)
{
    static const char evil[] = "it's `touch x` $(touch x) \"x\" %s \\n {/:Bold x} _a^b\n!touch x\n";
    static giga_step names = {.what = "it's\n!touch x", .vertices = 1};
    struct stat st;
    run_sums sums;

    if (giga_allreduce_max(giga_rank() == 0 && run_plot_check("a.png") == GIGA_OK ? UINT32_C(1) : 0) == 0) {
        if (giga_rank() == 0)
            fprintf(stderr, "gnuplot is not here: no pictures are tested\n");
        return;
    }
    if (giga_rank() == 0) {
        snprintf(folder, sizeof folder, "/tmp/giga-test-account-XXXXXX");
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    }
    draw(1, "one", "one.png");
    draw(13, "thirteen", "13.svg");
    draw(MANY, "many", "many.PNG.svg");
    draw(3, evil, "it's `touch x` $(touch x) \"x\" !.png");
    JOB_OK(run_sums_collect(&names, 1, &sums)); /* no time at all, and a strange name */
    if (giga_rank() == 0) {
        expect_picture(&sums, "names", "names.svg");
        CU_ASSERT_EQUAL(run_account_draw(&sums, "t", "/none/x.png"), GIGA_ERR_IO);
        CU_ASSERT_NOT_EQUAL(stat("x", &st), 0);
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    run_sums_clear(&sums);
    JOB_OK(giga_barrier());
}

static void a_missing_gnuplot_is_said(void)
{
    char *path = getenv("PATH") ? strdup(getenv("PATH")) : NULL;

    CU_ASSERT_TRUE(run_plot_has_ending("a.svg") && run_plot_has_ending("b/c.PNG"));
    CU_ASSERT_FALSE(run_plot_has_ending("a.gif") || run_plot_has_ending(".png") ||
                    run_plot_has_ending("svg") || run_plot_has_ending(""));
    setenv("PATH", "/nonexistent", 1);
    CU_ASSERT_EQUAL(run_plot_check("a.png"), GIGA_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "--plot needs gnuplot"));
    if (path)
        setenv("PATH", path, 1);
    free(path);
}

int main(void)
{
    static const job_test tests[] = {
        JOB_LAW(sums_and_maxima_over_the_ranks),
        JOB_LAW(share_and_imbalance_of_a_run),
        JOB_LAW(steps_that_a_rank_lacks_are_left_out),
        JOB_LAW(the_matrix_counts_from_the_last_account_on),
        JOB_LAW(json_has_the_steps_and_on_demand_the_ranks),
        JOB_LAW(pictures_of_few_and_many_steps),
        JOB_LAW(a_missing_gnuplot_is_said),
    };

    return JOB_RUN("account", tests);
}
