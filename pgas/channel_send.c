/*
 * channel_send.c - sending on a channel: open batches, handing them over, answers. Invariants C1
 * and C3 of channel.h.
 *
 * A batch for this node is sorted into a slot of this rank's own, under the channel's lock; one
 * for another node is a message to the rank there that has a slot for it. A record longer than
 * a batch is cut into fragments, each a batch of its own.
 *
 * Threads: any of the program; answers under the lock of the network.
 */
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "node.h"
#include "remote.h"

enum {
    FRAME = 8,   /* bytes before a record of its own size: its length */
    TARGET = 2,  /* bytes that say which rank of the node gets a record */
    POLLS = 4,   /* looks at the network after each message: answers make room */
};

/* ---- batches ---- */

static gi_batch_out *make_batch(giga_channel *ch)
{
    gi_batch_out *b = calloc(1, sizeof *b);

    if (b)
        b->data = malloc(ch->capacity);
    if (!b || !b->data)
        giga_abort("rank %d: out of memory for the records of a channel", ch->job->rank);
    b->id = ch->made;
    ch->batches[ch->made++] = b;
    return b;
}

/* Open a batch for a destination; false when all are in use. */
static bool open_batch(giga_channel *ch, int32_t destination)
{
    gi_batch_out *b = ch->free;

    if (b)
        ch->free = b->next_free;
    else if (ch->made < ch->most)
        b = make_batch(ch);
    if (!b)
        return false;
    b->bytes = b->count = b->stream = 0;
    b->room = ch->capacity;
    b->total = 0;
    b->one = true;
    b->destination = destination;
    b->place = ch->open_count;
    ch->open[ch->open_count++] = b;
    ch->destinations[destination].open = b;
    return true;
}

static void close_batch(giga_channel *ch, gi_batch_out *b)
{
    gi_batch_out *last = ch->open[--ch->open_count];

    ch->open[b->place] = last;
    last->place = b->place;
    ch->destinations[b->destination].open = NULL;
}

static void give_back(giga_channel *ch, gi_batch_out *b)
{
    b->next_free = ch->free;
    ch->free = b;
}

/* ---- destinations ---- */

/* The rank of a node at a position. Once per destination: there is no table of it. */
static int32_t rank_at(const gi_job *job, int32_t which, int32_t position)
{
    const gi_node *node = job->node;
    int32_t ranks = 0, found = -1;

    for (int32_t r = gi_node_leader(node, which); r < job->size; r++) {
        if (gi_node_peer(job, r)->node == which)
            ranks++;
    }
    position %= ranks;
    for (int32_t r = gi_node_leader(node, which); found < 0; r++) {
        const gi_peer *peer = gi_node_peer(job, r);
        if (peer->node == which && peer->near_index == position)
            found = r;
    }
    return found;
}

/* Whose slots take what this rank sends there. The receiver's lane_of() is the inverse. */
static int32_t owner_of(const giga_channel *ch, int32_t destination)
{
    if (ch->direct)
        return destination;
    return rank_at(ch->job, destination, gi_node_index(ch->job->node));
}

static bool is_near(const giga_channel *ch, int32_t destination)
{
    int32_t of = ch->direct ? gi_node_peer(ch->job, destination)->node : destination;

    return of == gi_node_mine(ch->job);
}

/* ---- handing over; the lock is held ---- */

static bool hand_near(giga_channel *ch, gi_batch_out *b)
{
    gi_destination *d = &ch->destinations[b->destination];
    uint32_t lane = ch->direct ? (uint32_t)gi_node_peer(ch->job, b->destination)->near_index
                               : 0;
    gi_slot *slot = gi_channel_slot(ch, lane, d->next);
    gi_label label = {.source = ch->job->rank, .phase = ch->phase, .count = b->count,
                      .bytes = b->bytes, .stream = b->stream, .total = b->total, .one = b->one};

    /* pairs with gi_channel_release() of whoever was done last */
    if (atomic_load_explicit(&slot->left, memory_order_acquire) != 0)
        return false;
    const char *targets = b->data + ch->capacity - (size_t)TARGET * b->count;
    gi_channel_sort(ch, slot, &label, b->data, b->one ? (const char *)&b->target : targets);
    d->next++;
    gi_channel_deliver(ch, slot);
    close_batch(ch, b);
    give_back(ch, b);
    return true;
}

/* Behind the frames; a batch for one rank says that once. Returns the bytes of the body. */
static size_t append_targets(const giga_channel *ch, gi_batch_out *b)
{
    size_t bytes = (size_t)TARGET * b->count;

    if (b->one) {
        memcpy(b->data + b->bytes, &b->target, TARGET);
        return b->bytes + TARGET;
    }
    memmove(b->data + b->bytes, b->data + ch->capacity - bytes, bytes);
    return b->bytes + bytes;
}

static void send_message(giga_channel *ch, gi_batch_out *b, int32_t to)
{
    gi_job *job = ch->job;
    gi_message message = {
        .kind = GI_KIND_CHANNEL,
        .width = GI_CHANNEL_BATCH | (b->one ? GI_CHANNEL_ONE : 0),
        .slot = (uint64_t)ch->phase << 32 | ch->id,
        .offset = b->number,
        .a = (uint64_t)b->bytes << 32 | b->count,
        .b = (uint64_t)b->stream << 32 | b->id,
        .reach = b->total,
    };
    size_t bytes = append_targets(ch, b);

    gi_net_enter(job);
    if (gi_net_send(job->net, to, &message, b->data, bytes) != GIGA_OK)
        gi_remote_fail(job, giga_error());
    for (int i = 0; i < POLLS && gi_net_poll(job->net); i++)
        ;
    gi_net_leave(job);
    gi_progress_attend(job);
}

/* Its number and slot are taken under the lock; then messages may overtake each other (C1). */
static bool hand_far(giga_channel *ch, gi_batch_out *b)
{
    gi_destination *d = &ch->destinations[b->destination];
    uint32_t bit = UINT32_C(1) << d->next % GI_WINDOW;

    if (d->busy & bit)
        return false;
    if (d->to == 0)
        d->to = owner_of(ch, b->destination) + 1;
    d->busy |= bit;
    b->number = d->next++;
    b->under_way = true;
    close_batch(ch, b);
    ch->under_way++;
    int32_t to = d->to - 1;
    gi_channel_unlock(ch);
    send_message(ch, b, to);
    gi_channel_lock(ch);
    return true;
}

static bool hand_over(giga_channel *ch, gi_batch_out *b)
{
    return is_near(ch, b->destination) ? hand_near(ch, b) : hand_far(ch, b);
}

bool gi_channel_push(giga_channel *ch)
{
    bool some = false;

    for (uint32_t i = 0; i < ch->open_count;) {
        if (hand_over(ch, ch->open[i]))
            some = true; /* another one is at this place now */
        else
            i++;
    }
    return some;
}

/* An answer: the slot is free, and the batch's memory. */
void gi_channel_take_answer(giga_channel *ch, const gi_message *m)
{
    gi_channel_lock(ch);
    gi_batch_out *b = m->a < ch->made ? ch->batches[m->a] : NULL;
    if (b && b->under_way) {
        b->under_way = false;
        ch->under_way--;
        ch->destinations[b->destination].busy &= ~(UINT32_C(1) << b->number % GI_WINDOW);
        give_back(ch, b);
    }
    gi_channel_unlock(ch);
    gi_event_tell(ch->event);
}

/* ---- appending ---- */

/* Between two looks whether there is room, while there was none; the lock is given up. */
static void wait_for_room(giga_channel *ch, uint32_t seen, gi_attention how)
{
    gi_channel_unlock(ch);
    if (!gi_channels_attend(ch->job, how))
        gi_wait_while(ch->job, ch->event, seen);
    gi_channel_lock(ch);
}

/*
 * The open batch of a destination with room for a frame; with `alone`, an empty one. The lock is
 * held, and given up while a full batch leaves. No handler may run here: its records would
 * overtake the one that is about to be appended.
 */
static gi_batch_out *find_room(giga_channel *ch, int32_t destination, uint32_t need, bool alone)
{
    for (;;) {
        uint32_t seen = atomic_load(&ch->event->value);
        gi_batch_out *b = ch->destinations[destination].open;
        if (b && b->room >= need && !(alone && b->bytes > 0))
            return b;
        if (b ? hand_over(ch, b) : open_batch(ch, destination) || gi_channel_push(ch))
            continue;
        wait_for_room(ch, seen, GI_KEEP);
    }
}

/*
 * A record has been appended, so that handlers may run again. Where there is no room for another
 * one like it, hand the batch over, and wait for that if need be. Then handle what has come: it
 * is still in the cache, others need the room, and find_room() may have put it into private memory.
 */
static void let_go(giga_channel *ch, int32_t destination, uint32_t need)
{
    for (;;) {
        uint32_t seen = atomic_load(&ch->event->value);
        gi_batch_out *b = ch->destinations[destination].open;
        if (!b || b->room >= need || hand_over(ch, b))
            break;
        wait_for_room(ch, seen, GI_WAIT);
    }
    gi_channel_unlock(ch);
    gi_channels_attend(ch->job, GI_HANDLE);
    gi_channel_lock(ch);
}

static inline void note_target(giga_channel *ch, gi_batch_out *b, uint16_t target)
{
    if (b->count == 0)
        b->target = target;
    b->one &= target == b->target;
    b->count++;
    memcpy(b->data + ch->capacity - (size_t)TARGET * b->count, &target, TARGET);
    b->room -= TARGET;
}

static inline void append(giga_channel *ch, gi_batch_out *b, uint16_t target, const void *record,
                          size_t bytes, size_t frame)
{
    char *at = b->data + b->bytes;
    uint64_t length = bytes;

    if (ch->record_bytes == 0) {
        memcpy(at, &length, FRAME);
        at += FRAME;
    }
    if (bytes == 16)
        memcpy(at, record, 16);
    else if (bytes > 0)
        memcpy(at, record, bytes);
    b->bytes += (uint32_t)frame;
    b->room -= (uint32_t)frame;
    note_target(ch, b, target);
}

/* Every fragment is a batch of its own; `room` 0 closes it. */
static void append_fragments(giga_channel *ch, int32_t destination, uint16_t target,
                             const char *record, size_t bytes)
{
    uint32_t most = ch->capacity - 2 * TARGET, stream;

    while ((stream = ++ch->streams) == 0)
        ;
    for (size_t done = 0; done < bytes;) {
        uint32_t piece = (uint32_t)(bytes - done < most ? bytes - done : most);
        gi_batch_out *b = find_room(ch, destination, piece + TARGET, true);
        memcpy(b->data, record + done, piece);
        done += piece;
        b->bytes = piece;
        b->stream = stream;
        b->total = bytes;
        note_target(ch, b, target);
        b->count = done == bytes;
        b->room = 0;
    }
}

static giga_status bad_size(const giga_channel *ch, const char *function, size_t bytes)
{
    if (ch->record_bytes != 0)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: a record of %zu bytes on a channel of records "
                         "of %zu", function, ch->job->rank, bytes, ch->record_bytes);
    return giga_fail(GIGA_ERR_ARG, "%s: rank %d: a record of %zu bytes; at most %d", function,
                     ch->job->rank, bytes, GIGA_RECORD_MAX);
}

static inline giga_status send(giga_channel *ch, const char *function, int32_t rank,
                               const void *record, size_t bytes)
{
    size_t frame = ch->record_bytes != 0 ? bytes : FRAME + (bytes + 7) / 8 * 8;

    if (ch->record_bytes != 0 ? bytes != ch->record_bytes : bytes > GIGA_RECORD_MAX)
        return bad_size(ch, function, bytes);
    if (!record && bytes > 0)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: the record is NULL", function, ch->job->rank);
    const gi_peer *peer = gi_node_peer(ch->job, rank);
    int32_t destination = ch->direct ? rank : peer->node;
    uint16_t target = ch->direct ? 0 : (uint16_t)peer->near_index;

    gi_channel_lock(ch);
    ch->sent++;
    if (frame + TARGET > ch->capacity) {
        append_fragments(ch, destination, target, record, bytes);
        let_go(ch, destination, ch->capacity);
    } else {
        uint32_t need = (uint32_t)frame + TARGET;
        gi_batch_out *b = ch->destinations[destination].open;
        bool found = b && b->room >= need;
        if (!found)
            b = find_room(ch, destination, need, false);
        append(ch, b, target, record, bytes, frame);
        if (!found || b->room < need)
            let_go(ch, destination, need);
    }
    gi_channel_unlock(ch);
    return GIGA_OK;
}

giga_status giga_channel_send(giga_channel *ch, int32_t rank, const void *record, size_t bytes)
{
    giga_status status = gi_channel_check("giga_channel_send", ch, false);

    if (status != GIGA_OK)
        return status;
    if (rank < 0 || rank >= ch->job->size)
        return giga_fail(GIGA_ERR_ARG, "giga_channel_send: rank %d: there is no rank %d of %d",
                         ch->job->rank, rank, ch->job->size);
    return send(ch, "giga_channel_send", rank, record, bytes);
}

giga_status giga_channel_send_home(giga_channel *ch, const void *address, const void *record,
                                   size_t bytes)
{
    gi_place place;
    giga_status status = gi_channel_check("giga_channel_send_home", ch, false);

    if (status == GIGA_OK)
        status = gi_object_place(&gi_the_job, "giga_channel_send_home", address, 1, &place);
    return status == GIGA_OK ? send(ch, "giga_channel_send_home", place.home, record, bytes)
                             : status;
}

giga_status giga_channel_flush(giga_channel *ch)
{
    giga_status status = gi_channel_check("giga_channel_flush", ch, false);

    if (status != GIGA_OK)
        return status;
    gi_channel_lock(ch);
    while (ch->open_count > 0) {
        uint32_t seen = atomic_load(&ch->event->value);
        if (!gi_channel_push(ch))
            wait_for_room(ch, seen, GI_WAIT);
    }
    gi_channel_unlock(ch);
    return GIGA_OK;
}
