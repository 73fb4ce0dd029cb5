/*
 * Roaring bitmaps: each kind of container, and bitmaps that lie.
 */
#include "column/roaring.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#define MAX_BYTES 20000

struct bitmap {
    uint8_t bytes[MAX_BYTES];
    size_t n;
};

static void put16(struct bitmap *bitmap, unsigned value)
{
    bitmap->bytes[bitmap->n++] = (uint8_t)value;
    bitmap->bytes[bitmap->n++] = (uint8_t)(value >> 8);
}

static void put32(struct bitmap *bitmap, uint32_t value)
{
    put16(bitmap, value & 0xffff);
    put16(bitmap, value >> 16);
}

static int parse(const struct bitmap *bitmap, struct lio_gaps *ret_gaps)
{
    const char *why = NULL;
    int rc;

    *ret_gaps = (struct lio_gaps){ 0 };
    rc = lio_roaring_parse((struct lio_bytes){ bitmap->bytes, bitmap->n },
                           ret_gaps, &why);
    if (rc < 0) {
        assert_int_equal(rc, LIO_ECORRUPT);
        assert_non_null(why);
    }
    return rc;
}

static void is_corrupt(const struct bitmap *bitmap)
{
    struct lio_gaps gaps;

    assert_int_equal(parse(bitmap, &gaps), LIO_ECORRUPT);
    lio_gaps_release(&gaps);
}

static void is_gap(const struct lio_gaps *gaps, size_t number, uint64_t first,
                   uint64_t rows)
{
    assert_true(number < gaps->n);
    assert_int_equal(gaps->all[number].first, first);
    assert_int_equal(gaps->all[number].rows, rows);
}

/* Cut at each byte, it must be refused and nothing else. */
static void no_prefix_is_a_bitmap(const struct bitmap *bitmap)
{
    struct bitmap cut = *bitmap;

    while (cut.n > 0) {
        uint8_t *exact;
        struct lio_gaps gaps = { 0 };
        const char *why;

        cut.n--;
        exact = memcpy(malloc(cut.n + 1), cut.bytes, cut.n);
        assert_int_equal(
            lio_roaring_parse((struct lio_bytes){ exact, cut.n }, &gaps, &why),
            LIO_ECORRUPT);
        lio_gaps_release(&gaps);
        free(exact);
    }
}

/* Rows 1, 2, 9, and 65536 + 65535. */
static struct bitmap two_arrays(void)
{
    struct bitmap bitmap = { .n = 0 };

    put32(&bitmap, 12346);
    put32(&bitmap, 2);
    put16(&bitmap, 0), put16(&bitmap, 3 - 1);
    put16(&bitmap, 1), put16(&bitmap, 1 - 1);
    put32(&bitmap, 24), put32(&bitmap, 30);
    put16(&bitmap, 1), put16(&bitmap, 2), put16(&bitmap, 9);
    put16(&bitmap, 65535);
    return bitmap;
}

static void arrays_are_read(void **state)
{
    struct bitmap bitmap = two_arrays();
    struct lio_gaps gaps;

    (void)state;
    assert_int_equal(parse(&bitmap, &gaps), 0);
    assert_int_equal(gaps.n, 3);
    is_gap(&gaps, 0, 1, 2);
    is_gap(&gaps, 1, 9, 1);
    is_gap(&gaps, 2, 131071, 1);
    lio_gaps_release(&gaps);
    no_prefix_is_a_bitmap(&bitmap);
}

/* Two runs, 5 to 9 and the last 100 rows of the container. */
static struct bitmap runs(void)
{
    struct bitmap bitmap = { .n = 0 };

    put32(&bitmap, 12347 | (1 - 1) << 16);
    bitmap.bytes[bitmap.n++] = 1;
    put16(&bitmap, 2), put16(&bitmap, 105 - 1);
    put16(&bitmap, 2);
    put16(&bitmap, 5), put16(&bitmap, 5 - 1);
    put16(&bitmap, 65436), put16(&bitmap, 100 - 1);
    return bitmap;
}

static void runs_are_read(void **state)
{
    struct bitmap bitmap = runs();
    struct lio_gaps gaps;

    (void)state;
    assert_int_equal(parse(&bitmap, &gaps), 0);
    assert_int_equal(gaps.n, 2);
    is_gap(&gaps, 0, 131072 + 5, 5);
    is_gap(&gaps, 1, 131072 + 65436, 100);
    lio_gaps_release(&gaps);
    no_prefix_is_a_bitmap(&bitmap);
}

/* Runs and an array, four containers: then there are offsets. */
static void offsets_of_bitmaps_with_runs_are_passed_over(void **state)
{
    struct bitmap bitmap = { .n = 0 };
    struct lio_gaps gaps;

    (void)state;
    put32(&bitmap, 12347 | (uint32_t)(4 - 1) << 16);
    bitmap.bytes[bitmap.n++] = 1 << 2;
    for (unsigned key = 0; key < 4; key++)
        put16(&bitmap, key), put16(&bitmap, 1 - 1);
    for (unsigned key = 0; key < 4; key++)
        put32(&bitmap, 77);
    put16(&bitmap, 10);
    put16(&bitmap, 11);
    put16(&bitmap, 1), put16(&bitmap, 12), put16(&bitmap, 0);
    put16(&bitmap, 13);
    assert_int_equal(parse(&bitmap, &gaps), 0);
    assert_int_equal(gaps.n, 4);
    for (unsigned key = 0; key < 4; key++)
        is_gap(&gaps, key, key * 65536 + 10 + key, 1);
    lio_gaps_release(&gaps);
}

/* All rows but 64 to 127 and 1000. */
static struct bitmap bitset(unsigned numbers)
{
    struct bitmap bitmap = { .n = 0 };

    put32(&bitmap, 12346);
    put32(&bitmap, 1);
    put16(&bitmap, 0), put16(&bitmap, numbers - 1);
    put32(&bitmap, 16);
    memset(bitmap.bytes + bitmap.n, 0xff, 8192);
    memset(bitmap.bytes + bitmap.n + 8, 0, 8);
    bitmap.bytes[bitmap.n + 125] = 0xfe;
    bitmap.n += 8192;
    return bitmap;
}

static void bitsets_are_read(void **state)
{
    struct bitmap bitmap = bitset(65536 - 65);
    struct lio_gaps gaps;

    (void)state;
    assert_int_equal(parse(&bitmap, &gaps), 0);
    assert_int_equal(gaps.n, 3);
    is_gap(&gaps, 0, 0, 64);
    is_gap(&gaps, 1, 128, 1000 - 128);
    is_gap(&gaps, 2, 1001, 65536 - 1001);
    lio_gaps_release(&gaps);
}

static void counts_that_lie_are_found(void **state)
{
    struct bitmap bitmap = bitset(65536 - 64);

    (void)state;
    is_corrupt(&bitmap);
    bitmap = runs();
    bitmap.bytes[7]--; /* numbers of the container */
    is_corrupt(&bitmap);
    bitmap = two_arrays();
    bitmap.bytes[4] = 3; /* containers */
    is_corrupt(&bitmap);
    memset(bitmap.bytes + 4, 0xff, 4);
    is_corrupt(&bitmap);
}

static void wrong_order_is_found(void **state)
{
    struct bitmap bitmap = two_arrays();

    (void)state;
    bitmap.bytes[26] = 1; /* 1, 1, 9 */
    is_corrupt(&bitmap);
    bitmap = two_arrays();
    bitmap.bytes[8] = 2; /* keys 2, 1 */
    is_corrupt(&bitmap);
    bitmap = runs();
    bitmap.bytes[11] = 200; /* 200 to 65736, beyond the container */
    bitmap.bytes[13] = bitmap.bytes[14] = 0xff;
    is_corrupt(&bitmap);
}

static void other_bytes_are_no_bitmap(void **state)
{
    struct bitmap bitmap = two_arrays();

    (void)state;
    bitmap.bytes[0]--;
    is_corrupt(&bitmap);
    bitmap = two_arrays();
    bitmap.bytes[bitmap.n++] = 0; /* one too many */
    is_corrupt(&bitmap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_read),
        cmocka_unit_test(runs_are_read),
        cmocka_unit_test(offsets_of_bitmaps_with_runs_are_passed_over),
        cmocka_unit_test(bitsets_are_read),
        cmocka_unit_test(counts_that_lie_are_found),
        cmocka_unit_test(wrong_order_is_found),
        cmocka_unit_test(other_bytes_are_no_bitmap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
