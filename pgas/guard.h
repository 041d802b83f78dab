/*
 * guard.h - a lock that processes of a node hold for moments: some ten instructions, in which
 * nothing is waited for, sent, or called back.
 *
 * A word of shared memory, zero when open. Who finds it shut spins for about a microsecond,
 * then sleeps, because its holder may have lost its core.
 *
 * Threads: any, also of other processes, also message handlers.
 */
#ifndef PGAS_GUARD_H
#define PGAS_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic uint32_t gi_guard;

enum { GI_GUARD_OPEN, GI_GUARD_SHUT, GI_GUARD_AWAITED };

bool gi_guard_await(gi_guard *guard);
void gi_guard_wake(gi_guard *guard);

/* Returns false when the word is not one of a guard: somebody else's bytes. */
static inline bool gi_guard_shut(gi_guard *guard)
{
    uint32_t open = GI_GUARD_OPEN;

    /* acquire: pairs with gi_guard_open() of whoever held it before */
    return atomic_compare_exchange_strong_explicit(guard, &open, GI_GUARD_SHUT,
                                                   memory_order_acquire, memory_order_relaxed) ||
           gi_guard_await(guard);
}

static inline void gi_guard_open(gi_guard *guard)
{
    if (atomic_exchange_explicit(guard, GI_GUARD_OPEN, memory_order_release) == GI_GUARD_AWAITED)
        gi_guard_wake(guard);
}

/* A moment in a loop that waits for another core. */
static inline void gi_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

#endif
