/*
 * The manifest of a version of a dataset: what its fields are, and which files
 * hold its rows.
 */
#ifndef LIO_COLUMN_MANIFEST_H
#define LIO_COLUMN_MANIFEST_H

#include "column/lance_table.pb-c.h"
#include "column/source.h"

/* What a reader of the table has to know. */
enum lio_reader_flag {
    LIO_READER_DELETIONS = 1,
    LIO_READER_STABLE_ROW_IDS = 2,
    LIO_READER_V2_FORMAT = 4,
    LIO_READER_TABLE_CONFIG = 8,
    LIO_READER_BASE_PATHS = 16,
    LIO_READER_NO_TRANSACTION_FILES = 32,
    /* Later ones, which must be refused, but by name. */
    LIO_READER_OVERLAYS = 64,
    LIO_READER_COVERED_INDICES = 128,
    LIO_READER_MIXED_FILE_VERSIONS = 256
};

/* Read and check a manifest; free with lio_manifest_free(). */
LIO_MUST_CHECK int lio_manifest_read(struct lio_source *source,
                                     Lio__Pb__Manifest **ret_manifest,
                                     struct lio_error *err);
void lio_manifest_free(Lio__Pb__Manifest *manifest);

#endif
