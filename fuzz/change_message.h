/*
 * A small random change of a protobuf message, whatever its type: along its
 * description a field is chosen, in it or in a message below, and set to what
 * parsers like least.  Packed again it is a message of its type, so that more
 * than the unpacking is put to the test.
 */
#ifndef LIO_FUZZ_CHANGE_MESSAGE_H
#define LIO_FUZZ_CHANGE_MESSAGE_H

#include "fuzz/random.h"

#include <protobuf-c/protobuf-c.h>

/* `message` was unpacked with the default allocator, and stays fit to be
 * freed. */
void change_message(ProtobufCMessage *message, struct random *random);

/* The same of a message of a type that is packed into bytes of another.  Bytes
 * that are none are left as they are. */
void change_packed(const ProtobufCMessageDescriptor *type,
                   ProtobufCBinaryData *packed, struct random *random);

/* Packs into bytes of a message, in the place of what is there. */
void pack_into(const ProtobufCMessage *message, ProtobufCBinaryData *to);

/* A number in the place of another: near it, or at an edge of its type. */
uint64_t change_number(uint64_t number, struct random *random);

/* From libFuzzer: change the bytes, to `max` at the most; returns how many
 * there are then. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#endif
