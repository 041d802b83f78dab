/*
 * bfs.c - breadth-first search that switches direction.
 *
 * S. Beamer, K. Asanovic, D. Patterson: Direction-Optimizing Breadth-First Search, SC12.
 *
 * The ranks of a node search together in shared memory: they draw chunks of the frontier
 * (top-down) or of the node's vertices (bottom-up). Between nodes, top-down sends each
 * newly seen remote vertex once per node, with its parent; bottom-up fetches the other
 * nodes' parts of the frontier, as bitmaps or as lists, whichever is smaller.
 *
 * Invariants:
 *   S1  visited has a bit for every vertex of the graph: of this node's vertices, that
 *       they have a parent, or can have none for want of an in-arc; of others, that this node
 *       has told their owner, or need not
 *   S2  a bit of this node's vertices is set by exactly one rank, which then writes parent
 *       and level; they are read after the barrier that ends the level
 *   S3  in a bottom-up level a word of next and visited belongs to the rank that drew it;
 *       all of the node's words of next are written, so it need not be cleared
 *   S4  front and next change places after each bottom-up level: what other nodes fetch in
 *       one level is written again only after the barrier that ends the next
 *   S5  parents and levels of a vertex are written where it is found, or at the end when it
 *       never was; what stands there before means nothing
 *   S6  what a rank has found it expands itself, as long as all have found about as much: ranks
 *       that keep to their part of a mesh do not take cache lines from each other. Everything is
 *       in the node's queue too, from where it is drawn when they have not
 *
 * Memory per node: 3 bits per vertex of the graph; per vertex of the node 1 bit, 16 bytes of
 * queues, 4 of first in-ends, and 16 where the arrays of results are not its own (place.c).
 */
#include "bfs.h"

#include <stdlib.h>
#include <string.h>

#include "exchange.h"

enum {
    ALPHA = 15, BETA = 18,      /* thresholds of the paper; alpha is where tuning begins */
    QUEUE_CHUNK = 64,           /* frontier vertices drawn at a time */
    ARC_CHUNK = 4096,           /* arcs of a small, heavy frontier drawn at a time */
    FEW = 4096, HEAVY = 16,     /* so many vertices at most, with so many chunks: is one */
    REST_CHUNK = 64,            /* ... of vertices that were not found */
    WORD_CHUNK = 16,            /* bitmap words drawn at a time: 1024 vertices */
    LOCAL_MAX = 512,            /* found vertices a rank keeps before it appends them */
    TAILS = 4,
    KEEP = 8192,                /* vertices that a rank found itself and goes on from */
    UNEVEN = 4,                 /* ... while squares add up to at most the least and a 4th of it */
    AHEAD = 32,                 /* frontier vertices whose rows are fetched ahead */
    EXACT = 1024,               /* found vertices of a rank whose degrees are all added up... */
    SAMPLED = 16,               /* ... and one in so many of the others */
    SNAPSHOT = 8,               /* the frontier is taken from visited when a switch is so near */
};

typedef struct found {
    uint64_t vertex, parent;
} found;

typedef struct found_narrow {
    uint32_t vertex, parent;
} found_narrow;

struct gr_bfs {
    gr_node_object visited_object, front_object, next_object, queue_object, tails_object, none_object,
        head_object, result_object;
    uint64_t *visited, *front, *next;   /* bitmaps over the whole graph */
    uint64_t *none;                     /* of this node's vertices: those without an in-arc */
    const uint32_t *head;               /* narrow: their first in-end */
    uint64_t *queue[2];                 /* frontier vertices of this node, two levels */
    uint64_t *own[2];                   /* results, where an array cannot be used; else NULL */
    gr_counter *tails;                  /* lengths of the queues, a ring over levels */
    gr_exchange exchange;
    gr_bfs_tuning tuning;
};

/* What is going on in one search; the same on all ranks but where said. */
typedef struct search {
    giga_graph *graph;
    gr_bfs *b;
    uint64_t *parent, *level;   /* by index, of this node's vertices; NULL: not wanted */
    uint64_t depth;             /* of the vertices being found */
    uint64_t queued;            /* frontier vertices of this node */
    uint64_t awake;             /* frontier vertices of all nodes */
    uint64_t mean_degree;
    uint64_t frontier_arcs;     /* about: arcs of the frontier of all nodes */
    bool snapshot;              /* front holds what was visited before the level (own words) */
    uint64_t arcs, scout;       /* this rank: arcs looked at; arcs of what was found, about */
    uint64_t found;             /* this rank: vertices */
    uint64_t sent, messages;    /* this rank: to other nodes */
    uint64_t late;              /* of sent: after the sums were taken; counts in the next level */
    uint64_t local[LOCAL_MAX];  /* this rank: found, not yet settled nor in the queue */
    uint64_t local_parent[LOCAL_MAX];
    uint64_t locals;
    uint64_t kept[2][KEEP];     /* this rank: what it found, of two levels; S6 */
    uint64_t kept_count[2];     /* more than KEEP: not all of it */
    bool keep;                  /* every rank goes on from what it found itself */
} search;

/* ---- memory ---- */

giga_status gr_bfs_free(giga_graph *graph)
{
    gr_bfs *b = graph->bfs;
    giga_status status = GIGA_OK;

    if (!b)
        return GIGA_OK;
    gr_node_object *all[] = {&b->visited_object, &b->front_object, &b->next_object, &b->queue_object,
                             &b->tails_object, &b->none_object, &b->head_object,
                             &b->result_object};
    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    gr_exchange_free(&b->exchange);
    free(b);
    graph->bfs = NULL;
    return status;
}

static giga_status allocate_objects(giga_graph *graph, gr_bfs *b)
{
    uint64_t bitmap = gr_words(graph->n) * 8, locals = graph->last - graph->first;
    const struct {
        gr_node_object *object;
        uint64_t bytes;
    } all[] = {{&b->visited_object, bitmap},
               {&b->front_object, bitmap},
               {&b->next_object, bitmap},
               {&b->queue_object, 2 * locals * 8},
               {&b->tails_object, TAILS * sizeof(gr_counter)},
               {&b->none_object, gr_words(locals) * 8},
               {&b->head_object, graph->wide ? 0 : locals * sizeof(uint32_t)}};
    giga_status status = GIGA_OK;

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_alloc(all[i].bytes, false, all[i].object);
    b->visited = b->visited_object.at;
    b->front = b->front_object.at;
    b->next = b->next_object.at;
    b->queue[0] = b->queue_object.at;
    b->queue[1] = b->queue[0] + locals;
    b->tails = b->tails_object.at;
    b->none = b->none_object.at;
    b->head = b->head_object.at;
    return status;
}

/* What of the in-arcs bottom-up steps look at first, each rank its vertices. */
static giga_status look_at_rows(const giga_graph *graph, gr_bfs *b)
{
    uint64_t first, last;
    uint32_t *head = b->head_object.at;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++) {
        uint64_t begin = graph->in.rows[l], end = graph->in.rows[l + 1];
        if (begin == end)
            b->none[l / 64] |= UINT64_C(1) << l % 64;
        if (!graph->wide)
            head[l] = begin < end ? (uint32_t)gr_end(&graph->in, false, begin) : 0;
    }
    return giga_barrier();
}

static giga_status allocate(giga_graph *graph)
{
    gr_bfs *b = calloc(1, sizeof *b);
    giga_status status = b ? gr_exchange_init(&b->exchange, graph->wide ? sizeof(found)
                                                                        : sizeof(found_narrow))
                           : giga_fail(GIGA_ERR_MEMORY, "giga_bfs: out of memory");

    status = giga_agree(status);
    if (status != GIGA_OK) {
        if (b)
            gr_exchange_free(&b->exchange);
        free(b);
        return status;
    }
    graph->bfs = b;
    gr_bfs_tuning_start(&b->tuning, ALPHA);
    status = allocate_objects(graph, b);
    return status == GIGA_OK ? look_at_rows(graph, b) : status;
}

/* Where results go: into the arrays themselves where they lie right. */
static giga_status place_results(search *s, giga_array *level, giga_array *parent)
{
    giga_graph *graph = s->graph;
    gr_bfs *b = s->b;
    uint64_t locals = graph->last - graph->first;
    giga_status status = GIGA_OK;

    s->level = level ? gr_values_at(graph, level) : NULL;
    s->parent = parent ? gr_values_at(graph, parent) : NULL;
    bool direct = (!level || s->level) && (!parent || s->parent);
    if (!direct && !b->result_object.object)
        status = gr_node_alloc(2 * locals * 8, false, &b->result_object);
    b->own[0] = direct ? NULL : b->result_object.at;
    b->own[1] = direct ? NULL : b->own[0] + locals;
    if (!direct) {
        s->level = level ? b->own[0] - graph->first : NULL;
        s->parent = parent ? b->own[1] - graph->first : NULL;
    }
    return status;
}

/* Every rank clears its share. */
static giga_status reset(giga_graph *graph)
{
    gr_bfs *b = graph->bfs;
    uint64_t words = gr_words(graph->n), first = graph->first / 64, last = gr_words(graph->last);
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t share = words / ranks + 1, begin = mine * share < words ? mine * share : words;
    uint64_t end = begin + share < words ? begin + share : words;
    bool own = graph->last > graph->first;

    for (uint64_t w = begin; w < end; w++) /* S1 */
        b->visited[w] = own && w >= first && w < last ? b->none[w - first] : 0;
    if (mine == 0)
        memset(b->tails, 0, TAILS * sizeof *b->tails);
    return giga_barrier();
}

/* ---- the frontier as a queue ---- */

static void append_locals(search *s)
{
    gr_counter *tail = &s->b->tails[s->depth % TAILS];
    uint64_t at = __atomic_fetch_add(&tail->next, s->locals, __ATOMIC_RELAXED);

    memcpy(s->b->queue[s->depth % 2] + at, s->local, s->locals * 8);
    if (s->kept_count[s->depth % 2] + s->locals <= KEEP)
        memcpy(s->kept[s->depth % 2] + s->kept_count[s->depth % 2], s->local, s->locals * 8);
    s->kept_count[s->depth % 2] += s->locals;
    s->locals = 0;
}

/* S2, S5 */
static inline void settle(const search *s, uint64_t vertex, uint64_t parent)
{
    if (s->parent)
        s->parent[vertex] = parent;
    if (s->level)
        s->level[vertex] = s->depth;
}

/* Arcs of what was found since the last time, about: the degrees of all or of some. */
static uint64_t arcs_of_found(const search *s)
{
    const uint64_t *rows = s->graph->out.rows - s->graph->first;
    uint64_t step = s->found < EXACT ? 1 : SAMPLED, arcs = 0;

    for (uint64_t i = 0; i < s->locals; i += step)
        arcs += rows[s->local[i] + 1] - rows[s->local[i]];
    return arcs * step;
}

/* Settle what was found since the last time. A claim is a locked instruction and would wait for
 * every store before it to reach its cache line; many stores in a row overlap. */
static void settle_locals(search *s)
{
    for (uint64_t i = 0; i < s->locals; i++)
        settle(s, s->local[i], s->local_parent[i]);
    s->scout += s->graph->skewed ? arcs_of_found(s) : s->locals * s->mean_degree;
    s->found += s->locals;
    append_locals(s);
}

/* S2: this rank has claimed the vertex. */
static inline void found_vertex(search *s, uint64_t vertex, uint64_t parent)
{
    s->local[s->locals] = vertex;
    s->local_parent[s->locals++] = parent;
    if (s->locals == LOCAL_MAX)
        settle_locals(s);
}

/* ---- top-down ---- */

static giga_status tell_owner(search *s, uint64_t vertex, uint64_t parent)
{
    void *to = gr_exchange_add(&s->b->exchange, gr_owner(s->graph, vertex));

    if (!to)
        return giga_fail(GIGA_ERR_MEMORY, "giga_bfs: rank %d: out of memory", giga_rank());
    if (s->graph->wide)
        *(found *)to = (found){vertex, parent};
    else
        *(found_narrow *)to = (found_narrow){(uint32_t)vertex, (uint32_t)parent};
    return GIGA_OK;
}

/* Arcs [i, last) of a frontier vertex. */
static inline giga_status expand_arcs(search *s, bool wide, uint64_t vertex, uint64_t i,
                                      uint64_t last)
{
    const giga_graph *graph = s->graph;
    giga_status status = GIGA_OK;

    s->arcs += last - i;
    for (; i < last; i++) {
        uint64_t end = gr_end(&graph->out, wide, i);
        if (!gr_claim(s->b->visited, end))
            continue;
        if (end >= graph->first && end < graph->last)
            found_vertex(s, end, vertex);
        else if (status == GIGA_OK)
            status = tell_owner(s, end, vertex);
    }
    return status;
}

/* Frontier vertices one by one; rows, then ends, are fetched ahead. */
static inline giga_status expand_list(search *s, bool wide, const uint64_t *list, uint64_t count)
{
    const giga_graph *graph = s->graph;
    const uint64_t *rows = graph->out.rows - graph->first;
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < AHEAD && i < count; i++)
        __builtin_prefetch(&rows[list[i]]);
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        if (i + AHEAD < count)
            __builtin_prefetch(&rows[list[i + AHEAD]]);
        if (i + AHEAD / 2 < count)
            __builtin_prefetch((const char *)graph->out.ends +
                               rows[list[i + AHEAD / 2]] * (wide ? 8 : 4));
        status = expand_arcs(s, wide, list[i], rows[list[i]], rows[list[i] + 1]);
    }
    return status;
}

static inline giga_status expand_queue(search *s, bool wide, const uint64_t *queue)
{
    gr_work work = gr_work_begin(s->graph, s->queued, QUEUE_CHUNK);
    giga_status status = GIGA_OK;

    for (uint64_t q, last; status == GIGA_OK && gr_work_draw(&work, &q, &last);)
        status = expand_list(s, wide, queue + q, last - q);
    return status;
}

/* A few vertices with many arcs: chunks of arcs are drawn, so that a hub is everybody's work. */
static inline giga_status expand_heavy(search *s, bool wide, const uint64_t *queue)
{
    const uint64_t *rows = s->graph->out.rows - s->graph->first;
    uint64_t before[FEW + 1];
    giga_status status = GIGA_OK;

    before[0] = 0;
    for (uint64_t q = 0; q < s->queued; q++)
        before[q + 1] = before[q] + rows[queue[q] + 1] - rows[queue[q]];
    gr_work work = gr_work_begin(s->graph, before[s->queued], ARC_CHUNK);
    for (uint64_t at, last; gr_work_draw(&work, &at, &last);) {
        uint64_t low = 0, high = s->queued;
        while (high - low > 1) { /* the vertex that arc `at` is one of */
            uint64_t middle = low + (high - low) / 2;
            if (before[middle] <= at)
                low = middle;
            else
                high = middle;
        }
        for (; at < last && status == GIGA_OK; low++) {
            uint64_t end = before[low + 1] < last ? before[low + 1] : last;
            uint64_t row = rows[queue[low]] - before[low];
            status = expand_arcs(s, wide, queue[low], row + at, row + end);
            at = end;
        }
    }
    return status;
}

static giga_status take_told(search *s)
{
    gr_exchange *x = &s->b->exchange;
    uint64_t before = x->bytes_sent;
    giga_status status = gr_exchange_run(x);
    const found *wide = (const found *)(const void *)x->received;
    const found_narrow *narrow = (const found_narrow *)(const void *)x->received;

    for (uint64_t i = 0; i < x->received_count && status == GIGA_OK; i++) {
        uint64_t vertex = s->graph->wide ? wide[i].vertex : narrow[i].vertex;
        if (gr_claim(s->b->visited, vertex))
            found_vertex(s, vertex, s->graph->wide ? wide[i].parent : narrow[i].parent);
    }
    s->sent += x->bytes_sent - before;
    s->messages += x->bytes_sent > before ? (uint64_t)giga_size() - 1 : 0;
    return status;
}

/* A switch may come next: keep what is visited now, so that the frontier can be told from it. */
static giga_status take_snapshot(search *s, uint64_t left)
{
    gr_bfs *b = s->b;
    uint64_t first, last;

    s->snapshot = s->frontier_arcs > left / (SNAPSHOT * s->b->tuning.alpha);
    if (!s->snapshot)
        return GIGA_OK;
    gr_my_vertices(s->graph, &first, &last);
    if (last > first)
        memcpy(b->front + first / 64, b->visited + first / 64, (gr_words(last) - first / 64) * 8);
    return giga_barrier();
}

static giga_status step_top_down(search *s)
{
    const uint64_t *queue = s->b->queue[(s->depth + 1) % 2];
    const uint64_t *kept = s->kept[(s->depth + 1) % 2];
    uint64_t count = s->kept_count[(s->depth + 1) % 2];
    bool heavy = s->queued <= FEW && s->frontier_arcs >= HEAVY * ARC_CHUNK;
    giga_status status;

    if (giga_near_index() == 0) /* the ring: two levels ahead of its use */
        s->b->tails[(s->depth + 2) % TAILS].next = 0;
    s->kept_count[s->depth % 2] = 0;
    if (s->keep)
        status = s->graph->wide ? expand_list(s, true, kept, count)
                                : expand_list(s, false, kept, count);
    else if (heavy)
        status = s->graph->wide ? expand_heavy(s, true, queue) : expand_heavy(s, false, queue);
    else
        status = s->graph->wide ? expand_queue(s, true, queue) : expand_queue(s, false, queue);
    if (giga_nodes() > 1) {
        gr_account_wait(&s->graph->account);
        status = giga_agree(status);
        if (status == GIGA_OK)
            status = take_told(s);
        gr_account_work(&s->graph->account);
    }
    settle_locals(s);
    return status;
}

/* ---- bottom-up ---- */

/* The first in-neighbour in the frontier from arc `i` on, or GIGA_NO_VERTEX. */
static inline uint64_t find_parent(search *s, bool wide, uint64_t i, uint64_t last)
{
    const gr_csr *in = &s->graph->in;
    const uint64_t *front = s->b->front;
    uint64_t begin = i;

    for (; i < last; i++) {
        uint64_t end = gr_end(in, wide, i);
        if (gr_bit(front, end)) {
            s->arcs += i + 1 - begin;
            return end;
        }
    }
    s->arcs += last - begin;
    return GIGA_NO_VERTEX;
}

/* The unvisited of 64 vertices whose first in-neighbour is in the frontier; `rest` are the others.
 * Who is not found here gets a parent all the same, and another or none later: whether a head is
 * in the frontier is a coin's throw, and a branch that is guessed wrong costs more than a store. */
static inline uint64_t settle_heads(search *s, uint64_t word, uint64_t todo, uint64_t *rest)
{
    const gr_bfs *b = s->b;
    const giga_graph *graph = s->graph;
    uint64_t bits = 0, all = todo;

    for (; todo; todo &= todo - 1) {
        uint64_t bit = (uint64_t)__builtin_ctzll(todo), vertex = 64 * word + bit;
        uint64_t head = b->head[vertex - graph->first];
        settle(s, vertex, head);
        bits |= (uint64_t)gr_bit(b->front, head) << bit;
    }
    s->arcs += (uint64_t)__builtin_popcountll(all);
    *rest = all & ~bits;
    for (todo = *rest; todo; todo &= todo - 1) {
        uint64_t local = 64 * word + (uint64_t)__builtin_ctzll(todo) - graph->first;
        __builtin_prefetch((const uint32_t *)graph->in.ends + graph->in.rows[local] + 1);
    }
    return bits;
}

/* One word of 64 vertices; returns how many were found. S3. */
static inline uint64_t settle_word(search *s, bool wide, uint64_t word, uint64_t valid)
{
    gr_bfs *b = s->b;
    const uint64_t *rows = s->graph->in.rows - s->graph->first;
    uint64_t todo = ~b->visited[word] & valid, bits = 0;

    if (!wide && todo)
        bits = settle_heads(s, word, todo, &todo);
    for (; todo; todo &= todo - 1) {
        uint64_t bit = (uint64_t)__builtin_ctzll(todo), vertex = 64 * word + bit;
        uint64_t parent = find_parent(s, wide, rows[vertex] + !wide, rows[vertex + 1]);
        if (parent == GIGA_NO_VERTEX)
            continue;
        settle(s, vertex, parent);
        bits |= UINT64_C(1) << bit;
    }
    b->next[word] = bits;
    b->visited[word] |= bits;
    return (uint64_t)__builtin_popcountll(bits);
}

static uint64_t step_bottom_up(search *s)
{
    uint64_t first = s->graph->first / 64, words = gr_words(s->graph->last) - first, count = 0;
    gr_work work = gr_work_begin(s->graph, words, WORD_CHUNK);

    if (s->graph->last == s->graph->first)
        return 0;
    for (uint64_t w, last; gr_work_draw(&work, &w, &last);) {
        for (; w < last; w++) {
            uint64_t behind = s->graph->last - 64 * (first + w);
            uint64_t valid = behind >= 64 ? UINT64_MAX : (UINT64_C(1) << behind) - 1;
            count += s->graph->wide ? settle_word(s, true, first + w, valid)
                                    : settle_word(s, false, first + w, valid);
        }
    }
    return count;
}

/* ---- the frontier between nodes ---- */

/* The bits of this rank's vertices in a bitmap, as a list behind those of the node's other ranks.
 * The queue of the level is free while levels are bottom-up. */
static void list_bits(search *s, const uint64_t *bitmap)
{
    uint64_t first, last;

    gr_my_vertices(s->graph, &first, &last);
    for (uint64_t w = first / 64; w < gr_words(last) && last > first; w++) {
        for (uint64_t rest = bitmap[w]; rest; rest &= rest - 1) {
            s->local[s->locals++] = 64 * w + (uint64_t)__builtin_ctzll(rest);
            if (s->locals == LOCAL_MAX)
                append_locals(s);
        }
    }
    append_locals(s);
}

/* Another node's words of a bitmap, from its list of `count` vertices. */
static giga_status fetch_list(search *s, int32_t node, uint64_t count, uint64_t first, uint64_t last,
                              uint64_t *bitmap)
{
    const uint64_t *theirs = gr_node_at(&s->b->queue_object, node);
    uint64_t list[LOCAL_MAX];
    uint64_t locals = s->graph->starts[node + 1] - s->graph->starts[node];
    giga_status status = GIGA_OK;

    memset(bitmap + first, 0, (last - first) * 8);
    theirs += s->depth % 2 ? locals : 0;
    for (uint64_t at = 0; at < count && status == GIGA_OK; at += LOCAL_MAX) {
        uint64_t some = count - at < LOCAL_MAX ? count - at : LOCAL_MAX;
        status = giga_get(list, theirs + at, some * sizeof *list);
        for (uint64_t i = 0; i < some && status == GIGA_OK; i++)
            bitmap[list[i] / 64] |= UINT64_C(1) << list[i] % 64;
    }
    s->sent += count * sizeof *list;
    s->messages += count / LOCAL_MAX + 1;
    return status;
}

/* Fetch the other nodes' words of a bitmap that each has completed, in which `total` bits are
 * set. A node with few of them has also made a list, of 8 bytes a vertex. S1, S4. */
static giga_status share_bitmap(search *s, const gr_node_object *object, uint64_t *bitmap,
                                uint64_t total)
{
    const giga_graph *graph = s->graph;
    int32_t mine = giga_node_of(giga_rank());
    bool lists = total < graph->n / 64 / 2; /* fewer bytes than bitmaps, wherever they lie */
    giga_status status = GIGA_OK;

    if (lists) {
        if (giga_near_index() == 0)
            s->b->tails[s->depth % TAILS].next = 0;
        status = giga_barrier();
        list_bits(s, bitmap);
        giga_status met = giga_barrier();
        status = status != GIGA_OK ? status : met;
    }
    for (int32_t k = giga_near_index(); k < giga_nodes() && status == GIGA_OK;
         k += giga_near_size()) {
        uint64_t first = graph->starts[k] / 64, last = gr_words(graph->starts[k + 1]), count = 0;
        if (k == mine || graph->starts[k] == graph->starts[k + 1])
            continue;
        if (lists) {
            const gr_counter *tails = gr_node_at(&s->b->tails_object, k);
            count = giga_load(&tails[s->depth % TAILS].next);
            status = fetch_list(s, k, count, first, last, bitmap);
            continue;
        }
        status = giga_get_nbi(bitmap + first, (const uint64_t *)gr_node_at(object, k) + first,
                              (last - first) * 8);
        s->sent += (last - first) * 8;
        s->messages++;
    }
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* ---- from one form of the frontier to the other ---- */

static giga_status queue_to_bitmap(search *s)
{
    gr_bfs *b = s->b;
    const uint64_t *queue = b->queue[(s->depth + 1) % 2];
    uint64_t first, last;
    giga_status status = GIGA_OK;

    gr_my_vertices(s->graph, &first, &last);
    if (s->snapshot) {
        for (uint64_t w = first / 64; w < gr_words(last) && last > first; w++)
            b->front[w] ^= b->visited[w];
    } else {
        memset(b->front + first / 64, 0, (gr_words(last) - first / 64) * 8 * (last > first));
        status = giga_barrier();
        gr_work work = gr_work_begin(s->graph, s->queued, QUEUE_CHUNK);
        for (uint64_t q, end; gr_work_draw(&work, &q, &end);) {
            for (; q < end; q++)
                gr_claim(b->front, queue[q]);
        }
    }
    if (status == GIGA_OK)
        status = giga_barrier();
    s->depth--; /* the list of this frontier goes to the queue of its own level */
    if (status == GIGA_OK && giga_nodes() > 1)
        status = share_bitmap(s, &b->front_object, b->front, s->awake);
    s->depth++;
    return status;
}

static giga_status bitmap_to_queue(search *s)
{
    gr_bfs *b = s->b;
    uint64_t depth = s->depth;

    s->depth--; /* it is the queue of the level before the one being found */
    giga_status status = giga_barrier();
    if (giga_near_index() == 0)
        for (int i = 0; i < TAILS; i++)
            b->tails[i].next = 0;
    if (status == GIGA_OK)
        status = giga_barrier();
    list_bits(s, b->front);
    s->depth = depth;
    if (status == GIGA_OK)
        status = giga_barrier();
    s->queued = b->tails[(depth - 1) % TAILS].next;
    return status;
}

/* ---- the search ---- */

/* Sums over all ranks after a level. */
typedef struct sums {
    uint64_t found, scout, arcs, bytes, failed;
    uint64_t squares;           /* of found; of more than KEEP, more than any sum allows */
} sums;

/* One all-reduce is all that a level needs on one node: it also is the barrier that ends it
 * and tells whether a rank has failed. */
static giga_status end_level(const search *s, giga_status status, sums *sum)
{
    uint64_t squares = s->found <= KEEP ? s->found * s->found : UINT64_C(1) << 40;
    sums mine = {s->found, s->scout, s->arcs, s->sent, status != GIGA_OK, squares};

    gr_account_wait(&s->graph->account);
    giga_status reduced = giga_allreduce(&mine, sum, sizeof mine / 8, GIGA_U64, GIGA_SUM);
    if (reduced == GIGA_OK && sum->failed > 0)
        return giga_agree(status);
    return reduced;
}

static giga_status run_bottom_up(search *s, sums *sum)
{
    gr_bfs *b = s->b;

    s->found = step_bottom_up(s);
    giga_status status = end_level(s, GIGA_OK, sum);
    uint64_t before = s->sent;
    if (status == GIGA_OK && giga_nodes() > 1 && sum->found > 0)
        status = share_bitmap(s, &b->next_object, b->next, sum->found);
    s->late = s->sent - before;
    gr_node_object swap_object = b->front_object;
    uint64_t *swap = b->front;
    b->front_object = b->next_object;
    b->front = b->next;
    b->next_object = swap_object;
    b->next = swap;
    return status;
}

static giga_status run_top_down(search *s, uint64_t left, sums *sum)
{
    giga_status status = take_snapshot(s, left);

    if (status == GIGA_OK)
        status = step_top_down(s);
    status = end_level(s, status, sum);
    s->queued = s->b->tails[s->depth % TAILS].next;
    s->keep = !s->graph->skewed && sum->squares < UINT64_C(1) << 40 &&
              sum->squares * (uint64_t)giga_size() <= sum->found * sum->found * (UNEVEN + 1) / UNEVEN;
    return status;
}

static bool note_level(giga_bfs_stats *stats, uint64_t depth, const sums *sum, double seconds,
                       bool bottom_up)
{
    if ((depth & (depth - 1)) == 0) { /* room doubles at powers of two */
        giga_bfs_level *levels = realloc(stats->levels, (2 * depth + 2) * sizeof *levels);
        if (!levels)
            return false;
        stats->levels = levels;
    }
    stats->levels[depth] = (giga_bfs_level){sum->found, sum->arcs, sum->bytes, seconds, bottom_up};
    return true;
}

/* The paper's rule, and that a bottom-up step looks at every vertex that is left, and at every
 * word of 64: in a mesh, where frontiers stay small, it never pays. */
static bool bottom_up_pays(const search *s, uint64_t left, uint64_t unreached)
{
    uint64_t alpha = s->b->tuning.alpha, bound = unreached - unreached / 2 + s->graph->n / 64;

    return s->frontier_arcs > left / alpha && s->frontier_arcs > bound / ALPHA;
}

/* Levels from 1 on, until nothing is found. */
static giga_status run_levels(search *s, uint64_t source_degree, giga_bfs_stats *stats)
{
    giga_graph *graph = s->graph;
    uint64_t left = graph->info.arcs, before = 0;
    bool bottom_up = false;
    giga_status status = GIGA_OK;

    s->frontier_arcs = source_degree;
    s->awake = 1;
    for (s->depth = 1; s->awake > 0 && status == GIGA_OK; s->depth++) {
        double start = gr_seconds();
        sums sum = {0};
        s->arcs = s->scout = s->found = s->messages = 0;
        s->sent = s->late;
        s->late = 0;
        if (!bottom_up && bottom_up_pays(s, left, graph->n - stats->reached)) {
            status = queue_to_bitmap(s);
            bottom_up = true;
        } else if (bottom_up && s->awake < before && s->awake <= graph->n / BETA) {
            status = bitmap_to_queue(s);
            bottom_up = s->keep = false;
            s->frontier_arcs = 1;
        }
        if (status == GIGA_OK)
            status = bottom_up ? run_bottom_up(s, &sum) : run_top_down(s, left, &sum);
        if (!bottom_up) {
            left -= s->frontier_arcs < left ? s->frontier_arcs : left;
            s->frontier_arcs = sum.scout;
        }
        before = s->awake;
        s->awake = sum.found;
        stats->reached += s->awake;
        gr_account_step(&graph->account, bottom_up ? "bottom-up" : "top-down", s->found, s->arcs,
                        s->sent - s->late, s->messages);
        if (status == GIGA_OK && !note_level(stats, s->depth, &sum, gr_seconds() - start, bottom_up))
            status = giga_fail(GIGA_ERR_MEMORY, "giga_bfs: out of memory for the levels");
        if (s->awake > 0)
            stats->depth = s->depth;
    }
    return status;
}

static void start_at(search *s, uint64_t source)
{
    giga_graph *graph = s->graph;
    bool own = source >= graph->first && source < graph->last;

    if (giga_near_index() == 0) {
        gr_claim(s->b->visited, source); /* S1: nobody need be told of it */
        if (own) {
            s->depth = 0;
            settle(s, source, source);
            s->b->queue[0][0] = source;
        }
    }
    s->queued = own;
}

/* S5: what was not found, in the arrays. Drawn: a skewed graph has it all at the end. */
static void settle_rest(const search *s, uint64_t source)
{
    giga_graph *graph = s->graph;
    const gr_bfs *b = s->b;
    gr_work work = gr_work_begin(graph, gr_words(graph->last) - graph->first / 64, REST_CHUNK);

    for (uint64_t l, end; graph->last > graph->first && gr_work_draw(&work, &l, &end);) {
        for (; l < end; l++) {
            uint64_t w = graph->first / 64 + l, behind = graph->last - 64 * w;
            uint64_t valid = behind >= 64 ? UINT64_MAX : (UINT64_C(1) << behind) - 1;
            for (uint64_t rest = (~b->visited[w] | b->none[l]) & valid; rest; rest &= rest - 1) {
                uint64_t vertex = 64 * w + (uint64_t)__builtin_ctzll(rest);
                if (s->parent && vertex != source)
                    s->parent[vertex] = GIGA_NO_VERTEX;
                if (s->level && vertex != source)
                    s->level[vertex] = GIGA_UNREACHED;
            }
        }
    }
}

static giga_status copy_out(const search *s, giga_array *level, giga_array *parent)
{
    const giga_graph *graph = s->graph;
    uint64_t first, last;
    giga_status status = GIGA_OK;

    gr_my_vertices(graph, &first, &last);
    if (s->b->own[0]) /* others settled some of this rank's vertices */
        status = giga_barrier();
    if (s->b->own[0] && level && status == GIGA_OK)
        status = giga_array_put(level, first, last - first, s->level + first);
    if (s->b->own[0] && parent && status == GIGA_OK)
        status = giga_array_put(parent, first, last - first, s->parent + first);
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* Edges of the part of the graph that was reached. */
static uint64_t reached_edges(const giga_graph *graph, uint64_t source)
{
    uint64_t first, last, arcs = 0;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++) {
        uint64_t l = v - graph->first;
        bool none = gr_bit(graph->bfs->none, l) && v != source; /* S1 */
        arcs += gr_bit(graph->bfs->visited, v) && !none ? graph->out.rows[l + 1] - graph->out.rows[l]
                                                        : 0;
    }
    arcs = giga_allreduce_sum(arcs);
    return graph->info.directed ? arcs : arcs / 2;
}

giga_status gr_check_values(const char *function, const giga_graph *graph,
                            const giga_array *values)
{
    if (!values || giga_array_count(values) != graph->n || giga_array_element(values) != 8)
        return giga_fail(GIGA_ERR_ARG, "%s: an array must have one 8-byte element for each of the "
                         "%llu vertices", function, (unsigned long long)graph->n);
    return GIGA_OK;
}

static giga_status check(giga_graph *graph, uint64_t source, giga_array *level, giga_array *parent)
{
    giga_status status = level ? gr_check_values("giga_bfs", graph, level) : GIGA_OK;

    if (status == GIGA_OK && parent)
        status = gr_check_values("giga_bfs", graph, parent);
    if (status == GIGA_OK && source >= graph->n)
        status = giga_fail(GIGA_ERR_ARG, "giga_bfs: no source vertex of index %llu",
                           (unsigned long long)source);
    return status;
}

giga_status giga_bfs(giga_graph *graph, uint64_t source, giga_array *level, giga_array *parent,
                     giga_bfs_stats *stats)
{
    giga_bfs_stats all = {.reached = 1};
    giga_status status = giga_agree(check(graph, source, level, parent));

    if (status == GIGA_OK && !graph->bfs)
        status = allocate(graph);
    if (status != GIGA_OK)
        return status;
    search *s = calloc(1, sizeof *s);
    bool noted = s && note_level(&all, 0, &(sums){.found = 1}, 0, false);
    status = giga_agree(noted ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_bfs: out of memory"));
    uint64_t degree = giga_graph_degree(graph, source);
    if (status == GIGA_OK) {
        *s = (search){.graph = graph, .b = graph->bfs, .mean_degree = graph->info.arcs / graph->n};
        status = place_results(s, level, parent);
    }
    double start = gr_seconds();
    gr_account_begin(&graph->account);
    if (status == GIGA_OK)
        status = reset(graph);
    if (status == GIGA_OK) {
        start_at(s, source);
        status = giga_barrier();
    }
    if (status == GIGA_OK)
        status = run_levels(s, degree, &all);
    if (status == GIGA_OK) {
        settle_rest(s, source);
        status = copy_out(s, level, parent);
    }
    all.seconds = gr_seconds() - start;
    if (status == GIGA_OK)
        gr_bfs_tuning_note(&graph->bfs->tuning, giga_allreduce_max((uint64_t)(all.seconds * 1e9)),
                           all.reached, graph->n);
    if (status == GIGA_OK && stats)
        all.edges = reached_edges(graph, source);
    free(s);
    if (status == GIGA_OK && stats)
        *stats = all;
    else
        giga_bfs_stats_clear(&all);
    return status;
}

void giga_bfs_stats_clear(giga_bfs_stats *stats)
{
    free(stats->levels);
    stats->levels = NULL;
}
