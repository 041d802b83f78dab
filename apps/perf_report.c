/*
 * perf_report.c - see perf_report.h. Everything but the agreement on a status is rank 0's.
 */
#include "perf_report.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* ---- References ---- */

static giga_status set(const char *path, const char *name, double value, perf_result *results,
                       size_t count)
{
    if (!isfinite(value) || value <= 0)
        return giga_fail(GIGA_ERR_FORMAT, "%s: the reference of %s is not a number above 0", path,
                         name);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(results[i].of->name, name) == 0) {
            results[i].reference = value;
            return GIGA_OK;
        }
    }
    return giga_fail(GIGA_ERR_FORMAT, "%s: there is no case %s", path, name);
}

static giga_status read_json(const char *path, const char *text, perf_result *results, size_t count)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error), *value;
    const char *name;
    giga_status status = GIGA_OK;

    if (!json_is_object(json)) {
        json_decref(json);
        return giga_fail(GIGA_ERR_FORMAT, "%s: line %d: %s", path, error.line, error.text);
    }
    json_object_foreach(json, name, value) {
        if (status == GIGA_OK)
            status = set(path, name, json_number_value(value), results, count);
    }
    json_decref(json);
    return status;
}

static giga_status read_line(const char *path, char *line, perf_result *results, size_t count)
{
    char *rest, *end;
    char *name = strtok_r(line, " \t\r", &rest), *number = strtok_r(NULL, " \t\r", &rest);

    if (!name || name[0] == '#')
        return GIGA_OK;
    if (!number || strtok_r(NULL, " \t\r", &rest))
        return giga_fail(GIGA_ERR_FORMAT, "%s: the line of %s is not `name value`", path, name);
    double value = strtod(number, &end);
    return set(path, name, *end == '\0' ? value : NAN, results, count);
}

static giga_status read_lines(const char *path, char *text, perf_result *results, size_t count)
{
    char *rest;
    giga_status status = GIGA_OK;

    for (char *line = strtok_r(text, "\n", &rest); line && status == GIGA_OK;
         line = strtok_r(NULL, "\n", &rest))
        status = read_line(path, line, results, count);
    return status;
}

static giga_status read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, size, file) : 0;
    giga_status status = GIGA_OK;

    if (!file || ferror(file))
        status = giga_fail(GIGA_ERR_IO, "cannot read %s: %s", path, strerror(errno));
    if (file)
        fclose(file);
    if (status != GIGA_OK)
        return status;
    if (length == size)
        return giga_fail(GIGA_ERR_FORMAT, "%s is longer than %zu bytes", path, size - 1);
    text[length] = '\0';
    return GIGA_OK;
}

giga_status perf_report_read(const char *path, perf_result *results, size_t count)
{
    static char text[1 << 16];
    giga_status status = GIGA_OK;

    if (giga_rank() == 0) {
        status = read_text(path, text, sizeof text);
        char *first = text;
        while (isspace((unsigned char)*first))
            first++;
        if (status == GIGA_OK)
            status = *first == '{' ? read_json(path, text, results, count)
                                   : read_lines(path, text, results, count);
    }
    return giga_agree(status);
}

/* ---- The table ---- */

static bool more_is_better(const perf_case *of)
{
    return strcmp(of->unit, "M/s") == 0 || strcmp(of->unit, "MB/s") == 0;
}

/* A result in short; what is not known is 0. The lists are sorted by it. */
typedef struct summary {
    double median, min, max, reference, ratio;
} summary;

static summary summarise(perf_result *r)
{
    summary s = {.reference = r->reference};

    if (r->rounds == 0 || r->failed)
        return s;
    s.median = run_median(r->figures, r->rounds);
    s.min = r->figures[0];
    s.max = r->figures[r->rounds - 1];
    if (s.reference == 0)
        s.reference = run_median(r->limits, r->rounds);
    if (s.reference > 0 && s.median > 0)
        s.ratio = more_is_better(r->of) ? s.median / s.reference : s.reference / s.median;
    return s;
}

/* Four digits that count, and no exponent. */
static const char *show(double value, char text[static 32])
{
    if (value == 0)
        return "-";
    snprintf(text, 32, value < 1 ? "%.4f" : value < 10 ? "%.3f" : value < 100 ? "%.2f" :
             value < 1000 ? "%.1f" : "%.0f", value);
    return text;
}

static void print_row(const perf_result *r, const summary *s)
{
    char median[32], min[32], max[32], reference[32], ratio[32];

    if (r->failed)
        run_say("%-27s FAILED\n", r->of->name);
    else
        run_say("%-27s %9s %9s %9s %-5s %9s %8s\n", r->of->name, show(s->median, median),
                show(s->min, min), show(s->max, max), r->of->unit, show(s->reference, reference),
                show(s->ratio, ratio));
}

/* null for what is not known. */
static json_t *number(double value)
{
    return value > 0 ? json_real(value) : json_null();
}

static json_t *row_json(const perf_result *r, const summary *s)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "name", r->of->name, "unit",
                     r->of->unit, "median", number(s->median), "min", number(s->min), "max",
                     number(s->max), "reference", number(s->reference), "ratio", number(s->ratio));
}

giga_status perf_report(perf_result *results, size_t count, const char *path)
{
    json_t *json = json_array();

    run_say("%-27s %9s %9s %9s %-5s %9s %8s\n", "case", "median", "min", "max", "unit", "limit",
            "ratio");
    for (size_t i = 0; i < count; i++) {
        if (!results[i].wanted)
            continue;
        summary s = summarise(&results[i]);
        print_row(&results[i], &s);
        json_array_append_new(json, row_json(&results[i], &s));
    }
    if (path)
        return run_json_write(json, path);
    json_decref(json);
    return GIGA_OK;
}
