/*
 * job.h - CUnit on every rank of a job.
 *
 * Rule: every rank runs the same tests in the same order, because most of them are
 * collective. A fatal assert would leave the other ranks waiting, so it is used only for
 * what has the same outcome on all ranks.
 *
 * Rank 0 prints CUnit's report; the others print what failed on them, with their rank.
 * Every rank exits with a non-zero status when any rank had a failure.
 *
 * Random numbers: `everywhere` is the same stream on all ranks, `here` is this rank's own.
 * The seed is printed; JOB_SEED repeats a run.
 */
#ifndef TESTS_JOB_H
#define TESTS_JOB_H

#include <CUnit/CUnit.h>
#include <giga/giga.h>

/* A test's name is the law it checks. */
typedef struct job_test {
    const char *law;
    CU_TestFunc run;
} job_test;

/* A law that is the name of the function that checks it. */
#define JOB_LAW(name) {#name, name}

/* Start giga, run the tests, stop giga. Returns what main returns. */
int job_run(const char *suite, const job_test *tests, size_t count);

#define JOB_RUN(suite, tests) job_run(suite, tests, sizeof(tests) / sizeof((tests)[0]))

/* The same for tests that start and stop giga themselves; MPI is left to the caller. */
int job_run_bare(const char *suite, int32_t rank, const job_test *tests, size_t count);

typedef struct job_random {
    uint64_t state;
} job_random;

extern job_random job_everywhere, job_here;

uint64_t job_next(job_random *random);
uint64_t job_below(job_random *random, uint64_t limit); /* 0 to limit - 1 */

/* The byte, or word, that a test expects at place `at` of pattern `which`. */
unsigned char job_byte(uint64_t which, uint64_t at);
uint64_t job_word(uint64_t which, uint64_t at);
void job_fill(void *to, uint64_t which, uint64_t at, size_t bytes);
size_t job_wrong(const void *from, uint64_t which, uint64_t at, size_t bytes); /* bytes off */

/* The status that all ranks have, or -9999 when they differ. Collective. */
int job_same(giga_status mine);

/* Bytes of the node's shared memory as the kernel counts them; 0 if it cannot be found. */
uint64_t job_node_memory(void);

#define JOB_OK(call) CU_ASSERT_EQUAL(call, GIGA_OK)

#endif
