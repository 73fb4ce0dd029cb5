/* JSON strings, and the writer for reports. */
#include "cli/json.h"

#include "cli/number.h"
#include "cli/utf8.h"

static bool is_plain(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static void put_control(struct cli_out *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[] = "\\u00xx";

    text[4] = hex[c >> 4];
    text[5] = hex[c & 15];
    cli_out_bytes(out, text, 6);
}

/* What is not plain, at `text`; returns how many bytes it was. */
static size_t put_special(struct cli_out *out, const char *text, size_t bytes)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
        ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'
    };
    unsigned char c = (unsigned char)*text;
    uint32_t decoded;
    size_t n;

    if (c >= 0x80) {
        n = cli_utf8_decode(text, bytes, &decoded);
        if (n)
            cli_out_bytes(out, text, n);
        else
            cli_out_text(out, CLI_UTF8_BAD);
        return n ? n : 1;
    }
    if (c < sizeof(letters) && letters[c]) {
        cli_out_char(out, '\\');
        cli_out_char(out, letters[c]);
    } else {
        put_control(out, c);
    }
    return 1;
}

void cli_json_string(struct cli_out *out, const char *text, size_t bytes)
{
    size_t done = 0;

    cli_out_char(out, '"');
    while (done < bytes) {
        size_t end = done;

        while (end < bytes && is_plain(text[end]))
            end++;
        cli_out_bytes(out, text + done, end - done);
        done = end;
        if (done < bytes)
            done += put_special(out, text + done, bytes - done);
    }
    cli_out_char(out, '"');
}

static void break_line(struct cli_json *json)
{
    if (json->flat) {
        if (!json->first)
            cli_out_char(json->out, ' ');
        return;
    }
    if (json->depth)
        cli_out_char(json->out, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        cli_out_text(json->out, "  ");
}

/* What comes before a value: comma, line, key. */
static void begin_value(struct cli_json *json, const char *key)
{
    if (!json->first && json->depth)
        cli_out_char(json->out, ',');
    break_line(json);
    json->first = false;
    if (key) {
        cli_json_string(json->out, key, strlen(key));
        cli_out_text(json->out, ": ");
    }
}

void cli_json_open(struct cli_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    cli_out_char(json->out, bracket);
    json->depth++;
    json->first = true;
}

void cli_json_open_flat(struct cli_json *json, const char *key, char bracket)
{
    cli_json_open(json, key, bracket);
    json->flat = true;
}

void cli_json_close(struct cli_json *json, char bracket)
{
    json->depth--;
    if (!json->first && !json->flat) {
        cli_out_char(json->out, '\n');
        for (unsigned i = 0; i < json->depth; i++)
            cli_out_text(json->out, "  ");
    }
    json->flat = false;
    json->first = false;
    cli_out_char(json->out, bracket);
    if (json->depth == 0)
        cli_out_char(json->out, '\n');
}

void cli_json_number(struct cli_json *json, const char *key, uint64_t number)
{
    begin_value(json, key);
    cli_out_end(json->out,
                cli_u64_put(cli_out_room(json->out, CLI_U64_ROOM), number));
}

void cli_json_signed(struct cli_json *json, const char *key, int64_t number)
{
    begin_value(json, key);
    cli_out_end(json->out,
                cli_i64_put(cli_out_room(json->out, CLI_I64_ROOM), number));
}

void cli_json_bool(struct cli_json *json, const char *key, bool value)
{
    begin_value(json, key);
    cli_out_text(json->out, value ? "true" : "false");
}

void cli_json_text(struct cli_json *json, const char *key, const char *text)
{
    begin_value(json, key);
    if (text)
        cli_json_string(json->out, text, strlen(text));
    else
        cli_out_text(json->out, "null");
}
