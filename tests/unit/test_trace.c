/*
 * Traces as text: what is read, and what is refused.
 */
#include "cli/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int read_text(const char *text, struct cli_trace *trace,
                     struct lio_error *err)
{
    FILE *in = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
    int rc;

    assert_non_null(in);
    rc = cli_trace_read(in, "t", trace, err);
    assert_int_equal(fclose(in), 0);
    return rc;
}

static void expect_blocks(const char *text, const uint64_t *blocks, size_t n)
{
    struct cli_trace trace;
    struct lio_error err;

    assert_int_equal(read_text(text, &trace, &err), 0);
    assert_int_equal(trace.nblocks, n);
    assert_memory_equal(trace.blocks, blocks, n * sizeof(*blocks));
    cli_trace_release(&trace);
}

static void expect_refusal(const char *text, const char *why)
{
    struct cli_trace trace = { 0 };
    struct lio_error err;

    assert_int_equal(read_text(text, &trace, &err), LIO_ECORRUPT);
    assert_null(trace.blocks);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
}

static void each_line_is_a_block(void **state)
{
    const uint64_t blocks[] = { 5, 0, 5, UINT64_MAX };

    (void)state;
    expect_blocks("5\n0\n5\n18446744073709551615\n", blocks, 4);
}

static void the_last_line_need_not_end(void **state)
{
    const uint64_t blocks[] = { 1, 20 };

    (void)state;
    expect_blocks("1\n20", blocks, 2);
}

static void blanks_empty_lines_and_comments_do_not_count(void **state)
{
    const uint64_t blocks[] = { 1, 2, 3, 4 };

    (void)state;
    expect_blocks("# reads of 9 files\n1\r\n\n \t2\t \n3# as 7\n4 # x\n#5",
                  blocks, 4);
}

static void anything_else_is_refused_with_its_line(void **state)
{
    (void)state;
    expect_refusal("1\n2\nx\n", "t:3: ");
    expect_refusal("-1\n", "t:1: ");
    expect_refusal("1 2\n", "t:1: ");
    expect_refusal("#\n\n1.5\n", "t:3: ");
    expect_refusal("7\n18446744073709551616\n", "t:2: ");
    expect_refusal("\xfd"
                   "7zXZ",
                   "xzcat TRACE | lanceio simulate -");
}

static void a_trace_without_requests_is_refused(void **state)
{
    (void)state;
    expect_refusal("\n", "no requests");
    expect_refusal("# nothing\n", "no requests");
}

static void a_long_trace_keeps_its_order(void **state)
{
    enum { NBLOCKS = 100000 };
    struct cli_trace trace;
    struct lio_error err;
    FILE *in = tmpfile();

    (void)state;
    assert_non_null(in);
    for (uint64_t block = 0; block < NBLOCKS; block++)
        assert_true(fprintf(in, "%llu\n", (unsigned long long)block) > 0);
    rewind(in);
    assert_int_equal(cli_trace_read(in, "t", &trace, &err), 0);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(trace.nblocks, NBLOCKS);
    for (uint64_t block = 0; block < NBLOCKS; block++)
        assert_int_equal(trace.blocks[block], block);
    cli_trace_release(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_a_block),
        cmocka_unit_test(the_last_line_need_not_end),
        cmocka_unit_test(blanks_empty_lines_and_comments_do_not_count),
        cmocka_unit_test(anything_else_is_refused_with_its_line),
        cmocka_unit_test(a_trace_without_requests_is_refused),
        cmocka_unit_test(a_long_trace_keeps_its_order),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
