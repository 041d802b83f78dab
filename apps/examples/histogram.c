/*
 * histogram.c - count random keys in a table that is spread over all ranks.
 *
 * The loop is the naive one. What is near is added at once or a moment later; what is remote
 * travels in batches that the library fills and sends.
 */
#include <giga/giga.h>
#include <inttypes.h>
#include <stdio.h>

static uint64_t next_key(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 20;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    const uint64_t bins = 1000003, keys = 1000000;
    uint64_t state = (uint64_t)giga_rank(), *table;
    giga_alloc(bins * sizeof *table, NULL, (void **)&table);

    for (uint64_t i = 0; i < keys; i++)
        giga_add_nbi(&table[next_key(&state) % bins], 1);
    giga_barrier();

    size_t bytes;
    uint64_t *mine = giga_local(table, &bytes), sum = 0;
    for (size_t i = 0; i < bytes / sizeof *mine; i++)
        sum += mine[i];
    sum = giga_allreduce_sum(sum);
    bool right = sum == keys * (uint64_t)giga_size();
    if (giga_rank() == 0)
        printf("histogram: %" PRIu64 " keys counted, %s\n", sum, right ? "all of them" : "WRONG");
    giga_free(table);
    return giga_fini() == 0 && right ? 0 : 1;
}
