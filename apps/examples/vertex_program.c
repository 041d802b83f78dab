/*
 * vertex_program.c - a vertex program: which vertices a source reaches, and in how few steps.
 *
 * Gather, apply, scatter: a message travels to the home of its vertex, where a handler takes the
 * smaller number of steps; a vertex that got a smaller one tells its neighbours. There are no
 * rounds: handlers send, and giga_channel_finish() knows when nothing is under way any more.
 */
#include <giga/giga.h>
#include <giga/graph.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct program {
    giga_graph *graph;
    giga_array *steps; /* the value of a vertex; it is changed at its home only */
    giga_channel *channel;
} program;
typedef struct message {
    uint64_t vertex, steps;
} message;

static void scatter(program *p, message m)
{
    uint64_t degree = giga_graph_degree(p->graph, m.vertex), *ends = malloc((degree + 1) * sizeof *ends);

    if (!ends || giga_graph_neighbours(p->graph, m.vertex, 0, degree, ends) != GIGA_OK)
        giga_abort("vertex_program: %s", ends ? giga_error() : "out of memory");
    for (uint64_t i = 0; i < degree; i++) {
        message next = {ends[i], m.steps + 1};
        giga_channel_send(p->channel, giga_array_home(p->steps, next.vertex), &next, sizeof next);
    }
    free(ends);
}

static void apply(void *context, const giga_records *batch)
{
    program *p = context;
    const message *m = batch->first;

    for (size_t i = 0; i < batch->count; i++) {
        uint64_t *steps = giga_at(p->steps, m[i].vertex); /* plain memory: this is its home */
        if (m[i].steps < *steps) {
            *steps = m[i].steps;
            scatter(p, m[i]);
        }
    }
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    program p;
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    giga_array *level;
    giga_bfs_stats stats;
    uint64_t count, source, wrong = 0;
    opts.record_bytes = sizeof(message);
    opts.handler = apply;
    opts.context = &p;
    if (giga_graph_open("uniform:8:4", NULL, &p.graph) != GIGA_OK ||
        giga_graph_values(p.graph, sizeof(uint64_t), &p.steps) != GIGA_OK ||
        giga_graph_values(p.graph, sizeof(uint64_t), &level) != GIGA_OK ||
        giga_channel_create(&opts, &p.channel) != GIGA_OK)
        giga_abort("vertex_program: %s", giga_error());
    uint64_t *mine = giga_array_local(p.steps, &count);
    for (uint64_t i = 0; i < count; i++)
        mine[i] = GIGA_UNREACHED;
    giga_barrier();

    giga_graph_find(p.graph, 1, &source);
    message first = {source, 0};
    if (giga_rank() == 0)
        giga_channel_send(p.channel, giga_array_home(p.steps, source), &first, sizeof first);
    giga_channel_finish(p.channel, NULL);

    giga_bfs(p.graph, source, level, NULL, &stats); /* giga's own search says the same */
    const uint64_t *expected = giga_array_local(level, &count);
    for (uint64_t i = 0; i < count; i++)
        wrong += mine[i] != expected[i];
    wrong = giga_allreduce_sum(wrong);
    if (giga_rank() == 0)
        printf("vertex_program: %llu vertices in %llu steps or fewer, %s\n",
               (unsigned long long)stats.reached, (unsigned long long)stats.depth,
               wrong == 0 ? "all right" : "WRONG");
    giga_bfs_stats_clear(&stats);
    giga_channel_destroy(p.channel);
    giga_array_destroy(level);
    giga_array_destroy(p.steps);
    giga_graph_close(p.graph);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
