/*
 * The kinds of cutting, of which a cutter has one, and what they share.
 *
 *     cutter.c         which kind; open, ask, cut, read, decode
 *     cut_size.c       how many rows a window may have, and where it ends
 *     cut_buffers.c    its buffers: memory, and what is read into it
 *     cut_packed.c     those of a page that are compressed as a whole
 *     cut_chunks.c     one for each kind
 *     cut_entries.c
 *     cut_fixed.c
 *     cut_levels.c
 *     cut_picked.c
 *
 *     ask ─► what was asked is there ─► get, get, ...
 *
 * To get a window is to say which rows it has, from `row` up to row `end` at
 * the most, and to make its buffers; what is in them by then need not be read.
 */
#ifndef LIO_COLUMN_CUTS_H
#define LIO_COLUMN_CUTS_H

#include "column/cutter.h"

/* -- shared -------------------------------------------------------------- */

/* Say that there is no memory, or what is wrong with the page. */
int lio_cut_no_memory(const struct lio_cutter *cutter, struct lio_error *err);
int lio_cut_corrupt(const struct lio_cutter *cutter, const char *what,
                    struct lio_error *err);

/* -- buffers ------------------------------------------------------------- */

/* A read of the page's buffer from byte `at` on, of all of `into`. */
struct lio_source_read lio_cut_read_of(const struct lio_cutter *cutter,
                                       uint32_t buffer, uint64_t at,
                                       struct lio_mem *into);

/* Wait until it is known what compressed buffers hold: it must be enough. */
LIO_MUST_CHECK int lio_cut_packed_asked(struct lio_cutter *cutter,
                                        struct lio_error *err);

/* Make a buffer of a window of which it is set where its bytes start. */
LIO_MUST_CHECK int lio_cut_buffer(struct lio_cutter *cutter,
                                  struct lio_cut *cut, uint32_t buffer,
                                  uint64_t bytes, struct lio_error *err);

/* Start to read those that are not there by what was asked. */
LIO_MUST_CHECK int lio_cut_buffers_read(const struct lio_cutter *cutter,
                                        struct lio_cut *cut,
                                        const struct lio_source_manner *manner,
                                        struct lio_source_batch **ret_batch,
                                        struct lio_error *err);

/* -- sizes --------------------------------------------------------------- */

/* What a value of the page decodes to, as far as that can be known before;
 * what strings count for that are there many times; what all of a row are. */
uint64_t lio_cut_value_bits(const struct lio_page *page,
                            const struct lio_type *type);
uint64_t lio_cut_repeated_bits(uint64_t value_bytes);
uint64_t lio_cut_row_bits(const struct lio_page *page, uint64_t value_bits);

/* How many values a row has, on the average if they differ. */
uint64_t lio_cut_row_values(const struct lio_page *page);

uint64_t lio_cut_rows_within(uint64_t bytes, uint64_t row_bits);

/* Whether the page is within the limits as it is. */
bool lio_cut_fits(const struct lio_cutter *cutter,
                  const struct lio_cut_limits *limits);

/* The end of a window from row `first` on, after `most` rows for what is to be
 * read, or fewer for what that decodes to; one at the least. */
uint64_t lio_cut_end(const struct lio_cutter *cutter, uint64_t first,
                     uint64_t end, uint64_t most,
                     const struct lio_cut_limits *limits);

/* -- one for each kind --------------------------------------------------- */

/* Also dictionaries, which pages with lists may have, too: those are picked. */
bool lio_cut_has_dictionary(const struct lio_page *page);
LIO_MUST_CHECK int lio_cut_chunks_ask(struct lio_cutter *cutter,
                                      struct lio_error *err);
LIO_MUST_CHECK int lio_cut_chunks_asked(struct lio_cutter *cutter,
                                        struct lio_error *err);
LIO_MUST_CHECK int lio_cut_chunks_get(struct lio_cutter *cutter, uint64_t row,
                                      uint64_t end,
                                      const struct lio_cut_limits *limits,
                                      struct lio_cut *cut,
                                      struct lio_error *err);

/* A run of entries, from those of `row` on. */
LIO_MUST_CHECK int lio_cut_entries_ask(struct lio_cutter *cutter, uint64_t row,
                                       struct lio_error *err);
LIO_MUST_CHECK int lio_cut_entries_get(struct lio_cutter *cutter, uint64_t row,
                                       uint64_t end,
                                       const struct lio_cut_limits *limits,
                                       struct lio_cut *cut,
                                       struct lio_error *err);

LIO_MUST_CHECK int lio_cut_fixed_get(struct lio_cutter *cutter, uint64_t row,
                                     uint64_t end,
                                     const struct lio_cut_limits *limits,
                                     struct lio_cut *cut,
                                     struct lio_error *err);

LIO_MUST_CHECK int lio_cut_levels_ask(struct lio_cutter *cutter,
                                      struct lio_error *err);
LIO_MUST_CHECK int lio_cut_levels_get(struct lio_cutter *cutter, uint64_t row,
                                      uint64_t end,
                                      const struct lio_cut_limits *limits,
                                      struct lio_cut *cut,
                                      struct lio_error *err);

LIO_MUST_CHECK int lio_cut_picked_get(struct lio_cutter *cutter, uint64_t row,
                                      uint64_t end,
                                      const struct lio_cut_limits *limits,
                                      struct lio_cut *cut,
                                      struct lio_error *err);

/* Start to read what was picked. */
LIO_MUST_CHECK int lio_cut_picked_read(const struct lio_cut_picked *picked,
                                       const struct lio_source_manner *manner,
                                       struct lio_source_batch **ret_batch,
                                       struct lio_error *err);
LIO_MUST_CHECK int lio_cut_picked_decode(struct lio_cut_picked *picked,
                                         struct lio_slice *ret_slice,
                                         struct lio_error *err);

/* Accepts NULL. */
void lio_cut_picked_release(struct lio_cut_picked *picked);

#endif
