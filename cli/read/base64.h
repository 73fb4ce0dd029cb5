/* Bytes from base64 (RFC 4648, with its padding), as value.c writes them. */
#ifndef LIO_CLI_READ_BASE64_H
#define LIO_CLI_READ_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for what `chars` characters can hold. */
#define CLI_BASE64_ROOM(chars) ((chars) / 4 * 3)

/* False for what is not base64, to the last bit.  `ret_bytes` has room as
 * above, and may be written to on failure. */
bool cli_base64_decode(const char *text, size_t chars, uint8_t *ret_bytes,
                       size_t *ret_n);

#endif
