/*
 * Versions of a dataset, by the names of their manifests.
 *
 *     table.lance/_versions/18446744073709551614.manifest    V2: 2^64 - 1 - 1
 *     table.lance/_versions/1.manifest                       V1
 *
 * The hint file beside them is not read: it may be stale, and a listing is one
 * system call.
 */
#include "column/versions.h"

#include "common/sentence.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#define SUFFIX    ".manifest"
#define V2_DIGITS 20

/* The version that a file name stands for.  False for any other file, detached
 * versions ("d123.manifest") among them. */
static bool version_of(const char *name, uint64_t *ret_version,
                       enum lio_naming *ret_naming)
{
    uint64_t number = 0;
    size_t ndigits = 0;

    for (; name[ndigits] >= '0' && name[ndigits] <= '9'; ndigits++) {
        uint64_t digit = (uint64_t)(name[ndigits] - '0');

        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (ndigits == 0 || strcmp(name + ndigits, SUFFIX) != 0)
        return false;
    *ret_naming = ndigits == V2_DIGITS ? LIO_NAMING_V2 : LIO_NAMING_V1;
    *ret_version = ndigits == V2_DIGITS ? UINT64_MAX - number : number;
    return true;
}

/* What a listing comes to. */
struct listing {
    uint64_t wanted; /* 0: the latest */
    char *found;     /* name of its file, or NULL */
    uint64_t newest; /* of those found */
    enum lio_naming naming;
    uint64_t *all;
    size_t n;
    size_t room;
};

static int add_version(struct listing *listing, uint64_t version)
{
    if (listing->n == listing->room) {
        size_t room = listing->room > 0 ? listing->room * 2 : 64;
        uint64_t *all = realloc(listing->all, room * sizeof(*all));

        if (!all)
            return ENOMEM;
        listing->all = all;
        listing->room = room;
    }
    listing->all[listing->n++] = version;
    return 0;
}

static int add_name(struct listing *listing, const char *name)
{
    enum lio_naming naming;
    uint64_t version;

    if (!version_of(name, &version, &naming))
        return 0;
    if (listing->wanted > 0 ? version == listing->wanted
                            : !listing->found || version > listing->newest) {
        free(listing->found);
        listing->found = strdup(name);
        listing->newest = version;
        listing->naming = naming;
        if (!listing->found)
            return ENOMEM;
    }
    return add_version(listing, version);
}

/* Returns an errno. */
static int list(const char *dir, struct listing *listing)
{
    DIR *stream = opendir(dir);
    const struct dirent *entry;
    int os_errno = 0;

    if (!stream)
        return errno;
    while (os_errno == 0) {
        errno = 0;
        entry = readdir(stream);
        if (!entry) {
            os_errno = errno;
            break;
        }
        os_errno = add_name(listing, entry->d_name);
    }
    (void)closedir(stream);
    return os_errno;
}

static int compare_versions(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

/* "1 to 5, 8": what is there instead of the version that is not. */
static int not_there(const char *root, struct listing *listing,
                     struct lio_error *err)
{
    const uint64_t *all = listing->all;
    struct lio_sentence text;

    qsort(listing->all, listing->n, sizeof(*all), compare_versions);
    lio_sentence_init(&text);
    for (size_t first = 0, last; first < listing->n; first = last + 1) {
        for (last = first;
             last + 1 < listing->n && all[last + 1] - all[last] <= 1;)
            last++;
        lio_sentence_add(&text, "%s%" PRIu64, first > 0 ? ", " : "",
                         all[first]);
        if (all[last] > all[first])
            lio_sentence_add(&text, " to %" PRIu64, all[last]);
    }
    return lio_error_set(
        err, LIO_ENOTFOUND, "%s: there is no version %" PRIu64 "; there %s %s",
        root, listing->wanted, listing->n == 1 ? "is" : "are", text.text);
}

static int is_lance(const struct dirent *entry)
{
    static const char suffix[] = ".lance";
    size_t len = strlen(entry->d_name);

    return len >= sizeof(suffix) &&
           strcmp(entry->d_name + len - strlen(suffix), suffix) == 0;
}

/* A database's directory is easily taken for one of its tables. */
static int no_dataset(const char *root, struct lio_error *err)
{
    struct dirent **entries;
    struct lio_sentence inside;
    int n = scandir(root, &entries, is_lance, alphasort);

    lio_sentence_init(&inside);
    for (int i = 0; i < n; i++) {
        lio_sentence_add(&inside, "%s%s", i == 0 ? "; it contains " : ", ",
                         entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return lio_error_set(err, LIO_ENOTFOUND,
                         "%s: is not a Lance dataset: it has no _versions "
                         "directory%s",
                         root, inside.text);
}

static int judge(const char *root, int os_errno, struct listing *listing,
                 struct lio_error *err)
{
    if (os_errno == ENOENT || os_errno == ENOTDIR)
        return no_dataset(root, err);
    if (os_errno != 0)
        return lio_error_set(err, lio_code_of_errno(os_errno),
                             "%s/_versions: cannot list it: %s", root,
                             strerror(os_errno));
    if (listing->n == 0)
        return lio_error_set(err, LIO_ENOTFOUND,
                             "%s/_versions: holds no manifest of a version",
                             root);
    return listing->found ? 0 : not_there(root, listing, err);
}

static int list_versions(const char *root, struct listing *listing,
                         struct lio_error *err)
{
    char *dir;
    int rc;

    if (asprintf(&dir, "%s/_versions", root) < 0)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", root);
    rc = judge(root, list(dir, listing), listing, err);
    free(dir);
    return rc;
}

static void release(struct listing *listing)
{
    free(listing->found);
    free(listing->all);
}

static int find(const char *root, uint64_t wanted,
                struct lio_version *ret_version, struct lio_error *err)
{
    struct listing listing = { .wanted = wanted };
    char *path;
    int rc = list_versions(root, &listing, err);

    if (rc == 0 && asprintf(&path, "%s/_versions/%s", root, listing.found) < 0)
        rc = lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", root);
    if (rc == 0)
        *ret_version = (struct lio_version){ .number = listing.newest,
                                             .naming = listing.naming,
                                             .manifest = path };
    release(&listing);
    return rc;
}

int lio_version_find(const char *root, uint64_t version, char **ret_manifest,
                     struct lio_error *err)
{
    struct lio_version found;
    int rc = find(root, version, &found, err);

    if (rc == 0)
        *ret_manifest = found.manifest;
    return rc;
}

int lio_version_latest(const char *root, struct lio_version *ret_version,
                       struct lio_error *err)
{
    return find(root, 0, ret_version, err);
}

char *lio_version_path(const char *root, uint64_t version,
                       enum lio_naming naming)
{
    char *path;
    int n =
        naming == LIO_NAMING_V2
            ? asprintf(&path, "%s/_versions/%0*" PRIu64 SUFFIX, root, V2_DIGITS,
                       UINT64_MAX - version)
            : asprintf(&path, "%s/_versions/%" PRIu64 SUFFIX, root, version);

    return n < 0 ? NULL : path;
}

int lio_version_each(const char *root,
                     int (*each)(const char *manifest, void *user), void *user,
                     struct lio_error *err)
{
    struct listing listing = { 0 };
    int rc = list_versions(root, &listing, err);

    for (size_t i = 0; i < listing.n && rc == 0; i++) {
        char *path = lio_version_path(root, listing.all[i], listing.naming);

        rc = path ? each(path, user)
                  : lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it",
                                  root);
        free(path);
    }
    release(&listing);
    return rc;
}
