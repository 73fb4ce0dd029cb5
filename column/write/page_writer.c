/*
 * Pages: which layout, and what all of them share.
 */
#include "column/write/page_writer.h"

#include "column/lance_file.pb-c.h"
#include "column/levels.h"
#include "column/pool.h"

#include <inttypes.h>
#include <stdlib.h>

#define ARRAY_URL  "/lance.encodings.ArrayEncoding"
#define LAYOUT_URL "/lance.encodings21.PageLayout"

void lio_page_image_release(struct lio_page_image *image)
{
    lio_mem_put(image->mem);
    free(image->buffer_at);
    free(image->any);
    *image = (struct lio_page_image){ 0 };
}

static uint64_t aligned(uint64_t bytes)
{
    return (bytes + LIO_PAGE_ALIGN - 1) / LIO_PAGE_ALIGN * LIO_PAGE_ALIGN;
}

static int no_memory(const struct lio_encode *enc, uint64_t bytes)
{
    return lio_error_set(enc->err, LIO_ENOMEM,
                         "column '%s': no memory for a page of %" PRIu64
                         " bytes",
                         enc->column, bytes);
}

/* The gaps between buffers go into the file, too. */
static void clear_gaps(struct lio_page_image *image)
{
    for (uint32_t i = 0; i < image->nbuffers; i++) {
        uint64_t end = image->buffer_at[i] + image->buffer_bytes[i];
        uint64_t next =
            i + 1 < image->nbuffers ? image->buffer_at[i + 1] : image->bytes;

        memset(image->mem->data + end, 0, (size_t)(next - end));
    }
}

/* Places for buffers of these sizes. */
static int place(const struct lio_encode *enc, const uint64_t *bytes,
                 uint32_t nbuffers, struct lio_page_image *image)
{
    *image = (struct lio_page_image){ .nbuffers = nbuffers };
    image->buffer_at = calloc(nbuffers + (size_t)1, 2 * sizeof(uint64_t));
    if (!image->buffer_at)
        return no_memory(enc, 0);
    image->buffer_bytes = image->buffer_at + nbuffers;
    for (uint32_t i = 0; i < nbuffers; i++) {
        image->buffer_at[i] = image->bytes;
        image->buffer_bytes[i] = bytes[i];
        image->bytes = aligned(image->bytes + bytes[i]);
    }
    image->bytes = lio_page_room(image->bytes);
    return 0;
}

int lio_page_image_alloc(const struct lio_encode *enc, const uint64_t *bytes,
                         uint32_t nbuffers, struct lio_page_image *ret_image)
{
    struct lio_page_image image;
    int rc = place(enc, bytes, nbuffers, &image);

    if (rc < 0)
        return rc;
    image.mem = lio_pool_take(enc->arena->pool, image.bytes);
    if (!image.mem) {
        free(image.buffer_at);
        return no_memory(enc, image.bytes);
    }
    clear_gaps(&image);
    *ret_image = image;
    return 0;
}

int lio_page_image_share(const struct lio_encode *enc, struct lio_mem *mem,
                         uint64_t bytes, struct lio_page_image *ret_image)
{
    struct lio_page_image image;
    int rc = place(enc, &bytes, 1, &image);

    if (rc < 0)
        return rc;
    /* Only small memory of the heap has not the room to fill a block. */
    if (!lio_mem_pad(mem, bytes, image.bytes)) {
        free(image.buffer_at);
        rc = lio_page_image_alloc(enc, &bytes, 1, ret_image);
        if (rc == 0)
            memcpy(lio_page_buffer(ret_image, 0), mem->data, (size_t)bytes);
        return rc;
    }
    image.mem = lio_mem_get(mem);
    *ret_image = image;
    return 0;
}

/* -- the description ----------------------------------------------------- */

static uint8_t *pack(const ProtobufCMessage *message, uint8_t *into)
{
    if (into)
        (void)protobuf_c_message_pack(message, into);
    return into;
}

/* Say what the page is: the layout, packed, and what that is. */
static int describe(const struct lio_encode *enc, const char *url,
                    const ProtobufCMessage *encoding,
                    struct lio_page_image *image)
{
    Lio__Pb__AnyMessage any = LIO__PB__ANY_MESSAGE__INIT;
    int rc;

    any.type_url = (char *)url;
    any.has_value = true;
    any.value.len = protobuf_c_message_get_packed_size(encoding);
    rc = lio_encode_alloc(enc, any.value.len, &any.value.data);
    if (rc < 0)
        return rc;
    (void)pack(encoding, any.value.data);
    image->any_bytes = lio__pb__any_message__get_packed_size(&any);
    image->any = pack(&any.base, malloc(image->any_bytes));
    return image->any ? 0 : no_memory(enc, image->any_bytes);
}

/* -- 2.0 ----------------------------------------------------------------- */

static int collect_buffers(const struct lio_encode *enc,
                           const struct lio_raw_page *raw,
                           const struct lio_array *array,
                           struct lio_page_image *ret_image)
{
    const struct lio_bytes *buffers = array->buffers;
    uint64_t bytes[LIO_ARRAY_BUFFERS_MAX];
    int rc;

    if (array->nbuffers == 1 && raw->mem && buffers[0].data == raw->mem->data)
        return lio_page_image_share(enc, raw->mem, buffers[0].bytes, ret_image);
    for (uint32_t i = 0; i < array->nbuffers; i++)
        bytes[i] = buffers[i].bytes;
    rc = lio_page_image_alloc(enc, bytes, array->nbuffers, ret_image);
    for (uint32_t i = 0; i < array->nbuffers && rc == 0; i++)
        if (bytes[i] > 0)
            memcpy(lio_page_buffer(ret_image, i), buffers[i].data,
                   (size_t)bytes[i]);
    return rc;
}

static int write_array(const struct lio_encode *enc,
                       const struct lio_raw_page *raw,
                       struct lio_page_image *ret_image)
{
    struct lio_page_image image;
    struct lio_array array;
    int rc = lio_array_encode(enc, &raw->slots, &array);

    if (rc < 0)
        return rc;
    rc = collect_buffers(enc, raw, &array, &image);
    if (rc < 0)
        return rc;
    rc = describe(enc, ARRAY_URL, &array.encoding->base, &image);
    if (rc < 0) {
        lio_page_image_release(&image);
        return rc;
    }
    *ret_image = image;
    return 0;
}

/* -- 2.1 and 2.2 --------------------------------------------------------- */

static bool has_values(const struct lio_raw_page *raw)
{
    return raw->slots.type->kind != LIO_KIND_NULL &&
           lio_plain_nulls(&raw->slots) < raw->slots.n;
}

/* With so many levels, that are stored as they are, a constant is no more small
 * than values that repeat. */
#define CONSTANT_LEVELS_MAX 64

/* Whether the reference reader sees the same values as have slots: it takes
 * layers above lists to have some, too. */
static bool lists_are_outside(const struct lio_raw_page *raw)
{
    uint32_t items = 0;

    for (uint32_t i = 0; i < raw->nlayers; i++)
        items += raw->layers[i] == LIO_LAYER_NULLABLE_ITEM;
    return raw->rep_max == 0 || items == raw->visible_max;
}

/* What may be said once for all: 2.2 knows values, and only plain ones. */
static bool is_constant(const struct lio_encode *enc,
                        const struct lio_raw_page *raw, uint64_t *ret_slot)
{
    enum lio_kind kind = raw->slots.type->kind;
    bool levels = raw->rep || raw->def;

    return enc->format == LIO_FORMAT_22 &&
           (kind == LIO_KIND_FIXED || kind == LIO_KIND_VARIABLE) &&
           (!levels ||
            (raw->entries <= CONSTANT_LEVELS_MAX && lists_are_outside(raw))) &&
           lio_plain_constant(&raw->slots, ret_slot);
}

static bool is_fieldless(const struct lio_raw_page *raw)
{
    return raw->slots.type->kind == LIO_KIND_STRUCT &&
           raw->slots.type->nchildren == 0;
}

/* Structs without fields are all there, and the page looks like one of nulls;
 * whether they are, and where lists start, it has no place to say. */
static int write_fieldless(const struct lio_encode *enc,
                           const struct lio_raw_page *raw,
                           Lio__Pb__PageLayout *layout,
                           struct lio_page_image *ret_image)
{
    struct lio_raw_page *alone; /* for as long as the layout */
    int rc;

    if (raw->rep_max > 0 || raw->def_max > 0)
        return lio_error_set(enc->err, LIO_EUNSUPPORTED,
                             "column '%s': structs without fields that are "
                             "null, in something null, or in lists cannot be "
                             "written from file version 2.1 on",
                             enc->column);
    rc = lio_encode_alloc(enc, sizeof(*alone), &alone);
    if (rc < 0)
        return rc;
    *alone = *raw;
    alone->nlayers = 1;
    alone->layers[0] = LIO_LAYER_NULLABLE_ITEM;
    return lio_no_values_write(enc, alone, layout, ret_image);
}

static int write_layout(const struct lio_encode *enc,
                        const struct lio_raw_page *raw,
                        Lio__Pb__PageLayout *layout,
                        struct lio_page_image *ret_image)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    bool suits, fits;
    uint64_t slot;
    int rc;

    if (is_fieldless(raw))
        return write_fieldless(enc, raw, layout, ret_image);
    if (!has_values(raw))
        return lio_no_values_write(enc, raw, layout, ret_image);
    if (is_constant(enc, raw, &slot))
        return lio_constant_write(enc, raw, slot, layout, ret_image);
    rc = lio_chunks_suit(enc, &raw->slots, &suits);
    if (rc == 0 && suits) {
        rc = lio_miniblock_write(enc, raw, layout, ret_image, &fits);
        if (rc < 0 || fits)
            return rc;
        lio_arena_rewind(enc->arena, mark);
    }
    return rc < 0 ? rc : lio_fullzip_write(enc, raw, layout, ret_image);
}

/* What the page is of, if its values are descriptors of blobs. */
static void wrap_blobs(const struct lio_raw_page *blobs,
                       Lio__Pb__PageLayout *layout, Lio__Pb__BlobLayout *outer,
                       Lio__Pb__PageLayout *inner)
{
    *inner = *layout;
    lio__pb__blob_layout__init(outer);
    outer->inner = inner;
    outer->n_layers = blobs->nlayers;
    outer->layers = (uint32_t *)blobs->layers;
    lio__pb__page_layout__init(layout);
    layout->layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB;
    layout->blob = outer;
}

static int write_levels(const struct lio_encode *enc,
                        const struct lio_raw_page *raw,
                        const struct lio_raw_page *blobs,
                        struct lio_page_image *ret_image)
{
    Lio__Pb__PageLayout layout = LIO__PB__PAGE_LAYOUT__INIT, inner;
    struct lio_page_image image = { 0 };
    Lio__Pb__BlobLayout outer;
    int rc = write_layout(enc, raw, &layout, &image);

    if (rc < 0)
        return rc;
    if (blobs)
        wrap_blobs(blobs, &layout, &outer, &inner);
    rc = describe(enc, LAYOUT_URL, &layout.base, &image);
    if (rc < 0) {
        lio_page_image_release(&image);
        return rc;
    }
    *ret_image = image;
    return 0;
}

/* -- both ---------------------------------------------------------------- */

static int write_page(const struct lio_encode *enc,
                      const struct lio_raw_page *raw,
                      const struct lio_raw_page *blobs,
                      struct lio_page_image *ret_image)
{
    struct lio_page_image image;
    int rc = enc->format == LIO_FORMAT_20
                 ? write_array(enc, raw, &image)
                 : write_levels(enc, raw, blobs, &image);

    if (rc < 0)
        return rc;
    image.rows = raw->rows;
    image.first_row = raw->first_row;
    *ret_image = image;
    return 0;
}

int lio_page_write(const struct lio_encode *enc, const struct lio_raw_page *raw,
                   struct lio_page_image *ret_image)
{
    return write_page(enc, raw, NULL, ret_image);
}

int lio_page_write_blobs(const struct lio_encode *enc,
                         const struct lio_raw_page *descriptors,
                         const struct lio_raw_page *raw,
                         struct lio_page_image *ret_image)
{
    return write_page(enc, descriptors, raw, ret_image);
}
