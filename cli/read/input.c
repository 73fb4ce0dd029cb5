/* What the formats of text share: batches, and sentences about places. */
#include "cli/read/input.h"

#include <inttypes.h>
#include <stdlib.h>

#define MEASURE_BYTES 16384 /* of text between two looks at a batch's size */

/* -- formats ------------------------------------------------------------- */

const struct cli_input_format *cli_input_find(const char *name)
{
    if (!strcmp(name, cli_input_ndjson.name))
        return &cli_input_ndjson;
    return !strcmp(name, cli_input_csv.name) ? &cli_input_csv : NULL;
}

/* -- batches ------------------------------------------------------------- */

int cli_batch_open(const struct cli_input_setup *setup, struct cli_batch *batch,
                   struct lio_error *err)
{
    int rc;

    *batch = (struct cli_batch){ .max_bytes = setup->batch_bytes,
                                 .max_rows = setup->batch_rows };
    rc = cli_value_open(setup->schema, 0, &batch->type, err);
    if (rc == 0)
        rc = cli_builder_open(batch->type, &batch->rows, err);
    if (rc < 0)
        cli_batch_close(batch);
    return rc;
}

void cli_batch_close(struct cli_batch *batch)
{
    cli_builder_close(batch->rows);
    cli_value_close(batch->type);
    *batch = (struct cli_batch){ 0 };
}

/* Measuring costs a walk over all columns, so it is not done for every row;
 * rows of many columns and little text are measured by their number. */
bool cli_batch_is_full(struct cli_batch *batch, size_t bytes)
{
    uint64_t rows = (uint64_t)batch->rows->rows;

    if (rows >= batch->max_rows)
        return true;
    batch->unchecked += bytes;
    if (batch->unchecked < MEASURE_BYTES && rows % 64 != 0)
        return false;
    batch->unchecked = 0;
    return cli_builder_bytes(batch->rows) >= batch->max_bytes;
}

int cli_batch_take(struct cli_batch *batch, struct ArrowArray *ret_batch,
                   struct lio_error *err)
{
    int rc;

    if (batch->rows->rows == 0)
        return 0;
    rc = cli_builder_finish(batch->rows, ret_batch, err);
    return rc < 0 ? rc : 1;
}

/* -- messages ------------------------------------------------------------ */

size_t cli_input_column(const char *text, size_t at)
{
    size_t column = 1;

    for (size_t i = 0; i < at; i++)
        column += ((unsigned char)text[i] & 0xc0) != 0x80;
    return column;
}

/* Names may be anything, and a terminal obeys some of it. */
static void make_harmless(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

int cli_input_fail(const struct cli_input_setup *setup, uint64_t line,
                   const char *where, struct lio_error *err)
{
    struct lio_error phrase;
    char hint[160] = "";

    if (!err)
        return LIO_EINVAL;
    phrase = *err;
    /* No memory is not the line's fault. */
    if (phrase.code != LIO_EINVAL)
        return lio_error_set(err, phrase.code, "%s: %s", setup->source->name,
                             phrase.msg);
    if (setup->inferred_line > 0 && line > setup->inferred_line)
        (void)snprintf(hint, sizeof(hint),
                       " (columns and types are from the lines up to %" PRIu64
                       ": see --infer-rows and --schema)",
                       setup->inferred_line);
    lio_error_set(err, phrase.code, "%s: line %" PRIu64 ", %s: %s%s",
                  setup->source->name, line, where, phrase.msg, hint);
    make_harmless(err->msg);
    return phrase.code;
}
