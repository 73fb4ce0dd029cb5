/*
 * Numbers from text, exactly or not at all.
 *
 * The forms are those of JSON and what else is harmless: a sign +, zeros in
 * front, a point with digits on one side only.  Texts need no NUL.
 */
#ifndef LIO_CLI_READ_NUMBER_H
#define LIO_CLI_READ_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_parse {
    CLI_PARSE_OK,
    CLI_PARSE_FORM,  /* it does not look like one */
    CLI_PARSE_RANGE, /* the type holds none that large */
    CLI_PARSE_DIGITS /* the type keeps fewer digits after the point */
};

/* A number taken apart: digits, perhaps with a point, times ten to a power. */
struct cli_digits {
    const char *text; /* the digits and the point */
    size_t bytes;
    bool negative;
    bool exact;     /* all digits but zeros in front are in `value` */
    uint64_t value; /* without the point; meaningless if not exact */
    int64_t power;  /* of ten, of the last digit */
    bool has_point; /* or an exponent: it does not look like an integer */
};

/* False if it is not written like a number. */
bool cli_digits_split(const char *text, size_t bytes,
                      struct cli_digits *ret_digits);

/* 1.0 and 1e3 are integers, too; 1.5 lacks digits. */
enum cli_parse cli_i64_parse(const char *text, size_t bytes,
                             int64_t *ret_number);
enum cli_parse cli_u64_parse(const char *text, size_t bytes,
                             uint64_t *ret_number);

/* The nearest; also NaN, Infinity and inf, in any case, with a sign.  What
 * would round to infinity is out of range. */
enum cli_parse cli_f64_parse(const char *text, size_t bytes,
                             double *ret_number);
enum cli_parse cli_f32_parse(const char *text, size_t bytes, float *ret_number);

/* By way of a double: digits from the 17th on may round the other way. */
enum cli_parse cli_half_parse(const char *text, size_t bytes,
                              uint16_t *ret_half);

/* Two's complement of `width` bytes (4, 8, 16 or 32), little endian, of the
 * number times ten to the `scale`, which has at most `precision` digits. */
enum cli_parse cli_decimal_parse(const char *text, size_t bytes,
                                 unsigned precision, int scale, size_t width,
                                 void *ret_value);

#endif
