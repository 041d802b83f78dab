/*
 * test_input.c - graph files and staged edges: one process, files in a directory of its
 * own that is removed at the end.
 *
 * Expected edges are written by hand or come from the generator that wrote the file, and
 * expected weights from the C compiler or the C library, never from the reader.
 */
#include <CUnit/Basic.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../../graph/input.h"
#include "graph_files.h"

/* ---- files ------------------------------------------------------------------------ */

static char folder[] = "/tmp/giga-test-input-XXXXXX";
static char shown[GR_PATH_MAX]; /* the path that the last call of path() made */

static const char *path(const char *name)
{
    snprintf(shown, sizeof shown, "%s/%s", folder, name);
    return shown;
}

static void write_bytes(const char *name, const void *data, size_t bytes)
{
    FILE *file = fopen(path(name), "wb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL_FATAL(fwrite(data, 1, bytes, file), bytes);
    CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static size_t gzip(const char *data, size_t bytes, char *to, size_t room)
{
    z_stream stream = {0};

    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = (unsigned char *)(uintptr_t)data;
    stream.avail_in = (uInt)bytes;
    stream.next_out = (unsigned char *)to;
    stream.avail_out = (uInt)room;
    deflate(&stream, Z_FINISH);
    size_t made = room - stream.avail_out;
    deflateEnd(&stream);
    return made;
}

static size_t zst(const char *data, size_t bytes, char *to, size_t room)
{
    return ZSTD_compress(to, room, data, bytes, 3);
}

typedef size_t packer(const char *data, size_t bytes, char *to, size_t room);

/* ---- inputs ----------------------------------------------------------------------- */

typedef struct edge {
    uint64_t u, v;
    double w;
} edge;

static gr_input in;
static gr_edges edges;
static gr_input_counts counts;

static giga_status detect(const char *name)
{
    return gr_input_detect(path(name), NULL, &in);
}

static giga_status detect_as(const char *name, gr_format format, bool ignore_weights)
{
    gr_input_opts opts = GR_INPUT_OPTS;

    opts.format = format;
    opts.ignore_weights = ignore_weights;
    return gr_input_detect(path(name), &opts, &in);
}

static giga_status read_stream(void)
{
    gr_stream *stream;
    gr_block block = {.bytes = 1};
    giga_status status = gr_stream_open(&in, &stream);

    while (status == GIGA_OK && block.bytes) {
        status = gr_stream_next(stream, &block);
        if (status == GIGA_OK)
            status = gr_input_parse(&in, block.data, block.bytes, block.offset,
                                    block.line, &edges, &counts);
    }
    gr_stream_close(stream);
    return status;
}

/* An adjacency in `parts` ranges of arcs, from as many marks where marks are of use. */
static giga_status read_arcs(uint64_t parts)
{
    gr_mark marks[32];
    uint64_t before = 0, count = 0;
    giga_status status = GIGA_OK;
    size_t marked = gr_input_wants_marks(&in) ? (size_t)parts : 0;

    for (uint64_t i = 0; i < marked && status == GIGA_OK; i++) {
        uint64_t from = in.bytes * i / parts, to = in.bytes * (i + 1) / parts;
        marks[i] = (gr_mark){from, before};
        status = gr_input_count(&in, from, to, &count);
        before += count;
    }
    for (uint64_t i = 0; i < parts && status == GIGA_OK; i++)
        status = gr_input_read_arcs(&in, marks, marked, in.arcs * i / parts,
                                    in.arcs * (i + 1) / parts, &edges, &counts);
    return status;
}

/* As ranks do it: each range of rows after those before it were counted. */
static giga_status read_rows(uint64_t parts)
{
    uint64_t before = 0, most = 0, rows;
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < parts && status == GIGA_OK; i++) {
        uint64_t from = in.bytes * i / parts, to = in.bytes * (i + 1) / parts;
        status = gr_input_count(&in, from, to, &rows);
        counts.rows = before;
        if (status == GIGA_OK)
            status = gr_input_read_range(&in, from, to, &edges, &counts);
        CU_ASSERT(status != GIGA_OK || counts.rows == before + rows);
        before += rows;
        most = counts.rows;
    }
    counts.rows = most;
    return status;
}

static giga_status read_all(void)
{
    gr_edges_clear(&edges);
    gr_edges_init(&edges, in.weighted);
    memset(&counts, 0, sizeof counts);
    if (gr_input_has_arcs(&in))
        return read_arcs(1);
    return in.compression == GR_PLAIN
               ? gr_input_read_range(&in, 0, UINT64_MAX, &edges, &counts)
               : read_stream();
}

static bool same_edges(const edge *expected, size_t count)
{
    gr_edges_walk walk;
    gr_edge_block block;
    size_t at = 0;

    if (gr_edges_seal(&edges) != GIGA_OK || gr_edges_count(&edges) != count)
        return false;
    gr_edges_walk_begin(&edges, false, &walk);
    while (gr_edges_next_block(&walk, &block))
        for (size_t i = 0; i < block.count; i++, at++) {
            double w = block.w ? block.w[i] : 1;
            if (block.u[i] != expected[at].u || block.v[i] != expected[at].v ||
                memcmp(&w, &expected[at].w, sizeof w) != 0)
                return false;
        }
    return at == count;
}

/* The file is read, whole and as a stream, and holds these edges. */
static bool holds(const char *name, const edge *expected, size_t count)
{
    if (detect(name) != GIGA_OK || read_all() != GIGA_OK ||
        !same_edges(expected, count)) {
        printf("\n  %s: %s\n", name, giga_error());
        return false;
    }
    gr_edges_clear(&edges);
    memset(&counts, 0, sizeof counts);
    giga_status status = gr_input_has_arcs(&in) ? read_arcs(3) : read_stream();
    return status == GIGA_OK && counts.edges == count &&
           same_edges(expected, count);
}

/* The call failed so, and its sentence is the path, and then this. */
static bool said(giga_status got, giga_status expected, const char *sentence)
{
    const char *error = giga_error();
    size_t length = strlen(folder);
    bool same = got == expected && !strncmp(error, folder, length) &&
                !strcmp(error + length + 1, sentence);

    if (!same)
        printf("\n  status %d: %s\n  expected %d: .../%s\n", (int)got, error,
               (int)expected, sentence);
    return same;
}

static giga_status read_file(const char *name)
{
    giga_status status = detect(name);

    return status == GIGA_OK ? read_all() : status;
}

static giga_status read_text(const char *name, const char *text)
{
    write_text(name, text);
    return read_file(name);
}

#define AN_ID "expected a vertex id (0 to 18446744073709551615), found "
#define A_WEIGHT "expected a weight (a finite decimal number), found "

#define HOLDS(name, ...)                                                                 \
    CU_ASSERT_TRUE(holds(name, (const edge[]){__VA_ARGS__},                              \
                         sizeof((const edge[]){__VA_ARGS__}) / sizeof(edge)))

#define REFUSES(name, text, sentence)                                                    \
    CU_ASSERT_TRUE(said(read_text(name, text), GIGA_ERR_FORMAT, name sentence))

/* Random numbers of our own: xorshift64*, seeded per test. */
static uint64_t state;

static uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717ull;
}

/* ---- staged edges ----------------------------------------------------------------- */

static uint64_t id_at(uint64_t i, uint64_t base)
{
    return base + i * 2654435761u % 1000003;
}

static void stage(uint64_t count, uint64_t base, bool weighted)
{
    gr_edges_init(&edges, weighted);
    for (uint64_t i = 0; i < count; i++)
        if (gr_edges_append(&edges, id_at(i, base), i, (double)i / 3) != GIGA_OK)
            CU_FAIL_FATAL("append failed");
}

static uint64_t wrong_in_walk(uint64_t base, bool consume)
{
    gr_edges_walk walk;
    gr_edge_block block;
    uint64_t i = 0, wrong = 0;

    gr_edges_walk_begin(&edges, consume, &walk);
    while (gr_edges_next_block(&walk, &block))
        for (size_t k = 0; k < block.count; k++, i++) {
            wrong += block.u[k] != id_at(i, base) || block.v[k] != i;
            wrong += block.w && block.w[k] != (double)i / 3;
        }
    return wrong + (i != walk.edges->closed && !consume);
}

static void edges_come_back_in_order_whatever_their_ids_and_weights(void)
{
    const uint64_t counts_tried[] = {0,     1,     2047,  2048,   2049,
                                     65527, 65528, 65529, 131056, 200001};
    const uint64_t bases[] = {0, UINT64_C(1) << 40};

    for (size_t c = 0; c < sizeof counts_tried / sizeof *counts_tried; c++)
        for (int k = 0; k < 4; k++) {
            stage(counts_tried[c], bases[k % 2], k / 2);
            CU_ASSERT_EQUAL(gr_edges_count(&edges), counts_tried[c]);
            CU_ASSERT_EQUAL_FATAL(gr_edges_seal(&edges), GIGA_OK);
            CU_ASSERT_EQUAL(gr_edges_count(&edges), counts_tried[c]);
            CU_ASSERT_EQUAL(wrong_in_walk(bases[k % 2], false), 0);
            CU_ASSERT_EQUAL(wrong_in_walk(bases[k % 2], true), 0);
            CU_ASSERT_EQUAL(gr_edges_count(&edges), 0);
            CU_ASSERT_EQUAL(gr_edges_bytes(&edges), 0);
        }
}

static void small_ids_cost_8_bytes_per_edge_and_weights_8_more(void)
{
    const uint64_t chunks = 10, count = chunks * GR_CHUNK_EDGES, heads = chunks * 64;

    stage(count, 0, false);
    CU_ASSERT_EQUAL_FATAL(gr_edges_seal(&edges), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_bytes(&edges), 8 * count + heads);
    gr_edges_clear(&edges);
    stage(count, 0, true);
    CU_ASSERT_EQUAL_FATAL(gr_edges_seal(&edges), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_bytes(&edges), 16 * count + heads);
    gr_edges_clear(&edges);
    stage(count, UINT64_C(1) << 32, false);
    CU_ASSERT_EQUAL_FATAL(gr_edges_seal(&edges), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_bytes(&edges), 16 * count + heads);
    gr_edges_clear(&edges);
    CU_ASSERT_EQUAL(gr_edges_bytes(&edges), 0);
}

static void one_large_id_leaves_the_other_chunks_packed(void)
{
    gr_edges_init(&edges, false);
    for (uint64_t i = 0; i < 3 * (uint64_t)GR_CHUNK_EDGES; i++)
        gr_edges_append(&edges, i, i == GR_CHUNK_EDGES + 5 ? UINT64_MAX : UINT32_MAX, 1);
    CU_ASSERT_EQUAL_FATAL(gr_edges_seal(&edges), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_bytes(&edges),
                    (8 + 16 + 8) * (uint64_t)GR_CHUNK_EDGES + 3 * 64);
    gr_edges_walk walk;
    gr_edge_block block;
    uint64_t i = 0, wrong = 0;
    gr_edges_walk_begin(&edges, true, &walk);
    while (gr_edges_next_block(&walk, &block))
        for (size_t k = 0; k < block.count; k++, i++)
            wrong += block.u[k] != i ||
                     block.v[k] != (i == GR_CHUNK_EDGES + 5 ? UINT64_MAX : UINT32_MAX);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(i, 3 * (uint64_t)GR_CHUNK_EDGES);
}

static uint64_t resident(void)
{
    uint64_t size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fscanf(file, "%" SCNu64 " %" SCNu64, &size, &pages), 2);
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void a_consuming_walk_gives_memory_back_as_it_goes(void)
{
    const uint64_t chunks = 40, chunk_bytes = 1 << 19;

    stage(chunks * GR_CHUNK_EDGES, 0, false);
    CU_ASSERT_EQUAL_FATAL(gr_edges_seal(&edges), GIGA_OK);
    uint64_t before = resident();
    gr_edges_walk walk;
    gr_edge_block block;
    gr_edges_walk_begin(&edges, true, &walk);
    while (gr_edges_count(&edges) > chunks / 2 * GR_CHUNK_EDGES)
        gr_edges_next_block(&walk, &block);
    CU_ASSERT_EQUAL(gr_edges_bytes(&edges), chunks / 2 * chunk_bytes);
    CU_ASSERT_TRUE(before >= resident() + (chunks / 2 - 2) * chunk_bytes);
    gr_edges_clear(&edges); /* a walk given up half way leaves nothing behind */
    CU_ASSERT_EQUAL(gr_edges_bytes(&edges), 0);
}

static void a_list_may_grow_again_after_it_was_sealed(void)
{
    gr_edges_init(&edges, false);
    for (uint64_t i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(gr_edges_append(&edges, i, i, 1), GIGA_OK);
        CU_ASSERT_EQUAL(gr_edges_seal(&edges), GIGA_OK);
    }
    const edge expected[] = {{0, 0, 1}, {1, 1, 1}, {2, 2, 1}, {3, 3, 1}, {4, 4, 1}};
    CU_ASSERT_TRUE(same_edges(expected, 5));
    gr_edges_clear(&edges);
    gr_edges_clear(&edges);
    CU_ASSERT_EQUAL(gr_edges_append(&edges, 0, 0, 1), GIGA_OK);
    gr_edges_clear(&edges);
}

/* A sanitizer needs terabytes of address space: the limit would stop it, not giga. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* In a child: append without end in an address space with 64 MiB left. */
static int exhaust(void)
{
    struct rlimit limit;
    uint64_t size = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file || fscanf(file, "%" SCNu64, &size) != 1)
        return 2;
    limit.rlim_cur = limit.rlim_max =
        size * (uint64_t)sysconf(_SC_PAGESIZE) + (UINT64_C(64) << 20);
    setrlimit(RLIMIT_AS, &limit);
    gr_edges_init(&edges, true);
    giga_status status = GIGA_OK;
    uint64_t appended = 0;
    for (; status == GIGA_OK && appended < 100000000; appended++)
        status = gr_edges_append(&edges, appended, appended, 1);
    return status == GIGA_ERR_MEMORY && gr_edges_count(&edges) == appended - 1 &&
                   strstr(giga_error(), "memory")
               ? 0
               : 1;
}

static int in_child(int (*work)(void))
{
    int code = -1;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(work());
    waitpid(child, &code, 0);
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

static void running_out_of_memory_is_an_error_and_keeps_the_edges(void)
{
    if (!SANITIZED)
        CU_ASSERT_EQUAL(in_child(exhaust), 0);
}

/* ---- edge lists ------------------------------------------------------------------- */

static void lines_of_every_shape_are_edges(void)
{
    write_text("a.el", "# a comment\n"
                       "\n"
                       "1 2\n"
                       "  3\t 4  \n"
                       "% another\n"
                       "18446744073709551615 0\r\n"
                       "   \t\n"
                       " # indented\n"
                       "007 0000000000000000000000000000000000008\n"
                       "5 5");
    HOLDS("a.el", {1, 2, 1}, {3, 4, 1}, {UINT64_MAX, 0, 1}, {7, 8, 1}, {5, 5, 1});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_EDGE_LIST);
    CU_ASSERT_EQUAL(in.header_comments, 1);
    CU_ASSERT_EQUAL(in.data_offset, 13);
    CU_ASSERT_EQUAL(in.data_line, 3);
    CU_ASSERT_EQUAL(counts.comments, 2);
    CU_ASSERT_EQUAL(counts.bytes, in.bytes - in.data_offset);
    CU_ASSERT_FALSE(in.weighted);
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTION_UNKNOWN);
    CU_ASSERT_EQUAL(in.vertices_promised, GR_UNKNOWN);
}

static void every_delimiter_is_found_on_the_first_line(void)
{
    write_text("a.el", "1,2\n3 , 4\n5,6\r\n");
    HOLDS("a.el", {1, 2, 1}, {3, 4, 1}, {5, 6, 1});
    CU_ASSERT_EQUAL(in.delimiter, ',');
    write_text("a.el", "1 ; 2;0.5\n3;4;1e3\n");
    HOLDS("a.el", {1, 2, 0.5}, {3, 4, 1000});
    write_text("a.el", "1|2\n");
    HOLDS("a.el", {1, 2, 1});
    write_text("a.el", "1\t2\t3\n4 5 6\n");
    HOLDS("a.el", {1, 2, 3}, {4, 5, 6});
    write_text("a.el", "\xef\xbb\xbf"
                       "1\t2\n");
    HOLDS("a.el", {1, 2, 1});
}

static void weights_are_the_nearest_doubles(void)
{
    write_text("a.wel",
               "1 2 0.1\n1 2 -2.5\n1 2 7\n1 2 123456789012345\n"
               "1 2 0.000000000000001\n1 2 9007199254740993\n1 2 3.14159265358979323846\n"
               "1 2 1e-320\n1 2 1.7976931348623157e308\n1 2 +4\n1 2 .5\n1 2 5.\n1 2 -0\n"
               "1 2 99999.9999999999\n1 2 1E+2\n1 2 8.5e-2\n");
    HOLDS("a.wel", {1, 2, 0.1}, {1, 2, -2.5}, {1, 2, 7}, {1, 2, 123456789012345.0},
          {1, 2, 0.000000000000001}, {1, 2, 9007199254740993.0},
          {1, 2, 3.14159265358979323846}, {1, 2, 1e-320}, {1, 2, 1.7976931348623157e308},
          {1, 2, 4}, {1, 2, .5}, {1, 2, 5.}, {1, 2, -0.0}, {1, 2, 99999.9999999999},
          {1, 2, 1E+2}, {1, 2, 8.5e-2});
    CU_ASSERT_TRUE(in.weighted);
}

static void weights_are_ignored_when_told_so(void)
{
    write_text("a.wel", "1 2 0.1\n3 4 none of your business\n5 6\n");
    CU_ASSERT_EQUAL(detect_as("a.wel", GR_FORMAT_ANY, true), GIGA_OK);
    CU_ASSERT_FALSE(in.weighted);
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_TRUE(same_edges((edge[]){{1, 2, 1}, {3, 4, 1}, {5, 6, 1}}, 3));
}

/* Append printf text to a growing buffer. */
static size_t print(char *to, size_t at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    at += (size_t)vsprintf(to + at, format, args);
    va_end(args);
    return at;
}

/* A random id with every number of digits equally often. */
static uint64_t draw_id(void)
{
    uint64_t id = draw(), digits = draw() % 20;

    for (uint64_t i = digits; i < 20; i++)
        id /= 10;
    return id;
}

enum { MANY = 30000 };

static void ids_of_all_lengths_are_read_as_they_were_printed(void)
{
    char *text = malloc(MANY * 50);
    edge *expected = malloc(MANY * sizeof *expected);
    size_t at = 0;

    state = 12345;
    for (int i = 0; i < MANY; i++) {
        expected[i] = (edge){draw_id(), draw_id(), 1};
        at = print(text, at,
                   i % 7 ? "%" PRIu64 " %" PRIu64 "\n" : " %" PRIu64 "  %" PRIu64 "\r\n",
                   expected[i].u, expected[i].v);
    }
    write_bytes("many.el", text, at);
    CU_ASSERT_TRUE(holds("many.el", expected, MANY));
    free(text);
    free(expected);
}

static void weights_of_all_lengths_are_what_the_c_library_reads(void)
{
    char *text = malloc(MANY * 90);
    edge *expected = malloc(MANY * sizeof *expected);
    size_t at = 0;

    state = 54321;
    for (int i = 0; i < MANY; i++) {
        char weight[40];
        double value = (double)(int64_t)draw() / pow(10, (double)(draw() % 25));
        snprintf(weight, sizeof weight, i % 5 ? "%.*f" : "%.*e", (int)(draw() % 12),
                 value);
        expected[i] = (edge){draw() % 1000, draw_id(), strtod(weight, NULL)};
        at = print(text, at, "%" PRIu64 ",%" PRIu64 ",%s\n", expected[i].u, expected[i].v,
                   weight);
    }
    write_bytes("many.wel", text, at);
    CU_ASSERT_TRUE(holds("many.wel", expected, MANY));
    free(text);
    free(expected);
}

static void comments_of_snap_say_direction_and_sizes(void)
{
    write_text("a.txt",
               "# Directed graph (each unordered pair of nodes is saved once): x.txt\n"
               "# Nodes: 6 Edges: 9\n# FromNodeId\tToNodeId\n0\t1\n");
    HOLDS("a.txt", {0, 1, 1});
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTED);
    CU_ASSERT_EQUAL(in.vertices_promised, 6);
    CU_ASSERT_EQUAL(in.edges_promised, 9);
    CU_ASSERT_EQUAL(gr_input_check(&in, &(gr_input_counts){.edges = 1}), GIGA_OK);
    write_text("a.txt", "# Undirected graph: ../x.txt\n0\t1\n");
    HOLDS("a.txt", {0, 1, 1});
    CU_ASSERT_EQUAL(in.direction, GR_UNDIRECTED);
}

static void a_file_of_comments_is_a_graph_without_vertices(void)
{
    write_text("a.el", "# nothing\n\n% here");
    CU_ASSERT_EQUAL(detect("a.el"), GIGA_OK);
    CU_ASSERT_EQUAL(in.header_comments, 2);
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_count(&edges), 0);
    CU_ASSERT_EQUAL(counts.bytes, 0);
    CU_ASSERT_EQUAL(read_stream(), GIGA_OK);
}

/* For every pair of borders, and for 1 to 7 equal ranges: the union is the whole. */
static void ranges_agree(const char *name, const edge *expected, size_t count)
{
    CU_ASSERT_EQUAL_FATAL(detect(name), GIGA_OK);
    for (uint64_t a = 0; a <= in.bytes; a++)
        for (uint64_t b = a; b <= in.bytes; b += 1 + (b - a) / 3) {
            const uint64_t border[] = {0, a, b, UINT64_MAX};
            gr_edges_clear(&edges);
            gr_edges_init(&edges, in.weighted);
            memset(&counts, 0, sizeof counts);
            for (int i = 0; i < 3; i++)
                CU_ASSERT_EQUAL_FATAL(
                    gr_input_read_range(&in, border[i], border[i + 1], &edges, &counts),
                    GIGA_OK);
            CU_ASSERT_TRUE_FATAL(same_edges(expected, count));
            CU_ASSERT_EQUAL_FATAL(counts.bytes, in.bytes - in.data_offset);
        }
    for (uint64_t parts = 1; parts <= 7; parts++) {
        gr_edges_clear(&edges);
        for (uint64_t i = 0; i < parts; i++)
            CU_ASSERT_EQUAL_FATAL(gr_input_read_range(&in, in.bytes * i / parts,
                                                      in.bytes * (i + 1) / parts, &edges,
                                                      &counts),
                                  GIGA_OK);
        CU_ASSERT_TRUE_FATAL(same_edges(expected, count));
    }
}

static void an_edge_split_over_two_ranges_is_read_once(void)
{
    write_text("s.el", "# c\n1 2\n33 44\n\n555 666\r\n#x\n7 8");
    ranges_agree("s.el", (edge[]){{1, 2, 1}, {33, 44, 1}, {555, 666, 1}, {7, 8, 1}}, 4);
    write_text("s.csv", "from,to,weight\n1,2,3\n44,55,6.5\n7,8,9\n");
    ranges_agree("s.csv", (edge[]){{1, 2, 3}, {44, 55, 6.5}, {7, 8, 9}}, 3);
    write_text(
        "s.mtx",
        "%%MatrixMarket matrix coordinate pattern general\n%c\n9 9 3\n1 2\n3 4\n9 9\n");
    ranges_agree("s.mtx", (edge[]){{1, 2, 1}, {3, 4, 1}, {9, 9, 1}}, 3);
    write_bytes("s.bin32", "\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\0\0\0\x80", 24);
    ranges_agree("s.bin32", (edge[]){{1, 2, 1}, {3, 4, 1}, {5, 0x80000000u, 1}}, 3);
    write_bytes("s.b64",
                "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
                "\xff\xff\xff\xff\xff\xff\xff\xff\3\0\0\0\0\0\0\1",
                32);
    ranges_agree("s.b64", (edge[]){{1, 2, 1}, {UINT64_MAX, 0x0100000000000003ull, 1}}, 2);
}

static void lines_over_the_borders_of_blocks_are_read_once(void)
{
    const size_t count = 300000; /* 3.9 MB: three borders of blocks, and a tail */
    char *text = malloc(count * 14 + 1);
    edge *expected = malloc(count * sizeof *expected);
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        expected[i] = (edge){i, i * i % 1000000, 1};
        at = print(text, at, "%zu %zu\n", i, i * i % 1000000);
    }
    write_bytes("long.el", text, at);
    CU_ASSERT_TRUE(holds("long.el", expected, count));
    CU_ASSERT_EQUAL_FATAL(detect("long.el"), GIGA_OK);
    gr_edges_clear(&edges);
    for (uint64_t i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(gr_input_read_range(&in, in.bytes * i / 5, in.bytes * (i + 1) / 5,
                                            &edges, &counts),
                        GIGA_OK);
    CU_ASSERT_TRUE(same_edges(expected, count));
    free(text);
    free(expected);
}

static void a_bad_line_is_named_with_file_line_and_byte(void)
{
    REFUSES("x.el", "1 2\n4 -3\n", ", line 2, byte 7: " AN_ID "\"-3\"");
    REFUSES("x.el", "1 18446744073709551616\n",
            ", line 1, byte 3: " AN_ID "\"18446744073709551616\"");
    REFUSES("x.el", "1 2\nfoo 3\n", ", line 2, byte 5: " AN_ID "\"foo\"");
    REFUSES("x.el", "foo bar\n", ", line 1, byte 1: " AN_ID "\"foo\"");
    REFUSES("x.el", "1 2\n7\n3 4\n", ", line 2, byte 6: " AN_ID "the end of the line");
    REFUSES("x.el", "1 2\n7  ", ", line 2, byte 8: " AN_ID "the end of the line");
    REFUSES("x.el", "1 2\n3 4 5\n",
            ", line 2, byte 9: expected the end of the line after "
            "two ids, found \"5\"");
    REFUSES("x.el", "1 2 3\n3 4 5 x\n",
            ", line 2, byte 13: expected the end of the line after "
            "two ids and a weight, found \"x\"");
    REFUSES("x.el", "1 2\n3: 4\n", ", line 2, byte 5: " AN_ID "\"3:\"");
    REFUSES("x.el", "1 2\n3 4/\n", ", line 2, byte 7: " AN_ID "\"4/\"");
    REFUSES("x.el", "1,2\n3,,4\n", ", line 2, byte 7: " AN_ID "nothing");
    REFUSES("x.el", "1,2\n3 4\n", ", line 2, byte 5: " AN_ID "\"3 4\"");
    REFUSES("x.el", "1 2\n3 \xfe\xff\n", ", line 2, byte 7: " AN_ID "\"\\xfe\\xff\"");
}

static void a_bad_weight_is_named_with_file_line_and_byte(void)
{
    const char *bad[] = {"nan",   "inf", "-inf", "1e999", "0x10", "1,5",
                         "1.2.3", "e5",  ".",    "-",     "1e"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[60], sentence[160];
        snprintf(text, sizeof text, "1 2 3\n4 5 %s\n", bad[i]);
        snprintf(sentence, sizeof sentence, "x.wel, line 2, byte 11: " A_WEIGHT "\"%s\"",
                 bad[i]);
        CU_ASSERT_TRUE(said(read_text("x.wel", text), GIGA_ERR_FORMAT, sentence));
    }
    REFUSES("x.wel", "1 2 3\n4 5\n",
            ", line 2, byte 10: " A_WEIGHT "the end of the line");
}

static void a_range_far_inside_names_the_same_line(void)
{
    write_text("x.el", "# c\n1 2\n3 4\n5 6\n7 x\n8 9\n");
    CU_ASSERT_EQUAL_FATAL(detect("x.el"), GIGA_OK);
    gr_edges_clear(&edges);
    CU_ASSERT_TRUE(said(gr_input_read_range(&in, 13, 20, &edges, &counts),
                        GIGA_ERR_FORMAT, "x.el, line 5, byte 19: " AN_ID "\"x\""));
    CU_ASSERT_EQUAL(gr_input_parse(&in, "1 2\n3 4\n5", 9, 100, 40, &edges, &counts),
                    GIGA_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "line 42, byte 110: "));
}

static void a_line_above_1_MiB_is_an_error(void)
{
    size_t bytes = GR_LINE_MAX;
    char *text = malloc(bytes + 10);

    memcpy(text, "1 2\n", 4);
    memset(text + 4, ' ', bytes);
    text[4 + bytes - 1] = '\n';
    memcpy(text + 4 + bytes, "3 4\n", 4);
    write_bytes("x.el", text, bytes + 8);
    HOLDS("x.el", {1, 2, 1}, {3, 4, 1});
    text[4 + bytes - 1] = ' ';
    text[4 + bytes] = '\n';
    write_bytes("x.el", text, bytes + 5);
    const char *sentence =
        "x.el, line 2, byte 5: expected a line of at most 1048576 bytes, "
        "found a longer one";
    CU_ASSERT_TRUE(said(read_file("x.el"), GIGA_ERR_FORMAT, sentence));
    CU_ASSERT_EQUAL(gr_input_read_range(&in, 4, 9, &edges, &counts), GIGA_ERR_FORMAT);
    CU_ASSERT_EQUAL(gr_input_read_range(&in, 5, 9, &edges, &counts), GIGA_ERR_FORMAT);
    free(text);
}

/* ---- files that are none ---------------------------------------------------------- */

static void missing_and_empty_files_and_folders_are_told_apart(void)
{
    CU_ASSERT_TRUE(said(detect("none.el"), GIGA_ERR_NOT_FOUND,
                        "none.el: cannot be found: No such file or directory"));
    mkdir(path("d.el"), 0700);
    CU_ASSERT_TRUE(
        said(detect("d.el"), GIGA_ERR_IO, "d.el: is a directory: expected a graph file"));
    rmdir(path("d.el"));
    mkfifo(path("p.el"), 0600);
    CU_ASSERT_TRUE(said(detect("p.el"), GIGA_ERR_IO,
                        "p.el: is not a regular file: expected "
                        "one that can be read in parts"));
    unlink(path("p.el"));
    REFUSES("z.el", "", ": is empty: expected lines with two vertex ids, or a header");
    REFUSES("z.bin64", "", ": is empty: expected pairs of vertex ids");
    CU_ASSERT_EQUAL(gr_input_detect("", NULL, &in), GIGA_ERR_ARG);
    char name[5000];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = 0;
    CU_ASSERT_EQUAL(gr_input_detect(name, NULL, &in), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(detect_as("z.el", (gr_format)77, false), GIGA_ERR_ARG);
}

static int read_forbidden(void)
{
    if (geteuid() == 0 && setuid(65534) != 0)
        return 2;
    return said(detect("secret.el"), GIGA_ERR_IO,
                "secret.el: cannot be opened: Permission denied")
               ? 0
               : 1;
}

static void a_file_that_may_not_be_read_is_an_error(void)
{
    write_text("secret.el", "1 2\n");
    chmod(path("secret.el"), 0);
    chmod(folder, 0755);
    CU_ASSERT_EQUAL(in_child(read_forbidden), 0);
}

static void binary_data_where_text_is_expected_is_an_error(void)
{
    write_bytes("x.el", "1 2\n3\0004\n", 8);
    CU_ASSERT_TRUE(
        said(read_file("x.el"), GIGA_ERR_FORMAT,
             "x.el, line 2, byte 6: expected text (binary pairs are named .bin32 or "
             ".bin64), found \"\\x00\""));
    write_bytes("x.el",
                "\xff\xfe"
                "1\0 \0002\0\n",
                9);
    CU_ASSERT_EQUAL(read_file("x.el"), GIGA_ERR_FORMAT);
    write_bytes("x.el",
                "\xfd"
                "7zXZ\0abc",
                9);
    CU_ASSERT_TRUE(said(read_file("x.el"), GIGA_ERR_UNSUPPORTED,
                        "x.el: is compressed with xz: giga reads gzip and zstd"));
    char *noise = malloc(3 << 20);
    state = 99;
    for (size_t i = 0; i < 3 << 20; i++)
        noise[i] = (char)(draw() % 255 + 1 == '\n' ? 1 : draw() % 255 + 1);
    write_bytes("x.el", noise, 3 << 20);
    CU_ASSERT_EQUAL(read_file("x.el"), GIGA_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "expected text"));
    free(noise);
}

static void a_file_that_becomes_shorter_is_an_error(void)
{
    write_text("x.el", "1 2\n3 4\n5 6\n");
    CU_ASSERT_EQUAL_FATAL(detect("x.el"), GIGA_OK);
    CU_ASSERT_EQUAL(truncate(path("x.el"), 8), 0);
    CU_ASSERT_TRUE(said(read_all(), GIGA_ERR_IO,
                        "x.el: has become shorter while it was read: "
                        "8 bytes, 12 when it was found"));
}

static void what_is_appended_while_a_file_is_read_is_left_out(void)
{
    write_text("x.el", "1 2\n3 4\n");
    CU_ASSERT_EQUAL_FATAL(detect("x.el"), GIGA_OK);
    write_text("x.el", "1 2\n3 4\n5 6\n");
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_TRUE(same_edges((edge[]){{1, 2, 1}, {3, 4, 1}}, 2));
}

/* ---- CSV -------------------------------------------------------------------------- */

static void csv_columns_are_found_by_name_or_by_place(void)
{
    write_text("a.csv", "a,b\n1,2\n");
    HOLDS("a.csv", {1, 2, 1});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_CSV);
    write_text(
        "a.csv",
        "label;Target;\"Source\";when;WEIGHT\nx;1;2;y;0.5\n\"a;\"\"b\";3;\"4\";;-1\r\n");
    HOLDS("a.csv", {2, 1, 0.5}, {4, 3, -1});
    write_text("a.csv", "src\tdst\tname\n1\t2\t\n3\t4\tx y\n");
    HOLDS("a.csv", {1, 2, 1}, {3, 4, 1});
    write_text("a.csv", "weight,from,to\n1.5,2,3\n");
    HOLDS("a.csv", {2, 3, 1.5});
    write_text("a.csv", "a,weight,b\n2,1.5,3\n");
    HOLDS("a.csv", {2, 3, 1.5});
    write_text("a.csv", "# made by hand\n\nsource,target\n1,2\n\n3,4");
    HOLDS("a.csv", {1, 2, 1}, {3, 4, 1});
    write_text("a.csv", "1,2\n3,4\n");
    HOLDS("a.csv", {1, 2, 1}, {3, 4, 1});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_EDGE_LIST);
    write_text("a.csv", "source,target\n");
    CU_ASSERT_EQUAL(read_file("a.csv"), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_count(&edges), 0);
}

static void csv_mistakes_are_named_with_file_line_and_byte(void)
{
    REFUSES("x.csv", "a,b\n1,2\n3\n", ", line 3, byte 10: " AN_ID "the end of the line");
    REFUSES("x.csv", "source,target,weight\n1,2,\n",
            ", line 2, byte 26: " A_WEIGHT "the end of "
            "the line");
    REFUSES("x.csv", "a\tb\n1\t\t2\n", ", line 2, byte 7: " AN_ID "nothing");
    REFUSES("x.csv", "source,b\n1,2\n",
            ", line 1, byte 1: expected names of two or more columns, with source and "
            "target or neither, found \"source,b\"");
    REFUSES("x.csv", "a,5\n1,2\n", ", line 1, byte 1: " AN_ID "\"a\"");
    REFUSES("x.csv", "a,b\n# no\n", ", line 2, byte 5: " AN_ID "\"# no\"");
}

/* ---- Matrix Market ---------------------------------------------------------------- */

#define BANNER "%%MatrixMarket matrix coordinate "

static void a_matrix_is_read_with_ids_from_1(void)
{
    write_text("a.mtx", BANNER "real general\n% c\n\n3 4 2\n1 4 0.25\n3 1 -1e2\n");
    HOLDS("a.mtx", {1, 4, 0.25}, {3, 1, -100});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_MATRIX_MARKET);
    CU_ASSERT_EQUAL(in.rows, 3);
    CU_ASSERT_EQUAL(in.columns, 4);
    CU_ASSERT_EQUAL(in.edges_promised, 2);
    CU_ASSERT_EQUAL(in.vertices_promised, 4);
    CU_ASSERT_EQUAL(in.low_id, 1);
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTED);
    CU_ASSERT_FALSE(in.symmetric);
    CU_ASSERT_EQUAL(in.field, GR_FIELD_REAL);
    CU_ASSERT_EQUAL(in.header_comments, 2);
    CU_ASSERT_EQUAL(gr_input_check(&in, &(gr_input_counts){.edges = 2}), GIGA_OK);
    write_text(
        "a.mtx",
        "%%matrixmarket MATRIX Coordinate Integer Symmetric\r\n3 3 1\r\n3 1 7\r\n");
    HOLDS("a.mtx", {3, 1, 7});
    CU_ASSERT_TRUE(in.symmetric);
    CU_ASSERT_EQUAL(in.direction, GR_UNDIRECTED);
    write_text("a.mtx", BANNER "pattern general\n5 5 2\n5 1\n1 5");
    HOLDS("a.mtx", {5, 1, 1}, {1, 5, 1});
    write_text("a.mtx", BANNER "pattern general\n5 5 0\n");
    CU_ASSERT_EQUAL(read_file("a.mtx"), GIGA_OK);
    CU_ASSERT_EQUAL(in.vertices_promised, 5);
    CU_ASSERT_EQUAL(gr_input_check(&in, &counts), GIGA_OK);
}

static void a_matrix_giga_cannot_read_is_refused_by_name(void)
{
    const char *bad[] = {"%%MatrixMarket matrix array real general\n1 1\n1\n",
                         BANNER "complex general\n1 1 0\n",
                         BANNER "real skew-symmetric\n1 1 0\n",
                         BANNER "real hermitian\n1 1 0\n"};
    const char *word[] = {"\"array\"", "\"complex\"", "\"skew-symmetric\"",
                          "\"hermitian\""};

    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(read_text("x.mtx", bad[i]), GIGA_ERR_UNSUPPORTED);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), word[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "x.mtx, line 1: "));
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "supported are coordinate"));
    }
}

static void a_matrix_header_that_lies_is_found_out(void)
{
    REFUSES("x.mtx", BANNER "pattern general\n9 9 1000000000000000000\n1 2\n",
            ", line 2: the Matrix Market header promises 1000000000000000000 entries, "
            "the file has room for 1 at most");
    REFUSES("x.mtx", BANNER "real general\n9 9 3\n1 2 3\n1 2 3\n",
            ", line 2: the Matrix Market header promises 3 entries, the file has "
            "room for 2 at most");
    REFUSES("x.mtx", BANNER "pattern general\n3 5 1\n4 2\n",
            ", line 3, byte 56: expected a row number (1 to 3), found \"4\"");
    REFUSES("x.mtx", BANNER "pattern general\n3 5 1\n3 6\n",
            ", line 3, byte 58: expected a column number (1 to 5), found \"6\"");
    REFUSES("x.mtx", BANNER "pattern general\n3 5 1\n0 2\n",
            ", line 3, byte 56: expected a row number (1 to 3), found \"0\"");
    REFUSES("x.mtx", BANNER "pattern general\n3 5 1\n1 2 9\n",
            ", line 3, byte 60: expected the end of the line after two ids, found \"9\"");
    REFUSES("x.mtx", BANNER "pattern symmetric\n3 5 0\n",
            ", line 2, byte 54: expected as many columns as rows in a symmetric "
            "matrix, found \"5\"");
    REFUSES("x.mtx", BANNER "pattern general\n3 -5 0\n",
            ", line 2, byte 52: expected the number of columns, found \"-5\"");
    REFUSES(
        "x.mtx", BANNER "pattern general\n3 5\n",
        ", line 2, byte 53: expected the number of entries, found the end of the line");
    REFUSES("x.mtx", BANNER "pattern general\n%c\n",
            ", line 3, byte 53: expected the number of rows, found the end of the line");
    REFUSES("x.mtx", BANNER "pattern general\n3 5 0 0\n",
            ", line 2, byte 56: expected the end of the line after three "
            "numbers, found \"0\"");
    REFUSES("x.mtx", BANNER "patern general\n",
            ", line 1, byte 34: expected pattern, integer or real, found \"patern\"");
    CU_ASSERT_EQUAL(read_text("x.mtx", BANNER "pattern general\n3 3 1\n1 2\n2 1\n"),
                    GIGA_OK);
    CU_ASSERT_TRUE(
        said(gr_input_check(&in, &counts), GIGA_ERR_FORMAT,
             "x.mtx, line 2: the Matrix Market header promises 1 entries, the file "
             "has 2"));
}

static void every_entry_of_a_matrix_is_checked_however_plain(void)
{
    char *text = malloc(1 << 20);
    size_t at = print(text, 0, "%s", BANNER "pattern general\n2000 1000 20000\n");

    for (int i = 0; i < 20000; i++)
        at = print(text, at, "%d %d\n", i % 1000 + 1, i == 15000 ? 1001 : 1000);
    write_bytes("x.mtx", text, at);
    CU_ASSERT_EQUAL(read_file("x.mtx"), GIGA_ERR_FORMAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "line 15003, byte "));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(giga_error(), "a column number (1 to 1000), found \"1001\""));
    free(text);
}

/* ---- LDBC ------------------------------------------------------------------------- */

static bool has_ids(const uint64_t *expected, size_t count)
{
    gr_ids ids;
    bool same = true;

    for (uint64_t parts = 1; parts <= 7 && same; parts++) {
        gr_ids_init(&ids);
        for (uint64_t i = 0; i < parts; i++)
            same &= gr_input_read_vertices(&in, in.vertices_bytes * i / parts,
                                           in.vertices_bytes * (i + 1) / parts,
                                           &ids) == GIGA_OK;
        same &= ids.count == count && (!count || !memcmp(ids.at, expected, count * 8));
        gr_ids_clear(&ids);
    }
    return same;
}

static void an_ldbc_graph_is_found_by_any_of_its_names(void)
{
    const char *names[] = {"g", "g.e", "g.v"};
    const uint64_t vertices[] = {2, 4, 9, UINT64_MAX};

    write_text("g.v", "2\n4 label\n9|x|y\r\n18446744073709551615");
    write_text("g.e", "2 4 0.5\n4 9 1\n");
    write_text("g.properties",
               "# LDBC\ngraph.g.vertex-file = g.v\ngraph.g.directed = true\n");
    for (int i = 0; i < 3; i++) {
        HOLDS(names[i], {2, 4, 0.5}, {4, 9, 1});
        CU_ASSERT_EQUAL(in.format, GR_FORMAT_LDBC);
        CU_ASSERT_EQUAL(in.direction, GR_DIRECTED);
        CU_ASSERT_TRUE(has_ids(vertices, 4));
    }
    write_text("g.properties", "graph.g.directed=false\n");
    write_text("g.e", "2|4\n4|9\n");
    HOLDS("g", {2, 4, 1}, {4, 9, 1});
    CU_ASSERT_EQUAL(in.direction, GR_UNDIRECTED);
    write_text("g.properties", "x = y\ngraph.g.directed = maybe\n");
    CU_ASSERT_TRUE(said(detect("g"), GIGA_ERR_FORMAT,
                        "g.properties, line 2, byte 26: expected "
                        "true or false, found \"maybe\""));
}

static void an_ldbc_graph_may_be_empty_but_not_half(void)
{
    write_text("h.e", "");
    CU_ASSERT_TRUE(said(detect("h.e"), GIGA_ERR_NOT_FOUND,
                        "h.v: cannot be found: an LDBC graph has its vertices there"));
    write_text("h.v", "");
    CU_ASSERT_EQUAL(read_file("h"), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_count(&edges), 0);
    CU_ASSERT_TRUE(has_ids(NULL, 0));
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTION_UNKNOWN);
    write_text("h.v", "7\n");
    CU_ASSERT_EQUAL(read_file("h"), GIGA_OK);
    CU_ASSERT_TRUE(has_ids((uint64_t[]){7}, 1));
    write_text("h.v", "1\n2\nx\n");
    gr_ids ids;
    gr_ids_init(&ids);
    CU_ASSERT_EQUAL_FATAL(detect("h"), GIGA_OK);
    CU_ASSERT_TRUE(said(gr_input_read_vertices(&in, 3, 6, &ids), GIGA_ERR_FORMAT,
                        "h.v, line 3, byte 5: " AN_ID "\"x\""));
    gr_ids_clear(&ids);
    unlink(path("h.e"));
    CU_ASSERT_TRUE(said(detect("h.v"), GIGA_ERR_NOT_FOUND,
                        "h.e: cannot be found: No such file or directory"));
    write_bytes("h.e", "\x1f\x8b\x08\0\0\0\0\0", 8);
    CU_ASSERT_TRUE(
        said(detect("h.v"), GIGA_ERR_UNSUPPORTED,
             "h.e: is compressed with gzip: LDBC files are read uncompressed only"));
    CU_ASSERT_EQUAL(detect_as("g.e", GR_FORMAT_EDGE_LIST, false), GIGA_OK);
    CU_ASSERT_EQUAL(in.vertices_path[0], 0);
}

/* ---- binary ----------------------------------------------------------------------- */

static void binary_pairs_are_read_by_name_or_by_option(void)
{
    static const char pairs[] = "\1\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0";

    write_bytes("a.u32", pairs, 16);
    HOLDS("a.u32", {1, UINT32_MAX, 1}, {0, 0, 1});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_BINARY32);
    write_bytes("a.b64", pairs, 16);
    HOLDS("a.b64", {0xffffffff00000001ull, 0, 1});
    write_bytes("a.data", pairs, 16);
    CU_ASSERT_EQUAL(detect_as("a.data", GR_FORMAT_BINARY64, false), GIGA_OK);
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_EQUAL(gr_edges_count(&edges), 1);
    /* A first id that looks like gzip is an id. */
    write_bytes("a.bin32", "\x1f\x8b\x08\0\2\0\0\0", 8);
    HOLDS("a.bin32", {0x88b1f, 2, 1});
}

static void a_pair_that_is_cut_off_is_an_error(void)
{
    write_bytes("x.bin32", "\1\0\0\0\2\0\0\0\3\0\0", 11);
    CU_ASSERT_TRUE(
        said(read_file("x.bin32"), GIGA_ERR_FORMAT,
             "x.bin32, byte 12: expected 5 more bytes of a pair of 8, found the end "
             "of the file: it is truncated"));
    write_bytes("x.bin64", "\1\0\0\0\2\0\0\0", 8);
    CU_ASSERT_EQUAL(read_file("x.bin64"), GIGA_ERR_FORMAT);
    char packed[200];
    write_bytes("x.bin32.gz", packed,
                gzip("\1\0\0\0\2\0\0\0\3\0\0", 11, packed, sizeof packed));
    CU_ASSERT_TRUE(
        said(read_file("x.bin32.gz"), GIGA_ERR_FORMAT,
             "x.bin32.gz, byte 12 of the decompressed data: expected 5 more bytes of "
             "a pair of 8, found the end of the file: it is truncated"));
    CU_ASSERT_EQUAL(gr_edges_count(&edges), 1);
}

/* ---- adjacencies ------------------------------------------------------------------ */

#define SAYS(status, name, sentence) CU_ASSERT_TRUE(said(status, GIGA_ERR_FORMAT, name sentence))

static giga_status checked(giga_status status)
{
    return status == GIGA_OK ? gr_input_check(&in, &counts) : status;
}

static void a_dimacs_graph_is_a_list_of_arcs_from_1(void)
{
    write_text("a.gr", "c 9th challenge, one\nc\np sp 4 3\nc inside\na 1 2 7\na  4\t1 2.5 \n\n"
                       "a 4 4 0");
    HOLDS("a.gr", {1, 2, 7}, {4, 1, 2.5}, {4, 4, 0});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_DIMACS);
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTED);
    CU_ASSERT_EQUAL(in.vertices, 4);
    CU_ASSERT_TRUE(in.fixed_range);
    CU_ASSERT_EQUAL(checked(GIGA_OK), GIGA_OK);
    CU_ASSERT_EQUAL(detect_as("a.gr", GR_FORMAT_ANY, true), GIGA_OK);
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_FALSE(in.weighted);
    write_text("c.csv", "c ,p\n1,2\n");
    HOLDS("c.csv", {1, 2, 1});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_CSV);
}

static void dimacs_mistakes_are_named(void)
{
    REFUSES("x.gr", "p sp 4\n", ", line 1, byte 7: expected the number of arcs, found the end of "
            "the line");
    REFUSES("x.gr", "p sp 4 5 6\n", ", line 1, byte 10: expected the end of the line after two "
            "numbers, found \"6\"");
    REFUSES("x.gr", "p sp 4 9999\na 1 2 3\n", ", line 1: the DIMACS header promises 9999 arcs, the "
            "file has room for 1 at most");
    REFUSES("x.gr", "p sp 4 1\na 1 5 3\n", ", line 2, byte 14: expected a vertex number (1 to 4), "
            "found \"5\"");
    REFUSES("x.gr", "p sp 4 1\na 1 0 3\n", ", line 2, byte 14: expected a vertex number (1 to 4), "
            "found \"0\"");
    REFUSES("x.gr", "p sp 4 1\na 1 2    \n", ", line 2, byte 19: expected a weight (a finite decimal "
            "number), found the end of the line");
    REFUSES("x.gr", "p sp 4 1\ne 1 2 1 1\n", ", line 2, byte 10: expected a line of an arc, `a from "
            "to weight`, found \"e\"");
    write_text("x.gr", "p sp 4 1\n\n\n\n\n\n\n\na 1 2 1\na 2 1 1\n");
    SAYS(checked(read_file("x.gr")), "x.gr",
         ", line 1: the DIMACS header promises 1 entries, the file has 2");
    write_text("x.gr", "c\np edge 4 1\ne 1 2\n");
    CU_ASSERT_TRUE(said(read_file("x.gr"), GIGA_ERR_UNSUPPORTED,
                        "x.gr, line 2: DIMACS problems \"edge\" are not read; sp is"));
}

static void a_metis_graph_has_a_row_per_line(void)
{
    write_text("a.graph", "% c\n5 4\n2 3\n1 3\n2\t 1  4\r\n%\n3\n\n");
    HOLDS("a.graph", {1, 2, 1}, {1, 3, 1}, {2, 3, 1}, {3, 4, 1});
    CU_ASSERT_EQUAL(in.vertices, 5);
    CU_ASSERT_EQUAL(in.low_id, 1);
    CU_ASSERT_EQUAL(in.direction, GR_UNDIRECTED);
    CU_ASSERT_EQUAL(checked(read_all()), GIGA_OK);
    write_text("a.metis", "3 2 1\n2 5\n1 5 3 0.25\n2 0.25\n\n\n");
    HOLDS("a.metis", {1, 2, 5}, {2, 3, 0.25});
    CU_ASSERT_EQUAL(checked(read_all()), GIGA_OK);
    write_text("a.graph", "3 2 011 2\n9 9 2 5\n9 9 1 5 3 7\n9 9 2 7");
    HOLDS("a.graph", {1, 2, 5}, {2, 3, 7});
    CU_ASSERT_EQUAL(checked(read_all()), GIGA_OK);
    write_text("a.graph", "3 3 100\n8 2\n8 1 3\n8 2 3\n");
    HOLDS("a.graph", {1, 2, 1}, {2, 3, 1}, {3, 3, 1});
    CU_ASSERT_EQUAL(checked(read_all()), GIGA_OK);
    write_text("a.graph", "0 0\n");
    CU_ASSERT_EQUAL(checked(read_file("a.graph")), GIGA_OK);
}

static void metis_mistakes_are_named(void)
{
    REFUSES("x.graph", "3 x\n", ", line 1, byte 3: expected the number of edges, found \"x\"");
    REFUSES("x.graph", "3 1 2\n", ", line 1, byte 5: expected a format of up to three digits 0 or 1, "
            "found \"2\"");
    REFUSES("x.graph", "9 1\n2\n1\n", ", line 1: the METIS header promises 9 vertices and 1 edges, "
            "the file has room for 4 bytes at most");
    REFUSES("x.graph", "2 1\n2\n3\n", ", line 3, byte 7: expected a neighbour of vertex 2 (1 to 2), "
            "found \"3\"");
    REFUSES("x.graph", "2 1 1\n2 1\n1\n", ", line 3, byte 12: expected a weight (a finite decimal "
            "number), found the end of the line");
    REFUSES("x.graph", "2 1 10\n1 2\n\n", ", line 3, byte 12: expected a size or weight of the "
            "vertex, found the end of the line");
    REFUSES("x.graph", "2 1\n2\n1\n\n1\n", ", line 5, byte 10: expected the end of the file after the "
            "row of the last vertex, found \"1\"");
    write_text("x.graph", "3 1\n2\n1\n");
    SAYS(checked(read_file("x.graph")), "x.graph",
         ", line 1: the METIS header promises 3 vertices, the file has 2");
    write_text("x.graph", "3 2\n2\n1\n\n");
    SAYS(checked(read_file("x.graph")), "x.graph",
         ", line 1: the METIS header promises 2 edges, the file has 1");
    write_text("x.graph", "3 2\n2 3\n1\n\n");
    SAYS(checked(read_file("x.graph")), "x.graph",
         ": the graph is undirected: expected every edge in the rows of both its ends, found 2 arcs "
         "to higher ids and 1 to lower ones");
    write_text("x.graph", "3 2 1\n2 4\n1 4 3 5\n2 6\n");
    SAYS(checked(read_file("x.graph")), "x.graph",
         ": the graph is undirected: expected every edge in the rows of both its ends, with the same "
         "weight, found 2 arcs to higher ids and 2 to lower ones that are not the same edges");
}

/* A hub whose row is 4 MiB long, read in ranges that begin in the middle of it. */
static void a_metis_row_may_be_longer_than_a_line(void)
{
    const uint64_t n = 600000;
    char *text = malloc(16 << 20);
    size_t at = print(text, 0, "%" PRIu64 " %" PRIu64 "\n\n", n, n - 2);

    for (uint64_t v = 3; v <= n; v++)
        at = print(text, at, "%" PRIu64 " ", v);
    text[at++] = '\n';
    for (uint64_t v = 3; v <= n; v++)
        at = print(text, at, "2\n");
    write_bytes("hub.graph", text, at);
    free(text);
    CU_ASSERT_EQUAL_FATAL(detect("hub.graph"), GIGA_OK);
    for (uint64_t parts = 1; parts < 6; parts += 2) {
        gr_edges_clear(&edges);
        gr_edges_init(&edges, false);
        memset(&counts, 0, sizeof counts);
        CU_ASSERT_EQUAL(checked(read_rows(parts)), GIGA_OK);
        CU_ASSERT_EQUAL(counts.edges, n - 2);
        CU_ASSERT_EQUAL(counts.rows, n);
    }
}

static void a_text_adjacency_is_read_by_numbers(void)
{
    write_text("a.adj", "AdjacencyGraph\n4\n5\n0\n2\n2\n3\n1\n3 3\n\t0 1");
    HOLDS("a.adj", {0, 1, 1}, {0, 3, 1}, {2, 3, 1}, {3, 0, 1}, {3, 1, 1});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_ADJACENCY);
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTION_UNKNOWN);
    CU_ASSERT_EQUAL(counts.up, 3);
    CU_ASSERT_EQUAL(counts.down, 2);
    write_text("a.adj", "WeightedAdjacencyGraph\n2\n2\n0\n1\n1\n0\n7\n7\n");
    HOLDS("a.adj", {0, 1, 7}, {1, 0, 7});
    CU_ASSERT_EQUAL(counts.balance, 0);
    CU_ASSERT_EQUAL(detect_as("a.adj", GR_FORMAT_ANY, true), GIGA_OK);
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_FALSE(in.weighted);
    write_text("a.adj", "AdjacencyGraph 0 0");
    CU_ASSERT_EQUAL(read_file("a.adj"), GIGA_OK);
    write_text("a.adj", "AdjacencyGraph 2 0 0 0\n");
    CU_ASSERT_EQUAL(read_file("a.adj"), GIGA_OK);
}

static void mistakes_in_a_text_adjacency_are_named(void)
{
    REFUSES("x.adj", "AdjacencyGraph\n4\n", ", line 3, byte 18: expected the number of arcs, found "
            "the end of the file: it is truncated");
    REFUSES("x.adj", "AdjacencyGraph\n2 9223372036854775807\n0 1 1 0\n",
            ", line 2: the adjacency header promises 2 vertices and 9223372036854775807 arcs, the "
            "file has room for 5 numbers at most");
    REFUSES("x.adj", "AdjacencyGraph\n2 2\n1 1\n1 0\n",
            ", line 3, byte 20: expected the offset of row 0 (0 to 0), found \"1\"");
    REFUSES("x.adj", "AdjacencyGraph\n3 2\n0 2 1\n1 0\n",
            ", line 3, byte 24: expected the offset of row 2 (2 to 2), found \"1\"");
    REFUSES("x.adj", "AdjacencyGraph\n2 2\n0 1\n1 2\n",
            ", line 4, byte 26: expected the end of an arc (0 to 1), found \"2\"");
    REFUSES("x.adj", "AdjacencyGraph\n2 2\n0 1\n1 0 0\n",
            ", line 4, byte 28: expected the end of the file, found more bytes");
    REFUSES("x.adj", "AdjacencyGraph\n2 2\n0 1\n1     ",
            ", line 4, byte 30: expected the end of an arc (0 to 1), found the end of the file: it is "
            "truncated");
    REFUSES("x.adj", "WeightedAdjacencyGraph\n2 2\n0 1\n1 0\n1 x\n",
            ", line 5, byte 38: expected a weight (a finite decimal number), found \"x\"");
}

/* Little-endian numbers of `bytes` bytes each, for files written by hand. */
static file_bytes made;

static void put(int bytes, size_t count, const int64_t *numbers)
{
    for (size_t i = 0; i < count; i++)
        file_number(&made, (uint64_t)numbers[i], bytes, false);
}

#define PUT(bytes, ...)                                                                  \
    put(bytes, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                 \
        (const int64_t[]){__VA_ARGS__})

static giga_status read_made(const char *name)
{
    write_bytes(name, made.at, made.count);
    return checked(read_file(name));
}

static void a_gapbs_graph_is_read_each_edge_once(void)
{
    made.count = 0; /* 0 - 1, 0 - 2 */
    PUT(1, 0);
    PUT(8, 4, 3, 0, 2, 3, 4);
    PUT(4, 1, 2, 0, 0);
    CU_ASSERT_EQUAL(read_made("a.sg"), GIGA_OK);
    HOLDS("a.sg", {0, 1, 1}, {0, 2, 1});
    CU_ASSERT_EQUAL(in.direction, GR_UNDIRECTED);
    CU_ASSERT_EQUAL(read_made("a.unknown"), GIGA_OK);
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_GAPBS);
    made.count = 0; /* 0 > 1 (-5), 2 > 0 (6), and their inverse */
    PUT(1, 1);
    PUT(8, 2, 3, 0, 1, 1, 2);
    PUT(4, 1, -5, 0, 6);
    PUT(8, 0, 1, 2, 2);
    PUT(4, 2, 6, 0, -5);
    CU_ASSERT_EQUAL(read_made("a.wsg"), GIGA_OK);
    HOLDS("a.wsg", {0, 1, -5}, {2, 0, 6});
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTED);
    made.count = 0;
    PUT(1, 0);
    PUT(8, 0, 0, 0);
    CU_ASSERT_EQUAL(read_made("a.sg"), GIGA_OK);
}

static void gapbs_mistakes_are_named(void)
{
    made.count = 0;
    PUT(1, 0);
    PUT(8, 4, 3);
    SAYS(read_made("x.sg"), "x.sg", ", byte 18: expected a file of 65 bytes for the 3 vertices and "
         "4 arcs of its GAPBS header, found 17 bytes: it is truncated");
    PUT(8, 0, 2, 3, 4);
    PUT(4, 1, 2, 0, 3);
    SAYS(read_made("x.sg"), "x.sg", ", byte 62: expected the end of an arc (0 to 2), found 3");
    made.count -= 4;
    PUT(4, 1);
    SAYS(read_made("x.sg"), "x.sg", ": the graph is undirected: expected every edge in the rows of "
         "both its ends, found 2 arcs to higher ids and 2 to lower ones that are not the same "
         "edges");
    PUT(1, 1);
    SAYS(read_made("x.sg"), "x.sg", ", byte 66: expected a file of 65 bytes for the 3 vertices and "
         "4 arcs of its GAPBS header, found 66 bytes");
    made.count--;
    made.at[33] = 5;
    SAYS(read_made("x.sg"), "x.sg",
         ", byte 34: expected the offset of row 2 (2 to 4), found 5");
    made.at[33] = 1;
    SAYS(read_made("x.sg"), "x.sg",
         ", byte 34: expected the offset of row 2 (2 to 4), found 1");
    made.at[33] = 3;
    made.at[41] = 3;
    SAYS(read_made("x.sg"), "x.sg",
         ", byte 42: expected the offset of row 3 (4 to 4), found 3");
    made.at[17] = 1;
    SAYS(read_made("x.sg"), "x.sg",
         ", byte 18: expected the offset of row 0 (0 to 0), found 1");
    made.at[0] = 2;
    SAYS(read_made("x.sg"), "x.sg",
         ", byte 1: expected 0 or 1 (whether the graph is directed), found 2");
    made.count = 0;
    PUT(1, 0);
    PUT(8, INT64_MIN, 3);
    SAYS(read_made("x.sg"), "x.sg", ", byte 2: expected the number of arcs, below 2^63, found "
         "9223372036854775808");
    made.count = 0;
    PUT(1, 1);
    PUT(8, INT64_MAX, 3, 0);
    SAYS(read_made("x.wsg"), "x.wsg", ", byte 1: the GAPBS, weights header promises 3 vertices and "
         "9223372036854775807 arcs, the file has room for 8 bytes at most");
}

static void a_galois_graph_is_read_in_versions_1_and_2(void)
{
    made.count = 0;
    PUT(8, 1, 4, 3, 3, 1, 1, 3);
    PUT(4, 2, 0, 1, 0, 9, 8, 7);
    CU_ASSERT_EQUAL(read_made("a.gr"), GIGA_OK);
    HOLDS("a.gr", {0, 2, 9}, {2, 0, 8}, {2, 1, 7});
    CU_ASSERT_EQUAL(in.format, GR_FORMAT_GALOIS);
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTION_UNKNOWN);
    made.count = 0;
    PUT(8, 1, 0, 3, 3, 1, 1, 3);
    PUT(4, 2, 0, 1); /* without padding */
    CU_ASSERT_EQUAL(read_made("a.gr"), GIGA_OK);
    HOLDS("a.gr", {0, 2, 1}, {2, 0, 1}, {2, 1, 1});
    made.count = 0;
    PUT(8, 2, 8, 3, 3, 1, 1, 3, 2, 0, 1);
    const double w[] = {0.5, -1, 1e300};
    file_raw(&made, w, sizeof w);
    write_bytes("a.gr", made.at, made.count);
    CU_ASSERT_EQUAL(detect_as("a.gr", GR_FORMAT_GALOIS_REAL, false), GIGA_OK);
    const edge expected[] = {{0, 2, 0.5}, {2, 0, -1}, {2, 1, 1e300}};
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_TRUE(same_edges(expected, 3));
    made.at[made.count - 1] = 0x7f; /* 1e300 becomes no number */
    made.at[made.count - 2] = (char)0xff;
    write_bytes("x.gr", made.at, made.count);
    CU_ASSERT_EQUAL(detect_as("x.gr", GR_FORMAT_GALOIS_REAL, false), GIGA_OK);
    SAYS(read_all(), "x.gr", ", byte 97: expected a finite weight, found infinity or no number");
}

static void galois_mistakes_are_named(void)
{
    made.count = 0;
    PUT(8, 1, 3, 3, 3);
    SAYS(read_made("x.gr"), "x.gr", ", byte 9: expected edge data of 0, 4 or 8 bytes, found 3");
    made.count = 0;
    PUT(8, 1, 4, 3, 3, 1, 1, 3);
    SAYS(read_made("x.gr"), "x.gr", ", byte 57: expected a file of 84 bytes for the 3 vertices and "
         "3 arcs of its Galois header, found 56 bytes: it is truncated");
    made.count = 20;
    SAYS(read_made("x.gr"), "x.gr", ", byte 21: expected a Galois header (version, edge data, "
         "vertices, arcs), found the end of the file: it is truncated");
    made.count = 0;
    PUT(8, 1, 0, 0, 1);
    PUT(8, 0);
    SAYS(read_made("x.gr"), "x.gr",
         ", byte 1: the Galois header promises 1 arcs between no vertices");
    made.count = 0;
    PUT(8, 1, 0, 3, 3, 1, 1, 2);
    PUT(4, 2, 0, 1, 0);
    SAYS(read_made("x.gr"), "x.gr", ", byte 49: expected the offset of row 3 (3 to 3), found 2");
    made.count = 0;
    PUT(8, 3, 0, 0, 0);
    write_bytes("x.gr", made.at, made.count);
    CU_ASSERT_TRUE(said(detect_as("x.gr", GR_FORMAT_GALOIS, false), GIGA_ERR_FORMAT,
                        "x.gr, byte 1: expected version 1 or 2 of a Galois graph, found 3"));
}

/* Offsets that jump back, seen by no walk over a part: the parts disagree about a row. */
static void offsets_that_jump_between_two_ranges_are_found(void)
{
    for (uint64_t jump = 1; jump < 8; jump++) {
        made.count = 0;
        PUT(8, 1, 0, 8, 8);
        for (uint64_t r = 1; r <= 8; r++)
            file_number(&made, r == jump ? 7 : r, 8, false);
        PUT(4, 0, 0, 0, 0, 0, 0, 0, 0);
        write_bytes("x.gr", made.at, made.count);
        CU_ASSERT_EQUAL_FATAL(detect("x.gr"), GIGA_OK);
        for (uint64_t parts = 1; parts <= 8; parts++) {
            gr_edges_clear(&edges);
            gr_edges_init(&edges, false);
            memset(&counts, 0, sizeof counts);
            CU_ASSERT_EQUAL(read_arcs(parts), jump >= 6 ? GIGA_OK : GIGA_ERR_FORMAT);
        }
    }
}

static void graph_tool_mistakes_are_named(void)
{
    static file_graph g = {.n = 3, .m = 2, .directed = true, .u = {0, 2}, .v = {1, 0}};

    file_write(&g, GR_FORMAT_GRAPH_TOOL, &made);
    CU_ASSERT_EQUAL(read_made("a.gt"), GIGA_OK);
    HOLDS("a.gt", {0, 1, 1}, {2, 0, 1});
    CU_ASSERT_EQUAL(in.direction, GR_DIRECTED);
    size_t whole = made.count;
    for (size_t cut = 1; cut < whole; cut++) {
        made.count = whole - cut;
        giga_status status = read_made("x.gt");
        if (made.count != 54) /* there its properties begin: some writers have none */
            CU_ASSERT_EQUAL(status, GIGA_ERR_FORMAT);
    }
    made.count = whole;
    PUT(1, 0);
    SAYS(read_made("x.gt"), "x.gt", ", byte 87: expected the end of the file, found more bytes");
    made.count = whole;
    made.at[36] = 3;
    SAYS(read_made("x.gt"), "x.gt", ", byte 37: expected a neighbour (0 to 2), found 3");
    made.at[36] = 1;
    made.at[7] = 2;
    SAYS(read_made("x.gt"), "x.gt",
         ", byte 8: expected 0 or 1 (little- or big-endian), found 2");
    made.at[7] = 0;
    made.at[27] = 127;
    SAYS(read_made("x.gt"), "x.gt", ", byte 21: expected a number of vertices that the file has "
         "room for, found 9151314442816847875");
}

static void packed_edges_and_triples_are_read_by_option(void)
{
    made.count = 0;
    PUT(4, 1, 2, 0x00030004);
    write_bytes("a.packed", made.at, made.count);
    CU_ASSERT_EQUAL(detect_as("a.packed", GR_FORMAT_GRAPH500, false), GIGA_OK);
    CU_ASSERT_EQUAL(read_all(), GIGA_OK);
    CU_ASSERT_TRUE(same_edges((const edge[]){{0x400000001, 0x300000002, 1}}, 1));
    const float w = 0.1f, bad = INFINITY;
    made.count = 0;
    PUT(4, 1, 2);
    file_raw(&made, &w, 4);
    CU_ASSERT_EQUAL(read_made("a.bin32f"), GIGA_OK);
    HOLDS("a.bin32f", {1, 2, (double)0.1f});
    PUT(4, 3, 4);
    file_raw(&made, &bad, 4);
    SAYS(read_made("x.bin32f"), "x.bin32f",
         ", byte 21: expected a finite weight, found infinity or no number");
    made.count = 14;
    SAYS(read_made("x.bin32f"), "x.bin32f", ", byte 15: expected 10 more bytes of a record of 12, "
         "found the end of the file: it is truncated");
}

/* ---- every adjacency format, random graphs ---- */

static uint64_t sum_of_edges(void)
{
    gr_edges_walk walk;
    gr_edge_block block;
    uint64_t sum = 0;

    CU_ASSERT_EQUAL(gr_edges_seal(&edges), GIGA_OK);
    gr_edges_walk_begin(&edges, true, &walk);
    while (gr_edges_next_block(&walk, &block))
        for (size_t i = 0; i < block.count; i++)
            sum += file_hash(block.u[i], block.v[i], block.w ? block.w[i] : 1);
    return sum;
}

static void make_graph(file_graph *g)
{
    static const uint64_t sizes[] = {1, 2, 3, 17, 255, 256, 300};

    memset(g, 0, sizeof *g);
    g->directed = draw() >> 60 & 1;
    g->weighted = draw() >> 60 & 1;
    g->big_endian = draw() >> 60 & 1;
    g->n = sizes[draw() % 7];
    uint64_t ends = g->n < 20 || draw() >> 63 ? g->n : 20; /* or many empty rows at the end */
    g->m = draw() >> 62 ? draw() % FILE_EDGES : draw() % 3;
    for (size_t i = 0; i < g->m; i++) {
        g->u[i] = draw() % ends;
        g->v[i] = draw() % ends;
        g->w[i] = (int)(draw() % 1000);
    }
}

static giga_status read_parts(uint64_t parts)
{
    giga_status status = GIGA_OK;

    gr_edges_clear(&edges);
    gr_edges_init(&edges, in.weighted);
    memset(&counts, 0, sizeof counts);
    if (gr_input_has_arcs(&in))
        return checked(read_arcs(parts));
    if (in.compression != GR_PLAIN)
        return checked(read_stream());
    if (in.format == GR_FORMAT_METIS)
        return checked(read_rows(parts));
    for (uint64_t i = 0; i < parts && status == GIGA_OK; i++)
        status = gr_input_read_range(&in, in.bytes * i / parts, in.bytes * (i + 1) / parts, &edges,
                                     &counts);
    return checked(status);
}

static void try_graph(const file_graph *g, gr_format format)
{
    static const uint64_t parts[] = {1, 2, 3, 7, 31};
    static char packed[1 << 17];

    if (!file_write(g, format, &made) || !made.count)
        return;
    for (int how = 0; how < 3; how++) {
        size_t bytes = made.count;
        if (how)
            bytes = (how == 1 ? gzip : zst)(made.at, bytes, packed, sizeof packed);
        const char *name = how && format == GR_FORMAT_BINARY32_REAL ? "r.bin32f.gz" : "r";
        if (how && format == GR_FORMAT_GRAPH500)
            name = "r.gz";
        write_bytes(name, how ? packed : made.at, bytes);
        bool found = format == GR_FORMAT_GALOIS || format == GR_FORMAT_ADJACENCY ||
                     format == GR_FORMAT_GRAPH_TOOL || format == GR_FORMAT_DIMACS;
        giga_status status = detect_as(name, found ? GR_FORMAT_ANY : format, false);
        CU_ASSERT_EQUAL(status, GIGA_OK);
        CU_ASSERT_EQUAL(in.format, format);
        for (size_t i = 0; i < 5 && status == GIGA_OK; i++) {
            status = read_parts(parts[i]);
            CU_ASSERT_EQUAL(sum_of_edges(), file_sum(g, format));
        }
        CU_ASSERT_EQUAL(status, GIGA_OK);
        if (status != GIGA_OK)
            printf("\n  %s: %s\n", gr_format_name(format), giga_error());
        if (in.listing == GR_LISTED_ARCS && !g->directed)
            CU_ASSERT(counts.up == counts.down && counts.balance == 0);
    }
}

static void every_adjacency_format_is_read_as_it_was_written(void)
{
    static file_graph g;

    state = 20261125;
    for (int i = 0; i < 24; i++) {
        make_graph(&g);
        for (gr_format format = GR_FORMAT_BINARY32_REAL; format < GR_FORMATS; format++)
            try_graph(&g, format);
    }
}

/* Every byte of a file changed and every end cut off: refused with its name, or read. */
static void damaged_adjacencies_are_refused_by_name_or_read(void)
{
    static file_graph g;
    uint64_t silent = 0;

    state = 4;
    for (gr_format format = GR_FORMAT_DIMACS; format < GR_FORMATS; format++) {
        do
            make_graph(&g);
        while (g.n > 20 || g.m > 40 || g.m < 3 || !file_write(&g, format, &made));
        for (size_t i = 0; i < 2 * made.count; i++) {
            char was = made.at[i / 2];
            made.at[i / 2] = (char)(i % 2 ? (uint64_t)was ^ UINT64_C(1) << i / 2 % 8 : draw() >> 56);
            write_bytes("d", made.at, made.count);
            made.at[i / 2] = was;
            giga_status status = detect_as("d", format, false);
            status = status == GIGA_OK ? read_parts(1 + i % 4) : status;
            silent += status != GIGA_OK && !strstr(giga_error(), folder);
            if (i % 6)
                continue;
            write_bytes("d", made.at, i / 2);
            status = detect_as("d", format, false);
            status = status == GIGA_OK ? read_parts(1 + i % 4) : status;
            silent += status != GIGA_OK && !strstr(giga_error(), folder);
        }
    }
    CU_ASSERT_EQUAL(silent, 0);
}

/* ---- compressed ------------------------------------------------------------------- */

static void compressed_files_of_all_formats_are_read(void)
{
    packer *const packers[] = {gzip, zst};
    const char *endings[] = {".gz", ".zst"};
    char packed[1000], name[40];

    for (int i = 0; i < 2; i++) {
        const char *text = "# c\n1 2 0.5\n3 4 1\n";
        write_bytes("c.el", packed,
                    packers[i](text, strlen(text), packed, sizeof packed));
        HOLDS("c.el", {1, 2, 0.5}, {3, 4, 1});
        CU_ASSERT_EQUAL(in.compression, i ? GR_ZSTD : GR_GZIP);
        CU_ASSERT_EQUAL(gr_input_read_range(&in, 0, 9, &edges, &counts), GIGA_ERR_ARG);
        text = "a;source;target\nx;1;2\n";
        write_bytes("c.csv", packed,
                    packers[i](text, strlen(text), packed, sizeof packed));
        HOLDS("c.csv", {1, 2, 1});
        text = BANNER "pattern symmetric\n3 3 1\n3 1\n";
        write_bytes("c.mtx", packed,
                    packers[i](text, strlen(text), packed, sizeof packed));
        HOLDS("c.mtx", {3, 1, 1});
        snprintf(name, sizeof name, "c.bin32%s", endings[i]);
        write_bytes(name, packed,
                    packers[i]("\1\0\0\0\2\0\0\0", 8, packed, sizeof packed));
        HOLDS(name, {1, 2, 1});
        write_bytes("c.el", packed, packers[i]("", 0, packed, sizeof packed));
        CU_ASSERT_TRUE(said(read_file("c.el"), GIGA_ERR_FORMAT,
                            "c.el: is empty: expected lines "
                            "with two vertex ids, or a header"));
        text = BANNER "pattern symmetric\n3 3 999999999999\n3 1\n";
        write_bytes("c.mtx", packed,
                    packers[i](text, strlen(text), packed, sizeof packed));
        CU_ASSERT_EQUAL(read_file("c.mtx"), GIGA_ERR_FORMAT);
    }
}

/* 3 MB of edges in several members or frames; the text, and what it packs to. */
static size_t pack_members(packer *pack, char *packed, size_t room, edge *expected,
                           size_t count)
{
    char *text = malloc(20 * count);
    size_t bytes_made = 0;

    for (size_t i = 0; i < count;) {
        size_t at = 0;
        for (size_t part = i + count / 3 + 1; i < part && i < count; i++) {
            expected[i] = (edge){i, i * 7919 % 100003, 1};
            at = print(text, at, "%zu\t%zu\n", i, i * 7919 % 100003);
        }
        bytes_made += pack(text, at - (i < count), packed + bytes_made, room - bytes_made);
        if (i < count) /* a line that begins in one member and ends in the next */
            bytes_made += pack("\n", 1, packed + bytes_made, room - bytes_made);
    }
    free(text);
    return bytes_made;
}

static void several_members_are_one_file_and_damage_is_found(void)
{
    packer *const packers[] = {gzip, zst};
    const size_t count = 250000, room = 8 << 20;
    char *packed = malloc(room);
    edge *expected = malloc(count * sizeof *expected);

    for (int i = 0; i < 2; i++) {
        const char *tool = i ? "zstd" : "gzip";
        size_t bytes = pack_members(packers[i], packed, room, expected, count);
        write_bytes("m.el", packed, bytes);
        CU_ASSERT_TRUE(holds("m.el", expected, count));

        for (size_t cut = 1; cut < bytes; cut += cut < 40 ? 1 : bytes / 37) {
            write_bytes("m.el", packed, bytes - cut);
            CU_ASSERT_EQUAL(read_file("m.el"), GIGA_ERR_FORMAT);
            CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "truncated"));
            CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), tool));
        }
        memcpy(packed + bytes, "garbage behind it", 17);
        write_bytes("m.el", packed, bytes + 17);
        CU_ASSERT_EQUAL(read_file("m.el"), GIGA_ERR_FORMAT);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(giga_error(), "expected the end of the file behind its "));
        packed[bytes / 2] ^= 0x55;
        write_bytes("m.el", packed, bytes);
        CU_ASSERT_EQUAL(read_file("m.el"), GIGA_ERR_FORMAT);
        CU_ASSERT_PTR_NOT_NULL(strstr(giga_error(), "m.el, "));
    }
    free(packed);
    free(expected);
}

static void a_mistake_in_compressed_text_is_named_with_line_and_byte(void)
{
    char packed[200];

    write_bytes("x.el.gz", packed, gzip("# c\n1 2\n3 x\n", 12, packed, sizeof packed));
    CU_ASSERT_TRUE(said(read_file("x.el.gz"), GIGA_ERR_FORMAT,
                        "x.el.gz, line 3, byte 11 of the decompressed data: " AN_ID
                        "\"x\""));
}

/* ---- running ---------------------------------------------------------------------- */

static int make_folder(void)
{
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void)
{
    char command[100];

    gr_edges_clear(&edges);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

#define TEST(name)                                                                       \
    {                                                                                    \
#name, name                                                                      \
    }

int main(void)
{
    CU_TestInfo staged[] = {TEST(edges_come_back_in_order_whatever_their_ids_and_weights),
                            TEST(small_ids_cost_8_bytes_per_edge_and_weights_8_more),
                            TEST(one_large_id_leaves_the_other_chunks_packed),
                            TEST(a_consuming_walk_gives_memory_back_as_it_goes),
                            TEST(a_list_may_grow_again_after_it_was_sealed),
                            TEST(running_out_of_memory_is_an_error_and_keeps_the_edges),
                            CU_TEST_INFO_NULL};
    CU_TestInfo lists[] = {TEST(lines_of_every_shape_are_edges),
                           TEST(every_delimiter_is_found_on_the_first_line),
                           TEST(weights_are_the_nearest_doubles),
                           TEST(weights_are_ignored_when_told_so),
                           TEST(ids_of_all_lengths_are_read_as_they_were_printed),
                           TEST(weights_of_all_lengths_are_what_the_c_library_reads),
                           TEST(comments_of_snap_say_direction_and_sizes),
                           TEST(a_file_of_comments_is_a_graph_without_vertices),
                           TEST(an_edge_split_over_two_ranges_is_read_once),
                           TEST(lines_over_the_borders_of_blocks_are_read_once),
                           TEST(a_bad_line_is_named_with_file_line_and_byte),
                           TEST(a_bad_weight_is_named_with_file_line_and_byte),
                           TEST(a_range_far_inside_names_the_same_line),
                           TEST(a_line_above_1_MiB_is_an_error),
                           CU_TEST_INFO_NULL};
    CU_TestInfo none[] = {TEST(missing_and_empty_files_and_folders_are_told_apart),
                          TEST(a_file_that_may_not_be_read_is_an_error),
                          TEST(binary_data_where_text_is_expected_is_an_error),
                          TEST(a_file_that_becomes_shorter_is_an_error),
                          TEST(what_is_appended_while_a_file_is_read_is_left_out),
                          CU_TEST_INFO_NULL};
    CU_TestInfo others[] = {
        TEST(csv_columns_are_found_by_name_or_by_place),
        TEST(csv_mistakes_are_named_with_file_line_and_byte),
        TEST(a_matrix_is_read_with_ids_from_1),
        TEST(a_matrix_giga_cannot_read_is_refused_by_name),
        TEST(a_matrix_header_that_lies_is_found_out),
        TEST(every_entry_of_a_matrix_is_checked_however_plain),
        TEST(an_ldbc_graph_is_found_by_any_of_its_names),
        TEST(an_ldbc_graph_may_be_empty_but_not_half),
        TEST(binary_pairs_are_read_by_name_or_by_option),
        TEST(a_pair_that_is_cut_off_is_an_error),
        TEST(compressed_files_of_all_formats_are_read),
        TEST(several_members_are_one_file_and_damage_is_found),
        TEST(a_mistake_in_compressed_text_is_named_with_line_and_byte),
        CU_TEST_INFO_NULL};
    CU_TestInfo adjacencies[] = {TEST(a_dimacs_graph_is_a_list_of_arcs_from_1),
                                 TEST(dimacs_mistakes_are_named),
                                 TEST(a_metis_graph_has_a_row_per_line),
                                 TEST(metis_mistakes_are_named),
                                 TEST(a_metis_row_may_be_longer_than_a_line),
                                 TEST(a_text_adjacency_is_read_by_numbers),
                                 TEST(mistakes_in_a_text_adjacency_are_named),
                                 TEST(a_gapbs_graph_is_read_each_edge_once),
                                 TEST(gapbs_mistakes_are_named),
                                 TEST(a_galois_graph_is_read_in_versions_1_and_2),
                                 TEST(galois_mistakes_are_named),
                                 TEST(offsets_that_jump_between_two_ranges_are_found),
                                 TEST(graph_tool_mistakes_are_named),
                                 TEST(packed_edges_and_triples_are_read_by_option),
                                 TEST(every_adjacency_format_is_read_as_it_was_written),
                                 TEST(damaged_adjacencies_are_refused_by_name_or_read),
                                 CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {
        {"staged edges", make_folder, NULL, NULL, NULL, staged},
        {"edge lists", NULL, NULL, NULL, NULL, lists},
        {"files that are none", NULL, NULL, NULL, NULL, none},
        {"other formats", NULL, NULL, NULL, NULL, others},
        {"adjacencies", NULL, remove_folder, NULL, NULL, adjacencies},
        CU_SUITE_INFO_NULL,
    };

    if (CU_initialize_registry() != CUE_SUCCESS ||
        CU_register_suites(suites) != CUE_SUCCESS)
        return 2;
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    bool failed = CU_get_number_of_failures() || CU_get_number_of_tests_run() == 0;
    CU_cleanup_registry();
    return failed;
}
