/*
 * What every decoder carries along: whose page it is, for messages, and how
 * much memory it may still take.
 */
#ifndef LIO_COLUMN_DECODE_H
#define LIO_COLUMN_DECODE_H

#include "column/bytes.h"
#include "column/memory.h"

#include <lanceio/error.h>

/*
 * A page may decode to more than its bytes: a constant takes none at all.  So
 * its decoded size has no bound in the file; this is the reader's.  Writers
 * flush a page at some 8 MiB of values, and pages of 300 MB are known.
 */
#define LIO_PAGE_DECODED_MAX (UINT64_C(4) << 30)

/* Memory that is used for one chunk after the other.  One for each use that
 * may coincide with the others. */
enum lio_scratch {
    LIO_SCRATCH_LEVELS,  /* definition levels */
    LIO_SCRATCH_REPEATS, /* repetition levels */
    LIO_SCRATCH_INDICES, /* into a dictionary */
    LIO_SCRATCH_BITS,    /* bitmaps that have to be shifted */
    LIO_SCRATCH_PLAIN,   /* decompressed */
    LIO_SCRATCH_ROWS,    /* of packed structs */
    LIO_SCRATCH_COUNT
};

struct lio_decode {
    const char *file;
    const char *column;
    uint64_t page;         /* place in the column */
    uint64_t budget;       /* bytes that may still be allocated */
    struct lio_pool *pool; /* where they are from, or NULL */
    struct lio_mem *scratch[LIO_SCRATCH_COUNT];
    struct lio_error *err;
};

void lio_decode_init(struct lio_decode *dec, const char *file,
                     const char *column, uint64_t page, uint64_t budget,
                     struct lio_error *err);
void lio_decode_release(struct lio_decode *dec);

/* Say what is wrong, after "FILE: column 'NAME', page N: "; return the code. */
int lio_decode_corrupt(const struct lio_decode *dec, const char *fmt, ...)
    LIO_PRINTF(2, 3);
int lio_decode_unsupported(const struct lio_decode *dec, const char *fmt, ...)
    LIO_PRINTF(2, 3);

/* Memory out of the budget. */
LIO_MUST_CHECK int lio_decode_alloc(struct lio_decode *dec, uint64_t bytes,
                                    struct lio_mem **ret_mem);

/* Replace `*mem`, of which `used` bytes are to stay, by one of at least
 * `bytes`; grows by halves, so that appending stays linear. */
LIO_MUST_CHECK int lio_decode_grow(struct lio_decode *dec, struct lio_mem **mem,
                                   uint64_t used, uint64_t bytes);

/* Scratch memory of at least `bytes`; what was in it is lost. */
LIO_MUST_CHECK int lio_decode_scratch(struct lio_decode *dec,
                                      enum lio_scratch which, uint64_t bytes,
                                      uint8_t **ret_data);

#endif
