/*
 * Fields of JSON objects.
 *
 * Values are not parsed but bounded: strings by their quotes, objects and
 * arrays by counting brackets outside of strings, the rest by what may follow a
 * value.
 */
#include "column/json_fields.h"

#include <stdlib.h>

struct text {
    const char *next;
    const char *end;
};

static char peek(const struct text *text)
{
    return text->next < text->end ? *text->next : '\0';
}

static void skip_blanks(struct text *text)
{
    while (text->next < text->end && memchr(" \t\r\n", *text->next, 4))
        text->next++;
}

static bool take(struct text *text, char c)
{
    skip_blanks(text);
    if (peek(text) != c)
        return false;
    text->next++;
    return true;
}

/* Past the string whose quote is next. */
static bool skip_string(struct text *text)
{
    for (text->next++; text->next < text->end; text->next++) {
        if (*text->next == '"') {
            text->next++;
            return true;
        }
        if (*text->next == '\\' && text->next + 1 < text->end)
            text->next++;
    }
    text->next = text->end;
    return false;
}

static bool skip_nested(struct text *text)
{
    size_t depth = 0;

    while (text->next < text->end) {
        char c = *text->next;

        if (c == '"') {
            if (!skip_string(text))
                return false;
            continue;
        }
        text->next++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return true;
    }
    return false;
}

static bool take_value(struct text *text, struct lio_bytes *ret)
{
    const char *start;
    bool ok = true;

    skip_blanks(text);
    start = text->next;
    if (peek(text) == '"')
        ok = skip_string(text);
    else if (peek(text) == '{' || peek(text) == '[')
        ok = skip_nested(text);
    else
        while (text->next < text->end && !memchr(" \t\r\n,}", *text->next, 6))
            text->next++;
    *ret = (struct lio_bytes){ (const uint8_t *)start,
                               (size_t)(text->next - start) };
    return ok && ret->bytes > 0;
}

static void keep(struct lio_bytes name, struct lio_bytes value,
                 struct lio_json_field *fields, size_t nfields)
{
    for (size_t i = 0; i < nfields; i++)
        if (strlen(fields[i].name) == name.bytes - 2 &&
            memcmp(fields[i].name, name.data + 1, name.bytes - 2) == 0)
            fields[i].value = value;
}

bool lio_json_find(struct lio_bytes in, struct lio_json_field *fields,
                   size_t nfields)
{
    struct text text = { (const char *)in.data,
                         (const char *)in.data + in.bytes };

    for (size_t i = 0; i < nfields; i++)
        fields[i].value = (struct lio_bytes){ NULL, 0 };
    if (!take(&text, '{'))
        return false;
    if (take(&text, '}'))
        return true;
    do {
        struct lio_bytes name, value;

        skip_blanks(&text);
        if (peek(&text) != '"' || !take_value(&text, &name) ||
            !take(&text, ':') || !take_value(&text, &value))
            return false;
        keep(name, value, fields, nfields);
    } while (take(&text, ','));
    return take(&text, '}');
}

bool lio_json_u64(struct lio_bytes value, uint64_t *ret)
{
    uint64_t number = 0;

    for (size_t i = 0; i < value.bytes; i++) {
        uint64_t digit = (uint64_t)value.data[i] - '0';

        if (digit > 9 || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret = number;
    return value.bytes > 0;
}

int lio_json_string(struct lio_bytes value, char **ret)
{
    char *text;

    if (value.bytes < 2 || value.data[0] != '"')
        return LIO_ECORRUPT;
    for (size_t i = 1; i + 1 < value.bytes; i++)
        if (value.data[i] == '\\' || value.data[i] < ' ')
            return LIO_ECORRUPT;
    text = strndup((const char *)value.data + 1, value.bytes - 2);
    if (!text)
        return LIO_ENOMEM;
    *ret = text;
    return 0;
}
