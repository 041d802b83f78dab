/*
 * job.c - see job.h. Threads: one.
 */
#include "job.h"

#include <CUnit/Basic.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

job_random job_everywhere, job_here;

/* Splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t job_next(job_random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(random->state);
}

uint64_t job_below(job_random *random, uint64_t limit)
{
    return job_next(random) % limit;
}

uint64_t job_word(uint64_t which, uint64_t at)
{
    return mix(which * UINT64_C(0x9e3779b97f4a7c15) + at);
}

unsigned char job_byte(uint64_t which, uint64_t at)
{
    return (unsigned char)(job_word(which, at / 8) >> at % 8 * 8);
}

void job_fill(void *to, uint64_t which, uint64_t at, size_t bytes)
{
    unsigned char *out = to;

    for (size_t i = 0; i < bytes; i++)
        out[i] = job_byte(which, at + i);
}

size_t job_wrong(const void *from, uint64_t which, uint64_t at, size_t bytes)
{
    const unsigned char *in = from;
    size_t wrong = 0;

    for (size_t i = 0; i < bytes; i++)
        wrong += in[i] != job_byte(which, at + i);
    return wrong;
}

int job_same(giga_status mine)
{
    int64_t low = giga_allreduce_min((int32_t)mine), high = giga_allreduce_max((int32_t)mine);

    return low == high ? mine : -9999;
}

static uint64_t choose_seed(void)
{
    const char *text = getenv("JOB_SEED");

    return text ? strtoull(text, NULL, 0) : 20240229;
}

static void add_tests(const char *suite, const job_test *tests, size_t count)
{
    CU_pSuite to = CU_add_suite(suite, NULL, NULL);

    for (size_t i = 0; to && i < count; i++) {
        if (!CU_add_test(to, tests[i].law, tests[i].run))
            to = NULL;
    }
    if (!to) {
        fprintf(stderr, "CUnit: %s\n", CU_get_error_msg());
        exit(2);
    }
}

static void print_failures(int32_t rank)
{
    for (CU_pFailureRecord f = CU_get_failure_list(); f; f = f->pNext)
        fprintf(stderr, "rank %d: %s: %s:%u: %s\n", rank, f->pTest ? f->pTest->pName : "?",
                f->strFileName, f->uiLineNumber, f->strCondition);
}

static unsigned run_tests(int32_t rank)
{
    if (rank == 0) {
        CU_basic_set_mode(CU_BRM_VERBOSE);
        CU_basic_run_tests();
    } else {
        CU_run_all_tests();
        print_failures(rank);
    }
    return CU_get_number_of_failure_records();
}

int job_run_bare(const char *suite, int32_t rank, const job_test *tests, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0); /* a hang is found by the last line */
    add_tests(suite, tests, count);
    unsigned failures = run_tests(rank);
    CU_cleanup_registry();
    return failures != 0;
}

int job_run(const char *suite, const job_test *tests, size_t count)
{
    uint64_t seed = choose_seed();

    if (giga_init(NULL) != GIGA_OK) {
        fprintf(stderr, "giga_init: %s\n", giga_error());
        return 2;
    }
    giga_broadcast(&seed, sizeof seed, 0);
    job_everywhere.state = seed;
    job_here.state = mix(seed + 1 + (uint64_t)giga_rank());
    uint64_t failed = (uint64_t)job_run_bare(suite, giga_rank(), tests, count);
    uint64_t ranks = giga_allreduce_sum(failed);
    if (giga_rank() == 0)
        printf("%d ranks on %d nodes, %llu of them with failures; seed %llu (JOB_SEED)\n",
               giga_size(), giga_nodes(), (unsigned long long)ranks, (unsigned long long)seed);
    return giga_fini() != GIGA_OK || ranks != 0;
}

uint64_t job_node_memory(void)
{
    uint64_t bytes = 0;
    char path[300], target[300];
    DIR *files = opendir("/proc/self/fd");

    for (const struct dirent *d; files && (d = readdir(files));) {
        struct stat status;
        snprintf(path, sizeof path, "/proc/self/fd/%s", d->d_name);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (strstr(target, "memfd:giga-memory") && stat(path, &status) == 0)
            bytes += (uint64_t)status.st_blocks * 512;
    }
    closedir(files);
    return bytes;
}
