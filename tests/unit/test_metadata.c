/*
 * Metadata of fields: pairs as messages and as Arrow's block.
 */
#include "column/metadata.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

static Lio__Pb__MetadataEntry entry(const char *key, const char *value)
{
    Lio__Pb__MetadataEntry made = LIO__PB__METADATA_ENTRY__INIT;

    made.key = (char *)key;
    made.has_value = 1;
    made.value = (ProtobufCBinaryData){ strlen(value), (uint8_t *)value };
    return made;
}

static void block_is_as_arrow_says(void **state LIO_UNUSED)
{
    Lio__Pb__MetadataEntry pairs[] = { entry("k", "value"), entry("", "") };
    Lio__Pb__MetadataEntry *list[] = { &pairs[0], &pairs[1] };
    static const int32_t lengths[] = { 2, 1, 5, 0, 0 };
    char wanted[26], *block, *at = wanted;

    memcpy(at, lengths, 8);
    memcpy(at + 8, "k", 1);
    memcpy(at + 9, lengths + 2, 4);
    memcpy(at + 13, "value", 5);
    memcpy(at + 18, lengths + 3, 8);

    assert_int_equal(lio_metadata_pack(list, 2, &block), 0);
    assert_int_equal(lio_metadata_bytes(block), sizeof(wanted));
    assert_memory_equal(block, wanted, sizeof(wanted));
    free(block);
}

static void pairs_come_back(void **state LIO_UNUSED)
{
    Lio__Pb__MetadataEntry pairs[] = { entry("a", ""), entry("long", "v") };
    Lio__Pb__MetadataEntry *list[] = { &pairs[0], &pairs[1] }, **back;
    char *block;
    size_t n;

    assert_int_equal(lio_metadata_pack(list, 2, &block), 0);
    assert_int_equal(lio_metadata_unpack(block, &back, &n), 0);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(back[i]->key, pairs[i].key);
        assert_int_equal(back[i]->value.len, pairs[i].value.len);
        assert_memory_equal(back[i]->value.data, pairs[i].value.data,
                            pairs[i].value.len);
    }
    free(back);
    free(block);
}

static void no_pairs_are_no_block(void **state LIO_UNUSED)
{
    Lio__Pb__MetadataEntry **back;
    char *block;
    size_t n;

    assert_int_equal(lio_metadata_pack(NULL, 0, &block), 0);
    assert_null(block);
    assert_int_equal(lio_metadata_bytes(NULL), 0);
    assert_int_equal(lio_metadata_unpack(NULL, &back, &n), 0);
    assert_int_equal(n, 0);
    free(back);
}

static void negative_lengths_are_refused(void **state LIO_UNUSED)
{
    static const int32_t pairs[] = { -1 }, key[] = { 1, -1 };
    static const int32_t value[] = { 1, 0, -4 };
    Lio__Pb__MetadataEntry **back;
    size_t n;

    assert_int_equal(lio_metadata_unpack((const char *)pairs, &back, &n),
                     LIO_EINVAL);
    assert_int_equal(lio_metadata_unpack((const char *)key, &back, &n),
                     LIO_EINVAL);
    assert_int_equal(lio_metadata_unpack((const char *)value, &back, &n),
                     LIO_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_is_as_arrow_says),
        cmocka_unit_test(pairs_come_back),
        cmocka_unit_test(no_pairs_are_no_block),
        cmocka_unit_test(negative_lengths_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
