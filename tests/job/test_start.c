/*
 * test_start.c - start and stop, when giga has MPI to itself.
 *
 * Runs at 1 and 3 ranks on one node, 3 on nodes of one, and across virtual hosts.
 */
#include <stdlib.h>
#include <string.h>

#include "job.h"

static int32_t launcher_rank(void)
{
    const char *text = getenv("OMPI_COMM_WORLD_RANK");

    return text ? (int32_t)strtol(text, NULL, 10) : 0;
}

/* Every call that needs a running giga. */
static void check_nothing_works(void)
{
    uint64_t word = 5, out = 7;
    void *object = &word;
    giga_array *array;
    giga_info_host host;

    CU_ASSERT_EQUAL(giga_rank(), -1);
    CU_ASSERT_EQUAL(giga_size(), 0);
    CU_ASSERT_EQUAL(giga_nodes(), 0);
    CU_ASSERT_EQUAL(giga_node_of(0), -1);
    CU_ASSERT_EQUAL(giga_near_size(), 0);
    CU_ASSERT_EQUAL(giga_near_rank(0), -1);
    CU_ASSERT_EQUAL(giga_barrier(), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_quiet(), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_fence(), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_agree(GIGA_OK), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_broadcast(&word, 8, 0), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_allreduce(&word, &out, 1, GIGA_U64, GIGA_SUM), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_exscan(&word, &out, 1, GIGA_U64, GIGA_SUM), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_allgather(&word, 8, &out), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_alltoallv(&word, &word, &out, &word), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_alloc(8, NULL, &object), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_alloc_blocks(8, NULL, &object), GIGA_ERR_STATE);
    CU_ASSERT_PTR_NULL(object);
    CU_ASSERT_EQUAL(giga_free(&word), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_get(&out, &word, 8), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_put(&word, &out, 8), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_get_nbi(&out, &word, 8), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_put_nbi(&word, &out, 8), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_array_create(1, 8, (giga_dist){.kind = GIGA_DIST_BLOCK}, NULL, &array),
                    GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_info_get_host(&host), GIGA_ERR_STATE);
    CU_ASSERT_EQUAL(giga_home(&word), -1);
    CU_ASSERT_PTR_NULL(giga_local(&word, NULL));
    CU_ASSERT_PTR_NULL(giga_near(&word, NULL));
    CU_ASSERT_EQUAL(giga_stride(&word), 0);
    CU_ASSERT_EQUAL(giga_fini(), GIGA_ERR_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_fini"));
    CU_ASSERT_EQUAL(word, 5);
    CU_ASSERT_EQUAL(out, 7);
}

static void before_start_every_call_says_so(void)
{
    check_nothing_works();
    CU_ASSERT(giga_info_variables() > 0);
    CU_ASSERT_PTR_NULL(giga_info_variable_at(giga_info_variables()).name);
}

static void start_gives_ranks_and_a_second_start_is_refused(void)
{
    CU_ASSERT_EQUAL_FATAL(giga_init(NULL), GIGA_OK);
    CU_ASSERT_EQUAL(giga_rank(), launcher_rank());
    CU_ASSERT(giga_size() > giga_rank());
    CU_ASSERT_EQUAL(giga_init(NULL), GIGA_ERR_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "already"));
    JOB_OK(giga_barrier());
}

static void stop_with_live_objects_and_deferred_operations_is_clean(void)
{
    enum { WORDS = 1000 };
    void *object, *other;
    giga_array *array;

    JOB_OK(giga_alloc_blocks(WORDS * 8, NULL, &object));
    JOB_OK(giga_alloc(100, NULL, &other));
    JOB_OK(giga_array_create(50, 8, (giga_dist){.kind = GIGA_DIST_CYCLIC}, NULL, &array));
    uint64_t *to = (uint64_t *)object + (uint64_t)((giga_rank() + 1) % giga_size()) *
                                            (giga_stride(object) / 8), word;
    JOB_OK(giga_get(&word, to, 8));
    for (uint64_t i = 0; i < WORDS; i++)
        giga_add_nbi(&to[i], i);
    CU_ASSERT_EQUAL(giga_fini(), 0);
}

static void after_stop_every_call_says_so(void)
{
    check_nothing_works();
}

static void a_start_after_mpi_is_finalised_is_refused(void)
{
    CU_ASSERT_EQUAL(giga_init(NULL), GIGA_ERR_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "finalised"));
}

static const job_test tests[] = {
    {"before_start_every_call_says_so", before_start_every_call_says_so},
    {"start_gives_ranks_and_a_second_start_is_refused",
     start_gives_ranks_and_a_second_start_is_refused},
    {"stop_with_live_objects_and_deferred_operations_is_clean",
     stop_with_live_objects_and_deferred_operations_is_clean},
    {"after_stop_every_call_says_so", after_stop_every_call_says_so},
    {"a_start_after_mpi_is_finalised_is_refused", a_start_after_mpi_is_finalised_is_refused},
};

int main(void)
{
    return job_run_bare("start", launcher_rank(), tests, sizeof tests / sizeof tests[0]);
}
