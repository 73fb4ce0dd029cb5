/*
 * Arrow IPC files, as far as deletion files need them: one record batch with
 * one column of uint32, none of them null.
 *
 *     "ARROW1" ... record batch ... footer | i32 footer bytes | "ARROW1"
 *
 *     footer         [3] blocks: { i64 offset | i32 metadata bytes | i32 |
 *                                  i64 body bytes }
 *     record batch   FFFFFFFF | i32 bytes | message | body
 *     message        [1] kind   [2] batch
 *     batch          [0] rows   [2] buffers: { i64 offset | i64 bytes }
 *                    [3] compression: [0] codec
 *
 * Footer and message are flatbuffers: [n] is slot n of a table, which says
 * where in the table the field is.  The values are the last buffer; compressed,
 * it begins with its plain size, or with -1 and is stored as it is.
 */
#include "column/arrow_file.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <lz4frame.h>
#include <stdlib.h>
#include <zstd.h>

#define MAGIC        "ARROW1"
#define MAGIC_BYTES  6
#define TAIL_BYTES   (4 + MAGIC_BYTES)
#define CONTINUATION UINT32_MAX
#define RECORD_BATCH 3 /* kind of message */
#define CODEC_LZ4    0 /* frames */
#define CODEC_ZSTD   1
#define STORED       UINT64_MAX /* -1 */

/* Row numbers that differ cannot be compressed to less than this; what claims
 * to is no list of rows. */
#define PLAIN_PER_BYTE 256

/* -- flatbuffers --------------------------------------------------------- */

struct table {
    struct lio_bytes in;
    size_t at;
    const uint8_t *slots; /* nslots u16, places in the table */
    size_t nslots;
    size_t bytes; /* of the table */
};

static bool table_open(struct lio_bytes in, size_t at, struct table *ret_table)
{
    int64_t slots_at;
    size_t slots_bytes, bytes;

    if (!lio_range_fits(at, 4, in.bytes))
        return false;
    slots_at = (int64_t)at - (int32_t)lio_load_u32(in.data + at);
    if (slots_at < 0 || !lio_range_fits((uint64_t)slots_at, 4, in.bytes))
        return false;
    slots_bytes = lio_load_u16(in.data + slots_at);
    bytes = lio_load_u16(in.data + slots_at + 2);
    if (slots_bytes < 4 ||
        !lio_range_fits((uint64_t)slots_at, slots_bytes, in.bytes) ||
        !lio_range_fits(at, bytes, in.bytes))
        return false;
    *ret_table = (struct table){ .in = in,
                                 .at = at,
                                 .slots = in.data + slots_at + 4,
                                 .nslots = slots_bytes / 2 - 2,
                                 .bytes = bytes };
    return true;
}

/* A field of `width` bytes, or NULL if the table does not have it. */
static const uint8_t *table_field(const struct table *table, size_t slot,
                                  size_t width)
{
    size_t place = 0;

    if (slot < table->nslots)
        place = lio_load_u16(table->slots + slot * 2);
    if (place == 0 || !lio_range_fits(place, width, table->bytes))
        return NULL;
    return table->in.data + table->at + place;
}

/* Where a field points at. */
static bool table_follow(const struct table *table, size_t slot, size_t *ret_at)
{
    const uint8_t *field = table_field(table, slot, 4);

    if (!field)
        return false;
    *ret_at = (size_t)(field - table->in.data) + lio_load_u32(field);
    return *ret_at < table->in.bytes;
}

static bool table_child(const struct table *table, size_t slot,
                        struct table *ret_child)
{
    size_t at;

    return table_follow(table, slot, &at) &&
           table_open(table->in, at, ret_child);
}

/* A vector of structs of `width` bytes. */
static bool table_vector(const struct table *table, size_t slot, size_t width,
                         const uint8_t **ret_items, size_t *ret_n)
{
    size_t at, n;

    if (!table_follow(table, slot, &at) ||
        !lio_range_fits(at, 4, table->in.bytes))
        return false;
    n = lio_load_u32(table->in.data + at);
    if (n > (table->in.bytes - at - 4) / width)
        return false;
    *ret_items = table->in.data + at + 4;
    *ret_n = n;
    return true;
}

static bool table_root(struct lio_bytes in, struct table *ret_table)
{
    return in.bytes >= 4 && table_open(in, lio_load_u32(in.data), ret_table);
}

/* -- the file ------------------------------------------------------------ */

static bool find_footer(struct lio_bytes in, struct table *ret_footer)
{
    const uint8_t *tail;
    size_t bytes;

    if (in.bytes < MAGIC_BYTES + TAIL_BYTES ||
        memcmp(in.data, MAGIC, MAGIC_BYTES) != 0)
        return false;
    tail = in.data + in.bytes - TAIL_BYTES;
    bytes = lio_load_u32(tail);
    if (memcmp(tail + 4, MAGIC, MAGIC_BYTES) != 0 ||
        bytes > in.bytes - TAIL_BYTES)
        return false;
    return table_root((struct lio_bytes){ tail - bytes, bytes }, ret_footer);
}

/* The message and the body of the only record batch. */
static bool find_batch(struct lio_bytes in, const struct table *footer,
                       struct table *ret_message, struct lio_bytes *ret_body)
{
    const uint8_t *block, *at;
    uint64_t offset, head_bytes, body_bytes;
    struct lio_bytes message;
    size_t nblocks;

    if (!table_vector(footer, 3, 24, &block, &nblocks) || nblocks != 1)
        return false;
    offset = lio_load_u64(block);
    head_bytes = lio_load_u32(block + 8);
    body_bytes = lio_load_u64(block + 16);
    if (head_bytes < 8 || !lio_range_fits(offset, head_bytes, in.bytes) ||
        !lio_range_fits(offset + head_bytes, body_bytes, in.bytes))
        return false;
    at = in.data + offset;
    message = (struct lio_bytes){ at + 8, lio_load_u32(at + 4) };
    if (lio_load_u32(at) != CONTINUATION || message.bytes > head_bytes - 8)
        return false;
    *ret_body = (struct lio_bytes){ at + head_bytes, (size_t)body_bytes };
    return table_root(message, ret_message);
}

/* The last buffer of a batch. */
static bool find_values(const struct table *batch, struct lio_bytes body,
                        struct lio_bytes *ret_values)
{
    const uint8_t *buffer;
    uint64_t offset, bytes;
    size_t nbuffers;

    if (!table_vector(batch, 2, 16, &buffer, &nbuffers) || nbuffers == 0)
        return false;
    buffer += (nbuffers - 1) * 16;
    offset = lio_load_u64(buffer);
    bytes = lio_load_u64(buffer + 8);
    if (!lio_range_fits(offset, bytes, body.bytes))
        return false;
    *ret_values = (struct lio_bytes){ body.data + offset, (size_t)bytes };
    return true;
}

/* -- values -------------------------------------------------------------- */

/* The values end with the buffer or before it: buffers may be padded. */
static int copy_values(struct lio_bytes in, uint64_t bytes, uint32_t **ret)
{
    uint32_t *numbers;

    if (bytes > in.bytes)
        return LIO_ECORRUPT;
    numbers = malloc((size_t)bytes + 1);
    if (!numbers)
        return LIO_ENOMEM;
    memcpy(numbers, in.data, (size_t)bytes);
    *ret = numbers;
    return 0;
}

/* False unless the frame holds exactly the `plain` bytes. */
static bool decompress_lz4(struct lio_bytes in, uint64_t plain, uint8_t *out)
{
    size_t left = 1, got = 0;
    LZ4F_dctx *context;

    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return false;
    while (left > 0) {
        size_t room = (size_t)plain - got, took = in.bytes;

        left = LZ4F_decompress(context, out + got, &room, in.data, &took, NULL);
        /* Nothing in, nothing out: the frame does not end. */
        if (LZ4F_isError(left) || (room == 0 && took == 0))
            break;
        got += room;
        in = (struct lio_bytes){ in.data + took, in.bytes - took };
    }
    (void)LZ4F_freeDecompressionContext(context);
    return left == 0 && got == plain;
}

static bool decompress_zstd(struct lio_bytes in, uint64_t plain, uint8_t *out)
{
    size_t got = ZSTD_decompress(out, (size_t)plain, in.data, in.bytes);

    return !ZSTD_isError(got) && got == plain;
}

static int decompress_values(uint8_t codec, struct lio_bytes in, uint64_t bytes,
                             uint32_t **ret)
{
    uint64_t plain;
    uint8_t *out;
    bool ok;
    int rc;

    if (in.bytes < 8)
        return bytes == 0 ? copy_values(in, 0, ret) : LIO_ECORRUPT;
    plain = lio_load_u64(in.data);
    in = (struct lio_bytes){ in.data + 8, in.bytes - 8 };
    if (plain == STORED)
        return copy_values(in, bytes, ret);
    if (bytes > plain || plain / PLAIN_PER_BYTE > in.bytes)
        return LIO_ECORRUPT;
    out = malloc((size_t)plain + 1);
    if (!out)
        return LIO_ENOMEM;
    ok = codec == CODEC_ZSTD ? decompress_zstd(in, plain, out)
                             : decompress_lz4(in, plain, out);
    rc = ok ? copy_values((struct lio_bytes){ out, (size_t)plain }, bytes, ret)
            : LIO_ECORRUPT;
    free(out);
    return rc;
}

static int take_values(const struct table *batch, struct lio_bytes in,
                       uint64_t bytes, uint32_t **ret, const char **ret_why)
{
    struct table compression;
    const uint8_t *codec;

    *ret_why = "its values are damaged";
    if (!table_field(batch, 3, 4))
        return copy_values(in, bytes, ret);
    if (!table_child(batch, 3, &compression))
        return LIO_ECORRUPT;
    /* What is not there is 0. */
    codec = table_field(&compression, 0, 1);
    if (codec && *codec != CODEC_LZ4 && *codec != CODEC_ZSTD) {
        *ret_why = "it is compressed, and neither with lz4 nor with zstd";
        return LIO_EUNSUPPORTED;
    }
    return decompress_values(codec ? *codec : CODEC_LZ4, in, bytes, ret);
}

int lio_arrow_file_parse(struct lio_bytes in, uint32_t **ret_numbers,
                         uint64_t *ret_n, const char **ret_why)
{
    struct table footer, message, batch;
    struct lio_bytes body, values;
    const uint8_t *kind, *rows;
    uint64_t n, bytes;
    int rc;

    if (!find_footer(in, &footer)) {
        *ret_why = "it is no Arrow file, or its end is missing";
        return LIO_ECORRUPT;
    }
    if (!find_batch(in, &footer, &message, &body)) {
        *ret_why = "it does not have one record batch";
        return LIO_ECORRUPT;
    }
    kind = table_field(&message, 1, 1);
    if (!kind || *kind != RECORD_BATCH || !table_child(&message, 2, &batch) ||
        !find_values(&batch, body, &values)) {
        *ret_why = "its record batch is damaged";
        return LIO_ECORRUPT;
    }
    /* A number that is 0 is left out of a table. */
    rows = table_field(&batch, 0, sizeof(n));
    n = rows ? lio_load_u64(rows) : 0;
    if (!lio_checked_mul(n, sizeof(uint32_t), &bytes)) {
        *ret_why = "its record batch has too many rows";
        return LIO_ECORRUPT;
    }
    rc = take_values(&batch, values, bytes, ret_numbers, ret_why);
    if (rc == 0)
        *ret_n = n;
    return rc;
}
