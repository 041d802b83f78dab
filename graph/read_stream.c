/*
 * read_stream.c - a file, or a range of it, in blocks of whole records.
 *
 * Rule: a record belongs to the range in which it begins. So a range that does not begin
 * the file starts one byte early and skips to behind the first newline from there: the
 * line it skips began before it. The last line of a range is read to its end, however
 * far that is outside.
 *
 * One buffer of 1 MiB, the longest line of most formats; it grows where a format has
 * longer ones. What is left of it behind the last whole record moves to its front, and the
 * rest is filled again. Threads: one at a time per stream.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

struct gr_stream {
    gr_source source;
    gr_span span;    /* its path is the source's */
    uint64_t offset; /* of room[0] in the decompressed file */
    uint64_t line;   /* of room[0]; 0 when not counted */
    size_t held;     /* bytes in room[] */
    size_t taken;    /* of them, in the block that was yielded last */
    bool ended;      /* nothing comes after room[held] */
    size_t size;     /* of room[] */
    size_t longest;  /* it may grow to */
    char *room;
};

static gr_place place_at(const gr_stream *stream, size_t index)
{
    uint64_t newlines = stream->line ? gr_newlines(stream->room, index) : 0;

    return (gr_place){.path = stream->source.path,
                      .compression = stream->span.compression,
                      .offset = stream->offset + index,
                      .line = stream->line ? stream->line + newlines : 0,
                      .text = stream->span.unit == 0};
}

static giga_status fill(gr_stream *stream)
{
    size_t want = stream->size - stream->held, got = 0;

    if (stream->ended || !want)
        return GIGA_OK;
    giga_status status =
        gr_source_read(&stream->source, stream->room + stream->held, want, &got);
    stream->held += got;
    stream->ended = got < want;
    return status;
}

/* Forget the first bytes of the buffer and fill it up. */
static giga_status move_on(gr_stream *stream, size_t bytes)
{
    if (stream->line)
        stream->line += gr_newlines(stream->room, bytes);
    stream->held -= bytes;
    stream->offset += bytes;
    stream->taken = 0;
    memmove(stream->room, stream->room + bytes, stream->held);
    return fill(stream);
}

static giga_status line_too_long(const gr_stream *stream)
{
    gr_place place = place_at(stream, 0);

    return gr_misread(&place, NULL, 0, "a longer one", "a line of at most %zu bytes",
                      stream->longest);
}

/* Room for a longer line, which goes on behind what is held. */
static giga_status grow(gr_stream *stream)
{
    if (stream->size >= stream->longest)
        return line_too_long(stream);
    size_t size = stream->size * 2;
    char *room = realloc(stream->room, size);
    if (!room)
        return giga_fail(GIGA_ERR_MEMORY, "no memory for a line of %zu bytes", size);
    stream->room = room;
    stream->size = size;
    return fill(stream);
}

/* Go to the first record that begins at or after span.first, in a plain file. */
static giga_status seek_line(gr_stream *stream)
{
    stream->offset = stream->span.first - 1;
    gr_source_seek(&stream->source, stream->offset);
    giga_status status = fill(stream);
    if (status != GIGA_OK)
        return status;
    char *newline = memchr(stream->room, '\n', stream->held);
    while (!newline && !stream->ended) {
        if (stream->size >= stream->longest)
            return line_too_long(stream);
        status = move_on(stream, stream->held); /* where lines are long: skip, do not keep */
        if (status != GIGA_OK)
            return status;
        newline = memchr(stream->room, '\n', stream->held);
    }
    return move_on(stream, newline ? (size_t)(newline - stream->room) + 1 : stream->held);
}

static giga_status seek_unit(gr_stream *stream)
{
    uint64_t unit = stream->span.unit,
             over = (stream->span.first - stream->span.start) % unit;

    stream->offset = stream->span.first + (over ? unit - over : 0);
    gr_source_seek(&stream->source, stream->offset);
    return fill(stream);
}

/* Go to the first record, past the header, by reading: compressed data has no places. */
static giga_status skip_header(gr_stream *stream)
{
    giga_status status = fill(stream);
    uint64_t line = stream->line;

    stream->line = 0; /* the line of the first record is known already */
    while (status == GIGA_OK && stream->offset < stream->span.start && stream->held) {
        uint64_t left = stream->span.start - stream->offset;
        status = move_on(stream, left < stream->held ? (size_t)left : stream->held);
    }
    stream->line = line;
    return status;
}

static giga_status seek_first(gr_stream *stream)
{
    if (stream->span.compression != GR_PLAIN)
        return skip_header(stream);
    if (stream->span.first > stream->span.start) {
        stream->line = 0;
        return stream->span.unit ? seek_unit(stream) : seek_line(stream);
    }
    stream->offset = stream->span.start;
    gr_source_seek(&stream->source, stream->offset);
    return fill(stream);
}

giga_status gr_stream_open_span(const gr_span *span, gr_stream **stream_out)
{
    *stream_out = NULL;
    gr_stream *stream = malloc(sizeof *stream);
    if (!stream)
        return giga_fail(GIGA_ERR_MEMORY, "no memory for a buffer of %zu bytes",
                         sizeof *stream);
    stream->longest = span->longest ? span->longest : GR_LINE_MAX;
    stream->size = GR_LINE_MAX;
    stream->room = malloc(stream->size);
    if (!stream->room) {
        free(stream);
        return giga_fail(GIGA_ERR_MEMORY, "no memory for a buffer of %d bytes", GR_LINE_MAX);
    }
    stream->span = *span;
    stream->line = span->line;
    stream->offset = 0;
    stream->held = stream->taken = 0;
    stream->ended = false;
    giga_status status =
        gr_source_open(span->path, span->compression, span->bytes, &stream->source);
    if (status != GIGA_OK) {
        free(stream->room);
        free(stream);
        return status;
    }
    status = seek_first(stream);
    if (status != GIGA_OK) {
        gr_stream_close(stream);
        return status;
    }
    *stream_out = stream;
    return GIGA_OK;
}

/* Bytes of the whole pairs in the buffer. */
static giga_status whole_units(const gr_stream *stream, size_t *bytes)
{
    size_t unit = stream->span.unit, rest = stream->held % unit;

    *bytes = stream->held - rest;
    if (!stream->ended || !rest || *bytes)
        return GIGA_OK; /* pairs before a broken one are yielded first */
    gr_place place = place_at(stream, stream->held);
    return gr_misread(&place, NULL, 0, "the end of the file: it is truncated",
                      "%zu more bytes of a %s of %zu", unit - rest,
                      unit == 12 ? "record" : "pair", unit);
}

static giga_status whole_lines(gr_stream *stream, size_t *bytes)
{
    giga_status status = GIGA_OK;

    while (status == GIGA_OK && !stream->ended) {
        const char *newline = memrchr(stream->room, '\n', stream->held);
        if (newline) {
            *bytes = (size_t)(newline - stream->room) + 1;
            return GIGA_OK;
        }
        status = grow(stream);
    }
    *bytes = stream->held;
    return status;
}

/* Leave out the records that begin at span.last or later. There is one before it. */
static size_t inside_range(const gr_stream *stream, size_t bytes)
{
    uint64_t limit = stream->span.last - stream->offset;

    if (limit >= bytes)
        return bytes;
    size_t unit = stream->span.unit, last = (size_t)limit - 1;
    if (unit)
        return last / unit * unit + unit;
    const char *newline = memchr(stream->room + last, '\n', bytes - last);
    return newline ? (size_t)(newline - stream->room) + 1 : bytes;
}

giga_status gr_stream_next(gr_stream *stream, gr_block *block)
{
    giga_status status = stream->taken ? move_on(stream, stream->taken) : GIGA_OK;
    size_t bytes = 0;

    if (status == GIGA_OK && stream->held && stream->offset < stream->span.last) {
        status =
            stream->span.unit ? whole_units(stream, &bytes) : whole_lines(stream, &bytes);
        if (status == GIGA_OK && bytes)
            bytes = inside_range(stream, bytes);
    }
    if (status != GIGA_OK)
        return status;
    stream->taken = bytes;
    *block =
        (gr_block){stream->room, bytes, stream->offset, stream->line, stream->source.at};
    return GIGA_OK;
}

void gr_stream_close(gr_stream *stream)
{
    if (!stream)
        return;
    gr_source_close(&stream->source);
    free(stream->room);
    free(stream);
}
