/*
 * notify.h - tell the home that something has arrived, and wait for that without burning.
 *
 * A counter is a uint64_t anywhere in the window. giga_notify() and giga_put_notify() add to
 * it and wake whoever waits for it in giga_await(). Plain stores and the other operations of
 * rma.h and atomic.h change a counter too, but wake nobody: who waits looks again only when
 * notified.
 */
#ifndef GIGA_NOTIFY_H
#define GIGA_NOTIFY_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Comparison of a counter, unsigned, with a value. */
typedef enum giga_cmp {
    GIGA_EQ, GIGA_NE, GIGA_LT, GIGA_LE, GIGA_GT, GIGA_GE
} giga_cmp;

/**
 * Add to a counter and wake who waits for it.
 *
 * Call:      one-sided. Threads: any.
 * On return: the message has left; the addition is complete after giga_quiet().
 * Order:     after everything this thread has completed (giga_quiet(), giga_fence(),
 *            blocking operations), and after near stores it made before.
 * Cost:      near an atomic addition, and a system call when somebody sleeps; remote one
 *            message, which is not gathered with others.
 *
 * @param counter  in the window, aligned to 8 bytes
 * @return GIGA_OK; GIGA_ERR_ADDRESS, GIGA_ERR_RANGE, GIGA_ERR_ARG (misaligned),
 *         GIGA_ERR_STATE. What the home refuses is returned by giga_quiet().
 */
GIGA_API giga_status giga_notify(uint64_t *counter, uint64_t add);

/**
 * Put, then add to a counter of the same home: who sees the addition sees the bytes.
 *
 * Call:      one-sided. Threads: any.
 * On return: a source of at most GIGA_COPY_MAX bytes may be reused; a longer one must stay
 *            unchanged until giga_quiet(), which completes both.
 * Cost:      one message up to 128 KiB; longer ones their pieces and one more round trip.
 *
 * @param dst      window address; the run lies in the block of one home
 * @param counter  aligned to 8 bytes, in a block of the same home
 * @return as giga_notify(), and GIGA_ERR_ARG when the homes differ; then nothing is sent.
 */
GIGA_API giga_status giga_put_notify(void *dst, const void *src, size_t bytes, uint64_t *counter,
                                     uint64_t add);

/**
 * Wait until a near counter compares true: spins shortly, then sleeps; the network is looked
 * after meanwhile.
 *
 * Call:      local. Threads: any; several may wait for one counter.
 * On return: *value_out, when not NULL, is the value that compared true, and what was put
 *            or notified before it is visible.
 *
 * @return GIGA_OK; GIGA_ERR_ADDRESS when the counter is not near; GIGA_ERR_ARG;
 *         GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_await(const uint64_t *counter, giga_cmp cmp, uint64_t value,
                                uint64_t *value_out);

#ifdef __cplusplus
}
#endif

#endif
