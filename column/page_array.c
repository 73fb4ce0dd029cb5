/*
 * Pages of file version 2.0: a tree of array encodings over the page's buffers.
 *
 *     nullable(flat 32)       buffer: values; with nulls: bitmap, values
 *     binary                  buffers: where each value ends (u64), bytes
 *     dictionary              indices, and items, which are an array again
 *     fsst                    a binary whose values are compressed
 *
 * Buffers that hold what Arrow holds are shared, not copied.
 */
#include "column/page.h"

#include "column/bits.h"
#include "column/builder.h"
#include "column/compress.h"
#include "column/fsst.h"

#include "common/checked.h"

#include <inttypes.h>

#define END_BITS 64 /* of the positions where values of a binary end */

enum buffer_kind { BUFFER_OF_PAGE = 0 };

const char *lio_array_name(const Lio__Pb__ArrayEncoding *enc)
{
    switch (enc ? enc->array_case : LIO__PB__ARRAY_ENCODING__ARRAY__NOT_SET) {
    case LIO__PB__ARRAY_ENCODING__ARRAY_FLAT:
        return "flat";
    case LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE:
        return "nullable";
    case LIO__PB__ARRAY_ENCODING__ARRAY_FIXED_SIZE_LIST:
        return "fixed-size-list";
    case LIO__PB__ARRAY_ENCODING__ARRAY_LIST:
        return "list";
    case LIO__PB__ARRAY_ENCODING__ARRAY_STRUCTURE:
        return "struct";
    case LIO__PB__ARRAY_ENCODING__ARRAY_BINARY:
        return "binary";
    case LIO__PB__ARRAY_ENCODING__ARRAY_DICTIONARY:
        return "dictionary";
    case LIO__PB__ARRAY_ENCODING__ARRAY_FSST:
        return "fsst";
    case LIO__PB__ARRAY_ENCODING__ARRAY_PACKED_STRUCT:
        return "packed-struct";
    case LIO__PB__ARRAY_ENCODING__ARRAY_BITPACKED:
        return "bitpacked";
    case LIO__PB__ARRAY_ENCODING__ARRAY_FIXED_SIZE_BINARY:
        return "fixed-size-binary";
    case LIO__PB__ARRAY_ENCODING__ARRAY_BITPACKED_NON_NEG:
        return "bitpacked-non-neg";
    case LIO__PB__ARRAY_ENCODING__ARRAY_CONSTANT:
        return "constant";
    default:
        return "unknown";
    }
}

static int unsupported(struct lio_decode *dec,
                       const Lio__Pb__ArrayEncoding *enc, const char *where)
{
    return lio_decode_unsupported(dec,
                                  "the encoding '%s' is not supported for %s",
                                  lio_array_name(enc), where);
}

/* -- flat ---------------------------------------------------------------- */

static int find_buffer(struct lio_decode *dec, const struct lio_page_input *in,
                       const Lio__Pb__BufferRef *ref, struct lio_mem **ret_mem)
{
    uint32_t index = ref ? ref->index : 0, kind = ref ? ref->kind : 0;

    if (kind != BUFFER_OF_PAGE)
        return lio_decode_unsupported(
            dec,
            "buffers outside of the page (kind %" PRIu32 ") are not supported",
            kind);
    if (index >= in->nbuffers)
        return lio_decode_corrupt(dec, "buffer %" PRIu32 " of %" PRIu32, index,
                                  in->nbuffers);
    *ret_mem = in->buffers[index];
    return 0;
}

/* 0 for none. */
static int scheme_of(struct lio_decode *dec, const Lio__Pb__BufferScheme *named,
                     uint32_t *ret_scheme)
{
    const char *name = named && named->scheme ? named->scheme : "none";

    if (strcmp(name, "none") == 0 || strcmp(name, "") == 0)
        *ret_scheme = 0;
    else if (strcmp(name, "zstd") == 0)
        *ret_scheme = LIO_SCHEME_ZSTD;
    else if (strcmp(name, "lz4") == 0)
        *ret_scheme = LIO_SCHEME_LZ4;
    else
        return lio_decode_unsupported(dec, "compression '%s' is not supported",
                                      name);
    return 0;
}

static int open_flat(struct lio_decode *dec, const struct lio_page_input *in,
                     const Lio__Pb__FlatArray *flat, struct lio_mem **ret_mem)
{
    struct lio_mem *buffer = NULL, *plain = NULL;
    struct lio_bytes packed;
    uint32_t scheme = 0;
    uint64_t bytes;
    int rc = find_buffer(dec, in, flat->buffer, &buffer);

    if (rc == 0)
        rc = scheme_of(dec, flat->compression, &scheme);
    if (rc < 0)
        return rc;
    if (scheme == 0) {
        *ret_mem = lio_mem_get(buffer);
        return 0;
    }
    packed = (struct lio_bytes){ buffer->data, buffer->bytes };
    rc = lio_decompressed_bytes(dec, scheme, packed, &bytes);
    if (rc == 0)
        rc = lio_decode_alloc(dec, bytes, &plain);
    if (rc < 0)
        return rc;
    rc = lio_decompress(dec, scheme, packed, bytes, plain->data);
    if (rc < 0) {
        lio_mem_put(plain);
        return rc;
    }
    *ret_mem = plain;
    return 0;
}

/* `rows` values of `bits`: a reference to memory that holds them. */
static int decode_flat(struct lio_decode *dec, const struct lio_page_input *in,
                       const Lio__Pb__ArrayEncoding *enc, uint64_t rows,
                       uint32_t bits, struct lio_mem **ret_mem)
{
    struct lio_mem *mem;
    uint64_t need;
    int rc;

    if (!enc || enc->array_case != LIO__PB__ARRAY_ENCODING__ARRAY_FLAT)
        return unsupported(dec, enc, "plain values");
    if (enc->flat->bits != bits)
        return lio_decode_corrupt(
            dec, "values have %" PRIu64 " bits where %" PRIu32 " are due",
            enc->flat->bits, bits);
    rc = open_flat(dec, in, enc->flat, &mem);
    if (rc < 0)
        return rc;
    if (!lio_checked_mul(rows, bits, &need) ||
        lio_bits_bytes(need) > mem->bytes) {
        rc = lio_decode_corrupt(
            dec, "%" PRIu64 " values of %" PRIu32 " bits are not in %zu bytes",
            rows, bits, mem->bytes);
        lio_mem_put(mem);
        return rc;
    }
    *ret_mem = mem;
    return 0;
}

/* What is inside a `nullable` that says it has no nulls, or `enc` itself. */
static const Lio__Pb__ArrayEncoding *
without_nulls(const Lio__Pb__ArrayEncoding *enc)
{
    if (enc && enc->array_case == LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE &&
        enc->nullable->nulls_case == LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS)
        return enc->nullable->no_nulls->values;
    return enc;
}

/* -- binary -------------------------------------------------------------- */

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
    rc = decode_flat(dec, in, without_nulls(enc->indices), rows, END_BITS,
                     &binary.ends);
    if (rc == 0)
        rc =
            decode_flat(dec, in, without_nulls(enc->bytes), 0, 8, &binary.data);
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
static int decode_binary(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__BinaryArray *enc, uint64_t rows,
                         struct lio_builder *ret_builder)
{
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

static int decode_fsst(struct lio_decode *dec, const struct lio_page_input *in,
                       const Lio__Pb__FsstArray *enc, uint64_t rows,
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
        return unsupported(dec, enc->binary, "what fsst compresses");
    rc = decode_binary(dec, in, enc->binary->binary, rows, &builder);
    if (rc < 0)
        return rc;
    rc = lio_strings_init(dec, in->type->bits, rows, &plain);
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

/* -- dictionary ---------------------------------------------------------- */

static int decode_values(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__ArrayEncoding *enc, uint64_t rows,
                         struct lio_builder *ret_builder);

/* The items, and an empty one behind them, for null. */
static int open_items(struct lio_decode *dec, const struct lio_page_input *in,
                      const Lio__Pb__DictionaryArray *enc,
                      struct lio_strings *ret_items)
{
    struct lio_strings items;
    struct lio_builder plain;
    uint64_t n = enc->nitems;
    int rc = decode_values(dec, in, without_nulls(enc->items), n, &plain);

    if (rc < 0)
        return rc;
    if (plain.nulls > 0)
        rc = lio_decode_unsupported(dec, "a null among the items of a "
                                         "dictionary is not supported");
    if (rc == 0)
        rc = lio_strings_init(dec, in->type->bits, n + 1, &items);
    if (rc < 0)
        goto out;
    rc = lio_strings_append(dec, &items,
                            plain.strings.offsets->data + in->type->bits / 8,
                            in->type->bits, 0, 0, n,
                            (struct lio_bytes){ plain.strings.data->data,
                                                plain.strings.data->bytes });
    if (rc == 0)
        rc = lio_strings_reserve(dec, &items, 1, 0);
    if (rc < 0) {
        lio_strings_release(&items);
        goto out;
    }
    lio_strings_put(&items, 0);
    *ret_items = items;
out:
    lio_builder_release(&plain);
    return rc;
}

/* Indices count from 1, and 0 is null: make them count from 0, with the item
 * behind the last for null, and say which are null. */
static uint64_t turn_indices(const uint8_t *from, uint64_t rows,
                             uint32_t nitems, uint32_t *to, uint8_t *validity)
{
    uint64_t nulls = 0;

    for (uint64_t i = 0; i < rows; i++) {
        bool null = from[i] == 0;

        to[i] = null ? nitems : from[i] - 1u;
        /* The item for null is not to be had by its number. */
        if (!null && to[i] == nitems)
            to[i] = UINT32_MAX;
        nulls += null;
        lio_bit_set(validity, i, !null);
    }
    return nulls;
}

static int gather_items(struct lio_decode *dec, const struct lio_strings *items,
                        const struct lio_mem *indices,
                        struct lio_builder *builder)
{
    uint8_t *turned;
    uint64_t bytes;
    int rc;

    if (!lio_checked_mul(builder->rows, sizeof(uint32_t), &bytes))
        bytes = UINT64_MAX;
    rc = lio_decode_scratch(dec, LIO_SCRATCH_INDICES, bytes, &turned);
    if (rc < 0)
        return rc;
    builder->nulls =
        turn_indices(indices->data, builder->rows, (uint32_t)items->rows - 1,
                     (uint32_t *)(void *)turned, builder->validity->data);
    return lio_strings_gather(dec, &builder->strings, items, turned, 32,
                              builder->rows);
}

static int decode_dictionary(struct lio_decode *dec,
                             const struct lio_page_input *in,
                             const Lio__Pb__DictionaryArray *enc, uint64_t rows,
                             struct lio_builder *ret_builder)
{
    struct lio_builder builder = { 0 };
    struct lio_strings items = { 0 };
    struct lio_mem *indices;
    int rc;

    if (enc->nitems == UINT32_MAX)
        return lio_decode_corrupt(dec, "a dictionary of %" PRIu32 " items",
                                  enc->nitems);
    rc = decode_flat(dec, in, without_nulls(enc->indices), rows, 8, &indices);
    if (rc < 0)
        return rc;
    rc = open_items(dec, in, enc, &items);
    if (rc == 0)
        rc = lio_builder_init(dec, in->type, rows, true, &builder);
    if (rc == 0)
        rc = gather_items(dec, &items, indices, &builder);
    if (rc == 0)
        *ret_builder = builder;
    else
        lio_builder_release(&builder);
    lio_strings_release(&items);
    lio_mem_put(indices);
    return rc;
}

/* -- the tree ------------------------------------------------------------ */

static int decode_values(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__ArrayEncoding *enc, uint64_t rows,
                         struct lio_builder *ret_builder)
{
    bool variable = in->type->kind == LIO_KIND_VARIABLE;
    struct lio_builder builder = { .type = in->type, .rows = rows };
    int rc;

    switch (enc ? enc->array_case : LIO__PB__ARRAY_ENCODING__ARRAY__NOT_SET) {
    case LIO__PB__ARRAY_ENCODING__ARRAY_BINARY:
        if (variable)
            return decode_binary(dec, in, enc->binary, rows, ret_builder);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_FSST:
        if (variable)
            return decode_fsst(dec, in, enc->fsst, rows, ret_builder);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_DICTIONARY:
        if (variable)
            return decode_dictionary(dec, in, enc->dictionary, rows,
                                     ret_builder);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_FLAT:
        if (variable)
            break;
        rc = decode_flat(dec, in, enc, rows, in->type->bits, &builder.values);
        if (rc == 0)
            *ret_builder = builder;
        return rc;
    default:
        break;
    }
    return unsupported(dec, enc,
                       variable ? "values of variable size"
                                : "values of fixed width");
}

static int decode_some_nulls(struct lio_decode *dec,
                             const struct lio_page_input *in,
                             const Lio__Pb__SomeNulls *enc,
                             struct lio_builder *ret_builder)
{
    struct lio_builder builder;
    struct lio_mem *validity;
    int rc = decode_flat(dec, in, without_nulls(enc->validity), in->rows, 1,
                         &validity);

    if (rc < 0)
        return rc;
    rc = decode_values(dec, in, enc->values, in->rows, &builder);
    if (rc == 0 && builder.validity) {
        rc = lio_decode_corrupt(dec, "nulls are told twice");
        lio_builder_release(&builder);
    }
    if (rc < 0) {
        lio_mem_put(validity);
        return rc;
    }
    builder.validity = validity;
    builder.nulls = in->rows - lio_bits_count(validity->data, 0, in->rows);
    *ret_builder = builder;
    return 0;
}

static int decode_all_nulls(struct lio_decode *dec,
                            const struct lio_page_input *in,
                            struct lio_builder *ret_builder)
{
    struct lio_builder builder;
    int rc = lio_builder_init(dec, in->type, in->rows, true, &builder);

    if (rc < 0)
        return rc;
    builder.nulls = in->rows;
    if (in->type->kind == LIO_KIND_VARIABLE)
        memset(builder.strings.offsets->data, 0,
               builder.strings.offsets->bytes);
    else
        memset(builder.values->data, 0, builder.values->bytes);
    *ret_builder = builder;
    return 0;
}

static int decode_nullable(struct lio_decode *dec,
                           const struct lio_page_input *in,
                           const Lio__Pb__NullableArray *enc,
                           struct lio_builder *ret_builder)
{
    switch (enc->nulls_case) {
    case LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS:
        return decode_values(dec, in, enc->no_nulls->values, in->rows,
                             ret_builder);
    case LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS:
        return decode_some_nulls(dec, in, enc->some_nulls, ret_builder);
    case LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS:
        return decode_all_nulls(dec, in, ret_builder);
    default:
        return lio_decode_corrupt(dec, "an unknown kind of nullable");
    }
}

int lio_array_decode(struct lio_decode *dec, const Lio__Pb__ArrayEncoding *enc,
                     const struct lio_page_input *in,
                     struct lio_vector *ret_vector)
{
    struct lio_builder builder;
    int rc;

    if (enc->array_case == LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE)
        rc = decode_nullable(dec, in, enc->nullable, &builder);
    else
        rc = decode_values(dec, in, enc, in->rows, &builder);
    if (rc == 0)
        lio_builder_finish(&builder, ret_vector);
    return rc;
}
