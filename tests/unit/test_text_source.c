/* Lines of a file. */
#include "text_input.h"

static struct cli_source open_text(const char *text, size_t bytes)
{
    struct text_file file = text_file_make(text, bytes);
    struct cli_source source;

    assert_int_equal(cli_source_open(file.path, &source, NULL), 0);
    (void)close(file.fd);
    return source;
}

static void next_is(struct cli_source *source, const char *line)
{
    size_t bytes;
    char *text;

    assert_int_equal(cli_source_line(source, &text, &bytes, NULL), 1);
    assert_int_equal(bytes, strlen(line));
    assert_memory_equal(text, line, bytes);
}

static void is_over(struct cli_source *source)
{
    size_t bytes;
    char *text;

    assert_int_equal(cli_source_line(source, &text, &bytes, NULL), 0);
    cli_source_close(source);
}

static void lines_have_their_ends(void **state LIO_UNUSED)
{
    struct cli_source source = open_text("a\n\r\n\nlast", 9);

    next_is(&source, "a\n");
    next_is(&source, "\r\n");
    next_is(&source, "\n");
    assert_int_equal(source.line, 3);
    next_is(&source, "last\n");
    assert_int_equal(source.line, 4);
    is_over(&source);
}

static void nothing_has_no_lines(void **state LIO_UNUSED)
{
    struct cli_source source = open_text("", 0);

    is_over(&source);
}

static void byte_order_mark_is_no_text(void **state LIO_UNUSED)
{
    struct cli_source source = open_text("\xef\xbb\xbf"
                                         "a\nb\n",
                                         7);

    cli_source_keep(&source);
    next_is(&source, "a\n");
    cli_source_rewind(&source);
    next_is(&source, "a\n");
    next_is(&source, "b\n");
    is_over(&source);
}

/* More lines than a read takes, one of them longer than a read. */
static void lines_may_be_long(void **state LIO_UNUSED)
{
    size_t n = (size_t)3 << 20;
    char *text = malloc(2 * n + 1);
    struct cli_source source;
    char *line;
    size_t bytes;

    assert_non_null(text);
    memset(text, 'x', 2 * n);
    for (size_t i = 0; i < n; i += 100)
        text[i + 99] = '\n';
    text[2 * n] = '\0';
    source = open_text(text, 2 * n);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 0)
            cli_source_keep(&source);
        else
            cli_source_rewind(&source);
        while (cli_source_line(&source, &line, &bytes, NULL) > 0)
            assert_memory_equal(line, text + source.taken - bytes, bytes - 1);
        assert_int_equal(source.line, n / 100 + 2);
        assert_int_equal(source.taken, 2 * n + 1);
    }
    is_over(&source);
    free(text);
}

static void refused(const char *path, int code, const char *why)
{
    struct cli_source source;
    struct lio_error err;

    assert_int_equal(cli_source_open(path, &source, &err), code);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
}

static void files_that_are_no_text_are_named(void **state LIO_UNUSED)
{
    static const char *const magics[][2] = {
        { "\x1f\x8b\x08", "gzip -dc" },
        { "\x28\xb5\x2f\xfd", "zstd -dc" },
        { "\xfd"
          "7zXZ",
          "xz -dc" },
        { "BZh9", "bzip2 -dc" },
        { "\xff\xfe"
          "a",
          "iconv" },
        { "\xfe\xff"
          "a",
          "iconv" },
    };

    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        struct text_file file =
            text_file_make(magics[i][0], strlen(magics[i][0]));

        refused(file.path, LIO_EUNSUPPORTED, magics[i][1]);
        (void)close(file.fd);
    }
}

static void files_that_cannot_be_read_are_named(void **state LIO_UNUSED)
{
    refused("/nonexistent/file", LIO_ENOTFOUND, "/nonexistent/file: cannot");
    refused("/", LIO_EIO, "/: cannot be read: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_their_ends),
        cmocka_unit_test(nothing_has_no_lines),
        cmocka_unit_test(byte_order_mark_is_no_text),
        cmocka_unit_test(lines_may_be_long),
        cmocka_unit_test(files_that_are_no_text_are_named),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
