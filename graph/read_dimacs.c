/*
 * read_dimacs.c - the head of a DIMACS shortest-path file (.gr): comments `c`, then one
 * line `p sp n m`. Behind it are lines `a from to weight`, from 1 to n, parsed as any edge
 * list with one more column in front (read_parse.c). An `a` is an arc: the graph is directed.
 *
 * Not here: `p edge` and other problems, whose lines mean something else.
 */
#include <inttypes.h>
#include <string.h>

#include "read.h"

enum { SHORTEST_ARC = 8 }; /* "a 1 1 1\n" */

static gr_text word_of(gr_text *rest)
{
    gr_text word;

    if (!gr_next_field(' ', true, &rest->begin, rest->end, &word))
        return (gr_text){rest->end, rest->end};
    return word;
}

static bool is(gr_text word, const char *expected)
{
    size_t length = strlen(expected);

    return (size_t)(word.end - word.begin) == length && !memcmp(word.begin, expected, length);
}

/* The word that a line begins with, behind empty lines and comments. */
static giga_status skip_comments(gr_head *head, gr_head_line *line, gr_text *rest,
                                 uint64_t *comments)
{
    giga_status status = GIGA_OK;

    while (status == GIGA_OK && !line->ended) {
        *rest = line->text;
        gr_text word = word_of(rest);
        if (word.begin < word.end && *word.begin != 'c')
            break;
        *comments += word.begin < word.end;
        status = gr_head_next(head, line);
    }
    if (line->ended)
        *rest = line->text;
    return status;
}

/* A comment `c` also begins a line of CSV; what follows the comments does not. */
bool gr_is_dimacs(const gr_input *in)
{
    gr_head head;
    gr_head_line line;
    gr_text rest = {NULL, NULL};
    uint64_t comments = 0;
    bool found = false;

    if (gr_head_open(in->path, in->compression, in->bytes, &head) != GIGA_OK)
        return false;
    giga_status status = gr_head_next(&head, &line);
    if (status == GIGA_OK && line.text.begin < line.text.end &&
        (*line.text.begin == 'c' || *line.text.begin == 'p'))
        status = skip_comments(&head, &line, &rest, &comments);
    if (status == GIGA_OK && rest.begin && !line.ended) {
        rest = line.text;
        found = is(word_of(&rest), "p");
    }
    gr_head_close(&head);
    return found;
}

static giga_status check_promise(const gr_head *head, const gr_input *in)
{
    uint64_t most = (gr_most_bytes(in) + 1) / SHORTEST_ARC;

    if (in->edges_promised <= most)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, line %" PRIu64 ": the DIMACS header promises %" PRIu64
                     " arcs, the file has room for %" PRIu64 " at most",
                     gr_shown_path(in->path), head->place.line, in->edges_promised, most);
}

static giga_status problem_line(const gr_head *head, const gr_head_line *line, gr_input *in)
{
    static const char *const what[] = {"the number of vertices", "the number of arcs"};
    uint64_t *const sizes[] = {&in->vertices, &in->edges_promised};
    gr_text rest = line->text, word = word_of(&rest);

    if (!is(word, "p"))
        return gr_misread_head(head, line, word, "a line `p sp VERTICES ARCS`");
    word = word_of(&rest);
    if (word.begin < word.end && !is(word, "sp"))
        return giga_fail(GIGA_ERR_UNSUPPORTED,
                         "%s, line %" PRIu64 ": DIMACS problems \"%.*s\" are not read; sp is",
                         gr_shown_path(in->path), head->place.line,
                         (int)(word.end - word.begin < 40 ? word.end - word.begin : 40),
                         word.begin);
    if (word.begin == word.end)
        return gr_misread_head(head, line, word, "sp");
    for (int i = 0; i < 2; i++) {
        word = word_of(&rest);
        if (!gr_id_of(word, sizes[i]) || *sizes[i] > INT64_MAX)
            return gr_misread_head(head, line, word, what[i]);
    }
    word = word_of(&rest);
    if (word.begin < word.end)
        return gr_misread_head(head, line, word, "the end of the line after two numbers");
    return GIGA_OK;
}

giga_status gr_read_dimacs_header(gr_head *head, gr_head_line *line, const gr_input_opts *opts,
                                  gr_input *in)
{
    gr_text rest;
    giga_status status = skip_comments(head, line, &rest, &in->header_comments);

    if (status == GIGA_OK)
        status = problem_line(head, line, in);
    if (status != GIGA_OK)
        return status;
    in->format = GR_FORMAT_DIMACS;
    in->direction = GR_DIRECTED;
    in->data_offset = line->next;
    in->data_line = head->place.line + 1;
    in->vertices_promised = in->vertices;
    in->fixed_range = true;
    in->low_id = 1;
    in->high_u = in->high_v = in->vertices;
    in->delimiter = ' ';
    in->lead = 'a';
    in->u_column = 1;
    in->v_column = 2;
    in->weighted = !opts->ignore_weights;
    in->w_column = in->weighted ? 3 : -1;
    in->more_columns = opts->ignore_weights;
    return check_promise(head, in);
}
