/*
 * check.c - see check.h: collectives compared, freed objects remembered.
 */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol.h"

enum {
    FREED = 1024, /* objects remembered; the oldest are forgotten */
    WORDS = 1 + GI_ARGUMENTS_MAX,
    DESCRIPTION = 128,
};

typedef struct freed {
    uint64_t offset, span, bytes;
    const void *site;
} freed;

struct gi_check {
    freed freed[FREED];
    uint64_t count; /* of all that were freed */
    uint64_t next_granule;
};

const char *const gi_check_buffers[] = {"there", "NULL", NULL};

/* ---- collectives ---- */

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static int32_t rank_in(const giga_team *team)
{
    return gi_boot_rank(gi_team_boot(&gi_the_job, team), GI_SCOPE_JOB);
}

static giga_status reduce(giga_team *team, const uint64_t *in, uint64_t *out, size_t count,
                          giga_op op)
{
    return team ? giga_team_allreduce(team, in, out, count, GIGA_U64, op)
                : giga_allreduce(in, out, count, GIGA_U64, op);
}

static giga_status spread(giga_team *team, char *text, int32_t from)
{
    return team ? giga_team_broadcast(team, text, DESCRIPTION, from)
                : giga_broadcast(text, DESCRIPTION, from);
}

/* "giga_broadcast(bytes 8, root 0, buffer there)" */
static void describe(const char *function, const gi_argument *arguments, int count, char *text)
{
    size_t used = (size_t)snprintf(text, DESCRIPTION, "%s(", function);

    for (int i = 0; i < count && used < DESCRIPTION; i++) {
        const gi_argument *a = &arguments[i];
        uint64_t names = 0;
        while (a->names && a->names[names])
            names++;
        const char *comma = i > 0 ? ", " : "";
        if (!a->name)
            continue;
        if (a->value < names)
            used += (size_t)snprintf(text + used, DESCRIPTION - used, "%s%s %s", comma, a->name,
                                     a->names[a->value]);
        else
            used += (size_t)snprintf(text + used, DESCRIPTION - used, "%s%s %" PRId64, comma,
                                     a->name, (int64_t)a->value);
    }
    if (used < DESCRIPTION)
        snprintf(text + used, DESCRIPTION - used, ")");
}

/* Which two ranks differ in a word, and what they call; the same sentence on all ranks. */
static giga_status tell_mismatch(giga_team *team, const char *mine, uint64_t word, uint64_t most,
                                 uint64_t least)
{
    uint64_t rank = (uint64_t)rank_in(team);
    uint64_t who[2] = {word == most ? rank : UINT64_MAX, word == least ? rank : UINT64_MAX};
    char text[2][DESCRIPTION];

    giga_status status = reduce(team, who, who, 2, GIGA_MIN);
    for (int i = 0; i < 2 && status == GIGA_OK; i++) {
        memcpy(text[i], mine, DESCRIPTION);
        status = spread(team, text[i], (int32_t)who[i]);
    }
    if (status != GIGA_OK)
        return status;
    int first = who[0] > who[1];
    return giga_fail(GIGA_ERR_MISMATCH, "the ranks%s make different calls: rank %d %s, rank %d %s",
                     team ? " of a team" : "", (int)who[first], text[first], (int)who[!first],
                     text[!first]);
}

giga_status gi_check_collective(const char *function, giga_team *team, const gi_argument *arguments,
                                int count)
{
    gi_job *job = &gi_the_job;
    uint64_t words[2 * WORDS] = {0}, most[2 * WORDS];
    char mine[DESCRIPTION] = "";

    if (!(job->watch & GI_WATCH_CHECK) || !job->running || gi_tally_mine()->depth != 1)
        return GIGA_OK;
    giga_status status = gi_team_check(function, team);
    words[0] = hash_of(function);
    for (int i = 0; i < count; i++)
        words[1 + i] = arguments[i].value;
    for (int i = 0; i < WORDS; i++)
        words[WORDS + i] = ~words[i];
    if (status == GIGA_OK) /* all greatest values, and of the complements, all least ones */
        status = reduce(team, words, most, 2 * WORDS, GIGA_MAX);
    if (status != GIGA_OK)
        return status;
    describe(function, arguments, count, mine);
    for (int i = 0; i < WORDS; i++) {
        if (most[i] != ~most[WORDS + i])
            return tell_mismatch(team, mine, words[i], most[i], ~most[WORDS + i]);
    }
    return GIGA_OK;
}

/* What this rank expects against what the others have sent; `told` is that, by rank. */
static giga_status compare_parts(const char *function, int32_t rank, int32_t size,
                                 const uint64_t *told, const uint64_t *recv_bytes)
{
    for (int32_t r = 0; r < size; r++) {
        if (told[r] != recv_bytes[r])
            return giga_fail(GIGA_ERR_MISMATCH,
                             "%s: rank %d sends %" PRIu64 " bytes to rank %d, "
                             "which expects %" PRIu64,
                             function, r, told[r], rank, recv_bytes[r]);
    }
    return GIGA_OK;
}

giga_status gi_check_parts(const char *function, giga_team *team, const uint64_t *send_bytes,
                           const uint64_t *recv_bytes, giga_status mine)
{
    gi_job *job = &gi_the_job;

    if (!(job->watch & GI_WATCH_CHECK) || gi_tally_mine()->depth != 1 || !send_bytes || !recv_bytes)
        return mine;
    int32_t size = gi_boot_size(gi_team_boot(job, team), GI_SCOPE_JOB);
    uint64_t *told = malloc(2 * (size_t)size * sizeof *told), *eight = told + size;
    if (!told)
        giga_abort("%s: rank %d: out of memory to compare the ranks (GIGA_CHECK)", function,
                   job->rank);
    for (int32_t r = 0; r < size; r++)
        eight[r] = sizeof *told;
    giga_status status = team ? giga_team_alltoallv(team, send_bytes, eight, told, eight)
                              : giga_alltoallv(send_bytes, eight, told, eight);
    if (status == GIGA_OK)
        status = mine;
    if (status == GIGA_OK)
        status = compare_parts(function, rank_in(team), size, told, recv_bytes);
    status = team ? giga_team_agree(team, status) : giga_agree(status);
    free(told);
    return status;
}

/* ---- freed objects ---- */

giga_status gi_check_start(gi_job *job)
{
    job->check = calloc(1, sizeof *job->check);
    if (!job->check)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory for GIGA_CHECK");
    return gi_conflicts_start(job);
}

void gi_check_stop(gi_job *job)
{
    gi_conflicts_stop(job);
    free(job->check);
    job->check = NULL;
}

void gi_check_freed(gi_job *job, const gi_object *object, const void *site)
{
    struct gi_check *c = job->check;

    if (!c)
        return;
    c->freed[c->count++ % FREED] =
        (freed){.offset = object->offset >> GIGA_GRANULE_SHIFT_ << GIGA_GRANULE_SHIFT_,
                .span = object->span,
                .site = site,
                .bytes = object->uniform ? object->bytes : object->stride * (uint64_t)job->size};
}

const char *gi_check_say_freed(const gi_job *job, const void *address)
{
    static _Thread_local char text[384];
    const struct gi_check *c = job->check;
    uint64_t offset = (uint64_t)(uintptr_t)address - job->window_base;
    char where[256];

    for (uint64_t i = 0; c && i < FREED && i < c->count; i++) { /* the youngest first */
        const freed *f = &c->freed[(c->count - 1 - i) % FREED];
        if (offset - f->offset >= f->span)
            continue;
        gi_code code = gi_symbol_code(f->site);
        gi_symbol_say(&code, where, sizeof where);
        snprintf(text, sizeof text,
                 "; an object of %" PRIu64 " bytes that lay there was freed at %s", f->bytes,
                 where);
        return text;
    }
    return "";
}

uint64_t gi_check_first_granule(const gi_job *job)
{
    return job->check ? job->check->next_granule : 0;
}

void gi_check_placed(gi_job *job, uint64_t next)
{
    if (job->check)
        job->check->next_granule = next;
}
