/*
 * What comes behind the pages of a data file: schema, the columns' metadata,
 * the tables that say where these are, the footer.
 */
#ifndef LIO_COLUMN_WRITE_TAIL_H
#define LIO_COLUMN_WRITE_TAIL_H

#include "column/footer.h"
#include "column/write/fields.h"
#include "column/write/page_writer.h"

/* The pages of a column, whose buffers' places count from the start of the
 * file now, and whose memory is gone. */
struct lio_written_column {
    bool blobs; /* its values are descriptors, and it says so */
    uint32_t npages, room;
    struct lio_page_image *pages;
};

/* Put it together for a file whose pages end at `at`, a multiple of
 * LIO_PAGE_ALIGN.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_tail_build(const struct lio_fields *fields,
                                  enum lio_format format,
                                  const struct lio_written_column *columns,
                                  uint32_t ncolumns, uint64_t rows, uint64_t at,
                                  struct lio_mem **ret_mem,
                                  uint64_t *ret_bytes);

#endif
