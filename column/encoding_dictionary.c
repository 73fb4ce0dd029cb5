/*
 * Dictionaries of mini-block pages.
 */
#include "column/dictionary.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

static int open_strings(struct lio_decode *dec,
                        const Lio__Pb__CompressiveEncoding *enc,
                        const struct lio_encoded *in,
                        struct lio_dictionary *dictionary)
{
    int rc = lio_strings_init(dec, dictionary->type->bits, in->nvalues,
                              &dictionary->strings);

    if (rc < 0)
        return rc;
    return lio_strings_decode(dec, enc, in, &dictionary->strings);
}

static int open_fixed(struct lio_decode *dec,
                      const Lio__Pb__CompressiveEncoding *enc,
                      const struct lio_encoded *in,
                      struct lio_dictionary *dictionary)
{
    uint32_t bits = dictionary->type->bits;
    uint64_t all;
    int rc;

    if (!lio_checked_mul(in->nvalues, bits, &all))
        all = UINT64_MAX;
    rc = lio_decode_alloc(dec, lio_bits_bytes(all), &dictionary->values);
    if (rc < 0)
        return rc;
    return lio_fixed_decode(dec, enc, in, bits, dictionary->values->data);
}

int lio_dictionary_open(struct lio_decode *dec,
                        const Lio__Pb__CompressiveEncoding *enc,
                        uint64_t nitems, struct lio_bytes buffer,
                        const struct lio_type *type,
                        struct lio_dictionary *ret_dictionary)
{
    struct lio_dictionary dictionary = { .type = type, .nitems = nitems };
    const struct lio_encoded in = { .framing = LIO_FRAMING_BLOCK,
                                    .nbuffers = 1,
                                    .buffers = { buffer },
                                    .nvalues = nitems };
    int rc = type->kind == LIO_KIND_VARIABLE
                 ? open_strings(dec, enc, &in, &dictionary)
                 : open_fixed(dec, enc, &in, &dictionary);

    if (rc < 0) {
        lio_dictionary_release(&dictionary);
        return rc;
    }
    *ret_dictionary = dictionary;
    return 0;
}

void lio_dictionary_release(struct lio_dictionary *dictionary)
{
    lio_mem_put(dictionary->values);
    lio_strings_release(&dictionary->strings);
    *dictionary = (struct lio_dictionary){ 0 };
}

struct lio_dictionary
lio_dictionary_share(const struct lio_dictionary *dictionary)
{
    (void)lio_mem_get(dictionary->values);
    (void)lio_mem_get(dictionary->strings.offsets);
    (void)lio_mem_get(dictionary->strings.data);
    return *dictionary;
}

static ALWAYS_INLINE uint64_t index_at(const uint8_t *indices, uint64_t i,
                                       uint32_t bits)
{
    switch (bits) {
    case 8:
        return indices[i];
    case 16:
        return lio_load_u16(indices + i * 2);
    case 32:
        return lio_load_u32(indices + i * 4);
    default:
        return lio_load_u64(indices + i * 8);
    }
}

/* False if an index is none of the items. */
static ALWAYS_INLINE bool copy_items(const struct lio_dictionary *dictionary,
                                     const uint8_t *indices,
                                     uint32_t index_bits, uint64_t n,
                                     size_t width, uint8_t *to)
{
    const uint8_t *items = dictionary->values->data;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t item = index_at(indices, i, index_bits);

        if (item >= dictionary->nitems)
            return false;
        memcpy(to + i * width, items + item * width, width);
    }
    return true;
}

static ALWAYS_INLINE bool gather(const struct lio_dictionary *dictionary,
                                 const uint8_t *indices, uint32_t index_bits,
                                 uint64_t n, uint8_t *to)
{
    size_t width = dictionary->type->bits / 8;

    switch (width) {
    case 4:
        return copy_items(dictionary, indices, index_bits, n, 4, to);
    case 8:
        return copy_items(dictionary, indices, index_bits, n, 8, to);
    case 16:
        return copy_items(dictionary, indices, index_bits, n, 16, to);
    default:
        return copy_items(dictionary, indices, index_bits, n, width, to);
    }
}

static bool gather_fixed(const struct lio_dictionary *dictionary,
                         const uint8_t *indices, uint32_t index_bits,
                         uint64_t n, uint8_t *to)
{
    switch (index_bits) {
    case 8:
        return gather(dictionary, indices, 8, n, to);
    case 16:
        return gather(dictionary, indices, 16, n, to);
    case 32:
        return gather(dictionary, indices, 32, n, to);
    default:
        return gather(dictionary, indices, 64, n, to);
    }
}

/* The same of items of a bit each. */
static bool gather_bits(const struct lio_dictionary *dictionary,
                        const uint8_t *indices, uint32_t index_bits,
                        uint64_t row, uint64_t n, struct lio_builder *builder)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t item = index_at(indices, i, index_bits);

        if (item >= dictionary->nitems)
            return false;
        lio_bit_set(builder->values->data, row + i,
                    lio_bit_get(dictionary->values->data, item));
    }
    return true;
}

/* False if an index is none of the items, or too large for the type. */
static bool copy_indices(const struct lio_dictionary *dictionary,
                         const uint8_t *indices, uint32_t index_bits,
                         uint64_t n, const struct lio_type *type, uint8_t *to)
{
    uint64_t max = lio_type_index_max(type);
    uint32_t width = type->bits / 8;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t item = index_at(indices, i, index_bits);

        if (item >= dictionary->nitems || item > max)
            return false;
        memcpy(to + i * width, &item, width);
    }
    return true;
}

static bool gather_any(const struct lio_dictionary *dictionary,
                       const uint8_t *indices, uint32_t index_bits,
                       uint64_t row, uint64_t n, struct lio_builder *builder)
{
    uint32_t width = builder->type->bits / 8;
    uint8_t *to = builder->values->data + row * width;

    if (builder->type->bits == 1)
        return gather_bits(dictionary, indices, index_bits, row, n, builder);
    return builder->type->kind == LIO_KIND_DICTIONARY
               ? copy_indices(dictionary, indices, index_bits, n, builder->type,
                              to)
               : gather_fixed(dictionary, indices, index_bits, n, to);
}

int lio_dictionary_gather(struct lio_decode *dec,
                          const struct lio_dictionary *dictionary,
                          const uint8_t *indices, uint32_t index_bits,
                          uint64_t row, uint64_t n, struct lio_builder *builder)
{
    enum lio_kind kind = builder->type->kind;

    if (kind == LIO_KIND_VARIABLE)
        return lio_strings_gather(dec, &builder->strings, &dictionary->strings,
                                  indices, index_bits, n);
    if (kind != LIO_KIND_FIXED && kind != LIO_KIND_DICTIONARY)
        return lio_decode_unsupported(dec, "a dictionary of values that are "
                                           "nested is not supported");
    if (gather_any(dictionary, indices, index_bits, row, n, builder))
        return 0;
    return lio_decode_corrupt(
        dec, "an index is none of the %" PRIu64 " items of the dictionary",
        dictionary->nitems);
}

int lio_dictionary_gather_some(struct lio_decode *dec,
                               const struct lio_dictionary *dictionary,
                               const uint8_t *indices, uint32_t index_bits,
                               uint64_t row, uint64_t n, const uint8_t *wanted,
                               struct lio_builder *builder)
{
    int rc;

    if (builder->type->kind != LIO_KIND_VARIABLE)
        return lio_dictionary_gather(dec, dictionary, indices, index_bits, row,
                                     n, builder);
    rc = lio_strings_reserve(dec, &builder->strings, n, 0);
    for (uint64_t i = 0; i < n && rc == 0; i++) {
        if (lio_bit_get(wanted, row + i))
            rc = lio_strings_gather(
                dec, &builder->strings, &dictionary->strings,
                indices + i * (index_bits / 8), index_bits, 1);
        else
            lio_strings_put(&builder->strings, 0);
    }
    return rc;
}

void lio_dictionary_finish(struct lio_dictionary *dictionary,
                           struct lio_builder *builder)
{
    struct lio_vector *values;

    if (builder->type->kind != LIO_KIND_DICTIONARY)
        return;
    values = &builder->vectors->all[0];
    *values = (struct lio_vector){ .type = dictionary->type,
                                   .rows = dictionary->nitems };
    if (dictionary->type->kind == LIO_KIND_VARIABLE) {
        values->values = dictionary->strings.offsets;
        values->data = dictionary->strings.data;
    } else {
        values->values = dictionary->values;
    }
    *dictionary = (struct lio_dictionary){ 0 };
}
