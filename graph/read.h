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

/* Whether the file is there, is a file and may be read; its size. read_detect.c. */
giga_status gr_check_file(const char *path, uint64_t *bytes);

/* The sentence for a file without a byte of data. read_detect.c. */
giga_status gr_is_empty(const gr_input *in);

#endif
