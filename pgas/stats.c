/*
 * stats.c - see stats.h and giga/stats.h.
 *
 * Tallies live as long as the process, because a thread keeps a pointer to its own: they are
 * not of a job. A job starts from what they hold then (the baseline), and so does a reset.
 * When a thread ends its tally waits for the next new thread, with its counters: sums are
 * what is asked for.
 */
#include "stats.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node.h"
#include "trace.h"
#include "watch.h"

enum { RECORDS = 1024, COUNT_WORDS = sizeof(gi_counts) / sizeof(uint64_t) };

struct gi_stats {
    pthread_mutex_t lock; /* of everything here */
    gi_counts baseline;
    uint64_t *traffic;      /* sent to each node, then fetched from each; NULL at the start */
    int32_t nodes;
    gi_object_record *gone; /* of objects that were freed; RECORDS at most */
    size_t count;
};

GI_FAST_THREAD_LOCAL gi_tally *gi_tally_of_thread;

static _Atomic(gi_tally *) tallies;
static pthread_mutex_t tallies_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_exit;

int64_t gi_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- tallies ---- */

static void leave_tally(void *tally)
{
    gi_tally_of_thread = NULL;
    ((gi_tally *)tally)->name = NULL;
    atomic_store(&((gi_tally *)tally)->owned, false);
}

static void make_key(void)
{
    if (pthread_key_create(&at_thread_exit, leave_tally) != 0)
        giga_abort("rank %d: out of keys for threads", gi_the_job.rank);
}

static gi_tally *new_tally(void)
{
    gi_tally *t = calloc(1, sizeof *t), *first = atomic_load(&tallies);

    if (!t)
        giga_abort("rank %d: out of memory for counters", gi_the_job.rank);
    t->current = GIGA_STATS_QUIET; /* what is sent outside of any call completes something */
    t->thread = first ? first->thread + 1 : 0;
    t->next = first;
    atomic_store(&tallies, t); /* pairs with the loads of who sums: t is complete */
    return t;
}

gi_tally *gi_tally_make(void)
{
    gi_tally *t;

    pthread_once(&once, make_key);
    pthread_mutex_lock(&tallies_lock);
    for (t = atomic_load(&tallies); t && atomic_load(&t->owned); t = t->next)
        ;
    t = t ? t : new_tally();
    atomic_store(&t->owned, true);
    pthread_mutex_unlock(&tallies_lock);
    pthread_setspecific(at_thread_exit, t);
    gi_tally_of_thread = t;
    return t;
}

const gi_tally *gi_tally_next(const gi_tally *t)
{
    return t ? t->next : atomic_load(&tallies);
}

static void sum_tallies(gi_counts *out)
{
    uint64_t *to = (uint64_t *)out;

    memset(out, 0, sizeof *out);
    for (gi_tally *t = atomic_load(&tallies); t; t = t->next) {
        const uint64_t *from = (const uint64_t *)&t->counts;
        for (size_t i = 0; i < COUNT_WORDS; i++)
            to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    }
}

/* ---- calls ---- */

void gi_call_begin(gi_call *c, giga_stats_class class, const char *function)
{
    gi_tally *t = gi_tally_mine();

    *c = (gi_call){.tally = t, .function = function, .class = class, .began = gi_now()};
    if (t->depth++ == 0)
        t->current = class;
}

static void count_call(gi_call *c, int64_t ns)
{
    giga_stats_op *op = &c->tally->counts.stats.op[c->class];

    if (!c->near) {
        gi_add(&op->operations, 1);
        gi_add(&op->wait_ns, (uint64_t)ns);
    } else if (gi_the_job.watch & GI_WATCH_NEAR) {
        gi_add(&op->near_operations, 1);
    }
}

int64_t gi_call_end(gi_call *c)
{
    gi_tally *t = c->tally;
    int64_t ns = gi_now() - c->began;

    if (--t->depth == 0) {
        count_call(c, ns);
        t->current = GIGA_STATS_QUIET;
    }
    if (gi_the_job.watch & GI_WATCH_TRACE)
        gi_trace_span(c->function, c->began, ns, c->bytes ? "bytes" : NULL, c->bytes);
    return ns;
}

/* ---- the network ---- */

void gi_count_traffic(int32_t rank, uint64_t bytes, bool fetched)
{
    gi_stats *s = gi_the_job.stats;
    /* pairs with the store of gi_stats_start_traffic(), after which messages may be under way */
    uint64_t *traffic = s ? __atomic_load_n(&s->traffic, __ATOMIC_ACQUIRE) : NULL;

    if (traffic && bytes > 0)
        __atomic_fetch_add(&traffic[gi_node_peer(&gi_the_job, rank)->node +
                                    (fetched ? s->nodes : 0)], bytes, __ATOMIC_RELAXED);
}

void gi_count_sent(int32_t to, uint64_t bytes)
{
    giga_stats *s = &gi_tally_mine()->counts.stats;

    gi_count_traffic(to, bytes, false);
    gi_add(&s->messages_sent, 1);
    gi_add(&s->bytes_sent, bytes);
}

void gi_count_received(uint64_t bytes)
{
    giga_stats *s = &gi_tally_mine()->counts.stats;

    gi_add(&s->messages_received, 1);
    gi_add(&s->bytes_received, bytes);
}

void gi_count_transfer(int32_t home, uint64_t bytes, bool fetched)
{
    giga_stats *s = &gi_tally_mine()->counts.stats;

    gi_count_traffic(home, bytes, fetched);
    gi_count_message();
    gi_add(&s->transfers, 1);
    gi_add(&s->transfer_bytes, bytes);
}

void gi_count_batch(uint64_t elements)
{
    giga_stats *s = &gi_tally_mine()->counts.stats;

    gi_add(&s->batches_sent, 1);
    gi_add(&s->batch_elements, elements);
    if (gi_the_job.watch & GI_WATCH_TRACE)
        gi_trace_instant("batch sent", "operations", elements);
}

/* ---- what a program asks for ---- */

static void publish(const gi_counts *c, giga_stats *out)
{
    giga_stats_op *atomics = &out->op[GIGA_STATS_ATOMIC];

    *out = c->stats;
    atomics->operations += c->atomics[0] + c->atomics[1];
    atomics->batched += c->atomics[0] + c->atomics[1];
    atomics->bytes += 4 * c->atomics[0] + 8 * c->atomics[1];
    for (int i = 0; i < 2; i++) {
        giga_stats_op *op = &out->op[i == 0 ? GIGA_STATS_GET : GIGA_STATS_PUT];
        op->operations += c->runs[i].pieces - c->runs[i].extra;
        op->batched += c->runs[i].pieces;
        op->bytes += c->runs[i].bytes;
    }
}

giga_status giga_stats_get(giga_stats *out)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_stats_get");
    gi_counts now;
    uint64_t *words = (uint64_t *)&now;

    if (!out)
        return status != GIGA_OK ? status : giga_fail(GIGA_ERR_ARG, "giga_stats_get: out is NULL");
    memset(out, 0, sizeof *out);
    if (status != GIGA_OK)
        return status;
    pthread_mutex_lock(&job->stats->lock);
    sum_tallies(&now);
    for (size_t i = 0; i < COUNT_WORDS; i++)
        words[i] -= ((const uint64_t *)&job->stats->baseline)[i];
    pthread_mutex_unlock(&job->stats->lock);
    publish(&now, out);
    return GIGA_OK;
}

giga_status giga_stats_reset(void)
{
    giga_status status = gi_job_check("giga_stats_reset");

    if (status != GIGA_OK)
        return status;
    pthread_mutex_lock(&gi_the_job.stats->lock);
    sum_tallies(&gi_the_job.stats->baseline);
    for (int32_t k = 0; k < 2 * gi_the_job.stats->nodes; k++)
        __atomic_store_n(&gi_the_job.stats->traffic[k], 0, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&gi_the_job.stats->lock);
    return GIGA_OK;
}

giga_status giga_stats_get_traffic(uint64_t *sent, uint64_t *fetched)
{
    const gi_stats *s = gi_the_job.stats;
    giga_status status = gi_job_check("giga_stats_get_traffic");

    if (status != GIGA_OK)
        return status;
    if (!sent || !fetched)
        return giga_fail(GIGA_ERR_ARG, "giga_stats_get_traffic: sent or fetched is NULL");
    for (int32_t k = 0; k < s->nodes; k++) {
        sent[k] = __atomic_load_n(&s->traffic[k], __ATOMIC_RELAXED);
        fetched[k] = __atomic_load_n(&s->traffic[s->nodes + k], __ATOMIC_RELAXED);
    }
    return GIGA_OK;
}

giga_status giga_stats_get_object(const void *address, giga_stats *out)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_stats_get_object");
    gi_place place;

    if (!out)
        return status != GIGA_OK ? status : giga_fail(GIGA_ERR_ARG, "giga_stats_get_object: out is NULL");
    memset(out, 0, sizeof *out);
    if (status == GIGA_OK)
        status = gi_object_place(job, "giga_stats_get_object", address, 0, &place);
    if (status != GIGA_OK)
        return status;
    if (!place.object->counts)
        return giga_fail(GIGA_ERR_STATE,
                         "giga_stats_get_object: rank %d: nothing is counted per "
                         "object without GIGA_STATS=1",
                         job->rank);
    const uint64_t *from = (const uint64_t *)place.object->counts;
    for (size_t i = 0; i < sizeof *out / sizeof *from; i++)
        ((uint64_t *)out)[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    return GIGA_OK;
}

const char *giga_stats_name(giga_stats_class which)
{
    static const char *const names[GIGA_STATS_CLASSES] = {
        "get",  "put",   "atomic",  "gather",     "scatter", "box",     "notify", "wait",
        "room", "quiet", "barrier", "collective", "alloc",   "channel", "call",   "lock"};

    return (unsigned)which < GIGA_STATS_CLASSES ? names[which] : "?";
}

/* ---- objects ---- */

giga_status gi_stats_start(gi_job *job)
{
    gi_stats *s = calloc(1, sizeof *s);

    if (s && job->watch & GI_WATCH_OBJECTS)
        s->gone = calloc(RECORDS, sizeof *s->gone);
    job->stats = s;
    if (!s || (job->watch & GI_WATCH_OBJECTS && !s->gone))
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory for counters");
    pthread_mutex_init(&s->lock, NULL);
    sum_tallies(&s->baseline);
    return GIGA_OK;
}

giga_status gi_stats_start_traffic(gi_job *job)
{
    gi_stats *s = job->stats;
    int32_t nodes = gi_node_count(job->node);

    uint64_t *traffic = calloc(2 * (size_t)nodes, sizeof *traffic);
    if (!traffic)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory for counters");
    s->nodes = nodes;
    __atomic_store_n(&s->traffic, traffic, __ATOMIC_RELEASE); /* see gi_count_traffic() */
    return GIGA_OK;
}

void gi_stats_stop(gi_job *job)
{
    if (!job->stats)
        return;
    free(job->stats->traffic);
    pthread_mutex_destroy(&job->stats->lock);
    free(job->stats->gone);
    free(job->stats);
    job->stats = NULL;
}

void gi_stats_object_made(gi_job *job, gi_object *object, const void *site)
{
    object->site = site;
    if (job->watch & GI_WATCH_OBJECTS)
        object->counts = calloc(1, sizeof *object->counts); /* without memory: not counted */
}

const giga_stats_op *gi_stats_mine(giga_stats_class class)
{
    return &gi_tally_mine()->counts.stats.op[class];
}

static void increase(uint64_t *counter, uint64_t by)
{
    __atomic_fetch_add(counter, by, __ATOMIC_RELAXED); /* any thread counts for an object */
}

void gi_stats_object_add(gi_object *object, const gi_access *a)
{
    bool all = gi_the_job.watch & GI_WATCH_NEAR;

    if (!object->counts)
        return;
    giga_stats_op *op = &object->counts->op[a->class];
    if (a->remote > 0) {
        increase(&op->operations, a->operations);
        increase(&op->bytes, a->remote);
        increase(&op->messages, a->messages);
        increase(&op->batched, a->batched);
        increase(&op->wait_ns, (uint64_t)a->ns);
    } else if (all) {
        increase(&op->near_operations, a->operations);
    }
    if (all)
        increase(&op->near_bytes, a->bytes - a->remote);
}

/* The record of a place and length, made when there is room; NULL when there is none. */
static gi_object_record *record_of(gi_object_record *records, size_t *count, size_t most,
                                   const gi_object *object)
{
    uint64_t address = gi_the_job.window_base + object->offset;
    uint64_t bytes = object->uniform ? object->bytes : object->stride * (uint64_t)gi_the_job.size;

    for (size_t i = 0; i < *count; i++) {
        if (records[i].address == address && records[i].bytes == bytes)
            return &records[i];
    }
    if (*count == most)
        return NULL;
    records[*count] = (gi_object_record){.address = address, .bytes = bytes, .site = object->site};
    return &records[(*count)++];
}

static void add_object(gi_object_record *r, const gi_object *object)
{
    r->lives++;
    for (int i = 0; i < GIGA_STATS_CLASSES; i++) {
        const giga_stats_op *op = &object->counts->op[i];
        r->operations += op->operations;
        r->moved += op->bytes;
        r->messages += op->messages;
        r->batched += op->batched;
        r->wait_ns += op->wait_ns;
        r->near_operations += op->near_operations;
        r->near_bytes += op->near_bytes;
    }
}

void gi_stats_object_gone(gi_job *job, gi_object *object)
{
    gi_stats *s = job->stats;

    if (!object->counts)
        return;
    pthread_mutex_lock(&s->lock);
    gi_object_record *r = record_of(s->gone, &s->count, RECORDS, object);
    if (r)
        add_object(r, object);
    pthread_mutex_unlock(&s->lock);
    free(object->counts);
    object->counts = NULL;
}

gi_object_record *gi_stats_objects(gi_job *job, size_t *count_out)
{
    gi_stats *s = job->stats;
    gi_object_record *all = calloc(2 * RECORDS, sizeof *all);

    *count_out = 0;
    if (!all)
        return NULL;
    pthread_mutex_lock(&s->lock);
    memcpy(all, s->gone, s->count * sizeof *all);
    *count_out = s->count;
    pthread_mutex_unlock(&s->lock);
    for (gi_object *o = gi_object_next(job, NULL); o; o = gi_object_next(job, o)) {
        gi_object_record *r = o->counts ? record_of(all, count_out, 2 * RECORDS, o) : NULL;
        if (r)
            add_object(r, o);
    }
    return all;
}
