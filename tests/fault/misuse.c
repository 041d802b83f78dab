/*
 * misuse.c - one mistake per run, named by the first argument; `check` judges the run.
 *
 * A mistake that has a status must have the same on every rank; rank 0 prints it and all
 * exit with 1. One that has none must end the job. A mistake that goes unnoticed prints
 * "unnoticed", which no case expects.
 *
 * The rank is the launcher's, because a failed giga_init gives none.
 */
#include <giga/giga.h>
#include <giga/mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int rank;

/* End of a run whose mistake has a status. */
static int refused(giga_status status)
{
    if (status == GIGA_OK)
        fprintf(stderr, "fault: rank %d: unnoticed\n", rank);
    else if (rank == 0)
        fprintf(stderr, "fault: %s: %s\n", giga_status_name(status), giga_error());
    if (giga_size() > 0) {
        giga_status all = giga_agree(GIGA_OK); /* nothing is broken by a refused call */
        uint64_t same = giga_allreduce_u64((uint64_t)(uint32_t)status, GIGA_MIN);
        if (all != GIGA_OK || same != (uint32_t)status)
            fprintf(stderr, "fault: rank %d: the ranks disagree\n", rank);
        giga_fini();
    }
    return 1;
}

/* End of a run in which the last rank alone made a mistake that has no status. */
static int unnoticed(void)
{
    if (rank == giga_size() - 1)
        fprintf(stderr, "fault: rank %d: unnoticed\n", rank);
    giga_barrier();
    giga_fini();
    return 0;
}

static char *alloc(uint64_t bytes)
{
    void *object;

    if (giga_alloc(bytes, NULL, &object) != GIGA_OK) {
        fprintf(stderr, "fault: rank %d: %s\n", rank, giga_error());
        exit(3);
    }
    return object;
}

static volatile uint64_t sink;

/* Mistakes of the last rank; the others wait for it in a barrier. */
static int operate(const char *name)
{
    const uint64_t bytes = 4096 * (uint64_t)giga_size();
    char *object = alloc(bytes);
    giga_info_host host;
    uint64_t private = 0;

    giga_info_get_host(&host);
    if (rank == giga_size() - 1) {
        char *past = object + bytes;
        uint64_t *odd = (uint64_t *)(void *)(object + 1); /* rank 0's block */
        uint64_t *beyond = (uint64_t *)(void *)(uintptr_t)(host.window_base + host.window_bytes);
        if (strcmp(name, "fetch_add_outside") == 0)
            giga_fetch_add(&private, 1);
        else if (strcmp(name, "fetch_add_past_window") == 0)
            giga_fetch_add(beyond, 1);
        else if (strcmp(name, "fetch_add_past_object") == 0)
            giga_fetch_add((uint64_t *)(void *)past, 1);
        else if (strcmp(name, "add_nbi_past_object") == 0)
            giga_add_nbi((uint32_t *)(void *)past, 1);
        else if (strcmp(name, "cas_null") == 0)
            giga_cas((uint64_t *)NULL, 1, 2);
        else if (strcmp(name, "load_outside") == 0)
            sink = giga_load(&private);
        else if (strcmp(name, "store_past_object") == 0)
            giga_store((double *)(void *)past, 1.0);
        else if (strcmp(name, "fetch_add_misaligned") == 0)
            giga_fetch_add_u64_(odd, 1);
        else if (strcmp(name, "cas_misaligned") == 0)
            giga_cas_u32_((uint32_t *)(void *)odd, 0, 1);
        else if (strcmp(name, "add_nbi_misaligned") == 0)
            giga_add_nbi_u64_(odd, 1);
        else if (strcmp(name, "abort") == 0)
            giga_abort("rank %d has had enough", rank);
    }
    return unnoticed();
}

static int allocate(const char *name)
{
    void *object = NULL, *other = NULL;
    uint64_t private;
    bool second = rank == 1;

    if (strcmp(name, "alloc_mismatch") == 0)
        return refused(giga_alloc(second ? 1000000 : 2000000, NULL, &object));
    if (strcmp(name, "alloc_petabyte") == 0)
        return refused(giga_alloc(UINT64_C(1) << 50, NULL, &object));
    if (strcmp(name, "alloc_more_than_memory") == 0)
        return refused(giga_alloc(UINT64_C(8) << 40, NULL, &object));
    if (strcmp(name, "alloc_over_limit") == 0)
        return refused(giga_alloc((UINT64_C(1) << 20) * (uint64_t)giga_nodes() + 1, NULL, &object));
    if (strcmp(name, "one_rank_asks_too_much") == 0)
        return refused(giga_alloc_blocks(second ? UINT64_MAX : 8, NULL, &object));

    object = alloc(100000);
    other = alloc(5);
    if (strcmp(name, "free_twice") == 0)
        return giga_free(object) == GIGA_OK ? refused(giga_free(object)) : 3;
    if (strcmp(name, "free_inside") == 0)
        return refused(giga_free((char *)object + 8));
    if (strcmp(name, "free_outside") == 0)
        return refused(giga_free(second ? (void *)&rank : object));
    if (strcmp(name, "free_different") == 0)
        return refused(giga_free(second ? other : object));
    if (strcmp(name, "free_null_on_one") == 0)
        return refused(giga_free(second ? NULL : object));
    if (strcmp(name, "get_outside") == 0)
        return refused(giga_get(&private, &rank, 4));
    if (strcmp(name, "put_past_object") == 0)
        return refused(giga_put((char *)object + 99999, "xy", 2));
    return 4;
}

/* Mistakes that only strict mode finds: the second rank's call is another one, or has another
 * argument. */
static int disagree(const char *name)
{
    uint64_t in[8] = {0}, out[64] = {0}, eight[64], sixteen[64];
    bool second = rank == 1;

    for (int i = 0; i < 64; i++) {
        eight[i] = 1;
        sixteen[i] = second && i == 0 ? 2 : 1;
    }
    if (strcmp(name, "strict_bytes") == 0)
        return refused(giga_broadcast(in, second ? 16 : 8, 0));
    if (strcmp(name, "strict_root") == 0)
        return refused(giga_broadcast(in, 8, second ? 1 : 0));
    if (strcmp(name, "strict_root_is_none") == 0)
        return refused(giga_broadcast(in, 8, second ? 77 : 0));
    if (strcmp(name, "strict_type") == 0)
        return refused(giga_allreduce(in, out, 1, second ? GIGA_F64 : GIGA_U64, GIGA_SUM));
    if (strcmp(name, "strict_op") == 0)
        return refused(giga_exscan(in, out, 1, GIGA_U64, second ? GIGA_MAX : GIGA_SUM));
    if (strcmp(name, "strict_null") == 0)
        return refused(giga_allgather(in, 8, second ? NULL : out));
    if (strcmp(name, "strict_parts") == 0)
        return refused(giga_alltoallv(in, eight, out, sixteen));
    if (strcmp(name, "strict_counts_null") == 0)
        return refused(giga_alltoallv(in, second ? NULL : eight, out, eight));
    if (strcmp(name, "strict_calls") == 0)
        return refused(second ? giga_broadcast(in, 8, 0) : giga_barrier());
    return 4;
}

/* Uses of an object that was freed, and what is not completed, found in strict mode. */
static int strict(const char *name)
{
    uint64_t *object = (uint64_t *)(void *)alloc(100000), other = 0;
    int status = disagree(name);

    if (status != 4)
        return status;
    if (strcmp(name, "strict_conflict") == 0) {
        giga_add_nbi(&object[0], 1);
        if (rank == 2)
            giga_store_nbi(&object[0], UINT64_C(1));
        return unnoticed();
    }
    giga_free(object);
    alloc(5); /* not where the other one lay */
    if (strcmp(name, "strict_free_twice") == 0)
        return refused(giga_free(object));
    if (strcmp(name, "strict_freed") == 0)
        return refused(giga_get(&other, &object[7], 8));
    if (strcmp(name, "strict_freed_add") == 0 && rank == 2)
        giga_add_nbi(&object[7], 1);
    return unnoticed();
}

/* Something of this process lies where the window should be. */
static void take(uint64_t address)
{
    void *at = mmap((void *)(uintptr_t)address, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at != (void *)(uintptr_t)address)
        exit(5);
}

static int start(const char *name)
{
    if (strncmp(name, "base_", 5) == 0 && rank == 1)
        take((UINT64_C(32) << 40) + (UINT64_C(7) << 30));
    giga_opts opts = GIGA_OPTS_INIT;
    opts.program = "fault"; /* giga says it while all ranks are still there */
    if (giga_init(&opts) != GIGA_OK)
        return 1;
    if (strcmp(name, "base_free_elsewhere") != 0)
        return unnoticed();
    giga_info_host host;
    giga_info_get_host(&host);
    uint64_t *word = (uint64_t *)(void *)alloc(8 * (uint64_t)giga_size());
    giga_fetch_add(&word[0], 1);
    giga_barrier();
    bool good = host.window_base != UINT64_C(32) << 40 &&
                giga_load(&word[0]) == (uint64_t)giga_size();
    if (rank == 0)
        fprintf(stderr, "fault: another base %s\n", good ? "works" : "does not work");
    return giga_fini() != 0 || !good;
}

/* Rank 1 is killed: at once, while the others have operations on it under way, or while it holds
 * a lock that they await. */
static int die(const char *name)
{
    uint64_t *word = (uint64_t *)(void *)alloc(4096 * (uint64_t)giga_size());
    bool busy = strcmp(name, "kill_during_gets") == 0;
    uint64_t *block = word + giga_stride(word) / 8;

    giga_lock *lock = (giga_lock *)(void *)(word + 64); /* of rank 0's block */

    if (rank == 1 && strcmp(name, "kill_holding_lock") == 0)
        giga_lock_acquire(lock);
    giga_barrier();
    if (rank == 1) {
        while (busy && giga_load(&block[0]) == 0)
            continue;
        raise(SIGKILL);
    }
    if (busy) {
        for (uint64_t i = 0;; i++)
            giga_store(&block[0], giga_load(&block[1]) + i);
    }
    if (strcmp(name, "kill_holding_lock") == 0)
        giga_lock_acquire(lock);
    giga_barrier();
    fprintf(stderr, "fault: rank %d: unnoticed\n", rank);
    return 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    const char *text = getenv("OMPI_COMM_WORLD_RANK");

    rank = text ? (int)strtol(text, NULL, 10) : 0;
    if (strncmp(name, "base_", 5) == 0 || strncmp(name, "env_", 4) == 0)
        return start(name);
    if (strcmp(name, "operation_before_start") == 0) {
        if (rank == 1)
            giga_fetch_add((uint64_t *)NULL, 1);
        giga_init(NULL);
        return unnoticed();
    }
    if (giga_init(NULL) != GIGA_OK) {
        fprintf(stderr, "fault: giga_init: %s\n", giga_error());
        return 3;
    }
    if (strncmp(name, "kill_", 5) == 0)
        return die(name);
    if (strncmp(name, "strict_", 7) == 0)
        return strict(name);
    int status = allocate(name);
    return status == 4 ? operate(name) : status;
}
