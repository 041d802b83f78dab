/*
 * betweenness_check.c - the laws of a result of betweenness, on all ranks.
 *
 * No value is recomputed. Let r be a weight for each vertex. From one source the dependencies
 * satisfy sum over v of r(v) * dependency(v) = sum over reached t of the mean, over the shortest
 * paths to t, of the weights inside the path. The right side needs one pass forward and no
 * way back, about half a run. It is held against the result twice: with r = 1, where it is
 * the sum of (distance - 1), counted exactly; and with r between 1 and 2 from a hash of the
 * id, which a value that is wrong, or that stands at another vertex, does not pass.
 *
 * What it proves: an error in one value is seen when it is above about 1e-11 of the sum of
 * all (more where there are many levels), whatever the value was; errors that cancel in both
 * sums at once have no reason to be. Besides: no value is negative; a vertex that cannot be
 * inside a path has 0; in GAP semantics the largest is 1.
 *
 * Shares with the run the choice of sources, and no other code. Memory per node: 25 bytes
 * and a bit per vertex of the graph (of other nodes' vertices only pages with ghosts), 8 per vertex of the node.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "betweenness.h"
#include "spread.h"

enum { CHUNK = 64, FOUND_MAX = 256, RING = 4, POWER = 200 };

/* Paths to a vertex, and the weights inside them added over all: both times 2^(200 * power). */
typedef struct state {
    double paths, weight;
    int64_t power;
} state;

/* To the owner of a vertex: found, no paths. To other nodes: its state. */
typedef struct message {
    uint64_t vertex;
    state state;
} message;

typedef struct check {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_exchange exchange;
    gr_node_object mark_object, told_object, state_object, queue_object, tail_object;
    unsigned char *mark;        /* of all vertices: 0, or 1 + level mod 3 */
    uint64_t *told;             /* bit per vertex: its owner knows that it is found */
    state *state;               /* of all vertices, when marked and their level has ended */
    uint64_t *queue;
    gr_counter *tail;
    uint64_t source, level, first, last; /* the level in the queue */
    uint64_t found[FOUND_MAX], founds;
    double distances;           /* over sources and levels: what r = 1 gives; all ranks */
    double weights;             /* what the hashed r gives; this rank */
    double largest_depth;
    giga_status status;
} check;

/* The weight of a vertex of this node: 1 to 2. */
static double weight_of(const giga_graph *graph, uint64_t local)
{
    return 1.0 + (double)(gr_scatter(~gr_own_id(graph, local)) >> 11) * 0x1p-53;
}

static giga_status allocate(check *c, giga_graph *graph)
{
    bool many = giga_nodes() > 1;
    giga_status status = gr_node_alloc(graph->n, many, &c->mark_object);

    if (status == GIGA_OK)
        status = gr_node_alloc(many ? gr_words(graph->n) * 8 : 0, false, &c->told_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(graph->n * sizeof *c->state, many, &c->state_object);
    if (status == GIGA_OK)
        status = gr_node_alloc((graph->last - graph->first) * 8, false, &c->queue_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(RING * sizeof *c->tail, false, &c->tail_object);
    c->mark = c->mark_object.at;
    c->told = c->told_object.at;
    c->state = c->state_object.at;
    c->queue = c->queue_object.at;
    c->tail = c->tail_object.at;
    return status;
}

static giga_status start(check **c_out, giga_graph *graph)
{
    check *c = calloc(1, sizeof *c);
    giga_status status = c ? gr_exchange_init(&c->exchange, sizeof(message))
                           : giga_fail(GIGA_ERR_MEMORY, "giga_betweenness_validate: out of memory");

    *c_out = c;
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &c->ghosts);
    if (status == GIGA_OK)
        status = allocate(c, graph);
    if (status == GIGA_OK)
        c->graph = graph;
    return status;
}

static giga_status stop(check *c, giga_status status)
{
    if (!c)
        return status;
    if (c->graph) {
        gr_node_object *all[] = {&c->mark_object, &c->told_object, &c->state_object,
                                 &c->queue_object, &c->tail_object};
        giga_status freed = gr_ghosts_free(&c->ghosts);
        for (size_t i = 0; i < sizeof all / sizeof *all && freed == GIGA_OK; i++)
            freed = gr_node_free(all[i]);
        status = status != GIGA_OK ? status : freed;
    }
    gr_exchange_free(&c->exchange);
    free(c);
    return status;
}

/* ---- one pass forward ---- */

static void flush(check *c)
{
    uint64_t at = __atomic_fetch_add(&c->tail[(c->level + 1) % RING].next, c->founds,
                                     __ATOMIC_RELAXED);

    memcpy(c->queue + c->last + at, c->found, c->founds * 8);
    c->founds = 0;
}

/* Whoever marks a vertex first queues it, or tells its owner. */
static void visit(check *c, uint64_t vertex)
{
    unsigned char next = (unsigned char)(1 + (c->level + 1) % 3);

    if (__atomic_exchange_n(&c->mark[vertex], next, __ATOMIC_RELAXED) != 0)
        return;
    c->found[c->founds++] = vertex;
    if (c->founds == FOUND_MAX)
        flush(c);
}

static void tell(check *c, uint64_t vertex)
{
    message *m = gr_exchange_add(&c->exchange, gr_owner(c->graph, vertex));

    if (m)
        *m = (message){.vertex = vertex};
    else
        c->status = giga_fail(GIGA_ERR_MEMORY, "giga_betweenness_validate: out of memory");
}

static void visit_neighbours(check *c, uint64_t local)
{
    const giga_graph *graph = c->graph;

    for (uint64_t i = graph->out.rows[local]; i < graph->out.rows[local + 1]; i++) {
        uint64_t end = gr_end(&graph->out, graph->wide, i);
        if (__atomic_load_n(&c->mark[end], __ATOMIC_RELAXED) != 0)
            continue;
        if (end >= graph->first && end < graph->last)
            visit(c, end);
        else if (gr_claim(c->told, end))
            tell(c, end);
    }
}

static void add_state(state *sum, const state *s)
{
    double factor = 1.0;

    if (s->power > sum->power) {
        double shrink = s->power == sum->power + 1 ? ldexp(1.0, -POWER) : 0.0;
        *sum = (state){sum->paths * shrink, sum->weight * shrink, s->power};
    } else if (s->power < sum->power) {
        factor = s->power == sum->power - 1 ? ldexp(1.0, -POWER) : 0.0;
    }
    sum->paths += s->paths * factor;
    sum->weight += s->weight * factor;
}

/* What comes from the level before; a vertex of that level is the only one with that mark. */
static state sum_before(const check *c, uint64_t local)
{
    const gr_csr *in = &c->graph->in;
    unsigned char before = (unsigned char)(1 + (c->level + 2) % 3);
    state sum = {0.0, 0.0, 0};

    for (uint64_t i = in->rows[local]; i < in->rows[local + 1]; i++) {
        uint64_t end = gr_end(in, c->graph->wide, i);
        if (__atomic_load_n(&c->mark[end], __ATOMIC_RELAXED) == before)
            add_state(&sum, &c->state[end]);
    }
    return sum;
}

static void settle(check *c, uint64_t vertex)
{
    uint64_t local = vertex - c->graph->first;
    state s = {1.0, 0.0, 0};

    if (vertex != c->source) {
        s = sum_before(c, local);
        c->weights += s.weight / s.paths;
        s.weight += s.paths * weight_of(c->graph, local);
        if (s.paths > ldexp(1.0, POWER / 2)) {
            s.paths = ldexp(s.paths, -POWER);
            s.weight = ldexp(s.weight, -POWER);
            s.power++;
        }
    }
    c->state[vertex] = s;
    visit_neighbours(c, local);
    message m = {vertex, s};
    if (giga_nodes() > 1 && c->status == GIGA_OK)
        c->status = gr_spread(c->graph, &c->ghosts, &c->exchange, vertex, &m);
}

static giga_status receive(check *c)
{
    giga_status status = gr_exchange_run(&c->exchange); /* also a barrier */
    const message *m = (const message *)(const void *)c->exchange.received;
    for (uint64_t i = 0; i < c->exchange.received_count && status == GIGA_OK; i++) {
        uint64_t vertex = m[i].vertex;
        if (vertex >= c->graph->first && vertex < c->graph->last) {
            if (__atomic_load_n(&c->mark[vertex], __ATOMIC_RELAXED) == 0)
                visit(c, vertex);
        } else {
            c->state[vertex] = m[i].state;
            c->mark[vertex] = (unsigned char)(1 + c->level % 3);
        }
    }
    return status;
}

/* One level; *left becomes the number of vertices in the next, on all nodes. */
static giga_status pass_level(check *c, uint64_t *left)
{
    gr_work work = gr_work_begin(c->graph, c->last - c->first, CHUNK);
    giga_status status = GIGA_OK;

    if (giga_near_index() == 0)
        c->tail[(c->level + 3) % RING].next = 0;
    for (uint64_t q, end; gr_work_draw(&work, &q, &end);) {
        for (; q < end; q++)
            settle(c, c->queue[c->first + q]);
    }
    if (giga_nodes() > 1)
        status = receive(c);
    flush(c);
    status = giga_agree(status != GIGA_OK ? status : c->status); /* also a barrier */
    uint64_t here = c->tail[(c->level + 1) % RING].next;
    c->first = c->last;
    c->last += here;
    *left = here;
    if (status == GIGA_OK && giga_nodes() > 1) {
        here = giga_near_index() == 0 ? here : 0;
        status = giga_allreduce(&here, left, 1, GIGA_U64, GIGA_SUM);
    }
    return status;
}

static void clear_share(check *c)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t n = c->graph->n, share = n / ranks + 1, first = mine * share < n ? mine * share : n;

    memset(c->mark + first, 0, n - first < share ? n - first : share);
    for (uint64_t w = mine; giga_nodes() > 1 && w < gr_words(n); w += ranks)
        c->told[w] = 0;
    if (mine == 0)
        memset(c->tail, 0, RING * sizeof *c->tail);
}

static giga_status pass(check *c, uint64_t source)
{
    bool own = source >= c->graph->first && source < c->graph->last;
    uint64_t left = 1;

    clear_share(c);
    giga_status status = giga_barrier();
    c->source = source;
    c->first = c->level = 0;
    c->last = own;
    if (own && giga_near_index() == 0) {
        c->mark[source] = 1;
        c->queue[0] = source;
    }
    if (status == GIGA_OK)
        status = giga_barrier();
    for (; status == GIGA_OK && left > 0; c->level++) {
        status = pass_level(c, &left);
        c->distances += (double)c->level * (double)left; /* distance - 1 of the next level */
    }
    c->largest_depth = fmax(c->largest_depth, (double)c->level);
    return status;
}

/* ---- the laws ---- */

/* Sums over the result. */
typedef struct totals {
    double plain, weighted;
} totals;

static giga_status broken(const giga_graph *graph, const char *law, uint64_t vertex, double value)
{
    return giga_fail(GIGA_ERR_INVALID, "betweenness breaks a law: %s (vertex %" PRIu64 " has %.17g)",
                     law, giga_graph_id(graph, vertex), value);
}

/* No path has it inside: nothing leads to it, or from it, or only one and the same edge. */
static bool is_outside(const giga_graph *graph, uint64_t local)
{
    uint64_t in = graph->in.rows[local + 1] - graph->in.rows[local];
    uint64_t out = graph->out.rows[local + 1] - graph->out.rows[local];

    return in == 0 || out == 0 || (!graph->info.directed && out == 1);
}

static giga_status check_value(const giga_graph *graph, bool gap, uint64_t vertex, double value)
{
    if (!(value >= 0.0) || isinf(value))
        return broken(graph, "a value is a number and not negative", vertex, value);
    if (gap && value > 1.0)
        return broken(graph, "in gap semantics the largest value is 1", vertex, value);
    if (value > 0.0 && is_outside(graph, vertex - graph->first))
        return broken(graph, "a vertex with one neighbour is inside no path", vertex, value);
    return GIGA_OK;
}

/* Every rank looks at its values, and adds them up. */
static giga_status read_values(const giga_graph *graph, bool gap, const giga_array *centrality,
                               totals *sums, double *largest)
{
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    double *mine = malloc((last - first + 1) * sizeof *mine);
    giga_status status = mine ? giga_array_get(centrality, first, last - first, mine)
                              : giga_fail(GIGA_ERR_MEMORY, "giga_betweenness_validate: out of memory");
    *sums = (totals){0.0, 0.0};
    *largest = 0.0;
    for (uint64_t v = first; v < last && status == GIGA_OK; v++) {
        double value = mine[v - first];
        status = check_value(graph, gap, v, value);
        sums->plain += value;
        sums->weighted += value * weight_of(graph, v - graph->first);
        *largest = fmax(*largest, value);
    }
    free(mine);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = giga_allreduce(sums, sums, 2, GIGA_F64, GIGA_SUM);
    return status == GIGA_OK ? giga_allreduce(largest, largest, 1, GIGA_F64, GIGA_MAX) : status;
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b));
}

static giga_status compare(const check *c, const giga_betweenness_opts *o, uint64_t sources,
                           totals found, double largest)
{
    totals due = {c->distances, giga_allreduce_sum(c->weights)};
    double scale = gr_betweenness_scale(c->graph, o, sources);
    /* A few roundings a level, relative to sums of terms that are not negative. */
    double tolerance = 1e-12 * (100.0 + 4.0 * c->largest_depth);

    if (o->semantics == GIGA_SEMANTICS_GAP) {
        if (largest != (due.plain > 0.0 ? 1.0 : 0.0))
            return giga_fail(GIGA_ERR_INVALID, "betweenness breaks a law: in gap semantics the "
                             "largest value is 1 (it is %.17g)", largest);
        scale = due.plain > 0.0 ? found.plain / due.plain : 1.0;
    } else if (!near(found.plain, due.plain * scale, tolerance)) {
        return giga_fail(GIGA_ERR_INVALID, "betweenness breaks a law: the sum of all values is that "
                         "of distance - 1 over all pairs, %.15g (it is %.15g)", due.plain * scale,
                         found.plain);
    }
    if (!near(found.weighted, due.weighted * scale, tolerance))
        return giga_fail(GIGA_ERR_INVALID, "betweenness breaks a law: values with weights sum to "
                         "what the insides of shortest paths do, %.15g (they sum to %.15g)",
                         due.weighted * scale, found.weighted);
    return GIGA_OK;
}

static giga_status check_sources(check *c, const giga_betweenness_opts *o,
                                 const giga_array *centrality)
{
    uint64_t *sources, count;
    double largest;
    totals found;
    giga_status status = read_values(c->graph, o->semantics == GIGA_SEMANTICS_GAP, centrality, &found,
                                     &largest);

    if (status == GIGA_OK)
        status = gr_betweenness_sources(c->graph, o, &sources, &count);
    if (status != GIGA_OK)
        return status;
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        if (giga_graph_degree(c->graph, sources[i]) > 0)
            status = pass(c, sources[i]);
    }
    free(sources);
    return status == GIGA_OK ? compare(c, o, count, found, largest) : status;
}

giga_status giga_betweenness_validate(giga_graph *graph, const giga_betweenness_opts *opts,
                                      const giga_array *centrality)
{
    giga_betweenness_opts all = {0};
    check *c = NULL;
    giga_status status = giga_agree(gr_betweenness_check("giga_betweenness_validate", graph, opts,
                                                         centrality, &all));

    if (status != GIGA_OK || graph->n == 0)
        return status;
    status = start(&c, graph);
    if (status == GIGA_OK)
        status = check_sources(c, &all, centrality);
    return stop(c, status);
}
