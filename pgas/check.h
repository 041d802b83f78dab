/*
 * check.h - strict mode (GIGA_CHECK=full): collectives compared across ranks, freed objects
 * remembered, conflicts before a quiet (conflict.c).
 *
 * Everything here returns at once when strict mode is off.
 *
 * Threads: as the calls that come here: collectives by one, operations by any.
 */
#ifndef PGAS_CHECK_H
#define PGAS_CHECK_H

#include "team.h"
#include "watch.h"

/* An argument that must be the same on all ranks. */
typedef struct gi_argument {
    const char *name;          /* NULL: none */
    uint64_t value;
    const char *const *names;  /* NULL, or what values are called, up to a NULL */
} gi_argument;

enum { GI_ARGUMENTS_MAX = 4 };
#define GI_ARGUMENTS(array) ((int)(sizeof(array) / sizeof((array)[0])))
extern const char *const gi_check_buffers[];
#define GI_SAME(what, is) {.name = (what), .value = (is)}
#define GI_NAMED(what, is, are) {.name = (what), .value = (uint64_t)(is), .names = (are)}
#define GI_NULL(is_null) GI_NAMED("buffer", (is_null) ? 1 : 0, gi_check_buffers)

/*
 * The outermost collective that this thread is in compares itself: its name, and at most
 * GI_ARGUMENTS_MAX arguments. GIGA_ERR_MISMATCH on all ranks, with a sentence naming two of
 * them. Called inside a gi_call. `team` NULL is the job.
 */
giga_status gi_check_collective(const char *function, giga_team *team,
                                const gi_argument *arguments, int count);

/* Of an all-to-all: what one sends another expects, and `mine`, what this rank thinks of its own
 * arguments, is good on all. Collective. */
giga_status gi_check_parts(const char *function, giga_team *team, const uint64_t *send_bytes,
                           const uint64_t *recv_bytes, giga_status mine);

giga_status gi_check_start(gi_job *job);
void gi_check_stop(gi_job *job);

/* An object goes; `site` is where the program freed it. */
void gi_check_freed(gi_job *job, const gi_object *object, const void *site);

/* "" or, when an address lay in an object that was freed, what to add to a sentence; valid until
 * this thread's next one. */
const char *gi_check_say_freed(const gi_job *job, const void *address);

/* The granule from which room for an object is looked for first, so that addresses are used
 * again late; moved on to `next` when an object has been placed. */
uint64_t gi_check_first_granule(const gi_job *job);
void gi_check_placed(gi_job *job, uint64_t next);

/* Conflicts: conflict.c. */
giga_status gi_conflicts_start(gi_job *job);
void gi_conflicts_stop(gi_job *job);
void gi_conflicts_access(gi_job *job, const gi_access *access);
/* All that was deferred is complete. */
void gi_conflicts_complete(gi_job *job);
uint64_t gi_conflicts_found(const gi_job *job);

#endif
