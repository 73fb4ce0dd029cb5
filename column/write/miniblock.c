/*
 * Mini-block pages: values in chunks small enough to be decoded for one row.
 *
 *     buffer 0   a word for each chunk: its size, log2 of its slots
 *     buffer 1   the chunks: header | repetition | definition | values ...
 *     buffer 2   the dictionary, if there is one
 *     next       the repetition index, if there are lists: for each chunk how
 *                many rows end in it, and how many entries are left behind them
 *
 * Chunks are cut by slots, which encoders do; entries without a slot (null and
 * empty lists) go with the slot before them, or, at the start, with the first.
 * Two slots are the least that a chunk has, and if their values, or the lists
 * between them, are more than the words and headers can count, the page cannot
 * be of this layout.
 */
#include "column/write/chunks.h"
#include "column/write/page_writer.h"

#define CHUNK_ALIGN 8
#define PAD_BYTE    0xfe
#define SIZE_UNIT   8 /* of chunks, in their words */
#define LOG2_BITS   4 /* of a word */

/* A page on its way into chunks. */
struct page {
    const struct lio_encode *enc;
    const struct lio_raw_page *raw;
    bool large; /* 2.2: u32 where 2.1 has u16 */
    struct lio_chunks chunks;
    const uint64_t *entries; /* of slots, if there are lists; see encoders.h */
    uint64_t *ends;          /* of chunks, in entries */
    struct lio_level_parts rep, def;
};

static uint64_t padded(uint64_t bytes)
{
    return (bytes + CHUNK_ALIGN - 1) / CHUNK_ALIGN * CHUNK_ALIGN;
}

/* -- levels -------------------------------------------------------------- */

/* The first entry of each slot; all before the first are its, too. */
static int find_entries(struct page *page)
{
    const struct lio_raw_page *raw = page->raw;
    uint64_t *entries, slot = 0;
    int rc;

    if (raw->rep_max == 0)
        return 0;
    rc = lio_encode_alloc(page->enc, (raw->slots.n + 1) * sizeof(*entries),
                          &entries);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < raw->entries; i++)
        if (raw->def_max == 0 || raw->def[i] <= raw->visible_max)
            entries[slot++] = i;
    entries[0] = 0;
    entries[slot] = raw->entries;
    page->entries = entries;
    return 0;
}

static int find_ends(struct page *page)
{
    uint64_t slots = 0;
    int rc = lio_encode_alloc(
        page->enc, page->chunks.nchunks * sizeof(*page->ends), &page->ends);

    for (uint32_t i = 0; i < page->chunks.nchunks && rc == 0; i++) {
        slots += page->chunks.chunks[i].slots;
        page->ends[i] = page->entries ? page->entries[slots] : slots;
    }
    return rc;
}

static int encode_levels(struct page *page)
{
    const struct lio_raw_page *raw = page->raw;
    uint32_t n = page->chunks.nchunks;
    int rc = 0;

    if (raw->rep_max > 0)
        rc = lio_levels_encode(page->enc, raw->rep, page->ends, n, &page->rep);
    if (rc == 0 && raw->def_max > 0)
        rc = lio_levels_encode(page->enc, raw->def, page->ends, n, &page->def);
    return rc;
}

/* -- chunks -------------------------------------------------------------- */

static uint64_t header_bytes(const struct page *page)
{
    uint64_t sizes =
        (page->rep.encoding != NULL) + (page->def.encoding != NULL);

    return 2 + 2 * sizes + (page->large ? 4u : 2u) * page->chunks.nbuffers;
}

static uint64_t chunk_bytes(const struct page *page, uint32_t i)
{
    const struct lio_chunk *chunk = &page->chunks.chunks[i];
    uint64_t bytes = padded(header_bytes(page));

    if (page->rep.encoding)
        bytes += padded(page->rep.parts[i].bytes);
    if (page->def.encoding)
        bytes += padded(page->def.parts[i].bytes);
    for (uint32_t j = 0; j < page->chunks.nbuffers; j++)
        bytes += padded(chunk->buffers[j].bytes);
    return bytes;
}

/* Bytes of a chunk's word, and of the size of one of its value buffers. */
static size_t word_bytes(const struct page *page)
{
    return page->large ? 4 : 2;
}

/* Whether the words and the header can say how large a chunk is. */
static bool chunk_fits(const struct page *page, uint32_t i)
{
    uint64_t word_max = UINT32_MAX >> (32 - 8 * word_bytes(page));
    uint64_t from = i > 0 ? page->ends[i - 1] : 0;

    if (chunk_bytes(page, i) / SIZE_UNIT - 1 > word_max >> LOG2_BITS)
        return false;
    if (!page->rep.encoding && !page->def.encoding)
        return true;
    return page->ends[i] - from <= UINT16_MAX &&
           (!page->rep.encoding || page->rep.parts[i].bytes <= UINT16_MAX) &&
           (!page->def.encoding || page->def.parts[i].bytes <= UINT16_MAX);
}

static bool all_fit(const struct page *page)
{
    for (uint32_t i = 0; i < page->chunks.nchunks; i++)
        if (!chunk_fits(page, i))
            return false;
    return true;
}

/* Integers of a header, little endian. */
static uint8_t *put(uint8_t *at, uint64_t value, size_t bytes)
{
    memcpy(at, &value, bytes);
    return at + bytes;
}

static uint8_t *put_buffer(uint8_t *at, struct lio_bytes buffer)
{
    size_t pad = (size_t)padded(buffer.bytes) - buffer.bytes;

    if (buffer.bytes > 0)
        memcpy(at, buffer.data, buffer.bytes);
    memset(at + buffer.bytes, PAD_BYTE, pad);
    return at + buffer.bytes + pad;
}

static uint8_t *put_header(const struct page *page, uint32_t i, uint8_t *start)
{
    const struct lio_chunk *chunk = &page->chunks.chunks[i];
    bool levels = page->rep.encoding || page->def.encoding;
    uint64_t before = i > 0 ? page->ends[i - 1] : 0;
    uint8_t *at = put(start, levels ? page->ends[i] - before : 0, 2);
    size_t pad;

    if (page->rep.encoding)
        at = put(at, page->rep.parts[i].bytes, 2);
    if (page->def.encoding)
        at = put(at, page->def.parts[i].bytes, 2);
    for (uint32_t j = 0; j < page->chunks.nbuffers; j++)
        at = put(at, chunk->buffers[j].bytes, word_bytes(page));
    pad = (size_t)(padded(header_bytes(page)) - header_bytes(page));
    memset(at, PAD_BYTE, pad);
    return at + pad;
}

static uint8_t *put_chunk(const struct page *page, uint32_t i, uint8_t *start)
{
    uint8_t *at = put_header(page, i, start);

    if (page->rep.encoding)
        at = put_buffer(at, page->rep.parts[i]);
    if (page->def.encoding)
        at = put_buffer(at, page->def.parts[i]);
    for (uint32_t j = 0; j < page->chunks.nbuffers; j++)
        at = put_buffer(at, page->chunks.chunks[i].buffers[j]);
    return at;
}

static void put_chunks(const struct page *page, uint8_t *words, uint8_t *chunks)
{
    for (uint32_t i = 0; i < page->chunks.nchunks; i++) {
        uint8_t *end = put_chunk(page, i, chunks);
        uint64_t units = (uint64_t)(end - chunks) / SIZE_UNIT - 1;

        words = put(words, units << LOG2_BITS | page->chunks.chunks[i].log2,
                    word_bytes(page));
        chunks = end;
    }
}

/* -- the repetition index ------------------------------------------------ */

/* Row ends and the entries left behind them, of the chunk of entries `from` ..
 * `end`.  `*open` is the entries before `from` of a row that goes on there. */
static void index_chunk(const struct lio_raw_page *raw, uint64_t from,
                        uint64_t end, uint64_t *ret_ends, uint64_t *ret_left)
{
    uint64_t starts = 0, last = from;
    bool open = end < raw->entries && raw->rep[end] != raw->rep_max;

    for (uint64_t i = from; i < end; i++)
        if (raw->rep[i] == raw->rep_max) {
            starts++;
            last = i;
        }
    /* The row that goes on into this chunk ends where the first one starts, and
     * the last one that starts ends here unless it goes on, too. */
    *ret_ends = starts + (raw->rep[from] != raw->rep_max) - open;
    *ret_left = open ? end - last : 0;
}

static void put_index(const struct page *page, uint8_t *at)
{
    uint64_t from = 0;

    for (uint32_t i = 0; i < page->chunks.nchunks; i++) {
        uint64_t ends, left;

        index_chunk(page->raw, from, page->ends[i], &ends, &left);
        at = put(at, ends, 8);
        at = put(at, left, 8);
        from = page->ends[i];
    }
}

/* -- the page ------------------------------------------------------------ */

static int describe(const struct page *page, Lio__Pb__PageLayout *ret_layout)
{
    Lio__Pb__MiniBlockLayout *layout =
        lio_arena_zeroed(page->enc->arena, sizeof(*layout));

    if (!layout)
        return lio_encode_no_message(page->enc);
    lio__pb__mini_block_layout__init(layout);
    layout->rep_compression = page->rep.encoding;
    layout->def_compression = page->def.encoding;
    layout->value_compression = page->chunks.encoding;
    layout->dictionary = page->chunks.dictionary;
    layout->has_ndictionary_items = page->chunks.dictionary != NULL;
    layout->ndictionary_items = page->chunks.nitems;
    layout->n_layers = page->raw->nlayers;
    layout->layers = (uint32_t *)page->raw->layers;
    layout->has_nbuffers = true;
    layout->nbuffers = page->chunks.nbuffers;
    layout->has_repetition_index_depth = page->rep.encoding != NULL;
    layout->repetition_index_depth = 1;
    layout->has_nitems = true;
    layout->nitems = page->raw->slots.n;
    layout->has_has_large_chunk = page->large;
    layout->has_large_chunk = true;
    ret_layout->layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK;
    ret_layout->mini_block = layout;
    return 0;
}

static int assemble(const struct page *page, struct lio_page_image *ret_image)
{
    uint64_t bytes[4] = { page->chunks.nchunks * word_bytes(page) };
    uint32_t n = 2;
    int rc;

    for (uint32_t i = 0; i < page->chunks.nchunks; i++)
        bytes[1] += chunk_bytes(page, i);
    if (page->chunks.dictionary)
        bytes[n++] = page->chunks.items.bytes;
    if (page->rep.encoding)
        bytes[n++] = page->chunks.nchunks * UINT64_C(16);
    rc = lio_page_image_alloc(page->enc, bytes, n, ret_image);
    if (rc < 0)
        return rc;
    put_chunks(page, lio_page_buffer(ret_image, 0),
               lio_page_buffer(ret_image, 1));
    if (page->chunks.dictionary && page->chunks.items.bytes > 0)
        memcpy(lio_page_buffer(ret_image, 2), page->chunks.items.data,
               page->chunks.items.bytes);
    if (page->rep.encoding)
        put_index(page, lio_page_buffer(ret_image, n - 1));
    return 0;
}

int lio_miniblock_write(const struct lio_encode *enc,
                        const struct lio_raw_page *raw,
                        Lio__Pb__PageLayout *layout,
                        struct lio_page_image *ret_image, bool *ret_fits)
{
    struct page page = {
        .enc = enc,
        .raw = raw,
        .large = enc->format == LIO_FORMAT_22,
    };
    int rc = find_entries(&page);

    if (rc == 0)
        rc = lio_chunks_encode(enc, &raw->slots, page.entries, &page.chunks);
    if (rc == 0)
        rc = find_ends(&page);
    if (rc == 0)
        rc = encode_levels(&page);
    if (rc < 0)
        return rc;
    *ret_fits = all_fit(&page);
    if (!*ret_fits)
        return 0;
    rc = describe(&page, layout);
    return rc < 0 ? rc : assemble(&page, ret_image);
}
