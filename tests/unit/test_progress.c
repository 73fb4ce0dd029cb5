/* The progress bar, with a clock that stands where a test puts it. */
#include "cli/progress.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS 1000000

struct fixture {
    FILE *stream;
    char *text;
    size_t bytes;
    struct cli_progress progress;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->stream = open_memstream(&f->text, &f->bytes);
    *state = f;
    return f->stream ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fclose(f->stream);
    free(f->text);
    free(f);
    return 0;
}

static const char *drawn(struct fixture *f)
{
    fflush(f->stream);
    return f->text;
}

/* What it is with `fd` as stderr, and a terminal of this kind. */
static FILE *terminal(int fd, const char *kind)
{
    int before = dup(STDERR_FILENO);
    FILE *stream;

    if (kind)
        assert_int_equal(setenv("TERM", kind, 1), 0);
    else
        assert_int_equal(unsetenv("TERM"), 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    stream = cli_progress_terminal();
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    (void)close(before);
    return stream;
}

/* The other end of a pseudo terminal, or -1. */
static int open_tty(int pty)
{
    if (pty < 0 || grantpt(pty) < 0 || unlockpt(pty) < 0)
        return -1;
    return open(ptsname(pty), O_RDWR | O_NOCTTY);
}

static void bar_needs_a_terminal_that_wipes_lines(void **state)
{
    int file = open("/dev/null", O_WRONLY), pty = posix_openpt(O_RDWR), tty;

    (void)state;
    assert_true(file >= 0);
    assert_null(terminal(file, "xterm"));
    (void)close(file);
    tty = open_tty(pty);
    if (tty < 0)
        skip(); /* no pseudo terminals here */
    assert_ptr_equal(terminal(tty, "xterm"), stderr);
    assert_null(terminal(tty, "dumb"));
    assert_null(terminal(tty, NULL));
    (void)close(tty);
    (void)close(pty);
}

static void short_work_shows_nothing(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, f->stream, 100, 0);
    cli_progress_update(&f->progress, 50, 499 * (int64_t)MS);
    cli_progress_clear(&f->progress);
    assert_string_equal(drawn(f), "");
}

static void long_work_shows_share_and_rate(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, f->stream, 4000000, 1000 * (int64_t)MS);
    cli_progress_update(&f->progress, 1000000, 1500 * (int64_t)MS);
    assert_string_equal(drawn(f), "\r[#######---------------------]  25 %  "
                                  "1.0 M rows  2.0 M rows/s\x1b[K");
}

static void the_bar_is_not_drawn_too_often(void **state)
{
    struct fixture *f = *state;
    size_t once;

    cli_progress_init(&f->progress, f->stream, 100, 0);
    cli_progress_update(&f->progress, 10, 600 * (int64_t)MS);
    once = strlen(drawn(f));
    cli_progress_update(&f->progress, 11, 699 * (int64_t)MS);
    assert_int_equal(strlen(drawn(f)), once);
    cli_progress_update(&f->progress, 12, 700 * (int64_t)MS);
    assert_true(strlen(drawn(f)) > once);
}

static void more_rows_than_promised_fill_the_bar(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, f->stream, 10, 0);
    cli_progress_update(&f->progress, 20, 1000 * (int64_t)MS);
    assert_non_null(strstr(drawn(f), "[############################] 100 %"));
}

static void clearing_wipes_the_line(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, f->stream, 10, 0);
    cli_progress_update(&f->progress, 5, 1000 * (int64_t)MS);
    cli_progress_clear(&f->progress);
    assert_string_equal(drawn(f) + strlen(drawn(f)) - 4, "\r\x1b[K");
}

static void without_a_terminal_there_is_no_bar(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, NULL, 10, 0);
    cli_progress_update(&f->progress, 5, 1000 * (int64_t)MS);
    cli_progress_clear(&f->progress);
    assert_int_equal(f->progress.drawn_ns, 0);
}

static void of_an_unknown_total_there_is_no_bar(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, f->stream, 0, 0);
    cli_progress_update(&f->progress, 5, 1000 * (int64_t)MS);
    assert_string_equal(drawn(f), "\r5 rows  5 rows/s\x1b[K");
}

static void few_rows_are_not_none(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, f->stream, 0, 0);
    cli_progress_update(&f->progress, 60000, 2000 * (int64_t)MS);
    assert_string_equal(drawn(f), "\r60.0 K rows  30.0 K rows/s\x1b[K");
}

static void share_need_not_be_one_of_rows(void **state)
{
    struct fixture *f = *state;

    cli_progress_init(&f->progress, f->stream, 0, 0);
    cli_progress_share(&f->progress, 3000000, 0.5, 1000 * (int64_t)MS);
    assert_string_equal(drawn(f), "\r[##############--------------]  50 %  "
                                  "3.0 M rows  3.0 M rows/s\x1b[K");
}

static void the_clock_does_not_go_back(void **state)
{
    int64_t before = cli_progress_now();

    (void)state;
    assert_true(before > 0);
    assert_true(cli_progress_now() >= before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(short_work_shows_nothing),
        TEST(long_work_shows_share_and_rate),
        TEST(the_bar_is_not_drawn_too_often),
        TEST(more_rows_than_promised_fill_the_bar),
        TEST(clearing_wipes_the_line),
        TEST(without_a_terminal_there_is_no_bar),
        TEST(of_an_unknown_total_there_is_no_bar),
        TEST(few_rows_are_not_none),
        TEST(share_need_not_be_one_of_rows),
        cmocka_unit_test(bar_needs_a_terminal_that_wipes_lines),
        cmocka_unit_test(the_clock_does_not_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
