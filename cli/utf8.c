/* UTF-8: decoding, and the width of a character on a terminal. */
#include "cli/utf8.h"

#include <stdbool.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

/* Combining marks, joiners, variation selectors: the common ones. */
static const struct range zero_wide[] = {
    { 0x0300, 0x036f }, { 0x0483, 0x0489 },   { 0x0591, 0x05bd },
    { 0x0610, 0x061a }, { 0x064b, 0x065f },   { 0x200b, 0x200f },
    { 0x20d0, 0x20f0 }, { 0xfe00, 0xfe0f },   { 0xfe20, 0xfe2f },
    { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
};

/* East Asian wide and full-width, emoji. */
static const struct range two_wide[] = {
    { 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
    { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
    { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f },
    { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static bool is_in(uint32_t c, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

unsigned cli_utf8_width(uint32_t c)
{
    if (c < 0x300)
        return 1;
    if (is_in(c, zero_wide, sizeof(zero_wide) / sizeof(zero_wide[0])))
        return 0;
    return is_in(c, two_wide, sizeof(two_wide) / sizeof(two_wide[0])) ? 2 : 1;
}

/* The length that a first byte announces, and its bits of the character. */
static size_t decode_first(uint8_t byte, uint32_t *ret_bits)
{
    if (byte < 0x80) {
        *ret_bits = byte;
        return 1;
    }
    if (byte >= 0xc2 && byte <= 0xdf) {
        *ret_bits = byte & 0x1f;
        return 2;
    }
    if (byte >= 0xe0 && byte <= 0xef) {
        *ret_bits = byte & 0x0f;
        return 3;
    }
    if (byte >= 0xf0 && byte <= 0xf4) {
        *ret_bits = byte & 0x07;
        return 4;
    }
    return 0;
}

size_t cli_utf8_decode(const char *text, size_t bytes, uint32_t *ret_char)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t c;
    size_t n = decode_first((uint8_t)*text, &c);

    if (n == 0 || n > bytes)
        return 0;
    for (size_t i = 1; i < n; i++) {
        uint8_t byte = (uint8_t)text[i];

        if ((byte & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (byte & 0x3f);
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret_char = c;
    return n;
}

/* Most text is ASCII: 32 bytes of it at a time. */
static size_t skip_ascii(const char *text, size_t bytes)
{
    uint64_t words[4];
    size_t at = 0;

    for (; bytes - at >= sizeof(words); at += sizeof(words)) {
        memcpy(words, text + at, sizeof(words));
        if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080)
            break;
    }
    return at;
}

size_t cli_utf8_valid(const char *text, size_t bytes)
{
    size_t at = skip_ascii(text, bytes);

    while (at < bytes) {
        uint32_t c;
        size_t length;

        if (text[at] >= 0) {
            at++;
            continue;
        }
        length = cli_utf8_decode(text + at, bytes - at, &c);
        if (length == 0)
            break;
        at += length;
        at += skip_ascii(text + at, bytes - at);
    }
    return at;
}
