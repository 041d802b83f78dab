/*
 * request.c - see request.h, which states the invariants R1 to R3.
 */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "transfer.h"

enum { NONE = -1 };

giga_status gi_remote_start(gi_job *job, gi_remote **out)
{
    gi_remote *r = calloc(1, sizeof *r);

    if (!r)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    for (int32_t i = 0; i < GI_SLOTS; i++)
        r->slots[i].next_free = i + 1 < GI_SLOTS ? i + 1 : NONE;
    *out = r;
    (void)job;
    return GIGA_OK;
}

void gi_remote_stop(gi_job *job)
{
    free(job->remote);
    job->remote = NULL;
}

void gi_request_signal(gi_remote *r)
{
    atomic_fetch_add(&r->event.value, 1);
    gi_wake(&r->event);
}

void gi_request_release(gi_remote *r, gi_request *q)
{
    r->handles -= q->handled;
    q->handled = false;
    q->generation++;
    q->next_free = r->first_free;
    r->first_free = (int32_t)(q - r->slots);
}

void gi_request_failed(gi_remote *r, giga_status status, uint64_t offset)
{
    if (status == GIGA_OK || r->failure != GIGA_OK)
        return;
    r->failure = status;
    r->failed_at = offset;
}

/* R2. A deferred request ends here; another one is handed to its waiter. */
static void settle(gi_job *job, gi_request *q)
{
    gi_remote *r = job->remote;

    if (!q->closed || q->pending > 0)
        return;
    if (q->unflushed) { /* what it put has left; now that it arrives */
        q->unflushed = false;
        gi_transfer_flush(job, q);
        return;
    }
    if (q->deferred) {
        gi_request_failed(r, q->status, 0);
        r->deferred[q->turn]--;
        gi_request_release(r, q);
    } else {
        atomic_store_explicit(&q->done, true, memory_order_release); /* pairs with its waiter */
    }
    gi_request_signal(r);
}

void gi_request_answered(gi_job *job, gi_request *q, giga_status status)
{
    if (q->large && job->remote->bodies-- == GI_IN_FLIGHT)
        gi_request_signal(job->remote); /* room again, perhaps for this same request (R3) */
    if (status != GIGA_OK && q->status == GIGA_OK)
        q->status = status;
    q->pending--;
    settle(job, q);
}

void gi_request_wait(gi_job *job)
{
    uint32_t seen = atomic_load(&job->remote->event.value);

    gi_net_leave(job);
    gi_wait_while(job, &job->remote->event, seen);
    gi_net_enter(job);
}

gi_request *gi_request_open(gi_job *job, bool deferred)
{
    gi_remote *r = job->remote;

    while (r->first_free == NONE) /* R3 */
        gi_request_wait(job);
    gi_request *q = &r->slots[r->first_free];
    r->first_free = q->next_free;
    *q = (gi_request){.deferred = deferred, .turn = r->turn & 1, .next_free = NONE,
                      .generation = q->generation};
    if (deferred)
        r->deferred[q->turn]++;
    return q;
}

void gi_request_close(gi_job *job, gi_request *q)
{
    q->closed = true;
    settle(job, q);
}

giga_status gi_request_finish(gi_job *job, gi_request *q)
{
    while (!atomic_load_explicit(&q->done, memory_order_acquire)) /* pairs with settle() */
        gi_request_wait(job);
    giga_status status = q->status;
    gi_request_release(job->remote, q);
    return status;
}

void gi_request_finish_handles(gi_job *job)
{
    gi_net_enter(job);
    for (int32_t i = 0; i < GI_SLOTS; i++) {
        gi_request *q = &job->remote->slots[i];
        while (q->handled && !atomic_load_explicit(&q->done, memory_order_acquire)) /* settle() */
            gi_request_wait(job);
    }
    gi_net_leave(job);
}

void gi_request_send(gi_job *job, gi_request *q, int32_t to, gi_message *message,
                     const void *body, size_t bytes)
{
    message->slot = (uint64_t)(q - job->remote->slots);
    q->pending++;
    job->remote->bodies += q->large;
    gi_count_message();
    giga_status status = gi_net_send(job->net, to, message, body, bytes);
    if (status != GIGA_OK)
        gi_request_answered(job, q, status);
}

giga_status gi_request_ask(gi_job *job, int32_t home, gi_message *message, uint64_t *result_out)
{
    gi_net_enter(job);
    gi_request *q = gi_request_open(job, false);
    gi_request_send(job, q, home, message, NULL, 0);
    gi_request_close(job, q);
    giga_status status = gi_request_finish(job, q);
    *result_out = q->result; /* the slot is free, but the lock is still ours */
    gi_net_leave(job);
    return status;
}

giga_status gi_remote_free(gi_job *job, int32_t home, uint64_t offset, uint64_t *left_out)
{
    gi_message message = {.kind = GI_KIND_FREE, .offset = offset};

    return gi_request_ask(job, home, &message, left_out);
}

static void take_data(gi_job *job, gi_request *q, const gi_message *m, const void *body,
                      size_t bytes)
{
    bool fits = m->a <= q->bytes && bytes <= q->bytes - m->a;

    if (fits && bytes > 0)
        memcpy(q->dst + m->a, body, bytes);
    q->result = m->b;
    gi_request_answered(job, q, fits ? GIGA_OK : GIGA_ERR_NET);
}

void gi_request_receive(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    gi_remote *r = job->remote;

    if (m->slot >= GI_SLOTS || r->slots[m->slot].pending == 0)
        return;
    gi_request *q = &r->slots[m->slot];
    if (m->kind == GI_KIND_KEY_ANSWER) {
        gi_transfer_take_key(job, q, m, body);
    } else if (m->kind == GI_KIND_DATA) {
        take_data(job, q, m, body, bytes);
    } else {
        q->result = m->b;
        gi_request_answered(job, q, (giga_status)(int64_t)m->offset);
    }
}
