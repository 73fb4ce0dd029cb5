/*
 * Manifests.
 *
 *     table.lance/_versions/18446744073709551614.manifest    V2: 2^64 - 1 - 1
 *     table.lance/_versions/1.manifest                       V1
 *
 * A manifest file, read from its end:
 *
 *     sections not needed here
 *     u32 length, Manifest message      <- position
 *     u64 position | u16 major | u16 minor | "LANC"
 *
 * The hint file beside them is not read: it may be stale, and a listing is one
 * system call.
 */
#include "column/manifest.h"

#include "column/memory.h"
#include "column/proto.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>

#define SUFFIX          ".manifest"
#define V2_DIGITS       20
#define MANIFEST_FOOTER 16
#define READ_AT_ONCE    (64u << 10)

/* Features of a table that a reader must know of. */
enum reader_flag {
    READER_DELETIONS = 1,
    READER_STABLE_ROW_IDS = 2,
    READER_V2_FORMAT = 4,
    READER_TABLE_CONFIG = 8,
    READER_NO_TRANSACTION_FILES = 32
};

#define READER_FLAGS_KNOWN                                                     \
    (READER_DELETIONS | READER_STABLE_ROW_IDS | READER_V2_FORMAT |             \
     READER_TABLE_CONFIG | READER_NO_TRANSACTION_FILES)

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

/* Keeps the path of the newest in *latest, which starts out NULL. */
static int list_versions(const char *dir, DIR *listing, char **latest)
{
    uint64_t newest = 0;
    const struct dirent *entry;

    errno = 0;
    while ((entry = readdir(listing))) {
        uint64_t version;

        if (!version_of(entry->d_name, &version) ||
            (*latest && version <= newest))
            continue;
        free(*latest);
        if (asprintf(latest, "%s/%s", dir, entry->d_name) < 0) {
            *latest = NULL;
            return ENOMEM;
        }
        newest = version;
        errno = 0;
    }
    return errno;
}

int lio_manifest_find(const char *path, char **ret_manifest,
                      struct lio_error *err)
{
    char *dir = NULL, *latest = NULL;
    DIR *listing;
    int os_errno, rc;

    if (asprintf(&dir, "%s/_versions", path) < 0)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", path);
    listing = opendir(dir);
    os_errno = listing ? list_versions(dir, listing, &latest) : errno;
    if (listing)
        (void)closedir(listing);
    if (os_errno == ENOENT || os_errno == ENOTDIR)
        rc = lio_error_set(err, LIO_ENOTFOUND,
                           "%s: is not a Lance dataset: it has no _versions "
                           "directory",
                           path);
    else if (os_errno != 0)
        rc = lio_error_set(err, lio_code_of_errno(os_errno),
                           "%s: cannot list its versions: %s", dir,
                           strerror(os_errno));
    else if (!latest)
        rc = lio_error_set(err, LIO_ENOTFOUND,
                           "%s: holds no manifest of a version", dir);
    else
        rc = 0;
    free(dir);
    if (rc < 0) {
        free(latest);
        return rc;
    }
    *ret_manifest = latest;
    return 0;
}

static int read_into(struct lio_source *source, uint64_t at, uint64_t bytes,
                     struct lio_mem **ret_mem, struct lio_error *err)
{
    struct lio_mem *mem = lio_mem_new(bytes);
    struct lio_source_read read = { .source = source,
                                    .offset = at,
                                    .bytes = (size_t)bytes };
    int rc;

    if (!mem)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to read it",
                             lio_source_name(source));
    read.into = mem->data;
    rc = lio_source_read(&read, 1, err);
    if (rc < 0) {
        lio_mem_put(mem);
        return rc;
    }
    *ret_mem = mem;
    return 0;
}

static int find_message(struct lio_source *source, const struct lio_mem *tail,
                        uint64_t *ret_at, struct lio_error *err)
{
    uint64_t bytes = lio_source_size(source), at;
    struct lio_cursor cur = lio_cursor_over(
        tail->data + tail->bytes - MANIFEST_FOOTER, MANIFEST_FOOTER);

    at = lio_cursor_u64(&cur);
    (void)lio_cursor_u32(&cur); /* versions that no reader looks at */
    if (!lio_cursor_is(&cur, "LANC"))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: is not a manifest, or its end is missing: "
                             "the last four bytes are not \"LANC\"",
                             lio_source_name(source));
    if (!lio_range_fits(at, sizeof(uint32_t), bytes - MANIFEST_FOOTER))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the manifest is said to be at byte %" PRIu64
                             ", but the file ends at byte %" PRIu64,
                             lio_source_name(source), at, bytes);
    *ret_at = at;
    return 0;
}

static int parse_message(struct lio_source *source, struct lio_bytes section,
                         Lio__Pb__Manifest **ret_manifest,
                         struct lio_error *err)
{
    struct lio_cursor cur = lio_cursor_over(section.data, section.bytes);
    uint32_t bytes = lio_cursor_u32(&cur);
    ProtobufCMessage *message;
    int rc;

    if (cur.overrun || bytes > cur.left)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the manifest of %" PRIu32
                             " bytes runs past the end of the file",
                             lio_source_name(source), bytes);
    rc = lio_proto_unpack(&lio__pb__manifest__descriptor,
                          (struct lio_bytes){ cur.next, bytes }, &message);
    if (rc < 0)
        return lio_error_set(err, rc,
                             rc == LIO_ENOMEM
                                 ? "%s: no memory for the manifest"
                                 : "%s: the manifest message is damaged",
                             lio_source_name(source));
    *ret_manifest = (Lio__Pb__Manifest *)message;
    return 0;
}

static int check_flags(struct lio_source *source,
                       const Lio__Pb__Manifest *manifest, struct lio_error *err)
{
    uint64_t unknown = manifest->reader_flags & ~(uint64_t)READER_FLAGS_KNOWN;

    if (unknown == 0)
        return 0;
    return lio_error_set(err, LIO_EUNSUPPORTED,
                         "%s: the table needs a reader with the feature flags "
                         "0x%" PRIx64 ", which are not supported",
                         lio_source_name(source), unknown);
}

int lio_manifest_read(struct lio_source *source,
                      Lio__Pb__Manifest **ret_manifest, struct lio_error *err)
{
    uint64_t bytes = lio_source_size(source), at = 0, tail_at, end;
    struct lio_mem *tail = NULL, *more = NULL;
    struct lio_bytes section;
    Lio__Pb__Manifest *manifest = NULL;
    int rc;

    if (bytes < MANIFEST_FOOTER)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: %" PRIu64 " bytes cannot hold a manifest",
                             lio_source_name(source), bytes);
    tail_at = bytes > READ_AT_ONCE ? bytes - READ_AT_ONCE : 0;
    end = bytes - MANIFEST_FOOTER;
    rc = read_into(source, tail_at, bytes - tail_at, &tail, err);
    if (rc < 0)
        return rc;
    rc = find_message(source, tail, &at, err);
    if (rc < 0)
        goto out;
    if (at >= tail_at) {
        section.data = tail->data + (at - tail_at);
    } else {
        rc = read_into(source, at, end - at, &more, err);
        if (rc < 0)
            goto out;
        section.data = more->data;
    }
    section.bytes = (size_t)(end - at);
    rc = parse_message(source, section, &manifest, err);
    if (rc == 0)
        rc = check_flags(source, manifest, err);
    if (rc < 0) {
        lio_manifest_free(manifest);
        goto out;
    }
    *ret_manifest = manifest;
out:
    lio_mem_put(more);
    lio_mem_put(tail);
    return rc;
}

void lio_manifest_free(Lio__Pb__Manifest *manifest)
{
    if (manifest)
        protobuf_c_message_free_unpacked(&manifest->base, NULL);
}
