/*
 * A file of version 2.0 put together by hand, whose arrays lie in buffers that
 * are not their page's:
 *
 *     s    strings of two pages: codes in the pages, where the values end in
 *          a buffer of the column, and their bytes in one of the file
 *     n    int16 in a buffer of the column, and nothing in the page
 */
#include "column/borrowed.h"
#include "column/dataset.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#define ROWS 7

static const uint8_t codes[] = { 1, 2, 0, 2, /* */ 2, 1, 1 };
static const uint64_t ends[] = { 2, 5 };
static const char text[] = "abcde";
static const int16_t numbers[ROWS] = { 7, 8, 9, 10, -11, 12, 13 };

/* Where things are, before the schema. */
enum place { CODES_AT = 0, ENDS_AT = 64, TEXT_AT = 128, NUMBERS_AT = 192 };

#define DATA_BYTES 256

struct file {
    uint8_t bytes[4096];
    size_t nbytes;
    /* What a test may change. */
    Lio__Pb__BufferRef codes_in, ends_in, text_in, numbers_in;
    uint64_t numbers_at;
};

static void append(struct file *file, const void *bytes, size_t n)
{
    assert_true(n <= sizeof(file->bytes) - file->nbytes);
    memcpy(file->bytes + file->nbytes, bytes, n);
    file->nbytes += n;
}

static void append_message(struct file *file, const ProtobufCMessage *message)
{
    size_t n = protobuf_c_message_get_packed_size(message);

    assert_true(n <= sizeof(file->bytes) - file->nbytes);
    file->nbytes +=
        protobuf_c_message_pack(message, file->bytes + file->nbytes);
}

static Lio__Pb__BufferRef ref(uint32_t index, uint32_t kind)
{
    Lio__Pb__BufferRef made = LIO__PB__BUFFER_REF__INIT;

    made.has_index = made.has_kind = 1;
    made.index = index;
    made.kind = kind;
    return made;
}

static void append_schema(struct file *file)
{
    Lio__Pb__Field fields[] = { LIO__PB__FIELD__INIT, LIO__PB__FIELD__INIT };
    Lio__Pb__Field *list[] = { &fields[0], &fields[1] };
    Lio__Pb__Schema schema = LIO__PB__SCHEMA__INIT;
    Lio__Pb__FileDescriptor descriptor = LIO__PB__FILE_DESCRIPTOR__INIT;

    for (int i = 0; i < 2; i++) {
        fields[i].name = (char *)(uintptr_t)(i ? "n" : "s");
        fields[i].logical_type = (char *)(uintptr_t)(i ? "int16" : "string");
        fields[i].has_id = fields[i].has_parent_id = 1;
        fields[i].id = i;
        fields[i].parent_id = -1;
        fields[i].has_nullable = fields[i].nullable = 1;
    }
    schema.n_fields = 2;
    schema.fields = list;
    descriptor.schema = &schema;
    descriptor.has_rows = 1;
    descriptor.rows = ROWS;
    append_message(file, &descriptor.base);
}

static void pack_flat(Lio__Pb__FlatArray *flat, Lio__Pb__ArrayEncoding *enc,
                      uint64_t bits, Lio__Pb__BufferRef *buffer)
{
    lio__pb__flat_array__init(flat);
    flat->has_bits = 1;
    flat->bits = bits;
    flat->buffer = buffer;
    lio__pb__array_encoding__init(enc);
    enc->array_case = LIO__PB__ARRAY_ENCODING__ARRAY_FLAT;
    enc->flat = flat;
}

/* A column whose pages have the same encoding. */
static void append_column(struct file *file, const Lio__Pb__ArrayEncoding *enc,
                          Lio__Pb__ColumnPage *pages, size_t npages,
                          uint64_t buffer_at, uint64_t buffer_bytes)
{
    uint8_t enc_bytes[200], any_bytes[300];
    Lio__Pb__AnyMessage any = LIO__PB__ANY_MESSAGE__INIT;
    Lio__Pb__DirectEncoding direct = LIO__PB__DIRECT_ENCODING__INIT;
    Lio__Pb__Encoding encoding = LIO__PB__ENCODING__INIT;
    Lio__Pb__ColumnMetadata column = LIO__PB__COLUMN_METADATA__INIT;
    Lio__Pb__ColumnPage *list[2];

    any.type_url = (char *)(uintptr_t) "/lance.encodings.ArrayEncoding";
    any.has_value = 1;
    any.value.data = enc_bytes;
    any.value.len = protobuf_c_message_pack(&enc->base, enc_bytes);
    direct.has_any = 1;
    direct.any.data = any_bytes;
    direct.any.len = protobuf_c_message_pack(&any.base, any_bytes);
    encoding.location_case = LIO__PB__ENCODING__LOCATION_DIRECT;
    encoding.direct = &direct;
    for (size_t i = 0; i < npages; i++) {
        pages[i].encoding = &encoding;
        list[i] = &pages[i];
    }
    column.n_pages = npages;
    column.pages = list;
    column.n_buffer_at = column.n_buffer_bytes = 1;
    column.buffer_at = &buffer_at;
    column.buffer_bytes = &buffer_bytes;
    append_message(file, &column.base);
}

static Lio__Pb__ColumnPage make_page(uint64_t rows, uint64_t *at,
                                     uint64_t *bytes, size_t nbuffers)
{
    Lio__Pb__ColumnPage page = LIO__PB__COLUMN_PAGE__INIT;

    page.has_rows = 1;
    page.rows = rows;
    page.n_buffer_at = page.n_buffer_bytes = nbuffers;
    page.buffer_at = at;
    page.buffer_bytes = bytes;
    return page;
}

static void append_strings(struct file *file)
{
    Lio__Pb__FlatArray flats[3];
    Lio__Pb__ArrayEncoding arrays[3], items = LIO__PB__ARRAY_ENCODING__INIT,
                                      enc = LIO__PB__ARRAY_ENCODING__INIT;
    Lio__Pb__BinaryArray binary = LIO__PB__BINARY_ARRAY__INIT;
    Lio__Pb__DictionaryArray dictionary = LIO__PB__DICTIONARY_ARRAY__INIT;
    uint64_t at[] = { CODES_AT, CODES_AT + 4 }, bytes[] = { 4, 3 };
    Lio__Pb__ColumnPage pages[] = { make_page(4, &at[0], &bytes[0], 1),
                                    make_page(3, &at[1], &bytes[1], 1) };

    pack_flat(&flats[0], &arrays[0], 8, &file->codes_in);
    pack_flat(&flats[1], &arrays[1], 64, &file->ends_in);
    pack_flat(&flats[2], &arrays[2], 8, &file->text_in);
    binary.indices = &arrays[1];
    binary.bytes = &arrays[2];
    binary.has_null_adjustment = 1;
    binary.null_adjustment = sizeof(text);
    items.array_case = LIO__PB__ARRAY_ENCODING__ARRAY_BINARY;
    items.binary = &binary;
    dictionary.indices = &arrays[0];
    dictionary.items = &items;
    dictionary.has_nitems = 1;
    dictionary.nitems = 2;
    enc.array_case = LIO__PB__ARRAY_ENCODING__ARRAY_DICTIONARY;
    enc.dictionary = &dictionary;
    append_column(file, &enc, pages, 2, ENDS_AT, sizeof(ends));
}

static void append_numbers(struct file *file)
{
    Lio__Pb__FlatArray flat;
    Lio__Pb__ArrayEncoding enc;
    Lio__Pb__ColumnPage page = make_page(ROWS, NULL, NULL, 0);

    pack_flat(&flat, &enc, 16, &file->numbers_in);
    append_column(file, &enc, &page, 1, file->numbers_at, sizeof(numbers));
}

static void build(struct file *file)
{
    const uint16_t version[] = { 0, 3 };
    const uint32_t counts[] = { 2, 2 };
    uint64_t columns_at[3], schema_bytes, tables[8], places[3];

    memset(file->bytes, 0, DATA_BYTES);
    memcpy(file->bytes + CODES_AT, codes, sizeof(codes));
    memcpy(file->bytes + ENDS_AT, ends, sizeof(ends));
    memcpy(file->bytes + TEXT_AT, text, strlen(text));
    memcpy(file->bytes + NUMBERS_AT, numbers, sizeof(numbers));
    file->nbytes = DATA_BYTES;
    append_schema(file);
    schema_bytes = file->nbytes - DATA_BYTES;
    columns_at[0] = file->nbytes;
    append_strings(file);
    columns_at[1] = file->nbytes;
    append_numbers(file);
    columns_at[2] = file->nbytes;
    for (int i = 0; i < 2; i++) {
        tables[i * 2] = columns_at[i];
        tables[i * 2 + 1] = columns_at[i + 1] - columns_at[i];
    }
    tables[4] = DATA_BYTES; /* the buffers of the file: the schema ... */
    tables[5] = schema_bytes;
    tables[6] = TEXT_AT; /* ... and what one is borrowed from */
    tables[7] = strlen(text);
    places[0] = columns_at[0];
    places[1] = columns_at[2];
    places[2] = columns_at[2] + 32;
    append(file, tables, sizeof(tables));
    append(file, places, sizeof(places));
    append(file, counts, sizeof(counts));
    append(file, version, sizeof(version));
    append(file, "LANC", 4);
}

static int setup(void **state)
{
    static struct file file;

    file = (struct file){ .codes_in = ref(0, 0),
                          .ends_in = ref(0, 1),
                          .text_in = ref(1, 2),
                          .numbers_in = ref(0, 1),
                          .numbers_at = NUMBERS_AT };
    *state = &file;
    return 0;
}

static int open_it(struct file *file, struct lio_dataset **ret_dataset,
                   struct lio_error *err)
{
    struct lio_source *source;

    build(file);
    assert_int_equal(
        lio_source_over("f.lance", file->bytes, file->nbytes, &source, NULL),
        0);
    return lio_dataset_open_source(source, ret_dataset, err);
}

static void refused(struct file *file, const char *words)
{
    struct lio_dataset *dataset;
    struct lio_error err;

    assert_int_equal(open_it(file, &dataset, &err), LIO_ECORRUPT);
    if (!strstr(err.msg, words) || !strstr(err.msg, "f.lance: column"))
        fail_msg("'%s' does not say '%s'", err.msg, words);
}

/* The rows `wanted` of both columns, by their numbers. */
static void compare(const struct ArrowArray *rows, const uint64_t *wanted,
                    uint64_t n)
{
    static const char *const strings[ROWS] = { "ab",  "cde", NULL, "cde",
                                               "cde", "ab",  "ab" };
    const struct ArrowArray *s = rows->children[0], *k = rows->children[1];
    const int32_t *offsets = (const int32_t *)s->buffers[1] + s->offset;
    const int16_t *values = (const int16_t *)k->buffers[1] + k->offset;
    const uint8_t *validity = s->buffers[0];

    assert_int_equal(rows->length, n);
    for (uint64_t i = 0; i < n; i++) {
        const char *want = strings[wanted[i]];
        uint64_t bit = i + (uint64_t)s->offset;
        bool valid = !validity || (validity[bit / 8] >> (bit % 8) & 1);

        assert_int_equal(values[i], numbers[wanted[i]]);
        assert_int_equal(valid, want != NULL);
        if (!want)
            continue;
        assert_int_equal(offsets[i + 1] - offsets[i], strlen(want));
        assert_memory_equal((const char *)s->buffers[2] + offsets[i], want,
                            strlen(want));
    }
}

static void arrays_are_read_wherever_they_lie(void **state)
{
    const uint64_t all[] = { 0, 1, 2, 3, 4, 5, 6 }, some[] = { 5, 2, 4, 0 };
    struct lio_dataset *dataset;
    struct ArrowArray rows;
    struct lio_error err;

    if (open_it(*state, &dataset, &err) < 0)
        fail_msg("%s", err.msg);
    if (lio_scan_read(dataset, NULL, &rows, &err) < 0)
        fail_msg("%s", err.msg);
    compare(&rows, all, ROWS);
    rows.release(&rows);
    if (lio_take_rows(dataset, some, 4, NULL, &rows, &err) < 0)
        fail_msg("%s", err.msg);
    compare(&rows, some, 4);
    rows.release(&rows);
    lio_dataset_close(dataset);
}

static void buffers_that_are_not_there_are_found(void **state)
{
    struct file *file = *state;

    file->ends_in = ref(1, 1);
    refused(file, "'s', page 0: a buffer of its column or file is not there");
    file->ends_in = ref(0, 1);
    file->text_in = ref(2, 2);
    refused(file, "'s', page 0: a buffer of its column or file is not there");
    file->text_in = ref(1, 3);
    refused(file, "'s', page 0: a buffer of its column or file is not there");
    file->text_in = ref(1, 2);
    file->numbers_at = 1 << 20;
    refused(file, "'n', page 0: a buffer of its column or file runs past");
}

/* The array that is wanted has not what it should have. */
static void buffers_of_others_are_no_help(void **state)
{
    struct file *file = *state;
    struct lio_dataset *dataset;
    struct ArrowArray rows;
    struct lio_error err;

    file->numbers_in = ref(1, 2);
    assert_int_equal(open_it(file, &dataset, &err), 0);
    assert_int_equal(lio_scan_read(dataset, NULL, &rows, &err), LIO_ECORRUPT);
    if (!strstr(err.msg, "7 values of 16 bits are not in 5 bytes"))
        fail_msg("%s", err.msg);
    lio_dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(arrays_are_read_wherever_they_lie, setup),
        cmocka_unit_test_setup(buffers_that_are_not_there_are_found, setup),
        cmocka_unit_test_setup(buffers_of_others_are_no_help, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
