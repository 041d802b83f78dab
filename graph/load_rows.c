/*
 * load_rows.c - see load_rows.h.
 *
 * Offsets give the degrees, degrees the order of vertices and where rows lie: no arc is counted.
 * Then the ends are read once, in chunks of whole rows that the ranks draw, and go where they
 * stay. A row that ascends by id is nearly sorted by canonical number: vertices of a bin of
 * degree have ascending numbers, so it is dealt to the bins and is sorted (order.c).
 *
 * Invariants:
 *   R1  a number is kept as the rank of its bin above SHIFT and itself below while rows are read:
 *       the order of such keys is that of numbers
 *   R2  nothing is refused here: what does not fit is left to the readers of staged edges, which
 *       take everything and say what is wrong
 *
 * That every edge is in both rows is told by a sum, as when edges are staged, of another kind: with
 * two hashes a and b of a vertex, that of a(u) b(v) - b(u) a(v) over all arcs, modulo 2^64. An
 * arc and its reverse cancel, and within a row it is two sums. A factor made of the weight stands
 * with each.
 *
 * Memory while it lasts: 8 bytes per vertex and node when vertices are reordered; per rank a
 * chunk, or the longest row.
 */
#include "load_rows.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "order.h"
#include "read.h"

enum {
    CHUNK = 1 << 15,    /* arcs drawn at a time: what is read of them stays in the second cache */
    STEP = 8192,        /* offsets read at a time */
    SHIFT = 27,         /* R1: bits of a number; degrees, so bins, are below 2^27 and 28 then */
    BINS = 1 << (32 - SHIFT),
    SHORT = 10,         /* rows up to here are sorted by insertion */
};

typedef struct reader {
    const giga_graph *graph;
    const gr_input *in;
    const uint64_t *offsets;    /* of the file's rows: vertices + 1 */
    const uint32_t *keys;       /* R1, by place; NULL when rows lie as in the file */
    bool binned;                /* keys have bins: rows do not keep their order */
    const gr_csr *csr;
    gr_source source;
    char *bytes;                /* of a chunk */
    uint32_t *ends;             /* the same, without the weights between them */
    int32_t *weights;
    uint32_t *row_keys;
    uint64_t room;              /* arcs that fit in each */
    uint64_t balance;
    bool bad;                   /* R2 */
} reader;

/* ---- offsets ---- */

static bool read_offsets(const gr_input *in, uint64_t first, uint64_t last, uint64_t *offsets)
{
    gr_source source;
    bool good = gr_source_open(in->path, GR_PLAIN, in->bytes, &source) == GIGA_OK;

    if (!good)
        return false;
    gr_source_seek(&source, in->offsets_at + first * 8);
    for (uint64_t at = first; at < last && good; at += STEP) {
        size_t count = last - at < STEP ? (size_t)(last - at) : STEP, got;
        good = gr_source_read(&source, (char *)(offsets + at), count * 8, &got) == GIGA_OK &&
               got == count * 8;
        for (size_t i = 0; i < count && good; i++)
            offsets[at + i] = le64toh(offsets[at + i]);
    }
    gr_source_close(&source);
    return good;
}

/* Degrees of this rank's places, or false when offsets are not those of rows of a graph. */
static bool degrees_of(const giga_graph *graph, const gr_input *in, const uint64_t *offsets,
                       uint32_t *degree)
{
    uint64_t first, last;
    bool bad = offsets[0] != 0 || offsets[graph->n] != in->arcs;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t i = first; i < last; i++) {
        uint64_t count = offsets[i + 1] - offsets[i];
        bad |= count >= graph->n; /* also one that descends */
        degree[i - first] = (uint32_t)count;
    }
    return !bad;
}

/* Read the offsets into what will be the rows, and agree on whether they are good. */
static giga_status take_offsets(giga_graph *graph, const gr_input *in, gr_csr *csr,
                                uint32_t *degree, bool *good_out)
{
    uint64_t first, last, *offsets = csr->rows_object.at;

    gr_my_vertices(graph, &first, &last);
    bool good = first == last ||
                read_offsets(in, first, last == graph->n ? last + 1 : last, offsets);
    giga_status status = giga_barrier();
    good = good && status == GIGA_OK && degrees_of(graph, in, offsets, degree);
    *good_out = giga_allreduce_min((uint64_t)good) > 0;
    return status;
}

/* ---- reordered: keys and rows ---- */

static unsigned bin_rank(uint64_t degree)
{
    return degree == 0 ? BINS - 1 : (unsigned)(BINS - 1 - (64 - __builtin_clzll(degree)));
}

/* Lengths of rows where they will lie, summed up; and keys (R1). */
static giga_status lay_rows(giga_graph *graph, const uint64_t *offsets, uint32_t *table,
                            gr_csr *csr)
{
    uint64_t first, last, *rows = csr->rows_object.at;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t place = first; place < last; place++) {
        uint64_t degree = offsets[place + 1] - offsets[place];
        rows[table[place] + 1] = degree;
        if (graph->skewed)
            table[place] |= bin_rank(degree) << SHIFT;
    }
    giga_status status = giga_barrier();
    return status == GIGA_OK ? gr_sum_rows(graph, csr, rows + 1, &csr->arcs) : status;
}

static void clear_bins(const giga_graph *graph, uint32_t *table)
{
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t place = first; place < last && graph->skewed; place++)
        table[place] &= (UINT32_C(1) << SHIFT) - 1;
}

/* ---- rows ---- */

static inline uint32_t hash_a(uint32_t v)
{
    v = (v + 0x7f4a7c15u) * 0x9e3779b1u;
    v = (v ^ v >> 15) * 0x85ebca77u;
    return v ^ v >> 13;
}

static inline uint32_t hash_b(uint32_t a)
{
    a = (a ^ a >> 16) * 0xc2b2ae3du;
    return a ^ a >> 15;
}

/* A row as it stands: its part of the sum, and whether it ascends between vertices. */
static inline void check_row(reader *r, uint32_t u, const uint32_t *ends, const int32_t *weights,
                             uint64_t count)
{
    uint64_t a = 0, b = 0;
    uint32_t bad = ends[0] == u || ends[count - 1] >= r->graph->n;

    for (uint64_t i = 0; i < count; i++) {
        uint32_t hash = hash_a(ends[i]);
        uint64_t factor = weights ? hash_b((uint32_t)weights[i]) | 1 : 1;
        a += hash * factor;
        b += hash_b(hash) * factor;
    }
    for (uint64_t i = 1; i < count; i++)
        bad |= (uint32_t)(ends[i] <= ends[i - 1]) | (uint32_t)(ends[i] == u);
    r->balance += hash_a(u) * b - hash_b(hash_a(u)) * a;
    r->bad |= bad != 0;
}

static void insert_keys(uint32_t *keys, double *weights, uint64_t count)
{
    for (uint64_t i = 1; i < count; i++) {
        uint32_t key = keys[i];
        double weight = weights ? weights[i] : 0;
        uint64_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--) {
            keys[at] = keys[at - 1];
            if (weights)
                weights[at] = weights[at - 1];
        }
        keys[at] = key;
        if (weights)
            weights[at] = weight;
    }
}

static inline void place_short(const reader *r, const uint32_t *ends, const int32_t *weights,
                               uint64_t count, uint32_t mask, uint32_t *to, double *to_weights)
{
    for (uint64_t i = 0; i < count; i++) {
        to[i] = r->keys[ends[i]];
        if (weights)
            to_weights[i] = weights[i];
    }
    if (r->binned)
        insert_keys(to, weights ? to_weights : NULL, count);
    for (uint64_t i = 0; i < count; i++)
        to[i] &= mask;
}

static inline void deal_one(uint32_t key, uint32_t mask, uint32_t *next, uint32_t *to,
                            double *to_weights, const int32_t *weight)
{
    uint32_t at = next[key >> SHIFT]++;

    to[at] = key & mask;
    if (weight)
        to_weights[at] = *weight;
}

/* Ascending in each bin already: count the bins and deal. The two halves of a row have counters of
 * their own, and turns: a counter that was just written is slow to be read again. Look-ups that
 * miss the cache are a loop of their own, that they overlap. */
static inline void place_long(const reader *r, const uint32_t *ends, const int32_t *weights,
                              uint64_t count, uint32_t mask, uint32_t *to, double *to_weights)
{
    uint32_t low[BINS] = {0}, high[BINS] = {0}, sum = 0, *keys = r->row_keys;
    uint64_t half = count / 2;

    for (uint64_t i = 0; i < count; i++)
        keys[i] = r->keys[ends[i]];
    for (uint64_t i = 0; i < half; i++) {
        low[keys[i] >> SHIFT]++;
        high[keys[half + i] >> SHIFT]++;
    }
    if (count % 2)
        high[keys[count - 1] >> SHIFT]++;
    for (unsigned b = 0; b < BINS; b++) {
        uint32_t lower = low[b], higher = high[b];
        low[b] = sum;
        high[b] = sum + lower;
        sum += lower + higher;
    }
    for (uint64_t i = 0; i < half; i++) {
        deal_one(keys[i], mask, low, to, to_weights, weights ? &weights[i] : NULL);
        deal_one(keys[half + i], mask, high, to, to_weights, weights ? &weights[half + i] : NULL);
    }
    if (count % 2)
        deal_one(keys[count - 1], mask, high, to, to_weights, weights ? &weights[count - 1] : NULL);
}

/* A row of the file whose ends are checked. */
static inline void place_row(const reader *r, uint64_t place, const uint32_t *ends,
                             const int32_t *weights, uint64_t count)
{
    uint32_t mask = r->binned ? (UINT32_C(1) << SHIFT) - 1 : UINT32_MAX;
    uint64_t at = r->csr->rows[r->keys ? r->keys[place] & mask : place];
    uint32_t *to = (uint32_t *)r->csr->ends_object.at + at;
    double *to_weights = (double *)r->csr->weights_object.at + (weights ? at : 0);

    if (!r->keys) {
        memcpy(to, ends, count * sizeof *to);
        for (uint64_t i = 0; i < count && weights; i++)
            to_weights[i] = weights[i];
    } else if (!r->binned || count <= SHORT) {
        place_short(r, ends, weights, count, mask, to, to_weights);
    } else {
        place_long(r, ends, weights, count, mask, to, to_weights);
    }
}

/* Rows [first, last) of the file, whose ends have been read; in place, when they stay there. */
static inline void take_rows(reader *r, uint64_t first, uint64_t last, const uint32_t *ends,
                             const int32_t *weights, bool in_place)
{
    uint64_t begin = r->offsets[first];

    for (uint64_t place = first; place < last && !r->bad; place++) {
        uint64_t at = r->offsets[place] - begin, count = r->offsets[place + 1] - begin - at;
        if (count == 0)
            continue;
        check_row(r, (uint32_t)place, ends + at, weights ? weights + at : NULL, count);
        if (!in_place && !r->bad)
            place_row(r, place, ends + at, weights ? weights + at : NULL, count);
    }
}

/* ---- chunks ---- */

static void drop_room(reader *r)
{
    free(r->bytes);
    free(r->ends);
    free(r->weights);
    free(r->row_keys);
    r->bytes = NULL;
    r->ends = r->row_keys = NULL;
    r->weights = NULL;
    r->room = 0;
}

static bool make_room(reader *r, uint64_t arcs)
{
    if (arcs <= r->room)
        return true;
    drop_room(r);
    r->bytes = malloc(arcs * (size_t)r->in->stride);
    r->ends = malloc(arcs * sizeof *r->ends);
    r->weights = malloc(arcs * sizeof *r->weights);
    r->row_keys = malloc(arcs * sizeof *r->row_keys);
    r->room = r->bytes && r->ends && r->weights && r->row_keys ? arcs : 0;
    return r->room > 0;
}

static void split(const reader *r, uint64_t count, bool weighted)
{
    const uint32_t *pairs = (const uint32_t *)(const void *)r->bytes;

    for (uint64_t i = 0; i < count; i++) {
        r->ends[i] = le32toh(pairs[2 * i]);
        if (weighted)
            r->weights[i] = (int32_t)le32toh(pairs[2 * i + 1]);
    }
}

static bool read_ends(reader *r, uint64_t arc, uint64_t count, void *to)
{
    uint64_t stride = (uint64_t)r->in->stride;
    size_t got;

    gr_source_seek(&r->source, r->in->ends_at + arc * stride);
    return gr_source_read(&r->source, to, count * stride, &got) == GIGA_OK &&
           got == count * stride;
}

static bool take_chunk(reader *r, uint64_t first, uint64_t last)
{
    uint64_t arc = r->offsets[first], count = r->offsets[last] - arc;
    bool plain = r->in->stride == 4;

    if (plain && !r->keys) { /* they are read to where they stay */
        uint32_t *to = (uint32_t *)r->csr->ends_object.at + arc;
        if (!read_ends(r, arc, count, to))
            return false;
        for (uint64_t i = 0; i < count; i++)
            to[i] = le32toh(to[i]);
        take_rows(r, first, last, to, NULL, true);
        return !r->bad;
    }
    if (!make_room(r, count) || !read_ends(r, arc, count, plain ? (void *)r->ends : r->bytes))
        return false;
    for (uint64_t i = 0; i < count && plain; i++)
        r->ends[i] = le32toh(r->ends[i]);
    if (!plain)
        split(r, count, r->in->weighted);
    if (r->in->weighted)
        take_rows(r, first, last, r->ends, r->weights, false);
    else
        take_rows(r, first, last, r->ends, NULL, false);
    return !r->bad;
}

/* The first row that begins at or behind an arc. */
static uint64_t row_at(const reader *r, uint64_t arc)
{
    uint64_t low = 0, high = r->graph->n;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (r->offsets[middle] < arc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* All ends, the ranks of the node together. False when something is wrong with what was mine. */
static bool read_rows(giga_graph *graph, reader *r, const giga_graph_opts *opts)
{
    gr_work work = gr_work_begin(graph, r->in->arcs, CHUNK);
    bool good = gr_source_open(r->in->path, GR_PLAIN, r->in->bytes, &r->source) == GIGA_OK;

    if (!good)
        return false;
    for (uint64_t arc, last; good && gr_work_draw(&work, &arc, &last);) {
        uint64_t first_row = row_at(r, arc), last_row = row_at(r, last);
        if (opts->progress && arc / CHUNK % 64 == 0)
            opts->progress(opts->progress_argument, "reading", (double)arc / (double)r->in->arcs);
        good = first_row == last_row || take_chunk(r, first_row, last_row);
    }
    drop_room(r);
    gr_source_close(&r->source);
    return good;
}

/* ---- all ---- */

static bool fits(const gr_input *in, const giga_graph_opts *opts)
{
    return giga_nodes() == 1 && in->compression == GR_PLAIN && in->listing == GR_LISTED_TWICE &&
           (in->format == GR_FORMAT_GAPBS || in->format == GR_FORMAT_GAPBS_WEIGHTED) &&
           opts->direction != GIGA_DIRECTED && in->vertices > 0 && in->arcs > 0 &&
           in->vertices <= INT32_MAX;
}

/* The adjacency, once its rows lie. */
static giga_status fill(giga_graph *graph, const gr_input *in, const giga_graph_opts *opts,
                        reader *r, gr_csr *csr, bool *good_out)
{
    csr->arcs = in->arcs;
    giga_status status = gr_allocate_arcs(graph, in->weighted, csr);

    if (status != GIGA_OK)
        return status;
    uint64_t good = read_rows(graph, r, opts), balance;
    status = giga_allreduce(&r->balance, &balance, 1, GIGA_U64, GIGA_SUM);
    *good_out = giga_allreduce_min(good) > 0 && balance == 0;
    return status;
}

/* `offsets` has the file's; what becomes of it when rows lie elsewhere is the caller's. */
static giga_status order_and_fill(giga_graph *graph, const gr_input *in,
                                  const giga_graph_opts *opts, const gr_csr *offsets,
                                  gr_ordering *ordering, bool *good_out)
{
    reader r = {.graph = graph, .in = in, .offsets = offsets->rows_object.at,
                .csr = &graph->out, .keys = ordering->table, .binned = graph->skewed};
    giga_status status = GIGA_OK;

    graph->out = *offsets;
    if (ordering->table) {
        graph->out = (gr_csr){0};
        status = gr_allocate_rows(graph, &graph->out);
        if (status == GIGA_OK)
            status = lay_rows(graph, r.offsets, ordering->table, &graph->out);
    }
    if (status == GIGA_OK)
        status = fill(graph, in, opts, &r, &graph->out, good_out);
    if (status == GIGA_OK && ordering->table)
        clear_bins(graph, ordering->table);
    return status;
}

static giga_status finish(giga_graph *graph, const gr_input *in, const gr_ordering *ordering)
{
    gr_numbering numbering = {.n = in->vertices, .lowest = in->low_id,
                              .highest = in->low_id + in->vertices - 1};
    giga_status status = giga_barrier();

    if (status == GIGA_OK)
        status = gr_order_keep(ordering, &numbering, graph);
    graph->in = graph->out;
    graph->info.vertices = in->vertices;
    graph->info.arcs = in->arcs;
    graph->info.edges = graph->info.edges_read = in->arcs / 2;
    return status;
}

giga_status gr_load_rows(giga_graph *graph, const gr_input *in, const giga_graph_opts *opts,
                         bool *whole_out)
{
    gr_csr offsets = {0};
    gr_ordering ordering = {0};
    uint64_t first, last;
    bool good = false;

    *whole_out = false;
    if (!fits(in, opts))
        return GIGA_OK;
    giga_status status = gr_place_vertices(graph, in->vertices);
    if (status == GIGA_OK)
        status = gr_allocate_rows(graph, &offsets);
    if (status != GIGA_OK)
        return status;
    gr_my_vertices(graph, &first, &last);
    uint32_t *degree = malloc((last - first + 1) * sizeof *degree);
    status = giga_agree(degree ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory for degrees"));
    if (status == GIGA_OK)
        status = take_offsets(graph, in, &offsets, degree, &good);
    if (status == GIGA_OK && good)
        status = gr_order_degrees(graph, degree, &ordering);
    free(degree);
    bool elsewhere = ordering.table != NULL;
    good = good && (!graph->skewed || graph->n < UINT64_C(1) << SHIFT); /* R1 */
    if (status == GIGA_OK && good)
        status = order_and_fill(graph, in, opts, &offsets, &ordering, &good);
    if (status == GIGA_OK && good)
        status = finish(graph, in, &ordering);
    if (status == GIGA_OK && elsewhere)
        status = gr_node_free(&offsets.rows_object);
    if (status == GIGA_OK)
        status = gr_ordering_free(&ordering);
    if (status == GIGA_OK && !good) {
        status = elsewhere || graph->out.rows ? gr_csr_free(&graph->out)
                                              : gr_node_free(&offsets.rows_object);
        graph->out = (gr_csr){0};
        graph->skewed = false;
    }
    *whole_out = good && status == GIGA_OK;
    return status;
}
