/*
 * Run lengths.  In chunks the values and the lengths (one byte each) are two
 * buffers; in a block they are one, with the size of the values in front:
 *
 *     u64 bytes of values | values | lengths
 */
#include "column/encoding.h"

#include "common/cursor.h"

#include <inttypes.h>

struct runs {
    struct lio_bytes values;
    struct lio_bytes lengths;
};

static int split_block(struct lio_decode *dec, struct lio_bytes block,
                       struct runs *ret_runs)
{
    struct lio_cursor cur = lio_cursor_over(block.data, block.bytes);
    uint64_t bytes = lio_cursor_u64(&cur);

    if (cur.overrun || bytes > cur.left)
        return lio_decode_corrupt(dec,
                                  "run values of %" PRIu64
                                  " bytes are not in a "
                                  "buffer of %zu",
                                  bytes, block.bytes);
    ret_runs->values.data = lio_cursor_take(&cur, (size_t)bytes);
    ret_runs->values.bytes = (size_t)bytes;
    ret_runs->lengths = (struct lio_bytes){ cur.next, cur.left };
    return 0;
}

static int find_runs(struct lio_decode *dec, const struct lio_encoded *in,
                     struct runs *ret_runs)
{
    if (in->framing == LIO_FRAMING_BLOCK && in->nbuffers == 1)
        return split_block(dec, in->buffers[0], ret_runs);
    if (in->framing == LIO_FRAMING_BLOCK || in->nbuffers != 2)
        return lio_decode_corrupt(dec, "runs in %" PRIu32 " buffers",
                                  in->nbuffers);
    ret_runs->values = in->buffers[0];
    ret_runs->lengths = in->buffers[1];
    return 0;
}

/* One for each width, so that a run is a fill. */
#define DEFINE_EXPAND(T)                                                       \
    static uint64_t expand_##T(const struct runs *runs, uint64_t nvalues,      \
                               uint8_t *out)                                   \
    {                                                                          \
        uint64_t done = 0;                                                     \
                                                                               \
        for (size_t i = 0; i < runs->lengths.bytes && done < nvalues; i++) {   \
            uint64_t n = runs->lengths.data[i];                                \
            uint##T##_t value;                                                 \
                                                                               \
            memcpy(&value, runs->values.data + i * sizeof(value),              \
                   sizeof(value));                                             \
            n = n < nvalues - done ? n : nvalues - done;                       \
            for (uint64_t k = 0; k < n; k++)                                   \
                memcpy(out + (done + k) * sizeof(value), &value,               \
                       sizeof(value));                                         \
            done += n;                                                         \
        }                                                                      \
        return done;                                                           \
    }

DEFINE_EXPAND(8)
DEFINE_EXPAND(16)
DEFINE_EXPAND(32)
DEFINE_EXPAND(64)

static uint64_t expand(const struct runs *runs, uint32_t bits, uint64_t nvalues,
                       uint8_t *out)
{
    switch (bits) {
    case 8:
        return expand_8(runs, nvalues, out);
    case 16:
        return expand_16(runs, nvalues, out);
    case 32:
        return expand_32(runs, nvalues, out);
    default:
        return expand_64(runs, nvalues, out);
    }
}

static bool is_flat(const Lio__Pb__CompressiveEncoding *enc, uint64_t bits)
{
    return enc &&
           enc->compression_case ==
               LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT &&
           enc->flat->bits == bits;
}

int lio_rle_decode(struct lio_decode *dec, const Lio__Pb__Rle *enc,
                   const struct lio_encoded *in, uint32_t bits, uint8_t *out)
{
    struct runs runs = { 0 };
    uint64_t done;
    int rc;

    if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
        return lio_decode_corrupt(dec, "runs of values of %" PRIu32 " bits",
                                  bits);
    if (!is_flat(enc->values, bits) || !is_flat(enc->run_lengths, 8))
        return lio_decode_unsupported(dec,
                                      "'rle' is supported over flat values and "
                                      "lengths only");
    rc = find_runs(dec, in, &runs);
    if (rc < 0)
        return rc;
    if (runs.values.bytes / (bits / 8) < runs.lengths.bytes)
        return lio_decode_corrupt(
            dec, "%zu runs with %zu bytes of values of %" PRIu32 " bits",
            runs.lengths.bytes, runs.values.bytes, bits);
    /* Old writers let the last run overshoot: it is cut. */
    done = expand(&runs, bits, in->nvalues, out);
    if (done < in->nvalues)
        return lio_decode_corrupt(
            dec, "the runs hold %" PRIu64 " values of %" PRIu64, done,
            in->nvalues);
    return 0;
}
