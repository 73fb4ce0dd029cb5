/* Blobs of version 2.2: where their bytes are found, whatever the kind. */
#include "column/blob_files.h"

#include "support/temp_dir.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

enum { INLINE, PACKED, DEDICATED, EXTERNAL, MANAGED };

struct fixture {
    char *dir;
    struct lio_dataset dataset;
    struct lio_base bases[2];
    struct lio_data_file file;
    struct lio_blob_files files;
    struct lio_blob_at at;
    struct lio_error err;
};

static char *path_in(const struct fixture *f, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", f->dir, name) >= 0);
    return path;
}

static void make_file(const struct fixture *f, const char *name, size_t bytes)
{
    char *path = path_in(f, name);
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    for (size_t i = 0; i < bytes; i++)
        assert_int_equal(fputc((int)i, out), i & 0xff);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static void make_directory(const struct fixture *f, const char *name)
{
    char *path = path_in(f, name);

    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
}

/* A data file of 100 bytes, of which 60 are values, and 50 bytes beside it. */
static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char *path;

    assert_non_null(f);
    f->dir = temp_dir_make();
    make_directory(f, "data");
    make_directory(f, "data/file");
    make_directory(f, "other");
    make_file(f, "data/file.lance", 100);
    make_file(f, "data/file/10100000000000000000000000000000.blob", 50);
    make_file(f, "other/one", 40);
    path = path_in(f, "data/file.lance");
    assert_int_equal(lio_source_open(NULL, path, &f->file.source, NULL), 0);
    f->file.directory_bytes = (int)(strlen(path) - strlen("file.lance"));
    f->file.footer.column_meta_at = 60;
    free(path);
    f->bases[0] = (struct lio_base){ 7, true, path_in(f, "other") };
    f->bases[1] = (struct lio_base){ 8, false, strdup("s3://bucket") };
    f->dataset.path = f->dir;
    f->dataset.bases = (struct lio_bases){ f->bases, 2 };
    f->files = (struct lio_blob_files){ .dataset = &f->dataset,
                                        .file = &f->file,
                                        .column = "b" };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_blob_files_release(&f->files);
    lio_source_close(f->file.source);
    free(f->bases[0].path);
    free(f->bases[1].path);
    temp_dir_remove(f->dir);
    free(f);
    return 0;
}

static int find(struct fixture *f, uint8_t kind, uint64_t position,
                uint64_t size, uint32_t id, const char *uri)
{
    const struct lio_blob_descriptor what = {
        .kind = kind,
        .position = position,
        .size = size,
        .id = id,
        .uri = { (const uint8_t *)uri, strlen(uri) },
    };

    return lio_blob_files_find(&f->files, &what, &f->at, &f->err);
}

/* The blob that was found: a range of the file whose name ends so. */
static void is_at(const struct fixture *f, const char *name, uint64_t offset,
                  uint64_t bytes)
{
    const char *found = lio_source_name(f->at.source);

    assert_true(strlen(found) > strlen(name));
    assert_string_equal(found + strlen(found) - strlen(name), name);
    assert_int_equal(f->at.offset, offset);
    assert_int_equal(f->at.bytes, bytes);
}

static void says(const struct fixture *f, int code, const char *words)
{
    assert_int_equal(f->err.code, code);
    if (!strstr(f->err.msg, words))
        fail_msg("'%s' does not say '%s'", f->err.msg, words);
}

static void inline_blob_is_in_the_data_file(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, INLINE, 20, 40, 0, ""), 0);
    is_at(f, "file.lance", 20, 40);
    assert_int_equal(find(f, INLINE, 20, 41, 0, ""), LIO_ECORRUPT);
    says(f, LIO_ECORRUPT, "41 bytes at byte 20 runs past byte 60");
}

static void sidecar_is_named_by_the_bits_of_its_id(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, PACKED, 10, 40, 5, ""), 0);
    is_at(f, "data/file/10100000000000000000000000000000.blob", 10, 40);
    assert_int_equal(find(f, DEDICATED, 3, 50, 5, ""), 0);
    is_at(f, "data/file/10100000000000000000000000000000.blob", 0, 50);
    assert_int_equal(f->files.n, 1);
    assert_int_equal(find(f, PACKED, 10, 41, 5, ""), LIO_ECORRUPT);
    says(f, LIO_ECORRUPT, "runs past byte 50");
    assert_int_equal(find(f, PACKED, 0, 1, 6, ""), LIO_ENOTFOUND);
}

static void empty_blob_needs_no_file(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, INLINE, 99, 0, 0, ""), 0);
    is_at(f, "file.lance", 0, 0);
    assert_int_equal(find(f, PACKED, 0, 0, 6, ""), 0);
    assert_int_equal(f->at.bytes, 0);
    assert_int_equal(find(f, MANAGED, 0, 0, 99, "x"), 0);
    assert_int_equal(f->at.bytes, 0);
}

static void external_blob_is_below_a_base_or_at_a_url(void **state)
{
    struct fixture *f = *state;
    char *url;

    assert_int_equal(find(f, EXTERNAL, 5, 35, 7, "one"), 0);
    is_at(f, "other/one", 5, 35);
    assert_true(asprintf(&url, "file://%s/other/one", f->dir) >= 0);
    assert_int_equal(find(f, EXTERNAL, 1, 2, 0, url), 0);
    free(url);
    is_at(f, "other/one", 1, 2);
    assert_int_equal(f->files.n, 1);
}

static void external_blob_of_size_0_is_the_whole_file(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, EXTERNAL, 0, 0, 7, "one"), 0);
    is_at(f, "other/one", 0, 40);
    assert_int_equal(find(f, EXTERNAL, 1, 0, 7, "one"), LIO_ECORRUPT);
    says(f, LIO_ECORRUPT, "40 bytes at byte 1 runs past byte 40");
}

static void managed_blob_is_right_below_its_base(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, MANAGED, 5, 35, 7, "one"), 0);
    is_at(f, "other/one", 5, 35);
    assert_int_equal(find(f, MANAGED, 5, 35, 9, "one"), LIO_ECORRUPT);
    says(f, LIO_ECORRUPT, "base path 9, which the manifest does not have");
}

static void path_of_a_blob_stays_where_it_belongs(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, MANAGED, 0, 1, 7, "../data/file.lance"),
                     LIO_ECORRUPT);
    says(f, LIO_ECORRUPT, "'../data/file.lance'");
    assert_int_equal(find(f, MANAGED, 0, 1, 7, ""), LIO_ECORRUPT);
    says(f, LIO_ECORRUPT, "without a name");
}

static void what_is_not_on_this_machine_is_unsupported(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, EXTERNAL, 0, 1, 8, "one"), LIO_EUNSUPPORTED);
    says(f, LIO_EUNSUPPORTED, "s3://bucket");
    assert_int_equal(find(f, EXTERNAL, 0, 1, 0, "s3://bucket/one"),
                     LIO_EUNSUPPORTED);
    says(f, LIO_EUNSUPPORTED, "not a path on this machine");
}

static void unknown_kind_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(find(f, 5, 0, 1, 0, ""), LIO_ECORRUPT);
    says(f, LIO_ECORRUPT, "unknown kind 5");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(inline_blob_is_in_the_data_file),
        TEST(sidecar_is_named_by_the_bits_of_its_id),
        TEST(empty_blob_needs_no_file),
        TEST(external_blob_is_below_a_base_or_at_a_url),
        TEST(external_blob_of_size_0_is_the_whole_file),
        TEST(managed_blob_is_right_below_its_base),
        TEST(path_of_a_blob_stays_where_it_belongs),
        TEST(what_is_not_on_this_machine_is_unsupported),
        TEST(unknown_kind_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
