/*
 * Sources: batches from files and memory, and what can go wrong with them.
 */
#include "column/source.h"

#include "support/temp_dir.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

struct fixture {
    char *dir;
    char *path; /* of a file with the ten digits */
};

static int setup(void **state)
{
    static struct fixture f;
    FILE *out;

    f.dir = temp_dir_make();
    if (!f.dir || asprintf(&f.path, "%s/digits", f.dir) < 0)
        return -1;
    out = fopen(f.path, "w");
    if (!out || fputs("0123456789", out) < 0 || fclose(out) != 0)
        return -1;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    temp_dir_remove(f->dir);
    free(f->path);
    return 0;
}

static void reads_digits(struct lio_source *source)
{
    char first[4] = "", last[2] = "", none[1] = "";
    const struct lio_source_read reads[] = {
        { source, 1, 3, first },
        { source, 10, 0, none },
        { source, 9, 1, last },
    };
    struct lio_error err;

    assert_int_equal(lio_source_size(source), 10);
    if (lio_source_read(reads, 3, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(first, "123");
    assert_string_equal(last, "9");
}

static void file_is_read_as_a_batch(void **state)
{
    const struct fixture *f = *state;
    struct lio_source *source;

    assert_int_equal(lio_source_open(NULL, f->path, &source, NULL), 0);
    assert_string_equal(lio_source_name(source), f->path);
    reads_digits(source);
    lio_source_close(source);
}

static void memory_is_read_alike(void **state)
{
    struct lio_source *source;

    (void)state;
    assert_int_equal(lio_source_over("m", "0123456789", 10, &source, NULL), 0);
    reads_digits(source);
    lio_source_close(source);
}

static void one_batch_reads_several_files(void **state)
{
    const struct fixture *f = *state;
    struct lio_source *a, *b, *m;
    char got[5] = "";

    assert_int_equal(lio_source_open(NULL, f->path, &a, NULL), 0);
    assert_int_equal(lio_source_open(NULL, f->path, &b, NULL), 0);
    assert_int_equal(lio_source_over("m", "abc", 3, &m, NULL), 0);
    assert_int_equal(
        lio_source_read(
            (const struct lio_source_read[]){ { a, 3, 1, got },
                                              { b, 5, 1, got + 1 },
                                              { m, 1, 1, got + 2 },
                                              { a, 7, 1, got + 3 } },
            4, NULL),
        0);
    assert_string_equal(got, "35b7");
    lio_source_close(a);
    lio_source_close(b);
    lio_source_close(m);
}

static void range_past_the_end_is_refused_at_once(void **state)
{
    const struct fixture *f = *state;
    struct lio_source_batch *batch = NULL;
    struct lio_source_read read = { .bytes = 2 };
    struct lio_error err;
    char got[2];

    assert_int_equal(lio_source_open(NULL, f->path, &read.source, NULL), 0);
    read.into = got;
    read.offset = 9;
    assert_int_equal(lio_source_start(&read, 1, &batch, &err), LIO_ECORRUPT);
    assert_non_null(strstr(err.msg, "2 bytes at byte 9 are past its end"));
    read.offset = UINT64_MAX;
    assert_int_equal(lio_source_start(&read, 1, &batch, &err), LIO_ECORRUPT);
    assert_null(batch);
    lio_source_close(read.source);
}

static void file_that_shrinks_is_said(void **state)
{
    const struct fixture *f = *state;
    struct lio_source *source;
    struct lio_error err;
    char got[10];

    assert_int_equal(lio_source_open(NULL, f->path, &source, NULL), 0);
    assert_int_equal(truncate(f->path, 4), 0);
    assert_int_equal(
        lio_source_read(&(const struct lio_source_read){ source, 0, 10, got },
                        1, &err),
        LIO_EEOF);
    assert_non_null(strstr(err.msg, "shorter"));
    lio_source_close(source);
}

static void file_that_disappears_is_said(void **state)
{
    const struct fixture *f = *state;
    struct lio_source *source;
    struct lio_error err;
    char got[10];

    assert_int_equal(lio_source_open(NULL, f->path, &source, NULL), 0);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(
        lio_source_read(&(const struct lio_source_read){ source, 0, 10, got },
                        1, &err),
        LIO_ENOTFOUND);
    assert_non_null(strstr(err.msg, f->path));
    assert_int_equal(err.os_errno, ENOENT);
    lio_source_close(source);
}

static void what_is_no_file_is_said(void **state)
{
    const struct fixture *f = *state;
    struct lio_source *source = NULL;
    struct lio_error err;

    assert_int_equal(lio_source_open(NULL, f->dir, &source, &err),
                     LIO_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "not a regular file"));
    assert_int_equal(lio_source_open(NULL, "/nowhere/at/all", &source, &err),
                     LIO_ENOTFOUND);
    assert_null(source);
}

static void batch_may_be_abandoned(void **state)
{
    const struct fixture *f = *state;
    struct lio_source_batch *batch;
    struct lio_source *source;
    char got[3] = "";

    assert_int_equal(lio_source_open(NULL, f->path, &source, NULL), 0);
    assert_int_equal(
        lio_source_start(&(const struct lio_source_read){ source, 0, 2, got },
                         1, &batch, NULL),
        0);
    lio_source_abandon(batch);
    lio_source_abandon(NULL);
    lio_source_close(source);
    lio_source_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(file_is_read_as_a_batch),
        TEST(memory_is_read_alike),
        TEST(one_batch_reads_several_files),
        TEST(range_past_the_end_is_refused_at_once),
        TEST(file_that_shrinks_is_said),
        TEST(file_that_disappears_is_said),
        TEST(what_is_no_file_is_said),
        TEST(batch_may_be_abandoned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
