/*
 * progress.h - waiting without burning a core, and answering meanwhile.
 *
 * Words: the network is *polled* by a waiting thread of the program or by the progress
 * thread; whoever polls runs the handlers. A thread *sleeps* on a futex word or, the
 * progress thread, on the event file of the network.
 *
 * A wait first polls for a spin time that every arriving message renews (traffic keeps
 * it awake), then leaves the network to the progress thread and sleeps. On one node there
 * is no network and no progress thread.
 */
#ifndef PGAS_PROGRESS_H
#define PGAS_PROGRESS_H

#include <stdatomic.h>

#include "job.h"

/* Prepare waiting; then, once there is a network, start the thread that answers. */
giga_status gi_progress_start(gi_job *job);
giga_status gi_progress_run(gi_job *job);
void gi_progress_stop(gi_job *job);

/*
 * A word that threads, also of other processes, wait on. Its value is changed first and
 * gi_wake called after; the sleepers count saves the system call when nobody sleeps.
 */
typedef struct gi_event {
    _Atomic uint32_t value, sleepers;
} gi_event;

/* Wait while event->value is `seen`. May return early: callers test in a loop. */
void gi_wait_while(gi_job *job, gi_event *event, uint32_t seen);

/* Wake all that sleep on an event. Its value was changed by a seq_cst operation. */
void gi_wake(gi_event *event);

/* This thread has just looked after the network, and is about to again: the progress thread
 * need not. Without the lock. */
void gi_progress_attend(gi_job *job);

/* The lock of the network: everything in net.h is called under it, handlers included. */
void gi_net_enter(gi_job *job);
void gi_net_leave(gi_job *job);

#endif
