/*
 * Writing one data file.
 */
#include "column/write/file_writer.h"

#include "column/write/blob_fields.h"
#include "column/write/blobs.h"
#include "column/write/failed.h"
#include "column/write/jobs.h"
#include "column/write/output.h"
#include "column/write/shred.h"
#include "column/write/tail.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* What encoders try, and the result: so many times the values. */
#define JOB_COST 2

/* Of the memory, this part is kept when nobody uses it, */
#define IDLE_SHARE 4

/* and this is for the values of pages that are open, in buffers that may have
 * room for twice as many. */
#define OPEN_SHARE 4

/* No page is cut smaller because memory is short. */
#define PAGE_BYTES_MIN 4096

struct column {
    const char *path; /* of the field */
    bool blobs;
    struct lio_blob_limits limits; /* of these */
    enum lio_compression compression;
    struct lio_shredder shredder;
};

struct lio_file_writer {
    char *name; /* in errors */
    const struct lio_fields *fields;
    struct lio_file_options options;
    struct lio_output *output;
    struct lio_sidecars *sidecars; /* or NULL */
    struct lio_jobs *jobs;
    struct column *columns;
    struct lio_written_column *written; /* by hand_on() alone */
    uint32_t ncolumns;
    struct lio_pool *pool; /* all but small things come from there */
    uint64_t page_bytes;   /* at which the pages of each column are cut */
    uint64_t held_max;     /* bytes out of the pool, promises included */
    uint64_t rows;
    uint64_t at; /* where the next page goes; by hand_on() alone */
    atomic_uint_least64_t promised; /* bytes that jobs will still take */
    pthread_mutex_t lock;           /* guards `first`; a leaf */
    struct lio_error first;         /* of jobs */
};

struct page_job {
    struct lio_job job;
    struct lio_file_writer *writer;
    uint32_t column;
    struct lio_shredded shredded;
    struct lio_blob_page blobs;
    struct lio_page_image image;
    uint64_t cost; /* that is part of `promised` */
    struct lio_error err;
};

/* -- errors -------------------------------------------------------------- */

static void keep_error(struct lio_file_writer *writer,
                       const struct lio_error *err)
{
    pthread_mutex_lock(&writer->lock);
    if (writer->first.code == 0)
        writer->first = *err;
    pthread_mutex_unlock(&writer->lock);
}

/* What has gone wrong so far, behind the caller's back. */
static int status(struct lio_file_writer *writer, struct lio_error *err)
{
    int code;

    pthread_mutex_lock(&writer->lock);
    code = writer->first.code;
    if (code < 0)
        (void)lio_error_set(err, code, "%s: %s", writer->name,
                            writer->first.msg);
    pthread_mutex_unlock(&writer->lock);
    return code < 0 ? code : lio_output_status(writer->output, err);
}

/* -- jobs ---------------------------------------------------------------- */

/* Errors are in the job. */
static void encode_page(struct page_job *job)
{
    const struct lio_file_writer *writer = job->writer;
    const struct column *column = &writer->columns[job->column];
    struct lio_arena arena = { .pool = writer->pool };
    struct lio_encode enc = {
        .format = writer->options.format,
        .compression = column->compression,
        .column = column->path,
        .arena = &arena,
        .err = &job->err,
    };
    struct lio_raw_page raw;
    int rc = lio_shredded_page(&enc, &job->shredded, &raw);

    if (rc == 0)
        rc = column->blobs
                 ? lio_blobs_write(&enc, &raw, &job->blobs, &job->image)
                 : lio_page_write(&enc, &raw, &job->image);
    assert(rc == job->err.code);
    job->err.code = rc;
    lio_arena_release(&arena);
    lio_shredded_release(&job->shredded);
}

/* Blobs are described when it is known where they will be. */
static void encode(struct lio_job *base)
{
    struct page_job *job = (struct page_job *)base;
    const struct column *column = &job->writer->columns[job->column];

    if (!column->blobs) {
        encode_page(job);
    } else {
        job->blobs.limits = column->limits;
        if (lio_blobs_sort(&job->shredded.slots, job->writer->pool,
                           &job->blobs) < 0)
            (void)lio_write_no_memory(column->path, &job->err);
    }
    atomic_fetch_sub(&job->writer->promised, job->cost);
}

/* Note where the page is. */
static int add_page(struct lio_written_column *column,
                    struct lio_page_image *image, uint64_t at)
{
    uint32_t room = column->room > 0 ? column->room * 2 : 4;
    struct lio_page_image *more;

    if (column->npages == column->room) {
        more = realloc(column->pages, room * sizeof(*more));
        if (!more)
            return LIO_ENOMEM;
        column->pages = more;
        column->room = room;
    }
    for (uint32_t i = 0; i < image->nbuffers; i++)
        image->buffer_at[i] += at;
    column->pages[column->npages++] = *image;
    return 0;
}

/* The bytes of blobs, and then the page that says where each is. */
static void write_blobs(struct lio_file_writer *writer, struct page_job *job)
{
    uint64_t bytes = job->blobs.inlined_bytes;
    uint64_t at = lio_page_at(writer->at, bytes);

    writer->at = at + lio_page_room(bytes);
    if (job->err.code == 0)
        job->err.code = lio_blobs_place(writer->output, at, writer->sidecars,
                                        &job->blobs, &job->err);
    if (job->err.code == 0)
        encode_page(job);
    else
        lio_shredded_release(&job->shredded);
    lio_blobs_release(&job->blobs);
}

static void hand_on(void *owner, struct lio_job *base)
{
    struct lio_file_writer *writer = owner;
    struct page_job *job = (struct page_job *)base;
    struct lio_page_image *image = &job->image;
    struct lio_mem *mem;
    uint64_t bytes, at;

    if (writer->columns[job->column].blobs)
        write_blobs(writer, job);
    mem = image->mem;
    bytes = image->bytes;
    at = lio_page_at(writer->at, bytes);
    image->mem = NULL;
    if (job->err.code == 0 &&
        add_page(&writer->written[job->column], image, at) < 0)
        (void)lio_write_no_memory("page", &job->err);
    if (job->err.code == 0) {
        writer->at = at + bytes;
        lio_output_write(writer->output, mem, bytes, at);
    } else {
        keep_error(writer, &job->err);
        lio_mem_put(mem);
        lio_page_image_release(image);
    }
    free(job);
}

static bool has_room(struct lio_file_writer *writer, uint64_t cost)
{
    struct lio_pool_use use;

    lio_pool_use(writer->pool, &use);
    return use.bytes + atomic_load(&writer->promised) + cost <=
           writer->held_max;
}

/* Wait until a job that costs so much may start, or nothing else is left that
 * could give memory back. */
static void make_room(struct lio_file_writer *writer, uint64_t cost)
{
    (void)lio_output_reap(writer->output, false);
    while (!has_room(writer, cost))
        if (!lio_output_reap(writer->output, true) &&
            !(writer->sidecars && lio_sidecars_reap(writer->sidecars, true)) &&
            !lio_jobs_wait(writer->jobs))
            return;
}

/* The open page of a column is full. */
static int cut_page(struct lio_file_writer *writer, uint32_t column,
                    struct lio_error *err)
{
    struct page_job *job = calloc(1, sizeof(*job));
    int rc;

    if (!job || lio_shredder_cut(&writer->columns[column].shredder,
                                 &job->shredded) < 0) {
        free(job);
        return lio_write_no_memory(writer->name, err);
    }
    job->writer = writer;
    job->column = column;
    job->cost = JOB_COST * job->shredded.bytes;
    make_room(writer, job->cost);
    atomic_fetch_add(&writer->promised, job->cost);
    rc = lio_jobs_push(writer->jobs, &job->job);
    if (rc < 0)
        return lio_error_set(err, rc, "%s: the engine was closed under it",
                             writer->name);
    rc = status(writer, err);
    return rc == 0 && writer->sidecars
               ? lio_sidecars_settle(writer->sidecars, err)
               : rc;
}

/* -- opening and closing ------------------------------------------------- */

/* What the field asks for, unless all are to be alike. */
static enum lio_compression compression_of(const Lio__Pb__Field *field,
                                           enum lio_compression of_all)
{
    static const char key[] = "lance-encoding:compression";
    enum lio_compression compression = of_all;

    for (size_t i = 0; i < field->n_metadata; i++) {
        const Lio__Pb__MetadataEntry *entry = field->metadata[i];
        char name[8] = "";

        if (strcmp(entry->key, key) != 0 || entry->value.len >= sizeof(name))
            continue;
        memcpy(name, entry->value.data, entry->value.len);
        if (of_all == LIO_COMPRESSION_AUTO)
            (void)lio_compression_parse(name, &compression);
    }
    return compression;
}

static void open_blobs(const struct lio_file_writer *writer,
                       const Lio__Pb__Field *field, struct column *column,
                       struct lio_written_column *written)
{
    bool new = writer->options.format >= LIO_FORMAT_22;

    column->blobs = lio_field_is_blob(field);
    column->limits = new && writer->options.sidecars ? lio_blob_limits_of(field)
                                                     : lio_blobs_all_inlined;
    written->blobs = column->blobs && !new;
}

static int open_columns(struct lio_file_writer *writer, struct lio_error *err)
{
    const struct lio_schema *schema = &writer->fields->schema;

    writer->columns = calloc(schema->nfields, sizeof(*writer->columns));
    writer->written = calloc(schema->nfields, sizeof(*writer->written));
    if (!writer->columns || !writer->written)
        return lio_write_no_memory(writer->name, err);
    for (uint32_t i = 0; i < schema->nfields; i++) {
        struct column *column = &writer->columns[writer->ncolumns];

        if (!lio_schema_has_column(schema, i, writer->options.format))
            continue;
        column->path = schema->fields[i].path;
        open_blobs(writer, writer->fields->messages[i], column,
                   &writer->written[writer->ncolumns]);
        column->compression = compression_of(writer->fields->messages[i],
                                             writer->options.compression);
        if (lio_shredder_init(&column->shredder, schema, i,
                              writer->options.format, writer->pool) < 0)
            return lio_write_no_memory(writer->name, err);
        writer->ncolumns++;
    }
    return 0;
}

static int open_pool(struct lio_file_writer *writer, struct lio_error *err)
{
    uint64_t idle = writer->options.memory / IDLE_SHARE;

    writer->pool = lio_pool_new(idle);
    if (!writer->pool)
        return lio_write_no_memory(writer->name, err);
    lio_pool_want_huge(writer->pool);
    writer->held_max = writer->options.memory - idle;
    return 0;
}

static void set_page_bytes(struct lio_file_writer *writer)
{
    uint64_t each = writer->options.memory / OPEN_SHARE / writer->ncolumns;

    writer->page_bytes = writer->options.page_bytes;
    if (each < writer->page_bytes)
        writer->page_bytes = each;
    if (writer->page_bytes < PAGE_BYTES_MIN)
        writer->page_bytes = PAGE_BYTES_MIN;
}

static bool has_sidecars(const struct lio_file_writer *writer)
{
    for (uint32_t i = 0; i < writer->ncolumns; i++)
        if (writer->columns[i].blobs &&
            writer->columns[i].limits.inlined < UINT64_MAX)
            return true;
    return false;
}

static int open_writer(struct lio_file_writer *writer,
                       struct lio_engine *engine, const char *path,
                       struct lio_error *err)
{
    static const struct lio_job_ops ops = { encode, hand_on };
    int rc = open_pool(writer, err);

    if (rc == 0)
        rc = open_columns(writer, err);
    if (rc < 0)
        return rc;
    set_page_bytes(writer);
    rc = lio_output_open(engine, path, !writer->options.page_cache,
                         &writer->output, err);
    if (rc == 0 && has_sidecars(writer))
        rc = lio_sidecars_open(engine, path, &writer->sidecars, err);
    if (rc < 0)
        return rc;
    return lio_jobs_open(engine, writer->options.threads, &ops, writer,
                         &writer->jobs, err);
}

int lio_file_writer_open(struct lio_engine *engine, const char *path,
                         const char *name, const struct lio_fields *fields,
                         const struct lio_file_options *options,
                         struct lio_file_writer **ret_writer,
                         struct lio_error *err)
{
    struct lio_file_writer *writer = calloc(1, sizeof(*writer));
    int rc;

    if (!writer || !(writer->name = strdup(name))) {
        free(writer);
        return lio_write_no_memory(name, err);
    }
    pthread_mutex_init(&writer->lock, NULL);
    writer->fields = fields;
    writer->options = *options;
    rc = open_writer(writer, engine, path, err);
    if (rc < 0) {
        lio_file_writer_close(writer);
        return rc;
    }
    *ret_writer = writer;
    return 0;
}

void lio_file_writer_close(struct lio_file_writer *writer)
{
    if (!writer)
        return;
    lio_jobs_close(writer->jobs);
    lio_output_close(writer->output);
    lio_sidecars_close(writer->sidecars);
    for (uint32_t i = 0; i < writer->ncolumns; i++) {
        struct lio_written_column *written = &writer->written[i];

        lio_shredder_release(&writer->columns[i].shredder);
        for (uint32_t j = 0; j < written->npages; j++)
            lio_page_image_release(&written->pages[j]);
        free(written->pages);
    }
    lio_pool_close(writer->pool);
    pthread_mutex_destroy(&writer->lock);
    free(writer->columns);
    free(writer->written);
    free(writer->name);
    free(writer);
}

/* -- writing ------------------------------------------------------------- */

static int append_column(struct lio_file_writer *writer, uint32_t column,
                         const struct ArrowArray *batch, uint64_t from,
                         uint64_t n, struct lio_error *err)
{
    struct lio_shredder *shredder = &writer->columns[column].shredder;
    struct lio_error what;
    int rc = 0;

    while (n > 0 && rc == 0) {
        uint64_t fit =
            lio_shredder_fit(shredder, batch, from, n, writer->page_bytes);

        if (fit > 0)
            rc = lio_shredder_append(shredder, batch, from, fit, &what);
        if (rc < 0)
            return lio_error_set(err, rc, "%s: %s", writer->name, what.msg);
        from += fit;
        n -= fit;
        if (n > 0)
            rc = cut_page(writer, column, err);
    }
    return rc;
}

int lio_file_writer_append(struct lio_file_writer *writer,
                           const struct ArrowArray *batch, uint64_t from,
                           uint64_t n, struct lio_error *err)
{
    int rc = status(writer, err);

    for (uint32_t i = 0; i < writer->ncolumns && rc == 0; i++)
        rc = append_column(writer, i, batch, from, n, err);
    writer->rows += n;
    return rc;
}

static int write_pages(struct lio_file_writer *writer, struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < writer->ncolumns && rc == 0; i++)
        if (writer->columns[i].shredder.open.rows > 0)
            rc = cut_page(writer, i, err);
    while (lio_jobs_wait(writer->jobs))
        ;
    return rc < 0 ? rc : status(writer, err);
}

static int write_tail(struct lio_file_writer *writer, uint64_t *ret_bytes,
                      struct lio_error *err)
{
    struct lio_mem *tail;
    uint64_t bytes;

    if (lio_tail_build(writer->fields, writer->options.format, writer->written,
                       writer->ncolumns, writer->rows, writer->at, &tail,
                       &bytes) < 0)
        return lio_write_no_memory(writer->name, err);
    *ret_bytes = writer->at + bytes;
    lio_output_write(writer->output, tail, bytes, writer->at);
    return lio_output_end(writer->output, *ret_bytes, err);
}

int lio_file_writer_finish(struct lio_file_writer *writer,
                           struct lio_file_summary *ret_summary,
                           struct lio_error *err)
{
    struct lio_file_summary summary = { .rows = writer->rows };
    int rc = write_pages(writer, err);

    if (rc == 0 && writer->sidecars)
        rc = lio_sidecars_finish(writer->sidecars, &summary.sidecar_bytes, err);
    if (rc == 0)
        rc = write_tail(writer, &summary.bytes, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < writer->ncolumns; i++)
        summary.npages += writer->written[i].npages;
    *ret_summary = summary;
    return 0;
}
