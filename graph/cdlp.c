/*
 * cdlp.c - communities by synchronous label propagation, LDBC Graphalytics' semantics.
 *
 * A label is an id from the start, so that ties need no order of indices. A vertex' row is
 * read once to see whether its own label already has the majority: then nothing need be
 * counted. Else labels are counted in a table.
 *
 * A vertex none of whose neighbours changed its label would find again what it has (from the
 * second iteration on), so it is left out. Who that is: on one node, where little has
 * changed, the changed vertices mark their neighbours; between nodes a row is searched for a
 * neighbour that changed, since ghosts have no rows here.
 *
 * Invariants:
 *   L1  an iteration reads the mirror and writes `next` and `now`; the mirror is written
 *       between the all-reduce that ends the iteration and the publication
 *   L2  words of now and touched belong to the rank that drew their vertices, or, between
 *       iterations, touched to all (gr_claim)
 *   L3  next is only read where now has a bit
 *
 * Memory per node: what changes.c takes, 8 bytes and a bit per vertex of the node; per rank a
 * table of 40 to 80 bytes per different label around one vertex.
 */
#include <stdlib.h>

#include "bfs.h"
#include "changes.h"

enum {
    CHUNK = 256,        /* vertices drawn at a time: words of bits */
    TABLE_MIN = 64,     /* places: of the smallest table, */
    TABLE_MAX = 4096,   /* of the largest to begin with: in the cache nearest to the core */
    FEW = 8             /* little has changed: at the ends of less than 1/FEW of the arcs */
};

typedef struct counted {
    uint64_t label, count;      /* count 0: the place is free */
} counted;

/* Counts of labels, private to a rank. Open addressing, at most half full; between two rows all
 * counts are 0, which costs only as much as there were different labels. */
typedef struct table {
    counted *places;
    uint64_t *taken;            /* places in use */
    uint64_t used, size, room;  /* `size` places, a power of two, of `room` that there are */
    int shift;                  /* of the hash: 64 - log2(size) */
} table;

typedef struct cdlp {
    giga_graph *graph;
    gr_changes changes;
    gr_node_object next_object, touched_object;
    uint64_t *next;             /* labels that change in this iteration, by local index */
    uint64_t *touched;          /* one node: bits of those a neighbour of which changed */
    bool marked;                /* touched is good for this iteration */
    bool first;                 /* labels are still ids */
    table table;
    bool failed;                /* this rank: no memory for its table */
    uint64_t arcs, changed, changed_arcs; /* this rank, this iteration */
} cdlp;

/* One or two runs of ends: a vertex' row in each adjacency. */
typedef struct rows {
    const gr_csr *csr[2];
    uint64_t begin[2], end[2];
    uint64_t degree;
} rows;

static inline rows rows_of(const giga_graph *graph, uint64_t local)
{
    const gr_csr *out = &graph->out, *in = &graph->in;
    rows r = {{out, in}, {out->rows[local], 0}, {out->rows[local + 1], 0}, 0};

    if (graph->info.directed) {
        r.begin[1] = in->rows[local];
        r.end[1] = in->rows[local + 1];
    }
    r.degree = r.end[0] - r.begin[0] + r.end[1] - r.begin[1];
    return r;
}

/* ---- counting ---- */

static inline bool better(counted a, counted b)
{
    return a.count > b.count || (a.count == b.count && a.label < b.label);
}

static void table_resize(table *t, uint64_t size)
{
    t->size = size;
    t->shift = __builtin_clzll(size) + 1;
}

/* Multiplicative hashing (Knuth). Written so that only a collision is a jump not foreseen. */
static inline void table_add(table *t, uint64_t label, uint64_t count)
{
    uint64_t at = label * UINT64_C(0x9e3779b97f4a7c15) >> t->shift;

    while (t->places[at].count != 0 && t->places[at].label != label)
        at = (at + 1) & (t->size - 1);
    t->taken[t->used] = at;
    t->used += t->places[at].count == 0;
    t->places[at].label = label;
    t->places[at].count += count;
}

/* More room, all free. */
static bool table_allocate(table *t, uint64_t room)
{
    counted *places = calloc(room, sizeof *places);
    uint64_t *taken = malloc((room / 2 + 2) * sizeof *taken);

    if (!places || !taken) {
        free(places);
        free(taken);
        return false;
    }
    free(t->places);
    free(t->taken);
    t->places = places;
    t->taken = taken;
    t->room = room;
    return true;
}

/* Twice the size; what it holds is added again. */
static bool table_grow(table *t)
{
    uint64_t used = t->used;
    counted *old = malloc((used + 1) * sizeof *old);

    for (uint64_t i = 0; i < used && old; i++) {
        old[i] = t->places[t->taken[i]];
        t->places[t->taken[i]].count = 0;
    }
    if (!old || (2 * t->size > t->room && !table_allocate(t, 2 * t->size))) {
        free(old);
        return false;
    }
    table_resize(t, 2 * t->size);
    t->used = 0;
    for (uint64_t i = 0; i < used; i++)
        table_add(t, old[i].label, old[i].count);
    free(old);
    return true;
}

/* The best, and all places free again. */
static inline counted table_take(table *t)
{
    counted best = {0, 0};

    for (uint64_t i = 0; i < t->used; i++) {
        counted *place = &t->places[t->taken[i]];
        if (better(*place, best))
            best = *place;
        place->count = 0;
    }
    t->used = 0;
    return best;
}

static inline uint64_t label_at(const cdlp *c, bool wide, const gr_csr *csr, uint64_t arc)
{
    return c->changes.mirror[gr_end(csr, wide, arc)];
}

static inline uint64_t count_labels(cdlp *c, bool wide, const rows *r)
{
    table *t = &c->table;
    uint64_t size = TABLE_MIN;

    while (size < 2 * r->degree && size < TABLE_MAX)
        size *= 2;
    table_resize(t, size);
    for (int k = 0; k < 2; k++) {
        for (uint64_t i = r->begin[k]; i < r->end[k]; i++) {
            table_add(t, label_at(c, wide, r->csr[k], i), 1);
            if (2 * t->used > t->size && !table_grow(t)) {
                c->failed = true;
                return 0;
            }
        }
    }
    return table_take(t).label;
}

static inline uint64_t least_label(const cdlp *c, bool wide, const rows *r)
{
    uint64_t least = UINT64_MAX;

    for (uint64_t i = r->begin[0]; i < r->end[0]; i++) {
        uint64_t label = label_at(c, wide, r->csr[0], i);
        least = label < least ? label : least;
    }
    return least;
}

static inline bool has_majority(const cdlp *c, bool wide, const rows *r, uint64_t label)
{
    uint64_t count = 0;

    for (int k = 0; k < 2; k++) {
        for (uint64_t i = r->begin[k]; i < r->end[k]; i++)
            count += label_at(c, wide, r->csr[k], i) == label;
    }
    return count > r->degree / 2;
}

static inline uint64_t most_frequent(cdlp *c, bool wide, const rows *r, uint64_t own)
{
    const giga_graph_info *info = &c->graph->info;

    if (r->degree == 0)
        return own;
    c->arcs += r->degree;
    if (c->first && !info->directed && !info->duplicates_kept)
        return least_label(c, wide, r); /* every label is there once */
    if (!c->first && has_majority(c, wide, r, own))
        return own;
    return count_labels(c, wide, r);
}

/* ---- an iteration ---- */

static inline bool neighbour_changed(const cdlp *c, bool wide, const rows *r)
{
    for (int k = 0; k < 2; k++) {
        for (uint64_t i = r->begin[k]; i < r->end[k]; i++) {
            if (gr_bit(c->changes.was, gr_end(r->csr[k], wide, i)))
                return true;
        }
    }
    return false;
}

/* The vertices of one word of the bitmaps. */
static inline void iterate_word(cdlp *c, bool wide, uint64_t local, uint64_t last)
{
    const uint64_t *mirror = c->changes.mirror + c->graph->first;
    bool search = giga_nodes() > 1 && !c->first && !c->changes.all;
    uint64_t word = local / 64, bits = 0, todo = UINT64_MAX;

    if (c->marked) {
        todo = c->touched[word];
        c->touched[word] = 0;
    }
    for (; local < last; local++) {
        if (!(todo >> local % 64 & 1))
            continue;
        rows r = rows_of(c->graph, local);
        if (search && !neighbour_changed(c, wide, &r))
            continue;
        uint64_t label = most_frequent(c, wide, &r, mirror[local]);
        if (label == mirror[local])
            continue;
        c->next[local] = label;
        bits |= UINT64_C(1) << local % 64;
        c->changed++;
        c->changed_arcs += r.degree;
    }
    c->changes.now[c->graph->first / 64 + word] = bits;
}

/* L1. */
static void iterate(cdlp *c)
{
    giga_graph *graph = c->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    c->arcs = c->changed = c->changed_arcs = 0;
    for (uint64_t local, last; gr_work_draw(&work, &local, &last);) {
        for (; local < last; local += 64) {
            uint64_t end = last - local < 64 ? last : local + 64;
            if (graph->wide)
                iterate_word(c, true, local, end);
            else
                iterate_word(c, false, local, end);
        }
    }
}

static inline void mark_neighbours(cdlp *c, bool wide, uint64_t local)
{
    rows r = rows_of(c->graph, local);

    for (int k = 0; k < 2; k++) {
        for (uint64_t i = r.begin[k]; i < r.end[k]; i++)
            gr_claim(c->touched, gr_end(r.csr[k], wide, i));
    }
}

/* New labels of this rank's vertices into the mirror; with `mark` their neighbours are marked,
 * by whoever draws them: where degrees are skewed they are not spread evenly. */
static void apply(cdlp *c, bool mark)
{
    giga_graph *graph = c->graph;
    uint64_t begin = graph->first / 64;
    gr_work work = gr_work_begin(graph, gr_words(graph->last - graph->first), CHUNK / 64);

    for (uint64_t w, last; gr_work_draw(&work, &w, &last);) {
        for (; w < last; w++) {
            for (uint64_t rest = c->changes.now[begin + w]; rest; rest &= rest - 1) {
                uint64_t local = 64 * w + (uint64_t)__builtin_ctzll(rest);
                c->changes.mirror[graph->first + local] = c->next[local];
                if (mark && graph->wide)
                    mark_neighbours(c, true, local);
                else if (mark)
                    mark_neighbours(c, false, local);
            }
        }
    }
}

/* Sums over ranks after an iteration. */
typedef struct sums {
    uint64_t changed, changed_arcs, arcs, failed;
} sums;

static giga_status end_iteration(const cdlp *c, sums *sum)
{
    sums mine = {c->changed, c->changed_arcs, c->arcs, c->failed};
    giga_status status = giga_allreduce(&mine, sum, sizeof mine / 8, GIGA_U64, GIGA_SUM);

    if (status == GIGA_OK && sum->failed)
        status = giga_agree(c->failed ? giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for "
                                                  "labels around a vertex", giga_rank())
                                      : GIGA_OK);
    return status;
}

static giga_status put_labels(const cdlp *c, giga_array *to)
{
    uint64_t first, last;

    gr_my_vertices(c->graph, &first, &last);
    giga_status status = giga_agree(giga_array_put(to, first, last - first,
                                                   c->changes.mirror + first));
    return status == GIGA_OK ? giga_barrier() : status;
}

static giga_status first_labels(cdlp *c)
{
    uint64_t first, last;

    gr_my_vertices(c->graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        c->changes.mirror[v] = gr_own_id(c->graph, v - c->graph->first);
    giga_status status = giga_barrier();
    return status == GIGA_OK ? gr_changes_publish(&c->changes, true) : status;
}

/* One iteration; *sum is what all ranks did in it. `before` gets the labels it began with if it
 * was the last. */
static giga_status run_iteration(cdlp *c, bool last, giga_array *before, sums *sum)
{
    gr_account *account = &c->graph->account;

    c->changes.bytes = c->changes.messages = 0;
    iterate(c);
    gr_account_wait(account);
    giga_status status = end_iteration(c, sum);
    last = last || sum->changed == 0;
    if (status == GIGA_OK && last && before)
        status = put_labels(c, before);
    gr_account_work(account);
    if (status == GIGA_OK && sum->changed > 0) {
        c->marked = !last && giga_nodes() == 1 &&
                    sum->changed_arcs < c->graph->info.arcs / FEW;
        apply(c, c->marked);
        gr_account_wait(account);
        status = giga_barrier();
        if (status == GIGA_OK && !last)
            status = gr_changes_publish(&c->changes, false);
    }
    c->first = false;
    gr_account_step(account, "iteration", c->changed, c->arcs, c->changes.bytes,
                    c->changes.messages);
    return status;
}

static giga_status run(cdlp *c, uint64_t iterations, giga_array *before, giga_run_stats *done)
{
    uint64_t bytes = 0;
    sums sum = {.changed = 1};
    giga_status status = first_labels(c);

    if (status == GIGA_OK && iterations == 0 && before)
        status = put_labels(c, before);
    while (done->steps < iterations && sum.changed > 0 && status == GIGA_OK) {
        status = run_iteration(c, done->steps + 1 == iterations, before, &sum);
        done->steps++;
        done->arcs += sum.arcs;
        bytes += c->changes.bytes;
    }
    done->bytes = bytes;
    return status;
}

static giga_status start(cdlp *c, giga_graph *graph)
{
    uint64_t own = graph->last - graph->first;

    *c = (cdlp){.graph = graph, .first = true};
    giga_status status = gr_changes_make(graph, &c->changes);
    if (status == GIGA_OK)
        status = gr_node_alloc(own * 8, false, &c->next_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(gr_words(own) * 8, false, &c->touched_object);
    c->next = c->next_object.at;
    c->touched = c->touched_object.at;
    bool good = table_allocate(&c->table, TABLE_MAX);
    if (status == GIGA_OK)
        status = giga_agree(good ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "giga_cdlp: out of memory"));
    return status;
}

static giga_status stop(cdlp *c)
{
    giga_status status = gr_changes_free(&c->changes);

    free(c->table.places);
    free(c->table.taken);
    if (status == GIGA_OK)
        status = gr_node_free(&c->next_object);
    return status == GIGA_OK ? gr_node_free(&c->touched_object) : status;
}

static giga_status check(const giga_graph *graph, const giga_array *label, const giga_array *before)
{
    giga_status status = gr_check_values("giga_cdlp", graph, label);

    if (status == GIGA_OK && before)
        status = gr_check_values("giga_cdlp", graph, before);
    if (status == GIGA_OK && before == label)
        status = giga_fail(GIGA_ERR_ARG, "giga_cdlp: labels and those before them are one array");
    return status;
}

giga_status giga_cdlp(giga_graph *graph, uint64_t iterations, giga_array *label, giga_array *before,
                      giga_run_stats *stats)
{
    giga_run_stats done = {0};
    cdlp c;
    giga_status status = giga_agree(check(graph, label, before));

    if (status != GIGA_OK)
        return status;
    double begin = gr_seconds();
    gr_account_begin(&graph->account);
    status = start(&c, graph);
    if (status == GIGA_OK)
        status = run(&c, iterations, before, &done);
    if (status == GIGA_OK)
        status = put_labels(&c, label);
    done.bytes = status == GIGA_OK ? giga_allreduce_sum(done.bytes) : 0;
    giga_status freed = stop(&c);
    done.seconds = gr_seconds() - begin;
    status = status != GIGA_OK ? status : freed;
    if (status == GIGA_OK && stats)
        *stats = done;
    return status;
}
