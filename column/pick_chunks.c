/*
 * Picking rows of mini-block pages: the chunks that hold them.
 *
 *     words      | chunk 0 | chunk 1 | chunk 2 | ...    buffer 0
 *     ends       bytes and rows up to the end of each chunk
 *
 * The words say how long chunks are, so all of them are needed to find one.
 * They are read once and kept with the dataset as sums, up to a bound.
 */
#include "column/pick.h"

#define CHUNK_ALIGN 8
#define LOG2_BITS   4

/* Kept by a dataset: for some 4 million chunks, of a few thousand bytes each.
 */
#define KEPT_BYTES_MAX (UINT64_C(64) << 20)

struct chunk_end {
    uint64_t bytes;
    uint64_t rows;
};

static uint32_t word_bytes(const struct lio_pick *pick)
{
    return pick->page->layout->mini_block->has_large_chunk ? 4 : 2;
}

static uint64_t count_chunks(const struct lio_pick *pick)
{
    return pick->page->buffers[0].bytes / word_bytes(pick);
}

static struct chunk_end *ends_of(const struct lio_mem *mem)
{
    return (struct chunk_end *)(void *)mem->data;
}

/* -- sums ---------------------------------------------------------------- */

static uint32_t word_at(const struct lio_mem *words, uint64_t i, uint32_t width)
{
    return width == 4 ? lio_load_u32(words->data + i * 4)
                      : lio_load_u16(words->data + i * 2);
}

/* False if the chunks are not what the page says it has. */
static bool sum_words(const struct lio_pick *pick, struct lio_mem *sums)
{
    struct chunk_end *ends = ends_of(sums), end = { 0 };
    uint64_t n = count_chunks(pick);

    for (uint64_t i = 0; i < n; i++) {
        uint32_t word = word_at(pick->asked, i, word_bytes(pick));
        uint64_t left = pick->page->rows - end.rows;
        uint64_t rows = UINT64_C(1) << (word & ((1u << LOG2_BITS) - 1));

        rows = i + 1 < n ? rows : left;
        if (rows > left)
            return false;
        end.rows += rows;
        end.bytes += ((uint64_t)(word >> LOG2_BITS) + 1) * CHUNK_ALIGN;
        ends[i] = end;
    }
    return n > 0 && end.bytes == pick->page->buffers[1].bytes;
}

/* Hand sums over to the dataset, unless it has them now or has many. */
static void keep(struct lio_pick *pick, struct lio_mem *sums)
{
    struct lio_dataset_chunks *kept = pick->dataset->chunks;
    struct lio_mem *none = NULL;

    if (atomic_fetch_add(&kept->bytes, sums->bytes) + sums->bytes <=
            KEPT_BYTES_MAX &&
        atomic_compare_exchange_strong(
            &kept->pages[lio_dataset_page_number(pick->dataset, &pick->ref)],
            &none, sums)) {
        pick->asked_shared = true;
        return;
    }
    atomic_fetch_sub(&kept->bytes, sums->bytes);
}

/* -- ask ----------------------------------------------------------------- */

int lio_pick_chunks_ask(struct lio_pick *pick, struct lio_reads *reads,
                        struct lio_error *err)
{
    uint64_t bytes = count_chunks(pick) * word_bytes(pick);

    pick->asked = atomic_load(
        &pick->dataset->chunks
             ->pages[lio_dataset_page_number(pick->dataset, &pick->ref)]);
    pick->asked_shared = pick->asked != NULL;
    if (pick->asked)
        return 0;
    pick->asked = lio_mem_new(bytes);
    if (!pick->asked)
        return lio_pick_no_memory(pick, err);
    return lio_pick_read(pick, reads, 0, 0, bytes, pick->asked->data, err);
}

/* The words are there: make them sums. */
static int make_sums(struct lio_pick *pick, struct lio_error *err)
{
    uint64_t n = count_chunks(pick);
    struct lio_mem *sums;

    if (pick->asked_shared)
        return 0;
    sums = lio_mem_new(n * sizeof(struct chunk_end));
    if (!sums)
        return lio_pick_no_memory(pick, err);
    if (!sum_words(pick, sums)) {
        lio_mem_put(sums);
        return lio_pick_corrupt(
            pick, "its chunks do not have its bytes and rows", err);
    }
    lio_mem_put(pick->asked);
    pick->asked = sums;
    keep(pick, sums);
    return 0;
}

/* -- get ----------------------------------------------------------------- */

/* The chunk that holds `row`, which is not before chunk `from`. */
static uint64_t find_chunk(const struct lio_pick *pick, uint64_t from,
                           uint64_t row)
{
    const struct chunk_end *ends = ends_of(pick->asked);
    uint64_t low = from, high = count_chunks(pick) - 1;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (ends[middle].rows <= row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct chunk_end start_of(const struct lio_pick *pick, uint64_t chunk)
{
    return chunk > 0 ? ends_of(pick->asked)[chunk - 1]
                     : (struct chunk_end){ 0 };
}

/* Set the rows' places; returns how much the chunks are, and their number. */
static struct chunk_end place_rows(struct lio_pick *pick, uint64_t *ret_chunks)
{
    const struct chunk_end *ends = ends_of(pick->asked);
    struct chunk_end sum = { 0 };
    uint64_t chunk = 0, n = 0, before = 0;

    for (uint64_t i = 0; i < pick->nrows; i++) {
        struct chunk_end start;

        if (n == 0 || ends[chunk].rows <= pick->rows[i]) {
            chunk = find_chunk(pick, chunk, pick->rows[i]);
            start = start_of(pick, chunk);
            before = sum.rows;
            sum.rows += ends[chunk].rows - start.rows;
            sum.bytes += ends[chunk].bytes - start.bytes;
            n++;
        }
        pick->places[i] = before + (pick->rows[i] - start_of(pick, chunk).rows);
    }
    *ret_chunks = n;
    return sum;
}

/* The word of a chunk; that of the last one's rows counts for nothing. */
static void put_word(struct lio_pick *pick, uint64_t number, uint64_t chunk)
{
    struct chunk_end start = start_of(pick, chunk);
    const struct chunk_end *end = &ends_of(pick->asked)[chunk];
    uint64_t rows = end->rows - start.rows;
    uint32_t width = word_bytes(pick);
    uint32_t word = (uint32_t)((end->bytes - start.bytes) / CHUNK_ALIGN - 1)
                    << LOG2_BITS;

    if (chunk + 1 < count_chunks(pick))
        word |= (uint32_t)__builtin_ctzll(rows);
    memcpy(pick->buffers[0]->data + number * width, &word, width);
}

/* Read the chunks and write their words. */
static int get_chunks(struct lio_pick *pick, struct lio_reads *reads,
                      struct lio_error *err)
{
    const struct chunk_end *ends = ends_of(pick->asked);
    uint64_t chunk = 0, number = 0, used = 0;
    int rc = 0;

    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++) {
        uint64_t at, bytes;

        if (number > 0 && ends[chunk].rows > pick->rows[i])
            continue;
        chunk = find_chunk(pick, chunk, pick->rows[i]);
        at = start_of(pick, chunk).bytes;
        bytes = ends[chunk].bytes - at;
        put_word(pick, number++, chunk);
        rc = lio_pick_read(pick, reads, 1, at, bytes,
                           pick->buffers[1]->data + used, err);
        used += bytes;
    }
    return rc;
}

static int get_dictionary(struct lio_pick *pick, struct lio_reads *reads,
                          struct lio_error *err)
{
    uint64_t bytes = pick->page->buffers[2].bytes;
    int rc = lio_pick_buffer(pick, 2, bytes, err);

    return rc < 0 ? rc
                  : lio_pick_read(pick, reads, 2, 0, bytes,
                                  pick->buffers[2]->data, err);
}

int lio_pick_chunks_get(struct lio_pick *pick, struct lio_reads *reads,
                        struct lio_error *err)
{
    struct chunk_end sum;
    uint64_t n;
    int rc = make_sums(pick, err);

    if (rc < 0)
        return rc;
    sum = place_rows(pick, &n);
    pick->picked.rows = sum.rows;
    rc = lio_pick_buffer(pick, 0, n * word_bytes(pick), err);
    if (rc == 0)
        rc = lio_pick_buffer(pick, 1, sum.bytes, err);
    if (rc == 0)
        rc = get_chunks(pick, reads, err);
    if (rc == 0 && pick->page->nbuffers > 2)
        rc = get_dictionary(pick, reads, err);
    return rc;
}
