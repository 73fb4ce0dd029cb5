/*
 * Commits: what is on disk afterwards, what becomes of what was there, and of
 * several writers at once.
 */
#include "support/commits.h"

#include "column/versions.h"
#include "column/write/change.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

#define FIRST  "18446744073709551614.manifest"
#define SECOND "18446744073709551613.manifest"

static void says(const struct lio_error *err, const char *words)
{
    if (!strstr(err->msg, words))
        fail_msg("'%s' does not say '%s'", err->msg, words);
}

static void refused(struct commits *commits, enum lio_commit_mode mode,
                    const char *format, int code, const char *words)
{
    struct lio_commit *commit = NULL;
    char *before = commits_list(commits->folder), *after;
    struct lio_error err;

    assert_int_equal(
        lio_commit_open(NULL, commits->table, mode, format, &commit, &err),
        code);
    assert_null(commit);
    says(&err, words);
    says(&err, format && !strchr(words, '/') ? "" : commits->table);
    after = commits_list(commits->folder);
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static int finish(struct lio_commit *commit, struct lio_error *err)
{
    uint64_t version = 0;
    int rc = lio_commit_finish(commit, &version, err);

    lio_commit_close(commit);
    return rc < 0 ? rc : (int)version;
}

/* -- what is made -------------------------------------------------------- */

static void first_version_is_complete(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest *manifest;
    const Lio__Pb__DataFragment *fragment;

    assert_int_equal(commits_run(commits, LIO_COMMIT_CREATE, 7), 1);
    assert_int_equal(commits_count(commits, FIRST), 1);
    assert_int_equal(commits_count(commits, "/_transactions/0-"), 1);
    assert_int_equal(commits_count(commits, "latest_version_hint.json 13"), 1);
    assert_int_equal(commits_count(commits, ".lanceio-"), 0);
    manifest = commits_manifest(commits, 1);
    assert_int_equal(manifest->n_fields, 2);
    assert_string_equal(manifest->fields[1]->name, "name");
    assert_string_equal(manifest->data_format->version, "2.2");
    assert_string_equal(manifest->writer_version->library, "lanceio");
    assert_true(manifest->has_max_fragment_id);
    assert_int_equal(manifest->max_fragment_id, 0);
    assert_true(manifest->timestamp->seconds > 1700000000);
    assert_int_equal(manifest->n_fragments, 1);
    fragment = manifest->fragments[0];
    assert_int_equal(fragment->physical_rows, 7);
    assert_int_equal(fragment->files[0]->n_fields, 2);
    assert_int_equal(fragment->files[0]->column_indices[1], 1);
    assert_int_equal(fragment->files[0]->major, 2);
    assert_int_equal(fragment->files[0]->minor, 2);
    assert_int_equal(fragment->files[0]->file_bytes, 4);
    lio_manifest_free(manifest);
}

static void only_leaves_have_columns_but_in_2_0(void **state)
{
    static const struct {
        const char *format;
        size_t ncolumns;
        int32_t last;
    } cases[] = { { "2.0", 3, 2 }, { "2.1", 2, 1 } };
    struct commits *commits = *state;

    commits_fields_release(&commits->fields);
    commits_fields_init(&commits->fields,
                        "id int64, where struct, where.lat double?");
    for (size_t i = 0; i < 2; i++) {
        struct lio_commit *commit;
        const Lio__Pb__DataFile *file;
        Lio__Pb__Manifest *manifest;
        struct lio_error err;

        assert_int_equal(lio_commit_open(NULL, commits->table,
                                         LIO_COMMIT_OVERWRITE, cases[i].format,
                                         &commit, &err),
                         0);
        assert_int_equal(lio_commit_fields(commit, commits->fields.messages,
                                           &commits->fields.schema, &err),
                         0);
        assert_int_equal(commits_add(commit, 1, &err), 0);
        assert_int_equal(finish(commit, &err), (int)i + 1);
        manifest = commits_manifest(commits, 0);
        file = manifest->fragments[0]->files[0];
        assert_int_equal(file->n_fields, cases[i].ncolumns);
        assert_int_equal(file->fields[file->n_fields - 1], 2);
        assert_int_equal(file->column_indices[file->n_fields - 1],
                         cases[i].last);
        assert_string_equal(manifest->data_format->version, cases[i].format);
        lio_manifest_free(manifest);
    }
}

static void version_without_rows_has_no_fragment(void **state)
{
    struct commits *commits = *state;
    struct lio_error err;

    assert_int_equal(finish(commits_open(commits, LIO_COMMIT_CREATE), &err), 1);
    assert_int_equal(commits_rows(commits, 1), 0);
    assert_int_equal(finish(commits_open(commits, LIO_COMMIT_APPEND), &err), 2);
    assert_int_equal(commits_run(commits, LIO_COMMIT_APPEND, 5), 3);
    assert_int_equal(commits_rows(commits, 3), 5);
}

static void appended_rows_come_behind(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest *manifest;

    commits_run(commits, LIO_COMMIT_CREATE, 7);
    assert_int_equal(commits_run(commits, LIO_COMMIT_APPEND, 3), 2);
    manifest = commits_manifest(commits, 2);
    assert_int_equal(manifest->n_fragments, 2);
    assert_int_equal(manifest->fragments[1]->id, 1);
    assert_int_equal(manifest->fragments[1]->physical_rows, 3);
    assert_int_equal(manifest->max_fragment_id, 1);
    lio_manifest_free(manifest);
    assert_int_equal(commits_rows(commits, 1), 7);
}

static void overwritten_rows_are_in_the_old_version(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest *manifest;

    commits_run(commits, LIO_COMMIT_CREATE, 7);
    commits_fields_release(&commits->fields);
    commits_fields_init(&commits->fields, "other float");
    assert_int_equal(commits_run(commits, LIO_COMMIT_OVERWRITE, 2), 2);
    manifest = commits_manifest(commits, 2);
    assert_int_equal(manifest->n_fields, 1);
    assert_string_equal(manifest->fields[0]->name, "other");
    assert_int_equal(manifest->n_fragments, 1);
    assert_int_equal(manifest->fragments[0]->id, 1);
    lio_manifest_free(manifest);
    assert_int_equal(commits_rows(commits, 1), 7);
}

/* -- what is kept -------------------------------------------------------- */

/* A table as others make them: configuration (field 16), an index section, a
 * tag, flags, and a field of a later version. */
static void put_foreign(struct commits *commits, const char *name,
                        uint64_t reader_flags, uint64_t writer_flags)
{
    static uint8_t config[] = "\012\003key\022\005value";
    static uint8_t later[] = "from later";
    static const uint8_t indices[] = "an index section";
    Lio__Pb__DataFragment fragment = LIO__PB__DATA_FRAGMENT__INIT;
    Lio__Pb__DataFragment *fragments = &fragment;
    Lio__Pb__Manifest manifest = LIO__PB__MANIFEST__INIT;
    ProtobufCMessageUnknownField unknown[] = {
        { 16, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, 13, NULL },
        { 900, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, 11, NULL },
    };
    uint8_t config_field[14] = { 12 }, later_field[12] = { 10 };
    Lio__Pb__DataFormat format = LIO__PB__DATA_FORMAT__INIT;

    memcpy(config_field + 1, config, 12);
    memcpy(later_field + 1, later, 10);
    unknown[0].data = config_field;
    unknown[1].data = later_field;
    manifest.base.n_unknown_fields = 2;
    manifest.base.unknown_fields = unknown;
    manifest.fields = commits->fields.messages;
    manifest.n_fields = 2;
    fragment.has_id = fragment.has_physical_rows = true;
    fragment.id = 9;
    fragment.physical_rows = 11;
    manifest.fragments = &fragments;
    manifest.n_fragments = 1;
    manifest.has_version = manifest.has_indices_at = true;
    manifest.version = 1;
    manifest.tag = (char *)"of one version";
    manifest.has_reader_flags = manifest.has_writer_flags = true;
    manifest.reader_flags = reader_flags;
    manifest.writer_flags = writer_flags;
    format.name = (char *)"lance";
    format.version = (char *)"2.1";
    manifest.data_format = &format;
    manifest.has_next_row_id = true;
    manifest.next_row_id = 11;
    commits_put(commits, name,
                (struct lio_bytes){ indices, sizeof(indices) - 1 }, &manifest);
}

static const ProtobufCMessageUnknownField *
unknown_field(const Lio__Pb__Manifest *manifest, uint32_t tag)
{
    for (unsigned i = 0; i < manifest->base.n_unknown_fields; i++)
        if (manifest->base.unknown_fields[i].tag == tag)
            return &manifest->base.unknown_fields[i];
    return NULL;
}

static void has_section(const struct commits *commits, uint64_t at,
                        const char *text)
{
    struct lio_source *source;
    struct lio_error err;
    struct lio_mem *mem;
    char *path;

    assert_int_equal(lio_version_find(commits->table, 0, &path, &err), 0);
    assert_int_equal(lio_source_open(NULL, path, &source, &err), 0);
    assert_int_equal(lio_manifest_section(source, at, &mem, &err), 0);
    assert_int_equal(mem->bytes, strlen(text));
    assert_memory_equal(mem->data, text, mem->bytes);
    lio_mem_put(mem);
    lio_source_close(source);
    free(path);
}

static void append_keeps_what_it_does_not_know(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest *manifest;

    put_foreign(commits, FIRST, 1 | 8, 1 | 8);
    commits_run(commits, LIO_COMMIT_APPEND, 3);
    manifest = commits_manifest(commits, 2);
    assert_non_null(unknown_field(manifest, 16));
    assert_non_null(unknown_field(manifest, 900));
    assert_int_equal(manifest->reader_flags, 9);
    assert_int_equal(manifest->writer_flags, 9);
    assert_null(manifest->tag);
    assert_string_equal(manifest->data_format->version, "2.1");
    assert_int_equal(manifest->fragments[0]->id, 9);
    assert_int_equal(manifest->fragments[1]->id, 10);
    assert_int_equal(manifest->max_fragment_id, 10);
    has_section(commits, manifest->indices_at, "an index section");
    lio_manifest_free(manifest);
}

static void overwrite_keeps_settings_but_no_indices(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest *manifest;

    put_foreign(commits, FIRST, 1 | 8, 1 | 8);
    commits_run(commits, LIO_COMMIT_OVERWRITE, 3);
    manifest = commits_manifest(commits, 2);
    assert_non_null(unknown_field(manifest, 16));
    assert_false(manifest->has_indices_at);
    assert_int_equal(manifest->reader_flags, 8);
    assert_int_equal(manifest->writer_flags, 8);
    assert_string_equal(manifest->data_format->version, "2.1");
    lio_manifest_free(manifest);
}

static void names_of_manifests_stay_as_they_are(void **state)
{
    struct commits *commits = *state;

    put_foreign(commits, "1.manifest", 0, 0);
    commits_run(commits, LIO_COMMIT_APPEND, 3);
    commits_run(commits, LIO_COMMIT_OVERWRITE, 3);
    assert_int_equal(commits_count(commits, "/2.manifest"), 1);
    assert_int_equal(commits_count(commits, "/3.manifest"), 1);
    assert_int_equal(commits_count(commits, "1844674407370955"), 0);
}

static void rows_get_stable_ids_where_all_have_them(void **state)
{
    static const uint8_t ids[] = { 0x0a, 0x06, 0x0a, 0x04, 8, 11, 16, 14 };
    static const uint8_t versions[] = { 0x0a, 0x08, 0x0a, 0x04, 0x0a,
                                        0x02, 16,   3,    16,   2 };
    struct commits *commits = *state;
    const Lio__Pb__DataFragment *fragment;
    Lio__Pb__Manifest *manifest;

    put_foreign(commits, FIRST, 2, 2);
    commits_run(commits, LIO_COMMIT_APPEND, 3);
    manifest = commits_manifest(commits, 2);
    assert_int_equal(manifest->next_row_id, 14);
    fragment = manifest->fragments[1];
    assert_int_equal(fragment->row_ids.len, sizeof(ids));
    assert_memory_equal(fragment->row_ids.data, ids, sizeof(ids));
    assert_int_equal(fragment->created_versions.len, sizeof(versions));
    assert_memory_equal(fragment->created_versions.data, versions,
                        sizeof(versions));
    assert_memory_equal(fragment->updated_versions.data, versions,
                        sizeof(versions));
    lio_manifest_free(manifest);
}

static void no_transaction_file_is_made_where_none_is_wanted(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest *manifest;

    put_foreign(commits, FIRST, 0, 32);
    commits_run(commits, LIO_COMMIT_APPEND, 3);
    assert_int_equal(commits_count(commits, "_transactions"), 0);
    manifest = commits_manifest(commits, 2);
    assert_null(manifest->transaction_file);
    assert_true(manifest->has_transaction_at);
    lio_manifest_free(manifest);
}

/* -- what is refused ----------------------------------------------------- */

static void each_mode_has_its_condition(void **state)
{
    struct commits *commits = *state;

    refused(commits, LIO_COMMIT_APPEND, NULL, LIO_ENOTFOUND,
            "there is no dataset to append to");
    commits_run(commits, LIO_COMMIT_OVERWRITE, 1);
    refused(commits, LIO_COMMIT_CREATE, NULL, LIO_EEXIST,
            "there is a dataset already, of version 1");
}

static void folders_of_others_are_not_written_to(void **state)
{
    struct commits *commits = *state;
    char *path;

    assert_int_equal(mkdir(commits->table, 0777), 0);
    assert_true(asprintf(&path, "%s/thesis.tex", commits->table) > 0);
    assert_int_equal(symlink("nowhere", path), 0);
    free(path);
    refused(commits, LIO_COMMIT_CREATE, NULL, LIO_EEXIST, "'thesis.tex'");
    refused(commits, LIO_COMMIT_OVERWRITE, NULL, LIO_EEXIST, "'thesis.tex'");
}

static void empty_folder_can_become_a_dataset(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *commit;

    assert_int_equal(mkdir(commits->table, 0777), 0);
    commit = commits_open(commits, LIO_COMMIT_CREATE);
    lio_commit_close(commit);
    assert_int_equal(commits_count(commits, "t.lance/"), 1);
    assert_int_equal(commits_run(commits, LIO_COMMIT_CREATE, 1), 1);
}

static void folder_above_must_be_there(void **state)
{
    struct commits *commits = *state;
    char *deep;

    assert_true(asprintf(&deep, "%s/a/b", commits->folder) > 0);
    free(commits->table);
    commits->table = deep;
    refused(commits, LIO_COMMIT_CREATE, NULL, LIO_ENOTFOUND, "a/b");
}

static void format_must_exist_and_go_with_the_dataset(void **state)
{
    struct commits *commits = *state;

    refused(commits, LIO_COMMIT_CREATE, "2.3", LIO_EINVAL,
            "no file version '2.3'");
    commits_run(commits, LIO_COMMIT_CREATE, 1);
    refused(commits, LIO_COMMIT_APPEND, "2.1", LIO_EINVAL,
            "its files are of version 2.2");
}

static void unknown_writer_flags_are_refused(void **state)
{
    struct commits *commits = *state;

    put_foreign(commits, FIRST, 0, 64 | 1);
    refused(commits, LIO_COMMIT_APPEND, NULL, LIO_EUNSUPPORTED,
            "writer flags 64 (overlays)");
    refused(commits, LIO_COMMIT_OVERWRITE, NULL, LIO_EUNSUPPORTED,
            "writer flags 64 (overlays)");
}

static void manifest_of_another_version_is_refused(void **state)
{
    struct commits *commits = *state;

    put_foreign(commits, SECOND, 0, 0);
    refused(commits, LIO_COMMIT_APPEND, NULL, LIO_ECORRUPT,
            "says to be the manifest of version 1");
}

/* -- fields -------------------------------------------------------------- */

static void fields_refused(struct commits *commits, const char *text,
                           const char *words)
{
    struct commits_fields fields = { 0 };
    struct lio_commit *commit;
    struct lio_error err;

    commits_fields_init(&fields, text);
    assert_int_equal(lio_commit_open(NULL, commits->table, LIO_COMMIT_APPEND,
                                     NULL, &commit, &err),
                     0);
    assert_int_equal(
        lio_commit_fields(commit, fields.messages, &fields.schema, &err),
        LIO_EINVAL);
    says(&err, words);
    says(&err, commits->table);
    lio_commit_close(commit);
    commits_fields_release(&fields);
}

static void fields_that_do_not_fit_are_named(void **state)
{
    struct commits *commits = *state;

    commits_fields_release(&commits->fields);
    commits_fields_init(&commits->fields,
                        "id int64, where struct, where.lat double?, n int8?");
    commits_run(commits, LIO_COMMIT_CREATE, 1);
    fields_refused(commits, "id int32, where struct, where.lat float, n int8",
                   "column 'id' is of type int32 in the rows, and of type "
                   "int64 in the dataset");
    fields_refused(commits, "id int64, where struct, where.lat float, n int8",
                   "column 'where.lat' is of type float");
    fields_refused(commits, "where struct, where.lat double?, n int8?",
                   "the rows lack column 'id' of the dataset");
    fields_refused(commits, "n int8?", "the rows lack columns 'id', 'where'");
    fields_refused(commits, "id int64, where struct, n int8?",
                   "column 'where' has nothing in it in the rows");
    fields_refused(commits, "m int8, id int64, where struct, where.lng double?",
                   "the dataset has no columns 'm', 'where.lng'");
    assert_int_equal(commits_count(commits, "/data/"), 2);
}

/* The rows' fields are found by name, and forbid the nulls that are forbidden.
 */
static void fields_may_come_in_another_order_or_not_at_all(void **state)
{
    struct commits *commits = *state;
    struct commits_fields fields = { 0 };
    struct lio_commit *commit;
    struct lio_error err;

    commits_fields_release(&commits->fields);
    commits_fields_init(&commits->fields,
                        "id int64, where struct, where.lat double?, n int8?");
    commits_run(commits, LIO_COMMIT_CREATE, 1);
    commits_fields_init(&fields, "where struct?, where.lat double?, id int64?");
    assert_int_equal(lio_commit_open(NULL, commits->table, LIO_COMMIT_APPEND,
                                     NULL, &commit, &err),
                     0);
    assert_int_equal(
        lio_commit_fields(commit, fields.messages, &fields.schema, &err), 0);
    assert_int_equal(fields.messages[0]->id, 1);
    assert_int_equal(fields.messages[1]->id, 2);
    assert_int_equal(fields.messages[1]->parent_id, 1);
    assert_int_equal(fields.messages[2]->id, 0);
    assert_false(fields.messages[2]->nullable);
    assert_false(fields.schema.fields[0].nullable);
    assert_true(fields.schema.fields[1].nullable);
    assert_false(fields.schema.fields[2].nullable);
    lio_commit_close(commit);
    commits_fields_release(&fields);
}

/* Their columns are not what they seem. */
static void blobs_are_appended_to_blobs_only(void **state)
{
    static uint8_t yes[] = { 't', 'r', 'u', 'e' };
    struct commits *commits = *state;
    Lio__Pb__Field *name = commits->fields.messages[1];
    Lio__Pb__MetadataEntry blob = LIO__PB__METADATA_ENTRY__INIT;
    Lio__Pb__MetadataEntry *entries = &blob;
    struct lio_commit *commit;
    struct lio_error err;

    blob.key = (char *)"lance-encoding:blob";
    blob.has_value = true;
    blob.value = (ProtobufCBinaryData){ sizeof(yes), yes };
    name->metadata = &entries;
    name->n_metadata = 1;
    put_foreign(commits, FIRST, 0, 0);
    assert_int_equal(commits_run(commits, LIO_COMMIT_APPEND, 1), 2);
    name->metadata = NULL;
    name->n_metadata = 0;
    assert_int_equal(lio_commit_open(NULL, commits->table, LIO_COMMIT_APPEND,
                                     NULL, &commit, &err),
                     0);
    assert_int_equal(lio_commit_fields(commit, commits->fields.messages,
                                       &commits->fields.schema, &err),
                     LIO_EINVAL);
    says(&err, "column 'name' is of blobs in the dataset alone");
    lio_commit_close(commit);
}

static void rows_take_over_the_ids_of_the_dataset(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest *manifest;
    struct lio_commit *commit;
    struct lio_error err;

    commits->fields.messages[0]->id = 5;
    commits->fields.messages[0]->has_id = true;
    put_foreign(commits, FIRST, 0, 0);
    commits->fields.messages[0]->id = 0;
    commit = commits_open(commits, LIO_COMMIT_APPEND);
    assert_int_equal(commits->fields.messages[0]->id, 5);
    assert_int_equal(commits_add(commit, 1, &err), 0);
    assert_int_equal(finish(commit, &err), 2);
    manifest = commits_manifest(commits, 2);
    assert_int_equal(manifest->fragments[1]->files[0]->fields[0], 5);
    assert_int_equal(manifest->fragments[1]->files[0]->fields[1], 1);
    lio_manifest_free(manifest);
}

static void rows_that_are_never_null_fit_where_null_is_allowed(void **state)
{
    struct commits *commits = *state;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    commits_fields_release(&commits->fields);
    commits_fields_init(&commits->fields, "id int64, name string");
    assert_int_equal(commits_run(commits, LIO_COMMIT_APPEND, 1), 2);
}

/* -- several writers ----------------------------------------------------- */

static void two_who_append_both_land(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *a, *b;
    Lio__Pb__Manifest *manifest;
    struct lio_error err;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    a = commits_open(commits, LIO_COMMIT_APPEND);
    b = commits_open(commits, LIO_COMMIT_APPEND);
    assert_int_equal(commits_add(a, 10, &err), 0);
    assert_int_equal(commits_add(b, 100, &err), 0);
    assert_int_equal(finish(b, &err), 2);
    assert_int_equal(finish(a, &err), 3);
    manifest = commits_manifest(commits, 3);
    assert_int_equal(manifest->n_fragments, 3);
    assert_int_equal(manifest->fragments[1]->physical_rows, 100);
    assert_int_equal(manifest->fragments[2]->physical_rows, 10);
    assert_int_equal(manifest->fragments[2]->id, 2);
    lio_manifest_free(manifest);
}

/* `second` comes after `first` was committed since it began. */
static void conflicts(struct commits *commits, enum lio_commit_mode first,
                      enum lio_commit_mode second, int code, const char *words)
{
    struct lio_commit *late = commits_open(commits, second);
    struct lio_error err;
    uint64_t version;
    char *before, *after;

    assert_int_equal(commits_add(late, 10, &err), 0);
    version = commits_run(commits, first, 100);
    assert_int_equal(finish(late, &err), code);
    says(&err, words);
    assert_int_equal(commits_rows(commits, version), commits_rows(commits, 0));
    before = commits_list(commits->folder);
    lio_commit_close(commits_open(commits, LIO_COMMIT_APPEND));
    after = commits_list(commits->folder);
    assert_string_equal(before, after);
    assert_int_equal(commits_count(commits, ".lanceio-"), 0);
    free(before);
    free(after);
}

static void what_replaces_is_in_the_way_of_all(void **state)
{
    struct commits *commits = *state;

    conflicts(commits, LIO_COMMIT_CREATE, LIO_COMMIT_CREATE, LIO_EEXIST,
              "another writer has created it meanwhile");
    conflicts(commits, LIO_COMMIT_OVERWRITE, LIO_COMMIT_APPEND, LIO_ECONFLICT,
              "version 2 meanwhile, which made another table of it");
    conflicts(commits, LIO_COMMIT_OVERWRITE, LIO_COMMIT_OVERWRITE,
              LIO_ECONFLICT, "version 3 meanwhile");
    conflicts(commits, LIO_COMMIT_APPEND, LIO_COMMIT_OVERWRITE, LIO_ECONFLICT,
              "version 4 meanwhile, which would be undone: nothing was "
              "changed; begin again");
    assert_int_equal(commits_count(commits, "/data/"), 5);
}

/* What another writer did is not known: it may have been anything. */
static void version_without_transaction_is_in_the_way(void **state)
{
    struct commits *commits = *state;
    Lio__Pb__Manifest manifest = LIO__PB__MANIFEST__INIT;
    struct lio_commit *late;
    struct lio_error err;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    late = commits_open(commits, LIO_COMMIT_APPEND);
    manifest.has_version = true;
    manifest.version = 2;
    commits_put(commits, SECOND, (struct lio_bytes){ 0 }, &manifest);
    assert_int_equal(finish(late, &err), LIO_ECONFLICT);
    says(&err, "what it did cannot be told");
}

/* Version 2 as an older writer makes it: an append that is told in a file of
 * its own, if in any. */
static void put_old_append(struct commits *commits, const char *file)
{
    static const char append[] = { (char)0xa2, 6, 0 };
    Lio__Pb__Manifest manifest = LIO__PB__MANIFEST__INIT;
    char *path;
    FILE *out;

    manifest.has_version = true;
    manifest.version = 2;
    manifest.fields = commits->fields.messages;
    manifest.n_fields = 2;
    manifest.transaction_file = (char *)file;
    commits_put(commits, SECOND, (struct lio_bytes){ 0 }, &manifest);
    assert_true(asprintf(&path, "%s/_transactions/1-old.txn", commits->table) >
                0);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(append, sizeof(append), 1, out), 1);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static void transactions_of_older_writers_are_files(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *late;
    struct lio_error err;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    late = commits_open(commits, LIO_COMMIT_APPEND);
    put_old_append(commits, "1-old.txn");
    if (finish(late, &err) != 3)
        fail_msg("%s", err.msg);
}

static void transactions_elsewhere_are_not_looked_at(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *late;
    struct lio_error err;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    late = commits_open(commits, LIO_COMMIT_APPEND);
    put_old_append(commits, "../_transactions/1-old.txn");
    assert_int_equal(finish(late, &err), LIO_ECONFLICT);
    says(&err, "what it did cannot be told");
}

static void version_that_is_gone_is_in_the_way(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *late;
    struct lio_error err;
    char *path;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    late = commits_open(commits, LIO_COMMIT_APPEND);
    commits_run(commits, LIO_COMMIT_APPEND, 1);
    commits_run(commits, LIO_COMMIT_APPEND, 1);
    assert_int_equal(lio_version_find(commits->table, 2, &path, &err), 0);
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_int_equal(finish(late, &err), LIO_ECONFLICT);
    says(&err, "version 2 meanwhile, and what it did cannot be told");
    assert_int_equal(commits_rows(commits, 0), 3);
}

static void changed_fields_are_in_the_way(void **state)
{
    struct commits *commits = *state;
    /* Operation 109, which drops columns: the fields tell. */
    static const uint8_t project[] = { 0xea, 0x06, 0 };
    Lio__Pb__Manifest manifest = LIO__PB__MANIFEST__INIT;
    struct lio_commit *late;
    struct lio_error err;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    late = commits_open(commits, LIO_COMMIT_APPEND);
    manifest.has_version = manifest.has_transaction_at = true;
    manifest.version = 2;
    manifest.fields = commits->fields.messages;
    manifest.n_fields = 1;
    commits_put(commits, SECOND, (struct lio_bytes){ project, sizeof(project) },
                &manifest);
    assert_int_equal(finish(late, &err), LIO_ECONFLICT);
    says(&err, "with column 'name' changed");
}

/* The message of a transaction that says no more than which operation it is. */
static enum lio_verdict judge_operation(unsigned operation,
                                        enum lio_commit_mode mode)
{
    const uint8_t bytes[3] = { (uint8_t)(0x80 | (operation << 3 & 0x7f) | 2),
                               (uint8_t)(operation >> 4) };

    return lio_transaction_judge((struct lio_bytes){ bytes, 3 }, mode);
}

static void operations_are_judged_by_what_they_leave(void **state)
{
    static const unsigned fine[] = { 100, 101, 103, 104, 105,
                                     107, 108, 109, 110, 111 };
    static const unsigned not_fine[] = { 102, 106, 112, 113, 114, 115, 200 };
    const uint8_t broken[] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        bool keeps_rows = fine[i] == 104 || fine[i] == 107;

        assert_int_equal(judge_operation(fine[i], LIO_COMMIT_APPEND),
                         LIO_VERDICT_FINE);
        assert_int_equal(judge_operation(fine[i], LIO_COMMIT_OVERWRITE),
                         keeps_rows ? LIO_VERDICT_FINE : LIO_VERDICT_CLASH);
    }
    for (size_t i = 0; i < sizeof(not_fine) / sizeof(not_fine[0]); i++) {
        assert_int_equal(judge_operation(not_fine[i], LIO_COMMIT_APPEND),
                         LIO_VERDICT_CLASH);
        assert_int_equal(judge_operation(not_fine[i], LIO_COMMIT_OVERWRITE),
                         LIO_VERDICT_CLASH);
    }
    for (size_t bytes = 0; bytes <= sizeof(broken); bytes++)
        assert_int_equal(
            lio_transaction_judge((struct lio_bytes){ broken, bytes },
                                  LIO_COMMIT_APPEND),
            LIO_VERDICT_CLASH);
}

/* A version that compaction has made: the same rows, in other files. */
static void overwrite_follows_a_compaction(void **state)
{
    static const uint8_t rewrite[] = { 0xc2, 6, 0 };
    struct commits *commits = *state;
    Lio__Pb__Manifest manifest = LIO__PB__MANIFEST__INIT;
    Lio__Pb__DataFormat format = LIO__PB__DATA_FORMAT__INIT;
    struct lio_commit *late;
    struct lio_error err;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    late = commits_open(commits, LIO_COMMIT_OVERWRITE);
    assert_int_equal(commits_add(late, 10, &err), 0);
    format.name = (char *)"lance";
    format.version = (char *)"2.2";
    manifest.data_format = &format;
    manifest.fields = commits->fields.messages;
    manifest.n_fields = commits->fields.schema.nfields;
    manifest.has_version = manifest.has_transaction_at = true;
    manifest.version = 2;
    commits_put(commits, SECOND, (struct lio_bytes){ rewrite, sizeof(rewrite) },
                &manifest);
    if (finish(late, &err) != 3)
        fail_msg("%s", err.msg);
    assert_int_equal(commits_rows(commits, 3), 10);
}

/* -- giving up ----------------------------------------------------------- */

static void abandoned_commit_leaves_nothing(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *commit = commits_open(commits, LIO_COMMIT_CREATE);
    char *before, *after;
    struct lio_error err;

    assert_int_equal(commits_add(commit, 1, &err), 0);
    lio_commit_close(commit);
    before = commits_list(commits->folder);
    assert_string_equal(before, "");
    free(before);

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    before = commits_list(commits->folder);
    commit = commits_open(commits, LIO_COMMIT_APPEND);
    assert_int_equal(commits_add(commit, 1, &err), 0);
    assert_int_equal(commits_add(commit, 1, &err), 0);
    lio_commit_close(commit);
    after = commits_list(commits->folder);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

int main(void)
{
#define COMMIT_TEST(name)                                                      \
    cmocka_unit_test_setup_teardown(name, commits_setup, commits_teardown)
    const struct CMUnitTest tests[] = {
        COMMIT_TEST(first_version_is_complete),
        COMMIT_TEST(only_leaves_have_columns_but_in_2_0),
        COMMIT_TEST(version_without_rows_has_no_fragment),
        COMMIT_TEST(appended_rows_come_behind),
        COMMIT_TEST(overwritten_rows_are_in_the_old_version),
        COMMIT_TEST(append_keeps_what_it_does_not_know),
        COMMIT_TEST(overwrite_keeps_settings_but_no_indices),
        COMMIT_TEST(names_of_manifests_stay_as_they_are),
        COMMIT_TEST(rows_get_stable_ids_where_all_have_them),
        COMMIT_TEST(no_transaction_file_is_made_where_none_is_wanted),
        COMMIT_TEST(each_mode_has_its_condition),
        COMMIT_TEST(folders_of_others_are_not_written_to),
        COMMIT_TEST(empty_folder_can_become_a_dataset),
        COMMIT_TEST(folder_above_must_be_there),
        COMMIT_TEST(format_must_exist_and_go_with_the_dataset),
        COMMIT_TEST(unknown_writer_flags_are_refused),
        COMMIT_TEST(manifest_of_another_version_is_refused),
        COMMIT_TEST(fields_that_do_not_fit_are_named),
        COMMIT_TEST(fields_may_come_in_another_order_or_not_at_all),
        COMMIT_TEST(blobs_are_appended_to_blobs_only),
        COMMIT_TEST(rows_take_over_the_ids_of_the_dataset),
        COMMIT_TEST(rows_that_are_never_null_fit_where_null_is_allowed),
        COMMIT_TEST(two_who_append_both_land),
        COMMIT_TEST(what_replaces_is_in_the_way_of_all),
        COMMIT_TEST(version_without_transaction_is_in_the_way),
        COMMIT_TEST(transactions_of_older_writers_are_files),
        COMMIT_TEST(transactions_elsewhere_are_not_looked_at),
        COMMIT_TEST(version_that_is_gone_is_in_the_way),
        COMMIT_TEST(changed_fields_are_in_the_way),
        COMMIT_TEST(operations_are_judged_by_what_they_leave),
        COMMIT_TEST(overwrite_follows_a_compaction),
        COMMIT_TEST(abandoned_commit_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
