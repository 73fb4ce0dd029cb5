/*
 * Numbers as text.  Each function writes at `at`, without a NUL, and returns
 * where it stopped; the *_ROOM constants say how much it can need.
 */
#ifndef LIO_CLI_NUMBER_H
#define LIO_CLI_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define CLI_U64_ROOM 20
#define CLI_I64_ROOM 20

/* Decimals of up to 256 bits have at most 78 digits. */
#define CLI_DECIMAL_MAX_BYTES 32
#define CLI_DECIMAL_MAX_SCALE 1000
#define CLI_DECIMAL_ROOM      (78 + CLI_DECIMAL_MAX_SCALE + 3)

char *cli_u64_put(char *at, uint64_t number);
char *cli_i64_put(char *at, int64_t number);

/* The last `ndigits` digits of `number`, with leading zeros. */
char *cli_digits_put(char *at, uint64_t number, unsigned ndigits);

/*
 * A decimal: two's complement of `bytes` (4, 8, 16 or 32), little endian, times
 * ten to the minus `scale`, which is within CLI_DECIMAL_MAX_SCALE.  All digits
 * of the scale are written: 1.500.
 */
char *cli_decimal_put(char *at, const void *value, size_t bytes, int scale);

/* Negate a two's complement number, its lowest 32 bits first. */
void cli_limbs_negate(uint32_t *limbs, size_t nlimbs);

#endif
