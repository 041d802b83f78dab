/*
 * env.c - parsing of the table of environment variables.
 */
#include "env.h"

#include <errno.h>
#include <giga/info.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

typedef struct entry {
    gi_env_kind kind;
    const char *name, *preset, *help;
    uint64_t lowest, highest;
} entry;

static const entry table[] = {
#define ENTRY(kind, field, name, preset, lowest, highest, help) \
    {GI_ENV_##kind, name, preset, help, lowest, highest},
    GI_ENV_TABLE(ENTRY)
#undef ENTRY
};

enum { ENTRIES = sizeof table / sizeof table[0] };

static int suffix_shift(char suffix)
{
    switch (suffix) {
    case 'K': case 'k': return 10;
    case 'M': case 'm': return 20;
    case 'G': case 'g': return 30;
    case 'T': case 't': return 40;
    default: return -1;
    }
}

/* A whole number, decimal or 0x, with a power of 1024 when it counts bytes. */
static bool parse_number(const char *text, bool bytes, uint64_t *out)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (errno != 0)
        return false;
    if (bytes && suffix_shift(*end) > 0) {
        int shift = suffix_shift(*end++);
        if (value > UINT64_MAX >> shift)
            return false;
        value <<= shift;
    }
    *out = value;
    return *end == '\0';
}

static giga_status parse(const entry *e, const char *text, gi_env_value *out)
{
    if (strlen(text) >= sizeof out->text)
        return giga_fail(GIGA_ERR_ARG, "%s is longer than %zu characters", e->name,
                         sizeof out->text - 1);
    snprintf(out->text, sizeof out->text, "%s", text);
    if (e->kind == GI_ENV_TEXT || e->kind == GI_ENV_CHOICE)
        return GIGA_OK;
    if (strcmp(text, "auto") == 0 && strcmp(e->preset, "auto") == 0) {
        out->number = GI_ENV_AUTO;
        return GIGA_OK;
    }
    if (parse_number(text, e->kind == GI_ENV_BYTES, &out->number) &&
        out->number >= e->lowest && out->number <= e->highest)
        return GIGA_OK;
    return giga_fail(GIGA_ERR_ARG, "%s=%s: expected a number from %llu to %llu%s", e->name, text,
                     (unsigned long long)e->lowest, (unsigned long long)e->highest,
                     strcmp(e->preset, "auto") == 0 ? ", or auto" : "");
}

/* The words of a choice end with NULL. */
static giga_status check_choice(const char *name, const gi_env_value *value,
                                const char *const *words)
{
    char all[128] = "";

    for (const char *const *w = words; *w; w++) {
        if (strcmp(value->text, *w) == 0)
            return GIGA_OK;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", w == words ? "" : w[1] ? ", " : " or ", *w);
    }
    return giga_fail(GIGA_ERR_ARG, "%s=%.64s: expected %s", name, value->text, all);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static giga_status check_choices(const gi_env *env)
{
    giga_status status = check_choice("GIGA_RMA", &env->rma, WORDS("auto", "message", "onesided"));

    if (status == GIGA_OK)
        status = check_choice("GIGA_HUGE_PAGES", &env->huge_pages, WORDS("auto", "no"));
    if (status == GIGA_OK)
        status = check_choice("GIGA_STATS", &env->stats, WORDS("0", "1", "all"));
    if (status == GIGA_OK)
        status = check_choice("GIGA_PROFILE", &env->profile, WORDS("0", "1"));
    if (status == GIGA_OK)
        status = check_choice("GIGA_CHECK", &env->check, WORDS("calls", "full", "abort"));
    return status;
}

giga_status gi_env_read(gi_env *env)
{
    gi_env_value *values[ENTRIES] = {
#define VALUE(kind, field, name, preset, lowest, highest, help) &env->field,
        GI_ENV_TABLE(VALUE)
#undef VALUE
    };

    for (int i = 0; i < ENTRIES; i++) {
        const char *text = getenv(table[i].name);
        giga_status status = parse(&table[i], text ? text : table[i].preset, values[i]);
        if (status != GIGA_OK)
            return status;
    }
    return check_choices(env);
}

const char *gi_env_unknown(void)
{
    for (char **variable = environ; *variable; variable++) {
        if (strncmp(*variable, "GIGA_", 5) != 0)
            continue;
        bool known = false;
        for (int i = 0; i < ENTRIES && !known; i++) {
            size_t length = strlen(table[i].name);
            known = strncmp(*variable, table[i].name, length) == 0 && (*variable)[length] == '=';
        }
        if (!known)
            return *variable;
    }
    return NULL;
}

size_t giga_info_variables(void)
{
    return ENTRIES;
}

giga_info_variable giga_info_variable_at(size_t index)
{
    static const char *const kinds[] = {"bytes", "count", "text", "choice"};
    giga_info_variable out = {0};

    if (index < ENTRIES) {
        out.name = table[index].name;
        out.type = kinds[table[index].kind];
        out.preset = table[index].preset;
        out.help = table[index].help;
        out.value = getenv(table[index].name);
    }
    return out;
}
