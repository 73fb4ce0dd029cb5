/*
 * Memory for requests: counted, bounded, in pages.
 */
#include "core/memory.h"

#include <stdlib.h>

#define PAGE_BYTES 4096u

static uint64_t whole_pages(uint64_t bytes)
{
    uint64_t pages = bytes / PAGE_BYTES + (bytes % PAGE_BYTES != 0);

    return (pages ? pages : 1) * PAGE_BYTES;
}

static int charge(struct lio_memory *memory, uint64_t bytes)
{
    uint64_t taken = atomic_load(&memory->taken_bytes);

    do {
        if (memory->limit_bytes && (bytes > memory->limit_bytes ||
                                    taken > memory->limit_bytes - bytes))
            return 0;
    } while (!atomic_compare_exchange_weak(&memory->taken_bytes, &taken,
                                           taken + bytes));
    return 1;
}

void *lio_memory_get(struct lio_memory *memory, uint64_t bytes)
{
    uint64_t padded;
    void *at;

    if (bytes > INT64_MAX)
        return NULL;
    padded = whole_pages(bytes);
    if (!charge(memory, padded))
        return NULL;
    at = aligned_alloc(PAGE_BYTES, padded);
    if (!at)
        atomic_fetch_sub(&memory->taken_bytes, padded);
    return at;
}

void lio_memory_put(struct lio_memory *memory, void *at, uint64_t bytes)
{
    if (!at)
        return;
    free(at);
    atomic_fetch_sub(&memory->taken_bytes, whole_pages(bytes));
}
