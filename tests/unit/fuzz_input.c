/*
 * fuzz_input.c - random files: a reader may refuse them, and nothing else.
 *
 * The first two bytes choose the options and where the file is cut in two; the rest is
 * the file. Beside what the sanitizers see, three laws are checked: a failure has a
 * sentence that names the file; what is read whole is read the same in two ranges and as
 * a stream; a file that is refused as a whole is refused in parts.
 *
 * clang -fsanitize=fuzzer,address,undefined; the files live in memory, no disk is used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../graph/input.h"

typedef struct result {
    giga_status status;
    gr_input_counts counts;
    uint64_t sum; /* of all edges and their order */
} result;

static void check(bool law, const char *what)
{
    if (law)
        return;
    fprintf(stderr, "broken: %s (%s)\n", what, giga_error());
    abort();
}

static uint64_t sum_of(gr_edges *edges)
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
        }
    return sum;
}

static result read_ranges(const gr_input *in, uint64_t cut)
{
    result result = {GIGA_OK, {0, 0, 0}, 0};
    gr_edges edges;

    gr_edges_init(&edges, in->weighted);
    result.status = gr_input_read_range(in, 0, cut, &edges, &result.counts);
    giga_status second = gr_input_read_range(in, cut, UINT64_MAX, &edges, &result.counts);
    if (result.status == GIGA_OK)
        result.status = second;
    result.sum = sum_of(&edges);
    return result;
}

static result read_stream(const gr_input *in)
{
    result result = {GIGA_OK, {0, 0, 0}, 0};
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
    result.sum = sum_of(&edges);
    return result;
}

static bool same(const result *a, const result *b)
{
    if (a->status != GIGA_OK || b->status != GIGA_OK)
        return a->status == b->status;
    return a->sum == b->sum && !memcmp(&a->counts, &b->counts, sizeof a->counts);
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

static void read_all(gr_input *in, uint64_t cut)
{
    result stream = read_stream(in);

    if (stream.status != GIGA_OK)
        check(strstr(giga_error(), in->path) != NULL, "a failure names the file");
    if (in->compression != GR_PLAIN)
        return;
    result whole = read_ranges(in, 0), parts = read_ranges(in, cut);
    check(same(&whole, &stream), "a range and a stream are the same");
    check(same(&whole, &parts), "one range and two are the same");
    read_vertices(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gr_input in;
    gr_input_opts opts = GR_INPUT_OPTS;
    char path[40];

    if (size < 2)
        return 0;
    opts.format = (gr_format)(data[0] % 7);
    opts.ignore_weights = data[0] >= 224;
    size_t cut = (size_t)data[1] * (size - 2) / 255;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data + 2, size - 2) == (ssize_t)(size - 2),
          "a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (gr_input_detect(path, &opts, &in) == GIGA_OK)
        read_all(&in, cut);
    else
        check(strstr(giga_error(), path) != NULL, "a failure names the file");
    close(fd);
    return 0;
}
