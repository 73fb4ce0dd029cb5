/*
 * Views: a table of blocks, each a pinned slot or memory of its own.
 */
#include "core/view.h"

#include <stdlib.h>

#include "core/engine.h"

struct block {
    uint32_t slot;         /* pinned, or LIO_NO_SLOT */
    void *memory;          /* of its own, or NULL */
    uint64_t memory_bytes; /* likewise */
};

struct view {
    struct lio_view base; /* first: what the caller sees */
    struct lio_engine *engine;
    uint64_t offset;
    uint64_t block_bytes; /* of the table's blocks; one for all if not cached */
    uint32_t nblocks;
    struct lio_segment *segments; /* nblocks of them */
    struct block blocks[];
};

static uint64_t first_block(const struct view *view)
{
    return view->offset / view->block_bytes;
}

static void *own(struct view *view, struct block *block, uint64_t bytes)
{
    block->memory = lio_memory_get(&view->engine->memory, bytes);
    block->memory_bytes = bytes;
    return block->memory;
}

int lio_view_make(struct lio_engine *engine, uint64_t offset, uint64_t len,
                  bool cached, struct lio_view **ret_view)
{
    uint64_t first = offset / LIO_BLOCK_BYTES;
    uint64_t last = len ? (offset + len - 1) / LIO_BLOCK_BYTES : first;
    uint64_t nblocks = cached ? last - first + 1 : 1;
    struct view *view;

    if (nblocks > UINT32_MAX / 2)
        return LIO_ENOMEM;
    view = calloc(1, sizeof(*view) + nblocks * sizeof(view->blocks[0]));
    if (!view)
        return LIO_ENOMEM;
    view->engine = engine;
    view->offset = offset;
    view->block_bytes = cached ? LIO_BLOCK_BYTES : UINT64_MAX;
    view->nblocks = (uint32_t)nblocks;
    for (uint32_t i = 0; i < view->nblocks; i++)
        view->blocks[i].slot = LIO_NO_SLOT;
    view->segments = calloc(nblocks, sizeof(*view->segments));
    if (!cached)
        (void)own(view, &view->blocks[0], len);
    if (!view->segments || (!cached && !view->blocks[0].memory)) {
        lio_view_put(&view->base);
        return LIO_ENOMEM;
    }
    *ret_view = &view->base;
    return 0;
}

void *lio_view_memory(struct lio_view *base)
{
    return ((struct view *)base)->blocks[0].memory;
}

static struct block *block_at(struct view *view, uint64_t block)
{
    return &view->blocks[block - first_block(view)];
}

void lio_view_take_pin(struct lio_view *base, uint64_t block, uint32_t slot)
{
    block_at((struct view *)base, block)->slot = slot;
}

void *lio_view_own_block(struct lio_view *base, uint64_t block)
{
    struct view *view = (struct view *)base;

    return own(view, block_at(view, block), LIO_BLOCK_BYTES);
}

static const unsigned char *bytes_of(const struct view *view,
                                     const struct block *block)
{
    if (block->memory)
        return block->memory;
    return lio_cache_frame(view->engine->cache, block->slot);
}

/* A view that is not of blocks starts at its own memory. */
static uint64_t lead_in(const struct view *view)
{
    return view->block_bytes == UINT64_MAX ? 0
                                           : view->offset % view->block_bytes;
}

void lio_view_trim(struct lio_view *base, uint64_t bytes)
{
    struct view *view = (struct view *)base;
    uint64_t skip = lead_in(view);
    uint64_t left = bytes;
    uint32_t n;

    for (n = 0; left > 0 && n < view->nblocks; n++) {
        uint64_t len = view->block_bytes - skip;

        if (len > left)
            len = left;
        view->segments[n].base = bytes_of(view, &view->blocks[n]) + skip;
        view->segments[n].len = (size_t)len;
        left -= len;
        skip = 0;
    }
    base->segments = view->segments;
    base->nsegments = n;
    base->bytes = bytes;
}

void lio_view_put(struct lio_view *base)
{
    struct view *view = (struct view *)base;

    if (!view)
        return;
    for (uint32_t i = 0; i < view->nblocks; i++) {
        if (view->blocks[i].slot != LIO_NO_SLOT)
            lio_cache_unpin(view->engine->cache, view->blocks[i].slot);
        lio_memory_put(&view->engine->memory, view->blocks[i].memory,
                       view->blocks[i].memory_bytes);
    }
    free(view->segments);
    free(view);
}
