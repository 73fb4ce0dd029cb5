/*
 * Where blobs are.
 *
 *     data/FILE.lance                        inline
 *     data/FILE/10000000...0.blob            packed or dedicated, of id 1: its
 *                                            bits from the lowest on
 *     BASE/URI, or what a file: URL says     external
 *     BASE/URI                               managed
 *
 * A path below a base stays below it; that a file: URL may name any file is
 * what external blobs are for.
 */
#include "column/blob_files.h"

#include "column/table_path.h"

#include "common/checked.h"

#include <inttypes.h>
#include <stdlib.h>

enum blob_kind { INLINE, PACKED, DEDICATED, EXTERNAL, MANAGED };

#define ID_BITS 32

LIO_PRINTF(4, 5)
static int broken(const struct lio_blob_files *files, int code,
                  struct lio_error *err, const char *fmt, ...)
{
    char what[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return lio_error_set(err, code, "%s: column '%s': %s",
                         lio_source_name(files->file->source), files->column,
                         what);
}

static int no_memory(const struct lio_blob_files *files, struct lio_error *err)
{
    return broken(files, LIO_ENOMEM, err, "no memory to find its blobs");
}

/* -- opened files -------------------------------------------------------- */

/* Where a path is among the opened files, or belongs. */
static uint32_t place_of(const struct lio_blob_files *files, const char *path)
{
    uint32_t low = 0, high = files->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (strcmp(lio_source_name(files->all[middle]), path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct lio_blob_files *files)
{
    uint32_t room = files->room > 0 ? files->room * 2 : 8;
    struct lio_source **all;

    if (files->n < files->room)
        return true;
    all = realloc(files->all, room * sizeof(struct lio_source *));
    if (!all)
        return false;
    files->all = all;
    files->room = room;
    return true;
}

static int open_path(struct lio_blob_files *files, const char *path,
                     struct lio_source **ret_source, struct lio_error *err)
{
    uint32_t at = place_of(files, path);
    struct lio_source *source;
    int rc;

    if (at < files->n && strcmp(lio_source_name(files->all[at]), path) == 0) {
        *ret_source = files->all[at];
        return 0;
    }
    if (!make_room(files))
        return no_memory(files, err);
    rc = lio_source_open(files->dataset->engine, path, &source, err);
    if (rc < 0)
        return rc;
    memmove(files->all + at + 1, files->all + at,
            (files->n - at) * sizeof(struct lio_source *));
    files->all[at] = source;
    files->n++;
    *ret_source = source;
    return 0;
}

void lio_blob_files_release(struct lio_blob_files *files)
{
    for (uint32_t i = 0; i < files->n; i++)
        lio_source_close(files->all[i]);
    free(files->all);
    *files = (struct lio_blob_files){ 0 };
}

/* -- paths --------------------------------------------------------------- */

/* Beside the data file, in a directory of its name. */
static int sidecar_path(const struct lio_blob_files *files, uint32_t id,
                        char **ret_path, struct lio_error *err)
{
    const char *name = lio_source_name(files->file->source);
    const char *base = strrchr(name, '/'), *suffix;
    char bits[ID_BITS + 1];

    base = base ? base + 1 : name;
    suffix = strrchr(base, '.');
    if (!suffix || strcmp(suffix, ".lance") != 0)
        suffix = base + strlen(base);
    for (int i = 0; i < ID_BITS; i++)
        bits[i] = (char)('0' + (id >> i & 1));
    bits[ID_BITS] = '\0';
    if (asprintf(ret_path, "%.*s%.*s/%s.blob", files->file->directory_bytes,
                 name, (int)(suffix - base), base, bits) < 0)
        return no_memory(files, err);
    return 0;
}

/* What an URI says, as a string. */
static int copy_uri(const struct lio_blob_files *files, struct lio_bytes uri,
                    char **ret_uri, struct lio_error *err)
{
    if (uri.bytes == 0 || memchr(uri.data, '\0', uri.bytes))
        return broken(files, LIO_ECORRUPT, err,
                      "a blob is said to be in a file without a name");
    *ret_uri = strndup((const char *)uri.data, uri.bytes);
    return *ret_uri ? 0 : no_memory(files, err);
}

static int base_path(const struct lio_blob_files *files, uint32_t id,
                     struct lio_bytes uri, char **ret_path,
                     struct lio_error *err)
{
    struct lio_table_file file = { .has_base = true,
                                   .base = id,
                                   .plain = true };
    char *name;
    int rc = copy_uri(files, uri, &name, err);

    if (rc < 0)
        return rc;
    file.name = name;
    rc = lio_table_path(files->dataset, &file, ret_path, err);
    free(name);
    return rc;
}

static int url_path(const struct lio_blob_files *files, struct lio_bytes uri,
                    char **ret_path, struct lio_error *err)
{
    const char *path;
    char *url;
    int rc = copy_uri(files, uri, &url, err);

    if (rc < 0)
        return rc;
    path = lio_local_path(url);
    if (!path)
        rc = broken(files, LIO_EUNSUPPORTED, err,
                    "a blob is at '%s', which is not a path on this machine",
                    url);
    else if (!(*ret_path = strdup(path)))
        rc = no_memory(files, err);
    free(url);
    return rc;
}

/* -- blobs --------------------------------------------------------------- */

static int check_range(const struct lio_blob_files *files,
                       const struct lio_blob_at *at, uint64_t end,
                       struct lio_error *err)
{
    if (lio_range_fits(at->offset, at->bytes, end))
        return 0;
    return broken(files, LIO_ECORRUPT, err,
                  "a blob of %" PRIu64 " bytes at byte %" PRIu64
                  " runs past byte %" PRIu64 " of %s",
                  at->bytes, at->offset, end, lio_source_name(at->source));
}

/* A value in the data file lies before the metadata. */
static int find_inline(const struct lio_blob_files *files, uint64_t position,
                       uint64_t size, struct lio_blob_at *ret_at,
                       struct lio_error *err)
{
    *ret_at = (struct lio_blob_at){ files->file->source, position, size };
    if (size == 0)
        ret_at->offset = 0;
    return check_range(files, ret_at, files->file->footer.column_meta_at, err);
}

int lio_blob_files_find_old(const struct lio_blob_files *files,
                            uint64_t position, uint64_t size,
                            struct lio_blob_at *ret_at, struct lio_error *err)
{
    if (size == 0 && position != 0) {
        *ret_at = (struct lio_blob_at){ 0 };
        return 0;
    }
    return find_inline(files, position, size, ret_at, err);
}

static int path_of(const struct lio_blob_files *files,
                   const struct lio_blob_descriptor *what, char **ret_path,
                   struct lio_error *err)
{
    switch (what->kind) {
    case PACKED:
    case DEDICATED:
        return sidecar_path(files, what->id, ret_path, err);
    case EXTERNAL:
        return what->id > 0
                   ? base_path(files, what->id, what->uri, ret_path, err)
                   : url_path(files, what->uri, ret_path, err);
    case MANAGED:
        return base_path(files, what->id, what->uri, ret_path, err);
    default:
        return broken(files, LIO_ECORRUPT, err, "a blob of the unknown kind %u",
                      what->kind);
    }
}

int lio_blob_files_find(struct lio_blob_files *files,
                        const struct lio_blob_descriptor *what,
                        struct lio_blob_at *ret_at, struct lio_error *err)
{
    struct lio_blob_at at = { .offset = what->position, .bytes = what->size };
    char *path;
    int rc;

    if (what->kind == INLINE || (what->size == 0 && what->kind != EXTERNAL))
        return find_inline(files, what->position, what->size, ret_at, err);
    rc = path_of(files, what, &path, err);
    if (rc < 0)
        return rc;
    rc = open_path(files, path, &at.source, err);
    free(path);
    if (rc < 0)
        return rc;
    if (what->kind == DEDICATED)
        at.offset = 0;
    if (at.bytes == 0)
        at.bytes = lio_source_size(at.source);
    rc = check_range(files, &at, lio_source_size(at.source), err);
    if (rc == 0)
        *ret_at = at;
    return rc;
}
