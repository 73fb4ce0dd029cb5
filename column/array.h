/*
 * The array encodings of file version 2.0: a tree over the page's buffers.
 *
 *     nullable(flat 32)       buffer: values; with nulls: bitmap, values
 *     binary                  buffers: where each value ends (u64), bytes
 *     fsst                    a binary whose values are compressed
 *     dictionary              indices, and items, which are an array again
 *     fixed-size list         items, which are an array again
 *     list                    where each value ends in another column
 *     packed struct           a buffer of rows
 *
 * Each decoder makes a builder of in->rows values of in->type; buffers that
 * hold what Arrow holds are shared, not copied.
 */
#ifndef LIO_COLUMN_ARRAY_H
#define LIO_COLUMN_ARRAY_H

#include "column/builder.h"
#include "column/page.h"

#define LIO_ARRAY_CASE(name) LIO__PB__ARRAY_ENCODING__ARRAY_##name

int lio_array_unsupported(struct lio_decode *dec,
                          const Lio__Pb__ArrayEncoding *enc, const char *where);

/* What is inside a `nullable` that says it has no nulls, or `enc` itself. */
const Lio__Pb__ArrayEncoding *
lio_array_without_nulls(const Lio__Pb__ArrayEncoding *enc);

/* The same rows, but of another type, or more or fewer. */
static inline struct lio_page_input
lio_array_input(const struct lio_page_input *in, const struct lio_type *type,
                uint64_t rows)
{
    struct lio_page_input other = *in;

    other.type = type;
    other.rows = rows;
    return other;
}

/* Decode an array that may be nullable, or one that may not. */
LIO_MUST_CHECK int lio_array_any(struct lio_decode *dec,
                                 const struct lio_page_input *in,
                                 const Lio__Pb__ArrayEncoding *enc,
                                 struct lio_builder *ret_builder);

/* -- the families -------------------------------------------------------- */

/* The buffer that an encoding names: not a reference. */
int lio_array_buffer(struct lio_decode *dec, const struct lio_page_input *in,
                     const Lio__Pb__BufferRef *ref, struct lio_mem **ret_mem);

/* How a buffer is compressed as a whole: enum lio_scheme, 0 if it is not, or
 * LIO_SCHEME_UNKNOWN. */
#define LIO_SCHEME_UNKNOWN UINT32_MAX
uint32_t lio_array_scheme(const Lio__Pb__FlatArray *flat);

/* `rows` values of `bits`: a reference to memory that holds them. */
int lio_array_flat(struct lio_decode *dec, const struct lio_page_input *in,
                   const Lio__Pb__ArrayEncoding *enc, uint64_t rows,
                   uint32_t bits, struct lio_mem **ret_mem);

/* Values of fixed width that are not flat. */
int lio_array_bitpacked(struct lio_decode *dec, const struct lio_page_input *in,
                        const Lio__Pb__BitpackedArray *enc,
                        struct lio_builder *ret_builder);
int lio_array_bitpacked_non_neg(struct lio_decode *dec,
                                const struct lio_page_input *in,
                                const Lio__Pb__BitpackedNonNegArray *enc,
                                struct lio_builder *ret_builder);
int lio_array_fixed_size_binary(struct lio_decode *dec,
                                const struct lio_page_input *in,
                                const Lio__Pb__FixedSizeBinaryArray *enc,
                                struct lio_builder *ret_builder);
int lio_array_constant(struct lio_decode *dec, const struct lio_page_input *in,
                       const Lio__Pb__ConstantArray *enc,
                       struct lio_builder *ret_builder);

int lio_array_binary(struct lio_decode *dec, const struct lio_page_input *in,
                     const Lio__Pb__BinaryArray *enc,
                     struct lio_builder *ret_builder);
int lio_array_fsst(struct lio_decode *dec, const struct lio_page_input *in,
                   const Lio__Pb__FsstArray *enc,
                   struct lio_builder *ret_builder);

/* Strings that are all as long. */
int lio_array_equal_strings(struct lio_decode *dec,
                            const struct lio_page_input *in,
                            const Lio__Pb__FixedSizeBinaryArray *enc,
                            struct lio_builder *ret_builder);

/* Strings that the writer chose to number, and columns of type dictionary. */
int lio_array_dictionary(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__DictionaryArray *enc,
                         struct lio_builder *ret_builder);

int lio_array_fixed_list(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__FixedSizeListArray *enc,
                         struct lio_builder *ret_builder);
int lio_array_list(struct lio_decode *dec, const struct lio_page_input *in,
                   const Lio__Pb__ListArray *enc,
                   struct lio_builder *ret_builder);
/* Lists that are all null, and have no values. */
int lio_array_null_lists(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         struct lio_builder *ret_builder);
int lio_array_packed_struct(struct lio_decode *dec,
                            const struct lio_page_input *in,
                            const Lio__Pb__PackedStructArray *enc,
                            struct lio_builder *ret_builder);

#endif
