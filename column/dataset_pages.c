/*
 * The last step of opening: the columns of every fragment's fields are parsed,
 * their rows checked, their pages numbered.
 */
#include "column/dataset_open.h"

#include "column/pool.h"

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
    const struct lio_type *type = &field->type;
    int rc = 0;

    if (column->blob && type->kind != LIO_KIND_VARIABLE)
        rc = lio_field_refuse(field, "blobs of type '%s' are not supported",
                              field->logical_type);
    for (uint32_t i = 0; i < column->npages && rc == 0; i++) {
        const char *why = lio_page_unsupported(&column->pages[i]);

        if (why)
            rc = lio_field_refuse(field, "page %" PRIu32 " of %s: %s", i,
                                  lio_source_name(file->source), why);
    }
    return rc < 0 ? lio_dataset_no_memory(dataset, err) : 0;
}

/* -- rows ---------------------------------------------------------------- */

/* A page of what is in fixed-size lists of structs counts items: make it count
 * rows.  False if there is a part of one. */
static bool count_rows(struct lio_column *column, const struct lio_field *field)
{
    uint64_t row_items = field->row_items;

    for (uint32_t i = 0; i < column->npages && row_items > 1; i++) {
        struct lio_page *page = &column->pages[i];

        if (page->rows % row_items != 0)
            return false;
        page->first_row /= row_items;
        page->rows /= row_items;
        page->group = row_items;
        page->uneven = field->uneven;
    }
    column->rows /= row_items;
    return true;
}

/* How many rows a field's column should have: those of the fragment, or in 2.0
 * those that the column of its parent says. */
static uint64_t expected_rows(const struct lio_dataset *dataset,
                              const struct lio_fragment *fragment,
                              uint32_t field, uint64_t have)
{
    int32_t parent = dataset->schema.fields[field].parent;
    const struct lio_column *column;

    if (dataset->format != LIO_FORMAT_20 || parent < 0)
        return fragment->rows_known ? fragment->rows : have;
    /* Without its parent it cannot be reached. */
    if (fragment->places[parent].file == LIO_NO_FILE)
        return have;
    column = lio_dataset_column(dataset, &fragment->places[parent]);
    return dataset->schema.fields[parent].type.kind == LIO_KIND_LIST
               ? column->items
               : column->rows;
}

static int check_rows(const struct lio_dataset *dataset,
                      struct lio_fragment *fragment, uint32_t field,
                      struct lio_column *column, struct lio_error *err)
{
    const struct lio_field *wanted = &dataset->schema.fields[field];
    const struct lio_place *place = &fragment->places[field];
    uint64_t expected = 0;
    bool whole = dataset->format == LIO_FORMAT_20 || count_rows(column, wanted);

    if (whole)
        expected = expected_rows(dataset, fragment, field, column->rows);
    if (!fragment->rows_known &&
        (dataset->format != LIO_FORMAT_20 || !wanted->below_list)) {
        fragment->rows = column->rows;
        fragment->rows_known = true;
    }
    if (whole && column->rows == expected)
        return 0;
    return lio_error_set(
        err, LIO_ECORRUPT,
        "%s: column '%s' has %" PRIu64 " rows in its pages, and %" PRIu64
        " according to the %s",
        lio_source_name(dataset->files[place->file].source), wanted->path,
        column->rows, expected, dataset->version > 0 ? "manifest" : "file");
}

/* -- fragments ----------------------------------------------------------- */

static int parse_place(struct lio_dataset *dataset,
                       struct lio_fragment *fragment, uint32_t number,
                       struct lio_error *err)
{
    struct lio_field *field = &dataset->schema.fields[number];
    const struct lio_place *place = &fragment->places[number];
    struct lio_data_file *file = &dataset->files[place->file];
    struct lio_column *column = &file->columns[place->column];
    int rc;

    if (column->parsed)
        return lio_error_set(
            err, LIO_ECORRUPT,
            "%s: column %" PRIu32 " is said to hold more than one field, '%s' "
            "the last",
            lio_source_name(file->source), place->column, field->path);
    rc = lio_data_file_parse(file, place->column, field->path, err);
    if (rc == 0)
        rc = refuse_pages(dataset, field, file, column, err);
    if (rc == 0 && !field->unsupported)
        rc = check_rows(dataset, fragment, number, column, err);
    return rc;
}

/* Parse the columns of a fragment's fields. */
static int parse_fragment(struct lio_dataset *dataset,
                          struct lio_fragment *fragment, struct lio_error *err)
{
    int rc = 0;

    /* Old manifests do not tell. */
    fragment->rows_known = fragment->rows > 0;
    for (uint32_t i = 0; i < dataset->schema.nfields && rc == 0; i++) {
        /* What lies in the column of another has none, whatever is said. */
        if (!lio_schema_has_column(&dataset->schema, i, dataset->format))
            fragment->places[i].file = LIO_NO_FILE;
        if (fragment->places[i].file != LIO_NO_FILE)
            rc = parse_place(dataset, fragment, i, err);
    }
    for (uint32_t i = 0; i < fragment->nfiles && rc == 0; i++)
        lio_data_file_forget(&dataset->files[fragment->first_file + i]);
    return rc;
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
    struct lio_fragment *fragment = &dataset->fragments[number];

    for (uint32_t i = 0; i < dataset->schema.nfields; i++) {
        struct lio_place *place = &fragment->places[i];

        if (place->file == LIO_NO_FILE)
            continue;
        place->first_page = dataset->npages;
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

/* The rows that a field has in a fragment, as its places count them. */
static uint64_t rows_of(const struct lio_dataset *dataset,
                        const struct lio_fragment *fragment, uint32_t field)
{
    const struct lio_place *place = &fragment->places[field];

    if (dataset->format != LIO_FORMAT_20 ||
        !dataset->schema.fields[field].below_list)
        return fragment->rows;
    return place->file == LIO_NO_FILE
               ? 0
               : lio_dataset_column(dataset, place)->rows;
}

/* Number the rows of each field through all fragments. */
static int number_rows(struct lio_dataset *dataset, struct lio_error *err)
{
    for (uint32_t field = 0; field < dataset->schema.nfields; field++) {
        uint64_t next = 0;

        for (uint32_t i = 0; i < dataset->nfragments; i++) {
            struct lio_fragment *fragment = &dataset->fragments[i];
            struct lio_place *place = &fragment->places[field];

            place->first_row = next;
            place->rows = rows_of(dataset, fragment, field);
            if (place->rows > (uint64_t)INT64_MAX - next)
                return lio_error_set(
                    err, LIO_ECORRUPT, "%s: column '%s' has too many rows",
                    dataset->path, dataset->schema.fields[field].path);
            next += place->rows;
        }
    }
    return 0;
}

/* Only now: a manifest may leave it to the columns how many rows there are. */
static int check_row_ids(const struct lio_dataset *dataset,
                         const struct lio_fragment *fragment,
                         struct lio_error *err)
{
    if (!dataset->stable_row_ids || fragment->row_ids.rows == fragment->rows)
        return 0;
    return lio_error_set(
        err, LIO_ECORRUPT,
        "%s: fragment %" PRIu64 " has %" PRIu64 " rows, and ids for %" PRIu64,
        dataset->path, fragment->id, fragment->rows, fragment->row_ids.rows);
}

static int sum_up(struct lio_dataset *dataset, struct lio_error *err)
{
    for (uint32_t i = 0; i < dataset->nfragments; i++) {
        struct lio_fragment *fragment = &dataset->fragments[i];
        int rc = check_row_ids(dataset, fragment, err);

        if (rc < 0)
            return rc;
        if (fragment->gaps.end > fragment->rows ||
            fragment->rows > (uint64_t)INT64_MAX - dataset->physical_rows)
            return lio_error_set(err, LIO_ECORRUPT,
                                 "%s: fragment %" PRIu64 " has %" PRIu64
                                 " rows, and row %" PRIu64 " is deleted",
                                 dataset->path, fragment->id, fragment->rows,
                                 fragment->gaps.end - 1);
        fragment->first_row = dataset->rows;
        fragment->first_physical = dataset->physical_rows;
        dataset->physical_rows += fragment->rows;
        dataset->rows += fragment->rows - fragment->deleted_rows;
    }
    for (uint32_t i = 0; i < dataset->nfiles; i++)
        dataset->bytes += lio_source_size(dataset->files[i].source);
    return 0;
}

/* A device moves what lies in one piece of memory twice as fast. */
static void choose_memory(struct lio_dataset *dataset)
{
    for (uint32_t i = 0; i < dataset->nfiles; i++)
        if (lio_source_align(dataset->files[i].source) > 1) {
            lio_pool_want_huge(dataset->pool);
            return;
        }
}

/* The columns of all fragments, and then what follows from them. */
int lio_dataset_finish(struct lio_dataset *dataset, struct lio_error *err)
{
    uint64_t npages = 0;
    int rc = 0;

    choose_memory(dataset);
    for (uint32_t i = 0; i < dataset->nfragments && rc == 0; i++) {
        rc = parse_fragment(dataset, &dataset->fragments[i], err);
        if (rc == 0)
            npages += count_pages(dataset, &dataset->fragments[i]);
    }
    if (rc == 0)
        rc = sum_up(dataset, err);
    if (rc == 0)
        rc = number_rows(dataset, err);
    if (rc < 0)
        return rc;
    if (npages > UINT32_MAX)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: %" PRIu64 " pages are more than this version "
                             "can number",
                             dataset->path, npages);
    dataset->pages = calloc((size_t)npages + 1, sizeof(*dataset->pages));
    dataset->chunks =
        calloc(1, sizeof(*dataset->chunks) +
                      (size_t)npages * sizeof(dataset->chunks->pages[0]));
    if (!dataset->pages || !dataset->chunks)
        return lio_dataset_no_memory(dataset, err);
    for (uint32_t i = 0; i < dataset->nfragments; i++)
        number_pages(dataset, i);
    return 0;
}
