/*
 * aggregate.c - see aggregate.h, which states the invariants A1 to A4.
 *
 * A batch's body: heads from the front, operands from the middle, or earlier when they are long;
 * moved together when it is sent. Batches are as large as their share of GIGA_AGGREGATE allows with one open and one
 * under way per node, at most BATCH_MAX.
 *
 * Not here: routing over several nodes. With very many nodes batches get small, and the
 * variable is the remedy.
 */
#include "aggregate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "bias.h"
#include "call.h"
#include "node.h"
#include "progress.h"
#include "request.h"
#include "stats.h"

enum {
    BATCH_MAX = 64 << 10,   /* heads and operands: of 8 to 128 KiB the best for updates over TCP */
    BATCH_MIN = 4 << 10,    /* one operation of GIGA_COPY_MAX bytes always fits */
    BATCHES_MIN = 8,
    PIECE = 256,            /* bytes of a first put from which a batch is one of pieces */
    POLLS = 4,              /* looks at the network after each batch: answers free batches */
};

typedef struct batch {
    struct batch *next_free;
    uint64_t *heads;          /* the operands behind them */
    char *operands;
    void **into;              /* where the k-th value fetched goes */
    gi_request *request;      /* NULL: deferred, counted in `turn` */
    uint64_t word;            /* the first operand; `same` while all equal it */
    uint32_t count, operand_bytes, fetched, answer_bytes;
    uint32_t heads_most, operands_most; /* how the body is divided */
    uint32_t place;           /* among the open ones of its context */
    int32_t id, node, to;
    uint64_t stamp;           /* which opening this was, of all of this rank */
    uint8_t turn;
    bool same;
} batch;

typedef struct destination {
    batch *open;
    int32_t to;               /* the rank that executes this rank's batches there, plus 1 */
} destination;

struct gi_context {
    gi_bias bias;             /* its lock: the thread's own, but for who sends in its stead */
    _Atomic bool owned;       /* by a live thread; else the next new thread takes it */
    gi_context *next;
    gi_request *request;      /* of a gather; NULL: operations are deferred */
    destination *destinations; /* by node */
    batch *route;             /* NULL, or the open batch of the last quick addition, which went to */
    uint64_t route_first, route_bytes; /* this part of the window, of one block */
    batch **open;
    _Atomic uint32_t count;   /* of open; others look at it before they stop the owner */
};

struct gi_aggregate {
    batch **batches;          /* by id; made on first use */
    batch *free;
    int32_t made, most;
    uint32_t capacity;        /* bytes of heads and operands of one */
    _Atomic uint32_t open;    /* batches open in any context */
    _Atomic uint64_t openings; /* counted under the lock of the network */
    uint64_t looked;          /* openings when the progress thread last looked */
    _Atomic(gi_context *) contexts;
    gi_context *gathers;      /* unused ones of calls */
    pthread_mutex_t lock;     /* of the two lists */
    pthread_mutex_t stopping; /* who stops the owner of a context */
    pthread_key_t exit;
    uint64_t epoch;           /* of the job: giga may start again in this process */
};

static uint64_t epochs;
static _Thread_local gi_context *mine;
static _Thread_local uint64_t mine_epoch;

/* ---- contexts ---- */

static inline void lock(gi_context *c)
{
    gi_bias_enter(&c->bias);
}

static inline void unlock(gi_context *c)
{
    gi_bias_leave(&c->bias);
}

static void leave_context(void *context)
{
    mine = NULL; /* an operation in a later destructor takes one again */
    atomic_store(&((gi_context *)context)->owned, false); /* its batches are sent when old */
}

giga_status gi_aggregate_start(gi_job *job)
{
    uint64_t bytes = job->env.aggregate.number, nodes = (uint64_t)gi_node_count(job->node);
    gi_aggregate *g = calloc(1, sizeof *g);

    if (!g)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    uint64_t share = bytes / (2 * nodes);
    /* Each costs half as much again for the places of what it fetches. */
    share = share / 3 * 2 / 64 * 64;
    g->capacity = (uint32_t)(share > BATCH_MAX ? BATCH_MAX : share < BATCH_MIN ? BATCH_MIN : share);
    uint64_t most = bytes / (g->capacity + g->capacity / 2);
    g->most = (int32_t)(most < BATCHES_MIN ? BATCHES_MIN : most > INT32_MAX ? INT32_MAX : most);
    g->batches = calloc((size_t)g->most, sizeof *g->batches);
    if (!g->batches || pthread_key_create(&g->exit, leave_context) != 0) {
        free(g->batches);
        free(g);
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    }
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->stopping, NULL);
    g->epoch = ++epochs;
    job->aggregate = g;
    return GIGA_OK;
}

static void free_contexts(gi_context *c)
{
    while (c) {
        gi_context *next = c->next;
        free(c->destinations);
        free(c->open);
        free(c);
        c = next;
    }
}

void gi_aggregate_stop(gi_job *job)
{
    gi_aggregate *g = job->aggregate;

    if (!g)
        return;
    for (int32_t i = 0; i < g->made; i++) {
        free(g->batches[i]->heads);
        free(g->batches[i]->into);
        free(g->batches[i]);
    }
    free_contexts(atomic_load(&g->contexts));
    free_contexts(g->gathers);
    pthread_key_delete(g->exit);
    pthread_mutex_destroy(&g->lock);
    pthread_mutex_destroy(&g->stopping);
    free(g->batches);
    free(g);
    job->aggregate = NULL;
}

static gi_context *new_context(gi_job *job)
{
    gi_context *c = calloc(1, sizeof *c);

    if (c) {
        c->destinations = calloc((size_t)gi_node_count(job->node), sizeof *c->destinations);
        c->open = calloc((size_t)job->aggregate->most, sizeof *c->open);
    }
    if (!c || !c->destinations || !c->open)
        giga_abort("rank %d: out of memory for deferred operations", job->rank);
    return c;
}

/* A thread's first deferred operation: a context that a thread left behind, or a new one. */
static gi_context *find_context(gi_job *job)
{
    gi_aggregate *g = job->aggregate;
    gi_context *c;

    pthread_mutex_lock(&g->lock);
    for (c = atomic_load(&g->contexts); c && atomic_load(&c->owned); c = c->next)
        ;
    if (!c) {
        c = new_context(job);
        c->next = atomic_load(&g->contexts);
        atomic_store(&g->contexts, c); /* pairs with the loads of who flushes: c is complete */
    }
    atomic_store(&c->owned, true);
    pthread_mutex_unlock(&g->lock);
    pthread_setspecific(g->exit, c);
    mine = c;
    mine_epoch = g->epoch;
    return c;
}

static inline bool has_context(const gi_job *job)
{
    return job->aggregate && mine && mine_epoch == job->aggregate->epoch;
}

void *gi_aggregate_hide(void)
{
    gi_context *hidden = mine;

    mine = NULL;
    return hidden;
}

void gi_aggregate_show(void *hidden)
{
    mine = hidden;
}

static inline gi_context *my_context(gi_job *job)
{
    return mine && mine_epoch == job->aggregate->epoch ? mine : find_context(job);
}

/* ---- batches: taking, sending ---- */

/* Under its context's lock: it is no longer open. */
static void detach(gi_job *job, gi_context *c, batch *b)
{
    uint32_t count = atomic_load_explicit(&c->count, memory_order_relaxed) - 1;
    batch *last = c->open[count];

    atomic_store_explicit(&c->count, count, memory_order_relaxed);
    c->open[b->place] = last;
    last->place = b->place;
    c->destinations[b->node].open = NULL;
    if (c->route == b)
        c->route = NULL;
    atomic_fetch_sub_explicit(&job->aggregate->open, 1, memory_order_relaxed);
}

static void give_back(gi_job *job, batch *b)
{
    b->next_free = job->aggregate->free;
    job->aggregate->free = b;
}

/* Under the lock of the network: it has come to its end (A1). */
static void end_batch(gi_job *job, batch *b, giga_status status, uint64_t failed_at)
{
    gi_remote *r = job->remote;
    gi_request *q = b->request;

    if (!q) {
        gi_request_failed(r, status, failed_at);
        r->deferred[b->turn]--;
    }
    give_back(job, b);
    if (q)
        gi_request_answered(job, q, status);
    else
        gi_request_signal(r);
}

static void send_batch(gi_job *job, batch *b)
{
    bool same = b->same && b->operand_bytes > 0;
    size_t heads = b->count * sizeof *b->heads, operands = same ? 0 : b->operand_bytes;
    gi_message message = {.kind = GI_KIND_BATCH, .width = same ? GI_BATCH_SAME : 0,
                          .slot = (uint64_t)b->id, .a = b->count, .b = b->word,
                          .reach = b->answer_bytes};

    if (operands > 0)
        memmove((char *)b->heads + heads, b->operands, operands);
    gi_count_batch(b->count);
    gi_net_enter(job);
    giga_status status = gi_net_send(job->net, b->to, &message, b->heads, heads + operands);
    if (status != GIGA_OK)
        end_batch(job, b, status, 0);
    for (int i = 0; i < POLLS && gi_net_poll(job->net); i++)
        ;
    gi_net_leave(job);
    gi_progress_attend(job);
}

/* Take an open batch out of a context, of the first `upto` openings only: what a thread opens
 * while another one flushes is not waited for. */
static batch *take_open(gi_job *job, gi_context *c, uint64_t upto)
{
    for (uint32_t i = 0; i < c->count; i++) {
        batch *b = c->open[i];
        if (b->stamp <= upto) {
            detach(job, c, b);
            return b;
        }
    }
    return NULL;
}

/* The same for a context of another thread, which is stopped meanwhile. */
static batch *take_of_other(gi_job *job, gi_context *c, uint64_t upto)
{
    if (atomic_load_explicit(&c->count, memory_order_acquire) == 0) /* pairs with open_batch() */
        return NULL;
    pthread_mutex_lock(&job->aggregate->stopping);
    gi_bias_stop(&c->bias);
    batch *b = take_open(job, c, upto);
    gi_bias_resume(&c->bias);
    pthread_mutex_unlock(&job->aggregate->stopping);
    return b;
}

/* Send what this thread's own context, or a call's, holds open. */
static void flush_own(gi_job *job, gi_context *c)
{
    for (;;) {
        lock(c);
        batch *b = take_open(job, c, UINT64_MAX);
        unlock(c);
        if (!b)
            return;
        send_batch(job, b);
    }
}

static void flush_context(gi_job *job, gi_context *c, uint64_t upto)
{
    if (c == mine && mine_epoch == job->aggregate->epoch) {
        flush_own(job, c);
        return;
    }
    for (batch *b; (b = take_of_other(job, c, upto)) != NULL;)
        send_batch(job, b);
}

uint64_t gi_aggregate_openings(const gi_job *job)
{
    return atomic_load_explicit(&job->aggregate->openings, memory_order_relaxed);
}

void gi_aggregate_flush(gi_job *job, uint64_t upto)
{
    if (atomic_load_explicit(&job->aggregate->open, memory_order_acquire) == 0)
        return; /* this thread's own are counted, and those of threads it has met */
    for (gi_context *c = atomic_load(&job->aggregate->contexts); c; c = c->next)
        flush_context(job, c, upto);
}

bool gi_aggregate_age(gi_job *job)
{
    gi_aggregate *g = job->aggregate;
    uint64_t before = g->looked;

    g->looked = gi_aggregate_openings(job);
    gi_aggregate_flush(job, before);
    return atomic_load(&g->open) > 0;
}

static batch *make_batch(gi_job *job)
{
    gi_aggregate *g = job->aggregate;
    batch *b = calloc(1, sizeof *b);

    if (b) {
        b->heads = malloc(g->capacity);
        b->into = malloc(g->capacity / 2);
    }
    if (!b || !b->heads || !b->into)
        giga_abort("rank %d: out of memory for deferred operations", job->rank);
    b->id = g->made;
    g->batches[g->made++] = b;
    return b;
}

/* A4. Under the lock of the network; NULL when all are in use. */
static batch *free_batch(gi_job *job)
{
    gi_aggregate *g = job->aggregate;
    batch *b = g->free;

    if (b)
        g->free = b->next_free;
    else if (g->made < g->most)
        b = make_batch(job);
    return b;
}

/* A1: counted from here on. */
static void count_batch(gi_job *job, batch *b, gi_request *q)
{
    gi_remote *r = job->remote;

    b->request = q;
    b->turn = r->turn & 1;
    b->stamp = atomic_fetch_add_explicit(&job->aggregate->openings, 1, memory_order_relaxed) + 1;
    if (q)
        q->pending++;
    else
        r->deferred[b->turn]++;
}

/* All batches are in use: send the ones that wait to become full, then wait for an answer. */
static void make_room(gi_job *job, gi_context *c)
{
    gi_call call;

    gi_call_begin(&call, GIGA_STATS_ROOM, "wait for room");
    flush_own(job, c);
    gi_aggregate_flush(job, gi_aggregate_openings(job));
    gi_net_enter(job);
    if (!job->aggregate->free)
        gi_request_wait(job);
    gi_net_leave(job);
    gi_call_end(&call);
}

/* Words need as much room for their heads as for themselves, pieces of rows little. */
static void divide(batch *b, uint32_t capacity, size_t operands)
{
    uint32_t heads = operands < PIECE ? capacity / 2 : capacity / 8;

    b->heads_most = heads / sizeof *b->heads;
    b->operands_most = capacity - heads;
    b->operands = (char *)b->heads + heads;
}

/* Open a batch for a node. The context's lock is given up and taken again: only its own thread
 * opens, so the destination is still without one. */
static void open_batch(gi_job *job, gi_context *c, int32_t node, int32_t home, size_t operands)
{
    gi_aggregate *g = job->aggregate;
    destination *d = &c->destinations[node];
    batch *b;

    unlock(c);
    for (;;) {
        gi_net_enter(job);
        b = free_batch(job);
        if (b)
            count_batch(job, b, c->request);
        gi_net_leave(job);
        if (b)
            break;
        make_room(job, c);
    }
    if (d->to == 0)
        d->to = home + 1;
    b->count = b->operand_bytes = b->fetched = b->answer_bytes = 0;
    b->same = true;
    b->node = node;
    b->to = d->to - 1;
    divide(b, g->capacity, operands);
    lock(c);
    b->place = atomic_load_explicit(&c->count, memory_order_relaxed);
    c->open[b->place] = b;
    atomic_store_explicit(&c->count, b->place + 1, memory_order_release); /* take_of_other() */
    d->open = b;
    atomic_fetch_add_explicit(&g->open, 1, memory_order_release); /* pairs with the flush's load */
}

/* The batch for a home's node with room for one more operation; the context is locked. */
static inline batch *room(gi_job *job, gi_context *c, int32_t home, size_t operands, size_t answer)
{
    int32_t node = gi_node_peer(job, home)->node;

    for (;;) {
        batch *b = c->destinations[node].open;
        if (b && b->count < b->heads_most && b->operand_bytes + operands <= b->operands_most &&
            b->answer_bytes + answer <= job->aggregate->capacity)
            return b;
        if (!b) {
            open_batch(job, c, node, home, operands);
            continue;
        }
        detach(job, c, b);
        unlock(c);
        send_batch(job, b);
        lock(c);
    }
}

/* ---- appending ---- */

static inline uint64_t head_of(const gi_job *job, const void *at, unsigned tag)
{
    return ((uint64_t)(uintptr_t)at - job->window_base) | (uint64_t)tag << GI_HEAD_OFFSET_BITS;
}

static inline void push_operand(batch *b, uint64_t word)
{
    if (b->operand_bytes == 0)
        b->word = word;
    b->same &= word == b->word;
    memcpy(b->operands + b->operand_bytes, &word, sizeof word);
    b->operand_bytes += (uint32_t)sizeof word;
}

static inline void push_into(batch *b, void *into, size_t bytes)
{
    b->into[b->fetched++] = into;
    b->answer_bytes += (uint32_t)bytes;
}

static inline void add_atomic(gi_job *job, gi_context *c, int32_t home, const void *at,
                              unsigned opcode, uint64_t a, uint64_t b, void *before_out)
{
    bool cas = gi_atomic_verb(opcode) == GIGA_OP_CAS_;
    size_t fetched = before_out ? gi_atomic_width(opcode) : 0;

    lock(c);
    batch *to = room(job, c, home, 16, fetched);
    to->heads[to->count++] = head_of(job, at, opcode | (before_out ? GI_HEAD_FETCH : 0));
    push_operand(to, a);
    if (cas) {
        push_operand(to, b);
        to->same = false;
    }
    if (before_out)
        push_into(to, before_out, fetched);
    unlock(c);
}

/* Length of a get or put of words fits the head; 0 says that it is the first operand. */
static inline unsigned length_tag(size_t bytes)
{
    return bytes < 256 ? (unsigned)bytes << 8 : 0;
}

static inline void add_get(gi_job *job, gi_context *c, int32_t home, const void *src, void *dst,
                           size_t bytes)
{
    lock(c);
    batch *to = room(job, c, home, 8, bytes);
    to->heads[to->count++] = head_of(job, src, GI_HEAD_GET | length_tag(bytes));
    if (length_tag(bytes) == 0) {
        push_operand(to, bytes);
        to->same = false;
    }
    push_into(to, dst, bytes);
    unlock(c);
}

static inline void add_put(gi_job *job, gi_context *c, int32_t home, const void *dst,
                           const void *src, size_t bytes)
{
    size_t padded = (bytes + 7) / 8 * 8;
    uint64_t word;

    lock(c);
    batch *to = room(job, c, home, padded + 8, 0);
    to->heads[to->count++] = head_of(job, dst, GI_HEAD_PUT | length_tag(bytes));
    if (bytes == 8) {
        memcpy(&word, src, 8);
        push_operand(to, word);
    } else {
        if (length_tag(bytes) == 0)
            push_operand(to, bytes);
        memcpy(to->operands + to->operand_bytes, src, bytes);
        to->operand_bytes += (uint32_t)padded;
        to->same = false;
    }
    unlock(c);
}

/*
 * The home of a word of a uniform object on another node, or -1 for the careful way: the same
 * answer as gi_object_place(), without what a naive loop does not need.
 */
static inline int32_t quick_home(const gi_job *job, const void *at, size_t width)
{
    uint64_t offset = (uint64_t)(uintptr_t)at - job->window_base;
    const gi_object *o = gi_object_at(job, offset);

    if (!o || !o->uniform || o->arenas || (offset & (width - 1)) != 0)
        return -1;
    uint64_t in = offset - o->offset;
    if (in >= o->bytes || width > o->bytes - in)
        return -1;
    uint64_t home = o->shift ? in >> o->shift : in / o->stride;
    bool crosses = o->shift ? ((in + width - 1) >> o->shift) != home : in % o->stride + width > o->stride;
    return crosses || gi_node_peer(job, (int32_t)home)->node == gi_node_mine(job)
               ? -1
               : (int32_t)home;
}

/* Add to the batch of the last addition, when this one goes to the same block. */
static inline bool add_on_route(gi_job *job, gi_context *c, const void *at, size_t width,
                                unsigned opcode, uint64_t a)
{
    uint64_t offset = (uint64_t)(uintptr_t)at - job->window_base;
    bool fits = false;

    lock(c);
    batch *b = c->route;
    if (b && offset - c->route_first <= c->route_bytes - width && (offset & (width - 1)) == 0 &&
        b->count < b->heads_most && b->operand_bytes + sizeof a <= b->operands_most) {
        b->heads[b->count++] = head_of(job, at, opcode);
        push_operand(b, a);
        fits = true;
    }
    unlock(c);
    return fits;
}

/* Remember where the last addition went: a block of a live object, for as long as its batch is
 * open, so not longer than the object lives. */
static void remember_route(gi_job *job, gi_context *c, const void *at, int32_t home)
{
    uint64_t offset = (uint64_t)(uintptr_t)at - job->window_base;
    const gi_object *o = gi_object_at(job, offset);
    uint64_t bytes = gi_object_block(job, o, home);

    lock(c);
    c->route = bytes >= 8 ? c->destinations[gi_node_peer(job, home)->node].open : NULL;
    c->route_first = o->offset + (uint64_t)home * o->stride;
    c->route_bytes = bytes;
    unlock(c);
}

bool gi_aggregate_quick(gi_job *job, const void *at, unsigned opcode, uint64_t a)
{
    size_t width = gi_atomic_width(opcode);

    if (!has_context(job))
        return false;
    if (add_on_route(job, mine, at, width, opcode, a))
        return true;
    int32_t home = quick_home(job, at, width);
    if (home < 0)
        return false;
    add_atomic(job, mine, home, at, opcode, a, 0, NULL);
    remember_route(job, mine, at, home);
    return true;
}

bool gi_aggregate_quick_get(gi_job *job, const void *src, void *dst, size_t bytes)
{
    int32_t home = has_context(job) && dst && (bytes == 8 || bytes == 4)
                       ? quick_home(job, src, bytes)
                       : -1;

    if (home >= 0)
        add_get(job, mine, home, src, dst, bytes);
    return home >= 0;
}

bool gi_aggregate_quick_put(gi_job *job, const void *dst, const void *src, size_t bytes)
{
    int32_t home = has_context(job) && src && (bytes == 8 || bytes == 4)
                       ? quick_home(job, dst, bytes)
                       : -1;

    if (home >= 0)
        add_put(job, mine, home, dst, src, bytes);
    return home >= 0;
}

void gi_aggregate_atomic(gi_job *job, int32_t home, const void *at, unsigned opcode, uint64_t a,
                         uint64_t b, void *before_out)
{
    add_atomic(job, my_context(job), home, at, opcode, a, b, before_out);
}

void gi_aggregate_get(gi_job *job, int32_t home, const void *src, void *dst, size_t bytes)
{
    add_get(job, my_context(job), home, src, dst, bytes);
}

void gi_aggregate_put(gi_job *job, int32_t home, const void *dst, const void *src, size_t bytes)
{
    add_put(job, my_context(job), home, dst, src, bytes);
}

void gi_aggregate_call(gi_job *job, int32_t home, const void *at, uint64_t word,
                       const void *arguments, void *result)
{
    gi_context *c = my_context(job);
    size_t bytes = gi_call_arguments(word), padded = (bytes + 7) / 8 * 8;

    lock(c);
    batch *to = room(job, c, home, padded + 8, gi_call_result(word));
    to->heads[to->count++] = head_of(job, at, GI_HEAD_CALL);
    push_operand(to, word);
    to->same = false;
    if (bytes > 0)
        memcpy(to->operands + to->operand_bytes, arguments, bytes);
    to->operand_bytes += (uint32_t)padded;
    if (gi_call_result(word) > 0)
        push_into(to, result, gi_call_result(word));
    unlock(c);
}

/* ---- gathers: many operations that are one request ---- */

gi_context *gi_gather_begin(gi_job *job, gi_request *request)
{
    gi_aggregate *g = job->aggregate;

    pthread_mutex_lock(&g->lock);
    gi_context *c = g->gathers;
    if (c)
        g->gathers = c->next;
    pthread_mutex_unlock(&g->lock);
    if (!c)
        c = new_context(job);
    c->request = request;
    return c;
}

void gi_gather_get(gi_context *c, int32_t home, const void *src, void *dst, size_t bytes)
{
    add_get(&gi_the_job, c, home, src, dst, bytes);
}

void gi_gather_put(gi_context *c, int32_t home, const void *dst, const void *src, size_t bytes)
{
    add_put(&gi_the_job, c, home, dst, src, bytes);
}

void gi_gather_atomic(gi_context *c, int32_t home, const void *at, unsigned opcode, uint64_t a)
{
    add_atomic(&gi_the_job, c, home, at, opcode, a, 0, NULL);
}

void gi_gather_finish(gi_context *c)
{
    gi_aggregate *g = gi_the_job.aggregate;

    flush_own(&gi_the_job, c);
    c->request = NULL;
    pthread_mutex_lock(&g->lock);
    c->next = g->gathers;
    g->gathers = c;
    pthread_mutex_unlock(&g->lock);
}

/* ---- answers ---- */

/* Bytes that an operation fetches; moves on over the operands of those that carry a length. */
static size_t fetched_bytes(uint64_t head, const char **operands)
{
    unsigned tag = (unsigned)(head >> GI_HEAD_OFFSET_BITS), code = tag & 0xff;
    uint64_t length = tag >> 8;

    if (code == GI_HEAD_GET) {
        if (length == 0) {
            memcpy(&length, *operands, sizeof length);
            *operands += sizeof length;
        }
        return length;
    }
    if (code == GI_HEAD_PUT) {
        if (length == 0) {
            memcpy(&length, *operands, sizeof length);
            *operands += sizeof length;
        }
        *operands += (length + 7) / 8 * 8;
        return 0;
    }
    if (code == GI_HEAD_CALL) {
        uint64_t word;
        memcpy(&word, *operands, sizeof word);
        *operands += sizeof word + (gi_call_arguments(word) + 7) / 8 * 8;
        return gi_call_result(word);
    }
    *operands += gi_atomic_verb(code & ~(unsigned)GI_HEAD_FETCH) == GIGA_OP_CAS_ ? 16 : 8;
    return code & GI_HEAD_FETCH ? gi_atomic_width(code & ~(unsigned)GI_HEAD_FETCH) : 0;
}

static void take_answer(batch *b, const char *body)
{
    const char *operands = (const char *)b->heads + b->count * sizeof *b->heads;
    uint32_t fetched = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        size_t bytes = fetched_bytes(b->heads[i], &operands);
        if (bytes == 8) {
            memcpy(b->into[fetched++], body, 8);
        } else if (bytes > 0) {
            memcpy(b->into[fetched++], body, bytes);
        }
        body += bytes;
    }
}

void gi_aggregate_receive(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    gi_aggregate *g = job->aggregate;

    if (!g || m->slot >= (uint64_t)g->made)
        return; /* giga is stopping */
    batch *b = g->batches[m->slot];
    giga_status status = (giga_status)(int64_t)m->offset;
    uint64_t at = m->a < b->count ? b->heads[m->a] & ((UINT64_C(1) << GI_HEAD_OFFSET_BITS) - 1) : 0;
    if (bytes != b->answer_bytes)
        status = GIGA_ERR_NET;
    else if (bytes > 0)
        take_answer(b, body);
    end_batch(job, b, status, at);
}
