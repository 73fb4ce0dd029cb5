/*
 * Protobuf messages from a file nobody vouches for.
 *
 * protobuf-c checks lengths, but follows nesting as deep as the bytes say,
 * merges messages that are repeated, and lets two bytes of input become a
 * hundred of memory.  Here the bytes are walked first along the message's own
 * description: what is too deep or doubled is refused, and the memory of the
 * result is bounded by the input.
 */
#ifndef LIO_COLUMN_PROTO_H
#define LIO_COLUMN_PROTO_H

#include "column/bytes.h"

#include <lanceio/error.h>

#include <protobuf-c/protobuf-c.h>

/* Nesting of messages, the outermost included. */
#define LIO_PROTO_DEPTH_MAX 32

/* Unpack `bytes` as `type`; free with protobuf_c_message_free_unpacked(, NULL).
 * LIO_ECORRUPT or LIO_ENOMEM; the caller says where. */
LIO_MUST_CHECK int lio_proto_unpack(const ProtobufCMessageDescriptor *type,
                                    struct lio_bytes bytes,
                                    ProtobufCMessage **ret_message);

#endif
