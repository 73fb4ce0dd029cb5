/*
 * Cutting pages: which way for which layout, and where.
 */
#include "column/cutter.h"

#include "column/chunks.h"
#include "column/constant.h"
#include "column/pick.h"
#include "column/pool.h"

#include "common/checked.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define LAYOUT(name) LIO__PB__PAGE_LAYOUT__LAYOUT_##name

/* -- which way ----------------------------------------------------------- */

static enum lio_cut_kind kind_of_miniblock(const struct lio_page *page)
{
    const Lio__Pb__MiniBlockLayout *layout = page->layout->mini_block;

    return !layout->rep_compression && layout->repetition_index_depth == 0 &&
                   layout->nitems == lio_page_counted(page) &&
                   page->nbuffers == (layout->dictionary ? 3 : 2)
               ? LIO_CUT_CHUNKS
           : lio_pick_lists_can(page) ? LIO_CUT_PICKED
                                      : LIO_CUT_NOT;
}

static enum lio_cut_kind kind_of_page(struct lio_cutter *cutter)
{
    const struct lio_page *page = cutter->page;
    enum lio_pick_kind kind;

    if (page->layout && page->layout->layout_case == LAYOUT(MINI_BLOCK))
        return kind_of_miniblock(page);
    if (lio_level_rows_can(page))
        return LIO_CUT_LEVELS;
    if (lio_entries_find(page, &cutter->entries)) {
        cutter->packed.schemes[cutter->entries.data] = cutter->entries.scheme;
        return LIO_CUT_ENTRIES;
    }
    kind = lio_pick_kind(page, cutter->bits, cutter->packed.schemes);
    switch (kind) {
    case LIO_PICK_FIXED:
        return LIO_CUT_FIXED;
    case LIO_PICK_NOTHING:
        return LIO_CUT_NOTHING;
    case LIO_PICK_LISTS:
    case LIO_PICK_ZIPPED:
    case LIO_PICK_DICTIONARY:
        return LIO_CUT_PICKED;
    default:
        /* Decoded whole, it is decompressed whole. */
        cutter->packed = (struct lio_cut_packed){ 0 };
        return LIO_CUT_NOT;
    }
}

/* What strings that repeat decode to, a row: they count for an eighth of what
 * they take, so that batches of them, which hardly take any bytes of the file,
 * need not be put together of many windows. */
static uint64_t repeated_bits(uint64_t value_bytes)
{
    return value_bytes; /* each of eight bits */
}

/* The same of a constant, each of whose entries has two levels and is a value,
 * or less. */
static uint64_t constant_bits(const struct lio_page *page,
                              const struct lio_type *type, uint64_t bits)
{
    const Lio__Pb__ConstantLayout *layout = page->layout->constant;

    if (type->kind == LIO_KIND_VARIABLE)
        bits +=
            repeated_bits(layout->has_inline_value ? layout->inline_value.len
                                                   : page->buffers[0].bytes);
    return page->nbuffers > 1 ? bits + 2 * 16 : bits;
}

/* What a value decodes to, as far as that can be known before. */
static uint64_t decoded_bits(const struct lio_page *page,
                             const struct lio_type *type)
{
    const Lio__Pb__MiniBlockLayout *layout;
    uint64_t bits = lio_type_is_fixed(type) ? lio_type_bits(type) : type->bits;

    if (lio_level_rows_can(page))
        return constant_bits(page, type, bits);
    if (type->kind != LIO_KIND_VARIABLE || !page->layout ||
        page->layout->layout_case != LAYOUT(MINI_BLOCK))
        return bits;
    layout = page->layout->mini_block;
    if (layout->dictionary && page->nbuffers > 2 &&
        layout->ndictionary_items > 0)
        bits += page->buffers[2].bytes / layout->ndictionary_items * 8;
    return bits;
}

/* How many values a row has; of lists a little more than on the average, if
 * that can be known before. */
static uint64_t row_values(const struct lio_page *page)
{
    return lio_level_rows_can(page) && page->nbuffers > 1 && page->rows > 0
               ? lio_level_rows_entries(page) / page->rows + 1
               : lio_page_row_items(page);
}

static uint64_t bits_of_row(const struct lio_page *page, uint64_t value_bits)
{
    uint64_t bits;

    return lio_checked_mul(value_bits, row_values(page), &bits) ? bits
                                                                : UINT64_MAX;
}

static uint64_t rows_within(uint64_t bytes, uint64_t row_bits)
{
    return row_bits == 0            ? UINT64_MAX
           : bytes > UINT64_MAX / 8 ? UINT64_MAX
                                    : bytes * 8 / row_bits;
}

static bool fits(const struct lio_cutter *cutter,
                 const struct lio_cut_limits *limits)
{
    return lio_page_bytes(cutter->page) <= limits->stored &&
           cutter->page->rows <= rows_within(limits->decoded, cutter->row_bits);
}

/* -- messages ------------------------------------------------------------ */

static const char *file_of(const struct lio_cutter *cutter)
{
    return lio_source_name(cutter->dataset->files[cutter->ref.file].source);
}

static const char *column_of(const struct lio_cutter *cutter)
{
    return cutter->dataset->schema.fields[cutter->ref.field].path;
}

static const struct lio_type *type_of(const struct lio_cutter *cutter)
{
    return &cutter->dataset->schema.fields[cutter->ref.field].type;
}

static int no_memory(const struct lio_cutter *cutter, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM,
                         "%s: column '%s', page %" PRIu32
                         ": no memory to cut it",
                         file_of(cutter), column_of(cutter), cutter->ref.page);
}

static int corrupt(const struct lio_cutter *cutter, const char *what,
                   struct lio_error *err)
{
    return lio_error_set(
        err, LIO_ECORRUPT, "%s: column '%s', page %" PRIu32 ": %s",
        file_of(cutter), column_of(cutter), cutter->ref.page, what);
}

/* -- asking -------------------------------------------------------------- */

static struct lio_source_read read_of(const struct lio_cutter *cutter,
                                      uint32_t buffer, uint64_t at,
                                      struct lio_mem *into)
{
    return (struct lio_source_read){
        .source = cutter->dataset->files[cutter->ref.file].source,
        .offset = cutter->page->buffers[buffer].offset + at,
        .bytes = into->bytes,
        .into = into->data,
    };
}

static bool has_dictionary(const struct lio_page *page)
{
    return page->layout && page->layout->layout_case == LAYOUT(MINI_BLOCK) &&
           page->layout->mini_block->dictionary;
}

/* What all windows need: the words of chunks, and the dictionary.  Lists look
 * for their chunks themselves. */
static int ask_once(struct lio_cutter *cutter, struct lio_error *err)
{
    const struct lio_page *page = cutter->page;
    struct lio_source_read reads[2];
    uint32_t n = 0;

    if (cutter->kind == LIO_CUT_CHUNKS)
        cutter->chunks = lio_chunks_kept(cutter->dataset, &cutter->ref);
    if (cutter->kind == LIO_CUT_CHUNKS && !cutter->chunks) {
        cutter->asked =
            lio_pool_take(cutter->dataset->pool,
                          lio_chunks_count(page) * lio_chunks_word_bytes(page));
        if (!cutter->asked)
            return no_memory(cutter, err);
        reads[n++] = read_of(cutter, 0, 0, cutter->asked);
    }
    if (has_dictionary(page)) {
        cutter->items =
            lio_pool_take(cutter->dataset->pool, page->buffers[2].bytes);
        if (!cutter->items)
            return no_memory(cutter, err);
        reads[n++] = read_of(cutter, 2, 0, cutter->items);
    }
    return n > 0 ? lio_source_start(reads, n, &cutter->batch, err) : 0;
}

static int ask_entries(struct lio_cutter *cutter, uint64_t row,
                       struct lio_error *err)
{
    struct lio_entries *entries = &cutter->entries;
    struct lio_source_read read;
    uint64_t at, bytes;

    lio_entries_choose(entries, row, &at, &bytes);
    lio_mem_put(entries->mem);
    entries->mem = lio_pool_take(cutter->dataset->pool, bytes);
    if (!entries->mem)
        return no_memory(cutter, err);
    read = read_of(cutter, entries->buffer, at, entries->mem);
    return lio_source_start(&read, 1, &cutter->batch, err);
}

static int ask_levels(struct lio_cutter *cutter, struct lio_error *err)
{
    const struct lio_page *page = cutter->page;
    struct lio_source_read read;
    int rc = lio_level_rows_open(&cutter->levels, cutter->dataset, &cutter->ref,
                                 err);

    if (rc < 0 || !lio_constant_in_buffer(page->nbuffers))
        return rc;
    cutter->value =
        lio_pool_take(cutter->dataset->pool, page->buffers[0].bytes);
    if (!cutter->value)
        return no_memory(cutter, err);
    read = read_of(cutter, 0, 0, cutter->value);
    return lio_source_start(&read, 1, &cutter->batch, err);
}

static int ask(struct lio_cutter *cutter, uint64_t row, struct lio_error *err)
{
    switch (cutter->kind) {
    case LIO_CUT_CHUNKS:
    case LIO_CUT_PICKED:
        return ask_once(cutter, err);
    case LIO_CUT_ENTRIES:
        return ask_entries(cutter, row, err);
    case LIO_CUT_LEVELS:
        return ask_levels(cutter, err);
    default:
        return 0;
    }
}

static int sum_chunks(struct lio_cutter *cutter, struct lio_error *err)
{
    int rc = lio_chunks_sum(cutter->dataset, &cutter->ref, cutter->asked,
                            &cutter->chunks);
    lio_mem_put(cutter->asked);
    cutter->asked = NULL;
    if (rc == LIO_ENOMEM)
        return no_memory(cutter, err);
    return rc < 0 ? corrupt(cutter, "its chunks do not have its bytes and rows",
                            err)
                  : 0;
}

/* Here, not with each window, which took longer than all else. */
static int open_dictionary(struct lio_cutter *cutter, struct lio_error *err)
{
    const struct lio_dictionary *dictionary = &cutter->dictionary;
    const struct lio_type *type = type_of(cutter);
    int rc = lio_load_dictionary(cutter->dataset, &cutter->ref, cutter->items,
                                 &cutter->dictionary, err);

    lio_mem_put(cutter->items);
    cutter->items = NULL;
    if (rc == 0 && type->kind == LIO_KIND_VARIABLE && dictionary->nitems > 0)
        cutter->row_bits = bits_of_row(
            cutter->page, type->bits + repeated_bits(dictionary->strings.bytes /
                                                     dictionary->nitems));
    return rc;
}

/* What compressed buffers hold must be enough, too. */
static int open_packed(struct lio_cutter *cutter, struct lio_error *err)
{
    int rc = lio_cut_packed_wait(&cutter->packed, err);

    if (rc < 0)
        return rc;
    if (cutter->kind == LIO_CUT_ENTRIES) {
        cutter->entries.data_bytes = cutter->packed.bytes[cutter->entries.data];
        return 0;
    }
    for (uint32_t i = 0; i < cutter->page->nbuffers; i++)
        if (cutter->packed.unpacks[i] &&
            (cutter->page->rows * cutter->bits[i] + 7) / 8 >
                cutter->packed.bytes[i])
            return corrupt(cutter,
                           "its rows are not in what a buffer of it is "
                           "decompressed to",
                           err);
    return 0;
}

int lio_cutter_wait(struct lio_cutter *cutter, struct lio_error *err)
{
    struct lio_source_batch *batch = cutter->batch;
    int rc;

    cutter->batch = NULL;
    rc = batch ? lio_source_finish(batch, err) : 0;
    if (rc == 0 && cutter->asked)
        rc = sum_chunks(cutter, err);
    if (rc == 0 && cutter->items)
        rc = open_dictionary(cutter, err);
    if (rc == 0 && lio_cut_packed_waits(&cutter->packed))
        rc = open_packed(cutter, err);
    return rc;
}

int lio_cutter_ready(struct lio_cutter *cutter, uint64_t row, bool *ret_ready,
                     struct lio_error *err)
{
    int rc = 0;

    if (!cutter->batch && cutter->kind == LIO_CUT_ENTRIES &&
        !lio_entries_has(&cutter->entries, row))
        rc = ask_entries(cutter, row, err);
    *ret_ready = !cutter->batch && !lio_cut_packed_waits(&cutter->packed);
    return rc;
}

static void choose_kind(struct lio_cutter *cutter,
                        const struct lio_cut_limits *limits)
{
    const struct lio_dataset *dataset = cutter->dataset;

    cutter->kind = kind_of_page(cutter);
    if (!fits(cutter, limits)) {
        if (cutter->kind == LIO_CUT_NOT)
            lio_pool_count_whole(dataset->pool, lio_page_bytes(cutter->page));
    } else if (!lio_cut_packed_any(&cutter->packed, cutter->page)) {
        cutter->kind = LIO_CUT_NOT;
    }
}

int lio_cutter_open(struct lio_cutter *cutter,
                    const struct lio_dataset *dataset,
                    const struct lio_page_ref *ref, uint64_t row,
                    const struct lio_cut_limits *limits, struct lio_error *err)
{
    const struct lio_column *column =
        &dataset->files[ref->file].columns[ref->column];
    int rc = lio_dataset_check_field(dataset, ref->field, err);

    if (rc < 0)
        return rc;
    *cutter = (struct lio_cutter){ .dataset = dataset,
                                   .ref = *ref,
                                   .page = &column->pages[ref->page] };
    cutter->row_bits = bits_of_row(
        cutter->page,
        decoded_bits(cutter->page, &dataset->schema.fields[ref->field].type));
    choose_kind(cutter, limits);
    rc = ask(cutter, row, err);
    if (rc == 0 && lio_cut_packed_any(&cutter->packed, cutter->page))
        rc = lio_cut_packed_open(&cutter->packed, dataset, ref, err);
    if (rc < 0)
        lio_cutter_release(cutter);
    return rc;
}

void lio_cutter_release(struct lio_cutter *cutter)
{
    lio_source_abandon(cutter->batch);
    lio_mem_put(cutter->asked);
    lio_mem_put(cutter->chunks);
    lio_mem_put(cutter->items);
    lio_dictionary_release(&cutter->dictionary);
    lio_mem_put(cutter->entries.mem);
    lio_level_rows_release(&cutter->levels);
    lio_mem_put(cutter->value);
    lio_cut_packed_release(&cutter->packed);
    *cutter = (struct lio_cutter){ 0 };
}

/* -- where --------------------------------------------------------------- */

/* The end of a window of up to `most` rows from `first` on: where batches end,
 * if that can be, so that they need not be put together from two windows. */
static uint64_t choose_end(const struct lio_cutter *cutter, uint64_t first,
                           uint64_t end, uint64_t most,
                           const struct lio_cut_limits *limits)
{
    uint64_t decoded = rows_within(limits->decoded, cutter->row_bits);
    uint64_t stop, past;

    most = most < decoded ? most : decoded;
    most = most > 0 ? most : 1;
    if (most >= end - first)
        return end;
    stop = first + most;
    if (limits->align == 0)
        return stop;
    past = (stop - limits->align_from) % limits->align;
    if (past < most)
        return stop - past;
    /* Batches larger than windows: rather a larger window than a copy. */
    if (limits->align - past > most)
        return stop;
    stop += limits->align - past;
    return stop < end ? stop : end;
}

/* -- cutting ------------------------------------------------------------- */

/* Where the window's bytes start in a buffer of the page. */
static uint64_t start_in(const struct lio_cutter *cutter,
                         const struct lio_cut *cut, uint32_t buffer)
{
    switch (cutter->kind) {
    case LIO_CUT_FIXED:
        return cut->first * cutter->bits[buffer] / 8;
    case LIO_CUT_CHUNKS:
    case LIO_CUT_ENTRIES:
        return cut->at;
    default:
        return 0;
    }
}

static bool is_packed(const struct lio_cutter *cutter, uint32_t buffer)
{
    return cutter->packed.unpacks[buffer] != NULL;
}

/* Of a buffer that is compressed, which no bytes of the file bound. */
static int take_unpacked(struct lio_cutter *cutter, struct lio_cut *cut,
                         uint32_t buffer, uint64_t bytes, struct lio_error *err)
{
    if (bytes > cutter->dataset->page_decoded_max)
        return corrupt(cutter,
                       "a row of it is decompressed to more than the "
                       "limit for a page",
                       err);
    cut->load.buffers[buffer] = lio_pool_take(cutter->dataset->pool, bytes);
    cut->page.unpacked |= UINT64_C(1) << buffer;
    return cut->load.buffers[buffer] ? 0 : no_memory(cutter, err);
}

/* Chunks are decoded wherever they are. */
static int take_buffer(struct lio_cutter *cutter, struct lio_cut *cut,
                       uint32_t buffer, uint64_t bytes, struct lio_error *err)
{
    uint64_t at = start_in(cutter, cut, buffer);

    cut->bytes += bytes;
    if (is_packed(cutter, buffer))
        return take_unpacked(cutter, cut, buffer, bytes, err);
    cut->load.buffers[buffer] =
        lio_load_memory(cutter->dataset, cutter->ref.file,
                        cutter->page->buffers[buffer].offset + at, bytes,
                        cutter->kind != LIO_CUT_CHUNKS);
    return cut->load.buffers[buffer] ? 0 : no_memory(cutter, err);
}

/* Rows of whole bytes, or of bits that start with a byte. */
static int cut_fixed(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                     const struct lio_cut_limits *limits, struct lio_cut *cut,
                     struct lio_error *err)
{
    uint64_t row_bits = 0;
    int rc = 0;

    cut->first = row;
    for (uint32_t i = 0; i < cutter->page->nbuffers; i++) {
        /* Each is less than the page's bits over its rows: no overflow. */
        row_bits += cutter->bits[i];
        if (cutter->bits[i] % 8 != 0)
            cut->first = row - row % 8;
    }
    cut->page.rows = choose_end(cutter, row, end,
                                rows_within(limits->stored, row_bits), limits) -
                     cut->first;
    for (uint32_t i = 0; i < cutter->page->nbuffers && rc == 0; i++)
        rc = take_buffer(cutter, cut, i,
                         (cut->page.rows * cutter->bits[i] + 7) / 8, err);
    return rc;
}

/* The last chunk that ends within `bytes`, but not before chunk `from`. */
static uint64_t last_within(const struct lio_mem *chunks, uint64_t from,
                            uint64_t bytes)
{
    const struct lio_chunk_end *ends = lio_chunks_ends(chunks);
    uint64_t low = from, high = chunks->bytes / sizeof(*ends) - 1;

    while (low < high) {
        uint64_t middle = high - (high - low) / 2;

        if (ends[middle].bytes <= bytes)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Of chunks `from` to `last`, which rows are all there, and `row` is one. */
static void set_rows(const struct lio_cutter *cutter, uint64_t from,
                     uint64_t last, struct lio_cut *cut)
{
    uint64_t items = lio_page_row_items(cutter->page);
    uint64_t start = lio_chunks_start(cutter->chunks, from).rows;
    uint64_t end = lio_chunks_ends(cutter->chunks)[last].rows;

    cut->page.rows = end / items - cut->first;
    cut->items = end - start;
    cut->run =
        (struct lio_run){ cut->first * items - start, cut->page.rows * items };
    cut->runs = (struct lio_runs){ 1, &cut->run };
    if (cut->run.n < cut->items)
        cut->page.runs = &cut->runs;
}

static int cut_chunks(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                      const struct lio_cut_limits *limits, struct lio_cut *cut,
                      struct lio_error *err)
{
    const struct lio_mem *chunks = cutter->chunks;
    uint64_t items = lio_page_row_items(cutter->page);
    uint64_t from = lio_chunks_find(chunks, 0, row * items), last;
    struct lio_chunk_end start = lio_chunks_start(chunks, from);
    uint64_t most, stop;
    int rc;

    /* The first that begins there; rows[from] is not before it. */
    cut->first = start.rows / items + (start.rows % items > 0);
    most = start.bytes + limits->stored < start.bytes
               ? UINT64_MAX
               : start.bytes + limits->stored;
    last = last_within(chunks, from, most);
    most = lio_chunks_ends(chunks)[last].rows / items;
    most = most > cut->first ? most - cut->first : 1;
    stop = choose_end(cutter, cut->first, end, most, limits);
    stop = stop > row ? stop : row + 1;
    last = lio_chunks_find(chunks, from, stop * items - 1);
    cut->at = start.bytes;
    set_rows(cutter, from, last, cut);
    rc = take_buffer(cutter, cut, 1,
                     lio_chunks_ends(chunks)[last].bytes - start.bytes, err);
    if (rc == 0)
        rc = take_buffer(
            cutter, cut, 0,
            (last - from + 1) * lio_chunks_word_bytes(cutter->page), err);
    for (uint64_t i = from; i <= last && rc == 0; i++)
        lio_chunks_put_word(cutter->page, chunks, i, cut->load.buffers[0],
                            i - from);
    return rc;
}

static int cut_entries(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                       const struct lio_cut_limits *limits, struct lio_cut *cut,
                       struct lio_error *err)
{
    const struct lio_entries *entries = &cutter->entries;
    uint64_t last = entries->first + entries->n, most;
    int rc = 0;

    end = end < last ? end : last;
    if (!lio_entries_within(entries, row, end, limits->stored, &most))
        return corrupt(cutter, "its values do not lie in order in their bytes",
                       err);
    cut->first = row;
    end = choose_end(cutter, row, end, most, limits);
    /* A little more than fits, perhaps, to the end of a batch. */
    if (!lio_entries_within(entries, row, end, UINT64_MAX, &cut->page.rows))
        return corrupt(cutter, "its values do not lie in order in their bytes",
                       err);
    cut->at = lio_entries_start(entries, row);
    if (entries->lists)
        cut->page.first_item += cut->at;
    else
        rc = take_buffer(cutter, cut, entries->data,
                         lio_entries_start(entries, end) - cut->at, err);
    if (!entries->ends) {
        cut->page.nbuffers = 1; /* the index is not needed any more */
        return rc;
    }
    if (rc == 0)
        rc = take_buffer(cutter, cut, entries->buffer,
                         cut->page.rows * entries->width, err);
    if (rc == 0)
        lio_entries_rebase(entries, row, cut->load.buffers[entries->buffer]);
    return rc;
}

/* As many rows as are so long on the average, but not of twice the entries. */
static int cut_levels(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                      const struct lio_cut_limits *limits, struct lio_cut *cut,
                      struct lio_error *err)
{
    uint64_t n = choose_end(cutter, row, end, UINT64_MAX, limits) - row, most;
    uint32_t nbuffers = cutter->page->nbuffers;
    struct lio_level_part part = { 0 };
    int rc;

    if (!lio_checked_mul(row_values(cutter->page) * 2, n, &most))
        most = UINT64_MAX;
    rc = lio_level_rows_take(&cutter->levels, row, n, most, &part, err);
    cut->first = row;
    cut->page.rows = part.rows;
    /* What it decodes to: it has hardly any bytes of the file. */
    cut->bytes = (part.entries > part.rows ? part.entries : part.rows) *
                 (cutter->row_bits / row_values(cutter->page) / 8);
    if (lio_constant_in_buffer(nbuffers))
        cut->load.buffers[0] = lio_mem_get(cutter->value);
    if (rc == 0 && lio_level_part_move(&part, cut->load.buffers, nbuffers) < 0)
        rc = no_memory(cutter, err);
    lio_level_part_release(&part);
    return rc;
}

/* -- picked -------------------------------------------------------------- */

struct lio_cut_picked {
    struct lio_pick pick;
    struct lio_reads reads; /* of the rows themselves */
    uint64_t rows[];        /* all of the window */
};

static void release_picked(struct lio_cut_picked *picked)
{
    if (!picked)
        return;
    lio_pick_release(&picked->pick);
    lio_reads_release(&picked->reads);
    free(picked);
}

/* Find out where the rows are.  What says that is kept for the next window, or
 * short. */
static int find_rows(struct lio_cut_picked *picked, struct lio_error *err)
{
    struct lio_reads asked = { 0 };
    int rc = lio_pick_ask(&picked->pick, &asked, err);

    if (rc == 0 && asked.n > 0)
        rc = lio_source_read(asked.all, asked.n, err);
    lio_reads_release(&asked);
    return rc < 0 ? rc : lio_pick_get(&picked->pick, &picked->reads, err);
}

static int cut_picked(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                      const struct lio_cut_limits *limits, struct lio_cut *cut,
                      struct lio_error *err)
{
    const struct lio_page *page = cutter->page;
    uint64_t row_bytes = lio_page_bytes(page) / page->rows + 1, n;
    int rc;

    n = choose_end(cutter, row, end, limits->stored / row_bytes, limits) - row;
    cut->picked = calloc(1, sizeof(*cut->picked) +
                                (size_t)n * sizeof(cut->picked->rows[0]));
    if (!cut->picked)
        return no_memory(cutter, err);
    cut->first = row;
    cut->page.rows = n;
    for (uint64_t i = 0; i < n; i++)
        cut->picked->rows[i] = row + i;
    rc = lio_pick_init(&cut->picked->pick, cutter->dataset, &cutter->ref,
                       cut->picked->rows, n, err);
    cut->picked->pick.picked.dictionary = cut->page.dictionary;
    if (rc == 0)
        rc = find_rows(cut->picked, err);
    for (uint32_t i = 0; rc == 0 && i < cut->picked->reads.n; i++)
        cut->bytes += cut->picked->reads.all[i].bytes;
    return rc;
}

/* -- any ----------------------------------------------------------------- */

/* The layout with the numbers of the window. */
static void set_layout(const struct lio_cutter *cutter, struct lio_cut *cut)
{
    if (!cutter->page->layout || cutter->kind == LIO_CUT_NOT ||
        cutter->kind == LIO_CUT_PICKED)
        return;
    cut->layout = *cutter->page->layout;
    cut->page.layout = &cut->layout;
    if (cut->layout.layout_case == LAYOUT(MINI_BLOCK)) {
        cut->mini_block = *cut->layout.mini_block;
        cut->mini_block.nitems = cut->items;
        cut->layout.mini_block = &cut->mini_block;
    } else if (cut->layout.layout_case == LAYOUT(FULL_ZIP)) {
        cut->full_zip = *cut->layout.full_zip;
        cut->full_zip.nitems = lio_page_counted(&cut->page);
        cut->full_zip.nvisible_items = cut->full_zip.nitems;
        cut->layout.full_zip = &cut->full_zip;
    } else if (cutter->kind == LIO_CUT_LEVELS) {
        cut->constant = *cut->layout.constant;
        cut->constant.rep_compression = cut->constant.def_compression = NULL;
        cut->layout.constant = &cut->constant;
    }
}

/* What cannot be cut may take no more than what it decodes to may. */
static int cut_whole(struct lio_cutter *cutter, struct lio_cut *cut,
                     struct lio_error *err)
{
    uint64_t bytes = lio_page_bytes(cutter->page);
    int rc = 0;

    if (bytes > cutter->dataset->page_decoded_max)
        return lio_error_set(
            err, LIO_EUNSUPPORTED,
            "%s: column '%s', page %" PRIu32
            ": it cannot be read in parts, and its %" PRIu64
            " bytes are more than the %" PRIu64 " that may be held of one",
            file_of(cutter), column_of(cutter), cutter->ref.page, bytes,
            cutter->dataset->page_decoded_max);

    for (uint32_t i = 0; i < cutter->page->nbuffers && rc == 0; i++)
        rc = take_buffer(cutter, cut, i, cutter->page->buffers[i].bytes, err);
    return rc;
}

int lio_cutter_cut(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                   const struct lio_cut_limits *limits, struct lio_cut *cut,
                   struct lio_error *err)
{
    int rc = 0;

    *cut = (struct lio_cut){ .load = { .ref = cutter->ref },
                             .kind = cutter->kind };
    /* Shares all but what is set here, and is never released. */
    cut->page = *cutter->page;
    cut->load.page = &cut->page;
    if (cutter->kind != LIO_CUT_NOT && has_dictionary(cutter->page)) {
        cut->dictionary = lio_dictionary_share(&cutter->dictionary);
        cut->page.dictionary = &cut->dictionary;
    }
    switch (cutter->kind) {
    case LIO_CUT_NOT:
        rc = cut_whole(cutter, cut, err);
        break;
    case LIO_CUT_NOTHING:
        cut->first = row;
        cut->page.rows = choose_end(cutter, row, end, UINT64_MAX, limits) - row;
        break;
    case LIO_CUT_FIXED:
        rc = cut_fixed(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_CHUNKS:
        rc = cut_chunks(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_ENTRIES:
        rc = cut_entries(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_LEVELS:
        rc = cut_levels(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_PICKED:
        rc = cut_picked(cutter, row, end, limits, cut, err);
        break;
    }
    set_layout(cutter, cut);
    if (rc < 0) {
        lio_cut_release(cut);
        return rc;
    }
    assert(row - cut->first < cut->page.rows);
    return 0;
}

/* Whether a buffer is there already, by what was asked. */
static bool is_made(const struct lio_cutter *cutter, uint32_t buffer)
{
    return cutter->kind == LIO_CUT_LEVELS ||
           (cutter->kind == LIO_CUT_CHUNKS && buffer != 1) ||
           (cutter->kind == LIO_CUT_ENTRIES &&
            (cutter->entries.lists || buffer != cutter->entries.data));
}

int lio_cutter_read(const struct lio_cutter *cutter, struct lio_cut *cut,
                    const struct lio_source_manner *manner,
                    struct lio_source_batch **ret_batch, struct lio_error *err)
{
    struct lio_source_read reads[LIO_PAGE_BUFFERS_MAX];
    uint32_t n = 0;

    if (cut->picked)
        return lio_source_start_with(manner, cut->picked->reads.all,
                                     cut->picked->reads.n, ret_batch, err);
    for (uint32_t i = 0; i < cut->page.nbuffers; i++) {
        struct lio_mem *into = cut->load.buffers[i];
        uint64_t at = start_in(cutter, cut, i);

        if (is_packed(cutter, i)) {
            if (lio_cut_packed_want(&cutter->packed, i, at, into, &cut->parts) <
                0)
                return no_memory(cutter, err);
        } else if (!is_made(cutter, i)) {
            reads[n++] = read_of(cutter, i, at, into);
        }
    }
    lio_cut_packed_go_on(&cutter->packed, manner);
    return lio_source_start_with(manner, reads, n, ret_batch, err);
}

/* -- decoding ------------------------------------------------------------ */

int lio_cut_decode(struct lio_cut *cut, const struct lio_dataset *dataset,
                   struct lio_slice *ret_slice, struct lio_error *err)
{
    struct lio_cut_picked *picked = cut->picked;
    struct lio_slice slice = { .from = 0 };
    int rc = lio_cut_parts_make(&cut->parts, err);

    if (rc < 0)
        return rc;
    rc = picked ? lio_pick_decode(&picked->pick, &slice.vector, err)
                : lio_load_decode(dataset, &cut->load, &slice.vector, err);
    if (rc < 0)
        return rc;
    slice.rows = picked ? picked->pick.nrows : slice.vector.rows;
    /* Rows that follow each other are picked so. */
    slice.from = picked ? picked->pick.places[0] : 0;
    assert(slice.rows <= slice.vector.rows - slice.from);
    *ret_slice = slice;
    return 0;
}

void lio_cut_release(struct lio_cut *cut)
{
    lio_cut_parts_release(&cut->parts);
    lio_load_release(&cut->load);
    lio_dictionary_release(&cut->dictionary);
    release_picked(cut->picked);
    cut->picked = NULL;
}
