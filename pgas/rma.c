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
#include "watch.h"
#include "word.h"

/* ---- runs: cut at blocks, then into bodies ---- */

/* One of dst (get) and src (put) is the caller's memory, the other is NULL. */
typedef struct run {
    uint64_t offset;    /* in the window */
    uint64_t bytes, done;
    char *dst;
    const char *src;
    uint64_t remote, pieces; /* what of it went to other nodes: bytes, pieces in batches */
    int64_t ns;              /* that its caller waited */
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
            r->remote += piece;
        } else {
            start_messages(job, q, place.home, r, piece);
            r->remote += piece;
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
        if (!place.near) {
            r->remote += piece;
            r->pieces++;
        }
    }
    gi_count_run(r->dst ? GIGA_STATS_GET : GIGA_STATS_PUT, r->pieces, r->remote);
}

/* Start what goes to other nodes as one request; the lock is held. NULL: no handle is free. */
static gi_request *start_request(gi_job *job, run *r, gi_how how)
{
    if (how == GI_HANDLED && job->remote->handles >= GI_HANDLES)
        return NULL;
    gi_request *q = gi_request_open(job, how == GI_DEFERRED);
    q->dst = r->dst;
    q->bytes = r->bytes;
    q->large = r->bytes > GIGA_COPY_MAX;
    q->handled = how == GI_HANDLED;
    job->remote->handles += q->handled;
    start_run(job, q, r);
    gi_request_close(job, q);
    return q;
}

static giga_handle handle_of(const gi_remote *r, const gi_request *q)
{
    return (uint64_t)q->generation << 32 | (uint64_t)(q - r->slots + 1);
}

static giga_status start(gi_job *job, const char *function, const void *address, run *r, gi_how how,
                         giga_handle *handle_out)
{
    giga_status status = GIGA_OK;
    gi_call call;

    gi_call_begin(&call, r->dst ? GIGA_STATS_GET : GIGA_STATS_PUT, function);
    gi_net_enter(job);
    gi_request *q = start_request(job, r, how);
    if (!q)
        status = giga_fail(GIGA_ERR_MEMORY, "%s: rank %d has %d handles in use already", function,
                           job->rank, GI_HANDLES);
    else if (how == GI_HANDLED)
        *handle_out = handle_of(job->remote, q);
    else if (how == GI_BLOCKING)
        status = gi_request_finish(job, q);
    gi_net_leave(job);
    gi_count_bytes(r->remote);
    call.bytes = r->bytes;
    r->ns = gi_call_end(&call);
    return q ? refused(function, status, address, r->bytes) : status;
}

/* A near run that the table of runs does not have. */
static void copy_near(char *at, const run *r)
{
    if (r->dst)
        gi_word_load(r->dst, at, r->bytes);
    else
        gi_word_store(at, r->src, r->bytes);
}

static inline giga_status perform(gi_job *job, const char *function, const void *address,
                                  const gi_place *place, run *r, gi_how how,
                                  giga_handle *handle_out)
{
    if (!job->net || (place->near && place->left >= r->bytes)) {
        copy_near((char *)(uintptr_t)address, r);
        return GIGA_OK;
    }
    if (gi_job_check(function) != GIGA_OK) /* a shipped function, which must not wait or send */
        return GIGA_ERR_STATE;
    if (how == GI_DEFERRED && r->bytes <= GIGA_COPY_MAX) {
        defer_short(job, r);
        return GIGA_OK;
    }
    return start(job, function, address, r, how, handle_out);
}

/* The same while somebody watches. */
__attribute__((noinline)) static giga_status
perform_watched(gi_job *job, const char *function, const void *address, const gi_place *place,
                run *r, gi_how how, giga_handle *handle_out, const void *site)
{
    gi_access access = {.class = r->dst ? GIGA_STATS_GET : GIGA_STATS_PUT, .function = function,
                        .site = site, .object = place->object, .at = address, .bytes = r->bytes,
                        .private = r->dst ? r->dst : r->src, .private_bytes = r->bytes,
                        .does = r->dst ? GI_READS : GI_WRITES, .how = how, .operations = 1};

    gi_watch_before(job, &access);
    giga_status status = perform(job, function, address, place, r, how, handle_out);
    access.remote = r->remote;
    access.batched = r->pieces;
    access.ns = r->ns;
    gi_watch_after(job, &access);
    return status;
}

/* Get or put a run that the fast path did not take; `site` is where the program did. */
static inline giga_status move(const char *function, const void *address, run r, gi_how how,
                               giga_handle *handle_out, const void *site)
{
    gi_job *job = &gi_the_job;
    gi_place place;
    giga_status status = gi_job_runs(function);

    if (handle_out)
        *handle_out = GIGA_HANDLE_DONE;
    if (status != GIGA_OK)
        return status;
    if (r.bytes == 0)
        return GIGA_OK;
    if (!r.dst && !r.src)
        return giga_fail(GIGA_ERR_ARG, "%s: the private buffer is NULL", function);
    if (how == GI_HANDLED && !handle_out)
        return giga_fail(GIGA_ERR_ARG, "%s: handle_out is NULL", function);
    status = gi_object_place(job, function, address, r.bytes, &place);
    if (status != GIGA_OK)
        return status;
    r.offset = (uint64_t)(uintptr_t)address - job->window_base;
    if (__builtin_expect(job->watch != 0, 0))
        return perform_watched(job, function, address, &place, &r, how, handle_out, site);
    return perform(job, function, address, &place, &r, how, handle_out);
}

#define SITE __builtin_return_address(0)

giga_status giga_get_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_get", src, (run){.bytes = bytes, .dst = dst}, GI_BLOCKING, NULL, SITE);
}

giga_status giga_put_far_(void *dst, const void *src, size_t bytes)
{
    return move("giga_put", dst, (run){.bytes = bytes, .src = src}, GI_BLOCKING, NULL, SITE);
}

/* Apart, so that the quick ways save no registers for it. */
__attribute__((noinline)) static giga_status careful_nbi(const char *function, const void *address,
                                                         void *dst, const void *src, size_t bytes,
                                                         const void *site)
{
    return move(function, address, (run){.bytes = bytes, .dst = dst, .src = src}, GI_DEFERRED, NULL,
                site);
}

giga_status giga_get_nbi_far_(void *dst, const void *src, size_t bytes)
{
    if (gi_the_job.watch || !gi_aggregate_quick_get(&gi_the_job, src, dst, bytes))
        return careful_nbi("giga_get_nbi", src, dst, NULL, bytes, SITE);
    gi_count_run(GIGA_STATS_GET, 1, bytes);
    return GIGA_OK;
}

giga_status giga_put_nbi_far_(void *dst, const void *src, size_t bytes)
{
    if (gi_the_job.watch || !gi_aggregate_quick_put(&gi_the_job, dst, src, bytes))
        return careful_nbi("giga_put_nbi", dst, NULL, src, bytes, SITE);
    gi_count_run(GIGA_STATS_PUT, 1, bytes);
    return GIGA_OK;
}

giga_status giga_get_nb_far_(void *dst, const void *src, size_t bytes, giga_handle *handle_out)
{
    return move("giga_get_nb", src, (run){.bytes = bytes, .dst = dst}, GI_HANDLED, handle_out, SITE);
}

giga_status giga_put_nb_far_(void *dst, const void *src, size_t bytes, giga_handle *handle_out)
{
    return move("giga_put_nb", dst, (run){.bytes = bytes, .src = src}, GI_HANDLED, handle_out, SITE);
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
    gi_call call;
    gi_call_begin(&call, GIGA_STATS_WAIT, function);
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
    gi_call_end(&call);
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
    run r = {.bytes = bytes, .dst = bytes == 8 ? (char *)&word : (char *)&half};
    if (move("giga_load", at, r, GI_BLOCKING, NULL, SITE) != GIGA_OK)
        giga_abort("%s", giga_error());
    return bytes == 8 ? word : half;
}

__attribute__((noinline)) static void store(const char *function, void *at, uint64_t bits,
                                            size_t bytes, gi_how how, const void *site)
{
    uint32_t half = (uint32_t)bits;
    run r = {.bytes = bytes, .src = bytes == 8 ? (char *)&bits : (char *)&half};

    gi_place_word(function, at, bytes);
    if (move(function, at, r, how, NULL, site) != GIGA_OK)
        giga_abort("%s", giga_error());
}

void giga_store_far_(void *at, uint64_t bits, size_t bytes)
{
    store("giga_store", at, bits, bytes, GI_BLOCKING, SITE);
}

void giga_store_nbi_far_(void *at, uint64_t bits, size_t bytes)
{
    uint32_t half = (uint32_t)bits;
    const void *src = bytes == 8 ? (const void *)&bits : &half;

    if (!gi_the_job.watch && gi_aggregate_quick_put(&gi_the_job, at, src, bytes))
        gi_count_run(GIGA_STATS_PUT, 1, bytes);
    else
        store("giga_store_nbi", at, bits, bytes, GI_DEFERRED, SITE);
}

/* ---- completion ---- */

static void send_open(gi_job *job)
{
    gi_aggregate_flush(job, gi_aggregate_openings(job));
}

/* A thread counts a batch before it opens it, so that one may turn up only now. */
static void wait_and_send(gi_job *job, uint64_t upto)
{
    gi_request_wait(job);
    gi_net_leave(job);
    gi_aggregate_flush(job, upto);
    gi_net_enter(job);
}

/*
 * Wait for what was deferred before, but not for what other threads defer meanwhile: the turn
 * moves on, and only two turns can have requests or batches. Who finds the turn moved by
 * another is done when that other's condition holds. What other threads have opened in this
 * turn must be sent, or it would be waited for until it is old: so again after the turn.
 */
static giga_status drain(gi_job *job)
{
    gi_remote *r = job->remote;

    send_open(job);
    gi_net_enter(job);
    uint32_t turn = r->turn;
    while (r->turn == turn && r->deferred[(turn + 1) & 1] > 0)
        wait_and_send(job, gi_aggregate_openings(job));
    if (r->turn == turn)
        r->turn++;
    uint64_t upto = gi_aggregate_openings(job); /* counted with the turns, under the lock */
    gi_net_leave(job);
    gi_aggregate_flush(job, upto);
    gi_net_enter(job);
    while (r->turn == turn + 1 && r->deferred[turn & 1] > 0)
        wait_and_send(job, upto);
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
    const char *why = failure == GIGA_ERR_ARG ? "the result of a call is longer than its room"
                                              : "it leaves its block";
    if (offset == 0)
        return giga_fail(failure, "giga_quiet: rank %d: the home of a deferred operation refused "
                         "it: %s", job->rank, why);
    return giga_fail(failure, "giga_quiet: rank %d: the home refused the deferred operation at %p: "
                     "%s", job->rank, (void *)(uintptr_t)(job->window_base + offset), why);
}

/* Complete what was deferred; quiet takes what failed, fence leaves it. */
static giga_status complete(gi_job *job, const char *function, bool quiet)
{
    giga_status status;
    gi_call call;

    if (job->watch)
        gi_watch_quiet(job);
    if (!job->net)
        return GIGA_OK;
    gi_call_begin(&call, GIGA_STATS_QUIET, function);
    status = drain(job);
    if (quiet)
        status = take_failure(job, status);
    gi_call_end(&call);
    return status;
}

giga_status giga_quiet(void)
{
    giga_status status = gi_job_check("giga_quiet");

    /* Near writes are complete when made; this orders them for whoever is told next. */
    gi_rings_drain();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return status == GIGA_OK ? complete(&gi_the_job, "giga_quiet", true) : status;
}

/*
 * Messages to one home may be delivered out of order when their sizes differ, so ordering
 * them means completing them; their failures stay for giga_quiet().
 */
giga_status giga_fence(void)
{
    giga_status status = gi_job_check("giga_fence");

    gi_rings_drain();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return status == GIGA_OK ? complete(&gi_the_job, "giga_fence", false) : status;
}
