/*
 * Dates, times and durations from text: what calendar.h writes, and the usual
 * variations of ISO 8601.
 *
 *     date       2001-01-31, +012345-01-31, -000044-03-15
 *     time       13:59, 13:59:00, 13:59:00.25
 *     timestamp  a date, or a date and a time with T or a space between
 *                with a zone: Z, +02:00, +0200 or +02
 *     duration   PT36H12M0.250S, -PT1M
 *
 * `digits` are those that the unit has after the second (calendar.h); digits
 * that a unit cannot keep must be zeros.  Texts need no NUL.
 */
#ifndef LIO_CLI_READ_TIME_H
#define LIO_CLI_READ_TIME_H

#include "cli/read/number.h"

/* Days since 1970-01-01. */
enum cli_parse cli_date_parse(const char *text, size_t bytes,
                              int64_t *ret_days);

/* Units since 1970-01-01T00:00, in UTC if it is `zoned`: then the text must
 * have a zone, else it must not. */
enum cli_parse cli_timestamp_parse(const char *text, size_t bytes,
                                   unsigned digits, bool zoned,
                                   int64_t *ret_count);

/* Units since midnight. */
enum cli_parse cli_time_parse(const char *text, size_t bytes, unsigned digits,
                              int64_t *ret_count);

enum cli_parse cli_duration_parse(const char *text, size_t bytes,
                                  unsigned digits, int64_t *ret_count);

#endif
