/*
 * sssp.c - shortest paths by delta-stepping that leaves heavy arcs alone.
 *
 * U. Meyer, P. Sanders: Delta-stepping: a parallelizable shortest path algorithm, J. Algorithms
 * 49 (2003). Buckets are fused (Y. Zhang et al., CGO 2020): a rank goes on with what it has put
 * in the current bucket itself while that is little, without meeting the others.
 *
 * Distances are settled in *epochs*, each of BUCKETS buckets of width delta from `start` to `end`.
 * There are two kinds. An *eager* epoch relaxes all arcs of a vertex; what lies behind its end
 * waits in one more bucket. A *lazy* epoch relaxes only arcs that end in it, which are the first
 * of a row sorted by weight (weights.h); the rest of the row is *pending*, and its turn comes at
 * the beginning of a later epoch. While a lazy search grows it looks at little more than one arc
 * per vertex. When the arcs to vertices not yet settled are fewer than the epoch before relaxed,
 * these vertices *pull*: each takes the best that settled ones offer, whose pending arcs are then
 * never looked at (compare V. Chakaravarthy et al., IPDPS 2014); the rest is eager.
 *
 * Invariants:
 *   S1  a distance only falls, by compare-and-swap, and is always the length of a path, added up
 *       from the source on; bits order as numbers (sssp.h)
 *   S2  of another node's vertex, distance is the best this node has found, perhaps not yet told,
 *       or what its owner has told: no improvement on it is sent twice
 *   S3  who lowers the distance of a vertex of this node puts it in a bucket of its own; an entry
 *       whose vertex has fallen below its bucket is stale and skipped
 *   S4  at the end of an epoch every distance below `end` is final, and every vertex with such a
 *       distance is seen and has relaxed, at its final distance, all arcs before its cursor,
 *       among them all that end before `end`: of several ranks that write a cursor at different
 *       distances the smallest relaxes most, and a cursor too far back costs arcs twice, no more
 *   S5  buckets are numbered by one function of the distance that never falls, so it does not
 *       matter for results how it rounds
 *   S6  the frontier is written after the all-reduce that ends a step and before the barrier that
 *       begins the next; a vertex is in it once (queued)
 *
 * The result is the minimum over paths of sums in one order: the order of work does not matter.
 *
 * Memory per node: 8 bytes per vertex of the graph (of other nodes' only pages with ghosts),
 * 32.25 per vertex of the node, arcs of weights.h, ghosts.h; between nodes n / 8 more.
 */
#include "sssp.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "bfs.h"

enum {
    BUCKETS = 256,          /* of an eager epoch */
    LAZY_BUCKETS = 16,
    FAR = BUCKETS,          /* what lies behind the end of an eager epoch */
    LAZY_DEGREE = 8,        /* mean degree from which lazy epochs pay: a row has arcs to leave alone */
    FUSED = 1000,           /* entries of a bucket that a rank goes on with alone */
    CHUNK = 64,             /* vertices drawn at a time */
    PULL_CHUNK = 16,        /* words of vertices */
    PULL_GAIN = 4,          /* pulled arcs, read in order, cost as much as one that is relaxed */
    AHEAD = 16,             /* arcs whose ends' distances are fetched ahead, within a row */
    FETCHED = 4,            /* of these, before the vertex' turn */
    ROWS = 24, ARCS = 14, ENDS = 7, /* vertices whose row, arcs, ends are fetched ahead */
    TAILS = 4, PENDING = TAILS, /* lengths: of the frontier, a ring over steps; of pending lists */
};

/* Measured on kron and uniform graphs with 1 to 255 and meshes: in mean weights. */
static const double LAZY_WIDTH = 0.25, EAGER_DELTA = 2.0, LAST_DELTA = 0.25;

typedef struct bucket {
    uint64_t *vertices;         /* local */
    uint64_t count, room;
} bucket;

typedef struct search {
    giga_graph *graph;
    gr_sssp *p;
    gr_weight_form form;
    bool lazy;
    uint64_t buckets;           /* of this kind of epoch */
    double start, end, scale;   /* of the epoch; scale is 1 / delta */
    double limit;               /* lazy: the end; eager: infinite */
    double width, delta;
    uint64_t current;           /* bucket */
    uint64_t step, epoch;
    bucket bucket[BUCKETS + 1], spare; /* this rank's */
    bucket tell;                /* remote vertices with better distances, to be told */
    bool failed;                /* out of memory */
    /* This rank, so far and in this step: */
    uint64_t settled_arcs, arcs, arcs_before, vertices, bytes;
    uint64_t next_bits;         /* lazy: smallest end of an arc that stays pending */
} search;

/* ---- memory ---- */

giga_status gr_sssp_free(giga_graph *graph)
{
    gr_sssp *p = graph->sssp;

    if (!p)
        return GIGA_OK;
    giga_status status = gr_weights_free(graph, &p->weights);
    gr_node_object *all[] = {&p->distance_object, &p->cursor_object, &p->bits_object,
                             &p->lists_object, &p->tails_object};
    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    if (status == GIGA_OK && giga_nodes() > 1)
        status = gr_ghosts_free(&p->ghosts);
    gr_exchange_free(&p->exchange);
    free(p);
    graph->sssp = NULL;
    return status;
}

static giga_status allocate(giga_graph *graph, gr_sssp *p)
{
    uint64_t locals = graph->last - graph->first, words = gr_words(locals);
    uint64_t told = giga_nodes() > 1 ? gr_words(graph->n) : 0;
    giga_status status = gr_node_alloc(graph->n * 8, true, &p->distance_object);

    if (status == GIGA_OK)
        status = gr_node_alloc(locals * 8, false, &p->cursor_object);
    if (status == GIGA_OK)
        status = gr_node_alloc((2 * words + told) * 8, false, &p->bits_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(3 * locals * 8, false, &p->lists_object);
    if (status == GIGA_OK)
        status = gr_node_alloc((TAILS + 2) * sizeof(gr_counter), false, &p->tails_object);
    if (status != GIGA_OK)
        return status;
    p->cursor = p->cursor_object.at;
    p->seen = p->bits_object.at;
    p->queued = p->seen + words;
    p->told = told ? p->queued + words : NULL;
    p->frontier = p->lists_object.at;
    p->pending[0] = p->frontier + locals;
    p->pending[1] = p->pending[0] + locals;
    p->tails = p->tails_object.at;
    return GIGA_OK;
}

giga_status gr_sssp_make(giga_graph *graph)
{
    if (graph->sssp)
        return GIGA_OK;
    gr_sssp *p = calloc(1, sizeof *p);
    giga_status status = p ? gr_exchange_init(&p->exchange, graph->wide ? 16 : 12)
                           : giga_fail(GIGA_ERR_MEMORY, "giga_sssp: out of memory");
    status = giga_agree(status);
    if (status != GIGA_OK) {
        if (p)
            gr_exchange_free(&p->exchange);
        free(p);
        return status;
    }
    graph->sssp = p;
    status = gr_weights_make(graph, &p->weights);
    if (status == GIGA_OK)
        status = allocate(graph, p);
    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &p->ghosts);
    if (status != GIGA_OK)
        gr_sssp_free(graph);
    return status;
}

/* This rank's share of [0, count). */
static void my_share(uint64_t count, uint64_t *first, uint64_t *last)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t share = count / ranks + 1;

    *first = mine * share < count ? mine * share : count;
    *last = *first + share < count ? *first + share : count;
}

/* Distances of vertices of this node and, between nodes, of its ghosts: pages that nobody needs
 * stay untouched. */
static void reset_distances(giga_graph *graph, gr_sssp *p)
{
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        p->distance[v] = GR_INFINITE;
    if (!p->told)
        return;
    my_share(gr_words(graph->n), &first, &last);
    for (uint64_t w = first; w < last; w++) {
        p->told[w] = 0;
        for (uint64_t rest = p->ghosts.need[w]; rest; rest &= rest - 1)
            p->distance[64 * w + (uint64_t)__builtin_ctzll(rest)] = GR_INFINITE;
    }
}

static giga_status reset(search *s)
{
    gr_sssp *p = s->p;
    uint64_t first, last;

    reset_distances(s->graph, p);
    my_share(gr_words(s->graph->last - s->graph->first), &first, &last);
    memset(p->seen + first, 0, (last - first) * 8);
    memset(p->queued + first, 0, (last - first) * 8);
    if (giga_near_index() == 0)
        memset(p->tails, 0, (TAILS + 2) * sizeof *p->tails);
    return giga_barrier();
}

/* ---- buckets ---- */

static inline void put(search *s, bucket *b, uint64_t vertex)
{
    if (b->count == b->room) {
        uint64_t room = b->room ? 2 * b->room : 256;
        uint64_t *vertices = realloc(b->vertices, room * sizeof *vertices);
        if (!vertices) {
            s->failed = true;
            return;
        }
        b->vertices = vertices;
        b->room = room;
    }
    b->vertices[b->count++] = vertex;
}

/* S5. Behind the end it is FAR, of which a lazy epoch puts nothing. */
static inline uint64_t bucket_of(const search *s, double distance)
{
    double at = (distance - s->start) * s->scale;

    if (!s->lazy && distance >= s->end)
        return FAR;
    return at < (double)(s->buckets - 1) ? (uint64_t)at : s->buckets - 1;
}

/* A vertex of which this rank has lowered the distance. S2, S3. */
static inline void note(search *s, uint64_t vertex, double distance)
{
    const giga_graph *graph = s->graph;

    if (vertex - graph->first < graph->last - graph->first) {
        put(s, &s->bucket[bucket_of(s, distance)], vertex - graph->first);
        return;
    }
    /* Pairs with take_tell(): there the bit falls before the distance is read. */
    uint64_t mask = UINT64_C(1) << vertex % 64;
    if (!(__atomic_fetch_or(&s->p->told[vertex / 64], mask, __ATOMIC_SEQ_CST) & mask))
        put(s, &s->tell, vertex);
}

/* S1. */
static inline void relax(search *s, uint64_t vertex, double distance)
{
    uint64_t *at = &s->p->distance[vertex], bits = gr_bits_of(distance);
    uint64_t old = __atomic_load_n(at, __ATOMIC_RELAXED);

    while (bits < old) {
        if (__atomic_compare_exchange_n(at, &old, bits, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            note(s, vertex, distance);
            return;
        }
    }
}

/* ---- a vertex ---- */

/* The arcs from `i` on whose ends lie below the limit, relaxed; returns where they end. */
static inline uint64_t relax_arcs(search *s, gr_weight_form form, double distance,
                                  uint64_t i, uint64_t last)
{
    const gr_weighted *out = &s->p->weights.out;
    const uint64_t *at = s->p->distance;
    uint64_t end = i, first = i;

    if (s->lazy)
        while (end < last && distance + gr_weighted_weight(out, form, end) < s->limit)
            end++;
    else
        end = last;
    for (uint64_t k = i + FETCHED; k < end && k < i + AHEAD; k++)
        __builtin_prefetch(&at[gr_weighted_end(out, form, false, k)]);
    for (; i < end; i++) {
        if (i + AHEAD < end)
            __builtin_prefetch(&at[gr_weighted_end(out, form, false, i + AHEAD)]);
        relax(s, gr_weighted_end(out, form, false, i), distance + gr_weighted_weight(out, form, i));
    }
    s->arcs += end - first;
    return end;
}

static void keep_pending(search *s, uint64_t local)
{
    gr_counter *tail = &s->p->tails[PENDING + s->epoch % 2];

    s->p->pending[s->epoch % 2][__atomic_fetch_add(&tail->next, 1, __ATOMIC_RELAXED)] = local;
}

/* What an arc that is left alone would give. */
static inline void leave(search *s, gr_weight_form form, double distance, uint64_t arc)
{
    uint64_t bits = gr_bits_of(distance + gr_weighted_weight(&s->p->weights.out, form, arc));

    s->next_bits = bits < s->next_bits ? bits : s->next_bits;
}

/* A vertex out of the current bucket. S3, S4. */
static inline void visit(search *s, gr_weight_form form, uint64_t local)
{
    const giga_graph *graph = s->graph;
    uint64_t first = graph->out.rows[local], last = graph->out.rows[local + 1];
    double distance = gr_real_of(__atomic_load_n(&s->p->distance[graph->first + local],
                                                 __ATOMIC_RELAXED));

    if (distance < s->start || bucket_of(s, distance) < s->current)
        return;
    bool again = !s->lazy || !gr_claim(s->p->seen, local);
    s->vertices++;
    uint64_t end = relax_arcs(s, form, distance, first, last);
    if (!s->lazy)
        return;
    s->p->cursor[local] = end;
    if (again)
        return;
    s->settled_arcs += graph->in.rows[local + 1] - graph->in.rows[local];
    if (end < last)
        keep_pending(s, local);
}

/* Fetch what visit() will need: rows first, then the arcs they name, then the distances. */
static inline void fetch_rows(const search *s, uint64_t local)
{
    __builtin_prefetch(&s->graph->out.rows[local]);
    __builtin_prefetch(&s->p->distance[s->graph->first + local]);
}

static inline void fetch_pending(const search *s, uint64_t local)
{
    fetch_rows(s, local);
    __builtin_prefetch(&s->p->cursor[local]);
}

static inline void fetch_arcs(const search *s, gr_weight_form form, uint64_t arc)
{
    const gr_weighted *out = &s->p->weights.out;

    if (form == GR_WEIGHTS_COMPACT)
        __builtin_prefetch((const gr_compact_arc *)out->arcs + arc);
    else
        __builtin_prefetch((const gr_full_arc *)out->arcs + arc);
}

/* The distances that the first arcs from `arc` on are about: most rows have no more to relax at once,
 * and a compare-and-swap does not let the loads behind it begin. */
static inline void fetch_ends(const search *s, gr_weight_form form, uint64_t local, uint64_t arc)
{
    const gr_weighted *out = &s->p->weights.out;
    uint64_t last = s->graph->out.rows[local + 1];
    double distance = gr_real_of(s->p->distance[s->graph->first + local]);

    for (uint64_t i = arc; i < last && i < arc + FETCHED; i++) {
        if (distance + gr_weighted_weight(out, form, i) >= s->limit)
            return;
        __builtin_prefetch(&s->p->distance[gr_weighted_end(out, form, false, i)]);
    }
}

static inline void visit_all(search *s, gr_weight_form form, const uint64_t *list,
                             uint64_t count, bool dequeue)
{
    for (uint64_t i = 0; i < ROWS && i < count; i++)
        fetch_rows(s, list[i]);
    for (uint64_t i = 0; i < ARCS && i < count; i++)
        fetch_arcs(s, form, s->graph->out.rows[list[i]]);
    for (uint64_t i = 0; i < count; i++) {
        if (i + ROWS < count)
            fetch_rows(s, list[i + ROWS]);
        if (i + ARCS < count)
            fetch_arcs(s, form, s->graph->out.rows[list[i + ARCS]]);
        if (i + ENDS < count)
            fetch_ends(s, form, list[i + ENDS], s->graph->out.rows[list[i + ENDS]]);
        if (dequeue) /* S6; before the distance is read */
            __atomic_fetch_and(&s->p->queued[list[i] / 64], ~(UINT64_C(1) << list[i] % 64),
                               __ATOMIC_RELAXED);
        visit(s, form, list[i]);
    }
}

/* ---- a step ---- */

/* Drain the own current bucket while it is small. */
static inline void fuse(search *s, gr_weight_form form)
{
    bucket *b = &s->bucket[s->current];

    while (b->count > 0 && b->count <= FUSED) {
        bucket full = *b;
        *b = s->spare;
        b->count = 0;
        visit_all(s, form, full.vertices, full.count, false);
        s->spare = full;
    }
}

static inline void visit_frontier(search *s, gr_weight_form form, uint64_t count)
{
    gr_work work = gr_work_begin(s->graph, count, CHUNK);

    for (uint64_t i, last; gr_work_draw(&work, &i, &last);)
        visit_all(s, form, s->p->frontier + i, last - i, true);
    fuse(s, form);
}

/* Move the own entries of the current bucket to the frontier. S6. */
static void publish(search *s)
{
    bucket *b = &s->bucket[s->current];
    gr_counter *tail = &s->p->tails[s->step % TAILS];
    uint64_t count = 0;

    for (uint64_t i = 0; i < b->count; i++) {
        if (i + ROWS < b->count)
            __builtin_prefetch(&s->p->distance[s->graph->first + b->vertices[i + ROWS]]);
        double distance = gr_real_of(s->p->distance[s->graph->first + b->vertices[i]]);
        if (distance < s->start || bucket_of(s, distance) < s->current)
            continue; /* stale */
        if (gr_claim(s->p->queued, b->vertices[i]))
            b->vertices[count++] = b->vertices[i];
    }
    b->count = 0;
    if (count == 0)
        return;
    uint64_t at = __atomic_fetch_add(&tail->next, count, __ATOMIC_RELAXED);
    memcpy(s->p->frontier + at, b->vertices, count * sizeof *b->vertices);
}

/* ---- between nodes ---- */

/* A record: a vertex and its distance, 4 + 8 bytes or 8 + 8. */
static giga_status take_tell(search *s)
{
    gr_exchange *x = &s->p->exchange;

    for (uint64_t i = 0; i < s->tell.count; i++) {
        uint64_t vertex = s->tell.vertices[i];
        uint32_t narrow = (uint32_t)vertex;
        char *record = gr_exchange_add(x, gr_owner(s->graph, vertex));
        if (!record)
            return giga_fail(GIGA_ERR_MEMORY, "giga_sssp: rank %d: out of memory", giga_rank());
        /* Pairs with note(): who lowers the distance after this finds the bit clear. */
        __atomic_fetch_and(&s->p->told[vertex / 64], ~(UINT64_C(1) << vertex % 64),
                           __ATOMIC_SEQ_CST);
        uint64_t bits = __atomic_load_n(&s->p->distance[vertex], __ATOMIC_SEQ_CST);
        if (s->graph->wide)
            memcpy(record, &vertex, 8);
        else
            memcpy(record, &narrow, 4);
        memcpy(record + x->record_bytes - 8, &bits, 8);
    }
    s->tell.count = 0;
    return GIGA_OK;
}

static void take_told(search *s)
{
    const gr_exchange *x = &s->p->exchange;

    for (uint64_t i = 0; i < x->received_count; i++) {
        const char *record = x->received + i * x->record_bytes;
        uint64_t vertex, bits;
        uint32_t narrow;
        memcpy(&vertex, record, 8);
        memcpy(&narrow, record, 4);
        memcpy(&bits, record + x->record_bytes - 8, 8);
        relax(s, s->graph->wide ? vertex : narrow, gr_real_of(bits));
    }
}

/* Tell owners what was found, learn what others found. */
static giga_status tell(search *s)
{
    gr_exchange *x = &s->p->exchange;
    uint64_t before = x->bytes_sent;

    if (giga_nodes() == 1)
        return GIGA_OK;
    gr_account_wait(&s->graph->account);
    giga_status status = giga_agree(take_tell(s));
    if (status == GIGA_OK)
        status = gr_exchange_run(x);
    gr_account_work(&s->graph->account);
    if (status == GIGA_OK)
        take_told(s);
    s->bytes += x->bytes_sent - before;
    return status;
}

/* ---- an epoch ---- */

/* The first bucket that any rank has something in, `buckets` when there is none; also ends what
 * came before, for all. */
static giga_status next_bucket(search *s, uint64_t from)
{
    uint64_t mine[2] = {from, !s->failed}, all[2];

    while (mine[0] < s->buckets && s->bucket[mine[0]].count == 0)
        mine[0]++;
    gr_account_wait(&s->graph->account);
    giga_status status = giga_allreduce(mine, all, 2, GIGA_U64, GIGA_MIN);
    gr_account_work(&s->graph->account);
    if (status == GIGA_OK && all[1] == 0)
        status = giga_agree(s->failed ? giga_fail(GIGA_ERR_MEMORY, "giga_sssp: rank %d: out of memory",
                                                  giga_rank())
                                      : GIGA_OK);
    s->current = all[0];
    return status;
}

static void end_step(search *s, const char *what)
{
    gr_account_step(&s->graph->account, what, s->vertices, s->arcs - s->arcs_before, s->bytes, 0);
    s->vertices = 0;
    s->arcs_before = s->arcs;
    s->bytes = 0;
}

static giga_status run_step(search *s)
{
    publish(s);
    if (giga_near_index() == 0) /* the ring: two steps ahead of its use */
        s->p->tails[(s->step + 2) % TAILS].next = 0;
    gr_account_wait(&s->graph->account);
    giga_status status = giga_barrier();
    gr_account_work(&s->graph->account);
    uint64_t count = s->p->tails[s->step % TAILS].next;
    s->step++;
    if (status == GIGA_OK && s->form == GR_WEIGHTS_COMPACT)
        visit_frontier(s, GR_WEIGHTS_COMPACT, count);
    else if (status == GIGA_OK)
        visit_frontier(s, GR_WEIGHTS_FULL, count);
    return status == GIGA_OK ? tell(s) : status;
}

/* All buckets of the epoch, of which some may have been filled. */
static giga_status run_epoch(search *s)
{
    giga_status status = next_bucket(s, 0);

    while (status == GIGA_OK && s->current < s->buckets) {
        status = run_step(s);
        if (status == GIGA_OK)
            status = next_bucket(s, s->current);
        end_step(s, "bucket");
    }
    return status;
}

/* An epoch that begins at `start`. Of widths too small to matter there it takes the next. */
static void begin_epoch(search *s, double start)
{
    s->start = start;
    while (start + s->width / (double)s->buckets <= start && s->width < DBL_MAX / 4)
        s->width *= 2;
    s->end = start + s->width;
    s->limit = s->lazy ? s->end : INFINITY;
    s->scale = (double)s->buckets / s->width;
    s->epoch++;
}

static void set_kind(search *s, bool lazy, double delta)
{
    s->lazy = lazy;
    s->buckets = lazy ? LAZY_BUCKETS : BUCKETS;
    delta = delta < DBL_MIN * 0x1p60 ? DBL_MIN * 0x1p60 : delta > 0x1p1000 ? 0x1p1000 : delta;
    s->width = delta * (double)s->buckets;
}

/* ---- eager: one epoch after the other ---- */

/* The smallest distance behind the end, over all ranks: bits. */
static giga_status nearest_far(search *s, uint64_t *bits_out)
{
    bucket *far = &s->bucket[FAR];
    uint64_t nearest = GR_INFINITE, count = 0;

    for (uint64_t i = 0; i < far->count; i++) {
        uint64_t bits = s->p->distance[s->graph->first + far->vertices[i]];
        if (gr_real_of(bits) < s->end)
            continue; /* stale: it has been visited */
        nearest = bits < nearest ? bits : nearest;
        far->vertices[count++] = far->vertices[i];
    }
    far->count = count;
    return giga_allreduce(&nearest, bits_out, 1, GIGA_U64, GIGA_MIN);
}

static void spread_far(search *s)
{
    bucket far = s->bucket[FAR];

    s->bucket[FAR] = (bucket){0};
    for (uint64_t i = 0; i < far.count; i++) {
        double distance = gr_real_of(s->p->distance[s->graph->first + far.vertices[i]]);
        put(s, &s->bucket[bucket_of(s, distance)], far.vertices[i]);
    }
    free(far.vertices);
}

static giga_status run_eager(search *s)
{
    giga_status status = run_epoch(s);
    uint64_t nearest = GR_INFINITE;

    while (status == GIGA_OK) {
        status = nearest_far(s, &nearest);
        if (status != GIGA_OK || nearest == GR_INFINITE)
            break;
        begin_epoch(s, gr_real_of(nearest));
        spread_far(s);
        status = run_epoch(s);
    }
    return status;
}

/* ---- lazy: pending arcs, and the change to pulling ---- */

/* Relax the pending arcs that end in this epoch; what is left stays pending. */
static inline void visit_pending(search *s, gr_weight_form form, uint64_t count)
{
    const uint64_t *list = s->p->pending[(s->epoch + 1) % 2], *rows = s->graph->out.rows;
    gr_work work = gr_work_begin(s->graph, count, CHUNK);

    for (uint64_t i, end; gr_work_draw(&work, &i, &end);) {
        for (; i < end; i++) {
            if (i + ROWS < end)
                fetch_pending(s, list[i + ROWS]);
            if (i + ARCS < end)
                fetch_arcs(s, form, s->p->cursor[list[i + ARCS]]);
            if (i + ENDS < end)
                fetch_ends(s, form, list[i + ENDS], s->p->cursor[list[i + ENDS]]);
            uint64_t local = list[i], last = rows[local + 1];
            double distance = gr_real_of(s->p->distance[s->graph->first + local]);
            uint64_t at = relax_arcs(s, form, distance, s->p->cursor[local], last);
            s->p->cursor[local] = at;
            if (at < last) {
                leave(s, form, distance, at);
                keep_pending(s, local);
            }
        }
    }
}

/* Pending arcs of the epoch that begins at `start`, or, when none ends there, of the one where the
 * first ends. `count` vertices of this node are pending. */
static giga_status begin_lazy(search *s, double start, uint64_t count)
{
    uint64_t before = s->arcs, sums[2];
    giga_status status;

    begin_epoch(s, start);
    s->next_bits = GR_INFINITE;
    if (s->form == GR_WEIGHTS_COMPACT)
        visit_pending(s, GR_WEIGHTS_COMPACT, count);
    else
        visit_pending(s, GR_WEIGHTS_FULL, count);
    sums[0] = s->arcs - before;
    sums[1] = giga_near_index() == 0 ? count : 0;
    status = giga_allreduce(sums, sums, 2, GIGA_U64, GIGA_SUM);
    if (giga_near_index() == 0) /* the list just read: written next in the next epoch */
        s->p->tails[PENDING + (s->epoch + 1) % 2].next = 0;
    if (status == GIGA_OK)
        status = tell(s);
    if (sums[0] < sums[1] / 2) /* too little for so many visits */
        s->width *= 2;
    end_step(s, "pending");
    return status;
}

/* The best that settled in-neighbours offer; the lighter arcs of the row are enough. */
static inline double best_offer(search *s, gr_weight_form form, uint64_t local)
{
    const gr_weighted *in = &s->p->weights.in;
    const uint64_t *distance = s->p->distance;
    uint64_t i = in->csr->rows[local], first = i, last = in->csr->rows[local + 1];
    uint64_t settled = gr_bits_of(s->start);
    double best = INFINITY;

    for (; i < last; i++) {
        double weight = gr_weighted_weight(in, form, i);
        if (weight >= best)
            break;
        uint64_t bits = __atomic_load_n(&distance[gr_weighted_end(in, form, false, i)],
                                        __ATOMIC_RELAXED);
        double offer = bits < settled ? gr_real_of(bits) + weight : INFINITY;
        best = offer < best ? offer : best;
    }
    s->arcs += i - first;
    return best;
}

static inline void pull_all(search *s, gr_weight_form form)
{
    giga_graph *graph = s->graph;
    uint64_t locals = graph->last - graph->first;
    gr_work work = gr_work_begin(graph, gr_words(locals), PULL_CHUNK);

    for (uint64_t w, last; gr_work_draw(&work, &w, &last);) {
        for (; w < last; w++) {
            uint64_t valid = locals - 64 * w >= 64 ? UINT64_MAX
                                                   : (UINT64_C(1) << (locals - 64 * w)) - 1;
            for (uint64_t rest = ~s->p->seen[w] & valid; rest; rest &= rest - 1) {
                uint64_t local = 64 * w + (uint64_t)__builtin_ctzll(rest);
                double best = best_offer(s, form, local);
                if (!isinf(best))
                    relax(s, graph->first + local, best);
            }
        }
    }
}

/* All that is settled lies before `start`; all the rest takes what is offered. */
static giga_status pull(search *s, double start)
{
    giga_status status = GIGA_OK;

    set_kind(s, false, s->delta > 0 ? s->delta : LAST_DELTA * s->p->weights.mean);
    begin_epoch(s, start);
    if (status == GIGA_OK && giga_nodes() > 1)
        status = gr_ghosts_refresh(s->graph, &s->p->ghosts, s->p->distance, &s->bytes);
    if (status == GIGA_OK && giga_nodes() > 1)
        status = giga_barrier();
    if (status == GIGA_OK && s->form == GR_WEIGHTS_COMPACT)
        pull_all(s, GR_WEIGHTS_COMPACT);
    else if (status == GIGA_OK)
        pull_all(s, GR_WEIGHTS_FULL);
    end_step(s, "pull");
    return status;
}

enum { RELAXED, SETTLED, PENDING_COUNT, SUMS };

/* Sums over the job at the end of an epoch; and how many are pending on this node. */
static giga_status sum_epoch(search *s, uint64_t before, uint64_t *sums, uint64_t *pending)
{
    *pending = s->p->tails[PENDING + s->epoch % 2].next;
    sums[RELAXED] = s->arcs - before;
    sums[SETTLED] = s->settled_arcs;
    sums[PENDING_COUNT] = giga_near_index() == 0 ? *pending : 0;
    return giga_allreduce(sums, sums, SUMS, GIGA_U64, GIGA_SUM);
}

static giga_status run_lazy(search *s)
{
    uint64_t sums[SUMS], pending, before = 0, next, arcs = s->graph->info.arcs;
    giga_status status = run_epoch(s);

    while (status == GIGA_OK) {
        status = sum_epoch(s, before, sums, &pending);
        if (status != GIGA_OK || sums[PENDING_COUNT] == 0)
            return status;
        if (arcs - sums[SETTLED] < PULL_GAIN * sums[RELAXED]) {
            status = pull(s, s->end);
            return status == GIGA_OK ? run_eager(s) : status;
        }
        before = s->arcs;
        status = begin_lazy(s, s->end, pending);
        if (status == GIGA_OK)
            status = next_bucket(s, 0);
        if (status == GIGA_OK && s->current == s->buckets) { /* nothing ends here: go where it does */
            status = giga_allreduce(&s->next_bits, &next, 1, GIGA_U64, GIGA_MIN);
            pending = s->p->tails[PENDING + s->epoch % 2].next;
            if (status != GIGA_OK || next == GR_INFINITE)
                return status;
            status = begin_lazy(s, gr_real_of(next), pending);
        }
        if (status == GIGA_OK)
            status = run_epoch(s);
    }
    return status;
}

/* ---- the search ---- */

static void start_at(search *s, uint64_t source)
{
    const giga_graph *graph = s->graph;
    bool here = source >= graph->first && source < graph->last;

    if (giga_near_index() == 0 && here) {
        s->p->distance[source] = 0;
        put(s, &s->bucket[0], source - graph->first);
    }
}

static void free_search(search *s)
{
    for (int i = 0; i <= BUCKETS; i++)
        free(s->bucket[i].vertices);
    free(s->spare.vertices);
    free(s->tell.vertices);
    free(s);
}

/* Arcs per vertex that has any. */
static bool dense(const giga_graph *graph)
{
    uint64_t live = graph->info.vertices - graph->info.isolated;

    return live > 0 && graph->info.arcs / live >= LAZY_DEGREE;
}

static giga_status run(search *s, uint64_t source)
{
    double mean = s->p->weights.mean, delta = s->delta;
    bool lazy = dense(s->graph);
    giga_status status = reset(s);

    set_kind(s, lazy, delta > 0 ? delta : lazy ? LAZY_WIDTH * mean / LAZY_BUCKETS
                                               : EAGER_DELTA * mean);
    begin_epoch(s, 0);
    start_at(s, source);
    if (status == GIGA_OK)
        status = giga_barrier();
    if (status == GIGA_OK)
        status = lazy ? run_lazy(s) : run_eager(s);
    return status;
}

/* Without weights: levels of a breadth-first search, as real numbers. */
static giga_status run_levels(giga_graph *graph, uint64_t source, giga_array *distance,
                              giga_run_stats *stats)
{
    uint64_t first, last, *distances = graph->sssp->distance;
    giga_bfs_stats levels = {0};
    giga_status status = giga_bfs(graph, source, distance, NULL, &levels);

    gr_my_vertices(graph, &first, &last);
    if (status == GIGA_OK && distances == graph->sssp->distance_object.at)
        status = giga_agree(giga_array_get(distance, first, last - first, distances + first));
    for (uint64_t v = first; v < last && status == GIGA_OK; v++)
        distances[v] = distances[v] == GIGA_UNREACHED ? GR_INFINITE
                                                      : gr_bits_of((double)distances[v]);
    for (uint64_t d = 0; status == GIGA_OK && d <= levels.depth; d++) {
        stats->arcs += levels.levels[d].arcs;
        stats->bytes += levels.levels[d].bytes;
    }
    stats->steps = levels.depth;
    giga_bfs_stats_clear(&levels);
    return status;
}

static giga_status run_weighted(giga_graph *graph, uint64_t source, double delta,
                                giga_run_stats *stats)
{
    search *s = calloc(1, sizeof *s);
    uint64_t sums[2];
    giga_status status = giga_agree(s ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_sssp: out of memory"));

    if (status != GIGA_OK) {
        free(s);
        return status;
    }
    *s = (search){.graph = graph, .p = graph->sssp, .form = graph->sssp->weights.form, .delta = delta};
    uint64_t before = s->p->exchange.bytes_sent;
    gr_account_begin(&graph->account);
    status = run(s, source);
    sums[0] = s->arcs;
    sums[1] = s->p->exchange.bytes_sent - before;
    stats->steps = s->step;
    free_search(s);
    if (status == GIGA_OK)
        status = giga_allreduce(sums, sums, 2, GIGA_U64, GIGA_SUM);
    stats->arcs = sums[0];
    stats->bytes = sums[1];
    return status;
}

/* Where results are made: in the array itself, if it is one piece of this node, else here. */
static uint64_t *place_of(const giga_graph *graph, const giga_array *values, void *here)
{
    uint64_t *at = giga_nodes() == 1 ? gr_values_at(graph, values) : NULL;

    return at ? at : here;
}

/* This rank's vertices into the array, if they were not made there. */
static giga_status put_out(giga_graph *graph, const uint64_t *local, const void *here,
                           giga_array *values)
{
    uint64_t first, last;

    if (local != here)
        return giga_barrier();
    gr_my_vertices(graph, &first, &last);
    return giga_agree(giga_array_put(values, first, last - first, local + (first - graph->first)));
}

static giga_status choose_parents(giga_graph *graph, uint64_t source, giga_array *parent,
                                  giga_run_stats *stats)
{
    uint64_t *here = graph->sssp->frontier, *at = place_of(graph, parent, here), bytes = 0;
    giga_status status = gr_sssp_parents(graph, source, at, &bytes);

    if (status == GIGA_OK)
        status = put_out(graph, at, here, parent);
    stats->bytes += giga_allreduce_sum(bytes);
    return status;
}

static giga_status check(const giga_graph *graph, uint64_t source, const giga_sssp_opts *opts,
                         const giga_array *distance, const giga_array *parent, double *delta)
{
    giga_sssp_opts all = GIGA_SSSP_OPTS_INIT;

    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "giga_sssp: options were not started from GIGA_SSSP_OPTS_INIT");
    *delta = opts ? opts->delta : 0;
    if (!(*delta >= 0) || isinf(*delta))
        return giga_fail(GIGA_ERR_ARG, "giga_sssp: delta is %g, expected 0 or more", *delta);
    giga_status status = gr_check_values("giga_sssp", graph, distance);
    if (status == GIGA_OK && parent)
        status = gr_check_values("giga_sssp", graph, parent);
    if (status == GIGA_OK && source >= graph->n)
        status = giga_fail(GIGA_ERR_ARG, "giga_sssp: no source vertex of index %llu",
                           (unsigned long long)source);
    return status;
}

giga_status giga_sssp_prepare(giga_graph *graph)
{
    return gr_sssp_make(graph);
}

giga_status giga_sssp(giga_graph *graph, uint64_t source, const giga_sssp_opts *opts,
                      giga_array *distance, giga_array *parent, giga_run_stats *stats)
{
    giga_run_stats done = {0};
    double delta = 0;
    giga_status status = giga_agree(check(graph, source, opts, distance, parent, &delta));

    if (status == GIGA_OK)
        status = gr_sssp_make(graph);
    if (status != GIGA_OK)
        return status;
    gr_sssp *p = graph->sssp;
    double begin = gr_seconds();
    uint64_t *here = p->distance_object.at;
    p->distance = place_of(graph, distance, here);
    if (p->weights.form == GR_WEIGHTS_UNIT)
        status = run_levels(graph, source, distance, &done);
    else
        status = run_weighted(graph, source, delta, &done);
    if (status == GIGA_OK) /* `here` is by index, of all vertices */
        status = put_out(graph, p->distance + graph->first, here + graph->first, distance);
    if (status == GIGA_OK && parent)
        status = choose_parents(graph, source, parent, &done);
    done.seconds = gr_seconds() - begin;
    if (status == GIGA_OK && stats)
        *stats = done;
    return status;
}
