/*
 * Schemas: the tree of fields, and which column is whose.
 */
#include "column/schema.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/* when, where { lat, lon { deg } }, tags [ item ], last */
static Lio__Pb__MetadataEntry packed = {
    .key = (char *)"packed",
    .value = { 4, (uint8_t *)"true" },
};
static Lio__Pb__MetadataEntry *packed_metadata[] = { &packed };

#define FIELD(id_, parent_, name_, type_)                                      \
    {                                                                          \
        .name = (char *)(name_), .id = (id_), .has_parent_id = 1,              \
        .parent_id = (parent_), .logical_type = (char *)(type_), .nullable = 1 \
    }

#define NFIELDS 8

struct fields {
    Lio__Pb__Field all[NFIELDS];
    Lio__Pb__Field *list[NFIELDS];
    struct lio_schema schema;
    struct lio_error err;
};

static int setup(void **state)
{
    static struct fields f;
    const struct fields start = {
        .all = { FIELD(0, -1, "when", "timestamp:us:-"),
                 FIELD(1, -1, "where", "struct"), FIELD(2, 1, "lat", "double"),
                 FIELD(5, 1, "lon", "struct"), FIELD(6, 5, "deg", "int32"),
                 FIELD(3, -1, "tags", "list"), FIELD(4, 3, "item", "string"),
                 FIELD(9, -1, "last", "bool") },
    };

    f = start;
    for (int i = 0; i < NFIELDS; i++)
        f.list[i] = &f.all[i];
    *state = &f;
    return 0;
}

static int parse(struct fields *f)
{
    return lio_schema_parse("f", f->list, NFIELDS, &f->schema, &f->err);
}

static void tree_is_resolved(void **state)
{
    struct fields *f = *state;

    assert_int_equal(parse(f), 0);
    assert_int_equal(f->schema.nfields, NFIELDS);
    assert_int_equal(f->schema.fields[0].parent, -1);
    assert_int_equal(f->schema.fields[4].parent, 3);
    assert_string_equal(f->schema.fields[4].path, "where.lon.deg");
    assert_string_equal(f->schema.fields[4].name, "deg");
    assert_true(f->schema.fields[3].has_children);
    assert_int_equal(lio_schema_find_id(&f->schema, 9), 7);
    assert_int_equal(lio_schema_find_id(&f->schema, 7), -1);
    lio_schema_release(&f->schema);
}

static void what_cannot_be_read_says_why(void **state)
{
    struct fields *f = *state;

    f->all[4].logical_type = (char *)"int128";
    assert_int_equal(parse(f), 0);
    assert_null(lio_schema_unsupported(&f->schema, 0));
    assert_non_null(strstr(f->schema.fields[4].unsupported, "type 'int128'"));
    assert_null(f->schema.fields[1].unsupported);
    assert_ptr_equal(lio_schema_unsupported(&f->schema, 1),
                     f->schema.fields[4].unsupported);
    assert_null(lio_schema_unsupported(&f->schema, 2));
    assert_null(lio_schema_unsupported(&f->schema, 7));
    lio_schema_release(&f->schema);
}

static void types_are_linked_along_the_fields(void **state)
{
    struct fields *f = *state;
    const struct lio_field *fields;

    assert_int_equal(parse(f), 0);
    fields = f->schema.fields;
    assert_int_equal(fields[1].type.nchildren, 2);
    assert_ptr_equal(fields[1].type.children[1], &fields[3].type);
    assert_ptr_equal(fields[5].type.children[0], &fields[6].type);
    assert_int_equal(fields[3].place, 1);
    assert_int_equal(fields[4].depth, 3);
    assert_true(fields[6].below_list);
    assert_true(lio_schema_is_below(&f->schema, 4, 1));
    assert_false(lio_schema_is_below(&f->schema, 5, 1));
    lio_schema_release(&f->schema);
}

/* Items of fixed-size lists are counted, if no list above says how many. */
static void row_items_are_those_of_all_lists(void **state)
{
    Lio__Pb__Field all[] = {
        FIELD(0, -1, "a", "fixed_size_list:struct:3"),
        FIELD(1, 0, "item", "struct"),
        FIELD(2, 1, "b", "list"),
        FIELD(3, 2, "item", "fixed_size_list:struct:2"),
        FIELD(4, 3, "item", "struct"),
        FIELD(5, 4, "c", "fixed_size_list:float:8"),
    };
    Lio__Pb__Field *list[] = { &all[0], &all[1], &all[2],
                               &all[3], &all[4], &all[5] };
    struct fields *f = *state;
    const struct lio_field *fields;

    assert_int_equal(lio_schema_parse("f", list, 6, &f->schema, &f->err), 0);
    fields = f->schema.fields;
    assert_int_equal(fields[0].row_items, 1);
    assert_int_equal(fields[2].row_items, 3);
    assert_int_equal(fields[3].row_items, 3);
    assert_false(fields[3].uneven);
    assert_int_equal(fields[5].row_items, 6);
    assert_true(fields[5].uneven);
    lio_schema_release(&f->schema);
}

static void part_of_what_has_no_parts_is_unsupported(void **state)
{
    struct fields *f = *state;

    f->all[1].logical_type = (char *)"double";
    assert_int_equal(parse(f), 0);
    assert_non_null(strstr(f->schema.fields[2].unsupported, "part of 'where'"));
    lio_schema_release(&f->schema);
}

static void every_field_has_a_column_in_2_0(void **state)
{
    struct fields *f = *state;
    uint32_t columns[NFIELDS];

    assert_int_equal(parse(f), 0);
    assert_int_equal(lio_schema_columns(&f->schema, LIO_FORMAT_20, columns),
                     NFIELDS);
    for (uint32_t i = 0; i < NFIELDS; i++)
        assert_int_equal(columns[i], i);
    lio_schema_release(&f->schema);
}

static void only_leaves_have_columns_later(void **state)
{
    static const uint32_t want[] = { 0, LIO_NO_COLUMN, 1, LIO_NO_COLUMN,
                                     2, LIO_NO_COLUMN, 3, 4 };
    struct fields *f = *state;
    uint32_t columns[NFIELDS];

    assert_int_equal(parse(f), 0);
    assert_int_equal(lio_schema_columns(&f->schema, LIO_FORMAT_21, columns), 5);
    assert_memory_equal(columns, want, sizeof(want));
    lio_schema_release(&f->schema);
}

static void packed_struct_is_one_column(void **state)
{
    static const uint32_t want[] = {
        0, 1, LIO_NO_COLUMN, LIO_NO_COLUMN, LIO_NO_COLUMN, LIO_NO_COLUMN, 2, 3
    };
    struct fields *f = *state;
    uint32_t columns[NFIELDS];

    f->all[1].n_metadata = 1;
    f->all[1].metadata = packed_metadata;
    assert_int_equal(parse(f), 0);
    assert_int_equal(lio_schema_columns(&f->schema, LIO_FORMAT_22, columns), 4);
    assert_memory_equal(columns, want, sizeof(want));
    assert_int_equal(lio_schema_columns(&f->schema, LIO_FORMAT_20, columns), 5);
    lio_schema_release(&f->schema);
}

/* In 2.0 the structs of a fixed-size list are packed; later their fields have
 * columns. */
static void lists_of_structs_are_packed_in_2_0(void **state)
{
    struct fields *f = *state;
    uint32_t columns[NFIELDS];

    f->all[1].logical_type = (char *)"fixed_size_list:struct:2";
    f->all[2].parent_id = 5; /* lat, in lon */
    f->all[2].id = 6;
    f->all[3].parent_id = 1;
    f->all[4].id = 2;
    f->list[2] = &f->all[3];
    f->list[3] = &f->all[2];
    assert_int_equal(parse(f), 0);
    lio_schema_settle(&f->schema, LIO_FORMAT_22);
    assert_int_equal(lio_schema_columns(&f->schema, LIO_FORMAT_22, columns), 5);
    lio_schema_settle(&f->schema, LIO_FORMAT_20);
    assert_int_equal(lio_schema_columns(&f->schema, LIO_FORMAT_20, columns), 5);
    assert_int_equal(columns[1], 1);
    assert_int_equal(columns[2], LIO_NO_COLUMN);
    lio_schema_release(&f->schema);
}

static void refused(struct fields *f, const char *words)
{
    assert_int_equal(parse(f), LIO_ECORRUPT);
    if (!strstr(f->err.msg, words))
        fail_msg("'%s' does not say '%s'", f->err.msg, words);
}

static void parent_must_come_before(void **state)
{
    struct fields *f = *state;

    f->all[2].parent_id = 9;
    refused(f, "field 2 'lat'");
    f->all[2].parent_id = 2; /* its own */
    refused(f, "field 2 'lat'");
    f->all[2].parent_id = 77;
    refused(f, "field 2 'lat'");
}

static void lists_have_one_child_and_maps_a_pair(void **state)
{
    struct fields *f = *state;

    f->all[7].parent_id = 3; /* a second item */
    refused(f, "field 5 'tags'");
    f->all[7].parent_id = -1;
    f->all[4].logical_type = (char *)"list"; /* without an item */
    refused(f, "field 4 'deg'");
    f->all[4].logical_type = (char *)"int32";
    f->all[5].logical_type = (char *)"map"; /* of strings */
    refused(f, "field 5 'tags'");
    f->all[5].logical_type = (char *)"fixed_size_list:struct:2";
    refused(f, "field 5 'tags'");
}

static void ids_are_unique(void **state)
{
    struct fields *f = *state;

    f->all[7].id = 0;
    refused(f, "the same id");
}

static void broken_type_names_its_field(void **state)
{
    struct fields *f = *state;

    f->all[0].logical_type = (char *)"timestamp:weeks:-";
    refused(f, "field 0 'when'");
}

static void names_may_be_missing(void **state)
{
    struct fields *f = *state;

    f->all[7].name = NULL;
    f->all[7].logical_type = NULL;
    assert_int_equal(parse(f), 0);
    assert_string_equal(f->schema.fields[7].name, "");
    assert_non_null(f->schema.fields[7].unsupported);
    lio_schema_release(&f->schema);
}

static void no_fields_are_a_schema_too(void **state)
{
    struct fields *f = *state;
    uint32_t columns[1];

    assert_int_equal(lio_schema_parse("f", NULL, 0, &f->schema, &f->err), 0);
    assert_int_equal(lio_schema_columns(&f->schema, LIO_FORMAT_22, columns), 0);
    assert_int_equal(lio_schema_find_id(&f->schema, 0), -1);
    lio_schema_release(&f->schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tree_is_resolved, setup),
        cmocka_unit_test_setup(what_cannot_be_read_says_why, setup),
        cmocka_unit_test_setup(types_are_linked_along_the_fields, setup),
        cmocka_unit_test_setup(row_items_are_those_of_all_lists, setup),
        cmocka_unit_test_setup(part_of_what_has_no_parts_is_unsupported, setup),
        cmocka_unit_test_setup(lists_have_one_child_and_maps_a_pair, setup),
        cmocka_unit_test_setup(every_field_has_a_column_in_2_0, setup),
        cmocka_unit_test_setup(only_leaves_have_columns_later, setup),
        cmocka_unit_test_setup(packed_struct_is_one_column, setup),
        cmocka_unit_test_setup(lists_of_structs_are_packed_in_2_0, setup),
        cmocka_unit_test_setup(parent_must_come_before, setup),
        cmocka_unit_test_setup(ids_are_unique, setup),
        cmocka_unit_test_setup(broken_type_names_its_field, setup),
        cmocka_unit_test_setup(names_may_be_missing, setup),
        cmocka_unit_test_setup(no_fields_are_a_schema_too, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
