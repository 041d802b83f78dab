/*
 * tree.c - see tree.h. Round k: of ranks 2^k apart the higher one hands its table to the lower
 * one, and is done. A round is two all-to-alls, in which most ranks say nothing.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

void gi_table_add(gi_table *t, const void *record)
{
    char *all = t->records;

    for (size_t i = 0; i < t->count; i++) {
        if (t->same(all + i * t->record_bytes, record)) {
            t->join(all + i * t->record_bytes, record);
            return;
        }
    }
    if (t->count == t->most) {
        t->lost++;
        return;
    }
    memcpy(all + t->count++ * t->record_bytes, record, t->record_bytes);
}

/* Sends `bytes` to rank `to` and receives as many as it says from rank `from`; -1: nobody. */
static void *pass(gi_job *job, uint64_t *counts, const void *out, uint64_t bytes, int32_t to,
                  int32_t from, uint64_t *bytes_out)
{
    uint64_t *send = counts, *receive = counts + job->size, coming = 0;
    void *in = NULL;

    memset(counts, 0, 2 * (size_t)job->size * sizeof *counts);
    if (to >= 0)
        send[to] = sizeof bytes;
    if (from >= 0)
        receive[from] = sizeof coming;
    giga_status status = giga_alltoallv(&bytes, send, &coming, receive);
    if (to >= 0)
        send[to] = bytes;
    if (from >= 0)
        receive[from] = coming;
    if (status == GIGA_OK && coming > 0 && !(in = malloc(coming)))
        giga_abort("giga_fini: rank %d: out of memory for a report", job->rank);
    if (status == GIGA_OK)
        status = giga_alltoallv(out, send, in, receive);
    *bytes_out = status == GIGA_OK ? coming : 0;
    return in;
}

void gi_tree_join(gi_job *job, gi_table *t)
{
    uint64_t *counts = calloc(2 * (size_t)job->size, sizeof *counts), coming;
    bool done = false;

    if (!counts)
        giga_abort("giga_fini: rank %d: out of memory for a report", job->rank);
    for (int64_t step = 1; step < job->size; step *= 2) {
        bool gives = !done && job->rank % (2 * step) == step;
        bool takes = !done && job->rank % (2 * step) == 0 && job->rank + step < job->size;
        char *in = pass(job, counts, t->records, t->count * t->record_bytes,
                        gives ? (int32_t)(job->rank - step) : -1,
                        takes ? (int32_t)(job->rank + step) : -1, &coming);
        for (uint64_t at = 0; at + t->record_bytes <= coming; at += t->record_bytes)
            gi_table_add(t, in + at);
        free(in);
        done |= gives;
    }
    free(counts);
    t->lost = giga_allreduce_u64(t->lost, GIGA_SUM);
}
