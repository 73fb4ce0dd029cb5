/*
 * Files of 2.0 all of whose buffers are compressed as a whole.
 *
 * The format allows that anywhere; today's writers do it with the bytes of
 * strings alone.  So files of theirs are opened, and their buffers replaced by
 * compressed ones:
 *
 *     file in memory   | the file as it was | buffer | buffer | ...
 */
#include "tests/format/reading.h"

#include "column/compress.h"
#include "column/dataset.h"

#include <stdlib.h>
#include <lz4.h>
#include <zstd.h>

#define NROWS 50

static const char *const tables[] = {
    "binary_nullable", "bools",      "decimals",      "dictionary",
    "embeddings",      "comp_zstd",  "fsl_fsl",       "fsl_struct_20",
    "ints_nullable",   "lists",      "long_strings",  "low_cardinality",
    "multi_page",      "null_items", "packed_struct", "strings_nullable",
    "structs",         "blob",       "comp_fsst",     "temporal_nullable",
};

#define NTABLES (sizeof(tables) / sizeof(tables[0]))

/* -- compressing --------------------------------------------------------- */

struct growing {
    uint8_t *data;
    size_t bytes;
    uint32_t scheme;
};

static void *room_for(struct growing *file, size_t bytes)
{
    file->data = realloc(file->data, file->bytes + bytes);
    assert_non_null(file->data);
    return file->data + file->bytes;
}

static void append(struct growing *file, struct lio_bytes plain)
{
    size_t most = 8 + (file->scheme == LIO_SCHEME_LZ4
                           ? (size_t)LZ4_compressBound((int)plain.bytes)
                           : ZSTD_compressBound(plain.bytes));
    uint64_t head = plain.bytes;
    uint8_t *to;

    plain.data = memcpy(malloc(plain.bytes + 1), plain.data, plain.bytes);
    to = room_for(file, most);
    if (file->scheme == LIO_SCHEME_LZ4) {
        memcpy(to, &head, 4);
        file->bytes += 4 + (size_t)LZ4_compress_default(
                               (const char *)plain.data, (char *)to + 4,
                               (int)plain.bytes, (int)most - 4);
    } else {
        memcpy(to, &head, 8);
        file->bytes +=
            8 + ZSTD_compress(to + 8, most - 8, plain.data, plain.bytes, 1);
    }
    free((void *)(uintptr_t)plain.data);
}

static void pack_flat(struct growing *file, const struct lio_page *page,
                      Lio__Pb__FlatArray *flat)
{
    struct lio_buffer_info *buffer =
        &page->buffers[flat->buffer ? flat->buffer->index : 0];
    size_t at = file->bytes;

    if (flat->compression)
        return;
    append(file, (struct lio_bytes){ file->data + buffer->offset,
                                     (size_t)buffer->bytes });
    buffer->offset = at;
    buffer->bytes = file->bytes - at;
    flat->compression = malloc(sizeof(*flat->compression));
    lio__pb__buffer_scheme__init(flat->compression);
    flat->compression->scheme =
        strdup(file->scheme == LIO_SCHEME_LZ4 ? "lz4" : "zstd");
}

static void pack_array(struct growing *file, const struct lio_page *page,
                       Lio__Pb__ArrayEncoding *enc)
{
    if (!enc)
        return;
    switch (enc->array_case) {
    case LIO__PB__ARRAY_ENCODING__ARRAY_FLAT:
        pack_flat(file, page, enc->flat);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE:
        if (enc->nullable->nulls_case ==
            LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS)
            pack_array(file, page, enc->nullable->no_nulls->values);
        if (enc->nullable->nulls_case ==
            LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS) {
            pack_array(file, page, enc->nullable->some_nulls->validity);
            pack_array(file, page, enc->nullable->some_nulls->values);
        }
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_BINARY:
        pack_array(file, page, enc->binary->indices);
        pack_array(file, page, enc->binary->bytes);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_FSST:
        pack_array(file, page, enc->fsst->binary);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_LIST:
        pack_array(file, page, enc->list->offsets);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_FIXED_SIZE_LIST:
        pack_array(file, page, enc->fixed_size_list->items);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_DICTIONARY:
        pack_array(file, page, enc->dictionary->indices);
        pack_array(file, page, enc->dictionary->items);
        break;
    default:
        break;
    }
}

/* The dataset's file, as it is in memory; its bytes are the caller's. */
static uint8_t *pack_file(struct lio_data_file *file, uint32_t scheme)
{
    struct growing all = { .scheme = scheme };
    size_t bytes = (size_t)lio_source_size(file->source);
    const struct lio_source_read read = { .source = file->source,
                                          .bytes = bytes,
                                          .into = room_for(&all, bytes) };
    struct lio_source *packed;

    assert_int_equal(lio_source_read(&read, 1, NULL), 0);
    all.bytes = bytes;
    for (uint32_t i = 0; i < file->footer.ncolumns; i++)
        for (uint32_t k = 0; k < file->columns[i].npages; k++)
            pack_array(&all, &file->columns[i].pages[k],
                       file->columns[i].pages[k].array);
    assert_int_equal(lio_source_over(lio_source_name(file->source), all.data,
                                     all.bytes, &packed, NULL),
                     0);
    lio_source_close(file->source);
    file->source = packed;
    return all.data;
}

/* -- reading ------------------------------------------------------------- */

struct packed {
    struct lio_dataset *dataset;
    struct expected rows;
    uint8_t *bytes; /* of its file */
};

static void open_packed(const char *table, uint32_t scheme,
                        struct packed *packed)
{
    char *path = reading_path("types/%s/expected.ndjson", table);

    packed->dataset = reading_open("types/%s/v2_0.lance", table);
    assert_int_equal(packed->dataset->nfiles, 1);
    packed->bytes = pack_file(&packed->dataset->files[0], scheme);
    assert_int_equal(expected_load(path, &packed->rows), 0);
    free(path);
}

static void release(struct packed *packed)
{
    struct lio_dataset_memory memory;

    lio_dataset_memory(packed->dataset, &memory);
    assert_int_equal(memory.bytes, 0);
    lio_dataset_close(packed->dataset);
    free(packed->bytes);
    expected_release(&packed->rows);
}

static void scan(const struct packed *packed, uint64_t memory,
                 uint32_t batch_rows, uint64_t offset)
{
    const struct lio_scan scan = { .memory = memory,
                                   .batch_rows = batch_rows,
                                   .offset = offset };

    assert_int_equal(
        reading_compare_stream(packed->dataset, &scan, &packed->rows, offset),
        packed->rows.nrows - offset);
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* All columns: there is none that cannot be read. */
static void take(const struct packed *packed, const uint64_t *numbers, size_t n)
{
    struct expected wanted = { .rows = calloc(n, sizeof(char *)), .nrows = n };
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct lio_error err;

    for (size_t i = 0; i < n; i++)
        wanted.rows[i] = packed->rows.rows[numbers[i]];
    assert_int_equal(lio_scan_schema(packed->dataset, NULL, &schema, NULL), 0);
    if (lio_take_rows(packed->dataset, numbers, n, NULL, &array, &err) < 0)
        fail_msg("%s", err.msg);
    reading_compare(&wanted, 0, &schema, &array);
    reading_release(&array);
    reading_release_schema(&schema);
    free(wanted.rows);
}

static void take_some(const struct packed *packed)
{
    uint64_t numbers[NROWS], state = 1, rows = packed->rows.nrows;

    for (size_t i = 0; i < NROWS; i++)
        numbers[i] = draw(&state) % rows;
    numbers[0] = rows - 1;
    numbers[NROWS - 1] = 0;
    take(packed, numbers, NROWS);
    for (size_t i = 0; i < NROWS; i++)
        numbers[i] = (rows / 3 + i) % rows;
    take(packed, numbers, NROWS);
    take(packed, numbers, 1);
}

static void each_table_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < NTABLES; i++)
        for (uint32_t scheme = LIO_SCHEME_LZ4; scheme <= LIO_SCHEME_ZSTD;
             scheme++) {
            struct packed packed;

            open_packed(tables[i], scheme, &packed);
            scan(&packed, 0, 0, 0);
            scan(&packed, 1, 7, 0);
            scan(&packed, 1, 64, packed.rows.nrows / 2);
            scan(&packed, 1, 5, packed.rows.nrows - 3);
            take_some(&packed);
            release(&packed);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_table_is_read),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
