/*
 * conflicts.c - pairs of operations on the same bytes, for tests/see/check: those whose comments
 * say MARK aN and bN conflict, the others do not. Rank 0 makes them, twice each, on the last
 * rank's block; they are told of once.
 */
#include <giga/giga.h>
#include <stdio.h>

enum { LONG = 4096 };

static char here[2 * LONG], there_too[LONG];

static void words(uint64_t *at)
{
    uint64_t a, b;

    giga_store_nbi(&at[0], UINT64_C(1)); /* MARK a1 */
    giga_store_nbi(&at[0], UINT64_C(2)); /* MARK b1 */
    giga_add_nbi(&at[1], 1);             /* MARK a2 */
    a = giga_load(&at[1]);               /* MARK b2 */
    giga_get_nbi(&a, &at[2], sizeof a);  /* MARK a3 */
    giga_put(&at[2], here, 4);           /* MARK b3 */
    giga_get_nbi(&b, &at[4], sizeof b);  /* MARK a4 */
    giga_get(&b, &at[5], sizeof b);      /* MARK b4 */
    giga_add_nbi(&at[6], 1);             /* MARK a5 */
    giga_swap(&at[6], UINT64_C(7));
    giga_get(there_too, &at[6], 1); /* MARK b5 */
    giga_quiet();
}

static void runs(char *at)
{
    uint64_t index[4] = {100, 200, 300, 200}, values[4] = {0};

    giga_put_nbi(at, here, LONG);                   /* MARK a6 */
    giga_load((uint32_t *)(void *)(at + LONG - 4)); /* MARK b6 */
    giga_get_nbi(here + LONG - 1, at + LONG, 8);    /* MARK b7, with a6: the source changes */
    giga_fence();
    giga_gather_nbi(values, at, 8, index, 4);                /* MARK a8 */
    giga_add_nbi((uint32_t *)(void *)(at + 8 * 300 + 4), 1); /* MARK b8 */
    giga_scatter_nbi(at, values, 8, index + 2, 1);           /* MARK b9, with b8 and a8 */
    giga_quiet();
}

/* What is adjacent, complete, only read, atomic, or one call. */
static void good(uint64_t *at)
{
    uint64_t a, b, index[4] = {50, 51, 50, 51}, values[4] = {0};

    giga_put_nbi(&at[10], here, 80);
    giga_put_nbi(&at[20], here, 8);
    giga_add_nbi(&at[30], 1);
    giga_add_nbi(&at[30], 1);
    giga_fetch_add(&at[30], 1);
    giga_get_nbi(&a, &at[31], 8);
    giga_get_nbi(&b, &at[31], 8);
    giga_scatter_nbi(at, values, 8, index, 4);
    values[0] = 1;
    giga_quiet();
    giga_store_nbi(&at[10], UINT64_C(1));
    giga_fence();
    giga_store_nbi(&at[10], UINT64_C(2));
    giga_barrier();
    giga_put(&at[10], there_too, LONG);
}

int main(void)
{
    char *object;

    if (giga_init(NULL) != GIGA_OK ||
        giga_alloc((uint64_t)giga_size() << 15, NULL, (void **)&object) != GIGA_OK) {
        fprintf(stderr, "%s\n", giga_error());
        return 1;
    }
    object += (uint64_t)(giga_size() - 1) * giga_stride(object);
    for (int i = 0; i < 2 && giga_rank() == 0; i++) {
        words((uint64_t *)(void *)object);
        runs(object);
    }
    giga_barrier();
    if (giga_rank() == 0)
        good((uint64_t *)(void *)object);
    else
        giga_barrier();
    giga_free(object - (uint64_t)(giga_size() - 1) * giga_stride(object));
    return giga_fini();
}
