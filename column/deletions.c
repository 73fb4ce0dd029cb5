/*
 * Deletion files.
 *
 *     table.lance/_deletions/FRAGMENT-VERSION-ID.arrow   rows, in any order
 *     table.lance/_deletions/FRAGMENT-VERSION-ID.bin     a Roaring bitmap
 *
 * They are small and needed to find any row, so they are read when the dataset
 * is opened.
 */
#include "column/deletions.h"

#include "column/arrow_file.h"
#include "column/dataset_open.h"
#include "column/roaring.h"
#include "column/table_path.h"

#include <inttypes.h>
#include <stdlib.h>

enum deletion_type { DELETION_ARROW, DELETION_BITMAP };

/* A deletion file on its way; a fragment without one has no source. */
struct deletion {
    const Lio__Pb__DeletionFile *message;
    struct lio_source *source;
    struct lio_mem *mem;
};

/* -- what a file says ---------------------------------------------------- */

static int compare_rows(const void *left, const void *right)
{
    uint32_t a, b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    return a < b ? -1 : a > b;
}

static int parse_list(struct lio_bytes in, struct lio_gaps *gaps,
                      const char **ret_why)
{
    uint32_t *rows;
    uint64_t n;
    int rc = lio_arrow_file_parse(in, &rows, &n, ret_why);

    if (rc < 0)
        return rc;
    qsort(rows, (size_t)n, sizeof(*rows), compare_rows);
    for (uint64_t i = 0; i < n && rc == 0; i++)
        rc = lio_gaps_add(gaps, rows[i], 1);
    free(rows);
    if (rc != LIO_EINVAL)
        return rc;
    *ret_why = "a row is in it twice";
    return LIO_ECORRUPT;
}

static int parse(const struct deletion *deletion, struct lio_fragment *fragment,
                 struct lio_error *err)
{
    const struct lio_bytes in = { deletion->mem->data, deletion->mem->bytes };
    const char *file = lio_source_name(deletion->source), *why = "";
    int rc = deletion->message->type == DELETION_BITMAP
                 ? lio_roaring_parse(in, &fragment->gaps, &why)
                 : parse_list(in, &fragment->gaps, &why);

    if (rc == LIO_ENOMEM)
        return lio_error_set(err, rc, "%s: no memory for the deleted rows",
                             file);
    if (rc < 0)
        return lio_error_set(err, rc, "%s: is no deletion file to read: %s",
                             file, why);
    lio_gaps_pack(&fragment->gaps);
    /* Old manifests do not tell. */
    if (deletion->message->deleted_rows == 0)
        fragment->deleted_rows = fragment->gaps.rows;
    if (fragment->gaps.rows == fragment->deleted_rows)
        return 0;
    return lio_error_set(err, LIO_ECORRUPT,
                         "%s: deletes %" PRIu64 " rows, and %" PRIu64
                         " according to the manifest",
                         file, fragment->gaps.rows, fragment->deleted_rows);
}

/* -- reading them -------------------------------------------------------- */

static int open_deletion(const struct lio_dataset *dataset,
                         const struct lio_fragment *fragment,
                         struct deletion *deletion, struct lio_error *err)
{
    const Lio__Pb__DeletionFile *message = deletion->message;
    struct lio_table_file file = { .directory = "_deletions",
                                   .has_base = message->has_base_id,
                                   .base = message->base_id };
    char *name, *path;
    int rc;

    if (message->type > DELETION_BITMAP)
        return lio_error_set(
            err, LIO_EUNSUPPORTED,
            "%s: fragment %" PRIu64
            " has a deletion file of the unknown type %" PRIu32,
            dataset->path, fragment->id, message->type);
    if (asprintf(&name, "%" PRIu64 "-%" PRIu64 "-%" PRIu64 ".%s", fragment->id,
                 message->read_version, message->id,
                 message->type == DELETION_BITMAP ? "bin" : "arrow") < 0)
        return lio_dataset_no_memory(dataset, err);
    file.name = name;
    rc = lio_table_path(dataset, &file, &path, err);
    free(name);
    if (rc < 0)
        return rc;
    rc = lio_source_open(dataset->engine, path, &deletion->source, err);
    free(path);
    if (rc < 0)
        return rc;
    deletion->mem = lio_mem_new(lio_source_size(deletion->source));
    return deletion->mem ? 0 : lio_dataset_no_memory(dataset, err);
}

static int open_all(const struct lio_dataset *dataset,
                    const Lio__Pb__Manifest *manifest,
                    struct deletion *deletions, struct lio_source_read *reads,
                    uint32_t *ret_n, struct lio_error *err)
{
    uint32_t n = 0;
    int rc = 0;

    for (uint32_t i = 0; i < dataset->nfragments && rc == 0; i++) {
        struct deletion *deletion = &deletions[i];

        deletion->message = manifest->fragments[i]->deletion_file;
        if (!deletion->message)
            continue;
        rc = open_deletion(dataset, &dataset->fragments[i], deletion, err);
        if (rc == 0)
            reads[n++] = (struct lio_source_read){
                .source = deletion->source,
                .bytes = deletion->mem->bytes,
                .into = deletion->mem->data,
            };
    }
    *ret_n = n;
    return rc;
}

static int read_all(struct lio_dataset *dataset,
                    const Lio__Pb__Manifest *manifest,
                    struct deletion *deletions, struct lio_source_read *reads,
                    struct lio_error *err)
{
    uint32_t n;
    int rc = open_all(dataset, manifest, deletions, reads, &n, err);

    if (rc == 0 && n > 0)
        rc = lio_source_read_metadata(reads, n, err);
    for (uint32_t i = 0; i < dataset->nfragments && rc == 0; i++)
        if (deletions[i].source)
            rc = parse(&deletions[i], &dataset->fragments[i], err);
    return rc;
}

int lio_deletions_read(struct lio_dataset *dataset,
                       const Lio__Pb__Manifest *manifest, struct lio_error *err)
{
    size_t room = (size_t)dataset->nfragments + 1;
    struct deletion *deletions = calloc(room, sizeof(*deletions));
    struct lio_source_read *reads = calloc(room, sizeof(*reads));
    int rc = deletions && reads
                 ? read_all(dataset, manifest, deletions, reads, err)
                 : lio_dataset_no_memory(dataset, err);

    for (uint32_t i = 0; deletions && i < dataset->nfragments; i++) {
        lio_source_close(deletions[i].source);
        lio_mem_put(deletions[i].mem);
    }
    free(reads);
    free(deletions);
    return rc;
}
