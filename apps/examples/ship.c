/*
 * ship.c - statistics of keys in buckets of eight: a function goes to the bucket, finds or
 * makes the key's entry there and changes its three numbers. One message, not four round trips.
 *
 * Several may run on a bucket at once, so they use C11 atomics.
 */
#include <giga/giga.h>
#include <stdatomic.h>
#include <stdio.h>

enum { SLOTS = 8, BUCKETS = 256, KEYS = SLOTS * BUCKETS, ROUNDS = 20 };

typedef struct entry {
    _Atomic uint64_t key, visits, sum, most; /* key 0: free */
} entry;
typedef struct bucket {
    entry slot[SLOTS];
} bucket;
typedef struct visit {
    uint64_t key, value;
} visit;
typedef struct summary {
    uint64_t visits, sum, most;
} summary;

/* At the bucket: add the value to its key, and answer with what is known of the key now. */
static size_t add(void *at, const void *arguments, size_t bytes, void *result, size_t max)
{
    const visit *v = arguments;
    entry *e = ((bucket *)at)->slot, *end = e + SLOTS;
    uint64_t key = 0, most = 0;

    (void)bytes;
    while (e < end && !atomic_compare_exchange_strong(&e->key, &key, v->key) && key != v->key) {
        key = 0;
        e++;
    }
    if (e == end)
        return 0;
    uint64_t visits = atomic_fetch_add(&e->visits, 1) + 1;
    uint64_t sum = atomic_fetch_add(&e->sum, v->value) + v->value;
    while (most < v->value && !atomic_compare_exchange_weak(&e->most, &most, v->value))
        ;
    if (max >= sizeof(summary))
        *(summary *)result = (summary){visits, sum, most > v->value ? most : v->value};
    return max >= sizeof(summary) ? sizeof(summary) : 0;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    giga_function_id add_id;
    bucket *table;
    uint64_t ranks = (uint64_t)giga_size(), wrong = 0;
    giga_function_register("ship.add", add, &add_id);
    giga_alloc(BUCKETS * sizeof *table, NULL, (void **)&table);

    for (uint64_t i = 0; i < (uint64_t)KEYS * ROUNDS; i++) {
        visit v = {1 + i % KEYS, i};
        giga_call_nbi(&table[v.key % BUCKETS], add_id, &v, sizeof v, NULL, 0);
    }
    giga_barrier();

    for (uint64_t key = 1 + (uint64_t)giga_rank(); key <= KEYS; key += ranks) {
        uint64_t last = KEYS * (ROUNDS - 1) + key - 1; /* the largest value of this key */
        visit v = {key, last + 1};
        summary now = {0, 0, 0};
        giga_call(&table[key % BUCKETS], add_id, &v, sizeof v, &now, sizeof now, NULL);
        wrong += now.visits != ranks * ROUNDS + 1 || now.most != last + 1 ||
                 now.sum != ranks * ROUNDS * (key - 1 + last) / 2 + last + 1;
    }
    wrong = giga_allreduce_sum(wrong);
    if (giga_rank() == 0)
        printf("ship: %d keys, %s\n", KEYS, wrong == 0 ? "all counted" : "WRONG");
    giga_free(table);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
