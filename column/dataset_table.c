/*
 * Opening a dataset directory:
 *
 *     manifest ─► schema, files ─► fragments ─► deletions ─► pages
 *
 * The manifest says for each data file which fields are in which columns.
 */
#include "column/dataset_open.h"

#include "column/deletions.h"
#include "column/manifest.h"
#include "column/table_path.h"
#include "column/versions.h"

#include <inttypes.h>
#include <stdlib.h>

/* Fragments times fields: each product takes memory, though a fragment takes
 * but two bytes of the manifest. */
#define PLACES_MAX (UINT64_C(1) << 28)

/* -- fragments and files ------------------------------------------------- */

static int open_file(const struct lio_dataset *dataset,
                     const Lio__Pb__DataFile *message,
                     struct lio_data_file *data_file, struct lio_error *err)
{
    const struct lio_table_file file = { .directory = "data",
                                         .name = message->path,
                                         .has_base = message->has_base_id,
                                         .base = message->base_id };
    char *path;
    int rc = lio_table_path(dataset, &file, &path, err);

    if (rc < 0)
        return rc;
    data_file->directory_bytes = (int)(strlen(path) - strlen(message->path));
    rc = lio_source_open(dataset->engine, path, &data_file->source, err);
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
        return lio_dataset_no_memory(dataset, err);
    for (size_t i = 0; i < manifest->n_fragments; i++) {
        const Lio__Pb__DataFragment *fragment = manifest->fragments[i];

        for (size_t k = 0; k < fragment->n_files && rc == 0; k++) {
            struct lio_data_file *file = &dataset->files[dataset->nfiles];

            rc = open_file(dataset, fragment->files[k], file, err);
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
    fragment->places[field] =
        (struct lio_place){ .file = file, .column = (uint32_t)column };
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

static int parse_row_ids(const struct lio_dataset *dataset,
                         struct lio_fragment *fragment,
                         const Lio__Pb__DataFragment *message,
                         struct lio_error *err)
{
    const struct lio_bytes in = { message->row_ids.data, message->row_ids.len };
    const char *why = "they are missing";
    int rc = LIO_ECORRUPT;

    if (message->has_row_ids)
        rc = lio_row_ids_parse(in, &fragment->row_ids, &why);
    if (rc == LIO_ENOMEM)
        return lio_dataset_no_memory(dataset, err);
    if (rc < 0)
        return lio_error_set(err, rc,
                             "%s: the row ids of fragment %" PRIu64 ": %s",
                             dataset->path, fragment->id, why);
    return 0;
}

static int add_fragment(struct lio_dataset *dataset,
                        const Lio__Pb__DataFragment *message,
                        uint32_t first_file, struct lio_error *err)
{
    struct lio_fragment *fragment = &dataset->fragments[dataset->nfragments++];
    int rc = lio_fragment_init(dataset, fragment, first_file,
                               (uint32_t)message->n_files, err);

    if (rc < 0)
        return rc;
    fragment->id = message->id;
    fragment->rows = message->physical_rows;
    if (message->deletion_file)
        fragment->deleted_rows = message->deletion_file->deleted_rows;
    if (message->n_overlays > 0)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: fragment %" PRIu64 " has overlays, which are "
                             "not supported by this version",
                             dataset->path, fragment->id);
    if (dataset->stable_row_ids)
        rc = parse_row_ids(dataset, fragment, message, err);
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
        return lio_dataset_no_memory(dataset, err);
    for (size_t i = 0; i < manifest->n_fragments && rc == 0; i++) {
        rc = add_fragment(dataset, manifest->fragments[i], first_file, err);
        first_file += (uint32_t)manifest->fragments[i]->n_files;
    }
    return rc;
}

/* -- the table ----------------------------------------------------------- */

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
                         "2.2 are): %s",
                         dataset->path, version, lio_format_refusal(version));
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

static int read_manifest(struct lio_dataset *dataset, uint64_t version,
                         Lio__Pb__Manifest **ret_manifest,
                         struct lio_error *err)
{
    struct lio_source *source = NULL;
    char *path = NULL;
    int rc = lio_version_find(dataset->root, version, &path, err);

    if (rc == 0)
        rc = lio_source_open(dataset->engine, path, &source, err);
    if (rc == 0)
        rc = lio_manifest_read(source, ret_manifest, err);
    lio_source_close(source);
    free(path);
    return rc;
}

int lio_dataset_open_table(struct lio_dataset *dataset, uint64_t version,
                           struct lio_error *err)
{
    Lio__Pb__Manifest *manifest;
    int rc = read_manifest(dataset, version, &manifest, err);

    if (rc < 0)
        return rc;
    dataset->version = manifest->version;
    dataset->stable_row_ids =
        (manifest->reader_flags & LIO_FEATURE_STABLE_ROW_IDS) != 0;
    rc = lio_schema_parse(dataset->path, manifest->fields, manifest->n_fields,
                          &dataset->schema, err);
    if (rc == 0 && lio_bases_init(manifest, &dataset->bases) < 0)
        rc = lio_dataset_no_memory(dataset, err);
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
        lio_schema_settle(&dataset->schema, dataset->format);
    if (rc == 0)
        rc = add_fragments(dataset, manifest, err);
    if (rc == 0)
        rc = lio_deletions_read(dataset, manifest, err);
    lio_manifest_free(manifest);
    return rc < 0 ? rc : lio_dataset_finish(dataset, err);
}
