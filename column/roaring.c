/*
 * Roaring bitmaps.
 *
 *     u32 12346 | u32 n                     no runs, or
 *     u16 12347 | u16 n - 1 | run flags     a bit for each container
 *     n x { u16 key | u16 numbers - 1 }
 *     n x u32 offset                        without runs, or if n >= 4
 *     n containers, one after the other:
 *         array     sorted u16, up to 4096 numbers
 *         bitset    8192 bytes
 *         run       u16 count, count x { u16 start | u16 length - 1 }
 *
 * A number is key << 16 | what its container holds.  Containers lie in order,
 * so the offsets are not needed.
 *
 * Our own parser and not the library's: bitmaps come out as runs without being
 * expanded, and the releases of CRoaring that distributions carry trust the
 * counts of a bitmap that lies.
 */
#include "column/roaring.h"

#include "common/cursor.h"

#define COOKIE_PLAIN   12346
#define COOKIE_RUNS    12347
#define CONTAINERS_MAX 65536
#define OFFSETS_FROM   4 /* containers, in a bitmap with runs */
#define ARRAY_MAX      4096
#define BITSET_BYTES   8192
#define CONTAINER_ROWS 65536

struct header {
    uint32_t ncontainers;
    const uint8_t *runs; /* flags, or NULL */
    struct lio_cursor descriptions;
};

static bool take_header(struct lio_cursor *cur, struct header *ret_header)
{
    uint32_t cookie = lio_cursor_u32(cur), n;
    const uint8_t *at;

    ret_header->runs = NULL;
    if ((cookie & 0xffff) == COOKIE_RUNS) {
        n = (cookie >> 16) + 1;
        ret_header->runs = lio_cursor_take(cur, (n + 7) / 8);
    } else if (cookie == COOKIE_PLAIN) {
        n = lio_cursor_u32(cur);
    } else {
        return false;
    }
    if (n > CONTAINERS_MAX)
        return false;
    at = lio_cursor_take(cur, (size_t)n * 4);
    if (!ret_header->runs || n >= OFFSETS_FROM)
        (void)lio_cursor_take(cur, (size_t)n * 4);
    if (cur->overrun)
        return false;
    ret_header->ncontainers = n;
    ret_header->descriptions = lio_cursor_over(at, (size_t)n * 4);
    return true;
}

static int take_array(struct lio_cursor *cur, uint64_t base, uint32_t numbers,
                      struct lio_gaps *gaps)
{
    const uint8_t *at = lio_cursor_take(cur, (size_t)numbers * 2);
    int rc = 0;

    for (uint32_t i = 0; at && i < numbers && rc == 0; i++)
        rc = lio_gaps_add(gaps, base + lio_load_u16(at + (size_t)i * 2), 1);
    return rc;
}

/* Where the first bit from `bit` on is that is `value`, or the end. */
static uint32_t find_bit(const uint8_t *bits, uint32_t bit, bool value)
{
    while (bit < CONTAINER_ROWS) {
        uint64_t word = lio_load_u64(bits + bit / 64 * 8);

        word = (value ? word : ~word) >> bit % 64;
        if (word != 0)
            return bit + (uint32_t)__builtin_ctzll(word);
        bit = (bit / 64 + 1) * 64;
    }
    return CONTAINER_ROWS;
}

static int take_bitset(struct lio_cursor *cur, uint64_t base,
                       struct lio_gaps *gaps)
{
    const uint8_t *bits = lio_cursor_take(cur, BITSET_BYTES);
    uint32_t from, to;
    int rc = 0;

    for (from = bits ? find_bit(bits, 0, true) : CONTAINER_ROWS;
         from < CONTAINER_ROWS && rc == 0; from = find_bit(bits, to, true)) {
        to = find_bit(bits, from, false);
        rc = lio_gaps_add(gaps, base + from, to - from);
    }
    return rc;
}

static int take_runs(struct lio_cursor *cur, uint64_t base,
                     struct lio_gaps *gaps)
{
    uint32_t nruns = lio_cursor_u16(cur);
    const uint8_t *at = lio_cursor_take(cur, (size_t)nruns * 4);
    int rc = 0;

    for (uint32_t i = 0; at && i < nruns && rc == 0; i++, at += 4) {
        uint32_t start = lio_load_u16(at);
        uint32_t rows = (uint32_t)lio_load_u16(at + 2) + 1;

        if (rows > CONTAINER_ROWS - start)
            return LIO_EINVAL;
        rc = lio_gaps_add(gaps, base + start, rows);
    }
    return rc;
}

static int take_container(struct lio_cursor *cur, struct header *header,
                          uint32_t number, struct lio_gaps *gaps)
{
    uint64_t base = (uint64_t)lio_cursor_u16(&header->descriptions) << 16;
    uint32_t numbers = (uint32_t)lio_cursor_u16(&header->descriptions) + 1;
    uint64_t before = gaps->rows;
    int rc;

    if (header->runs && header->runs[number / 8] >> number % 8 & 1)
        rc = take_runs(cur, base, gaps);
    else if (numbers <= ARRAY_MAX)
        rc = take_array(cur, base, numbers, gaps);
    else
        rc = take_bitset(cur, base, gaps);
    if (rc == 0 && !cur->overrun && gaps->rows - before != numbers)
        return LIO_ECORRUPT;
    return rc;
}

int lio_roaring_parse(struct lio_bytes in, struct lio_gaps *gaps,
                      const char **ret_why)
{
    struct lio_cursor cur = lio_cursor_over(in.data, in.bytes);
    struct header header;
    int rc = 0;

    if (!take_header(&cur, &header)) {
        *ret_why = "its header is no Roaring bitmap's";
        return LIO_ECORRUPT;
    }
    for (uint32_t i = 0; i < header.ncontainers && rc == 0; i++) {
        rc = take_container(&cur, &header, i, gaps);
        if (cur.overrun)
            rc = LIO_ECORRUPT;
    }
    if (rc == 0 && cur.left > 0)
        rc = LIO_ECORRUPT;
    if (rc == LIO_ENOMEM)
        return rc;
    *ret_why = rc == LIO_EINVAL
                   ? "its rows are not in ascending order"
                   : "its containers do not hold what its header says";
    return rc < 0 ? LIO_ECORRUPT : 0;
}
