/*
 * main.c - every operation, from all threads of all ranks at once, and the final memory.
 *
 *     test_stress SEED THREADS [OPERATIONS]
 *
 * In each of some phases every worker does OPERATIONS operations, mixed at random: on regions
 * that it owns (plan.h), which is done again serially by every rank, byte for byte; and on
 * words that all share (shared.h), whose outcome does not depend on the order, or which obey a
 * law of conservation. Meanwhile the first thread of each rank calls collectives. Some threads
 * end with their operations open: the barrier behind completes them.
 *
 * Memory is compared by plain loads at its home and by gets from everywhere. Runs at 1 to 8
 * ranks and 1 to 4 threads; `run` chooses.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issue.h"
#include "shared.h"

enum { PHASES = 2, LETTERS = 4, THREADS_MAX = 4 };

typedef struct state {
    uint64_t seed, threads, operations, ranks, workers;
    field fields[FIELDS];
    char *model[FIELDS], *live[FIELDS];
    region regions[WORKERS][FIELDS];
    uint64_t starts[9];
    shared shared;
    uint64_t sums[SUMS], *spots;
    uint64_t phase;
} state;

typedef struct worker {
    pthread_t thread;
    state *s;
    uint64_t id, index; /* id: thread * ranks + rank */
    issuer issuer;
    sharer sharer;
    bool leaves_open;
} worker;

static void fail(const char *what)
{
    giga_abort("stress: rank %d: %s: %s", giga_rank(), what, giga_error());
}

/* ---- fields and regions ---- */

static void create_fields(state *s)
{
    job_random random = {s->seed};
    uint64_t mine = 0, at = 0;

    for (uint64_t r = 0; r < s->ranks; r++) { /* blocks of all lengths; every third is empty */
        uint64_t bytes = job_below(&random, 3) == 0 ? 0 : 1 + job_below(&random, 20000);
        s->starts[r] = at;
        at += bytes;
        if (r == (uint64_t)giga_rank())
            mine = bytes;
    }
    s->starts[s->ranks] = at;
    s->fields[0].bytes = s->ranks * 9000 + job_below(&random, 5000) + 1;
    s->fields[1].bytes = at;
    if (giga_alloc(s->fields[0].bytes, NULL, (void **)&s->fields[0].base) != GIGA_OK ||
        giga_alloc_blocks(mine, NULL, (void **)&s->fields[1].base) != GIGA_OK)
        fail("cannot allocate");
    s->fields[1].starts = s->starts;
    for (int f = 0; f < FIELDS; f++) {
        s->fields[f].stride = giga_stride(s->fields[f].base);
        s->model[f] = calloc(1, s->fields[f].bytes + 8);
        s->live[f] = malloc(s->fields[f].bytes + 8);
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Cut each field at random, and deal the pieces. */
static void deal_regions(state *s)
{
    job_random random = {s->seed * 31 + s->phase};
    uint64_t cuts[WORKERS + 1], shift = job_next(&random);

    for (int f = 0; f < FIELDS; f++) {
        for (uint64_t i = 1; i < s->workers; i++)
            cuts[i] = job_below(&random, s->fields[f].bytes + 1);
        cuts[0] = 0;
        cuts[s->workers] = s->fields[f].bytes;
        qsort(cuts, s->workers + 1, sizeof cuts[0], by_value);
        for (uint64_t i = 0; i < s->workers; i++)
            s->regions[(i + shift) % s->workers][f] = (region){cuts[i], cuts[i + 1]};
    }
}

/* ---- a worker ---- */

static job_random stream_of(const state *s, uint64_t id, uint64_t which)
{
    return (job_random){job_word(s->seed * 7 + which, s->phase * WORKERS + id)};
}

/* What it is doing: the same draw in the plan and in the doing of it. */
typedef enum doing { OWNED, ADDING, OTHER } doing;

static doing next_doing(job_random *random)
{
    uint64_t n = job_below(random, 10);

    return n < 5 ? OWNED : n < 8 ? ADDING : OTHER;
}

static void collective(worker *w, uint64_t i)
{
    void *extra = NULL;
    uint64_t sum = w->s->ranks * (w->s->ranks - 1) / 2;

    if (i % 2 == 0) {
        w->issuer.wrong += giga_allreduce_sum((uint64_t)giga_rank()) != sum;
        return;
    }
    w->issuer.wrong += giga_barrier() != GIGA_OK;
    w->issuer.wrong += giga_alloc(5000, NULL, &extra) != GIGA_OK;
    w->issuer.wrong += giga_load((uint64_t *)extra) != 0;
    w->issuer.wrong += giga_barrier() != GIGA_OK;
    giga_add_nbi((uint64_t *)extra, 1); /* the free completes it */
    w->issuer.wrong += giga_free(extra) != GIGA_OK;
}

static void *work(void *argument)
{
    worker *w = argument;
    state *s = w->s;
    job_random random = stream_of(s, w->id, 1), adding = stream_of(s, w->id, 2);
    uint64_t every = s->operations / LETTERS + 1, step = 1 + s->phase;
    op o;

    for (uint64_t i = 0; i < s->operations; i++) {
        switch (next_doing(&random)) {
        case OWNED:
            plan_next(&o, &random, s->fields, s->regions[w->id]);
            plan_resolve(&o, s->live[o.field]);
            issue(&w->issuer, &o);
            break;
        case ADDING: shared_add(&w->sharer, &adding); break;
        case OTHER: shared_draw(&w->sharer); break;
        }
        if (i % every == every / 2)
            shared_mail(&w->sharer, w->sharer.letters, step);
        if (w->index == 0 && i % every == every - 1)
            collective(w, i / every);
    }
    if (!w->leaves_open) {
        issue_finish(&w->issuer, false);
        w->issuer.wrong += giga_quiet() != GIGA_OK;
        shared_settle(&w->sharer);
    }
    return NULL;
}

/* ---- the serial copy ---- */

static void replay(state *s)
{
    for (uint64_t id = 0; id < s->workers; id++) {
        job_random random = stream_of(s, id, 1), adding = stream_of(s, id, 2);
        op o;
        for (uint64_t i = 0; i < s->operations; i++) {
            doing d = next_doing(&random);
            if (d == ADDING)
                shared_plan_add(&adding, &s->shared, s->sums, s->spots);
            if (d != OWNED)
                continue;
            plan_next(&o, &random, s->fields, s->regions[id]);
            plan_resolve(&o, s->model[o.field]);
            plan_apply(&o, s->model[o.field]);
        }
    }
}

static uint64_t report(const char *means, int f, const char *got, const char *expected, uint64_t at,
                       uint64_t bytes)
{
    uint64_t wrong = 0, first = 0;

    for (uint64_t i = 0; i < bytes; i++) {
        if (got[i] != expected[at + i] && wrong++ == 0)
            first = at + i;
    }
    if (wrong)
        fprintf(stderr, "stress: rank %d: field %d by %s: %llu bytes differ, the first at %llu\n",
                giga_rank(), f, means, (unsigned long long)wrong, (unsigned long long)first);
    return wrong;
}

static uint64_t compare(state *s)
{
    uint64_t wrong = 0, left;

    for (int f = 0; f < FIELDS; f++) {
        field *o = &s->fields[f];
        size_t mine;
        const char *block = giga_local(o->base, &mine);
        uint64_t first = o->starts ? o->starts[giga_rank()] : (uint64_t)giga_rank() * o->stride;
        wrong += report("loads", f, block, s->model[f], first, mine);
        for (uint64_t at = 0; at < o->bytes; at += left) {
            char *from = field_at(o, at, &left);
            if (giga_get(s->live[f], from, left) != GIGA_OK)
                fail("cannot get");
            wrong += report("gets", f, s->live[f], s->model[f], at, left);
        }
    }
    return wrong;
}

/* ---- phases ---- */

static void start_worker(state *s, worker *w, uint64_t t)
{
    job_random choice = stream_of(s, t * s->ranks + (uint64_t)giga_rank(), 3);

    w->s = s;
    w->index = t;
    w->id = t * s->ranks + (uint64_t)giga_rank();
    w->issuer = (issuer){.fields = s->fields, .copies = s->live, .choice = choice};
    snprintf(w->issuer.name, sizeof w->issuer.name, "rank %d thread %d", giga_rank(), (int)t);
    w->sharer.s = &s->shared;
    w->sharer.rank = (uint64_t)giga_rank();
    w->sharer.thread = t;
    w->sharer.choice = (job_random){job_next(&choice)};
    w->leaves_open = job_below(&choice, 2);
    if (t > 0 && pthread_create(&w->thread, NULL, work, w) != 0)
        fail("cannot start a thread");
}

static uint64_t run_phase(state *s, worker *workers, tally *all)
{
    uint64_t wrong = 0;

    deal_regions(s);
    for (int f = 0; f < FIELDS; f++)
        memcpy(s->live[f], s->model[f], s->fields[f].bytes);
    for (uint64_t t = 0; t < s->threads; t++)
        start_worker(s, &workers[t], t);
    work(&workers[0]); /* in this thread, which lives on */
    for (uint64_t t = 1; t < s->threads; t++)
        pthread_join(workers[t].thread, NULL);
    wrong += giga_barrier() != GIGA_OK;
    for (uint64_t t = 0; t < s->threads; t++) {
        worker *w = &workers[t];
        issue_finish(&w->issuer, true); /* also of threads that are gone */
        shared_settle(&w->sharer);
        wrong += w->issuer.wrong + w->sharer.wrong;
        for (unsigned i = 0; i < DRAWN; i++) {
            all->in[i] += w->sharer.tally.in[i];
            all->out[i] += w->sharer.tally.out[i];
            all->number[i] += w->sharer.tally.number[i];
        }
        w->sharer.tally = (tally){0};
    }
    wrong += giga_barrier() != GIGA_OK; /* handles of others are complete too */
    replay(s);
    wrong += compare(s);
    wrong += shared_check(&s->shared, s->sums, s->spots, all);
    giga_barrier();
    return wrong;
}

static uint64_t run(state *s)
{
    static worker workers[THREADS_MAX];
    tally all = {0};
    uint64_t wrong = 0;

    for (uint64_t t = 0; t < s->threads; t++)
        workers[t].sharer.letter = malloc(MAIL_BYTES);
    for (s->phase = 0; s->phase < PHASES; s->phase++)
        wrong += run_phase(s, workers, &all);
    for (uint64_t t = 0; t < s->threads; t++)
        free(workers[t].sharer.letter);
    return giga_allreduce_sum(wrong);
}

int main(int argc, char **argv)
{
    static state s;

    s.seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    s.threads = argc > 2 ? strtoull(argv[2], NULL, 0) : 2;
    s.operations = argc > 3 ? strtoull(argv[3], NULL, 0) : 400;
    if (giga_init(NULL) != GIGA_OK) {
        fprintf(stderr, "giga_init: %s\n", giga_error());
        return 2;
    }
    s.ranks = (uint64_t)giga_size();
    s.workers = s.ranks * s.threads;
    if (s.threads < 1 || s.threads > THREADS_MAX || s.ranks > 8)
        fail("1 to 8 ranks, 1 to 4 threads");
    create_fields(&s);
    shared_create(&s.shared, s.threads, s.seed);
    shared_first(s.sums);
    s.spots = calloc(SPOTS * s.ranks, sizeof *s.spots);
    uint64_t wrong = run(&s);
    if (giga_rank() == 0)
        printf("seed %llu, %d ranks on %d nodes, %llu threads, %llu operations each: %llu wrong\n",
               (unsigned long long)s.seed, giga_size(), giga_nodes(), (unsigned long long)s.threads,
               (unsigned long long)(PHASES * s.operations), (unsigned long long)wrong);
    shared_destroy(&s.shared);
    for (int f = 0; f < FIELDS; f++) {
        giga_free(s.fields[f].base);
        free(s.model[f]);
        free(s.live[f]);
    }
    free(s.spots);
    return giga_fini() != GIGA_OK || wrong != 0;
}
