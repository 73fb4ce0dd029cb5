/*
 * Ends of chunks, from the words that say how long each is.
 */
#include "column/chunks.h"

#define CHUNK_ALIGN 8
#define LOG2_BITS   4

/* Kept by a dataset: for some 4 million chunks, of a few thousand bytes each.
 */
#define KEPT_BYTES_MAX (UINT64_C(64) << 20)

static uint32_t word_at(const struct lio_mem *words, uint64_t i, uint32_t width)
{
    return width == 4 ? lio_load_u32(words->data + i * 4)
                      : lio_load_u16(words->data + i * 2);
}

/* False if the chunks are not what the page says it has. */
static bool sum_words(const struct lio_page *page, const struct lio_mem *words,
                      struct lio_chunk_end *ends)
{
    uint64_t n = lio_chunks_count(page);
    uint32_t width = lio_chunks_word_bytes(page);
    struct lio_chunk_end end = { 0 };

    for (uint64_t i = 0; i < n; i++) {
        uint32_t word = word_at(words, i, width);
        uint64_t left = lio_page_counted(page) - end.rows;
        uint64_t rows = UINT64_C(1) << (word & ((1u << LOG2_BITS) - 1));

        rows = i + 1 < n ? rows : left;
        if (rows > left)
            return false;
        end.rows += rows;
        end.bytes += ((uint64_t)(word >> LOG2_BITS) + 1) * CHUNK_ALIGN;
        ends[i] = end;
    }
    return n > 0 && end.bytes == page->buffers[1].bytes;
}

void lio_chunks_keep(const struct lio_dataset *dataset,
                     const struct lio_page_ref *ref, struct lio_mem *ends)
{
    struct lio_dataset_chunks *kept = dataset->chunks;
    struct lio_mem *none = NULL;

    if (atomic_fetch_add(&kept->bytes, ends->bytes) + ends->bytes <=
            KEPT_BYTES_MAX &&
        atomic_compare_exchange_strong(
            &kept->pages[lio_dataset_page_number(dataset, ref)], &none, ends)) {
        (void)lio_mem_get(ends);
        return;
    }
    atomic_fetch_sub(&kept->bytes, ends->bytes);
}

struct lio_mem *lio_chunks_kept(const struct lio_dataset *dataset,
                                const struct lio_page_ref *ref)
{
    return lio_mem_get(atomic_load(
        &dataset->chunks->pages[lio_dataset_page_number(dataset, ref)]));
}

int lio_chunks_sum(const struct lio_dataset *dataset,
                   const struct lio_page_ref *ref, const struct lio_mem *words,
                   struct lio_mem **ret_ends)
{
    const struct lio_page *page = lio_dataset_page_of(dataset, ref);
    struct lio_mem *ends =
        lio_mem_new(lio_chunks_count(page) * sizeof(struct lio_chunk_end));

    if (!ends)
        return LIO_ENOMEM;
    if (!sum_words(page, words, (struct lio_chunk_end *)(void *)ends->data)) {
        lio_mem_put(ends);
        return LIO_ECORRUPT;
    }
    lio_chunks_keep(dataset, ref, ends);
    *ret_ends = ends;
    return 0;
}

uint64_t lio_chunks_find(const struct lio_mem *mem, uint64_t from, uint64_t row)
{
    const struct lio_chunk_end *ends = lio_chunks_ends(mem);
    uint64_t low = from, high = mem->bytes / sizeof(*ends) - 1;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (ends[middle].rows <= row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void lio_chunks_put_word(const struct lio_page *page,
                         const struct lio_mem *ends, uint64_t chunk,
                         struct lio_mem *words, uint64_t number)
{
    struct lio_chunk_end start = lio_chunks_start(ends, chunk);
    const struct lio_chunk_end *end = &lio_chunks_ends(ends)[chunk];
    uint64_t rows = end->rows - start.rows;
    uint32_t width = lio_chunks_word_bytes(page);
    uint32_t word = (uint32_t)((end->bytes - start.bytes) / CHUNK_ALIGN - 1)
                    << LOG2_BITS;

    if (chunk + 1 < lio_chunks_count(page))
        word |= (uint32_t)__builtin_ctzll(rows);
    memcpy(words->data + number * width, &word, width);
}
