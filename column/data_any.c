/*
 * Encodings, wherever they lie: in the metadata, or elsewhere in the file.
 */
#include "column/data_any.h"

#include "column/proto.h"

#include "common/checked.h"

#include <stdlib.h>
#include <string.h>

/* Read an encoding that lies elsewhere in the file.  All of them together are
 * no more than the file: each was written once. */
static int read_indirect(struct lio_data_file *file,
                         const Lio__Pb__DeferredEncoding *from,
                         struct lio_mem **ret_mem)
{
    struct lio_source_read read = { .source = file->source,
                                    .offset = from->position,
                                    .bytes = (size_t)from->length };
    uint64_t end = lio_source_size(file->source);
    struct lio_mem *mem;
    int rc;

    if (!lio_range_fits(from->position, from->length, end) ||
        from->length > end - file->indirect_bytes)
        return LIO_ECORRUPT;
    mem = lio_mem_new(from->length);
    if (!mem)
        return LIO_ENOMEM;
    read.into = mem->data;
    rc = lio_source_read(&read, 1, NULL);
    if (rc < 0) {
        lio_mem_put(mem);
        return rc;
    }
    file->indirect_bytes += from->length;
    *ret_mem = mem;
    return 0;
}

/* The bytes of an encoding, in `*ret_mem`, if they had to be read. */
static int find_encoding(struct lio_data_file *file,
                         const Lio__Pb__Encoding *encoding,
                         struct lio_bytes *ret_bytes, struct lio_mem **ret_mem)
{
    int rc;

    switch (encoding ? encoding->location_case
                     : LIO__PB__ENCODING__LOCATION__NOT_SET) {
    case LIO__PB__ENCODING__LOCATION_DIRECT:
        ret_bytes->data = encoding->direct->any.data;
        ret_bytes->bytes = encoding->direct->any.len;
        return 0;
    case LIO__PB__ENCODING__LOCATION_INDIRECT:
        rc = read_indirect(file, encoding->indirect, ret_mem);
        if (rc < 0)
            return rc;
        *ret_bytes = (struct lio_bytes){ (*ret_mem)->data, (*ret_mem)->bytes };
        return 0;
    default:
        return LIO_ECORRUPT;
    }
}

int lio_any_unpack(struct lio_data_file *file,
                   const Lio__Pb__Encoding *encoding, const char *url,
                   const ProtobufCMessageDescriptor *type,
                   ProtobufCMessage **ret_message)
{
    struct lio_mem *mem = NULL;
    struct lio_bytes bytes;
    ProtobufCMessage *message;
    Lio__Pb__AnyMessage *any;
    int rc = find_encoding(file, encoding, &bytes, &mem);

    if (rc < 0)
        return rc;
    rc = lio_proto_unpack(&lio__pb__any_message__descriptor, bytes, &message);
    lio_mem_put(mem);
    if (rc < 0)
        return rc;
    any = (Lio__Pb__AnyMessage *)message;
    bytes.data = any->value.data;
    bytes.bytes = any->value.len;
    rc = LIO_ECORRUPT;
    if (any->type_url && strcmp(any->type_url, url) == 0)
        rc = lio_proto_unpack(type, bytes, ret_message);
    protobuf_c_message_free_unpacked(&any->base, NULL);
    return rc;
}
