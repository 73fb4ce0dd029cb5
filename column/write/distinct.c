/*
 * A hash table of items, open, with linear probing:
 *
 *     table      | - | 2 | - | 0 | 1 | - ...      numbers of items, plus 1
 *     items      slot of item 0, 1, 2 ...
 *     hashes     of item 0, 1, 2 ...              most others differ here
 */
#include "column/write/distinct.h"

#include "common/hash.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define TABLE_BITS_MIN 10
#define GUESS_SLOTS    4096

struct table {
    const struct lio_distinct_of *of;
    unsigned bits;
    uint32_t *places; /* 2^bits numbers */
    uint32_t nitems;
    uint64_t item_bytes;
    uint64_t *items; /* room for half as many */
    uint64_t *hashes;
};

static ALWAYS_INLINE struct lio_bytes value_of(const struct lio_distinct_of *of,
                                               uint64_t slot, size_t width)
{
    if (width == 0)
        return lio_distinct_value(of, slot);
    return (struct lio_bytes){ of->fixed->values + slot * width, width };
}

/* Eight bytes at a time; what is left counts with its length. */
static ALWAYS_INLINE uint64_t hash_of(struct lio_bytes value)
{
    const uint64_t odd = UINT64_C(0x9fb21c651e98df25);
    uint64_t hash = value.bytes * odd, word;

    while (value.bytes >= 8) {
        memcpy(&word, value.data, 8);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
        value.data += 8;
        value.bytes -= 8;
    }
    word = 0;
    if (value.bytes > 0)
        memcpy(&word, value.data, value.bytes);
    hash = (hash ^ word) * odd;
    return hash ^ hash >> 29;
}

static ALWAYS_INLINE bool equal(struct lio_bytes a, struct lio_bytes b)
{
    return a.bytes == b.bytes &&
           (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0);
}

static int table_init(const struct lio_encode *enc, struct table *table,
                      unsigned bits)
{
    uint64_t room = UINT64_C(1) << bits;
    int rc =
        lio_encode_alloc(enc, room * sizeof(*table->places), &table->places);

    if (rc == 0)
        rc = lio_encode_alloc(enc, room / 2 * sizeof(*table->items),
                              &table->items);
    if (rc == 0)
        rc = lio_encode_alloc(enc, room / 2 * sizeof(*table->hashes),
                              &table->hashes);
    if (rc == 0)
        memset(table->places, 0, (size_t)room * sizeof(*table->places));
    table->bits = bits;
    return rc;
}

static int table_grow(const struct lio_encode *enc, struct table *table)
{
    struct table bigger = *table;
    uint64_t mask = (UINT64_C(2) << table->bits) - 1;
    int rc = table_init(enc, &bigger, table->bits + 1);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < table->nitems; i++) {
        uint64_t at = lio_hash_place(table->hashes[i], bigger.bits);

        while (bigger.places[at] != 0)
            at = (at + 1) & mask;
        bigger.places[at] = i + 1;
    }
    memcpy(bigger.items, table->items, table->nitems * sizeof(*table->items));
    memcpy(bigger.hashes, table->hashes,
           table->nitems * sizeof(*table->hashes));
    *table = bigger;
    return 0;
}

/* The number of a slot's value; that of a new item if it was not there.
 * `width` is 0 for strings, and known when this is compiled for the widths
 * that matter. */
static ALWAYS_INLINE uint32_t number_of(struct table *table, uint64_t slot,
                                        size_t width)
{
    struct lio_bytes value = value_of(table->of, slot, width);
    uint64_t hash = hash_of(value), mask = (UINT64_C(1) << table->bits) - 1;
    uint64_t at = lio_hash_place(hash, table->bits);

    for (; table->places[at] != 0; at = (at + 1) & mask) {
        uint32_t item = table->places[at] - 1;

        if (table->hashes[item] == hash &&
            equal(value_of(table->of, table->items[item], width), value))
            return item;
    }
    table->items[table->nitems] = slot;
    table->hashes[table->nitems] = hash;
    table->item_bytes += value.bytes;
    table->places[at] = table->nitems + 1;
    return table->nitems++;
}

static bool is_full(const struct table *table)
{
    return table->nitems >= UINT32_C(1) << (table->bits - 1);
}

static bool is_null(const struct lio_distinct_of *of, uint64_t slot)
{
    return of->validity && !lio_bit_get(of->validity, slot);
}

/* Most columns have runs: a look at the neighbour is cheaper than the table. */
static ALWAYS_INLINE bool as_before(const struct lio_distinct_of *of,
                                    uint64_t slot, size_t width)
{
    return slot > 0 && !is_null(of, slot - 1) &&
           equal(value_of(of, slot - 1, width), value_of(of, slot, width));
}

/* Number the slots, up to the one with which the table has too much in it. */
static ALWAYS_INLINE int number_slots(const struct lio_encode *enc,
                                      struct table *table, uint32_t items_max,
                                      uint64_t bytes_max, uint32_t *indices,
                                      size_t width)
{
    const struct lio_distinct_of *of = table->of;
    uint32_t last = 0;
    int rc = 0;

    for (uint64_t i = 0; i < of->n && rc == 0; i++) {
        if (is_null(of, i) || as_before(of, i, width)) {
            indices[i] = last;
            continue;
        }
        last = number_of(table, i, width);
        indices[i] = last;
        if (table->nitems > items_max || table->item_bytes > bytes_max)
            break;
        if (is_full(table))
            rc = table_grow(enc, table);
    }
    return rc;
}

static int number_all(const struct lio_encode *enc, struct table *table,
                      uint32_t items_max, uint64_t bytes_max, uint32_t *indices)
{
    switch (table->of->fixed ? table->of->fixed->bits : 0) {
    case 32:
        return number_slots(enc, table, items_max, bytes_max, indices, 4);
    case 64:
        return number_slots(enc, table, items_max, bytes_max, indices, 8);
    default:
        return number_slots(enc, table, items_max, bytes_max, indices, 0);
    }
}

int lio_distinct_find(const struct lio_encode *enc,
                      const struct lio_distinct_of *of, uint32_t items_max,
                      uint64_t bytes_max, struct lio_distinct *ret_distinct)
{
    struct table table = { .of = of };
    uint32_t *indices;
    int rc = lio_encode_alloc(enc, of->n * sizeof(*indices), &indices);

    if (rc == 0)
        rc = table_init(enc, &table, TABLE_BITS_MIN);
    if (rc == 0)
        rc = number_all(enc, &table, items_max, bytes_max, indices);
    if (rc < 0)
        return rc;
    *ret_distinct = (struct lio_distinct){
        .found = table.nitems <= items_max && table.item_bytes <= bytes_max,
        .nitems = table.nitems,
        .item_bytes = table.item_bytes,
        .items = table.items,
        .indices = indices,
    };
    return 0;
}

/* From how many values were seen once, and how many twice. */
static uint64_t guess(const uint8_t *seen, uint64_t nitems)
{
    uint64_t once = 0, twice = 0;

    for (uint64_t i = 0; i < nitems; i++) {
        once += seen[i] == 1;
        twice += seen[i] == 2;
    }
    if (once == 0)
        return nitems;
    return nitems +
           (twice > 0 ? once * once / (2 * twice) : once * (once - 1) / 2);
}

int lio_distinct_guess(const struct lio_encode *enc,
                       const struct lio_distinct_of *of, uint64_t *ret_nitems)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    uint64_t picked = of->n < GUESS_SLOTS ? of->n : GUESS_SLOTS;
    struct table table = { .of = of };
    uint8_t *seen;
    int rc = table_init(enc, &table, lio_hash_bits(2 * GUESS_SLOTS + 2));

    if (rc == 0)
        rc = lio_encode_alloc(enc, GUESS_SLOTS, &seen);
    if (rc < 0)
        return rc;
    memset(seen, 0, GUESS_SLOTS);
    for (uint64_t i = 0; i < picked; i++) {
        uint64_t slot = i * (of->n / picked);
        uint32_t item;

        if (is_null(of, slot))
            continue;
        item = number_of(&table, slot, 0);
        seen[item] = (uint8_t)(seen[item] + (seen[item] < 3));
    }
    *ret_nitems = picked == of->n ? table.nitems : guess(seen, table.nitems);
    lio_arena_rewind(enc->arena, mark);
    return 0;
}
