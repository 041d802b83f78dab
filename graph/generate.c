/*
 * generate.c - the Graph500 Kronecker graph, the uniform one and a mesh, with weights or not.
 *
 * Edge i is a function of (seed, i) alone: its random numbers are Philox blocks (Salmon et
 * al., SC11; library Random123) with the counter (i, draw), so every rank makes any range
 * of edges, and the graph is the same for every number of ranks.
 *
 * Kronecker: Graph500 benchmark specification, section "Generating the edge list":
 * A, B, C = 0.57, 0.19, 0.19; vertices are renumbered by a random permutation.
 * Mesh: a lattice in row-major order, edge 2v to the right of v and edge 2v + 1 below it, each
 * kept with probability 0.95; it has the degrees and the diameter of a road network.
 * Weights: real ones uniform in [0, 1), multiples of 2^-24 as single precision has them
 * (Graph500); integers from 1 to 255 (GAP).
 *
 * Edges are made in batches, array by array, so that the compiler computes many at once.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <giga/info.h>

#include "load.h"

enum { SCALE_MAX = 40, PROGRESS_STEP = 1 << 20 };
enum { BATCH = 128 };           /* edges made at once: their arrays stay in the first cache */

/* Third word of the counter: which block of an edge's random numbers. Bits of a Kronecker edge
 * take the first SCALE_MAX / 4. */
enum { DRAW_ENDS = 0, DRAW_WEIGHT = 64, DRAW_KEPT = 65 };

/* A, A + B, A + B + C as thresholds of 32 random bits. */
#define BELOW(p) ((uint32_t)((p) * 4294967296.0))

typedef enum kind { KRONECKER, UNIFORM, MESH } kind;

static const struct {
    const char *name, *format;
} KINDS[] = {[KRONECKER] = {"kron", "Kronecker generator"},
             [UNIFORM] = {"uniform", "uniform generator"},
             [MESH] = {"mesh", "mesh generator"}};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

typedef struct spec {
    kind kind;
    giga_weights weights;
    unsigned scale;
    uint64_t n, edges, seed;    /* edges of a mesh: places for them */
} spec;

/* Edges `first` to `first` + `count`; of a mesh only those with `kept`. */
typedef struct batch {
    uint64_t first;
    uint32_t count;
    uint32_t random[4][BATCH];
    uint64_t u[BATCH], v[BATCH];
    double weight[BATCH];
    bool kept[BATCH];
} batch;

/* The kind whose name and a colon begin `name`; KIND_COUNT when there is none. */
static unsigned kind_of(const char *name)
{
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        size_t length = strlen(KINDS[k].name);
        if (strncmp(name, KINDS[k].name, length) == 0 && name[length] == ':')
            return k;
    }
    return KIND_COUNT;
}

bool gr_is_generator(const char *name)
{
    return kind_of(name) < KIND_COUNT;
}

static bool parse_count(const char **at, uint64_t *out)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    *out = strtoull(*at, &end, 10);
    *at = end;
    return *out < UINT64_C(1) << 32;
}

static giga_status parse(const char *name, const giga_graph_opts *opts, spec *out)
{
    unsigned which = kind_of(name);
    const char *at = strchr(name, ':') + 1;
    uint64_t scale, factor = which == MESH ? 2 : 16;
    bool good = parse_count(&at, &scale);

    if (good && *at == ':' && which != MESH) {
        at++;
        good = parse_count(&at, &factor);
    }
    if ((!good || *at != '\0' || scale > SCALE_MAX) && which == MESH)
        return giga_fail(GIGA_ERR_ARG, "%s: expected mesh:SCALE, scale 0 to %d", name, SCALE_MAX);
    if (!good || *at != '\0' || scale > SCALE_MAX || factor == 0)
        return giga_fail(GIGA_ERR_ARG, "%s: expected %s:SCALE or %s:SCALE:EDGEFACTOR, scale 0 to %d, "
                         "edge factor 1 or more", name, KINDS[which].name, KINDS[which].name,
                         SCALE_MAX);
    *out = (spec){.kind = (kind)which, .scale = (unsigned)scale, .n = UINT64_C(1) << scale,
                  .seed = opts->seed,
                  .weights = opts->ignore_weights ? GIGA_WEIGHTS_NONE : opts->weights};
    if (__builtin_mul_overflow(out->n, factor, &out->edges))
        return giga_fail(GIGA_ERR_ARG, "%s: the number of edges does not fit in 64 bits", name);
    return GIGA_OK;
}

/* Staged edges (edges.h) alone must fit: else ranks would work long and then be killed. */
static giga_status check_memory(const char *name, const spec *s)
{
    giga_info_host host;
    giga_status status = giga_info_get_host(&host);

    if (status != GIGA_OK)
        return status;
    double each = (s->scale > 32 ? 16 : 8) + (s->weights != GIGA_WEIGHTS_NONE ? 8 : 0);
    double needs = (double)s->edges * each / giga_size() * host.host_ranks;
    if (needs <= (double)host.available_bytes)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_MEMORY, "%s: its %" PRIu64 " edges take %.1f GiB on host %s, which has "
                     "%.1f GiB available", name, s->edges, needs / 0x1p30, host.name,
                     (double)host.available_bytes / 0x1p30);
}

/* ---- random numbers ---- */

/* A Philox 4x32-10 block for every edge of the batch; all BATCH of them, whatever its count. */
static void draw(const spec *s, uint32_t which, batch *b)
{
    enum { ROUNDS = 10 };
    static const uint32_t multiply[2] = {0xD2511F53, 0xCD9E8D57}, weyl[2] = {0x9E3779B9, 0xBB67AE85};

    for (uint32_t i = 0; i < BATCH; i++) {
        uint64_t edge = b->first + i;
        uint32_t c0 = (uint32_t)edge, c1 = (uint32_t)(edge >> 32), c2 = which, c3 = 0;
        uint32_t k0 = (uint32_t)s->seed, k1 = (uint32_t)(s->seed >> 32);
#pragma GCC unroll 10
        for (int r = 0; r < ROUNDS; r++) {
            uint64_t p0 = (uint64_t)multiply[0] * c0, p1 = (uint64_t)multiply[1] * c2;
            c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint32_t)p1;
            c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint32_t)p0;
            k0 += weyl[0];
            k1 += weyl[1];
        }
        b->random[0][i] = c0;
        b->random[1][i] = c1;
        b->random[2][i] = c2;
        b->random[3][i] = c3;
    }
}

/* A bijection of scale bits: rounds of an odd factor and a folded shift. Modulo 2^scale the low 32
 * bits of the factor are enough for 32 bits, and eight vertices are multiplied at once. */
#define PERMUTE(name, type)                                                             \
    static void permute_##name(const spec *s, type *vertices)                           \
    {                                                                                   \
        type mask = (type)(s->n - 1);                                                   \
        unsigned half = s->scale / 2 + 1;                                               \
                                                                                        \
        for (uint64_t round = 0; round < 4 && s->scale >= 2; round++) {                 \
            type factor = (type)(UINT64_C(0x9e3779b97f4a7c15) + 2 * (s->seed + round)); \
            for (uint32_t i = 0; i < BATCH; i++) {                                      \
                type v = (type)(vertices[i] * factor + (type)round) & mask;             \
                vertices[i] = v ^ v >> half;                                            \
            }                                                                           \
        }                                                                               \
    }

PERMUTE(narrow, uint32_t)
PERMUTE(wide, uint64_t)

/* ---- edges ---- */

/* Bits [bit, end) of both ends, 32 at most: one quadrant a bit, from the highest down. */
static void kronecker_bits(const spec *s, batch *b, unsigned bit, unsigned end, uint32_t *u,
                           uint32_t *v)
{
    memset(u, 0, BATCH * sizeof *u);
    memset(v, 0, BATCH * sizeof *v);
    for (; bit < end; bit++) {
        if (bit % 4 == 0)
            draw(s, DRAW_ENDS + bit / 4, b);
        const uint32_t *random = b->random[bit % 4];
        for (uint32_t i = 0; i < BATCH; i++) {
            uint32_t low = random[i] >= BELOW(0.57 + 0.19);                /* C or D */
            uint32_t right = low ? random[i] >= BELOW(0.57 + 0.19 + 0.19)  /* D */
                                 : random[i] >= BELOW(0.57);               /* B */
            u[i] = u[i] << 1 | low;
            v[i] = v[i] << 1 | right;
        }
    }
}

static void kronecker_ends(const spec *s, batch *b)
{
    uint32_t u[BATCH], v[BATCH];
    unsigned high = s->scale > 32 ? 8 : 0; /* a multiple of 4, that a block is drawn once */

    if (high > 0)
        kronecker_bits(s, b, 0, high, u, v);
    for (uint32_t i = 0; i < BATCH && high > 0; i++) {
        b->u[i] = (uint64_t)u[i] << (s->scale - high);
        b->v[i] = (uint64_t)v[i] << (s->scale - high);
    }
    kronecker_bits(s, b, high, s->scale, u, v);
    if (high == 0) {
        permute_narrow(s, u);
        permute_narrow(s, v);
    }
    for (uint32_t i = 0; i < BATCH; i++) {
        b->u[i] = (high > 0 ? b->u[i] : 0) | u[i];
        b->v[i] = (high > 0 ? b->v[i] : 0) | v[i];
    }
    if (high > 0) {
        permute_wide(s, b->u);
        permute_wide(s, b->v);
    }
}

static void uniform_ends(const spec *s, batch *b)
{
    draw(s, DRAW_ENDS, b);
    for (uint32_t i = 0; i < BATCH; i++) {
        b->u[i] = ((uint64_t)b->random[0][i] | (uint64_t)b->random[1][i] << 32) & (s->n - 1);
        b->v[i] = ((uint64_t)b->random[2][i] | (uint64_t)b->random[3][i] << 32) & (s->n - 1);
    }
}

/* 2^ceil(scale / 2) rows of 2^floor(scale / 2) vertices. */
static void mesh_ends(const spec *s, batch *b)
{
    uint64_t columns = UINT64_C(1) << s->scale / 2;

    draw(s, DRAW_KEPT, b);
    for (uint32_t i = 0; i < BATCH; i++) {
        uint64_t u = (b->first + i) / 2;
        bool down = (b->first + i) % 2;
        bool inside = down ? u + columns < s->n : (u + 1) % columns != 0;
        b->u[i] = u;
        b->v[i] = down ? u + columns : u + 1;
        b->kept[i] = inside && b->random[0][i] < BELOW(0.95);
    }
}

static void make_weights(const spec *s, batch *b)
{
    if (s->weights == GIGA_WEIGHTS_NONE)
        return;
    draw(s, DRAW_WEIGHT, b);
    for (uint32_t i = 0; i < BATCH; i++) {
        uint32_t random = b->random[0][i];
        b->weight[i] = s->weights == GIGA_WEIGHTS_REAL ? (double)(random >> 8) * 0x1p-24
                                                       : 1.0 + (double)((uint64_t)random * 255 >> 32);
    }
}

static giga_status append_batch(const spec *s, batch *b, gr_edges *edges)
{
    giga_status status = GIGA_OK;

    switch (s->kind) {
    case KRONECKER: kronecker_ends(s, b); break;
    case UNIFORM: uniform_ends(s, b); break;
    case MESH: mesh_ends(s, b); break;
    }
    make_weights(s, b);
    for (uint32_t i = 0; i < b->count && status == GIGA_OK; i++) {
        if (s->kind != MESH || b->kept[i])
            status = gr_edges_append(edges, b->u[i], b->v[i], b->weight[i]);
    }
    return status;
}

static giga_status append_range(const spec *s, uint64_t first, uint64_t last,
                                const giga_graph_opts *opts, gr_edges *edges)
{
    batch b = {.first = first};
    giga_status status = GIGA_OK;

    for (; b.first < last && status == GIGA_OK; b.first += BATCH) {
        b.count = last - b.first < BATCH ? (uint32_t)(last - b.first) : BATCH;
        if (opts->progress && (b.first - first) % PROGRESS_STEP == 0)
            opts->progress(opts->progress_argument, "generating",
                           (double)(b.first - first) / (double)(last - first));
        status = append_batch(s, &b, edges);
    }
    return status == GIGA_OK ? gr_edges_seal(edges) : status;
}

giga_status gr_generate(const char *name, const giga_graph_opts *opts, gr_loaded *out)
{
    uint64_t rank = (uint64_t)giga_rank(), size = (uint64_t)giga_size();
    spec s = {0};
    giga_status status = parse(name, opts, &s);

    if (status == GIGA_OK) /* parsing comes to the same on all ranks, memory does not */
        status = giga_agree(check_memory(name, &s));
    if (status != GIGA_OK)
        return status;
    *out = (gr_loaded){
        .fixed_range = true,
        .n = s.n,
        .weighted = s.weights != GIGA_WEIGHTS_NONE,
        .directed = opts->direction == GIGA_DIRECTED,
        .direction_from = opts->direction == GIGA_DIRECTION_AUTO ? "generator" : "option",
    };
    gr_edges_init(&out->edges, out->weighted);
    gr_ids_init(&out->vertices);
    strcpy(out->format, KINDS[s.kind].format);
    uint64_t share = s.edges / size, rest = s.edges % size;
    uint64_t first = share * rank + (rank < rest ? rank : rest);
    return giga_agree(append_range(&s, first, first + share + (rank < rest), opts, &out->edges));
}
