/*
 * symbol.h - source lines of code addresses, by libdw, for reports and warnings.
 *
 * A return address is looked up as the call before it. Where the call stands in an inlined
 * function of giga's headers, the line is the one that called that function. A call at the
 * very end of a function may have been compiled to a jump; then its line is the caller's.
 *
 * Threads: any; one at a time is inside. Slow: it reads debug information.
 */
#ifndef PGAS_SYMBOL_H
#define PGAS_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

/* A code address in a form that other processes of the same program understand. */
typedef struct gi_code {
    uint64_t module, offset;  /* hash of the file's path; address minus where it is loaded */
    char name[40];            /* the end of the file's name */
} gi_code;

gi_code gi_symbol_code(const void *return_address);

/* "file.c:12 (function)", or without debug information "function+0x1f" or "module+0x1234". */
void gi_symbol_say(const gi_code *code, char *text, size_t bytes);

#endif
