/*
 * progress.c - see progress.h.
 *
 * The progress thread is in one of three states:
 *   asleep   the network is armed; poll(2) on its event file; costs nothing
 *   active   it polls, for one spin time after the last message
 *   parked   a thread of the program polls; it looks again after PARK_NS
 * It is woken from `parked` at once when the program's thread goes to sleep itself, and
 * otherwise within PARK_NS of the program turning to computing.
 */
#include "progress.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "aggregate.h"
#include "guard.h"
#include "memory.h"
#include "net.h"
#include "trace.h"

enum {
    POLLS_PER_CLOCK = 16,   /* network polls between two looks at the clock: about 1 us */
    PARK_NS = 500000,       /* half of the millisecond that a computing rank may take */
    SPINS_PER_CLOCK = 64,   /* tests of a word between two looks at the clock */
    AGE_MS = 1,             /* between two looks at open batches: how old they get */
    IDLE_MS = 100,          /* the same when there was none: ten wake-ups a second cost nothing */
    YIELDS = 4,             /* with more ranks than cores: let the others run first */
    POLL_YIELDS = 16,       /* the same between nodes, where to sleep and to wake takes two threads
                               and five system calls: 4 times as long a collective with none */
};

struct gi_progress {
    pthread_t thread;
    pthread_mutex_t lock;          /* of the network */
    int wake_file;                 /* event file that ends the thread's sleep */
    int64_t spin_ns;
    bool started;
    _Atomic bool stop;
    _Atomic bool asleep;           /* the thread has armed the network and sleeps */
    _Atomic uint32_t pollers;      /* program threads that poll the network now */
    _Atomic uint32_t turns;        /* counts them as they come, so that parking sees any */
    gi_event parked;               /* value 1 while the thread is parked */
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void futex_wait(_Atomic uint32_t *word, uint32_t seen, const struct timespec *limit)
{
    syscall(SYS_futex, word, FUTEX_WAIT, seen, limit, NULL, 0);
}

void gi_wake(gi_event *event)
{
    if (atomic_load(&event->sleepers) > 0)
        syscall(SYS_futex, &event->value, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* Sleep unless the value has changed; seq_cst pairs with the change before gi_wake. */
static void sleep_on(gi_event *event, uint32_t seen, const struct timespec *limit)
{
    atomic_fetch_add(&event->sleepers, 1);
    if (atomic_load(&event->value) == seen)
        futex_wait(&event->value, seen, limit);
    atomic_fetch_sub(&event->sleepers, 1);
}

/* The same in a trace. */
static void sleep_seen(gi_job *job, gi_event *event, uint32_t seen)
{
    int64_t began = job->watch & GI_WATCH_TRACE ? gi_now() : 0;

    sleep_on(event, seen, NULL);
    if (began != 0 && job->watch & GI_WATCH_TRACE)
        gi_trace_span("asleep", began, gi_now() - began, NULL, 0);
}

static bool changed(gi_event *event, uint32_t seen)
{
    return atomic_load_explicit(&event->value, memory_order_acquire) != seen;
}

/* Test the word alone for the spin time. Returns whether it changed. */
static bool spin_while(const gi_progress *p, gi_event *event, uint32_t seen)
{
    if (p->spin_ns == 0) {
        for (int i = 0; i < YIELDS && !changed(event, seen); i++)
            sched_yield();
    }
    for (int64_t end = now_ns() + p->spin_ns; now_ns() < end;) {
        for (int i = 0; i < SPINS_PER_CLOCK; i++) {
            if (changed(event, seen))
                return true;
            gi_relax();
        }
    }
    return changed(event, seen);
}

/* Poll the network if nobody else does. Returns whether something happened. */
static bool poll_once(gi_job *job)
{
    gi_progress *p = job->progress;

    if (pthread_mutex_trylock(&p->lock) != 0)
        return false;
    bool some = gi_net_poll(job->net);
    pthread_mutex_unlock(&p->lock);
    return some;
}

/* Returns true when the event changed while traffic kept this thread awake. */
static bool poll_while(gi_job *job, gi_event *event, uint32_t seen)
{
    gi_progress *p = job->progress;
    int64_t end = now_ns() + p->spin_ns;
    int yields = p->spin_ns == 0 ? POLL_YIELDS : 0;

    do {
        bool some = false;
        for (int i = 0; i < POLLS_PER_CLOCK; i++) {
            some |= poll_once(job);
            if (changed(event, seen))
                return true;
        }
        if (p->spin_ns == 0)
            sched_yield();
        if (some)
            end = now_ns() + p->spin_ns;
    } while (now_ns() < end || --yields > 0);
    return false;
}

static void end_sleep(gi_progress *p)
{
    (void)!write(p->wake_file, &(uint64_t){1}, sizeof(uint64_t));
}

/*
 * Leave the network to the progress thread: end its parking, or its sleep. What this thread
 * sent after the network was armed may wait for room or for a connection; arming does not
 * cover that, and only polling moves it. `asleep` is set under the network's lock, under
 * which this thread sent, so it is seen here.
 */
static void hand_over(gi_progress *p)
{
    atomic_fetch_sub(&p->pollers, 1);
    if (atomic_exchange(&p->parked.value, 0) == 1)
        gi_wake(&p->parked);
    else if (atomic_exchange(&p->asleep, false))
        end_sleep(p);
}

/* Others are still inside an MPI collective that this rank has completed: look after MPI
 * between short sleeps. They are all there, so it does not take long. */
static void wait_beside_mpi(gi_job *job, gi_event *event, uint32_t seen)
{
    for (long ns = 20000; !changed(event, seen); ns = ns < 500000 ? 2 * ns : ns) {
        gi_boot_poll(job->boot);
        if (job->net)
            poll_once(job);
        if (!changed(event, seen))
            sleep_on(event, seen, &(struct timespec){.tv_nsec = ns});
    }
}

void gi_wait_while(gi_job *job, gi_event *event, uint32_t seen)
{
    gi_progress *p = job->progress;

    if (gi_leaving_mpi) {
        if (job->net ? poll_while(job, event, seen) : spin_while(p, event, seen))
            return;
        wait_beside_mpi(job, event, seen);
        return;
    }
    if (!job->net) {
        if (!spin_while(p, event, seen))
            sleep_seen(job, event, seen);
        return;
    }
    atomic_fetch_add(&p->pollers, 1);
    atomic_fetch_add_explicit(&p->turns, 1, memory_order_relaxed);
    if (poll_while(job, event, seen)) {
        atomic_fetch_sub(&p->pollers, 1);
        return;
    }
    hand_over(p);
    sleep_seen(job, event, seen);
}

void gi_progress_attend(gi_job *job)
{
    atomic_fetch_add_explicit(&job->progress->turns, 1, memory_order_relaxed);
}

void gi_net_enter(gi_job *job)
{
    pthread_mutex_lock(&job->progress->lock);
}

/* A send that found no room is moved by whoever polls; if that is nobody, the progress thread
 * is woken, because it armed before there was such a send. */
void gi_net_leave(gi_job *job)
{
    gi_progress *p = job->progress;
    bool waiting = gi_net_waiting(job->net);

    pthread_mutex_unlock(&p->lock);
    if (waiting && atomic_exchange(&p->asleep, false))
        end_sleep(p);
}

/* Poll for one spin time after the last message; false when a program thread polls, or has
 * since this began: between two operations nobody does, but the next is about to. */
static bool stay_active(gi_job *job)
{
    gi_progress *p = job->progress;
    uint32_t turns = atomic_load_explicit(&p->turns, memory_order_relaxed);
    int64_t end = now_ns() + p->spin_ns;

    do {
        bool some = false;
        if (atomic_load_explicit(&p->pollers, memory_order_relaxed) > 0 ||
            atomic_load_explicit(&p->turns, memory_order_relaxed) != turns)
            return false;
        for (int i = 0; i < POLLS_PER_CLOCK; i++)
            some |= poll_once(job);
        if (some)
            end = now_ns() + p->spin_ns;
    } while (now_ns() < end);
    return true;
}

/* Stay out of the way while the program's threads poll. */
static void park(gi_job *job)
{
    gi_progress *p = job->progress;
    uint32_t turns;

    do {
        turns = atomic_load_explicit(&p->turns, memory_order_relaxed);
        atomic_store(&p->parked.value, 1);
        sleep_on(&p->parked, 1, &(struct timespec){.tv_nsec = PARK_NS});
        gi_aggregate_age(job); /* who polls looks after the network, not after old batches */
    } while (atomic_exchange(&p->parked.value, 0) == 1 && !atomic_load(&p->stop) &&
             turns != atomic_load_explicit(&p->turns, memory_order_relaxed));
}

/* Sleep until a message comes. Arming fails while there are messages to handle. */
static void sleep_armed(gi_job *job)
{
    gi_progress *p = job->progress;
    struct pollfd files[2] = {{.fd = gi_net_event_file(job->net), .events = POLLIN},
                              {.fd = p->wake_file, .events = POLLIN}};
    uint64_t wakes;

    gi_net_enter(job);
    bool armed = !gi_net_waiting(job->net) && gi_net_arm(job->net);
    atomic_store(&p->asleep, armed);
    pthread_mutex_unlock(&p->lock); /* not gi_net_leave: it would wake this very thread */
    if (!armed)
        return;
    poll(files, 2, gi_aggregate_age(job) ? AGE_MS : IDLE_MS);
    atomic_store(&p->asleep, false);
    (void)!read(p->wake_file, &wakes, sizeof wakes);
}

static void *progress_thread(void *argument)
{
    gi_job *job = argument;
    gi_progress *p = job->progress;

    gi_tally_mine()->name = "progress";
    while (!atomic_load(&p->stop)) {
        if (stay_active(job))
            sleep_armed(job);
        else
            park(job);
    }
    return NULL;
}

/* The library's thread takes no signals: they belong to the program. */
static int create_thread(gi_job *job)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    int error = pthread_create(&job->progress->thread, NULL, progress_thread, job);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

giga_status gi_progress_start(gi_job *job)
{
    gi_progress *p = calloc(1, sizeof *p);
    if (!p)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    uint64_t spin_us = job->env.spin_us.number;
    if (spin_us == GI_ENV_AUTO)
        spin_us = job->host_ranks > gi_memory_host_cores() ? 0 : 50; /* some TCP round trips */
    p->spin_ns = (int64_t)spin_us * 1000;
    p->wake_file = -1;
    pthread_mutex_init(&p->lock, NULL);
    job->progress = p;
    return GIGA_OK;
}

giga_status gi_progress_run(gi_job *job)
{
    gi_progress *p = job->progress;

    p->wake_file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = p->wake_file < 0 ? errno : create_thread(job);
    if (error != 0)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: rank %d cannot start a thread: %s", job->rank,
                         strerror(error));
    p->started = true;
    return GIGA_OK;
}

void gi_progress_stop(gi_job *job)
{
    gi_progress *p = job->progress;

    if (!p)
        return;
    if (p->started) {
        atomic_store(&p->stop, true);
        if (atomic_exchange(&p->parked.value, 0) == 1)
            gi_wake(&p->parked);
        end_sleep(p);
        pthread_join(p->thread, NULL);
    }
    if (p->wake_file >= 0)
        close(p->wake_file);
    pthread_mutex_destroy(&p->lock);
    free(p);
    job->progress = NULL;
}
