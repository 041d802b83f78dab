/*
 * atomic.h - what an opcode of giga/atomic.h does to a word of memory.
 */
#ifndef PGAS_ATOMIC_H
#define PGAS_ATOMIC_H

#include <giga/atomic.h>

enum { GI_OPCODES = 64 }; /* verb << 3 | type; not every one is an operation */

/* Bytes of the word. */
static inline size_t gi_atomic_width(unsigned opcode)
{
    return (opcode & 7) >= GIGA_ON_I64_ ? 8 : 4;
}

static inline unsigned gi_atomic_verb(unsigned opcode)
{
    return opcode >> 3;
}

/* Whether giga/atomic.h has such an operation. */
bool gi_atomic_known(unsigned opcode);

/* Do it, sequentially consistent, on plain memory; returns the bits before. `at` is aligned. */
uint64_t gi_atomic_apply(unsigned opcode, void *at, uint64_t a, uint64_t b);

/* "giga_fetch_add" and the like. */
const char *gi_atomic_name(unsigned opcode, bool deferred, bool fetches);

#endif
