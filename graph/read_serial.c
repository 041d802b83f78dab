/*
 * read_serial.c - headers of serialized adjacencies.
 *
 * GAPBS (.sg, .wsg): u8 directed, i64 m, i64 n, offsets 0 to n, ends, the weight of an arc
 * behind its end; of a directed graph the same again for the reversed arcs, which is passed.
 * Galois (.gr 1 and 2): u64 version, bytes of edge data, n, m; offsets 1 to n; ends of 32 or
 * 64 bits, up to a multiple of 8; edge data.
 *
 * Rule: the whole file has exactly the size that its header promises, or is refused before
 * anything is read by it.
 */
#include <inttypes.h>
#include <string.h>

#include "read.h"

enum { GAPBS_HEAD = 17, GALOIS_HEAD = 32, OFFSET = 8 };

/* *sum += count * bytes, or false when that is no number of bytes any more. */
static bool add(uint64_t *sum, uint64_t count, uint64_t bytes)
{
    uint64_t product;

    return !__builtin_mul_overflow(count, bytes, &product) &&
           !__builtin_add_overflow(*sum, product, sum);
}

static giga_status too_large(const gr_input *in, uint64_t n, uint64_t m)
{
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, byte 1: the %s header promises %" PRIu64 " vertices and %" PRIu64
                     " arcs, the file has room for %" PRIu64 " bytes at most",
                     gr_shown_path(in->path), gr_format_name(in->format), n, m,
                     gr_most_bytes(in));
}

static giga_status check_size(const gr_input *in)
{
    if (in->compression != GR_PLAIN) /* where it ends is seen when it is read */
        return in->data_end <= gr_most_bytes(in) ? GIGA_OK
                                                  : too_large(in, in->vertices, in->arcs);
    if (in->bytes == in->data_end)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, byte %" PRIu64 ": expected a file of %" PRIu64
                     " bytes for the %" PRIu64 " vertices and %" PRIu64
                     " arcs of its %s header, found %" PRIu64 " bytes%s",
                     gr_shown_path(in->path),
                     (in->bytes < in->data_end ? in->bytes : in->data_end) + 1, in->data_end,
                     in->vertices, in->arcs, gr_format_name(in->format), in->bytes,
                     in->bytes < in->data_end ? ": it is truncated" : "");
}

/* What all binary adjacencies have in common once their sizes are known. */
static giga_status finish_header(gr_input *in)
{
    if (in->vertices == 0 && in->arcs > 0)
        return giga_fail(GIGA_ERR_FORMAT,
                         "%s, byte 1: the %s header promises %" PRIu64
                         " arcs between no vertices",
                         gr_shown_path(in->path), gr_format_name(in->format), in->arcs);
    in->fixed_range = true;
    in->high_u = in->high_v = in->vertices ? in->vertices - 1 : 0;
    in->vertices_promised = in->vertices;
    in->edges_promised = in->arcs;
    in->v_column = 1;
    in->w_column = -1;
    return check_size(in);
}

static giga_status take_head(const gr_input *in, char *head, size_t bytes, const char *what)
{
    gr_cursor cursor;
    giga_status status = gr_cursor_open(in, 0, &cursor);

    if (status != GIGA_OK)
        return status;
    status = gr_cursor_take(&cursor, head, bytes, what);
    gr_cursor_close(&cursor);
    return status;
}

static giga_status bad_count(const gr_input *in, uint64_t offset, uint64_t number,
                             const char *what)
{
    gr_place place = {.path = in->path, .compression = in->compression, .offset = offset};

    return gr_misread_number(&place, number, "%s", what);
}

/* Sizes of a GAPBS file; false when they are no number of bytes. */
static bool lay_out_gapbs(gr_input *in, bool directed)
{
    uint64_t side = OFFSET;

    in->stride = in->format == GR_FORMAT_GAPBS_WEIGHTED ? 8 : 4;
    in->data_offset = in->offsets_at = in->data_end = GAPBS_HEAD;
    if (!add(&side, in->vertices, OFFSET))
        return false;
    in->ends_at = GAPBS_HEAD + side;
    return add(&side, in->arcs, (uint64_t)in->stride) &&
           add(&in->data_end, side, directed ? 2 : 1) && in->data_end >= GAPBS_HEAD;
}

giga_status gr_read_gapbs_header(const gr_input_opts *opts, gr_input *in)
{
    char head[GAPBS_HEAD];
    giga_status status =
        take_head(in, head, sizeof head, "a GAPBS header (directed, arcs, vertices)");

    if (status != GIGA_OK)
        return status;
    uint8_t directed = (uint8_t)head[0];
    in->arcs = gr_word_at(head + 1);
    in->vertices = gr_word_at(head + 9);
    if (directed > 1)
        return bad_count(in, 0, directed, "0 or 1 (whether the graph is directed)");
    if (in->arcs > INT64_MAX)
        return bad_count(in, 1, in->arcs, "the number of arcs, below 2^63");
    if (in->vertices > (uint64_t)INT32_MAX + 1)
        return bad_count(in, 9, in->vertices, "the number of vertices, at most 2^31");
    if (!lay_out_gapbs(in, directed))
        return too_large(in, in->vertices, in->arcs);
    in->end_bytes = 4;
    in->direction = directed ? GR_DIRECTED : GR_UNDIRECTED;
    in->listing = directed ? GR_LISTED_ONCE : GR_LISTED_TWICE;
    in->symmetric = !directed;
    in->weighted = in->stride == 8 && !opts->ignore_weights;
    in->value = in->weighted ? GR_VALUE_I32 : GR_VALUE_NONE;
    in->weights_at = in->ends_at + 4;
    return finish_header(in);
}

static gr_value galois_value(const gr_input *in, uint64_t bytes)
{
    bool real = in->format == GR_FORMAT_GALOIS_REAL;

    if (bytes == 4)
        return real ? GR_VALUE_F32 : GR_VALUE_U32;
    if (bytes == 8)
        return real ? GR_VALUE_F64 : GR_VALUE_U64;
    return GR_VALUE_NONE;
}

static bool lay_out_galois(gr_input *in, uint64_t edge_bytes)
{
    uint64_t ends = 0;

    in->data_offset = in->data_end = GALOIS_HEAD;
    in->offsets_at = GALOIS_HEAD - OFFSET; /* that of row 0 is not there: it is 0 */
    if (!add(&in->data_end, in->vertices, OFFSET))
        return false;
    in->ends_at = in->data_end;
    if (!add(&ends, in->arcs, (uint64_t)in->end_bytes) || ends > UINT64_MAX - 7)
        return false;
    if (!add(&in->data_end, (ends + 7) / 8, 8))
        return false;
    /* Without edge data some writers leave the padding away. */
    if (!edge_bytes && in->compression == GR_PLAIN && in->bytes == in->ends_at + ends)
        in->data_end = in->bytes;
    in->weights_at = in->data_end;
    return add(&in->data_end, in->arcs, edge_bytes);
}

giga_status gr_read_galois_header(const gr_input_opts *opts, gr_input *in)
{
    char head[GALOIS_HEAD];
    giga_status status = take_head(in, head, sizeof head,
                                   "a Galois header (version, edge data, vertices, arcs)");

    if (status != GIGA_OK)
        return status;
    uint64_t version = gr_word_at(head), edge_bytes = gr_word_at(head + 8);
    in->vertices = gr_word_at(head + 16);
    in->arcs = gr_word_at(head + 24);
    if (version != 1 && version != 2)
        return bad_count(in, 0, version, "version 1 or 2 of a Galois graph");
    gr_value value = galois_value(in, edge_bytes);
    if (edge_bytes && value == GR_VALUE_NONE && !opts->ignore_weights)
        return bad_count(in, 8, edge_bytes, "edge data of 0, 4 or 8 bytes");
    if (in->vertices > INT64_MAX)
        return bad_count(in, 16, in->vertices, "the number of vertices, below 2^63");
    if (in->arcs > INT64_MAX)
        return bad_count(in, 24, in->arcs, "the number of arcs, below 2^63");
    in->end_bytes = in->stride = version == 1 ? 4 : 8;
    if (!lay_out_galois(in, edge_bytes))
        return too_large(in, in->vertices, in->arcs);
    in->listing = GR_LISTED_ARCS;
    in->weighted = value != GR_VALUE_NONE && !opts->ignore_weights;
    in->value = in->weighted ? value : GR_VALUE_NONE;
    return finish_header(in);
}

/* Whether a head has exactly the size of its file as a GAPBS graph of this kind. */
static bool is_gapbs(const gr_input *in, const char *head, gr_format format)
{
    gr_input tried = {.format = format, .arcs = gr_word_at(head + 1), .vertices = gr_word_at(head + 9)};

    return (unsigned char)head[0] <= 1 && tried.vertices <= INT32_MAX &&
           lay_out_gapbs(&tried, head[0]) && tried.data_end == in->bytes;
}

/*
 * graph-tool has a mark. A Galois version is eight bytes that no text begins with. GAPBS
 * has no mark, but sizes that are those of the file are one.
 */
gr_format gr_arcs_by_bytes(const gr_input *in, const char *head, size_t bytes)
{
    if (bytes >= 6 && !memcmp(head, "\xe2\x9b\xbe gt", 6))
        return GR_FORMAT_GRAPH_TOOL;
    bool measured = bytes >= GAPBS_HEAD && in->compression == GR_PLAIN;
    if (measured && is_gapbs(in, head, GR_FORMAT_GAPBS))
        return GR_FORMAT_GAPBS;
    if (measured && is_gapbs(in, head, GR_FORMAT_GAPBS_WEIGHTED))
        return GR_FORMAT_GAPBS_WEIGHTED;
    if (bytes >= 8 && (gr_word_at(head) == 1 || gr_word_at(head) == 2))
        return GR_FORMAT_GALOIS;
    return GR_FORMAT_ANY;
}
