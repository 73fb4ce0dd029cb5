/*
 * Where in a table of 2^bits places a key belongs: multiplication by the golden
 * ratio, of which the upper bits are taken, because all bits of the key have
 * moved them.  Neighbouring keys, which is what block numbers are, come to lie
 * apart.
 */
#ifndef LIO_COMMON_HASH_H
#define LIO_COMMON_HASH_H

#include <stdint.h>

/* `bits` is 1 .. 32. */
static inline uint32_t lio_hash_place(uint64_t key, unsigned bits)
{
    return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

/* The fewest bits, but 1 at least, whose places are `n` or more; n <= 2^32. */
static inline unsigned lio_hash_bits(uint64_t n)
{
    unsigned bits = 1;

    while (UINT64_C(1) << bits < n)
        bits++;
    return bits;
}

#endif
