/*
 * betweenness.c - betweenness centrality of unweighted shortest paths.
 *
 * U. Brandes: A Faster Algorithm for Betweenness Centrality, J. Math. Sociol. 25, 2001.
 *
 * From each source level by level, twice. Forward: a vertex of the level adds the numbers of
 * paths of its in-neighbours one level before, and finds the vertices of the next level; an
 * undirected row is read once for both. Backward: a vertex adds what its out-neighbours one
 * level on give. Both only pull: no value is added to by two ranks, so nothing is atomic but
 * the tags.
 *
 * Words: paths of v is the number of shortest paths from the source to v; its dependency is
 * the sum over all t of the share of shortest paths to t that v is inside of; it *gives*
 * (1 + dependency) / paths to each predecessor.
 *
 * Invariants:
 *   B1  a vertex has a tag of two bits: 0 when not found, else 1 + level mod 3. An arc that
 *       leaves level L leads to level L + 1 at most, and a level that is being found is L + 1
 *       at most, so three tags tell what is before, beside and after
 *   B2  on a directed graph an arc may lead any number of levels back, whose tags may look like
 *       those of the next level: there values are cleared between forward and backward, so
 *       that vertices further up, which have not given yet, give 0
 *   B3  a vertex finds its row and writes its value in the level it belongs to, where no other
 *       vertex reads it: neighbours beside it read those before or after. So one array
 *       holds paths, then what is given
 *   B4  a row is added in its order, which is canonical, in four strands by the place among what
 *       is added; sources one after the other. So results do not depend on ranks or nodes
 *   B5  a vertex of the queue that found nothing after it has LAST set: it depends on nothing
 *   B6  of another node's vertex the tag is set, and its value is known, when the level that it
 *       belongs to has ended; that its owner was told of it stands in `told`
 *   B7  a dense level is not taken from the queue but looked for, so that its rows are read in
 *       order: it has the vertices with its tag that are not settled, levels three or six
 *       before being settled. A word of `settled` belongs to the rank that drew it
 *   B8  numbers of paths outgrow doubles (a grid has more than 2^4000). Once they reach CREST, a
 *       value is mantissa * 2^(256 * power), mantissas of 2^-128 to 2^170: a *large* search.
 *       A factor of 2^256 never rounds, so both forms give the same bits
 *
 * Memory per node: 8 bytes and 2 bits per vertex of the graph (of other nodes' vertices only
 * the pages with ghosts), 24 bytes per vertex of the node; when numbers get large 4 bytes more
 * of each.
 */
#include "betweenness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spread.h"

enum {
    CHUNK = 64,             /* vertices of a level drawn at a time, at most, */
    EVEN_CHUNK = 1024,      /* and when rows are of about one length */
    SHARES = 16,            /* chunks that a rank should get of a level, when there is enough, */
    EVEN_SHARES = 4,        /* and when rows are of about one length */
    LIST = 512,             /* ends picked from a row before they are added */
    FOUND_MAX = 512,        /* found vertices a rank keeps before it appends them */
    RING = 4,               /* levels whose tallies are in use or being cleared */
    AHEAD = 4,              /* vertices between asking for one thing and for the next */
    SHORT = 8,              /* arcs of a row whose values are asked for, too */
    BLOCK = 64,             /* vertices looked through at a time in a dense level */
    DENSE = 128,            /* a level with a larger part of the vertices than 1/128 is dense */
    POWER = 256,
    LEVEL_STEPS = 16,       /* with so many sources or fewer each level is a step of the account */
    SOURCE_STEPS = 1024,    /* else this many steps in all */
};

static const double CREST = 0x1p128, DOWN = 0x1p-256;
static const uint64_t LAST = UINT64_C(1) << 63;

/* Part of a kernel: wide, large and directed are constants in each of its copies. */
#define KERNEL __attribute__((always_inline)) static inline

/* A vertex of a level. */
typedef struct entry {
    uint64_t vertex;            /* and LAST */
    double paths;
} entry;

/* What the ranks of a node find in a level together. */
typedef struct tally {
    gr_counter found;           /* vertices of the level */
    gr_counter placed;          /* of a dense level: places in the queue that are taken */
    gr_counter large;           /* a number of paths has reached CREST */
} tally;

/* To the owner: found, value 0. To other nodes: what the value is. Without `power` while no
 * number is large. */
typedef struct news {
    uint64_t vertex;
    double value;
    int64_t power;
} news;

enum { NEWS_SMALL = offsetof(news, power) };

/* A sum over a row: four strands, and how much of the list is picked and not yet added. */
typedef struct sum {
    double strand[4];
    int32_t power;              /* of the strands */
    unsigned waiting;
} sum;

/* What a row comes to. */
typedef struct outcome {
    double value;
    int32_t power;
    uint64_t behind;            /* ends that come after the level */
} outcome;

typedef struct brandes {
    giga_graph *graph;
    gr_ghosts ghosts;
    gr_exchange news[2];        /* small, large */
    gr_node_object tags_object, told_object, settled_object, value_object, power_object,
        queue_object, queue_power_object, score_object, tally_object;
    uint64_t *tags, *told;      /* of all vertices: two bits, one */
    uint64_t *settled;          /* of this node's vertices: a bit for levels before `unsettled` (B7) */
    double *value;              /* of all vertices */
    int32_t *power;             /* of each value: in a large search; NULL before the first one */
    entry *queue;               /* this node's vertices, level after level */
    int32_t *queue_power;
    double *score;              /* of this node's vertices: sum of dependencies so far */
    tally *tallies;
    uint64_t *starts, room;     /* where each level begins in the queue */
    /* The search: the same on all ranks of a node. */
    uint64_t source, level;
    uint64_t before, beside, after; /* tags, seen from the level */
    uint64_t unsettled;         /* the first level whose vertices are not in `settled` */
    bool large;
    /* This rank. */
    uint64_t vertices, arcs, bytes, messages, steps;
    uint64_t all_arcs, all_bytes;
    bool high;                  /* a number of paths has reached CREST */
    bool account;               /* each level is a step */
    bool many;                  /* several nodes */
    giga_status status;         /* memory for news ran out */
    uint64_t found[FOUND_MAX], founds, appended; /* of the level after this */
    uint64_t list[LIST];        /* ends picked from a row */
} brandes;

/* ---- memory ---- */

static giga_status allocate(brandes *b)
{
    giga_graph *graph = b->graph;
    uint64_t own = graph->last - graph->first;
    bool many = b->many;
    struct {
        gr_node_object *object;
        uint64_t bytes;
        bool sparse;
    } all[] = {{&b->tags_object, gr_words(2 * graph->n) * 8, false},
               {&b->told_object, many ? gr_words(graph->n) * 8 : 0, false},
               {&b->settled_object, gr_words(own) * 8, false},
               {&b->value_object, graph->n * 8, many},
               {&b->queue_object, own * sizeof *b->queue, false},
               {&b->score_object, own * 8, false},
               {&b->tally_object, RING * sizeof *b->tallies, false}};
    giga_status status = GIGA_OK;

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_alloc(all[i].bytes, all[i].sparse, all[i].object);
    b->tags = b->tags_object.at;
    b->told = b->told_object.at;
    b->settled = b->settled_object.at;
    b->value = b->value_object.at;
    b->queue = b->queue_object.at;
    b->score = b->score_object.at;
    b->tallies = b->tally_object.at;
    return status;
}

static bool make_room(brandes *b, uint64_t levels)
{
    if (levels <= b->room)
        return true;
    uint64_t room = 2 * levels;
    uint64_t *starts = realloc(b->starts, room * sizeof *starts);
    if (!starts)
        return false;
    b->starts = starts;
    b->room = room;
    return true;
}

static giga_status out_of_memory(void)
{
    return giga_fail(GIGA_ERR_MEMORY, "giga_betweenness: rank %d: out of memory", giga_rank());
}

static giga_status start(brandes **b_out, giga_graph *graph)
{
    brandes *b = calloc(1, sizeof *b);
    bool good = b && make_room(b, 64);
    giga_status status = good ? GIGA_OK : out_of_memory();

    *b_out = b;
    if (good) {
        b->graph = graph;
        b->many = giga_nodes() > 1;
        status = gr_exchange_init(&b->news[0], NEWS_SMALL);
        if (status == GIGA_OK)
            status = gr_exchange_init(&b->news[1], sizeof(news));
    }
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &b->ghosts);
    if (status == GIGA_OK)
        status = allocate(b);
    return status;
}

static giga_status stop(brandes *b, giga_status status)
{
    if (!b)
        return status;
    if (status == GIGA_OK) { /* after a failure giga_fini() frees what is left in the window */
        gr_node_object *all[] = {&b->tags_object, &b->told_object, &b->settled_object,
                                 &b->value_object, &b->power_object, &b->queue_object,
                                 &b->queue_power_object, &b->score_object, &b->tally_object};
        status = gr_ghosts_free(&b->ghosts);
        for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
            status = gr_node_free(all[i]);
    }
    gr_exchange_free(&b->news[0]);
    gr_exchange_free(&b->news[1]);
    free(b->starts);
    free(b);
    return status;
}

/* This rank's share of [0, total). */
static void my_share(uint64_t total, uint64_t *first, uint64_t *last)
{
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t share = total / ranks + 1;

    *first = mine * share < total ? mine * share : total;
    *last = *first + share < total ? *first + share : total;
}

/* ---- tags (B1) ---- */

static inline uint64_t tag_of_level(uint64_t level)
{
    return 1 + level % 3;
}

static inline uint64_t get_tag(const uint64_t *tags, uint64_t vertex)
{
    return __atomic_load_n(&tags[vertex / 32], __ATOMIC_RELAXED) >> (2 * (vertex % 32)) & 3;
}

/* True for exactly one of the ranks that set a tag where none was seen; all set the same one. */
static inline bool set_tag(uint64_t *tags, uint64_t vertex, uint64_t tag)
{
    int shift = (int)(2 * (vertex % 32));
    uint64_t old = __atomic_fetch_or(&tags[vertex / 32], tag << shift, __ATOMIC_RELAXED);

    return (old >> shift & 3) == 0;
}

/* ---- sums over rows (B4) ---- */

/* Bring the strands, or the value, to the larger power of the two. 0 has none (B2). */
KERNEL double align(sum *s, double value, int32_t power)
{
    int64_t ahead = (int64_t)power - s->power;

    if (value == 0.0)
        return 0.0;
    if (ahead <= 0)
        return ahead == 0 ? value : ahead == -1 ? value * DOWN : 0.0;
    for (int k = 0; k < 4; k++)
        s->strand[k] *= ahead == 1 ? DOWN : 0.0;
    s->power = power;
    return value;
}

KERNEL void add(const brandes *b, bool large, sum *s, unsigned from, unsigned count)
{
    for (unsigned k = 0; k < count; k++) {
        uint64_t end = b->list[from + k];
        s->strand[k] += large ? align(s, b->value[end], b->power[end]) : b->value[end];
    }
}

/* Add what was picked, by fours; what is left waits. */
KERNEL void drain(brandes *b, bool large, sum *s)
{
    unsigned i = 0;

    for (; s->waiting - i >= 4; i += 4)
        add(b, large, s, i, 4);
    for (unsigned k = 0; i + k < s->waiting; k++)
        b->list[k] = b->list[i + k];
    s->waiting -= i;
}

KERNEL void begin_sum(sum *s)
{
    for (int k = 0; k < 4; k++)
        s->strand[k] = 0.0;
    s->power = INT32_MIN / 2; /* below all that is added */
    s->waiting = 0;
}

KERNEL double end_sum(const brandes *b, bool large, sum *s)
{
    add(b, large, s, 0, s->waiting);
    return (s->strand[0] + s->strand[1]) + (s->strand[2] + s->strand[3]);
}

/* Mantissas stay from 2^-128 to 2^128, about. */
static inline double normal(double value, int32_t *power)
{
    if (value >= CREST) {
        value *= DOWN;
        ++*power;
    }
    return value;
}

/* ---- what a level finds ---- */

static bool is_dense(const brandes *b, uint64_t count)
{
    return count > b->graph->n / DENSE;
}

/* The vertices of a dense level are not needed: it looks for their tags. */
static void append_found(brandes *b)
{
    gr_counter *counter = &b->tallies[(b->level + 1) % RING].found;
    uint64_t at = __atomic_fetch_add(&counter->next, b->founds, __ATOMIC_RELAXED);
    entry *to = b->queue + b->starts[b->level + 1] + at;

    for (uint64_t i = 0; i < b->founds && !is_dense(b, at + i); i++)
        to[i].vertex = b->found[i];
    b->appended += b->founds;
    b->founds = 0;
}

static inline void find(brandes *b, uint64_t vertex)
{
    if (!set_tag(b->tags, vertex, b->after))
        return;
    b->found[b->founds++] = vertex;
    if (b->founds == FOUND_MAX)
        append_found(b);
}

static void tell_owner(brandes *b, uint64_t vertex)
{
    gr_exchange *x = &b->news[b->large];

    if (!gr_claim(b->told, vertex))
        return;
    news *to = gr_exchange_add(x, gr_owner(b->graph, vertex));
    if (to)
        memcpy(to, &(news){.vertex = vertex}, x->record_bytes);
    else
        b->status = out_of_memory();
}

static inline void discover(brandes *b, uint64_t vertex)
{
    if (vertex >= b->graph->first && vertex < b->graph->last)
        find(b, vertex);
    else
        tell_owner(b, vertex);
}

/* What this rank knows of a vertex goes to the nodes that need it. */
static void publish(brandes *b, uint64_t vertex)
{
    news n = {vertex, b->value[vertex], b->large ? b->power[vertex] : 0};

    if (b->status == GIGA_OK)
        b->status = gr_spread(b->graph, &b->ghosts, &b->news[b->large], vertex, &n);
}

/* Exchange news, and take in what came: while `forward` also tags. Collective. */
static giga_status take_news(brandes *b, bool forward)
{
    gr_exchange *x = &b->news[b->large];
    const giga_graph *graph = b->graph;
    uint64_t sent = x->bytes_sent;

    b->messages += x->count > 0 ? (uint64_t)giga_nodes() - 1 : 0;
    giga_status status = gr_exchange_run(x); /* also a barrier: values are written after it */
    for (uint64_t i = 0; i < x->received_count && status == GIGA_OK; i++) {
        news n = {0};
        memcpy(&n, x->received + i * x->record_bytes, x->record_bytes);
        if (n.vertex >= graph->first && n.vertex < graph->last) {
            if (get_tag(b->tags, n.vertex) == 0) /* it may be known here since levels */
                find(b, n.vertex);
            continue;
        }
        b->value[n.vertex] = n.value;
        if (b->large)
            b->power[n.vertex] = (int32_t)n.power;
        if (forward)
            set_tag(b->tags, n.vertex, b->beside); /* B6 */
    }
    b->bytes += x->bytes_sent - sent;
    return status;
}

/* ---- rows ---- */

/* Pick from part of a row, as far as the list has room, the ends with a tag. When it `finds`,
 * those without a tag are found, and ends that come after this level are counted. */
KERNEL uint64_t pick(brandes *b, bool wide, bool finds, gr_csr csr, uint64_t tag, sum *s,
                     uint64_t *first, uint64_t last)
{
    uint64_t *list = b->list;
    const uint64_t *tags = b->tags;
    uint64_t i = *first, room = LIST - s->waiting, behind = 0, after = b->after;
    uint64_t stop = last - i < room ? last : i + room;
    unsigned k = s->waiting;

    for (; i < stop; i++) {
        uint64_t end = gr_end(&csr, wide, i), found = get_tag(tags, end);
        list[k] = end;
        k += found == tag;
        if (!finds)
            continue;
        behind += found == after;
        if (found == 0) {
            behind++;
            discover(b, end);
        }
    }
    s->waiting = k;
    *first = i;
    return behind;
}

/* Up to four values of the same power are added as drain() and end_sum() would. False: it is not so
 * simple. */
KERNEL bool add_few(const brandes *b, bool large, const uint64_t *list, unsigned count, outcome *t)
{
    double strand[4] = {0.0, 0.0, 0.0, 0.0};
    int32_t power = large && count > 0 ? b->power[list[0]] : 0;
    bool same = count <= 4;

    for (unsigned k = 0; k < count && k < 4; k++) {
        strand[k] = b->value[list[k]];
        same = same && (!large || b->power[list[k]] == power);
    }
    t->value = (strand[0] + strand[1]) + (strand[2] + strand[3]);
    t->power = power;
    return same;
}

/* The sum over the ends with a tag of a row. */
KERNEL outcome sum_row(brandes *b, bool wide, bool large, bool finds, const gr_csr *csr,
                       uint64_t local, uint64_t tag)
{
    uint64_t i = csr->rows[local], last = csr->rows[local + 1];
    bool brief = last - i <= SHORT;
    outcome t = {0.0, 0, 0};
    sum s;

    b->arcs += last - i;
    begin_sum(&s);
    do {
        t.behind += pick(b, wide, finds, *csr, tag, &s, &i, last);
        if (brief && add_few(b, large, b->list, s.waiting, &t))
            return t;
        drain(b, large, &s);
    } while (i < last);
    t.value = end_sum(b, large, &s);
    t.power = s.power;
    return t;
}

/* Find what comes after along a row without adding anything. */
KERNEL uint64_t find_row(brandes *b, bool wide, uint64_t local)
{
    const gr_csr out = b->graph->out;
    uint64_t behind = 0, last = out.rows[local + 1];

    b->arcs += last - out.rows[local];
    for (uint64_t i = out.rows[local]; i < last; i++) {
        uint64_t end = gr_end(&out, wide, i), found = get_tag(b->tags, end);
        behind += found == b->after || found == 0;
        if (found == 0)
            discover(b, end);
    }
    return behind;
}

static inline uint64_t local_of(const brandes *b, uint64_t q)
{
    return (b->queue[q].vertex & ~LAST) - b->graph->first;
}

/* Ask for what vertices further on in the queue will read: where the row is, the row, and of
 * a short row the values, since there little else hides the waiting. */
KERNEL void look_ahead(const brandes *b, bool wide, bool large, bool backward, const gr_csr *csr,
                       uint64_t q, uint64_t last)
{
    if (q + 3 * AHEAD < last)
        __builtin_prefetch(&csr->rows[local_of(b, q + 3 * AHEAD)]);
    if (q + 2 * AHEAD < last)
        __builtin_prefetch((const char *)csr->ends +
                           csr->rows[local_of(b, q + 2 * AHEAD)] * (wide ? 8 : 4));
    if (q + AHEAD >= last)
        return;
    uint64_t local = local_of(b, q + AHEAD), first = csr->rows[local], end = csr->rows[local + 1];
    if (end - first > SHORT)
        return;
    if (backward)
        __builtin_prefetch(&b->score[local], 1);
    for (uint64_t i = first; i < end; i++) {
        uint64_t vertex = gr_end(csr, wide, i);
        __builtin_prefetch(&b->value[vertex]);
        if (large)
            __builtin_prefetch(&b->power[vertex]);
    }
}

/* ---- forward ---- */

KERNEL void reach(brandes *b, bool wide, bool large, bool directed, uint64_t q)
{
    const giga_graph *graph = b->graph;
    uint64_t vertex = b->queue[q].vertex, local = vertex - graph->first;
    outcome paths = sum_row(b, wide, large, !directed, &graph->in, local, b->before);

    if (directed)
        paths.behind = find_row(b, wide, local);
    if (b->level == 0) { /* the source */
        paths.value = 1.0;
        paths.power = 0;
    }
    if (large) {
        paths.value = normal(paths.value, &paths.power);
        b->queue_power[q] = paths.power;
        b->power[vertex] = paths.power;
    } else {
        b->high = b->high || paths.value >= CREST;
    }
    b->value[vertex] = paths.value;
    b->queue[q] = (entry){paths.behind == 0 ? vertex | LAST : vertex, paths.value};
    if (b->many)
        publish(b, vertex);
}

KERNEL void reach_some(brandes *b, bool wide, bool large, bool directed, uint64_t q,
                              uint64_t last)
{
    b->vertices += last - q;
    for (; q < last; q++) {
        look_ahead(b, wide, large, false, &b->graph->in, q, last);
        reach(b, wide, large, directed, q);
    }
}

/* A kernel for each kind of graph; large searches, and graphs of 2^32 vertices, are rarer. */
static void reach_chunk(brandes *b, uint64_t q, uint64_t last)
{
    bool directed = b->graph->info.directed;

    if (b->graph->wide)
        reach_some(b, true, b->large, directed, q, last);
    else if (b->large && directed)
        reach_some(b, false, true, true, q, last);
    else if (b->large)
        reach_some(b, false, true, false, q, last);
    else if (directed)
        reach_some(b, false, false, true, q, last);
    else
        reach_some(b, false, false, false, q, last);
}

/* The vertices with the tag of this level that are not settled, of the 64 from local index
 * `local` on, into the queue in order; returns how many. They are settled now. */
static uint64_t place_block(brandes *b, uint64_t local, uint64_t *at)
{
    uint64_t list[BLOCK], count = 0, low = UINT64_C(0x5555555555555555);
    uint64_t low_tag = b->beside & 1 ? 0 : low, high_tag = b->beside & 2 ? 0 : low;
    uint64_t vertex = b->graph->first + local, settled = b->settled[local / 64];

    for (uint64_t v = 0; v < 64 && vertex + v < b->graph->last; v += 32) {
        uint64_t word = __atomic_load_n(&b->tags[(vertex + v) / 32], __ATOMIC_RELAXED);
        uint64_t same = (word ^ low_tag) & (word >> 1 ^ high_tag) & low;
        for (; same; same &= same - 1) {
            uint64_t bit = v + (uint64_t)__builtin_ctzll(same) / 2;
            if (!(settled >> bit & 1))
                list[count++] = bit;
        }
    }
    *at = b->starts[b->level];
    if (count > 0)
        *at += __atomic_fetch_add(&b->tallies[b->level % RING].placed.next, count, __ATOMIC_RELAXED);
    for (uint64_t i = 0; i < count; i++) {
        b->queue[*at + i].vertex = vertex + list[i];
        settled |= UINT64_C(1) << list[i];
    }
    b->settled[local / 64] = settled;
    return count;
}

/* Settle what sparse levels before have left. Collective. */
static giga_status catch_up(brandes *b)
{
    uint64_t first, last, begin = b->starts[b->unsettled];

    if (b->unsettled == b->level)
        return GIGA_OK;
    my_share(b->starts[b->level] - begin, &first, &last);
    for (uint64_t q = begin + first; q < begin + last; q++)
        gr_claim(b->settled, (b->queue[q].vertex & ~LAST) - b->graph->first);
    return giga_barrier();
}

/* Vertices in order of their rows. */
static giga_status reach_dense(brandes *b)
{
    const giga_graph *graph = b->graph;
    giga_status status = catch_up(b);
    gr_work work = gr_work_begin(b->graph, graph->last - graph->first, BLOCK);

    for (uint64_t v, last; status == GIGA_OK && gr_work_draw(&work, &v, &last);) {
        uint64_t q, count = place_block(b, v, &q);
        reach_chunk(b, q, q + count);
    }
    b->unsettled = b->level + 1;
    return status;
}

/* Small levels go in small pieces, down to single vertices: a row may be long. */
static gr_work draw_level(brandes *b, uint64_t count)
{
    uint64_t shares = b->graph->skewed ? SHARES : EVEN_SHARES;
    uint64_t chunk = count / ((uint64_t)giga_near_size() * shares);
    uint64_t most = b->graph->skewed ? CHUNK : EVEN_CHUNK;

    return gr_work_begin(b->graph, count, chunk < 1 ? 1 : chunk > most ? most : chunk);
}

static void set_level(brandes *b, uint64_t level)
{
    b->level = level;
    b->before = level > 0 ? tag_of_level(level - 1) : 0;
    b->beside = tag_of_level(level);
    b->after = tag_of_level(level + 1);
    b->vertices = b->arcs = b->bytes = b->messages = b->appended = 0;
}

/* The end of a level: all have met, and know how many vertices the next has on all nodes. */
static giga_status meet(brandes *b, giga_status status, uint64_t *found)
{
    const tally *t = &b->tallies[(b->level + 1) % RING];
    bool failed = status != GIGA_OK || b->status != GIGA_OK;
    uint64_t sums[3] = {b->appended, b->high, failed};

    if (giga_nodes() > 1) {
        giga_status reduced = giga_allreduce(sums, sums, 3, GIGA_U64, GIGA_SUM);
        if (reduced == GIGA_OK && sums[2] > 0)
            return giga_agree(status != GIGA_OK ? status : b->status);
        status = reduced;
    } else if (status == GIGA_OK) {
        status = giga_barrier();
    }
    uint64_t here = t->found.next;
    b->starts[b->level + 2] = b->starts[b->level + 1] + here;
    b->large = b->large || (giga_nodes() > 1 ? sums[1] : t->large.next) > 0;
    *found = giga_nodes() > 1 ? sums[0] : here;
    return status;
}

static void end_step(brandes *b, const char *what)
{
    b->steps++;
    b->all_arcs += b->arcs;
    b->all_bytes += b->bytes;
    gr_account_work(&b->graph->account);
    if (b->account)
        gr_account_step(&b->graph->account, what, b->vertices, b->arcs, b->bytes, b->messages);
}

static void reach_sparse(brandes *b, uint64_t count)
{
    uint64_t base = b->starts[b->level];
    gr_work work = draw_level(b, count);

    for (uint64_t q, last; gr_work_draw(&work, &q, &last);)
        reach_chunk(b, base + q, base + last);
}

/* A level of *found vertices on all nodes; *found becomes the number in the next. */
static giga_status forward_level(brandes *b, uint64_t *found)
{
    uint64_t count = b->starts[b->level + 1] - b->starts[b->level];
    giga_status status = GIGA_OK;

    if (giga_near_index() == 0) /* two levels ahead of its use */
        b->tallies[(b->level + 3) % RING] = (tally){{0}, {0}, {0}};
    if (is_dense(b, *found))
        status = reach_dense(b);
    else
        reach_sparse(b, count);
    gr_account_wait(&b->graph->account);
    if (status == GIGA_OK && giga_nodes() > 1)
        status = take_news(b, true);
    append_found(b);
    if (b->high)
        __atomic_store_n(&b->tallies[(b->level + 1) % RING].large.next, 1, __ATOMIC_RELAXED);
    return meet(b, status, found);
}

/* ---- backward ---- */

/* What a vertex gives; its dependency goes to its score. */
KERNEL void depend(brandes *b, bool wide, bool large, uint64_t q)
{
    uint64_t vertex = b->queue[q].vertex & ~LAST, local = vertex - b->graph->first;
    double paths = b->queue[q].paths, dependency = 0.0;
    int32_t power = large ? b->queue_power[q] : 0;

    if (!(b->queue[q].vertex & LAST)) {
        outcome gives = sum_row(b, wide, large, false, &b->graph->out, local, b->after);
        dependency = paths * gives.value;
        if (large && dependency > 0.0 && power + gives.power != 0)
            dependency = ldexp(dependency, POWER * (power + gives.power));
        if (dependency > 0.0)
            b->score[local] += dependency;
    }
    double gives = (1.0 + dependency) / paths;
    if (large) {
        power = -power;
        gives = normal(gives, &power);
        b->power[vertex] = power;
    }
    b->value[vertex] = gives;
    if (b->many && b->level > 1)
        publish(b, vertex);
}

KERNEL void depend_some(brandes *b, bool wide, bool large, uint64_t q, uint64_t last)
{
    b->vertices += last - q;
    for (; q < last; q++) {
        look_ahead(b, wide, large, true, &b->graph->out, q, last);
        depend(b, wide, large, q);
    }
}

static void depend_chunk(brandes *b, uint64_t q, uint64_t last)
{
    if (b->graph->wide)
        depend_some(b, true, b->large, q, last);
    else if (b->large)
        depend_some(b, false, true, q, last);
    else
        depend_some(b, false, false, q, last);
}

static giga_status backward_level(brandes *b)
{
    uint64_t base = b->starts[b->level], count = b->starts[b->level + 1] - base;
    gr_work work = draw_level(b, count);

    for (uint64_t q, last; gr_work_draw(&work, &q, &last);)
        depend_chunk(b, base + q, base + last);
    gr_account_wait(&b->graph->account);
    if (giga_nodes() == 1 || b->level == 1)
        return giga_barrier();
    giga_status status = take_news(b, false);
    return giga_agree(status != GIGA_OK ? status : b->status);
}

/* ---- a source ---- */

/* The part of the ghosts that this rank looks after, one after the other from 0. */
static bool next_ghost(const gr_ghosts *ghosts, uint64_t *vertex)
{
    uint64_t at = *vertex > 64 * ghosts->first_word ? *vertex : 64 * ghosts->first_word;

    for (; at < 64 * ghosts->last_word; at = at / 64 * 64 + 64) {
        uint64_t rest = ghosts->need[at / 64] >> (at % 64);
        if (rest) {
            *vertex = at + (uint64_t)__builtin_ctzll(rest);
            return true;
        }
    }
    return false;
}

/* Values of what was reached, back to 0: own vertices, and ghosts (B2). Collective. */
static giga_status clear_values(brandes *b, uint64_t reached)
{
    uint64_t first, last;

    my_share(reached, &first, &last);
    for (uint64_t q = first; q < last; q++)
        b->value[b->queue[q].vertex & ~LAST] = 0.0;
    for (uint64_t v = 0; next_ghost(&b->ghosts, &v); v++)
        b->value[v] = 0.0;
    return giga_barrier();
}

/* The first time: their pages are zero. Collective. */
static giga_status make_powers(brandes *b)
{
    const giga_graph *graph = b->graph;
    giga_status status = gr_node_alloc(graph->n * sizeof *b->power, b->many, &b->power_object);

    if (status == GIGA_OK)
        status = gr_node_alloc((graph->last - graph->first) * sizeof *b->queue_power, false,
                               &b->queue_power_object);
    b->power = b->power_object.at;
    b->queue_power = b->queue_power_object.at;
    return status;
}

/* After a level in which a number has reached CREST: powers of what the next will read, and of
 * what is in the queue. Collective. */
static giga_status enter_large(brandes *b)
{
    uint64_t first, last, begin = b->starts[b->level], end = b->starts[b->level + 1];

    if (!b->power)
        return make_powers(b);
    my_share(end - begin, &first, &last);
    for (uint64_t q = begin + first; q < begin + last; q++)
        b->power[b->queue[q].vertex & ~LAST] = 0;
    for (uint64_t v = 0; next_ghost(&b->ghosts, &v); v++)
        b->power[v] = 0;
    my_share(end, &first, &last);
    memset(b->queue_power + first, 0, (last - first) * sizeof *b->queue_power);
    return giga_barrier();
}

static giga_status reset(brandes *b, uint64_t source)
{
    giga_graph *graph = b->graph;
    uint64_t first, last;

    my_share(gr_words(2 * graph->n), &first, &last);
    memset(b->tags + first, 0, (last - first) * 8);
    my_share(gr_words(graph->last - graph->first), &first, &last);
    memset(b->settled + first, 0, (last - first) * 8);
    if (giga_nodes() > 1) {
        my_share(gr_words(graph->n), &first, &last);
        memset(b->told + first, 0, (last - first) * 8);
    }
    if (giga_near_index() == 0)
        memset(b->tallies, 0, RING * sizeof *b->tallies);
    giga_status status = giga_barrier();
    bool own = source >= graph->first && source < graph->last;
    b->source = source;
    b->large = b->high = false;
    b->unsettled = 0;
    b->starts[0] = 0;
    b->starts[1] = own;
    if (own && giga_near_index() == 0) {
        set_tag(b->tags, source, tag_of_level(0));
        b->queue[0].vertex = source;
    }
    return status == GIGA_OK ? giga_barrier() : status;
}

static giga_status search(brandes *b, uint64_t source)
{
    uint64_t found = 1, depth = 0;
    bool large = false;
    giga_status status = reset(b, source);

    for (; status == GIGA_OK && found > 0; depth++) {
        set_level(b, depth);
        if (depth + 3 > b->room)
            status = giga_agree(make_room(b, depth + 3) ? GIGA_OK : out_of_memory());
        if (status == GIGA_OK)
            status = forward_level(b, &found);
        if (status == GIGA_OK && b->large && !large)
            status = enter_large(b);
        large = b->large;
        end_step(b, "paths");
    }
    uint64_t reached = status == GIGA_OK ? b->starts[depth] : 0;
    if (status == GIGA_OK && b->graph->info.directed) /* B2 */
        status = clear_values(b, reached);
    while (status == GIGA_OK && --depth > 0) {
        set_level(b, depth);
        status = backward_level(b);
        end_step(b, "dependencies");
    }
    return status;
}

static giga_status search_all(brandes *b, const uint64_t *sources, uint64_t count)
{
    uint64_t group = count / SOURCE_STEPS + 1, arcs = 0, bytes = 0;
    giga_status status = GIGA_OK;

    b->account = count <= LEVEL_STEPS;
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        if (giga_graph_degree(b->graph, sources[i]) > 0)
            status = search(b, sources[i]);
        if (b->account || ((i + 1) % group != 0 && i + 1 < count))
            continue;
        gr_account_step(&b->graph->account, "sources", i % group + 1, b->all_arcs - arcs,
                        b->all_bytes - bytes, 0);
        arcs = b->all_arcs;
        bytes = b->all_bytes;
    }
    return status;
}

/* ---- the result ---- */

static giga_status largest_score(const brandes *b, double *largest)
{
    uint64_t first, last;
    double mine = 0.0;

    gr_my_vertices(b->graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        mine = fmax(mine, b->score[v - b->graph->first]);
    return giga_allreduce(&mine, largest, 1, GIGA_F64, GIGA_MAX);
}

static giga_status copy_out(brandes *b, const giga_betweenness_opts *o, uint64_t sources,
                            giga_array *centrality)
{
    uint64_t first, last;
    double largest = 0.0, scale = gr_betweenness_scale(b->graph, o, sources);
    bool gap = o->semantics == GIGA_SEMANTICS_GAP;
    giga_status status = gap ? largest_score(b, &largest) : GIGA_OK;

    gr_my_vertices(b->graph, &first, &last);
    double *mine = b->score + (first - b->graph->first);
    for (uint64_t i = 0; i < last - first && status == GIGA_OK; i++) {
        if (!gap)
            mine[i] *= scale;
        else if (largest > 0.0)
            mine[i] /= largest;
    }
    if (status == GIGA_OK)
        status = giga_array_put(centrality, first, last - first, mine);
    return giga_agree(status);
}

static giga_status sum_stats(const brandes *b, double seconds, giga_run_stats *stats)
{
    uint64_t sums[2] = {b->all_arcs, b->all_bytes};
    giga_status status = giga_allreduce(sums, sums, 2, GIGA_U64, GIGA_SUM);

    *stats = (giga_run_stats){b->steps, sums[0], sums[1], seconds};
    return status;
}

giga_status giga_betweenness(giga_graph *graph, const giga_betweenness_opts *opts,
                             giga_array *centrality, giga_run_stats *stats)
{
    giga_betweenness_opts all = {0};
    giga_run_stats done = {0};
    uint64_t *sources = NULL, count = 0;
    brandes *b = NULL;
    giga_status status = giga_agree(gr_betweenness_check("giga_betweenness", graph, opts,
                                                         centrality, &all));

    if (status == GIGA_OK)
        gr_account_begin(&graph->account);
    if (status == GIGA_OK && graph->n > 0) {
        status = gr_betweenness_sources(graph, &all, &sources, &count);
        if (status == GIGA_OK)
            status = start(&b, graph);
        double begin = gr_seconds();
        if (status == GIGA_OK)
            status = search_all(b, sources, count);
        if (status == GIGA_OK)
            status = copy_out(b, &all, count, centrality);
        if (status == GIGA_OK)
            status = sum_stats(b, gr_seconds() - begin, &done);
        status = stop(b, status);
        free(sources);
    }
    if (status == GIGA_OK && stats)
        *stats = done;
    return status;
}
