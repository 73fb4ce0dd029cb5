/*
 * Mini-block pages: many small chunks, each decoded by itself.
 *
 *     buffer 0    a word for each chunk: bytes / 8 - 1 | log2 of its values
 *     buffer 1    the chunks, one behind the other
 *     buffer 2    the dictionary, if there is one
 *
 * A chunk, its parts padded to multiples of 8 bytes:
 *
 *     u16 levels | u16 bytes of levels | u16 or u32 bytes of each value buffer
 *     definition levels
 *     value buffers
 *
 * The word of the last chunk need not tell its values: they are the rest.
 */
#include "column/page.h"

#include "column/bits.h"
#include "column/builder.h"
#include "column/dictionary.h"
#include "column/encoding.h"

#include "common/cursor.h"

#include <inttypes.h>

#define CHUNK_ALIGN    8
#define LOG2_BITS      4
#define LEVEL_BITS     16
#define CHUNK_ROWS_MAX (1u << 15) /* what four bits of log2 can say */

struct miniblock {
    const Lio__Pb__MiniBlockLayout *layout;
    const struct lio_page_input *in;
    struct lio_dictionary dictionary; /* if layout->dictionary */
    struct lio_builder builder;
    bool nullable;
};

/* One chunk, taken apart. */
struct chunk {
    uint64_t number;
    uint64_t row; /* its first */
    uint64_t rows;
    struct lio_bytes bytes;
    uint64_t nlevels;
    struct lio_bytes levels;
    struct lio_encoded values;
};

static int broken_chunk(struct lio_decode *dec, const struct chunk *chunk,
                        const char *what)
{
    return lio_decode_corrupt(dec, "chunk %" PRIu64 " of %zu bytes: %s",
                              chunk->number, chunk->bytes.bytes, what);
}

/* Skip to the next multiple of eight; chunks are one long. */
static void skip_pad(const struct chunk *chunk, struct lio_cursor *cur)
{
    size_t at = (size_t)(cur->next - chunk->bytes.data);

    (void)lio_cursor_take(cur, (CHUNK_ALIGN - at % CHUNK_ALIGN) % CHUNK_ALIGN);
}

static struct lio_bytes take_part(const struct chunk *chunk,
                                  struct lio_cursor *cur, size_t bytes)
{
    struct lio_bytes part = { lio_cursor_take(cur, bytes), bytes };

    skip_pad(chunk, cur);
    return part;
}

static int open_chunk(struct lio_decode *dec, const struct miniblock *block,
                      struct chunk *chunk)
{
    struct lio_cursor cur =
        lio_cursor_over(chunk->bytes.data, chunk->bytes.bytes);
    uint32_t nbuffers = (uint32_t)block->layout->nbuffers, level_bytes = 0;
    uint32_t sizes[LIO_VALUE_BUFFERS_MAX];

    chunk->nlevels = lio_cursor_u16(&cur);
    if (block->layout->def_compression)
        level_bytes = lio_cursor_u16(&cur);
    for (uint32_t i = 0; i < nbuffers; i++)
        sizes[i] = block->layout->has_large_chunk ? lio_cursor_u32(&cur)
                                                  : lio_cursor_u16(&cur);
    skip_pad(chunk, &cur);
    chunk->levels = (struct lio_bytes){ 0 };
    if (block->layout->def_compression)
        chunk->levels = take_part(chunk, &cur, level_bytes);
    chunk->values = (struct lio_encoded){ .framing = LIO_FRAMING_MINIBLOCK,
                                          .nbuffers = nbuffers,
                                          .nvalues = chunk->rows };
    for (uint32_t i = 0; i < nbuffers; i++)
        chunk->values.buffers[i] = take_part(chunk, &cur, sizes[i]);
    if (cur.overrun || cur.left > 0)
        return broken_chunk(dec, chunk, "its parts do not fill it exactly");
    return 0;
}

static int decode_levels(struct lio_decode *dec, struct miniblock *block,
                         const struct chunk *chunk)
{
    const struct lio_encoded in = { .framing = LIO_FRAMING_BLOCK,
                                    .nbuffers = 1,
                                    .buffers = { chunk->levels },
                                    .nvalues = chunk->rows };
    uint8_t *levels;
    int rc;

    if (chunk->nlevels != chunk->rows)
        return broken_chunk(dec, chunk,
                            "it has not one definition level for each value");
    rc = lio_decode_scratch(dec, LIO_SCRATCH_LEVELS,
                            chunk->rows * (LEVEL_BITS / 8), &levels);
    if (rc == 0)
        rc = lio_fixed_decode(dec, block->layout->def_compression, &in,
                              LEVEL_BITS, levels);
    if (rc < 0)
        return rc;
    return lio_builder_levels(dec, &block->builder, chunk->row,
                              (const uint16_t *)(const void *)levels,
                              chunk->rows);
}

static int decode_indices(struct lio_decode *dec, struct miniblock *block,
                          const struct chunk *chunk)
{
    uint64_t bits = lio_encoding_bits(block->layout->value_compression);
    uint8_t *indices;
    int rc;

    if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
        return lio_decode_corrupt(dec, "dictionary indices of %" PRIu64 " bits",
                                  bits);
    rc = lio_decode_scratch(dec, LIO_SCRATCH_INDICES, chunk->rows * (bits / 8),
                            &indices);
    if (rc == 0)
        rc = lio_fixed_decode(dec, block->layout->value_compression,
                              &chunk->values, (uint32_t)bits, indices);
    if (rc < 0)
        return rc;
    return lio_dictionary_gather(dec, &block->dictionary, indices,
                                 (uint32_t)bits, chunk->row, chunk->rows,
                                 &block->builder);
}

/* Chunks need not start at whole bytes of the page's bitmap. */
static int decode_bits(struct lio_decode *dec, struct miniblock *block,
                       const struct chunk *chunk)
{
    uint8_t *bits;
    int rc = lio_decode_scratch(dec, LIO_SCRATCH_BITS,
                                lio_bits_bytes(chunk->rows), &bits);

    if (rc == 0)
        rc = lio_fixed_decode(dec, block->layout->value_compression,
                              &chunk->values, 1, bits);
    if (rc == 0)
        lio_bits_copy(block->builder.values->data, chunk->row, bits, 0,
                      chunk->rows);
    return rc;
}

static int decode_values(struct lio_decode *dec, struct miniblock *block,
                         const struct chunk *chunk)
{
    const struct lio_type *type = block->in->type;

    if (block->layout->dictionary)
        return decode_indices(dec, block, chunk);
    if (type->kind == LIO_KIND_VARIABLE)
        return lio_strings_decode(dec, block->layout->value_compression,
                                  &chunk->values, &block->builder.strings);
    if (type->bits == 1)
        return decode_bits(dec, block, chunk);
    return lio_fixed_decode(
        dec, block->layout->value_compression, &chunk->values, type->bits,
        block->builder.values->data + chunk->row * (type->bits / 8));
}

static int decode_chunk(struct lio_decode *dec, struct miniblock *block,
                        struct chunk *chunk)
{
    int rc = open_chunk(dec, block, chunk);

    if (rc == 0 && block->nullable)
        rc = decode_levels(dec, block, chunk);
    if (rc == 0)
        rc = decode_values(dec, block, chunk);
    return rc;
}

static uint32_t word_at(struct lio_bytes words, uint64_t i, uint32_t width)
{
    return width == 4 ? lio_load_u32(words.data + i * 4)
                      : lio_load_u16(words.data + i * 2);
}

static int decode_chunks(struct lio_decode *dec, struct miniblock *block,
                         struct lio_bytes words, uint64_t nchunks)
{
    const struct lio_mem *data = block->in->buffers[1];
    uint32_t width = block->layout->has_large_chunk ? 4 : 2;
    struct lio_cursor cur = lio_cursor_over(data->data, data->bytes);
    struct chunk chunk = { 0 };
    int rc = 0;

    for (uint64_t i = 0; i < nchunks && rc == 0; i++) {
        uint32_t word = word_at(words, i, width);
        uint64_t left = block->in->rows - chunk.row;

        chunk.number = i;
        chunk.bytes.bytes = ((size_t)(word >> LOG2_BITS) + 1) * CHUNK_ALIGN;
        chunk.bytes.data = lio_cursor_take(&cur, chunk.bytes.bytes);
        chunk.rows = i + 1 < nchunks
                         ? UINT64_C(1) << (word & ((1u << LOG2_BITS) - 1))
                         : left;
        if (!chunk.bytes.data)
            return broken_chunk(dec, &chunk, "runs past the page's end");
        if (chunk.rows > left || chunk.rows > CHUNK_ROWS_MAX)
            return broken_chunk(dec, &chunk, "has not the rows it should have");
        rc = decode_chunk(dec, block, &chunk);
        chunk.row += chunk.rows;
    }
    if (rc == 0 && (cur.left > 0 || chunk.row != block->in->rows))
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " chunks with %" PRIu64
                                  " rows of %" PRIu64 " leave %zu bytes",
                                  nchunks, chunk.row, block->in->rows,
                                  cur.left);
    return rc;
}

/* What the layout claims, before anything is sized by it. */
static int check(struct lio_decode *dec, const struct miniblock *block,
                 uint64_t nchunks)
{
    const Lio__Pb__MiniBlockLayout *layout = block->layout;
    uint32_t nbuffers = layout->dictionary ? 3 : 2;

    if (layout->rep_compression || layout->repetition_index_depth > 0)
        return lio_decode_corrupt(dec, "repetition levels in a column that is "
                                       "not nested");
    if (block->nullable && !layout->def_compression)
        return lio_decode_corrupt(dec, "nullable, but without definition "
                                       "levels");
    if (layout->nbuffers < 1 || layout->nbuffers > LIO_VALUE_BUFFERS_MAX)
        return lio_decode_corrupt(dec, "%" PRIu64 " value buffers in a chunk",
                                  layout->nbuffers);
    if (layout->nitems != block->in->rows)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " values for %" PRIu64 " rows",
                                  layout->nitems, block->in->rows);
    if (block->in->nbuffers != nbuffers)
        return lio_decode_corrupt(dec,
                                  "%" PRIu32 " buffers instead of %" PRIu32,
                                  block->in->nbuffers, nbuffers);
    if (block->in->rows / CHUNK_ROWS_MAX > nchunks)
        return lio_decode_corrupt(dec, "%" PRIu64 " rows in %" PRIu64 " chunks",
                                  block->in->rows, nchunks);
    return 0;
}

static int open_dictionary(struct lio_decode *dec, struct miniblock *block)
{
    const struct lio_mem *buffer = block->in->buffers[2];

    return lio_dictionary_open(
        dec, block->layout->dictionary, block->layout->ndictionary_items,
        (struct lio_bytes){ buffer->data, buffer->bytes }, block->in->type,
        &block->dictionary);
}

int lio_miniblock_decode(struct lio_decode *dec,
                         const Lio__Pb__MiniBlockLayout *layout,
                         const struct lio_page_input *in,
                         struct lio_vector *ret_vector)
{
    struct miniblock block = { .layout = layout, .in = in };
    uint32_t width = layout->has_large_chunk ? 4 : 2;
    struct lio_bytes words = { 0 };
    int rc =
        lio_layers_leaf(dec, layout->layers, layout->n_layers, &block.nullable);

    if (rc < 0)
        return rc;
    if (in->nbuffers > 0)
        words =
            (struct lio_bytes){ in->buffers[0]->data, in->buffers[0]->bytes };
    rc = check(dec, &block, words.bytes / width);
    if (rc == 0)
        rc = lio_builder_init(dec, in->type, in->rows, block.nullable,
                              &block.builder);
    if (rc == 0 && layout->dictionary)
        rc = open_dictionary(dec, &block);
    if (rc == 0)
        rc = decode_chunks(dec, &block, words, words.bytes / width);
    if (rc == 0)
        lio_builder_finish(&block.builder, ret_vector);
    lio_dictionary_release(&block.dictionary);
    lio_builder_release(&block.builder);
    return rc;
}
