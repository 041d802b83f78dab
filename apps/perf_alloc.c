/*
 * perf_alloc.c - allocating and freeing, and the first touch of what was allocated; beside an
 * anonymous shared mapping of one process.
 */
#include <sys/mman.h>

#include "perf.h"

enum { SMALL = 1 << 20, LARGE = 64 << 20, PAGE = 4096 };

static void *map(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        giga_abort("giga-perf: mmap of %llu bytes failed", (unsigned long long)bytes);
    return memory;
}

/* One object after another, each a block of 1 MiB per rank; rank 0's time. */
static giga_status run_alloc(perf_round *round)
{
    uint64_t times = round->quick ? 5 : 200;
    giga_status status = giga_barrier();
    double begin = perf_now_ns();

    for (uint64_t i = 0; i < times && status == GIGA_OK; i++) {
        void *object;
        status = giga_alloc_blocks(SMALL, NULL, &object);
        if (status == GIGA_OK) {
            round->wrong += giga_home(object) != 0 || giga_local(object, NULL) == NULL;
            status = giga_free(object);
        }
    }
    round->figure = (perf_now_ns() - begin) / (double)times / 1e3;
    begin = perf_now_ns();
    for (uint64_t i = 0; i < times && giga_rank() == 0; i++)
        munmap(map(SMALL), SMALL);
    round->limit = (perf_now_ns() - begin) / (double)times / 1e3;
    perf_must(giga_barrier(), "giga_barrier");
    return status;
}

/* A word of each page, which must be zero: MB/s. */
static double touch(perf_round *round, char *memory, uint64_t bytes)
{
    double begin = perf_now_ns();

    for (uint64_t at = 0; at < bytes; at += PAGE) {
        uint64_t *word = (uint64_t *)(void *)(memory + at);
        round->wrong += *word != 0;
        *word = at + 1;
        PERF_CLOBBER();
    }
    return (double)bytes / (perf_now_ns() - begin) * 1e3;
}

static giga_status run_touch(perf_round *round)
{
    uint64_t bytes = round->quick ? SMALL : LARGE;
    void *object;
    giga_status status = giga_alloc_blocks(bytes, NULL, &object);

    if (status != GIGA_OK)
        return status;
    for (int pass = 0; giga_rank() == 0 && pass < 2; pass++) {
        if (perf_plain(round, pass)) {
            void *memory = map(bytes);
            round->limit = touch(round, memory, bytes);
            munmap(memory, bytes);
        } else {
            round->figure = touch(round, giga_local(object, NULL), bytes);
        }
    }
    perf_must(giga_barrier(), "giga_barrier");
    return giga_free(object);
}

static const perf_case cases[] = {
    {"alloc", "us", PERF_ALL, 0, 0, run_alloc, "an object of 1 MiB per rank, allocated and freed"},
    {"alloc.touch", "MB/s", PERF_ALL, 0, 0, run_touch,
     "the first write to a new block, by its home"}};

const perf_family perf_alloc = PERF_FAMILY(cases);
