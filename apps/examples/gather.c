/*
 * gather.c - read elements of a spread array by a list of indices, in any order, with repeats.
 *
 * Once as a loop of deferred gets, once as one call.
 */
#include <giga/giga.h>
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 100000 };

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    const uint64_t n = 500009;
    double *x, *copy = malloc(COUNT * sizeof *copy), *again = malloc(COUNT * sizeof *again);
    uint64_t *index = malloc(COUNT * sizeof *index), wrong = 0;
    if (!copy || !again || !index)
        giga_abort("out of memory");
    giga_alloc(n * sizeof *x, NULL, (void **)&x);

    size_t bytes;
    double *mine = giga_local(x, &bytes);
    for (size_t i = 0; i < bytes / sizeof *mine; i++)
        mine[i] = 0.5 * (double)(&mine[i] - x); /* addresses are the same everywhere */
    for (uint64_t i = 0; i < COUNT; i++)
        index[i] = (i * 7919 + (uint64_t)giga_rank()) % n;
    giga_barrier();

    for (uint64_t i = 0; i < COUNT; i++)
        giga_get_nbi(&copy[i], &x[index[i]], sizeof copy[i]);
    giga_quiet();

    giga_gather(again, x, sizeof *x, index, COUNT);

    for (uint64_t i = 0; i < COUNT; i++)
        wrong += copy[i] != 0.5 * (double)index[i] || again[i] != copy[i];
    wrong = giga_allreduce_sum(wrong);
    if (giga_rank() == 0)
        printf("gather: %s\n", wrong == 0 ? "every element is right" : "WRONG");
    free(index);
    free(again);
    free(copy);
    giga_free(x);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
