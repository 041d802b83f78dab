/*
 * object.c - allocation of objects in the window, and finding them by address.
 *
 * Invariants:
 *   O1  every rank makes the same sequence of creations and destructions with the same
 *       result, so that the map of granules is the same everywhere without a message
 *   O2  a granule belongs to at most one object; by_granule names it
 *   O3  runs[g] is a near run of the object of granule g, exact to the byte, or empty
 *   O4  blocks of a uniform object are whole pages unless the job is one node
 *
 * Threads: creation and destruction are collective; look-ups need no lock because no
 * thread may use an address of an object that is not created or already freed.
 */
#include "object.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "kind.h"
#include "map.h"
#include "memory.h"
#include "node.h"
#include "one.h"
#include "remote.h"
#include "watch.h"

#define GRANULE (UINT64_C(1) << GIGA_GRANULE_SHIFT_)

struct gi_objects {
    uint64_t granules;
    uint64_t room;            /* of them for objects; the rest, at the end, has the arenas */
    gi_object **by_granule;
    giga_run_ *runs;
};

giga_window_ giga_the_window_;

/* Zero pages of address space that cost memory when first written. */
static void *sparse_table(uint64_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

giga_status gi_objects_start(gi_job *job, gi_objects **out)
{
    gi_objects *o = calloc(1, sizeof *o);
    if (!o)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    *out = o;
    o->granules = o->room = job->window_bytes >> GIGA_GRANULE_SHIFT_;
    o->by_granule = sparse_table(o->granules * sizeof *o->by_granule);
    o->runs = sparse_table(o->granules * sizeof *o->runs);
    if (!o->by_granule || !o->runs)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    job->by_granule = o->by_granule;
    job->runs = o->runs;
    job->arenas_from = UINT64_MAX;
    job->granules = o->granules;
    giga_the_window_ =
        (giga_window_){job->window_base, gi_watch_granules(job, o->granules), o->runs};
    return GIGA_OK;
}

void gi_objects_forget(gi_job *job)
{
    const gi_objects *o = job->objects;

    for (uint64_t g = 0; g < o->room;) {
        gi_object *object = o->by_granule[g];
        g += object ? object->span >> GIGA_GRANULE_SHIFT_ : 1;
        if (object)
            gi_remote_forget(job, object);
    }
}

static void free_object(gi_object *object)
{
    if (!object)
        return;
    free(object->near_memory);
    free(object->near_bytes);
    free(object->counts);
    free(object);
}

void gi_objects_stop(gi_job *job)
{
    gi_objects *o = job->objects;

    if (!o)
        return;
    for (uint64_t g = 0; o->by_granule && g < o->room;) {
        gi_object *object = o->by_granule[g];
        g += object ? object->span >> GIGA_GRANULE_SHIFT_ : 1;
        free_object(object);
    }
    free_object(job->arenas);
    job->arenas = NULL;
    job->arenas_from = UINT64_MAX;
    giga_the_window_ = (giga_window_){0, 0, NULL};
    if (o->by_granule)
        munmap(o->by_granule, o->granules * sizeof *o->by_granule);
    if (o->runs)
        munmap(o->runs, o->granules * sizeof *o->runs);
    free(o);
    job->objects = NULL;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Where an element lives depends on what is asked for, not on what is got. */
static bool wants_huge(giga_pages pages)
{
    return pages == GIGA_PAGES_HUGE || pages == GIGA_PAGES_HUGE_PREFERRED;
}

uint64_t gi_object_unit(uint64_t element_bytes, giga_pages pages)
{
    uint64_t page = wants_huge(pages) ? GI_HUGE_PAGE : gi_memory_page();
    uint64_t a = page, b = element_bytes ? element_bytes : 1, unit;

    while (b != 0) { /* greatest common divisor */
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return __builtin_mul_overflow(page / a, element_bytes ? element_bytes : 1, &unit) ? 0 : unit;
}

/* First run of free granules long enough; the same on every rank (O1). */
static bool find_room(const gi_objects *o, uint64_t from, uint64_t need, uint64_t *first_out)
{
    for (uint64_t g = from, run = 0; g < o->room;) {
        if (o->by_granule[g]) {
            g += o->by_granule[g]->span >> GIGA_GRANULE_SHIFT_;
            run = 0;
        } else if (++run == need) {
            *first_out = g + 1 - need;
            return true;
        } else {
            g++;
        }
    }
    return false;
}

uint64_t gi_object_block(const gi_job *job, const gi_object *object, int32_t rank)
{
    uint64_t begin = (uint64_t)rank * object->stride;

    if (object->uniform)
        return begin >= object->bytes                    ? 0
               : object->bytes - begin < object->stride  ? object->bytes - begin
                                                         : object->stride;
    const gi_peer *peer = gi_node_peer(job, rank);
    return peer->node == gi_node_mine(job) ? object->near_bytes[peer->near_index]
                                                 : UINT64_MAX;
}

/* Call `each` for every near run: near blocks that touch are one run if uniform. */
static giga_status for_near_runs(gi_job *job, gi_object *object,
                                 giga_status (*each)(gi_job *, gi_object *, uint64_t first,
                                                     uint64_t bytes))
{
    int32_t near = gi_node_size(job->node);
    uint64_t first = 0, bytes = 0;
    giga_status status = GIGA_OK;

    for (int32_t i = 0; i < near && status == GIGA_OK; i++) {
        uint64_t begin = (uint64_t)gi_node_rank(job->node, i) * object->stride;
        if (bytes > 0 && object->uniform && begin == first + bytes) {
            bytes += object->near_bytes[i];
            continue;
        }
        if (bytes > 0)
            status = each(job, object, first, bytes);
        first = begin;
        bytes = object->near_bytes[i];
    }
    if (bytes > 0 && status == GIGA_OK)
        status = each(job, object, first, bytes);
    return status;
}

static uint64_t page_of(const gi_object *object)
{
    return object->huge ? GI_HUGE_PAGE : gi_memory_page();
}

static giga_status map_run(gi_job *job, gi_object *object, uint64_t first, uint64_t bytes)
{
    uint64_t page = page_of(object);
    uint64_t begin = object->offset + first / page * page;
    uint64_t end = round_up(object->offset + first + bytes, page);

    return gi_map_view(job, begin, end - begin, object->huge);
}

/* O3: the granules of a run name it; of several in one granule the longest wins. */
static giga_status publish_run(gi_job *job, gi_object *object, uint64_t first, uint64_t bytes)
{
    giga_run_ run = {object->offset + first, bytes};
    uint64_t last = (run.first + bytes - 1) >> GIGA_GRANULE_SHIFT_;

    for (uint64_t g = run.first >> GIGA_GRANULE_SHIFT_; g <= last; g++) {
        if (job->objects->runs[g].bytes < bytes)
            job->objects->runs[g] = run;
    }
    return GIGA_OK;
}

static giga_status release_run(gi_job *job, gi_object *object, uint64_t first, uint64_t bytes)
{
    uint64_t page = page_of(object);

    gi_map_release(job, object->offset + first / page * page, round_up(bytes, page));
    return GIGA_OK;
}

/* Any rank of a node executes batches of operations on all of the node's blocks. */
static giga_status map_alias(gi_job *job, gi_object *object, uint64_t first, uint64_t bytes)
{
    uint64_t page = page_of(object);
    uint64_t begin = (object->offset + first) / page * page;
    uint64_t end = round_up(object->offset + first + bytes, page);

    return gi_map_alias(job, begin, end - begin, object->huge);
}

/* Does this node have the memory? The sum over its ranks is checked by all of them. */
static giga_status check_memory(gi_job *job, const char *function, gi_object *object, bool sparse)
{
    uint64_t need = 0, total = gi_memory_total(job), free_now = gi_memory_available();

    for (int32_t i = 0; i < gi_node_size(job->node); i++) {
        if (__builtin_add_overflow(need, object->near_bytes[i], &need))
            need = UINT64_MAX;
    }
    if (sparse)
        return GIGA_OK;
    object->committed = need;
    uint64_t held = gi_node_commit(job->node, 0);
    if (need <= total && held <= total - need && need <= free_now)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_MEMORY,
                     "%s: node %d of rank %d needs %.3f GiB for this object and holds %.3f GiB in "
                     "others, but has %.3f GiB, %.3f GiB of it free",
                     function, gi_node_mine(job), job->rank, (double)need / 0x1p30,
                     (double)held / 0x1p30, (double)total / 0x1p30, (double)free_now / 0x1p30);
}

/* Whether every node has huge pages for its part. */
static giga_status choose_pages(gi_job *job, const char *function, const gi_object_plan *plan,
                                uint64_t longest, gi_object *object)
{
    uint64_t need = 0, free_pages = gi_memory_huge_free();

    if (plan->opts.pages == GIGA_PAGES_HUGE && object->stride % GI_HUGE_PAGE != 0)
        return giga_fail(GIGA_ERR_MEMORY, "%s: blocks of %llu bytes are not whole huge pages",
                         function, (unsigned long long)object->stride);
    if (plan->opts.pages == GIGA_PAGES_SMALL || object->stride % GI_HUGE_PAGE != 0 ||
        (plan->opts.pages == GIGA_PAGES_DEFAULT && longest < 8 * GI_HUGE_PAGE))
        return GIGA_OK;
    for (int32_t i = 0; i < gi_node_size(job->node); i++)
        need += round_up(object->near_bytes[i], GI_HUGE_PAGE) / GI_HUGE_PAGE;
    bool wanted = plan->opts.pages == GIGA_PAGES_HUGE ||
                  strcmp(job->env.huge_pages.text, "auto") == 0;
    bool mine = wanted && gi_node_huge_file(job->node) >= 0 && need <= free_pages;
    uint64_t all = mine;
    giga_status status = giga_allreduce(&all, &all, 1, GIGA_U64, GIGA_MIN);
    if (status != GIGA_OK)
        return status;
    object->huge = all == 1;
    if (plan->opts.pages != GIGA_PAGES_HUGE || object->huge)
        return GIGA_OK;
    return giga_agree(mine ? GIGA_OK
                           : giga_fail(GIGA_ERR_MEMORY,
                                       "%s: node %d of rank %d needs %llu huge pages of 2 MiB and "
                                       "has %llu free (vm.nr_hugepages reserves them)", function,
                                       gi_node_mine(job), job->rank,
                                       (unsigned long long)need, (unsigned long long)free_pages));
}

/* One small all-reduce: do the ranks agree on the plan, and how long is the longest block? */
static giga_status agree_on_plan(gi_job *job, const char *function, const gi_object_plan *plan,
                                 uint64_t *longest_out)
{
    uint64_t what = (uint64_t)plan->uniform | (uint64_t)plan->opts.pages << 8 |
                    (uint64_t)plan->opts.placement << 16 | (uint64_t)plan->opts.sparse << 24 |
                    (uint64_t)plan->opts.memory << 32 |
                    (uint64_t)plan->opts.memory_required << 40;
    uint64_t mine[9] = {plan->mine, what,   plan->bytes,  plan->stride,  plan->opts.element_bytes,
                        ~what,      ~plan->bytes, ~plan->stride, ~plan->opts.element_bytes};
    uint64_t most[9];

    giga_status status = giga_allreduce(mine, most, 9, GIGA_U64, GIGA_MAX);
    if (status != GIGA_OK)
        return status;
    *longest_out = most[0];
    for (int i = 1; i <= 4; i++) {
        if (most[i] != ~most[i + 4])
            return giga_fail(GIGA_ERR_MISMATCH,
                             "%s: the ranks pass different arguments; rank %d passes %llu bytes",
                             function, job->rank, (unsigned long long)plan->bytes);
    }
    return GIGA_OK;
}

/*
 * Blocks of unequal length start at a page. Where the job is so small that it costs less than
 * a thousandth of the window, each starts at a granule instead: then every near block is a
 * run of its own (O3), and the inlined operations find it.
 */
static uint64_t stride_of_blocks(const gi_job *job, const gi_object_plan *plan, uint64_t longest)
{
    uint64_t bytes = longest ? longest : 1, page = gi_memory_page(), all;

    if (bytes > job->window_bytes)
        return UINT64_MAX; /* refused where addresses are taken */
    if (!__builtin_mul_overflow(round_up(bytes, GRANULE), (uint64_t)job->size, &all) &&
        all <= job->window_bytes >> 10)
        return round_up(bytes, GRANULE);
    if (bytes >= 8 * GI_HUGE_PAGE || wants_huge(plan->opts.pages))
        page = GI_HUGE_PAGE;
    return round_up(bytes, page);
}

/*
 * Where in its first granule an object begins: where it can without one granule more. Objects
 * that all began at a granule would be alike in the low 28 bits of their addresses, and a[i] and
 * b[i] could not both be in the first-level cache of AMD's Zen, which knows a line by a hash of
 * bits 12 to 27 ("Take A Way", AsiaCCS 2020): stores to two such arrays in turn take 13 ns
 * instead of 0.7. Whole huge pages, so that both kinds of pages can lie there.
 */
static uint64_t colour_of(const gi_job *job, const gi_object *object, uint64_t longest,
                          uint64_t first)
{
    enum { COLOURS = 31 }; /* no divisor of usual steps between objects */
    uint64_t used = object->uniform ? object->bytes
                                    : object->stride * (uint64_t)(job->size - 1) + longest;
    uint64_t places = (object->span - used) / GI_HUGE_PAGE + 1;

    return first % (places < COLOURS ? places : COLOURS) * GI_HUGE_PAGE;
}

static giga_status take_addresses(gi_job *job, const char *function, gi_object *object,
                                  uint64_t longest)
{
    uint64_t bytes, need, first;
    bool fits = !__builtin_mul_overflow(object->stride, (uint64_t)job->size, &bytes) &&
                bytes <= job->window_bytes;

    need = round_up(fits && bytes ? bytes : 1, GRANULE) / GRANULE;
    if (!fits ||
        !(find_room(job->objects, gi_check_first_granule(job), need, &first) ||
          find_room(job->objects, 0, need, &first)))
        return giga_fail(GIGA_ERR_WINDOW,
                         "%s: no room for %d blocks of %llu bytes in the window of %llu bytes "
                         "(GIGA_WINDOW_SIZE)", function, job->size,
                         (unsigned long long)object->stride, (unsigned long long)job->window_bytes);
    object->span = need * GRANULE;
    object->offset = first * GRANULE + colour_of(job, object, longest, first);
    gi_check_placed(job, first + need);
    return GIGA_OK;
}

static void enter(gi_job *job, gi_object *object)
{
    uint64_t first = object->offset >> GIGA_GRANULE_SHIFT_;

    for (uint64_t g = 0; g < object->span >> GIGA_GRANULE_SHIFT_; g++)
        job->objects->by_granule[first + g] = object;
    for_near_runs(job, object, publish_run);
    if (gi_node_index(job->node) == 0)
        gi_node_commit(job->node, (int64_t)object->committed);
}

static void *own_block(const gi_job *job, const gi_object *object)
{
    return (void *)(uintptr_t)(job->window_base + object->offset +
                               (uint64_t)job->rank * object->stride);
}

/* Take back what was mapped and placed of an object; its memory stays. */
static void unmap_object(gi_job *job, gi_object *object)
{
    if (object->policy)
        gi_memory_place_like(own_block(job, object), object->mine, NULL);
    object->policy = false;
    gi_map_drop(job, object->offset / GRANULE * GRANULE, object->span);
}

/* Let the ranks of the node know which kind of memory each block has. */
static giga_status tell_kinds(gi_job *job, const char *function, gi_object *object,
                              giga_memory mine)
{
    object->near_memory = calloc((size_t)gi_node_size(job->node), sizeof *object->near_memory);
    giga_status status = giga_agree(object->near_memory ? GIGA_OK
                                                        : giga_fail(GIGA_ERR_MEMORY,
                                                                    "%s: out of memory", function));
    if (status == GIGA_OK)
        gi_node_gather(job, (uint64_t)mine, object->near_memory);
    return status;
}

static giga_status map_blocks(gi_job *job, const char *function, const gi_object_plan *plan,
                              gi_object *object)
{
    gi_kind_got got = {GIGA_MEMORY_DEFAULT, false};
    giga_status status = for_near_runs(job, object, map_run);

    if (status == GIGA_OK && job->net)
        status = for_near_runs(job, object, map_alias);
    if (status == GIGA_OK)
        status = gi_kind_place(job, function, own_block(job, object), object->mine, &plan->opts,
                               &got);
    object->policy = got.policy;
    status = giga_agree(status);
    if (status == GIGA_OK && plan->opts.memory != GIGA_MEMORY_DEFAULT)
        status = tell_kinds(job, function, object, got.memory);
    if (status != GIGA_OK)
        unmap_object(job, object);
    return status;
}

/* Huge pages that were free when counted may be gone when mapped. Then all ranks, agreed on the
 * failure, try again with small ones, unless huge ones are required. */
static giga_status map_object(gi_job *job, const char *function, const gi_object_plan *plan,
                              gi_object *object)
{
    giga_status status = map_blocks(job, function, plan, object);

    if (status != GIGA_ERR_MEMORY || !object->huge || plan->opts.pages == GIGA_PAGES_HUGE)
        return status;
    object->huge = false;
    return map_blocks(job, function, plan, object);
}

giga_status gi_object_create(gi_job *job, const char *function, const gi_object_plan *plan,
                             gi_object **out)
{
    uint64_t longest;
    gi_object *object = calloc(1, sizeof *object);
    uint64_t *near = calloc((size_t)gi_node_size(job->node), sizeof *near);
    giga_status status = object && near ? GIGA_OK
                                        : giga_fail(GIGA_ERR_MEMORY, "%s: out of memory", function);

    status = giga_agree(status);
    if (status == GIGA_OK)
        status = agree_on_plan(job, function, plan, &longest);
    if (status != GIGA_OK)
        goto fail;
    object->uniform = plan->uniform;
    object->bytes = plan->bytes;
    object->near_bytes = near;
    object->stride = plan->uniform ? plan->stride : stride_of_blocks(job, plan, longest);
    object->shift = (object->stride & (object->stride - 1)) == 0
                        ? (unsigned)__builtin_ctzll(object->stride)
                        : 0;
    object->mine = plan->uniform ? gi_object_block(job, object, job->rank) : plan->mine;
    status = take_addresses(job, function, object, longest);
    if (status != GIGA_OK)
        goto fail;
    gi_node_gather(job, object->mine, near);
    status = giga_agree(check_memory(job, function, object, plan->opts.sparse));
    if (status == GIGA_OK)
        status = choose_pages(job, function, plan, plan->uniform ? plan->stride : longest,
                              object);
    if (status == GIGA_OK)
        status = map_object(job, function, plan, object);
    if (status != GIGA_OK)
        goto fail;
    enter(job, object);
    gi_settle_and_meet(job); /* nobody uses an address before every home has mapped it */
    *out = object;
    return GIGA_OK;
fail:
    if (object)
        free(object->near_memory);
    free(near);
    free(object);
    return status;
}

giga_status gi_object_destroy(gi_job *job, const char *function, gi_object *object)
{
    uint64_t first = object->offset >> GIGA_GRANULE_SHIFT_;
    uint64_t mine[2] = {object->offset, ~object->offset}, most[2];

    gi_settle_and_meet(job);
    giga_status status = giga_allreduce(mine, most, 2, GIGA_U64, GIGA_MAX);
    if (status != GIGA_OK)
        return status;
    if (most[0] != ~most[1])
        return giga_fail(GIGA_ERR_MISMATCH, "%s: the ranks free different objects; rank %d frees "
                         "the one at 0x%llx", function, job->rank,
                         (unsigned long long)(job->window_base + object->offset));
    if (job->net)
        gi_remote_forget(job, object);
    for (uint64_t g = 0; g < object->span >> GIGA_GRANULE_SHIFT_; g++) {
        job->objects->by_granule[first + g] = NULL;
        job->objects->runs[first + g] = (giga_run_){0, 0};
    }
    unmap_object(job, object);
    gi_node_barrier(job); /* all views are gone before the memory is */
    if (gi_node_index(job->node) == 0) {
        for_near_runs(job, object, release_run);
        gi_node_commit(job->node, -(int64_t)object->committed);
    }
    gi_stats_object_gone(job, object);
    free_object(object);
    /* No rank may get the same addresses again before the memory behind them is new. */
    gi_settle_and_meet(job);
    return GIGA_OK;
}

/* ---- the arenas of one-rank objects ---- */

/* With huge pages on advice the first small object of each arena would take 2 MiB, and more at
 * every hole: arenas are of small pages. */
static giga_status map_arenas(gi_job *job, gi_object *arenas, uint64_t first, uint64_t bytes)
{
    giga_status status = map_run(job, arenas, first, bytes);

    if (status == GIGA_OK)
        madvise((void *)(uintptr_t)(job->window_base + arenas->offset + first), bytes,
                MADV_NOHUGEPAGE);
    return status;
}

giga_status gi_object_reserve(gi_job *job, uint64_t stride)
{
    gi_objects *o = job->objects;
    int32_t near = gi_node_size(job->node);
    gi_object *arenas = calloc(1, sizeof *arenas);
    uint64_t *near_bytes = calloc((size_t)near, sizeof *near_bytes);

    if (!arenas || !near_bytes) {
        free(arenas);
        free(near_bytes);
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory");
    }
    job->arenas = arenas;
    for (int32_t i = 0; i < near; i++)
        near_bytes[i] = stride;
    uint64_t bytes = stride * (uint64_t)job->size, span = round_up(bytes, GRANULE);
    /* The last granule stays empty: an address at the end of the window is of no object. */
    *arenas = (gi_object){.offset = job->window_bytes - GRANULE - span, .span = span,
                          .stride = stride, .bytes = bytes, .mine = stride, .near_bytes = near_bytes,
                          .uniform = true, .arenas = true};
    job->arenas_from = arenas->offset;
    o->room = arenas->offset / GRANULE;
    giga_status status = for_near_runs(job, arenas, map_arenas);
    if (status == GIGA_OK && job->net)
        status = for_near_runs(job, arenas, map_alias);
    return status;
}

/*
 * The run of a granule begins at a fixed place and only grows, while other threads read it with
 * plain loads: what they can see is the old length, the new one, or a first of 0, from which an
 * arena, behind three quarters of the window, is further than any run is long (O3).
 */
void gi_object_publish(const gi_job *job, uint64_t offset, uint64_t first, uint64_t end)
{
    giga_run_ *run = &job->objects->runs[offset >> GIGA_GRANULE_SHIFT_];
    uint64_t granule = offset / GRANULE * GRANULE, none = 0;
    uint64_t begin = first > granule ? first : granule, bytes = end - begin, seen;

    /* Of several arenas in one granule the first one used has the run. */
    if (!__atomic_compare_exchange_n(&run->first, &none, begin, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED) && none != begin)
        return;
    seen = __atomic_load_n(&run->bytes, __ATOMIC_RELAXED);
    while (seen < bytes && !__atomic_compare_exchange_n(&run->bytes, &seen, bytes, true,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
}

/* ---- finding ---- */

gi_object *gi_object_next(const gi_job *job, const gi_object *object)
{
    const gi_objects *o = job->objects;
    uint64_t g = object ? (object->offset + object->span) >> GIGA_GRANULE_SHIFT_ : 0;

    while (g < o->granules && !o->by_granule[g])
        g++;
    return g < o->granules ? o->by_granule[g] : NULL;
}

gi_object *gi_object_find(const gi_job *job, const void *address)
{
    return gi_object_at(job, (uint64_t)(uintptr_t)address - job->window_base);
}

const giga_run_ *gi_object_run(const gi_job *job, uint64_t offset)
{
    return &job->objects->runs[offset >> GIGA_GRANULE_SHIFT_];
}

bool gi_object_near_slowly(const gi_job *job, uint64_t offset, uint64_t bytes)
{
    uint64_t length;
    const gi_object *object = gi_object_at(job, offset);

    if (!object || (offset - object->offset) / object->stride >= (uint64_t)job->size)
        return false;
    int32_t home = (int32_t)((offset - object->offset) / object->stride);
    uint64_t begin = (offset - object->offset) % object->stride;
    if (gi_node_peer(job, home)->node != gi_node_mine(job))
        return false;
    length = gi_object_block(job, object, home);
    return begin <= length && bytes <= length - begin;
}

static giga_status past_end(const gi_job *job, const char *function, const void *address,
                            uint64_t bytes, const gi_object *object)
{
    uint64_t base = job->window_base + object->offset;

    if (object->uniform)
        return giga_fail(GIGA_ERR_RANGE,
                         "%s: rank %d: the %llu bytes at %p leave their object of %llu bytes at "
                         "0x%llx", function, job->rank, (unsigned long long)bytes, address,
                         (unsigned long long)object->bytes, (unsigned long long)base);
    return giga_fail(GIGA_ERR_RANGE, "%s: rank %d: the %llu bytes at %p leave their block of the "
                     "object at 0x%llx", function, job->rank, (unsigned long long)bytes, address,
                     (unsigned long long)base);
}

giga_status gi_object_place(const gi_job *job, const char *function, const void *address,
                            uint64_t bytes, gi_place *out)
{
    gi_object *object = gi_object_find(job, address);

    if (!object)
        return giga_fail(GIGA_ERR_ADDRESS, "%s: rank %d: address %p lies in no object of the window "
                         "0x%llx to 0x%llx%s", function, job->rank, address,
                         (unsigned long long)job->window_base,
                         (unsigned long long)(job->window_base + job->window_bytes),
                         gi_check_say_freed(job, address));
    if (object->arenas)
        return gi_one_place(job, function, address, bytes, out);
    uint64_t at = (uint64_t)(uintptr_t)address - job->window_base - object->offset;
    uint64_t home = at / object->stride;
    if (home >= (uint64_t)job->size)
        return past_end(job, function, address, bytes, object);
    uint64_t block = gi_object_block(job, object, (int32_t)home);
    gi_place place = {.object = object, .home = (int32_t)home, .at = at % object->stride};
    const gi_peer *peer = gi_node_peer(job, place.home);
    place.near = peer->node == gi_node_mine(job);
    block = block == UINT64_MAX ? object->stride : block;
    place.left = block > place.at ? block - place.at : 0;
    uint64_t limit = object->uniform ? (object->bytes > at ? object->bytes - at : 0) : place.left;
    if (bytes > limit)
        return past_end(job, function, address, bytes, object);
    *out = place;
    return GIGA_OK;
}
