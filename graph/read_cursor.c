/*
 * read_cursor.c - a file read forwards from a byte on: numbers and words, not records.
 *
 * For formats whose parts lie apart - offsets, ends, weights - and are walked at the same
 * time: a cursor for each. A plain file is read from the place; of a compressed one all
 * that lies before it is decompressed and dropped.
 *
 * Threads: one at a time per cursor.
 */
#include <stdlib.h>
#include <string.h>

#include "read.h"

enum { LONGEST_WORD = 4096 };

static giga_status fill(gr_cursor *cursor)
{
    size_t got = 0;

    memmove(cursor->room, cursor->room + cursor->at, cursor->held - cursor->at);
    cursor->offset += cursor->at;
    cursor->held -= cursor->at;
    cursor->at = 0;
    size_t want = GR_CURSOR_ROOM - cursor->held;
    giga_status status =
        gr_source_read(&cursor->source, cursor->room + cursor->held, want, &got);
    cursor->held += got;
    cursor->ended = got < want;
    return status;
}

giga_status gr_cursor_look(gr_cursor *cursor, size_t bytes)
{
    if (cursor->held - cursor->at >= bytes || cursor->ended)
        return GIGA_OK;
    return fill(cursor);
}

gr_place gr_cursor_place(const gr_cursor *cursor, size_t back)
{
    return (gr_place){.path = cursor->source.path,
                      .compression = cursor->source.compression,
                      .offset = cursor->offset + cursor->at - back,
                      .text = cursor->text};
}

static giga_status too_short(const gr_cursor *cursor, const char *what)
{
    gr_place place = gr_cursor_place(cursor, 0);

    place.offset += cursor->held - cursor->at;
    return gr_misread(&place, NULL, 0, "the end of the file: it is truncated", "%s", what);
}

giga_status gr_cursor_take(gr_cursor *cursor, void *to, size_t bytes, const char *what)
{
    giga_status status = gr_cursor_look(cursor, bytes);

    if (status != GIGA_OK)
        return status;
    if (cursor->held - cursor->at < bytes)
        return too_short(cursor, what);
    memcpy(to, cursor->room + cursor->at, bytes);
    cursor->at += bytes;
    return GIGA_OK;
}

giga_status gr_cursor_pass(gr_cursor *cursor, uint64_t bytes, const char *what)
{
    giga_status status = GIGA_OK;
    uint64_t left = cursor->held - cursor->at;

    if (bytes > left && cursor->source.compression == GR_PLAIN) {
        if (bytes > cursor->source.bytes - (cursor->offset + cursor->at))
            return too_short(cursor, what);
        cursor->offset += cursor->at + bytes;
        cursor->at = cursor->held = 0;
        gr_source_seek(&cursor->source, cursor->offset);
        return GIGA_OK;
    }
    while (bytes > left && status == GIGA_OK) {
        if (cursor->ended)
            return too_short(cursor, what);
        bytes -= left;
        cursor->at = cursor->held;
        status = fill(cursor);
        left = cursor->held;
    }
    if (status == GIGA_OK)
        cursor->at += (size_t)bytes;
    return status;
}

giga_status gr_cursor_open(const gr_input *in, uint64_t offset, gr_cursor *cursor)
{
    *cursor = (gr_cursor){.room = malloc(GR_CURSOR_ROOM)};
    if (!cursor->room)
        return giga_fail(GIGA_ERR_MEMORY, "no memory for a buffer of %d bytes", GR_CURSOR_ROOM);
    giga_status status =
        gr_source_open(in->path, in->compression, in->bytes, &cursor->source);
    if (status != GIGA_OK) {
        free(cursor->room);
        *cursor = (gr_cursor){0};
        return status;
    }
    status = gr_cursor_pass(cursor, offset, "more data");
    if (status != GIGA_OK)
        gr_cursor_close(cursor);
    return status;
}

void gr_cursor_close(gr_cursor *cursor)
{
    if (!cursor->room)
        return;
    gr_source_close(&cursor->source);
    free(cursor->room);
    cursor->room = NULL;
}

static giga_status pass_spaces(gr_cursor *cursor)
{
    giga_status status = GIGA_OK;

    do {
        while (cursor->at < cursor->held && gr_is_space(cursor->room[cursor->at]))
            cursor->at++;
        if (cursor->at < cursor->held || cursor->ended)
            break;
        status = fill(cursor);
    } while (status == GIGA_OK);
    return status;
}

giga_status gr_cursor_word(gr_cursor *cursor, gr_text *word)
{
    giga_status status = pass_spaces(cursor);

    if (status == GIGA_OK)
        status = gr_cursor_look(cursor, LONGEST_WORD + 1);
    if (status != GIGA_OK)
        return status;
    word->begin = word->end = cursor->room + cursor->at;
    const char *limit = cursor->room + cursor->held;
    while (word->end < limit && !gr_is_space(*word->end))
        word->end++;
    size_t length = (size_t)(word->end - word->begin);
    if (length > LONGEST_WORD) {
        gr_place place = gr_cursor_place(cursor, 0);
        return gr_misread(&place, word->begin, length, "", "a number");
    }
    cursor->at += length;
    return GIGA_OK;
}

/* A word is counted where it ends. */
giga_status gr_cursor_pass_words(gr_cursor *cursor, uint64_t words)
{
    giga_status status = GIGA_OK;
    bool inside = false;

    while (words && status == GIGA_OK) {
        for (; cursor->at < cursor->held && words; cursor->at++) {
            bool space = gr_is_space(cursor->room[cursor->at]);
            words -= inside && space;
            inside = !space;
        }
        if (!words || (cursor->ended && !inside))
            break;
        if (cursor->ended) {
            words--;
            inside = false;
            continue;
        }
        status = fill(cursor);
    }
    return status == GIGA_OK && words ? too_short(cursor, "another number") : status;
}

giga_status gr_cursor_expect_end(gr_cursor *cursor)
{
    giga_status status =
        cursor->text ? pass_spaces(cursor) : gr_cursor_look(cursor, 1);

    if (status != GIGA_OK || cursor->at == cursor->held)
        return status;
    gr_place place = gr_cursor_place(cursor, 0);
    return gr_misread(&place, NULL, 0, "more bytes", "the end of the file");
}
