/*
 * save_rows.c - rows of an adjacency in the order of ids, wherever they lie.
 *
 * Rules:
 *   - what this node owns is read in place, what others own is fetched by deferred gets, which
 *     are completed once per batch of rows;
 *   - a row is sorted by name here: in memory it is sorted by something else;
 *   - how a vertex is found by its place, and named, is known to indices_at() and names_of() alone.
 */
#include <stdlib.h>
#include <string.h>

#include "save.h"

static giga_status out_of_memory(void)
{
    return giga_fail(GIGA_ERR_MEMORY, "rank %d: out of memory for rows to be written", giga_rank());
}

/* Word `local` of a node's part of a node object. */
static const uint64_t *word_at(const gr_node_object *object, int32_t node, uint64_t local)
{
    return (const uint64_t *)gr_node_at(object, node) + local;
}

static inline bool is_own(const giga_graph *graph, uint64_t index)
{
    return index >= graph->first && index < graph->last;
}

/* ---- places, indices, names ---- */

/* The vertices at consecutive places. Complete on return. */
static giga_status indices_at(const giga_graph *graph, uint64_t first, uint64_t count,
                              uint64_t *index)
{
    uint32_t table[GR_ROWS];
    giga_status status = GIGA_OK;

    for (uint64_t done = 0; done < count && status == GIGA_OK && graph->reordered;) {
        uint64_t at = first + done;
        int32_t node = gr_node_of_vertex(graph, at);
        uint64_t run = graph->starts[node + 1] - at;
        run = run < count - done ? run : count - done;
        status = giga_get(table + done, (const uint32_t *)gr_node_at(&graph->index_object, node) +
                                            (at - graph->starts[node]), run * sizeof *table);
        done += run;
    }
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        index[i] = graph->reordered ? table[i] : first + i;
    return status;
}

/* Each rank tells the owners of the vertices at its share of places. */
static giga_status tell_places(const giga_graph *graph, const gr_node_object *places)
{
    uint64_t first, last, index[GR_ROWS];
    giga_status status = GIGA_OK;

    gr_my_vertices(graph, &first, &last);
    for (uint64_t at = first; at < last && status == GIGA_OK; at += GR_ROWS) {
        uint64_t count = last - at < GR_ROWS ? last - at : GR_ROWS;
        status = indices_at(graph, at, count, index);
        for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
            int32_t node = gr_node_of_vertex(graph, index[i]);
            uint32_t place = (uint32_t)(at + i); /* what is reordered is narrow */
            status = giga_put_nbi((uint32_t *)gr_node_at(places, node) +
                                  (index[i] - graph->starts[node]), &place, sizeof place);
        }
    }
    return status;
}

giga_status gr_places_make(const giga_graph *graph, gr_node_object *places)
{
    *places = (gr_node_object){NULL, NULL};
    if (!graph->reordered)
        return GIGA_OK;
    giga_status status = gr_node_alloc((graph->last - graph->first) * sizeof(uint32_t), false, places);
    if (status != GIGA_OK)
        return status;
    status = tell_places(graph, places);
    giga_status met = giga_barrier();
    return giga_agree(status == GIGA_OK ? met : status);
}

static giga_status ids_of(const giga_graph *graph, const uint64_t *index, uint64_t count,
                          uint64_t *ids)
{
    giga_status status = GIGA_OK;

    if (graph->identity) {
        for (uint64_t i = 0; i < count; i++)
            ids[i] = graph->info.lowest_id + index[i];
        return GIGA_OK;
    }
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        uint64_t v = index[i];
        if (is_own(graph, v)) {
            ids[i] = graph->ids[v - graph->first];
        } else {
            int32_t node = gr_node_of_vertex(graph, v);
            status = giga_get_nbi(&ids[i], word_at(&graph->ids_object, node, v - graph->starts[node]),
                                  8);
        }
    }
    return status;
}

static giga_status places_of(const giga_graph *graph, const gr_node_object *places,
                             const uint64_t *index, uint64_t count, uint64_t *names)
{
    const uint32_t *own = places->at;
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        uint64_t v = index[i];
        names[i] = 0;
        if (is_own(graph, v)) {
            names[i] = own[v - graph->first];
        } else {
            int32_t node = gr_node_of_vertex(graph, v);
            /* The low half of the name: 4 bytes of a little-endian machine. */
            status = giga_get_nbi(&names[i], (const uint32_t *)gr_node_at(places, node) +
                                                 (v - graph->starts[node]), sizeof *own);
        }
    }
    return status;
}

/* Names of the ends of arcs, complete after giga_quiet(). `names` may not be `index`. */
static giga_status names_of(const gr_rows_walk *w, const uint64_t *index, uint64_t count,
                            uint64_t *names)
{
    if (w->name == GR_NAME_ID)
        return ids_of(w->graph, index, count, names);
    if (w->graph->reordered)
        return places_of(w->graph, w->places_object, index, count, names);
    memcpy(names, index, count * sizeof *names);
    return GIGA_OK;
}

/* ---- rows ---- */

/* Where rows begin and end: bounds[2 * i] and the next. Complete after giga_quiet(). */
static giga_status bounds_of(const giga_graph *graph, const gr_csr *csr, const uint64_t *index,
                             uint64_t count, uint64_t *bounds)
{
    giga_status status = GIGA_OK;

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++) {
        uint64_t v = index[i];
        if (is_own(graph, v)) {
            bounds[2 * i] = csr->rows[v - graph->first];
            bounds[2 * i + 1] = csr->rows[v - graph->first + 1];
            continue;
        }
        int32_t node = gr_node_of_vertex(graph, v);
        status = giga_get_nbi(&bounds[2 * i],
                              word_at(&csr->rows_object, node, v - graph->starts[node]), 16);
    }
    return status;
}

giga_status gr_rows_open(const giga_graph *graph, const gr_csr *csr, gr_name name,
                         const gr_node_object *places, uint64_t first, uint64_t last,
                         gr_rows_walk *w)
{
    *w = (gr_rows_walk){.graph = graph, .csr = csr, .name = name, .places_object = places,
                        .sorted = true, .next = first, .last = last};
    w->names = malloc(GR_ROWS * sizeof *w->names);
    w->index = malloc(GR_ROWS * sizeof *w->index);
    w->bounds = calloc(2 * GR_ROWS, sizeof *w->bounds);
    w->starts = malloc((GR_ROWS + 1) * sizeof *w->starts);
    return w->names && w->index && w->bounds && w->starts ? GIGA_OK : out_of_memory();
}

void gr_rows_close(gr_rows_walk *w)
{
    free(w->names);
    free(w->index);
    free(w->bounds);
    free(w->starts);
    free(w->ends);
    free(w->narrow);
    free(w->weights);
    gr_sorter_free(&w->sorter);
    *w = (gr_rows_walk){0};
}

/* The next places: which vertices they are, their names, how long their rows are. */
static giga_status load_heads(gr_rows_walk *w)
{
    uint64_t rest = w->last - w->next;

    w->held = rest < GR_ROWS ? rest : GR_ROWS;
    w->used = 0;
    giga_status status = indices_at(w->graph, w->next, w->held, w->index);
    if (status == GIGA_OK && w->name == GR_NAME_ID)
        status = ids_of(w->graph, w->index, w->held, w->names);
    for (uint64_t i = 0; i < w->held && w->name == GR_NAME_PLACE; i++)
        w->names[i] = w->next + i;
    if (status == GIGA_OK && w->csr)
        status = bounds_of(w->graph, w->csr, w->index, w->held, w->bounds);
    w->next += w->held;
    giga_status quiet = giga_quiet();
    return status == GIGA_OK ? quiet : status;
}

static uint64_t length_of(const gr_rows_walk *w, uint64_t row)
{
    return w->bounds[2 * row + 1] - w->bounds[2 * row];
}

/* Rows from `first` on that are handed out together. */
static uint64_t choose_rows(gr_rows_walk *w, uint64_t first)
{
    uint64_t count = 0;

    w->starts[0] = 0;
    while (first + count < w->held &&
           (count == 0 || w->starts[count] + length_of(w, first + count) <= GR_ROWS_ARCS)) {
        w->starts[count + 1] = w->starts[count] + length_of(w, first + count);
        count++;
    }
    return count;
}

static giga_status make_room(gr_rows_walk *w, uint64_t arcs)
{
    if (arcs <= w->room)
        return GIGA_OK;
    uint64_t room = arcs < GR_ROWS_ARCS ? GR_ROWS_ARCS : arcs;
    bool weighted = w->graph->info.weighted;
    uint64_t *ends = realloc(w->ends, room * sizeof *ends);
    w->ends = ends ? ends : w->ends;
    uint32_t *narrow = realloc(w->narrow, room * 8);
    w->narrow = narrow ? narrow : w->narrow;
    double *weights = weighted ? realloc(w->weights, room * sizeof *weights) : NULL;
    w->weights = weights ? weights : w->weights;
    if (!ends || !narrow || (weighted && !weights))
        return out_of_memory();
    w->room = room;
    return GIGA_OK;
}

/* Ends of a row as they lie there, from arc `at` of the buffer on; weights to their place. */
static giga_status fetch_row(gr_rows_walk *w, uint64_t row, uint64_t at)
{
    const giga_graph *graph = w->graph;
    uint64_t v = w->index[row], begin = w->bounds[2 * row], count = length_of(w, row);
    uint64_t width = graph->wide ? 8 : 4;
    int32_t node = is_own(graph, v) ? giga_node_of(giga_rank()) : gr_node_of_vertex(graph, v);
    const char *ends = (const char *)gr_node_at(&w->csr->ends_object, node) + begin * width;
    giga_status status = GIGA_OK;

    if (count == 0)
        return GIGA_OK;
    status = giga_get_nbi((char *)w->narrow + at * width, ends, count * width);
    if (status == GIGA_OK && w->weights)
        status = giga_get_nbi(w->weights + at,
                              (const double *)gr_node_at(&w->csr->weights_object, node) + begin,
                              count * 8);
    return status;
}

/* Narrow indices become wide where they lie, from the back. */
static void widen(uint32_t *narrow, uint64_t count)
{
    uint64_t *wide = (uint64_t *)(void *)narrow;

    for (uint64_t i = count; i-- > 0;) {
        uint32_t end;
        memcpy(&end, &narrow[i], sizeof end);
        wide[i] = end;
    }
}

/* Keep what is not before the row's own vertex; rows move together. `first` is the first row. */
static void keep_upper(gr_rows_walk *w, uint64_t first, uint64_t count)
{
    uint64_t to = 0, at = w->starts[0];

    for (uint64_t k = 0; k < count; k++) {
        uint64_t own = w->names[first + k], end = w->starts[k + 1];
        for (; at < end; at++) {
            w->ends[to] = w->ends[at];
            if (w->weights)
                w->weights[to] = w->weights[at];
            to += w->ends[at] >= own;
        }
        w->starts[k + 1] = to;
    }
}

/* Names of 32 bits are sorted in half the time; the indices they came from are not needed again. */
static giga_status sort_names(gr_rows_walk *w, uint64_t *names, uint64_t count)
{
    uint64_t all = 0;

    for (uint64_t i = 0; i < count; i++)
        all |= names[i];
    if (all > UINT32_MAX)
        return gr_sort_u64(&w->sorter, names, count);
    for (uint64_t i = 0; i < count; i++)
        w->narrow[i] = (uint32_t)names[i];
    giga_status status = gr_sort_u32(&w->sorter, w->narrow, count);
    for (uint64_t i = 0; i < count; i++)
        names[i] = w->narrow[i];
    return status;
}

static giga_status sort_row(gr_rows_walk *w, uint64_t at, uint64_t count)
{
    const uint64_t *ends = w->ends + at;
    const double *weights = w->weights ? w->weights + at : NULL;

    for (uint64_t i = 1; i < count; i++) {
        if (ends[i] > ends[i - 1] || (ends[i] == ends[i - 1] &&
                                      !(weights && weights[i] < weights[i - 1])))
            continue;
        return weights ? gr_sort_weighted(&w->sorter, true, w->ends + at, w->weights + at, count)
                       : sort_names(w, w->ends + at, count);
    }
    return GIGA_OK;
}

static giga_status load_rows(gr_rows_walk *w, uint64_t first, uint64_t count)
{
    uint64_t arcs = w->starts[count];
    giga_status status = make_room(w, arcs);

    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        status = fetch_row(w, first + i, w->starts[i]);
    giga_status quiet = giga_quiet();
    status = status == GIGA_OK ? quiet : status;
    if (status != GIGA_OK)
        return status;
    if (!w->graph->wide)
        widen(w->narrow, arcs);
    status = names_of(w, (const uint64_t *)(const void *)w->narrow, arcs, w->ends);
    quiet = giga_quiet();
    status = status == GIGA_OK ? quiet : status;
    if (w->upper && status == GIGA_OK)
        keep_upper(w, first, count);
    for (uint64_t i = 0; i < count && status == GIGA_OK && w->sorted; i++)
        status = sort_row(w, w->starts[i], w->starts[i + 1] - w->starts[i]);
    return status;
}

giga_status gr_rows_next(gr_rows_walk *w, gr_rows *rows)
{
    giga_status status = GIGA_OK;

    *rows = (gr_rows){0};
    if (w->used == w->held && w->next == w->last)
        return GIGA_OK;
    if (w->used == w->held)
        status = load_heads(w);
    if (status != GIGA_OK)
        return status;
    uint64_t first = w->used, count = choose_rows(w, first);
    if (w->csr && w->starts[count] > 0)
        status = load_rows(w, first, count);
    w->used += count;
    *rows = (gr_rows){count, w->names + first, w->starts, w->ends, w->weights};
    return status;
}

giga_status gr_rows_count(const giga_graph *graph, const gr_csr *csr, uint64_t first, uint64_t last,
                          uint64_t *arcs_out)
{
    gr_rows_walk w;
    giga_status status = gr_rows_open(graph, csr, GR_NAME_PLACE, NULL, first, last, &w);

    *arcs_out = 0;
    while (status == GIGA_OK && w.next < w.last) {
        status = load_heads(&w);
        for (uint64_t i = 0; i < w.held && status == GIGA_OK; i++)
            *arcs_out += length_of(&w, i);
    }
    gr_rows_close(&w);
    return status;
}
