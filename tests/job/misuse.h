/*
 * misuse.h - the ways a mistake may end; see test_misuse.c. Threads: one.
 */
#ifndef TESTS_MISUSE_H
#define TESTS_MISUSE_H

#include <setjmp.h>

#include "job.h"

extern jmp_buf way_out; /* from giga_abort() */
extern char said[1024]; /* what it was told */

void judge(const char *function, int line, bool good, const char *sentence);

/* A status, and the function's name in the sentence, or the name that the sentence uses. */
#define REFUSED_AS(function, name, expected, ...)                                                  \
    judge(name ":", __LINE__, (__VA_ARGS__) == (expected), giga_error())
#define REFUSED(function, expected, ...) REFUSED_AS(function, #function, expected, __VA_ARGS__)

/* The end of the job, and the name that the sentence uses for it. */
#define ENDS_AS(function, name, ...)                                                               \
    do {                                                                                           \
        said[0] = '\0';                                                                            \
        if (setjmp(way_out) == 0) {                                                                \
            (void)(__VA_ARGS__);                                                                   \
            judge(name ":", __LINE__, false, "nothing");                                           \
        } else {                                                                                   \
            judge(name ":", __LINE__, true, said);                                                 \
        }                                                                                          \
    } while (0)
#define ENDS(function, ...) ENDS_AS(function, #function, __VA_ARGS__)

/* A value that says "nothing". */
#define CALM(function, ...) CU_ASSERT(__VA_ARGS__)

/* misuse_services.c */
void no_service_works_without_giga(void);
void channels_refuse_what_makes_no_sense(void);
void calls_refuse_what_makes_no_sense(void);
void locks_refuse_what_is_no_lock(void);
void counters_are_of_live_objects(void);

#endif
