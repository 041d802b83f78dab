/*
 * place.c - which node owns which vertices, memory that a node shares, and drawing work.
 *
 * Invariants:
 *   P1  positions are ranks in the order (node, rank); position p owns the vertices
 *       [p * span, (p + 1) * span), cut at n; so a node owns one run, and starts[] ascends
 *   P2  span is a multiple of 64: words of a bitmap over vertices belong to one position
 *   P3  all ranks begin the same phases in the same order, with a barrier between two
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "model.h"

enum { HUGE = 2 << 20, COLLAPSE = 25 /* MADV_COLLAPSE, which older headers do not have */ };
enum { WHOLE_PAGES = 1 << 15 }; /* vertices per position from which blocks are whole pages */

double gr_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void *gr_node_at(const gr_node_object *object, int32_t node)
{
    return (char *)object->object + (uint64_t)giga_node_leader(node) * giga_stride(object->object);
}

/*
 * Fresh memory in huge pages where the kernel can make them (Linux 6.1 and later), each rank a
 * share, which also places it near that rank: what is looked at at random costs a third less
 * with the page in the TLB. A wish: where it fails pages stay small.
 */
void gr_wish_for_huge_pages(void *at, uint64_t bytes)
{
    const char *wanted = getenv("GIGA_HUGE_PAGES");
    uint64_t first = ((uint64_t)(uintptr_t)at + HUGE - 1) / HUGE;
    uint64_t last = ((uint64_t)(uintptr_t)at + bytes) / HUGE;
    uint64_t ranks = (uint64_t)giga_near_size(), mine = (uint64_t)giga_near_index();

    if (last <= first || (wanted && strcmp(wanted, "no") == 0))
        return;
    uint64_t begin = first + (last - first) * mine / ranks;
    uint64_t end = first + (last - first) * (mine + 1) / ranks;
    for (uint64_t page = begin; page < end; page++) /* nothing is made huge that is not there */
        __atomic_fetch_or((uint64_t *)(uintptr_t)(page * HUGE), 0, __ATOMIC_RELAXED);
    if (end > begin)
        (void)madvise((void *)(uintptr_t)(begin * HUGE), (end - begin) * HUGE, COLLAPSE);
}

giga_status gr_node_alloc(uint64_t bytes, bool sparse, gr_node_object *out)
{
    giga_alloc_opts opts = GIGA_ALLOC_OPTS_INIT;

    /* Whoever builds a part of it touches it first, so its pages are near that core. */
    opts.placement = GIGA_PLACE_FIRST_TOUCH;
    opts.sparse = sparse;
    *out = (gr_node_object){NULL, NULL};
    giga_status status = giga_alloc_blocks(giga_near_index() == 0 ? bytes : 0, &opts, &out->object);
    if (status == GIGA_OK)
        out->at = gr_node_at(out, giga_node_of(giga_rank()));
    if (status == GIGA_OK && !sparse)
        gr_wish_for_huge_pages(out->at, bytes);
    return status;
}

giga_status gr_node_free(gr_node_object *object)
{
    giga_status status = giga_free(object->object);

    *object = (gr_node_object){NULL, NULL};
    return status;
}

/* Ranks of the job that come before a node's in the order of positions. */
static void count_positions(uint64_t *before)
{
    int32_t nodes = giga_nodes();

    for (int32_t k = 0; k <= nodes; k++)
        before[k] = 0;
    for (int32_t r = 0; r < giga_size(); r++)
        before[giga_node_of(r) + 1]++;
    for (int32_t k = 0; k < nodes; k++)
        before[k + 1] += before[k];
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* P2. Of a large graph every position's 8-byte values fill whole pages, so that an array of them
 * is one C array: its stride is what a block array gets. */
static giga_status decide_span(giga_graph *graph, uint64_t n)
{
    uint64_t size = (uint64_t)giga_size(), share = n / size + (n % size != 0);
    void *probe;

    graph->span = share == 0 ? 64 : (share + 63) / 64 * 64;
    if (share < WHOLE_PAGES)
        return GIGA_OK;
    giga_status status = giga_alloc(n * 8, NULL, &probe);
    if (status != GIGA_OK)
        return status;
    graph->whole_pages = giga_stride(probe) % (64 * 8) == 0;
    if (graph->whole_pages)
        graph->span = giga_stride(probe) / 8;
    return giga_free(probe);
}

/* Positions are ranks when nodes hold consecutive ranks, as by default; else a table, once
 * per node. */
static giga_status order_ranks(giga_graph *graph)
{
    int32_t size = giga_size();
    bool same = true;

    for (int32_t r = 1; r < size; r++)
        same = same && giga_node_of(r - 1) <= giga_node_of(r);
    if (same)
        return GIGA_OK;
    giga_status status = gr_node_alloc((uint64_t)size * sizeof *graph->order, false,
                                       &graph->order_object);
    if (status != GIGA_OK)
        return status;
    int32_t *order = graph->order_object.at;
    uint64_t *next = calloc((size_t)giga_nodes() + 1, sizeof *next);
    status = giga_agree(next ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK && giga_near_index() == 0) {
        count_positions(next);
        for (int32_t r = 0; r < size; r++)
            order[next[giga_node_of(r)]++] = r;
    }
    free(next);
    graph->order = order;
    return status;
}

giga_status gr_place_vertices(giga_graph *graph, uint64_t n)
{
    int32_t nodes = giga_nodes(), mine = giga_node_of(giga_rank());
    giga_status status = gr_node_alloc(((uint64_t)nodes + 1) * sizeof *graph->starts, false,
                                       &graph->starts_object);

    if (status == GIGA_OK)
        status = order_ranks(graph);
    if (status == GIGA_OK)
        status = gr_node_alloc(GR_COUNTERS * sizeof(gr_counter), false, &graph->counters_object);
    if (status == GIGA_OK)
        status = decide_span(graph, n);
    if (status != GIGA_OK)
        return status;
    graph->n = n;
    graph->wide = n > UINT32_MAX;
    graph->counters = graph->counters_object.at;
    graph->starts = graph->starts_object.at;
    if (giga_near_index() == 0) {
        count_positions(graph->starts);
        for (int32_t k = 0; k <= nodes; k++) {
            uint64_t first;
            bool past = __builtin_mul_overflow(graph->starts[k], graph->span, &first);
            graph->starts[k] = past ? n : least(first, n);
        }
    }
    status = giga_barrier();
    graph->first = graph->starts[mine];
    graph->last = graph->starts[mine + 1];
    return status;
}

void *gr_values_at(const giga_graph *graph, const giga_array *values)
{
    uint64_t first, last, good = 1;
    char *base = giga_array_contiguous(values);

    gr_my_vertices(graph, &first, &last);
    if (!base)
        good = 0;
    else if (last > first)
        good = giga_array_home(values, first) == giga_rank() &&
               giga_array_home(values, last - 1) == giga_rank();
    return giga_allreduce_min(good) ? base : NULL;
}

int32_t gr_node_of_vertex(const giga_graph *graph, uint64_t vertex)
{
    int32_t low = 0, high = giga_nodes() - 1;

    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (graph->starts[middle] <= vertex)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

void gr_my_vertices(const giga_graph *graph, uint64_t *first, uint64_t *last)
{
    uint64_t index = (uint64_t)giga_near_index();

    *first = least(graph->first + index * graph->span, graph->last);
    *last = least(*first + graph->span, graph->last);
}

/* A counter is cleared half a ring ahead of its use: whoever drew from it before has met
 * the leader at several barriers since (P3). */
gr_work gr_work_begin(giga_graph *graph, uint64_t total, uint64_t chunk)
{
    uint64_t phase = graph->phase++;

    if (giga_near_index() == 0)
        __atomic_store_n(&graph->counters[(phase + GR_COUNTERS / 2) % GR_COUNTERS].next, 0,
                         __ATOMIC_RELAXED);
    return (gr_work){&graph->counters[phase % GR_COUNTERS].next, total, chunk};
}
