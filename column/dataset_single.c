/*
 * Opening a single data file, as a dataset of one fragment: its own schema says
 * what its columns are, by their order.
 */
#include "column/dataset_open.h"

#include <inttypes.h>
#include <stdlib.h>

static int place_columns(struct lio_dataset *dataset, struct lio_error *err)
{
    const struct lio_footer *footer = &dataset->files[0].footer;
    struct lio_fragment *fragment = &dataset->fragments[0];
    uint32_t *columns =
        calloc((size_t)dataset->schema.nfields + 1, sizeof(*columns));
    uint32_t ncolumns;

    if (!columns)
        return lio_dataset_no_memory(dataset, err);
    ncolumns = lio_schema_columns(&dataset->schema, footer->format, columns);
    for (uint32_t i = 0; i < dataset->schema.nfields; i++)
        if (columns[i] < footer->ncolumns)
            fragment->places[i] = (struct lio_place){ .column = columns[i] };
    free(columns);
    if (ncolumns != footer->ncolumns)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: its schema needs %" PRIu32
                             " columns, and it has %" PRIu32,
                             dataset->path, ncolumns, footer->ncolumns);
    return 0;
}

/* How much of a path is its directory, with the slash. */
static int directory_bytes(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (int)(slash + 1 - path) : 0;
}

int lio_dataset_open_single(struct lio_dataset *dataset,
                            struct lio_source *source, struct lio_error *err)
{
    Lio__Pb__FileDescriptor *message;
    int rc;

    dataset->files = calloc(1, sizeof(*dataset->files));
    dataset->fragments = calloc(1, sizeof(*dataset->fragments));
    if (!dataset->files || !dataset->fragments) {
        lio_source_close(source);
        return lio_dataset_no_memory(dataset, err);
    }
    dataset->files[0].source = source;
    dataset->files[0].directory_bytes = directory_bytes(dataset->path);
    dataset->nfiles = 1;
    rc = lio_data_files_read(dataset->files, 1, err);
    if (rc == 0)
        rc = lio_data_file_schema(&dataset->files[0], &message, err);
    if (rc < 0)
        return rc;
    dataset->format = dataset->files[0].footer.format;
    if (message->schema)
        rc = lio_schema_parse(dataset->path, message->schema->fields,
                              message->schema->n_fields, &dataset->schema, err);
    if (rc == 0) {
        lio_schema_settle(&dataset->schema, dataset->format);
        dataset->nfragments = 1;
        rc = lio_fragment_init(dataset, &dataset->fragments[0], 0, 1, err);
        dataset->fragments[0].rows = message->rows;
    }
    protobuf_c_message_free_unpacked(&message->base, NULL);
    if (rc == 0)
        rc = place_columns(dataset, err);
    return rc < 0 ? rc : lio_dataset_finish(dataset, err);
}
