/*
 * kcore.c - core numbers on one node: peeling by levels in shared memory.
 *
 * After Kabir and Madduri, "Parallel k-core decomposition on multicore platforms" (IPDPSW
 * 2017): for each k the ranks look through the vertices that are left; those with k
 * neighbours left are removed, and with them whatever falls to k, each rank following what it
 * brought down itself. So a level costs two barriers however long its cascades are. Vertices
 * that are gone leave the list: all looks together are at most 2 * the sum of core numbers.
 *
 * Invariants:
 *   K1  left[v] is not below v's core number, and equals it when v has been removed
 *   K2  left[v] sinks to the level only once: by one decrement, whose rank removes v, or before
 *       the level, then by the rank that draws v. A decrement that goes below the level
 *       is taken back: K1 holds again at the barrier.
 *   K3  the list of a level holds at least the vertices that are left
 *
 * Several nodes: kcore_nodes.c. Memory: 24 bytes per vertex, and 8 per vertex removed in one
 * level.
 */
#include "kcore.h"

#include <stdlib.h>

#include "bfs.h"

enum { CHUNK = 1024, KEEP = 512 };

typedef struct peel {
    giga_graph *graph;
    gr_node_object left_object, list_object[2], tails_object;
    uint64_t *left;             /* neighbours left, at the end the core number */
    uint64_t *list[2];          /* vertices that may be left: of this level, of the next */
    gr_counter *tails;          /* lengths of lists, a ring over levels */
    uint64_t level;             /* k */
    uint64_t round;             /* looks so far */
    uint64_t listed;            /* vertices in the list */
    gr_stack stack;             /* this rank: to be removed */
    uint64_t keep[KEEP], kept;  /* this rank: not yet in the next list */
    uint64_t lowest;            /* this rank: of those left over, least neighbours */
    uint64_t removed, arcs;     /* this rank, this level */
    bool failed;                /* this rank: no memory for its stack */
} peel;

enum { TAILS = 4 };

bool gr_stack_grow(gr_stack *s)
{
    uint64_t room = s->room ? 2 * s->room : 1024;
    uint64_t *at = realloc(s->at, room * sizeof *at);

    if (!at)
        return false;
    s->at = at;
    s->room = room;
    return true;
}

static void append_kept(peel *p)
{
    uint64_t at = __atomic_fetch_add(&p->tails[p->round % TAILS].next, p->kept, __ATOMIC_RELAXED);

    for (uint64_t i = 0; i < p->kept; i++)
        p->list[p->round % 2][at + i] = p->keep[i];
    p->kept = 0;
}

/* Look through the list: those with k neighbours go to the stack, those with more stay. */
static void look(peel *p)
{
    const uint64_t *list = p->list[(p->round + 1) % 2];
    gr_work work = gr_work_begin(p->graph, p->listed, CHUNK);

    p->lowest = UINT64_MAX;
    for (uint64_t i, last; gr_work_draw(&work, &i, &last);) {
        for (; i < last; i++) {
            uint64_t v = p->round == 0 ? i : list[i], left = p->left[v];
            if (left < p->level)
                continue; /* removed in a level before */
            if (left == p->level) {
                p->failed = p->failed || !gr_stack_push(&p->stack, v);
                continue;
            }
            p->lowest = left < p->lowest ? left : p->lowest;
            p->keep[p->kept++] = v;
            if (p->kept == KEEP)
                append_kept(p);
        }
    }
    append_kept(p);
    p->removed = p->stack.count;
}

/* One neighbour less; true when that brings the vertex down to the level (K2). */
static inline bool lose_one(peel *p, uint64_t v)
{
    uint64_t *left = &p->left[v], level = p->level;

    if (__atomic_load_n(left, __ATOMIC_RELAXED) <= level)
        return false;
    uint64_t before = __atomic_fetch_sub(left, 1, __ATOMIC_RELAXED);
    if (before <= level)
        __atomic_fetch_add(left, 1, __ATOMIC_RELAXED);
    return before == level + 1;
}

static inline void take_from(peel *p, uint64_t neighbour)
{
    if (lose_one(p, neighbour)) {
        p->removed++;
        p->failed = p->failed || !gr_stack_push(&p->stack, neighbour);
    }
}

static inline void remove_vertex(peel *p, bool wide, uint64_t v)
{
    const gr_csr *out = &p->graph->out;
    uint64_t neighbour;

    if (gr_is_simple(p->graph)) {
        for (uint64_t i = out->rows[v]; i < out->rows[v + 1]; i++)
            take_from(p, gr_end(out, wide, i));
        p->arcs += out->rows[v + 1] - out->rows[v];
        return;
    }
    for (gr_walk w = gr_walk_begin(p->graph, v); gr_walk_next(&w, wide, &neighbour); p->arcs++)
        take_from(p, neighbour);
}

static inline void remove_all(peel *p, bool wide)
{
    while (p->stack.count > 0 && !p->failed)
        remove_vertex(p, wide, p->stack.at[--p->stack.count]);
}

static void count_neighbours(peel *p)
{
    giga_graph *graph = p->graph;
    gr_work work = gr_work_begin(graph, graph->n, CHUNK);

    for (uint64_t v, last; gr_work_draw(&work, &v, &last);) {
        for (; v < last; v++)
            p->left[v] = graph->wide ? gr_walk_count(graph, true, v)
                                     : gr_walk_count(graph, false, v);
    }
}

static giga_status out_of_memory(bool here)
{
    return giga_agree(here ? giga_fail(GIGA_ERR_MEMORY, "giga_kcore: rank %d is out of memory",
                                       giga_rank())
                           : GIGA_OK);
}

/* Look for those with k neighbours; *found is not 0 if there are any. If not, *lowest is the next
 * level that has some, UINT64_MAX when nobody is left. */
static giga_status begin_level(peel *p, uint64_t *found, uint64_t *lowest)
{
    uint64_t all[3];

    if (giga_near_index() == 0)
        p->tails[(p->round + TAILS / 2) % TAILS].next = 0;
    look(p);
    gr_account_wait(&p->graph->account);
    /* The least as the largest of the complements. */
    uint64_t mine[3] = {p->stack.count, ~p->lowest, p->failed};
    giga_status status = giga_allreduce(mine, all, 3, GIGA_U64, GIGA_MAX);
    p->listed = p->tails[p->round % TAILS].next;
    p->round++;
    *found = all[0];
    *lowest = ~all[1];
    gr_account_work(&p->graph->account);
    return status == GIGA_OK && all[2] ? out_of_memory(p->failed) : status;
}

static giga_status remove_level(peel *p)
{
    if (p->graph->wide)
        remove_all(p, true);
    else
        remove_all(p, false);
    gr_account_wait(&p->graph->account);
    return giga_barrier();
}

/* Levels until no vertex is left. */
static giga_status peel_all(peel *p, giga_run_stats *done)
{
    uint64_t lowest = 0, found;
    giga_status status = GIGA_OK;

    p->listed = p->graph->n;
    while (status == GIGA_OK && p->listed > 0 && lowest != UINT64_MAX) {
        p->arcs = 0;
        status = begin_level(p, &found, &lowest);
        if (status == GIGA_OK && found > 0) {
            status = remove_level(p);
            gr_account_step(&p->graph->account, "level", p->removed, p->arcs, 0, 0);
            done->arcs += p->arcs;
            done->steps++;
            p->level++;
        } else {
            p->level = lowest;
        }
    }
    return status == GIGA_OK ? out_of_memory(p->failed) : status;
}

static giga_status start(peel *p, giga_graph *graph)
{
    p->graph = graph;
    giga_status status = gr_node_alloc(graph->n * 8, false, &p->left_object);
    for (int i = 0; i < 2 && status == GIGA_OK; i++)
        status = gr_node_alloc(graph->n * 8, false, &p->list_object[i]);
    if (status == GIGA_OK)
        status = gr_node_alloc(TAILS * sizeof *p->tails, false, &p->tails_object);
    p->left = p->left_object.at;
    p->list[0] = p->list_object[0].at;
    p->list[1] = p->list_object[1].at;
    p->tails = p->tails_object.at;
    return status;
}

static giga_status stop(peel *p)
{
    gr_node_object *all[] = {&p->left_object, &p->list_object[0], &p->list_object[1],
                             &p->tails_object};
    giga_status status = GIGA_OK;

    free(p->stack.at);
    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    free(p);
    return status;
}

static giga_status run_on_one_node(giga_graph *graph, giga_array *core, giga_run_stats *done)
{
    uint64_t first, last;
    peel *p = calloc(1, sizeof *p);
    giga_status status = out_of_memory(!p);

    if (status == GIGA_OK)
        status = start(p, graph);
    if (status == GIGA_OK) {
        count_neighbours(p);
        status = giga_barrier();
    }
    if (status == GIGA_OK)
        status = peel_all(p, done);
    gr_my_vertices(graph, &first, &last);
    if (status == GIGA_OK)
        status = giga_agree(giga_array_put(core, first, last - first, p->left + first));
    giga_status freed = p ? stop(p) : GIGA_OK;
    return status != GIGA_OK ? status : freed;
}

/* Behind a barrier after the last put. */
static uint64_t largest_of(const giga_array *core)
{
    uint64_t count, largest = 0;
    const uint64_t *mine = giga_array_local(core, &count);

    for (uint64_t i = 0; i < count; i++)
        largest = mine[i] > largest ? mine[i] : largest;
    return giga_allreduce_max(largest);
}

giga_status giga_kcore(giga_graph *graph, giga_array *core, uint64_t *largest_out,
                       giga_run_stats *stats)
{
    giga_run_stats done = {0};
    giga_status status = giga_agree(gr_check_values("giga_kcore", graph, core));

    if (status != GIGA_OK)
        return status;
    double begin = gr_seconds();
    gr_account_begin(&graph->account);
    status = giga_nodes() == 1 ? run_on_one_node(graph, core, &done)
                               : gr_kcore_nodes(graph, core, &done);
    if (status == GIGA_OK)
        status = giga_barrier();
    if (status != GIGA_OK)
        return status;
    uint64_t largest = largest_of(core);
    done.arcs = giga_allreduce_sum(done.arcs);
    done.bytes = giga_allreduce_sum(done.bytes);
    done.seconds = gr_seconds() - begin;
    if (largest_out)
        *largest_out = largest;
    if (stats)
        *stats = done;
    return GIGA_OK;
}
