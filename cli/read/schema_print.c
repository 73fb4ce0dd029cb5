/* Printing schemas: a line for each field, children indented. */
#include "cli/read/schema_file.h"

#include "cli/json.h"

static void indent(unsigned depth, struct cli_out *out)
{
    for (unsigned i = 0; i <= depth; i++)
        cli_out_text(out, "  ");
}

static void put_member(const char *key, const char *text, struct cli_out *out)
{
    cli_out_char(out, '"');
    cli_out_text(out, key);
    cli_out_text(out, "\": ");
    cli_json_string(out, text, strlen(text));
    cli_out_text(out, ", ");
}

/* The next length and text of a block of metadata. */
static void put_text(const char **at, struct cli_out *out)
{
    int32_t bytes;

    memcpy(&bytes, *at, sizeof(bytes));
    cli_json_string(out, *at + sizeof(bytes), (size_t)bytes);
    *at += sizeof(bytes) + (size_t)bytes;
}

static void put_metadata(const char *block, struct cli_out *out)
{
    const char *at = block + sizeof(int32_t);
    int32_t n;

    memcpy(&n, block, sizeof(n));
    cli_out_text(out, ", \"metadata\": {");
    for (int32_t i = 0; i < n; i++) {
        if (i > 0)
            cli_out_text(out, ", ");
        put_text(&at, out);
        cli_out_text(out, ": ");
        put_text(&at, out);
    }
    cli_out_char(out, '}');
}

static void put_children(const struct lio_field_info *fields, uint32_t n,
                         int32_t parent, unsigned depth, struct cli_out *out);

static bool has_children(const struct lio_field_info *fields, uint32_t n,
                         uint32_t number)
{
    return number + 1 < n && fields[number + 1].parent == (int32_t)number;
}

static void put_field(const struct lio_field_info *fields, uint32_t n,
                      uint32_t number, unsigned depth, struct cli_out *out)
{
    const struct lio_field_info *field = &fields[number];

    indent(depth, out);
    cli_out_char(out, '{');
    put_member("name", field->name, out);
    put_member("type", field->logical_type, out);
    cli_out_text(out, field->nullable ? "\"nullable\": true"
                                      : "\"nullable\": false");
    if (field->metadata)
        put_metadata(field->metadata, out);
    if (has_children(fields, n, number)) {
        cli_out_text(out, ", \"fields\": [");
        put_children(fields, n, (int32_t)number, depth + 1, out);
        cli_out_char(out, '\n');
        indent(depth, out);
        cli_out_char(out, ']');
    }
    cli_out_char(out, '}');
}

static void put_children(const struct lio_field_info *fields, uint32_t n,
                         int32_t parent, unsigned depth, struct cli_out *out)
{
    bool first = true;

    /* Children come behind their parent. */
    for (uint32_t i = (uint32_t)(parent + 1); i < n; i++) {
        if (fields[i].parent != parent)
            continue;
        cli_out_text(out, first ? "\n" : ",\n");
        put_field(fields, n, i, depth, out);
        first = false;
    }
}

void cli_schema_print(const struct lio_field_info *fields, uint32_t n,
                      struct cli_out *out)
{
    cli_out_char(out, '[');
    put_children(fields, n, -1, 0, out);
    cli_out_text(out, "\n]\n");
}
