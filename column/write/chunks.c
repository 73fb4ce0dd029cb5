/*
 * Which encoder for which values of mini-block pages.
 */
#include "column/write/chunks.h"

int lio_fixed_chunks(const struct lio_encode *enc,
                     const struct lio_fixed *fixed, const uint64_t *entries,
                     struct lio_chunks *ret_chunks)
{
    return lio_flat_chunks(enc, fixed, entries, ret_chunks);
}

static int leaf_chunks(const struct lio_encode *enc,
                       const struct lio_plain *values, const uint64_t *entries,
                       struct lio_chunks *ret_chunks)
{
    struct lio_fixed fixed;
    int rc = lio_fixed_fill(enc, values, &fixed);

    return rc < 0 ? rc : lio_fixed_chunks(enc, &fixed, entries, ret_chunks);
}

int lio_chunks_encode(const struct lio_encode *enc,
                      const struct lio_plain *values, const uint64_t *entries,
                      struct lio_chunks *ret_chunks)
{
    switch (values->type->kind) {
    case LIO_KIND_FIXED:
        return leaf_chunks(enc, values, entries, ret_chunks);
    case LIO_KIND_VARIABLE:
        return lio_variable_chunks(enc, values, entries, ret_chunks);
    case LIO_KIND_FIXED_LIST:
    case LIO_KIND_STRUCT:
        return lio_nested_chunks(enc, values, entries, ret_chunks);
    default:
        return lio_error_set(enc->err, LIO_EINVAL,
                             "column '%s': values of this kind cannot be in "
                             "chunks",
                             enc->column);
    }
}

int lio_chunks_suit(const struct lio_encode *enc LIO_UNUSED,
                    const struct lio_plain *values, bool *ret_suit)
{
    *ret_suit = lio_plain_largest(values) < LIO_CHUNK_VALUE_MAX;
    return 0;
}
