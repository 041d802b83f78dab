/*
 * read_metis.c - METIS graphs: `n m [fmt [ncon]]`, then a line per vertex with its
 * neighbours, from 1; comments %.
 *
 * fmt has up to three digits: vertices have a size, vertices have ncon weights, edges have
 * weights. Sizes and weights of vertices are checked to be numbers and not read further.
 *
 * Rules: what a line means is its number among those that are no comments, so a reader must
 * know how many rows lie before it (gr_input_counts.rows). An empty line is a vertex without
 * neighbours; behind the last vertex only empty lines may follow. A row is a line, but not
 * bound to 1 MiB: a hub of a million neighbours has seven.
 */
#include <inttypes.h>
#include <string.h>

#include "read.h"
#include "read_number.h"

static gr_text word_of(gr_text *rest)
{
    gr_text word;

    if (!gr_next_field(' ', true, &rest->begin, rest->end, &word))
        return (gr_text){rest->end, rest->end};
    return word;
}

/* ---- head ---- */

static bool formats(gr_text word, gr_input *in, bool *has_weights)
{
    size_t digits = (size_t)(word.end - word.begin);
    bool flags[3] = {false, false, false}; /* sizes, weights of vertices, of edges */

    if (digits < 1 || digits > 3)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (word.begin[i] != '0' && word.begin[i] != '1')
            return false;
        flags[3 - digits + i] = word.begin[i] == '1';
    }
    in->skipped = flags[0];
    *has_weights = flags[1];
    in->edge_data = flags[2];
    return true;
}

static giga_status head_line(const gr_head *head, const gr_head_line *line, gr_input *in)
{
    gr_text rest = line->text, word = word_of(&rest);
    uint64_t constraints = 1;
    bool has_weights = false;

    if (!gr_id_of(word, &in->vertices) || in->vertices > INT64_MAX)
        return gr_misread_head(head, line, word, "the number of vertices");
    word = word_of(&rest);
    if (!gr_id_of(word, &in->edges_promised) || in->edges_promised > INT64_MAX)
        return gr_misread_head(head, line, word, "the number of edges");
    word = word_of(&rest);
    if (word.begin < word.end && !formats(word, in, &has_weights))
        return gr_misread_head(head, line, word, "a format of up to three digits 0 or 1");
    word = word_of(&rest);
    if (word.begin < word.end && (!gr_id_of(word, &constraints) || constraints > UINT16_MAX))
        return gr_misread_head(head, line, word, "the number of weights per vertex");
    word = word_of(&rest);
    if (word.begin < word.end)
        return gr_misread_head(head, line, word, "the end of the line after four numbers");
    in->skipped += has_weights ? (int32_t)constraints : 0;
    return GIGA_OK;
}

/* A row has its newline, but for the last; an edge has two entries of two bytes. */
static giga_status check_promise(const gr_head *head, const gr_input *in)
{
    uint64_t most = gr_most_bytes(in);

    if (in->vertices <= most + 1 && in->edges_promised <= most / 2 + 1)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, line %" PRIu64 ": the METIS header promises %" PRIu64
                     " vertices and %" PRIu64 " edges, the file has room for %" PRIu64
                     " bytes at most",
                     gr_shown_path(in->path), head->place.line, in->vertices,
                     in->edges_promised, most);
}

giga_status gr_read_metis_header(gr_head *head, gr_head_line *line, const gr_input_opts *opts,
                                 gr_input *in)
{
    giga_status status = GIGA_OK;

    while (status == GIGA_OK && !line->ended) {
        gr_text rest = line->text, word = word_of(&rest);
        if (word.begin < word.end && *word.begin != '%')
            break;
        in->header_comments += word.begin < word.end;
        status = gr_head_next(head, line);
    }
    if (status == GIGA_OK)
        status = head_line(head, line, in);
    if (status != GIGA_OK)
        return status;
    in->data_offset = line->next;
    in->data_line = head->place.line + 1;
    in->direction = GR_UNDIRECTED;
    in->listing = GR_LISTED_TWICE;
    in->symmetric = true;
    in->vertices_promised = in->vertices;
    in->fixed_range = true;
    in->low_id = 1;
    in->high_u = in->high_v = in->vertices;
    in->delimiter = ' ';
    in->v_column = 1;
    in->w_column = -1;
    in->weighted = in->edge_data && !opts->ignore_weights;
    return check_promise(head, in);
}

/* ---- rows ---- */

typedef struct row_parser {
    const gr_lines *lines;
    gr_edges *edges;
    gr_input_counts *counts;
    uint64_t vertex;
    gr_arc_block arcs; /* of rows up to here that are not staged yet */
} row_parser;

static inline giga_status add_arc(row_parser *work, uint64_t v, double w)
{
    gr_arc_block *arcs = &work->arcs;

    arcs->u[arcs->count] = work->vertex;
    arcs->v[arcs->count] = v;
    arcs->w[arcs->count] = w;
    if (++arcs->count < GR_ARC_BLOCK)
        return GIGA_OK;
    return gr_stage_arcs(work->lines->in, arcs, work->edges, work->counts);
}

static giga_status misread(const row_parser *work, gr_text word, const char *line_end,
                           const char *expected)
{
    gr_place place = gr_place_in(work->lines, word.begin);

    return gr_misread(&place, word.begin, (size_t)(word.end - word.begin),
                      word.begin >= line_end ? "the end of the line" : "nothing", "%s", expected);
}

static giga_status bad_neighbour(const row_parser *work, gr_text word)
{
    gr_place place = gr_place_in(work->lines, word.begin);

    return gr_misread(&place, word.begin, (size_t)(word.end - word.begin), "nothing",
                      "a neighbour of vertex %" PRIu64 " (1 to %" PRIu64 ")", work->vertex,
                      work->lines->in->high_v);
}

/* One neighbour, and its weight where there are any; *at moves behind it. */
static giga_status any_arc(row_parser *work, const char **at, const char *end)
{
    const gr_input *in = work->lines->in;
    gr_text rest = {*at, end}, word = word_of(&rest);
    uint64_t v;
    double w = 1;

    if (!gr_id_of(word, &v) || v < 1 || v > in->high_v)
        return bad_neighbour(work, word);
    if (in->edge_data) {
        word = word_of(&rest);
        if (!gr_weight_of(word, &w))
            return misread(work, word, end, "a weight (a finite decimal number)");
    }
    *at = rest.begin;
    return add_arc(work, v, w);
}

/* Plain neighbours without weights: digits and one blank or the end of the line. */
static giga_status plain_arcs(row_parser *work, const char **at, const char *end)
{
    const gr_input *in = work->lines->in;
    giga_status status = GIGA_OK;

    while (status == GIGA_OK && *at < end && work->lines->end - *at > GR_FAST_ID_READS) {
        const char *p = *at;
        uint64_t v;
        if (!gr_fast_id(&p, &v) || p > end || (p < end && !gr_is_blank(*p)) || v < 1 ||
            v > in->high_v)
            break;
        *at = p < end ? p + 1 : p;
        status = add_arc(work, v, 1);
    }
    return status;
}

static giga_status row(row_parser *work, const char *at, const char *end)
{
    const gr_input *in = work->lines->in;
    giga_status status = GIGA_OK;

    for (int32_t i = 0; i < in->skipped; i++) {
        gr_text rest = {at, end}, word = word_of(&rest);
        double number;
        if (!gr_weight_of(word, &number))
            return misread(work, word, end, "a size or weight of the vertex");
        at = rest.begin;
    }
    while (status == GIGA_OK) {
        if (!in->edge_data)
            status = plain_arcs(work, &at, end);
        while (at < end && gr_is_blank(*at))
            at++;
        if (status != GIGA_OK || at == end)
            break;
        status = any_arc(work, &at, end);
    }
    return status;
}

/* A line; *is_row unless it is a comment, or empty behind the last vertex. */
static giga_status line_of(row_parser *work, const char *at, const char *end)
{
    const gr_input *in = work->lines->in;
    const char *first = at;

    if (end > at && end[-1] == '\r')
        end--;
    while (first < end && gr_is_blank(*first))
        first++;
    if (first < end && *first == '%') {
        work->counts->comments++;
        return GIGA_OK;
    }
    work->vertex = ++work->counts->rows;
    if (work->vertex <= in->vertices)
        return row(work, at, end);
    if (first == end)
        return GIGA_OK;
    gr_text rest = {first, end}, word = word_of(&rest);
    return misread(work, word, end, "the end of the file after the row of the last vertex");
}

giga_status gr_metis_rows(const gr_lines *lines, gr_edges *edges, gr_input_counts *counts)
{
    row_parser work;
    giga_status status = GIGA_OK;

    work.lines = lines;
    work.edges = edges;
    work.counts = counts;
    work.arcs.count = 0;
    for (const char *at = lines->data; at < lines->end && status == GIGA_OK;) {
        const char *end = memchr(at, '\n', (size_t)(lines->end - at));
        const char *next = end ? end + 1 : lines->end;
        status = line_of(&work, at, end ? end : lines->end);
        at = next;
    }
    giga_status staged = gr_stage_arcs(lines->in, &work.arcs, edges, counts);
    return status == GIGA_OK ? staged : status;
}

uint64_t gr_input_rows(const gr_input *in, const char *data, size_t bytes)
{
    const char *limit = data + bytes;
    uint64_t rows = 0;

    if (in->format != GR_FORMAT_METIS)
        return 0;
    for (const char *at = data; at < limit;) {
        const char *newline = memchr(at, '\n', (size_t)(limit - at));
        const char *end = newline ? newline : limit;
        while (at < end && gr_is_blank(*at))
            at++;
        rows += at == end || *at != '%';
        at = newline ? newline + 1 : limit;
    }
    return rows;
}
