/* Four characters to three bytes. */
#include "cli/read/base64.h"

#define NONE 64 /* not a character of base64 */

static uint32_t value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0' + 52);
    if (c == '+')
        return 62;
    return c == '/' ? 63 : NONE;
}

/* The last four may be padded: one or two bytes then, and no bits beyond. */
static size_t padding(const char *text, size_t chars)
{
    if (chars == 0 || text[chars - 1] != '=')
        return 0;
    return text[chars - 2] == '=' ? 2 : 1;
}

bool cli_base64_decode(const char *text, size_t chars, uint8_t *ret_bytes,
                       size_t *ret_n)
{
    uint8_t *out = ret_bytes;
    size_t npadding;

    if (chars % 4 != 0)
        return false;
    npadding = padding(text, chars);
    for (size_t i = 0; i < chars; i += 4) {
        size_t cut = i + 4 == chars ? npadding : 0;
        uint32_t four = 0;

        for (size_t j = 0; j < 4; j++) {
            uint32_t value = j < 4 - cut ? value_of(text[i + j]) : 0;

            if (value == NONE)
                return false;
            four = four << 6 | value;
        }
        if (four & ((1u << 8 * cut) - 1))
            return false;
        for (size_t j = 0; j < 3 - cut; j++)
            *out++ = (uint8_t)(four >> (16 - 8 * j));
    }
    *ret_n = (size_t)(out - ret_bytes);
    return true;
}
