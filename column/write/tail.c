/*
 * The tail of a data file.
 *
 *     at      global buffer 0: the schema, and how many rows there are
 *             metadata of column 0, 1, ...
 *             table of columns, 16 bytes each: where their metadata is
 *             table of global buffers
 *             footer
 *
 * It is built by messages that point at what is there, and packed in one go.
 */
#include "column/write/tail.h"

#include "column/write/blob_fields.h"
#include "column/write/growing.h"

#include <stdlib.h>

#define COLUMN_URL "/lance.encodings.ColumnEncoding"

struct tail {
    struct lio_growing bytes;
    struct lio_growing columns; /* table entries */
    uint64_t at;
    bool failed; /* no memory */
};

static uint64_t position(const struct tail *tail)
{
    return tail->at + tail->bytes.used;
}

static void append(struct tail *tail, struct lio_growing *to, const void *bytes,
                   size_t n)
{
    void *room = lio_growing_room(to, n);

    if (!room) {
        tail->failed = true;
        return;
    }
    memcpy(room, bytes, n);
    lio_growing_add(to, n);
}

static void append_message(struct tail *tail, const ProtobufCMessage *message)
{
    size_t n = protobuf_c_message_get_packed_size(message);
    uint8_t *room = lio_growing_room(&tail->bytes, n);

    if (!room) {
        tail->failed = true;
        return;
    }
    (void)protobuf_c_message_pack(message, room);
    lio_growing_add(&tail->bytes, n);
}

static void append_entry(struct tail *tail, struct lio_growing *to,
                         uint64_t from)
{
    const uint64_t entry[2] = { from, position(tail) - from };

    append(tail, to, entry, sizeof(entry));
}

static void append_schema(struct tail *tail, const struct lio_fields *fields,
                          enum lio_format format, uint64_t rows)
{
    Lio__Pb__Schema schema = LIO__PB__SCHEMA__INIT;
    Lio__Pb__FileDescriptor file = LIO__PB__FILE_DESCRIPTOR__INIT;
    struct lio_field_list list;

    if (lio_field_list_make(fields->messages, fields->n, format,
                            LIO_FIELDS_OF_FILE, &list) < 0) {
        tail->failed = true;
        return;
    }
    schema.n_fields = list.n;
    schema.fields = list.all;
    file.schema = &schema;
    file.has_rows = true;
    file.rows = rows;
    append_message(tail, &file.base);
    lio_field_list_release(&list);
}

/* -- columns ------------------------------------------------------------- */

/* A page's messages, which hang together. */
struct page_messages {
    Lio__Pb__ColumnPage page;
    Lio__Pb__Encoding encoding;
    Lio__Pb__DirectEncoding direct;
};

static void describe_page(const struct lio_page_image *image,
                          struct page_messages *messages)
{
    lio__pb__column_page__init(&messages->page);
    lio__pb__encoding__init(&messages->encoding);
    lio__pb__direct_encoding__init(&messages->direct);
    messages->direct.has_any = true;
    messages->direct.any =
        (ProtobufCBinaryData){ image->any_bytes, image->any };
    messages->encoding.location_case = LIO__PB__ENCODING__LOCATION_DIRECT;
    messages->encoding.direct = &messages->direct;
    messages->page.n_buffer_at = messages->page.n_buffer_bytes =
        image->nbuffers;
    messages->page.buffer_at = image->buffer_at;
    messages->page.buffer_bytes = image->buffer_bytes;
    messages->page.has_rows = true;
    messages->page.rows = image->rows;
    messages->page.encoding = &messages->encoding;
    messages->page.has_first_row = true;
    messages->page.first_row = image->first_row;
}

/* ColumnEncoding { values {} }, or { blob { inner { values {} } } }, in an Any.
 */
static void append_column_metadata(struct tail *tail, bool blobs,
                                   Lio__Pb__ColumnMetadata *metadata)
{
    static uint8_t values[] = { 0x0a, 0x00 };
    static uint8_t blob[] = { 0x1a, 0x04, 0x0a, 0x02, 0x0a, 0x00 };
    Lio__Pb__AnyMessage any = LIO__PB__ANY_MESSAGE__INIT;
    Lio__Pb__DirectEncoding direct = LIO__PB__DIRECT_ENCODING__INIT;
    Lio__Pb__Encoding encoding = LIO__PB__ENCODING__INIT;
    uint8_t packed[64];

    any.type_url = (char *)COLUMN_URL;
    any.has_value = true;
    any.value = blobs ? (ProtobufCBinaryData){ sizeof(blob), blob }
                      : (ProtobufCBinaryData){ sizeof(values), values };
    direct.has_any = true;
    direct.any.data = packed;
    direct.any.len = lio__pb__any_message__pack(&any, packed);
    encoding.location_case = LIO__PB__ENCODING__LOCATION_DIRECT;
    encoding.direct = &direct;
    metadata->encoding = &encoding;
    append_message(tail, &metadata->base);
}

static void append_column(struct tail *tail,
                          const struct lio_written_column *column)
{
    Lio__Pb__ColumnMetadata metadata = LIO__PB__COLUMN_METADATA__INIT;
    struct page_messages *messages =
        calloc(column->npages + (size_t)1, sizeof(*messages));
    Lio__Pb__ColumnPage **pages =
        calloc(column->npages + (size_t)1, sizeof(*pages));
    uint64_t from = position(tail);

    if (messages && pages) {
        for (uint32_t i = 0; i < column->npages; i++) {
            describe_page(&column->pages[i], &messages[i]);
            pages[i] = &messages[i].page;
        }
        metadata.n_pages = column->npages;
        metadata.pages = pages;
        append_column_metadata(tail, column->blobs, &metadata);
        append_entry(tail, &tail->columns, from);
    } else {
        tail->failed = true;
    }
    free(messages);
    free(pages);
}

/* -- all of it ----------------------------------------------------------- */

static void append_footer(struct tail *tail, const struct lio_footer *footer)
{
    uint8_t packed[LIO_FOOTER_BYTES];

    lio_footer_pack(footer, packed);
    append(tail, &tail->bytes, packed, sizeof(packed));
}

int lio_tail_build(const struct lio_fields *fields, enum lio_format format,
                   const struct lio_written_column *columns, uint32_t ncolumns,
                   uint64_t rows, uint64_t at, struct lio_mem **ret_mem,
                   uint64_t *ret_bytes)
{
    struct lio_footer footer = {
        .nglobals = 1,
        .ncolumns = ncolumns,
        .format = format,
    };
    struct lio_growing global = { 0 };
    struct tail tail = { .at = at };

    append_schema(&tail, fields, format, rows);
    append_entry(&tail, &global, at);
    footer.column_meta_at = position(&tail);
    for (uint32_t i = 0; i < ncolumns; i++)
        append_column(&tail, &columns[i]);
    footer.column_table_at = position(&tail);
    append(&tail, &tail.bytes, lio_growing_data(&tail.columns),
           tail.columns.used);
    footer.global_table_at = position(&tail);
    append(&tail, &tail.bytes, lio_growing_data(&global), global.used);
    append_footer(&tail, &footer);
    lio_growing_release(&global);
    lio_growing_release(&tail.columns);
    if (tail.failed) {
        lio_growing_release(&tail.bytes);
        return LIO_ENOMEM;
    }
    *ret_mem = tail.bytes.mem;
    *ret_bytes = tail.bytes.used;
    return 0;
}
