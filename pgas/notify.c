/*
 * notify.c - notified puts, and waiting for them.
 *
 * Who waits for a counter sleeps on one of the node's events, chosen by the counter's address;
 * who notifies changes the counter first and the event after. An event is shared by the counters
 * that hash to it, so a waiter looks again after every wake-up.
 *
 * Threads: any.
 */
#include <giga/notify.h>

#include "home.h"
#include "node.h"
#include "progress.h"
#include "request.h"
#include "watch.h"

#include <string.h>

static void notify_near(gi_job *job, uint64_t *counter, uint64_t offset, uint64_t add)
{
    gi_event *event = gi_node_event(job->node, offset);

    __atomic_fetch_add(counter, add, __ATOMIC_SEQ_CST); /* pairs with the load of giga_await() */
    atomic_fetch_add(&event->value, 1);
    gi_wake(event);
}

/* The counter's offset is in b, what is added in a; the bytes before it, if any, in the body. */
void gi_home_notify(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    giga_status status = GIGA_OK, counted;
    void *to = bytes > 0 ? gi_home_bytes(job, m->offset, bytes, &status) : NULL;
    uint64_t *counter = gi_home_bytes(job, m->b, sizeof *counter, &counted);

    status = status == GIGA_OK ? counted : status;
    if (status == GIGA_OK && m->b % sizeof *counter != 0)
        status = GIGA_ERR_ARG;
    if (status == GIGA_OK) {
        if (bytes > 0)
            memcpy(to, body, bytes);
        notify_near(job, counter, m->b, m->a);
    }
    gi_home_answer(job, m, GI_KIND_DONE, status, 0, NULL, 0);
}

static giga_status check_counter(gi_job *job, const char *function, const uint64_t *counter,
                                 gi_place *out)
{
    giga_status status = gi_job_runs(function);

    if (status != GIGA_OK)
        return status;
    if ((uintptr_t)counter % sizeof *counter != 0)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: address %p is not aligned to 8 bytes", function,
                         job->rank, (const void *)counter);
    return gi_object_place(job, function, counter, sizeof *counter, out);
}

static uint64_t offset_of(const gi_job *job, const void *address)
{
    return (uint64_t)(uintptr_t)address - job->window_base;
}

static void send(gi_job *job, int32_t home, gi_message *message, const void *src, size_t bytes)
{
    gi_net_enter(job);
    gi_request *q = gi_request_open(job, true);
    q->large = bytes > GIGA_COPY_MAX;
    while (q->large && job->remote->bodies >= GI_IN_FLIGHT) /* R3 */
        gi_request_wait(job);
    gi_request_send(job, q, home, message, src, bytes);
    gi_request_close(job, q);
    gi_net_leave(job);
    gi_count_bytes(bytes + sizeof(uint64_t));
}

/* What is put, if anything, and where the counter is. */
typedef struct notice {
    const char *function;
    const void *site;
    void *dst;
    const void *src;
    size_t bytes;
    gi_place place;           /* of the counter */
    uint64_t *counter, add;
} notice;

static giga_status deliver(gi_job *job, const notice *n)
{
    gi_message message = {.kind = GI_KIND_NOTIFY, .a = n->add, .b = offset_of(job, n->counter),
                          .offset = n->bytes > 0 ? offset_of(job, n->dst) : 0};
    bool apart = n->bytes > 0 && (n->place.near || n->bytes > GI_NET_BODY_MAX);

    if (apart) { /* complete, so the counter comes after it */
        giga_status status = giga_put(n->dst, n->src, n->bytes);
        if (status != GIGA_OK)
            return status;
    }
    if (!n->place.near && gi_job_check(n->function) != GIGA_OK)
        return GIGA_ERR_STATE; /* a shipped function, which must not send */
    if (n->place.near)
        notify_near(job, n->counter, message.b, n->add);
    else
        send(job, n->place.home, &message, apart ? NULL : n->src, apart ? 0 : n->bytes);
    return GIGA_OK;
}

/* A near notice is no communication, and is counted only while somebody watches. */
static giga_status deliver_counted(gi_job *job, const notice *n)
{
    gi_access access = {.class = GIGA_STATS_NOTIFY, .function = n->function, .site = n->site,
                        .object = n->place.object, .at = n->dst, .bytes = n->bytes,
                        .private = n->src, .private_bytes = n->bytes, .does = GI_WRITES,
                        .how = GI_DEFERRED, .operations = 1};
    const giga_stats_op *mine = gi_stats_mine(GIGA_STATS_NOTIFY);
    uint64_t bytes = mine->bytes;
    gi_call call;

    if (job->watch)
        gi_watch_before(job, &access);
    gi_call_begin(&call, GIGA_STATS_NOTIFY, n->function);
    giga_status status = deliver(job, n);
    access.remote = call.bytes = mine->bytes - bytes;
    call.near = n->place.near;
    access.bytes += sizeof *n->counter;
    access.ns = gi_call_end(&call);
    if (job->watch)
        gi_watch_after(job, &access);
    return status;
}

static giga_status notify(gi_job *job, const notice *n)
{
    return n->place.near && !job->watch ? deliver(job, n) : deliver_counted(job, n);
}

giga_status giga_notify(uint64_t *counter, uint64_t add)
{
    gi_job *job = &gi_the_job;
    notice n = {.function = "giga_notify", .site = __builtin_return_address(0), .counter = counter,
                .add = add};
    giga_status status = check_counter(job, "giga_notify", counter, &n.place);

    return status == GIGA_OK ? notify(job, &n) : status;
}

giga_status giga_put_notify(void *dst, const void *src, size_t bytes, uint64_t *counter,
                            uint64_t add)
{
    gi_job *job = &gi_the_job;
    notice n = {.function = "giga_put_notify", .site = __builtin_return_address(0), .dst = dst,
                .src = src, .bytes = bytes, .counter = counter, .add = add};
    gi_place data;
    giga_status status = check_counter(job, "giga_put_notify", counter, &n.place);

    if (status != GIGA_OK || bytes == 0)
        return status == GIGA_OK ? notify(job, &n) : status;
    if (!src)
        return giga_fail(GIGA_ERR_ARG, "giga_put_notify: the private buffer is NULL");
    status = gi_object_place(job, "giga_put_notify", dst, bytes, &data);
    if (status != GIGA_OK)
        return status;
    if (data.home != n.place.home || bytes > data.left)
        return giga_fail(GIGA_ERR_ARG, "giga_put_notify: rank %d: the %zu bytes at %p and the counter "
                         "at %p are not in blocks of one home", job->rank, bytes, dst,
                         (void *)counter);
    return notify(job, &n);
}

static bool compare(uint64_t now, giga_cmp cmp, uint64_t value)
{
    switch (cmp) {
    case GIGA_EQ: return now == value;
    case GIGA_NE: return now != value;
    case GIGA_LT: return now < value;
    case GIGA_LE: return now <= value;
    case GIGA_GT: return now > value;
    case GIGA_GE: return now >= value;
    }
    return true;
}

/* Look at the counter until it compares true; the first look costs no more than itself. */
static uint64_t await(gi_job *job, const uint64_t *counter, giga_cmp cmp, uint64_t value)
{
    gi_event *event = gi_node_event(job->node, offset_of(job, counter));
    bool waited = false;
    gi_call call;

    for (;;) {
        uint32_t seen = atomic_load(&event->value);
        uint64_t now = __atomic_load_n(counter, __ATOMIC_SEQ_CST); /* pairs with notify_near() */
        if (compare(now, cmp, value)) {
            if (waited)
                gi_call_end(&call);
            return now;
        }
        if (!waited)
            gi_call_begin(&call, GIGA_STATS_WAIT, "giga_await");
        waited = true;
        gi_wait_while(job, event, seen);
    }
}

giga_status giga_await(const uint64_t *counter, giga_cmp cmp, uint64_t value, uint64_t *value_out)
{
    gi_job *job = &gi_the_job;
    gi_place place;
    giga_status status = gi_job_check("giga_await");

    if (status == GIGA_OK)
        status = check_counter(job, "giga_await", counter, &place);

    if (status != GIGA_OK)
        return status;
    if (!place.near || cmp < GIGA_EQ || cmp > GIGA_GE)
        return place.near ? giga_fail(GIGA_ERR_ARG, "giga_await: unknown comparison %d", (int)cmp)
                          : giga_fail(GIGA_ERR_ADDRESS, "giga_await: rank %d: the counter at %p is "
                                      "of rank %d on another node", job->rank,
                                      (const void *)counter, place.home);
    uint64_t now = await(job, counter, cmp, value);
    if (value_out)
        *value_out = now;
    return GIGA_OK;
}
