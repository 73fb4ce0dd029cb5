/*
 * Windows of mini-block pages: some chunks, which their words tell how long
 * they are (see chunks.h).  Where rows are groups, chunks begin and end within
 * rows, and windows are of those that are there as a whole (see groups.h).
 *
 *     chunks      | 0 1 2 3 | 4 5 6 7 | 8 9 ...       items
 *     windows     | 0 1 2 |                           rows of three, each of
 *                         | 3 4 5 |                   chunks 0, 0 and 1, ...
 *
 * The words, and the dictionary that a page may have, are read once for all
 * windows.
 */
#include "column/chunks.h"
#include "column/cuts.h"
#include "column/pool.h"

#define LAYOUT(name) LIO__PB__PAGE_LAYOUT__LAYOUT_##name

/* -- asking -------------------------------------------------------------- */

bool lio_cut_has_dictionary(const struct lio_page *page)
{
    return page->layout && page->layout->layout_case == LAYOUT(MINI_BLOCK) &&
           page->layout->mini_block->dictionary;
}

/* What all windows need: the words of chunks, and the dictionary.  Lists look
 * for their chunks themselves. */
int lio_cut_chunks_ask(struct lio_cutter *cutter, struct lio_error *err)
{
    const struct lio_page *page = cutter->page;
    struct lio_source_read reads[2];
    uint32_t n = 0;

    if (cutter->kind == LIO_CUT_CHUNKS)
        cutter->chunks = lio_chunks_kept(cutter->dataset, &cutter->ref);
    if (cutter->kind == LIO_CUT_CHUNKS && !cutter->chunks) {
        cutter->asked =
            lio_pool_take(cutter->dataset->pool,
                          lio_chunks_count(page) * lio_chunks_word_bytes(page));
        if (!cutter->asked)
            return lio_cut_no_memory(cutter, err);
        reads[n++] = lio_cut_read_of(cutter, 0, 0, cutter->asked);
    }
    if (lio_cut_has_dictionary(page)) {
        cutter->items =
            lio_pool_take(cutter->dataset->pool, page->buffers[2].bytes);
        if (!cutter->items)
            return lio_cut_no_memory(cutter, err);
        reads[n++] = lio_cut_read_of(cutter, 2, 0, cutter->items);
    }
    return n > 0 ? lio_source_start(reads, n, &cutter->batch, err) : 0;
}

static int sum_chunks(struct lio_cutter *cutter, struct lio_error *err)
{
    int rc = lio_chunks_sum(cutter->dataset, &cutter->ref, cutter->asked,
                            &cutter->chunks);
    lio_mem_put(cutter->asked);
    cutter->asked = NULL;
    if (rc == LIO_ENOMEM)
        return lio_cut_no_memory(cutter, err);
    return rc < 0 ? lio_cut_corrupt(cutter,
                                    "its chunks do not have its bytes and rows",
                                    err)
                  : 0;
}

static const struct lio_type *type_of(const struct lio_cutter *cutter)
{
    return &cutter->dataset->schema.fields[cutter->ref.field].type;
}

/* Here, not with each window, which took longer than all else. */
static int open_dictionary(struct lio_cutter *cutter, struct lio_error *err)
{
    const struct lio_dictionary *dictionary = &cutter->dictionary;
    const struct lio_type *type = type_of(cutter);
    int rc = lio_load_dictionary(cutter->dataset, &cutter->ref, cutter->items,
                                 &cutter->dictionary, err);

    lio_mem_put(cutter->items);
    cutter->items = NULL;
    if (rc == 0 && type->kind == LIO_KIND_VARIABLE && dictionary->nitems > 0)
        cutter->row_bits = lio_cut_row_bits(
            cutter->page,
            type->bits + lio_cut_repeated_bits(dictionary->strings.bytes /
                                               dictionary->nitems));
    return rc;
}

int lio_cut_chunks_asked(struct lio_cutter *cutter, struct lio_error *err)
{
    int rc = 0;

    if (cutter->asked)
        rc = sum_chunks(cutter, err);
    if (rc == 0 && cutter->items)
        rc = open_dictionary(cutter, err);
    return rc;
}

/* -- cutting ------------------------------------------------------------- */

/* The last chunk that ends within `bytes`, but not before chunk `from`. */
static uint64_t last_within(const struct lio_mem *chunks, uint64_t from,
                            uint64_t bytes)
{
    const struct lio_chunk_end *ends = lio_chunks_ends(chunks);
    uint64_t low = from, high = chunks->bytes / sizeof(*ends) - 1;

    while (low < high) {
        uint64_t middle = high - (high - low) / 2;

        if (ends[middle].bytes <= bytes)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Of chunks `from` to `last`, which rows are all there, and `row` is one. */
static void set_rows(const struct lio_cutter *cutter, uint64_t from,
                     uint64_t last, struct lio_cut *cut)
{
    uint64_t items = lio_page_row_items(cutter->page);
    uint64_t start = lio_chunks_start(cutter->chunks, from).rows;
    uint64_t end = lio_chunks_ends(cutter->chunks)[last].rows;

    cut->page.rows = end / items - cut->first;
    cut->items = end - start;
    cut->run =
        (struct lio_run){ cut->first * items - start, cut->page.rows * items };
    cut->runs = (struct lio_runs){ 1, &cut->run };
    if (cut->run.n < cut->items)
        cut->page.runs = &cut->runs;
}

int lio_cut_chunks_get(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                       const struct lio_cut_limits *limits, struct lio_cut *cut,
                       struct lio_error *err)
{
    const struct lio_mem *chunks = cutter->chunks;
    uint64_t items = lio_page_row_items(cutter->page);
    uint64_t from = lio_chunks_find(chunks, 0, row * items), last;
    struct lio_chunk_end start = lio_chunks_start(chunks, from);
    uint64_t most, stop;
    int rc;

    /* The first that begins there; rows[from] is not before it. */
    cut->first = start.rows / items + (start.rows % items > 0);
    most = start.bytes + limits->stored < start.bytes
               ? UINT64_MAX
               : start.bytes + limits->stored;
    last = last_within(chunks, from, most);
    most = lio_chunks_ends(chunks)[last].rows / items;
    most = most > cut->first ? most - cut->first : 1;
    stop = lio_cut_end(cutter, cut->first, end, most, limits);
    stop = stop > row ? stop : row + 1;
    last = lio_chunks_find(chunks, from, stop * items - 1);
    cut->at = start.bytes;
    set_rows(cutter, from, last, cut);
    rc = lio_cut_buffer(cutter, cut, 1,
                        lio_chunks_ends(chunks)[last].bytes - start.bytes, err);
    if (rc == 0)
        rc = lio_cut_buffer(
            cutter, cut, 0,
            (last - from + 1) * lio_chunks_word_bytes(cutter->page), err);
    for (uint64_t i = from; i <= last && rc == 0; i++)
        lio_chunks_put_word(cutter->page, chunks, i, cut->load.buffers[0],
                            i - from);
    return rc;
}
