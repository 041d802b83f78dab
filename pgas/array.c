/*
 * array.c - distributed arrays: index maps over objects.
 *
 * A distribution answers one question, `locate`: for element i, on which rank, at which
 * position there, and how many elements follow it in one piece. Everything else is
 * written once on top of it.
 *
 * Threads: look-ups from any thread; create and destroy are collective.
 */
#include <giga/array.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "object.h"

typedef struct extent {
    int32_t rank;
    uint64_t position;  /* in the rank's block, in elements */
    uint64_t left;      /* elements from there on that lie one behind the other */
} extent;

struct giga_array {
    char *base;
    uint64_t count, block;      /* block: elements per rank, or per run when cyclic */
    uint64_t stride, mine;      /* bytes between ranks; elements of this rank */
    size_t element;
    uint64_t number;            /* of this array among all that were created, from 1 */
    giga_dist_kind kind;
    bool contiguous;
    uint64_t *starts;           /* explicit: first index of each rank, one word a rank, in
                                   global memory: 8 bytes per rank and array, not per pair */
};

/* Elements that rank r holds of runs of `run` dealt round robin over `size` ranks. */
static uint64_t dealt(uint64_t count, uint64_t run, uint64_t size, uint64_t r)
{
    uint64_t runs = count / run, rest = count % run;
    uint64_t mine = runs / size * run + (r < runs % size ? run : 0);

    return mine + (r == runs % size ? rest : 0);
}

static uint64_t block_count(const giga_array *a, uint64_t rank)
{
    uint64_t first = rank * a->block;

    return first >= a->count ? 0 : a->count - first < a->block ? a->count - first : a->block;
}

/* starts[r], from near memory or by a small get. */
static uint64_t start_of(const giga_array *a, int32_t rank)
{
    if (rank >= giga_size())
        return a->count;
    return giga_load(&a->starts[(uint64_t)rank * (giga_stride(a->starts) / sizeof *a->starts)]);
}

/* The run that this thread looked up last. Arrays are told apart by a number, because a new
 * one may get the memory of an old one. */
static _Thread_local struct {
    uint64_t number, first, last;
    int32_t rank;
} remembered;

/* The last rank that starts at or before the index: bisection over the ranks. */
static extent locate_explicit(const giga_array *a, uint64_t index)
{
    int32_t low = 0, high = giga_size() - 1;

    if (remembered.number == a->number && index >= remembered.first && index < remembered.last)
        return (extent){remembered.rank, index - remembered.first, remembered.last - index};
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (start_of(a, middle) <= index)
            low = middle;
        else
            high = middle - 1;
    }
    remembered.number = a->number;
    remembered.first = start_of(a, low);
    remembered.last = start_of(a, low + 1);
    remembered.rank = low;
    return (extent){low, index - remembered.first, remembered.last - index};
}

static extent locate(const giga_array *a, uint64_t index)
{
    uint64_t size = (uint64_t)giga_size(), run = index / a->block, in_run = index % a->block;

    switch (a->kind) {
    case GIGA_DIST_BLOCK:
        return (extent){(int32_t)run, in_run, a->block - in_run};
    case GIGA_DIST_CYCLIC:
    case GIGA_DIST_BLOCK_CYCLIC:
        return (extent){(int32_t)(run % size), run / size * a->block + in_run,
                        size == 1 ? a->count - index : a->block - in_run};
    case GIGA_DIST_EXPLICIT:
        break;
    }
    return locate_explicit(a, index);
}

static char *address_of(const giga_array *a, extent e)
{
    return a->base + (uint64_t)e.rank * a->stride + e.position * a->element;
}

/* ---- creation ---- */

static giga_status check(uint64_t count, size_t element_bytes, giga_dist dist)
{
    uint64_t bytes;

    if (element_bytes == 0)
        return giga_fail(GIGA_ERR_ARG, "giga_array_create: element_bytes is 0");
    if (__builtin_mul_overflow(count, (uint64_t)element_bytes, &bytes))
        return giga_fail(GIGA_ERR_ARG, "giga_array_create: %" PRIu64 " elements of %zu bytes do "
                         "not fit in 64 bits", count, element_bytes);
    if (dist.kind < GIGA_DIST_BLOCK || dist.kind > GIGA_DIST_EXPLICIT)
        return giga_fail(GIGA_ERR_ARG, "giga_array_create: unknown distribution");
    if (dist.kind == GIGA_DIST_BLOCK_CYCLIC && dist.run == 0)
        return giga_fail(GIGA_ERR_ARG, "giga_array_create: runs of 0 elements");
    if (dist.kind == GIGA_DIST_EXPLICIT && dist.mine > count)
        return giga_fail(GIGA_ERR_ARG, "giga_array_create: rank %d holds %" PRIu64 " of %" PRIu64
                         " elements", giga_rank(), dist.mine, count);
    return GIGA_OK;
}

static giga_status check_alike(uint64_t count, size_t element_bytes, giga_dist dist,
                               const giga_alloc_opts *opts)
{
    uint64_t how = (uint64_t)dist.kind | (uint64_t)opts->pages << 8 |
                   (uint64_t)opts->placement << 16 | (uint64_t)opts->sparse << 24 |
                   (uint64_t)opts->memory << 32 | (uint64_t)opts->memory_required << 40;
    uint64_t mine[8] = {count, element_bytes, how, dist.run,
                        ~count, ~(uint64_t)element_bytes, ~how, ~dist.run};
    uint64_t most[8];
    giga_status status = giga_allreduce(mine, most, 8, GIGA_U64, GIGA_MAX);

    for (int i = 0; i < 4 && status == GIGA_OK; i++) {
        if (most[i] != ~most[i + 4])
            status = giga_fail(GIGA_ERR_MISMATCH, "giga_array_create: the ranks pass different "
                               "arguments; rank %d passes %" PRIu64 " elements of %zu bytes",
                               giga_rank(), count, element_bytes);
    }
    return status;
}

/* Where each rank starts, in its own word of a small object. */
static giga_status publish_starts(giga_array *a)
{
    uint64_t before, sum;
    giga_status status = giga_exscan(&a->mine, &before, 1, GIGA_U64, GIGA_SUM);

    if (status == GIGA_OK)
        status = giga_allreduce(&a->mine, &sum, 1, GIGA_U64, GIGA_SUM);
    if (status != GIGA_OK)
        return status;
    if (sum != a->count)
        return giga_fail(GIGA_ERR_ARG, "giga_array_create: the ranks hold %" PRIu64 " elements "
                         "together, the array has %" PRIu64, sum, a->count);
    status = giga_alloc_blocks(sizeof *a->starts, NULL, (void **)&a->starts);
    if (status != GIGA_OK)
        return status;
    *(uint64_t *)giga_local(a->starts, NULL) = before;
    gi_settle_and_meet(&gi_the_job);
    return GIGA_OK;
}

/*
 * A block array is contiguous: blocks are whole pages and whole elements. Where that
 * unit is absurd (an element of 1021 bytes: 4 MiB) there are two ways out: on one node
 * no block needs to end at a page, and across nodes the array gives up contiguity.
 */
static giga_status create_block(giga_array *a, const giga_alloc_opts *opts)
{
    enum { UNIT_MAX = 64 << 10 };
    uint64_t size = (uint64_t)giga_size(), bytes = a->count * a->element;
    uint64_t even = a->count / size + (a->count % size != 0);
    uint64_t unit = gi_object_unit(a->element, opts->pages);
    gi_object_plan plan = {.uniform = true, .bytes = bytes, .opts = *opts};
    gi_object *object;
    giga_status status;

    if (unit != 0 && (unit <= UNIT_MAX || unit <= even * a->element / 8)) {
        status = giga_alloc(bytes, opts, (void **)&a->base);
        a->stride = giga_stride(a->base);
        a->block = a->stride / a->element;
        a->contiguous = true;
        return status;
    }
    a->block = even ? even : 1;
    a->contiguous = giga_nodes() == 1;
    if (!a->contiguous)
        return giga_alloc_blocks(block_count(a, (uint64_t)giga_rank()) * a->element, opts,
                                 (void **)&a->base);
    plan.stride = a->block * a->element;
    status = gi_object_create(&gi_the_job, "giga_array_create", &plan, &object);
    if (status == GIGA_OK)
        a->base = (char *)(uintptr_t)(gi_the_job.window_base + object->offset);
    return status;
}

static giga_status create(giga_array *a, giga_dist dist, const giga_alloc_opts *opts)
{
    uint64_t rank = (uint64_t)giga_rank(), size = (uint64_t)giga_size();
    giga_status status;

    a->block = dist.kind == GIGA_DIST_BLOCK_CYCLIC ? dist.run : 1;
    if (dist.kind == GIGA_DIST_BLOCK) {
        status = create_block(a, opts);
        a->mine = block_count(a, rank);
    } else {
        a->mine = dist.kind == GIGA_DIST_EXPLICIT ? dist.mine
                                                  : dealt(a->count, a->block, size, rank);
        a->contiguous = size == 1;
        status = dist.kind == GIGA_DIST_EXPLICIT ? publish_starts(a) : GIGA_OK;
        if (status == GIGA_OK)
            status = giga_alloc_blocks(a->mine * a->element, opts, (void **)&a->base);
    }
    a->stride = a->base ? giga_stride(a->base) : 0;
    return status;
}

giga_status giga_array_create(uint64_t count, size_t element_bytes, giga_dist dist,
                              const giga_alloc_opts *opts, giga_array **array_out)
{
    giga_alloc_opts all = GIGA_ALLOC_OPTS_INIT;
    giga_status status = gi_job_check("giga_array_create");

    if (status != GIGA_OK)
        return status;
    if (array_out)
        *array_out = NULL;
    giga_array *a = calloc(1, sizeof *a);
    if (!a || !array_out)
        status = giga_fail(a ? GIGA_ERR_ARG : GIGA_ERR_MEMORY, "giga_array_create: %s",
                           a ? "array_out is NULL" : "out of memory");
    if (status == GIGA_OK)
        status = check(count, element_bytes, dist);
    if (status == GIGA_OK && opts && opts->struct_bytes != sizeof all)
        status = giga_fail(GIGA_ERR_ARG, "giga_array_create: options were not started from "
                           "GIGA_ALLOC_OPTS_INIT");
    status = giga_agree(status);
    if (status == GIGA_OK && opts)
        all = *opts;
    if (status == GIGA_OK)
        status = check_alike(count, element_bytes, dist, &all);
    if (status != GIGA_OK) {
        free(a);
        return status;
    }
    all.element_bytes = element_bytes;
    static uint64_t created; /* creation is collective, by one thread */
    a->number = ++created;
    a->count = count;
    a->element = element_bytes;
    a->kind = dist.kind;
    status = create(a, dist, &all);
    if (status != GIGA_OK) {
        if (a->starts)
            giga_free(a->starts);
        free(a);
        return status;
    }
    *array_out = a;
    return GIGA_OK;
}

giga_status giga_array_destroy(giga_array *array)
{
    giga_status status = gi_job_check("giga_array_destroy");

    if (status != GIGA_OK)
        return status;
    if (!array)
        return giga_free(NULL); /* which tells when others pass an array */
    status = giga_free(array->base);
    if (status == GIGA_OK && array->starts)
        status = giga_free(array->starts);
    free(array);
    return status;
}

/* ---- look-ups ---- */

/* No array, or giga does not run any more: nothing is where it was. */
static giga_status check_array(const char *function, const giga_array *array)
{
    giga_status status = gi_job_check(function);

    return status == GIGA_OK && !array ? giga_fail(GIGA_ERR_ARG, "%s: array is NULL", function)
                                       : status;
}

uint64_t giga_array_count(const giga_array *array)
{
    return array ? array->count : 0;
}

size_t giga_array_element(const giga_array *array)
{
    return array ? array->element : 0;
}

void *giga_array_contiguous(const giga_array *array)
{
    return array && array->contiguous ? array->base : NULL;
}

void *giga_at(const giga_array *array, uint64_t index)
{
    if (check_array("giga_at", array) != GIGA_OK)
        return NULL;
    if (index >= array->count) {
        giga_fail(GIGA_ERR_RANGE, "giga_at: rank %d: index %" PRIu64 " of an array of %" PRIu64,
                  giga_rank(), index, array->count);
        return NULL;
    }
    return address_of(array, locate(array, index));
}

int32_t giga_array_home(const giga_array *array, uint64_t index)
{
    if (check_array("giga_array_home", array) != GIGA_OK)
        return -1;
    return index < array->count ? locate(array, index).rank : -1;
}

void *giga_array_local(const giga_array *array, uint64_t *count_out)
{
    bool good = check_array("giga_array_local", array) == GIGA_OK;

    if (count_out)
        *count_out = good ? array->mine : 0;
    return good && array->mine ? giga_local(array->base, NULL) : NULL;
}

uint64_t giga_array_index(const giga_array *array, uint64_t position)
{
    uint64_t rank = (uint64_t)giga_rank(), size = (uint64_t)giga_size();

    if (check_array("giga_array_index", array) != GIGA_OK)
        return UINT64_MAX;
    switch (array->kind) {
    case GIGA_DIST_BLOCK:
        return rank * array->block + position;
    case GIGA_DIST_CYCLIC:
    case GIGA_DIST_BLOCK_CYCLIC:
        return (position / array->block * size + rank) * array->block + position % array->block;
    case GIGA_DIST_EXPLICIT:
        break;
    }
    return start_of(array, giga_rank()) + position;
}

/* ---- runs ---- */

static giga_status check_run(const char *function, const giga_array *a, uint64_t first,
                             uint64_t count)
{
    giga_status status = check_array(function, a);

    if (status != GIGA_OK)
        return status;
    if (first > a->count || count > a->count - first)
        return giga_fail(GIGA_ERR_RANGE, "%s: rank %d: elements %" PRIu64 " to %" PRIu64
                         " of an array of %" PRIu64, function, giga_rank(), first, first + count,
                         a->count);
    return GIGA_OK;
}

/* The pieces of a run are independent: start them all, then wait once. */
giga_status giga_array_get(const giga_array *array, uint64_t first, uint64_t count, void *dst)
{
    giga_status status = check_run("giga_array_get", array, first, count);
    char *to = dst;

    for (uint64_t done = 0; done < count && status == GIGA_OK;) {
        extent e = locate(array, first + done);
        uint64_t piece = e.left < count - done ? e.left : count - done;
        status = giga_get_nbi(to + done * array->element, address_of(array, e),
                              piece * array->element);
        done += piece;
    }
    if (status == GIGA_ERR_ARG || status == GIGA_ERR_STATE)
        return status;
    giga_status quiet = status == GIGA_ERR_RANGE ? GIGA_OK : giga_quiet();
    return status != GIGA_OK ? status : quiet;
}

giga_status giga_array_put(giga_array *array, uint64_t first, uint64_t count, const void *src)
{
    giga_status status = check_run("giga_array_put", array, first, count);
    const char *from = src;

    for (uint64_t done = 0; done < count && status == GIGA_OK;) {
        extent e = locate(array, first + done);
        uint64_t piece = e.left < count - done ? e.left : count - done;
        status = giga_put_nbi(address_of(array, e), from + done * array->element,
                              piece * array->element);
        done += piece;
    }
    if (status == GIGA_ERR_ARG || status == GIGA_ERR_STATE)
        return status;
    giga_status quiet = status == GIGA_ERR_RANGE ? GIGA_OK : giga_quiet();
    return status != GIGA_OK ? status : quiet;
}
