/*
 * seeing.c - how many messages a loop costs, counted by giga: element by element, and gathered.
 *
 * Near elements are plain memory and cost none: on one node both counts are 0.
 */
#include <giga/giga.h>
#include <inttypes.h>
#include <stdio.h>

enum { COUNT = 2000 };

/* Sent by this rank until now, for calls of a kind: on their own, and batches. */
static uint64_t messages(giga_stats_class kind)
{
    giga_stats now;

    giga_stats_get(&now);
    return now.op[kind].messages + now.batches_sent;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    const uint64_t n = 100003;
    uint64_t *x, index[COUNT], copy[COUNT], again[COUNT], remote = 0, wrong = 0;
    giga_alloc(n * sizeof *x, NULL, (void **)&x);
    size_t bytes;
    uint64_t *mine = giga_local(x, &bytes);
    for (size_t i = 0; i < bytes / sizeof *mine; i++)
        mine[i] = (uint64_t)(&mine[i] - x);
    for (uint64_t i = 0; i < COUNT; i++) {
        index[i] = (i * 7919 + (uint64_t)giga_rank()) % n;
        remote += giga_near(&x[index[i]], NULL) == NULL;
    }
    giga_barrier();

    uint64_t before = messages(GIGA_STATS_GET);
    for (uint64_t i = 0; i < COUNT; i++)
        giga_get(&copy[i], &x[index[i]], sizeof copy[i]); /* waits, every time */
    uint64_t one_by_one = messages(GIGA_STATS_GET) - before;

    before = messages(GIGA_STATS_GATHER);
    giga_gather(again, x, sizeof *x, index, COUNT);
    uint64_t gathered = messages(GIGA_STATS_GATHER) - before;

    for (uint64_t i = 0; i < COUNT; i++)
        wrong += copy[i] != index[i] || again[i] != index[i];
    wrong += one_by_one < remote || gathered > remote / 10 || (gathered == 0) != (remote == 0);
    wrong = giga_allreduce_sum(wrong);
    one_by_one = giga_allreduce_sum(one_by_one);
    gathered = giga_allreduce_sum(gathered);
    if (giga_rank() == 0)
        printf("seeing: %" PRIu64 " messages one by one, %" PRIu64 " gathered, %s\n", one_by_one,
               gathered, wrong == 0 ? "as they must be" : "WRONG");
    giga_barrier();
    giga_free(x);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
