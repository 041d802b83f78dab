/*
 * channel_take.c - what a rank does with records that have arrived: hands them to the handler,
 * keeps them, or gives them to the program. Invariants C4 and C5 of channel.h.
 *
 * Until a piece is handled it normally stays in its slot: that is what slows a sender down. Where
 * this rank itself waits and cannot handle, pieces move to private memory. A handler gets a copy,
 * because it may wait itself, and then no slot may depend on it: two handlers that send to each
 * other would each hold what the other waits for. The copy costs 1.5 ns per 16-byte record.
 *
 * Threads: any of the program.
 */
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "node.h"

_Thread_local bool gi_channel_handling;

enum { FRAME_AT = 8, LONG_AT = 16 }; /* of a private long record: its length, the record */

/* ---- pieces and queues; the lock is held ---- */

static gi_piece *new_piece(giga_channel *ch)
{
    gi_piece *p = ch->free_pieces;

    if (p)
        ch->free_pieces = p->next;
    else
        p = malloc(sizeof *p);
    if (!p)
        giga_abort("rank %d: out of memory for records that have arrived", ch->job->rank);
    return p;
}

static void free_piece(giga_channel *ch, gi_piece *p)
{
    free(p->copy);
    p->next = ch->free_pieces;
    ch->free_pieces = p;
}

static void add_last(gi_queue *q, gi_piece *p)
{
    p->next = NULL;
    if (q->last)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
}

static gi_piece *remove_first(giga_channel *ch, gi_queue *q)
{
    gi_piece *p = q->first;

    q->first = p->next;
    if (!q->first)
        q->last = NULL;
    ch->held -= p->segment != NULL;
    return p;
}

static gi_piece *piece_of(giga_channel *ch, gi_segment *s)
{
    const gi_slot *slot = gi_channel_at(ch, s->slot);
    gi_piece *p = new_piece(ch);

    *p = (gi_piece){.segment = s, .data = (const char *)slot + ch->data_at + s->begin,
                    .total = s->total, .bytes = s->bytes, .count = s->count, .stream = s->stream,
                    .phase = slot->phase, .source = slot->source};
    return p;
}

/* Everything in the inbox becomes pieces; the stack has the newest on top. */
static void empty_inbox(giga_channel *ch)
{
    gi_inbox *mine = gi_channel_inbox(ch, ch->job->rank);
    gi_piece *oldest = NULL;

    if (atomic_load_explicit(&mine->segments, memory_order_relaxed) == 0)
        return;
    /* pairs with put_into_inbox() */
    uint64_t at = atomic_exchange_explicit(&mine->segments, 0, memory_order_acquire);
    while (at != 0) {
        gi_segment *s = gi_channel_at(ch, at);
        gi_piece *p = piece_of(ch, s);
        at = s->next;
        p->next = oldest;
        oldest = p;
    }
    while (oldest) {
        gi_piece *next = oldest->next;
        bool early = (int32_t)(oldest->phase - ch->phase) > 0; /* C4 */
        add_last(early ? &ch->later : &ch->ready, oldest);
        ch->held++;
        oldest = next;
    }
}

/* ---- private memory ---- */

/* Copy the pieces of a queue that are in shared memory; their segments go to the list `done`. */
static void copy_queue(giga_channel *ch, gi_queue *q, uint64_t *done)
{
    for (gi_piece *p = q->first; p && ch->held > 0; p = p->next) {
        if (!p->segment)
            continue;
        p->copy = malloc(p->bytes);
        if (!p->copy)
            giga_abort("rank %d: out of memory for records that have arrived", ch->job->rank);
        memcpy(p->copy, p->data, p->bytes);
        p->data = p->copy;
        if (!ch->handler)
            ch->handled += p->count;
        p->segment->next = *done;
        *done = (uint64_t)((char *)p->segment - ch->memory);
        p->segment = NULL;
        ch->held--;
    }
}

/* C5, where nothing can be handled. Returns whether anything moved. */
static bool set_aside(giga_channel *ch)
{
    uint64_t done = 0;

    gi_channel_lock(ch);
    empty_inbox(ch);
    copy_queue(ch, &ch->ready, &done);
    copy_queue(ch, &ch->later, &done);
    gi_channel_unlock(ch);
    bool some = done != 0;
    while (done != 0) {
        gi_segment *s = gi_channel_at(ch, done);
        done = s->next;
        gi_channel_release(ch, s);
    }
    return some;
}

/* ---- long records ---- */

static gi_partial **find_partial(giga_channel *ch, const gi_piece *p)
{
    gi_partial **link = &ch->partials;

    while (*link && ((*link)->source != p->source || (*link)->stream != p->stream))
        link = &(*link)->next;
    return link;
}

static gi_partial *new_partial(const giga_channel *ch, const gi_piece *p)
{
    gi_partial *partial = calloc(1, sizeof *partial);

    if (partial && p->total <= GIGA_RECORD_MAX)
        partial->data = malloc(LONG_AT + p->total);
    if (!partial || !partial->data)
        giga_abort("rank %d: no memory for a record of %llu bytes", ch->job->rank,
                   (unsigned long long)p->total);
    memcpy(partial->data + FRAME_AT, &p->total, sizeof p->total);
    partial->total = p->total;
    partial->source = p->source;
    partial->stream = p->stream;
    return partial;
}

/* Add a fragment; returns the record's memory when it is complete, to be freed. Fragments of one
 * source and stream come in order. */
static char *add_fragment(giga_channel *ch, const gi_piece *p)
{
    gi_partial **link = find_partial(ch, p), *partial = *link;
    char *data = NULL;

    if (!partial)
        *link = partial = new_partial(ch, p);
    if (p->bytes > partial->total - partial->filled)
        giga_abort("rank %d: a long record from rank %d makes no sense", ch->job->rank, p->source);
    memcpy(partial->data + LONG_AT + partial->filled, p->data, p->bytes);
    partial->filled += p->bytes;
    if (partial->filled == partial->total) {
        data = partial->data;
        *link = partial->next;
        free(partial);
    }
    return data;
}

/* A fragment in private memory: once it completes its record, the piece is that record. Returns
 * the segment that it was in, to be released. */
static gi_segment *swallow_fragment(giga_channel *ch, gi_piece *p)
{
    gi_segment *segment = p->segment;
    char *whole = add_fragment(ch, p);

    free(p->copy);
    p->copy = whole;
    p->segment = NULL;
    p->stream = 0;
    p->at = 0;
    p->bytes = whole ? (uint32_t)(8 + (p->total + 7) / 8 * 8) : 0;
    p->data = whole ? whole + FRAME_AT : NULL;
    return segment;
}

/* ---- handling ---- */

/* Take the records out of their slot: into the memory that only who handles uses. */
static void take_in_hand(giga_channel *ch, gi_piece *p)
{
    gi_segment *segment = p->segment;

    if (p->stream != 0) {
        gi_channel_lock(ch);
        segment = swallow_fragment(ch, p);
        gi_channel_unlock(ch);
    } else if (segment) {
        memcpy(ch->in_hand, p->data, p->bytes);
        p->data = ch->in_hand;
        p->segment = NULL;
    }
    if (segment)
        gi_channel_release(ch, segment);
}

static void handle(giga_channel *ch, gi_piece *p)
{
    take_in_hand(ch, p);
    if (p->bytes > 0) {
        giga_records batch = {.source = p->source, .count = p->count,
                              .record_bytes = ch->record_bytes, .bytes = p->bytes,
                              .first = p->data};
        gi_channel_handling = true;
        ch->handler(ch->context, &batch);
        gi_channel_handling = false;
    }
}

/* Handle what has arrived, if nobody else does. */
static bool drain(giga_channel *ch)
{
    bool some = false;

    gi_channel_lock(ch);
    empty_inbox(ch);
    bool mine = !ch->handling && ch->ready.first;
    ch->handling |= mine;
    while (mine && ch->ready.first) {
        gi_piece *p = remove_first(ch, &ch->ready);
        gi_channel_unlock(ch);
        handle(ch, p);
        gi_channel_lock(ch);
        ch->handled += p->count;
        free_piece(ch, p);
        some = true;
    }
    if (mine)
        ch->handling = false;
    gi_channel_unlock(ch);
    if (some)
        gi_event_tell(ch->event); /* another thread may wait for that in a finish */
    return some;
}

bool gi_channels_attend(gi_job *job, gi_attention how)
{
    bool some = false;

    for (giga_channel *ch = job->channels; ch; ch = ch->next) {
        if (how != GI_KEEP && ch->handler && !gi_channel_handling)
            some |= drain(ch);
        else if (how != GI_HANDLE)
            some |= set_aside(ch);
    }
    return some;
}

static void look_at_network(gi_job *job)
{
    if (!job->net)
        return;
    gi_net_enter(job);
    gi_net_poll(job->net);
    gi_net_leave(job);
    gi_progress_attend(job);
}

/* Nothing has come: what others wait for may lie here. */
static void push_open(giga_channel *ch)
{
    gi_channel_lock(ch);
    if (ch->open_count > 0)
        gi_channel_push(ch);
    gi_channel_unlock(ch);
}

static uint64_t handled(giga_channel *ch)
{
    gi_channel_lock(ch);
    uint64_t count = ch->handled;
    gi_channel_unlock(ch);
    return count;
}

giga_status giga_channel_poll(giga_channel *ch, uint64_t *handled_out)
{
    giga_status status = gi_channel_check("giga_channel_poll", ch, false);

    if (handled_out)
        *handled_out = 0;
    if (status != GIGA_OK || gi_channel_handling)
        return status;
    uint64_t before = handled(ch);
    look_at_network(ch->job);
    if (!gi_channels_attend(ch->job, GI_HANDLE))
        push_open(ch);
    if (handled_out && ch->handler)
        *handled_out = handled(ch) - before;
    return GIGA_OK;
}

/* ---- receiving ---- */

/* The first piece is used up: the segment to release, if it was in one. */
static gi_segment *drop_first(giga_channel *ch)
{
    gi_piece *p = remove_first(ch, &ch->ready);
    gi_segment *segment = p->segment;

    if (segment)
        ch->handled += p->count;
    free_piece(ch, p);
    return segment;
}

/* The first piece becomes a whole record, or goes: returns the segment to release. */
static gi_segment *join_first(giga_channel *ch)
{
    gi_piece *p = ch->ready.first;

    ch->held -= p->segment != NULL;
    if (p->segment)
        ch->handled += p->count;
    gi_segment *segment = swallow_fragment(ch, p);
    if (p->bytes == 0)
        drop_first(ch);
    return segment;
}

/* Copy the next record of a piece; false when it is longer than `room`. */
static bool copy_record(const giga_channel *ch, gi_piece *p, void *buffer, size_t room,
                        size_t *bytes_out)
{
    const char *at = p->data + p->at;
    uint64_t bytes = ch->record_bytes, frame = bytes;

    if (bytes == 0) {
        memcpy(&bytes, at, sizeof bytes);
        at += sizeof bytes;
        frame = sizeof bytes + (bytes + 7) / 8 * 8;
    }
    *bytes_out = bytes;
    if (bytes > room)
        return false;
    if (bytes > 0)
        memcpy(buffer, at, bytes);
    p->at += (uint32_t)frame;
    return true;
}

/* The lock is held. *segment_out is to be released; nothing found with one: look again. */
static giga_status take_record(giga_channel *ch, void *buffer, size_t room, bool *found_out,
                               size_t *bytes_out, int32_t *source_out, gi_segment **segment_out)
{
    if (!ch->ready.first)
        empty_inbox(ch);
    gi_piece *p = ch->ready.first;
    if (!p)
        return GIGA_OK;
    if (p->stream != 0) {
        *segment_out = join_first(ch);
        *found_out = false;
        return GIGA_OK;
    }
    if (!copy_record(ch, p, buffer, room, bytes_out))
        return giga_fail(GIGA_ERR_RANGE, "giga_channel_receive: rank %d: a record of %zu bytes, "
                         "room for %zu", ch->job->rank, *bytes_out, room);
    *found_out = true;
    *source_out = p->source;
    if (p->at == p->bytes)
        *segment_out = drop_first(ch);
    return GIGA_OK;
}

static giga_status receive(giga_channel *ch, void *buffer, size_t room, bool *found_out,
                           size_t *bytes_out, int32_t *source_out)
{
    giga_status status = GIGA_OK;
    bool more = true;

    while (more && !*found_out && status == GIGA_OK) {
        gi_segment *segment = NULL;
        gi_channel_lock(ch);
        status = take_record(ch, buffer, room, found_out, bytes_out, source_out, &segment);
        more = segment || ch->ready.first;
        gi_channel_unlock(ch);
        if (segment)
            gi_channel_release(ch, segment);
    }
    return status;
}

giga_status giga_channel_receive(giga_channel *ch, void *buffer, size_t room, bool *found_out,
                                 size_t *bytes_out, int32_t *source_out)
{
    giga_status status = gi_channel_check("giga_channel_receive", ch, false);
    size_t bytes = 0;
    int32_t source = -1;
    bool found = false;

    if (found_out)
        *found_out = false;
    if (status != GIGA_OK)
        return status;
    if (!found_out || (!buffer && room > 0))
        return giga_fail(GIGA_ERR_ARG, "giga_channel_receive: %s is NULL",
                         found_out ? "buffer" : "found_out");
    if (ch->handler)
        return giga_fail(GIGA_ERR_STATE, "giga_channel_receive: rank %d: the channel has a handler",
                         ch->job->rank);
    status = receive(ch, buffer, room, &found, &bytes, &source);
    if (status == GIGA_OK && !found) {
        look_at_network(ch->job);
        push_open(ch);
    }
    *found_out = found;
    if (bytes_out)
        *bytes_out = bytes;
    if (source_out)
        *source_out = source;
    return status;
}

/* ---- for finish, and the end ---- */

bool gi_channel_quiet(const giga_channel *ch)
{
    gi_inbox *mine = gi_channel_inbox(ch, ch->job->rank);
    bool empty = atomic_load_explicit(&mine->segments, memory_order_relaxed) == 0;

    return empty && !ch->handling && (ch->handler ? !ch->ready.first : ch->held == 0);
}

void gi_channel_next_phase(giga_channel *ch)
{
    gi_channel_lock(ch);
    ch->phase++;
    while (ch->later.first) {
        gi_piece *p = ch->later.first;
        ch->later.first = p->next;
        add_last(&ch->ready, p);
    }
    ch->later.last = NULL;
    gi_channel_unlock(ch);
}

static void free_queue(giga_channel *ch, gi_queue *q)
{
    while (q->first)
        free_piece(ch, remove_first(ch, q));
}

void gi_channel_free_pieces(giga_channel *ch)
{
    free_queue(ch, &ch->ready);
    free_queue(ch, &ch->later);
    while (ch->free_pieces) {
        gi_piece *p = ch->free_pieces;
        ch->free_pieces = p->next;
        free(p);
    }
    while (ch->partials) {
        gi_partial *p = ch->partials;
        ch->partials = p->next;
        free(p->data);
        free(p);
    }
}
