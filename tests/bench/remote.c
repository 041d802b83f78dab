/*
 * remote.c - operations between two hosts: latency of 8 bytes, bandwidth of 1 MiB.
 *
 * Runs at 2 ranks on two nodes: remote [SAMPLES [IDLE_SAMPLES [LONG_SAMPLES]]]. Rank 0
 * measures, every operation goes to rank 1's block. Rank 1 is
 *   waiting     in giga_barrier()
 *   computing   in a loop without any call of giga, until rank 0 puts a word
 *   idle        in giga_barrier(), and rank 0 sleeps 100 ms before each operation
 * Prints `name median 99th-percentile unit` per case. Every value fetched is compared with
 * what it must be; rank 1 compares what was put and added. Exit status 1 when one is wrong.
 */
#include <giga/giga.h>
#include <time.h>

#include "bench.h"

enum {
    WORDS = 512,
    WARM_UP = 200,
    IDLE_NS = 100000000,
    LONG = 1 << 20,
    STAMP = 4096 / 8,   /* one word of each 4 KiB of a long run tells which run it is */
    BATCH = 16,         /* long deferred operations before a quiet */
};

typedef enum verb { GET, PUT, ADD, VERBS } verb;
typedef enum state { WAITING, COMPUTING, IDLE, STATES } state;

static const char *const verb_names[] = {"get", "put", "fetch_add"};
static const char *const state_names[] = {"waiting", "computing", "idle"};

/* Rank 1's block. */
typedef struct block {
    uint64_t table[WORDS];                   /* of gets: word_at(0, i) */
    uint64_t written[WORDS];                 /* of puts */
    uint64_t counted[WORDS];                 /* of fetch-adds */
    uint64_t phase;                          /* ends the computing of a phase */
    uint64_t area[BATCH][LONG / 8];
} block;

typedef struct bench {
    block *there;
    uint64_t shadow[WORDS];                  /* what `counted` holds; each rank keeps it */
    uint64_t phases, wrong;
    double *samples;
    size_t count, idle_count, long_count;
} bench;

/* Splitmix64's mixer. */
static uint64_t word_at(uint64_t which, uint64_t at)
{
    uint64_t z = which * UINT64_C(0x9e3779b97f4a7c15) + at;

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void must(giga_status status, const char *what)
{
    if (status != GIGA_OK)
        giga_abort("%s: %s", what, giga_error());
}

static double operate(bench *b, verb v, uint64_t i)
{
    uint64_t at = i * 205 % WORDS, value = word_at(b->phases, i), old = 0;
    double begin = now_ns();

    if (v == GET)
        must(giga_get(&old, &b->there->table[at], sizeof old), "giga_get");
    else if (v == PUT)
        must(giga_put(&b->there->written[at], &value, sizeof value), "giga_put");
    else
        old = giga_fetch_add(&b->there->counted[at], value);
    double ns = now_ns() - begin;

    if (v == GET)
        b->wrong += old != word_at(0, at);
    if (v == ADD) {
        b->wrong += old != b->shadow[at];
        b->shadow[at] += value;
    }
    return ns;
}

static void compute_until(const uint64_t *word, uint64_t value)
{
    uint64_t work = 1;

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
        for (int i = 0; i < 1000; i++)
            work = work * UINT64_C(6364136223846793005) + 1;
        __asm__ volatile("" ::"r"(work));
    }
}

/* Rank 1, with plain loads: what the operations of a phase have left behind. */
static void check_phase(bench *b, verb v, uint64_t count)
{
    for (uint64_t i = 0; v == ADD && i < count; i++)
        b->shadow[i * 205 % WORDS] += word_at(b->phases, i);
    for (uint64_t at = 0; v == ADD && at < WORDS; at++)
        b->wrong += b->there->counted[at] != b->shadow[at];
    for (uint64_t i = count > WORDS ? count - WORDS : 0; v == PUT && i < count; i++)
        b->wrong += b->there->written[i * 205 % WORDS] != word_at(b->phases, i);
}

static void print_us(const char *name, const char *kind, double *ns, size_t count)
{
    double median = quantile(ns, count, 0.5), high = quantile(ns, count, 0.99);

    printf("%s.%s %.2f %.2f us\n", name, kind, median / 1e3, high / 1e3);
}

static void measure_short(bench *b, state s, verb v, size_t count)
{
    uint64_t i = 0;

    for (; s != IDLE && i < WARM_UP; i++)
        operate(b, v, i);
    for (size_t sample = 0; sample < count; sample++, i++) {
        if (s == IDLE)
            nanosleep(&(struct timespec){.tv_nsec = IDLE_NS}, NULL);
        b->samples[sample] = operate(b, v, i);
    }
    print_us(state_names[s], verb_names[v], b->samples, count);
}

static void run_short(bench *b, state s, verb v)
{
    size_t count = s == IDLE ? b->idle_count : b->count;
    uint64_t all = count + (s == IDLE ? 0 : WARM_UP);

    b->phases++;
    giga_barrier();
    if (giga_rank() == 0) {
        measure_short(b, s, v, count);
        giga_store(&b->there->phase, b->phases);
    } else if (s == COMPUTING) {
        compute_until(&b->there->phase, b->phases);
    }
    giga_barrier();
    if (giga_rank() == 1)
        check_phase(b, v, all);
    giga_barrier();
}

/* ---- 1 MiB ---- */

static void fill(uint64_t *run, uint64_t which)
{
    for (uint64_t i = 0; i < LONG / 8; i++)
        run[i] = word_at(which, i);
}

static uint64_t count_wrong(const uint64_t *run, uint64_t which, uint64_t step)
{
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < LONG / 8; i += step)
        wrong += run[i] != word_at(which, i);
    return wrong;
}

static void stamp(uint64_t *run, uint64_t which)
{
    for (uint64_t i = 0; i < LONG / 8; i += STAMP)
        run[i] = word_at(which, i);
}

static void print_bandwidth(const char *name, double *ns, size_t count, double bytes)
{
    double median = quantile(ns, count, 0.5), high = quantile(ns, count, 0.99);

    /* MB are 2^20 bytes, as ucx_perftest's. */
    printf("bandwidth.%s %.1f %.1f MB/s\n", name, bytes / (1 << 20) / median * 1e9,
           bytes / (1 << 20) / high * 1e9);
}

static void long_gets(bench *b, uint64_t *run, bool deferred)
{
    size_t batch = deferred ? BATCH : 1;

    for (size_t sample = 0; sample < b->long_count; sample++) {
        for (size_t i = 0; i < batch; i++)
            stamp(run + i * (LONG / 8), 0);
        double begin = now_ns();
        for (size_t i = 0; i < batch && deferred; i++)
            must(giga_get_nbi(run + i * (LONG / 8), b->there->area[i], LONG), "giga_get_nbi");
        must(deferred ? giga_quiet() : giga_get(run, b->there->area[sample % BATCH], LONG), "get");
        b->samples[sample] = now_ns() - begin;
        for (size_t i = 0; i < batch; i++)
            b->wrong += count_wrong(run + i * (LONG / 8),
                                    1000 + (deferred ? i : sample % BATCH), STAMP);
    }
    /* The last batch, or run, to the last word. */
    for (size_t i = 0; i < batch; i++)
        b->wrong += count_wrong(run + i * (LONG / 8),
                                1000 + (deferred ? i : (b->long_count - 1) % BATCH), 1);
    print_bandwidth(deferred ? "get_nbi" : "get", b->samples, b->long_count,
                    (double)batch * LONG);
}

static void long_puts(bench *b, uint64_t *run, bool deferred)
{
    size_t batch = deferred ? BATCH : 1;

    for (size_t sample = 0; sample < b->long_count; sample++) {
        for (size_t i = 0; i < batch; i++)
            stamp(run + i * (LONG / 8), 2000 + sample);
        double begin = now_ns();
        for (size_t i = 0; i < batch && deferred; i++)
            must(giga_put_nbi(b->there->area[i], run + i * (LONG / 8), LONG), "giga_put_nbi");
        must(deferred ? giga_quiet() : giga_put(b->there->area[0], run, LONG), "put");
        b->samples[sample] = now_ns() - begin;
    }
    print_bandwidth(deferred ? "put_nbi" : "put", b->samples, b->long_count,
                    (double)batch * LONG);
}

/* Rank 0's source is pattern 3000 + i with the stamps of the last sample. */
static void check_puts(bench *b, bool deferred)
{
    for (uint64_t i = 0; i < (deferred ? BATCH : 1); i++) {
        const uint64_t *run = b->there->area[i];
        for (uint64_t at = 0; at < LONG / 8; at++)
            b->wrong += run[at] != word_at(at % STAMP ? 3000 + i : 1999 + b->long_count, at);
    }
}

static void run_long(bench *b, bool put, bool deferred)
{
    uint64_t *run = NULL;

    for (uint64_t i = 0; giga_rank() == 1 && i < BATCH; i++)
        fill(b->there->area[i], 1000 + i);
    if (giga_rank() == 0) {
        run = aligned_alloc(4096, (size_t)BATCH * LONG);
        if (!run)
            giga_abort("remote: out of memory");
        for (uint64_t i = 0; i < BATCH; i++)
            fill(run + i * (LONG / 8), 3000 + i);
    }
    giga_barrier();
    if (giga_rank() == 0 && put)
        long_puts(b, run, deferred);
    else if (giga_rank() == 0)
        long_gets(b, run, deferred);
    giga_barrier();
    if (giga_rank() == 1 && put)
        check_puts(b, deferred);
    giga_barrier();
    free(run);
}

static void run_all(bench *b)
{
    for (uint64_t i = 0; giga_rank() == 1 && i < WORDS; i++)
        b->there->table[i] = word_at(0, i);
    for (int s = 0; s < STATES; s++) {
        for (int v = 0; v < VERBS; v++)
            run_short(b, (state)s, (verb)v);
    }
    for (int way = 0; way < 4; way++)
        run_long(b, way % 2, way / 2);
}

int main(int argc, char **argv)
{
    bench b = {.count = count_argument(argc, argv, 1, 3000),
               .idle_count = count_argument(argc, argv, 2, 15),
               .long_count = count_argument(argc, argv, 3, 100)};
    size_t most = b.count > b.idle_count ? b.count : b.idle_count;
    char *object;

    b.samples = calloc(most > b.long_count ? most : b.long_count, sizeof *b.samples);
    if (!b.samples || giga_init(NULL) != GIGA_OK) {
        fprintf(stderr, "giga_init: %s\n", giga_error());
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (giga_size() != 2 || giga_nodes() != 2)
        giga_abort("remote: runs at 2 ranks on two nodes");
    must(giga_alloc_blocks(giga_rank() == 1 ? sizeof(block) : 0, NULL, (void **)&object),
         "giga_alloc_blocks");
    b.there = (block *)(void *)(object + giga_stride(object));
    run_all(&b);
    if (b.wrong)
        fprintf(stderr, "remote: rank %d: %llu wrong values\n", giga_rank(),
                (unsigned long long)b.wrong);
    b.wrong = giga_allreduce_max(b.wrong);
    free(b.samples);
    return giga_fini() != GIGA_OK || b.wrong != 0;
}
