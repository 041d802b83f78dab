/*
 * read_csr.c - compressed rows: offsets, ends, weights, in binary or as text. Their headers
 * are in read_serial.c and read_adjacency.c.
 *
 * Rules: a reader holds a range of arcs. It finds the row of its first arc by bisection in
 * the offsets and then walks offsets, ends and weights side by side; offsets ascend all the
 * way. Behind its last arc it walks to the row where the next range begins, and must arrive
 * where a bisection for that arc arrives: so offsets that jump between two ranges are found
 * too.
 */
#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "read.h"
#include "read_number.h"

enum { OFFSET = 8 };

/* ---- rows ---- */

/* A walk over offsets: at row `row`, whose arcs are [begin, end). */
typedef struct rows {
    const gr_input *in;
    gr_cursor cursor;
    uint64_t next; /* number of the offset that the cursor is at, of 0 to n */
    uint64_t row, begin, end;
} rows;

static bool is_text(const gr_input *in)
{
    return in->format == GR_FORMAT_ADJACENCY;
}

/* Whether the first offset, 0, is not in the file. The last, m, is not in PBBS's. */
static bool implied(const gr_input *in, uint64_t number)
{
    if (is_text(in))
        return number == in->vertices;
    return number == 0 && (in->format == GR_FORMAT_GALOIS || in->format == GR_FORMAT_GALOIS_REAL);
}

/* What is wrong with the offset that was taken last: it is not in [low, high]. */
static giga_status bad_offset(const rows *r, const gr_text *word, uint64_t offset, uint64_t low,
                              uint64_t high)
{
    size_t length = (size_t)(word->end - word->begin);
    gr_place place = gr_cursor_place(&r->cursor, is_text(r->in) ? length : OFFSET);
    char found[32];

    snprintf(found, sizeof found, "%" PRIu64, offset);
    return gr_misread(&place, word->begin, length,
                      is_text(r->in) ? "the end of the file: it is truncated" : found,
                      "the offset of row %" PRIu64 " (%" PRIu64 " to %" PRIu64 ")", r->next - 1,
                      low, high);
}

/* A number in [low, high] of at most 15 digits with white space behind it. */
static bool plain_number(gr_cursor *cursor, uint64_t low, uint64_t high, uint64_t *number)
{
    const char *limit = cursor->room + cursor->held;

    while (cursor->at < cursor->held && gr_is_space(cursor->room[cursor->at]))
        cursor->at++;
    const char *p = cursor->room + cursor->at;
    if (limit - p <= GR_FAST_ID_READS || !gr_fast_id(&p, number) || !gr_is_space(*p) ||
        *number < low || *number > high)
        return false;
    cursor->at = (size_t)(p - cursor->room);
    return true;
}

/* An offset of a text, or with `word` set to what is none. */
static giga_status text_offset(gr_cursor *cursor, uint64_t low, uint64_t high, uint64_t *offset,
                               gr_text *word)
{
    if (plain_number(cursor, low, high, offset))
        return GIGA_OK;
    giga_status status = gr_cursor_word(cursor, word);
    if (status == GIGA_OK && !gr_id_of(*word, offset))
        *offset = UINT64_MAX; /* more than there are arcs */
    return status;
}

/* Offset number r->next, which is at least `low`. */
static giga_status next_offset(rows *r, uint64_t low, uint64_t *offset)
{
    const gr_input *in = r->in;
    uint64_t number = r->next++, high = number ? in->arcs : 0;
    gr_text word = {NULL, NULL};
    giga_status status = GIGA_OK;

    if (number == in->vertices)
        low = in->arcs;
    if (implied(in, number)) {
        *offset = high;
    } else if (is_text(in)) {
        status = text_offset(&r->cursor, low, high, offset, &word);
    } else {
        char bytes[OFFSET];
        status = gr_cursor_take(&r->cursor, bytes, sizeof bytes, "another offset of a row");
        *offset = status == GIGA_OK ? gr_word_at(bytes) : 0;
    }
    if (status == GIGA_OK && (*offset < low || *offset > high))
        status = bad_offset(r, &word, *offset, low, high);
    return status;
}

/* Begin at row `row`. There is one. */
static giga_status rows_open(const gr_input *in, const gr_mark *marks, size_t count, uint64_t row,
                             rows *r)
{
    giga_status status;

    *r = (rows){.in = in, .next = row, .row = row};
    if (is_text(in))
        status = gr_numbers_from(in, marks, count, row, &r->cursor);
    else
        status = gr_cursor_open(in, in->offsets_at + OFFSET * (row + implied(in, row)),
                                &r->cursor);
    if (status == GIGA_OK)
        status = next_offset(r, 0, &r->begin);
    if (status == GIGA_OK)
        status = next_offset(r, r->begin, &r->end);
    if (status != GIGA_OK)
        gr_cursor_close(&r->cursor);
    return status;
}

/* Go to the row that holds arc `arc`; to the last one when there is none, and it is. */
static giga_status rows_to(rows *r, uint64_t arc)
{
    giga_status status = GIGA_OK;

    while (r->end <= arc && r->row + 1 < r->in->vertices && status == GIGA_OK) {
        r->row++;
        r->begin = r->end;
        status = next_offset(r, r->begin, &r->end);
    }
    return status;
}

/* The offset at the start of a row, for a bisection: it is not checked here. */
static giga_status peek(const gr_input *in, const gr_mark *mark, uint64_t row, uint64_t *offset)
{
    gr_cursor cursor;
    gr_text word;
    char bytes[OFFSET];
    giga_status status;

    *offset = 0;
    if (implied(in, row))
        return GIGA_OK;
    if (!is_text(in)) {
        gr_source source;
        size_t got;
        status = gr_source_open(in->path, GR_PLAIN, in->bytes, &source);
        if (status != GIGA_OK)
            return status;
        gr_source_seek(&source, in->offsets_at + OFFSET * row);
        status = gr_source_read(&source, bytes, sizeof bytes, &got);
        gr_source_close(&source);
        *offset = status == GIGA_OK && got == sizeof bytes ? gr_word_at(bytes) : 0;
        return status;
    }
    status = gr_numbers_from(in, mark, 1, row, &cursor);
    if (status != GIGA_OK)
        return status;
    status = gr_cursor_word(&cursor, &word);
    if (status == GIGA_OK && !gr_id_of(word, offset))
        *offset = 0; /* the walk will say so */
    gr_cursor_close(&cursor);
    return status;
}

/* The last row that is known to begin at or before an arc. */
static giga_status bisect_rows(const gr_input *in, uint64_t arc, uint64_t *row)
{
    uint64_t low = 0, high = in->vertices, offset;
    giga_status status = GIGA_OK;

    while (high - low > 1 && status == GIGA_OK) {
        uint64_t middle = low + (high - low) / 2;
        status = peek(in, NULL, middle, &offset);
        *(offset <= arc ? &low : &high) = middle;
    }
    *row = low;
    return status;
}

static giga_status bisect_marks(const gr_input *in, const gr_mark *marks, size_t count,
                                uint64_t arc, uint64_t *row)
{
    size_t low = 0, high = 0;
    uint64_t offset;
    giga_status status = GIGA_OK;

    *row = 0;
    while (high < count && marks[high].numbers < in->vertices)
        high++;
    while (high > low && status == GIGA_OK) {
        size_t middle = low + (high - low) / 2;
        status = peek(in, &marks[middle], marks[middle].numbers, &offset);
        if (offset <= arc) {
            *row = marks[middle].numbers;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return status;
}

/* Open the rows at the one that holds `arc`. */
static giga_status rows_at(const gr_input *in, const gr_mark *marks, size_t count, uint64_t arc,
                           rows *r)
{
    uint64_t row = 0;
    giga_status status = GIGA_OK;

    if (arc > 0 && in->compression == GR_PLAIN)
        status = is_text(in) ? bisect_marks(in, marks, count, arc, &row)
                             : bisect_rows(in, arc, &row);
    if (status == GIGA_OK)
        status = rows_open(in, marks, count, row, r);
    if (status != GIGA_OK)
        return status;
    status = rows_to(r, arc);
    if (status != GIGA_OK)
        gr_cursor_close(&r->cursor);
    return status;
}

/* Behind the last arc of a range: the next one begins in the row where it looks for it. */
static giga_status check_next(rows *r, const gr_mark *marks, size_t count, uint64_t arc)
{
    rows next;
    giga_status status = rows_to(r, arc);

    if (status != GIGA_OK || arc == r->in->arcs || r->in->compression != GR_PLAIN)
        return status;
    status = rows_at(r->in, marks, count, arc, &next);
    if (status != GIGA_OK)
        return status;
    gr_cursor_close(&next.cursor);
    if (next.row == r->row)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s: expected offsets of rows that ascend, found arc %" PRIu64
                     " in row %" PRIu64 " and in row %" PRIu64,
                     gr_shown_path(r->in->path), arc, r->row, next.row);
}

/* The rows of the next arcs: u[i] is that of arc + i. */
static giga_status fill_rows(rows *r, uint64_t arc, uint64_t *u, size_t count)
{
    giga_status status = GIGA_OK;

    for (size_t i = 0; i < count && status == GIGA_OK;) {
        status = rows_to(r, arc + i);
        uint64_t run = r->end - (arc + i);
        size_t stop = run < count - i ? i + (size_t)run : count;
        while (i < stop)
            u[i++] = r->row;
    }
    return status;
}

/* ---- ends and weights ---- */

static giga_status bad_end(const gr_input *in, gr_place place, const char *found, size_t length,
                           uint64_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64, number);
    return gr_misread(&place, found, length, found ? "the end of the file: it is truncated" : text,
                      "the end of an arc (0 to %" PRIu64 ")", in->high_v);
}

static giga_status text_ends(const gr_input *in, gr_cursor *cursor, uint64_t *v, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gr_text word;
        if (plain_number(cursor, 0, in->high_v, &v[i]))
            continue;
        giga_status status = gr_cursor_word(cursor, &word);
        if (status != GIGA_OK)
            return status;
        size_t length = (size_t)(word.end - word.begin);
        if (!gr_id_of(word, &v[i]) || v[i] > in->high_v)
            return bad_end(in, gr_cursor_place(cursor, length), word.begin, length, 0);
    }
    return GIGA_OK;
}

static giga_status text_weights(gr_cursor *cursor, double *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gr_text word;
        giga_status status = gr_cursor_word(cursor, &word);
        if (status != GIGA_OK)
            return status;
        size_t length = (size_t)(word.end - word.begin);
        gr_place place = gr_cursor_place(cursor, length);
        if (!gr_weight_of(word, &w[i]))
            return gr_misread(&place, word.begin, length, "the end of the file: it is truncated",
                              "a weight (a finite decimal number)");
    }
    return GIGA_OK;
}

/* `count` binary numbers `stride` bytes apart are in the buffer, or the file is too short. */
static giga_status binary_run(gr_cursor *cursor, size_t bytes, const char *what, const char **at)
{
    giga_status status = gr_cursor_look(cursor, bytes);

    if (status == GIGA_OK && cursor->held - cursor->at < bytes)
        status = gr_cursor_take(cursor, NULL, bytes, what); /* which fails, and says so */
    *at = cursor->room + cursor->at;
    return status;
}

static void ends_of_4(const char *at, size_t stride, uint64_t *v, size_t count)
{
    uint32_t end;

    for (size_t i = 0; i < count; i++) {
        memcpy(&end, at + i * stride, sizeof end);
        v[i] = le32toh(end);
    }
}

static giga_status check_ends(const gr_input *in, const gr_cursor *cursor, const uint64_t *v,
                              size_t count)
{
    uint64_t largest = 0;
    size_t i = 0;

    for (size_t k = 0; k < count; k++)
        largest = v[k] > largest ? v[k] : largest;
    if (largest <= in->high_v)
        return GIGA_OK;
    while (v[i] <= in->high_v)
        i++;
    gr_place place = gr_cursor_place(cursor, 0);
    place.offset += i * (size_t)in->stride;
    return bad_end(in, place, NULL, 0, v[i]);
}

static void weights_of_i32(const char *at, size_t stride, double *w, size_t count)
{
    uint32_t bits;

    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, at + i * stride, sizeof bits);
        w[i] = (int32_t)le32toh(bits);
    }
}

static void weights_of_u32(const char *at, size_t stride, double *w, size_t count)
{
    uint32_t bits;

    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, at + i * stride, sizeof bits);
        w[i] = le32toh(bits);
    }
}

/* Weights that lie behind their ends, or alone. The usual ones have loops of their own. */
static giga_status binary_weights(const gr_input *in, const gr_cursor *cursor, const char *at,
                                  size_t stride, double *w, size_t count)
{
    if (in->value == GR_VALUE_I32)
        weights_of_i32(at, stride, w, count);
    else if (in->value == GR_VALUE_U32)
        weights_of_u32(at, stride, w, count);
    else
        for (size_t i = 0; i < count; i++)
            w[i] = gr_value_at(in->value, in->big_endian, at + i * stride);
    if (in->value != GR_VALUE_F32 && in->value != GR_VALUE_F64)
        return GIGA_OK;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(w[i]))
            continue;
        gr_place place = gr_cursor_place(cursor, 0);
        place.offset += (uint64_t)(at - (cursor->room + cursor->at)) + i * stride;
        return gr_misread(&place, NULL, 0, "infinity or no number", "a finite weight");
    }
    return GIGA_OK;
}

static bool interleaved(const gr_input *in)
{
    return in->format == GR_FORMAT_GAPBS_WEIGHTED;
}

static giga_status binary_ends(const gr_input *in, gr_cursor *cursor, gr_arc_block *arcs)
{
    size_t stride = (size_t)in->stride, bytes = arcs->count * stride;
    const char *at;
    giga_status status = binary_run(cursor, bytes, "another end of an arc", &at);

    if (status != GIGA_OK)
        return status;
    if (in->end_bytes == 4)
        ends_of_4(at, stride, arcs->v, arcs->count);
    else
        for (size_t i = 0; i < arcs->count; i++)
            arcs->v[i] = gr_word_at(at + i * 8);
    status = check_ends(in, cursor, arcs->v, arcs->count);
    if (status == GIGA_OK && in->weighted && interleaved(in))
        status = binary_weights(in, cursor, at + 4, stride, arcs->w, arcs->count);
    if (status == GIGA_OK)
        cursor->at += bytes;
    return status;
}

static giga_status fill_weights(const gr_input *in, gr_cursor *cursor, gr_arc_block *arcs)
{
    if (is_text(in))
        return text_weights(cursor, arcs->w, arcs->count);
    size_t stride = gr_value_bytes(in->value), bytes = arcs->count * stride;
    const char *at;
    giga_status status = binary_run(cursor, bytes, "another weight", &at);
    if (status == GIGA_OK)
        status = binary_weights(in, cursor, at, stride, arcs->w, arcs->count);
    if (status == GIGA_OK)
        cursor->at += bytes;
    return status;
}

/* ---- arcs ---- */

/* A range of arcs being read. */
typedef struct range {
    const gr_input *in;
    const gr_mark *marks;
    size_t count;
    uint64_t first, last;
    rows rows;
    gr_cursor ends, weights;
    bool has_rows;
} range;

static giga_status column_open(const range *r, uint64_t section, uint64_t stride,
                               gr_cursor *cursor)
{
    if (is_text(r->in))
        return gr_numbers_from(r->in, r->marks, r->count, section + r->first, cursor);
    return gr_cursor_open(r->in, section + r->first * stride, cursor);
}

static giga_status range_open(range *r)
{
    const gr_input *in = r->in;
    giga_status status = GIGA_OK;

    if (in->vertices > 0)
        status = rows_at(in, r->marks, r->count, r->first, &r->rows);
    r->has_rows = status == GIGA_OK && in->vertices > 0;
    if (status == GIGA_OK)
        status = column_open(r, in->ends_at, (uint64_t)in->stride, &r->ends);
    if (status == GIGA_OK && in->weighted && !interleaved(in))
        status = column_open(r, in->weights_at, gr_value_bytes(in->value), &r->weights);
    return status;
}

static giga_status range_read(range *r, gr_edges *edges, gr_input_counts *counts)
{
    static const size_t most = GR_ARC_BLOCK;
    gr_arc_block arcs;
    const gr_input *in = r->in;
    giga_status status = GIGA_OK;

    memset(arcs.w, 0, sizeof arcs.w); /* copied even where there are none */
    for (uint64_t arc = r->first, run; arc < r->last && status == GIGA_OK; arc += run) {
        run = r->last - arc < most ? r->last - arc : most;
        arcs.count = (size_t)run;
        status = fill_rows(&r->rows, arc, arcs.u, arcs.count);
        if (status == GIGA_OK)
            status = is_text(in) ? text_ends(in, &r->ends, arcs.v, arcs.count)
                                 : binary_ends(in, &r->ends, &arcs);
        if (status == GIGA_OK && r->weights.room)
            status = fill_weights(in, &r->weights, &arcs);
        if (status == GIGA_OK)
            status = gr_stage_arcs(in, &arcs, edges, counts);
    }
    return status;
}

/* Behind the last arc there is nothing but what the header counts. */
static giga_status expect_end(range *r)
{
    const gr_input *in = r->in;
    gr_cursor *last = r->weights.room ? &r->weights : &r->ends;

    if (is_text(in)) {
        giga_status status = GIGA_OK;
        if (in->edge_data && !in->weighted) /* weights that were not read */
            status = gr_cursor_pass_words(last, in->arcs);
        return status == GIGA_OK ? gr_cursor_expect_end(last) : status;
    }
    if (in->compression == GR_PLAIN)
        return GIGA_OK;
    giga_status status =
        gr_cursor_pass(last, in->data_end - (last->offset + last->at), "more of the adjacency");
    return status == GIGA_OK ? gr_cursor_expect_end(last) : status;
}

giga_status gr_read_csr_arcs(const gr_input *in, const gr_mark *marks, size_t count,
                             uint64_t first, uint64_t last, gr_edges *edges,
                             gr_input_counts *counts)
{
    range r = {.in = in, .marks = marks, .count = count, .first = first, .last = last};
    giga_status status = range_open(&r);

    if (status == GIGA_OK)
        status = range_read(&r, edges, counts);
    if (status == GIGA_OK && r.has_rows)
        status = check_next(&r.rows, marks, count, last);
    if (status == GIGA_OK && last == in->arcs)
        status = expect_end(&r);
    if (r.has_rows)
        gr_cursor_close(&r.rows.cursor);
    gr_cursor_close(&r.ends);
    gr_cursor_close(&r.weights);
    return status;
}
