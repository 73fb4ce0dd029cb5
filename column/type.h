/*
 * Types of columns: how the format spells them, how their values are laid out
 * once decoded, and how Arrow spells them.
 */
#ifndef LIO_COLUMN_TYPE_H
#define LIO_COLUMN_TYPE_H

#include <lanceio/error.h>

enum lio_kind {
    LIO_KIND_UNSUPPORTED, /* known or not: values cannot be decoded */
    LIO_KIND_NULL,        /* no values at all */
    LIO_KIND_FIXED,       /* `bits` a value */
    LIO_KIND_VARIABLE     /* rows + 1 offsets of `bits`, and bytes */
};

struct lio_type {
    enum lio_kind kind;
    uint32_t bits; /* of a value (1: bitmap, else whole bytes), or an offset */
    char *arrow;   /* Arrow format string; NULL if unsupported */
};

/*
 * What `logical` ("timestamp:us:-") means.  A type that is not supported is no
 * error but a kind.  LIO_ENOMEM, or LIO_ECORRUPT for a spelling that makes no
 * sense, such as a decimal of 7 bits.
 */
LIO_MUST_CHECK int lio_type_parse(const char *logical,
                                  struct lio_type *ret_type);
void lio_type_release(struct lio_type *type);

#endif
