/*
 * Commits, for tests.
 */
#include "support/commits.h"

#include "column/versions.h"
#include "support/temp_dir.h"

#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

/* -- fields -------------------------------------------------------------- */

static int32_t find_parent(const struct commits_fields *fields, uint32_t n,
                           const char *name, size_t bytes)
{
    for (uint32_t i = 0; i < n; i++)
        if (strlen(fields->messages[i]->name) == bytes &&
            strncmp(fields->messages[i]->name, name, bytes) == 0)
            return fields->messages[i]->id;
    return -1;
}

static void add_field(struct commits_fields *fields, uint32_t n,
                      const char *path, const char *type)
{
    const char *dot = strrchr(path, '.');
    Lio__Pb__Field *field = malloc(sizeof(*field));
    size_t bytes = strlen(type);

    assert_non_null(field);
    lio__pb__field__init(field);
    fields->messages[n] = field;
    field->has_id = n > 0;
    field->id = (int32_t)n;
    field->has_parent_id = true;
    field->parent_id =
        dot ? find_parent(fields, n, path, (size_t)(dot - path)) : -1;
    field->name = strdup(dot ? dot + 1 : path);
    field->nullable = field->has_nullable = type[bytes - 1] == '?';
    field->logical_type = strndup(type, bytes - (size_t)field->nullable);
}

void commits_fields_init(struct commits_fields *fields, const char *text)
{
    char *copy = strdup(text), *rest = copy, *part;
    struct lio_error err;
    uint32_t n = 0;

    while ((part = strsep(&rest, ","))) {
        char path[32], type[32];

        assert_int_equal(sscanf(part, "%31s %31s", path, type), 2);
        add_field(fields, n++, path, type);
    }
    free(copy);
    if (lio_schema_parse("fields", fields->messages, n, &fields->schema, &err) <
        0)
        fail_msg("%s", err.msg);
}

void commits_fields_release(struct commits_fields *fields)
{
    for (uint32_t i = 0; i < fields->schema.nfields; i++)
        lio__pb__field__free_unpacked(fields->messages[i], NULL);
    lio_schema_release(&fields->schema);
}

/* -- commits ------------------------------------------------------------- */

void commits_init(struct commits *commits)
{
    commits->folder = temp_dir_make();
    assert_non_null(commits->folder);
    assert_true(asprintf(&commits->table, "%s/t.lance", commits->folder) > 0);
    commits_fields_init(&commits->fields, "id int64, name string?");
}

void commits_release(struct commits *commits)
{
    commits_fields_release(&commits->fields);
    temp_dir_remove(commits->folder);
    free(commits->table);
}

int commits_setup(void **state)
{
    struct commits *commits = calloc(1, sizeof(*commits));

    if (!commits)
        return -1;
    commits_init(commits);
    *state = commits;
    return 0;
}

int commits_teardown(void **state)
{
    commits_release(*state);
    free(*state);
    return 0;
}

struct lio_commit *commits_open(struct commits *commits,
                                enum lio_commit_mode mode)
{
    struct lio_commit *commit = NULL;
    struct lio_error err;

    if (lio_commit_open(NULL, commits->table, mode, NULL, &commit, &err) < 0 ||
        lio_commit_fields(commit, commits->fields.messages,
                          &commits->fields.schema, &err) < 0)
        fail_msg("%s", err.msg);
    return commit;
}

int commits_add(struct lio_commit *commit, uint64_t rows, struct lio_error *err)
{
    const char *path;
    int rc = lio_commit_path(commit, &path, err);
    FILE *out;

    if (rc < 0)
        return rc;
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite("data", 4, 1, out), 1);
    assert_int_equal(fclose(out), 0);
    return lio_commit_add(commit, rows, 4, err);
}

uint64_t commits_run(struct commits *commits, enum lio_commit_mode mode,
                     uint64_t rows)
{
    struct lio_commit *commit = commits_open(commits, mode);
    struct lio_error err;
    uint64_t version = 0;

    if (commits_add(commit, rows, &err) < 0 ||
        lio_commit_finish(commit, &version, &err) < 0)
        fail_msg("%s", err.msg);
    lio_commit_close(commit);
    return version;
}

/* -- what is there ------------------------------------------------------- */

static int compare_entries(const struct dirent **left,
                           const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static void list_into(FILE *out, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, compare_entries);

    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        struct stat st;
        char *path;

        assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            lstat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode)) {
                (void)fprintf(out, "%s/\n", path);
                list_into(out, path);
            } else {
                (void)fprintf(out, "%s %lld\n", path, (long long)st.st_size);
            }
        }
        free(path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

char *commits_list(const char *folder)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    assert_non_null(out);
    list_into(out, folder);
    (void)fclose(out);
    return text;
}

unsigned commits_count(const struct commits *commits, const char *part)
{
    char *list = commits_list(commits->folder), *rest = list, *line;
    unsigned n = 0;

    while ((line = strsep(&rest, "\n")))
        n += strstr(line, part) != NULL;
    free(list);
    return n;
}

static Lio__Pb__Manifest *read_manifest(const char *path)
{
    Lio__Pb__Manifest *manifest = NULL;
    struct lio_source *source;
    struct lio_error err;

    if (lio_source_open(NULL, path, &source, &err) < 0 ||
        lio_manifest_read(source, &manifest, &err) < 0)
        fail_msg("%s", err.msg);
    lio_source_close(source);
    return manifest;
}

Lio__Pb__Manifest *commits_manifest(const struct commits *commits,
                                    uint64_t version)
{
    Lio__Pb__Manifest *manifest;
    struct lio_error err;
    char *path;

    if (lio_version_find(commits->table, version, &path, &err) < 0)
        fail_msg("%s", err.msg);
    manifest = read_manifest(path);
    free(path);
    return manifest;
}

uint64_t commits_rows(const struct commits *commits, uint64_t version)
{
    Lio__Pb__Manifest *manifest = commits_manifest(commits, version);
    uint64_t rows = 0;

    for (size_t i = 0; i < manifest->n_fragments; i++)
        rows += manifest->fragments[i]->physical_rows;
    lio_manifest_free(manifest);
    return rows;
}

void commits_put(const struct commits *commits, const char *name,
                 struct lio_bytes section, const Lio__Pb__Manifest *manifest)
{
    uint32_t nsection = (uint32_t)section.bytes;
    uint32_t nmessage = (uint32_t)lio__pb__manifest__get_packed_size(manifest);
    uint64_t at = section.bytes > 0 ? sizeof(nsection) + section.bytes : 0;
    uint8_t *message = malloc(nmessage + 1);
    char *path;
    FILE *out;

    (void)mkdir(commits->table, 0777);
    assert_true(asprintf(&path, "%s/_versions", commits->table) > 0);
    (void)mkdir(path, 0777);
    free(path);
    assert_true(asprintf(&path, "%s/_versions/%s", commits->table, name) > 0);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_non_null(message);
    if (section.bytes > 0) {
        assert_int_equal(fwrite(&nsection, sizeof(nsection), 1, out), 1);
        assert_int_equal(fwrite(section.data, section.bytes, 1, out), 1);
    }
    (void)lio__pb__manifest__pack(manifest, message);
    assert_int_equal(fwrite(&nmessage, sizeof(nmessage), 1, out), 1);
    assert_int_equal(fwrite(message, nmessage, 1, out), 1);
    assert_int_equal(fwrite(&at, sizeof(at), 1, out), 1);
    assert_int_equal(fwrite("\0\0\2\0LANC", 8, 1, out), 1);
    assert_int_equal(fclose(out), 0);
    free(message);
    free(path);
}

unsigned commits_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}
