/*
 * node.h - what the ranks of a node share: their memory, a table of all ranks, a barrier.
 *
 * Two nameless shared-memory files per node (memfd, sealed against resizing) hold it. The
 * memory file is as long as the window and sparse: window offset = file offset, so a
 * block needs no further bookkeeping to be mapped. The control file holds the table of
 * ranks, once per node: state per rank does not grow with the number of ranks.
 */
#ifndef PGAS_NODE_H
#define PGAS_NODE_H

#include <stdatomic.h>

#include "job.h"
#include "progress.h"

#define GI_ADDRESS_MAX 512 /* a UCX worker address; 40 to 250 bytes in practice */

/* One rank of the job, as its peers need it. */
typedef struct gi_peer {
    int32_t node;
    int32_t near_index;       /* position within its node */
    uint16_t address_bytes;
    uint8_t address[];        /* of its UCX worker; stride is gi_node.peer_stride */
} gi_peer;

/* Create or join the two files of this node. Collective over the job. */
giga_status gi_node_start(gi_job *job, gi_node **out);
void gi_node_stop(gi_node *node);

/* Fill the table of ranks; `address` is this rank's. Collective over the job. */
giga_status gi_node_publish(gi_job *job, const void *address, size_t address_bytes);

const gi_peer *gi_node_peer(const gi_node *node, int32_t rank);
int32_t gi_node_count(const gi_node *node);           /* nodes of the job */
int32_t gi_node_mine(const gi_node *node);            /* this rank's node */
int32_t gi_node_size(const gi_node *node);            /* ranks of this node */
int32_t gi_node_index(const gi_node *node);           /* this rank's position in it */
int32_t gi_node_rank(const gi_node *node, int32_t index);
int32_t gi_node_leader(const gi_node *node, int32_t which); /* lowest rank of a node */

int gi_node_memory_file(const gi_node *node);
int gi_node_huge_file(const gi_node *node); /* of huge pages; -1 when there are none */

/* Bytes of objects this node has promised; add returns the sum after it. */
uint64_t gi_node_commit(gi_node *node, int64_t bytes);

/* Meet the ranks of the node; with `between` not NULL the leader calls it when all are
 * there and before any leaves (it meets the other nodes). */
void gi_node_barrier(gi_job *job, void (*between)(gi_job *job));

/* A rank's mailbox of one of two turns: GI_MAILBOX_BYTES that the node sees. */
enum { GI_MAILBOX_BYTES = 256 };
void *gi_node_mailbox(const gi_node *node, int32_t index, unsigned turn);

/* The event that who waits for a counter at this window offset sleeps on. */
gi_event *gi_node_event(const gi_node *node, uint64_t offset);

/* The event that a rank of the node waits on for what others put into its inboxes. */
gi_event *gi_node_inbox(const gi_node *node, int32_t index);

/* Give every rank of the node every rank's word. Collective over the node. */
void gi_node_gather(gi_job *job, uint64_t mine, uint64_t *all_out);

#endif
