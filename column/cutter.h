/*
 * How a page is cut into windows: runs of its rows that are read and decoded by
 * themselves, so that a page of any size takes bounded memory.
 *
 *     page      | chunk 0 | chunk 1 | chunk 2 | chunk 3 | ...
 *     windows   |      0            |      1            | ...
 *
 * What is read for a window makes a smaller page of the same layout, which the
 * decoder of the layout takes as any other; so nothing is decoded in two ways,
 * and results do not depend on where a page is cut.
 *
 * Some layouts have to be asked where rows are, before the first window can be
 * cut: by reading the words of chunks, or some of an index.
 *
 *     open ─► ask (reads under way) ─► ready ─► cut, cut, ...
 */
#ifndef LIO_COLUMN_CUTTER_H
#define LIO_COLUMN_CUTTER_H

#include "column/cut_packed.h"
#include "column/entries.h"
#include "column/level_rows.h"
#include "column/load.h"
#include "column/reads.h"

enum lio_cut_kind {
    LIO_CUT_NOT,     /* the page is one window */
    LIO_CUT_NOTHING, /* rows without a byte in any buffer */
    LIO_CUT_FIXED,   /* as many bits a row in each buffer */
    LIO_CUT_CHUNKS,  /* mini-block */
    LIO_CUT_ENTRIES, /* values one behind the other, see entries.h */
    LIO_CUT_LEVELS,  /* constant, with levels or a value in a buffer */
    LIO_CUT_PICKED   /* lists and the like: as many rows as are so long on the
                        average, picked as pick.h says */
};

/* What a window may be. */
struct lio_cut_limits {
    uint64_t stored;     /* bytes to read; one row or chunk may be more */
    uint64_t decoded;    /* bytes to decode to, as far as types tell */
    uint64_t align;      /* rows; 0: wherever.  Windows end at multiples ... */
    uint64_t align_from; /* ... counted from this row of the page; may wrap */
};

struct lio_cutter {
    enum lio_cut_kind kind;
    const struct lio_dataset *dataset; /* NULL: nothing is open */
    struct lio_page_ref ref;
    const struct lio_page *page;
    uint64_t row_bits;                   /* that a row decodes to, at least */
    uint64_t bits[LIO_PAGE_BUFFERS_MAX]; /* FIXED: of a row in each buffer */
    struct lio_source_batch *batch;      /* what was asked, on its way */
    struct lio_mem *asked;               /* CHUNKS: their words */
    struct lio_mem *chunks;              /* and ends */
    struct lio_mem *items;               /* a dictionary's buffer, on its way */
    struct lio_dictionary dictionary;    /* decoded, for all windows */
    struct lio_entries entries;          /* ENTRIES */
    struct lio_level_rows levels;        /* LEVELS */
    struct lio_mem *value;               /* LEVELS: its buffer, or NULL */
    struct lio_cut_packed packed; /* FIXED, ENTRIES: compressed buffers */
};

/* Rows of a page, on their way. */
struct lio_cut {
    enum lio_cut_kind kind;
    struct lio_load load; /* of `page` */
    struct lio_page page; /* the smaller one */
    uint64_t first;       /* row of the whole page it starts with */
    uint64_t at;          /* CHUNKS, ENTRIES: where its bytes start */
    uint64_t bytes;       /* of its buffers, decompressed */
    uint64_t items;       /* CHUNKS: in them, rows or what is grouped to rows */
    struct lio_run run;   /* CHUNKS: of these, those that are rows */
    struct lio_runs runs;
    struct lio_cut_parts parts;
    Lio__Pb__PageLayout layout;
    Lio__Pb__MiniBlockLayout mini_block;
    Lio__Pb__FullZipLayout full_zip;
    Lio__Pb__ConstantLayout constant;
    struct lio_dictionary dictionary; /* if the page has one */
    struct lio_cut_picked *picked;    /* PICKED: in the place of most of this */
};

/* Look at a page, and start to ask what cutting it from `row` on takes.  Pages
 * that are within the limits are not cut, unless they are compressed as a
 * whole: then nobody knows yet. */
LIO_MUST_CHECK int lio_cutter_open(struct lio_cutter *cutter,
                                   const struct lio_dataset *dataset,
                                   const struct lio_page_ref *ref, uint64_t row,
                                   const struct lio_cut_limits *limits,
                                   struct lio_error *err);
void lio_cutter_release(struct lio_cutter *cutter);

/* Whether rows from `row` on can be cut without waiting; if not, what that
 * takes is asked for by now. */
LIO_MUST_CHECK int lio_cutter_ready(struct lio_cutter *cutter, uint64_t row,
                                    bool *ret_ready, struct lio_error *err);

/* Wait for what was asked. */
LIO_MUST_CHECK int lio_cutter_wait(struct lio_cutter *cutter,
                                   struct lio_error *err);

/* Cut the window that `row` is in, up to row `end` at the most, and allocate
 * its buffers; the cutter must be ready for `row`.  The cut stays where it is:
 * its pages point at one another. */
LIO_MUST_CHECK int lio_cutter_cut(struct lio_cutter *cutter, uint64_t row,
                                  uint64_t end,
                                  const struct lio_cut_limits *limits,
                                  struct lio_cut *cut, struct lio_error *err);

/* Start to read what the cut needs; cuts are read in their order. */
LIO_MUST_CHECK int lio_cutter_read(const struct lio_cutter *cutter,
                                   struct lio_cut *cut,
                                   const struct lio_source_manner *manner,
                                   struct lio_source_batch **ret_batch,
                                   struct lio_error *err);

/* Decode what was read; the slice is the cut's rows. */
LIO_MUST_CHECK int lio_cut_decode(struct lio_cut *cut,
                                  const struct lio_dataset *dataset,
                                  struct lio_slice *ret_slice,
                                  struct lio_error *err);
void lio_cut_release(struct lio_cut *cut);

#endif
