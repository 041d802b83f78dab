/*
 * compare.h - between the files of giga-compare: reading results, and sorting them.
 *
 * Rule: a line of a file takes 16 bytes of memory and nothing else does that grows with it; files
 * are mapped, sorts are in place. Where something stood is found again by a second pass.
 *
 * No giga runtime and no MPI: one process, one thread.
 */
#ifndef APPS_COMPARE_H
#define APPS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line. The value is an integer (two's complement) or the bits of a double: table.real. */
typedef struct entry {
    uint64_t id, value;
} entry;

/* A file and what it says. */
typedef struct table {
    const char *path;
    const char *text;      /* the mapped file */
    size_t bytes;
    entry *entries;
    uint64_t count;
    bool real;             /* some value is no integer, so all are doubles */
    bool negative, large;  /* of integers: below 0; 2^63 and more */
} table;

/* Read a file. False: a sentence that says why is on stderr. */
bool table_read(const char *path, table *out);
void table_free(table *t);

/* Ascending by id. False when an id is there twice; then with a sentence. */
bool table_sort(table *t);

/* The first line with an id: its number and its value as it is written. False: there is none. */
bool table_find(const table *t, uint64_t id, uint64_t *line_out, char *value, size_t room);

/* Each value becomes the smallest id among the entries with that value. Sorted by id again. */
void table_canonical(table *t);

/* In place, by id or by (value, id). */
void entries_sort(entry *entries, uint64_t count, bool by_value);

#endif
