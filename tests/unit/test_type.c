/*
 * Logical types: what each becomes in Arrow, and spellings that make no sense.
 */
#include "column/type.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

struct spelling {
    const char *logical;
    const char *arrow;
    enum lio_kind kind;
    uint32_t bits;
};

static const struct spelling spellings[] = {
    { "null", "n", LIO_KIND_NULL, 0 },
    { "bool", "b", LIO_KIND_FIXED, 1 },
    { "int8", "c", LIO_KIND_FIXED, 8 },
    { "uint64", "L", LIO_KIND_FIXED, 64 },
    { "halffloat", "e", LIO_KIND_FIXED, 16 },
    { "double", "g", LIO_KIND_FIXED, 64 },
    { "date32:day", "tdD", LIO_KIND_FIXED, 32 },
    { "time64:ns", "ttn", LIO_KIND_FIXED, 64 },
    { "duration:ms", "tDm", LIO_KIND_FIXED, 64 },
    { "timestamp:us:-", "tsu:", LIO_KIND_FIXED, 64 },
    { "timestamp:s:Europe/Berlin", "tss:Europe/Berlin", LIO_KIND_FIXED, 64 },
    { "timestamp:ns:+02:00", "tsn:+02:00", LIO_KIND_FIXED, 64 },
    { "decimal:128:10:2", "d:10,2", LIO_KIND_FIXED, 128 },
    { "decimal:128:38:-3", "d:38,-3", LIO_KIND_FIXED, 128 },
    { "decimal:256:50:0", "d:50,0,256", LIO_KIND_FIXED, 256 },
    { "fixed_size_binary:16", "w:16", LIO_KIND_FIXED, 128 },
    { "string", "u", LIO_KIND_VARIABLE, 32 },
    { "large_binary", "Z", LIO_KIND_VARIABLE, 64 },
    { "json", "Z", LIO_KIND_VARIABLE, 64 },
    { "list", "+l", LIO_KIND_LIST, 32 },
    { "large_list.struct", "+L", LIO_KIND_LIST, 64 },
    { "map", "+m", LIO_KIND_LIST, 32 },
    { "struct", "+s", LIO_KIND_STRUCT, 0 },
    { "fixed_size_list:struct:3", "+w:3", LIO_KIND_FIXED_LIST, 0 },
};

static void known_types_have_an_arrow_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct lio_type type;

        assert_int_equal(lio_type_parse(spellings[i].logical, &type), 0);
        assert_int_equal(type.kind, spellings[i].kind);
        assert_int_equal(type.bits, spellings[i].bits);
        assert_string_equal(type.arrow, spellings[i].arrow);
        lio_type_release(&type);
    }
}

/* What a spelling holds may have colons itself. */
static void types_hold_types(void **state)
{
    struct lio_type type;

    (void)state;
    assert_int_equal(
        lio_type_parse("fixed_size_list:fixed_size_list:decimal:128:9:2:3:4",
                       &type),
        0);
    assert_string_equal(type.arrow, "+w:4");
    assert_string_equal(type.children[0]->arrow, "+w:3");
    assert_string_equal(type.children[0]->children[0]->arrow, "d:9,2");
    assert_int_equal(lio_type_bits(&type), 4 * 3 * 128);
    assert_true(lio_type_is_fixed(&type));
    lio_type_release(&type);
    assert_int_equal(
        lio_type_parse("fixed_size_list:dict:string:int8:false:2", &type), 0);
    assert_string_equal(type.arrow, "+w:2");
    assert_int_equal(type.children[0]->kind, LIO_KIND_DICTIONARY);
    assert_false(lio_type_is_fixed(&type));
    lio_type_release(&type);
    assert_int_equal(
        lio_type_parse("dict:timestamp:us:Europe/Berlin:uint16:true", &type),
        0);
    assert_int_equal(type.kind, LIO_KIND_DICTIONARY);
    assert_int_equal(type.bits, 16);
    assert_string_equal(type.arrow, "S");
    assert_string_equal(type.children[0]->arrow, "tsu:Europe/Berlin");
    assert_int_equal(lio_type_index_max(&type), UINT16_MAX);
    lio_type_release(&type);
}

static void other_types_are_a_kind_not_an_error(void **state)
{
    static const char *const others[] = {
        "",
        "int128",
        "union",
        "fixed_size_list:list:4",
        "fixed_size_list:int128:4",
        "fixed_size_list:fixed_size_list:struct:2:4",
        "dict:fixed_size_list:float:4:int8:false",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct lio_type type;

        assert_int_equal(lio_type_parse(others[i], &type), 0);
        assert_int_equal(type.kind, LIO_KIND_UNSUPPORTED);
        assert_null(type.arrow);
    }
}

static void broken_parameters_are_corrupt(void **state)
{
    static const char *const broken[] = {
        "timestamp:us",
        "timestamp:xs:-",
        "timestamp:",
        "decimal:128:10",
        "decimal:64:10:2",
        "decimal:128:x:2",
        "decimal:128:10:2x",
        "decimal:128:10:--2",
        "fixed_size_binary:0",
        "fixed_size_binary:-1",
        "fixed_size_binary:",
        "fixed_size_binary:4x",
        "fixed_size_binary:99999999999",
        "fixed_size_list:float",
        "fixed_size_list:float:0",
        "fixed_size_list:float:4x",
        "fixed_size_list:fixed_size_list:double:99999:99999",
        "fixed_size_list:decimal:7:1:1:4",
        "dict:string:int8",
        "dict:string:string:false",
        "dict:string:float:false",
        "dict:string",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct lio_type type;

        if (lio_type_parse(broken[i], &type) != LIO_ECORRUPT)
            fail_msg("'%s' was taken", broken[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_types_have_an_arrow_type),
        cmocka_unit_test(types_hold_types),
        cmocka_unit_test(other_types_are_a_kind_not_an_error),
        cmocka_unit_test(broken_parameters_are_corrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
