/*
 * Checked unpacking of protobuf messages.
 *
 * On the wire a message is a row of fields, each a varint key (number << 3 |
 * wire type) and a value:
 *
 *     0  varint    1  8 bytes    2  varint length, bytes    5  4 bytes
 */
#include "column/proto.h"

#include "common/cursor.h"

#include <stdlib.h>

/* A message of n bytes may unpack to this much: an empty sub-message takes two
 * bytes on the wire, and a struct and a pointer in memory. */
#define MEMORY_PER_BYTE 128
#define MEMORY_AT_LEAST 4096

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static uint64_t take_varint(struct lio_cursor *cur)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *at = lio_cursor_take(cur, 1);

        if (!at)
            return 0;
        value |= (uint64_t)(*at & 0x7f) << shift;
        if (!(*at & 0x80))
            return value;
    }
    cur->overrun = true;
    return 0;
}

/* Takes a value; `*ret_bytes` is what WIRE_BYTES holds, else empty. */
static void take_value(struct lio_cursor *cur, unsigned wire,
                       struct lio_bytes *ret_bytes)
{
    uint64_t n;

    *ret_bytes = (struct lio_bytes){ 0 };
    switch (wire) {
    case WIRE_VARINT:
        (void)take_varint(cur);
        break;
    case WIRE_64:
        (void)lio_cursor_take(cur, 8);
        break;
    case WIRE_32:
        (void)lio_cursor_take(cur, 4);
        break;
    case WIRE_BYTES:
        n = take_varint(cur);
        if (n > cur->left) {
            cur->overrun = true;
            break;
        }
        ret_bytes->data = lio_cursor_take(cur, (size_t)n);
        ret_bytes->bytes = (size_t)n;
        break;
    default:
        cur->overrun = true;
    }
}

/* Whether a field that a message has at most once was seen before; members of
 * a oneof count as one (no message of ours has two). */
static bool seen_twice(const ProtobufCMessageDescriptor *type,
                       const ProtobufCFieldDescriptor *field, uint64_t *seen)
{
    unsigned index = (unsigned)(field - type->fields);
    uint64_t bit;

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return false;
    bit = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? UINT64_C(1) << 63
                                                     : UINT64_C(1) << index;
    if (*seen & bit)
        return true;
    *seen |= bit;
    return false;
}

static bool sound(const ProtobufCMessageDescriptor *type,
                  struct lio_bytes bytes, unsigned depth)
{
    struct lio_cursor cur = lio_cursor_over(bytes.data, bytes.bytes);
    uint64_t seen = 0;

    if (depth > LIO_PROTO_DEPTH_MAX)
        return false;
    while (cur.left > 0) {
        uint64_t key = take_varint(&cur);
        const ProtobufCFieldDescriptor *field;
        struct lio_bytes inner;

        take_value(&cur, (unsigned)(key & 7), &inner);
        if (cur.overrun || key >> 3 == 0 || key >> 3 > UINT32_MAX)
            return false;
        field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3));
        if (!field)
            continue;
        if (seen_twice(type, field, &seen))
            return false;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
            ((key & 7) != WIRE_BYTES ||
             !sound(field->descriptor, inner, depth + 1)))
            return false;
    }
    return true;
}

struct budget {
    size_t left;
    bool failed; /* malloc did, as opposed to the budget */
};

static void *budget_alloc(void *data, size_t size)
{
    struct budget *budget = data;
    void *memory;

    if (size > budget->left)
        return NULL;
    memory = malloc(size > 0 ? size : 1);
    if (!memory)
        budget->failed = true;
    else
        budget->left -= size;
    return memory;
}

static void budget_free(void *data LIO_UNUSED, void *memory)
{
    free(memory);
}

int lio_proto_unpack(const ProtobufCMessageDescriptor *type,
                     struct lio_bytes bytes, ProtobufCMessage **ret_message)
{
    struct budget budget = { .left = SIZE_MAX };
    ProtobufCAllocator allocator = { budget_alloc, budget_free, &budget };
    ProtobufCMessage *message;

    if (bytes.bytes > UINT32_MAX / MEMORY_PER_BYTE || !sound(type, bytes, 1))
        return LIO_ECORRUPT;
    budget.left = MEMORY_AT_LEAST + bytes.bytes * MEMORY_PER_BYTE;
    message =
        protobuf_c_message_unpack(type, &allocator, bytes.bytes, bytes.data);
    if (!message)
        return budget.failed ? LIO_ENOMEM : LIO_ECORRUPT;
    *ret_message = message;
    return 0;
}
