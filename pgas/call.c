/*
 * call.c - functions shipped to the data. See include/giga/call.h.
 *
 * Rule: the table only grows, and all ranks meet after each entry, so a number that arrives is
 * one that this rank knows.
 *
 * A function runs in whichever thread polls the network, under its lock. It must not take that
 * lock again: everything that would is refused while gi_inside_function is set.
 */
#include "call.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate.h"
#include "home.h"
#include "request.h"
#include "ring.h"

enum { NAME_MAX_BYTES = 63, ALIGNMENT = 16 };

typedef struct entry {
    giga_function *run;
    char name[NAME_MAX_BYTES + 1];
} entry;

struct gi_functions {
    _Atomic uint32_t count;
    entry table[GIGA_FUNCTIONS_MAX];
};

_Thread_local bool gi_inside_function;

giga_status gi_functions_start(gi_job *job)
{
    job->functions = calloc(1, sizeof *job->functions);
    return job->functions ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
}

void gi_functions_stop(gi_job *job)
{
    free(job->functions);
    job->functions = NULL;
}

/* ---- registering ---- */

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash(const char *name)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);

    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return value;
}

static giga_status check_entry(const gi_functions *f, const char *name, giga_function *function,
                               const giga_function_id *id_out)
{
    if (!name || !function || !id_out)
        return giga_fail(GIGA_ERR_ARG, "giga_function_register: %s is NULL",
                         !name ? "name" : !function ? "function" : "id_out");
    if (name[0] == '\0' || strlen(name) > NAME_MAX_BYTES)
        return giga_fail(GIGA_ERR_ARG, "giga_function_register: a name of %zu characters; "
                         "expected 1 to %d", strlen(name), NAME_MAX_BYTES);
    if (atomic_load(&f->count) == GIGA_FUNCTIONS_MAX)
        return giga_fail(GIGA_ERR_MEMORY, "giga_function_register: %d functions are registered "
                         "already", GIGA_FUNCTIONS_MAX);
    return GIGA_OK;
}

giga_status giga_function_register(const char *name, giga_function *function,
                                   giga_function_id *id_out)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_function_register");
    gi_functions *f = job->functions;

    if (status != GIGA_OK)
        return status;
    status = giga_agree(check_entry(f, name, function, id_out));
    if (status != GIGA_OK)
        return status;
    uint64_t mine[2] = {hash(name), ~hash(name)}, most[2];
    status = giga_allreduce(mine, most, 2, GIGA_U64, GIGA_MAX);
    if (status != GIGA_OK)
        return status;
    if (most[0] != ~most[1])
        return giga_fail(GIGA_ERR_MISMATCH, "giga_function_register: the ranks register different "
                         "functions; rank %d \"%s\"", job->rank, name);
    uint32_t id = atomic_load(&f->count);
    f->table[id].run = function;
    strcpy(f->table[id].name, name);
    atomic_store(&f->count, id + 1); /* pairs with the load of whoever runs it */
    gi_settle_and_meet(job);
    *id_out = id;
    return GIGA_OK;
}

/* ---- running ---- */

static bool aligned(const void *at)
{
    return (uintptr_t)at % ALIGNMENT == 0;
}

/* Memory as a function may expect it: `given` itself, else `small`, else from the heap. */
static void *align(void *given, size_t bytes, void *small, void **heap_out)
{
    *heap_out = NULL;
    if (bytes > 0 && aligned(given))
        return given;
    if (bytes <= GIGA_COPY_MAX)
        return small;
    *heap_out = malloc(bytes);
    if (!*heap_out)
        giga_abort("rank %d: out of memory for a call of %zu bytes", gi_the_job.rank, bytes);
    return *heap_out;
}

static size_t run_inside(giga_function *function, void *at, const void *arguments,
                         size_t argument_bytes, void *result, size_t result_max)
{
    bool before = gi_inside_function;
    void *hidden = gi_aggregate_hide();

    gi_inside_function = true;
    size_t bytes = function(at, arguments, argument_bytes, result, result_max);
    gi_inside_function = before;
    gi_aggregate_show(hidden);
    gi_ring_drain_own(); /* its caller cannot know of additions kept back here */
    return bytes;
}

giga_status gi_function_run(gi_job *job, uint32_t id, void *at, const void *arguments,
                            size_t argument_bytes, void *result, size_t result_max,
                            size_t *bytes_out)
{
    _Alignas(ALIGNMENT) char small[2][GIGA_COPY_MAX];
    void *heap[2];

    *bytes_out = 0;
    if (id >= atomic_load(&job->functions->count)) { /* pairs with giga_function_register() */
        if (result_max > 0)
            memset(result, 0, result_max);
        return GIGA_ERR_ARG;
    }
    void *in = align((void *)(uintptr_t)arguments, argument_bytes, small[0], &heap[0]);
    void *out = align(result, result_max, small[1], &heap[1]);
    if (in != arguments && argument_bytes > 0)
        memcpy(in, arguments, argument_bytes);
    if (result_max > 0)
        memset(out, 0, result_max);
    *bytes_out = run_inside(job->functions->table[id].run, at, in, argument_bytes, out, result_max);
    if (out != result && result_max > 0)
        memcpy(result, out, result_max);
    free(heap[0]);
    free(heap[1]);
    return *bytes_out <= result_max ? GIGA_OK : GIGA_ERR_ARG;
}

/* The function's number is in the width, room for the result in b, the arguments in the body. */
void gi_home_call(gi_job *job, const gi_message *m, const void *body, size_t bytes)
{
    giga_status status;
    size_t result_bytes = 0;
    bool near = gi_home_bytes(job, m->offset, 1, &status) != NULL;
    void *at = (void *)(uintptr_t)(job->window_base + m->offset);
    void *result = m->b <= GIGA_CALL_MAX ? gi_net_buffer(job->net) : NULL;

    if (!result)
        status = m->b <= GIGA_CALL_MAX ? GIGA_ERR_MEMORY : GIGA_ERR_NET;
    else if (near)
        status = gi_function_run(job, m->width, at, body, bytes, result, m->b, &result_bytes);
    gi_message answer = {.kind = status == GIGA_OK ? GI_KIND_DATA : GI_KIND_DONE, .slot = m->slot,
                         .offset = (uint64_t)(int64_t)status, .b = result_bytes};
    size_t sent = status == GIGA_OK ? result_bytes : 0;
    giga_status left = result ? gi_net_send_buffer(job->net, m->from, &answer, result, sent)
                              : gi_net_send(job->net, m->from, &answer, NULL, 0);
    if (left != GIGA_OK)
        gi_remote_fail(job, giga_error());
}

/* ---- calling ---- */

typedef struct call {
    const char *function;      /* of the interface */
    void *at;
    uint32_t id;
    const void *arguments;
    size_t argument_bytes;
    void *result;
    size_t result_max;
} call;

static giga_status check(const call *c, gi_place *out)
{
    const gi_functions *f = gi_the_job.functions;
    int32_t rank = gi_the_job.rank;
    giga_status status = gi_job_runs(c->function);

    if (status != GIGA_OK)
        return status;
    if (c->id >= atomic_load(&f->count))
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: no function %u is registered", c->function,
                         rank, c->id);
    if (c->argument_bytes > GIGA_CALL_MAX || c->result_max > GIGA_CALL_MAX)
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: %zu bytes of arguments and %zu of result; at "
                         "most %d", c->function, rank, c->argument_bytes, c->result_max,
                         GIGA_CALL_MAX);
    if ((!c->arguments && c->argument_bytes > 0) || (!c->result && c->result_max > 0))
        return giga_fail(GIGA_ERR_ARG, "%s: rank %d: %s is NULL", c->function, rank,
                         !c->arguments && c->argument_bytes > 0 ? "arguments" : "result");
    status = gi_object_place(&gi_the_job, c->function, c->at, 1, out);
    return status == GIGA_OK && !out->near ? gi_job_check(c->function) : status;
}

static giga_status explain(const call *c, giga_status status, size_t bytes)
{
    const char *name = gi_the_job.functions->table[c->id].name;

    if (status == GIGA_OK || (status == GIGA_ERR_NET && giga_error()[0]))
        return status;
    if (status == GIGA_ERR_ARG)
        return giga_fail(status, "%s: rank %d: the result of \"%s\" has %zu bytes, its room %zu",
                         c->function, gi_the_job.rank, name, bytes, c->result_max);
    return giga_fail(status, "%s: rank %d: the home refused the call of \"%s\" at %p: it leaves "
                     "its block", c->function, gi_the_job.rank, name, c->at);
}

static giga_status run_near(const call *c, size_t *bytes_out)
{
    giga_status status = gi_function_run(&gi_the_job, c->id, c->at, c->arguments, c->argument_bytes,
                                         c->result, c->result_max, bytes_out);

    return explain(c, status, *bytes_out);
}

/* Under the lock of the network. */
static gi_request *start(gi_job *job, const call *c, int32_t home, bool deferred)
{
    gi_message message = {.kind = GI_KIND_CALL, .width = (uint16_t)c->id,
                          .offset = (uint64_t)(uintptr_t)c->at - job->window_base,
                          .b = c->result_max};
    gi_request *q = gi_request_open(job, deferred);

    q->dst = c->result;
    q->bytes = c->result_max;
    q->large = c->argument_bytes > GIGA_COPY_MAX || c->result_max > GIGA_COPY_MAX;
    while (q->large && job->remote->bodies >= GI_IN_FLIGHT) /* R3 */
        gi_request_wait(job);
    gi_request_send(job, q, home, &message, c->arguments, c->argument_bytes);
    gi_request_close(job, q);
    return q;
}

static giga_status run_far(const call *c, int32_t home, size_t *bytes_out)
{
    gi_job *job = &gi_the_job;

    gi_net_enter(job);
    gi_request *q = start(job, c, home, false);
    giga_status status = gi_request_finish(job, q);
    *bytes_out = q->result; /* the slot is free, but the lock is still ours */
    gi_net_leave(job);
    if (status == GIGA_OK && c->result_max > *bytes_out)
        memset((char *)c->result + *bytes_out, 0, c->result_max - *bytes_out);
    return explain(c, status, *bytes_out);
}

giga_status giga_call(const void *address, giga_function_id id, const void *arguments,
                      size_t argument_bytes, void *result, size_t result_max,
                      size_t *result_bytes_out)
{
    call c = {"giga_call", (void *)(uintptr_t)address, id, arguments, argument_bytes, result,
              result_max};
    gi_place place;
    size_t bytes = 0;
    giga_status status = check(&c, &place);

    if (status == GIGA_OK)
        status = place.near ? run_near(&c, &bytes) : run_far(&c, place.home, &bytes);
    if (result_bytes_out)
        *result_bytes_out = bytes;
    return status;
}

static void defer(gi_job *job, const call *c, int32_t home)
{
    if (c->argument_bytes <= GIGA_COPY_MAX && c->result_max <= GIGA_COPY_MAX) {
        gi_aggregate_call(job, home, c->at, gi_call_word(c->id, c->argument_bytes, c->result_max),
                          c->arguments, c->result);
        return;
    }
    if (c->result_max > 0)
        memset(c->result, 0, c->result_max); /* the answer is as long as what was written */
    gi_net_enter(job);
    start(job, c, home, true);
    gi_net_leave(job);
}

giga_status giga_call_nbi(const void *address, giga_function_id id, const void *arguments,
                          size_t argument_bytes, void *result, size_t result_max)
{
    call c = {"giga_call_nbi", (void *)(uintptr_t)address, id, arguments, argument_bytes, result,
              result_max};
    gi_place place;
    size_t bytes;
    giga_status status = check(&c, &place);

    if (status != GIGA_OK)
        return status;
    if (place.near)
        return run_near(&c, &bytes);
    defer(&gi_the_job, &c, place.home);
    return GIGA_OK;
}
