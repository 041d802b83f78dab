/*
 * part.c - see part.h.
 */
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A device or a pipe, such as /dev/stdout, cannot be replaced: refuse it. */
static giga_status name_both(const char *path, gr_part *part)
{
    struct stat st;

    if (!path || !path[0])
        return giga_fail(GIGA_ERR_ARG, "no path of a file to write");
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return giga_fail(GIGA_ERR_IO, "%s is not a regular file: all ranks write to one", path);
    int wrote = snprintf(part->temporary, sizeof part->temporary, "%s.%ld.part", path,
                         (long)getpid());
    if (wrote < 0 || (size_t)wrote >= sizeof part->temporary)
        return giga_fail(GIGA_ERR_ARG, "the path of the file to write is too long");
    return GIGA_OK;
}

static giga_status create(gr_part *part)
{
    part->file = open(part->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return part->file >= 0 ? GIGA_OK
                           : giga_fail(GIGA_ERR_IO, "cannot create %s: %s", part->temporary,
                                       strerror(errno));
}

static giga_status see(gr_part *part)
{
    part->file = open(part->temporary, O_WRONLY | O_CLOEXEC);
    return part->file >= 0 ? GIGA_OK
                           : giga_fail(GIGA_ERR_IO, "rank %d does not see %s, which rank 0 has "
                                       "created: files are written to a file system that all hosts "
                                       "share", giga_rank(), part->temporary);
}

giga_status gr_part_create(const char *path, gr_part *part)
{
    giga_status status = GIGA_OK;

    memset(part, 0, sizeof *part);
    part->file = -1;
    snprintf(part->path, sizeof part->path, "%s", path ? path : "");
    if (giga_rank() == 0)
        status = name_both(path, part);
    if (giga_rank() == 0 && status == GIGA_OK)
        status = create(part);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = giga_broadcast(part->temporary, sizeof part->temporary, 0);
    if (status == GIGA_OK)
        status = giga_agree(giga_rank() == 0 ? GIGA_OK : see(part));
    if (status != GIGA_OK)
        gr_part_finish(part, status);
    return status;
}

giga_status gr_part_put(const gr_part *part, uint64_t at, const void *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t wrote = pwrite(part->file, (const char *)bytes + done, count - done,
                               (off_t)(at + done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return giga_fail(GIGA_ERR_IO, "rank %d: cannot write %s: %s", giga_rank(),
                             part->temporary,
                             wrote < 0 ? strerror(errno) : "the disk takes nothing");
        done += (size_t)wrote;
    }
    return GIGA_OK;
}

giga_status gr_part_finish(gr_part *part, giga_status mine)
{
    if (part->file >= 0 && close(part->file) != 0 && mine == GIGA_OK)
        mine = giga_fail(GIGA_ERR_IO, "rank %d: cannot close %s: %s", giga_rank(), part->temporary,
                         strerror(errno));
    bool created = giga_rank() == 0 && part->file >= 0;
    part->file = -1;
    giga_status status = giga_agree(mine);
    if (created && status == GIGA_OK && rename(part->temporary, part->path) != 0)
        status = giga_fail(GIGA_ERR_IO, "cannot write %s: %s", part->path, strerror(errno));
    if (created && status != GIGA_OK)
        unlink(part->temporary);
    return giga_agree(status);
}

giga_status gr_part_stream_open(const gr_part *part, uint64_t at, gr_part_stream *stream)
{
    *stream = (gr_part_stream){.part = part, .at = at, .block = malloc(GR_PART_BLOCK)};
    return stream->block ? GIGA_OK
                         : giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for a file",
                                     giga_rank());
}

giga_status gr_part_stream_flush(gr_part_stream *s)
{
    giga_status status = s->part ? gr_part_put(s->part, s->at, s->block, s->used) : GIGA_OK;

    s->at += s->used;
    s->used = 0;
    return status;
}

giga_status gr_part_stream_close(gr_part_stream *s, uint64_t *at_out)
{
    giga_status status = s->block ? gr_part_stream_flush(s) : GIGA_OK;

    if (at_out)
        *at_out = s->at;
    free(s->block);
    *s = (gr_part_stream){0};
    return status;
}
