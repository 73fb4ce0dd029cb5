/*
 * A schema as people write it: a list of fields, as lio_schema_make() takes it,
 * that owns its texts.
 */
#ifndef LIO_CLI_READ_FIELDS_H
#define LIO_CLI_READ_FIELDS_H

#include <lanceio/column.h>

#include <stdbool.h>
#include <stddef.h>

struct cli_fields {
    struct lio_field_info *all; /* depth first, parents first */
    uint32_t n, room;
};

/* Add a field below number `parent`, or -1; texts are copied, the name may be
 * any bytes but NUL.  Returns its number, or LIO_ENOMEM. */
LIO_MUST_CHECK int64_t cli_fields_add(struct cli_fields *fields, int32_t parent,
                                      const char *name, size_t name_bytes,
                                      const char *logical_type, bool nullable);

void cli_fields_free(struct cli_fields *fields);

#endif
