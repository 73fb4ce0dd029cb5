/*
 * Rivals.  Rows that are appended fit behind rows that others have appended,
 * deleted, updated or rearranged, and beside new indices: all these leave the
 * fields alone.  They do not fit into a table that was replaced or restored, or
 * whose fields have changed.
 *
 * Each version tells what it did in its transaction: in the file of its
 * manifest, or, by older writers, in a file of its own.  A version that is gone
 * or tells nothing may have done anything.
 *
 * Replacing a table is allowed after nothing else but what was read: what
 * others have added since would vanish with the rest, unseen by who replaces.
 */
#include "column/write/rivals.h"

#include "column/write/change.h"
#include "column/write/failed.h"
#include "column/write/match.h"

#include <inttypes.h>
#include <stdlib.h>

/* A table under several writers. */
struct table {
    struct lio_engine *engine;
    const char *root;
    struct lio_error *err;
};

int lio_rivals_conflict(const char *root, uint64_t version, const char *why,
                        struct lio_error *err)
{
    return lio_error_set(err, LIO_ECONFLICT,
                         "%s: another writer has committed version %" PRIu64
                         " meanwhile%s: nothing was changed; begin again",
                         root, version, why);
}

/* -- transactions -------------------------------------------------------- */

static int read_whole(const struct table *table, const char *path,
                      struct lio_mem **ret_mem)
{
    struct lio_source_read read = { 0 };
    struct lio_source *source;
    struct lio_mem *mem;
    int rc = lio_source_open(table->engine, path, &source, table->err);

    if (rc < 0)
        return rc;
    read.source = source;
    read.bytes = (size_t)lio_source_size(source);
    mem = lio_mem_new(read.bytes);
    read.into = mem ? mem->data : NULL;
    rc = mem ? lio_source_read(&read, 1, table->err)
             : lio_write_no_memory(table->root, table->err);
    lio_source_close(source);
    if (rc < 0)
        lio_mem_put(mem);
    else
        *ret_mem = mem;
    return rc;
}

static int read_file(const struct table *table, const char *name,
                     struct lio_mem **ret_mem)
{
    char *path;
    int rc;

    if (!name || name[0] == '\0' || strchr(name, '/'))
        return LIO_ENOTFOUND;
    if (asprintf(&path, "%s/_transactions/%s", table->root, name) < 0)
        return lio_write_no_memory(table->root, table->err);
    rc = read_whole(table, path, ret_mem);
    free(path);
    return rc;
}

static int read_transaction(const struct table *table, const char *path,
                            struct lio_mem **ret_mem)
{
    Lio__Pb__Manifest *manifest;
    struct lio_source *source;
    int rc = lio_source_open(table->engine, path, &source, table->err);

    if (rc < 0)
        return rc;
    rc = lio_manifest_read(source, &manifest, table->err);
    if (rc == 0) {
        rc = manifest->has_transaction_at
                 ? lio_manifest_section(source, manifest->transaction_at,
                                        ret_mem, table->err)
                 : read_file(table, manifest->transaction_file, ret_mem);
        lio_manifest_free(manifest);
    }
    lio_source_close(source);
    return rc;
}

/* -- verdicts ------------------------------------------------------------ */

static int judge_version(const struct table *table, uint64_t version,
                         enum lio_naming naming, enum lio_commit_mode mode)
{
    char *path = lio_version_path(table->root, version, naming);
    enum lio_verdict verdict;
    struct lio_mem *mem;
    int rc = path ? read_transaction(table, path, &mem)
                  : lio_write_no_memory(table->root, table->err);

    free(path);
    if (rc == LIO_ENOMEM || rc == LIO_EIO)
        return rc;
    if (rc < 0)
        return lio_rivals_conflict(table->root, version,
                                   ", and what it did cannot be told",
                                   table->err);
    verdict = lio_transaction_judge((struct lio_bytes){ mem->data, mem->bytes },
                                    mode);
    lio_mem_put(mem);
    return verdict == LIO_VERDICT_FINE
               ? 0
               : lio_rivals_conflict(table->root, version,
                                     mode == LIO_COMMIT_APPEND
                                         ? ", which made another table of it"
                                         : ", which would be undone",
                                     table->err);
}

static int judge_fields(const struct table *table,
                        const struct lio_state *before,
                        const struct lio_state *after)
{
    const char *changed = lio_fields_changed(before->manifest, after->manifest);
    char why[128];

    if (!changed)
        return 0;
    (void)snprintf(why, sizeof(why), ", with column '%.80s' changed", changed);
    return lio_rivals_conflict(table->root, after->version.number, why,
                               table->err);
}

int lio_rivals_judge(struct lio_engine *engine, const char *root,
                     enum lio_commit_mode mode, const struct lio_state *before,
                     const struct lio_state *after, struct lio_error *err)
{
    const struct table table = { .engine = engine, .root = root, .err = err };
    uint64_t first = before->version.number, last = after->version.number;
    int rc = 0;

    if (first == last)
        return 0;
    if (first == 0)
        return lio_error_set(err, LIO_EEXIST,
                             "%s: another writer has created it meanwhile",
                             root);
    if (last < first)
        return lio_rivals_conflict(root, last, "", err);
    for (uint64_t i = first + 1; i <= last && rc == 0; i++)
        rc = judge_version(&table, i, after->version.naming, mode);
    return rc < 0 || mode != LIO_COMMIT_APPEND
               ? rc
               : judge_fields(&table, before, after);
}
