/*
 * account.c - see account.h.
 */
#include "account.h"

#include <stdlib.h>

#include "model.h"

void gr_account_begin(gr_account *a)
{
    a->count = 0;
    a->waiting = a->waited = 0;
    a->clock = gr_seconds();
}

void gr_account_wait(gr_account *a)
{
    if (a->waiting == 0)
        a->waiting = gr_seconds();
}

void gr_account_work(gr_account *a)
{
    if (a->waiting > 0)
        a->waited += gr_seconds() - a->waiting;
    a->waiting = 0;
}

static giga_step *next_step(gr_account *a)
{
    if (a->count == a->room) {
        uint64_t room = a->room ? 2 * a->room : 64;
        giga_step *steps = realloc(a->steps, room * sizeof *steps);
        if (!steps)
            return NULL;
        a->steps = steps;
        a->room = room;
    }
    return &a->steps[a->count++];
}

void gr_account_step(gr_account *a, const char *what, uint64_t vertices, uint64_t arcs,
                     uint64_t bytes, uint64_t messages)
{
    gr_account_work(a);
    double now = gr_seconds();
    giga_step *step = next_step(a);

    if (step)
        *step = (giga_step){what, vertices, arcs, bytes, messages, now - a->clock - a->waited,
                            a->waited};
    a->clock = now;
    a->waited = 0;
}

void gr_account_free(gr_account *a)
{
    free(a->steps);
    *a = (gr_account){0};
}

const giga_step *giga_graph_account(const giga_graph *graph, uint64_t *count_out)
{
    *count_out = graph->account.count;
    return graph->account.count ? graph->account.steps : NULL;
}
