/*
 * write.c - results as text: `id value`, sorted by id.
 *
 * Every rank writes the lines of as many places as it has vertices: it gathers their ids and
 * values, formats the lines into blocks, twice: once to learn how long they are, so that all
 * know where their part begins, and once to write them. The file is written beside the old one
 * and takes its name at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bfs.h"
#include "order.h"

enum { LINE_MAX_BYTES = 64, LINES = 16384, STEP = 4096 };

typedef struct writer {
    const giga_graph *graph;
    giga_value_kind kind;
    uint64_t count;             /* lines of this rank */
    uint64_t *ids, *values;     /* of their vertices */
    int file;
    uint64_t at;                /* where the next block goes; only counted without a file */
    char *block;
} writer;

static size_t format_line(const writer *w, uint64_t line, char *to)
{
    uint64_t bits = w->values[line], id = w->ids[line];
    double real;

    switch (w->kind) {
    case GIGA_VALUE_COUNT:
        return (size_t)sprintf(to, "%" PRIu64 " %" PRIu64 "\n", id, bits);
    case GIGA_VALUE_VERTEX: /* the value has become an id, see gather() */
        if (bits == GIGA_NO_VERTEX)
            return (size_t)sprintf(to, "%" PRIu64 " -1\n", id);
        return (size_t)sprintf(to, "%" PRIu64 " %" PRIu64 "\n", id, bits);
    case GIGA_VALUE_REAL:
        break;
    }
    memcpy(&real, &bits, sizeof real);
    return (size_t)sprintf(to, isinf(real) ? "%" PRIu64 " Infinity\n" : "%" PRIu64 " %.17g\n", id, real);
}

static giga_status put_block(writer *w, size_t bytes)
{
    for (size_t done = 0; w->file >= 0 && done < bytes;) {
        ssize_t wrote = pwrite(w->file, w->block + done, bytes - done, (off_t)(w->at + done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return giga_fail(GIGA_ERR_IO, "rank %d: cannot write the result: %s", giga_rank(),
                             wrote < 0 ? strerror(errno) : "the disk takes nothing");
        done += (size_t)wrote;
    }
    w->at += bytes;
    return GIGA_OK;
}

/* All lines of this rank, written or only counted. */
static giga_status put_lines(writer *w)
{
    giga_status status = GIGA_OK;
    size_t bytes = 0;

    for (uint64_t line = 0; line < w->count && status == GIGA_OK; line++) {
        bytes += format_line(w, line, w->block + bytes);
        if (bytes > (LINES - 1) * LINE_MAX_BYTES) {
            status = put_block(w, bytes);
            bytes = 0;
        }
    }
    return status == GIGA_OK ? put_block(w, bytes) : status;
}

/* Rank 0 creates the file; the others must then see it. */
static giga_status open_all(const char *path, int *file)
{
    giga_status status = GIGA_OK;

    if (giga_rank() == 0)
        *file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (giga_rank() == 0 && *file < 0)
        status = giga_fail(GIGA_ERR_IO, "cannot create %s: %s", path, strerror(errno));
    status = giga_agree(status);
    if (status != GIGA_OK)
        return status;
    if (giga_rank() != 0)
        *file = open(path, O_WRONLY | O_CLOEXEC);
    if (*file < 0)
        status = giga_fail(GIGA_ERR_IO, "rank %d does not see %s, which rank 0 has created: a result "
                           "file must be on a file system that all hosts share", giga_rank(), path);
    return giga_agree(status);
}

/* Bytes of the ranks whose places come before: in the order of positions (place.c), which is not
 * that of ranks where those of a node are not consecutive. */
static giga_status bytes_before(const writer *w, uint64_t mine, uint64_t *before_out)
{
    const int32_t *order = w->graph->order;
    size_t size = (size_t)giga_size();

    if (!order)
        return giga_exscan(&mine, before_out, 1, GIGA_U64, GIGA_SUM);
    uint64_t *all = malloc(size * sizeof *all);
    giga_status status = giga_agree(all ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY,
                                                              "giga_graph_write: out of memory"));
    if (status == GIGA_OK)
        status = giga_allgather(&mine, sizeof mine, all);
    *before_out = 0;
    for (size_t p = 0; status == GIGA_OK && order[p] != giga_rank(); p++)
        *before_out += all[order[p]];
    free(all);
    return status;
}

static giga_status write_parts(writer *w, const char *path)
{
    w->file = -1;
    giga_status status = giga_agree(put_lines(w));
    if (status == GIGA_OK)
        status = bytes_before(w, w->at, &w->at);
    if (status == GIGA_OK)
        status = open_all(path, &w->file);
    if (status == GIGA_OK)
        status = giga_agree(put_lines(w));
    if (w->file >= 0 && close(w->file) != 0 && status == GIGA_OK)
        status = giga_fail(GIGA_ERR_IO, "rank %d: cannot close the result: %s", giga_rank(),
                           strerror(errno));
    return giga_agree(status);
}

/* A device or a pipe, such as /dev/stdout, cannot be replaced: refuse it. */
static giga_status check_path(const char *path, char *temporary, size_t bytes)
{
    struct stat st;

    if (!path || !path[0])
        return giga_fail(GIGA_ERR_ARG, "giga_graph_write: no path");
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return giga_fail(GIGA_ERR_IO, "%s is not a regular file: results are written to one by all "
                         "ranks", path);
    int wrote = snprintf(temporary, bytes, "%s.%ld.part", path, (long)getpid());
    if (wrote < 0 || (size_t)wrote >= bytes)
        return giga_fail(GIGA_ERR_ARG, "giga_graph_write: the path is too long");
    return GIGA_OK;
}

static giga_status rename_all(giga_status status, const char *temporary, const char *path)
{
    if (giga_rank() == 0 && status == GIGA_OK && rename(temporary, path) != 0)
        status = giga_fail(GIGA_ERR_IO, "cannot write %s: %s", path, strerror(errno));
    if (giga_rank() == 0 && status != GIGA_OK)
        unlink(temporary);
    return giga_agree(status);
}

/* ---- what the lines are about ---- */

/* Values of vertices by index, in steps of bounded memory. */
static giga_status gather_values(const giga_array *values, const uint64_t *indices, uint64_t count,
                                 uint64_t *out)
{
    const uint64_t *base = giga_at(values, 0);
    uint64_t at[STEP];
    giga_status status = GIGA_OK;

    for (uint64_t done = 0; done < count && status == GIGA_OK; done += STEP) {
        uint64_t step = count - done < STEP ? count - done : STEP;
        for (uint64_t i = 0; i < step; i++)
            at[i] = (uint64_t)((const uint64_t *)giga_at(values, indices[done + i]) - base);
        status = giga_gather(out + done, base, 8, at, step);
    }
    return status;
}

/* Ids of vertices by index; GIGA_NO_VERTEX stays what it is. `out` may be `indices`. */
static giga_status gather_ids(const giga_graph *graph, const uint64_t *indices, uint64_t count,
                              uint64_t *out)
{
    const uint64_t *base = graph->ids_object.object;
    uint64_t at[STEP], which[STEP], ids[STEP];
    giga_status status = GIGA_OK;

    for (uint64_t done = 0; done < count && status == GIGA_OK; done += STEP) {
        uint64_t step = count - done < STEP ? count - done : STEP, wanted = 0;
        for (uint64_t i = done; i < done + step; i++) {
            uint64_t vertex = indices[i];
            out[i] = vertex == GIGA_NO_VERTEX ? GIGA_NO_VERTEX : graph->info.lowest_id + vertex;
            if (graph->identity || vertex == GIGA_NO_VERTEX)
                continue;
            int32_t node = gr_node_of_vertex(graph, vertex);
            const uint64_t *id = (const uint64_t *)gr_node_at(&graph->ids_object, node) +
                                 (vertex - graph->starts[node]);
            which[wanted] = i;
            at[wanted++] = (uint64_t)(id - base);
        }
        if (wanted > 0)
            status = giga_gather(ids, base, 8, at, wanted);
        for (uint64_t i = 0; i < wanted && status == GIGA_OK; i++)
            out[which[i]] = ids[i];
    }
    return status;
}

static giga_status gather(writer *w, const giga_array *values, uint64_t first)
{
    const giga_graph *graph = w->graph;
    uint64_t *indices = w->ids; /* become ids in the end */

    gr_indices_at(graph, first, first + w->count, indices);
    giga_status status = gather_values(values, indices, w->count, w->values);
    if (status == GIGA_OK)
        status = gather_ids(graph, indices, w->count, w->ids);
    if (status == GIGA_OK && w->kind == GIGA_VALUE_VERTEX)
        status = gather_ids(graph, w->values, w->count, w->values);
    return status;
}

giga_status giga_graph_write(const giga_graph *graph, const giga_array *values,
                             giga_value_kind kind, const char *path)
{
    char temporary[4096] = "";
    uint64_t first, last;
    writer w = {.graph = graph, .kind = kind};
    giga_status status = gr_check_values("giga_graph_write", graph, values);

    if (status == GIGA_OK && giga_rank() == 0)
        status = check_path(path, temporary, sizeof temporary);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = giga_broadcast(temporary, sizeof temporary, 0);
    if (status != GIGA_OK)
        return status;
    gr_my_vertices(graph, &first, &last);
    w.count = last - first;
    w.ids = malloc((w.count + 1) * 8);
    w.values = malloc((w.count + 1) * 8);
    w.block = malloc(LINES * LINE_MAX_BYTES);
    status = w.ids && w.values && w.block
                 ? gather(&w, values, first)
                 : giga_fail(GIGA_ERR_MEMORY, "giga_graph_write: out of memory");
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = rename_all(write_parts(&w, temporary), temporary, path);
    free(w.block);
    free(w.values);
    free(w.ids);
    return status;
}
