/*
 * kcore_nodes.c - core numbers across nodes: estimates that sink until they hold.
 *
 * A vertex' core number is the largest h such that h neighbours have core numbers of h or more
 * (Lue, Zhou, Zhang, Stanley, Nature Communications 2016). Estimates start at the number of
 * neighbours and are replaced by what that rule makes of the neighbours' estimates; they only
 * sink, never below the core number, and in any order end there (Montresor, De Pellegrini,
 * Miorandi, PODC 2011). The estimates of ghosts come by changes.h.
 *
 * Why not peeling here: it would need two collective calls for each cascade of each level,
 * thousands in a skewed graph, and 8 bytes for every arc between nodes. This takes tens of
 * rounds, and a vertex with many arcs to another node goes there once a round.
 *
 * Invariants:
 *   H1  an estimate only sinks (atomic minimum) and is not below the core number; so any value
 *       read, however old, gives a correct bound
 *   H2  a vertex is looked at in every round after one in which a neighbour's estimate sank below
 *       its own; in a round where none sinks all estimates therefore obey the rule, and are the
 *       core numbers
 *
 * In a round whoever sinks is followed at once to neighbours of this node with short rows: else a
 * long path would take a round per vertex. Hubs wait for the next round, when much has sunk.
 *
 * Memory per node: what changes.c takes; per rank 8 bytes per neighbour of one vertex.
 */
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "kcore.h"

enum {
    CHUNK = 256,        /* vertices drawn at a time */
    WORDS = CHUNK / 64, /* the same in words of bits */
    SHORT = 16          /* longest row (of out-arcs) that is looked at again in a round */
};

typedef struct sinking {
    giga_graph *graph;
    gr_changes changes;         /* the mirror has the estimates */
    bool simple;                /* rows need no walk */
    gr_stack follow;            /* this rank: to be looked at again */
    uint64_t *counts, room;     /* this rank: neighbours by estimate */
    bool failed;                /* this rank: no memory for them */
    uint64_t sunk, arcs;        /* this rank, this round */
} sinking;

static inline uint64_t estimate(const sinking *s, uint64_t vertex)
{
    return __atomic_load_n(&s->changes.mirror[vertex], __ATOMIC_RELAXED);
}

/* H1; the estimate before. */
static uint64_t sink(sinking *s, uint64_t vertex, uint64_t to)
{
    uint64_t *at = &s->changes.mirror[vertex], from = estimate(s, vertex);

    while (from > to && !__atomic_compare_exchange_n(at, &from, to, true, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED))
        ;
    if (from > to)
        s->sunk += gr_claim(s->changes.now, vertex);
    return from;
}

/* As many neighbours as the estimate says have as much: looked for until that is certain. */
static inline bool holds(sinking *s, bool wide, uint64_t local, uint64_t now)
{
    const gr_csr *out = &s->graph->out;
    uint64_t neighbour, found = 0, i = out->rows[local];

    if (!s->simple) {
        for (gr_walk w = gr_walk_begin(s->graph, local);
             found < now && gr_walk_next(&w, wide, &neighbour); s->arcs++)
            found += estimate(s, neighbour) >= now;
        return found == now;
    }
    for (uint64_t left = out->rows[local + 1] - i; found < now && left >= now - found;) {
        uint64_t step = now - found; /* so many at least: no question in between */
        for (uint64_t end = i + step; i < end; i++)
            found += estimate(s, gr_end(out, wide, i)) >= now;
        left -= step;
        s->arcs += step;
    }
    return found == now;
}

static bool make_room(sinking *s, uint64_t count)
{
    if (count > s->room) {
        free(s->counts);
        s->counts = malloc(2 * count * sizeof *s->counts);
        s->room = s->counts ? 2 * count : 0;
        s->failed = s->failed || !s->counts;
    }
    return s->room >= count;
}

static inline void count_one(sinking *s, uint64_t neighbour, uint64_t now)
{
    uint64_t e = estimate(s, neighbour);

    s->counts[e < now ? e : now]++;
}

static inline void count_row(sinking *s, bool wide, uint64_t local, uint64_t now)
{
    const gr_csr *out = &s->graph->out;

    for (uint64_t i = out->rows[local]; i < out->rows[local + 1]; i++)
        count_one(s, gr_end(out, wide, i), now);
    s->arcs += out->rows[local + 1] - out->rows[local];
}

/* The largest h, at most `now`, such that h neighbours have h or more. */
static inline uint64_t rule(sinking *s, bool wide, uint64_t local, uint64_t now)
{
    uint64_t neighbour, found = 0;

    if (!make_room(s, now + 1))
        return now;
    memset(s->counts, 0, (now + 1) * sizeof *s->counts);
    if (s->simple)
        count_row(s, wide, local, now);
    for (gr_walk w = gr_walk_begin(s->graph, local);
         !s->simple && gr_walk_next(&w, wide, &neighbour); s->arcs++)
        count_one(s, neighbour, now);
    for (uint64_t h = now; h > 0; h--) {
        found += s->counts[h];
        if (found >= h)
            return h;
    }
    return 0;
}

/* Neighbours that counted on the vertex, which sank, and are cheap to look at. */
static inline void follow_neighbours(sinking *s, bool wide, uint64_t local, uint64_t from,
                                     uint64_t to)
{
    const giga_graph *graph = s->graph;
    uint64_t neighbour;

    for (gr_walk w = gr_walk_begin(graph, local); gr_walk_next(&w, wide, &neighbour);) {
        if (neighbour < graph->first || neighbour >= graph->last)
            continue;
        uint64_t other = neighbour - graph->first, e = estimate(s, neighbour);
        if (e > to && e <= from && graph->out.rows[other + 1] - graph->out.rows[other] <= SHORT)
            s->failed = s->failed || !gr_stack_push(&s->follow, other);
    }
}

static inline void look_at(sinking *s, bool wide, uint64_t local)
{
    s->follow.count = 0;
    for (;; local = s->follow.at[--s->follow.count]) {
        uint64_t now = estimate(s, s->graph->first + local);
        if (s->changes.all || !holds(s, wide, local, now)) {
            uint64_t to = rule(s, wide, local, now);
            uint64_t from = sink(s, s->graph->first + local, to);
            if (from > to)
                follow_neighbours(s, wide, local, from, to);
        }
        if (s->follow.count == 0)
            return;
    }
}

/* Whether one sank below this vertex: any other is still one of those it counts on. */
static inline bool any_sunk(const sinking *s, const gr_csr *csr, bool wide, uint64_t local)
{
    uint64_t own = estimate(s, s->graph->first + local);

    for (uint64_t i = csr->rows[local]; i < csr->rows[local + 1]; i++) {
        uint64_t end = gr_end(csr, wide, i);
        if (gr_bit(s->changes.was, end) && estimate(s, end) < own)
            return true;
    }
    return false;
}

/* H2. */
static inline bool must_look(const sinking *s, bool wide, uint64_t local)
{
    return s->changes.all || any_sunk(s, &s->graph->out, wide, local) ||
           (s->graph->info.directed && any_sunk(s, &s->graph->in, wide, local));
}

/* The vertices of one word of the bitmaps, last first. */
static inline void look_at_word(sinking *s, bool wide, uint64_t word)
{
    uint64_t first = 64 * word, own = s->graph->last - s->graph->first;

    for (uint64_t local = own < first + 64 ? own : first + 64; local > first; local--) {
        if (must_look(s, wide, local - 1))
            look_at(s, wide, local - 1);
    }
}

static giga_status run_round(sinking *s, uint64_t *sunk)
{
    giga_graph *graph = s->graph;
    uint64_t runs = (uint64_t)giga_near_size(), run = graph->span / 64, all[2];
    gr_work work = gr_work_begin(graph, runs * run, WORDS);

    s->sunk = s->arcs = s->changes.bytes = s->changes.messages = 0;
    for (uint64_t i, last; gr_work_draw(&work, &i, &last);) {
        for (; i < last; i++) {
            uint64_t word = i % runs * run + (run - 1 - i / runs);
            if (graph->wide)
                look_at_word(s, true, word);
            else
                look_at_word(s, false, word);
        }
    }
    gr_account_wait(&graph->account);
    uint64_t mine[2] = {s->sunk, s->failed};
    giga_status status = giga_allreduce(mine, all, 2, GIGA_U64, GIGA_SUM);
    *sunk = all[0];
    if (status == GIGA_OK && all[1])
        status = giga_agree(s->failed ? giga_fail(GIGA_ERR_MEMORY, "giga_kcore: rank %d is out of "
                                                  "memory", giga_rank())
                                      : GIGA_OK);
    if (status == GIGA_OK && *sunk > 0)
        status = gr_changes_publish(&s->changes, false);
    gr_account_step(&graph->account, "round", s->sunk, s->arcs, s->changes.bytes,
                    s->changes.messages);
    return status;
}

static giga_status first_estimates(sinking *s)
{
    giga_graph *graph = s->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    for (uint64_t local, last; gr_work_draw(&work, &local, &last);) {
        for (; local < last; local++)
            s->changes.mirror[graph->first + local] =
                graph->wide ? gr_walk_count(graph, true, local)
                            : gr_walk_count(graph, false, local);
    }
    giga_status status = giga_barrier();
    return status == GIGA_OK ? gr_changes_publish(&s->changes, true) : status;
}

giga_status gr_kcore_nodes(giga_graph *graph, giga_array *core, giga_run_stats *done)
{
    sinking s = {.graph = graph, .simple = gr_is_simple(graph)};
    uint64_t sunk = 1, first, last;
    giga_status status = gr_changes_make(graph, &s.changes);

    if (status == GIGA_OK)
        status = first_estimates(&s);
    done->bytes += s.changes.bytes;
    while (status == GIGA_OK && sunk > 0) {
        status = run_round(&s, &sunk);
        done->steps++;
        done->arcs += s.arcs;
        done->bytes += s.changes.bytes;
    }
    gr_my_vertices(graph, &first, &last);
    if (status == GIGA_OK)
        status = giga_agree(giga_array_put(core, first, last - first, s.changes.mirror + first));
    free(s.follow.at);
    free(s.counts);
    giga_status freed = gr_changes_free(&s.changes);
    return status != GIGA_OK ? status : freed;
}
