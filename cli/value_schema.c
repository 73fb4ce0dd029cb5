/*
 * From an Arrow schema to the tree that value.c walks.
 *
 * The format strings are those of the C data interface: most stand for
 * themselves and are in a table, the rest begin with what is in `prefixes` and
 * carry numbers or a time zone.
 */
#include "cli/value.h"

#include "cli/json.h"
#include "cli/number.h"

#include <stdlib.h>
#include <string.h>

struct simple {
    const char *format;
    struct cli_value value;
};

static const struct simple simples[] = {
    { "n", { .kind = CLI_NULL } },
    { "b", { .kind = CLI_BOOL } },
    { "c", { .kind = CLI_INT, .width = 1 } },
    { "s", { .kind = CLI_INT, .width = 2 } },
    { "i", { .kind = CLI_INT, .width = 4 } },
    { "l", { .kind = CLI_INT, .width = 8 } },
    { "C", { .kind = CLI_UINT, .width = 1 } },
    { "S", { .kind = CLI_UINT, .width = 2 } },
    { "I", { .kind = CLI_UINT, .width = 4 } },
    { "L", { .kind = CLI_UINT, .width = 8 } },
    { "e", { .kind = CLI_HALF, .width = 2 } },
    { "f", { .kind = CLI_FLOAT, .width = 4 } },
    { "g", { .kind = CLI_DOUBLE, .width = 8 } },
    { "u", { .kind = CLI_STRING, .width = 4 } },
    { "U", { .kind = CLI_STRING, .width = 8 } },
    { "z", { .kind = CLI_BINARY, .width = 4 } },
    { "Z", { .kind = CLI_BINARY, .width = 8 } },
    { "tdD", { .kind = CLI_DATE, .width = 4 } },
    { "tdm", { .kind = CLI_DATE, .width = 8 } },
    { "tts", { .kind = CLI_TIME, .width = 4, .digits = 0 } },
    { "ttm", { .kind = CLI_TIME, .width = 4, .digits = 3 } },
    { "ttu", { .kind = CLI_TIME, .width = 8, .digits = 6 } },
    { "ttn", { .kind = CLI_TIME, .width = 8, .digits = 9 } },
    { "tDs", { .kind = CLI_DURATION, .width = 8, .digits = 0 } },
    { "tDm", { .kind = CLI_DURATION, .width = 8, .digits = 3 } },
    { "tDu", { .kind = CLI_DURATION, .width = 8, .digits = 6 } },
    { "tDn", { .kind = CLI_DURATION, .width = 8, .digits = 9 } },
    { "+l", { .kind = CLI_LIST, .width = 4 } },
    { "+L", { .kind = CLI_LIST, .width = 8 } },
    { "+s", { .kind = CLI_STRUCT } },
    { "+m", { .kind = CLI_MAP, .width = 4 } },
};

/* "s:Europe/Paris", after "ts" */
static bool parse_timestamp(const char *rest, struct cli_value *value)
{
    static const char units[] = "smun";
    const char *unit = *rest ? strchr(units, *rest) : NULL;

    if (!unit || rest[1] != ':')
        return false;
    value->kind = CLI_TIMESTAMP;
    value->width = 8;
    value->digits = (unsigned)(unit - units) * 3;
    value->zoned = rest[2] != '\0';
    return true;
}

/* A decimal number up to `end`, which is stepped over if it is not the NUL. */
static bool parse_int(const char **at, char end, long min, long max,
                      long *ret_number)
{
    char *stop;
    long number;

    number = strtol(*at, &stop, 10);
    if (stop == *at || *stop != end || number < min || number > max)
        return false;
    *at = stop + (end != '\0');
    *ret_number = number;
    return true;
}

/* "30,3" or "60,3,256", after "d:" */
static bool parse_decimal(const char *rest, struct cli_value *value)
{
    bool has_bits = strchr(rest, ',') != strrchr(rest, ',');
    long precision, scale, bits = 128;

    if (!parse_int(&rest, ',', 1, 76, &precision) ||
        !parse_int(&rest, has_bits ? ',' : '\0', -CLI_DECIMAL_MAX_SCALE,
                   CLI_DECIMAL_MAX_SCALE, &scale))
        return false;
    if (has_bits && !parse_int(&rest, '\0', 32, 256, &bits))
        return false;
    if (bits != 32 && bits != 64 && bits != 128 && bits != 256)
        return false;
    value->kind = CLI_DECIMAL;
    value->width = (unsigned)bits / 8;
    value->scale = (int)scale;
    value->precision = (unsigned)precision;
    return true;
}

/* The size after "w:" or "+w:" */
static bool parse_sized(const char *rest, enum cli_kind kind,
                        struct cli_value *value)
{
    long size;

    if (!parse_int(&rest, '\0', 0, INT32_MAX, &size))
        return false;
    value->kind = kind;
    value->size = size;
    return true;
}

static bool parse_fixed_binary(const char *rest, struct cli_value *value)
{
    return parse_sized(rest, CLI_FIXED_BINARY, value);
}

static bool parse_fixed_list(const char *rest, struct cli_value *value)
{
    return parse_sized(rest, CLI_FIXED_LIST, value);
}

static const struct prefix {
    const char *text;
    bool (*parse)(const char *rest, struct cli_value *value);
} prefixes[] = {
    { "ts", parse_timestamp },
    { "d:", parse_decimal },
    { "w:", parse_fixed_binary },
    { "+w:", parse_fixed_list },
};

static bool parse_format(const char *format, struct cli_value *value)
{
    for (size_t i = 0; i < sizeof(simples) / sizeof(simples[0]); i++) {
        if (!strcmp(format, simples[i].format)) {
            *value = simples[i].value;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t bytes = strlen(prefixes[i].text);

        if (!strncmp(format, prefixes[i].text, bytes))
            return prefixes[i].parse(format + bytes, value);
    }
    return false;
}

/* What is stored, instead of what it means. */
static void make_raw(struct cli_value *value)
{
    switch (value->kind) {
    case CLI_DATE:
    case CLI_TIME:
    case CLI_TIMESTAMP:
    case CLI_DURATION:
        value->kind = CLI_INT;
        break;
    case CLI_DECIMAL:
        value->scale = 0;
        break;
    default:
        break;
    }
}

static int no_memory(struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "no memory for the schema");
}

static int set_name(const char *name, struct cli_value *value,
                    struct lio_error *err)
{
    struct cli_out key;

    if (cli_out_init_memory(&key))
        return no_memory(err);
    cli_json_string(&key, name, strlen(name));
    cli_out_char(&key, ':');
    if (!key.os_errno) {
        value->name = strdup(name);
        value->name_bytes = strlen(name);
        value->key = malloc(key.used);
    }
    if (value->key) {
        memcpy(value->key, key.base, key.used);
        value->key_bytes = key.used;
    }
    cli_out_release(&key);
    return value->name && value->key ? 0 : no_memory(err);
}

/* How many children a kind must have, or -1 for any number. */
static int64_t wanted_children(enum cli_kind kind)
{
    switch (kind) {
    case CLI_STRUCT:
        return -1;
    case CLI_LIST:
    case CLI_FIXED_LIST:
    case CLI_MAP:
        return 1;
    default:
        return 0;
    }
}

static int build(const struct ArrowSchema *schema, uint32_t flags,
                 unsigned depth, struct cli_value *value,
                 struct lio_error *err);

static int build_children(const struct ArrowSchema *schema, uint32_t flags,
                          unsigned depth, struct cli_value *value,
                          struct lio_error *err)
{
    int64_t wanted = wanted_children(value->kind), n = schema->n_children;
    int rc = 0;

    if (n < 0 || (wanted >= 0 && n != wanted))
        return lio_error_set(err, LIO_EINVAL,
                             "column '%s': a schema of format '%s' cannot have "
                             "%lld children",
                             value->name, schema->format, (long long)n);
    if (n == 0)
        return 0;
    value->children = calloc((size_t)n, sizeof(*value->children));
    if (!value->children)
        return no_memory(err);
    value->nchildren = (size_t)n;
    for (int64_t i = 0; i < n && rc == 0; i++)
        rc = build(schema->children[i], flags, depth + 1, &value->children[i],
                   err);
    return rc;
}

/* The schema itself is the index's; its values have one of their own. */
static int build_dictionary(const struct ArrowSchema *schema, uint32_t flags,
                            unsigned depth, struct cli_value *value,
                            struct lio_error *err)
{
    if (value->kind != CLI_INT && value->kind != CLI_UINT)
        return lio_error_set(err, LIO_EINVAL,
                             "column '%s': '%s' cannot be a dictionary's index",
                             value->name, schema->format);
    value->is_signed = value->kind == CLI_INT;
    value->kind = CLI_DICTIONARY;
    value->children = calloc(1, sizeof(*value->children));
    if (!value->children)
        return no_memory(err);
    value->nchildren = 1;
    return build(schema->dictionary, flags, depth + 1, value->children, err);
}

/* The entries of a map are structs of a key and a value, whatever their names;
 * these are what is written. */
static int check_map(struct cli_value *map, struct lio_error *err)
{
    struct cli_value *entry = map->children;
    static const char *const names[] = { "key", "value" };
    int rc = 0;

    if (entry->kind != CLI_STRUCT || entry->nchildren != 2)
        return lio_error_set(err, LIO_EINVAL,
                             "column '%s': a map's entries must be structs of "
                             "two fields",
                             map->name);
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        struct cli_value *field = &entry->children[i];

        free(field->name);
        free(field->key);
        field->name = field->key = NULL;
        rc = set_name(names[i], field, err);
    }
    return rc;
}

static int build(const struct ArrowSchema *schema, uint32_t flags,
                 unsigned depth, struct cli_value *value, struct lio_error *err)
{
    const char *name = schema->name ? schema->name : "";
    bool known = parse_format(schema->format, value);
    int rc = set_name(name, value, err);

    if (rc < 0)
        return rc;
    value->nullable = schema->flags & ARROW_FLAG_NULLABLE;
    if (!known)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "column '%s': values of Arrow type '%s' cannot be "
                             "printed; choose other columns",
                             name, schema->format);
    if (depth > CLI_VALUE_MAX_DEPTH)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "column '%s' nests deeper than %d levels", name,
                             CLI_VALUE_MAX_DEPTH);
    if (flags & CLI_VALUE_RAW)
        make_raw(value);
    if (schema->dictionary)
        return build_dictionary(schema, flags, depth, value, err);
    rc = build_children(schema, flags, depth, value, err);
    return rc == 0 && value->kind == CLI_MAP ? check_map(value, err) : rc;
}

static void release(struct cli_value *value)
{
    for (size_t i = 0; i < value->nchildren; i++)
        release(&value->children[i]);
    free(value->children);
    free(value->name);
    free(value->key);
}

int cli_value_open(const struct ArrowSchema *schema, uint32_t flags,
                   struct cli_value **ret_value, struct lio_error *err)
{
    struct cli_value *value = calloc(1, sizeof(*value));
    int rc;

    if (!value)
        return no_memory(err);
    rc = build(schema, flags, 0, value, err);
    if (rc < 0)
        cli_value_close(value);
    else
        *ret_value = value;
    return rc;
}

void cli_value_close(struct cli_value *value)
{
    if (!value)
        return;
    release(value);
    free(value);
}

bool cli_value_is_number(const struct cli_value *value)
{
    switch (value->kind) {
    case CLI_INT:
    case CLI_UINT:
    case CLI_HALF:
    case CLI_FLOAT:
    case CLI_DOUBLE:
    case CLI_DECIMAL:
    case CLI_DURATION:
        return true;
    case CLI_DICTIONARY:
        return cli_value_is_number(value->children);
    default:
        return false;
    }
}
