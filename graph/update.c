/*
 * update.c - a batch of deletions and insertions becomes part of the adjacency.
 *
 * Steps, for each adjacency: changes go to the rank that owns their row; the ranks of a node put
 * them side by side, sorted; rows are counted, added up to places, and filled, by merging the old
 * row with its changes. Rows without a change, most of them, are copied in runs.
 *
 * Invariants:
 *   U1  a change's key is twice the canonical number of its end, and one more when it is an
 *       insertion: sorted by row, key and weight, changes are in the order of the row, and the
 *       deletions of an end come before its insertions
 *   U2  the old adjacency is only read, and freed when nothing can fail any more: after a failure
 *       the graph is what it was
 *   U3  an edge is counted at one row: of a directed graph in the out-adjacency, else at the end
 *       whose canonical number is smaller
 *
 * Memory while it lasts: the new adjacency beside the old one; 24 bytes per change and node, and
 * on every rank 72 per change it brings or gets.
 */
#include <stdlib.h>
#include <string.h>

#include "bfs.h"
#include "build.h"
#include "exchange.h"
#include "sssp.h"
#include "update.h"

enum { CHUNK = 64 }; /* rows drawn at a time: few, since those of hubs are together */

typedef struct change {
    uint64_t row, key;          /* index, and U1 */
    double weight;
} change;

/* One adjacency on its way. */
typedef struct side {
    giga_graph *graph;
    const gr_csr *old;
    gr_csr new;
    gr_arcs arcs;
    uint64_t *rows;             /* of `new` */
    uint64_t *sums;             /* behind the rows: a word per rank of the node */
    gr_node_object changes_object;
    const change *changes;      /* of this node */
    uint64_t count;
    bool filling;               /* else counting */
    giga_update_stats tally;    /* this rank; U3 */
} side;

/* ---- changes to the owners of their rows ---- */

static giga_status send_change(side *s, gr_exchange *x, uint64_t row, uint64_t end, bool insert,
                               double weight)
{
    change *to = gr_exchange_add(x, gr_owner(s->graph, row));

    if (!to)
        return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for an update", giga_rank());
    *to = (change){row, 2 * gr_order(s->graph, end) + insert, weight};
    return GIGA_OK;
}

static giga_status send_all(side *s, const gr_batch *batch, gr_exchange *x)
{
    uint64_t count = batch->deletions + batch->insertions;
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        bool insert = i >= batch->deletions;
        double w = insert && batch->weight ? batch->weight[i - batch->deletions] : 1.0;
        uint64_t from = batch->ends[2 * i], to = batch->ends[2 * i + 1];
        if (insert && from == to && !s->graph->info.loops_kept) {
            s->tally.loops += s->arcs != GR_ARCS_IN;
            continue;
        }
        if (s->arcs != GR_ARCS_IN)
            status = send_change(s, x, from, to, insert, w);
        bool back = s->arcs == GR_ARCS_IN || (s->arcs == GR_ARCS_BOTH && from != to);
        if (back && status == GIGA_OK)
            status = send_change(s, x, to, from, insert, w);
    }
    return status;
}

/* U1 */
static int in_order(const void *left, const void *right)
{
    const change *a = left, *b = right;

    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight);
}

/* What the ranks of the node have, before this one, and together. */
static giga_status sum_up(const side *s, uint64_t mine, uint64_t *before, uint64_t *total)
{
    giga_status status = giga_barrier(); /* the sums before have been read */

    s->sums[giga_near_index()] = mine;
    giga_status met = giga_barrier();
    *before = *total = 0;
    for (int32_t i = 0; i < giga_near_size(); i++) {
        *before += i < giga_near_index() ? s->sums[i] : 0;
        *total += s->sums[i];
    }
    return status != GIGA_OK ? status : met;
}

/* Owners of ascending rows put what they have got one behind the other. */
static giga_status share_changes(side *s, gr_exchange *x)
{
    uint64_t before;
    giga_status status = sum_up(s, x->received_count, &before, &s->count);

    if (x->received_count > 0)
        qsort(x->received, x->received_count, sizeof(change), in_order);
    if (status == GIGA_OK)
        status = gr_node_alloc(s->count * sizeof(change), false, &s->changes_object);
    if (status != GIGA_OK)
        return status;
    change *at = s->changes_object.at;
    if (x->received_count > 0)
        memcpy(at + before, x->received, x->received_count * sizeof(change));
    s->changes = at;
    return giga_barrier();
}

static giga_status gather_changes(side *s, const gr_batch *batch)
{
    gr_exchange x;
    giga_status status = giga_agree(gr_exchange_init(&x, sizeof(change)));

    if (status == GIGA_OK)
        status = giga_agree(send_all(s, batch, &x));
    if (status == GIGA_OK)
        status = gr_exchange_run(&x);
    if (status == GIGA_OK)
        status = share_changes(s, &x);
    gr_exchange_free(&x);
    return status;
}

/* ---- merging ---- */

/* Arcs of the old adjacency that stay as they are. Returns their number. */
static uint64_t keep_arcs(const side *s, uint64_t from, uint64_t last, uint64_t to)
{
    uint64_t width = s->graph->wide ? 8 : 4, count = last - from;

    if (!s->filling || count == 0)
        return count;
    memcpy((char *)s->new.ends_object.at + to * width, (const char *)s->old->ends + from * width,
           count * width);
    if (s->old->weights)
        memcpy((double *)s->new.weights_object.at + to, s->old->weights + from, count * 8);
    return count;
}

static void put_arc(const side *s, uint64_t to, uint64_t end, double weight)
{
    if (s->graph->wide)
        ((uint64_t *)s->new.ends_object.at)[to] = end;
    else
        ((uint32_t *)s->new.ends_object.at)[to] = (uint32_t)end;
    if (s->old->weights)
        ((double *)s->new.weights_object.at)[to] = weight;
}

/* What became of an edge that had `copies`. */
static void note(giga_update_stats *tally, bool keep, uint64_t copies, uint64_t deletions,
                 uint64_t insertions)
{
    uint64_t left = deletions > 0 ? 0 : copies;
    uint64_t fresh = left == 0 && insertions > 0; /* the first of them is new */

    tally->deleted += copies - left;
    tally->absent += deletions - (deletions > 0 && copies > 0);
    tally->inserted += keep ? insertions : fresh;
    tally->present += insertions - fresh;
}

/* One end: `copies` arcs of the old row from `at`, and changes, deletions first. Of what is there
 * in the end, as many as belong in the row, the lightest first. Returns how many. */
static uint64_t merge_end(side *s, uint64_t at, uint64_t copies, const change *c,
                          uint64_t deletions, uint64_t insertions, uint64_t to)
{
    uint64_t left = deletions > 0 ? 0 : copies, i = 0, k = 0;
    uint64_t length = left + insertions, end = gr_index(s->graph, c->key / 2);

    if (!s->graph->info.duplicates_kept && length > 1)
        length = 1;
    for (c += deletions; s->filling && i + k < length;) {
        double old = s->old->weights ? s->old->weights[at + (i < left ? i : 0)] : 1.0;
        bool take = i < left && (k == insertions || old <= c[k].weight);
        put_arc(s, to + i + k, end, take ? old : c[k].weight);
        if (take)
            i++;
        else
            k++;
    }
    return length;
}

/* The first arc of a part of a row whose end is not below a canonical number. */
static uint64_t bisect(const side *s, uint64_t low, uint64_t high, uint64_t number)
{
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (gr_order(s->graph, gr_end(s->old, s->graph->wide, middle)) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* One row with its changes. Returns its length. */
static uint64_t merge_row(side *s, uint64_t local, const change *c, const change *last, uint64_t to)
{
    const giga_graph *graph = s->graph;
    uint64_t i = s->old->rows[local], end = s->old->rows[local + 1], begin = to;
    uint64_t self = gr_order(graph, graph->first + local);

    while (c < last) {
        const change *these = c;
        uint64_t number = c->key / 2, insertions = 0;
        for (; c < last && c->key / 2 == number; c++)
            insertions += c->key % 2;
        uint64_t deletions = (uint64_t)(c - these) - insertions;
        uint64_t at = bisect(s, i, end, number), after = bisect(s, at, end, number + 1);
        to += keep_arcs(s, i, at, to);
        to += merge_end(s, at, after - at, these, deletions, insertions, to);
        if (!s->filling && (graph->info.directed ? s->arcs == GR_ARCS_OUT : self <= number)) /* U3 */
            note(&s->tally, graph->info.duplicates_kept, after - at, deletions, insertions);
        i = after;
    }
    to += keep_arcs(s, i, end, to);
    return to - begin;
}

/* Rows without a change. */
static void keep_rows(const side *s, uint64_t l, uint64_t last)
{
    const uint64_t *old = s->old->rows;

    if (s->filling && l < last)
        keep_arcs(s, old[l], old[last], s->rows[l]);
    for (; l < last && !s->filling; l++)
        s->rows[l + 1] = old[l + 1] - old[l];
}

static const change *first_change(const side *s, uint64_t row)
{
    uint64_t low = 0, high = s->count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->changes[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return s->changes + low;
}

static void merge_rows(side *s, uint64_t l, uint64_t last)
{
    const change *c = first_change(s, s->graph->first + l), *end = first_change(s, s->graph->first + last);

    while (c < end) {
        const change *these = c;
        uint64_t local = c->row - s->graph->first;
        while (c < end && c->row == these->row)
            c++;
        keep_rows(s, l, local);
        uint64_t length = merge_row(s, local, these, c, s->filling ? s->rows[local] : 0);
        if (!s->filling)
            s->rows[local + 1] = length;
        l = local + 1;
    }
    keep_rows(s, l, last);
}

static giga_status merge_all(side *s, bool filling)
{
    giga_graph *graph = s->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    s->filling = filling;
    for (uint64_t l, last; gr_work_draw(&work, &l, &last);)
        merge_rows(s, l, last);
    return giga_barrier();
}

/* ---- memory ---- */

static giga_status allocate_rows(side *s)
{
    uint64_t locals = s->graph->last - s->graph->first;
    giga_status status = gr_node_alloc((locals + 1 + (uint64_t)giga_near_size()) * 8, false,
                                       &s->new.rows_object);

    s->rows = s->new.rows_object.at;
    s->new.rows = s->rows;
    s->sums = s->rows ? s->rows + locals + 1 : NULL;
    return status;
}

/* Lengths in rows[l + 1] become ends of rows. */
static giga_status place_rows(side *s)
{
    const giga_graph *graph = s->graph;
    uint64_t first, last, sum = 0, at;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++)
        sum += s->rows[l + 1];
    giga_status status = sum_up(s, sum, &at, &s->new.arcs);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++)
        s->rows[l + 1] = at += s->rows[l + 1];
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

static giga_status allocate_arcs(side *s)
{
    giga_status status = gr_node_alloc(s->new.arcs * (s->graph->wide ? 8 : 4), false,
                                       &s->new.ends_object);

    if (status == GIGA_OK && s->graph->info.weighted)
        status = gr_node_alloc(s->new.arcs * 8, false, &s->new.weights_object);
    s->new.ends = s->new.ends_object.at;
    s->new.weights = s->graph->info.weighted ? s->new.weights_object.at : NULL;
    return status;
}

static giga_status rebuild(side *s, const gr_batch *batch)
{
    giga_status status = allocate_rows(s);

    if (status == GIGA_OK)
        status = gather_changes(s, batch);
    if (status == GIGA_OK)
        status = merge_all(s, false);
    if (status == GIGA_OK)
        status = place_rows(s);
    if (status == GIGA_OK)
        status = allocate_arcs(s);
    if (status == GIGA_OK)
        status = merge_all(s, true);
    return status;
}

/* ---- all ---- */

/* What is kept with a graph between runs was true of the old one. */
static giga_status drop_what_is_kept(giga_graph *graph)
{
    giga_status status = gr_bfs_free(graph), also = gr_sssp_free(graph);

    return status != GIGA_OK ? status : also;
}

static giga_status bring_up_to_date(giga_graph *graph, const giga_update_stats *all)
{
    graph->info.arcs = giga_allreduce_sum(giga_near_index() == 0 ? graph->out.arcs : 0);
    graph->info.edges += all->inserted;
    graph->info.edges -= all->deleted;
    return gr_survey(graph);
}

/* U2: the new adjacencies take the place of the old ones. */
static giga_status exchange_sides(giga_graph *graph, side *sides)
{
    gr_csr out = graph->out, in = graph->in;
    giga_status status = drop_what_is_kept(graph);

    graph->out = sides[0].new;
    graph->in = graph->info.directed ? sides[1].new : graph->out;
    giga_status freed = gr_csr_free(&out);
    if (freed == GIGA_OK && graph->info.directed)
        freed = gr_csr_free(&in);
    return status != GIGA_OK ? status : freed;
}

static giga_status add_up(const giga_update_stats *mine, giga_update_stats *all)
{
    uint64_t counts[5] = {mine->deleted, mine->absent, mine->inserted, mine->present, mine->loops};
    giga_status status = giga_allreduce(counts, counts, 5, GIGA_U64, GIGA_SUM);

    *all = (giga_update_stats){counts[0], counts[1], counts[2], counts[3], counts[4], 0};
    return status;
}

static giga_status update(giga_graph *graph, const gr_batch *batch, giga_update_stats *all)
{
    bool directed = graph->info.directed;
    side sides[2] = {{.graph = graph, .old = &graph->out,
                      .arcs = directed ? GR_ARCS_OUT : GR_ARCS_BOTH},
                     {.graph = graph, .old = &graph->in, .arcs = GR_ARCS_IN}};
    giga_status status = rebuild(&sides[0], batch);

    if (status == GIGA_OK && directed)
        status = rebuild(&sides[1], batch);
    if (status == GIGA_OK)
        status = add_up(&sides[0].tally, all);
    for (int i = 0; i < 2; i++) {
        giga_status freed = gr_node_free(&sides[i].changes_object);
        status = status != GIGA_OK ? status : freed;
    }
    if (status == GIGA_OK) {
        status = exchange_sides(graph, sides);
        giga_status told = bring_up_to_date(graph, all);
        return status != GIGA_OK ? status : told;
    }
    for (int i = 0; i < 2; i++)
        (void)gr_csr_free(&sides[i].new);
    return status;
}

giga_status giga_graph_update(giga_graph *graph, const giga_graph_batch *batch,
                              giga_update_stats *stats)
{
    double begin = gr_seconds();
    giga_update_stats all = {0};
    gr_batch mine;
    giga_status status = gr_batch_make("giga_graph_update", graph, batch, &mine);

    if (status == GIGA_OK && giga_allreduce_sum(mine.deletions + mine.insertions) > 0)
        status = update(graph, &mine, &all);
    gr_batch_free(&mine);
    if (status != GIGA_OK)
        return status;
    all.seconds = giga_allreduce_max(gr_seconds() - begin);
    if (stats)
        *stats = all;
    return GIGA_OK;
}
