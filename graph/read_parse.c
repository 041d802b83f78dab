/*
 * read_parse.c - records to staged edges.
 *
 * Rule: one law, two speeds. fast_lines() takes lines of the plainest form - digits, one
 * delimiter, digits, perhaps a short weight, newline - and stops in front of the first
 * line that is anything else; one_line() takes any line, and alone decides what is an
 * error and says so.
 */
#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "read.h"
#include "read_number.h"

/* Bytes that one turn of fast_lines() may look at: two ids, a weight, what is between. */
enum { FAST_READS = 2 * (GR_FAST_ID_READS + 1) + GR_FAST_WEIGHT_READS + 4 };

/* Bytes of the longest row of a METIS file: some hundred million neighbours. */
enum { METIS_LINE_MAX = 1 << 30 };

typedef struct parser {
    const gr_input *in;
    const char *path;
    const char *data, *end;
    uint64_t offset; /* of data in the file */
    uint64_t line;   /* of data, 0 when unknown */
    gr_edges *edges;
    uint64_t comments;
} parser;

gr_place gr_place_in(const gr_lines *lines, const char *at)
{
    size_t index = (size_t)(at - lines->data);
    uint64_t newlines = lines->line ? gr_newlines(lines->data, index) : 0;

    return (gr_place){.path = lines->in->path,
                      .compression = lines->in->compression,
                      .offset = lines->offset + index,
                      .line = lines->line ? lines->line + newlines : 0,
                      .text = true};
}

static gr_place place_of(const parser *work, const char *at)
{
    gr_lines lines = {work->in, work->data, work->end, work->offset, work->line};
    gr_place place = gr_place_in(&lines, at);

    place.path = work->path;
    return place;
}

/* What stands where a field is empty. */
static const char *nothing_at(gr_text field, const char *line_end)
{
    return field.begin >= line_end ? "the end of the line" : "nothing";
}

static giga_status bad_id(const parser *work, bool second, gr_text field, const char *end)
{
    const gr_input *in = work->in;
    gr_place place = place_of(work, field.begin);
    size_t length = (size_t)(field.end - field.begin);

    if (in->format == GR_FORMAT_MATRIX_MARKET)
        return gr_misread(&place, field.begin, length, nothing_at(field, end),
                          "a %s number (1 to %" PRIu64 ")", second ? "column" : "row",
                          second ? in->high_v : in->high_u);
    if (in->format == GR_FORMAT_DIMACS)
        return gr_misread(&place, field.begin, length, nothing_at(field, end),
                          "a vertex number (1 to %" PRIu64 ")", in->high_u);
    return gr_misread(&place, field.begin, length, nothing_at(field, end),
                      "a vertex id (0 to 18446744073709551615)");
}

static giga_status bad_weight(const parser *work, gr_text field, const char *end)
{
    gr_place place = place_of(work, field.begin);

    return gr_misread(&place, field.begin, (size_t)(field.end - field.begin),
                      nothing_at(field, end), "a weight (a finite decimal number)");
}

static giga_status too_many_fields(const parser *work, gr_text field)
{
    gr_place place = place_of(work, field.begin);

    return gr_misread(&place, field.begin, (size_t)(field.end - field.begin),
                      "one more column", "the end of the line after %s",
                      work->in->weighted ? "two ids and a weight" : "two ids");
}

static giga_status bad_lead(const parser *work, gr_text field, const char *end)
{
    gr_place place = place_of(work, field.begin);

    return gr_misread(&place, field.begin, (size_t)(field.end - field.begin),
                      nothing_at(field, end), "a line of an arc, `%c from to weight`",
                      work->in->lead);
}

static int32_t last_column(const gr_input *in)
{
    int32_t last = in->u_column > in->v_column ? in->u_column : in->v_column;

    return last > in->w_column ? last : in->w_column;
}

static bool id_in(gr_text field, uint64_t low, uint64_t high, uint64_t *id)
{
    return gr_id_of(field, id) && *id >= low && *id <= high;
}

/* A line with an edge, without its newline. */
static giga_status edge_line(parser *work, const char *at, const char *end)
{
    const gr_input *in = work->in;
    const bool runs = gr_blank_runs(in);
    const int32_t last = last_column(in);
    uint64_t u = 0, v = 0;
    double w = 1;

    for (int32_t column = 0; column <= last; column++) {
        gr_text field = {end, end};
        if (!gr_next_field(in->delimiter, runs, &at, end, &field))
            field = (gr_text){end, end};
        if (column == 0 && in->lead &&
            (field.end - field.begin != 1 || *field.begin != in->lead))
            return bad_lead(work, field, end);
        if (column == in->u_column && !id_in(field, in->low_id, in->high_u, &u))
            return bad_id(work, false, field, end);
        if (column == in->v_column && !id_in(field, in->low_id, in->high_v, &v))
            return bad_id(work, true, field, end);
        if (column == in->w_column && !gr_weight_of(field, &w))
            return bad_weight(work, field, end);
    }
    gr_text more;
    if (!in->more_columns && gr_next_field(in->delimiter, runs, &at, end, &more))
        return too_many_fields(work, more);
    return gr_edges_append(work->edges, u, v, w);
}

/* Any line. `end` is at its newline or at the end of the data. */
static giga_status one_line(parser *work, const char *at, const char *end)
{
    const char *begin = at;

    if (end > at && end[-1] == '\r')
        end--;
    while (at < end && gr_is_blank(*at))
        at++;
    if (at == end)
        return GIGA_OK;
    if (gr_is_comment(work->in->format, *at)) {
        work->comments++;
        return GIGA_OK;
    }
    return edge_line(work, begin, end);
}

/* Whether lines may have the form that fast_lines() knows. */
static bool has_fast_lines(const gr_input *in)
{
    const int32_t first = in->lead ? 1 : 0;

    return in->u_column == first && in->v_column == first + 1 &&
           in->w_column == (in->weighted ? first + 2 : -1);
}

/* Parse plain lines from `*at`, which moves behind the last of them. */
static giga_status fast_lines(parser *work, const char **at)
{
    const gr_input *in = work->in;
    const char delimiter = in->delimiter, lead = in->lead;
    const bool weighted = in->weighted;
    const uint64_t low = in->low_id, high_u = in->high_u, high_v = in->high_v;
    giga_status status = GIGA_OK;
    uint64_t u, v;
    double w = 1;

    while (status == GIGA_OK && work->end - *at >= FAST_READS) {
        const char *p = *at;
        if (lead && (*p++ != lead || *p++ != delimiter))
            break;
        if (!gr_fast_id(&p, &u) || *p++ != delimiter || !gr_fast_id(&p, &v))
            break;
        if (weighted && (*p++ != delimiter || !gr_fast_weight(&p, &w)))
            break;
        p += *p == '\r';
        if (*p != '\n' || u < low || v < low || u > high_u || v > high_v)
            break;
        status = gr_edges_append(work->edges, u, v, w);
        *at = p + 1;
    }
    return status;
}

static giga_status lines(parser *work)
{
    const bool fast = has_fast_lines(work->in);
    giga_status status = GIGA_OK;

    for (const char *at = work->data; at < work->end && status == GIGA_OK;) {
        if (fast) {
            status = fast_lines(work, &at);
            if (status != GIGA_OK || at == work->end)
                break;
        }
        const char *end = memchr(at, '\n', (size_t)(work->end - at));
        const char *next = end ? end + 1 : work->end;
        status = one_line(work, at, end ? end : work->end);
        at = next;
    }
    return status;
}

static giga_status pairs32(parser *work)
{
    giga_status status = GIGA_OK;

    for (const char *at = work->data; at < work->end && status == GIGA_OK; at += 8) {
        uint32_t pair[2];
        memcpy(pair, at, sizeof pair);
        status = gr_edges_append(work->edges, le32toh(pair[0]), le32toh(pair[1]), 1);
    }
    return status;
}

static giga_status pairs64(parser *work)
{
    giga_status status = GIGA_OK;

    for (const char *at = work->data; at < work->end && status == GIGA_OK; at += 16) {
        uint64_t pair[2];
        memcpy(pair, at, sizeof pair);
        status = gr_edges_append(work->edges, le64toh(pair[0]), le64toh(pair[1]), 1);
    }
    return status;
}

static giga_status bad_real(const parser *work, const char *at)
{
    gr_place place = place_of(work, at);

    place.text = false;
    return gr_misread(&place, NULL, 0, "infinity or no number", "a finite weight");
}

static giga_status triples(parser *work)
{
    giga_status status = GIGA_OK;
    bool weighted = work->in->weighted;

    for (const char *at = work->data; at < work->end && status == GIGA_OK; at += 12) {
        uint32_t pair[2];
        memcpy(pair, at, sizeof pair);
        double w = weighted ? gr_value_at(GR_VALUE_F32, false, at + 8) : 1;
        if (!isfinite(w))
            return bad_real(work, at + 8);
        status = gr_edges_append(work->edges, le32toh(pair[0]), le32toh(pair[1]), w);
    }
    return status;
}

/* Graph500's packed edges: ids of 48 bits, their upper 16 in a third word. */
static giga_status packed(parser *work)
{
    giga_status status = GIGA_OK;

    for (const char *at = work->data; at < work->end && status == GIGA_OK; at += 12) {
        uint32_t words[3];
        memcpy(words, at, sizeof words);
        uint64_t high = le32toh(words[2]);
        status = gr_edges_append(work->edges, le32toh(words[0]) | (high & 0xffff) << 32,
                                 le32toh(words[1]) | (high >> 16) << 32, 1);
    }
    return status;
}

/* Bytes of a record; 0 for lines. */
static size_t unit_of(const gr_input *in)
{
    switch (in->format) {
    case GR_FORMAT_BINARY32: return 8;
    case GR_FORMAT_BINARY64: return 16;
    case GR_FORMAT_BINARY32_REAL:
    case GR_FORMAT_GRAPH500: return 12;
    default: return 0;
    }
}

static giga_status records(parser *work)
{
    size_t unit = unit_of(work->in), bytes = (size_t)(work->end - work->data);

    if (unit && bytes % unit)
        return giga_fail(GIGA_ERR_ARG, "%zu bytes are not whole records of %zu", bytes,
                         unit);
    switch (work->in->format) {
    case GR_FORMAT_BINARY32: return pairs32(work);
    case GR_FORMAT_BINARY64: return pairs64(work);
    case GR_FORMAT_BINARY32_REAL: return triples(work);
    case GR_FORMAT_GRAPH500: return packed(work);
    default: return lines(work);
    }
}

giga_status gr_input_parse(const gr_input *in, const char *data, size_t bytes,
                           uint64_t offset, uint64_t line, gr_edges *edges,
                           gr_input_counts *counts)
{
    if (!bytes)
        return GIGA_OK;
    parser work = {.in = in,
                   .path = in->path,
                   .data = data,
                   .end = data + bytes,
                   .offset = offset,
                   .line = line,
                   .edges = edges};
    uint64_t before = gr_edges_count(edges);
    gr_lines rows = {in, data, data + bytes, offset, line};
    giga_status status = in->format == GR_FORMAT_METIS ? gr_metis_rows(&rows, edges, counts)
                                                       : records(&work);
    counts->edges += gr_edges_count(edges) - before;
    counts->comments += work.comments;
    counts->bytes += bytes;
    return status;
}

static gr_span whole_span(const gr_input *in)
{
    return (gr_span){.path = in->path,
                     .compression = in->compression,
                     .bytes = in->bytes,
                     .unit = unit_of(in),
                     .longest = in->format == GR_FORMAT_METIS ? METIS_LINE_MAX : 0,
                     .start = in->data_offset,
                     .line = in->data_line,
                     .first = in->data_offset,
                     .last = UINT64_MAX};
}

giga_status gr_stream_open(const gr_input *in, gr_stream **stream_out)
{
    gr_span span = whole_span(in);

    return gr_stream_open_span(&span, stream_out);
}

/* The records that begin in a range of bytes; false when there is no byte in it. */
static bool range_of(const gr_input *in, uint64_t first, uint64_t last, gr_span *span)
{
    *span = whole_span(in);
    span->first = first > span->start ? first : span->start;
    span->last = last < in->bytes ? last : in->bytes;
    span->line = span->first == span->start ? in->data_line : 0;
    return span->first < span->last;
}

giga_status gr_input_read_range(const gr_input *in, uint64_t first, uint64_t last,
                                gr_edges *edges, gr_input_counts *counts)
{
    if (in->compression != GR_PLAIN)
        return giga_fail(GIGA_ERR_ARG,
                         "%s: a compressed file is read as a stream, not by range",
                         gr_shown_path(in->path));
    if (gr_input_has_arcs(in))
        return giga_fail(GIGA_ERR_ARG, "%s: an adjacency is read by arcs, not by bytes",
                         gr_shown_path(in->path));
    gr_span span;
    if (!range_of(in, first, last, &span))
        return GIGA_OK;
    gr_stream *stream;
    gr_block block;
    giga_status status = gr_stream_open_span(&span, &stream);
    if (status != GIGA_OK)
        return status;
    do {
        status = gr_stream_next(stream, &block);
        if (status == GIGA_OK)
            status = gr_input_parse(in, block.data, block.bytes, block.offset, block.line,
                                    edges, counts);
    } while (status == GIGA_OK && block.bytes);
    gr_stream_close(stream);
    return status;
}

static bool ends_id(char c)
{
    return gr_is_blank(c) || c == ',' || c == '|' || c == ';';
}

static giga_status vertex_line(const parser *work, const char *at, const char *end,
                               gr_ids *ids)
{
    uint64_t id;

    if (end > at && end[-1] == '\r')
        end--;
    while (at < end && gr_is_blank(*at))
        at++;
    if (at == end || gr_is_comment(GR_FORMAT_LDBC, *at))
        return GIGA_OK;
    gr_text field = {at, at};
    while (field.end < end && !ends_id(*field.end))
        field.end++;
    if (!gr_id_of(field, &id))
        return bad_id(work, false, field, end);
    return gr_ids_append(ids, id);
}

static giga_status vertex_lines(const gr_input *in, const gr_block *block, gr_ids *ids)
{
    parser work = {.in = in,
                   .path = in->vertices_path,
                   .data = block->data,
                   .end = block->data + block->bytes,
                   .offset = block->offset,
                   .line = block->line};
    giga_status status = GIGA_OK;

    for (const char *at = work.data; at < work.end && status == GIGA_OK;) {
        const char *end = memchr(at, '\n', (size_t)(work.end - at));
        const char *next = end ? end + 1 : work.end;
        status = vertex_line(&work, at, end ? end : work.end, ids);
        at = next;
    }
    return status;
}

giga_status gr_input_read_vertices(const gr_input *in, uint64_t first, uint64_t last,
                                   gr_ids *ids)
{
    if (!in->vertices_path[0])
        return giga_fail(GIGA_ERR_ARG, "%s: has no file of vertices",
                         gr_shown_path(in->path));
    gr_span span = {.path = in->vertices_path,
                    .bytes = in->vertices_bytes,
                    .first = first,
                    .last = last < in->vertices_bytes ? last : in->vertices_bytes,
                    .line = first ? 0 : 1};
    if (span.first >= span.last)
        return GIGA_OK;
    gr_stream *stream;
    gr_block block;
    giga_status status = gr_stream_open_span(&span, &stream);
    if (status != GIGA_OK)
        return status;
    do {
        status = gr_stream_next(stream, &block);
        if (status == GIGA_OK)
            status = vertex_lines(in, &block, ids);
    } while (status == GIGA_OK && block.bytes);
    gr_stream_close(stream);
    return status;
}

giga_status gr_input_count(const gr_input *in, uint64_t first, uint64_t last, uint64_t *count)
{
    *count = 0;
    if (in->compression != GR_PLAIN)
        return giga_fail(GIGA_ERR_ARG, "%s: a compressed file is not counted by range",
                         gr_shown_path(in->path));
    if (in->format == GR_FORMAT_ADJACENCY)
        return gr_count_numbers(in, first, last, count);
    gr_span span;
    if (in->format != GR_FORMAT_METIS || !range_of(in, first, last, &span))
        return GIGA_OK;
    span.line = 0; /* lines are not counted twice */
    gr_stream *stream;
    gr_block block;
    giga_status status = gr_stream_open_span(&span, &stream);
    if (status != GIGA_OK)
        return status;
    do {
        status = gr_stream_next(stream, &block);
        if (status == GIGA_OK)
            *count += gr_input_rows(in, block.data, block.bytes);
    } while (status == GIGA_OK && block.bytes);
    gr_stream_close(stream);
    return status;
}
