/*
 * home.c - see home.h. Atomics are the CPU's own, so that they are atomic with the node's.
 */
#include "home.h"

#include <string.h>

#include "aggregate.h"
#include "atomic.h"
#include "call.h"
#include "object.h"
#include "one.h"
#include "word.h"

enum {
    KEY_MAX = 256,
    AHEAD = 16, /* operations of a batch between fetching a line and changing it: covers 100 ns */
};

void *gi_home_bytes(gi_job *job, uint64_t offset, uint64_t bytes, giga_status *status_out)
{
    bool near = gi_object_near(job, offset, bytes);

    if (near && offset >= job->arenas_from) { /* there an object may end, or be freed, anywhere */
        *status_out = gi_one_holds(job, offset, bytes);
        return *status_out == GIGA_OK ? (void *)(uintptr_t)(job->alias_base + offset) : NULL;
    }
    *status_out = near ? GIGA_OK : gi_object_at(job, offset) ? GIGA_ERR_RANGE : GIGA_ERR_ADDRESS;
    return near ? (void *)(uintptr_t)(job->alias_base + offset) : NULL;
}

void gi_home_answer(gi_job *job, const gi_message *to, enum gi_kind kind, giga_status status,
                    uint64_t value, const void *body, size_t bytes)
{
    gi_message message = {.kind = (uint16_t)kind, .slot = to->slot, .offset = (uint64_t)(int64_t)status,
                          .a = to->a, .b = value};

    if (gi_net_send(job->net, to->from, &message, body, bytes) != GIGA_OK)
        gi_remote_fail(job, giga_error());
}

void gi_home_get(gi_job *job, const gi_message *m)
{
    giga_status status;
    const void *from = gi_home_bytes(job, m->offset, m->reach, &status);
    uint64_t word;

    if (!from) {
        gi_home_answer(job, m, GI_KIND_DONE, status, 0, NULL, 0);
        return;
    }
    if (m->b <= sizeof word) { /* it may change meanwhile: what is sent is one load of it */
        gi_word_load(&word, from, m->b);
        from = &word;
    }
    gi_home_answer(job, m, GI_KIND_DATA, GIGA_OK, 0, from, m->b);
}

void gi_home_put(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    giga_status status;
    void *to = gi_home_bytes(job, m->offset, m->reach < bytes ? bytes : m->reach, &status);

    if (to)
        gi_word_store(to, body, bytes);
    gi_home_answer(job, m, GI_KIND_DONE, status, 0, NULL, 0);
}

void gi_home_atomic(gi_job *job, const gi_message *m)
{
    size_t width = gi_atomic_width(m->width);
    bool good = gi_atomic_known(m->width) && m->offset % width == 0;
    giga_status status = good ? GIGA_OK : GIGA_ERR_ARG;
    void *at = status == GIGA_OK ? gi_home_bytes(job, m->offset, width, &status) : NULL;
    uint64_t before = at ? gi_atomic_apply(m->width, at, m->a, m->b) : 0;

    gi_home_answer(job, m, GI_KIND_DONE, status, before, NULL, 0);
}

/* An object of this rank alone. */
void gi_home_free(gi_job *job, const gi_message *m)
{
    uint64_t left;
    giga_status status = gi_one_give(job, m->offset, &left);

    gi_home_answer(job, m, GI_KIND_DONE, status, left, NULL, 0);
}

/* R5: register this rank's block on the first request for its key. */
void gi_home_key(gi_job *job, const gi_message *m)
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
        gi_home_answer(job, m, GI_KIND_DONE, status, 0, NULL, 0);
        return;
    }
    gi_message message = {.kind = GI_KIND_KEY_ANSWER, .slot = m->slot,
                          .a = (uint64_t)(uintptr_t)alias, .b = object->mine};
    if (gi_net_send(job->net, m->from, &message, packed, bytes) != GIGA_OK)
        gi_remote_fail(job, giga_error());
}

/* ---- batches ---- */

/* A batch as it is executed. */
typedef struct work {
    const char *heads, *operands, *end; /* words, perhaps unaligned */
    const uint64_t *same;               /* NULL, or the operand of all */
    char *answer, *answer_end;
} work;

static inline uint64_t word_at(const char *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof word);
    return word;
}

static inline bool take_operand(work *w, uint64_t *out)
{
    if (w->same) {
        *out = *w->same;
        return true;
    }
    if (w->end - w->operands < 8)
        return false;
    *out = word_at(w->operands);
    w->operands += 8;
    return true;
}

static giga_status do_get(gi_job *job, work *w, uint64_t offset, uint64_t bytes)
{
    giga_status status;

    if ((bytes == 0 && !take_operand(w, &bytes)) || bytes > (uint64_t)(w->answer_end - w->answer))
        return GIGA_ERR_NET;
    const void *from = gi_home_bytes(job, offset, bytes, &status);
    if (from)
        gi_word_load(w->answer, from, bytes);
    else
        memset(w->answer, 0, bytes);
    w->answer += bytes;
    return status;
}

static giga_status do_put(gi_job *job, work *w, uint64_t offset, uint64_t bytes)
{
    giga_status status;

    if (w->same && bytes == 8) {
        void *at = gi_home_bytes(job, offset, 8, &status);
        if (at)
            gi_word_store(at, w->same, 8);
        return status;
    }
    if (bytes == 0 && !take_operand(w, &bytes))
        return GIGA_ERR_NET;
    uint64_t padded = bytes <= GI_NET_BODY_MAX ? (bytes + 7) / 8 * 8 : UINT64_MAX;
    if (padded > (uint64_t)(w->end - w->operands))
        return GIGA_ERR_NET;
    void *to = gi_home_bytes(job, offset, bytes, &status);
    if (to)
        gi_word_store(to, w->operands, bytes);
    w->operands += padded;
    return status;
}

static giga_status do_call(gi_job *job, work *w, uint64_t offset)
{
    giga_status status;
    uint64_t word;
    size_t bytes;

    if (!take_operand(w, &word))
        return GIGA_ERR_NET;
    size_t arguments = gi_call_arguments(word), padded = (arguments + 7) / 8 * 8;
    size_t result = gi_call_result(word);
    if (padded > (size_t)(w->end - w->operands) || result > (size_t)(w->answer_end - w->answer))
        return GIGA_ERR_NET;
    void *at = (void *)(uintptr_t)(job->window_base + offset);
    if (gi_home_bytes(job, offset, 1, &status))
        status = gi_function_run(job, gi_call_id(word), at, w->operands, arguments, w->answer,
                                 result, &bytes);
    else if (result > 0)
        memset(w->answer, 0, result);
    w->operands += padded;
    w->answer += result;
    return status;
}

static giga_status do_atomic(gi_job *job, work *w, uint64_t offset, unsigned code)
{
    unsigned opcode = code & ~(unsigned)GI_HEAD_FETCH;
    size_t width = gi_atomic_width(opcode);
    uint64_t a, b = 0, before = 0;
    giga_status status;

    if (!gi_atomic_known(opcode) || !take_operand(w, &a) ||
        (gi_atomic_verb(opcode) == GIGA_OP_CAS_ && !take_operand(w, &b)) ||
        (code & GI_HEAD_FETCH && (size_t)(w->answer_end - w->answer) < width))
        return GIGA_ERR_NET;
    void *at = gi_home_bytes(job, offset, width, &status);
    if (at && ((uintptr_t)at & (width - 1)) == 0)
        before = gi_atomic_apply(opcode, at, a, b);
    if (code & GI_HEAD_FETCH) {
        memcpy(w->answer, &before, width); /* little endian, as UCX's own headers here */
        w->answer += width;
    }
    return status;
}

/* A get of a long word, which naive loops are made of, without a call; false: not so simple. */
static inline bool do_common(gi_job *job, work *w, uint64_t offset, unsigned tag)
{
    void *at = (void *)(uintptr_t)(job->alias_base + offset);
    uint64_t operand;

    if ((offset & 7) != 0 || offset >= job->arenas_from || !gi_object_near(job, offset, 8))
        return false;
    if (tag != (GI_HEAD_GET | 8u << 8) || w->answer_end - w->answer < 8)
        return false;
    operand = __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
    memcpy(w->answer, &operand, 8);
    w->answer += 8;
    return true;
}

/*
 * The additions to long words at the front of a batch: a naive loop's is nothing else. They are
 * looked at a group ahead, while their lines are fetched; then nothing stands between one locked
 * addition and the next, each of which would make it wait. Returns how many were done.
 */
enum { GROUP = 32 };

static inline uint64_t look_ahead(gi_job *job, const work *w, uint64_t from, uint64_t count,
                                  uint64_t **at_out)
{
    uint64_t i = 0, n = count - from < GROUP ? count - from : GROUP;

    for (; i < n; i++) {
        uint64_t head = word_at(w->heads + 8 * (from + i));
        uint64_t offset = head & ((UINT64_C(1) << GI_HEAD_OFFSET_BITS) - 1);
        unsigned tag = (unsigned)(head >> GI_HEAD_OFFSET_BITS);
        if ((tag != GIGA_OPCODE_(ADD, U64) && tag != GIGA_OPCODE_(ADD, I64)) || (offset & 7) != 0 ||
            offset >= job->arenas_from || !gi_object_near(job, offset, 8))
            break;
        at_out[i] = (uint64_t *)(uintptr_t)(job->alias_base + offset);
        __builtin_prefetch(at_out[i], 1);
    }
    return i;
}

static uint64_t add_front(gi_job *job, work *w, uint64_t count)
{
    uint64_t *at[2][GROUP], done = 0;
    uint64_t most = w->same ? count : (uint64_t)(w->end - w->operands) / 8;
    unsigned now = 0;

    count = count < most ? count : most;
    uint64_t ready = look_ahead(job, w, 0, count, at[0]);
    while (ready > 0) {
        uint64_t next = ready == GROUP ? look_ahead(job, w, done + ready, count, at[!now]) : 0;
        for (uint64_t i = 0; i < ready; i++)
            __atomic_fetch_add(at[now][i], w->same ? *w->same : word_at(w->operands + 8 * i),
                               __ATOMIC_SEQ_CST);
        if (!w->same)
            w->operands += 8 * ready;
        done += ready;
        ready = next;
        now = !now;
    }
    return done;
}

static giga_status execute(gi_job *job, work *w, uint64_t count, uint64_t *failed_out)
{
    const uint64_t mask = (UINT64_C(1) << GI_HEAD_OFFSET_BITS) - 1;
    giga_status first = GIGA_OK;

    for (uint64_t i = add_front(job, w, count); i < count; i++) {
        uint64_t head = word_at(w->heads + 8 * i), offset = head & mask;
        unsigned tag = (unsigned)(head >> GI_HEAD_OFFSET_BITS), code = tag & 0xff;
        if (i + AHEAD < count)
            __builtin_prefetch((void *)(uintptr_t)(job->alias_base +
                                                   (word_at(w->heads + 8 * (i + AHEAD)) & mask)), 1);
        if (do_common(job, w, offset, tag))
            continue;
        giga_status status = code == GI_HEAD_GET   ? do_get(job, w, offset, tag >> 8)
                             : code == GI_HEAD_PUT ? do_put(job, w, offset, tag >> 8)
                             : code == GI_HEAD_CALL ? do_call(job, w, offset)
                                                   : do_atomic(job, w, offset, code);
        if (status != GIGA_OK && first == GIGA_OK) {
            first = status;
            *failed_out = i;
        }
        if (status == GIGA_ERR_NET) /* the rest cannot be told apart any more */
            break;
    }
    return first;
}

void gi_home_batch(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    char *answer = m->reach > 0 && m->reach <= GI_NET_BODY_MAX ? gi_net_buffer(job->net) : NULL;
    gi_message done = {.kind = GI_KIND_BATCH_DONE, .slot = m->slot};
    work w = {.heads = body, .same = m->width & GI_BATCH_SAME ? &m->b : NULL, .answer = answer,
              .answer_end = answer ? answer + m->reach : NULL};
    giga_status status = GIGA_ERR_NET;

    if (m->a <= bytes / 8 && (m->reach == 0 || answer)) {
        w.operands = w.heads + 8 * m->a;
        w.end = w.heads + bytes;
        status = execute(job, &w, m->a, &done.a);
    }
    done.offset = (uint64_t)(int64_t)status;
    giga_status sent = answer ? gi_net_send_buffer(job->net, m->from, &done, answer, m->reach)
                              : gi_net_send(job->net, m->from, &done, NULL, 0);
    if (sent != GIGA_OK)
        gi_remote_fail(job, giga_error());
}
