/*
 * page buffers | schema | column metadata | their table | the schema's | footer
 */
#include "fuzz/parts.h"

#include "column/proto.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <stdlib.h>

#define SCHEMA_PADDING 64 /* writers may align what follows the schema */

/* -- taking apart -------------------------------------------------------- */

/* What entry `number` of a table points at, if that is in the file. */
static struct lio_bytes entry(struct lio_bytes file, uint64_t table,
                              uint32_t number)
{
    struct lio_cursor cur = lio_cursor_over(
        file.data + table, LIO_TABLE_ENTRY_BYTES * ((size_t)number + 1));
    uint64_t at, bytes;

    (void)lio_cursor_take(&cur, (size_t)number * LIO_TABLE_ENTRY_BYTES);
    at = lio_cursor_u64(&cur);
    bytes = lio_cursor_u64(&cur);
    if (!lio_range_fits(at, bytes, file.bytes))
        return (struct lio_bytes){ 0 };
    return (struct lio_bytes){ file.data + at, (size_t)bytes };
}

static bool take_schema(struct lio_bytes file, const struct lio_footer *footer,
                        struct parts *parts)
{
    struct lio_bytes bytes;
    ProtobufCMessage *message;
    size_t at;

    if (footer->nglobals == 0)
        return false;
    bytes = entry(file, footer->global_table_at, 0);
    if (!bytes.data || lio_proto_unpack(&lio__pb__file_descriptor__descriptor,
                                        bytes, &message) < 0)
        return false;
    parts->schema = (Lio__Pb__FileDescriptor *)message;
    /* What comes of it is put behind the buffers again: without this the file
     * would grow by a schema each time. */
    at = (size_t)(bytes.data - file.data);
    if (at <= parts->ndata && parts->ndata - at <= bytes.bytes + SCHEMA_PADDING)
        parts->ndata = at;
    return true;
}

static bool take_columns(struct lio_bytes file, const struct lio_footer *footer,
                         struct parts *parts)
{
    parts->columns =
        calloc((size_t)footer->ncolumns + 1, sizeof(*parts->columns));
    for (uint32_t i = 0; i < footer->ncolumns; i++) {
        struct lio_bytes bytes = entry(file, footer->column_table_at, i);
        ProtobufCMessage *message;

        if (!bytes.data ||
            lio_proto_unpack(&lio__pb__column_metadata__descriptor, bytes,
                             &message) < 0)
            return false;
        parts->columns[parts->ncolumns++] = (Lio__Pb__ColumnMetadata *)message;
    }
    return true;
}

bool parts_take(const uint8_t *bytes, size_t nbytes, struct parts *ret_parts)
{
    const struct lio_bytes file = { bytes, nbytes };
    struct lio_bytes tail = file;
    struct parts parts = { 0 };
    struct lio_footer footer;

    if (nbytes < LIO_FOOTER_BYTES)
        return false;
    tail.data += nbytes - LIO_FOOTER_BYTES;
    tail.bytes = LIO_FOOTER_BYTES;
    if (lio_footer_parse("input", nbytes, tail, &footer, NULL) < 0)
        return false;
    parts.format = footer.format;
    parts.ndata = (size_t)footer.column_meta_at;
    if (!take_schema(file, &footer, &parts) ||
        !take_columns(file, &footer, &parts)) {
        parts_release(&parts);
        return false;
    }
    parts.data = malloc(parts.ndata + 1);
    memcpy(parts.data, bytes, parts.ndata);
    *ret_parts = parts;
    return true;
}

void parts_release(struct parts *parts)
{
    for (uint32_t i = 0; i < parts->ncolumns; i++)
        protobuf_c_message_free_unpacked(&parts->columns[i]->base, NULL);
    if (parts->schema)
        protobuf_c_message_free_unpacked(&parts->schema->base, NULL);
    free(parts->columns);
    free(parts->data);
}

/* -- putting together ---------------------------------------------------- */

static uint8_t *put_u64(uint8_t *to, uint64_t number)
{
    memcpy(to, &number, sizeof(number));
    return to + sizeof(number);
}

static size_t packed_bytes(const struct parts *parts)
{
    size_t bytes = protobuf_c_message_get_packed_size(&parts->schema->base);

    for (uint32_t i = 0; i < parts->ncolumns; i++)
        bytes += protobuf_c_message_get_packed_size(&parts->columns[i]->base);
    return bytes;
}

size_t parts_join(const struct parts *parts, uint8_t *to, size_t max)
{
    size_t tables = LIO_TABLE_ENTRY_BYTES * ((size_t)parts->ncolumns + 1);
    size_t bytes =
        parts->ndata + packed_bytes(parts) + tables + LIO_FOOTER_BYTES;
    struct lio_footer footer = { .format = parts->format,
                                 .ncolumns = parts->ncolumns,
                                 .nglobals = 1 };
    uint8_t *table = to + (bytes - LIO_FOOTER_BYTES - tables), *next = table;
    size_t at = parts->ndata, n;

    if (bytes > max)
        return 0;
    memcpy(to, parts->data, at);
    n = protobuf_c_message_pack(&parts->schema->base, to + at);
    (void)put_u64(put_u64(table + tables - LIO_TABLE_ENTRY_BYTES, at), n);
    footer.column_meta_at = at += n;
    for (uint32_t i = 0; i < parts->ncolumns; i++) {
        n = protobuf_c_message_pack(&parts->columns[i]->base, to + at);
        next = put_u64(put_u64(next, at), n);
        at += n;
    }
    footer.column_table_at = at;
    footer.global_table_at = (uint64_t)(next - to);
    lio_footer_pack(&footer, next + LIO_TABLE_ENTRY_BYTES);
    return bytes;
}
