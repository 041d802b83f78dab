/*
 * types.h - statuses and the sentence behind a failure.
 *
 * Part of giga. A status tells the caller what survived: the range of the code
 * says whether only the call failed, or the object, or the whole job. The
 * sentence behind it names rank, operation, peer and cause.
 */
#ifndef GIGA_TYPES_H
#define GIGA_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GIGA_API __attribute__((visibility("default")))
#define GIGA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* The halves of an operation that belong into its caller, also without optimisation: then the
 * far half sees which line of the program called. */
#define GIGA_INLINE_ static inline __attribute__((always_inline))
#else
#define GIGA_INLINE_ static inline
#define GIGA_API
#define GIGA_PRINTF(fmt, args)
#endif

/**
 * What became of a call. Zero is success; failures are negative and ranged by
 * what is lost: above -100 nothing but the call, above -200 the object, below
 * that the job (only giga_fini() and giga_abort() are of use afterwards).
 */
typedef enum giga_status {
    GIGA_OK = 0,

    /* The call had no effect. */
    GIGA_ERR_ARG = -1,         /**< an argument is not one the function accepts */
    GIGA_ERR_ADDRESS = -2,     /**< an address in no live object of the window */
    GIGA_ERR_RANGE = -3,       /**< a run that leaves its object, array or block */
    GIGA_ERR_STATE = -4,       /**< not now: before start, after stop, twice */
    GIGA_ERR_MEMORY = -5,      /**< not enough memory of the kind asked for */
    GIGA_ERR_WINDOW = -6,      /**< no room in, or no place for, the window */
    GIGA_ERR_MISMATCH = -7,    /**< ranks called a collective with different arguments */
    GIGA_ERR_IO = -8,          /**< the operating system refused a file operation */
    GIGA_ERR_FORMAT = -9,      /**< a file does not say what its format demands */
    GIGA_ERR_NOT_FOUND = -10,  /**< a name, file, vertex that does not exist */
    GIGA_ERR_UNSUPPORTED = -11,/**< this machine or build cannot do it */
    GIGA_ERR_INVALID = -12,    /**< a result that breaks the laws it must obey */

    /* The object is lost. */
    GIGA_ERR_LOST = -101,      /**< the home of the data is gone */

    /* The job is lost. */
    GIGA_ERR_NET = -201,       /**< the network failed */
    GIGA_ERR_MPI = -202,       /**< MPI failed */
    GIGA_ERR_PEER = -203       /**< another rank failed in a way this one cannot survive */
} giga_status;

/**
 * The name of a status, such as "GIGA_ERR_RANGE".
 *
 * Call: local. Threads: any, also before giga_init().
 */
GIGA_API const char *giga_status_name(giga_status status);

/**
 * The sentence behind the last failure on this thread.
 *
 * Call:      local.
 * Threads:   any; each thread has its own sentence.
 * On return: a string that stays valid until the next failure on this thread;
 *            empty when nothing has failed.
 */
GIGA_API const char *giga_error(void);

/**
 * Record the sentence behind a failure and return its status; for libraries on
 * top of giga, so that a caller reads one sentence wherever it was decided.
 *
 * Call:    local.
 * Threads: any.
 *
 * @param status  what giga_fail returns; not GIGA_OK
 * @param format  printf format of one sentence without a final newline; it is
 *                cut at 1023 bytes
 * @return `status`
 */
GIGA_API giga_status giga_fail(giga_status status, const char *format, ...)
    GIGA_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#endif
