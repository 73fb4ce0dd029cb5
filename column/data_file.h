/*
 * A data file: its footer, and the metadata of its columns.
 */
#ifndef LIO_COLUMN_DATA_FILE_H
#define LIO_COLUMN_DATA_FILE_H

#include "column/footer.h"
#include "column/lance_file.pb-c.h"
#include "column/page.h"
#include "column/source.h"

#include <stdbool.h>

struct lio_column {
    struct lio_page *pages;
    uint32_t npages;
    uint64_t rows;  /* of all pages */
    uint64_t items; /* of all lists in them, in 2.0 */
    bool parsed;
    bool blob; /* its pages describe blobs */
};

struct lio_data_file {
    struct lio_source *source;
    int directory_bytes; /* of its path: the directory of data files */
    struct lio_footer footer;
    struct lio_column *columns; /* footer.ncolumns */
    uint64_t indirect_bytes;    /* of encodings that lie outside of metadata */
    struct lio_mem *tail;       /* from tail_at to the end, while opening */
    uint64_t tail_at;
};

/* Read footer and metadata of `n` files, whose sources are open, in as few
 * batches as there are kinds of things to read. */
LIO_MUST_CHECK int lio_data_files_read(struct lio_data_file *files, uint32_t n,
                                       struct lio_error *err);

/* Parse the pages of a column, once; `name` is for messages. */
LIO_MUST_CHECK int lio_data_file_parse(struct lio_data_file *file,
                                       uint32_t column, const char *name,
                                       struct lio_error *err);

/* Read the schema that a file carries; free it with
 * protobuf_c_message_free_unpacked(). */
LIO_MUST_CHECK int lio_data_file_schema(struct lio_data_file *file,
                                        Lio__Pb__FileDescriptor **ret_schema,
                                        struct lio_error *err);

/* Forget the bytes that were read, when all columns are parsed. */
void lio_data_file_forget(struct lio_data_file *file);

void lio_data_file_release(struct lio_data_file *file);

#endif
