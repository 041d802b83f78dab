/*
 * profile.c - see profile.h. A table of sites with open addressing: when it is full, further
 * sites are counted together as lost.
 */
#include "profile.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "symbol.h"
#include "tree.h"

enum {
    SITES = 4096, /* of a process; a power of two */
    SITES_MAX = SITES * 3 / 4,
    PASSED_ON = 1024, /* of a rank, the costliest */
    LISTED = 16,
    FEW = 16, /* operations of a site, over all ranks, that are no loop */
};

typedef struct site {
    const void *at;
    const char *function;
    giga_stats_class class;
    gi_how how;
    uint64_t count;    /* of deferred ones: those that were alone */
    uint64_t deferred; /* all deferred ones */
    uint64_t bytes, least, most, ns;
} site;

struct gi_profile {
    pthread_mutex_t lock;
    site sites[SITES];
    size_t used;
    uint64_t lost; /* operations of sites that found no room */
};

/* A site as all ranks know it. */
typedef struct site_line {
    gi_code code;
    char function[24];
    site sum;
} site_line;

giga_status gi_profile_start(gi_job *job)
{
    job->profile = calloc(1, sizeof *job->profile);
    if (!job->profile)
        return giga_fail(GIGA_ERR_MEMORY, "giga_init: out of memory for a profile");
    pthread_mutex_init(&job->profile->lock, NULL);
    return GIGA_OK;
}

void gi_profile_stop(gi_job *job)
{
    if (!job->profile)
        return;
    pthread_mutex_destroy(&job->profile->lock);
    free(job->profile);
    job->profile = NULL;
}

/* The entry of a site, made when there is room; under the lock. */
static site *find(struct gi_profile *p, const void *at, const char *function)
{
    uint64_t hash = ((uint64_t)(uintptr_t)at ^ (uint64_t)(uintptr_t)function << 20) *
                    UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = (size_t)(hash >> 52);; i++) {
        site *s = &p->sites[i % SITES];
        if (s->at == at && s->function == function)
            return s;
        if (s->at)
            continue;
        if (p->used == SITES_MAX)
            return NULL;
        p->used++;
        *s = (site){.at = at, .function = function, .least = UINT64_MAX};
        return s;
    }
}

static void count(site *s, const gi_access *a)
{
    s->class = a->class;
    s->how = a->how;
    s->bytes += a->bytes;
    s->ns += (uint64_t)a->ns;
    s->least = a->bytes < s->least ? a->bytes : s->least;
    s->most = a->bytes > s->most ? a->bytes : s->most;
    if (a->how == GI_DEFERRED)
        s->deferred++;
    else
        s->count++;
}

void gi_profile_access(gi_job *job, const gi_access *a)
{
    struct gi_profile *p = job->profile;
    gi_tally *t = gi_tally_mine();

    if (a->remote == 0 || !a->site || a->class > GIGA_STATS_ATOMIC)
        return;
    if (a->how == GI_DEFERRED) {
        t->outstanding++;
        t->last_site = a->site;
        t->last_function = a->function;
    }
    if (a->bytes > GI_ELEMENT)
        return;
    pthread_mutex_lock(&p->lock);
    site *s = find(p, a->site, a->function);
    if (s)
        count(s, a);
    else
        p->lost++;
    pthread_mutex_unlock(&p->lock);
}

void gi_profile_quiet(gi_job *job, bool inside)
{
    struct gi_profile *p = job->profile;
    gi_tally *t = gi_tally_mine();
    uint64_t outstanding = t->outstanding;

    t->outstanding = 0;
    if (outstanding != 1 || inside)
        return;
    pthread_mutex_lock(&p->lock);
    site *s = find(p, t->last_site, t->last_function);
    if (s)
        s->count++;
    pthread_mutex_unlock(&p->lock);
}

/* ---- the report ---- */

static bool same_site(const void *a, const void *b)
{
    const site_line *x = a, *y = b;

    return x->code.module == y->code.module && x->code.offset == y->code.offset &&
           strcmp(x->function, y->function) == 0;
}

static void join_site(void *into, const void *from)
{
    site *x = &((site_line *)into)->sum;
    const site *y = &((const site_line *)from)->sum;

    x->count += y->count;
    x->deferred += y->deferred;
    x->bytes += y->bytes;
    x->ns += y->ns;
    x->least = y->least < x->least ? y->least : x->least;
    x->most = y->most > x->most ? y->most : x->most;
}

static int by_cost(const void *a, const void *b)
{
    const site *x = &((const site_line *)a)->sum, *y = &((const site_line *)b)->sum;

    if (x->ns != y->ns)
        return x->ns < y->ns ? 1 : -1;
    return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static size_t collect(const struct gi_profile *p, site_line *lines)
{
    size_t some = 0;

    for (size_t i = 0; i < SITES; i++) {
        const site *s = &p->sites[i];
        if (!s->at || s->count == 0)
            continue;
        lines[some] = (site_line){.code = gi_symbol_code(s->at), .sum = *s};
        snprintf(lines[some++].function, sizeof lines[0].function, "%s", s->function);
    }
    qsort(lines, some, sizeof *lines, by_cost);
    return some < PASSED_ON ? some : PASSED_ON;
}

/* What would serve better. */
static const char *advice(const site *s)
{
    if (s->how == GI_DEFERRED)
        return "giga_quiet() follows each one: call it once, after the loop";
    if (s->how == GI_HANDLED)
        return "a handle for each one, so they are not gathered: the _nbi form and one giga_quiet()";
    switch (s->class) {
    case GIGA_STATS_GET:
        return "giga_get_nbi() and one giga_quiet() after the loop, or giga_gather()";
    case GIGA_STATS_PUT:
        return "giga_put_nbi() or giga_store_nbi() and one giga_quiet() after the loop, or "
               "giga_scatter()";
    default:
        return "giga_add_nbi() and the like, giga_fetch_add_nbi() where the value before is wanted, "
               "and one giga_quiet() after the loop, or giga_scatter_add()";
    }
}

static void say_site(FILE *to, const site_line *l)
{
    const site *s = &l->sum;
    const char *how = s->how == GI_BLOCKING ? "blocking" : s->how == GI_HANDLED ? "single" : "lone";
    char where[512], length[48];

    gi_symbol_say(&l->code, where, sizeof where);
    if (s->least == s->most)
        snprintf(length, sizeof length, "%" PRIu64, s->least);
    else
        snprintf(length, sizeof length, "%" PRIu64 " to %" PRIu64, s->least, s->most);
    fprintf(to, "  %s: %s: %" PRIu64 " %s operations of %s bytes", where, l->function, s->count,
            how, length);
    if (s->how == GI_DEFERRED)
        fprintf(to, ", of %" PRIu64 "\n", s->deferred);
    else
        fprintf(to, ", waited %.3f s, %.1f us each\n", (double)s->ns * 1e-9,
                (double)s->ns * 1e-3 / (double)s->count);
    fprintf(to, "      better: %s\n", advice(s));
}

static void say_sites(FILE *to, site_line *lines, size_t count, int32_t ranks, uint64_t lost)
{
    size_t many = 0, said = 0;

    for (size_t i = 0; i < count; i++)
        many += lines[i].sum.count >= FEW;
    fprintf(
        to,
        "giga: %zu source lines communicate element by element, over %d ranks (GIGA_PROFILE)%s\n",
        many, ranks, many ? ", the costliest first" : "");
    for (size_t i = 0; i < count && said < LISTED; i++) {
        if (lines[i].sum.count >= FEW) {
            say_site(to, &lines[i]);
            said++;
        }
    }
    if (many > said)
        fprintf(to, "  and %zu more\n", many - said);
    if (lost > 0)
        fprintf(to, "  and %" PRIu64 " operations or lines for which there was no room\n", lost);
}

void gi_profile_report(gi_job *job)
{
    struct gi_profile *p = job->profile;
    site_line *lines = calloc(SITES, sizeof *lines);
    char *text = NULL;
    size_t bytes;

    if (!lines)
        giga_abort("giga_fini: rank %d: out of memory for a report", job->rank);
    gi_table table = {.records = lines,
                      .count = collect(p, lines),
                      .most = SITES,
                      .record_bytes = sizeof *lines,
                      .same = same_site,
                      .join = join_site,
                      .lost = p->lost};
    gi_tree_join(job, &table);
    FILE *to = job->rank == 0 ? open_memstream(&text, &bytes) : NULL;
    if (to) {
        qsort(lines, table.count, sizeof *lines, by_cost);
        say_sites(to, lines, table.count, job->size, table.lost);
        fclose(to);
        fwrite(text, 1, bytes, stderr);
    }
    free(text);
    free(lines);
}
