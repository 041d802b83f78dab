/*
 * error.c - statuses and the sentence behind the last failure of a thread.
 *
 * The function that first decides what went wrong calls giga_fail(); the others
 * propagate its status. Nothing here allocates or locks, so it works in any state.
 */
#include <giga/types.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char sentence[1024];

const char *giga_error(void)
{
    return sentence;
}

giga_status giga_fail(giga_status status, const char *format, ...)
{
    char text[sizeof sentence]; /* an argument may be the old sentence itself */
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(sentence, sizeof sentence, "%s", text);
    return status;
}

const char *giga_status_name(giga_status status)
{
    switch (status) {
    case GIGA_OK: return "GIGA_OK";
    case GIGA_ERR_ARG: return "GIGA_ERR_ARG";
    case GIGA_ERR_ADDRESS: return "GIGA_ERR_ADDRESS";
    case GIGA_ERR_RANGE: return "GIGA_ERR_RANGE";
    case GIGA_ERR_STATE: return "GIGA_ERR_STATE";
    case GIGA_ERR_MEMORY: return "GIGA_ERR_MEMORY";
    case GIGA_ERR_WINDOW: return "GIGA_ERR_WINDOW";
    case GIGA_ERR_MISMATCH: return "GIGA_ERR_MISMATCH";
    case GIGA_ERR_IO: return "GIGA_ERR_IO";
    case GIGA_ERR_FORMAT: return "GIGA_ERR_FORMAT";
    case GIGA_ERR_NOT_FOUND: return "GIGA_ERR_NOT_FOUND";
    case GIGA_ERR_UNSUPPORTED: return "GIGA_ERR_UNSUPPORTED";
    case GIGA_ERR_INVALID: return "GIGA_ERR_INVALID";
    case GIGA_ERR_LOST: return "GIGA_ERR_LOST";
    case GIGA_ERR_NET: return "GIGA_ERR_NET";
    case GIGA_ERR_MPI: return "GIGA_ERR_MPI";
    case GIGA_ERR_PEER: return "GIGA_ERR_PEER";
    }
    return "unknown giga_status";
}
