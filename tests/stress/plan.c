/*
 * plan.c - see plan.h.
 */
#include "plan.h"

#include <string.h>

char *field_at(const field *f, uint64_t at, uint64_t *left_out)
{
    uint64_t r = 0;

    if (!f->starts) {
        *left_out = f->bytes - at;
        return f->base + at;
    }
    while (f->starts[r + 1] <= at)
        r++;
    *left_out = f->starts[r + 1] - at;
    return f->base + r * f->stride + (at - f->starts[r]);
}

size_t type_width(giga_type type)
{
    return type == GIGA_I32 || type == GIGA_U32 || type == GIGA_F32 ? 4 : 8;
}

bool is_write(const op *o)
{
    return o->what == PUT || o->what == STORE || o->what == ATOMIC || o->what == SCATTER ||
           o->what == SCATTER_ADD || o->what == PUT_BOX;
}

/* ---- making plans ---- */

static bool is_real(giga_type type)
{
    return type == GIGA_F32 || type == GIGA_F64;
}

/* A run in the region and in one run of addresses: short, medium, or as it comes. */
static bool choose_run(op *o, job_random *random, const field *fields, const region *mine)
{
    const region *r = &mine[o->field];
    uint64_t left, room, scale = job_below(random, 10);

    if (r->first >= r->end)
        return false;
    o->at = r->first + job_below(random, r->end - r->first);
    field_at(&fields[o->field], o->at, &left);
    room = left < r->end - o->at ? left : r->end - o->at;
    uint64_t most = scale < 6 ? 64 : scale < 9 ? 1100 : room;
    o->bytes = 1 + job_below(random, most < room ? most : room);
    return true;
}

/* A naturally aligned word in the run's place; false when there is none before the end. */
static bool choose_word(op *o, const field *fields, const region *mine, size_t width)
{
    const region *r = &mine[o->field];
    uint64_t left;
    char *at = field_at(&fields[o->field], o->at, &left);
    uint64_t up = (width - (uintptr_t)at % width) % width;

    o->bytes = width;
    o->at += up;
    return up + width <= left && o->at + width <= r->end;
}

static bool plan_word(op *o, job_random *random, const field *fields, const region *mine)
{
    o->type = (giga_type)job_below(random, 6);
    o->verb = (verb)job_below(random, 8);
    o->fetch = job_below(random, 2);
    o->how = (how)job_below(random, 2);
    if (o->what == ATOMIC && is_real(o->type))
        o->verb = SWAP; /* sums need known values: the shared words have them */
    o->a = job_next(random);
    o->b = job_next(random);
    o->fetch |= o->verb == SWAP || o->verb == CAS;
    o->match = o->verb == CAS && job_below(random, 2);
    return choose_word(o, fields, mine, type_width(o->type));
}

static bool plan_list(op *o, job_random *random, const field *fields, const region *mine)
{
    const region *r = &mine[o->field];
    uint64_t left;

    o->how = (how)job_below(random, 2);
    o->width = 1 + job_below(random, 40);
    if (o->what == SCATTER_ADD) {
        o->type = (giga_type)job_below(random, 4); /* integers */
        o->width = type_width(o->type);
        if (!choose_word(o, fields, mine, o->width))
            return false;
    }
    field_at(&fields[o->field], o->at, &left);
    left = left < r->end - o->at ? left : r->end - o->at;
    uint64_t elements = left / o->width < 200 ? left / o->width : 200;
    o->count = job_below(random, elements < LIST ? elements + 1 : LIST);
    o->bytes = elements * o->width;
    for (uint64_t i = 0; i < o->count; i++) {
        o->index[i] = o->what == SCATTER /* one place twice: no order says who wins */
                          ? (i * (elements / o->count) + job_below(random, elements / o->count))
                          : job_below(random, elements);
    }
    return o->bytes > 0;
}

/* Strides keep places apart, so that the order of a box's elements does not matter. */
static bool plan_box(op *o, job_random *random)
{
    uint64_t room = o->bytes, span;

    o->how = (how)job_below(random, 2);
    o->box = (giga_box){.element_bytes = 1 + job_below(random, room < 12 ? room : 12),
                        .dims = 1 + (int32_t)job_below(random, GIGA_BOX_DIMS)};
    span = o->box.element_bytes;
    for (int32_t d = o->box.dims - 1; d >= 0; d--) {
        o->stride[d] = span + job_below(random, 9);
        uint64_t most = (room - span) / o->stride[d] + 1;
        o->box.extent[d] = 1 + job_below(random, most < 9 ? most : 9);
        span += o->stride[d] * (o->box.extent[d] - 1);
    }
    o->bytes = span;
    return true;
}

static bool plan_this(op *o, job_random *random, const field *fields, const region *mine)
{
    if (o->what == FENCE || o->what == QUIET)
        return job_below(random, 3) == 0;
    if (!choose_run(o, random, fields, mine))
        return false;
    o->which = job_next(random);
    switch (o->what) {
    case STORE:
    case LOAD:
    case ATOMIC: return plan_word(o, random, fields, mine);
    case SCATTER:
    case GATHER:
    case SCATTER_ADD: return plan_list(o, random, fields, mine);
    case PUT_BOX:
    case GET_BOX: return plan_box(o, random);
    default: o->how = (how)job_below(random, 3); return true;
    }
}

void plan_next(op *out, job_random *random, const field *fields, const region *mine)
{
    for (int tries = 0; tries < 20; tries++) {
        *out = (op){.what = (kind)job_below(random, KINDS),
                    .field = (unsigned)job_below(random, FIELDS)};
        if (plan_this(out, random, fields, mine))
            return;
    }
    *out = (op){.what = FENCE}; /* a worker that owns next to nothing */
}

/* ---- what they mean ---- */

static uint64_t box_places(const giga_box *box)
{
    uint64_t places = 1;

    for (int32_t d = 0; d < box->dims; d++)
        places *= box->extent[d];
    return places;
}

/* Offset of the n-th place of a box, the last dimension varying fastest. */
static uint64_t box_offset(const op *o, uint64_t n)
{
    uint64_t offset = 0;

    for (int32_t d = o->box.dims - 1; d >= 0; d--) {
        offset += n % o->box.extent[d] * o->stride[d];
        n /= o->box.extent[d];
    }
    return offset;
}

void plan_resolve(op *o, const char *copy)
{
    if (o->what != ATOMIC || !o->match)
        return;
    o->a = 0;
    memcpy(&o->a, copy + o->at, type_width(o->type));
}

size_t plan_source(const op *o, void *out)
{
    size_t bytes = o->what == PUT       ? o->bytes
                   : o->what == PUT_BOX ? box_places(&o->box) * o->box.element_bytes
                                        : o->count * o->width;

    job_fill(out, o->which, 0, bytes);
    return bytes;
}

#define INTEGER(type, utype)                                                                       \
    do {                                                                                           \
        type old, now, x = (type)a, y = (type)b;                                                   \
        memcpy(&old, word, sizeof old);                                                            \
        switch (v) {                                                                               \
        case ADD: now = (type)((utype)old + (utype)x); break;                                      \
        case AND: now = old & x; break;                                                            \
        case OR: now = old | x; break;                                                             \
        case XOR: now = old ^ x; break;                                                            \
        case MIN: now = old < x ? old : x; break;                                                  \
        case MAX: now = old > x ? old : x; break;                                                  \
        case SWAP: now = x; break;                                                                 \
        default: now = old == x ? y : old; break;                                                  \
        }                                                                                          \
        memcpy(word, &now, sizeof now);                                                            \
        return (utype)old;                                                                         \
    } while (0)

#define REAL(type, bits)                                                                           \
    do {                                                                                           \
        bits old, now = (bits)a;                                                                   \
        type was, add;                                                                             \
        memcpy(&old, word, sizeof old);                                                            \
        memcpy(&was, &old, sizeof was);                                                            \
        memcpy(&add, &now, sizeof add);                                                            \
        was += add;                                                                                \
        if (v == ADD)                                                                              \
            memcpy(&now, &was, sizeof now);                                                        \
        memcpy(word, &now, sizeof now);                                                            \
        return old;                                                                                \
    } while (0)

uint64_t serial_atomic(verb v, giga_type type, void *word, uint64_t a, uint64_t b)
{
    switch (type) {
    case GIGA_I32: INTEGER(int32_t, uint32_t);
    case GIGA_U32: INTEGER(uint32_t, uint32_t);
    case GIGA_I64: INTEGER(int64_t, uint64_t);
    case GIGA_U64: INTEGER(uint64_t, uint64_t);
    case GIGA_F32: REAL(float, uint32_t);
    case GIGA_F64: REAL(double, uint64_t);
    }
    return 0;
}

uint64_t plan_apply(const op *o, char *copy)
{
    char source[LIST * 40], *at = copy + o->at;
    uint64_t value;

    switch (o->what) {
    case PUT: job_fill(at, o->which, 0, o->bytes); return 0;
    case STORE: memcpy(at, &o->a, type_width(o->type)); return 0; /* little endian */
    case ATOMIC: return serial_atomic(o->verb, o->type, at, o->a, o->b);
    case SCATTER:
        plan_source(o, source);
        for (uint64_t i = 0; i < o->count; i++)
            memcpy(at + o->index[i] * o->width, source + i * o->width, o->width);
        return 0;
    case SCATTER_ADD:
        plan_source(o, source);
        for (uint64_t i = 0; i < o->count; i++) {
            value = 0;
            memcpy(&value, source + i * o->width, o->width);
            serial_atomic(ADD, o->type, at + o->index[i] * o->width, value, 0);
        }
        return 0;
    case PUT_BOX:
        for (uint64_t n = 0; n < box_places(&o->box); n++)
            job_fill(at + box_offset(o, n), o->which, n * o->box.element_bytes,
                     o->box.element_bytes);
        return 0;
    default: return 0;
    }
}

size_t plan_read(const op *o, const char *copy, void *out)
{
    const char *at = copy + o->at;
    size_t places = o->what == GET_BOX ? box_places(&o->box) : o->count;
    size_t width = o->what == GET_BOX ? o->box.element_bytes : o->width;

    if (o->what == GET || o->what == LOAD) {
        memcpy(out, at, o->bytes);
        return o->bytes;
    }
    for (size_t n = 0; n < places; n++)
        memcpy((char *)out + n * width,
               at + (o->what == GET_BOX ? box_offset(o, n) : o->index[n] * width), width);
    return places * width;
}
