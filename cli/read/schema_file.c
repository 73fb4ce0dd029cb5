/* Reading schemas: a small file, so yajl makes a tree of it. */
#include "cli/read/schema_file.h"

#include "cli/read/json.h"
#include "cli/value.h"

#include <yajl/yajl_tree.h>

#include <stdlib.h>

#define FILE_MAX_BYTES ((size_t)64 << 20)

struct reader {
    const char *path; /* of the file */
    struct cli_fields *fields;
    struct lio_error *err;
};

static int no_memory(struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "no memory for a schema");
}

/* -- the text ------------------------------------------------------------ */

static int fail_read(const char *path, struct lio_error *err)
{
    int os_errno = errno;
    int code = os_errno == ENOENT ? LIO_ENOTFOUND : LIO_EIO;

    lio_error_set(err, code, "%s: the schema cannot be read: %s", path,
                  strerror(os_errno));
    if (err)
        err->os_errno = os_errno;
    return code;
}

static int read_stream(const char *path, FILE *stream, struct cli_out *text,
                       struct lio_error *err)
{
    while (!feof(stream)) {
        char *room = cli_out_room(text, CLI_OUT_ROOM);
        size_t got = fread(room, 1, CLI_OUT_ROOM, stream);

        if (ferror(stream))
            return fail_read(path, err);
        cli_out_end(text, room + got);
        if (text->used > FILE_MAX_BYTES)
            return lio_error_set(err, LIO_EINVAL, "%s: too long for a schema",
                                 path);
    }
    cli_out_char(text, '\0');
    return text->os_errno ? no_memory(err) : 0;
}

static int read_text(const char *path, struct cli_out *text,
                     struct lio_error *err)
{
    FILE *stream = fopen(path, "re");
    int rc;

    if (!stream)
        return fail_read(path, err);
    rc = read_stream(path, stream, text, err);
    (void)fclose(stream);
    return rc;
}

static int ignore(void *sink LIO_UNUSED, struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static int ignore_bool(void *sink LIO_UNUSED, bool value LIO_UNUSED,
                       struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static int ignore_text(void *sink LIO_UNUSED, const char *text LIO_UNUSED,
                       size_t bytes LIO_UNUSED,
                       struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static const struct cli_json_events no_events = {
    .null = ignore,
    .boolean = ignore_bool,
    .number = ignore_text,
    .string = ignore_text,
    .begin_object = ignore,
    .key = ignore_text,
    .end_object = ignore,
    .begin_list = ignore,
    .end_list = ignore,
};

/* Where in the text byte `at` is, for a message. */
static int fail_at(const char *path, const char *text, size_t at,
                   struct lio_error *err)
{
    struct lio_error said = *err;
    size_t line = 1, column = 1;

    for (size_t i = 0; i < at; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    return lio_error_set(err, said.code, "%s: line %zu, column %zu: %s", path,
                         line, column, said.msg);
}

/* A tree has no places and any depth, so the text is checked before. */
static int check_text(const char *path, const char *text, struct lio_error *err)
{
    struct cli_json_parser *parser;
    struct lio_error said;
    size_t at;
    int rc = cli_json_parser_open(&no_events, NULL, &parser, err);

    if (rc < 0)
        return rc;
    rc = cli_json_parse(parser, text, strlen(text), &at, &said);
    cli_json_parser_close(parser);
    if (rc == 0)
        return 0;
    (void)fail_at(path, text, at, &said);
    return lio_error_set(err, rc, "%s", said.msg);
}

static int parse_text(const char *path, const char *text, yajl_val *ret_tree,
                      struct lio_error *err)
{
    int rc = check_text(path, text, err);

    if (rc < 0)
        return rc;
    *ret_tree = yajl_tree_parse(text, NULL, 0);
    return *ret_tree ? 0 : no_memory(err);
}

/* -- fields -------------------------------------------------------------- */

/* What an object of the list says. */
struct said {
    const char *name, *type;
    yajl_val fields, metadata;
    bool nullable;
};

static int complain(const struct reader *reader, const struct said *said,
                    const char *what)
{
    return lio_error_set(
        reader->err, LIO_EINVAL, "%s: %s%s%s%s", reader->path,
        said->name ? "field '" : "a field: ", said->name ? said->name : "",
        said->name ? "': " : "", what);
}

static int take_member(const struct reader *reader, const char *key,
                       yajl_val value, struct said *said)
{
    if (!strcmp(key, "name")) {
        said->name = YAJL_GET_STRING(value);
        return said->name ? 0 : complain(reader, said, "\"name\" is no string");
    }
    if (!strcmp(key, "type")) {
        said->type = YAJL_GET_STRING(value);
        return said->type ? 0 : complain(reader, said, "\"type\" is no string");
    }
    if (!strcmp(key, "nullable")) {
        said->nullable = YAJL_IS_TRUE(value);
        return said->nullable || YAJL_IS_FALSE(value)
                   ? 0
                   : complain(reader, said, "\"nullable\" is no bool");
    }
    if (!strcmp(key, "fields")) {
        said->fields = value;
        return YAJL_IS_ARRAY(value)
                   ? 0
                   : complain(reader, said, "\"fields\" is no list");
    }
    if (!strcmp(key, "metadata")) {
        said->metadata = value;
        return YAJL_IS_OBJECT(value)
                   ? 0
                   : complain(reader, said, "\"metadata\" is no object");
    }
    return lio_error_set(reader->err, LIO_EINVAL,
                         "%s: field '%s': '%s' is not known; a field has "
                         "name, type, nullable, fields and metadata",
                         reader->path, said->name ? said->name : "", key);
}

static int take_object(const struct reader *reader, yajl_val object,
                       struct said *said)
{
    int rc = 0;

    if (!YAJL_IS_OBJECT(object))
        return complain(reader, said, "is no object");
    for (size_t i = 0; i < object->u.object.len && rc == 0; i++)
        rc = take_member(reader, object->u.object.keys[i],
                         object->u.object.values[i], said);
    if (rc == 0 && !said->name)
        return complain(reader, said, "has no \"name\"");
    if (rc == 0 && !said->type)
        return complain(reader, said, "has no \"type\"");
    return rc;
}

static void put_text(struct cli_out *block, const char *text)
{
    int32_t bytes = (int32_t)strlen(text);

    cli_out_bytes(block, (const char *)&bytes, sizeof(bytes));
    cli_out_bytes(block, text, (size_t)bytes);
}

/* Metadata as an ArrowSchema has it: numbers, and texts behind their lengths.
 */
static int take_metadata(const struct reader *reader, const struct said *said,
                         struct lio_field_info *field)
{
    yajl_val pairs = said->metadata;
    int32_t n = pairs ? (int32_t)pairs->u.object.len : 0;
    struct cli_out block;

    if (n == 0)
        return 0;
    if (cli_out_init_memory(&block))
        return no_memory(reader->err);
    cli_out_bytes(&block, (const char *)&n, sizeof(n));
    for (int32_t i = 0; i < n; i++) {
        const char *value = YAJL_GET_STRING(pairs->u.object.values[i]);

        if (!value) {
            cli_out_release(&block);
            return complain(reader, said,
                            "the values of \"metadata\" are strings");
        }
        put_text(&block, pairs->u.object.keys[i]);
        put_text(&block, value);
    }
    if (block.os_errno) {
        cli_out_release(&block);
        return no_memory(reader->err);
    }
    field->metadata = block.base; /* now the field's */
    return 0;
}

static int take_fields(const struct reader *reader, yajl_val list,
                       int32_t parent, unsigned depth);

static int take_field(const struct reader *reader, yajl_val object,
                      int32_t parent, unsigned depth)
{
    struct said said = { .nullable = true };
    int64_t number;
    int rc = take_object(reader, object, &said);

    if (rc < 0)
        return rc;
    number = cli_fields_add(reader->fields, parent, said.name,
                            strlen(said.name), said.type, said.nullable);
    if (number < 0)
        return no_memory(reader->err);
    rc = take_metadata(reader, &said, &reader->fields->all[number]);
    if (rc == 0 && said.fields)
        rc = take_fields(reader, said.fields, (int32_t)number, depth + 1);
    return rc;
}

static int take_fields(const struct reader *reader, yajl_val list,
                       int32_t parent, unsigned depth)
{
    int rc = 0;

    if (depth > CLI_VALUE_MAX_DEPTH)
        return lio_error_set(reader->err, LIO_EINVAL,
                             "%s: fields nest deeper than %d levels",
                             reader->path, CLI_VALUE_MAX_DEPTH);
    for (size_t i = 0; i < list->u.array.len && rc == 0; i++)
        rc = take_field(reader, list->u.array.values[i], parent, depth);
    return rc;
}

int cli_schema_read(const char *path, struct cli_fields *fields,
                    struct lio_error *err)
{
    const struct reader reader = { path, fields, err };
    struct cli_out text;
    yajl_val tree = NULL;
    int rc;

    if (cli_out_init_memory(&text))
        return no_memory(err);
    rc = read_text(path, &text, err);
    if (rc == 0)
        rc = parse_text(path, text.base, &tree, err);
    if (rc == 0 && !YAJL_IS_ARRAY(tree))
        rc = lio_error_set(err, LIO_EINVAL,
                           "%s: a schema is a list of fields, as `lanceio "
                           "inspect --schema` prints it",
                           path);
    if (rc == 0)
        rc = take_fields(&reader, tree, -1, 0);
    yajl_tree_free(tree);
    cli_out_release(&text);
    return rc;
}

/* -- to Arrow ------------------------------------------------------------ */

/* The number of the field before `number` with its name and parent, or -1. */
static int64_t find_twin(const struct cli_fields *fields, uint32_t number)
{
    const struct lio_field_info *field = &fields->all[number];

    for (uint32_t i = number; i-- > 0;)
        if (fields->all[i].parent == field->parent &&
            !strcmp(fields->all[i].name, field->name))
            return i;
    return -1;
}

int cli_schema_make(const char *name, const struct cli_fields *fields,
                    struct ArrowSchema *ret_schema, struct lio_error *err)
{
    struct lio_error said;
    int rc;

    for (uint32_t i = 0; i < fields->n; i++)
        if (find_twin(fields, i) >= 0)
            return lio_error_set(err, LIO_EINVAL,
                                 "%s: two fields have the name '%s'", name,
                                 fields->all[i].name);
    rc = lio_schema_make(fields->all, fields->n, ret_schema, &said);
    return rc < 0 ? lio_error_set(err, rc, "%s: %s", name, said.msg) : 0;
}
