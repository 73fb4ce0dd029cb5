/*
 * FSST: the symbols that stand for frequent pieces of strings, and strings
 * written with them.
 *
 * Symbols are found as in Boncz, Neumann and Leis, "FSST: Fast Random Access
 * String Compression" (VLDB 2020): a table is used on a sample, those of its
 * symbols and pairs of them that saved most become the next table, and so on a
 * few times.
 */
#ifndef LIO_COLUMN_WRITE_SYMBOLS_H
#define LIO_COLUMN_WRITE_SYMBOLS_H

#include "column/fsst.h"
#include "column/write/spans.h"

#define LIO_SYMBOLS_MAX 255

/* What the format stores, used or not. */
#define LIO_SYMBOLS_BYTES 2312

struct lio_symbol {
    uint64_t bytes; /* the first in the lowest byte */
    uint32_t length;
    uint32_t next; /* in the chain of its first three bytes, plus 1 */
};

/* The longest symbol that a string goes on with is found through its first
 * bytes: by chains for three and more, by tables for two and one. */
struct lio_symbols {
    uint32_t n;
    struct lio_symbol all[LIO_SYMBOLS_MAX];
    uint16_t chains[1024]; /* number of the longest symbol, plus 1 */
    uint16_t pairs[65536]; /* number plus 1, 0 if there is none */
    uint16_t singles[256];
};

/* The chain of a symbol of three or more bytes. */
static inline uint32_t lio_symbols_chain(uint64_t bytes)
{
    return ((uint32_t)(bytes & 0xffffff) * 2654435761u) >> 22;
}

/* Find symbols for strings, which are not all empty. */
LIO_MUST_CHECK int lio_symbols_train(const struct lio_encode *enc,
                                     const struct lio_spans *spans,
                                     struct lio_symbols **ret_symbols);

/* Write the table: LIO_SYMBOLS_BYTES, zero where not used. */
void lio_symbols_write(const struct lio_symbols *symbols, uint8_t *out);

/* The number plus 1 of the longest symbol that `left` bytes start with, of
 * which the first eight are in `word`; 0 if there is none. */
uint32_t lio_symbols_match(const struct lio_symbols *symbols, uint64_t word,
                           uint64_t left);

/* Compress strings, each by itself; false in `*ret_fits`, and no more, if that
 * comes to more than `most` bytes. */
LIO_MUST_CHECK int lio_symbols_encode(const struct lio_encode *enc,
                                      const struct lio_symbols *symbols,
                                      const struct lio_spans *spans,
                                      uint64_t most,
                                      struct lio_spans *ret_packed,
                                      bool *ret_fits);

/* What lio_symbols_encode() will come to, guessed from a few strings. */
uint64_t lio_symbols_guess(const struct lio_symbols *symbols,
                           const struct lio_spans *spans);

#endif
