/*
 * shared.h - words that every worker changes at once, and what must come out all the same.
 *
 *   sums     words with one commutative verb each: the outcome does not depend on the order
 *   spread   additions all over blocks of 2 MiB, where near ones are kept back in rings
 *   swaps    a value swapped in is swapped out by somebody, or is there at the end
 *   counts   compare-and-swap to one more: the word counts the ones that succeeded
 *   tickets  fetch-and-add of one: every number is drawn once
 *   mail     notified puts from worker to worker, and acknowledgements
 *
 * Near words are changed also by C11's own atomics. Threads: a `sharer` belongs to one thread.
 */
#ifndef TESTS_STRESS_SHARED_H
#define TESTS_STRESS_SHARED_H

#include "plan.h"

enum {
    SUMS = 180,  /* words of 8 bytes for 30 pairs of type and verb */
    SPOTS = 300, /* places of `spread` in each block that are added to */
    SPREAD_BYTES = 2 << 20,
    DRAWN = 36,          /* words of swaps, counts and tickets */
    LATER = 40,          /* deferred results that a sharer holds */
    MAIL_BYTES = 200000, /* longest letter; a worker has two boxes */
    WORKERS = 32,
};

/* The objects. */
typedef struct shared {
    uint64_t *sums, *spread, *drawn;
    char *mail;
    uint64_t ranks, threads;
    uint64_t seed;
} shared;

/* What sharers have seen of swaps, counts and tickets: sums of hashes, and numbers. */
typedef struct tally {
    uint64_t in[DRAWN], out[DRAWN], number[DRAWN];
} tally;

typedef struct later {
    unsigned word;
    uint64_t expected, before;
} later;

typedef struct sharer {
    shared *s;
    uint64_t rank, thread;
    job_random choice;
    tally tally;
    later later[LATER];
    int count;
    uint64_t letters, wrong;
    char *letter;
} sharer;

/* Collective: allocate, and write the first values. */
void shared_create(shared *s, uint64_t threads, uint64_t seed);
void shared_destroy(shared *s);

/* One operation on sums and spread: the worker's stream says which words and values. */
void shared_plan_add(job_random *random, const shared *s, uint64_t *sums, uint64_t *spots);
void shared_add(sharer *w, job_random *random);

/* One operation on swaps, counts or tickets. */
void shared_draw(sharer *w);
/* After a quiet: take in what was deferred. */
void shared_settle(sharer *w);

/* Send a letter to a worker, wait for one, acknowledge. */
void shared_mail(sharer *w, uint64_t round, uint64_t step);

/* First values of the copies. */
void shared_first(uint64_t *sums);

/* Collective: what is wrong, given copies of sums and spots as they must be. */
uint64_t shared_check(const shared *s, const uint64_t *sums, const uint64_t *spots,
                      const tally *mine);

#endif
