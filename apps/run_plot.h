/*
 * run_plot.h - pictures by gnuplot: is it there, and running a script.
 *
 * The script goes to gnuplot by its standard input and the picture comes back by its standard
 * output, so that no name of a file is ever part of a script or of a shell's line.
 */
#ifndef APPS_RUN_PLOT_H
#define APPS_RUN_PLOT_H

#include <giga/types.h>
#include <stdio.h>

/* Whether a picture can be of this name: it ends in .svg or .png. */
bool run_plot_has_ending(const char *path);

/* Whether gnuplot is there and makes what the ending says. Call: local, on one rank. */
giga_status run_plot_check(const char *path);

/* A script that begins with the terminal of the ending, for the rest to be appended; NULL with a
 * sentence. */
FILE *run_plot_begin(const char *path, int width, int height);

/* Text in single quotes: nothing in it is special to gnuplot. */
void run_plot_quote(FILE *script, const char *text);

/* Run the script, close it, write the picture beside the old one, then in its place. */
giga_status run_plot_end(FILE *script, const char *path);

#endif
