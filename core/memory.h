/*
 * Memory that the engine takes for requests: bounce buffers and views that are
 * not of cached blocks.  (The cache has a ceiling of its own.)
 *
 * One ledger counts it and one limit bounds it.  Over the limit a request fails
 * with LIO_ENOMEM at once: to wait would mean to wait for whoever holds views,
 * perhaps the very thread that asks.  Bounce buffers of one page are kept by
 * their lane (lio_slab_get_page()), and counted while they are in use.
 */
#ifndef LIO_CORE_MEMORY_H
#define LIO_CORE_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LIO_MEMORY_PAGE 4096u

struct lio_memory {
    uint64_t limit_bytes; /* 0: none */
    _Atomic uint64_t taken_bytes;
};

/* Count `bytes`, rounded up to whole pages; false if the limit says no. */
bool lio_memory_charge(struct lio_memory *memory, uint64_t bytes);
void lio_memory_discharge(struct lio_memory *memory, uint64_t bytes);

/* `bytes`, rounded up to whole pages and aligned to one; NULL if there are not
 * so many, or the limit says no. */
void *lio_memory_get(struct lio_memory *memory, uint64_t bytes);

/* Give back what was got with the same `bytes`.  Accepts NULL. */
void lio_memory_put(struct lio_memory *memory, void *at, uint64_t bytes);

#endif
