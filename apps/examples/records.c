/*
 * records.c - the lightest edge of every vertex: edges are sent to the homes of their ends.
 *
 * Only the handler of a rank changes the vertices of that rank, one batch at a time, so it
 * compares and writes plain memory.
 */
#include <giga/giga.h>
#include <stdio.h>
#include <string.h>

enum { VERTICES = 4096, EDGES = 1 << 16 };

typedef struct vertex {
    uint64_t degree, weight, other; /* lightest: its weight, and the vertex at its other end */
} vertex;
typedef struct edge {
    uint64_t at, other, weight;
} edge;

/* Every edge twice, once from each end; it has a weight of its own. */
static edge edge_of(uint64_t i)
{
    uint64_t weight = (i / 2 * 40503 + 12345) % EDGES, a = weight * 2654435761u / 64 % VERTICES;
    uint64_t b = (i / 2 + a * 31) % VERTICES;

    return i % 2 ? (edge){a, b, weight} : (edge){b, a, weight};
}

static void add(vertex *graph, edge e)
{
    vertex *v = &graph[e.at];

    if (v->degree++ == 0 || e.weight < v->weight)
        *v = (vertex){v->degree, e.weight, e.other};
}

static void arrive(void *graph, const giga_records *batch)
{
    const edge *e = batch->first;

    for (size_t i = 0; i < batch->count; i++)
        add(graph, e[i]);
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    static vertex expected[VERTICES], *graph;
    giga_channel *channel;
    giga_alloc_opts whole = GIGA_ALLOC_OPTS_INIT;
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    whole.element_bytes = sizeof *graph;
    giga_alloc(VERTICES * sizeof *graph, &whole, (void **)&graph);
    opts.record_bytes = sizeof(edge);
    opts.handler = arrive;
    opts.context = graph;
    giga_channel_create(&opts, &channel);

    for (uint64_t i = (uint64_t)giga_rank(); i < 2 * EDGES; i += (uint64_t)giga_size()) {
        edge e = edge_of(i);
        giga_channel_send_home(channel, &graph[e.at], &e, sizeof e);
    }
    giga_channel_finish(channel, NULL);

    for (uint64_t i = 0; i < 2 * EDGES; i++)
        add(expected, edge_of(i)); /* once more, by one rank alone */
    size_t bytes;
    uint64_t wrong = 0;
    const vertex *mine = giga_local(graph, &bytes);
    for (size_t i = 0; i < bytes / sizeof *mine; i++)
        wrong += memcmp(&expected[&mine[i] - graph], &mine[i], sizeof *mine) != 0;
    wrong = giga_allreduce_sum(wrong);
    if (giga_rank() == 0)
        printf("records: the lightest of %d edges at every vertex, %s\n", EDGES,
               wrong == 0 ? "all right" : "WRONG");
    giga_channel_destroy(channel);
    giga_free(graph);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
