/*
 * The last step of opening: the columns of every fragment's fields are parsed,
 * their rows checked, their pages numbered.
 */
#include "column/dataset_open.h"

#include <inttypes.h>
#include <stdlib.h>

int lio_fragment_init(const struct lio_dataset *dataset,
                      struct lio_fragment *fragment, uint32_t first_file,
                      uint32_t nfiles, struct lio_error *err)
{
    fragment->first_file = first_file;
    fragment->nfiles = nfiles;
    fragment->places =
        calloc((size_t)dataset->schema.nfields + 1, sizeof(*fragment->places));
    if (!fragment->places)
        return lio_dataset_no_memory(dataset, err);
    for (uint32_t i = 0; i < dataset->schema.nfields; i++)
        fragment->places[i].file = LIO_NO_FILE;
    return 0;
}

/* What the pages say against reading a field. */
static int refuse_pages(struct lio_dataset *dataset, struct lio_field *field,
                        const struct lio_data_file *file,
                        const struct lio_column *column, struct lio_error *err)
{
    int rc = 0;

    if (column->blob)
        rc = lio_field_refuse(field, "blobs are not supported by this version");
    for (uint32_t i = 0; i < column->npages && rc == 0; i++) {
        const char *why = lio_page_unsupported(&column->pages[i]);

        if (why)
            rc = lio_field_refuse(field, "page %" PRIu32 " of %s: %s", i,
                                  lio_source_name(file->source), why);
    }
    return rc < 0 ? lio_dataset_no_memory(dataset, err) : 0;
}

static int check_rows(const struct lio_dataset *dataset,
                      struct lio_fragment *fragment, uint32_t field,
                      const struct lio_column *column, struct lio_error *err)
{
    const struct lio_place *place = &fragment->places[field];

    /* Old manifests do not tell. */
    if (fragment->rows == 0)
        fragment->rows = column->rows;
    if (column->rows == fragment->rows)
        return 0;
    return lio_error_set(
        err, LIO_ECORRUPT,
        "%s: column '%s' has %" PRIu64 " rows in its pages, and %" PRIu64
        " according to the %s",
        lio_source_name(dataset->files[place->file].source),
        dataset->schema.fields[field].path, column->rows, fragment->rows,
        dataset->version > 0 ? "manifest" : "file");
}

/* Parse the columns of a fragment's fields. */
static int parse_fragment(struct lio_dataset *dataset,
                          struct lio_fragment *fragment, struct lio_error *err)
{
    for (uint32_t i = 0; i < dataset->schema.nfields; i++) {
        struct lio_field *field = &dataset->schema.fields[i];
        const struct lio_place *place = &fragment->places[i];
        struct lio_data_file *file;
        struct lio_column *column;
        int rc;

        if (place->file == LIO_NO_FILE)
            continue;
        file = &dataset->files[place->file];
        column = &file->columns[place->column];
        if (column->parsed)
            return lio_error_set(err, LIO_ECORRUPT,
                                 "%s: column %" PRIu32
                                 " is said to hold more than one field, '%s' "
                                 "the last",
                                 lio_source_name(file->source), place->column,
                                 field->path);
        rc = lio_data_file_parse(file, place->column, field->path, err);
        if (rc == 0)
            rc = refuse_pages(dataset, field, file, column, err);
        /* Pages of nested columns may count items instead of rows. */
        if (rc == 0 && !field->unsupported)
            rc = check_rows(dataset, fragment, i, column, err);
        if (rc < 0)
            return rc;
    }
    for (uint32_t i = 0; i < fragment->nfiles; i++)
        lio_data_file_forget(&dataset->files[fragment->first_file + i]);
    return 0;
}

static uint64_t count_pages(const struct lio_dataset *dataset,
                            const struct lio_fragment *fragment)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < dataset->schema.nfields; i++)
        if (fragment->places[i].file != LIO_NO_FILE)
            n += lio_dataset_column(dataset, &fragment->places[i])->npages;
    return n;
}

static void number_pages(struct lio_dataset *dataset, uint32_t number)
{
    const struct lio_fragment *fragment = &dataset->fragments[number];

    for (uint32_t i = 0; i < dataset->schema.nfields; i++) {
        const struct lio_place *place = &fragment->places[i];

        if (place->file == LIO_NO_FILE)
            continue;
        for (uint32_t k = 0; k < lio_dataset_column(dataset, place)->npages;
             k++)
            dataset->pages[dataset->npages++] = (struct lio_page_ref){
                .fragment = number,
                .field = i,
                .file = place->file,
                .column = place->column,
                .page = k,
            };
    }
}

static int sum_up(struct lio_dataset *dataset, struct lio_error *err)
{
    for (uint32_t i = 0; i < dataset->nfragments; i++) {
        struct lio_fragment *fragment = &dataset->fragments[i];

        if (lio_gaps_end(&fragment->gaps) > fragment->rows ||
            fragment->rows > (uint64_t)INT64_MAX - dataset->physical_rows)
            return lio_error_set(err, LIO_ECORRUPT,
                                 "%s: fragment %" PRIu64 " has %" PRIu64
                                 " rows, and row %" PRIu64 " is deleted",
                                 dataset->path, fragment->id, fragment->rows,
                                 lio_gaps_end(&fragment->gaps) - 1);
        fragment->first_row = dataset->rows;
        fragment->first_physical = dataset->physical_rows;
        dataset->physical_rows += fragment->rows;
        dataset->rows += fragment->rows - fragment->deleted_rows;
    }
    for (uint32_t i = 0; i < dataset->nfiles; i++)
        dataset->bytes += lio_source_size(dataset->files[i].source);
    return 0;
}

/* The columns of all fragments, and then what follows from them. */
int lio_dataset_finish(struct lio_dataset *dataset, struct lio_error *err)
{
    uint64_t npages = 0;
    int rc = 0;

    for (uint32_t i = 0; i < dataset->nfragments && rc == 0; i++) {
        rc = parse_fragment(dataset, &dataset->fragments[i], err);
        if (rc == 0)
            npages += count_pages(dataset, &dataset->fragments[i]);
    }
    if (rc == 0)
        rc = sum_up(dataset, err);
    if (rc < 0)
        return rc;
    if (npages > UINT32_MAX)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: %" PRIu64 " pages are more than this version "
                             "can number",
                             dataset->path, npages);
    dataset->pages = calloc((size_t)npages + 1, sizeof(*dataset->pages));
    if (!dataset->pages)
        return lio_dataset_no_memory(dataset, err);
    for (uint32_t i = 0; i < dataset->nfragments; i++)
        number_pages(dataset, i);
    return 0;
}
