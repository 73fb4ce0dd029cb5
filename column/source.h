/*
 * Where bytes come from: a file through the engine, a file read with plain
 * calls, or memory.  Whatever it is, ranges are read as batches.
 *
 * Threads: any, at once; a batch belongs to one thread.
 */
#ifndef LIO_COLUMN_SOURCE_H
#define LIO_COLUMN_SOURCE_H

#include <lanceio/column.h>

#include <stdbool.h>

struct lio_source;
struct lio_source_batch;

/* One range of a batch.  All of it is read, or the batch fails. */
struct lio_source_read {
    struct lio_source *source;
    uint64_t offset;
    size_t bytes;
    void *into;
};

/* How the ranges of a batch are read; zero it, and it means as usual. */
struct lio_source_manner {
    int32_t priority; /* as in struct lio_request */
    bool past_cache;  /* they are not worth keeping */
    uint32_t hint;    /* one of enum lio_request_flags: what they are worth */
};

/* Open `path`; `engine` may be NULL. */
LIO_MUST_CHECK int lio_source_open(struct lio_engine *engine, const char *path,
                                   struct lio_source **ret_source,
                                   struct lio_error *err);

/* A source over memory that stays the caller's; `name` stands in errors. */
LIO_MUST_CHECK int lio_source_over(const char *name, const void *data,
                                   size_t bytes, struct lio_source **ret_source,
                                   struct lio_error *err);

/* Accepts NULL.  No batch on it may be under way. */
void lio_source_close(struct lio_source *source);

/* Memory of the cache it is read through; 0: there is none. */
uint64_t lio_source_cache_bytes(const struct lio_source *source);

/* Say that these ranges will be read next, after those said before; with none,
 * that nothing more of those will.  A hint. */
void lio_source_plan(struct lio_source *source,
                     const struct lio_buffer_info *ranges, uint32_t n);

/* As lio_file_align() of lanceio.h says; 1 if it makes no difference. */
size_t lio_source_align(const struct lio_source *source);

uint64_t lio_source_size(const struct lio_source *source);
const char *lio_source_name(const struct lio_source *source);

/*
 * Start reading `n` ranges, whose sources share an engine (or have none).  The
 * array of reads is copied; the memory they point at is written to until the
 * batch is finished or abandoned.  Without an engine nothing happens before
 * lio_source_finish().
 */
LIO_MUST_CHECK int lio_source_start(const struct lio_source_read *reads,
                                    uint32_t n,
                                    struct lio_source_batch **ret_batch,
                                    struct lio_error *err);

LIO_MUST_CHECK int lio_source_start_with(const struct lio_source_manner *manner,
                                         const struct lio_source_read *reads,
                                         uint32_t n,
                                         struct lio_source_batch **ret_batch,
                                         struct lio_error *err);

/* Wait until all ranges are there, or one has failed; frees the batch. */
LIO_MUST_CHECK int lio_source_finish(struct lio_source_batch *batch,
                                     struct lio_error *err);

/* Stop a batch and free it.  Accepts NULL. */
void lio_source_abandon(struct lio_source_batch *batch);

/* Start and finish, what every reader of a file needs. */
LIO_MUST_CHECK int lio_source_read_metadata(const struct lio_source_read *reads,
                                            uint32_t n, struct lio_error *err);

/* Start and finish. */
LIO_MUST_CHECK int lio_source_read(const struct lio_source_read *reads,
                                   uint32_t n, struct lio_error *err);

#endif
