/*
 * The manifest of the next version:
 *
 *     u32 length, index section         as in the last one; not if the rows
 *                                       are replaced
 *     u32 length, transaction
 *     u32 length, Manifest message      <- position
 *     u64 position | u16 0 | u16 2 | "LANC"
 *
 * The message is the one before with what changes put over it, so all that this
 * version does not know stays as it is.  It shares its parts with the one
 * before: nothing is copied, and nothing but the lists made here is freed.
 */
#include "column/write/change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "column/manifest.h"

#define FOOTER_BYTES 16
#define FOOTER_MINOR 2
#define LIBRARY      "lanceio"
#define FORMAT_NAME  "lance"

/* What the new message points to. */
struct parts {
    Lio__Pb__DataFragment **fragments;
    Lio__Pb__Timestamp timestamp;
    Lio__Pb__WriterVersion writer;
    Lio__Pb__DataFormat format;
    char *transaction_file;
};

/* -- fragments ----------------------------------------------------------- */

/* The highest id used so far; false if none was. */
static bool last_fragment_id(const Lio__Pb__Manifest *manifest,
                             uint64_t *ret_id)
{
    uint64_t last = 0;

    if (manifest->has_max_fragment_id)
        last = manifest->max_fragment_id;
    for (size_t i = 0; i < manifest->n_fragments; i++)
        if (manifest->fragments[i]->id > last)
            last = manifest->fragments[i]->id;
    *ret_id = last;
    return manifest->has_max_fragment_id || manifest->n_fragments > 0;
}

static int number_fragments(const char *path, const struct lio_base *base,
                            const struct lio_change *change,
                            Lio__Pb__Manifest *next, struct lio_error *err)
{
    uint64_t id = 0;

    if (base->manifest && last_fragment_id(base->manifest, &id))
        id++;
    if (id + change->nfragments > UINT32_MAX)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: its fragments have used up all ids", path);
    for (size_t i = 0; i < change->nfragments; i++) {
        change->fragments[i]->has_id = id > 0;
        change->fragments[i]->id = id++;
    }
    if (change->nfragments > 0) {
        next->has_max_fragment_id = true;
        next->max_fragment_id = (uint32_t)(id - 1);
    }
    return 0;
}

/* The old ones, unless they are replaced, and the new ones. */
static int list_fragments(const struct lio_base *base,
                          const struct lio_change *change, struct parts *parts,
                          Lio__Pb__Manifest *next)
{
    bool keep = base->manifest && change->mode == LIO_COMMIT_APPEND;
    size_t nold = keep ? base->manifest->n_fragments : 0;

    parts->fragments =
        calloc(nold + change->nfragments + 1, sizeof(*parts->fragments));
    if (!parts->fragments)
        return LIO_ENOMEM;
    if (nold > 0)
        memcpy(parts->fragments, base->manifest->fragments,
               nold * sizeof(*parts->fragments));
    if (change->nfragments > 0)
        memcpy(parts->fragments + nold, change->fragments,
               change->nfragments * sizeof(*parts->fragments));
    next->fragments = parts->fragments;
    next->n_fragments = nold + change->nfragments;
    return 0;
}

/* -- stable row ids ------------------------------------------------------ */

static int pack_into(const ProtobufCMessage *message, protobuf_c_boolean *has,
                     ProtobufCBinaryData *bytes)
{
    size_t n = protobuf_c_message_get_packed_size(message);
    uint8_t *data = malloc(n > 0 ? n : 1);

    if (!data)
        return LIO_ENOMEM;
    free(bytes->data); /* of an earlier try */
    bytes->data = data;
    bytes->len = protobuf_c_message_pack(message, data);
    *has = true;
    return 0;
}

static Lio__Pb__IdRange range_of(uint64_t start, uint64_t end)
{
    Lio__Pb__IdRange range = LIO__PB__ID_RANGE__INIT;

    range.has_start = start > 0;
    range.start = start;
    range.has_end = true;
    range.end = end;
    return range;
}

/* Rows `first_id` and following; all of them were made in `version`. */
static int number_rows(Lio__Pb__DataFragment *fragment, uint64_t first_id,
                       uint64_t version)
{
    Lio__Pb__IdRange ids =
        range_of(first_id, first_id + fragment->physical_rows);
    Lio__Pb__IdRange places = range_of(0, fragment->physical_rows);
    Lio__Pb__IdSegment id_segment = LIO__PB__ID_SEGMENT__INIT;
    Lio__Pb__IdSegment place_segment = LIO__PB__ID_SEGMENT__INIT;
    Lio__Pb__IdSegment *segments = &id_segment;
    Lio__Pb__IdSequence row_ids = LIO__PB__ID_SEQUENCE__INIT;
    Lio__Pb__RowVersionRun run = LIO__PB__ROW_VERSION_RUN__INIT;
    Lio__Pb__RowVersionRun *runs = &run;
    Lio__Pb__RowVersions versions = LIO__PB__ROW_VERSIONS__INIT;
    int rc;

    id_segment.segment_case = LIO__PB__ID_SEGMENT__SEGMENT_RANGE;
    id_segment.range = &ids;
    row_ids.segments = &segments;
    row_ids.n_segments = 1;
    place_segment.segment_case = LIO__PB__ID_SEGMENT__SEGMENT_RANGE;
    place_segment.range = &places;
    run.rows = &place_segment;
    run.has_version = true;
    run.version = version;
    versions.runs = &runs;
    versions.n_runs = 1;
    rc = pack_into(&row_ids.base, &fragment->has_row_ids, &fragment->row_ids);
    if (rc == 0)
        rc = pack_into(&versions.base, &fragment->has_updated_versions,
                       &fragment->updated_versions);
    if (rc == 0)
        rc = pack_into(&versions.base, &fragment->has_created_versions,
                       &fragment->created_versions);
    return rc;
}

static int number_all_rows(const struct lio_change *change,
                           Lio__Pb__Manifest *next)
{
    int rc = 0;

    if (!(next->reader_flags & LIO_FEATURE_STABLE_ROW_IDS))
        return 0;
    for (size_t i = 0; i < change->nfragments && rc == 0; i++) {
        rc =
            number_rows(change->fragments[i], next->next_row_id, next->version);
        next->next_row_id += change->fragments[i]->physical_rows;
        next->has_next_row_id = true;
    }
    return rc;
}

/* -- the message --------------------------------------------------------- */

static void set_format(const struct lio_change *change, struct parts *parts,
                       Lio__Pb__Manifest *next)
{
    if (change->mode == LIO_COMMIT_APPEND && next->data_format)
        return;
    lio__pb__data_format__init(&parts->format);
    parts->format.name = (char *)FORMAT_NAME;
    parts->format.version = (char *)change->format;
    next->data_format = &parts->format;
}

/* Other rows, other fields; what is set for the table as such stays. */
static void replace(const struct lio_change *change, Lio__Pb__Manifest *next)
{
    next->fields = change->fields;
    next->n_fields = change->nfields;
    next->n_schema_metadata = 0;
    next->reader_flags &= ~(uint64_t)LIO_FEATURE_DELETIONS;
    next->writer_flags &= ~(uint64_t)LIO_FEATURE_DELETIONS;
}

static void sign(struct parts *parts, Lio__Pb__Manifest *next)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    lio__pb__timestamp__init(&parts->timestamp);
    parts->timestamp.has_seconds = true;
    parts->timestamp.seconds = now.tv_sec;
    parts->timestamp.has_nanos = now.tv_nsec > 0;
    parts->timestamp.nanos = (int32_t)now.tv_nsec;
    next->timestamp = &parts->timestamp;
    lio__pb__writer_version__init(&parts->writer);
    parts->writer.library = (char *)LIBRARY;
    parts->writer.version = (char *)lio_version();
    next->writer_version = &parts->writer;
}

static int name_transaction(const struct lio_change *change,
                            struct parts *parts, Lio__Pb__Manifest *next)
{
    next->transaction_file = NULL;
    if (next->writer_flags & LIO_FEATURE_NO_TRANSACTION_FILES)
        return 0;
    if (asprintf(&parts->transaction_file, "%" PRIu64 "-%s.txn",
                 change->read_version, change->id) < 0) {
        parts->transaction_file = NULL;
        return LIO_ENOMEM;
    }
    next->transaction_file = parts->transaction_file;
    return 0;
}

static int build(const char *path, const struct lio_base *base,
                 const struct lio_change *change, struct parts *parts,
                 Lio__Pb__Manifest *next, struct lio_error *err)
{
    int rc;

    if (base->manifest)
        *next = *base->manifest;
    else
        lio__pb__manifest__init(next);
    next->has_version = true;
    next->version++;
    /* These belong to one version, and are not handed on. */
    next->has_aux_data_at = false;
    next->tag = NULL;
    if (change->mode != LIO_COMMIT_APPEND)
        replace(change, next);
    set_format(change, parts, next);
    sign(parts, next);
    rc = number_fragments(path, base, change, next, err);
    if (rc < 0)
        return rc;
    if (list_fragments(base, change, parts, next) < 0 ||
        number_all_rows(change, next) < 0 ||
        name_transaction(change, parts, next) < 0)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for its manifest",
                             path);
    return 0;
}

/* -- the file ------------------------------------------------------------ */

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
}

static uint8_t *put_section(uint8_t *at, struct lio_bytes section)
{
    at = put_u32(at, (uint32_t)section.bytes);
    if (section.bytes > 0)
        memcpy(at, section.data, section.bytes);
    return at + section.bytes;
}

static void put_footer(uint8_t *at, uint64_t position)
{
    const uint16_t minor = FOOTER_MINOR;

    memset(at, 0, FOOTER_BYTES);
    memcpy(at, &position, sizeof(position));
    memcpy(at + 10, &minor, sizeof(minor));
    memcpy(at + 12, "LANC", 4);
}

/* Sets where the sections are going to be; returns where they end. */
static uint64_t place_sections(struct lio_bytes indices,
                               struct lio_packed transaction,
                               Lio__Pb__Manifest *next)
{
    uint64_t at = 0;

    next->has_indices_at = indices.bytes > 0;
    next->indices_at = at;
    if (indices.bytes > 0)
        at += sizeof(uint32_t) + indices.bytes;
    next->has_transaction_at = true;
    next->transaction_at = at;
    return at + sizeof(uint32_t) + transaction.bytes;
}

static int pack_file(struct lio_bytes indices, struct lio_packed transaction,
                     Lio__Pb__Manifest *next, struct lio_packed *ret_file)
{
    uint64_t at = place_sections(indices, transaction, next);
    size_t bytes = lio__pb__manifest__get_packed_size(next);
    size_t whole = at + sizeof(uint32_t) + bytes + FOOTER_BYTES;
    uint8_t *data, *end;

    if (bytes > UINT32_MAX || !(data = malloc(whole)))
        return LIO_ENOMEM;
    end = data;
    if (indices.bytes > 0)
        end = put_section(end, indices);
    end = put_section(
        end, (struct lio_bytes){ transaction.data, transaction.bytes });
    end = put_u32(end, (uint32_t)bytes);
    end += lio__pb__manifest__pack(next, end);
    put_footer(end, at);
    *ret_file = (struct lio_packed){ data, whole };
    return 0;
}

int lio_next_manifest(const char *path, const struct lio_base *base,
                      const struct lio_change *change,
                      struct lio_packed transaction,
                      struct lio_packed *ret_file, struct lio_error *err)
{
    const struct lio_bytes none = { 0 };
    struct parts parts = { 0 };
    Lio__Pb__Manifest next;
    int rc = build(path, base, change, &parts, &next, err);

    if (rc == 0 &&
        pack_file(change->mode == LIO_COMMIT_APPEND ? base->indices : none,
                  transaction, &next, ret_file) < 0)
        rc = lio_error_set(err, LIO_ENOMEM, "%s: no memory for its manifest",
                           path);
    free(parts.fragments);
    free(parts.transaction_file);
    return rc;
}
