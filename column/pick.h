/*
 * Rows picked from a page, of which no more is read than they need.
 *
 *     page      | chunk 0 | chunk 1 | chunk 2 | ...
 *     wanted        x                    x
 *     picked    | chunk 0 | chunk 2 |
 *
 * What is read makes a smaller page of the same layout, which the decoder of
 * the layout takes as any other; so nothing is decoded in two ways.
 *
 *     init ─► ask ─► reads ─► get ─► reads ─► decode
 *
 * The first reads are for what says where the rows are; some layouts have none.
 */
#ifndef LIO_COLUMN_PICK_H
#define LIO_COLUMN_PICK_H

#include "column/load.h"
#include "column/reads.h"

enum lio_pick_kind {
    LIO_PICK_NOT,      /* the page has to be read whole */
    LIO_PICK_NOTHING,  /* rows without a byte in any buffer */
    LIO_PICK_FIXED,    /* as many bits a row in each buffer */
    LIO_PICK_CHUNKS,   /* mini-block */
    LIO_PICK_VARIABLE, /* full-zip, with an index of its rows */
    /* Those that have no bound for how much of a page a row needs. */
    LIO_PICK_LISTS,      /* mini-block with lists */
    LIO_PICK_ZIPPED,     /* full-zip with lists */
    LIO_PICK_STRINGS,    /* of 2.0 */
    LIO_PICK_DICTIONARY, /* of 2.0: as fixed, but for the values, read whole */
    LIO_PICK_LEVELS,     /* constant, with levels */
};

struct lio_pick {
    enum lio_pick_kind kind;
    const struct lio_dataset *dataset;
    struct lio_page_ref ref;
    const struct lio_page *page;
    const uint64_t *rows; /* of the page, nrows, ascending and distinct */
    uint64_t nrows;
    uint64_t *places; /* where they are in the picked page, once it is
                         decoded; before, as its layout counts */
    struct lio_page picked;
    struct lio_mem *buffers[LIO_PAGE_BUFFERS_MAX];
    /* Of LIO_PICK_FIXED and LIO_PICK_DICTIONARY. */
    uint64_t bits[LIO_PAGE_BUFFERS_MAX]; /* a row in each buffer; 0: the buffer
                                            is read whole */
    /* Of pages with lists. */
    uint64_t entries;
    uint64_t slots;
    struct lio_mem *restarts; /* of the picked page */
    struct lio_mem *wanted;   /* likewise, of chunks */
    struct lio_runs runs;     /* likewise, if rows are groups, see groups.h */
    /* What was asked for: words of chunks, entries of the index, bytes with
     * bits. */
    struct lio_mem *asked;
    struct lio_mem *chunks; /* their ends */
    /* Copies of those of the page, with other numbers. */
    Lio__Pb__PageLayout layout;
    Lio__Pb__MiniBlockLayout mini_block;
    Lio__Pb__FullZipLayout full_zip;
    Lio__Pb__ConstantLayout constant;
};

/* How rows of a page can be picked; `bits` has room for all buffers.  Of those
 * that are compressed nothing can be; but if there is room for their `schemes`
 * (enum lio_scheme, 0: it is not), they count as what is in them. */
enum lio_pick_kind lio_pick_kind(const struct lio_page *page, uint64_t *bits,
                                 uint32_t *schemes);

/* `rows` must stay.  On failure there is nothing to release. */
LIO_MUST_CHECK int lio_pick_init(struct lio_pick *pick,
                                 const struct lio_dataset *dataset,
                                 const struct lio_page_ref *ref,
                                 const uint64_t *rows, uint64_t nrows,
                                 struct lio_error *err);
void lio_pick_release(struct lio_pick *pick);

LIO_MUST_CHECK int lio_pick_ask(struct lio_pick *pick, struct lio_reads *reads,
                                struct lio_error *err);

/* Whether a pick reads more than its rows: chunks, which can be cut. */
bool lio_pick_has_parts(const struct lio_pick *pick);

/* What was asked for is there: how many of the rows from the i-th on are a
 * moderate amount of chunks, and the bytes of these. */
LIO_MUST_CHECK int lio_pick_cut(struct lio_pick *pick, uint64_t i,
                                uint64_t *ret_rows, uint64_t *ret_bytes,
                                struct lio_error *err);

/* Pick `nrows` from the i-th on by themselves, as if they had been asked for.
 */
LIO_MUST_CHECK int lio_pick_part(const struct lio_pick *pick, uint64_t i,
                                 uint64_t nrows, struct lio_pick *ret_part,
                                 struct lio_error *err);

LIO_MUST_CHECK int lio_pick_get(struct lio_pick *pick, struct lio_reads *reads,
                                struct lio_error *err);
LIO_MUST_CHECK int lio_pick_decode(struct lio_pick *pick,
                                   struct lio_vector *ret_vector,
                                   struct lio_error *err);

/* -- shared between the kinds -------------------------------------------- */

/* Say that there is no memory, or what is wrong with the page. */
int lio_pick_no_memory(const struct lio_pick *pick, struct lio_error *err);
int lio_pick_corrupt(const struct lio_pick *pick, const char *what,
                     struct lio_error *err);

/* Read bytes of a buffer of the page. */
LIO_MUST_CHECK int lio_pick_read(const struct lio_pick *pick,
                                 struct lio_reads *reads, uint32_t buffer,
                                 uint64_t at, uint64_t bytes, void *into,
                                 struct lio_error *err);

/* Memory for a buffer of the picked page. */
LIO_MUST_CHECK int lio_pick_buffer(struct lio_pick *pick, uint32_t buffer,
                                   uint64_t bytes, struct lio_error *err);

/* Read a whole buffer. */
LIO_MUST_CHECK int lio_pick_whole(struct lio_pick *pick,
                                  struct lio_reads *reads, uint32_t buffer,
                                  struct lio_error *err);

/* How much chunks may be. */
struct lio_pick_limits {
    uint64_t bytes;
    uint64_t rows; /* that they hold */
};

/* Whether chunks of so many bytes, and items as the layout counts them, are
 * more. */
bool lio_pick_exceeds(const struct lio_pick *pick,
                      const struct lio_pick_limits *limits, uint64_t bytes,
                      uint64_t items);

/* -- one for each kind --------------------------------------------------- */

LIO_MUST_CHECK int lio_pick_fixed_get(struct lio_pick *pick,
                                      struct lio_reads *reads,
                                      struct lio_error *err);
void lio_pick_fixed_pack(struct lio_pick *pick);

LIO_MUST_CHECK int lio_pick_chunks_ask(struct lio_pick *pick,
                                       struct lio_reads *reads,
                                       struct lio_error *err);
LIO_MUST_CHECK int lio_pick_chunks_cut(struct lio_pick *pick, uint64_t i,
                                       const struct lio_pick_limits *limits,
                                       uint64_t *ret_rows, uint64_t *ret_bytes,
                                       struct lio_error *err);
LIO_MUST_CHECK int lio_pick_chunks_get(struct lio_pick *pick,
                                       struct lio_reads *reads,
                                       struct lio_error *err);

LIO_MUST_CHECK int lio_pick_variable_ask(struct lio_pick *pick,
                                         struct lio_reads *reads,
                                         struct lio_error *err);
LIO_MUST_CHECK int lio_pick_variable_get(struct lio_pick *pick,
                                         struct lio_reads *reads,
                                         struct lio_error *err);

bool lio_pick_lists_can(const struct lio_page *page);
LIO_MUST_CHECK int lio_pick_lists_ask(struct lio_pick *pick,
                                      struct lio_reads *reads,
                                      struct lio_error *err);
LIO_MUST_CHECK int lio_pick_lists_cut(struct lio_pick *pick, uint64_t i,
                                      const struct lio_pick_limits *limits,
                                      uint64_t *ret_rows, uint64_t *ret_bytes,
                                      struct lio_error *err);
LIO_MUST_CHECK int lio_pick_lists_get(struct lio_pick *pick,
                                      struct lio_reads *reads,
                                      struct lio_error *err);

LIO_MUST_CHECK int lio_pick_levels_get(struct lio_pick *pick,
                                       struct lio_reads *reads,
                                       struct lio_error *err);

/* Rows are asked for and got as those of LIO_PICK_VARIABLE; when they are
 * there, count their entries and slots. */
bool lio_pick_zipped_can(const struct lio_page *page);
LIO_MUST_CHECK int lio_pick_zipped_count(struct lio_pick *pick,
                                         struct lio_error *err);

bool lio_pick_strings_can(const struct lio_page *page);
LIO_MUST_CHECK int lio_pick_strings_ask(struct lio_pick *pick,
                                        struct lio_reads *reads,
                                        struct lio_error *err);
LIO_MUST_CHECK int lio_pick_strings_get(struct lio_pick *pick,
                                        struct lio_reads *reads,
                                        struct lio_error *err);

#endif
