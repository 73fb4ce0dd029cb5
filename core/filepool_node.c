/*
 * Nodes: what is known of an inode, and from when on something else is.
 *
 * Size and generation change together, under the pool's lock; who reads them
 * takes none, and looks again while the generation is 0 (lio_node_look()).
 */
#include "core/filepool_parts.h"

#include <stdlib.h>

/* After the node has another, so that who still uses this one can see that. */
static void end_generation(const struct lio_filepool *pool, uint32_t generation)
{
    if (pool->ended && generation != 0)
        pool->ended(pool->host, generation);
}

/* Under the lock: a new size, and a generation that nothing is cached under.
 * Readers see 0 in between and look again. */
static void renew_node(struct lio_filepool *pool, struct lio_node *node,
                       uint64_t size_bytes)
{
    uint32_t before = atomic_load(&node->generation);

    if (++pool->last_generation == 0)
        pool->last_generation = 1;
    atomic_store(&node->generation, 0);
    atomic_store(&node->size_bytes, size_bytes);
    atomic_store(&node->generation, pool->last_generation);
    end_generation(pool, before);
}

void lio_node_look(const struct lio_node *node, uint64_t *ret_size_bytes,
                   uint32_t *ret_generation)
{
    uint32_t before, after;

    do {
        before = atomic_load(&node->generation);
        *ret_size_bytes = atomic_load(&node->size_bytes);
        after = atomic_load(&node->generation);
    } while (before != after || before == 0);
    *ret_generation = before;
}

void lio_node_written(struct lio_filepool *pool, struct lio_node *node,
                      uint64_t end_at)
{
    uint64_t size;

    pthread_mutex_lock(&pool->lock);
    size = atomic_load(&node->size_bytes);
    renew_node(pool, node, end_at > size ? end_at : size);
    pthread_mutex_unlock(&pool->lock);
}

void lio_node_truncated(struct lio_filepool *pool, struct lio_node *node,
                        uint64_t size_bytes)
{
    pthread_mutex_lock(&pool->lock);
    if (size_bytes < atomic_load(&node->size_bytes))
        renew_node(pool, node, size_bytes);
    pthread_mutex_unlock(&pool->lock);
}

void lio_node_poison(struct lio_node *node, int os_errno)
{
    atomic_store(&node->poison, os_errno);
}

void lio_node_refresh(struct lio_filepool *pool, struct lio_node *node,
                      const struct lio_file_info *info)
{
    bool same = node->mtime_ns == info->mtime_ns &&
                node->ctime_ns == info->ctime_ns &&
                atomic_load(&node->size_bytes) == info->size_bytes;

    node->mtime_ns = info->mtime_ns;
    node->ctime_ns = info->ctime_ns;
    if (!same)
        renew_node(pool, node, info->size_bytes);
}

static struct lio_node **bucket_of(struct lio_filepool *pool, uint64_t ino)
{
    return &pool->nodes[ino % NODE_BUCKETS];
}

struct lio_node *lio_node_find(struct lio_filepool *pool,
                               const struct lio_file_info *info)
{
    struct lio_node **bucket = bucket_of(pool, info->ino);
    struct lio_node *node;

    for (node = *bucket; node; node = node->next)
        if (node->dev == info->dev && node->ino == info->ino)
            return node;
    node = calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->dev = info->dev;
    node->ino = info->ino;
    node->next = *bucket;
    *bucket = node;
    renew_node(pool, node, info->size_bytes);
    return node;
}

void lio_node_drop(struct lio_filepool *pool, struct lio_node *node)
{
    struct lio_node **link = bucket_of(pool, node->ino);

    if (node->handles)
        return;
    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    end_generation(pool, atomic_load(&node->generation));
    free(node);
}
