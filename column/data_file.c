/*
 * Data files, found from their end:
 *
 *     page buffers | schema | column metadata | tables | footer
 *                           A                 B        EOF - 40
 *
 * The last 64 KiB hold all of the metadata of most files; where they do not,
 * one more read fetches what is missing back to A.  Files are read together: a
 * batch of all tails, a batch of all rests.
 */
#include "column/data_file.h"

#include "column/borrowed.h"
#include "column/proto.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <inttypes.h>
#include <stdlib.h>

#define TAIL_BYTES    (64u << 10)
#define FILES_AT_ONCE 64 /* bounds the memory for tails */

static int no_memory(const struct lio_data_file *file, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory for its metadata",
                         lio_source_name(file->source));
}

/* -- reading ------------------------------------------------------------- */

static int plan_tail(struct lio_data_file *file, struct lio_source_read *read,
                     struct lio_error *err)
{
    uint64_t bytes = lio_source_size(file->source);

    file->tail_at = bytes > TAIL_BYTES ? bytes - TAIL_BYTES : 0;
    file->tail = lio_mem_new(bytes - file->tail_at);
    if (!file->tail)
        return no_memory(file, err);
    *read = (struct lio_source_read){ .source = file->source,
                                      .offset = file->tail_at,
                                      .bytes = file->tail->bytes,
                                      .into = file->tail->data };
    return 0;
}

static int parse_footer(struct lio_data_file *file, struct lio_error *err)
{
    const char *name = lio_source_name(file->source);
    struct lio_bytes tail = { file->tail->data, file->tail->bytes };
    int rc;

    if (tail.bytes > LIO_FOOTER_BYTES) {
        tail.data += tail.bytes - LIO_FOOTER_BYTES;
        tail.bytes = LIO_FOOTER_BYTES;
    }
    rc = lio_footer_parse(name, lio_source_size(file->source), tail,
                          &file->footer, err);
    if (rc < 0)
        return rc;
    /* One more than needed: no columns is no failed allocation. */
    file->columns =
        calloc((size_t)file->footer.ncolumns + 1, sizeof(*file->columns));
    return file->columns ? 0 : no_memory(file, err);
}

/* Make the tail reach back to the column metadata; `*read` is what is still to
 * be read for that, 0 bytes if nothing. */
static int plan_rest(struct lio_data_file *file, struct lio_source_read *read,
                     struct lio_error *err)
{
    uint64_t from = file->footer.column_meta_at;
    struct lio_mem *longer;
    uint64_t more;

    *read = (struct lio_source_read){ .source = file->source };
    if (from >= file->tail_at)
        return 0;
    more = file->tail_at - from;
    longer = lio_mem_new(more + file->tail->bytes);
    if (!longer)
        return no_memory(file, err);
    memcpy(longer->data + more, file->tail->data, file->tail->bytes);
    lio_mem_put(file->tail);
    file->tail = longer;
    file->tail_at = from;
    read->offset = from;
    read->bytes = (size_t)more;
    read->into = longer->data;
    return 0;
}

static int read_group(struct lio_data_file *files, uint32_t n,
                      struct lio_error *err)
{
    struct lio_source_read reads[FILES_AT_ONCE];
    int rc = 0;

    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = plan_tail(&files[i], &reads[i], err);
    if (rc == 0)
        rc = lio_source_read_metadata(reads, n, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        rc = parse_footer(&files[i], err);
        if (rc == 0)
            rc = plan_rest(&files[i], &reads[i], err);
    }
    if (rc == 0)
        rc = lio_source_read_metadata(reads, n, err);
    return rc;
}

int lio_data_files_read(struct lio_data_file *files, uint32_t n,
                        struct lio_error *err)
{
    uint32_t group;
    int rc = 0;

    for (uint32_t i = 0; i < n && rc == 0; i += group) {
        group = n - i < FILES_AT_ONCE ? n - i : FILES_AT_ONCE;
        rc = read_group(files + i, group, err);
    }
    return rc;
}

/* -- encodings ----------------------------------------------------------- */

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

/* Read an encoding that lies elsewhere in the file.  All of them together are
 * no more than the file: each was written once. */
static int read_indirect(struct lio_data_file *file,
                         const Lio__Pb__DeferredEncoding *from,
                         struct lio_mem **ret_mem)
{
    struct lio_source_read read = { .source = file->source,
                                    .offset = from->position,
                                    .bytes = (size_t)from->length };
    uint64_t end = lio_source_size(file->source);
    struct lio_mem *mem;
    int rc;

    if (!lio_range_fits(from->position, from->length, end) ||
        from->length > end - file->indirect_bytes)
        return LIO_ECORRUPT;
    mem = lio_mem_new(from->length);
    if (!mem)
        return LIO_ENOMEM;
    read.into = mem->data;
    rc = lio_source_read(&read, 1, NULL);
    if (rc < 0) {
        lio_mem_put(mem);
        return rc;
    }
    file->indirect_bytes += from->length;
    *ret_mem = mem;
    return 0;
}

/* The bytes of an encoding, in `*ret_mem`, if they had to be read. */
static int find_encoding(struct lio_data_file *file,
                         const Lio__Pb__Encoding *encoding,
                         struct lio_bytes *ret_bytes, struct lio_mem **ret_mem)
{
    int rc;

    switch (encoding ? encoding->location_case
                     : LIO__PB__ENCODING__LOCATION__NOT_SET) {
    case LIO__PB__ENCODING__LOCATION_DIRECT:
        ret_bytes->data = encoding->direct->any.data;
        ret_bytes->bytes = encoding->direct->any.len;
        return 0;
    case LIO__PB__ENCODING__LOCATION_INDIRECT:
        rc = read_indirect(file, encoding->indirect, ret_mem);
        if (rc < 0)
            return rc;
        *ret_bytes = (struct lio_bytes){ (*ret_mem)->data, (*ret_mem)->bytes };
        return 0;
    default:
        return LIO_ECORRUPT;
    }
}

/* Unpack what an Encoding holds, which must be of the type that `url` names. */
static int unpack_any(struct lio_data_file *file,
                      const Lio__Pb__Encoding *encoding, const char *url,
                      const ProtobufCMessageDescriptor *type,
                      ProtobufCMessage **ret_message)
{
    struct lio_mem *mem = NULL;
    struct lio_bytes bytes;
    ProtobufCMessage *message;
    Lio__Pb__AnyMessage *any;
    int rc = find_encoding(file, encoding, &bytes, &mem);

    if (rc < 0)
        return rc;
    rc = lio_proto_unpack(&lio__pb__any_message__descriptor, bytes, &message);
    lio_mem_put(mem);
    if (rc < 0)
        return rc;
    any = (Lio__Pb__AnyMessage *)message;
    bytes.data = any->value.data;
    bytes.bytes = any->value.len;
    rc = LIO_ECORRUPT;
    if (any->type_url && strcmp(any->type_url, url) == 0)
        rc = lio_proto_unpack(type, bytes, ret_message);
    protobuf_c_message_free_unpacked(&any->base, NULL);
    return rc;
}

static int parse_encoding(const struct where *where,
                          const Lio__Pb__Encoding *encoding,
                          struct lio_page *page, struct lio_error *err)
{
    ProtobufCMessage *message;
    int rc;

    if (where->file->footer.format == LIO_FORMAT_20)
        rc = unpack_any(where->file, encoding, "/lance.encodings.ArrayEncoding",
                        &lio__pb__array_encoding__descriptor, &message);
    else
        rc = unpack_any(where->file, encoding, "/lance.encodings21.PageLayout",
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
    rc = unpack_any(file, encoding, "/lance.encodings.ColumnEncoding",
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
        return no_memory(file, err);
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

/* -- the schema ---------------------------------------------------------- */

/* A pointer into the tail, or, if it is not there, into `*ret_mem`. */
static int schema_bytes(struct lio_data_file *file, struct lio_mem **ret_mem,
                        struct lio_bytes *ret_bytes, struct lio_error *err)
{
    struct lio_source_read read = { .source = file->source };
    struct lio_cursor cur = lio_cursor_over(
        file->tail->data + (file->footer.global_table_at - file->tail_at),
        LIO_TABLE_ENTRY_BYTES);
    uint64_t at = lio_cursor_u64(&cur), bytes = lio_cursor_u64(&cur);
    int rc;

    if (!lio_range_fits(at, bytes, file->footer.column_meta_at))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: its schema, %" PRIu64
                             " bytes at byte %" PRIu64
                             ", runs past byte %" PRIu64,
                             lio_source_name(file->source), bytes, at,
                             file->footer.column_meta_at);
    ret_bytes->bytes = (size_t)bytes;
    if (at >= file->tail_at) {
        *ret_mem = NULL;
        ret_bytes->data = file->tail->data + (at - file->tail_at);
        return 0;
    }
    *ret_mem = lio_mem_new(bytes);
    if (!*ret_mem)
        return no_memory(file, err);
    read.offset = at;
    read.bytes = (size_t)bytes;
    read.into = (*ret_mem)->data;
    rc = lio_source_read_metadata(&read, 1, err);
    if (rc < 0) {
        lio_mem_put(*ret_mem);
        return rc;
    }
    ret_bytes->data = (*ret_mem)->data;
    return 0;
}

int lio_data_file_schema(struct lio_data_file *file,
                         Lio__Pb__FileDescriptor **ret_schema,
                         struct lio_error *err)
{
    ProtobufCMessage *message;
    struct lio_bytes bytes;
    struct lio_mem *mem;
    int rc;

    if (file->footer.nglobals < 1)
        return lio_error_set(err, LIO_ECORRUPT, "%s: carries no schema",
                             lio_source_name(file->source));
    rc = schema_bytes(file, &mem, &bytes, err);
    if (rc < 0)
        return rc;
    rc = lio_proto_unpack(&lio__pb__file_descriptor__descriptor, bytes,
                          &message);
    lio_mem_put(mem);
    if (rc < 0)
        return lio_error_set(err, rc,
                             rc == LIO_ENOMEM ? "%s: no memory for its schema"
                                              : "%s: its schema is damaged",
                             lio_source_name(file->source));
    *ret_schema = (Lio__Pb__FileDescriptor *)message;
    return 0;
}

void lio_data_file_forget(struct lio_data_file *file)
{
    lio_mem_put(file->tail);
    file->tail = NULL;
}

void lio_data_file_release(struct lio_data_file *file)
{
    for (uint32_t i = 0; file->columns && i < file->footer.ncolumns; i++) {
        struct lio_column *column = &file->columns[i];

        for (uint32_t k = 0; k < column->npages; k++)
            lio_page_release(&column->pages[k]);
        free(column->pages);
    }
    free(file->columns);
    lio_mem_put(file->tail);
    lio_source_close(file->source);
    *file = (struct lio_data_file){ 0 };
}
