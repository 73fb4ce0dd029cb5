/*
 * The files that blobs are in, opened while a batch of them is read.
 */
#ifndef LIO_COLUMN_BLOB_FILES_H
#define LIO_COLUMN_BLOB_FILES_H

#include "column/dataset.h"

struct lio_blob_files {
    const struct lio_dataset *dataset;
    const struct lio_data_file *file; /* whose column describes the blobs */
    const char *column;               /* for messages */
    struct lio_source **all;          /* opened here, by their names */
    uint32_t n;
    uint32_t room;
};

/* Where a blob is. */
struct lio_blob_at {
    struct lio_source *source; /* NULL: null */
    uint64_t offset;
    uint64_t bytes;
};

/* What a descriptor of version 2.2 says. */
struct lio_blob_descriptor {
    uint8_t kind;
    uint64_t position;
    uint64_t size;
    uint32_t id;
    struct lio_bytes uri;
};

/* Find a blob of version 2.2; opens its file. */
LIO_MUST_CHECK int lio_blob_files_find(struct lio_blob_files *files,
                                       const struct lio_blob_descriptor *what,
                                       struct lio_blob_at *ret_at,
                                       struct lio_error *err);

/* Find one up to version 2.1. */
LIO_MUST_CHECK int lio_blob_files_find_old(const struct lio_blob_files *files,
                                           uint64_t position, uint64_t size,
                                           struct lio_blob_at *ret_at,
                                           struct lio_error *err);

void lio_blob_files_release(struct lio_blob_files *files);

#endif
