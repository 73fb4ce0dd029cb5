/*
 * Runs of bits.  The odd ones at both ends go bit by bit, the bytes between
 * them as bytes.
 */
#include "column/bits.h"

#include <string.h>

/* How many bits from `at` to the next byte, at most `n`. */
static uint64_t bits_to_byte(uint64_t at, uint64_t n)
{
    uint64_t head = (8 - at % 8) % 8;

    return head < n ? head : n;
}

static void copy_one_by_one(uint8_t *to, uint64_t to_at, const uint8_t *from,
                            uint64_t from_at, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        lio_bit_set(to, to_at + i, lio_bit_get(from, from_at + i));
}

/* `to` starts at a byte, `from` does not. */
static void copy_shifted(uint8_t *to, const uint8_t *from, unsigned shift,
                         uint64_t nbytes)
{
    for (uint64_t i = 0; i < nbytes; i++)
        to[i] = (uint8_t)(from[i] >> shift | from[i + 1] << (8 - shift));
}

void lio_bits_copy(uint8_t *to, uint64_t to_at, const uint8_t *from,
                   uint64_t from_at, uint64_t n)
{
    uint64_t head = bits_to_byte(to_at, n), nbytes = (n - head) / 8;
    unsigned shift = (unsigned)((from_at + head) % 8);

    copy_one_by_one(to, to_at, from, from_at, head);
    to_at += head;
    from_at += head;
    if (nbytes > 0 && shift == 0)
        memcpy(to + to_at / 8, from + from_at / 8, (size_t)nbytes);
    else if (nbytes > 0)
        copy_shifted(to + to_at / 8, from + from_at / 8, shift, nbytes);
    copy_one_by_one(to, to_at + nbytes * 8, from, from_at + nbytes * 8,
                    n - head - nbytes * 8);
}

void lio_bits_fill(uint8_t *bits, uint64_t at, uint64_t n, bool value)
{
    uint64_t head = bits_to_byte(at, n), nbytes = (n - head) / 8;

    for (uint64_t i = 0; i < head; i++)
        lio_bit_set(bits, at + i, value);
    at += head;
    if (nbytes > 0)
        memset(bits + at / 8, value ? 0xff : 0, (size_t)nbytes);
    for (uint64_t i = nbytes * 8; i < n - head; i++)
        lio_bit_set(bits, at + i, value);
}

uint64_t lio_bits_count(const uint8_t *bits, uint64_t at, uint64_t n)
{
    uint64_t head = bits_to_byte(at, n), count = 0, i;

    for (i = 0; i < head; i++)
        count += lio_bit_get(bits, at + i);
    for (; n - i >= 64; i += 64) {
        uint64_t word;

        memcpy(&word, bits + (at + i) / 8, sizeof(word));
        count += (uint64_t)__builtin_popcountll(word);
    }
    for (; i < n; i++)
        count += lio_bit_get(bits, at + i);
    return count;
}
