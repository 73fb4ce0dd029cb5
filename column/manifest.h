/*
 * The manifest of a version of a dataset: what its fields are, and which files
 * hold its rows.
 */
#ifndef LIO_COLUMN_MANIFEST_H
#define LIO_COLUMN_MANIFEST_H

#include "column/lance_table.pb-c.h"
#include "column/memory.h"
#include "column/source.h"

/* Features of a table that those who read or write it must know of. */
enum lio_feature {
    LIO_FEATURE_DELETIONS = 1,
    LIO_FEATURE_STABLE_ROW_IDS = 2,
    LIO_FEATURE_V2_FORMAT = 4,
    LIO_FEATURE_TABLE_CONFIG = 8,
    LIO_FEATURE_BASE_PATHS = 16,
    LIO_FEATURE_NO_TRANSACTION_FILES = 32
};

/* Read and check a manifest; free with lio_manifest_free(). */
LIO_MUST_CHECK int lio_manifest_read(struct lio_source *source,
                                     Lio__Pb__Manifest **ret_manifest,
                                     struct lio_error *err);

/* Whether this version may write to a table: LIO_EUNSUPPORTED names what it
 * does not know.  `name` is the manifest's, for the message. */
LIO_MUST_CHECK int lio_manifest_writable(const char *name,
                                         const Lio__Pb__Manifest *manifest,
                                         struct lio_error *err);

/* Read the section of a manifest's file that is at byte `at`: what `indices_at`
 * and `transaction_at` point to. */
LIO_MUST_CHECK int lio_manifest_section(struct lio_source *source, uint64_t at,
                                        struct lio_mem **ret_section,
                                        struct lio_error *err);
void lio_manifest_free(Lio__Pb__Manifest *manifest);

#endif
