/*
 * guard.c - see guard.h: the slow halves, a futex.
 */
#include "guard.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 30 }; /* a pause takes 10 to 40 ns, a guard is shut for 20 to 100 */

static bool take(gi_guard *guard, uint32_t state)
{
    uint32_t open = GI_GUARD_OPEN;

    return atomic_compare_exchange_strong_explicit(guard, &open, state, memory_order_acquire,
                                                   memory_order_relaxed);
}

bool gi_guard_await(gi_guard *guard)
{
    for (int i = 0; i < SPINS; i++) {
        gi_relax();
        if (take(guard, GI_GUARD_SHUT))
            return true;
    }
    for (;;) {
        uint32_t seen = atomic_load_explicit(guard, memory_order_relaxed);
        if (seen > GI_GUARD_AWAITED)
            return false;
        if (seen == GI_GUARD_OPEN && take(guard, GI_GUARD_AWAITED))
            return true;
        if (seen == GI_GUARD_SHUT && !atomic_compare_exchange_strong_explicit(
                                         guard, &seen, GI_GUARD_AWAITED, memory_order_relaxed,
                                         memory_order_relaxed))
            continue;
        if (seen != GI_GUARD_OPEN)
            syscall(SYS_futex, guard, FUTEX_WAIT, GI_GUARD_AWAITED, NULL, NULL, 0);
    }
}

void gi_guard_wake(gi_guard *guard)
{
    syscall(SYS_futex, guard, FUTEX_WAKE, 1, NULL, NULL, 0);
}
