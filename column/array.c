/*
 * Arrays of file version 2.0: which decoder for which, and nulls.
 */
#include "column/array.h"

#include "column/bits.h"

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

int lio_array_unsupported(struct lio_decode *dec,
                          const Lio__Pb__ArrayEncoding *enc, const char *where)
{
    return lio_decode_unsupported(dec,
                                  "the encoding '%s' is not supported for %s",
                                  lio_array_name(enc), where);
}

const Lio__Pb__ArrayEncoding *
lio_array_without_nulls(const Lio__Pb__ArrayEncoding *enc)
{
    if (enc && enc->array_case == LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE &&
        enc->nullable->nulls_case == LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS)
        return enc->nullable->no_nulls->values;
    return enc;
}

/* -- the tree ------------------------------------------------------------ */

static int fixed_values(struct lio_decode *dec, const struct lio_page_input *in,
                        const Lio__Pb__ArrayEncoding *enc,
                        struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = in->type, .rows = in->rows };
    int rc;

    switch (enc->array_case) {
    case LIO_ARRAY_CASE(FLAT):
        rc = lio_array_flat(dec, in, enc, in->rows, in->type->bits,
                            &builder.values);
        if (rc == 0)
            *ret_builder = builder;
        return rc;
    case LIO_ARRAY_CASE(BITPACKED):
        return lio_array_bitpacked(dec, in, enc->bitpacked, ret_builder);
    case LIO_ARRAY_CASE(BITPACKED_NON_NEG):
        return lio_array_bitpacked_non_neg(dec, in, enc->bitpacked_non_neg,
                                           ret_builder);
    case LIO_ARRAY_CASE(FIXED_SIZE_BINARY):
        return lio_array_fixed_size_binary(dec, in, enc->fixed_size_binary,
                                           ret_builder);
    case LIO_ARRAY_CASE(CONSTANT):
        return lio_array_constant(dec, in, enc->constant, ret_builder);
    default:
        return lio_array_unsupported(dec, enc, "values of fixed width");
    }
}

static int variable_values(struct lio_decode *dec,
                           const struct lio_page_input *in,
                           const Lio__Pb__ArrayEncoding *enc,
                           struct lio_builder *ret_builder)
{
    switch (enc->array_case) {
    case LIO_ARRAY_CASE(BINARY):
        return lio_array_binary(dec, in, enc->binary, ret_builder);
    case LIO_ARRAY_CASE(FSST):
        return lio_array_fsst(dec, in, enc->fsst, ret_builder);
    case LIO_ARRAY_CASE(DICTIONARY):
        return lio_array_dictionary(dec, in, enc->dictionary, ret_builder);
    case LIO_ARRAY_CASE(FIXED_SIZE_BINARY):
        return lio_array_equal_strings(dec, in, enc->fixed_size_binary,
                                       ret_builder);
    default:
        return lio_array_unsupported(dec, enc, "values of variable size");
    }
}

static int nested_values(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__ArrayEncoding *enc,
                         struct lio_builder *ret_builder)
{
    enum lio_kind kind = in->type->kind;

    if (kind == LIO_KIND_FIXED_LIST &&
        enc->array_case == LIO_ARRAY_CASE(FIXED_SIZE_LIST))
        return lio_array_fixed_list(dec, in, enc->fixed_size_list, ret_builder);
    /* A struct without fields: its rows are there, and that is all. */
    if (kind == LIO_KIND_STRUCT && in->type->nchildren == 0 &&
        enc->array_case == LIO_ARRAY_CASE(STRUCTURE))
        return lio_builder_init(dec, in->type, in->rows, false, ret_builder);
    if (kind == LIO_KIND_LIST && enc->array_case == LIO_ARRAY_CASE(LIST))
        return lio_array_list(dec, in, enc->list, ret_builder);
    if (kind == LIO_KIND_STRUCT &&
        enc->array_case == LIO_ARRAY_CASE(PACKED_STRUCT))
        return lio_array_packed_struct(dec, in, enc->packed_struct,
                                       ret_builder);
    if (kind == LIO_KIND_DICTIONARY &&
        enc->array_case == LIO_ARRAY_CASE(DICTIONARY))
        return lio_array_dictionary(dec, in, enc->dictionary, ret_builder);
    return lio_array_unsupported(dec, enc, "nested values");
}

static int decode_values(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__ArrayEncoding *enc,
                         struct lio_builder *ret_builder)
{
    if (!enc)
        return lio_array_unsupported(dec, enc, "values");
    switch (in->type->kind) {
    case LIO_KIND_FIXED:
        return fixed_values(dec, in, enc, ret_builder);
    case LIO_KIND_VARIABLE:
        return variable_values(dec, in, enc, ret_builder);
    default:
        return nested_values(dec, in, enc, ret_builder);
    }
}

static int decode_some_nulls(struct lio_decode *dec,
                             const struct lio_page_input *in,
                             const Lio__Pb__SomeNulls *enc,
                             struct lio_builder *ret_builder)
{
    struct lio_builder builder;
    struct lio_mem *validity;
    int rc = lio_array_flat(dec, in, lio_array_without_nulls(enc->validity),
                            in->rows, 1, &validity);

    if (rc < 0)
        return rc;
    rc = decode_values(dec, in, enc->values, &builder);
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
    int rc;

    if (in->type->kind == LIO_KIND_LIST)
        return lio_array_null_lists(dec, in, ret_builder);
    rc = lio_builder_init(dec, in->type, in->rows, false, &builder);
    if (rc < 0)
        return rc;
    rc = lio_builder_nulls(dec, &builder);
    if (rc < 0) {
        lio_builder_release(&builder);
        return rc;
    }
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
        return decode_values(dec, in, enc->no_nulls->values, ret_builder);
    case LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS:
        return decode_some_nulls(dec, in, enc->some_nulls, ret_builder);
    case LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS:
        return decode_all_nulls(dec, in, ret_builder);
    default:
        return lio_decode_corrupt(dec, "an unknown kind of nullable");
    }
}

int lio_array_any(struct lio_decode *dec, const struct lio_page_input *in,
                  const Lio__Pb__ArrayEncoding *enc,
                  struct lio_builder *ret_builder)
{
    if (enc && enc->array_case == LIO_ARRAY_CASE(NULLABLE))
        return decode_nullable(dec, in, enc->nullable, ret_builder);
    return decode_values(dec, in, enc, ret_builder);
}

int lio_array_decode(struct lio_decode *dec, const Lio__Pb__ArrayEncoding *enc,
                     const struct lio_page_input *in,
                     struct lio_vector *ret_vector)
{
    struct lio_builder builder;
    int rc = lio_array_any(dec, in, enc, &builder);

    if (rc == 0)
        lio_builder_finish(&builder, ret_vector);
    return rc;
}
