/*
 * profile.h - GIGA_PROFILE: which source lines communicate element by element.
 *
 * Words: a *site* is a place in the program that calls one function of giga. Of a site are
 * counted: operations on other nodes of at most GI_ELEMENT bytes that are not gathered, because
 * each is waited for or has a handle; and deferred ones that were *alone*, because giga_quiet()
 * followed each at once.
 *
 * Threads: any; a lock, because somebody is watching anyway.
 */
#ifndef PGAS_PROFILE_H
#define PGAS_PROFILE_H

#include "watch.h"

enum { GI_ELEMENT = 64 }; /* bytes: a line of the cache */

giga_status gi_profile_start(gi_job *job);
void gi_profile_stop(gi_job *job);

/* An operation is over. */
void gi_profile_access(gi_job *job, const gi_access *access);
/* This thread calls giga_quiet() or giga_fence(), or another call does inside itself. */
void gi_profile_quiet(gi_job *job, bool inside);

/* Print the worst sites on rank 0. Collective, while giga runs. */
void gi_profile_report(gi_job *job);

#endif
