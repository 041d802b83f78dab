/*
 * channel.c - channels: creation and end, and whose message it is. See channel.h.
 *
 * Creation and end are collective; the list of channels changes under the lock of the network,
 * because arrivals look a channel up in it.
 */
#include "channel.h"

#include <sched.h>
#include <stdlib.h>

#include "call.h"
#include "node.h"
#include "remote.h"

enum { SPINS = 100, SMALL_JOB = 16 };

/* ---- locks, checks ---- */

void gi_channel_lock(giga_channel *ch)
{
    for (int spins = 0; atomic_exchange_explicit(&ch->busy, true, memory_order_acquire); spins++) {
        if (spins >= SPINS) /* pairs with gi_channel_unlock() */
            sched_yield();
    }
}

void gi_channel_unlock(giga_channel *ch)
{
    /* pairs with gi_channel_lock() */
    atomic_store_explicit(&ch->busy, false, memory_order_release);
}

void gi_event_tell(gi_event *event)
{
    atomic_fetch_add(&event->value, 1);
    gi_wake(event);
}

giga_status gi_channel_check(const char *function, const giga_channel *ch, bool collective)
{
    giga_status status = gi_job_check(function);
    const giga_channel *c = gi_the_job.channels;

    if (status != GIGA_OK)
        return status;
    while (c && c != ch)
        c = c->next;
    if (!c)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: %p is no live channel", function,
                         gi_the_job.rank, (const void *)ch);
    if (collective && gi_channel_handling)
        return giga_fail(GIGA_ERR_STATE, "%s: rank %d: called inside a handler of a channel",
                         function, gi_the_job.rank);
    return GIGA_OK;
}

/* ---- creation ---- */

static giga_status check_opts(const giga_channel_opts *opts, giga_channel_opts *out)
{
    giga_channel_opts all = GIGA_CHANNEL_OPTS_INIT;

    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "giga_channel_create: options were not started from "
                                       "GIGA_CHANNEL_OPTS_INIT");
    *out = opts ? *opts : all;
    if (out->record_bytes > GIGA_RECORD_FIXED_MAX)
        return giga_fail(GIGA_ERR_ARG, "giga_channel_create: records of %zu bytes; at most %d",
                         out->record_bytes, GIGA_RECORD_FIXED_MAX);
    if (out->route < GIGA_ROUTE_AUTO || out->route > GIGA_ROUTE_DIRECT)
        return giga_fail(GIGA_ERR_ARG, "giga_channel_create: unknown route %d", (int)out->route);
    if (out->memory == 0)
        out->memory = gi_the_job.env.aggregate.number;
    return GIGA_OK;
}

/* One small all-reduce: do the options agree, and how many ranks has the largest node? */
static giga_status agree_on_opts(const giga_channel_opts *o, uint32_t *largest_out)
{
    uint64_t what = (uint64_t)o->route | (uint64_t)(o->handler != NULL) << 8;
    uint64_t mine[7] = {(uint64_t)gi_node_size(gi_the_job.node), o->record_bytes, what, o->memory,
                        ~(uint64_t)o->record_bytes, ~what, ~o->memory};
    uint64_t most[7];
    giga_status status = giga_allreduce(mine, most, 7, GIGA_U64, GIGA_MAX);

    if (status != GIGA_OK)
        return status;
    for (int i = 1; i <= 3; i++) {
        if (most[i] != ~most[i + 3])
            return giga_fail(GIGA_ERR_MISMATCH, "giga_channel_create: the ranks pass different "
                             "options; rank %d records of %zu bytes", gi_the_job.rank,
                             o->record_bytes);
    }
    *largest_out = (uint32_t)most[0];
    return GIGA_OK;
}

/* Sizes: of a batch, so that every destination may have its window open in `memory`; and of a
 * rank's block, by which every sender that this rank may receive for has its slots. */
static void plan(giga_channel *ch, const giga_channel_opts *o, uint32_t largest)
{
    const gi_node *node = ch->job->node;
    uint32_t near = (uint32_t)gi_node_size(node), nodes = (uint32_t)gi_node_count(node);
    uint64_t least = o->record_bytes + 2 > GI_BATCH_MIN ? o->record_bytes + 2 : GI_BATCH_MIN;

    ch->record_bytes = o->record_bytes;
    ch->handler = o->handler;
    ch->context = o->context;
    ch->direct = o->route == GIGA_ROUTE_DIRECT ||
                 (o->route == GIGA_ROUTE_AUTO && ch->job->size <= SMALL_JOB);
    uint64_t destinations = ch->direct ? (uint64_t)ch->job->size : nodes;
    uint64_t share = o->memory / (destinations * (GI_WINDOW + 1));
    share = share > GI_BATCH_MAX ? GI_BATCH_MAX : share;
    share = share < least ? least : share;
    ch->capacity = (uint32_t)((share + 63) / 64 * 64);
    uint64_t most = o->memory / ch->capacity, useful = destinations * (GI_WINDOW + 1);
    most = most > useful ? useful : most;
    ch->most = (uint32_t)(most < GI_BATCHES_MIN ? GI_BATCHES_MIN : most);

    ch->targets = ch->direct ? 1 : near;
    ch->own_lanes = ch->direct ? near : 1;
    ch->per_node = (largest + near - 1) / near; /* senders of one node that come to this rank */
    ch->all_lanes = ch->own_lanes;
    if (ch->job->net)
        ch->all_lanes += ch->direct ? (uint32_t)ch->job->size : nodes * ch->per_node;
    ch->data_at = (sizeof(gi_slot) + ch->targets * sizeof(gi_segment) + 63) / 64 * 64;
    ch->slot_bytes = ch->data_at + ch->capacity + (16 * ch->targets + 63) / 64 * 64;
}

static giga_status allocate(giga_channel *ch)
{
    uint64_t destinations = (uint64_t)(ch->direct ? ch->job->size : gi_node_count(ch->job->node));

    ch->destinations = calloc(destinations, sizeof *ch->destinations);
    ch->batches = calloc(ch->most, sizeof *ch->batches);
    ch->open = calloc(ch->most, sizeof *ch->open);
    ch->lanes = calloc(ch->all_lanes, sizeof *ch->lanes);
    ch->in_hand = ch->handler ? malloc(ch->capacity) : NULL;
    if (!ch->destinations || !ch->batches || !ch->open || !ch->lanes ||
        (ch->handler && !ch->in_hand))
        return giga_fail(GIGA_ERR_MEMORY, "giga_channel_create: rank %d: out of memory",
                         ch->job->rank);
    return GIGA_OK;
}

static void free_channel(giga_channel *ch)
{
    for (uint32_t i = 0; i < ch->made; i++) {
        free(ch->batches[i]->data);
        free(ch->batches[i]);
    }
    gi_channel_free_pieces(ch);
    free(ch->destinations);
    free(ch->batches);
    free(ch->open);
    free(ch->lanes);
    free(ch->in_hand);
    free(ch);
}

/* Arrivals find it from here on. */
static void enter(gi_job *job, giga_channel *ch)
{
    if (job->net)
        gi_net_enter(job);
    ch->next = job->channels;
    job->channels = ch;
    if (job->net)
        gi_net_leave(job);
}

static void leave(gi_job *job, giga_channel *ch)
{
    giga_channel **link = &job->channels;

    if (job->net)
        gi_net_enter(job);
    while (*link != ch)
        link = &(*link)->next;
    *link = ch->next;
    if (job->net)
        gi_net_leave(job);
}

static giga_status create_memory(giga_channel *ch)
{
    giga_alloc_opts opts = {.struct_bytes = sizeof opts, .pages = GIGA_PAGES_SMALL, .sparse = true};
    gi_object_plan wanted = {.mine = sizeof(gi_inbox) +
                                     (uint64_t)ch->all_lanes * GI_WINDOW * ch->slot_bytes,
                             .opts = opts};
    gi_job *job = ch->job;

    giga_status status = gi_object_create(job, "giga_channel_create", &wanted, &ch->object);
    if (status == GIGA_OK)
        ch->memory = (char *)(uintptr_t)((job->net ? job->alias_base : job->window_base) +
                                         ch->object->offset);
    return status;
}

static giga_status create(gi_job *job, const giga_channel_opts *opts, giga_channel **out)
{
    uint32_t largest = 0;
    giga_status status = agree_on_opts(opts, &largest);
    giga_channel *ch = status == GIGA_OK ? calloc(1, sizeof *ch) : NULL;

    if (status != GIGA_OK)
        return status;
    status = ch ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_channel_create: out of memory");
    if (ch) {
        ch->job = job;
        ch->event = gi_node_inbox(job->node, gi_node_index(job->node));
        plan(ch, opts, largest);
        status = allocate(ch);
    }
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = create_memory(ch);
    if (status != GIGA_OK) {
        if (ch)
            free_channel(ch);
        return status;
    }
    ch->id = job->channels_made++;
    enter(job, ch);
    gi_settle_and_meet(job); /* nobody sends before all can receive */
    *out = ch;
    return GIGA_OK;
}

giga_status giga_channel_create(const giga_channel_opts *opts, giga_channel **channel_out)
{
    giga_channel_opts all = GIGA_CHANNEL_OPTS_INIT;
    giga_status status = gi_job_check("giga_channel_create");

    if (channel_out)
        *channel_out = NULL;
    if (status != GIGA_OK)
        return status;
    if (gi_channel_handling)
        return giga_fail(GIGA_ERR_STATE, "giga_channel_create: rank %d: called inside a handler of "
                         "a channel", gi_the_job.rank);
    if (!channel_out)
        status = giga_fail(GIGA_ERR_ARG, "giga_channel_create: channel_out is NULL");
    if (status == GIGA_OK)
        status = check_opts(opts, &all);
    status = giga_agree(status);
    return status == GIGA_OK ? create(&gi_the_job, &all, channel_out) : status;
}

/* ---- end ---- */

static giga_status agree_on_channel(const giga_channel *ch)
{
    uint64_t id = ch ? ch->id + UINT64_C(1) : 0, mine[2] = {id, ~id}, most[2];
    giga_status status = giga_allreduce(mine, most, 2, GIGA_U64, GIGA_MAX);

    if (status == GIGA_OK && most[0] != ~most[1])
        status = giga_fail(GIGA_ERR_MISMATCH, "giga_channel_destroy: the ranks pass different "
                                              "channels");
    return status;
}

giga_status giga_channel_destroy(giga_channel *ch)
{
    gi_job *job = &gi_the_job;
    giga_status status = ch ? gi_channel_check("giga_channel_destroy", ch, true)
                            : gi_job_check("giga_channel_destroy");

    if (status == GIGA_ERR_STATE)
        return status;
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = agree_on_channel(ch);
    if (status != GIGA_OK || !ch)
        return status;
    giga_channel_finish(ch, NULL);
    gi_settle_and_meet(job); /* nobody is in the finish any more */
    leave(job, ch);
    status = gi_object_destroy(job, "giga_channel_destroy", ch->object);
    free_channel(ch);
    return status;
}

void gi_channels_stop(gi_job *job)
{
    while (job->channels) {
        giga_channel *ch = job->channels;
        job->channels = ch->next;
        free_channel(ch);
    }
}

/* ---- messages ---- */

void gi_channel_receive(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    giga_channel *ch = job->channels;

    while (ch && ch->id != (uint32_t)m->slot)
        ch = ch->next;
    if (!ch) /* a GI_CHANNEL_DONE may come late: what it asked for has been done */
        return;
    switch (m->width & 0xff) {
    case GI_CHANNEL_BATCH: gi_channel_take_batch(ch, m, body, bytes); return;
    case GI_CHANNEL_ANSWER: gi_channel_take_answer(ch, m); return;
    case GI_CHANNEL_DONE: gi_channel_answer_done(ch); return;
    case GI_CHANNEL_REPORT: gi_channel_take_report(ch, m); return;
    case GI_CHANNEL_VERDICT: gi_channel_take_verdict(ch, m->offset, m->a); return;
    }
}
