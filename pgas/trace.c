/*
 * trace.c - see trace.h. The file is JSON in the Trace Event Format: a process per rank, a
 * thread per thread, times in microseconds since the start on rank 0's clock.
 *
 * CLOCK_MONOTONIC is one clock on a host. The clock of another host is compared with rank 0's
 * by the fastest of some broadcasts, so it seems late by the time that a message takes.
 *
 * At the end every rank writes its part into its own block of an object, and rank 0 gets them
 * one after another: no shared file system is needed, and rank 0 holds a piece at a time.
 */
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROUNDS = 32,     /* broadcasts, of which the fastest counts */
    PIECE = 1 << 20, /* of another rank's part */
    HOST_ID = 40,
};

typedef struct event {
    const char *name, *unit;
    int64_t began, ns; /* ns -1: an instant */
    uint64_t value;
    int32_t thread;
    _Atomic bool whole; /* written; pairs with the look of who prints it */
} event;

struct gi_trace {
    FILE *file;   /* rank 0's */
    int64_t zero; /* this rank's clock when rank 0 started */
    event *events;
    _Atomic uint64_t count; /* of all that came */
};

static giga_status open_file(gi_job *job)
{
    const char *name = job->env.trace.text;

    if (job->rank != 0)
        return GIGA_OK;
    job->trace->file = fopen(name, "we");
    if (job->trace->file)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_IO, "giga_init: GIGA_TRACE=%s: the file cannot be written: %s", name,
                     strerror(errno));
}

/* What tells this host, since its start, from others. */
static void host_id(char id[HOST_ID])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    memset(id, 0, HOST_ID);
    if (!file || !fgets(id, HOST_ID, file))
        gethostname(id, HOST_ID - 1);
    if (file)
        fclose(file);
}

/* This rank's clock minus rank 0's, and when rank 0 started. */
static giga_status compare_clocks(gi_job *job)
{
    int64_t start = gi_now(), least = INT64_MAX;
    char mine[HOST_ID], first[HOST_ID];

    host_id(mine);
    memcpy(first, mine, sizeof first);
    giga_status status = gi_boot_broadcast(job->boot, GI_SCOPE_JOB, &start, sizeof start, 0);
    if (status == GIGA_OK)
        status = gi_boot_broadcast(job->boot, GI_SCOPE_JOB, first, sizeof first, 0);
    for (int i = 0; i < ROUNDS && status == GIGA_OK; i++) {
        int64_t sent = gi_now();
        status = gi_boot_broadcast(job->boot, GI_SCOPE_JOB, &sent, sizeof sent, 0);
        int64_t apart = gi_now() - sent;
        least = apart < least ? apart : least;
    }
    job->trace->zero = start + (memcmp(mine, first, sizeof mine) == 0 ? 0 : least);
    return status;
}

giga_status gi_trace_start(gi_job *job)
{
    job->trace = calloc(1, sizeof *job->trace);
    if (job->trace)
        job->trace->events = calloc(GI_TRACE_EVENTS, sizeof *job->trace->events);
    giga_status status =
        giga_agree(job->trace && job->trace->events ? GIGA_OK
                                                    : giga_fail(GIGA_ERR_MEMORY,
                                                                "giga_init: rank %d: out of "
                                                                "memory for a trace",
                                                                job->rank));
    if (status == GIGA_OK)
        status = giga_agree(open_file(job));
    return status == GIGA_OK ? compare_clocks(job) : status;
}

void gi_trace_stop(gi_job *job)
{
    if (!job->trace)
        return;
    if (job->trace->file)
        fclose(job->trace->file);
    free(job->trace->events);
    free(job->trace);
    job->trace = NULL;
}

static void add(event e)
{
    struct gi_trace *t = gi_the_job.trace;
    uint64_t at = atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);

    if (at >= GI_TRACE_EVENTS)
        return;
    t->events[at] = e;
    atomic_store_explicit(&t->events[at].whole, true, memory_order_release); /* with say_events() */
}

void gi_trace_span(const char *name, int64_t began, int64_t ns, const char *unit, uint64_t value)
{
    add((event){.name = name,
                .unit = unit,
                .began = began,
                .ns = ns,
                .value = value,
                .thread = gi_tally_mine()->thread});
}

void gi_trace_instant(const char *name, const char *unit, uint64_t value)
{
    gi_trace_span(name, gi_now(), -1, unit, value);
}

/* ---- writing ---- */

/* A host's name as a JSON string would have it. */
static void host_name(char *out, size_t bytes)
{
    gethostname(out, bytes - 1);
    out[bytes - 1] = '\0';
    for (; *out; out++) {
        if ((unsigned char)*out < ' ' || *out == '"' || *out == '\\' || (unsigned char)*out >= 127)
            *out = '?';
    }
}

static void say_names(const gi_job *job, FILE *to)
{
    char host[64] = "";

    host_name(host, sizeof host);
    fprintf(to,
            "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":%d,\"args\":{\"name\":\"rank %d on "
            "%s\"}},\n",
            job->rank, job->rank, host);
    fprintf(
        to,
        "{\"name\":\"process_sort_index\",\"ph\":\"M\",\"pid\":%d,\"args\":{\"sort_index\":%d}}",
        job->rank, job->rank);
    for (const gi_tally *t = gi_tally_next(NULL); t; t = gi_tally_next(t))
        fprintf(
            to,
            ",\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"args\":{\"name\":"
            "\"%s %d\"}}",
            job->rank, t->thread, t->name ? t->name : "thread", t->thread);
}

/* Microseconds with all of the nanoseconds, so that spans nest exactly. */
static void say_time(FILE *to, const char *what, int64_t ns)
{
    const char *minus = ns < 0 ? "-" : "";

    ns = ns < 0 ? -ns : ns;
    fprintf(to, ",\"%s\":%s%" PRId64 ".%03d", what, minus, ns / 1000, (int)(ns % 1000));
}

static void say_event(const gi_job *job, FILE *to, const event *e)
{
    fprintf(to, ",\n{\"name\":\"%s\",\"pid\":%d,\"tid\":%d", e->name, job->rank, e->thread);
    say_time(to, "ts", e->began - job->trace->zero);
    if (e->ns >= 0)
        say_time(to, "dur", e->ns);
    fprintf(to, ",\"ph\":\"%s\"", e->ns >= 0 ? "X" : "i\",\"s\":\"t");
    if (e->unit)
        fprintf(to, ",\"args\":{\"%s\":%" PRIu64 "}", e->unit, e->value);
    fprintf(to, "}");
}

static void say_events(const gi_job *job, FILE *to)
{
    const struct gi_trace *t = job->trace;
    uint64_t count = atomic_load_explicit(&t->count, memory_order_relaxed);

    say_names(job, to);
    for (uint64_t i = 0; i < count && i < GI_TRACE_EVENTS; i++) {
        if (atomic_load_explicit(&t->events[i].whole, memory_order_acquire)) /* with add() */
            say_event(job, to, &t->events[i]);
    }
}

/* Rank 0: the parts of all ranks, each a list without its brackets. */
static giga_status copy_parts(gi_job *job, const char *object, const uint64_t *bytes)
{
    uint64_t stride = giga_stride(object);
    char *piece = malloc(PIECE);
    giga_status status = piece ? GIGA_OK : GIGA_ERR_MEMORY;

    fprintf(job->trace->file, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    for (int32_t r = 0; r < job->size && status == GIGA_OK; r++) {
        if (r > 0)
            fprintf(job->trace->file, ",\n");
        for (uint64_t at = 0; at < bytes[r] && status == GIGA_OK; at += PIECE) {
            size_t now = bytes[r] - at < PIECE ? (size_t)(bytes[r] - at) : PIECE;
            status = giga_get(piece, object + (uint64_t)r * stride + at, now);
            if (status == GIGA_OK)
                fwrite(piece, 1, now, job->trace->file);
        }
    }
    fprintf(job->trace->file, "\n]}\n");
    free(piece);
    return status;
}

static void warn(const gi_job *job, const char *why)
{
    fprintf(stderr, "giga: warning: GIGA_TRACE=%s: %s\n", job->env.trace.text, why);
}

static void write_file(gi_job *job, const char *object, const uint64_t *bytes)
{
    giga_status status = copy_parts(job, object, bytes);
    bool bad = ferror(job->trace->file) != 0;

    bad |= fclose(job->trace->file) != 0;
    job->trace->file = NULL;
    if (status != GIGA_OK)
        warn(job, giga_error());
    else if (bad)
        warn(job, strerror(errno));
}

static void tell_lost(const gi_job *job)
{
    uint64_t count = job->trace->count,
             lost = count > GI_TRACE_EVENTS ? count - GI_TRACE_EVENTS : 0;
    char text[128];

    lost = giga_allreduce_u64(lost, GIGA_SUM);
    snprintf(text, sizeof text, "the last %" PRIu64 " events found no room: a rank has room for %d",
             lost, GI_TRACE_EVENTS);
    if (lost > 0 && job->rank == 0)
        warn(job, text);
}

void gi_trace_write(gi_job *job)
{
    char *text = NULL, *object = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    uint64_t *all = calloc((size_t)job->size, sizeof *all), mine;

    tell_lost(job);
    if (to) {
        say_events(job, to);
        fclose(to);
    }
    mine = length;
    giga_status status =
        giga_agree(text && all ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK)
        status = giga_alloc_blocks(mine, NULL, (void **)&object);
    if (status == GIGA_OK)
        status = giga_allgather(&mine, sizeof mine, all);
    if (status == GIGA_OK) {
        memcpy(object + (uint64_t)job->rank * giga_stride(object), text, mine);
        giga_barrier();
        if (job->rank == 0)
            write_file(job, object, all);
        giga_free(object);
    } else if (job->rank == 0) {
        warn(job, giga_error());
    }
    free(all);
    free(text);
}
