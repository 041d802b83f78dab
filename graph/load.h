/*
 * load.h - where edges come from: a file or a generator, each rank its share.
 */
#ifndef GR_LOAD_H
#define GR_LOAD_H

#include "edges.h"
#include "ids.h"
#include "input.h"
#include "model.h"

/* Edges as they were read, in this rank's memory, and what is known beside them. */
typedef struct gr_loaded {
    gr_edges edges;
    gr_ids vertices;            /* ids that exist without an edge, perhaps */
    bool fixed_range;           /* the vertices are exactly lowest .. lowest + n - 1 */
    uint64_t lowest, n;
    bool weighted, directed;
    const char *direction_from;
    char format[32];
} gr_loaded;

/* Whether a name is that of a generator, "kron:", "uniform:" or "mesh:". */
bool gr_is_generator(const char *name);

/* Fill `out` with this rank's share. Collective; the same status on every rank. */
giga_status gr_generate(const char *name, const giga_graph_opts *opts, gr_loaded *out);

/* What a file is, by its name and first bytes. Collective; the same on every rank. */
giga_status gr_look_at_file(const char *name, const giga_graph_opts *opts, gr_input *in);

/* The same as gr_generate() from a file, and only what is known of it before it is read. */
giga_status gr_load_file(const gr_input *in, const giga_graph_opts *opts, gr_loaded *out);
void gr_describe_file(const gr_input *in, const giga_graph_opts *opts, gr_loaded *out);

void gr_loaded_clear(gr_loaded *loaded);

#endif
