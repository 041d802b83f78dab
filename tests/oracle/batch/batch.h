/*
 * batch.h - what the batch driver and the algorithms that it runs have to do with each other.
 *
 * A file NAME.c beside this one defines NAME_batch for each algorithm of the list GIGA_BATCH
 * in tests/graph.cmake: how it is run through the public headers, how its result is checked,
 * and spoils: ways to make a result wrong which its check has to see.
 *
 * Rules
 *  1. A spoil is a function of the result, the ids and the source, all of which every rank
 *     has in full: every rank comes to the same wrong result without a message.
 *  2. A spoil returns false when this result cannot be spoilt so (such as no vertex of that
 *     sort), and else leaves a result that is wrong for certain.
 */
#ifndef TESTS_ORACLE_BATCH_H
#define TESTS_ORACLE_BATCH_H

#include <giga/algorithms.h>
#include <giga/giga.h>

/* A graph and what is to be done with it. */
typedef struct work {
    giga_graph *graph;
    uint64_t vertices;
    const uint64_t *ids;         /* by index */
    uint64_t source;             /* index, or GIGA_NO_VERTEX in an empty graph */
    uint64_t iterations;
    double delta;
    giga_array *values;          /* the result */
    giga_array *beside;          /* what the algorithm gives beside it, or NULL */
    uint64_t total;              /* triangles, or the largest core number */
    double change;               /* of the last iteration of PageRank */
} work;

/* A result in plain memory, by index. */
typedef struct result {
    union {
        uint64_t *count;
        double *real;
    };
    uint64_t *beside;
    uint64_t total;
} result;

typedef struct spoil {
    const char *what;
    bool (*make)(const work *w, result *r);
} spoil;

typedef struct algorithm {
    giga_value_kind kind;
    bool from_source;            /* not run without one */
    bool from_all;               /* searches from every vertex: not run on large graphs */
    uint64_t most_vertices;      /* not run on larger graphs; 0: on any */
    enum { NOTHING, PARENTS, LABELS_BEFORE } beside; /* also written, to NAME.ALGORITHM.beside */
    bool total;                  /* also written, to NAME.ALGORITHM.total */
    giga_status (*run)(work *w);
    giga_status (*check)(const work *w, uint64_t total);
    const spoil *spoils;         /* up to one without a name */
} algorithm;

/* Spoils that several algorithms share. */
bool spoil_not_a_number(const work *w, result *r);   /* of the first vertex */
bool spoil_negative(const work *w, result *r);       /* below zero by one or its value */
bool spoil_one_more(const work *w, result *r);       /* a count of the first vertex */
bool spoil_more(const work *w, result *r);           /* a real: more than twice as much */

/* The first vertex, in index order, whose value is `wanted`, or GIGA_NO_VERTEX. */
uint64_t first_count(const work *w, const result *r, bool (*wanted)(uint64_t value));

/* The vertex with the largest id, of a graph that has one. */
uint64_t largest_id(const work *w);

#endif
