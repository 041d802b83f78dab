/*
 * tasks.c - ranks take tasks of unequal length from one counter until there are none.
 */
#include <giga/giga.h>
#include <inttypes.h>
#include <stdio.h>

enum { TASKS = 1000 };

/* Steps of the Collatz sequence from n to 1: nobody knows beforehand how many. */
static uint64_t work(uint64_t n)
{
    uint64_t steps = 0;

    for (; n != 1; steps++)
        n = n % 2 ? 3 * n + 1 : n / 2;
    return steps;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    struct { uint64_t next, longest; } *shared;
    giga_alloc(sizeof *shared, NULL, (void **)&shared);

    for (uint64_t task; (task = giga_fetch_add(&shared->next, 1)) < TASKS;)
        giga_max_nbi(&shared->longest, work(task + 1));
    giga_barrier();

    uint64_t longest = giga_load(&shared->longest);
    if (giga_rank() == 0) /* known: of 1 to 1000 it is 871, with 178 steps */
        printf("tasks: the longest sequence has %" PRIu64 " steps, %s\n", longest,
               longest == 178 ? "as is known" : "WRONG");
    giga_free(shared);
    return giga_fini() == 0 && longest == 178 ? 0 : 1;
}
