/*
 * runtime.h - start, stop, who is who, and the collectives.
 *
 * A job is a set of ranks started by mpirun or srun. A node is the set of ranks
 * that share physical memory. Everything called "collective" here must be called
 * by every rank of the job, in the same order, by one thread of the rank at a time.
 */
#ifndef GIGA_RUNTIME_H
#define GIGA_RUNTIME_H

#include <giga/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Options of giga_init(); start from GIGA_OPTS_INIT, NULL means the defaults. */
typedef struct giga_opts {
    size_t struct_bytes;    /**< sizeof(giga_opts), set by GIGA_OPTS_INIT */
    uint64_t window_base;   /**< address of the window; 0: GIGA_WINDOW_BASE or the default */
    uint64_t window_bytes;  /**< size of the window; 0: GIGA_WINDOW_SIZE or the default */
    int32_t ranks_per_node; /**< pretended node size; 0: GIGA_RANKS_PER_NODE or the machine */
    const char *program;    /**< NULL, or a name under which rank 0 says on stderr why the
                                 start has failed: afterwards no rank is known any more */
} giga_opts;

#define GIGA_OPTS_INIT { .struct_bytes = sizeof(giga_opts) }

/**
 * Start giga on all ranks of MPI_COMM_WORLD. MPI is initialised if the caller has
 * not done so, and then also finalised by giga_fini(). To start on another
 * communicator use giga_init_comm() of giga/mpi.h.
 *
 * Call:      collective. Threads: one.
 * On return: the window is reserved at the same address on every rank.
 * Cost:      a few small MPI collectives; no memory beyond a few hundred KiB per
 *            node and the addresses of the ranks, once per node.
 *
 * @param opts  NULL or options, the same on every rank
 * @return GIGA_OK on every rank, or the same error on every rank with nothing
 *         started: GIGA_ERR_STATE when giga runs already or MPI is finalised,
 *         GIGA_ERR_ARG for an option or environment variable that makes no sense,
 *         GIGA_ERR_WINDOW when no common place for the window exists (the sentence
 *         names a rank and its reason), GIGA_ERR_MPI, GIGA_ERR_NET, GIGA_ERR_MEMORY.
 */
GIGA_API giga_status giga_init(const giga_opts *opts);

/**
 * Stop giga: complete what is outstanding, free all objects, and finalise MPI if
 * giga_init() initialised it.
 *
 * Call: collective. Threads: one, no other thread inside giga.
 *
 * @return 0, so that main may end with `return giga_fini();`, or
 *         GIGA_ERR_STATE when giga does not run.
 */
GIGA_API int giga_fini(void);

/**
 * End the whole job at once: print one sentence on this rank and make every
 * process exit with a non-zero status.
 *
 * Call: one-sided. Threads: any. Does not return.
 */
GIGA_API void giga_abort(const char *format, ...) GIGA_PRINTF(1, 2)
#if defined(__GNUC__)
    __attribute__((noreturn))
#endif
    ;

/** This rank, 0 to giga_size() - 1; -1 when giga does not run. Call: local. */
GIGA_API int32_t giga_rank(void);

/** Number of ranks; 0 when giga does not run. Call: local. */
GIGA_API int32_t giga_size(void);

/** The node of a rank, 0 to giga_nodes() - 1; -1 for no such rank. Call: local. */
GIGA_API int32_t giga_node_of(int32_t rank);

/** Number of nodes. Nodes are numbered by their lowest rank. Call: local. */
GIGA_API int32_t giga_nodes(void);

/** The leader of a node, its lowest rank; -1 for no such node. Call: local. */
GIGA_API int32_t giga_node_leader(int32_t node);

/** Number of ranks on this node. Call: local. */
GIGA_API int32_t giga_near_size(void);

/** This rank's position among the ranks of its node, in rank order. Call: local. */
GIGA_API int32_t giga_near_index(void);

/** The rank at a position of this node; position 0 is the node's leader. Call: local. */
GIGA_API int32_t giga_near_rank(int32_t index);

/**
 * Complete this rank's operations, then meet all ranks. What any rank wrote before
 * it, by operations or by plain stores to near memory, every rank sees after it.
 *
 * Call: collective. Threads: one.
 * Cost: inside a node shared memory; between nodes log2(nodes) messages. A waiting
 *       rank spins briefly, then sleeps.
 *
 * @return GIGA_OK; GIGA_ERR_STATE; GIGA_ERR_NET when an operation before it failed.
 */
GIGA_API giga_status giga_barrier(void);

/** Element types of the reductions. */
typedef enum giga_type {
    GIGA_I32, GIGA_U32, GIGA_I64, GIGA_U64, GIGA_F32, GIGA_F64
} giga_type;

/** Operators of the reductions; the bitwise ones take integers only. */
typedef enum giga_op {
    GIGA_SUM, GIGA_MIN, GIGA_MAX, GIGA_BAND, GIGA_BOR
} giga_op;

/**
 * The collectives. Each is collective and called by one thread; buffers are private
 * memory or near window memory; counts are 64-bit and may be 0. They are MPI's own
 * algorithms on giga's own communicator, entered only when every rank is there, so
 * that a waiting rank sleeps. Each returns GIGA_OK, GIGA_ERR_ARG, GIGA_ERR_STATE,
 * or GIGA_ERR_MPI.
 *
 * giga_broadcast   `bytes` bytes from `root` to all; the same `bytes` everywhere.
 * giga_allreduce   out[i] = op over ranks of in[i]; `in` may equal `out`. Floating-point
 *                  sums may differ in the last bits between rank counts.
 * giga_exscan      out[i] = op over the lower ranks of in[i]; rank 0 gets 0 for GIGA_SUM
 *                  (the only operator). `in` may equal `out`.
 * giga_allgather   `bytes` bytes of each rank to all, in rank order.
 * giga_alltoallv   send_bytes[r] bytes to rank r, recv_bytes[r] bytes from it; both
 *                  buffers hold the ranks' parts one after another, without gaps.
 */
GIGA_API giga_status giga_broadcast(void *buffer, size_t bytes, int32_t root);
GIGA_API giga_status giga_allreduce(const void *in, void *out, size_t count, giga_type type,
                                    giga_op op);
GIGA_API giga_status giga_exscan(const void *in, void *out, size_t count, giga_type type,
                                 giga_op op);
GIGA_API giga_status giga_allgather(const void *in, size_t bytes, void *out);
GIGA_API giga_status giga_alltoallv(const void *in, const uint64_t *send_bytes, void *out,
                                    const uint64_t *recv_bytes);

/**
 * Make all ranks agree whether something succeeded: the status of the lowest rank
 * that failed, with its sentence, on every rank.
 *
 * Call: collective. Threads: one.
 *
 * @param mine  this rank's status; when it is not GIGA_OK its sentence is giga_error()
 * @return GIGA_OK when all ranks passed GIGA_OK; else the failure, the same everywhere.
 */
GIGA_API giga_status giga_agree(giga_status mine);

/** Reductions of one value, on every rank the same result; a failure ends the job. */
GIGA_API uint64_t giga_allreduce_u64(uint64_t value, giga_op op);
GIGA_API int64_t giga_allreduce_i64(int64_t value, giga_op op);
GIGA_API double giga_allreduce_f64(double value, giga_op op);

#ifdef __cplusplus
}
static inline uint64_t giga_allreduce_max(uint64_t v) { return giga_allreduce_u64(v, GIGA_MAX); }
static inline int64_t giga_allreduce_max(int64_t v) { return giga_allreduce_i64(v, GIGA_MAX); }
static inline double giga_allreduce_max(double v) { return giga_allreduce_f64(v, GIGA_MAX); }
static inline uint64_t giga_allreduce_min(uint64_t v) { return giga_allreduce_u64(v, GIGA_MIN); }
static inline int64_t giga_allreduce_min(int64_t v) { return giga_allreduce_i64(v, GIGA_MIN); }
static inline double giga_allreduce_min(double v) { return giga_allreduce_f64(v, GIGA_MIN); }
static inline uint64_t giga_allreduce_sum(uint64_t v) { return giga_allreduce_u64(v, GIGA_SUM); }
static inline int64_t giga_allreduce_sum(int64_t v) { return giga_allreduce_i64(v, GIGA_SUM); }
static inline double giga_allreduce_sum(double v) { return giga_allreduce_f64(v, GIGA_SUM); }
#else
#define giga_allreduce_value_(v, op)                                                    \
    _Generic((v), uint64_t: giga_allreduce_u64, uint32_t: giga_allreduce_u64,           \
             int64_t: giga_allreduce_i64, int32_t: giga_allreduce_i64,                  \
             double: giga_allreduce_f64)((v), (op))
/** Type-generic forms for 32- and 64-bit integers and double. */
#define giga_allreduce_sum(v) giga_allreduce_value_((v), GIGA_SUM)
#define giga_allreduce_min(v) giga_allreduce_value_((v), GIGA_MIN)
#define giga_allreduce_max(v) giga_allreduce_value_((v), GIGA_MAX)
#endif

#endif
