/*
 * test_channel.c - channels: every record arrives once, in order, and finish knows when.
 *
 * Runs at 1 to 8 ranks: on one node, on nodes of one and of two, with messages, and across virtual
 * hosts. Every record says where it comes from and goes to, its number on that way, and how
 * many empty records went before it; its check word and filler come from job.h. What was sent
 * is counted by the senders and compared after an exchange by another way, giga_alltoallv().
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

enum {
    RANKS_MAX = 64,
    THREADS = 3,
    RECORD_MAX = 4096,
    TINY = 1,          /* bytes of memory: a channel then has the few buffers it always has */
};

/* What is sent how; one channel's life. */
typedef struct plan {
    giga_route route;
    size_t record_bytes;   /* 0: each its own */
    bool pull;
    uint64_t memory;
    uint64_t records;      /* a rank sends by itself in a phase */
    unsigned depth;        /* handlers send on, so many times */
} plan;

/* The state of one channel on this rank; `way` is a source or target, and a thread. */
typedef struct traffic {
    plan plan;
    giga_channel *channel, *other; /* handlers send on the other one, too, when there is one */
    struct traffic *other_traffic;
    uint64_t phase;
    uint64_t sent[RANKS_MAX][THREADS], sent_empty[RANKS_MAX];
    uint64_t got[RANKS_MAX][THREADS], got_empty[RANKS_MAX];
    uint64_t wrong, inside;
    job_random random;
} traffic;

static const uint64_t SALT = UINT64_C(0xc0ffee);

/* ---- records ---- */

/* First word: source 8 bits, target 8, thread 4, depth 4, phase 8, number 32. */
static uint64_t head_of(uint64_t source, uint64_t target, uint64_t thread, uint64_t depth,
                        uint64_t phase, uint64_t number)
{
    return source << 56 | target << 48 | thread << 44 | depth << 40 | (phase & 0xff) << 32 |
           (number & 0xffffffff);
}

static uint64_t check_of(uint64_t head, size_t bytes, uint64_t empties)
{
    return job_word(head ^ SALT, bytes ^ empties << 24);
}

static void make_record(char *record, uint64_t head, size_t bytes, uint64_t empties)
{
    uint64_t check = check_of(head, bytes, empties);

    memcpy(record, &head, 8);
    memcpy(record + 8, &check, 8);
    job_fill(record + 16, head, 0, bytes - 16);
}

static size_t choose_bytes(traffic *t)
{
    if (t->plan.record_bytes != 0)
        return t->plan.record_bytes;
    switch (job_below(&t->random, 8)) {
    case 0: return 0;
    case 1: return 16 + job_below(&t->random, RECORD_MAX - 15);
    case 2: return 16 + job_below(&t->random, 500);
    default: return 16 + job_below(&t->random, 40);
    }
}

static int32_t choose_target(traffic *t)
{
    switch (job_below(&t->random, 8)) {
    case 0: return giga_rank();
    case 1: return 0;
    case 2: return (giga_rank() + 1) % giga_size();
    default: return (int32_t)job_below(&t->random, (uint64_t)giga_size());
    }
}

static void send_one(traffic *t, int32_t target, size_t bytes, uint64_t thread, uint64_t depth)
{
    char record[RECORD_MAX];

    if (bytes == 0) {
        t->sent_empty[target]++;
    } else {
        uint64_t number = t->sent[target][thread]++;
        uint64_t head = head_of((uint64_t)giga_rank(), (uint64_t)target, thread, depth, t->phase,
                                number);
        make_record(record, head, bytes, t->sent_empty[target]);
    }
    t->wrong += giga_channel_send(t->channel, target, bytes ? record : NULL, bytes) != GIGA_OK;
}

static bool is_right(traffic *t, int32_t source, const char *record, size_t bytes)
{
    uint64_t head, check;

    memcpy(&head, record, 8);
    memcpy(&check, record + 8, 8);
    uint64_t thread = head >> 44 & 15;
    if (thread >= THREADS || bytes < 16)
        return false;
    uint64_t expected = head_of((uint64_t)source, (uint64_t)giga_rank(), thread, head >> 40 & 15,
                                t->phase, t->got[source][thread]++);
    return head == expected && check == check_of(head, bytes, t->got_empty[source]) &&
           job_wrong(record + 16, head, 0, bytes - 16) == 0;
}

/* A record has come: judge it, and perhaps send others on. */
static void take_record(traffic *t, int32_t source, const char *record, size_t bytes)
{
    uint64_t head;

    if (bytes == 0) {
        t->got_empty[source]++;
        return;
    }
    t->wrong += !is_right(t, source, record, bytes);
    memcpy(&head, record, 8);
    uint64_t depth = head >> 40 & 15;
    if (depth == 0)
        return;
    for (uint64_t copies = job_below(&t->random, 5) / 2; copies > 0; copies--) { /* 0.8 of them */
        traffic *to = t->other_traffic && job_below(&t->random, 2) ? t->other_traffic : t;
        send_one(to, choose_target(to), choose_bytes(to), 0, depth - 1);
    }
}

static void on_records(void *context, const giga_records *batch)
{
    traffic *t = context;
    size_t bytes, count = 0;

    t->wrong += t->inside++ != 0; /* one at a time, and none inside another */
    for (const void *r = NULL; (r = giga_record_next(batch, r, &bytes)); count++)
        take_record(t, batch->source, r, bytes);
    t->wrong += count != batch->count || batch->record_bytes != t->plan.record_bytes;
    t->inside--;
}

/* ---- a channel's life ---- */

static traffic *open_traffic(plan p)
{
    traffic *t = calloc(1, sizeof *t);
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;

    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    t->plan = p;
    t->random = job_here;
    job_next(&job_here);
    opts.record_bytes = p.record_bytes;
    opts.handler = p.pull ? NULL : on_records;
    opts.context = t;
    opts.route = p.route;
    opts.memory = p.memory;
    CU_ASSERT_EQUAL_FATAL(giga_channel_create(&opts, &t->channel), GIGA_OK);
    return t;
}

/* Take what is there. */
static void receive_some(traffic *t, uint64_t most)
{
    static char buffer[RECORD_MAX];
    bool found = true;
    size_t bytes;
    int32_t source;

    for (; found && most > 0; most--) {
        JOB_OK(giga_channel_receive(t->channel, buffer, sizeof buffer, &found, &bytes, &source));
        if (found)
            take_record(t, source, buffer, bytes);
    }
}

static void send_some(traffic *t)
{
    for (uint64_t i = 0; i < t->plan.records; i++) {
        send_one(t, choose_target(t), choose_bytes(t), 0, t->plan.depth);
        uint64_t dice = job_below(&t->random, 300);
        if (dice == 0 && t->plan.pull)
            receive_some(t, 100);
        if (dice == 1)
            JOB_OK(giga_channel_poll(t->channel, NULL));
        if (dice == 2)
            JOB_OK(giga_channel_flush(t->channel));
    }
}

/* All that was sent, or sent on, has come. With a channel to pull from this takes rounds, which
 * are one phase of the test. */
static void finish(traffic *t)
{
    uint64_t sent = 1;

    do {
        if (t->plan.pull)
            receive_some(t, UINT64_MAX);
        JOB_OK(giga_channel_finish(t->channel, &sent));
    } while (t->plan.pull && sent > 0);
}

static void compare_counts(traffic *t)
{
    enum { WORDS = THREADS + 1 };
    uint64_t out[RANKS_MAX][WORDS], in[RANKS_MAX][WORDS], bytes[RANKS_MAX], wrong = 0;

    for (int32_t r = 0; r < giga_size(); r++) {
        bytes[r] = sizeof out[r];
        memcpy(out[r], t->sent[r], sizeof t->sent[r]);
        out[r][THREADS] = t->sent_empty[r];
    }
    JOB_OK(giga_alltoallv(out, bytes, in, bytes));
    for (int32_t r = 0; r < giga_size(); r++) {
        wrong += in[r][THREADS] != t->got_empty[r];
        for (int k = 0; k < THREADS; k++)
            wrong += in[r][k] != t->got[r][k];
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(t->wrong, 0);
}

static void close_traffic(traffic *t)
{
    compare_counts(t);
    JOB_OK(giga_channel_destroy(t->channel));
    free(t);
}

static void live(plan p)
{
    traffic *t = open_traffic(p);

    for (t->phase = 0; t->phase < 3; t->phase++) {
        send_some(t);
        finish(t);
    }
    close_traffic(t);
}

/* ---- laws ---- */

/* Fewer where a record is a wake-up of somebody else's process. */
static uint64_t many(uint64_t records)
{
    return records / (uint64_t)giga_size() + 100;
}

static void try_sizes(giga_route route, bool pull, uint64_t memory)
{
    live((plan){route, 16, pull, memory, many(6000), 3});
    live((plan){route, 24, pull, memory, many(4000), 3});
    live((plan){route, 57, pull, memory, many(4000), 3});
    live((plan){route, 0, pull, memory, many(2000), 3});
}

static void handlers_get_every_record_once_and_in_order_by_two_hops(void)
{
    try_sizes(GIGA_ROUTE_TWO_HOP, false, 0);
}

static void handlers_get_every_record_once_and_in_order_directly(void)
{
    try_sizes(GIGA_ROUTE_DIRECT, false, 0);
}

static void receivers_get_every_record_once_and_in_order_by_two_hops(void)
{
    try_sizes(GIGA_ROUTE_TWO_HOP, true, 0);
}

static void receivers_get_every_record_once_and_in_order_directly(void)
{
    try_sizes(GIGA_ROUTE_DIRECT, true, 0);
}

static void little_memory_makes_senders_wait_and_nothing_else(void)
{
    for (int pull = 0; pull < 2; pull++) {
        try_sizes(GIGA_ROUTE_TWO_HOP, pull, TINY);
        try_sizes(GIGA_ROUTE_DIRECT, pull, TINY);
    }
}

static void a_finish_without_records_says_so(void)
{
    traffic *t = open_traffic((plan){.record_bytes = 16});
    uint64_t sent = 7;

    for (int i = 0; i < 20; i++) {
        JOB_OK(giga_channel_finish(t->channel, &sent));
        CU_ASSERT_EQUAL(sent, 0);
    }
    close_traffic(t);
}

static void finish_counts_what_all_ranks_sent(void)
{
    traffic *t = open_traffic((plan){.record_bytes = 16});

    for (t->phase = 0; t->phase < 10; t->phase++) {
        uint64_t sent = 0, mine = (uint64_t)giga_rank() * t->phase;
        for (uint64_t i = 0; i < mine; i++)
            send_one(t, choose_target(t), 16, 0, 0);
        JOB_OK(giga_channel_finish(t->channel, &sent));
        CU_ASSERT_EQUAL(sent, t->phase * (uint64_t)giga_size() * (uint64_t)(giga_size() - 1) / 2);
    }
    close_traffic(t);
}

/* One record from each rank to the next, of a length around that of a buffer and far beyond. */
static void long_records_keep_their_place(void)
{
    static const size_t lengths[] = {900, 1000, 1006, 1014, 1015, 1016, 1024, 5000, 32752, 32758,
                                     32759, 32760, 32768, 100000, 131072, GIGA_RECORD_MAX};
    enum { LENGTHS = sizeof lengths / sizeof lengths[0] };
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    giga_channel *channel;
    char *record = malloc(GIGA_RECORD_MAX);
    uint64_t wrong = 0, got = 0;

    for (int k = 0; k < 4; k++) {
        opts.memory = k % 2 ? TINY : 0;
        opts.route = k < 2 ? GIGA_ROUTE_DIRECT : GIGA_ROUTE_TWO_HOP;
        CU_ASSERT_EQUAL_FATAL(giga_channel_create(&opts, &channel), GIGA_OK);
        for (size_t i = 0; i < LENGTHS; i++) {
            job_fill(record, i, (uint64_t)giga_rank(), lengths[i]);
            JOB_OK(giga_channel_send(channel, (giga_rank() + 1) % giga_size(), record, lengths[i]));
            JOB_OK(giga_channel_send(channel, (giga_rank() + 1) % giga_size(), &i, sizeof i));
        }
        JOB_OK(giga_channel_finish(channel, NULL));
        got = 0;
        for (bool found = true; found; got += found) {
            size_t bytes = 0, i = (size_t)got / 2;
            int32_t from, left = (giga_rank() + giga_size() - 1) % giga_size();
            JOB_OK(giga_channel_receive(channel, record, GIGA_RECORD_MAX, &found, &bytes, &from));
            if (!found)
                break;
            wrong += from != left;
            if (got % 2)
                wrong += bytes != sizeof i || memcmp(record, &i, sizeof i) != 0;
            else
                wrong += bytes != lengths[i] ||
                         job_wrong(record, i, (uint64_t)left, bytes) != 0;
        }
        CU_ASSERT_EQUAL(got, 2 * LENGTHS);
        JOB_OK(giga_channel_destroy(channel));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(record);
}

static void handlers_of_two_channels_send_on_both(void)
{
    for (int k = 0; k < 2; k++) {
        uint64_t memory = k ? TINY : 0;
        traffic *a = open_traffic((plan){GIGA_ROUTE_TWO_HOP, 16, false, memory, many(4000), 3});
        traffic *b = open_traffic((plan){GIGA_ROUTE_DIRECT, 0, false, memory, many(2000), 3});
        a->other_traffic = b;
        b->other_traffic = a;
        send_some(a);
        send_some(b);
        uint64_t sent = 1, more = 1;
        while (sent + more > 0) { /* each finish may fill the other channel again */
            JOB_OK(giga_channel_finish(a->channel, &sent));
            JOB_OK(giga_channel_finish(b->channel, &more));
        }
        close_traffic(a);
        close_traffic(b);
    }
}

/* ---- threads ---- */

typedef struct worker {
    traffic *traffic;
    uint64_t thread, wrong;
    job_random random;
    pthread_t id;
} worker;

/* Each thread numbers its own records; nothing else of the traffic is touched. */
static void *work(void *argument)
{
    worker *w = argument;
    traffic *t = w->traffic;
    char record[64];

    for (uint64_t i = 0; i < t->plan.records; i++) {
        int32_t target = (int32_t)job_below(&w->random, (uint64_t)giga_size());
        size_t bytes = t->plan.record_bytes ? t->plan.record_bytes : 16 + job_below(&w->random, 48);
        uint64_t head = head_of((uint64_t)giga_rank(), (uint64_t)target, w->thread, 0, 0,
                                t->sent[target][w->thread]++);
        make_record(record, head, bytes, 0);
        w->wrong += giga_channel_send(t->channel, target, record, bytes) != GIGA_OK;
    }
    return NULL;
}

static void records_of_each_thread_keep_their_order(void)
{
    for (int k = 0; k < 4; k++) {
        worker workers[THREADS];
        traffic *t = open_traffic((plan){k % 2 ? GIGA_ROUTE_TWO_HOP : GIGA_ROUTE_DIRECT,
                                         k < 2 ? 16 : 0, false, k % 2 ? TINY : 0, many(6000), 0});
        for (uint64_t i = 0; i < THREADS; i++) {
            workers[i] = (worker){.traffic = t, .thread = i, .random = {job_next(&job_here)}};
            CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[i].id, NULL, work, &workers[i]), 0);
        }
        for (uint64_t i = 0; i < THREADS; i++) {
            pthread_join(workers[i].id, NULL);
            CU_ASSERT_EQUAL(workers[i].wrong, 0);
        }
        finish(t);
        close_traffic(t);
    }
}

/* ---- homes; questions and answers ---- */

typedef struct homes {
    uint64_t *array, count, wrong;
} homes;

static void count_here(void *context, const giga_records *batch)
{
    homes *h = context;
    const uint64_t *index = batch->first;

    for (size_t i = 0; i < batch->count; i++) {
        h->wrong += giga_home(&h->array[index[i]]) != giga_rank();
        h->array[index[i]]++; /* plain: the home alone does it */
    }
    h->count += batch->count;
}

static void records_sent_to_an_address_come_to_its_home(void)
{
    enum { WORDS = 100000, EACH = 2000 };
    homes h = {0};
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    giga_channel *channel;
    uint64_t mine = 0;
    size_t bytes;

    opts.record_bytes = 8;
    opts.handler = count_here;
    opts.context = &h;
    CU_ASSERT_EQUAL_FATAL(giga_alloc(WORDS * 8, NULL, (void **)&h.array), GIGA_OK);
    CU_ASSERT_EQUAL_FATAL(giga_channel_create(&opts, &channel), GIGA_OK);
    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t index = job_below(&job_here, WORDS);
        JOB_OK(giga_channel_send_home(channel, &h.array[index], &index, 8));
    }
    JOB_OK(giga_channel_finish(channel, NULL));
    uint64_t *block = giga_local(h.array, &bytes);
    for (size_t i = 0; i < bytes / 8; i++)
        mine += block[i];
    CU_ASSERT_EQUAL(mine, h.count);
    CU_ASSERT_EQUAL(h.wrong, 0);
    CU_ASSERT_EQUAL(giga_allreduce_sum(h.count), (uint64_t)EACH * (uint64_t)giga_size());
    JOB_OK(giga_channel_destroy(channel));
    JOB_OK(giga_free(h.array));
}

typedef struct talk {
    giga_channel *channel;
    uint64_t answers, bye, wrong;
} talk;

enum { QUESTION, ANSWER, BYE };

static void on_talk(void *context, const giga_records *batch)
{
    talk *t = context;
    const uint64_t *word = batch->first;

    for (size_t i = 0; i < batch->count; i++) {
        uint64_t answer = ANSWER | (word[i] & ~UINT64_C(3));
        if ((word[i] & 3) == QUESTION)
            t->wrong += giga_channel_send(t->channel, batch->source, &answer, 8) != GIGA_OK;
        t->answers += (word[i] & 3) == ANSWER;
        t->bye += (word[i] & 3) == BYE;
    }
}

/* No finish: who finds nothing to handle lets go of what it has sent. */
static void polling_alone_carries_questions_and_answers(void)
{
    talk t = {0};
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;

    opts.record_bytes = 8;
    opts.handler = on_talk;
    opts.context = &t;
    CU_ASSERT_EQUAL_FATAL(giga_channel_create(&opts, &t.channel), GIGA_OK);
    for (uint64_t round = 1; giga_rank() == 0 && round <= 10; round++) {
        uint64_t word = round << 2;
        for (int32_t r = 0; r < giga_size(); r++)
            JOB_OK(giga_channel_send(t.channel, r, &word, 8));
        while (t.answers < round * (uint64_t)giga_size()) {
            JOB_OK(giga_channel_poll(t.channel, NULL));
            sched_yield();
        }
    }
    for (int32_t r = 0; giga_rank() == 0 && r < giga_size(); r++)
        JOB_OK(giga_channel_send(t.channel, r, &(uint64_t){BYE}, 8));
    while (t.bye == 0) {
        JOB_OK(giga_channel_poll(t.channel, NULL));
        sched_yield();
    }
    JOB_OK(giga_channel_destroy(t.channel));
    CU_ASSERT_EQUAL(t.answers, giga_rank() == 0 ? 10 * (uint64_t)giga_size() : 0);
    CU_ASSERT_EQUAL(t.wrong, 0);
}

/* ---- misuse ---- */

static void mistakes_of_a_creation_are_found_on_all_ranks(void)
{
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    giga_channel *channel = NULL;

    opts.record_bytes = GIGA_RECORD_FIXED_MAX + 1;
    CU_ASSERT_EQUAL(job_same(giga_channel_create(&opts, &channel)), GIGA_ERR_ARG);
    opts.record_bytes = 8;
    opts.route = (giga_route)3;
    CU_ASSERT_EQUAL(job_same(giga_channel_create(&opts, &channel)), GIGA_ERR_ARG);
    opts.route = GIGA_ROUTE_AUTO;
    CU_ASSERT_EQUAL(job_same(giga_channel_create(&opts, NULL)), GIGA_ERR_ARG);
    opts.struct_bytes = 0;
    CU_ASSERT_EQUAL(job_same(giga_channel_create(&opts, &channel)), GIGA_ERR_ARG);
    opts.struct_bytes = sizeof opts;
    if (giga_size() > 1) {
        opts.record_bytes += giga_rank() == 1;
        CU_ASSERT_EQUAL(job_same(giga_channel_create(&opts, &channel)), GIGA_ERR_MISMATCH);
    }
    CU_ASSERT_PTR_NULL(channel);
    CU_ASSERT_EQUAL(job_same(giga_channel_destroy(NULL)), GIGA_OK);
}

static void mistakes_of_a_call_have_no_effect(void)
{
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    giga_channel *fixed = NULL, *free_size = NULL, *dead;
    char *record = calloc(1, GIGA_RECORD_MAX + 1);
    bool found = true;
    size_t bytes = 0;

    opts.record_bytes = 8;
    JOB_OK(giga_channel_create(&opts, &fixed));
    JOB_OK(giga_channel_create(NULL, &free_size));
    CU_ASSERT_EQUAL(giga_channel_send(fixed, 0, record, 7), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_channel_send(fixed, -1, record, 8), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_channel_send(fixed, giga_size(), record, 8), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_channel_send(fixed, 0, NULL, 8), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_channel_send(NULL, 0, record, 8), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_channel_send_home(fixed, record, record, 8), GIGA_ERR_ADDRESS);
    CU_ASSERT_EQUAL(giga_channel_send(free_size, 0, record, GIGA_RECORD_MAX + 1), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_channel_receive(fixed, NULL, 8, &found, NULL, NULL), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(giga_channel_receive(fixed, record, 8, NULL, NULL, NULL), GIGA_ERR_ARG);
    JOB_OK(giga_channel_receive(fixed, record, 8, &found, NULL, NULL));
    CU_ASSERT_FALSE(found);

    JOB_OK(giga_channel_send(free_size, giga_rank(), "twelve bytes", 12));
    JOB_OK(giga_channel_finish(free_size, NULL));
    CU_ASSERT_EQUAL(giga_channel_receive(free_size, record, 11, &found, &bytes, NULL),
                    GIGA_ERR_RANGE);
    CU_ASSERT_TRUE(!found && bytes == 12);
    JOB_OK(giga_channel_receive(free_size, record, 12, &found, &bytes, NULL));
    CU_ASSERT_TRUE(found && memcmp(record, "twelve bytes", 12) == 0);

    JOB_OK(giga_channel_destroy(fixed));
    dead = fixed;
    CU_ASSERT_EQUAL(giga_channel_send(dead, 0, record, 8), GIGA_ERR_ARG);
    CU_ASSERT_EQUAL(job_same(giga_channel_destroy(dead)), GIGA_ERR_ARG);
    if (giga_size() > 1) {
        JOB_OK(giga_channel_create(&opts, &fixed));
        CU_ASSERT_EQUAL(job_same(giga_channel_destroy(giga_rank() == 0 ? fixed : free_size)),
                        GIGA_ERR_MISMATCH);
        JOB_OK(giga_channel_destroy(fixed));
    }
    JOB_OK(giga_channel_destroy(free_size));
    free(record);
}

static int collectives[3];

static void try_collectives(void *context, const giga_records *batch)
{
    giga_channel *channel = *(giga_channel **)context, *other;
    bool found;

    (void)batch;
    collectives[0] = giga_channel_finish(channel, NULL);
    collectives[1] = giga_channel_create(NULL, &other);
    collectives[2] = giga_channel_receive(channel, NULL, 0, &found, NULL, NULL);
}

static void handlers_may_not_call_collectives(void)
{
    giga_channel_opts opts = GIGA_CHANNEL_OPTS_INIT;
    giga_channel *channel = NULL;

    opts.handler = try_collectives;
    opts.context = &channel;
    JOB_OK(giga_channel_create(&opts, &channel));
    JOB_OK(giga_channel_send(channel, giga_rank(), NULL, 0));
    JOB_OK(giga_channel_finish(channel, NULL));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(collectives[i], GIGA_ERR_STATE);
    JOB_OK(giga_channel_destroy(channel));
}

int main(void)
{
    static const job_test tests[] = {
        {"a_finish_without_records_says_so", a_finish_without_records_says_so},
        {"finish_counts_what_all_ranks_sent", finish_counts_what_all_ranks_sent},
        {"handlers_get_every_record_once_and_in_order_by_two_hops",
         handlers_get_every_record_once_and_in_order_by_two_hops},
        {"handlers_get_every_record_once_and_in_order_directly",
         handlers_get_every_record_once_and_in_order_directly},
        {"receivers_get_every_record_once_and_in_order_by_two_hops",
         receivers_get_every_record_once_and_in_order_by_two_hops},
        {"receivers_get_every_record_once_and_in_order_directly",
         receivers_get_every_record_once_and_in_order_directly},
        {"little_memory_makes_senders_wait_and_nothing_else",
         little_memory_makes_senders_wait_and_nothing_else},
        {"long_records_keep_their_place", long_records_keep_their_place},
        {"handlers_of_two_channels_send_on_both", handlers_of_two_channels_send_on_both},
        {"records_of_each_thread_keep_their_order", records_of_each_thread_keep_their_order},
        {"records_sent_to_an_address_come_to_its_home",
         records_sent_to_an_address_come_to_its_home},
        {"polling_alone_carries_questions_and_answers",
         polling_alone_carries_questions_and_answers},
        {"mistakes_of_a_creation_are_found_on_all_ranks",
         mistakes_of_a_creation_are_found_on_all_ranks},
        {"mistakes_of_a_call_have_no_effect", mistakes_of_a_call_have_no_effect},
        {"handlers_may_not_call_collectives", handlers_may_not_call_collectives},
    };

    return JOB_RUN("channel", tests);
}
