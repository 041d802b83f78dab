/*
 * read_detect.c - which file a name means, and what kind of file it is.
 *
 * Rule: formats and compressions are told from bytes wherever they have a mark. What has
 * none - binary pairs, METIS, whose head could be an edge - is told from the ending of the
 * name; and since pairs may begin with any bytes, they count as compressed only when their
 * name says so too.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read.h"

enum {
    LONGEST_ENDING = 16, /* what is appended to a name, with its NUL: .properties */
    SNIFFED = 4096       /* bytes looked at to tell text from binary data */
};

const char *gr_format_name(gr_format format)
{
    static const char *const names[] = {
        "any",           "edge list",     "CSV",           "Matrix Market",
        "LDBC",          "32-bit binary", "64-bit binary", "32-bit binary, weights",
        "packed edges",  "DIMACS",        "METIS",         "adjacency",
        "GAPBS",         "GAPBS, weights", "Galois",       "Galois, real weights",
        "graph-tool"};

    return format < GR_FORMATS ? names[format] : "unknown";
}

_Static_assert(GR_FORMATS == 17, "a format without a name");

/* Bytes of a record of a format without a mark; else 0. */
static uint64_t record_bytes(const gr_input *in)
{
    switch (in->format) {
    case GR_FORMAT_BINARY32: return 8;
    case GR_FORMAT_BINARY64: return 16;
    case GR_FORMAT_BINARY32_REAL:
    case GR_FORMAT_GRAPH500: return 12;
    default: return 0;
    }
}

giga_status gr_is_empty(const gr_input *in)
{
    return giga_fail(
        GIGA_ERR_FORMAT, "%s: is empty: expected %s", gr_shown_path(in->path),
        record_bytes(in) ? "pairs of vertex ids" : "lines with two vertex ids, or a header");
}

giga_status gr_check_file(const char *path, uint64_t *bytes)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return gr_io_failed(path, "found");
    if (S_ISDIR(st.st_mode))
        return giga_fail(GIGA_ERR_IO, "%s: is a directory: expected a graph file",
                         gr_shown_path(path));
    if (!S_ISREG(st.st_mode))
        return giga_fail(
            GIGA_ERR_IO,
            "%s: is not a regular file: expected one that can be read in parts",
            gr_shown_path(path));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gr_io_failed(path, "opened");
    close(fd);
    *bytes = (uint64_t)st.st_size;
    return GIGA_OK;
}

static bool is_file(const char *name, const char *ending)
{
    char path[GR_PATH_MAX];
    struct stat st;

    snprintf(path, sizeof path, "%s%s", name, ending);
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Length of a name without the ending; 0 when it has another. */
static size_t before_ending(const char *name, size_t length, const char *ending)
{
    size_t tail = strlen(ending);

    if (length <= tail || memcmp(name + length - tail, ending, tail) != 0)
        return 0;
    return length - tail;
}

/* Length of what NAME.v and NAME.e have in common; 0 when the name means one file. */
static size_t ldbc_prefix(const char *name)
{
    size_t length = strlen(name), prefix = before_ending(name, length, ".e");

    if (!prefix)
        prefix = before_ending(name, length, ".v");
    if (!prefix && !is_file(name, "") && is_file(name, ".e"))
        prefix = length;
    return prefix;
}

/* Fill in paths, and LDBC where the name means it. */
static giga_status find_file(const char *name, gr_format format, gr_input *in)
{
    size_t length = strlen(name);

    if (!length || length + LONGEST_ENDING > GR_PATH_MAX)
        return giga_fail(GIGA_ERR_ARG, "a file name of %zu bytes: expected 1 to %d",
                         length, GR_PATH_MAX - LONGEST_ENDING);
    in->format = format;
    memcpy(in->path, name, length + 1);
    if (format != GR_FORMAT_ANY && format != GR_FORMAT_LDBC)
        return GIGA_OK;
    size_t prefix = ldbc_prefix(name);
    if (!prefix)
        return GIGA_OK;
    in->format = GR_FORMAT_LDBC;
    snprintf(in->path, sizeof in->path, "%.*s.e", (int)prefix, name);
    snprintf(in->vertices_path, sizeof in->vertices_path, "%.*s.v", (int)prefix, name);
    return GIGA_OK;
}

/* A format by the ending of the name; *packed when it says that it is compressed. */
static gr_format format_by_name(const char *name, bool *packed)
{
    static const char *const packers[] = {".gz", ".zst", ".zstd"};
    static const struct {
        const char *ending;
        gr_format format;
    } known[] = {
        {".bin32", GR_FORMAT_BINARY32},   {".u32", GR_FORMAT_BINARY32},
        {".b32", GR_FORMAT_BINARY32},     {".bin64", GR_FORMAT_BINARY64},
        {".u64", GR_FORMAT_BINARY64},     {".b64", GR_FORMAT_BINARY64},
        {".bin32f", GR_FORMAT_BINARY32_REAL}, {".graph", GR_FORMAT_METIS},
        {".metis", GR_FORMAT_METIS},      {".sg", GR_FORMAT_GAPBS},
        {".wsg", GR_FORMAT_GAPBS_WEIGHTED},
    };
    size_t length = strlen(name), all = length;

    for (int i = 0; i < 3 && length == all; i++) {
        size_t stem = before_ending(name, all, packers[i]);
        length = stem ? stem : length;
    }
    *packed = length < all;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (before_ending(name, length, known[i].ending))
            return known[i].format;
    return GR_FORMAT_ANY;
}

typedef struct magic {
    const char *name;
    size_t length;
    const char *bytes;
    gr_compression compression; /* GR_PLAIN: one that giga does not read */
} magic;

static const magic *magic_of(const char *head, size_t length)
{
    static const magic known[] = {
        {"gzip", 3, "\x1f\x8b\x08", GR_GZIP},
        {"zstd", 4, "\x28\xb5\x2f\xfd", GR_ZSTD},
        {"xz", 6,
         "\xfd"
         "7zXZ\0",
         GR_PLAIN},
        {"bzip2", 3, "BZh", GR_PLAIN},
        {"zip", 4, "PK\x03\x04", GR_PLAIN},
        {"lz4", 4, "\x04\x22\x4d\x18", GR_PLAIN},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (length >= known[i].length && !memcmp(head, known[i].bytes, known[i].length))
            return &known[i];
    return NULL;
}

/* Read the first bytes, decompressed if the input says so. */
static giga_status first_bytes(const gr_input *in, char *to, size_t want, size_t *got)
{
    gr_source source;
    giga_status status = gr_source_open(in->path, in->compression, in->bytes, &source);

    if (status != GIGA_OK)
        return status;
    status = gr_source_read(&source, to, want, got);
    gr_source_close(&source);
    return status;
}

static giga_status find_compression(bool may_be_packed, gr_input *in)
{
    char head[8];
    size_t got = 0;
    giga_status status = first_bytes(in, head, sizeof head, &got);
    const magic *found = status == GIGA_OK && may_be_packed ? magic_of(head, got) : NULL;

    if (!found)
        return status;
    if (found->compression == GR_PLAIN)
        return giga_fail(GIGA_ERR_UNSUPPORTED,
                         "%s: is compressed with %s: giga reads gzip and zstd",
                         gr_shown_path(in->path), found->name);
    if (in->format == GR_FORMAT_LDBC)
        return giga_fail(
            GIGA_ERR_UNSUPPORTED,
            "%s: is compressed with %s: LDBC files are read uncompressed only",
            gr_shown_path(in->path), found->name);
    in->compression = found->compression;
    return GIGA_OK;
}

static bool is_text(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 0x20 ? byte != 0x7f : byte >= '\t' && byte <= '\r';
}

/* Text has no control characters; in particular no NUL, which UTF-16 is full of. */
static giga_status expect_text(const gr_input *in)
{
    char head[SNIFFED];
    size_t got = 0, at = 0;
    giga_status status = first_bytes(in, head, sizeof head, &got);

    if (status != GIGA_OK)
        return status;
    while (at < got && is_text(head[at]))
        at++;
    if (at == got)
        return GIGA_OK;
    gr_place place = {in->path, in->compression, at, 1 + gr_newlines(head, at), true};
    return gr_misread(&place, head + at, 1, "",
                      "text (binary pairs are named .bin32 or .bin64)");
}

static giga_status expect_pairs(const gr_input_opts *opts, gr_input *in)
{
    uint64_t unit = record_bytes(in), rest = in->bytes % unit;
    char head[1];
    size_t got = 0;
    giga_status status = first_bytes(in, head, 1, &got);

    if (status != GIGA_OK)
        return status;
    if (!got)
        return gr_is_empty(in);
    in->v_column = 1;
    in->w_column = -1;
    in->weighted = in->format == GR_FORMAT_BINARY32_REAL && !opts->ignore_weights;
    if (in->compression != GR_PLAIN || !rest)
        return GIGA_OK;
    gr_place place = {.path = in->path, .offset = in->bytes};
    return gr_misread(&place, NULL, 0, "the end of the file: it is truncated",
                      "%" PRIu64 " more bytes of a %s of %" PRIu64, unit - rest,
                      unit == 12 ? "record" : "pair", unit);
}

/* An adjacency by its first bytes or words, where the name or an option says nothing. */
static giga_status find_arcs(gr_input *in)
{
    char head[GR_ARCS_HEAD];
    size_t got = 0;
    giga_status status =
        in->format == GR_FORMAT_ANY ? first_bytes(in, head, sizeof head, &got) : GIGA_OK;
    static const char *const titles[] = {"AdjacencyGraph", "WeightedAdjacencyGraph",
                                         "WghAdjacencyGraph"};

    if (status != GIGA_OK || in->format != GR_FORMAT_ANY)
        return status;
    in->format = gr_arcs_by_bytes(in, head, got);
    for (size_t i = 0; i < 3 && in->format == GR_FORMAT_ANY; i++) {
        size_t length = strlen(titles[i]);
        if (got > length && !memcmp(head, titles[i], length) && gr_is_space(head[length]))
            in->format = GR_FORMAT_ADJACENCY;
    }
    return GIGA_OK;
}

static giga_status read_arcs_header(const gr_input_opts *opts, gr_input *in)
{
    char head[1];
    size_t got = 0;
    giga_status status = first_bytes(in, head, 1, &got);

    if (status != GIGA_OK)
        return status;
    if (!got)
        return gr_is_empty(in);
    switch (in->format) {
    case GR_FORMAT_ADJACENCY: return gr_read_adjacency_header(opts, in);
    case GR_FORMAT_GRAPH_TOOL: return gr_read_gt_header(opts, in);
    case GR_FORMAT_GALOIS:
    case GR_FORMAT_GALOIS_REAL: return gr_read_galois_header(opts, in);
    default: return gr_read_gapbs_header(opts, in);
    }
}

/* The files beside the edges of an LDBC graph. */
static giga_status look_beside(gr_input *in)
{
    char path[GR_PATH_MAX];
    size_t length = strlen(in->vertices_path);

    if (!length)
        return GIGA_OK;
    giga_status status = gr_check_file(in->vertices_path, &in->vertices_bytes);
    if (status == GIGA_ERR_NOT_FOUND)
        return giga_fail(status,
                         "%s: cannot be found: an LDBC graph has its vertices there",
                         gr_shown_path(in->vertices_path));
    if (status != GIGA_OK)
        return status;
    snprintf(path, sizeof path, "%.*s.properties", (int)(length - 2), in->vertices_path);
    return gr_read_properties(path, in);
}

static giga_status look_inside(const gr_input_opts *opts, gr_input *in)
{
    bool packed_name;
    gr_format named = format_by_name(in->path, &packed_name);

    if (in->format == GR_FORMAT_ANY)
        in->format = named;
    giga_status status = find_compression(packed_name || !record_bytes(in), in);
    if (status == GIGA_OK)
        status = find_arcs(in);
    if (status != GIGA_OK)
        return status;
    if (record_bytes(in))
        return expect_pairs(opts, in);
    if (gr_input_has_arcs(in))
        return read_arcs_header(opts, in);
    status = expect_text(in);
    return status == GIGA_OK ? gr_read_header(opts, in) : status;
}

static giga_status check_opts(const gr_input_opts *opts)
{
    if (opts->size != sizeof *opts)
        return giga_fail(GIGA_ERR_ARG, "options of %zu bytes: expected %zu", opts->size,
                         sizeof *opts);
    if (opts->format >= GR_FORMATS)
        return giga_fail(GIGA_ERR_ARG, "%d is no graph file format", (int)opts->format);
    return GIGA_OK;
}

giga_status gr_input_detect(const char *name, const gr_input_opts *opts, gr_input *out)
{
    const gr_input_opts chosen = opts ? *opts : GR_INPUT_OPTS;
    gr_input in;

    memset(&in, 0, sizeof in); /* also between the fields: it is sent as bytes */
    in.vertices_promised = in.edges_promised = GR_UNKNOWN;
    in.high_u = in.high_v = UINT64_MAX;
    giga_status status = check_opts(&chosen);
    if (status == GIGA_OK)
        status = find_file(name, chosen.format, &in);
    if (status == GIGA_OK)
        status = gr_check_file(in.path, &in.bytes);
    if (status == GIGA_OK)
        status = look_inside(&chosen, &in);
    if (status == GIGA_OK)
        status = look_beside(&in);
    if (status == GIGA_OK)
        memcpy(out, &in, sizeof in);
    return status;
}
