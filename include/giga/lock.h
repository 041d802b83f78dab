/*
 * lock.h - locks in global memory: mutual exclusion, and many readers or one writer.
 *
 * A lock is 64 bytes anywhere in the window, so an array or a record may hold thousands.
 * Zero bytes are an unlocked lock: nothing is created or destroyed. Only the functions here
 * touch the bytes; all of a lock lies in the block of one home.
 *
 *     giga_lock_acquire(&table[i].lock);
 *     giga_get(&row, &table[i].row, sizeof row);
 *     ...
 *     giga_put(&table[i].row, &row, sizeof row);
 *     giga_lock_release(&table[i].lock);
 *
 * Order: what the holder's rank wrote or read before a release is complete before the next
 * holder gets the lock, whatever the homes; operations with a handle are not waited for.
 *
 * Who is next: a thread that waits sleeps in a line of its node, first come first served, and
 * the home keeps a line of nodes. Waking a sleeper takes as long as a hundred short critical
 * sections, so meanwhile others may pass it, but not for ever:
 *   - each time the first of a line of threads is due, at most GIGA_LOCK_PASSES acquisitions by
 *     later comers of its node go before it, and none once it is awake;
 *   - while another node waits, a node acquires at most GIGA_LOCK_PASSES times in a row;
 *     threads of the home's node are one such node, and take turns with the line of nodes.
 * So with k threads before it on its node, and n other nodes, a thread that waits in line
 * sees at most (k + 2) (2 n + 1) (GIGA_LOCK_PASSES + 1) acquisitions before its own. Not
 * counted are those that let it wait no longer: readers who enter before a reader.
 *
 * Who holds a lock is a thread. Several threads of a rank may hold and await different locks,
 * and one thread several; that no cycle arises is the program's care, as with any lock.
 *
 * Cost: uncontended, on the home's node four atomic instructions and no message; from another
 * node one round trip to acquire, and one message to release. A hand-over inside a node needs
 * no message. Memory: beside the 64 bytes, nothing for a lock that is free, or held on its
 * home's node; 128 bytes of the node's memory for each waiting thread, and for each lock of
 * another node that is held or awaited here, however many wait.
 */
#ifndef GIGA_LOCK_H
#define GIGA_LOCK_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** See "who is next" above. */
#define GIGA_LOCK_PASSES 32

/** A lock. Aligned to 8 bytes; an alignment of 64 saves cache misses. */
typedef struct giga_lock {
    uint64_t words_[8];
} giga_lock;

/** A lock that readers share. */
typedef struct giga_rwlock {
    uint64_t words_[8];
} giga_rwlock;

/**
 * Acquire, try to acquire, and release a lock.
 *
 * Call:      one-sided; the home's program takes no part. Threads: any; the thread that
 *            acquired a lock releases it.
 * On return: after an acquisition, this thread reads what earlier holders wrote. After a
 *            release the lock is free, or on its way to the next holder; what this rank wrote
 *            is complete, as after giga_quiet(), which still returns what failed of it.
 * Cost:      see above. A thread that waits spins shortly, then sleeps.
 *
 * giga_lock_try  does not wait for the holder, only for the home's answer. It takes a lock that
 *                nobody holds or asks for; one that is on its way to a thread counts as taken,
 *                and so does one that another thread of this node is just trying to get.
 *
 * @param lock       in the window, aligned to 8 bytes, zero when it was never used
 * @param taken_out  whether it was acquired
 * @return GIGA_OK; with nothing done GIGA_ERR_ARG (misaligned, or the bytes are no lock),
 *         GIGA_ERR_ADDRESS, GIGA_ERR_RANGE (it leaves its object or block), GIGA_ERR_MEMORY
 *         (a thousand locks per rank of this node, or of the home's, are held or awaited),
 *         GIGA_ERR_STATE: giga does not run; an acquisition by the thread that holds the
 *         lock; a release by a thread that does not.
 */
GIGA_API giga_status giga_lock_acquire(giga_lock *lock);
GIGA_API giga_status giga_lock_try(giga_lock *lock, bool *taken_out);
GIGA_API giga_status giga_lock_release(giga_lock *lock);

/**
 * The same for readers, who share the lock, and writers, who have it alone.
 *
 * Readers that follow each other in line enter together. A reader passes no thread of its node
 * that waits. A node whose readers have had their turns lets none in until the last has left.
 *
 * Readers are counted, not known: a release for reading by a thread that does not read is found
 * only when nobody does, and a reader that acquires again behind a waiting writer, or for
 * writing, waits for ever.
 *
 * @return as giga_lock_acquire(), giga_lock_try() and giga_lock_release()
 */
GIGA_API giga_status giga_rwlock_acquire_read(giga_rwlock *lock);
GIGA_API giga_status giga_rwlock_acquire_write(giga_rwlock *lock);
GIGA_API giga_status giga_rwlock_try_read(giga_rwlock *lock, bool *taken_out);
GIGA_API giga_status giga_rwlock_try_write(giga_rwlock *lock, bool *taken_out);
GIGA_API giga_status giga_rwlock_release_read(giga_rwlock *lock);
GIGA_API giga_status giga_rwlock_release_write(giga_rwlock *lock);

#ifdef __cplusplus
}
#endif

#endif
