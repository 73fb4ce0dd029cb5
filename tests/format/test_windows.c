/*
 * Pages with a dictionary that are read in many windows: each has the rows it
 * should, and all of a page have one and the same dictionary.
 */
#include "tests/format/reading.h"

#include "support/arrow_check.h"
#include "support/temp_dir.h"

#define ROWS       20000
#define ITEMS      300
#define ITEM_BYTES 40
#define LIST_MAX   3

enum { CODES, TEXTS, LISTS, NCOLUMNS };

/* -- rows ---------------------------------------------------------------- */

/* Which of the items a row, or the n-th item of all lists, is. */
static uint32_t item_at(uint64_t n)
{
    return (uint32_t)(n * 7919 % ITEMS);
}

static void write_item(char *to, uint32_t item)
{
    (void)snprintf(to, ITEM_BYTES + 1, "%0*u", ITEM_BYTES, item);
}

static int32_t list_start(uint64_t row)
{
    return (int32_t)(row / LIST_MAX * 3 + row % LIST_MAX);
}

static void release_static(struct ArrowArray *array)
{
    array->release = NULL;
}

static void release_static_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static char bytes[ROWS + 1][ITEM_BYTES];
static int32_t offsets[ROWS + 1], starts[ROWS + 1], codes[ROWS];

static void make_rows(void)
{
    char text[ITEM_BYTES + 1];

    for (uint64_t i = 0; i < ROWS; i++) {
        write_item(text, item_at(i));
        memcpy(bytes[i], text, ITEM_BYTES);
        codes[i] = (int32_t)item_at(i);
    }
    for (uint64_t i = 0; i <= ROWS; i++) {
        offsets[i] = (int32_t)(i * ITEM_BYTES);
        starts[i] = list_start(i);
    }
}

/* -- writing ------------------------------------------------------------- */

static void write_rows(const char *path, const char *version)
{
    const struct lio_write_options options = { .mode = LIO_WRITE_FILE,
                                               .format_version = version,
                                               .page_bytes = 64 << 20 };
    static char items[ITEMS][ITEM_BYTES + 1], item_bytes[ITEMS * ITEM_BYTES];
    struct ArrowSchema utf8 = { .format = "u", .name = "item" };
    struct ArrowSchema fields[NCOLUMNS] = {
        { .format = "i", .name = "codes", .dictionary = &utf8 },
        { .format = "u", .name = "texts" },
        { .format = "+l", .name = "lists", .n_children = 1 },
    };
    struct ArrowSchema *children[NCOLUMNS], *item = &utf8;
    struct ArrowSchema schema = { .format = "+s",
                                  .name = "",
                                  .n_children = NCOLUMNS,
                                  .children = children,
                                  .release = release_static_schema };
    const void *code_buffers[] = { NULL, codes };
    const void *text_buffers[] = { NULL, offsets, bytes };
    const void *list_buffers[] = { NULL, starts };
    const void *item_buffers[] = { NULL, offsets, item_bytes };
    const void *none[] = { NULL };
    struct ArrowArray values = { .length = ITEMS,
                                 .n_buffers = 3,
                                 .buffers = item_buffers,
                                 .release = release_static };
    struct ArrowArray listed = { .length = list_start(ROWS),
                                 .n_buffers = 3,
                                 .buffers = text_buffers,
                                 .release = release_static };
    struct ArrowArray *lists[] = { &listed }, *columns[NCOLUMNS];
    struct ArrowArray arrays[NCOLUMNS] = {
        { .buffers = code_buffers, .n_buffers = 2, .dictionary = &values },
        { .buffers = text_buffers, .n_buffers = 3 },
        { .buffers = list_buffers,
          .n_buffers = 2,
          .n_children = 1,
          .children = lists },
    };
    struct ArrowArray batch = { .length = ROWS,
                                .n_buffers = 1,
                                .buffers = none,
                                .n_children = NCOLUMNS,
                                .children = columns,
                                .release = release_static };
    struct lio_writer *writer;
    struct lio_error err;

    fields[LISTS].children = &item;
    for (int i = 0; i < NCOLUMNS; i++) {
        children[i] = &fields[i];
        columns[i] = &arrays[i];
        arrays[i].length = ROWS;
        arrays[i].release = release_static;
    }
    for (uint32_t i = 0; i < ITEMS; i++) {
        write_item(items[i], i);
        memcpy(item_bytes + (size_t)i * ITEM_BYTES, items[i], ITEM_BYTES);
    }
    make_rows();
    if (lio_writer_open(NULL, path, &schema, &options, &writer, &err) < 0 ||
        lio_writer_append(writer, &batch, &err) < 0 ||
        lio_writer_finish(writer, NULL, &err) < 0)
        fail_msg("%s", err.msg);
    lio_writer_close(writer);
}

/* -- reading ------------------------------------------------------------- */

static void check_item(const struct ArrowArray *texts, int64_t at,
                       uint32_t item)
{
    const int32_t *ends = texts->buffers[1];
    char want[ITEM_BYTES + 1];

    at += texts->offset;
    write_item(want, item);
    assert_int_equal(ends[at + 1] - ends[at], ITEM_BYTES);
    assert_memory_equal((const char *)texts->buffers[2] + ends[at], want,
                        ITEM_BYTES);
}

static void check_row(const struct ArrowArray *batch, int64_t i, uint64_t row)
{
    const struct ArrowArray *code = batch->children[CODES];
    const struct ArrowArray *list = batch->children[LISTS];
    const int32_t *indices = (const int32_t *)code->buffers[1] + code->offset;
    const int32_t *items = (const int32_t *)list->buffers[1] + list->offset;

    check_item(code->dictionary, indices[i], item_at(row));
    check_item(batch->children[TEXTS], i, item_at(row));
    assert_int_equal(items[i + 1] - items[i],
                     list_start(row + 1) - list_start(row));
    for (int32_t k = items[i]; k < items[i + 1]; k++)
        check_item(list->children[0], k,
                   item_at((uint64_t)(list_start(row) + k - items[i])));
}

/* How often the dictionary's memory is not that of the batch before. */
static unsigned scan_rows(const char *path, const struct lio_scan *scan)
{
    struct lio_dataset *dataset;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct lio_error err;
    const void *last = NULL;
    unsigned changes = 0;
    uint64_t row = scan->offset;
    char why[200];

    if (lio_dataset_open(reading_engine(), path, &dataset, &err) < 0 ||
        lio_scan_stream(dataset, scan, &stream, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    while (stream.get_next(&stream, &batch) == 0 && batch.release) {
        const void *items = batch.children[CODES]->dictionary->buffers[2];

        if (arrow_check(&schema, &batch, why, sizeof(why)) < 0)
            fail_msg("%s", why);
        for (int64_t i = 0; i < batch.length; i++)
            check_row(&batch, i, row++);
        changes += items != last;
        last = items;
        reading_release(&batch);
    }
    assert_int_equal(row, ROWS);
    reading_release_schema(&schema);
    stream.release(&stream);
    lio_dataset_close(dataset);
    return changes;
}

/* A few rows here and there, of chunks of many. */
static void take_rows(const char *path)
{
    static const uint64_t rows[] = { 19999, 3, 7000, 7001, 12345, 0, 16000 };
    struct lio_dataset *dataset;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct lio_error err;
    char why[200];

    if (lio_dataset_open(reading_engine(), path, &dataset, &err) < 0 ||
        lio_scan_schema(dataset, NULL, &schema, &err) < 0 ||
        lio_take_rows(dataset, rows, 7, NULL, &batch, &err) < 0)
        fail_msg("%s", err.msg);
    if (arrow_check(&schema, &batch, why, sizeof(why)) < 0)
        fail_msg("%s", why);
    for (int64_t i = 0; i < 7; i++)
        check_row(&batch, i, rows[i]);
    reading_release(&batch);
    reading_release_schema(&schema);
    lio_dataset_close(dataset);
}

static void check_dictionaries(const char *version)
{
    char *dir = temp_dir_make(), *path;

    assert_true(asprintf(&path, "%s/rows.lance", dir) > 0);
    write_rows(path, version);
    assert_int_equal(scan_rows(path, &(struct lio_scan){ .memory = 1 }), 1);
    assert_int_equal(scan_rows(path, &(struct lio_scan){ .memory = 1,
                                                         .batch_rows = 700,
                                                         .offset = 5001 }),
                     1);
    take_rows(path);
    free(path);
    temp_dir_remove(dir);
}

static void windows_of_a_page_share_its_dictionary(void **state)
{
    (void)state;
    check_dictionaries("2.1");
    check_dictionaries("2.2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_of_a_page_share_its_dictionary),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
