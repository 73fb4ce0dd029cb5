/*
 * Manifests, and manifests that are broken.
 */
#include "column/manifest.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

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
    static const uint8_t several[] = { 3, 0, 0, 0,   0x48, 0xc0, 0x09, 0,
                                       0, 0, 0, 0,   0,    0,    0,    0,
                                       0, 2, 0, 'L', 'A',  'N',  'C' };
    uint8_t bytes[sizeof(good)];

    (void)state;
    memcpy(bytes, good, sizeof(good));
    bytes[4] = 0x48;
    bytes[5] = 0x40;
    refused(bytes, sizeof(bytes), LIO_EUNSUPPORTED, "flags 64 (overlays)");
    refused(several, sizeof(several), LIO_EUNSUPPORTED,
            "flags 64 (overlays), 128 (covered indices), 1024");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_manifest_is_read),
        cmocka_unit_test(long_manifest_is_read),
        cmocka_unit_test(broken_manifests_are_found),
        cmocka_unit_test(unknown_reader_flags_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
