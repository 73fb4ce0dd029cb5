/*
 * Dates, times and durations in ISO 8601, from counts of a unit.
 *
 * The unit is given as the number of its decimal digits in a second: 0 for
 * seconds, 3, 6 or 9 for nanoseconds; that many are written.  All of int64 is
 * accepted.  Each function writes at `at`, without a NUL, at most
 * CLI_CALENDAR_ROOM bytes, and returns where it stopped.
 */
#ifndef LIO_CLI_CALENDAR_H
#define LIO_CLI_CALENDAR_H

#include <stdint.h>

#define CLI_CALENDAR_ROOM 64

/* Days since 1970-01-01: 2001-01-31; years of more than four digits and those
 * before 0 have a sign and six digits, as in ECMAScript: -000044-03-15. */
char *cli_date_put(char *at, int64_t days);

/* Since 1970-01-01T00:00: 2001-01-31T13:59:00.250 */
char *cli_timestamp_put(char *at, int64_t count, unsigned digits);

/* Since midnight: 13:59:00.250 */
char *cli_time_put(char *at, int64_t count, unsigned digits);

/* PT36H12M0.250S: no days, which are not always 24 hours. */
char *cli_duration_put(char *at, int64_t count, unsigned digits);

#endif
