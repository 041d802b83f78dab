/*
 * report.c - the table of GIGA_STATS, printed by rank 0 when the job ends.
 *
 * Per class of call the sum over ranks, and the fewest and most of one rank: a wide gap is
 * work that is not shared evenly. Per object the sum, largest traffic first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "report.h"
#include "stats.h"
#include "symbol.h"
#include "tree.h"
#include "watch.h"

enum { WORDS = sizeof(giga_stats) / sizeof(uint64_t), LISTED = 16, PASSED_ON = 1024 };

/* An object as all ranks know it. */
typedef struct object_line {
    gi_object_record sum;
    gi_code code;
} object_line;

const char *gi_report_bytes(uint64_t bytes, char *text)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    int unit = 0;

    for (; value >= 1024 && unit < 6; unit++)
        value /= 1024;
    snprintf(text, GI_REPORT_WIDTH, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

/* What part travelled in batches. */
static const char *share(uint64_t batched, uint64_t messages, char *text)
{
    if (batched + messages == 0)
        return "-";
    snprintf(text, GI_REPORT_WIDTH, "%.0f %%",
             100.0 * (double)batched / ((double)batched + (double)messages));
    return text;
}

static double seconds(uint64_t ns)
{
    return (double)ns * 1e-9;
}

static void say_classes(FILE *to, const giga_stats *sum, const giga_stats *least,
                        const giga_stats *most, bool near)
{
    char a[GI_REPORT_WIDTH], b[GI_REPORT_WIDTH], c[GI_REPORT_WIDTH];

    fprintf(to, "  %-10s %12s %12s %12s %11s %11s %7s %11s %11s%s\n", "", "calls", "least", "most",
            "remote", "messages", "batched", "waited", "most",
            near ? "   near calls        near" : "");
    for (int i = 0; i < GIGA_STATS_CLASSES; i++) {
        const giga_stats_op *op = &sum->op[i];
        if (op->operations + op->near_operations + op->near_bytes == 0)
            continue;
        fprintf(to,
                "  %-10s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %11s %11" PRIu64
                " %7s %9.3f s %9.3f s",
                giga_stats_name((giga_stats_class)i), op->operations, least->op[i].operations,
                most->op[i].operations, gi_report_bytes(op->bytes, a), op->messages,
                share(op->batched, op->messages, b), seconds(op->wait_ns),
                seconds(most->op[i].wait_ns));
        if (near)
            fprintf(to, " %12" PRIu64 " %11s", op->near_operations,
                    gi_report_bytes(op->near_bytes, c));
        fprintf(to, "\n");
    }
}

static void say_network(FILE *to, const giga_stats *sum)
{
    char a[GI_REPORT_WIDTH], b[GI_REPORT_WIDTH];

    if (sum->messages_sent + sum->transfers == 0)
        return;
    fprintf(to,
            "  messages: %" PRIu64 " with %s; %" PRIu64 " of them batches of %.1f operations; "
            "one-sided transfers: %" PRIu64 " with %s\n",
            sum->messages_sent, gi_report_bytes(sum->bytes_sent, a), sum->batches_sent,
            sum->batches_sent ? (double)sum->batch_elements / (double)sum->batches_sent : 0.0,
            sum->transfers, gi_report_bytes(sum->transfer_bytes, b));
}

/* ---- objects ---- */

static bool same_object(const void *a, const void *b)
{
    const gi_object_record *x = &((const object_line *)a)->sum, *y = &((const object_line *)b)->sum;

    return x->address == y->address && x->bytes == y->bytes;
}

static void join_object(void *into, const void *from)
{
    gi_object_record *x = &((object_line *)into)->sum;
    const gi_object_record *y = &((const object_line *)from)->sum;

    x->lives = x->lives > y->lives ? x->lives : y->lives;
    x->operations += y->operations;
    x->messages += y->messages;
    x->moved += y->moved;
    x->batched += y->batched;
    x->wait_ns += y->wait_ns;
    x->near_operations += y->near_operations;
    x->near_bytes += y->near_bytes;
}

static int by_traffic(const void *a, const void *b)
{
    const gi_object_record *x = &((const object_line *)a)->sum, *y = &((const object_line *)b)->sum;

    if (x->moved != y->moved)
        return x->moved < y->moved ? 1 : -1;
    if (x->near_bytes != y->near_bytes)
        return x->near_bytes < y->near_bytes ? 1 : -1;
    return x->address < y->address ? -1 : x->address > y->address;
}

static void say_objects(FILE *to, object_line *lines, size_t count, bool near)
{
    char a[GI_REPORT_WIDTH], b[GI_REPORT_WIDTH], c[GI_REPORT_WIDTH], d[GI_REPORT_WIDTH], where[256];

    qsort(lines, count, sizeof *lines, by_traffic);
    fprintf(to, "  %-14s %10s %6s %12s %11s %7s %11s%s  allocated at\n", "object", "bytes", "lives",
            "calls", "remote", "batched", "waited", near ? "   near calls        near" : "");
    for (size_t i = 0; i < count && i < LISTED; i++) {
        const gi_object_record *r = &lines[i].sum;
        fprintf(to, "  0x%-12" PRIx64 " %10s %6" PRIu64 " %12" PRIu64 " %11s %7s %9.3f s",
                r->address, gi_report_bytes(r->bytes, a), r->lives, r->operations,
                gi_report_bytes(r->moved, b), share(r->batched, r->messages, c),
                seconds(r->wait_ns));
        if (near)
            fprintf(to, " %12" PRIu64 " %11s", r->near_operations,
                    gi_report_bytes(r->near_bytes, d));
        if (lines[i].code.offset == 0)
            snprintf(where, sizeof where, "(all of giga_alloc_one)");
        else
            gi_symbol_say(&lines[i].code, where, sizeof where);
        fprintf(to, "  %s\n", where);
    }
    if (count > LISTED)
        fprintf(to, "  and %zu more objects\n", count - LISTED);
}

/* This rank's objects, those with most traffic first when there are too many to pass on. */
static object_line *collect(gi_job *job, gi_table *table)
{
    size_t count;
    gi_object_record *records = gi_stats_objects(job, &count);
    object_line *lines = calloc(count > PASSED_ON ? count : PASSED_ON, sizeof *lines);

    if (!records || !lines)
        giga_abort("giga_fini: rank %d: out of memory for a report", job->rank);
    for (size_t i = 0; i < count; i++)
        lines[i] = (object_line){records[i], gi_symbol_code(records[i].site)};
    free(records);
    if (count > PASSED_ON)
        qsort(lines, count, sizeof *lines, by_traffic);
    *table = (gi_table){.records = lines,
                        .count = count < PASSED_ON ? count : PASSED_ON,
                        .most = PASSED_ON,
                        .record_bytes = sizeof *lines,
                        .same = same_object,
                        .join = join_object};
    return lines;
}

void gi_report_stats(gi_job *job, const giga_stats *mine, int64_t ns, bool near)
{
    giga_stats sum, least, most;
    gi_table table;
    char *text = NULL;
    size_t bytes;

    if (giga_allreduce(mine, &sum, WORDS, GIGA_U64, GIGA_SUM) != GIGA_OK ||
        giga_allreduce(mine, &least, WORDS, GIGA_U64, GIGA_MIN) != GIGA_OK ||
        giga_allreduce(mine, &most, WORDS, GIGA_U64, GIGA_MAX) != GIGA_OK)
        return;
    object_line *lines = collect(job, &table);
    gi_tree_join(job, &table);
    FILE *to = job->rank == 0 ? open_memstream(&text, &bytes) : NULL;
    if (to) {
        fprintf(to,
                "giga: %d ranks on %d nodes, %.3f s (GIGA_STATS): sums over ranks, and least and "
                "most of one rank\n",
                job->size, gi_node_count(job->node), seconds((uint64_t)ns));
        say_classes(to, &sum, &least, &most, near);
        say_network(to, &sum);
        say_objects(to, lines, table.count, near);
        fclose(to);
        fwrite(text, 1, bytes, stderr);
    }
    free(text);
    free(lines);
}
