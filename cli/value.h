/*
 * A value of an Arrow array as text.
 *
 * A schema is looked at once and becomes a tree of struct cli_value, whose
 * members say all that writing a value takes; writing then visits (value,
 * array, row) and allocates nothing:
 *
 *     "+l" list                      kind LIST, width 4
 *       "tsu:UTC" timestamp            kind TIMESTAMP, digits 6, zoned
 *
 * Two forms.  JSON: dates, times and binary are strings, so are NaN and the
 * infinities, which JSON has no numbers for; decimals are numbers with all
 * their digits.  Text, for cells of CSV and tables: strings bare, null empty,
 * nested values as JSON.
 *
 * With CLI_VALUE_RAW dates, times, durations and decimals are the integers that
 * are stored.  As that only changes the tree, there is one way to write.
 */
#ifndef LIO_CLI_VALUE_H
#define LIO_CLI_VALUE_H

#include "cli/out.h"

#include <lanceio/arrow.h>
#include <lanceio/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Schemas nest no deeper: the visitor recurses, and the stack is finite. */
#define CLI_VALUE_MAX_DEPTH 100

enum cli_value_flags { CLI_VALUE_RAW = 1u << 0 };

enum cli_kind {
    CLI_NULL,
    CLI_BOOL,
    CLI_INT,
    CLI_UINT,
    CLI_HALF,
    CLI_FLOAT,
    CLI_DOUBLE,
    CLI_STRING,
    CLI_BINARY,
    CLI_FIXED_BINARY,
    CLI_DATE,
    CLI_TIME,
    CLI_TIMESTAMP,
    CLI_DURATION,
    CLI_DECIMAL,
    CLI_LIST,
    CLI_FIXED_LIST,
    CLI_STRUCT,
    CLI_MAP,
    CLI_DICTIONARY
};

struct cli_value {
    enum cli_kind kind;
    unsigned width;  /* bytes of a stored number, offset or index */
    unsigned digits; /* of a second, see calendar.h */
    bool zoned;      /* a timestamp that is an instant: ends with Z */
    bool is_signed;  /* the index of a dictionary */
    bool nullable;   /* as the schema says; values may be null nevertheless */
    int scale;       /* of a decimal */
    unsigned precision;
    int64_t size; /* bytes or items of a fixed-size value */
    char *name;   /* of the field, never NULL */
    size_t name_bytes;
    char *key; /* the name in JSON, with its colon: "a": */
    size_t key_bytes;
    size_t nchildren; /* a dictionary has one: its values */
    struct cli_value *children;
};

/*
 * Make the tree for `schema`.  Errors: LIO_EUNSUPPORTED for a type that is not
 * known here, LIO_EINVAL for a schema that breaks the rules of Arrow,
 * LIO_ENOMEM.
 */
LIO_MUST_CHECK int cli_value_open(const struct ArrowSchema *schema,
                                  uint32_t flags, struct cli_value **ret_value,
                                  struct lio_error *err);
void cli_value_close(struct cli_value *value);

/* Do people read it from the right?  For the alignment of a column. */
bool cli_value_is_number(const struct cli_value *value);

/* Is row `row` of `array` null?  Rows count from the array's own offset. */
bool cli_value_is_null(const struct cli_value *value,
                       const struct ArrowArray *array, int64_t row);

void cli_value_json(const struct cli_value *value,
                    const struct ArrowArray *array, int64_t row,
                    struct cli_out *out);
void cli_value_text(const struct cli_value *value,
                    const struct ArrowArray *array, int64_t row,
                    struct cli_out *out);

#endif
