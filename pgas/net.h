/*
 * net.h - what giga needs of a network: messages to a rank, one-sided transfers with a key,
 * and a file to sleep on. net_ucx.c is the only file behind it that knows UCX.
 *
 * Threads: all calls but gi_net_event_file are made under gi_net_enter(); handlers and
 * completions run inside gi_net_poll, so under it as well, and may send.
 */
#ifndef PGAS_NET_H
#define PGAS_NET_H

#include "job.h"

/* The largest message body. Of transfers over TCP this size came out fastest. */
#define GI_NET_BODY_MAX ((size_t)128 << 10)

/* Every message starts with this. `token` proves that the sender belongs to the job. */
typedef struct gi_message {
    uint64_t token[2];
    int32_t from;
    uint16_t kind;            /* of remote.h */
    uint16_t width;
    uint64_t slot;            /* of the request at the rank that waits for the answer */
    uint64_t offset, a, b;
    uint64_t reach;           /* bytes from offset to the end of the run in this block */
} gi_message;

typedef struct gi_net_key gi_net_key;    /* permission to reach a rank's block one-sidedly */
typedef struct gi_net_block gi_net_block; /* own block, registered for that */
typedef void (*gi_net_done)(void *argument, bool ok);

/* Open the network. Collective only in that all ranks choose alike. */
giga_status gi_net_start(gi_job *job, gi_net **out);
void gi_net_stop(gi_net *net);

/* This rank's address for others; at most GI_ADDRESS_MAX bytes. */
giga_status gi_net_address(gi_net *net, void *address_out, size_t *bytes_out);
void gi_net_set_token(gi_net *net, const uint64_t token[2]);

bool gi_net_poll(gi_net *net);
bool gi_net_arm(gi_net *net);         /* false: there is something to poll already */
int gi_net_event_file(const gi_net *net);

/*
 * Send a message. The header's token and `from` are filled in. A body of at most
 * GIGA_COPY_MAX bytes may be reused at once; a longer one must stay until an answer to the
 * message has come.
 */
giga_status gi_net_send(gi_net *net, int32_t to, gi_message *message, const void *body,
                        size_t body_bytes);

/* Memory for GI_NET_BODY_MAX bytes of an answer, NULL when there is none; it goes back when the
 * message has left. */
void *gi_net_buffer(gi_net *net);
giga_status gi_net_send_buffer(gi_net *net, int32_t to, gi_message *message, void *buffer,
                               size_t body_bytes);

/* Whether messages wait for room to be sent: they move only while somebody polls. */
bool gi_net_waiting(const gi_net *net);

/* Whether get and put need no help of the home's CPU on this network. */
bool gi_net_onesided(const gi_net *net);

giga_status gi_net_register(gi_net *net, void *memory, size_t bytes, gi_net_block **out);
void gi_net_deregister(gi_net *net, gi_net_block *block);
giga_status gi_net_pack_key(gi_net *net, gi_net_block *block, void *key_out, size_t key_max,
                            size_t *bytes_out);
giga_status gi_net_unpack_key(gi_net *net, int32_t owner, const void *packed, gi_net_key **out);
void gi_net_destroy_key(gi_net_key *key);

/* One-sided transfers; `done` is called from gi_net_poll, never from inside the call,
 * unless it returns a failure, then not at all. A put is done when its source may be
 * reused; what was put is complete when a flush started after it is done. */
giga_status gi_net_get(gi_net *net, int32_t home, gi_net_key *key, uint64_t remote, void *dst,
                       size_t bytes, gi_net_done done, void *argument);
giga_status gi_net_put(gi_net *net, int32_t home, gi_net_key *key, uint64_t remote,
                       const void *src, size_t bytes, gi_net_done done, void *argument);
giga_status gi_net_flush(gi_net *net, gi_net_done done, void *argument);

const char *gi_net_transports(const gi_net *net);
const char *gi_net_device(const gi_net *net);
const char *gi_net_version(void);

#endif
