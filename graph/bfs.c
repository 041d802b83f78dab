/*
 * bfs.c - breadth-first search that switches direction.
 *
 * S. Beamer, K. Asanovic, D. Patterson: Direction-Optimizing Breadth-First Search, SC12.
 *
 * The ranks of a node search together in shared memory: they draw chunks of the frontier
 * (top-down) or of the node's vertices (bottom-up). Between nodes, top-down sends each
 * newly seen remote vertex once per node, with its parent; bottom-up fetches the other
 * nodes' parts of the frontier as bitmaps.
 *
 * Invariants:
 *   S1  visited has a bit for every vertex of the graph: of this node's vertices, that
 *       they have a parent; of others, that this node has told their owner, or need not
 *   S2  a bit of this node's vertices is set by exactly one rank, which then writes parent
 *       and level; they are read after the barrier that ends the level
 *   S3  in a bottom-up level a word of next and visited belongs to the rank that drew it;
 *       all of the node's words of next are written, so it need not be cleared
 *   S4  front and next change places after each bottom-up level: what other nodes fetch in
 *       one level is written again only after the barrier that ends the next
 *
 * Memory per node: 3 bits per vertex of the graph, 32 bytes per vertex of the node.
 */
#include "bfs.h"

#include <stdlib.h>
#include <string.h>

#include "exchange.h"

enum {
    ALPHA = 15, BETA = 18,      /* thresholds of the paper */
    QUEUE_CHUNK = 64,           /* frontier vertices drawn at a time */
    WORD_CHUNK = 16,            /* bitmap words drawn at a time: 1024 vertices */
    LOCAL_MAX = 512,            /* found vertices a rank keeps before it appends them */
    TAILS = 4,
};

typedef struct found {
    uint64_t vertex, parent;
} found;

struct gr_bfs {
    gr_node_object visited_object, front_object, next_object, queue_object, result_object,
        tails_object;
    uint64_t *visited, *front, *next;   /* bitmaps over the whole graph */
    uint64_t *queue[2];                 /* frontier vertices of this node, two levels */
    uint64_t *parent, *level;           /* of this node's vertices */
    gr_counter *tails;                  /* lengths of the queues, a ring over levels */
    gr_exchange exchange;
};

/* What is going on in one search; the same on all ranks but where said. */
typedef struct search {
    giga_graph *graph;
    gr_bfs *b;
    uint64_t depth;             /* of the vertices being found */
    uint64_t queued;            /* frontier vertices of this node */
    uint64_t arcs, scout;       /* this rank: arcs looked at; arcs of what was found */
    uint64_t found;             /* this rank: vertices */
    uint64_t sent;              /* this rank: bytes to other nodes */
    uint64_t local[LOCAL_MAX];  /* this rank: found, not yet in the queue */
    uint64_t locals;
} search;

/* ---- memory ---- */

giga_status gr_bfs_free(giga_graph *graph)
{
    gr_bfs *b = graph->bfs;
    giga_status status = GIGA_OK;

    if (!b)
        return GIGA_OK;
    gr_node_object *all[] = {&b->visited_object, &b->front_object, &b->next_object,
                             &b->queue_object, &b->result_object, &b->tails_object};
    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    gr_exchange_free(&b->exchange);
    free(b);
    graph->bfs = NULL;
    return status;
}

static giga_status allocate(giga_graph *graph)
{
    uint64_t bitmap = gr_words(graph->n) * 8, locals = graph->last - graph->first;
    gr_bfs *b = calloc(1, sizeof *b);
    giga_status status = b ? gr_exchange_init(&b->exchange, sizeof(found))
                           : giga_fail(GIGA_ERR_MEMORY, "giga_bfs: out of memory");

    status = giga_agree(status);
    if (status != GIGA_OK) {
        if (b)
            gr_exchange_free(&b->exchange);
        free(b);
        return status;
    }
    graph->bfs = b;
    status = gr_node_alloc(bitmap, false, &b->visited_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(bitmap, false, &b->front_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(bitmap, false, &b->next_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(2 * locals * 8, false, &b->queue_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(2 * locals * 8, false, &b->result_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(TAILS * sizeof(gr_counter), false, &b->tails_object);
    if (status != GIGA_OK)
        return status;
    b->visited = b->visited_object.at;
    b->front = b->front_object.at;
    b->next = b->next_object.at;
    b->queue[0] = b->queue_object.at;
    b->queue[1] = b->queue[0] + locals;
    b->parent = b->result_object.at;
    b->level = b->parent + locals;
    b->tails = b->tails_object.at;
    return GIGA_OK;
}

/* Every rank clears its share. */
static giga_status reset(giga_graph *graph)
{
    gr_bfs *b = graph->bfs;
    uint64_t first, last, words = gr_words(graph->n);
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();
    uint64_t share = words / ranks + 1, begin = mine * share < words ? mine * share : words;
    uint64_t end = begin + share < words ? begin + share : words;

    memset(b->visited + begin, 0, (end - begin) * 8);
    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++) {
        b->parent[l] = GIGA_NO_VERTEX;
        b->level[l] = GIGA_UNREACHED;
    }
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
    s->locals = 0;
}

/* S2: this rank has claimed the vertex. */
static inline void found_vertex(search *s, uint64_t vertex, uint64_t parent)
{
    uint64_t local = vertex - s->graph->first;

    s->b->parent[local] = parent;
    s->b->level[local] = s->depth;
    s->scout += s->graph->out.rows[local + 1] - s->graph->out.rows[local];
    s->found++;
    s->local[s->locals++] = vertex;
    if (s->locals == LOCAL_MAX)
        append_locals(s);
}

/* ---- top-down ---- */

static giga_status tell_owner(search *s, uint64_t vertex, uint64_t parent)
{
    found *f = gr_exchange_add(&s->b->exchange, gr_owner(s->graph, vertex));

    if (!f)
        return giga_fail(GIGA_ERR_MEMORY, "giga_bfs: rank %d: out of memory", giga_rank());
    *f = (found){vertex, parent};
    return GIGA_OK;
}

static inline giga_status expand(search *s, bool wide, uint64_t vertex)
{
    const giga_graph *graph = s->graph;
    uint64_t local = vertex - graph->first;
    giga_status status = GIGA_OK;

    s->arcs += graph->out.rows[local + 1] - graph->out.rows[local];
    for (uint64_t i = graph->out.rows[local]; i < graph->out.rows[local + 1]; i++) {
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

static giga_status take_told(search *s)
{
    gr_exchange *x = &s->b->exchange;
    uint64_t before = x->bytes_sent;
    giga_status status = gr_exchange_run(x);
    const found *told = (const found *)(const void *)x->received;

    for (uint64_t i = 0; i < x->received_count && status == GIGA_OK; i++) {
        if (gr_claim(s->b->visited, told[i].vertex))
            found_vertex(s, told[i].vertex, told[i].parent);
    }
    s->sent += x->bytes_sent - before;
    return status;
}

static giga_status step_top_down(search *s)
{
    const uint64_t *queue = s->b->queue[(s->depth + 1) % 2];
    gr_work work = gr_work_begin(s->graph, s->queued, QUEUE_CHUNK);
    giga_status status = GIGA_OK;

    if (giga_near_index() == 0) /* the ring: two levels ahead of its use */
        s->b->tails[(s->depth + 2) % TAILS].next = 0;
    for (uint64_t q, last; gr_work_draw(&work, &q, &last);) {
        for (; q < last && status == GIGA_OK; q++)
            status = s->graph->wide ? expand(s, true, queue[q]) : expand(s, false, queue[q]);
    }
    if (giga_nodes() > 1) {
        status = giga_agree(status);
        if (status == GIGA_OK)
            status = take_told(s);
    }
    append_locals(s);
    return status;
}

/* ---- bottom-up ---- */

/* The first in-neighbour in the frontier, or GIGA_NO_VERTEX. */
static inline uint64_t find_parent(search *s, bool wide, uint64_t local)
{
    const gr_csr *in = &s->graph->in;
    const uint64_t *front = s->b->front;

    for (uint64_t i = in->rows[local]; i < in->rows[local + 1]; i++) {
        uint64_t end = gr_end(in, wide, i);
        if (gr_bit(front, end)) {
            s->arcs += i + 1 - in->rows[local];
            return end;
        }
    }
    s->arcs += in->rows[local + 1] - in->rows[local];
    return GIGA_NO_VERTEX;
}

/* One word of 64 vertices; returns how many were found. S3. */
static inline uint64_t settle_word(search *s, bool wide, uint64_t word, uint64_t valid)
{
    gr_bfs *b = s->b;
    uint64_t bits = 0;

    for (uint64_t todo = ~b->visited[word] & valid; todo; todo &= todo - 1) {
        uint64_t bit = (uint64_t)__builtin_ctzll(todo), local = 64 * word + bit - s->graph->first;
        uint64_t parent = find_parent(s, wide, local);
        if (parent == GIGA_NO_VERTEX)
            continue;
        b->parent[local] = parent;
        b->level[local] = s->depth;
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

/* Fetch the other nodes' words of a bitmap that each has completed. S1, S4. */
static giga_status share_bitmap(search *s, const gr_node_object *object, uint64_t *bitmap)
{
    const giga_graph *graph = s->graph;
    int32_t mine = giga_node_of(giga_rank());
    giga_status status = GIGA_OK;

    for (int32_t k = giga_near_index(); k < giga_nodes() && status == GIGA_OK;
         k += giga_near_size()) {
        uint64_t first = graph->starts[k] / 64, last = gr_words(graph->starts[k + 1]);
        if (k == mine || graph->starts[k] == graph->starts[k + 1])
            continue;
        status = giga_get_nbi(bitmap + first, (const uint64_t *)gr_node_at(object, k) + first,
                              (last - first) * 8);
        s->sent += (last - first) * 8;
    }
    return status == GIGA_OK ? giga_barrier() : status;
}

/* ---- from one form of the frontier to the other ---- */

static giga_status queue_to_bitmap(search *s)
{
    gr_bfs *b = s->b;
    const uint64_t *queue = b->queue[(s->depth + 1) % 2];
    uint64_t first, last;

    gr_my_vertices(s->graph, &first, &last);
    memset(b->front + first / 64, 0, (gr_words(last) - first / 64) * 8 * (last > first));
    giga_status status = giga_barrier();
    gr_work work = gr_work_begin(s->graph, s->queued, QUEUE_CHUNK);
    for (uint64_t q, end; gr_work_draw(&work, &q, &end);) {
        for (; q < end; q++)
            gr_claim(b->front, queue[q]);
    }
    if (status == GIGA_OK)
        status = giga_barrier();
    if (status == GIGA_OK && giga_nodes() > 1)
        status = share_bitmap(s, &b->front_object, b->front);
    return status;
}

static giga_status bitmap_to_queue(search *s)
{
    gr_bfs *b = s->b;
    uint64_t first, last, depth = s->depth;

    gr_my_vertices(s->graph, &first, &last);
    s->depth--; /* it is the queue of the level before the one being found */
    giga_status status = giga_barrier();
    if (giga_near_index() == 0)
        for (int i = 0; i < TAILS; i++)
            b->tails[i].next = 0;
    if (status == GIGA_OK)
        status = giga_barrier();
    for (uint64_t w = first / 64; w < gr_words(last) && last > first; w++) {
        for (uint64_t rest = b->front[w]; rest; rest &= rest - 1) {
            s->local[s->locals++] = 64 * w + (uint64_t)__builtin_ctzll(rest);
            if (s->locals == LOCAL_MAX)
                append_locals(s);
        }
    }
    append_locals(s);
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
} sums;

/* One all-reduce is all that a level needs on one node: it also is the barrier that ends it
 * and tells whether a rank has failed. */
static giga_status end_level(const search *s, giga_status status, sums *sum)
{
    sums mine = {s->found, s->scout, s->arcs, s->sent, status != GIGA_OK};
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
    if (status == GIGA_OK && giga_nodes() > 1 && sum->found > 0)
        status = share_bitmap(s, &b->next_object, b->next);
    gr_node_object swap_object = b->front_object;
    uint64_t *swap = b->front;
    b->front_object = b->next_object;
    b->front = b->next;
    b->next_object = swap_object;
    b->next = swap;
    return status;
}

static giga_status run_top_down(search *s, sums *sum)
{
    giga_status status = end_level(s, step_top_down(s), sum);

    s->queued = s->b->tails[s->depth % TAILS].next;
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

/* Levels from 1 on, until nothing is found. */
static giga_status run_levels(search *s, uint64_t source_degree, giga_bfs_stats *stats)
{
    giga_graph *graph = s->graph;
    uint64_t left = graph->info.arcs, scout = source_degree, awake = 1, before = 0;
    bool bottom_up = false;
    giga_status status = GIGA_OK;

    for (s->depth = 1; awake > 0 && status == GIGA_OK; s->depth++) {
        double start = gr_seconds();
        sums sum = {0};
        s->arcs = s->scout = s->found = s->sent = 0;
        if (!bottom_up && scout > left / ALPHA) {
            status = queue_to_bitmap(s);
            bottom_up = true;
        } else if (bottom_up && awake < before && awake <= graph->n / BETA) {
            status = bitmap_to_queue(s);
            bottom_up = false;
            scout = 1;
        }
        if (status == GIGA_OK)
            status = bottom_up ? run_bottom_up(s, &sum) : run_top_down(s, &sum);
        if (!bottom_up) {
            left -= scout < left ? scout : left;
            scout = sum.scout;
        }
        before = awake;
        awake = sum.found;
        stats->reached += awake;
        if (status == GIGA_OK && !note_level(stats, s->depth, &sum, gr_seconds() - start, bottom_up))
            status = giga_fail(GIGA_ERR_MEMORY, "giga_bfs: out of memory for the levels");
        if (awake > 0)
            stats->depth = s->depth;
    }
    return status;
}

static void start_at(search *s, uint64_t source)
{
    giga_graph *graph = s->graph;

    if (giga_near_index() == 0) {
        gr_claim(s->b->visited, source); /* S1: nobody need be told of it */
        if (source >= graph->first && source < graph->last) {
            s->b->parent[source - graph->first] = source;
            s->b->level[source - graph->first] = 0;
            s->b->queue[0][0] = source;
        }
    }
    s->queued = source >= graph->first && source < graph->last;
}

static giga_status copy_out(giga_graph *graph, giga_array *level, giga_array *parent)
{
    gr_bfs *b = graph->bfs;
    uint64_t first, last;

    gr_my_vertices(graph, &first, &last);
    giga_status status = giga_array_put(level, first, last - first, b->level + (first - graph->first));
    if (status == GIGA_OK && parent)
        status = giga_array_put(parent, first, last - first, b->parent + (first - graph->first));
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met;
}

/* Edges of the part of the graph that was reached. */
static uint64_t reached_edges(const giga_graph *graph)
{
    uint64_t first, last, arcs = 0;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++) {
        if (graph->bfs->level[l] != GIGA_UNREACHED)
            arcs += graph->out.rows[l + 1] - graph->out.rows[l];
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
    giga_status status = gr_check_values("giga_bfs", graph, level);

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
    double start = gr_seconds();
    if (status == GIGA_OK)
        status = reset(graph);
    if (status == GIGA_OK) {
        *s = (search){.graph = graph, .b = graph->bfs};
        start_at(s, source);
        status = giga_barrier();
    }
    if (status == GIGA_OK)
        status = run_levels(s, degree, &all);
    if (status == GIGA_OK)
        status = copy_out(graph, level, parent);
    all.seconds = gr_seconds() - start;
    if (status == GIGA_OK && stats)
        all.edges = reached_edges(graph);
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
