/*
 * read_column DATASET COLUMN: count, extremes and mean of an int32 column.
 *
 * Batches come through the Arrow C stream interface, so what stands in
 * add_batch() could as well be handed to any library that speaks Arrow.
 */
#include <lanceio/column.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct figures {
    int64_t rows, nulls, sum;
    int32_t min, max;
};

/* A validity bitmap that is missing says that nothing is null. */
static bool is_null(const uint8_t *validity, int64_t i)
{
    return validity && !(validity[i / 8] >> (i % 8) & 1);
}

static void add_value(struct figures *figures, int32_t value)
{
    bool first = figures->rows == figures->nulls;

    if (first || value < figures->min)
        figures->min = value;
    if (first || value > figures->max)
        figures->max = value;
    figures->sum += value;
    figures->rows++;
}

/* A batch is a struct array with one child for each column asked for. */
static void add_batch(struct figures *figures, const struct ArrowArray *batch)
{
    const struct ArrowArray *column = batch->children[0];
    const uint8_t *validity = column->buffers[0];
    const int32_t *values = column->buffers[1];
    int64_t begin = batch->offset + column->offset;

    for (int64_t i = begin; i < begin + batch->length; i++) {
        if (is_null(validity, i)) {
            figures->rows++;
            figures->nulls++;
        } else {
            add_value(figures, values[i]);
        }
    }
}

static int check_type(struct ArrowArrayStream *stream, struct lio_error *err)
{
    struct ArrowSchema schema;
    const char *format;
    int rc = 0;

    if (stream->get_schema(stream, &schema) != 0)
        return lio_error_set(err, LIO_EIO, "%s",
                             stream->get_last_error(stream));
    format = schema.children[0]->format;
    if (strcmp(format, "i") != 0)
        rc = lio_error_set(err, LIO_EUNSUPPORTED,
                           "the column is of Arrow type '%s', not int32 ('i')",
                           format);
    schema.release(&schema);
    return rc;
}

static int add_stream(struct figures *figures, struct ArrowArrayStream *stream,
                      struct lio_error *err)
{
    struct ArrowArray batch;
    int rc = check_type(stream, err);

    while (!rc) {
        if (stream->get_next(stream, &batch) != 0)
            return lio_error_set(err, LIO_EIO, "%s",
                                 stream->get_last_error(stream));
        if (!batch.release) /* the end of the stream */
            break;
        add_batch(figures, &batch);
        batch.release(&batch);
    }
    return rc;
}

static int add_column(struct figures *figures, struct lio_engine *engine,
                      const char *path, const char *column,
                      struct lio_error *err)
{
    struct lio_scan scan = { .columns = &column, .ncolumns = 1 };
    struct lio_dataset *dataset = NULL;
    struct ArrowArrayStream stream;
    int rc = lio_dataset_open(engine, path, &dataset, err);

    if (rc < 0)
        return rc;
    rc = lio_scan_stream(dataset, &scan, &stream, err);
    if (!rc) {
        rc = add_stream(figures, &stream, err);
        stream.release(&stream);
    }
    lio_dataset_close(dataset);
    return rc;
}

int main(int argc, char **argv)
{
    struct figures figures = { 0 };
    struct lio_engine *engine = NULL;
    struct lio_error err;
    int rc;

    if (argc != 3) {
        fprintf(stderr, "usage: read_column DATASET COLUMN\n");
        return 2;
    }
    rc = lio_engine_open(NULL, &engine, &err);
    if (!rc)
        rc = add_column(&figures, engine, argv[1], argv[2], &err);
    lio_engine_close(engine);
    if (rc < 0) {
        fprintf(stderr, "read_column: %s\n", err.msg);
        return 1;
    }

    printf("%s: %" PRId64 " rows, %" PRId64 " null", argv[2], figures.rows,
           figures.nulls);
    if (figures.rows > figures.nulls)
        printf(", min %" PRId32 ", max %" PRId32 ", mean %.3f", figures.min,
               figures.max,
               (double)figures.sum / (double)(figures.rows - figures.nulls));
    putchar('\n');
    return 0;
}
