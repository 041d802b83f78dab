/*
 * bias.h - a lock that costs its owner two plain stores and a load.
 *
 * One thread, the owner, enters and leaves all the time; others stop it rarely. The owner says
 * that it is inside and looks whether it is stopped; who stops it says so and looks whether it
 * is inside. Each must see the other's word: the one who stops pays for both, with a
 * membarrier(2) that makes every thread of the process pass a full fence between the two.
 *
 * Where the kernel has no such call, the owner's fence is a real one (gi_bias_fences).
 *
 * Threads: enter and leave by the owner alone; stop and resume by one other thread at a time,
 * which callers see to. What the owner did inside is visible to who stopped it, and the other
 * way round.
 */
#ifndef PGAS_BIAS_H
#define PGAS_BIAS_H

#include <stdatomic.h>
#include <stdbool.h>

typedef struct gi_bias {
    _Atomic bool inside, stopped;
} gi_bias;

extern bool gi_bias_fences;

/* Once per process, before the first lock. Returns whether the owner needs no fence. */
bool gi_bias_start(void);

void gi_bias_wait(gi_bias *bias);
void gi_bias_stop(gi_bias *bias);
void gi_bias_resume(gi_bias *bias);

static inline void gi_bias_enter(gi_bias *bias)
{
    atomic_store_explicit(&bias->inside, true, memory_order_relaxed);
    if (gi_bias_fences)
        atomic_thread_fence(memory_order_seq_cst); /* pairs with the one of gi_bias_stop() */
    atomic_signal_fence(memory_order_seq_cst); /* the compiler keeps the order; see above */
    if (atomic_load_explicit(&bias->stopped, memory_order_acquire)) /* pairs with resume */
        gi_bias_wait(bias);
}

static inline void gi_bias_leave(gi_bias *bias)
{
    atomic_store_explicit(&bias->inside, false, memory_order_release); /* pairs with stop */
}

#endif
