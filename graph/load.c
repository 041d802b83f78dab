/*
 * load.c - a file read by all ranks.
 *
 * Rank 0 looks at the file and tells the others what it is. Of a plain file every rank
 * reads its own byte range. A compressed one can only be read from its start: rank 0
 * decompresses blocks of whole lines into global memory, one for each rank, and the ranks
 * parse them while it decompresses the next round.
 *
 * Of an adjacency every rank reads a share of the arcs; in text all first count the numbers
 * of their byte ranges, so that each knows where the others' begin. Rows of METIS are counted
 * in the same way. Compressed, both are decompressed by every rank, which keeps its share: a
 * row or a number means nothing without what came before, and rows know no bounds.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

enum { SLICES = 32, BLOCK = 4 << 20 };

void gr_loaded_clear(gr_loaded *loaded)
{
    gr_edges_clear(&loaded->edges);
    gr_ids_clear(&loaded->vertices);
}

/* ---- plain files ---- */

static void my_range(uint64_t bytes, uint64_t *first, uint64_t *last)
{
    uint64_t size = (uint64_t)giga_size(), rank = (uint64_t)giga_rank();
    uint64_t share = bytes / size, rest = bytes % size;

    *first = share * rank + (rank < rest ? rank : rest);
    *last = *first + share + (rank < rest);
}

static void report(const giga_graph_opts *opts, const char *stage, double fraction)
{
    if (opts->progress)
        opts->progress(opts->progress_argument, stage, fraction);
}

/* Rows before mine: METIS numbers its vertices by them. */
static giga_status count_rows(const gr_input *in, gr_input_counts *counts)
{
    uint64_t first, last, rows = 0;

    if (in->format != GR_FORMAT_METIS)
        return GIGA_OK;
    my_range(in->bytes, &first, &last);
    giga_status status = giga_agree(gr_input_count(in, first, last, &rows));
    return status == GIGA_OK ? giga_exscan(&rows, &counts->rows, 1, GIGA_U64, GIGA_SUM) : status;
}

static giga_status read_plain(const gr_input *in, const giga_graph_opts *opts, gr_loaded *out,
                              gr_input_counts *counts)
{
    uint64_t first, last;
    giga_status status = GIGA_OK;

    my_range(in->bytes, &first, &last);
    for (uint64_t i = 0; i < SLICES && status == GIGA_OK; i++) {
        uint64_t slice = (last - first) / SLICES + 1, begin = first + i * slice;
        uint64_t end = begin + slice < last ? begin + slice : last;
        if (begin >= end)
            break;
        report(opts, "reading", (double)i / SLICES);
        status = gr_input_read_range(in, begin, end, &out->edges, counts);
    }
    return status;
}

/* Every rank decompresses all of it and parses every giga_size()th block. */
static giga_status read_packed_rows(const gr_input *in, const giga_graph_opts *opts,
                                    gr_loaded *out, gr_input_counts *counts)
{
    uint64_t size = (uint64_t)giga_size(), rank = (uint64_t)giga_rank();
    gr_stream *stream;
    gr_block block;
    giga_status status = gr_stream_open(in, &stream);

    if (status != GIGA_OK)
        return status;
    for (uint64_t i = 0; status == GIGA_OK; i++) {
        status = gr_stream_next(stream, &block);
        if (status != GIGA_OK || !block.bytes)
            break;
        report(opts, "reading", (double)block.file_bytes / (double)in->bytes);
        if (i % size == rank)
            status = gr_input_parse(in, block.data, block.bytes, block.offset, block.line,
                                    &out->edges, counts);
        else
            counts->rows += gr_input_rows(in, block.data, block.bytes);
    }
    gr_stream_close(stream);
    return status;
}

/* ---- adjacencies ---- */

/* Marks of my range: the numbers that begin in each of its slices. */
static giga_status count_slices(const gr_input *in, gr_mark *mine)
{
    uint64_t first, last;
    giga_status status = GIGA_OK;

    my_range(in->bytes, &first, &last);
    for (uint64_t i = 0; i < SLICES; i++) {
        uint64_t begin = first + (last - first) / SLICES * i;
        uint64_t end = i + 1 < SLICES ? first + (last - first) / SLICES * (i + 1) : last;
        mine[i] = (gr_mark){begin, 0};
        if (status == GIGA_OK)
            status = gr_input_count(in, begin, end, &mine[i].numbers);
    }
    return status;
}

/* Where numbers begin in a text adjacency, all over it. 16 bytes per rank and slice. */
static giga_status make_marks(const gr_input *in, gr_mark **marks_out, size_t *count_out)
{
    gr_mark mine[SLICES];
    size_t count = (size_t)giga_size() * SLICES;
    gr_mark *marks = malloc(count * sizeof *marks);
    giga_status status = marks ? count_slices(in, mine)
                               : giga_fail(GIGA_ERR_MEMORY, "no memory for %zu marks", count);

    status = giga_agree(status);
    if (status == GIGA_OK)
        status = giga_allgather(mine, sizeof mine, marks);
    uint64_t before = 0;
    for (size_t i = 0; i < count && status == GIGA_OK; i++) {
        uint64_t numbers = marks[i].numbers;
        marks[i].numbers = before;
        before += numbers;
    }
    *marks_out = marks;
    *count_out = count;
    return status;
}

static giga_status read_arcs(const gr_input *in, const giga_graph_opts *opts, gr_loaded *out,
                             gr_input_counts *counts)
{
    gr_mark *marks = NULL;
    size_t count = 0;
    uint64_t first, last;
    giga_status status = GIGA_OK;

    report(opts, "reading", 0);
    if (gr_input_wants_marks(in))
        status = make_marks(in, &marks, &count);
    my_range(in->arcs, &first, &last);
    if (status == GIGA_OK)
        status = giga_agree(
            gr_input_read_arcs(in, marks, count, first, last, &out->edges, counts));
    free(marks);
    return status;
}

static giga_status read_vertices(const gr_input *in, gr_loaded *out)
{
    uint64_t first, last;

    if (in->vertices_path[0] == '\0')
        return GIGA_OK;
    my_range(in->vertices_bytes, &first, &last);
    return gr_input_read_vertices(in, first, last, &out->vertices);
}

/* ---- compressed files ---- */

/* A block of whole records on its way to the rank that parses it. */
typedef struct parcel {
    uint64_t bytes, offset, line;
    uint64_t end;               /* no more blocks follow this round */
    char data[BLOCK];
} parcel;

/* Fill a parcel with as many blocks of the stream as fit. */
static giga_status fill(gr_stream *stream, gr_block *pending, parcel *to)
{
    to->bytes = 0;
    to->offset = pending->offset;
    to->line = pending->line;
    while (pending->bytes > 0 && to->bytes + pending->bytes <= BLOCK) {
        memcpy(to->data + to->bytes, pending->data, pending->bytes);
        to->bytes += pending->bytes;
        giga_status status = gr_stream_next(stream, pending);
        if (status != GIGA_OK) {
            pending->bytes = 0;
            return status;
        }
    }
    return GIGA_OK;
}

static giga_status put_parcel(parcel *at, const parcel *from)
{
    return giga_put(at, from, offsetof(parcel, data) + from->bytes);
}

/* Rank 0: one parcel for every rank of this round, into half `half` of its block. */
static giga_status send_round(gr_stream *stream, gr_block *pending, char *object, uint64_t half,
                              parcel *buffer)
{
    giga_status status = GIGA_OK;

    for (int32_t r = 0; r < giga_size() && status == GIGA_OK; r++) {
        status = fill(stream, pending, buffer);
        giga_status filled = status;
        buffer->end = pending->bytes == 0;
        parcel *at = (parcel *)(void *)(object + (uint64_t)r * giga_stride(object)) + half;
        status = put_parcel(at, buffer);
        status = filled != GIGA_OK ? filled : status;
    }
    return status;
}

/* While round k is parsed, rank 0 first decompresses round k + 1 into the other half. */
static giga_status exchange_rounds(const gr_input *in, const giga_graph_opts *opts, char *object,
                                   gr_stream *stream, parcel *buffer, gr_loaded *out,
                                   gr_input_counts *counts)
{
    const parcel *mine = giga_local(object, NULL);
    gr_block pending = {0};
    giga_status status = GIGA_OK;
    bool more = true;

    if (stream)
        status = gr_stream_next(stream, &pending);
    if (stream && status == GIGA_OK)
        status = send_round(stream, &pending, object, 0, buffer);
    status = giga_agree(status);
    for (uint64_t round = 0; more && status == GIGA_OK; round++) {
        const parcel *p = &mine[round % 2];
        uint64_t last = giga_rank() == 0 && pending.bytes == 0;
        if (stream && pending.bytes > 0)
            status = send_round(stream, &pending, object, (round + 1) % 2, buffer);
        if (status == GIGA_OK)
            status = gr_input_parse(in, p->data, p->bytes, p->offset, p->line, &out->edges, counts);
        status = giga_agree(status);
        more = giga_allreduce_max(last) == 0;
        report(opts, "reading", in->bytes ? (double)pending.file_bytes / (double)in->bytes : 1);
    }
    return status;
}

static giga_status read_compressed(const gr_input *in, const giga_graph_opts *opts,
                                   gr_loaded *out, gr_input_counts *counts)
{
    gr_stream *stream = NULL;
    parcel *buffer = NULL;
    char *object = NULL;
    giga_status status = GIGA_OK;

    if (giga_rank() == 0) {
        buffer = malloc(sizeof *buffer);
        status = buffer ? gr_stream_open(in, &stream)
                        : giga_fail(GIGA_ERR_MEMORY, "%s: out of memory", in->path);
    }
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = giga_alloc_blocks(2 * sizeof(parcel), NULL, (void **)&object);
    if (status == GIGA_OK)
        status = exchange_rounds(in, opts, object, stream, buffer, out, counts);
    gr_stream_close(stream);
    free(buffer);
    giga_status freed = giga_free(object);
    return status != GIGA_OK ? status : freed;
}

/* ---- both ---- */

static gr_format format_of(giga_format format)
{
    static const gr_format formats[] = {
        [GIGA_FORMAT_AUTO] = GR_FORMAT_ANY,
        [GIGA_FORMAT_EDGE_LIST] = GR_FORMAT_EDGE_LIST,
        [GIGA_FORMAT_CSV] = GR_FORMAT_CSV,
        [GIGA_FORMAT_MATRIX_MARKET] = GR_FORMAT_MATRIX_MARKET,
        [GIGA_FORMAT_LDBC] = GR_FORMAT_LDBC,
        [GIGA_FORMAT_BINARY32] = GR_FORMAT_BINARY32,
        [GIGA_FORMAT_BINARY64] = GR_FORMAT_BINARY64,
        [GIGA_FORMAT_BINARY32_REAL] = GR_FORMAT_BINARY32_REAL,
        [GIGA_FORMAT_GRAPH500] = GR_FORMAT_GRAPH500,
        [GIGA_FORMAT_DIMACS] = GR_FORMAT_DIMACS,
        [GIGA_FORMAT_METIS] = GR_FORMAT_METIS,
        [GIGA_FORMAT_ADJACENCY] = GR_FORMAT_ADJACENCY,
        [GIGA_FORMAT_GAPBS] = GR_FORMAT_GAPBS,
        [GIGA_FORMAT_GAPBS_WEIGHTED] = GR_FORMAT_GAPBS_WEIGHTED,
        [GIGA_FORMAT_GALOIS] = GR_FORMAT_GALOIS,
        [GIGA_FORMAT_GALOIS_REAL] = GR_FORMAT_GALOIS_REAL,
        [GIGA_FORMAT_GRAPH_TOOL] = GR_FORMAT_GRAPH_TOOL,
    };
    return formats[format];
}

/* Rank 0 looks, all learn. */
giga_status gr_look_at_file(const char *name, const giga_graph_opts *opts, gr_input *in)
{
    gr_input_opts how = GR_INPUT_OPTS;
    giga_status status = GIGA_OK;

    how.format = format_of(opts->format);
    how.ignore_weights = opts->ignore_weights;
    if (giga_rank() == 0)
        status = gr_input_detect(name, &how, in);
    status = giga_agree(status);
    return status == GIGA_OK ? giga_broadcast(in, sizeof *in, 0) : status;
}

/* `symmetric`: of a list of arcs that says nothing, every arc has its reverse. */
static void decide_direction(const gr_input *in, const giga_graph_opts *opts, bool symmetric,
                             gr_loaded *out)
{
    if (opts->direction != GIGA_DIRECTION_AUTO) {
        out->directed = opts->direction == GIGA_DIRECTED;
        out->direction_from = "option";
    } else if (in->direction != GR_DIRECTION_UNKNOWN) {
        out->directed = in->direction == GR_DIRECTED;
        out->direction_from = "file";
    } else if (in->listing == GR_LISTED_ARCS) {
        out->directed = !symmetric;
        out->direction_from = "arcs";
    } else {
        out->directed = false;
        out->direction_from = "default";
    }
}

/* Edges in, edges out: MIRROR adds the reverse of each, LOWER drops arcs to lower ids. */
typedef enum change { MIRROR, LOWER } change;

static giga_status change_edges(gr_loaded *out, change how)
{
    gr_edges all;
    gr_edges_walk walk;
    gr_edge_block b;
    giga_status status = GIGA_OK;

    gr_edges_init(&all, out->weighted);
    gr_edges_walk_begin(&out->edges, true, &walk);
    while (status == GIGA_OK && gr_edges_next_block(&walk, &b)) {
        for (size_t i = 0; i < b.count && status == GIGA_OK; i++) {
            double w = b.w ? b.w[i] : 1.0;
            if (how == MIRROR || b.u[i] <= b.v[i])
                status = gr_edges_append(&all, b.u[i], b.v[i], w);
            if (status == GIGA_OK && how == MIRROR && b.u[i] != b.v[i])
                status = gr_edges_append(&all, b.v[i], b.u[i], w);
        }
    }
    gr_edges_clear(&out->edges);
    out->edges = all;
    return status == GIGA_OK ? gr_edges_seal(&out->edges) : status;
}

/* What all ranks read. Of rows each knows how many lie before its end. */
static giga_status add_counts(gr_input_counts *counts)
{
    uint64_t sums[] = {counts->edges, counts->up, counts->down, counts->loops, counts->balance};
    giga_status status = giga_allreduce(sums, sums, 5, GIGA_U64, GIGA_SUM);

    counts->rows = giga_allreduce_max(counts->rows);
    counts->edges = sums[0];
    counts->up = sums[1];
    counts->down = sums[2];
    counts->loops = sums[3];
    counts->balance = sums[4];
    return status;
}

static giga_status read_edges(const gr_input *in, const giga_graph_opts *opts, gr_loaded *out,
                              gr_input_counts *counts)
{
    if (gr_input_has_arcs(in))
        return read_arcs(in, opts, out, counts);
    if (in->compression != GR_PLAIN && in->format == GR_FORMAT_METIS)
        return giga_agree(read_packed_rows(in, opts, out, counts));
    if (in->compression != GR_PLAIN)
        return read_compressed(in, opts, out, counts);
    giga_status status = count_rows(in, counts);
    return status == GIGA_OK ? giga_agree(read_plain(in, opts, out, counts)) : status;
}

/* Directions are known: have every edge once, or both arcs of a symmetric one. */
static giga_status settle(const gr_input *in, bool symmetric, gr_loaded *out)
{
    if (in->symmetric && out->directed)
        return giga_agree(change_edges(out, MIRROR));
    if (in->listing == GR_LISTED_ARCS && symmetric && !out->directed)
        return giga_agree(change_edges(out, LOWER));
    return GIGA_OK;
}

void gr_describe_file(const gr_input *in, const giga_graph_opts *opts, gr_loaded *out)
{
    *out = (gr_loaded){.weighted = in->weighted};
    gr_edges_init(&out->edges, in->weighted);
    gr_ids_init(&out->vertices);
    snprintf(out->format, sizeof out->format, "%s", gr_format_name(in->format));
    decide_direction(in, opts, false, out);
}

giga_status gr_load_file(const gr_input *in, const giga_graph_opts *opts, gr_loaded *out)
{
    gr_input_counts counts = {0};

    gr_describe_file(in, opts, out);
    giga_status status = read_edges(in, opts, out, &counts);
    if (status == GIGA_OK)
        status = giga_agree(read_vertices(in, out));
    if (status == GIGA_OK)
        status = giga_agree(gr_edges_seal(&out->edges));
    if (status == GIGA_OK)
        status = add_counts(&counts);
    if (status == GIGA_OK)
        status = gr_input_check(in, &counts); /* the same on every rank */
    bool symmetric = counts.up == counts.down && counts.balance == 0;
    decide_direction(in, opts, symmetric, out);
    if (status == GIGA_OK)
        status = settle(in, symmetric, out);
    if (in->fixed_range) { /* whether or not they have edges */
        out->fixed_range = true;
        out->lowest = in->low_id;
        out->n = in->vertices;
    }
    return status;
}
