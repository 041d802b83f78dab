/*
 * vector.c - gather, scatter, scatter-add and boxes.
 *
 * A call first checks every index, then moves: near elements at once, with their lines fetched
 * ahead, remote ones through the batches of aggregate.h. A blocking call has a request and
 * batch context of its own, opened at its first remote element; a deferred one uses the
 * thread's.
 *
 * Threads: any.
 */
#include <inttypes.h>
#include <string.h>

#include <giga/vector.h>

#include "aggregate.h"
#include "atomic.h"
#include "node.h"
#include "request.h"
#include "watch.h"
#include "word.h"

enum {
    AHEAD = 16,           /* elements between fetching a line and using it: covers 100 ns */
    LONG_ROW = 8 << 10,   /* rows of a box from here on are runs of their own */
    ROWS = 32,            /* of them under way */
};

/* What a call does with elements of one object. */
typedef struct work {
    gi_job *job;
    const char *function;
    gi_object *object;
    char *base;                  /* element 0, or the box's first */
    uint64_t left;               /* bytes from there that may be named */
    giga_run_ run;               /* the near run around the last near element */
    gi_request *request;         /* NULL: deferred, or nothing remote yet */
    gi_context *context;
    bool deferred, writes;
    unsigned opcode;             /* of an add; 0 is one, so `adds` tells */
    bool adds;
    size_t element_bytes;
    giga_status refused;         /* an element behind a near block of unequal length */
    giga_stats_class class;
    const void *site;            /* where the program called */
    gi_access access;            /* the call as a whole, for who watches */
    gi_call call;
    bool called;                 /* `call` has begun */
    uint64_t bytes_before;       /* that this thread had counted for the class by then */
    uint64_t remote, pieces;     /* bytes and pieces that went in batches */
    uint64_t moved;              /* bytes altogether */
} work;

static giga_status begin(work *w, const void *base)
{
    giga_status status = gi_job_check(w->function);
    gi_place place;

    if (status != GIGA_OK)
        return status;
    w->job = &gi_the_job;
    w->base = (char *)(uintptr_t)base;
    status = gi_object_place(w->job, w->function, base, 0, &place);
    if (status != GIGA_OK)
        return status;
    w->object = place.object;
    uint64_t at = (uint64_t)(uintptr_t)base - w->job->window_base - w->object->offset;
    uint64_t end = w->object->uniform ? w->object->bytes
                                      : w->object->stride * (uint64_t)w->job->size;
    w->left = w->object->arenas ? place.left : at < end ? end - at : 0;
    return GIGA_OK;
}

/* The time of a call is taken from its first remote element, or from where it may wait. */
static void take_time(work *w)
{
    if (!w->called)
        gi_call_begin(&w->call, w->class, w->function);
    if (!w->called)
        w->bytes_before = gi_stats_mine(w->class)->bytes;
    w->called = true;
}

/* A call that waits counts itself; a deferred one is counted when something was remote. */
static void count(work *w)
{
    giga_stats_op *op = &gi_tally_mine()->counts.stats.op[w->class];

    gi_add(&op->bytes, w->remote);
    gi_add(&op->batched, w->pieces);
    if (!w->called && w->remote > 0)
        gi_add(&op->operations, 1);
}

/* Before anything is moved; elements of a call do not conflict with each other. */
static void begin_watched(work *w, const void *private, uint64_t private_bytes)
{
    gi_tally *t = gi_tally_mine();

    w->access = (gi_access){.class = w->class, .function = w->function, .site = w->site,
                            .object = w->object, .private = private,
                            .private_bytes = private_bytes, .operations = 1,
                            .reads_private = w->adds,
                            .group = (uint64_t)(t->thread + 1) << 40 | ++t->groups,
                            .does = w->adds ? GI_UPDATES : w->writes ? GI_WRITES : GI_READS,
                            .how = w->deferred ? GI_DEFERRED : GI_BLOCKING};
    gi_watch_before(w->job, &w->access);
    take_time(w);
}

/* One run of the window that the call touches, and of the caller's memory or NULL. */
static void watch_piece(const work *w, const char *at, const void *private, uint64_t bytes)
{
    gi_access piece = w->access;

    piece.at = at;
    piece.private = private;
    piece.bytes = piece.private_bytes = bytes;
    gi_watch_piece(w->job, &piece);
}

/* The call is over, its bytes known: those it moved itself and those of long rows inside it. */
static void end_watched(work *w, uint64_t remote)
{
    w->access.remote = remote;
    w->access.bytes = w->moved;
    w->access.batched = w->pieces;
    gi_watch_after(w->job, &w->access);
}

/* Completes what a blocking call has sent; the failure of a home is the call's. */
static giga_status finish(work *w)
{
    if (!w->request)
        return w->refused;
    gi_gather_finish(w->context);
    gi_net_enter(w->job);
    gi_request_close(w->job, w->request);
    giga_status status = gi_request_finish(w->job, w->request);
    gi_net_leave(w->job);
    return status == GIGA_OK ? w->refused
                             : giga_fail(status, "%s: rank %d: a home refused an element: it leaves "
                                         "its block", w->function, w->job->rank);
}

static giga_status end(work *w)
{
    uint64_t before = w->called ? w->bytes_before : 0;
    giga_status status = finish(w);

    count(w);
    if (w->called) {
        uint64_t remote = gi_stats_mine(w->class)->bytes - before;
        w->call.bytes = remote;
        w->call.near = remote == 0;
        w->access.ns = gi_call_end(&w->call);
        if (w->job->watch)
            end_watched(w, remote);
    }
    return status;
}

static void open_request(work *w)
{
    take_time(w);
    gi_net_enter(w->job);
    w->request = gi_request_open(w->job, false);
    gi_net_leave(w->job);
    w->context = gi_gather_begin(w->job, w->request);
}

static int32_t home_of(const work *w, const char *at)
{
    uint64_t offset = (uint64_t)(uintptr_t)at - w->job->window_base - w->object->offset;

    return (int32_t)(offset / w->object->stride);
}

/* A piece of at most GIGA_COPY_MAX bytes in one block of another node. */
static void move_far(work *w, char *at, char *private, size_t bytes)
{
    int32_t home = home_of(w, at);

    w->remote += bytes;
    w->pieces++;
    if (!w->deferred && !w->request)
        open_request(w);
    if (w->adds) {
        uint64_t bits = 0;
        memcpy(&bits, private, bytes);
        if (w->deferred)
            gi_aggregate_atomic(w->job, home, at, w->opcode, bits, 0, NULL);
        else
            gi_gather_atomic(w->context, home, at, w->opcode, bits);
    } else if (w->writes) {
        if (w->deferred)
            gi_aggregate_put(w->job, home, at, private, bytes);
        else
            gi_gather_put(w->context, home, at, private, bytes);
    } else {
        if (w->deferred)
            gi_aggregate_get(w->job, home, at, private, bytes);
        else
            gi_gather_get(w->context, home, at, private, bytes);
    }
}

/* Bytes from `at` that are near, or that are in one block; *near_out says which. */
static uint64_t stretch(work *w, const char *at, bool *near_out)
{
    gi_place place;

    gi_object_place(w->job, w->function, at, 0, &place); /* inside its object: checked before */
    *near_out = place.near;
    return place.left;
}

/* Lengths of near blocks are known here, so nobody else is asked: the others go on. */
static void refuse_near(work *w, const char *at)
{
    w->refused = giga_fail(GIGA_ERR_RANGE, "%s: rank %d: the element at %p leaves its block",
                           w->function, w->job->rank, (const void *)at);
}

/* Elements that lie in two blocks, and pieces of rows: cut at the blocks. */
static void move_pieces(work *w, char *at, char *private, size_t bytes)
{
    while (bytes > 0) {
        bool near;
        uint64_t left = stretch(w, at, &near);
        if (left == 0) {
            refuse_near(w, at);
            return;
        }
        size_t piece = left < bytes ? (size_t)left : bytes;
        piece = piece > GIGA_COPY_MAX && !near ? GIGA_COPY_MAX : piece;
        if (near)
            memcpy(w->writes ? at : private, w->writes ? private : at, piece);
        else
            move_far(w, at, private, piece);
        at += piece;
        private += piece;
        bytes -= piece;
    }
}

static inline bool in_run(const work *w, const char *at, size_t bytes)
{
    uint64_t in = (uint64_t)(uintptr_t)at - w->run.first;

    return in < w->run.bytes && bytes <= w->run.bytes - in;
}

/* Is the element near? Remembers the run around it, by address. */
static bool find_run(work *w, const char *at, size_t bytes)
{
    uint64_t offset = (uint64_t)(uintptr_t)at - w->job->window_base;
    const giga_run_ *run;

    if (!gi_object_near(w->job, offset, bytes))
        return false;
    run = gi_object_run(w->job, offset);
    if (offset - run->first < run->bytes)
        w->run = (giga_run_){w->job->window_base + run->first, run->bytes};
    return true;
}

static inline void near_element(const work *w, char *at, char *private)
{
    if (w->adds) {
        uint64_t bits = 0;
        memcpy(&bits, private, w->element_bytes);
        gi_atomic_apply(w->opcode, at, bits, 0);
    } else if (w->writes) {
        gi_word_store(at, private, w->element_bytes);
    } else {
        gi_word_load(private, at, w->element_bytes);
    }
}

static bool within_one_block(const work *w, const char *at)
{
    return home_of(w, at) == home_of(w, at + w->element_bytes - 1);
}

/* Not near memory, but in the place of a near block: behind its end. */
static bool in_near_gap(const work *w, const char *at)
{
    return !w->object->uniform &&
           gi_node_peer(w->job, home_of(w, at))->node == gi_node_mine(w->job);
}

static void move_elements(work *w, char *private, const uint64_t *index, uint64_t count)
{
    size_t bytes = w->element_bytes;

    for (uint64_t i = 0; i < count; i++, private += bytes) {
        char *at = w->base + index[i] * bytes;
        if (i + AHEAD < count)
            __builtin_prefetch(w->base + index[i + AHEAD] * bytes, 1);
        if (in_run(w, at, bytes) || find_run(w, at, bytes))
            near_element(w, at, private);
        else if (within_one_block(w, at) && !in_near_gap(w, at))
            move_far(w, at, private, bytes);
        else if (within_one_block(w, at))
            refuse_near(w, at);
        else
            move_pieces(w, at, private, bytes);
    }
}

/* Every index must be inside the object; nothing is moved before that is known. */
static giga_status check_indices(const work *w, const uint64_t *index, uint64_t count)
{
    uint64_t limit = w->left / w->element_bytes, most = 0;

    for (uint64_t i = 0; i < count; i++)
        most = index[i] > most ? index[i] : most;
    for (uint64_t i = 0; most >= limit && i < count; i++) {
        if (index[i] >= limit)
            return giga_fail(GIGA_ERR_RANGE, "%s: rank %d: index %" PRIu64 " at position %" PRIu64
                             ": the object has %" PRIu64 " elements of %zu bytes from %p on",
                             w->function, w->job->rank, index[i], i, limit, w->element_bytes,
                             (void *)w->base);
    }
    return GIGA_OK;
}

static void watch_elements(work *w, const void *private, const uint64_t *index, uint64_t count)
{
    begin_watched(w, private, w->moved);
    for (uint64_t i = 0; i < count && w->job->watch & GI_WATCH_CHECK; i++)
        watch_piece(w, w->base + index[i] * w->element_bytes, NULL, w->element_bytes);
}

static giga_status elements(work w, const void *base, void *private, const uint64_t *index,
                            uint64_t count)
{
    giga_status status = begin(&w, base);

    if (status != GIGA_OK)
        return status;
    if (w.element_bytes == 0 || w.element_bytes > GIGA_COPY_MAX)
        return giga_fail(GIGA_ERR_ARG, "%s: elements of %zu bytes, expected 1 to %d", w.function,
                         w.element_bytes, GIGA_COPY_MAX);
    if (count > 0 && (!private || !index))
        return giga_fail(GIGA_ERR_ARG, "%s: %s is NULL", w.function, index ? "a buffer" : "index");
    if (w.adds && (uintptr_t)base % w.element_bytes != 0)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: address %p is not aligned to %zu bytes",
                         w.function, w.job->rank, base, w.element_bytes);
    status = check_indices(&w, index, count);
    if (status != GIGA_OK)
        return status;
    w.moved = count * w.element_bytes;
    if (w.job->watch)
        watch_elements(&w, private, index, count);
    move_elements(&w, private, index, count);
    return end(&w);
}

#define SITE __builtin_return_address(0)
#define CALL(name, kind) .function = (name), .class = GIGA_STATS_##kind, .site = SITE

giga_status giga_gather(void *dst, const void *base, size_t element_bytes, const uint64_t *index,
                        uint64_t count)
{
    return elements((work){CALL("giga_gather", GATHER), .element_bytes = element_bytes}, base, dst,
                    index, count);
}

giga_status giga_gather_nbi(void *dst, const void *base, size_t element_bytes,
                            const uint64_t *index, uint64_t count)
{
    return elements((work){CALL("giga_gather_nbi", GATHER), .element_bytes = element_bytes,
                           .deferred = true}, base, dst, index, count);
}

/* The buffer of a write is only read. */
static void *readable(const void *src)
{
    return (void *)(uintptr_t)src;
}

giga_status giga_scatter(void *base, const void *src, size_t element_bytes, const uint64_t *index,
                         uint64_t count)
{
    return elements((work){CALL("giga_scatter", SCATTER), .element_bytes = element_bytes,
                           .writes = true}, base, readable(src), index, count);
}

giga_status giga_scatter_nbi(void *base, const void *src, size_t element_bytes,
                             const uint64_t *index, uint64_t count)
{
    return elements((work){CALL("giga_scatter_nbi", SCATTER), .element_bytes = element_bytes,
                           .writes = true, .deferred = true}, base, readable(src), index, count);
}

static giga_status add(const char *function, void *base, const void *src, giga_type type,
                       const uint64_t *index, uint64_t count, bool deferred, const void *site)
{
    static const unsigned opcodes[] = {
        [GIGA_I32] = GIGA_OPCODE_(ADD, I32), [GIGA_U32] = GIGA_OPCODE_(ADD, U32),
        [GIGA_I64] = GIGA_OPCODE_(ADD, I64), [GIGA_U64] = GIGA_OPCODE_(ADD, U64),
        [GIGA_F32] = GIGA_OPCODE_(ADD, F32), [GIGA_F64] = GIGA_OPCODE_(ADD, F64),
    };

    if (type < GIGA_I32 || type > GIGA_F64)
        return giga_fail(GIGA_ERR_ARG, "%s: unknown type %d", function, (int)type);
    return elements((work){.function = function, .class = GIGA_STATS_SCATTER, .site = site,
                           .element_bytes = gi_type_bytes(type),
                           .writes = true, .adds = true, .opcode = opcodes[type],
                           .deferred = deferred}, base, readable(src), index, count);
}

giga_status giga_scatter_add(void *base, const void *src, giga_type type, const uint64_t *index,
                             uint64_t count)
{
    return add("giga_scatter_add", base, src, type, index, count, false, SITE);
}

giga_status giga_scatter_add_nbi(void *base, const void *src, giga_type type,
                                 const uint64_t *index, uint64_t count)
{
    return add("giga_scatter_add_nbi", base, src, type, index, count, true, SITE);
}

/* ---- boxes ---- */

/* A box as three dimensions of rows: outer ones of extent 1 are added. */
typedef struct rows {
    uint64_t extent[2], window[2], private[2]; /* outer dimensions: extents and strides */
    uint64_t count, window_step, private_step; /* pieces of a row, and their distances */
    size_t bytes;                              /* of a piece */
} rows;

static bool last_byte(const uint64_t *extent, const uint64_t *stride, int32_t dims,
                      size_t element_bytes, uint64_t *out)
{
    uint64_t last = element_bytes - 1, part;

    for (int32_t d = 0; d < dims; d++) {
        if (__builtin_mul_overflow(extent[d] - 1, stride[d], &part) ||
            __builtin_add_overflow(last, part, &last))
            return false;
    }
    *out = last;
    return true;
}

/* Packed strides where none are given; false when the box is larger than any address. */
static bool packed(const giga_box *box, const uint64_t *given, uint64_t *stride)
{
    uint64_t step = box->element_bytes;

    for (int32_t d = box->dims - 1; d >= 0; d--) {
        stride[d] = given ? given[d] : step;
        if (__builtin_mul_overflow(step, box->extent[d], &step))
            return false;
    }
    return true;
}

static giga_status check_box(const work *w, const giga_box *box)
{
    if (!box || box->dims < 1 || box->dims > GIGA_BOX_DIMS || box->element_bytes == 0)
        return giga_fail(GIGA_ERR_ARG, "%s: a box has 1 to %d dimensions and elements of 1 byte or "
                         "more", w->function, GIGA_BOX_DIMS);
    return GIGA_OK;
}

static bool empty(const giga_box *box)
{
    for (int32_t d = 0; d < box->dims; d++) {
        if (box->extent[d] == 0)
            return true;
    }
    return false;
}

/* The whole box lies inside the object; then rows of it are found without further checks. */
static giga_status lay_out(const work *w, const giga_box *box, const uint64_t *window_stride,
                           const uint64_t *private_stride, rows *out)
{
    uint64_t window[GIGA_BOX_DIMS], private[GIGA_BOX_DIMS], last;
    int32_t dims = box->dims;
    gi_place place;

    if (!packed(box, window_stride, window) || !packed(box, private_stride, private) ||
        !last_byte(box->extent, window, dims, box->element_bytes, &last))
        return giga_fail(GIGA_ERR_RANGE, "%s: rank %d: the box is larger than any object",
                         w->function, w->job->rank);
    giga_status status = last == UINT64_MAX
                             ? GIGA_ERR_RANGE
                             : gi_object_place(w->job, w->function, w->base, last + 1, &place);
    if (status != GIGA_OK)
        return status;
    *out = (rows){.extent = {1, 1}, .count = box->extent[dims - 1],
                  .window_step = window[dims - 1], .private_step = private[dims - 1],
                  .bytes = box->element_bytes};
    for (int32_t d = 0; d + 1 < dims; d++) {
        out->extent[d] = box->extent[d];
        out->window[d] = window[d];
        out->private[d] = private[d];
    }
    if (window[dims - 1] == out->bytes && private[dims - 1] == out->bytes) {
        out->bytes *= out->count; /* neighbours: one piece */
        out->count = 1;
    }
    return GIGA_OK;
}

/*
 * Long rows are runs of their own, several under way. A deferred box waits for what it has put,
 * because its source may be reused; and the program may have taken all handles.
 */
static giga_status move_long(work *w, char *at, char *private, size_t bytes, giga_handle *slot)
{
    giga_status status = giga_wait(slot);

    if (status != GIGA_OK)
        return status;
    if (w->deferred && !w->writes)
        return giga_get_nbi(private, at, bytes);
    status = w->writes ? giga_put_nb(at, private, bytes, slot)
                       : giga_get_nb(private, at, bytes, slot);
    if (status == GIGA_ERR_MEMORY)
        status = w->writes ? giga_put(at, private, bytes) : giga_get(private, at, bytes);
    return status;
}

/* Whether the box takes time: long rows are calls of their own, which belong to it. */
static void enter_box(work *w, const rows *r)
{
    w->moved = r->extent[0] * r->extent[1] * r->count * r->bytes;
    if (w->job->watch)
        begin_watched(w, NULL, 0);
    else if (w->job->net)
        take_time(w);
}

static giga_status move_rows(work *w, char *private, const rows *r)
{
    giga_handle handles[ROWS] = {0};
    giga_status first = GIGA_OK;
    uint64_t row = 0;

    for (uint64_t i = 0; i < r->extent[0]; i++) {
        for (uint64_t j = 0; j < r->extent[1]; j++, row++) {
            char *at = w->base + i * r->window[0] + j * r->window[1];
            char *to = private + i * r->private[0] + j * r->private[1];
            for (uint64_t k = 0; k < r->count; k++, at += r->window_step, to += r->private_step) {
                giga_status status = GIGA_OK;
                if (w->job->watch & GI_WATCH_CHECK)
                    watch_piece(w, at, to, r->bytes);
                if (r->bytes >= LONG_ROW)
                    status = move_long(w, at, to, r->bytes, &handles[row % ROWS]);
                else if (in_run(w, at, r->bytes) || find_run(w, at, r->bytes))
                    memcpy(w->writes ? at : to, w->writes ? to : at, r->bytes);
                else
                    move_pieces(w, at, to, r->bytes);
                first = first == GIGA_OK ? status : first;
            }
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        giga_status status = giga_wait(&handles[i]);
        first = first == GIGA_OK ? status : first;
    }
    return first;
}

static giga_status move_box(work w, void *window, const uint64_t *window_stride, void *private,
                            const uint64_t *private_stride, const giga_box *box)
{
    rows r = {0};
    giga_status status = begin(&w, window);

    if (status == GIGA_OK)
        status = check_box(&w, box);
    if (status != GIGA_OK || empty(box))
        return status;
    if (!private)
        return giga_fail(GIGA_ERR_ARG, "%s: the private buffer is NULL", w.function);
    status = lay_out(&w, box, window_stride, private_stride, &r);
    if (status != GIGA_OK)
        return status;
    enter_box(&w, &r);
    status = move_rows(&w, private, &r);
    giga_status ended = end(&w);
    return status != GIGA_OK ? status : ended;
}

giga_status giga_get_box(void *dst, const uint64_t *dst_stride, const void *src,
                         const uint64_t *src_stride, const giga_box *box)
{
    return move_box((work){CALL("giga_get_box", BOX)}, readable(src), src_stride, dst, dst_stride,
                    box);
}

giga_status giga_get_box_nbi(void *dst, const uint64_t *dst_stride, const void *src,
                             const uint64_t *src_stride, const giga_box *box)
{
    return move_box((work){CALL("giga_get_box_nbi", BOX), .deferred = true}, readable(src),
                    src_stride, dst, dst_stride, box);
}

giga_status giga_put_box(void *dst, const uint64_t *dst_stride, const void *src,
                         const uint64_t *src_stride, const giga_box *box)
{
    return move_box((work){CALL("giga_put_box", BOX), .writes = true}, dst, dst_stride,
                    readable(src), src_stride, box);
}

giga_status giga_put_box_nbi(void *dst, const uint64_t *dst_stride, const void *src,
                             const uint64_t *src_stride, const giga_box *box)
{
    return move_box((work){CALL("giga_put_box_nbi", BOX), .writes = true, .deferred = true}, dst,
                    dst_stride, readable(src), src_stride, box);
}
