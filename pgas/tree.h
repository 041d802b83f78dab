/*
 * tree.h - tables of all ranks, joined on their way to rank 0, for the reports at the end.
 */
#ifndef PGAS_TREE_H
#define PGAS_TREE_H

#include "job.h"

typedef struct gi_table {
    void *records;
    size_t count, most, record_bytes;                 /* room for `most` records */
    bool (*same)(const void *a, const void *b);       /* are they about the same thing? */
    void (*join)(void *into, const void *from);
    uint64_t lost;                                    /* records there was no room for */
} gi_table;

/*
 * Afterwards rank 0's table has what all tables said, and the others' hold what they passed
 * on. log2(ranks) rounds. Collective, while giga runs; running out of memory ends the job.
 */
void gi_tree_join(gi_job *job, gi_table *table);

/* Add one record, joined to its like. */
void gi_table_add(gi_table *table, const void *record);

#endif
