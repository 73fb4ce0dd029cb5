/*
 * The frames: memory of the blocks, one mapping.
 *
 *     | small pages, 8 MiB | large pages, 2 MiB each ............... |
 *       frames 0 to 127      all others
 *
 * Large pages, if the system has them to give: a device moves 256 KiB that lie
 * in one piece about twice as fast as 64 scattered pages, and the first touch
 * of 2 MiB costs one fault instead of 512.
 *
 * But it clears all of the 2 MiB before the first byte of a block can come, and
 * under a hypervisor that takes back free memory they have to be found first:
 * 5 ms, measured.  A process that reads a few blocks, and every process before
 * its first result, would pay for what it does not use.  So the first frames
 * begin on small pages, and are given to large ones, in the kernel's own time,
 * once the cache has outgrown them.
 */
#include "core/cache_parts.h"

#include <sys/mman.h>

#define LARGE_PAGE  ((size_t)2 << 20)
#define SMALL_BYTES ((size_t)8 << 20)

static size_t frames_bytes(const struct lio_cache_layout *layout)
{
    return (size_t)layout->nshards * layout->shard_slots * LIO_BLOCK_BYTES;
}

/* The kernel aligns to small pages only: reserve more, and give back what lies
 * before and behind the aligned part. */
int lio_frames_map(struct lio_cache *cache, struct lio_error *err)
{
    size_t bytes = frames_bytes(&cache->layout), lead;
    size_t align = bytes < LARGE_PAGE ? LIO_BLOCK_BYTES : LARGE_PAGE;
    unsigned char *mapped = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (mapped == MAP_FAILED)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for a cache of %zu bytes: lower "
                             "[cache] size",
                             bytes);

    lead = -(uintptr_t)mapped % align;
    cache->frames = mapped + lead;
    /* To unmap a part at either end of a mapping cannot fail. */
    if (lead)
        (void)munmap(mapped, lead);
    if (lead < align)
        (void)munmap(cache->frames + bytes, align - lead);
    cache->small_bytes = bytes < SMALL_BYTES ? bytes : SMALL_BYTES;
    /* Without large pages it works as well. */
    if (bytes > cache->small_bytes)
        (void)madvise(cache->frames + cache->small_bytes,
                      bytes - cache->small_bytes, MADV_HUGEPAGE);
    return 0;
}

void lio_frames_unmap(struct lio_cache *cache)
{
    if (cache->frames)
        (void)munmap(cache->frames, frames_bytes(&cache->layout));
}

static size_t offset_of(const struct lio_cache *cache, uint32_t slot)
{
    const struct lio_cache_layout *layout = &cache->layout;
    size_t frame = (size_t)(slot % layout->shard_slots) * layout->nshards +
                   slot / layout->shard_slots;

    return frame * LIO_BLOCK_BYTES;
}

void *lio_cache_frame(const struct lio_cache *cache, uint32_t slot)
{
    return cache->frames + offset_of(cache, slot);
}

void lio_frames_used(struct lio_cache *cache, uint32_t slot)
{
    if (atomic_load_explicit(&cache->frames_grown, memory_order_relaxed) ||
        offset_of(cache, slot) < cache->small_bytes)
        return;
    /* Two threads may come here at once, which does no harm. */
    atomic_store_explicit(&cache->frames_grown, true, memory_order_relaxed);
    (void)madvise(cache->frames, cache->small_bytes, MADV_HUGEPAGE);
}
