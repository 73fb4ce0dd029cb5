/*
 * The metadata of a column of a data file:
 *
 *     column     how its values are put together (blobs), pages
 *     page       rows, buffers in the file, how they are encoded
 *
 * All counts and places are checked here, against the file and each other.
 */
#include "column/data_file.h"

#include "column/borrowed.h"
#include "column/data_any.h"
#include "column/proto.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <inttypes.h>
#include <stdlib.h>

/* Where in a file something is, for messages. */
struct where {
    struct lio_data_file *file;
    const char *column;
    const Lio__Pb__ColumnMetadata *metadata;
    uint64_t page;
};

LIO_PRINTF(4, 5)
static int broken_page(const struct where *where, int code,
                       struct lio_error *err, const char *fmt, ...)
{
    char what[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return lio_error_set(err, code, "%s: column '%s', page %" PRIu64 ": %s",
                         lio_source_name(where->file->source), where->column,
                         where->page, what);
}

/* -- pages --------------------------------------------------------------- */

static int parse_encoding(const struct where *where,
                          const Lio__Pb__Encoding *encoding,
                          struct lio_page *page, struct lio_error *err)
{
    ProtobufCMessage *message;
    int rc;

    if (where->file->footer.format == LIO_FORMAT_20)
        rc = lio_any_unpack(where->file, encoding,
                            "/lance.encodings.ArrayEncoding",
                            &lio__pb__array_encoding__descriptor, &message);
    else
        rc = lio_any_unpack(where->file, encoding,
                            "/lance.encodings21.PageLayout",
                            &lio__pb__page_layout__descriptor, &message);
    if (rc < 0)
        return broken_page(where, rc, err,
                           rc == LIO_ENOMEM ? "no memory for its encoding"
                           : rc == LIO_ECORRUPT
                               ? "its encoding is damaged"
                               : "its encoding cannot be read");
    if (where->file->footer.format == LIO_FORMAT_20)
        page->array = (Lio__Pb__ArrayEncoding *)message;
    else
        page->layout = (Lio__Pb__PageLayout *)message;
    page->description = lio_page_describe(page);
    if (!page->description)
        return broken_page(where, LIO_ENOMEM, err, "no memory to describe it");
    return 0;
}

/* -- pages --------------------------------------------------------------- */

/* The buffers must lie before the metadata, and may not be more together: that
 * bounds what reading a page allocates. */
static int parse_buffers(const struct where *where,
                         const Lio__Pb__ColumnPage *message,
                         struct lio_page *page, struct lio_error *err)
{
    uint64_t end = where->file->footer.column_meta_at, sum = 0;

    if (message->n_buffer_at != message->n_buffer_bytes ||
        message->n_buffer_at > LIO_PAGE_BUFFERS_MAX)
        return broken_page(where, LIO_ECORRUPT, err,
                           "%zu positions and %zu sizes of buffers",
                           message->n_buffer_at, message->n_buffer_bytes);
    page->buffers = calloc(message->n_buffer_at + 1, sizeof(*page->buffers));
    if (!page->buffers)
        return broken_page(where, LIO_ENOMEM, err, "no memory for it");
    page->nbuffers = (uint32_t)message->n_buffer_at;
    for (uint32_t i = 0; i < page->nbuffers; i++) {
        struct lio_buffer_info *buffer = &page->buffers[i];

        buffer->offset = message->buffer_at[i];
        buffer->bytes = message->buffer_bytes[i];
        if (!lio_range_fits(buffer->offset, buffer->bytes, end) ||
            buffer->bytes > end - sum)
            return broken_page(where, LIO_ECORRUPT, err,
                               "buffer %" PRIu32 ", %" PRIu64
                               " bytes at byte %" PRIu64
                               ", runs past byte %" PRIu64,
                               i, buffer->bytes, buffer->offset, end);
        sum += buffer->bytes;
    }
    return 0;
}

/* Where the items of a page of lists are. */
static int count_items(const struct where *where, struct lio_page *page,
                       struct lio_column *column, struct lio_error *err)
{
    uint64_t items = lio_page_items(page);

    if (items > (uint64_t)INT64_MAX - column->items)
        return broken_page(where, LIO_ECORRUPT, err, "%" PRIu64 " items",
                           items);
    page->first_item = column->items;
    column->items += items;
    return 0;
}

/* Buffers that are not the page's own. */
static int borrow_buffers(const struct where *where, struct lio_page *page,
                          struct lio_error *err)
{
    const struct lio_data_file *file = where->file;
    const struct lio_footer *footer = &file->footer;
    const struct lio_lenders lenders = {
        .column = where->metadata,
        .globals = { file->tail->data +
                         (footer->global_table_at - file->tail_at),
                     footer->nglobals * (size_t)LIO_TABLE_ENTRY_BYTES },
        .end = footer->column_meta_at,
    };
    const char *why;
    int rc = page->array ? lio_page_borrow(page, &lenders, &why) : 0;

    return rc < 0 ? broken_page(where, rc, err, "%s", why) : 0;
}

static int parse_page(const struct where *where,
                      const Lio__Pb__ColumnPage *message,
                      struct lio_column *column, struct lio_error *err)
{
    struct lio_page *page = &column->pages[where->page];
    int rc;

    page->first_row = column->rows;
    page->rows = message->rows;
    if (page->rows > (uint64_t)INT64_MAX - column->rows)
        return broken_page(where, LIO_ECORRUPT, err, "%" PRIu64 " rows",
                           page->rows);
    column->rows += page->rows;
    rc = parse_buffers(where, message, page, err);
    if (rc == 0)
        rc = parse_encoding(where, message->encoding, page, err);
    if (rc == 0)
        rc = borrow_buffers(where, page, err);
    if (rc < 0)
        return rc;
    column->blob |= lio_page_is_blob(page);
    lio_page_unwrap(page);
    return count_items(where, page, column, err);
}

/* -- columns ------------------------------------------------------------- */

/* -- columns ------------------------------------------------------------- */

static int metadata_bytes(const struct lio_data_file *file, uint32_t column,
                          const char *name, struct lio_bytes *ret_bytes,
                          struct lio_error *err)
{
    const struct lio_footer *footer = &file->footer;
    uint64_t entry_at =
        footer->column_table_at + (uint64_t)column * LIO_TABLE_ENTRY_BYTES;
    struct lio_cursor cur = lio_cursor_over(
        file->tail->data + (entry_at - file->tail_at), LIO_TABLE_ENTRY_BYTES);
    uint64_t at = lio_cursor_u64(&cur), bytes = lio_cursor_u64(&cur);

    if (at < footer->column_meta_at ||
        !lio_range_fits(at, bytes, footer->column_table_at))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: column '%s': its metadata, %" PRIu64
                             " bytes at byte %" PRIu64
                             ", is not between bytes %" PRIu64 " and %" PRIu64,
                             lio_source_name(file->source), name, bytes, at,
                             footer->column_meta_at, footer->column_table_at);
    ret_bytes->data = file->tail->data + (at - file->tail_at);
    ret_bytes->bytes = (size_t)bytes;
    return 0;
}

static int parse_column_encoding(struct lio_data_file *file, const char *name,
                                 const Lio__Pb__Encoding *encoding,
                                 struct lio_column *column,
                                 struct lio_error *err)
{
    ProtobufCMessage *message;
    int rc;

    /* Some writers leave it out: plain values. */
    if (!encoding ||
        encoding->location_case == LIO__PB__ENCODING__LOCATION_NONE)
        return 0;
    rc = lio_any_unpack(file, encoding, "/lance.encodings.ColumnEncoding",
                        &lio__pb__column_encoding__descriptor, &message);
    if (rc < 0)
        return lio_error_set(err, rc,
                             "%s: column '%s': its encoding cannot be "
                             "understood",
                             lio_source_name(file->source), name);
    column->blob = ((Lio__Pb__ColumnEncoding *)message)->blob != NULL;
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}

static int parse_pages(struct lio_data_file *file, const char *name,
                       const Lio__Pb__ColumnMetadata *metadata,
                       struct lio_column *column, struct lio_error *err)
{
    int rc = 0;

    column->pages = calloc(metadata->n_pages + 1, sizeof(*column->pages));
    if (!column->pages)
        return lio_error_set(err, LIO_ENOMEM,
                             "%s: column '%s': no memory for its pages",
                             lio_source_name(file->source), name);
    for (size_t i = 0; i < metadata->n_pages && rc == 0; i++) {
        struct where where = { file, name, metadata, i };

        column->npages++;
        rc = parse_page(&where, metadata->pages[i], column, err);
    }
    return rc;
}

int lio_data_file_parse(struct lio_data_file *file, uint32_t number,
                        const char *name, struct lio_error *err)
{
    struct lio_column *column = &file->columns[number];
    ProtobufCMessage *message;
    struct lio_bytes bytes;
    int rc;

    if (column->parsed)
        return 0;
    rc = metadata_bytes(file, number, name, &bytes, err);
    if (rc < 0)
        return rc;
    rc = lio_proto_unpack(&lio__pb__column_metadata__descriptor, bytes,
                          &message);
    if (rc < 0)
        return lio_error_set(err, rc,
                             rc == LIO_ENOMEM
                                 ? "%s: column '%s': no memory for its metadata"
                                 : "%s: column '%s': its metadata is damaged",
                             lio_source_name(file->source), name);
    column->parsed = true;
    rc = parse_column_encoding(file, name,
                               ((Lio__Pb__ColumnMetadata *)message)->encoding,
                               column, err);
    if (rc == 0)
        rc = parse_pages(file, name, (Lio__Pb__ColumnMetadata *)message, column,
                         err);
    protobuf_c_message_free_unpacked(message, NULL);
    return rc;
}
