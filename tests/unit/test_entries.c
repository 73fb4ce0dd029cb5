/*
 * Entries: where rows of variable width are, by an index or by their ends.
 */
#include "column/array.h"
#include "column/entries.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define ROWS 4u
#define ADD  100u /* to the end of a null */

static Lio__Pb__FullZipLayout full_zip = {
    .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET,
    .bits_per_offset = 32,
    .nitems = ROWS,
};
static Lio__Pb__PageLayout layout = {
    .layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP,
    .full_zip = &full_zip,
};

static Lio__Pb__BufferRef refs[2] = { { .index = 0 }, { .index = 1 } };
static Lio__Pb__FlatArray flats[2] = { { .bits = 64, .buffer = &refs[0] },
                                       { .bits = 8, .buffer = &refs[1] } };
static Lio__Pb__ArrayEncoding flat_encs[2] = {
    { .array_case = LIO_ARRAY_CASE(FLAT), .flat = &flats[0] },
    { .array_case = LIO_ARRAY_CASE(FLAT), .flat = &flats[1] },
};
static Lio__Pb__BinaryArray binary = { .indices = &flat_encs[0],
                                       .bytes = &flat_encs[1],
                                       .null_adjustment = ADD };
static Lio__Pb__ArrayEncoding binary_enc = { .array_case =
                                                 LIO_ARRAY_CASE(BINARY),
                                             .binary = &binary };

/* Entries of a page, all of them there. */
static struct lio_entries open_entries(const struct lio_page *page,
                                       const void *data, size_t bytes)
{
    struct lio_entries entries;
    uint64_t at, wanted;

    assert_true(lio_entries_find(page, &entries));
    lio_entries_choose(&entries, 0, &at, &wanted);
    assert_int_equal(at, 0);
    assert_int_equal(wanted, bytes);
    entries.mem = lio_mem_new(bytes);
    memcpy(entries.mem->data, data, bytes);
    return entries;
}

static void index_tells_where_rows_start(void **state)
{
    const uint16_t index[ROWS + 1] = { 0, 10, 10, 30, 37 };
    struct lio_buffer_info buffers[] = { { 0, 37 }, { 64, sizeof(index) } };
    const struct lio_page page = {
        .rows = ROWS, .nbuffers = 2, .buffers = buffers, .layout = &layout
    };
    struct lio_entries entries = open_entries(&page, index, sizeof(index));
    uint64_t rows;

    (void)state;
    for (uint64_t i = 0; i <= ROWS; i++)
        assert_int_equal(lio_entries_start(&entries, i), index[i]);
    assert_true(lio_entries_within(&entries, 0, ROWS, 29, &rows));
    assert_int_equal(rows, 2);
    assert_true(lio_entries_within(&entries, 0, ROWS, 30, &rows));
    assert_int_equal(rows, 3);
    /* One row at least, however long. */
    assert_true(lio_entries_within(&entries, 2, ROWS, 1, &rows));
    assert_int_equal(rows, 1);
    lio_mem_put(entries.mem);
}

/* Rows of two items have two entries each. */
static void index_of_items_tells_where_rows_start(void **state)
{
    const uint16_t index[ROWS + 1] = { 0, 10, 10, 30, 37 };
    struct lio_buffer_info buffers[] = { { 0, 37 }, { 64, sizeof(index) } };
    struct lio_page page = { .rows = ROWS / 2,
                             .group = 2,
                             .nbuffers = 2,
                             .buffers = buffers,
                             .layout = &layout };
    struct lio_entries entries = open_entries(&page, index, sizeof(index));
    uint64_t rows, at, bytes;

    (void)state;
    for (uint64_t i = 0; i <= ROWS / 2; i++)
        assert_int_equal(lio_entries_start(&entries, i), index[i * 2]);
    assert_true(lio_entries_within(&entries, 0, 2, 36, &rows));
    assert_int_equal(rows, 1);
    assert_true(lio_entries_within(&entries, 0, 2, 37, &rows));
    assert_int_equal(rows, 2);
    lio_entries_choose(&entries, 1, &at, &bytes);
    assert_int_equal(at, 4);
    assert_int_equal(bytes, 6);
    lio_mem_put(entries.mem);
    page.rows = ROWS;
    assert_false(lio_entries_find(&page, &entries));
}

static void ends_tell_the_same_and_nulls(void **state)
{
    const uint64_t ends[ROWS] = { 10, 10 + ADD, 30, 37 };
    struct lio_buffer_info buffers[] = { { 0, sizeof(ends) }, { 64, 37 } };
    const struct lio_page page = {
        .rows = ROWS, .nbuffers = 2, .buffers = buffers, .array = &binary_enc
    };
    struct lio_entries entries = open_entries(&page, ends, sizeof(ends));
    struct lio_mem *from_one = lio_mem_new(3 * sizeof(uint64_t));
    uint64_t rows;

    (void)state;
    assert_int_equal(lio_entries_start(&entries, 0), 0);
    assert_int_equal(lio_entries_start(&entries, 2), 10);
    assert_true(lio_entries_within(&entries, 1, ROWS, 20, &rows));
    assert_int_equal(rows, 2);
    lio_entries_rebase(&entries, 1, from_one);
    assert_int_equal(lio_load_u64(from_one->data), ADD);
    assert_int_equal(lio_load_u64(from_one->data + 8), 20);
    assert_int_equal(lio_load_u64(from_one->data + 16), 27);
    lio_mem_put(from_one);
    lio_mem_put(entries.mem);
}

/* A run of ends begins with that of the row before. */
static void later_runs_know_where_they_start(void **state)
{
    const uint64_t ends[ROWS] = { 10, 12, 30, 37 };
    struct lio_buffer_info buffers[] = { { 0, sizeof(ends) }, { 64, 37 } };
    const struct lio_page page = {
        .rows = ROWS, .nbuffers = 2, .buffers = buffers, .array = &binary_enc
    };
    struct lio_entries entries;
    uint64_t at, bytes;

    (void)state;
    assert_true(lio_entries_find(&page, &entries));
    lio_entries_choose(&entries, 2, &at, &bytes);
    assert_int_equal(at, 8);
    assert_int_equal(bytes, 3 * sizeof(uint64_t));
    entries.mem = lio_mem_new(bytes);
    memcpy(entries.mem->data, &ends[1], bytes);
    assert_false(lio_entries_has(&entries, 1));
    assert_true(lio_entries_has(&entries, 3));
    assert_int_equal(lio_entries_start(&entries, 2), 12);
    assert_int_equal(lio_entries_start(&entries, ROWS), 37);
    lio_mem_put(entries.mem);
}

static void disorder_is_seen(void **state)
{
    const uint64_t falling[ROWS] = { 10, 9, 30, 37 };
    const uint64_t beyond[ROWS] = { 10, 12, 30, 38 };
    struct lio_buffer_info buffers[] = { { 0, sizeof(beyond) }, { 64, 37 } };
    const struct lio_page page = {
        .rows = ROWS, .nbuffers = 2, .buffers = buffers, .array = &binary_enc
    };
    struct lio_entries entries = open_entries(&page, falling, sizeof(falling));
    uint64_t rows;

    (void)state;
    assert_false(lio_entries_within(&entries, 0, ROWS, UINT64_MAX, &rows));
    lio_mem_put(entries.mem);
    entries = open_entries(&page, beyond, sizeof(beyond));
    assert_true(lio_entries_within(&entries, 0, 3, UINT64_MAX, &rows));
    assert_false(lio_entries_within(&entries, 0, ROWS, UINT64_MAX, &rows));
    lio_mem_put(entries.mem);
}

/* Those of lists are all that a page has: what rows take are the entries. */
static void ends_of_lists_count_items(void **state)
{
    const uint64_t ends[ROWS] = { 10, 10 + ADD, 30, 37 };
    struct lio_buffer_info buffers[] = { { 0, sizeof(ends) } };
    Lio__Pb__ListArray list = { .offsets = &flat_encs[0],
                                .null_adjustment = ADD,
                                .nitems = 37 };
    Lio__Pb__ArrayEncoding enc = { .array_case = LIO_ARRAY_CASE(LIST),
                                   .list = &list };
    const struct lio_page page = {
        .rows = ROWS, .nbuffers = 1, .buffers = buffers, .array = &enc
    };
    struct lio_entries entries = open_entries(&page, ends, sizeof(ends));
    uint64_t rows;

    (void)state;
    assert_true(entries.lists);
    assert_int_equal(lio_entries_start(&entries, 2), 10);
    assert_true(lio_entries_within(&entries, 0, ROWS, 24, &rows));
    assert_int_equal(rows, 3);
    assert_true(lio_entries_within(&entries, 0, ROWS, 1, &rows));
    assert_int_equal(rows, 1);
    list.nitems = 36;
    assert_false(lio_entries_within(&entries, 0, ROWS, UINT64_MAX, &rows));
    lio_mem_put(entries.mem);
    list.nitems = ADD; /* a null could be none */
    assert_false(lio_entries_find(&page, &entries));
}

static void pages_without_room_for_entries_have_none(void **state)
{
    struct lio_buffer_info buffers[] = { { 0, 37 }, { 64, 9 } };
    struct lio_page page = {
        .rows = ROWS, .nbuffers = 2, .buffers = buffers, .layout = &layout
    };
    struct lio_entries entries;

    (void)state;
    assert_false(lio_entries_find(&page, &entries));
    page.layout = NULL;
    page.array = &binary_enc;
    buffers[0].bytes = ROWS * sizeof(uint64_t) - 1;
    assert_false(lio_entries_find(&page, &entries));
    buffers[0].bytes++;
    assert_true(lio_entries_find(&page, &entries));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_tells_where_rows_start),
        cmocka_unit_test(index_of_items_tells_where_rows_start),
        cmocka_unit_test(ends_tell_the_same_and_nulls),
        cmocka_unit_test(later_runs_know_where_they_start),
        cmocka_unit_test(disorder_is_seen),
        cmocka_unit_test(ends_of_lists_count_items),
        cmocka_unit_test(pages_without_room_for_entries_have_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
