/*
 * wcc_update.c - labels of components after a batch of changes.
 *
 * First, components that a deletion may have cut are searched again, with all their arcs, also
 * new ones (wcc.c); other vertices keep their labels. Then every insertion joins the labels of its
 * two ends. Both together are all arcs: an arc that is not new joins two vertices of one old
 * component, which was either searched again or keeps its label.
 *
 * Invariants:
 *   C1  a label is the smallest id of its part, so the smallest of joined labels is theirs
 *   C2  a rank sends only pairs that join something among its own: at most as many as its
 *       insertions; from them all nodes make the same table, since a smallest label is no
 *       matter of order
 */
#include <stdlib.h>
#include <string.h>

#include "bfs.h"
#include "sort.h"
#include "update.h"
#include "wcc.h"

/* Words that all ranks have together, on every node. */
typedef struct words {
    gr_node_object object;
    uint64_t *at, count;
    uint64_t bytes;         /* this rank: fetched from other nodes */
} words;

/* Fetch the blocks of some ranks, each rank of the node others. */
static giga_status fetch_blocks(void *blocks, const uint64_t *counts, words *out)
{
    uint64_t place = 0;
    giga_status status = GIGA_OK;

    for (int32_t r = 0; r < giga_size() && status == GIGA_OK; place += counts[r++]) {
        if (r % giga_near_size() != giga_near_index() || counts[r] == 0)
            continue;
        const char *from = (const char *)blocks + (uint64_t)r * giga_stride(blocks);
        status = giga_get_nbi(out->at + place, from, counts[r] * 8);
        out->bytes += giga_node_of(r) != giga_node_of(giga_rank()) ? counts[r] * 8 : 0;
    }
    return status;
}

/* Everybody's words in one node object. Collective. */
static giga_status gather(const uint64_t *mine, uint64_t count, words *out)
{
    uint64_t *counts = malloc((size_t)giga_size() * sizeof *counts), all = 0;
    void *blocks = NULL;
    giga_status status = giga_agree(counts ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_wcc_update: "
                                                                 "out of memory"));

    *out = (words){0};
    if (status == GIGA_OK)
        status = giga_allgather(&count, sizeof count, counts);
    for (int32_t r = 0; r < giga_size() && status == GIGA_OK; r++)
        all += counts[r];
    if (status == GIGA_OK && all > 0)
        status = giga_alloc_blocks(count * 8, NULL, &blocks);
    if (status == GIGA_OK && all > 0)
        status = gr_node_alloc(all * 8, false, &out->object);
    if (status == GIGA_OK && all > 0) {
        if (count > 0)
            memcpy((char *)blocks + (uint64_t)giga_rank() * giga_stride(blocks), mine, count * 8);
        status = giga_barrier();
        out->at = out->object.at;
        out->count = all;
        giga_status fetched = fetch_blocks(blocks, counts, out), met = giga_barrier();
        status = status != GIGA_OK ? status : fetched != GIGA_OK ? fetched : met;
    }
    free(counts);
    giga_status freed = giga_free(blocks);
    return giga_agree(status != GIGA_OK ? status : freed);
}

/* ---- labels of the ends of edges ---- */

static giga_status fetch_labels(const giga_array *component, const uint64_t *ends, uint64_t count,
                                uint64_t *labels)
{
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        status = giga_get_nbi(&labels[i], giga_at(component, ends[i]), 8);
    return status == GIGA_OK ? giga_quiet() : status;
}

static uint64_t drop_repeated(uint64_t *sorted, uint64_t count)
{
    uint64_t to = 0;

    for (uint64_t i = 0; i < count; i++) {
        if (i == 0 || sorted[i] != sorted[to - 1])
            sorted[to++] = sorted[i];
    }
    return to;
}

static giga_status sort_apart(uint64_t *labels, uint64_t *count)
{
    gr_sorter sorter = {0};
    giga_status status = *count > 0 ? gr_sort_u64(&sorter, labels, *count) : GIGA_OK;

    gr_sorter_free(&sorter);
    if (status == GIGA_OK)
        *count = drop_repeated(labels, *count);
    return status;
}

/* The place of a label in a sorted table, or its length. */
static uint64_t place_of(const uint64_t *sorted, uint64_t count, uint64_t label)
{
    uint64_t low = 0, high = count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (sorted[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && sorted[low] == label ? low : count;
}

/* ---- deletions: search again ---- */

/* Labels of components that may have lost an edge, each once. */
static giga_status suspects(const gr_batch *batch, const giga_array *component, uint64_t *labels,
                            uint64_t *count)
{
    giga_status status = fetch_labels(component, batch->ends, 2 * batch->deletions, labels);

    *count = 0;
    for (uint64_t i = 0; i < batch->deletions && status == GIGA_OK; i++) {
        if (labels[2 * i] == labels[2 * i + 1]) /* else it was no edge */
            labels[(*count)++] = labels[2 * i];
    }
    return status == GIGA_OK ? sort_apart(labels, count) : status;
}

/* kept[] of wcc.h for this rank's vertices. */
static giga_status mark_suspects(const giga_graph *graph, const giga_array *component,
                                 const words *labels, uint64_t *kept)
{
    uint64_t first, last, known = 0, place = labels->count;

    gr_my_vertices(graph, &first, &last);
    giga_status status = giga_array_get(component, first, last - first, kept + (first - graph->first));
    for (uint64_t l = first - graph->first; l < last - graph->first && status == GIGA_OK; l++) {
        if (kept[l] != known || l == first - graph->first) {
            known = kept[l];
            place = place_of(labels->at, labels->count, known);
        }
        if (place < labels->count)
            kept[l] = UINT64_MAX;
    }
    return giga_agree(status);
}

/* One rank puts a node's labels in order; the others wait. */
static giga_status sort_together(words *labels)
{
    giga_status status = GIGA_OK;
    uint64_t count = labels->count;

    if (giga_near_index() == 0)
        status = sort_apart(labels->at, &count);
    for (uint64_t i = count; giga_near_index() == 0 && i < labels->count; i++)
        labels->at[i] = UINT64_MAX; /* no label of a vertex that could be cut from others */
    return giga_agree(status);
}

static giga_status search_again(giga_graph *graph, const gr_batch *batch, giga_array *component,
                                uint64_t *room, giga_run_stats *stats)
{
    gr_node_object kept = {NULL, NULL};
    words labels = {0};
    uint64_t mine;
    giga_status status = giga_agree(suspects(batch, component, room, &mine));

    if (status == GIGA_OK)
        status = gather(room, mine, &labels);
    if (status == GIGA_OK && labels.count > 0) {
        status = sort_together(&labels);
        if (status == GIGA_OK)
            status = gr_node_alloc((graph->last - graph->first) * 8, false, &kept);
        if (status == GIGA_OK)
            status = mark_suspects(graph, component, &labels, kept.at);
        if (status == GIGA_OK)
            status = giga_barrier();
        if (status == GIGA_OK)
            status = gr_wcc_find(graph, kept.at, component, stats);
    }
    giga_status freed = gr_node_free(&kept), also = gr_node_free(&labels.object);
    stats->bytes += giga_allreduce_sum(labels.bytes);
    return status != GIGA_OK ? status : freed != GIGA_OK ? freed : also;
}

/* ---- insertions: join labels ---- */

static uint64_t root_of(uint64_t *parent, uint64_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Of pairs of labels a sorted table, from[], and what each becomes, to[]: C1. Room for two labels
 * per pair in each. */
static giga_status join_labels(const uint64_t *pairs, uint64_t count, uint64_t *from, uint64_t *to,
                               uint64_t *labels)
{
    *labels = 2 * count;
    if (count > 0)
        memcpy(from, pairs, 2 * count * sizeof *from);
    giga_status status = sort_apart(from, labels);
    if (status != GIGA_OK)
        return status;
    for (uint64_t i = 0; i < *labels; i++)
        to[i] = i;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t a = root_of(to, place_of(from, *labels, pairs[2 * i]));
        uint64_t b = root_of(to, place_of(from, *labels, pairs[2 * i + 1]));
        to[a > b ? a : b] = a > b ? b : a; /* the smaller place has the smaller label */
    }
    for (uint64_t i = 0; i < *labels; i++)
        to[i] = to[to[i]]; /* roots lie before, and are done */
    for (uint64_t i = *labels; i-- > 0;)
        to[i] = from[to[i]];
    return GIGA_OK;
}

/* C2: this rank's pairs, in place of its labels; `room` has two words more per label. */
static giga_status own_pairs(uint64_t *labels, uint64_t insertions, uint64_t *room, uint64_t *count)
{
    uint64_t *from = room, *to = room + 2 * insertions, differing = 0, known;

    for (uint64_t i = 0; i < insertions; i++) {
        if (labels[2 * i] == labels[2 * i + 1])
            continue;
        labels[2 * differing] = labels[2 * i];
        labels[2 * differing++ + 1] = labels[2 * i + 1];
    }
    giga_status status = join_labels(labels, differing, from, to, &known);
    *count = 0;
    for (uint64_t i = 0; i < known && status == GIGA_OK; i++) {
        if (from[i] == to[i])
            continue;
        labels[2 * *count] = from[i];
        labels[2 * (*count)++ + 1] = to[i];
    }
    return status;
}

static void relabel(giga_array *component, const uint64_t *from, const uint64_t *to, uint64_t labels)
{
    uint64_t count, known = 0, becomes = 0;
    uint64_t *mine = giga_array_local(component, &count);

    for (uint64_t i = 0; i < count; i++) {
        if (i == 0 || mine[i] != known) {
            known = mine[i];
            uint64_t place = place_of(from, labels, known);
            becomes = place < labels ? to[place] : known;
        }
        if (becomes != known)
            mine[i] = becomes;
    }
}

/* A node's table: their number, then from[], then to[]. */
static giga_status apply_pairs(const words *pairs, giga_array *component)
{
    uint64_t room = pairs->count;
    gr_node_object object;
    giga_status status = gr_node_alloc((1 + 2 * room) * 8, false, &object);

    if (status != GIGA_OK)
        return status;
    uint64_t *table = object.at;
    if (giga_near_index() == 0)
        status = join_labels(pairs->at, pairs->count / 2, table + 1, table + 1 + room, table);
    status = giga_agree(status);
    if (status == GIGA_OK)
        relabel(component, table + 1, table + 1 + room, table[0]);
    giga_status met = giga_barrier(), freed = gr_node_free(&object);
    return status != GIGA_OK ? status : met != GIGA_OK ? met : freed;
}

static giga_status join_all(const gr_batch *batch, giga_array *component, uint64_t *room,
                            giga_run_stats *stats)
{
    uint64_t count = 0;
    words pairs = {0};
    giga_status status = fetch_labels(component, batch->ends + 2 * batch->deletions,
                                      2 * batch->insertions, room);

    if (status == GIGA_OK)
        status = own_pairs(room, batch->insertions, room + 2 * batch->insertions, &count);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gather(room, 2 * count, &pairs);
    if (status == GIGA_OK && pairs.count > 0)
        status = apply_pairs(&pairs, component);
    stats->bytes += giga_allreduce_sum(pairs.bytes);
    giga_status freed = gr_node_free(&pairs.object);
    return status != GIGA_OK ? status : freed;
}

/* ---- all ---- */

giga_status giga_wcc_update(giga_graph *graph, const giga_graph_batch *batch, giga_array *component,
                            giga_run_stats *stats)
{
    giga_run_stats done = {0};
    gr_batch mine;
    double begin = gr_seconds();
    giga_status status = gr_batch_make("giga_wcc_update", graph, batch, &mine);

    if (status == GIGA_OK)
        status = giga_agree(gr_check_values("giga_wcc_update", graph, component));
    uint64_t words_needed = 2 * mine.deletions + 6 * mine.insertions + 1;
    uint64_t *room = status == GIGA_OK ? malloc(words_needed * sizeof *room) : NULL;
    if (status == GIGA_OK)
        status = giga_agree(room ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_wcc_update: out of "
                                                       "memory"));
    gr_account_begin(&graph->account);
    if (status == GIGA_OK)
        status = search_again(graph, &mine, component, room, &done);
    if (status == GIGA_OK)
        status = join_all(&mine, component, room, &done);
    free(room);
    gr_batch_free(&mine);
    if (status != GIGA_OK)
        return status;
    done.steps++;
    done.seconds = giga_allreduce_max(gr_seconds() - begin);
    if (stats)
        *stats = done;
    return GIGA_OK;
}
