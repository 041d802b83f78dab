/*
 * read_header.c - the head of a text file: comments, column names, the first edge.
 *
 * Rule: the first line with data decides for the whole file - its delimiter, and whether
 * edges have weights. A later line that is different is an error of that line.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "read.h"

giga_status gr_head_open(const char *path, gr_compression compression, uint64_t bytes,
                         gr_head *head)
{
    gr_span span = {.path = path,
                    .compression = compression,
                    .bytes = bytes,
                    .line = 1,
                    .last = UINT64_MAX};

    *head = (gr_head){.place = {.path = path, .compression = compression, .text = true}};
    return gr_stream_open_span(&span, &head->stream);
}

void gr_head_close(gr_head *head)
{
    gr_stream_close(head->stream);
}

/* A mark that some editors put in front of UTF-8. */
static const char *behind_mark(const char *at, const char *end)
{
    return end - at >= 3 && !memcmp(at, "\xef\xbb\xbf", 3) ? at + 3 : at;
}

giga_status gr_head_next(gr_head *head, gr_head_line *line)
{
    if (head->at == head->block.bytes) {
        giga_status status = gr_stream_next(head->stream, &head->block);
        if (status != GIGA_OK)
            return status;
        head->at = 0;
    }
    const char *begin = head->block.data + head->at,
               *limit = head->block.data + head->block.bytes;
    const char *newline =
        head->block.bytes ? memchr(begin, '\n', (size_t)(limit - begin)) : NULL;
    const char *next = newline ? newline + 1 : limit, *end = newline ? newline : limit;
    uint64_t offset = head->block.offset + head->at;
    head->place.line++;
    line->ended = begin == limit;
    line->next = offset + (uint64_t)(next - begin);
    head->at += (size_t)(next - begin);
    if (offset == 0)
        begin = behind_mark(begin, end);
    if (end > begin && end[-1] == '\r')
        end--;
    head->place.offset = head->block.offset + (uint64_t)(begin - head->block.data);
    line->text = (gr_text){begin, end};
    return GIGA_OK;
}

giga_status gr_misread_head(const gr_head *head, const gr_head_line *line, gr_text field,
                            const char *expected)
{
    gr_place place = head->place;

    place.offset += (uint64_t)(field.begin - line->text.begin);
    return gr_misread(&place, field.begin, (size_t)(field.end - field.begin),
                      "the end of the line", "%s", expected);
}

static gr_text without_blanks(gr_text text)
{
    while (text.begin < text.end && gr_is_blank(*text.begin))
        text.begin++;
    return text;
}

static bool starts_with(gr_text text, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(text.end - text.begin) >= length &&
           !strncasecmp(text.begin, word, length);
}

static bool is_word(gr_text text, const char *word)
{
    return starts_with(text, word) && (size_t)(text.end - text.begin) == strlen(word);
}

/* The number behind a word of a comment such as "Nodes: 6 Edges: 9". */
static void find_number(gr_text text, const char *word, uint64_t *number)
{
    uint64_t found;

    for (gr_text field; gr_next_field(' ', true, &text.begin, text.end, &field);)
        if (is_word(field, word) &&
            gr_next_field(' ', true, &text.begin, text.end, &field) &&
            gr_id_of(field, &found))
            *number = found;
}

/* What SNAP writes into the comments at the head of its files. */
static void heed_comment(gr_text text, gr_input *in)
{
    while (text.begin < text.end && (*text.begin == '#' || *text.begin == '%'))
        text.begin++;
    text = without_blanks(text);
    if (starts_with(text, "directed graph"))
        in->direction = GR_DIRECTED;
    else if (starts_with(text, "undirected graph"))
        in->direction = GR_UNDIRECTED;
    find_number(text, "nodes:", &in->vertices_promised);
    find_number(text, "edges:", &in->edges_promised);
}

static bool is_delimiter(char c)
{
    return c == ',' || c == ';' || c == '|';
}

/* The first of what may stand between columns; blanks around a , ; or | are none. */
static char first_delimiter(gr_text line)
{
    const char *p = without_blanks(line).begin;

    while (p < line.end && !gr_is_blank(*p) && !is_delimiter(*p))
        p++;
    char first = p < line.end ? *p : ' ';
    while (p < line.end && gr_is_blank(*p))
        p++;
    return p < line.end && is_delimiter(*p) ? *p : first;
}

static void first_edge(gr_text line, const gr_input_opts *opts, gr_input *in)
{
    int columns = 0;
    gr_text field;

    if (in->format == GR_FORMAT_ANY)
        in->format = GR_FORMAT_EDGE_LIST;
    in->delimiter = first_delimiter(line);
    while (columns < 3 &&
           gr_next_field(in->delimiter, gr_blank_runs(in), &line.begin, line.end, &field))
        columns++;
    in->weighted = columns == 3 && !opts->ignore_weights;
    in->more_columns = opts->ignore_weights;
    in->v_column = 1;
    in->w_column = in->weighted ? 2 : -1;
}

static char csv_delimiter(gr_text line)
{
    for (const char *c = ",;\t"; *c; c++)
        if (memchr(line.begin, *c, (size_t)(line.end - line.begin)))
            return *c;
    return 0;
}

/* Column names: two or more, and none of them is a number. */
static bool has_names(gr_text line)
{
    char delimiter = csv_delimiter(line);
    double number;

    for (gr_text field;
         delimiter && gr_next_field(delimiter, false, &line.begin, line.end, &field);)
        if (field.begin == field.end || gr_weight_of(field, &number))
            return false;
    return delimiter != 0;
}

static bool is_one_of(gr_text name, const char *const *words)
{
    for (; *words; words++)
        if (is_word(name, *words))
            return true;
    return false;
}

static void name_columns(gr_text line, gr_input *in, int32_t *columns)
{
    static const char *const from[] = {"source", "src", "from", NULL};
    static const char *const to[] = {"target", "dst", "to", NULL};
    gr_text name;

    for (*columns = 0; gr_next_field(in->delimiter, false, &line.begin, line.end, &name);
         ++*columns) {
        if (in->u_column < 0 && is_one_of(name, from))
            in->u_column = *columns;
        else if (in->v_column < 0 && is_one_of(name, to))
            in->v_column = *columns;
        else if (in->w_column < 0 && is_word(name, "weight"))
            in->w_column = *columns;
    }
}

static giga_status csv_header(const gr_head *head, const gr_head_line *line,
                              const gr_input_opts *opts, gr_input *in)
{
    int32_t columns;

    in->format = GR_FORMAT_CSV;
    in->delimiter = csv_delimiter(line->text);
    in->u_column = in->v_column = in->w_column = -1;
    if (in->delimiter)
        name_columns(line->text, in, &columns);
    if (!in->delimiter || (in->u_column < 0) != (in->v_column < 0) ||
        (in->u_column < 0 && columns - (in->w_column >= 0) < 2))
        return gr_misread_head(
            head, line, line->text,
            "names of two or more columns, with source and target or neither");
    if (in->u_column < 0) { /* the first two that are not the weight */
        in->u_column = in->w_column == 0;
        in->v_column = in->u_column + 1 + (in->w_column == in->u_column + 1);
    }
    if (opts->ignore_weights)
        in->w_column = -1;
    in->weighted = in->w_column >= 0;
    in->more_columns = true;
    return GIGA_OK;
}

/* Go to the first line that is neither empty nor a comment. */
static giga_status skip_comments(gr_head *head, gr_head_line *line, gr_input *in)
{
    giga_status status = GIGA_OK;

    while (status == GIGA_OK && !line->ended) {
        gr_text text = without_blanks(line->text);
        if (text.begin < text.end && !gr_is_comment(GR_FORMAT_EDGE_LIST, *text.begin))
            break;
        if (text.begin < text.end) {
            heed_comment(text, in);
            in->header_comments++;
        }
        status = gr_head_next(head, line);
    }
    return status;
}

static void data_at(uint64_t offset, uint64_t line, gr_input *in)
{
    in->data_offset = offset;
    in->data_line = line;
}

static giga_status list_header(gr_head *head, gr_head_line *line,
                               const gr_input_opts *opts, gr_input *in)
{
    giga_status status = skip_comments(head, line, in);

    if (status != GIGA_OK)
        return status;
    bool csv = in->format == GR_FORMAT_CSV;
    if (csv || (in->format == GR_FORMAT_ANY && has_names(line->text))) {
        data_at(line->next, head->place.line + 1, in);
        return csv_header(head, line, opts, in);
    }
    data_at(head->place.offset, head->place.line, in);
    first_edge(line->text, opts, in);
    return GIGA_OK;
}

static giga_status any_header(gr_head *head, const gr_input_opts *opts, gr_input *in)
{
    gr_head_line line;
    giga_status status = gr_head_next(head, &line);

    if (status != GIGA_OK)
        return status;
    if (line.ended && in->format != GR_FORMAT_LDBC)
        return gr_is_empty(in);
    if (in->format == GR_FORMAT_MATRIX_MARKET ||
        (in->format == GR_FORMAT_ANY && starts_with(line.text, "%%MatrixMarket")))
        return gr_read_matrix_header(head, &line, opts, in);
    if (in->format == GR_FORMAT_METIS)
        return gr_read_metis_header(head, &line, opts, in);
    if (in->format == GR_FORMAT_DIMACS || (in->format == GR_FORMAT_ANY && gr_is_dimacs(in)))
        return gr_read_dimacs_header(head, &line, opts, in);
    return list_header(head, &line, opts, in);
}

giga_status gr_read_header(const gr_input_opts *opts, gr_input *in)
{
    gr_head head;
    giga_status status = gr_head_open(in->path, in->compression, in->bytes, &head);

    if (status != GIGA_OK)
        return status;
    status = any_header(&head, opts, in);
    gr_head_close(&head);
    return status;
}

/* A line `graph.NAME.directed = true` or false. Other lines are none of our business. */
static giga_status property_line(const gr_head *head, const gr_head_line *line,
                                 gr_input *in)
{
    static const char key_end[] = ".directed";
    const size_t tail = sizeof key_end - 1;
    gr_text key, value, text = line->text;

    if (!gr_next_field('=', false, &text.begin, text.end, &key) || !text.begin)
        return GIGA_OK;
    if ((size_t)(key.end - key.begin) <= tail ||
        memcmp(key.end - tail, key_end, tail) != 0 || !starts_with(key, "graph."))
        return GIGA_OK;
    gr_next_field('=', false, &text.begin, text.end, &value);
    if (!is_word(value, "true") && !is_word(value, "false"))
        return gr_misread_head(head, line, value, "true or false");
    in->direction = is_word(value, "true") ? GR_DIRECTED : GR_UNDIRECTED;
    return GIGA_OK;
}

giga_status gr_read_properties(const char *path, gr_input *in)
{
    struct stat st;
    uint64_t bytes;
    gr_head head;
    gr_head_line line;

    if (stat(path, &st) != 0 && errno == ENOENT)
        return GIGA_OK;
    giga_status status = gr_check_file(path, &bytes);
    if (status != GIGA_OK)
        return status;
    status = gr_head_open(path, GR_PLAIN, bytes, &head);
    if (status != GIGA_OK)
        return status;
    do {
        status = gr_head_next(&head, &line);
        if (status == GIGA_OK && !line.ended)
            status = property_line(&head, &line, in);
    } while (status == GIGA_OK && !line.ended);
    gr_head_close(&head);
    return status;
}
