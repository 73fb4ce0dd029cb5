/*
 * Picking rows with lists from mini-block pages.  The repetition index, which
 * has for each chunk how many rows end in it and how much of one is left over,
 * tells which chunks a row is in:
 *
 *     chunk     | 0 0 0 1 1 | 1 1 1 1 1 | 1 2 2 3 3 |     rows of the entries
 *     ends          1            0           2            (3 goes on)
 *
 * The chunks of a row follow each other; what is picked are groups of such
 * chunks.  The first may begin, and the last end, with a part of a row that
 * nobody wants: the decoder is told that groups begin with a row, so that such
 * a part becomes a row of its own.
 *
 *     wanted 2      picked | 1 2 2 3 3 |     of which row 2 is the second
 *
 * Where rows are groups all this is said of items, see groups.h.
 */
#include "column/chunks.h"
#include "column/pick.h"

#include "column/bits.h"

#define CHUNK_ALIGN 8
#define LOG2_BITS   4

/* Of a chunk: what ends up to its end, and whether a row goes on. */
struct listed {
    uint64_t bytes;
    uint64_t slots;
    uint64_t rows;
    uint64_t left;
};

static const struct listed *listed_of(const struct lio_pick *pick)
{
    return (const struct listed *)(const void *)pick->chunks->data;
}

static struct listed before(const struct lio_pick *pick, uint64_t chunk)
{
    return chunk > 0 ? listed_of(pick)[chunk - 1] : (struct listed){ 0 };
}

static uint32_t index_buffer(const struct lio_page *page)
{
    return page->layout->mini_block->dictionary ? 3 : 2;
}

#define INDEX_BYTES UINT64_C(16) /* two integers for each chunk */

bool lio_pick_lists_can(const struct lio_page *page)
{
    const Lio__Pb__MiniBlockLayout *layout = page->layout->mini_block;
    uint32_t index = index_buffer(page);
    uint64_t n;

    if (page->uneven || !layout->rep_compression ||
        layout->repetition_index_depth != 1 || page->nbuffers != index + 1)
        return false;
    n = lio_chunks_count(page);
    return n > 0 && page->buffers[index].bytes / INDEX_BYTES == n &&
           page->buffers[index].bytes % INDEX_BYTES == 0;
}

/* -- ask ----------------------------------------------------------------- */

int lio_pick_lists_ask(struct lio_pick *pick, struct lio_reads *reads,
                       struct lio_error *err)
{
    uint64_t n = lio_chunks_count(pick->page);
    uint64_t words = n * lio_chunks_word_bytes(pick->page);
    int rc;

    pick->chunks = lio_chunks_kept(pick->dataset, &pick->ref);
    if (pick->chunks)
        return 0;
    pick->asked = lio_mem_new(n * INDEX_BYTES + words);
    if (!pick->asked)
        return lio_pick_no_memory(pick, err);
    rc = lio_pick_read(pick, reads, index_buffer(pick->page), 0,
                       n * INDEX_BYTES, pick->asked->data, err);
    return rc < 0 ? rc
                  : lio_pick_read(pick, reads, 0, 0, words,
                                  pick->asked->data + n * INDEX_BYTES, err);
}

/* False if the chunks are not what the page says it has. */
static bool sum_chunks(const struct lio_pick *pick, struct listed *sums)
{
    const Lio__Pb__MiniBlockLayout *layout = pick->page->layout->mini_block;
    uint64_t n = lio_chunks_count(pick->page);
    uint64_t counted = lio_page_counted(pick->page);
    uint32_t width = lio_chunks_word_bytes(pick->page);
    const uint8_t *index = pick->asked->data, *words = index + n * INDEX_BYTES;
    struct listed sum = { 0 };

    for (uint64_t i = 0; i < n; i++) {
        uint32_t word = width == 4 ? lio_load_u32(words + i * 4)
                                   : lio_load_u16(words + i * 2);
        uint64_t rows = lio_load_u64(index + i * INDEX_BYTES);
        uint64_t left = layout->nitems - sum.slots;
        uint64_t slots = UINT64_C(1) << (word & ((1u << LOG2_BITS) - 1));

        slots = i + 1 < n ? slots : left;
        if (slots > left || rows > counted - sum.rows)
            return false;
        sum.bytes += ((uint64_t)(word >> LOG2_BITS) + 1) * CHUNK_ALIGN;
        sum.slots += slots;
        sum.rows += rows;
        sum.left = lio_load_u64(index + i * INDEX_BYTES + 8);
        sums[i] = sum;
    }
    return sum.rows == counted && sum.left == 0 &&
           sum.bytes == pick->page->buffers[1].bytes;
}

static int make_sums(struct lio_pick *pick, struct lio_error *err)
{
    struct lio_mem *sums;

    if (pick->chunks)
        return 0;
    sums = lio_mem_new(lio_chunks_count(pick->page) * sizeof(struct listed));
    if (!sums)
        return lio_pick_no_memory(pick, err);
    if (!sum_chunks(pick, (struct listed *)(void *)sums->data)) {
        lio_mem_put(sums);
        return lio_pick_corrupt(
            pick, "its chunks do not have its bytes and rows", err);
    }
    lio_chunks_keep(pick->dataset, &pick->ref, sums);
    pick->chunks = sums;
    return 0;
}

/* -- which chunks -------------------------------------------------------- */

/* The chunk that an item ends in, which is not before chunk `from`. */
static uint64_t find_end(const struct lio_pick *pick, uint64_t from,
                         uint64_t item)
{
    uint64_t low = from, high = lio_chunks_count(pick->page) - 1;

    if (listed_of(pick)[from].rows > item)
        return from;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (listed_of(pick)[middle].rows <= item)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The chunk that it begins in: an earlier one, as long as nothing but a part of
 * it is there. */
static uint64_t find_begin(const struct lio_pick *pick, uint64_t end,
                           uint64_t item)
{
    while (end > 0 && before(pick, end).rows == item &&
           before(pick, end).left > 0)
        end--;
    return end;
}

/* Chunks, of one row or of some. */
struct group {
    uint64_t first;
    uint64_t last;
};

/* Those of the i-th row, which does not end before chunk `from`. */
static struct group find_row(const struct lio_pick *pick, uint64_t from,
                             uint64_t i)
{
    uint64_t items = lio_page_row_items(pick->page);
    uint64_t first = pick->rows[i] * items;
    uint64_t end = find_end(pick, from, first);

    return (struct group){ find_begin(pick, end, first),
                           find_end(pick, end, first + items - 1) };
}

/* The group of rows from the i-th on; returns the row after them. */
static uint64_t find_group(const struct lio_pick *pick, uint64_t i,
                           struct group *group)
{
    *group = find_row(pick, 0, i);
    for (i++; i < pick->nrows; i++) {
        struct group row = find_row(pick, group->last, i);

        if (row.first > group->last + 1)
            break;
        group->last = row.last;
    }
    return i;
}

/* The rows that a group makes: those that end in it, and what goes on. */
static uint64_t group_rows(const struct lio_pick *pick,
                           const struct group *group)
{
    const struct listed *last = &listed_of(pick)[group->last];

    return last->rows - before(pick, group->first).rows + (last->left > 0);
}

/* -- cut ----------------------------------------------------------------- */

int lio_pick_lists_cut(struct lio_pick *pick, uint64_t i,
                       const struct lio_pick_limits *limits, uint64_t *ret_rows,
                       uint64_t *ret_bytes, struct lio_error *err)
{
    uint64_t first = i, next = 0, bytes = 0, items = 0;
    int rc = make_sums(pick, err);

    if (rc < 0)
        return rc;
    for (; i < pick->nrows; i++) {
        struct group row = find_row(pick, next > 0 ? next - 1 : 0, i);
        struct listed start, end;

        next = next > row.first ? next : row.first;
        if (next > row.last)
            continue; /* it is there with the row before */
        start = before(pick, next);
        end = listed_of(pick)[row.last];
        bytes += end.bytes - start.bytes;
        items += end.rows - start.rows;
        if (i > first && lio_pick_exceeds(pick, limits, bytes, items))
            break;
        *ret_bytes = bytes;
        next = row.last + 1;
    }
    *ret_rows = i - first;
    return 0;
}

/* -- get ----------------------------------------------------------------- */

/* What all groups have. */
struct picked {
    uint64_t chunks;
    struct listed sum;
};

/* Set the rows' places; returns what there is to be read. */
static struct picked place_rows(struct lio_pick *pick)
{
    uint64_t items = lio_page_row_items(pick->page), next;
    struct picked picked = { 0 };
    struct group group;

    for (uint64_t i = 0; i < pick->nrows; i = next) {
        struct listed start, end;

        next = find_group(pick, i, &group);
        start = before(pick, group.first);
        end = listed_of(pick)[group.last];
        for (uint64_t k = i; k < next; k++)
            pick->places[k] =
                picked.sum.rows + (pick->rows[k] * items - start.rows);
        picked.chunks += group.last - group.first + 1;
        picked.sum.rows += group_rows(pick, &group);
        picked.sum.slots += end.slots - start.slots;
        picked.sum.bytes += end.bytes - start.bytes;
    }
    return picked;
}

/* The word of a chunk; that of the page's last one's slots counts for nothing.
 */
static void put_word(struct lio_pick *pick, uint64_t number, uint64_t chunk)
{
    struct listed start = before(pick, chunk), end = listed_of(pick)[chunk];
    uint32_t width = lio_chunks_word_bytes(pick->page);
    uint32_t word = (uint32_t)((end.bytes - start.bytes) / CHUNK_ALIGN - 1)
                    << LOG2_BITS;

    if (chunk + 1 < lio_chunks_count(pick->page))
        word |= (uint32_t)__builtin_ctzll(end.slots - start.slots);
    memcpy(pick->buffers[0]->data + number * width, &word, width);
}

static int get_groups(struct lio_pick *pick, struct lio_reads *reads,
                      struct lio_error *err)
{
    uint64_t number = 0, used = 0, next;
    struct group group;
    int rc = 0;

    for (uint64_t i = 0; i < pick->nrows && rc == 0; i = next) {
        uint64_t at, bytes;

        next = find_group(pick, i, &group);
        at = before(pick, group.first).bytes;
        bytes = listed_of(pick)[group.last].bytes - at;
        lio_bit_set(pick->restarts->data, number, true);
        for (uint64_t chunk = group.first; chunk <= group.last; chunk++)
            put_word(pick, number++, chunk);
        rc = lio_pick_read(pick, reads, 1, at, bytes,
                           pick->buffers[1]->data + used, err);
        used += bytes;
    }
    return rc;
}

int lio_pick_lists_get(struct lio_pick *pick, struct lio_reads *reads,
                       struct lio_error *err)
{
    struct picked picked;
    int rc = make_sums(pick, err);

    if (rc < 0)
        return rc;
    picked = place_rows(pick);
    pick->picked.rows = picked.sum.rows;
    pick->slots = picked.sum.slots;
    pick->restarts = lio_mem_zeroed(lio_bits_bytes(picked.chunks));
    if (!pick->restarts)
        return lio_pick_no_memory(pick, err);
    pick->picked.restarts = pick->restarts->data;
    rc = lio_pick_buffer(
        pick, 0, picked.chunks * lio_chunks_word_bytes(pick->page), err);
    if (rc == 0)
        rc = lio_pick_buffer(pick, 1, picked.sum.bytes, err);
    if (rc == 0)
        rc = get_groups(pick, reads, err);
    if (rc == 0 && pick->page->layout->mini_block->dictionary &&
        !pick->picked.dictionary)
        rc = lio_pick_whole(pick, reads, 2, err);
    /* The decoder wants an index to be there, and looks at none of it. */
    return rc < 0 ? rc
                  : lio_pick_buffer(pick, index_buffer(pick->page), 0, err);
}
