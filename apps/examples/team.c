/*
 * team.c - a matrix times a vector on a grid of ranks: a rank has one tile of the matrix; its
 * part of the vector comes down its column, and its part of the product is summed along its row.
 */
#include <giga/giga.h>
#include <inttypes.h>
#include <stdio.h>

enum { TILE = 64 };

/* As near to a square as the number of ranks allows; one row when it is prime. */
static int32_t rows_of(int32_t ranks)
{
    int32_t rows = 1;

    for (int32_t r = 2; r * r <= ranks; r++) {
        if (ranks % r == 0)
            rows = r;
    }
    return rows;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    int32_t rows = rows_of(giga_size()), columns = giga_size() / rows;
    giga_team *row, *column;
    giga_team_split(NULL, giga_rank() / columns, giga_rank(), &row);
    giga_team_split(NULL, giga_rank() % columns, giga_rank(), &column);

    /* Element (i, j) is i + j, and x[j] is j. */
    double x[TILE], y[TILE] = {0};
    int32_t i0 = giga_team_rank(column) * TILE, j0 = giga_team_rank(row) * TILE;
    for (int j = 0; j < TILE; j++)
        x[j] = i0 == 0 ? j0 + j : -1; /* the top row has the vector */
    giga_team_broadcast(column, x, sizeof x, 0);
    for (int i = 0; i < TILE; i++) {
        for (int j = 0; j < TILE; j++)
            y[i] += (double)(i0 + i + j0 + j) * x[j];
    }
    giga_team_allreduce(row, y, y, TILE, GIGA_F64, GIGA_SUM);

    uint64_t wrong = 0;
    double n = (double)columns * TILE; /* sums of j and of its squares are known */
    for (int i = 0; i < TILE; i++)
        wrong += y[i] != (i0 + i) * (n * (n - 1) / 2) + n * (n - 1) * (2 * n - 1) / 6;
    wrong = giga_allreduce_sum(wrong);
    if (giga_rank() == 0)
        printf("team: a grid of %" PRId32 " x %" PRId32 ", the product is %s\n", rows, columns,
               wrong == 0 ? "right" : "WRONG");
    giga_team_destroy(column);
    giga_team_destroy(row);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
