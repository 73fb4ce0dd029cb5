/*
 * A compressed buffer of a page, decompressed once, from its start to its end,
 * and never held as a whole.
 *
 *     stored    | used up | piece in use | on its way |     ...
 *     plain     | part | part |   not wanted   | part |     ...
 *
 * Parts are wanted in the order that they lie in, by one thread.  They are made
 * by whoever needs one, with those before it: so a part waits for nobody but
 * one who is at work.
 *
 * Threads: as said; all else any, at once.
 */
#ifndef LIO_COLUMN_UNPACK_H
#define LIO_COLUMN_UNPACK_H

#include "column/memory.h"
#include "column/source.h"

struct lio_unpack;
struct lio_unpack_part;

/* A buffer, and what messages call it; the names must stay. */
struct lio_unpack_buffer {
    struct lio_source *source;
    uint64_t offset;
    uint64_t bytes;
    uint32_t scheme;     /* enum lio_scheme */
    uint64_t window_max; /* bytes that zstd may hold of what was before */
    struct lio_pool *pool;
    const char *file;
    const char *column;
    uint64_t page;
};

/* One with a reference, or NULL without memory. */
struct lio_unpack *lio_unpack_new(const struct lio_unpack_buffer *buffer);

/* One reference less; each part has one, too.  Accepts NULL. */
void lio_unpack_put(struct lio_unpack *unpack);

/* Start to read the first piece, once; and read the next ones so. */
LIO_MUST_CHECK int lio_unpack_start(struct lio_unpack *unpack,
                                    struct lio_error *err);
void lio_unpack_go_on(struct lio_unpack *unpack,
                      const struct lio_source_manner *manner);

/* How many bytes it decompresses to, as the first piece says.  It has to be
 * asked for before any part is made. */
LIO_MUST_CHECK int lio_unpack_bytes(struct lio_unpack *unpack,
                                    uint64_t *ret_bytes, struct lio_error *err);

/* Want the bytes from `at` on in all of `mem`, of which it takes a reference:
 * not before the start of what was wanted last.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_unpack_want(struct lio_unpack *unpack, uint64_t at,
                                   struct lio_mem *mem,
                                   struct lio_unpack_part **ret_part);

/* Have the part made.  An error stays. */
LIO_MUST_CHECK int lio_unpack_make(struct lio_unpack_part *part,
                                   struct lio_error *err);

/* Give a part up, made or not; nobody else may be after it.  Accepts NULL. */
void lio_unpack_forget(struct lio_unpack_part *part);

#endif
