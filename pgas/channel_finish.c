/*
 * channel_finish.c - when has everything been handled? Waves over a tree of the nodes.
 *
 * In a wave every rank reports how many records it has sent and handled since the channel exists,
 * once it is inside finish, has nothing left to send or to handle, and its slots are free again.
 * Reports are added up in the node's shared memory, then by the leaders over a binary tree of
 * the nodes; the first leader's verdict comes back the same way.
 *
 * Rule (Mattern, "Algorithms for distributed termination detection", 1987, four counters): the
 * end has come when in one wave as many records had been sent as were handled in the wave before.
 * A wave begins only after the one before is over, and the counters only grow, so between the
 * two nothing was sent, and all of it handled.
 *
 * A rank that has returned may send at once, to one that has not: batches carry the sender's
 * phase, and those of the next one wait (C4).
 *
 * Threads: one per rank in finish; reports and verdicts of other nodes arrive under the lock of
 * the network.
 */
#include "channel.h"

#include "node.h"
#include "remote.h"

/* The head of this node's leader, where reports meet. */
static gi_inbox *node_head(const giga_channel *ch)
{
    return gi_channel_inbox(ch, gi_node_rank(ch->job->node, 0));
}

static bool is_leader(const giga_channel *ch)
{
    return gi_node_index(ch->job->node) == 0;
}

static void send_to_leader(giga_channel *ch, int32_t node, gi_message *message)
{
    gi_job *job = ch->job;

    message->kind = GI_KIND_CHANNEL;
    message->slot = ch->id;
    if (gi_net_send(job->net, gi_node_leader(job->node, node), message, NULL, 0) != GIGA_OK)
        gi_remote_fail(job, giga_error());
}

/* ---- reports go up ---- */

static bool slots_are_free(const giga_channel *ch)
{
    for (uint32_t lane = 0; lane < ch->own_lanes; lane++) {
        for (uint32_t i = 0; i < GI_WINDOW; i++) {
            gi_slot *slot = gi_channel_slot(ch, lane, i);
            /* pairs with gi_channel_release() */
            if (atomic_load_explicit(&slot->left, memory_order_acquire) != 0)
                return false;
        }
    }
    return true;
}

/* Report for the next wave, if this rank has nothing left to do. */
static bool report(giga_channel *ch)
{
    gi_inbox *mine = gi_channel_inbox(ch, ch->job->rank), *head = node_head(ch);
    uint64_t all = (ch->wave + 1) * (uint64_t)gi_node_size(ch->job->node);

    gi_channel_lock(ch);
    bool ready = !ch->reported && ch->open_count == 0 && ch->under_way == 0 &&
                 gi_channel_quiet(ch) && slots_are_free(ch);
    mine->sent = ready ? ch->sent : mine->sent;
    mine->handled = ready ? ch->handled : mine->handled;
    gi_channel_unlock(ch);
    if (!ready)
        return false;
    ch->wave++;
    ch->reported = true;
    /* The last of the node wakes the leader, who has the reports by the chain of additions. */
    if (atomic_fetch_add(&head->arrived, 1) + 1 == all)
        gi_event_tell(gi_node_inbox(ch->job->node, 0));
    return true;
}

static int32_t child_of(const giga_channel *ch, int k)
{
    int64_t child = (int64_t)gi_node_mine(ch->job) * GI_CHILDREN + 1 + k;

    return child < gi_node_count(ch->job->node) ? (int32_t)child : -1;
}

void gi_channel_take_report(giga_channel *ch, const gi_message *m)
{
    int32_t node = gi_node_peer(ch->job, m->from)->node;

    gi_channel_lock(ch);
    for (int k = 0; k < GI_CHILDREN; k++) {
        if (child_of(ch, k) == node)
            ch->children[k] = (gi_report){m->offset, m->a, m->b};
    }
    gi_channel_unlock(ch);
    gi_event_tell(ch->event);
}

/* The sums of this node and those below it; false when one has not reported yet. */
static bool add_up(giga_channel *ch, gi_report *sum)
{
    const gi_node *node = ch->job->node;
    bool all = atomic_load(&node_head(ch)->arrived) == /* pairs with report() */
               ch->wave * (uint64_t)gi_node_size(node);

    *sum = (gi_report){.wave = ch->wave};
    for (int32_t i = 0; all && i < gi_node_size(node); i++) {
        const gi_inbox *near = gi_channel_inbox(ch, gi_node_rank(node, i));
        sum->sent += near->sent;
        sum->handled += near->handled;
    }
    gi_channel_lock(ch);
    for (int k = 0; all && k < GI_CHILDREN; k++) {
        if (child_of(ch, k) < 0)
            continue;
        all = ch->children[k].wave == ch->wave;
        sum->sent += ch->children[k].sent;
        sum->handled += ch->children[k].handled;
    }
    gi_channel_unlock(ch);
    return all;
}

/* ---- verdicts come down ---- */

/* Tell this node and those below; under the lock of the network when there is one. */
void gi_channel_take_verdict(giga_channel *ch, uint64_t verdict, uint64_t total)
{
    const gi_node *node = ch->job->node;
    gi_inbox *head = node_head(ch);

    for (int k = 0; k < GI_CHILDREN; k++) {
        gi_message message = {.width = GI_CHANNEL_VERDICT, .offset = verdict, .a = total};
        if (child_of(ch, k) >= 0)
            send_to_leader(ch, child_of(ch, k), &message);
    }
    head->total = total;
    atomic_store_explicit(&head->verdict, verdict, memory_order_release); /* pairs with judged() */
    for (int32_t i = 0; i < gi_node_size(node); i++)
        gi_event_tell(gi_node_inbox(node, i));
}

/* A leader passes the sums of a wave on, once; the first leader judges. */
static void pass_on(giga_channel *ch)
{
    gi_job *job = ch->job;
    gi_report sum;

    if (!ch->reported || ch->passed_on == ch->wave || !add_up(ch, &sum))
        return;
    ch->passed_on = ch->wave;
    bool first = gi_node_mine(job) == 0, end = sum.sent == ch->handled_before;
    ch->handled_before = sum.handled;
    if (job->net)
        gi_net_enter(job);
    if (first) {
        gi_channel_take_verdict(ch, 2 * sum.wave + end, sum.sent);
    } else {
        gi_message message = {.width = GI_CHANNEL_REPORT, .offset = sum.wave, .a = sum.sent,
                              .b = sum.handled};
        send_to_leader(ch, (gi_node_mine(job) - 1) / GI_CHILDREN, &message);
    }
    if (job->net)
        gi_net_leave(job);
}

/* ---- finish ---- */

/* Whether the wave this rank has reported for is over; *end_out: and all is handled. */
static bool judged(giga_channel *ch, bool *end_out)
{
    /* pairs with gi_channel_take_verdict() */
    uint64_t verdict = atomic_load_explicit(&node_head(ch)->verdict, memory_order_acquire);

    *end_out = false;
    if (!ch->reported || verdict >> 1 != ch->wave)
        return false;
    ch->reported = false;
    *end_out = verdict & 1;
    return true;
}

/* One step; returns whether there was anything to do. */
static bool step(giga_channel *ch, bool *end_out)
{
    if (judged(ch, end_out))
        return true;
    bool some = gi_channels_attend(ch->job, GI_WAIT);
    gi_channel_lock(ch);
    if (ch->open_count > 0)
        some |= gi_channel_push(ch);
    gi_channel_unlock(ch);
    some |= report(ch);
    if (is_leader(ch))
        pass_on(ch);
    return some;
}

giga_status giga_channel_finish(giga_channel *ch, uint64_t *sent_out)
{
    giga_status status = gi_channel_check("giga_channel_finish", ch, true);

    if (status != GIGA_OK)
        return status;
    for (bool end = false; !end;) {
        uint32_t seen = atomic_load(&ch->event->value);
        if (!step(ch, &end))
            gi_wait_while(ch->job, ch->event, seen);
    }
    uint64_t total = node_head(ch)->total;
    if (sent_out)
        *sent_out = total - ch->finished;
    ch->finished = total;
    gi_channel_next_phase(ch);
    return GIGA_OK;
}
