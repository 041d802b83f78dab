/*
 * ghosts.c - see ghosts.h.
 *
 * Memory per node: 2 bits per vertex of the graph, 16 bytes per ghost.
 */
#include "ghosts.h"

#include <stdlib.h>
#include <string.h>

/* Set bits in words [first, last). */
static uint64_t count_bits(const uint64_t *bits, uint64_t first, uint64_t last)
{
    uint64_t count = 0;

    for (uint64_t w = first; w < last; w++)
        count += (uint64_t)__builtin_popcountll(bits[w]);
    return count;
}

static void mark_needed(const giga_graph *graph, const gr_csr *csr, uint64_t *need)
{
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    if (first == last)
        return;
    uint64_t begin = csr->rows[first - graph->first], end = csr->rows[last - graph->first];
    for (uint64_t i = begin; i < end; i++) {
        uint64_t from = gr_end(csr, graph->wide, i);
        if (from < graph->first || from >= graph->last)
            gr_claim(need, from);
    }
}

static uint64_t first_word(const giga_graph *graph, int32_t node)
{
    return gr_words(graph->starts[node]);
}

/* starts[k]: ghosts in vertices of the nodes before k. One rank: n / 64 words. */
static void sum_starts(const giga_graph *graph, gr_ghosts *g)
{
    g->starts[0] = 0;
    for (int32_t k = 0; k < giga_nodes(); k++)
        g->starts[k + 1] = g->starts[k] + count_bits(g->need, first_word(graph, k),
                                                     first_word(graph, k + 1));
}

/* What other nodes need of this node's vertices: their bits, fetched from them. */
static giga_status fetch_wanted(const giga_graph *graph, gr_ghosts *g)
{
    uint64_t begin = graph->first / 64;
    giga_status status = GIGA_OK;

    for (int32_t k = giga_near_index(); k < giga_nodes() && status == GIGA_OK;
         k += giga_near_size())
        status = giga_get_nbi(g->wanted + (uint64_t)k * g->words,
                              (const uint64_t *)gr_node_at(&g->need_object, k) + begin,
                              g->words * 8);
    return status == GIGA_OK ? giga_barrier() : status;
}

/* This rank packs the values of its own vertices, and unpacks its share of the ghosts. */
static giga_status divide_work(const giga_graph *graph, gr_ghosts *g)
{
    uint64_t first, last, begin = graph->first / 64;
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t words = gr_words(graph->n), share = words / ranks + 1;

    g->place = calloc((size_t)giga_nodes(), sizeof *g->place);
    if (!g->place)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for ghosts", giga_rank());
    gr_my_vertices(graph, &first, &last);
    for (int32_t k = 0; k < giga_nodes() && last > first; k++) {
        const uint64_t *bits = g->wanted + (uint64_t)k * g->words;
        uint64_t before = count_bits(bits, 0, first / 64 - begin);
        g->place[k] = giga_load((uint64_t *)gr_node_at(&g->starts_object, k) +
                                giga_node_of(giga_rank())) + before;
        g->packed_count += count_bits(bits, first / 64 - begin, gr_words(last) - begin);
    }
    g->packed = malloc((g->packed_count + 1) * sizeof *g->packed);
    g->first_word = mine * share < words ? mine * share : words;
    g->last_word = g->first_word + share < words ? g->first_word + share : words;
    g->first_value = count_bits(g->need, 0, g->first_word);
    return g->packed ? GIGA_OK
                     : giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for ghosts", giga_rank());
}

giga_status gr_ghosts_make(giga_graph *graph, gr_arcs arcs, gr_ghosts *g)
{
    uint64_t nodes = (uint64_t)giga_nodes();

    *g = (gr_ghosts){0};
    if (nodes == 1)
        return GIGA_OK;
    g->words = gr_words(graph->last) - graph->first / 64;
    g->words = graph->last > graph->first ? g->words : 0;
    giga_status status = gr_node_alloc(gr_words(graph->n) * 8, false, &g->need_object);
    if (status == GIGA_OK)
        status = gr_node_alloc((nodes + 1) * 8, false, &g->starts_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(nodes * g->words * 8, false, &g->wanted_object);
    if (status != GIGA_OK)
        return status;
    g->need = g->need_object.at;
    g->starts = g->starts_object.at;
    g->wanted = g->wanted_object.at;
    if (arcs != GR_ARCS_OUT || !graph->info.directed)
        mark_needed(graph, &graph->in, g->need);
    if (arcs != GR_ARCS_IN && graph->info.directed)
        mark_needed(graph, &graph->out, g->need);
    status = giga_barrier();
    if (status == GIGA_OK && giga_near_index() == 0)
        sum_starts(graph, g);
    if (status == GIGA_OK)
        status = giga_agree(fetch_wanted(graph, g));
    if (status == GIGA_OK)
        status = giga_agree(divide_work(graph, g));
    if (status == GIGA_OK)
        status = gr_node_alloc(g->starts[nodes] * 8, false, &g->inbox_object);
    g->inbox = g->inbox_object.at;
    return status;
}

giga_status gr_ghosts_free(gr_ghosts *g)
{
    gr_node_object *all[] = {&g->need_object, &g->starts_object, &g->wanted_object,
                             &g->inbox_object};
    giga_status status = GIGA_OK;

    free(g->place);
    free(g->packed);
    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    *g = (gr_ghosts){0};
    return status;
}

/* Values of this rank's vertices that node k needs, into k's inbox. */
static giga_status send_to(const giga_graph *graph, gr_ghosts *g, int32_t k, const uint64_t *mirror,
                           uint64_t *at, uint64_t *bytes)
{
    uint64_t first, last, begin = *at;
    const uint64_t *bits = g->wanted + (uint64_t)k * g->words;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t w = first / 64; w < gr_words(last) && last > first; w++) {
        for (uint64_t rest = bits[w - graph->first / 64]; rest; rest &= rest - 1)
            g->packed[(*at)++] = mirror[64 * w + (uint64_t)__builtin_ctzll(rest)];
    }
    *bytes += (*at - begin) * 8;
    return giga_put_nbi((uint64_t *)gr_node_at(&g->inbox_object, k) + g->place[k], g->packed + begin,
                        (*at - begin) * 8);
}

static void unpack(const gr_ghosts *g, uint64_t *mirror)
{
    const uint64_t *value = g->inbox + g->first_value;

    for (uint64_t w = g->first_word; w < g->last_word; w++) {
        for (uint64_t rest = g->need[w]; rest; rest &= rest - 1)
            mirror[64 * w + (uint64_t)__builtin_ctzll(rest)] = *value++;
    }
}

giga_status gr_ghosts_refresh(giga_graph *graph, gr_ghosts *g, void *mirror, uint64_t *bytes)
{
    int32_t nodes = giga_nodes(), mine = giga_node_of(giga_rank());
    uint64_t at = 0;
    giga_status status = GIGA_OK;

    if (nodes == 1)
        return GIGA_OK;
    /* Each node begins with the node behind it, so that not all send to the first. */
    for (int32_t step = 1; step < nodes && status == GIGA_OK; step++)
        status = send_to(graph, g, (mine + step) % nodes, mirror, &at, bytes);
    giga_status met = giga_barrier();
    if (status == GIGA_OK && met == GIGA_OK)
        unpack(g, mirror);
    return giga_agree(status != GIGA_OK ? status : met);
}
