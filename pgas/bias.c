/*
 * bias.c - see bias.h.
 */
#include "bias.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

bool gi_bias_fences = true;

bool gi_bias_start(void)
{
    gi_bias_fences =
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0;
    return !gi_bias_fences;
}

/* Stopped: out again until that is over. It is over soon, so there is nothing to sleep on. */
void gi_bias_wait(gi_bias *bias)
{
    do {
        atomic_store_explicit(&bias->inside, false, memory_order_release); /* pairs with stop */
        while (atomic_load_explicit(&bias->stopped, memory_order_acquire)) /* pairs with resume */
            sched_yield();
        atomic_store_explicit(&bias->inside, true, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst); /* pairs with the one of gi_bias_stop() */
    } while (atomic_load_explicit(&bias->stopped, memory_order_acquire));
}

void gi_bias_stop(gi_bias *bias)
{
    atomic_store_explicit(&bias->stopped, true, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* pairs with the owner's, real or made here: */
    if (!gi_bias_fences)
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    while (atomic_load_explicit(&bias->inside, memory_order_acquire)) /* pairs with leave */
        sched_yield();
}

void gi_bias_resume(gi_bias *bias)
{
    atomic_store_explicit(&bias->stopped, false, memory_order_release); /* pairs with enter */
}
