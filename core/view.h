/*
 * Views: bytes that stay where the engine has them.
 *
 * A view of cached blocks holds a pin on each; where the cache had no slot, or
 * there is no cache, it holds memory of its own.
 */
#ifndef LIO_CORE_VIEW_H
#define LIO_CORE_VIEW_H

#include <lanceio/lanceio.h>

#include <stdbool.h>

/* A view of [offset, offset+len) without segments yet; of cached blocks, or of
 * one piece of memory. */
int lio_view_make(struct lio_engine *engine, uint64_t offset, uint64_t len,
                  bool cached, struct lio_view **ret_view);

/* The memory of a view that is not of cached blocks. */
void *lio_view_memory(struct lio_view *view);

/* Take over a pin on the slot that holds `block`. */
void lio_view_take_pin(struct lio_view *view, uint64_t block, uint32_t slot);

/* Memory for a block that has no slot, 64 KiB, or NULL. */
void *lio_view_own_block(struct lio_view *view, uint64_t block);

/* Set the segments, once all is known: the first `bytes` of the range. */
void lio_view_trim(struct lio_view *view, uint64_t bytes);

#endif
