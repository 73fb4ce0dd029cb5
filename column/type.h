/*
 * Types of columns: how the format spells them, how their values are laid out
 * once decoded, and how Arrow spells them.
 *
 *     kind         children                   example
 *     FIXED_LIST   items                      fixed_size_list:float:768
 *     DICTIONARY   values                     dict:string:int8:false
 *     LIST         items                      list, map
 *     STRUCT       those of its fields        struct
 *
 * The spelling of the first two has the child in it; the children of the
 * others are fields of their own, whose types a schema links.
 */
#ifndef LIO_COLUMN_TYPE_H
#define LIO_COLUMN_TYPE_H

#include <lanceio/error.h>

#include <stdbool.h>

enum lio_kind {
    LIO_KIND_UNSUPPORTED, /* known or not: values cannot be decoded */
    LIO_KIND_NULL,        /* no values at all */
    LIO_KIND_FIXED,       /* `bits` a value */
    LIO_KIND_VARIABLE,    /* rows + 1 offsets of `bits`, and bytes */
    LIO_KIND_FIXED_LIST,  /* `dimension` items of the child a value */
    LIO_KIND_DICTIONARY,  /* indices of `bits` into values of the child */
    LIO_KIND_LIST,        /* rows + 1 offsets of `bits` into the child */
    LIO_KIND_STRUCT       /* as many rows in each child */
};

struct lio_type {
    enum lio_kind kind;
    uint32_t bits;      /* of a value (1: bitmap, else whole bytes), an index,
                           or an offset */
    char *arrow;        /* Arrow format string; NULL if unsupported */
    uint32_t dimension; /* LIO_KIND_FIXED_LIST */
    uint32_t nchildren;
    const struct lio_type **children;
    struct lio_type *own; /* the child, if the spelling has it */
};

/*
 * What `logical` ("timestamp:us:-") means.  A type that is not supported is no
 * error but a kind.  LIO_ENOMEM, or LIO_ECORRUPT for a spelling that makes no
 * sense, such as a decimal of 7 bits.
 */
LIO_MUST_CHECK int lio_type_parse(const char *logical,
                                  struct lio_type *ret_type);
void lio_type_release(struct lio_type *type);

/* Make `child` the last child of a type; it stays its owner's. */
LIO_MUST_CHECK int lio_type_link(struct lio_type *type,
                                 const struct lio_type *child);

/* Whether all values take the same room, items of fixed-size lists included. */
bool lio_type_is_fixed(const struct lio_type *type);

/* How many bits that is: those of a value, times its dimensions. */
uint64_t lio_type_bits(const struct lio_type *type);

/* The largest index that a dictionary of this type may have. */
uint64_t lio_type_index_max(const struct lio_type *type);

#endif
