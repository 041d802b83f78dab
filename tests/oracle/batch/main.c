/*
 * main.c - many algorithms on many graphs in one job: the batch driver of run_random.
 *
 *     batch LIST [plain]
 *
 * mpirun's start is most of the time of a run on a small graph, so this reads a list of
 * graphs, a line each,
 *
 *     PREFIX directed|undirected SOURCE ITERATIONS DELTA GRAPH
 *
 * (SOURCE is an id, or - where there is no vertex), runs every algorithm of the table on each,
 * and writes PREFIX.ALGORITHM, with PREFIX.ALGORITHM.beside and PREFIX.ALGORITHM.total where
 * there are such. Whether these are right is for run_random to say, which knows the oracle;
 * here each result goes through the algorithm's own check, which must take it, and through
 * that check again with every spoil (see batch.h) laid over it, which it must refuse; `plain`
 * leaves the spoils out, where messages are slow.
 *
 * Rules
 *  1. All ranks do the same: what is decided is decided from what all of them have.
 *  2. A complaint does not end the run: the list is worked off, and the exit status tells.
 *  3. Rank 0 names a graph before it is opened, so that one that hangs the job is known.
 *
 * Through the public headers only. Exit status: 0; 1 after a complaint; 2 for a bad list.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "batch.h"

/* GIGA_BATCH comes from tests/graph.cmake: X(bfs) X(pagerank) ... */
#define X(name) extern const algorithm name##_batch;
GIGA_BATCH
#undef X

static const struct {
    const char *name;
    const algorithm *algorithm;
} table[] = {
#define X(name) {#name, &name##_batch},
    GIGA_BATCH
#undef X
};

enum { ALGORITHMS = sizeof table / sizeof *table, PATH_ROOM = 1024 };

typedef struct entry {
    char prefix[PATH_ROOM], path[PATH_ROOM], direction[16], source[24];
    uint64_t iterations;
    double delta;
} entry;

typedef struct tally {
    bool spoils;
    uint64_t graphs, results, refused, complaints;
    double seconds[ALGORITHMS]; /* each with its checks */
} tally;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool speaks(void)
{
    return giga_rank() == 0;
}

static void complain(tally *t, const entry *e, const char *what, const char *format, ...)
{
    va_list args;

    t->complaints++;
    if (!speaks())
        return;
    printf("COMPLAINT %s %s: ", e->prefix, what);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

/* A status that all ranks must have alike; says so, and returns false, when they do not. */
static bool alike(tally *t, const entry *e, const char *what, giga_status mine)
{
    int64_t span[2] = {mine, -(int64_t)mine};
    giga_status status = giga_allreduce(span, span, 2, GIGA_I64, GIGA_MIN);

    if (status == GIGA_OK && span[0] == -span[1])
        return true;
    complain(t, e, what, "ranks have different statuses, from %" PRId64 " to %" PRId64, span[0],
             -span[1]);
    return false;
}

static bool succeeded(tally *t, const entry *e, const char *what, giga_status mine)
{
    if (!alike(t, e, what, mine))
        return false;
    if (mine != GIGA_OK)
        complain(t, e, what, "%s", giga_error());
    return mine == GIGA_OK;
}

/* ---- spoilt results ---- */

static giga_status get_result(const work *w, result *r)
{
    giga_status status = giga_array_get(w->values, 0, w->vertices, r->count);

    if (status == GIGA_OK && w->beside)
        status = giga_array_get(w->beside, 0, w->vertices, r->beside);
    r->total = w->total;
    if (status == GIGA_OK)
        status = giga_barrier();
    return giga_agree(status);
}

/* Rank 0 writes it for all. The status is this rank's own. */
static giga_status put_result(const work *w, const result *r)
{
    giga_status status = GIGA_OK;

    if (giga_rank() == 0) {
        status = giga_array_put(w->values, 0, w->vertices, r->count);
        if (status == GIGA_OK && w->beside)
            status = giga_array_put(w->beside, 0, w->vertices, r->beside);
    }
    giga_status met = giga_barrier();
    return status != GIGA_OK ? status : met; /* the caller looks whether ranks differ */
}

static void copy_result(const work *w, result *to, const result *from)
{
    memcpy(to->count, from->count, w->vertices * sizeof *to->count);
    memcpy(to->beside, from->beside, w->vertices * sizeof *to->beside);
    to->total = from->total;
}

static void try_spoil(tally *t, const entry *e, const char *name, const algorithm *a,
                      const work *w, const spoil *s, result *wrong)
{
    char what[160];

    snprintf(what, sizeof what, "%s with %s", name, s->what);
    if (!s->make(w, wrong) || !succeeded(t, e, what, put_result(w, wrong)))
        return;
    giga_status status = a->check(w, wrong->total);
    if (!alike(t, e, what, status))
        return;
    if (status == GIGA_ERR_INVALID && giga_error()[0] != '\0')
        t->refused++;
    else if (status == GIGA_OK)
        complain(t, e, what, "the check took it");
    else
        complain(t, e, what, "the check says %s: %s", giga_status_name(status), giga_error());
}

static void try_spoils(tally *t, const entry *e, const char *name, const algorithm *a,
                       const work *w)
{
    uint64_t room = w->vertices + 1;
    result right = {.count = calloc(room, 8), .beside = calloc(room, 8)};
    result wrong = {.count = calloc(room, 8), .beside = calloc(room, 8)};
    giga_status status = giga_agree(right.count && right.beside && wrong.count && wrong.beside
                                        ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));

    if (status == GIGA_OK)
        status = get_result(w, &right);
    for (const spoil *s = a->spoils; status == GIGA_OK && s->what; s++) {
        copy_result(w, &wrong, &right);
        try_spoil(t, e, name, a, w, s, &wrong);
    }
    succeeded(t, e, name, status);
    free(right.count);
    free(right.beside);
    free(wrong.count);
    free(wrong.beside);
}

/* ---- one algorithm on one graph ---- */

static bool write_total(const entry *e, const char *name, uint64_t total)
{
    char path[PATH_ROOM + 64];

    snprintf(path, sizeof path, "%s.%s.total", e->prefix, name);
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    fprintf(file, "%" PRIu64 "\n", total);
    return fclose(file) == 0;
}

static giga_status write_result(const entry *e, const char *name, const algorithm *a,
                                const work *w)
{
    char path[PATH_ROOM + 64];

    snprintf(path, sizeof path, "%s.%s", e->prefix, name);
    giga_status status = giga_graph_write(w->graph, w->values, a->kind, path);
    if (status == GIGA_OK && w->beside) {
        snprintf(path, sizeof path, "%s.%s.beside", e->prefix, name);
        status = giga_graph_write(w->graph, w->beside,
                                  a->beside == PARENTS ? GIGA_VALUE_VERTEX : GIGA_VALUE_COUNT,
                                  path);
    }
    if (status == GIGA_OK && a->total && giga_rank() == 0 && !write_total(e, name, w->total))
        status = giga_fail(GIGA_ERR_IO, "cannot write %s.%s.total", e->prefix, name);
    return giga_agree(status);
}

static void run_algorithm(tally *t, const entry *e, const char *name, const algorithm *a,
                          work *w)
{
    w->values = w->beside = NULL;
    w->total = 0;
    giga_status status = giga_graph_values(w->graph, sizeof(uint64_t), &w->values);
    if (status == GIGA_OK && a->beside)
        status = giga_graph_values(w->graph, sizeof(uint64_t), &w->beside);
    if (succeeded(t, e, name, status) && succeeded(t, e, name, a->run(w)) &&
        succeeded(t, e, name, write_result(e, name, a, w)) &&
        succeeded(t, e, name, a->check(w, w->total))) {
        t->results++;
        if (t->spoils)
            try_spoils(t, e, name, a, w);
    }
    giga_array_destroy(w->beside);
    giga_array_destroy(w->values);
}

/* ---- one graph ---- */

static giga_status prepare(const entry *e, work *w, uint64_t *ids)
{
    for (uint64_t v = 0; v < w->vertices; v++)
        ids[v] = giga_graph_id(w->graph, v);
    w->ids = ids;
    w->source = GIGA_NO_VERTEX;
    if (e->source[0] == '-')
        return GIGA_OK;
    return giga_graph_find(w->graph, strtoull(e->source, NULL, 10), &w->source);
}

static bool wanted(const algorithm *a, const work *w)
{
    return (w->source != GIGA_NO_VERTEX || !a->from_source) &&
           (w->vertices <= a->most_vertices || a->most_vertices == 0);
}

static void run_graph(tally *t, const entry *e)
{
    giga_graph_opts opts = GIGA_GRAPH_OPTS_INIT;
    work w = {.iterations = e->iterations, .delta = e->delta};

    if (speaks())
        printf("graph %s\n", e->prefix);
    fflush(stdout);
    t->graphs++;
    opts.direction = strcmp(e->direction, "directed") == 0 ? GIGA_DIRECTED : GIGA_UNDIRECTED;
    if (!succeeded(t, e, "open", giga_graph_open(e->path, &opts, &w.graph)))
        return;
    w.vertices = giga_graph_get_info(w.graph).vertices;
    uint64_t *ids = calloc(w.vertices + 1, sizeof *ids);
    giga_status status = giga_agree(ids ? GIGA_OK : giga_fail(GIGA_ERR_MEMORY, "out of memory"));
    if (status == GIGA_OK)
        status = giga_agree(prepare(e, &w, ids));
    if (succeeded(t, e, "prepare", status)) {
        for (size_t i = 0; i < ALGORITHMS; i++) {
            double started = now();
            if (wanted(table[i].algorithm, &w))
                run_algorithm(t, e, table[i].name, table[i].algorithm, &w);
            t->seconds[i] += now() - started;
        }
    }
    free(ids);
    giga_graph_close(w.graph);
}

static bool run_list(tally *t, FILE *list)
{
    static char line[3 * PATH_ROOM];
    entry e;

    while (fgets(line, sizeof line, list)) {
        if (sscanf(line, "%1023s %15s %23s %" SCNu64 " %lf %1023s", e.prefix, e.direction,
                   e.source, &e.iterations, &e.delta, e.path) != 6)
            return false;
        run_graph(t, &e);
    }
    return !ferror(list);
}

int main(int argc, char **argv)
{
    giga_opts start = GIGA_OPTS_INIT;
    bool plain = argc == 3 && strcmp(argv[2], "plain") == 0;
    tally t = {.spoils = !plain};

    start.program = "batch";
    if (giga_init(&start) != GIGA_OK)
        return 2;
    FILE *list = argc == 2 || plain ? fopen(argv[1], "r") : NULL;
    bool read = giga_agree(list ? GIGA_OK : giga_fail(GIGA_ERR_IO, "no list")) == GIGA_OK &&
                run_list(&t, list);
    if (list)
        fclose(list);
    if (!read && speaks())
        fprintf(stderr, "batch: the list cannot be read\n");
    for (size_t i = 0; i < ALGORITHMS && speaks(); i++)
        printf("%s %.2f s\n", table[i].name, t.seconds[i]);
    if (speaks())
        printf("%" PRIu64 " graphs, %" PRIu64 " results, %" PRIu64 " spoilt ones refused, %" PRIu64
               " complaints\n", t.graphs, t.results, t.refused, t.complaints);
    giga_fini();
    return !read ? 2 : t.complaints > 0;
}
