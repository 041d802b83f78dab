/*
 * read.h - between the read_*.c files: bytes, records, fields, numbers and the sentence
 * that says what is wrong where.
 *
 * From the disk upwards: a gr_source yields bytes (read_source.c), a gr_stream yields
 * blocks of whole records of a gr_span (read_stream.c), the parser takes records apart
 * (read_parse.c). The head of a file is read in read_detect.c and read_header.c.
 * All calls are local.
 */
#ifndef GR_READ_H
#define GR_READ_H

#include <endian.h>
#include <string.h>

#include "input.h"

/* Where something stands in a file. */
typedef struct gr_place {
    const char *path;
    gr_compression compression;
    uint64_t offset; /* bytes before it; decompressed */
    uint64_t line;   /* from 1; 0: unknown, then counted if it can be */
    bool text;       /* the file has lines */
} gr_place;

/* The end of a path, as much as fits into a sentence. */
const char *gr_shown_path(const char *path);

/*
 * Fail with GIGA_ERR_FORMAT: "PATH, line 17, byte 203: expected EXPECTED, found "-3"".
 * A token of length 0 is `nothing`, such as "the end of the line".
 */
giga_status gr_misread(const gr_place *place, const char *token, size_t length,
                       const char *nothing, const char *expected, ...) GIGA_PRINTF(5, 6);

/* The same with a number that was found. */
giga_status gr_misread_number(const gr_place *place, uint64_t number, const char *expected, ...)
    GIGA_PRINTF(3, 4);

/* Bytes in which things are counted with a byte for the count: loops without branches that
 * a compiler does 16 or 32 bytes at a time. */
enum { GR_COUNTED = 192 };

/* Newlines in a run of bytes. */
uint64_t gr_newlines(const char *data, size_t bytes);

/* Fail with what errno says about a file operation. */
giga_status gr_io_failed(const char *path, const char *what);

/*
 * A file as a run of decompressed bytes.
 */
typedef struct gr_source {
    char path[GR_PATH_MAX];
    int fd;
    gr_compression compression;
    uint64_t at;                  /* next byte of the file to be read */
    uint64_t bytes;               /* of the file; what is appended later is not read */
    struct gr_unpacker *unpacker; /* NULL for GR_PLAIN */
} gr_source;

/* Open a file of `bytes` bytes. Closes nothing on failure: there is nothing to close. */
giga_status gr_source_open(const char *path, gr_compression compression, uint64_t bytes,
                           gr_source *source);

/* Continue a GR_PLAIN source at a byte of the file. */
void gr_source_seek(gr_source *source, uint64_t offset);

/*
 * Read up to `want` bytes; less only at the end, which is an error where compressed data
 * is cut off or the file has become shorter than it was.
 */
giga_status gr_source_read(gr_source *source, char *to, size_t want, size_t *got);

void gr_source_close(gr_source *source);

/* Records of a file: all that begin in [first, last). */
typedef struct gr_span {
    const char *path;
    gr_compression compression;
    uint64_t bytes;       /* of the file */
    size_t unit;          /* bytes of a record; 0: a record is a line */
    size_t longest;       /* bytes of the longest line; 0: GR_LINE_MAX */
    uint64_t start;       /* here a record begins */
    uint64_t line;        /* its line; 0: lines are not counted */
    uint64_t first, last; /* compressed: start and UINT64_MAX */
} gr_span;

giga_status gr_stream_open_span(const gr_span *span, gr_stream **stream_out);

/* A field of a line, without the blanks around it and without its quotes. */
typedef struct gr_text {
    const char *begin, *end;
} gr_text;

/* Blanks stand around fields, and between them where a run of them is the delimiter. */
static inline bool gr_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/*
 * Cut the next field off a line. `*at` moves behind it, to NULL behind the last one.
 * With `runs` a run of blanks is one delimiter; else every delimiter ends a field, which
 * may then be empty, and "quotes" are taken off.
 */
bool gr_next_field(char delimiter, bool runs, const char **at, const char *end,
                   gr_text *field);

/* Whether a format takes a run of blanks for one delimiter. */
bool gr_blank_runs(const gr_input *in);

/* A whole token as an id, or false when it is not a number below 2^64. */
bool gr_id_of(gr_text token, uint64_t *id);

/* A whole token as a finite decimal number, the nearest double, or false. */
bool gr_weight_of(gr_text token, double *weight);

/* Whether a line of this format is a comment, from its first non-blank character. */
bool gr_is_comment(gr_format format, char c);

/* The lines at the head of a text file, read one by one. */
typedef struct gr_head {
    gr_stream *stream;
    gr_place place; /* of the line yielded last */
    gr_block block;
    size_t at; /* next line in the block */
} gr_head;

/* A line of the head, without its newline; `ended` when there was none. */
typedef struct gr_head_line {
    gr_text text;
    uint64_t next; /* offset of the line behind it */
    bool ended;
} gr_head_line;

giga_status gr_head_open(const char *path, gr_compression compression, uint64_t bytes,
                         gr_head *head);
giga_status gr_head_next(gr_head *head, gr_head_line *line);
void gr_head_close(gr_head *head);

/* gr_misread() for a field of the line that was yielded last. */
giga_status gr_misread_head(const gr_head *head, const gr_head_line *line, gr_text field,
                            const char *expected);

/* Read the head of a text file and fill in what it says. read_header.c. */
giga_status gr_read_header(const gr_input_opts *opts, gr_input *in);

/* Read a Matrix Market head, whose banner is `line`. read_matrix.c. */
giga_status gr_read_matrix_header(gr_head *head, const gr_head_line *line,
                                  const gr_input_opts *opts, gr_input *in);

/* Read a file of LDBC properties, if it is there, for the direction. read_header.c. */
giga_status gr_read_properties(const char *path, gr_input *in);

/* The bytes there can be behind the header, decompressed. read_matrix.c. */
uint64_t gr_most_bytes(const gr_input *in);

/* Read the head of a DIMACS file, which begins with `line`. read_dimacs.c. */
giga_status gr_read_dimacs_header(gr_head *head, gr_head_line *line, const gr_input_opts *opts,
                                  gr_input *in);

/* Whether a file begins with DIMACS comments and then a line `p ...`. read_dimacs.c. */
bool gr_is_dimacs(const gr_input *in);

/* Read the head of a METIS file, which begins with `line`. read_metis.c. */
giga_status gr_read_metis_header(gr_head *head, gr_head_line *line, const gr_input_opts *opts,
                                 gr_input *in);

/* A run of whole METIS rows. read_metis.c. */
typedef struct gr_lines {
    const gr_input *in;
    const char *data, *end;
    uint64_t offset; /* of data in the file */
    uint64_t line;   /* of data, 0 when unknown */
} gr_lines;

giga_status gr_metis_rows(const gr_lines *lines, gr_edges *edges, gr_input_counts *counts);

/* The place of a byte of `lines`. read_parse.c. */
gr_place gr_place_in(const gr_lines *lines, const char *at);

/*
 * A file read forwards from a byte on, decompressed. What is not yet taken lies in
 * room[at .. held). read_cursor.c.
 */
typedef struct gr_cursor {
    gr_source source;
    char *room;
    size_t at, held;
    uint64_t offset; /* of room[0] */
    bool ended;      /* nothing comes after room[held] */
    bool text;
} gr_cursor;

giga_status gr_cursor_open(const gr_input *in, uint64_t offset, gr_cursor *cursor);
void gr_cursor_close(gr_cursor *cursor);

/* Have `bytes` bytes (at most GR_CURSOR_ROOM) to look at, or all that are left. */
enum { GR_CURSOR_ROOM = 1 << 18 };
giga_status gr_cursor_look(gr_cursor *cursor, size_t bytes);

/* Take bytes; fewer are an error that says they were `what`. */
giga_status gr_cursor_take(gr_cursor *cursor, void *to, size_t bytes, const char *what);
giga_status gr_cursor_pass(gr_cursor *cursor, uint64_t bytes, const char *what);

/* Take the next word between white space; empty at the end of the file. It is valid until
 * the next call. GIGA_ERR_FORMAT when it is longer than 4096 bytes. */
giga_status gr_cursor_word(gr_cursor *cursor, gr_text *word);

/* Pass words without looking at them. */
giga_status gr_cursor_pass_words(gr_cursor *cursor, uint64_t words);

/* Where the cursor is, `back` bytes before. */
gr_place gr_cursor_place(const gr_cursor *cursor, size_t back);

/* The file must end where the cursor is; in text there may be white space. */
giga_status gr_cursor_expect_end(gr_cursor *cursor);

static inline bool gr_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Headers of adjacency files. read_adjacency.c, read_serial.c, read_gt.c. */
giga_status gr_read_adjacency_header(const gr_input_opts *opts, gr_input *in);
giga_status gr_read_gapbs_header(const gr_input_opts *opts, gr_input *in);
giga_status gr_read_galois_header(const gr_input_opts *opts, gr_input *in);
giga_status gr_read_gt_header(const gr_input_opts *opts, gr_input *in);

/* The adjacency format that these first bytes of a file are, or GR_FORMAT_ANY. */
gr_format gr_arcs_by_bytes(const gr_input *in, const char *head, size_t bytes);
enum { GR_ARCS_HEAD = 32 };

/* A cursor in front of number `number` of a text adjacency. read_adjacency.c. */
giga_status gr_numbers_from(const gr_input *in, const gr_mark *marks, size_t count,
                            uint64_t number, gr_cursor *cursor);
giga_status gr_count_numbers(const gr_input *in, uint64_t first, uint64_t last, uint64_t *count);

/* Arcs on their way from an adjacency to the staged edges. read_arcs.c. */
enum { GR_ARC_BLOCK = 2048 };
typedef struct gr_arc_block {
    size_t count;
    uint64_t u[GR_ARC_BLOCK], v[GR_ARC_BLOCK];
    double w[GR_ARC_BLOCK];
} gr_arc_block;

/* Stage what the block holds, which is then empty. Its weights are set, or the input has none. */
giga_status gr_stage_arcs(const gr_input *in, gr_arc_block *arcs, gr_edges *edges,
                          gr_input_counts *counts);

/* Eight bytes of a little-endian file. */
static inline uint64_t gr_word_at(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

/* Bytes of a number, and a number in the file's byte order as a double. */
size_t gr_value_bytes(gr_value value);
double gr_value_at(gr_value value, bool big_endian, const char *at);

giga_status gr_read_csr_arcs(const gr_input *in, const gr_mark *marks, size_t count,
                             uint64_t first, uint64_t last, gr_edges *edges,
                             gr_input_counts *counts);
giga_status gr_read_gt_arcs(const gr_input *in, uint64_t first, uint64_t last, gr_edges *edges,
                            gr_input_counts *counts);

/* Whether the file is there, is a file and may be read; its size. read_detect.c. */
giga_status gr_check_file(const char *path, uint64_t *bytes);

/* The sentence for a file without a byte of data. read_detect.c. */
giga_status gr_is_empty(const gr_input *in);

#endif
