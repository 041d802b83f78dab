/*
 * read_source.c - a file as a run of decompressed bytes.
 *
 * Rule: the end of a source is the end of its data. A plain file that is shorter than it
 * was when it was found, and a compressed one that stops before its last checksum or goes
 * on behind it, are errors, never a shorter graph. Several gzip members or zstd frames
 * one behind the other are one file, as the tools that write them have it.
 *
 * Threads: one at a time per source.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "read.h"

enum { PACKED = 1 << 18 }; /* compressed bytes per read: twice what zstd asks for */

typedef struct gr_unpacker {
    z_stream gzip;
    ZSTD_DStream *zstd;
    bool inside;       /* of a member or frame: the file may not end here */
    bool whole;        /* at least one member or frame was read */
    size_t from, held; /* unread bytes of packed[] */
    unsigned char packed[PACKED];
} gr_unpacker;

static giga_status new_unpacker(gr_compression compression, gr_unpacker **out)
{
    gr_unpacker *unpacker = calloc(1, sizeof *unpacker);

    if (!unpacker)
        return giga_fail(GIGA_ERR_MEMORY, "no memory to decompress a file");
    bool ready;
    if (compression == GR_GZIP) /* 15: the largest window; 16: gzip, not zlib */
        ready = inflateInit2(&unpacker->gzip, 15 + 16) == Z_OK;
    else
        ready = (unpacker->zstd = ZSTD_createDStream()) != NULL;
    if (!ready) {
        free(unpacker);
        return giga_fail(GIGA_ERR_MEMORY, "no memory to decompress a file");
    }
    *out = unpacker;
    return GIGA_OK;
}

static void free_unpacker(gr_compression compression, gr_unpacker *unpacker)
{
    if (!unpacker)
        return;
    if (compression == GR_GZIP)
        inflateEnd(&unpacker->gzip);
    else
        ZSTD_freeDStream(unpacker->zstd);
    free(unpacker);
}

giga_status gr_source_open(const char *path, gr_compression compression, uint64_t bytes,
                           gr_source *source)
{
    *source = (gr_source){.compression = compression, .bytes = bytes};
    memcpy(source->path, path, strlen(path) + 1);
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0)
        return gr_io_failed(path, "opened");
    if (compression == GR_PLAIN)
        return GIGA_OK;
    giga_status status = new_unpacker(compression, &source->unpacker);
    if (status != GIGA_OK)
        close(source->fd);
    return status;
}

void gr_source_seek(gr_source *source, uint64_t offset)
{
    source->at = offset;
}

void gr_source_close(gr_source *source)
{
    free_unpacker(source->compression, source->unpacker);
    close(source->fd);
}

/* Read bytes of the file itself. */
static giga_status read_file(gr_source *source, void *to, size_t want, size_t *got)
{
    uint64_t left = source->at < source->bytes ? source->bytes - source->at : 0;

    want = want < left ? want : (size_t)left;
    for (*got = 0; *got < want;) {
        ssize_t n = pread(source->fd, (char *)to + *got, want - *got, (off_t)source->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gr_io_failed(source->path, "read");
        if (n == 0)
            return giga_fail(GIGA_ERR_IO,
                             "%s: has become shorter while it was read: %" PRIu64
                             " bytes, %" PRIu64 " when it was found",
                             gr_shown_path(source->path), source->at, source->bytes);
        *got += (size_t)n;
        source->at += (uint64_t)n;
    }
    return GIGA_OK;
}

static const char *tool(gr_compression compression)
{
    return compression == GR_GZIP ? "gzip" : "zstd";
}

/* The byte of the file that is decompressed next, from 1. */
static uint64_t packed_byte(const gr_source *source)
{
    return source->at - source->unpacker->held + 1;
}

static giga_status damaged(const gr_source *source, const char *why)
{
    const char *path = gr_shown_path(source->path);
    const char *name = tool(source->compression);
    gr_unpacker *unpacker = source->unpacker;

    if (unpacker->whole && !unpacker->inside)
        return giga_fail(GIGA_ERR_FORMAT,
                         "%s, byte %" PRIu64
                         ": expected the end of the file behind its %s "
                         "data, found something else",
                         path, packed_byte(source), name);
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, byte %" PRIu64 ": expected %s data, found damage (%s)", path,
                     packed_byte(source), name, why);
}

static giga_status cut_off(const gr_source *source)
{
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, byte %" PRIu64 ": expected more %s data, found the end of the "
                     "file: it is truncated",
                     gr_shown_path(source->path), source->bytes + 1,
                     tool(source->compression));
}

static giga_status unzip(gr_source *source, char *to, size_t room, size_t *made)
{
    gr_unpacker *unpacker = source->unpacker;
    z_stream *gzip = &unpacker->gzip;

    gzip->next_in = unpacker->packed + unpacker->from;
    gzip->avail_in = (uInt)unpacker->held;
    gzip->next_out = (unsigned char *)to;
    gzip->avail_out = (uInt)(room < (1u << 30) ? room : 1u << 30);
    uInt asked = gzip->avail_out;
    int code = inflate(gzip, Z_NO_FLUSH);
    *made = asked - gzip->avail_out;
    unpacker->from += unpacker->held - gzip->avail_in;
    unpacker->held = gzip->avail_in;
    if (code == Z_STREAM_END) {
        unpacker->inside = false;
        unpacker->whole = true;
        inflateReset(gzip);
        return GIGA_OK;
    }
    if (code == Z_MEM_ERROR)
        return giga_fail(GIGA_ERR_MEMORY, "no memory to decompress a file");
    if (code != Z_OK && code != Z_BUF_ERROR)
        return damaged(source, gzip->msg ? gzip->msg : "a dictionary is needed");
    unpacker->inside = true;
    return GIGA_OK;
}

static giga_status zstd_failed(const gr_source *source, size_t code)
{
    if (ZSTD_getErrorCode(code) != ZSTD_error_frameParameter_windowTooLarge)
        return damaged(source, ZSTD_getErrorName(code));
    return giga_fail(
        GIGA_ERR_UNSUPPORTED,
        "%s: was compressed with a window over 128 MiB (zstd --long); giga reads "
        "windows up to that",
        gr_shown_path(source->path));
}

static giga_status unzstd(gr_source *source, char *to, size_t room, size_t *made)
{
    gr_unpacker *unpacker = source->unpacker;
    ZSTD_inBuffer from = {unpacker->packed + unpacker->from, unpacker->held, 0};
    ZSTD_outBuffer into = {to, room, 0};
    size_t code = ZSTD_decompressStream(unpacker->zstd, &into, &from);

    if (ZSTD_isError(code))
        return zstd_failed(source, code);
    *made = into.pos;
    unpacker->from += from.pos;
    unpacker->held -= from.pos;
    unpacker->inside = code != 0;
    unpacker->whole |= code == 0;
    return GIGA_OK;
}

static giga_status refill(gr_source *source)
{
    gr_unpacker *unpacker = source->unpacker;

    if (unpacker->held)
        return GIGA_OK;
    unpacker->from = 0;
    return read_file(source, unpacker->packed, PACKED, &unpacker->held);
}

/*
 * Decompress until `want` bytes are there. Also without new input the unpacker is asked:
 * it may hold back what did not fit the last time.
 */
static giga_status unpack(gr_source *source, char *to, size_t want, size_t *got)
{
    gr_unpacker *unpacker = source->unpacker;

    for (*got = 0; *got < want;) {
        size_t made = 0;
        giga_status status = refill(source);
        bool ended = !unpacker->held;
        if (status == GIGA_OK && ended && !unpacker->inside)
            return unpacker->whole ? GIGA_OK : cut_off(source);
        if (status == GIGA_OK && source->compression == GR_GZIP)
            status = unzip(source, to + *got, want - *got, &made);
        else if (status == GIGA_OK)
            status = unzstd(source, to + *got, want - *got, &made);
        if (status != GIGA_OK)
            return status;
        if (ended && !made && unpacker->inside)
            return cut_off(source);
        *got += made;
    }
    return GIGA_OK;
}

giga_status gr_source_read(gr_source *source, char *to, size_t want, size_t *got)
{
    if (source->compression == GR_PLAIN)
        return read_file(source, to, want, got);
    return unpack(source, to, want, got);
}
