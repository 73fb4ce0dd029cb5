/*
 * What a constant page says of its levels, for those who decode them and those
 * who read some of them.
 */
#ifndef LIO_COLUMN_CONSTANT_H
#define LIO_COLUMN_CONSTANT_H

#include "column/lance_encoding21.pb-c.h"
#include "column/slots.h"

struct lio_constant_levels {
    bool implied;  /* there are none that count: all rows are values, or null */
    uint64_t nrep; /* 0: there are none */
    uint64_t ndef;
};

/* How the buffers of a page lie: a value, if their number is odd, then the two
 * of levels, if there are more than one. */
static inline uint32_t lio_constant_rep(uint32_t nbuffers)
{
    return nbuffers - 2;
}

static inline bool lio_constant_in_buffer(uint32_t nbuffers)
{
    return nbuffers == 1 || nbuffers == 3;
}

/* Find out, by the sizes of the buffers of levels, and check that they are what
 * the layers need; `rep_bytes` of 0: there is none. */
LIO_MUST_CHECK int lio_constant_levels_of(
    struct lio_decode *dec, const Lio__Pb__ConstantLayout *layout,
    const struct lio_slots *slots, bool has_value, uint64_t rep_bytes,
    uint64_t def_bytes, struct lio_constant_levels *ret_levels);

#endif
