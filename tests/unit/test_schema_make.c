/*
 * Arrow schemas of fields that no file has.
 */
#include <lanceio/column.h>

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct ArrowSchema *child(const struct ArrowSchema *schema,
                                       int64_t number)
{
    assert_true(number < schema->n_children);
    return schema->children[number];
}

static void fields_become_a_tree(void **state LIO_UNUSED)
{
    const struct lio_field_info fields[] = {
        { .name = "when", .logical_type = "timestamp:us:UTC", .parent = -1 },
        { .name = "at", .logical_type = "struct", .parent = -1, .nullable = 1 },
        { .name = "x", .logical_type = "double", .parent = 1 },
        { .name = "tags", .logical_type = "list", .parent = 1 },
        { .name = "item", .logical_type = "string", .parent = 3 },
        { .name = "d", .logical_type = "dict:string:int8:false", .parent = -1 },
        { .name = "v",
          .logical_type = "fixed_size_list:float:3",
          .parent = -1 },
    };
    struct ArrowSchema schema;
    struct lio_error err;

    assert_int_equal(lio_schema_make(fields, 7, &schema, &err), 0);
    assert_string_equal(schema.format, "+s");
    assert_int_equal(schema.n_children, 4);
    assert_string_equal(child(&schema, 0)->format, "tsu:UTC");
    assert_int_equal(child(&schema, 0)->flags, 0);
    assert_string_equal(child(&schema, 1)->name, "at");
    assert_int_equal(child(&schema, 1)->flags, ARROW_FLAG_NULLABLE);
    assert_string_equal(child(child(&schema, 1), 0)->format, "g");
    assert_string_equal(child(child(child(&schema, 1), 1), 0)->format, "u");
    assert_string_equal(child(&schema, 2)->format, "c");
    assert_string_equal(child(&schema, 2)->dictionary->format, "u");
    assert_string_equal(child(&schema, 3)->format, "+w:3");
    assert_string_equal(child(child(&schema, 3), 0)->format, "f");
    schema.release(&schema);
    assert_null(schema.release);
}

static void metadata_goes_along(void **state LIO_UNUSED)
{
    static const int32_t counts[] = { 1, 0, 0 };
    const struct lio_field_info field = { .name = "b",
                                          .logical_type = "binary",
                                          .parent = -1,
                                          .metadata = (const char *)counts };
    struct ArrowSchema schema;

    assert_int_equal(lio_schema_make(&field, 1, &schema, NULL), 0);
    assert_memory_equal(child(&schema, 0)->metadata, counts, sizeof(counts));
    schema.release(&schema);
}

/* What writers of every version take for blobs. */
static void blobs_are_bytes_that_say_so(void **state LIO_UNUSED)
{
    static const char key[] = "lance-encoding:blob";
    const struct lio_field_info field = { .name = "b",
                                          .logical_type = "lance.blob.v2",
                                          .parent = -1 };
    const int32_t pairs = 1, bytes = (int32_t)strlen(key);
    struct ArrowSchema schema;
    const char *metadata;

    assert_int_equal(lio_schema_make(&field, 1, &schema, NULL), 0);
    assert_string_equal(child(&schema, 0)->format, "Z");
    assert_int_equal(child(&schema, 0)->n_children, 0);
    metadata = child(&schema, 0)->metadata;
    assert_memory_equal(metadata, &pairs, 4);
    assert_memory_equal(metadata + 4, &bytes, 4);
    assert_memory_equal(metadata + 8, key, strlen(key));
    assert_memory_equal(metadata + 8 + strlen(key) + 4, "true", 4);
    schema.release(&schema);
}

static void no_fields_are_a_struct_without_children(void **state LIO_UNUSED)
{
    struct ArrowSchema schema;

    assert_int_equal(lio_schema_make(NULL, 0, &schema, NULL), 0);
    assert_int_equal(schema.n_children, 0);
    schema.release(&schema);
}

/* `field` is refused below a struct, for the reason `why`. */
static void refused(struct lio_field_info field, int code, const char *why)
{
    struct lio_field_info fields[] = {
        { .name = "top", .logical_type = "struct", .parent = -1 },
        field,
    };
    struct ArrowSchema schema;
    struct lio_error err;

    assert_int_equal(lio_schema_make(fields, 2, &schema, &err), code);
    assert_int_equal(err.code, code);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
}

static void what_is_no_type_is_refused(void **state LIO_UNUSED)
{
    struct lio_field_info field = { .name = "a", .parent = 0 };

    refused(field, LIO_EINVAL, "field 'a': '' is not a type");
    field.logical_type = "int65";
    refused(field, LIO_EINVAL, "field 'a': 'int65' is not a type");
    field.logical_type = "decimal:7:3:2";
    refused(field, LIO_EINVAL, "'decimal:7:3:2' is not a type");
}

static void parents_come_first(void **state LIO_UNUSED)
{
    struct lio_field_info field = { .name = "a", .logical_type = "int8" };

    field.parent = 1;
    refused(field, LIO_EINVAL, "field 'a': its parent is number 1");
    field.parent = -2;
    refused(field, LIO_EINVAL, "field 'a': its parent is number -2");
}

static void children_must_go_with_their_parent(void **state LIO_UNUSED)
{
    struct lio_field_info field = { .name = "a",
                                    .logical_type = "list",
                                    .parent = 0 };

    refused(field, LIO_EINVAL,
            "field 1 'a': its type, its parent and its children do not go");
}

enum { DEEPER = 200 }; /* than can be read */

static void what_could_not_be_read_is_refused(void **state LIO_UNUSED)
{
    struct lio_field_info fields[DEEPER];
    struct ArrowSchema schema;
    struct lio_error err;

    for (int i = 0; i < DEEPER; i++)
        fields[i] = (struct lio_field_info){ .name = "s",
                                             .logical_type = "struct",
                                             .parent = i - 1 };
    assert_int_equal(lio_schema_make(fields, DEEPER, &schema, &err),
                     LIO_EUNSUPPORTED);
    assert_non_null(strstr(err.msg, "nested deeper"));
}

static void damaged_metadata_is_refused(void **state LIO_UNUSED)
{
    static const int32_t counts[] = { -1 };
    struct lio_field_info field = { .name = "a",
                                    .logical_type = "int8",
                                    .metadata = (const char *)counts };

    refused(field, LIO_EINVAL, "field 'a': its metadata is damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_become_a_tree),
        cmocka_unit_test(metadata_goes_along),
        cmocka_unit_test(blobs_are_bytes_that_say_so),
        cmocka_unit_test(no_fields_are_a_struct_without_children),
        cmocka_unit_test(what_is_no_type_is_refused),
        cmocka_unit_test(parents_come_first),
        cmocka_unit_test(children_must_go_with_their_parent),
        cmocka_unit_test(what_could_not_be_read_is_refused),
        cmocka_unit_test(damaged_metadata_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
