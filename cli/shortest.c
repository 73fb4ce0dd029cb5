/*
 * The shortest decimal of a binary number: Schubfach (R. Giulietti, "The
 * Schubfach way to render doubles", 2020).
 *
 * A number v = c * 2^q is what all reals between the midpoints to its two
 * neighbours round to.  k is the largest power of ten whose spacing is still
 * finer than that interval, so that of the four candidates around v
 *
 *     ...--[--+--------v--------+--]--...       s, s+1         spacing 10^k
 *             s                s+1              10*(s/10) ...  spacing 10^(k+1)
 *
 * at least one is inside.  The three ends are scaled by 4 * 10^-k with one
 * 128-bit multiplication each and rounded so that an inexact result is odd:
 * comparing those integers then gives the same as comparing the reals.
 *
 * The usual loop over "%.*g" and strtod() takes eight times as long (460
 * against 54 ns a double) and misses the shortest next to powers of two.
 */
#include "cli/shortest.h"

#include "cli/number.h"
#include "cli/pow10.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct decimal {
    uint64_t digits;
    int exponent; /* value = digits * 10^exponent */
};

/* A binary format's number, taken apart. */
struct binary {
    uint64_t fraction; /* of the significand, without the hidden bit */
    unsigned fraction_bits;
    int exponent; /* as stored */
    int bias;     /* of the exponent, for a significand taken as an integer */
};

/* floor(log2(10^e)), for |e| < 1233 */
static int floor_log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* floor(log10(2^e)), or of 3/4 * 2^e, for |e| < 1500 */
static int floor_log10(int e, bool three_quarters)
{
    return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

/* a * b as high and low word, from products that C11 has. */
static struct cli_pow10 multiply(uint64_t a, uint64_t b)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32;
    uint64_t b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0;
    uint64_t mid = a1 * b0 + (low >> 32);
    uint64_t mid2 = a0 * b1 + (uint32_t)mid;

    return (struct cli_pow10){ a1 * b1 + (mid >> 32) + (mid2 >> 32),
                               mid2 << 32 | (uint32_t)low };
}

/* The upper third of g * c; its last bit is set if the rest is not zero (one
 * unit may come from g, which is rounded up). */
static uint64_t scale_to_odd(struct cli_pow10 g, uint64_t c)
{
    struct cli_pow10 low = multiply(g.lo, c), high = multiply(g.hi, c);
    uint64_t mid = high.lo + low.hi;

    return (high.hi + (mid < low.hi)) | (mid > 1);
}

/* Of a positive, finite number. */
static struct decimal find_shortest(const struct binary *b)
{
    bool normal = b->exponent != 0;
    uint64_t c = b->fraction | (uint64_t)normal << b->fraction_bits;
    int q = (normal ? b->exponent : 1) - b->bias;
    /* Below a power of two the numbers lie twice as close. */
    bool near_below = b->fraction == 0 && b->exponent > 1;
    bool even = (c & 1) == 0; /* then the interval's ends belong to it */
    int k = floor_log10(q, near_below);
    int shift = q + floor_log2_pow10(-k) + 1;
    struct cli_pow10 g = cli_pow10[-k - CLI_POW10_MIN];
    uint64_t lower = scale_to_odd(g, (4 * c - 2 + near_below) << shift);
    uint64_t value = scale_to_odd(g, (4 * c) << shift);
    uint64_t upper = scale_to_odd(g, (4 * c + 2) << shift);
    uint64_t s = value / 4, tens = s / 10;
    bool below, above;

    lower += !even;
    upper -= !even;

    if (s >= 10) {
        below = lower <= 40 * tens;
        above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct decimal){ tens + above, k + 1 };
    }
    below = lower <= 4 * s;
    above = 4 * s + 4 <= upper;
    if (below == above) /* both are inside: the nearer, then the even one */
        above = value > 4 * s + 2 || (value == 4 * s + 2 && (s & 1));
    return (struct decimal){ s + above, k };
}

/* Where the point goes decides between 123.4, 0.001 and 1e-7. */
static char *put_decimal(char *at, struct decimal d)
{
    char digits[CLI_U64_ROOM];
    int n, point;

    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    n = (int)(cli_u64_put(digits, d.digits) - digits);
    point = n + d.exponent; /* digits before the point */

    if (point > 21 || point < -5) {
        *at++ = digits[0];
        if (n > 1) {
            *at++ = '.';
            memcpy(at, digits + 1, (size_t)n - 1);
            at += n - 1;
        }
        *at++ = 'e';
        *at++ = point > 0 ? '+' : '-';
        return cli_u64_put(at, (uint64_t)(point > 0 ? point - 1 : 1 - point));
    }
    if (point <= 0) {
        memcpy(at, "0.00000", 7);
        at += 2 - point;
        memcpy(at, digits, (size_t)n);
        return at + n;
    }
    if (point < n) {
        memcpy(at, digits, (size_t)point);
        at[point] = '.';
        memcpy(at + point + 1, digits + point, (size_t)(n - point));
        return at + n + 1;
    }
    memcpy(at, digits, (size_t)n);
    memset(at + n, '0', (size_t)(point - n));
    memcpy(at + point, ".0", 2);
    return at + point + 2;
}

static char *put_text(char *at, const char *text)
{
    size_t bytes = strlen(text);

    memcpy(at, text, bytes);
    return at + bytes;
}

/* What is the same for all formats: sign, zero, and what is no number. */
static char *put_number(char *at, double number, const struct binary *b)
{
    if (isnan(number))
        return put_text(at, "NaN");
    if (signbit(number))
        *at++ = '-';
    if (isinf(number))
        return put_text(at, "Infinity");
    if (b->fraction == 0 && b->exponent == 0)
        return put_text(at, "0.0");
    return put_decimal(at, find_shortest(b));
}

char *cli_f64_put(char *at, double number)
{
    struct binary b = { .fraction_bits = 52, .bias = 1023 + 52 };
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    b.fraction = bits & (((uint64_t)1 << 52) - 1);
    b.exponent = (int)(bits >> 52 & 0x7ff);
    return put_number(at, number, &b);
}

char *cli_f32_put(char *at, float number)
{
    struct binary b = { .fraction_bits = 23, .bias = 127 + 23 };
    uint32_t bits;

    memcpy(&bits, &number, sizeof(bits));
    b.fraction = bits & (((uint32_t)1 << 23) - 1);
    b.exponent = (int)(bits >> 23 & 0xff);
    return put_number(at, (double)number, &b);
}

double cli_half_value(uint16_t half)
{
    int exponent = half >> 10 & 0x1f;
    double fraction = half & 0x3ff, value;

    if (exponent == 0x1f)
        value = half & 0x3ff ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, -24);
    else
        value = ldexp(fraction + 1024, exponent - 25);
    return half & 0x8000 ? -value : value;
}
