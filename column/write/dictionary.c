/*
 * Dictionaries.
 *
 * Whether one is worth building is guessed first, from how many distinct values
 * there are among some and how often neighbours differ; the guess is never
 * above what it would come to, so that a dictionary that would win is not
 * missed.  What it comes to then decides.
 */
#include "column/write/dictionary.h"

#include "column/compress.h"
#include "column/write/bitpack.h"
#include "column/write/fixed.h"
#include "column/write/messages.h"
#include "column/write/pack.h"
#include "column/write/runs.h"

#include "common/hash.h"

#include <inttypes.h>

/* Readers hold a page's dictionary in memory, and need all of it for one row.
 * LanceDB stops here, too: at so many items, or one for two rows. */
#define ITEMS_MAX     100000
#define ROWS_PER_ITEM 2

/* Indices have as many bits with LanceDB. */
#define INDEX_BITS 32

/* Heads of a block of strings: offsets in 32 or 64 bits, see
 * encoding_variable.c. */
#define BLOCK_HEAD_WORDS 2

/* -- items --------------------------------------------------------------- */

static int build_fixed(const struct lio_encode *enc,
                       const struct lio_distinct_of *of,
                       const struct lio_distinct *distinct,
                       struct lio_bytes *ret_items)
{
    uint8_t *out, *to;
    int rc = lio_encode_alloc(enc, distinct->item_bytes, &out);

    if (rc < 0)
        return rc;
    to = out;
    for (uint32_t i = 0; i < distinct->nitems; i++) {
        struct lio_bytes value = lio_distinct_value(of, distinct->items[i]);

        memcpy(to, value.data, value.bytes);
        to += value.bytes;
    }
    *ret_items = (struct lio_bytes){ out, (size_t)distinct->item_bytes };
    return 0;
}

/* bits | start | n + 1 offsets | bytes */
static int build_strings(const struct lio_encode *enc,
                         const struct lio_distinct_of *of,
                         const struct lio_distinct *distinct,
                         struct lio_bytes *ret_items)
{
    uint64_t bits = of->spans->bits, width = bits / 8;
    uint64_t start =
        (BLOCK_HEAD_WORDS + distinct->nitems + UINT64_C(1)) * width;
    uint64_t end = 0;
    uint8_t *out, *to;
    int rc = lio_encode_alloc(enc, start + distinct->item_bytes, &out);

    if (rc < 0)
        return rc;
    memcpy(out, &bits, width);
    memcpy(out + width, &start, width);
    to = out + BLOCK_HEAD_WORDS * width;
    memcpy(to, &end, width);
    for (uint32_t i = 0; i < distinct->nitems; i++) {
        struct lio_bytes value = lio_distinct_value(of, distinct->items[i]);

        if (value.bytes > 0)
            memcpy(out + start + end, value.data, value.bytes);
        end += value.bytes;
        memcpy(to + (i + 1) * width, &end, width);
    }
    *ret_items = (struct lio_bytes){ out, (size_t)(start + end) };
    return 0;
}

/* Items of fixed width in as many bits as the largest of them has. */
static int narrow_items(const struct lio_encode *enc, uint32_t bits,
                        struct lio_chunks *chunks)
{
    uint64_t n = chunks->nitems, bytes;
    uint32_t width = lio_bitpack_width(chunks->items.data, n, bits);
    uint8_t *out;
    int rc;

    bytes = lio_out_of_line_bytes(n, bits, width);
    if (width == 0 || !lio_encoding_saves(bytes, chunks->items.bytes))
        return 0;
    rc = lio_encode_alloc(enc, bytes, &out);
    if (rc < 0)
        return rc;
    lio_out_of_line_pack(chunks->items.data, n, bits, width, out);
    chunks->items = (struct lio_bytes){ out, (size_t)bytes };
    chunks->dictionary = lio_message_out_of_line(enc->arena, bits, width);
    return chunks->dictionary ? 0 : lio_encode_no_message(enc);
}

/* 2.2 has compressed dictionaries; readers of 2.1 may not know them. */
static int shrink_items(const struct lio_encode *enc, uint64_t bits,
                        struct lio_chunks *chunks)
{
    struct lio_bytes packed = chunks->items;
    struct lio_chunks narrow = *chunks;
    bool done;
    int rc;

    if (enc->format < LIO_FORMAT_22 ||
        enc->compression == LIO_COMPRESSION_NONE || packed.bytes == 0)
        return 0;
    rc = lio_pack_bytes(enc, LIO_SCHEME_LZ4, &packed, &done);
    if (rc == 0 && lio_fastlanes_word(bits))
        rc = narrow_items(enc, (uint32_t)bits, &narrow);
    if (rc < 0)
        return rc;
    if (narrow.items.bytes <= packed.bytes) {
        *chunks = narrow;
        return 0;
    }
    chunks->items = packed;
    chunks->dictionary =
        lio_message_general(enc->arena, LIO_SCHEME_LZ4, chunks->dictionary);
    return chunks->dictionary ? 0 : lio_encode_no_message(enc);
}

static int add_items(const struct lio_encode *enc,
                     const struct lio_distinct_of *of,
                     const struct lio_distinct *distinct,
                     struct lio_chunks *chunks)
{
    uint64_t bits = of->fixed ? of->fixed->bits : 0;
    int rc = of->fixed ? build_fixed(enc, of, distinct, &chunks->items)
                       : build_strings(enc, of, distinct, &chunks->items);

    if (rc < 0)
        return rc;
    chunks->nitems = distinct->nitems;
    chunks->dictionary =
        of->fixed ? lio_message_flat(enc->arena, bits)
                  : lio_message_variable(enc->arena, of->spans->bits);
    if (!chunks->dictionary)
        return lio_encode_no_message(enc);
    rc = shrink_items(enc, bits, chunks);
    chunks->bytes = lio_chunks_bytes(chunks);
    return rc;
}

/* -- values that are numbered -------------------------------------------- */

/* How often a value differs from the one before. */
static uint64_t count_changes(const struct lio_distinct_of *of)
{
    uint64_t changes = 0;
    struct lio_bytes last, value;

    if (of->fixed && lio_fastlanes_word(of->fixed->bits))
        return lio_runs_changes(of->fixed->values, of->n,
                                (uint32_t)of->fixed->bits);
    for (uint64_t i = 1; i < of->n; i++) {
        last = lio_distinct_value(of, i - 1);
        value = lio_distinct_value(of, i);
        changes += last.bytes != value.bytes ||
                   (value.bytes > 0 &&
                    memcmp(last.data, value.data, value.bytes) != 0);
    }
    return changes;
}

static uint64_t average_bytes(const struct lio_distinct_of *of)
{
    return of->fixed ? of->fixed->bits / 8 : lio_spans_bytes(of->spans) / of->n;
}

/* What the dictionary and its indices come to at least. */
static int guess_bytes(const struct lio_encode *enc,
                       const struct lio_distinct_of *of, uint64_t *ret_bytes)
{
    uint64_t nitems, changes = count_changes(of), packed, runs;
    int rc = lio_distinct_guess(enc, of, &nitems);

    if (rc < 0)
        return rc;
    if (nitems > changes + 1)
        nitems = changes + 1;
    packed = of->n / 8 * (nitems > 1 ? lio_hash_bits(nitems) : 0);
    runs = changes * (INDEX_BITS / 8 + 1);
    *ret_bytes = nitems * average_bytes(of) + (packed < runs ? packed : runs);
    return 0;
}

static int try_all(const struct lio_encode *enc,
                   const struct lio_distinct_of *of, const uint64_t *entries,
                   uint64_t most, struct lio_chunks *ret_chunks, bool *ret_done)
{
    uint64_t items_max = of->n / ROWS_PER_ITEM;
    struct lio_distinct distinct;
    struct lio_fixed indices = { .n = of->n, .bits = INDEX_BITS };
    int rc = lio_distinct_find(
        enc, of, (uint32_t)(items_max < ITEMS_MAX ? items_max : ITEMS_MAX),
        most, &distinct);

    *ret_done = false;
    if (rc < 0 || !distinct.found || distinct.nitems == 0)
        return rc;
    indices.values = (const uint8_t *)distinct.indices;
    rc = lio_integer_chunks(enc, &indices, entries, ret_chunks);
    if (rc == 0)
        rc = add_items(enc, of, &distinct, ret_chunks);
    *ret_done = rc == 0;
    return rc;
}

int lio_dictionary_try(const struct lio_encode *enc,
                       const struct lio_distinct_of *of,
                       const uint64_t *entries, struct lio_chunks *chunks)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    struct lio_chunks numbered;
    uint64_t guess;
    bool done = false;
    int rc;

    if (of->n == 0)
        return 0;
    rc = guess_bytes(enc, of, &guess);
    if (rc == 0 && lio_encoding_saves(guess, chunks->bytes))
        rc = try_all(enc, of, entries, chunks->bytes, &numbered, &done);
    if (rc < 0)
        return rc;
    if (done && lio_encoding_saves(numbered.bytes, chunks->bytes))
        *chunks = numbered;
    else
        lio_arena_rewind(enc->arena, mark);
    return 0;
}

/* -- columns of type dictionary ------------------------------------------ */

/* All items there are, one after the other; where there is none but null rows,
 * one for these to name. */
static int take_all(const struct lio_encode *enc, const struct lio_plain *items,
                    struct lio_distinct *ret_distinct)
{
    uint64_t n = items->n > 0 ? items->n : 1, *slots;
    int rc;

    if (n > UINT32_MAX)
        return lio_error_set(enc->err, LIO_EINVAL,
                             "column '%s': a dictionary of %" PRIu64 " values",
                             enc->column, n);
    rc = lio_encode_alloc(enc, n * sizeof(*slots), &slots);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < n; i++)
        slots[i] = i;
    *ret_distinct =
        (struct lio_distinct){ .nitems = (uint32_t)n, .items = slots };
    return 0;
}

static int zero_item(const struct lio_encode *enc, struct lio_fixed *fixed)
{
    uint8_t *zero;
    int rc = lio_encode_alloc(enc, fixed->bits / 8, &zero);

    if (rc < 0)
        return rc;
    memset(zero, 0, fixed->bits / 8);
    fixed->values = zero;
    return 0;
}

/* Items of a bit each, which are two at the most. */
static int bit_items(const struct lio_encode *enc,
                     const struct lio_plain *items, struct lio_chunks *chunks)
{
    uint32_t n = items->n > 0 ? (uint32_t)items->n : 1;
    size_t bytes = (size_t)lio_bits_bytes(n);
    uint8_t *bits;
    int rc = lio_encode_alloc(enc, bytes, &bits);

    if (rc < 0)
        return rc;
    memset(bits, 0, bytes);
    if (items->n > 0)
        lio_bits_copy(bits, 0, items->values, 0, items->n);
    chunks->items = (struct lio_bytes){ bits, bytes };
    chunks->nitems = n;
    chunks->dictionary = lio_message_flat(enc->arena, 1);
    chunks->bytes = lio_chunks_bytes(chunks);
    return chunks->dictionary ? 0 : lio_encode_no_message(enc);
}

static int column_items(const struct lio_encode *enc,
                        const struct lio_plain *items,
                        struct lio_chunks *chunks)
{
    static const uint64_t none[2];
    uint64_t bits = items->type->bits;
    struct lio_fixed fixed;
    struct lio_spans spans;
    struct lio_distinct distinct;
    struct lio_distinct_of of = { .n = items->n };
    int rc = take_all(enc, items, &distinct);

    if (rc < 0)
        return rc;
    if (items->type->kind == LIO_KIND_FIXED && bits == 1)
        return bit_items(enc, items, chunks);
    if (items->type->kind == LIO_KIND_VARIABLE) {
        rc = lio_spans_open(enc, items, &spans);
        if (rc < 0)
            return rc;
        distinct.item_bytes = lio_spans_bytes(&spans);
        if (items->n == 0)
            spans.offsets = none;
        of.spans = &spans;
    } else if (items->type->kind == LIO_KIND_FIXED && bits % 8 == 0) {
        rc = lio_fixed_fill(enc, items, &fixed);
        if (rc == 0 && items->n == 0)
            rc = zero_item(enc, &fixed);
        of.fixed = &fixed;
        distinct.item_bytes = distinct.nitems * (bits / 8);
    } else {
        rc = lio_error_set(enc->err, LIO_EINVAL,
                           "column '%s': the values of a dictionary have to be "
                           "strings, binary or whole bytes",
                           enc->column);
    }
    return rc < 0 ? rc : add_items(enc, &of, &distinct, chunks);
}

int lio_dictionary_chunks(const struct lio_encode *enc,
                          const struct lio_plain *values,
                          const uint64_t *entries,
                          struct lio_chunks *ret_chunks)
{
    struct lio_fixed indices;
    int rc = lio_fixed_fill(enc, values, &indices);

    if (rc == 0)
        rc = lio_integer_chunks(enc, &indices, entries, ret_chunks);
    return rc < 0 ? rc : column_items(enc, values->children, ret_chunks);
}
