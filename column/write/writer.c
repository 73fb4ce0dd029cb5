/*
 * The writer that programs see: checks what comes in, and deals the rows out to
 * data files.
 *
 * Whatever fails, fails for good: what is in the pages that are open, or on
 * their way, is not known to the caller, so there is nothing to go on from.
 */
#include "column/write/commit.h"
#include "column/write/failed.h"
#include "column/write/file_writer.h"
#include "column/write/input.h"
#include "column/write/single.h"

#include <lanceio/column.h>

#include <stdlib.h>
#include <unistd.h>

#define MEMORY         (UINT64_C(128) << 20)
#define MEMORY_MIN     (UINT64_C(1) << 20)
#define PAGE_BYTES     (UINT64_C(8) << 20)
#define PAGE_BYTES_MAX (UINT64_C(1) << 30)
#define ROWS_PER_FILE  (UINT64_C(1) << 20)
#define FORMAT         LIO_FORMAT_22

struct lio_writer {
    char *path;
    pid_t owner; /* a forked child has neither its threads nor its files */
    struct lio_engine *engine; /* or NULL */
    struct lio_cq *hold;       /* so that a closed one can say so */
    struct lio_file_options options;
    struct lio_fields fields;
    struct lio_single *single;    /* one data file; or */
    struct lio_commit *commit;    /* a dataset */
    struct lio_file_writer *file; /* or NULL, between two of a dataset */
    uint64_t rows_per_file;
    uint64_t file_rows; /* appended to `file` */
    struct lio_write_summary summary;
    bool finished;
    struct lio_error first; /* of all calls; code 0: none */
};

/* -- options ------------------------------------------------------------- */

static int parse_format(const char *path, const char *version,
                        enum lio_format *ret_format, struct lio_error *err)
{
    static const enum lio_format formats[] = { LIO_FORMAT_20, LIO_FORMAT_21,
                                               LIO_FORMAT_22 };

    *ret_format = FORMAT;
    if (!version)
        return 0;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcmp(version, lio_format_name(formats[i])) == 0) {
            *ret_format = formats[i];
            return 0;
        }
    return lio_error_set(err, LIO_EINVAL,
                         "%s: there is no file version '%s'; there are 2.0, "
                         "2.1 and 2.2",
                         path, version);
}

static int parse_compression(const char *path, const char *name,
                             enum lio_compression *ret_compression,
                             struct lio_error *err)
{
    *ret_compression = LIO_COMPRESSION_AUTO;
    if (!name || lio_compression_parse(name, ret_compression))
        return 0;
    return lio_error_set(err, LIO_EINVAL,
                         "%s: there is no compression '%s'; there are none, "
                         "fsst, lz4 and zstd",
                         path, name);
}

static uint32_t count_threads(const struct lio_engine *engine, uint32_t threads)
{
    long processors;

    if (!engine)
        return 1;
    if (threads > 0)
        return threads;
    processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 0 ? (uint32_t)processors : 1;
}

static int check_sizes(const char *path, const struct lio_file_options *options,
                       struct lio_error *err)
{
    if (options->memory < MEMORY_MIN)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: %llu bytes are too little memory to write "
                             "it: give it %llu at least",
                             path, (unsigned long long)options->memory,
                             (unsigned long long)MEMORY_MIN);
    if (options->page_bytes > PAGE_BYTES_MAX)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: pages of %llu bytes are too large: they may "
                             "have %llu",
                             path, (unsigned long long)options->page_bytes,
                             (unsigned long long)PAGE_BYTES_MAX);
    return 0;
}

static int take_options(struct lio_writer *writer,
                        const struct lio_write_options *options,
                        struct lio_error *err)
{
    struct lio_file_options *to = &writer->options;
    int rc = parse_compression(writer->path, options->compression,
                               &to->compression, err);

    if (rc < 0)
        return rc;
    to->memory = options->memory ? options->memory : MEMORY;
    to->page_bytes = options->page_bytes ? options->page_bytes : PAGE_BYTES;
    to->threads = count_threads(writer->engine, options->threads);
    to->page_cache = options->page_cache != 0;
    return check_sizes(writer->path, to, err);
}

/* -- opening and closing ------------------------------------------------- */

/* What the rows are for: a dataset knows which version its files have. */
static int open_target(struct lio_writer *writer,
                       const struct lio_write_options *options,
                       struct lio_error *err)
{
    static const enum lio_commit_mode modes[] = {
        [LIO_WRITE_CREATE] = LIO_COMMIT_CREATE,
        [LIO_WRITE_APPEND] = LIO_COMMIT_APPEND,
        [LIO_WRITE_OVERWRITE] = LIO_COMMIT_OVERWRITE,
    };
    int rc;

    if (options->mode == LIO_WRITE_FILE) {
        writer->rows_per_file = UINT64_MAX;
        return parse_format(writer->path, options->format_version,
                            &writer->options.format, err);
    }
    if (options->mode >= sizeof(modes) / sizeof(modes[0]))
        return lio_error_set(err, LIO_EINVAL, "%s: there is no write mode %u",
                             writer->path, options->mode);
    writer->rows_per_file =
        options->rows_per_file ? options->rows_per_file : ROWS_PER_FILE;
    rc = lio_commit_open(writer->engine, writer->path, modes[options->mode],
                         options->format_version, &writer->commit, err);
    if (rc == 0)
        writer->options.format = lio_commit_format(writer->commit);
    return rc;
}

static int open_file(struct lio_writer *writer, struct lio_error *err)
{
    const char *path;
    int rc;

    if (writer->commit) {
        rc = lio_commit_path(writer->commit, &path, err);
    } else {
        rc = lio_single_open(writer->path, &writer->single, err);
        path = rc < 0 ? NULL : lio_single_path(writer->single);
    }
    if (rc < 0)
        return rc;
    writer->file_rows = 0;
    return lio_file_writer_open(writer->engine, path, writer->path,
                                &writer->fields, &writer->options,
                                &writer->file, err);
}

static int open_writer(struct lio_writer *writer,
                       const struct ArrowSchema *schema,
                       const struct lio_write_options *options,
                       struct lio_error *err)
{
    int rc = take_options(writer, options, err);

    if (rc == 0 && writer->engine)
        rc = lio_cq_open(writer->engine, &writer->hold, err);
    if (rc == 0)
        rc = open_target(writer, options, err);
    if (rc == 0)
        rc = lio_fields_import(writer->path, schema, writer->options.format,
                               &writer->fields, err);
    if (rc == 0 && writer->commit)
        rc = lio_commit_fields(writer->commit, writer->fields.messages,
                               &writer->fields.schema, err);
    writer->options.sidecars = writer->commit != NULL;
    /* A data file is one also without rows; a dataset then has no file. */
    return rc < 0 || writer->commit ? rc : open_file(writer, err);
}

int lio_writer_open(struct lio_engine *engine, const char *path,
                    const struct ArrowSchema *schema,
                    const struct lio_write_options *options,
                    struct lio_writer **ret_writer, struct lio_error *err)
{
    static const struct lio_write_options defaults;
    struct lio_writer *writer = calloc(1, sizeof(*writer));
    int rc;

    if (!writer || !(writer->path = strdup(path))) {
        free(writer);
        return lio_write_no_memory(path, err);
    }
    writer->owner = getpid();
    writer->engine = engine;
    rc = open_writer(writer, schema, options ? options : &defaults, err);
    if (rc < 0) {
        lio_writer_close(writer);
        return rc;
    }
    *ret_writer = writer;
    return 0;
}

void lio_writer_close(struct lio_writer *writer)
{
    if (!writer || writer->owner != getpid())
        return;
    lio_file_writer_close(writer->file);
    lio_single_close(writer->single);
    lio_commit_close(writer->commit);
    lio_fields_release(&writer->fields);
    lio_cq_close(writer->hold);
    free(writer->path);
    free(writer);
}

/* -- writing ------------------------------------------------------------- */

/* Remember the first error, whatever the caller does with his. */
static int fail(struct lio_writer *writer, int rc, const struct lio_error *what,
                struct lio_error *err)
{
    writer->first = *what;
    if (err)
        *err = *what;
    return rc;
}

static int check_state(const struct lio_writer *writer, struct lio_error *err)
{
    if (writer->owner != getpid())
        return lio_error_set(err, LIO_ECLOSED,
                             "%s: its writer belongs to the parent of this "
                             "process",
                             writer->path);
    if (writer->first.code < 0) {
        if (err)
            *err = writer->first;
        return writer->first.code;
    }
    if (writer->finished)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: is finished: nothing can be appended",
                             writer->path);
    return 0;
}

/* The file is whole: note what it holds. */
static int end_file(struct lio_writer *writer, struct lio_error *err)
{
    struct lio_file_summary summary;
    int rc = lio_file_writer_finish(writer->file, &summary, err);

    if (rc == 0 && writer->commit)
        rc = lio_commit_add(writer->commit, summary.rows, summary.bytes, err);
    if (rc < 0)
        return rc;
    lio_file_writer_close(writer->file);
    writer->file = NULL;
    writer->summary.bytes += summary.bytes + summary.sidecar_bytes;
    writer->summary.npages += summary.npages;
    writer->summary.nfiles++;
    return 0;
}

/* The next rows of `batch` from `from` on, as many as the file may have. */
static int append_some(struct lio_writer *writer,
                       const struct ArrowArray *batch, uint64_t from,
                       uint64_t *ret_n, struct lio_error *err)
{
    uint64_t n = (uint64_t)batch->length - from, room;
    int rc = writer->file ? 0 : open_file(writer, err);

    if (rc < 0)
        return rc;
    room = writer->rows_per_file - writer->file_rows;
    n = n < room ? n : room;
    rc = lio_file_writer_append(writer->file, batch, from, n, err);
    if (rc < 0)
        return rc;
    writer->file_rows += n;
    *ret_n = n;
    return n == room ? end_file(writer, err) : 0;
}

static int append(struct lio_writer *writer, const struct ArrowArray *batch,
                  struct lio_error *err)
{
    uint64_t n;
    int rc = lio_input_check(writer->path, &writer->fields, batch, err);

    for (uint64_t from = 0; from < (uint64_t)batch->length && rc == 0;
         from += n) {
        n = 0;
        rc = append_some(writer, batch, from, &n, err);
    }
    if (rc == 0)
        writer->summary.rows += (uint64_t)batch->length;
    return rc;
}

int lio_writer_append(struct lio_writer *writer, struct ArrowArray *batch,
                      struct lio_error *err)
{
    struct lio_error what;
    int rc = check_state(writer, err);

    if (rc == 0) {
        rc = append(writer, batch, &what);
        if (rc < 0)
            rc = fail(writer, rc, &what, err);
    }
    if (batch->release)
        batch->release(batch);
    return rc;
}

static int finish(struct lio_writer *writer, struct lio_error *err)
{
    int rc = writer->file ? end_file(writer, err) : 0;

    if (rc < 0)
        return rc;
    if (writer->commit)
        return lio_commit_finish(writer->commit, &writer->summary.version, err);
    return lio_single_finish(writer->single, err);
}

int lio_writer_finish(struct lio_writer *writer,
                      struct lio_write_summary *ret_summary,
                      struct lio_error *err)
{
    struct lio_error what;
    int rc = check_state(writer, err);

    if (rc < 0)
        return rc;
    rc = finish(writer, &what);
    if (rc < 0)
        return fail(writer, rc, &what, err);
    writer->finished = true;
    if (ret_summary)
        *ret_summary = writer->summary;
    return 0;
}
