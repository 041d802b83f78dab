/*
 * perf_sync.c - ranks that wait for each other: the barrier, and a notified put there and back.
 *
 * Everybody else waits in a barrier while rank 0 and the target play notified puts. The limit of
 * the near ones is a plain store and a flag, spun for.
 */
#include <sched.h>

#include "perf.h"

/* ---- The barrier ---- */

/* That it is one: what every rank put before it, its neighbour reads behind it. */
static void check_barrier(perf_round *round, char *object)
{
    uint64_t stride = giga_stride(object), size = (uint64_t)giga_size(), me = (uint64_t)giga_rank();
    uint64_t *mine = (uint64_t *)(void *)(object + me * stride);
    uint64_t *next = (uint64_t *)(void *)(object + (me + 1) % size * stride);

    for (uint64_t i = 1; i <= 10; i++) {
        __atomic_store_n(mine, i, __ATOMIC_RELAXED);
        perf_must(giga_barrier(), "giga_barrier");
        round->wrong += giga_load(next) != i;
        perf_must(giga_barrier(), "giga_barrier");
    }
}

static giga_status run_barrier(perf_round *round)
{
    uint64_t times = round->quick ? 20 : 1000;
    void *object;
    giga_status status = giga_alloc_blocks(sizeof(uint64_t), NULL, &object);

    if (status != GIGA_OK)
        return status;
    perf_must(giga_barrier(), "giga_barrier");
    double begin = perf_now_ns();
    for (uint64_t i = 0; i < times; i++)
        perf_must(giga_barrier(), "giga_barrier");
    round->figure = (perf_now_ns() - begin) / (double)times / 1e3;
    check_barrier(round, object);
    return giga_free(object);
}

/* ---- Notified puts ---- */

/* What a player is told; `flag` is plain C's, `counter` giga's. */
typedef struct side {
    uint64_t counter, flag, payload;
} side;

typedef struct game {
    perf_round *round;
    side *mine, *theirs;
    uint64_t rallies;
    bool first, plain;
} game;

static void serve(const game *g, uint64_t ball)
{
    uint64_t payload = perf_mix(g->plain, ball);

    if (!g->plain) {
        perf_must(giga_put_notify(&g->theirs->payload, &payload, sizeof payload,
                                  &g->theirs->counter, 1), "giga_put_notify");
        return;
    }
    g->theirs->payload = payload;
    __atomic_store_n(&g->theirs->flag, ball, __ATOMIC_RELEASE); /* the load in receive() */
}

static void receive(const game *g, uint64_t ball)
{
    enum { SPINS = 1000 };

    if (!g->plain)
        perf_must(giga_await(&g->mine->counter, GIGA_GE, ball, NULL), "giga_await");
    for (int spins = 0; g->plain; spins++) {
        if (__atomic_load_n(&g->mine->flag, __ATOMIC_ACQUIRE) == ball) /* the store in serve() */
            break;
        if (spins > SPINS)
            sched_yield();
    }
    g->round->wrong += g->mine->payload != perf_mix(g->plain, ball);
}

/* Returns microseconds there and back. */
static double rally(const game *g)
{
    double begin = perf_now_ns();

    for (uint64_t ball = 1; ball <= g->rallies; ball++) {
        if (g->first)
            serve(g, ball);
        receive(g, ball);
        if (!g->first)
            serve(g, ball);
    }
    return (perf_now_ns() - begin) / (double)g->rallies / 1e3;
}

static giga_status run_notify(perf_round *round)
{
    int32_t target = perf_target(round->self->place), me = giga_rank();
    int passes = round->self->place == PERF_NEAR ? 2 : 1;
    bool plays = me == 0 || me == target;
    void *object;
    giga_status status = giga_alloc_blocks(plays ? sizeof(side) : 0, NULL, &object);

    if (status != GIGA_OK)
        return status;
    uint64_t stride = giga_stride(object);
    side *ours = object, *targets = (side *)(void *)((char *)object + (uint64_t)target * stride);
    game g = {.round = round, .mine = me == 0 ? ours : targets, .first = me == 0,
              .theirs = me == 0 ? targets : ours, .rallies = round->quick ? 20 : 2000};
    for (int pass = 0; pass < passes; pass++) {
        g.plain = passes == 2 && perf_plain(round, pass);
        perf_must(giga_barrier(), "giga_barrier");
        if (plays)
            *(g.plain ? &round->limit : &round->figure) = rally(&g);
        perf_must(giga_barrier(), "giga_barrier");
    }
    return giga_free(object);
}

static const perf_case cases[] = {
    {"barrier", "us", PERF_ALL, 0, 0, run_barrier, "giga_barrier of all ranks"},
    {"near.notify", "us", PERF_NEAR, 0, 0, run_notify,
     "8 bytes by giga_put_notify, awaited, there and back"},
    {"remote.notify", "us", PERF_REMOTE, 0, 0, run_notify,
     "8 bytes by giga_put_notify, awaited, there and back"}};

const perf_family perf_sync = PERF_FAMILY(cases);
