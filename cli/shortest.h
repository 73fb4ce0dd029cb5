/*
 * Floating point numbers as the shortest text that reads back as the same
 * number, the nearest one of those if there are several.
 *
 * The form is ECMAScript's, as in JSON, with ".0" after whole numbers: 0.1,
 * 1.0, -0.0, 1e+21, 5e-324; and NaN, Infinity and -Infinity.
 */
#ifndef LIO_CLI_SHORTEST_H
#define LIO_CLI_SHORTEST_H

#include <stdint.h>

#define CLI_F64_ROOM 32

/* Write at `at`, without a NUL; returns where it stopped. */
char *cli_f64_put(char *at, double number);
char *cli_f32_put(char *at, float number);

/* The value of an IEEE 754 half. */
double cli_half_value(uint16_t half);

#endif
