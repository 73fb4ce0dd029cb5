/*
 * Rows that say which they are, {"id": n, "name": "row n"}, written to datasets
 * and found again.  Nothing here needs a test to be running: children of fork
 * write them, too.
 */
#ifndef LIO_TESTS_SEQUENCE_H
#define LIO_TESTS_SEQUENCE_H

#include <lanceio/column.h>

/* The schema; with another name than "id" for one that differs. */
int sequence_schema(const char *id, struct ArrowSchema *ret_schema,
                    struct lio_error *err);

/* Rows [first, first + n) as a batch. */
int sequence_batch(uint64_t first, uint64_t n, struct ArrowArray *ret_batch);

struct sequence_write {
    struct lio_engine *engine;
    const char *path;
    struct lio_write_options options;
    uint64_t first; /* id of the first row */
    uint64_t rows;
    uint64_t batch_rows;
};

/* Write and commit them.  `ret_summary` may be NULL. */
int sequence_write(const struct sequence_write *write,
                   struct lio_write_summary *ret_summary,
                   struct lio_error *err);

/*
 * How many rows a dataset has (a version of it, 0: the latest), or a negative
 * code.  `*ret_first` is the id of the first; LIO_ECORRUPT if the others do not
 * follow one by one.
 */
int64_t sequence_read(const char *path, uint64_t version, int64_t *ret_first,
                      struct lio_error *err);

#endif
