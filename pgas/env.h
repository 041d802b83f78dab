/*
 * env.h - every environment variable of giga, in one table.
 *
 * The table is the only place that knows names, types, defaults and meanings:
 * parsing, giga-info and the warning about unknown GIGA_ names all read it.
 */
#ifndef PGAS_ENV_H
#define PGAS_ENV_H

#include <giga/types.h>

/* kind, field, name, default, lowest, highest, help */
#define GI_ENV_TABLE(X)                                                                     \
    X(BYTES, window_base, "GIGA_WINDOW_BASE", "0", 0, UINT64_C(0x7fffffffffff),             \
      "address of the window, the same on all ranks; 0: the first free of several")         \
    X(BYTES, window_bytes, "GIGA_WINDOW_SIZE", "16T", UINT64_C(1) << 28, UINT64_C(1) << 46, \
      "addresses reserved for the window; suffixes K, M, G, T are powers of 1024")          \
    X(COUNT, ranks_per_node, "GIGA_RANKS_PER_NODE", "0", 0, INT32_MAX,                      \
      "pretend that a node has so many ranks, to try the remote path; 0: the machine's")    \
    X(BYTES, memory_limit, "GIGA_MEMORY_LIMIT", "0", 0, UINT64_MAX,                         \
      "bytes of objects a node may hold; 0: its physical memory or cgroup limit")           \
    X(CHOICE, huge_pages, "GIGA_HUGE_PAGES", "auto", 0, 0,                                  \
      "huge pages behind objects: auto (when reserved or on madvise) or no")                \
    X(TEXT, net_device, "GIGA_NET_DEVICE", "auto", 0, 0,                                    \
      "network interface between nodes, such as eth0; auto: the one of the host name")      \
    X(CHOICE, rma, "GIGA_RMA", "auto", 0, 0,                                                \
      "remote get and put by message, by onesided UCX calls, or auto (onesided where the "  \
      "transport needs no help of the home)")                                               \
    X(BYTES, aggregate, "GIGA_AGGREGATE", "16M", UINT64_C(1) << 16, UINT64_C(1) << 40,      \
      "bytes of deferred small operations that a rank holds before its calls wait")         \
    X(COUNT, spin_us, "GIGA_SPIN_US", "auto", 0, 1000000,                                   \
      "microseconds a waiting rank polls before it sleeps; auto: 50, or 0 with more ranks " \
      "than cores")                                                                         \
    X(CHOICE, stats, "GIGA_STATS", "0", 0, 0,                                               \
      "1: count operations per object too, and print a table at the end; all: near ones "   \
      "too, which makes them slower; 0: neither")                                           \
    X(CHOICE, profile, "GIGA_PROFILE", "0", 0, 0,                                           \
      "1: print at the end which source lines communicate element by element")              \
    X(TEXT, trace, "GIGA_TRACE", "none", 0, 0,                                              \
      "file for a trace of all ranks that Perfetto loads, written at the end; or none")     \
    X(CHOICE, check, "GIGA_CHECK", "calls", 0, 0,                                           \
      "calls: each call's own arguments; full: also arguments of collectives across "       \
      "ranks, use of freed objects, conflicts before a quiet; abort: full, and a conflict " \
      "ends the job")

typedef enum gi_env_kind { GI_ENV_BYTES, GI_ENV_COUNT, GI_ENV_TEXT, GI_ENV_CHOICE } gi_env_kind;

#define GI_ENV_AUTO UINT64_MAX /* the value of a number given as "auto" */
#define GI_ENV_TEXT_MAX 1024 /* a path */

/* Values of all variables; a number and its text, so that one loop parses them. */
typedef struct gi_env_value {
    uint64_t number;
    char text[GI_ENV_TEXT_MAX];
} gi_env_value;

typedef struct gi_env {
#define GI_ENV_FIELD(kind, field, name, preset, lowest, highest, help) gi_env_value field;
    GI_ENV_TABLE(GI_ENV_FIELD)
#undef GI_ENV_FIELD
} gi_env;

/* Read all variables from the environment; GIGA_ERR_ARG names the first bad one. */
giga_status gi_env_read(gi_env *env);

/* The first variable in the environment that starts with GIGA_ and is not in the table. */
const char *gi_env_unknown(void);

#endif
