/*
 * issue.h - one worker's operations on the regions it owns, each followed by what a correct
 * program must wait for, and its results compared with the worker's own copy.
 *
 * Threads: a worker belongs to one thread; copies are shared by the workers of a rank, who
 * write different bytes of them.
 */
#ifndef TESTS_STRESS_ISSUE_H
#define TESTS_STRESS_ISSUE_H

#include "plan.h"

enum { PENDING = 48 };

/* An operation that is not known to be complete. */
typedef struct pending {
    unsigned field;
    uint64_t at, bytes;
    bool writes, fenced;
    giga_handle handle;      /* GIGA_HANDLE_DONE: giga_quiet() completes it */
    char *buffer, *expected; /* expected: NULL, or what buffer must hold when it is complete */
    size_t length;
    kind what;
} pending;

typedef struct issuer {
    const field *fields;
    char *const *copies; /* of each field */
    job_random choice;   /* for what does not change the outcome */
    pending pending[PENDING];
    int count;
    uint64_t wrong; /* results that differ, and calls that failed */
    char name[32];
} issuer;

/* Do one operation of the plan, to the job and to the copy. */
void issue(issuer *w, const op *o);

/* Complete and check everything; `quiet`: whether giga_quiet() has been called already. */
void issue_finish(issuer *w, bool quiet);

#endif
