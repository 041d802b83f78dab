/*
 * lock.c - customers pay at eight shops: a payment changes two accounts, each under its lock,
 * while audits close the whole bank.
 *
 * Payments share the bank, audits have it alone. The lower address is locked first, by all.
 */
#include <giga/giga.h>
#include <stdio.h>

enum { ACCOUNTS = 512, SHOPS = 8, PAYMENTS = 400 };

typedef struct account {
    _Alignas(128) giga_lock lock; /* pages hold whole accounts, so a lock has one home */
    int64_t balance, payments;
} account;
typedef struct bank {
    giga_rwlock open;
    account account[ACCOUNTS];
} bank;

/* Two fields change together, by a get and a put: no atomic operation does that. */
static void change(account *a, int64_t amount)
{
    int64_t now[2];

    giga_get(now, &a->balance, sizeof now);
    now[0] += amount;
    now[1]++;
    giga_put(&a->balance, now, sizeof now);
}

static void pay(bank *b, account *from, account *to, int64_t amount)
{
    giga_rwlock_acquire_read(&b->open);
    giga_lock_acquire(from < to ? &from->lock : &to->lock);
    giga_lock_acquire(from < to ? &to->lock : &from->lock);
    change(from, -amount);
    change(to, amount);
    giga_lock_release(&to->lock);
    giga_lock_release(&from->lock);
    giga_rwlock_release_read(&b->open);
}

/* Payments until now; -1 unless balances add up to 0 and each payment is in two accounts. */
static int64_t audit(bank *b)
{
    int64_t now[ACCOUNTS][2], total = 0, count = 0;

    giga_rwlock_acquire_write(&b->open);
    for (int i = 0; i < ACCOUNTS; i++)
        giga_get_nbi(now[i], &b->account[i].balance, sizeof now[i]);
    giga_quiet();
    giga_rwlock_release_write(&b->open);
    for (int i = 0; i < ACCOUNTS; i++) {
        total += now[i][0];
        count += now[i][1];
    }
    return total == 0 && count % 2 == 0 ? count / 2 : -1;
}

int main(void)
{
    if (giga_init(NULL) != GIGA_OK)
        return 1;
    uint64_t wrong = 0;
    bank *b;
    giga_alloc(sizeof *b, NULL, (void **)&b);
    for (int i = 0; i < PAYMENTS; i++) {
        int customer = SHOPS + (37 * i + giga_rank()) % (ACCOUNTS - SHOPS);
        pay(b, &b->account[customer], &b->account[i % SHOPS], i);
        if (i % 100 == 0)
            wrong += audit(b) < i + 1;
    }
    giga_barrier();
    wrong = giga_allreduce_sum(wrong + (audit(b) != (int64_t)PAYMENTS * giga_size()));
    if (giga_rank() == 0)
        printf("lock: the books are %s\n", wrong == 0 ? "right" : "WRONG");
    giga_free(b);
    return giga_fini() == 0 && wrong == 0 ? 0 : 1;
}
