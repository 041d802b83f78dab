/*
 * read_matrix.c - the head of a Matrix Market file: its banner and its size line.
 *
 * Rule: a header is believed only as far as the bytes behind it can bear. An entry has a
 * shortest form, so a file of so many bytes has at most so many entries; a header that
 * promises more is refused before anyone allocates by it.
 *
 * Not here: dense matrices (array), complex values, skew-symmetric and hermitian ones,
 * where an entry stands for another one that is not the same.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "read.h"

enum {
    SHORTEST_PATTERN = 4,      /* "1 1\n" */
    SHORTEST_VALUE = 6,        /* "1 1 1\n" */
    MOST_PER_GZIP_BYTE = 1032, /* deflate: 258 bytes from 2 bits */
    MOST_PER_ZSTD_BYTE = 32768 /* 128 KiB of one byte from a block of 4 */
};

static bool is(gr_text field, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(field.end - field.begin) == length &&
           !strncasecmp(field.begin, word, length);
}

/* The next word of a line; empty at its end. */
static gr_text word_of(gr_text *rest)
{
    gr_text word;

    if (!gr_next_field(' ', true, &rest->begin, rest->end, &word))
        return (gr_text){rest->end, rest->end};
    return word;
}

static giga_status refuse(const gr_head *head, gr_text word)
{
    return giga_fail(GIGA_ERR_UNSUPPORTED,
                     "%s, line %" PRIu64
                     ": \"%.*s\" matrices are not read; supported are "
                     "coordinate, pattern, integer or real, general or symmetric",
                     gr_shown_path(head->place.path), head->place.line,
                     (int)(word.end - word.begin), word.begin);
}

static bool find_field(gr_text word, gr_input *in)
{
    if (is(word, "pattern"))
        in->field = GR_FIELD_PATTERN;
    else if (is(word, "integer"))
        in->field = GR_FIELD_INTEGER;
    else if (is(word, "real"))
        in->field = GR_FIELD_REAL;
    return in->field != GR_FIELD_NONE;
}

static giga_status banner(const gr_head *head, const gr_head_line *line, gr_input *in)
{
    gr_text rest = line->text, word = word_of(&rest);

    if (!is(word, "%%MatrixMarket"))
        return gr_misread_head(head, line, word, "%%MatrixMarket");
    word = word_of(&rest);
    if (!is(word, "matrix"))
        return gr_misread_head(head, line, word, "matrix");
    word = word_of(&rest);
    if (is(word, "array"))
        return refuse(head, word);
    if (!is(word, "coordinate"))
        return gr_misread_head(head, line, word, "coordinate");
    word = word_of(&rest);
    if (is(word, "complex"))
        return refuse(head, word);
    if (!find_field(word, in))
        return gr_misread_head(head, line, word, "pattern, integer or real");
    word = word_of(&rest);
    if (is(word, "skew-symmetric") || is(word, "hermitian"))
        return refuse(head, word);
    if (!is(word, "general") && !is(word, "symmetric"))
        return gr_misread_head(head, line, word, "general or symmetric");
    in->symmetric = is(word, "symmetric");
    in->direction = in->symmetric ? GR_UNDIRECTED : GR_DIRECTED;
    return GIGA_OK;
}

/* Go to the first line behind the banner that is neither empty nor a comment. */
static giga_status find_size_line(gr_head *head, gr_head_line *line, gr_input *in)
{
    giga_status status;

    in->header_comments = 1; /* the banner is one */
    do {
        status = gr_head_next(head, line);
        gr_text rest = line->text, word = word_of(&rest);
        if (status != GIGA_OK || line->ended)
            break;
        if (word.begin < word.end && *word.begin != '%')
            break;
        in->header_comments += word.begin < word.end;
    } while (true);
    return status;
}

static giga_status size_line(const gr_head *head, const gr_head_line *line, gr_input *in)
{
    static const char *const what[] = {"the number of rows", "the number of columns",
                                       "the number of entries"};
    uint64_t *const sizes[] = {&in->rows, &in->columns, &in->edges_promised};
    gr_text rest = line->text;

    for (int i = 0; i < 3; i++) {
        gr_text word = word_of(&rest);
        if (!gr_id_of(word, sizes[i]) || *sizes[i] > INT64_MAX)
            return gr_misread_head(head, line, word, what[i]);
        if (i == 1 && in->symmetric && in->rows != in->columns)
            return gr_misread_head(head, line, word,
                                   "as many columns as rows in a symmetric matrix");
    }
    gr_text more = word_of(&rest);
    if (more.begin < more.end)
        return gr_misread_head(head, line, more,
                               "the end of the line after three numbers");
    return GIGA_OK;
}

uint64_t gr_most_bytes(const gr_input *in)
{
    uint64_t factor =
        in->compression == GR_GZIP ? MOST_PER_GZIP_BYTE : MOST_PER_ZSTD_BYTE;

    if (in->compression == GR_PLAIN)
        return in->bytes - in->data_offset;
    return in->bytes > UINT64_MAX / factor - 1 ? UINT64_MAX - 1 : in->bytes * factor;
}

static giga_status check_promise(const gr_head *head, const gr_input *in)
{
    uint64_t entry = in->field == GR_FIELD_PATTERN ? SHORTEST_PATTERN : SHORTEST_VALUE;
    uint64_t most = (gr_most_bytes(in) + 1) / entry; /* the last newline may lack */

    if (in->edges_promised <= most)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, line %" PRIu64 ": the Matrix Market header promises %" PRIu64
                     " entries, the file has room for %" PRIu64 " at most",
                     gr_shown_path(in->path), head->place.line, in->edges_promised, most);
}

giga_status gr_read_matrix_header(gr_head *head, const gr_head_line *line,
                                  const gr_input_opts *opts, gr_input *in)
{
    gr_head_line sizes;
    giga_status status = banner(head, line, in);

    if (status == GIGA_OK)
        status = find_size_line(head, &sizes, in);
    if (status == GIGA_OK)
        status = size_line(head, &sizes, in);
    if (status != GIGA_OK)
        return status;
    in->format = GR_FORMAT_MATRIX_MARKET;
    in->data_offset = sizes.next;
    in->data_line = head->place.line + 1;
    in->vertices_promised = in->rows > in->columns ? in->rows : in->columns;
    in->low_id = 1;
    in->fixed_range = true;
    in->vertices = in->vertices_promised;
    in->high_u = in->rows;
    in->high_v = in->columns;
    in->delimiter = ' ';
    in->v_column = 1;
    in->weighted = in->field != GR_FIELD_PATTERN && !opts->ignore_weights;
    in->w_column = in->weighted ? 2 : -1;
    in->more_columns = opts->ignore_weights;
    return check_promise(head, in);
}
