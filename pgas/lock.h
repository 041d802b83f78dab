/*
 * lock.h - messages about locks of other nodes; the calls are in giga/lock.h.
 *
 * Threads: under the lock of the network.
 */
#ifndef PGAS_LOCK_H
#define PGAS_LOCK_H

#include "net.h"

/* A node gives back what it had of a lock that is at home here (a mode in a), or asks for it
 * (b), or both, in this order. */
void gi_lock_home(gi_job *job, const gi_message *message);

/* What this node asked for has been granted (a mode in a), or refused (a status in b). */
void gi_lock_answer(gi_job *job, const gi_message *message);

#endif
