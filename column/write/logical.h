/*
 * Logical types: how the format spells the types that Arrow spells otherwise.
 */
#ifndef LIO_COLUMN_WRITE_LOGICAL_H
#define LIO_COLUMN_WRITE_LOGICAL_H

#include <lanceio/arrow.h>
#include <lanceio/error.h>

/* "timestamp:us:-" for "tsu:": the type of a field, for the caller to free.
 * LIO_EUNSUPPORTED if the format has no such type, LIO_ENOMEM. */
LIO_MUST_CHECK int lio_logical_type(const struct ArrowSchema *arrow,
                                    char **ret_logical);

#endif
