/*
 * Fills: operations that read into frames of the cache.
 *
 *     operation   ├──────────────────────────────┤    one range of the file
 *     pieces      ├─ block 7 ─┤├─ block 8 ─┤├─ 9 ┤    each into a frame
 *
 * How they are put together; what becomes of them is read_end.c's.
 */
#ifndef LIO_CORE_FILL_H
#define LIO_CORE_FILL_H

#include "core/io.h"

/* Bits first .. first+count-1. */
static inline uint16_t lio_sector_mask(uint32_t first, uint32_t count)
{
    return (uint16_t)(((1u << count) - 1u) << first);
}

/* The next run of set bits in `mask` from bit `from` on; false if none. */
static inline bool lio_sector_run(uint16_t mask, uint32_t from,
                                  uint32_t *ret_first, uint32_t *ret_count)
{
    uint32_t rest = (uint32_t)mask >> from << from;
    uint32_t first;

    if (!rest)
        return false;
    first = (uint32_t)__builtin_ctz(rest);
    *ret_first = first;
    *ret_count = (uint32_t)__builtin_ctz(~(rest >> first));
    return true;
}

/* `part` reads nothing yet, from `at` on, of a file of `file_bytes`. */
static inline void lio_fill_begin(struct lio_io *part, struct lio_fill *fill,
                                  uint64_t at, uint64_t file_bytes)
{
    fill->file_bytes = file_bytes;
    fill->npieces = 0;
    part->fill = fill;
    part->op.iov = fill->iov;
    part->op.niov = 0;
    part->op.offset = part->offset = at;
    part->op.length = part->length = 0;
}

/* Does `part` end at `at`, and may it be `bytes` longer? */
static inline bool lio_fill_takes(const struct lio_io *part, uint64_t at,
                                  uint64_t bytes, uint64_t most)
{
    return part->op.offset + part->op.length == at &&
           part->fill->npieces < LIO_FILL_PIECES &&
           part->op.length + bytes <= most;
}

/* Add a piece, which lio_fill_takes() or is the first; `frame` is its slot's.
 */
static inline void lio_fill_add(struct lio_io *part,
                                const struct lio_piece *piece, void *frame)
{
    struct lio_fill *fill = part->fill;
    size_t bytes = (size_t)piece->count * LIO_SECTOR_BYTES;

    fill->pieces[fill->npieces] = *piece;
    fill->iov[fill->npieces++] = (struct lio_iovec){
        (unsigned char *)frame + (size_t)piece->first * LIO_SECTOR_BYTES, bytes
    };
    part->op.niov++;
    part->op.length += bytes;
    part->length += bytes;
}

#endif
