/*
 * cdlp_check.c - laws of label propagation. Shares no code with cdlp.c.
 *
 * 1. Every label is the id of a vertex (with gaps between ids: a sample of the labels).
 * 2. Every label is the most frequent, and of those the smallest, among what the neighbours
 *    had one iteration before. A label that more than half of them had needs no more
 *    proof; otherwise few counters, which labels share, say which others may be as frequent,
 *    and only those are sorted and their runs counted.
 * 3. For a sample of vertices (all, when a rank has few) everything within as many steps as there
 *    were iterations is computed anew from ids alone, unless that is too much of the graph.
 *
 * What it proves: by 2, any wrong label is found if the labels before are right, and the other
 * way round unless the error has no effect. Not that the labels before are right: an error in
 * an early iteration that later ones took over correctly is found by 3 only, hence in small
 * graphs and small components, not around the hubs of a large one.
 *
 * Cost: about one iteration, two sweeps over the arcs; 8 bytes per ghost between nodes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bfs.h"
#include "ghosts.h"
#include "sort.h"

enum {
    SAMPLES = 64,               /* vertices of a rank around which all is computed anew */
    BALL_ARCS = 4096,           /* at most so many arcs around each, so that 3 costs less than 2 */
    BALL_WORK = 1 << 18,        /* arcs times iterations */
    FOUND = 1 << 12,            /* labels looked up by a rank */
    COUNTERS = 1 << 14          /* that stay in a core's cache */
};

typedef struct checker {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_node_object mirror_object;
    uint64_t *before;           /* mirror of the labels one iteration before */
    uint64_t *label;            /* of this rank's vertices, from `first` */
    uint64_t first, last;
    uint64_t *row, room;        /* labels around a vertex */
    uint64_t *counters;         /* COUNTERS of them, 0 between two rows */
    gr_sorter sorter;
    uint64_t iterations;
} checker;

static giga_status broken(const checker *c, const char *law, uint64_t vertex)
{
    return giga_fail(GIGA_ERR_INVALID, "CDLP breaks a law: %s (vertex %" PRIu64 ")", law,
                     giga_graph_id(c->graph, vertex));
}

static giga_status out_of_memory(void)
{
    return giga_fail(GIGA_ERR_MEMORY, "giga_cdlp_validate: rank %d is out of memory", giga_rank());
}

/* ---- laws 1 and 2 ---- */

static giga_status check_ids(const checker *c)
{
    const giga_graph_info *info = &c->graph->info;
    uint64_t count = c->last - c->first, index;

    for (uint64_t v = c->first; v < c->last; v++) {
        uint64_t label = c->before[v];
        if (label < info->lowest_id || label > info->highest_id)
            return broken(c, "a label is the id of a vertex", v);
    }
    if (info->highest_id - info->lowest_id == info->vertices - 1)
        return GIGA_OK; /* no gaps */
    for (uint64_t i = 0; i < count; i += count / FOUND + 1) {
        if (giga_graph_find(c->graph, c->before[c->first + i], &index) != GIGA_OK)
            return broken(c, "a label is the id of a vertex", c->first + i);
    }
    return GIGA_OK;
}

static bool grow_row(checker *c, uint64_t degree)
{
    if (degree <= c->room)
        return true;
    free(c->row);
    c->row = malloc(2 * degree * sizeof *c->row);
    c->room = c->row ? 2 * degree : 0;
    return c->row != NULL;
}

/* Labels before at the ends of a row, behind what is there; how many are `wanted`. */
static uint64_t take_row(checker *c, const gr_csr *csr, uint64_t local, uint64_t *at,
                         uint64_t wanted)
{
    uint64_t same = 0;

    for (uint64_t i = csr->rows[local]; i < csr->rows[local + 1]; i++) {
        uint64_t label = c->before[gr_end(csr, c->graph->wide, i)];
        c->row[(*at)++] = label;
        same += label == wanted;
    }
    return same;
}

static inline uint64_t *counter_of(checker *c, uint64_t label, uint64_t mask)
{
    return &c->counters[label * UINT64_C(0xd6e8feb86659fd93) >> 32 & mask];
}

/* Keep in the row only labels that may beat one that is there `same` times: a counter that several
 * labels share bounds them all from above. */
static uint64_t keep_rivals(checker *c, uint64_t count, uint64_t label, uint64_t same)
{
    uint64_t kept = 0, size = 64;

    while (size < 4 * count && size < COUNTERS)
        size *= 2;
    for (uint64_t i = 0; i < count; i++)
        ++*counter_of(c, c->row[i], size - 1);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t rival = c->row[i], most = *counter_of(c, rival, size - 1);
        c->row[kept] = rival;
        kept += rival != label && (most > same || (most == same && rival < label));
    }
    memset(c->counters, 0, size * sizeof *c->counters);
    return kept;
}

/* The row holds `count` labels, `label` `same` times: whether none beats it. */
static giga_status check_most(checker *c, uint64_t v, uint64_t count, uint64_t label, uint64_t same)
{
    uint64_t kept = keep_rivals(c, count, label, same);
    giga_status status = gr_sort_u64(&c->sorter, c->row, kept);
    bool beaten = same == 0;

    for (uint64_t i = 0, next; i < kept && status == GIGA_OK; i = next) {
        for (next = i + 1; next < kept && c->row[next] == c->row[i];)
            next++;
        beaten = beaten || next - i > same || (next - i == same && c->row[i] < label);
    }
    if (status == GIGA_OK && beaten)
        status = broken(c, "a label is the smallest of those most frequent around it", v);
    return status;
}

static giga_status check_vertex(checker *c, uint64_t v)
{
    const gr_csr *out = &c->graph->out, *in = &c->graph->in;
    uint64_t local = v - c->graph->first, label = c->label[v - c->first], count = 0;
    uint64_t degree = out->rows[local + 1] - out->rows[local], same;
    bool directed = c->graph->info.directed;

    if (directed)
        degree += in->rows[local + 1] - in->rows[local];
    if (c->iterations == 0 || degree == 0)
        return label == gr_own_id(c->graph, local)
                   ? GIGA_OK : broken(c, "without neighbours the label is the id", v);
    if (!grow_row(c, degree))
        return out_of_memory();
    same = take_row(c, out, local, &count, label);
    if (directed)
        same += take_row(c, in, local, &count, label);
    return same > degree / 2 ? GIGA_OK : check_most(c, v, count, label, same);
}

/* ---- law 3: everything near a vertex from the beginning ---- */

typedef struct ball {
    uint64_t vertices, arcs;
    uint64_t vertex[BALL_ARCS + 1], depth[BALL_ARCS + 1];
    uint64_t row[BALL_ARCS + 2];            /* of each vertex, in ends */
    uint32_t ends[BALL_ARCS];               /* places in vertex[] */
    uint64_t label[BALL_ARCS + 1], next[BALL_ARCS + 1];
    uint32_t hash[4 * BALL_ARCS];           /* place in vertex[] plus one; 0: free */
    uint64_t fetched[BALL_ARCS];
} ball;

/* The place of a vertex, which is new at `depth` unless it is there. */
static uint32_t ball_add(ball *b, uint64_t vertex, uint64_t depth)
{
    uint64_t at = vertex * UINT64_C(0xd6e8feb86659fd93) >> 40;

    for (;; at++) {
        uint32_t *place = &b->hash[at % (4 * BALL_ARCS)];
        if (*place && b->vertex[*place - 1] == vertex)
            return *place - 1;
        if (*place)
            continue;
        b->vertex[b->vertices] = vertex;
        b->depth[b->vertices] = depth;
        *place = (uint32_t)++b->vertices;
        return *place - 1;
    }
}

/* The row of vertex `at` behind the arcs so far; *fits is false when there is no room. */
static giga_status ball_row(const giga_graph *graph, const gr_csr *csr, ball *b, uint64_t at,
                            bool *fits)
{
    uint64_t v = b->vertex[at], row[2], width = graph->wide ? 8 : 4;
    int32_t node = gr_node_of_vertex(graph, v);
    giga_status status = giga_get(row, (uint64_t *)gr_node_at(&csr->rows_object, node) +
                                  (v - graph->starts[node]), sizeof row);
    uint64_t count = status == GIGA_OK ? row[1] - row[0] : 0;

    *fits = *fits && count <= BALL_ARCS - b->arcs;
    if (status != GIGA_OK || !*fits || count == 0)
        return status;
    status = giga_get(b->fetched, (char *)gr_node_at(&csr->ends_object, node) + row[0] * width,
                      count * width);
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        uint32_t narrow;
        memcpy(&narrow, (char *)b->fetched + 4 * i, sizeof narrow);
        b->ends[b->arcs++] = ball_add(b, graph->wide ? b->fetched[i] : narrow, b->depth[at] + 1);
    }
    return status;
}

/* All vertices within `radius`, nearest first, with the rows of those nearer. */
static giga_status ball_fill(const giga_graph *graph, ball *b, uint64_t vertex, uint64_t radius,
                             bool *fits)
{
    giga_status status = GIGA_OK;

    memset(b->hash, 0, sizeof b->hash);
    b->vertices = b->arcs = 0;
    ball_add(b, vertex, 0);
    for (uint64_t at = 0; at < b->vertices && *fits && status == GIGA_OK; at++) {
        b->row[at] = b->arcs;
        if (b->depth[at] < radius)
            status = ball_row(graph, &graph->out, b, at, fits);
        if (b->depth[at] < radius && graph->info.directed && status == GIGA_OK && *fits)
            status = ball_row(graph, &graph->in, b, at, fits);
        b->row[at + 1] = b->arcs;
        b->label[at] = giga_graph_id(graph, b->vertex[at]);
    }
    return status;
}

/* The most frequent label, of those the smallest. */
static giga_status mode(gr_sorter *sorter, uint64_t *labels, uint64_t count, uint64_t *mode_out)
{
    giga_status status = gr_sort_u64(sorter, labels, count);
    uint64_t longest = 0;

    for (uint64_t i = 0, next; i < count && status == GIGA_OK; i = next) {
        for (next = i + 1; next < count && labels[next] == labels[i];)
            next++;
        if (next - i > longest) { /* of equally long runs the first is the smallest */
            longest = next - i;
            *mode_out = labels[i];
        }
    }
    return status;
}

/* One iteration where the labels within one more step are known. */
static giga_status ball_iterate(checker *c, ball *b, uint64_t radius)
{
    giga_status status = GIGA_OK;

    for (uint64_t at = 0; at < b->vertices && b->depth[at] <= radius && status == GIGA_OK; at++) {
        uint64_t count = 0;
        for (uint64_t i = b->row[at]; i < b->row[at + 1]; i++)
            b->fetched[count++] = b->label[b->ends[i]];
        b->next[at] = b->label[at];
        status = mode(&c->sorter, b->fetched, count, &b->next[at]);
    }
    for (uint64_t at = 0; at < b->vertices && b->depth[at] <= radius; at++)
        b->label[at] = b->next[at];
    return status;
}

static giga_status check_ball(checker *c, ball *b, uint64_t v)
{
    bool fits = true;
    giga_status status = ball_fill(c->graph, b, v, c->iterations, &fits);

    if (status != GIGA_OK || !fits || c->iterations > BALL_WORK / (b->arcs + 1))
        return status;
    for (uint64_t k = 1; k <= c->iterations && status == GIGA_OK; k++)
        status = ball_iterate(c, b, c->iterations - k);
    if (status == GIGA_OK && b->label[0] != c->label[v - c->first])
        status = broken(c, "a label computed anew from the ids around it is the same", v);
    return status;
}

static giga_status check_balls(checker *c)
{
    uint64_t count = c->last - c->first;
    ball *b = malloc(sizeof *b);
    giga_status status = b ? GIGA_OK : out_of_memory();

    for (uint64_t i = 0; i < count && status == GIGA_OK; i += (count - 1) / SAMPLES + 1)
        status = check_ball(c, b, c->first + i);
    free(b);
    return status;
}

/* ---- all of it ---- */

static giga_status load(checker *c, const giga_array *label, const giga_array *before)
{
    giga_status status = gr_ghosts_make(c->graph, GR_ARCS_BOTH, &c->ghosts);
    uint64_t bytes = 0;

    if (status == GIGA_OK)
        status = gr_node_alloc(c->graph->n * 8, giga_nodes() > 1, &c->mirror_object);
    if (status != GIGA_OK)
        return status;
    gr_my_vertices(c->graph, &c->first, &c->last);
    c->before = c->mirror_object.at;
    c->label = malloc((c->last - c->first + 1) * 8);
    c->counters = calloc(COUNTERS, sizeof *c->counters);
    status = c->label && c->counters ? giga_array_get(label, c->first, c->last - c->first, c->label)
                      : out_of_memory();
    if (status == GIGA_OK)
        status = giga_array_get(before, c->first, c->last - c->first, c->before + c->first);
    status = giga_agree(status);
    return status == GIGA_OK ? gr_ghosts_refresh(c->graph, &c->ghosts, c->before, &bytes) : status;
}

/* Ranks check their own vertices: a check need not be balanced as well as a run. */
static giga_status check_laws(checker *c)
{
    giga_status status = giga_agree(check_ids(c));

    for (uint64_t v = c->first; v < c->last && status == GIGA_OK; v++)
        status = check_vertex(c, v);
    status = giga_agree(status);
    return status == GIGA_OK ? giga_agree(check_balls(c)) : status;
}

giga_status giga_cdlp_validate(giga_graph *graph, uint64_t iterations, const giga_array *label,
                               const giga_array *before)
{
    checker c = {.graph = graph, .iterations = iterations};
    giga_status status = gr_check_values("giga_cdlp_validate", graph, label);

    if (status == GIGA_OK)
        status = gr_check_values("giga_cdlp_validate", graph, before);
    status = giga_agree(status);
    if (status != GIGA_OK || graph->n == 0)
        return status;
    status = load(&c, label, before);
    if (status == GIGA_OK)
        status = check_laws(&c);
    free(c.label);
    free(c.row);
    free(c.counters);
    gr_sorter_free(&c.sorter);
    giga_status freed = gr_ghosts_free(&c.ghosts);
    if (freed == GIGA_OK)
        freed = gr_node_free(&c.mirror_object);
    return status != GIGA_OK ? status : freed;
}
