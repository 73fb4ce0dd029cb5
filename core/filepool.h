/*
 * The file pool: many open files over few backend handles.
 *
 *     lio_file ──┐
 *     lio_file ──┼─► handle (path, mode) ──► node (device, inode)
 *     lio_file ──┘    open or closed,         size, generation:
 *                     count of users          what the cache's keys are made of
 *
 * A handle is opened when an operation needs it, and may be closed when it is
 * idle and another needs its place; the file stays open for the caller.  All
 * names and modes of one inode share a node, so that a write through one is
 * seen by the others.
 *
 * Lock: the pool's mutex guards lists and opening; taken last, except that a
 * backend's file_open() runs under it.  Acquiring an open handle and releasing
 * one are a single atomic operation each.
 */
#ifndef LIO_CORE_FILEPOOL_H
#define LIO_CORE_FILEPOOL_H

#include <lanceio/plugin.h>

#include <stdatomic.h>
#include <stdbool.h>

struct lio_filepool;

/* What is known of an inode. */
struct lio_node {
    struct lio_node *next; /* in its hash bucket */
    uint64_t dev, ino;
    int64_t mtime_ns, ctime_ns; /* as of the last open; pool's lock */
    _Atomic uint64_t size_bytes;
    _Atomic uint32_t generation; /* upper half of the cache's keys; 0 while
                                    size and generation change together */
    _Atomic int poison;          /* errno of a sync that failed, or 0 */
    struct lio_handle *handles;  /* one a mode; pool's lock */
};

struct lio_handle {
    _Atomic uint32_t word;   /* HANDLE_OPEN (filepool.c) | its users */
    _Atomic uint32_t recent; /* used since the clock's hand came by */
    void *backend;           /* the backend's handle, while open */
    struct lio_node *node;
    uint32_t flags; /* LIO_OPEN_..., as asked for */
    _Atomic uint32_t offset_align, memory_align;
    _Atomic uint32_t direct;
    char *path;
    _Atomic bool distrusted; /* close it when it is idle: it has gone stale */
    uint32_t nfiles;         /* that refer to it; pool's lock */
    struct lio_handle *sibling;     /* next of the same node; pool's lock */
    struct lio_handle *next, *prev; /* in the clock's ring; pool's lock */
};

/* At most `max_open` handles are open at once. */
int lio_filepool_open(const struct lio_backend_ops *ops, void *backend,
                      uint32_t max_open, struct lio_filepool **ret_pool,
                      struct lio_error *err);

/* `ended(host, generation)` is called, under the pool's lock, when what was
 * cached under a generation is no longer to be found. */
void lio_filepool_watch(struct lio_filepool *pool,
                        void (*ended)(void *host, uint32_t generation),
                        void *host);

/* Closes all handles; none may be in use. */
void lio_filepool_close(struct lio_filepool *pool);

/* Free the memory alone, for a forked child. */
void lio_filepool_abandon(struct lio_filepool *pool);

/*
 * Open `path`, or find the handle that has it open in the same mode.  `flags`
 * are LIO_OPEN_...; the node's size and generation are brought up to date.
 */
int lio_filepool_get(struct lio_filepool *pool, const char *path,
                     uint32_t flags, struct lio_handle **ret_handle,
                     struct lio_error *err);

/* Give back what lio_filepool_get() returned; nothing is in flight for it. */
void lio_filepool_put(struct lio_filepool *pool, struct lio_handle *handle);

/*
 * Make the handle usable for one operation, opening it again if need be.
 * LIO_EAGAIN: all handles that may be open are in use; the pool then counts as
 * starved until lio_filepool_fed().
 */
int lio_handle_acquire(struct lio_filepool *pool, struct lio_handle *handle,
                       struct lio_error *err);

/* Returns true if it is idle now and somebody starves. */
bool lio_handle_release(struct lio_filepool *pool, struct lio_handle *handle);

/* The handle has gone stale (ESTALE): open it anew when it is idle. */
void lio_handle_distrust(struct lio_handle *handle);

/* One who got LIO_EAGAIN has what it needs, or has given up. */
void lio_filepool_fed(struct lio_filepool *pool);

/* Look at the file again and take over its size; a new size makes a new
 * generation. */
int lio_handle_stat(struct lio_filepool *pool, struct lio_handle *handle,
                    struct lio_error *err);

/*
 * Size and generation that belong together: the cache's keys of one generation
 * hold bytes of a file of one size.  Takes no lock.
 */
void lio_node_look(const struct lio_node *node, uint64_t *ret_size_bytes,
                   uint32_t *ret_generation);

/* A write is about to begin (end_at 0), or has reached `end_at`: what is cached
 * of the node is no longer to be found, and the file may have grown. */
void lio_node_written(struct lio_filepool *pool, struct lio_node *node,
                      uint64_t end_at);

/* The file turned out to end here. */
void lio_node_truncated(struct lio_filepool *pool, struct lio_node *node,
                        uint64_t size_bytes);

/*
 * A sync of the file has failed: what was written may be lost although a later
 * one says otherwise, for the kernel reports such an error only once.
 */
void lio_node_poison(struct lio_node *node, int os_errno);

uint32_t lio_filepool_nopen(struct lio_filepool *pool);

#endif
