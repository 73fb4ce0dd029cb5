/*
 * Messages from hostile bytes.
 */
#include "column/proto.h"

#include "column/lance_encoding21.pb-c.h"
#include "column/lance_file.pb-c.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

static int unpack(const ProtobufCMessageDescriptor *type, const void *data,
                  size_t bytes)
{
    ProtobufCMessage *message = NULL;
    int rc =
        lio_proto_unpack(type, (struct lio_bytes){ data, bytes }, &message);

    if (rc == 0)
        protobuf_c_message_free_unpacked(message, NULL);
    else
        assert_null(message);
    return rc;
}

#define UNPACK(type, ...)                                                      \
    unpack(&type, (const uint8_t[]){ __VA_ARGS__ },                            \
           sizeof((const uint8_t[]){ __VA_ARGS__ }))

#define FIELD     lio__pb__field__descriptor
#define ENCODING  lio__pb__compressive_encoding__descriptor
#define MINIBLOCK lio__pb__mini_block_layout__descriptor

static void plain_message_is_unpacked(void **state)
{
    static const uint8_t bytes[] = { 0x12, 2,    'i',  'd',  0x20,
                                     0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 1 };
    ProtobufCMessage *message;
    const Lio__Pb__Field *field;

    (void)state;
    assert_int_equal(
        lio_proto_unpack(&FIELD, (struct lio_bytes){ bytes, sizeof(bytes) },
                         &message),
        0);
    field = (const Lio__Pb__Field *)message;
    assert_string_equal(field->name, "id");
    assert_int_equal(field->parent_id, -1);
    assert_false(field->has_id);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    /* varint 99, bytes 98, 8 bytes 97, 4 bytes 96 */
    assert_int_equal(UNPACK(FIELD, 0x98, 6, 5, 0x92, 6, 1, 'x', 0x89, 6, 0, 0,
                            0, 0, 0, 0, 0, 0, 0x85, 6, 0, 0, 0, 0),
                     0);
}

static void packed_and_unpacked_numbers_are_taken(void **state)
{
    (void)state;
    assert_int_equal(UNPACK(MINIBLOCK, 0x32, 2, 1, 3), 0);
    assert_int_equal(UNPACK(MINIBLOCK, 0x30, 1, 0x30, 3), 0);
}

static void broken_bytes_are_refused(void **state)
{
    (void)state;
    assert_int_equal(UNPACK(FIELD, 0x12), LIO_ECORRUPT);         /* no length */
    assert_int_equal(UNPACK(FIELD, 0x12, 9, 'x'), LIO_ECORRUPT); /* too short */
    assert_int_equal(UNPACK(FIELD, 0x80), LIO_ECORRUPT);    /* endless varint */
    assert_int_equal(UNPACK(FIELD, 0x02, 0), LIO_ECORRUPT); /* field 0 */
    assert_int_equal(UNPACK(FIELD, 0x13), LIO_ECORRUPT);    /* a group */
    assert_int_equal(UNPACK(FIELD, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                            0xff, 0xff, 0xff, 0xff, 0xff, 1),
                     LIO_ECORRUPT); /* a varint of 12 bytes */
}

static void doubled_fields_are_refused(void **state)
{
    (void)state;
    assert_int_equal(UNPACK(FIELD, 0x12, 1, 'a', 0x12, 1, 'b'), LIO_ECORRUPT);
    /* flat and variable: two members of a oneof */
    assert_int_equal(UNPACK(ENCODING, 0x0a, 2, 8, 32, 0x12, 0), LIO_ECORRUPT);
}

/* general { values { general { values { ... } } } } */
static size_t nest(uint8_t *bytes, size_t room, unsigned depth)
{
    size_t n = 0, at = room;

    for (unsigned i = 0; i < depth; i++) {
        bytes[--at] = (uint8_t)n; /* of the values, below 128 */
        bytes[--at] = 0x1a;
        n += 2;
        bytes[--at] = (uint8_t)n;
        bytes[--at] = 0x52;
        n += 2;
    }
    memmove(bytes, bytes + at, n);
    return n;
}

static void nesting_is_limited(void **state)
{
    uint8_t bytes[256];

    (void)state;
    /* Two messages for each: general, and the encoding inside. */
    assert_int_equal(unpack(&ENCODING, bytes, nest(bytes, sizeof(bytes), 15)),
                     0);
    assert_int_equal(unpack(&ENCODING, bytes, nest(bytes, sizeof(bytes), 16)),
                     LIO_ECORRUPT);
}

static void empty_message_is_fine(void **state)
{
    (void)state;
    assert_int_equal(unpack(&FIELD, NULL, 0), 0);
}

/* Two bytes a page: the result is bounded, and it takes no time. */
static void many_small_messages_are_bounded(void **state)
{
    size_t n = 200000;
    uint8_t *bytes = malloc(n);

    (void)state;
    for (size_t i = 0; i < n; i += 2) {
        bytes[i] = 0x12;
        bytes[i + 1] = 0;
    }
    assert_int_equal(unpack(&lio__pb__column_metadata__descriptor, bytes, n),
                     0);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_message_is_unpacked),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(packed_and_unpacked_numbers_are_taken),
        cmocka_unit_test(broken_bytes_are_refused),
        cmocka_unit_test(doubled_fields_are_refused),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(empty_message_is_fine),
        cmocka_unit_test(many_small_messages_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
