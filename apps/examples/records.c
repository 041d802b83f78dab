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
typedef struct half_edge {
    vertex *at;
    uint64_t weight, other;
} half_edge;

static void add(vertex *v, uint64_t weight, uint64_t other)
{
    if (v->degree++ == 0 || weight < v->weight)
        *v = (vertex){v->degree, weight, other};
}

static void arrive(void *context, const giga_records *batch)
{
    const half_edge *half = batch->first;

    (void)context;
    for (size_t i = 0; i < batch->count; i++)
        add(half[i].at, half[i].weight, half[i].other);
}

/* Edge e: both ends, and its weight, which no other edge has. */
static void edge(uint64_t e, uint64_t end[2], uint64_t *weight)
{
    *weight = (e * 40503 + 12345) % EDGES;
    end[0] = *weight * 2654435761u / 64 % VERTICES;
    end[1] = (e + end[0] * 31) % VERTICES;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    static vertex expected[VERTICES];
    vertex *graph;
    uint64_t end[2], weight, wrong = 0;
    giga_channel *channel;
    giga_alloc_opts whole = GIGA_ALLOC_OPTS_INIT;
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    whole.element_bytes = sizeof(vertex);
    opts.record_bytes = sizeof(half_edge);
    opts.handler = arrive;
    giga_alloc(VERTICES * sizeof *graph, &whole, (void **)&graph);
    giga_channel_create(&opts, &channel);

    for (uint64_t e = (uint64_t)giga_rank(); e < EDGES; e += (uint64_t)giga_size()) {
        edge(e, end, &weight);
        for (int i = 0; i < 2; i++) {
            half_edge half = {&graph[end[i]], weight, end[1 - i]};
            giga_channel_send_home(channel, half.at, &half, sizeof half);
        }
    }
    giga_channel_finish(channel, NULL);

    for (uint64_t e = 0; e < EDGES; e++) { /* once more, by one rank alone */
        edge(e, end, &weight);
        add(&expected[end[0]], weight, end[1]);
        add(&expected[end[1]], weight, end[0]);
    }
    size_t bytes;
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
