/*
 * call.h - functions shipped to the data: run where an address is plain memory.
 *
 * A registered function is called at the home of an address with arguments, and gives a result
 * back. Functions travel as numbers of a table that is the same on every rank, never as
 * pointers.
 *
 * Where it runs: in some process of the home's node, in whichever thread looks after the
 * network there, also while the program computes; at once in the caller when the address is
 * near. Several may run at the same time, in several processes of the node. So it must be
 * short and use C11 atomics, or giga's, for what others change too.
 *
 * What it may do: read and write the near memory around the address, and use get, put, load,
 * store, atomics, notify and giga_call() on near addresses. Whatever has to wait or to send a
 * message fails with GIGA_ERR_STATE, or ends the job where there is no status.
 */
#ifndef GIGA_CALL_H
#define GIGA_CALL_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Number of a registered function, the same on every rank. */
typedef uint32_t giga_function_id;

/**
 * A function shipped to the data.
 *
 * @param at               the address of the call, near memory here
 * @param arguments        argument_bytes bytes, aligned to 16
 * @param result           room for result_max bytes, all zero, aligned to 16
 * @return bytes of the result; more than result_max, with nothing written beyond it, makes
 *         the call fail with GIGA_ERR_ARG
 */
typedef size_t giga_function(void *at, const void *arguments, size_t argument_bytes, void *result,
                             size_t result_max);

#define GIGA_CALL_MAX 65536    /* bytes of arguments, and of a result */
#define GIGA_FUNCTIONS_MAX 1024

/**
 * Register a function.
 *
 * Call:    collective, in the same order on every rank; `name` must agree.
 * Threads: one.
 *
 * @param name    names the function in error sentences, and tells the ranks that they mean the
 *                same; at most 63 characters
 * @param id_out  its number
 * @return GIGA_OK, or the same error on every rank: GIGA_ERR_ARG, GIGA_ERR_MISMATCH,
 *         GIGA_ERR_MEMORY when GIGA_FUNCTIONS_MAX are registered, GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_function_register(const char *name, giga_function *function,
                                            giga_function_id *id_out);

/**
 * Run a function at the home of an address and wait for its result.
 *
 * Call:      one-sided; the home takes no part. Threads: any.
 * On return: the function has run, once; `result` holds what it wrote, zeros behind that.
 * Order:     after everything this thread has completed before.
 * Cost:      near a function call; remote one round trip.
 *
 * @param address         in a block of an object
 * @param arguments       argument_bytes bytes, at most GIGA_CALL_MAX; NULL when there are none
 * @param result          room for result_max bytes, at most GIGA_CALL_MAX; NULL when 0
 * @param result_bytes_out NULL, or the bytes that the function returned
 * @return GIGA_OK; with nothing run GIGA_ERR_ARG (no such function, too long), GIGA_ERR_ADDRESS,
 *         GIGA_ERR_RANGE, GIGA_ERR_STATE; GIGA_ERR_ARG when the function has run and its
 *         result is longer than result_max: then *result_bytes_out says how long; GIGA_ERR_NET.
 */
GIGA_API giga_status giga_call(const void *address, giga_function_id id, const void *arguments,
                               size_t argument_bytes, void *result, size_t result_max,
                               size_t *result_bytes_out);

/**
 * Deferred call: runs before giga_quiet() has returned, once, in no order with any other
 * deferred operation. Calls with at most GIGA_COPY_MAX bytes of arguments and of result are
 * gathered with the other deferred operations into one batch per destination node.
 *
 * On return: arguments of at most GIGA_COPY_MAX bytes may be reused; longer ones must stay
 *            unchanged, and `result` is undefined, until giga_quiet(). Then all
 *            result_max bytes are written: what the function wrote, and zeros.
 *
 * @return as giga_call(); what a home on another node refuses, and a result there that is too
 *         long, is returned by giga_quiet().
 */
GIGA_API giga_status giga_call_nbi(const void *address, giga_function_id id, const void *arguments,
                                   size_t argument_bytes, void *result, size_t result_max);

#ifdef __cplusplus
}
#endif

#endif
