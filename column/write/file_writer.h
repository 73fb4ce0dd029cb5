/*
 * Writing one data file: columns in, pages out.
 *
 *     append ─► shredders, one a column ─► page full: a job
 *                                             │ encoded by up to `threads`
 *                                             ▼ of the engine's workers
 *     finish ◄─ output ◄─ in the order in which pages were cut
 *
 * The order of pages in the file is that in which they were cut, whoever was
 * done first; so the bytes do not depend on threads, nor on the engine.
 *
 * Memory: a quarter of it is for the pages that are open, so that with many
 * columns they are smaller; a job starts when there is room for what it will
 * take, or none other is left.
 */
#ifndef LIO_COLUMN_WRITE_FILE_WRITER_H
#define LIO_COLUMN_WRITE_FILE_WRITER_H

#include "column/write/encoders.h"
#include "column/write/fields.h"

#include <lanceio/lanceio.h>

struct lio_file_writer;

struct lio_file_options {
    enum lio_format format;
    enum lio_compression compression;
    uint64_t memory;
    uint64_t page_bytes;
    uint32_t threads;
    bool page_cache; /* large pages go through it, too */
    bool sidecars;   /* large blobs of 2.2 go into files beside it */
};

/* What was written. */
struct lio_file_summary {
    uint64_t rows;
    uint64_t bytes;
    uint64_t sidecar_bytes; /* of the files beside it */
    uint32_t npages;
};

/* Write to a file that exists and is empty; errors that are not of the file
 * itself call it `name`.  `fields` stays the caller's and must stay; `engine`
 * may be NULL. */
LIO_MUST_CHECK int lio_file_writer_open(struct lio_engine *engine,
                                        const char *path, const char *name,
                                        const struct lio_fields *fields,
                                        const struct lio_file_options *options,
                                        struct lio_file_writer **ret_writer,
                                        struct lio_error *err);

/* Append rows of a batch that lio_input_check() has passed; nothing of it is
 * needed afterwards.  After an error the writer can only be closed. */
LIO_MUST_CHECK int lio_file_writer_append(struct lio_file_writer *writer,
                                          const struct ArrowArray *batch,
                                          uint64_t from, uint64_t n,
                                          struct lio_error *err);

/* Write the rest, the metadata and the footer, and make it durable: one sync
 * for all, because nobody looks at the file before.  It is complete then; the
 * writer is still to be closed. */
LIO_MUST_CHECK int lio_file_writer_finish(struct lio_file_writer *writer,
                                          struct lio_file_summary *ret_summary,
                                          struct lio_error *err);

/* Waits for jobs and writes, frees all; the file itself is the caller's to
 * remove.  Accepts NULL. */
void lio_file_writer_close(struct lio_file_writer *writer);

#endif
