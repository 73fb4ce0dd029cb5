/*
 * Deletion files: which rows of a fragment are no more.
 */
#ifndef LIO_COLUMN_DELETIONS_H
#define LIO_COLUMN_DELETIONS_H

#include "column/dataset.h"
#include "column/lance_table.pb-c.h"

/* Read the deletion files of all fragments, which are there, as one batch. */
LIO_MUST_CHECK int lio_deletions_read(struct lio_dataset *dataset,
                                      const Lio__Pb__Manifest *manifest,
                                      struct lio_error *err);

#endif
