/*
 * File contents that need not be stored: every byte is a function of the
 * file's number and the byte's offset, so that any byte read anywhere, at any
 * time, can be checked, and bytes of another file or place are noticed.
 *
 *     offset   0               8               16
 *     word     │ mix(file, 0)  │ mix(file, 1)  │ mix(file, 2) ...
 *     byte       little end first
 */
#ifndef LIO_TESTS_PATTERN_H
#define LIO_TESTS_PATTERN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The finaliser of splitmix64: neighbours share nothing. */
static inline uint64_t lio_test_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* A small generator: the same numbers on every run. */
static inline uint64_t lio_test_random(uint64_t *seed)
{
    return lio_test_mix(++*seed);
}

static inline uint64_t lio_test_word(uint32_t file, uint64_t index)
{
    return lio_test_mix(((uint64_t)file << 44) ^ index);
}

static inline uint8_t lio_test_byte(uint32_t file, uint64_t offset)
{
    return (uint8_t)(lio_test_word(file, offset / 8) >> (offset % 8 * 8));
}

/* The bytes of [offset, offset + 8), of which an aligned word is the hot case.
 */
static inline uint64_t lio_test_load(uint32_t file, uint64_t offset)
{
    uint32_t shift = (uint32_t)(offset % 8 * 8);
    uint64_t low = lio_test_word(file, offset / 8) >> shift;

    if (shift == 0)
        return low;
    return low | lio_test_word(file, offset / 8 + 1) << (64 - shift);
}

/* Write what `file` holds at `offset` into `buf`. */
static inline void lio_test_fill(void *buf, size_t len, uint32_t file,
                                 uint64_t offset)
{
    uint8_t *out = buf;
    size_t done = 0;

    for (; len - done >= 8; done += 8) {
        uint64_t word = htole64(lio_test_load(file, offset + done));

        memcpy(out + done, &word, sizeof(word));
    }
    for (; done < len; done++)
        out[done] = lio_test_byte(file, offset + done);
}

/* Returns the index of the first byte that is not what `file` holds at
 * `offset`, or `len` if all are. */
static inline size_t lio_test_differs(const void *buf, size_t len,
                                      uint32_t file, uint64_t offset)
{
    const uint8_t *in = buf;
    size_t done = 0;

    for (; len - done >= 8; done += 8) {
        uint64_t word;

        memcpy(&word, in + done, sizeof(word));
        if (le64toh(word) != lio_test_load(file, offset + done))
            break;
    }
    while (done < len && in[done] == lio_test_byte(file, offset + done))
        done++;
    return done;
}

#endif
