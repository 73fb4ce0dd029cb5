/*
 * Picking rows from pages: which way for which layout.
 */
#include "column/pick.h"

#include "column/array.h"
#include "column/compress.h"
#include "column/groups.h"
#include "column/level_rows.h"
#include "column/pool.h"

#include "common/checked.h"

#include <inttypes.h>
#include <stdlib.h>

#define PART_BYTES (UINT64_C(128) << 10)

/* -- which way ----------------------------------------------------------- */

/* What is found out of buffers. */
struct found {
    uint64_t *bits;    /* a row in each */
    uint32_t *schemes; /* how they are compressed; NULL: they may not be */
};

/* Note the bits a row in the buffer of a flat array. */
static bool add_flat(const struct lio_page *page,
                     const Lio__Pb__FlatArray *flat, uint64_t items,
                     const struct found *found)
{
    uint32_t scheme = lio_array_scheme(flat), index;

    if (!flat->buffer || flat->buffer->kind != 0 ||
        scheme == LIO_SCHEME_UNKNOWN || (scheme != 0 && !found->schemes))
        return false;
    index = flat->buffer->index;
    if (index >= page->nbuffers || found->bits[index] != 0 ||
        !lio_checked_mul(flat->bits, items, &found->bits[index]))
        return false;
    if (found->schemes)
        found->schemes[index] = scheme;
    return found->bits[index] > 0;
}

/* The same of packed structs, or lists of them, whose rows lie side by side. */
static bool add_packed(const struct lio_page *page,
                       const Lio__Pb__PackedStructArray *packed, uint64_t *bits)
{
    uint64_t bytes;
    uint32_t index;

    if (!packed->buffer || packed->buffer->kind != 0)
        return false;
    index = packed->buffer->index;
    if (index >= page->nbuffers || bits[index] != 0 || page->rows == 0)
        return false;
    bytes = page->buffers[index].bytes;
    bits[index] = bytes / page->rows * 8;
    return bytes % page->rows == 0 && bytes / page->rows <= UINT64_MAX / 8 &&
           bits[index] > 0;
}

/* Whether all of an array of 2.0 is of fixed width; `depth` bounds what a file
 * can nest, which is no more than lists of items with nulls. */
static bool is_fixed(const struct lio_page *page,
                     const Lio__Pb__ArrayEncoding *enc, uint64_t items,
                     unsigned depth, const struct found *found)
{
    if (!enc || depth == 0)
        return false;
    switch (enc->array_case) {
    case LIO__PB__ARRAY_ENCODING__ARRAY_FLAT:
        return add_flat(page, enc->flat, items, found);
    case LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE:
        if (enc->nullable->nulls_case ==
            LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS)
            return is_fixed(page, enc->nullable->no_nulls->values, items,
                            depth - 1, found);
        if (enc->nullable->nulls_case ==
            LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS)
            return is_fixed(page, enc->nullable->some_nulls->validity, items,
                            depth - 1, found) &&
                   is_fixed(page, enc->nullable->some_nulls->values, items,
                            depth - 1, found);
        return enc->nullable->nulls_case ==
               LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS;
    case LIO__PB__ARRAY_ENCODING__ARRAY_PACKED_STRUCT:
        return add_packed(page, enc->packed_struct, found->bits);
    case LIO__PB__ARRAY_ENCODING__ARRAY_DICTIONARY:
        /* The buffers of its values are left at 0 bits a row. */
        return is_fixed(page, enc->dictionary->indices, items, depth - 1,
                        found);
    case LIO__PB__ARRAY_ENCODING__ARRAY_FIXED_SIZE_LIST:
        return lio_checked_mul(items, enc->fixed_size_list->dimension,
                               &items) &&
               is_fixed(page, enc->fixed_size_list->items, items, depth - 1,
                        found);
    default:
        return false;
    }
}

/* What an array has values of, with nulls or not. */
static const Lio__Pb__ArrayEncoding *
values_of(const Lio__Pb__ArrayEncoding *enc)
{
    if (enc->array_case != LIO_ARRAY_CASE(NULLABLE))
        return enc;
    switch (enc->nullable->nulls_case) {
    case LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS:
        return enc->nullable->no_nulls->values;
    case LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS:
        return enc->nullable->some_nulls->values;
    default:
        return NULL;
    }
}

/* Whether the array is a dictionary, or of fixed-size lists of one. */
static bool is_dictionary(const Lio__Pb__ArrayEncoding *enc)
{
    while (enc) {
        enc = values_of(enc);
        if (!enc || enc->array_case != LIO_ARRAY_CASE(FIXED_SIZE_LIST))
            break;
        enc = enc->fixed_size_list->items;
    }
    return enc && enc->array_case == LIO_ARRAY_CASE(DICTIONARY);
}

/* Whether the buffers hold what they should, no less.  What those hold that are
 * compressed, they say themselves. */
static bool are_filled(const struct lio_page *page, bool dictionary,
                       const struct found *found)
{
    for (uint32_t i = 0; i < page->nbuffers; i++) {
        bool packed = found->schemes && found->schemes[i] != 0;
        uint64_t bits = found->bits[i], all;

        if (bits == 0 ? !dictionary
                      : !lio_checked_mul(page->rows, bits, &all) ||
                            all > UINT64_MAX - 7 ||
                            (!packed && (all + 7) / 8 > page->buffers[i].bytes))
            return false;
        /* Dictionaries are picked from. */
        if (packed && dictionary)
            return false;
    }
    return true;
}

static enum lio_pick_kind kind_of_fullzip(const struct lio_page *page,
                                          uint64_t *bits)
{
    const Lio__Pb__FullZipLayout *layout = page->layout->full_zip;
    uint64_t bytes = page->nbuffers > 0 ? page->buffers[0].bytes : 0;

    if (lio_pick_zipped_can(page))
        return LIO_PICK_ZIPPED;
    if (layout->bits_rep > 0 || layout->nitems != lio_page_counted(page) ||
        page->rows == 0)
        return LIO_PICK_NOT;
    if (layout->details_case ==
        LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET)
        return page->nbuffers == 2 ? LIO_PICK_VARIABLE : LIO_PICK_NOT;
    /* With its control word each row takes the same. */
    if (page->nbuffers != 1 || bytes == 0 || bytes % page->rows != 0 ||
        bytes / page->rows > UINT64_MAX / 8)
        return LIO_PICK_NOT;
    bits[0] = bytes / page->rows * 8;
    return LIO_PICK_FIXED;
}

/* Plain levels of rows without lists are values of fixed width. */
static enum lio_pick_kind kind_of_constant(const struct lio_page *page,
                                           uint64_t *bits)
{
    const Lio__Pb__ConstantLayout *layout = page->layout->constant;
    uint32_t def = page->nbuffers - 1;

    if (page->nbuffers == 0)
        return LIO_PICK_NOTHING;
    if (!lio_level_rows_can(page))
        return LIO_PICK_NOT;
    if (page->nbuffers < 2 || page->group > 0 || layout->def_compression ||
        page->buffers[def - 1].bytes > 0 ||
        page->buffers[def].bytes / sizeof(uint16_t) != page->rows)
        return LIO_PICK_LEVELS;
    bits[def] = 16;
    return LIO_PICK_DICTIONARY;
}

static enum lio_pick_kind kind_of_layout(const struct lio_page *page,
                                         uint64_t *bits)
{
    const Lio__Pb__MiniBlockLayout *mini_block;

    switch (page->layout->layout_case) {
    case LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK:
        mini_block = page->layout->mini_block;
        if (page->nbuffers < 2)
            return LIO_PICK_NOT;
        if (lio_pick_lists_can(page))
            return LIO_PICK_LISTS;
        return !mini_block->rep_compression &&
                       mini_block->repetition_index_depth == 0 &&
                       mini_block->nitems == lio_page_counted(page) &&
                       page->nbuffers == (mini_block->dictionary ? 3 : 2)
                   ? LIO_PICK_CHUNKS
                   : LIO_PICK_NOT;
    case LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP:
        return kind_of_fullzip(page, bits);
    case LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT:
        return kind_of_constant(page, bits);
    default:
        return LIO_PICK_NOT;
    }
}

enum lio_pick_kind lio_pick_kind(const struct lio_page *page, uint64_t *bits,
                                 uint32_t *schemes)
{
    const struct found found = { .bits = bits, .schemes = schemes };
    bool dictionary;

    memset(bits, 0, LIO_PAGE_BUFFERS_MAX * sizeof(*bits));
    if (schemes)
        memset(schemes, 0, LIO_PAGE_BUFFERS_MAX * sizeof(*schemes));
    if (page->layout)
        return kind_of_layout(page, bits);
    if (lio_pick_strings_can(page))
        return LIO_PICK_STRINGS;
    dictionary = is_dictionary(page->array);
    if (!is_fixed(page, page->array, 1, 8, &found) ||
        !are_filled(page, dictionary, &found))
        return LIO_PICK_NOT;
    if (dictionary)
        return LIO_PICK_DICTIONARY;
    return page->nbuffers > 0 ? LIO_PICK_FIXED : LIO_PICK_NOTHING;
}

/* -- messages and memory ------------------------------------------------- */

static const char *file_of(const struct lio_pick *pick)
{
    return lio_source_name(pick->dataset->files[pick->ref.file].source);
}

static const char *column_of(const struct lio_pick *pick)
{
    return pick->dataset->schema.fields[pick->ref.field].path;
}

int lio_pick_no_memory(const struct lio_pick *pick, struct lio_error *err)
{
    return lio_error_set(
        err, LIO_ENOMEM,
        "%s: column '%s', page %" PRIu32 ": no memory for %" PRIu64 " rows",
        file_of(pick), column_of(pick), pick->ref.page, pick->nrows);
}

int lio_pick_corrupt(const struct lio_pick *pick, const char *what,
                     struct lio_error *err)
{
    return lio_error_set(err, LIO_ECORRUPT,
                         "%s: column '%s', page %" PRIu32 ": %s", file_of(pick),
                         column_of(pick), pick->ref.page, what);
}

int lio_pick_read(const struct lio_pick *pick, struct lio_reads *reads,
                  uint32_t buffer, uint64_t at, uint64_t bytes, void *into,
                  struct lio_error *err)
{
    const struct lio_source_read read = {
        .source = pick->dataset->files[pick->ref.file].source,
        .offset = pick->page->buffers[buffer].offset + at,
        .bytes = (size_t)bytes,
        .into = into,
    };

    if (lio_reads_add(reads, &read) < 0)
        return lio_pick_no_memory(pick, err);
    return 0;
}

int lio_pick_buffer(struct lio_pick *pick, uint32_t buffer, uint64_t bytes,
                    struct lio_error *err)
{
    pick->buffers[buffer] = lio_pool_take(pick->dataset->pool, bytes);
    return pick->buffers[buffer] ? 0 : lio_pick_no_memory(pick, err);
}

int lio_pick_whole(struct lio_pick *pick, struct lio_reads *reads,
                   uint32_t buffer, struct lio_error *err)
{
    uint64_t bytes = pick->page->buffers[buffer].bytes;
    int rc = lio_pick_buffer(pick, buffer, bytes, err);

    return rc < 0 ? rc
                  : lio_pick_read(pick, reads, buffer, 0, bytes,
                                  pick->buffers[buffer]->data, err);
}

/* -- from rows to a vector ----------------------------------------------- */

int lio_pick_init(struct lio_pick *pick, const struct lio_dataset *dataset,
                  const struct lio_page_ref *ref, const uint64_t *rows,
                  uint64_t nrows, struct lio_error *err)
{
    *pick = (struct lio_pick){
        .dataset = dataset,
        .ref = *ref,
        .page = lio_dataset_page_of(dataset, ref),
        .rows = rows,
        .nrows = nrows,
    };
    pick->kind = lio_pick_kind(pick->page, pick->bits, NULL);
    /* Shares all but what is set here, and is never released. */
    pick->picked = *pick->page;
    pick->picked.rows = nrows;
    pick->places = malloc((size_t)nrows * sizeof(*pick->places));
    if (!pick->places)
        return lio_pick_no_memory(pick, err);
    for (uint64_t i = 0; i < nrows; i++)
        pick->places[i] = i;
    return 0;
}

void lio_pick_release(struct lio_pick *pick)
{
    for (uint32_t i = 0; i < LIO_PAGE_BUFFERS_MAX; i++)
        lio_mem_put(pick->buffers[i]);
    lio_mem_put(pick->asked);
    lio_mem_put(pick->restarts);
    lio_mem_put(pick->wanted);
    lio_mem_put(pick->chunks);
    free(pick->runs.all);
    free(pick->places);
    *pick = (struct lio_pick){ 0 };
}

int lio_pick_ask(struct lio_pick *pick, struct lio_reads *reads,
                 struct lio_error *err)
{
    switch (pick->kind) {
    case LIO_PICK_CHUNKS:
        return lio_pick_chunks_ask(pick, reads, err);
    case LIO_PICK_VARIABLE:
    case LIO_PICK_ZIPPED:
        return lio_pick_variable_ask(pick, reads, err);
    case LIO_PICK_LISTS:
        return lio_pick_lists_ask(pick, reads, err);
    case LIO_PICK_STRINGS:
        return lio_pick_strings_ask(pick, reads, err);
    default:
        return 0;
    }
}

/* Chunks of a part: as much as stays in a processor's caches while it is read,
 * decoded, and let go.  Each part has the dictionary, too. */
static struct lio_pick_limits limits_of(const struct lio_pick *pick)
{
    const struct lio_type *type =
        &pick->dataset->schema.fields[pick->ref.field].type;
    uint64_t bits = lio_type_is_fixed(type) ? lio_type_bits(type) : type->bits;
    uint64_t dictionary = pick->page->layout->mini_block->dictionary
                              ? pick->page->buffers[2].bytes
                              : 0;
    uint64_t bytes = dictionary > PART_BYTES / 8 ? dictionary * 8 : PART_BYTES;

    return (struct lio_pick_limits){ bytes, bytes / (bits / 8 + 1) * 4 };
}

bool lio_pick_exceeds(const struct lio_pick *pick,
                      const struct lio_pick_limits *limits, uint64_t bytes,
                      uint64_t items)
{
    return bytes > limits->bytes ||
           items / lio_page_row_items(pick->page) > limits->rows;
}

bool lio_pick_has_parts(const struct lio_pick *pick)
{
    return pick->kind == LIO_PICK_CHUNKS || pick->kind == LIO_PICK_LISTS;
}

int lio_pick_cut(struct lio_pick *pick, uint64_t i, uint64_t *ret_rows,
                 uint64_t *ret_bytes, struct lio_error *err)
{
    const struct lio_pick_limits limits = limits_of(pick);

    return pick->kind == LIO_PICK_CHUNKS
               ? lio_pick_chunks_cut(pick, i, &limits, ret_rows, ret_bytes, err)
               : lio_pick_lists_cut(pick, i, &limits, ret_rows, ret_bytes, err);
}

int lio_pick_part(const struct lio_pick *pick, uint64_t i, uint64_t nrows,
                  struct lio_pick *ret_part, struct lio_error *err)
{
    int rc = lio_pick_init(ret_part, pick->dataset, &pick->ref, pick->rows + i,
                           nrows, err);

    if (rc == 0)
        ret_part->chunks = lio_mem_get(pick->chunks);
    return rc;
}

int lio_pick_get(struct lio_pick *pick, struct lio_reads *reads,
                 struct lio_error *err)
{
    switch (pick->kind) {
    case LIO_PICK_FIXED:
    case LIO_PICK_DICTIONARY:
        return lio_pick_fixed_get(pick, reads, err);
    case LIO_PICK_CHUNKS:
        return lio_pick_chunks_get(pick, reads, err);
    case LIO_PICK_VARIABLE:
    case LIO_PICK_ZIPPED:
        return lio_pick_variable_get(pick, reads, err);
    case LIO_PICK_LISTS:
        return lio_pick_lists_get(pick, reads, err);
    case LIO_PICK_STRINGS:
        return lio_pick_strings_get(pick, reads, err);
    case LIO_PICK_LEVELS:
        return lio_pick_levels_get(pick, reads, err);
    default:
        return 0;
    }
}

static void set_mini_block(struct lio_pick *pick, uint64_t slots)
{
    pick->mini_block = *pick->page->layout->mini_block;
    pick->mini_block.nitems = slots;
    pick->layout = *pick->page->layout;
    pick->layout.mini_block = &pick->mini_block;
    pick->picked.layout = &pick->layout;
}

static void set_full_zip(struct lio_pick *pick, uint64_t entries,
                         uint64_t slots)
{
    pick->full_zip = *pick->page->layout->full_zip;
    pick->full_zip.nitems = entries;
    pick->full_zip.nvisible_items = slots;
    pick->layout = *pick->page->layout;
    pick->layout.full_zip = &pick->full_zip;
    pick->picked.layout = &pick->layout;
}

static void set_constant(struct lio_pick *pick)
{
    pick->constant = *pick->page->layout->constant;
    pick->constant.rep_compression = pick->constant.def_compression = NULL;
    pick->layout = *pick->page->layout;
    pick->layout.constant = &pick->constant;
    pick->picked.layout = &pick->layout;
}

/* The layout with the numbers of the picked page. */
static void set_layout(struct lio_pick *pick)
{
    switch (pick->kind) {
    case LIO_PICK_CHUNKS:
    case LIO_PICK_LISTS:
        set_mini_block(pick, pick->slots);
        break;
    case LIO_PICK_ZIPPED:
        set_full_zip(pick, pick->entries, pick->slots);
        break;
    case LIO_PICK_LEVELS:
        set_constant(pick);
        break;
    case LIO_PICK_FIXED:
    case LIO_PICK_VARIABLE:
        if (pick->page->layout)
            set_full_zip(pick, lio_page_counted(&pick->picked),
                         lio_page_counted(&pick->picked));
        break;
    default:
        break;
    }
}

/* Have no more decoded to rows than is wanted, where chunks begin and end
 * within rows; these then lie one after the other. */
static int set_runs(struct lio_pick *pick, struct lio_error *err)
{
    pick->runs.all = calloc((size_t)pick->nrows, sizeof(*pick->runs.all));
    if (!pick->runs.all)
        return lio_pick_no_memory(pick, err);
    for (uint64_t i = 0; i < pick->nrows; i++) {
        lio_runs_add(&pick->runs, pick->places[i], pick->page->group);
        pick->places[i] = i;
    }
    pick->picked.rows = pick->nrows;
    pick->picked.runs = &pick->runs;
    return 0;
}

int lio_pick_decode(struct lio_pick *pick, struct lio_vector *ret_vector,
                    struct lio_error *err)
{
    struct lio_load load = { .ref = pick->ref, .page = &pick->picked };
    int rc = 0;

    if (pick->kind == LIO_PICK_FIXED || pick->kind == LIO_PICK_DICTIONARY)
        lio_pick_fixed_pack(pick);
    if (pick->kind == LIO_PICK_ZIPPED)
        rc = lio_pick_zipped_count(pick, err);
    if (lio_pick_has_parts(pick) && pick->page->group > 0)
        rc = set_runs(pick, err);
    if (rc < 0)
        return rc;
    set_layout(pick);
    memcpy(load.buffers, pick->buffers, sizeof(load.buffers));
    return lio_load_decode(pick->dataset, &load, ret_vector, err);
}
