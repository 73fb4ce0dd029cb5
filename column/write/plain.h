/*
 * Plain values: what shredding makes of Arrow arrays and encoders take.
 *
 * A view of memory that somebody else owns, one value for each slot of a page
 * (or each row, in 2.0):
 *
 *     kind         values             offsets   data    children
 *     FIXED        n of type->bits
 *     VARIABLE                        n + 1     bytes
 *     FIXED_LIST                                        n * dimension items
 *     DICTIONARY   n of type->bits                      the distinct values
 *     STRUCT                                            the packed fields
 *     LIST                            n + 1             none
 *     NULL
 *
 * Bitmaps (validity, and values of one bit) start at bit 0.  A slot that is not
 * valid may hold anything: encoders store what takes least.  A STRUCT without
 * children is the header that 2.0 has for a struct; LIST is there for 2.0 only,
 * and null lists have no items.  The values of a DICTIONARY are all valid: a
 * row that names a null is null itself.
 */
#ifndef LIO_COLUMN_WRITE_PLAIN_H
#define LIO_COLUMN_WRITE_PLAIN_H

#include "column/bits.h"
#include "column/bytes.h"
#include "column/type.h"

struct lio_plain {
    const struct lio_type *type;
    uint64_t n;
    const uint8_t *validity; /* NULL: all are valid */
    const uint8_t *values;
    const uint8_t *offsets; /* of type->bits; the first may be above 0 */
    const uint8_t *data;    /* what the offsets count in */
    const struct lio_plain *children;
};

static inline bool lio_plain_valid(const struct lio_plain *plain, uint64_t slot)
{
    return !plain->validity || lio_bit_get(plain->validity, slot);
}

static inline uint64_t lio_plain_offset(const struct lio_plain *plain,
                                        uint64_t slot)
{
    return plain->type->bits == 32 ? lio_load_u32(plain->offsets + slot * 4)
                                   : lio_load_u64(plain->offsets + slot * 8);
}

/* The bytes of a VARIABLE value; none if it is null. */
struct lio_bytes lio_plain_bytes(const struct lio_plain *plain, uint64_t slot);

/* How many slots are null. */
uint64_t lio_plain_nulls(const struct lio_plain *plain);

/* Bytes of the largest valid value. */
uint64_t lio_plain_largest(const struct lio_plain *plain);

/* Whether all valid slots hold the same value, and which slot has it.  False if
 * no slot is valid. */
bool lio_plain_constant(const struct lio_plain *plain, uint64_t *ret_slot);

#endif
