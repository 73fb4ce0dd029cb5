/*
 * Bytes that grow at their end: what columns are collected in.
 */
#ifndef LIO_COLUMN_WRITE_GROWING_H
#define LIO_COLUMN_WRITE_GROWING_H

#include "column/pool.h"

#include <lanceio/error.h>

/* All zero is empty. */
struct lio_growing {
    struct lio_pool *pool; /* of its memory; NULL: the heap */
    struct lio_mem *mem;   /* NULL: none so far */
    size_t used;
    size_t expected; /* to be used in the end; 0: who knows */
};

/* Room for `bytes` more behind what is used, which it returns, or NULL without
 * memory.  lio_growing_add() makes it used. */
void *lio_growing_room(struct lio_growing *growing, size_t bytes);

static inline void lio_growing_add(struct lio_growing *growing, size_t bytes)
{
    growing->used += bytes;
}

static inline void *lio_growing_data(const struct lio_growing *growing)
{
    return growing->mem ? growing->mem->data : NULL;
}

/* It is empty then. */
void lio_growing_release(struct lio_growing *growing);

#endif
