/*
 * Files: a caller's name for a handle of the pool.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "core/direct.h"
#include "core/engine.h"

/* Figures of so many paths are kept for the statistics. */
#define CLOSED_MAX 4096u

#define FLAGS_KNOWN                                                            \
    (uint32_t)(LIO_READ | LIO_WRITE | LIO_CREATE | LIO_TRUNCATE | LIO_DIRECT | \
               LIO_RANDOM)

/* -- opening ------------------------------------------------------------- */

/* An open that must perhaps wait until another file's handle is idle. */
struct opening {
    struct lio_engine *engine;
    const char *path;
    uint32_t flags;
    struct lio_handle *handle;
    struct lio_error *err;
    int rc;
};

static bool try_open(void *what)
{
    struct opening *opening = what;

    if (opening->rc == LIO_EAGAIN)
        opening->rc =
            lio_filepool_get(opening->engine->pool, opening->path,
                             opening->flags, &opening->handle, opening->err);
    return opening->rc != LIO_EAGAIN;
}

static bool always(void *what LIO_UNUSED)
{
    return true;
}

static int open_handle(struct lio_engine *engine, const char *path,
                       uint32_t flags, struct lio_handle **ret_handle,
                       struct lio_error *err)
{
    struct lio_error local = { 0 };
    struct opening opening = { engine, path, flags, NULL, &local, LIO_EAGAIN };
    struct lio_waiter waiter = { 0 };
    struct lio_wait wait = {
        .ready = try_open,
        .scattered = always,
        .what = &opening,
        .waiter = &waiter,
        .deadline = LIO_NO_DEADLINE,
    };

    (void)lio_lane_wait(lio_engine_lane(engine), &wait);
    if (opening.rc < 0) {
        if (err)
            *err = local;
        return opening.rc;
    }
    *ret_handle = opening.handle;
    return 0;
}

static uint32_t open_flags(const struct lio_engine *engine, uint32_t flags)
{
    uint32_t open = 0;

    open |= flags & LIO_READ ? LIO_OPEN_READ : 0;
    open |= flags & LIO_WRITE ? LIO_OPEN_WRITE : 0;
    open |= flags & LIO_CREATE ? LIO_OPEN_CREATE : 0;
    open |= flags & LIO_TRUNCATE ? LIO_OPEN_TRUNCATE : 0;
    open |= flags & LIO_RANDOM ? LIO_OPEN_RANDOM : 0;
    if (flags & LIO_DIRECT || engine->settings->files.direct)
        open |= LIO_OPEN_DIRECT;
    return open;
}

static int check_open(const struct lio_engine *engine, const char *path,
                      uint32_t flags, struct lio_error *err)
{
    if (!lio_engine_ours(engine))
        return lio_engine_gone(err);
    if (flags & ~FLAGS_KNOWN)
        return lio_error_set(err, LIO_EINVAL,
                             "a file cannot be opened with flags 0x%x",
                             (unsigned)flags);
    if (!path || !(flags & (LIO_READ | LIO_WRITE)))
        return lio_error_set(err, LIO_EINVAL,
                             "a file is opened by a path, to read or to write");
    if (flags & (LIO_CREATE | LIO_TRUNCATE) && !(flags & LIO_WRITE))
        return lio_error_set(err, LIO_EINVAL,
                             "%s: only a file opened for writing can be "
                             "created or emptied",
                             path);
    return 0;
}

static void link_file(struct lio_engine *engine, struct lio_file *file)
{
    pthread_mutex_lock(&engine->files_lock);
    file->next = engine->files;
    if (engine->files)
        engine->files->prev = file;
    engine->files = file;
    pthread_mutex_unlock(&engine->files_lock);
}

int lio_file_open(struct lio_engine *engine, const char *path, uint32_t flags,
                  struct lio_file **ret_file, struct lio_error *err)
{
    struct lio_file *file;
    int rc = check_open(engine, path, flags, err);

    if (rc < 0)
        return rc;
    file = calloc(1, sizeof(*file));
    if (file)
        file->path = strdup(path);
    if (!file || !file->path) {
        free(file);
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", path);
    }
    file->engine = engine;
    file->flags = flags;
    rc = open_handle(engine, path, open_flags(engine, flags), &file->handle,
                     err);
    if (rc < 0) {
        free(file->path);
        free(file);
        return rc;
    }
    if (engine->readahead && flags & LIO_READ &&
        lio_readahead_file_open(engine->readahead, &file->ahead) < 0)
        file->ahead = NULL; /* it will be read as it is asked for */
    lio_engine_join(engine);
    link_file(engine, file);
    *ret_file = file;
    return 0;
}

int lio_file_buffered(struct lio_file *file, struct lio_handle **ret_handle,
                      struct lio_error *err)
{
    uint32_t flags = file->handle->flags & ~(uint32_t)LIO_OPEN_DIRECT;
    struct lio_filepool *pool = file->engine->pool;
    struct lio_handle *handle = atomic_load(&file->buffered);
    struct lio_handle *none = NULL;
    int rc;

    if (!handle) {
        rc = lio_filepool_get(pool, file->path, flags, &handle, err);
        if (rc < 0)
            return rc;
        if (!atomic_compare_exchange_strong(&file->buffered, &none, handle)) {
            lio_filepool_put(pool, handle);
            handle = none; /* another thread was first */
        }
    }
    *ret_handle = handle;
    return 0;
}

/* -- closing ------------------------------------------------------------- */

static void add_figures(struct lio_file_figures *sum, const struct lio_file *f)
{
    sum->size_bytes = lio_file_size(f);
    sum->reads += atomic_load(&f->reads);
    sum->writes += atomic_load(&f->writes);
    sum->bytes_read += atomic_load(&f->bytes_read);
    sum->bytes_written += atomic_load(&f->bytes_written);
    sum->errors += atomic_load(&f->errors);
}

/* Where the figures of `path` are summed; NULL if there is no room. */
static struct lio_closed_file *closed_entry(struct lio_engine *engine,
                                            const char *path)
{
    struct lio_closed_file *entry;

    for (uint32_t i = 0; i < engine->nclosed; i++)
        if (strcmp(engine->closed[i].path, path) == 0)
            return &engine->closed[i];
    if (engine->nclosed == CLOSED_MAX)
        return NULL;
    if (!engine->closed)
        engine->closed = calloc(CLOSED_MAX, sizeof(*engine->closed));
    if (!engine->closed)
        return NULL;
    entry = &engine->closed[engine->nclosed];
    entry->path = strdup(path);
    if (!entry->path)
        return NULL;
    entry->figures.path = entry->path;
    engine->nclosed++;
    return entry;
}

static void unlink_file(struct lio_engine *engine, struct lio_file *file)
{
    struct lio_closed_file *entry;

    pthread_mutex_lock(&engine->files_lock);
    if (file->prev)
        file->prev->next = file->next;
    else
        engine->files = file->next;
    if (file->next)
        file->next->prev = file->prev;
    entry = closed_entry(engine, file->path);
    if (entry)
        add_figures(&entry->figures, file);
    pthread_mutex_unlock(&engine->files_lock);
}

void lio_file_close(struct lio_file *file)
{
    struct lio_handle *buffered;

    if (!file)
        return;
    if (lio_engine_ours(file->engine)) {
        atomic_store(&file->closing, true);
        lio_engine_quiesce(file->engine, file);
        unlink_file(file->engine, file);
        lio_filepool_put(file->engine->pool, file->handle);
        buffered = atomic_load(&file->buffered);
        if (buffered)
            lio_filepool_put(file->engine->pool, buffered);
    }
    lio_readahead_file_close(file->ahead);
    lio_engine_leave(file->engine);
    free(file->path);
    free(file);
}

/* At least what lio_direct_plan() cuts edges at, which is all it can be if the
 * backend asks for no power of two. */
size_t lio_file_align(const struct lio_file *file)
{
    const struct lio_handle *handle = file->handle;
    uint32_t memory_align;

    if (!handle || !atomic_load(&handle->direct) ||
        atomic_load(&file->direct_refused))
        return 1;
    memory_align = atomic_load(&handle->memory_align);
    if (memory_align <= LIO_DIRECT_EDGE ||
        (memory_align & (memory_align - 1)) != 0)
        return LIO_DIRECT_EDGE;
    return memory_align;
}

uint64_t lio_file_size(const struct lio_file *file)
{
    return file->handle ? atomic_load(&file->handle->node->size_bytes) : 0;
}

uint64_t lio_file_unpin(struct lio_file *file, uint64_t offset, uint64_t length)
{
    uint64_t size, first = offset / LIO_BLOCK_BYTES, last;
    uint32_t generation;

    if (!lio_engine_ours(file->engine) || !file->engine->cache || length == 0)
        return 0;
    last = length - 1 > UINT64_MAX - offset
               ? UINT32_MAX
               : (offset + length - 1) / LIO_BLOCK_BYTES;
    if (first > UINT32_MAX)
        return 0;
    if (last > UINT32_MAX)
        last = UINT32_MAX;
    lio_node_look(file->handle->node, &size, &generation);
    first |= (uint64_t)generation << 32;
    last |= (uint64_t)generation << 32;
    return lio_cache_let_go(file->engine->cache, first, last) * LIO_BLOCK_BYTES;
}

const char *lio_file_name(const struct lio_file *file)
{
    return file->path;
}
