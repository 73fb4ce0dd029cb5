#include "fuzz/read_file.h"

#include "column/dataset.h"

#include "support/arrow_check.h"
#include "support/arrow_release.h"

#include <stdio.h>
#include <stdlib.h>

#define DECODED_MAX (UINT64_C(1) << 22) /* bytes of a page */
#define ROWS_MAX    5000
#define TAKEN_MAX   1200

static void read_pages(struct lio_dataset *dataset)
{
    for (uint32_t i = 0; i < dataset->npages; i++) {
        struct ArrowArray array;

        if (lio_read_page(dataset, i, &array, NULL) == 0)
            array.release(&array);
    }
}

/* What no file is to blame for: any bytes may be text, any row null. */
static void relax(struct ArrowSchema *schema)
{
    schema->flags |= ARROW_FLAG_NULLABLE;
    if (schema->format[0] == 'u')
        schema->format = "z";
    else if (schema->format[0] == 'U')
        schema->format = "Z";
    for (int64_t i = 0; i < schema->n_children; i++)
        relax(schema->children[i]);
    if (schema->dictionary)
        relax(schema->dictionary);
}

static void check(struct lio_dataset *dataset, const struct lio_scan *scan,
                  const struct ArrowArray *batch)
{
    struct ArrowSchema schema;
    char why[200];

    if (lio_scan_schema(dataset, scan, &schema, NULL) < 0)
        return;
    relax(&schema);
    if (arrow_check(&schema, batch, why, sizeof(why)) < 0) {
        (void)fprintf(stderr, "%s\n", why);
        abort();
    }
    schema.release(&schema);
}

static void release(struct ArrowArray *batch)
{
    char why[100];

    if (arrow_release_array(batch, why, sizeof(why)) < 0) {
        (void)fprintf(stderr, "%s\n", why);
        abort();
    }
}

/* Of values that are long, and few in the file: a constant may be 64 KiB. */
static uint64_t rows_of(const struct lio_type *type)
{
    uint64_t bits = lio_type_is_fixed(type) ? lio_type_bits(type) : 1;
    uint64_t rows = DECODED_MAX * 8 / (bits > 0 ? bits : 1);

    return rows < ROWS_MAX ? rows : ROWS_MAX;
}

/* Columns by themselves, so that one that is broken hides no other; with as
 * little memory as can be, so that pages are read in pieces. */
static void read_rows(struct lio_dataset *dataset, const char *column,
                      uint64_t rows)
{
    const struct lio_scan scan = { .columns = &column,
                                   .ncolumns = 1,
                                   .offset = 3,
                                   .limit = rows,
                                   .batch_rows = 1000,
                                   .memory = 1 };
    struct ArrowArrayStream stream;
    struct ArrowArray batch;

    if (lio_scan_stream(dataset, &scan, &stream, NULL) < 0)
        return;
    while (stream.get_next(&stream, &batch) == 0 && batch.release) {
        check(dataset, &scan, &batch);
        release(&batch);
    }
    stream.release(&stream);
}

/* Rows taken are read in a way of their own. */
static void take_rows(struct lio_dataset *dataset, const char *column,
                      const uint64_t *rows, uint64_t n)
{
    const struct lio_scan scan = { .columns = &column, .ncolumns = 1 };
    struct ArrowArray batch;

    if (lio_take_rows(dataset, rows, n, &scan, &batch, NULL) < 0)
        return;
    check(dataset, &scan, &batch);
    batch.release(&batch);
}

static void take_few(struct lio_dataset *dataset, const char *column)
{
    uint64_t last = dataset->rows > 0 ? dataset->rows - 1 : 0;
    const uint64_t rows[] = { last, 0, last / 2, 1, last };

    take_rows(dataset, column, rows, sizeof(rows) / sizeof(rows[0]));
}

/* From all over, and more than are read at once. */
static void take_many(struct lio_dataset *dataset, const char *column,
                      uint64_t most)
{
    uint64_t rows[TAKEN_MAX], all = dataset->rows;
    uint64_t n = most < TAKEN_MAX ? most : TAKEN_MAX;

    if (all < n)
        n = all;
    for (uint64_t i = 0; i < n; i++)
        rows[i] = all / n * i;
    take_rows(dataset, column, rows, n);
}

void read_dataset(struct lio_dataset *dataset)
{
    const struct lio_schema *schema = &dataset->schema;

    dataset->page_decoded_max = DECODED_MAX;
    read_pages(dataset);
    for (uint32_t i = 0; i < schema->nfields; i++) {
        if (schema->fields[i].parent >= 0)
            continue;
        read_rows(dataset, schema->fields[i].name,
                  rows_of(&schema->fields[i].type));
        take_few(dataset, schema->fields[i].name);
        take_many(dataset, schema->fields[i].name,
                  rows_of(&schema->fields[i].type));
    }
    read_rows(dataset, "_rowid", ROWS_MAX);
    take_few(dataset, "_rowid");
}

void read_file(const uint8_t *data, size_t size)
{
    struct lio_dataset *dataset;
    struct lio_source *source;

    if (lio_source_over("input", data, size, &source, NULL) < 0)
        return;
    if (lio_dataset_open_source(source, &dataset, NULL) < 0)
        return;
    read_dataset(dataset);
    lio_dataset_close(dataset);
}
