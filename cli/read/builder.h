/*
 * Arrow arrays from text, a value at a time.
 *
 * Builders are a tree like that of the schema (value.h).  Values are appended
 * to a builder; those of lists and structs are appended to the builders below,
 * and ended above:
 *
 *     {"at":{"x":1},"tags":["a","b"]}
 *
 *     rows    STRUCT   cli_builder_end()                 the row, last of all
 *       at    STRUCT   cli_builder_end()
 *         x   INT      cli_builder_text("1")
 *       tags  LIST     cli_builder_end()                 after its items
 *         item STRING  cli_builder_text("a"), cli_builder_text("b")
 *
 * cli_builder_finish() makes an array of all rows and starts again with none.
 *
 * Errors: a phrase in err->msg that names the value and what it should be
 * ("'abc' is not an int64"), with the code LIO_EINVAL; whoever knows the place
 * makes a sentence of it.  After an error the builder can only be closed.
 */
#ifndef LIO_CLI_READ_BUILDER_H
#define LIO_CLI_READ_BUILDER_H

#include "cli/read/buffer.h"
#include "cli/value.h"

struct cli_dictionary;

struct cli_builder {
    const struct cli_value *type;
    int64_t rows; /* appended */
    int64_t nulls;
    struct cli_buffer validity; /* bits; empty while there are no nulls */
    struct cli_buffer values;   /* numbers, bits or offsets */
    struct cli_buffer bytes;    /* of strings and binary */
    struct cli_dictionary *dictionary;
    struct cli_builder *children; /* type->nchildren of them */

    /* Of a struct: which child's key came first the last time; of its child:
     * which one's came after.  See fill.c. */
    size_t first, after;
};

/* A tree for `type`, which outlives it.  LIO_ENOMEM, or LIO_EUNSUPPORTED for a
 * dictionary of values that are not looked up here. */
LIO_MUST_CHECK int cli_builder_open(const struct cli_value *type,
                                    struct cli_builder **ret_builder,
                                    struct lio_error *err);
void cli_builder_close(struct cli_builder *builder);

/* A null, which the type must allow. */
LIO_MUST_CHECK int cli_builder_null(struct cli_builder *builder,
                                    struct lio_error *err);

/* A value of any kind that is not nested, written as in value.h's text. */
LIO_MUST_CHECK int cli_builder_text(struct cli_builder *builder,
                                    const char *text, size_t bytes,
                                    struct lio_error *err);

/* The same, of what was a number in JSON: no string, and where values count
 * units of time, that count. */
LIO_MUST_CHECK int cli_builder_number(struct cli_builder *builder,
                                      const char *text, size_t bytes,
                                      struct lio_error *err);
LIO_MUST_CHECK int cli_builder_bool(struct cli_builder *builder, bool value,
                                    struct lio_error *err);

/* End a struct, list, map or fixed-size list, whose children have their values.
 */
LIO_MUST_CHECK int cli_builder_end(struct cli_builder *builder,
                                   struct lio_error *err);

/* What it takes, for messages: "an int64". */
const char *cli_builder_wants(const struct cli_builder *builder);

/* Say that a struct has no child `name`, and which it has. */
int cli_builder_no_child(const struct cli_builder *builder, const char *name,
                         size_t bytes, struct lio_error *err);

/* The bytes of all rows so far. */
size_t cli_builder_bytes(const struct cli_builder *builder);

/* All rows as an array, which is the caller's to release.  LIO_ENOMEM. */
LIO_MUST_CHECK int cli_builder_finish(struct cli_builder *builder,
                                      struct ArrowArray *ret_array,
                                      struct lio_error *err);

/* -- among the files of the builder --------------------------------------- */

/* The row whose value has been appended is valid. */
LIO_MUST_CHECK int cli_builder_valid(struct cli_builder *builder);

/* Append a value of a kind that is not nested, without validity. */
LIO_MUST_CHECK int cli_scalar_text(struct cli_builder *builder,
                                   const char *text, size_t bytes,
                                   struct lio_error *err);
LIO_MUST_CHECK int cli_scalar_number(struct cli_builder *builder,
                                     const char *text, size_t bytes,
                                     struct lio_error *err);

/* That there is no memory for a batch. */
int cli_builder_no_memory(struct lio_error *err);

#endif
