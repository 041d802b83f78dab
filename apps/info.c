/*
 * info.c - giga-info: ranks, nodes, memory, transports and every environment variable.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Say it as JSON", 0},
    {"help", 'h', NULL, 0, "Say this", -1},
    {"usage", RUN_KEY_USAGE, NULL, 0, "Say it in short", -1},
    {"version", 'V', NULL, 0, "Say which version this is", -1},
    {0}};

typedef struct config {
    run_options run;
    bool json;
} config;

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    config *c = state->input;

    switch (key) {
    case 'j': c->json = true; return 0;
    case 'h': c->run.help = true; return 0;
    case RUN_KEY_USAGE: c->run.usage = true; return 0;
    case 'V': c->run.version = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected", text); return EINVAL;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void show_variables(void)
{
    run_say("\nenvironment variables:\n");
    for (size_t i = 0; i < giga_info_variables(); i++) {
        giga_info_variable v = giga_info_variable_at(i);
        run_say("  %-22s %-6s default %s%s%s\n      %s\n", v.name, v.type, v.preset,
                v.value ? ", set to " : "", v.value ? v.value : "", v.help);
    }
}

static void show_host(const giga_info_host *h, const char *kinds)
{
    run_say("%s\n", giga_info_versions());
    run_say("ranks %d, nodes %d\n", giga_size(), giga_nodes());
    run_say("host of rank 0: %s, %d ranks here, %d cores, %d NUMA nodes\n", h->name, h->host_ranks,
            h->cores, h->numa_nodes);
    run_say("memory: %.1f GiB, %.1f GiB available; pages of %" PRIu64 " bytes\n",
            (double)h->memory_bytes / 0x1p30, (double)h->available_bytes / 0x1p30, h->page_bytes);
    run_say("huge pages: %s", h->huge_page_bytes ? "" : "none to be had\n");
    if (h->huge_page_bytes)
        run_say("%" PRIu64 " bytes, %" PRIu64 " reserved and free, on advice: %s\n",
                h->huge_page_bytes, h->huge_pages_free, h->huge_on_advice ? "yes" : "no");
    run_say("memory kinds:\n%s", kinds);
    run_say("window: 0x%" PRIx64 ", %" PRIu64 " GiB; for objects of one rank: %.1f GiB each\n",
            h->window_base, h->window_bytes >> 30, (double)h->one_bytes / 0x1p30);
    run_say("between nodes: transports %s, device %s, remote get and put: %s\n", h->transports,
            h->device, h->rma);
}

static giga_status show_json(const giga_info_host *h, const char *kinds)
{
    json_t *variables = json_array();

    for (size_t i = 0; i < giga_info_variables(); i++) {
        giga_info_variable v = giga_info_variable_at(i);
        json_array_append_new(variables,
                              json_pack("{s:s, s:s, s:s, s:s, s:s?}", "name", v.name, "type", v.type,
                                        "default", v.preset, "help", v.help, "value", v.value));
    }
    json_t *json = json_pack(
        "{s:s, s:i, s:i, s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:b, s:s, s:I, s:I, s:I, s:s, s:s, "
        "s:s, s:o}",
        "versions", giga_info_versions(), "ranks", (int)giga_size(), "nodes", (int)giga_nodes(),
        "host", h->name, "host_ranks", (int)h->host_ranks, "cores", (int)h->cores, "numa_nodes",
        (int)h->numa_nodes, "memory_bytes", (json_int_t)h->memory_bytes, "available_bytes",
        (json_int_t)h->available_bytes, "huge_page_bytes", (json_int_t)h->huge_page_bytes,
        "huge_pages_free", (json_int_t)h->huge_pages_free, "huge_on_advice", h->huge_on_advice,
        "memory_kinds", kinds, "window_base", (json_int_t)h->window_base, "window_bytes",
        (json_int_t)h->window_bytes, "one_bytes", (json_int_t)h->one_bytes, "transports",
        h->transports, "device", h->device, "rma", h->rma,
        "variables", variables);
    if (giga_rank() == 0) {
        json_dumpf(json, stdout, JSON_INDENT(1));
        printf("\n");
    }
    json_decref(json);
    return GIGA_OK;
}

static giga_status body(void *argument)
{
    const config *c = argument;
    giga_info_host host;
    char kinds[4096] = "";
    giga_status status = giga_info_get_host(&host);

    if (status == GIGA_OK)
        status = giga_info_memory_kinds(kinds, sizeof kinds);
    if (status != GIGA_OK)
        return status;
    if (c->json)
        return show_json(&host, kinds);
    show_host(&host, kinds);
    show_variables();
    return GIGA_OK;
}

int main(int argc, char **argv)
{
    static config c;
    static const struct argp argp = {
        options, parse_option, "",
        "Say what giga finds: ranks, nodes, kinds of memory, transports, and every environment "
        "variable with its type, default and meaning.", NULL, NULL, NULL};

    return run_main(argc, argv, &argp, &c, &c.run, body);
}
