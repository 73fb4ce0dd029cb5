/* Aligned columns.  What tables make of them is in test_format. */
#include "cli/grid.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

struct fixture {
    struct cli_out out;
    struct cli_grid grid;
};

static int set_up(void **state)
{
    static struct fixture f;

    if (cli_out_init_memory(&f.out) || cli_grid_init(&f.grid, &f.out, 2))
        return -1;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    cli_grid_release(&f->grid);
    cli_out_release(&f->out);
    return 0;
}

static void assert_printed(struct fixture *f, const char *expected)
{
    cli_out_char(&f->out, '\0');
    assert_string_equal(f->out.base, expected);
    f->out.used = 0;
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    struct fixture *f = *state;

    f->grid.align_right[1] = true;
    cli_grid_text(&f->grid, "name");
    cli_grid_text(&f->grid, "rows");
    cli_grid_text(&f->grid, "flights");
    cli_grid_number(&f->grid, 100000);
    assert_true(cli_grid_fit(&f->grid));
    cli_grid_print(&f->grid, 0, 1);
    cli_grid_rule(&f->grid);
    cli_grid_print(&f->grid, 1, 1);
    assert_printed(f, "name       rows\n"
                      "-------  ------\n"
                      "flights  100000\n");
}

static void no_line_ends_in_blanks(void **state)
{
    struct fixture *f = *state;

    cli_grid_text(&f->grid, "a");
    cli_grid_text(&f->grid, "long");
    cli_grid_text(&f->grid, "b");
    cli_grid_text(&f->grid, "");
    cli_grid_text(&f->grid, "");
    cli_grid_text(&f->grid, "c");
    cli_grid_fit(&f->grid);
    cli_grid_print(&f->grid, 0, 3);
    assert_printed(f, "a  long\nb\n   c\n");
}

static void cleared_cells_leave_their_widths(void **state)
{
    struct fixture *f = *state;

    cli_grid_text(&f->grid, "wide");
    cli_grid_text(&f->grid, "x");
    assert_true(cli_grid_fit(&f->grid));
    cli_grid_clear(&f->grid);
    cli_grid_text(&f->grid, "a");
    cli_grid_text(&f->grid, "y");
    assert_false(cli_grid_fit(&f->grid));
    cli_grid_print(&f->grid, 0, 1);
    assert_printed(f, "a     y\n");
}

static void without_limits_nothing_is_cut(void **state)
{
    struct fixture *f = *state;
    char text[301], expected[310];

    memset(text, 'x', 300);
    text[300] = '\0';
    (void)snprintf(expected, sizeof(expected), "%s  y\n", text);
    cli_grid_text(&f->grid, text);
    cli_grid_text(&f->grid, "y");
    cli_grid_fit(&f->grid);
    cli_grid_print(&f->grid, 0, 1);
    assert_printed(f, expected);
}

static void a_cell_at_its_limit_is_whole(void **state)
{
    struct fixture *f = *state;

    f->grid.max_width = 4;
    cli_grid_text(&f->grid, "abcd");
    cli_grid_text(&f->grid, "abcde");
    cli_grid_fit(&f->grid);
    cli_grid_print(&f->grid, 0, 1);
    assert_printed(f, "abcd  abc\xe2\x80\xa6\n");
}

static void the_widest_columns_give_way_to_the_screen(void **state)
{
    struct fixture *f = *state;

    f->grid.screen_columns = 16;
    cli_grid_text(&f->grid, "abc");
    cli_grid_text(&f->grid, "0123456789abcdef");
    cli_grid_fit(&f->grid);
    cli_grid_print(&f->grid, 0, 1);
    assert_printed(f, "abc  0123456789\xe2\x80\xa6\n");
}

static void more_cells_than_fit_at_first_are_kept(void **state)
{
    struct fixture *f = *state;
    char expected[16];

    for (uint64_t i = 0; i < 2000; i++)
        cli_grid_number(&f->grid, i);
    cli_grid_fit(&f->grid);
    for (size_t row = 0; row < 1000; row++) {
        cli_grid_print(&f->grid, row, 1);
        (void)snprintf(expected, sizeof(expected), "%-4zu  %zu\n", 2 * row,
                       2 * row + 1);
        assert_printed(f, expected);
    }
}

static void a_grid_that_failed_makes_its_output_fail(void **state)
{
    struct fixture *f = *state;

    cli_grid_text(&f->grid, "a");
    cli_grid_text(&f->grid, "b");
    cli_grid_fit(&f->grid);
    f->grid.failed = true;
    cli_grid_print(&f->grid, 0, 1);
    cli_grid_rule(&f->grid);
    assert_int_equal(f->out.used, 0);
    assert_int_not_equal(f->out.os_errno, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(columns_are_as_wide_as_their_widest_cell),
        TEST(no_line_ends_in_blanks),
        TEST(cleared_cells_leave_their_widths),
        TEST(without_limits_nothing_is_cut),
        TEST(a_cell_at_its_limit_is_whole),
        TEST(the_widest_columns_give_way_to_the_screen),
        TEST(more_cells_than_fit_at_first_are_kept),
        TEST(a_grid_that_failed_makes_its_output_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
