/*
 * betweenness_check.c - the laws of a result of betweenness, on all ranks.
 *
 * No value is recomputed. Let r be a weight for each vertex. From one source the dependencies
 * satisfy sum over v of r(v) * dependency(v) = sum over reached t of the mean, over the shortest
 * paths to t, of the weights inside the path. The right side needs one pass forward and no
 * way back: half to four fifths of a run. It is held against the result twice: with r = 1,
 * where it is the sum of (distance - 1), counted exactly; and with r between 1 and 2 from a hash of
 * the id, which a value that is wrong, or that stands at another vertex, does not pass.
 *
 * What it proves: an error in one value is seen when it is above about 1e-11 of the sum of
 * all (more where there are many levels), whatever the value was; errors that cancel in both
 * sums at once have no reason to be. Besides: no value is negative; a vertex that cannot be
 * inside a path has 0; in GAP semantics the largest is 1.
 *
 * The pass reads each row once. A level of more than n/128 vertices is looked for in the marks,
 * so that its rows are read in order; others are queued. Vertices of a level are settled while
 * others of the same level may read their marks: these are not the ones anybody waits for.
 *
 * Shares with the run the choice of sources, and no other code. Memory per node: a byte and a bit
 * per vertex of the graph, 16 (20 when numbers are large) of which only pages with ghosts
 * are touched, 8 per vertex of the node.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "betweenness.h"
#include "spread.h"

enum { CHUNK = 64, DENSE = 128, LIST = 256, FOUND_MAX = 256, RING = 4, POWER = 200 };

enum { SETTLED = 0x80 }; /* in a mark: the state is known */

/* Part of a kernel: wide, directed and large are constants in each of its copies. */
#define KERNEL __attribute__((always_inline)) static inline

/* Paths to a vertex, and the weights inside them added over all: both times 2^(200 * power). */
typedef struct state {
    double paths, weight;
} state;

/* To the owner of a vertex: found, no paths. To other nodes: its state. */
typedef struct message {
    uint64_t vertex;
    state state;
    int64_t power;
} message;

typedef struct check {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_exchange exchange;
    gr_node_object mark_object, told_object, state_object, power_object, queue_object,
        tail_object;
    unsigned char *mark;        /* of all vertices: 0, or 1 + level mod 3, and SETTLED */
    uint64_t *told;             /* bit per vertex: its owner knows that it is found */
    state *state;               /* of all vertices that are settled */
    int32_t *power;             /* of them; all 0 while numbers are small */
    uint64_t *queue;
    gr_counter *tail;
    uint64_t source, level, first, last; /* the level in the queue */
    bool high, large;           /* this rank has met a large number; any rank has, before */
    uint64_t list[LIST];        /* ends picked from a row */
    uint64_t found[FOUND_MAX], founds, appended; /* of the next level */
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
        status = gr_node_alloc(graph->n * sizeof *c->power, true, &c->power_object);
    if (status == GIGA_OK)
        status = gr_node_alloc((graph->last - graph->first) * 8, false, &c->queue_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(RING * sizeof *c->tail, false, &c->tail_object);
    c->mark = c->mark_object.at;
    c->told = c->told_object.at;
    c->state = c->state_object.at;
    c->power = c->power_object.at;
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
                                 &c->power_object, &c->queue_object, &c->tail_object};
        giga_status freed = gr_ghosts_free(&c->ghosts);
        for (size_t i = 0; i < sizeof all / sizeof *all && freed == GIGA_OK; i++)
            freed = gr_node_free(all[i]);
        status = status != GIGA_OK ? status : freed;
    }
    gr_exchange_free(&c->exchange);
    free(c);
    return status;
}

/* ---- finding ---- */

static void flush(check *c)
{
    uint64_t at = __atomic_fetch_add(&c->tail[(c->level + 1) % RING].next, c->founds,
                                     __ATOMIC_RELAXED);

    memcpy(c->queue + c->last + at, c->found, c->founds * 8);
    c->appended += c->founds;
    c->founds = 0;
}

static inline unsigned char get_mark(const check *c, uint64_t vertex)
{
    return __atomic_load_n(&c->mark[vertex], __ATOMIC_RELAXED);
}

static inline unsigned char mark_of(uint64_t level)
{
    return (unsigned char)(1 + level % 3);
}

/* A vertex of this node without a mark. Whoever marks it first queues it. */
static inline void visit(check *c, uint64_t vertex)
{
    if (__atomic_exchange_n(&c->mark[vertex], mark_of(c->level + 1), __ATOMIC_RELAXED) != 0)
        return;
    c->found[c->founds++] = vertex;
    if (c->founds == FOUND_MAX)
        flush(c);
}

static void tell(check *c, uint64_t vertex)
{
    if (!gr_claim(c->told, vertex))
        return;
    message *m = gr_exchange_add(&c->exchange, gr_owner(c->graph, vertex));
    if (m)
        *m = (message){.vertex = vertex};
    else
        c->status = giga_fail(GIGA_ERR_MEMORY, "giga_betweenness_validate: out of memory");
}

static inline void visit_or_tell(check *c, uint64_t vertex)
{
    if (vertex >= c->graph->first && vertex < c->graph->last)
        visit(c, vertex);
    else
        tell(c, vertex);
}

/* ---- rows ---- */

/* What is added up over a row. */
typedef struct sum {
    state state;
    int32_t power;
} sum;

KERNEL void add(sum *s, state one, int32_t power)
{
    double factor = 1.0;

    if (power != s->power) {
        double apart = abs(power - s->power) == 1 ? ldexp(1.0, -POWER) : 0.0;
        if (power > s->power)
            *s = (sum){{s->state.paths * apart, s->state.weight * apart}, power};
        else
            factor = apart;
    }
    s->state.paths += one.paths * factor;
    s->state.weight += one.weight * factor;
}

/* Ends with the mark `before`, from part of a row, are listed; when it `finds`, those without a
 * mark are visited. Returns how many are listed. */
KERNEL unsigned pick(check *c, bool wide, bool finds, gr_csr csr, uint64_t first, uint64_t last,
                     unsigned char before)
{
    uint64_t *list = c->list;
    unsigned count = 0;

    for (; first < last; first++) {
        uint64_t end = gr_end(&csr, wide, first);
        unsigned char mark = get_mark(c, end);
        list[count] = end;
        count += mark == before;
        if (finds && mark == 0)
            visit_or_tell(c, end);
    }
    return count;
}

/* The sum over the level before. */
KERNEL sum sum_row(check *c, bool wide, bool large, bool finds, uint64_t local)
{
    const gr_csr csr = c->graph->in;
    uint64_t i = csr.rows[local], last = csr.rows[local + 1];
    unsigned char before = mark_of(c->level + 2) | SETTLED;
    sum s = {{0.0, 0.0}, 0};

    while (i < last) {
        uint64_t stop = last - i < LIST ? last : i + LIST;
        unsigned count = pick(c, wide, finds, csr, i, stop, before);
        for (unsigned k = 0; k < count; k++) {
            if (large) {
                add(&s, c->state[c->list[k]], c->power[c->list[k]]);
            } else {
                s.state.paths += c->state[c->list[k]].paths;
                s.state.weight += c->state[c->list[k]].weight;
            }
        }
        i = stop;
    }
    return s;
}

KERNEL void find_row(check *c, bool wide, uint64_t local)
{
    const gr_csr csr = c->graph->out;

    for (uint64_t i = csr.rows[local]; i < csr.rows[local + 1]; i++) {
        uint64_t end = gr_end(&csr, wide, i);
        if (get_mark(c, end) == 0)
            visit_or_tell(c, end);
    }
}

/* ---- a level ---- */

static void publish(check *c, uint64_t vertex, sum s)
{
    message m = {vertex, s.state, s.power};

    if (c->status == GIGA_OK)
        c->status = gr_spread(c->graph, &c->ghosts, &c->exchange, vertex, &m);
}

/* A vertex other than the source becomes one more of the ends of paths. */
static inline sum end_at(check *c, uint64_t local, sum s)
{
    c->weights += s.state.weight / s.state.paths;
    s.state.weight += s.state.paths * weight_of(c->graph, local);
    if (s.state.paths > 0x1p100) {
        c->high = true;
        s.state.paths = ldexp(s.state.paths, -POWER);
        s.state.weight = ldexp(s.state.weight, -POWER);
        s.power++;
    }
    return s;
}

KERNEL void settle(check *c, bool wide, bool directed, bool large, uint64_t vertex)
{
    uint64_t local = vertex - c->graph->first;
    sum s = sum_row(c, wide, large, !directed, local);

    if (directed)
        find_row(c, wide, local);
    s = vertex == c->source ? (sum){{1.0, 0.0}, 0} : end_at(c, local, s);
    c->state[vertex] = s.state;
    if (large || s.power != 0)
        c->power[vertex] = s.power;
    __atomic_store_n(&c->mark[vertex], mark_of(c->level) | SETTLED, __ATOMIC_RELAXED);
    if (giga_nodes() > 1)
        publish(c, vertex, s);
}

/* The vertices listed, in the kernel for the graph. */
KERNEL void settle_some(check *c, bool wide, bool directed, bool large, const uint64_t *list,
                        uint64_t count)
{
    for (uint64_t k = 0; k < count; k++)
        settle(c, wide, directed, large, list[k]);
}

static void settle_all(check *c, const uint64_t *list, uint64_t count)
{
    bool directed = c->graph->info.directed;

    if (c->graph->wide)
        settle_some(c, true, directed, c->large, list, count);
    else if (directed)
        settle_some(c, false, true, c->large, list, count);
    else if (c->large)
        settle_some(c, false, false, true, list, count);
    else
        settle_some(c, false, false, false, list, count);
}

static void pass_dense(check *c)
{
    uint64_t first = c->graph->first, list[CHUNK];
    unsigned char here = mark_of(c->level);
    gr_work work = gr_work_begin(c->graph, c->graph->last - first, CHUNK);

    for (uint64_t v, end; gr_work_draw(&work, &v, &end);) {
        uint64_t count = 0;
        for (; v < end; v++) {
            list[count] = first + v;
            count += get_mark(c, first + v) == here;
        }
        settle_all(c, list, count);
    }
}

static void pass_sparse(check *c)
{
    uint64_t count = c->last - c->first, chunk = count / (16 * (uint64_t)giga_near_size());
    gr_work work = gr_work_begin(c->graph, count, chunk < 1 ? 1 : chunk < CHUNK ? chunk : CHUNK);

    for (uint64_t q, end; gr_work_draw(&work, &q, &end);)
        settle_all(c, c->queue + c->first + q, end - q);
}

/* Between nodes: what was found here and there, and states. The exchange is also a barrier. */
static giga_status receive(check *c)
{
    giga_status status = gr_exchange_run(&c->exchange);
    const message *m = (const message *)(const void *)c->exchange.received;

    for (uint64_t i = 0; i < c->exchange.received_count && status == GIGA_OK; i++) {
        uint64_t vertex = m[i].vertex;
        if (vertex >= c->graph->first && vertex < c->graph->last) {
            if (get_mark(c, vertex) == 0)
                visit(c, vertex);
            continue;
        }
        c->state[vertex] = m[i].state;
        if (m[i].power != 0 || c->large)
            c->power[vertex] = (int32_t)m[i].power;
        c->mark[vertex] = mark_of(c->level) | SETTLED;
    }
    return status;
}

/* One level of *left vertices; *left becomes the number in the next, on all nodes. */
static giga_status pass_level(check *c, uint64_t *left)
{
    giga_status status = GIGA_OK;

    c->appended = 0;
    if (giga_near_index() == 0)
        c->tail[(c->level + 3) % RING].next = 0;
    if (*left > c->graph->n / DENSE)
        pass_dense(c);
    else
        pass_sparse(c);
    if (giga_nodes() > 1)
        status = receive(c);
    flush(c);
    status = status != GIGA_OK ? status : c->status;
    uint64_t sums[3] = {c->appended, c->high, status != GIGA_OK};
    giga_status reduced = giga_allreduce(sums, sums, 3, GIGA_U64, GIGA_SUM); /* also a barrier */
    if (reduced != GIGA_OK || sums[2] > 0)
        return reduced != GIGA_OK ? reduced : giga_agree(status);
    *left = sums[0];
    c->large = c->large || sums[1] > 0;
    c->first = c->last;
    c->last += c->tail[(c->level + 1) % RING].next;
    return GIGA_OK;
}

/* ---- a pass ---- */

static void my_share(uint64_t total, uint64_t *first, uint64_t *count)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t share = total / ranks + 1;

    *first = mine * share < total ? mine * share : total;
    *count = total - *first < share ? total - *first : share;
}

/* Powers are 0 again: of this node's vertices, and of ghosts. */
static void clear_powers(check *c)
{
    uint64_t first, count;

    my_share(c->graph->last - c->graph->first, &first, &count);
    memset(c->power + c->graph->first + first, 0, count * sizeof *c->power);
    for (uint64_t w = c->ghosts.first_word; w < c->ghosts.last_word; w++) {
        for (uint64_t rest = c->ghosts.need[w]; rest; rest &= rest - 1)
            c->power[64 * w + (uint64_t)__builtin_ctzll(rest)] = 0;
    }
}

static giga_status begin_pass(check *c, uint64_t source)
{
    bool own = source >= c->graph->first && source < c->graph->last;
    uint64_t first, count;

    if (c->large)
        clear_powers(c);
    my_share(c->graph->n, &first, &count);
    memset(c->mark + first, 0, count);
    if (giga_nodes() > 1) {
        my_share(gr_words(c->graph->n), &first, &count);
        memset(c->told + first, 0, count * 8);
    }
    if (giga_near_index() == 0)
        memset(c->tail, 0, RING * sizeof *c->tail);
    giga_status status = giga_barrier();
    c->source = source;
    c->first = c->level = 0;
    c->last = own;
    c->high = c->large = false;
    if (own && giga_near_index() == 0) {
        c->mark[source] = mark_of(0);
        c->queue[0] = source;
    }
    return status == GIGA_OK ? giga_barrier() : status;
}

static giga_status pass(check *c, uint64_t source)
{
    uint64_t left = 1;
    giga_status status = begin_pass(c, source);

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
