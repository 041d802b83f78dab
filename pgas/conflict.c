/*
 * conflict.c - strict mode: two operations of this rank on the same bytes, the first of them
 * deferred and not yet completed, of which one writes. Their order is not defined.
 *
 * Atomics do not conflict with each other, nor with words of other threads, nor reads, nor the
 * elements of one call. Looked at
 * are the run in the window and the caller's own memory: what a deferred get will write must
 * be left alone, and a long deferred put's source unchanged. Near operations count as if
 * they were remote: where an address lives depends on the machine.
 *
 * What is outstanding is kept in a table that is found by address: an entry of 2^k bytes or
 * less is in the lists of the one or two lines of 2^k bytes it touches. It is forgotten at
 * giga_quiet() and giga_fence(), by a new generation, and when the table is full.
 *
 * Not here: operations with a handle as the first of the two, and other ranks' operations.
 *
 * Threads: any, under a lock.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "symbol.h"

enum {
    ENTRIES = 65536,
    HEADS = 2 * ENTRIES,
    LEAST = 6, /* lines are of 64 bytes or more */
    LEVELS = 48,
    PAIRS = 256, /* of sites, each told of once */
    NONE = -1,
};

/* A stretch of memory that a deferred operation will touch. */
typedef struct entry {
    uint64_t begin, end;
    const char *function;
    const void *site;
    uint64_t group;
    gi_does does;
    int32_t thread;
    int level;
    int32_t next[2]; /* in the lists of its lines: places, twice the entry plus which line */
} entry;

typedef struct head {
    uint32_t generation;
    int32_t place;
} head;

struct gi_conflicts {
    pthread_mutex_t lock;
    entry entries[ENTRIES];
    head heads[HEADS];
    uint32_t generation;
    int32_t count;
    uint64_t levels; /* a bit for each level with entries */
    uint64_t found;
    struct {
        const void *first, *second;
    } pairs[PAIRS];
    int told;
};

giga_status gi_conflicts_start(gi_job *job)
{
    struct gi_conflicts *c = calloc(1, sizeof *c);

    if (!c)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory for GIGA_CHECK");
    c->generation = 1;
    pthread_mutex_init(&c->lock, NULL);
    job->conflicts = c;
    return GIGA_OK;
}

void gi_conflicts_stop(gi_job *job)
{
    if (!job->conflicts)
        return;
    pthread_mutex_destroy(&job->conflicts->lock);
    free(job->conflicts);
    job->conflicts = NULL;
}

static void forget(struct gi_conflicts *c)
{
    c->count = 0;
    c->levels = 0;
    if (++c->generation == 0) { /* once in 2^32: old heads must not come alive */
        memset(c->heads, 0, sizeof c->heads);
        c->generation = 1;
    }
}

void gi_conflicts_complete(gi_job *job)
{
    pthread_mutex_lock(&job->conflicts->lock);
    forget(job->conflicts);
    pthread_mutex_unlock(&job->conflicts->lock);
}

uint64_t gi_conflicts_found(const gi_job *job)
{
    return job->conflicts ? job->conflicts->found : 0;
}

/* ---- the table ---- */

static head *head_of(struct gi_conflicts *c, int level, uint64_t line)
{
    uint64_t hash = (line * 64 + (uint64_t)level) * UINT64_C(0x9e3779b97f4a7c15);

    return &c->heads[hash >> 47]; /* 17 bits: HEADS */
}

static int32_t first_of(const struct gi_conflicts *c, const head *h)
{
    return h->generation == c->generation ? h->place : NONE;
}

static void keep(struct gi_conflicts *c, entry e)
{
    if (c->count == ENTRIES)
        forget(c);
    int32_t at = c->count++;
    for (e.level = LEAST; e.level < LEVELS && e.end - e.begin > UINT64_C(1) << e.level;)
        e.level++;
    uint64_t line = e.begin >> e.level, last = (e.end - 1) >> e.level;
    for (int i = 0; i < 2 && line + (uint64_t)i <= last; i++) {
        head *h = head_of(c, e.level, line + (uint64_t)i);
        e.next[i] = first_of(c, h);
        *h = (head){c->generation, 2 * at + i};
    }
    c->entries[at] = e;
    c->levels |= UINT64_C(1) << e.level;
}

/* 4- and 8-byte accesses are atomic with atomics: between threads that is communication. */
static bool is_atomic(const entry *e)
{
    uint64_t bytes = e->end - e->begin;

    return e->does == GI_UPDATES || ((bytes == 4 || bytes == 8) && e->begin % bytes == 0);
}

static bool conflict(const entry *old, const entry *e)
{
    if (old->thread != e->thread && (old->does == GI_UPDATES || e->does == GI_UPDATES) &&
        is_atomic(old) && is_atomic(e))
        return false;
    return old->begin < e->end && e->begin < old->end &&
           !(old->does == e->does && e->does != GI_WRITES) &&
           (e->group == 0 || old->group != e->group);
}

static const entry *find_in_line(struct gi_conflicts *c, int level, uint64_t line, const entry *e)
{
    for (int32_t p = first_of(c, head_of(c, level, line)); p != NONE;) {
        const entry *old = &c->entries[p / 2];
        if (old->level == level && conflict(old, e))
            return old;
        p = old->next[p % 2];
    }
    return NULL;
}

static const entry *find_anywhere(const struct gi_conflicts *c, const entry *e)
{
    for (int32_t i = 0; i < c->count; i++) {
        if (conflict(&c->entries[i], e))
            return &c->entries[i];
    }
    return NULL;
}

/* One that conflicts with e, or NULL. */
static const entry *find(struct gi_conflicts *c, const entry *e)
{
    for (int level = LEAST; level <= LEVELS; level++) {
        if (!(c->levels >> level & 1))
            continue;
        uint64_t line = e->begin >> level, last = (e->end - 1) >> level;
        if (last - line >= (uint64_t)c->count)
            return find_anywhere(c, e);
        for (; line <= last; line++) {
            const entry *old = find_in_line(c, level, line, e);
            if (old)
                return old;
        }
    }
    return NULL;
}

/* ---- telling ---- */

static bool told_before(struct gi_conflicts *c, const void *first, const void *second)
{
    for (int i = 0; i < c->told; i++) {
        if (c->pairs[i].first == first && c->pairs[i].second == second)
            return true;
    }
    if (c->told == PAIRS)
        return true;
    c->pairs[c->told].first = first;
    c->pairs[c->told++].second = second;
    return false;
}

static void tell(const gi_job *job, const entry *first, const entry *second)
{
    uint64_t begin = first->begin > second->begin ? first->begin : second->begin;
    uint64_t end = first->end < second->end ? first->end : second->end;
    gi_code codes[2] = {gi_symbol_code(first->site), gi_symbol_code(second->site)};
    char places[2][256], text[1024];

    for (int i = 0; i < 2; i++)
        gi_symbol_say(&codes[i], places[i], sizeof places[i]);
    snprintf(text, sizeof text,
             "rank %d: %s at %s and %s at %s touch the same %" PRIu64 " bytes at 0x%" PRIx64
             ", with no giga_quiet() or giga_fence() between them",
             job->rank, first->function, places[0], second->function, places[1], end - begin,
             begin);
    if (job->watch & GI_WATCH_ABORT)
        giga_abort("%s", text);
    fprintf(stderr, "giga: warning: %s\n", text);
}

static void look(gi_job *job, const entry *e, bool outstanding)
{
    struct gi_conflicts *c = job->conflicts;
    entry first = {0};

    pthread_mutex_lock(&c->lock);
    const entry *old = find(c, e);
    if (old)
        first = *old;
    bool say = old && !told_before(c, old->site, e->site);
    c->found += old != NULL;
    if (outstanding)
        keep(c, *e);
    pthread_mutex_unlock(&c->lock);
    if (say)
        tell(job, &first, e);
}

/* What an operation does to the caller's memory is the reverse of what it does to the window. */
void gi_conflicts_access(gi_job *job, const gi_access *a)
{
    entry e = {.function = a->function,
               .site = a->site,
               .group = a->group,
               .does = a->does,
               .thread = gi_tally_mine()->thread};
    bool outstanding = a->how == GI_DEFERRED;

    if (a->at && a->bytes > 0) {
        e.begin = (uint64_t)(uintptr_t)a->at;
        e.end = e.begin + a->bytes;
        look(job, &e, outstanding);
    }
    if (a->private && a->private_bytes > 0) {
        e.begin = (uint64_t)(uintptr_t)a->private;
        e.end = e.begin + a->private_bytes;
        e.does = a->does == GI_WRITES || (a->does == GI_UPDATES && a->reads_private) ? GI_READS
                                                                                     : GI_WRITES;
        /* The source of a short put is copied at the call. */
        look(job, &e, outstanding && (e.does == GI_WRITES || a->bytes > GIGA_COPY_MAX));
    }
}
