/*
 * triangles_block.c - the triangles whose u and v are on this node, block by block of v.
 *
 * What costs is not counting but finding the row or the list of v in memory, and most of that,
 * with pages of 4 KiB, translating its address: lists lie all over the node's memory. So the
 * ranks draw blocks of v, copy their rows or lists into memory of their own, which has huge pages
 * where the machine lends them, and go through all u for those that have a v in the block.
 * Where nearly all v are near their u (a mesh), lists are used where they are, and ranks draw u.
 *
 * u are taken in batches: the rows and then the lists of all their v are fetched ahead.
 *
 * Memory per rank: a block, of BLOCK_BYTES or, if these are more, 64 lists.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "triangles_meet.h"

enum {
    BLOCK_BYTES = 8 << 20,  /* within reach of a second-level TLB even in pages of 4 KiB */
    BLOCK_LEAST = 1 << 18,
    BLOCKS_EACH = 6,        /* that a rank draws at least, for balance, if they are not too small */
    RUN = 64,               /* numbers that are on one node, together (model.h) */
    U_CHUNK = 256,          /* u drawn at a time, in place */
    BATCH = 32,             /* u with v in the block */
    AHEAD = 4,              /* v of each that are fetched ahead */
    HUGE_PAGE = 2 << 20,
};

/* A range of canonical numbers, and what is known of the vertices of this node in it. */
typedef struct block {
    uint64_t first, last;
    const uint64_t *hub_rows, *rest_rows;   /* by number - first: places in ... */
    const uint16_t *hubs;
    const void *rest;
    const uint64_t *matrix, *both;          /* of hubs: rows, from that of `first` on */
    uint64_t *tally;                        /* by number - first; NULL: added one by one */
} block;

/* One rank's walk through blocks. */
typedef struct walker {
    gr_counting *c;
    uint64_t *bounds;           /* of blocks: numbers */
    uint64_t blocks, hub_blocks;
    bool in_place;
    char *memory;               /* of the block */
    uint64_t room;
} walker;

/* A u and the part of its list that is in the block. */
typedef struct job {
    gr_list u;
    uint64_t first, last;
} job;

/* ---- which blocks ---- */

/* Bytes of a run of lists of this node. */
static uint64_t bytes_of_run(const gr_counting *c, uint64_t number)
{
    const gr_forward *f = &c->forward;
    uint64_t local, locals = c->graph->last - c->graph->first, bytes = RUN * 24;

    if (!gr_local(c->graph, number, &local))
        return bytes;
    uint64_t last = locals - local < RUN ? locals : local + RUN;
    if (f->hub_rows)
        bytes += (f->hub_rows[last] - f->hub_rows[local]) * 2;
    return bytes + (f->rest_rows[last] - f->rest_rows[local]) * (f->wide ? 8 : 4);
}

static uint64_t bytes_at(const gr_counting *c, uint64_t number)
{
    if (number < c->forward.hubs)
        return (gr_matrix_row(number + RUN) - gr_matrix_row(number)) * (c->forward.marked ? 16 : 8);
    return bytes_of_run(c, number);
}

static uint64_t block_bytes(const gr_counting *c)
{
    const gr_forward *f = &c->forward;
    uint64_t locals = c->graph->last - c->graph->first;
    uint64_t all = gr_matrix_row(f->hubs) * 8 + f->rest_rows[locals] * 4 + locals * 24 +
                   (f->hub_rows ? f->hub_rows[locals] * 2 : 0);
    uint64_t share = all / BLOCKS_EACH / (uint64_t)giga_near_size();

    return share < BLOCK_LEAST ? BLOCK_LEAST : share > BLOCK_BYTES ? BLOCK_BYTES : share;
}

static giga_status add_bound(walker *w, uint64_t number)
{
    if ((w->blocks & (w->blocks + 1)) == 0) { /* room doubles */
        uint64_t *bounds = realloc(w->bounds, (2 * w->blocks + 2) * sizeof *bounds);
        if (!bounds)
            return giga_fail(GIGA_ERR_MEMORY, "giga_triangles: rank %d: out of memory", giga_rank());
        w->bounds = bounds;
    }
    w->bounds[w->blocks++] = number;
    return GIGA_OK;
}

/* Blocks of hubs, then of the others: bounds[i] to bounds[i + 1]. */
static giga_status divide(walker *w)
{
    const gr_counting *c = w->c;
    uint64_t limit = block_bytes(c), bytes = 0, last = w->in_place ? c->forward.hubs : c->graph->n;
    giga_status status;

    last = last < c->graph->n ? last : c->graph->n;
    if (last == 0)
        return GIGA_OK;
    status = add_bound(w, 0);
    for (uint64_t number = 0; number < last && status == GIGA_OK; number += RUN) {
        uint64_t more = bytes_at(c, number);
        if (number == c->forward.hubs)
            w->hub_blocks = number > 0 ? w->blocks : 0;
        if (number > 0 && (bytes + more > limit || number == c->forward.hubs)) {
            status = add_bound(w, number);
            bytes = 0;
        }
        bytes += more;
    }
    if (status == GIGA_OK)
        status = add_bound(w, last);
    w->blocks -= 1;
    if (last <= c->forward.hubs)
        w->hub_blocks = w->blocks;
    return status;
}

/* ---- a block in this rank's memory ---- */

static giga_status make_room(walker *w, uint64_t bytes)
{
    if (bytes <= w->room)
        return GIGA_OK;
    free(w->memory);
    w->room = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    w->memory = aligned_alloc(HUGE_PAGE, w->room);
    if (!w->memory) {
        w->room = 0;
        return giga_fail(GIGA_ERR_MEMORY, "giga_triangles: rank %d: out of memory for a block of "
                         "%llu bytes", giga_rank(), (unsigned long long)bytes);
    }
    madvise(w->memory, w->room, MADV_HUGEPAGE); /* only a wish */
    return GIGA_OK;
}

static giga_status load_matrix(walker *w, block *b)
{
    const gr_forward *f = &w->c->forward;
    uint64_t first = gr_matrix_row(b->first), words = gr_matrix_row(b->last) - first;
    giga_status status = make_room(w, words * (f->marked ? 16 : 8));

    if (status != GIGA_OK)
        return status;
    uint64_t *to = (uint64_t *)(void *)w->memory;
    memcpy(to, f->matrix + first, words * 8);
    if (f->marked)
        memcpy(to + words, f->both + first, words * 8);
    b->matrix = to;
    b->both = to + words;
    return GIGA_OK;
}

/* Copy the rows of a run, its ends, and where they now are. */
static uint64_t copy_run(const uint64_t *rows, uint64_t local, uint64_t count, const void *ends,
                         uint64_t width, uint64_t *to_rows, char *to, uint64_t at)
{
    uint64_t first = rows[local], all = rows[local + count] - first;

    for (uint64_t i = 0; i < count; i++)
        to_rows[i] = at + rows[local + i] - first;
    memcpy(to + at * width, (const char *)ends + first * width, all * width);
    return at + all;
}

/* The lists of this node's vertices in the block; others have none. */
static void copy_lists(const gr_counting *c, const block *b, uint64_t *hub_rows, uint64_t *rest_rows,
                       char *hubs, char *rest)
{
    const gr_forward *f = &c->forward;
    uint64_t hub = 0, end = 0, width = f->wide ? 8 : 4, local;

    for (uint64_t v = b->first; v < b->last; v += RUN) {
        uint64_t count = b->last - v < RUN ? b->last - v : RUN, i = v - b->first;
        if (!gr_local(c->graph, v, &local)) {
            for (uint64_t j = 0; j < count; j++) {
                hub_rows[i + j] = hub;
                rest_rows[i + j] = end;
            }
            continue;
        }
        end = copy_run(f->rest_rows, local, count, f->rest_ends, width, rest_rows + i, rest, end);
        if (f->hubs > 0)
            hub = copy_run(f->hub_rows, local, count, f->hub_ends, 2, hub_rows + i, hubs, hub);
    }
    hub_rows[b->last - b->first] = hub;
    rest_rows[b->last - b->first] = end;
}

static giga_status load_lists(walker *w, block *b)
{
    const gr_counting *c = w->c;
    uint64_t count = b->last - b->first, bytes = 0, rows = (count + 1) * 8;

    for (uint64_t v = b->first; v < b->last; v += RUN)
        bytes += bytes_of_run(c, v);
    giga_status status = make_room(w, 3 * rows + bytes);
    if (status != GIGA_OK)
        return status;
    uint64_t *hub_rows = (uint64_t *)(void *)w->memory, *rest_rows = hub_rows + count + 1;
    char *rest = w->memory + 3 * rows, *hubs = rest;
    for (uint64_t v = b->first, local; v < b->last; v += RUN) {
        uint64_t in_run = b->last - v < RUN ? b->last - v : RUN;
        if (gr_local(c->graph, v, &local))
            hubs += (c->forward.rest_rows[local + in_run] - c->forward.rest_rows[local]) *
                    (c->forward.wide ? 8 : 4);
    }
    copy_lists(c, b, hub_rows, rest_rows, hubs, rest);
    b->hub_rows = hub_rows;
    b->rest_rows = rest_rows;
    b->tally = rest_rows + count + 1;
    memset(b->tally, 0, count * 8);
    b->hubs = (const uint16_t *)(const void *)hubs;
    b->rest = rest;
    return GIGA_OK;
}

/* ---- v a hub: rows of the matrix ---- */

/* The hubs of u before v, each looked up in v's row. */
GR_BY_KIND void test_bits(gr_counting *c, gr_kind k, const gr_list *u, uint64_t before,
                             const uint64_t *row, const uint64_t *both, uint64_t uv, gr_found *f)
{
    for (uint64_t i = 0; i < before; i++) {
        uint64_t w = gr_number_of(k, u->hubs[i]), hit = row[w / 64] >> w % 64 & 1;
        f->count += hit;
        if (!k.tallied)
            continue;
        c->hub_tally[w] += hit * uv;
        f->u += hit * gr_bit_weight(k, both, w);
        f->v += hit * gr_weight_of(k, u->hubs[i]);
    }
}

/* The words of u's marks and v's row. */
GR_BY_KIND void meet_words(gr_counting *c, gr_kind k, uint64_t words, const uint64_t *row,
                              const uint64_t *both, uint64_t uv, gr_found *f)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < words; i++) {
        uint64_t common = row[i] & c->hub_marks[i];
        count += (uint64_t)__builtin_popcountll(common);
        for (; k.tallied && common; common &= common - 1) {
            uint64_t w = 64 * i + (uint64_t)__builtin_ctzll(common);
            c->hub_tally[w] += uv;
            f->u += k.marked ? gr_bit_weight(k, both, w) : 0;
            f->v += k.marked ? gr_bit_weight(k, c->both_marks, w) : 0;
        }
    }
    f->count += count;
    f->u += k.marked ? 0 : count;
    f->v += k.marked ? 0 : count;
}

static inline uint64_t words_of(uint64_t v)
{
    return v / 64 + (v % 64 != 0);
}

GR_BY_KIND void run_hub_job(walker *w, const block *b, const job *j, gr_kind k)
{
    gr_counting *c = w->c;
    gr_list part = j->u; /* up to the last v in the block */
    uint64_t start = gr_matrix_row(b->first), all = 0, count = 0;
    bool marks = false;

    part.hub_count = j->last;
    for (uint64_t i = j->first; i < j->last; i++) {
        uint64_t v = gr_number_of(k, part.hubs[i]), words = words_of(v);
        uint64_t row = gr_matrix_row(v) - start, uv = gr_weight_of(k, part.hubs[i]);
        gr_found f = {0, 0, 0};
        if (i <= words) {
            test_bits(c, k, &part, i, b->matrix + row, b->both + row, uv, &f);
        } else {
            if (!marks)
                gr_mark_hubs(c, k, &part);
            marks = true;
            meet_words(c, k, words, b->matrix + row, b->both + row, uv, &f);
        }
        count += f.count;
        all += f.u;
        if (k.tallied)
            c->hub_tally[v] += f.v;
    }
    if (marks)
        gr_unmark_hubs(c, k, &part);
    c->arcs += j->last - j->first;
    c->total += count;
    gr_add_tally(c, k, part.number, all);
}

GR_BY_KIND giga_status run_hub_jobs(walker *w, const block *b, const job *jobs, uint64_t count,
                                       gr_kind k)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t last = jobs[i].first + AHEAD < jobs[i].last ? jobs[i].first + AHEAD : jobs[i].last;
        for (uint64_t j = jobs[i].first; j < last; j++) {
            uint64_t v = gr_number_of(k, jobs[i].u.hubs[j]);
            const uint64_t *row = b->matrix + (gr_matrix_row(v) - gr_matrix_row(b->first));
            __builtin_prefetch(row);
            __builtin_prefetch(row + (v < 1024 ? 0 : 8));
        }
    }
    for (uint64_t i = 0; i < count; i++)
        run_hub_job(w, b, &jobs[i], k);
    return GIGA_OK;
}

/* ---- v another: its list ---- */

GR_BY_KIND gr_list list_in(const block *b, gr_kind k, uint64_t number)
{
    uint64_t i = number - b->first, rest = b->rest_rows[i];
    gr_list v = {.number = number, .rest = (const char *)b->rest + rest * (k.wide ? 8 : 4),
                 .rest_count = b->rest_rows[i + 1] - rest};

    if (b->hubs) {
        v.hubs = b->hubs + b->hub_rows[i];
        v.hub_count = b->hub_rows[i + 1] - b->hub_rows[i];
    }
    return v;
}

GR_BY_KIND void fetch_list(const block *b, gr_kind k, uint64_t number)
{
    gr_list v = list_in(b, k, number);

    __builtin_prefetch(v.rest);
    __builtin_prefetch((const char *)v.rest + 60);
    if (!b->hubs)
        return;
    __builtin_prefetch(v.hubs);
    __builtin_prefetch(v.hubs + 32);
    __builtin_prefetch(v.hubs + 64);
}

GR_BY_KIND giga_status run_list_job(walker *w, const block *b, const job *j, gr_kind k)
{
    gr_counting *c = w->c;
    uint64_t all = 0;
    giga_status status = gr_mark_rest(c, k, &j->u);

    if (status != GIGA_OK)
        return status;
    gr_mark_hubs(c, k, &j->u);
    for (uint64_t i = j->first; i < j->last; i++) {
        uint64_t end = gr_rest_at(&j->u, k, i), number = gr_number_of(k, end);
        if (i + AHEAD < j->last)
            fetch_list(b, k, gr_number_of(k, gr_rest_at(&j->u, k, i + AHEAD)));
        gr_list v = list_in(b, k, number);
        gr_found f = gr_meet(c, k, &j->u, &v, gr_weight_of(k, end));
        c->total += f.count;
        all += f.u;
        if (k.tallied && b->tally)
            b->tally[number - b->first] += f.v;
        else
            gr_add_tally(c, k, number, f.v);
    }
    gr_unmark_rest(c, k, &j->u);
    gr_unmark_hubs(c, k, &j->u);
    gr_add_tally(c, k, j->u.number, all);
    return GIGA_OK;
}

GR_BY_KIND giga_status run_list_jobs(walker *w, const block *b, const job *jobs, uint64_t count,
                                        gr_kind k)
{
    giga_status status = GIGA_OK;

    for (int step = 0; step < 2; step++) {
        for (uint64_t i = 0; i < count; i++) {
            const job *j = &jobs[i];
            for (uint64_t at = j->first; at < j->last && at < j->first + AHEAD; at++) {
                uint64_t v = gr_number_of(k, gr_rest_at(&j->u, k, at));
                if (step == 1)
                    fetch_list(b, k, v);
                else
                    __builtin_prefetch(&b->rest_rows[v - b->first]);
                if (step == 0 && b->hubs)
                    __builtin_prefetch(&b->hub_rows[v - b->first]);
            }
        }
    }
    for (uint64_t i = 0; i < count && status == GIGA_OK; i++)
        status = run_list_job(w, b, &jobs[i], k);
    return status;
}

/* ---- all u for a block ---- */

GR_BY_KIND uint64_t seek_hub(const gr_list *u, gr_kind k, uint64_t number)
{
    uint64_t low = 0, high = u->hub_count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (gr_number_of(k, u->hubs[middle]) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The part of u's list that is in the block; false when it finds nothing there. */
GR_BY_KIND bool make_job(const block *b, gr_kind k, const gr_list *u, job *to)
{
    bool hub = b->matrix != NULL;

    if (u->hub_count + u->rest_count < 2 || (hub ? u->hub_count : u->rest_count) == 0)
        return false;
    *to = (job){*u, hub ? seek_hub(u, k, b->first) : gr_seek_rest(u, k, b->first),
                hub ? seek_hub(u, k, b->last) : gr_seek_rest(u, k, b->last)};
    if (hub && to->first == 0)
        to->first = 1; /* no hub is before the first */
    return to->first < to->last;
}

GR_BY_KIND giga_status run_jobs(walker *w, const block *b, const job *jobs, uint64_t count,
                                   gr_kind k)
{
    return b->matrix ? run_hub_jobs(w, b, jobs, count, k) : run_list_jobs(w, b, jobs, count, k);
}

/* The u at local indices [local, last). */
GR_BY_KIND giga_status walk_lists(walker *w, const block *b, uint64_t local, uint64_t last,
                                     gr_kind k)
{
    job jobs[BATCH];
    uint64_t count = 0;
    giga_status status = GIGA_OK;

    for (; local < last && status == GIGA_OK; local++) {
        gr_list u = gr_list_of(w->c, k, local);
        count += make_job(b, k, &u, &jobs[count]);
        if (count < BATCH)
            continue;
        status = run_jobs(w, b, jobs, count, k);
        count = 0;
    }
    return status == GIGA_OK ? run_jobs(w, b, jobs, count, k) : status;
}

static giga_status run_walk(walker *w, const block *b, uint64_t local, uint64_t last)
{
    return GR_CALL_KIND(w->c, walk_lists, w, b, local, last);
}

static void add_block_tally(walker *w, const block *b)
{
    for (uint64_t i = 0; b->tally && w->c->tally && i < b->last - b->first; i++) {
        if (b->tally[i] > 0)
            __atomic_fetch_add(&w->c->tally[b->first + i], b->tally[i], __ATOMIC_RELAXED);
    }
}

/* ---- drawing ---- */

static giga_status run_block(walker *w, uint64_t i)
{
    const giga_graph *graph = w->c->graph;
    block b = {.first = w->bounds[i], .last = w->bounds[i + 1]};
    giga_status status = i < w->hub_blocks ? load_matrix(w, &b) : load_lists(w, &b);
    bool skip = w->c->forward.by_number && giga_nodes() == 1; /* all v are before u */

    if (status == GIGA_OK)
        status = run_walk(w, &b, skip ? b.first : 0, graph->last - graph->first);
    if (status == GIGA_OK)
        add_block_tally(w, &b);
    return status;
}

/* Lists where they are: here numbers are indices. */
static giga_status run_in_place(walker *w, uint64_t local)
{
    const giga_graph *graph = w->c->graph;
    const gr_forward *f = &w->c->forward;
    uint64_t locals = graph->last - graph->first;
    block all = {.first = graph->first, .last = graph->last, .hub_rows = f->hub_rows,
                 .rest_rows = f->rest_rows, .hubs = f->hubs > 0 ? f->hub_ends : NULL,
                 .rest = f->rest_ends};

    return run_walk(w, &all, local, locals - local < U_CHUNK ? locals : local + U_CHUNK);
}

giga_status gr_count_near(gr_counting *c)
{
    uint64_t locals = c->graph->last - c->graph->first;
    walker w = {.c = c, .in_place = c->forward.local && !c->graph->dealt};
    giga_status status = divide(&w);
    uint64_t chunks = w.in_place ? (locals + U_CHUNK - 1) / U_CHUNK : 0;
    gr_work work = gr_work_begin(c->graph, w.blocks + chunks, 1);

    for (uint64_t i, next; status == GIGA_OK && gr_work_draw(&work, &i, &next);)
        status = i < w.blocks ? run_block(&w, i) : run_in_place(&w, (i - w.blocks) * U_CHUNK);
    free(w.bounds);
    free(w.memory);
    return status;
}
