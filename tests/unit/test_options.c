/*
 * The options and numbers that all commands share.
 */
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct option longs[] = {
    { "limit", required_argument, NULL, 'n' },
    { "json", no_argument, NULL, 300 },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax syntax = {
    .shorts = "n:",
    .longs = longs,
    .help = "Usage: test\n",
};

/* One command line taken apart. */
struct parsed {
    struct cli cli;
    const char *overrides[16];
    const char *limit;
    bool json;
    int end; /* CLI_END or CLI_STOP */
};

static void parse(struct parsed *p, int argc, char **argv)
{
    int opt;

    memset(p, 0, sizeof(*p));
    p->cli.command = "test";
    p->cli.overrides = p->overrides;
    optind = 0;
    while ((opt = cli_getopt(&p->cli, argc, argv, &syntax)) >= 0) {
        if (opt == 'n')
            p->limit = optarg;
        else
            p->json = opt == 300;
    }
    p->end = opt;
}

#define PARSE(p, ...)                                                          \
    do {                                                                       \
        const char *argv_[] = { "test", __VA_ARGS__, NULL };                   \
                                                                               \
        parse(p, (int)(sizeof(argv_) / sizeof(argv_[0])) - 1,                  \
              (char **)(uintptr_t)argv_);                                      \
    } while (0)

static void own_and_global_options_come_in_any_order(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "operand", "--json", "-s", "a.b=c", "-n", "5", "--config=x.ini",
          "-q", "--set", "d.e=f");
    assert_int_equal(p.end, CLI_END);
    assert_true(p.json);
    assert_string_equal(p.limit, "5");
    assert_string_equal(p.cli.config_path, "x.ini");
    assert_true(p.cli.quiet);
    assert_int_equal(p.cli.noverrides, 2);
    assert_string_equal(p.overrides[0], "a.b=c");
    assert_string_equal(p.overrides[1], "d.e=f");
    assert_int_equal(optind, 10);
}

static void options_end_at_two_dashes(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "--", "--json");
    assert_int_equal(p.end, CLI_END);
    assert_false(p.json);
    assert_int_equal(optind, 2);
}

static void help_and_version_stop_with_success(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "--help");
    assert_int_equal(p.end, CLI_STOP);
    assert_int_equal(p.cli.exit_code, CLI_DONE);
    PARSE(&p, "--version");
    assert_int_equal(p.end, CLI_STOP);
    assert_int_equal(p.cli.exit_code, CLI_DONE);
}

static void wrong_options_stop_with_usage(void **state)
{
    struct parsed p;

    (void)state;
    PARSE(&p, "--colour");
    assert_int_equal(p.end, CLI_STOP);
    assert_int_equal(p.cli.exit_code, CLI_USAGE);
    PARSE(&p, "-n");
    assert_int_equal(p.end, CLI_STOP);
    assert_int_equal(p.cli.exit_code, CLI_USAGE);
    PARSE(&p, "--json=5");
    assert_int_equal(p.end, CLI_STOP);
    assert_int_equal(p.cli.exit_code, CLI_USAGE);
}

static void numbers_take_powers_of_1024(void **state)
{
    static const struct {
        const char *text;
        uint64_t number;
    } cases[] = {
        { "0", 0 },
        { "100", 100 },
        { "64K", 65536 },
        { "64k", 65536 },
        { "3M", 3145728 },
        { "1G", 1073741824 },
        { "2T", 2199023255552 },
        { "18446744073709551615", UINT64_MAX },
    };
    struct cli cli = { .command = "test" };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t number = 77;

        assert_int_equal(
            cli_parse_number(&cli, "--limit", cases[i].text, &number), 0);
        assert_int_equal(number, cases[i].number);
    }
}

static void other_numbers_are_wrong_usage(void **state)
{
    static const char *const texts[] = {
        "",    "K",  "-1",  "+1",   "1.5",       "64KB",
        "64X", " 1", "1 K", "0x10", "16777216T", "18446744073709551616",
    };
    struct cli cli = { .command = "test" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t number = 77;

        assert_int_equal(cli_parse_number(&cli, "--limit", texts[i], &number),
                         CLI_USAGE);
        assert_int_equal(number, 77);
    }
}

static void configuration_errors_exit_with_2_and_others_with_1(void **state)
{
    struct cli cli = { .command = "test" };
    struct lio_error err;

    (void)state;
    (void)lio_error_set(&err, LIO_ECONFIG, "made for this test");
    assert_int_equal(cli_fail(&cli, &err), CLI_USAGE);
    (void)lio_error_set(&err, LIO_EPLUGIN, "made for this test");
    assert_int_equal(cli_fail(&cli, &err), CLI_USAGE);
    (void)lio_error_set(&err, LIO_ECORRUPT, "made for this test");
    assert_int_equal(cli_fail(&cli, &err), CLI_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_and_global_options_come_in_any_order),
        cmocka_unit_test(options_end_at_two_dashes),
        cmocka_unit_test(help_and_version_stop_with_success),
        cmocka_unit_test(wrong_options_stop_with_usage),
        cmocka_unit_test(numbers_take_powers_of_1024),
        cmocka_unit_test(other_numbers_are_wrong_usage),
        cmocka_unit_test(configuration_errors_exit_with_2_and_others_with_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
