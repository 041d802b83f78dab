/*
 * read_gt.c - graph-tool's binary format (.gt, version 1).
 *
 * A mark, version, byte order, comment; u8 directed, u64 n; for each vertex a u64 count and
 * so many out-neighbours of 1, 2, 4 or 8 bytes, the fewest that hold n; then property maps.
 * An edge of an undirected graph is there once. The edge property "weight", when it is a
 * number, is the weight; its values are in the order of the edges.
 *
 * Rule: there is no index, so detection walks the whole file once from count to count, checks
 * that it ends where its last property does, and finds the weights. A reader of a range of
 * arcs walks to it in the same way, passing over what lies before.
 */
#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "read.h"

enum { TYPE_LONG_DOUBLE = 5, TYPE_STRING = 6, TYPE_STRINGS = 13, TYPE_OBJECT = 14 };

static giga_status take_u64(const gr_input *in, gr_cursor *cursor, const char *what,
                            uint64_t *number)
{
    char bytes[8];
    giga_status status = gr_cursor_take(cursor, bytes, sizeof bytes, what);

    if (status == GIGA_OK) {
        memcpy(number, bytes, sizeof bytes);
        *number = in->big_endian ? be64toh(*number) : le64toh(*number);
    }
    return status;
}

static giga_status bad_number(const gr_cursor *cursor, size_t back, uint64_t number,
                              const char *what)
{
    gr_place place = gr_cursor_place(cursor, back);

    return gr_misread_number(&place, number, "%s", what);
}

static giga_status take_u8(gr_cursor *cursor, uint8_t most, const char *what, uint8_t *number)
{
    giga_status status = gr_cursor_take(cursor, number, 1, what);

    if (status == GIGA_OK && *number > most)
        status = bad_number(cursor, 1, *number, what);
    return status;
}

/* Pass `count` things of `bytes` bytes, however many that are. */
static giga_status pass(gr_cursor *cursor, uint64_t count, uint64_t bytes, const char *what)
{
    uint64_t all;

    if (__builtin_mul_overflow(count, bytes, &all))
        all = UINT64_MAX / 2; /* more than there is */
    return gr_cursor_pass(cursor, all, what);
}

static giga_status head(gr_cursor *cursor, gr_input *in)
{
    char magic[6];
    uint8_t version, order, directed;
    uint64_t comment = 0;
    giga_status status = gr_cursor_take(cursor, magic, sizeof magic, "a graph-tool header");

    if (status == GIGA_OK && memcmp(magic, "\xe2\x9b\xbe gt", 6) != 0) {
        gr_place place = gr_cursor_place(cursor, sizeof magic);
        return gr_misread(&place, magic, sizeof magic, "", "the mark of a graph-tool file");
    }
    if (status == GIGA_OK)
        status = gr_cursor_take(cursor, &version, 1, "version 1 of the graph-tool format");
    if (status == GIGA_OK && version != 1)
        return bad_number(cursor, 1, version, "version 1 of the graph-tool format");
    if (status == GIGA_OK)
        status = take_u8(cursor, 1, "0 or 1 (little- or big-endian)", &order);
    if (status != GIGA_OK)
        return status;
    in->big_endian = order;
    status = take_u64(in, cursor, "the length of a comment", &comment);
    if (status == GIGA_OK)
        status = pass(cursor, comment, 1, "a longer comment");
    if (status == GIGA_OK)
        status = take_u8(cursor, 1, "0 or 1 (whether the graph is directed)", &directed);
    if (status == GIGA_OK)
        status = take_u64(in, cursor, "the number of vertices", &in->vertices);
    if (status != GIGA_OK)
        return status;
    in->direction = directed ? GR_DIRECTED : GR_UNDIRECTED;
    if (in->vertices > gr_most_bytes(in) / 8) /* each has a count of 8 bytes */
        return bad_number(cursor, 8, in->vertices,
                          "a number of vertices that the file has room for");
    return GIGA_OK;
}

static int32_t bytes_of_ends(uint64_t n)
{
    return n <= UINT8_MAX ? 1 : n <= UINT16_MAX ? 2 : n <= UINT32_MAX ? 4 : 8;
}

/* From count to count, to the end of the adjacency. */
static giga_status walk_rows(gr_cursor *cursor, gr_input *in)
{
    giga_status status = GIGA_OK;

    for (uint64_t row = 0; row < in->vertices && status == GIGA_OK; row++) {
        uint64_t count;
        status = take_u64(in, cursor, "the number of neighbours of another vertex", &count);
        if (status == GIGA_OK)
            status = pass(cursor, count, (uint64_t)in->end_bytes, "more neighbours of a vertex");
        if (status == GIGA_OK)
            in->arcs += count; /* they are all there, so this is below 2^64 */
    }
    return status;
}

static giga_status pass_strings(const gr_input *in, gr_cursor *cursor, uint64_t count)
{
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        uint64_t length;
        status = take_u64(in, cursor, "the length of a string", &length);
        if (status == GIGA_OK)
            status = pass(cursor, length, 1, "a longer string");
    }
    return status;
}

/* Bytes of a number of a type; types 7 to 12 are vectors of types 0 to 5. */
static uint64_t number_bytes(uint8_t type)
{
    static const uint64_t bytes[] = {1, 2, 4, 8, 8, 16};

    return bytes[type > TYPE_STRING ? type - TYPE_STRING - 1 : type];
}

static giga_status pass_values(const gr_input *in, gr_cursor *cursor, uint8_t type, uint64_t count)
{
    giga_status status = GIGA_OK;
    uint64_t length;

    if (type < TYPE_STRING)
        return pass(cursor, count, number_bytes(type), "more values of a property");
    if (type == TYPE_STRING || type == TYPE_OBJECT)
        return pass_strings(in, cursor, count);
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        status = take_u64(in, cursor, "the length of a vector", &length);
        if (status == GIGA_OK)
            status = type == TYPE_STRINGS
                         ? pass_strings(in, cursor, length)
                         : pass(cursor, length, number_bytes(type), "a longer vector");
    }
    return status;
}

static giga_status take_name(const gr_input *in, gr_cursor *cursor, bool *is_weight)
{
    char name[6];
    uint64_t length;
    giga_status status = take_u64(in, cursor, "the length of a name", &length);

    *is_weight = false;
    if (status != GIGA_OK || length != sizeof name)
        return status == GIGA_OK ? pass(cursor, length, 1, "a longer name") : status;
    status = gr_cursor_take(cursor, name, sizeof name, "a longer name");
    *is_weight = status == GIGA_OK && memcmp(name, "weight", sizeof name) == 0;
    return status;
}

/* The values of an edge property "weight" begin here. */
static giga_status found_weights(const gr_cursor *cursor, uint8_t type, gr_input *in)
{
    static const gr_value values[] = {GR_VALUE_U8, GR_VALUE_I16, GR_VALUE_I32, GR_VALUE_I64,
                                      GR_VALUE_F64};

    if (type >= TYPE_LONG_DOUBLE)
        return giga_fail(GIGA_ERR_UNSUPPORTED,
                         "%s, byte %" PRIu64
                         ": the edge property \"weight\" has values of type %d: expected bool, "
                         "int16, int32, int64 or double (0 to 4)",
                         gr_shown_path(in->path), cursor->offset + cursor->at, (int)type);
    in->weighted = true;
    in->value = values[type];
    in->weights_at = cursor->offset + cursor->at;
    return GIGA_OK;
}

static giga_status property(const gr_input_opts *opts, gr_cursor *cursor, gr_input *in)
{
    uint8_t of, type = 0;
    bool is_weight = false;
    giga_status status = take_u8(cursor, 2, "0, 1 or 2 (a property of graph, vertex, edge)", &of);

    if (status == GIGA_OK)
        status = take_name(in, cursor, &is_weight);
    if (status == GIGA_OK)
        status = take_u8(cursor, TYPE_OBJECT, "a type of values (0 to 14)", &type);
    if (status == GIGA_OK && is_weight && of == 2 && !opts->ignore_weights)
        status = found_weights(cursor, type, in);
    if (status != GIGA_OK)
        return status;
    uint64_t count = of == 0 ? 1 : of == 1 ? in->vertices : in->arcs;
    return pass_values(in, cursor, type, count);
}

/* Some writers end a file behind its adjacency. */
static giga_status properties(const gr_input_opts *opts, gr_cursor *cursor, gr_input *in)
{
    uint64_t count = 0;
    giga_status status = gr_cursor_look(cursor, 1);

    if (status != GIGA_OK || cursor->at == cursor->held)
        return status;
    status = take_u64(in, cursor, "the number of properties", &count);
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        status = property(opts, cursor, in);
    return status == GIGA_OK ? gr_cursor_expect_end(cursor) : status;
}

giga_status gr_read_gt_header(const gr_input_opts *opts, gr_input *in)
{
    gr_cursor cursor;
    giga_status status = gr_cursor_open(in, 0, &cursor);

    if (status != GIGA_OK)
        return status;
    status = head(&cursor, in);
    in->data_offset = in->offsets_at = cursor.offset + cursor.at;
    in->end_bytes = in->stride = bytes_of_ends(in->vertices);
    if (status == GIGA_OK)
        status = walk_rows(&cursor, in);
    if (status == GIGA_OK)
        status = properties(opts, &cursor, in);
    in->data_end = cursor.offset + cursor.at;
    gr_cursor_close(&cursor);
    in->fixed_range = true;
    in->high_u = in->high_v = in->vertices ? in->vertices - 1 : 0;
    in->vertices_promised = in->vertices;
    in->edges_promised = in->arcs;
    in->v_column = 1;
    in->w_column = -1;
    return status;
}

/* ---- arcs ---- */

static uint64_t end_at(const gr_input *in, const char *at)
{
    uint64_t end = 0;

    for (int32_t i = 0; i < in->end_bytes; i++) {
        int32_t byte = in->big_endian ? i : in->end_bytes - 1 - i;
        end = end << 8 | (unsigned char)at[byte];
    }
    return end;
}

typedef struct reader {
    const gr_input *in;
    gr_cursor rows, weights;
    gr_arc_block arcs;
    gr_edges *edges;
    gr_input_counts *counts;
} reader;

static giga_status take_end(reader *r, uint64_t row)
{
    const gr_input *in = r->in;
    char bytes[8];
    gr_arc_block *arcs = &r->arcs;
    giga_status status = gr_cursor_take(&r->rows, bytes, (size_t)in->end_bytes, "another neighbour");

    if (status != GIGA_OK)
        return status;
    arcs->u[arcs->count] = row;
    arcs->v[arcs->count] = end_at(in, bytes);
    if (arcs->v[arcs->count] > in->high_v) {
        gr_place place = gr_cursor_place(&r->rows, (size_t)in->end_bytes);
        return gr_misread_number(&place, arcs->v[arcs->count], "a neighbour (0 to %" PRIu64 ")",
                                 in->high_v);
    }
    arcs->count++;
    return GIGA_OK;
}

static giga_status take_weights(reader *r)
{
    const gr_input *in = r->in;
    size_t stride = gr_value_bytes(in->value);

    for (size_t i = 0; i < r->arcs.count && in->weighted; i++) {
        char bytes[8];
        giga_status status = gr_cursor_take(&r->weights, bytes, stride, "another weight");
        if (status != GIGA_OK)
            return status;
        r->arcs.w[i] = gr_value_at(in->value, in->big_endian, bytes);
        gr_place place = gr_cursor_place(&r->weights, stride);
        if (!isfinite(r->arcs.w[i]))
            return gr_misread(&place, NULL, 0, "infinity or no number", "a finite weight");
    }
    return GIGA_OK;
}

static giga_status flush(reader *r)
{
    giga_status status = take_weights(r);

    if (status == GIGA_OK)
        status = gr_stage_arcs(r->in, &r->arcs, r->edges, r->counts);
    return status;
}

/* A row whose arcs are numbered from `arc`: those of them in [first, last). */
static giga_status read_row(reader *r, uint64_t row, uint64_t arc, uint64_t count, uint64_t first,
                            uint64_t last)
{
    uint64_t width = (uint64_t)r->in->end_bytes, skip = first > arc ? first - arc : 0;
    giga_status status;

    if (skip >= count)
        return gr_cursor_pass(&r->rows, count * width, "more neighbours of a vertex");
    status = gr_cursor_pass(&r->rows, skip * width, "more neighbours of a vertex");
    for (uint64_t i = skip; i < count && arc + i < last && status == GIGA_OK; i++) {
        status = take_end(r, row);
        if (status == GIGA_OK && r->arcs.count == GR_ARC_BLOCK)
            status = flush(r);
    }
    return status;
}

static giga_status read_rows(reader *r, uint64_t first, uint64_t last)
{
    const gr_input *in = r->in;
    giga_status status = GIGA_OK;

    for (uint64_t row = 0, arc = 0; row < in->vertices && arc < last && status == GIGA_OK; row++) {
        uint64_t count;
        status = take_u64(in, &r->rows, "the number of neighbours of another vertex", &count);
        if (status == GIGA_OK && count > in->arcs - arc)
            status = bad_number(&r->rows, 8, count, "as many neighbours as when it was found");
        if (status == GIGA_OK)
            status = read_row(r, row, arc, count, first, last);
        arc += status == GIGA_OK ? count : 0;
    }
    return status == GIGA_OK ? flush(r) : status;
}

giga_status gr_read_gt_arcs(const gr_input *in, uint64_t first, uint64_t last, gr_edges *edges,
                            gr_input_counts *counts)
{
    reader r = {.in = in, .edges = edges, .counts = counts};
    giga_status status = gr_cursor_open(in, in->offsets_at, &r.rows);

    if (status == GIGA_OK && in->weighted)
        status = gr_cursor_open(in, in->weights_at + first * gr_value_bytes(in->value), &r.weights);
    if (status == GIGA_OK)
        status = read_rows(&r, first, last);
    gr_cursor_close(&r.rows);
    gr_cursor_close(&r.weights);
    return status;
}
