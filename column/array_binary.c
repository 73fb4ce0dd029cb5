/*
 * Strings: where each ends, and the bytes.
 *
 *     ends      1  4  4+adj  6      the third is null, and empty
 *     bytes     a  bcd       ef
 *
 * Those that are all as long need no ends.
 */
#include "column/array.h"

#include "column/bits.h"
#include "column/fsst.h"

#include "common/checked.h"

#include <inttypes.h>

#define END_BITS 64 /* of the positions where values end */

/* Where values end, and the bytes they are in. */
struct binary {
    struct lio_mem *ends; /* rows of u64 */
    struct lio_mem *data;
    uint64_t adjustment; /* added to the end of a null */
};

static void binary_release(struct binary *binary)
{
    lio_mem_put(binary->ends);
    lio_mem_put(binary->data);
}

static uint64_t end_at(const struct binary *binary, uint64_t row,
                       bool *ret_null)
{
    uint64_t end = lio_load_u64(binary->ends->data + row * 8);

    *ret_null = end >= binary->adjustment;
    return *ret_null ? end - binary->adjustment : end;
}

static int open_binary(struct lio_decode *dec, const struct lio_page_input *in,
                       const Lio__Pb__BinaryArray *enc, uint64_t rows,
                       struct binary *ret_binary)
{
    struct binary binary = { .adjustment = enc->null_adjustment };
    int rc;

    if (enc->null_adjustment == 0)
        return lio_decode_corrupt(dec, "a binary without a null adjustment");
    rc = lio_array_flat(dec, in, lio_array_without_nulls(enc->indices), rows,
                        END_BITS, &binary.ends);
    if (rc == 0)
        rc = lio_array_flat(dec, in, lio_array_without_nulls(enc->bytes), 0, 8,
                            &binary.data);
    if (rc < 0) {
        binary_release(&binary);
        return rc;
    }
    *ret_binary = binary;
    return 0;
}

/* Offsets of 32 or 64 bits from ends, which must rise within the bytes. */
static int fill_offsets(struct lio_decode *dec, const struct binary *binary,
                        uint64_t rows, struct lio_strings *strings,
                        uint64_t *ret_nulls)
{
    uint64_t last = 0, nulls = 0;
    bool falls = false;

    for (uint64_t i = 0; i < rows; i++) {
        bool null;
        uint64_t end = end_at(binary, i, &null);

        falls |= end < last || (null && end != last);
        nulls += null;
        lio_strings_put(strings, end - last);
        last = end;
    }
    if (falls || last > binary->data->bytes ||
        (strings->offset_bits == 32 && last > INT32_MAX))
        return lio_decode_corrupt(dec,
                                  "the values do not lie in order in their "
                                  "%zu bytes",
                                  binary->data->bytes);
    *ret_nulls = nulls;
    return 0;
}

static int fill_validity(struct lio_decode *dec, const struct binary *binary,
                         uint64_t rows, struct lio_mem **ret_validity)
{
    struct lio_mem *validity;
    int rc = lio_decode_alloc(dec, lio_bits_bytes(rows), &validity);

    if (rc < 0)
        return rc;
    memset(validity->data, 0, validity->bytes);
    for (uint64_t i = 0; i < rows; i++) {
        bool null;

        (void)end_at(binary, i, &null);
        lio_bit_set(validity->data, i, !null);
    }
    *ret_validity = validity;
    return 0;
}

/* The bytes of the values are the buffer's: only offsets are made. */
int lio_array_binary(struct lio_decode *dec, const struct lio_page_input *in,
                     const Lio__Pb__BinaryArray *enc,
                     struct lio_builder *ret_builder)
{
    uint64_t rows = in->rows;
    struct lio_builder builder = { .type = in->type, .rows = rows };
    struct lio_strings *strings = &builder.strings;
    struct binary binary = { 0 };
    int rc = open_binary(dec, in, enc, rows, &binary);

    if (rc < 0)
        return rc;
    rc = lio_strings_init(dec, in->type->bits, rows, strings);
    if (rc == 0)
        rc = fill_offsets(dec, &binary, rows, strings, &builder.nulls);
    if (rc == 0 && builder.nulls > 0)
        rc = fill_validity(dec, &binary, rows, &builder.validity);
    if (rc == 0) {
        lio_mem_put(strings->data);
        strings->data = lio_mem_get(binary.data);
        *ret_builder = builder;
    } else {
        lio_builder_release(&builder);
    }
    binary_release(&binary);
    return rc;
}

int lio_array_fsst(struct lio_decode *dec, const struct lio_page_input *in,
                   const Lio__Pb__FsstArray *enc,
                   struct lio_builder *ret_builder)
{
    struct lio_bytes table = { enc->symbol_table.data, enc->symbol_table.len };
    struct lio_strings plain = { 0 };
    struct lio_builder builder;
    struct lio_fsst fsst;
    int rc = lio_fsst_parse(dec, table, &fsst);

    if (rc < 0)
        return rc;
    if (!enc->binary ||
        enc->binary->array_case != LIO__PB__ARRAY_ENCODING__ARRAY_BINARY)
        return lio_array_unsupported(dec, enc->binary, "what fsst compresses");
    rc = lio_array_binary(dec, in, enc->binary->binary, &builder);
    if (rc < 0)
        return rc;
    rc = lio_strings_init(dec, in->type->bits, in->rows, &plain);
    if (rc == 0)
        rc = lio_fsst_append_all(dec, &fsst, &builder.strings, &plain);
    if (rc < 0) {
        lio_strings_release(&plain);
        lio_builder_release(&builder);
        return rc;
    }
    lio_strings_release(&builder.strings);
    builder.strings = plain;
    *ret_builder = builder;
    return 0;
}

/* The bytes of all, shared.  That they are there bounds the offsets that are
 * made for them. */
static int open_equal(struct lio_decode *dec, const struct lio_page_input *in,
                      const Lio__Pb__FixedSizeBinaryArray *enc,
                      struct lio_mem **ret_data)
{
    uint64_t bytes;

    if (enc->width == 0)
        return lio_decode_corrupt(dec, "strings that are all of 0 bytes");
    if (!lio_checked_mul(in->rows, enc->width, &bytes) ||
        (in->type->bits == 32 && bytes > INT32_MAX))
        return lio_decode_corrupt(
            dec, "%" PRIu64 " strings of %" PRIu32 " bytes in a page", in->rows,
            enc->width);
    return lio_array_flat(dec, in, lio_array_without_nulls(enc->bytes), bytes,
                          8, ret_data);
}

int lio_array_equal_strings(struct lio_decode *dec,
                            const struct lio_page_input *in,
                            const Lio__Pb__FixedSizeBinaryArray *enc,
                            struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = in->type, .rows = in->rows };
    struct lio_mem *data = NULL;
    int rc = open_equal(dec, in, enc, &data);

    if (rc < 0)
        return rc;
    rc = lio_strings_init(dec, in->type->bits, in->rows, &builder.strings);
    if (rc < 0) {
        lio_mem_put(data);
        return rc;
    }
    for (uint64_t i = 0; i < in->rows; i++)
        lio_strings_put(&builder.strings, enc->width);
    lio_mem_put(builder.strings.data);
    builder.strings.data = data;
    *ret_builder = builder;
    return 0;
}
