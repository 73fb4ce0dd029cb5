/*
 * Numbers from text.
 *
 * One pass takes a number apart and gathers up to 19 digits in 64 bits, which
 * is all that integers and most floating point numbers need; decimals of more
 * digits are multiplied up in limbs, and what is left is strtod()'s.
 */
#include "cli/read/number.h"

#include "cli/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXACT_DIGITS 19    /* that surely fit into 64 bits */
#define POWER_MAX    99999 /* larger exponents are as good as this one */
#define LIMBS        (CLI_DECIMAL_MAX_BYTES / 4)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* -- taking apart -------------------------------------------------------- */

/* The exponent behind an e; false if there are no digits or more behind. */
static bool split_exponent(const char *at, const char *end, int64_t *power)
{
    bool negative = at < end && *at == '-';
    int64_t exponent = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    for (; at < end && is_digit(*at); at++)
        if (exponent <= POWER_MAX)
            exponent = exponent * 10 + (*at - '0');
    *power += negative ? -exponent : exponent;
    return at == end;
}

/* Digits, appended to `value`, which wraps around if they are too many. */
static const char *take_digits(const char *at, const char *end, uint64_t *value)
{
    uint64_t number = *value;

    for (; at < end && is_digit(*at); at++)
        number = number * 10 + (uint64_t)(*at - '0');
    *value = number;
    return at;
}

static const char *skip_zeros(const char *at, const char *end)
{
    while (at < end && *at == '0')
        at++;
    return at;
}

bool cli_digits_split(const char *text, size_t bytes,
                      struct cli_digits *ret_digits)
{
    const char *at = text, *end = text + bytes, *first, *start;
    struct cli_digits digits = { .negative = bytes > 0 && *text == '-' };
    bool any;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    digits.text = at;
    first = skip_zeros(at, end);
    at = take_digits(first, end, &digits.value);
    digits.exact = at - first <= EXACT_DIGITS;
    any = at > digits.text;
    digits.has_point = at < end;
    if (at < end && *at == '.') {
        ptrdiff_t nwhole = at - first;

        start = ++at;
        first = nwhole == 0 ? skip_zeros(at, end) : at;
        at = take_digits(first, end, &digits.value);
        digits.exact = nwhole + (at - first) <= EXACT_DIGITS;
        digits.power = -(at - start);
        any |= at > start;
    }
    digits.bytes = (size_t)(at - digits.text);
    if (!any || (at < end && ((*at != 'e' && *at != 'E') ||
                              !split_exponent(at + 1, end, &digits.power))))
        return false;
    *ret_digits = digits;
    return true;
}

/* -- decimals ------------------------------------------------------------ */

/* Multiply and add; false if it does not fit. */
static bool mul_add(uint32_t *limbs, size_t nlimbs, uint32_t factor,
                    uint32_t term)
{
    uint64_t carry = term;

    for (size_t i = 0; i < nlimbs; i++) {
        carry += (uint64_t)limbs[i] * factor;
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry == 0;
}

/* Put the digits from 10^0 of the scaled number up, of which there are at most
 * `precision`, into limbs. */
static enum cli_parse gather(const struct cli_digits *digits, int64_t power,
                             unsigned precision, uint32_t *limbs, size_t nlimbs)
{
    const char *end = digits->text + digits->bytes;
    int64_t place = power; /* of the digit looked at, the last one first */
    bool any = false;

    for (const char *at = end; at > digits->text; at--)
        place += is_digit(at[-1]);
    for (const char *at = digits->text; at < end; at++) {
        uint32_t digit = (uint32_t)(*at - '0');

        if (!is_digit(*at))
            continue;
        place--;
        if (digit != 0 && place < 0)
            return CLI_PARSE_DIGITS;
        if (digit != 0 && place >= (int64_t)precision)
            return CLI_PARSE_RANGE;
        any |= digit != 0;
        if (any && place >= 0 && !mul_add(limbs, nlimbs, 10, digit))
            return CLI_PARSE_RANGE;
    }
    for (; any && place > 0; place--)
        if (!mul_add(limbs, nlimbs, 10, 0))
            return CLI_PARSE_RANGE;
    return CLI_PARSE_OK;
}

enum cli_parse cli_decimal_parse(const char *text, size_t bytes,
                                 unsigned precision, int scale, size_t width,
                                 void *ret_value)
{
    uint32_t limbs[LIMBS] = { 0 };
    size_t nlimbs = width / 4;
    struct cli_digits digits;
    enum cli_parse parsed;

    if (!cli_digits_split(text, bytes, &digits))
        return CLI_PARSE_FORM;
    parsed = gather(&digits, digits.power + scale, precision, limbs, nlimbs);
    if (parsed != CLI_PARSE_OK)
        return parsed;
    /* A precision that the width cannot hold is no reason to wrap around. */
    if (limbs[nlimbs - 1] >> 31)
        return CLI_PARSE_RANGE;
    if (digits.negative)
        cli_limbs_negate(limbs, nlimbs);
    memcpy(ret_value, limbs, width);
    return CLI_PARSE_OK;
}

/* -- integers ------------------------------------------------------------ */

/* The magnitude of an integer, of at most 64 bits. */
static enum cli_parse parse_magnitude(const char *text, size_t bytes,
                                      uint64_t *ret_magnitude,
                                      bool *ret_negative)
{
    struct cli_digits digits;
    uint32_t limbs[3] = { 0 };
    enum cli_parse parsed;

    if (!cli_digits_split(text, bytes, &digits))
        return CLI_PARSE_FORM;
    *ret_negative = digits.negative;
    if (digits.exact && digits.power == 0) {
        *ret_magnitude = digits.value;
        return CLI_PARSE_OK;
    }
    parsed = gather(&digits, digits.power, 20, limbs, 3);
    if (parsed == CLI_PARSE_OK && limbs[2])
        parsed = CLI_PARSE_RANGE;
    *ret_magnitude = limbs[0] | (uint64_t)limbs[1] << 32;
    return parsed;
}

enum cli_parse cli_i64_parse(const char *text, size_t bytes,
                             int64_t *ret_number)
{
    uint64_t magnitude;
    bool negative;
    enum cli_parse parsed = parse_magnitude(text, bytes, &magnitude, &negative);

    if (parsed != CLI_PARSE_OK)
        return parsed;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return CLI_PARSE_RANGE;
    *ret_number = (int64_t)(negative ? 0 - magnitude : magnitude);
    return CLI_PARSE_OK;
}

enum cli_parse cli_u64_parse(const char *text, size_t bytes,
                             uint64_t *ret_number)
{
    uint64_t magnitude;
    bool negative;
    enum cli_parse parsed = parse_magnitude(text, bytes, &magnitude, &negative);

    if (parsed != CLI_PARSE_OK)
        return parsed;
    if (negative && magnitude > 0)
        return CLI_PARSE_RANGE;
    *ret_number = magnitude;
    return CLI_PARSE_OK;
}

/* -- floating point ------------------------------------------------------ */

static bool is_word(const char *text, size_t bytes, const char *word)
{
    return bytes == strlen(word) && !strncasecmp(text, word, bytes);
}

/* What is a number to IEEE 754 and not to JSON. */
static bool parse_word(const char *text, size_t bytes, double *ret_number)
{
    bool has_sign = bytes > 0 && (*text == '-' || *text == '+');
    bool negative = bytes > 0 && *text == '-';

    text += has_sign;
    bytes -= has_sign;
    if (is_word(text, bytes, "nan"))
        *ret_number = NAN;
    else if (is_word(text, bytes, "infinity") || is_word(text, bytes, "inf"))
        *ret_number = negative ? -HUGE_VAL : HUGE_VAL;
    else
        return false;
    return true;
}

/* With both the digits and the power of ten exact, one operation rounds once:
 * to the nearest.  False if they are not. */
static bool parse_exact(const struct cli_digits *digits, double *ret_number)
{
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,
                                     1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
                                     1e18, 1e19, 1e20, 1e21, 1e22 };
    double number = (double)digits->value;

    if (!digits->exact || digits->value >> 53 || digits->power < -22 ||
        digits->power > 22)
        return false;
    if (digits->power < 0)
        number /= powers[-digits->power];
    else
        number *= powers[digits->power];
    *ret_number = digits->negative ? -number : number;
    return true;
}

/* strtod() and strtof() want a NUL.  The longest doubles that are written out
 * in full have 1,077 digits; what is longer is not taken for a number. */
static enum cli_parse parse_rest(const char *text, size_t bytes, bool is_double,
                                 double *ret_number)
{
    char copy[1100];
    double number;

    if (bytes >= sizeof(copy))
        return CLI_PARSE_FORM;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    number = is_double ? strtod(copy, NULL) : (double)strtof(copy, NULL);
    if (isinf(number))
        return CLI_PARSE_RANGE;
    *ret_number = number;
    return CLI_PARSE_OK;
}

enum cli_parse cli_f64_parse(const char *text, size_t bytes, double *ret_number)
{
    struct cli_digits digits;

    if (!cli_digits_split(text, bytes, &digits))
        return parse_word(text, bytes, ret_number) ? CLI_PARSE_OK
                                                   : CLI_PARSE_FORM;
    if (parse_exact(&digits, ret_number))
        return CLI_PARSE_OK;
    return parse_rest(text, bytes, true, ret_number);
}

/* By way of a double only if that is exact: rounding twice may round wrong. */
enum cli_parse cli_f32_parse(const char *text, size_t bytes, float *ret_number)
{
    struct cli_digits digits;
    double number;
    enum cli_parse parsed = CLI_PARSE_OK;

    if (!cli_digits_split(text, bytes, &digits)) {
        if (!parse_word(text, bytes, &number))
            return CLI_PARSE_FORM;
    } else if (digits.exact && digits.value >> 24 == 0 && digits.power >= -10 &&
               digits.power <= 10) {
        /* Both are exact as floats, so the double's rounding is harmless: it
         * has more than twice as many bits (and two). */
        (void)parse_exact(&digits, &number);
    } else {
        parsed = parse_rest(text, bytes, false, &number);
    }
    if (parsed == CLI_PARSE_OK)
        *ret_number = (float)number;
    return parsed;
}

/* The nearest half, even in a tie, of a magnitude below 65520. */
static uint16_t round_to_half(double magnitude)
{
    int exponent;

    (void)frexp(magnitude, &exponent);
    exponent--; /* so that the fraction is in [1, 2) */
    if (magnitude < 0x1p-14)
        return (uint16_t)rint(ldexp(magnitude, 24));
    /* A fraction that rounds up to 2 carries into the exponent. */
    return (uint16_t)(((exponent + 15) << 10) +
                      (int)rint(ldexp(magnitude, 10 - exponent)) - 1024);
}

enum cli_parse cli_half_parse(const char *text, size_t bytes,
                              uint16_t *ret_half)
{
    double number;
    enum cli_parse parsed = cli_f64_parse(text, bytes, &number);
    uint16_t sign;

    if (parsed != CLI_PARSE_OK)
        return parsed;
    sign = signbit(number) ? 0x8000 : 0;
    number = fabs(number);
    if (isnan(number))
        *ret_half = 0x7e00;
    else if (isinf(number))
        *ret_half = sign | 0x7c00;
    else if (number >= 65520)
        return CLI_PARSE_RANGE;
    else
        *ret_half = (uint16_t)(sign | round_to_half(number));
    return CLI_PARSE_OK;
}
