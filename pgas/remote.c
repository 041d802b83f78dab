/*
 * remote.c - requests to other nodes and their execution at home; the far half of rma.h.
 *
 * Invariants:
 *   R1  a request's fields change only under the lock of the network; `done` alone is
 *       read without it, after which the request belongs to its waiter
 *   R2  `pending` counts messages and transfers of a request that are not answered; it is
 *       done when it is closed (nothing more will be started) and pending is 0
 *   R3  at most SLOTS requests and IN_FLIGHT bodies are under way: beyond that the caller
 *       waits, so memory is bounded however many operations are deferred
 *   R4  a home touches only [0, mine) of its own block of a live object, checked per message
 *   R5  one-sided transfers are used only towards a block whose key, address and length
 *       have been fetched from its home
 *
 * Threads: any thread of the program makes requests; handlers run under the lock.
 */
#include "remote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node.h"
#include "one.h"
#include "progress.h"

enum {
    SLOTS = 4096,       /* requests under way: 4096 x 64 bytes, fixed */
    IN_FLIGHT = 16,     /* bodies of GI_NET_BODY_MAX under way: 2 MiB, what a 100 Gbit/s link
                           holds in 160 us; over TCP 8 MiB halved the bandwidth */
    ROUNDS = 32,        /* of a barrier: 2^32 nodes */
    LEAF = 1024,        /* keys per leaf of an object's table of keys */
    KEY_MAX = 256,
    LAUNCHER_SECONDS = 3, /* Open MPI's mpirun takes 1 to 2 to end a job on several hosts */
    NONE = -1,
};

enum kind {
    KIND_GET, KIND_PUT, KIND_FETCH_ADD, KIND_CAS, KIND_KEY, KIND_MEET,
    KIND_DATA, KIND_DONE, KIND_KEY_ANSWER,
    KIND_FREE
};

typedef struct request {
    char *dst;              /* of a get */
    struct block_key *key;  /* of a request for a key */
    uint64_t bytes;         /* of a get: what an answer may write */
    uint64_t result;        /* of an atomic */
    uint32_t pending;
    int32_t next_free;
    giga_status status;
    bool closed, deferred;
    uint8_t turn;           /* of a deferred one */
    bool large;             /* its messages count as bodies in flight (R3) */
    _Atomic bool done;
} request;

/* Another rank's block, once its key has been fetched. */
typedef struct block_key {
    gi_net_key *key;
    uint64_t address, bytes;
} block_key;

struct gi_remote {
    request slots[SLOTS];
    int32_t first_free;
    uint32_t deferred[2];            /* deferred requests of this turn and the one before */
    uint32_t turn;                   /* moved on by giga_quiet, which waits for those before */
    uint32_t flushing;               /* flushes under way */
    uint32_t bodies;                 /* large messages in flight */
    bool unflushed;                  /* one-sided puts since the last flush */
    bool closing;
    giga_status failure;             /* first failure of a deferred request */
    gi_event event;                  /* counts completions */
    _Atomic uint32_t met[ROUNDS];    /* arrivals per round of the barrier */
    uint32_t meetings;
};

giga_status gi_remote_start(gi_job *job, gi_remote **out)
{
    gi_remote *r = calloc(1, sizeof *r);

    (void)job;
    if (!r)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    for (int32_t i = 0; i < SLOTS; i++)
        r->slots[i].next_free = i + 1 < SLOTS ? i + 1 : NONE;
    *out = r;
    return GIGA_OK;
}

void gi_remote_stop(gi_job *job)
{
    free(job->remote);
    job->remote = NULL;
}

void gi_remote_closing(gi_job *job)
{
    job->remote->closing = true;
}

void gi_remote_fail(gi_job *job, const char *why)
{
    if (!job->remote || job->remote->closing)
        return;
    /* A rank that ended the job has said why, and the launcher ends one that lost a rank:
     * this is the word only where neither does. */
    nanosleep(&(struct timespec){.tv_sec = LAUNCHER_SECONDS}, NULL);
    giga_abort("rank %d lost a rank of another node: %s", job->rank, why);
}

/* ---- requests: all under the lock ---- */

static void signal_completion(gi_remote *r)
{
    atomic_fetch_add(&r->event.value, 1);
    gi_wake(&r->event);
}

static void release_slot(gi_remote *r, request *q)
{
    q->next_free = r->first_free;
    r->first_free = (int32_t)(q - r->slots);
}

/* R2. A deferred request ends here; a blocking one is handed to its waiter. */
static void settle(gi_remote *r, request *q)
{
    if (!q->closed || q->pending > 0)
        return;
    if (q->deferred) {
        if (q->status != GIGA_OK && r->failure == GIGA_OK)
            r->failure = q->status;
        r->deferred[q->turn]--;
        release_slot(r, q);
    } else {
        atomic_store_explicit(&q->done, true, memory_order_release); /* pairs with finish() */
    }
    signal_completion(r);
}

static void answered(gi_remote *r, request *q, giga_status status)
{
    if (q->large && r->bodies-- == IN_FLIGHT)
        signal_completion(r); /* room again, perhaps for this same request (R3) */
    if (status != GIGA_OK && q->status == GIGA_OK)
        q->status = status;
    q->pending--;
    settle(r, q);
}

/* Wait, without the lock held on entry to gi_wait_while, until a completion. */
static void wait_for_completion(gi_job *job)
{
    uint32_t seen = atomic_load(&job->remote->event.value);

    gi_net_leave(job);
    gi_wait_while(job, &job->remote->event, seen);
    gi_net_enter(job);
}

static request *open_request(gi_job *job, bool deferred)
{
    gi_remote *r = job->remote;

    while (r->first_free == NONE) /* R3 */
        wait_for_completion(job);
    request *q = &r->slots[r->first_free];
    r->first_free = q->next_free;
    *q = (request){.deferred = deferred, .turn = r->turn & 1, .next_free = NONE};
    if (deferred)
        r->deferred[q->turn]++;
    return q;
}

/* No more messages will be added. */
static void close_request(gi_remote *r, request *q)
{
    q->closed = true;
    settle(r, q);
}

/* Wait for a blocking request and give its slot back; the lock is held around it. */
static giga_status finish(gi_job *job, request *q)
{
    while (!atomic_load_explicit(&q->done, memory_order_acquire))
        wait_for_completion(job);
    giga_status status = q->status;
    release_slot(job->remote, q);
    return status;
}

static uint64_t slot_of(const gi_remote *r, const request *q)
{
    return (uint64_t)(q - r->slots);
}

/* A failed send is an answer too. */
static void send_or_fail(gi_job *job, request *q, int32_t to, gi_message *message,
                         const void *body, size_t bytes)
{
    message->slot = slot_of(job->remote, q);
    q->pending++;
    job->remote->bodies += q->large;
    giga_status status = gi_net_send(job->net, to, message, body, bytes);
    if (status != GIGA_OK)
        answered(job->remote, q, status);
}

/* ---- at home ---- */

/* R4: the alias of [offset, offset + bytes) of this rank's own block, else NULL. */
static void *own_bytes(gi_job *job, uint64_t offset, uint64_t bytes, giga_status *status)
{
    gi_object *object = gi_object_at(job, offset);
    uint64_t begin = object ? object->offset + (uint64_t)job->rank * object->stride : 0;

    *status = GIGA_OK;
    if (!object || offset < begin)
        *status = GIGA_ERR_ADDRESS;
    else if (offset - begin > object->mine || bytes > object->mine - (offset - begin))
        *status = GIGA_ERR_RANGE;
    else if (object->arenas)
        *status = gi_one_holds(job, offset, bytes);
    return *status == GIGA_OK ? (void *)(uintptr_t)(job->alias_base + offset) : NULL;
}

static void answer(gi_job *job, const gi_message *to, enum kind kind, giga_status status,
                   uint64_t value, const void *body, size_t bytes)
{
    gi_message message = {.kind = (uint16_t)kind, .slot = to->slot, .offset = (uint64_t)(int64_t)status,
                          .a = to->a, .b = value};

    if (gi_net_send(job->net, to->from, &message, body, bytes) != GIGA_OK)
        gi_remote_fail(job, giga_error());
}

static void home_get(gi_job *job, const gi_message *m)
{
    giga_status status;
    const void *from = own_bytes(job, m->offset, m->reach, &status);
    uint64_t word;

    if (!from) {
        answer(job, m, KIND_DONE, status, 0, NULL, 0);
    } else if (m->b == 8 && ((uintptr_t)from & 7) == 0) {
        word = __atomic_load_n((const uint64_t *)from, __ATOMIC_ACQUIRE);
        answer(job, m, KIND_DATA, GIGA_OK, 0, &word, 8);
    } else if (m->b == 4 && ((uintptr_t)from & 3) == 0) {
        uint32_t half = __atomic_load_n((const uint32_t *)from, __ATOMIC_ACQUIRE);
        answer(job, m, KIND_DATA, GIGA_OK, 0, &half, 4);
    } else {
        answer(job, m, KIND_DATA, GIGA_OK, 0, from, m->b);
    }
}

static void home_put(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    giga_status status;
    void *to = own_bytes(job, m->offset, m->reach < bytes ? bytes : m->reach, &status);

    if (to && bytes == 8 && ((uintptr_t)to & 7) == 0) {
        uint64_t word;
        memcpy(&word, body, 8);
        __atomic_store_n((uint64_t *)to, word, __ATOMIC_RELEASE);
    } else if (to && bytes == 4 && ((uintptr_t)to & 3) == 0) {
        uint32_t word;
        memcpy(&word, body, 4);
        __atomic_store_n((uint32_t *)to, word, __ATOMIC_RELEASE);
    } else if (to) {
        memcpy(to, body, bytes);
    }
    answer(job, m, KIND_DONE, status, 0, NULL, 0);
}

static void home_atomic(gi_job *job, const gi_message *m)
{
    giga_status status;
    void *at = own_bytes(job, m->offset, m->width, &status);
    uint64_t before = 0;

    if (at && m->kind == KIND_FETCH_ADD && m->width == 8) {
        before = __atomic_fetch_add((uint64_t *)at, m->b, __ATOMIC_SEQ_CST);
    } else if (at && m->kind == KIND_FETCH_ADD) {
        before = __atomic_fetch_add((uint32_t *)at, (uint32_t)m->b, __ATOMIC_SEQ_CST);
    } else if (at && m->width == 8) {
        before = m->a;
        __atomic_compare_exchange_n((uint64_t *)at, &before, m->b, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
    } else if (at) {
        uint32_t expected = (uint32_t)m->a;
        __atomic_compare_exchange_n((uint32_t *)at, &expected, (uint32_t)m->b, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        before = expected;
    }
    answer(job, m, KIND_DONE, status, before, NULL, 0);
}

/* An object of this rank alone. */
static void home_free(gi_job *job, const gi_message *m)
{
    uint64_t left;
    giga_status status = gi_one_give(job, m->offset, &left);

    answer(job, m, KIND_DONE, status, left, NULL, 0);
}

/* R5: register this rank's block on the first request for its key. */
static void home_key(gi_job *job, const gi_message *m)
{
    gi_object *object = gi_object_at(job, m->offset);
    uint8_t packed[KEY_MAX];
    size_t bytes = 0;
    giga_status status = object ? GIGA_OK : GIGA_ERR_ADDRESS;
    uint64_t begin = object ? object->offset + (uint64_t)job->rank * object->stride : 0;
    void *alias = (void *)(uintptr_t)(job->alias_base + begin);

    if (status == GIGA_OK && object->mine == 0)
        status = GIGA_ERR_RANGE;
    if (status == GIGA_OK && !object->key)
        status = gi_net_register(job->net, alias, object->mine, (gi_net_block **)&object->key);
    if (status == GIGA_OK)
        status = gi_net_pack_key(job->net, object->key, packed, sizeof packed, &bytes);
    if (status != GIGA_OK) {
        answer(job, m, KIND_DONE, status, 0, NULL, 0);
        return;
    }
    gi_message message = {.kind = KIND_KEY_ANSWER, .slot = m->slot,
                          .a = (uint64_t)(uintptr_t)alias, .b = object->mine};
    if (gi_net_send(job->net, m->from, &message, packed, bytes) != GIGA_OK)
        gi_remote_fail(job, giga_error());
}

/* ---- answers ---- */

static void take_data(gi_remote *r, request *q, const gi_message *m, const void *body,
                      size_t bytes)
{
    bool fits = m->a <= q->bytes && bytes <= q->bytes - m->a;

    if (fits)
        memcpy(q->dst + m->a, body, bytes);
    answered(r, q, fits ? GIGA_OK : GIGA_ERR_NET);
}

static void take_key(gi_job *job, request *q, const gi_message *m, const void *body)
{
    block_key *key = q->key;
    giga_status status = GIGA_OK;

    if (!key->key) /* else two threads asked, and the other's answer came first */
        status = gi_net_unpack_key(job->net, m->from, body, &key->key);
    key->address = m->a;
    key->bytes = m->b;
    answered(job->remote, q, status);
}

static void receive_answer(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    gi_remote *r = job->remote;

    if (m->slot >= SLOTS || r->slots[m->slot].pending == 0)
        return;
    request *q = &r->slots[m->slot];
    if (m->kind == KIND_KEY_ANSWER) {
        take_key(job, q, m, body);
    } else if (m->kind == KIND_DATA) {
        take_data(r, q, m, body, bytes);
    } else {
        q->result = m->b;
        answered(r, q, (giga_status)(int64_t)m->offset);
    }
}

void gi_remote_receive(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    switch (m->kind) {
    case KIND_GET: home_get(job, m); return;
    case KIND_PUT: home_put(job, m, body, bytes); return;
    case KIND_FETCH_ADD:
    case KIND_CAS: home_atomic(job, m); return;
    case KIND_KEY: home_key(job, m); return;
    case KIND_FREE: home_free(job, m); return;
    case KIND_DATA:
    case KIND_DONE:
    case KIND_KEY_ANSWER: receive_answer(job, m, body, bytes); return;
    case KIND_MEET:
        if (m->a < ROUNDS) {
            atomic_fetch_add(&job->remote->met[m->a], 1);
            signal_completion(job->remote);
        }
        return;
    default: return; /* a kind this version does not know: nobody of this job sent it */
    }
}

/* ---- one-sided transfers ---- */

typedef struct keys {
    block_key *leaf[1]; /* as many as the job has leaves of ranks */
} keys;

static giga_status fetch_key(gi_job *job, const gi_place *place, block_key *key)
{
    gi_message message = {.kind = KIND_KEY, .offset = place->object->offset};
    request *q = open_request(job, false);

    q->key = key;
    send_or_fail(job, q, place->home, &message, NULL, 0);
    close_request(job->remote, q);
    giga_status status = finish(job, q);
    return status == GIGA_OK || giga_error()[0]
               ? status
               : giga_fail(status, "rank %d has no block to reach there", place->home);
}

/* The key of a block, fetched on first use: O(blocks used) per rank, not O(ranks). */
static giga_status key_of(gi_job *job, const gi_place *place, block_key **out)
{
    keys *all = place->object->keys;
    size_t leaves = ((size_t)job->size + LEAF - 1) / LEAF;

    if (!all)
        place->object->keys = all = calloc(leaves, sizeof all->leaf[0]);
    if (all && !all->leaf[place->home / LEAF])
        all->leaf[place->home / LEAF] = calloc(LEAF, sizeof *all->leaf[0]);
    if (!all || !all->leaf[place->home / LEAF])
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for keys", job->rank);
    *out = &all->leaf[place->home / LEAF][place->home % LEAF];
    return (*out)->key ? GIGA_OK : fetch_key(job, place, *out);
}

static void free_keys(gi_job *job, keys *all)
{
    size_t leaves = ((size_t)job->size + LEAF - 1) / LEAF;

    for (size_t l = 0; all && l < leaves; l++) {
        for (size_t i = 0; all->leaf[l] && i < LEAF; i++) {
            if (all->leaf[l][i].key)
                gi_net_destroy_key(all->leaf[l][i].key);
        }
        free(all->leaf[l]);
    }
    free(all);
}

void gi_remote_forget(gi_job *job, gi_object *object)
{
    gi_net_enter(job);
    free_keys(job, object->keys);
    if (object->key)
        gi_net_deregister(job->net, object->key);
    object->keys = object->key = NULL;
    gi_net_leave(job);
}

static void on_transferred(void *argument, bool ok)
{
    answered(gi_the_job.remote, argument, ok ? GIGA_OK : GIGA_ERR_NET);
}

static void start_transfer(gi_job *job, request *q, const gi_place *place, uint64_t bytes,
                           char *dst, const char *src)
{
    block_key *key = NULL;
    giga_status status = key_of(job, place, &key);

    q->pending++;
    job->remote->bodies += q->large;
    if (status == GIGA_OK && (place->at > key->bytes || bytes > key->bytes - place->at))
        status = GIGA_ERR_RANGE;
    if (status == GIGA_OK && dst) {
        status = gi_net_get(job->net, place->home, key->key, key->address + place->at, dst, bytes,
                            on_transferred, q);
    } else if (status == GIGA_OK) {
        job->remote->unflushed = true;
        status = gi_net_put(job->net, place->home, key->key, key->address + place->at, src, bytes,
                            on_transferred, q);
    }
    if (status != GIGA_OK)
        answered(job->remote, q, status);
}

/* What was put one-sidedly so far is at its home when this returns. */
static giga_status flush(gi_job *job)
{
    gi_remote *r = job->remote;

    /* Another thread's flush may cover this thread's put, and not be done. */
    if (!r->unflushed && r->flushing == 0)
        return GIGA_OK;
    r->unflushed = false;
    r->flushing++;
    request *q = open_request(job, false);
    q->pending++;
    giga_status status = gi_net_flush(job->net, on_transferred, q);
    if (status != GIGA_OK)
        answered(r, q, status);
    close_request(r, q);
    status = finish(job, q);
    r->flushing--;
    return status;
}

/* ---- runs: cut at blocks, then into bodies ---- */

/* One of dst (get) and src (put) is the caller's memory, the other is NULL. */
typedef struct run {
    uint64_t offset;    /* in the window */
    uint64_t bytes, done;
    char *dst;
    const char *src;
} run;

static void start_messages(gi_job *job, request *q, int32_t home, run *r, uint64_t piece)
{
    for (uint64_t end = r->done + piece; r->done < end;) {
        uint64_t body = end - r->done < GI_NET_BODY_MAX ? end - r->done : GI_NET_BODY_MAX;
        gi_message message = {.kind = r->dst ? KIND_GET : KIND_PUT, .offset = r->offset + r->done,
                              .a = r->done, .b = body, .reach = end - r->done};
        while (q->large && job->remote->bodies >= IN_FLIGHT) /* R3 */
            wait_for_completion(job);
        if (r->dst)
            send_or_fail(job, q, home, &message, NULL, 0);
        else
            send_or_fail(job, q, home, &message, r->src + r->done, body);
        r->done += body;
    }
}

/* Starts everything of a run that is not near; near pieces are copied at once. */
static void start_run(gi_job *job, request *q, run *r)
{
    /* A short deferred put must copy its source, which only a message does. */
    bool must_copy = q->deferred && r->src && r->bytes <= GIGA_COPY_MAX;

    while (r->done < r->bytes) {
        gi_place place;
        void *at = (void *)(uintptr_t)(job->window_base + r->offset + r->done);
        if (gi_object_place(job, "giga", at, 0, &place) != GIGA_OK) {
            q->status = GIGA_ERR_RANGE; /* checked before: cannot happen in a correct program */
            return;
        }
        uint64_t left = r->bytes - r->done, piece = place.left < left ? place.left : left;
        if (place.near && r->dst) {
            memcpy(r->dst + r->done, at, piece);
            r->done += piece;
        } else if (place.near) {
            memcpy(at, r->src + r->done, piece);
            r->done += piece;
        } else if (gi_net_onesided(job->net) && !must_copy && !place.object->arenas) {
            start_transfer(job, q, &place, piece, r->dst ? r->dst + r->done : NULL,
                           r->src ? r->src + r->done : NULL);
            r->done += piece;
        } else {
            start_messages(job, q, place.home, r, piece);
        }
    }
}

static giga_status refused(const char *function, giga_status status, const void *address,
                           uint64_t bytes)
{
    if (status == GIGA_OK || (status == GIGA_ERR_NET && giga_error()[0]))
        return status;
    return giga_fail(status, "%s: rank %d: the home refused the %" PRIu64 " bytes at %p: they leave "
                     "its block", function, gi_the_job.rank, bytes, address);
}

/* Get or put a run that the fast path did not take. */
static giga_status move(const char *function, const void *address, run r, bool deferred)
{
    gi_job *job = &gi_the_job;
    gi_place place;
    giga_status status = gi_job_check(function);

    if (status != GIGA_OK)
        return status;
    if (r.bytes == 0)
        return GIGA_OK;
    if (!r.dst && !r.src)
        return giga_fail(GIGA_ERR_ARG, "%s: the private buffer is NULL", function);
    status = gi_object_place(job, function, address, r.bytes, &place);
    if (status != GIGA_OK)
        return status;
    r.offset = (uint64_t)(uintptr_t)address - job->window_base;
    if (!job->net || (place.near && place.left >= r.bytes)) {
        memcpy(r.dst ? r.dst : (void *)(uintptr_t)address,
               r.dst ? address : (const void *)r.src, r.bytes);
        return GIGA_OK;
    }
    gi_net_enter(job);
    request *q = open_request(job, deferred);
    q->dst = r.dst;
    q->bytes = r.bytes;
    q->large = r.bytes > GIGA_COPY_MAX;
    start_run(job, q, &r);
    close_request(job->remote, q);
    status = deferred ? GIGA_OK : finish(job, q);
    if (!deferred && r.src && status == GIGA_OK)
        status = flush(job);
    gi_net_leave(job);
    return refused(function, status, address, r.bytes);
}

giga_status giga_get_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_get", src, (run){.bytes = bytes, .dst = dst}, false);
}

giga_status giga_put_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_put", dst, (run){.bytes = bytes, .src = src}, false);
}

giga_status giga_get_nbi_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_get_nbi", src, (run){.bytes = bytes, .dst = dst}, true);
}

giga_status giga_put_nbi_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_put_nbi", dst, (run){.bytes = bytes, .src = src}, true);
}

/* ---- atomics ---- */

/* Place of a naturally aligned word, or the end of the job: these calls have no status. */
static gi_place place_word(const char *function, const void *at, size_t width)
{
    gi_place place;

    if (gi_job_check(function) != GIGA_OK)
        giga_abort("%s", giga_error());
    if ((uintptr_t)at % width != 0)
        giga_abort("%s: rank %d: address %p is not aligned to %zu bytes", function, gi_the_job.rank,
                   at, width);
    if (gi_object_place(&gi_the_job, function, at, width, &place) != GIGA_OK)
        giga_abort("%s", giga_error());
    return place;
}

static uint64_t remote_atomic(const char *function, const gi_place *place, gi_message *message,
                              bool deferred)
{
    gi_job *job = &gi_the_job;
    uint64_t result = 0;

    message->offset = place->object->offset + (uint64_t)place->home * place->object->stride +
                      place->at;
    gi_net_enter(job);
    request *q = open_request(job, deferred);
    send_or_fail(job, q, place->home, message, NULL, 0);
    close_request(job->remote, q);
    if (!deferred) {
        giga_status status = finish(job, q);
        result = q->result; /* the slot is free, but the lock is still ours */
        if (status != GIGA_OK) {
            gi_net_leave(job);
            giga_abort("%s: rank %d: the home refused the word at window offset 0x%" PRIx64,
                       function, job->rank, message->offset);
        }
    }
    gi_net_leave(job);
    return result;
}

static uint64_t fetch_add(const char *function, void *at, uint64_t value, size_t width,
                          bool deferred)
{
    gi_place place = place_word(function, at, width);
    gi_message message = {.kind = KIND_FETCH_ADD, .width = (uint16_t)width, .b = value};

    if (place.near && width == 8)
        return __atomic_fetch_add((uint64_t *)at, value, __ATOMIC_SEQ_CST);
    if (place.near)
        return __atomic_fetch_add((uint32_t *)at, (uint32_t)value, __ATOMIC_SEQ_CST);
    return remote_atomic(function, &place, &message, deferred);
}

uint32_t giga_fetch_add_far32_(void *at, uint32_t value)
{
    return (uint32_t)fetch_add("giga_fetch_add", at, value, 4, false);
}

uint64_t giga_fetch_add_far64_(void *at, uint64_t value)
{
    return fetch_add("giga_fetch_add", at, value, 8, false);
}

void giga_add_nbi_far32_(void *at, uint32_t value)
{
    fetch_add("giga_add_nbi", at, value, 4, true);
}

void giga_add_nbi_far64_(void *at, uint64_t value)
{
    fetch_add("giga_add_nbi", at, value, 8, true);
}

uint32_t giga_cas_far32_(void *at, uint32_t expected, uint32_t desired)
{
    gi_place place = place_word("giga_cas", at, 4);
    gi_message message = {.kind = KIND_CAS, .width = 4, .a = expected, .b = desired};

    if (!place.near)
        return (uint32_t)remote_atomic("giga_cas", &place, &message, false);
    __atomic_compare_exchange_n((uint32_t *)at, &expected, desired, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
}

uint64_t giga_cas_far64_(void *at, uint64_t expected, uint64_t desired)
{
    gi_place place = place_word("giga_cas", at, 8);
    gi_message message = {.kind = KIND_CAS, .width = 8, .a = expected, .b = desired};

    if (!place.near)
        return remote_atomic("giga_cas", &place, &message, false);
    __atomic_compare_exchange_n((uint64_t *)at, &expected, desired, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
}

uint64_t giga_load_far_(const void *at, size_t bytes)
{
    uint64_t word = 0;
    uint32_t half = 0;

    place_word("giga_load", at, bytes);
    giga_status status = giga_get_far_(bytes == 8 ? (void *)&word : &half, at, bytes);
    if (status != GIGA_OK)
        giga_abort("%s", giga_error());
    return bytes == 8 ? word : half;
}

void giga_store_far_(void *at, uint64_t bits, size_t bytes)
{
    uint32_t half = (uint32_t)bits;

    place_word("giga_store", at, bytes);
    if (giga_put_far_(at, bytes == 8 ? (const void *)&bits : &half, bytes) != GIGA_OK)
        giga_abort("%s", giga_error());
}

giga_status gi_remote_free(gi_job *job, int32_t home, uint64_t offset, uint64_t *left_out)
{
    gi_message message = {.kind = KIND_FREE, .offset = offset};

    gi_net_enter(job);
    request *q = open_request(job, false);
    send_or_fail(job, q, home, &message, NULL, 0);
    close_request(job->remote, q);
    giga_status status = finish(job, q);
    *left_out = q->result; /* as in remote_atomic() */
    gi_net_leave(job);
    return status;
}

/* ---- completion ---- */

/*
 * Wait for what was deferred before, but not for what other threads defer meanwhile: the turn
 * moves on, and only two turns can have requests. Who finds the turn moved by another is done
 * when that other's condition holds.
 */
static void drain(gi_job *job)
{
    gi_remote *r = job->remote;
    uint32_t turn = r->turn;

    while (r->turn == turn && r->deferred[(turn + 1) & 1] > 0)
        wait_for_completion(job);
    if (r->turn == turn)
        r->turn++;
    while (r->turn == turn + 1 && r->deferred[turn & 1] > 0)
        wait_for_completion(job);
}

giga_status gi_remote_quiet(gi_job *job)
{
    gi_remote *r = job->remote;

    gi_net_enter(job);
    drain(job);
    giga_status status = flush(job), failure = r->failure;
    r->failure = GIGA_OK;
    gi_net_leave(job);
    return failure == GIGA_OK ? status
                              : giga_fail(failure, "giga_quiet: rank %d: the home of a deferred "
                                          "operation refused it: it leaves its block", job->rank);
}

giga_status giga_quiet(void)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_quiet");

    /* Near writes are complete when made; this orders them for whoever is told next. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return status == GIGA_OK && job->net ? gi_remote_quiet(job) : status;
}

/*
 * Messages to one home may be delivered out of order when their sizes differ, so ordering
 * them means completing them; their failures stay for giga_quiet().
 */
giga_status giga_fence(void)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_fence");

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (status != GIGA_OK || !job->net)
        return status;
    gi_net_enter(job);
    drain(job);
    status = flush(job);
    gi_net_leave(job);
    return status;
}

/* ---- the barrier between nodes ---- */

/* Dissemination: in round k tell the leader 2^k nodes on, and hear from 2^k nodes back. */
void gi_remote_meet(gi_job *job)
{
    gi_remote *r = job->remote;
    int64_t nodes = gi_node_count(job->node), mine = gi_node_mine(job->node);
    uint32_t meeting = ++r->meetings;

    for (int64_t step = 1, round = 0; step < nodes; step *= 2, round++) {
        gi_message message = {.kind = KIND_MEET, .a = (uint64_t)round};
        int32_t to = gi_node_leader(job->node, (int32_t)((mine + step) % nodes));
        gi_net_enter(job);
        giga_status status = gi_net_send(job->net, to, &message, NULL, 0);
        gi_net_leave(job);
        if (status != GIGA_OK)
            gi_remote_fail(job, giga_error());
        for (;;) {
            uint32_t seen = atomic_load(&r->event.value);
            if ((int32_t)(atomic_load(&r->met[round]) - meeting) >= 0)
                break;
            gi_wait_while(job, &r->event, seen);
        }
    }
}
