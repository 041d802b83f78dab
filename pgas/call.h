/*
 * call.h - functions shipped to the data: the table, and running one.
 *
 * Threads: as it says.
 */
#ifndef PGAS_CALL_H
#define PGAS_CALL_H

#include <giga/call.h>

#include "net.h"

/* Whether this thread runs a shipped function. */
extern _Thread_local bool gi_inside_function;

giga_status gi_functions_start(gi_job *job);
void gi_functions_stop(gi_job *job);

/*
 * Run a function on near memory; `result` gets result_max bytes. Any thread; does not wait.
 * GIGA_ERR_ARG when there is no such function, or its result is too long: then *bytes_out says
 * how long.
 */
giga_status gi_function_run(gi_job *job, uint32_t id, void *at, const void *arguments,
                            size_t argument_bytes, void *result, size_t result_max,
                            size_t *bytes_out);

/* A call as one word of a batch. */
static inline uint64_t gi_call_word(uint32_t id, size_t argument_bytes, size_t result_bytes)
{
    return id | (uint64_t)argument_bytes << 16 | (uint64_t)result_bytes << 32;
}

static inline uint32_t gi_call_id(uint64_t word)
{
    return (uint32_t)(word & 0xffff);
}

static inline size_t gi_call_arguments(uint64_t word)
{
    return (size_t)(word >> 16 & 0xffff);
}

static inline size_t gi_call_result(uint64_t word)
{
    return (size_t)(word >> 32 & 0xffff);
}

/* A call from another node; under the lock of the network. */
void gi_home_call(gi_job *job, const gi_message *message, const void *body, size_t bytes);

#endif
