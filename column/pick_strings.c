/*
 * Picking rows of strings of 2.0: where each ends is in one buffer, the bytes
 * are in another.  A row starts where the one before it ends.
 *
 *     ends      1  4  4+adj  6      the third is null, and empty
 *     bytes     a  bcd       ef
 */
#include "column/pick.h"

#include "column/array.h"

#define END_BYTES UINT64_C(8)

/* The strings of a page, also below a symbol table, or NULL. */
static const Lio__Pb__BinaryArray *binary_of(const struct lio_page *page)
{
    const Lio__Pb__ArrayEncoding *enc = page->array;

    if (enc && enc->array_case == LIO_ARRAY_CASE(FSST))
        enc = enc->fsst->binary;
    return enc && enc->array_case == LIO_ARRAY_CASE(BINARY) ? enc->binary
                                                            : NULL;
}

/* The page's buffer that holds plain values of `bits`. */
static bool find_buffer(const struct lio_page *page,
                        const Lio__Pb__ArrayEncoding *enc, uint64_t bits,
                        uint32_t *ret_buffer)
{
    const Lio__Pb__FlatArray *flat;

    enc = lio_array_without_nulls(enc);
    if (!enc || enc->array_case != LIO_ARRAY_CASE(FLAT))
        return false;
    flat = enc->flat;
    if (flat->bits != bits || flat->compression || !flat->buffer ||
        flat->buffer->kind != 0 || flat->buffer->index >= page->nbuffers)
        return false;
    *ret_buffer = flat->buffer->index;
    return true;
}

static bool find_buffers(const struct lio_page *page, uint32_t *ret_ends,
                         uint32_t *ret_bytes)
{
    const Lio__Pb__BinaryArray *binary = binary_of(page);

    return binary && binary->null_adjustment > 0 &&
           find_buffer(page, binary->indices, END_BYTES * 8, ret_ends) &&
           find_buffer(page, binary->bytes, 8, ret_bytes) &&
           *ret_ends != *ret_bytes;
}

bool lio_pick_strings_can(const struct lio_page *page)
{
    uint32_t ends, bytes;

    return page->nbuffers == 2 && find_buffers(page, &ends, &bytes) &&
           page->buffers[ends].bytes / END_BYTES >= page->rows;
}

int lio_pick_strings_ask(struct lio_pick *pick, struct lio_reads *reads,
                         struct lio_error *err)
{
    uint32_t ends, bytes;
    int rc = 0;

    (void)find_buffers(pick->page, &ends, &bytes);
    pick->asked = lio_mem_zeroed(pick->nrows * 2 * END_BYTES);
    if (!pick->asked)
        return lio_pick_no_memory(pick, err);
    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++) {
        uint64_t row = pick->rows[i];
        /* The first row has none before it, which reads as 0. */
        uint64_t before = row > 0 ? END_BYTES : 0;

        rc = lio_pick_read(
            pick, reads, ends, row * END_BYTES - before, before + END_BYTES,
            pick->asked->data + (2 * i + 1) * END_BYTES - before, err);
    }
    return rc;
}

/* A row's bytes; false if they are not in the buffer. */
static bool find_row(const struct lio_pick *pick, uint64_t i, uint64_t end_max,
                     uint64_t *ret_start, uint64_t *ret_end, bool *ret_null)
{
    uint64_t adjustment = binary_of(pick->page)->null_adjustment;
    uint64_t start = lio_load_u64(pick->asked->data + 2 * i * END_BYTES);
    uint64_t end = lio_load_u64(pick->asked->data + (2 * i + 1) * END_BYTES);

    *ret_null = end >= adjustment;
    *ret_start = start >= adjustment ? start - adjustment : start;
    *ret_end = *ret_null ? end - adjustment : end;
    return *ret_start <= *ret_end && *ret_end <= end_max;
}

/* Write the ends of the picked rows; how many bytes they have. */
static int put_ends(struct lio_pick *pick, uint64_t end_max, uint8_t *to,
                    uint64_t *ret_bytes, struct lio_error *err)
{
    uint64_t adjustment = binary_of(pick->page)->null_adjustment;
    uint64_t start, end, sum = 0, put;
    bool null;

    for (uint64_t i = 0; i < pick->nrows; i++) {
        if (!find_row(pick, i, end_max, &start, &end, &null) ||
            end - start > end_max - sum)
            return lio_pick_corrupt(pick, "its values do not lie in order",
                                    err);
        sum += end - start;
        /* What is deemed null may not follow from how much was picked. */
        if (sum >= adjustment)
            return lio_pick_corrupt(pick, "its null adjustment is too small",
                                    err);
        put = null ? sum + adjustment : sum;
        memcpy(to + i * END_BYTES, &put, END_BYTES);
    }
    *ret_bytes = sum;
    return 0;
}

int lio_pick_strings_get(struct lio_pick *pick, struct lio_reads *reads,
                         struct lio_error *err)
{
    uint64_t end_max, start, end, sum = 0, used = 0;
    uint32_t ends, bytes;
    bool null;
    int rc;

    (void)find_buffers(pick->page, &ends, &bytes);
    end_max = pick->page->buffers[bytes].bytes;
    rc = lio_pick_buffer(pick, ends, pick->nrows * END_BYTES, err);
    if (rc == 0)
        rc = put_ends(pick, end_max, pick->buffers[ends]->data, &sum, err);
    if (rc == 0)
        rc = lio_pick_buffer(pick, bytes, sum, err);
    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++) {
        (void)find_row(pick, i, end_max, &start, &end, &null);
        if (end > start)
            rc = lio_pick_read(pick, reads, bytes, start, end - start,
                               pick->buffers[bytes]->data + used, err);
        used += end - start;
    }
    return rc;
}
