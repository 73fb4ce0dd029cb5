/*
 * The last 40 bytes of a Lance 2.x file, all little endian:
 *
 *     0  u64  first column metadata     (file offset)
 *     8  u64  column metadata table     (file offset)
 *    16  u64  global buffer table       (file offset)
 *    24  u32  number of global buffers
 *    28  u32  number of columns
 *    32  u16  major version
 *    34  u16  minor version
 *    36       "LANC"
 */
#include "column/footer.h"

#include "common/cursor.h"

#include <inttypes.h>
#include <stdio.h>

const char *lio_format_name(enum lio_format format)
{
    switch (format) {
    case LIO_FORMAT_20:
        return "2.0";
    case LIO_FORMAT_21:
        return "2.1";
    case LIO_FORMAT_22:
        return "2.2";
    }
    return "unknown";
}

const char *lio_format_refusal(const char *version)
{
    if (strncmp(version, "0.", 2) == 0)
        return "it is of the format before 2.0, which LanceDB can read and "
               "write anew";
    if (strcmp(version, "2.3") == 0)
        return "2.3 is a draft, which later releases of Lance change";
    return "it is not known to this version";
}

/* Writers stamp 2.0 files with 0.3; older ones used 2.0. */
static bool format_of(uint16_t major, uint16_t minor,
                      enum lio_format *ret_format)
{
    if ((major == 0 && minor == 3) || (major == 2 && minor == 0))
        *ret_format = LIO_FORMAT_20;
    else if (major == 2 && minor == 1)
        *ret_format = LIO_FORMAT_21;
    else if (major == 2 && minor == 2)
        *ret_format = LIO_FORMAT_22;
    else
        return false;
    return true;
}

/* Divides instead of multiplying, so that no count can overflow. */
static bool table_fits(uint64_t at, uint64_t entries, uint64_t end)
{
    return at <= end && entries <= (end - at) / LIO_TABLE_ENTRY_BYTES;
}

int lio_footer_parse(const char *name, uint64_t file_bytes,
                     struct lio_bytes tail, struct lio_footer *ret_footer,
                     struct lio_error *err)
{
    struct lio_cursor cur = lio_cursor_over(tail.data, tail.bytes);
    struct lio_footer footer;
    uint16_t major, minor;
    uint64_t footer_at;

    if (file_bytes < LIO_FOOTER_BYTES)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: %" PRIu64 " bytes cannot hold the footer of "
                             "a Lance file",
                             name, file_bytes);
    footer_at = file_bytes - LIO_FOOTER_BYTES;
    footer.column_meta_at = lio_cursor_u64(&cur);
    footer.column_table_at = lio_cursor_u64(&cur);
    footer.global_table_at = lio_cursor_u64(&cur);
    footer.nglobals = lio_cursor_u32(&cur);
    footer.ncolumns = lio_cursor_u32(&cur);
    major = lio_cursor_u16(&cur);
    minor = lio_cursor_u16(&cur);

    if (!lio_cursor_is(&cur, "LANC"))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: is not a Lance file, or its end is missing: "
                             "the last four bytes are not \"LANC\"",
                             name);
    if (!format_of(major, minor, &footer.format)) {
        char version[sizeof("65535.65535")];

        (void)snprintf(version, sizeof(version), "%u.%u", major, minor);
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "%s: Lance file version %s is not supported (2.0, "
                             "2.1 and 2.2 are): %s",
                             name, version, lio_format_refusal(version));
    }
    /* The counts size later allocations: trust none the file has no room for.
     */
    if (!table_fits(footer.column_table_at, footer.ncolumns, footer_at))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the table of %" PRIu32 " columns at byte "
                             "%" PRIu64 " runs past byte %" PRIu64,
                             name, footer.ncolumns, footer.column_table_at,
                             footer_at);
    if (!table_fits(footer.global_table_at, footer.nglobals, footer_at))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the table of %" PRIu32 " global buffers at "
                             "byte %" PRIu64 " runs past byte %" PRIu64,
                             name, footer.nglobals, footer.global_table_at,
                             footer_at);
    if (footer.column_meta_at > footer.column_table_at ||
        footer.column_table_at > footer.global_table_at)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: the footer has its tables out of order: "
                             "column metadata at byte %" PRIu64
                             ", its table at %" PRIu64
                             ", global buffers at %" PRIu64,
                             name, footer.column_meta_at,
                             footer.column_table_at, footer.global_table_at);
    *ret_footer = footer;
    return 0;
}

void lio_footer_pack(const struct lio_footer *footer, uint8_t *to)
{
    bool first = footer->format == LIO_FORMAT_20;
    uint16_t major = first ? 0 : 2;
    uint16_t minor = first ? 3 : (uint16_t)(footer->format - LIO_FORMAT_20);

    memcpy(to, &footer->column_meta_at, 8);
    memcpy(to + 8, &footer->column_table_at, 8);
    memcpy(to + 16, &footer->global_table_at, 8);
    memcpy(to + 24, &footer->nglobals, 4);
    memcpy(to + 28, &footer->ncolumns, 4);
    memcpy(to + 32, &major, 2);
    memcpy(to + 34, &minor, 2);
    memcpy(to + 36, "LANC", 4);
}
