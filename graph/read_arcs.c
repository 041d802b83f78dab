/*
 * read_arcs.c - adjacency files: what their readers have in common.
 *
 * Rule: the adjacency of an undirected graph has every edge twice. Where that is a law of
 * the format it is staged once, from the row of its lower end, and the sums of what was
 * seen up and down have to agree; where the file does not say, all arcs are staged and the
 * same sums tell whether the graph is symmetric.
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "read.h"

bool gr_input_has_arcs(const gr_input *in)
{
    return in->format >= GR_FORMAT_ADJACENCY;
}

bool gr_input_wants_marks(const gr_input *in)
{
    return in->format == GR_FORMAT_ADJACENCY && in->compression == GR_PLAIN;
}

/* A hash of an edge. Sums of it tell two lists apart, whatever their order. */
static inline uint64_t hash_of(uint64_t low, uint64_t high, uint64_t weight)
{
    uint64_t hash = low * 0x9e3779b97f4a7c15u + high * 0xd6e8feb86659fd93u + weight;

    hash = (hash ^ hash >> 32) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 29;
}

static inline uint64_t weight_bits(double w)
{
    uint64_t bits;

    memcpy(&bits, &w, sizeof bits);
    return (bits ^ bits >> 31) * 0xc4ceb9fe1a85ec53u;
}

static inline void sum_arcs(const gr_arc_block *arcs, const bool weighted,
                            gr_input_counts *counts)
{
    uint64_t up = 0, down = 0, balance = 0;

    for (size_t i = 0; i < arcs->count; i++) {
        uint64_t u = arcs->u[i], v = arcs->v[i], low = u < v ? u : v;
        uint64_t hash = hash_of(low, u ^ v ^ low, weighted ? weight_bits(arcs->w[i]) : 0);
        up += u < v;
        down += u > v;
        balance += (u < v ? hash : 0) - (u > v ? hash : 0);
    }
    counts->up += up;
    counts->down += down;
    counts->loops += arcs->count - up - down;
    counts->balance += balance;
}

/* Drop the arcs to lower ids. */
static void keep_upper(gr_arc_block *arcs, bool weighted)
{
    size_t kept = 0;

    for (size_t i = 0; i < arcs->count && weighted; i++) {
        arcs->w[kept] = arcs->w[i];
        kept += arcs->u[i] <= arcs->v[i];
    }
    kept = 0;
    for (size_t i = 0; i < arcs->count; i++) {
        uint64_t u = arcs->u[i], v = arcs->v[i];
        arcs->u[kept] = u;
        arcs->v[kept] = v;
        kept += u <= v;
    }
    arcs->count = kept;
}

giga_status gr_stage_arcs(const gr_input *in, gr_arc_block *arcs, gr_edges *edges,
                          gr_input_counts *counts)
{
    if (in->listing != GR_LISTED_ONCE && in->weighted)
        sum_arcs(arcs, true, counts);
    else if (in->listing != GR_LISTED_ONCE)
        sum_arcs(arcs, false, counts);
    if (in->listing == GR_LISTED_TWICE)
        keep_upper(arcs, in->weighted);
    giga_status status = gr_edges_append_run(edges, arcs->u, arcs->v, arcs->w, arcs->count);
    arcs->count = 0;
    return status;
}

size_t gr_value_bytes(gr_value value)
{
    static const size_t bytes[] = {[GR_VALUE_NONE] = 0, [GR_VALUE_U8] = 1,  [GR_VALUE_I16] = 2,
                                   [GR_VALUE_I32] = 4,  [GR_VALUE_U32] = 4, [GR_VALUE_I64] = 8,
                                   [GR_VALUE_U64] = 8,  [GR_VALUE_F32] = 4, [GR_VALUE_F64] = 8};

    return bytes[value];
}

/* The unsigned number of 1, 2, 4 or 8 bytes at a place. */
static uint64_t bits_at(size_t bytes, bool big_endian, const char *at)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (bytes) {
    case 1: return (unsigned char)*at;
    case 2: memcpy(&two, at, 2); return big_endian ? be16toh(two) : le16toh(two);
    case 4: memcpy(&four, at, 4); return big_endian ? be32toh(four) : le32toh(four);
    default: memcpy(&eight, at, 8); return big_endian ? be64toh(eight) : le64toh(eight);
    }
}

double gr_value_at(gr_value value, bool big_endian, const char *at)
{
    uint64_t bits = bits_at(gr_value_bytes(value), big_endian, at);
    uint32_t low = (uint32_t)bits;
    float narrow;
    double wide;

    switch (value) {
    case GR_VALUE_I16: return (int16_t)bits;
    case GR_VALUE_I32: return (int32_t)low;
    case GR_VALUE_I64: return (double)(int64_t)bits;
    case GR_VALUE_F32: memcpy(&narrow, &low, 4); return narrow;
    case GR_VALUE_F64: memcpy(&wide, &bits, 8); return wide;
    default: return (double)bits;
    }
}

giga_status gr_input_read_arcs(const gr_input *in, const gr_mark *marks, size_t count,
                               uint64_t first, uint64_t last, gr_edges *edges,
                               gr_input_counts *counts)
{
    if (!gr_input_has_arcs(in))
        return giga_fail(GIGA_ERR_ARG, "%s: has no rows of arcs", gr_shown_path(in->path));
    last = last < in->arcs ? last : in->arcs;
    if (first >= last && in->arcs)
        return GIGA_OK;
    uint64_t before = gr_edges_count(edges);
    giga_status status =
        in->format == GR_FORMAT_GRAPH_TOOL
            ? gr_read_gt_arcs(in, first, last, edges, counts)
            : gr_read_csr_arcs(in, marks, count, first, last, edges, counts);
    counts->edges += gr_edges_count(edges) - before;
    return status;
}

static giga_status broken_promise(const gr_input *in, const char *what, uint64_t promised,
                                  uint64_t found)
{
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s, line %" PRIu64 ": the %s header promises %" PRIu64
                     " %s, the file has %" PRIu64,
                     gr_shown_path(in->path), in->data_line - 1, gr_format_name(in->format),
                     promised, what, found);
}

/* METIS counts edges; some writers count the arcs of all rows and halve. */
static giga_status check_metis(const gr_input *in, const gr_input_counts *total)
{
    uint64_t arcs = total->up + total->down + total->loops;

    if (in->edges_promised == total->up + total->loops || in->edges_promised * 2 == arcs)
        return GIGA_OK;
    return broken_promise(in, "edges", in->edges_promised, total->up + total->loops);
}

static giga_status check_both_ways(const gr_input *in, const gr_input_counts *total)
{
    if (total->up == total->down && total->balance == 0)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_FORMAT,
                     "%s: the graph is undirected: expected every edge in the rows of both its "
                     "ends%s, found %" PRIu64 " arcs to higher ids and %" PRIu64
                     " to lower ones%s",
                     gr_shown_path(in->path), in->weighted ? ", with the same weight" : "",
                     total->up, total->down,
                     total->up == total->down ? " that are not the same edges" : "");
}

giga_status gr_input_check(const gr_input *in, const gr_input_counts *total)
{
    giga_status status = GIGA_OK;
    bool entries = in->format == GR_FORMAT_MATRIX_MARKET || in->format == GR_FORMAT_DIMACS;

    if (entries && total->edges != in->edges_promised)
        return broken_promise(in, "entries", in->edges_promised, total->edges);
    if (in->format == GR_FORMAT_METIS && total->rows < in->vertices)
        return broken_promise(in, "vertices", in->vertices, total->rows);
    if (in->listing == GR_LISTED_TWICE)
        status = check_both_ways(in, total);
    if (status == GIGA_OK && in->format == GR_FORMAT_METIS)
        status = check_metis(in, total);
    return status;
}
