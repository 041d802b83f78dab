/*
 * forward.c - see forward.h.
 *
 * Which vertices come before which: those with the lower canonical numbers, where these
 * ascend with falling bins of degree, or where no degree is above the root of the number of
 * arcs; else those with more arcs, of equal ones the lower number. In each case a forward list has
 * O(sqrt(arcs)) ends, which bounds all that is done with it.
 *
 * Invariants:
 *   W1  lists and hubs do not depend on ranks and nodes
 *   W2  a row of hub_ends, rest_ends or the matrix is written by the rank that drew its vertex
 *   W3  by_number: all that is in a forward list has lower numbers than its vertex, and hubs come
 *       before the others
 *
 * Memory per node: 16 bytes per vertex of the node; 2 bytes per arc to a hub and 4 (8) per
 * other one, each edge once; 16 MiB of matrix at most, marked 32. Not by_number, while they are
 * made: 8 bytes per vertex of the graph, of which pages nobody needs are not touched.
 */
#include "forward.h"

#include <stdlib.h>

#include "ghosts.h"

enum {
    CHUNK = 256,        /* vertices drawn at a time */
    HUBS_MIN = 64,
    SPARSE = 256,       /* a matrix with fewer than one bit in so many set is not worth it */
    LEVELS = 9,         /* HUBS_MIN << (LEVELS - 1) is GR_HUBS_MAX */
    RUN = 64,           /* canonical numbers that are on one node (model.h) */
    WINDOW = 1 << 15,   /* an end is near when its number is not further than this */
    FAR_SHARE = 8,      /* one in so many may be far in a graph that is called local */
};

typedef struct maker {
    giga_graph *graph;
    gr_forward *f;
    gr_node_object degree_object, sums_object;
    uint64_t *degree;           /* of all vertices by index; NULL: by_number */
    uint64_t *hub_rows, *rest_rows, *sums;
    uint64_t far, rest;         /* this rank: ends that are not hubs, and not near */
} maker;

/* ---- neighbours of a vertex ---- */

/* The ends of a row, or of two rows merged: by ascending number, each once. */
typedef struct walk {
    const giga_graph *graph;
    uint64_t i[2], last[2];     /* in the out- and in-row */
    uint64_t number[2];         /* that stand there; UINT64_MAX at the end */
    uint64_t self;
} walk;

typedef struct neighbour {
    uint64_t index, number;
    bool both;                  /* there is an arc in either direction */
} neighbour;

static inline const gr_csr *side_of(const giga_graph *graph, int side)
{
    return side == 0 ? &graph->out : &graph->in;
}

/* To the next end that is another one. */
static inline void skip_equal(walk *w, bool wide, int side)
{
    const gr_csr *csr = side_of(w->graph, side);
    uint64_t before = w->number[side];

    while (w->i[side] < w->last[side]) {
        w->number[side] = gr_order(w->graph, gr_end(csr, wide, w->i[side]));
        if (w->number[side] != before && w->number[side] != w->self)
            return;
        w->i[side]++;
    }
    w->number[side] = UINT64_MAX;
}

static inline walk walk_begin(const giga_graph *graph, bool wide, uint64_t local)
{
    walk w = {.graph = graph, .self = gr_order(graph, graph->first + local),
              .number = {UINT64_MAX, UINT64_MAX}};

    for (int side = 0; side < 1 + graph->info.directed; side++) {
        w.i[side] = side_of(graph, side)->rows[local];
        w.last[side] = side_of(graph, side)->rows[local + 1];
        skip_equal(&w, wide, side);
    }
    return w;
}

static inline bool walk_next(walk *w, bool wide, neighbour *to)
{
    uint64_t out = w->number[0], in = w->number[1];
    int side = out <= in ? 0 : 1;

    if (w->number[side] == UINT64_MAX)
        return false;
    *to = (neighbour){gr_end(side_of(w->graph, side), wide, w->i[side]), w->number[side],
                      out == in};
    if (out <= in)
        skip_equal(w, wide, 0);
    if (in <= out)
        skip_equal(w, wide, 1);
    return true;
}

uint64_t gr_neighbours(const giga_graph *graph, uint64_t local)
{
    walk w = walk_begin(graph, graph->wide, local);
    neighbour v;
    uint64_t count = 0;

    if (!graph->info.directed && !graph->info.loops_kept && !graph->info.duplicates_kept)
        return graph->out.rows[local + 1] - graph->out.rows[local];
    while (walk_next(&w, graph->wide, &v))
        count++;
    return count;
}

/* ---- the order ---- */

static uint64_t arcs_at(const giga_graph *graph, uint64_t local)
{
    uint64_t arcs = graph->out.rows[local + 1] - graph->out.rows[local];

    return graph->info.directed ? arcs + graph->in.rows[local + 1] - graph->in.rows[local] : arcs;
}

static giga_status share_degrees(maker *m)
{
    giga_graph *graph = m->graph;
    uint64_t first, last, bytes = 0;
    gr_ghosts ghosts;
    giga_status status = gr_node_alloc(graph->n * 8, giga_nodes() > 1, &m->degree_object);

    if (status == GIGA_OK)
        status = gr_ghosts_make(graph, GR_ARCS_BOTH, &ghosts);
    if (status != GIGA_OK)
        return status;
    m->degree = m->degree_object.at;
    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++)
        m->degree[v] = arcs_at(graph, v - graph->first);
    status = giga_barrier();
    if (status == GIGA_OK)
        status = gr_ghosts_refresh(graph, &ghosts, m->degree, &bytes);
    giga_status freed = gr_ghosts_free(&ghosts);
    return status != GIGA_OK ? status : freed;
}

static giga_status choose_order(maker *m)
{
    const giga_graph *graph = m->graph;
    uint64_t first, last, largest = 0, arcs = graph->info.arcs;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t v = first; v < last; v++) {
        uint64_t here = arcs_at(graph, v - graph->first);
        largest = here > largest ? here : largest;
    }
    largest = giga_allreduce_max(largest);
    m->f->by_number = graph->skewed || largest == 0 || largest <= arcs / largest;
    return m->f->by_number ? GIGA_OK : share_degrees(m);
}

static inline bool comes_before(const maker *m, const neighbour *v, uint64_t index, uint64_t number)
{
    if (!m->degree)
        return v->number < number;
    uint64_t theirs = m->degree[v->index], own = m->degree[index];
    return theirs > own || (theirs == own && v->number < number);
}

/* The next vertex of a forward list. */
static inline bool next_forward(const maker *m, walk *w, bool wide, uint64_t index, neighbour *to)
{
    while (walk_next(w, wide, to)) {
        if (comes_before(m, to, index, w->self))
            return true;
        if (!m->degree)
            return false; /* W3: the row is sorted, and so is the end of it */
    }
    return false;
}

/* ---- hubs ---- */

/* Ends of a row with numbers below the vertex' own. */
static uint64_t count_below(const giga_graph *graph, const gr_csr *csr, uint64_t local)
{
    uint64_t low = csr->rows[local], high = csr->rows[local + 1];
    uint64_t self = gr_order(graph, graph->first + local);

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (gr_order(graph, gr_end(csr, graph->wide, middle)) < self)
            low = middle + 1;
        else
            high = middle;
    }
    return low - csr->rows[local];
}

/* How many hubs: as many as make a matrix that is not too sparse. W1. */
static giga_status choose_hubs(maker *m)
{
    giga_graph *graph = m->graph;
    uint64_t bits[LEVELS] = {0}, locals = graph->last - graph->first;
    gr_work work = gr_work_begin(graph, locals < GR_HUBS_MAX ? locals : GR_HUBS_MAX, RUN);

    for (uint64_t l, last; m->f->by_number && gr_work_draw(&work, &l, &last);) {
        for (; l < last; l++) {
            uint64_t number = gr_order(graph, graph->first + l), level = 0;
            while (level < LEVELS && number >= (uint64_t)HUBS_MIN << level)
                level++;
            if (level == LEVELS)
                continue;
            bits[level] += count_below(graph, &graph->out, l);
            if (graph->info.directed)
                bits[level] += count_below(graph, &graph->in, l);
        }
    }
    giga_status status = giga_allreduce(bits, bits, LEVELS, GIGA_U64, GIGA_SUM);
    m->f->hubs = 0;
    for (uint64_t level = 0, sum = 0; level < LEVELS; level++) {
        uint64_t hubs = (uint64_t)HUBS_MIN << level;
        sum += bits[level];
        if (sum >= hubs * hubs / 2 / SPARSE)
            m->f->hubs = hubs;
        if (hubs >= graph->n)
            break; /* all are hubs */
    }
    return status;
}

static giga_status make_matrix(maker *m)
{
    gr_forward *f = m->f;
    uint64_t bytes = gr_matrix_row(f->hubs) * 8;
    giga_status status = GIGA_OK;

    if (f->hubs == 0)
        return GIGA_OK;
    status = gr_node_alloc(bytes, false, &f->matrix_object);
    if (status == GIGA_OK && f->marked)
        status = gr_node_alloc(bytes, false, &f->both_object);
    f->matrix = f->matrix_object.at;
    f->both = f->both_object.at;
    return status;
}

static inline void set_bit(uint64_t *matrix, uint64_t row, uint64_t bit)
{
    matrix[gr_matrix_row(row) + bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The rows of a run of hubs of another node as they are, ... */
static giga_status fetch_bits(const maker *m, const gr_node_object *object, int32_t node, uint64_t v,
                              uint64_t count)
{
    uint64_t first = gr_matrix_row(v), words = gr_matrix_row(v + count) - first;
    const uint64_t *from = gr_node_at(object, node);

    m->f->bytes += words * 8;
    return giga_get((uint64_t *)object->at + first, from + first, words * 8);
}

/* ... or made from their lists, which have nothing but hubs (W3). */
static giga_status fetch_lists(const maker *m, int32_t node, uint64_t v, uint64_t count,
                               const uint64_t *rows, uint16_t *ends)
{
    const gr_forward *f = m->f;
    const uint16_t *from = gr_node_at(&f->hub_ends_object, node);
    uint64_t bytes = (rows[count] - rows[0]) * 2;
    giga_status status = giga_get(ends, from + rows[0], bytes);

    m->f->bytes += bytes;
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        for (uint64_t at = rows[i] - rows[0]; at < rows[i + 1] - rows[0]; at++) {
            uint64_t end = ends[at], hub = f->marked ? end / 2 : end;
            set_bit(f->matrix_object.at, v + i, hub);
            if (f->marked && end % 2 == 1)
                set_bit(f->both_object.at, v + i, hub);
        }
    }
    return status;
}

/* Whatever is shorter. `ends` has room for either. */
static giga_status fetch_run(const maker *m, uint64_t v, uint64_t count, uint16_t *ends)
{
    const giga_graph *graph = m->graph;
    uint64_t index = gr_index(graph, v), rows[RUN + 1];
    uint64_t words = (gr_matrix_row(v + count) - gr_matrix_row(v)) * (m->f->marked ? 2 : 1);
    int32_t node = gr_node_of_vertex(graph, index);
    const uint64_t *from = gr_node_at(&m->f->hub_rows_object, node);
    giga_status status = giga_get(rows, from + (index - graph->starts[node]), (count + 1) * 8);

    m->f->bytes += (count + 1) * 8;
    if (status == GIGA_OK && (rows[count] - rows[0]) * 2 < words * 8)
        return fetch_lists(m, node, v, count, rows, ends);
    if (status == GIGA_OK)
        status = fetch_bits(m, &m->f->matrix_object, node, v, count);
    if (status == GIGA_OK && m->f->marked)
        status = fetch_bits(m, &m->f->both_object, node, v, count);
    return status;
}

/* The rows of other nodes' hubs, each rank runs of its own. */
static giga_status fetch_matrix(const maker *m)
{
    uint64_t hubs = m->f->hubs < m->graph->n ? m->f->hubs : m->graph->n, local;
    uint16_t *ends = malloc(2 * (gr_matrix_row(m->f->hubs) - gr_matrix_row(m->f->hubs - RUN)) * 8);
    giga_status status = ends ? GIGA_OK
                              : giga_fail(GIGA_ERR_MEMORY, "giga_triangles: rank %d: out of memory",
                                          giga_rank());

    for (uint64_t v = (uint64_t)giga_near_index() * RUN; v < hubs && status == GIGA_OK;
         v += (uint64_t)giga_near_size() * RUN) {
        if (!gr_local(m->graph, v, &local))
            status = fetch_run(m, v, hubs - v < RUN ? hubs - v : RUN, ends);
    }
    free(ends);
    return status;
}

static giga_status share_matrix(const maker *m)
{
    giga_status status = GIGA_OK;

    if (giga_nodes() > 1 && m->f->hubs > 0)
        status = giga_agree(fetch_matrix(m));
    return status == GIGA_OK ? giga_barrier() : status;
}

/* ---- lists ---- */

static inline void count_chunk(maker *m, bool wide, uint64_t local, uint64_t last)
{
    for (; local < last; local++) {
        walk w = walk_begin(m->graph, wide, local);
        uint64_t hubs = 0, rest = 0;
        for (neighbour v; next_forward(m, &w, wide, m->graph->first + local, &v);) {
            hubs += v.number < m->f->hubs;
            rest += v.number >= m->f->hubs;
            m->far += v.number >= m->f->hubs && w.self - v.number + WINDOW > 2 * WINDOW;
        }
        m->rest += rest;
        if (m->hub_rows)
            m->hub_rows[local + 1] = hubs;
        m->rest_rows[local + 1] = rest;
    }
}

static void count_lists(maker *m)
{
    giga_graph *graph = m->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        if (graph->wide)
            count_chunk(m, true, l, last);
        else
            count_chunk(m, false, l, last);
    }
}

/* Lengths to starts, each rank its vertices. `sums` has a word for every rank of the node. */
static giga_status sum_rows(const giga_graph *graph, uint64_t *rows, uint64_t *sums,
                            uint64_t *total_out)
{
    uint64_t first, last, sum = 0, before = 0, total = 0;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t l = first - graph->first; l < last - graph->first; l++)
        sum += rows[l + 1];
    sums[giga_near_index()] = sum;
    giga_status status = giga_barrier();
    for (int32_t i = 0; i < giga_near_size(); i++) {
        before += i < giga_near_index() ? sums[i] : 0;
        total += sums[i];
    }
    for (uint64_t l = first - graph->first; l < last - graph->first; l++) {
        before += rows[l + 1];
        rows[l + 1] = before;
    }
    *total_out = total;
    return status == GIGA_OK ? giga_barrier() : status;
}

static inline void fill_chunk(maker *m, bool wide, bool wide_ends, uint64_t local, uint64_t last)
{
    gr_forward *f = m->f;
    uint16_t *hub_ends = f->hub_ends_object.at;
    void *rest_ends = f->rest_ends_object.at;

    for (; local < last; local++) {
        walk w = walk_begin(m->graph, wide, local);
        uint64_t hub = m->hub_rows ? m->hub_rows[local] : 0, rest = m->rest_rows[local];
        for (neighbour v; next_forward(m, &w, wide, m->graph->first + local, &v);) {
            uint64_t end = f->marked ? 2 * v.number + v.both : v.number;
            if (v.number < f->hubs)
                hub_ends[hub++] = (uint16_t)end;
            else if (wide_ends)
                ((uint64_t *)rest_ends)[rest++] = end;
            else
                ((uint32_t *)rest_ends)[rest++] = (uint32_t)end;
            if (w.self >= f->hubs)
                continue;
            set_bit(f->matrix_object.at, w.self, v.number);
            if (f->marked && v.both)
                set_bit(f->both_object.at, w.self, v.number);
        }
    }
}

static void fill_lists(maker *m)
{
    giga_graph *graph = m->graph;
    gr_work work = gr_work_begin(graph, graph->last - graph->first, CHUNK);

    for (uint64_t l, last; gr_work_draw(&work, &l, &last);) {
        if (graph->wide)
            fill_chunk(m, true, true, l, last);
        else if (m->f->wide)
            fill_chunk(m, false, true, l, last);
        else
            fill_chunk(m, false, false, l, last);
    }
}

/* ---- all ---- */

static giga_status make_rows(maker *m)
{
    gr_forward *f = m->f;
    uint64_t bytes = (m->graph->last - m->graph->first + 1) * 8;
    giga_status status = gr_node_alloc((uint64_t)giga_near_size() * 8, false, &m->sums_object);

    if (status == GIGA_OK && f->hubs > 0)
        status = gr_node_alloc(bytes, false, &f->hub_rows_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(bytes, false, &f->rest_rows_object);
    m->sums = m->sums_object.at;
    f->hub_rows = m->hub_rows = f->hub_rows_object.at;
    f->rest_rows = m->rest_rows = f->rest_rows_object.at;
    return status;
}

static giga_status make_ends(maker *m)
{
    gr_forward *f = m->f;
    uint64_t hubs = 0, rest = 0, ends[2] = {m->far, m->rest};
    giga_status status = giga_allreduce(ends, ends, 2, GIGA_U64, GIGA_SUM);

    f->local = ends[0] <= ends[1] / FAR_SHARE;
    if (status == GIGA_OK && m->hub_rows)
        status = sum_rows(m->graph, m->hub_rows, m->sums, &hubs);
    if (status == GIGA_OK)
        status = sum_rows(m->graph, m->rest_rows, m->sums, &rest);
    if (status == GIGA_OK)
        status = gr_node_alloc(hubs * 2, false, &f->hub_ends_object);
    if (status == GIGA_OK)
        status = gr_node_alloc(rest * (f->wide ? 8 : 4), false,
                               &f->rest_ends_object);
    f->hub_ends = f->hub_ends_object.at;
    f->rest_ends = f->rest_ends_object.at;
    return status;
}

static giga_status make_lists(maker *m)
{
    giga_status status = choose_order(m);

    if (status == GIGA_OK)
        status = choose_hubs(m);
    if (status == GIGA_OK)
        status = make_matrix(m);
    if (status == GIGA_OK)
        status = make_rows(m);
    if (status != GIGA_OK)
        return status;
    count_lists(m);
    status = make_ends(m);
    if (status != GIGA_OK)
        return status;
    fill_lists(m);
    status = giga_barrier();
    return status == GIGA_OK ? share_matrix(m) : status;
}

giga_status gr_forward_make(giga_graph *graph, bool marked, gr_forward *f)
{
    maker m = {.graph = graph, .f = f};

    *f = (gr_forward){.marked = marked};
    f->wide = graph->wide || (marked && graph->n > UINT32_MAX / 2);
    giga_status status = make_lists(&m);
    giga_status freed[] = {gr_node_free(&m.degree_object), gr_node_free(&m.sums_object)};
    for (size_t i = 0; i < 2; i++)
        status = status != GIGA_OK ? status : freed[i];
    return status;
}

giga_status gr_forward_free(gr_forward *f)
{
    gr_node_object *all[] = {&f->hub_rows_object, &f->rest_rows_object, &f->hub_ends_object,
                             &f->rest_ends_object, &f->matrix_object, &f->both_object};
    giga_status status = GIGA_OK;

    for (size_t i = 0; i < sizeof all / sizeof *all && status == GIGA_OK; i++)
        status = gr_node_free(all[i]);
    *f = (gr_forward){0};
    return status;
}
