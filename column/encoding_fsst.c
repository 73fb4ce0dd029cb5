/*
 * FSST.  A symbol table:
 *
 *     u64 head: number of symbols in bits 0-7, bit 24 set if values are
 *               compressed, "FSST" in bits 32-63
 *     n x 8 bytes of symbols | n x 1 byte of lengths
 *
 * A value is a row of codes; 255 stands before a byte that is meant literally.
 */
#include "column/encoding.h"
#include "column/fsst.h"

#include "common/cursor.h"

#include <inttypes.h>

#define ESCAPE     255
#define MAGIC      UINT64_C(0x46535354) /* "FSST" */
#define COMPRESSED (UINT64_C(1) << 24)

int lio_fsst_parse(struct lio_decode *dec, struct lio_bytes table,
                   struct lio_fsst *ret_fsst)
{
    struct lio_cursor cur = lio_cursor_over(table.data, table.bytes);
    uint64_t head = lio_cursor_u64(&cur);
    struct lio_fsst fsst = { .nsymbols = head & 0xff,
                             .stored = !(head & COMPRESSED) };

    if (cur.overrun || head >> 32 != MAGIC)
        return lio_decode_corrupt(dec, "%zu bytes are not an fsst symbol table",
                                  table.bytes);
    fsst.symbols = lio_cursor_take(&cur, fsst.nsymbols * LIO_FSST_SYMBOL_MAX);
    fsst.lengths = lio_cursor_take(&cur, fsst.nsymbols);
    if (cur.overrun)
        return lio_decode_corrupt(dec,
                                  "an fsst symbol table of %zu bytes is too "
                                  "short for %" PRIu32 " symbols",
                                  table.bytes, fsst.nsymbols);
    for (uint32_t i = 0; i < fsst.nsymbols; i++)
        if (fsst.lengths[i] < 1 || fsst.lengths[i] > LIO_FSST_SYMBOL_MAX)
            return lio_decode_corrupt(
                dec, "fsst symbol %" PRIu32 " is %u bytes long", i,
                fsst.lengths[i]);
    *ret_fsst = fsst;
    return 0;
}

/* Expands codes to `to`, which has room for eight bytes each.  Returns the end
 * of what it wrote, or NULL for a code that is none. */
static uint8_t *expand(const struct lio_fsst *fsst, const uint8_t *from,
                       const uint8_t *end, uint8_t *to)
{
    while (from < end) {
        uint8_t code = *from++;

        if (code < fsst->nsymbols) {
            memcpy(to, fsst->symbols + code * LIO_FSST_SYMBOL_MAX,
                   LIO_FSST_SYMBOL_MAX);
            to += fsst->lengths[code];
        } else if (code == ESCAPE && from < end) {
            *to++ = *from++;
        } else {
            return NULL;
        }
    }
    return to;
}

int lio_fsst_append(struct lio_decode *dec, const struct lio_fsst *fsst,
                    struct lio_bytes value, struct lio_strings *out)
{
    uint64_t most = fsst->stored ? value.bytes
                                 : (uint64_t)value.bytes * LIO_FSST_SYMBOL_MAX;
    uint8_t *start, *end;
    int rc = lio_decode_grow(dec, &out->data, out->bytes, out->bytes + most);

    if (rc < 0)
        return rc;
    start = out->data->data + out->bytes;
    end = start + value.bytes;
    if (!fsst->stored)
        end = expand(fsst, value.data, value.data + value.bytes, start);
    else if (value.bytes > 0)
        memcpy(start, value.data, value.bytes);
    if (!end)
        return lio_decode_corrupt(
            dec, "an fsst code is none of the %" PRIu32 " symbols",
            fsst->nsymbols);
    rc = lio_strings_reserve(dec, out, 1, (uint64_t)(end - start));
    if (rc < 0)
        return rc;
    lio_strings_put(out, (uint64_t)(end - start));
    return 0;
}

int lio_fsst_append_all(struct lio_decode *dec, const struct lio_fsst *fsst,
                        const struct lio_strings *packed,
                        struct lio_strings *out)
{
    int rc = 0;

    for (uint64_t i = 0; i < packed->rows && rc == 0; i++) {
        uint64_t at = lio_strings_offset(packed, i);
        uint64_t end = lio_strings_offset(packed, i + 1);
        struct lio_bytes value = { packed->data->data + at,
                                   (size_t)(end - at) };

        rc = lio_fsst_append(dec, fsst, value, out);
    }
    return rc;
}

int lio_fsst_decode(struct lio_decode *dec, const Lio__Pb__Fsst *enc,
                    const struct lio_encoded *in, struct lio_strings *out)
{
    struct lio_bytes table = { enc->symbol_table.data, enc->symbol_table.len };
    struct lio_strings packed;
    struct lio_fsst fsst;
    int rc = lio_fsst_parse(dec, table, &fsst);

    if (rc < 0)
        return rc;
    rc = lio_strings_init(dec, 64, in->nvalues, &packed);
    if (rc < 0)
        return rc;
    rc = lio_strings_decode(dec, enc->values, in, &packed);
    if (rc == 0)
        rc = lio_fsst_append_all(dec, &fsst, &packed, out);
    dec->budget += packed.offsets->bytes + packed.data->bytes;
    lio_strings_release(&packed);
    return rc;
}
