/* UTF-8, decoded with suspicion: what a file calls text need not be. */
#ifndef LIO_CLI_UTF8_H
#define LIO_CLI_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The replacement character, for what is not UTF-8. */
#define CLI_UTF8_BAD "\xef\xbf\xbd"

/*
 * Decode the character at `text`, `bytes` >= 1 long.  Returns its length, or 0
 * if it is not valid: cut off, overlong, a surrogate, past U+10FFFF.
 */
size_t cli_utf8_decode(const char *text, size_t bytes, uint32_t *ret_char);

/* How many bytes from the start are valid: `bytes` if all are. */
size_t cli_utf8_valid(const char *text, size_t bytes);

/* The columns of a terminal that a character takes: 0, 1 or 2. */
unsigned cli_utf8_width(uint32_t c);

#endif
