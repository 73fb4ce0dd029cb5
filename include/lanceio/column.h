/**
 * lanceio/column.h - read and write Lance files and datasets as Arrow arrays.
 *
 *     struct lio_dataset *dataset;
 *     struct ArrowArrayStream stream;
 *     struct lio_error err;
 *
 *     if (lio_dataset_open(engine, "flights.lance", &dataset, &err) < 0 ||
 *         lio_scan_stream(dataset, NULL, &stream, &err) < 0)
 *         fprintf(stderr, "%s\n", err.msg);
 *
 * The calls are synchronous.  With an engine, the I/O behind them is not: the
 * ranges that a read needs are submitted as one batch, and pages are decoded
 * and encoded on the engine's workers.  Without one (NULL) the calling thread
 * does everything, with the same results.
 *
 * Conventions are those of lanceio.h.
 *
 * Threads:    any number of threads may read one dataset at the same time.  A
 *             stream and a writer are used by one thread at a time.
 * Arrays:     follow the Arrow C data interface, with exact null counts and
 *             buffers aligned to 64 bytes.  An array may start inside its
 *             buffers (`offset`) and share them with other arrays, so a small
 *             array can keep a whole page in memory.
 * Ownership:  the caller releases the arrays and schemas it gets.  They stay
 *             valid after the dataset is closed, and children may be moved out
 *             of a struct.
 * Strings:    are the bytes in the file; whether they are UTF-8 is not checked.
 * Rows:       rows are numbered from 0 in scan order: by fragment, and in it by
 *             position, not counting deleted rows.  Pages are the exception:
 *             they hold all rows as stored, deleted ones too.
 * Errors:     everything a file says is checked before it is used.  A damaged
 *             file is LIO_ECORRUPT; the message names file, column and page,
 *             and what is wrong.  What this version cannot read is
 *             LIO_EUNSUPPORTED; the other columns can still be read.  All
 *             functions that read may also return LIO_EIO and LIO_ENOMEM.
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
 * Open `path`: a dataset directory, in its latest version, or a data file.
 * Reads metadata only.  `engine` may be NULL; it must outlive the dataset and
 * is not closed with it.
 *
 * Errors:     LIO_ENOTFOUND if there is nothing, or a directory that is no
 *             dataset; LIO_EACCES, LIO_ECORRUPT, LIO_EUNSUPPORTED.
 */
LIO_API LIO_MUST_CHECK int lio_dataset_open(struct lio_engine *engine,
                                            const char *path,
                                            struct lio_dataset **ret_dataset,
                                            struct lio_error *err);

/** Which version of a dataset to open.  All zero: the latest. */
struct lio_dataset_options {
    uint64_t version;   /* 0: the latest of the branch */
    const char *branch; /* NULL: the main branch */
    const char *tag;    /* names a version of some branch; excludes both */
};

/**
 * Like lio_dataset_open(), but open an older version, a branch or a tag.
 *
 * Errors:     as lio_dataset_open(); also LIO_ENOTFOUND for a version, branch
 *             or tag that does not exist (the message lists those that do), and
 *             LIO_EINVAL for a tag combined with a version or a branch, or for
 *             any of the three with a data file.
 */
LIO_API LIO_MUST_CHECK int
lio_dataset_open_with(struct lio_engine *engine, const char *path,
                      const struct lio_dataset_options *options,
                      struct lio_dataset **ret_dataset, struct lio_error *err);

/** Close a dataset; accepts NULL.  Its streams must have been released. */
LIO_API void lio_dataset_close(struct lio_dataset *dataset);

/** What a dataset is.  The strings live as long as the dataset. */
struct lio_dataset_info {
    const char *path;
    uint64_t version;           /* of the dataset; 0: a single data file */
    const char *format_version; /* "2.0", "2.1" or "2.2" */
    uint64_t rows;              /* not counting deleted ones */
    uint32_t nfragments;
    uint32_t nfields;   /* of all levels, see lio_dataset_field() */
    uint32_t npages;    /* see lio_dataset_page() */
    uint64_t bytes;     /* sum of the data files' sizes */
    const char *branch; /* NULL: the main branch, or a single data file */
};

LIO_API void lio_dataset_info(const struct lio_dataset *dataset,
                              struct lio_dataset_info *ret_info);

/** Memory that a dataset uses for bytes read and for decoded values, in bytes.
 *  Arrays that were given out count until they are released. */
struct lio_dataset_memory {
    uint64_t bytes;       /* in use now */
    uint64_t peak;        /* the most that was ever in use */
    uint64_t idle;        /* kept for the next read; not part of `bytes` */
    uint64_t whole_pages; /* pages that a stream had to read whole although they
                             exceed its memory: their layout has no place to
                             cut them */
    uint64_t whole_bytes; /* bytes of these pages */
};

LIO_API void lio_dataset_memory(const struct lio_dataset *dataset,
                                struct lio_dataset_memory *ret_memory);

/**
 * A field of the schema.  Fields are numbered from 0, depth first, each parent
 * before its children.  The strings live as long as the dataset.
 */
struct lio_field_info {
    const char *name;
    const char *logical_type; /* as the format spells it: "timestamp:us:-" */
    int32_t id;               /* in the file or dataset */
    int32_t parent;           /* number of the parent, or -1: a column */
    int nullable;             /* 0 or 1 */
    const char *unsupported;  /* why it cannot be read: a phrase, or NULL */
    const char *metadata;     /* key-value pairs in the binary form that
                                 ArrowSchema.metadata has, or NULL */
};

/** Describe field `number`, 0 .. nfields-1; LIO_EINVAL if there is none. */
LIO_API LIO_MUST_CHECK int lio_dataset_field(const struct lio_dataset *dataset,
                                             uint32_t number,
                                             struct lio_field_info *ret_field);

/**
 * Make an Arrow schema, a struct with one child for each column, from `nfields`
 * fields in the order of lio_dataset_field().  Only name, logical_type, parent,
 * nullable and metadata are used.
 *
 * Errors:     LIO_EINVAL for a logical type that does not exist or does not go
 *             with the field's children; LIO_EUNSUPPORTED for a field that this
 *             version cannot read.  The message names the field.  LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int lio_schema_make(const struct lio_field_info *fields,
                                           uint32_t nfields,
                                           struct ArrowSchema *ret_schema,
                                           struct lio_error *err);

/** A fragment: consecutive rows, stored in one or more data files, each of
 *  which holds other columns. */
struct lio_fragment_info {
    uint64_t id;            /* in the dataset; not its number */
    uint64_t physical_rows; /* as stored, deleted ones included */
    uint64_t deleted_rows;  /* of these */
    uint32_t nfiles;
};

/** Describe fragment `number`, 0 .. nfragments-1; LIO_EINVAL if there is none.
 */
LIO_API LIO_MUST_CHECK int
lio_dataset_fragment(const struct lio_dataset *dataset, uint32_t number,
                     struct lio_fragment_info *ret_fragment);

/** Where a buffer of a page lies in its data file, in bytes. */
struct lio_buffer_info {
    uint64_t offset;
    uint64_t bytes;
};

/**
 * A page: values of one column that are stored and encoded together.  Pages are
 * numbered from 0 by fragment, then column, then position in the column.
 * Strings and buffers live as long as the dataset.
 */
struct lio_page_info {
    uint32_t number;
    uint32_t fragment;    /* number of its fragment */
    uint32_t field;       /* number of its field */
    uint32_t column;      /* number of the column in the data file */
    const char *file;     /* path of the data file */
    uint64_t first_row;   /* in the fragment, deleted rows counted */
    uint64_t rows;        /* deleted rows counted */
    const char *encoding; /* "mini-block(dictionary(bit-packed), fsst)" */
    uint32_t nbuffers;
    const struct lio_buffer_info *buffers;
};

/** Describe page `number`, 0 .. npages-1; LIO_EINVAL if there is none. */
LIO_API LIO_MUST_CHECK int lio_dataset_page(const struct lio_dataset *dataset,
                                            uint32_t number,
                                            struct lio_page_info *ret_page);

/**
 * Read one page as an Arrow array, with the rows that were deleted.
 *
 * Nested:     a page belongs to a leaf.  In 2.1 and later the array has the
 *             type of the top-level column, reduced to the children that lead
 *             to the leaf.  In 2.0 it has the type of the leaf, and its rows
 *             may be the items of lists.
 * Errors:     LIO_EINVAL if there is no such page; LIO_ECORRUPT;
 *             LIO_EUNSUPPORTED, also for the page of a list or struct in 2.0,
 *             which holds no values.
 */
LIO_API LIO_MUST_CHECK int lio_read_page(struct lio_dataset *dataset,
                                         uint32_t number,
                                         struct ArrowArray *ret_array,
                                         struct lio_error *err);

/**
 * Read `n` pages in one batch of I/O: ret_arrays[i] is page numbers[i].  The
 * numbers may repeat and come in any order.  On failure no array is returned.
 *
 * Errors:     as lio_read_page().
 */
LIO_API LIO_MUST_CHECK int lio_read_pages(struct lio_dataset *dataset,
                                          const uint32_t *numbers, uint32_t n,
                                          struct ArrowArray *ret_arrays,
                                          struct lio_error *err);

/**
 * Which rows and columns to read.  All zero, or NULL in place of a scan, means
 * everything.
 *
 * Columns:    names, in the order in which they are wanted; one may be given
 *             twice.  "point.x" reads column "point" with its child "x" alone.
 *             "_rowaddr" is the fragment's id << 32 | the row's position in it.
 *             "_rowid" is the row's stable id if the dataset keeps such ids,
 *             and else its address.
 */
struct lio_scan {
    const char *const *columns;
    uint32_t ncolumns;   /* 0: all columns, without _rowaddr and _rowid */
    uint64_t offset;     /* rows to skip; past the last one nothing is read */
    uint64_t limit;      /* most rows to read; 0: no limit */
    uint32_t batch_rows; /* rows in each batch of a stream; 0: 8192, or fewer so
                            that a batch has about 2 MiB at most, or 4 MiB with
                            [files] direct */
    uint64_t memory;     /* bytes that a stream may use besides the batches it
                            has given out; 0: 64 MiB.  Large pages are read in
                            pieces to keep to it; those whose layout has no
                            place to cut are read whole */
};

/**
 * Get the schema that `scan` yields: a struct with one child for each column.
 *
 * Errors:     LIO_EINVAL for a column that does not exist (the message lists
 *             those that do); LIO_EUNSUPPORTED for one that cannot be read.
 */
LIO_API LIO_MUST_CHECK int lio_scan_schema(struct lio_dataset *dataset,
                                           const struct lio_scan *scan,
                                           struct ArrowSchema *ret_schema,
                                           struct lio_error *err);

/**
 * Read all rows of `scan` as one struct array; batch_rows and memory are not
 * used.  For more than fits into memory there is lio_scan_stream().
 *
 * Errors:     as lio_scan_schema(); LIO_ECORRUPT.
 */
LIO_API LIO_MUST_CHECK int lio_scan_read(struct lio_dataset *dataset,
                                         const struct lio_scan *scan,
                                         struct ArrowArray *ret_array,
                                         struct lio_error *err);

/**
 * Read `n` rows by their numbers, as one struct array in the order of `rows`,
 * which may repeat.  Of `scan` only the columns are used; NULL means all.
 * Where the layout of a page allows it, only the bytes of these rows are read.
 *
 * Errors:     as lio_scan_read(); LIO_EINVAL for a row that does not exist.
 */
LIO_API LIO_MUST_CHECK int lio_take_rows(struct lio_dataset *dataset,
                                         const uint64_t *rows, uint64_t n,
                                         const struct lio_scan *scan,
                                         struct ArrowArray *ret_array,
                                         struct lio_error *err);

/**
 * Read the rows of `scan` in batches, each a struct array.  `scan` is copied.
 * The stream must be released before the dataset is closed; its batches may be
 * kept.
 *
 * The stream's own calls return an errno, as Arrow has it: ENOMEM, EINVAL,
 * ENOTSUP (LIO_EUNSUPPORTED) or EIO (all others); get_last_error() has the
 * message.  A get_next() that failed fails from then on.
 *
 * Errors:     as lio_scan_schema().
 */
LIO_API LIO_MUST_CHECK int lio_scan_stream(struct lio_dataset *dataset,
                                           const struct lio_scan *scan,
                                           struct ArrowArrayStream *ret_stream,
                                           struct lio_error *err);

/* -- writing ------------------------------------------------------------- */

/** Rows on their way into a dataset or a data file. */
struct lio_writer;

enum lio_write_mode {
    LIO_WRITE_CREATE = 0,    /* a dataset, which must not exist yet */
    LIO_WRITE_APPEND = 1,    /* more rows for a dataset, which must exist */
    LIO_WRITE_OVERWRITE = 2, /* a dataset; if it exists, a new version with
                                these rows only */
    LIO_WRITE_FILE = 3       /* a single data file; replaces an existing one */
};

/** How to write.  All zero, or NULL in place of the options: the defaults. */
struct lio_write_options {
    uint32_t mode;              /* enum lio_write_mode */
    const char *format_version; /* "2.0", "2.1" or "2.2"; NULL: when appending,
                                   that of the dataset (another is an error),
                                   else "2.2", as LanceDB 0.39 writes */
    uint64_t memory;            /* bytes the writer may use, 1 MiB at least;
                                   0: 128 MiB */
    uint32_t threads;           /* threads that encode; 0: one per processor.
                                   Without an engine, only the caller's */
    uint64_t rows_per_file;     /* 0: 1048576; not used for LIO_WRITE_FILE */
    uint64_t page_bytes;        /* bytes of values in a page, before encoding,
                                   1 GiB at most; 0: 8 MiB */
    const char *compression;    /* "none", "fsst", "lz4" or "zstd", used where
                                   it makes a page smaller; NULL: for each page,
                                   whichever comes out smallest */
    uint32_t page_cache;        /* 1: write everything through the page cache,
                                   for a reader that comes soon; 0: pages of
                                   1 MiB and more bypass it where the file
                                   system allows that */
};

/** What was written. */
struct lio_write_summary {
    uint64_t version; /* of the dataset; 0: a single data file */
    uint64_t rows;    /* appended by this writer */
    uint64_t bytes;   /* sum of its files' sizes, blob files included */
    uint32_t nfiles;  /* data files */
    uint32_t npages;
};

/**
 * Start to write rows of `schema`, a struct with one child for each column, to
 * `path`.  Nothing at `path` changes until lio_writer_finish() succeeds: new
 * files are written beside what is there.
 *
 * The bytes written depend on batches, schema and options only, not on the
 * engine, its backend or the number of threads.
 *
 * Ownership:  schema and options are copied.  `engine` may be NULL and must
 *             otherwise outlive the writer: after it is closed, the writer's
 *             calls return LIO_ECLOSED, and closing it discards its rows.
 * Fork:       a writer belongs to the process that opened it.  In a child of
 *             fork its calls return LIO_ECLOSED, and closing it does nothing.
 * Concurrency: writers on the same path do not see each other's files.  Of two
 *             that write the same data file, the one that finishes last wins.
 *             For datasets see lio_writer_finish().
 * After a kill: the files of a writer that was killed are removed by the next
 *             writer that opens the same path.
 * Appending:  columns, and children of structs, are matched with those of the
 *             dataset by name, in any order.  A column that the schema lacks
 *             becomes null in the new rows if the dataset allows nulls there;
 *             one that the dataset lacks is an error.  Nullability is that of
 *             the dataset.
 * Blobs:      a binary or large_binary field with the metadata
 *             "lance-encoding:blob": "true" is stored as a blob.  In a dataset
 *             of 2.2 large blobs go to files of their own.  In lists of 2.1,
 *             blobs are stored like any other binary.
 * Errors:     LIO_EINVAL for an invalid option, an invalid schema, or one that
 *             does not match the dataset; LIO_EUNSUPPORTED for a type that the
 *             file version cannot store (both name the column); LIO_EEXIST for
 *             LIO_WRITE_CREATE on something that exists, and for LIO_WRITE_FILE
 *             on something that is not a file; LIO_ENOTFOUND for
 *             LIO_WRITE_APPEND on nothing; LIO_EACCES, LIO_ENOSPC, LIO_EIO,
 *             LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int
lio_writer_open(struct lio_engine *engine, const char *path,
                const struct ArrowSchema *schema,
                const struct lio_write_options *options,
                struct lio_writer **ret_writer, struct lio_error *err);

/**
 * Append the rows of `batch`, a struct array that matches the schema.  It may
 * have any number of rows, or none.  Blocks while options->memory is in use; a
 * single row that is larger is accepted all the same.
 *
 * Ownership:  the batch is moved in and released, also on failure; on return
 *             batch->release is NULL.
 * Errors:     LIO_EINVAL for an array that does not match the schema, or for a
 *             null in a column without nulls (the message names column and
 *             row).  LIO_ENOSPC, LIO_EIO and others: a write failed, perhaps of
 *             rows appended earlier.  After an error the writer can only be
 *             closed; every other call returns the same error again.
 */
LIO_API LIO_MUST_CHECK int lio_writer_append(struct lio_writer *writer,
                                             struct ArrowArray *batch,
                                             struct lio_error *err);

/**
 * Write the remaining rows, make everything durable, and commit: from one
 * moment to the next readers see all of the new rows.  The writer must still be
 * closed.  `ret_summary` may be NULL.
 *
 * Errors:     as lio_writer_append(); `path` is then as it was before.  A write
 *             that failed is never repeated, because a device that lost one
 *             write may have lost others.
 *             LIO_ECONFLICT: other writers have committed to the dataset since
 *             this one was opened, and its rows cannot be added to what they
 *             did (an overwrite conflicts with everything but a compaction).
 *             Nothing is changed; open a new writer to try again.
 *             LIO_EEXIST: another writer has created the dataset first.
 *             One error comes after the commit: err->op is then "committed".
 *             The new version is there, but may not survive a power failure.
 */
LIO_API LIO_MUST_CHECK int
lio_writer_finish(struct lio_writer *writer,
                  struct lio_write_summary *ret_summary, struct lio_error *err);

/** Close a writer; accepts NULL.  Unless lio_writer_finish() succeeded, its
 *  rows are discarded and its files removed. */
LIO_API void lio_writer_close(struct lio_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
