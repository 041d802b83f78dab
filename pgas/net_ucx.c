/*
 * net_ucx.c - the only file that sees UCX.
 *
 * Choices, made once at start:
 *   one host     shared memory between pretended nodes (posix, cma): no listener at all
 *   several      TCP on one pinned interface, and RDMA devices where there are any
 * The user's own UCX_TLS and UCX_NET_DEVICES win.
 *
 * Over TCP, UCX emulates get and put by messages that the home answers, and its put needs
 * a second round trip to be flushed; own messages need one, and messages sent eagerly reach
 * 2 to 3 times the bandwidth of its put (figures in DESIGN.md). So onesided is false there.
 *
 * UCX writes to any address that a TCP peer names, so whoever reaches the port can write:
 * the interface is pinned, and our own messages carry the job's token.
 *
 * Threads: under gi_net_enter(), as net.h says.
 */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucp/api/ucp.h>

#include "interface.h"
#include "node.h"
#include "progress.h"
#include "remote.h"
#include "stats.h"

enum { MESSAGE_ID = 0, LEAF = 1024, KEY_MAX = 256 };

/* A message that UCX could not send at once, kept until it has. */
typedef struct parcel {
    struct parcel *next;
    gi_message message;
    void *buffer;              /* NULL, or what gi_net_buffer() gave, in use until it has left */
    char body[GIGA_COPY_MAX];
} parcel;

/* A transfer that UCX completes later. */
typedef struct transfer {
    gi_net_done done;
    void *argument;
    struct transfer *next;
} transfer;

struct gi_net {
    gi_job *job;
    ucp_context_h context;
    ucp_worker_h worker;
    ucp_ep_h **endpoints;      /* two levels, leaves made on first use: O(peers talked to) */
    uint64_t token[2];
    parcel *free_parcels;
    void **free_buffers;       /* a list through their first words */
    uint32_t waiting;          /* messages that UCX could not send at once */
    transfer *ready;           /* completed inside the call that started them */
    int event_file;
    bool onesided, peers_may_die;
    char transports[64], device[128];
};

struct gi_net_key {
    ucp_rkey_h rkey;
};

struct gi_net_block {
    ucp_mem_h memory;
};

static giga_status ucx_failed(const gi_net *net, const char *what, ucs_status_t status)
{
    return giga_fail(GIGA_ERR_NET, "rank %d: %s failed: %s", net->job->rank, what,
                     ucs_status_string(status));
}

/* ---- opening ---- */

static giga_status choose(gi_net *net)
{
    gi_job *job = net->job;
    const char *wanted = job->env.net_device.text;
    char rdma[64];
    bool one_host = job->host_ranks == job->size;

    if (one_host) {
        snprintf(net->transports, sizeof net->transports, "posix,cma,self");
        snprintf(net->device, sizeof net->device, "none");
        net->onesided = true;
    } else {
        char interface[64];
        giga_status status = GIGA_OK;
        snprintf(interface, sizeof interface, "%.*s", (int)sizeof interface - 1, wanted);
        if (strcmp(wanted, "auto") == 0)
            status = gi_interface_pick(interface, sizeof interface);
        else
            status = gi_interface_check(interface);
        if (status != GIGA_OK)
            return status;
        gi_interface_rdma(rdma, sizeof rdma);
        net->onesided = rdma[0] != '\0';
        net->peers_may_die = true;
        snprintf(net->transports, sizeof net->transports, "%stcp,self", rdma[0] ? "rc,ud,dc," : "");
        snprintf(net->device, sizeof net->device, "%s%s%s", rdma, rdma[0] ? "," : "", interface);
    }
    const char *tls = getenv("UCX_TLS"), *devices = getenv("UCX_NET_DEVICES");
    if (tls)
        snprintf(net->transports, sizeof net->transports, "%s", tls);
    if (devices)
        snprintf(net->device, sizeof net->device, "%s", devices);
    if (strcmp(job->env.rma.text, "auto") != 0)
        net->onesided = strcmp(job->env.rma.text, "onesided") == 0;
    return GIGA_OK;
}

static ucs_status_t configure(const gi_net *net, ucp_config_t *config)
{
    const char *set[][2] = {
        {"TLS", net->transports},
        {"RNDV_THRESH", "inf"},   /* bodies are at most GI_NET_BODY_MAX: always eager */
        {"NET_DEVICES", net->device},
    };
    size_t count = strcmp(net->device, "none") == 0 ? 2 : 3;

    for (size_t i = 0; i < count; i++) {
        ucs_status_t status = ucp_config_modify(config, set[i][0], set[i][1]);
        if (status != UCS_OK)
            return status;
    }
    return UCS_OK;
}

static giga_status open_context(gi_net *net)
{
    ucp_config_t *config;
    ucp_params_t params = {
        .field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_ESTIMATED_NUM_EPS,
        /* Without RMA UCX does not even listen to a peer's puts and gets. */
        .features = UCP_FEATURE_AM | UCP_FEATURE_WAKEUP | (net->onesided ? UCP_FEATURE_RMA : 0u),
        .estimated_num_eps = (size_t)net->job->size,
    };

    ucs_status_t status = ucp_config_read(NULL, NULL, &config);
    if (status != UCS_OK)
        return ucx_failed(net, "ucp_config_read", status);
    status = configure(net, config);
    if (status == UCS_OK)
        status = ucp_init(&params, config, &net->context);
    ucp_config_release(config);
    return status == UCS_OK ? GIGA_OK : ucx_failed(net, "ucp_init", status);
}

static ucs_status_t on_message(void *argument, const void *header, size_t header_bytes, void *body,
                               size_t body_bytes, const ucp_am_recv_param_t *param)
{
    gi_net *net = argument;
    gi_message message;

    (void)param;
    if (header_bytes != sizeof message)
        return UCS_OK;
    memcpy(&message, header, sizeof message);
    /* Not of this job: no answer, not even a refusal. */
    if (message.token[0] != net->token[0] || message.token[1] != net->token[1] ||
        message.from < 0 || message.from >= net->job->size)
        return UCS_OK;
    gi_count_received(body_bytes);
    gi_remote_receive(net->job, &message, body, body_bytes);
    return UCS_OK;
}

static giga_status open_worker(gi_net *net)
{
    ucp_worker_params_t params = {
        .field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE,
        .thread_mode = UCS_THREAD_MODE_SERIALIZED,
    };
    ucp_am_handler_param_t handler = {
        .field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID | UCP_AM_HANDLER_PARAM_FIELD_FLAGS |
                      UCP_AM_HANDLER_PARAM_FIELD_CB | UCP_AM_HANDLER_PARAM_FIELD_ARG,
        .id = MESSAGE_ID,
        .flags = UCP_AM_FLAG_WHOLE_MSG,
        .cb = on_message,
        .arg = net,
    };

    ucs_status_t status = ucp_worker_create(net->context, &params, &net->worker);
    if (status != UCS_OK)
        return ucx_failed(net, "ucp_worker_create", status);
    status = ucp_worker_set_am_recv_handler(net->worker, &handler);
    if (status != UCS_OK)
        return ucx_failed(net, "ucp_worker_set_am_recv_handler", status);
    status = ucp_worker_get_efd(net->worker, &net->event_file);
    return status == UCS_OK ? GIGA_OK : ucx_failed(net, "ucp_worker_get_efd", status);
}

giga_status gi_net_start(gi_job *job, gi_net **out)
{
    gi_net *net = calloc(1, sizeof *net);
    size_t leaves = ((size_t)job->size + LEAF - 1) / LEAF;

    if (!net)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    *out = net;
    net->job = job;
    net->event_file = -1;
    net->endpoints = calloc(leaves, sizeof *net->endpoints);
    if (!net->endpoints)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    giga_status status = choose(net);
    if (status == GIGA_OK)
        status = open_context(net);
    return status == GIGA_OK ? open_worker(net) : status;
}

static void close_endpoints(gi_net *net)
{
    size_t leaves = ((size_t)net->job->size + LEAF - 1) / LEAF;
    ucp_request_param_t force = {.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS,
                                 .flags = UCP_EP_CLOSE_FLAG_FORCE};

    for (size_t l = 0; net->endpoints && l < leaves; l++) {
        for (size_t i = 0; net->endpoints[l] && i < LEAF; i++) {
            if (!net->endpoints[l][i])
                continue;
            /* All ranks have met after their last operation: nothing is in flight. */
            ucs_status_ptr_t request = ucp_ep_close_nbx(net->endpoints[l][i], &force);
            while (UCS_PTR_IS_PTR(request) && ucp_request_check_status(request) == UCS_INPROGRESS)
                ucp_worker_progress(net->worker);
            if (UCS_PTR_IS_PTR(request))
                ucp_request_free(request);
        }
        free(net->endpoints[l]);
    }
    free(net->endpoints);
}

void gi_net_stop(gi_net *net)
{
    if (!net)
        return;
    close_endpoints(net);
    if (net->worker)
        ucp_worker_destroy(net->worker);
    if (net->context)
        ucp_cleanup(net->context);
    for (parcel *p = net->free_parcels; p;) {
        parcel *next = p->next;
        free(p);
        p = next;
    }
    while (net->free_buffers) {
        void **next = *net->free_buffers;
        free(net->free_buffers);
        net->free_buffers = next;
    }
    free(net);
}

giga_status gi_net_address(gi_net *net, void *address_out, size_t *bytes_out)
{
    ucp_address_t *address;
    size_t bytes;
    ucs_status_t status = ucp_worker_get_address(net->worker, &address, &bytes);

    if (status != UCS_OK)
        return ucx_failed(net, "ucp_worker_get_address", status);
    giga_status result = GIGA_OK;
    if (bytes <= GI_ADDRESS_MAX) {
        memcpy(address_out, address, bytes);
        *bytes_out = bytes;
    } else {
        result = giga_fail(GIGA_ERR_NET, "rank %d: a UCX address of %zu bytes, more than %d",
                           net->job->rank, bytes, GI_ADDRESS_MAX);
    }
    ucp_worker_release_address(net->worker, address);
    return result;
}

void gi_net_set_token(gi_net *net, const uint64_t token[2])
{
    net->token[0] = token[0];
    net->token[1] = token[1];
}

/* ---- progress ---- */

static bool run_ready(gi_net *net)
{
    bool some = net->ready != NULL;

    while (net->ready) {
        transfer *t = net->ready;
        net->ready = t->next;
        t->done(t->argument, true);
        free(t);
    }
    return some;
}

bool gi_net_poll(gi_net *net)
{
    bool some = net->ready && run_ready(net);

    return ucp_worker_progress(net->worker) != 0 || some;
}

bool gi_net_arm(gi_net *net)
{
    return !net->ready && ucp_worker_arm(net->worker) == UCS_OK;
}

int gi_net_event_file(const gi_net *net)
{
    return net->event_file;
}

/* ---- endpoints and messages ---- */

static void on_dead_peer(void *argument, ucp_ep_h endpoint, ucs_status_t status)
{
    gi_net *net = argument;

    (void)endpoint;
    gi_remote_fail(net->job, ucs_status_string(status));
}

static giga_status connect_to(gi_net *net, int32_t to, ucp_ep_h *out)
{
    const gi_peer *peer = gi_node_peer(net->job, to);
    ucp_ep_params_t params = {
        .field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS,
        .address = (const ucp_address_t *)peer->address,
    };

    if (net->peers_may_die) {
        params.field_mask |= UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE | UCP_EP_PARAM_FIELD_ERR_HANDLER;
        params.err_mode = UCP_ERR_HANDLING_MODE_PEER;
        params.err_handler.cb = on_dead_peer;
        params.err_handler.arg = net;
    }
    ucs_status_t status = ucp_ep_create(net->worker, &params, out);
    return status == UCS_OK ? GIGA_OK : ucx_failed(net, "ucp_ep_create", status);
}

static giga_status endpoint_of(gi_net *net, int32_t to, ucp_ep_h *out)
{
    ucp_ep_h **leaf = &net->endpoints[to / LEAF];

    if (!*leaf)
        *leaf = calloc(LEAF, sizeof **leaf);
    if (!*leaf)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for endpoints", net->job->rank);
    ucp_ep_h *slot = &(*leaf)[to % LEAF];
    giga_status status = *slot ? GIGA_OK : connect_to(net, to, slot);
    *out = *slot;
    return status;
}

static parcel *take_parcel(gi_net *net)
{
    parcel *p = net->free_parcels;

    if (p)
        net->free_parcels = p->next;
    else
        p = malloc(sizeof *p);
    return p;
}

void *gi_net_buffer(gi_net *net)
{
    void **buffer = net->free_buffers;

    if (!buffer)
        return malloc(GI_NET_BODY_MAX);
    net->free_buffers = *buffer;
    return buffer;
}

static void give_buffer(gi_net *net, void **buffer)
{
    *buffer = net->free_buffers;
    net->free_buffers = buffer;
}

static void give_parcel(gi_net *net, parcel *p)
{
    if (p->buffer)
        give_buffer(net, p->buffer);
    p->next = net->free_parcels;
    net->free_parcels = p;
}

/* A send that waited for room has left: UCX needs the parcel no more. */
static void on_sent(void *request, ucs_status_t status, void *argument)
{
    gi_net *net = gi_the_job.net;

    ucp_request_free(request);
    net->waiting--;
    give_parcel(net, argument);
    if (status != UCS_OK && status != UCS_ERR_CANCELED)
        gi_remote_fail(net->job, ucs_status_string(status));
}

static giga_status send_parcel(gi_net *net, int32_t to, gi_message *message, const void *body,
                               size_t body_bytes, void *buffer)
{
    ucp_ep_h endpoint = NULL;
    giga_status status = endpoint_of(net, to, &endpoint);
    if (status != GIGA_OK)
        return status;
    parcel *p = take_parcel(net);
    if (!p)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for a message", net->job->rank);

    message->token[0] = net->token[0];
    message->token[1] = net->token[1];
    message->from = net->job->rank;
    p->message = *message;
    p->buffer = buffer;
    gi_count_sent(to, body_bytes);
    if (!buffer && body_bytes > 0 && body_bytes <= GIGA_COPY_MAX) {
        memcpy(p->body, body, body_bytes);
        body = p->body;
    }
    ucp_request_param_t param = {
        .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA |
                        UCP_OP_ATTR_FIELD_FLAGS,
        .flags = UCP_AM_SEND_FLAG_EAGER,
        .cb.send = on_sent,
        .user_data = p,
    };
    ucs_status_ptr_t request = ucp_am_send_nbx(endpoint, MESSAGE_ID, &p->message,
                                               sizeof p->message, body, body_bytes, &param);
    if (UCS_PTR_IS_PTR(request))
        net->waiting++;
    else
        give_parcel(net, p);
    return UCS_PTR_IS_ERR(request) ? ucx_failed(net, "ucp_am_send_nbx", UCS_PTR_STATUS(request))
                                   : GIGA_OK;
}

giga_status gi_net_send(gi_net *net, int32_t to, gi_message *message, const void *body,
                        size_t body_bytes)
{
    return send_parcel(net, to, message, body, body_bytes, NULL);
}

giga_status gi_net_send_buffer(gi_net *net, int32_t to, gi_message *message, void *buffer,
                               size_t body_bytes)
{
    return send_parcel(net, to, message, buffer, body_bytes, buffer);
}

bool gi_net_waiting(const gi_net *net)
{
    return net->waiting > 0;
}

/* ---- one-sided ---- */

bool gi_net_onesided(const gi_net *net)
{
    return net->onesided;
}

giga_status gi_net_register(gi_net *net, void *memory, size_t bytes, gi_net_block **out)
{
    ucp_mem_map_params_t params = {
        .field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH,
        .address = memory,
        .length = bytes,
    };
    gi_net_block *block = calloc(1, sizeof *block);

    if (!block)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for a key", net->job->rank);
    ucs_status_t status = ucp_mem_map(net->context, &params, &block->memory);
    if (status != UCS_OK) {
        free(block);
        return ucx_failed(net, "ucp_mem_map", status);
    }
    *out = block;
    return GIGA_OK;
}

void gi_net_deregister(gi_net *net, gi_net_block *block)
{
    ucp_mem_unmap(net->context, block->memory);
    free(block);
}

giga_status gi_net_pack_key(gi_net *net, gi_net_block *block, void *key_out, size_t key_max,
                            size_t *bytes_out)
{
    void *packed;
    ucs_status_t status = ucp_rkey_pack(net->context, block->memory, &packed, bytes_out);

    if (status != UCS_OK)
        return ucx_failed(net, "ucp_rkey_pack", status);
    bool fits = *bytes_out <= key_max;
    if (fits)
        memcpy(key_out, packed, *bytes_out);
    ucp_rkey_buffer_release(packed);
    return fits ? GIGA_OK : giga_fail(GIGA_ERR_NET, "rank %d: a UCX key of %zu bytes, more than "
                                      "%zu", net->job->rank, *bytes_out, key_max);
}

giga_status gi_net_unpack_key(gi_net *net, int32_t owner, const void *packed, gi_net_key **out)
{
    ucp_ep_h endpoint = NULL;
    giga_status status = endpoint_of(net, owner, &endpoint);
    gi_net_key *key = status == GIGA_OK ? calloc(1, sizeof *key) : NULL;

    if (!key)
        return status == GIGA_OK ? giga_fail(GIGA_ERR_MEMORY, "out of memory for a key") : status;
    ucs_status_t unpacked = ucp_ep_rkey_unpack(endpoint, packed, &key->rkey);
    if (unpacked != UCS_OK) {
        free(key);
        return ucx_failed(net, "ucp_ep_rkey_unpack", unpacked);
    }
    *out = key;
    return GIGA_OK;
}

void gi_net_destroy_key(gi_net_key *key)
{
    ucp_rkey_destroy(key->rkey);
    free(key);
}

static void on_transferred(void *request, ucs_status_t status, void *argument)
{
    transfer *t = argument;

    ucp_request_free(request);
    t->done(t->argument, status == UCS_OK);
    free(t);
}

/* A call that UCX completed at once is reported from the next poll, as net.h promises. */
static giga_status started(gi_net *net, const char *what, ucs_status_ptr_t request, transfer *t)
{
    if (UCS_PTR_IS_ERR(request)) {
        free(t);
        return ucx_failed(net, what, UCS_PTR_STATUS(request));
    }
    if (request == NULL) {
        t->next = net->ready;
        net->ready = t;
    }
    return GIGA_OK;
}

static transfer *new_transfer(gi_net_done done, void *argument, ucp_request_param_t *param)
{
    transfer *t = malloc(sizeof *t);

    if (!t) {
        giga_fail(GIGA_ERR_MEMORY, "out of memory for a transfer");
        return NULL;
    }
    *t = (transfer){done, argument, NULL};
    *param = (ucp_request_param_t){
        .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
        .cb.send = on_transferred,
        .user_data = t,
    };
    return t;
}

giga_status gi_net_get(gi_net *net, int32_t home, gi_net_key *key, uint64_t remote, void *dst,
                       size_t bytes, gi_net_done done, void *argument)
{
    ucp_ep_h endpoint = NULL;
    ucp_request_param_t param;
    giga_status status = endpoint_of(net, home, &endpoint);
    transfer *t = status == GIGA_OK ? new_transfer(done, argument, &param) : NULL;

    if (!t)
        return status == GIGA_OK ? GIGA_ERR_MEMORY : status;
    return started(net, "ucp_get_nbx",
                   ucp_get_nbx(endpoint, dst, bytes, remote, key->rkey, &param), t);
}

giga_status gi_net_put(gi_net *net, int32_t home, gi_net_key *key, uint64_t remote,
                       const void *src, size_t bytes, gi_net_done done, void *argument)
{
    ucp_ep_h endpoint = NULL;
    ucp_request_param_t param;
    giga_status status = endpoint_of(net, home, &endpoint);
    transfer *t = status == GIGA_OK ? new_transfer(done, argument, &param) : NULL;

    if (!t)
        return status == GIGA_OK ? GIGA_ERR_MEMORY : status;
    return started(net, "ucp_put_nbx",
                   ucp_put_nbx(endpoint, src, bytes, remote, key->rkey, &param), t);
}

giga_status gi_net_flush(gi_net *net, gi_net_done done, void *argument)
{
    ucp_request_param_t param;
    transfer *t = new_transfer(done, argument, &param);

    if (!t)
        return GIGA_ERR_MEMORY;
    return started(net, "ucp_worker_flush_nbx", ucp_worker_flush_nbx(net->worker, &param), t);
}

const char *gi_net_transports(const gi_net *net)
{
    return net->transports;
}

const char *gi_net_device(const gi_net *net)
{
    return net->device;
}

const char *gi_net_version(void)
{
    return ucp_get_version_string();
}
