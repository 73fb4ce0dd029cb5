/*
 * Sources of bytes, and batches of reads on them.
 *
 * With an engine a batch is one lio_submit(), and the ids are waited for.
 * Without one, each batch opens the file, reads and closes it: no descriptor is
 * kept, so a dataset may have more files than the process may have descriptors,
 * and threads need no lock.  Two system calls more per page cost nothing.
 */
#include "column/source.h"

#include "common/checked.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum source_kind { SOURCE_ENGINE, SOURCE_PLAIN, SOURCE_MEMORY };

struct lio_source {
    enum source_kind kind;
    char *name;
    uint64_t bytes;
    struct lio_engine *engine; /* SOURCE_ENGINE */
    uint64_t cache_bytes;      /* of the engine; 0: it has none */
    struct lio_file *file;     /* SOURCE_ENGINE */
    const uint8_t *data;       /* SOURCE_MEMORY */
};

struct lio_source_batch {
    struct lio_engine *engine; /* NULL: nothing is under way */
    uint64_t *ids;             /* n of them, if there is an engine */
    uint32_t n;
    struct lio_source_read reads[];
};

static int no_memory(const char *name, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to read it", name);
}

static int os_failed(const struct lio_source *source, const char *op,
                     int os_errno, struct lio_error *err)
{
    int code = lio_code_of_errno(os_errno);

    (void)lio_error_set(err, code, "%s: cannot %s: %s", source->name, op,
                        strerror(os_errno));
    if (err)
        err->os_errno = os_errno;
    return code;
}

static int make(enum source_kind kind, const char *name,
                struct lio_source **ret_source, struct lio_error *err)
{
    struct lio_source *source = calloc(1, sizeof(*source));

    if (!source || !(source->name = strdup(name))) {
        free(source);
        return no_memory(name, err);
    }
    source->kind = kind;
    *ret_source = source;
    return 0;
}

/* A backend tells itself what is no file.  Here that is done before anything is
 * opened, because to open a pipe is to wait for who writes to it. */
static int stat_plain(struct lio_source *source, struct lio_error *err)
{
    struct stat st;

    if (stat(source->name, &st) < 0)
        return os_failed(source, "open", errno, err);
    if (!S_ISREG(st.st_mode))
        return lio_error_set(err, LIO_EUNSUPPORTED, "%s: is not a regular file",
                             source->name);
    source->bytes = (uint64_t)st.st_size;
    return 0;
}

static int open_on_engine(struct lio_source *source, struct lio_engine *engine,
                          struct lio_error *err)
{
    struct lio_engine_stats stats;
    /* Readers have in flight what they will want; what the kernel adds to that
     * of its own, up to all of the file, is not. */
    int rc = lio_file_open(engine, source->name, LIO_READ | LIO_RANDOM,
                           &source->file, err);

    if (rc < 0)
        return rc;
    /* Not lio_engine_info(), which waits for the database of statistics. */
    lio_engine_stats(engine, &stats);
    source->cache_bytes = stats.cache_bytes;
    source->engine = engine;
    source->bytes = lio_file_size(source->file);
    return 0;
}

int lio_source_open(struct lio_engine *engine, const char *path,
                    struct lio_source **ret_source, struct lio_error *err)
{
    struct lio_source *source = NULL;
    int rc = make(engine ? SOURCE_ENGINE : SOURCE_PLAIN, path, &source, err);

    if (rc < 0)
        return rc;
    rc = engine ? open_on_engine(source, engine, err) : stat_plain(source, err);
    if (rc < 0) {
        lio_source_close(source);
        return rc;
    }
    *ret_source = source;
    return 0;
}

int lio_source_over(const char *name, const void *data, size_t bytes,
                    struct lio_source **ret_source, struct lio_error *err)
{
    struct lio_source *source = NULL;
    int rc = make(SOURCE_MEMORY, name, &source, err);

    if (rc < 0)
        return rc;
    source->data = data;
    source->bytes = bytes;
    *ret_source = source;
    return 0;
}

void lio_source_close(struct lio_source *source)
{
    if (!source)
        return;
    if (source->file)
        lio_file_close(source->file);
    free(source->name);
    free(source);
}

uint64_t lio_source_size(const struct lio_source *source)
{
    return source->bytes;
}

const char *lio_source_name(const struct lio_source *source)
{
    return source->name;
}

uint64_t lio_source_cache_bytes(const struct lio_source *source)
{
    return source->cache_bytes;
}

size_t lio_source_align(const struct lio_source *source)
{
    return source->file ? lio_file_align(source->file) : 1;
}

void lio_source_plan(struct lio_source *source,
                     const struct lio_buffer_info *ranges, uint32_t n)
{
    struct lio_plan_range range = { 0 };

    if (!source->file)
        return;
    if (n == 0)
        (void)lio_file_plan(source->file, &range, 0, NULL);
    for (uint32_t i = 0; i < n; i++) {
        range.offset = ranges[i].offset;
        range.length = ranges[i].bytes;
        if (range.length > 0)
            (void)lio_file_plan(source->file, &range, 1, NULL);
    }
}

/* -- batches ------------------------------------------------------------- */

static int check_range(const struct lio_source_read *read,
                       struct lio_error *err)
{
    if (lio_range_fits(read->offset, read->bytes, read->source->bytes))
        return 0;
    return lio_error_set(
        err, LIO_ECORRUPT,
        "%s: %zu bytes at byte %" PRIu64 " are past its end at byte %" PRIu64,
        read->source->name, read->bytes, read->offset, read->source->bytes);
}

/* Blocks that the engine's cache loads as one. */
#define BLOCK_BYTES (UINT64_C(64) << 10)

/* Reads all over a file that need more blocks than half the cache has would
 * leave nothing in it but themselves. */
static bool floods_cache(const struct lio_source_batch *batch)
{
    return batch->n > batch->reads[0].source->cache_bytes / 2 / BLOCK_BYTES;
}

static int submit(struct lio_source_batch *batch,
                  const struct lio_source_manner *manner, struct lio_error *err)
{
    struct lio_request *requests = calloc(batch->n, sizeof(*requests));
    bool past_cache = manner->past_cache || floods_cache(batch);
    int rc = LIO_ENOMEM;

    batch->ids = calloc(batch->n, sizeof(*batch->ids));
    if (!requests || !batch->ids) {
        rc = no_memory(batch->reads[0].source->name, err);
        goto out;
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        assert(batch->reads[i].source->engine == batch->engine);
        requests[i] = (struct lio_request){
            .file = batch->reads[i].source->file,
            .kind = LIO_REQUEST_READ,
            .flags = LIO_EXACT | manner->hint | (past_cache ? LIO_NOCACHE : 0),
            .offset = batch->reads[i].offset,
            .length = batch->reads[i].bytes,
            .buf = batch->reads[i].into,
            .priority = manner->priority,
        };
    }
    rc = lio_submit(batch->engine, requests, batch->n, batch->ids, err);
out:
    free(requests);
    return rc;
}

int lio_source_start_with(const struct lio_source_manner *manner,
                          const struct lio_source_read *reads, uint32_t n,
                          struct lio_source_batch **ret_batch,
                          struct lio_error *err)
{
    struct lio_source_batch *batch;
    int rc;

    for (uint32_t i = 0; i < n; i++) {
        rc = check_range(&reads[i], err);
        if (rc < 0)
            return rc;
    }
    batch = calloc(1, sizeof(*batch) + n * sizeof(batch->reads[0]));
    if (!batch)
        return no_memory(n > 0 ? reads[0].source->name : "batch", err);
    for (uint32_t i = 0; i < n; i++)
        if (reads[i].bytes > 0)
            batch->reads[batch->n++] = reads[i];
    if (batch->n > 0 && batch->reads[0].source->kind == SOURCE_ENGINE) {
        batch->engine = batch->reads[0].source->engine;
        rc = submit(batch, manner, err);
        if (rc < 0) {
            free(batch->ids);
            free(batch);
            return rc;
        }
    }
    *ret_batch = batch;
    return 0;
}

int lio_source_start(const struct lio_source_read *reads, uint32_t n,
                     struct lio_source_batch **ret_batch, struct lio_error *err)
{
    static const struct lio_source_manner as_usual;

    return lio_source_start_with(&as_usual, reads, n, ret_batch, err);
}

/* All results are taken, also after one has failed: until its result is there,
 * the memory of a read may still be written to. */
static int wait_all(struct lio_source_batch *batch, struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < batch->n; i++) {
        struct lio_result result;
        int got = lio_wait(batch->engine, batch->ids[i], -1, &result);

        if (rc < 0)
            continue;
        if (got < 0)
            rc = lio_error_set(err, got, "%s: the engine gave no result",
                               batch->reads[i].source->name);
        else if (result.code < 0)
            rc = lio_result_error(&result, err);
    }
    return rc;
}

static int pread_all(int fd, const struct lio_source_read *read,
                     struct lio_error *err)
{
    size_t done = 0;

    while (done < read->bytes) {
        ssize_t got = pread(fd, (char *)read->into + done, read->bytes - done,
                            (off_t)(read->offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return os_failed(read->source, "read", errno, err);
        if (got == 0)
            return lio_error_set(err, LIO_EEOF,
                                 "%s: has become shorter than the %" PRIu64
                                 " bytes it had when it was opened",
                                 read->source->name, read->source->bytes);
        done += (size_t)got;
    }
    return 0;
}

/* Reads [from, ...) of the batch as long as it is the same file. */
static int read_file(struct lio_source_batch *batch, uint32_t from,
                     uint32_t *ret_end, struct lio_error *err)
{
    struct lio_source *source = batch->reads[from].source;
    int fd = open(source->name, O_RDONLY | O_CLOEXEC), rc = 0;
    uint32_t i;

    if (fd < 0)
        return os_failed(source, "open", errno, err);
    for (i = from; i < batch->n && batch->reads[i].source == source; i++) {
        rc = pread_all(fd, &batch->reads[i], err);
        if (rc < 0)
            break;
    }
    (void)close(fd); /* only read from: nothing can be lost */
    *ret_end = i;
    return rc;
}

static int read_all(struct lio_source_batch *batch, struct lio_error *err)
{
    uint32_t i = 0;
    int rc = 0;

    while (i < batch->n && rc == 0) {
        const struct lio_source_read *read = &batch->reads[i];

        if (read->source->kind == SOURCE_MEMORY) {
            memcpy(read->into, read->source->data + read->offset, read->bytes);
            i++;
        } else {
            rc = read_file(batch, i, &i, err);
        }
    }
    return rc;
}

int lio_source_finish(struct lio_source_batch *batch, struct lio_error *err)
{
    int rc = batch->engine ? wait_all(batch, err) : read_all(batch, err);

    free(batch->ids);
    free(batch);
    return rc;
}

void lio_source_abandon(struct lio_source_batch *batch)
{
    if (!batch)
        return;
    if (batch->engine)
        for (uint32_t i = 0; i < batch->n; i++)
            (void)lio_drop(batch->engine, batch->ids[i]);
    free(batch->ids);
    free(batch);
}

static int read_with(const struct lio_source_manner *manner,
                     const struct lio_source_read *reads, uint32_t n,
                     struct lio_error *err)
{
    struct lio_source_batch *batch;
    int rc = lio_source_start_with(manner, reads, n, &batch, err);

    return rc < 0 ? rc : lio_source_finish(batch, err);
}

int lio_source_read_metadata(const struct lio_source_read *reads, uint32_t n,
                             struct lio_error *err)
{
    static const struct lio_source_manner manner = { .hint = LIO_METADATA };

    return read_with(&manner, reads, n, err);
}

int lio_source_read(const struct lio_source_read *reads, uint32_t n,
                    struct lio_error *err)
{
    static const struct lio_source_manner as_usual;

    return read_with(&as_usual, reads, n, err);
}
