/* Integers and decimals as text. */
#include "cli/number.h"

#include <assert.h>
#include <string.h>

#define LIMBS      (CLI_DECIMAL_MAX_BYTES / 4)
#define CHUNK      1000000000u /* the largest power of ten in a limb */
#define MAX_DIGITS (9 * (LIMBS + 1))

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

/* Write `number` so that it ends before `end`; returns where it starts. */
static char *put_backwards(char *end, uint64_t number)
{
    while (number >= 100) {
        end -= 2;
        memcpy(end, pairs + number % 100 * 2, 2);
        number /= 100;
    }
    if (number >= 10) {
        end -= 2;
        memcpy(end, pairs + number * 2, 2);
    } else {
        *--end = (char)('0' + number);
    }
    return end;
}

char *cli_u64_put(char *at, uint64_t number)
{
    char text[CLI_U64_ROOM];
    char *end = text + sizeof(text), *start = put_backwards(end, number);
    size_t bytes = (size_t)(end - start);

    memcpy(at, start, bytes);
    return at + bytes;
}

char *cli_i64_put(char *at, int64_t number)
{
    uint64_t magnitude = (uint64_t)number;

    if (number < 0) {
        *at++ = '-';
        magnitude = 0 - magnitude;
    }
    return cli_u64_put(at, magnitude);
}

char *cli_digits_put(char *at, uint64_t number, unsigned ndigits)
{
    for (unsigned i = ndigits; i > 0; i--) {
        at[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + ndigits;
}

void cli_limbs_negate(uint32_t *limbs, size_t nlimbs)
{
    uint64_t carry = 1;

    for (size_t i = 0; i < nlimbs; i++) {
        carry += (uint32_t)~limbs[i];
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* Divide by CHUNK; returns the remainder. */
static uint32_t divide(uint32_t *limbs, size_t nlimbs)
{
    uint64_t rest = 0;

    for (size_t i = nlimbs; i > 0; i--) {
        rest = rest << 32 | limbs[i - 1];
        limbs[i - 1] = (uint32_t)(rest / CHUNK);
        rest %= CHUNK;
    }
    return (uint32_t)rest;
}

/* The digits of a magnitude, which is used up, before `end`. */
static char *put_magnitude(char *end, uint32_t *limbs, size_t nlimbs)
{
    for (;;) {
        uint32_t chunk;

        while (nlimbs > 0 && limbs[nlimbs - 1] == 0)
            nlimbs--;
        if (nlimbs <= 1)
            return put_backwards(end, nlimbs ? limbs[0] : 0);
        chunk = divide(limbs, nlimbs);
        end -= 9;
        cli_digits_put(end, chunk, 9);
    }
}

static char *put_zeros(char *at, size_t n)
{
    memset(at, '0', n);
    return at + n;
}

/* Set the point `scale` digits from the end. */
static char *put_scaled(char *at, const char *digits, size_t n, size_t scale)
{
    size_t whole = n > scale ? n - scale : 0;

    if (whole == 0) {
        *at++ = '0';
    } else {
        memcpy(at, digits, whole);
        at += whole;
    }
    *at++ = '.';
    if (n < scale)
        at = put_zeros(at, scale - n);
    memcpy(at, digits + whole, n - whole);
    return at + (n - whole);
}

char *cli_decimal_put(char *at, const void *value, size_t bytes, int scale)
{
    uint32_t limbs[LIMBS];
    char text[MAX_DIGITS];
    char *end = text + sizeof(text), *digits;
    size_t nlimbs = bytes / 4, n;

    assert(bytes % 4 == 0 && nlimbs >= 1 && nlimbs <= LIMBS);
    assert(scale >= -CLI_DECIMAL_MAX_SCALE && scale <= CLI_DECIMAL_MAX_SCALE);

    memcpy(limbs, value, bytes);
    if (limbs[nlimbs - 1] >> 31) {
        *at++ = '-';
        cli_limbs_negate(limbs, nlimbs);
    }
    digits = put_magnitude(end, limbs, nlimbs);
    n = (size_t)(end - digits);

    if (scale > 0)
        return put_scaled(at, digits, n, (size_t)scale);
    memcpy(at, digits, n);
    at += n;
    return *digits == '0' ? at : put_zeros(at, (size_t)-scale);
}
