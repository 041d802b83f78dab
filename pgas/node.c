/*
 * node.c - shared memory of a node: files, table of ranks, meeting places.
 *
 * Threads: the barrier and the gather are called by one thread of a rank at a time; the
 * rest reads what was written before the first barrier.
 *
 * Not here: names. The files have none; a peer opens them through /proc/PID/fd of the
 * leader, which the kernel grants to the same user only.
 */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gate.h"
#include "memory.h"
#include "progress.h"

/* One rank's mailbox in the node, in cache lines of its own. `word` is gi_node_gather's. */
typedef struct mailbox {
    _Alignas(128) uint64_t word;
    _Alignas(128) unsigned char turns[GI_MAILBOXES][GI_MAILBOX_BYTES];
} mailbox;

enum { EVENTS = 128 }; /* that waits for counters share */

typedef struct lined_event {
    _Alignas(128) gi_event event;
} lined_event;

/* A place where members meet. `epoch` never goes back, not even for the next team: a member of
 * the last one may still be on its way out. */
typedef struct place {
    _Alignas(128) gi_event arrived;
    _Atomic bool taken;
    _Alignas(128) gi_event epoch;
    _Alignas(128) _Atomic uint32_t met[GI_ROUNDS];
} place;

/* Places of live teams on a node: a few dozen for each rank, of 384 bytes, and memory only
 * once they are used. */
enum { PLACES = 256, PLACES_PER_RANK = 16 };

/* Head of the control file; places, mailboxes, locks and then the peers follow. */
typedef struct control {
    _Alignas(128) _Atomic uint64_t committed;
    lined_event events[EVENTS];
} control;

struct gi_node {
    control *control;
    place *places;       /* the first is the job's */
    mailbox *mailboxes;
    gi_meeting meeting;  /* of the job */
    char *peers;
    gi_lock_space *locks;
    int32_t *leaders;    /* in the control file: lowest rank of each node */
    int32_t *near;       /* in the control file: ranks of this node in order */
    size_t control_bytes, peer_stride;
    int memory_file, huge_file, control_file;
    int32_t nodes, size, index;
};

/* What a leader tells the ranks of its node. */
typedef struct invitation {
    int64_t pid;
    int32_t control_file, memory_file, huge_file;
} invitation;

static int create_file(const char *name, uint64_t bytes, unsigned flags)
{
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

    if (file < 0)
        return -1;
    if (ftruncate(file, (off_t)bytes) != 0 ||
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
        int error = errno;
        close(file);
        errno = error;
        return -1;
    }
    return file;
}

static int open_of(int64_t pid, int32_t file)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%lld/fd/%d", (long long)pid, file);
    return open(path, O_RDWR | O_CLOEXEC);
}

static giga_status create_files(gi_job *job, gi_node *node)
{
    node->control_file = create_file("giga-control", node->control_bytes, 0);
    node->memory_file = create_file("giga-memory", job->window_bytes, 0);
    if (gi_memory_huge_free() > 0) /* a machine without them is no failure */
        node->huge_file = create_file("giga-huge", job->window_bytes, MFD_HUGETLB | MFD_HUGE_2MB);
    if (node->control_file < 0 || node->memory_file < 0)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: rank %d cannot create shared memory: %s",
                         job->rank, strerror(errno));
    return GIGA_OK;
}

static giga_status open_files(gi_job *job, gi_node *node, const invitation *from)
{
    node->control_file = open_of(from->pid, from->control_file);
    node->memory_file = open_of(from->pid, from->memory_file);
    if (from->huge_file >= 0)
        node->huge_file = open_of(from->pid, from->huge_file);
    if (node->control_file < 0 || node->memory_file < 0)
        return giga_fail(GIGA_ERR_MEMORY,
                         "giga_init: rank %d cannot open the shared memory of process %lld on its "
                         "own host: %s (do the ranks share a PID namespace and a user?)",
                         job->rank, (long long)from->pid, strerror(errno));
    return GIGA_OK;
}

static giga_status map_control(gi_job *job, gi_node *node)
{
    void *at = mmap(NULL, node->control_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                    node->control_file, 0);
    if (at == MAP_FAILED)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: rank %d cannot map shared memory: %s",
                         job->rank, strerror(errno));
    node->control = at;
    node->places = (place *)(node->control + 1);
    node->mailboxes = (mailbox *)(node->places + gi_node_places(node));
    node->locks = (gi_lock_space *)(void *)(node->mailboxes + node->size);
    node->near = (int32_t *)(void *)((char *)node->locks +
                                     gi_lock_space_bytes(node->size, job->size));
    node->leaders = node->near + node->size;
    size_t head = (size_t)((char *)(node->leaders + job->size) - (char *)at);
    node->peers = (char *)at + (head + 63) / 64 * 64;
    job->peers = node->peers;
    job->peer_stride = node->peer_stride;
    return GIGA_OK;
}

/* The leader creates the files and invites; the barrier keeps it alive until all have
 * opened them, and its failure reaches them as a process id of 0. */
static giga_status share_files(gi_job *job, gi_node *node)
{
    bool leader = node->index == 0;
    giga_status status = leader ? create_files(job, node) : GIGA_OK;
    invitation invite = {status == GIGA_OK ? getpid() : 0, node->control_file, node->memory_file,
                         node->huge_file};

    giga_status sent = gi_boot_broadcast(job->boot, GI_SCOPE_NODE, &invite, sizeof invite, 0);
    if (sent != GIGA_OK)
        return sent;
    if (!leader)
        status = invite.pid != 0 ? open_files(job, node, &invite)
                                 : giga_fail(GIGA_ERR_MEMORY, "giga_init: the leader of this node "
                                                              "could not create shared memory");
    if (status == GIGA_OK)
        status = map_control(job, node);
    sent = gi_boot_barrier(job->boot, GI_SCOPE_NODE);
    return status != GIGA_OK ? status : sent;
}

giga_status gi_node_start(gi_job *job, gi_node **out)
{
    gi_node *node = calloc(1, sizeof *node);
    if (!node)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    *out = node;
    node->memory_file = node->huge_file = node->control_file = -1;
    node->size = gi_boot_size(job->boot, GI_SCOPE_NODE);
    node->index = gi_boot_rank(job->boot, GI_SCOPE_NODE);
    node->meeting = (gi_meeting){.near = node->size, .leads = node->index == 0};
    node->peer_stride = sizeof(gi_peer) + GI_ADDRESS_MAX;
    node->peer_stride = (node->peer_stride + 7) / 8 * 8;
    /* Sparse: a page of it costs memory when it is first written. */
    node->control_bytes = sizeof(control) + (size_t)gi_node_places(node) * sizeof(place) +
                          (size_t)node->size * (sizeof(mailbox) + 4) +
                          gi_lock_space_bytes(node->size, job->size) +
                          (size_t)job->size * (node->peer_stride + 4) + 128;
    return share_files(job, node);
}

void gi_node_stop(gi_node *node)
{
    if (!node)
        return;
    if (node->control)
        munmap(node->control, node->control_bytes);
    if (node->control_file >= 0)
        close(node->control_file);
    if (node->memory_file >= 0)
        close(node->memory_file);
    if (node->huge_file >= 0)
        close(node->huge_file);
    free(node);
}

static gi_peer *peer_at(const gi_node *node, int32_t rank)
{
    return (gi_peer *)(void *)(node->peers + (size_t)rank * node->peer_stride);
}

/* Number the nodes by their leaders, which are met in rank order. */
static void number_nodes(gi_job *job, gi_node *node, const int32_t *leader_of)
{
    int32_t nodes = 0;

    for (int32_t r = 0; r < job->size; r++) {
        if (leader_of[r] == r)
            node->leaders[nodes++] = r;
    }
    for (int32_t r = 0; r < job->size; r++) { /* leaders ascend: find by bisection */
        int32_t low = 0, high = nodes - 1;
        while (low < high) {
            int32_t middle = low + (high - low) / 2;
            if (node->leaders[middle] < leader_of[r])
                low = middle + 1;
            else
                high = middle;
        }
        peer_at(node, r)->node = low;
    }
}

/* Ranks of one node keep their order; this node's are listed. */
static void number_near(gi_job *job, gi_node *node, int32_t *seen)
{
    for (int32_t r = 0; r < job->size; r++) {
        gi_peer *peer = peer_at(node, r);
        peer->near_index = seen[peer->node]++;
        if (node->leaders[peer->node] == node->leaders[peer_at(node, job->rank)->node])
            node->near[peer->near_index] = r;
    }
}

/* Whom the leaders meet in each round: see gi_remote_meet. */
static void plan_meeting(const gi_job *job, gi_node *node)
{
    gi_meeting *m = &node->meeting;

    for (int64_t step = 1; step < node->nodes; step *= 2) {
        int64_t to = (job->my_node + step) % node->nodes;
        m->to[m->rounds++].leader = node->leaders[to];
    }
}

/*
 * All ranks take part in the allgathers, but only the leader keeps what came, in the
 * control file. The temporary copy is the only state of size P outside it.
 */
giga_status gi_node_publish(gi_job *job, const void *address, size_t address_bytes)
{
    gi_node *node = job->node;
    size_t size = (size_t)job->size, cell = address_bytes > 0 ? GI_ADDRESS_MAX + 2 : 0;
    int32_t leader = job->rank;
    uint8_t mine[GI_ADDRESS_MAX + 2] = {0};
    int32_t *leader_of = malloc(2 * size * sizeof *leader_of);
    uint8_t *addresses = malloc(size * cell + 1);

    giga_status status = leader_of && addresses
                             ? GIGA_OK
                             : giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    status = giga_agree(status); /* before the collectives that follow */
    if (status == GIGA_OK)
        status = gi_boot_broadcast(job->boot, GI_SCOPE_NODE, &leader, sizeof leader, 0);
    if (status == GIGA_OK)
        status = gi_boot_allgather(job->boot, GI_SCOPE_JOB, &leader, sizeof leader, leader_of);
    if (status == GIGA_OK && cell > 0) {
        memcpy(mine, &(uint16_t){(uint16_t)address_bytes}, 2);
        memcpy(mine + 2, address, address_bytes);
        status = gi_boot_allgather(job->boot, GI_SCOPE_JOB, mine, cell, addresses);
    }
    if (status == GIGA_OK && node->index == 0) {
        number_nodes(job, node, leader_of);
        memset(leader_of + size, 0, size * sizeof *leader_of);
        number_near(job, node, leader_of + size);
        for (int32_t r = 0; r < job->size && cell > 0; r++) {
            gi_peer *peer = peer_at(node, r);
            memcpy(&peer->address_bytes, addresses + (size_t)r * cell, 2);
            memcpy(peer->address, addresses + (size_t)r * cell + 2, peer->address_bytes);
        }
    }
    if (status == GIGA_OK)
        status = gi_boot_barrier(job->boot, GI_SCOPE_NODE);
    if (status == GIGA_OK) {
        int32_t last = 0;
        for (int32_t r = 0; r < job->size; r++)
            last = peer_at(node, r)->node > last ? peer_at(node, r)->node : last;
        node->nodes = last + 1;
        job->my_node = peer_at(node, job->rank)->node;
        plan_meeting(job, node);
    }
    free(addresses);
    free(leader_of);
    return status;
}

int32_t gi_node_count(const gi_node *node)
{
    return node->nodes;
}

int32_t gi_node_size(const gi_node *node)
{
    return node->size;
}

int32_t gi_node_index(const gi_node *node)
{
    return node->index;
}

int32_t gi_node_rank(const gi_node *node, int32_t index)
{
    return node->near[index];
}

int32_t gi_node_leader(const gi_node *node, int32_t which)
{
    return node->leaders[which];
}

int gi_node_memory_file(const gi_node *node)
{
    return node->memory_file;
}

int gi_node_huge_file(const gi_node *node)
{
    return node->huge_file;
}

uint64_t gi_node_commit(gi_node *node, int64_t bytes)
{
    return atomic_fetch_add(&node->control->committed, (uint64_t)bytes) + (uint64_t)bytes;
}

int32_t gi_node_places(const gi_node *node)
{
    return PLACES + PLACES_PER_RANK * node->size;
}

/* What the place counted for its last team is forgotten before this one's leaders hear of it.
 * The exchange acquires what gi_node_return_place releases. */
int32_t gi_node_take_place(gi_node *node)
{
    for (int32_t i = 1; i < gi_node_places(node); i++) {
        place *p = &node->places[i];
        if (atomic_load_explicit(&p->taken, memory_order_relaxed) ||
            atomic_exchange_explicit(&p->taken, true, memory_order_acquire))
            continue;
        for (int round = 0; round < GI_ROUNDS; round++)
            atomic_store_explicit(&p->met[round], 0, memory_order_relaxed);
        return i;
    }
    return GI_NO_PLACE;
}

void gi_node_return_place(gi_node *node, int32_t which)
{
    atomic_store_explicit(&node->places[which].taken, false, memory_order_release);
}

_Atomic uint32_t *gi_node_met(gi_node *node, uint64_t which, uint64_t round)
{
    bool there = which < (uint64_t)gi_node_places(node) && round < GI_ROUNDS;

    return there ? &node->places[which].met[round] : NULL;
}

gi_meeting *gi_node_meeting(gi_node *node)
{
    return &node->meeting;
}

bool gi_node_promise(gi_node *node, uint64_t bytes, uint64_t total, uint64_t *held_out)
{
    *held_out = atomic_load_explicit(&node->control->committed, memory_order_relaxed);
    while (*held_out <= total && bytes <= total - *held_out) {
        if (atomic_compare_exchange_weak(&node->control->committed, held_out, *held_out + bytes))
            return true;
    }
    return false;
}

/*
 * The last to arrive opens the barrier by moving the epoch on. When other nodes are to be
 * met, the leader waits for the last to arrive and opens it after that.
 *
 * Order: my writes before the barrier are released by the seq_cst addition to `arrived`,
 * which whoever opens it acquires through the chain of additions; the opener's addition to
 * `epoch` releases them to the acquire loads of the waiting ranks.
 */
static void meet_at(gi_job *job, gi_meeting *m, void (*between)(gi_job *, gi_meeting *))
{
    place *p = &job->node->places[m->place];
    uint32_t size = (uint32_t)m->near;
    uint32_t epoch = atomic_load_explicit(&p->epoch.value, memory_order_relaxed);
    bool last = atomic_fetch_add(&p->arrived.value, 1) == size - 1;
    bool opens = between ? m->leads : last;

    if (between && last && !opens)
        gi_wake(&p->arrived);
    if (between && opens) {
        for (uint32_t seen; (seen = atomic_load(&p->arrived.value)) < size;)
            gi_wait_while(job, &p->arrived, seen);
        between(job, m);
    }
    if (opens) {
        atomic_store_explicit(&p->arrived.value, 0, memory_order_relaxed);
        atomic_fetch_add(&p->epoch.value, 1);
        gi_wake(&p->epoch);
        return;
    }
    while (atomic_load_explicit(&p->epoch.value, memory_order_acquire) == epoch)
        gi_wait_while(job, &p->epoch, epoch);
}

void gi_node_meet(gi_job *job, gi_meeting *meeting, void (*between)(gi_job *, gi_meeting *))
{
    if (meeting->near > 1 || meeting->rounds > 0)
        meet_at(job, meeting, meeting->rounds > 0 ? between : NULL);
}

void gi_node_barrier(gi_job *job)
{
    meet_at(job, &job->node->meeting, NULL);
}

void *gi_node_mailbox(const gi_node *node, int32_t index, unsigned turn)
{
    return node->mailboxes[index].turns[turn];
}

gi_event *gi_node_event(const gi_node *node, uint64_t offset)
{
    return &node->control->events[(offset / 8 * UINT64_C(0x9e3779b97f4a7c15)) >> 57].event;
}

gi_lock_space *gi_node_locks(const gi_node *node)
{
    return node->locks;
}

void gi_node_gather(gi_job *job, uint64_t mine, uint64_t *all_out)
{
    gi_node *node = job->node;

    node->mailboxes[node->index].word = mine;
    gi_node_barrier(job);
    for (int32_t i = 0; i < node->size; i++)
        all_out[i] = node->mailboxes[i].word;
    gi_node_barrier(job);
}
