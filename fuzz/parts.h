/*
 * The parts of a data file, so that they can be changed: put together again,
 * all positions and sizes go with each other.
 */
#ifndef LIO_FUZZ_PARTS_H
#define LIO_FUZZ_PARTS_H

#include "column/footer.h"
#include "column/lance_file.pb-c.h"

#include <stdbool.h>

struct parts {
    enum lio_format format;
    uint8_t *data; /* the buffers of all pages */
    size_t ndata;
    Lio__Pb__FileDescriptor *schema;
    Lio__Pb__ColumnMetadata **columns;
    uint32_t ncolumns;
};

/* False if the bytes are no such file; `*ret_parts` is not touched then. */
bool parts_take(const uint8_t *bytes, size_t nbytes, struct parts *ret_parts);

/* The file to `to`; returns how long it is, 0 if that would be over `max`. */
size_t parts_join(const struct parts *parts, uint8_t *to, size_t max);

void parts_release(struct parts *parts);

#endif
