/*
 * Datasets put together by hand: a real data file under manifests that a test
 * writes, right and wrong.
 */
#include "column/dataset.h"
#include "column/lance_table.pb-c.h"

#include "support/temp_dir.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define FLIGHTS 100000
#define NFIELDS 3

struct fixture {
    char *dir;
    Lio__Pb__Field fields[NFIELDS];
    Lio__Pb__Field *field_list[NFIELDS];
    int32_t ids[2];
    int32_t columns[2];
    Lio__Pb__DataFile file;
    Lio__Pb__DataFile *file_list[1];
    Lio__Pb__DataFragment fragments[2];
    Lio__Pb__DataFragment *fragment_list[2];
    Lio__Pb__DeletionFile deletions;
    Lio__Pb__BasePath base;
    Lio__Pb__BasePath *base_list[1];
    Lio__Pb__DataFormat format;
    Lio__Pb__Manifest manifest;
    struct lio_dataset *dataset;
    struct lio_error err;
};

static void make_directory(const char *dir, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", dir, name) >= 0);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
}

/* The flights' data file, under a name of our own. */
static void copy_file(const char *dir)
{
    struct lio_dataset *flights;
    struct lio_page_info page;
    char *path, bytes[4096];
    FILE *in, *out;
    size_t n;

    assert_true(
        asprintf(&path, "%s/flights_v20.lance", getenv("LIO_TEST_DATA")) >= 0);
    assert_int_equal(lio_dataset_open(NULL, path, &flights, NULL), 0);
    free(path);
    assert_int_equal(lio_dataset_page(flights, 0, &page), 0);
    in = fopen(page.file, "rb");
    assert_true(asprintf(&path, "%s/data/file.lance", dir) >= 0);
    out = fopen(path, "wb");
    assert_true(in && out);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(in) | fclose(out), 0);
    free(path);
    lio_dataset_close(flights);
}

static Lio__Pb__Field field(int32_t id, const char *name, const char *type)
{
    Lio__Pb__Field f = LIO__PB__FIELD__INIT;

    f.name = (char *)(uintptr_t)name;
    f.logical_type = (char *)(uintptr_t)type;
    f.has_id = f.has_parent_id = f.has_nullable = 1;
    f.id = id;
    f.parent_id = -1;
    f.nullable = 1;
    return f;
}

/* Delays and origins of the flights under other names and ids, and a column
 * that no file has; the same file as two fragments. */
static void describe(struct fixture *f)
{
    f->fields[0] = field(8, "late", "int32");
    f->fields[1] = field(3, "from", "string");
    f->fields[2] = field(4, "added", "int64");
    f->ids[0] = 8, f->ids[1] = 3;
    f->columns[0] = 1, f->columns[1] = 3;
    f->file = (Lio__Pb__DataFile)LIO__PB__DATA_FILE__INIT;
    f->file.path = (char *)"file.lance";
    f->file.n_fields = f->file.n_column_indices = 2;
    f->file.fields = f->ids;
    f->file.column_indices = f->columns;
    f->file_list[0] = &f->file;
    for (int i = 0; i < 2; i++) {
        f->fragments[i] = (Lio__Pb__DataFragment)LIO__PB__DATA_FRAGMENT__INIT;
        f->fragments[i].has_id = f->fragments[i].has_physical_rows = 1;
        f->fragments[i].id = (uint64_t)i + 10;
        f->fragments[i].physical_rows = FLIGHTS;
        f->fragments[i].n_files = 1;
        f->fragments[i].files = f->file_list;
        f->fragment_list[i] = &f->fragments[i];
    }
    f->format = (Lio__Pb__DataFormat)LIO__PB__DATA_FORMAT__INIT;
    f->format.version = (char *)"2.0";
    f->manifest = (Lio__Pb__Manifest)LIO__PB__MANIFEST__INIT;
    for (int i = 0; i < NFIELDS; i++)
        f->field_list[i] = &f->fields[i];
    f->manifest.n_fields = NFIELDS;
    f->manifest.fields = f->field_list;
    f->manifest.n_fragments = 2;
    f->manifest.fragments = f->fragment_list;
    f->manifest.has_version = 1;
    f->manifest.version = 1;
    f->manifest.data_format = &f->format;
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .dir = temp_dir_make() };
    if (!f.dir)
        return -1;
    make_directory(f.dir, "_versions");
    make_directory(f.dir, "data");
    copy_file(f.dir);
    describe(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_dataset_close(f->dataset);
    temp_dir_remove(f->dir);
    return 0;
}

/* As version 1 of the dataset or a branch. */
static void write_manifest(const struct fixture *f, const char *root)
{
    static const uint8_t footer[16] = { [12] = 'L', 'A', 'N', 'C' };
    uint32_t n =
        (uint32_t)protobuf_c_message_get_packed_size(&f->manifest.base);
    uint8_t *bytes = malloc(n);
    char *path;
    FILE *out;

    (void)protobuf_c_message_pack(&f->manifest.base, bytes);
    assert_true(asprintf(&path, "%s/_versions/1.manifest", root) >= 0);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(&n, 1, 4, out), 4);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fwrite(footer, 1, 16, out), 16);
    assert_int_equal(fclose(out), 0);
    free(path);
    free(bytes);
}

static int open_it(struct fixture *f)
{
    lio_dataset_close(f->dataset);
    f->dataset = NULL;
    write_manifest(f, f->dir);
    return lio_dataset_open(NULL, f->dir, &f->dataset, &f->err);
}

static void opens(struct fixture *f)
{
    if (open_it(f) < 0)
        fail_msg("%s", f->err.msg);
}

static void refused(struct fixture *f, int code, const char *words)
{
    if (open_it(f) != code || !strstr(f->err.msg, words))
        fail_msg("'%s' does not say '%s'", f->err.msg, words);
    assert_null(f->dataset);
}

/* -- right --------------------------------------------------------------- */

static void columns_are_found_by_id(void **state)
{
    const struct lio_scan scan = { .offset = FLIGHTS - 1, .limit = 2 };
    struct fixture *f = *state;
    struct lio_dataset_info info;
    struct ArrowArray array;
    const int32_t *offsets;

    opens(f);
    lio_dataset_info(f->dataset, &info);
    assert_int_equal(info.rows, 2 * FLIGHTS);
    assert_int_equal(info.nfragments, 2);
    assert_int_equal(info.npages, 4);
    /* The last row of the first fragment and the first of the second. */
    assert_int_equal(lio_scan_read(f->dataset, &scan, &array, NULL), 0);
    assert_int_equal(array.length, 2);
    assert_int_equal(((const int32_t *)array.children[0]->buffers[1])[1], 33);
    offsets = array.children[1]->buffers[1];
    assert_memory_equal(
        (const char *)array.children[1]->buffers[2] + offsets[1], "LAS", 3);
    assert_int_equal(array.children[2]->null_count, 2);
    array.release(&array);
}

static void dropped_and_rewritten_columns_are_passed_over(void **state)
{
    struct fixture *f = *state;
    struct lio_dataset_info info;

    f->ids[0] = -2; /* rewritten elsewhere */
    f->ids[1] = 77; /* dropped from the schema */
    opens(f);
    lio_dataset_info(f->dataset, &info);
    assert_int_equal(info.npages, 0);
    assert_int_equal(info.rows, 2 * FLIGHTS);
}

static void old_manifests_need_not_tell_rows(void **state)
{
    struct fixture *f = *state;
    struct lio_dataset_info info;

    f->fragments[0].has_physical_rows = f->fragments[1].has_physical_rows = 0;
    f->manifest.data_format = NULL;
    opens(f);
    lio_dataset_info(f->dataset, &info);
    assert_int_equal(info.rows, 2 * FLIGHTS);
    assert_string_equal(info.format_version, "2.0");
}

static void table_without_fragments_is_empty(void **state)
{
    struct fixture *f = *state;
    struct ArrowArray array;

    f->manifest.n_fragments = 0;
    opens(f);
    assert_int_equal(lio_scan_read(f->dataset, NULL, &array, NULL), 0);
    assert_int_equal(array.length, 0);
    assert_int_equal(array.n_children, NFIELDS);
    array.release(&array);
}

static void unsupported_column_spoils_no_other(void **state)
{
    static const char *const names[] = { "late" };
    const struct lio_scan scan = { .columns = names, .ncolumns = 1 };
    struct fixture *f = *state;
    struct lio_field_info info;
    struct ArrowArray array = { 0 };

    f->fields[1].logical_type = (char *)"geometry";
    opens(f);
    assert_int_equal(lio_dataset_field(f->dataset, 1, &info), 0);
    assert_string_equal(info.unsupported,
                        "type 'geometry' is not supported by this version");
    assert_int_equal(lio_scan_read(f->dataset, NULL, &array, &f->err),
                     LIO_EUNSUPPORTED);
    assert_non_null(strstr(f->err.msg, "column 'from': type 'geometry'"));
    assert_int_equal(lio_read_page(f->dataset, 1, &array, &f->err),
                     LIO_EUNSUPPORTED);
    assert_int_equal(lio_scan_read(f->dataset, &scan, &array, NULL), 0);
    assert_int_equal(array.length, 2 * FLIGHTS);
    array.release(&array);
}

/* -- wrong --------------------------------------------------------------- */

static void data_files_stay_inside_the_dataset(void **state)
{
    static const char *const paths[] = { "../data/file.lance", "/etc/passwd",
                                         "a/../../file.lance", "a/..", "" };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        f->file.path = (char *)(uintptr_t)paths[i];
        refused(f, LIO_ECORRUPT, "a file is said to be at");
    }
    f->file.path = (char *)"..file.lance"; /* an odd name, but a name */
    refused(f, LIO_ENOTFOUND, "..file.lance");
    f->file.path = (char *)"file.lance";
}

/* Files of the dataset are below a base path with this number. */
static void set_base(struct fixture *f, const char *path, int is_root)
{
    f->base = (Lio__Pb__BasePath)LIO__PB__BASE_PATH__INIT;
    f->base.has_id = f->base.has_is_dataset_root = 1;
    f->base.id = 5;
    f->base.is_dataset_root = is_root;
    f->base.path = (char *)(uintptr_t)path;
    f->base_list[0] = &f->base;
    f->manifest.n_base_paths = 1;
    f->manifest.base_paths = f->base_list;
    f->file.has_base_id = 1;
    f->file.base_id = 5;
}

static void files_may_be_below_base_paths(void **state)
{
    struct fixture *f = *state;
    char *url, *data;

    assert_true(asprintf(&url, "file://%s", f->dir) >= 0);
    assert_true(asprintf(&data, "%s/data", f->dir) >= 0);
    set_base(f, f->dir, 1);
    opens(f);
    set_base(f, url, 1);
    opens(f);
    set_base(f, data, 0);
    opens(f);
    set_base(f, "s3://bucket/table.lance", 1);
    refused(f, LIO_EUNSUPPORTED,
            "below 's3://bucket/table.lance', which is no");
    f->file.base_id = 6;
    refused(f, LIO_ECORRUPT, "'file.lance' is below base path 6, which");
    set_base(f, f->dir, 1);
    f->file.path = (char *)"../data/file.lance";
    refused(f, LIO_ECORRUPT, "a file is said to be at");
    free(data);
    free(url);
}

static void write_text(const struct fixture *f, const char *name,
                       const char *text)
{
    char *path;
    FILE *out;

    assert_true(asprintf(&path, "%s/%s", f->dir, name) >= 0);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static int open_with(struct fixture *f, uint64_t version, const char *branch,
                     const char *tag)
{
    const struct lio_dataset_options options = { .version = version,
                                                 .branch = branch,
                                                 .tag = tag };

    lio_dataset_close(f->dataset);
    f->dataset = NULL;
    return lio_dataset_open_with(NULL, f->dir, &options, &f->dataset, &f->err);
}

static void opens_rows(struct fixture *f, const char *branch, const char *tag,
                       uint64_t rows)
{
    struct lio_dataset_info info;

    if (open_with(f, 0, branch, tag) < 0)
        fail_msg("%s", f->err.msg);
    lio_dataset_info(f->dataset, &info);
    assert_int_equal(info.rows, rows);
}

static void fails(struct fixture *f, int rc, int code, const char *words)
{
    assert_int_equal(rc, code);
    if (!strstr(f->err.msg, words))
        fail_msg("'%s' does not say '%s'", f->err.msg, words);
}

/* The branch has the first fragment, whose file is the main branch's. */
static void make_branch(struct fixture *f)
{
    char *root;

    write_manifest(f, f->dir);
    make_directory(f->dir, "tree");
    make_directory(f->dir, "tree/new");
    make_directory(f->dir, "tree/new/dev");
    make_directory(f->dir, "tree/new/dev/_versions");
    make_directory(f->dir, "_refs");
    make_directory(f->dir, "_refs/branches");
    make_directory(f->dir, "_refs/tags");
    write_text(f, "_refs/branches/new%2Fdev.json", "{}");
    set_base(f, f->dir, 1);
    f->manifest.n_fragments = 1;
    assert_true(asprintf(&root, "%s/tree/new/dev", f->dir) >= 0);
    write_manifest(f, root);
    free(root);
}

static void branches_are_opened_by_name(void **state)
{
    struct fixture *f = *state;

    make_branch(f);
    opens_rows(f, NULL, NULL, 2 * FLIGHTS);
    opens_rows(f, "main", NULL, 2 * FLIGHTS);
    opens_rows(f, "new/dev", NULL, FLIGHTS);
    fails(f, open_with(f, 0, "old", NULL), LIO_ENOTFOUND,
          "there is no branch 'old'; there are: new/dev");
    fails(f, open_with(f, 0, "../tree/new/dev", NULL), LIO_ENOTFOUND,
          "there is no branch");
    fails(f, open_with(f, 2, "new/dev", NULL), LIO_ENOTFOUND,
          "there is no version 2; there is 1");
}

static void tags_are_opened_by_name(void **state)
{
    struct fixture *f = *state;

    make_branch(f);
    write_text(f, "_refs/tags/v1.json", "{\"branch\":null,\"version\":1}");
    write_text(f, "_refs/tags/b%2Fc.json",
               "{\"branch\":\"new/dev\",\"version\":1,\"manifestSize\":9}");
    opens_rows(f, NULL, "v1", 2 * FLIGHTS);
    opens_rows(f, NULL, "b/c", FLIGHTS);
    fails(f, open_with(f, 0, NULL, "v2"), LIO_ENOTFOUND,
          "there is no tag 'v2'; there are: b/c, v1");
    fails(f, open_with(f, 1, NULL, "v1"), LIO_EINVAL,
          "a tag names a version and a branch");
    write_text(f, "_refs/tags/v1.json", "{\"version\":\"1\"}");
    fails(f, open_with(f, 0, NULL, "v1"), LIO_ECORRUPT,
          "v1.json: is not a tag");
    write_text(f, "_refs/tags/v1.json", "{\"version\":7}");
    fails(f, open_with(f, 0, NULL, "v1"), LIO_ENOTFOUND, "no version 7");
}

static void wrong_sizes_and_rows_are_found(void **state)
{
    struct fixture *f = *state;

    f->file.has_file_bytes = 1;
    f->file.file_bytes = 1000;
    refused(f, LIO_ECORRUPT, "and 1000 according to the manifest");
    f->file.has_file_bytes = 0;
    f->fragments[1].physical_rows = FLIGHTS + 1;
    refused(f, LIO_ECORRUPT, "'late' has 100000 rows in its pages, and 100001");
    f->fragments[1].physical_rows = FLIGHTS;
    f->columns[1] = 5;
    refused(f, LIO_ECORRUPT, "'from' is said to be in column 5 of 5");
    f->columns[1] = 1;
    refused(f, LIO_ECORRUPT, "column 1 is said to hold more than one field");
    f->columns[1] = 3;
    f->file.n_column_indices = 1;
    refused(f, LIO_ECORRUPT, "2 fields in 1 columns");
}

/* A bitmap of one run: rows `first` to `first + rows - 1`, which are not more
 * than 65536 and do not cross a multiple of it. */
static void write_deletions(const struct fixture *f, uint32_t first,
                            uint32_t rows)
{
    const uint8_t bitmap[] = {
        0x3b,
        0x30,
        0,
        0, /* one container, */
        1, /* of runs, */
        (uint8_t)(first >> 16),
        (uint8_t)(first >> 24),
        (uint8_t)(rows - 1),
        (uint8_t)((rows - 1) >> 8),
        1,
        0, /* of one: */
        (uint8_t)first,
        (uint8_t)(first >> 8),
        (uint8_t)(rows - 1),
        (uint8_t)((rows - 1) >> 8),
    };
    char *path;
    FILE *out;

    assert_true(asprintf(&path, "%s/_deletions/10-7-99.bin", f->dir) >= 0);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bitmap, 1, sizeof(bitmap), out), sizeof(bitmap));
    assert_int_equal(fclose(out), 0);
    free(path);
}

/* Rows of the first fragment are deleted by a file of that name. */
static void delete_rows(struct fixture *f, uint32_t first, uint32_t rows)
{
    f->deletions = (Lio__Pb__DeletionFile)LIO__PB__DELETION_FILE__INIT;
    f->deletions.has_type = f->deletions.has_read_version = 1;
    f->deletions.has_id = f->deletions.has_deleted_rows = 1;
    f->deletions.type = 1;
    f->deletions.read_version = 7;
    f->deletions.id = 99;
    f->deletions.deleted_rows = rows;
    f->fragments[0].deletion_file = &f->deletions;
    make_directory(f->dir, "_deletions");
    write_deletions(f, first, rows);
}

static void deleted_rows_are_left_out(void **state)
{
    struct fixture *f = *state;
    const struct lio_scan scan = { .offset = 65536, .limit = 3 };
    struct lio_dataset_info info;
    struct ArrowArray all, some;

    opens(f);
    assert_int_equal(lio_scan_read(f->dataset, NULL, &all, NULL), 0);
    delete_rows(f, 65538, 1000);
    opens(f);
    lio_dataset_info(f->dataset, &info);
    assert_int_equal(info.rows, 2 * FLIGHTS - 1000);
    assert_int_equal(lio_scan_read(f->dataset, &scan, &some, NULL), 0);
    for (int i = 0; i < 3; i++) {
        const struct ArrowArray *from = all.children[0], *got;
        int row = i < 2 ? 65536 + i : 66538;

        got = some.children[0];
        assert_int_equal(
            ((const int32_t *)got->buffers[1])[got->offset + i],
            ((const int32_t *)from->buffers[1])[from->offset + row]);
    }
    some.release(&some);
    all.release(&all);
}

/* Old manifests do not count the deleted rows. */
static void deletion_file_may_tell_how_many(void **state)
{
    struct fixture *f = *state;
    struct lio_dataset_info info;

    delete_rows(f, 0, 300);
    f->deletions.has_deleted_rows = 0;
    opens(f);
    lio_dataset_info(f->dataset, &info);
    assert_int_equal(info.rows, 2 * FLIGHTS - 300);
}

static void fragment_may_have_no_row_left(void **state)
{
    struct fixture *f = *state;
    struct lio_dataset_info info;
    struct ArrowArray array;

    f->fragments[0].physical_rows = f->fragments[1].physical_rows = 0;
    f->file.n_fields = f->file.n_column_indices = 0;
    f->fragments[0].physical_rows = 65536;
    f->fragments[1].physical_rows = 5;
    delete_rows(f, 0, 65536);
    opens(f);
    lio_dataset_info(f->dataset, &info);
    assert_int_equal(info.rows, 5);
    assert_int_equal(lio_scan_read(f->dataset, NULL, &array, NULL), 0);
    assert_int_equal(array.length, 5);
    assert_int_equal(array.children[0]->null_count, 5);
    array.release(&array);
}

static void wrong_deletion_files_are_found(void **state)
{
    struct fixture *f = *state;

    delete_rows(f, FLIGHTS - 10, 11);
    refused(f, LIO_ECORRUPT, "fragment 10 has 100000 rows, and row 100000 is");
    f->deletions.deleted_rows = 12;
    refused(f, LIO_ECORRUPT,
            "10-7-99.bin: deletes 11 rows, and 12 according to the manifest");
    f->deletions.type = 0;
    refused(f, LIO_ENOTFOUND, "_deletions/10-7-99.arrow");
    f->deletions.type = 2;
    refused(f, LIO_EUNSUPPORTED, "unknown type 2");
    f->deletions.type = 1;
    f->deletions.has_base_id = 1;
    refused(f, LIO_ECORRUPT, "'10-7-99.bin' is below base path 0");
}

static void other_versions_are_refused(void **state)
{
    struct fixture *f = *state;

    f->format.version = (char *)"2.3";
    refused(f, LIO_EUNSUPPORTED,
            "file version '2.3' is not supported (2.0, 2.1 and 2.2 are): 2.3 "
            "is a draft");
    f->format.version = (char *)"legacy";
    refused(f, LIO_EUNSUPPORTED, "file version 'legacy'");
    f->format.version = (char *)"2.1";
    refused(f, LIO_ECORRUPT,
            "is of file version 2.0 in a dataset of version "
            "2.1");
}

static void overlays_are_refused(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__Overlay overlay = LIO__PB__OVERLAY__INIT,
                     *overlays[] = { &overlay };

    f->fragments[1].n_overlays = 1;
    f->fragments[1].overlays = overlays;
    refused(f, LIO_EUNSUPPORTED, "fragment 11 has overlays");
}

/* A column that says it is wider than it is. */
static void type_that_does_not_fit_its_pages_is_found(void **state)
{
    struct fixture *f = *state;
    struct ArrowArray array = { 0 };

    f->fields[0].logical_type = (char *)"int64";
    opens(f);
    assert_int_equal(lio_read_page(f->dataset, 0, &array, &f->err),
                     LIO_ECORRUPT);
    assert_non_null(strstr(f->err.msg, "file.lance: column 'late', page 0: "
                                       "values have 32 bits where 64 are due"));
    assert_null(array.release);
}

/* A stream that fails says why, and fails again instead of going on. */
static void failed_stream_stays_failed(void **state)
{
    struct fixture *f = *state;
    struct ArrowArrayStream stream;
    struct ArrowArray array = { 0 };

    f->fields[0].logical_type = (char *)"int64";
    opens(f);
    assert_int_equal(lio_scan_stream(f->dataset, NULL, &stream, NULL), 0);
    assert_null(stream.get_last_error(&stream));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stream.get_next(&stream, &array), EIO);
        assert_non_null(strstr(stream.get_last_error(&stream), "'late'"));
        assert_null(array.release);
    }
    stream.release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(columns_are_found_by_id),
        TEST(dropped_and_rewritten_columns_are_passed_over),
        TEST(old_manifests_need_not_tell_rows),
        TEST(table_without_fragments_is_empty),
        TEST(unsupported_column_spoils_no_other),
        TEST(data_files_stay_inside_the_dataset),
        TEST(files_may_be_below_base_paths),
        TEST(branches_are_opened_by_name),
        TEST(tags_are_opened_by_name),
        TEST(wrong_sizes_and_rows_are_found),
        TEST(deleted_rows_are_left_out),
        TEST(deletion_file_may_tell_how_many),
        TEST(fragment_may_have_no_row_left),
        TEST(wrong_deletion_files_are_found),
        TEST(other_versions_are_refused),
        TEST(overlays_are_refused),
        TEST(type_that_does_not_fit_its_pages_is_found),
        TEST(failed_stream_stays_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
