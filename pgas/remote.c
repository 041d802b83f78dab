/*
 * remote.c - messages between nodes: who takes them; the barrier of nodes; a lost peer.
 */
#include "remote.h"

#include <time.h>

#include "aggregate.h"
#include "call.h"
#include "channel.h"
#include "home.h"
#include "node.h"
#include "progress.h"
#include "request.h"

enum { LAUNCHER_SECONDS = 3 }; /* Open MPI's mpirun takes 1 to 2 to end a job on several hosts */

void gi_remote_closing(gi_job *job)
{
    job->remote->closing = true;
}

void gi_remote_fail(gi_job *job, const char *why)
{
    if (!job->remote || job->remote->closing)
        return;
    /* A rank that ended the job has said why, and the launcher ends one that lost a rank:
     * this is the word only where neither does. */
    nanosleep(&(struct timespec){.tv_sec = LAUNCHER_SECONDS}, NULL);
    giga_abort("rank %d lost a rank of another node: %s", job->rank, why);
}

static void take_meeting(gi_job *job, const gi_message *m)
{
    if (m->a >= GI_ROUNDS)
        return;
    atomic_fetch_add(&job->remote->met[m->a], 1);
    gi_request_signal(job->remote);
}

void gi_remote_receive(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    switch ((enum gi_kind)m->kind) {
    case GI_KIND_GET: gi_home_get(job, m); return;
    case GI_KIND_PUT: gi_home_put(job, m, body, bytes); return;
    case GI_KIND_ATOMIC: gi_home_atomic(job, m); return;
    case GI_KIND_KEY: gi_home_key(job, m); return;
    case GI_KIND_BATCH: gi_home_batch(job, m, body, bytes); return;
    case GI_KIND_NOTIFY: gi_home_notify(job, m, body, bytes); return;
    case GI_KIND_CALL: gi_home_call(job, m, body, bytes); return;
    case GI_KIND_DATA:
    case GI_KIND_DONE:
    case GI_KIND_KEY_ANSWER: gi_request_receive(job, m, body, bytes); return;
    case GI_KIND_BATCH_DONE: gi_aggregate_receive(job, m, body, bytes); return;
    case GI_KIND_MEET: take_meeting(job, m); return;
    case GI_KIND_CHANNEL: gi_channel_receive(job, m, body, bytes); return;
    case GI_KINDS: return;
    }
    /* a kind this version does not know: nobody of this job sent it */
}

/* Dissemination: in round k tell the leader 2^k nodes on, and hear from 2^k nodes back. */
void gi_remote_meet(gi_job *job)
{
    gi_remote *r = job->remote;
    int64_t nodes = gi_node_count(job->node), mine = gi_node_mine(job->node);
    uint32_t meeting = ++r->meetings;

    for (int64_t step = 1, round = 0; step < nodes; step *= 2, round++) {
        gi_message message = {.kind = GI_KIND_MEET, .a = (uint64_t)round};
        int32_t to = gi_node_leader(job->node, (int32_t)((mine + step) % nodes));
        gi_net_enter(job);
        giga_status status = gi_net_send(job->net, to, &message, NULL, 0);
        gi_net_leave(job);
        if (status != GIGA_OK)
            gi_remote_fail(job, giga_error());
        for (;;) {
            uint32_t seen = atomic_load(&r->event.value);
            if ((int32_t)(atomic_load(&r->met[round]) - meeting) >= 0)
                break;
            gi_wait_while(job, &r->event, seen);
        }
    }
}
