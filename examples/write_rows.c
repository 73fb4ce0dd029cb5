/*
 * write_rows DATASET ROWS: make a dataset of numbers and their square roots.
 *
 *     batch    a struct array, without buffers of its own
 *       number   int32    buffers: validity (none: no nulls), values
 *       root     double   buffers: validity (none: no nulls), values
 *
 * The arrays are made by hand, as the Arrow C data interface describes them.
 * The writer takes a batch over and releases it, so a producer such as another
 * library's ArrowArrayStream can be written without a copy.
 */
#include <lanceio/column.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_ROWS 8192

enum { NUMBER, ROOT, NCOLUMNS };

/* -- batches ------------------------------------------------------------- */

/* Behind a column's array: private_data. */
struct column {
    const void *buffers[2];
    union {
        int32_t numbers[BATCH_ROWS];
        double roots[BATCH_ROWS];
    } values;
};

/* Behind a batch's array: private_data. */
struct batch {
    struct ArrowArray columns[NCOLUMNS];
    struct ArrowArray *children[NCOLUMNS];
    const void *buffers[1];
};

static void release_column(struct ArrowArray *array)
{
    free(array->private_data);
    array->release = NULL;
}

/* A consumer may have moved children out: these have no release any more. */
static void release_batch(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    free(array->private_data);
    array->release = NULL;
}

/* The column is uninitialised, for the caller to fill in; NULL: no memory. */
static struct column *make_column(struct ArrowArray *array, int64_t rows)
{
    struct column *column = malloc(sizeof(*column));

    if (!column)
        return NULL;
    column->buffers[0] = NULL;
    column->buffers[1] = &column->values;
    *array = (struct ArrowArray){ .length = rows,
                                  .n_buffers = 2,
                                  .buffers = column->buffers,
                                  .release = release_column,
                                  .private_data = column };
    return column;
}

static int fill_batch(struct batch *batch, int32_t first, int64_t rows)
{
    struct column *numbers = make_column(&batch->columns[NUMBER], rows);
    struct column *roots = make_column(&batch->columns[ROOT], rows);

    if (!numbers || !roots)
        return LIO_ENOMEM;
    for (int32_t i = 0; i < rows; i++) {
        numbers->values.numbers[i] = first + i;
        roots->values.roots[i] = sqrt(first + i);
    }
    return 0;
}

/* Rows `first` .. `first` + `rows` - 1; rows is at most BATCH_ROWS. */
static int make_batch(int32_t first, int64_t rows, struct ArrowArray *ret_array,
                      struct lio_error *err)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    struct ArrowArray array;

    if (!batch)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a batch");
    for (int i = 0; i < NCOLUMNS; i++)
        batch->children[i] = &batch->columns[i];
    array = (struct ArrowArray){ .length = rows,
                                 .n_buffers = 1,
                                 .n_children = NCOLUMNS,
                                 .buffers = batch->buffers,
                                 .children = batch->children,
                                 .release = release_batch,
                                 .private_data = batch };
    if (fill_batch(batch, first, rows) < 0) {
        release_batch(&array);
        return lio_error_set(err, LIO_ENOMEM, "no memory for a batch");
    }
    *ret_array = array;
    return 0;
}

/* -- writing ------------------------------------------------------------- */

static int append_rows(struct lio_writer *writer, int32_t rows,
                       struct lio_error *err)
{
    struct ArrowArray batch;
    int rc = 0;

    for (int32_t row = 0; row < rows && rc == 0; row += BATCH_ROWS) {
        int32_t left = rows - row;

        rc =
            make_batch(row, left < BATCH_ROWS ? left : BATCH_ROWS, &batch, err);
        if (rc == 0)
            rc = lio_writer_append(writer, &batch, err);
    }
    return rc;
}

/* Closing the writer without a finish leaves nothing behind. */
static int write_dataset(struct lio_engine *engine, const char *path,
                         int32_t rows, struct lio_write_summary *ret_summary,
                         struct lio_error *err)
{
    static const struct lio_field_info fields[NCOLUMNS] = {
        [NUMBER] = { .name = "number", .logical_type = "int32", .parent = -1 },
        [ROOT] = { .name = "root", .logical_type = "double", .parent = -1 },
    };
    struct ArrowSchema schema;
    struct lio_writer *writer;
    int rc = lio_schema_make(fields, NCOLUMNS, &schema, err);

    if (rc < 0)
        return rc;
    rc = lio_writer_open(engine, path, &schema, NULL, &writer, err);
    schema.release(&schema); /* the writer has copied it */
    if (rc < 0)
        return rc;
    rc = append_rows(writer, rows, err);
    if (rc == 0)
        rc = lio_writer_finish(writer, ret_summary, err);
    lio_writer_close(writer);
    return rc;
}

static int parse_rows(const char *text, int32_t *ret_rows)
{
    char *end;
    long rows = strtol(text, &end, 10);

    if (end == text || *end != '\0' || rows < 0 ||
        rows > INT32_MAX - BATCH_ROWS)
        return LIO_EINVAL;
    *ret_rows = (int32_t)rows;
    return 0;
}

int main(int argc, char **argv)
{
    struct lio_engine *engine = NULL;
    struct lio_write_summary summary;
    struct lio_error err;
    int32_t rows;
    int rc;

    if (argc != 3 || parse_rows(argv[2], &rows) < 0) {
        fprintf(stderr, "usage: write_rows DATASET ROWS\n");
        return 2;
    }
    rc = lio_engine_open(NULL, &engine, &err);
    if (rc == 0)
        rc = write_dataset(engine, argv[1], rows, &summary, &err);
    lio_engine_close(engine);
    if (rc < 0) {
        fprintf(stderr, "write_rows: %s\n", err.msg);
        return 1;
    }
    printf("%s: version %" PRIu64 ", %" PRIu64 " rows, %" PRIu64 " bytes\n",
           argv[1], summary.version, summary.rows, summary.bytes);
    return 0;
}
