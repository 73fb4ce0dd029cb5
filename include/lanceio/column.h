/**
 * lanceio/column.h - Lance files and datasets, read and written as Arrow.
 *
 * Synchronous to call, asynchronous inside: given an engine, the ranges of a
 * read go to it as one batch, and pages that are written are encoded on its
 * workers.  Without one (NULL) the same bytes are read or written with plain
 * synchronous calls, and the result is the same.
 *
 * Conventions, errors and threads as in lanceio.h: a dataset may be read from
 * several threads at once; a stream and a writer belong to one thread at a
 * time.
 *
 * Arrays:     as the Arrow C data interface says, with null counts that are
 *             exact and buffers at multiples of 64.  An array may start inside
 *             its buffers (`offset`) and share them with others, so a small
 *             array may hold on to a whole page.  Arrays and schemas outlive
 *             the dataset; children may be moved out of a struct.
 * Strings:    their bytes are the file's; that they are UTF-8 is not checked.
 * Errors:     what a file says is checked before it is believed: LIO_ECORRUPT
 *             names file, column and page, and what is wrong there.  What this
 *             version cannot read is LIO_EUNSUPPORTED, and spoils no other
 *             column.
 * Rows:       those that were deleted are no rows: scans do not see them.
 *             Pages are read as they are stored, with all rows.
 */
#ifndef LANCEIO_COLUMN_H
#define LANCEIO_COLUMN_H

#include <lanceio/arrow.h>
#include <lanceio/lanceio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An open dataset directory, or a single .lance data file. */
struct lio_dataset;

/**
 * Open `path`: a dataset directory (its latest version) or a data file.
 * Reads metadata only.  `engine` may be NULL, must outlive the dataset, and is
 * not closed with it.
 *
 * Errors:     LIO_ENOTFOUND, LIO_ECORRUPT, LIO_EUNSUPPORTED, LIO_EIO,
 * LIO_ENOMEM; err->msg names the file, the place, and what is wrong.
 */
LIO_API LIO_MUST_CHECK int lio_dataset_open(struct lio_engine *engine,
                                            const char *path,
                                            struct lio_dataset **ret_dataset,
                                            struct lio_error *err);

/** Which state of a dataset to open; zero it, and it means the latest. */
struct lio_dataset_options {
    uint64_t version;   /* 0: the latest of the branch */
    const char *branch; /* NULL: the main one */
    const char *tag;    /* or the name of a branch's version */
};

/**
 * The same, in a state of the past, or of a branch.
 *
 * Errors:     LIO_ENOTFOUND, too, for a version, a branch or a tag that does
 * not exist: names those that do.  LIO_EINVAL for a tag together with the
 * others, and for any of them with a data file.
 */
LIO_API LIO_MUST_CHECK int
lio_dataset_open_with(struct lio_engine *engine, const char *path,
                      const struct lio_dataset_options *options,
                      struct lio_dataset **ret_dataset, struct lio_error *err);

LIO_API void lio_dataset_close(struct lio_dataset *dataset);

/** What a dataset is.  Strings live as long as the dataset. */
struct lio_dataset_info {
    const char *path;
    uint64_t version;           /* of the table; 0 for a single file */
    const char *format_version; /* "2.0", "2.1", "2.2" */
    uint64_t rows;              /* live rows, in scan order */
    uint32_t nfragments;
    uint32_t nfields;   /* of all levels, see lio_dataset_field() */
    uint32_t npages;    /* see lio_dataset_page() */
    uint64_t bytes;     /* of the data files */
    const char *branch; /* NULL: the main one, or a single file */
};

/** Memory of a dataset: what is read and decoded, and arrays made of it. */
struct lio_dataset_memory {
    uint64_t bytes;       /* held, now; also by arrays that were given out */
    uint64_t peak;        /* the most there ever were */
    uint64_t idle;        /* kept for the next read */
    uint64_t whole_pages; /* that streams read whole, larger than their share
                             of memory, because they cannot be cut */
    uint64_t whole_bytes; /* of these */
};

LIO_API void lio_dataset_memory(const struct lio_dataset *dataset,
                                struct lio_dataset_memory *ret_memory);

LIO_API void lio_dataset_info(const struct lio_dataset *dataset,
                              struct lio_dataset_info *ret_info);

/** A field of the schema; fields are numbered depth first, parents first. */
struct lio_field_info {
    const char *name;
    const char *logical_type; /* as the format spells it: "timestamp:us:-" */
    int32_t id;
    int32_t parent; /* number of the parent in this order, or -1 */
    int nullable;
    const char *unsupported; /* why it cannot be read: a phrase, or NULL */
    const char *metadata;    /* as in an ArrowSchema, or NULL */
};

LIO_API LIO_MUST_CHECK int lio_dataset_field(const struct lio_dataset *dataset,
                                             uint32_t number,
                                             struct lio_field_info *ret_field);

/**
 * The way back: the Arrow schema, a struct with one child a column, of
 * `nfields` fields in the order of lio_dataset_field().  Looks at name,
 * logical_type, parent, nullable and metadata alone.
 *
 * Errors:     LIO_EINVAL for what is no type or cannot have these children, and
 *             LIO_EUNSUPPORTED for a field that this version could not read:
 *             names the field.  LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int lio_schema_make(const struct lio_field_info *fields,
                                           uint32_t nfields,
                                           struct ArrowSchema *ret_schema,
                                           struct lio_error *err);

/** A fragment: rows that lie together in one or more data files. */
struct lio_fragment_info {
    uint64_t id;
    uint64_t physical_rows;
    uint64_t deleted_rows;
    uint32_t nfiles;
};

LIO_API LIO_MUST_CHECK int
lio_dataset_fragment(const struct lio_dataset *dataset, uint32_t number,
                     struct lio_fragment_info *ret_fragment);

struct lio_buffer_info {
    uint64_t offset; /* in the data file */
    uint64_t bytes;
};

/**
 * A page: rows of one column that are stored, read and decoded together.
 * Pages are numbered by fragment, column, and place in the column.
 */
struct lio_page_info {
    uint32_t number;
    uint32_t fragment;  /* number of the fragment */
    uint32_t field;     /* number of the field */
    uint32_t column;    /* of the file */
    const char *file;   /* path of the data file */
    uint64_t first_row; /* in the fragment */
    uint64_t rows;
    const char *encoding; /* "mini-block(dictionary(bit-packed), fsst)" */
    uint32_t nbuffers;
    const struct lio_buffer_info *buffers; /* live as long as the dataset */
};

LIO_API LIO_MUST_CHECK int lio_dataset_page(const struct lio_dataset *dataset,
                                            uint32_t number,
                                            struct lio_page_info *ret_page);

/**
 * Read one page as an Arrow array of its column's type.
 * `*ret_array` is the caller's to release.
 *
 * Nested:     a page is one of a leaf.  From 2.1 on the array has the type of
 *             the top-level column, with no children but those that lead to
 *             the leaf; in 2.0 that of the leaf alone, whose rows may be the
 *             items of lists.
 * Errors:     LIO_EINVAL for a number that is none; LIO_ECORRUPT,
 *             LIO_EUNSUPPORTED (also for a list or struct in 2.0, whose pages
 *             hold no values), LIO_EIO, LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int lio_read_page(struct lio_dataset *dataset,
                                         uint32_t number,
                                         struct ArrowArray *ret_array,
                                         struct lio_error *err);

/**
 * Read `n` pages as one batch of I/O: ret_arrays[i] is page numbers[i].  The
 * numbers may repeat and come in any order.  On failure nothing is returned.
 */
LIO_API LIO_MUST_CHECK int lio_read_pages(struct lio_dataset *dataset,
                                          const uint32_t *numbers, uint32_t n,
                                          struct ArrowArray *ret_arrays,
                                          struct lio_error *err);

/** Which rows and columns to read; zero it, and it means everything. */
struct lio_scan {
    const char *const *columns; /* names, in the order wanted; "point.x" is of
                                   column "point" the child "x" alone,
                                   "_rowaddr" fragment << 32 | row in it, and
                                   "_rowid" the row's id, if the table keeps
                                   some, else its address */
    uint32_t ncolumns;          /* 0: all columns */
    uint64_t offset;            /* first row, in scan order */
    uint64_t limit;             /* rows at the most; 0: all */
    uint32_t batch_rows;        /* of a stream's batches; 0: 8192, or fewer, so
                                   that a batch is some 2 MiB at the most, and
                                   4 past the page cache (files.direct) */
    uint64_t memory;            /* bytes that a stream may hold besides the
                                   batches given out; 0: 64 MiB.  Pages are read
                                   in pieces of a share of it; what cannot be
                                   cut is read whole */
};

/**
 * The schema that `scan` yields: a struct with one child a column.
 * Errors:     LIO_EINVAL for a column that does not exist: names those that do.
 */
LIO_API LIO_MUST_CHECK int lio_scan_schema(struct lio_dataset *dataset,
                                           const struct lio_scan *scan,
                                           struct ArrowSchema *ret_schema,
                                           struct lio_error *err);

/** Read the rows of `scan` as one struct array. */
LIO_API LIO_MUST_CHECK int lio_scan_read(struct lio_dataset *dataset,
                                         const struct lio_scan *scan,
                                         struct ArrowArray *ret_array,
                                         struct lio_error *err);

/**
 * Read `n` rows by their numbers, as one struct array of the columns of `scan`,
 * which may be NULL; its other members are not looked at.  Rows are counted as
 * a scan gives them out; they may repeat and come in any order, which is the
 * order of the result.  Where the layout of a page allows, no more of it is
 * read than the rows need.
 *
 * Errors:     LIO_EINVAL for a row that does not exist.
 */
LIO_API LIO_MUST_CHECK int lio_take_rows(struct lio_dataset *dataset,
                                         const uint64_t *rows, uint64_t n,
                                         const struct lio_scan *scan,
                                         struct ArrowArray *ret_array,
                                         struct lio_error *err);

/** Read the rows of `scan` in batches.  The stream keeps a copy of `scan` and
 *  must be released before the dataset is closed. */
LIO_API LIO_MUST_CHECK int lio_scan_stream(struct lio_dataset *dataset,
                                           const struct lio_scan *scan,
                                           struct ArrowArrayStream *ret_stream,
                                           struct lio_error *err);

/* -- writing ------------------------------------------------------------- */

/** Rows on their way into a dataset or a file. */
struct lio_writer;

enum lio_write_mode {
    LIO_WRITE_CREATE = 0,    /* a dataset; it must not exist */
    LIO_WRITE_APPEND = 1,    /* a dataset; it must exist */
    LIO_WRITE_OVERWRITE = 2, /* a dataset; if it exists, a new version that has
                                these rows alone */
    LIO_WRITE_FILE = 3       /* one data file; one that exists is replaced */
};

/** How to write; zero it, and every member means its default. */
struct lio_write_options {
    uint32_t mode;              /* enum lio_write_mode */
    const char *format_version; /* "2.0", "2.1" or "2.2"; NULL: that of the
                                   dataset appended to, else what current
                                   LanceDB writes, "2.2" */
    uint64_t memory;            /* bytes to hold at the most; 0: 128 MiB */
    uint32_t threads;           /* that encode; 0: as many as there are
                                   processors.  Without an engine the caller's
                                   does it alone */
    uint64_t rows_per_file;     /* 0: 1048576; one data file has no limit */
    uint64_t page_bytes;        /* of values, before encoding; 0: 8 MiB */
    const char *compression;    /* "none", "lz4" or "zstd" of what is worth it;
                                   NULL: by page, what measures smallest */
    uint32_t page_cache;        /* 1: all goes through the page cache, to be
                                   found there by who reads it soon; 0: pages
                                   of 1 MiB and more go past it, if they can */
};

/** What was written. */
struct lio_write_summary {
    uint64_t version; /* of the dataset; 0 for one data file */
    uint64_t rows;    /* appended by this writer */
    uint64_t bytes;   /* of its data files */
    uint32_t nfiles;
    uint32_t npages;
};

/**
 * Start writing rows of `schema`, a struct with one child a column, to `path`.
 * Until lio_writer_finish() has returned 0, `path` holds what it held before.
 * The file, or the files of the dataset, come to be beside it.
 *
 * The bytes written depend on the batches, the schema and the options, but not
 * on the engine, its backend or the number of threads.
 *
 * Ownership:  schema and options are copied.  `engine` may be NULL.
 * Closing:    if the engine is closed first, its writers return LIO_ECLOSED and
 *             are to be closed, which gives up their rows.
 * Fork:       in a child of fork a writer is the parent's: its calls return
 *             LIO_ECLOSED, and to close it does nothing.
 * Rivals:     two writers on one path write files of their own.  Of two that
 *             write a data file the one that finishes last replaces the
 *             other's; for datasets see lio_writer_finish().
 * Killed writers: what they left of a dataset or a file is removed by the next
 *             writer that opens it.
 * Appending:  columns find those of the dataset by name, in any order, parts of
 *             structs too; what the dataset has and the schema lacks is null in
 *             these rows, if it may be.  Null is what the dataset lets be null,
 *             whatever the schema says.
 * Blobs:      a binary or large_binary with the metadata "lance-encoding:blob":
 *             "true" is written as those of the version, which in a dataset of
 *             2.2 puts large ones into files of their own; as any binary in
 *             lists of 2.1.
 * Errors:     LIO_EINVAL for a schema that is none, or does not go with the
 *             dataset appended to, LIO_EUNSUPPORTED for a type that the version
 * cannot store: names the column; LIO_EEXIST for a dataset to be created, or
 * what is no file where a data file is to be; LIO_ENOTFOUND for a dataset to be
 * appended to; LIO_EACCES, LIO_ENOSPC, LIO_EIO, LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int
lio_writer_open(struct lio_engine *engine, const char *path,
                const struct ArrowSchema *schema,
                const struct lio_write_options *options,
                struct lio_writer **ret_writer, struct lio_error *err);

/**
 * Append the rows of `batch`, a struct array as the schema says.  Batches may
 * have any size, also none.  Blocks while options->memory is used up; a row
 * that is larger is held nevertheless.
 *
 * Ownership:  the batch is moved in: released when its rows have been taken, on
 *             failure too, and marked so.
 * Errors:     LIO_EINVAL for an array that does not go with the schema, or a
 *             null where the schema allows none: names column and row.
 *             LIO_ENOSPC, LIO_EIO, ...: writing has failed, perhaps of rows
 *             appended before.  After any error the writer can only be closed;
 *             further calls return the first error again.
 */
LIO_API LIO_MUST_CHECK int lio_writer_append(struct lio_writer *writer,
                                             struct ArrowArray *batch,
                                             struct lio_error *err);

/**
 * Write what is left, make it durable, and put it in place, in one step that
 * other readers see wholly or not at all.  The writer is still to be closed.
 * `ret_summary` may be NULL.
 *
 * Errors:     as lio_writer_append(); what was there is there still.  Nothing
 *             that failed is tried again: a device that lost a write may have
 *             lost others.
 *             Of a dataset, also LIO_ECONFLICT: others have committed since the
 *             writer was opened, and these rows cannot be appended to what they
 *             did (an overwrite yields to all but a compaction); nothing is
 *             lost, open another writer.  LIO_EEXIST: somebody else has created
 * it. One error comes behind the step: with err->op "committed" the version is
 * there, but may not survive a power failure.
 */
LIO_API LIO_MUST_CHECK int
lio_writer_finish(struct lio_writer *writer,
                  struct lio_write_summary *ret_summary, struct lio_error *err);

/** Close a writer; accepts NULL.  Without a finish that succeeded its rows are
 *  given up, and nothing of them stays behind. */
LIO_API void lio_writer_close(struct lio_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
