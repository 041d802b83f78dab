/*
 * gate.c - see gate.h, which states the rules.
 */
#include "gate.h"

#include <giga/lock.h>
#include <string.h>

enum { CELLS_PER_RANK = 1024 };

_Static_assert(sizeof(gi_gate) <= sizeof(giga_lock), "a gate lives in the bytes of a lock");
_Static_assert(sizeof(gi_cell) == 128, "giga/lock.h says so");

/* ---- cells ---- */

uint32_t gi_lock_cells(int32_t near_ranks, int32_t ranks)
{
    return (uint32_t)near_ranks * CELLS_PER_RANK + (uint32_t)ranks;
}

size_t gi_lock_space_bytes(int32_t near_ranks, int32_t ranks)
{
    return sizeof(gi_lock_space) + gi_lock_cells(near_ranks, ranks) * sizeof(gi_cell);
}

gi_cell *gi_cell_at(gi_lock_space *space, uint32_t cell)
{
    return &space->cells[cell - 1];
}

uint32_t gi_cell_take(gi_lock_space *space, uint32_t most)
{
    gi_guard_shut(&space->guard);
    uint32_t cell = space->free;
    if (cell != 0)
        space->free = gi_cell_at(space, cell)->next;
    else if (space->used < most)
        cell = ++space->used;
    gi_guard_open(&space->guard);
    if (cell != 0) { /* not the event: a late waker may still look at it */
        gi_cell *c = gi_cell_at(space, cell);
        c->next = 0;
        c->mode = GI_MODE_NONE;
        c->called = c->awake = c->trying = false;
        c->gate = (gi_gate){.readers = 0};
    }
    return cell;
}

void gi_cell_give(gi_lock_space *space, uint32_t cell)
{
    gi_guard_shut(&space->guard);
    gi_cell_at(space, cell)->next = space->free;
    space->free = cell;
    gi_guard_open(&space->guard);
}

/* ---- lines ---- */

void gi_line_join(gi_lock_space *space, gi_line *line, uint32_t cell)
{
    if (line->first == 0)
        line->first = cell;
    else
        gi_cell_at(space, line->last)->next = cell;
    line->last = cell;
}

static uint32_t leave_line(gi_lock_space *space, gi_line *line)
{
    uint32_t cell = line->first;

    line->first = gi_cell_at(space, cell)->next;
    gi_cell_at(space, cell)->next = 0;
    return cell;
}

static enum gi_mode mode_of(gi_lock_space *space, uint32_t cell)
{
    return cell != 0 ? (enum gi_mode)gi_cell_at(space, cell)->mode : GI_MODE_NONE;
}

/* ---- entering ---- */

bool gi_gate_free(const gi_gate *g, enum gi_mode mode)
{
    return g->writer == 0 && (mode == GI_MODE_READ || g->readers == 0) &&
           (int)mode + g->denied <= GI_MODE_WRITE;
}

static bool others_wait(const gi_gate *g)
{
    return g->proxy || g->far.first != 0;
}

/* Another node is due. */
static bool had_its_turns(const gi_gate *g)
{
    return others_wait(g) && g->turns >= GIGA_LOCK_PASSES;
}

static void admit(gi_gate *g, enum gi_mode mode, uint64_t self)
{
    if (mode == GI_MODE_WRITE)
        g->writer = self;
    else
        g->readers++;
}

static void admit_near(gi_gate *g, enum gi_mode mode, uint64_t self)
{
    if (others_wait(g))
        g->turns++;
    admit(g, mode, self);
}

/* G3. Only writers pass: a reader that did would keep the next reader's writer waiting. */
bool gi_gate_enter(gi_gate *g, enum gi_mode mode, uint64_t self)
{
    bool passes = g->near.first != 0;

    if (!gi_gate_free(g, mode) || had_its_turns(g) ||
        (passes && (mode == GI_MODE_READ || g->passes >= GIGA_LOCK_PASSES)))
        return false;
    g->passes = passes ? (uint16_t)(g->passes + 1) : 0;
    admit_near(g, mode, self);
    return true;
}

bool gi_gate_enter_far(gi_gate *g, enum gi_mode mode, uint64_t self)
{
    if (!gi_gate_free(g, mode) || g->near.first != 0 || g->far.first != 0)
        return false;
    admit(g, mode, self);
    return true;
}

bool gi_gate_enter_first(gi_lock_space *space, gi_gate *g, uint32_t cell)
{
    gi_cell *c = gi_cell_at(space, cell);

    /* A reader beside readers was not called: it only looks. */
    if (g->near.first != cell || !gi_gate_free(g, (enum gi_mode)c->mode) ||
        (g->readers > 0 && had_its_turns(g)))
        return false;
    leave_line(space, &g->near);
    g->passes = 0;
    admit_near(g, (enum gi_mode)c->mode, c->self);
    return true;
}

/* ---- who is next ---- */

void gi_errands_wake(gi_errands *e)
{
    for (int i = 0; i < e->wakes; i++)
        gi_wake(e->wake[i]);
    e->wakes = 0;
}

/* Change a cell's event, so that who waits looks again. The event stays when the cell does not:
 * waking it later may wake a later user of the cell, who looks again for nothing. */
static void tell(gi_cell *c, gi_errands *e)
{
    atomic_fetch_add(&c->event.value, 1);
    if (e->wakes == GI_WAKES)
        gi_errands_wake(e);
    e->wake[e->wakes++] = &c->event;
}

/* After this its thread may give the cell back at any time. */
static void dismiss(gi_cell *c, int32_t outcome, gi_errands *e)
{
    atomic_store_explicit(&c->outcome, outcome, memory_order_release); /* pairs with its waiter */
    tell(c, e);
}

static void hand_over(gi_lock_space *space, gi_gate *g, gi_errands *e)
{
    gi_cell *c = gi_cell_at(space, leave_line(space, &g->near));

    g->passes = 0;
    admit_near(g, (enum gi_mode)c->mode, c->self);
    dismiss(c, GI_OUTCOME_ENTERED, e);
}

static void serve_near(gi_lock_space *space, gi_gate *g, gi_errands *e)
{
    enum gi_mode mode = mode_of(space, g->near.first);

    if (mode == GI_MODE_NONE || !gi_gate_free(g, mode))
        return;
    gi_cell *first = gi_cell_at(space, g->near.first);
    if (mode == GI_MODE_READ) {
        while (mode_of(space, g->near.first) == GI_MODE_READ)
            hand_over(space, g, e);
    } else if (first->awake || g->passes >= GIGA_LOCK_PASSES) {
        hand_over(space, g, e);
    } else if (!first->called) { /* G2 */
        first->called = true;
        tell(first, e);
    }
}

static void serve_far(gi_lock_space *space, gi_gate *g, gi_errands *e)
{
    enum gi_mode mode = mode_of(space, g->far.first);

    while (g->far.first != 0 && mode_of(space, g->far.first) == mode && gi_gate_free(g, mode)) {
        uint32_t cell = leave_line(space, &g->far);
        g->turns = 0;
        admit(g, mode, gi_cell_at(space, cell)->self);
        gi_cell_at(space, cell)->next = e->granted;
        e->granted = cell;
    }
}

void gi_gate_ask(gi_lock_space *space, gi_gate *g, gi_errands *e)
{
    const gi_cell *first = gi_cell_at(space, g->near.first);

    e->ask = first->mode;
    e->trying = first->trying;
}

/* A proxy gives back what it has when nobody waits, when what the first needs is more, or when
 * this node has had its turns: as soon as nobody is inside, and till then nobody enters. */
static void serve_proxy(gi_lock_space *space, gi_gate *g, gi_errands *e)
{
    enum gi_mode mode = mode_of(space, g->near.first);

    if (mode != GI_MODE_NONE && (int)mode + g->denied <= GI_MODE_WRITE &&
        g->turns < GIGA_LOCK_PASSES) {
        serve_near(space, g, e);
        return;
    }
    if (g->writer != 0 || g->readers > 0)
        return;
    e->give = (uint8_t)(GI_MODE_WRITE - g->denied);
    g->denied = GI_MODE_WRITE;
    g->turns = 0;
    if (mode == GI_MODE_NONE)
        e->idle = true;
    else
        gi_gate_ask(space, g, e);
}

void gi_gate_serve(gi_lock_space *space, gi_gate *g, gi_errands *e)
{
    if (g->proxy) {
        serve_proxy(space, g, e);
        return;
    }
    if (g->far.first != 0 && (g->near.first == 0 || had_its_turns(g)))
        serve_far(space, g, e);
    if (had_its_turns(g))
        return; /* who is inside leaves first */
    serve_near(space, g, e);
    if (g->near.first == 0)
        serve_far(space, g, e);
}

void gi_gate_dismiss(gi_lock_space *space, gi_gate *g, int32_t outcome, bool all, gi_errands *e)
{
    do {
        dismiss(gi_cell_at(space, leave_line(space, &g->near)), outcome, e);
    } while (all && g->near.first != 0);
}
