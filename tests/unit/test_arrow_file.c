/*
 * Arrow files of deleted rows: one whose values are stored, one whose values
 * are compressed, and what becomes of them when somebody breaks them.
 */
#include "column/arrow_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <glob.h>
#include <lz4frame.h>

#define MAX_BYTES 1000

struct file {
    uint8_t bytes[MAX_BYTES];
    size_t n;
    const char *why; /* why it was refused the last time */
};

static void load(const char *pattern, struct file *ret_file)
{
    char *path;
    glob_t found;
    FILE *in;

    assert_true(
        asprintf(&path, "%s/types/%s", getenv("LIO_TEST_DATA"), pattern) >= 0);
    assert_int_equal(glob(path, 0, NULL, &found), 0);
    in = fopen(found.gl_pathv[0], "rb");
    assert_non_null(in);
    ret_file->n = fread(ret_file->bytes, 1, MAX_BYTES, in);
    assert_true(ret_file->n > 0 && ret_file->n < MAX_BYTES);
    (void)fclose(in);
    globfree(&found);
    free(path);
}

static void load_stored(struct file *ret_file)
{
    load("versions/v2_2.lance/_deletions/0-2-*.arrow", ret_file);
}

static void load_compressed(struct file *ret_file)
{
    load("updates_merge_insert/v2_1.lance/_deletions/0-2-*.arrow", ret_file);
}

/* Parse in memory of exactly that size, so that a sanitizer sees any byte read
 * behind it.  Returns how many numbers there are, or -1. */
static int64_t parse(struct file *file, uint32_t **ret_numbers)
{
    uint8_t *exact = memcpy(malloc(file->n + 1), file->bytes, file->n);
    const char *why = NULL;
    uint64_t n = 0;
    int rc;

    exact = realloc(exact, file->n > 0 ? file->n : 1);
    rc = lio_arrow_file_parse((struct lio_bytes){ exact, file->n }, ret_numbers,
                              &n, &why);
    free(exact);
    if (rc == 0)
        return (int64_t)n;
    assert_true(rc == LIO_ECORRUPT || rc == LIO_EUNSUPPORTED);
    assert_non_null(why);
    file->why = why;
    return -1;
}

static void is_refused(struct file *file)
{
    uint32_t *numbers;

    assert_int_equal(parse(file, &numbers), -1);
}

static void stored_values_are_read(void **state)
{
    struct file file;
    uint32_t *numbers, seen = 0;

    (void)state;
    load_stored(&file);
    assert_int_equal(parse(&file, &numbers), 10);
    for (int i = 0; i < 10; i++) {
        assert_true(numbers[i] < 10);
        seen |= 1u << numbers[i];
    }
    assert_int_equal(seen, 0x3ff);
    free(numbers);
}

static void compressed_values_are_read(void **state)
{
    struct file file;
    uint32_t *numbers, low = UINT32_MAX, high = 0;

    (void)state;
    load_compressed(&file);
    assert_int_equal(parse(&file, &numbers), 21);
    for (int i = 0; i < 21; i++) {
        low = numbers[i] < low ? numbers[i] : low;
        high = numbers[i] > high ? numbers[i] : high;
    }
    assert_true(high < 100);
    assert_true(high - low >= 20);
    free(numbers);
}

static void no_prefix_is_a_file(void **state)
{
    struct file file;

    (void)state;
    load_stored(&file);
    while (file.n-- > 0)
        is_refused(&file);
}

/* Either some numbers, which the caller checks, or an error. */
static void any_bit_may_be_wrong(void **state)
{
    void (*const loads[])(struct file *) = { load_stored, load_compressed };
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct file file;

        loads[i](&file);
        for (size_t bit = 0; bit < file.n * 8; bit++) {
            uint32_t *numbers;

            file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (parse(&file, &numbers) >= 0)
                free(numbers);
            else
                refused++;
            file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    assert_true(refused > 0);
}

/* The place of a pattern that is there once. */
static uint8_t *find(struct file *file, const void *pattern, size_t n)
{
    uint8_t *found = NULL;

    for (size_t i = 0; i + n <= file->n; i++)
        if (memcmp(file->bytes + i, pattern, n) == 0) {
            assert_null(found);
            found = file->bytes + i;
        }
    assert_non_null(found);
    return found;
}

/* The codec, one byte of the message before the values: found by trying. */
static uint8_t *find_codec(struct file *file, const uint8_t *values)
{
    for (uint8_t *at = file->bytes; at < values; at++) {
        uint32_t *numbers;
        int64_t n;

        if (*at != 1)
            continue;
        *at = 9;
        n = parse(file, &numbers);
        *at = 1;
        if (n >= 0)
            free(numbers);
        else if (strstr(file->why, "neither with lz4 nor with zstd"))
            return at;
    }
    return NULL;
}

/* Other writers may. */
static void values_may_be_compressed_with_lz4(void **state)
{
    static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
    static const uint32_t zeros[21];
    struct file file;
    uint32_t *numbers;
    uint8_t frame[200], *values, *codec;
    size_t n;

    (void)state;
    load_compressed(&file);
    values = find(&file, zstd, sizeof(zstd));
    codec = find_codec(&file, values);
    assert_non_null(codec);
    *codec = 0;
    is_refused(&file);
    n = LZ4F_compressFrame(frame, sizeof(frame), zeros, sizeof(zeros), NULL);
    assert_true(n < 40);
    memcpy(values, frame, n);
    assert_int_equal(parse(&file, &numbers), 21);
    assert_memory_equal(numbers, zeros, sizeof(zeros));
    free(numbers);
    values[0] ^= 1;
    is_refused(&file);
    /* Its end is missing. */
    values[0] ^= 1;
    memset(values + n - 4, 0xff, 4);
    is_refused(&file);
}

/* A few bytes that claim to be more than memory holds. */
static void bombs_are_refused_before_memory_is_taken(void **state)
{
    static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
    struct file file;
    uint8_t *plain;

    (void)state;
    load_compressed(&file);
    plain = find(&file, zstd, sizeof(zstd)) - 8;
    assert_int_equal(lio_load_u64(plain), 21 * 4);
    plain[5] = 1; /* a terabyte */
    is_refused(&file);
}

/* { i64 rows } and { i64 rows | i64 nulls }: the batch, and its column. */
static void more_rows_than_values_are_refused(void **state)
{
    struct file file;
    size_t changed = 0;

    (void)state;
    load_stored(&file);
    for (size_t i = 0; i + 8 <= file.n; i += 8)
        if (lio_load_u64(file.bytes + i) == 10)
            file.bytes[i + 7] = 0x40, changed++;
    assert_true(changed > 0);
    is_refused(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_values_are_read),
        cmocka_unit_test(compressed_values_are_read),
        cmocka_unit_test(no_prefix_is_a_file),
        cmocka_unit_test(any_bit_may_be_wrong),
        cmocka_unit_test(values_may_be_compressed_with_lz4),
        cmocka_unit_test(bombs_are_refused_before_memory_is_taken),
        cmocka_unit_test(more_rows_than_values_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
