/*
 * node.h - what the ranks of a node share: their memory, a table of all ranks, meeting places.
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

static inline const gi_peer *gi_node_peer(const gi_job *job, int32_t rank)
{
    return (const gi_peer *)(const void *)(job->peers + (size_t)rank * job->peer_stride);
}

int32_t gi_node_count(const gi_node *node);           /* nodes of the job */
static inline int32_t gi_node_mine(const gi_job *job) /* this rank's node */
{
    return job->my_node;
}

int32_t gi_node_size(const gi_node *node);            /* ranks of this node */
int32_t gi_node_index(const gi_node *node);           /* this rank's position in it */
int32_t gi_node_rank(const gi_node *node, int32_t index);
int32_t gi_node_leader(const gi_node *node, int32_t which); /* lowest rank of a node */

int gi_node_memory_file(const gi_node *node);
int gi_node_huge_file(const gi_node *node); /* of huge pages; -1 when there are none */

/* Bytes of objects this node has promised; add returns the sum after it. */
uint64_t gi_node_commit(gi_node *node, int64_t bytes);

/* Promise bytes unless the sum would exceed `total`; `held_out` is the sum before. */
bool gi_node_promise(gi_node *node, uint64_t bytes, uint64_t total, uint64_t *held_out);

/*
 * How some ranks meet, those of the job or of a team. On each of their nodes they have a
 * *place* in the control file: a barrier of its members there, and for each round the count of
 * the messages by which the first of them, who leads, meets the leaders of the other nodes.
 */
enum { GI_ROUNDS = 32, GI_NO_PLACE = -1 }; /* 2^32 nodes */

typedef struct gi_meeting {
    int32_t place;             /* on this node; none needed for a single rank */
    int32_t near;              /* members on this node */
    int32_t rounds;            /* of messages between leaders; 0 on one node */
    bool leads;
    uint32_t count;            /* meetings of the leaders so far */
    struct {
        int32_t leader, place; /* whom a leader tells, and the place there */
    } to[GI_ROUNDS];
} gi_meeting;

/* The meeting of all ranks of the job. */
gi_meeting *gi_node_meeting(gi_node *node);

/* Meet; when there are other nodes `between` is called by the leader, when all ranks of the
 * node are there and before any of them leaves. */
void gi_node_meet(gi_job *job, gi_meeting *meeting, void (*between)(gi_job *, gi_meeting *));

/* Meet the ranks of this node. */
void gi_node_barrier(gi_job *job);

/* Where messages of a round are counted at a place; NULL when there is no such. */
_Atomic uint32_t *gi_node_met(gi_node *node, uint64_t place, uint64_t round);

/* Take a place for a team of this node, GI_NO_PLACE when all are taken; and give it back, when
 * its leader has left the last meeting there. Threads: any. */
int32_t gi_node_take_place(gi_node *node);
void gi_node_return_place(gi_node *node, int32_t place);
int32_t gi_node_places(const gi_node *node);

/* A rank's mailbox: GI_MAILBOX_BYTES that the node sees. The job takes turns with two, its
 * teams share the third. */
enum { GI_MAILBOX_BYTES = 256, GI_MAILBOX_TEAM = 2, GI_MAILBOXES = 3 };
void *gi_node_mailbox(const gi_node *node, int32_t index, unsigned turn);

/* The event that who waits for a counter at this window offset sleeps on. */
gi_event *gi_node_event(const gi_node *node, uint64_t offset);

/* What lock.c shares in the node, zero at the start. */
struct gi_lock_space *gi_node_locks(const gi_node *node);

/* Give every rank of the node every rank's word. Collective over the node. */
void gi_node_gather(gi_job *job, uint64_t mine, uint64_t *all_out);

#endif
