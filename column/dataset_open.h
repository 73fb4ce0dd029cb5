/*
 * The steps of opening a dataset, which are shared between its files.
 */
#ifndef LIO_COLUMN_DATASET_OPEN_H
#define LIO_COLUMN_DATASET_OPEN_H

#include "column/dataset.h"

/* Fill in a dataset whose path and engine are set, and its root, if it is a
 * table; version 0 is the latest.  On failure it is left as
 * far as it got, for lio_dataset_close(). */
LIO_MUST_CHECK int lio_dataset_open_table(struct lio_dataset *dataset,
                                          uint64_t version,
                                          struct lio_error *err);
LIO_MUST_CHECK int lio_dataset_open_single(struct lio_dataset *dataset,
                                           struct lio_source *source,
                                           struct lio_error *err);

/* A fragment with room for the place of every field, in no file so far. */
LIO_MUST_CHECK int lio_fragment_init(const struct lio_dataset *dataset,
                                     struct lio_fragment *fragment,
                                     uint32_t first_file, uint32_t nfiles,
                                     struct lio_error *err);

/* The last step: schema, files, fragments and places are there; parse the
 * columns, number the pages and sum up. */
LIO_MUST_CHECK int lio_dataset_finish(struct lio_dataset *dataset,
                                      struct lio_error *err);

int lio_dataset_no_memory(const struct lio_dataset *dataset,
                          struct lio_error *err);

#endif
