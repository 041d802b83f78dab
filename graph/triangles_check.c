/*
 * triangles_check.c - whether counts of triangles and clustering coefficients are right.
 *
 * Shares no code with the counting: it looks at the plain adjacency only, knows no forward lists
 * and no hubs. Two samples are drawn:
 *
 *   vertices  Each rank recounts vertices of its own, in a scattered order, until it has looked at
 *             its part of the arcs; those that would take more than is left are passed over.
 *             In a small graph that is all vertices. A recount is exact.
 *   pairs     Ordered pairs of neighbours of a vertex, evenly over all such pairs of the graph, each
 *             rank as many as its vertices have a share of them. Let p be the share of pairs that
 *             the result says are joined, and x the one found among N. W. Hoeffding (J. Amer.
 *             Statist. Assoc. 58, 1963, theorem 1): x is as far from p as it is with probability at
 *             most 2 exp(-N KL(x, p)), also when the draws have different probabilities.
 *
 * Memory per rank: 8 bytes per neighbour of the vertex that is looked at, and 8 per arc of its
 * neighbours, in a recount at most VERTEX_ARCS.
 */
#include <math.h>
#include <stdlib.h>

#include "bfs.h"

enum {
    ARCS_MIN = 1 << 18,     /* that each rank looks at in any case */
    ARCS_SHARE = 16,        /* else: one in so many of the graph's are looked at */
    VERTEX_ARCS = 1 << 22,  /* of the neighbours of one vertex that is recounted */
    PAIRS = 1 << 16,
    PAIRS_SHARE = 8,        /* or one in so many of the arcs, if these are fewer */
    PAIRS_MIN = 64,
    BLOCK = 64,             /* ends: the last part of a search is fetched whole */
    BATCH = 256,            /* searches that go on together */
    FAR_VERTEX = 256,       /* arcs that could be looked at in the time of waiting for rows, */
    FAR_ROW = 16,           /* and of fetching each, when there are several nodes */
};

/* Twice the probability that a right result is refused is exp(-LIMIT). */
static const double LIMIT = 22.0;

typedef struct checker {
    giga_graph *graph;
    const char *what;       /* "triangles" or "clustering coefficients" */
    bool directed;          /* a pair is joined by an arc from its first to its second */
    uint64_t *row;          /* numbers of neighbours of the vertex that is looked at, ascending */
    uint64_t row_count, row_room;
    uint64_t *ends;         /* ends of arcs from its neighbours */
    uint64_t ends_room;
} checker;

/* What was found out about one vertex. */
typedef struct vertex {
    uint64_t local, neighbours;
    uint64_t joined;        /* ordered pairs of neighbours */
} vertex;

/* ---- rows ---- */

/* A row of any node. */
typedef struct span {
    int32_t node;
    uint64_t bounds[2];
} span;

static bool grow(uint64_t **words, uint64_t *room, uint64_t count)
{
    if (count <= *room)
        return true;
    uint64_t more = 2 * count + 64;
    uint64_t *grown = realloc(*words, more * sizeof *grown);
    if (!grown)
        return false;
    *words = grown;
    *room = more;
    return true;
}

static giga_status out_of_memory(void)
{
    return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for a check of triangles",
                     giga_rank());
}

static const gr_csr *side_of(const giga_graph *graph, int side)
{
    return side == 0 ? &graph->out : &graph->in;
}

static int sides(const giga_graph *graph)
{
    return graph->info.directed ? 2 : 1;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* The neighbours of a vertex of this node, each once. */
static giga_status look_at_row(checker *c, uint64_t local)
{
    const giga_graph *graph = c->graph;
    uint64_t count = 0, self = gr_order(graph, graph->first + local);

    for (int side = 0; side < sides(graph); side++) {
        const gr_csr *csr = side_of(graph, side);
        uint64_t first = csr->rows[local], last = csr->rows[local + 1];
        if (!grow(&c->row, &c->row_room, count + last - first))
            return out_of_memory();
        for (uint64_t i = first; i < last; i++)
            c->row[count++] = gr_order(graph, gr_end(csr, graph->wide, i));
    }
    if (sides(graph) > 1 && count > 1)
        qsort(c->row, count, sizeof *c->row, compare);
    c->row_count = 0;
    for (uint64_t i = 0; i < count; i++) {
        bool again = c->row_count > 0 && c->row[c->row_count - 1] == c->row[i];
        if (!again && c->row[i] != self)
            c->row[c->row_count++] = c->row[i];
    }
    return GIGA_OK;
}

static bool in_row(const checker *c, uint64_t number)
{
    return c->row_count > 0 &&
           bsearch(&number, c->row, c->row_count, sizeof number, compare) != NULL;
}

static giga_status start_bounds(const giga_graph *graph, int side, uint64_t number, span *s)
{
    uint64_t index = gr_index(graph, number);

    s->node = gr_node_of_vertex(graph, index);
    const uint64_t *rows = gr_node_at(&side_of(graph, side)->rows_object, s->node);
    return giga_get_nbi(s->bounds, rows + (index - graph->starts[s->node]), sizeof s->bounds);
}

static const void *end_address(const giga_graph *graph, int side, const span *s, uint64_t at)
{
    const char *ends = gr_node_at(&side_of(graph, side)->ends_object, s->node);

    return ends + at * (graph->wide ? 8 : 4);
}

static uint64_t end_in(const giga_graph *graph, const void *ends, uint64_t at)
{
    return graph->wide ? ((const uint64_t *)ends)[at] : ((const uint32_t *)ends)[at];
}

/* ---- recounting a vertex ---- */

/* Where the rows of all neighbours are, and how many arcs they have. */
static giga_status find_rows(const checker *c, span *spans, uint64_t *arcs_out)
{
    const giga_graph *graph = c->graph;
    uint64_t count = c->row_count * (uint64_t)sides(graph);
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        status = start_bounds(graph, (int)(i / c->row_count), c->row[i % c->row_count], &spans[i]);
    giga_status quiet = giga_quiet();
    *arcs_out = 0;
    for (uint64_t i = 0; i < count && status == GIGA_OK && quiet == GIGA_OK; i++)
        *arcs_out += spans[i].bounds[1] - spans[i].bounds[0];
    return status != GIGA_OK ? status : quiet;
}

/* Ends of one row that are in c->row, each once and not `self`; with `but`, another row, only those
 * that it does not have. */
static uint64_t count_ends(const checker *c, uint64_t self, const void *ends, uint64_t count,
                           const void *but, uint64_t but_count)
{
    const giga_graph *graph = c->graph;
    uint64_t found = 0, before = UINT64_MAX, j = 0;

    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = gr_order(graph, end_in(graph, ends, i));
        while (j < but_count && gr_order(graph, end_in(graph, but, j)) < number)
            j++;
        bool other = j < but_count && gr_order(graph, end_in(graph, but, j)) == number;
        if (number != before && number != self && !other)
            found += in_row(c, number);
        before = number;
    }
    return found;
}

static uint64_t count_rows(const checker *c, const span *spans)
{
    uint64_t width = c->graph->wide ? 8 : 4, joined = 0, k = c->row_count;
    bool either = c->graph->info.directed && !c->directed;
    const char *out = (const char *)c->ends, *in = out;

    for (uint64_t i = 0; i < k; i++)
        in += (spans[i].bounds[1] - spans[i].bounds[0]) * width;
    for (uint64_t i = 0; i < k; i++) {
        uint64_t outs = spans[i].bounds[1] - spans[i].bounds[0];
        joined += count_ends(c, c->row[i], out, outs, NULL, 0);
        if (either) {
            uint64_t ins = spans[k + i].bounds[1] - spans[k + i].bounds[0];
            joined += count_ends(c, c->row[i], in, ins, out, outs);
            in += ins * width;
        }
        out += outs * width;
    }
    return joined;
}

static giga_status fetch_rows(checker *c, const span *spans, uint64_t arcs)
{
    uint64_t width = c->graph->wide ? 8 : 4, k = c->row_count;
    giga_status status = GIGA_OK;

    if (!grow(&c->ends, &c->ends_room, arcs))
        return out_of_memory();
    char *to = (char *)c->ends;
    for (uint64_t i = 0; i < k * (uint64_t)sides(c->graph) && status == GIGA_OK; i++) {
        uint64_t bytes = (spans[i].bounds[1] - spans[i].bounds[0]) * width;
        status = giga_get_nbi(to, end_address(c->graph, (int)(i / k), &spans[i],
                                              spans[i].bounds[0]), bytes);
        to += bytes;
    }
    giga_status quiet = giga_quiet();
    return status != GIGA_OK ? status : quiet;
}

/* Recount a vertex unless it takes more than *arcs, from which what was looked at is taken. */
static giga_status recount(checker *c, uint64_t local, uint64_t *arcs, vertex *out, bool *done)
{
    uint64_t needed = 0;
    giga_status status = look_at_row(c, local);

    *done = false;
    if (status != GIGA_OK || c->row_count > *arcs)
        return status;
    *arcs -= c->row_count;
    if (giga_nodes() > 1)
        *arcs -= *arcs < FAR_VERTEX ? *arcs : FAR_VERTEX;
    span *spans = malloc((c->row_count * 2 + 1) * sizeof *spans);
    status = spans ? find_rows(c, spans, &needed) : out_of_memory();
    uint64_t all = needed + (giga_nodes() > 1 ? FAR_ROW * c->row_count : 0);
    if (status == GIGA_OK && all <= *arcs && needed <= VERTEX_ARCS) {
        status = fetch_rows(c, spans, needed);
        *arcs -= all;
        *done = status == GIGA_OK;
        if (*done)
            *out = (vertex){local, c->row_count, count_rows(c, spans)};
    }
    free(spans);
    return status;
}

/* ---- the sample of vertices ---- */

typedef giga_status (*vertex_check)(void *argument, const vertex *v);

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    return b == 0 ? a : common_divisor(b, a % b);
}

/* A step through `count` places that meets them all, scattered: near the golden section. */
static uint64_t scattered_step(uint64_t count)
{
    uint64_t step = (uint64_t)((double)count * 0.6180339887498949) | 1;

    while (common_divisor(step, count) != 1)
        step++;
    return step;
}

/* Sums over all ranks: vertices that were recounted, and pairs that are joined there. */
typedef struct sample {
    uint64_t vertices, joined;
} sample;

static giga_status check_vertices(checker *c, vertex_check check, void *argument, sample *out)
{
    const giga_graph *graph = c->graph;
    uint64_t first, last, share = graph->info.arcs / ARCS_SHARE / (uint64_t)giga_size();
    uint64_t arcs = share > ARCS_MIN ? share : ARCS_MIN;
    giga_status status = GIGA_OK;
    bool done;

    *out = (sample){0, 0};
    gr_my_vertices(graph, &first, &last);
    uint64_t count = last - first, step = count > 0 ? scattered_step(count) : 0, at = step / 2;
    for (uint64_t i = 0; i < count && arcs > 0 && status == GIGA_OK; i++) {
        vertex v;
        at = at % count;
        status = recount(c, first - graph->first + at, &arcs, &v, &done);
        if (status == GIGA_OK && done)
            status = check(argument, &v);
        out->vertices += done;
        out->joined += done ? v.joined : 0;
        at += step;
        arcs -= arcs > 0;   /* so that vertices without neighbours do not go on for ever */
    }
    status = giga_agree(status);
    return status == GIGA_OK ? giga_allreduce(out, out, 2, GIGA_U64, GIGA_SUM) : status;
}

/* ---- the sample of pairs ---- */

/* splitmix64 (S. Vigna's description): numbers from a counter. */
static uint64_t random_word(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return (uint64_t)((unsigned __int128)random_word(state) * limit >> 64);
}

/* Is there an arc from a to b? */
typedef struct probe {
    uint64_t a, b;
    span out, in;               /* the row of a, and that of arcs to b */
    int side;                   /* the shorter one, and what is sought there */
    uint64_t number, low, high;
    uint64_t part[BLOCK];       /* what was fetched of it */
    bool found;
} probe;

/* Probes that go on together, so that a batch waits for the network as often as one would. */
typedef struct batch {
    probe probes[BATCH];
    uint64_t count;
} batch;

static giga_status find_probe_rows(const giga_graph *graph, batch *b)
{
    giga_status status = GIGA_OK;
    int back = graph->info.directed ? 1 : 0;

    for (probe *p = b->probes; p < b->probes + b->count && status == GIGA_OK; p++) {
        status = start_bounds(graph, 0, p->a, &p->out);
        if (status == GIGA_OK)
            status = start_bounds(graph, back, p->b, &p->in);
    }
    giga_status quiet = giga_quiet();
    status = status != GIGA_OK ? status : quiet;
    for (probe *p = b->probes; p < b->probes + b->count && status == GIGA_OK; p++) {
        bool out = p->out.bounds[1] - p->out.bounds[0] <= p->in.bounds[1] - p->in.bounds[0];
        const span *s = out ? &p->out : &p->in;
        p->side = out ? 0 : back;
        p->number = out ? p->b : p->a;
        p->low = s->bounds[0];
        p->high = s->bounds[1];
    }
    return status;
}

static giga_status fetch_ends(const giga_graph *graph, probe *p, uint64_t first, uint64_t count)
{
    const span *s = p->number == p->b ? &p->out : &p->in;

    return giga_get_nbi(p->part, end_address(graph, p->side, s, first),
                        count * (graph->wide ? 8 : 4));
}

static uint64_t middle_of(const probe *p)
{
    return p->low + (p->high - p->low) / 2;
}

/* One step of bisection of all that need one; *more is false when none does. */
static giga_status bisect_probes(const giga_graph *graph, batch *b, bool *more)
{
    giga_status status = GIGA_OK;

    *more = false;
    for (probe *p = b->probes; p < b->probes + b->count && status == GIGA_OK; p++) {
        if (p->high - p->low <= BLOCK)
            continue;
        status = fetch_ends(graph, p, middle_of(p), 1);
        *more = true;
    }
    giga_status quiet = giga_quiet();
    status = status != GIGA_OK ? status : quiet;
    for (probe *p = b->probes; p < b->probes + b->count && status == GIGA_OK; p++) {
        if (p->high - p->low <= BLOCK)
            continue;
        if (gr_order(graph, end_in(graph, p->part, 0)) <= p->number)
            p->low = middle_of(p);
        else
            p->high = middle_of(p);
    }
    return status;
}

static giga_status finish_probes(const giga_graph *graph, batch *b)
{
    giga_status status = GIGA_OK;

    for (probe *p = b->probes; p < b->probes + b->count && status == GIGA_OK; p++)
        status = fetch_ends(graph, p, p->low, p->high - p->low);
    giga_status quiet = giga_quiet();
    status = status != GIGA_OK ? status : quiet;
    for (probe *p = b->probes; p < b->probes + b->count && status == GIGA_OK; p++) {
        p->found = false;
        for (uint64_t i = 0; i < p->high - p->low; i++)
            p->found = p->found || gr_order(graph, end_in(graph, p->part, i)) == p->number;
    }
    return status;
}

static giga_status run_probes(const giga_graph *graph, batch *b)
{
    bool more = true;
    giga_status status = find_probe_rows(graph, b);

    while (status == GIGA_OK && more)
        status = bisect_probes(graph, b, &more);
    return status == GIGA_OK ? finish_probes(graph, b) : status;
}

/* Probes a pair takes: where directions are aside, an arc back will do. */
static uint64_t probes_each(const checker *c)
{
    return c->graph->info.directed && !c->directed ? 2 : 1;
}

/* Count the pairs of a batch that are joined, and begin the next. */
static giga_status count_batch(const checker *c, batch *b, uint64_t *joined)
{
    uint64_t each = probes_each(c);
    giga_status status = run_probes(c->graph, b);

    for (uint64_t i = 0; i < b->count && status == GIGA_OK; i += each)
        *joined += b->probes[i].found || (each == 2 && b->probes[i + 1].found);
    b->count = 0;
    return status;
}

static uint64_t pairs_of(uint64_t neighbours)
{
    return neighbours < 2 ? 0 : neighbours * (neighbours - 1);
}

/* One pair of neighbours of the vertex that c->row is of, into the batch. */
static giga_status draw_pair(const checker *c, uint64_t *state, batch *b, uint64_t *joined)
{
    uint64_t first = random_below(state, c->row_count);
    uint64_t second = random_below(state, c->row_count - 1);
    uint64_t a = c->row[first], z = c->row[second + (second >= first)];

    b->probes[b->count++] = (probe){.a = a, .b = z};
    if (probes_each(c) == 2)
        b->probes[b->count++] = (probe){.a = z, .b = a};
    return b->count + 2 > BATCH ? count_batch(c, b, joined) : GIGA_OK;
}

/* Pairs of neighbours over this rank's vertices. */
static giga_status count_pairs(checker *c, uint64_t *pairs)
{
    uint64_t first, last;
    giga_status status = GIGA_OK;

    *pairs = 0;
    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t v = first; v < last && status == GIGA_OK; v++) {
        status = look_at_row(c, v - c->graph->first);
        *pairs += pairs_of(c->row_count);
    }
    return status;
}

/* Of `pairs` pairs of this rank's vertices draw `wanted`, one from each of as many equal parts. */
static giga_status draw_pairs(checker *c, uint64_t pairs, uint64_t wanted, uint64_t *joined)
{
    uint64_t first, last, drawn = 0, before = 0, state = (uint64_t)giga_rank();
    uint64_t part = wanted > 0 ? pairs / wanted : 0, next = wanted > 0 ? random_below(&state, part) : 0;
    batch *b = calloc(1, sizeof *b);
    giga_status status = b ? GIGA_OK : out_of_memory();

    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t v = first; v < last && status == GIGA_OK && drawn < wanted; v++) {
        status = look_at_row(c, v - c->graph->first);
        uint64_t here = pairs_of(c->row_count);
        while (status == GIGA_OK && drawn < wanted && next < before + here) {
            status = draw_pair(c, &state, b, joined);
            drawn++;
            next = drawn * part + random_below(&state, part);
        }
        before += here;
    }
    if (status == GIGA_OK)
        status = count_batch(c, b, joined);
    free(b);
    return status;
}

/* KL divergence of two coins. */
static double divergence(double x, double p)
{
    double heads = x > 0 ? x * log(x / p) : 0.0;
    double tails = x < 1 ? (1 - x) * log((1 - x) / (1 - p)) : 0.0;

    return heads + tails;
}

/* Of pairs drawn at random, about the share joined / pairs has to be joined. `pairs` of this
 * rank. */
static giga_status check_pairs(checker *c, uint64_t mine, double said)
{
    uint64_t sums[3] = {mine, 0, 0}, arcs = c->graph->info.arcs / PAIRS_SHARE;
    uint64_t wanted = arcs < PAIRS_MIN ? PAIRS_MIN : arcs < PAIRS ? arcs : PAIRS;
    uint64_t all = giga_allreduce_sum(mine);

    if (all == 0)
        return GIGA_OK;
    uint64_t own = (uint64_t)((double)wanted * ((double)mine / (double)all));
    own = own < mine ? own : mine;
    sums[1] = own;
    giga_status status = giga_agree(draw_pairs(c, mine, own, &sums[2]));
    if (status == GIGA_OK)
        status = giga_allreduce(sums, sums, 3, GIGA_U64, GIGA_SUM);
    if (status != GIGA_OK || sums[1] == 0)
        return status;
    double x = (double)sums[2] / (double)sums[1], p = said / (double)all;
    bool never = (p <= 0 && x > 0) || (p >= 1 && x < 1) || p > 1 + 1e-9;
    if (never || (p > 0 && p < 1 && (double)sums[1] * divergence(x, p) > LIMIT))
        return giga_fail(GIGA_ERR_INVALID, "%s break a law: of pairs of neighbours drawn at "
                         "random, as many are joined as the result says (it says %.6g of them, of "
                         "%llu drawn %.6g were)", c->what, p, (unsigned long long)sums[1], x);
    return GIGA_OK;
}

static void stop(checker *c)
{
    free(c->row);
    free(c->ends);
}

/* ---- triangles ---- */

typedef struct counts {
    checker *c;
    const giga_array *count;
} counts;

static giga_status value_of(const checker *c, const giga_array *array, uint64_t local, void *value)
{
    return giga_array_get(array, c->graph->first + local, 1, value);
}

static giga_status check_count(void *argument, const vertex *v)
{
    const counts *a = argument;
    uint64_t count = v->joined / 2;
    giga_status status = a->count ? value_of(a->c, a->count, v->local, &count) : GIGA_OK;

    if (status == GIGA_OK && count != v->joined / 2)
        return giga_fail(GIGA_ERR_INVALID, "triangles break a law: a count is that of the vertex' "
                         "triangles (vertex %llu has %llu, not %llu)",
                         (unsigned long long)gr_own_id(a->c->graph, v->local),
                         (unsigned long long)(v->joined / 2), (unsigned long long)count);
    return status;
}

/* This rank's counts: what they sum to; none is above the pairs of its vertex. */
static giga_status look_at_counts(checker *c, const giga_array *array, uint64_t *sum, uint64_t *pairs)
{
    uint64_t first, last, value = 0;
    giga_status status = GIGA_OK;

    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t v = first; v < last && status == GIGA_OK; v++) {
        status = look_at_row(c, v - c->graph->first);
        if (status == GIGA_OK)
            status = value_of(c, array, v - c->graph->first, &value);
        *sum += value;
        *pairs += pairs_of(c->row_count);
        if (status == GIGA_OK && value > pairs_of(c->row_count) / 2)
            status = giga_fail(GIGA_ERR_INVALID, "triangles break a law: a vertex has at most as "
                               "many as pairs of neighbours (vertex %llu has %llu, with %llu "
                               "neighbours)",
                               (unsigned long long)gr_own_id(c->graph, v - c->graph->first),
                               (unsigned long long)value, (unsigned long long)c->row_count);
    }
    return status;
}

static giga_status check_sum(uint64_t sum, uint64_t total)
{
    uint64_t all = giga_allreduce_sum(sum);

    if (total > UINT64_MAX / 3 || all != 3 * total)
        return giga_fail(GIGA_ERR_INVALID, "triangles break a law: counts sum to 3 times the total "
                         "(to %llu, with a total of %llu)", (unsigned long long)all,
                         (unsigned long long)total);
    return GIGA_OK;
}

static giga_status check_triangles(checker *c, const giga_array *count, uint64_t total)
{
    uint64_t sum = 0, pairs = 0;
    counts a = {c, count};
    sample s;
    giga_status status = giga_agree(count ? look_at_counts(c, count, &sum, &pairs)
                                          : count_pairs(c, &pairs));

    if (status == GIGA_OK && count)
        status = check_sum(sum, total);
    if (status == GIGA_OK)
        status = check_vertices(c, check_count, &a, &s);
    if (status == GIGA_OK && s.vertices == c->graph->n && s.joined / 6 != total)
        status = giga_fail(GIGA_ERR_INVALID, "triangles break a law: the total is that of all "
                           "vertices (it is %llu, not %llu)", (unsigned long long)(s.joined / 6),
                           (unsigned long long)total);
    return status == GIGA_OK ? check_pairs(c, pairs, 6.0 * (double)total) : status;
}

giga_status giga_triangles_validate(giga_graph *graph, const giga_array *count, uint64_t total)
{
    checker c = {.graph = graph, .what = "triangles"};
    giga_status status = giga_agree(count ? gr_check_values("giga_triangles_validate", graph, count)
                                          : GIGA_OK);

    if (status == GIGA_OK)
        status = check_triangles(&c, count, total);
    stop(&c);
    return status;
}

/* ---- clustering coefficients ---- */

static giga_status check_coefficient(void *argument, const vertex *v)
{
    const counts *a = argument;
    double value = 0, right = 0;
    giga_status status = value_of(a->c, a->count, v->local, &value);

    if (v->neighbours > 1)
        right = (double)v->joined / ((double)v->neighbours * (double)(v->neighbours - 1));
    if (status == GIGA_OK && value != right)
        return giga_fail(GIGA_ERR_INVALID, "clustering coefficients break a law: one is the joined "
                         "share of the vertex' pairs of neighbours (vertex %llu has %.17g, not "
                         "%.17g)", (unsigned long long)gr_own_id(a->c->graph, v->local), right,
                         value);
    return status;
}

/* From 0 to 1, and a number of arcs: a whole one, even without directions. */
static bool is_possible(double value, uint64_t pairs, bool directed)
{
    if (!(value >= 0.0 && value <= 1.0) || (pairs == 0 && value != 0.0))
        return false;
    if (pairs == 0)
        return true;
    double unit = directed ? 1.0 : 2.0, joined = unit * round(value * (double)pairs / unit);
    return fabs(joined / (double)pairs - value) <= 0x1p-52 * value;
}

static giga_status look_at_coefficients(checker *c, const giga_array *array, double *joined,
                                        uint64_t *pairs)
{
    uint64_t first, last;
    double value = 0;
    giga_status status = GIGA_OK;

    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t v = first; v < last && status == GIGA_OK; v++) {
        status = look_at_row(c, v - c->graph->first);
        if (status == GIGA_OK)
            status = value_of(c, array, v - c->graph->first, &value);
        uint64_t here = pairs_of(c->row_count);
        *joined += value * (double)here;
        *pairs += here;
        if (status == GIGA_OK && !is_possible(value, here, c->directed))
            status = giga_fail(GIGA_ERR_INVALID, "clustering coefficients break a law: one is a "
                               "number of arcs by the pairs of neighbours (vertex %llu has %.17g, "
                               "with %llu pairs)",
                               (unsigned long long)gr_own_id(c->graph, v - c->graph->first), value,
                               (unsigned long long)here);
    }
    return status;
}

static giga_status check_coefficients(checker *c, const giga_array *coefficient)
{
    double joined = 0;
    uint64_t pairs = 0;
    counts a = {c, coefficient};
    sample s;
    giga_status status = giga_agree(look_at_coefficients(c, coefficient, &joined, &pairs));

    if (status == GIGA_OK)
        status = check_vertices(c, check_coefficient, &a, &s);
    if (status != GIGA_OK)
        return status;
    joined = giga_allreduce_sum(joined);
    return check_pairs(c, pairs, joined);
}

giga_status giga_lcc_validate(giga_graph *graph, const giga_array *coefficient)
{
    checker c = {.graph = graph, .what = "clustering coefficients",
                 .directed = graph->info.directed};
    giga_status status = giga_agree(gr_check_values("giga_lcc_validate", graph, coefficient));

    if (status == GIGA_OK)
        status = check_coefficients(&c, coefficient);
    stop(&c);
    return status;
}
