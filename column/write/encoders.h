/*
 * From values to buffers: what the writers of pages ask for.
 *
 *     values of a leaf --> lio_chunks_encode()   mini-block: chunks, dictionary
 *                          lio_rows_encode()     full-zip: one value at a time
 *                          lio_array_encode()    2.0: a tree over buffers
 *     levels           --> lio_levels_encode()   in chunks, or of a whole page
 *
 * Each chooses its encodings by the sizes that they come to (design note 0009),
 * and says which it took in the message that goes into the page's description.
 *
 * Ownership:  results live in enc->arena, and may point into the values: both
 *             have to stay until the page has been put together.
 * Threads:    any; one context is one thread's.  The same input gives the same
 *             bytes.
 * Errors:     LIO_ENOMEM; LIO_EINVAL for values that this layout cannot have.
 */
#ifndef LIO_COLUMN_WRITE_ENCODERS_H
#define LIO_COLUMN_WRITE_ENCODERS_H

#include "column/footer.h"
#include "column/lance_encoding20.pb-c.h"
#include "column/lance_encoding21.pb-c.h"
#include "column/write/arena.h"
#include "column/write/plain.h"

#include <lanceio/error.h>

/* What the user asks for, or the metadata of a field. */
enum lio_compression {
    LIO_COMPRESSION_AUTO, /* whatever is smallest and cheap to read */
    LIO_COMPRESSION_NONE, /* values as they are */
    LIO_COMPRESSION_FSST, /* strings with symbols, else as AUTO */
    LIO_COMPRESSION_LZ4,  /* AUTO, and that on top where it helps */
    LIO_COMPRESSION_ZSTD
};

/* "none", "fsst", "lz4", "zstd": false if `name` is none of them. */
bool lio_compression_parse(const char *name, enum lio_compression *ret);

struct lio_encode {
    enum lio_format format;
    enum lio_compression compression;
    const char *column; /* for messages */
    struct lio_arena *arena;
    struct lio_error *err;
};

/* Memory in the arena, or LIO_ENOMEM said. */
LIO_MUST_CHECK int lio_encode_alloc(const struct lio_encode *enc,
                                    uint64_t bytes, void *ret_memory);

/* -- mini-block ---------------------------------------------------------- */

/* Values from this size on go to full-zip pages, as with LanceDB. */
#define LIO_CHUNK_VALUE_MAX 256

/* No chunk has more entries (levels), except one of two slots. */
#define LIO_CHUNK_ENTRIES_MAX 4096

/* The values of a chunk, not padded. */
struct lio_chunk {
    uint32_t slots;
    uint32_t log2;                   /* of slots; 0 in the last chunk */
    const struct lio_bytes *buffers; /* nbuffers */
};

struct lio_chunks {
    Lio__Pb__CompressiveEncoding *encoding;
    uint32_t nbuffers; /* in each chunk */
    uint32_t nchunks;
    const struct lio_chunk *chunks;
    Lio__Pb__CompressiveEncoding *dictionary; /* NULL: there is none */
    uint64_t nitems;
    struct lio_bytes items;
    uint64_t bytes; /* of all of it, about */
};

/*
 * Encode the slots of a page.  A chunk holds a power of two of them but for the
 * last one, and is small enough for 2.1 (32 KiB with its levels).
 *
 * `entries`, if there are lists, has for each slot the number of the entry at
 * which a chunk that starts with this slot starts, entries[0] being 0; and
 * behind the last the number of all: n + 1 in all.
 */
LIO_MUST_CHECK int lio_chunks_encode(const struct lio_encode *enc,
                                     const struct lio_plain *values,
                                     const uint64_t *entries,
                                     struct lio_chunks *ret_chunks);

/* Whether the values may and should go into chunks: all are small, or few of
 * them are distinct.  Otherwise they are for lio_rows_encode(). */
LIO_MUST_CHECK int lio_chunks_suit(const struct lio_encode *enc,
                                   const struct lio_plain *values,
                                   bool *ret_suit);

/* -- levels -------------------------------------------------------------- */

struct lio_level_parts {
    Lio__Pb__CompressiveEncoding *encoding;
    const struct lio_bytes *parts; /* as many as there were ends */
};

/* Encode levels (repetition or definition), cut into parts of which part i ends
 * at entry ends[i]: those of chunks, or one for a page that is constant. */
LIO_MUST_CHECK int lio_levels_encode(const struct lio_encode *enc,
                                     const uint16_t *levels,
                                     const uint64_t *ends, uint32_t nparts,
                                     struct lio_level_parts *ret_parts);

/* -- full-zip ------------------------------------------------------------ */

/* Either n values of bits_per_value, side by side; or, if that is 0, n + 1
 * offsets and what they count in, with lengths to be written in
 * bits_per_offset. */
struct lio_rows {
    Lio__Pb__CompressiveEncoding *encoding;
    uint64_t bits_per_value;
    uint32_t bits_per_offset;
    const uint8_t *values;
    const uint64_t *offsets;
    const uint8_t *data;
};

LIO_MUST_CHECK int lio_rows_encode(const struct lio_encode *enc,
                                   const struct lio_plain *values,
                                   struct lio_rows *ret_rows);

/* -- 2.0 ----------------------------------------------------------------- */

#define LIO_ARRAY_BUFFERS_MAX 64

struct lio_array {
    Lio__Pb__ArrayEncoding *encoding;
    uint32_t nbuffers;
    struct lio_bytes buffers[LIO_ARRAY_BUFFERS_MAX];
};

/* Encode a page of a column.  `nitems` is for a LIST: how many items its rows
 * have, which go into the next column. */
LIO_MUST_CHECK int lio_array_encode(const struct lio_encode *enc,
                                    const struct lio_plain *values,
                                    struct lio_array *ret_array);

#endif
