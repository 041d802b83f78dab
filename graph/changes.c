/*
 * changes.c - see changes.h.
 *
 * Memory per node: 8 bytes and 2 bits per vertex of the graph (of other nodes' vertices only
 * the pages with ghosts), what ghosts.c takes, and 56 bytes per changed value sent at once.
 */
#include "changes.h"

#include <string.h>

typedef struct change {
    uint64_t vertex, value;
} change;

giga_status gr_changes_make(giga_graph *graph, gr_changes *c)
{
    bool sparse = giga_nodes() > 1;

    *c = (gr_changes){.graph = graph, .all = true};
    giga_status status = giga_agree(gr_exchange_init(&c->exchange, sizeof(change)));
    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &c->ghosts);
    if (status == GIGA_OK)
        status = gr_node_alloc(graph->n * 8, sparse, &c->mirror_object);
    for (int i = 0; i < 2 && status == GIGA_OK; i++)
        status = gr_node_alloc(gr_words(graph->n) * 8, sparse, &c->bits_object[i]);
    c->mirror = c->mirror_object.at;
    c->was = c->bits_object[0].at;
    c->now = c->bits_object[1].at;
    if (status == GIGA_OK && sparse)
        c->copies = giga_allreduce_sum(c->ghosts.packed_count);
    return status;
}

giga_status gr_changes_free(gr_changes *c)
{
    giga_status status = gr_ghosts_free(&c->ghosts);

    gr_exchange_free(&c->exchange);
    if (status == GIGA_OK)
        status = gr_node_free(&c->mirror_object);
    for (int i = 0; i < 2 && status == GIGA_OK; i++)
        status = gr_node_free(&c->bits_object[i]);
    return status;
}

/* Bits in word w of now whose vertices node k has as ghosts. */
static inline uint64_t wanted_changes(const gr_changes *c, int32_t k, uint64_t w)
{
    return c->now[w] & c->ghosts.wanted[(uint64_t)k * c->ghosts.words + w - c->graph->first / 64];
}

/* Values that this rank would send with their ids. */
static uint64_t count_changes(const gr_changes *c)
{
    uint64_t first, last, count = 0;

    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t w = first / 64; w < gr_words(last) && last > first; w++) {
        for (int32_t k = 0; k < giga_nodes() && c->now[w]; k++)
            count += (uint64_t)__builtin_popcountll(wanted_changes(c, k, w));
    }
    return count;
}

/* A rank of node k, which has vertices; another one for each word, so that all get some. */
static int32_t receiver(const giga_graph *graph, int32_t k, uint64_t w)
{
    uint64_t begin = graph->starts[k], span = graph->starts[k + 1] - begin;

    return gr_owner(graph, begin + w * 64 % span);
}

static giga_status fill(gr_changes *c)
{
    uint64_t first, last;

    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t w = first / 64; w < gr_words(last) && last > first; w++) {
        for (int32_t k = 0; k < giga_nodes() && c->now[w]; k++) {
            uint64_t rest = wanted_changes(c, k, w);
            int32_t to = rest ? receiver(c->graph, k, w) : 0;
            for (; rest; rest &= rest - 1) {
                change *record = gr_exchange_add(&c->exchange, to);
                if (!record)
                    return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for changed values",
                                     giga_rank());
                record->vertex = 64 * w + (uint64_t)__builtin_ctzll(rest);
                record->value = c->mirror[record->vertex];
            }
        }
    }
    return GIGA_OK;
}

static giga_status send_changes(gr_changes *c)
{
    giga_status status = giga_agree(fill(c));

    if (status != GIGA_OK)
        return status;
    c->bytes += c->exchange.count * sizeof(change);
    status = gr_exchange_run(&c->exchange);
    for (int32_t r = 0; r < giga_size() && status == GIGA_OK; r++)
        c->messages += c->exchange.send[r] > 0;
    const change *got = (const change *)(const void *)c->exchange.received;
    for (uint64_t i = 0; i < c->exchange.received_count && status == GIGA_OK; i++) {
        c->mirror[got[i].vertex] = got[i].value;
        gr_claim(c->now, got[i].vertex);
    }
    return status;
}

static giga_status send_all(gr_changes *c)
{
    c->messages += (uint64_t)giga_nodes() - 1;
    return gr_ghosts_refresh(c->graph, &c->ghosts, c->mirror, &c->bytes);
}

/* This rank's share of the words, so that no page of another node's vertices is touched by all
 * ranks. Words that are zero are only read: their pages may not exist. */
static void clear(const gr_changes *c, uint64_t *bits)
{
    uint64_t words = gr_words(c->graph->n), ranks = (uint64_t)giga_near_size();
    uint64_t share = words / ranks + 1, first = share * (uint64_t)giga_near_index();

    for (uint64_t w = first; w < words && w - first < share; w++) {
        if (bits[w])
            bits[w] = 0;
    }
}

giga_status gr_changes_publish(gr_changes *c, bool dense)
{
    uint64_t *swap = c->was;
    giga_status status = GIGA_OK;

    c->all = false;
    if (giga_nodes() > 1) {
        c->all = dense || 2 * giga_allreduce_sum(count_changes(c)) > c->copies;
        status = c->all ? send_all(c) : send_changes(c);
    }
    clear(c, c->was);
    c->was = c->now;
    c->now = swap;
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}
