/*
 * Manifests: files that are read from their end.
 *
 *     sections not needed here
 *     u32 length, Manifest message      <- position
 *     u64 position | u16 major | u16 minor | "LANC"
 */
#include "column/manifest.h"

#include "column/proto.h"

#include "common/checked.h"
#include "common/cursor.h"
#include "common/sentence.h"

#include <inttypes.h>

#define MANIFEST_FOOTER 16
#define READ_AT_ONCE    (64u << 10)

/* Later features, which must be refused, but by name. */
enum later_feature {
    FEATURE_OVERLAYS = 64,
    FEATURE_COVERED_INDICES = 128,
    FEATURE_MIXED_FILE_VERSIONS = 256
};

#define FEATURES_KNOWN                                                         \
    (LIO_FEATURE_DELETIONS | LIO_FEATURE_STABLE_ROW_IDS |                      \
     LIO_FEATURE_V2_FORMAT | LIO_FEATURE_TABLE_CONFIG |                        \
     LIO_FEATURE_BASE_PATHS | LIO_FEATURE_NO_TRANSACTION_FILES)

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
    rc = lio_source_read_metadata(&read, 1, err);
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

static const char *flag_name(uint64_t flag)
{
    switch (flag) {
    case FEATURE_OVERLAYS:
        return " (overlays)";
    case FEATURE_COVERED_INDICES:
        return " (covered indices)";
    case FEATURE_MIXED_FILE_VERSIONS:
        return " (mixed file versions)";
    default:
        return "";
    }
}

/* Who does not know a flag may misread the table, or spoil it. */
static int check_flags(const char *name, const char *whose, uint64_t flags,
                       struct lio_error *err)
{
    uint64_t unknown = flags & ~(uint64_t)FEATURES_KNOWN;
    struct lio_sentence text;

    if (unknown == 0)
        return 0;
    lio_sentence_init(&text);
    for (; unknown != 0; unknown &= unknown - 1) {
        uint64_t flag = unknown & -unknown;

        lio_sentence_add(&text, "%s%" PRIu64 "%s", text.len > 0 ? ", " : "",
                         flag, flag_name(flag));
    }
    return lio_error_set(err, LIO_EUNSUPPORTED,
                         "%s: the table needs features that this version does "
                         "not support: %s flags %s",
                         name, whose, text.text);
}

int lio_manifest_writable(const char *name, const Lio__Pb__Manifest *manifest,
                          struct lio_error *err)
{
    return check_flags(name, "writer", manifest->writer_flags, err);
}

int lio_manifest_section(struct lio_source *source, uint64_t at,
                         struct lio_mem **ret_section, struct lio_error *err)
{
    uint64_t end = lio_source_size(source);
    struct lio_mem *length;
    uint32_t bytes;
    int rc = read_into(source, at, sizeof(bytes), &length, err);

    if (rc < 0)
        return rc;
    bytes = lio_load_u32(length->data);
    lio_mem_put(length);
    at += sizeof(bytes);
    if (!lio_range_fits(at, bytes, end))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the section of %" PRIu32
                             " bytes at byte %" PRIu64
                             " runs past the end of the file",
                             lio_source_name(source), bytes, at);
    return read_into(source, at, bytes, ret_section, err);
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
        rc = check_flags(lio_source_name(source), "reader",
                         manifest->reader_flags, err);
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
