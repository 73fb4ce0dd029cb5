/*
 * Schemas as JSON: a list of fields, types spelled as `lanceio inspect` does.
 *
 *     [
 *       {"name": "id", "type": "int64", "nullable": false},
 *       {"name": "tags", "type": "list", "fields": [
 *         {"name": "item", "type": "string"}
 *       ]},
 *       {"name": "photo", "type": "large_binary",
 *        "metadata": {"lance-encoding:blob": "true"}}
 *     ]
 *
 * What is not said is nullable, and has no metadata.
 */
#ifndef LIO_CLI_READ_SCHEMA_FILE_H
#define LIO_CLI_READ_SCHEMA_FILE_H

#include "cli/out.h"
#include "cli/read/fields.h"

/* Read `path`.  LIO_EINVAL for what is no schema: says where; else as when a
 * file is read. */
LIO_MUST_CHECK int cli_schema_read(const char *path, struct cli_fields *fields,
                                   struct lio_error *err);

/* Make the Arrow schema; `name` is that of what the fields are from. LIO_EINVAL
 * also for names that are there twice. */
LIO_MUST_CHECK int cli_schema_make(const char *name,
                                   const struct cli_fields *fields,
                                   struct ArrowSchema *ret_schema,
                                   struct lio_error *err);

/* Print the fields in this form. */
void cli_schema_print(const struct lio_field_info *fields, uint32_t n,
                      struct cli_out *out);

#endif
