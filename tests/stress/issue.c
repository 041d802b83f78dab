/*
 * issue.c - see issue.h.
 */
#include "issue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(issuer *w, const char *what, kind k, uint64_t at, uint64_t bytes)
{
    if (w->wrong++ < 5)
        fprintf(stderr, "stress: %s: %s (operation %d at %llu, %llu bytes): %s\n", w->name, what,
                (int)k, (unsigned long long)at, (unsigned long long)bytes, giga_error());
}

static void check(issuer *w, giga_status status, const op *o)
{
    if (status != GIGA_OK)
        complain(w, giga_status_name(status), o->what, o->at, o->bytes);
}

/* ---- what is outstanding ---- */

static void complete(issuer *w, int i)
{
    pending *p = &w->pending[i];

    if (p->expected && memcmp(p->buffer, p->expected, p->length) != 0)
        complain(w, "a deferred result differs", p->what, p->at, p->bytes);
    free(p->buffer);
    free(p->expected);
    *p = w->pending[--w->count];
}

static void complete_deferred(issuer *w)
{
    for (int i = w->count - 1; i >= 0; i--) {
        if (w->pending[i].handle == GIGA_HANDLE_DONE)
            complete(w, i);
    }
}

static void quiet(issuer *w)
{
    if (giga_quiet() != GIGA_OK)
        complain(w, "giga_quiet failed", QUIET, 0, 0);
    complete_deferred(w);
}

static void fence(issuer *w)
{
    if (giga_fence() != GIGA_OK)
        complain(w, "giga_fence failed", FENCE, 0, 0);
    for (int i = 0; i < w->count; i++)
        w->pending[i].fenced = w->pending[i].handle == GIGA_HANDLE_DONE;
}

/* Wait for a handle in one of three ways; any other handle may come first in the third. */
static void wait_for(issuer *w, int wanted)
{
    giga_handle all[PENDING], target = w->pending[wanted].handle;
    uint64_t way = job_below(&w->choice, 3);
    giga_status status = GIGA_OK;
    size_t count = (size_t)w->count, index = (size_t)wanted;

    if (way == 0) {
        status = giga_wait(&w->pending[wanted].handle);
    } else if (way == 1) {
        for (bool done = false; !done && status == GIGA_OK;)
            status = giga_test(&w->pending[wanted].handle, &done);
    } else {
        for (size_t i = 0; i < count; i++)
            all[i] = w->pending[i].handle;
        status = giga_wait_any(all, count, &index);
        if (status == GIGA_OK && (index >= count || all[index] != GIGA_HANDLE_DONE)) {
            complain(w, "giga_wait_any names no handle", GET, index, count);
            return;
        }
    }
    if (status != GIGA_OK)
        complain(w, "waiting failed", GET, 0, 0);
    w->pending[index].handle = GIGA_HANDLE_DONE;
    bool same = (int)index == wanted;
    complete(w, (int)index);
    for (int i = 0; !same && i < w->count; i++) {
        if (w->pending[i].handle == target) {
            wait_for(w, i);
            return;
        }
    }
}

static bool overlaps(const pending *p, const op *o)
{
    return p->field == o->field && p->at < o->at + o->bytes && o->at < p->at + p->bytes;
}

static bool conflicts(const pending *p, const op *o)
{
    bool both_writes = p->writes && is_write(o);

    return overlaps(p, o) && (p->writes || is_write(o)) && !(p->fenced && both_writes);
}

/* Before an operation that touches what an outstanding one touches. */
static void settle(issuer *w, const op *o)
{
    for (int i = 0; i < w->count; i++) {
        if (!conflicts(&w->pending[i], o))
            continue;
        if (w->pending[i].handle != GIGA_HANDLE_DONE)
            wait_for(w, i);
        else if (w->pending[i].writes && is_write(o) && job_below(&w->choice, 2))
            fence(w);
        else
            quiet(w);
        i = -1; /* from the start: it has changed */
    }
    if (w->count == PENDING) {
        quiet(w);
        while (w->count == PENDING)
            wait_for(w, (int)job_below(&w->choice, PENDING));
    }
}

static void add_pending(issuer *w, const op *o, giga_handle handle, char *buffer, char *expected,
                        size_t length)
{
    w->pending[w->count++] = (pending){o->field, o->at,  o->bytes, is_write(o), false,
                                       handle,   buffer, expected, length,      o->what};
}

/* ---- one operation of each kind ---- */

static void *copy_of(const void *from, size_t bytes)
{
    void *to = malloc(bytes ? bytes : 1);

    memcpy(to, from, bytes);
    return to;
}

static void issue_put(issuer *w, const op *o, char *at)
{
    char *source = malloc(o->bytes);
    giga_handle handle = GIGA_HANDLE_DONE;
    giga_status status = GIGA_OK;

    plan_source(o, source);
    if (o->how == BLOCKING)
        status = giga_put(at, source, o->bytes);
    else if (o->how == DEFERRED)
        status = giga_put_nbi(at, source, o->bytes);
    else
        status = giga_put_nb(at, source, o->bytes, &handle);
    check(w, status, o);
    if (o->how == BLOCKING || (o->how == HANDLED && handle == GIGA_HANDLE_DONE)) {
        free(source);
        return;
    }
    if (o->bytes <= GIGA_COPY_MAX) /* may be reused at once */
        memset(source, 0xdd, o->bytes);
    add_pending(w, o, handle, source, NULL, 0);
}

static void issue_get(issuer *w, const op *o, char *at)
{
    char *to = malloc(o->bytes), *expected = malloc(o->bytes);
    giga_handle handle = GIGA_HANDLE_DONE;
    giga_status status = GIGA_OK;

    plan_read(o, w->copies[o->field], expected);
    memset(to, 0xcc, o->bytes);
    if (o->how == BLOCKING)
        status = giga_get(to, at, o->bytes);
    else if (o->how == DEFERRED)
        status = giga_get_nbi(to, at, o->bytes);
    else
        status = giga_get_nb(to, at, o->bytes, &handle);
    check(w, status, o);
    add_pending(w, o, handle, to, expected, o->bytes);
    if (o->how == BLOCKING || (o->how == HANDLED && handle == GIGA_HANDLE_DONE))
        complete(w, w->count - 1);
}

#define TYPED(type, call)                                                                          \
    {                                                                                              \
        type *p = (type *)(void *)at;                                                              \
        call;                                                                                      \
        break;                                                                                     \
    }

/* A value of a type from its bits. */
#define VALUE(type, bits)                                                                          \
    (((union {                                                                                     \
         uint64_t word;                                                                            \
         type value;                                                                               \
     }){.word = (bits)})                                                                           \
         .value)

static void issue_store(issuer *w, const op *o, char *at)
{
#define STORE_ONE(type)                                                                            \
    TYPED(type, o->how == BLOCKING ? giga_store(p, VALUE(type, o->a))                              \
                                   : giga_store_nbi(p, VALUE(type, o->a)))
    switch (o->type) {
    case GIGA_I32: STORE_ONE(int32_t)
    case GIGA_U32: STORE_ONE(uint32_t)
    case GIGA_I64: STORE_ONE(int64_t)
    case GIGA_U64: STORE_ONE(uint64_t)
    case GIGA_F32: STORE_ONE(float)
    case GIGA_F64: STORE_ONE(double)
    }
    if (o->how != BLOCKING)
        add_pending(w, o, GIGA_HANDLE_DONE, NULL, NULL, 0);
}

static void issue_load(issuer *w, const op *o, char *at)
{
    uint64_t expected = 0, got = 0;
#define LOAD_ONE(type) TYPED(type, type value = giga_load(p); memcpy(&got, &value, sizeof value))
    plan_read(o, w->copies[o->field], &expected);
    switch (o->type) {
    case GIGA_I32: LOAD_ONE(int32_t)
    case GIGA_U32: LOAD_ONE(uint32_t)
    case GIGA_I64: LOAD_ONE(int64_t)
    case GIGA_U64: LOAD_ONE(uint64_t)
    case GIGA_F32: LOAD_ONE(float)
    case GIGA_F64: LOAD_ONE(double)
    }
    if (got != expected)
        complain(w, "a load differs", LOAD, o->at, o->bytes);
}

/* The three forms of a verb: the value before goes to `into`, at once or deferred. */
#define FORMS(name, type)                                                                          \
    do {                                                                                           \
        type *p = (type *)(void *)at, x = VALUE(type, o->a), before;                               \
        if (o->how == DEFERRED && o->fetch) {                                                      \
            giga_fetch_##name##_nbi((type *)into, p, x);                                           \
        } else if (o->how == DEFERRED) {                                                           \
            giga_##name##_nbi(p, x);                                                               \
        } else if (o->fetch) {                                                                     \
            before = giga_fetch_##name(p, x);                                                      \
            memcpy(into, &before, sizeof before);                                                  \
        } else {                                                                                   \
            giga_##name(p, x);                                                                     \
        }                                                                                          \
    } while (0)
#define SWAPS(type)                                                                                \
    do {                                                                                           \
        type *p = (type *)(void *)at, x = VALUE(type, o->a), before;                               \
        if (o->how == DEFERRED) {                                                                  \
            giga_swap_nbi((type *)into, p, x);                                                     \
        } else {                                                                                   \
            before = giga_swap(p, x);                                                              \
            memcpy(into, &before, sizeof before);                                                  \
        }                                                                                          \
    } while (0)
#define CASES(type)                                                                                \
    do {                                                                                           \
        type *p = (type *)(void *)at, x = (type)o->a, y = (type)o->b, before;                      \
        if (o->how == DEFERRED) {                                                                  \
            giga_cas_nbi((type *)into, p, x, y);                                                   \
        } else {                                                                                   \
            before = giga_cas(p, x, y);                                                            \
            memcpy(into, &before, sizeof before);                                                  \
        }                                                                                          \
    } while (0)
#define INTEGERS(type)                                                                             \
    switch (o->verb) {                                                                             \
    case ADD: FORMS(add, type); break;                                                             \
    case AND: FORMS(and, type); break;                                                             \
    case OR: FORMS(or, type); break;                                                               \
    case XOR: FORMS(xor, type); break;                                                             \
    case MIN: FORMS(min, type); break;                                                             \
    case MAX: FORMS(max, type); break;                                                             \
    case SWAP: SWAPS(type); break;                                                                 \
    case CAS: CASES(type); break;                                                                  \
    }

static void issue_atomic(issuer *w, const op *o, char *at)
{
    char *copy = w->copies[o->field];
    void *into = calloc(1, 8);
    uint64_t was = 0;

    memcpy(&was, copy + o->at, type_width(o->type));
    switch (o->type) {
    case GIGA_I32: INTEGERS(int32_t) break;
    case GIGA_U32: INTEGERS(uint32_t) break;
    case GIGA_I64: INTEGERS(int64_t) break;
    case GIGA_U64: INTEGERS(uint64_t) break;
    case GIGA_F32: SWAPS(float); break;
    case GIGA_F64: SWAPS(double); break;
    }
    add_pending(w, o, GIGA_HANDLE_DONE, into, o->fetch ? copy_of(&was, 8) : NULL,
                type_width(o->type));
    if (o->how == BLOCKING)
        complete(w, w->count - 1);
}

static giga_status do_write_list(const op *o, char *at, const void *source, const uint64_t *index)
{
    if (o->what == SCATTER_ADD)
        return o->how == DEFERRED ? giga_scatter_add_nbi(at, source, o->type, index, o->count)
                                  : giga_scatter_add(at, source, o->type, index, o->count);
    return o->how == DEFERRED ? giga_scatter_nbi(at, source, o->width, index, o->count)
                              : giga_scatter(at, source, o->width, index, o->count);
}

static void issue_scatter(issuer *w, const op *o, char *at)
{
    char *source = malloc(o->count * o->width + 1);
    uint64_t index[LIST];
    size_t bytes = plan_source(o, source);

    memcpy(index, o->index, sizeof index);
    check(w, do_write_list(o, at, source, index), o);
    memset(source, 0xdd, bytes); /* both may be reused at once */
    memset(index, 0xdd, sizeof index);
    free(source);
    if (o->how == DEFERRED)
        add_pending(w, o, GIGA_HANDLE_DONE, NULL, NULL, 0);
}

static void issue_put_box(issuer *w, const op *o, char *at)
{
    char *source = malloc(o->bytes);
    size_t bytes = plan_source(o, source);

    check(w,
          o->how == DEFERRED ? giga_put_box_nbi(at, o->stride, source, NULL, &o->box)
                             : giga_put_box(at, o->stride, source, NULL, &o->box),
          o);
    memset(source, 0xdd, bytes);
    free(source);
    if (o->how == DEFERRED)
        add_pending(w, o, GIGA_HANDLE_DONE, NULL, NULL, 0);
}

static void issue_gather(issuer *w, const op *o, char *at)
{
    size_t room = o->what == GATHER ? o->count * o->width + 1 : o->bytes;
    char *to = malloc(room), *expected = malloc(room);
    size_t bytes = plan_read(o, w->copies[o->field], expected);
    giga_status status;

    memset(to, 0xcc, room);
    if (o->what == GATHER)
        status = o->how == DEFERRED ? giga_gather_nbi(to, at, o->width, o->index, o->count)
                                    : giga_gather(to, at, o->width, o->index, o->count);
    else
        status = o->how == DEFERRED ? giga_get_box_nbi(to, NULL, at, o->stride, &o->box)
                                    : giga_get_box(to, NULL, at, o->stride, &o->box);
    check(w, status, o);
    add_pending(w, o, GIGA_HANDLE_DONE, to, expected, bytes);
    if (o->how == BLOCKING)
        complete(w, w->count - 1);
}

void issue(issuer *w, const op *o)
{
    uint64_t left;

    if (o->what == FENCE || o->what == QUIET) {
        o->what == FENCE ? fence(w) : quiet(w);
        return;
    }
    char *at = field_at(&w->fields[o->field], o->at, &left);
    settle(w, o);
    switch (o->what) {
    case PUT: issue_put(w, o, at); break;
    case GET: issue_get(w, o, at); break;
    case STORE: issue_store(w, o, at); break;
    case LOAD: issue_load(w, o, at); break;
    case ATOMIC: issue_atomic(w, o, at); break;
    case SCATTER:
    case SCATTER_ADD: issue_scatter(w, o, at); break;
    case GATHER:
    case GET_BOX: issue_gather(w, o, at); break;
    default: issue_put_box(w, o, at); break;
    }
    plan_apply(o, w->copies[o->field]);
}

void issue_finish(issuer *w, bool is_quiet)
{
    if (!is_quiet)
        quiet(w);
    for (int i = w->count - 1; i >= 0; i--) {
        while (i < w->count && w->pending[i].handle != GIGA_HANDLE_DONE)
            wait_for(w, i);
    }
    complete_deferred(w);
}
