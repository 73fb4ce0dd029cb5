/*
 * The file pool: handles.
 *
 * A handle's word holds a bit for "open" and a count of its users, so that an
 * operation takes an open handle with one compare-and-swap, and a handle is
 * closed only by swapping "open, no users" for 0.  Which one to close is found
 * by a clock's hand: a handle used since it last came by is passed once.
 */
#include "core/filepool_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define HANDLE_OPEN 0x80000000u

/* Mode bits that two files must agree in to share a handle. */
#define MODE_BITS                                                              \
    (LIO_OPEN_READ | LIO_OPEN_WRITE | LIO_OPEN_DIRECT | LIO_OPEN_RANDOM)

int lio_filepool_open(const struct lio_backend_ops *ops, void *backend,
                      uint32_t max_open, struct lio_filepool **ret_pool,
                      struct lio_error *err)
{
    struct lio_filepool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the file pool");
    pool->ops = ops;
    pool->backend = backend;
    pool->max_open = max_open;
    pthread_mutex_init(&pool->lock, NULL);
    *ret_pool = pool;
    return 0;
}

void lio_filepool_watch(struct lio_filepool *pool,
                        void (*ended)(void *host, uint32_t generation),
                        void *host)
{
    pool->ended = ended;
    pool->host = host;
}

static void free_handle(struct lio_handle *handle)
{
    free(handle->path);
    free(handle);
}

/* -- the ring of handles ------------------------------------------------- */

static void ring_insert(struct lio_filepool *pool, struct lio_handle *handle)
{
    if (!pool->hand) {
        handle->next = handle->prev = handle;
        pool->hand = handle;
        return;
    }
    handle->next = pool->hand;
    handle->prev = pool->hand->prev;
    handle->prev->next = handle;
    handle->next->prev = handle;
}

static void ring_remove(struct lio_filepool *pool, struct lio_handle *handle)
{
    if (pool->hand == handle)
        pool->hand = handle->next != handle ? handle->next : NULL;
    handle->prev->next = handle->next;
    handle->next->prev = handle->prev;
}

/* Close it if it is open and idle. */
static bool try_close(struct lio_filepool *pool, struct lio_handle *handle)
{
    uint32_t idle = HANDLE_OPEN;

    if (!atomic_compare_exchange_strong(&handle->word, &idle, 0))
        return false;
    pool->ops->file_close(pool->backend, handle->backend);
    atomic_fetch_sub(&pool->nopen, 1);
    return true;
}

/* Close an idle handle, one not used lately if there is any. */
static bool close_one_idle(struct lio_filepool *pool)
{
    struct lio_handle *start = pool->hand;
    struct lio_handle *handle;

    for (int round = 0; start && round < 2; round++) {
        handle = pool->hand;
        do {
            pool->hand = handle->next;
            if (atomic_exchange_explicit(&handle->recent, 0,
                                         memory_order_relaxed) == 0 &&
                try_close(pool, handle))
                return true;
            handle = pool->hand;
        } while (handle != start);
    }
    return false;
}

/* -- opening ------------------------------------------------------------- */

static bool out_of_descriptors(const struct lio_error *err)
{
    return err->os_errno == EMFILE || err->os_errno == ENFILE;
}

static int too_many(struct lio_error *err, const char *path)
{
    struct rlimit limit = { 0, 0 };
    int os_errno = err->os_errno;

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    lio_error_set(err, LIO_EIO,
                  "%s: cannot be opened: the %s limit of %llu open files is "
                  "reached; raise it (ulimit -n) or lower [files] max_open",
                  path, os_errno == ENFILE ? "system's" : "process's",
                  (unsigned long long)limit.rlim_cur);
    err->os_errno = os_errno;
    return err->code;
}

/*
 * Open through the backend, making room first.  LIO_EAGAIN if there is none but
 * will be, because operations in flight hold the handles.
 */
static int open_backend(struct lio_filepool *pool, const char *path,
                        uint32_t flags, void **ret_backend,
                        struct lio_file_info *ret_info, struct lio_error *err)
{
    int rc;

    while (atomic_load(&pool->nopen) >= pool->max_open)
        if (!close_one_idle(pool))
            return LIO_EAGAIN;
    for (;;) {
        rc = pool->ops->file_open(pool->backend, path, flags, ret_backend,
                                  ret_info, err);
        if (rc == 0)
            break;
        if (!out_of_descriptors(err))
            return rc;
        if (close_one_idle(pool))
            continue;
        return atomic_load(&pool->nopen) > 0 ? LIO_EAGAIN : too_many(err, path);
    }
    atomic_fetch_add(&pool->nopen, 1);
    return 0;
}

static void set_open(struct lio_handle *handle, void *backend,
                     const struct lio_file_info *info, uint32_t users)
{
    handle->backend = backend;
    atomic_store(&handle->offset_align, info->offset_align);
    atomic_store(&handle->memory_align, info->memory_align);
    atomic_store(&handle->direct, info->direct);
    atomic_store(&handle->word, HANDLE_OPEN | users);
}

static struct lio_handle *find_handle(const struct lio_node *node,
                                      uint32_t mode)
{
    struct lio_handle *handle = node->handles;

    while (handle && handle->flags != mode)
        handle = handle->sibling;
    return handle;
}

static struct lio_handle *new_handle(struct lio_filepool *pool,
                                     struct lio_node *node, const char *path,
                                     uint32_t mode)
{
    struct lio_handle *handle = calloc(1, sizeof(*handle));

    if (!handle)
        return NULL;
    handle->path = strdup(path);
    if (!handle->path) {
        free(handle);
        return NULL;
    }
    handle->node = node;
    handle->flags = mode;
    handle->sibling = node->handles;
    node->handles = handle;
    ring_insert(pool, handle);
    return handle;
}

static void drop_handle(struct lio_filepool *pool, struct lio_handle *handle)
{
    struct lio_handle **link = &handle->node->handles;

    while (*link != handle)
        link = &(*link)->sibling;
    *link = handle->sibling;
    ring_remove(pool, handle);
    free_handle(handle);
}

/* Under the lock. */
static int get_handle(struct lio_filepool *pool, const char *path,
                      uint32_t flags, struct lio_handle **ret_handle,
                      struct lio_error *err)
{
    struct lio_file_info info;
    struct lio_handle *handle;
    struct lio_node *node;
    void *backend;
    int rc;

    /* Always opened anew, because only that tells which inode it is. */
    rc = open_backend(pool, path, flags, &backend, &info, err);
    if (rc < 0)
        return rc;
    node = lio_node_find(pool, &info);
    if (!node)
        goto no_memory;
    lio_node_refresh(pool, node, &info);

    handle = find_handle(node, flags & MODE_BITS);
    if (handle) {
        /* Whichever was opened first is the one to keep. */
        pool->ops->file_close(pool->backend, backend);
        atomic_fetch_sub(&pool->nopen, 1);
    } else {
        handle = new_handle(pool, node, path, flags & MODE_BITS);
        if (!handle) {
            lio_node_drop(pool, node);
            goto no_memory;
        }
        set_open(handle, backend, &info, 0);
    }
    handle->nfiles++;
    *ret_handle = handle;
    return 0;

no_memory:
    pool->ops->file_close(pool->backend, backend);
    atomic_fetch_sub(&pool->nopen, 1);
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", path);
}

int lio_filepool_get(struct lio_filepool *pool, const char *path,
                     uint32_t flags, struct lio_handle **ret_handle,
                     struct lio_error *err)
{
    int rc;

    pthread_mutex_lock(&pool->lock);
    rc = get_handle(pool, path, flags, ret_handle, err);
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

void lio_filepool_put(struct lio_filepool *pool, struct lio_handle *handle)
{
    struct lio_node *node = handle->node;

    pthread_mutex_lock(&pool->lock);
    if (--handle->nfiles == 0) {
        (void)try_close(pool, handle);
        drop_handle(pool, handle);
        lio_node_drop(pool, node);
    }
    pthread_mutex_unlock(&pool->lock);
}

/* -- use ----------------------------------------------------------------- */

static bool acquire_open(struct lio_handle *handle)
{
    uint32_t word = atomic_load(&handle->word);

    while (word & HANDLE_OPEN) {
        if (!atomic_compare_exchange_weak(&handle->word, &word, word + 1))
            continue;
        if (!atomic_load_explicit(&handle->recent, memory_order_relaxed))
            atomic_store_explicit(&handle->recent, 1, memory_order_relaxed);
        return true;
    }
    return false;
}

/* Open a handle that was closed to make room; the path may by now lead to
 * another file, whose bytes must not be taken for this one's. */
static int reopen(struct lio_filepool *pool, struct lio_handle *handle,
                  struct lio_error *err)
{
    struct lio_file_info info;
    void *backend;
    int rc;

    rc = open_backend(pool, handle->path, handle->flags, &backend, &info, err);
    if (rc < 0)
        return rc;
    if (info.dev != handle->node->dev || info.ino != handle->node->ino) {
        pool->ops->file_close(pool->backend, backend);
        atomic_fetch_sub(&pool->nopen, 1);
        lio_error_set(err, LIO_EIO,
                      "%s: was replaced by another file while it was open",
                      handle->path);
        err->os_errno = ESTALE;
        return LIO_EIO;
    }
    lio_node_refresh(pool, handle->node, &info);
    set_open(handle, backend, &info, 1);
    return 0;
}

int lio_handle_acquire(struct lio_filepool *pool, struct lio_handle *handle,
                       struct lio_error *err)
{
    int rc;

    if (acquire_open(handle))
        return 0;
    pthread_mutex_lock(&pool->lock);
    if (acquire_open(handle)) {
        rc = 0; /* another thread has just opened it */
    } else {
        rc = reopen(pool, handle, err);
        if (rc == LIO_EAGAIN) {
            /* Count as starved first, then look again: a handle that became
             * idle in between is either seen here or seen to be wanted. */
            atomic_fetch_add(&pool->nstarved, 1);
            rc = reopen(pool, handle, err);
            if (rc != LIO_EAGAIN)
                atomic_fetch_sub(&pool->nstarved, 1);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

void lio_handle_distrust(struct lio_handle *handle)
{
    atomic_store(&handle->distrusted, true);
}

static void close_distrusted(struct lio_filepool *pool,
                             struct lio_handle *handle)
{
    pthread_mutex_lock(&pool->lock);
    if (try_close(pool, handle))
        atomic_store(&handle->distrusted, false);
    pthread_mutex_unlock(&pool->lock);
}

bool lio_handle_release(struct lio_filepool *pool, struct lio_handle *handle)
{
    uint32_t before = atomic_fetch_sub(&handle->word, 1);

    if (before == (HANDLE_OPEN | 1u) && atomic_load(&handle->distrusted))
        close_distrusted(pool, handle);
    return before == (HANDLE_OPEN | 1u) && atomic_load(&pool->nstarved) > 0;
}

void lio_filepool_fed(struct lio_filepool *pool)
{
    atomic_fetch_sub(&pool->nstarved, 1);
}

int lio_handle_stat(struct lio_filepool *pool, struct lio_handle *handle,
                    struct lio_error *err)
{
    struct lio_file_info info;
    int rc;

    rc = lio_handle_acquire(pool, handle, err);
    if (rc < 0) {
        if (rc == LIO_EAGAIN)
            lio_filepool_fed(pool);
        return rc;
    }
    rc = pool->ops->file_stat(pool->backend, handle->backend, &info, err);
    if (rc == 0) {
        pthread_mutex_lock(&pool->lock);
        lio_node_refresh(pool, handle->node, &info);
        pthread_mutex_unlock(&pool->lock);
    }
    (void)lio_handle_release(pool, handle);
    return rc;
}

uint32_t lio_filepool_nopen(struct lio_filepool *pool)
{
    return atomic_load(&pool->nopen);
}

/* -- the end ------------------------------------------------------------- */

void lio_filepool_close(struct lio_filepool *pool)
{
    struct lio_handle *handle;

    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    while ((handle = pool->hand)) {
        (void)try_close(pool, handle);
        ring_remove(pool, handle);
        free_handle(handle);
    }
    pthread_mutex_unlock(&pool->lock);
    pthread_mutex_destroy(&pool->lock);
    lio_filepool_abandon(pool);
}

void lio_filepool_abandon(struct lio_filepool *pool)
{
    struct lio_handle *handle;
    struct lio_node *node;

    if (!pool)
        return;
    while ((handle = pool->hand)) {
        ring_remove(pool, handle);
        free_handle(handle);
    }
    for (uint32_t i = 0; i < NODE_BUCKETS; i++) {
        while ((node = pool->nodes[i])) {
            pool->nodes[i] = node->next;
            free(node);
        }
    }
    free(pool);
}
