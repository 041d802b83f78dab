/*
 * graph_files.h - one small graph written in every adjacency format, for tests of readers.
 *
 * Written from the descriptions of the formats; shares no code with the readers. The machine
 * is little-endian, as the formats are, but for graph-tool's big-endian variant.
 */
#ifndef TEST_GRAPH_FILES_H
#define TEST_GRAPH_FILES_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../graph/input.h"

enum { FILE_EDGES = 400, FILE_ARCS = 2 * FILE_EDGES, FILE_VERTICES = 300 };

typedef struct file_graph {
    uint64_t n;
    size_t m; /* edges; an undirected one once, either way round */
    bool directed, weighted, big_endian;
    uint64_t u[FILE_EDGES], v[FILE_EDGES];
    int w[FILE_EDGES];
} file_graph;

/* Arcs in order of rows: those of row r are [row[r], row[r + 1]). */
typedef struct file_rows {
    uint64_t row[FILE_VERTICES + 1];
    uint64_t end[FILE_ARCS];
    int w[FILE_ARCS];
} file_rows;

typedef struct file_bytes {
    char at[65536];
    size_t count;
} file_bytes;

static void add_arc(const file_graph *g, file_rows *rows, uint64_t *next, bool count, size_t i,
                    bool reversed)
{
    uint64_t from = reversed ? g->v[i] : g->u[i];

    if (count) {
        rows->row[from + 1]++;
        return;
    }
    rows->end[next[from]] = reversed ? g->u[i] : g->v[i];
    rows->w[next[from]++] = g->w[i];
}

/* `both`: each edge in both rows, a loop in its one. */
static void file_make_rows(const file_graph *g, bool both, bool reversed, file_rows *rows)
{
    static uint64_t next[FILE_VERTICES + 1];

    memset(rows, 0, sizeof *rows);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < g->m; i++) {
            add_arc(g, rows, next, pass == 0, i, reversed);
            if (both && g->u[i] != g->v[i])
                add_arc(g, rows, next, pass == 0, i, !reversed);
        }
        for (uint64_t r = 0; r < g->n && pass == 0; r++)
            rows->row[r + 1] += rows->row[r];
        memcpy(next, rows->row, sizeof next);
    }
}

static void file_raw(file_bytes *to, const void *data, size_t bytes)
{
    memcpy(to->at + to->count, data, bytes);
    to->count += bytes;
}

/* The low bytes of a number, last or first byte first. */
static void file_number(file_bytes *to, uint64_t number, int bytes, bool big_endian)
{
    for (int i = 0; i < bytes; i++)
        to->at[to->count++] = (char)(number >> 8 * (big_endian ? bytes - 1 - i : i));
}

static void file_print(file_bytes *to, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    to->count += (size_t)vsnprintf(to->at + to->count, sizeof to->at - to->count, format, args);
    va_end(args);
}

static void file_sg_side(const file_graph *g, const file_rows *rows, file_bytes *to)
{
    for (uint64_t r = 0; r <= g->n; r++)
        file_number(to, rows->row[r], 8, false);
    for (uint64_t i = 0; i < rows->row[g->n]; i++) {
        file_number(to, rows->end[i], 4, false);
        if (g->weighted)
            file_number(to, (uint32_t)rows->w[i], 4, false);
    }
}

static void file_sg(const file_graph *g, file_bytes *to)
{
    static file_rows rows;

    file_make_rows(g, !g->directed, false, &rows);
    file_number(to, g->directed, 1, false);
    file_number(to, rows.row[g->n], 8, false);
    file_number(to, g->n, 8, false);
    file_sg_side(g, &rows, to);
    if (g->directed) {
        file_make_rows(g, false, true, &rows);
        file_sg_side(g, &rows, to);
    }
}

static void file_galois(const file_graph *g, int version, bool real, file_bytes *to)
{
    static file_rows rows;

    file_make_rows(g, !g->directed, false, &rows);
    uint64_t m = rows.row[g->n];
    file_number(to, (uint64_t)version, 8, false);
    file_number(to, g->weighted ? 4 : 0, 8, false);
    file_number(to, g->n, 8, false);
    file_number(to, m, 8, false);
    for (uint64_t r = 0; r < g->n; r++)
        file_number(to, rows.row[r + 1], 8, false);
    for (uint64_t i = 0; i < m; i++)
        file_number(to, rows.end[i], version == 1 ? 4 : 8, false);
    if (version == 1 && m % 2)
        file_number(to, 0, 4, false);
    for (uint64_t i = 0; i < m && g->weighted; i++) {
        float w = (float)rows.w[i];
        if (real)
            file_raw(to, &w, 4);
        else
            file_number(to, (uint32_t)rows.w[i], 4, false);
    }
}

static void file_adjacency(const file_graph *g, file_bytes *to)
{
    static file_rows rows;

    file_make_rows(g, !g->directed, false, &rows);
    uint64_t m = rows.row[g->n];
    file_print(to, "%sAdjacencyGraph\n%" PRIu64 "\n%" PRIu64 "\n", g->weighted ? "Weighted" : "",
               g->n, m);
    for (uint64_t r = 0; r < g->n; r++)
        file_print(to, "%" PRIu64 "\n", rows.row[r]);
    for (uint64_t i = 0; i < m; i++)
        file_print(to, "%" PRIu64 "\n", rows.end[i]);
    for (uint64_t i = 0; i < m && g->weighted; i++)
        file_print(to, "%d\n", rows.w[i]);
}

/* Undirected only. Every vertex has a weight. */
static void file_metis(const file_graph *g, file_bytes *to)
{
    static file_rows rows;

    file_make_rows(g, true, false, &rows);
    file_print(to, "%% a comment\n%" PRIu64 " %zu %s\n", g->n, g->m, g->weighted ? "11" : "10 1");
    for (uint64_t r = 0; r < g->n; r++) {
        file_print(to, "5");
        for (uint64_t i = rows.row[r]; i < rows.row[r + 1]; i++) {
            file_print(to, " %" PRIu64, rows.end[i] + 1);
            if (g->weighted)
                file_print(to, " %d", rows.w[i]);
        }
        file_print(to, r % 7 == 3 ? "\n%% between\n" : "\n");
    }
}

static void file_dimacs(const file_graph *g, file_bytes *to)
{
    file_print(to, "c a comment, with a comma\nc\np sp %" PRIu64 " %zu\nc\n", g->n, g->m);
    for (size_t i = 0; i < g->m; i++)
        file_print(to, "a %" PRIu64 " %" PRIu64 " %d\n", g->u[i] + 1, g->v[i] + 1, g->w[i]);
}

static void file_gt(const file_graph *g, file_bytes *to)
{
    static file_rows rows;
    const bool big = g->big_endian;

    file_make_rows(g, false, false, &rows);
    file_raw(to, "\xe2\x9b\xbe gt\1", 7);
    file_number(to, big, 1, big);
    file_number(to, 3, 8, big);
    file_raw(to, "hey", 3);
    file_number(to, g->directed, 1, big);
    file_number(to, g->n, 8, big);
    for (uint64_t r = 0; r < g->n; r++) {
        file_number(to, rows.row[r + 1] - rows.row[r], 8, big);
        for (uint64_t i = rows.row[r]; i < rows.row[r + 1]; i++)
            file_number(to, rows.end[i], g->n < 256 ? 1 : 2, big);
    }
    file_number(to, g->weighted ? 3 : 1, 8, big);
    file_number(to, 0, 1, big); /* of the graph: a string */
    file_number(to, 4, 8, big);
    file_raw(to, "name\6", 5);
    file_number(to, 2, 8, big);
    file_raw(to, "me", 2);
    if (!g->weighted)
        return;
    file_number(to, 1, 1, big); /* of vertices: vectors of strings */
    file_number(to, 6, 8, big);
    file_raw(to, "weight\x0d", 7);
    for (uint64_t r = 0; r < g->n; r++) {
        file_number(to, r % 2, 8, big);
        for (uint64_t i = 0; i < r % 2; i++) {
            file_number(to, 1, 8, big);
            file_raw(to, "x", 1);
        }
    }
    file_number(to, 2, 1, big); /* of edges: int32 */
    file_number(to, 6, 8, big);
    file_raw(to, "weight\2", 7);
    for (size_t i = 0; i < g->m; i++)
        file_number(to, (uint32_t)rows.w[i], 4, big);
}

static void file_triples(const file_graph *g, file_bytes *to)
{
    for (size_t i = 0; i < g->m; i++) {
        float w = (float)g->w[i];
        file_number(to, g->u[i], 4, false);
        file_number(to, g->v[i], 4, false);
        file_raw(to, &w, 4);
    }
}

/* Graph500's packed edges, here with ids far above 2^32. */
static void file_packed(const file_graph *g, file_bytes *to)
{
    for (size_t i = 0; i < g->m; i++) {
        file_number(to, g->u[i], 4, false);
        file_number(to, g->v[i], 4, false);
        file_number(to, (g->u[i] & 0xffff) | (g->v[i] & 0xffff) << 16, 4, false);
    }
}

/* Write a graph in a format; false where the format cannot say it. */
static bool file_write(const file_graph *g, gr_format format, file_bytes *to)
{
    to->count = 0;
    switch (format) {
    case GR_FORMAT_GAPBS:
    case GR_FORMAT_GAPBS_WEIGHTED:
        if (g->weighted != (format == GR_FORMAT_GAPBS_WEIGHTED))
            return false;
        file_sg(g, to);
        return true;
    case GR_FORMAT_GALOIS: file_galois(g, 1 + (int)(g->n % 2), false, to); return true;
    case GR_FORMAT_GALOIS_REAL: file_galois(g, 1, true, to); return true;
    case GR_FORMAT_ADJACENCY: file_adjacency(g, to); return true;
    case GR_FORMAT_METIS: file_metis(g, to); return !g->directed;
    case GR_FORMAT_DIMACS: file_dimacs(g, to); return g->directed && g->weighted;
    case GR_FORMAT_GRAPH_TOOL: file_gt(g, to); return true;
    case GR_FORMAT_BINARY32_REAL: file_triples(g, to); return g->weighted;
    case GR_FORMAT_GRAPH500: file_packed(g, to); return !g->weighted;
    default: return false;
    }
}

static inline uint64_t file_hash(uint64_t u, uint64_t v, double w)
{
    uint64_t x = u * 0x9e3779b97f4a7c15u + v * 0xc2b2ae3d27d4eb4fu + (uint64_t)(w * 1024);

    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9u;
    return x ^ x >> 29;
}

/*
 * A sum over the edges that a reader has to stage: the base of ids, and which arcs. `twice`:
 * both arcs of an undirected edge; `lower`: only the one from its lower end.
 */
static inline uint64_t file_sum(const file_graph *g, gr_format format)
{
    bool arcs = format == GR_FORMAT_GALOIS || format == GR_FORMAT_GALOIS_REAL ||
                format == GR_FORMAT_ADJACENCY;
    bool ordered = format == GR_FORMAT_METIS || format == GR_FORMAT_GAPBS ||
                   format == GR_FORMAT_GAPBS_WEIGHTED;
    uint64_t base = format == GR_FORMAT_METIS || format == GR_FORMAT_DIMACS, sum = 0;

    for (size_t i = 0; i < g->m; i++) {
        uint64_t u = g->u[i] + base, v = g->v[i] + base;
        double w = g->weighted ? g->w[i] : 1;
        if (format == GR_FORMAT_GRAPH500) {
            u |= (u & 0xffff) << 32;
            v |= (v & 0xffff) << 32;
        }
        if (!g->directed && ordered && u > v)
            sum += file_hash(v, u, w);
        else
            sum += file_hash(u, v, w);
        if (!g->directed && arcs && u != v)
            sum += file_hash(v, u, w);
    }
    return sum;
}

#endif
