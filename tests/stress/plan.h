/*
 * plan.h - what workers do to regions that they own, and what it means, serially.
 *
 * Words: a *field* is an object of the job, with offsets of its bytes packed: block after
 * block, without the gaps. A *worker* is a thread of a rank; in a phase it owns one *region*
 * of each field, and nobody else touches that. A *plan* is its sequence of operations, which
 * depends on its random stream alone, so every rank can make every worker's plan again.
 *
 * Rule: nothing here calls giga; its types alone are used. Threads: any.
 */
#ifndef TESTS_STRESS_PLAN_H
#define TESTS_STRESS_PLAN_H

#include "../job/job.h"

enum { FIELDS = 2, LIST = 24 };

typedef struct field {
    char *base;
    uint64_t stride, bytes; /* bytes: packed */
    const uint64_t *starts; /* NULL, or packed begin of each block, and the end */
} field;

/* Address of a packed offset; *left_out bytes from there are one run of addresses. */
char *field_at(const field *f, uint64_t at, uint64_t *left_out);

typedef struct region {
    uint64_t first, end;
} region;

typedef enum kind {
    PUT,
    GET,
    STORE,
    LOAD,
    ATOMIC,
    SCATTER,
    GATHER,
    SCATTER_ADD,
    PUT_BOX,
    GET_BOX,
    FENCE,
    QUIET,
    KINDS
} kind;
typedef enum how { BLOCKING, DEFERRED, HANDLED } how;
typedef enum verb { ADD, AND, OR, XOR, MIN, MAX, SWAP, CAS } verb;

typedef struct op {
    kind what;
    how how;
    unsigned field;
    uint64_t at, bytes; /* the run that it may touch */
    verb verb;
    giga_type type;
    bool fetch, match; /* match: a compare-and-swap that finds what it expects */
    uint64_t a, b;     /* operands, or what is stored, as bits */
    uint64_t which;    /* pattern of what is put */
    uint64_t width, count, index[LIST];
    giga_box box;
    uint64_t stride[GIGA_BOX_DIMS];
} op;

size_t type_width(giga_type type);
bool is_write(const op *o);

/* The next operation of a plan. */
void plan_next(op *out, job_random *random, const field *fields, const region *mine);

/* Fill in what depends on the words as they are: before it is done, and before it is copied. */
void plan_resolve(op *o, const char *copy);

/* Bytes that an operation puts, in the order of its source; returns how many. */
size_t plan_source(const op *o, void *out);

/* Do a writing operation to a copy of its field; returns an atomic's value before. */
uint64_t plan_apply(const op *o, char *copy);

/* What a reading operation returns of a copy; returns how many bytes. */
size_t plan_read(const op *o, const char *copy, void *out);

/* One atomic on a word of a copy; the value before. */
uint64_t serial_atomic(verb v, giga_type type, void *word, uint64_t a, uint64_t b);

#endif
