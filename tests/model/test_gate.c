/*
 * test_gate.c - the rules of pgas/gate.c under random schedules, without a network.
 *
 * One lock, NODES nodes of THREADS threads, node 0 its home. A step lets one thread do the next
 * thing of its life, or delivers one message, of any two nodes in any order. The messages are
 * those of pgas/lock.c, told here in a few lines. Checked after every step: a writer is alone, by
 * a count kept outside the gates; who waits has not been passed more often than giga/lock.h says.
 * At the end nobody comes any more, and everybody must get in.
 *
 * test_gate [SEED [RUNS]]. Exit status 1 with a sentence for a broken rule.
 */
#include <giga/lock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../pgas/gate.h"

enum { MOST_NODES = 4, MOST_THREADS = 4, MOST_MESSAGES = 256, CELLS = 64, STEPS = 5000 };

typedef enum stage { OUTSIDE, SLEEPING, SPINNING, INSIDE } stage;

typedef struct thread {
    stage stage;
    uint32_t cell, seen;
    enum gi_mode mode;
    bool trying, due;
    uint64_t entries_before; /* of all, when it joined the line */
    int node, before;        /* who stood before it on its node */
} thread;

typedef struct message {
    int from, to; /* to 0: give and ask; else an answer */
    uint8_t give, ask;
    bool trying;
    int32_t answer; /* GI_OUTCOME_ENTERED with a mode in ask, or GI_OUTCOME_BUSY */
} message;

typedef struct node {
    gi_lock_space *space;
    gi_gate gate;
    bool exists; /* of a proxy */
} node;

static node nodes[MOST_NODES];
static thread threads[MOST_NODES * MOST_THREADS];
static message messages[MOST_MESSAGES];
static int node_count, thread_count, message_count;
static int readers, writers;
static uint64_t entries[3], random_state, longest; /* by mode */
static struct {
    uint64_t patience, writers, slowness, delay; /* one in so many steps; writers in 8 */
    uint64_t slow;                               /* a bit per thread */
} habits;

/* Whoever sleeps looks at its event in a step of its own. */
void gi_wake(gi_event *event)
{
    (void)event;
}

static uint64_t below(uint64_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random_state >> 33) % limit;
}

static void broken(const char *what)
{
    printf("broken: %s (%d nodes, %d threads, %d readers, %d writers, %d messages)\n", what,
           node_count, thread_count, readers, writers, message_count);
    exit(1);
}

static void post(message m)
{
    if (message_count == MOST_MESSAGES)
        broken("too many messages");
    messages[message_count++] = m;
}

/* What leave_door() of lock.c does. */
static void run_errands(int at, gi_errands *e)
{
    node *n = &nodes[at];

    for (uint32_t cell = e->granted; cell != 0;) {
        gi_cell *c = gi_cell_at(n->space, cell);
        uint32_t next = c->next;
        post((message){.to = c->rank, .ask = c->mode, .answer = GI_OUTCOME_ENTERED});
        gi_cell_give(n->space, cell);
        cell = next;
    }
    if (e->give != GI_MODE_NONE || e->ask != GI_MODE_NONE)
        post((message){.from = at, .give = e->give, .ask = e->ask, .trying = e->trying});
    n->exists = n->exists && !e->idle;
}

static void count_in(const thread *t)
{
    *(t->mode == GI_MODE_WRITE ? &writers : &readers) += 1;
    entries[t->mode]++;
    if (writers > 1 || (writers == 1 && readers > 0))
        broken("a writer is not alone");
}

static uint64_t name_of(const thread *t)
{
    return (uint64_t)(t - threads) + 1;
}

static int waiting_on(int at)
{
    int count = 0;

    for (int i = 0; i < thread_count; i++)
        count +=
            threads[i].node == at && (threads[i].stage == SLEEPING || threads[i].stage == SPINNING);
    return count;
}

/* Entries that delay a thread: a reader is not passed by readers. */
static uint64_t entries_past(const thread *t)
{
    return entries[GI_MODE_WRITE] + (t->mode == GI_MODE_WRITE ? entries[GI_MODE_READ] : 0);
}

static void come(thread *t)
{
    node *n = &nodes[t->node];
    gi_errands e = {.give = GI_MODE_NONE};

    t->mode = below(8) < habits.writers ? GI_MODE_WRITE : GI_MODE_READ;
    t->trying = below(20) == 0;
    if (t->node != 0 && !n->exists) {
        n->gate = (gi_gate){.proxy = 1, .denied = GI_MODE_WRITE};
        n->exists = true;
    }
    bool fresh = t->node != 0 && n->gate.near.first == 0 && n->gate.denied == GI_MODE_WRITE;
    if (gi_gate_enter(&n->gate, t->mode, name_of(t))) {
        t->stage = INSIDE;
        count_in(t);
        return;
    }
    if (t->trying && !fresh)
        return;
    t->before = waiting_on(t->node);
    t->entries_before = entries_past(t);
    t->cell = gi_cell_take(n->space, CELLS);
    if (t->cell == 0)
        broken("cells are lost");
    gi_cell *c = gi_cell_at(n->space, t->cell);
    c->mode = (uint8_t)t->mode;
    c->self = name_of(t);
    c->trying = t->trying;
    c->awake = t->trying || (n->gate.near.first == 0 && !fresh);
    c->outcome = GI_OUTCOME_WAITING;
    t->seen = c->event.value;
    t->stage = c->awake ? SPINNING : SLEEPING;
    t->due = false;
    gi_line_join(n->space, &n->gate.near, t->cell);
    if (fresh)
        gi_gate_ask(n->space, &n->gate, &e);
    run_errands(t->node, &e);
}

static void check_patience(const thread *t)
{
    uint64_t passed = entries_past(t) - t->entries_before;
    uint64_t bound =
        (uint64_t)(t->before + 2) * (uint64_t)(2 * node_count - 1) * (GIGA_LOCK_PASSES + 1);

    longest = passed > longest ? passed : longest;
    if (passed > bound)
        broken("somebody was passed too often");
}

static void end_wait(thread *t, int32_t outcome)
{
    gi_cell_give(nodes[t->node].space, t->cell);
    t->stage = outcome == GI_OUTCOME_ENTERED ? INSIDE : OUTSIDE;
    if (outcome == GI_OUTCOME_BUSY && !t->trying)
        broken("a thread that waits is told that the lock is busy");
    if (t->stage == OUTSIDE)
        return;
    if (!t->due)
        check_patience(t);
    count_in(t);
}

/* The lock is a thread's when it was handed over, not when the thread has noticed. */
static void check_handed_over(void)
{
    for (int i = 0; i < thread_count; i++) {
        thread *t = &threads[i];
        if (t->due || (t->stage != SLEEPING && t->stage != SPINNING) ||
            gi_cell_at(nodes[t->node].space, t->cell)->outcome != GI_OUTCOME_ENTERED)
            continue;
        t->due = true;
        check_patience(t);
    }
}

static void look(thread *t)
{
    node *n = &nodes[t->node];
    gi_cell *c = gi_cell_at(n->space, t->cell);

    if (c->outcome != GI_OUTCOME_WAITING) {
        end_wait(t, c->outcome);
        return;
    }
    if (t->stage == SLEEPING && c->event.value == t->seen)
        return; /* nobody has called */
    t->seen = c->event.value;
    if (gi_gate_enter_first(n->space, &n->gate, t->cell)) {
        end_wait(t, GI_OUTCOME_ENTERED);
        return;
    }
    c->called = false;
    c->awake = !c->awake && n->gate.near.first == t->cell;
    t->stage = c->awake ? SPINNING : SLEEPING;
}

static void go(thread *t)
{
    node *n = &nodes[t->node];
    gi_errands e = {.give = GI_MODE_NONE};

    t->stage = OUTSIDE;
    if (t->mode == GI_MODE_WRITE) {
        writers--;
        n->gate.writer = 0;
    } else {
        readers--;
        n->gate.readers--;
    }
    gi_gate_serve(n->space, &n->gate, &e);
    run_errands(t->node, &e);
}

static void arrive_home(const message *m)
{
    node *n = &nodes[0];
    uint64_t name = (UINT64_C(1) << 63) | (uint64_t)m->from;
    gi_errands e = {.give = GI_MODE_NONE};

    if (m->give == GI_MODE_WRITE)
        n->gate.writer = 0;
    if (m->give == GI_MODE_READ)
        n->gate.readers--;
    if (m->give != GI_MODE_NONE)
        gi_gate_serve(n->space, &n->gate, &e);
    if (m->ask != GI_MODE_NONE && gi_gate_enter_far(&n->gate, (enum gi_mode)m->ask, name)) {
        post((message){.to = m->from, .ask = m->ask, .answer = GI_OUTCOME_ENTERED});
    } else if (m->ask != GI_MODE_NONE && m->trying) {
        post((message){.to = m->from, .answer = GI_OUTCOME_BUSY});
    } else if (m->ask != GI_MODE_NONE) {
        uint32_t cell = gi_cell_take(n->space, CELLS);
        gi_cell *c = gi_cell_at(n->space, cell);
        c->mode = m->ask;
        c->self = name;
        c->rank = m->from;
        gi_line_join(n->space, &n->gate.far, cell);
    }
    run_errands(0, &e);
}

static void arrive_answer(const message *m)
{
    node *n = &nodes[m->to];
    gi_errands e = {.give = GI_MODE_NONE};

    if (!n->exists || n->gate.denied != GI_MODE_WRITE || n->gate.near.first == 0)
        broken("an answer that nobody expects");
    if (m->answer == GI_OUTCOME_ENTERED) {
        n->gate.denied = (uint8_t)(GI_MODE_WRITE - m->ask);
        gi_gate_serve(n->space, &n->gate, &e);
    } else {
        gi_gate_dismiss(n->space, &n->gate, GI_OUTCOME_BUSY, false, &e);
        if (n->gate.near.first != 0)
            gi_gate_ask(n->space, &n->gate, &e);
        else
            e.idle = true;
    }
    if (e.give != GI_MODE_NONE)
        broken("a handler gives back");
    run_errands(m->to, &e);
}

static void deliver(void)
{
    int which = (int)below((uint64_t)message_count);
    message m = messages[which];

    messages[which] = messages[--message_count];
    if (m.to == 0)
        arrive_home(&m);
    else
        arrive_answer(&m);
}

/* A thread that is slow leaves the others much time to pass it. */
static void take_step(bool nobody_comes)
{
    if (message_count > 0 && below(habits.delay) == 0) {
        deliver();
        return;
    }
    uint64_t which = below((uint64_t)thread_count);
    thread *t = &threads[which];
    if ((habits.slow >> which & 1) != 0 && below(habits.slowness) != 0)
        return;
    if (t->stage == INSIDE && below(habits.patience) == 0)
        go(t);
    else if (t->stage == OUTSIDE && !nobody_comes)
        come(t);
    else if (t->stage == SLEEPING || t->stage == SPINNING)
        look(t);
}

static void step(bool nobody_comes)
{
    take_step(nobody_comes);
    check_handed_over();
    for (int i = 0; i < node_count; i++) {
        if (nodes[i].gate.passes > GIGA_LOCK_PASSES ||
            (nodes[i].gate.turns > GIGA_LOCK_PASSES + MOST_THREADS))
            broken("a node or thread passes without end");
    }
}

static bool quiet(void)
{
    for (int i = 0; i < thread_count; i++) {
        if (threads[i].stage != OUTSIDE)
            return false;
    }
    return message_count == 0;
}

static void begin(void)
{
    node_count = 1 + (int)below(MOST_NODES);
    int per_node = 1 + (int)below(MOST_THREADS);
    thread_count = node_count * per_node;
    message_count = readers = writers = 0;
    memset(threads, 0, sizeof threads);
    for (int i = 0; i < thread_count; i++)
        threads[i].node = i / per_node;
    for (int i = 0; i < node_count; i++) {
        gi_lock_space *space = nodes[i].space;
        space->used = space->free = 0;
        memset(space->cells, 0, CELLS * sizeof *space->cells);
        nodes[i] = (node){.space = space};
    }
}

static void run(void)
{
    begin();
    habits.patience = 1 + below(4);
    habits.writers = below(9);
    habits.slowness = 1 + below(300);
    habits.delay = 2 + below(10);
    habits.slow = below(1 << 16) & below(1 << 16);
    for (int i = 0; i < STEPS; i++)
        step(false);
    for (int i = 0; i < 1000 * STEPS && !quiet(); i++)
        step(true);
    if (!quiet())
        broken("somebody waits for ever");
    const gi_gate *g = &nodes[0].gate;
    if (g->writer != 0 || g->readers != 0 || g->near.first != 0 || g->far.first != 0)
        broken("the lock is not free in the end");
    for (int i = 1; i < node_count; i++) {
        if (nodes[i].exists)
            broken("a proxy is left");
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20240229;
    uint64_t runs = argc > 2 ? strtoull(argv[2], NULL, 0) : 2000;
    size_t bytes = sizeof(gi_lock_space) + CELLS * sizeof(gi_cell);

    random_state = seed;
    for (int i = 0; i < MOST_NODES; i++) {
        nodes[i].space = aligned_alloc(128, bytes);
        if (!nodes[i].space)
            return 2;
        memset(nodes[i].space, 0, bytes);
    }
    for (uint64_t i = 0; i < runs; i++)
        run();
    printf("%llu runs, %llu entries, at most %llu passed one that waited; seed %llu\n",
           (unsigned long long)runs,
           (unsigned long long)(entries[GI_MODE_READ] + entries[GI_MODE_WRITE]),
           (unsigned long long)longest, (unsigned long long)seed);
    for (int i = 0; i < MOST_NODES; i++)
        free(nodes[i].space);
    return 0;
}
