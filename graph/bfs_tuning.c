/*
 * bfs_tuning.c - where searches of one graph switch direction, learned from those before.
 *
 * K. Ueno et al. tune the thresholds of each graph by running with some of them; here a graph
 * that is searched again and again tunes itself: a few searches with the present threshold, a
 * few with its neighbours, then on to the best. Times are those of the slowest rank, so that all
 * ranks come to the same decision. Levels do not depend on it.
 */
#include "bfs.h"

enum { ROUND = 4 }; /* searches with a threshold before it is judged */

static const uint64_t alphas[] = {1, 2, 4, 8, 15, 30, 60, 120, 240};
enum { ALPHAS = sizeof alphas / sizeof *alphas };

void gr_bfs_tuning_start(gr_bfs_tuning *t, uint64_t alpha)
{
    *t = (gr_bfs_tuning){.alpha = alpha};
    while (t->best + 1 < ALPHAS && alphas[t->best] < alpha)
        t->best++;
    t->tried = t->best;
    t->alpha = alphas[t->best];
}

static double cost(const gr_bfs_tuning *t, int which)
{
    return t->searches[which] ? t->nanoseconds[which] / (double)t->searches[which] : 1e300;
}

/* The one of three thresholds that has been tried least, or, when all have, the best. */
static int next_try(gr_bfs_tuning *t)
{
    int low = t->best > 0 ? t->best - 1 : 0;
    int high = t->best + 1 < ALPHAS ? t->best + 1 : t->best;

    if (t->searches[t->best] < ROUND)
        return t->best;
    for (int k = low; k <= high; k++) {
        if (t->searches[k] < ROUND)
            return k;
    }
    for (int k = low; k <= high; k++) {
        if (cost(t, k) < cost(t, t->best))
            t->best = k;
    }
    return t->best;
}

void gr_bfs_tuning_note(gr_bfs_tuning *t, uint64_t nanoseconds, uint64_t reached, uint64_t n)
{
    if (reached < n / 16)
        return; /* a corner of the graph tells nothing */
    t->nanoseconds[t->tried] += (double)nanoseconds / (double)reached;
    t->searches[t->tried]++;
    t->tried = next_try(t);
    t->alpha = alphas[t->tried];
}
