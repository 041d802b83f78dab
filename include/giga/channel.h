/*
 * channel.h - records sent to a rank, or to the home of an address, and handled there.
 *
 * A channel carries records, all of one size or each of its own, from any rank to any rank.
 * They gather in one buffer per destination node; a full buffer is one message to one rank of
 * that node, which hands the records on to the ranks there through shared memory. On the
 * receiving rank a registered function gets them in batches, on a thread of the program that
 * is inside a channel call; or, without a function, the program takes them one by one.
 *
 * Every record is delivered exactly once. Records that one thread of a rank sends to one rank
 * arrive in the order of its calls, whatever their sizes.
 *
 * What waits here sleeps, and meanwhile this rank takes the records sent to it, of all
 * channels: so everybody may send to everybody without anybody polling. A rank that waits
 * elsewhere (a barrier, a lock of the program) takes none, and who sends to it may have to wait
 * for it: finish a channel before meeting others in another way.
 */
#ifndef GIGA_CHANNEL_H
#define GIGA_CHANNEL_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct giga_channel giga_channel;

/** Records from one rank, in the order in which it sent them. */
typedef struct giga_records {
    int32_t source;      /**< rank that sent them */
    size_t count;
    size_t record_bytes; /**< of each; 0 when the channel's records have sizes of their own */
    size_t bytes;        /**< from `first` to the end */
    const void *first;   /**< records of one size are an array; else use giga_record_next() */
} giga_records;

/**
 * Handles a batch. It runs on a thread of the program that is inside a channel call; never
 * two at a time for one channel of a rank, and never one inside another. It may send on any
 * channel and use giga's operations; it must not call a collective.
 *
 * @param context  of the channel's options
 * @param batch    valid until the function returns; the records of one size are aligned as
 *                 an array that starts at a multiple of 16, others to 8 bytes
 */
typedef void giga_channel_handler(void *context, const giga_records *batch);

/** How records reach their rank. */
typedef enum giga_route {
    GIGA_ROUTE_AUTO,     /**< direct in small jobs, where its memory is little; else two hops */
    GIGA_ROUTE_TWO_HOP,  /**< a buffer per node: memory does not grow with ranks */
    GIGA_ROUTE_DIRECT    /**< a buffer per rank: no sorting at the node */
} giga_route;

/** Options of a channel; start from GIGA_CHANNEL_OPTS_INIT. */
typedef struct giga_channel_opts {
    size_t struct_bytes;           /**< sizeof(giga_channel_opts) */
    size_t record_bytes;           /**< of every record, to GIGA_RECORD_FIXED_MAX; 0: each has
                                        a size of its own */
    giga_channel_handler *handler; /**< NULL: the program takes records by giga_channel_receive() */
    void *context;                 /**< passed to the handler */
    giga_route route;
    uint64_t memory;               /**< bytes of buffers a rank fills or has under way before its
                                        calls wait; 0: GIGA_AGGREGATE. At least a few small
                                        buffers are used, whatever it says */
} giga_channel_opts;

#define GIGA_CHANNEL_OPTS_INIT { .struct_bytes = sizeof(giga_channel_opts) }

#define GIGA_RECORD_FIXED_MAX 65536 /* bytes of a record of a channel with one size */
#define GIGA_RECORD_MAX 1048576     /* of a record with a size of its own */

/**
 * Create a channel.
 *
 * Call:      collective; record_bytes, route, memory, and whether there is a handler, must
 *            agree.
 * Threads:   one; no other thread of the rank is inside a channel function.
 * Cost:      a few collectives. Shared memory is touched only when used: at most `memory`
 *            per rank for what arrives, beside `memory` for what leaves, and 40 bytes per
 *            node (two hops) or rank (direct).
 *
 * @param opts         NULL: records of any size, taken by giga_channel_receive()
 * @param channel_out  NULL on failure
 * @return GIGA_OK, or the same error on every rank: GIGA_ERR_ARG, GIGA_ERR_MISMATCH,
 *         GIGA_ERR_MEMORY, GIGA_ERR_WINDOW, GIGA_ERR_STATE (also inside a handler).
 */
GIGA_API giga_status giga_channel_create(const giga_channel_opts *opts,
                                         giga_channel **channel_out);

/**
 * Finish a channel and free it. Records that were not received are lost.
 *
 * Call:    collective; `channel` must agree. NULL is allowed.
 * Threads: as giga_channel_create().
 *
 * @return GIGA_OK; GIGA_ERR_ARG when it is no live channel; GIGA_ERR_MISMATCH;
 *         GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_channel_destroy(giga_channel *channel);

/**
 * Send a record to a rank, which may be this one.
 *
 * Call:      one-sided. Threads: any. May be called by handlers.
 * On return: `record` may be reused. It leaves when its buffer is full, at
 *            giga_channel_flush() and giga_channel_finish(), and when giga_channel_poll() or
 *            giga_channel_receive() find nothing.
 * Waits:     for room, when the destination is slow or `memory` is used up. When a buffer
 *            is full, and while it waits, it runs this rank's handlers of all channels, or
 *            moves what has arrived into private memory, where it runs inside a handler or
 *            the channel has none. That memory has no bound: handlers that send more than
 *            they get make it grow.
 * Cost:      a copy and, per full buffer, one message, a sort by rank at the node (two
 *            hops), and an acknowledgement.
 *
 * @param record  `bytes` bytes, only read; may be NULL when `bytes` is 0
 * @param bytes   the channel's record_bytes, or to GIGA_RECORD_MAX
 * @return GIGA_OK; with nothing sent GIGA_ERR_ARG (no such channel or rank, a size that is
 *         not the channel's), GIGA_ERR_STATE (giga does not run, or inside a shipped
 *         function).
 */
GIGA_API giga_status giga_channel_send(giga_channel *channel, int32_t rank, const void *record,
                                       size_t bytes);

/**
 * Send a record to the home of an address. As giga_channel_send(), and GIGA_ERR_ADDRESS or
 * GIGA_ERR_RANGE when the address lies in no block of an object.
 */
GIGA_API giga_status giga_channel_send_home(giga_channel *channel, const void *address,
                                            const void *record, size_t bytes);

/**
 * Handle what has arrived on any channel, without waiting. When that is nothing, what this
 * rank has sent on `channel` and still lies in open buffers starts to leave.
 *
 * Call: local. Threads: any. Inside a handler it does nothing.
 *
 * @param handled_out  NULL, or records of this channel handled meanwhile
 * @return GIGA_OK, GIGA_ERR_ARG, GIGA_ERR_STATE.
 */
GIGA_API giga_status giga_channel_poll(giga_channel *channel, uint64_t *handled_out);

/** Send what lies in open buffers. May wait, as giga_channel_send(). Call: one-sided.
 *  Threads: any. @return GIGA_OK, GIGA_ERR_ARG, GIGA_ERR_STATE. */
GIGA_API giga_status giga_channel_flush(giga_channel *channel);

/**
 * Take the next record of a channel without handler, without waiting.
 *
 * Call: local. Threads: any. When there is no record, what this rank has sent and still lies
 *       in open buffers starts to leave.
 *
 * @param buffer      receives the record
 * @param room        bytes of `buffer`
 * @param found_out   whether there was one
 * @param bytes_out   NULL, or its length
 * @param source_out  NULL, or the rank that sent it
 * @return GIGA_OK; GIGA_ERR_RANGE when it is longer than `room`: then it stays the next one,
 *         and *bytes_out is its length; GIGA_ERR_ARG; GIGA_ERR_STATE when the channel has a
 *         handler.
 */
GIGA_API giga_status giga_channel_receive(giga_channel *channel, void *buffer, size_t room,
                                          bool *found_out, size_t *bytes_out,
                                          int32_t *source_out);

/**
 * Wait until every record that any rank has sent before its call, and those that handlers
 * send meanwhile, have been handled; or, without handler, lie where giga_channel_receive()
 * finds them. The channel can be used again at once; what others send after their call
 * returned is not handled before this one has.
 *
 * Call:    collective; `channel` must agree.
 * Threads: one; no other thread of the rank sends on the channel meanwhile.
 * Cost:    two rounds over a tree of the nodes when all is delivered, one when nothing was
 *          sent since the last time.
 *
 * A loop that takes records and sends others ends when a finish finds nothing new:
 *
 *     do {
 *         ... giga_channel_receive() until there is none, sending ...
 *         giga_channel_finish(channel, &sent);
 *     } while (sent > 0);
 *
 * @param sent_out  NULL, or the records that all ranks sent since the last finish; the same
 *                  on every rank
 * @return GIGA_OK, GIGA_ERR_ARG, GIGA_ERR_STATE (also inside a handler).
 */
GIGA_API giga_status giga_channel_finish(giga_channel *channel, uint64_t *sent_out);

/**
 * The record of a batch behind `record`, or the first one when that is NULL; NULL behind the
 * last. *bytes_out is its length.
 *
 *     for (const void *r = NULL; (r = giga_record_next(batch, r, &bytes));)
 *
 * Call: local.
 */
static inline const void *giga_record_next(const giga_records *batch, const void *record,
                                           size_t *bytes_out)
{
    const char *at = (const char *)batch->first, *end = at + batch->bytes;

    if (batch->record_bytes != 0) {
        if (record)
            at = (const char *)record + batch->record_bytes;
        *bytes_out = batch->record_bytes;
        return at < end ? at : NULL;
    }
    if (record)
        at = (const char *)record +
             (((const uint64_t *)(const void *)record)[-1] + 7) / 8 * 8;
    if (at >= end)
        return NULL;
    *bytes_out = (size_t)*(const uint64_t *)(const void *)at; /* its length stands before it */
    return at + 8;
}

#ifdef __cplusplus
}
#endif

#endif
