/*
 * test_stats.c - counters: what a script of operations must add to them, worked out from where
 * each address lives. Built twice: as it is, and as stats_all with GIGA_STATS=all, in which
 * near operations and objects count too.
 *
 * Runs at 1, 3 and 5 ranks on one node, 3 split, 5 in pairs, 2 by messages, 2 on hosts.
 */
#include "job.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 1024, MANY = 300, THREADS = 3 };

static uint64_t *words;      /* WORDS of each rank */
static bool all;             /* GIGA_STATS=all */
static uint64_t block_words; /* words from one rank's block to the next one's */

static uint64_t *of_rank(int32_t r)
{
    return words + (uint64_t)r * block_words;
}

static bool remote(int32_t r)
{
    return giga_node_of(r) != giga_node_of(giga_rank());
}

static uint64_t remote_ranks(void)
{
    uint64_t count = 0;

    for (int32_t r = 0; r < giga_size(); r++)
        count += remote(r);
    return count;
}

static giga_stats now(void)
{
    giga_stats s;

    JOB_OK(giga_stats_get(&s));
    return s;
}

static giga_stats since(const giga_stats *before)
{
    giga_stats s = now();

    for (size_t i = 0; i < sizeof s / sizeof(uint64_t); i++)
        ((uint64_t *)&s)[i] -= ((const uint64_t *)before)[i];
    return s;
}

/* One class counted this. */
static void expect(const giga_stats *s, giga_stats_class class, uint64_t operations, uint64_t bytes,
                   uint64_t batched, uint64_t near_operations, uint64_t near_bytes)
{
    const giga_stats_op *op = &s->op[class];

    CU_ASSERT_EQUAL(op->operations, operations);
    CU_ASSERT_EQUAL(op->bytes, bytes);
    CU_ASSERT_EQUAL(op->batched, batched);
    CU_ASSERT_EQUAL(op->near_operations, all ? near_operations : 0);
    CU_ASSERT_EQUAL(op->near_bytes, all ? near_bytes : 0);
}

static void blocking_operations_count_where_they_leave_the_node(void)
{
    uint64_t far = remote_ranks(), near = (uint64_t)giga_size() - far;
    giga_stats before = now();
    char run[100] = {0};

    for (int32_t r = 0; r < giga_size(); r++) {
        uint64_t *at = of_rank(r);
        giga_store(&at[1], giga_load(&at[0]));
        giga_fetch_add(&at[2], 1);
        giga_cas((uint32_t *)&at[3], 7, 8);
        JOB_OK(giga_get(run, &at[4], sizeof run));
        JOB_OK(giga_put(&at[20 + 13 * (uint64_t)giga_rank()], run, sizeof run));
    }
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_GET, 2 * far, 108 * far, 0, 2 * near, 108 * near);
    expect(&s, GIGA_STATS_PUT, 2 * far, 108 * far, 0, 2 * near, 108 * near);
    expect(&s, GIGA_STATS_ATOMIC, 2 * far, 12 * far, 0, 2 * near, 12 * near);
    CU_ASSERT_EQUAL(s.op[GIGA_STATS_ATOMIC].messages, 2 * far);
    CU_ASSERT(s.op[GIGA_STATS_GET].messages >= 2 * far); /* and a key, the first time */
    CU_ASSERT_EQUAL(s.op[GIGA_STATS_GET].wait_ns > 0, far > 0);
    giga_barrier();
}

static void deferred_operations_count_as_batched(void)
{
    uint64_t far = remote_ranks(), near = (uint64_t)giga_size() - far, values[3][8];
    giga_stats before = now();

    for (int32_t r = 0; r < giga_size(); r++) {
        for (uint64_t i = 0; i < MANY; i++) {
            giga_add_nbi(&of_rank(r)[i], 1);
            giga_add_nbi((uint32_t *)&of_rank(r)[i], 1);
        }
        giga_fetch_add_nbi(&values[0][0], &of_rank(r)[400], 1);
        giga_cas_nbi(&values[1][0], &of_rank(r)[401], UINT64_C(1), UINT64_C(2));
        giga_store_nbi(&of_rank(r)[500 + giga_rank()], UINT64_C(5));
        JOB_OK(giga_get_nbi(values[2], &of_rank(r)[600], sizeof values[2]));
        JOB_OK(giga_quiet());
    }
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_ATOMIC, (2 * MANY + 2) * far, (12 * MANY + 16) * far,
           (2 * MANY + 2) * far, (2 * MANY + 2) * near, (12 * MANY + 16) * near);
    expect(&s, GIGA_STATS_PUT, far, 8 * far, far, near, 8 * near);
    expect(&s, GIGA_STATS_GET, far, 64 * far, far, near, 64 * near);
    CU_ASSERT_EQUAL(s.op[GIGA_STATS_ATOMIC].messages, 0);
    CU_ASSERT_EQUAL(s.op[GIGA_STATS_QUIET].operations,
                    giga_nodes() > 1 ? (uint64_t)giga_size() : 0);
    CU_ASSERT_EQUAL(s.batch_elements, (2 * MANY + 4) * far);
    CU_ASSERT_EQUAL(s.batches_sent > 0, far > 0);
    giga_barrier();
}

/* Bytes of [first, first + count) words of the uniform object that are on other nodes. */
static uint64_t remote_bytes(uint64_t first, uint64_t count)
{
    uint64_t bytes = 0;

    for (uint64_t i = first; i < first + count; i++)
        bytes += remote(giga_home(&words[i])) ? 8 : 0;
    return bytes;
}

static void a_run_over_several_homes_counts_once(void)
{
    uint64_t length = block_words * (uint64_t)(giga_size() - 1) + WORDS;
    uint64_t *copy = malloc(length * 8), far = remote_bytes(0, length);
    giga_stats before = now();

    JOB_OK(giga_get(copy, words, length * 8));
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_GET, far > 0, far, 0, far == 0, length * 8 - far);
    free(copy);
    giga_barrier();
}

static void a_deferred_run_over_two_homes_counts_once(void)
{
    uint64_t first = giga_size() > 1 ? block_words - 4 : 0, values[8];
    uint64_t far = remote_bytes(first, 8);
    bool two = remote(giga_home(&words[first])) && remote(giga_home(&words[first + 7]));
    giga_stats before = now();

    JOB_OK(giga_get_nbi(values, &words[first], sizeof values));
    JOB_OK(giga_quiet());
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_GET, far > 0, far, two ? 2 : far > 0, far == 0, 64 - far);
    giga_barrier();
}

static void gathers_and_scatters_count_elements(void)
{
    enum { EACH = 50 };
    uint64_t count = EACH * (uint64_t)giga_size(), far = EACH * remote_ranks(), near = count - far;
    uint64_t *index = malloc(count * 8), *values = malloc(count * 8);

    for (uint64_t i = 0; i < count; i++)
        index[i] = i / EACH * block_words + i % EACH;
    giga_stats before = now();
    JOB_OK(giga_gather(values, words, 8, index, count));
    JOB_OK(giga_gather_nbi(values, words, 8, index, count));
    JOB_OK(giga_quiet());
    JOB_OK(giga_scatter_add(words, values, GIGA_U64, index, count));
    giga_stats s = since(&before);
    bool some = far > 0;
    expect(&s, GIGA_STATS_GATHER, 2 * some, 16 * far, 2 * far, 2 * !some, 16 * near);
    expect(&s, GIGA_STATS_SCATTER, some, 8 * far, far, !some, 8 * near);
    expect(&s, GIGA_STATS_GET, 0, 0, 0, 0, 0);
    free(index);
    free(values);
    giga_barrier();
}

/* Rows of 8 words are gathered, rows of 16 KiB are runs; both belong to the box. */
static void boxes_count_once_with_all_their_bytes(void)
{
    uint64_t rows = 4, wide = 2048, stride = wide * 8;
    double *matrix, *copy = malloc(rows * wide * 8);
    uint64_t far = 0, small = 0;

    JOB_OK(giga_alloc(rows * wide * 8, NULL, (void **)&matrix));
    for (uint64_t i = 0; i < rows * wide; i++) {
        far += remote(giga_home(&matrix[i])) ? 8 : 0;
        small += i % wide < 8 && remote(giga_home(&matrix[i])) ? 8 : 0;
    }
    giga_stats before = now();
    giga_box box = {8, 2, {rows, 8, 0}};
    JOB_OK(giga_get_box(copy, NULL, matrix, (uint64_t[]){stride, 8}, &box));
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_BOX, small > 0, small, s.op[GIGA_STATS_BOX].batched, small == 0,
           rows * 64 - small);
    CU_ASSERT_EQUAL(s.op[GIGA_STATS_BOX].batched > 0, small > 0);
    before = now();
    box.extent[1] = wide;
    JOB_OK(giga_get_box(copy, (uint64_t[]){stride, 8}, matrix, (uint64_t[]){stride, 8}, &box));
    s = since(&before);
    expect(&s, GIGA_STATS_BOX, far > 0, far, s.op[GIGA_STATS_BOX].batched, far == 0,
           rows * stride - far);
    expect(&s, GIGA_STATS_GET, 0, 0, 0, 0, 0);
    JOB_OK(giga_free(matrix));
    free(copy);
}

static void notices_count_their_counter_and_their_bytes(void)
{
    uint64_t far = remote_ranks(), near = (uint64_t)giga_size() - far;
    char run[40] = {0};
    giga_stats before = now();

    for (int32_t r = 0; r < giga_size(); r++) {
        JOB_OK(giga_notify(&of_rank(r)[700], 1));
        JOB_OK(giga_put_notify(&of_rank(r)[710 + 5 * giga_rank()], run, sizeof run,
                               &of_rank(r)[700], 1));
    }
    JOB_OK(giga_await(&of_rank(giga_rank())[700], GIGA_EQ, 2 * (uint64_t)giga_size(), NULL));
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_NOTIFY, 2 * far, 56 * far, 0, 2 * near, 56 * near);
    expect(&s, GIGA_STATS_PUT, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(s.op[GIGA_STATS_NOTIFY].messages, 2 * far);
    giga_barrier();
    of_rank(giga_rank())[700] = 0;
    giga_barrier();
}

static void handles_count_when_they_are_started(void)
{
    uint64_t far = remote_ranks(), near = (uint64_t)giga_size() - far, values[4];
    giga_stats before = now();

    for (int32_t r = 0; r < giga_size(); r++) {
        giga_handle handle;
        JOB_OK(giga_get_nb(values, of_rank(r), sizeof values, &handle));
        JOB_OK(giga_wait(&handle));
    }
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_GET, far, 32 * far, 0, near, 32 * near);
    CU_ASSERT(s.op[GIGA_STATS_WAIT].operations <= far);
    giga_barrier();
}

static void collectives_count_their_calls_and_nothing_inside(void)
{
    giga_stats before = now();
    uint64_t value = 1;
    void *object;

    giga_barrier();
    giga_barrier();
    JOB_OK(giga_broadcast(&value, sizeof value, 0));
    giga_allreduce_sum(value);
    JOB_OK(giga_agree(GIGA_OK));
    JOB_OK(giga_alloc(5, NULL, &object));
    JOB_OK(giga_free(object));
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_BARRIER, 2, 0, 0, 0, 0);
    expect(&s, GIGA_STATS_COLLECTIVE, 3, 0, 0, 0, 0);
    expect(&s, GIGA_STATS_ALLOC, 2, 0, 0, 0, 0);
    expect(&s, GIGA_STATS_QUIET, 0, 0, 0, 0, 0);
}

static void refused_calls_count_nothing(void)
{
    giga_stats before = now();
    uint64_t private = 0;

    CU_ASSERT_EQUAL(giga_get(&private, &private, 8), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_put(NULL, &private, 8), GIGA_ERR_ADDRESS);
    JOB_OK(giga_get(NULL, words, 0));
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_GET, 0, 0, 0, 0, 0);
    expect(&s, GIGA_STATS_PUT, 0, 0, 0, 0, 0);
    giga_barrier();
}

static void *add_many(void *argument)
{
    int32_t to = (giga_rank() + 1) % giga_size();

    for (uint64_t i = 0; i < MANY; i++)
        giga_add_nbi(&of_rank(to)[i], 1);
    return argument;
}

static void threads_count_together_also_those_that_have_ended(void)
{
    uint64_t far = remote((giga_rank() + 1) % giga_size()), many = THREADS * MANY;
    giga_stats before = now();
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, add_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    JOB_OK(giga_quiet());
    giga_stats s = since(&before);
    expect(&s, GIGA_STATS_ATOMIC, many * far, 8 * many * far, many * far, many * !far,
           8 * many * !far);
    giga_barrier();
}

static void a_reset_counts_from_zero(void)
{
    giga_fetch_add(of_rank((giga_rank() + 1) % giga_size()), 1);
    JOB_OK(giga_stats_reset());
    giga_stats s = now();
    for (int i = 0; i < GIGA_STATS_CLASSES; i++)
        expect(&s, (giga_stats_class)i, 0, 0, 0, 0, 0);
    giga_barrier();
    s = now();
    CU_ASSERT_EQUAL(s.op[GIGA_STATS_BARRIER].operations, 1);
}

/* Every rank puts PUT bytes to the next one, gets GET from it, and sends it SHIP in an
 * alltoallv. Whoever moves a byte, the sum of both tables is what went from node to node. */
static void traffic_between_nodes_adds_up(void)
{
    enum { PUT = 4000, GET = 8000, SHIP = 700, SLACK = 4000 };
    size_t nodes = (size_t)giga_nodes(), size = (size_t)giga_size();
    int32_t next = (giga_rank() + 1) % giga_size(), before = (giga_rank() + giga_size() - 1) % giga_size();
    uint64_t *sent = calloc(2 * nodes, 8), *fetched = sent + nodes;
    uint64_t *sums = calloc(nodes * nodes, 8), *expected = calloc(nodes * nodes, 8);
    uint64_t *to = calloc(2 * size, 8), *from = to + size;
    static char buffer[GET], shipped[SHIP];

    CU_ASSERT_EQUAL(giga_stats_get_traffic(sent, NULL), GIGA_ERR_ARG);
    JOB_OK(giga_barrier());
    JOB_OK(giga_stats_reset());
    JOB_OK(giga_barrier());
    JOB_OK(giga_put(of_rank(next), buffer, PUT));
    JOB_OK(giga_get(buffer, of_rank(next), GET));
    to[next] = from[before] = SHIP;
    JOB_OK(giga_alltoallv(buffer, to, shipped, from));
    JOB_OK(giga_barrier());
    JOB_OK(giga_stats_get_traffic(sent, fetched));
    size_t here = (size_t)giga_node_of(giga_rank()), there = (size_t)giga_node_of(next);
    for (size_t k = 0; k < nodes; k++) {
        sums[here * nodes + k] += sent[k];
        sums[k * nodes + here] += fetched[k];
    }
    if (here != there) {
        expected[here * nodes + there] += PUT + SHIP;
        expected[there * nodes + here] += GET;
    }
    JOB_OK(giga_allreduce(sums, sums, nodes * nodes, GIGA_U64, GIGA_SUM));
    JOB_OK(giga_allreduce(expected, expected, nodes * nodes, GIGA_U64, GIGA_SUM));
    for (size_t i = 0; i < nodes * nodes; i++) {
        CU_ASSERT_TRUE(sums[i] >= expected[i] && sums[i] <= expected[i] + SLACK);
        CU_ASSERT_TRUE(i % (nodes + 1) != 0 || sums[i] == 0); /* a node sends itself nothing */
    }
    JOB_OK(giga_stats_reset());
    free(sent);
    free(sums);
    free(expected);
    free(to);
}

/* Two objects: each counts its own. */
static void objects_count_their_own_operations(void)
{
    giga_stats one, two;
    uint64_t *other, far = remote_ranks(), near = (uint64_t)giga_size() - far;

    JOB_OK(giga_alloc(8 * (uint64_t)giga_size() * WORDS, NULL, (void **)&other));
    uint64_t apart = giga_stride(other) / 8;
    CU_ASSERT_EQUAL(giga_stats_get_object(other, &two), all ? GIGA_OK : GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_stats_get_object(&far, &two), GIGA_ERR_ADDRESS);
    giga_stats_get_object(words, &one);
    giga_stats before = one;
    for (int32_t r = 0; r < giga_size(); r++) {
        uint64_t *at = other + (uint64_t)r * apart;
        giga_store(&at[1 + giga_rank()], giga_load(&at[0]));
        giga_add_nbi(&at[100], 1);
        giga_load(of_rank(r));
    }
    JOB_OK(giga_quiet());
    giga_stats_get_object(words, &one);
    giga_stats_get_object(other + 1, &two);
    for (size_t i = 0; i < sizeof one / 8; i++)
        ((uint64_t *)&one)[i] -= ((uint64_t *)&before)[i];
    if (all) {
        expect(&one, GIGA_STATS_GET, far, 8 * far, 0, near, 8 * near);
        expect(&one, GIGA_STATS_PUT, 0, 0, 0, 0, 0);
        expect(&two, GIGA_STATS_GET, far, 8 * far, 0, near, 8 * near);
        expect(&two, GIGA_STATS_PUT, far, 8 * far, 0, near, 8 * near);
        expect(&two, GIGA_STATS_ATOMIC, far, 8 * far, far, near, 8 * near);
    }
    JOB_OK(giga_free(other));
}

static void classes_have_names_of_their_own(void)
{
    for (int i = 0; i < GIGA_STATS_CLASSES; i++) {
        for (int j = 0; j < i; j++)
            CU_ASSERT_STRING_NOT_EQUAL(giga_stats_name((giga_stats_class)i),
                                       giga_stats_name((giga_stats_class)j));
    }
    CU_ASSERT_STRING_EQUAL(giga_stats_name(GIGA_STATS_CLASSES), "?");
}

static void allocate_words(void)
{
    JOB_OK(giga_alloc(8 * (uint64_t)giga_size() * WORDS, NULL, (void **)&words));
    block_words = giga_stride(words) / 8;
}

static void free_words(void)
{
    JOB_OK(giga_free(words));
}

int main(void)
{
    static const job_test tests[] = {
        {"an object to work on", allocate_words},
        {"blocking operations count where they leave the node",
         blocking_operations_count_where_they_leave_the_node},
        {"deferred operations count as batched", deferred_operations_count_as_batched},
        {"a run over several homes counts once", a_run_over_several_homes_counts_once},
        {"a deferred run over two homes counts once", a_deferred_run_over_two_homes_counts_once},
        {"gathers and scatters count elements", gathers_and_scatters_count_elements},
        {"boxes count once, with all their bytes", boxes_count_once_with_all_their_bytes},
        {"notices count their counter and their bytes",
         notices_count_their_counter_and_their_bytes},
        {"handles count when they are started", handles_count_when_they_are_started},
        {"collectives count their calls and nothing inside",
         collectives_count_their_calls_and_nothing_inside},
        {"refused calls count nothing", refused_calls_count_nothing},
        {"threads count together, also those that have ended",
         threads_count_together_also_those_that_have_ended},
        {"objects count their own operations", objects_count_their_own_operations},
        {"traffic between nodes adds up", traffic_between_nodes_adds_up},
        {"a reset counts from zero", a_reset_counts_from_zero},
        {"classes have names of their own", classes_have_names_of_their_own},
        {"the object goes", free_words},
    };
#ifdef STATS
    setenv("GIGA_STATS", STATS, 1);
    all = true;
#endif
    giga_stats none;
    if (giga_stats_get(&none) != GIGA_ERR_STATE)
        return 1;
    return JOB_RUN("stats", tests);
}
