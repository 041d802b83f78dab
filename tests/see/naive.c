/*
 * naive.c - loops that communicate well and badly, for tests/see/check, which finds the lines by
 * the markers in their comments. Prints what rank 0 counts of itself.
 *
 * Every rank but the last works on the next rank's block; with one rank nothing is remote.
 */
#include <giga/giga.h>
#include <stdio.h>

enum { LOOP = 200 };

static uint64_t *theirs, sum;

static void good(void)
{
    uint64_t values[LOOP];

    for (uint64_t i = 0; i < LOOP; i++)
        giga_get_nbi(&values[i], &theirs[i], sizeof values[i]); /* MARK good */
    giga_quiet();
    giga_fetch_add(&theirs[LOOP], 1); /* MARK once */
    sum += values[0];
}

static void bad(void)
{
    for (uint64_t i = 0; i < LOOP; i++)
        sum += giga_load(&theirs[i]); /* MARK load */
    for (uint64_t i = 0; i < LOOP / 2; i++) {
        giga_put(&theirs[i], &i, sizeof i); /* MARK put */
        sum++;
    }
    for (uint64_t i = 0; i < LOOP; i++) {
        giga_add_nbi(&theirs[i], 1); /* MARK lone */
        giga_quiet();
    }
}

/* Inlined or not, the line is that of the call in here. */
static inline uint64_t helper(uint64_t *at)
{
    uint64_t before = giga_fetch_add(at, 1); /* MARK add */

    return before + 1;
}

int main(void)
{
    uint64_t *words;

    if (giga_init(NULL) != GIGA_OK || giga_alloc((uint64_t)giga_size() << 14, NULL,
                                                 (void **)&words) != GIGA_OK) { /* MARK alloc */
        fprintf(stderr, "%s\n", giga_error());
        return 1;
    }
    theirs = words + (uint64_t)((giga_rank() + 1) % giga_size()) * giga_stride(words) / 8;
    giga_barrier();
    if (giga_rank() < giga_size() - 1) {
        good();
        bad();
        for (uint64_t i = 0; i < LOOP; i++)
            sum += helper(&theirs[i]);
    }
    giga_barrier();
    return giga_fini() != GIGA_OK || sum == 1;
}
