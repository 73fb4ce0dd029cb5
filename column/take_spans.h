/*
 * Where the items of lists are, in files of version 2.0: a list column says
 * where each ends, and no more of it is read than the lists that are wanted
 * need.
 */
#ifndef LIO_COLUMN_TAKE_SPANS_H
#define LIO_COLUMN_TAKE_SPANS_H

#include "column/dataset.h"

struct lio_span {
    uint64_t start; /* item, as the items of the fragment count */
    uint64_t n;
    bool null;
};

/* Those of lists `rows` of a fragment, ascending and distinct; `spans` has room
 * for them. */
LIO_MUST_CHECK int lio_take_spans(const struct lio_dataset *dataset,
                                  uint32_t field, uint32_t fragment,
                                  const uint64_t *rows, uint64_t n,
                                  struct lio_span *spans,
                                  struct lio_error *err);

#endif
