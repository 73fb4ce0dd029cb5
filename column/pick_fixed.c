/*
 * Picking rows of fixed width: one range in each buffer, known without asking.
 *
 *     flat of 2.0      | value | value | ...     and a bit each for nulls
 *     full-zip         | word value | word value | ...
 *
 * Values that are whole bytes are read into place.  Bits are read with the
 * bytes around them, and packed when these are there.
 */
#include "column/pick.h"

#include "column/bits.h"

#include "common/checked.h"

/* The bytes that hold the bits of row `row`. */
static void bytes_around(uint64_t row, uint64_t bits, uint64_t *ret_at,
                         uint64_t *ret_bytes)
{
    uint64_t end = (row * bits + bits + 7) / 8;

    *ret_at = row * bits / 8;
    *ret_bytes = end - *ret_at;
}

/* The most that can be. */
static uint64_t span_of(uint64_t bits)
{
    return (bits + 14) / 8;
}

/* Room in `asked` for the bits of all buffers, one after the other. */
static int make_room(struct lio_pick *pick, struct lio_error *err)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < pick->page->nbuffers; i++)
        if (pick->bits[i] % 8 != 0)
            bytes += pick->nrows * span_of(pick->bits[i]);
    if (bytes == 0)
        return 0;
    pick->asked = lio_mem_new(bytes);
    return pick->asked ? 0 : lio_pick_no_memory(pick, err);
}

static int get_bits(struct lio_pick *pick, uint32_t buffer, uint8_t *into,
                    struct lio_reads *reads, struct lio_error *err)
{
    uint64_t bits = pick->bits[buffer], at, bytes;
    int rc = 0;

    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++) {
        bytes_around(pick->rows[i], bits, &at, &bytes);
        rc = lio_pick_read(pick, reads, buffer, at, bytes,
                           into + i * span_of(bits), err);
    }
    return rc;
}

static int get_bytes(struct lio_pick *pick, uint32_t buffer,
                     struct lio_reads *reads, struct lio_error *err)
{
    uint64_t bytes = pick->bits[buffer] / 8;
    int rc = 0;

    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++)
        rc = lio_pick_read(
            pick, reads, buffer, pick->rows[i] * bytes, bytes,
            pick->buffers[buffer]->data + pick->places[i] * bytes, err);
    return rc;
}

int lio_pick_fixed_get(struct lio_pick *pick, struct lio_reads *reads,
                       struct lio_error *err)
{
    uint64_t used = 0;
    int rc = make_room(pick, err);

    /* The page has these bytes for more rows, so nothing overflows. */
    for (uint32_t i = 0; i < pick->page->nbuffers && rc == 0; i++) {
        uint64_t bits = pick->bits[i];

        if (bits == 0) {
            rc = lio_pick_whole(pick, reads, i, err);
            continue;
        }
        /* It is there if rows are placed: see take_place.c. */
        if (!pick->buffers[i])
            rc = lio_pick_buffer(pick, i, (pick->nrows * bits + 7) / 8, err);
        if (rc < 0)
            break;
        if (bits % 8 == 0) {
            rc = get_bytes(pick, i, reads, err);
        } else {
            rc = get_bits(pick, i, pick->asked->data + used, reads, err);
            used += pick->nrows * span_of(bits);
        }
    }
    return rc;
}

void lio_pick_fixed_pack(struct lio_pick *pick)
{
    const uint8_t *from = pick->asked ? pick->asked->data : NULL;

    for (uint32_t i = 0; i < pick->page->nbuffers; i++) {
        uint64_t bits = pick->bits[i];

        for (uint64_t k = 0; bits % 8 != 0 && k < pick->nrows; k++) {
            lio_bits_copy(pick->buffers[i]->data, k * bits, from,
                          pick->rows[k] * bits % 8, bits);
            from += span_of(bits);
        }
    }
}
