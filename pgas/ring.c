/*
 * ring.c - rings of additions kept back: who has one, and making what is in them.
 *
 * Rings live as long as the process, because a thread keeps a pointer to its own; a thread that
 * ends leaves its ring, empty, to the next new one. Where the kernel cannot make other threads
 * pass a fence cheaply there are no rings, and additions are made at once.
 *
 * Threads: any.
 */
#include "ring.h"

#include <giga/near.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bias.h"

typedef struct member {
    giga_ring_ ring;              /* its bool words are a gi_bias, inlined in programs */
    struct member *next;
    _Atomic bool owned;           /* by a live thread */
    _Atomic uint64_t drained;     /* ring.next when it was last empty */
} member;

__thread giga_ring_ *giga_my_ring_;

static _Atomic(member *) members;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list, and of stopping */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t exiting;

static gi_bias *bias_of(member *m)
{
    _Static_assert(offsetof(gi_bias, inside) == offsetof(giga_ring_, inside) &&
                   offsetof(gi_bias, stopped) == offsetof(giga_ring_, stopped) &&
                   sizeof(_Atomic bool) == sizeof(bool), "a ring begins like a gi_bias");
    return (gi_bias *)(void *)&m->ring;
}

/* By the owner, or with the owner stopped. */
static void drain(member *m)
{
    giga_ring_ *ring = &m->ring;

    for (int i = 0; i < GIGA_RING_; i++) {
        if (ring->at[i])
            __atomic_fetch_add(ring->at[i], ring->value[i], __ATOMIC_RELAXED);
        ring->at[i] = NULL;
    }
    atomic_store_explicit(&m->drained, __atomic_load_n(&ring->next, __ATOMIC_RELAXED),
                          memory_order_release); /* pairs with has_some() */
}

static bool has_some(member *m)
{
    return __atomic_load_n(&m->ring.next, __ATOMIC_RELAXED) !=
           atomic_load_explicit(&m->drained, memory_order_acquire);
}

static void drain_own(member *m)
{
    gi_bias_enter(bias_of(m));
    drain(m);
    gi_bias_leave(bias_of(m));
}

void gi_ring_drain_own(void)
{
    member *m = (member *)(void *)giga_my_ring_; /* a member begins with its ring */

    if (m && has_some(m))
        drain_own(m);
}

/*
 * What this thread, or one that it has met since, has added is seen here: the meeting makes
 * `next` visible. Additions of threads not met are made or not, as they may be.
 */
void gi_rings_drain(void)
{
    for (member *m = atomic_load(&members); m; m = m->next) {
        if (!has_some(m))
            continue;
        if (&m->ring == giga_my_ring_) {
            drain_own(m);
            continue;
        }
        pthread_mutex_lock(&lock);
        gi_bias_stop(bias_of(m));
        drain(m);
        gi_bias_resume(bias_of(m));
        pthread_mutex_unlock(&lock);
    }
}

static void leave_ring(void *ring)
{
    drain_own(ring);
    giga_my_ring_ = NULL; /* an addition in a later destructor takes one again */
    atomic_store(&((member *)ring)->owned, false); /* pairs with take_ring() */
}

static bool keyless;

static void make_key(void)
{
    keyless = pthread_key_create(&exiting, leave_ring) != 0;
}

static member *take_ring(void)
{
    member *m;

    pthread_mutex_lock(&lock);
    for (m = atomic_load(&members); m && atomic_load(&m->owned); m = m->next)
        ;
    if (!m && (m = calloc(1, sizeof *m)) != NULL) {
        m->next = atomic_load(&members);
        atomic_store(&members, m); /* pairs with gi_rings_drain(): m is complete */
    }
    if (m)
        atomic_store(&m->owned, true);
    pthread_mutex_unlock(&lock);
    return m;
}

void giga_ring_first_(uint64_t *at, uint64_t value)
{
    member *m = NULL;

    if (!gi_bias_fences) {
        pthread_once(&once, make_key);
        m = keyless ? NULL : take_ring();
    }
    if (m && pthread_setspecific(exiting, m) != 0) {
        atomic_store(&m->owned, false);
        m = NULL;
    }
    if (m) {
        giga_my_ring_ = &m->ring;
        giga_add_later_(at, value);
    } else {
        __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
    }
}

void giga_ring_wait_(giga_ring_ *ring)
{
    gi_bias_wait((gi_bias *)(void *)ring);
}
