/*
 * Branches and tags.
 *
 *     table.lance/_refs/tags/NAME.json         { "branch": ..., "version": 3 }
 *     table.lance/_refs/branches/NAME.json     where it branched off
 *     table.lance/tree/NAME/_versions/...      its versions; what they do not
 *                                              have in common with the main
 *                                              branch is beside them
 *
 * A "/" in a name is %2F in the name of its file.
 */
#include "column/refs.h"

#include "column/json_fields.h"
#include "column/source.h"
#include "column/table_path.h"

#include "common/sentence.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SUFFIX    ".json"
#define MAIN      "main"
#define TAG_BYTES (64u << 10) /* of a file: far more than any needs */

static int no_memory(const char *path, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", path);
}

/* -- names --------------------------------------------------------------- */

/* In place: "a%2Fb.json" becomes "a/b".  False for any other file. */
static bool decode_name(char *name)
{
    size_t n = strlen(name);
    char *to = name;

    if (n <= strlen(SUFFIX) || strcmp(name + n - strlen(SUFFIX), SUFFIX) != 0)
        return false;
    name[n - strlen(SUFFIX)] = '\0';
    for (const char *from = name; *from; to++) {
        bool slash = strncmp(from, "%2F", 3) == 0;

        *to = slash ? '/' : *from;
        from += slash ? 3 : 1;
    }
    *to = '\0';
    return true;
}

/* The file of a name, without its directory; NULL without memory. */
static char *encode_name(const char *name)
{
    char *file = malloc(strlen(name) * 3 + sizeof(SUFFIX)), *to = file;

    for (; file && *name; name++) {
        if (*name == '/')
            to = stpcpy(to, "%2F");
        else
            *to++ = *name;
    }
    if (file)
        (void)strcpy(to, SUFFIX);
    return file;
}

/* "PATH: there is no KIND 'NAME'; there are: a, b" */
static int not_there(const char *path, const char *kind, const char *kinds,
                     const char *name, struct lio_error *err)
{
    struct lio_sentence text;
    struct dirent **entries = NULL;
    const char *before = "; there are: ";
    char *dir;
    int n = -1;

    lio_sentence_init(&text);
    if (asprintf(&dir, "%s/_refs/%s", path, kinds) >= 0) {
        n = scandir(dir, &entries, NULL, alphasort);
        free(dir);
    }
    for (int i = 0; i < n; i++) {
        if (decode_name(entries[i]->d_name)) {
            lio_sentence_add(&text, "%s%s", before, entries[i]->d_name);
            before = ", ";
        }
        free(entries[i]);
    }
    free(entries);
    return lio_error_set(err, LIO_ENOTFOUND, "%s: there is no %s '%s'%s", path,
                         kind, name, text.len > 0 ? text.text : ", nor any");
}

/* -- branches ------------------------------------------------------------ */

int lio_branch_root(const char *path, const char *branch, char **ret_root,
                    struct lio_error *err)
{
    struct stat st;
    char *root;

    if (!branch || strcmp(branch, MAIN) == 0) {
        root = strdup(path);
    } else if (!lio_path_is_safe(branch)) {
        return not_there(path, "branch", "branches", branch, err);
    } else if (asprintf(&root, "%s/tree/%s", path, branch) < 0) {
        root = NULL;
    } else if (stat(root, &st) < 0) {
        free(root);
        return not_there(path, "branch", "branches", branch, err);
    }
    if (!root)
        return no_memory(path, err);
    *ret_root = root;
    return 0;
}

/* -- tags ---------------------------------------------------------------- */

static int parse_tag(const char *file, struct lio_bytes in,
                     uint64_t *ret_version, char **ret_branch,
                     struct lio_error *err)
{
    struct lio_json_field fields[] = { { .name = "version" },
                                       { .name = "branch" } };
    const struct lio_bytes *branch = &fields[1].value;
    char *name = NULL;
    int rc = 0;

    if (!lio_json_find(in, fields, 2) ||
        !lio_json_u64(fields[0].value, ret_version) || *ret_version == 0)
        rc = LIO_ECORRUPT;
    else if (branch->bytes > 0 &&
             (branch->bytes != 4 || memcmp(branch->data, "null", 4) != 0))
        rc = lio_json_string(*branch, &name);
    if (rc < 0)
        return lio_error_set(err, rc,
                             rc == LIO_ENOMEM
                                 ? "%s: no memory to read it"
                                 : "%s: is not a tag: it must be a "
                                   "JSON object with a version",
                             file);
    *ret_branch = name;
    return 0;
}

static int read_tag(const char *file, uint64_t *ret_version, char **ret_branch,
                    struct lio_error *err)
{
    struct lio_source *source;
    struct lio_source_read read = { .offset = 0 };
    uint8_t *bytes = NULL;
    int rc = lio_source_open(NULL, file, &source, err);

    if (rc < 0)
        return rc;
    read.source = source;
    read.bytes = (size_t)lio_source_size(source);
    if (lio_source_size(source) > TAG_BYTES)
        rc =
            lio_error_set(err, LIO_ECORRUPT, "%s: is too long for a tag", file);
    else if (!(read.into = bytes = malloc(read.bytes + 1)))
        rc = no_memory(file, err);
    if (rc == 0)
        rc = lio_source_read(&read, 1, err);
    if (rc == 0)
        rc = parse_tag(file, (struct lio_bytes){ bytes, read.bytes },
                       ret_version, ret_branch, err);
    lio_source_close(source);
    free(bytes);
    return rc;
}

int lio_tag_read(const char *path, const char *tag, uint64_t *ret_version,
                 char **ret_branch, struct lio_error *err)
{
    char *name = encode_name(tag), *file;
    struct stat st;
    int rc;

    if (!name || asprintf(&file, "%s/_refs/tags/%s", path, name) < 0) {
        free(name);
        return no_memory(path, err);
    }
    rc = stat(file, &st) < 0 ? not_there(path, "tag", "tags", tag, err)
                             : read_tag(file, ret_version, ret_branch, err);
    free(name);
    free(file);
    return rc;
}
