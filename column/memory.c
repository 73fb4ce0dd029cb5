/*
 * Shared memory.  One allocation holds the count and the bytes:
 *
 *     refs, bytes | padding | data ........ | slack (zero)
 *     0                     64
 */
#include "column/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static bool room_for(uint64_t bytes, size_t *ret_room)
{
    const size_t extra = sizeof(struct lio_mem) + 2 * LIO_MEM_SLACK;

    if (bytes > SIZE_MAX / 2 - extra)
        return false;
    *ret_room = ((size_t)bytes + extra) / LIO_MEM_ALIGN * LIO_MEM_ALIGN;
    return true;
}

static void set_up(struct lio_mem *mem, size_t whole, uint64_t bytes)
{
    mem->room = whole - sizeof(*mem) - LIO_MEM_SLACK;
    mem->mapped = 0;
    mem->pool = NULL;
    lio_mem_renew(mem, bytes);
}

struct lio_mem *lio_mem_new(uint64_t bytes)
{
    struct lio_mem *mem;
    size_t whole;

    if (!room_for(bytes, &whole))
        return NULL;
    mem = aligned_alloc(LIO_MEM_ALIGN, whole);
    if (!mem)
        return NULL;
    set_up(mem, whole, bytes);
    return mem;
}

struct lio_mem *lio_mem_map(uint64_t bytes)
{
    struct lio_mem *mem;
    size_t whole;

    if (!room_for(bytes, &whole))
        return NULL;
    mem = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
               -1, 0);
    if (mem == MAP_FAILED)
        return NULL;
    set_up(mem, whole, bytes);
    mem->mapped = whole;
    return mem;
}

void lio_mem_renew(struct lio_mem *mem, uint64_t bytes)
{
    atomic_init(&mem->refs, 1);
    mem->bytes = (size_t)bytes;
    memset(mem->data + bytes, 0, LIO_MEM_SLACK);
}

struct lio_mem *lio_mem_zeroed(uint64_t bytes)
{
    struct lio_mem *mem = lio_mem_new(bytes);

    if (mem)
        memset(mem->data, 0, mem->bytes);
    return mem;
}

struct lio_mem *lio_mem_get(struct lio_mem *mem)
{
    if (mem)
        atomic_fetch_add_explicit(&mem->refs, 1, memory_order_relaxed);
    return mem;
}

void lio_mem_put(struct lio_mem *mem)
{
    if (!mem ||
        atomic_fetch_sub_explicit(&mem->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (mem->pool)
        lio_pool_return(mem);
    else
        lio_mem_free(mem);
}

void lio_mem_free(struct lio_mem *mem)
{
    if (mem->mapped > 0)
        (void)munmap(mem, mem->mapped); /* which cannot fail for what is one */
    else
        free(mem);
}
