/*
 * perf_lock.c - one lock that all ranks want, over and over.
 *
 * The lock and a record lie in rank 0's block. Who has the lock gets the record, counts the
 * acquisition and whether the holder is another one than before, and puts it back; nothing but
 * the lock protects it. Two figures of the same work: the time of an acquisition, and that of a
 * change of holder, since a lock may let a rank that runs pass those that sleep.
 */
#include "perf.h"

enum { ACQUISITION, CHANGE };

typedef struct record {
    uint64_t acquisitions, changes, holder; /* rank + 1; 0 at first */
} record;

typedef struct block {
    _Alignas(64) giga_lock lock;
    _Alignas(64) record record;
} block;

static void work(block *b, uint64_t times)
{
    uint64_t me = (uint64_t)giga_rank() + 1;

    for (uint64_t i = 0; i < times; i++) {
        record r;
        perf_must(giga_lock_acquire(&b->lock), "giga_lock_acquire");
        perf_must(giga_get(&r, &b->record, sizeof r), "giga_get");
        r.acquisitions++;
        r.changes += r.holder != me;
        r.holder = me;
        perf_must(giga_put(&b->record, &r, sizeof r), "giga_put");
        perf_must(giga_lock_release(&b->lock), "giga_lock_release");
    }
}

static giga_status run(perf_round *round)
{
    uint64_t times = round->quick ? 10 : giga_nodes() > 1 ? 1000 : 10000;
    uint64_t all = times * (uint64_t)giga_size();
    void *object, *there;
    giga_status status = perf_block(0, sizeof(block), &object, &there);

    if (status != GIGA_OK)
        return status;
    block *b = there;
    perf_must(giga_barrier(), "giga_barrier");
    double begin = perf_now_ns();
    work(b, times);
    perf_must(giga_barrier(), "giga_barrier");
    double us = (perf_now_ns() - begin) / 1e3;
    if (giga_rank() == 0) {
        uint64_t changes = b->record.changes;
        round->wrong += b->record.acquisitions != all || changes < (uint64_t)giga_size();
        round->figure = us / (double)(round->self->way == CHANGE ? changes : all);
    }
    perf_must(giga_barrier(), "giga_barrier");
    return giga_free(object);
}

static const perf_case cases[] = {
    {"lock", "us", PERF_ALL, ACQUISITION, 0, run,
     "an acquisition of one lock that all ranks want, with a get and a put under it"},
    {"lock.change", "us", PERF_ALL, CHANGE, 0, run,
     "the same work, by the number of times that the holder changed"}};

const perf_family perf_lock = PERF_FAMILY(cases);
