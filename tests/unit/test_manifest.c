/*
 * Manifests: which is the latest, and manifests that are broken.
 */
#include "column/manifest.h"

#include "support/temp_dir.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static int setup(void **state)
{
    char *dir = temp_dir_make(), *versions;

    if (!dir || asprintf(&versions, "%s/_versions", dir) < 0)
        return -1;
    *state = dir;
    if (mkdir(versions, 0700) < 0)
        return -1;
    free(versions);
    return 0;
}

static int teardown(void **state)
{
    temp_dir_remove(*state);
    return 0;
}

static void add(const char *dir, const char *name)
{
    char *path;
    FILE *out;

    assert_true(asprintf(&path, "%s/_versions/%s", dir, name) >= 0);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static void latest_is(const char *dir, const char *name)
{
    struct lio_error err;
    char *path;

    if (lio_manifest_find(dir, &path, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(strrchr(path, '/') + 1, name);
    free(path);
}

static void v1_names_count_upwards(void **state)
{
    add(*state, "2.manifest");
    add(*state, "10.manifest");
    add(*state, "9.manifest");
    latest_is(*state, "10.manifest");
}

static void v2_names_count_downwards(void **state)
{
    add(*state, "18446744073709551613.manifest");
    add(*state, "18446744073709551605.manifest");
    add(*state, "18446744073709551614.manifest");
    latest_is(*state, "18446744073709551605.manifest");
}

static void other_files_are_no_versions(void **state)
{
    add(*state, "d99.manifest");
    add(*state, "99.manifest.tmp");
    add(*state, "99");
    add(*state, ".manifest");
    add(*state, "latest_version_hint.json");
    add(*state, "99999999999999999999999.manifest");
    add(*state, "3.manifest");
    latest_is(*state, "3.manifest");
}

static void directory_without_versions_is_said(void **state)
{
    struct lio_error err;
    char *path = NULL, *nowhere;

    assert_int_equal(lio_manifest_find(*state, &path, &err), LIO_ENOTFOUND);
    assert_non_null(strstr(err.msg, "holds no manifest"));
    assert_true(asprintf(&nowhere, "%s/nowhere", (char *)*state) >= 0);
    assert_int_equal(lio_manifest_find(nowhere, &path, &err), LIO_ENOTFOUND);
    assert_non_null(strstr(err.msg, "not a Lance dataset"));
    assert_null(path);
    free(nowhere);
}

/* -- contents ------------------------------------------------------------ */

/* Version 5; then the footer. */
static const uint8_t good[] = { 2, 0, 0, 0, 0x18, 5, 0, 0,   0,   0,   0,
                                0, 0, 0, 0, 0,    2, 0, 'L', 'A', 'N', 'C' };

static int read_bytes(const uint8_t *bytes, size_t nbytes,
                      Lio__Pb__Manifest **ret_manifest, struct lio_error *err)
{
    struct lio_source *source;
    int rc;

    assert_int_equal(
        lio_source_over("5.manifest", bytes, nbytes, &source, NULL), 0);
    rc = lio_manifest_read(source, ret_manifest, err);
    lio_source_close(source);
    return rc;
}

static void refused(const uint8_t *bytes, size_t nbytes, int code,
                    const char *words)
{
    Lio__Pb__Manifest *manifest = NULL;
    struct lio_error err;

    assert_int_equal(read_bytes(bytes, nbytes, &manifest, &err), code);
    assert_null(manifest);
    if (!strstr(err.msg, words) || !strstr(err.msg, "5.manifest"))
        fail_msg("'%s' does not say '%s'", err.msg, words);
}

static void good_manifest_is_read(void **state)
{
    Lio__Pb__Manifest *manifest;
    struct lio_error err;

    (void)state;
    assert_int_equal(read_bytes(good, sizeof(good), &manifest, &err), 0);
    assert_int_equal(manifest->version, 5);
    lio_manifest_free(manifest);
}

/* The message lies before the last 64 KiB, which are read first. */
static void long_manifest_is_read(void **state)
{
    size_t nmessage = 100000, n = 4 + 2 + 5 + nmessage + 16;
    uint8_t *bytes = calloc(1, n);
    Lio__Pb__Manifest *manifest;
    uint32_t length = (uint32_t)(2 + 5 + nmessage);
    struct lio_error err;

    (void)state;
    memcpy(bytes, &length, 4);
    memcpy(bytes + 4, "\x18\x07", 2);
    /* An unknown field 99 of 100,000 bytes. */
    memcpy(bytes + 6, "\x9a\x06\xa0\x8d\x06", 5);
    memcpy(bytes + n - 4, "LANC", 4);
    assert_int_equal(read_bytes(bytes, n, &manifest, &err), 0);
    assert_int_equal(manifest->version, 7);
    lio_manifest_free(manifest);
    free(bytes);
}

static void broken_manifests_are_found(void **state)
{
    uint8_t bytes[sizeof(good)];

    (void)state;
    memcpy(bytes, good, sizeof(good));
    refused(bytes, 15, LIO_ECORRUPT, "15 bytes cannot hold a manifest");
    bytes[sizeof(bytes) - 1] = 'X';
    refused(bytes, sizeof(bytes), LIO_ECORRUPT, "is not a manifest");
    memcpy(bytes, good, sizeof(good));
    bytes[6] = 3; /* the position: too near to the end for a length */
    refused(bytes, sizeof(bytes), LIO_ECORRUPT, "said to be at byte 3");
    bytes[13] = 0xff;
    refused(bytes, sizeof(bytes), LIO_ECORRUPT, "said to be at byte");
    memcpy(bytes, good, sizeof(good));
    bytes[0] = 3;
    refused(bytes, sizeof(bytes), LIO_ECORRUPT, "manifest of 3 bytes runs");
    memcpy(bytes, good, sizeof(good));
    bytes[4] = 0x1b; /* a wire type that does not exist */
    refused(bytes, sizeof(bytes), LIO_ECORRUPT, "message is damaged");
}

static void unknown_reader_flags_are_refused(void **state)
{
    uint8_t bytes[sizeof(good)];

    (void)state;
    memcpy(bytes, good, sizeof(good));
    bytes[4] = 0x48;
    bytes[5] = 0x40;
    refused(bytes, sizeof(bytes), LIO_EUNSUPPORTED, "flags 0x40");
    bytes[5] = 0x10; /* base paths */
    refused(bytes, sizeof(bytes), LIO_EUNSUPPORTED, "flags 0x10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(v1_names_count_upwards, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(v2_names_count_downwards, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_files_are_no_versions, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(directory_without_versions_is_said,
                                        setup, teardown),
        cmocka_unit_test(good_manifest_is_read),
        cmocka_unit_test(long_manifest_is_read),
        cmocka_unit_test(broken_manifests_are_found),
        cmocka_unit_test(unknown_reader_flags_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
