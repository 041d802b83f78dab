/*
 * list.c - a hash table over all ranks whose chains are linked lists: a node is allocated by
 * the rank that inserts it, alone, and freed by the rank that has the chain.
 */
#include <giga/giga.h>
#include <inttypes.h>
#include <stdio.h>

enum { CHAINS = 2048, KEYS = 5000 };

typedef struct node {
    uint64_t key, value;
    uint64_t next; /* the address of a node, wherever it lives; 0 ends the chain */
} node;

static void insert(uint64_t *chain, uint64_t key, uint64_t value)
{
    node *new;
    uint64_t first, seen = giga_load(chain);

    if (giga_alloc_one(sizeof *new, NULL, (void **)&new) != GIGA_OK)
        giga_abort("%s", giga_error());
    new->key = key; /* it lives here: plain memory */
    new->value = value;
    do {
        new->next = first = seen;
        seen = giga_cas(chain, first, (uint64_t)new);
    } while (seen != first);
}

static uint64_t find(uint64_t *chain, uint64_t key)
{
    node copy = {.next = giga_load(chain)};

    while (copy.next != 0 && copy.key != key)
        giga_get(&copy, (node *)copy.next, sizeof copy);
    return copy.key == key ? copy.value : 0;
}

static uint64_t free_chain(uint64_t at)
{
    uint64_t freed = 0;

    for (node copy; at != 0; at = copy.next, freed++) {
        giga_get(&copy, (node *)at, sizeof copy);
        giga_free_one((node *)at);
    }
    return freed;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    uint64_t *table, me = (uint64_t)giga_rank(), ranks = (uint64_t)giga_size(), sum = 0, freed = 0;
    giga_alloc(CHAINS * sizeof *table, NULL, (void **)&table);
    for (uint64_t key = 1 + me; key <= KEYS; key += ranks)
        insert(&table[key * 7919 % CHAINS], key, key);
    giga_barrier();

    for (uint64_t key = 1 + (me + 1) % ranks; key <= 2 * KEYS; key += ranks)
        sum += find(&table[key * 7919 % CHAINS], key); /* the upper half is not there */
    giga_barrier();

    size_t bytes;
    uint64_t *mine = giga_local(table, &bytes);
    for (size_t i = 0; i < bytes / sizeof *mine; i++)
        freed += free_chain(mine[i]);
    sum = giga_allreduce_sum(sum);
    freed = giga_allreduce_sum(freed);
    bool right = freed == KEYS && sum == (uint64_t)KEYS * (KEYS + 1) / 2;
    if (me == 0)
        printf("list: %" PRIu64 " nodes, their sum is %" PRIu64 ", %s\n", freed, sum,
               right ? "as it must be" : "WRONG");
    giga_free(table);
    return giga_fini() == 0 && right ? 0 : 1;
}
