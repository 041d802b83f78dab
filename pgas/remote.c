/*
 * remote.c - messages between nodes: who takes them; the barrier of nodes; a lost peer.
 */
#include "remote.h"

#include <time.h>

#include "aggregate.h"
#include "home.h"
#include "lock.h"
#include "node.h"
#include "progress.h"
#include "request.h"
#include "trace.h"

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

/* A leader has arrived at a meeting, the round and the place of which it names. */
static void count_leader(gi_job *job, const gi_message *m)
{
    _Atomic uint32_t *met = gi_node_met(job->node, m->slot, m->a);

    if (met) {
        atomic_fetch_add(met, 1);
        gi_request_signal(job->remote);
    }
}

static void execute_batch(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    int64_t began = job->watch & GI_WATCH_TRACE ? gi_now() : 0;

    gi_home_batch(job, m, body, bytes);
    if (began != 0 && job->watch & GI_WATCH_TRACE)
        gi_trace_span("batch executed", began, gi_now() - began, "operations", m->a);
}

void gi_remote_receive(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    switch ((enum gi_kind)m->kind) {
    case GI_KIND_GET: gi_home_get(job, m); return;
    case GI_KIND_PUT: gi_home_put(job, m, body, bytes); return;
    case GI_KIND_ATOMIC: gi_home_atomic(job, m); return;
    case GI_KIND_KEY: gi_home_key(job, m); return;
    case GI_KIND_BATCH: execute_batch(job, m, body, bytes); return;
    case GI_KIND_FREE: gi_home_free(job, m); return;
    case GI_KIND_NOTIFY: gi_home_notify(job, m, body, bytes); return;
    case GI_KIND_LOCK: gi_lock_home(job, m); return;
    case GI_KIND_LOCK_ANSWER: gi_lock_answer(job, m); return;
    case GI_KIND_DATA:
    case GI_KIND_DONE:
    case GI_KIND_KEY_ANSWER: gi_request_receive(job, m, body, bytes); return;
    case GI_KIND_BATCH_DONE: gi_aggregate_receive(job, m, body, bytes); return;
    case GI_KIND_MEET: count_leader(job, m); return;
    case GI_KINDS: return;
    }
    /* a kind this version does not know: nobody of this job sent it */
}

/* Dissemination: in round k tell the leader 2^k nodes on, and hear from 2^k nodes back. */
void gi_remote_meet(gi_job *job, gi_meeting *meeting)
{
    gi_remote *r = job->remote;
    uint32_t count = ++meeting->count;

    for (int32_t round = 0; round < meeting->rounds; round++) {
        gi_message message = {.kind = GI_KIND_MEET, .slot = (uint64_t)meeting->to[round].place,
                              .a = (uint64_t)round};
        _Atomic uint32_t *met = gi_node_met(job->node, (uint64_t)meeting->place, message.a);
        gi_net_enter(job);
        giga_status status = gi_net_send(job->net, meeting->to[round].leader, &message, NULL, 0);
        gi_net_leave(job);
        if (status != GIGA_OK)
            gi_remote_fail(job, giga_error());
        for (;;) {
            uint32_t seen = atomic_load(&r->event.value);
            if ((int32_t)(atomic_load(met) - count) >= 0)
                break;
            gi_wait_while(job, &r->event, seen);
        }
    }
}
