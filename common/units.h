/*
 * Numbers with units, as people write them in lanceio.ini.
 *
 *     size   4096  64K  256M  1G  2T    powers of 1024; 64KiB is 64K
 *     time   500ns  20us  5ms  1s       nanoseconds inside; 0 needs no unit
 *     bool   on off  true false  yes no  1 0
 *
 * The parsers return NULL and write the value, or return what is wrong as the
 * end of a sentence that begins with the text.
 */
#ifndef LIO_COMMON_UNITS_H
#define LIO_COMMON_UNITS_H

#include <stddef.h>
#include <stdint.h>

const char *lio_uint_parse(const char *text, uint64_t *ret_number);
const char *lio_size_parse(const char *text, uint64_t *ret_bytes);
const char *lio_time_parse(const char *text, uint64_t *ret_ns);
const char *lio_bool_parse(const char *text, uint64_t *ret_bool);

/* Room for any number with its unit. */
#define LIO_UNITS_BYTES 32

/* Write the value in the largest unit that divides it; returns `buf`. */
const char *lio_size_format(uint64_t bytes, char buf[LIO_UNITS_BYTES]);
const char *lio_time_format(uint64_t ns, char buf[LIO_UNITS_BYTES]);

#endif
