/*
 * Which encoders for which values of mini-block pages.  They are tried from
 * the simplest on, and each has to save enough over those before it.
 */
#include "column/write/chunks.h"

#include "column/write/dictionary.h"
#include "column/write/fixed.h"
#include "column/write/pack.h"
#include "column/write/rows.h"

/* Below, an index is no smaller than a value. */
#define DICTIONARY_BITS_MIN 32

static int fixed_chunks(const struct lio_encode *enc,
                        const struct lio_fixed *fixed, const uint64_t *entries,
                        struct lio_chunks *ret_chunks)
{
    const struct lio_distinct_of of = { .fixed = fixed, .n = fixed->n };
    uint32_t scheme = lio_pack_scheme(enc);
    int rc = lio_integer_chunks(enc, fixed, entries, ret_chunks);

    if (rc == 0 && scheme > 0)
        rc = lio_pack_chunks(enc, scheme, ret_chunks);
    if (rc == 0 && scheme > 0 && fixed->bits >= 16 && fixed->bits % 8 == 0)
        rc = lio_pack_split(enc, scheme, fixed, entries, ret_chunks);
    if (rc == 0 && enc->compression != LIO_COMPRESSION_NONE &&
        fixed->bits >= DICTIONARY_BITS_MIN && fixed->bits % 8 == 0)
        rc = lio_dictionary_try(enc, &of, entries, ret_chunks);
    return rc;
}

static int leaf_chunks(const struct lio_encode *enc,
                       const struct lio_plain *values, const uint64_t *entries,
                       struct lio_chunks *ret_chunks)
{
    struct lio_fixed fixed;
    int rc = lio_fixed_fill(enc, values, &fixed);

    return rc < 0 ? rc : fixed_chunks(enc, &fixed, entries, ret_chunks);
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
    case LIO_KIND_DICTIONARY:
        return lio_dictionary_chunks(enc, values, entries, ret_chunks);
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

/* Large values go into chunks only if these hold but their numbers. */
int lio_chunks_suit(const struct lio_encode *enc,
                    const struct lio_plain *values, bool *ret_suit)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    bool small = lio_plain_largest(values) < LIO_CHUNK_VALUE_MAX &&
                 !lio_struct_varies(values->type);
    int rc;

    if (small || values->type->kind != LIO_KIND_VARIABLE) {
        *ret_suit = small;
        return 0;
    }
    rc = lio_variable_numbered(enc, values, ret_suit);
    lio_arena_rewind(enc->arena, mark);
    return rc;
}
