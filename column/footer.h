/*
 * The footer of a data file: where its tables are.
 */
#ifndef LIO_COLUMN_FOOTER_H
#define LIO_COLUMN_FOOTER_H

#include "column/bytes.h"

#include <lanceio/error.h>

#define LIO_FOOTER_BYTES      40
#define LIO_TABLE_ENTRY_BYTES 16 /* u64 position, u64 size */

/* The file version as one number that can be compared: 200, 201, 202. */
enum lio_format { LIO_FORMAT_20 = 200, LIO_FORMAT_21, LIO_FORMAT_22 };

struct lio_footer {
    uint64_t column_meta_at;  /* of the first column; page data ends here */
    uint64_t column_table_at; /* ncolumns entries */
    uint64_t global_table_at; /* nglobals entries */
    uint32_t nglobals;
    uint32_t ncolumns;
    enum lio_format format;
};

/* "2.0", "2.1" or "2.2" */
const char *lio_format_name(enum lio_format format);

/* Why files of another version, such as "2.3", are not read: a phrase. */
const char *lio_format_refusal(const char *version);

/* Read the footer from `tail`, the last LIO_FOOTER_BYTES of the `file_bytes`
 * of file `name`. */
LIO_MUST_CHECK int lio_footer_parse(const char *name, uint64_t file_bytes,
                                    struct lio_bytes tail,
                                    struct lio_footer *ret_footer,
                                    struct lio_error *err);

/* The way back: LIO_FOOTER_BYTES to `to`. */
void lio_footer_pack(const struct lio_footer *footer, uint8_t *to);

#endif
