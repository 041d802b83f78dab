/*
 * input.h - graph files: what a file is, and the edges in any part of it.
 *
 * One rank looks at the file (gr_input_detect) and broadcasts what it saw: a gr_input is
 * plain bytes. Then every rank reads its own byte range (gr_input_read_range) or, of a
 * compressed file, its share of the blocks that one rank decompresses (gr_stream,
 * gr_input_parse).
 *
 * Adjacency files - offsets, ends, weights - are not runs of records: of these every rank
 * reads a range of arcs (gr_input_read_arcs). A file of METIS is one of lines, but a line
 * is a row and its number is the vertex: lines are counted first (gr_input_count).
 *
 * Rule: a record - a line, or a binary pair - belongs to the range in which it begins,
 * so ranges that cover a file read every record once, wherever they are cut. Nothing is
 * guessed in silence: what does not follow the format is an error that names the file,
 * the line, the byte and what was expected there. Lines and bytes count from 1; in a
 * compressed file they are those of the decompressed text.
 *
 * Single-process code without MPI and without the runtime. Threads: any; calls share
 * nothing but what their arguments share. Not here: building a graph, ids made dense.
 */
#ifndef GR_INPUT_H
#define GR_INPUT_H

#include <giga/types.h>

#include "edges.h"
#include "ids.h"

/** Bytes of a path in a gr_input, with its final NUL. */
enum { GR_PATH_MAX = 4096 };

/** Bytes of the longest line that is read, with its newline. */
enum { GR_LINE_MAX = 1 << 20 };

/** A number the file does not give. */
#define GR_UNKNOWN UINT64_MAX

/** File formats. */
typedef enum gr_format {
    GR_FORMAT_ANY,           /**< in options: find out */
    GR_FORMAT_EDGE_LIST,     /**< lines `u v [weight]`; comments # and % */
    GR_FORMAT_CSV,           /**< a line of column names, then one edge per line */
    GR_FORMAT_MATRIX_MARKET, /**< coordinate; general or symmetric */
    GR_FORMAT_LDBC,          /**< NAME.v and NAME.e, perhaps NAME.properties */
    GR_FORMAT_BINARY32,      /**< pairs of little-endian uint32 */
    GR_FORMAT_BINARY64,      /**< pairs of little-endian uint64 */
    GR_FORMAT_BINARY32_REAL, /**< triples of little-endian uint32, uint32, float */
    GR_FORMAT_GRAPH500,      /**< packed edges: low words of u and v, then both high 16 bits */
    GR_FORMAT_DIMACS,        /**< `p sp n m`, then `a u v w`; comments c */
    GR_FORMAT_METIS,         /**< `n m [fmt [ncon]]`, then a line of neighbours per vertex */
    GR_FORMAT_ADJACENCY,     /**< PBBS: AdjacencyGraph, n, m, offsets, ends, perhaps weights */
    GR_FORMAT_GAPBS,         /**< .sg: directed, m, n, offsets, ends */
    GR_FORMAT_GAPBS_WEIGHTED, /**< .wsg: the same, an int32 weight behind each end */
    GR_FORMAT_GALOIS,        /**< .gr version 1 or 2; edge data are unsigned integers */
    GR_FORMAT_GALOIS_REAL,   /**< the same; edge data are floats or doubles */
    GR_FORMAT_GRAPH_TOOL,    /**< .gt */
    GR_FORMATS               /**< how many there are */
} gr_format;

/** How a file is compressed: told from its first bytes, not from its name. */
typedef enum gr_compression { GR_PLAIN, GR_GZIP, GR_ZSTD } gr_compression;

/** What the file itself says about directions. */
typedef enum gr_direction {
    GR_DIRECTION_UNKNOWN,
    GR_DIRECTED,
    GR_UNDIRECTED
} gr_direction;

/** What the values of a Matrix Market file are. */
typedef enum gr_field {
    GR_FIELD_NONE,
    GR_FIELD_PATTERN,
    GR_FIELD_INTEGER,
    GR_FIELD_REAL
} gr_field;

/** How often an undirected edge stands in a file. */
typedef enum gr_listing {
    GR_LISTED_ONCE,
    GR_LISTED_TWICE, /**< in both rows: a law of the file, which is checked. It is staged once */
    GR_LISTED_ARCS   /**< a list of arcs that does not say whether each has its reverse */
} gr_listing;

/** Numbers in binary files. */
typedef enum gr_value {
    GR_VALUE_NONE,
    GR_VALUE_U8,
    GR_VALUE_I16,
    GR_VALUE_I32,
    GR_VALUE_U32,
    GR_VALUE_I64,
    GR_VALUE_U64,
    GR_VALUE_F32,
    GR_VALUE_F64
} gr_value;

/** Options of gr_input_detect(). NULL means GR_INPUT_OPTS. */
typedef struct gr_input_opts {
    size_t size;         /**< sizeof(gr_input_opts) */
    gr_format format;    /**< GR_FORMAT_ANY, or what the file is whatever its name */
    bool ignore_weights; /**< read two ids per line and skip further columns */
} gr_input_opts;

#define GR_INPUT_OPTS ((gr_input_opts){sizeof(gr_input_opts), GR_FORMAT_ANY, false})

/** A file as it was found. Plain bytes: it may be sent to other ranks and kept. */
typedef struct gr_input {
    char path[GR_PATH_MAX];          /**< the file with the edges */
    char vertices_path[GR_PATH_MAX]; /**< LDBC: the .v file, else "" */
    uint64_t bytes;                  /**< of path, as it lies on the disk */
    uint64_t vertices_bytes;         /**< of vertices_path; 0 without one */
    uint64_t data_offset;       /**< bytes before the first record; of compressed files,
                                     decompressed bytes */
    uint64_t data_line;         /**< line of the first record; 0 in binary files */
    uint64_t header_comments;   /**< comment lines before data_offset */
    uint64_t vertices;          /**< with fixed_range: how many there are; else 0 */
    uint64_t arcs;              /**< of adjacency files: entries in all rows; else 0 */
    uint64_t offsets_at;        /**< of adjacency files: byte (in text: number, from the data
                                     on) of the offset of row 0, or where it would stand */
    uint64_t ends_at;           /**< the same of the first end */
    uint64_t weights_at;        /**< the same of the first weight */
    uint64_t data_end;          /**< the byte where the file ends, of binary adjacency files */
    uint64_t vertices_promised; /**< by a Matrix Market size line or a SNAP comment, else
                                     GR_UNKNOWN. Only the former is a law. */
    uint64_t edges_promised;    /**< the same for entries */
    uint64_t rows, columns;     /**< Matrix Market; else 0 */
    uint64_t low_id;            /**< ids below it are errors: 1 in Matrix Market, else 0.
                                     Ids are staged as they stand in the file. */
    uint64_t high_u, high_v;    /**< ids above them are errors */
    int32_t u_column, v_column; /**< columns of the two ids, from 0 */
    int32_t w_column;           /**< column of the weight, -1 when none is read */
    int32_t skipped;            /**< METIS: numbers at the head of a row that are not read */
    int32_t end_bytes;          /**< of an end in binary adjacency files */
    int32_t stride;             /**< bytes from one end to the next */
    gr_value value;             /**< what a weight is there */
    gr_listing listing;
    gr_format format;           /**< never GR_FORMAT_ANY */
    gr_compression compression;
    gr_direction direction;
    gr_field field;    /**< Matrix Market, else GR_FIELD_NONE */
    char delimiter;    /**< ' ' or '\t': any run of blanks (CSV: each tab counts);
                            or ',' ';' '|'; 0 in binary files */
    bool weighted;     /**< edges carry weights, and they are read */
    bool more_columns; /**< columns behind those read are skipped, not errors */
    bool symmetric;    /**< an entry that is staged stands for both directions */
    bool fixed_range;  /**< the vertices are exactly low_id .. low_id + vertices - 1 */
    bool big_endian;   /**< binary numbers are */
    bool edge_data;    /**< METIS: a weight behind every neighbour, read or not */
    char lead;         /**< DIMACS: 'a', the first word of a line with an edge; else 0 */
} gr_input;

/** What was read, to be summed over ranges. */
typedef struct gr_input_counts {
    uint64_t edges;
    uint64_t comments; /**< comment lines */
    uint64_t bytes;    /**< of records, comments and empty lines */
    uint64_t rows;     /**< METIS: rows up to here, which is the number of the next one: a
                            reader that does not begin the file has to set it */
    uint64_t up, down; /**< adjacency files: arcs to a higher and to a lower id */
    uint64_t loops;    /**< the same: arcs to itself */
    uint64_t balance;  /**< the same: a hash of every arc up with its weight, less that of
                            every arc down reversed; 0 (but for 2^-64): the same arcs */
} gr_input_counts;

/** A place in a text of numbers. */
typedef struct gr_mark {
    uint64_t byte;
    uint64_t numbers; /**< that begin before it, from the start of the data */
} gr_mark;

/** The name of a format, such as "edge list". Call: local. */
const char *gr_format_name(gr_format format);

/**
 * Find a graph file and what it is.
 *
 * Call: local. Reads up to the first record; waits for the disk.
 *
 * @param name  a path; for LDBC NAME.e, NAME.v, or NAME when no such file exists and
 *              NAME.e does. Endings .bin32 .u32 .b32 .bin64 .u64 .b64 .bin32f, before .gz or
 *              .zst when there is one, mean binary pairs, .graph and .metis METIS, .sg and
 *              .wsg GAPBS; the other formats are told from the first bytes. Packed edges of
 *              Graph500 have neither and are read by option only.
 * @param opts  NULL or options
 * @param out   the input; a file of nothing but comments is a graph without vertices
 * @return GIGA_OK, or with `out` unchanged
 *         GIGA_ERR_NOT_FOUND when there is no such file, or one of an LDBC pair lacks;
 *         GIGA_ERR_IO when it may not or cannot be read, or is not a file;
 *         GIGA_ERR_FORMAT when it is empty, cut off, binary where text is expected, or
 *         when its header is wrong or promises more entries than its bytes can hold;
 *         GIGA_ERR_UNSUPPORTED for what the format knows and giga does not read;
 *         GIGA_ERR_ARG for an empty or overlong name, or a format that does not exist;
 *         GIGA_ERR_MEMORY.
 */
giga_status gr_input_detect(const char *name, const gr_input_opts *opts, gr_input *out);

/**
 * Read the records that begin in a byte range of an uncompressed file.
 *
 * Call:  local; waits for the disk.
 * Cost:  one pass over the range and the record that leaves it; 1 MiB of memory.
 *
 * @param in      from gr_input_detect(), GR_PLAIN
 * @param first   first byte of the range; what lies before in->data_offset is left out
 * @param last    one past the last byte; what lies past in->bytes is left out
 * @param edges   edges are appended; a list with weights gets 1 where the file has none
 * @param counts  what was read is added
 * @return GIGA_OK, or with the edges before the fault appended
 *         GIGA_ERR_FORMAT with the place; GIGA_ERR_IO, also when the file has become
 *         shorter; GIGA_ERR_MEMORY; GIGA_ERR_ARG for a compressed file.
 */
giga_status gr_input_read_range(const gr_input *in, uint64_t first, uint64_t last,
                                gr_edges *edges, gr_input_counts *counts);

/**
 * Parse whole records from memory: a block of a gr_stream, here or sent by another rank.
 *
 * Call: local.
 *
 * @param in      from gr_input_detect()
 * @param data    bytes, only read; they end with a record
 * @param bytes   number of bytes; 0 is allowed, then `data` may be NULL
 * @param offset  of data in the (decompressed) file, for error messages
 * @param line    of the first record, from 1; 0 when unknown
 * @return as gr_input_read_range()
 */
giga_status gr_input_parse(const gr_input *in, const char *data, size_t bytes,
                           uint64_t offset, uint64_t line, gr_edges *edges,
                           gr_input_counts *counts);

/**
 * Read the vertices whose lines begin in a byte range of the LDBC .v file: the first
 * column is the id, more columns are ignored.
 *
 * Call: local; waits for the disk.
 *
 * @param first  first byte of the range in in->vertices_path
 * @param last   one past the last; what lies past in->vertices_bytes is left out
 * @param ids    ids are appended
 * @return as gr_input_read_range(), and GIGA_ERR_ARG when there is no .v file.
 */
giga_status gr_input_read_vertices(const gr_input *in, uint64_t first, uint64_t last,
                                   gr_ids *ids);

/** Whether the file is an adjacency that gr_input_read_arcs() reads. Call: local. */
bool gr_input_has_arcs(const gr_input *in);

/** Whether it is one in text, so that marks are of use. Call: local. */
bool gr_input_wants_marks(const gr_input *in);

/**
 * Count what begins in a byte range of a plain file: rows in METIS, numbers in a text
 * adjacency.
 *
 * Call: local; waits for the disk. Cost: one pass over the range.
 *
 * @param first  first byte; what lies before in->data_offset is left out
 * @param last   one past the last
 * @param count  set
 * @return GIGA_OK; GIGA_ERR_IO; GIGA_ERR_MEMORY; GIGA_ERR_FORMAT for a line that is too long;
 *         GIGA_ERR_ARG for a compressed file.
 */
giga_status gr_input_count(const gr_input *in, uint64_t first, uint64_t last, uint64_t *count);

/** The same for rows in memory: a block of a gr_stream over a METIS file. Call: local. */
uint64_t gr_input_rows(const gr_input *in, const char *data, size_t bytes);

/**
 * Read a range of the arcs of an adjacency file, compressed or not. Rows that lie between
 * two ranges, or behind the last arc, are checked by the range before them, so ranges that
 * cover 0 to in->arcs check the whole file.
 *
 * Call:  local; waits for the disk.
 * Cost:  plain binary files: the ends of the range and the offsets of its rows, found by
 *        bisection. Text: the same and what lies between the marks. Compressed files and
 *        graph-tool's are read from their start.
 *
 * @param in      from gr_input_detect(), gr_input_has_arcs()
 * @param marks   ascending places in a plain text file, or NULL
 * @param count   marks
 * @param first   first arc
 * @param last    one past the last arc
 * @return as gr_input_read_range()
 */
giga_status gr_input_read_arcs(const gr_input *in, const gr_mark *marks, size_t count,
                               uint64_t first, uint64_t last, gr_edges *edges,
                               gr_input_counts *counts);

/**
 * Check what was read against what the file promises: entries in Matrix Market and DIMACS,
 * rows and edges in METIS, and that both directions are there where the format has them.
 *
 * Call: local.
 *
 * @param total  what was read, over all ranges; of rows, the most
 * @return GIGA_OK, or GIGA_ERR_FORMAT.
 */
giga_status gr_input_check(const gr_input *in, const gr_input_counts *total);

/** A file read from its first record on, decompressed, in blocks of whole records. */
typedef struct gr_stream gr_stream;

/** A block of a stream: whole records. */
typedef struct gr_block {
    const char *data;    /**< valid until the next call on the stream */
    size_t bytes;        /**< 0 at the end of the file */
    uint64_t offset;     /**< bytes before it in the (decompressed) file */
    uint64_t line;       /**< line it begins with, from 1; 0 in binary files */
    uint64_t file_bytes; /**< of the file on disk used so far, to show progress */
} gr_block;

/**
 * Open a file at its first record, whatever its compression.
 *
 * Call:    local.
 * Threads: one at a time per stream.
 *
 * @param in          from gr_input_detect(); it may go away before the stream
 * @param stream_out  the stream; NULL on failure
 * @return GIGA_OK, or GIGA_ERR_IO, GIGA_ERR_FORMAT, GIGA_ERR_MEMORY.
 */
giga_status gr_stream_open(const gr_input *in, gr_stream **stream_out);

/**
 * Read the next block, about 1 MiB.
 *
 * Call: local; waits for the disk.
 *
 * @param block  the block; bytes is 0 at the end
 * @return GIGA_OK, or
 *         GIGA_ERR_FORMAT when the compressed data is damaged, cut off or followed by
 *         something else, when a line is longer than GR_LINE_MAX, or when binary data
 *         ends inside a pair;
 *         GIGA_ERR_IO; GIGA_ERR_MEMORY. The stream can then only be closed.
 */
giga_status gr_stream_next(gr_stream *stream, gr_block *block);

/** Close a stream and free what it holds. Call: local. NULL is allowed. */
void gr_stream_close(gr_stream *stream);

#endif
