/*
 * read_report.c - the sentence that says what is wrong where.
 *
 * A range of a file is read without counting the lines before it. Only a reader that
 * has failed pays for its line number, with one more pass over the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read.h"

enum {
    SHOWN_PATH = 400, /* with the rest of a sentence it fits into 1023 bytes */
    SHOWN_TOKEN = 40,
    COUNTED = 1 << 16 /* bytes per read while lines are counted */
};

const char *gr_shown_path(const char *path)
{
    size_t length = strlen(path);

    return length <= SHOWN_PATH ? path : path + length - SHOWN_PATH;
}

giga_status gr_io_failed(const char *path, const char *what)
{
    giga_status status = errno == ENOENT ? GIGA_ERR_NOT_FOUND : GIGA_ERR_IO;

    return giga_fail(status, "%s: cannot be %s: %s", gr_shown_path(path), what,
                     strerror(errno));
}

uint64_t gr_newlines(const char *data, size_t bytes)
{
    uint64_t count = 0;

    for (size_t at = 0; at < bytes; at += GR_COUNTED) {
        size_t run = bytes - at < GR_COUNTED ? bytes - at : GR_COUNTED;
        unsigned char found = 0;
        for (size_t i = 0; i < run; i++)
            found = (unsigned char)(found + (data[at + i] == '\n'));
        count += found;
    }
    return count;
}

/* The line that holds byte `offset`; 0 when the file cannot be read again. */
static uint64_t line_at(int fd, uint64_t offset)
{
    char *room = malloc(COUNTED);
    uint64_t line = 1, at = 0;

    while (room && at < offset) {
        uint64_t left = offset - at;
        ssize_t got = pread(fd, room, left < COUNTED ? (size_t)left : COUNTED, (off_t)at);
        if (got <= 0)
            break;
        line += gr_newlines(room, (size_t)got);
        at += (uint64_t)got;
    }
    free(room);
    return at == offset ? line : 0;
}

static uint64_t line_of(const gr_place *place)
{
    if (place->line || !place->text || place->compression != GR_PLAIN)
        return place->line;
    int fd = open(place->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    uint64_t line = line_at(fd, place->offset);
    close(fd);
    return line;
}

/* Write a token between quotes, its strange bytes as \xNN, cut where it gets long. */
static void show_token(const char *token, size_t length, char *to, size_t room)
{
    size_t shown = length < SHOWN_TOKEN ? length : SHOWN_TOKEN, used = 0;

    to[used++] = '"';
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)token[i];
        bool plain = c >= 0x20 && c < 0x7f;
        used += (size_t)snprintf(to + used, room - used, plain ? "%c" : "\\x%02x", c);
    }
    snprintf(to + used, room - used, "%s\"", shown < length ? "..." : "");
}

static void show_place(const gr_place *place, char *to, size_t room)
{
    uint64_t line = line_of(place);
    int used = snprintf(to, room, "%s", gr_shown_path(place->path));

    if (line && used > 0 && (size_t)used < room)
        used += snprintf(to + used, room - (size_t)used, ", line %" PRIu64, line);
    if (used > 0 && (size_t)used < room)
        snprintf(to + used, room - (size_t)used, ", byte %" PRIu64 "%s",
                 place->offset + 1,
                 place->compression == GR_PLAIN ? "" : " of the decompressed data");
}

giga_status gr_misread_number(const gr_place *place, uint64_t number, const char *expected, ...)
{
    char what[200], found[32];
    va_list args;

    va_start(args, expected);
    vsnprintf(what, sizeof what, expected, args);
    va_end(args);
    snprintf(found, sizeof found, "%" PRIu64, number);
    return gr_misread(place, NULL, 0, found, "%s", what);
}

giga_status gr_misread(const gr_place *place, const char *token, size_t length,
                       const char *nothing, const char *expected, ...)
{
    char where[SHOWN_PATH + 120], what[200], found[4 * SHOWN_TOKEN + 8];
    va_list args;

    va_start(args, expected);
    vsnprintf(what, sizeof what, expected, args);
    va_end(args);
    show_place(place, where, sizeof where);
    if (length)
        show_token(token, length, found, sizeof found);
    else
        snprintf(found, sizeof found, "%s", nothing);
    return giga_fail(GIGA_ERR_FORMAT, "%s: expected %s, found %s", where, what, found);
}
