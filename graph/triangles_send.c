/*
 * triangles_send.c - the triangles whose u is on one node and whose v, no hub, is on another; and
 * tallies on their way to their vertices.
 *
 * u's list goes to the node of v, once for all v it has there, in a message of whole cells; there it
 * is marked as if it were the node's own. Why u's list and not v's: graph/DESIGN.md.
 *
 * Invariants:
 *   T4  all ranks exchange round after round until none has work
 *   T5  a round ends when ROUND_BYTES are waiting, also between two messages of one u
 *
 * Memory per rank: ROUND_BYTES and one message to send, and what comes.
 */
#include <stdlib.h>
#include <string.h>

#include "triangles_meet.h"

enum {
    CHUNK = 128,                /* vertices drawn at a time */
    ROUND_BYTES = 1 << 22,      /* to send per rank and round */
    CELL = 32,                  /* bytes: a record of the exchange */
};

/* A vertex v of u's list that another node has. */
typedef struct target {
    int32_t node;
    uint64_t index;
    uint64_t place;             /* in the rest of the list */
} target;

typedef struct sender {
    gr_counting *c;
    gr_exchange exchange;
    gr_work work;
    uint64_t at, last;          /* the chunk that is under way */
    target *targets;            /* of the vertex before `at` */
    uint64_t count, room;
    uint64_t next;              /* the first target that is still to be sent to */
} sender;

/* The head of a message; a bit for each of the rest follows, set where it is a v; then hubs, then
 * the rest, each in whole 8 bytes. */
typedef struct head {
    uint64_t number;
    uint32_t cells;
    uint32_t hubs, rest;        /* O(sqrt(arcs)) */
    uint32_t unused;
} head;

static giga_status out_of_memory(void)
{
    return giga_fail(GIGA_ERR_MEMORY, "giga_triangles: rank %d: out of memory for messages",
                     giga_rank());
}

/* ---- messages ---- */

static uint64_t eights(uint64_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

static uint64_t cells_of(const head *h, uint64_t end_bytes)
{
    uint64_t bytes = sizeof *h + gr_words(h->rest) * 8 + eights(h->hubs * UINT64_C(2)) +
                     eights(h->rest * end_bytes);

    return (bytes + CELL - 1) / CELL;
}

/* Room for a message as consecutive cells for one rank. */
static char *add_cells(gr_exchange *x, int32_t to, uint64_t cells)
{
    uint64_t first = x->count;

    for (uint64_t i = 0; i < cells; i++) {
        char *cell = gr_exchange_add(x, to);
        if (!cell)
            return NULL;
        memset(cell, 0, CELL);
    }
    return x->records + first * CELL;
}

/* u's list to the node of targets [first, last). If numbers are the order, what comes behind the
 * last target can be no w of any (T1). */
static giga_status send_list(sender *s, const gr_list *u, const target *first, const target *last)
{
    const gr_counting *c = s->c;
    uint64_t end_bytes = c->forward.wide ? 8 : 4;
    uint64_t rest = c->forward.by_number ? last[-1].place + 1 : u->rest_count;
    head h = {.number = u->number, .hubs = (uint32_t)u->hub_count, .rest = (uint32_t)rest};

    if (u->hub_count + rest < 2)
        return GIGA_OK;
    h.cells = (uint32_t)cells_of(&h, end_bytes);
    char *to = add_cells(&s->exchange, gr_owner(c->graph, first->index), h.cells);
    if (!to)
        return out_of_memory();
    memcpy(to, &h, sizeof h);
    uint64_t *marks = (uint64_t *)(void *)(to + sizeof h);
    for (const target *t = first; t < last; t++)
        marks[t->place / 64] |= UINT64_C(1) << t->place % 64;
    char *hubs = (char *)(marks + gr_words(rest));
    if (h.hubs > 0)
        memcpy(hubs, u->hubs, u->hub_count * 2);
    memcpy(hubs + eights(u->hub_count * 2), u->rest, rest * end_bytes);
    return GIGA_OK;
}

/* ---- what is sent ---- */

static giga_status note_target(sender *s, uint64_t number, uint64_t place)
{
    const giga_graph *graph = s->c->graph;

    if (s->count == s->room) {
        uint64_t room = s->room ? 2 * s->room : 256;
        target *targets = realloc(s->targets, room * sizeof *targets);
        if (!targets)
            return out_of_memory();
        s->targets = targets;
        s->room = room;
    }
    uint64_t index = gr_index(graph, number);
    s->targets[s->count++] = (target){gr_node_of_vertex(graph, index), index, place};
    return GIGA_OK;
}

static int by_node(const void *left, const void *right)
{
    const target *a = left, *b = right;

    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* The next vertex: which v of its list other nodes have. */
GR_BY_KIND giga_status note_targets(sender *s, gr_kind k)
{
    gr_list u = gr_list_of(s->c, k, s->at++);
    giga_status status = GIGA_OK;
    uint64_t local;

    if (u.hub_count + u.rest_count < 2)
        return GIGA_OK;
    for (uint64_t i = 0; i < u.rest_count && status == GIGA_OK; i++) {
        uint64_t number = gr_number_of(k, gr_rest_at(&u, k, i));
        if (!gr_local(s->c->graph, number, &local))
            status = note_target(s, number, i);
    }
    if (s->count > 1)
        qsort(s->targets, s->count, sizeof *s->targets, by_node);
    return status;
}

static giga_status run_note(sender *s)
{
    return GR_CALL_KIND(s->c, note_targets, s);
}

static bool is_full(const sender *s)
{
    return s->exchange.count >= ROUND_BYTES / CELL;
}

/* Send what the last vertex has noted, as far as the round has room. T5. */
static giga_status send_noted(sender *s)
{
    giga_status status = GIGA_OK;

    while (s->next < s->count && !is_full(s) && status == GIGA_OK) {
        gr_list u = gr_list_of(s->c, (gr_kind){.wide = s->c->forward.wide}, s->at - 1);
        uint64_t first = s->next;
        while (s->next < s->count && s->targets[s->next].node == s->targets[first].node)
            s->next++;
        status = send_list(s, &u, s->targets + first, s->targets + s->next);
    }
    if (s->next == s->count)
        s->next = s->count = 0;
    return status;
}

/* Until the work is gone or the round is full; *more is false when it is gone. */
static giga_status fill_round(sender *s, bool *more)
{
    giga_status status = send_noted(s);

    while (status == GIGA_OK && !is_full(s)) {
        if (s->at == s->last && !gr_work_draw(&s->work, &s->at, &s->last)) {
            s->at = s->last = 0;
            *more = false;
            return GIGA_OK;
        }
        status = run_note(s);
        if (status == GIGA_OK)
            status = send_noted(s);
    }
    return status;
}

/* ---- what comes ---- */

GR_BY_KIND uint64_t meet_marked(gr_counting *c, const gr_list *u, uint64_t place, gr_kind k)
{
    uint64_t end = gr_rest_at(u, k, place), local;

    if (!gr_local(c->graph, gr_number_of(k, end), &local))
        return 0; /* cannot be: it was sent here for this v */
    gr_list v = gr_list_of(c, k, local);
    gr_found f = gr_meet(c, k, u, &v, gr_weight_of(k, end));
    c->total += f.count;
    gr_add_tally(c, k, v.number, f.v);
    return f.u;
}

GR_BY_KIND giga_status meet_received(gr_counting *c, const head *h, gr_kind k)
{
    const uint64_t *marks = (const uint64_t *)(h + 1);
    const char *hubs = (const char *)(marks + gr_words(h->rest));
    gr_list u = {h->number, (const uint16_t *)(const void *)hubs,
                 hubs + eights(h->hubs * UINT64_C(2)), h->hubs, h->rest};
    giga_status status = gr_mark_rest(c, k, &u);
    uint64_t all = 0;

    if (status != GIGA_OK)
        return status;
    gr_mark_hubs(c, k, &u);
    for (uint64_t w = 0; w < gr_words(u.rest_count); w++) {
        for (uint64_t bits = marks[w]; bits; bits &= bits - 1)
            all += meet_marked(c, &u, 64 * w + (uint64_t)__builtin_ctzll(bits), k);
    }
    gr_unmark_rest(c, k, &u);
    gr_unmark_hubs(c, k, &u);
    gr_add_tally(c, k, u.number, all);
    return GIGA_OK;
}

static giga_status run_received(gr_counting *c, const head *h)
{
    return GR_CALL_KIND(c, meet_received, c, h);
}

static giga_status take_received(sender *s)
{
    const gr_exchange *x = &s->exchange;
    giga_status status = GIGA_OK;

    for (uint64_t at = 0; at < x->received_count && status == GIGA_OK;) {
        const head *h = (const head *)(const void *)(x->received + at * CELL);
        status = run_received(s->c, h);
        at += h->cells;
    }
    return status;
}

/* ---- rounds ---- */

static giga_status run_round(sender *s, bool *mine)
{
    gr_account *account = &s->c->graph->account;
    uint64_t bytes = s->exchange.bytes_sent, arcs = s->c->arcs;
    giga_status status = *mine ? fill_round(s, mine) : GIGA_OK;

    gr_account_wait(account);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_exchange_run(&s->exchange);
    gr_account_work(account);
    if (status == GIGA_OK)
        status = take_received(s);
    gr_account_wait(account);
    status = giga_agree(status);
    gr_account_step(account, "far", 0, s->c->arcs - arcs, s->exchange.bytes_sent - bytes,
                    (uint64_t)giga_size());
    return status;
}

/* T4 */
giga_status gr_count_far(gr_counting *c)
{
    sender s = {.c = c,
                .work = gr_work_begin(c->graph, c->graph->last - c->graph->first, CHUNK)};
    bool mine = true;
    giga_status status = giga_agree(gr_exchange_init(&s.exchange, CELL));

    for (uint64_t more = 1; status == GIGA_OK && more; c->rounds++) {
        status = run_round(&s, &mine);
        more = giga_allreduce_max((uint64_t)mine);
    }
    c->bytes += s.exchange.bytes_sent;
    gr_exchange_free(&s.exchange);
    free(s.targets);
    return status;
}

/* ---- tallies ---- */

typedef struct share {
    uint64_t local, value;
} share;

typedef struct tally_sender {
    gr_counting *c;
    gr_exchange exchange;
    gr_work work;
    uint64_t at, last;          /* the chunk of numbers that is under way */
    uint64_t *own;              /* by local index */
} tally_sender;

static giga_status send_tally(tally_sender *s, uint64_t number)
{
    const giga_graph *graph = s->c->graph;
    uint64_t local, value = s->c->tally[number];

    if (value == 0)
        return GIGA_OK;
    if (gr_local(graph, number, &local)) {
        __atomic_fetch_add(&s->own[local], value, __ATOMIC_RELAXED);
        return GIGA_OK;
    }
    uint64_t index = gr_index(graph, number);
    share *to = gr_exchange_add(&s->exchange, gr_owner(graph, index));
    if (!to)
        return out_of_memory();
    *to = (share){index - graph->starts[gr_node_of_vertex(graph, index)], value};
    return GIGA_OK;
}

static giga_status fill_tallies(tally_sender *s, bool *more)
{
    giga_status status = GIGA_OK;

    while (status == GIGA_OK && s->exchange.count < ROUND_BYTES / sizeof(share)) {
        if (s->at == s->last && !gr_work_draw(&s->work, &s->at, &s->last)) {
            s->at = s->last = 0;
            *more = false;
            break;
        }
        status = send_tally(s, s->at++);
    }
    return status;
}

static giga_status send_round(tally_sender *s, bool *mine)
{
    giga_status status = giga_agree(*mine ? fill_tallies(s, mine) : GIGA_OK);

    if (status == GIGA_OK)
        status = gr_exchange_run(&s->exchange);
    const share *got = (const share *)(const void *)s->exchange.received;
    for (uint64_t i = 0; i < s->exchange.received_count && status == GIGA_OK; i++)
        __atomic_fetch_add(&s->own[got[i].local], got[i].value, __ATOMIC_RELAXED);
    return status;
}

giga_status gr_send_tallies(gr_counting *c, uint64_t *own)
{
    tally_sender s = {.c = c, .own = own, .work = gr_work_begin(c->graph, c->graph->n, CHUNK)};
    bool mine = true;
    giga_status status = giga_agree(gr_exchange_init(&s.exchange, sizeof(share)));

    for (uint64_t more = 1; status == GIGA_OK && more;) {
        status = send_round(&s, &mine);
        more = giga_allreduce_max((uint64_t)mine);
    }
    gr_account_step(&c->graph->account, "tallies", 0, 0, s.exchange.bytes_sent,
                    (uint64_t)giga_size());
    c->bytes += s.exchange.bytes_sent;
    gr_exchange_free(&s.exchange);
    return status == GIGA_OK ? giga_barrier() : status;
}
