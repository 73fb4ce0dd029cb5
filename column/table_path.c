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

const char *lio_local_path(const char *url)
{
    if (strncmp(url, FILE_URL, strlen(FILE_URL)) == 0)
        url += strlen(FILE_URL);
    return url[0] == '/' ? url : NULL;
}

/* -- base paths ---------------------------------------------------------- */

int lio_bases_init(const Lio__Pb__Manifest *manifest,
                   struct lio_bases *ret_bases)
{
    struct lio_bases bases = { 0 };

    bases.all = calloc(manifest->n_base_paths + 1, sizeof(*bases.all));
    if (!bases.all)
        return LIO_ENOMEM;
    for (size_t i = 0; i < manifest->n_base_paths; i++) {
        const Lio__Pb__BasePath *from = manifest->base_paths[i];
        struct lio_base *base = &bases.all[bases.n];

        base->id = from->id;
        base->is_root = from->is_dataset_root;
        base->path = strdup(from->path ? from->path : "");
        if (!base->path) {
            lio_bases_release(&bases);
            return LIO_ENOMEM;
        }
        bases.n++;
    }
    *ret_bases = bases;
    return 0;
}

void lio_bases_release(struct lio_bases *bases)
{
    for (size_t i = 0; i < bases->n; i++)
        free(bases->all[i].path);
    free(bases->all);
    *bases = (struct lio_bases){ 0 };
}

static const struct lio_base *find_base(const struct lio_bases *bases,
                                        uint32_t id)
{
    for (size_t i = 0; i < bases->n; i++)
        if (bases->all[i].id == id)
            return &bases->all[i];
    return NULL;
}

/* -- files --------------------------------------------------------------- */

static int find_directory(const struct lio_dataset *dataset,
                          const struct lio_table_file *file,
                          const char **ret_root, const char **ret_directory,
                          struct lio_error *err)
{
    const struct lio_base *base;
    const char *path;

    *ret_root = dataset->root;
    *ret_directory = file->directory;
    if (!file->has_base)
        return 0;
    base = find_base(&dataset->bases, file->base);
    if (!base)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: '%s' is below base path %" PRIu32
                             ", which the manifest does not have",
                             dataset->path, file->name, file->base);
    path = lio_local_path(base->path);
    if (!path)
        return lio_error_set(
            err, LIO_EUNSUPPORTED,
            "%s: '%s' is below '%s', which is not a path on this "
            "machine",
            dataset->path, file->name, base->path);
    *ret_root = path;
    if (!base->is_root || file->plain)
        *ret_directory = NULL;
    return 0;
}

int lio_table_path(const struct lio_dataset *dataset,
                   const struct lio_table_file *file, char **ret_path,
                   struct lio_error *err)
{
    const char *root, *directory;
    char *path;
    int rc;

    if (!lio_path_is_safe(file->name))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: a file is said to be at '%s'", dataset->path,
                             file->name ? file->name : "");
    rc = find_directory(dataset, file, &root, &directory, err);
    if (rc < 0)
        return rc;
    if (asprintf(&path, "%s/%s%s%s", root, directory ? directory : "",
                 directory ? "/" : "", file->name) < 0)
        return lio_dataset_no_memory(dataset, err);
    *ret_path = path;
    return 0;
}
