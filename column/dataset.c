/*
 * Opening datasets.
 *
 *     directory   latest manifest ─► schema, fragments ─► files ─► pages
 *     file        its footer      ─► schema             ─►         pages
 *
 * Either way the result is the same: fields, and for each fragment the file and
 * column of each field.  A single file is a dataset of one fragment.
 */
#include "column/dataset.h"

#include "column/manifest.h"

#include "common/checked.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Fragments times fields: each product takes memory, though a fragment takes
 * but two bytes of the manifest. */
#define PLACES_MAX (UINT64_C(1) << 28)

static int no_memory(const struct lio_dataset *dataset, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it",
                         dataset->path);
}

/* -- fragments and files ------------------------------------------------- */

/* A name from the manifest stays inside the data directory. */
static bool path_is_safe(const char *path)
{
    const char *part = path;

    if (!path || path[0] == '/' || path[0] == '\0')
        return false;
    while (part) {
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
        part = strchr(part, '/');
        part = part ? part + 1 : NULL;
    }
    return true;
}

static int open_source(const struct lio_dataset *dataset,
                       const Lio__Pb__DataFile *message,
                       struct lio_source **ret_source, struct lio_error *err)
{
    char *path;
    int rc;

    if (message->has_base_id)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: data file '%s' is outside of the dataset, "
                             "which is not supported by this version",
                             dataset->path, message->path ? message->path : "");
    if (!path_is_safe(message->path))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the manifest names a data file '%s'",
                             dataset->path, message->path ? message->path : "");
    if (asprintf(&path, "%s/data/%s", dataset->path, message->path) < 0)
        return no_memory(dataset, err);
    rc = lio_source_open(dataset->engine, path, ret_source, err);
    free(path);
    return rc;
}

static int check_size(const Lio__Pb__DataFile *message,
                      const struct lio_source *source, struct lio_error *err)
{
    if (message->file_bytes == 0 ||
        message->file_bytes == lio_source_size(source))
        return 0;
    return lio_error_set(
        err, LIO_ECORRUPT,
        "%s: has %" PRIu64 " bytes, and %" PRIu64 " according to the manifest",
        lio_source_name(source), lio_source_size(source), message->file_bytes);
}

static int open_files(struct lio_dataset *dataset,
                      const Lio__Pb__Manifest *manifest, struct lio_error *err)
{
    size_t nfiles = 0;
    int rc = 0;

    for (size_t i = 0; i < manifest->n_fragments; i++)
        nfiles += manifest->fragments[i]->n_files;
    if (nfiles >= LIO_NO_FILE)
        return lio_error_set(err, LIO_ECORRUPT, "%s: has too many files",
                             dataset->path);
    dataset->files = calloc(nfiles + 1, sizeof(*dataset->files));
    if (!dataset->files)
        return no_memory(dataset, err);
    for (size_t i = 0; i < manifest->n_fragments; i++) {
        const Lio__Pb__DataFragment *fragment = manifest->fragments[i];

        for (size_t k = 0; k < fragment->n_files && rc == 0; k++) {
            struct lio_data_file *file = &dataset->files[dataset->nfiles];

            rc = open_source(dataset, fragment->files[k], &file->source, err);
            if (rc < 0)
                return rc;
            dataset->nfiles++;
            rc = check_size(fragment->files[k], file->source, err);
        }
    }
    return rc < 0 ? rc
                  : lio_data_files_read(dataset->files, dataset->nfiles, err);
}

static int add_place(struct lio_dataset *dataset, struct lio_fragment *fragment,
                     uint32_t file, int32_t id, int32_t column,
                     struct lio_error *err)
{
    const struct lio_data_file *data_file = &dataset->files[file];
    int64_t field = lio_schema_find_id(&dataset->schema, id);

    /* Negative: the column was rewritten elsewhere.  Unknown: it was dropped.
     */
    if (id < 0 || column < 0 || field < 0)
        return 0;
    if ((uint32_t)column >= data_file->footer.ncolumns)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: field '%s' is said to be in column %" PRId32
                             " of %" PRIu32,
                             lio_source_name(data_file->source),
                             dataset->schema.fields[field].path, column,
                             data_file->footer.ncolumns);
    fragment->places[field] = (struct lio_place){ file, (uint32_t)column };
    return 0;
}

static int add_file(struct lio_dataset *dataset, struct lio_fragment *fragment,
                    uint32_t file, const Lio__Pb__DataFile *message,
                    struct lio_error *err)
{
    int rc = 0;

    if (message->n_fields != message->n_column_indices)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the manifest has %zu fields in %zu columns "
                             "for it",
                             lio_source_name(dataset->files[file].source),
                             message->n_fields, message->n_column_indices);
    for (size_t i = 0; i < message->n_fields && rc == 0; i++)
        rc = add_place(dataset, fragment, file, message->fields[i],
                       message->column_indices[i], err);
    return rc;
}

static int init_fragment(struct lio_dataset *dataset,
                         struct lio_fragment *fragment, uint32_t first_file,
                         uint32_t nfiles, struct lio_error *err)
{
    fragment->first_file = first_file;
    fragment->nfiles = nfiles;
    fragment->places =
        calloc((size_t)dataset->schema.nfields + 1, sizeof(*fragment->places));
    if (!fragment->places)
        return no_memory(dataset, err);
    for (uint32_t i = 0; i < dataset->schema.nfields; i++)
        fragment->places[i].file = LIO_NO_FILE;
    return 0;
}

static int add_fragment(struct lio_dataset *dataset,
                        const Lio__Pb__DataFragment *message,
                        uint32_t first_file, struct lio_error *err)
{
    struct lio_fragment *fragment = &dataset->fragments[dataset->nfragments++];
    const Lio__Pb__DeletionFile *deletions = message->deletion_file;
    int rc = init_fragment(dataset, fragment, first_file,
                           (uint32_t)message->n_files, err);

    if (rc < 0)
        return rc;
    fragment->id = message->id;
    fragment->rows = message->physical_rows;
    fragment->has_deletions = deletions != NULL;
    fragment->deleted_rows = deletions ? deletions->deleted_rows : 0;
    if (message->n_overlays > 0)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: fragment %" PRIu64 " has overlays, which are "
                             "not supported by this version",
                             dataset->path, fragment->id);
    for (uint32_t i = 0; i < fragment->nfiles && rc == 0; i++)
        rc =
            add_file(dataset, fragment, first_file + i, message->files[i], err);
    return rc;
}

static int add_fragments(struct lio_dataset *dataset,
                         const Lio__Pb__Manifest *manifest,
                         struct lio_error *err)
{
    uint32_t first_file = 0;
    int rc = 0;

    if (manifest->n_fragments >
        PLACES_MAX / ((uint64_t)dataset->schema.nfields + 1))
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: %zu fragments of %" PRIu32
                             " fields are more than this version can hold",
                             dataset->path, manifest->n_fragments,
                             dataset->schema.nfields);
    dataset->fragments =
        calloc(manifest->n_fragments + 1, sizeof(*dataset->fragments));
    if (!dataset->fragments)
        return no_memory(dataset, err);
    for (size_t i = 0; i < manifest->n_fragments && rc == 0; i++) {
        rc = add_fragment(dataset, manifest->fragments[i], first_file, err);
        first_file += (uint32_t)manifest->fragments[i]->n_files;
    }
    return rc;
}

/* -- pages --------------------------------------------------------------- */

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
    return rc < 0 ? no_memory(dataset, err) : 0;
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

        if (fragment->deleted_rows > fragment->rows ||
            fragment->rows > (uint64_t)INT64_MAX - dataset->rows)
            return lio_error_set(err, LIO_ECORRUPT,
                                 "%s: fragment %" PRIu64 " has %" PRIu64
                                 " rows, %" PRIu64 " of them deleted",
                                 dataset->path, fragment->id, fragment->rows,
                                 fragment->deleted_rows);
        fragment->first_row = dataset->rows;
        dataset->rows += fragment->rows - fragment->deleted_rows;
    }
    for (uint32_t i = 0; i < dataset->nfiles; i++)
        dataset->bytes += lio_source_size(dataset->files[i].source);
    return 0;
}

/* The columns of all fragments, and then what follows from them. */
static int finish_open(struct lio_dataset *dataset, struct lio_error *err)
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
        return no_memory(dataset, err);
    for (uint32_t i = 0; i < dataset->nfragments; i++)
        number_pages(dataset, i);
    return 0;
}

/* -- directories --------------------------------------------------------- */

static int format_of(const struct lio_dataset *dataset,
                     const Lio__Pb__Manifest *manifest,
                     enum lio_format *ret_format, struct lio_error *err)
{
    const char *version =
        manifest->data_format ? manifest->data_format->version : NULL;

    if (!version) {
        *ret_format = dataset->nfiles > 0 ? dataset->files[0].footer.format
                                          : LIO_FORMAT_20;
        return 0;
    }
    for (int format = LIO_FORMAT_20; format <= LIO_FORMAT_22; format++)
        if (strcmp(version, lio_format_name((enum lio_format)format)) == 0) {
            *ret_format = (enum lio_format)format;
            return 0;
        }
    return lio_error_set(err, LIO_EUNSUPPORTED,
                         "%s: file version '%s' is not supported (2.0, 2.1 and "
                         "2.2 are)",
                         dataset->path, version);
}

static int check_formats(const struct lio_dataset *dataset,
                         struct lio_error *err)
{
    for (uint32_t i = 0; i < dataset->nfiles; i++) {
        const struct lio_data_file *file = &dataset->files[i];

        if (file->footer.format != dataset->format)
            return lio_error_set(err, LIO_ECORRUPT,
                                 "%s: is of file version %s in a dataset of "
                                 "version %s",
                                 lio_source_name(file->source),
                                 lio_format_name(file->footer.format),
                                 lio_format_name(dataset->format));
    }
    return 0;
}

static int read_manifest(struct lio_dataset *dataset,
                         Lio__Pb__Manifest **ret_manifest,
                         struct lio_error *err)
{
    struct lio_source *source = NULL;
    char *path = NULL;
    int rc = lio_manifest_find(dataset->path, &path, err);

    if (rc == 0)
        rc = lio_source_open(dataset->engine, path, &source, err);
    if (rc == 0)
        rc = lio_manifest_read(source, ret_manifest, err);
    lio_source_close(source);
    free(path);
    return rc;
}

static int open_directory(struct lio_dataset *dataset, struct lio_error *err)
{
    Lio__Pb__Manifest *manifest;
    int rc = read_manifest(dataset, &manifest, err);

    if (rc < 0)
        return rc;
    dataset->version = manifest->version;
    rc = lio_schema_parse(dataset->path, manifest->fields, manifest->n_fields,
                          &dataset->schema, err);
    /* Before the files are opened, whose footers may be of unknown kinds. */
    if (rc == 0)
        rc = format_of(dataset, manifest, &dataset->format, err);
    if (rc == 0)
        rc = open_files(dataset, manifest, err);
    if (rc == 0)
        rc = format_of(dataset, manifest, &dataset->format, err);
    if (rc == 0)
        rc = check_formats(dataset, err);
    if (rc == 0)
        rc = add_fragments(dataset, manifest, err);
    lio_manifest_free(manifest);
    return rc < 0 ? rc : finish_open(dataset, err);
}

/* -- single files -------------------------------------------------------- */

static int place_columns(struct lio_dataset *dataset, struct lio_error *err)
{
    const struct lio_footer *footer = &dataset->files[0].footer;
    struct lio_fragment *fragment = &dataset->fragments[0];
    uint32_t *columns =
        calloc((size_t)dataset->schema.nfields + 1, sizeof(*columns));
    uint32_t ncolumns;

    if (!columns)
        return no_memory(dataset, err);
    ncolumns = lio_schema_columns(&dataset->schema, footer->format, columns);
    for (uint32_t i = 0; i < dataset->schema.nfields; i++)
        if (columns[i] < footer->ncolumns)
            fragment->places[i] = (struct lio_place){ 0, columns[i] };
    free(columns);
    if (ncolumns != footer->ncolumns)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: its schema needs %" PRIu32
                             " columns, and it has %" PRIu32,
                             dataset->path, ncolumns, footer->ncolumns);
    return 0;
}

static int open_single(struct lio_dataset *dataset, struct lio_source *source,
                       struct lio_error *err)
{
    Lio__Pb__FileDescriptor *message;
    int rc;

    dataset->files = calloc(1, sizeof(*dataset->files));
    dataset->fragments = calloc(1, sizeof(*dataset->fragments));
    if (!dataset->files || !dataset->fragments) {
        lio_source_close(source);
        return no_memory(dataset, err);
    }
    dataset->files[0].source = source;
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
        dataset->nfragments = 1;
        rc = init_fragment(dataset, &dataset->fragments[0], 0, 1, err);
        dataset->fragments[0].rows = message->rows;
    }
    protobuf_c_message_free_unpacked(&message->base, NULL);
    if (rc == 0)
        rc = place_columns(dataset, err);
    return rc < 0 ? rc : finish_open(dataset, err);
}

/* -- entry points -------------------------------------------------------- */

static int make(const char *path, struct lio_engine *engine,
                struct lio_dataset **ret_dataset, struct lio_error *err)
{
    struct lio_dataset *dataset = calloc(1, sizeof(*dataset));

    if (!dataset || !(dataset->path = strdup(path))) {
        free(dataset);
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", path);
    }
    /* "table.lance/" is "table.lance". */
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        dataset->path[n - 1] = '\0';
    dataset->engine = engine;
    dataset->page_decoded_max = LIO_PAGE_DECODED_MAX;
    *ret_dataset = dataset;
    return 0;
}

int lio_dataset_open_source(struct lio_source *source,
                            struct lio_dataset **ret_dataset,
                            struct lio_error *err)
{
    struct lio_dataset *dataset;
    int rc = make(lio_source_name(source), NULL, &dataset, err);

    if (rc < 0) {
        lio_source_close(source);
        return rc;
    }
    rc = open_single(dataset, source, err);
    if (rc < 0) {
        lio_dataset_close(dataset);
        return rc;
    }
    *ret_dataset = dataset;
    return 0;
}

static int open_path(struct lio_dataset *dataset, struct lio_error *err)
{
    struct lio_source *source;
    struct stat st;
    int rc;

    if (stat(dataset->path, &st) < 0)
        return lio_error_set(err, lio_code_of_errno(errno),
                             "%s: cannot open: %s", dataset->path,
                             strerror(errno));
    if (S_ISDIR(st.st_mode))
        return open_directory(dataset, err);
    rc = lio_source_open(dataset->engine, dataset->path, &source, err);
    return rc < 0 ? rc : open_single(dataset, source, err);
}

int lio_dataset_open(struct lio_engine *engine, const char *path,
                     struct lio_dataset **ret_dataset, struct lio_error *err)
{
    struct lio_dataset *dataset;
    int rc = make(path, engine, &dataset, err);

    if (rc < 0)
        return rc;
    rc = open_path(dataset, err);
    if (rc < 0) {
        lio_dataset_close(dataset);
        return rc;
    }
    *ret_dataset = dataset;
    return 0;
}

void lio_dataset_close(struct lio_dataset *dataset)
{
    if (!dataset)
        return;
    for (uint32_t i = 0; i < dataset->nfiles; i++)
        lio_data_file_release(&dataset->files[i]);
    for (uint32_t i = 0; i < dataset->nfragments; i++)
        free(dataset->fragments[i].places);
    lio_schema_release(&dataset->schema);
    free(dataset->files);
    free(dataset->fragments);
    free(dataset->pages);
    free(dataset->path);
    free(dataset);
}

/* -- what it is ---------------------------------------------------------- */

int lio_dataset_check_field(const struct lio_dataset *dataset, uint32_t field,
                            struct lio_error *err)
{
    const struct lio_field *wanted = &dataset->schema.fields[field];

    if (!wanted->unsupported)
        return 0;
    return lio_error_set(err, LIO_EUNSUPPORTED, "%s: column '%s': %s",
                         dataset->path, wanted->path, wanted->unsupported);
}

int lio_dataset_check_fragment(const struct lio_dataset *dataset,
                               uint32_t fragment, struct lio_error *err)
{
    const struct lio_fragment *wanted = &dataset->fragments[fragment];

    if (!wanted->has_deletions)
        return 0;
    return lio_error_set(
        err, LIO_EUNSUPPORTED,
        "%s: fragment %" PRIu64 " has a deletion file (%" PRIu64
        " of its %" PRIu64 " rows are deleted), which is not "
        "supported by this version",
        dataset->path, wanted->id, wanted->deleted_rows, wanted->rows);
}

void lio_dataset_info(const struct lio_dataset *dataset,
                      struct lio_dataset_info *ret_info)
{
    *ret_info = (struct lio_dataset_info){
        .path = dataset->path,
        .version = dataset->version,
        .format_version = lio_format_name(dataset->format),
        .rows = dataset->rows,
        .nfragments = dataset->nfragments,
        .nfields = dataset->schema.nfields,
        .npages = dataset->npages,
        .bytes = dataset->bytes,
    };
}

int lio_dataset_field(const struct lio_dataset *dataset, uint32_t number,
                      struct lio_field_info *ret_field)
{
    const struct lio_field *field;

    if (number >= dataset->schema.nfields)
        return LIO_EINVAL;
    field = &dataset->schema.fields[number];
    *ret_field = (struct lio_field_info){
        .name = field->name,
        .logical_type = field->logical_type,
        .id = field->id,
        .parent = field->parent,
        .nullable = field->nullable,
        .unsupported = field->unsupported,
    };
    return 0;
}

int lio_dataset_fragment(const struct lio_dataset *dataset, uint32_t number,
                         struct lio_fragment_info *ret_fragment)
{
    const struct lio_fragment *fragment;

    if (number >= dataset->nfragments)
        return LIO_EINVAL;
    fragment = &dataset->fragments[number];
    *ret_fragment = (struct lio_fragment_info){
        .id = fragment->id,
        .physical_rows = fragment->rows,
        .deleted_rows = fragment->deleted_rows,
        .nfiles = fragment->nfiles,
    };
    return 0;
}

int lio_dataset_page(const struct lio_dataset *dataset, uint32_t number,
                     struct lio_page_info *ret_page)
{
    const struct lio_page_ref *ref;
    const struct lio_page *page;

    if (number >= dataset->npages)
        return LIO_EINVAL;
    ref = &dataset->pages[number];
    page = &dataset->files[ref->file].columns[ref->column].pages[ref->page];
    *ret_page = (struct lio_page_info){
        .number = number,
        .fragment = ref->fragment,
        .field = ref->field,
        .column = ref->column,
        .file = lio_source_name(dataset->files[ref->file].source),
        .first_row = page->first_row,
        .rows = page->rows,
        .encoding = page->description,
        .nbuffers = page->nbuffers,
        .buffers = page->buffers,
    };
    return 0;
}
