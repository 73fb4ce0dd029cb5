/*
 * Shared memory.  One allocation holds the count and the bytes:
 *
 *     refs, bytes, ... | data ........ | slack (zero)
 *     0                64
 *
 * In a mapping data starts with its second page, and that much before it.  What
 * a device writes in step with the file starts later, and has less room:
 *
 *     refs, bytes, ... |      | data .......... | slack (zero)
 */
#include "column/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static uint8_t *start_of(struct lio_mem *mem)
{
    return (uint8_t *)(mem + 1);
}

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

/* `bytes` of a new mapping that begin at a multiple of `align`, and what is
 * before and behind given back; NULL without memory. */
static uint8_t *map_aligned(size_t bytes, size_t before, size_t align)
{
    size_t whole = before + bytes + align, head, tail;
    uint8_t *start = mmap(NULL, whole, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (start == MAP_FAILED)
        return NULL;
    head = (align - ((uintptr_t)start + before) % align) % align;
    tail = align - head;
    if (head > 0)
        (void)munmap(start, head);
    if (tail > 0)
        (void)munmap(start + head + before + bytes, tail);
    return start + head;
}

/* A last huge page that is nearly full is as good as full. */
static size_t fill_huge(size_t bytes)
{
    size_t rest = bytes % HUGE_PAGE;

    return rest < HUGE_PAGE / 4 * 3 ? bytes : bytes - rest + HUGE_PAGE;
}

/* The head of a mapping is the end of its first page. */
struct lio_mem *lio_mem_map(uint64_t bytes, bool huge)
{
    struct lio_mem *mem;
    uint8_t *start;
    size_t whole;

    if (!room_for(bytes, &whole))
        return NULL;
    whole = ((size_t)bytes + LIO_MEM_SLACK + LIO_MEM_PAGE - 1) / LIO_MEM_PAGE *
            LIO_MEM_PAGE;
    if (huge)
        whole = fill_huge(whole);
    huge = huge && whole >= HUGE_PAGE;
    start = map_aligned(whole, LIO_MEM_PAGE, huge ? HUGE_PAGE : LIO_MEM_PAGE);
    if (!start)
        return NULL;
    if (huge) /* which is a wish */
        (void)madvise(start + LIO_MEM_PAGE, whole, MADV_HUGEPAGE);
    mem = (struct lio_mem *)(start + LIO_MEM_PAGE - sizeof(*mem));
    set_up(mem, whole + sizeof(*mem), bytes);
    mem->mapped = LIO_MEM_PAGE + whole;
    return mem;
}

void lio_mem_renew(struct lio_mem *mem, uint64_t bytes)
{
    atomic_init(&mem->refs, 1);
    mem->bytes = (size_t)bytes;
    mem->data = start_of(mem);
    memset(mem->data + bytes, 0, LIO_MEM_SLACK);
}

void lio_mem_place(struct lio_mem *mem, uint64_t place, size_t align)
{
    uint8_t *start = start_of(mem);
    size_t before = (size_t)(place - (uintptr_t)start) & (align - 1);

    assert(before <= mem->room - mem->bytes);
    mem->data = start + before;
    memset(mem->data + mem->bytes, 0, LIO_MEM_SLACK);
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

bool lio_mem_pad(struct lio_mem *mem, uint64_t bytes, uint64_t end)
{
    size_t before = (size_t)(mem->data - start_of(mem));

    if (end > mem->room - before + LIO_MEM_SLACK)
        return false;
    memset(mem->data + bytes, 0, (size_t)(end - bytes));
    return true;
}

void lio_mem_free(struct lio_mem *mem)
{
    if (mem->mapped > 0)
        /* Which cannot fail for what is one. */
        (void)munmap(start_of(mem) - LIO_MEM_PAGE, mem->mapped);
    else
        free(mem);
}
