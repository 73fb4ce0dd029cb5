/*
 * Memory for requests: counted, bounded, in pages.
 */
#include "core/memory.h"

#include <stdlib.h>

static uint64_t whole_pages(uint64_t bytes)
{
    uint64_t pages = bytes / LIO_MEMORY_PAGE + (bytes % LIO_MEMORY_PAGE != 0);

    return (pages ? pages : 1) * LIO_MEMORY_PAGE;
}

bool lio_memory_charge(struct lio_memory *memory, uint64_t bytes)
{
    uint64_t taken = atomic_load(&memory->taken_bytes), padded;

    if (bytes > INT64_MAX)
        return false;
    padded = whole_pages(bytes);
    do {
        if (memory->limit_bytes && (padded > memory->limit_bytes ||
                                    taken > memory->limit_bytes - padded))
            return false;
    } while (!atomic_compare_exchange_weak(&memory->taken_bytes, &taken,
                                           taken + padded));
    return true;
}

void lio_memory_discharge(struct lio_memory *memory, uint64_t bytes)
{
    atomic_fetch_sub(&memory->taken_bytes, whole_pages(bytes));
}

void *lio_memory_get(struct lio_memory *memory, uint64_t bytes)
{
    void *at;

    if (!lio_memory_charge(memory, bytes))
        return NULL;
    at = aligned_alloc(LIO_MEMORY_PAGE, whole_pages(bytes));
    if (!at)
        lio_memory_discharge(memory, bytes);
    return at;
}

void lio_memory_put(struct lio_memory *memory, void *at, uint64_t bytes)
{
    if (!at)
        return;
    free(at);
    lio_memory_discharge(memory, bytes);
}
