/*
 * Where the chunks of a mini-block page end.  Rows here are what the page's
 * layout counts as such, see groups.h.
 *
 *     words      | chunk 0 | chunk 1 | chunk 2 | ...    buffer 0 of the page
 *     ends       bytes and rows up to the end of each chunk
 *
 * The words say how long chunks are, so all of them are needed to find one.
 * They are read once and kept with the dataset as sums, up to a bound.
 */
#ifndef LIO_COLUMN_CHUNKS_H
#define LIO_COLUMN_CHUNKS_H

#include "column/dataset.h"

struct lio_chunk_end {
    uint64_t bytes;
    uint64_t rows;
};

/* Of a word in the page's first buffer. */
static inline uint32_t lio_chunks_word_bytes(const struct lio_page *page)
{
    return page->layout->mini_block->has_large_chunk ? 4 : 2;
}

static inline uint64_t lio_chunks_count(const struct lio_page *page)
{
    return page->buffers[0].bytes / lio_chunks_word_bytes(page);
}

/* The ends, of memory that holds them. */
static inline const struct lio_chunk_end *
lio_chunks_ends(const struct lio_mem *mem)
{
    return (const struct lio_chunk_end *)(const void *)mem->data;
}

static inline struct lio_chunk_end lio_chunks_start(const struct lio_mem *mem,
                                                    uint64_t chunk)
{
    return chunk > 0 ? lio_chunks_ends(mem)[chunk - 1]
                     : (struct lio_chunk_end){ 0 };
}

/* The ends of a page's chunks, if the dataset has kept them, or NULL: a
 * reference. */
struct lio_mem *lio_chunks_kept(const struct lio_dataset *dataset,
                                const struct lio_page_ref *ref);

/* Make the ends from the words, and have the dataset keep them.  LIO_ENOMEM, or
 * LIO_ECORRUPT if they are not what the page says it has. */
LIO_MUST_CHECK int lio_chunks_sum(const struct lio_dataset *dataset,
                                  const struct lio_page_ref *ref,
                                  const struct lio_mem *words,
                                  struct lio_mem **ret_ends);

/* Have the dataset share the ends, or what a page with lists has in their
 * place, unless it has them now or has many. */
void lio_chunks_keep(const struct lio_dataset *dataset,
                     const struct lio_page_ref *ref, struct lio_mem *ends);

/* The chunk that holds `row`, one of the page's, which is not before chunk
 * `from`. */
uint64_t lio_chunks_find(const struct lio_mem *ends, uint64_t from,
                         uint64_t row);

/* Write the word that `chunk` has as chunk `number` of other words; that of
 * the last one's rows counts for nothing. */
void lio_chunks_put_word(const struct lio_page *page,
                         const struct lio_mem *ends, uint64_t chunk,
                         struct lio_mem *words, uint64_t number);

#endif
