/*
 * generate.c - the Graph500 Kronecker graph and the uniform one.
 *
 * Edge i is a function of (seed, i) alone: its random numbers are Philox blocks (Salmon et
 * al., SC11; library Random123) with the counter (i, draw), so every rank makes any range
 * of edges, and the graph is the same for every number of ranks.
 *
 * Kronecker: Graph500 benchmark specification, section "Generating the edge list":
 * A, B, C = 0.57, 0.19, 0.19; vertices are renumbered by a random permutation.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <Random123/philox.h>
#include <giga/info.h>

#include "load.h"

enum { SCALE_MAX = 40, PROGRESS_STEP = 1 << 20 };

/* A, A + B, A + B + C as thresholds of 32 random bits. */
#define BELOW(p) ((uint32_t)((p) * 4294967296.0))

typedef struct spec {
    bool kronecker;
    unsigned scale;
    uint64_t n, edges, seed;
} spec;

bool gr_is_generator(const char *name)
{
    return strncmp(name, "kron:", 5) == 0 || strncmp(name, "uniform:", 8) == 0;
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

static giga_status parse(const char *name, uint64_t seed, spec *out)
{
    const char *at = strchr(name, ':') + 1;
    uint64_t scale, factor = 16;
    bool good = parse_count(&at, &scale);

    if (good && *at == ':') {
        at++;
        good = parse_count(&at, &factor);
    }
    if (!good || *at != '\0' || scale > SCALE_MAX || factor == 0)
        return giga_fail(GIGA_ERR_ARG, "%s: expected %s:SCALE or %s:SCALE:EDGEFACTOR, scale 0 to %d, "
                         "edge factor 1 or more", name, name[0] == 'k' ? "kron" : "uniform",
                         name[0] == 'k' ? "kron" : "uniform", SCALE_MAX);
    *out = (spec){.kronecker = name[0] == 'k', .scale = (unsigned)scale,
                  .n = UINT64_C(1) << scale, .seed = seed};
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
    double needs = (double)s->edges * (s->scale > 32 ? 16 : 8) / giga_size() * host.host_ranks;
    if (needs <= (double)host.available_bytes)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_MEMORY, "%s: its %" PRIu64 " edges take %.1f GiB on host %s, which has "
                     "%.1f GiB available", name, s->edges, needs / 0x1p30, host.name,
                     (double)host.available_bytes / 0x1p30);
}

static philox4x32_ctr_t random_block(const spec *s, uint64_t edge, uint32_t draw)
{
    philox4x32_ctr_t counter = {{(uint32_t)edge, (uint32_t)(edge >> 32), draw, 0}};
    philox4x32_key_t key = {{(uint32_t)s->seed, (uint32_t)(s->seed >> 32)}};

    return philox4x32(counter, key);
}

/* A bijection of scale bits: rounds of an odd factor and a folded shift. */
static uint64_t permute(const spec *s, uint64_t v)
{
    uint64_t mask = s->n - 1;
    unsigned half = s->scale / 2 + 1;

    if (s->scale < 2)
        return v;
    for (uint64_t round = 0; round < 4; round++) {
        v = (v * (UINT64_C(0x9e3779b97f4a7c15) + 2 * (s->seed + round)) + round) & mask;
        v ^= v >> half;
    }
    return v;
}

/* One quadrant a bit, from the highest down. */
static void kronecker_edge(const spec *s, uint64_t edge, uint64_t *u_out, uint64_t *v_out)
{
    uint64_t u = 0, v = 0;
    philox4x32_ctr_t block = {{0}};

    for (unsigned bit = 0; bit < s->scale; bit++) {
        if (bit % 4 == 0)
            block = random_block(s, edge, bit / 4);
        uint32_t draw = block.v[bit % 4];
        bool low = draw >= BELOW(0.57 + 0.19);                            /* C or D */
        bool right = low ? draw >= BELOW(0.57 + 0.19 + 0.19) : draw >= BELOW(0.57); /* B or D */
        u = u << 1 | low;
        v = v << 1 | right;
    }
    *u_out = permute(s, u);
    *v_out = permute(s, v);
}

static void uniform_edge(const spec *s, uint64_t edge, uint64_t *u_out, uint64_t *v_out)
{
    philox4x32_ctr_t block = random_block(s, edge, 0);

    *u_out = ((uint64_t)block.v[0] | (uint64_t)block.v[1] << 32) & (s->n - 1);
    *v_out = ((uint64_t)block.v[2] | (uint64_t)block.v[3] << 32) & (s->n - 1);
}

static giga_status append_range(const spec *s, uint64_t first, uint64_t last,
                                const giga_graph_opts *opts, gr_edges *edges)
{
    giga_status status = GIGA_OK;

    for (uint64_t e = first; e < last && status == GIGA_OK; e++) {
        uint64_t u, v;
        if (opts->progress && e % PROGRESS_STEP == 0)
            opts->progress(opts->progress_argument, "generating",
                           (double)(e - first) / (double)(last - first));
        if (s->kronecker)
            kronecker_edge(s, e, &u, &v);
        else
            uniform_edge(s, e, &u, &v);
        status = gr_edges_append(edges, u, v, 1.0);
    }
    return status == GIGA_OK ? gr_edges_seal(edges) : status;
}

giga_status gr_generate(const char *name, const giga_graph_opts *opts, gr_loaded *out)
{
    uint64_t rank = (uint64_t)giga_rank(), size = (uint64_t)giga_size();
    spec s = {0};
    giga_status status = parse(name, opts->seed, &s);

    if (status == GIGA_OK) /* parsing comes to the same on all ranks, memory does not */
        status = giga_agree(check_memory(name, &s));
    if (status != GIGA_OK)
        return status;
    *out = (gr_loaded){
        .fixed_range = true,
        .n = s.n,
        .directed = opts->direction == GIGA_DIRECTED,
        .direction_from = opts->direction == GIGA_DIRECTION_AUTO ? "generator" : "option",
    };
    gr_edges_init(&out->edges, false);
    gr_ids_init(&out->vertices);
    strcpy(out->format, s.kronecker ? "Kronecker generator" : "uniform generator");
    uint64_t share = s.edges / size, rest = s.edges % size;
    uint64_t first = share * rank + (rank < rest ? rank : rest);
    return giga_agree(append_range(&s, first, first + share + (rank < rest), opts, &out->edges));
}
