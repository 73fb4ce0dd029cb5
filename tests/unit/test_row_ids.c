/* Row id sequences of manifests, segment by segment. */
#include "column/row_ids.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#define BYTES(...)                                                             \
    (struct lio_bytes)                                                         \
    {                                                                          \
        (const uint8_t[]){ __VA_ARGS__ },                                      \
            sizeof((const uint8_t[]){ __VA_ARGS__ })                           \
    }

/* Compare the ids with a list of them, as text. */
static void ids_are(struct lio_bytes in, const char *expected)
{
    char text[200] = "";
    struct lio_row_ids ids;
    const char *why;
    size_t n = 0;

    assert_int_equal(lio_row_ids_parse(in, &ids, &why), 0);
    for (uint64_t row = 0; row < ids.rows; row++) {
        uint64_t run, id = lio_row_ids_at(&ids, row, &run);

        assert_true(run > 0 && run <= ids.rows - row);
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%llu",
                              row > 0 ? " " : "", (unsigned long long)id);
    }
    assert_string_equal(text, expected);
    lio_row_ids_release(&ids);
}

static void refused(struct lio_bytes in, const char *words)
{
    struct lio_row_ids ids;
    const char *why;

    assert_int_equal(lio_row_ids_parse(in, &ids, &why), LIO_ECORRUPT);
    assert_string_equal(why, words);
}

static void range_is_one_run(void **state)
{
    const struct lio_bytes in = BYTES(0x0a, 6, 0x0a, 4, 0x08, 8, 0x10, 12);
    struct lio_row_ids ids;
    const char *why;
    uint64_t run;

    (void)state;
    ids_are(in, "8 9 10 11");
    assert_int_equal(lio_row_ids_parse(in, &ids, &why), 0);
    assert_int_equal(lio_row_ids_at(&ids, 1, &run), 9);
    assert_int_equal(run, 3);
    assert_int_equal(ids.n, 1);
    lio_row_ids_release(&ids);
}

static void segments_follow_each_other(void **state)
{
    (void)state;
    ids_are(BYTES(0x0a, 6, 0x0a, 4, 0x08, 8, 0x10, 10, 0x0a, 6, 0x0a, 4, 0x08,
                  2, 0x10, 4),
            "8 9 2 3");
    ids_are(BYTES(0x0a, 4, 0x0a, 2, 0x10, 0), "");
}

static void range_may_have_holes(void **state)
{
    (void)state;
    /* 5 to 10 without 5, 7 and 9 */
    ids_are(BYTES(0x0a, 18, 0x12, 16, 0x08, 5, 0x10, 10, 0x1a, 10, 0x0a, 8,
                  0x12, 6, 5, 0, 7, 0, 9, 0),
            "6 8");
    refused(BYTES(0x0a, 16, 0x12, 14, 0x08, 5, 0x10, 10, 0x1a, 8, 0x0a, 6, 0x12,
                  4, 7, 0, 6, 0),
            "a segment of them makes no sense");
    refused(BYTES(0x0a, 14, 0x12, 12, 0x08, 5, 0x10, 10, 0x1a, 6, 0x0a, 4, 0x12,
                  2, 10, 0),
            "a segment of them makes no sense");
}

static void lowest_bit_of_a_bitmap_is_first(void **state)
{
    (void)state;
    ids_are(BYTES(0x0a, 10, 0x1a, 8, 0x08, 20, 0x10, 30, 0x1a, 2, 0x83, 0xfe),
            "20 21 27 29");
    refused(BYTES(0x0a, 9, 0x1a, 7, 0x08, 20, 0x10, 30, 0x1a, 1, 0x83),
            "a segment of them makes no sense");
}

static void arrays_have_offsets_or_ids(void **state)
{
    (void)state;
    ids_are(BYTES(0x0a, 12, 0x22, 10, 0x0a, 8, 0x08, 100, 0x12, 4, 1, 0, 0, 1),
            "101 356");
    ids_are(BYTES(0x0a, 16, 0x2a, 14, 0x12, 12, 0x08, 9, 0x12, 8, 2, 0, 0, 0, 0,
                  0, 1, 0),
            "11 65545");
    ids_are(
        BYTES(0x0a, 14, 0x2a, 12, 0x1a, 10, 0x12, 8, 7, 0, 0, 0, 1, 0, 0, 0),
        "4294967303");
    refused(BYTES(0x0a, 9, 0x2a, 7, 0x0a, 5, 0x12, 3, 1, 0, 0),
            "a segment of them makes no sense");
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    refused(BYTES(0x0a, 0), "a segment of them makes no sense");
    refused(BYTES(0x0a, 2, 0x2a, 0), "a segment of them makes no sense");
    refused(BYTES(0x0a, 6, 0x0a, 4, 0x08, 8, 0x10, 7),
            "a segment of them makes no sense");
    refused(BYTES(0x0a, 9), "their message is damaged");
    /* 2^63 rows, and one more */
    refused(BYTES(0x0a, 13, 0x0a, 11, 0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                  0x80, 0x80, 0x80, 0x01),
            "a segment of them makes no sense");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_is_one_run),
        cmocka_unit_test(segments_follow_each_other),
        cmocka_unit_test(range_may_have_holes),
        cmocka_unit_test(lowest_bit_of_a_bitmap_is_first),
        cmocka_unit_test(arrays_have_offsets_or_ids),
        cmocka_unit_test(what_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
