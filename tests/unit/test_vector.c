/*
 * Vectors: nulls, joining at any bit, and what Arrow arrays share with them.
 */
#include "column/arrow_array.h"
#include "column/bits.h"
#include "column/vector.h"

#include "support/arrow_check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct lio_type int32_type = { .kind = LIO_KIND_FIXED,
                                            .bits = 32,
                                            .arrow = (char *)"i" };
static const struct lio_type bool_type = { .kind = LIO_KIND_FIXED,
                                           .bits = 1,
                                           .arrow = (char *)"b" };
static const struct lio_type text_type = { .kind = LIO_KIND_VARIABLE,
                                           .bits = 32,
                                           .arrow = (char *)"u" };
static const struct lio_type null_type = { .kind = LIO_KIND_NULL,
                                           .bits = 0,
                                           .arrow = (char *)"n" };

/* Rows 0 .. n-1 of int32, every third of them null. */
static struct lio_vector numbers(uint64_t n)
{
    struct lio_vector vector = { .type = &int32_type, .rows = n };

    vector.values = lio_mem_new(n * 4);
    vector.validity = lio_mem_zeroed(lio_bits_bytes(n));
    for (uint64_t i = 0; i < n; i++) {
        int32_t value = (int32_t)i;

        memcpy(vector.values->data + i * 4, &value, 4);
        lio_bit_set(vector.validity->data, i, i % 3 != 0);
        vector.nulls += i % 3 == 0;
    }
    return vector;
}

/* "", "x", "xx", ... */
static struct lio_vector texts(uint64_t n)
{
    struct lio_vector vector = { .type = &text_type, .rows = n };
    int32_t at = 0;

    vector.values = lio_mem_new((n + 1) * 4);
    vector.data = lio_mem_new(n * n);
    memset(vector.data->data, 'x', vector.data->bytes);
    for (uint64_t i = 0; i <= n; i++) {
        memcpy(vector.values->data + i * 4, &at, 4);
        at += (int32_t)i;
    }
    return vector;
}

static void sound(const struct lio_type *type, const struct ArrowArray *array)
{
    struct lio_field field = {
        .name = "x", .type = *type, .parent = -1, .nullable = true
    };
    const struct lio_schema fields = { .fields = &field, .nfields = 1 };
    uint32_t column = 0;
    const struct lio_projection projection = { .schema = &fields,
                                               .columns = &column,
                                               .ncolumns = 1 };
    struct ArrowSchema parent;
    char why[100];

    assert_int_equal(lio_arrow_schema(&projection, &parent), 0);
    if (arrow_check(parent.children[0], array, why, sizeof(why)) < 0)
        fail_msg("%s", why);
    parent.release(&parent);
}

static void slice_shares_and_counts_its_nulls(void **state)
{
    struct lio_slice slice = { .vector = numbers(100), .from = 5, .rows = 31 };
    struct ArrowArray array;

    (void)state;
    assert_int_equal(lio_vector_export(&slice, &array), 0);
    assert_int_equal(array.offset, 5);
    assert_int_equal(array.length, 31);
    assert_int_equal(array.null_count, 10);
    assert_ptr_equal(array.buffers[1], slice.vector.values->data);
    /* The array has its own share. */
    lio_vector_release(&slice.vector);
    sound(&int32_type, &array);
    assert_int_equal(((const int32_t *)array.buffers[1])[array.offset], 5);
    array.release(&array);
    assert_null(array.release);
}

static void joined_slices_lie_side_by_side(void **state)
{
    struct lio_vector all = numbers(100);
    const struct lio_slice slices[] = { { all, 3, 10 },
                                        { all, 0, 1 },
                                        { all, 50, 50 } };
    struct lio_slice joined = { .from = 0, .rows = 61 };
    struct ArrowArray array;
    const int32_t *values;

    (void)state;
    assert_int_equal(lio_vector_join(slices, 3, &joined.vector), 0);
    assert_int_equal(joined.vector.rows, 61);
    assert_int_equal(lio_vector_export(&joined, &array), 0);
    sound(&int32_type, &array);
    values = array.buffers[1];
    assert_int_equal(values[0], 3);
    assert_int_equal(values[9], 12);
    assert_int_equal(values[10], 0);
    assert_int_equal(values[11], 50);
    for (int64_t i = 0; i < 61; i++)
        assert_int_equal(lio_bit_get(array.buffers[0], (uint64_t)i),
                         values[i] % 3 != 0);
    array.release(&array);
    lio_vector_release(&joined.vector);
    lio_vector_release(&all);
}

static void joined_texts_have_offsets_of_their_own(void **state)
{
    struct lio_vector all = texts(20);
    const struct lio_slice slices[] = { { all, 10, 2 }, { all, 1, 3 } };
    struct lio_slice joined = { .from = 0, .rows = 5 };
    struct ArrowArray array;

    (void)state;
    assert_int_equal(lio_vector_join(slices, 2, &joined.vector), 0);
    assert_int_equal(lio_vector_export(&joined, &array), 0);
    sound(&text_type, &array);
    assert_memory_equal(array.buffers[1],
                        ((const int32_t[]){ 0, 10, 21, 22, 24, 27 }), 24);
    assert_int_equal(array.null_count, 0);
    assert_null(array.buffers[0]);
    array.release(&array);
    lio_vector_release(&joined.vector);
    lio_vector_release(&all);
}

static void joined_large_texts_have_wide_offsets(void **state)
{
    static const struct lio_type large_type = { .kind = LIO_KIND_VARIABLE,
                                                .bits = 64,
                                                .arrow = (char *)"U" };
    static const int64_t offsets[] = { 0, 1, 3, 6 };
    struct lio_vector all = { .type = &large_type, .rows = 3 };
    struct lio_slice slices[2], joined = { .from = 0, .rows = 3 };
    struct ArrowArray array;

    (void)state;
    all.values = lio_mem_new(sizeof(offsets));
    memcpy(all.values->data, offsets, sizeof(offsets));
    all.data = lio_mem_new(6);
    memcpy(all.data->data, "abbccc", 6);
    slices[0] = (struct lio_slice){ all, 1, 2 };
    slices[1] = (struct lio_slice){ all, 0, 1 };
    assert_int_equal(lio_vector_join(slices, 2, &joined.vector), 0);
    assert_int_equal(lio_vector_export(&joined, &array), 0);
    sound(&large_type, &array);
    assert_memory_equal(array.buffers[1], ((const int64_t[]){ 0, 2, 5, 6 }),
                        32);
    assert_memory_equal(array.buffers[2], "bbccca", 6);
    array.release(&array);
    lio_vector_release(&joined.vector);
    lio_vector_release(&all);
}

static void nulls_join_values_without_a_bitmap(void **state)
{
    struct lio_vector values = texts(4), nulls;
    struct lio_slice slices[2], joined = { .from = 0, .rows = 6 };
    struct ArrowArray array;

    (void)state;
    assert_int_equal(lio_vector_nulls(&text_type, 2, &nulls), 0);
    slices[0] = (struct lio_slice){ values, 0, 4 };
    slices[1] = (struct lio_slice){ nulls, 0, 2 };
    assert_int_equal(lio_vector_join(slices, 2, &joined.vector), 0);
    assert_int_equal(lio_vector_export(&joined, &array), 0);
    sound(&text_type, &array);
    assert_int_equal(array.null_count, 2);
    assert_int_equal(*(const uint8_t *)array.buffers[0], 0x0f);
    array.release(&array);
    lio_vector_release(&joined.vector);
    lio_vector_release(&values);
    lio_vector_release(&nulls);
}

static void bitmaps_of_bools_join_at_any_bit(void **state)
{
    struct lio_vector bits = { .type = &bool_type, .rows = 16 };
    struct lio_slice slices[2], joined = { .from = 0, .rows = 16 };

    (void)state;
    bits.values = lio_mem_new(2);
    memcpy(bits.values->data, "\xf0\x3c", 2);
    slices[0] = (struct lio_slice){ bits, 3, 9 };
    slices[1] = (struct lio_slice){ bits, 1, 7 };
    assert_int_equal(lio_vector_join(slices, 2, &joined.vector), 0);
    for (uint64_t i = 0; i < 16; i++)
        assert_int_equal(
            lio_bit_get(joined.vector.values->data, i),
            lio_bit_get(bits.values->data, i < 9 ? 3 + i : 1 + i - 9));
    lio_vector_release(&joined.vector);
    lio_vector_release(&bits);
}

/* Two slices of more than a gigabyte each, made of offsets alone. */
static void more_bytes_than_offsets_can_tell_are_refused(void **state)
{
    static const int32_t offsets[] = { 0, 1500000000 };
    struct lio_vector big = { .type = &text_type, .rows = 1 }, joined = { 0 };
    struct lio_slice slices[2];

    (void)state;
    big.values = lio_mem_new(sizeof(offsets));
    memcpy(big.values->data, offsets, sizeof(offsets));
    slices[0] = slices[1] = (struct lio_slice){ big, 0, 1 };
    assert_int_equal(lio_vector_join(slices, 2, &joined), LIO_EINVAL);
    assert_null(joined.values);
    lio_vector_release(&big);
}

static void nulls_of_every_kind_are_sound(void **state)
{
    const struct lio_type *const types[] = { &int32_type, &bool_type,
                                             &text_type, &null_type };

    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (uint64_t rows = 0; rows < 20; rows += 19) {
            struct lio_slice slice = { .from = 0, .rows = rows };
            struct ArrowArray array;

            assert_int_equal(lio_vector_nulls(types[i], rows, &slice.vector),
                             0);
            assert_int_equal(lio_vector_export(&slice, &array), 0);
            assert_int_equal(array.null_count, rows);
            sound(types[i], &array);
            array.release(&array);
            lio_vector_release(&slice.vector);
        }
}

static void struct_takes_its_columns_over(void **state)
{
    struct lio_slice slice = { .vector = numbers(10), .from = 0, .rows = 10 };
    struct ArrowArray columns[2], parent;

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(lio_vector_export(&slice, &columns[i]), 0);
    lio_vector_release(&slice.vector);
    assert_int_equal(lio_arrow_struct(columns, 2, 10, &parent), 0);
    assert_null(columns[0].release);
    assert_null(columns[1].release);
    assert_int_equal(parent.length, 10);
    assert_int_equal(parent.n_children, 2);
    parent.release(&parent);
    assert_null(parent.release);
}

static void memory_is_aligned_with_zeroed_slack(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 200; n++) {
        struct lio_mem *mem = lio_mem_new(n);

        assert_non_null(mem);
        assert_int_equal((uintptr_t)mem->data % LIO_MEM_ALIGN, 0);
        for (size_t i = 0; i < LIO_MEM_SLACK; i++)
            assert_int_equal(mem->data[n + i], 0);
        lio_mem_put(mem);
    }
    assert_null(lio_mem_new(UINT64_MAX));
    lio_mem_put(NULL);
    assert_null(lio_mem_get(NULL));
}

/* -- dictionaries -------------------------------------------------------- */

static const struct lio_type *texts_below[] = { &text_type };
static const struct lio_type dictionary_type = { .kind = LIO_KIND_DICTIONARY,
                                                 .bits = 8,
                                                 .arrow = (char *)"c",
                                                 .nchildren = 1,
                                                 .children = texts_below };

/* Rows 0, 1, ... of a dictionary of `n` texts. */
static struct lio_slice numbered(uint64_t n, uint64_t rows)
{
    struct lio_slice slice = { .rows = rows };

    slice.vector =
        (struct lio_vector){ .type = &dictionary_type, .rows = rows };
    slice.vector.values = lio_mem_new(rows);
    slice.vector.children = lio_vectors_new(1);
    slice.vector.children->all[0] = texts(n);
    lio_mem_put(slice.vector.children->all[0].validity);
    slice.vector.children->all[0].validity = NULL;
    slice.vector.children->all[0].nulls = 0;
    for (uint64_t i = 0; i < rows; i++)
        slice.vector.values->data[i] = (uint8_t)i;
    return slice;
}

static void dictionaries_are_kept_if_they_are_the_same(void **state)
{
    struct lio_slice slices[] = { numbered(3, 3), numbered(3, 2),
                                  numbered(4, 1) };
    struct lio_vector joined;

    (void)state;
    assert_int_equal(lio_vector_join(slices, 2, &joined), 0);
    assert_int_equal(joined.children->all[0].rows, 3);
    assert_memory_equal(joined.values->data, "\0\1\2\0\1", 5);
    lio_vector_release(&joined);
    assert_int_equal(lio_vector_join(slices + 1, 2, &joined), 0);
    assert_int_equal(joined.children->all[0].rows, 3 + 4);
    assert_memory_equal(joined.values->data, "\0\1\3", 3);
    lio_vector_release(&joined);
    for (size_t i = 0; i < 3; i++)
        lio_vector_release(&slices[i].vector);
}

static void values_are_kept_once_if_indices_cannot_tell_all(void **state)
{
    struct lio_slice slices[] = { numbered(100, 3), numbered(90, 4) };
    struct lio_vector joined;

    (void)state;
    assert_int_equal(lio_vector_join(slices, 2, &joined), 0);
    assert_int_equal(joined.children->all[0].rows, 100);
    assert_memory_equal(joined.values->data, "\0\1\2\0\1\2\3", 7);
    lio_vector_release(&joined);
    lio_vector_release(&slices[0].vector);
    lio_vector_release(&slices[1].vector);
}

static void indices_have_an_end(void **state)
{
    struct lio_slice slices[] = { numbered(129, 1), numbered(90, 1) };
    struct lio_vector joined;

    (void)state;
    assert_int_equal(lio_vector_join(slices, 2, &joined), LIO_EINVAL);
    lio_vector_release(&slices[0].vector);
    lio_vector_release(&slices[1].vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slice_shares_and_counts_its_nulls),
        cmocka_unit_test(joined_slices_lie_side_by_side),
        cmocka_unit_test(joined_texts_have_offsets_of_their_own),
        cmocka_unit_test(joined_large_texts_have_wide_offsets),
        cmocka_unit_test(nulls_join_values_without_a_bitmap),
        cmocka_unit_test(bitmaps_of_bools_join_at_any_bit),
        cmocka_unit_test(more_bytes_than_offsets_can_tell_are_refused),
        cmocka_unit_test(nulls_of_every_kind_are_sound),
        cmocka_unit_test(struct_takes_its_columns_over),
        cmocka_unit_test(memory_is_aligned_with_zeroed_slack),
        cmocka_unit_test(dictionaries_are_kept_if_they_are_the_same),
        cmocka_unit_test(values_are_kept_once_if_indices_cannot_tell_all),
        cmocka_unit_test(indices_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
