/*
 * Data files put together by hand: more metadata than is read at once, and
 * metadata that is wrong.
 */
#include "column/data_file.h"

#include "column/dataset.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#define MANY_COLUMNS 2000 /* about 140 bytes of metadata each */
#define ROWS         4

/* A file of version 2.1 with int32 columns of one constant page each: the value
 * is the column's number, and there are no page buffers. */
struct file {
    uint8_t *bytes;
    size_t nbytes, room;
    uint32_t ncolumns;
    uint64_t *columns_at; /* ncolumns + 1 */
    /* What a test may change before it builds the file. */
    Lio__Pb__ColumnPage page;
    const char *url;
    uint64_t schema_rows;
    uint32_t nglobals;
    uint32_t schema_columns;
    uint32_t empty_columns; /* the first ones have no rows */
    size_t gap;             /* between the schema and the columns' metadata */
    bool indirect; /* encodings lie at the end of the gap, not in metadata */
};

static void append(struct file *file, const void *bytes, size_t n)
{
    while (file->room - file->nbytes < n) {
        file->room = file->room > 0 ? file->room * 2 : 4096;
        file->bytes = realloc(file->bytes, file->room);
        assert_non_null(file->bytes);
    }
    if (bytes)
        memcpy(file->bytes + file->nbytes, bytes, n);
    else
        memset(file->bytes + file->nbytes, 'H', n);
    file->nbytes += n;
}

static void append_u64(struct file *file, uint64_t value)
{
    append(file, &value, sizeof(value));
}

static size_t pack(const ProtobufCMessage *message, uint8_t *bytes, size_t room)
{
    assert_true(protobuf_c_message_get_packed_size(message) <= room);
    return protobuf_c_message_pack(message, bytes);
}

static void append_schema(struct file *file)
{
    uint32_t n = file->schema_columns;
    Lio__Pb__Field *fields = calloc(n, sizeof(*fields));
    Lio__Pb__Field **list = calloc(n, sizeof(*list));
    Lio__Pb__Schema schema = LIO__PB__SCHEMA__INIT;
    Lio__Pb__FileDescriptor file_descriptor = LIO__PB__FILE_DESCRIPTOR__INIT;
    size_t bytes;

    for (uint32_t i = 0; i < n; i++) {
        fields[i] = (Lio__Pb__Field)LIO__PB__FIELD__INIT;
        fields[i].name = (char *)"n";
        fields[i].logical_type = (char *)"int32";
        fields[i].has_id = fields[i].has_parent_id = 1;
        fields[i].id = (int32_t)i;
        fields[i].parent_id = -1;
        list[i] = &fields[i];
    }
    schema.n_fields = n;
    schema.fields = list;
    file_descriptor.schema = &schema;
    file_descriptor.has_rows = 1;
    file_descriptor.rows = file->schema_rows;
    bytes = protobuf_c_message_get_packed_size(&file_descriptor.base);
    append(file, NULL, bytes);
    (void)pack(&file_descriptor.base, file->bytes, bytes);
    free(list);
    free(fields);
}

static void append_column(struct file *file, uint32_t number)
{
    uint32_t layers[] = { 1 };
    uint8_t layout_bytes[100], any_bytes[200], column_bytes[400];
    Lio__Pb__ConstantLayout constant = LIO__PB__CONSTANT_LAYOUT__INIT;
    Lio__Pb__PageLayout layout = LIO__PB__PAGE_LAYOUT__INIT;
    Lio__Pb__AnyMessage any = LIO__PB__ANY_MESSAGE__INIT;
    Lio__Pb__DirectEncoding direct = LIO__PB__DIRECT_ENCODING__INIT;
    Lio__Pb__DeferredEncoding indirect = LIO__PB__DEFERRED_ENCODING__INIT;
    Lio__Pb__Encoding encoding = LIO__PB__ENCODING__INIT;
    Lio__Pb__ColumnMetadata column = LIO__PB__COLUMN_METADATA__INIT;
    Lio__Pb__ColumnPage page = file->page, *pages[] = { &page };

    constant.n_layers = 1;
    constant.layers = layers;
    constant.has_inline_value = 1;
    constant.inline_value = (ProtobufCBinaryData){ 4, (uint8_t *)&number };
    layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT;
    layout.constant = &constant;
    any.type_url = (char *)(uintptr_t)file->url;
    any.has_value = 1;
    any.value.data = layout_bytes;
    any.value.len = pack(&layout.base, layout_bytes, sizeof(layout_bytes));
    direct.has_any = 1;
    direct.any.data = any_bytes;
    direct.any.len = pack(&any.base, any_bytes, sizeof(any_bytes));
    encoding.location_case = LIO__PB__ENCODING__LOCATION_DIRECT;
    encoding.direct = &direct;
    if (file->indirect) {
        indirect.has_position = indirect.has_length = 1;
        indirect.position =
            file->columns_at[0] - sizeof(any_bytes) * (number + 1);
        indirect.length = direct.any.len;
        memcpy(file->bytes + indirect.position, any_bytes, indirect.length);
        encoding.location_case = LIO__PB__ENCODING__LOCATION_INDIRECT;
        encoding.indirect = &indirect;
    }
    if (!page.encoding)
        page.encoding = &encoding;
    if (number < file->empty_columns)
        page.rows = 0;
    column.n_pages = 1;
    column.pages = pages;
    append(file, column_bytes,
           pack(&column.base, column_bytes, sizeof(column_bytes)));
}

static void build(struct file *file)
{
    size_t schema_bytes;
    uint64_t table_at;
    const uint16_t version[] = { 2, 1 };
    const uint32_t counts[] = { file->nglobals, file->ncolumns };

    file->nbytes = 0;
    append_schema(file);
    schema_bytes = file->nbytes;
    append(file, NULL, file->gap);
    file->columns_at = realloc(file->columns_at, (file->ncolumns + 1) *
                                                     sizeof(*file->columns_at));
    for (uint32_t i = 0; i < file->ncolumns; i++) {
        file->columns_at[i] = file->nbytes;
        append_column(file, i);
    }
    file->columns_at[file->ncolumns] = table_at = file->nbytes;
    for (uint32_t i = 0; i < file->ncolumns; i++) {
        append_u64(file, file->columns_at[i]);
        append_u64(file, file->columns_at[i + 1] - file->columns_at[i]);
    }
    append_u64(file, 0);
    append_u64(file, schema_bytes);
    append_u64(file, file->columns_at[0]);
    append_u64(file, table_at);
    append_u64(file, file->nbytes - 32);
    append(file, counts, sizeof(counts));
    append(file, version, sizeof(version));
    append(file, "LANC", 4);
}

static int setup(void **state)
{
    static struct file file;

    file = (struct file){ .ncolumns = 3,
                          .schema_columns = 3,
                          .nglobals = 1,
                          .schema_rows = ROWS,
                          .url = "/lance.encodings21.PageLayout" };
    file.page = (Lio__Pb__ColumnPage)LIO__PB__COLUMN_PAGE__INIT;
    file.page.has_rows = 1;
    file.page.rows = ROWS;
    *state = &file;
    return 0;
}

static int teardown(void **state)
{
    struct file *file = *state;

    free(file->bytes);
    free(file->columns_at);
    return 0;
}

static int open_it(const struct file *file, struct lio_dataset **ret_dataset,
                   struct lio_error *err)
{
    struct lio_source *source;

    assert_int_equal(
        lio_source_over("f.lance", file->bytes, file->nbytes, &source, NULL),
        0);
    return lio_dataset_open_source(source, ret_dataset, err);
}

/* Every column holds its number, as often as there are rows. */
static void opens(struct file *file)
{
    struct lio_dataset *dataset;
    struct lio_dataset_info info;
    struct ArrowArray array;
    struct lio_error err;

    build(file);
    if (open_it(file, &dataset, &err) < 0)
        fail_msg("%s", err.msg);
    lio_dataset_info(dataset, &info);
    assert_int_equal(info.rows, ROWS);
    assert_int_equal(info.npages, file->ncolumns);
    assert_int_equal(lio_scan_read(dataset, NULL, &array, NULL), 0);
    assert_int_equal(array.n_children, file->ncolumns);
    for (int64_t i = 0; i < array.n_children; i++)
        assert_int_equal(
            ((const int32_t *)array.children[i]->buffers[1])[ROWS - 1], i);
    array.release(&array);
    lio_dataset_close(dataset);
}

static void refuses(struct file *file, int code, const char *words)
{
    struct lio_dataset *dataset = NULL;
    struct lio_error err;

    if (open_it(file, &dataset, &err) != code || !strstr(err.msg, words) ||
        !strstr(err.msg, "f.lance"))
        fail_msg("'%s' does not say '%s'", err.msg, words);
    assert_null(dataset);
}

static void small_file_is_read_from_its_tail(void **state)
{
    opens(*state);
}

static void metadata_beyond_the_tail_is_fetched(void **state)
{
    struct file *file = *state;

    file->ncolumns = file->schema_columns = MANY_COLUMNS;
    build(file);
    assert_true(file->nbytes - file->columns_at[0] > (128u << 10));
    opens(file);
}

static void schema_beyond_the_tail_is_fetched(void **state)
{
    struct file *file = *state;

    file->gap = 100000;
    opens(file);
}

static void encodings_may_lie_outside_of_metadata(void **state)
{
    struct file *file = *state;

    file->indirect = true;
    file->gap = 1000;
    opens(file);
    file->gap = 200000;
    opens(file);
}

static void rows_may_be_told_by_the_pages_alone(void **state)
{
    struct file *file = *state;

    file->schema_rows = 0;
    opens(file);
}

static void other_rows_than_the_schema_says_are_found(void **state)
{
    struct file *file = *state;

    file->schema_rows = ROWS + 1;
    build(file);
    refuses(file, LIO_ECORRUPT, "has 4 rows in its pages, and 5");
    file->page.rows = UINT64_MAX;
    build(file);
    refuses(file, LIO_ECORRUPT, "column 'n', page 0: 18446744073709551615");
}

/* The first column may tell how many there are, none too. */
static void columns_of_different_length_are_found(void **state)
{
    struct file *file = *state;

    file->schema_rows = 0;
    file->empty_columns = 1;
    build(file);
    refuses(file, LIO_ECORRUPT, "has 4 rows in its pages, and 0");
}

static void other_columns_than_the_schema_needs_are_found(void **state)
{
    struct file *file = *state;

    file->schema_columns = 2;
    build(file);
    refuses(file, LIO_ECORRUPT, "needs 2 columns, and it has 3");
    file->schema_columns = 4;
    build(file);
    refuses(file, LIO_ECORRUPT, "needs 4 columns, and it has 3");
    file->nglobals = 0;
    build(file);
    refuses(file, LIO_ECORRUPT, "carries no schema");
}

static void metadata_out_of_place_is_found(void **state)
{
    struct file *file = *state;
    uint8_t *entry;

    build(file);
    entry = file->bytes + file->columns_at[3];
    entry[7] = 0x7f; /* position */
    refuses(file, LIO_ECORRUPT, "column 'n': its metadata");
    entry[7] = 0;
    entry[15] = 0x7f; /* size */
    refuses(file, LIO_ECORRUPT, "column 'n': its metadata");
    entry[15] = 0;
    entry[8] -= 1; /* one byte short */
    refuses(file, LIO_ECORRUPT, "its metadata is damaged");
    entry[8] += 1;
    entry = file->bytes + file->columns_at[3] + 3 * 16;
    entry[15] = 0x7f; /* the size of the schema */
    refuses(file, LIO_ECORRUPT, "its schema");
    entry[15] = 0;
    file->bytes[0] = 0xff;
    refuses(file, LIO_ECORRUPT, "its schema is damaged");
}

static void broken_buffers_are_found(void **state)
{
    static uint64_t at[LIO_PAGE_BUFFERS_MAX + 1],
        bytes[LIO_PAGE_BUFFERS_MAX + 1];
    struct file *file = *state;

    memset(at, 0, sizeof(at));
    file->page.n_buffer_at = 2;
    file->page.buffer_at = at;
    file->page.n_buffer_bytes = 1;
    file->page.buffer_bytes = bytes;
    build(file);
    refuses(file, LIO_ECORRUPT, "page 0: 2 positions and 1 sizes");
    file->page.n_buffer_at = file->page.n_buffer_bytes =
        LIO_PAGE_BUFFERS_MAX + 1;
    build(file);
    refuses(file, LIO_ECORRUPT, "page 0: 65 positions and 65 sizes");
    file->page.n_buffer_at = file->page.n_buffer_bytes = 2;
    bytes[1] = 1 << 20;
    build(file);
    refuses(file, LIO_ECORRUPT, "buffer 1, 1048576 bytes at byte 0, runs past");
    /* Each would fit, but together they are more than the file. */
    bytes[0] = bytes[1] = 50;
    build(file);
    refuses(file, LIO_ECORRUPT, "buffer 1, 50 bytes");
}

static void broken_encodings_are_found(void **state)
{
    Lio__Pb__Encoding encoding = LIO__PB__ENCODING__INIT;
    Lio__Pb__DeferredEncoding indirect = LIO__PB__DEFERRED_ENCODING__INIT;
    Lio__Pb__NoEncoding none = LIO__PB__NO_ENCODING__INIT;
    struct file *file = *state;

    file->url = "/lance.encodings.ArrayEncoding"; /* of 2.0 */
    build(file);
    refuses(file, LIO_ECORRUPT, "page 0: its encoding is damaged");
    file->page.encoding = &encoding;
    encoding.location_case = LIO__PB__ENCODING__LOCATION_INDIRECT;
    encoding.indirect = &indirect;
    indirect.has_position = indirect.has_length = 1;
    indirect.length = 1;
    build(file);
    refuses(file, LIO_ECORRUPT, "its encoding is damaged");
    indirect.position = 1 << 20;
    build(file);
    refuses(file, LIO_ECORRUPT, "its encoding is damaged");
    /* One fits, but three are more than the file. */
    indirect.position = 0;
    indirect.length = 400;
    build(file);
    refuses(file, LIO_ECORRUPT, "its encoding is damaged");
    encoding.location_case = LIO__PB__ENCODING__LOCATION_NONE;
    encoding.none = &none;
    build(file);
    refuses(file, LIO_ECORRUPT, "its encoding is damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(small_file_is_read_from_its_tail),
        TEST(metadata_beyond_the_tail_is_fetched),
        TEST(schema_beyond_the_tail_is_fetched),
        TEST(encodings_may_lie_outside_of_metadata),
        TEST(rows_may_be_told_by_the_pages_alone),
        TEST(other_rows_than_the_schema_says_are_found),
        TEST(columns_of_different_length_are_found),
        TEST(other_columns_than_the_schema_needs_are_found),
        TEST(metadata_out_of_place_is_found),
        TEST(broken_buffers_are_found),
        TEST(broken_encodings_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
