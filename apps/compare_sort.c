/*
 * compare_sort.c - entries in order, in place: radix sort from the highest byte down, swapping
 * entries between their buckets (McIlroy, Bostic, McIlroy, "Engineering Radix Sort", 1993).
 */
#include "compare.h"

enum { DIGITS = 256, SHORT = 32, ID_BYTES = 8, ALL_BYTES = 16 };

/* Byte `at` of the key, from the highest: of the id, or of the value and then the id. */
static inline unsigned digit(const entry *e, unsigned at, bool by_value)
{
    uint64_t word = by_value && at < ID_BYTES ? e->value : e->id;

    return (unsigned)(word >> (56 - 8 * (at % ID_BYTES))) & 255;
}

static inline bool less(const entry *a, const entry *b, bool by_value)
{
    if (by_value && a->value != b->value)
        return a->value < b->value;
    return a->id < b->id;
}

static void insertion(entry *entries, uint64_t count, bool by_value)
{
    for (uint64_t i = 1; i < count; i++) {
        entry e = entries[i];
        uint64_t at = i;
        for (; at > 0 && less(&e, &entries[at - 1], by_value); at--)
            entries[at] = entries[at - 1];
        entries[at] = e;
    }
}

/* Entries into the buckets of one byte; ends[d] is then one past bucket d. */
static void distribute(entry *entries, uint64_t count, unsigned at, bool by_value, uint64_t *ends)
{
    uint64_t next[DIGITS] = {0}, sum = 0;

    for (uint64_t i = 0; i < count; i++)
        next[digit(&entries[i], at, by_value)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        uint64_t here = next[d];
        next[d] = sum;
        sum += here;
        ends[d] = sum;
    }
    for (unsigned d = 0; d < DIGITS; d++) {
        while (next[d] < ends[d]) {
            entry e = entries[next[d]];
            for (unsigned to; (to = digit(&e, at, by_value)) != d;) {
                entry other = entries[next[to]];
                entries[next[to]++] = e;
                e = other;
            }
            entries[next[d]++] = e;
        }
    }
}

static bool sorted(const entry *entries, uint64_t count, bool by_value)
{
    for (uint64_t i = 1; i < count; i++) {
        if (less(&entries[i], &entries[i - 1], by_value))
            return false;
    }
    return true;
}

static bool all_alike(const entry *entries, uint64_t count, unsigned at, bool by_value)
{
    unsigned first = digit(&entries[0], at, by_value);

    for (uint64_t i = 1; i < count; i++) {
        if (digit(&entries[i], at, by_value) != first)
            return false;
    }
    return true;
}

static void sort_from(entry *entries, uint64_t count, unsigned at, bool by_value)
{
    unsigned bytes = by_value ? ALL_BYTES : ID_BYTES;
    uint64_t ends[DIGITS], begin = 0;

    if (count <= SHORT) {
        insertion(entries, count, by_value);
        return;
    }
    while (at < bytes && all_alike(entries, count, at, by_value))
        at++;
    if (at == bytes)
        return;
    distribute(entries, count, at, by_value, ends);
    for (unsigned d = 0; d < DIGITS; d++) {
        sort_from(entries + begin, ends[d] - begin, at + 1, by_value);
        begin = ends[d];
    }
}

void entries_sort(entry *entries, uint64_t count, bool by_value)
{
    if (!sorted(entries, count, by_value))
        sort_from(entries, count, 0, by_value);
}

void table_canonical(table *t)
{
    uint64_t i = 0;

    entries_sort(t->entries, t->count, true);
    while (i < t->count) {
        uint64_t value = t->entries[i].value, smallest = t->entries[i].id;
        for (; i < t->count && t->entries[i].value == value; i++)
            t->entries[i].value = smallest;
    }
    entries_sort(t->entries, t->count, false);
}
