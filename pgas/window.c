/*
 * window.c - the public calls of window.h on objects of all ranks, and on any address.
 *
 * Rule: arguments are checked here, and the ranks agree on what came of that before anything is
 * done. Threads: those of window.h.
 */
#include <stdlib.h>

#include "check.h"
#include "memory.h"
#include "node.h"
#include "object.h"
#include "one.h"
#include "watch.h"

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

giga_status gi_object_check_opts(const char *function, const giga_alloc_opts *opts,
                                 giga_alloc_opts *out)
{
    giga_alloc_opts all = GIGA_ALLOC_OPTS_INIT;

    if (opts && opts->struct_bytes != sizeof all)
        return giga_fail(GIGA_ERR_ARG, "%s: options were not started from GIGA_ALLOC_OPTS_INIT",
                         function);
    *out = opts ? *opts : all;
    if (out->pages < GIGA_PAGES_DEFAULT || out->pages > GIGA_PAGES_HUGE_PREFERRED ||
        out->placement < GIGA_PLACE_HOME || out->placement > GIGA_PLACE_FIRST_TOUCH ||
        out->memory < GIGA_MEMORY_DEFAULT || out->memory > GIGA_MEMORY_CAPACITY)
        return giga_fail(GIGA_ERR_ARG, "%s: unknown pages, placement or memory", function);
    if (out->memory != GIGA_MEMORY_DEFAULT && out->placement != GIGA_PLACE_HOME)
        return giga_fail(GIGA_ERR_ARG, "%s: a kind of memory is chosen for the home: it goes with "
                         "GIGA_PLACE_HOME only", function);
    if ((out->alignment & (out->alignment - 1)) != 0)
        return giga_fail(GIGA_ERR_ARG, "%s: an alignment of %zu is no power of two", function,
                         out->alignment);
    return GIGA_OK;
}

static giga_status plan_uniform(gi_job *job, uint64_t bytes, gi_object_plan *plan)
{
    uint64_t size = (uint64_t)job->size, block = bytes / size + (bytes % size != 0);
    uint64_t unit = gi_object_unit(plan->opts.element_bytes, plan->opts.pages);

    /* Large blocks are whole huge pages where that leaves them even, whether or not the machine
     * has any: where an element lives must not depend on a machine's settings. */
    uint64_t large = gi_object_unit(plan->opts.element_bytes, GIGA_PAGES_HUGE);
    if (unit != 0 && large != 0 && large <= block / 8)
        unit = large;
    if (unit == 0 || block > UINT64_MAX - unit)
        return giga_fail(GIGA_ERR_WINDOW, "giga_alloc: %llu bytes in elements of %zu do not fit "
                         "the window", (unsigned long long)bytes, plan->opts.element_bytes);
    plan->uniform = true;
    plan->bytes = bytes;
    plan->stride = round_up(block ? block : 1, unit);
    return GIGA_OK;
}

static giga_status create(const char *function, bool uniform, uint64_t bytes,
                          const giga_alloc_opts *opts, void **object_out, const void *site)
{
    gi_job *job = &gi_the_job;
    gi_object_plan plan = {.mine = uniform ? 0 : bytes};
    gi_object *object;

    if (object_out)
        *object_out = NULL;
    giga_status status = gi_job_check(function);
    if (status == GIGA_OK)
        status = gi_check_collective(function, NULL, &(gi_argument){"bytes", bytes, NULL}, uniform);
    if (status != GIGA_OK)
        return status;
    if (!object_out)
        status = giga_fail(GIGA_ERR_ARG, "%s: object_out is NULL", function);
    if (status == GIGA_OK)
        status = gi_object_check_opts(function, opts, &plan.opts);
    if (status == GIGA_OK && plan.opts.alignment > gi_memory_page())
        status = giga_fail(GIGA_ERR_ARG, "%s: blocks start at pages, not at multiples of %zu",
                           function, plan.opts.alignment);
    if (status == GIGA_OK && uniform)
        status = plan_uniform(job, bytes, &plan);
    status = giga_agree(status);
    if (status == GIGA_OK)
        status = gi_object_create(job, function, &plan, &object);
    if (status != GIGA_OK)
        return status;
    gi_stats_object_made(job, object, site);
    *object_out = (void *)(uintptr_t)(job->window_base + object->offset);
    return GIGA_OK;
}

giga_status giga_alloc(uint64_t bytes, const giga_alloc_opts *opts, void **object_out)
{
    gi_call call;

    gi_call_begin(&call, GIGA_STATS_ALLOC, "giga_alloc");
    giga_status status = create("giga_alloc", true, bytes, opts, object_out,
                                __builtin_return_address(0));
    gi_call_end(&call);
    return status;
}

giga_status giga_alloc_blocks(uint64_t my_bytes, const giga_alloc_opts *opts, void **object_out)
{
    gi_call call;

    gi_call_begin(&call, GIGA_STATS_ALLOC, "giga_alloc_blocks");
    giga_status status = create("giga_alloc_blocks", false, my_bytes, opts, object_out,
                                __builtin_return_address(0));
    gi_call_end(&call);
    return status;
}

static giga_status free_object(void *object, const void *site)
{
    gi_job *job = &gi_the_job;
    giga_status status = gi_job_check("giga_free");

    if (status == GIGA_OK)
        status = gi_check_collective("giga_free", NULL, NULL, 0);
    if (status != GIGA_OK)
        return status;
    gi_object *found = object ? gi_object_find(job, object) : NULL;
    bool bad = object && (!found || (uint64_t)(uintptr_t)object !=
                                        job->window_base + found->offset);
    if (found && found->arenas)
        status = giga_fail(GIGA_ERR_ADDRESS, "giga_free: rank %d: %p is of giga_alloc_one(), which "
                           "giga_free_one() frees", job->rank, object);
    else if (bad)
        status = giga_fail(GIGA_ERR_ADDRESS, "giga_free: rank %d: %p is not the first address of a "
                           "live object%s", job->rank, object, gi_check_say_freed(job, object));
    status = giga_agree(status);
    uint64_t mine[2] = {found != NULL, found == NULL}, most[2];
    if (status == GIGA_OK)
        status = giga_allreduce(mine, most, 2, GIGA_U64, GIGA_MAX);
    if (status == GIGA_OK && most[0] && most[1])
        return giga_fail(GIGA_ERR_MISMATCH, "giga_free: some ranks pass NULL, others an object");
    if (status != GIGA_OK || !found)
        return status;
    gi_check_freed(job, found, site);
    return gi_object_destroy(job, "giga_free", found);
}

giga_status giga_free(void *object)
{
    gi_call call;

    gi_call_begin(&call, GIGA_STATS_ALLOC, "giga_free");
    giga_status status = free_object(object, __builtin_return_address(0));
    gi_call_end(&call);
    return status;
}

void *giga_local(const void *address, size_t *bytes_out)
{
    gi_job *job = &gi_the_job;
    gi_object *object = job->running ? gi_object_find(job, address) : NULL;

    if (object && object->arenas)
        return gi_one_local(job, address, bytes_out);
    if (bytes_out)
        *bytes_out = object ? object->mine : 0;
    if (!object)
        return NULL;
    return (void *)(uintptr_t)(job->window_base + object->offset +
                               (uint64_t)job->rank * object->stride);
}

/* The end of the near run that starts in a block: on through touching near blocks. */
static uint64_t near_left(const gi_job *job, const gi_place *place)
{
    uint64_t left = place->left;
    const gi_object *object = place->object;

    for (int32_t r = place->home + 1; object->uniform && !object->arenas && r < job->size; r++) {
        if (gi_node_peer(job, r)->node != gi_node_mine(job) ||
            gi_object_block(job, object, r) == 0)
            break;
        left += gi_object_block(job, object, r);
    }
    return left;
}

void *giga_near(const void *address, size_t *bytes_out)
{
    gi_job *job = &gi_the_job;
    gi_place place = {0};
    bool near = job->running && gi_object_find(job, address) &&
                gi_object_place(job, "giga_near", address, 0, &place) == GIGA_OK && place.near &&
                place.left > 0;

    if (bytes_out)
        *bytes_out = near ? near_left(job, &place) : 0;
    return near ? (void *)(uintptr_t)address : NULL;
}

int32_t giga_home(const void *address)
{
    gi_job *job = &gi_the_job;
    gi_object *object = job->running ? gi_object_find(job, address) : NULL;

    if (!object)
        return -1;
    if (object->arenas) {
        gi_place place;
        return gi_one_place(job, "giga_home", address, 1, &place) == GIGA_OK ? place.home : -1;
    }
    uint64_t at = (uint64_t)(uintptr_t)address - job->window_base - object->offset;
    uint64_t home = at / object->stride;
    if (home >= (uint64_t)job->size ||
        at % object->stride >= gi_object_block(job, object, (int32_t)home))
        return -1;
    return (int32_t)home;
}

uint64_t giga_stride(const void *address)
{
    gi_object *object = gi_the_job.running ? gi_object_find(&gi_the_job, address) : NULL;

    return object && !object->arenas ? object->stride : 0;
}

giga_status giga_memory_of(const void *address, giga_memory_info *out)
{
    gi_job *job = &gi_the_job;
    gi_place place;
    giga_status status = gi_job_check("giga_memory_of");

    if (status != GIGA_OK)
        return status;
    if (!out)
        return giga_fail(GIGA_ERR_ARG, "giga_memory_of: out is NULL");
    if (!giga_near(address, NULL) ||
        gi_object_place(job, "giga_memory_of", address, 1, &place) != GIGA_OK)
        return giga_fail(GIGA_ERR_ADDRESS, "giga_memory_of: rank %d: %p lies in no object's memory "
                         "on this node", job->rank, address);
    const gi_object *object = place.object;
    *out = (giga_memory_info){.home = place.home,
                              .page_bytes = object->huge ? GI_HUGE_PAGE : gi_memory_page()};
    if (object->arenas)
        out->memory = gi_one_memory(job, address);
    else if (object->near_memory)
        out->memory = (giga_memory)object->near_memory[gi_node_peer(job, place.home)
                                                           ->near_index];
    gi_memory_look(address, out);
    return GIGA_OK;
}
