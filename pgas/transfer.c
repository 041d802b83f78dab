/*
 * transfer.c - see transfer.h. Keys are fetched on first use: O(blocks used) per rank.
 */
#include "transfer.h"

#include <stdlib.h>

#include "stats.h"

enum { LEAF = 1024 }; /* keys per leaf of an object's table of keys */

/* Another rank's block, once its key has been fetched. */
typedef struct gi_block_key {
    gi_net_key *key;
    uint64_t address, bytes;
} block_key;

typedef struct keys {
    block_key *leaf[1]; /* as many as the job has leaves of ranks */
} keys;

void gi_transfer_take_key(gi_job *job, gi_request *q, const gi_message *m, const void *body)
{
    block_key *key = q->key;
    giga_status status = GIGA_OK;

    if (!key->key) /* else two threads asked, and the other's answer came first */
        status = gi_net_unpack_key(job->net, m->from, body, &key->key);
    key->address = m->a;
    key->bytes = m->b;
    gi_request_answered(job, q, status);
}

static giga_status fetch_key(gi_job *job, const gi_place *place, block_key *key)
{
    gi_message message = {.kind = GI_KIND_KEY, .offset = place->object->offset};
    gi_request *q = gi_request_open(job, false);

    q->key = key;
    gi_request_send(job, q, place->home, &message, NULL, 0);
    gi_request_close(job, q);
    giga_status status = gi_request_finish(job, q);
    return status == GIGA_OK || giga_error()[0]
               ? status
               : giga_fail(status, "rank %d has no block to reach there", place->home);
}

static giga_status key_of(gi_job *job, const gi_place *place, block_key **out)
{
    keys *all = place->object->keys;
    size_t leaves = ((size_t)job->size + LEAF - 1) / LEAF;

    if (!all)
        place->object->keys = all = calloc(leaves, sizeof all->leaf[0]);
    if (all && !all->leaf[place->home / LEAF])
        all->leaf[place->home / LEAF] = calloc(LEAF, sizeof *all->leaf[0]);
    if (!all || !all->leaf[place->home / LEAF])
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for keys", job->rank);
    *out = &all->leaf[place->home / LEAF][place->home % LEAF];
    return (*out)->key ? GIGA_OK : fetch_key(job, place, *out);
}

static void free_keys(gi_job *job, keys *all)
{
    size_t leaves = ((size_t)job->size + LEAF - 1) / LEAF;

    for (size_t l = 0; all && l < leaves; l++) {
        for (size_t i = 0; all->leaf[l] && i < LEAF; i++) {
            if (all->leaf[l][i].key)
                gi_net_destroy_key(all->leaf[l][i].key);
        }
        free(all->leaf[l]);
    }
    free(all);
}

void gi_remote_forget(gi_job *job, gi_object *object)
{
    gi_net_enter(job);
    free_keys(job, object->keys);
    if (object->key)
        gi_net_deregister(job->net, object->key);
    object->keys = object->key = NULL;
    gi_net_leave(job);
}

static void on_transferred(void *argument, bool ok)
{
    gi_request_answered(&gi_the_job, argument, ok ? GIGA_OK : GIGA_ERR_NET);
}

void gi_transfer_start(gi_job *job, gi_request *q, const gi_place *place, uint64_t bytes,
                       char *dst, const char *src)
{
    block_key *key = NULL;
    giga_status status = key_of(job, place, &key);

    q->pending++;
    job->remote->bodies += q->large;
    if (status == GIGA_OK && (place->at > key->bytes || bytes > key->bytes - place->at))
        status = GIGA_ERR_RANGE;
    gi_count_transfer(place->home, bytes, dst != NULL);
    if (status == GIGA_OK && dst) {
        status = gi_net_get(job->net, place->home, key->key, key->address + place->at, dst, bytes,
                            on_transferred, q);
    } else if (status == GIGA_OK) {
        *(q->deferred ? &job->remote->unflushed : &q->unflushed) = true;
        status = gi_net_put(job->net, place->home, key->key, key->address + place->at, src, bytes,
                            on_transferred, q);
    }
    if (status != GIGA_OK)
        gi_request_answered(job, q, status);
}

void gi_transfer_flush(gi_job *job, gi_request *q)
{
    q->pending++;
    job->remote->bodies += q->large;
    giga_status status = gi_net_flush(job->net, on_transferred, q);
    if (status != GIGA_OK)
        gi_request_answered(job, q, status);
}

giga_status gi_transfer_settle(gi_job *job)
{
    gi_remote *r = job->remote;

    /* Another thread's flush may cover this thread's put, and not be done. */
    if (!r->unflushed && r->flushing == 0)
        return GIGA_OK;
    r->unflushed = false;
    r->flushing++;
    gi_request *q = gi_request_open(job, false);
    gi_transfer_flush(job, q);
    gi_request_close(job, q);
    giga_status status = gi_request_finish(job, q);
    r->flushing--;
    return status;
}
