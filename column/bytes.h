/*
 * Bytes that somebody else owns, and unaligned little-endian access to them.
 */
#ifndef LIO_COLUMN_BYTES_H
#define LIO_COLUMN_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Decoded values are copied from the file as they are: the format is little
 * endian, and so must be the machine. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the decoders need a little-endian machine");

struct lio_bytes {
    const uint8_t *data;
    size_t bytes;
};

static inline uint16_t lio_load_u16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t lio_load_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint64_t lio_load_u64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

#endif
