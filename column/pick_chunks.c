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

/* -- get ----------------------------------------------------------------- */

/* Set the rows' places; returns how much the chunks are, and their number. */
static struct lio_chunk_end place_rows(struct lio_pick *pick,
                                       uint64_t *ret_chunks)
{
    const struct lio_chunk_end *ends = lio_chunks_ends(pick->chunks);
    struct lio_chunk_end sum = { 0 };
    uint64_t chunk = 0, n = 0, before = 0;

    for (uint64_t i = 0; i < pick->nrows; i++) {
        struct lio_chunk_end start;

        if (n == 0 || ends[chunk].rows <= pick->rows[i]) {
            chunk = lio_chunks_find(pick->chunks, chunk, pick->rows[i]);
            start = lio_chunks_start(pick->chunks, chunk);
            before = sum.rows;
            sum.rows += ends[chunk].rows - start.rows;
            sum.bytes += ends[chunk].bytes - start.bytes;
            n++;
        }
        pick->places[i] = before + (pick->rows[i] -
                                    lio_chunks_start(pick->chunks, chunk).rows);
    }
    *ret_chunks = n;
    return sum;
}

/* Read the chunks and write their words. */
static int get_chunks(struct lio_pick *pick, struct lio_reads *reads,
                      struct lio_error *err)
{
    const struct lio_chunk_end *ends = lio_chunks_ends(pick->chunks);
    uint64_t chunk = 0, number = 0, used = 0;
    int rc = 0;

    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++) {
        uint64_t at, bytes;

        if (number > 0 && ends[chunk].rows > pick->rows[i])
            continue;
        chunk = lio_chunks_find(pick->chunks, chunk, pick->rows[i]);
        at = lio_chunks_start(pick->chunks, chunk).bytes;
        bytes = ends[chunk].bytes - at;
        lio_chunks_put_word(pick->page, pick->chunks, chunk, pick->buffers[0],
                            number++);
        rc = lio_pick_read(pick, reads, 1, at, bytes,
                           pick->buffers[1]->data + used, err);
        used += bytes;
    }
    return rc;
}

/* Of chunks that few of their rows are wanted of, have no others decoded where
 * that takes long. */
static int mark_wanted(struct lio_pick *pick, struct lio_error *err)
{
    if (pick->nrows > pick->picked.rows / 2)
        return 0;
    pick->wanted = lio_mem_zeroed(lio_bits_bytes(pick->picked.rows));
    if (!pick->wanted)
        return lio_pick_no_memory(pick, err);
    for (uint64_t i = 0; i < pick->nrows; i++)
        lio_bit_set(pick->wanted->data, pick->places[i], true);
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
    pick->picked.rows = sum.rows;
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
