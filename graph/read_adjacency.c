/*
 * read_adjacency.c - PBBS's adjacency in text, as Ligra and GBBS read it: a word, then the
 * numbers n, m, n offsets, m ends and, in a weighted one, m weights, between white space.
 *
 * Rule: a number belongs to the byte range in which it begins. What a number means is only
 * its place in the count; so the numbers of all ranges are counted first, and the counts
 * at many places (marks) are where readers start from. A compressed file has no places: its
 * readers count from its start.
 */
#include <inttypes.h>
#include <string.h>

#include "read.h"

static bool is(gr_text word, const char *expected)
{
    size_t length = strlen(expected);

    return (size_t)(word.end - word.begin) == length && !memcmp(word.begin, expected, length);
}

static giga_status misread(const gr_cursor *cursor, gr_text word, const char *expected)
{
    size_t length = (size_t)(word.end - word.begin);
    gr_place place = gr_cursor_place(cursor, length);

    return gr_misread(&place, word.begin, length, "the end of the file: it is truncated", "%s",
                      expected);
}

static giga_status size_word(gr_cursor *cursor, const char *what, uint64_t *size)
{
    gr_text word;
    giga_status status = gr_cursor_word(cursor, &word);

    if (status == GIGA_OK && (!gr_id_of(word, size) || *size > INT64_MAX))
        status = misread(cursor, word, what);
    return status;
}

static giga_status title(gr_cursor *cursor, gr_input *in)
{
    gr_text word;
    giga_status status = gr_cursor_word(cursor, &word);

    if (status != GIGA_OK)
        return status;
    in->edge_data = is(word, "WeightedAdjacencyGraph") || is(word, "WghAdjacencyGraph");
    if (!in->edge_data && !is(word, "AdjacencyGraph"))
        return misread(cursor, word, "AdjacencyGraph or WeightedAdjacencyGraph");
    return GIGA_OK;
}

/* A number takes two bytes, but for the last. */
static giga_status check_promise(const gr_input *in)
{
    uint64_t numbers, most = (gr_most_bytes(in) + 1) / 2;

    if (in->vertices == 0 && in->arcs > 0)
        return giga_fail(GIGA_ERR_FORMAT,
                         "%s, line 2: the adjacency header promises %" PRIu64
                         " arcs between no vertices",
                         gr_shown_path(in->path), in->arcs);
    /* Each is below 2^63, so one of them twice does not overflow. */
    bool fits = !__builtin_add_overflow(in->vertices, (in->edge_data ? 2 : 1) * in->arcs, &numbers);
    if (fits && numbers <= most)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, line 2: the adjacency header promises %" PRIu64 " vertices and %" PRIu64
                     " arcs, the file has room for %" PRIu64 " numbers at most",
                     gr_shown_path(in->path), in->vertices, in->arcs, most);
}

giga_status gr_read_adjacency_header(const gr_input_opts *opts, gr_input *in)
{
    gr_cursor cursor;
    giga_status status = gr_cursor_open(in, 0, &cursor);

    if (status != GIGA_OK)
        return status;
    cursor.text = true;
    status = title(&cursor, in);
    if (status == GIGA_OK)
        status = size_word(&cursor, "the number of vertices", &in->vertices);
    if (status == GIGA_OK)
        status = size_word(&cursor, "the number of arcs", &in->arcs);
    in->data_offset = cursor.offset + cursor.at;
    gr_cursor_close(&cursor);
    if (status != GIGA_OK)
        return status;
    in->data_line = 0;
    in->listing = GR_LISTED_ARCS;
    in->fixed_range = true;
    in->high_u = in->high_v = in->vertices ? in->vertices - 1 : 0;
    in->vertices_promised = in->vertices;
    in->edges_promised = in->arcs;
    in->weighted = in->edge_data && !opts->ignore_weights;
    in->w_column = -1;
    in->v_column = 1;
    in->ends_at = in->vertices; /* numbers, not bytes */
    in->weights_at = in->vertices + in->arcs;
    return check_promise(in);
}

/* The last mark at or before a number; one at the start of the data when there is none. */
static gr_mark mark_before(const gr_input *in, const gr_mark *marks, size_t count,
                           uint64_t number)
{
    size_t low = 0, high = count;

    while (high > low) {
        size_t middle = low + (high - low) / 2;
        if (marks[middle].numbers <= number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || marks[low - 1].byte <= in->data_offset)
        return (gr_mark){in->data_offset, 0};
    return marks[low - 1];
}

giga_status gr_numbers_from(const gr_input *in, const gr_mark *marks, size_t count,
                            uint64_t number, gr_cursor *cursor)
{
    gr_mark from = mark_before(in, marks, count, number);
    /* A number that begins before the mark is not counted from it: pass its end. The byte
     * before the data ends the header's last number, which is passed in the same way. */
    giga_status status = gr_cursor_open(in, from.byte - 1, cursor);

    if (status != GIGA_OK)
        return status;
    cursor->text = true;
    status = gr_cursor_look(cursor, 1);
    if (status == GIGA_OK && cursor->at < cursor->held &&
        !gr_is_space(cursor->room[cursor->at]))
        status = gr_cursor_pass_words(cursor, 1);
    if (status == GIGA_OK)
        status = gr_cursor_pass_words(cursor, number - from.numbers);
    if (status != GIGA_OK)
        gr_cursor_close(cursor);
    return status;
}

/* gr_is_space() without a branch. */
static inline unsigned char space_bit(char c)
{
    return (unsigned char)((unsigned char)(c == ' ') |
                           (unsigned char)((unsigned char)(c - '\t') <= '\r' - '\t'));
}

/* Numbers that begin in a run of bytes; `space` before the first of them. */
static uint64_t count_in(const char *at, size_t bytes, bool space)
{
    uint64_t count = 0;

    if (!bytes)
        return 0;
    count += space && !gr_is_space(at[0]);
    for (size_t from = 1; from < bytes; from += GR_COUNTED) {
        size_t run = bytes - from < GR_COUNTED ? bytes - from : GR_COUNTED;
        unsigned char found = 0;
        for (size_t i = from; i < from + run; i++)
            found = (unsigned char)(found + (space_bit(at[i - 1]) & (space_bit(at[i]) ^ 1)));
        count += found;
    }
    return count;
}

giga_status gr_count_numbers(const gr_input *in, uint64_t first, uint64_t last, uint64_t *count)
{
    gr_cursor cursor;

    *count = 0;
    first = first > in->data_offset ? first : in->data_offset;
    last = last < in->bytes ? last : in->bytes;
    if (first >= last)
        return GIGA_OK;
    giga_status status = gr_cursor_open(in, first - 1, &cursor);
    if (status != GIGA_OK)
        return status;
    char before = ' ';
    status = gr_cursor_take(&cursor, &before, 1, "more data");
    for (uint64_t left = last - first; left && status == GIGA_OK;) {
        status = gr_cursor_look(&cursor, 1);
        size_t held = cursor.held - cursor.at, run = left < held ? (size_t)left : held;
        if (status != GIGA_OK || !run)
            break;
        const char *at = cursor.room + cursor.at;
        *count += count_in(at, run, gr_is_space(before));
        before = at[run - 1];
        cursor.at += run;
        left -= run;
    }
    gr_cursor_close(&cursor);
    return status;
}
