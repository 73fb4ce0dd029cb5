/*
 * Rows from text: ndjson or csv.
 *
 *     infer(setup, fields)   look at the first rows, and go back
 *     open(setup, schema) -> read(batch), read(batch), ... -> close()
 *
 * A batch is a struct array whose children are the columns of the schema.
 * Errors are sentences that name the input, the line, and where in it.
 */
#ifndef LIO_CLI_READ_INPUT_H
#define LIO_CLI_READ_INPUT_H

#include "cli/read/builder.h"
#include "cli/read/fields.h"
#include "cli/read/source.h"

/* Types are inferred from so many rows, unless told otherwise, ... */
#define CLI_INFER_ROWS 10000
/* ... and from so many bytes at the most: they are kept in memory. */
#define CLI_INFER_BYTES ((uint64_t)64 << 20)

struct cli_input_setup {
    struct cli_source *source; /* at its first line */
    const struct ArrowSchema *schema;
    char delimiter;         /* of csv */
    uint64_t infer_rows;    /* to look at */
    uint64_t batch_bytes;   /* a batch is complete when it has as many, */
    uint64_t batch_rows;    /* or as many rows */
    uint64_t inferred_line; /* the last that the types are from; 0: they were
                               given */
};

struct cli_input_format {
    const char *name;

    /* The fields that fit; sets setup->inferred_line. */
    int (*infer)(struct cli_input_setup *setup, struct cli_fields *fields,
                 struct lio_error *err);

    /* `setup` and what it points at outlive the input. */
    int (*open)(const struct cli_input_setup *setup, void **ret_input,
                struct lio_error *err);

    /* Returns 1 and a batch, 0 after the last, or a negative code. */
    int (*read)(void *input, struct ArrowArray *ret_batch,
                struct lio_error *err);
    void (*close)(void *input);
};

extern const struct cli_input_format cli_input_ndjson;
extern const struct cli_input_format cli_input_csv;

/* The format called `name`, or NULL. */
const struct cli_input_format *cli_input_find(const char *name);

/* -- what formats share --------------------------------------------------- */

/* Rows being built. */
struct cli_batch {
    struct cli_value *type;
    struct cli_builder *rows;
    uint64_t max_bytes, max_rows;
    uint64_t unchecked; /* bytes of text since it was last measured */
};

LIO_MUST_CHECK int cli_batch_open(const struct cli_input_setup *setup,
                                  struct cli_batch *batch,
                                  struct lio_error *err);
void cli_batch_close(struct cli_batch *batch);

/* `bytes` of text have come: is the batch complete? */
bool cli_batch_is_full(struct cli_batch *batch, size_t bytes);

/* As `read` above, given what reading the last line returned: 0 at the end. */
LIO_MUST_CHECK int cli_batch_take(struct cli_batch *batch,
                                  struct ArrowArray *ret_batch,
                                  struct lio_error *err);

/* How many characters of `text` come before byte `at`, plus one. */
size_t cli_input_column(const char *text, size_t at);

/* Make a sentence of the phrase in `err`: it is about line `line`, and
 * `where` in it ("column 7", "field 'age'").  Returns its code. */
int cli_input_fail(const struct cli_input_setup *setup, uint64_t line,
                   const char *where, struct lio_error *err);

#endif
