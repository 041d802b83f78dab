/*
 * fuzz_input.c - random files: a reader may refuse them, and nothing else.
 *
 * The first three bytes choose the options and where the file is cut in two; the rest is
 * the file - or the edges of a graph that is written in an adjacency format, and changes to
 * that file. Beside what the sanitizers see, these laws are checked: a failure has a
 * sentence that names the file; what is read whole is read the same in two ranges and as
 * a stream; a file that is refused as a whole is refused in parts; a graph that was written
 * and not changed is read as it was.
 *
 * clang -fsanitize=fuzzer,address,undefined; the files live in memory, no disk is used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../graph/input.h"
#include "graph_files.h"

typedef struct result {
    giga_status status;
    gr_input_counts counts;
    uint64_t sum; /* of all edges and their order */
    uint64_t set; /* of all edges */
} result;

static void check(bool law, const char *what)
{
    if (law)
        return;
    fprintf(stderr, "broken: %s (%s)\n", what, giga_error());
    abort();
}

static void sum_up(gr_edges *edges, result *result)
{
    static gr_edges_walk walk;
    gr_edge_block block;
    uint64_t sum = 0, bits;

    check(gr_edges_seal(edges) == GIGA_OK, "memory");
    gr_edges_walk_begin(edges, true, &walk);
    while (gr_edges_next_block(&walk, &block))
        for (size_t i = 0; i < block.count; i++) {
            double w = block.w ? block.w[i] : 1;
            memcpy(&bits, &w, sizeof bits);
            sum = (sum ^ block.u[i]) * 0x9e3779b97f4a7c15u;
            sum = (sum ^ block.v[i]) * 0x9e3779b97f4a7c15u + bits;
            if (w >= 0 && w < 1e6)
                result->set += file_hash(block.u[i], block.v[i], w);
        }
    result->sum = sum;
}

static result read_ranges(const gr_input *in, uint64_t cut)
{
    result result = {GIGA_OK, {0}, 0, 0};
    gr_edges edges;

    gr_edges_init(&edges, in->weighted);
    result.status = gr_input_read_range(in, 0, cut, &edges, &result.counts);
    giga_status second = gr_input_read_range(in, cut, UINT64_MAX, &edges, &result.counts);
    if (result.status == GIGA_OK)
        result.status = second;
    sum_up(&edges, &result);
    return result;
}

static result read_stream(const gr_input *in)
{
    result result = {GIGA_OK, {0}, 0, 0};
    gr_stream *stream;
    gr_block block = {.bytes = 1};
    gr_edges edges;

    gr_edges_init(&edges, in->weighted);
    result.status = gr_stream_open(in, &stream);
    while (result.status == GIGA_OK && block.bytes) {
        result.status = gr_stream_next(stream, &block);
        if (result.status == GIGA_OK)
            result.status = gr_input_parse(in, block.data, block.bytes, block.offset,
                                           block.line, &edges, &result.counts);
    }
    gr_stream_close(stream);
    sum_up(&edges, &result);
    return result;
}

static bool same(const result *a, const result *b)
{
    if (a->status != GIGA_OK || b->status != GIGA_OK)
        return a->status == b->status;
    return a->sum == b->sum && !memcmp(&a->counts, &b->counts, sizeof a->counts);
}

/* An adjacency in two ranges; in text from marks at the cut and all over, too. */
static result read_arcs(const gr_input *in, uint64_t cut, size_t parts)
{
    result result = {GIGA_OK, {0}, 0, 0};
    gr_mark marks[8];
    gr_edges edges;
    uint64_t before = 0, count;

    for (size_t i = 0; i < parts && gr_input_wants_marks(in); i++) {
        uint64_t from = in->bytes * i / parts, to = in->bytes * (i + 1) / parts;
        marks[i] = (gr_mark){from, before};
        check(gr_input_count(in, from, to, &count) == GIGA_OK, "numbers can be counted");
        before += count;
    }
    if (!gr_input_wants_marks(in))
        parts = 0;
    gr_edges_init(&edges, in->weighted);
    result.status = gr_input_read_arcs(in, marks, parts, 0, cut, &edges, &result.counts);
    giga_status second = GIGA_OK;
    if (cut < in->arcs)
        second = gr_input_read_arcs(in, marks, parts, cut, UINT64_MAX, &edges, &result.counts);
    if (result.status == GIGA_OK)
        result.status = second;
    sum_up(&edges, &result);
    return result;
}

static result read_all_arcs(const gr_input *in, unsigned char cut)
{
    result whole = read_arcs(in, in->arcs, 0);

    if (whole.status != GIGA_OK)
        check(strstr(giga_error(), in->path) != NULL, "a failure names the file");
    result parts = read_arcs(in, in->arcs / 255 * cut + in->arcs % 255 * cut / 255, cut % 8);
    check(same(&whole, &parts), "one range of arcs and two are the same");
    return whole;
}

static void read_vertices(gr_input *in)
{
    gr_ids ids;

    memcpy(in->vertices_path, in->path, sizeof in->path);
    in->vertices_bytes = in->bytes;
    gr_ids_init(&ids);
    if (gr_input_read_vertices(in, 0, UINT64_MAX, &ids) != GIGA_OK)
        check(strstr(giga_error(), in->path) != NULL, "a failure names the file");
    gr_ids_clear(&ids);
}

static result read_all(gr_input *in, uint64_t cut)
{
    result stream = read_stream(in);

    if (stream.status != GIGA_OK)
        check(strstr(giga_error(), in->path) != NULL, "a failure names the file");
    if (in->compression != GR_PLAIN)
        return stream;
    result whole = read_ranges(in, 0), parts = read_ranges(in, cut);
    check(same(&whole, &stream), "a range and a stream are the same");
    check(same(&whole, &parts), "one range and two are the same");
    read_vertices(in);
    return whole;
}

/* The file of these bytes is read as `format`; is it, with this sum? */
static result read_file(const char *bytes, size_t size, gr_format format, bool ignore_weights,
                        unsigned char cut)
{
    static gr_input in;
    gr_input_opts opts = GR_INPUT_OPTS;
    result result = {GIGA_OK, {0}, 0, 0};
    char path[40];

    opts.format = format;
    opts.ignore_weights = ignore_weights;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    result.status = gr_input_detect(path, &opts, &in);
    if (result.status != GIGA_OK)
        check(strstr(giga_error(), path) != NULL, "a failure names the file");
    else if (gr_input_has_arcs(&in))
        result = read_all_arcs(&in, cut);
    else
        result = read_all(&in, cut * size / 255);
    if (result.status == GIGA_OK)
        result.status = gr_input_check(&in, &result.counts);
    close(fd);
    return result;
}

/* A graph of the first bytes; the last ones change the file that it is written to. */
static void try_graph(const uint8_t *data, size_t size, gr_format format, unsigned char cut)
{
    static file_graph g;
    static file_bytes file;

    memset(&g, 0, sizeof g);
    g.directed = data[0] & 1;
    g.weighted = data[0] & 2;
    g.big_endian = data[0] & 4;
    g.n = data[1] + (data[0] & 8 ? 40u : 0u);
    size_t changes = data[0] >> 4;
    data += 2;
    size -= 2;
    if (size < 2 * changes)
        return;
    for (; g.n && g.m < FILE_EDGES && 3 * g.m + 3 + 2 * changes <= size; g.m++) {
        const uint8_t *edge = data + 3 * g.m;
        g.u[g.m] = edge[0] % g.n;
        g.v[g.m] = edge[1] % g.n;
        g.w[g.m] = edge[2];
    }
    if (!file_write(&g, format, &file) || (!file.count && !g.m))
        return;
    for (size_t i = 0; i < changes && file.count; i++) {
        const uint8_t *change = data + size - 2 * changes + 2 * i;
        if (change[0] == 255)
            file.count -= file.count * change[1] / 256;
        else
            file.at[file.count * change[0] / 255] = (char)change[1];
    }
    result result = read_file(file.at, file.count, format, false, cut);
    if (changes)
        return;
    check(result.status == GIGA_OK, "a graph that was written can be read");
    check(result.set == file_sum(&g, format), "a graph that was written is read as it was");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5)
        return 0;
    gr_format format = (gr_format)(data[0] % GR_FORMATS);
    if (data[1] < 128)
        read_file((const char *)data + 3, size - 3, format, data[1] % 8 == 0, data[2]);
    else
        try_graph(data + 3, size - 3, format, data[2]);
    return 0;
}
