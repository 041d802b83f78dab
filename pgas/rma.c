/*
 * rma.c - the far half of rma.h: runs, values, handles, completion.
 *
 * Threads: any thread of the program. What goes to another node does so under the lock of
 * the network; batches have locks of their own (aggregate.h).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate.h"
#include "node.h"
#include "request.h"
#include "ring.h"
#include "transfer.h"

/* ---- runs: cut at blocks, then into bodies ---- */

/* One of dst (get) and src (put) is the caller's memory, the other is NULL. */
typedef struct run {
    uint64_t offset;    /* in the window */
    uint64_t bytes, done;
    char *dst;
    const char *src;
} run;

static void start_messages(gi_job *job, gi_request *q, int32_t home, run *r, uint64_t piece)
{
    for (uint64_t end = r->done + piece; r->done < end;) {
        uint64_t body = end - r->done < GI_NET_BODY_MAX ? end - r->done : GI_NET_BODY_MAX;
        gi_message message = {.kind = r->dst ? GI_KIND_GET : GI_KIND_PUT, .offset = r->offset + r->done,
                              .a = r->done, .b = body, .reach = end - r->done};
        while (q->large && job->remote->bodies >= GI_IN_FLIGHT) /* R3 */
            gi_request_wait(job);
        if (r->dst)
            gi_request_send(job, q, home, &message, NULL, 0);
        else
            gi_request_send(job, q, home, &message, r->src + r->done, body);
        r->done += body;
    }
}

/* Starts everything of a run that is not near; near pieces are copied at once. */
static void start_run(gi_job *job, gi_request *q, run *r)
{
    /* A short put that is not waited for must copy its source, which only a message does. */
    bool must_copy = (q->deferred || q->handled) && r->src && r->bytes <= GIGA_COPY_MAX;

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
            gi_transfer_start(job, q, &place, piece, r->dst ? r->dst + r->done : NULL,
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

/* How a run is completed. */
typedef enum mode { BLOCKING, DEFERRED, HANDLED } mode;

/* A short deferred run joins the batches of the nodes it touches. */
static void defer_short(gi_job *job, run *r)
{
    while (r->done < r->bytes) {
        gi_place place;
        char *at = (char *)(uintptr_t)(job->window_base + r->offset + r->done);
        gi_object_place(job, "giga", at, 0, &place); /* inside its object: checked before */
        uint64_t left = r->bytes - r->done, piece = place.left < left ? place.left : left;
        if (place.near)
            memcpy(r->dst ? r->dst + r->done : at, r->dst ? at : r->src + r->done, piece);
        else if (r->dst)
            gi_aggregate_get(job, place.home, at, r->dst + r->done, piece);
        else
            gi_aggregate_put(job, place.home, at, r->src + r->done, piece);
        r->done += piece;
    }
}

/* Start what goes to other nodes as one request; the lock is held. NULL: no handle is free. */
static gi_request *start_request(gi_job *job, run *r, mode how)
{
    if (how == HANDLED && job->remote->handles >= GI_HANDLES)
        return NULL;
    gi_request *q = gi_request_open(job, how == DEFERRED);
    q->dst = r->dst;
    q->bytes = r->bytes;
    q->large = r->bytes > GIGA_COPY_MAX;
    q->handled = how == HANDLED;
    job->remote->handles += q->handled;
    start_run(job, q, r);
    gi_request_close(job, q);
    return q;
}

static giga_handle handle_of(const gi_remote *r, const gi_request *q)
{
    return (uint64_t)q->generation << 32 | (uint64_t)(q - r->slots + 1);
}

static giga_status start(gi_job *job, const char *function, const void *address, run *r, mode how,
                         giga_handle *handle_out)
{
    giga_status status = GIGA_OK;

    gi_net_enter(job);
    gi_request *q = start_request(job, r, how);
    if (!q)
        status = giga_fail(GIGA_ERR_MEMORY, "%s: rank %d has %d handles in use already", function,
                           job->rank, GI_HANDLES);
    else if (how == HANDLED)
        *handle_out = handle_of(job->remote, q);
    else if (how == BLOCKING)
        status = gi_request_finish(job, q);
    gi_net_leave(job);
    return q ? refused(function, status, address, r->bytes) : status;
}

/* A near run that the table of runs does not have. Aligned words are single-copy atomic here, too. */
static void copy_near(char *at, const run *r)
{
    uint64_t word;
    uint32_t half;

    if (r->bytes == 8 && ((uintptr_t)at & 7) == 0 && r->dst) {
        word = __atomic_load_n((uint64_t *)(void *)at, __ATOMIC_RELAXED);
        memcpy(r->dst, &word, sizeof word);
    } else if (r->bytes == 8 && ((uintptr_t)at & 7) == 0) {
        memcpy(&word, r->src, sizeof word);
        __atomic_store_n((uint64_t *)(void *)at, word, __ATOMIC_RELAXED);
    } else if (r->bytes == 4 && ((uintptr_t)at & 3) == 0 && r->dst) {
        half = __atomic_load_n((uint32_t *)(void *)at, __ATOMIC_RELAXED);
        memcpy(r->dst, &half, sizeof half);
    } else if (r->bytes == 4 && ((uintptr_t)at & 3) == 0) {
        memcpy(&half, r->src, sizeof half);
        __atomic_store_n((uint32_t *)(void *)at, half, __ATOMIC_RELAXED);
    } else {
        memcpy(r->dst ? r->dst : at, r->dst ? at : r->src, r->bytes);
    }
}

/* Get or put a run that the fast path did not take. */
static giga_status move(const char *function, const void *address, run r, mode how,
                        giga_handle *handle_out)
{
    gi_job *job = &gi_the_job;
    gi_place place;
    giga_status status = gi_job_check(function);

    if (handle_out)
        *handle_out = GIGA_HANDLE_DONE;
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
        copy_near((char *)(uintptr_t)address, &r);
        return GIGA_OK;
    }
    if (how == DEFERRED && r.bytes <= GIGA_COPY_MAX) {
        defer_short(job, &r);
        return GIGA_OK;
    }
    return start(job, function, address, &r, how, handle_out);
}

giga_status giga_get_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_get", src, (run){.bytes = bytes, .dst = dst}, BLOCKING, NULL);
}

giga_status giga_put_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_put", dst, (run){.bytes = bytes, .src = src}, BLOCKING, NULL);
}

giga_status giga_get_nbi_far_(void *dst, const void *src, size_t bytes)
{
    if (gi_aggregate_quick_get(&gi_the_job, src, dst, bytes))
        return GIGA_OK;
    return move("giga_get_nbi", src, (run){.bytes = bytes, .dst = dst}, DEFERRED, NULL);
}

giga_status giga_put_nbi_far_(void *dst, const void *src, size_t bytes)
{
    if (gi_aggregate_quick_put(&gi_the_job, dst, src, bytes))
        return GIGA_OK;
    return move("giga_put_nbi", dst, (run){.bytes = bytes, .src = src}, DEFERRED, NULL);
}

giga_status giga_get_nb_far_(void *dst, const void *src, size_t bytes, giga_handle *handle_out)
{
    return move("giga_get_nb", src, (run){.bytes = bytes, .dst = dst}, HANDLED, handle_out);
}

giga_status giga_put_nb_far_(void *dst, const void *src, size_t bytes, giga_handle *handle_out)
{
    return move("giga_put_nb", dst, (run){.bytes = bytes, .src = src}, HANDLED, handle_out);
}

/* ---- handles ---- */

/* The request of a handle, NULL with a sentence when it is none; the lock is held. */
static gi_request *request_of(gi_job *job, const char *function, giga_handle handle)
{
    uint64_t slot = (handle & UINT32_MAX) - 1;
    gi_request *q = job->net && slot < GI_SLOTS ? &job->remote->slots[slot] : NULL;

    if (q && q->handled && q->generation == handle >> 32)
        return q;
    giga_fail(GIGA_ERR_ARG, "%s: rank %d: 0x%" PRIx64 " is no handle, or was completed before",
              function, job->rank, handle);
    return NULL;
}

/* Is it done? Then its slot goes back, and the handle becomes GIGA_HANDLE_DONE. */
static bool take_if_done(gi_job *job, const char *function, giga_handle *handle,
                         giga_status *status_out)
{
    gi_request *q = request_of(job, function, *handle);

    *status_out = q ? GIGA_OK : GIGA_ERR_ARG;
    if (!q || !atomic_load_explicit(&q->done, memory_order_acquire)) /* pairs with settle() */
        return false;
    giga_status status = q->status;
    gi_request_release(job->remote, q);
    *handle = GIGA_HANDLE_DONE;
    *status_out = status == GIGA_OK ? GIGA_OK
                                    : giga_fail(status, "%s: rank %d: the home refused the run: it "
                                                "leaves its block", function, job->rank);
    return true;
}

giga_status giga_test(giga_handle *handle, bool *done_out)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_test");

    if (done_out)
        *done_out = false;
    if (status != GIGA_OK)
        return status;
    if (!handle || !done_out)
        return giga_fail(GIGA_ERR_ARG, "giga_test: handle or done_out is NULL");
    *done_out = *handle == GIGA_HANDLE_DONE;
    if (*done_out)
        return GIGA_OK;
    if (!job->net)
        return giga_fail(GIGA_ERR_ARG, "giga_test: rank %d: 0x%" PRIx64 " is no handle", job->rank,
                         *handle);
    gi_net_enter(job);
    *done_out = take_if_done(job, "giga_test", handle, &status);
    if (!*done_out && status == GIGA_OK) {
        gi_net_poll(job->net);
        *done_out = take_if_done(job, "giga_test", handle, &status);
    }
    gi_net_leave(job);
    return status;
}

static giga_status wait_any(const char *function, giga_handle *handles, size_t count,
                            size_t *index_out)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check(function);
    bool done = false, some = false;

    if (index_out)
        *index_out = count;
    if (status == GIGA_OK && (!index_out || (count > 0 && !handles)))
        return giga_fail(GIGA_ERR_ARG, "%s: a handle or index_out is NULL", function);
    if (status != GIGA_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        some |= handles[i] != GIGA_HANDLE_DONE;
    if (!some)
        return GIGA_OK;
    if (!job->net)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: there is no such handle", function, job->rank);
    gi_net_enter(job);
    while (!done && status == GIGA_OK) {
        for (size_t i = 0; i < count && !done && status == GIGA_OK; i++) {
            if (handles[i] == GIGA_HANDLE_DONE)
                continue;
            done = take_if_done(job, function, &handles[i], &status);
            *index_out = i;
        }
        if (!done && status == GIGA_OK)
            gi_request_wait(job);
    }
    gi_net_leave(job);
    return status;
}

giga_status giga_wait_any(giga_handle *handles, size_t count, size_t *index_out)
{
    return wait_any("giga_wait_any", handles, count, index_out);
}

giga_status giga_wait(giga_handle *handle)
{
    size_t index;

    return wait_any("giga_wait", handle, 1, &index);
}

/* ---- values ---- */

uint64_t giga_load_far_(const void *at, size_t bytes)
{
    uint64_t word = 0;
    uint32_t half = 0;

    gi_place_word("giga_load", at, bytes);
    giga_status status = move("giga_load", at,
                              (run){.bytes = bytes, .dst = bytes == 8 ? (char *)&word : (char *)&half},
                              BLOCKING, NULL);
    if (status != GIGA_OK)
        giga_abort("%s", giga_error());
    return bytes == 8 ? word : half;
}

void giga_store_far_(void *at, uint64_t bits, size_t bytes)
{
    uint32_t half = (uint32_t)bits;

    gi_place_word("giga_store", at, bytes);
    run r = {.bytes = bytes, .src = bytes == 8 ? (const char *)&bits : (const char *)&half};
    if (move("giga_store", at, r, BLOCKING, NULL) != GIGA_OK)
        giga_abort("%s", giga_error());
}

void giga_store_nbi_far_(void *at, uint64_t bits, size_t bytes)
{
    uint32_t half = (uint32_t)bits;

    gi_place_word("giga_store_nbi", at, bytes);
    if (giga_put_nbi_far_(at, bytes == 8 ? (const void *)&bits : &half, bytes) != GIGA_OK)
        giga_abort("%s", giga_error());
}

/* ---- completion ---- */

/*
 * Wait for what was deferred before, but not for what other threads defer meanwhile: the turn
 * moves on, and only two turns can have requests or batches. Who finds the turn moved by
 * another is done when that other's condition holds. What other threads have opened in this
 * turn must be sent, or it would be waited for until it is old: so again after the turn.
 */
static giga_status drain(gi_job *job)
{
    gi_remote *r = job->remote;

    gi_aggregate_flush(job);
    gi_net_enter(job);
    uint32_t turn = r->turn;
    while (r->turn == turn && r->deferred[(turn + 1) & 1] > 0)
        gi_request_wait(job);
    if (r->turn == turn)
        r->turn++;
    gi_net_leave(job);
    gi_aggregate_flush(job);
    gi_net_enter(job);
    while (r->turn == turn + 1 && r->deferred[turn & 1] > 0)
        gi_request_wait(job);
    giga_status status = gi_transfer_settle(job);
    gi_net_leave(job);
    return status;
}

static giga_status take_failure(gi_job *job, giga_status status)
{
    gi_remote *r = job->remote;

    gi_net_enter(job);
    giga_status failure = r->failure;
    uint64_t offset = r->failed_at;
    r->failure = GIGA_OK;
    gi_net_leave(job);
    if (failure == GIGA_OK)
        return status;
    if (offset == 0)
        return giga_fail(failure, "giga_quiet: rank %d: the home of a deferred operation refused "
                         "it: it leaves its block", job->rank);
    return giga_fail(failure, "giga_quiet: rank %d: the home refused the deferred operation at %p: "
                     "it leaves its block", job->rank,
                     (void *)(uintptr_t)(job->window_base + offset));
}

giga_status giga_quiet(void)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_quiet");

    /* Near writes are complete when made; this orders them for whoever is told next. */
    gi_rings_drain();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return status == GIGA_OK && job->net ? take_failure(job, drain(job)) : status;
}

/*
 * Messages to one home may be delivered out of order when their sizes differ, so ordering
 * them means completing them; their failures stay for giga_quiet().
 */
giga_status giga_fence(void)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_fence");

    gi_rings_drain();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return status == GIGA_OK && job->net ? drain(job) : status;
}
