/*
 * test_team.c - teams, against what a serial loop over their members gives.
 *
 * Runs at 1, 3, 5 and 16 ranks on one node, 3 on nodes of one, 5 on nodes of two, and across
 * virtual hosts. Who is in which team follows from a color and a key that every rank can
 * compute for every other, so a team's members are known here without asking giga.
 */
#include <giga/mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum { RANKS = 64 }; /* more than any run has */

/* Members of this rank's team in their order, and this rank's place among them. */
typedef struct members {
    int32_t count, mine, ranks[RANKS];
} members;

typedef int32_t (*word_of)(int32_t rank);

static int32_t zero(int32_t rank)
{
    return 0 * rank;
}

static int32_t itself(int32_t rank)
{
    return rank;
}

static int32_t parity(int32_t rank)
{
    return rank % 2;
}

static int32_t backwards(int32_t rank)
{
    return -rank;
}

static int32_t third(int32_t rank)
{
    return (int32_t)(job_word(3, (uint64_t)rank) % 3);
}

static int32_t shuffled(int32_t rank) /* with some keys equal */
{
    return (int32_t)(job_word(4, (uint64_t)rank) % 5) - 2;
}

/* Insertion by key keeps the order of equal ones. `from` is NULL for the whole job. */
static members expect(const members *from, word_of color, word_of key)
{
    members m = {0};
    int32_t count = from ? from->count : giga_size();

    for (int32_t i = 0; i < count; i++) {
        int32_t rank = from ? from->ranks[i] : i, at = m.count;
        if (color(rank) != color(giga_rank()))
            continue;
        for (; at > 0 && key(m.ranks[at - 1]) > key(rank); at--)
            m.ranks[at] = m.ranks[at - 1];
        m.ranks[at] = rank;
        m.count++;
    }
    while (m.ranks[m.mine] != giga_rank())
        m.mine++;
    return m;
}

static giga_team *split(giga_team *parent, word_of color, word_of key)
{
    giga_team *team = NULL;

    JOB_OK(giga_team_split(parent, color(giga_rank()), key(giga_rank()), &team));
    CU_ASSERT_PTR_NOT_NULL_FATAL(team);
    return team;
}

static void check_members(giga_team *team, const members *m)
{
    CU_ASSERT_EQUAL(giga_team_size(team), m->count);
    CU_ASSERT_EQUAL(giga_team_rank(team), m->mine);
    for (int32_t i = 0; i < m->count; i++)
        CU_ASSERT_EQUAL(giga_team_job_rank(team, i), m->ranks[i]);
    for (int32_t rank = 0; rank < giga_size(); rank++) {
        int32_t at = -1;
        for (int32_t i = 0; i < m->count; i++)
            at = m->ranks[i] == rank ? i : at;
        CU_ASSERT_EQUAL(giga_team_rank_of(team, rank), at);
    }
    CU_ASSERT_EQUAL(giga_team_job_rank(team, -1), -1);
    CU_ASSERT_EQUAL(giga_team_job_rank(team, m->count), -1);
    CU_ASSERT_EQUAL(giga_team_rank_of(team, -1), -1);
    CU_ASSERT_EQUAL(giga_team_rank_of(team, giga_size()), -1);
}

/* ---- every collective over a team, each with its serial reference ---- */

static void check_broadcast(giga_team *team, const members *m, size_t bytes)
{
    char *buffer = calloc(1, bytes + 1);

    for (int32_t root = 0; root < m->count; root++) {
        job_fill(buffer, (uint64_t)giga_rank() + 50, 0, bytes);
        JOB_OK(giga_team_broadcast(team, buffer, bytes, root));
        CU_ASSERT_EQUAL(job_wrong(buffer, (uint64_t)m->ranks[root] + 50, 0, bytes), 0);
        CU_ASSERT_EQUAL(buffer[bytes], 0);
    }
    free(buffer);
}

/* Element i of a rank, small enough that sums of doubles are exact. */
static int64_t value(int32_t rank, uint64_t i)
{
    return (int64_t)(job_word((uint64_t)rank + 77, i) % 2001) - 1000;
}

static int64_t folded(const members *m, int32_t count, uint64_t i, giga_op op)
{
    int64_t all = count > 0 ? value(m->ranks[0], i) : 0;

    for (int32_t r = 1; r < count; r++) {
        int64_t v = value(m->ranks[r], i);
        all = op == GIGA_SUM    ? all + v
              : op == GIGA_MIN  ? (v < all ? v : all)
              : op == GIGA_MAX  ? (v > all ? v : all)
              : op == GIGA_BAND ? (all & v)
                                : (all | v);
    }
    return all;
}

static void check_reductions(giga_team *team, const members *m, uint64_t count)
{
    int64_t in[1000] = {0}, out[1000] = {0};
    double real[1000] = {0};
    uint64_t wrong = 0;

    for (giga_op op = GIGA_SUM; op <= GIGA_BOR; op++) {
        for (uint64_t i = 0; i < count; i++)
            in[i] = value(giga_rank(), i);
        JOB_OK(giga_team_allreduce(team, in, out, count, GIGA_I64, op));
        JOB_OK(giga_team_allreduce(team, in, in, count, GIGA_I64, op));
        for (uint64_t i = 0; i < count; i++)
            wrong += out[i] != folded(m, m->count, i, op) || in[i] != out[i];
    }
    for (uint64_t i = 0; i < count; i++)
        real[i] = (double)value(giga_rank(), i);
    JOB_OK(giga_team_exscan(team, real, real, count, GIGA_F64, GIGA_SUM));
    for (uint64_t i = 0; i < count; i++)
        wrong += real[i] != (double)folded(m, m->mine, i, GIGA_SUM);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void check_allgather(giga_team *team, const members *m, size_t bytes)
{
    char *in = malloc(bytes + 1), *out = malloc(bytes * (size_t)m->count + 1);

    job_fill(in, (uint64_t)giga_rank() + 9, 0, bytes);
    JOB_OK(giga_team_allgather(team, in, bytes, out));
    for (int32_t r = 0; r < m->count; r++)
        CU_ASSERT_EQUAL(job_wrong(out + (size_t)r * bytes, (uint64_t)m->ranks[r] + 9, 0, bytes), 0);
    free(in);
    free(out);
}

/* Bytes from one rank of the job to another: many parts are empty. */
static uint64_t part(int32_t from, int32_t to)
{
    uint64_t word = job_word((uint64_t)(from * 100 + to), 1);

    return word % 3 == 0 ? 0 : word / 3 % (word % 3 == 1 ? 50 : 20000);
}

static void check_alltoallv(giga_team *team, const members *m)
{
    uint64_t send[RANKS], recv[RANKS], sent = 0, received = 0;
    int32_t me = giga_rank();

    for (int32_t r = 0; r < m->count; r++) {
        sent += send[r] = part(me, m->ranks[r]);
        received += recv[r] = part(m->ranks[r], me);
    }
    char *in = malloc(sent + 1), *out = malloc(received + 1), *at = in;
    for (int32_t r = 0; r < m->count; at += send[r++])
        job_fill(at, (uint64_t)(me * 100 + m->ranks[r]), 0, send[r]);
    out[received] = 'x';
    JOB_OK(giga_team_alltoallv(team, in, send, out, recv));
    at = out;
    for (int32_t r = 0; r < m->count; at += recv[r++])
        CU_ASSERT_EQUAL(job_wrong(at, (uint64_t)(m->ranks[r] * 100 + me), 0, recv[r]), 0);
    CU_ASSERT_EQUAL(out[received], 'x');
    free(in);
    free(out);
}

static void check_agree(giga_team *team, const members *m)
{
    JOB_OK(giga_team_agree(team, GIGA_OK));
    for (int32_t first = 0; first < m->count; first += 1 + m->count / 4) {
        giga_status mine = GIGA_OK;
        char expected[64];
        snprintf(expected, sizeof expected, "rank %d found nothing", m->ranks[first]);
        if (m->mine == first)
            mine = giga_fail(GIGA_ERR_NOT_FOUND, "%s", expected);
        else if (m->mine > first)
            mine = giga_fail(GIGA_ERR_IO, "rank %d is not the first", giga_rank());
        CU_ASSERT_EQUAL(giga_team_agree(team, mine), GIGA_ERR_NOT_FOUND);
        CU_ASSERT_STRING_EQUAL(giga_error(), expected);
    }
}

static void check_collectives(giga_team *team, const members *m)
{
    check_broadcast(team, m, 0);
    check_broadcast(team, m, 30011);
    check_reductions(team, m, 0);
    check_reductions(team, m, 1);
    check_reductions(team, m, 32); /* the most that goes without MPI inside a node */
    check_reductions(team, m, 1000);
    check_allgather(team, m, 0);
    check_allgather(team, m, 4001);
    check_alltoallv(team, m);
    check_agree(team, m);
    JOB_OK(giga_team_barrier(team));
}

/* ---- who is in a team ---- */

static void null_is_the_job(void)
{
    members all = expect(NULL, zero, zero);

    check_members(NULL, &all);
    check_collectives(NULL, &all);
    JOB_OK(giga_team_destroy(NULL));
    JOB_OK(giga_barrier());
}

static void a_split_numbers_ranks_by_key_and_then_by_the_parents_order(void)
{
    static const word_of colors[] = {zero, itself, parity, third};
    static const word_of keys[] = {zero, backwards, shuffled};

    for (int c = 0; c < 4; c++) {
        for (int k = 0; k < 3; k++) {
            members m = expect(NULL, colors[c], keys[k]);
            giga_team *team = split(NULL, colors[c], keys[k]);
            check_members(team, &m);
            JOB_OK(giga_team_destroy(team));
        }
    }
}

static void a_part_of_a_part_keeps_the_parts_order_and_outlives_it(void)
{
    members half = expect(NULL, parity, backwards), m = expect(&half, third, zero);
    giga_team *parent = split(NULL, parity, backwards), *team = split(parent, third, zero);

    check_members(team, &m);
    JOB_OK(giga_team_destroy(parent));
    check_members(team, &m);
    check_collectives(team, &m);
    JOB_OK(giga_team_destroy(team));
}

static void the_near_team_is_the_node_and_the_leaders_are_one_of_each(void)
{
    giga_team *near, *leaders;

    JOB_OK(giga_team_near(&near));
    CU_ASSERT_EQUAL(giga_team_size(near), giga_near_size());
    CU_ASSERT_EQUAL(giga_team_rank(near), giga_near_index());
    for (int32_t i = 0; i < giga_near_size(); i++)
        CU_ASSERT_EQUAL(giga_team_job_rank(near, i), giga_near_rank(i));
    JOB_OK(giga_team_leaders(&leaders));
    bool leads = giga_near_index() == 0;
    CU_ASSERT_EQUAL(giga_team_size(leaders), leads ? giga_nodes() : 0);
    for (int32_t i = 0; i < giga_nodes() && leads; i++)
        CU_ASSERT_EQUAL(giga_team_job_rank(leaders, i), giga_node_leader(i));
    JOB_OK(giga_team_barrier(near));
    if (leads)
        JOB_OK(giga_team_barrier(leaders));
    JOB_OK(giga_team_destroy(leaders));
    JOB_OK(giga_team_destroy(near));
}

static void a_rank_of_no_color_gets_the_team_without_ranks(void)
{
    bool in = giga_rank() % 2 == 0;
    giga_team *team = NULL, *part = NULL;
    uint64_t word = 1;

    JOB_OK(giga_team_split(NULL, in ? 7 : GIGA_TEAM_NONE, 0, &team));
    CU_ASSERT_PTR_NOT_NULL(team);
    CU_ASSERT_EQUAL(giga_team_size(team), in ? (giga_size() + 1) / 2 : 0);
    CU_ASSERT_EQUAL(giga_team_rank(team), in ? giga_rank() / 2 : -1);
    if (!in) {
        CU_ASSERT_EQUAL(giga_team_barrier(team), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_broadcast(team, &word, 8, 0), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_allreduce(team, &word, &word, 1, GIGA_U64, GIGA_SUM),
                        GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_exscan(team, &word, &word, 1, GIGA_U64, GIGA_SUM), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_allgather(team, &word, 8, &word), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_alltoallv(team, &word, &word, &word, &word), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_agree(team, GIGA_OK), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_split(team, 0, 0, &part), GIGA_ERR_ARG);
        CU_ASSERT_EQUAL(giga_team_job_rank(team, 0), -1);
        CU_ASSERT_EQUAL(giga_team_rank_of(team, 0), -1);
    } else {
        JOB_OK(giga_team_barrier(team));
    }
    JOB_OK(giga_team_destroy(team));
    JOB_OK(giga_team_split(NULL, GIGA_TEAM_NONE, 0, &team)); /* no team at all */
    CU_ASSERT_EQUAL(giga_team_size(team), 0);
    JOB_OK(giga_team_destroy(team));
}

static void a_split_that_one_rank_spoils_fails_on_all(void)
{
    bool last = giga_rank() == giga_size() - 1;
    giga_team *untouched = NULL, *team = NULL;

    CU_ASSERT_EQUAL(giga_team_split(NULL, last ? -5 : 0, 0, &untouched), GIGA_ERR_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "color -5"));
    CU_ASSERT_EQUAL(giga_team_split(NULL, 0, 0, last ? NULL : &untouched), GIGA_ERR_ARG);
    CU_ASSERT_PTR_NULL(untouched);
    team = split(NULL, zero, zero);
    CU_ASSERT_EQUAL(giga_team_split(team, last ? -5 : 0, 0, &untouched), GIGA_ERR_ARG);
    JOB_OK(giga_team_barrier(team));
    JOB_OK(giga_team_destroy(team));
}

/* ---- collectives ---- */

static void every_collective_runs_over_the_members_in_their_order(void)
{
    static const word_of colors[] = {zero, itself, parity, third, giga_node_of};
    static const word_of keys[] = {backwards, shuffled};

    for (int c = 0; c < 5; c++) {
        for (int k = 0; k < 2; k++) {
            members m = expect(NULL, colors[c], keys[k]);
            giga_team *team = split(NULL, colors[c], keys[k]);
            check_collectives(team, &m);
            JOB_OK(giga_team_destroy(team));
        }
    }
}

static void wrong_arguments_are_refused_before_anyone_waits(void)
{
    giga_team *team = split(NULL, parity, zero);
    double real = 1, out;
    uint64_t bytes[RANKS] = {8};

    CU_ASSERT_EQUAL(giga_team_broadcast(team, &real, 8, giga_team_size(team)), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_broadcast(team, &real, 8, -1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_broadcast(team, NULL, 8, 0), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_allreduce(team, &real, &out, 1, GIGA_F64, GIGA_BOR), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_allreduce(team, NULL, &out, 1, GIGA_F64, GIGA_SUM), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_exscan(team, &real, &out, 1, GIGA_F64, GIGA_MAX), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_allgather(team, NULL, 8, &out), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_alltoallv(team, NULL, bytes, &out, bytes), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_alltoallv(team, &real, bytes, &out, NULL), GIGA_ERR_ARG);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_team_alltoallv"));
    JOB_OK(giga_team_barrier(team));
    JOB_OK(giga_team_destroy(team));
}

/* The first team has long finished while the second goes on, in MPI and outside of it. */
static void disjoint_teams_run_as_many_collectives_as_they_like(void)
{
    members m = expect(NULL, third, zero);
    giga_team *team = split(NULL, third, zero);
    int32_t rounds = 5 + 60 * third(giga_rank());

    for (int32_t i = 0; i < rounds; i++) {
        uint64_t one = 1, sum = 0;
        JOB_OK(giga_team_barrier(team));
        JOB_OK(giga_team_allreduce(team, &one, &sum, 1, GIGA_U64, GIGA_SUM));
        CU_ASSERT_EQUAL(sum, (uint64_t)m.count);
        check_allgather(team, &m, (size_t)(i * 7));
    }
    JOB_OK(giga_barrier());
    JOB_OK(giga_team_destroy(team));
}

static int32_t row(int32_t rank)
{
    return rank / 2;
}

/* A value of the row must not be taken for one of the column, nor for one of the job. */
static void a_rank_alternates_between_the_teams_it_is_in(void)
{
    members across = expect(NULL, row, zero), down = expect(NULL, parity, zero);
    giga_team *rows = split(NULL, row, zero), *columns = split(NULL, parity, zero);
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < 300; i++) {
        uint64_t mine = job_word((uint64_t)giga_rank(), i), in_row = 0, in_column = 0, in_job = 0;
        uint64_t got[3];
        for (int32_t r = 0; r < giga_size(); r++)
            in_job += job_word((uint64_t)r, i);
        for (int32_t r = 0; r < across.count; r++)
            in_row += job_word((uint64_t)across.ranks[r], i);
        for (int32_t r = 0; r < down.count; r++)
            in_column += job_word((uint64_t)down.ranks[r], i);
        giga_team_allreduce(rows, &mine, &got[0], 1, GIGA_U64, GIGA_SUM);
        giga_team_allreduce(columns, &mine, &got[1], 1, GIGA_U64, GIGA_SUM);
        giga_allreduce(&mine, &got[2], 1, GIGA_U64, GIGA_SUM);
        wrong += got[0] != in_row || got[1] != in_column || got[2] != in_job;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_team_destroy(rows));
    JOB_OK(giga_team_destroy(columns));
}

/* Long puts, also to ranks that do not lead: the barrier's messages go another way. */
static void a_team_barrier_completes_deferred_puts(void)
{
    enum { BYTES = 100000 };
    members m = expect(NULL, zero, backwards);
    giga_team *team = split(NULL, zero, backwards);
    char *sent = malloc(BYTES);
    void *object;
    uint64_t wrong = 0;

    JOB_OK(giga_alloc_blocks((uint64_t)giga_size() * BYTES, NULL, &object));
    char *mine = giga_local(object, NULL);
    for (uint64_t round = 1; round <= 20; round++) {
        job_fill(sent, round * 100 + (uint64_t)giga_rank(), 0, BYTES);
        for (int32_t r = 0; r < m.count; r++) {
            char *its = (char *)object + (uint64_t)m.ranks[r] * giga_stride(object);
            JOB_OK(giga_put_nbi(its + (size_t)giga_rank() * BYTES, sent, BYTES));
        }
        JOB_OK(giga_team_barrier(team));
        for (int32_t r = 0; r < m.count; r++)
            wrong += job_wrong(mine + (size_t)m.ranks[r] * BYTES,
                               round * 100 + (uint64_t)m.ranks[r], 0, BYTES);
        JOB_OK(giga_team_barrier(team));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_team_destroy(team));
    JOB_OK(giga_free(object));
    free(sent);
}

static void a_team_barrier_publishes_plain_stores(void)
{
    members m = expect(NULL, parity, zero);
    giga_team *team = split(NULL, parity, zero);
    void *object;
    uint64_t wrong = 0;

    JOB_OK(giga_alloc_blocks(8, NULL, &object));
    uint64_t *mine = giga_local(object, NULL), stride = giga_stride(object) / 8;
    for (uint64_t round = 1; round <= 300; round++) {
        *mine = round * 1000 + (uint64_t)giga_rank();
        JOB_OK(giga_team_barrier(team));
        for (int32_t r = 0; r < m.count; r++) {
            uint64_t *its = (uint64_t *)object + (uint64_t)m.ranks[r] * stride;
            bool near = giga_node_of(m.ranks[r]) == giga_node_of(giga_rank());
            uint64_t seen = near ? *(volatile uint64_t *)its : giga_load(its);
            wrong += seen != round * 1000 + (uint64_t)m.ranks[r];
        }
        JOB_OK(giga_team_barrier(team));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    JOB_OK(giga_team_destroy(team));
    JOB_OK(giga_free(object));
}

/* ---- communicators ---- */

static void a_communicator_becomes_a_team_in_its_own_order(void)
{
    members m = expect(NULL, parity, backwards);
    MPI_Comm comm;
    giga_team *team = NULL;

    MPI_Comm_split(MPI_COMM_WORLD, parity(giga_rank()), backwards(giga_rank()), &comm);
    JOB_OK(giga_team_create_comm(comm, &team));
    MPI_Comm_free(&comm);
    CU_ASSERT_PTR_NOT_NULL_FATAL(team);
    check_members(team, &m);
    check_collectives(team, &m);
    members part = expect(&m, third, zero);
    giga_team *child = split(team, third, zero);
    check_members(child, &part);
    JOB_OK(giga_team_destroy(team));
    check_collectives(child, &part);
    JOB_OK(giga_team_destroy(child));
    JOB_OK(giga_team_create_comm(MPI_COMM_SELF, &team));
    CU_ASSERT_EQUAL(giga_team_size(team), 1);
    CU_ASSERT_EQUAL(giga_team_job_rank(team, 0), giga_rank());
    JOB_OK(giga_team_destroy(team));
}

static void what_is_no_communicator_of_ranks_is_refused_on_all(void)
{
    bool last = giga_rank() == giga_size() - 1;
    giga_team *untouched = NULL;

    CU_ASSERT_EQUAL(giga_team_create_comm(MPI_COMM_NULL, &untouched), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_team_create_comm(MPI_COMM_WORLD, last ? NULL : &untouched), GIGA_ERR_ARG);
    if (giga_size() > 1) {
        MPI_Comm half, between;
        MPI_Comm_split(MPI_COMM_WORLD, parity(giga_rank()), 0, &half);
        MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - parity(giga_rank()), 3, &between);
        CU_ASSERT_EQUAL(giga_team_create_comm(between, &untouched), GIGA_ERR_ARG);
        MPI_Comm_free(&between);
        MPI_Comm_free(&half);
    }
    CU_ASSERT_PTR_NULL(untouched);
    JOB_OK(giga_barrier());
}

/* ---- how many ---- */

/* The number that MPI gives to one more communicator: the lowest that is free. */
static MPI_Fint next_communicator(void)
{
    MPI_Comm comm;

    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Fint number = MPI_Comm_c2f(comm);
    MPI_Comm_free(&comm);
    return number;
}

static void teams_come_and_go_without_a_trace(void)
{
    MPI_Fint before = next_communicator();

    for (int i = 0; i < 200; i++) {
        giga_team *team = split(NULL, i % 2 ? parity : third, i % 3 ? zero : backwards);
        JOB_OK(giga_team_barrier(team));
        JOB_OK(giga_team_destroy(team));
    }
    CU_ASSERT_EQUAL(next_communicator(), before);
}

static void a_hundred_teams_live_side_by_side(void)
{
    enum { TEAMS = 100 };
    giga_team *teams[TEAMS];
    members m[2] = {expect(NULL, parity, zero), expect(NULL, third, backwards)};

    for (int i = 0; i < TEAMS; i++)
        teams[i] = i % 2 ? split(NULL, third, backwards) : split(NULL, parity, zero);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < TEAMS; i++) {
            int64_t mine = value(giga_rank(), (uint64_t)i), sum = 0;
            JOB_OK(giga_team_allreduce(teams[i], &mine, &sum, 1, GIGA_I64, GIGA_SUM));
            CU_ASSERT_EQUAL(sum, folded(&m[i % 2], m[i % 2].count, (uint64_t)i, GIGA_SUM));
            JOB_OK(giga_team_barrier(teams[i]));
        }
    }
    for (int i = 0; i < TEAMS; i++)
        JOB_OK(giga_team_destroy(teams[i * 37 % TEAMS]));
}

/* The room is what team.h says, of the smallest node; so no earlier test has left a team. */
static void a_node_without_room_for_a_team_refuses_it_on_all(void)
{
    enum { MOST = 10000 };
    int64_t room = 255 + 16 * giga_allreduce_min(giga_near_size());
    giga_team **teams = calloc(MOST, sizeof *teams);
    giga_status status = GIGA_OK;
    int count = 0;

    if (giga_size() > 1 && giga_size() <= 5) { /* a team of one takes no room; 16 take long */
        while (count < MOST && status == GIGA_OK) {
            status = giga_team_split(NULL, 0, 0, &teams[count]);
            count += status == GIGA_OK;
        }
        CU_ASSERT_EQUAL(count, room);
        CU_ASSERT_EQUAL(job_same(status), GIGA_ERR_MEMORY);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "giga_team_split: no room for another team"));
        CU_ASSERT_PTR_NULL(teams[count]);
        CU_ASSERT_EQUAL(giga_team_create_comm(MPI_COMM_WORLD, &teams[count]), GIGA_ERR_MEMORY);
        JOB_OK(giga_team_destroy(teams[count / 2]));
        teams[count / 2] = split(NULL, zero, backwards);
        members m = expect(NULL, zero, backwards);
        check_collectives(teams[count / 2], &m);
        for (int i = 0; i < count; i++)
            JOB_OK(giga_team_destroy(teams[i]));
    }
    free(teams);
}

static const job_test tests[] = {
    {"null_is_the_job", null_is_the_job},
    {"a_split_numbers_ranks_by_key_and_then_by_the_parents_order",
     a_split_numbers_ranks_by_key_and_then_by_the_parents_order},
    {"a_part_of_a_part_keeps_the_parts_order_and_outlives_it",
     a_part_of_a_part_keeps_the_parts_order_and_outlives_it},
    {"the_near_team_is_the_node_and_the_leaders_are_one_of_each",
     the_near_team_is_the_node_and_the_leaders_are_one_of_each},
    {"a_rank_of_no_color_gets_the_team_without_ranks",
     a_rank_of_no_color_gets_the_team_without_ranks},
    {"a_split_that_one_rank_spoils_fails_on_all", a_split_that_one_rank_spoils_fails_on_all},
    {"every_collective_runs_over_the_members_in_their_order",
     every_collective_runs_over_the_members_in_their_order},
    {"wrong_arguments_are_refused_before_anyone_waits",
     wrong_arguments_are_refused_before_anyone_waits},
    {"disjoint_teams_run_as_many_collectives_as_they_like",
     disjoint_teams_run_as_many_collectives_as_they_like},
    {"a_rank_alternates_between_the_teams_it_is_in", a_rank_alternates_between_the_teams_it_is_in},
    {"a_team_barrier_completes_deferred_puts", a_team_barrier_completes_deferred_puts},
    {"a_team_barrier_publishes_plain_stores", a_team_barrier_publishes_plain_stores},
    {"a_communicator_becomes_a_team_in_its_own_order",
     a_communicator_becomes_a_team_in_its_own_order},
    {"what_is_no_communicator_of_ranks_is_refused_on_all",
     what_is_no_communicator_of_ranks_is_refused_on_all},
    {"teams_come_and_go_without_a_trace", teams_come_and_go_without_a_trace},
    {"a_hundred_teams_live_side_by_side", a_hundred_teams_live_side_by_side},
    {"a_node_without_room_for_a_team_refuses_it_on_all",
     a_node_without_room_for_a_team_refuses_it_on_all},
};

int main(void)
{
    return JOB_RUN("team", tests);
}
