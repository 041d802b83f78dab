/*
 * save.c - a graph as a file, in each of the formats.
 *
 * Every rank writes an even share of the places (save.h), so that the bytes depend on the
 * graph alone: edges stand in the order of (place of u, place of v), an undirected one once,
 * with u not behind v. Each file is written in two passes, the first of which only counts, so that
 * every rank knows where its part begins; files of fixed records count degrees instead.
 *
 * Memory per rank: some 2 MiB, and 24 bytes per arc of the longest row; where places are names, 4
 * bytes per vertex of the node.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "part.h"
#include "save.h"
#include "save_text.h"

enum { LINE_MAX_BYTES = 2 * GR_TEXT_COUNT_MAX + GR_TEXT_REAL_MAX + 4 };

/* The head of a .sg file: directed (1 byte), arcs, vertices; then starts, ends. */
enum { SG_HEAD = 17 };

typedef enum record { LINES, PAIRS32, PAIRS64 } record;

/* How edges are written. */
typedef struct style {
    record record;
    gr_name name;
    const gr_node_object *places; /* for GR_NAME_PLACE */
    uint64_t base;              /* added to a name */
    char between;               /* fields of a line */
    bool turned;                /* v before u */
} style;

/* ---- edges ---- */

static giga_status put_lines(gr_part_stream *s, const style *how, uint64_t u, const uint64_t *v,
                             const double *w, uint64_t count)
{
    char first[GR_TEXT_COUNT_MAX + 1];
    char *end = gr_text_count(first, u + how->base);
    giga_status status = GIGA_OK;

    *end++ = how->turned ? '\n' : how->between;
    size_t length = (size_t)(end - first);
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        status = gr_part_stream_room(s, LINE_MAX_BYTES);
        char *begin = s->block + s->used, *to = begin;
        if (!how->turned) {
            memcpy(to, first, length);
            to += length;
        }
        to = gr_text_count(to, v[i] + how->base);
        if (how->turned) {
            *to++ = how->between;
            memcpy(to, first, length - 1);
            to += length - 1;
        }
        if (w) {
            *to++ = how->between;
            to = gr_text_real(to, w[i]);
        }
        *to++ = '\n';
        s->used += (size_t)(to - begin);
    }
    return status;
}

static giga_status put_pairs(gr_part_stream *s, bool wide, uint64_t u, const uint64_t *v,
                             uint64_t count)
{
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        uint64_t pair[2] = {u, v[i]};
        uint32_t narrow[2] = {(uint32_t)u, (uint32_t)v[i]};
        size_t bytes = wide ? sizeof pair : sizeof narrow;
        status = gr_part_stream_room(s, bytes);
        memcpy(s->block + s->used, wide ? (const void *)pair : narrow, bytes);
        s->used += bytes;
    }
    return status;
}

/* Bytes of the same lines. */
static uint64_t length_of_lines(const style *how, uint64_t u, const uint64_t *v, const double *w,
                                uint64_t count)
{
    char text[GR_TEXT_REAL_MAX];
    uint64_t bytes = count * (gr_text_digits(u + how->base) + 2 + (w != NULL));

    for (uint64_t i = 0; i < count; i++) {
        bytes += gr_text_digits(v[i] + how->base);
        if (w)
            bytes += (uint64_t)(gr_text_real(text, w[i]) - text);
    }
    return bytes;
}

/* Without a part rows are only counted. */
static giga_status put_rows(gr_part_stream *s, const style *how, const gr_rows *rows)
{
    giga_status status = GIGA_OK;

    for (uint64_t k = 0; k < rows->count && status == GIGA_OK; k++) {
        uint64_t u = rows->names[k], at = rows->starts[k], count = rows->starts[k + 1] - at;
        const uint64_t *v = rows->ends + at;
        const double *w = rows->weights ? rows->weights + at : NULL;
        if (count == 0)
            continue;
        if (how->record == LINES && s->part)
            status = put_lines(s, how, u, v, w, count);
        else if (how->record == LINES)
            s->at += length_of_lines(how, u, v, w, count);
        else if (s->part)
            status = put_pairs(s, how->record == PAIRS64, u, v, count);
        else
            s->at += count * (how->record == PAIRS64 ? 16 : 8);
    }
    return status;
}

static void my_places(const giga_graph *graph, uint64_t *first, uint64_t *last)
{
    uint64_t size = (uint64_t)giga_size(), rank = (uint64_t)giga_rank();
    uint64_t share = graph->n / size, more = graph->n % size;

    *first = rank * share + (rank < more ? rank : more);
    *last = *first + share + (rank < more);
}

/* The edges of this rank's places into a part from *at on, or, without one, only counted. */
static giga_status put_edges(const giga_graph *graph, const style *how, const gr_part *part,
                             uint64_t *at)
{
    uint64_t first, last;
    gr_rows_walk walk;
    gr_part_stream stream;
    gr_rows rows = {.count = 1};

    my_places(graph, &first, &last);
    giga_status status = gr_rows_open(graph, &graph->out, how->name, how->places, first, last,
                                      &walk);
    giga_status opened = gr_part_stream_open(part, *at, &stream);
    status = status == GIGA_OK ? opened : status;
    walk.upper = !graph->info.directed;
    walk.sorted = part != NULL;
    while (status == GIGA_OK && rows.count > 0) {
        status = gr_rows_next(&walk, &rows);
        if (status == GIGA_OK)
            status = put_rows(&stream, how, &rows);
    }
    gr_rows_close(&walk);
    giga_status closed = gr_part_stream_close(&stream, at);
    return status == GIGA_OK ? closed : status;
}

/* A line per vertex. */
static giga_status put_vertices(const giga_graph *graph, const style *how, const gr_part *part,
                                uint64_t *at)
{
    uint64_t first, last;
    gr_rows_walk walk;
    gr_part_stream stream;
    gr_rows rows = {.count = 1};

    my_places(graph, &first, &last);
    giga_status status = gr_rows_open(graph, NULL, how->name, NULL, first, last, &walk);
    giga_status opened = gr_part_stream_open(part, *at, &stream);
    status = status == GIGA_OK ? opened : status;
    while (status == GIGA_OK && rows.count > 0) {
        status = gr_rows_next(&walk, &rows);
        for (uint64_t k = 0; k < rows.count && status == GIGA_OK; k++) {
            status = gr_part_stream_room(&stream, LINE_MAX_BYTES);
            char *to = gr_text_count(stream.block + stream.used, rows.names[k] + how->base);
            *to++ = '\n';
            stream.used = (size_t)(to - stream.block);
        }
    }
    gr_rows_close(&walk);
    giga_status closed = gr_part_stream_close(&stream, at);
    return status == GIGA_OK ? closed : status;
}

/* ---- files ---- */

typedef giga_status put_part(const giga_graph *graph, const style *how, const gr_part *part,
                             uint64_t *at);

/* A head, written by rank 0, and the ranks' parts behind it. Collective. The file has its name
 * only when the caller finishes the part. */
static giga_status put_file(const giga_graph *graph, const style *how, put_part *put,
                            const char *head, const char *path, gr_part *part)
{
    uint64_t bytes = 0, at;
    giga_status status = giga_agree(put(graph, how, NULL, &bytes));

    part->file = -1;
    if (status == GIGA_OK)
        status = giga_exscan(&bytes, &at, 1, GIGA_U64, GIGA_SUM);
    if (status == GIGA_OK)
        status = gr_part_create(path, part);
    if (status != GIGA_OK)
        return status;
    at += strlen(head);
    status = giga_rank() == 0 ? gr_part_put(part, 0, head, strlen(head)) : GIGA_OK;
    if (status == GIGA_OK)
        status = put(graph, how, part, &at);
    return giga_agree(status);
}

static giga_status save_edges(const giga_graph *graph, const style *how, const char *head,
                              const char *path)
{
    gr_part part;
    giga_status status = put_file(graph, how, put_edges, head, path, &part);

    return gr_part_finish(&part, status);
}

static giga_status save_edge_list(const giga_graph *graph, const char *path)
{
    return save_edges(graph, &(style){LINES, GR_NAME_ID, NULL, 0, ' ', false}, "", path);
}

static giga_status save_csv(const giga_graph *graph, const char *path)
{
    return save_edges(graph, &(style){LINES, GR_NAME_ID, NULL, 0, ',', false},
                      graph->info.weighted ? "source,target,weight\n" : "source,target\n", path);
}

/* Rows and columns are places, from 1. Of a symmetric matrix the lower triangle is written. */
static giga_status save_matrix(const giga_graph *graph, const char *path)
{
    char head[256];
    bool directed = graph->info.directed;

    snprintf(head, sizeof head, "%%%%MatrixMarket matrix coordinate %s %s\n%" PRIu64 " %" PRIu64
             " %" PRIu64 "\n", graph->info.weighted ? "real" : "pattern",
             directed ? "general" : "symmetric", graph->n, graph->n, graph->info.edges);
    gr_node_object places;
    giga_status status = gr_places_make(graph, &places);
    if (status == GIGA_OK)
        status = save_edges(graph, &(style){LINES, GR_NAME_PLACE, &places, 1, ' ', !directed}, head,
                            path);
    giga_status freed = gr_node_free(&places);
    return status == GIGA_OK ? freed : status;
}

static giga_status save_binary(const giga_graph *graph, bool wide, const char *path)
{
    giga_status status = GIGA_OK;

    if (graph->info.weighted)
        status = giga_fail(GIGA_ERR_UNSUPPORTED, "%s: binary pairs have no place for weights: open "
                           "the graph without them", path);
    else if (!wide && graph->info.highest_id > UINT32_MAX)
        status = giga_fail(GIGA_ERR_UNSUPPORTED, "%s: the highest id is %" PRIu64 ": pairs of 32 "
                           "bits hold ids up to 4294967295", path, graph->info.highest_id);
    if (status != GIGA_OK)
        return status;
    return save_edges(graph, &(style){wide ? PAIRS64 : PAIRS32, GR_NAME_ID, NULL, 0, 0, false}, "", path);
}

/* ---- LDBC: NAME.v, NAME.e, and NAME.properties, which says whether it is directed ---- */

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);

    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

static giga_status put_properties(const giga_graph *graph, const char *name, gr_part *part)
{
    char text[GR_PART_PATH_MAX + 64];
    const char *slash = strrchr(name, '/');

    snprintf(text, sizeof text, "graph.%s.directed = %s\n", slash ? slash + 1 : name,
             graph->info.directed ? "true" : "false");
    return giga_rank() == 0 ? gr_part_put(part, 0, text, strlen(text)) : GIGA_OK;
}

static giga_status save_ldbc(const giga_graph *graph, const char *path)
{
    const style how = {LINES, GR_NAME_ID, NULL, 0, ' ', false};
    char name[GR_PART_PATH_MAX], file[GR_PART_PATH_MAX + 16];
    bool ending = ends_with(path, ".e") || ends_with(path, ".v");
    gr_part parts[3] = {{.file = -1}, {.file = -1}, {.file = -1}};

    snprintf(name, sizeof name, "%.*s", (int)(strlen(path) - (ending ? 2 : 0)), path);
    snprintf(file, sizeof file, "%s.v", name);
    giga_status status = put_file(graph, &how, put_vertices, "", file, &parts[0]);
    if (status == GIGA_OK) {
        snprintf(file, sizeof file, "%s.e", name);
        status = put_file(graph, &how, put_edges, "", file, &parts[1]);
    }
    if (status == GIGA_OK) {
        snprintf(file, sizeof file, "%s.properties", name);
        status = gr_part_create(file, &parts[2]);
    }
    if (status == GIGA_OK)
        status = giga_agree(put_properties(graph, name, &parts[2]));
    for (int i = 0; i < 3; i++) /* all or, but for failing renames, none */
        status = gr_part_finish(&parts[i], status);
    return status;
}

/* ---- GAPBS: a serialized CSR, vertices by their places ---- */

static giga_status put_sg_ends(gr_part_stream *s, const gr_rows *rows, uint64_t k)
{
    size_t bytes = rows->weights ? 8 : 4;
    giga_status status = GIGA_OK;

    for (uint64_t i = rows->starts[k]; i < rows->starts[k + 1] && status == GIGA_OK; i++) {
        int32_t cell[2] = {(int32_t)rows->ends[i], 0};
        if (rows->weights) {
            double w = rows->weights[i];
            if (!(w >= INT32_MIN && w <= INT32_MAX) || w != (double)(int32_t)w)
                return giga_fail(GIGA_ERR_UNSUPPORTED, "%s: the weight %.17g at vertices %" PRIu64
                                 " and %" PRIu64 " (counted from 0) is not an integer of 32 bits",
                                 s->part->path, w, rows->names[k], rows->ends[i]);
            cell[1] = (int32_t)w;
        }
        status = gr_part_stream_room(s, bytes);
        memcpy(s->block + s->used, cell, bytes);
        s->used += bytes;
    }
    return status;
}

/* Starts and ends of this rank's rows; `start` is the first one's place among the ends. */
static giga_status put_sg_rows(gr_rows_walk *walk, gr_part_stream *starts, gr_part_stream *ends,
                               uint64_t start)
{
    giga_status status = GIGA_OK;
    gr_rows rows = {.count = 1};

    while (status == GIGA_OK && rows.count > 0) {
        status = gr_rows_next(walk, &rows);
        for (uint64_t k = 0; k < rows.count && status == GIGA_OK; k++) {
            status = gr_part_stream_room(starts, 8);
            memcpy(starts->block + starts->used, &start, 8);
            starts->used += 8;
            start += rows.starts[k + 1] - rows.starts[k];
            if (status == GIGA_OK)
                status = put_sg_ends(ends, &rows, k);
        }
    }
    return status;
}

/* One adjacency from byte *at on; *at is then behind it. The number of starts is one more than the
 * vertices: rank 0 writes the last. Collective, but fails on single ranks. */
static giga_status put_sg_csr(const giga_graph *graph, const gr_csr *csr,
                              const gr_node_object *places, const gr_part *part, uint64_t *at)
{
    uint64_t first, last, mine = 0, before = 0, arcs = graph->info.arcs;
    uint64_t cell = graph->info.weighted ? 8 : 4, ends_at = *at + 8 * (graph->n + 1);
    gr_rows_walk walk;
    gr_part_stream starts = {0}, ends = {0};

    my_places(graph, &first, &last);
    giga_status status = giga_agree(gr_rows_count(graph, csr, first, last, &mine));
    if (status == GIGA_OK)
        status = giga_exscan(&mine, &before, 1, GIGA_U64, GIGA_SUM);
    if (status != GIGA_OK)
        return status;
    status = gr_rows_open(graph, csr, GR_NAME_PLACE, places, first, last, &walk);
    if (status == GIGA_OK)
        status = gr_part_stream_open(part, *at + 8 * first, &starts);
    if (status == GIGA_OK)
        status = gr_part_stream_open(part, ends_at + cell * before, &ends);
    if (status == GIGA_OK)
        status = put_sg_rows(&walk, &starts, &ends, before);
    gr_rows_close(&walk);
    gr_part_stream *streams[] = {&starts, &ends};
    for (int i = 0; i < 2; i++) {
        giga_status closed = gr_part_stream_close(streams[i], NULL);
        status = status == GIGA_OK ? closed : status;
    }
    if (status == GIGA_OK && giga_rank() == 0)
        status = gr_part_put(part, *at + 8 * graph->n, &arcs, 8);
    *at = ends_at + cell * arcs;
    return giga_agree(status);
}

static giga_status put_sg_head(const giga_graph *graph, const gr_part *part)
{
    char head[SG_HEAD];

    head[0] = graph->info.directed;
    memcpy(head + 1, &graph->info.arcs, 8);
    memcpy(head + 9, &graph->n, 8);
    return giga_rank() == 0 ? gr_part_put(part, 0, head, sizeof head) : GIGA_OK;
}

static giga_status check_sg(const giga_graph *graph, const char *path)
{
    if (graph->n > INT32_MAX)
        return giga_fail(GIGA_ERR_UNSUPPORTED, "%s: %" PRIu64 " vertices: a GAPBS file holds up to "
                         "2147483647", path, graph->n);
    if (graph->info.weighted && ends_with(path, ".sg"))
        return giga_fail(GIGA_ERR_UNSUPPORTED, "%s: a .sg file has no place for weights: name it "
                         ".wsg, or open the graph without them", path);
    if (!graph->info.weighted && ends_with(path, ".wsg"))
        return giga_fail(GIGA_ERR_UNSUPPORTED, "%s: a .wsg file has weights, and the graph has "
                         "none: name it .sg", path);
    return GIGA_OK;
}

static giga_status put_sg(const giga_graph *graph, const gr_node_object *places,
                          const gr_part *part)
{
    uint64_t at = SG_HEAD;
    giga_status status = giga_agree(put_sg_head(graph, part));

    if (status == GIGA_OK)
        status = put_sg_csr(graph, &graph->out, places, part, &at);
    if (status == GIGA_OK && graph->info.directed)
        status = put_sg_csr(graph, &graph->in, places, part, &at);
    return status;
}

static giga_status save_gapbs(const giga_graph *graph, const char *path)
{
    gr_part part;
    gr_node_object places;
    giga_status status = check_sg(graph, path);

    if (status == GIGA_OK)
        status = gr_places_make(graph, &places);
    if (status != GIGA_OK)
        return status;
    status = gr_part_create(path, &part);
    if (status == GIGA_OK)
        status = gr_part_finish(&part, put_sg(graph, &places, &part));
    giga_status freed = gr_node_free(&places);
    return status == GIGA_OK ? freed : status;
}

/* ---- which format ---- */

static giga_format format_of(const char *path)
{
    static const struct {
        const char *ending;
        giga_format format;
    } all[] = {
        {".el", GIGA_FORMAT_EDGE_LIST},      {".wel", GIGA_FORMAT_EDGE_LIST},
        {".txt", GIGA_FORMAT_EDGE_LIST},     {".edges", GIGA_FORMAT_EDGE_LIST},
        {".csv", GIGA_FORMAT_CSV},           {".mtx", GIGA_FORMAT_MATRIX_MARKET},
        {".v", GIGA_FORMAT_LDBC},            {".e", GIGA_FORMAT_LDBC},
        {".bin32", GIGA_FORMAT_BINARY32},    {".u32", GIGA_FORMAT_BINARY32},
        {".b32", GIGA_FORMAT_BINARY32},      {".bin64", GIGA_FORMAT_BINARY64},
        {".u64", GIGA_FORMAT_BINARY64},      {".b64", GIGA_FORMAT_BINARY64},
        {".sg", GIGA_FORMAT_GAPBS},          {".wsg", GIGA_FORMAT_GAPBS}};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (ends_with(path, all[i].ending))
            return all[i].format;
    }
    return GIGA_FORMAT_AUTO;
}

static giga_status check(giga_format format, const char *path)
{
    if (!path || !path[0] || strlen(path) >= GR_PART_PATH_MAX - 64)
        return giga_fail(GIGA_ERR_ARG, "giga_graph_save: no path, or one of more than 4000 bytes");
    if (format == GIGA_FORMAT_AUTO)
        return giga_fail(GIGA_ERR_ARG, "%s: the ending does not say a format: expected .el, .wel, "
                         ".txt, .edges, .csv, .mtx, .v, .e, .bin32, .bin64, .sg or .wsg", path);
    return GIGA_OK;
}

giga_status giga_graph_save(const giga_graph *graph, giga_format format, const char *path)
{
    if (format == GIGA_FORMAT_AUTO && path)
        format = format_of(path);
    giga_status status = check(format, path);
    if (status != GIGA_OK || !graph)
        return status;
    switch (format) {
    case GIGA_FORMAT_EDGE_LIST: return save_edge_list(graph, path);
    case GIGA_FORMAT_CSV: return save_csv(graph, path);
    case GIGA_FORMAT_MATRIX_MARKET: return save_matrix(graph, path);
    case GIGA_FORMAT_LDBC: return save_ldbc(graph, path);
    case GIGA_FORMAT_BINARY32: return save_binary(graph, false, path);
    case GIGA_FORMAT_BINARY64: return save_binary(graph, true, path);
    case GIGA_FORMAT_GAPBS: return save_gapbs(graph, path);
    case GIGA_FORMAT_AUTO:
    default: return giga_fail(GIGA_ERR_UNSUPPORTED, "%s: giga does not write this format", path);
    }
}
