/*
 * The rows that lio-bench-write writes: batches in memory, made once.
 *
 *     id      int64            0, 1, 2 ...
 *     i32     int32            0 .. 9999
 *     f64     double           0 .. 1000
 *     ts      timestamp[us]    rising, about a millisecond apart
 *     cat     string           one of 16; one in a hundred is null
 *     text    string           words, 80 to 120 bytes
 *     emb     float[512]       -1 .. 1
 *
 * The same arguments make the same rows.
 */
#ifndef LIO_BENCH_WRITE_ROWS_H
#define LIO_BENCH_WRITE_ROWS_H

#include <lanceio/arrow.h>

#include <stdbool.h>
#include <stdint.h>

#define ROWS_COLUMNS 7
#define ROWS_DIM     512

struct rows {
    unsigned first, end; /* which of the columns */
    uint64_t nbatches;
    uint64_t bytes; /* of all buffers */
    struct rows_batch *batches;
    struct rows_fields {
        struct ArrowSchema columns[ROWS_COLUMNS], item;
        struct ArrowSchema *children[ROWS_COLUMNS], *item_child;
    } fields; /* what rows_schema() gives out */
};

/* `only` is a column's name, or NULL for all.  False without memory, or if
 * there is no such column. */
bool rows_make(struct rows *rows, uint64_t nrows, uint64_t batch_rows,
               const char *only);
void rows_release(struct rows *rows);

/* Views, whose release does nothing but say so. */
void rows_schema(struct rows *rows, struct ArrowSchema *ret_schema);
void rows_batch(struct rows *rows, uint64_t i, struct ArrowArray *ret_batch);

/* All buffers of a batch, one behind the other, and then of the next: of each
 * column those that it has of validity, offsets and values, each padded to a
 * multiple of 64 bytes.  False if that fails. */
bool rows_dump(const struct rows *rows, const char *path);

#endif
