/*
 * Paths of the files of a table.
 *
 *     table.lance/data/NAME              in the table, or the branch
 *     BASE/data/NAME                     in a table that this one was cloned
 *                                        from, as branches are
 *     BASE/NAME                          in a directory of data files
 *
 * Base paths come from the manifest: absolute, maybe as file: URLs.  A name
 * stays below where it starts, whatever the manifest says.
 */
#include "column/table_path.h"

#include "column/dataset_open.h"

#include <inttypes.h>
#include <stdlib.h>

#define FILE_URL "file://"

bool lio_path_is_safe(const char *path)
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

static const Lio__Pb__BasePath *find_base(const Lio__Pb__Manifest *manifest,
                                          uint32_t id)
{
    for (size_t i = 0; i < manifest->n_base_paths; i++)
        if (manifest->base_paths[i]->id == id)
            return manifest->base_paths[i];
    return NULL;
}

static int find_directory(const struct lio_dataset *dataset,
                          const Lio__Pb__Manifest *manifest,
                          const struct lio_table_file *file,
                          const char **ret_root, const char **ret_directory,
                          struct lio_error *err)
{
    const Lio__Pb__BasePath *base;
    const char *path;

    *ret_root = dataset->root;
    *ret_directory = file->directory;
    if (!file->has_base)
        return 0;
    base = find_base(manifest, file->base);
    if (!base || !base->path)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: '%s' is below base path %" PRIu32
                             ", which the manifest does not have",
                             dataset->path, file->name, file->base);
    path = base->path;
    if (strncmp(path, FILE_URL, strlen(FILE_URL)) == 0)
        path += strlen(FILE_URL);
    if (path[0] != '/')
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: '%s' is below '%s', which is no path of this "
                             "machine",
                             dataset->path, file->name, base->path);
    *ret_root = path;
    if (!base->is_dataset_root)
        *ret_directory = NULL;
    return 0;
}

int lio_table_path(const struct lio_dataset *dataset,
                   const Lio__Pb__Manifest *manifest,
                   const struct lio_table_file *file, char **ret_path,
                   struct lio_error *err)
{
    const char *root, *directory;
    char *path;
    int rc;

    if (!lio_path_is_safe(file->name))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the manifest names a data file '%s'",
                             dataset->path, file->name ? file->name : "");
    rc = find_directory(dataset, manifest, file, &root, &directory, err);
    if (rc < 0)
        return rc;
    if (asprintf(&path, "%s/%s%s%s", root, directory ? directory : "",
                 directory ? "/" : "", file->name) < 0)
        return lio_dataset_no_memory(dataset, err);
    *ret_path = path;
    return 0;
}
