/*
 * A manifest out of thin air, and the schema in it.
 */
#include "column/manifest.h"
#include "column/schema.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_schema(const Lio__Pb__Manifest *manifest)
{
    struct lio_schema schema;
    uint32_t *columns;

    if (lio_schema_parse("input", manifest->fields, manifest->n_fields, &schema,
                         NULL) < 0)
        return;
    columns = calloc((size_t)schema.nfields + 1, sizeof(*columns));
    if (columns)
        for (int format = LIO_FORMAT_20; format <= LIO_FORMAT_22; format++)
            (void)lio_schema_columns(&schema, (enum lio_format)format, columns);
    free(columns);
    lio_schema_release(&schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Lio__Pb__Manifest *manifest;
    struct lio_source *source;

    if (lio_source_over("input", data, size, &source, NULL) < 0)
        return 0;
    if (lio_manifest_read(source, &manifest, NULL) == 0) {
        parse_schema(manifest);
        lio_manifest_free(manifest);
    }
    lio_source_close(source);
    return 0;
}
