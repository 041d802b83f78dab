/*
 * numbering.c - see numbering.h.
 *
 * The order of places is that of ids, so it does not depend on how many ranks read the
 * file. All calls are collective; look-ups are local.
 */
#include "numbering.h"

#include <stdlib.h>
#include <string.h>

#include "sort.h"

enum {
    BITS_PER_EDGE = 32,   /* a bitmap may cost 4 bytes per edge: a quarter of the staged edge */
    SAMPLES = 64,         /* per rank: ranges differ by a few per cent */
    PIECE = 1 << 17,      /* words of a bitmap joined between nodes at a time: 1 MiB */
};

/* ---- what the ids are ---- */

typedef struct extent {
    uint64_t lowest, highest, count;
} extent;

static extent extent_of(gr_edges *edges, const gr_ids *vertices)
{
    extent e = {UINT64_MAX, 0, 2 * gr_edges_count(edges) + vertices->count};
    gr_edges_walk walk;
    gr_edge_block b;

    gr_edges_walk_begin(edges, false, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        for (size_t i = 0; i < b.count; i++) {
            uint64_t low = b.u[i] < b.v[i] ? b.u[i] : b.v[i];
            uint64_t high = b.u[i] < b.v[i] ? b.v[i] : b.u[i];
            e.lowest = low < e.lowest ? low : e.lowest;
            e.highest = high > e.highest ? high : e.highest;
        }
    }
    for (size_t i = 0; i < vertices->count; i++) {
        e.lowest = vertices->at[i] < e.lowest ? vertices->at[i] : e.lowest;
        e.highest = vertices->at[i] > e.highest ? vertices->at[i] : e.highest;
    }
    return e;
}

static giga_status extent_of_all(extent *e)
{
    giga_status status = giga_allreduce(&e->lowest, &e->lowest, 1, GIGA_U64, GIGA_MIN);

    if (status == GIGA_OK)
        status = giga_allreduce(&e->highest, &e->highest, 1, GIGA_U64, GIGA_MAX);
    if (status == GIGA_OK)
        status = giga_allreduce(&e->count, &e->count, 1, GIGA_U64, GIGA_SUM);
    return status;
}

/* ---- bitmap ---- */

static void mark(uint64_t *bits, uint64_t lowest, gr_edges *edges, const gr_ids *vertices)
{
    gr_edges_walk walk;
    gr_edge_block b;

    gr_edges_walk_begin(edges, false, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        for (size_t i = 0; i < b.count; i++) {
            gr_claim(bits, b.u[i] - lowest);
            gr_claim(bits, b.v[i] - lowest);
        }
    }
    for (size_t i = 0; i < vertices->count; i++)
        gr_claim(bits, vertices->at[i] - lowest);
}

/* OR the nodes' bitmaps together; a leader brings its node's and takes the result. */
static giga_status join_nodes(uint64_t *bits, uint64_t words)
{
    uint64_t *piece = malloc(PIECE * sizeof *piece);
    giga_status status = giga_agree(piece ? GIGA_OK
                                          : giga_fail(GIGA_ERR_MEMORY, "out of memory for ids"));

    for (uint64_t at = 0; at < words && status == GIGA_OK; at += PIECE) {
        uint64_t count = words - at < PIECE ? words - at : PIECE;
        if (giga_near_index() == 0)
            memcpy(piece, bits + at, count * sizeof *piece);
        else
            memset(piece, 0, count * sizeof *piece);
        status = giga_allreduce(piece, piece, count, GIGA_U64, GIGA_BOR);
        if (giga_near_index() == 0)
            memcpy(bits + at, piece, count * sizeof *piece);
    }
    free(piece);
    return status;
}

/* This rank's share of [0, total). */
static void share_of(uint64_t total, uint64_t *first, uint64_t *last)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();

    *first = total / ranks * mine + (mine < total % ranks ? mine : total % ranks);
    *last = *first + total / ranks + (mine < total % ranks);
}

static uint64_t count_block(const uint64_t *words)
{
    uint64_t count = 0;

    for (int i = 0; i < 8; i++)
        count += (uint64_t)__builtin_popcountll(words[i]);
    return count;
}

/* counts[b] = ids before block b of 512; the ranks of the node count a share each. The
 * last elements of counts hold the shares' sums while they are added up. */
static giga_status count_bits(const uint64_t *bits, uint64_t *counts, uint64_t blocks,
                              uint64_t *n_out)
{
    uint64_t first, last, sum = 0, *sums = counts + blocks + 1;

    share_of(blocks, &first, &last);
    for (uint64_t b = first; b < last; b++) {
        counts[b] = sum;
        sum += count_block(bits + 8 * b);
    }
    sums[giga_near_index()] = sum;
    giga_status status = giga_barrier();
    uint64_t before = 0, total = 0;
    for (int32_t i = 0; i < giga_near_size(); i++) {
        before += i < giga_near_index() ? sums[i] : 0;
        total += sums[i];
    }
    for (uint64_t b = first; b < last; b++)
        counts[b] += before;
    if (giga_near_index() == 0)
        counts[blocks] = total;
    *n_out = total;
    return status == GIGA_OK ? giga_barrier() : status;
}

static giga_status make_bitmap(gr_numbering *out, gr_edges *edges, const gr_ids *vertices)
{
    uint64_t blocks = (out->highest - out->lowest) / 512 + 1, words = 8 * blocks;
    giga_status status = gr_node_alloc(words * 8, false, &out->bits_object);

    if (status == GIGA_OK)
        status = gr_node_alloc((blocks + 1 + (uint64_t)giga_near_size()) * 8, false,
                               &out->counts_object);
    if (status != GIGA_OK)
        return status;
    out->form = GR_BITMAP;
    out->bits = out->bits_object.at;
    out->counts = out->counts_object.at;
    mark(out->bits_object.at, out->lowest, edges, vertices);
    status = giga_barrier();
    if (status == GIGA_OK && giga_nodes() > 1)
        status = join_nodes(out->bits_object.at, words);
    if (status == GIGA_OK)
        status = giga_barrier();
    if (status == GIGA_OK)
        status = count_bits(out->bits, out->counts_object.at, blocks, &out->n);
    return status;
}

/* ---- table ---- */

static uint64_t unique(uint64_t *ids, uint64_t count)
{
    uint64_t kept = 0;

    for (uint64_t i = 0; i < count; i++) {
        if (i == 0 || ids[i] != ids[i - 1])
            ids[kept++] = ids[i];
    }
    return kept;
}

/* All ids this rank has read, sorted, each once. */
static giga_status own_ids(gr_edges *edges, const gr_ids *vertices, gr_sorter *sorter,
                           uint64_t **ids_out, uint64_t *count_out)
{
    uint64_t count = 2 * gr_edges_count(edges) + vertices->count, at = 0;
    uint64_t *ids = malloc((count + 1) * sizeof *ids);
    gr_edges_walk walk;
    gr_edge_block b;

    if (!ids)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for %llu ids", giga_rank(),
                         (unsigned long long)count);
    gr_edges_walk_begin(edges, false, &walk);
    while (gr_edges_next_block(&walk, &b)) {
        memcpy(ids + at, b.u, b.count * sizeof *ids);
        memcpy(ids + at + b.count, b.v, b.count * sizeof *ids);
        at += 2 * b.count;
    }
    if (vertices->count > 0)
        memcpy(ids + at, vertices->at, vertices->count * sizeof *ids);
    giga_status status = gr_sort_u64(sorter, ids, count);
    *ids_out = ids;
    *count_out = unique(ids, count);
    return status;
}

/* Cut the ids of all ranks into ranges of about equal length: first_out[r] is where this
 * rank's ids for rank r begin. */
static giga_status cut_ranges(const uint64_t *ids, uint64_t count, gr_sorter *sorter,
                              uint64_t *first_out)
{
    uint64_t size = (uint64_t)giga_size(), mine[SAMPLES];
    uint64_t *all = malloc(size * sizeof mine);

    for (uint64_t i = 0; i < SAMPLES; i++)
        mine[i] = count ? ids[i * count / SAMPLES] : UINT64_MAX;
    giga_status status = giga_agree(all ? GIGA_OK
                                        : giga_fail(GIGA_ERR_MEMORY, "out of memory for ids"));
    if (status == GIGA_OK)
        status = giga_allgather(mine, sizeof mine, all);
    if (status == GIGA_OK)
        status = gr_sort_u64(sorter, all, size * SAMPLES);
    for (uint64_t r = 0, at = 0; r < size && status == GIGA_OK; r++) {
        while (r > 0 && at < count && ids[at] < all[r * SAMPLES])
            at++;
        first_out[r] = at;
    }
    first_out[size] = count;
    free(all);
    return status;
}

/* Bring the ids of each range to one rank; `ids` is replaced by this rank's range. */
static giga_status exchange_ranges(uint64_t **ids, uint64_t *count, gr_sorter *sorter)
{
    size_t size = (size_t)giga_size();
    uint64_t *first = malloc((4 * size + 1) * sizeof *first), *received = NULL, total = 0;
    uint64_t *send = first + size + 1, *recv = send + size, *eight = recv + size;
    giga_status status = giga_agree(first ? GIGA_OK
                                          : giga_fail(GIGA_ERR_MEMORY, "out of memory for ids"));

    if (status == GIGA_OK)
        status = giga_agree(cut_ranges(*ids, *count, sorter, first));
    for (size_t r = 0; r < size && status == GIGA_OK; r++) {
        send[r] = (first[r + 1] - first[r]) * 8;
        eight[r] = 8;
    }
    if (status == GIGA_OK)
        status = giga_alltoallv(send, eight, recv, eight);
    for (size_t r = 0; r < size && status == GIGA_OK; r++)
        total += recv[r] / 8;
    if (status == GIGA_OK) {
        received = malloc((total + 1) * sizeof *received);
        status = giga_agree(received ? GIGA_OK
                                     : giga_fail(GIGA_ERR_MEMORY, "out of memory for ids"));
    }
    if (status == GIGA_OK)
        status = giga_alltoallv(*ids, send, received, recv);
    free(first);
    if (status != GIGA_OK) {
        free(received);
        return status;
    }
    free(*ids);
    *ids = received;
    status = gr_sort_u64(sorter, received, total);
    *count = unique(received, total);
    return giga_agree(status);
}

/* The ranges of all ranks, one behind the other, on every node. */
static giga_status collect_table(gr_numbering *out, const uint64_t *ids, uint64_t count)
{
    uint64_t before;
    giga_status status = giga_exscan(&count, &before, 1, GIGA_U64, GIGA_SUM);

    out->n = giga_allreduce_sum(count);
    if (status == GIGA_OK)
        status = gr_node_alloc(out->n * 8, false, &out->table_object);
    for (int32_t k = 0; k < giga_nodes() && status == GIGA_OK; k++)
        status = giga_put_nbi((uint64_t *)gr_node_at(&out->table_object, k) + before, ids,
                              count * 8);
    out->table = out->table_object.at;
    return status == GIGA_OK ? giga_barrier() : status;
}

/* buckets[b] .. buckets[b + 1]: where in the table the ids with these top bits are. */
static giga_status make_buckets(gr_numbering *out)
{
    uint64_t range = out->highest - out->lowest, first, last;

    while (range >> out->shift > 2 * out->n)
        out->shift++;
    uint64_t buckets = (range >> out->shift) + 1;
    giga_status status = gr_node_alloc((buckets + 1) * 8, false, &out->buckets_object);
    if (status != GIGA_OK)
        return status;
    uint64_t *start = out->buckets_object.at;
    out->buckets = start;
    share_of(out->n, &first, &last);
    for (uint64_t i = first; i < last; i++) {
        uint64_t mine = (out->table[i] - out->lowest) >> out->shift;
        uint64_t next = i == 0 ? 0 : ((out->table[i - 1] - out->lowest) >> out->shift) + 1;
        for (; next <= mine; next++)
            start[next] = i;
    }
    if (giga_near_index() == 0)
        start[buckets] = out->n;
    return giga_barrier();
}

static giga_status make_table(gr_numbering *out, gr_edges *edges, const gr_ids *vertices)
{
    gr_sorter sorter = {0};
    uint64_t *ids = NULL, count = 0;

    out->form = GR_TABLE;
    giga_status status = giga_agree(own_ids(edges, vertices, &sorter, &ids, &count));
    if (status == GIGA_OK)
        status = exchange_ranges(&ids, &count, &sorter);
    gr_sorter_free(&sorter);
    if (status == GIGA_OK)
        status = collect_table(out, ids, count);
    free(ids);
    return status == GIGA_OK ? make_buckets(out) : status;
}

/* ---- all forms ---- */

giga_status gr_numbering_make(gr_edges *edges, gr_ids *vertices, gr_numbering *out)
{
    extent e = extent_of(edges, vertices);
    giga_status status = extent_of_all(&e);

    *out = (gr_numbering){.lowest = e.lowest, .highest = e.highest};
    if (status != GIGA_OK)
        return status;
    if (e.count == 0) {
        out->lowest = 0;
        return GIGA_OK;
    }
    uint64_t range = e.highest - e.lowest;
    if (range / BITS_PER_EDGE <= e.count / 2 + 128)
        status = make_bitmap(out, edges, vertices);
    else
        status = make_table(out, edges, vertices);
    if (status == GIGA_OK && out->n - 1 == range)
        out->form = GR_IDENTITY; /* no gaps */
    return status;
}

/* The ids of set bits [first, last), counted over the whole bitmap. */
static void select_ids(const gr_numbering *numbering, uint64_t first, uint64_t last, uint64_t *ids)
{
    uint64_t low = 0, high = (numbering->highest - numbering->lowest) / 512 + 1;

    while (high - low > 1) { /* the last block that begins at or before `first` */
        uint64_t middle = low + (high - low) / 2;
        if (numbering->counts[middle] <= first)
            low = middle;
        else
            high = middle;
    }
    uint64_t index = numbering->counts[low];
    for (uint64_t word = 8 * low; index < last; word++) {
        for (uint64_t rest = numbering->bits[word]; rest; rest &= rest - 1, index++) {
            uint64_t bit = (uint64_t)__builtin_ctzll(rest);
            if (index >= first && index < last)
                ids[index - first] = numbering->lowest + 64 * word + bit;
        }
    }
}

void gr_numbering_ids(const gr_numbering *numbering, uint64_t first, uint64_t last, uint64_t *ids)
{
    if (first == last)
        return;
    if (numbering->form == GR_TABLE)
        memcpy(ids, numbering->table + first, (last - first) * sizeof *ids);
    else if (numbering->form == GR_BITMAP)
        select_ids(numbering, first, last, ids);
    else
        for (uint64_t place = first; place < last; place++)
            ids[place - first] = numbering->lowest + place;
}

giga_status gr_numbering_free(gr_numbering *numbering)
{
    gr_node_object *all[] = {&numbering->bits_object, &numbering->counts_object,
                             &numbering->table_object, &numbering->buckets_object};
    giga_status status = GIGA_OK;

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    return status;
}
