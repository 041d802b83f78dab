/*
 * matrix.c - transpose a matrix that is spread by rows, tile by tile: a tile is one call.
 */
#include <giga/giga.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 512, TILE = 64 };

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    double *a, *b, tile[TILE][TILE], turned[TILE][TILE];
    const uint64_t stride[] = {N * sizeof *a, sizeof *a};
    const giga_box box = {sizeof *a, 2, {TILE, TILE}};
    giga_alloc(N * N * sizeof *a, NULL, (void **)&a);
    giga_alloc(N * N * sizeof *b, NULL, (void **)&b);

    size_t bytes;
    double *mine = giga_local(a, &bytes);
    for (size_t i = 0; i < bytes / sizeof *mine; i++)
        mine[i] = (double)(&mine[i] - a);
    giga_barrier();

    int32_t tiles = (N / TILE) * (N / TILE);
    for (int32_t t = giga_rank(); t < tiles; t += giga_size()) {
        uint64_t row = (uint64_t)t / (N / TILE) * TILE, col = (uint64_t)t % (N / TILE) * TILE;
        giga_get_box(tile, NULL, &a[row * N + col], stride, &box);
        for (int i = 0; i < TILE; i++) {
            for (int j = 0; j < TILE; j++)
                turned[j][i] = tile[i][j];
        }
        giga_put_box(&b[col * N + row], stride, turned, NULL, &box);
    }
    giga_barrier();

    uint64_t wrong = 0;
    mine = giga_local(b, &bytes);
    for (size_t i = 0; i < bytes / sizeof *mine; i++) {
        uint64_t at = (uint64_t)(&mine[i] - b);
        wrong += mine[i] != (double)(at % N * N + at / N);
    }
    wrong = giga_allreduce_sum(wrong);
    if (giga_rank() == 0)
        printf("matrix: %s\n", wrong == 0 ? "transposed" : "WRONG");
    giga_free(b);
    giga_free(a);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
