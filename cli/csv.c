/* Fields of comma-separated values. */
#include "cli/csv.h"

#include <stdbool.h>

static bool needs_quotes(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];

        if (c == ',' || c == '"' || c == '\n' || c == '\r')
            return true;
    }
    return bytes == 0;
}

static void put_quoted(struct cli_out *out, const char *text, size_t bytes)
{
    const char *quote;

    cli_out_char(out, '"');
    while ((quote = memchr(text, '"', bytes))) {
        size_t upto = (size_t)(quote - text) + 1;

        cli_out_bytes(out, text, upto);
        cli_out_char(out, '"');
        text += upto;
        bytes -= upto;
    }
    cli_out_bytes(out, text, bytes);
    cli_out_char(out, '"');
}

void cli_csv_field(struct cli_out *out, const char *text, size_t bytes)
{
    if (needs_quotes(text, bytes))
        put_quoted(out, text, bytes);
    else
        cli_out_bytes(out, text, bytes);
}
