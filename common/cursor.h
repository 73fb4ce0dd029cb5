/*
 * A cursor over bytes from a file: little-endian fields are taken one after
 * the other, and running past the end is remembered instead of done.
 *
 *     struct lio_cursor cur = lio_cursor_over(bytes, nbytes);
 *     uint32_t count = lio_cursor_u32(&cur);
 *     uint16_t flags = lio_cursor_u16(&cur);
 *
 *     if (cur.overrun)
 *         return LIO_ECORRUPT;
 *
 * So that a parser reads like the layout, and checks once.  Fields past the
 * end are 0.
 */
#ifndef LIO_COMMON_CURSOR_H
#define LIO_COMMON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct lio_cursor {
    const uint8_t *next;
    size_t left;
    bool overrun; /* a field was asked for that is not there */
};

static inline struct lio_cursor lio_cursor_over(const void *bytes,
                                                size_t nbytes)
{
    return (struct lio_cursor){ .next = bytes, .left = nbytes };
}

/* The next `n` bytes, or NULL if there are fewer. */
static inline const uint8_t *lio_cursor_take(struct lio_cursor *cur, size_t n)
{
    const uint8_t *taken = cur->next;

    if (cur->overrun || n > cur->left) {
        cur->overrun = true;
        return NULL;
    }
    if (n > 0)
        cur->next += n;
    cur->left -= n;
    return taken;
}

/* The next `n` bytes as an integer, the lowest first; compilers make it a
 * plain load where the machine allows. */
static inline uint64_t lio_cursor_uint(struct lio_cursor *cur, unsigned n)
{
    const uint8_t *at = lio_cursor_take(cur, n);
    uint64_t value = 0;

    for (unsigned i = 0; at && i < n; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static inline uint16_t lio_cursor_u16(struct lio_cursor *cur)
{
    return (uint16_t)lio_cursor_uint(cur, sizeof(uint16_t));
}

static inline uint32_t lio_cursor_u32(struct lio_cursor *cur)
{
    return (uint32_t)lio_cursor_uint(cur, sizeof(uint32_t));
}

static inline uint64_t lio_cursor_u64(struct lio_cursor *cur)
{
    return lio_cursor_uint(cur, sizeof(uint64_t));
}

/* Whether the next bytes are those of `magic`; they are taken in any case. */
static inline bool lio_cursor_is(struct lio_cursor *cur, const char *magic)
{
    size_t n = strlen(magic);
    const uint8_t *at = lio_cursor_take(cur, n);

    return at && memcmp(at, magic, n) == 0;
}

#endif
