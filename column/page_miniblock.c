/*
 * Mini-block pages: many small chunks, each decoded by itself.
 *
 *     buffer 0    a word for each chunk: bytes / 8 - 1 | log2 of its values
 *     buffer 1    the chunks, one behind the other
 *     next        the dictionary, if there is one
 *     next        the repetition index, if there are lists
 *
 * A chunk, its parts padded to multiples of 8 bytes:
 *
 *     u16 levels | u16 bytes of each kind of levels
 *                | u16 or u32 bytes of each value buffer
 *     repetition levels
 *     definition levels
 *     value buffers
 *
 * The word of the last chunk need not tell its values: they are the rest.  A
 * row with lists may go on in the next chunk.  The repetition index, which
 * tells where rows begin, is not needed to read all of them.
 */
#include "column/page.h"

#include "column/bits.h"
#include "column/dictionary.h"
#include "column/slots.h"
#include "column/values.h"

#include "common/cursor.h"

#include <inttypes.h>

#define CHUNK_ALIGN     8
#define LOG2_BITS       4
#define LEVEL_BITS      16
#define CHUNK_SLOTS_MAX (1u << 15) /* what four bits of log2 can say */

struct miniblock {
    const Lio__Pb__MiniBlockLayout *layout;
    const struct lio_page_input *in;
    struct lio_dictionary dictionary; /* if layout->dictionary */
    struct lio_slots slots;
};

/* One chunk, taken apart. */
struct chunk {
    uint64_t number;
    uint64_t slot; /* its first */
    uint64_t slots;
    struct lio_bytes bytes;
    uint64_t nlevels;
    struct lio_bytes rep;
    struct lio_bytes def;
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
    const Lio__Pb__MiniBlockLayout *layout = block->layout;
    struct lio_cursor cur =
        lio_cursor_over(chunk->bytes.data, chunk->bytes.bytes);
    uint32_t nbuffers = (uint32_t)layout->nbuffers;
    uint32_t rep_bytes = 0, def_bytes = 0, sizes[LIO_VALUE_BUFFERS_MAX];

    chunk->nlevels = lio_cursor_u16(&cur);
    if (layout->rep_compression)
        rep_bytes = lio_cursor_u16(&cur);
    if (layout->def_compression)
        def_bytes = lio_cursor_u16(&cur);
    for (uint32_t i = 0; i < nbuffers; i++)
        sizes[i] = layout->has_large_chunk ? lio_cursor_u32(&cur)
                                           : lio_cursor_u16(&cur);
    skip_pad(chunk, &cur);
    chunk->rep = take_part(chunk, &cur, rep_bytes);
    chunk->def = take_part(chunk, &cur, def_bytes);
    chunk->values =
        (struct lio_encoded){ .framing = LIO_FRAMING_MINIBLOCK,
                              .nbuffers = nbuffers,
                              .nvalues = chunk->slots,
                              .wanted = { block->in->wanted, chunk->slot } };
    for (uint32_t i = 0; i < nbuffers; i++)
        chunk->values.buffers[i] = take_part(chunk, &cur, sizes[i]);
    if (cur.overrun || cur.left > 0)
        return broken_chunk(dec, chunk, "its parts do not fill it exactly");
    return 0;
}

static int decode_levels(struct lio_decode *dec,
                         const Lio__Pb__CompressiveEncoding *enc,
                         const struct chunk *chunk, struct lio_bytes bytes,
                         enum lio_scratch where, uint16_t **ret_levels)
{
    const struct lio_encoded in = { .framing = LIO_FRAMING_BLOCK,
                                    .nbuffers = 1,
                                    .buffers = { bytes },
                                    .nvalues = chunk->nlevels };
    uint8_t *levels;
    int rc = lio_decode_scratch(dec, where, chunk->nlevels * (LEVEL_BITS / 8),
                                &levels);

    if (rc == 0)
        rc = lio_fixed_decode(dec, enc, &in, LEVEL_BITS, levels);
    if (rc == 0)
        *ret_levels = (uint16_t *)(void *)levels;
    return rc;
}

static int add_levels(struct lio_decode *dec, struct miniblock *block,
                      struct chunk *chunk)
{
    const Lio__Pb__MiniBlockLayout *layout = block->layout;
    const uint8_t *restarts = block->in->restarts;
    uint16_t *rep = NULL, *def = NULL;
    bool listed = lio_slots_listed(&block->slots);
    bool nullable = lio_slots_nullable(&block->slots);
    uint64_t nslots;
    int rc = 0;

    if (!listed && !nullable)
        chunk->nlevels = chunk->slots;
    if (listed)
        rc = decode_levels(dec, layout->rep_compression, chunk, chunk->rep,
                           LIO_SCRATCH_REPEATS, &rep);
    if (rc == 0 && listed && restarts && chunk->nlevels > 0 &&
        lio_bit_get(restarts, chunk->number))
        rep[0] = (uint16_t)block->slots.levels.nlists;
    if (rc == 0 && nullable)
        rc = decode_levels(dec, layout->def_compression, chunk, chunk->def,
                           LIO_SCRATCH_LEVELS, &def);
    if (rc == 0)
        rc = lio_slots_levels(dec, &block->slots, chunk->slot, rep, def,
                              chunk->nlevels, &nslots);
    if (rc == 0 && nslots != chunk->slots)
        rc = broken_chunk(dec, chunk, "its levels do not go with its values");
    return rc;
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
    rc = lio_decode_scratch(dec, LIO_SCRATCH_INDICES, chunk->slots * (bits / 8),
                            &indices);
    if (rc == 0)
        rc = lio_fixed_decode(dec, block->layout->value_compression,
                              &chunk->values, (uint32_t)bits, indices);
    if (rc < 0)
        return rc;
    return block->in->wanted
               ? lio_dictionary_gather_some(dec, &block->dictionary, indices,
                                            (uint32_t)bits, chunk->slot,
                                            chunk->slots, block->in->wanted,
                                            &block->slots.builder)
               : lio_dictionary_gather(dec, &block->dictionary, indices,
                                       (uint32_t)bits, chunk->slot,
                                       chunk->slots, &block->slots.builder);
}

static int decode_chunk(struct lio_decode *dec, struct miniblock *block,
                        struct chunk *chunk)
{
    int rc = open_chunk(dec, block, chunk);

    if (rc == 0)
        rc = add_levels(dec, block, chunk);
    if (rc < 0)
        return rc;
    return block->layout->dictionary
               ? decode_indices(dec, block, chunk)
               : lio_values_decode(dec, block->layout->value_compression,
                                   &chunk->values, &block->slots.builder,
                                   chunk->slot);
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
        uint64_t left = block->layout->nitems - chunk.slot;

        chunk.number = i;
        chunk.bytes.bytes = ((size_t)(word >> LOG2_BITS) + 1) * CHUNK_ALIGN;
        chunk.bytes.data = lio_cursor_take(&cur, chunk.bytes.bytes);
        chunk.slots = i + 1 < nchunks
                          ? UINT64_C(1) << (word & ((1u << LOG2_BITS) - 1))
                          : left;
        if (!chunk.bytes.data)
            return broken_chunk(dec, &chunk, "runs past the page's end");
        if (chunk.slots > left || chunk.slots > CHUNK_SLOTS_MAX)
            return broken_chunk(dec, &chunk,
                                "has not the values it should "
                                "have");
        rc = decode_chunk(dec, block, &chunk);
        chunk.slot += chunk.slots;
    }
    if (rc == 0 && (cur.left > 0 || chunk.slot != block->layout->nitems))
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " chunks with %" PRIu64
                                  " values of %" PRIu64 " leave %zu bytes",
                                  nchunks, chunk.slot, block->layout->nitems,
                                  cur.left);
    return rc;
}

/* What the layout claims, before anything is sized by it. */
static int check(struct lio_decode *dec, const struct miniblock *block,
                 uint64_t nchunks)
{
    const Lio__Pb__MiniBlockLayout *layout = block->layout;
    uint32_t nbuffers =
        2 + (layout->dictionary != NULL) + (layout->repetition_index_depth > 0);

    if (lio_slots_listed(&block->slots) && !layout->rep_compression)
        return lio_decode_corrupt(dec, "lists, but no repetition levels");
    if (!lio_slots_listed(&block->slots) &&
        (layout->rep_compression || layout->repetition_index_depth > 0))
        return lio_decode_corrupt(dec, "repetition levels in a column that has "
                                       "no lists");
    if (lio_slots_nullable(&block->slots) && !layout->def_compression)
        return lio_decode_corrupt(dec, "nullable, but without definition "
                                       "levels");
    if (layout->nbuffers < 1 || layout->nbuffers > LIO_VALUE_BUFFERS_MAX)
        return lio_decode_corrupt(dec, "%" PRIu64 " value buffers in a chunk",
                                  layout->nbuffers);
    if (block->in->nbuffers != nbuffers)
        return lio_decode_corrupt(dec,
                                  "%" PRIu32 " buffers instead of %" PRIu32,
                                  block->in->nbuffers, nbuffers);
    /* Together: the bytes of the chunks bound what is allocated for them. */
    if (nchunks > block->in->buffers[1]->bytes / CHUNK_ALIGN)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " chunks are not in %zu bytes",
                                  nchunks, block->in->buffers[1]->bytes);
    if (layout->nitems / CHUNK_SLOTS_MAX > nchunks)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " values in %" PRIu64 " chunks",
                                  layout->nitems, nchunks);
    return 0;
}

int lio_miniblock_dictionary(struct lio_decode *dec,
                             const Lio__Pb__MiniBlockLayout *layout,
                             const struct lio_type *type,
                             const struct lio_mem *buffer,
                             struct lio_dictionary *ret_dictionary)
{
    if (type->kind == LIO_KIND_DICTIONARY)
        type = type->children[0];
    return lio_dictionary_open(
        dec, layout->dictionary, layout->ndictionary_items,
        (struct lio_bytes){ buffer->data, buffer->bytes }, type,
        ret_dictionary);
}

static int open_dictionary(struct lio_decode *dec, struct miniblock *block)
{
    const struct lio_page_input *in = block->in;

    if (in->dictionary) {
        block->dictionary = lio_dictionary_share(in->dictionary);
        return 0;
    }
    return lio_miniblock_dictionary(dec, block->layout, in->leaf->types[0],
                                    in->buffers[2], &block->dictionary);
}

static int decode_page(struct lio_decode *dec, struct miniblock *block)
{
    uint32_t width = block->layout->has_large_chunk ? 4 : 2;
    struct lio_bytes words = { 0 };
    int rc;

    if (block->in->nbuffers > 0)
        words = (struct lio_bytes){ block->in->buffers[0]->data,
                                    block->in->buffers[0]->bytes };
    rc = check(dec, block, words.bytes / width);
    if (rc == 0)
        rc = lio_slots_alloc(dec, &block->slots, block->layout->nitems);
    if (rc == 0 && block->layout->dictionary)
        rc = open_dictionary(dec, block);
    if (rc == 0)
        rc = decode_chunks(dec, block, words, words.bytes / width);
    if (rc == 0 && block->layout->dictionary)
        lio_dictionary_finish(&block->dictionary, &block->slots.builder);
    return rc;
}

int lio_miniblock_decode(struct lio_decode *dec,
                         const Lio__Pb__MiniBlockLayout *layout,
                         const struct lio_page_input *in,
                         struct lio_vector *ret_vector)
{
    struct miniblock block = { .layout = layout, .in = in };
    int rc = lio_slots_init(dec, in->leaf, in->rows, layout->layers,
                            layout->n_layers, &block.slots);

    if (rc < 0)
        return rc;
    block.slots.runs = in->runs;
    rc = decode_page(dec, &block);
    if (rc == 0)
        rc = lio_slots_finish(dec, &block.slots, ret_vector);
    lio_dictionary_release(&block.dictionary);
    lio_slots_release(&block.slots);
    return rc;
}
