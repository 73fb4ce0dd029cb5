/*
 * What the file pool is made of; for the files core/filepool*.c alone.
 *
 *     filepool.c       handles: opened when needed, closed to make room
 *     filepool_node.c  nodes: size and generation of an inode
 *
 * All of this is called under the pool's lock.
 */
#ifndef LIO_CORE_FILEPOOL_PARTS_H
#define LIO_CORE_FILEPOOL_PARTS_H

#include "core/filepool.h"

#include <pthread.h>

#define NODE_BUCKETS 4096u /* chains stay short with thousands of files */

struct lio_filepool {
    const struct lio_backend_ops *ops;
    void *backend;
    uint32_t max_open;
    _Atomic uint32_t nopen;
    _Atomic uint32_t nstarved;
    pthread_mutex_t lock; /* guards the lists, nodes, and opening */
    uint32_t last_generation;
    void (*ended)(void *host, uint32_t generation); /* NULL: nobody asks */
    void *host;
    struct lio_node *nodes[NODE_BUCKETS]; /* by inode */
    struct lio_handle *hand; /* clock's hand into the ring of handles */
};

/* The node of this inode, a new one if it has none; NULL: no memory. */
struct lio_node *lio_node_find(struct lio_filepool *pool,
                               const struct lio_file_info *info);

/* Takes over what the file system says; anything new makes what was cached
 * of the file unreachable. */
void lio_node_refresh(struct lio_filepool *pool, struct lio_node *node,
                      const struct lio_file_info *info);

/* Free it if no handle is of it. */
void lio_node_drop(struct lio_filepool *pool, struct lio_node *node);

#endif
