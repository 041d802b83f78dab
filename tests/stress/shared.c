/*
 * shared.c - see shared.h.
 */
#include "shared.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where things are ---- */

/* Six types with six verbs each for the integers, sums alone for the real ones. */
static giga_type sum_type(unsigned word)
{
    return (giga_type)(word % 6);
}

static verb sum_verb(unsigned word)
{
    return sum_type(word) >= GIGA_F32 ? ADD : (verb)(word / 6 % 6);
}

/* A word of sums or drawn: they are dealt to the ranks' blocks round robin. */
static uint64_t *word_at(uint64_t *object, const shared *s, unsigned word)
{
    return object + word % s->ranks * (giga_stride(object) / 8) + word / s->ranks;
}

static uint64_t spot_word(unsigned spot)
{
    return spot * UINT64_C(873) % (SPREAD_BYTES / 8); /* an odd factor keeps them apart */
}

static giga_type drawn_type(unsigned word)
{
    return (giga_type)(word / 3 % (word % 3 == 1 ? 4 : 6)); /* no compare of real ones */
}

static uint64_t bits_of(giga_type type, uint64_t value)
{
    float f = (float)value;
    double d = (double)value;
    uint32_t half;
    uint64_t word = value;

    if (type == GIGA_F32) {
        memcpy(&half, &f, sizeof half);
        return half;
    }
    if (type == GIGA_F64)
        memcpy(&word, &d, sizeof word);
    return type_width(type) == 4 ? (uint32_t)word : word;
}

static uint64_t value_of(giga_type type, uint64_t bits)
{
    uint32_t half = (uint32_t)bits;
    float f;
    double d;

    memcpy(&f, &half, sizeof f);
    memcpy(&d, &bits, sizeof d);
    return type == GIGA_F32 ? (uint64_t)f : type == GIGA_F64 ? (uint64_t)d : bits;
}

void shared_first(uint64_t *sums)
{
    for (unsigned i = 0; i < SUMS; i++) {
        verb v = sum_verb(i);
        uint64_t low = sum_type(i) == GIGA_I32   ? (uint32_t)INT32_MIN
                       : sum_type(i) == GIGA_I64 ? (uint64_t)INT64_MIN
                                                 : 0;
        uint64_t all = type_width(sum_type(i)) == 4 ? UINT32_MAX : UINT64_MAX;
        sums[i] = v == AND ? all : v == MAX ? low : v == MIN ? low ^ all : 0;
    }
}

void shared_create(shared *s, uint64_t threads, uint64_t seed)
{
    uint64_t first[SUMS], block = (SUMS / (uint64_t)giga_size() + 1) * 8;

    *s = (shared){.ranks = (uint64_t)giga_size(), .threads = threads, .seed = seed};
    if (giga_alloc_blocks(block, NULL, (void **)&s->sums) != GIGA_OK ||
        giga_alloc_blocks(SPREAD_BYTES, NULL, (void **)&s->spread) != GIGA_OK ||
        giga_alloc_blocks(block, NULL, (void **)&s->drawn) != GIGA_OK ||
        giga_alloc_blocks(threads * (64 + 2 * MAIL_BYTES), NULL, (void **)&s->mail) != GIGA_OK)
        giga_abort("stress: %s", giga_error());
    shared_first(first);
    for (unsigned i = 0; i < SUMS; i++) {
        if (i % s->ranks == (uint64_t)giga_rank())
            *word_at(s->sums, s, i) = first[i];
    }
    giga_barrier();
}

void shared_destroy(shared *s)
{
    giga_free(s->sums);
    giga_free(s->spread);
    giga_free(s->drawn);
    giga_free(s->mail);
}

/* ---- sums and spread ---- */

typedef struct addition {
    bool spread, list;
    unsigned word;
    giga_type type;
    verb verb;
    uint64_t bits;
    uint64_t count, index[8], values[8];
} addition;

/* The same for the plan and for the one who does it. */
static addition next_addition(job_random *random, const shared *s)
{
    addition a = {.spread = job_below(random, 3) == 0, .list = job_below(random, 5) == 0};
    uint64_t value = job_next(random);

    if (a.spread) {
        a.word = (unsigned)job_below(random, SPOTS * s->ranks);
        a.type = job_below(random, 2) ? GIGA_U64 : GIGA_I64;
        a.verb = ADD;
        a.bits = value;
    } else {
        a.word = (unsigned)job_below(random, SUMS);
        a.type = sum_type(a.word);
        a.verb = sum_verb(a.word);
        a.bits = a.type >= GIGA_F32 ? bits_of(a.type, value % 64) : value;
        if (a.verb == AND)
            a.bits |= job_next(random);
        if (a.verb == OR)
            a.bits &= job_next(random) & job_next(random);
    }
    if (a.spread && a.list) {
        a.count = job_below(random, 9);
        for (uint64_t i = 0; i < a.count; i++) {
            a.index[i] = job_below(random, SPOTS * s->ranks);
            a.values[i] = job_next(random);
        }
    }
    return a;
}

void shared_plan_add(job_random *random, const shared *s, uint64_t *sums, uint64_t *spots)
{
    addition a = next_addition(random, s);

    if (a.spread && a.list) {
        for (uint64_t i = 0; i < a.count; i++)
            spots[a.index[i]] += a.values[i];
    } else if (a.spread) {
        spots[a.word] += a.bits;
    } else {
        serial_atomic(a.verb, a.type, &sums[a.word], a.bits, 0);
    }
}

/* Index of a spot from the spread's first word. */
static uint64_t spot_index(const shared *s, uint64_t spot)
{
    return spot / SPOTS * (giga_stride(s->spread) / 8) + spot_word((unsigned)(spot % SPOTS));
}

static void spread_one(sharer *w, const addition *a)
{
    uint64_t *at = w->s->spread + spot_index(w->s, a->word);
    uint64_t way = job_below(&w->choice, 5);

    if (way < 3 && a->type == GIGA_U64)
        giga_add_nbi(at, a->bits);
    else if (way < 3)
        giga_add_nbi((int64_t *)at, (int64_t)a->bits);
    else if (way == 3 && giga_near(at, NULL))
        atomic_fetch_add((_Atomic uint64_t *)(void *)at, a->bits);
    else
        giga_add(at, a->bits);
}

static void spread_list(sharer *w, const addition *a)
{
    uint64_t index[8];

    for (uint64_t i = 0; i < a->count; i++)
        index[i] = spot_index(w->s, a->index[i]);
    giga_status status =
        job_below(&w->choice, 2)
            ? giga_scatter_add(w->s->spread, a->values, GIGA_U64, index, a->count)
            : giga_scatter_add_nbi(w->s->spread, a->values, GIGA_U64, index, a->count);
    w->wrong += status != GIGA_OK;
}

/* Plain C11 on near words of the home's node. */
#define OWN(type)                                                                                  \
    do {                                                                                           \
        _Atomic type *c = (_Atomic type *)(void *)at;                                              \
        type old, x = (type)a->bits;                                                               \
        switch (a->verb) {                                                                         \
        case ADD: atomic_fetch_add(c, x); break;                                                   \
        case AND: atomic_fetch_and(c, x); break;                                                   \
        case OR: atomic_fetch_or(c, x); break;                                                     \
        case XOR: atomic_fetch_xor(c, x); break;                                                   \
        default:                                                                                   \
            old = atomic_load(c);                                                                  \
            while ((a->verb == MIN ? x < old : x > old) &&                                         \
                   !atomic_compare_exchange_weak(c, &old, x))                                      \
                continue;                                                                          \
        }                                                                                          \
    } while (0)

#define GIGA(name, type)                                                                           \
    do {                                                                                           \
        type *p = (type *)(void *)at, x;                                                           \
        memcpy(&x, &a->bits, sizeof x);                                                            \
        if (way == 0)                                                                              \
            giga_##name(p, x);                                                                     \
        else if (way == 1)                                                                         \
            (void)giga_fetch_##name(p, x);                                                         \
        else                                                                                       \
            giga_##name##_nbi(p, x);                                                               \
    } while (0)

#define SUM_ONE(type)                                                                              \
    if (way == 4 && giga_near(at, NULL)) {                                                         \
        OWN(type);                                                                                 \
        return;                                                                                    \
    }                                                                                              \
    switch (a->verb) {                                                                             \
    case ADD: GIGA(add, type); return;                                                             \
    case AND: GIGA(and, type); return;                                                             \
    case OR: GIGA(or, type); return;                                                               \
    case XOR: GIGA(xor, type); return;                                                             \
    case MIN: GIGA(min, type); return;                                                             \
    default: GIGA(max, type); return;                                                              \
    }

static void sum_one(sharer *w, const addition *a)
{
    void *at = word_at(w->s->sums, w->s, a->word);
    uint64_t way = job_below(&w->choice, 5);

    switch (a->type) {
    case GIGA_I32: SUM_ONE(int32_t)
    case GIGA_U32: SUM_ONE(uint32_t)
    case GIGA_I64: SUM_ONE(int64_t)
    case GIGA_U64: SUM_ONE(uint64_t)
    case GIGA_F32: GIGA(add, float); return;
    case GIGA_F64: GIGA(add, double); return;
    }
}

void shared_add(sharer *w, job_random *random)
{
    addition a = next_addition(random, w->s);

    if (a.spread && a.list)
        spread_list(w, &a);
    else if (a.spread)
        spread_one(w, &a);
    else
        sum_one(w, &a);
}

/* ---- swaps, counts, tickets ---- */

static uint64_t hash(unsigned word, uint64_t value)
{
    return job_word(1000 + word, value);
}

static void take(sharer *w, unsigned word, uint64_t expected, uint64_t before)
{
    tally *t = &w->tally;

    if (type_width(drawn_type(word)) == 4)
        before = (uint32_t)before;
    switch (word % 3) {
    case 0: t->out[word] += hash(word, before); break;
    case 1: t->number[word] += before == expected; break;
    default: t->out[word] += hash(word, value_of(drawn_type(word), before)); t->number[word]++;
    }
}

void shared_settle(sharer *w)
{
    for (int i = 0; i < w->count; i++)
        take(w, w->later[i].word, w->later[i].expected, w->later[i].before);
    w->count = 0;
}

#define DRAW(fetched, deferred)                                                                    \
    do {                                                                                           \
        if (late) {                                                                                \
            deferred;                                                                              \
        } else {                                                                                   \
            before = fetched;                                                                      \
            memcpy(&l->before, &before, sizeof before);                                            \
        }                                                                                          \
    } while (0)

/* `a` as bits is swapped in, expected, or one. */
#define DRAW_ONE(type)                                                                             \
    do {                                                                                           \
        type *p = (type *)(void *)at, x, before, *into = (type *)(void *)&l->before;               \
        memcpy(&x, &a, sizeof x);                                                                  \
        if (word % 3 == 0)                                                                         \
            DRAW(giga_swap(p, x), giga_swap_nbi(into, p, x));                                      \
        else                                                                                       \
            DRAW(giga_fetch_add(p, x), giga_fetch_add_nbi(into, p, x));                            \
    } while (0)
#define COUNT_ONE(type)                                                                            \
    do {                                                                                           \
        type *p = (type *)(void *)at, x = giga_load(p), before,                                    \
             *into = (type *)(void *)&l->before;                                                   \
        l->expected = type_width(drawn_type(word)) == 4 ? (uint32_t)x : (uint64_t)x;               \
        DRAW(giga_cas(p, x, (type)(x + 1)), giga_cas_nbi(into, p, x, (type)(x + 1)));              \
    } while (0)

void shared_draw(sharer *w)
{
    unsigned word = (unsigned)job_below(&w->choice, DRAWN);
    uint64_t *at = word_at(w->s->drawn, w->s, word);
    giga_type type = drawn_type(word);
    uint64_t value = job_below(&w->choice, 1 << 22);
    uint64_t a = bits_of(type, word % 3 == 2 ? 1 : value);
    bool late = job_below(&w->choice, 2);
    later *l = &w->later[w->count];

    *l = (later){.word = word};
    if (word % 3 == 0)
        w->tally.in[word] += hash(word, a);
    if (word % 3 == 1) {
        switch (type) {
        case GIGA_I32: COUNT_ONE(int32_t); break;
        case GIGA_U32: COUNT_ONE(uint32_t); break;
        case GIGA_I64: COUNT_ONE(int64_t); break;
        default: COUNT_ONE(uint64_t); break;
        }
    } else {
        switch (type) {
        case GIGA_I32: DRAW_ONE(int32_t); break;
        case GIGA_U32: DRAW_ONE(uint32_t); break;
        case GIGA_I64: DRAW_ONE(int64_t); break;
        case GIGA_U64: DRAW_ONE(uint64_t); break;
        case GIGA_F32: DRAW_ONE(float); break;
        case GIGA_F64: DRAW_ONE(double); break;
        }
    }
    if (!late) {
        take(w, word, l->expected, l->before);
    } else if (++w->count == LATER) {
        w->wrong += giga_quiet() != GIGA_OK;
        shared_settle(w);
    }
}

/* ---- mail ---- */

/* Counters of a worker: letters that have come, acknowledgements of its own. */
static uint64_t *counters_of(const shared *s, uint64_t worker)
{
    char *block = s->mail + worker % s->ranks * giga_stride(s->mail);

    return (uint64_t *)(void *)(block + worker / s->ranks * (64 + 2 * MAIL_BYTES));
}

static size_t letter_bytes(const shared *s, uint64_t round, uint64_t from)
{
    uint64_t n = job_word(s->seed + round, from);

    return (size_t)(n % 8 == 0 ? n % MAIL_BYTES : n % 3 == 0 ? n % 3000 : n % 50);
}

/* Letters go from worker i to i + step, which stays the same in a phase; boxes take turns. */
void shared_mail(sharer *w, uint64_t round, uint64_t step)
{
    const shared *s = w->s;
    uint64_t workers = s->ranks * s->threads, me = w->thread * s->ranks + w->rank, seen;
    uint64_t to = (me + step) % workers, from = (me + workers - step % workers) % workers;
    uint64_t *mine = counters_of(s, me), *theirs = counters_of(s, to);
    size_t bytes = letter_bytes(s, round, me), expected = letter_bytes(s, round, from);
    size_t box = 64 + round % 2 * MAIL_BYTES;

    job_fill(w->letter, s->seed + round + me * 1000, 0, bytes);
    if (giga_put_notify((char *)theirs + box, w->letter, bytes, theirs, round + 1) != GIGA_OK)
        w->wrong++;
    if (giga_await(mine, GIGA_GE, (round + 1) * (round + 2) / 2, &seen) != GIGA_OK)
        w->wrong++;
    w->wrong +=
        job_wrong((const char *)mine + box, s->seed + round + from * 1000, 0, expected) != 0;
    w->wrong += giga_notify(counters_of(s, from) + 1, 1) != GIGA_OK;
    w->wrong += giga_await(mine + 1, GIGA_EQ, round + 1, NULL) != GIGA_OK; /* box free again */
    w->letters++;
}

/* ---- the end ---- */

static uint64_t wrong_draws(const shared *s, const tally *all)
{
    uint64_t wrong = 0;

    for (unsigned i = 0; i < DRAWN; i++) {
        uint64_t *at = word_at(s->drawn, s, i), bits = giga_load(at);
        giga_type type = drawn_type(i);
        uint64_t last = value_of(type, type_width(type) == 4 ? (uint32_t)bits : bits), sum = 0;
        bool good = true;
        if (i % 3 == 0)
            good = all->out[i] + hash(i, bits) == all->in[i] + hash(i, 0);
        if (i % 3 != 0)
            good = last == all->number[i];
        for (uint64_t n = 0; i % 3 == 2 && n < last; n++)
            sum += hash(i, n);
        if (i % 3 == 2)
            good &= sum == all->out[i];
        wrong += !good;
        if (!good)
            fprintf(stderr, "stress: rank %d: drawn word %u of type %d ends wrong\n", giga_rank(),
                    i, (int)type);
    }
    return wrong;
}

uint64_t shared_check(const shared *s, const uint64_t *sums, const uint64_t *spots,
                      const tally *mine)
{
    tally all;
    uint64_t wrong = 0;

    if (giga_allreduce(mine, &all, sizeof all / 8, GIGA_U64, GIGA_SUM) != GIGA_OK)
        return 1;
    for (unsigned i = 0; i < SUMS; i++) {
        bool bad = giga_load(word_at(s->sums, s, i)) != sums[i];
        wrong += bad;
        if (bad)
            fprintf(stderr, "stress: rank %d: sum %u, type %d, verb %d: %llx, expected %llx\n",
                    giga_rank(), i, (int)sum_type(i), (int)sum_verb(i),
                    (unsigned long long)giga_load(word_at(s->sums, s, i)),
                    (unsigned long long)sums[i]);
    }
    uint64_t spread = 0;
    for (uint64_t i = 0; i < SPOTS * s->ranks; i++) {
        if (i / SPOTS == (uint64_t)giga_rank() || i % 7 == 0)
            spread += giga_load(s->spread + spot_index(s, i)) != spots[i];
    }
    if (spread)
        fprintf(stderr, "stress: rank %d: %llu spots of spread are wrong\n", giga_rank(),
                (unsigned long long)spread);
    return wrong + spread + wrong_draws(s, &all);
}
