/*
 * stats.h - what this rank's calls cost, counted.
 *
 * What communicates is counted always: it costs a nanosecond of a deferred operation, and two
 * looks at the clock of a blocking one. Near operations are plain memory and are not counted,
 * unless GIGA_STATS=all makes every one of them a call. GIGA_STATS=1 or all also counts per
 * object, and prints a table at giga_fini().
 */
#ifndef GIGA_STATS_H
#define GIGA_STATS_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Kinds of calls. A call that another one makes inside is part of the outer one. */
typedef enum giga_stats_class {
    GIGA_STATS_GET,        /**< giga_get, giga_load, their deferred forms and handles */
    GIGA_STATS_PUT,        /**< giga_put, giga_store, the same */
    GIGA_STATS_ATOMIC,     /**< giga_fetch_add and the others of atomic.h */
    GIGA_STATS_GATHER,     /**< giga_gather */
    GIGA_STATS_SCATTER,    /**< giga_scatter, giga_scatter_add */
    GIGA_STATS_BOX,        /**< giga_get_box, giga_put_box */
    GIGA_STATS_NOTIFY,     /**< giga_notify, giga_put_notify */
    GIGA_STATS_WAIT,       /**< giga_wait, giga_wait_any, giga_await, where they waited */
    GIGA_STATS_ROOM,       /**< deferred operations that waited for memory (GIGA_AGGREGATE) */
    GIGA_STATS_QUIET,      /**< giga_quiet, giga_fence, in a job of several nodes */
    GIGA_STATS_BARRIER,    /**< giga_barrier */
    GIGA_STATS_COLLECTIVE, /**< the other collectives of runtime.h */
    GIGA_STATS_ALLOC,      /**< collective allocation and freeing of objects */
    GIGA_STATS_CHANNEL,    /**< channels */
    GIGA_STATS_CALL,       /**< functions called at a home */
    GIGA_STATS_LOCK,       /**< acquisitions that waited, or asked another node */
    GIGA_STATS_CLASSES
} giga_stats_class;

/** Of one class. */
typedef struct giga_stats_op {
    uint64_t operations;      /**< calls; of one-sided ones those that reached another node */
    uint64_t bytes;           /**< to and from other nodes: runs, elements, words of atomics */
    uint64_t messages;        /**< requests and one-sided transfers of their own */
    uint64_t batched;         /**< elements that travelled in batches instead */
    uint64_t wait_ns;         /**< nanoseconds inside the calls that do not return at once */
    uint64_t near_operations; /**< calls that were near altogether; GIGA_STATS=all only */
    uint64_t near_bytes;      /**< bytes that were near; GIGA_STATS=all only */
} giga_stats_op;

/** Counters of a rank, all its threads together, or of an object. */
typedef struct giga_stats {
    giga_stats_op op[GIGA_STATS_CLASSES];
    /* Of a rank only; 0 for an object. */
    uint64_t messages_sent, messages_received; /**< of all kinds, answers included */
    uint64_t bytes_sent, bytes_received;       /**< in them, headers not counted */
    uint64_t transfers, transfer_bytes;        /**< one-sided gets and puts of the network */
    uint64_t batches_sent, batch_elements;     /**< batches, and the operations in them */
} giga_stats;

/**
 * This rank's counters since giga_init() or giga_stats_reset().
 *
 * Call:    local. Threads: any. What other threads do meanwhile may be in it or not.
 * @param out  filled; all 0 on failure
 * @return GIGA_OK; GIGA_ERR_STATE when giga does not run.
 */
GIGA_API giga_status giga_stats_get(giga_stats *out);

/**
 * This rank's operations on the object an address lies in, since it was allocated.
 *
 * Call:    local. Threads: any.
 * @param address  in a live object
 * @param out      filled; all 0 on failure. Only one-sided classes count per object.
 * @return GIGA_OK; GIGA_ERR_ADDRESS; GIGA_ERR_STATE when giga does not run, or when GIGA_STATS
 *         is 0, so that nothing is counted per object.
 */
GIGA_API giga_status giga_stats_get_object(const void *address, giga_stats *out);

/**
 * Count from 0 again for giga_stats_get() and the table at exit; objects go on counting.
 *
 * Call:    local. Threads: any.
 * @return GIGA_OK; GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_stats_reset(void);

/**
 * Bytes between this rank and each node since giga_init() or giga_stats_reset().
 *
 * The sum over the ranks of a node of `sent`, and over those of another of `fetched`, is what went
 * from the one to the other: each byte is counted once, by who moved it. What the other
 * collectives than giga_alltoallv() move is not in it.
 *
 * Call:    local. Threads: any. What other threads do meanwhile may be in it or not.
 * @param sent     giga_nodes() elements: bodies of messages to that node's ranks, one-sided puts,
 *                 and the parts of giga_alltoallv() for them
 * @param fetched  giga_nodes() elements: one-sided gets from that node
 * @return GIGA_OK; GIGA_ERR_STATE; GIGA_ERR_ARG.
 */
GIGA_API giga_status giga_stats_get_traffic(uint64_t *sent, uint64_t *fetched);

/** "get", "put" and so on; "?" for no class. Call: local, also before giga_init(). */
GIGA_API const char *giga_stats_name(giga_stats_class which);

#ifdef __cplusplus
}
#endif

#endif
