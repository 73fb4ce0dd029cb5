/*
 * Columns by name, and parts of them.
 */
#include "column/projection.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/* point { x, x.y }, tags [ item ], point.x, last */
enum { POINT, POINT_X, POINT_XY, TAGS, TAGS_ITEM, DOTTED, LAST, NFIELDS };

struct fixture {
    struct lio_schema schema;
    struct lio_projection projection;
    struct lio_error err;
};

#define FIELD(id_, parent_, name_, type_)                                      \
    {                                                                          \
        .name = (char *)(name_), .id = (id_), .has_parent_id = 1,              \
        .parent_id = (parent_), .logical_type = (char *)(type_)                \
    }

static int setup(void **state)
{
    static struct fixture f;
    Lio__Pb__Field all[] = {
        FIELD(POINT, -1, "point", "struct"),
        FIELD(POINT_X, POINT, "x", "struct"),
        FIELD(POINT_XY, POINT_X, "y.z", "int32"),
        FIELD(TAGS, -1, "tags", "list"),
        FIELD(TAGS_ITEM, TAGS, "item", "string"),
        FIELD(DOTTED, -1, "point.w", "bool"),
        FIELD(LAST, -1, "last", "bool"),
    };
    Lio__Pb__Field *list[NFIELDS];

    f = (struct fixture){ 0 };
    for (int i = 0; i < NFIELDS; i++)
        list[i] = &all[i];
    *state = &f;
    return lio_schema_parse("f", list, NFIELDS, &f.schema, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_projection_release(&f->projection);
    lio_schema_release(&f->schema);
    return 0;
}

static int choose(struct fixture *f, const char *const *names, uint32_t n)
{
    lio_projection_release(&f->projection);
    return lio_projection_init(&f->projection, &f->schema, names, n, "f",
                               &f->err);
}

/* Which fields are wanted, as a digit each. */
static void wants(const struct fixture *f, const char *want)
{
    char text[NFIELDS + 1] = { 0 };

    for (int i = 0; i < NFIELDS; i++)
        text[i] = f->projection.wanted[i] ? '1' : '0';
    assert_string_equal(text, want);
}

static void no_names_are_all(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(choose(f, NULL, 0), 0);
    assert_int_equal(f->projection.ncolumns, 4);
    assert_int_equal(f->projection.columns[2], DOTTED);
    wants(f, "1111111");
}

static void a_name_wants_all_that_is_in_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(choose(f, (const char *[]){ "last", "tags" }, 2), 0);
    assert_int_equal(f->projection.columns[0], LAST);
    assert_int_equal(f->projection.columns[1], TAGS);
    wants(f, "0001101");
}

/* Names may have dots themselves, at any level. */
static void a_path_wants_what_leads_to_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(choose(f, (const char *[]){ "point.x.y.z" }, 1), 0);
    assert_int_equal(f->projection.ncolumns, 1);
    assert_int_equal(f->projection.columns[0], POINT);
    wants(f, "1110000");
    assert_int_equal(choose(f, (const char *[]){ "point.w" }, 1), 0);
    wants(f, "0000010");
    assert_int_equal(choose(f, (const char *[]){ "tags.item" }, 1), 0);
    wants(f, "0001100");
}

static void parts_of_one_column_are_one(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        choose(f, (const char *[]){ "point.x.y.z", "last", "point.x" }, 3), 0);
    assert_int_equal(f->projection.ncolumns, 2);
    assert_int_equal(f->projection.columns[1], LAST);
}

static void what_leads_nowhere_is_no_column(void **state)
{
    static const char *const names[] = { "point.y",   "point.", ".point",
                                         "",          "points", "point.x.y",
                                         "last.item", "item" };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(choose(f, &names[i], 1), LIO_EINVAL);
        assert_non_null(strstr(f->err.msg, "there is no column"));
        assert_null(f->projection.wanted);
    }
}

static void says(struct fixture *f, const char *name, const char *words)
{
    assert_int_equal(choose(f, &name, 1), LIO_EINVAL);
    if (!strstr(f->err.msg, words))
        fail_msg("'%s' does not say '%s'", f->err.msg, words);
}

static void a_wrong_part_is_told_what_there_is(void **state)
{
    struct fixture *f = *state;

    says(f, "pointt", "; there are: point, tags, point.w, last");
    says(f, "point.y", ": 'point' has x");
    says(f, "point.x.y", ": 'point.x' has y.z");
    says(f, "last.item", ": 'last' has no parts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(no_names_are_all),
        TEST(a_name_wants_all_that_is_in_it),
        TEST(a_path_wants_what_leads_to_it),
        TEST(parts_of_one_column_are_one),
        TEST(what_leads_nowhere_is_no_column),
        TEST(a_wrong_part_is_told_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
