/*
 * lock.c - the calls of giga/lock.h, and what nodes tell each other about locks.
 *
 * The rules of the queue are gate.c's. Here a lock's gate is found, in its own bytes or in a
 * proxy; threads wait; and what a gate leaves as errands is done.
 *
 * A node that wants a lock of another node asks the home (ASK), which answers when it grants
 * that; from then on the node serves its own threads, until it gives the lock back (GIVE).
 * Giving back is a request that giga_quiet() completes, so after a barrier no message about a
 * lock is under way, and its memory may be freed.
 *
 * Threads: any. No guard is held while sending or waiting, and no handler waits for more than
 * a guard.
 *
 * Deliberately not here: keeping a lock of another node after its last release, for the next
 * time; that would need a way for the home to take it back.
 */
#include "lock.h"

#include <giga/lock.h>
#include <unistd.h>

#include "gate.h"
#include "home.h"
#include "node.h"
#include "request.h"
#include "stats.h"

#define TRYING UINT64_C(16)         /* beside the mode that is asked for */
#define OF_NODE (UINT64_C(1) << 63) /* a writer that is a node, not a thread */

enum { SPINS = 100 }; /* 1 to 4 us: several short critical sections, a tenth of a wake-up */

/* A gate with its guard shut. */
typedef struct door {
    gi_job *job;
    gi_lock_space *space;
    gi_gate *gate;
    gi_guard *guard;
    uint32_t proxy; /* 0 where the lock is at home */
    int32_t home;
    uint64_t offset;
} door;

/* ---- doors ---- */

static uint64_t this_thread(const gi_job *job)
{
    static _Thread_local uint32_t number;

    if (number == 0)
        number = (uint32_t)gettid();
    return (uint64_t)(job->rank + 1) << 32 | number;
}

static gi_bucket *bucket_of(gi_lock_space *space, uint64_t offset)
{
    _Static_assert(GI_LOCK_BUCKETS == 1 << 9, "the shift below");
    return &space->buckets[(offset / 8 * UINT64_C(0x9e3779b97f4a7c15)) >> 55];
}

static uint32_t find_proxy(gi_lock_space *space, const gi_bucket *bucket, uint64_t offset)
{
    uint32_t cell = bucket->first;

    while (cell != 0 && gi_cell_at(space, cell)->offset != offset)
        cell = gi_cell_at(space, cell)->next;
    return cell;
}

static uint32_t most_cells(const gi_job *job)
{
    return gi_lock_cells(gi_node_size(job->node), job->size);
}

static uint32_t make_proxy(door *d, gi_bucket *bucket)
{
    uint32_t cell = gi_cell_take(d->space, most_cells(d->job));

    if (cell != 0) {
        gi_cell *c = gi_cell_at(d->space, cell);
        c->offset = d->offset;
        c->rank = d->home;
        c->gate.proxy = 1;
        c->gate.denied = GI_MODE_WRITE;
        c->next = bucket->first;
        bucket->first = cell;
    }
    return cell;
}

/* Of a proxy that is idle. */
static void drop_proxy(door *d)
{
    uint32_t *at = &bucket_of(d->space, d->offset)->first;

    while (*at != d->proxy)
        at = &gi_cell_at(d->space, *at)->next;
    *at = gi_cell_at(d->space, d->proxy)->next;
    gi_cell_give(d->space, d->proxy);
}

/* Shut the guard of a lock of another node. Returns whether there is a proxy. */
static bool open_proxy(door *d, bool make)
{
    gi_bucket *bucket = bucket_of(d->space, d->offset);

    d->guard = &bucket->guard;
    gi_guard_shut(d->guard);
    d->proxy = find_proxy(d->space, bucket, d->offset);
    if (d->proxy == 0 && make)
        d->proxy = make_proxy(d, bucket);
    if (d->proxy == 0)
        gi_guard_open(d->guard);
    else
        d->gate = &gi_cell_at(d->space, d->proxy)->gate;
    return d->proxy != 0;
}

static giga_status no_lock(const char *function, const void *lock)
{
    return giga_fail(GIGA_ERR_ARG,
                     "%s: rank %d: the bytes at %p are no lock: an unused one is zero", function,
                     gi_the_job.rank, lock);
}

static giga_status find_far(const char *function, const void *lock, bool make, door *d)
{
    gi_place place;
    giga_status status = gi_object_place(d->job, function, lock, sizeof(giga_lock), &place);

    if (status != GIGA_OK)
        return status;
    if (place.near || place.left < sizeof(giga_lock))
        return giga_fail(GIGA_ERR_RANGE, "%s: rank %d: the lock at %p leaves its block", function,
                         d->job->rank, lock);
    d->home = place.home;
    if (open_proxy(d, make))
        return GIGA_OK;
    return make ? giga_fail(GIGA_ERR_MEMORY,
                            "%s: rank %d: this node holds or awaits too many locks "
                            "of other nodes",
                            function, d->job->rank)
                : giga_fail(GIGA_ERR_STATE, "%s: rank %d: the lock at %p is not held here",
                            function, d->job->rank, lock);
}

/* Shut the guard of a lock. `make`: it may be one that this node knows nothing of. */
static giga_status enter_door(const char *function, void *lock, bool make, door *d)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check(function);

    if (status != GIGA_OK)
        return status;
    if ((uintptr_t)lock % 8 != 0)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: address %p is not aligned to 8 bytes",
                         function, job->rank, lock);
    *d = (door){.job = job,
                .space = gi_node_locks(job->node),
                .gate = lock,
                .offset = (uint64_t)(uintptr_t)lock - job->window_base};
    if (!gi_object_near(job, d->offset, sizeof(giga_lock)))
        return find_far(function, lock, make, d);
    d->guard = &d->gate->guard;
    return gi_guard_shut(d->guard) ? GIGA_OK : no_lock(function, lock);
}

/* ---- errands ---- */

/* To the rank that asked; under the lock of the network. */
static void send_answer(const door *d, int32_t to, uint64_t mode, giga_status status)
{
    gi_message message = {.kind = GI_KIND_LOCK_ANSWER,
                          .offset = d->offset,
                          .a = mode,
                          .b = (uint64_t)(int64_t)status};

    if (gi_net_send(d->job->net, to, &message, NULL, 0) != GIGA_OK)
        gi_remote_fail(d->job, giga_error());
}

static void send_grants(const door *d, uint32_t cell)
{
    while (cell != 0) {
        gi_cell *c = gi_cell_at(d->space, cell);
        uint32_t next = c->next;
        send_answer(d, c->rank, c->mode, GIGA_OK);
        gi_cell_give(d->space, cell);
        cell = next;
    }
}

/* To the home; what is given back is waited for by giga_quiet(). Under the lock of the network;
 * a handler gives nothing back. */
static void send_home(const door *d, const gi_errands *e)
{
    gi_message message = {.kind = GI_KIND_LOCK,
                          .offset = d->offset,
                          .a = e->give,
                          .b = e->ask | (e->trying ? TRYING : 0)};

    if (e->give != GI_MODE_NONE) {
        gi_request *q = gi_request_open(d->job, true);
        gi_request_send(d->job, q, d->home, &message, NULL, 0);
        gi_request_close(d->job, q);
    } else if (gi_net_send(d->job->net, d->home, &message, NULL, 0) != GIGA_OK) {
        gi_remote_fail(d->job, giga_error());
    }
}

static void send_errands(const door *d, const gi_errands *e)
{
    send_grants(d, e->granted);
    if (e->give != GI_MODE_NONE || e->ask != GI_MODE_NONE)
        send_home(d, e);
}

/* Open the guard and do what is left to do; not under the lock of the network. */
static void leave_door(door *d, gi_errands *e)
{
    if (e->idle)
        drop_proxy(d);
    gi_guard_open(d->guard);
    gi_errands_wake(e);
    if (e->granted != 0 || e->give != GI_MODE_NONE || e->ask != GI_MODE_NONE) {
        gi_net_enter(d->job);
        send_errands(d, e);
        gi_net_leave(d->job);
    }
}

/* ---- waiting ---- */

static bool told(gi_cell *c)
{
    /* acquire: pairs with dismiss() of gate.c */
    return atomic_load_explicit(&c->outcome, memory_order_acquire) != GI_OUTCOME_WAITING;
}

/* Spin while `awake`, so that the lock is handed over at once; else sleep until called. */
static void wait_for_call(door *d, gi_cell *c, uint32_t seen)
{
    if (!c->awake) { /* only this thread changes it */
        gi_wait_while(d->job, &c->event, seen);
        return;
    }
    for (int i = 0; i < SPINS && !told(c); i++)
        gi_relax();
}

/* Called, or tired of spinning: enter if the lock is free, else spin and sleep by turns. */
static void look_again(door *d, uint32_t cell)
{
    gi_cell *c = gi_cell_at(d->space, cell);

    gi_guard_shut(d->guard);
    if (told(c)) {
        /* meanwhile; a proxy may be gone already */
    } else if (gi_gate_enter_first(d->space, d->gate, cell)) {
        atomic_store_explicit(&c->outcome, GI_OUTCOME_ENTERED, memory_order_relaxed);
    } else {
        c->called = false;
        c->awake = !c->awake && d->gate->near.first == cell;
    }
    gi_guard_open(d->guard);
}

/* Stand in line until told; the guard is shut when this begins, and open afterwards. */
static int32_t stand(door *d, uint32_t cell, gi_errands *e)
{
    gi_cell *c = gi_cell_at(d->space, cell);
    uint32_t seen = atomic_load(&c->event.value);

    leave_door(d, e);
    while (!told(c)) {
        wait_for_call(d, c, seen);
        seen = atomic_load(&c->event.value); /* before looking: what changes later ends a sleep */
        if (!told(c))
            look_again(d, cell);
    }
    int32_t outcome = atomic_load_explicit(&c->outcome, memory_order_relaxed);
    gi_cell_give(d->space, cell);
    return outcome;
}

static giga_status wait_in_line(door *d, enum gi_mode mode, bool trying, int32_t *outcome_out)
{
    gi_gate *g = d->gate;
    bool first = g->near.first == 0;
    uint32_t cell = gi_cell_take(d->space, most_cells(d->job));
    /* A proxy that allows nothing to an empty line was made by this very call. */
    bool made = d->proxy != 0 && first && g->denied == GI_MODE_WRITE;
    gi_errands e = {.idle = made && cell == 0};

    if (cell == 0) {
        leave_door(d, &e);
        return GIGA_ERR_MEMORY;
    }
    gi_cell *c = gi_cell_at(d->space, cell);
    c->mode = (uint8_t)mode;
    c->self = this_thread(d->job);
    c->trying = trying;
    c->awake = trying || (first && !made);
    atomic_store_explicit(&c->outcome, GI_OUTCOME_WAITING, memory_order_relaxed);
    gi_line_join(d->space, &g->near, cell);
    if (made)
        gi_gate_ask(d->space, g, &e);
    *outcome_out = stand(d, cell, &e);
    return GIGA_OK;
}

/* ---- the calls ---- */

static giga_status held_already(door *d, const char *function, const void *lock)
{
    gi_guard_open(d->guard);
    return giga_fail(GIGA_ERR_STATE, "%s: rank %d: this thread holds the lock at %p already",
                     function, d->job->rank, lock);
}

static giga_status failed_in_line(const char *function, const void *lock, int32_t outcome)
{
    if (outcome == GIGA_ERR_MEMORY)
        return giga_fail(GIGA_ERR_MEMORY,
                         "%s: rank %d: too many wait for locks of this node or of "
                         "the home's",
                         function, gi_the_job.rank);
    if (outcome == GIGA_ERR_ARG)
        return no_lock(function, lock);
    return giga_fail((giga_status)outcome,
                     "%s: rank %d: the home refused the lock at %p: it leaves "
                     "its block",
                     function, gi_the_job.rank, lock);
}

/* `taken_out` is NULL for who waits. */
static giga_status acquire(const char *function, void *lock, enum gi_mode mode, bool *taken_out)
{
    int32_t outcome = GI_OUTCOME_ENTERED;
    door d;

    if (taken_out)
        *taken_out = false;
    giga_status status = enter_door(function, lock, true, &d);
    if (status != GIGA_OK)
        return status;
    uint64_t self = this_thread(d.job);
    if (d.gate->writer == self)
        return held_already(&d, function, lock);
    bool fresh = d.proxy != 0 && d.gate->near.first == 0 && d.gate->denied == GI_MODE_WRITE;
    if (gi_gate_enter(d.gate, mode, self)) {
        gi_guard_open(d.guard);
    } else if (taken_out && !fresh) {
        gi_guard_open(d.guard);
        return GIGA_OK;
    } else {
        gi_call call; /* what need not wait is not counted: it costs less than a look at the clock */
        gi_call_begin(&call, GIGA_STATS_LOCK, function);
        status = wait_in_line(&d, mode, taken_out != NULL, &outcome);
        gi_call_end(&call);
        if (status != GIGA_OK || outcome < 0)
            return failed_in_line(function, lock, status != GIGA_OK ? (int32_t)status : outcome);
    }
    if (taken_out)
        *taken_out = outcome == GI_OUTCOME_ENTERED;
    return GIGA_OK;
}

static giga_status not_held(door *d, const char *function, const void *lock, bool by_readers)
{
    bool held = d->gate->writer != 0 || d->gate->readers > 0;

    gi_guard_open(d->guard);
    return giga_fail(GIGA_ERR_STATE, "%s: rank %d: the lock at %p is %s", function, d->job->rank,
                     lock,
                     !held        ? "not held"
                     : by_readers ? "held by a writer"
                                  : "not held by this thread to write");
}

static giga_status release(const char *function, void *lock, enum gi_mode mode)
{
    gi_errands e = {.give = GI_MODE_NONE};
    door d;

    giga_fence(); /* completes, near additions too, and keeps what failed for giga_quiet() */
    giga_status status = enter_door(function, lock, false, &d);
    if (status != GIGA_OK)
        return status;
    bool writes = mode == GI_MODE_WRITE;
    if (writes ? d.gate->writer != this_thread(d.job) : d.gate->readers == 0)
        return not_held(&d, function, lock, !writes);
    if (writes)
        d.gate->writer = 0;
    else
        d.gate->readers--;
    gi_gate_serve(d.space, d.gate, &e);
    leave_door(&d, &e);
    return GIGA_OK;
}

giga_status giga_lock_acquire(giga_lock *lock)
{
    return acquire("giga_lock_acquire", lock, GI_MODE_WRITE, NULL);
}

giga_status giga_lock_try(giga_lock *lock, bool *taken_out)
{
    return acquire("giga_lock_try", lock, GI_MODE_WRITE, taken_out);
}

giga_status giga_lock_release(giga_lock *lock)
{
    return release("giga_lock_release", lock, GI_MODE_WRITE);
}

giga_status giga_rwlock_acquire_read(giga_rwlock *lock)
{
    return acquire("giga_rwlock_acquire_read", lock, GI_MODE_READ, NULL);
}

giga_status giga_rwlock_acquire_write(giga_rwlock *lock)
{
    return acquire("giga_rwlock_acquire_write", lock, GI_MODE_WRITE, NULL);
}

giga_status giga_rwlock_try_read(giga_rwlock *lock, bool *taken_out)
{
    return acquire("giga_rwlock_try_read", lock, GI_MODE_READ, taken_out);
}

giga_status giga_rwlock_try_write(giga_rwlock *lock, bool *taken_out)
{
    return acquire("giga_rwlock_try_write", lock, GI_MODE_WRITE, taken_out);
}

giga_status giga_rwlock_release_read(giga_rwlock *lock)
{
    return release("giga_rwlock_release_read", lock, GI_MODE_READ);
}

giga_status giga_rwlock_release_write(giga_rwlock *lock)
{
    return release("giga_rwlock_release_write", lock, GI_MODE_WRITE);
}

/* ---- at the home ---- */

static void take_back(door *d, uint64_t node, uint64_t mode, gi_errands *e)
{
    gi_gate *g = d->gate;

    if (mode == GI_MODE_WRITE && g->writer == node)
        g->writer = 0;
    else if (mode == GI_MODE_READ && g->readers > 0)
        g->readers--;
    gi_gate_serve(d->space, g, e);
}

/* Grant it, or put the node in line. Returns what to answer now; WAITING is no answer. */
static int32_t take_ask(door *d, uint64_t node, int32_t from, enum gi_mode mode, bool trying)
{
    if (gi_gate_enter_far(d->gate, mode, node))
        return GI_OUTCOME_ENTERED;
    if (trying)
        return GI_OUTCOME_BUSY;
    uint32_t cell = gi_cell_take(d->space, most_cells(d->job));
    if (cell == 0)
        return GIGA_ERR_MEMORY;
    gi_cell *c = gi_cell_at(d->space, cell);
    c->mode = (uint8_t)mode;
    c->self = node;
    c->rank = from;
    gi_line_join(d->space, &d->gate->far, cell);
    return GI_OUTCOME_WAITING;
}

static giga_status home_door(gi_job *job, const gi_message *m, door *d)
{
    giga_status status = GIGA_ERR_ARG;
    gi_gate *gate =
        m->offset % 8 == 0 ? gi_home_bytes(job, m->offset, sizeof(giga_lock), &status) : NULL;

    *d = (door){.job = job, .space = gi_node_locks(job->node), .gate = gate, .offset = m->offset};
    if (!gate)
        return status;
    d->guard = &gate->guard;
    return gi_guard_shut(d->guard) ? GIGA_OK : GIGA_ERR_ARG;
}

void gi_lock_home(gi_job *job, const gi_message *m)
{
    uint64_t node = OF_NODE | (uint64_t)gi_node_peer(job, m->from)->node;
    uint64_t ask = m->b & ~TRYING;
    int32_t outcome = GI_OUTCOME_WAITING;
    gi_errands e = {.give = GI_MODE_NONE};
    door d;

    giga_status status = home_door(job, m, &d);
    if (status == GIGA_OK) {
        if (m->a != GI_MODE_NONE)
            take_back(&d, node, m->a, &e);
        if (ask == GI_MODE_READ || ask == GI_MODE_WRITE)
            outcome = take_ask(&d, node, m->from, (enum gi_mode)ask, (m->b & TRYING) != 0);
        gi_guard_open(d.guard);
        gi_errands_wake(&e);
        send_errands(&d, &e);
    } else {
        outcome = status;
    }
    if (m->a != GI_MODE_NONE)
        gi_home_answer(job, m, GI_KIND_DONE, status, 0, NULL, 0);
    if (ask != GI_MODE_NONE && outcome != GI_OUTCOME_WAITING)
        send_answer(&d, m->from, outcome == GI_OUTCOME_ENTERED ? ask : GI_MODE_NONE,
                    outcome < 0 ? (giga_status)outcome : GIGA_OK);
}

/* ---- at the node that asked ---- */

/* Refused: the first alone was only trying, and the home is asked for the next; or, with a
 * failure, all that wait. */
static void take_refusal(door *d, giga_status status, gi_errands *e)
{
    bool failed = status != GIGA_OK;

    gi_gate_dismiss(d->space, d->gate, failed ? (int32_t)status : GI_OUTCOME_BUSY, failed, e);
    if (d->gate->near.first != 0)
        gi_gate_ask(d->space, d->gate, e);
    else
        e->idle = true;
}

void gi_lock_answer(gi_job *job, const gi_message *m)
{
    door d = {.job = job, .space = gi_node_locks(job->node), .offset = m->offset};
    gi_errands e = {.give = GI_MODE_NONE};

    if (!open_proxy(&d, false))
        return;
    d.home = gi_cell_at(d.space, d.proxy)->rank;
    if (d.gate->denied == GI_MODE_WRITE && d.gate->near.first != 0) { /* it did ask */
        if (m->a == GI_MODE_READ || m->a == GI_MODE_WRITE) {
            d.gate->denied = (uint8_t)(GI_MODE_WRITE - m->a);
            gi_gate_serve(d.space, d.gate, &e);
        } else {
            take_refusal(&d, (giga_status)(int64_t)m->b, &e);
        }
    }
    if (e.idle)
        drop_proxy(&d);
    gi_guard_open(d.guard);
    gi_errands_wake(&e);
    send_errands(&d, &e);
}
