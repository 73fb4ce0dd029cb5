/*
 * Commits.  What is on disk after each step, of a second version:
 *
 *     .lanceio-ID.BOOT.writing                    open(): the lease
 *     data/ID-0.lance ...                         path(): of no consequence yet
 *     _transactions/1-ID.txn                      finish(): for other writers
 *     _versions/.lanceio-ID.2.next                by its name no manifest
 *     _versions/18446744073709551613.manifest     the same, renamed: committed
 *
 * All is synced before the rename, and the rename never replaces: of those who
 * want the same number, one gets it.  The others look at what the new versions
 * did and, if their rows can still be added, try the next number.
 *
 * After the rename nothing is undone.  Somebody may have built on the version
 * already; to take it away would be to take away their work.
 */
#include "column/write/commit_state.h"

#include "column/write/disk.h"
#include "column/write/failed.h"
#include "column/write/match.h"
#include "column/write/sidecars.h"

#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* What new datasets are, as with current LanceDB. */
#define NEW_FORMAT LIO_FORMAT_22

/* -- to begin ------------------------------------------------------------ */

static int find_format(const char *name, enum lio_format *ret_format)
{
    for (int format = LIO_FORMAT_20; format <= LIO_FORMAT_22; format++)
        if (strcmp(name, lio_format_name((enum lio_format)format)) == 0) {
            *ret_format = (enum lio_format)format;
            return 0;
        }
    return LIO_EINVAL;
}

/* Of the dataset that is there. */
static int own_format(const struct lio_commit *commit,
                      enum lio_format *ret_format, struct lio_error *err)
{
    const Lio__Pb__DataFormat *own = commit->state.manifest->data_format;

    if (own && own->version && find_format(own->version, ret_format) == 0)
        return 0;
    return lio_error_set(err, LIO_EUNSUPPORTED,
                         "%s: file version '%s' of the dataset cannot be "
                         "written (2.0, 2.1 and 2.2 can)",
                         commit->root,
                         own && own->version ? own->version : "unknown");
}

static int choose_format(struct lio_commit *commit, const char *wanted,
                         struct lio_error *err)
{
    enum lio_format own = NEW_FORMAT;
    int rc = 0;

    if (wanted && find_format(wanted, &commit->format) < 0)
        return lio_error_set(err, LIO_EINVAL,
                             "there is no file version '%s' to write (2.0, 2.1 "
                             "and 2.2 are)",
                             wanted);
    if (commit->state.manifest &&
        (!wanted || commit->mode == LIO_COMMIT_APPEND))
        rc = own_format(commit, &own, err);
    if (rc < 0)
        return rc;
    if (!wanted)
        commit->format = own;
    if (commit->mode == LIO_COMMIT_APPEND && commit->format != own)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: its files are of version %s, and so must be "
                             "those that are appended, not of version %s",
                             commit->root, lio_format_name(own), wanted);
    return 0;
}

/* Whether a directory holds what a dataset may have, and nothing else: what
 * else there is belongs to somebody. */
static int check_strangers(const char *root, struct lio_error *err)
{
    static const char *const known[] = { ".",        "..",
                                         "data",     "_versions",
                                         "_indices", "_transactions",
                                         "_refs",    "_deletions" };
    const struct dirent *entry;
    DIR *stream = opendir(root);
    int rc = 0;

    if (!stream)
        return errno == ENOENT ? 0 : lio_write_failed(root, "open", errno, err);
    while (rc == 0 && (entry = readdir(stream))) {
        bool ours = strncmp(entry->d_name, ".lanceio-", 9) == 0;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            ours |= strcmp(entry->d_name, known[i]) == 0;
        if (!ours)
            rc = lio_error_set(err, LIO_EEXIST,
                               "%s: is there already, and is not a dataset: it "
                               "holds '%s'",
                               root, entry->d_name);
    }
    (void)closedir(stream);
    return rc;
}

static int check_mode(const struct lio_commit *commit, struct lio_error *err)
{
    bool there = commit->state.version.number > 0;

    if (commit->mode == LIO_COMMIT_CREATE && there)
        return lio_error_set(err, LIO_EEXIST,
                             "%s: there is a dataset already, of version "
                             "%" PRIu64 ": append to it, or overwrite it",
                             commit->root, commit->state.version.number);
    if (commit->mode == LIO_COMMIT_APPEND && !there)
        return lio_error_set(err, LIO_ENOTFOUND,
                             "%s: there is no dataset to append to",
                             commit->root);
    return there ? 0 : check_strangers(commit->root, err);
}

static int begin(struct lio_commit *commit, const char *format,
                 struct lio_error *err)
{
    int swept = lio_lease_sweep(commit->root);
    int rc = lio_state_read(commit->engine, commit->root, &commit->state, err);
    if (rc < 0)
        return rc;
    /* Then its directories are those of a writer that died. */
    if (swept > 0 && commit->state.version.number == 0)
        commit->made_root = commit->made_data = commit->made_transactions =
            commit->made_versions = 1;
    if (rc == 0)
        rc = check_mode(commit, err);
    if (rc == 0)
        rc = choose_format(commit, format, err);
    if (rc == 0)
        rc = lio_lease_take(commit->root, &commit->lease, &commit->made_root,
                            err);
    if (rc < 0)
        return rc;
    commit->leased = true;
    commit->read_version = commit->state.version.number;
    return 0;
}

int lio_commit_open(struct lio_engine *engine, const char *path,
                    enum lio_commit_mode mode, const char *format,
                    struct lio_commit **ret_commit, struct lio_error *err)
{
    struct lio_commit *commit = calloc(1, sizeof(*commit));
    int rc;

    if (!commit || !(commit->root = strdup(path))) {
        free(commit);
        return lio_write_no_memory(path, err);
    }
    commit->engine = engine;
    commit->owner = getpid();
    commit->mode = mode;
    rc = begin(commit, format, err);
    if (rc < 0) {
        lio_commit_close(commit);
        return rc;
    }
    *ret_commit = commit;
    return 0;
}

enum lio_format lio_commit_format(const struct lio_commit *commit)
{
    return commit->format;
}

int lio_commit_fields(struct lio_commit *commit, Lio__Pb__Field **messages,
                      struct lio_schema *schema, struct lio_error *err)
{
    int rc = 0;

    if (commit->mode == LIO_COMMIT_APPEND)
        rc = lio_fields_match(commit->root, messages, schema,
                              commit->state.manifest, err);
    if (rc < 0)
        return rc;
    free(commit->columns);
    commit->columns =
        calloc((size_t)schema->nfields + 1, sizeof(*commit->columns));
    lio_field_list_release(&commit->table_fields);
    if (!commit->columns ||
        lio_field_list_make(messages, schema->nfields, commit->format,
                            LIO_FIELDS_OF_TABLE, &commit->table_fields) < 0)
        return lio_write_no_memory(commit->root, err);
    (void)lio_schema_columns(schema, commit->format, commit->columns);
    commit->fields = messages;
    commit->schema = schema;
    return 0;
}

/* -- data files ---------------------------------------------------------- */

/* The list with room for one more pointer; NULL without memory. */
static void *grown(void *list, size_t n)
{
    /* The room is a power of two, and full when n is one. */
    if ((n & (n - 1)) != 0)
        return list;
    return realloc(list, (n > 0 ? n * 2 : 1) * sizeof(void *));
}

int lio_commit_path(struct lio_commit *commit, const char **ret_path,
                    struct lio_error *err)
{
    char **paths = grown(commit->paths, commit->npaths), *path;
    int rc;

    assert(commit->npaths == commit->nfragments);
    if (!paths)
        return lio_write_no_memory(commit->root, err);
    commit->paths = paths;
    if (asprintf(&path, "%s/data/%s-%zu.lance", commit->root, commit->lease.id,
                 commit->npaths) < 0)
        return lio_write_no_memory(commit->root, err);
    rc = lio_disk_create(path, &commit->made_data, err);
    if (rc < 0) {
        free(path);
        return rc;
    }
    commit->paths[commit->npaths++] = path;
    *ret_path = path;
    return 0;
}

static Lio__Pb__DataFile *make_file(const struct lio_commit *commit,
                                    const char *path, uint64_t bytes)
{
    const struct lio_schema *schema = commit->schema;
    Lio__Pb__DataFile *file = malloc(sizeof(*file));

    if (!file)
        return NULL;
    lio__pb__data_file__init(file);
    file->path = strdup(strrchr(path, '/') + 1);
    file->fields = calloc((size_t)schema->nfields + 1, sizeof(*file->fields));
    file->column_indices =
        calloc((size_t)schema->nfields + 1, sizeof(*file->column_indices));
    if (!file->path || !file->fields || !file->column_indices) {
        lio__pb__data_file__free_unpacked(file, NULL);
        return NULL;
    }
    for (uint32_t i = 0; i < schema->nfields; i++)
        if (commit->columns[i] != LIO_NO_COLUMN) {
            file->fields[file->n_fields++] = commit->fields[i]->id;
            file->column_indices[file->n_column_indices++] =
                (int32_t)commit->columns[i];
        }
    file->has_major = true;
    file->major = (uint32_t)commit->format / 100;
    file->has_minor = true;
    file->minor = (uint32_t)commit->format % 100;
    file->has_file_bytes = true;
    file->file_bytes = bytes;
    return file;
}

static Lio__Pb__DataFragment *make_fragment(const struct lio_commit *commit,
                                            const char *path, uint64_t rows,
                                            uint64_t bytes)
{
    Lio__Pb__DataFragment *fragment = malloc(sizeof(*fragment));

    if (!fragment)
        return NULL;
    lio__pb__data_fragment__init(fragment);
    fragment->has_physical_rows = true;
    fragment->physical_rows = rows;
    fragment->files = calloc(1, sizeof(*fragment->files));
    if (fragment->files)
        fragment->files[0] = make_file(commit, path, bytes);
    if (!fragment->files || !fragment->files[0]) {
        lio__pb__data_fragment__free_unpacked(fragment, NULL);
        return NULL;
    }
    fragment->n_files = 1;
    return fragment;
}

int lio_commit_add(struct lio_commit *commit, uint64_t rows, uint64_t bytes,
                   struct lio_error *err)
{
    Lio__Pb__DataFragment **fragments =
        grown(commit->fragments, commit->nfragments);
    Lio__Pb__DataFragment *fragment;

    assert(commit->schema && commit->npaths == commit->nfragments + 1);
    if (!fragments)
        return lio_write_no_memory(commit->root, err);
    commit->fragments = fragments;
    fragment =
        make_fragment(commit, commit->paths[commit->npaths - 1], rows, bytes);
    if (!fragment)
        return lio_write_no_memory(commit->root, err);
    commit->fragments[commit->nfragments++] = fragment;
    return 0;
}

/* -- to end -------------------------------------------------------------- */

static bool removed(const char *path)
{
    return !path || unlink(path) == 0 || errno == ENOENT;
}

static void remove_dir(const struct lio_commit *commit, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", commit->root, name) < 0)
        return;
    /* Unless somebody else has put something there. */
    (void)rmdir(path);
    free(path);
}

/* As if nothing had been. */
static void abandon(struct lio_commit *commit)
{
    bool clean = removed(commit->transaction_path);

    for (size_t i = 0; i < commit->npaths; i++) {
        clean &= removed(commit->paths[i]);
        clean &= lio_sidecars_remove(commit->paths[i]);
    }
    if (commit->made_data)
        remove_dir(commit, "data");
    if (commit->made_transactions)
        remove_dir(commit, "_transactions");
    if (commit->made_versions)
        remove_dir(commit, "_versions");
    if (commit->leased && clean)
        lio_lease_end(&commit->lease);
    else if (commit->leased)
        lio_lease_leave(&commit->lease);
    if (commit->made_root)
        (void)rmdir(commit->root);
}

static void end(struct lio_commit *commit)
{
    /* In a child of fork nothing of it is the child's. */
    if (commit->owner == getpid() && !commit->committed)
        abandon(commit);
    else if (commit->owner == getpid())
        lio_lease_end(&commit->lease);
    else if (commit->leased)
        lio_lease_leave(&commit->lease);
}

void lio_commit_close(struct lio_commit *commit)
{
    if (!commit)
        return;
    end(commit);
    for (size_t i = 0; i < commit->nfragments; i++)
        lio__pb__data_fragment__free_unpacked(commit->fragments[i], NULL);
    for (size_t i = 0; i < commit->npaths; i++)
        free(commit->paths[i]);
    free(commit->fragments);
    free(commit->paths);
    lio_field_list_release(&commit->table_fields);
    free(commit->columns);
    free(commit->transaction_path);
    lio_state_release(&commit->state);
    free(commit->root);
    free(commit);
}
