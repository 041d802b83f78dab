/*
 * account.h - where the time of a run goes, kept per step by every rank for itself.
 *
 * gr_account_begin() at the start of an algorithm, gr_account_step() at the end of each step.
 * In between gr_account_wait() and gr_account_work() bracket barriers, reductions and exchanges.
 */
#ifndef GR_ACCOUNT_H
#define GR_ACCOUNT_H

#include <giga/algorithms.h>

typedef struct gr_account {
    giga_step *steps;
    uint64_t count, room;
    double clock;       /* when the current step began */
    double waiting;     /* when waiting began; 0 while working */
    double waited;      /* seconds of the step so far */
} gr_account;

/* Forget the last run and start the clock. Call: local. */
void gr_account_begin(gr_account *account);

/* Work ends here, waiting begins; and the other way round. Call: local, cheap. */
void gr_account_wait(gr_account *account);
void gr_account_work(gr_account *account);

/* End a step: what it was and what this rank did in it. Memory that is out loses the step, not
 * the run. Call: local. */
void gr_account_step(gr_account *account, const char *what, uint64_t vertices, uint64_t arcs,
                     uint64_t bytes, uint64_t messages);

void gr_account_free(gr_account *account);

#endif
