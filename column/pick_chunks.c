/*
 * Picking rows of mini-block pages: the chunks that hold them, see chunks.h.
 */
#include "column/bits.h"
#include "column/chunks.h"
#include "column/pick.h"

/* -- ask ----------------------------------------------------------------- */

int lio_pick_chunks_ask(struct lio_pick *pick, struct lio_reads *reads,
                        struct lio_error *err)
{
    uint64_t bytes =
        lio_chunks_count(pick->page) * lio_chunks_word_bytes(pick->page);

    pick->chunks = lio_chunks_kept(pick->dataset, &pick->ref);
    if (pick->chunks)
        return 0;
    pick->asked = lio_mem_new(bytes);
    if (!pick->asked)
        return lio_pick_no_memory(pick, err);
    return lio_pick_read(pick, reads, 0, 0, bytes, pick->asked->data, err);
}

/* The words are there: make them sums. */
static int make_sums(struct lio_pick *pick, struct lio_error *err)
{
    int rc;

    if (pick->chunks)
        return 0;
    rc = lio_chunks_sum(pick->dataset, &pick->ref, pick->asked, &pick->chunks);
    if (rc == LIO_ENOMEM)
        return lio_pick_no_memory(pick, err);
    return rc < 0 ? lio_pick_corrupt(
                        pick, "its chunks do not have its bytes and rows", err)
                  : 0;
}

/* -- which chunks -------------------------------------------------------- */

/* The chunks that a row is in, the first of which is not before chunk `from`.
 */
struct range {
    uint64_t first;
    uint64_t last;
};

static uint64_t find_chunk(const struct lio_pick *pick, uint64_t from,
                           uint64_t item)
{
    return lio_chunks_ends(pick->chunks)[from].rows > item
               ? from
               : lio_chunks_find(pick->chunks, from, item);
}

static struct range find_range(const struct lio_pick *pick, uint64_t from,
                               uint64_t row)
{
    uint64_t items = lio_page_row_items(pick->page);
    struct range range;

    range.first = find_chunk(pick, from, row * items);
    range.last = find_chunk(pick, range.first, row * items + items - 1);
    return range;
}

/* -- cut ----------------------------------------------------------------- */

int lio_pick_chunks_cut(struct lio_pick *pick, uint64_t i,
                        const struct lio_pick_limits *limits,
                        uint64_t *ret_rows, uint64_t *ret_bytes,
                        struct lio_error *err)
{
    uint64_t first = i, next = 0, bytes = 0, items = 0;
    struct range range = { 0 };
    int rc = make_sums(pick, err);

    if (rc < 0)
        return rc;
    for (; i < pick->nrows; i++) {
        struct lio_chunk_end start, end;

        range = find_range(pick, range.last, pick->rows[i]);
        next = next > range.first ? next : range.first;
        if (next > range.last)
            continue; /* it is there with the row before */
        start = lio_chunks_start(pick->chunks, next);
        end = lio_chunks_ends(pick->chunks)[range.last];
        bytes += end.bytes - start.bytes;
        items += end.rows - start.rows;
        if (i > first && lio_pick_exceeds(pick, limits, bytes, items))
            break;
        *ret_bytes = bytes;
        next = range.last + 1;
    }
    *ret_rows = i - first;
    return 0;
}

/* -- get ----------------------------------------------------------------- */

/* Set the rows' places; returns how much the chunks are, and their number. */
static struct lio_chunk_end place_rows(struct lio_pick *pick,
                                       uint64_t *ret_chunks)
{
    const struct lio_chunk_end *ends = lio_chunks_ends(pick->chunks);
    struct lio_chunk_end sum = { 0 };
    struct range range = { 0 };
    uint64_t next = 0, n = 0, before = 0;

    for (uint64_t i = 0; i < pick->nrows; i++) {
        range = find_range(pick, range.last, pick->rows[i]);
        /* What lies before the chunks from here on, and is not picked. */
        if (range.first >= next) {
            before =
                lio_chunks_start(pick->chunks, range.first).rows - sum.rows;
            next = range.first;
        }
        for (; next <= range.last; next++, n++) {
            struct lio_chunk_end start = lio_chunks_start(pick->chunks, next);

            sum.rows += ends[next].rows - start.rows;
            sum.bytes += ends[next].bytes - start.bytes;
        }
        pick->places[i] =
            pick->rows[i] * lio_page_row_items(pick->page) - before;
    }
    *ret_chunks = n;
    return sum;
}

/* Read the chunks and write their words. */
static int get_chunks(struct lio_pick *pick, struct lio_reads *reads,
                      struct lio_error *err)
{
    const struct lio_chunk_end *ends = lio_chunks_ends(pick->chunks);
    uint64_t next = 0, number = 0, used = 0;
    struct range range = { 0 };
    int rc = 0;

    for (uint64_t i = 0; i < pick->nrows; i++) {
        range = find_range(pick, range.last, pick->rows[i]);
        next = next > range.first ? next : range.first;
        for (; next <= range.last && rc == 0; next++) {
            uint64_t at = lio_chunks_start(pick->chunks, next).bytes;
            uint64_t bytes = ends[next].bytes - at;

            lio_chunks_put_word(pick->page, pick->chunks, next,
                                pick->buffers[0], number++);
            rc = lio_pick_read(pick, reads, 1, at, bytes,
                               pick->buffers[1]->data + used, err);
            used += bytes;
        }
    }
    return rc;
}

/* Of chunks that few of their rows are wanted of, have no others decoded where
 * that takes long. */
static int mark_wanted(struct lio_pick *pick, struct lio_error *err)
{
    uint64_t items = lio_page_row_items(pick->page);

    if (pick->nrows * items > pick->slots / 2)
        return 0;
    pick->wanted = lio_mem_zeroed(lio_bits_bytes(pick->slots));
    if (!pick->wanted)
        return lio_pick_no_memory(pick, err);
    for (uint64_t i = 0; i < pick->nrows; i++)
        for (uint64_t k = 0; k < items; k++)
            lio_bit_set(pick->wanted->data, pick->places[i] + k, true);
    pick->picked.wanted = pick->wanted->data;
    return 0;
}

int lio_pick_chunks_get(struct lio_pick *pick, struct lio_reads *reads,
                        struct lio_error *err)
{
    struct lio_chunk_end sum;
    uint64_t n;
    int rc = make_sums(pick, err);

    if (rc < 0)
        return rc;
    sum = place_rows(pick, &n);
    pick->slots = pick->picked.rows = sum.rows;
    rc = mark_wanted(pick, err);
    if (rc == 0)
        rc = lio_pick_buffer(pick, 0, n * lio_chunks_word_bytes(pick->page),
                             err);
    if (rc == 0)
        rc = lio_pick_buffer(pick, 1, sum.bytes, err);
    if (rc == 0)
        rc = get_chunks(pick, reads, err);
    if (rc == 0 && pick->page->nbuffers > 2)
        rc = lio_pick_whole(pick, reads, 2, err);
    return rc;
}
