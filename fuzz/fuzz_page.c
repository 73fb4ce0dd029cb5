/*
 * Pages out of thin air, in files that are sound but for them.
 *
 * A file's parts point at each other, so bytes changed anywhere seldom get past
 * the opening.  Here they are taken apart, one is changed (bytes of a page's
 * buffer, a field of an encoding, of a page, of the schema, the number of
 * rows), and put together again: what is then refused, a decoder refuses.
 */
#include "fuzz/change_message.h"
#include "fuzz/parts.h"
#include "fuzz/read_file.h"

#include "column/lance_encoding20.pb-c.h"
#include "column/lance_encoding21.pb-c.h"
#include "column/proto.h"

#include "common/checked.h"

#include <stdlib.h>

#define PIECE_BYTES 64 /* of a buffer, changed at once */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    return 0;
}

/* Any page, NULL if the column that was met has none. */
static Lio__Pb__ColumnPage *pick_page(const struct parts *parts,
                                      struct random *random)
{
    const Lio__Pb__ColumnMetadata *column;

    if (parts->ncolumns == 0)
        return NULL;
    column = parts->columns[random_below(random, parts->ncolumns)];
    return column->n_pages > 0
               ? column->pages[random_below(random, column->n_pages)]
               : NULL;
}

/* A piece of a page's buffer, its beginning most often: there are the counts
 * and sizes. */
static void change_buffer(const struct parts *parts, struct random *random)
{
    const Lio__Pb__ColumnPage *page = pick_page(parts, random);
    uint8_t piece[PIECE_BYTES];
    size_t i, at, bytes;

    if (!page || page->n_buffer_at == 0 ||
        page->n_buffer_bytes != page->n_buffer_at)
        return;
    i = random_below(random, page->n_buffer_at);
    if (page->buffer_bytes[i] == 0 ||
        !lio_range_fits(page->buffer_at[i], page->buffer_bytes[i],
                        parts->ndata))
        return;
    at = (size_t)page->buffer_at[i];
    bytes = (size_t)page->buffer_bytes[i];
    if (random_below(random, 2) == 0) {
        size_t skip = random_below(random, bytes);

        at += skip;
        bytes -= skip;
    }
    bytes = bytes < sizeof(piece) ? bytes : sizeof(piece);
    bytes = 1 + random_below(random, bytes);
    memcpy(piece, parts->data + at, bytes);
    (void)LLVMFuzzerMutate(piece, bytes, bytes);
    memcpy(parts->data + at, piece, bytes);
}

/* It is a message packed into bytes of one that is packed into bytes of the
 * page. */
static void change_encoding(const struct parts *parts, struct random *random)
{
    const Lio__Pb__ColumnPage *page = pick_page(parts, random);
    ProtobufCMessage *message;
    ProtobufCBinaryData *packed;
    Lio__Pb__AnyMessage *any;

    if (!page || !page->encoding ||
        page->encoding->location_case != LIO__PB__ENCODING__LOCATION_DIRECT)
        return;
    packed = &page->encoding->direct->any;
    if (lio_proto_unpack(&lio__pb__any_message__descriptor,
                         (struct lio_bytes){ packed->data, packed->len },
                         &message) < 0)
        return;
    any = (Lio__Pb__AnyMessage *)message;
    change_packed(parts->format == LIO_FORMAT_20
                      ? &lio__pb__array_encoding__descriptor
                      : &lio__pb__page_layout__descriptor,
                  &any->value, random);
    pack_into(message, packed);
    protobuf_c_message_free_unpacked(message, NULL);
}

/* As many more or less, in all columns: they would not be opened otherwise. */
static void change_rows(const struct parts *parts, struct random *random)
{
    uint64_t rows = parts->schema->rows;
    uint64_t more = change_number(rows, random) - rows;

    parts->schema->rows += more;
    for (uint32_t i = 0; i < parts->ncolumns; i++)
        if (parts->columns[i]->n_pages > 0)
            parts->columns[i]->pages[0]->rows += more;
}

static void change(const struct parts *parts, struct random *random)
{
    Lio__Pb__ColumnPage *page;

    switch (random_below(random, 16)) {
    case 0:
        change_message(&parts->schema->base, random);
        break;
    case 1:
        change_rows(parts, random);
        break;
    case 2:
        page = pick_page(parts, random);
        if (page)
            change_message(&page->base, random);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
        change_encoding(parts, random);
        break;
    default:
        change_buffer(parts, random);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed)
{
    struct random random = { seed };
    struct parts parts;
    size_t bytes;

    if (!parts_take(data, size, &parts))
        return LLVMFuzzerMutate(data, size, max);
    do
        change(&parts, &random);
    while (random_below(&random, 2) == 0);
    bytes = parts_join(&parts, data, max);
    parts_release(&parts);
    return bytes > 0 ? bytes : LLVMFuzzerMutate(data, size, max);
}
