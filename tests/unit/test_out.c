/* Buffered output: order, growth, and failures that are remembered. */
#include "cli/out.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#define BIG 1000000 /* more than any buffer */

static void memory_grows_and_keeps_what_is_there(void **state)
{
    struct cli_out out;

    (void)state;
    assert_int_equal(cli_out_init_memory(&out), 0);
    for (int i = 0; i < BIG; i++)
        cli_out_char(&out, (char)('a' + i % 26));
    assert_int_equal(out.used, BIG);
    for (int i = 0; i < BIG; i++)
        assert_int_equal(out.base[i], 'a' + i % 26);
    cli_out_release(&out);
}

static void room_is_there_at_every_fill(void **state)
{
    struct cli_out out;

    (void)state;
    assert_int_equal(cli_out_init_memory(&out), 0);
    for (int i = 0; i < 1000; i++) {
        char *at = cli_out_room(&out, CLI_OUT_ROOM);

        memset(at, 'x', CLI_OUT_ROOM);
        cli_out_end(&out, at + i % CLI_OUT_ROOM);
        assert_true(out.used <= out.room);
    }
    cli_out_release(&out);
}

/* Short and long pieces, mixed, come out in order. */
static void a_stream_gets_every_byte_in_order(void **state)
{
    char *text = NULL, *long_piece = malloc(BIG);
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    struct cli_out out;

    (void)state;
    assert_non_null(stream);
    assert_non_null(long_piece);
    memset(long_piece, 'l', BIG);
    assert_int_equal(cli_out_init(&out, stream), 0);
    cli_out_text(&out, "first");
    cli_out_bytes(&out, long_piece, BIG);
    cli_out_text(&out, "last");
    assert_int_equal(cli_out_flush(&out), 0);
    assert_int_equal(out.flushed, BIG + 9);
    assert_int_equal(bytes, BIG + 9);
    assert_memory_equal(text, "firstl", 6);
    assert_memory_equal(text + BIG + 4, "llast", 5);
    cli_out_release(&out);
    fclose(stream);
    free(text);
    free(long_piece);
}

static void a_full_device_is_remembered(void **state)
{
    FILE *stream = fopen("/dev/full", "w");
    struct cli_out out;

    (void)state;
    if (!stream)
        skip();
    assert_int_equal(cli_out_init(&out, stream), 0);
    for (int i = 0; i < BIG; i++)
        cli_out_char(&out, 'x');
    assert_int_equal(cli_out_flush(&out), ENOSPC);
    cli_out_text(&out, "goes nowhere");
    assert_int_equal(cli_out_flush(&out), ENOSPC);
    assert_int_equal(out.flushed, 0);
    cli_out_release(&out);
    fclose(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_grows_and_keeps_what_is_there),
        cmocka_unit_test(room_is_there_at_every_fill),
        cmocka_unit_test(a_stream_gets_every_byte_in_order),
        cmocka_unit_test(a_full_device_is_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
