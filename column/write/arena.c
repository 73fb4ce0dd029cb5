/*
 * Blocks in a row, the last one being filled:
 *
 *     block <- block <- last | used ....| free |
 *
 * What does not fit starts a new block: as large as all before it, so that they
 * are few, up to a bound; of its own size if that is larger, so that little is
 * wasted.
 */
#include "column/write/arena.h"

#include "column/pool.h"

#include <string.h>

#define ALIGN       64
#define ALIGN_SMALL 16
#define SLACK       64
#define BLOCK_MIN   ((size_t)64 << 10)
#define BLOCK_MAX   ((size_t)2 << 20)

struct lio_arena_block {
    struct lio_mem *mem; /* that it is */
    struct lio_arena_block *before;
    size_t used;
    size_t bytes;
    _Alignas(ALIGN) uint8_t data[];
};

static struct lio_arena_block *block_new(struct lio_arena *arena, size_t bytes)
{
    struct lio_arena_block *block;
    size_t room = arena->bytes < BLOCK_MAX ? (size_t)arena->bytes : BLOCK_MAX;
    struct lio_mem *mem;

    room = room > BLOCK_MIN ? room : BLOCK_MIN;
    room = room > bytes ? room : bytes;
    mem = lio_pool_take(arena->pool, sizeof(*block) + room);
    if (!mem)
        return NULL;
    block = (struct lio_arena_block *)mem->data;
    block->mem = mem;
    block->before = arena->last;
    block->used = 0;
    block->bytes = room;
    arena->last = block;
    arena->bytes += room;
    return block;
}

static size_t round_up(size_t bytes, size_t align)
{
    return (bytes + align - 1) / align * align;
}

static void *take(struct lio_arena *arena, size_t bytes, size_t align)
{
    struct lio_arena_block *block = arena->last;
    size_t at = block ? round_up(block->used, align) : 0;

    if (!block || at > block->bytes || bytes > block->bytes - at) {
        block = block_new(arena, round_up(bytes, ALIGN));
        at = 0;
    }
    if (!block)
        return NULL;
    block->used = at + bytes;
    return block->data + at;
}

void *lio_arena_alloc(struct lio_arena *arena, uint64_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    return take(arena, (size_t)bytes + SLACK, ALIGN);
}

void *lio_arena_zeroed(struct lio_arena *arena, size_t bytes)
{
    void *memory = take(arena, bytes, ALIGN_SMALL);

    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

struct lio_arena_mark lio_arena_mark(const struct lio_arena *arena)
{
    return (struct lio_arena_mark){ arena->last,
                                    arena->last ? arena->last->used : 0 };
}

void lio_arena_rewind(struct lio_arena *arena, struct lio_arena_mark mark)
{
    while (arena->last != mark.last) {
        struct lio_arena_block *block = arena->last;

        arena->last = block->before;
        arena->bytes -= block->bytes;
        lio_mem_put(block->mem);
    }
    if (arena->last)
        arena->last->used = mark.used;
}

void lio_arena_release(struct lio_arena *arena)
{
    lio_arena_rewind(arena, (struct lio_arena_mark){ 0 });
}
