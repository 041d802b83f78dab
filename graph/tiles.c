/*
 * tiles.c - see tiles.h.
 *
 * Made by walking the out-rows twice, which is in order of the beginnings: first every piece's
 * arcs are counted by the chunk they end in, then written there.
 *
 * Invariants:
 *   T1  a chunk has at most 2^16 vertices and, unless it is a single group, about 1/PER_RANK of
 *       what a rank has of the arcs; a piece lies in one block and is cut by arcs likewise
 *   T2  arcs[] of chunk c and piece p are [starts[c][p], starts[c][p + 1]), by beginning
 *
 * Memory per node: 4 bytes an arc, 8 for each pair of a chunk and a piece, 2^19 a rank.
 */
#include "tiles.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BITS = 16,            /* half of an arc's 32 bits */
    PER_RANK = 32,              /* chunks, so that ranks end together */
    LEAST_CHUNK = 1 << 14,      /* sums of 128 KB: a quarter of a usual second-level cache */
    LEAST_PIECE = 1 << 12,
    WORD = 64,                  /* vertices that share an entry of the table of chunks */
    FEW_VERTICES = 1 << 16,     /* whose values stay in a second-level cache anyhow */
    FEW_ROUNDS = 10,            /* making tiles costs about as much as five rounds save */
    FEW_ARCS = 6,               /* per vertex */
    SAMPLES = 1 << 12,          /* rows that are looked at for locality */
    NEAR = 1 << 13,             /* vertices apart: values of 64 KB, which stay in cache */
    AHEAD = 256,                /* arcs that go past the caches: they are read once a round */
};

/* Whether values are read from all over memory: of the arcs of some rows a quarter goes far. */
static bool is_scattered(const giga_graph *graph)
{
    uint64_t step = graph->n / SAMPLES + 1, arcs = 0, far = 0;
    const gr_csr *in = &graph->in;

    for (uint64_t v = 0; v < graph->n; v += step) {
        for (uint64_t i = in->rows[v]; i < in->rows[v + 1] && i < in->rows[v] + WORD; i++) {
            uint64_t end = gr_end(in, graph->wide, i);
            far += (end > v ? end - v : v - end) > NEAR;
            arcs++;
        }
    }
    return far > arcs / 4;
}

static bool is_worth(const giga_graph *graph, uint64_t rounds)
{
    return giga_nodes() == 1 && graph->n >= FEW_VERTICES && rounds >= FEW_ROUNDS &&
           graph->in.arcs / FEW_ARCS >= graph->n && is_scattered(graph);
}

/* How vertices are cut: after `most` of them, `arcs` of their arcs, and at multiples of `period`. */
typedef struct cutter {
    const uint64_t *rows;
    uint64_t n, most, group, period, arcs;
} cutter;

/* The end of the run that begins at `first`. */
static uint64_t cut(const cutter *c, uint64_t first)
{
    uint64_t last = first + c->group < c->n ? first + c->group : c->n;

    while (last < c->n && last - first < c->most && last % c->period != 0) {
        uint64_t next = last + c->group < c->n ? last + c->group : c->n;
        if (c->rows[next] - c->rows[first] > c->arcs)
            break;
        last = next;
    }
    return last;
}

/* Write where the runs begin, and n; returns how many there are. Without `firsts` only that. */
static uint64_t cut_all(const cutter *c, uint64_t *firsts)
{
    uint64_t count = 0;

    for (uint64_t first = 0; first < c->n; first = cut(c, first), count++) {
        if (firsts)
            firsts[count] = first;
    }
    if (firsts)
        firsts[count] = c->n;
    return count;
}

/* The arcs of a run (T1). */
static uint64_t share_of_arcs(const giga_graph *graph)
{
    return graph->in.arcs / (PER_RANK * (uint64_t)giga_near_size()) + 1;
}

/* Sums of a larger graph are cut less finely: every chunk reads all values once. */
static cutter chunk_cutter(const giga_graph *graph)
{
    uint64_t most = LEAST_CHUNK;

    while (most < UINT64_C(1) << BLOCK_BITS && graph->n / most > 64)
        most *= 2;
    return (cutter){graph->in.rows, graph->n, most, GR_TILE_GROUP, UINT64_MAX,
                    share_of_arcs(graph)};
}

static cutter piece_cutter(const giga_graph *graph)
{
    uint64_t most = graph->n <= UINT64_C(1) << 26 ? LEAST_PIECE : 1 << BLOCK_BITS;

    return (cutter){graph->out.rows, graph->n, most, GR_TILE_GROUP, UINT64_C(1) << BLOCK_BITS,
                    share_of_arcs(graph)};
}

/* The tables that all ranks of the node use while they make tiles. */
typedef struct maker {
    giga_graph *graph;
    gr_tiles *tiles;
    uint64_t *chunk_first, *piece_first, *block_piece, *starts;
    uint32_t *arcs;
    uint32_t *chunk_of;         /* of the first vertex of each word */
    uint64_t *next;             /* this rank's, per chunk */
} maker;

/* The leader cuts, the others learn how many. */
static giga_status cut_vertices(maker *m)
{
    const giga_graph *graph = m->graph;
    gr_tiles *t = m->tiles;
    cutter chunks = chunk_cutter(graph), pieces = piece_cutter(graph);
    uint64_t counts[2] = {0, 0};
    giga_status status = GIGA_OK;

    if (giga_near_index() == 0) {
        counts[0] = cut_all(&chunks, NULL);
        counts[1] = cut_all(&pieces, NULL);
    }
    status = giga_allreduce(counts, counts, 2, GIGA_U64, GIGA_SUM);
    t->chunks = counts[0];
    t->pieces = counts[1];
    t->blocks = ((graph->n - 1) >> BLOCK_BITS) + 1;
    uint64_t room = t->chunks + t->pieces + t->blocks + 3;
    if (status == GIGA_OK)
        status = gr_node_alloc((room + gr_words(graph->n)) * 8, false, &t->cuts_object);
    if (status != GIGA_OK)
        return status;
    m->chunk_first = t->cuts_object.at;
    m->piece_first = m->chunk_first + t->chunks + 1;
    m->block_piece = m->piece_first + t->pieces + 1;
    m->chunk_of = (uint32_t *)(m->block_piece + t->blocks + 1);
    if (giga_near_index() != 0)
        return GIGA_OK;
    cut_all(&chunks, m->chunk_first);
    cut_all(&pieces, m->piece_first);
    for (uint64_t b = 0, p = 0; b <= t->blocks; b++) {
        while (p < t->pieces && m->piece_first[p] >> BLOCK_BITS < b)
            p++;
        m->block_piece[b] = p;
    }
    for (uint64_t w = 0, c = 0; w < gr_words(graph->n); w++) {
        while (m->chunk_first[c + 1] <= w * WORD)
            c++;
        m->chunk_of[w] = (uint32_t)c;
    }
    return GIGA_OK;
}

static inline uint64_t chunk_of(const maker *m, uint64_t end)
{
    uint64_t chunk = m->chunk_of[end / WORD];

    while (end >= m->chunk_first[chunk + 1])
        chunk++; /* hubs: words of many chunks */
    return chunk;
}

/* Whether the rows of a piece mostly go on in the chunk they are in. */
static bool has_long_rows(const maker *m, uint64_t piece)
{
    const uint64_t *rows = m->graph->out.rows;
    uint64_t first = m->piece_first[piece], last = m->piece_first[piece + 1];

    return (rows[last] - rows[first]) / (2 * m->tiles->chunks) >= last - first;
}

/* For every arc of a piece with long rows (`runs`) or with others, in order: next[chunk] goes up,
 * and with `write` the arc goes where it was. In long rows it stays in a register meanwhile: else
 * every arc would wait for the one before. */
static inline void walk_piece(maker *m, bool wide, bool runs, bool write, uint64_t piece)
{
    const gr_csr *out = &m->graph->out;
    uint64_t chunk = 0, first = 0, limit = 0, at = m->next[0];

    for (uint64_t v = m->piece_first[piece]; v < m->piece_first[piece + 1]; v++) {
        uint32_t from = (uint32_t)(v & UINT16_MAX);
        for (uint64_t i = out->rows[v]; i < out->rows[v + 1]; i++) {
            uint64_t end = gr_end(out, wide, i);
            if (!runs || end < first || end >= limit) {
                m->next[chunk] = at;
                chunk = chunk_of(m, end);
                first = m->chunk_first[chunk];
                limit = m->chunk_first[chunk + 1];
                at = m->next[chunk];
            }
            if (write)
                m->arcs[at] = (uint32_t)(end - first) << BLOCK_BITS | from;
            at++;
        }
    }
    m->next[chunk] = at;
}

static void walk(maker *m, bool write, uint64_t piece)
{
    bool runs = has_long_rows(m, piece);

    if (m->graph->wide)
        walk_piece(m, true, runs, write, piece);
    else if (runs)
        walk_piece(m, false, true, write, piece);
    else
        walk_piece(m, false, false, write, piece);
}

static void count_piece(maker *m, uint64_t piece)
{
    const gr_tiles *t = m->tiles;

    memset(m->next, 0, t->chunks * 8);
    walk(m, false, piece);
    for (uint64_t c = 0; c < t->chunks; c++)
        m->starts[c * (t->pieces + 1) + piece] = m->next[c];
}

static void write_piece(maker *m, uint64_t piece)
{
    const gr_tiles *t = m->tiles;

    for (uint64_t c = 0; c < t->chunks; c++)
        m->next[c] = m->starts[c * (t->pieces + 1) + piece];
    walk(m, true, piece);
}

/* Counts become places. */
static void sum_starts(maker *m)
{
    const gr_tiles *t = m->tiles;
    uint64_t at = 0;

    for (uint64_t c = 0; c < t->chunks; c++) {
        uint64_t *starts = m->starts + c * (t->pieces + 1);
        for (uint64_t p = 0; p < t->pieces; p++) {
            uint64_t count = starts[p];
            starts[p] = at;
            at += count;
        }
        starts[t->pieces] = at;
    }
}

static giga_status fill(maker *m)
{
    giga_graph *graph = m->graph;
    uint64_t pieces = m->tiles->pieces;
    gr_work work = gr_work_begin(graph, pieces, 1);

    for (uint64_t piece, last; gr_work_draw(&work, &piece, &last);)
        count_piece(m, piece);
    giga_status status = giga_barrier();
    if (status == GIGA_OK && giga_near_index() == 0)
        sum_starts(m);
    if (status == GIGA_OK)
        status = giga_barrier();
    work = gr_work_begin(graph, pieces, 1);
    for (uint64_t piece, last; status == GIGA_OK && gr_work_draw(&work, &piece, &last);)
        write_piece(m, piece);
    return giga_agree(status);
}

static giga_status make(giga_graph *graph, gr_tiles *t)
{
    maker m = {.graph = graph, .tiles = t};
    giga_status status = cut_vertices(&m);
    uint64_t pairs;

    if (status == GIGA_OK && __builtin_mul_overflow(t->chunks, t->pieces + 1, &pairs))
        status = giga_fail(GIGA_ERR_MEMORY, "too many tiles");
    if (status == GIGA_OK)
        status = gr_node_alloc(pairs * 8, false, &t->starts_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(graph->in.arcs * 4, false, &t->arcs_object);
    if (status != GIGA_OK)
        return status;
    m.starts = t->starts_object.at;
    m.arcs = t->arcs_object.at;
    m.next = malloc(t->chunks * 8);
    t->sums = calloc((size_t)1 << BLOCK_BITS, sizeof *t->sums);
    status = giga_agree(m.next && t->sums ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK)
        status = fill(&m);
    free(m.next);
    t->chunk_first = m.chunk_first;
    t->block_piece = m.block_piece;
    t->starts = m.starts;
    t->arcs = m.arcs;
    return status;
}

giga_status gr_tiles_make(giga_graph *graph, uint64_t rounds, gr_tiles *tiles)
{
    *tiles = (gr_tiles){.chunks = 0};
    if (!is_worth(graph, rounds))
        return GIGA_OK;
    giga_status status = make(graph, tiles);
    if (status == GIGA_OK || status != GIGA_ERR_MEMORY)
        return status;
    return gr_tiles_free(tiles); /* rows do as well */
}

giga_status gr_tiles_free(gr_tiles *tiles)
{
    gr_node_object *all[] = {&tiles->arcs_object, &tiles->starts_object, &tiles->cuts_object};
    giga_status status = GIGA_OK;

    free(tiles->sums);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        giga_status freed = gr_node_free(all[i]);
        status = status != GIGA_OK ? status : freed;
    }
    *tiles = (gr_tiles){.chunks = 0};
    return status;
}

/* Adding up [i, last) of the tiles' arcs. Four arcs are looked at before their sums are written,
 * which the compiler may not do. */
static inline void add(double *sums, const double *from, const uint32_t *arcs, uint64_t i,
                       uint64_t last)
{
    for (; i + 4 <= last; i += 4) {
        uint32_t a = arcs[i], b = arcs[i + 1], c = arcs[i + 2], d = arcs[i + 3];
        __builtin_prefetch(arcs + i + AHEAD, 0, 0);
        sums[a >> BLOCK_BITS] += from[a & UINT16_MAX];
        sums[b >> BLOCK_BITS] += from[b & UINT16_MAX];
        sums[c >> BLOCK_BITS] += from[c & UINT16_MAX];
        sums[d >> BLOCK_BITS] += from[d & UINT16_MAX];
    }
    for (; i < last; i++)
        sums[arcs[i] >> BLOCK_BITS] += from[arcs[i] & UINT16_MAX];
}

void gr_tiles_add(const gr_tiles *tiles, uint64_t chunk, const double *values)
{
    const uint64_t *starts = tiles->starts + chunk * (tiles->pieces + 1);
    double *sums = tiles->sums;

    memset(sums, 0, (tiles->chunk_first[chunk + 1] - tiles->chunk_first[chunk]) * sizeof *sums);
    for (uint64_t b = 0; b < tiles->blocks; b++)
        add(sums, values + (b << BLOCK_BITS), tiles->arcs, starts[tiles->block_piece[b]],
            starts[tiles->block_piece[b + 1]]);
}
