/*
 * overlap.c - sum a large remote array while its next piece is under way.
 */
#include <giga/giga.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE = 32768, PIECES = 16 };

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    const uint64_t n = (uint64_t)PIECE * PIECES;
    uint64_t *x, *buffer[2] = {malloc(PIECE * sizeof *x), malloc(PIECE * sizeof *x)};
    if (!buffer[0] || !buffer[1])
        giga_abort("out of memory");
    giga_alloc(n * sizeof *x, NULL, (void **)&x);

    size_t bytes;
    uint64_t *mine = giga_local(x, &bytes), sum = 0;
    for (size_t i = 0; i < bytes / sizeof *mine; i++)
        mine[i] = (uint64_t)(&mine[i] - x);
    giga_barrier();

    giga_handle coming[2] = {GIGA_HANDLE_DONE, GIGA_HANDLE_DONE};
    giga_get_nb(buffer[0], x, PIECE * sizeof *x, &coming[0]);
    for (uint64_t p = 0; p < PIECES; p++) {
        if (p + 1 < PIECES)
            giga_get_nb(buffer[(p + 1) % 2], x + (p + 1) * PIECE, PIECE * sizeof *x,
                        &coming[(p + 1) % 2]);
        giga_wait(&coming[p % 2]);
        for (uint64_t i = 0; i < PIECE; i++)
            sum += buffer[p % 2][i];
    }

    bool right = sum == n * (n - 1) / 2;
    uint64_t wrong = giga_allreduce_sum((uint64_t)!right);
    if (giga_rank() == 0)
        printf("overlap: the sum is %" PRIu64 ", %s\n", sum, wrong == 0 ? "as it must be" : "WRONG");
    free(buffer[0]);
    free(buffer[1]);
    giga_barrier();
    giga_free(x);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
