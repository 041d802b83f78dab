/*
 * part.h - one file that all ranks write, each its part, beside the old file until it is whole.
 *
 * gr_part_create() on all ranks, gr_part_put() on any, gr_part_finish() on all: it gives the file
 * its name when all went well everywhere, else it removes it. The old file is there until then.
 */
#ifndef GR_PART_H
#define GR_PART_H

#include <giga/giga.h>

enum { GR_PART_PATH_MAX = 4096, GR_PART_BLOCK = 1 << 20 };

typedef struct gr_part {
    char path[GR_PART_PATH_MAX], temporary[GR_PART_PATH_MAX];
    int file;                   /* -1: none */
} gr_part;

/* The file beside `path`, which must be a regular file or not there. The same path on all ranks.
 * Collective. Fails on all ranks alike, with nothing left to finish. */
giga_status gr_part_create(const char *path, gr_part *part);

/* Bytes at a place. Call: local. */
giga_status gr_part_put(const gr_part *part, uint64_t at, const void *bytes, size_t count);

/* Close it; when all ranks bring GIGA_OK it takes its name. Returns what they agree on.
 * Collective. */
giga_status gr_part_finish(gr_part *part, giga_status mine);

/* A stream into a part, in blocks; without a part it only counts. Zero it, set `part` and `at`. */
typedef struct gr_part_stream {
    const gr_part *part;
    uint64_t at;                /* where the block begins */
    size_t used;
    char *block;                /* GR_PART_BLOCK bytes */
} gr_part_stream;

giga_status gr_part_stream_open(const gr_part *part, uint64_t at, gr_part_stream *stream);
giga_status gr_part_stream_flush(gr_part_stream *stream);

/* Flushes and frees; *at_out, when not NULL, is where the stream has come to. */
giga_status gr_part_stream_close(gr_part_stream *stream, uint64_t *at_out);

/* Room for `bytes` more, at most GR_PART_BLOCK, at stream->block + stream->used. */
static inline giga_status gr_part_stream_room(gr_part_stream *stream, size_t bytes)
{
    return GR_PART_BLOCK - stream->used >= bytes ? GIGA_OK : gr_part_stream_flush(stream);
}

#endif
