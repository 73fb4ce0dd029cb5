/* Pairs of keys and values, in the two forms. */
#include "column/metadata.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *key_of(const Lio__Pb__MetadataEntry *entry)
{
    return entry->key ? entry->key : "";
}

static char *put_length(char *at, size_t length)
{
    int32_t number = (int32_t)length;

    memcpy(at, &number, sizeof(number));
    return at + sizeof(number);
}

static char *put_text(char *at, const void *text, size_t bytes)
{
    at = put_length(at, bytes);
    if (bytes > 0)
        memcpy(at, text, bytes);
    return at + bytes;
}

int lio_metadata_pack(Lio__Pb__MetadataEntry *const *entries, size_t n,
                      char **ret_block)
{
    size_t bytes = sizeof(int32_t);
    char *block, *at;

    if (n == 0) {
        *ret_block = NULL;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        bytes += 2 * sizeof(int32_t) + strlen(key_of(entries[i])) +
                 entries[i]->value.len;
        /* Also keeps each length below it. */
        if (bytes > INT32_MAX)
            return LIO_ENOMEM;
    }
    block = malloc(bytes);
    if (!block)
        return LIO_ENOMEM;
    at = put_length(block, n);
    for (size_t i = 0; i < n; i++) {
        at = put_text(at, key_of(entries[i]), strlen(key_of(entries[i])));
        at = put_text(at, entries[i]->value.data, entries[i]->value.len);
    }
    *ret_block = block;
    return 0;
}

static int32_t take_length(const char **at)
{
    int32_t number;

    memcpy(&number, *at, sizeof(number));
    *at += sizeof(number);
    return number;
}

size_t lio_metadata_bytes(const char *block)
{
    const char *at = block;
    int32_t n;

    if (!block)
        return 0;
    n = take_length(&at);
    for (int64_t i = 0; i < 2 * (int64_t)n; i++) {
        int32_t bytes = take_length(&at);

        at += bytes;
    }
    return (size_t)(at - block);
}

/* How many pairs, and how long their keys are together.  False if a length is
 * negative: nobody can tell then where the next is. */
static bool measure(const char *block, size_t *ret_n, size_t *ret_key_bytes)
{
    int32_t n = block ? take_length(&block) : 0;
    size_t key_bytes = 0;

    for (int64_t i = 0; i < 2 * (int64_t)n; i++) {
        int32_t bytes = take_length(&block);

        if (bytes < 0)
            return false;
        block += bytes;
        key_bytes += i % 2 == 0 ? (size_t)bytes : 0;
    }
    *ret_n = (size_t)n;
    *ret_key_bytes = key_bytes;
    return n >= 0;
}

int lio_metadata_unpack(const char *block,
                        Lio__Pb__MetadataEntry ***ret_entries, size_t *ret_n)
{
    size_t n, key_bytes;
    Lio__Pb__MetadataEntry **list, *entries;
    char *keys;

    if (!measure(block, &n, &key_bytes))
        return LIO_EINVAL;
    /* Pointers, what they point at, keys with their NUL. */
    list = malloc(n * (sizeof(*list) + sizeof(*entries) + 1) + key_bytes + 1);
    if (!list)
        return LIO_ENOMEM;
    entries = (Lio__Pb__MetadataEntry *)(list + n);
    keys = (char *)(entries + n);
    if (block)
        block += sizeof(int32_t);
    for (size_t i = 0; i < n; i++) {
        size_t bytes = (size_t)take_length(&block);

        lio__pb__metadata_entry__init(&entries[i]);
        entries[i].key = memcpy(keys, block, bytes);
        keys[bytes] = '\0';
        keys += bytes + 1;
        block += bytes;
        bytes = (size_t)take_length(&block);
        entries[i].has_value = 1;
        entries[i].value = (ProtobufCBinaryData){ bytes, (uint8_t *)block };
        block += bytes;
        list[i] = &entries[i];
    }
    *ret_entries = list;
    *ret_n = n;
    return 0;
}
