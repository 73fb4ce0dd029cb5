/*
 * The slab: request objects by number, in chunks that never move.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/memory.h"

int lio_slab_init(struct lio_slab *slab)
{
    memset(slab, 0, sizeof(*slab));
    /* 512 KiB of zeroes, of which the system backs what is touched. */
    slab->chunks = calloc(LIO_SLAB_CHUNKS, sizeof(slab->chunks[0]));
    return slab->chunks ? 0 : LIO_ENOMEM;
}

void lio_slab_release(struct lio_slab *slab)
{
    struct lio_fill *fill;
    void *page;

    for (uint32_t i = 0; i < slab->nchunks; i++)
        free(atomic_load(&slab->chunks[i]));
    free(slab->chunks);
    while ((fill = slab->free_fills)) {
        slab->free_fills = fill->next;
        free(fill);
    }
    while ((page = slab->free_pages)) {
        slab->free_pages = *(void **)page;
        free(page);
    }
}

static bool grow(struct lio_slab *slab, struct lio_lane *lane,
                 uint32_t lane_index)
{
    uint32_t first = slab->nchunks * LIO_SLAB_CHUNK;
    struct lio_io *chunk;

    if (slab->nchunks == LIO_SLAB_CHUNKS)
        return false;
    chunk = calloc(LIO_SLAB_CHUNK, sizeof(*chunk));
    if (!chunk)
        return false;
    for (uint32_t i = LIO_SLAB_CHUNK; i-- > 0;) {
        chunk[i].lane = lane;
        chunk[i].index = lane_index << 24 | (first + i);
        chunk[i].next = slab->free;
        slab->free = &chunk[i];
    }
    atomic_store(&slab->chunks[slab->nchunks++], chunk);
    return true;
}

/* Everything but word, lane and index; parts of the object that the next user
 * always sets are left alone, because this runs for every read.  So is
 * `waiter`: who still waits under the old id takes itself out, and must be
 * found until then (take_one() in wait.c). */
static void forget(struct lio_io *io)
{
    io->op.flags = 0;
    io->handle = NULL;
    io->issued_ns = 0;
    io->moved = 0;
    atomic_store_explicit(&io->tries, 0, memory_order_relaxed);
    io->failures = 0;
    io->taken_bytes = 0;
    io->planned = (struct lio_io_list){ 0 };
    io->waiting = false;
    io->parent = NULL;
    io->fill = NULL;
    io->merge = NULL;
    io->alone = false;
    io->body_bytes = 0;
    io->bounce_bytes = 0;
    io->bounce = NULL;
    io->bytes = 0;
    io->view = NULL;
    atomic_store_explicit(&io->joins, 0, memory_order_relaxed);
    atomic_store_explicit(&io->failure, 0, memory_order_relaxed);
    atomic_store_explicit(&io->eof_at, UINT64_MAX, memory_order_relaxed);
    atomic_store_explicit(&io->redo, false, memory_order_relaxed);
    atomic_store_explicit(&io->cancelled, 0, memory_order_relaxed);
    atomic_store_explicit(&io->ending, false, memory_order_relaxed);
    atomic_store_explicit(&io->inside, 0, memory_order_relaxed);
    atomic_store_explicit(&io->by_id, false, memory_order_relaxed);
    io->exposed = false;
    io->holds = 1;
}

struct lio_io *lio_slab_get(struct lio_slab *slab, struct lio_lane *lane,
                            uint32_t lane_index)
{
    struct lio_io *io;
    uint64_t generation;

    if (!slab->free && !grow(slab, lane, lane_index))
        return NULL;
    io = slab->free;
    slab->free = io->next;
    slab->nused++;

    forget(io);
    /* A generation begins at birth: whatever still knows the old id is stale
     * from here on.  0 is left out, so that no id is 0. */
    generation =
        (atomic_load_explicit(&io->word, memory_order_relaxed) >> 32) + 1;
    if (generation > UINT32_MAX)
        generation = 1;
    atomic_store(&io->word, generation << 32 | LIO_IO_NEW);
    io->op.id = lio_io_id(io);
    return io;
}

void lio_slab_put(struct lio_slab *slab, struct lio_io *io)
{
    uint64_t word = atomic_load_explicit(&io->word, memory_order_relaxed);

    atomic_store(&io->word, (word & 0xffffffff00000000ull) | LIO_IO_FREE);
    io->next = slab->free;
    slab->free = io;
    slab->nused--;
}

struct lio_io *lio_slab_at(const struct lio_slab *slab, uint32_t slot)
{
    struct lio_io *chunk = atomic_load(&slab->chunks[slot / LIO_SLAB_CHUNK]);

    return chunk ? &chunk[slot % LIO_SLAB_CHUNK] : NULL;
}

struct lio_fill *lio_slab_get_fill(struct lio_slab *slab)
{
    struct lio_fill *fill = slab->free_fills;

    if (!fill)
        return malloc(sizeof(*fill));
    slab->free_fills = fill->next;
    return fill;
}

void lio_slab_put_fill(struct lio_slab *slab, struct lio_fill *fill)
{
    fill->next = slab->free_fills;
    slab->free_fills = fill;
}

void *lio_slab_get_page(struct lio_slab *slab)
{
    void *page = slab->free_pages;

    if (!page)
        return aligned_alloc(LIO_MEMORY_PAGE, LIO_MEMORY_PAGE);
    slab->free_pages = *(void **)page;
    return page;
}

void lio_slab_put_page(struct lio_slab *slab, void *page)
{
    *(void **)page = slab->free_pages;
    slab->free_pages = page;
}
