/*
 * graph.h - graphs in global memory, and algorithms on them. Link giga-graph.
 *
 *     giga_graph *web;
 *     giga_graph_open("web.el.gz", NULL, &web);                // or "kron:20", collective
 *
 *     giga_array *rank;
 *     giga_graph_values(web, sizeof(double), &rank);           // one per vertex
 *     giga_pagerank(web, NULL, rank, NULL);
 *
 * Words: a vertex has an *id*, the 64-bit number that the file gives it, and an *index*
 * from 0 to vertices - 1, by which arrays are indexed. giga chooses indices so that
 * searches are fast (by degree where that pays): they do not ascend with ids, and depend on the
 * number of nodes. An *edge* is
 * what the file says; an *arc* is an entry of the adjacency: an edge of an undirected
 * graph has two, a directed one has one (and one more in the reversed adjacency).
 *
 * Everything here is collective unless said otherwise, and called by one thread.
 */
#ifndef GIGA_GRAPH_H
#define GIGA_GRAPH_H

#include <giga/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A graph. */
typedef struct giga_graph giga_graph;

/** The level of a vertex that the search did not reach (LDBC Graphalytics' number). */
#define GIGA_UNREACHED UINT64_C(9223372036854775807)

/** No vertex: the parent of a vertex that the search did not reach. */
#define GIGA_NO_VERTEX UINT64_MAX

/** Whether edges have a direction. */
typedef enum giga_direction {
    GIGA_DIRECTION_AUTO,   /**< what the file says; when it says nothing, undirected */
    GIGA_DIRECTED,
    GIGA_UNDIRECTED
} giga_direction;

/** File formats; GIGA_FORMAT_AUTO looks at the file. */
typedef enum giga_format {
    GIGA_FORMAT_AUTO,
    GIGA_FORMAT_EDGE_LIST,       /**< lines `u v [weight]`, comments # and % */
    GIGA_FORMAT_CSV,             /**< a line of names, then one edge per line */
    GIGA_FORMAT_MATRIX_MARKET,   /**< coordinate, general or symmetric */
    GIGA_FORMAT_LDBC,            /**< NAME.v and NAME.e */
    GIGA_FORMAT_BINARY32,        /**< pairs of little-endian uint32 */
    GIGA_FORMAT_BINARY64,        /**< pairs of little-endian uint64 */
    GIGA_FORMAT_BINARY32_REAL,   /**< little-endian uint32, uint32, float weight (Gemini) */
    GIGA_FORMAT_GRAPH500,        /**< packed edges of 12 bytes: two low words, both high halves */
    GIGA_FORMAT_DIMACS,          /**< shortest paths: `p sp n m`, `a u v w` */
    GIGA_FORMAT_METIS,           /**< `n m [fmt [ncon]]`, a line of neighbours per vertex */
    GIGA_FORMAT_ADJACENCY,       /**< PBBS, Ligra, GBBS: (Weighted)AdjacencyGraph, in text */
    GIGA_FORMAT_GAPBS,           /**< .sg: serialized rows */
    GIGA_FORMAT_GAPBS_WEIGHTED,  /**< .wsg: the same with int32 weights */
    GIGA_FORMAT_GALOIS,          /**< .gr version 1 or 2; edge data are unsigned integers */
    GIGA_FORMAT_GALOIS_REAL,     /**< the same; edge data are floats or doubles */
    GIGA_FORMAT_GRAPH_TOOL,      /**< .gt; the edge property "weight" is the weight */
    GIGA_FORMATS                 /**< how many there are */
} giga_format;

/** Weights that a generator gives to its edges. */
typedef enum giga_weights {
    GIGA_WEIGHTS_NONE,
    GIGA_WEIGHTS_REAL,           /**< uniform in [0, 1), multiples of 2^-24 (Graph500) */
    GIGA_WEIGHTS_INTEGER         /**< 1 to 255, each as likely (GAP) */
} giga_weights;

/** How far long work has come; called on every rank, mostly for rank 0 to show. */
typedef void (*giga_progress)(void *argument, const char *stage, double fraction);

/** Options of giga_graph_open(); start from GIGA_GRAPH_OPTS_INIT. */
typedef struct giga_graph_opts {
    size_t struct_bytes;         /**< sizeof, set by GIGA_GRAPH_OPTS_INIT */
    giga_direction direction;
    giga_format format;
    bool keep_loops;             /**< edges from a vertex to itself; else dropped, counted */
    bool keep_duplicates;        /**< the same edge again; else dropped, counted */
    bool ignore_weights;
    uint64_t seed;               /**< of the generators */
    giga_weights weights;        /**< of the generators; files bring their own */
    giga_progress progress;      /**< NULL or a function */
    void *progress_argument;
} giga_graph_opts;

#define GIGA_GRAPH_OPTS_INIT { .struct_bytes = sizeof(giga_graph_opts) }

/** What a graph is, and what became of its file. The same on every rank. */
typedef struct giga_graph_info {
    char name[256];              /**< as it was opened */
    char format[32];             /**< "edge list", "Matrix Market", "kron", ... */
    char direction_from[64];     /**< who decided: "option", "file", "arcs" (a list of arcs
                                      that all have their reverse, or not), "default" */
    uint64_t vertices;
    uint64_t edges;              /**< after loops and duplicates were dropped */
    uint64_t arcs;               /**< entries of the adjacency */
    uint64_t edges_read;         /**< before */
    uint64_t loops, duplicates;  /**< found; dropped unless kept */
    uint64_t isolated;           /**< vertices without any edge */
    uint64_t largest_degree;     /**< most arcs from one vertex */
    uint64_t degree_histogram[64]; /**< [0]: vertices with no arc from them; [k]: with 2^(k-1)
                                      to 2^k - 1 of them */
    uint64_t lowest_id, highest_id; /**< 0 in a graph without vertices */
    uint64_t unused_ids;         /**< between the two that no vertex has */
    uint64_t graph_bytes;        /**< of the adjacency, ids and weights, over all nodes */
    bool directed, weighted, loops_kept, duplicates_kept;
    double read_seconds, build_seconds;
} giga_graph_info;

/**
 * Read or generate a graph.
 *
 * `kron:SCALE[:EDGEFACTOR]` is the Graph500 Kronecker graph with 2^SCALE vertices and
 * EDGEFACTOR (16) edges per vertex, A, B, C = 0.57, 0.19, 0.19, its vertices renumbered by
 * a random permutation; `uniform:SCALE[:EDGEFACTOR]` draws both ends evenly; `mesh:SCALE` is a
 * lattice of 2^SCALE vertices, row by row, with 95 % of its edges, like roads. All are the same
 * graph for every number of ranks; so are the weights that opts asks for. Anything else is a
 * file of any giga_format, plain or compressed by gzip or zstd. An undirected edge that a format
 * stores in the rows of both its ends is read as one edge.
 *
 * @param name       file or generator
 * @param opts       NULL or options, the same on every rank
 * @param graph_out  the graph; NULL on failure
 * @return GIGA_OK, or the same failure, with the same sentence, on every rank:
 *         GIGA_ERR_NOT_FOUND, GIGA_ERR_IO, GIGA_ERR_FORMAT (file, line, byte, what was
 *         expected), GIGA_ERR_ARG, GIGA_ERR_UNSUPPORTED, GIGA_ERR_MEMORY, GIGA_ERR_WINDOW.
 */
giga_status giga_graph_open(const char *name, const giga_graph_opts *opts,
                            giga_graph **graph_out);

/** Free a graph. NULL is allowed. */
giga_status giga_graph_close(giga_graph *graph);

/**
 * Write a graph to a file, which all ranks write together, so that all hosts must see it. An
 * existing file is replaced only when the new one is complete.
 *
 * The bytes depend on the graph alone, not on ranks and nodes: edges stand in the order of their
 * first, then their second end by id; an undirected edge stands there once, the smaller end first.
 * What was dropped when the graph was opened is gone. A weight is written so that it is read as
 * the same number.
 *
 * Edge list, CSV   ids. Vertices without edges are not in it, nor whether it is directed.
 * LDBC             NAME.v with all ids, NAME.e, and NAME.properties, which says whether it is
 *                  directed; `path` is any of these or NAME.
 * Matrix Market    general for a directed graph, else symmetric (lower triangle); real with
 *                  weights, else pattern. Rows and columns are not ids: they count the vertices
 *                  in the order of their ids, from 1.
 * Binary           pairs of ids, which must fit; without weights.
 * GAPBS            serialized adjacency: vertices counted in the order of their ids, from 0, fewer
 *                  than 2^31; weights are integers of 32 bits.
 *
 * Without a graph nothing is written: then the call says whether format and path would be refused,
 * before a graph has been read.
 *
 * Cost: two passes over the adjacency; memory of some 2 MiB and 24 bytes per arc of the longest
 * row per rank.
 *
 * @param graph   the graph, or NULL on every rank
 * @param format  GIGA_FORMAT_AUTO: the ending says it (.el .wel .txt .edges, .csv, .mtx, .v .e,
 *                .bin32 .u32 .b32, .bin64 .u64 .b64, .sg .wsg)
 * @param path    the same on every rank
 * @return GIGA_OK, or on every rank GIGA_ERR_ARG for an ending that says nothing;
 *         GIGA_ERR_UNSUPPORTED when the format cannot hold the graph; GIGA_ERR_IO, GIGA_ERR_MEMORY;
 *         the old file is then untouched.
 */
giga_status giga_graph_save(const giga_graph *graph, giga_format format, const char *path);

/** What the graph is. Call: local. */
giga_graph_info giga_graph_get_info(const giga_graph *graph);

/**
 * The index of the vertex with an id. Call: one-sided: 2 log2(vertices) small gets at most.
 *
 * @return GIGA_OK, or GIGA_ERR_NOT_FOUND with a sentence.
 */
giga_status giga_graph_find(const giga_graph *graph, uint64_t id, uint64_t *index_out);

/** The index of the vertex whose id is the smallest but `position`. The same vertex for every number
 * of ranks and nodes. Call: one-sided. `position` is below the number of vertices. */
uint64_t giga_graph_sorted(const giga_graph *graph, uint64_t position);

/** The id of a vertex. Call: one-sided. `index` is below the number of vertices. */
uint64_t giga_graph_id(const giga_graph *graph, uint64_t index);

/** Arcs from a vertex. Call: one-sided. `index` is below the number of vertices. */
uint64_t giga_graph_degree(const giga_graph *graph, uint64_t index);

/**
 * The ends of the arcs from a vertex, in an order that is the same for every number of nodes; on
 * one node ascending.
 *
 * Call: one-sided. Remote: two gets.
 *
 * @param index    vertex
 * @param first    position of the first arc wanted
 * @param count    arcs wanted
 * @param ends     room for `count` indices
 * @return GIGA_OK; GIGA_ERR_RANGE when the arcs do not all exist.
 */
giga_status giga_graph_neighbours(const giga_graph *graph, uint64_t index, uint64_t first,
                                  uint64_t count, uint64_t *ends);

/**
 * An array with one element per vertex, on the ranks that hold the vertices.
 *
 * @return as giga_array_create(); destroyed by giga_array_destroy().
 */
giga_status giga_graph_values(const giga_graph *graph, size_t element_bytes,
                              giga_array **array_out);

/** A batch of changes, of which every rank brings its own share; start from
 * GIGA_GRAPH_BATCH_INIT. Ends are ids. */
typedef struct giga_graph_batch {
    size_t struct_bytes;         /**< sizeof, set by GIGA_GRAPH_BATCH_INIT */
    uint64_t deletions;          /**< edges in this rank's share; may be 0 */
    const uint64_t *delete_from, *delete_to;
    uint64_t insertions;         /**< as well */
    const uint64_t *insert_from, *insert_to;
    const double *insert_weight; /**< NULL: 1; not looked at in a graph without weights */
} giga_graph_batch;

#define GIGA_GRAPH_BATCH_INIT { .struct_bytes = sizeof(giga_graph_batch) }

/** What a batch changed, in edges. The same on every rank. */
typedef struct giga_update_stats {
    uint64_t deleted;            /**< edges that went; kept duplicates count each */
    uint64_t absent;             /**< deletions of an edge that was not there (any more) */
    uint64_t inserted;           /**< edges that came */
    uint64_t present;            /**< insertions of an edge that was there (already); when
                                  *   duplicates are kept it came nevertheless */
    uint64_t loops;              /**< insertions dropped because loops are not kept */
    double seconds;
} giga_update_stats;

/**
 * Delete and insert edges, a batch at a time.
 *
 * Deletions come first, then insertions, whichever rank brings them: an edge that is in both is
 * there in the end. The graph becomes what opening the edges that it has then would give, but for
 * indices, which stay: vertices keep their places though their degrees change. In an undirected
 * graph from and to may be exchanged. A deletion takes all copies of an edge. Loops and
 * duplicates are treated as when the graph was opened: an insertion of an edge that is there
 * leaves the smaller weight, or adds a copy where duplicates are kept. Vertices neither come nor
 * go: an id must be one of the graph's. Info is brought up to date, but for `edges_read`,
 * `loops` and `duplicates`, which speak of the file. Arrays of values stay valid as arrays; what
 * they say is of the graph before: giga_wcc_update(), and `start` of giga_pagerank(), begin there.
 *
 * Cost: every adjacency is written anew, in sequence, its arcs divided among the ranks; so
 * batches pay from some thousand edges on. Memory while it lasts: the adjacencies once more.
 * Between nodes 24 bytes per edge and adjacency, and 2 log2(vertices) rounds of small gets for a
 * thousand ids where ids are not consecutive.
 *
 * @param batch  this rank's share; NULL: nothing
 * @param stats  NULL, or filled
 * @return GIGA_OK, or the same failure on every rank, with the graph as it was:
 *         GIGA_ERR_NOT_FOUND naming an id that no vertex has; GIGA_ERR_ARG; GIGA_ERR_MEMORY;
 *         GIGA_ERR_NET.
 */
giga_status giga_graph_update(giga_graph *graph, const giga_graph_batch *batch,
                              giga_update_stats *stats);

/** One level of a search. */
typedef struct giga_bfs_level {
    uint64_t vertices;           /**< found in this level */
    uint64_t arcs;               /**< looked at */
    uint64_t bytes;              /**< sent between nodes */
    double seconds;
    bool bottom_up;
} giga_bfs_level;

/** What a search did; clear with giga_bfs_stats_clear(). The same on every rank. */
typedef struct giga_bfs_stats {
    uint64_t reached;            /**< vertices, the source included */
    uint64_t edges;              /**< of the part that was reached: what TEPS counts */
    uint64_t depth;              /**< the largest level */
    double seconds;
    giga_bfs_level *levels;      /**< depth + 1 of them, the source's first */
} giga_bfs_stats;

/**
 * Breadth-first search from a vertex, switching between top-down and bottom-up steps
 * (Beamer, Asanovic, Patterson, SC12). The threshold of the switch is tuned from search to search
 * on the same graph.
 *
 * @param source  index of the source
 * @param level   NULL or an array of uint64_t: steps from the source, GIGA_UNREACHED
 * @param parent  NULL or an array of uint64_t: index of a vertex one level above that has
 *                an arc to this one; the source is its own parent; GIGA_NO_VERTEX
 * @param stats   NULL, or filled
 * @return GIGA_OK; GIGA_ERR_ARG when the source is no vertex or an array does not have one
 *         8-byte element per vertex; GIGA_ERR_MEMORY; GIGA_ERR_NET.
 */
giga_status giga_bfs(giga_graph *graph, uint64_t source, giga_array *level, giga_array *parent,
                     giga_bfs_stats *stats);

/** Free what giga_bfs() filled in. Call: local. */
void giga_bfs_stats_clear(giga_bfs_stats *stats);

/**
 * Check a search by Graph500's five laws: the tree has no cycle and ends at the source; a
 * tree edge joins levels that differ by one; an edge of the graph joins levels that differ
 * by at most one, or two unreached vertices (directed: an arc from a reached vertex
 * leads at most one level down); the tree spans exactly what is reached; every tree edge is
 * an edge of the graph.
 *
 * @return GIGA_OK; GIGA_ERR_INVALID with a sentence naming the law and a vertex.
 */
giga_status giga_bfs_validate(giga_graph *graph, uint64_t source, const giga_array *level,
                              const giga_array *parent);

/** Whose values: they differ in what is counted and by what it is divided. */
typedef enum giga_semantics {
    GIGA_SEMANTICS_LDBC,
    GIGA_SEMANTICS_GAP,
    GIGA_SEMANTICS_NETWORKX
} giga_semantics;

/** How ranks are brought to the fixed point. */
typedef enum giga_pagerank_method {
    GIGA_PAGERANK_PULL,          /**< each iteration uses the ranks of the one before: the same
                                  *   bits for every number of ranks and nodes */
    GIGA_PAGERANK_ASYNCHRONOUS,  /**< ranks are used as soon as they are there: fewer iterations,
                                  *   the same fixed point, not the same bits */
    GIGA_PAGERANK_RESIDUAL       /**< as before, and what hardly changes is left alone for some
                                  *   iterations; needs a tolerance */
} giga_pagerank_method;

/** Options of giga_pagerank(); start from GIGA_PAGERANK_OPTS_INIT. */
typedef struct giga_pagerank_opts {
    size_t struct_bytes;         /**< sizeof, set by GIGA_PAGERANK_OPTS_INIT */
    double damping;              /**< 0 to 1 */
    double tolerance;            /**< stop when the ranks change by less in sum; 0: never */
    uint64_t max_iterations;
    giga_progress progress;      /**< NULL or a function */
    void *progress_argument;
    giga_semantics semantics;    /**< GAP: what dangling vertices hold is lost, ranks do not sum to
                                  *   1. NETWORKX has LDBC's fixed point */
    giga_pagerank_method method;
    const uint64_t *sources;     /**< NULL, or the personalised variant: indices of the vertices
                                  *   that share, evenly, what else all vertices get, and that
                                  *   have everything to begin with; the same on every rank */
    uint64_t source_count;       /**< a vertex named twice counts once */
    const giga_array *start;     /**< NULL, or ranks to begin with, such as those before a batch of
                                  *   changes; 0 to 1, scaled to the sum 1 (GAP by iterations: as
                                  *   they are). May be the array for the result */
} giga_pagerank_opts;

#define GIGA_PAGERANK_OPTS_INIT                                                         \
    { .struct_bytes = sizeof(giga_pagerank_opts), .damping = 0.85, .tolerance = 1e-9,   \
      .max_iterations = 200 }

/** One iteration. */
typedef struct giga_pagerank_step {
    double change;               /**< sum over vertices of |new - old| */
    double seconds;
    uint64_t bytes;              /**< sent between nodes */
} giga_pagerank_step;

/** What PageRank did; clear with giga_pagerank_stats_clear(). The same on every rank. */
typedef struct giga_pagerank_stats {
    uint64_t iterations;
    bool converged;              /**< the tolerance was reached */
    double change;               /**< of the last iteration */
    double seconds;
    giga_pagerank_step *steps;   /**< `iterations` of them */
} giga_pagerank_stats;

/**
 * PageRank with LDBC Graphalytics' semantics, in double precision:
 * PR(v) = (1-d)/n + d * (sum over arcs (u,v) of PR(u)/outdegree(u) + D/n), D the sum of PR
 * over vertices without out-arcs; all start at 1/n. Options name other semantics. The result is the same to the bit for
 * every number of ranks and nodes, with the method GIGA_PAGERANK_PULL.
 *
 * @param opts   NULL or options
 * @param rank   array of double
 * @param stats  NULL, or filled
 * @return GIGA_OK; GIGA_ERR_ARG for options that make no sense, a source that is no vertex, a
 *         start that is not 0 to 1, or an array that does not have one 8-byte element per vertex;
 *         GIGA_ERR_MEMORY; GIGA_ERR_NET.
 */
giga_status giga_pagerank(giga_graph *graph, const giga_pagerank_opts *opts, giga_array *rank,
                          giga_pagerank_stats *stats);

/** Free what giga_pagerank() filled in. Call: local. */
void giga_pagerank_stats_clear(giga_pagerank_stats *stats);

/**
 * Check a result: no rank is negative, they sum to 1, and one more iteration changes them
 * by at most d times the last change (the iteration is a contraction), rounding aside.
 *
 * @param change        of the last iteration, from the stats
 * @param residual_out  NULL, or the change that one more iteration makes
 * @return GIGA_OK; GIGA_ERR_INVALID with a sentence naming the law.
 */
giga_status giga_pagerank_validate(giga_graph *graph, const giga_pagerank_opts *opts,
                                   const giga_array *rank, double change, double *residual_out);

/** How values are written. */
typedef enum giga_value_kind {
    GIGA_VALUE_COUNT,            /**< uint64_t, decimal */
    GIGA_VALUE_VERTEX,           /**< uint64_t index, written as id; GIGA_NO_VERTEX as -1 */
    GIGA_VALUE_REAL              /**< double, 17 significant digits */
} giga_value_kind;

/**
 * Write one `id value` line per vertex, sorted by id, as LDBC Graphalytics has it. All
 * ranks write their part of one file, so all hosts must see it. An existing file is
 * replaced only when the new one is complete.
 *
 * @return GIGA_OK; GIGA_ERR_IO with a sentence, the old file untouched.
 */
giga_status giga_graph_write(const giga_graph *graph, const giga_array *values,
                             giga_value_kind kind, const char *path);

#ifdef __cplusplus
}
#endif

#endif
