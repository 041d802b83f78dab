/*
 * halo.c - a one-dimensional heat equation: each rank owns a strip and tells its neighbours
 * its border values, step by step, without a barrier.
 *
 * The two halo cells of a rank have two buffers and take turns, so that a neighbour that is
 * one step ahead does not overwrite what is still being read; it cannot be two steps ahead.
 */
#include <giga/giga.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CELLS = 64, STEPS = 200 };

/* What neighbours write: from the left and from the right, and how often. */
typedef struct border {
    double left[2], right[2];
    uint64_t from_left, from_right;
} border;

static void step(const double *old, double *new, double left, double right)
{
    for (int i = 0; i < CELLS; i++) {
        double before = i > 0 ? old[i - 1] : left, after = i + 1 < CELLS ? old[i + 1] : right;
        new[i] = old[i] + 0.25 * (before - 2 * old[i] + after);
    }
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    int32_t rank = giga_rank(), size = giga_size();
    border *mine;
    double cells[2][CELLS];
    void *borders;
    giga_alloc_blocks(sizeof(border), NULL, &borders);
    mine = giga_local(borders, NULL);
    uint64_t stride = giga_stride(borders);
    border *left = rank > 0 ? (border *)((char *)mine - stride) : NULL;
    border *right = rank + 1 < size ? (border *)((char *)mine + stride) : NULL;

    for (int i = 0; i < CELLS; i++)
        cells[0][i] = rank == 0 && i == 0 ? 1000.0 : 0.0;
    giga_barrier();
    for (uint64_t t = 0; t < STEPS; t++) {
        double *now = cells[t % 2];
        if (left)
            giga_put_notify(&left->right[t % 2], &now[0], sizeof now[0], &left->from_right, 1);
        if (right)
            giga_put_notify(&right->left[t % 2], &now[CELLS - 1], sizeof now[0],
                            &right->from_left, 1);
        if (left)
            giga_await(&mine->from_left, GIGA_GT, t, NULL);
        if (right)
            giga_await(&mine->from_right, GIGA_GT, t, NULL);
        step(now, cells[(t + 1) % 2], left ? mine->left[t % 2] : now[0],
             right ? mine->right[t % 2] : now[CELLS - 1]);
    }

    double heat = 0;
    for (int i = 0; i < CELLS; i++)
        heat += cells[STEPS % 2][i];
    heat = giga_allreduce_sum(heat); /* the ends are insulated: none is lost */
    if (rank == 0)
        printf("halo: %.6f of 1000 are still there, %s\n", heat,
               fabs(heat - 1000) < 1e-6 ? "as they must" : "WRONG");
    giga_free(borders);
    return giga_fini() == 0 && fabs(heat - 1000) < 1e-6 ? 0 : 1;
}
