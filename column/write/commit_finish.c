/*
 * The commit itself: the last steps, and what to do if somebody else has taken
 * the number.
 */
#include "column/write/commit_state.h"

#include "column/write/change.h"
#include "column/write/disk.h"
#include "column/write/failed.h"
#include "column/write/rivals.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* What new datasets have, as with current LanceDB. */
#define NEW_NAMING LIO_NAMING_V2

/* Each try fails because somebody else has succeeded. */
#define COMMIT_TRIES 1000

static int sync_below(const struct lio_commit *commit, const char *name,
                      struct lio_error *err)
{
    char *path;
    int rc;

    if (asprintf(&path, "%s/%s", commit->root, name) < 0)
        return lio_write_no_memory(commit->root, err);
    rc = lio_disk_sync_dir(path, err);
    free(path);
    return rc;
}

static struct lio_change change_of(const struct lio_commit *commit)
{
    return (struct lio_change){
        .mode = commit->mode,
        .id = commit->lease.id,
        .read_version = commit->read_version,
        .format = lio_format_name(commit->format),
        .fields = commit->table_fields.all,
        .nfields = commit->table_fields.n,
        .fragments = commit->fragments,
        .nfragments = commit->nfragments,
    };
}

static bool wants_transaction_file(const struct lio_commit *commit)
{
    const Lio__Pb__Manifest *manifest = commit->state.manifest;

    return !manifest ||
           !(manifest->writer_flags & LIO_FEATURE_NO_TRANSACTION_FILES);
}

/* For other writers that look for it there. */
static int write_transaction(struct lio_commit *commit,
                             struct lio_packed transaction,
                             struct lio_error *err)
{
    int rc;

    if (!wants_transaction_file(commit))
        return 0;
    if (asprintf(&commit->transaction_path,
                 "%s/_transactions/%" PRIu64 "-%s.txn", commit->root,
                 commit->read_version, commit->lease.id) < 0) {
        commit->transaction_path = NULL;
        return lio_write_no_memory(commit->root, err);
    }
    rc = lio_disk_create(commit->transaction_path, &commit->made_transactions,
                         err);
    if (rc == 0)
        rc = lio_disk_write(
            commit->engine, commit->transaction_path,
            (struct lio_bytes){ transaction.data, transaction.bytes }, err);
    return rc < 0 ? rc : sync_below(commit, "_transactions", err);
}

/* The names of all that the manifest names, and of directories that are new. */
static int sync_names(const struct lio_commit *commit, struct lio_error *err)
{
    bool made =
        commit->made_data || commit->made_transactions || commit->made_versions;
    int rc = commit->npaths > 0 ? sync_below(commit, "data", err) : 0;

    if (rc == 0 && made)
        rc = lio_disk_sync_dir(commit->root, err);
    if (rc == 0 && commit->made_root)
        rc = sync_below(commit, "..", err);
    return rc;
}

static int write_manifest(const char *path, struct lio_commit *commit,
                          struct lio_packed transaction, struct lio_error *err)
{
    const struct lio_change change = change_of(commit);
    const struct lio_mem *indices = commit->state.indices;
    struct lio_base base = { .manifest = commit->state.manifest };
    struct lio_packed file;
    int rc;

    if (indices)
        base.indices = (struct lio_bytes){ indices->data, indices->bytes };
    rc = lio_next_manifest(commit->root, &base, &change, transaction, &file,
                           err);
    if (rc < 0)
        return rc;
    rc = lio_disk_create(path, &commit->made_versions, err);
    if (rc == 0)
        rc = lio_disk_write(commit->engine, path,
                            (struct lio_bytes){ file.data, file.bytes }, err);
    free(file.data);
    return rc;
}

/* One try.  `*ret_taken`: somebody else was faster. */
static int try_commit(struct lio_commit *commit, struct lio_packed transaction,
                      bool *ret_taken, struct lio_error *err)
{
    const struct lio_version *base = &commit->state.version;
    uint64_t version = base->number + 1;
    char *name = lio_version_path(commit->root, version,
                                  base->number > 0 ? base->naming : NEW_NAMING);
    char *path = NULL;
    int rc;

    *ret_taken = false;
    /* By the version, so that no name is used twice: open files of an engine
     * are shared by their names. */
    if (!name || asprintf(&path, "%s/_versions/.lanceio-%s.%" PRIu64 ".next",
                          commit->root, commit->lease.id, version) < 0) {
        free(name);
        return lio_write_no_memory(commit->root, err);
    }
    rc = write_manifest(path, commit, transaction, err);
    if (rc == 0)
        rc = sync_names(commit, err);
    if (rc == 0) {
        rc = lio_disk_publish(path, name, err);
        *ret_taken = rc == LIO_EEXIST;
    }
    commit->committed = rc == 0;
    if (rc < 0)
        (void)unlink(path);
    free(path);
    free(name);
    return rc;
}

/* Build on the latest version, if that is allowed. */
static int move_on(struct lio_commit *commit, struct lio_error *err)
{
    struct lio_state latest;
    int rc = lio_state_read(commit->engine, commit->root, &latest, err);

    if (rc < 0)
        return rc;
    rc = lio_rivals_judge(commit->engine, commit->root, commit->mode,
                          &commit->state, &latest, err);
    if (rc < 0) {
        lio_state_release(&latest);
        return rc;
    }
    lio_state_release(&commit->state);
    commit->state = latest;
    return 0;
}

static int commit_somewhere(struct lio_commit *commit,
                            struct lio_packed transaction,
                            struct lio_error *err)
{
    bool taken = true;
    int rc = 0;

    for (int tries = 0; tries < COMMIT_TRIES && taken; tries++) {
        rc = move_on(commit, err);
        if (rc < 0)
            return rc;
        rc = try_commit(commit, transaction, &taken, err);
    }
    return taken ? lio_rivals_conflict(commit->root,
                                       commit->state.version.number + 1,
                                       ", as many others have done before", err)
                 : rc;
}

/* Who looks for the latest version may begin here; it is a hint, and nothing
 * depends on it. */
static void write_hint(const struct lio_commit *commit, uint64_t version)
{
    char *hint = NULL, *path = NULL, *name = NULL;
    int made;

    if (asprintf(&hint, "{\"version\":%" PRIu64 "}", version) < 0)
        hint = NULL;
    if (asprintf(&path, "%s/_versions/.lanceio-%s.hint", commit->root,
                 commit->lease.id) < 0)
        path = NULL;
    if (asprintf(&name, "%s/_versions/latest_version_hint.json", commit->root) <
        0)
        name = NULL;
    if (hint && path && name && lio_disk_create(path, &made, NULL) == 0) {
        struct lio_bytes bytes = { (const uint8_t *)hint, strlen(hint) };

        if (lio_disk_write(commit->engine, path, bytes, NULL) < 0 ||
            rename(path, name) < 0)
            (void)unlink(path);
    }
    free(hint);
    free(path);
    free(name);
}

/* The version is there; what can still fail is to make sure of it. */
static int make_durable(const struct lio_commit *commit, uint64_t version,
                        struct lio_error *err)
{
    struct lio_error cause;
    int code = sync_below(commit, "_versions", &cause);

    if (code == 0 || !err)
        return code;
    *err = cause;
    (void)snprintf(err->op, sizeof(err->op), "committed");
    (void)snprintf(err->msg, sizeof(err->msg),
                   "%s: version %" PRIu64
                   " is committed, but may not survive a "
                   "power failure: cannot sync its directory: %s",
                   commit->root, version, strerror(cause.os_errno));
    return code;
}

int lio_commit_finish(struct lio_commit *commit, uint64_t *ret_version,
                      struct lio_error *err)
{
    const struct lio_change change = change_of(commit);
    struct lio_packed transaction;
    uint64_t version;
    int rc;

    assert(!commit->committed && !commit->transaction_path &&
           commit->npaths == commit->nfragments);
    if (lio_transaction_pack(&change, &transaction) < 0)
        return lio_write_no_memory(commit->root, err);
    rc = write_transaction(commit, transaction, err);
    if (rc == 0)
        rc = commit_somewhere(commit, transaction, err);
    free(transaction.data);
    if (rc < 0)
        return rc;
    version = commit->state.version.number + 1;
    rc = make_durable(commit, version, err);
    write_hint(commit, version);
    if (rc == 0)
        *ret_version = version;
    return rc;
}
