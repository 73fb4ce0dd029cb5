/*
 * Small tables, one for each group of types, encodings or features of tables:
 * what can be read is read exactly, and what cannot says so.
 */
#include "support/arrow_check.h"
#include "tests/format/reading.h"

#include <stdlib.h>

struct table_case {
    const char *name;
    const char *versions; /* of those 0, 1, 2 that are there */
    uint32_t columns;     /* at the top */
};

static const struct table_case cases[] = {
    { "add_drop_rename_columns", "012", 5 },
    { "add_null_column", "12", 2 },
    { "all_null", "012", 7 },
    { "all_null_struct", "12", 2 },
    { "binary_nullable", "012", 4 },
    { "blob", "01", 2 },
    { "blob_22", "2", 2 },
    { "blob_22_nested", "2", 3 },
    { "blob_in_struct", "1", 1 },
    { "blob_in_struct_long", "1", 1 },
    { "blob_nested_20", "0", 2 },
    { "bool_layouts", "012", 4 },
    { "bools", "012", 4 },
    { "comp_fsst", "012", 1 },
    { "comp_lz4", "12", 3 },
    { "comp_zstd", "012", 4 },
    { "compacted", "2", 2 },
    { "constants", "012", 10 },
    { "decimals", "012", 2 },
    { "deep", "12", 2 },
    { "deep_20", "0", 1 },
    { "deletes_bitmap", "2", 1 },
    { "deletes_scattered", "012", 11 },
    { "dictionary", "012", 2 },
    { "dictionary_bool", "012", 3 },
    { "dictionary_null_item", "0", 3 },
    { "embeddings", "012", 5 },
    { "embeddings_null_items", "12", 2 },
    { "embeddings_other", "012", 4 },
    { "empty", "012", 5 },
    { "floats_nullable", "012", 3 },
    { "forced_fullzip", "12", 7 },
    { "forced_miniblock", "12", 7 },
    { "fsl_dict", "0", 2 },
    { "fsl_fsl", "012", 1 },
    { "fsl_struct", "2", 1 },
    { "fsl_struct_20", "0", 4 },
    { "fsl_struct_list", "2", 1 },
    { "fsl_struct_long", "2", 3 },
    { "ints_nullable", "012", 8 },
    { "large_list_multi_chunk", "012", 1 },
    { "json", "012", 2 },
    { "list_dict", "012", 2 },
    { "list_fsl_struct", "2", 1 },
    { "list_fsl_struct_list", "2", 1 },
    { "list_struct", "12", 1 },
    { "list_struct_empty", "0", 1 },
    { "list_struct_no_null_structs", "012", 1 },
    { "lists", "012", 7 },
    { "lists_all_empty", "012", 4 },
    { "long_strings", "012", 2 },
    { "low_cardinality", "012", 6 },
    { "map", "2", 1 },
    { "map_list", "2", 1 },
    { "medium_strings", "012", 2 },
    { "multi_fragment_deletes", "012", 3 },
    { "multi_page", "012", 5 },
    { "narrow_ints", "12", 7 },
    { "null_items", "012", 8 },
    { "one_row", "012", 18 },
    { "packed_fsl_struct", "0", 1 },
    { "packed_nested", "0", 1 },
    { "packed_nested_22", "2", 4 },
    { "packed_struct", "012", 1 },
    { "packed_struct_var", "2", 1 },
    { "stable_row_ids", "2", 1 },
    { "strings_nullable", "012", 2 },
    { "structs", "012", 1 },
    { "structs_empty", "012", 5 },
    { "structs_nullable", "12", 1 },
    { "temporal_nullable", "012", 11 },
    { "updates_merge_insert", "1", 2 },
    { "v1_manifest_names", "2", 1 },
    { "versions", "02", 2 },
};

#define MAX_FIELDS 16

/* The top-level columns, all of which can be read. */
static uint32_t count_columns(struct lio_dataset *dataset)
{
    struct lio_dataset_info info;
    uint32_t n = 0;

    lio_dataset_info(dataset, &info);
    for (uint32_t i = 0; i < info.nfields; i++) {
        struct lio_field_info field;

        assert_int_equal(lio_dataset_field(dataset, i, &field), 0);
        if (field.unsupported)
            fail_msg("'%s' cannot be read: %s", field.name, field.unsupported);
        n += field.parent < 0;
    }
    return n;
}

static void compare_case(const struct table_case *table, char version,
                         const struct lio_scan *scan)
{
    struct lio_dataset *dataset =
        reading_open("types/%s/v2_%c.lance", table->name, version);
    char *path = reading_path("types/%s/expected.ndjson", table->name);
    struct expected rows;

    assert_int_equal(expected_load(path, &rows), 0);
    assert_int_equal(count_columns(dataset), table->columns);
    assert_int_equal(reading_compare_stream(dataset, scan, &rows, 0),
                     rows.nrows);
    expected_release(&rows);
    free(path);
    lio_dataset_close(dataset);
}

static void compare_all(uint32_t batch_rows, uint64_t memory)
{
    const struct lio_scan scan = { .batch_rows = batch_rows, .memory = memory };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (const char *version = cases[i].versions; *version; version++)
            compare_case(&cases[i], *version, &scan);
}

static void every_value_is_the_expected_one(void **state)
{
    (void)state;
    compare_all(0, 0);
}

/* Batches that end anywhere in bytes of bitmaps, pages and fragments. */
static void batches_of_any_size_hold_the_same(void **state)
{
    (void)state;
    compare_all(1, 0);
    compare_all(7, 0);
    compare_all(64, 0);
}

/* Pages that are cut into windows of a chunk or a row, and of a few. */
static void little_memory_gives_the_same(void **state)
{
    (void)state;
    compare_all(0, 1);
    compare_all(7, 1);
    compare_all(64, 64 << 10);
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* Rows from anywhere to anywhere, in windows of a chunk or a row. */
static void compare_ranges(const char *table, char version)
{
    struct lio_dataset *dataset =
        reading_open("types/%s/v2_%c.lance", table, version);
    char *path = reading_path("types/%s/expected.ndjson", table);
    struct expected rows;
    uint64_t state = 3;

    assert_int_equal(expected_load(path, &rows), 0);
    free(path);
    for (int i = 0; i < 40; i++) {
        uint64_t first = draw(&state) % rows.nrows;
        const struct lio_scan scan = { .memory = 1,
                                       .offset = first,
                                       .limit = 1 + draw(&state) % 200,
                                       .batch_rows =
                                           (uint32_t)(1 + draw(&state) % 90) };
        uint64_t left = rows.nrows - first;

        assert_int_equal(reading_compare_stream(dataset, &scan, &rows, first),
                         scan.limit < left ? scan.limit : left);
    }
    expected_release(&rows);
    lio_dataset_close(dataset);
}

static void windows_may_begin_anywhere(void **state)
{
    (void)state;
    compare_ranges("blob_in_struct_long", '1');
    compare_ranges("comp_zstd", '0');
    compare_ranges("fsl_struct_long", '2');
}

/* Pages read whole in a stream that may hold next to nothing. */
static uint64_t count_whole(const char *table, char version)
{
    struct lio_dataset *dataset =
        reading_open("types/%s/v2_%c.lance", table, version);
    const struct lio_scan scan = { .memory = 1, .batch_rows = 7 };
    char *path = reading_path("types/%s/expected.ndjson", table);
    struct lio_dataset_memory memory;
    struct expected rows;

    assert_int_equal(expected_load(path, &rows), 0);
    (void)reading_compare_stream(dataset, &scan, &rows, 0);
    expected_release(&rows);
    free(path);
    lio_dataset_memory(dataset, &memory);
    assert_int_equal(memory.bytes, 0);
    assert_true((memory.whole_pages > 0) == (memory.whole_bytes > 0));
    lio_dataset_close(dataset);
    return memory.whole_pages;
}

/* Fixed-size lists of structs below lists, and of strings in 2.0. */
static bool is_whole(const char *table, char version)
{
    return (strncmp(table, "list_fsl_struct", 15) == 0 && version == '2') ||
           (strcmp(table, "null_items") == 0 && version == '0');
}

static void no_page_but_of_two_kinds_is_read_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (const char *v = cases[i].versions; *v; v++)
            if ((count_whole(cases[i].name, *v) > 0) !=
                is_whole(cases[i].name, *v))
                fail_msg("pages of %s, 2.%c, are read whole, or none is",
                         cases[i].name, *v);
}

/* A part of one column, and another of the same. */
struct part_case {
    const char *table;
    const char *versions;
    const char *parts[2];
    const char *names[2]; /* that its struct then has, in its own order */
};

static const struct part_case part_cases[] = {
    { "structs", "012", { "st.c.e", "st.a" }, { "a", "c" } },
    { "packed_struct", "012", { "p.z", "p.x" }, { "x", "z" } },
    { "packed_struct_var", "2", { "p.s", "p.s" }, { "s" } },
    { "packed_nested", "0", { "p.q.r", "p.b" }, { "q", "b" } },
    { "packed_nested_22", "2", { "p.p.q.v", "p.x" }, { "x", "p" } },
};

static void check_parts(struct lio_dataset *dataset,
                        const struct lio_scan *scan,
                        const struct part_case *part)
{
    struct ArrowSchema schema, *column;

    assert_int_equal(lio_scan_schema(dataset, scan, &schema, NULL), 0);
    assert_int_equal(schema.n_children, 1);
    column = schema.children[0];
    assert_int_equal(column->n_children, part->names[1] ? 2 : 1);
    for (int64_t i = 0; i < column->n_children; i++)
        assert_string_equal(column->children[i]->name, part->names[i]);
    schema.release(&schema);
}

/* The first rows, taken. */
static void take_parts(struct lio_dataset *dataset, const struct lio_scan *scan,
                       const struct expected *rows)
{
    static const uint64_t first[] = { 0, 1, 2 };
    struct ArrowSchema schema;
    struct ArrowArray array;

    assert_int_equal(lio_scan_schema(dataset, scan, &schema, NULL), 0);
    assert_int_equal(lio_take_rows(dataset, first, 3, scan, &array, NULL), 0);
    reading_compare(rows, 0, &schema, &array);
    array.release(&array);
    schema.release(&schema);
}

static void compare_parts(const struct part_case *part, char version)
{
    const struct lio_scan scan = { .columns = part->parts, .ncolumns = 2 };
    struct lio_dataset *dataset =
        reading_open("types/%s/v2_%c.lance", part->table, version);
    char *path = reading_path("types/%s/expected.ndjson", part->table);
    struct expected rows;

    assert_int_equal(expected_load(path, &rows), 0);
    free(path);
    check_parts(dataset, &scan, part);
    assert_int_equal(reading_compare_stream(dataset, &scan, &rows, 0),
                     rows.nrows);
    take_parts(dataset, &scan, &rows);
    expected_release(&rows);
    lio_dataset_close(dataset);
}

/* What is left of one column's rows if only a part of it is wanted. */
static void parts_of_columns_can_be_wanted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(part_cases) / sizeof(part_cases[0]); i++)
        for (const char *v = part_cases[i].versions; *v; v++)
            compare_parts(&part_cases[i], *v);
}

/* Leave of `from` what was not moved out of it. */
static struct ArrowArray move_array(struct ArrowArray *from)
{
    struct ArrowArray moved = *from;

    from->release = NULL;
    return moved;
}

static struct ArrowSchema move_schema(struct ArrowSchema *from)
{
    struct ArrowSchema moved = *from;

    from->release = NULL;
    return moved;
}

/* Arrow lets a consumer keep a column of a batch and give back the rest. */
static void columns_outlive_what_they_are_moved_out_of(void **state)
{
    static const char *const tables[] = { "lists", "structs", "map",
                                          "dictionary", "fsl_struct" };

    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct lio_dataset *dataset =
            reading_open("types/%s/v2_2.lance", tables[i]);
        struct ArrowSchema schema, field;
        struct ArrowArray array, column;
        char why[200];

        assert_int_equal(lio_scan_schema(dataset, NULL, &schema, NULL), 0);
        assert_int_equal(lio_scan_read(dataset, NULL, &array, NULL), 0);
        column = move_array(array.children[array.n_children - 1]);
        field = move_schema(schema.children[schema.n_children - 1]);
        reading_release(&array);
        reading_release_schema(&schema);
        if (arrow_check(&field, &column, why, sizeof(why)) < 0)
            fail_msg("%s", why);
        reading_release(&column);
        reading_release_schema(&field);
        lio_dataset_close(dataset);
    }
}

static void page_arrays_lie_side_by_side(void **state)
{
    struct lio_dataset *dataset = reading_open("types/multi_page/v2_1.lance");
    struct lio_dataset_info info;
    uint64_t next[MAX_FIELDS] = { 0 };
    uint32_t several = 0;

    (void)state;
    lio_dataset_info(dataset, &info);
    for (uint32_t i = 0; i < info.npages; i++) {
        struct lio_page_info page;
        struct lio_field_info field;
        struct ArrowArray array;

        assert_int_equal(lio_dataset_page(dataset, i, &page), 0);
        assert_int_equal(lio_dataset_field(dataset, page.field, &field), 0);
        assert_int_equal(page.first_row, next[page.field]);
        next[page.field] += page.rows;
        several += page.first_row > 0;
        assert_int_equal(lio_read_page(dataset, i, &array, NULL), 0);
        assert_int_equal(array.length, page.rows);
        array.release(&array);
    }
    assert_true(several > 0);
    lio_dataset_close(dataset);
}

/* Pages are physical: what is deleted is still in them. */
static void pages_hold_deleted_rows_too(void **state)
{
    (void)state;
    for (char version = '0'; version <= '2'; version++) {
        struct lio_dataset *dataset =
            reading_open("types/multi_fragment_deletes/v2_%c.lance", version);
        struct lio_dataset_info info;
        struct lio_fragment_info fragment;
        struct ArrowArray array = { 0 };

        lio_dataset_info(dataset, &info);
        assert_int_equal(info.rows, 197);
        assert_int_equal(lio_dataset_fragment(dataset, 0, &fragment), 0);
        assert_int_equal(fragment.deleted_rows, 29);
        assert_int_equal(lio_read_page(dataset, 0, &array, NULL), 0);
        assert_int_equal(array.length, fragment.physical_rows);
        array.release(&array);
        lio_dataset_close(dataset);
    }
}

/* Any first row and any number of rows, where some rows are deleted. */
static void ranges_count_live_rows(void **state)
{
    struct lio_dataset *dataset =
        reading_open("types/multi_fragment_deletes/v2_1.lance");
    char *path = reading_path("types/multi_fragment_deletes/expected.ndjson");
    const char *name = "id";
    struct expected rows;

    (void)state;
    assert_int_equal(expected_load(path, &rows), 0);
    for (uint64_t offset = 0; offset <= rows.nrows; offset++)
        for (uint64_t limit = 1; limit < 64; limit = limit * 3 + 1) {
            const struct lio_scan scan = { .columns = &name,
                                           .ncolumns = 1,
                                           .offset = offset,
                                           .limit = limit,
                                           .batch_rows = 10 };
            uint64_t left = rows.nrows - offset;

            assert_int_equal(
                reading_compare_stream(dataset, &scan, &rows, offset),
                limit < left ? limit : left);
        }
    expected_release(&rows);
    free(path);
    lio_dataset_close(dataset);
}

static void every_version_holds_its_rows(void **state)
{
    (void)state;
    for (uint64_t version = 1; version <= 5; version++)
        for (int format = 0; format <= 2; format += 2) {
            const struct lio_dataset_options options = { .version = version };
            char *path = reading_path("types/versions/v2_%d.lance", format);
            struct lio_dataset *dataset;
            struct lio_dataset_info info;
            struct expected rows;

            assert_int_equal(lio_dataset_open_with(reading_engine(), path,
                                                   &options, &dataset, NULL),
                             0);
            free(path);
            lio_dataset_info(dataset, &info);
            assert_int_equal(info.version, version);
            path = reading_path("types/versions/expected.v%d.ndjson",
                                (int)version);
            assert_int_equal(expected_load(path, &rows), 0);
            assert_int_equal(reading_compare_stream(
                                 dataset, &(struct lio_scan){ 0 }, &rows, 0),
                             rows.nrows);
            expected_release(&rows);
            free(path);
            lio_dataset_close(dataset);
        }
}

static void latest_of_eleven_v1_manifests_is_taken(void **state)
{
    struct lio_dataset *dataset =
        reading_open("types/v1_manifest_names/v2_2.lance");
    struct lio_dataset_info info;

    (void)state;
    lio_dataset_info(dataset, &info);
    assert_int_equal(info.version, 11);
    assert_int_equal(info.nfragments, 11);
    lio_dataset_close(dataset);
}

static void what_is_no_dataset_is_said(void **state)
{
    struct lio_dataset *dataset = NULL;
    struct lio_error err;
    char *path = reading_path("types");

    (void)state;
    assert_int_equal(lio_dataset_open(reading_engine(), path, &dataset, &err),
                     LIO_ENOTFOUND);
    reading_says(&err, "not a Lance dataset");
    free(path);
    path = reading_path("README.md");
    assert_int_equal(lio_dataset_open(reading_engine(), path, &dataset, &err),
                     LIO_ECORRUPT);
    reading_says(&err, "not a Lance file");
    free(path);
    path = reading_path("nowhere.lance");
    assert_int_equal(lio_dataset_open(reading_engine(), path, &dataset, &err),
                     LIO_ENOTFOUND);
    reading_says(&err, "nowhere.lance");
    free(path);
    assert_null(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_the_expected_one),
        cmocka_unit_test(batches_of_any_size_hold_the_same),
        cmocka_unit_test(little_memory_gives_the_same),
        cmocka_unit_test(windows_may_begin_anywhere),
        cmocka_unit_test(no_page_but_of_two_kinds_is_read_whole),
        cmocka_unit_test(parts_of_columns_can_be_wanted),
        cmocka_unit_test(columns_outlive_what_they_are_moved_out_of),
        cmocka_unit_test(page_arrays_lie_side_by_side),
        cmocka_unit_test(pages_hold_deleted_rows_too),
        cmocka_unit_test(ranges_count_live_rows),
        cmocka_unit_test(every_version_holds_its_rows),
        cmocka_unit_test(latest_of_eleven_v1_manifests_is_taken),
        cmocka_unit_test(what_is_no_dataset_is_said),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
