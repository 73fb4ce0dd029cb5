/*
 * Fields of a JSON object: just enough to read the few that a file of the
 * format has, and to pass over the others.
 */
#ifndef LIO_COLUMN_JSON_FIELDS_H
#define LIO_COLUMN_JSON_FIELDS_H

#include "column/bytes.h"

#include <lanceio/error.h>

#include <stdbool.h>

/* A value as it is spelled: 12, "main", null, { ... }. */
struct lio_json_field {
    const char *name;
    struct lio_bytes value; /* no bytes: it is not there */
};

/* Find fields of the object `in`; of several of a name the last counts.  False
 * if it is no object. */
bool lio_json_find(struct lio_bytes in, struct lio_json_field *fields,
                   size_t nfields);

/* A value that is an unsigned integer. */
bool lio_json_u64(struct lio_bytes value, uint64_t *ret);

/* A value that is a string, for the caller to free: LIO_ENOMEM, LIO_ECORRUPT
 * for any other value, or one with escapes or control characters. */
LIO_MUST_CHECK int lio_json_string(struct lio_bytes value, char **ret);

#endif
