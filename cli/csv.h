/* A field of comma-separated values (RFC 4180). */
#ifndef LIO_CLI_CSV_H
#define LIO_CLI_CSV_H

#include "cli/out.h"

/* In quotes where it must be, and if it is empty: a null is nothing at all. */
void cli_csv_field(struct cli_out *out, const char *text, size_t bytes);

#endif
