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

/* Values for which room is made at once: eight times their bytes, the most that
 * they may become. */
#define GROUP 64u

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

/* Room for `rows` values that are expanded from `bytes`. */
static int make_room(struct lio_decode *dec, const struct lio_fsst *fsst,
                     uint64_t rows, uint64_t bytes, struct lio_strings *out)
{
    uint64_t most = fsst->stored ? bytes : bytes * LIO_FSST_SYMBOL_MAX;
    int rc = lio_strings_reserve(dec, out, rows, 0);

    return rc < 0 ? rc
                  : lio_strings_room(dec, out, out->rows + rows,
                                     out->bytes + most);
}

/* Expand a value into room that is there. */
static bool put(const struct lio_fsst *fsst, struct lio_bytes value,
                struct lio_strings *out)
{
    uint8_t *start = out->data->data + out->bytes;
    uint8_t *end = start + value.bytes;

    if (!fsst->stored)
        end = expand(fsst, value.data, value.data + value.bytes, start);
    else if (value.bytes > 0)
        memcpy(start, value.data, value.bytes);
    if (!end)
        return false;
    lio_strings_put(out, (uint64_t)(end - start));
    return true;
}

static int bad_code(struct lio_decode *dec, const struct lio_fsst *fsst)
{
    return lio_decode_corrupt(
        dec, "an fsst code is none of the %" PRIu32 " symbols", fsst->nsymbols);
}

int lio_fsst_append(struct lio_decode *dec, const struct lio_fsst *fsst,
                    struct lio_bytes value, struct lio_strings *out)
{
    int rc = make_room(dec, fsst, 1, value.bytes, out);

    if (rc < 0)
        return rc;
    if (!put(fsst, value, out))
        return bad_code(dec, fsst);
    /* That offsets can tell the bytes. */
    return lio_strings_reserve(dec, out, 0, 0);
}

/* Values from row `from` on. */
static int append_rows(struct lio_decode *dec, const struct lio_fsst *fsst,
                       const struct lio_strings *packed, uint64_t from,
                       uint64_t rows, struct lio_strings *out)
{
    uint64_t at = lio_strings_offset(packed, from);
    uint64_t end = lio_strings_offset(packed, from + rows);
    int rc = make_room(dec, fsst, rows, end - at, out);

    if (rc < 0)
        return rc;
    for (uint64_t i = from; i < from + rows; i++) {
        struct lio_bytes value = { packed->data->data + at, 0 };

        end = lio_strings_offset(packed, i + 1);
        value.bytes = (size_t)(end - at);
        at = end;
        if (!put(fsst, value, out))
            return bad_code(dec, fsst);
    }
    return lio_strings_reserve(dec, out, 0, 0);
}

int lio_fsst_append_all(struct lio_decode *dec, const struct lio_fsst *fsst,
                        const struct lio_strings *packed,
                        struct lio_strings *out)
{
    uint64_t rows;
    int rc = 0;

    for (uint64_t i = 0; i < packed->rows && rc == 0; i += rows) {
        rows = packed->rows - i < GROUP ? packed->rows - i : GROUP;
        rc = append_rows(dec, fsst, packed, i, rows, out);
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
