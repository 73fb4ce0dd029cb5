/*
 * Which value is which: an open-addressing table of indices, whose keys are the
 * values' own bytes in the builder below.  A value is appended there before it
 * is looked up, and taken back if it is not new, so that equal values compare
 * equal however they were written.
 *
 *     table   . 2 . . 0 1 .       indices plus 1, 0 is free
 *     values  "a" "bc" "a"        the last one hashes to slot 4, is equal to
 *                                 value 0, and goes
 */
#include "cli/read/dictionary.h"

#include <inttypes.h>
#include <stdlib.h>

#define FIRST_SLOTS 64 /* a power of two, like all sizes */

struct cli_dictionary {
    uint32_t *table; /* nslots of them */
    uint32_t nslots, nused;
};

int cli_dictionary_open(const struct cli_builder *builder,
                        struct cli_dictionary **ret_dictionary,
                        struct lio_error *err)
{
    enum cli_kind kind = builder->children->type->kind;
    struct cli_dictionary *dictionary;

    if (kind == CLI_BOOL || kind == CLI_NULL || kind >= CLI_LIST)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "column '%s': dictionaries of such values cannot "
                             "be made of text",
                             builder->type->name);
    dictionary = malloc(sizeof(*dictionary));
    if (!dictionary)
        return cli_builder_no_memory(err);
    dictionary->table = calloc(FIRST_SLOTS, sizeof(*dictionary->table));
    dictionary->nslots = FIRST_SLOTS;
    dictionary->nused = 0;
    if (!dictionary->table) {
        free(dictionary);
        return cli_builder_no_memory(err);
    }
    *ret_dictionary = dictionary;
    return 0;
}

void cli_dictionary_close(struct cli_dictionary *dictionary)
{
    if (!dictionary)
        return;
    free(dictionary->table);
    free(dictionary);
}

void cli_dictionary_clear(struct cli_dictionary *dictionary)
{
    memset(dictionary->table, 0,
           dictionary->nslots * sizeof(*dictionary->table));
    dictionary->nused = 0;
}

/* -- values -------------------------------------------------------------- */

struct key {
    const char *bytes;
    size_t n;
};

static int64_t offset_at(const struct cli_builder *values, int64_t row)
{
    int32_t small;
    int64_t large;

    if (values->type->width == sizeof(small)) {
        memcpy(&small, values->values.base + row * (int64_t)sizeof(small),
               sizeof(small));
        return small;
    }
    memcpy(&large, values->values.base + row * (int64_t)sizeof(large),
           sizeof(large));
    return large;
}

static bool is_variable(const struct cli_builder *values)
{
    return values->type->kind == CLI_STRING || values->type->kind == CLI_BINARY;
}

/* Bytes of a value that has no offsets. */
static size_t width_of(const struct cli_builder *values)
{
    return values->type->kind == CLI_FIXED_BINARY ? (size_t)values->type->size
                                                  : values->type->width;
}

static struct key key_at(const struct cli_builder *values, int64_t row)
{
    size_t width, n;
    int64_t first;

    if (is_variable(values)) {
        first = offset_at(values, row);
        n = (size_t)(offset_at(values, row + 1) - first);
        return (struct key){ n > 0 ? values->bytes.base + first : "", n };
    }
    width = width_of(values);
    return (struct key){ values->values.base + (size_t)row * width, width };
}

/* Take back the value behind the last row. */
static void drop_last(struct cli_builder *values)
{
    if (is_variable(values)) {
        values->bytes.used = (size_t)offset_at(values, values->rows);
        values->values.used -= values->type->width;
    } else {
        values->values.used -= width_of(values);
    }
}

/* -- the table ----------------------------------------------------------- */

/* FNV-1a, folded: the low bits of a product depend on too little. */
static uint32_t hash(struct key key)
{
    uint64_t sum = 0xcbf29ce484222325;

    for (size_t i = 0; i < key.n; i++)
        sum = (sum ^ (uint8_t)key.bytes[i]) * 0x100000001b3;
    return (uint32_t)(sum ^ sum >> 32);
}

static bool equal(struct key a, struct key b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.bytes, b.bytes, a.n) == 0);
}

/* The slot of a key, or the free one where it belongs. */
static uint32_t find_slot(const struct cli_dictionary *dictionary,
                          const struct cli_builder *values, struct key key)
{
    uint32_t mask = dictionary->nslots - 1, slot = hash(key) & mask;

    while (dictionary->table[slot] &&
           !equal(key_at(values, dictionary->table[slot] - 1), key))
        slot = (slot + 1) & mask;
    return slot;
}

/* Twice as many slots. */
static int grow(struct cli_dictionary *dictionary,
                const struct cli_builder *values)
{
    struct cli_dictionary larger = { .nslots = 2 * dictionary->nslots,
                                     .nused = dictionary->nused };

    larger.table = calloc(larger.nslots, sizeof(*larger.table));
    if (!larger.table)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < dictionary->nslots; i++)
        if (dictionary->table[i]) {
            struct key key = key_at(values, dictionary->table[i] - 1);

            larger.table[find_slot(&larger, values, key)] =
                dictionary->table[i];
        }
    free(dictionary->table);
    *dictionary = larger;
    return 0;
}

/* -- indices ------------------------------------------------------------- */

static int64_t index_max(const struct cli_value *type)
{
    unsigned bits = 8 * type->width - type->is_signed;

    return bits >= 31 ? INT32_MAX : ((int64_t)1 << bits) - 1;
}

/* The value behind the last row of `values`: which one is it? */
static int settle(struct cli_builder *builder, uint32_t *ret_index,
                  struct lio_error *err)
{
    struct cli_dictionary *dictionary = builder->dictionary;
    struct cli_builder *values = builder->children;
    uint32_t slot = find_slot(dictionary, values, key_at(values, values->rows));

    if (dictionary->table[slot]) {
        drop_last(values);
        *ret_index = dictionary->table[slot] - 1;
        return 0;
    }
    if (values->rows > index_max(builder->type))
        return lio_error_set(err, LIO_EINVAL,
                             "there are more different values than the %" PRId64
                             " that the dictionary's index can tell apart",
                             index_max(builder->type) + 1);
    dictionary->table[slot] = (uint32_t)values->rows + 1;
    *ret_index = (uint32_t)values->rows;
    if (cli_builder_valid(values) < 0)
        return cli_builder_no_memory(err);
    if (++dictionary->nused > dictionary->nslots / 2 &&
        grow(dictionary, values) < 0)
        return cli_builder_no_memory(err);
    return 0;
}

static int add_index(struct cli_builder *builder, struct lio_error *err)
{
    uint32_t index;
    uint64_t wide;
    int rc = settle(builder, &index, err);

    if (rc < 0)
        return rc;
    wide = index;
    if (cli_buffer_add(&builder->values, &wide, builder->type->width) < 0)
        return cli_builder_no_memory(err);
    return 0;
}

int cli_dictionary_text(struct cli_builder *builder, const char *text,
                        size_t bytes, struct lio_error *err)
{
    int rc = cli_scalar_text(builder->children, text, bytes, err);

    return rc < 0 ? rc : add_index(builder, err);
}

int cli_dictionary_number(struct cli_builder *builder, const char *text,
                          size_t bytes, struct lio_error *err)
{
    int rc = cli_scalar_number(builder->children, text, bytes, err);

    return rc < 0 ? rc : add_index(builder, err);
}
