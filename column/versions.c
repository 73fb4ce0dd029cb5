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
static bool version_of(const char *name, uint64_t *ret_version)
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
    *ret_version = ndigits == V2_DIGITS ? UINT64_MAX - number : number;
    return true;
}

/* What a listing comes to. */
struct listing {
    uint64_t wanted; /* 0: the latest */
    char *found;     /* name of its file, or NULL */
    uint64_t newest; /* of those found */
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
    uint64_t version;

    if (!version_of(name, &version))
        return 0;
    if (listing->wanted > 0 ? version == listing->wanted
                            : !listing->found || version > listing->newest) {
        free(listing->found);
        listing->found = strdup(name);
        listing->newest = version;
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

static int judge(const char *root, int os_errno, struct listing *listing,
                 struct lio_error *err)
{
    if (os_errno == ENOENT || os_errno == ENOTDIR)
        return lio_error_set(err, LIO_ENOTFOUND,
                             "%s: is not a Lance dataset: it has no _versions "
                             "directory",
                             root);
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

int lio_version_find(const char *root, uint64_t version, char **ret_manifest,
                     struct lio_error *err)
{
    struct listing listing = { .wanted = version };
    char *dir, *path;
    int rc;

    if (asprintf(&dir, "%s/_versions", root) < 0)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", root);
    rc = judge(root, list(dir, &listing), &listing, err);
    if (rc == 0 && asprintf(&path, "%s/%s", dir, listing.found) < 0)
        rc = lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", root);
    if (rc == 0)
        *ret_manifest = path;
    free(listing.found);
    free(listing.all);
    free(dir);
    return rc;
}
