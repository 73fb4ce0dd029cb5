/*
 * Memory that is used again.
 *
 * The first touch of fresh memory costs more than what is done with it then: a
 * fault for each 4 KiB, which on a virtual machine goes on to the host.  So
 * what pages are read and decoded into comes back here when its last reader is
 * done, still mapped, and serves for the next page.
 *
 *     take ─► read, decode ─► Arrow array ─► released ─► idle ─► take
 *
 * Arrays may outlive the dataset, and so a pool lives as long as any of its
 * memory.  Threads: any, at once.
 */
#ifndef LIO_COLUMN_POOL_H
#define LIO_COLUMN_POOL_H

#include "column/memory.h"

struct lio_pool;

/* How much memory a pool has given out, or keeps. */
struct lio_pool_use {
    uint64_t bytes; /* given out, now */
    uint64_t peak;  /* the most there ever were */
    uint64_t idle;
    uint64_t whole_pages; /* read whole, see lio_pool_count_whole() */
    uint64_t whole_bytes;
};

/* A pool that keeps at most `idle_max` bytes that nobody uses, or NULL. */
struct lio_pool *lio_pool_new(uint64_t idle_max);

/* Nothing more will be taken: idle memory is freed now, the rest when it comes
 * back.  Accepts NULL. */
void lio_pool_close(struct lio_pool *pool);

/* For pools whose memory a device will read: large pages are wanted, although
 * they cost more when they are touched first. */
void lio_pool_want_huge(struct lio_pool *pool);
bool lio_pool_wants_huge(const struct lio_pool *pool);

void lio_pool_use(struct lio_pool *pool, struct lio_pool_use *ret_use);

/* Note that a page was read whole that should have been cut. */
void lio_pool_count_whole(struct lio_pool *pool, uint64_t bytes);

/* Count memory that is not the pool's, but used for the same: `bytes` where
 * there were `before`.  For who holds the pool open; accepts NULL. */
void lio_pool_charge(struct lio_pool *pool, uint64_t before, uint64_t bytes);

/* As lio_mem_new(), from a pool, which may be NULL. */
struct lio_mem *lio_pool_take(struct lio_pool *pool, uint64_t bytes);

/* The same, for what is read of a file at `offset`, in step with that by
 * `align` (lio_source_align()). */
struct lio_mem *lio_pool_take_for(struct lio_pool *pool, uint64_t bytes,
                                  uint64_t offset, size_t align);

/* As lio_pool_take(), from the pool that `like` is from; `like` may be NULL. */
struct lio_mem *lio_pool_like(const struct lio_mem *like, uint64_t bytes);

/* Memory without a reference comes back. */
void lio_pool_return(struct lio_mem *mem);

#endif
