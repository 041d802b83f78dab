/*
 * channel_slot.c - slots: batches of records sorted by rank, into the inboxes of a node, and what
 * becomes of a slot when all its records are done with. Invariants C1 and C2 of channel.h.
 *
 * Sorting counts first, then copies: two passes over a batch that is in the cache, and a rank's
 * records of a batch are one array, handed over by one atomic operation.
 *
 * Threads: sorting and delivery by the owner of the slot, under the channel's lock (its own
 * batches) or the lock of the network (those of other nodes); release by any.
 */
#include <string.h>

#include "channel.h"
#include "node.h"
#include "remote.h"

gi_slot *gi_channel_slot(const giga_channel *ch, uint32_t lane, uint64_t number)
{
    uint64_t which = (uint64_t)lane * GI_WINDOW + number % GI_WINDOW;

    return (gi_slot *)(void *)((char *)gi_channel_inbox(ch, ch->job->rank) + sizeof(gi_inbox) +
                               which * ch->slot_bytes);
}

static uint64_t offset_of(const giga_channel *ch, const void *at)
{
    return (uint64_t)((const char *)at - ch->memory);
}

/* ---- sorting ---- */

static inline uint32_t target_at(const char *targets, uint32_t i)
{
    uint16_t target;

    memcpy(&target, targets + 2 * (size_t)i, sizeof target);
    return target;
}

/* The target of record i; they are stored from the back. */
static inline uint32_t target_of(const gi_label *label, const char *targets, uint32_t i)
{
    return target_at(targets, label->count - 1 - i);
}

/* Bytes of the frame at `at`; 0 when it leaves the batch. */
static inline uint32_t frame_bytes(const char *frames, uint32_t at, uint32_t end)
{
    uint64_t bytes;

    if (end - at < 8)
        return 0;
    memcpy(&bytes, frames + at, sizeof bytes);
    bytes = bytes <= GI_NET_BODY_MAX ? 8 + (bytes + 7) / 8 * 8 : UINT64_MAX;
    return bytes <= end - at ? (uint32_t)bytes : 0;
}

static void begin_segments(const giga_channel *ch, gi_slot *slot)
{
    for (uint32_t t = 0; t < ch->targets; t++)
        slot->segments[t] = (gi_segment){.slot = offset_of(ch, slot)};
}

/* Places of the segments; `bytes` is then the cursor of the copy. */
static void place_segments(const giga_channel *ch, gi_slot *slot)
{
    uint32_t begin = 0;

    for (uint32_t t = 0; t < ch->targets; t++) {
        gi_segment *s = &slot->segments[t];
        s->begin = begin;
        begin += (s->bytes + 15) / 16 * 16;
        s->bytes = 0;
    }
}

static bool count_fixed(const giga_channel *ch, gi_slot *slot, const gi_label *label,
                        const char *targets)
{
    for (uint32_t i = 0; i < label->count; i++) {
        uint32_t t = target_at(targets, i);
        if (t >= ch->targets)
            return false;
        slot->segments[t].count++;
    }
    for (uint32_t t = 0; t < ch->targets; t++)
        slot->segments[t].bytes = slot->segments[t].count * (uint32_t)ch->record_bytes;
    return label->bytes == label->count * ch->record_bytes;
}

/* `bytes` is a constant where it is a common size, so that the copy is a move. */
static inline void copy_fixed(gi_slot *slot, const gi_label *label, const char *frames,
                              const char *targets, char *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < label->count; i++) {
        gi_segment *s = &slot->segments[target_of(label, targets, i)];
        memcpy(data + s->begin + s->bytes, frames + (size_t)i * bytes, bytes);
        s->bytes += bytes;
    }
}

static bool sort_fixed(const giga_channel *ch, gi_slot *slot, const gi_label *label,
                       const char *frames, const char *targets)
{
    char *data = (char *)slot + ch->data_at;

    if (!count_fixed(ch, slot, label, targets))
        return false;
    place_segments(ch, slot);
    switch (ch->record_bytes) {
    case 8: copy_fixed(slot, label, frames, targets, data, 8); break;
    case 16: copy_fixed(slot, label, frames, targets, data, 16); break;
    case 24: copy_fixed(slot, label, frames, targets, data, 24); break;
    case 32: copy_fixed(slot, label, frames, targets, data, 32); break;
    default: copy_fixed(slot, label, frames, targets, data, (uint32_t)ch->record_bytes);
    }
    return true;
}

static bool sort_variable(const giga_channel *ch, gi_slot *slot, const gi_label *label,
                          const char *frames, const char *targets)
{
    char *data = (char *)slot + ch->data_at;
    uint32_t at = 0;

    for (uint32_t i = 0; i < label->count; i++) {
        uint32_t t = target_of(label, targets, i), frame = frame_bytes(frames, at, label->bytes);
        if (t >= ch->targets || frame == 0)
            return false;
        slot->segments[t].count++;
        slot->segments[t].bytes += frame;
        at += frame;
    }
    if (at != label->bytes)
        return false;
    place_segments(ch, slot);
    at = 0;
    for (uint32_t i = 0; i < label->count; i++) {
        gi_segment *s = &slot->segments[target_of(label, targets, i)];
        uint32_t frame = frame_bytes(frames, at, label->bytes);
        memcpy(data + s->begin + s->bytes, frames + at, frame);
        s->bytes += frame;
        at += frame;
    }
    return true;
}

static bool for_one(const giga_channel *ch, gi_slot *slot, const gi_label *label,
                    const char *frames, uint32_t target)
{
    if (target >= ch->targets)
        return false;
    slot->segments[target] = (gi_segment){.slot = offset_of(ch, slot), .total = label->total,
                                          .bytes = label->bytes, .count = label->count,
                                          .stream = label->stream};
    memcpy((char *)slot + ch->data_at, frames, label->bytes);
    return true;
}

bool gi_channel_sort(const giga_channel *ch, gi_slot *slot, const gi_label *label,
                     const char *frames, const char *targets)
{
    if (label->bytes > ch->capacity || label->count > label->bytes)
        return false;
    slot->source = label->source;
    slot->owner = gi_node_index(ch->job->node);
    slot->batch = label->id;
    slot->phase = label->phase;
    begin_segments(ch, slot);
    if (label->one)
        return for_one(ch, slot, label, frames, target_at(targets, 0));
    return ch->record_bytes != 0 ? sort_fixed(ch, slot, label, frames, targets)
                                 : sort_variable(ch, slot, label, frames, targets);
}

/* ---- inboxes ---- */

static void put_into_inbox(giga_channel *ch, gi_segment *segment, int32_t near)
{
    gi_inbox *inbox = gi_channel_inbox(ch, gi_node_rank(ch->job->node, near));
    uint64_t newest = atomic_load_explicit(&inbox->segments, memory_order_relaxed);

    do
        segment->next = newest;
    while (!atomic_compare_exchange_weak_explicit(
        &inbox->segments, &newest, offset_of(ch, segment), memory_order_release,
        memory_order_relaxed)); /* pairs with the exchange of who takes them */
    gi_event_tell(gi_node_inbox(ch->job->node, near));
}

void gi_channel_deliver(giga_channel *ch, gi_slot *slot)
{
    uint32_t lane = (uint32_t)(((char *)slot - (char *)gi_channel_slot(ch, 0, 0)) /
                               (ptrdiff_t)(ch->slot_bytes * GI_WINDOW));
    int32_t alone = lane < ch->own_lanes ? (int32_t)lane : gi_node_index(ch->job->node);
    uint32_t left = 0;

    for (uint32_t t = 0; t < ch->targets; t++)
        left += slot->segments[t].bytes > 0;
    atomic_store_explicit(&slot->left, left, memory_order_relaxed); /* the inboxes publish it */
    for (uint32_t t = 0; left > 0; t++) {
        if (slot->segments[t].bytes == 0)
            continue;
        left--;
        put_into_inbox(ch, &slot->segments[t], ch->direct ? alone : (int32_t)t);
    }
}

/* ---- arrivals ---- */

/* The lane of a sender on another node, whose batches come to this rank by its place there. */
static uint32_t lane_of(const giga_channel *ch, int32_t source)
{
    const gi_peer *peer = gi_node_peer(ch->job, source);
    uint32_t near = (uint32_t)gi_node_size(ch->job->node);

    if (ch->direct)
        return ch->own_lanes + (uint32_t)source;
    return ch->own_lanes + (uint32_t)peer->node * ch->per_node + (uint32_t)peer->near_index / near;
}

static bool store_batch(giga_channel *ch, const gi_message *m, const char *body, size_t bytes,
                        uint32_t lane_index)
{
    gi_lane *lane = &ch->lanes[lane_index];
    gi_slot *slot = gi_channel_slot(ch, lane_index, m->offset);
    uint32_t bit = UINT32_C(1) << m->offset % GI_WINDOW;
    gi_label label = {.total = m->reach, .source = m->from, .id = (uint32_t)m->b,
                      .phase = (uint32_t)(m->slot >> 32), .count = (uint32_t)m->a,
                      .bytes = (uint32_t)(m->a >> 32), .stream = (uint32_t)(m->b >> 32),
                      .one = (m->width & GI_CHANNEL_ONE) != 0};

    uint64_t targets = label.one ? 1 : label.count;
    if (m->offset - lane->next >= GI_WINDOW || lane->here & bit || atomic_load(&slot->left) != 0 ||
        (label.stream != 0 && !label.one) || bytes != label.bytes + 2 * targets ||
        !gi_channel_sort(ch, slot, &label, body, body + label.bytes))
        return false;
    lane->here |= bit;
    return true;
}

void gi_channel_take_batch(giga_channel *ch, const gi_message *m, const char *body, size_t bytes)
{
    uint32_t index = lane_of(ch, m->from);

    if (index >= ch->all_lanes || !store_batch(ch, m, body, bytes, index))
        giga_abort("rank %d: a batch of a channel from rank %d makes no sense", ch->job->rank,
                   m->from);
    gi_lane *lane = &ch->lanes[index];
    while (lane->here >> lane->next % GI_WINDOW & 1) { /* C1 */
        lane->here &= ~(UINT32_C(1) << lane->next % GI_WINDOW);
        gi_channel_deliver(ch, gi_channel_slot(ch, index, lane->next++));
    }
}

/* ---- slots that are done ---- */

static void send_short(giga_channel *ch, int32_t to, unsigned what, uint64_t a)
{
    gi_message message = {.kind = GI_KIND_CHANNEL, .width = (uint16_t)what, .slot = ch->id, .a = a};

    if (gi_net_send(ch->job->net, to, &message, NULL, 0) != GIGA_OK)
        gi_remote_fail(ch->job, giga_error());
}

void gi_channel_answer_done(giga_channel *ch)
{
    gi_inbox *mine = gi_channel_inbox(ch, ch->job->rank);
    /* pairs with tell_owner() of whoever was done last */
    uint64_t next = atomic_exchange_explicit(&mine->done, 0, memory_order_acquire);

    while (next != 0) {
        gi_slot *slot = gi_channel_at(ch, next);
        next = slot->next;
        send_short(ch, slot->source, GI_CHANNEL_ANSWER, slot->batch);
    }
}

/* The owner of a slot that came from another node has to answer. The first to add to its stack
 * sees to it that it is looked at; who adds before that need not. */
static void tell_owner(giga_channel *ch, gi_slot *slot, int32_t owner)
{
    int32_t rank = gi_node_rank(ch->job->node, owner);
    gi_inbox *inbox = gi_channel_inbox(ch, rank);
    uint64_t top = atomic_load_explicit(&inbox->done, memory_order_relaxed);

    do
        slot->next = top;
    while (!atomic_compare_exchange_weak_explicit(&inbox->done, &top, offset_of(ch, slot),
                                                  memory_order_release, memory_order_relaxed));
    if (top != 0)
        return;
    gi_net_enter(ch->job);
    if (rank == ch->job->rank)
        gi_channel_answer_done(ch);
    else
        send_short(ch, rank, GI_CHANNEL_DONE, 0);
    gi_net_leave(ch->job);
}

void gi_channel_release(giga_channel *ch, gi_segment *segment)
{
    gi_slot *slot = gi_channel_at(ch, segment->slot);
    int32_t owner = slot->owner;
    bool near = slot->source == gi_node_rank(ch->job->node, owner);

    /* Release: the owner, or who is last, sees that the records have been read; acquire: who is
     * last sees that of the others. Pairs with itself and with the owner's load of `left`. */
    if (atomic_fetch_sub_explicit(&slot->left, 1, memory_order_acq_rel) != 1)
        return;
    if (near)
        gi_event_tell(gi_node_inbox(ch->job->node, owner));
    else
        tell_owner(ch, slot, owner);
}
