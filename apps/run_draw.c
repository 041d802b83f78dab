/*
 * run_draw.c - the picture of a run: what each step did, where its time went, who talked to whom.
 *
 * Rule: all that comes from outside (names of graphs and steps) is quoted by run_plot_quote().
 */
#include <inttypes.h>

#include "run_account.h"
#include "run_plot.h"

enum { WIDTH = 1000, HEIGHT = 1150, BARS = 400, NAMED_STEPS = 12, NAMED_CELLS = 12 };

/* A unit for numbers of which the largest is this. */
typedef struct unit {
    const char *name;
    double scale;
} unit;

static unit time_unit(double largest)
{
    return largest >= 1 ? (unit){"s", 1} : largest >= 1e-3 ? (unit){"ms", 1e3} : (unit){"µs", 1e6};
}

static unit byte_unit(double largest)
{
    return largest >= 1e9   ? (unit){"GB", 1e-9}
           : largest >= 1e6 ? (unit){"MB", 1e-6}
           : largest >= 1e3 ? (unit){"kB", 1e-3}
                            : (unit){"bytes", 1};
}

/* Steps put together: the sum of each `group` of them. Returns the longest time of a bar. */
static double put_steps(FILE *f, const run_sums *s, uint64_t group)
{
    double largest = 0;

    fprintf(f, "$steps << END\n");
    for (uint64_t i = 0; i < s->count; i += group) {
        run_step sum = {.what = s->steps[i].what};
        for (uint64_t k = i; k < i + group && k < s->count; k++) {
            const run_step *one = &s->steps[k];
            sum.vertices += one->vertices;
            sum.arcs += one->arcs;
            sum.compute += one->compute;
            sum.compute_max += one->compute_max;
            sum.wait += one->wait;
        }
        fprintf(f, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %.9g %.9g %.9g\n", i, sum.vertices,
                sum.arcs, sum.compute, sum.compute_max, sum.wait);
        largest = sum.compute + sum.wait > largest ? sum.compute + sum.wait : largest;
        largest = sum.compute_max > largest ? sum.compute_max : largest;
    }
    fprintf(f, "END\n");
    return largest;
}

/* Few steps are named below the axis, many are numbered. */
static void put_step_axis(FILE *f, const run_sums *s, uint64_t group)
{
    double margin = 0.6 * (double)group;

    fprintf(f, "set xrange [%g:%g]\n", -margin, (double)((s->count - 1) / group * group) + margin);
    if (s->count > NAMED_STEPS) {
        fprintf(f, "set xtics autofreq nomirror\nset xlabel 'step%s'\n",
                group > 1 ? " (some steps together in each bar and point)" : "");
        return;
    }
    fprintf(f, "set xlabel 'step'\nset xtics nomirror noenhanced (");
    for (uint64_t i = 0; i < s->count; i++) {
        char text[64];
        snprintf(text, sizeof text, "%" PRIu64 " %.10s", i, s->steps[i].what);
        fprintf(f, "%s", i ? ", " : "");
        run_plot_quote(f, text);
        fprintf(f, " %" PRIu64, i);
    }
    fprintf(f, ")\n");
}

static void put_work(FILE *f)
{
    fprintf(f, "set title 'What each step did' offset 0,-0.4\n"
               "set ylabel 'vertices, arcs'\nset logscale y\nset format y '10^{%%T}'\n"
               "set yrange [0.8:*]\n"
               "plot $steps using 1:($3 > 0 ? $3 : NaN) with linespoints lw 2 pt 5 ps 0.9 "
               "lc rgb '#c8553d' title 'arcs looked at', "
               "$steps using 1:($2 > 0 ? $2 : NaN) with linespoints lw 2 pt 7 ps 0.9 "
               "lc rgb '#28536b' title 'vertices found or changed'\n");
}

static void put_times(FILE *f, double largest, uint64_t group)
{
    unit u = time_unit(largest);

    fprintf(f, "set title 'Where the time of each step went (mean of the ranks)' offset 0,-0.4\n"
               "set ylabel 'time (%s)'\nunset logscale y\nset format y '%%g'\nset yrange [0:*]\n"
               "set boxwidth %g absolute\nset style fill solid 1.0 noborder\n"
               "plot $steps using 1:(($4 + $6) * %g) with boxes lc rgb '#e9b872' "
               "title 'waiting and exchanging', "
               "$steps using 1:($4 * %g) with boxes lc rgb '#28536b' title 'computing', "
               "$steps using 1:($5 * %g) with points pt 2 ps 0.9 lw 2 lc rgb '#c8553d' "
               "title 'slowest rank'\n", u.name, 0.8 * (double)group, u.scale, u.scale,
            u.scale);
}

/* Who sent to whom. */
static void put_matrix(FILE *f, const run_sums *s)
{
    double largest = 0;

    for (int32_t i = 0; i < s->bins * s->bins; i++)
        largest = (double)s->matrix[i] > largest ? (double)s->matrix[i] : largest;
    unit u = byte_unit(largest);
    fprintf(f, "$matrix << END\n");
    for (int32_t i = 0; i < s->bins; i++) {
        for (int32_t j = 0; j < s->bins; j++)
            fprintf(f, "%d %d %.9g\n", (int)j, (int)i, (double)s->matrix[i * s->bins + j] * u.scale);
    }
    bool folded = s->bins < giga_nodes();
    fprintf(f, "END\nset title 'What went from node to node (%s)' offset 0,-0.4\n"
               "set xlabel 'to %s'\nset ylabel 'from %s'\nset cblabel '%s'\n"
               "set xrange [-0.5:%g]\nset yrange [%g:-0.5]\nset cbrange [0:%g]\n"
               "set xtics autofreq %d\nset ytics autofreq %d\nset format y '%%g'\nunset grid\n"
               "set palette defined (0 '#f4f1ea', 0.5 '#7ea8be', 1 '#28536b')\n"
               "plot $matrix using 1:2:3 with image notitle", u.name,
            folded ? "group of nodes" : "node", folded ? "group of nodes" : "node", u.name,
            s->bins - 0.5, s->bins - 0.5, largest > 0 ? largest * u.scale : 1, s->bins / 16 + 1,
            s->bins / 16 + 1);
    if (s->bins <= NAMED_CELLS)
        fprintf(f, ", $matrix using 1:2:($1 == $2 ? '' : sprintf('%%.3g', $3)):"
                   "($3 > %g ? 0xffffff : 0x202020) with labels tc rgb variable notitle",
                0.6 * largest * u.scale);
    fprintf(f, "\n");
}

/* One node: how its ranks shared the work. */
static void put_ranks(FILE *f, const run_sums *s)
{
    double largest = 0;

    fprintf(f, "$ranks << END\n");
    for (int32_t b = 0; b < s->bins; b++) {
        double both = s->compute[b] + s->wait[b];
        fprintf(f, "%d %.9g %.9g\n", (int)b, s->compute[b], s->wait[b]);
        largest = both > largest ? both : largest;
    }
    unit u = time_unit(largest);
    fprintf(f, "END\nset title 'How the ranks shared it (one node: nothing goes over a network)' "
               "offset 0,-0.4\nset xlabel '%s'\nset ylabel 'time of all steps (%s)'\n"
               "set xrange [-0.6:%g]\nset yrange [0:*]\nset xtics autofreq %d\n"
               "set boxwidth %g absolute\n"
               "plot $ranks using 1:(($2 + $3) * %g) with boxes lc rgb '#e9b872' title "
               "'waiting', $ranks using 1:($2 * %g) with boxes lc rgb '#28536b' title "
               "'computing'\n", s->bins < giga_size() ? "group of ranks" : "rank", u.name,
            s->bins - 0.4, s->bins / 16 + 1, s->bins < 6 ? 0.4 : 0.8, u.scale, u.scale);
}

giga_status run_account_draw(const run_sums *s, const char *title, const char *path)
{
    uint64_t group = (s->count + BARS - 1) / BARS;
    FILE *f = run_plot_begin(path, WIDTH, HEIGHT);

    if (!f)
        return GIGA_ERR_IO;
    double largest = put_steps(f, s, group);
    fprintf(f, "set encoding utf8\nset border 3 lc rgb '#606060'\nset tics nomirror\n"
               "set grid ytics lc rgb '#dddddd' lt 1\nset key above right horizontal\n"
               "set lmargin 11\nset rmargin 11\nset multiplot layout 3,1 title ");
    run_plot_quote(f, title);
    fprintf(f, " noenhanced font ',13'\n");
    put_step_axis(f, s, group);
    put_work(f);
    put_times(f, largest, group);
    if (s->matrix)
        put_matrix(f, s);
    else
        put_ranks(f, s);
    fprintf(f, "unset multiplot\n");
    return run_plot_end(f, path);
}
