/*
 * heap.c - see heap.h. A two-level segregated fit (Masmano, Ripoll, Crespo, Real, "TLSF: a new
 * dynamic memory allocator for real-time systems", ECRTS 2004) whose bookkeeping lies beside the
 * blocks instead of inside them: a write past the end of an object can spoil another object, but
 * not what is known of either, and an object of 64 bytes takes 64 bytes.
 *
 * Invariants:
 *   H1  blocks tile [first, bytes); an edge is set exactly where one starts
 *   H2  a block that is not free has its bit in `live`; the seven bits behind hold its tag, if it
 *       has one, and whether it was left to the home, on whose list it then is
 *   H3  a free block is on the list of its class; no two free blocks touch
 *   H4  a free block is zero but for the `idle` at its start; less than TRIM bytes of it are
 *       warm, beside the pages of its two ends, unless pages cannot be given back
 *
 * So taking never clears, and memory that was never touched stays untouched. Taking and giving
 * cost the same whatever the arena holds: a tree of 64-ary bitmaps finds neighbours in as many
 * steps as it has levels (6 for 1 TiB); a list is searched only when all longer classes are
 * empty, and then LAST_RESORT blocks.
 *
 * Threads: of any process that has the arena mapped. Changes are made under a lock in the arena,
 * whose waiters sleep. gi_heap_find takes no lock: the bits that it reads belong to one live
 * block, set before its address was known to anybody; bits of others, which may change
 * meanwhile, can only make it look again.
 *
 * Not here: recovery from a process killed inside (that ends the job), and checks of what a
 * program writes into memory it has freed, but for the links, which are never believed.
 */
#include "heap.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SPLIT = 4, /* log2 of classes per power of two: a fit wastes at most 1/16 */
    ROWS = 40, /* powers of two */
    COLUMNS = 1 << SPLIT,
    DISCARD = 32 << 10, /* measured: from here on giving pages back is cheaper than clearing
                           them, even when they are used again at once */
    TRIM = 1 << 20,     /* warm bytes of one free block */
    LAST_RESORT = 32,
    SPINS = 200, /* about the time another holds the lock for a small block */
};

#define NONE UINT64_MAX
#define LEFT 64U /* beside a tag */

/* The head of an arena. All zero is an arena nobody has used. */
typedef struct head {
    _Atomic uint32_t lock; /* 0 free, 1 taken, 2 taken and somebody sleeps */
    uint32_t ready;
    _Atomic uint64_t high; /* bytes */
    uint64_t rows;         /* bit per row that has a list */
    uint16_t columns[ROWS];
    uint64_t left; /* first block left to the home, 0 for none; the next stands in it */
    uint64_t lists[ROWS][COLUMNS]; /* first block; unit 0 is the head itself and means none */
} head;

/* At the start of a free block. */
typedef struct idle {
    uint64_t next, before; /* units, 0 at the ends */
    uint64_t warm;         /* bytes, at most */
} idle;

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

bool gi_heap_lay_out(uint64_t bytes, uint64_t page, gi_heap_layout *out)
{
    gi_heap_layout l = {.bytes = bytes / page * page, .page = page};
    uint64_t at = round_up(sizeof(head), GI_HEAP_UNIT);

    l.units = l.bytes / GI_HEAP_UNIT;
    for (uint64_t bits = l.units; l.levels == 0 || bits > 1; l.levels++) {
        l.level_at[l.levels] = at;
        bits = (bits + 63) / 64;
        at += bits * 8;
    }
    l.live_at = at;
    at += (l.units + 63) / 64 * 8 + 8; /* the last block's tag may be asked for past the end */
    l.first = round_up(at, page);
    *out = l;
    return l.first < l.bytes;
}

/* ---- the lock ---- */

static void lock(head *h)
{
    uint32_t seen = 0;

    for (int i = 0; i < SPINS; i++) { /* acquire: pairs with unlock() */
        seen = 0;
        if (atomic_compare_exchange_weak_explicit(&h->lock, &seen, 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return;
    }
    while (atomic_exchange_explicit(&h->lock, 2, memory_order_acquire) != 0)
        syscall(SYS_futex, &h->lock, FUTEX_WAIT, 2, NULL, NULL, 0);
}

static void unlock(head *h)
{
    if (atomic_exchange_explicit(&h->lock, 0, memory_order_release) == 2) /* pairs with lock() */
        syscall(SYS_futex, &h->lock, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* ---- bitmaps ---- */

static _Atomic uint64_t *words(const gi_heap *heap, uint64_t at)
{
    return (_Atomic uint64_t *)(void *)(heap->base + at);
}

static uint64_t load(const gi_heap *heap, uint64_t at, uint64_t word)
{
    return atomic_load_explicit(words(heap, at) + word, memory_order_relaxed);
}

/* Under the lock; returns the word before. */
static uint64_t change_bit(const gi_heap *heap, uint64_t at, uint64_t bit, bool set)
{
    uint64_t old = load(heap, at, bit / 64), mask = UINT64_C(1) << bit % 64;

    atomic_store_explicit(words(heap, at) + bit / 64, set ? old | mask : old & ~mask,
                          memory_order_relaxed);
    return set ? old : old & ~mask;
}

static bool is_set(const gi_heap *heap, uint64_t at, uint64_t bit)
{
    return load(heap, at, bit / 64) >> bit % 64 & 1;
}

static bool is_live(const gi_heap *heap, uint64_t unit)
{
    return is_set(heap, heap->layout->live_at, unit);
}

static bool is_edge(const gi_heap *heap, uint64_t unit)
{
    return unit < heap->layout->units && is_set(heap, heap->layout->level_at[0], unit);
}

static void set_edge(const gi_heap *heap, uint64_t unit)
{
    const gi_heap_layout *l = heap->layout;

    for (int k = 0; k < l->levels && change_bit(heap, l->level_at[k], unit, true) == 0; k++)
        unit /= 64;
}

static void clear_edge(const gi_heap *heap, uint64_t unit)
{
    const gi_heap_layout *l = heap->layout;

    for (int k = 0; k < l->levels && change_bit(heap, l->level_at[k], unit, false) == 0; k++)
        unit /= 64;
}

static uint64_t lowest(uint64_t word)
{
    return (uint64_t)__builtin_ctzll(word);
}

static uint64_t highest(uint64_t word)
{
    return 63 - (uint64_t)__builtin_clzll(word);
}

/*
 * The nearest edge at or before a unit, NONE when there is none. Upwards until a word has a bit
 * before the place, then down again. A word that lost its last bit since its parent was read
 * is stepped over.
 */
static uint64_t edge_before(const gi_heap *heap, uint64_t unit)
{
    const gi_heap_layout *l = heap->layout;
    uint64_t place = unit;

    for (int k = 0; k < l->levels;) {
        uint64_t word =
            load(heap, l->level_at[k], place / 64) & (~UINT64_C(0) >> (63 - place % 64));
        if (word != 0 && k == 0)
            return place / 64 * 64 + highest(word);
        if (word != 0) {
            place = (place / 64 * 64 + highest(word)) * 64 + 63;
            k--;
        } else if (place < 64) {
            return NONE;
        } else {
            place = place / 64 - 1;
            k++;
        }
    }
    return NONE;
}

/* The nearest edge after a unit, or the end of the arena. */
static uint64_t edge_after(const gi_heap *heap, uint64_t unit)
{
    const gi_heap_layout *l = heap->layout;
    uint64_t place = unit + 1, count = l->units;

    for (int k = 0; k < l->levels && place < count;) {
        uint64_t word = load(heap, l->level_at[k], place / 64) & (~UINT64_C(0) << place % 64);
        if (word != 0 && k == 0)
            return place / 64 * 64 + lowest(word);
        if (word != 0) {
            place = (place / 64 * 64 + lowest(word)) * 64;
            k--;
            count = l->units;
            for (int i = 0; i < k; i++)
                count = (count + 63) / 64;
        } else {
            place = place / 64 + 1;
            k++;
            count = (count + 63) / 64;
        }
    }
    return l->units;
}

/* The tag of a live block lies in the bits behind its first, inside of it (H2). */
static unsigned tag_of(const gi_heap *heap, uint64_t unit)
{
    unsigned tag = 0;

    if (edge_after(heap, unit) - unit < 8)
        return 0;
    for (unsigned i = 0; i < 7; i++)
        tag |= (unsigned)is_set(heap, heap->layout->live_at, unit + 1 + i) << i;
    return tag;
}

static void set_tag(const gi_heap *heap, uint64_t unit, unsigned tag)
{
    for (unsigned i = 0; i < 7; i++)
        change_bit(heap, heap->layout->live_at, unit + 1 + i, tag >> i & 1);
}

/* ---- lists ---- */

typedef struct place {
    unsigned row, column;
} place;

/* Row 0 has a class per length of less than 16 units; then 16 classes per power of two. */
static place class_of(uint64_t units)
{
    if (units < COLUMNS)
        return (place){0, (unsigned)units};
    unsigned log = (unsigned)highest(units);
    return (place){log - SPLIT + 1, (unsigned)(units >> (log - SPLIT)) & (COLUMNS - 1)};
}

static head *head_of(const gi_heap *heap)
{
    return (head *)(void *)heap->base;
}

static idle *idle_at(const gi_heap *heap, uint64_t unit)
{
    return (idle *)(void *)(heap->base + unit * GI_HEAP_UNIT);
}

static void push(const gi_heap *heap, uint64_t unit, uint64_t units, uint64_t warm)
{
    head *h = head_of(heap);
    place c = class_of(units);
    uint64_t first = h->lists[c.row][c.column];

    *idle_at(heap, unit) = (idle){.next = first, .warm = warm};
    if (first != 0)
        idle_at(heap, first)->before = unit;
    h->lists[c.row][c.column] = unit;
    h->columns[c.row] = (uint16_t)(h->columns[c.row] | 1U << c.column);
    h->rows |= UINT64_C(1) << c.row;
}

/* Links lie in memory that a program may have written to after freeing it. */
static bool is_free_block(const gi_heap *heap, uint64_t unit)
{
    return unit * GI_HEAP_UNIT >= heap->layout->first && is_edge(heap, unit) &&
           !is_live(heap, unit);
}

/* Take a free block off its list and clear what it was (H4). false: its links make no sense. */
static bool unlink_block(const gi_heap *heap, uint64_t unit, uint64_t *warm_out)
{
    head *h = head_of(heap);
    uint64_t units = edge_after(heap, unit) - unit;
    place c = class_of(units);
    idle links = *idle_at(heap, unit);

    if ((links.next != 0 &&
         (!is_free_block(heap, links.next) || idle_at(heap, links.next)->before != unit)) ||
        (links.before != 0
             ? !is_free_block(heap, links.before) || idle_at(heap, links.before)->next != unit
             : h->lists[c.row][c.column] != unit))
        return false;
    if (links.next != 0)
        idle_at(heap, links.next)->before = links.before;
    if (links.before != 0)
        idle_at(heap, links.before)->next = links.next;
    else
        h->lists[c.row][c.column] = links.next;
    if (h->lists[c.row][c.column] == 0) {
        h->columns[c.row] = (uint16_t)(h->columns[c.row] & ~(1U << c.column));
        if (h->columns[c.row] == 0)
            h->rows &= ~(UINT64_C(1) << c.row);
    }
    *idle_at(heap, unit) = (idle){0, 0, 0};
    *warm_out = at_most(links.warm, units * GI_HEAP_UNIT);
    return true;
}

/* A free block of at least so many units from a class all of whose blocks are; 0 for none. */
static uint64_t fitting(const gi_heap *heap, uint64_t units)
{
    const head *h = head_of(heap);
    uint64_t step = units < COLUMNS ? 0 : (UINT64_C(1) << (highest(units) - SPLIT)) - 1;
    place c = class_of(units + step);
    unsigned columns = h->columns[c.row] & (~0U << c.column);
    unsigned row = c.row;

    if (columns == 0) {
        uint64_t rows = h->rows & (~UINT64_C(0) << row << 1);
        if (rows == 0)
            return 0;
        row = (unsigned)lowest(rows);
        columns = h->columns[row];
    }
    return h->lists[row][__builtin_ctz(columns)];
}

static bool fits(const gi_heap *heap, uint64_t from, uint64_t units, uint64_t align)
{
    uint64_t end = edge_after(heap, from), unit = round_up(from, align);

    return unit < end && end - unit >= units;
}

/* Shorter classes have blocks that fit, and some that do not; some are looked at. */
static uint64_t last_resort(const gi_heap *heap, uint64_t units, uint64_t align)
{
    place c = class_of(units), last = class_of(units + align - 1);

    for (int looks = 0; c.row < last.row || (c.row == last.row && c.column <= last.column);) {
        uint64_t unit = head_of(heap)->lists[c.row][c.column];
        while (unit != 0 && is_free_block(heap, unit) && looks++ < LAST_RESORT) {
            if (fits(heap, unit, units, align))
                return unit;
            unit = idle_at(heap, unit)->next;
        }
        if (++c.column == COLUMNS)
            c = (place){c.row + 1, 0};
    }
    return 0;
}

/* ---- taking ---- */

static void make_ready(const gi_heap *heap)
{
    uint64_t first = heap->layout->first / GI_HEAP_UNIT;

    set_edge(heap, first);
    push(heap, first, heap->layout->units - first, 0);
    head_of(heap)->ready = 1;
}

/* Cut [unit, unit + units) out of the free block at `from`, which is off its list. */
static void cut(const gi_heap *heap, uint64_t from, uint64_t unit, uint64_t units, uint64_t warm)
{
    uint64_t end = edge_after(heap, from);

    if (unit > from) {
        set_edge(heap, unit);
        push(heap, from, unit - from, at_most(warm, (unit - from) * GI_HEAP_UNIT));
    }
    if (end > unit + units) {
        set_edge(heap, unit + units);
        push(heap, unit + units, end - unit - units,
             at_most(warm, (end - unit - units) * GI_HEAP_UNIT));
    }
}

static giga_status take(const gi_heap *heap, uint64_t units, uint64_t align, uint64_t *unit_out)
{
    uint64_t warm;

    if (!head_of(heap)->ready)
        make_ready(heap);
    uint64_t from = fitting(heap, units + align - 1);
    if (from == 0)
        from = last_resort(heap, units, align);
    if (from == 0)
        return GIGA_ERR_WINDOW;
    if (!is_free_block(heap, from) || !fits(heap, from, units, align) ||
        !unlink_block(heap, from, &warm))
        return GIGA_ERR_INVALID;
    *unit_out = round_up(from, align);
    cut(heap, from, *unit_out, units, warm);
    return GIGA_OK;
}

static void raise_high(head *h, uint64_t end)
{
    if (end > atomic_load_explicit(&h->high, memory_order_relaxed))
        atomic_store_explicit(&h->high, end, memory_order_relaxed);
}

giga_status gi_heap_take(const gi_heap *heap, uint64_t bytes, uint64_t alignment, uint64_t *at_out)
{
    const gi_heap_layout *l = heap->layout;
    uint64_t align = alignment > GI_HEAP_UNIT ? alignment / GI_HEAP_UNIT : 1, unit;

    if (bytes > l->bytes || alignment > l->bytes)
        return GIGA_ERR_WINDOW;
    uint64_t units = round_up(bytes ? bytes : 1, GI_HEAP_UNIT) / GI_HEAP_UNIT;
    lock(head_of(heap));
    giga_status status = take(heap, units, align, &unit);
    if (status == GIGA_OK) {
        change_bit(heap, l->live_at, unit, true);
        raise_high(head_of(heap), (unit + units) * GI_HEAP_UNIT);
    }
    unlock(head_of(heap));
    if (status == GIGA_OK)
        *at_out = unit * GI_HEAP_UNIT;
    return status;
}

uint64_t gi_heap_high(const gi_heap *heap)
{
    return atomic_load_explicit(&head_of(heap)->high, memory_order_relaxed);
}

/* A live block that starts here, and was not left to its home. */
static bool is_taken(const gi_heap *heap, uint64_t at)
{
    uint64_t unit = at / GI_HEAP_UNIT;

    return at % GI_HEAP_UNIT == 0 && at >= heap->layout->first && is_edge(heap, unit) &&
           is_live(heap, unit) && !(tag_of(heap, unit) & LEFT);
}

void gi_heap_set_tag(const gi_heap *heap, uint64_t at, unsigned tag)
{
    lock(head_of(heap));
    if (is_taken(heap, at))
        set_tag(heap, at / GI_HEAP_UNIT, tag);
    unlock(head_of(heap));
}

/* ---- giving back ---- */

/* Make a range zero, giving back its whole pages when there are many; returns what is warm. */
static uint64_t empty(const gi_heap *heap, uint64_t at, uint64_t bytes)
{
    uint64_t page = heap->layout->page;
    uint64_t begin = round_up(at, page), end = (at + bytes) / page * page;

    if (begin < end && bytes >= DISCARD && heap->discard(heap->context, begin, end - begin)) {
        memset(heap->base + at, 0, begin - at);
        memset(heap->base + end, 0, at + bytes - end);
        return 0; /* the pages of its ends do not count */
    }
    memset(heap->base + at, 0, bytes);
    return bytes;
}

/* H4: a block too much of which is warm gives its pages back; it is zero already. */
static uint64_t trim(const gi_heap *heap, uint64_t unit, uint64_t end, uint64_t warm)
{
    uint64_t page = heap->layout->page;
    uint64_t first = round_up(unit * GI_HEAP_UNIT, page), last = end * GI_HEAP_UNIT / page * page;

    if (warm < TRIM || first >= last || !heap->discard(heap->context, first, last - first))
        return warm;
    return 0;
}

/* Free [unit, end), whose edge is set and which is not live: join it with its neighbours. */
static giga_status release(const gi_heap *heap, uint64_t unit, uint64_t end)
{
    uint64_t warm = empty(heap, unit * GI_HEAP_UNIT, (end - unit) * GI_HEAP_UNIT), more;
    giga_status status = GIGA_OK;

    if (end < heap->layout->units && !is_live(heap, end)) {
        uint64_t next = edge_after(heap, end);
        if (unlink_block(heap, end, &more)) {
            clear_edge(heap, end);
            end = next;
            warm += more;
        } else {
            status = GIGA_ERR_INVALID;
        }
    }
    uint64_t before = edge_before(heap, unit - 1);
    if (before != NONE && !is_live(heap, before)) {
        if (unlink_block(heap, before, &more)) {
            clear_edge(heap, unit);
            unit = before;
            warm += more;
        } else {
            status = GIGA_ERR_INVALID;
        }
    }
    push(heap, unit, end - unit, trim(heap, unit, end, warm));
    return status;
}

static giga_status give(const gi_heap *heap, uint64_t unit, gi_heap_freed *out)
{
    const uint64_t slice = GI_HEAP_SLICE / GI_HEAP_UNIT;
    uint64_t end = edge_after(heap, unit), from = unit;

    if (end - unit > slice) {
        from = end - slice;
        set_edge(heap, from);
    } else {
        if (tag_of(heap, unit) != 0)
            set_tag(heap, unit, 0);
        change_bit(heap, heap->layout->live_at, unit, false);
    }
    out->freed = (end - from) * GI_HEAP_UNIT;
    out->left = (from - unit) * GI_HEAP_UNIT;
    return release(heap, from, end);
}

giga_status gi_heap_give(const gi_heap *heap, uint64_t at, gi_heap_freed *out)
{
    giga_status status = GIGA_ERR_ADDRESS;

    *out = (gi_heap_freed){0, 0};
    lock(head_of(heap));
    if (is_taken(heap, at))
        status = give(heap, at / GI_HEAP_UNIT, out);
    unlock(head_of(heap));
    return status;
}

bool gi_heap_leave(const gi_heap *heap, uint64_t at)
{
    head *h = head_of(heap);
    uint64_t unit = at / GI_HEAP_UNIT;

    lock(h);
    bool taken = is_taken(heap, at);
    if (taken) {
        set_tag(heap, unit, tag_of(heap, unit) | LEFT);
        empty(heap, at, (edge_after(heap, unit) - unit) * GI_HEAP_UNIT);
        idle_at(heap, unit)->next = h->left;
        h->left = unit;
    }
    unlock(h);
    return taken;
}

bool gi_heap_collect(const gi_heap *heap, uint64_t *at_out)
{
    head *h = head_of(heap);

    lock(h);
    uint64_t unit = h->left;
    bool some = unit != 0 && is_edge(heap, unit) && is_live(heap, unit);
    h->left = some ? idle_at(heap, unit)->next : 0; /* of a link written over the rest is lost */
    if (some)
        set_tag(heap, unit, tag_of(heap, unit) & ~LEFT);
    unlock(h);
    *at_out = unit * GI_HEAP_UNIT;
    return some;
}

/* ---- looking ---- */

bool gi_heap_find(const gi_heap *heap, uint64_t at, gi_heap_block *out)
{
    if (at < heap->layout->first || at >= heap->layout->bytes)
        return false;
    uint64_t unit = edge_before(heap, at / GI_HEAP_UNIT);
    if (unit == NONE || !is_live(heap, unit))
        return false;
    *out = (gi_heap_block){.at = unit * GI_HEAP_UNIT,
                           .tag = tag_of(heap, unit),
                           .bytes = (edge_after(heap, unit) - unit) * GI_HEAP_UNIT};
    return !(out->tag & LEFT);
}

static bool is_listed(const gi_heap *heap, uint64_t unit, uint64_t units)
{
    place c = class_of(units);
    uint64_t at = head_of(heap)->lists[c.row][c.column];

    while (at != 0 && at != unit)
        at = idle_at(heap, at)->next;
    return at == unit;
}

static bool is_zero(const gi_heap *heap, uint64_t at, uint64_t end)
{
    while (at < end && heap->base[at] == 0)
        at++;
    return at == end;
}

/* The tree says of each level what the one below has. */
static bool tree_is_valid(const gi_heap *heap)
{
    const gi_heap_layout *l = heap->layout;
    uint64_t bits = (l->units + 63) / 64;

    for (int k = 1; k < l->levels; k++, bits = (bits + 63) / 64) {
        for (uint64_t i = 0; i < bits; i++) {
            if (is_set(heap, l->level_at[k], i) != (load(heap, l->level_at[k - 1], i) != 0))
                return false;
        }
    }
    return true;
}

bool gi_heap_is_valid(const gi_heap *heap)
{
    const gi_heap_layout *l = heap->layout;
    uint64_t unit = l->first / GI_HEAP_UNIT;
    bool was_free = false;

    if (!head_of(heap)->ready)
        return true;
    if (!tree_is_valid(heap) || !is_edge(heap, unit))
        return false;
    while (unit < l->units) {
        uint64_t end = edge_after(heap, unit);
        bool now_free = !is_live(heap, unit);
        if (now_free && (was_free || !is_listed(heap, unit, end - unit) ||
                         idle_at(heap, unit)->warm > (end - unit) * GI_HEAP_UNIT ||
                         !is_zero(heap, unit * GI_HEAP_UNIT + sizeof(idle), end * GI_HEAP_UNIT)))
            return false;
        was_free = now_free;
        unit = end;
    }
    return true;
}
