/*
 * near.h - the work of near.c and near_shmem.c: the same instructions around the
 * operations of each, so that the figures differ by the operations alone.
 *
 * A program includes this after defining, for 8-byte words of the other rank,
 *     static inline uint64_t get_word(const uint64_t *at);
 *     static inline void put_word(uint64_t *at, uint64_t value);          complete on return
 *     static inline uint64_t add_word(uint64_t *at, uint64_t value);      returns the old one
 *
 * What keeps the compiler honest: the address of each operation is computed from the
 * result of the one before (get), and memory is clobbered between two operations.
 */
#ifndef TESTS_BENCH_NEAR_H
#define TESTS_BENCH_NEAR_H

#include <stdbool.h>

#include "bench.h"

enum { WORDS = 512, BYTES = 3 * WORDS * 8, ROUNDS = 7 };

#define CLOBBER() __asm__ volatile("" ::: "memory")

/* A permutation of full cycle: odd increment, multiplier 1 mod 4 (Hull and Dobell). */
static inline uint64_t next_word(uint64_t at)
{
    return (at * 205 + 91) % WORDS;
}

/* What the other rank does before the measurement: each word leads to the next. */
static inline void prepare(uint64_t *mine)
{
    for (uint64_t i = 0; i < WORDS; i++) {
        mine[i] = next_word(i);
        mine[WORDS + i] = mine[2 * WORDS + i] = 0;
    }
}

/* `ops` is a multiple of WORDS everywhere: the walk ends where it began. */
static bool measure_get(const uint64_t *chain, uint64_t ops, double *ns)
{
    uint64_t at = 0, sum = 0;
    double begin = now_ns();

    for (uint64_t i = 0; i < ops; i++) {
        at = get_word(&chain[at]);
        sum += at;
        CLOBBER();
    }
    *ns = (now_ns() - begin) / (double)ops;
    return at == 0 && sum == ops / WORDS * (WORDS * (WORDS - 1) / 2);
}

static bool measure_put(uint64_t *written, uint64_t ops, uint64_t salt, double *ns)
{
    uint64_t at = 0, wrong = 0;
    double begin = now_ns();

    for (uint64_t i = 0; i < ops; i++) {
        put_word(&written[at], i ^ salt);
        at = next_word(at);
        CLOBBER();
    }
    *ns = (now_ns() - begin) / (double)ops;
    for (uint64_t i = ops - WORDS; i < ops; i++) {
        wrong += get_word(&written[at]) != (i ^ salt);
        at = next_word(at);
    }
    return wrong == 0;
}

static bool measure_add(uint64_t *counted, uint64_t ops, uint64_t round, double *ns)
{
    uint64_t at = 0, sum = 0, visits = ops / WORDS, old = visits * round, wrong = 0;
    double begin = now_ns();

    for (uint64_t i = 0; i < ops; i++) {
        sum += add_word(&counted[at], 1);
        at = next_word(at);
        CLOBBER();
    }
    *ns = (now_ns() - begin) / (double)ops;
    for (uint64_t i = 0; i < WORDS; i++)
        wrong += get_word(&counted[i]) != old + visits;
    return wrong == 0 && sum == WORDS * (visits * old + visits * (visits - 1) / 2);
}

/* Prints `PREFIXname ns_per_op`, the median of the rounds; false when a result was wrong. */
static bool measure_all(const char *prefix, uint64_t *theirs, uint64_t ops)
{
    uint64_t *chain = theirs, *written = theirs + WORDS, *counted = theirs + 2 * WORDS;
    double get[ROUNDS], put[ROUNDS], add[ROUNDS];
    bool right = true;

    ops = (ops + WORDS - 1) / WORDS * WORDS;
    for (uint64_t r = 0; r < ROUNDS; r++) {
        right &= measure_get(chain, ops, &get[r]);
        right &= measure_put(written, ops, (r + 1) << 40, &put[r]);
        right &= measure_add(counted, ops, r, &add[r]);
    }
    printf("%sget %.3f\n", prefix, quantile(get, ROUNDS, 0.5));
    printf("%sput %.3f\n", prefix, quantile(put, ROUNDS, 0.5));
    printf("%sfetch_add %.3f\n", prefix, quantile(add, ROUNDS, 0.5));
    return right;
}

#endif
