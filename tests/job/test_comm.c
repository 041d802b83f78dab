/*
 * test_comm.c - giga in a program that uses MPI itself.
 *
 * Runs at 1, 3 and 5 ranks on one node, 3 and 4 on nodes of one, and across virtual hosts.
 * MPI is initialised and finalised here; giga starts and stops several times in between.
 */
#include <giga/mpi.h>
#include <string.h>

#include "job.h"

static int world_rank, world_size;

/* A little of everything, with values that only ranks of this job can have written. */
static void use_giga(uint64_t mark)
{
    void *object;
    uint64_t word = 0;

    JOB_OK(giga_alloc_blocks(64, NULL, &object));
    uint64_t *first = object, stride = giga_stride(object) / 8;
    uint64_t *to = first + (uint64_t)((giga_rank() + 1) % giga_size()) * stride;
    giga_store(to, mark + (uint64_t)giga_rank());
    JOB_OK(giga_barrier());
    JOB_OK(giga_get(&word, first + (uint64_t)giga_rank() * stride, 8));
    CU_ASSERT_EQUAL(word, mark + (uint64_t)((giga_rank() + giga_size() - 1) % giga_size()));
    giga_fetch_add(&first[1], 1);
    JOB_OK(giga_barrier());
    CU_ASSERT_EQUAL(giga_load(&first[1]), (uint64_t)giga_size());
    CU_ASSERT_EQUAL(giga_allreduce_min(mark), mark);
    JOB_OK(giga_free(object));
}

static void a_start_finds_the_callers_mpi_and_leaves_it(void)
{
    int finalized = 1, sum = 0;

    CU_ASSERT_EQUAL_FATAL(giga_init(NULL), GIGA_OK);
    CU_ASSERT_EQUAL(giga_rank(), world_rank);
    CU_ASSERT_EQUAL(giga_size(), world_size);
    use_giga(1000);
    CU_ASSERT_EQUAL(giga_fini(), 0);
    MPI_Finalized(&finalized);
    CU_ASSERT_EQUAL(finalized, 0);
    MPI_Allreduce(&(int){1}, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    CU_ASSERT_EQUAL(sum, world_size);
}

static void giga_starts_again_as_often_as_one_likes(void)
{
    for (uint64_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(giga_init(NULL), GIGA_OK);
        use_giga(i * 100);
        CU_ASSERT_EQUAL(giga_fini(), 0);
        CU_ASSERT_EQUAL(giga_barrier(), GIGA_ERR_STATE);
    }
}

/* Even and odd ranks are two jobs at the same time, and in reverse order. */
static void parts_of_a_split_communicator_are_jobs_of_their_own(void)
{
    MPI_Comm half;
    int rank, size;

    MPI_Comm_split(MPI_COMM_WORLD, world_rank % 2, -world_rank, &half);
    MPI_Comm_rank(half, &rank);
    MPI_Comm_size(half, &size);
    CU_ASSERT_EQUAL_FATAL(giga_init_comm(half, NULL), GIGA_OK);
    CU_ASSERT_EQUAL(giga_rank(), rank);
    CU_ASSERT_EQUAL(giga_size(), size);
    for (uint64_t i = 0; i < 20; i++)
        use_giga(world_rank % 2 ? 5000 + i : 9000 + i);
    CU_ASSERT_EQUAL(giga_fini(), 0);
    MPI_Comm_free(&half);
}

/* With teams left for giga_fini, which frees MPI's communicators; the numbers that MPI gives to
 * new ones tell. */
static void a_team_has_ranks_of_its_own_job_only(void)
{
    MPI_Comm half, more;
    giga_team *untouched = NULL, *team = NULL;

    CU_ASSERT_EQUAL(giga_team_create_comm(MPI_COMM_WORLD, &untouched), GIGA_ERR_STATE);
    MPI_Comm_split(MPI_COMM_WORLD, world_rank % 2, 0, &half);
    MPI_Comm_dup(MPI_COMM_WORLD, &more);
    MPI_Fint before = MPI_Comm_c2f(more);
    MPI_Comm_free(&more);
    CU_ASSERT_EQUAL_FATAL(giga_init_comm(half, NULL), GIGA_OK);
    if (world_size > 1) {
        CU_ASSERT_EQUAL(giga_team_create_comm(MPI_COMM_WORLD, &untouched), GIGA_ERR_ARG);
        CU_ASSERT_PTR_NULL(untouched);
    }
    for (int i = 0; i < 3; i++) {
        JOB_OK(giga_team_create_comm(half, &team));
        CU_ASSERT_EQUAL(giga_team_size(team), giga_size());
        JOB_OK(giga_team_barrier(team));
    }
    CU_ASSERT_EQUAL(giga_fini(), 0);
    CU_ASSERT_EQUAL(giga_team_rank(NULL), -1);
    CU_ASSERT_EQUAL(giga_team_barrier(NULL), GIGA_ERR_STATE);
    MPI_Comm_dup(MPI_COMM_WORLD, &more);
    CU_ASSERT_EQUAL(MPI_Comm_c2f(more), before);
    MPI_Comm_free(&more);
    MPI_Comm_free(&half);
}

static void a_job_may_leave_ranks_of_the_world_out(void)
{
    MPI_Comm part;

    MPI_Comm_split(MPI_COMM_WORLD, world_rank == 0 ? MPI_UNDEFINED : 1, 0, &part);
    if (part != MPI_COMM_NULL) {
        CU_ASSERT_EQUAL(giga_init_comm(part, NULL), GIGA_OK);
        CU_ASSERT_EQUAL(giga_size(), world_size - 1);
        use_giga(77);
        CU_ASSERT_EQUAL(giga_fini(), 0);
        MPI_Comm_free(&part);
    } else {
        CU_ASSERT_EQUAL(giga_rank(), -1);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void a_failed_start_can_be_followed_by_a_good_one(void)
{
    giga_opts opts = GIGA_OPTS_INIT, none = {0};

    CU_ASSERT_EQUAL(giga_init(&none), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_rank(), -1);
    opts.ranks_per_node = -1;
    CU_ASSERT_EQUAL(giga_init(&opts), GIGA_ERR_ARG);
    opts = (giga_opts)GIGA_OPTS_INIT;
    opts.window_bytes = 12345;
    CU_ASSERT_EQUAL(giga_init(&opts), GIGA_ERR_ARG);
    if (world_size > 1) {
        opts.window_bytes = (uint64_t)(1 + (world_rank == 1)) << 40;
        CU_ASSERT_EQUAL(giga_init(&opts), GIGA_ERR_MISMATCH);
    }
    opts = (giga_opts)GIGA_OPTS_INIT;
    opts.ranks_per_node = 1;
    opts.window_base = UINT64_C(44) << 40;
    opts.window_bytes = UINT64_C(1) << 40;
    CU_ASSERT_EQUAL_FATAL(giga_init(&opts), GIGA_OK);
    giga_info_host host;
    JOB_OK(giga_info_get_host(&host));
    CU_ASSERT_EQUAL(host.window_base, opts.window_base);
    CU_ASSERT_EQUAL(host.window_bytes, opts.window_bytes);
    CU_ASSERT_EQUAL(giga_nodes(), giga_size());
    use_giga(31);
    CU_ASSERT_EQUAL(giga_fini(), 0);
}

static const job_test tests[] = {
    {"a_start_finds_the_callers_mpi_and_leaves_it", a_start_finds_the_callers_mpi_and_leaves_it},
    {"giga_starts_again_as_often_as_one_likes", giga_starts_again_as_often_as_one_likes},
    {"parts_of_a_split_communicator_are_jobs_of_their_own",
     parts_of_a_split_communicator_are_jobs_of_their_own},
    {"a_team_has_ranks_of_its_own_job_only", a_team_has_ranks_of_its_own_job_only},
    {"a_job_may_leave_ranks_of_the_world_out", a_job_may_leave_ranks_of_the_world_out},
    {"a_failed_start_can_be_followed_by_a_good_one", a_failed_start_can_be_followed_by_a_good_one},
};

int main(void)
{
    int provided, failed;

    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world_size);
    int mine = job_run_bare("comm", world_rank, tests, sizeof tests / sizeof tests[0]);
    MPI_Allreduce(&mine, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    MPI_Finalize();
    return failed;
}
